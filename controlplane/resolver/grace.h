/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * grace: when may memory that readers without locks could still see be freed?
 *
 * Purpose   Grace periods without waiting. Readers say when they begin and end to look;
 *           what was unlinked in age E is free once the age is E + 2, and the age
 *           moves on only past readers that began in it. Chosen over liburcu here because
 *           no call waits and no thread is needed (docs/adr/0009).
 * Roles     A reader index belongs to one thread; enter and leave do not nest. The other
 *           calls: any thread.
 * Memory    The caller's; one cache line a reader.
 * Blocking  Never. A reader that stays inside keeps memory from being freed, nothing else.
 * Errors    None.
 * Trust     Nothing here reads input.
 */
#ifndef CP_RESOLVER_GRACE_H
#define CP_RESOLVER_GRACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { CP_GRACE_READERS_MAX = 65, CP_GRACE_LINE = 64 };

struct cp_grace_reader {
	_Alignas(CP_GRACE_LINE) _Atomic uint64_t since; /* the age it began in; 0: outside */
};

struct cp_grace {
	_Alignas(CP_GRACE_LINE) _Atomic uint64_t now; /* from 1 */
	struct cp_grace_reader reader[CP_GRACE_READERS_MAX];
};

void cp_grace_init(struct cp_grace *g);

static inline void
cp_grace_enter(struct cp_grace *g, unsigned reader)
{
	uint64_t now = atomic_load_explicit(&g->now, memory_order_relaxed);

	/* Sequentially consistent: whoever moves the age on after this sees the reader, and a
	 * reader that was not seen sees all that was unlinked before. */
	atomic_store_explicit(&g->reader[reader].since, now, memory_order_seq_cst);
}

static inline void
cp_grace_leave(struct cp_grace *g, unsigned reader)
{
	/* Release: all reading is over before anybody sees the reader outside. */
	atomic_store_explicit(&g->reader[reader].since, 0, memory_order_release);
}

/* The age to mark what has just been unlinked (by a sequentially consistent store). */
uint64_t cp_grace_mark(const struct cp_grace *g);
/* True when what was marked so can be seen by nobody. */
bool cp_grace_over(const struct cp_grace *g, uint64_t mark);
/* Move on if every reader inside began in this age. */
void cp_grace_advance(struct cp_grace *g);

#endif
