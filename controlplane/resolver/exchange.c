/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/exchange.h"

#include <stdlib.h>

static struct cp_exchange **
exchange_at(struct cp_exchanges *all, uint64_t id)
{
	struct cp_exchange **at = &all->bucket[id % CP_EXCHANGE_BUCKETS];

	while (*at != NULL && (*at)->id != id)
		at = &(*at)->chain;
	return at;
}

struct cp_exchange *
cp_exchange_open(struct cp_exchanges *all)
{
	struct cp_exchange *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->id = ++all->next_id;
	struct cp_exchange **at = exchange_at(all, x->id);

	*at = x;
	return x;
}

struct cp_exchange *
cp_exchange_find(struct cp_exchanges *all, uint64_t id)
{
	return *exchange_at(all, id);
}

void
cp_exchange_close(struct cp_exchanges *all, struct cp_exchange *x)
{
	*exchange_at(all, x->id) = x->chain;
	if (x->like_at != NULL) {
		*x->like_at = x->like_chain;
		if (x->like_chain != NULL)
			x->like_chain->like_at = x->like_at;
	}
	free(x);
}
