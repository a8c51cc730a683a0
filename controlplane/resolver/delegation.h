/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * delegation: a zone cut: the zone, who serves it and at which addresses.
 *
 * Purpose   Where to ask about names at and below a zone.
 * Roles     The resolver's thread.
 * Memory    One block; made in a question's arena or in the cache.
 * Blocking  Never.
 * Errors    None.
 * Trust     A parent's word, within its bailiwick. Nothing here is validated: what the
 *           servers then say is (RFC 4035 5).
 */
#ifndef CP_RESOLVER_DELEGATION_H
#define CP_RESOLVER_DELEGATION_H

#include "lib/base/addr.h"
#include "lib/wire/rrset.h"

enum { CP_NS_MAX = 13, CP_NS_ADDR_MAX = 6 }; /* DESIGN 5 */

struct cp_ns {
	struct hf_name name;
	bool asked : 1; /* its addresses were looked up by this question */
	bool firm : 1;  /* ... at the zone it is in, past all glue */
	bool cost : 1;  /* ... and that took more than seeing a circle */
	uint8_t addr_cnt;
	struct hf_addr addr[CP_NS_ADDR_MAX];
};

struct cp_delegation {
	struct hf_name zone;
	struct hf_name parent; /* the zone whose server told; root for the root */
	uint32_t ttl_s;
	uint8_t ns_cnt;
	struct cp_ns ns[];
};

size_t cp_delegation_size(unsigned ns_cnt);
void cp_delegation_add_ns(struct cp_delegation *d, const struct hf_name *name);
/* Addresses of an A or AAAA RRset for server ns, up to max of them, each once. Loopback,
 * multicast and unspecified ones only with any: they are nobody's that the world tells of.
 * Returns how many of those were left out. */
unsigned cp_ns_add_addrs(
    struct cp_ns *ns, const struct hf_rrset *set, uint16_t port, unsigned max, bool any);
unsigned cp_delegation_addr_cnt(const struct cp_delegation *d);
bool cp_delegation_has(const struct cp_delegation *d, const struct hf_name *name);
/* The server of this name in d, or NULL. */
struct cp_ns *cp_delegation_find(struct cp_delegation *d, const struct hf_name *name);

#endif
