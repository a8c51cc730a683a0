/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * engine: where every other part of the program asks its questions.
 *
 * Purpose   One recursor in the main thread, or several in threads of their own; the caches
 *           that they share; and the way back from a token to the asker (waiting). Which
 *           thread answers depends on the question alone, so equal ones meet there.
 * Roles     The main thread.
 * Memory    Owns the caches, the recursors and the table of askers.
 * Blocking  Never.
 * Errors    cp_engine_ask says -EAGAIN when too many questions are under way.
 * Trust     Questions come from checked messages and parsed queries.
 */
#ifndef CP_ENGINE_H
#define CP_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "controlplane/counters.h"
#include "controlplane/resolver/resolver.h"
#include "controlplane/waiting.h"

struct cp_suffixes;
struct event_base;
struct cp_engine;

enum {
	CP_ENGINE_WAITERS = 65536, /* askers at once; joined questions count one by one */
	CP_ENGINE_THREADS_MAX = 64,
	CP_ENGINE_GRACE_S = 3, /* after the resolver's own limit an asker is told "gave up" */
};

struct cp_engine_config {
	struct event_base *base;
	const struct cp_resolver_config *resolver;
	struct cp_policy *policy;
	struct cp_counters *counters;
	unsigned threads; /* 0 or 1: none, the main thread does it all */
	const struct cp_suffixes *suffixes;
	void *arg;
	/* With threads: every answer is made under this generation or a later one from now on. */
	void (*in_force)(void *arg, uint64_t generation);
};

/* NULL when out of memory or the hints are unusable. */
struct cp_engine *cp_engine_create(const struct cp_engine_config *cfg);
void cp_engine_destroy(struct cp_engine *e); /* nobody is answered any more */

struct cp_ask {
	const struct hf_question *question;
	uint8_t variant; /* HF_VARIANT_* */
	bool large;      /* the answer goes over TCP */
	bool cached;     /* no recursion is wanted: REFUSED what is not cached */
	bool refresh;    /* it is cached and will expire soon: fetch it anew, if there is room */
	bool fresh;      /* fetch it anew, however long what is cached is good for */
	struct cp_waiter who;
};

/* Ask. who.done is called once, perhaps before this returns, with NULL when the resolver was
 * given up on. Returns 0; -EAGAIN when too many are under way (done is not called). *token
 * (may be NULL) is for cp_engine_forget, which ignores one whose answer has come; it is
 * written before done can be called, so it may be in memory that done frees. */
int cp_engine_ask(struct cp_engine *e, const struct cp_ask *ask, uint64_t *token);
/* The asker is gone: done will not be called. */
void cp_engine_forget(struct cp_engine *e, uint64_t token);

/* Judge by it from now on; with threads as soon as each has taken it (in_force). */
void cp_engine_set_policy(struct cp_engine *e, struct cp_policy *policy);
/* The generation under which or later ones every answer is made. */
uint64_t cp_engine_generation(const struct cp_engine *e);
/* Sums over all threads; controlplane includes the counters given at create. */
void cp_engine_counters(const struct cp_engine *e, uint64_t resolver[CP_RESOLVER_COUNTER_CNT],
    uint64_t controlplane[CP_COUNTER_CNT]);
struct cp_caches *cp_engine_caches(struct cp_engine *e);
void cp_engine_time(struct cp_time *now);
size_t cp_engine_under_way(const struct cp_engine *e);

#endif
