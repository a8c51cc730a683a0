/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/ghost.h"

#include <stdlib.h>
#include <string.h>

enum { WAYS = 8 };

struct cp_ghost {
	size_t set_cnt;        /* a power of two */
	bool any;              /* something was dropped: before that there is nothing to look for */
	uint32_t mark[][WAYS]; /* newest first; 0: free */
};

static size_t
sets_for(size_t cnt)
{
	size_t sets = 1;

	while (sets * WAYS < cnt)
		sets *= 2;
	return sets;
}

size_t
cp_ghost_footprint(size_t cnt)
{
	return sizeof(struct cp_ghost) + sets_for(cnt) * WAYS * sizeof(uint32_t);
}

struct cp_ghost *
cp_ghost_create(size_t cnt)
{
	struct cp_ghost *g = calloc(1, cp_ghost_footprint(cnt));

	if (g != NULL)
		g->set_cnt = sets_for(cnt);
	return g;
}

void
cp_ghost_destroy(struct cp_ghost *g)
{
	free(g);
}

/* The set by the low bits above those that chose the shard, the mark by the high ones. */
static uint32_t *
set_of(struct cp_ghost *g, uint64_t hash)
{
	return g->mark[(hash >> 8) & (g->set_cnt - 1)];
}

static uint32_t
mark_of(uint64_t hash)
{
	uint32_t mark = (uint32_t)(hash >> 32);

	return mark != 0 ? mark : 1;
}

void
cp_ghost_add(struct cp_ghost *g, uint64_t hash)
{
	uint32_t *set = set_of(g, hash);

	g->any = true;
	memmove(set + 1, set, (WAYS - 1) * sizeof(*set));
	set[0] = mark_of(hash);
}

bool
cp_ghost_take(struct cp_ghost *g, uint64_t hash)
{
	uint32_t *set = set_of(g, hash), mark = mark_of(hash);

	if (!g->any)
		return false;
	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i] != mark)
			continue;
		memmove(set + i, set + i + 1, (WAYS - 1 - i) * sizeof(*set));
		set[WAYS - 1] = 0;
		return true;
	}
	return false;
}
