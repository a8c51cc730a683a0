/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace: what a question went through, step by step, for whoever wants to know why.
 *
 * Purpose   While a traced question is under way: a list of the queries that were sent, what
 *           each server gave and what validation made of that, and of the RRsets that were
 *           judged. At its end the chain of trust as steps from the anchor down, read off the
 *           job's tasks, or off the caches when nothing is to be sent.
 *           A traced question is joined with none, and asks more than others do: when some
 *           servers give bad records, the others of the zone too, so that it shows which are
 *           good; within the same budget, of which it leaves a part for the rest (note.h).
 * Roles     The resolver's thread.
 * Memory    All in the job's arena: valid within ops.traced. At most CP_TRACE_QUERIES_MAX,
 *           CP_TRACE_CHECKS_MAX, CP_TRACE_STEPS_MAX of each; what is left off is counted.
 * Blocking  Never.
 * Errors    What finds no memory is left off.
 * Trust     Records are shown as servers gave them, good or bad: a reader believes verdicts.
 */
#ifndef CP_RESOLVER_TRACE_H
#define CP_RESOLVER_TRACE_H

#include "controlplane/resolver/delegation.h"
#include "controlplane/resolver/outcome.h"
#include "controlplane/resolver/proof.h"
#include "controlplane/resolver/resolver.h"

struct cp_task;

enum {
	CP_TRACE_QUERIES_MAX = 128,
	CP_TRACE_CHECKS_MAX = 256,
	CP_TRACE_STEPS_MAX = 64,
	CP_STEP_VOUCHING_MAX = 4,
	CP_TRACE_TRIES = 2 * CP_NS_MAX, /* further servers asked when records do not validate */
};

/* What a server gave. X(name, text) */
#define CP_TRACE_GAVE(X)                                            \
	X(NOTHING, "not waited for")                                \
	X(ANSWER, "answer")                                         \
	X(ALIAS, "alias")                                           \
	X(NODATA, "no such records")                                \
	X(NXDOMAIN, "no such name")                                 \
	X(REFERRAL, "referral")                                     \
	X(TRUNCATED, "truncated: asked again over TCP")             \
	X(FORMERR, "FORMERR: asked again in a plainer way")         \
	X(BADCOOKIE, "BADCOOKIE: asked again with its cookie")      \
	X(LAME, "not authoritative, or not willing")                \
	X(MALFORMED, "not readable")                                \
	X(DOUBTFUL, "not surely its reply: asked again over TCP")   \
	X(TIMEOUT, "no reply in time")                              \
	X(UNREACHABLE, "not reachable")                             \
	X(RESET, "closed the connection")                           \
	X(FRAGMENTED, "a reply in fragments: asked again over TCP") \
	X(LOCAL, "not asked: no socket or port of our own")

enum cp_trace_gave {
#define X(name, text) CP_GAVE_##name,
	CP_TRACE_GAVE(X)
#undef X
	    CP_GAVE_CNT,
};
const char *cp_trace_gave_text(enum cp_trace_gave g);

/* A query to a server. */
struct cp_trace_query {
	struct cp_trace_query *next;
	const struct cp_task *lookup; /* on whose behalf; one of a step's, or of none */
	uint64_t exchange;
	struct hf_name zone; /* the server was asked as one of it */
	struct hf_question question;
	struct hf_addr server;
	struct hf_name server_name; /* as the delegation has it; root: not known */
	enum cp_transport transport;
	bool along; /* not asked for: it came with what this server gave another look-up */
	uint64_t sent_ns, took_ns; /* took: 0 while nothing came */
	enum cp_trace_gave gave;
	uint16_t rcode;
	struct hf_name to; /* REFERRAL: the zone */
	bool judged;       /* by its own signatures; then what validation made of it: */
	enum hf_verdict verdict;
	struct va_result why;
};

/* An RRset that was judged. */
struct cp_trace_check {
	struct cp_trace_check *next;
	const struct hf_rrset *set;
	struct va_result result;
};

enum cp_step_kind {
	CP_STEP_DS,   /* does the parent vouch for keys of the zone? */
	CP_STEP_KEYS, /* the zone's DNSKEY RRset, by its DS or an anchor */
	CP_STEP_LINK, /* what the question asks for: answer, alias or denial */
};

struct cp_step {
	enum cp_step_kind kind;
	struct hf_name name; /* looked up */
	uint16_t type;
	struct hf_name zone;              /* whose word it is */
	const struct cp_task *lookup;     /* queries of it are this step's; NULL: of the cache */
	const struct cp_outcome *outcome; /* NULL: not cached, or not finished */
	enum hf_verdict verdict;
	const struct va_result *why; /* NULL with outcome NULL */
	bool anchored;               /* KEYS: vouching are trust anchors of that name, not its DS */
	unsigned vouching_cnt;
	const struct hf_rrset *vouching[CP_STEP_VOUCHING_MAX];
	unsigned fact_cnt;
	const struct cp_proof_fact *fact; /* of a denial: what each NSEC or NSEC3 says */
	uint64_t age_ns;                  /* since a server said it */
};

struct cp_trace {
	bool cached; /* nothing was sent */
	uint64_t began_ns, took_ns;
	struct cp_trace_query *queries, *query_last; /* as they were sent */
	struct cp_trace_check *checks, *check_last;
	unsigned query_cnt, check_cnt, step_cnt, left_off;
	struct cp_step *step[CP_TRACE_STEPS_MAX];
	bool remembered; /* cached: the answer is how this question failed a moment ago */
};

#endif
