/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/nsaddr.h"

#include <netinet/in.h>
#include <string.h>

#include "controlplane/resolver/cache.h"

enum {
	ALIAS_MAX = 2, /* RFC 2181 10.3 forbids the first; it is seen, and does no harm */
	FIRM_MAX = 2,  /* servers looked for past their glue */
};

static bool
is_usable(const struct cp_resolver *r, const struct cp_ns *ns)
{
	for (unsigned i = 0; i < ns->addr_cnt; i++)
		if (ns->addr[i].family == AF_INET ? r->do_ip4 : r->do_ip6)
			return true;
	return false;
}

/* NULL: waiting. */
static const struct cp_outcome *
addr_need(struct cp_task *t, const struct hf_name *name, uint16_t type, enum cp_raw raw)
{
	struct cp_want want = {CP_TASK_LOOKUP, name, type, raw, true};

	if (cp_task_find(t->job, &want) == NULL && !cp_budget_take(&t->job->budget.ns_lookups, 1)) {
		t->job->cause = CP_CAUSE_NS;
		return cp_task_fail(t, CP_CAUSE_NS);
	}
	return cp_task_need(t, &want);
}

/* Addresses of one family. False: waiting. A circle that was seen before it closed is noted:
 * it cost nothing. */
static bool
family_take(struct cp_task *t, struct cp_ns *ns, uint16_t type, enum cp_raw raw)
{
	struct cp_resolver *r = t->job->r;
	const struct hf_name *name = &ns->name;

	for (unsigned i = 0; i <= ALIAS_MAX; i++) {
		const struct cp_outcome *o = addr_need(t, name, type, raw);

		if (o == NULL)
			return false;
		ns->cost |= o->kind != CP_KIND_FAIL || o->cause != CP_CAUSE_LOOP;
		if (o->kind == CP_KIND_ANSWER)
			CP_COUNT_BY(r, address_unusable,
			    cp_ns_add_addrs(ns, o->answer[0], r->server_port, r->limits.ns_addrs,
				r->ask_loopback));
		if (o->kind != CP_KIND_CNAME && o->kind != CP_KIND_DNAME)
			break;
		name = &o->target;
	}
	return true;
}

/* A name that does not exist has no address of the other family either (RFC 8020 2). */
static bool
is_denied(const struct cp_task *t, const struct hf_name *name, enum cp_raw raw)
{
	struct cp_want want = {CP_TASK_LOOKUP, name, HF_TYPE_A, raw, true};
	const struct cp_task *a = cp_task_find(t->job, &want);

	return a != NULL && a->done && a->result->kind == CP_KIND_NXDOMAIN;
}

static bool
has_budget(const struct cp_task *t)
{
	const struct cp_budget *b = &t->job->budget;

	if (b->ns_lookup_fails > 0 && b->ns_lookups > 0)
		return true;
	if (t->job->cause == CP_CAUSE_NONE)
		t->job->cause = CP_CAUSE_NS;
	return false;
}

enum cp_nsaddr
cp_nsaddr_missing(struct cp_task *t)
{
	struct cp_resolver *r = t->job->r;
	struct cp_delegation *d = t->lookup.cut;
	struct cp_ns *ns = NULL;

	for (unsigned i = 0; i < d->ns_cnt && ns == NULL; i++)
		if (!d->ns[i].asked && !is_usable(r, &d->ns[i]))
			ns = &d->ns[i];
	if (ns == NULL || !has_budget(t))
		return CP_NSADDR_NONE;
	/* One address will do. */
	if (r->do_ip4 && !family_take(t, ns, HF_TYPE_A, CP_RAW))
		return CP_NSADDR_WAIT;
	if (r->do_ip6 && !is_usable(r, ns) && !is_denied(t, &ns->name, CP_RAW) &&
	    !family_take(t, ns, HF_TYPE_AAAA, CP_RAW))
		return CP_NSADDR_WAIT;
	ns->asked = true;
	if (!is_usable(r, ns) && ns->cost && !cp_budget_take(&t->job->budget.ns_lookup_fails, 1))
		t->job->cause = CP_CAUSE_NS;
	return CP_NSADDR_SOME;
}

enum cp_nsaddr
cp_nsaddr_firm(struct cp_task *t)
{
	struct cp_resolver *r = t->job->r;
	struct cp_delegation *d = t->lookup.cut;
	struct cp_ns *ns = NULL;
	unsigned firm = 0;

	for (unsigned i = 0; i < d->ns_cnt; i++)
		firm += d->ns[i].firm;
	for (unsigned i = 0; i < d->ns_cnt && ns == NULL && firm < FIRM_MAX; i++)
		if (!d->ns[i].firm && is_usable(r, &d->ns[i]) &&
		    !hf_name_in(&d->ns[i].name, &d->zone))
			ns = &d->ns[i];
	if (ns == NULL || !has_budget(t))
		return CP_NSADDR_NONE;
	struct cp_ns found = {.name = ns->name};

	if (r->do_ip4 && !family_take(t, &found, HF_TYPE_A, CP_RAW_FIRM))
		return CP_NSADDR_WAIT;
	if (r->do_ip6 && !is_denied(t, &ns->name, CP_RAW_FIRM) &&
	    !family_take(t, &found, HF_TYPE_AAAA, CP_RAW_FIRM))
		return CP_NSADDR_WAIT;
	if (found.addr_cnt > 0)
		*ns = found;
	ns->firm = true;
	return CP_NSADDR_SOME;
}

enum cp_nsaddr
cp_nsaddr_own(struct cp_task *t)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_outcome *o = NULL;
	struct cp_delegation *d = NULL;

	if (!l->own_seen)
		o = cp_cache_raw(t, &l->cut->zone, HF_TYPE_NS);
	l->own_seen = true;
	if (o != NULL && o->kind == CP_KIND_ANSWER)
		d = hf_arena_alloc(&t->job->arena, cp_delegation_size(CP_NS_MAX));
	if (d == NULL)
		return CP_NSADDR_NONE;
	memcpy(d, l->cut, cp_delegation_size(l->cut->ns_cnt));
	for (unsigned i = 0; i < o->answer[0]->rr_cnt; i++) {
		const struct hf_rdata *rr = &o->answer[0]->rr[i];
		struct hf_name name;

		if (hf_name_from_octets(rr->data, rr->len, &name) == 0)
			cp_delegation_add_ns(d, &name);
	}
	bool more = d->ns_cnt > l->cut->ns_cnt;

	l->cut = d;
	return more ? CP_NSADDR_SOME : CP_NSADDR_NONE;
}

static const struct hf_rrset *
addr_set(struct cp_task *t, const struct cp_ns *ns, uint32_t ttl_s)
{
	struct hf_arena *a = &t->job->arena;
	unsigned family = t->type == HF_TYPE_A ? AF_INET : AF_INET6;
	struct hf_rdata rr[CP_NS_ADDR_MAX];
	struct hf_rrset set = {
	    .owner = ns->name, .type = t->type, .klass = HF_CLASS_IN, .ttl = ttl_s};

	for (unsigned i = 0; i < ns->addr_cnt; i++) {
		uint16_t len = family == AF_INET ? 4 : 16;

		if (ns->addr[i].family != family)
			continue;
		rr[set.rr_cnt] = (struct hf_rdata){ns->addr[i].octets, len};
		set.rr_cnt++;
	}
	if (set.rr_cnt == 0)
		return NULL;
	set.rr = hf_arena_copy(a, rr, set.rr_cnt * sizeof(rr[0]));
	set.sig = hf_arena_alloc(a, 0);
	return set.rr == NULL ? NULL : hf_arena_copy(a, &set, sizeof(set));
}

struct cp_outcome *
cp_nsaddr_glue(struct cp_task *t, struct cp_delegation *d)
{
	const struct cp_ns *ns = cp_delegation_find(d, &t->name);
	const struct hf_rrset *set = ns != NULL ? addr_set(t, ns, d->ttl_s) : NULL;
	struct cp_outcome *o;

	if (set == NULL)
		return NULL;
	o = cp_task_fail(t, CP_CAUSE_NONE);
	if (o->cause != CP_CAUSE_NONE)
		return NULL;
	o->kind = CP_KIND_ANSWER;
	o->credit = CP_CREDIT_GLUE;
	o->answer[o->answer_cnt++] = set;
	return o;
}

bool
cp_nsaddr_is_dead_end(const struct cp_task *t, struct cp_delegation *d)
{
	bool inside = true;

	for (unsigned i = 0; i < d->ns_cnt; i++) {
		if (is_usable(t->job->r, &d->ns[i]))
			return false;
		inside &= hf_name_in(&d->ns[i].name, &d->zone);
	}
	return inside || cp_delegation_has(d, &t->name);
}
