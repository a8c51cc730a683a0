/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/nat64.h"

#include <errno.h>
#include <stdlib.h>

enum { ZERO_OCTET = 8 }; /* bits 64 to 71 (RFC 6052 2.2) */

static bool
is_length(unsigned long len)
{
	return len == 32 || len == 40 || len == 48 || len == 56 || len == 64 || len == 96;
}

int
hf_nat64_from_text(const char *text, struct hf_nat64 *n)
{
	const char *slash = strchr(text, '/');
	char addr[HF_ADDR_TEXT_LEN], *end;
	struct hf_addr a;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(addr) || slash[1] < '0' ||
	    slash[1] > '9')
		return -EINVAL;
	memcpy(addr, text, (size_t)(slash - text));
	addr[slash - text] = '\0';
	unsigned long len = strtoul(slash + 1, &end, 10);

	if (*end != '\0' || !is_length(len) || hf_addr_from_text(addr, &a) != 0 ||
	    a.family != AF_INET6 || a.port != 0 || a.octets[ZERO_OCTET] != 0)
		return -EINVAL;
	for (size_t i = len / 8; i < sizeof(a.octets); i++)
		if (a.octets[i] != 0)
			return -EINVAL;
	n->len = (uint8_t)len;
	memcpy(n->prefix, a.octets, sizeof(n->prefix));
	return 0;
}

struct hf_addr
hf_nat64_map(const struct hf_nat64 *n, const struct hf_addr *a)
{
	struct hf_addr out = {.family = AF_INET6, .port = a->port};
	unsigned at = n->len / 8u;

	if (n->len == 0 || a->family != AF_INET)
		return *a;
	memcpy(out.octets, n->prefix, sizeof(out.octets));
	for (unsigned i = 0; i < 4; i++) {
		at += at == ZERO_OCTET;
		out.octets[at++] = a->octets[i];
	}
	return out;
}
