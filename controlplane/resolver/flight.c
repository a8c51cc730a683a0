/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/flight.h"

#include <string.h>

#include "controlplane/resolver/choose.h"
#include "controlplane/resolver/facts.h"
#include "controlplane/resolver/nap.h"
#include "controlplane/resolver/send.h"

enum { CLAIM_SLOTS = 4096 };
#define LINGER_NS (1 * HF_NS_PER_MS) /* what came is in the caches a moment after it came */

struct claim {
	uint64_t until_ns;
	uint64_t reader; /* of the thread whose it is */
};

/* What exchanges that may stand for one another have in common. */
static uint64_t
like(const struct cp_resolver *r, const struct hf_question *q, uint64_t zone)
{
	uint8_t text[HF_NAME_MAX + sizeof(zone) + sizeof(q->type)];
	size_t len = q->name.len;

	memcpy(text, q->name.octets, len);
	memcpy(text + len, &zone, sizeof(zone));
	memcpy(text + len + sizeof(zone), &q->type, sizeof(q->type));
	return hf_siphash(
	    cp_servers_secret(r->servers), text, len + sizeof(zone) + sizeof(q->type));
}

/* t is to ask a server once more, and so did who sent x, in the same manner: over TCP, or with
 * the cookie that was missing, or without any. */
static bool
is_same_again(const struct cp_lookup *l, const struct cp_exchange *x, const struct cp_tried *tried)
{
	if (!hf_addr_equal(&x->server, &l->again) || (x->transport == CP_TCP) != l->use_tcp)
		return false;
	if (l->use_tcp)
		return true;
	if (tried->no_edns)
		return false;
	return tried->no_cookie ? !x->cookie.sent : tried->bad_cookie && x->cookie.server_len > 0;
}

/* It would do the same for t as for the look-up that sent it. */
static bool
may_join(struct cp_task *t, const struct cp_exchange *x, const struct hf_question *q)
{
	const struct cp_lookup *l = &t->lookup;
	const struct cp_tried *tried;

	if (x->question.type != q->type || !hf_name_equal(&x->question.name, &q->name) ||
	    x->fetch.zone != l->zone || x->route != l->route || x->flags != cp_send_flags(t))
		return false;
	tried = cp_choose_tried(t, &x->server);
	return tried != NULL && (!l->ask_again || is_same_again(l, x, tried)) && !tried->over &&
	    tried->sends < t->job->r->limits.sends_per_server && !cp_job_is_bad(t->job, &x->server);
}

static struct cp_exchange *
find(struct cp_task *t, const struct hf_question *q)
{
	struct cp_resolver *r = t->job->r;
	uint64_t key = like(r, q, t->lookup.zone);
	struct cp_exchange *x = r->exchanges.alike[key % CP_EXCHANGE_BUCKETS];

	while (x != NULL && (x->like != key || !may_join(t, x, q)))
		x = x->like_chain;
	return x;
}

/* --- of other threads ----------------------------------------------------------------------- */

struct cp_facts *
cp_flight_claims(void)
{
	static const struct hf_siphash_key none; /* keys are secret hashes already */

	return cp_facts_create(&none, CLAIM_SLOTS, sizeof(struct claim));
}

static struct cp_facts_key
claim_key(uint64_t like, uint64_t zone, const struct cp_route *route)
{
	return (struct cp_facts_key){{like, zone, route != NULL ? route->view : 0}};
}

void
cp_flight_claim(struct cp_resolver *r, const struct cp_exchange *x, uint64_t for_ns)
{
	struct cp_facts_key key = claim_key(x->like, x->fetch.zone, x->route);
	struct cp_facts_edit e;
	struct claim c;

	if (r->claims == NULL || x->like_at == NULL)
		return;
	cp_facts_open(r->claims, &key, r->now.mono_ns, &c, &e);
	c = (struct claim){r->now.mono_ns + for_ns, r->reader};
	cp_facts_close(&e, &c);
}

void
cp_flight_unclaim(struct cp_resolver *r, const struct cp_exchange *x)
{
	struct cp_facts_key key = claim_key(x->like, x->fetch.zone, x->route);
	struct cp_facts_edit e;
	struct claim c;

	if (r->claims == NULL || x->like_at == NULL ||
	    !cp_facts_open_known(r->claims, &key, r->now.mono_ns, &c, &e))
		return;
	if (c.reader == r->reader)
		c.until_ns = r->now.mono_ns + LINGER_NS;
	cp_facts_close(&e, &c);
}

/* Another thread has it out, and t may wait. It has not begun yet: what it finds when it wakes
 * is in the caches. */
static bool
await(struct cp_task *t, const struct hf_question *q)
{
	struct cp_resolver *r = t->job->r;
	struct cp_lookup *l = &t->lookup;
	struct cp_facts_key key = claim_key(like(r, q, l->zone), l->zone, l->route);
	struct claim c;

	if (r->claims == NULL || l->asked_cut || l->ask_again || t->job->refresh ||
	    !cp_facts_read(r->claims, &key, &c) || c.reader == r->reader ||
	    c.until_ns <= r->now.mono_ns || !cp_nap(t))
		return false;
	CP_COUNT(r, fetch_awaited);
	return true;
}

/* --- of this one ---------------------------------------------------------------------------- */

bool
cp_flight_join(struct cp_task *t)
{
	struct cp_lookup *l = &t->lookup;
	struct hf_question q;
	struct cp_exchange *x;

	if (l->bogus != NULL) /* better records than those of others */
		return false;
	cp_send_question(t, &q);
	x = find(t, &q);
	if (x == NULL)
		return await(t, &q);
	if (!cp_budget_take(&t->job->budget.sends, 1))
		return false;
	CP_COUNT(t->job->r, fetch_joined);
	l->ask_again = false;
	cp_send_note(t, x);
	l->flight_next = x->followers;
	x->followers = t;
	return true;
}

void
cp_flight_offer(struct cp_resolver *r, struct cp_exchange *x)
{
	struct cp_exchange **at;

	x->like = like(r, &x->question, x->fetch.zone);
	at = &r->exchanges.alike[x->like % CP_EXCHANGE_BUCKETS];
	x->like_chain = *at;
	x->like_at = at;
	if (*at != NULL)
		(*at)->like_at = &x->like_chain;
	*at = x;
}

bool
cp_flight_pass(struct cp_exchange *x)
{
	struct cp_task *next = x->followers;

	if (next == NULL)
		return false;
	x->followers = next->lookup.flight_next;
	x->task = next;
	return true;
}

void
cp_flight_leave(struct cp_task *t)
{
	struct cp_resolver *r = t->job->r;
	struct cp_exchange *x = t->lookup.exchange;
	struct cp_task **at = &x->followers;

	t->lookup.exchange = NULL;
	while (*at != NULL && *at != t)
		at = &(*at)->lookup.flight_next;
	if (*at == t) {
		*at = t->lookup.flight_next;
	} else if (!cp_flight_pass(x)) {
		r->ops.cancel(r->ops.arg, x->id);
		cp_send_end(r, x, CP_END_NOTHING);
	}
}
