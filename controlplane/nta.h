/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nta: the operator's negative trust anchors (RFC 7646), in force and in the store.
 *
 * Purpose   One code path for every change, by hand or by the clock: store, then a new
 *           complete snapshot under the next generation, then publish it to the resolver
 *           and the dataplane. Nothing takes effect that is not on disk.
 * Roles     The main thread.
 * Memory    At most HF_POLICY_RULE_MAX rules with the positive anchors.
 * Blocking  As store.h.
 * Errors    enum cp_nta_result, each of which the operator is told.
 * Trust     Names and reasons come from an operator, checked here.
 *
 * An anchor ends at its wall-clock second, and also when its time has passed on the
 * monotonic clock: a clock set back does not keep validation off for longer than was asked.
 */
#ifndef CP_NTA_H
#define CP_NTA_H

#include "controlplane/counters.h"
#include "controlplane/policy.h"
#include "controlplane/store.h"

struct event_base;
struct cp_ntas;

struct cp_ntas_config {
	struct event_base *base; /* NULL: no timer; call cp_ntas_expire */
	struct cp_store *store;
	struct cp_counters *counters;
	struct cp_stale stale;
	struct cp_trust *trust; /* positive ones, NULL: none; their owners become ANCHOR rules */
	uint64_t max_s;         /* longest life that may be asked for */
	void *arg;
	void (*publish)(void *arg, struct cp_policy *p); /* references it if it keeps it */
};

enum cp_nta_result {
	CP_NTA_OK,
	CP_NTA_EXISTS,
	CP_NTA_ABSENT,
	CP_NTA_IS_ANCHOR,  /* the root, or another configured trust anchor */
	CP_NTA_TOO_LONG,   /* longer than max_s, or no time at all */
	CP_NTA_BAD_REASON, /* empty, over CP_REASON_MAX octets, control characters */
	CP_NTA_FULL,
	CP_NTA_TOO_FAR, /* a generation that no lost store can have reached */
	CP_NTA_STORE,   /* cp_store_error says why */
	CP_NTA_NO_MEMORY,
};

/* Read the store and drop (with an audit line) what ran out meanwhile. Publishes nothing.
 * *out on success; -errno otherwise, then the store has an error text or it is -ENOMEM. */
int cp_ntas_create(const struct cp_ntas_config *cfg, struct cp_ntas **out);
void cp_ntas_destroy(struct cp_ntas *n);

/* The snapshot in force; referenced by the list, valid until the next change. */
struct cp_policy *cp_ntas_policy(const struct cp_ntas *n);

struct cp_nta_request {
	struct hf_name name; /* any case */
	uint64_t for_s;
	enum hf_nta_mode mode;
	bool forced;
	const char *reason;
	struct cp_author author;
};

enum cp_nta_result cp_ntas_add(struct cp_ntas *n, const struct cp_nta_request *rq);
enum cp_nta_result
cp_ntas_remove(struct cp_ntas *n, const struct hf_name *name, const struct cp_author *author);
/* Remove what is over by now. Called every second by the timer. */
void cp_ntas_expire(struct cp_ntas *n, int64_t wall_s, uint64_t mono_ns);

/* The dataplane has generation `theirs` in force, perhaps from a store that was lost: ours
 * becomes higher. Publishes. TOO_FAR (counted) when theirs is not to be believed. */
enum cp_nta_result cp_ntas_overtake(struct cp_ntas *n, uint64_t theirs);

/* Other keys are trusted from the store's generation on, at the same names. Publishes. */
enum cp_nta_result cp_ntas_set_trust(struct cp_ntas *n, struct cp_trust *trust);

const struct cp_nta *cp_ntas_find(const struct cp_ntas *n, const struct hf_name *name);
const struct cp_nta *cp_ntas_at(const struct cp_ntas *n, size_t i); /* by name; NULL at the end */
/* What validation finds below the i-th (shadow.h); the list's reference. NULL: not kept. */
struct cp_shadow *cp_ntas_shadow(const struct cp_ntas *n, size_t i);
size_t cp_ntas_cnt(const struct cp_ntas *n);

#endif
