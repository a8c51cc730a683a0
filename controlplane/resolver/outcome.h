/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * outcome: what became of one look-up of one owner name and type.
 *
 * Purpose   One link of an answer: the records, the proofs that belong to them, where they
 *           came from and what the validator said. Also used for a zone's keys (chain.h).
 * Roles     The resolver's thread.
 * Memory    Points into one arena or into one block (cp_outcome_copy): never into both.
 * Blocking  Never.
 * Errors    CP_KIND_FAIL carries an enum cp_cause.
 * Trust     Records are a server's word until verdict says SECURE.
 */
#ifndef CP_RESOLVER_OUTCOME_H
#define CP_RESOLVER_OUTCOME_H

#include "lib/base/addr.h"
#include "lib/wire/rrset.h"
#include "validator/validator.h"

enum {
	CP_OUTCOME_ANSWER_MAX = 24, /* of ANY; everything else has two at most */
	CP_OUTCOME_PROOF_MAX = 12,
	CP_OUTCOME_EXTRA_MAX = 8,
};

enum cp_kind {
	CP_KIND_FAIL,
	CP_KIND_ANSWER, /* answer[0] has the question's owner and type; of ANY, all have the owner
	                 */
	CP_KIND_CNAME,  /* answer[0] is the alias; target says where it leads */
	CP_KIND_DNAME,  /* answer[0] the DNAME, answer[1] the CNAME made from it */
	CP_KIND_NODATA,
	CP_KIND_NXDOMAIN,
	CP_KIND_YXDOMAIN, /* answer[0] is a DNAME that makes the name too long (RFC 6672 2.2) */
};

/* Why there is no answer at all. */
#define CP_CAUSES(X)                                                                         \
	X(NONE, HF_EDE_NONE, "")                                                             \
	X(TIMEOUT, HF_EDE_NO_REACHABLE_AUTHORITY, "no server answered")                      \
	X(LAME, HF_EDE_NO_REACHABLE_AUTHORITY, "no server is authoritative and willing")     \
	X(NETWORK, HF_EDE_NETWORK_ERROR, "servers cannot be reached")                        \
	X(LOCAL, HF_EDE_OTHER, "no socket or port left")                                     \
	X(NO_ADDRESS, HF_EDE_NO_REACHABLE_AUTHORITY, "no server has an address")             \
	X(LOOP, HF_EDE_NO_REACHABLE_AUTHORITY, "name servers depend on one another")         \
	X(ALIAS_LOOP, HF_EDE_OTHER, "aliases lead back to themselves")                       \
	X(SENDS, HF_EDE_OTHER, "budget of upstream packets exhausted")                       \
	X(BYTES, HF_EDE_OTHER, "budget of octets received exhausted")                        \
	X(REFERRALS, HF_EDE_OTHER, "too many referrals or too deep")                         \
	X(CHAIN, HF_EDE_OTHER, "alias chain too long")                                       \
	X(NS, HF_EDE_NO_REACHABLE_AUTHORITY, "budget of name server look-ups exhausted")     \
	X(WALL, HF_EDE_NO_REACHABLE_AUTHORITY, "servers did not answer in time")             \
	X(ZONE_BUSY, HF_EDE_OTHER, "too many questions for this zone")                       \
	X(ZONE_FLOODED, HF_EDE_OTHER, "too many questions for this zone that lead nowhere")  \
	X(ZONE_COSTLY, HF_EDE_OTHER, "too many signature checks for this domain")            \
	X(SERVER_BUSY, HF_EDE_NO_REACHABLE_AUTHORITY, "servers are overloaded by questions") \
	X(JOSTLED, HF_EDE_OTHER, "too many questions under way, slow ones give up")          \
	X(SIGS, HF_EDE_OTHER, "budget of signature checks exhausted")                        \
	X(SHA1, HF_EDE_OTHER, "budget of NSEC3 hashes exhausted")                            \
	X(NOT_CACHED, HF_EDE_NOT_AUTHORITATIVE, "not cached, and no recursion wanted")       \
	X(MEMORY, HF_EDE_OTHER, "memory limit of a question reached")

enum cp_cause {
#define X(name, ede, text) CP_CAUSE_##name,
	CP_CAUSES(X)
#undef X
	    CP_CAUSE_CNT,
};

uint16_t cp_cause_ede(enum cp_cause c);
const char *cp_cause_text(enum cp_cause c);
/* A shortage of our own, which says nothing about the name: not remembered. */
bool cp_cause_is_ours(enum cp_cause c);

/* How far a server's word can be believed, least first (RFC 2181 5.4.1). Where two meet, the
 * better one stays. Nothing below CP_CREDIT_COPY is ever an answer to a client. */
enum cp_credit {
	CP_CREDIT_GLUE,   /* NS and addresses of a referral: to find the child's servers by */
	CP_CREDIT_COPY,   /* from a server that is not authoritative: when there is no better */
	CP_CREDIT_ANSWER, /* from a server of the zone: the answer itself, or a denial */
};

/* What the parent proved of a name when its DS was asked for. */
enum cp_ds { CP_DS_UNKNOWN, CP_DS_UNSIGNED, CP_DS_NO_CUT };

struct cp_outcome {
	enum cp_kind kind;
	enum cp_cause cause;
	enum cp_ds ds;
	enum cp_credit credit;
	struct hf_name cut;    /* the zone the server was asked as; of a zone state: its zone */
	struct hf_addr server; /* who said so; family 0: from the cache */
	struct hf_name target; /* CNAME and DNAME */
	uint8_t answer_cnt, proof_cnt;
	const struct hf_rrset *answer[CP_OUTCOME_ANSWER_MAX];
	const struct hf_rrset *proof[CP_OUTCOME_PROOF_MAX]; /* SOA, NSEC, NSEC3 */
	/* What nobody asked for, if answers are not minimal: the zone's NS RRset, addresses. */
	uint8_t extra_cnt;
	const struct hf_rrset *extra[CP_OUTCOME_EXTRA_MAX];
	enum hf_verdict verdict; /* SECURE, INSECURE, BOGUS; FAILURE for CP_KIND_FAIL */
	bool own_fault;          /* BOGUS because of these very records, not of the keys above */
	struct va_result why;
	uint64_t got_ns;      /* when a server said it; 0: not known */
	uint64_t until_ns;    /* of a zone state: how long it holds; 0: for this question */
	struct hf_addr blame; /* BOGUS: the server whose records did not validate */
};

/* Octets that cp_outcome_copy needs. */
size_t cp_outcome_size(const struct cp_outcome *o);
/* A deep copy into mem (aligned for any type, cp_outcome_size octets). */
struct cp_outcome *cp_outcome_copy(void *mem, const struct cp_outcome *o);

/* The same for one RRset: the octets it needs, and a copy of it in one piece of memory. */
size_t cp_rrset_size(const struct hf_rrset *set);
struct hf_rrset *cp_rrset_copy(void *mem, const struct hf_rrset *set);

/* Lowest TTL among the records; for denials as RFC 2308 5 says. UINT32_MAX when none. */
uint32_t cp_outcome_ttl(const struct cp_outcome *o);
/* The same for a proof by which a zone is judged: one in a referral has no SOA, its own TTL is
 * what counts. 0 when there are no records. */
uint32_t cp_outcome_proof_ttl(const struct cp_outcome *o);
/* Lower every TTL to at most cap, after taking age away. Only for one's own copy. */
void cp_outcome_age(struct cp_outcome *o, uint32_t age_s, uint32_t cap_s);

/* Raise every TTL to at least floor. Only for one's own copy, before it is validated: signatures
 * are never outlived. */
void cp_outcome_raise(struct cp_outcome *o, uint32_t floor_s);

/* Some of its records have a signature. */
bool cp_outcome_is_signed(const struct cp_outcome *o);

/* The SOA among the proofs, or NULL. */
const struct hf_rrset *cp_outcome_soa(const struct cp_outcome *o);

#endif
