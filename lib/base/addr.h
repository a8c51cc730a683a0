/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * addr: an IPv4 or IPv6 address with a port, as a plain value.
 *
 * Purpose   One type for service addresses, servers and listeners.
 * Roles     Any thread.
 * Memory    A value; compare with hf_addr_equal (padding is never looked at).
 * Blocking  Never. No name is ever looked up.
 * Errors    -EINVAL for text that is not an address.
 * Trust     Text may be hostile.
 */
#ifndef HF_BASE_ADDR_H
#define HF_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

struct hf_addr {
	uint8_t family; /* AF_INET or AF_INET6; 0: none */
	uint8_t pad;
	uint16_t port;      /* host order; 0: not given */
	uint8_t octets[16]; /* network order; 4 in use for AF_INET, the rest zero */
};

enum { HF_ADDR_TEXT_LEN = 64 };

/* "192.0.2.1", "2001:db8::1", with an optional "@port" behind. 0 or -EINVAL. */
int hf_addr_from_text(const char *text, struct hf_addr *a);
/* As from_text reads it; "@port" only when port is not 0. Returns buf. */
char *hf_addr_to_text(const struct hf_addr *a, char buf[HF_ADDR_TEXT_LEN]);
int hf_addr_from_sockaddr(const struct sockaddr *sa, socklen_t len, struct hf_addr *a);
socklen_t hf_addr_to_sockaddr(const struct hf_addr *a, struct sockaddr_storage *ss);
/* An address one host can have on a network: not zero, loopback, multicast, mapped or reserved
 * (RFC 1122 3.2.1.3, RFC 4291 2.5, 2.7). */
static inline bool
hf_ipv4_is_host(const uint8_t a[4])
{
	return a[0] != 0 && a[0] != 127 && a[0] < 224;
}

/* An IPv4 address as an IPv6 socket of a kernel tells it (RFC 4291 2.5.5.2). No packet comes from
 * one (RFC 6890 2.2.3): whoever sends it wants to pass as somebody else. */
static inline bool
hf_ipv6_is_mapped(const uint8_t a[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(a, mapped, sizeof(mapped)) == 0;
}

static inline bool
hf_ipv6_is_host(const uint8_t a[16])
{
	static const uint8_t zero[15];

	if (a[0] == 0xff || hf_ipv6_is_mapped(a))
		return false;
	return memcmp(a, zero, sizeof(zero)) != 0 || a[15] > 1; /* neither :: nor ::1 */
}

/* Address and port equal. */
bool hf_addr_equal(const struct hf_addr *a, const struct hf_addr *b);
/* Address equal, port not looked at. */
bool hf_addr_same_host(const struct hf_addr *a, const struct hf_addr *b);

#endif
