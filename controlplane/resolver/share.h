/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * share: how many octets of the cache each registrable domain holds.
 *
 * Purpose   No domain may fill the cache, however many names it has. Octets are added and
 *           taken away by a keyed hash of the domain in ROWS counters; the smallest of them
 *           is never less than the truth, so the limit holds always, and it is more than the
 *           truth only where a domain meets large ones in every row (a count-min sketch,
 *           Cormode and Muthukrishnan 2005). The hash is keyed: nobody can arrange that.
 * Roles     Any thread.
 * Memory    Fixed, 32 octets a column.
 * Blocking  Never.
 * Errors    cp_share_add says false and adds nothing when the limit would be passed.
 * Trust     Domains come from the network.
 */
#ifndef CP_RESOLVER_SHARE_H
#define CP_RESOLVER_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cp_share;

/* A column for each 4 KiB of octets_max, within [256, 65536]; domains get at most limit. */
struct cp_share *cp_share_create(size_t octets_max, size_t limit);
void cp_share_destroy(struct cp_share *s);
size_t cp_share_footprint(size_t octets_max);

bool cp_share_add(struct cp_share *s, uint32_t domain, size_t octets);
void cp_share_take(struct cp_share *s, uint32_t domain, size_t octets);
/* At least what the domain holds. */
size_t cp_share_of(const struct cp_share *s, uint32_t domain);

#endif
