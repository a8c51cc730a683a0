/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/replay/net.h"

#include <stdlib.h>
#include <string.h>

#include "tests/replay/match.h"

void
net_free(struct net_query *q)
{
	if (q == NULL)
		return;
	view_fini(&q->v);
	free(q->msg);
	free(q);
}

void
net_fini(struct net *n)
{
	while (n->oldest != NULL) {
		struct net_query *q = n->oldest;

		n->oldest = q->next;
		net_free(q);
	}
}

void
net_send(struct net *n, const struct cp_send *s, uint64_t now_ns)
{
	struct net_query **at = &n->oldest;
	struct net_query *q = calloc(1, sizeof(*q));

	if (q == NULL || (q->msg = malloc(s->len)) == NULL)
		abort();
	memcpy(q->msg, s->msg, s->len);
	q->exchange = s->exchange;
	q->server = s->server;
	q->deadline_ns = now_ns + s->timeout_ns;
	if (!view_read(&q->v, q->msg, s->len, s->transport == CP_TCP))
		abort(); /* the resolver wrote a query that cannot be read */
	n->sent++;
	while (*at != NULL)
		at = &(*at)->next;
	*at = q;
}

struct net_query *
net_take(struct net *n, uint64_t exchange)
{
	struct net_query **at = &n->oldest, *q;

	while (*at != NULL && (*at)->exchange != exchange)
		at = &(*at)->next;
	q = *at;
	if (q != NULL)
		*at = q->next;
	return q;
}

static bool
range_covers(const struct rpl_range *g, long step, const struct hf_addr *server)
{
	if (step < g->first || step > g->last)
		return false;
	for (unsigned i = 0; i < g->addr_cnt; i++)
		if (hf_addr_same_host(&g->addr[i], server))
			return true;
	return g->addr_cnt == 0;
}

static struct rpl_entry *
entry_for(const struct rpl *s, const struct net_query *q, long step)
{
	for (struct rpl_range *g = s->ranges; g != NULL; g = g->next) {
		if (!range_covers(g, step, &q->server))
			continue;
		for (struct rpl_entry *e = g->entries; e != NULL; e = e->next)
			if (match_entry(e, &q->v, 0, NULL))
				return e;
	}
	return NULL;
}

struct net_query *
net_answerable(struct net *n, const struct rpl *s, long step, struct rpl_entry **entry)
{
	for (struct net_query *q = n->oldest; q != NULL; q = q->next) {
		if (q->silent)
			continue;
		*entry = entry_for(s, q, step);
		if (*entry == NULL)
			continue;
		(*entry)->fired++;
		if (((*entry)->adjust & RPL_ADJUST_NO_ANSWER) == 0)
			return q;
		q->silent = true;
	}
	return NULL;
}

struct net_query *
net_fitting(struct net *n, const struct rpl_entry *e, const struct hf_addr *addr, char *why)
{
	struct net_query *found = NULL;

	for (struct net_query *q = n->oldest; q != NULL; q = q->next) {
		if (addr->family != 0 && !hf_addr_same_host(addr, &q->server))
			continue;
		if (match_entry(e, &q->v, 0, why))
			found = q;
	}
	return found;
}

struct net_query *
net_earliest(struct net *n)
{
	struct net_query *best = n->oldest;

	for (struct net_query *q = n->oldest; q != NULL; q = q->next)
		if (q->deadline_ns < best->deadline_ns)
			best = q;
	return best;
}

struct net_query *
net_newest(struct net *n)
{
	struct net_query *q = n->oldest;

	while (q != NULL && q->next != NULL)
		q = q->next;
	return q;
}
