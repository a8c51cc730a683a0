/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/segments.h"

#include <errno.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, len)   ((void)(p), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(p, len) ((void)(p), (void)(len))
#endif

enum {
	LINES_MIN = 256, /* an entry has up to 127; 16 KiB */
	LINES_USUAL_MAX = 16384,
	CNT_USUAL = 256, /* so many, or as many as segments of the usual length give */
	CNT_MAX = 4096,  /* eviction looks at each when it chooses one */
};

static uint8_t *
octets_of(const struct dp_segments *s, int32_t i)
{
	return s->lines + ((uint64_t)i << s->shift) * DP_LINE_LEN;
}

static size_t
octets_len(const struct dp_segments *s)
{
	return (size_t)s->line_cnt * DP_LINE_LEN;
}

uint32_t
dp_segments_line_cnt(uint64_t octets)
{
	uint64_t lines = octets / DP_LINE_LEN;
	uint64_t cnt = LINES_MIN;

	while (cnt < LINES_USUAL_MAX && cnt * 2 * CNT_USUAL <= lines)
		cnt *= 2;
	while (cnt * CNT_MAX < lines)
		cnt *= 2;
	return (uint32_t)cnt;
}

static void
list_init(struct dp_segment_list *l)
{
	*l = (struct dp_segment_list){.first = DP_SEGMENT_NIL, .last = DP_SEGMENT_NIL};
}

static void
list_append(struct dp_segments *s, struct dp_segment_list *l, int32_t i)
{
	s->segment[i].prev = l->last;
	s->segment[i].next = DP_SEGMENT_NIL;
	if (l->last != DP_SEGMENT_NIL)
		s->segment[l->last].next = i;
	else
		l->first = i;
	l->last = i;
	l->cnt++;
}

static void
list_remove(struct dp_segments *s, struct dp_segment_list *l, int32_t i)
{
	const struct dp_segment *g = &s->segment[i];

	if (g->prev != DP_SEGMENT_NIL)
		s->segment[g->prev].next = g->next;
	else
		l->first = g->next;
	if (g->next != DP_SEGMENT_NIL)
		s->segment[g->next].prev = g->prev;
	else
		l->last = g->prev;
	l->cnt--;
}

static void
set_free(struct dp_segments *s, int32_t i)
{
	s->segment[i].state = DP_SEGMENT_FREE;
	s->free[s->free_cnt++] = i;
	ASAN_POISON_MEMORY_REGION(octets_of(s, i), octets_len(s));
}

int
dp_segments_init(struct dp_segments *s, uint8_t *lines, uint32_t cnt, uint32_t line_cnt)
{
	*s = (struct dp_segments){.lines = lines, .cnt = cnt, .line_cnt = line_cnt};
	s->shift = (uint32_t)__builtin_ctz(line_cnt);
	s->segment = calloc(cnt, sizeof(s->segment[0]));
	s->free = calloc(cnt, sizeof(s->free[0]));
	if (s->segment == NULL || s->free == NULL) {
		dp_segments_fini(s);
		return -ENOMEM;
	}
	for (unsigned q = 0; q < DP_QUEUE_CNT; q++) {
		list_init(&s->queue[q]);
		s->open[q] = DP_SEGMENT_NIL;
	}
	list_init(&s->retired);
	for (uint32_t i = cnt; i > 0; i--)
		set_free(s, (int32_t)i - 1);
	return 0;
}

void
dp_segments_fini(struct dp_segments *s)
{
	if (s->segment != NULL)
		ASAN_UNPOISON_MEMORY_REGION(s->lines, octets_len(s) * s->cnt);
	free(s->segment);
	free(s->free);
	s->segment = NULL;
	s->free = NULL;
}

/* The queue's open segment with room for lines, or DP_SEGMENT_NIL. */
static int32_t
open_for(struct dp_segments *s, enum dp_queue q, unsigned lines)
{
	int32_t i = s->open[q];

	if (i != DP_SEGMENT_NIL && s->segment[i].used + lines < s->line_cnt) /* one stays free */
		return i;
	if (s->free_cnt == 0)
		return DP_SEGMENT_NIL;
	if (i != DP_SEGMENT_NIL) {
		s->segment[i].state = DP_SEGMENT_SEALED;
		list_append(s, &s->queue[q], i);
	}
	i = s->free[--s->free_cnt];
	s->open[q] = i;
	s->segment[i] = (struct dp_segment){
	    .state = DP_SEGMENT_OPEN, .queue = (uint8_t)q, .due_ms = UINT64_MAX};
	ASAN_UNPOISON_MEMORY_REGION(octets_of(s, i), octets_len(s));
	return i;
}

uint64_t
dp_segments_append(struct dp_segments *s, enum dp_queue q, const struct dp_entry *e, unsigned lines)
{
	int32_t i = open_for(s, q, lines);

	if (i == DP_SEGMENT_NIL)
		return DP_LINE_NONE;
	struct dp_segment *g = &s->segment[i];
	uint64_t line = ((uint64_t)i << s->shift) + g->used;
	uint64_t dead_ms = dp_entry_dead_ms(e, s->stale_max_ms);

	dp_entry_copy(dp_segments_entry(s, line), e, lines);
	g->used += lines;
	g->live += lines;
	if (dead_ms < g->due_ms)
		g->due_ms = dead_ms;
	return line;
}

void
dp_segments_pick(struct dp_segments *s, int32_t i)
{
	list_remove(s, &s->queue[s->segment[i].queue], i);
	s->segment[i].state = DP_SEGMENT_SWEPT;
}

void
dp_segments_retire(struct dp_segments *s, int32_t i, struct dp_readers *r)
{
	s->segment[i].state = DP_SEGMENT_RETIRED;
	s->segment[i].ticket = dp_readers_ticket(r);
	list_append(s, &s->retired, i);
}

void
dp_segments_reclaim(struct dp_segments *s, const struct dp_readers *r)
{
	while (s->retired.cnt != 0) { /* tickets rise along the list */
		int32_t i = s->retired.first;

		if (!dp_readers_over(r, s->segment[i].ticket))
			return;
		list_remove(s, &s->retired, i);
		set_free(s, i);
	}
}
