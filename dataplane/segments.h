/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * segments: the memory of the cache's entries, as a log.
 *
 * Purpose   One mapping cut into segments of lines. Entries are appended to an open segment; a
 *           full one is sealed and stands in one of two queues (S3-FIFO: probation, main) until
 *           it is emptied as a whole. No holes, no fragments: what is taken is what is used.
 * Roles     WRITER calls everything; any core reads the lines of published entries.
 * Memory    The mapping is made at start and touched as it is used, lowest segments first. The
 *           last line of each segment stays free: who copies in pieces reads behind an entry.
 * Blocking  Never: a segment that was emptied waits for its readers' ticket in a list.
 * Errors    DP_LINE_NONE: no segment is free.
 * Trust     Nothing here reads input.
 *
 * States of a segment:
 *   FREE      taken by an append, becomes OPEN.
 *   OPEN      the one its queue appends to. Full: SEALED.
 *   SEALED    in its queue. Chosen by eviction: SWEPT.
 *   SWEPT     out of its queue, being emptied. Empty: RETIRED.
 *   RETIRED   nothing of it is published, a core may still read. Its ticket over: FREE.
 */
#ifndef DP_SEGMENTS_H
#define DP_SEGMENTS_H

#include "dataplane/entry.h"
#include "dataplane/readers.h"

#define DP_LINE_NONE UINT64_MAX

enum { DP_SEGMENT_NIL = -1 };

enum dp_queue { DP_QUEUE_PROBATION, DP_QUEUE_MAIN, DP_QUEUE_CNT };

enum dp_segment_state {
	DP_SEGMENT_FREE,
	DP_SEGMENT_OPEN,
	DP_SEGMENT_SEALED,
	DP_SEGMENT_SWEPT,
	DP_SEGMENT_RETIRED,
};

struct dp_segment {
	uint32_t used;   /* lines appended */
	uint32_t live;   /* ... of entries that are published */
	uint64_t due_ms; /* nothing in it is dead before */
	uint64_t ticket; /* RETIRED */
	int32_t prev, next;
	uint8_t state; /* enum dp_segment_state */
	uint8_t queue; /* enum dp_queue */
};

struct dp_segment_list { /* first in, first out; any may leave */
	int32_t first, last;
	uint32_t cnt;
};

struct dp_segments {
	uint8_t *lines; /* constant after init, as cnt and line_cnt */
	uint32_t cnt;
	uint32_t line_cnt; /* of one segment */
	uint32_t shift;    /* line_cnt is a power of two */
	struct dp_segment *segment;
	struct dp_segment_list queue[DP_QUEUE_CNT]; /* SEALED */
	struct dp_segment_list retired;
	int32_t open[DP_QUEUE_CNT];
	int32_t *free; /* a stack: what was in use last is in use first */
	uint32_t free_cnt;
	uint64_t stale_max_ms; /* the longest time past its TTL for which an entry may be of use */
};

/* Segments for a cache of this many octets: at least 13. */
uint32_t dp_segments_line_cnt(uint64_t octets);

/* At start. The lines are the caller's, zeroed pages. 0, or -ENOMEM. */
int dp_segments_init(struct dp_segments *s, uint8_t *lines, uint32_t cnt, uint32_t line_cnt);
void dp_segments_fini(struct dp_segments *s);

static inline struct dp_entry *
dp_segments_entry(const struct dp_segments *s, uint64_t line)
{
	return (struct dp_entry *)(void *)(s->lines + line * DP_LINE_LEN);
}

static inline struct dp_segment *
dp_segments_of(const struct dp_segments *s, uint64_t line)
{
	return &s->segment[line >> s->shift];
}

/* Append a copy of e to a queue's open segment. Returns its first line, or DP_LINE_NONE. */
uint64_t dp_segments_append(
    struct dp_segments *s, enum dp_queue q, const struct dp_entry *e, unsigned lines);

/* The entry at line is no longer published. */
static inline void
dp_segments_bury(struct dp_segments *s, uint64_t line, unsigned lines)
{
	dp_segments_of(s, line)->live -= lines;
}

/* SEALED to SWEPT. */
void dp_segments_pick(struct dp_segments *s, int32_t i);

/* SWEPT to RETIRED; nothing in it is published. */
void dp_segments_retire(struct dp_segments *s, int32_t i, struct dp_readers *r);

/* RETIRED to FREE, all whose tickets are over. */
void dp_segments_reclaim(struct dp_segments *s, const struct dp_readers *r);

/* Lines in the sealed segments of a queue. */
static inline uint64_t
dp_segments_sealed(const struct dp_segments *s, enum dp_queue q)
{
	return (uint64_t)s->queue[q].cnt * s->line_cnt;
}

#endif
