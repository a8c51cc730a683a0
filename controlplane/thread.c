/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "controlplane/channel.h"

/* An answer on its way to the main thread. */
struct reply {
	uint64_t token;
	bool refused; /* nothing follows */
	struct cp_answer answer;
	uint8_t body[];
};

struct cp_thread {
	struct cp_thread_config cfg; /* resolver: not after create */
	pthread_t thread;
	bool runs;
	struct cp_channel *asks, *answers;
	struct event *heard; /* answers' bell, in the main loop */
	uint64_t told;       /* the generation told to ops.taken */

	/* The recursion thread's, from its start to its end. */
	struct event_base *base;
	struct event *asked; /* asks' bell */
	struct cp_recursor *recursor;
	struct cp_counters counters;

	/* Between the two. */
	_Atomic(struct cp_policy *) next; /* main stores, the thread takes out */
	_Atomic uint64_t taken;           /* the thread stores, the main thread reads */
	atomic_bool stop;                 /* main stores */
};

/* --- in the recursion thread --------------------------------------------------------------- */

/* An answer that finds no room is lost and counted: the asker's time runs out. */
static void
put_reply(struct cp_thread *t, struct reply *reply)
{
	if (reply != NULL && cp_channel_put(t->answers, reply))
		return;
	cp_count(&t->counters, thread_answer_lost);
	free(reply);
}

static void
on_answered(void *arg, uint64_t token, const struct cp_answer *a)
{
	struct cp_thread *t = arg;
	struct reply *reply = malloc(sizeof(*reply) + a->body_len);

	if (reply != NULL) {
		reply->token = token;
		reply->refused = false;
		reply->answer = *a;
		reply->answer.body = reply->body;
		if (a->body_len > 0)
			memcpy(reply->body, a->body, a->body_len);
	}
	put_reply(t, reply);
}

static void
refuse(struct cp_thread *t, uint64_t token)
{
	struct reply *reply = malloc(sizeof(*reply));

	if (reply != NULL) {
		reply->token = token;
		reply->refused = true;
	}
	put_reply(t, reply);
}

static void
take_policy(struct cp_thread *t)
{
	/* Acquire: the snapshot is whole. */
	struct cp_policy *p = atomic_exchange_explicit(&t->next, NULL, memory_order_acq_rel);

	if (p == NULL)
		return;
	cp_recursor_set_policy(t->recursor, p);
	/* Release: every answer made under the old one is in the channel by now. */
	atomic_store_explicit(&t->taken, cp_policy_generation(p), memory_order_release);
	cp_policy_put(p);
	cp_channel_ring(t->answers);
}

static void
on_asked(evutil_socket_t fd, short what, void *arg)
{
	struct cp_thread *t = arg;
	struct cp_recursor_question *q = NULL;
	int left = CP_THREAD_BURST;

	(void)fd;
	(void)what;
	cp_channel_woke(t->asks);
	while (left > 0 && (q = cp_channel_take(t->asks)) != NULL) {
		take_policy(t); /* after the take: one set before the question was put is seen */
		if (cp_recursor_ask(t->recursor, q) != 0)
			refuse(t, q->token);
		free(q);
		left--;
	}
	take_policy(t);
	if (atomic_load_explicit(&t->stop, memory_order_relaxed))
		event_base_loopbreak(t->base);
	else if (left == 0) /* others get a turn, then the rest */
		event_active(t->asked, EV_READ, 1);
}

static void *
run(void *arg)
{
	struct cp_thread *t = arg;
	char name[16];

	snprintf(name, sizeof(name), "hf-recurse-%u", t->cfg.idx % 1000);
	(void)pthread_setname_np(pthread_self(), name);
	(void)event_base_loop(t->base, EVLOOP_NO_EXIT_ON_EMPTY);
	return NULL;
}

/* --- in the main thread -------------------------------------------------------------------- */

static void
on_heard(evutil_socket_t fd, short what, void *arg)
{
	struct cp_thread *t = arg;
	struct reply *reply = NULL;
	int left = CP_THREAD_BURST;

	(void)fd;
	(void)what;
	cp_channel_woke(t->answers);
	/* Acquire, before the channel is emptied: what was answered under an older policy comes
	 * out of it first. */
	uint64_t taken = atomic_load_explicit(&t->taken, memory_order_acquire);

	while (left > 0 && (reply = cp_channel_take(t->answers)) != NULL) {
		t->cfg.ops.answered(
		    t->cfg.ops.arg, reply->token, reply->refused ? NULL : &reply->answer);
		free(reply);
		left--;
	}
	if (left == 0) {
		event_active(t->heard, EV_READ, 1);
	} else if (taken != t->told) {
		t->told = taken;
		t->cfg.ops.taken(t->cfg.ops.arg, taken);
	}
}

/* Signals are the main thread's. */
static int
start(struct cp_thread *t)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&t->thread, NULL, run, t);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	t->runs = rc == 0;
	return -rc;
}

static int
make_parts(struct cp_thread *t)
{
	struct cp_recursor_config cfg = {
	    .base = t->base = event_base_new(),
	    .resolver = t->cfg.resolver,
	    .policy = t->cfg.policy,
	    .counters = &t->counters,
	    .arg = t,
	    .answered = on_answered,
	};

	t->asks = cp_channel_create(CP_THREAD_ASKS);
	t->answers = cp_channel_create(CP_THREAD_ANSWERS);
	if (t->base == NULL || t->asks == NULL || t->answers == NULL)
		return -ENOMEM;
	t->recursor = cp_recursor_create(&cfg);
	t->asked = event_new(t->base, cp_channel_fd(t->asks), EV_READ | EV_PERSIST, on_asked, t);
	t->heard =
	    event_new(t->cfg.base, cp_channel_fd(t->answers), EV_READ | EV_PERSIST, on_heard, t);
	if (t->recursor == NULL || t->asked == NULL || t->heard == NULL ||
	    event_add(t->asked, NULL) != 0 || event_add(t->heard, NULL) != 0)
		return -ENOMEM;
	return 0;
}

struct cp_thread *
cp_thread_create(const struct cp_thread_config *cfg)
{
	struct cp_thread *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->cfg = *cfg;
	t->told = cp_policy_generation(cfg->policy);
	atomic_init(&t->taken, t->told);
	if (make_parts(t) != 0 || start(t) != 0) {
		cp_thread_destroy(t);
		return NULL;
	}
	return t;
}

static void
free_event(struct event *e)
{
	if (e != NULL)
		event_free(e);
}

void
cp_thread_destroy(struct cp_thread *t)
{
	if (t == NULL)
		return;
	if (t->runs) {
		atomic_store_explicit(&t->stop, true, memory_order_relaxed);
		cp_channel_ring(t->asks); /* release: stop is seen */
		(void)pthread_join(t->thread, NULL);
	}
	cp_recursor_destroy(t->recursor);
	free_event(t->heard);
	free_event(t->asked);
	if (t->base != NULL)
		event_base_free(t->base);
	cp_channel_destroy(t->asks);
	cp_channel_destroy(t->answers);
	cp_policy_put(atomic_load_explicit(&t->next, memory_order_relaxed));
	free(t);
}

int
cp_thread_ask(struct cp_thread *t, const struct cp_recursor_question *q)
{
	struct cp_recursor_question *copy = malloc(sizeof(*copy));

	if (copy == NULL)
		return -EAGAIN;
	*copy = *q;
	if (cp_channel_put(t->asks, copy))
		return 0;
	cp_count(t->cfg.counters, thread_full);
	free(copy);
	return -EAGAIN;
}

void
cp_thread_set_policy(struct cp_thread *t, struct cp_policy *policy)
{
	cp_policy_get(policy);
	/* Release: the thread sees a whole snapshot. One that it has not taken yet is obsolete. */
	cp_policy_put(atomic_exchange_explicit(&t->next, policy, memory_order_acq_rel));
	cp_channel_ring(t->asks);
}

uint64_t
cp_thread_generation(const struct cp_thread *t)
{
	return t->told;
}

void
cp_thread_counters(const struct cp_thread *t, uint64_t resolver[CP_RESOLVER_COUNTER_CNT],
    uint64_t controlplane[CP_COUNTER_CNT])
{
	cp_resolver_counters(cp_recursor_resolver(t->recursor), resolver);
	cp_counters_add(&t->counters, controlplane);
}
