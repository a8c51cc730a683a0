/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/note.h"

enum { /* left of the budget for what the question itself may need */
	ASKS_ON_SENDS = 32,
	ASKS_ON_CHECKS = 32,
	ASKS_ON_SHARE = 2, /* of time, and of what signatures cost: one in so many */
};

bool
cp_trace_asks_on(const struct cp_task *t)
{
	const struct cp_job *job = t->job;
	const struct cp_budget *b = &job->budget;
	const struct cp_resolver_limits *l = &job->r->limits;
	uint64_t left_ns =
	    b->deadline_ns > job->r->now.mono_ns ? b->deadline_ns - job->r->now.mono_ns : 0;

	return job->trace != NULL && b->sends > ASKS_ON_SENDS &&
	    b->va.sig_checks > ASKS_ON_CHECKS && b->va.sig_us > VA_SIG_US / ASKS_ON_SHARE &&
	    left_ns > l->wall_ns / ASKS_ON_SHARE;
}

/* A place at the end of the list; NULL: there is none. */
static struct cp_trace_query *
query_add(struct cp_task *t)
{
	struct cp_trace *tr = t->job->trace;
	struct cp_trace_query *q = NULL;

	if (tr->query_cnt < CP_TRACE_QUERIES_MAX)
		q = hf_arena_alloc(&t->job->arena, sizeof(*q));
	if (q == NULL) {
		tr->left_off++;
		return NULL;
	}
	q->lookup = t;
	q->server_name = hf_name_root;
	q->to = hf_name_root;
	if (tr->query_last != NULL)
		tr->query_last->next = q;
	else
		tr->queries = q;
	tr->query_last = q;
	tr->query_cnt++;
	return q;
}

static const struct hf_name *
name_of(const struct cp_delegation *d, const struct hf_addr *server)
{
	for (unsigned i = 0; i < d->ns_cnt; i++)
		for (unsigned k = 0; k < d->ns[i].addr_cnt; k++)
			if (hf_addr_equal(&d->ns[i].addr[k], server))
				return &d->ns[i].name;
	return &hf_name_root;
}

void
cp_note_sent(struct cp_task *t, const struct cp_exchange *x)
{
	struct cp_trace_query *q = query_add(t);

	if (q == NULL)
		return;
	q->exchange = x->id;
	q->zone = t->lookup.cut->zone;
	q->question = x->question;
	q->server = x->server;
	q->server_name = *name_of(t->lookup.cut, &x->server);
	q->transport = x->transport;
	q->sent_ns = t->job->r->now.mono_ns;
}

static struct cp_trace_query *
query_of(const struct cp_task *t, const struct cp_exchange *x)
{
	struct cp_trace_query *q = t->job->trace->queries;

	while (q != NULL && (q->exchange != x->id || q->lookup != t))
		q = q->next;
	return q;
}

static void
came(const struct cp_task *t, struct cp_trace_query *q, enum cp_trace_gave gave)
{
	q->gave = gave;
	q->took_ns = t->job->r->now.mono_ns - q->sent_ns;
}

static enum cp_trace_gave
gave_of_outcome(const struct cp_outcome *o)
{
	switch (o->kind) {
	case CP_KIND_ANSWER:
		return CP_GAVE_ANSWER;
	case CP_KIND_CNAME:
	case CP_KIND_DNAME:
	case CP_KIND_YXDOMAIN:
		return CP_GAVE_ALIAS;
	case CP_KIND_NXDOMAIN:
		return CP_GAVE_NXDOMAIN;
	case CP_KIND_NODATA:
		return CP_GAVE_NODATA;
	case CP_KIND_FAIL:
		break;
	}
	return CP_GAVE_LAME;
}

static enum cp_trace_gave
gave_of(const struct cp_response *resp)
{
	switch (resp->says) {
	case CP_SAYS_OUTCOME:
		return gave_of_outcome(resp->outcome);
	case CP_SAYS_REFERRAL:
		return CP_GAVE_REFERRAL;
	case CP_SAYS_TRUNCATED:
		return CP_GAVE_TRUNCATED;
	case CP_SAYS_FORMERR:
		return CP_GAVE_FORMERR;
	case CP_SAYS_BADCOOKIE:
		return CP_GAVE_BADCOOKIE;
	case CP_SAYS_LAME:
		return CP_GAVE_LAME;
	case CP_SAYS_MALFORMED:
	case CP_SAYS_NO_MEMORY:
		break;
	}
	return CP_GAVE_MALFORMED;
}

void
cp_note_reply(struct cp_task *t, const struct cp_exchange *x, const struct cp_response *resp)
{
	struct cp_trace_query *q = query_of(t, x);

	if (q == NULL)
		return;
	came(t, q, gave_of(resp));
	q->rcode = resp->rcode;
	if (resp->says == CP_SAYS_REFERRAL)
		q->to = resp->cut->zone;
}

void
cp_note_failed(struct cp_task *t, const struct cp_exchange *x, enum cp_trace_gave gave)
{
	struct cp_trace_query *q = query_of(t, x);

	if (q != NULL)
		came(t, q, gave);
}

void
cp_note_check(struct cp_task *t, const struct hf_rrset *set, const struct va_result *res)
{
	struct cp_trace *tr = t->job->trace;
	struct cp_trace_check *c = NULL;

	if (tr->check_cnt < CP_TRACE_CHECKS_MAX)
		c = hf_arena_alloc(&t->job->arena, sizeof(*c));
	if (c == NULL) {
		tr->left_off++;
		return;
	}
	c->set = set;
	c->result = *res;
	if (tr->check_last != NULL)
		tr->check_last->next = c;
	else
		tr->checks = c;
	tr->check_last = c;
	tr->check_cnt++;
}

/* The last query to the server, by whichever look-up. */
static const struct cp_trace_query *
last_of(const struct cp_trace *tr, const struct hf_addr *server)
{
	const struct cp_trace_query *last = NULL;

	for (const struct cp_trace_query *q = tr->queries; q != NULL; q = q->next)
		if (hf_addr_equal(&q->server, server) && !q->along)
			last = q;
	return last;
}

/* t got o without asking: from a referral, or with an alias. */
static struct cp_trace_query *
along_add(struct cp_task *t, const struct cp_outcome *o)
{
	const struct cp_trace_query *from = last_of(t->job->trace, &o->server);
	struct cp_trace_query *q = from != NULL ? query_add(t) : NULL;

	if (q == NULL)
		return NULL;
	q->along = true;
	q->zone = o->cut;
	q->question = (struct hf_question){.name = t->name, .type = t->type, .klass = HF_CLASS_IN};
	q->server = o->server;
	q->server_name = from->server_name;
	q->transport = from->transport;
	q->gave = gave_of_outcome(o);
	return q;
}

void
cp_note_judged(struct cp_task *t, const struct cp_outcome *o, const struct va_result *why)
{
	struct cp_trace_query *last = NULL;

	for (struct cp_trace_query *q = t->job->trace->queries; q != NULL; q = q->next)
		if (q->lookup == t && hf_addr_equal(&q->server, &o->server))
			last = q;
	if (last == NULL && o->server.family != 0)
		last = along_add(t, o);
	if (last == NULL ||
	    (why->verdict == HF_VERDICT_BOGUS && !o->own_fault && t->type != HF_TYPE_DNSKEY))
		return;
	last->judged = true;
	last->verdict = why->verdict;
	last->why = *why;
}
