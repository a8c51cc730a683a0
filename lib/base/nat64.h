/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nat64: an IPv4 address as a translator's IPv6 address (RFC 6052 2.2).
 *
 * Purpose   Reach servers that have IPv4 only from a network that has IPv6 only.
 * Roles     Any thread.
 * Memory    A value.
 * Blocking  Never.
 * Errors    -EINVAL for text that is not such a prefix.
 * Trust     Text may be hostile.
 *
 *   prefix length   octets of the IPv6 address with the IPv4 address; octet 8 stays zero
 *   32              4 5 6 7
 *   40              5 6 7 9
 *   48              6 7 9 10
 *   56              7 9 10 11
 *   64              9 10 11 12
 *   96              12 13 14 15
 */
#ifndef HF_BASE_NAT64_H
#define HF_BASE_NAT64_H

#include "lib/base/addr.h"

struct hf_nat64 {
	uint8_t len; /* bits of prefix; 0: none */
	uint8_t prefix[16];
};

/* "64:ff9b::/96". 0, or -EINVAL: also if bits behind the prefix, or 64 to 71, are set. */
int hf_nat64_from_text(const char *text, struct hf_nat64 *n);
/* The address by which n's translator reaches a, with a's port: a itself if it is no IPv4 address
 * or there is no prefix. */
struct hf_addr hf_nat64_map(const struct hf_nat64 *n, const struct hf_addr *a);

#endif
