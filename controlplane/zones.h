/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * zones: the operator's zones, from the configuration to the shape the resolver takes.
 *
 * Purpose   `forward:`, `stub:`, `local-zones:` with the built-in ones, and `local-data:`.
 * Roles     The main thread, at start.
 * Memory    Points into the configuration; the lists are freed by cp_zones_fini. The
 *           resolver copies what it needs.
 * Blocking  Reads the files of local data.
 * Errors    -ENOMEM, or what is wrong with local data, told in err.
 * Trust     The configuration was checked; local data may be wrong in any way.
 */
#ifndef CP_ZONES_H
#define CP_ZONES_H

#include "controlplane/resolver/resolver.h"
#include "lib/config/zonetext.h"
#include "lib/config/config.h"

struct cp_zones {
	struct cp_zone *item;
	size_t cnt;
	struct hf_rrsets data;
};

/* To be ended by cp_zones_fini in any case. */
int
cp_zones_init(struct cp_zones *z, const struct hf_config *config, char err[HF_ZONETEXT_ERROR_LEN]);
void cp_zones_fini(struct cp_zones *z);

#endif
