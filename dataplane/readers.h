/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * readers: whether every core that might read a piece of the cache has moved on since.
 *
 * Purpose   Grace periods that are asked for and looked up later (ADR 14). The WRITER draws a
 *           ticket when it has unpublished something; once each reader has passed its quiescent
 *           line after that, the ticket is over. The cache never waits for one; policy, link and
 *           cookie secrets do (ADR 19).
 * Roles     WRITER: ticket, over, wait. Reader i, one thread: enter, quiet, leave of slot i.
 * Memory    Part of the table. Each reader's slot is a cache line of its own.
 * Blocking  dp_readers_wait spins, then sleeps, until each reader has moved on. All else: never.
 * Errors    None: a reader that stands still keeps tickets open, and holds up nobody.
 * Trust     Nothing here reads input.
 *
 *   field      who stores it
 *   now        WRITER
 *   seen       its reader
 */
#ifndef DP_READERS_H
#define DP_READERS_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <urcu/arch.h>

#include "lib/link/msg.h"

struct dp_reader {
	alignas(64) _Atomic uint64_t seen; /* the ticket drawn last when it was quiet; 0: away */
};

struct dp_readers {
	alignas(64) _Atomic uint64_t now; /* the ticket drawn last; from 1 */
	struct dp_reader reader[HF_WORKER_MAX];
};

static inline void
dp_readers_init(struct dp_readers *r)
{
	atomic_init(&r->now, 1);
	for (unsigned i = 0; i < HF_WORKER_MAX; i++)
		atomic_init(&r->reader[i].seen, 0);
}

/* Nothing of the table is in use here: what was read before is done with (release), what is read
 * from now on is at least as new as the ticket (acquire). */
static inline void
dp_reader_quiet(struct dp_readers *r, unsigned i)
{
	uint64_t now = atomic_load_explicit(&r->now, memory_order_acquire);

	atomic_store_explicit(&r->reader[i].seen, now, memory_order_release);
}

/* Before the first read, and after leave. The barrier pairs with that of dp_readers_ticket: the
 * WRITER sees us here, or we see what it unpublished. */
static inline void
dp_reader_enter(struct dp_readers *r, unsigned i)
{
	dp_reader_quiet(r, i);
	cmm_smp_mb();
}

/* Before it may sleep or end: nobody waits for it. */
static inline void
dp_reader_leave(struct dp_readers *r, unsigned i)
{
	atomic_store_explicit(&r->reader[i].seen, 0, memory_order_release);
}

/* WRITER. For all that was unpublished until now. */
static inline uint64_t
dp_readers_ticket(struct dp_readers *r)
{
	uint64_t ticket = atomic_load_explicit(&r->now, memory_order_relaxed) + 1;

	/* release: who has seen the ticket sees what was unpublished before it */
	atomic_store_explicit(&r->now, ticket, memory_order_release);
	cmm_smp_mb();
	return ticket;
}

/* WRITER. Nobody reads any more what was unpublished before this ticket. */
static inline bool
dp_readers_over(const struct dp_readers *r, uint64_t ticket)
{
	for (unsigned i = 0; i < HF_WORKER_MAX; i++) {
		/* acquire: its reads are over before the memory is written to */
		uint64_t seen = atomic_load_explicit(&r->reader[i].seen, memory_order_acquire);

		if (seen != 0 && seen < ticket)
			return false;
	}
	return true;
}

/* WRITER. Until nobody reads any more what was unpublished until now. */
void dp_readers_wait(struct dp_readers *r);

#endif
