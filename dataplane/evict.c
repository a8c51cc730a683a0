/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/evict.h"

#include "dataplane/table.h"

enum {
	PROBATION_SHARE = 10, /* of what is sealed */
	FREE_MIN = 2,         /* an append to each queue may need one */
	FREE_SHARE = 64,
	RETIRED_SHARE = 4, /* may wait for readers: no more is evicted then */
	LINES_FOR_ONE =
	    16,          /* looked at for each that is asked for: what frees least frees 1 of 8 */
	URGENCY_MAX = 8, /* and so many times as many, the less is free */
	BATCH = 8,       /* entries whose buckets are fetched at a time */
	DUE_AGAIN_MS = 60000, /* a segment is not looked through for the dead more often */
	STAY_NUM = 3,         /* of a segment at most 3/4 stay: each frees something */
	STAY_DEN = 4,
};

struct swept {
	struct dp_entry *e;
	uint64_t hash;
	uint64_t line;
	unsigned lines;
};

/* How many segments more should be free. */
static uint32_t
missing(const struct dp_segments *s)
{
	uint32_t want = FREE_MIN + s->cnt / FREE_SHARE;

	if (s->free_cnt >= want || s->retired.cnt > 1 + s->cnt / RETIRED_SHARE)
		return 0;
	return want - s->free_cnt;
}

/* --- which segment ----------------------------------------------------------------- */

struct choice {
	int32_t due, emptiest;
};

static struct choice
look_at_all(const struct dp_segments *s)
{
	struct choice c = {DP_SEGMENT_NIL, DP_SEGMENT_NIL};
	uint64_t due_ms = UINT64_MAX;
	uint32_t live = UINT32_MAX;

	for (uint32_t i = 0; i < s->cnt; i++) {
		const struct dp_segment *g = &s->segment[i];

		if (g->state != DP_SEGMENT_SEALED)
			continue;
		if (g->due_ms < due_ms) {
			due_ms = g->due_ms;
			c.due = (int32_t)i;
		}
		if (g->live < live) {
			live = g->live;
			c.emptiest = (int32_t)i;
		}
	}
	return c;
}

static int32_t
oldest(const struct dp_segments *s)
{
	uint64_t probation = dp_segments_sealed(s, DP_QUEUE_PROBATION);
	uint64_t all = probation + dp_segments_sealed(s, DP_QUEUE_MAIN);

	if (probation * PROBATION_SHARE > all || s->queue[DP_QUEUE_MAIN].cnt == 0)
		return s->queue[DP_QUEUE_PROBATION].first;
	return s->queue[DP_QUEUE_MAIN].first;
}

static void
begin(struct dp_table *t, int32_t i, enum dp_sweep_mode mode)
{
	t->sweep = (struct dp_sweep){.segment = i,
	    .mode = (uint8_t)mode,
	    .expired = mode == DP_SWEEP_EXPIRE,
	    .due_ms = UINT64_MAX};
	if (mode != DP_SWEEP_EXPIRE && i != DP_SEGMENT_NIL)
		dp_segments_pick(&t->segments, i);
}

/* The dead first, then the room of what was replaced, then somebody alive. */
static void
choose(struct dp_table *t, uint64_t now_ms)
{
	struct dp_segments *s = &t->segments;
	const struct choice c = look_at_all(s);
	bool time = !t->sweep.expired || s->free_cnt >= FREE_MIN;

	if (c.emptiest == DP_SEGMENT_NIL)
		return;
	if (time && s->segment[c.due].due_ms <= now_ms)
		begin(t, c.due, DP_SWEEP_EXPIRE);
	else if (s->segment[c.emptiest].live <= s->segment[c.emptiest].used / STAY_DEN * STAY_NUM)
		begin(t, c.emptiest, DP_SWEEP_COMPACT);
	else
		begin(t, oldest(s), DP_SWEEP_EVICT);
}

/* --- its entries ------------------------------------------------------------------- */

static void
drop(struct dp_table *t, const struct swept *w, const struct dp_place *at)
{
	dp_table_publish(t, at, w->hash, DP_LINE_NONE, 0);
	dp_count(t->counters, HF_COUNTER_evicted);
}

/* False: there is no room now, but will be when readers have moved on. */
static bool
move(struct dp_table *t, const struct swept *w, const struct dp_place *at, enum dp_queue q)
{
	uint64_t line = dp_segments_append(&t->segments, q, w->e, w->lines);

	if (line == DP_LINE_NONE && t->segments.retired.cnt != 0)
		return false;
	if (line == DP_LINE_NONE) { /* too many popular ones in a row to keep them all */
		drop(t, w, at);
		return true;
	}
	if (t->sweep.mode == DP_SWEEP_EVICT) /* to be earned again; not published yet */
		atomic_fetch_and_explicit(&dp_segments_entry(&t->segments, line)->marks,
		    (uint8_t)~DP_USED, memory_order_relaxed);
	dp_table_publish(t, at, w->hash, line, w->lines);
	t->sweep.moved += w->lines;
	return true;
}

static bool
was_hit(const struct dp_entry *e)
{
	return (atomic_load_explicit(&e->marks, memory_order_relaxed) & DP_USED) != 0;
}

static bool
may_stay(const struct dp_table *t, const struct dp_segment *g, unsigned lines)
{
	if (g->queue == DP_QUEUE_PROBATION)
		return true;
	return t->sweep.moved + lines <= t->segments.line_cnt / STAY_DEN * STAY_NUM;
}

/* False: it could not be moved, now. */
static bool
settle(struct dp_table *t, const struct swept *w, uint64_t now_ms)
{
	const struct dp_segment *g = dp_segments_of(&t->segments, w->line);
	uint64_t dead_ms = dp_entry_dead_ms(w->e, t->segments.stale_max_ms);
	struct dp_place at;

	if (!dp_table_place(t, w->hash, w->line, w->lines, &at))
		return true; /* replaced meanwhile */
	if (now_ms >= dead_ms) {
		drop(t, w, &at);
		return true;
	}
	if (t->sweep.mode == DP_SWEEP_EXPIRE) {
		if (dead_ms < t->sweep.due_ms)
			t->sweep.due_ms = dead_ms;
		return true;
	}
	if (t->sweep.mode == DP_SWEEP_COMPACT)
		return move(t, w, &at, g->queue);
	if (may_stay(t, g, w->lines) && was_hit(w->e))
		return move(t, w, &at, DP_QUEUE_MAIN);
	if (g->queue == DP_QUEUE_PROBATION)
		dp_ghosts_put(&t->ghosts, w->hash);
	drop(t, w, &at);
	return true;
}

/* The next entries of the segment, their buckets on the way. */
static unsigned
fetch(const struct dp_table *t, struct swept *batch)
{
	const struct dp_segment *g = &t->segments.segment[t->sweep.segment];
	uint64_t first = (uint64_t)t->sweep.segment << t->segments.shift;
	uint32_t at = t->sweep.at;
	unsigned cnt = 0;

	while (cnt < BATCH && at < g->used) {
		struct swept *w = &batch[cnt++];

		w->line = first + at;
		w->e = dp_segments_entry(&t->segments, w->line);
		w->lines = dp_entry_lines(w->e);
		w->hash = dp_entry_hash(w->e, &t->hash);
		__builtin_prefetch(dp_table_first(t, w->hash));
		__builtin_prefetch(
		    dp_table_second(t, w->hash)); /* what was replaced is in neither */
		dp_ghosts_prefetch(&t->ghosts, w->hash);
		at += w->lines;
	}
	return cnt;
}

static void
end(struct dp_table *t, uint64_t now_ms)
{
	struct dp_segments *s = &t->segments;
	int32_t i = t->sweep.segment;
	struct dp_segment *g = &s->segment[i];

	t->sweep.segment = DP_SEGMENT_NIL;
	if (t->sweep.mode == DP_SWEEP_EXPIRE && g->live != 0) {
		g->due_ms = t->sweep.due_ms;
		if (g->due_ms < now_ms + DUE_AGAIN_MS)
			g->due_ms = now_ms + DUE_AGAIN_MS;
		return;
	}
	if (t->sweep.mode == DP_SWEEP_EXPIRE)
		dp_segments_pick(s, i);
	dp_segments_retire(s, i, t->readers);
	dp_segments_reclaim(s, t->readers);
}

/* Returns the lines looked at, 0: it cannot go on. */
static uint64_t
sweep_batch(struct dp_table *t, uint64_t now_ms)
{
	struct swept batch[BATCH];
	unsigned cnt = fetch(t, batch);
	uint64_t lines = 0;

	for (unsigned i = 0; i < cnt; i++) {
		if (!settle(t, &batch[i], now_ms))
			return lines;
		lines += batch[i].lines;
		t->sweep.at += batch[i].lines;
	}
	if (t->sweep.at == t->segments.segment[t->sweep.segment].used)
		end(t, now_ms);
	return lines;
}

void
dp_evict_step(struct dp_table *t, unsigned lines, uint64_t now_ms)
{
	uint32_t urgency = missing(&t->segments);
	uint64_t looked_at = 0, enough = (uint64_t)lines * LINES_FOR_ONE;

	enough *= urgency < URGENCY_MAX ? urgency : URGENCY_MAX;
	while (looked_at < enough && missing(&t->segments) != 0) {
		if (t->sweep.segment == DP_SEGMENT_NIL)
			choose(t, now_ms);
		if (t->sweep.segment == DP_SEGMENT_NIL)
			return;
		uint64_t more = sweep_batch(t, now_ms);
		if (more == 0)
			return;
		looked_at += more;
	}
}
