/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/timers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
dp_timers_init(struct dp_timers *t, uint32_t max)
{
	*t = (struct dp_timers){
	    .heap = malloc(max * sizeof(t->heap[0])), .place = malloc(max * sizeof(t->place[0]))};
	if (t->heap == NULL || t->place == NULL)
		return -ENOMEM;
	memset(t->place, 0xff, max * sizeof(t->place[0])); /* DP_TIMER_NONE */
	return 0;
}

void
dp_timers_fini(struct dp_timers *t)
{
	free(t->heap);
	free(t->place);
	*t = (struct dp_timers){0};
}

static void
put(struct dp_timers *t, uint32_t i, struct dp_timer timer)
{
	t->heap[i] = timer;
	t->place[timer.question] = i;
}

/* timer goes at i, or above: who is due later comes down. */
static void
rise(struct dp_timers *t, uint32_t i, struct dp_timer timer)
{
	while (i > 0 && timer.due_ms < t->heap[(i - 1) / 2].due_ms) {
		put(t, i, t->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(t, i, timer);
}

/* timer goes at i, or below: who is due earlier comes up. */
static void
sink(struct dp_timers *t, uint32_t i, struct dp_timer timer)
{
	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child + 1 < t->cnt && t->heap[child + 1].due_ms < t->heap[child].due_ms)
			child++;
		if (child >= t->cnt || timer.due_ms <= t->heap[child].due_ms)
			break;
		put(t, i, t->heap[child]);
		i = child;
	}
	put(t, i, timer);
}

void
dp_timers_set(struct dp_timers *t, uint32_t question, uint64_t due_ms)
{
	rise(t, t->cnt++, (struct dp_timer){due_ms, question});
}

void
dp_timers_cancel(struct dp_timers *t, uint32_t question)
{
	uint32_t i = t->place[question];

	if (i == DP_TIMER_NONE)
		return;
	t->place[question] = DP_TIMER_NONE;
	t->cnt--;
	if (i == t->cnt)
		return;
	struct dp_timer last = t->heap[t->cnt];

	if (i > 0 && last.due_ms < t->heap[(i - 1) / 2].due_ms)
		rise(t, i, last);
	else
		sink(t, i, last);
}

uint32_t
dp_timers_fire(struct dp_timers *t, uint64_t now_ms)
{
	if (now_ms < dp_timers_due_ms(t) || t->cnt == 0)
		return DP_TIMER_NONE;
	uint32_t question = t->heap[0].question;

	dp_timers_cancel(t, question);
	return question;
}
