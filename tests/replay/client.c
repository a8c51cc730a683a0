/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/replay/client.h"

#include <stdlib.h>

#include "tests/replay/match.h"

static struct client *
client_add(struct clients *all, const struct rpl_step *step)
{
	struct client **at = &all->oldest;
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	c->step = step;
	c->token = ++all->last_token;
	c->tcp = (step->entry->match & RPL_MATCH_TCP) != 0;
	while (*at != NULL)
		at = &(*at)->next;
	*at = c;
	return c;
}

static size_t
limit_of(const struct client *c)
{
	return c->tcp ? HF_MSG_MAX : hf_reply_limit(&c->c.query, HF_UDP_EDNS_SEND);
}

bool
client_asks(struct clients *all, const struct rpl_step *step, bool wants_tc, uint16_t id,
    struct client **out)
{
	struct client *c = client_add(all, step);
	struct packet *p = calloc(1, sizeof(*p));
	enum cp_client_next next = CP_CLIENT_DROP;
	struct hf_reply reply;

	if (p == NULL)
		abort();
	c->wants_tc = wants_tc;
	if (packet_query(step->entry, id, p))
		next = cp_client_read(&c->c, p->octets, p->len, &all->counters, &reply);
	free(p);
	if (next == CP_CLIENT_REPLY) {
		c->reply.len = cp_client_reply(
		    &c->c, &reply, limit_of(c), c->reply.octets, sizeof(c->reply.octets));
		c->answered = c->reply.len > 0;
	}
	*out = c;
	return next == CP_CLIENT_ASK;
}

struct client *
client_at_core(struct clients *all, const struct rpl_step *step, uint16_t id, struct packet *p)
{
	struct client *c = client_add(all, step);

	if (!packet_query(step->entry, id, p))
		p->len = 0;
	return c;
}

struct client *
client_of(struct clients *all, uint64_t token)
{
	struct client *c = all->oldest;

	while (c != NULL && c->token != token)
		c = c->next;
	return c;
}

static bool
is_truncated(const struct client *c)
{
	return c->reply.len > 2 && (c->reply.octets[2] & (HF_FLAG_TC >> 8)) != 0;
}

struct client *
client_take(struct clients *all, uint64_t token, const struct cp_answer *a)
{
	struct client *c = client_of(all, token);
	bool udp_only;

	if (c == NULL || c->answered)
		return NULL;
	c->reply.len =
	    cp_client_answer(&c->c, a, limit_of(c), c->reply.octets, sizeof(c->reply.octets));
	udp_only = c->wants_tc || (c->step->entry->match & RPL_MATCH_UDP) != 0;
	if (!c->tcp && !udp_only && is_truncated(c)) {
		c->tcp = true;
		return c;
	}
	c->answered = c->reply.len > 0;
	return NULL;
}

unsigned
clients_untaken(const struct clients *all)
{
	unsigned cnt = 0;

	for (const struct client *c = all->oldest; c != NULL; c = c->next)
		cnt += c->answered && !c->taken;
	return cnt;
}

static bool
reply_fits(const struct client *c, const struct rpl_entry *e, uint32_t ttl_slack_s, char *why)
{
	struct view v;
	bool ok = view_read(&v, c->reply.octets, c->reply.len, c->tcp);

	if (!ok)
		snprintf(why, RPL_WHY_LEN, "the reply cannot be read");
	ok = ok && match_entry(e, &v, ttl_slack_s, why);
	view_fini(&v);
	return ok;
}

struct client *
client_fitting(struct clients *all, unsigned cnt, const struct rpl_step *check,
    uint32_t ttl_slack_s, char *why)
{
	unsigned old = clients_untaken(all);
	unsigned skip = old > cnt ? old - cnt : 0;

	why[0] = '\0';
	for (struct client *c = all->oldest; c != NULL; c = c->next) {
		if (!c->answered || c->taken || skip > 0) {
			skip -= c->answered && !c->taken;
			continue;
		}
		if (check->addr.family != 0 && !hf_addr_same_host(&check->addr, &c->step->addr))
			continue;
		if (reply_fits(c, check->entry, ttl_slack_s, why))
			return c;
	}
	return NULL;
}

void
clients_fini(struct clients *all)
{
	while (all->oldest != NULL) {
		struct client *c = all->oldest;

		all->oldest = c->next;
		free(c);
	}
}
