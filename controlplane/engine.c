/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "controlplane/recursor.h"
#include "controlplane/resolver/budget.h"
#include "controlplane/resolver/caches.h"
#include "controlplane/thread.h"
#include "lib/base/clock.h"
#include "lib/base/rand.h"

enum { DUE_BURST = 256 };

struct cp_engine {
	struct cp_engine_config cfg; /* resolver: not after create */
	struct cp_waiting *waiting;
	struct event *sweep; /* every second: askers that waited too long */
	uint64_t patience_ns;
	struct hf_siphash_key key; /* of questions to threads */
	struct cp_caches *caches;
	uint64_t generation; /* in force everywhere */

	/* One of the two: a recursor in this thread, or threads with one each. */
	struct cp_recursor *recursor;
	struct cp_thread *threads[CP_ENGINE_THREADS_MAX];
	unsigned thread_cnt;
};

void
cp_engine_time(struct cp_time *now)
{
	now->mono_ns = hf_clock_mono_ns();
	now->wall_s = hf_clock_wall_s();
}

/* --- answers ------------------------------------------------------------------------------- */

/* a is NULL when a recursion thread would not take the question. */
static void
on_answered(void *arg, uint64_t token, const struct cp_answer *a)
{
	struct cp_engine *e = arg;
	struct cp_waiter who;

	if (a == NULL)
		cp_count(e->cfg.counters, too_busy);
	if (!cp_waiting_take(e->waiting, token, &who)) {
		cp_count(e->cfg.counters, unwanted);
		return;
	}
	who.done(who.arg, a);
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
		cp_count(e->cfg.counters, unanswered);
		who.done(who.arg, NULL);
	}
}

/* --- policy -------------------------------------------------------------------------------- */

static void
on_taken(void *arg, uint64_t generation)
{
	struct cp_engine *e = arg;
	uint64_t least = generation;

	for (unsigned i = 0; i < e->thread_cnt; i++) {
		uint64_t g = cp_thread_generation(e->threads[i]);

		least = g < least ? g : least;
	}
	if (least <= e->generation)
		return;
	e->generation = least;
	e->cfg.in_force(e->cfg.arg, least);
}

void
cp_engine_set_policy(struct cp_engine *e, struct cp_policy *policy)
{
	if (e->recursor != NULL) {
		cp_recursor_set_policy(e->recursor, policy);
		e->generation = cp_policy_generation(policy);
	}
	for (unsigned i = 0; i < e->thread_cnt; i++)
		cp_thread_set_policy(e->threads[i], policy);
}

uint64_t
cp_engine_generation(const struct cp_engine *e)
{
	return e->generation;
}

/* --- making -------------------------------------------------------------------------------- */

static int
make_recursor(struct cp_engine *e, const struct cp_resolver_config *resolver)
{
	struct cp_recursor_config cfg = {
	    .base = e->cfg.base,
	    .resolver = resolver,
	    .policy = e->cfg.policy,
	    .counters = e->cfg.counters,
	    .arg = e,
	    .answered = on_answered,
	};

	e->recursor = cp_recursor_create(&cfg);
	return e->recursor != NULL ? 0 : -ENOMEM;
}

static int
make_threads(struct cp_engine *e, struct cp_resolver_config *resolver)
{
	struct cp_thread_config cfg = {
	    .base = e->cfg.base,
	    .resolver = resolver,
	    .policy = e->cfg.policy,
	    .counters = e->cfg.counters,
	    .ops = {.arg = e, .answered = on_answered, .taken = on_taken},
	};
	unsigned cnt = e->cfg.threads;

	/* Questions are spread by their hash: a part each. */
	resolver->limits.tasks = (resolver->limits.tasks + cnt - 1) / cnt;
	for (; e->thread_cnt < cnt; e->thread_cnt++) {
		resolver->reader = cfg.idx = e->thread_cnt;
		e->threads[e->thread_cnt] = cp_thread_create(&cfg);
		if (e->threads[e->thread_cnt] == NULL)
			return -ENOMEM;
	}
	return 0;
}

static int
make_parts(struct cp_engine *e)
{
	static const struct timeval every_second = {1, 0};
	struct cp_resolver_config resolver = *e->cfg.resolver;
	struct cp_table_config table = {.suffixes = e->cfg.suffixes};
	struct hf_rand rand;

	cp_limits_default(&resolver.limits);
	table.octets_max = resolver.limits.cache_octets;
	hf_rand_init(&rand);
	hf_rand_bytes(&rand, &e->key, sizeof(e->key));
	hf_rand_bytes(&rand, &table.key, sizeof(table.key));
	e->waiting = cp_waiting_create(CP_ENGINE_WAITERS);
	e->caches = cp_caches_create(&table);
	e->sweep = event_new(e->cfg.base, -1, EV_PERSIST, on_sweep, e);
	if (e->waiting == NULL || e->caches == NULL || e->sweep == NULL ||
	    event_add(e->sweep, &every_second) != 0)
		return -ENOMEM;
	resolver.caches = e->caches;
	resolver.shared = e->cfg.threads > 1;
	return e->cfg.threads > 1 ? make_threads(e, &resolver) : make_recursor(e, &resolver);
}

struct cp_engine *
cp_engine_create(const struct cp_engine_config *cfg)
{
	struct cp_engine *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->cfg = *cfg;
	e->patience_ns = cfg->resolver->limits.wall_ns + CP_ENGINE_GRACE_S * HF_NS_PER_S;
	e->generation = cp_policy_generation(cfg->policy);
	if (cfg->threads > CP_ENGINE_THREADS_MAX || make_parts(e) != 0) {
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
	cp_recursor_destroy(e->recursor);
	for (unsigned i = 0; i < e->thread_cnt; i++)
		cp_thread_destroy(e->threads[i]);
	if (e->sweep != NULL)
		event_free(e->sweep);
	cp_caches_destroy(e->caches);
	cp_waiting_destroy(e->waiting);
	free(e);
}

/* --- asking -------------------------------------------------------------------------------- */

/* Equal questions meet in one thread, where the later ones join the first. */
static struct cp_thread *
thread_for(struct cp_engine *e, const struct hf_question *q, uint8_t variant)
{
	struct hf_name lower = q->name;
	uint8_t text[HF_NAME_MAX + 3];

	hf_name_lower(&lower);
	memcpy(text, lower.octets, lower.len);
	text[lower.len] = (uint8_t)(q->type >> 8);
	text[lower.len + 1] = (uint8_t)q->type;
	text[lower.len + 2] = (variant & HF_VARIANT_CD) != 0;
	return e->threads[hf_siphash(&e->key, text, lower.len + 3u) % e->thread_cnt];
}

static int
start(struct cp_engine *e, const struct cp_ask *ask, uint64_t token)
{
	struct cp_recursor_question q = {
	    .question = *ask->question,
	    .token = token,
	    .variant = ask->variant,
	    .large = ask->large,
	    .cached = ask->cached,
	    .refresh = ask->refresh,
	    .fresh = ask->fresh,
	};

	if (e->recursor != NULL)
		return cp_recursor_ask(e->recursor, &q);
	return cp_thread_ask(thread_for(e, &q.question, q.variant), &q);
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
	cp_count(e->cfg.counters, too_busy);
	(void)cp_waiting_take(e->waiting, t, &who);
	return -EAGAIN;
}

void
cp_engine_forget(struct cp_engine *e, uint64_t token)
{
	struct cp_waiter who;

	(void)cp_waiting_take(e->waiting, token, &who);
}

/* --- looking inside ------------------------------------------------------------------------ */

void
cp_engine_counters(const struct cp_engine *e, uint64_t resolver[CP_RESOLVER_COUNTER_CNT],
    uint64_t controlplane[CP_COUNTER_CNT])
{
	memset(resolver, 0, CP_RESOLVER_COUNTER_CNT * sizeof(resolver[0]));
	memset(controlplane, 0, CP_COUNTER_CNT * sizeof(controlplane[0]));
	cp_counters_add(e->cfg.counters, controlplane);
	if (e->recursor != NULL)
		cp_resolver_counters(cp_recursor_resolver(e->recursor), resolver);
	for (unsigned i = 0; i < e->thread_cnt; i++)
		cp_thread_counters(e->threads[i], resolver, controlplane);
}

struct cp_caches *
cp_engine_caches(struct cp_engine *e)
{
	return e->caches;
}

size_t
cp_engine_under_way(const struct cp_engine *e)
{
	return cp_waiting_cnt(e->waiting);
}
