/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * probe: one round of questions to every address of a zone's servers, and what came of it.
 *
 * Purpose   While an NTA stands, is the zone good again? A round asks each address for the SOA, the
 *           keys, a type that is not at the apex, delegations that clients met (shadow.h) and names
 *           that do not exist. One good signature says nothing: in the .de outage a third of them
 *           validated. What rounds add up to is recovery.h's; who asks is prober.h's.
 * Roles     The main thread. No socket, no clock: names, random octets and results are arguments.
 * Memory    The caller's, of fixed size.
 * Blocking  Never.
 * Errors    None.
 * Trust     Names come from servers, results from the validator.
 */
#ifndef CP_PROBE_H
#define CP_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "controlplane/resolver/resolver.h"
#include "controlplane/shadow.h"
#include "lib/base/addr.h"

/* X(name, sentence) in the order in which an address is asked: who answers neither of the first
 * two is silent, and is not asked the rest. */
#define CP_CHECKS(X)                                           \
	X(soa, "the SOA of the zone")                          \
	X(dnskey, "its keys")                                  \
	X(denial, "a type that is not at its apex")            \
	X(unsigned, "that delegations without a DS have none") \
	X(signed, "the DS of delegations that have one")       \
	X(absent, "that names which nobody can have do not exist")

enum cp_check {
#define X(name, sentence) CP_CHECK_##name,
	CP_CHECKS(X)
#undef X
	    CP_CHECK_CNT,
};
const char *cp_check_name(enum cp_check c);

enum {
	CP_PROBE_ABSENT = 5,
	CP_PROBE_ASKS_MAX = 3 + 2 * CP_SHADOW_SAMPLE + CP_PROBE_ABSENT,
	CP_PROBE_ADDRS_MAX = 32,      /* more are not probed; no TLD has as many */
	CP_PROBE_LOT = 10,            /* octets that make a name which does not exist */
	CP_PROBE_DENIED_TYPE = 65281, /* for private use (RFC 6895 3.1): it is nowhere */
};

struct cp_probe_ask {
	enum cp_check check;
	struct hf_question question;
};

/* What a round asks of each address. */
struct cp_probe_plan {
	unsigned cnt;
	struct cp_probe_ask ask[CP_PROBE_ASKS_MAX];
};

/* zone: that holds the NTA's name. shadow may be NULL. */
void cp_probe_plan(struct cp_probe_plan *p, const struct hf_name *zone, const struct hf_name *nta,
    struct cp_shadow *shadow, const uint8_t lots[CP_PROBE_ABSENT][CP_PROBE_LOT]);

enum cp_probe_said {
	CP_PROBE_GOOD,   /* secure, or proven to be insecure */
	CP_PROBE_BAD,    /* without the NTA it would be bogus */
	CP_PROBE_SILENT, /* nothing that can be judged: no reply, or a refusal */
};

struct cp_probe_result {
	enum cp_probe_said said;
	uint16_t ede;     /* of what is not good */
	const char *text; /* and why; at most HF_EDE_TEXT_MAX octets */
	bool has_serial;  /* the answer has a SOA record */
	uint32_t serial;
};

/* All asks of one check at one address. */
struct cp_probe_tally {
	uint8_t good, bad, silent;
	uint16_t ede; /* of the first that was not good: its name, and why */
	struct hf_name name;
	char text[HF_EDE_TEXT_MAX + 1];
};

struct cp_probe_addr {
	struct hf_addr addr;
	unsigned next; /* ask; the plan's cnt: it is through */
	bool answered; /* something that can be judged */
	bool has_serial;
	uint32_t serial;
	struct cp_probe_tally tally[CP_CHECK_CNT];
};

struct cp_probe_round {
	struct cp_probe_plan plan;
	unsigned addr_cnt;
	struct cp_probe_addr addr[CP_PROBE_ADDRS_MAX];
};

/* Begin; r->plan was made. addrs beyond CP_PROBE_ADDRS_MAX are left off. */
void cp_probe_begin(struct cp_probe_round *r, const struct hf_addr *addrs, unsigned cnt);
/* What the idx-th address is to be asked now; NULL: it is through. */
const struct cp_probe_ask *cp_probe_next(const struct cp_probe_round *r, unsigned idx);
/* The end of that ask. */
void cp_probe_take(struct cp_probe_round *r, unsigned idx, const struct cp_probe_result *res);
/* The answer to an ask, with CD: validation went on, and bogus records are there to be seen. *res
 * points into a. */
void cp_probe_read(const struct cp_answer *a, struct cp_probe_result *res);
bool cp_probe_is_over(const struct cp_probe_round *r);

/* It answered, and everything was good. */
bool cp_probe_is_clean(const struct cp_probe_addr *a);

#endif
