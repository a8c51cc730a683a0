/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * packet: from an Ethernet frame to the DNS message in it, and back.
 *
 * Purpose   Tell what a frame is; turn the headers of a query round for its reply. Plain
 *           octets, no DPDK: tests and fuzzers link it alone.
 * Roles     Any worker, on frames it owns.
 * Memory    Works in the caller's frame. Nothing is allocated.
 * Blocking  Never.
 * Errors    enum dp_packet_kind: what is neither DNS, NEIGHBOUR nor TCP is a counter of that name.
 * Trust     Every octet is hostile.
 */
#ifndef DP_PACKET_H
#define DP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "dataplane/load.h"
#include "lib/base/addr.h"

enum {
	DP_MAC_LEN = 6,
	DP_ETHER_LEN = 14,
	DP_VLAN_LEN = 4,
	DP_IPV4_LEN = 20, /* options are refused: they could route our reply for the sender */
	DP_IPV6_LEN = 40,
	DP_UDP_LEN = 8,
	DP_TCP_LEN = 20, /* without options */
	DP_HEADERS_MAX = DP_ETHER_LEN + DP_VLAN_LEN + DP_IPV6_LEN + DP_UDP_LEN,
	DP_SERVICE_MAX = 16, /* service addresses; a short list is read faster than it is hashed */
	DP_DNS_PORT = 53,
	DP_CLIENT_V4_LEN = 32, /* bits of an address that tell clients apart */
	DP_CLIENT_V6_LEN = 56,
	DP_NET_V4_LEN = 24, /* of networks that share what is scarce */
	DP_NET_V6_LEN = 48,
};

enum dp_ether_type {
	DP_ETHER_IPV4 = 0x0800,
	DP_ETHER_ARP = 0x0806,
	DP_ETHER_VLAN = 0x8100,
	DP_ETHER_IPV6 = 0x86dd,
};

enum dp_ip_proto { DP_PROTO_ICMP = 1, DP_PROTO_TCP = 6, DP_PROTO_UDP = 17, DP_PROTO_ICMPV6 = 58 };

/* The addresses that are served, fixed at start. */
struct dp_service {
	unsigned v4_cnt, v6_cnt;
	uint8_t v4[DP_SERVICE_MAX][4];
	uint8_t v6[DP_SERVICE_MAX][16];
};

/* Who we are on one port. */
struct dp_host {
	const struct dp_service *service;
	uint8_t mac[DP_MAC_LEN];
};

enum dp_packet_kind {
	DP_PACKET_DNS,       /* UDP to port 53 of a service address, all checksums right */
	DP_PACKET_NEIGHBOUR, /* ARP, ICMP or ICMPv6: neighbour.h looks closer */
	DP_PACKET_TCP,      /* to a service address: for the kernel, if it is there (exception.h) */
	DP_PACKET_NOT_OURS, /* other MAC, address, protocol or port */
	DP_PACKET_BAD,      /* all that has no name of its own below: bad_packet */
	DP_PACKET_BAD_LENGTH,
	DP_PACKET_BAD_CHECKSUM,
	DP_PACKET_BAD_SOURCE, /* unspecified, loopback, multicast, port 0: no reply may go there */
	DP_PACKET_OWN_SOURCE, /* a service address: a reply would be a query to ourselves */
	DP_PACKET_IPV4_OPTIONS,
	DP_PACKET_IPV4_FRAGMENT,
	DP_PACKET_IPV6_EXTENSION, /* any extension header but the next */
	DP_PACKET_IPV6_FRAGMENT,
	DP_PACKET_KIND_CNT,
};

struct dp_packet {
	uint8_t *octets;  /* the frame, Ethernet header first */
	uint16_t len;     /* octets received; no check sequence */
	uint16_t cap;     /* octets that may be written from octets on */
	uint16_t l3_off;  /* set by dp_packet_classify, as all below */
	uint16_t l4_off;  /* IPv4 and IPv6 */
	uint16_t l4_len;  /* what the IP header says follows it */
	uint16_t dns_off; /* DNS only */
	uint16_t dns_len;
	uint16_t ether_type; /* behind the VLAN tag, if any */
};

/* Add a to the list. 0, -ENOSPC over DP_SERVICE_MAX of a family, -EINVAL for an address that
 * cannot be served (multicast, unspecified) or is there already. */
int dp_service_add(struct dp_service *s, const struct hf_addr *a);
bool dp_service_has_v4(const struct dp_service *s, const uint8_t addr[4]);
bool dp_service_has_v6(const struct dp_service *s, const uint8_t addr[16]);

/* What f->octets is, f->len octets long. At most one 802.1Q tag, IPv4 without options or
 * fragments, IPv6 without extension headers, a UDP checksum (RFC 768; RFC 8200 8.1: never zero
 * over IPv6). The other fields of *f are set as far as they were read. */
enum dp_packet_kind dp_packet_classify(const struct dp_host *host, struct dp_packet *f);

/* Turn the headers round for a reply of dns_len octets that stands at f->dns_off: addresses,
 * ports, lengths, checksums. f was classified DNS, and dns_off + dns_len <= cap.
 * Returns the length of the frame. */
size_t dp_packet_reply(struct dp_packet *f, size_t dns_len);

/* Find the offsets again of a query that was kept: octets and dns_off are those of a packet
 * classified DNS, cut behind its question. */
void dp_packet_resume(struct dp_packet *f);

/* Who sent f, classified DNS, as far as limits tell clients apart (DESIGN 5): an IPv4 address,
 * an IPv6 /56. */
uint64_t dp_packet_client(const struct dp_packet *f);

/* The network who sent f is in: so many bits of his address (up to 32, up to 56), and the
 * family. */
uint64_t dp_packet_net(const struct dp_packet *f, unsigned v4_len, unsigned v6_len);

/* Internet checksum (RFC 1071) of len octets added to sum, in the machine's own order; and the
 * final complement as it is stored. Order does not matter to one's complement sums. */
uint64_t dp_checksum_add(uint64_t sum, const uint8_t *octets, size_t len);
uint16_t dp_checksum_fold(uint64_t sum);
/* Sum over the pseudo-header of f's IP header for proto and len octets. */
uint64_t dp_checksum_pseudo(const struct dp_packet *f, uint8_t proto, size_t len);

/* Swap source and destination of the Ethernet and IP headers of f, and make the IP header a
 * fresh one for l4_len octets behind it (IPv4 checksum included). */
void dp_packet_turn(struct dp_packet *f, size_t l4_len);

static inline uint16_t
dp_get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* The network that the sender of an IPv4 packet is in: so many bits of its address. */
static inline uint64_t
dp_net_v4(const uint8_t *ip, unsigned len)
{
	uint32_t v = __builtin_bswap32(dp_load_u32(ip + 12)); /* RFC 791 3.1 */

	return v & (uint64_t)UINT32_MAX << (32 - len);
}

/* The same for IPv6, len in [1, 56]. Never equal to one of IPv4. */
static inline uint64_t
dp_net_v6(const uint8_t *ip, unsigned len)
{
	uint64_t v = __builtin_bswap64(dp_load_u64(ip + 8)); /* RFC 8200 3 */

	return (v & UINT64_MAX << (64 - len)) >> 8 | UINT64_C(1) << 63;
}

/* The same for a whole header of either. */
static inline uint64_t
dp_net(const uint8_t *ip, unsigned v4_len, unsigned v6_len)
{
	return ip[0] >> 4 == 4 ? dp_net_v4(ip, v4_len) : dp_net_v6(ip, v6_len);
}

static inline void
dp_put_u16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

#endif
