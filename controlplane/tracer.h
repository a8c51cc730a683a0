/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tracer: a question of an operator, resolved before his eyes (resolver/trace.h).
 *
 * Purpose   Each trace gets a resolver core of its own. A live one has caches of its own too, which
 *           are empty: it asks for the whole chain anew, believes nothing that was found before
 *           (keys, failures, zones in trouble, what servers bear), and can take nothing from
 *           anybody's cache. One of the cache looks into the shared caches and sends nothing.
 * Roles     The main thread, however many recursion threads there are.
 * Memory    CP_TRACES_MAX at once; each CP_TRACE_CACHE_OCTETS of cache at most, and goes when
 *           it is over.
 * Blocking  Never; signatures are checked in the main thread, within a question's budget.
 * Errors    -EBUSY when CP_TRACES_MAX are under way, -ENOMEM.
 * Trust     Questions come from an operator; what servers say is for the resolver core to judge.
 */
#ifndef CP_TRACER_H
#define CP_TRACER_H

#include <stdbool.h>
#include <stdint.h>

#include "controlplane/counters.h"
#include "controlplane/resolver/resolver.h"

struct event_base;
struct cp_tracer;

enum { CP_TRACES_MAX = 4, CP_TRACE_CACHE_OCTETS = 2 * 1024 * 1024 };

/* Its end: trace and answer are valid during the call. trace is NULL when there was no memory. */
struct cp_traced {
	uint64_t token;
	const struct cp_trace *trace;
	const struct cp_answer *answer;
};

struct cp_tracer_config {
	struct event_base *base;
	struct cp_counters *counters; /* of the main thread */
	struct cp_caches *caches;     /* the shared ones */
	void *arg;
	/* What a resolver of now is made of; its caches are left to the tracer. */
	void (*resolver)(void *arg, struct cp_resolver_config *out);
	struct cp_policy *(*policy)(void *arg); /* borrowed */
	void (*traced)(void *arg, const struct cp_traced *t);
};

struct cp_tracer *cp_tracer_create(const struct cp_tracer_config *cfg);
void cp_tracer_destroy(struct cp_tracer *t); /* nobody is told anything any more */

/* Trace. With 0, `traced` is called once, later: never before this returns. */
int cp_tracer_ask(struct cp_tracer *t, const struct hf_question *q, bool cached, uint64_t token);

#endif
