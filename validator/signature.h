/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * signature: RRSIG records taken apart, and what they must say before they are tried.
 *
 * Purpose   RFC 4035 5.3.1: everything about a signature that needs no key.
 * Roles     Any thread.
 * Memory    Parts point into the RDATA, which the caller keeps alive.
 * Blocking  Never.
 * Errors    enum va_reason.
 * Trust     RDATA is hostile.
 */
#ifndef HF_VALIDATOR_SIGNATURE_H
#define HF_VALIDATOR_SIGNATURE_H

#include "validator/validator.h"

enum { VA_RRSIG_FIXED = 18 }; /* octets before the signer's name (RFC 4034 3.1) */

struct va_sig {
	uint16_t type_covered;
	uint8_t algorithm;
	uint8_t labels;
	uint32_t original_ttl;
	uint32_t expiration, inception;
	uint16_t key_tag;
	uint16_t octets_len;
	const uint8_t *fixed;  /* the first VA_RRSIG_FIXED octets, as signed */
	const uint8_t *octets; /* the signature */
	struct hf_name signer; /* lower-cased (RFC 4034 3.1.8.1) */
};

/* False when RDATA is not an RRSIG with a signature in it. */
bool va_sig_parse(const struct hf_rdata *rdata, struct va_sig *sig);

/* May sig, of an algorithm that is supported, be tried on set, which belongs to zone? VA_OK or
 * the reason why not. */
enum va_reason va_sig_check(const struct va_sig *sig, const struct hf_rrset *set,
    const struct hf_name *zone, const struct va_rules *rules, int64_t now_s);

/* Labels of owner as RRSIGs count them: without the root and a leading "*". */
unsigned va_owner_labels(const struct hf_name *owner);

/* Most seconds that set may be kept because of sig (RFC 4035 5.3.3). */
uint32_t va_sig_ttl(const struct va_sig *sig, const struct hf_rrset *set, int64_t now_s);

#endif
