/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/trace.h"

#include "controlplane/resolver/cache.h"
#include "controlplane/resolver/note.h"

enum {
	FACTS_SHA1_BLOCKS = 3000, /* of each step, to tell which NSEC3 speaks of which name */
};

const char *
cp_trace_gave_text(enum cp_trace_gave g)
{
	static const char *const text[CP_GAVE_CNT] = {
#define X(name, text) [CP_GAVE_##name] = text,
	    CP_TRACE_GAVE(X)
#undef X
	};

	return (unsigned)g < CP_GAVE_CNT ? text[g] : "?";
}

void
cp_trace_begin(struct cp_job *job, bool cached)
{
	struct cp_trace *tr = hf_arena_alloc(&job->arena, sizeof(*tr));

	if (tr == NULL)
		return;
	tr->cached = cached;
	tr->began_ns = job->r->now.mono_ns;
	job->trace = tr;
}

static struct cp_step *
step_add(struct cp_job *job, enum cp_step_kind kind, const struct hf_name *name, uint16_t type)
{
	struct cp_trace *tr = job->trace;
	struct cp_step *s = NULL;

	if (tr->step_cnt < CP_TRACE_STEPS_MAX)
		s = hf_arena_alloc(&job->arena, sizeof(*s));
	if (s == NULL) {
		tr->left_off++;
		return NULL;
	}
	s->kind = kind;
	s->name = *name;
	s->type = type;
	s->zone = *name;
	s->verdict = HF_VERDICT_FAILURE;
	tr->step[tr->step_cnt++] = s;
	return s;
}

static bool
is_shown(const struct cp_trace *tr, const struct hf_name *zone)
{
	for (unsigned i = 0; i < tr->step_cnt; i++)
		if (tr->step[i]->kind != CP_STEP_LINK && hf_name_equal(&tr->step[i]->name, zone))
			return true;
	return false;
}

/* What each proof of a denial, or beside what a wildcard stands for, says of the name. */
static void
facts_add(struct cp_job *job, struct cp_step *s)
{
	const struct cp_outcome *o = s->outcome;
	const struct va_proofs p = {o->proof, o->proof_cnt, &o->cut};
	struct cp_proof_fact fact[CP_PROOF_FACTS_MAX];
	struct va_budget budget =
	    job->budget.va; /* its rules; looking costs the question nothing */

	budget.sha1_blocks = FACTS_SHA1_BLOCKS;
	s->fact_cnt = cp_proof_facts(&p, &s->name, &budget, fact);
	s->fact = hf_arena_copy(&job->arena, fact, s->fact_cnt * sizeof(fact[0]));
	if (s->fact == NULL)
		s->fact_cnt = 0;
}

static void
step_fill(struct cp_job *job, struct cp_step *s, const struct cp_outcome *o)
{
	if (s == NULL || o == NULL)
		return;
	s->outcome = o;
	s->zone = o->cut;
	s->verdict = o->verdict;
	s->why = &o->why;
	if (o->got_ns != 0 && job->r->now.mono_ns > o->got_ns)
		s->age_ns = job->r->now.mono_ns - o->got_ns;
	if (o->proof_cnt > 0)
		facts_add(job, s);
}

/* A task only to look into the caches with. */
static struct cp_task
looker(struct cp_job *job, const struct hf_name *name, uint16_t type)
{
	return (struct cp_task){.job = job,
	    .kind = CP_TASK_LOOKUP,
	    .type = type,
	    .name = *name,
	    .view = cp_route_view(job->r->routes, name, type)};
}

/* The result of the task, if it has one by now. */
static const struct cp_outcome *
result_of(struct cp_job *job, const struct cp_want *want, const struct cp_task **task)
{
	*task = cp_task_find(job, want);
	return *task != NULL && (*task)->done ? (*task)->result : NULL;
}

static const struct cp_outcome *
state_of(struct cp_job *job, const struct hf_name *zone)
{
	const struct cp_want want = {CP_TASK_STATE, zone, 0, CP_RAW_NOT, false};
	struct cp_task t = looker(job, zone, 0);
	const struct cp_task *task;
	const struct cp_outcome *o = result_of(job, &want, &task);

	return o != NULL || !job->trace->cached ? o : cp_cache_state(&t);
}

/* A zone above which no keys are needed: it has an anchor. */
static bool
is_anchored(const struct cp_job *job, const struct hf_name *zone)
{
	return job->r->validate && cp_core_anchor(job->r, zone, 0) != NULL;
}

/* What the parent said of the zone's DS, if that was asked, or is cached; a zone whose keys are
 * known and whose DS is not gets a step without an outcome. */
static const struct cp_outcome *
ds_add(struct cp_job *job, const struct hf_name *zone, const struct cp_outcome *state)
{
	const struct cp_want want = {CP_TASK_LOOKUP, zone, HF_TYPE_DS, CP_RAW_NOT, false};
	struct cp_task t = looker(job, zone, HF_TYPE_DS);
	const struct cp_task *task;
	const struct cp_outcome *o = result_of(job, &want, &task);
	bool known = state != NULL && hf_name_equal(&state->cut, zone);

	if (o == NULL && job->trace->cached)
		o = cp_cache_answer(&t);
	if (task == NULL && o != NULL && o->kind == CP_KIND_NXDOMAIN)
		o = NULL; /* kept for whatever was asked for: nobody looked for a zone here */
	if (o == NULL && task == NULL && !(job->trace->cached && known))
		return NULL;
	struct cp_step *s = step_add(job, CP_STEP_DS, zone, HF_TYPE_DS);

	step_fill(job, s, o);
	if (s == NULL)
		return o;
	s->lookup = task;
	if (o == NULL && known) { /* what followed from it is known still */
		s->verdict = state->verdict;
		s->why = &state->why;
	}
	return o;
}

/* What the keys were judged by. */
static void
vouching_add(const struct cp_job *job, struct cp_step *s, const struct cp_outcome *ds)
{
	s->anchored = is_anchored(job, &s->name);
	if (ds != NULL && ds->kind == CP_KIND_ANSWER)
		s->vouching[s->vouching_cnt++] = ds->answer[0];
	for (size_t i = 0; s->anchored && i < CP_STEP_VOUCHING_MAX; i++) {
		const struct hf_rrset *set = cp_core_anchor(job->r, &s->name, i);

		if (set != NULL)
			s->vouching[s->vouching_cnt++] = set;
	}
}

static void
keys_add(struct cp_job *job, const struct hf_name *zone, const struct cp_outcome *state,
    const struct cp_outcome *ds)
{
	const struct cp_want want = {CP_TASK_LOOKUP, zone, HF_TYPE_DNSKEY, CP_RAW, false};
	const struct cp_task *task;
	const struct cp_outcome *raw = result_of(job, &want, &task);

	bool due = is_anchored(job, zone) && job->trace->cached && state == NULL;

	/* The keys of a name without a cut are those of the zone above. */
	if (task == NULL && !due &&
	    (state == NULL || state->kind != CP_KIND_ANSWER || !hf_name_equal(&state->cut, zone)))
		return;
	struct cp_step *s = step_add(job, CP_STEP_KEYS, zone, HF_TYPE_DNSKEY);

	step_fill(job, s, state);
	if (s == NULL)
		return;
	s->zone = *zone;
	s->lookup = task;
	/* Keys that were refused are worth seeing; the state has none. */
	if (raw != NULL && raw->kind == CP_KIND_ANSWER &&
	    (state == NULL || state->verdict != HF_VERDICT_SECURE))
		s->outcome = raw;
	vouching_add(job, s, ds);
}

/* A zone whose state is known, or should be. */
static void
zone_add(struct cp_job *job, const struct hf_name *zone)
{
	const struct cp_outcome *state, *ds = NULL;

	if (is_shown(job->trace, zone))
		return;
	state = state_of(job, zone);
	if (!is_anchored(job, zone))
		ds = ds_add(job, zone, state);
	keys_add(job, zone, state, ds);
}

/* The chain from the anchor down to name, and then what was found there. */
static void
link_add(struct cp_job *job, const struct hf_name *name, const struct cp_outcome *o)
{
	const struct cp_want want = {CP_TASK_LOOKUP, name, job->type, CP_RAW_NOT, false};
	struct hf_name anchor, at;
	unsigned deepest = name->label_cnt;

	if (job->type == HF_TYPE_DS && deepest > 0) /* the parent's: the name itself is the link */
		deepest--;
	if (job->r->validate && cp_core_anchor_above(job->r, name, &anchor)) {
		for (unsigned labels = anchor.label_cnt; labels <= deepest; labels++) {
			hf_name_strip(name, name->label_cnt - labels, &at);
			zone_add(job, &at);
		}
	}
	struct cp_step *s = step_add(job, CP_STEP_LINK, name, job->type);

	if (s == NULL)
		return;
	s->lookup = cp_task_find(job, &want);
	if (o != NULL && o->cause == CP_CAUSE_NOT_CACHED)
		return;
	step_fill(job, s, o);
}

void
cp_trace_end(struct cp_job *job, uint64_t token, const struct cp_answer *a)
{
	struct cp_resolver *r = job->r;
	const struct cp_links *l = &job->root->links;
	struct cp_trace *tr = job->trace;

	tr->remembered = l->name_cnt == 0 && a->rcode == HF_RCODE_SERVFAIL;
	if (l->name_cnt == 0)
		link_add(job, &job->name, NULL);
	for (unsigned i = 0; i < l->name_cnt; i++)
		link_add(job, l->name[i], i < l->cnt ? l->link[i] : NULL);
	tr->took_ns = r->now.mono_ns - tr->began_ns;
	r->ops.traced(r->ops.arg, token, tr, a);
}
