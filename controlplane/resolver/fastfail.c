/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/fastfail.h"

#include "controlplane/resolver/note.h"

/* A probe asks one server while probes are frequent, and more of them when they have become
 * rare. */
enum { PROBE_RARE_S = 8, PROBE_TRIES_RARE = 3 };

enum { SIG_LABELS_OFF = 3 }; /* in the data of an RRSIG (RFC 4034 3.1) */

static bool
is_excused(const struct cp_task *t)
{
	return t->job->cd || cp_policy_covers(t->job->r->policy, &t->name, NULL);
}

static struct cp_trouble_at
here(const struct cp_task *t, const struct hf_name *zone)
{
	const struct cp_resolver *r = t->job->r;

	return (struct cp_trouble_at){
	    .zone = zone, .policy_gen = cp_policy_generation(r->policy), .now_ns = r->now.mono_ns};
}

/* Does what t wants hang on this zone's signatures? Not below an anchor of its own. */
static bool
hangs_on(const struct cp_task *t, const struct hf_name *zone)
{
	const struct cp_resolver *r = t->job->r;
	struct hf_name owner = t->name, anchor;

	if (t->type == HF_TYPE_DS)
		hf_name_strip(&owner, 1, &owner);
	return r->validate && cp_core_anchor_above(r, &owner, &anchor) && hf_name_in(zone, &anchor);
}

static struct cp_outcome *
bogus_of(struct cp_task *t, const struct hf_name *zone, const struct cp_trouble_cause *cause)
{
	struct cp_outcome *o = cp_task_fail(t, CP_CAUSE_NONE);

	if (o->cause != CP_CAUSE_NONE) /* no memory: not ours to write to */
		return o;
	o->kind = CP_KIND_NODATA;
	o->verdict = HF_VERDICT_BOGUS;
	o->cut = *zone;
	o->why = cause->why;
	o->blame = cause->blame;
	return o;
}

bool
cp_fastfail_in_trouble(const struct cp_task *t)
{
	const struct cp_trouble_at at = here(t, &t->lookup.cut->zone);

	return t->lookup.route == NULL && cp_trouble_is_on(t->job->r->troubles, &at);
}

struct cp_outcome *
cp_fastfail_outcome(struct cp_task *t)
{
	struct cp_resolver *r = t->job->r;
	const struct cp_lookup *l = &t->lookup;
	struct cp_trouble_at at = here(t, &l->cut->zone);
	struct cp_trouble_cause cause;
	uint32_t backoff_s;

	if (l->raw || t->job->probing || cp_trace_is_on(t) || l->route != NULL || is_excused(t) ||
	    !hangs_on(t, &l->cut->zone))
		return NULL;
	if (l->bogus != NULL) /* has asked and would ask others */
		return cp_trouble_is_on(r->troubles, &at) ? l->bogus : NULL;
	at.spent = !cp_budget_has_half(&t->job->budget, &r->limits);
	switch (cp_trouble_ask(r->troubles, &at, &cause, &backoff_s)) {
	case CP_TROUBLE_PROBE:
		CP_COUNT(r, trouble_probe);
		t->job->probing = true;
		t->job->probe_tries = backoff_s < PROBE_RARE_S ? 0 : PROBE_TRIES_RARE;
		return NULL;
	case CP_TROUBLE_FAIL:
		CP_COUNT(r, trouble_failed);
		return bogus_of(t, &l->cut->zone, &cause);
	default:
		return NULL;
	}
}

/* That a DS is denied speaks for the children, unless it is what the client asked for. */
static enum cp_element
element_of(const struct cp_task *t, const struct cp_outcome *o)
{
	bool chain = t->type == HF_TYPE_DS && t->job->type != HF_TYPE_DS;

	if (o->kind == CP_KIND_NODATA || o->kind == CP_KIND_NXDOMAIN)
		return chain ? CP_ELEMENT_NO_DS : CP_ELEMENT_DENIAL;
	return o->answer_cnt > 0 && o->answer[0]->type == HF_TYPE_DS ? CP_ELEMENT_DS
								     : CP_ELEMENT_DATA;
}

/* Whose records o has: under one wildcard or DNAME clients may find any number of names. */
static struct hf_name
source_of(const struct cp_task *t, const struct cp_outcome *o)
{
	const struct hf_rrset *set = o->answer_cnt > 0 ? o->answer[0] : NULL;
	struct hf_name name = set != NULL ? set->owner : t->name;

	if (set != NULL && set->sig_cnt > 0 && set->sig[0].len > SIG_LABELS_OFF &&
	    set->sig[0].data[SIG_LABELS_OFF] < name.label_cnt)
		hf_name_strip(
		    &name, name.label_cnt - (unsigned)set->sig[0].data[SIG_LABELS_OFF], &name);
	return name;
}

unsigned
cp_fastfail_tries(const struct cp_task *t, const struct cp_outcome *bad, unsigned most)
{
	const struct cp_trouble_at at = here(t, &bad->cut);

	if (t->lookup.route != NULL || t->lookup.raw)
		return most;
	if (cp_trace_asks_on(t))
		return CP_TRACE_TRIES;
	if (t->job->probing)
		return t->job->probe_tries;
	return cp_trouble_is_suspect(t->job->r->troubles, &at, element_of(t, bad)) ? 0 : most;
}

static void
failed(struct cp_task *t, const struct hf_name *zone, struct cp_trouble_report *report)
{
	struct cp_resolver *r = t->job->r;
	const struct cp_trouble_at at = here(t, zone);

	report->probe = t->job->probing;
	report->backoff_min_s = r->limits.ttl_fail_min_s;
	report->backoff_max_s = r->limits.ttl_fail_max_s;

	/* A search that a budget cut short has not asked all it should have. */
	if (t->job->cause != CP_CAUSE_NONE || is_excused(t))
		return;
	if (cp_trouble_failed(r->troubles, &at, report))
		CP_COUNT(r, trouble_began);
	t->job->probing = false; /* it has told what it was sent for */
}

static void
good(struct cp_task *t, const struct hf_name *zone, enum cp_element e, uint64_t got_ns)
{
	struct cp_resolver *r = t->job->r;
	const struct cp_trouble_at at = here(t, zone);

	if (cp_trouble_good(r->troubles, &at, e, got_ns))
		CP_COUNT(r, trouble_over);
}

void
cp_fastfail_judged(struct cp_task *t, const struct cp_outcome *o)
{
	const struct hf_name source = source_of(t, o);
	struct cp_trouble_report report = {
	    .e = element_of(t, o), .name = &source, .cause = {o->why, o->blame}};

	if (t->lookup.raw || t->lookup.route != NULL)
		return;
	if (o->verdict == HF_VERDICT_SECURE)
		good(t, &o->cut, report.e, o->got_ns);
	else if (o->verdict == HF_VERDICT_BOGUS && o->own_fault)
		failed(t, &o->cut, &report);
}

void
cp_fastfail_keys_good(struct cp_task *t, const struct cp_outcome *keys)
{
	if (t->view == CP_VIEW_PUBLIC)
		good(t, &t->name, CP_ELEMENT_KEYS, keys->got_ns);
}

void
cp_fastfail_keys_failed(struct cp_task *t, const struct va_result *why, const struct hf_addr *blame)
{
	struct cp_trouble_report report = {
	    .e = CP_ELEMENT_KEYS, .name = &t->name, .cause.why = *why};

	if (blame != NULL)
		report.cause.blame = *blame;
	report.cause.why.verdict = HF_VERDICT_BOGUS;
	if (t->view == CP_VIEW_PUBLIC)
		failed(t, &t->name, &report);
}

void
cp_fastfail_insecure(struct cp_task *t)
{
	struct cp_resolver *r = t->job->r;
	const struct cp_trouble_at at = here(t, &t->name);

	if (t->view == CP_VIEW_PUBLIC && cp_trouble_end(r->troubles, &at))
		CP_COUNT(r, trouble_over);
}
