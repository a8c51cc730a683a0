/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * zones: the operator's zones, from the configuration to the shape the resolver takes.
 *
 * Purpose   `forward:` and `stub:` as one list.
 * Roles     The main thread, at start.
 * Memory    Points into the configuration; the list is freed by cp_zones_fini. The resolver
 *           copies what it needs.
 * Blocking  Never.
 * Errors    -ENOMEM.
 * Trust     The configuration was checked.
 */
#ifndef CP_ZONES_H
#define CP_ZONES_H

#include "controlplane/resolver/resolver.h"
#include "lib/config/config.h"

struct cp_zones {
	struct cp_zone *item;
	size_t cnt;
};

int cp_zones_init(struct cp_zones *z, const struct hf_config *config);
void cp_zones_fini(struct cp_zones *z);

#endif
