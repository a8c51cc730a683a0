/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * past: delegations and proofs that have run out, for when the parent cannot be asked or believed.
 *
 * Purpose   When a zone turns bogus, or none of its servers answers, names below it that nobody
 *           asked for before still resolve at the servers of their own zone: by a delegation seen
 *           earlier, and by the DS RRset, or the proof that there is none, that was validated
 *           earlier, for as long as an answer may be stale (RFC 8767), and upon the same triggers.
 *           What follows is told to clients with EDE 3 and the stale TTL, and is not kept in
 *           the caches of this process.
 * Roles     The resolver's thread.
 * Memory    In the job's arena.
 * Blocking  Never.
 * Errors    None: without memory nothing was known.
 * Trust     Only what was SECURE (a DS), or proven insecure, when it was fetched. A delegation is a
 *           parent's word, as it was then. Not for traces, which show how things are.
 */
#ifndef CP_RESOLVER_PAST_H
#define CP_RESOLVER_PAST_H

#include "controlplane/resolver/core.h"

/* The delegation closest to the name of t, below the zone that its servers are asked as, which
 * fails so (HF_STALE_*); or NULL. Once for each look-up. */
struct cp_delegation *cp_past_cut(struct cp_task *t, unsigned trigger);

/* Of a zone whose parent fails so: true when *ds, or that it is INSECURE (*ds is NULL), was proven
 * before. Once for each zone. */
bool cp_past_state(struct cp_task *t, unsigned trigger, const struct hf_rrset **ds);

#endif
