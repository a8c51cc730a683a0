/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nta: the operator's negative trust anchors (RFC 7646), in force and in the store.
 *
 * Purpose   One code path for every change, by hand, by the clock or at a restart: store with
 *           its audit line, then a new complete snapshot under the next generation, then
 *           publish it to the resolver and the dataplane. Nothing takes effect that is not
 *           on disk. What changes no rule (an end that moves, a request that waits for a
 *           second person) is stored the same way and leaves the generation as it is.
 * Roles     The main thread.
 * Memory    At most CP_NTA_RULES_MAX rules with the positive anchors, and
 *           CP_NTA_PENDING_MAX requests that wait.
 * Blocking  As store.h.
 * Errors    enum cp_nta_result, each of which the operator is told.
 * Trust     Names and reasons come from an operator, checked here.
 *
 * An anchor ends when the time it was given has passed, whatever is done to the wall clock
 * meanwhile (steady.h).
 */
#ifndef CP_NTA_H
#define CP_NTA_H

#include "controlplane/counters.h"
#include "controlplane/policy.h"
#include "controlplane/stale.h"
#include "controlplane/store.h"

struct event_base;
struct cp_ntas;

enum {
	CP_NTA_RULES_MAX = HF_POLICY_RULE_MAX - HF_POLICY_STALE_MAX, /* with the anchors */
	CP_NTA_PENDING_MAX = 64,
	CP_NTA_PENDING_S = 15 * 60, /* a request for a second person lapses then */
};

struct cp_ntas_config {
	struct event_base *base; /* NULL: no timer; call cp_ntas_expire */
	struct cp_store *store;
	struct cp_counters *counters;
	struct cp_stale stale;
	const struct cp_stales *stales; /* zones with their own; NULL: none */
	struct cp_trust *trust; /* positive ones, NULL: none; their owners become ANCHOR rules */
	uint64_t max_s;         /* longest life that may be asked for */
	bool second_for_tlds;   /* an anchor at a TLD needs another uid's word */
	void *arg;
	void (*publish)(void *arg, struct cp_policy *p); /* references it if it keeps it */
	/* Both clocks (mono_ns: CLOCK_BOOTTIME) and which run of the machine; NULL: the real. */
	void (*now)(void *arg, struct cp_moment *out);
};

enum cp_nta_result {
	CP_NTA_OK,
	CP_NTA_WAITS, /* stored, and in force when another uid approves it */
	CP_NTA_EXISTS,
	CP_NTA_ABSENT,
	CP_NTA_IS_ANCHOR,  /* the root, or another configured trust anchor */
	CP_NTA_TOO_LONG,   /* longer than max_s, or no time at all */
	CP_NTA_SHORTER,    /* it stands for longer than that already */
	CP_NTA_BAD_REASON, /* empty, over CP_REASON_MAX octets, control characters */
	CP_NTA_FULL,
	CP_NTA_WAITS_ALREADY,
	CP_NTA_SAME_PERSON, /* who asked cannot approve; audited */
	CP_NTA_TOO_FAR,     /* a generation that no lost store can have reached */
	CP_NTA_STORE,       /* cp_store_error says why */
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
	int64_t until_s; /* 0: for_s counts */
	enum hf_nta_mode mode;
	bool forced;
	bool replace; /* one that is there is no conflict */
	const char *reason;
	struct cp_author author;
};

enum cp_nta_result cp_ntas_add(struct cp_ntas *n, const struct cp_nta_request *rq);
/* What cp_ntas_add would say now; nothing changes. *out: the anchor as it would be. */
enum cp_nta_result
cp_ntas_try(struct cp_ntas *n, const struct cp_nta_request *rq, struct cp_nta *out);
/* One that is there ends later; its mode stays, and its reason if the request has none (""). */
enum cp_nta_result cp_ntas_extend(struct cp_ntas *n, const struct cp_nta_request *rq);
/* What waits under the name is put in force, if author is not who asked. */
enum cp_nta_result
cp_ntas_approve(struct cp_ntas *n, const struct hf_name *name, const struct cp_author *author);
/* Also what waits under the name. */
enum cp_nta_result
cp_ntas_remove(struct cp_ntas *n, const struct hf_name *name, const struct cp_author *author);
/* Remove what is over by now; follow the clock. Called every second by the timer. */
void cp_ntas_expire(struct cp_ntas *n);

/* The dataplane has generation `theirs` in force, perhaps from a store that was lost: ours
 * becomes higher. Publishes. TOO_FAR (counted) when theirs is not to be believed. */
enum cp_nta_result cp_ntas_overtake(struct cp_ntas *n, uint64_t theirs);

/* Other keys are trusted from the store's generation on, at the same names. Publishes. */
enum cp_nta_result cp_ntas_set_trust(struct cp_ntas *n, struct cp_trust *trust);

/* What else is in a snapshot has changed, under the store's generation. */
enum cp_nta_result cp_ntas_publish(struct cp_ntas *n);

/* The time that ends are judged by; the wall clock's, but for a jump of this second. */
int64_t cp_ntas_now_s(const struct cp_ntas *n);

const struct cp_nta *cp_ntas_find(const struct cp_ntas *n, const struct hf_name *name);
const struct cp_nta *cp_ntas_at(const struct cp_ntas *n, size_t i); /* by name; NULL at the end */
/* What validation finds below that one (shadow.h); the list's reference. NULL: not kept. */
struct cp_shadow *cp_ntas_shadow(const struct cp_ntas *n, const struct hf_name *name);
size_t cp_ntas_cnt(const struct cp_ntas *n);
/* The same of those that wait. */
const struct cp_nta *cp_ntas_pending(const struct cp_ntas *n, const struct hf_name *name);
const struct cp_nta *cp_ntas_pending_at(const struct cp_ntas *n, size_t i);

#endif
