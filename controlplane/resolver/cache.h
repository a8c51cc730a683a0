/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cache: what the resolver remembers between questions.
 *
 * Purpose   Outcomes (positive and negative, RFC 2308), delegations, zone states and failed
 *           questions, each with the rules of when they may be used again.
 * Roles     The resolver's thread; the table behind may be shared by several (caches.h).
 * Memory    One bounded table (table.h), entries as octets (pack.h). What is found is copied
 *           into the caller's arena.
 * Blocking  Never.
 * Errors    A put that finds no memory is forgotten; a find that finds none is a miss.
 * Trust     What was learned in one view (route.h) is not seen in another. BOGUS outcomes are
 *           kept only while an NTA covers them, tagged with the policy generation; BOGUS states
 *           and failures are dropped with the generation.
 */
#ifndef CP_RESOLVER_CACHE_H
#define CP_RESOLVER_CACHE_H

#include "controlplane/resolver/core.h"

/* A judged outcome for name and type, aliases and NXDOMAIN included; or NULL. */
struct cp_outcome *cp_cache_answer(struct cp_task *t);
void cp_cache_put_answer(struct cp_task *t, const struct cp_outcome *o);

/* For synth.c: the SECURE denial of exactly name; the SECURE answer or alias kept under the
 * wildcard, for the type of t. NULL: none. */
struct cp_outcome *cp_cache_nxdomain(struct cp_task *t, const struct hf_name *name);
struct cp_outcome *cp_cache_wildcard(struct cp_task *t, const struct hf_name *wildcard);
/* o, under the owner of its answer. */
void cp_cache_put_wildcard(struct cp_task *t, const struct cp_outcome *o);

/* Records on a server's word. */
struct cp_outcome *cp_cache_raw(struct cp_task *t, const struct hf_name *name, uint16_t type);
void cp_cache_put_raw(
    struct cp_task *t, const struct hf_name *name, uint16_t type, const struct cp_outcome *o);
void cp_cache_drop_raw(struct cp_task *t, const struct hf_name *name, uint16_t type);

/* The closest delegation known at or above name in view, all those above it being known too;
 * NULL when there is none. What is put here is a parent's word, for as long as the parent
 * said: nothing a child says of itself comes here. */
struct cp_delegation *cp_cache_cut(struct cp_task *t, const struct hf_name *name, uint16_t view);
/* Under the view that the look-up t goes by. */
void cp_cache_put_cut(struct cp_task *t, const struct cp_delegation *d);
/* A delegation that a server told of, and the DS with it or NULL. Nothing is kept of what was found
 * by a delegation that has run out (past.h): it would last longer than that may. */
void cp_cache_put_referral(
    struct cp_task *t, const struct cp_delegation *d, const struct cp_outcome *ds);

/* The records of this very name and type, or that there are none, are known. */
bool cp_cache_has(struct cp_task *t, const struct hf_name *name, uint16_t type);

struct cp_outcome *cp_cache_state(struct cp_task *t);
void cp_cache_put_state(struct cp_task *t, const struct cp_outcome *o, uint32_t ttl_s);

/* For past.h, fresh or expired at most max_s ago: the state of the zone t, if it was not bogus; its
 * DS RRset, if that was SECURE; the deepest delegation at or above from with more labels than
 * above. */
struct cp_outcome *cp_cache_past_state(struct cp_task *t, uint32_t max_s);
struct cp_outcome *cp_cache_past_ds(struct cp_task *t, uint32_t max_s);
struct cp_delegation *
cp_cache_past_cut(struct cp_task *t, const struct hf_name *from, unsigned above, uint32_t max_s);

struct cp_failure {
	enum hf_verdict verdict;
	bool refused; /* as in cp_answer */
	uint16_t ede;
	uint32_t backoff_s; /* how long it was to be kept the last time */
	char text[HF_EDE_TEXT_MAX + 1];
	uint16_t chain_cnt;
	struct hf_name chain[]; /* chain_cnt of them */
};
/* A failure still to be believed, in the job's arena; *left_s: for how long. */
const struct cp_failure *
cp_cache_failure(struct cp_resolver *r, struct cp_job *job, uint32_t *left_s);
/* Remember f, its backoff_s set; returns for how many seconds (RFC 9520: doubling). */
uint32_t cp_cache_put_failure(struct cp_resolver *r, struct cp_job *job, struct cp_failure *f);
void cp_cache_drop_failure(struct cp_resolver *r, const struct cp_job *job);

#endif
