/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * denial: what NSEC and NSEC3 proofs have in common (inside the validator).
 *
 * Purpose   Reading type bitmaps, and the words in which nsec.c and nsec3.c answer.
 * Roles     Any thread.
 * Memory    Borrows.
 * Blocking  Never.
 * Errors    enum va_denied.
 * Trust     The records were signed by the zone; they may still be the wrong ones.
 */
#ifndef HF_VALIDATOR_DENIAL_H
#define HF_VALIDATOR_DENIAL_H

#include "lib/wire/rdata.h"
#include "validator/validator.h"

enum {
	VA_PROOFS_MAX = VA_SIG_CHECKS, /* proofs looked at: no more can have been checked */
	VA_TYPE_NXNAME = 128,          /* RFC 9824 3.4 */
};

enum va_denied {
	VA_DENIED,            /* proven */
	VA_DENIED_OPTOUT,     /* left open by opt-out: insecure (RFC 5155 9.2) */
	VA_DENIED_CUT,        /* of a DS: an unsigned delegation */
	VA_DENIED_MISSING,    /* the proofs do not reach */
	VA_DENIED_WRONG,      /* the proofs say otherwise, or contradict each other */
	VA_DENIED_ITERATIONS, /* too many to be worth a hash */
	VA_DENIED_BUDGET,
	VA_DENIED_INTERNAL,
};

struct va_bitmap {
	const uint8_t *octets;
	size_t len;
};

static inline bool
va_bitmap_has(const struct va_bitmap *m, uint16_t type)
{
	return hf_bitmap_has(m->octets, m->len, type);
}

/* The record with this bitmap stands at a delegation or a DNAME: it cannot speak of names
 * below its owner (RFC 6840 4.1, RFC 5155 8.3). */
bool va_bitmap_ends_zone(const struct va_bitmap *m);

/* What the record matching a name says of qtype there. at_root: the name is the root. */
enum va_denied va_bitmap_denies(const struct va_bitmap *m, uint16_t qtype, bool at_root);

/* What it says of a delegation there (RFC 6840 4.4). */
enum va_denied va_bitmap_denies_ds(const struct va_bitmap *m);

#endif
