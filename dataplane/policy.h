/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy: one immutable snapshot of policy, and what it allows an entry to do.
 *
 * Purpose   DESIGN 4 in one function: dp_policy_judge. Nothing is walked or flushed on a
 *           push; the check is made at each use, so that a push acts on every entry at once.
 * Roles     WRITER assembles, publishes one pointer, frees after a grace period. Any core
 *           judges, with the snapshot it loaded once for this burst.
 * Memory    One piece per snapshot, at most HF_POLICY_RULE_MAX rules.
 * Blocking  Never.
 * Errors    Assembly returns enum hf_msg_fault; NULL when there is no memory.
 * Trust     Messages must have passed hf_msg_check_policy_*; order and counts are checked here.
 */
#ifndef DP_POLICY_H
#define DP_POLICY_H

#include "dataplane/entry.h"

/* Serve-stale in numbers, for all zones or one. */
struct dp_stale {
	uint64_t max_ms; /* after expiry; 0: never */
	uint32_t client_ms;
	uint32_t ttl_s;
	uint32_t triggers; /* HF_STALE_* */
};

/* What is ruled at one name. */
struct dp_rule {
	uint64_t hash;
	uint8_t kind; /* HF_RULE_NTA, HF_RULE_ANCHOR; 0: neither */
	uint8_t mode; /* of an NTA: enum hf_nta_mode */
	bool has_stale;
	uint8_t name_len; /* 0: a free slot */
	uint8_t name[HF_NAME_MAX];
	struct dp_stale stale; /* has_stale */
};

/* What entries remember of a policy they remember by its serial: 31 bits, and another one for each
 * snapshot made since boot. Those made after the first 2^31 - 2 share the last serial; under it
 * nothing is remembered: each use works it out. So no serial is ever taken for another's. */
#define DP_SERIAL_NONE_KEPT (UINT32_MAX >> 1)

struct dp_policy {
	uint64_t generation; /* 0: none came yet */
	uint32_t serial;
	struct dp_stale stale;     /* where no rule says otherwise */
	uint64_t stale_longest_ms; /* the longest max_ms of any zone */
	uint64_t stale_retry_ms;
	uint32_t nta_cnt;       /* 0: nothing is covered, nothing is looked up */
	uint32_t rule_cnt;      /* names with an NTA or an anchor */
	uint32_t stale_cnt;     /* names with serve-stale of their own */
	uint32_t rule_cnt_said; /* by BEGIN */
	uint32_t rules_seen;    /* RULE messages, duplicates too */
	uint32_t labels_max;    /* of any rule's name */
	uint32_t mask;          /* slots - 1; a power of two, at most half full */
	const struct dp_hash *hash;
	struct dp_rule slots[];
};

/* WRITER. The snapshot in force before the control plane sent one: no rules, stale by
 * RFC 8767's numbers. NULL: no memory. hash outlives the snapshot. */
struct dp_policy *dp_policy_create_default(const struct dp_hash *hash);

/* WRITER. Empty, for m->rule_cnt rules. NULL: no memory. */
struct dp_policy *dp_policy_create(const struct dp_hash *hash, const struct hf_msg_policy_begin *m);

/* WRITER. One rule of it; HF_MSG_FAULT_ORDER for another generation or one rule too many.
 * Of an NTA and an anchor at the same name the NTA wins (an NTA for the root is possible
 * although the root always has an anchor). */
enum hf_msg_fault dp_policy_add(struct dp_policy *p, const struct hf_msg_policy_rule *m);

/* WRITER. HF_MSG_OK when p is whole and may be published. */
enum hf_msg_fault dp_policy_end(const struct dp_policy *p, const struct hf_msg_policy_end *m);

void dp_policy_free(struct dp_policy *p);

/* The same rules and numbers, whatever the generations. */
bool dp_policy_same(const struct dp_policy *a, const struct dp_policy *b);

/* NTA or ANCHOR, whichever is closest above or at a lower-case name; 0: none is. */
unsigned dp_policy_closest(const struct dp_policy *p, const uint8_t *name, unsigned len);

/* What holds for answers to a lower-case name: of the closest zone that has some of its own, else
 * of all. */
const struct dp_stale *
dp_policy_stale(const struct dp_policy *p, const uint8_t *name, unsigned len);

/* Bit 0: the closest rule of the entry's name is an NTA; bit 1 + i: that of name i of its
 * chain. Worked out at each call. */
uint16_t dp_policy_mask(const struct dp_policy *p, const struct dp_entry *e);

static inline bool
dp_policy_covers(const struct dp_policy *p, const struct dp_entry *e)
{
	return dp_policy_mask(p, e) != 0;
}

/* What a policy takes from an entry: from one that is secure its AD, as soon as a name of it is
 * under a strict NTA (RFC 7646; a soft one leaves it); from one that is bogus, failed or
 * unvalidated any use, when names are covered that were not then, or the other way round. Kept in
 * the entry with p's serial, so that a hit compares one word. */
bool dp_policy_restricts(const struct dp_policy *p, struct dp_entry *e);

/* The same, worked out and not kept. */
bool dp_policy_restricts_now(const struct dp_policy *p, const struct dp_entry *e);

/* WRITER. A copy of p with an NTA at a lower-case name, too: to look at, not to publish; its serial
 * is 0. NULL: no memory. */
struct dp_policy *dp_policy_with_nta(const struct dp_policy *p, const uint8_t *name, unsigned len);

/* WRITER, before publication: the entry's nta_mask (dp_entry_set_nta_mask), given that p is in
 * force. */
uint16_t dp_policy_mask_at_birth(const struct dp_policy *p, const struct dp_entry *e);

/* Who asks, and when. */
struct dp_ask {
	uint64_t now_ms;
	uint64_t asked_ms; /* when the question came in; an answer inserted later is fresh for it */
	bool waited;       /* the question waited for the control plane: asked_ms counts */
	bool hurry;        /* no control plane, or the client's stale timer fired */
};

enum dp_use {
	DP_USE_NONE,      /* no entry, or expired: a miss */
	DP_USE_FORBIDDEN, /* policy forbids its use: a miss, counted policy_miss */
	DP_USE_FRESH,     /* answer as it is */
	DP_USE_STALE,     /* answer with the stale TTL (RFC 8767) */
	DP_USE_FAILED,    /* its refresh failed in a way that is to be told: SERVFAIL */
	DP_USE_CNT,
};

struct dp_judgement {
	enum dp_use use;
	uint16_t rcode;
	bool authentic; /* AD may be set */
	bool recheck;   /* STALE: it is time to look whether a refresh fails still */
	uint32_t ttl_s; /* STALE: of every record */
	bool with_text; /* the entry's EXTRA-TEXT goes with the last EDE */
	uint8_t ede_cnt;
	uint16_t ede[HF_REPLY_EDE_MAX];
};

/* What may be done with e (may be NULL) for this asker. *j is whole on return; for a miss
 * only j->use counts, for FAILED the EDE too. */
void dp_policy_judge(const struct dp_policy *p, struct dp_entry *e, const struct dp_ask *ask,
    struct dp_judgement *j);

/* Milliseconds after its TTL for which e may be served stale under p; 0: for none. */
uint64_t dp_policy_window_ms(const struct dp_policy *p, const struct dp_entry *e);

/* A failure does not replace e: it was good when it was fetched, and is fresh or may be served
 * stale at now_ms under p. */
bool dp_policy_keeps(const struct dp_policy *p, const struct dp_entry *e, uint64_t now_ms);

/* Failures of this kind (HF_STALE_*) lead to stale answers from e. */
bool dp_policy_triggers(const struct dp_policy *p, const struct dp_entry *e, unsigned trigger);

#endif
