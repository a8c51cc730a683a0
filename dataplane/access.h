/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * access: the access lists as tables that a whole burst is looked up in.
 *
 * Purpose   Who may ask, by the longest prefix, in one or two loads: DIR-24-8 for IPv4, a
 *           trie of octets for IPv6 (rte_fib, rte_fib6).
 * Roles     Made by the main thread before any worker runs; constant then, all workers read it.
 * Memory    DPDK's: dp_access_mib. A family whose addresses all fare alike has no table.
 * Blocking  Never, once open.
 * Errors    -errno at start.
 * Trust     Addresses may be forged.
 */
#ifndef DP_ACCESS_H
#define DP_ACCESS_H

#include "lib/base/access.h"

struct rte_fib;
struct rte_fib6;

struct dp_access {
	bool on;            /* false: everybody may ask, nothing is looked up */
	uint8_t others;     /* enum hf_access_verdict */
	struct rte_fib *v4; /* NULL: all as others */
	struct rte_fib6 *v6;
};

/* MiB of DPDK's memory that the tables of these rules take. */
unsigned dp_access_mib(const struct hf_access *rules);

/* After DPDK's EAL was started. 0, -ENOMEM, -ENOSPC. */
int dp_access_open(struct dp_access *a, const struct hf_access *rules);
void dp_access_close(struct dp_access *a);

/* verdict[i] (enum hf_access_verdict) for who sent the packet with IP header ip[i], cnt of them,
 * at most 32. */
void dp_access_judge(
    const struct dp_access *a, const uint8_t *const ip[], unsigned cnt, uint8_t *verdict);

#endif
