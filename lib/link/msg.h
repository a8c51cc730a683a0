/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * msg: every message between holdfast-dataplane and holdfast-controlplane, on one page.
 *
 * Purpose   The formats, their limits, and the checks a receiver makes before use.
 * Roles     A worker core sends MISS on its own miss ring. The control plane sends ANSWER
 *           and POLICY_* on the update ring, read by the dataplane's writer thread. All
 *           else goes over the socket, between the writer thread and the control plane.
 * Memory    Pointer-free, little padding and that written out. Copy, then check, then use.
 * Blocking  Never.
 * Errors    hf_msg_check_* say what is wrong (enum hf_msg_fault); each fault is counted.
 * Trust     None: the receiver treats the sender as hijacked.
 *
 *   type            path    from -> to              what it does
 *   HELLO           socket  control -> dataplane    I speak this version
 *   WELCOME         socket  dataplane -> control    epoch, sizes; carries memfd + 2 bells
 *   MISS            ring    worker -> control       resolve this question for this handle,
 *                                                   or refresh the answer to it
 *   ANSWER          ring    control -> writer       an entry to publish, and who waits for it
 *   POLICY_BEGIN    ring    control -> writer       a complete snapshot follows
 *   POLICY_RULE     ring    control -> writer       one rule of it
 *   POLICY_END      ring    control -> writer       publish it
 *   ACK             socket  dataplane -> control    policy or cookies: in force on every core
 *   STATS_ASK/_SAY  socket  control <-> dataplane   counters of every core
 *   LATENCY_ASK/_SAY socket control <-> dataplane   histograms of one core
 *   COOKIES         socket  control -> dataplane    the secrets of client cookies
 *   CACHE_ASK/_SAY  socket  control <-> dataplane   one entry, for `cache show`
 *   SURVEY_ASK/_SAY socket  control <-> dataplane   what the cache holds below a zone
 *
 * Integers are in host order: both ends are one machine. Change a layout, change HF_MSG_VERSION.
 */
#ifndef HF_LINK_MSG_H
#define HF_LINK_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/verdict.h"
#include "lib/link/latency.h"
#include "lib/link/ring.h"
#include "lib/wire/name.h"
#include "lib/wire/reply.h"

#define HF_MSG_VERSION 4u

enum {
	HF_WORKER_MAX = 64,
	HF_MISS_SLOT_LEN = 320,
	HF_MISS_SLOT_CNT = 4096, /* per worker */
	HF_UPDATE_SLOT_LEN = 4096,
	HF_UPDATE_SLOT_CNT = 4096,
	HF_SOCKET_MSG_MAX = 65536,
	HF_CHAIN_MAX = 11,          /* further owner names in an answer (CNAME + DNAME, DESIGN 5) */
	HF_CHAIN_OCTETS_MAX = 512,  /* ... and their octets together */
	HF_POLICY_STALE_MAX = 1024, /* STALE rules */
	HF_POLICY_RULE_MAX = 4096 + HF_POLICY_STALE_MAX, /* and those of every kind */
	HF_TTL_MAX_S = 604800,                           /* RFC 8767 4: one week */
	HF_VALID_MAX_S = (1 << 20) - 1, /* longer than anything is fresh and then stale */
};

enum hf_msg_type {
	HF_MSG_HELLO = 1,
	HF_MSG_WELCOME,
	HF_MSG_MISS,
	HF_MSG_ANSWER,
	HF_MSG_POLICY_BEGIN,
	HF_MSG_POLICY_RULE,
	HF_MSG_POLICY_END,
	HF_MSG_ACK,
	HF_MSG_STATS_ASK,
	HF_MSG_STATS_SAY,
	HF_MSG_CACHE_ASK,
	HF_MSG_CACHE_SAY,
	HF_MSG_LATENCY_ASK,
	HF_MSG_LATENCY_SAY,
	HF_MSG_COOKIES,
	HF_MSG_SURVEY_ASK,
	HF_MSG_SURVEY_SAY,
	HF_MSG_TYPE_CNT,
};

/* Which rendering of a name's answer this is: part of the cache key. */
enum { HF_VARIANT_DO = 1, HF_VARIANT_CD = 2, HF_VARIANT_CNT = 4 };

struct hf_msg_head {
	uint16_t type;  /* enum hf_msg_type */
	uint16_t len;   /* octets of the whole message, this head included */
	uint32_t epoch; /* of the attachment; 0 in HELLO. Another epoch: not for us */
};

/* A question as a cache key: name lower-cased. Used by MISS, ANSWER, CACHE_ASK. */
struct hf_msg_key {
	uint16_t type;
	uint16_t klass;
	uint8_t variant;
	uint8_t name_len;
	uint8_t name[HF_NAME_MAX];
	uint8_t pad[3];
};

struct hf_msg_hello {
	struct hf_msg_head head;
	uint32_t version;
	uint32_t pid;
};

struct hf_msg_welcome { /* with it, SCM_RIGHTS: memfd, what wakes control, what wakes the writer */
	struct hf_msg_head head;
	uint32_t version;
	uint32_t worker_cnt;
	uint64_t shm_len;
	uint64_t policy_gen; /* in force now; 0: none since the dataplane started */
	uint64_t
	    boot_ns; /* HF clock when the dataplane started: tells a restart from a re-attach */
};

enum {
	HF_MISS_REFRESH = 1, /* in the cache, but soon no more: nobody waits */
	HF_MISS_RECHECK =
	    2, /* with REFRESH: no more, and served stale since that failed last time */
};

struct hf_msg_miss {
	struct hf_msg_head head;
	uint64_t handle; /* random; names the pending slot; 0 with HF_MISS_REFRESH, and only then */
	uint64_t asked_ns;
	uint16_t core;
	uint16_t flags; /* HF_MISS_* */
	uint16_t pad[2];
	struct hf_msg_key key;
};

enum {
	HF_ANSWER_UNDER_NTA = 1, /* resolved while an NTA covered a name in the chain */
	HF_ANSWER_TRUNCATED = 2, /* too large for any datagram: no body, clients get TC */
	HF_ANSWER_STALE = 4,     /* good when it was fetched: may be served past its TTL */
	HF_ANSWER_REFUSED = 8,   /* a failure: servers do answer, and none is of use */
};

/* Followed by chain_len, ede_text_len and body_len octets, in that order:
 * chain     owner names beyond the question's, uncompressed, lower case, one after another
 * ede_text  EXTRA-TEXT, printable ASCII
 * body      the records, as they stand behind a question at offset 12 (pointers included),
 *           an_cnt + ns_cnt + ar_cnt of them, no OPT */
struct hf_msg_answer {
	struct hf_msg_head head;
	uint64_t handle;     /* 0: nobody waits */
	uint64_t policy_gen; /* the policy this was resolved and validated under */
	uint16_t core;       /* who waits */
	uint8_t verdict;     /* enum hf_verdict */
	uint8_t flags;       /* HF_ANSWER_* */
	uint16_t rcode;
	uint16_t ede;        /* HF_EDE_NONE: none */
	uint16_t hidden_ede; /* UNVALIDATED: what would have been said without NTA or CD */
	uint16_t an_cnt, ns_cnt, ar_cnt;
	uint16_t chain_len;
	uint16_t ede_text_len;
	uint16_t body_len;
	uint16_t chain_cnt;
	uint32_t ttl_s;   /* fresh for so long; 0: for those who wait only */
	uint32_t valid_s; /* secure, by signatures that are valid for so long, at most VALID_MAX */
	struct hf_msg_key key;
	uint8_t payload[];
};
enum { HF_ANSWER_PAYLOAD_MAX = HF_CHAIN_OCTETS_MAX + HF_EDE_TEXT_MAX + HF_BODY_MAX };

/* What may lead to a stale answer (RFC 8767). */
enum {
	HF_STALE_TIMEOUT = 1,  /* nobody answers, or not in time: servers, the control plane */
	HF_STALE_SERVFAIL = 2, /* servers answer and are of no use, or any other failure */
	HF_STALE_BOGUS = 4,    /* a refresh that does not validate */
	HF_STALE_ALL = 7,
};

/* Which of them a refresh that is BOGUS or FAILURE is. */
static inline unsigned
hf_stale_trigger(const struct hf_msg_answer *m)
{
	bool out_of_reach =
	    m->ede == HF_EDE_NO_REACHABLE_AUTHORITY || m->ede == HF_EDE_NETWORK_ERROR;

	if (m->verdict == HF_VERDICT_BOGUS)
		return HF_STALE_BOGUS;
	return out_of_reach && (m->flags & HF_ANSWER_REFUSED) == 0 ? HF_STALE_TIMEOUT
								   : HF_STALE_SERVFAIL;
}

struct hf_msg_policy_begin {
	struct hf_msg_head head;
	uint64_t generation;
	uint32_t rule_cnt;
	uint32_t stale_client_ms; /* answer stale when the resolver takes longer; DESIGN 4: 1800 */
	uint32_t stale_ttl_s;     /* TTL of a stale answer; 30 */
	uint32_t stale_max_s;     /* after expiry, at most; 0 switches serve-stale off */
	uint32_t stale_retry_s;   /* a failed refresh is tried again after; 30 */
	uint32_t stale_triggers;  /* HF_STALE_* */
};

/* Of NTA and ANCHOR the closest to the name wins; of STALE too, and neither looks at the other. */
enum hf_rule_kind { HF_RULE_NTA = 1, HF_RULE_ANCHOR = 2, HF_RULE_STALE = 3 };

/* Serve-stale for one zone, instead of what BEGIN says; in other rules all zero. */
struct hf_msg_stale {
	uint32_t client_ms, ttl_s, max_s;
	uint8_t triggers; /* HF_STALE_* */
	uint8_t pad[3];
};

/* Of an NTA: no AD at all at and below it (RFC 7646 2.1), or AD still on what validates. */
enum hf_nta_mode { HF_NTA_STRICT, HF_NTA_SOFT };

struct hf_msg_policy_rule {
	struct hf_msg_head head;
	uint64_t generation;
	uint8_t kind; /* enum hf_rule_kind */
	uint8_t name_len;
	uint8_t name[HF_NAME_MAX]; /* lower case */
	uint8_t mode;              /* of NTA: enum hf_nta_mode; else zero */
	uint8_t pad[6];
	struct hf_msg_stale stale; /* of STALE */
};

struct hf_msg_policy_end {
	struct hf_msg_head head;
	uint64_t generation;
	uint32_t rule_cnt;
	uint32_t pad;
};

/* What the control plane sets for all cores at once, a complete set each time. */
enum hf_msg_set { HF_SET_POLICY, HF_SET_COOKIES, HF_SET_CNT };

/* To POLICY_END and COOKIES: one for each, taken up or refused. */
struct hf_msg_ack {
	struct hf_msg_head head;
	uint64_t generation; /* the sender's number of the set, as it came */
	uint32_t core_cnt;   /* cores that passed a quiescent line (or slept) since publication */
	uint32_t core_all;
	uint64_t took_ns; /* from the set's last message to the end of the grace period */
	uint16_t set;     /* enum hf_msg_set */
	uint16_t fault;   /* 0, or enum hf_msg_fault: refused, the old one stays */
	uint32_t pad;
};

struct hf_msg_stats_ask {
	struct hf_msg_head head;
	uint64_t token; /* comes back in the reply */
};

/* Followed by row_cnt * col_cnt uint64_t: row 0 is the writer thread, row 1 + i worker i;
 * columns are enum hf_counter of lib/link/counters.h. */
struct hf_msg_stats_say {
	struct hf_msg_head head;
	uint64_t token;
	uint32_t row_cnt;
	uint32_t col_cnt;
	uint64_t cache_entries;
	uint64_t cache_octets;
	uint64_t cache_octets_max;
	uint64_t uptime_ns;
	uint64_t policy_gen;
	uint64_t values[];
};

struct hf_msg_latency_ask {
	struct hf_msg_head head;
	uint64_t token;
	uint32_t core;
	uint32_t pad;
};

struct hf_msg_latency_say {
	struct hf_msg_head head;
	uint64_t token;
	uint32_t core;
	uint32_t core_cnt; /* core is one of [0, core_cnt) */
	struct hf_latency_row kind[HF_LATENCY_CNT];
};

struct hf_msg_cache_ask {
	struct hf_msg_head head;
	uint64_t token;
	struct hf_msg_key key;
};

/* Followed by an hf_msg_answer (same layout, handle 0) when found. */
struct hf_msg_cache_say {
	struct hf_msg_head head;
	uint64_t token;
	uint8_t found;
	uint8_t covered; /* an NTA covers it now */
	uint8_t pad[2];
	uint32_t age_s;
	uint32_t retry_s; /* a refresh failed; seconds until the next try */
	uint32_t stale_s; /* may be served stale for so long, once it is expired */
	uint8_t answer[];
};

/* In force until others come; without a control plane the last ones stay. Over the socket: secrets
 * do not lie in shared memory. */
struct hf_msg_cookies {
	struct hf_msg_head head;
	uint64_t generation; /* comes back in the ACK */
	uint8_t cnt;         /* 0: clients' cookies are ignored */
	uint8_t required;    /* BADCOOKIE to who has a client cookie and no good one of ours */
	uint8_t pad[6];
	uint8_t secret[HF_COOKIE_SECRET_MAX][HF_COOKIE_SECRET_LEN]; /* those beyond cnt zero */
};

/* What an entry of the cache is good for, were it asked for now and without CD. X(name, what it
 * is) */
#define HF_FATES(X)                                                                           \
	X(authentic, "secure: answered, with AD for who understands it")                      \
	X(restricted, "secure, under a Negative Trust Anchor: answered, AD clear")            \
	X(insecure, "answered, there is nothing to validate")                                 \
	X(failed, "bogus or not to be had: answered SERVFAIL")                                \
	X(retried, "bogus or not to be had, until an NTA came that covers it: resolved anew") \
	X(open, "fetched under an NTA, not validated: answered, EDE 33")                      \
	X(lifted, "fetched under an NTA that is gone: resolved anew")                         \
	X(stale, "expired, and may be served stale")
enum hf_fate {
#define X(name, text) HF_FATE_##name,
	HF_FATES(X)
#undef X
	    HF_FATE_CNT,
	HF_FATE_NONE = HF_FATE_CNT, /* of no use any more */
};

enum { HF_SURVEY_TIMES = 3, HF_SURVEY_AFTER_MAX_S = 604800 };

/* What the cache holds at and below a zone, aliases that lead there too, and what use can be made
 * of it: by the policy in force, and as if an NTA stood at the zone. One at a time. */
struct hf_msg_survey_ask {
	struct hf_msg_head head;
	uint64_t token;
	uint32_t after_s[HF_SURVEY_TIMES]; /* when else the recent questions would be asked */
	uint8_t pad[3];
	uint8_t name_len;
	uint8_t name[HF_NAME_MAX]; /* lower case */
	uint8_t pad2[1];
};

struct hf_msg_survey_say {
	struct hf_msg_head head;
	uint64_t token;
	uint64_t policy_gen;       /* in force when the survey ended */
	uint64_t now[HF_FATE_CNT]; /* entries */
	uint64_t nta[HF_FATE_CNT]; /* ... as if an NTA stood there */
	/* Recent questions, one out of many (dataplane/sample.h), each with the queries that it
	 * stands for. */
	uint64_t window_ms;   /* the oldest is as old */
	uint64_t queries_all; /* by clients, in that time */
	uint64_t queries;     /* ... at or below the zone */
	uint64_t names;       /* different ones among the samples: there are more */
	uint64_t samples;     /* of those below the zone: what follows is known to 1 / sqrt(that) */
	uint64_t answerable[HF_SURVEY_TIMES]; /* of queries: by the cache as it is, no failures,
	                                       * stale where that may be */
};

enum hf_msg_fault {
	HF_MSG_OK,
	HF_MSG_FAULT_LENGTH, /* shorter than its type, or its parts do not add up */
	HF_MSG_FAULT_TYPE,   /* unknown, or not allowed on this path */
	HF_MSG_FAULT_EPOCH,
	HF_MSG_FAULT_NAME,  /* not one whole name, upper case in it */
	HF_MSG_FAULT_VALUE, /* verdict, flags, variant, count, code out of range */
	HF_MSG_FAULT_BODY,  /* records malformed, counts wrong, OPT in it, bad pointers */
	HF_MSG_FAULT_CHAIN,
	HF_MSG_FAULT_TEXT,
	HF_MSG_FAULT_ORDER,  /* RULE or END without BEGIN, or of another generation */
	HF_MSG_FAULT_MEMORY, /* right, but there is no room for it */
	HF_MSG_FAULT_CNT,
};

/* Name of a fault for logs and counters: "length", "type", ... */
const char *hf_msg_fault_to_text(enum hf_msg_fault f);
/* "policy", "cookies". */
const char *hf_msg_set_to_text(enum hf_msg_set s);

/* READER of r. Copy the message at places behind the oldest (at < pending) to out, which has room
 * for HF_RING_SLOT_LEN_MAX octets: once, its head first, then as much as the copied head says,
 * within the slot. Returns the octets copied, at least a head; the slot is not released. */
size_t hf_msg_copy(const struct hf_ring *r, uint32_t at, void *out);

/* Checks. msg is the receiver's private copy, len its octets, at least a head.
 * hf_msg_check_head: length, epoch and type range; the others assume it passed. */
enum hf_msg_fault hf_msg_check_head(const void *msg, size_t len, uint32_t epoch);
enum hf_msg_fault hf_msg_check_miss(const struct hf_msg_miss *m, uint32_t worker_cnt);
enum hf_msg_fault hf_msg_check_key(const struct hf_msg_key *k);
enum hf_msg_fault hf_msg_check_policy_begin(const struct hf_msg_policy_begin *m);
enum hf_msg_fault hf_msg_check_policy_rule(const struct hf_msg_policy_rule *m);
enum hf_msg_fault hf_msg_check_ack(const struct hf_msg_ack *m);
enum hf_msg_fault hf_msg_check_cookies(const struct hf_msg_cookies *m);
enum hf_msg_fault hf_msg_check_survey_ask(const struct hf_msg_survey_ask *m);
enum hf_msg_fault hf_msg_check_survey_say(const struct hf_msg_survey_say *m);
enum hf_msg_fault hf_msg_check_stats_say(const struct hf_msg_stats_say *m);
enum hf_msg_fault hf_msg_check_latency_say(const struct hf_msg_latency_say *m);

/* Answer: all of the above and the body, record by record. On OK *view points into m. */
struct hf_answer_view {
	const uint8_t *chain, *ede_text, *body;
	uint16_t ttl_cnt;
	uint16_t ttl_off[256]; /* offsets of the TTL fields within body */
	uint32_t ttl_min;      /* lowest TTL among the records, UINT32_MAX without records */
};
enum { HF_ANSWER_RR_MAX = 256 };
enum hf_msg_fault hf_msg_check_answer(const struct hf_msg_answer *m, struct hf_answer_view *view);
/* And the answer inside, when found; *view is filled in only then. */
enum hf_msg_fault
hf_msg_check_cache_say(const struct hf_msg_cache_say *m, struct hf_answer_view *view);

/* Fill in a key: lower-cases the name. */
void hf_msg_key_set(struct hf_msg_key *k, const struct hf_name *name, uint16_t type, uint16_t klass,
    uint8_t variant);

/* The owner names of an answer beyond the question's. Zeroed: empty. */
struct hf_msg_chain {
	uint16_t len;
	uint16_t cnt;
	uint8_t octets[HF_CHAIN_OCTETS_MAX];
};
/* Appends name, lower-cased. 0, or -ENOSPC and *chain unchanged. */
int hf_msg_chain_add(struct hf_msg_chain *chain, const struct hf_name *name);

/* Close an ANSWER whose other fields and key are filled in, in a slot of HF_UPDATE_SLOT_LEN:
 * appends the parts, sets their lengths, chain_cnt and head. Octets of the text that are not
 * printable ASCII become '?'. 0, or -EMSGSIZE and *m unchanged. */
struct hf_answer_parts {
	const struct hf_msg_chain *chain; /* NULL: none */
	const char *ede_text;
	const uint8_t *body;
	uint16_t ede_text_len;
	uint16_t body_len;
};
int
hf_msg_answer_finish(struct hf_msg_answer *m, uint32_t epoch, const struct hf_answer_parts *parts);

_Static_assert(sizeof(struct hf_msg_head) == 8, "head");
_Static_assert(sizeof(struct hf_msg_key) == 264, "key");
_Static_assert(sizeof(struct hf_msg_miss) <= HF_MISS_SLOT_LEN, "a miss fits its slot");
_Static_assert(sizeof(struct hf_msg_answer) + HF_ANSWER_PAYLOAD_MAX <= HF_UPDATE_SLOT_LEN,
    "an answer fits its slot");
_Static_assert(sizeof(struct hf_msg_policy_rule) % 8 == 0, "rule");

#endif
