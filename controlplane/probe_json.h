/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * probe_json: what operators are shown of an NTA's shadow and of the recovery of its zone.
 *
 * Purpose   The "shadow" and "recovery" of nta.show, and what nta.list has of them
 *           (docs/admin-protocol.md).
 * Roles     The main thread.
 * Memory    The caller owns what is returned.
 * Blocking  Never.
 * Errors    NULL without memory, which Jansson takes for a member it was not given.
 * Trust     Nothing here reads input; texts of servers are escaped by Jansson.
 */
#ifndef CP_PROBE_JSON_H
#define CP_PROBE_JSON_H

#include <jansson.h>

#include "controlplane/prober.h"

/* Counts: would validate, would fail by reason. shadow NULL: null. */
json_t *cp_json_shadow(const struct cp_shadow *shadow);
/* What is known of the NTA's zone; with each address and check if whole. */
json_t *cp_json_recovery(const struct cp_prober *p, const struct cp_nta *nta, bool whole);

#endif
