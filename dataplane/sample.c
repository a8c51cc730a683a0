/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/sample.h"

#include <errno.h>
#include <stdlib.h>

void
dp_samples_put(
    struct dp_samples *s, uint64_t now_ms, uint64_t queries, uint32_t meta, const uint8_t *name)
{
	uint32_t head = atomic_load_explicit(&s->head, memory_order_relaxed);
	/* acquire: the writer has read the place before we write it again */
	uint32_t tail = atomic_load_explicit(&s->tail, memory_order_acquire);
	struct dp_sample *to = &s->slot[head % DP_SAMPLES_CNT];

	s->due_ms = now_ms + DP_SAMPLE_EVERY_MS;
	if (head - tail == DP_SAMPLES_CNT)
		return;
	to->at_ms = now_ms;
	to->queries = queries - s->queries;
	to->meta = meta;
	memcpy(to->name, name, dp_key_meta_name_len(meta));
	s->queries = queries;
	/* release: the sample is seen before head is */
	atomic_store_explicit(&s->head, head + 1, memory_order_release);
}

int
dp_recent_init(struct dp_recent *r)
{
	r->cnt = 0;
	r->slot = calloc(DP_RECENT_CNT, sizeof(*r->slot));
	return r->slot != NULL ? 0 : -ENOMEM;
}

void
dp_recent_fini(struct dp_recent *r)
{
	free(r->slot);
	r->slot = NULL;
}

void
dp_recent_take(struct dp_recent *r, struct dp_samples *from)
{
	uint32_t tail = atomic_load_explicit(&from->tail, memory_order_relaxed);
	/* acquire: pairs with put */
	uint32_t head = atomic_load_explicit(&from->head, memory_order_acquire);

	for (; tail != head; tail++)
		r->slot[r->cnt++ % DP_RECENT_CNT] = from->slot[tail % DP_SAMPLES_CNT];
	/* release: the places were read before they are given back */
	atomic_store_explicit(&from->tail, tail, memory_order_release);
}
