/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/flight.h"

#include <string.h>

#include "controlplane/resolver/choose.h"
#include "controlplane/resolver/send.h"

/* What exchanges that may stand for one another have in common. */
static uint64_t
like(const struct cp_resolver *r, const struct hf_question *q, uint64_t zone)
{
	uint8_t text[HF_NAME_MAX + sizeof(zone) + sizeof(q->type)];
	size_t len = q->name.len;

	memcpy(text, q->name.octets, len);
	memcpy(text + len, &zone, sizeof(zone));
	memcpy(text + len + sizeof(zone), &q->type, sizeof(q->type));
	return hf_siphash(&r->key, text, len + sizeof(zone) + sizeof(q->type));
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
	if (l->ask_again && (x->transport != CP_TCP || !hf_addr_equal(&x->server, &l->again)))
		return false;
	tried = cp_choose_tried(&t->lookup, &x->server);
	return tried != NULL && !tried->over && tried->sends < t->job->r->limits.sends_per_server &&
	    !cp_job_is_bad(t->job, &x->server);
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

bool
cp_flight_join(struct cp_task *t)
{
	struct cp_lookup *l = &t->lookup;
	struct hf_question q;
	struct cp_exchange *x;

	/* Better records than those of others, or in a manner of its own. */
	if (l->bogus != NULL || (l->ask_again && !l->use_tcp))
		return false;
	cp_send_question(t, &q);
	x = find(t, &q);
	if (x == NULL || !cp_budget_take(&t->job->budget.sends, 1))
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
