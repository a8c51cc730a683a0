/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trust: the trust anchors in force, one complete, immutable set.
 *
 * Purpose   DS and DNSKEY RRsets, several names, perhaps both types at one name. A snapshot of
 *           policy (policy.h) carries it to every resolver, so that a key that came or went
 *           counts everywhere from the same generation on.
 * Roles     Made by the main thread; read by every resolver. Never changed once made.
 * Memory    Copies everything; freed with the last reference.
 * Blocking  Never.
 * Errors    NULL when out of memory.
 * Trust     Records were checked by who read them (anchors.h) or proven (trust_point.h).
 */
#ifndef CP_TRUST_H
#define CP_TRUST_H

#include <stddef.h>

#include "lib/wire/rrset.h"

struct cp_trust;

/* One reference. since: the policy generation it is in force from; what was found out of the
 * keys of these zones under an older one is not believed any more. A set without records says
 * that none of the name's anchors is left: nothing validates there. */
struct cp_trust *cp_trust_create(const struct hf_rrset *sets, size_t cnt, uint64_t since);
void cp_trust_get(struct cp_trust *t);
void cp_trust_put(struct cp_trust *t); /* NULL is fine */

const struct hf_rrset *cp_trust_sets(const struct cp_trust *t, size_t *cnt);
uint64_t cp_trust_since(const struct cp_trust *t);

/* The idx-th set exactly at name, or NULL. */
const struct hf_rrset *
cp_trust_at(const struct cp_trust *t, const struct hf_name *name, size_t idx);

#endif
