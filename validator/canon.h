/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * canon: the canonical form of an RRset, the octets a signature is made over.
 *
 * Purpose   RFC 4034 6 (with RFC 6840 5.1) and 3.1.8.1.
 * Roles     Any thread; a struct va_canon belongs to one.
 * Memory    One block, at most VA_CANON_MAX octets, from init to fini.
 * Blocking  Never.
 * Errors    enum va_reason.
 * Trust     RDATA is hostile.
 */
#ifndef HF_VALIDATOR_CANON_H
#define HF_VALIDATOR_CANON_H

#include "validator/signature.h"

enum { VA_CANON_MAX = 512 * 1024 }; /* more than any 64 KiB message can hold */

struct va_canon {
	const struct hf_rrset *set;
	uint8_t *block;                 /* canonical RDATA, then room for the octets signed */
	uint8_t *signed_off;            /* where that room begins */
	uint16_t rr_cnt;                /* duplicates taken out */
	struct hf_rdata rr[VA_RRS_MAX]; /* in canonical order, into block */
};

/* VA_OK, and then va_canon_fini is due; RRSET_TOO_LARGE, SIG_BAD for RDATA that has no
 * canonical form, INTERNAL. */
enum va_reason va_canon_init(struct va_canon *c, const struct hf_rrset *set);
void va_canon_fini(struct va_canon *c);

/* The octets sig was made over (RFC 4034 3.1.8.1), *len of them, until the next call. sig
 * has passed va_sig_check. */
const uint8_t *va_canon_signed(struct va_canon *c, const struct va_sig *sig, size_t *len);

#endif
