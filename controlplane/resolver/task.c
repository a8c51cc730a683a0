/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/task.h"

#include "controlplane/resolver/chain.h"
#include "controlplane/resolver/core.h"
#include "controlplane/resolver/lookup.h"
#include "controlplane/resolver/question.h"

/* What a task gets when even a failure finds no memory. Callers write into what they get, and
 * each thread has jobs of its own. */
static _Thread_local struct cp_outcome no_memory;

struct cp_outcome *
cp_task_fail(struct cp_task *t, enum cp_cause cause)
{
	struct cp_outcome *o = hf_arena_alloc(&t->job->arena, sizeof(*o));

	if (o == NULL) {
		t->job->cause = cause = CP_CAUSE_MEMORY;
		o = &no_memory;
		*o = (struct cp_outcome){0};
	}
	o->kind = CP_KIND_FAIL;
	o->cause = cause;
	o->verdict = HF_VERDICT_FAILURE;
	o->cut = hf_name_root;
	o->target = hf_name_root;
	o->why.owner = t->name;
	o->why.type = t->type;
	o->why.signer = hf_name_root;
	return o;
}

void
cp_task_wake(struct cp_task *t)
{
	struct cp_job *job = t->job;

	if (t->queued || t->done)
		return;
	t->queued = true;
	t->run_next = NULL;
	if (job->run_last != NULL)
		job->run_last->run_next = t;
	else
		job->run_first = t;
	job->run_last = t;
	cp_core_ready(job->r, job);
}

void
cp_task_done(struct cp_task *t, struct cp_outcome *result)
{
	t->result = result != NULL ? result : cp_task_fail(t, CP_CAUSE_MEMORY);
	t->done = true;
	while (t->waiters != NULL) {
		struct cp_task *w = t->waiters;

		t->waiters = w->waiter_next;
		w->waiting_on = NULL;
		cp_task_wake(w);
	}
}

void
cp_task_redo(struct cp_task *t)
{
	t->done = false;
	t->result = NULL;
	cp_task_wake(t);
}

static bool
task_is(const struct cp_task *t, const struct cp_want *want)
{
	if (t->kind != want->kind || !hf_name_equal(&t->name, want->name))
		return false;
	return t->kind != CP_TASK_LOOKUP ||
	    (t->type == want->type && t->lookup.raw == (want->raw != CP_RAW_NOT) &&
		t->lookup.firm == (want->raw == CP_RAW_FIRM));
}

struct cp_task *
cp_task_find(struct cp_job *job, const struct cp_want *want)
{
	for (struct cp_task *t = job->tasks; t != NULL; t = t->next)
		if (task_is(t, want))
			return t;
	return NULL;
}

/* A task is as large as its kind needs. */
static size_t
size_of(enum cp_task_kind kind)
{
	switch (kind) {
	case CP_TASK_LOOKUP:
		return offsetof(struct cp_task, lookup) + sizeof(struct cp_lookup);
	case CP_TASK_STATE:
		return offsetof(struct cp_task, state) + sizeof(struct cp_state);
	default:
		return sizeof(struct cp_task);
	}
}

struct cp_task *
cp_task_create(struct cp_job *job, const struct cp_want *want)
{
	struct cp_task *t;

	if (job->task_cnt >= CP_TASK_MAX)
		return NULL;
	t = hf_arena_alloc(&job->arena, size_of(want->kind));
	if (t == NULL)
		return NULL;
	t->job = job;
	t->kind = want->kind;
	t->type = want->type;
	t->name = *want->name;
	hf_name_lower(&t->name);
	if (t->kind != CP_TASK_QUESTION)
		t->view = cp_route_view(job->r->routes, &t->name, t->type);
	if (t->kind == CP_TASK_LOOKUP)
		cp_lookup_init(t, want->raw);
	t->next = job->tasks;
	job->tasks = t;
	job->task_cnt++;
	cp_task_wake(t);
	return t;
}

/* Would waiting for t close a circle back to from? Each task waits for at most one. */
static bool
is_circle(const struct cp_task *from, const struct cp_task *t)
{
	for (unsigned i = 0; t != NULL && i <= CP_TASK_MAX; i++, t = t->waiting_on)
		if (t == from)
			return true;
	return false;
}

const struct cp_outcome *
cp_task_need(struct cp_task *from, const struct cp_want *want)
{
	struct cp_job *job = from->job;
	struct cp_task *t = cp_task_find(job, want);

	if (t == NULL) {
		unsigned depth = from->depth + (want->deeper ? 1u : 0u);

		if (depth > job->r->limits.depth) {
			job->cause = CP_CAUSE_REFERRALS;
			return cp_task_fail(from, CP_CAUSE_REFERRALS);
		}
		t = cp_task_create(job, want);
		if (t == NULL)
			return cp_task_fail(from, CP_CAUSE_MEMORY);
		t->depth = (uint8_t)depth;
	}
	if (t->done)
		return t->result;
	if (is_circle(from, t)) {
		job->looped = true;
		return cp_task_fail(from, CP_CAUSE_LOOP);
	}
	from->waiting_on = t;
	from->waiter_next = t->waiters;
	t->waiters = from;
	return NULL;
}

static void
task_step(struct cp_task *t)
{
	switch (t->kind) {
	case CP_TASK_QUESTION:
		cp_question_step(t);
		break;
	case CP_TASK_LOOKUP:
		cp_lookup_step(t);
		break;
	case CP_TASK_STATE:
		cp_chain_step(t);
		break;
	}
}

void
cp_job_run(struct cp_job *job)
{
	while (job->run_first != NULL && !job->over) {
		struct cp_task *t = job->run_first;

		job->run_first = t->run_next;
		if (job->run_first == NULL)
			job->run_last = NULL;
		t->queued = false;
		if (!cp_budget_take(&job->budget.steps, 1)) {
			cp_question_abort(job, CP_CAUSE_MEMORY);
			return;
		}
		/* A task that waits is woken by what it waits for, and by nothing else. */
		if (!t->done && t->waiting_on == NULL)
			task_step(t);
	}
}

bool
cp_job_is_spent(struct cp_job *job, enum va_reason reason)
{
	enum cp_cause cause = reason == VA_BUDGET_SIGS ? CP_CAUSE_SIGS
	    : reason == VA_BUDGET_SHA1                 ? CP_CAUSE_SHA1
	    : reason == VA_INTERNAL                    ? CP_CAUSE_MEMORY
						       : CP_CAUSE_NONE;

	if (job->cause == CP_CAUSE_NONE)
		job->cause = cause;
	return cause != CP_CAUSE_NONE;
}

bool
cp_job_may_search(const struct cp_job *job, enum va_reason reason)
{
	return reason != VA_SIG_TOO_MANY || cp_budget_has_half(&job->budget, &job->r->limits);
}

bool
cp_job_is_bad(const struct cp_job *job, const struct hf_addr *server)
{
	for (unsigned i = 0; i < job->bad_cnt; i++)
		if (hf_addr_equal(&job->bad[i], server))
			return true;
	return false;
}

void
cp_job_mark_bad(struct cp_job *job, uint64_t zone, const struct hf_addr *server)
{
	if (server->family == 0 || cp_job_is_bad(job, server) || job->bad_cnt == CP_BAD_MAX)
		return;
	job->bad[job->bad_cnt++] = *server;
	cp_servers_bogus(job->r->servers, zone, server, job->r->now.mono_ns);
}
