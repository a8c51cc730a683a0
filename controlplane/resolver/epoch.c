/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/epoch.h"

void
cp_epoch_init(struct cp_epoch *e)
{
	atomic_init(&e->now, 1);
	for (unsigned i = 0; i < CP_EPOCH_READERS_MAX; i++)
		atomic_init(&e->reader[i].since, 0);
}

uint64_t
cp_epoch_mark(const struct cp_epoch *e)
{
	/* Sequentially consistent: after the store that unlinked, in the one order of all. */
	return atomic_load_explicit(&e->now, memory_order_seq_cst);
}

bool
cp_epoch_over(const struct cp_epoch *e, uint64_t mark)
{
	/* Acquire: pairs with the advance, which saw the readers leave. */
	return atomic_load_explicit(&e->now, memory_order_acquire) >= mark + 2;
}

void
cp_epoch_advance(struct cp_epoch *e)
{
	uint64_t now = atomic_load_explicit(&e->now, memory_order_seq_cst);

	for (unsigned i = 0; i < CP_EPOCH_READERS_MAX; i++) {
		/* Acquire, within seq_cst: what a reader that is outside did comes before. */
		uint64_t since = atomic_load_explicit(&e->reader[i].since, memory_order_seq_cst);

		if (since != 0 && since != now)
			return;
	}
	/* Fails when another thread moved it on: as good. */
	(void)atomic_compare_exchange_strong_explicit(
	    &e->now, &now, now + 1, memory_order_seq_cst, memory_order_relaxed);
}
