/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/waiting.h"

#include <stdlib.h>

/* A token is the slot's index plus one in the low 21 bits, a serial number above. */
enum { INDEX_BITS = 21 };
#define INDEX_MASK ((UINT64_C(1) << INDEX_BITS) - 1)
#define NOBODY     UINT32_MAX

struct slot {
	struct cp_waiter who;
	uint64_t token; /* 0: free */
	uint64_t deadline_ns;
	uint32_t prev, next; /* free list (next) or the queue by age */
};

struct cp_waiting {
	uint64_t serial;
	size_t cnt;
	uint32_t free, oldest, newest;
	uint32_t slot_cnt;
	struct slot slot[];
};

struct cp_waiting *
cp_waiting_create(size_t slot_cnt)
{
	if (slot_cnt == 0 || slot_cnt > CP_WAITING_MAX)
		return NULL;
	struct cp_waiting *w = calloc(1, sizeof(*w) + slot_cnt * sizeof(w->slot[0]));
	if (w == NULL)
		return NULL;
	w->slot_cnt = (uint32_t)slot_cnt;
	w->oldest = w->newest = NOBODY;
	for (uint32_t i = 0; i < w->slot_cnt; i++)
		w->slot[i].next = i + 1 < w->slot_cnt ? i + 1 : NOBODY;
	return w;
}

void
cp_waiting_destroy(struct cp_waiting *w)
{
	free(w);
}

uint64_t
cp_waiting_add(struct cp_waiting *w, const struct cp_waiter *who, uint64_t deadline_ns)
{
	uint32_t i = w->free;

	if (i == NOBODY)
		return 0;
	struct slot *s = &w->slot[i];
	w->free = s->next;
	s->who = *who;
	s->deadline_ns = deadline_ns;
	s->token = ++w->serial << INDEX_BITS | (i + 1);
	s->prev = w->newest;
	s->next = NOBODY;
	if (w->newest != NOBODY)
		w->slot[w->newest].next = i;
	else
		w->oldest = i;
	w->newest = i;
	w->cnt++;
	return s->token;
}

static void
remove_slot(struct cp_waiting *w, uint32_t i)
{
	struct slot *s = &w->slot[i];

	if (s->prev != NOBODY)
		w->slot[s->prev].next = s->next;
	else
		w->oldest = s->next;
	if (s->next != NOBODY)
		w->slot[s->next].prev = s->prev;
	else
		w->newest = s->prev;
	s->token = 0;
	s->next = w->free;
	w->free = i;
	w->cnt--;
}

bool
cp_waiting_take(struct cp_waiting *w, uint64_t token, struct cp_waiter *who)
{
	uint64_t i = (token & INDEX_MASK) - 1;

	if (token == 0 || i >= w->slot_cnt || w->slot[i].token != token)
		return false;
	*who = w->slot[i].who;
	remove_slot(w, (uint32_t)i);
	return true;
}

bool
cp_waiting_take_due(struct cp_waiting *w, uint64_t now_ns, struct cp_waiter *who)
{
	uint32_t i = w->oldest;

	if (i == NOBODY || w->slot[i].deadline_ns > now_ns)
		return false;
	*who = w->slot[i].who;
	remove_slot(w, i);
	return true;
}

size_t
cp_waiting_cnt(const struct cp_waiting *w)
{
	return w->cnt;
}
