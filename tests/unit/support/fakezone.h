/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fakezone: zones as text, and which servers of a small internet have them.
 *
 * Purpose   What is true in a test's world. fakeserver.h says it as an authoritative server
 *           would, fakenet.h plays it to a resolver.
 * Roles     A test's only thread; one net at a time.
 * Memory    fn_reset (fakenet.h) frees what the last test made.
 * Blocking  Never.
 * Errors    Abort.
 * Trust     Nothing here reads hostile input.
 */
#ifndef HF_TEST_FAKEZONE_H
#define HF_TEST_FAKEZONE_H

#include <ldns/ldns.h>

#include "controlplane/resolver/resolver.h"
#include "lib/base/clock.h"
#include "lib/wire/rdata.h"
#include "lib/wire/writer.h"
#include "tests/unit/support/va_chain.h"

enum {
	FN_ZONES = 24,
	FN_SERVER_ZONES = 16,
	FN_RRS = 160,
	FN_SERVERS = 80,
	FN_EVENTS = 256,
	FN_LOG = 512,
	FN_WALL_S = 1500000
};

enum fn_manner {
	FN_GOOD,
	FN_SILENT,
	FN_REFUSES,
	FN_SERVFAILS,
	FN_NO_EDNS,     /* FORMERR to EDNS, good without */
	FN_TRUNCATES,   /* TC over UDP, good over TCP */
	FN_WRONG_ID,    /* a wrong ID first, then the truth */
	FN_WRONG_NAME,  /* another question first, then the truth */
	FN_SPOOFS,      /* adds records of others' zones */
	FN_BAD_SIGS,    /* signatures that do not verify */
	FN_BAD_SOA,     /* only the signature over its SOA is bad */
	FN_BAD_DENIALS, /* signatures over NSEC and NSEC3 are bad */
	FN_MIXED_SIGS,  /* one RRset in three has good signatures, the rest bad; keys are good */
	FN_NO_SIGS,     /* no signatures, no proofs */
	FN_BAD_KEYS,    /* its DNSKEY RRset has a bad signature, all else is good */
	FN_HIDES_KEYS,  /* does not answer for DNSKEY */
	FN_UNREACHABLE,
	FN_RECURSES,       /* a forwarder: RA and no AA, whoever the zone's servers are; needs RD */
	FN_GARBAGE,        /* the right header and question, then nonsense */
	FN_GARBAGE_FIRST,  /* the same, then the truth */
	FN_FORMERR_FIRST,  /* FORMERR, then the truth */
	FN_CASE_FIRST,     /* the question in another case, then the truth */
	FN_FLOOD_FIRST,    /* twenty wrong IDs; the truth over TCP only */
	FN_NO_CASE,        /* the question in lower case, always */
	FN_DROPS_EDNS,     /* silent to EDNS, good without */
	FN_UDP_DROPS_EDNS, /* ... over UDP only: something on the way */
	FN_IGNORES_EDNS,   /* ... and over TCP it answers as if there were none */
	FN_COOKIES,        /* gives cookies */
	FN_FORGED_COOKIE_FIRST, /* ... after a reply with another client's */
	FN_NO_COOKIE_FIRST,     /* ... after a reply without one */
	FN_WANTS_COOKIE,        /* BADCOOKIE without its server cookie */
	FN_BADCOOKIE,           /* BADCOOKIE over UDP whatever comes */
	FN_HATES_COOKIES,       /* FORMERR to cookies, good with EDNS */
	/* Good, but for names with nothing but names below them: */
	FN_ENT_NXDOMAIN,
	FN_ENT_REFUSES,
	FN_ENT_SERVFAILS,
	FN_ENT_NOTIMP,
	FN_ENT_SILENT,
};

struct fn_rr {
	struct hf_name owner;
	uint16_t type;
	uint32_t ttl;
	uint16_t len;
	uint8_t rdata[600];
};

#define FN_OTHER (UINT64_C(1) << 63) /* in the number of an exchange: the second resolver's */

struct fn_zone {
	struct hf_name name;
	char text[128];
	bool is_signed;
	bool nsec3, optout; /* denies by NSEC3 */
	uint16_t iterations;
	uint32_t
	    proof_ttl; /* of NSEC and NSEC3; 0: the SOA's MINIMUM, as it should be (RFC 9077) */
	struct va_signer key;
	unsigned cnt;
	struct fn_rr rr[FN_RRS];
};

struct fn_reply;

struct fn_server {
	struct hf_addr addr;
	uint64_t delay_ns; /* beyond the usual */
	enum fn_manner manner;
	/* What it says instead: the flags, after filling in the sections; 0: as ever. */
	uint16_t (*says)(struct fn_reply *p, const struct hf_question *q);
	struct fn_zone *zones[FN_SERVER_ZONES];
};

struct fn_event {
	uint64_t due_ns, exchange;
	bool used, fails;
	enum cp_fail why;
	size_t len;
	uint8_t *msg;
};

struct fn_sent {
	struct hf_addr server;
	struct hf_question q;
	enum cp_transport transport;
	bool edns;
	uint16_t cookie_len; /* 0: none */
	uint16_t flags;
};

struct fn_answer {
	uint64_t token;
	struct cp_answer a;
	uint8_t body[HF_MSG_MAX];
};

/* What a zone's signer is about to do; fn.sign may do something else in its place. */
struct fn_signing {
	const struct fn_zone *z;
	struct va_box *b;
	struct va_spec spec;
	const struct va_signer *key;
};

struct fn_net {
	struct fn_zone *zone[FN_ZONES];
	unsigned zone_cnt;
	struct fn_server server[FN_SERVERS];
	unsigned server_cnt;
	struct fn_event event[FN_EVENTS];
	struct fn_sent sent[FN_LOG];
	unsigned sent_cnt;
	struct fn_answer answer[8];
	unsigned answer_cnt;
	uint64_t now_ns, seed;
	bool minimise;          /* set before fn_start */
	bool mix_case, cookies; /* of the next resolver */
	struct cp_resolver *r;
	struct cp_resolver *other; /* a second one, as if in another thread: fn_start_other */
	struct cp_policy *policy;
	struct cp_resolver_config cfg;
	struct cp_zone zones[8]; /* set before fn_start */
	size_t zones_cnt;
	struct cp_resolver_ops ops;
	const struct hf_rrset *local;
	size_t local_cnt;
	void (*sign)(struct fn_signing *s); /* NULL: as a careful signer would */
	/* Set before fn_start: who reads traces. */
	void (*traced)(
	    void *arg, uint64_t token, const struct cp_trace *tr, const struct cp_answer *a);
	int64_t wall_s; /* when the test begins; 0: FN_WALL_S */
};

#ifdef FN_SHARED /* a test of several files: one of them has it */
extern struct fn_net fn;
#else
static struct fn_net fn;
#endif

/* --- building the world */

static inline struct fn_zone *
fn_zone(const char *name, bool is_signed)
{
	struct fn_zone *z = calloc(1, sizeof(*z));

	VA_REQUIRE(z != NULL && fn.zone_cnt < FN_ZONES);
	z->name = va_name(name);
	snprintf(z->text, sizeof(z->text), "%s", name);
	z->is_signed = is_signed;
	if (is_signed)
		va_signer_init(&z->key, HF_ALG_ED25519, HF_DNSKEY_ZONE | HF_DNSKEY_SEP);
	fn.zone[fn.zone_cnt++] = z;
	return z;
}

static inline struct fn_rr *
fn_rr_new(struct fn_zone *z, const char *owner, uint16_t type, uint32_t ttl)
{
	struct fn_rr *rr = &z->rr[z->cnt++];

	VA_REQUIRE(z->cnt <= FN_RRS);
	rr->owner = va_name(owner);
	rr->type = type;
	rr->ttl = ttl;
	return rr;
}

/* "www.test. 300 IN A 192.0.2.1", lower case. */
static inline void
fn_add(struct fn_zone *z, const char *text)
{
	ldns_rr *rr;
	uint8_t *wire;
	size_t len;
	char owner[512];

	VA_REQUIRE(ldns_rr_new_frm_str(&rr, text, 3600, NULL, NULL) == LDNS_STATUS_OK);
	VA_REQUIRE(sscanf(text, "%511s", owner) == 1);
	VA_REQUIRE(ldns_rr2wire(&wire, rr, LDNS_SECTION_ANSWER, &len) == LDNS_STATUS_OK);
	struct fn_rr *to = fn_rr_new(z, owner, (uint16_t)ldns_rr_get_type(rr), ldns_rr_ttl(rr));

	to->len = (uint16_t)(len - to->owner.len - 10);
	VA_REQUIRE(to->len <= sizeof(to->rdata));
	memcpy(to->rdata, wire + to->owner.len + 10, to->len);
	free(wire);
	ldns_rr_free(rr);
}

/* SOA, DNSKEY. */
static inline void
fn_apex(struct fn_zone *z)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "%s 3600 IN SOA ns.invalid. host.invalid. 1 3600 600 86400 300", z->text);
	fn_add(z, text);
	if (!z->is_signed)
		return;
	struct fn_rr *rr = fn_rr_new(z, z->text, HF_TYPE_DNSKEY, 3600);

	rr->len = z->key.dnskey_len;
	memcpy(rr->rdata, z->key.dnskey, rr->len);
}

static inline void
fn_add_ds(struct fn_zone *parent, const struct fn_zone *child)
{
	struct fn_rr *rr = fn_rr_new(parent, child->text, HF_TYPE_DS, 3600);
	struct hf_rdata key = {child->key.dnskey, child->key.dnskey_len};

	rr->len = (uint16_t)va_ds_make(
	    &child->name, &key, HF_DIGEST_SHA256, rr->rdata, sizeof(rr->rdata));
	VA_REQUIRE(rr->len > 0);
}

static inline struct fn_server *
fn_server(const char *addr, struct fn_zone *z)
{
	struct hf_addr a;

	VA_REQUIRE(hf_addr_from_text(addr, &a) == 0);
	if (a.port == 0)
		a.port = 53;
	for (unsigned i = 0; i < fn.server_cnt; i++) {
		if (!hf_addr_equal(&fn.server[i].addr, &a))
			continue;
		for (unsigned k = 0; k < FN_SERVER_ZONES && z != NULL; k++) {
			if (fn.server[i].zones[k] == NULL) {
				fn.server[i].zones[k] = z;
				break;
			}
		}
		return &fn.server[i];
	}
	VA_REQUIRE(fn.server_cnt < FN_SERVERS);
	fn.server[fn.server_cnt] = (struct fn_server){.addr = a, .zones = {z}};
	return &fn.server[fn.server_cnt++];
}

/* parent delegates to child at ns (inside child) with one address; DS if both are signed. */
static inline struct fn_server *
fn_delegate(struct fn_zone *parent, struct fn_zone *child, const char *ns, const char *addr)
{
	char text[512];
	const char *type = strchr(addr, ':') != NULL ? "AAAA" : "A";

	snprintf(text, sizeof(text), "%s 3600 IN NS %s", child->text, ns);
	fn_add(parent, text);
	fn_add(child, text);
	snprintf(text, sizeof(text), "%s 3600 IN %s %s", ns, type, addr);
	fn_add(parent, text);
	if (hf_name_in(&child->rr[child->cnt - 1].owner, &child->name))
		fn_add(child, text);
	return fn_server(addr, child);
}

#endif
