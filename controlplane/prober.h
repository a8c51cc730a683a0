/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * prober: asks, while an NTA stands, whether the zone is good again.
 *
 * Purpose   For each NTA: finds the zone's servers (probe_search.h), runs a round of probes
 * (probe.h) each interval, each address by a resolver core of its own that knows that address alone
 * and no NTA, and hands rounds to recovery.h. What that proposes is logged, counted and shown;
 * removed too, if the operator wants that and did not force the NTA.
 *
 *             NTA added -> search -> round -> wait -> round -> ... -> NTA gone
 *                            ^--------- every SEARCH_S ----'
 *
 * Roles     The main thread, whatever the number of recursion threads.
 * Memory    CP_PROBER_ZONES_MAX NTAs at once, 200 KiB each; CP_PROBER_LANES resolver cores, each
 * with a cache of CP_PROBE_CACHE_OCTETS that goes when its address is through. NTAs beyond that are
 * not probed, and are told so. Blocking  Never; signatures are checked in the main thread, within a
 * question's budget. Errors    Without memory a round waits. Trust     What servers say is for the
 * resolver core to judge. Packets are paid for from a bucket of their own: at most `rate` a second
 * over time, and no more ahead than what the lanes may have under way.
 */
#ifndef CP_PROBER_H
#define CP_PROBER_H

#include "controlplane/counters.h"
#include "controlplane/nta.h"
#include "controlplane/recovery.h"
#include "controlplane/resolver/resolver.h"

struct event_base;
struct cp_prober;

enum {
	CP_PROBER_ZONES_MAX = 32,
	CP_PROBER_LANES = 4,
	CP_PROBE_SENDS = 16, /* packets of one question, the first of which wants the keys above */
	CP_PROBE_CACHE_OCTETS = 1024 * 1024,
};

struct cp_prober_config {
	struct event_base *base;
	struct cp_counters *counters; /* of the main thread */
	struct cp_ntas *ntas;
	uint64_t interval_ns;
	unsigned rate; /* packets a second */
	struct cp_recovery_config recovery;
	bool auto_remove;
	void *arg;
	/* What a resolver of now is made of; its caches are left to the prober. */
	void (*resolver)(void *arg, struct cp_resolver_config *out);
};

struct cp_prober *cp_prober_create(const struct cp_prober_config *cfg);
void cp_prober_destroy(struct cp_prober *p);

/* The NTAs may have changed. It is seen within a second without being told. */
void cp_prober_look(struct cp_prober *p);

/* What is known of the NTA at name; valid until the event loop goes on. False: it is not probed. */
struct cp_prober_view {
	const struct cp_recovery *recovery;
	const struct cp_probe_round *last; /* that is over; NULL: none is */
	const struct hf_name *zone;        /* NULL: not found yet */
	unsigned left_off;                 /* addresses that are not probed */
	bool under_way;                    /* a round */
	int64_t due_in_s;                  /* else the next one */
};
bool
cp_prober_view(const struct cp_prober *p, const struct hf_name *name, struct cp_prober_view *out);
/* Whether its removal will be made as soon as it is proposed. */
bool cp_prober_removes(const struct cp_prober *p, const struct cp_nta *nta);

#endif
