/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * local: records that we answer ourselves, and names that nobody else is asked about.
 *
 * Purpose   Local zones (RFC 6303, 6761 and their kin, or the operator's) are answered here
 *           whole: data, wildcards, NODATA and NXDOMAIN with the zone's SOA. Data of a name
 *           outside them replaces what that one name has elsewhere.
 * Roles     Made once; then read by any thread.
 * Memory    Owns copies of all records.
 * Blocking  Never.
 * Errors    NULL when out of memory.
 * Trust     The records are the operator's or built in. Nobody signed them: never secure.
 */
#ifndef CP_RESOLVER_LOCAL_H
#define CP_RESOLVER_LOCAL_H

#include "controlplane/resolver/task.h"

struct cp_local;

struct cp_local *cp_local_create(const struct cp_resolver_config *cfg);
void cp_local_destroy(struct cp_local *l);

/* True when the look-up t is answered here: *o is its outcome, NULL when there is no memory. */
bool cp_local_answers(struct cp_task *t, struct cp_outcome **o);

#endif
