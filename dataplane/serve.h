/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * serve: from a DNS query to its reply, on one core.
 *
 * Purpose   A burst goes through three stages, each over all of its packets, so that the
 *           waits for memory overlap: parse (and prefetch the buckets), find (and prefetch
 *           the entry), answer. What is not answered waits in pending; dp_core_next hands
 *           out its replies when they are due.
 * Roles     One struct dp_core per worker; only that worker calls these on it.
 * Memory    Works in the caller's buffers. Entries are used between two quiescent lines only:
 *           nothing here keeps a pointer to one from call to call, but dp_query.entry, whose
 *           three stages belong to one burst.
 * Blocking  Never; no lock, no allocation, no system call, no log.
 * Loss      DP_DROP: no reply may be made. Every outcome adds to a counter.
 * Trust     Queries are hostile. Handles come from another process.
 *
 * The worker's loop:
 *   core.now_ms, core.control_alive are set; the policy is loaded once
 *   for the burst: dp_query_parse all, dp_query_find all, dp_query_answer all;
 *       DP_MISS -> dp_query_miss: DP_REPLY, DP_ASK (send a MISS), DP_WAIT or DP_DROP
 *       after DP_REPLY with dp_query.refresh: send a MISS that nobody waits for
 *   for each completion: dp_core_done
 *   dp_core_tick
 *   dp_core_next until DP_NOTHING or enough for this poll
 *   quiescent line
 */
#ifndef DP_SERVE_H
#define DP_SERVE_H

#include "dataplane/pending.h"
#include "dataplane/policy.h"
#include "dataplane/table.h"
#include "lib/wire/identity.h"

enum {
	DP_TIMEOUT_MS_DEFAULT = 6000,
	DP_REFRESH_LIFE_MS = 10000, /* entries that live shorter are not refreshed early */
	DP_TICK_MAX = 64,           /* questions settled by one tick */
	DP_REPLY_CAP_MIN = 512,     /* octets a reply buffer must have behind the DNS offset */
};

struct dp_core {
	alignas(64) uint64_t now_ms; /* since boot; the worker sets it once per poll */
	bool control_alive;          /* the worker copies it once per poll */
	uint16_t id;
	uint16_t udp_max; /* largest datagram we send: 1232 */
	uint32_t timeout_ms;
	const struct dp_table *table;
	const struct hf_identity *identity;      /* NULL: hidden */
	const struct hf_cookie_secrets *cookies; /* of this poll; NULL: none are known */
	uint32_t wall_s; /* low bits of the wall clock; the worker sets it once per poll */
	struct dp_pending pending;
	alignas(64) uint64_t counters[HF_COUNTER_CNT]; /* relaxed stores; anyone loads relaxed */
};

enum dp_outcome {
	DP_REPLY,   /* msg holds the reply, len its octets */
	DP_MISS,    /* not in the cache: dp_query_miss decides */
	DP_DROP,    /* no reply */
	DP_ASK,     /* a question for the control plane */
	DP_WAIT,    /* joined one under way */
	DP_NOTHING, /* no work left */
	DP_OUTCOME_CNT,
};

/* Scratch for one packet of a burst: an array of them belongs to the worker, not to its stack. */
struct dp_query {
	alignas(64) uint8_t *msg; /* in: the DNS message, in a buffer of cap octets */
	uint16_t len;             /* in: octets of the query; out: octets of the reply */
	uint16_t cap;
	const uint8_t *ip; /* in: the IP header of its packet; NULL: cookies are ignored */
	uint8_t judge;     /* enum hf_judge */
	uint16_t refresh;  /* out, with DP_REPLY: HF_MISS_REFRESH, HF_MISS_RECHECK: ask for it */
	struct dp_entry *entry;
	struct dp_key key;
	struct hf_query q; /* the question's name may be missing: it is in key, folded */
};

/* What dp_core_next wants done. */
struct dp_job {
	uint8_t *frame; /* in: a free buffer of cap octets (at least DP_FRAME_KEEP_MAX +
	                 * DP_REPLY_CAP_MIN); it is written to for DP_REPLY only */
	uint16_t cap;
	uint16_t dns_off; /* DP_REPLY: frame holds the client's headers as received, before the
	                   * reply; the I/O side turns them round and sets lengths */
	uint16_t dns_len;
	uint16_t port; /* as they were in the frame of the miss */
	bool cookie;
	uint64_t arrived;
};

/* A question to be sent to the control plane as an hf_msg_miss. */
struct dp_ask_out {
	const struct dp_key *key; /* valid until the next call on this core */
	uint64_t handle;
	uint64_t asked_ms;
};

/* At start. seed: 16 random octets, this core's own. Zeroes *core first; the caller sets
 * table, udp_max, timeout_ms, control_alive afterwards. 0, -EINVAL, -ENOMEM. */
int dp_core_init(struct dp_core *core, uint16_t id, uint32_t question_max, uint32_t waiter_max,
    const uint8_t seed[16]);
void dp_core_fini(struct dp_core *core);

/* Stage 1: parse, judge, fold, hash, prefetch the buckets. Counts queries. */
void dp_query_parse(struct dp_core *core, struct dp_query *dq);

/* Stage 2: find the entry's address by tag, prefetch its lines. */
void dp_query_find(struct dp_core *core, struct dp_query *dq);

/* Stage 3: DP_REPLY, DP_MISS or DP_DROP. */
enum dp_outcome
dp_query_answer(struct dp_core *core, const struct dp_policy *p, struct dp_query *dq);

/* Instead of dp_query_answer, for who may not ask: REFUSED, EDE 18; or DP_DROP. */
enum dp_outcome dp_query_prohibited(struct dp_core *core, struct dp_query *dq);

/* A reply with TC and no records, for who asks too much: an honest client asks again over TCP.
 * Also over a reply that was written already; then cookie is the query's, as it came (else NULL).
 * DP_REPLY or DP_DROP. */
enum dp_outcome dp_query_slip(struct dp_core *core, struct dp_query *dq, const uint8_t *cookie);

/* Counts a reply to such a one. */
static inline enum hf_counter
dp_cookie_counter(enum hf_cookie_state state)
{
	return state == HF_COOKIE_GOOD    ? HF_COUNTER_client_cookie_good
	    : state == HF_COOKIE_LEARNING ? HF_COUNTER_client_cookie_learning
					  : HF_COUNTER_client_cookie_bad;
}

/* The query's COOKIE option, before a reply is written; false: it has none, or they are off. */
bool
dp_query_cookie(const struct dp_core *core, const struct dp_query *dq, enum hf_cookie_state *state);

/* True when it has one that we made for its sender (RFC 7873 5.2.4). */
bool dp_query_cookie_good(const struct dp_core *core, const struct dp_query *dq);

/* After DP_MISS: DP_REPLY (answered after all: no control plane, no room, stale at once),
 * DP_ASK (fills in *out), DP_WAIT. The frame up to the end of the question, and the cookie, must
 * still be as received. */
enum dp_outcome dp_query_miss(struct dp_core *core, const struct dp_policy *p, struct dp_query *dq,
    const struct dp_frame *f, struct dp_ask_out *out);

/* DP_ASK could not be sent, the ring was full: its waiters get replies from dp_core_next. */
void dp_core_ring_full(struct dp_core *core, uint64_t handle);

/* A completion came from the writer: the answer is in the cache. Counts done_unknown. */
void dp_core_done(struct dp_core *core, uint64_t handle);

/* Once per poll: stale timers, time-outs, a lost control plane. Bounded by DP_TICK_MAX. */
void dp_core_tick(struct dp_core *core);

/* Whether anybody's time has come: else dp_core_next has DP_NOTHING. */
static inline bool
dp_core_has_next(const struct dp_core *core)
{
	return core->pending.settled_first != DP_NIL;
}

/* Whether anybody waits: else tick has nothing to do either. */
static inline bool
dp_core_waits(const struct dp_core *core)
{
	return core->pending.oldest != DP_NIL || dp_core_has_next(core);
}

/* The next thing to do for those who wait: DP_REPLY (*job), DP_ASK (*out: send it again) or
 * DP_NOTHING. dq is scratch. */
enum dp_outcome dp_core_next(struct dp_core *core, const struct dp_policy *p, struct dp_query *dq,
    struct dp_job *job, struct dp_ask_out *out);

/* Milliseconds until tick has something to do, UINT64_MAX when nobody waits (for sleeping). */
uint64_t dp_core_idle_ms(const struct dp_core *core);

#endif
