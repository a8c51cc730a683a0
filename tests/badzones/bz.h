/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bz: bad zones: a signed tree that breaks one rule, shown to the whole resolver core.
 *
 * Purpose   Each case is an honest tree and one violation, signed with the zone's real keys. Its
 *           twin, the same tree without the violation, must come out secure, so that the
 *           violation is all that is wrong. The bad one must never come out with AD, in
 *           whatever order it is asked for, and leave nothing secure behind.
 * Roles     A test's only thread.
 * Memory    One world at a time; bz_end frees it.
 * Blocking  Never.
 * Errors    cmocka's: the case is named.
 * Trust     Nothing here reads hostile input.
 */
#ifndef HF_BADZONES_BZ_H
#define HF_BADZONES_BZ_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define FN_SHARED
#include "tests/unit/support/fakenet.h"

enum bz_denial { BZ_NSEC, BZ_NSEC3, BZ_OPTOUT, BZ_DENIALS };
enum { BZ_DEPTHS = 4, BZ_LEAST = 20 };

/* How the zone that breaks a rule is made. */
struct bz_spec {
	uint8_t algorithm;
	enum bz_denial denial;
	unsigned depth; /* where it is in the tree: bz_build */
};

/*
 * The violation is one of
 *   sign  what a signer does to one RRset, which it then signs. True: it was this one.
 *   says  what the server at does in place of an honest answer. 0: an honest one this time.
 * and lay adds what both worlds need. a and b are theirs.
 */
struct bz_case {
	struct bz_spec spec;
	const char *name; /* the question, as bz_at reads it */
	uint16_t type;
	bool (*sign)(struct fn_signing *s);
	uint16_t (*says)(struct fn_reply *p, const struct hf_question *q);
	void (*lay)(void);
	/* Of the bad one: BOGUS; INSECURE where an RFC says so; SECURE when the answer stands
	 * and only the bad part of it must be gone. */
	enum hf_verdict verdict;
	enum va_reason reason; /* of BOGUS */
	bool island;           /* the anchor is test.'s, not the root's */
	bool extras;           /* answers are not minimal */
	int a, b;
};

/* An RRset of the zone and a question that needs it. */
struct bz_target {
	const char *name;
	uint16_t type;
	const char *owner;
	uint16_t set; /* its type; DS: the parent's; HF_TYPE_NSEC: also the zone's NSEC3 */
};

struct bz {
	const struct bz_case *c;
	bool bad;      /* the violation is on */
	unsigned hits; /* times that it was committed */
	struct fn_zone *root, *tld, *parent, *zone, *child, *plain, *sib;
	struct fn_server *server, *child_server;
	unsigned cnt; /* cases that were run */
};
extern struct bz bz;

/* --- world.c: . -> test. (-> mid.test.) -> zone -> child, plain (unsigned); sib.test.
 * Depth 0: zone.test., 1: zone.ent.test., 2: zone.mid.test., 3: zone. */
void bz_build(const struct bz_case *c, bool bad);
void bz_end(void);
/* The tree that is there, with a resolver that knows nothing of it yet. */
void bz_again(const struct bz_case *c, bool bad);
/* "www" in the zone, "@" its apex, "x." as it is. Good for a few calls. */
const char *bz_at(const char *name);
/* A record of the zone: "www", "MX 10 mail.%", % being the zone. */
void bz_add(const char *owner, const char *rest);
/* "www.zone." is in sets named "www". */
bool bz_is(const struct va_box *b, const char *name, uint16_t type);
bool bz_is_target(const struct fn_signing *s, const struct bz_target *t);
/* A key of an algorithm that is in no zone. */
const struct va_signer *bz_stranger(uint8_t algorithm);
/* Everything in b in lower case. */
void bz_lower(struct va_box *b);
/* Canonical order of RDATA in canonical form (RFC 4034 6.3), for qsort. */
int bz_rdata_order(const void *a, const void *b);
/* The RRset of the reply's zone, signed; until the next call. */
struct va_box *bz_box_of(struct fn_reply *p, const struct hf_name *owner, uint16_t type);
/* With a key that is not the zone's, but says so. */
void bz_sign_forged(struct fn_signing *s);
/* Sign b as spec says with key, in place of the usual: s has no more to do. */
void bz_sign(struct fn_signing *s, const struct va_signer *key);
/* The algorithms in turn, fast ones more often; denials and depths in turn. */
struct bz_spec bz_spec(unsigned i);

/* --- look.c: what came of it */
/* This octet string, or these last octets of it, must be in nothing secure. */
void bz_taint(const void *octets, size_t len, const struct hf_name *owner, uint16_t type);
void bz_taints_clear(void);
/* An answer: if secure, it is true of the honest tree and not tainted. */
void bz_see(const struct cp_answer *a);
/* The caches: nothing tainted or untrue is in them as secure. */
void bz_look_inside(void);

/* --- run.c */
void bz_fail(const char *what);
const struct cp_answer *bz_ask(const char *name, uint16_t type, uint8_t variant);
/* The same, and it must not be secure. */
const struct cp_answer *bz_ask_bad(const char *name, uint16_t type, uint8_t variant);
/* The same, and it must be. */
const struct cp_answer *bz_ask_good(const char *name, uint16_t type, uint8_t variant);
/* The twin and the bad one; counts. */
void bz_run(const struct bz_case *c);
/* All of one predicate were run. */
void bz_done(const char *predicate);

/* The predicates: *_cases.c. */
#define BZ_PREDICATES(X)                                          \
	X(labels_of_an_rrsig_are_within_owner_and_signer)         \
	X(the_signer_is_the_apex_of_the_zone_of_the_owner)        \
	X(signatures_over_signatures_and_meta_types_are_dropped)  \
	X(inception_and_expiration_are_serial_numbers)            \
	X(records_that_are_there_twice_are_signed_once)           \
	X(records_are_signed_in_order)                            \
	X(case_in_rdata_counts_where_it_should)                   \
	X(the_original_ttl_is_signed_and_never_exceeded)          \
	X(the_next_name_of_an_nsec_is_in_the_zone)                \
	X(the_owner_of_an_nsec3_is_a_hash_right_below_the_signer) \
	X(no_ancestor_denies_what_is_below_a_cut_or_dname)        \
	X(every_proof_that_is_used_validates)                     \
	X(a_wildcard_and_its_proof_are_of_one_zone)               \
	X(an_expansion_is_kept_for_its_own_name_only)             \
	X(cd_never_evicts_what_was_validated)                     \
	X(bogus_is_never_made_into_an_answer)                     \
	X(no_flipped_bit_in_the_chain_is_secure)
#define X(name) void name(void **state);
BZ_PREDICATES(X)
#undef X

#endif
