/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/tracer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "controlplane/recursor.h"
#include "controlplane/resolver/grace.h"

enum { READER = CP_GRACE_READERS_MAX - 1, ARENA_OCTETS = 2 * 1024 * 1024 };

/* One trace. The same event begins it, outside the call that asked, and frees it, outside the
 * call that ended it. */
struct run {
	LIST_ENTRY(run) link;
	struct cp_tracer *t;
	struct event *turn;
	struct cp_recursor *recursor; /* NULL: not begun */
	struct cp_recursor_question question;
	bool told, over;
};

struct cp_tracer {
	struct cp_tracer_config cfg;
	LIST_HEAD(, run) runs;
	unsigned run_cnt;
};

static void
run_free(struct run *run)
{
	LIST_REMOVE(run, link);
	run->t->run_cnt--;
	cp_recursor_destroy(run->recursor);
	event_free(run->turn);
	free(run);
}

static void
tell(struct run *run, const struct cp_trace *trace, const struct cp_answer *a)
{
	struct cp_traced traced = {run->question.token, trace, a};

	run->told = true;
	run->t->cfg.traced(run->t->cfg.arg, &traced);
}

static void
on_traced(void *arg, uint64_t token, const struct cp_trace *trace, const struct cp_answer *a)
{
	(void)token;
	tell(arg, trace, a);
}

/* Comes after on_traced, or instead of it when there was no memory to trace with. */
static void
on_answered(void *arg, uint64_t token, const struct cp_answer *a)
{
	struct run *run = arg;

	(void)token;
	if (!run->told)
		tell(run, NULL, a);
	run->over = true;
	event_active(run->turn, EV_TIMEOUT, 1);
}

static bool
begin(struct run *run)
{
	struct cp_tracer *t = run->t;
	struct cp_resolver_config resolver = {0};
	struct cp_recursor_config cfg = {.base = t->cfg.base,
	    .resolver = &resolver,
	    .policy = t->cfg.policy(t->cfg.arg),
	    .counters = t->cfg.counters,
	    .arg = run,
	    .answered = on_answered,
	    .traced = on_traced};

	t->cfg.resolver(t->cfg.arg, &resolver);
	resolver.limits.cache_octets = CP_TRACE_CACHE_OCTETS;
	resolver.limits.arena_octets = ARENA_OCTETS; /* what is noted comes on top */
	resolver.shared = false;
	resolver.caches = run->question.cached ? t->cfg.caches : NULL;
	resolver.reader = run->question.cached ? READER : 0;
	run->recursor = cp_recursor_create(&cfg);
	return run->recursor != NULL && cp_recursor_ask(run->recursor, &run->question) == 0;
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct run *run = arg;

	(void)fd;
	(void)what;
	if (run->over) {
		run_free(run);
	} else if (!begin(run)) {
		cp_count(run->t->cfg.counters, trace_refused);
		tell(run, NULL, NULL);
		run_free(run);
	}
}

struct cp_tracer *
cp_tracer_create(const struct cp_tracer_config *cfg)
{
	struct cp_tracer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->cfg = *cfg;
	LIST_INIT(&t->runs);
	return t;
}

void
cp_tracer_destroy(struct cp_tracer *t)
{
	if (t == NULL)
		return;
	while (!LIST_EMPTY(&t->runs))
		run_free(LIST_FIRST(&t->runs));
	free(t);
}

int
cp_tracer_ask(struct cp_tracer *t, const struct hf_question *q, bool cached, uint64_t token)
{
	struct run *run = NULL;
	int rc = t->run_cnt < CP_TRACES_MAX ? -ENOMEM : -EBUSY;

	if (rc != -EBUSY)
		run = calloc(1, sizeof(*run));
	if (run != NULL)
		run->turn = evtimer_new(t->cfg.base, on_turn, run);
	if (run == NULL || run->turn == NULL) {
		free(run);
		cp_count(t->cfg.counters, trace_refused);
		return rc;
	}
	run->t = t;
	run->question = (struct cp_recursor_question){
	    .question = *q, .token = token, .cached = cached, .trace = true};
	LIST_INSERT_HEAD(&t->runs, run, link);
	t->run_cnt++;
	cp_count(t->cfg.counters, traces);
	event_active(run->turn, EV_TIMEOUT, 1);
	return 0;
}
