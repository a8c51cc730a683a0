/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * timers: which of a core's questions has waited for long enough, when zones differ in what that
 * is.
 *
 * Purpose   A binary heap: with one client timer for all zones setting one is a comparison, with
 *           several it is as many as the heap has levels.
 * Roles     One per worker; only that worker touches it.
 * Memory    All of it at start: 20 octets for each question.
 * Blocking  Never.
 * Errors    Only at start. A question has at most one timer.
 * Trust     Whose timers they are says who calls.
 */
#ifndef DP_TIMERS_H
#define DP_TIMERS_H

#include <stdint.h>

#define DP_TIMER_NONE UINT32_MAX

struct dp_timer {
	uint64_t due_ms;
	uint32_t question; /* in [0, max) */
};

struct dp_timers {
	struct dp_timer *heap; /* none is due before the first; children of i: 2i + 1, 2i + 2 */
	uint32_t *place;       /* of each question in heap, DP_TIMER_NONE */
	uint32_t cnt;
};

/* At start. 0, or -ENOMEM; then fini all the same. */
int dp_timers_init(struct dp_timers *t, uint32_t max);
void dp_timers_fini(struct dp_timers *t);

/* For a question that has none. */
void dp_timers_set(struct dp_timers *t, uint32_t question, uint64_t due_ms);
/* If it has one. */
void dp_timers_cancel(struct dp_timers *t, uint32_t question);

/* When the first is due; UINT64_MAX: there is none. */
static inline uint64_t
dp_timers_due_ms(const struct dp_timers *t)
{
	return t->cnt == 0 ? UINT64_MAX : t->heap[0].due_ms;
}

/* Of those due at now_ms the one that is longest; its timer is gone then. DP_TIMER_NONE: none is.
 */
uint32_t dp_timers_fire(struct dp_timers *t, uint64_t now_ms);

#endif
