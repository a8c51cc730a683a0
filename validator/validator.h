/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * validator: RRsets, keys and a time in; a verdict with its reason out.
 *
 * Purpose   The predicates of DNSSEC (RFC 4033-4035, 5155, 6840): is this RRset signed by
 *           these keys, do these keys match that DS, does this denial deny that name.
 *           Who fetches keys and in what order is the resolver's business (chain.c).
 * Roles     Any thread; what a budget points at is one thread's at a time.
 * Memory    Borrows its inputs for the call; scratch memory is bounded and freed before return.
 * Blocking  Never; work is bounded by the budget before it is done.
 * State     None: no global, no clock, no I/O (scripts/check-pure). What is kept between calls
 *           is the caller's struct va_crypto, and changes no verdict.
 * Errors    None apart from verdicts: every rejection is an enum va_reason.
 * Trust     All records are hostile. Keys and proofs are believed only as the text says.
 */
#ifndef HF_VALIDATOR_H
#define HF_VALIDATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/verdict.h"
#include "lib/wire/rrset.h"

/* What is relied on: an operator's choice, the same for every question. */
struct va_rules {
	uint32_t algorithms, digests; /* sets: bit n of number n. The table is in algorithm.h */
	uint16_t nsec3_iterations;    /* weighted with the salt; above: insecure */
	/* Clocks differ: before inception and after expiration a tenth of a signature's life is
	 * forgiven, not less than the one nor more than the other, and never more than its life. */
	uint32_t skew_min_s, skew_max_s;
};
extern const struct va_rules va_rules_default;
/* Signatures of the algorithm, DS of the digest (HF_ALG_*, HF_DIGEST_*) can be verified, and are
 * relied on. */
bool va_rules_algorithm(const struct va_rules *rules, uint8_t number);
bool va_rules_digest(const struct va_rules *rules, uint8_t number);

/* Work left for one client query (DESIGN 5), charged before the work; what it is done by. */
struct va_crypto; /* crypto.h */
struct va_budget {
	const struct va_rules *rules;
	struct va_crypto *crypto;
	uint32_t sig_checks;
	uint32_t sig_us;    /* what checks cost: va_key_check_us */
	uint32_t spared_us; /* charged for checks that were remembered, not made (crypto.h) */
	uint32_t sha1_blocks;
};
/* All of it: VA_SIG_CHECKS, VA_SIG_US, VA_SHA1_BLOCKS. rules and crypto are borrowed. */
void va_budget_init(struct va_budget *b, const struct va_rules *rules, struct va_crypto *crypto);

enum {
	VA_SIG_CHECKS = 64,
	VA_SIG_CHECKS_RRSET = 8,
	VA_SIG_US =
	    20000, /* per query: of the slowest algorithm 64 checks would take four times that */
	VA_SHA1_BLOCKS = 3000,
	VA_KEYS_SAME_TAG = 2, /* DNSKEYs with one tag and algorithm that are tried (KeyTrap) */
	VA_NSEC3_ITERATIONS_MAX = 50, /* by default; above: EDE 27 (RFC 9276 3.2) */
	VA_RRS_MAX = 100,             /* records per RRset */
	VA_SKEW_MIN_S = 300,          /* clock difference forgiven, by default */
	VA_SKEW_MAX_S = 3600,
};

/* Why. X(name, EDE code, RFC section, sentence). VA_OK is the only success. */
#define VA_REASONS(X)                                                                             \
	X(OK, HF_EDE_NONE, "RFC 4035 5.3", "validates")                                           \
	X(SIG_MISSING, HF_EDE_RRSIGS_MISSING, "RFC 4035 5.2", "no RRSIG over the RRset")          \
	X(SIG_MALFORMED, HF_EDE_BOGUS, "RFC 4034 3.1", "RRSIG is malformed")                      \
	X(SIG_SIGNER, HF_EDE_BOGUS, "RFC 4035 5.3.1", "signer is not the zone")                   \
	X(SIG_LABELS, HF_EDE_BOGUS, "RFC 4035 5.3.1", "labels field does not fit the owner")      \
	X(SIG_EXPIRED, HF_EDE_SIG_EXPIRED, "RFC 4035 5.3.1", "signature expired")                 \
	X(SIG_NOT_YET, HF_EDE_SIG_NOT_YET, "RFC 4035 5.3.1", "signature not yet valid")           \
	X(SIG_NO_KEY, HF_EDE_DNSKEY_MISSING, "RFC 4035 5.3.1",                                    \
	    "no DNSKEY with this tag and algorithm")                                              \
	X(SIG_NOT_ZONE_KEY, HF_EDE_NO_ZONE_KEY, "RFC 4034 2.1.1",                                 \
	    "the key lacks the zone key bit")                                                     \
	X(SIG_NOT_VOUCHED, HF_EDE_RRSIGS_MISSING, "RFC 4035 5.2",                                 \
	    "not by a key that a DS or trust anchor names")                                       \
	X(SIG_BAD, HF_EDE_BOGUS, "RFC 4035 5.3.3", "signature does not verify")                   \
	X(SIG_ALGORITHM, HF_EDE_DNSKEY_ALG, "RFC 4035 5.2",                                       \
	    "no signature of an algorithm that is relied on")                                     \
	X(DS_NO_MATCH, HF_EDE_DNSKEY_MISSING, "RFC 4035 5.2",                                     \
	    "no DNSKEY matches a DS or trust anchor")                                             \
	X(DS_ALGORITHM, HF_EDE_DNSKEY_ALG, "RFC 4035 5.2",                                        \
	    "no DS of an algorithm that is relied on")                                            \
	X(DS_DIGEST, HF_EDE_DS_DIGEST, "RFC 4509 3", "no DS of a digest that is relied on")       \
	X(KEYS_MISSING, HF_EDE_DNSKEY_MISSING, "RFC 4035 5.2",                                    \
	    "the zone's DNSKEY RRset could not be had")                                           \
	X(DS_UNREACHABLE, HF_EDE_NETWORK_ERROR, "RFC 4035 5.2",                                   \
	    "no server tells the DS of the zone")                                                 \
	X(DENIAL_MISSING, HF_EDE_NSEC_MISSING, "RFC 4035 5.4",                                    \
	    "no NSEC or NSEC3 proves that it is not there")                                       \
	X(DENIAL_WRONG, HF_EDE_BOGUS, "RFC 4035 5.4", "NSEC or NSEC3 says otherwise")             \
	X(NSEC3_ITERATIONS, HF_EDE_NSEC3_ITERATIONS, "RFC 9276 3.2", "too many NSEC3 iterations") \
	X(RRSET_TOO_LARGE, HF_EDE_BOGUS, "DESIGN 5", "too many records in the RRset")             \
	X(SIG_TOO_MANY, HF_EDE_BOGUS, "DESIGN 5", "too many signatures that do not verify")       \
	X(BUDGET_SIGS, HF_EDE_OTHER, "DESIGN 5", "signature check budget exhausted")              \
	X(BUDGET_SHA1, HF_EDE_OTHER, "DESIGN 5", "NSEC3 hash budget exhausted")                   \
	X(INTERNAL, HF_EDE_OTHER, "-", "out of memory or a library failure")

enum va_reason {
#define X(name, ede, rfc, text) VA_##name,
	VA_REASONS(X)
#undef X
	    VA_REASON_CNT,
};

uint16_t va_reason_ede(enum va_reason r);
const char *va_reason_rfc(enum va_reason r);
const char *va_reason_text(enum va_reason r);
const char *va_reason_name(enum va_reason r);

/* Evidence: what was looked at last before the reason was found. */
struct va_result {
	enum hf_verdict verdict; /* SECURE, INSECURE or BOGUS */
	enum va_reason reason;
	struct hf_name owner; /* of the RRset judged */
	uint16_t type;
	struct hf_name signer; /* of the signature; root when there was none */
	uint16_t key_tag; /* of the signature; with a DS_* reason of the DS or anchor that counts */
	uint8_t algorithm;
	uint8_t digest; /* of that DS */
	uint32_t inception, expiration;
	uint32_t ttl;   /* SECURE: the most it may be kept (RFC 4035 5.3.3) */
	uint8_t labels; /* SECURE: RRSIG labels; fewer than the owner's: from a wildcard */
	bool wildcard;  /* SECURE: expanded; the caller must deny the closer match */
};

/* "RRSIG NSEC3 a0d5d1p5....de keytag 33834 from 192.0.2.1: signature does not verify": at most cap
 * octets with NUL, printable ASCII. Long names are shortened, with VA_TEXT_MIN octets the reason
 * never is. from: the address that gave the records, NULL when not known. Returns the length
 * without NUL. */
enum { VA_TEXT_MIN = 160 };
size_t va_result_to_text(const struct va_result *r, const char *from, char *buf, size_t cap);

/* Key tag of DNSKEY RDATA (RFC 4034 B). */
uint16_t va_key_tag(const uint8_t *rdata, size_t len);

/* RDATA of a DS made from a DNSKEY, digest 2 or 4. Returns its length, 0 if it cannot be made. */
size_t va_ds_make(const struct hf_name *owner, const struct hf_rdata *dnskey, uint8_t digest,
    uint8_t *out, size_t cap);

/* set, signed in zone, against the zone's validated DNSKEY RRset keys. Verdict SECURE or
 * BOGUS. now_s: seconds since 1970 (serial arithmetic, RFC 4034 3.1.5). */
void va_rrset_verify(const struct hf_rrset *set, const struct hf_name *zone,
    const struct hf_rrset *keys, int64_t now_s, struct va_budget *budget, struct va_result *out);

/* DNSKEY RRset keys of zone against its validated DS RRset, or a trust anchor: anchors of
 * type DS or DNSKEY. SECURE: keys may be used. INSECURE: nothing in ds is supported
 * (RFC 4035 5.2). BOGUS otherwise. */
void va_keys_verify(const struct hf_rrset *keys, const struct hf_rrset *ds, int64_t now_s,
    struct va_budget *budget, struct va_result *out);

/* rdata, one of keys, has the REVOKE bit and signed keys itself (RFC 5011 2.1): its owner wants
 * it to be believed no more. Nothing else is said of keys. */
bool va_key_revokes_itself(const struct hf_rrset *keys, const struct hf_rdata *rdata, int64_t now_s,
    struct va_budget *budget);

/* Denials. proofs are NSEC and NSEC3 RRsets already found SECURE in zone (others are
 * not passed). NSEC3 with iterations over the limit give INSECURE with NSEC3_ITERATIONS. */
struct va_proofs {
	const struct hf_rrset *const *sets;
	uint16_t cnt;
	const struct hf_name *zone;
};

/* qname exists, type does not (RFC 4035 3.1.3.1, RFC 5155 8.5-8.7, incl. empty
 * non-terminals and wildcard NODATA). INSECURE: opt-out leaves it open (DS only). */
void va_deny_type(const struct va_proofs *p, const struct hf_name *qname, uint16_t qtype,
    struct va_budget *budget, struct va_result *out);

/* qname does not exist and no wildcard could have made it (RFC 4035 3.1.3.2, RFC 5155 8.4).
 * INSECURE: covered by opt-out. */
void va_deny_name(const struct va_proofs *p, const struct hf_name *qname, struct va_budget *budget,
    struct va_result *out);

/* An answer was expanded from the wildcard with `labels` labels: no closer match to qname
 * exists (RFC 4035 5.3.4, RFC 5155 8.8). */
void va_deny_closer(const struct va_proofs *p, const struct hf_name *qname, uint8_t labels,
    struct va_budget *budget, struct va_result *out);

/* What proofs in the parent zone say of a delegation at child (RFC 4035 5.2, RFC 5155 8.6,
 * 8.9, RFC 6840 4.4). */
enum va_cut {
	VA_CUT_UNSIGNED, /* a delegation without DS, or in an opt-out span: insecure below */
	VA_CUT_NONE,     /* no zone cut here: the same zone goes on */
	VA_CUT_UNPROVEN, /* bogus: see out->reason */
};
enum va_cut va_deny_ds(const struct va_proofs *p, const struct hf_name *child,
    struct va_budget *budget, struct va_result *out);

#endif
