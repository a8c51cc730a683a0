/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * toil: how long a thread has lately checked signatures for each registrable domain.
 *
 * Purpose   A question's budget bounds what one name costs, and whoever owns a domain has any
 *           number of names: twenty milliseconds for each would leave a thread no time for
 *           others (KeyTrap, CVE-2023-50387, over and over). So the checks of a domain's zones
 *           together get a part of every second; what goes beyond fails at once and is not
 *           begun. A bucket for each domain, filled by what checks cost (va_budget) if they
 *           were made and not remembered, and emptied by time, in ROWS arrays by keyed hash:
 *           the emptiest counts, so a domain suffers for others only where it meets a busy
 *           one in every row (share.h). Public suffixes are nobody's and have no limit; a TLD
 *           in trouble is trouble.h's.
 * Roles     The resolver's thread: it is its own time that is protected.
 * Memory    Fixed.
 * Blocking  Never.
 * Errors    None.
 * Trust     Domains come from the network, as keyed hashes.
 */
#ifndef CP_RESOLVER_TOIL_H
#define CP_RESOLVER_TOIL_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CP_TOIL_ROWS = 4,
	CP_TOIL_COLUMNS = 1024, /* a power of two */
	CP_TOIL_BURST_MS = 50,  /* at once, beyond what time gives back */
};

struct cp_toil {
	uint32_t ms_per_s; /* of checks; at least 1 */
	uint64_t empty_ns[CP_TOIL_ROWS][CP_TOIL_COLUMNS];
};

/* May more be spent on the domain? */
bool cp_toil_has_room(const struct cp_toil *t, uint32_t domain, uint64_t now_ns);
/* us were spent. */
void cp_toil_add(struct cp_toil *t, uint32_t domain, uint32_t us, uint64_t now_ns);

#endif
