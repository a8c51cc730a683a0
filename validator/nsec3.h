/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nsec3: what NSEC3 records prove (RFC 5155 8).
 *
 * Purpose   The four questions of validator.h, answered from NSEC3 alone. qname is in the
 *           zone.
 * Roles     Any thread.
 * Memory    Borrows.
 * Blocking  Never; every hash is charged to the budget before it is made.
 * Errors    enum va_denied; VA_DENIED_MISSING when there is no usable NSEC3.
 * Trust     As in denial.h. Iterations and salt are the zone's choice, and so hostile.
 */
#ifndef HF_VALIDATOR_NSEC3_H
#define HF_VALIDATOR_NSEC3_H

#include "validator/denial.h"

enum va_denied va_nsec3_deny_type(const struct va_proofs *p, const struct hf_name *qname,
    uint16_t qtype, struct va_budget *budget);
enum va_denied va_nsec3_deny_name(
    const struct va_proofs *p, const struct hf_name *qname, struct va_budget *budget);
enum va_denied va_nsec3_deny_closer(const struct va_proofs *p, const struct hf_name *qname,
    uint8_t labels, struct va_budget *budget);
enum va_denied
va_nsec3_deny_ds(const struct va_proofs *p, const struct hf_name *child, struct va_budget *budget);

#endif
