/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "controlplane/upstream.h"
#include "lib/base/clock.h"
#include "lib/base/rand.h"

enum { DUE_BURST = 256 };

struct cp_engine {
	struct event_base *base;
	struct cp_counters *counters;
	struct cp_resolver *resolver;
	struct cp_upstream *upstream;
	struct cp_waiting *waiting;
	struct event *tick;  /* the resolver's next due time; activated after each call into it */
	struct event *sweep; /* every second: askers that waited too long */
	uint64_t patience_ns;
	struct hf_rand rand;
};

void
cp_engine_time(struct cp_time *now)
{
	now->mono_ns = hf_clock_mono_ns();
	now->wall_s = hf_clock_wall_s();
}

/* What is due may have changed: look at it once this callback is over. */
static void
tick_soon(struct cp_engine *e)
{
	event_active(e->tick, EV_TIMEOUT, 1);
}

/* --- what the resolver core asks for -------------------------------------------------------- */

static void
do_send(void *arg, const struct cp_send *s)
{
	struct cp_engine *e = arg;

	cp_upstream_send(e->upstream, s);
}

static void
do_cancel(void *arg, uint64_t exchange)
{
	struct cp_engine *e = arg;

	cp_upstream_cancel(e->upstream, exchange);
}

static void
do_answer(void *arg, uint64_t token, const struct cp_answer *a)
{
	struct cp_engine *e = arg;
	struct cp_waiter who;

	if (!cp_waiting_take(e->waiting, token, &who)) {
		cp_count(e->counters, unwanted);
		return;
	}
	who.done(who.arg, a);
}

static void
do_random(void *arg, void *out, size_t len)
{
	struct cp_engine *e = arg;

	hf_rand_bytes(&e->rand, out, len);
}

/* --- what happens to it -------------------------------------------------------------------- */

static void
on_reply(void *arg, uint64_t exchange, const uint8_t *msg, size_t len)
{
	struct cp_engine *e = arg;
	struct cp_time now;

	cp_engine_time(&now);
	/* The core cancels only what got no reply: of the rest the socket goes now. */
	if (cp_resolver_reply(e->resolver, &now, exchange, msg, len))
		cp_upstream_cancel(e->upstream, exchange);
	tick_soon(e);
}

static void
on_failed(void *arg, uint64_t exchange, enum cp_fail why)
{
	struct cp_engine *e = arg;
	struct cp_time now;

	cp_engine_time(&now);
	cp_resolver_failed(e->resolver, &now, exchange, why);
	tick_soon(e);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct cp_engine *e = arg;
	struct cp_time now;
	uint64_t next_ns = UINT64_MAX;

	(void)fd;
	(void)what;
	cp_engine_time(&now);
	cp_resolver_tick(e->resolver, &now, &next_ns);
	if (next_ns == UINT64_MAX) {
		evtimer_del(e->tick);
		return;
	}
	/* At least a millisecond: a time already past must not make the loop spin. */
	uint64_t wait_ns =
	    next_ns > now.mono_ns + HF_NS_PER_MS ? next_ns - now.mono_ns : HF_NS_PER_MS;
	struct timeval tv = {
	    .tv_sec = (time_t)(wait_ns / HF_NS_PER_S),
	    .tv_usec = (suseconds_t)(wait_ns % HF_NS_PER_S / HF_NS_PER_US),
	};
	evtimer_add(e->tick, &tv);
}

static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct cp_engine *e = arg;
	struct cp_waiter who;
	uint64_t now_ns = hf_clock_mono_ns();

	(void)fd;
	(void)what;
	for (int i = 0; i < DUE_BURST; i++) {
		if (!cp_waiting_take_due(e->waiting, now_ns, &who))
			return;
		cp_count(e->counters, unanswered);
		who.done(who.arg, NULL);
	}
}

static int
start_timers(struct cp_engine *e)
{
	static const struct timeval every_second = {1, 0};

	e->tick = evtimer_new(e->base, on_tick, e);
	e->sweep = event_new(e->base, -1, EV_PERSIST, on_sweep, e);
	if (e->tick == NULL || e->sweep == NULL || event_add(e->sweep, &every_second) != 0)
		return -ENOMEM;
	return 0;
}

struct cp_engine *
cp_engine_create(const struct cp_engine_config *cfg)
{
	struct cp_engine *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	struct cp_upstream_ops up = {.arg = e, .reply = on_reply, .failed = on_failed};
	struct cp_resolver_ops ops = {
	    .arg = e,
	    .send = do_send,
	    .cancel = do_cancel,
	    .answer = do_answer,
	    .random = do_random,
	};
	e->base = cfg->base;
	e->counters = cfg->counters;
	e->patience_ns = cfg->resolver->limits.wall_ns + CP_ENGINE_GRACE_S * HF_NS_PER_S;
	hf_rand_init(&e->rand);
	e->waiting = cp_waiting_create(CP_ENGINE_WAITERS);
	e->upstream = cp_upstream_create(cfg->base, CP_UPSTREAM_MAX, &up, cfg->counters);
	if (e->waiting != NULL && e->upstream != NULL && start_timers(e) == 0)
		e->resolver = cp_resolver_create(cfg->resolver, &ops, cfg->policy);
	if (e->resolver == NULL) {
		cp_engine_destroy(e);
		return NULL;
	}
	return e;
}

void
cp_engine_destroy(struct cp_engine *e)
{
	if (e == NULL)
		return;
	if (e->resolver != NULL)
		cp_resolver_destroy(e->resolver);
	if (e->tick != NULL)
		event_free(e->tick);
	if (e->sweep != NULL)
		event_free(e->sweep);
	cp_upstream_destroy(e->upstream);
	cp_waiting_destroy(e->waiting);
	free(e);
}

static int
start(struct cp_engine *e, const struct cp_ask *ask, uint64_t token)
{
	struct cp_time now;
	int rc;

	cp_engine_time(&now);
	if (ask->large)
		rc = cp_resolver_ask_large(e->resolver, &now, ask->question, ask->variant, token);
	else
		rc = cp_resolver_ask(e->resolver, &now, ask->question, ask->variant, token);
	tick_soon(e);
	return rc;
}

int
cp_engine_ask(struct cp_engine *e, const struct cp_ask *ask, uint64_t *token)
{
	struct cp_waiter who;
	uint64_t deadline_ns = hf_clock_mono_ns() + e->patience_ns;
	uint64_t t = cp_waiting_add(e->waiting, &ask->who, deadline_ns);

	if (token != NULL)
		*token = t;
	if (t != 0 && start(e, ask, t) == 0)
		return 0;
	cp_count(e->counters, too_busy);
	(void)cp_waiting_take(e->waiting, t, &who);
	return -EAGAIN;
}

void
cp_engine_forget(struct cp_engine *e, uint64_t token)
{
	struct cp_waiter who;

	(void)cp_waiting_take(e->waiting, token, &who);
}

void
cp_engine_set_policy(struct cp_engine *e, struct cp_policy *policy)
{
	cp_resolver_set_policy(e->resolver, policy);
	tick_soon(e);
}

void
cp_engine_counters(const struct cp_engine *e, uint64_t sum[CP_RESOLVER_COUNTER_CNT])
{
	memset(sum, 0, CP_RESOLVER_COUNTER_CNT * sizeof(sum[0]));
	cp_resolver_counters(e->resolver, sum);
}

struct cp_caches *
cp_engine_caches(struct cp_engine *e)
{
	return cp_resolver_caches(e->resolver);
}

size_t
cp_engine_under_way(const struct cp_engine *e)
{
	return cp_waiting_cnt(e->waiting);
}
