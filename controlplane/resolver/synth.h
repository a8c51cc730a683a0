/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * synth: answers made from what was proven for other names.
 *
 * Purpose   NXDOMAIN below a name that does not exist (RFC 8020); NXDOMAIN, NODATA and answers
 *           from wildcards out of validated NSEC and NSEC3 (RFC 8198). Nothing is asked.
 * Roles     The resolver's thread; the index of proofs is shared (ranges.h).
 * Memory    What is made is in the question's arena.
 * Blocking  Never, but for a shard of the index. At most CP_SYNTH_LABELS ancestors of a name
 *           are looked at, and a quarter of the question's SHA-1 blocks is spent.
 * Errors    NULL: it has to be asked for.
 * Trust     Only proofs that validated are learnt, and the validator judges them again for
 *           the very name. Names under an NTA, and what goes to forwarders (route.h), are
 *           neither answered so nor learnt from; a stub zone only from within itself.
 */
#ifndef CP_RESOLVER_SYNTH_H
#define CP_RESOLVER_SYNTH_H

#include "controlplane/resolver/core.h"

enum { CP_SYNTH_LABELS = 8 };

/* An outcome that is SECURE, or NULL. For the look-up t, which the cache had nothing for. least:
 * labels of the closest delegation known; proofs of a zone above it are older news. */
struct cp_outcome *cp_synth_answer(struct cp_task *t, unsigned least);

/* Proofs that validated in zone: NSEC, NSEC3 and SOA; others are passed over. */
void cp_synth_learn(struct cp_task *t, const struct hf_name *zone,
    const struct hf_rrset *const *sets, unsigned cnt);
/* o is a SECURE answer made from the wildcard with so many labels: keep it under its name. */
void cp_synth_learn_wildcard(struct cp_task *t, const struct cp_outcome *o, uint8_t labels);

#endif
