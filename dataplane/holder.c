/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/holder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
dp_holders_init(struct dp_holders *h, uint32_t max, const uint8_t seed[16])
{
	uint32_t slot_cnt = 1;

	memset(h, 0, sizeof(*h));
	if (max == 0 || max > UINT32_MAX / 2)
		return -EINVAL;
	while (slot_cnt < max)
		slot_cnt *= 2;
	h->holders = calloc(max, sizeof(h->holders[0]));
	h->slots = malloc(slot_cnt * sizeof(h->slots[0]));
	if (h->holders == NULL || h->slots == NULL) {
		dp_holders_fini(h);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < max; i++)
		h->holders[i].next = i + 1 < max ? i + 1 : DP_NIL;
	for (uint32_t i = 0; i < slot_cnt; i++)
		h->slots[i] = DP_NIL;
	memcpy(&h->key, seed, sizeof(h->key));
	h->slot_mask = slot_cnt - 1;
	h->max = max;
	return 0;
}

void
dp_holders_fini(struct dp_holders *h)
{
	free(h->holders);
	free(h->slots);
	memset(h, 0, sizeof(*h));
}

static uint32_t *
slot_of(struct dp_holders *h, uint64_t id)
{
	return &h->slots[hf_siphash(&h->key, &id, sizeof(id)) & h->slot_mask];
}

uint32_t
dp_holder_get(struct dp_holders *h, uint64_t id, uint32_t limit)
{
	uint32_t *slot = slot_of(h, id);
	uint32_t i = *slot;

	while (i != DP_NIL && h->holders[i].id != id) /* each is in one chain once */
		i = h->holders[i].next;
	if (i != DP_NIL) {
		if (h->holders[i].cnt >= limit)
			return DP_NIL;
		h->holders[i].cnt++;
		return i;
	}
	i = h->free;
	if (i == DP_NIL || limit == 0)
		return DP_NIL;
	h->free = h->holders[i].next;
	h->holders[i] = (struct dp_holder){.id = id, .cnt = 1, .next = *slot};
	*slot = i;
	return i;
}

void
dp_holder_put(struct dp_holders *h, uint32_t place)
{
	struct dp_holder *gone = &h->holders[place];

	if (--gone->cnt > 0)
		return;
	uint32_t *link = slot_of(h, gone->id);

	while (*link != place)
		link = &h->holders[*link].next;
	*link = gone->next;
	gone->next = h->free;
	h->free = place;
}
