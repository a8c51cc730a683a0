/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trouble: zones of which nothing validates, whichever server is asked.
 *
 * Purpose   When a parent publishes bad signatures, each name below it that is in no cache
 *           would have its servers asked again, all of them, for the same result. Here one
 *           state per zone says so: further names fail at once with the cause that was found,
 *           and one question asks the servers after 1 s, 2 s, ... 60 s (RFC 9520 3.2).
 *
 *           A zone is in trouble when its DNSKEY RRset does not validate, or when the records
 *           of CP_TROUBLE_NAMES different names in a row did not, at any server that was
 *           asked. One that validates ends it, whatever was refused, and is remembered: of
 *           a zone where some signatures are good, CP_TROUBLE_NAMES_MIXED in a row have to
 *           fail. A denial of what a client asked for does not count: anyone can ask for
 *           names that are not there, and it says nothing of those that are. That a kind of
 *           record (say, NSEC3) fails while others do not is kept per kind: such records
 *           are not asked for again at servers that just gave bad ones.
 *
 * Roles     Any resolver thread makes every call.
 * Memory    CP_TROUBLE_MAX zones; of those that fall together the least used is forgotten.
 * Blocking  One lock, held for a comparison of a few names; not taken while no zone is known
 *           here, which is how it mostly is.
 * Errors    None: what is forgotten is found out again.
 * Trust     Names come from the network, under a keyed hash. A failure counts only when it
 *           was the records' fault and no budget of ours cut the search short, and names
 *           that do not exist do not count, so nobody brings a zone of others into trouble
 *           by asking.
 */
#ifndef CP_RESOLVER_TROUBLE_H
#define CP_RESOLVER_TROUBLE_H

#include "lib/base/addr.h"
#include "lib/base/siphash.h"
#include "lib/wire/name.h"
#include "validator/validator.h"

struct cp_troubles;

enum {
	CP_TROUBLE_MAX = 1024,
	CP_TROUBLE_NAMES = 3,
	CP_TROUBLE_NAMES_MIXED = 16,
	CP_TROUBLE_MEMORY_S = 60, /* failures further apart than this are not in a row */
	CP_TROUBLE_MIXED_S = 600,
};

/* What did not validate. */
enum cp_element {
	CP_ELEMENT_KEYS,   /* the zone's DNSKEY RRset: nothing can be good then */
	CP_ELEMENT_DS,     /* a DS RRset */
	CP_ELEMENT_NO_DS,  /* the proof that a child which was asked for has none */
	CP_ELEMENT_DENIAL, /* any other NSEC, NSEC3 and the SOA with them: never in the row */
	CP_ELEMENT_DATA,
	CP_ELEMENT_CNT,
};

/* Who asks, and when. */
struct cp_trouble_at {
	const struct hf_name *zone;
	uint64_t policy_gen; /* what was found under another is not believed */
	uint64_t now_ns;
	bool spent; /* much of its budget: it could be no probe to its end */
};

struct cp_trouble_cause {
	struct va_result why;
	struct hf_addr blame;
};

struct cp_troubles *cp_troubles_create(const struct hf_siphash_key *key);
void cp_troubles_destroy(struct cp_troubles *all);

enum cp_trouble {
	CP_TROUBLE_NONE,  /* ask its servers */
	CP_TROUBLE_PROBE, /* ask them: nobody else does, and the result is waited for */
	CP_TROUBLE_FAIL,  /* fail now, with *cause */
};
/* May servers of the zone be asked? *backoff_s: the pause before this probe. */
enum cp_trouble cp_trouble_ask(struct cp_troubles *all, const struct cp_trouble_at *at,
    struct cp_trouble_cause *cause, uint32_t *backoff_s);
/* The same for one that asks already, wherefore it cannot become the probe. */
bool cp_trouble_is_on(struct cp_troubles *all, const struct cp_trouble_at *at);
/* Have records of this kind failed a moment ago, at all servers that were asked, and none been
 * good since? */
bool
cp_trouble_is_suspect(struct cp_troubles *all, const struct cp_trouble_at *at, enum cp_element e);

/* Records of e at name, which for those of a wildcard is what it is below, did not validate.
 * probe: it was the probe. True when the zone came into trouble by it. */
struct cp_trouble_report {
	enum cp_element e;
	const struct hf_name *name;
	bool probe;
	uint32_t backoff_min_s, backoff_max_s;
	struct cp_trouble_cause cause;
};
bool cp_trouble_failed(struct cp_troubles *all, const struct cp_trouble_at *at,
    const struct cp_trouble_report *report);
/* Records of e that came from a server at got_ns validate: older news than the trouble are
 * passed over. Keys end only what keys began. True when the zone was in trouble. */
bool cp_trouble_good(
    struct cp_troubles *all, const struct cp_trouble_at *at, enum cp_element e, uint64_t got_ns);

/* The zone is proven to be insecure: nothing of it has to validate any more. True when it was in
 * trouble. */
bool cp_trouble_end(struct cp_troubles *all, const struct cp_trouble_at *at);

/* Zones in trouble at this moment; every entry is looked at. */
uint64_t cp_troubles_cnt(struct cp_troubles *all, uint64_t policy_gen);

#endif
