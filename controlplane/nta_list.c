/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/nta_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Index of name, or of where it belongs. */
static size_t
place_of(const struct cp_nta_list *l, const struct hf_name *name, bool *found)
{
	size_t lo = 0, hi = l->cnt;

	*found = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int cmp = hf_name_cmp(&l->at[mid].nta.name, name);

		if (cmp == 0) {
			*found = true;
			return mid;
		}
		if (cmp < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int
cp_nta_list_reserve(struct cp_nta_list *l)
{
	size_t cap = l->cap == 0 ? 16 : l->cap * 2;

	if (l->cnt < l->cap)
		return 0;
	struct cp_nta_item *at = realloc(l->at, cap * sizeof(*at));
	if (at == NULL)
		return -ENOMEM;
	l->at = at;
	l->cap = cap;
	return 0;
}

struct cp_nta_item *
cp_nta_list_put(struct cp_nta_list *l, const struct cp_nta *n)
{
	bool found;
	size_t i = place_of(l, &n->name, &found);

	if (!found) {
		memmove(&l->at[i + 1], &l->at[i], (l->cnt - i) * sizeof(l->at[0]));
		l->at[i].shadow = NULL;
		l->cnt++;
	}
	l->at[i].nta = *n;
	return &l->at[i];
}

void
cp_nta_list_remove(struct cp_nta_list *l, const struct hf_name *name)
{
	bool found;
	size_t i = place_of(l, name, &found);

	if (!found)
		return;
	cp_shadow_put(l->at[i].shadow);
	l->cnt--;
	memmove(&l->at[i], &l->at[i + 1], (l->cnt - i) * sizeof(l->at[0]));
}

struct cp_nta_item *
cp_nta_list_find(const struct cp_nta_list *l, const struct hf_name *name)
{
	bool found;
	size_t i = place_of(l, name, &found);

	return found ? &l->at[i] : NULL;
}

void
cp_nta_list_move_ends(struct cp_nta_list *l, int64_t by_s)
{
	for (size_t i = 0; i < l->cnt; i++) {
		l->at[i].nta.expires += by_s;
		if (l->at[i].nta.lapses != 0)
			l->at[i].nta.lapses += by_s;
	}
}

void
cp_nta_list_fini(struct cp_nta_list *l)
{
	for (size_t i = 0; i < l->cnt; i++)
		cp_shadow_put(l->at[i].shadow);
	free(l->at);
	*l = (struct cp_nta_list){0};
}
