/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nsec3: what NSEC3 records prove (RFC 5155 8).
 *
 * Purpose   The four questions of validator.h, answered from NSEC3 alone. qname is in the
 *           zone. And for an index of proofs (RFC 8198): where in the chain one stands.
 * Roles     Any thread.
 * Memory    Borrows.
 * Blocking  Never; every hash is charged to the budget before it is made.
 * Errors    enum va_denied; VA_DENIED_MISSING when there is no usable NSEC3.
 * Trust     As in denial.h. Iterations and salt are the zone's choice, and so hostile.
 */
#ifndef HF_VALIDATOR_NSEC3_H
#define HF_VALIDATOR_NSEC3_H

#include "validator/crypto.h"
#include "validator/denial.h"

enum va_denied va_nsec3_deny_type(const struct va_proofs *p, const struct hf_name *qname,
    uint16_t qtype, struct va_budget *budget);
enum va_denied va_nsec3_deny_name(
    const struct va_proofs *p, const struct hf_name *qname, struct va_budget *budget);
enum va_denied va_nsec3_deny_closer(const struct va_proofs *p, const struct hf_name *qname,
    uint8_t labels, struct va_budget *budget);
enum va_denied
va_nsec3_deny_ds(const struct va_proofs *p, const struct hf_name *child, struct va_budget *budget);

/* The gap that an NSEC3 speaks of: from its owner's hash to the next. The salt points into
 * the record. */
struct va_nsec3_range {
	uint8_t owner[VA_SHA1_LEN], next[VA_SHA1_LEN];
	bool optout;
	struct va_salt salt;
};
/* False for what is no usable NSEC3 of zone (RFC 5155 8.1, 8.2), iterations over the limit
 * included (RFC 9276 3.2). */
bool
va_nsec3_range(const struct hf_rrset *set, const struct hf_name *zone, struct va_nsec3_range *out);
/* The hash of name, charged to budget. False when it cannot be paid, or made. */
bool va_nsec3_hash(const struct hf_name *name, const struct va_salt *salt, struct va_budget *budget,
    uint8_t out[VA_SHA1_LEN]);

#endif
