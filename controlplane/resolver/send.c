/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/send.h"

#include "controlplane/resolver/choose.h"
#include "controlplane/resolver/core.h"
#include "controlplane/resolver/minimise.h"

/* CD is set for a forwarder whenever we validate ourselves (RFC 6840 5.9), but not when its
 * data did not: then its own validation may find better. AD is never looked at. */
static uint16_t
flags_for(const struct cp_task *t)
{
	const struct cp_resolver *r = t->job->r;
	struct hf_name anchor;

	if (!cp_route_is_forward(t->lookup.route))
		return 0;
	if (t->job->cd || cp_policy_covers(r->policy, &t->name, NULL))
		return HF_FLAG_RD | HF_FLAG_CD;
	if (r->validate && t->lookup.bogus == NULL && cp_core_anchor_above(r, &t->name, &anchor))
		return HF_FLAG_RD | HF_FLAG_CD;
	return HF_FLAG_RD;
}

enum cp_cause
cp_send_to(struct cp_task *t, const struct hf_addr *a)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_resolver *r = t->job->r;
	struct cp_tried *tried = cp_choose_tried(l, a);
	struct hf_question q = {.name = t->name, .type = t->type, .klass = HF_CLASS_IN};
	uint8_t msg[CP_QUERY_MAX];

	if (!cp_budget_take(&t->job->budget.sends, 1))
		return CP_CAUSE_SENDS;
	struct cp_exchange *x = cp_exchange_open(&r->exchanges);

	if (x == NULL || tried == NULL)
		return CP_CAUSE_MEMORY;
	x->task = t;
	x->server = *a;
	x->transport = l->ask_again && l->use_tcp ? CP_TCP : CP_UDP;
	x->msg_id = (uint16_t)cp_core_random(r);
	x->edns = !tried->no_edns;
	x->sent_ns = r->now.mono_ns;
	if (cp_route_is_forward(l->route))
		x->question = q; /* whole: who recurses for us knows no cuts */
	else
		cp_query_choose(&q, &l->shown, &x->question);
	l->shown.steps += cp_minimise_is_hidden(x);
	tried->sends++;
	t->job->sends++;
	l->exchange = x;
	l->ask_again = false;
	l->phase = CP_LOOKUP_WAIT;
	cp_core_count(r, x->transport == CP_TCP ? CP_RESOLVER_sent_tcp : CP_RESOLVER_sent_udp, 1);

	uint64_t wait = cp_server_timeout_ns(cp_servers_get(r->servers, a), tried->sends - 1u);
	struct cp_query_head head = {x->msg_id, flags_for(t), x->edns};
	size_t len = cp_query_write(msg, &head, &x->question);
	struct cp_send s = {x->id, *a, x->transport, msg, len, wait};

	r->ops.send(r->ops.arg, &s);
	return CP_CAUSE_NONE;
}

void
cp_send_again(struct cp_task *t, const struct cp_exchange *x, bool tcp)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_tried *tried = cp_choose_tried(l, &x->server);

	if (tried == NULL || tried->sends >= t->job->r->limits.sends_per_server) {
		if (tried != NULL)
			tried->over = true;
		return;
	}
	l->ask_again = true;
	l->use_tcp = tcp;
	l->again = x->server;
}

void
cp_send_over(struct cp_task *t, const struct cp_exchange *x, enum cp_cause cause)
{
	struct cp_tried *tried = cp_choose_tried(&t->lookup, &x->server);

	if (tried != NULL)
		tried->over = true;
	t->lookup.last_cause = cause;
}
