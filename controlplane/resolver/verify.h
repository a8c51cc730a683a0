/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * verify: the verdict over the records of one look-up.
 *
 * Purpose   Which zone should have signed them, what is known of that zone (chain.h), and
 *           what the validator says of each RRset and denial (RFC 4035 5, RFC 5155 8).
 * Roles     The resolver's thread.
 * Memory    In the job's arena; changes only the outcome under judgement.
 * Blocking  Never.
 * Errors    Every look-up gets a verdict; the reason is in outcome->why.
 * Trust     The records are hostile.
 */
#ifndef CP_RESOLVER_VERIFY_H
#define CP_RESOLVER_VERIFY_H

#include "controlplane/resolver/task.h"

/* Judge t->lookup.got. False: a zone state is not known yet; t will be stepped again. */
bool cp_verify(struct cp_task *t);

/* May signatures of zone be checked now (toil.h)? If not, the job's cause says so. */
bool cp_verify_has_room(struct cp_task *t, const struct hf_name *zone);
/* They were: before is what the job's budget was then. */
void
cp_verify_charge(struct cp_task *t, const struct hf_name *zone, const struct va_budget *before);

/* Give up on the keys: BOGUS for want of them (there was no time or budget left). */
void cp_verify_abandon(struct cp_task *t);

#endif
