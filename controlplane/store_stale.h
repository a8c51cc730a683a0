/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * store_stale: serve-stale of zones, in the store.
 *
 * Purpose   What stale.h has in force, as it survives a restart. One transaction for each change,
 *           with its audit line and the next generation.
 * Roles, Memory, Blocking, Errors, Trust: as store.h.
 */
#ifndef CP_STORE_STALE_H
#define CP_STORE_STALE_H

#include "controlplane/policy.h"
#include "controlplane/store.h"

struct cp_stale_zone {
	struct hf_name name;   /* lower case */
	struct cp_stale stale; /* retry_s: not stored, that of all zones */
	struct cp_author author;
	int64_t changed; /* seconds since 1970 */
};

/* In place of what the zone had. */
int
cp_store_put_stale(struct cp_store *s, const struct cp_stale_zone *z, const struct cp_audit *why);
/* -ENOENT: it has none. */
int cp_store_drop_stale(struct cp_store *s, const struct hf_name *name, const struct cp_audit *why);

/* fn for each zone; a value other than 0 ends the walk and is returned. */
typedef int (*cp_stale_zone_fn)(void *arg, const struct cp_stale_zone *z);
int cp_store_stales(struct cp_store *s, cp_stale_zone_fn fn, void *arg);

#endif
