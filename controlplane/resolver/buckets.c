/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/buckets.h"

void
cp_buckets_init(struct cp_buckets *b, struct cp_line *lines, uint32_t stride, uint32_t line_max)
{
	b->lines = lines;
	b->stride = stride;
	b->line_max = line_max;
	atomic_init(&b->line_cnt, 1);
}

/* Sequentially consistent, as grace.h asks: a reader that is inside sees no entry that was
 * unlinked before the age it began in. On the usual machines it is a plain load. */
static struct cp_entry *
follow(const _Atomic(struct cp_entry *) *at)
{
	return atomic_load_explicit(at, memory_order_seq_cst);
}

/* Release, within seq_cst: all of what it leads to is there for whoever finds it. */
static void
lead(_Atomic(struct cp_entry *) *at, struct cp_entry *to)
{
	atomic_store_explicit(at, to, memory_order_seq_cst);
}

static uint32_t
reversed(uint32_t v)
{
	v = (v >> 1 & 0x55555555) | (v & 0x55555555) << 1;
	v = (v >> 2 & 0x33333333) | (v & 0x33333333) << 2;
	v = (v >> 4 & 0x0f0f0f0f) | (v & 0x0f0f0f0f) << 4;
	return __builtin_bswap32(v);
}

/* The greatest power of two that is not above v, which is not 0. */
static uint32_t
floor_of(uint32_t v)
{
	return UINT32_C(1) << (31 - __builtin_clz(v));
}

/* Of cnt lines: those from floor_of(cnt) on have one bit more of the hash in their number. */
static uint32_t
line_of(uint32_t order, uint32_t cnt)
{
	uint32_t hash = reversed(order), half = floor_of(cnt);
	uint32_t line = hash & (half * 2 - 1);

	return line < cnt ? line : line - half;
}

static _Atomic(struct cp_entry *) *
bucket_in(const struct cp_buckets *b, uint32_t line, unsigned idx)
{
	return &b->lines[(size_t)line * b->stride].bucket[idx];
}

static _Atomic(struct cp_entry *) *
bucket_of(const struct cp_buckets *b, const struct cp_place *p, uint32_t cnt)
{
	unsigned idx = (p->type ^ p->class * 3u) % CP_LINE_BUCKETS;

	return bucket_in(b, line_of(p->order, cnt), idx);
}

/* Under the lock: where an entry of this order stands, or would: before all of the same. */
static _Atomic(struct cp_entry *) *
slot_of(const struct cp_buckets *b, const struct cp_place *p)
{
	uint32_t cnt = atomic_load_explicit(&b->line_cnt, memory_order_relaxed);
	_Atomic(struct cp_entry *) *at = bucket_of(b, p, cnt);

	for (struct cp_entry *e; (e = follow(at)) != NULL && e->order < p->order;)
		at = &e->chain;
	return at;
}

static struct cp_entry *
search(const struct cp_buckets *b, const struct cp_place *p, uint32_t cnt)
{
	struct cp_entry *e = follow(bucket_of(b, p, cnt));

	while (e != NULL && e->order <= p->order && !cp_entry_is(e, p))
		e = follow(&e->chain);
	return e != NULL && e->order <= p->order ? e : NULL;
}

struct cp_entry *
cp_buckets_find(const struct cp_buckets *b, const struct cp_place *p)
{
	/* Both loads within seq_cst: who saw a tail cut off sees the line that has it now. */
	uint32_t cnt = atomic_load_explicit(&b->line_cnt, memory_order_seq_cst), before;
	struct cp_entry *e;

	do {
		before = cnt;
		e = search(b, p, cnt);
		cnt = atomic_load_explicit(&b->line_cnt, memory_order_seq_cst);
	} while (e == NULL && cnt != before);
	return e;
}

void
cp_buckets_insert(struct cp_buckets *b, struct cp_entry *e)
{
	const struct cp_place p = cp_entry_place(e);
	_Atomic(struct cp_entry *) *at = slot_of(b, &p);

	atomic_init(&e->chain, follow(at));
	lead(at, e);
}

void
cp_buckets_remove(struct cp_buckets *b, struct cp_entry *e)
{
	const struct cp_place p = cp_entry_place(e);
	_Atomic(struct cp_entry *) *at = slot_of(b, &p);

	while (follow(at) != e)
		at = &follow(at)->chain;
	lead(at, follow(&e->chain));
}

/* Where the tail begins that has bit in its hash. */
static _Atomic(struct cp_entry *) *
tail_of(_Atomic(struct cp_entry *) *at, uint32_t bit)
{
	for (struct cp_entry *e; (e = follow(at)) != NULL && (reversed(e->order) & bit) == 0;)
		at = &e->chain;
	return at;
}

void
cp_buckets_grow(struct cp_buckets *b, uint64_t entries)
{
	uint32_t cnt = atomic_load_explicit(&b->line_cnt, memory_order_relaxed);
	_Atomic(struct cp_entry *) *tail[CP_LINE_BUCKETS];

	if (entries <= (uint64_t)cnt * CP_LINE_BUCKETS || cnt >= b->line_max)
		return;
	uint32_t bit = floor_of(cnt);

	for (unsigned i = 0; i < CP_LINE_BUCKETS; i++) {
		tail[i] = tail_of(bucket_in(b, cnt - bit, i), bit);
		lead(bucket_in(b, cnt, i), follow(tail[i]));
	}
	/* After the new line has its entries, before the old one loses them. */
	atomic_store_explicit(&b->line_cnt, cnt + 1, memory_order_seq_cst);
	for (unsigned i = 0; i < CP_LINE_BUCKETS; i++)
		lead(tail[i], NULL);
}
