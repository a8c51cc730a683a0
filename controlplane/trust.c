/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/trust.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "controlplane/resolver/outcome.h"
#include "lib/base/arena.h"

enum { OCTETS_MAX = 4 * 1024 * 1024 };

struct cp_trust {
	_Atomic uint32_t refs; /* any thread */
	uint64_t since;
	struct hf_arena arena;
	size_t cnt;
	struct hf_rrset *sets;
};

static bool
keep(struct cp_trust *t, const struct hf_rrset *set)
{
	void *block = hf_arena_alloc(&t->arena, cp_rrset_size(set));

	if (block != NULL)
		t->sets[t->cnt++] = *cp_rrset_copy(block, set);
	return block != NULL;
}

struct cp_trust *
cp_trust_create(const struct hf_rrset *sets, size_t cnt, uint64_t since)
{
	struct cp_trust *t = calloc(1, sizeof(*t));
	bool ok = t != NULL;

	if (!ok)
		return NULL;
	atomic_init(&t->refs, 1);
	t->since = since;
	hf_arena_init(&t->arena, OCTETS_MAX);
	t->sets = hf_arena_alloc(&t->arena, cnt * sizeof(t->sets[0]));
	ok = t->sets != NULL;
	for (size_t i = 0; ok && i < cnt; i++)
		ok = keep(t, &sets[i]);
	if (!ok) {
		cp_trust_put(t);
		return NULL;
	}
	return t;
}

void
cp_trust_get(struct cp_trust *t)
{
	atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
}

void
cp_trust_put(struct cp_trust *t)
{
	/* Acquire and release: all that others did with it comes before it is freed. */
	if (t == NULL || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
		return;
	hf_arena_fini(&t->arena);
	free(t);
}

const struct hf_rrset *
cp_trust_sets(const struct cp_trust *t, size_t *cnt)
{
	*cnt = t->cnt;
	return t->sets;
}

uint64_t
cp_trust_since(const struct cp_trust *t)
{
	return t->since;
}

const struct hf_rrset *
cp_trust_at(const struct cp_trust *t, const struct hf_name *name, size_t idx)
{
	for (size_t i = 0; i < t->cnt; i++)
		if (hf_name_equal(&t->sets[i].owner, name) && idx-- == 0)
			return &t->sets[i];
	return NULL;
}
