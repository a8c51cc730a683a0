/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * local_zones: the names that no resolver should ask the world about.
 *
 * Purpose   The built-in local zones and their few records: IANA's registry of locally
 *           served zones (RFC 6303) and the special-use names (RFC 6761) that concern us.
 * Roles     The main thread, at start.
 * Memory    The caller's.
 * Blocking  Never.
 * Errors    -ENOMEM.
 * Trust     Constants.
 */
#ifndef CP_LOCAL_ZONES_H
#define CP_LOCAL_ZONES_H

#include "lib/config/zonetext.h"

enum { CP_LOCAL_ZONES_MAX = 160 };

/* The idx-th built-in zone; false: there is none. */
bool cp_local_zone(size_t idx, struct hf_name *name);

/* Records in the built-in zone of this name, added to out. */
int cp_local_zone_data(const struct hf_name *zone, struct hf_rrsets *out);

#endif
