/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/prefix.h"

#include <errno.h>
#include <stdio.h>

#include "lib/base/units.h"

/* The bits of octet i that are behind len bits. */
static uint8_t
behind(unsigned len, unsigned i)
{
	if (len >= 8 * (i + 1))
		return 0;
	return len <= 8 * i ? 0xff : (uint8_t)(0xff >> (len - 8 * i));
}

int
hf_prefix_from_text(const char *text, struct hf_prefix *p)
{
	size_t addr_len = strcspn(text, "/");
	char addr[HF_ADDR_TEXT_LEN];
	struct hf_addr a;
	uint64_t len;

	if (addr_len >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, text, addr_len);
	addr[addr_len] = '\0';
	if (hf_addr_from_text(addr, &a) != 0 || a.port != 0)
		return -EINVAL;
	unsigned bits = a.family == AF_INET ? 32 : 128;
	len = bits;
	if (text[addr_len] == '/' && hf_uint_from_text(text + addr_len + 1, bits, &len) != 0)
		return -EINVAL;
	for (unsigned i = 0; i < bits / 8; i++)
		if ((a.octets[i] & behind((unsigned)len, i)) != 0)
			return -EINVAL;
	*p = (struct hf_prefix){.family = a.family, .len = (uint8_t)len};
	memcpy(p->octets, a.octets, sizeof(p->octets));
	return 0;
}

char *
hf_prefix_to_text(const struct hf_prefix *p, char buf[HF_PREFIX_TEXT_LEN])
{
	struct hf_addr a = {.family = p->family};

	memcpy(a.octets, p->octets, sizeof(a.octets));
	hf_addr_to_text(&a, buf);
	snprintf(buf + strlen(buf), 5, "/%u", p->len);
	return buf;
}

bool
hf_prefix_equal(const struct hf_prefix *a, const struct hf_prefix *b)
{
	return a->family == b->family && a->len == b->len &&
	    memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

bool
hf_prefix_has(const struct hf_prefix *p, const struct hf_addr *a)
{
	unsigned whole = p->len / 8u;

	if (a->family != p->family || memcmp(a->octets, p->octets, whole) != 0)
		return false;
	return p->len % 8 == 0 ||
	    ((a->octets[whole] ^ p->octets[whole]) & (uint8_t)~behind(p->len, whole)) == 0;
}
