/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * telemetry: tells the zones of our trust anchors which keys we believe (RFC 8145 5).
 *
 * Purpose   Soon after the start and once a day, one question of type NULL for each zone
 *           with an anchor: "_ta-4a5c-4f66." names the key tags. The answer means nothing.
 * Roles     The main thread.
 * Memory    Owns its timer and a reference to the anchors in force.
 * Blocking  Never.
 * Errors    NULL when out of memory.
 * Trust     Reads nothing hostile.
 */
#ifndef CP_TELEMETRY_H
#define CP_TELEMETRY_H

#include "controlplane/engine.h"
#include "controlplane/trust.h"

enum { CP_TELEMETRY_TAGS = 12 }; /* that a label holds (RFC 1035 2.3.4): "_ta" + 12 * 5 octets */

struct cp_telemetry;

struct cp_telemetry *
cp_telemetry_create(struct event_base *base, struct cp_engine *engine, struct cp_trust *trust);
/* The next signals tell of these anchors. */
void cp_telemetry_set_trust(struct cp_telemetry *t, struct cp_trust *trust); /* t may be NULL */
void cp_telemetry_destroy(struct cp_telemetry *t);

/* The name that signals all anchors of zone; false when there are none, or it is too long. */
bool cp_telemetry_name(
    const struct hf_rrset *anchors, size_t cnt, const struct hf_name *zone, struct hf_name *out);

#endif
