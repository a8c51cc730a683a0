/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * epoch: when may memory that readers without locks could still see be freed?
 *
 * Purpose   Grace periods without waiting. Readers say when they begin and end to look;
 *           what was unlinked in epoch E is free once the epoch is E + 2, and the epoch
 *           moves on only past readers that began in it. Chosen over liburcu here because
 *           no call waits and no thread is needed (docs/adr/0009).
 * Roles     A reader index belongs to one thread; enter and leave do not nest. The other
 *           calls: any thread.
 * Memory    The caller's; one cache line a reader.
 * Blocking  Never. A reader that stays inside keeps memory from being freed, nothing else.
 * Errors    None.
 * Trust     Nothing here reads input.
 */
#ifndef CP_RESOLVER_EPOCH_H
#define CP_RESOLVER_EPOCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { CP_EPOCH_READERS_MAX = 65, CP_EPOCH_LINE = 64 };

struct cp_epoch_reader {
	_Alignas(CP_EPOCH_LINE) _Atomic uint64_t since; /* the epoch it began in; 0: outside */
};

struct cp_epoch {
	_Alignas(CP_EPOCH_LINE) _Atomic uint64_t now; /* from 1 */
	struct cp_epoch_reader reader[CP_EPOCH_READERS_MAX];
};

void cp_epoch_init(struct cp_epoch *e);

static inline void
cp_epoch_enter(struct cp_epoch *e, unsigned reader)
{
	uint64_t now = atomic_load_explicit(&e->now, memory_order_relaxed);

	/* Sequentially consistent: whoever moves the epoch on after this sees the reader, and a
	 * reader that was not seen sees all that was unlinked before. */
	atomic_store_explicit(&e->reader[reader].since, now, memory_order_seq_cst);
}

static inline void
cp_epoch_leave(struct cp_epoch *e, unsigned reader)
{
	/* Release: all reading is over before anybody sees the reader outside. */
	atomic_store_explicit(&e->reader[reader].since, 0, memory_order_release);
}

/* The epoch to mark what has just been unlinked (by a sequentially consistent store). */
uint64_t cp_epoch_mark(const struct cp_epoch *e);
/* True when what was marked so can be seen by nobody. */
bool cp_epoch_over(const struct cp_epoch *e, uint64_t mark);
/* Move on if every reader inside began in this epoch. */
void cp_epoch_advance(struct cp_epoch *e);

#endif
