/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * prefix: a network, as an address and how many of its bits count.
 *
 * Purpose   One type for the networks of access lists.
 * Roles     Any thread.
 * Memory    A value.
 * Blocking  Never.
 * Errors    -EINVAL for text that is not a network.
 * Trust     Text may be hostile.
 */
#ifndef HF_BASE_PREFIX_H
#define HF_BASE_PREFIX_H

#include "lib/base/addr.h"

struct hf_prefix {
	uint8_t family;     /* AF_INET or AF_INET6 */
	uint8_t len;        /* bits */
	uint8_t octets[16]; /* network order; zero behind len bits */
};

enum { HF_PREFIX_TEXT_LEN = HF_ADDR_TEXT_LEN + 4 };

/* "192.0.2.0/24", "2001:db8::/32"; an address alone is a network of one. 0, or -EINVAL: also if
 * bits behind the prefix are set, for then one of the two is a slip of the pen. */
int hf_prefix_from_text(const char *text, struct hf_prefix *p);
/* As from_text reads it, always with its length. Returns buf. */
char *hf_prefix_to_text(const struct hf_prefix *p, char buf[HF_PREFIX_TEXT_LEN]);
bool hf_prefix_equal(const struct hf_prefix *a, const struct hf_prefix *b);
/* True when a, whose port does not matter, is in p. */
bool hf_prefix_has(const struct hf_prefix *p, const struct hf_addr *a);

#endif
