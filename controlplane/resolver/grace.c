/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/grace.h"

void
cp_grace_init(struct cp_grace *g)
{
	atomic_init(&g->now, 1);
	for (unsigned i = 0; i < CP_GRACE_READERS_MAX; i++)
		atomic_init(&g->reader[i].since, 0);
}

uint64_t
cp_grace_mark(const struct cp_grace *g)
{
	/* Sequentially consistent: after the store that unlinked, in the one order of all. */
	return atomic_load_explicit(&g->now, memory_order_seq_cst);
}

bool
cp_grace_over(const struct cp_grace *g, uint64_t mark)
{
	/* Acquire: pairs with the advance, which saw the readers leave. */
	return atomic_load_explicit(&g->now, memory_order_acquire) >= mark + 2;
}

void
cp_grace_advance(struct cp_grace *g)
{
	uint64_t now = atomic_load_explicit(&g->now, memory_order_seq_cst);

	for (unsigned i = 0; i < CP_GRACE_READERS_MAX; i++) {
		/* Acquire, within seq_cst: what a reader that is outside did comes before. */
		uint64_t since = atomic_load_explicit(&g->reader[i].since, memory_order_seq_cst);

		if (since != 0 && since != now)
			return;
	}
	/* Fails when another thread moved it on: as good. */
	(void)atomic_compare_exchange_strong_explicit(
	    &g->now, &now, now + 1, memory_order_seq_cst, memory_order_relaxed);
}
