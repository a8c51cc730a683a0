/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recursor: one resolver core, driven by one event loop.
 *
 * Purpose   Gives the core what it does not have: sockets (upstream), clocks and timers.
 * Roles     The thread that runs the event loop; cp_recursor_resolver's counters: any.
 * Memory    Owns the resolver and its exchanges.
 * Blocking  Never.
 * Errors    cp_recursor_ask says -EAGAIN when too many questions are under way.
 * Trust     Questions come from checked messages and parsed queries.
 */
#ifndef CP_RECURSOR_H
#define CP_RECURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "controlplane/counters.h"
#include "controlplane/resolver/resolver.h"

struct event_base;
struct cp_recursor;

struct cp_recursor_config {
	struct event_base *base;
	const struct cp_resolver_config *resolver;
	struct cp_policy *policy;
	struct cp_counters *counters; /* this thread's */
	void *arg;
	void (*answered)(void *arg, uint64_t token, const struct cp_answer *a);
	/* NULL unless questions are traced: before `answered`, valid during the call. */
	void (*traced)(
	    void *arg, uint64_t token, const struct cp_trace *trace, const struct cp_answer *a);
};

struct cp_recursor_question {
	struct hf_question question;
	uint64_t token;
	uint8_t variant; /* HF_VARIANT_* */
	bool large;      /* the answer goes over TCP */
	bool cached;     /* no recursion is wanted */
	bool refresh;    /* cp_resolver_refresh */
	bool fresh;      /* cp_resolver_ask_fresh */
	bool trace;      /* cp_resolver_trace */
};

/* NULL when out of memory or the hints are unusable. */
struct cp_recursor *cp_recursor_create(const struct cp_recursor_config *cfg);
void cp_recursor_destroy(struct cp_recursor *r); /* no answer comes any more */

/* One answered call, perhaps before this returns; none with -EAGAIN. */
int cp_recursor_ask(struct cp_recursor *r, const struct cp_recursor_question *q);
void cp_recursor_set_policy(struct cp_recursor *r, struct cp_policy *policy);
struct cp_resolver *cp_recursor_resolver(struct cp_recursor *r);

#endif
