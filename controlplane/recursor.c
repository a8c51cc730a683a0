/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/recursor.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>

#include "controlplane/upstream.h"
#include "lib/base/clock.h"
#include "lib/base/rand.h"

struct cp_recursor {
	struct cp_recursor_config cfg; /* resolver: not after create */
	struct cp_resolver *resolver;
	struct cp_upstream *upstream;
	struct event *tick; /* the resolver's next due time; activated after each call into it */
	struct hf_rand rand;
};

static void
time_now(struct cp_time *now)
{
	now->mono_ns = hf_clock_mono_ns();
	now->wall_s = hf_clock_wall_s();
}

/* What is due may have changed: look at it once this callback is over. */
static void
tick_soon(struct cp_recursor *r)
{
	event_active(r->tick, EV_TIMEOUT, 1);
}

/* --- what the resolver core asks for -------------------------------------------------------- */

static void
do_send(void *arg, const struct cp_send *s)
{
	struct cp_recursor *r = arg;

	cp_upstream_send(r->upstream, s);
}

static void
do_cancel(void *arg, uint64_t exchange)
{
	struct cp_recursor *r = arg;

	cp_upstream_cancel(r->upstream, exchange);
}

static void
do_answer(void *arg, uint64_t token, const struct cp_answer *a)
{
	struct cp_recursor *r = arg;

	r->cfg.answered(r->cfg.arg, token, a);
}

static void
do_traced(void *arg, uint64_t token, const struct cp_trace *trace, const struct cp_answer *a)
{
	struct cp_recursor *r = arg;

	r->cfg.traced(r->cfg.arg, token, trace, a);
}

static void
do_random(void *arg, void *out, size_t len)
{
	struct cp_recursor *r = arg;

	hf_rand_bytes(&r->rand, out, len);
}

/* --- what happens to it -------------------------------------------------------------------- */

static void
on_reply(void *arg, uint64_t exchange, const uint8_t *msg, size_t len)
{
	struct cp_recursor *r = arg;
	struct cp_time now;

	time_now(&now);
	/* The core cancels only what got no reply: of the rest the socket goes now. */
	if (cp_resolver_reply(r->resolver, &now, exchange, msg, len))
		cp_upstream_cancel(r->upstream, exchange);
	tick_soon(r);
}

static void
on_failed(void *arg, uint64_t exchange, enum cp_fail why)
{
	struct cp_recursor *r = arg;
	struct cp_time now;

	time_now(&now);
	cp_resolver_failed(r->resolver, &now, exchange, why);
	tick_soon(r);
}

static bool
on_again(void *arg, uint64_t exchange)
{
	struct cp_recursor *r = arg;

	return cp_resolver_again(r->resolver, exchange);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct cp_recursor *r = arg;
	struct cp_time now;
	uint64_t next_ns = UINT64_MAX;

	(void)fd;
	(void)what;
	time_now(&now);
	cp_resolver_tick(r->resolver, &now, &next_ns);
	if (next_ns == UINT64_MAX) {
		evtimer_del(r->tick);
		return;
	}
	/* At least a millisecond: a time already past must not make the loop spin. */
	uint64_t wait_ns =
	    next_ns > now.mono_ns + HF_NS_PER_MS ? next_ns - now.mono_ns : HF_NS_PER_MS;
	struct timeval tv = {
	    .tv_sec = (time_t)(wait_ns / HF_NS_PER_S),
	    .tv_usec = (suseconds_t)(wait_ns % HF_NS_PER_S / HF_NS_PER_US),
	};
	evtimer_add(r->tick, &tv);
}

/* --- all ----------------------------------------------------------------------------------- */

struct cp_recursor *
cp_recursor_create(const struct cp_recursor_config *cfg)
{
	struct cp_recursor *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	struct cp_upstream_ops up = {
	    .arg = r, .reply = on_reply, .failed = on_failed, .again = on_again};
	struct cp_resolver_ops ops = {
	    .arg = r,
	    .send = do_send,
	    .cancel = do_cancel,
	    .answer = do_answer,
	    .random = do_random,
	    .traced = do_traced,
	};
	r->cfg = *cfg;
	hf_rand_init(&r->rand);
	r->upstream = cp_upstream_create(cfg->base, CP_UPSTREAM_MAX, &up, cfg->counters);
	r->tick = evtimer_new(cfg->base, on_tick, r);
	if (r->upstream != NULL && r->tick != NULL)
		r->resolver = cp_resolver_create(cfg->resolver, &ops, cfg->policy);
	if (r->resolver == NULL) {
		cp_recursor_destroy(r);
		return NULL;
	}
	return r;
}

void
cp_recursor_destroy(struct cp_recursor *r)
{
	if (r == NULL)
		return;
	if (r->resolver != NULL)
		cp_resolver_destroy(r->resolver);
	if (r->tick != NULL)
		event_free(r->tick);
	cp_upstream_destroy(r->upstream);
	free(r);
}

int
cp_recursor_ask(struct cp_recursor *r, const struct cp_recursor_question *q)
{
	struct cp_time now;
	int rc;

	time_now(&now);
	if (q->trace)
		rc = cp_resolver_trace(r->resolver, &now, &q->question, q->token, q->cached);
	else if (q->fresh)
		rc = cp_resolver_ask_fresh(r->resolver, &now, &q->question, q->variant, q->token);
	else if (q->refresh)
		rc = cp_resolver_refresh(r->resolver, &now, &q->question, q->variant, q->token);
	else if (q->cached)
		rc = cp_resolver_ask_cached(
		    r->resolver, &now, &q->question, q->variant, q->token, q->large);
	else if (q->large)
		rc = cp_resolver_ask_large(r->resolver, &now, &q->question, q->variant, q->token);
	else
		rc = cp_resolver_ask(r->resolver, &now, &q->question, q->variant, q->token);
	tick_soon(r);
	return rc;
}

void
cp_recursor_set_policy(struct cp_recursor *r, struct cp_policy *policy)
{
	cp_resolver_set_policy(r->resolver, policy);
	tick_soon(r);
}

struct cp_resolver *
cp_recursor_resolver(struct cp_recursor *r)
{
	return r->resolver;
}
