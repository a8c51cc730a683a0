/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nsec: what NSEC records prove (RFC 4035 5.4, RFC 6840 4, RFC 9824).
 *
 * Purpose   The four questions of validator.h, answered from NSEC alone. qname is in the zone.
 *           And for an index of proofs (RFC 8198): where in the chain one stands.
 * Roles     Any thread.
 * Memory    Borrows.
 * Blocking  Never; at most VA_PROOFS_MAX proofs are read, a few times each.
 * Errors    enum va_denied; VA_DENIED_MISSING when there is no usable NSEC.
 * Trust     As in denial.h.
 */
#ifndef HF_VALIDATOR_NSEC_H
#define HF_VALIDATOR_NSEC_H

#include "validator/denial.h"

enum va_denied
va_nsec_deny_type(const struct va_proofs *p, const struct hf_name *qname, uint16_t qtype);
enum va_denied va_nsec_deny_name(const struct va_proofs *p, const struct hf_name *qname);
enum va_denied
va_nsec_deny_closer(const struct va_proofs *p, const struct hf_name *qname, uint8_t labels);
enum va_denied va_nsec_deny_ds(const struct va_proofs *p, const struct hf_name *child);

/* The name an NSEC of zone points at; its gap begins at the owner. False for what is none. */
bool va_nsec_range(const struct hf_rrset *set, const struct hf_name *zone, struct hf_name *next);

#endif
