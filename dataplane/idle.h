/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * idle: what a worker does that had nothing to do (--idle adaptive).
 *
 * Purpose   Steps from polling to sleeping, so that a core without packets is left to others and
 *           one with packets does not sleep between bursts.
 * Roles     One worker.
 * Memory    In the worker's piece.
 * Blocking  Never; the caller does what is said here.
 * Errors    None.
 * Trust     Nothing here reads input.
 *
 * States, by how long nothing was found:
 *   BUSY   dp_idle_busy: something was. The next empty poll makes it SPIN.
 *   SPIN   polls on, with a pause in between; DP_IDLE_SPIN_NS of it make it NAP or SLEEP.
 *   NAP    sleeps DP_IDLE_NAP_NS between polls: a port has no descriptor to wait on.
 *   SLEEP  waits until a packet or another thread wakes it (bell.h). Woken for nothing it naps
 *          once before it sleeps again: a port that is down may wake at once, again and again.
 */
#ifndef DP_IDLE_H
#define DP_IDLE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	DP_IDLE_SPIN_NS = 30000,
	DP_IDLE_NAP_NS = 50000, /* and what the kernel adds: below 100 us on a machine of its own */
	DP_IDLE_PAUSE_NS = 500,
	DP_IDLE_SLEEP_MAX_MS = 100, /* nobody rings for the hands of the clock */
};

enum dp_rest { DP_REST_SPIN, DP_REST_NAP, DP_REST_SLEEP };

struct dp_idle {
	uint64_t since;       /* ticks at the first empty poll, 0: BUSY */
	uint64_t spin_ticks;  /* constant */
	uint64_t pause_ticks; /* constant */
	bool in_vain;         /* woken, and nothing found since */
	bool can_sleep;       /* constant: every port can wake */
	bool power_pause;     /* constant: the CPU has TPAUSE */
};

/* At start. can_sleep is the caller's to set. */
void dp_idle_init(struct dp_idle *i, uint64_t ticks_per_s);

static inline void
dp_idle_busy(struct dp_idle *i)
{
	i->since = 0;
	i->in_vain = false;
}

static inline void
dp_idle_woken(struct dp_idle *i)
{
	i->in_vain = true;
}

/* After a poll that found nothing, at so many ticks. */
static inline enum dp_rest
dp_idle_rest(struct dp_idle *i, uint64_t now)
{
	if (i->since == 0)
		i->since = now;
	if (now - i->since < i->spin_ticks)
		return DP_REST_SPIN;
	if (i->can_sleep && !i->in_vain)
		return DP_REST_SLEEP;
	i->in_vain = false;
	return DP_REST_NAP;
}

/* The pause of SPIN: kind to the other thread of the core and to the power bill. */
void dp_idle_pause(const struct dp_idle *i);

#endif
