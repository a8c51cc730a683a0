/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/packet.h"

#include <errno.h>
#include <string.h>

enum { IP_TTL = 64, IPV4_DF = 0x4000, IPV4_MORE_OR_OFFSET = 0x3fff };

/* IANA, IPv6 Extension Header Types; and No Next Header (RFC 8200 4.7). */
enum {
	IPV6_HOP_BY_HOP = 0,
	IPV6_ROUTING = 43,
	IPV6_FRAGMENT = 44,
	IPV6_ESP = 50,
	IPV6_AH = 51,
	IPV6_NONE = 59,
	IPV6_DESTINATION = 60,
	IPV6_MOBILITY = 135,
	IPV6_HIP = 139,
	IPV6_SHIM6 = 140,
};

int
dp_service_add(struct dp_service *s, const struct hf_addr *a)
{
	bool v4 = a->family == AF_INET;

	if (v4 ? !hf_ipv4_is_host(a->octets) : !hf_ipv6_is_host(a->octets))
		return -EINVAL;
	if (v4 ? dp_service_has_v4(s, a->octets) : dp_service_has_v6(s, a->octets))
		return -EINVAL;
	if ((v4 ? s->v4_cnt : s->v6_cnt) == DP_SERVICE_MAX)
		return -ENOSPC;
	if (v4)
		memcpy(s->v4[s->v4_cnt++], a->octets, 4);
	else
		memcpy(s->v6[s->v6_cnt++], a->octets, 16);
	return 0;
}

bool
dp_service_has_v4(const struct dp_service *s, const uint8_t addr[4])
{
	for (unsigned i = 0; i < s->v4_cnt; i++)
		if (memcmp(s->v4[i], addr, 4) == 0)
			return true;
	return false;
}

bool
dp_service_has_v6(const struct dp_service *s, const uint8_t addr[16])
{
	for (unsigned i = 0; i < s->v6_cnt; i++)
		if (memcmp(s->v6[i], addr, 16) == 0)
			return true;
	return false;
}

typedef uint64_t words __attribute__((vector_size(16))); /* one register on every x86-64 */

/* Four octets, in a number that more of them can be added to. */
static inline uint64_t
sum_four(const uint8_t *octets)
{
	return dp_load_u32(octets);
}

/* A number as it adds to a sum in the machine's order. */
static inline uint64_t
sum_of(uint16_t v)
{
	const uint8_t stored[2] = {(uint8_t)(v >> 8), (uint8_t)v};

	return dp_load_u16(stored);
}

static inline uint64_t
sum_below_eight(const uint8_t *octets, size_t len)
{
	uint64_t sum = 0;

	if ((len & 4) != 0) {
		sum += sum_four(octets);
		octets += 4;
	}
	if ((len & 2) != 0) {
		sum += sum_of(dp_get_u16(octets));
		octets += 2;
	}
	if ((len & 1) != 0)
		sum += sum_of((uint16_t)(*octets << 8)); /* padded with zero (RFC 1071 4.1) */
	return sum;
}

/* 32-bit words into 64-bit sums: no carry is lost below 2^32 words. */
static inline words
sum_words(words sums, words w)
{
	const words low = {UINT32_MAX, UINT32_MAX};

	return sums + (w & low) + (w >> 32);
}

static inline uint64_t
checksum_add(uint64_t sum, const uint8_t *octets, size_t len)
{
	words w, sums = {0};

	for (; len >= sizeof(w); octets += sizeof(w), len -= sizeof(w)) {
		memcpy(&w, octets, sizeof(w));
		sums = sum_words(sums, w);
	}
	sum += sums[0] + sums[1];
	if (len >= 8) {
		sum += sum_four(octets) + sum_four(octets + 4);
		octets += 8;
		len -= 8;
	}
	return sum + sum_below_eight(octets, len);
}

/* The same where sizeof(words) octets behind the last one are readable: the tail is masked
 * rather than cut, because nobody can guess its length. */
static inline uint64_t
checksum_add_roomy(uint64_t sum, const uint8_t *octets, size_t len)
{
	static const uint8_t keep[2 * sizeof(words)] = {
	    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
	words w, mask, sums = {0};

	for (; len > sizeof(w); octets += sizeof(w), len -= sizeof(w)) {
		memcpy(&w, octets, sizeof(w));
		sums = sum_words(sums, w);
	}
	memcpy(&w, octets, sizeof(w));
	memcpy(&mask, keep + sizeof(mask) - len, sizeof(mask));
	sums = sum_words(sums, w & mask);
	return sum + sums[0] + sums[1];
}

/* len octets of f from off on. */
static inline uint64_t
checksum_add_of(uint64_t sum, const struct dp_packet *f, size_t off, size_t len)
{
	if (off + len + sizeof(words) <= f->cap)
		return checksum_add_roomy(sum, f->octets + off, len);
	return checksum_add(sum, f->octets + off, len);
}

uint64_t
dp_checksum_add(uint64_t sum, const uint8_t *octets, size_t len)
{
	return checksum_add(sum, octets, len);
}

uint16_t
dp_checksum_fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & UINT32_MAX); /* 33 bits */
	sum = (sum >> 16) + (sum & UINT16_MAX); /* 18 */
	sum = (sum >> 16) + (sum & UINT16_MAX); /* 17 */
	sum = (sum >> 16) + (sum & UINT16_MAX); /* 16 */
	return (uint16_t)~sum;
}

static inline uint64_t
pseudo(const struct dp_packet *f, uint8_t proto, size_t len)
{
	const uint8_t *ip = f->octets + f->l3_off;
	uint64_t sum = sum_of((uint16_t)len) + sum_of(proto);

	if (f->ether_type == DP_ETHER_IPV4)
		return sum + sum_four(ip + 12) + sum_four(ip + 16);
	for (unsigned off = 8; off < DP_IPV6_LEN; off += 4)
		sum += sum_four(ip + off);
	return sum;
}

uint64_t
dp_checksum_pseudo(const struct dp_packet *f, uint8_t proto, size_t len)
{
	return pseudo(f, proto, len);
}

static inline bool
ipv4_sum_right(const uint8_t *ip)
{
	return dp_checksum_fold(sum_four(ip) + sum_four(ip + 4) + sum_four(ip + 8) +
		   sum_four(ip + 12) + sum_four(ip + 16)) == 0;
}

static enum dp_packet_kind
classify_udp(struct dp_packet *f)
{
	const uint8_t *udp = f->octets + f->l4_off;

	if (f->l4_len < DP_UDP_LEN)
		return DP_PACKET_BAD_LENGTH;
	if (dp_get_u16(udp + 2) != DP_DNS_PORT)
		return DP_PACKET_NOT_OURS;

	uint16_t len = dp_get_u16(udp + 4);
	if (len < DP_UDP_LEN || len > f->l4_len)
		return DP_PACKET_BAD_LENGTH;
	if (dp_get_u16(udp) == 0)
		return DP_PACKET_BAD_SOURCE; /* wants no reply (RFC 768) */

	bool unsummed = dp_get_u16(udp + 6) == 0;
	if (unsummed && f->ether_type == DP_ETHER_IPV6)
		return DP_PACKET_BAD_CHECKSUM; /* RFC 8200 8.1 */
	if (!unsummed) {
		uint64_t sum = pseudo(f, DP_PROTO_UDP, len);

		if (dp_checksum_fold(checksum_add_of(sum, f, f->l4_off, len)) != 0)
			return DP_PACKET_BAD_CHECKSUM;
	}
	f->dns_off = (uint16_t)(f->l4_off + DP_UDP_LEN);
	f->dns_len = (uint16_t)(len - DP_UDP_LEN);
	return DP_PACKET_DNS;
}

/* Neither UDP nor ICMP. The kernel checks the rest of TCP itself. */
static enum dp_packet_kind
classify_other(const struct dp_packet *f, uint8_t proto)
{
	if (proto != DP_PROTO_TCP)
		return DP_PACKET_NOT_OURS;
	return f->l4_len < DP_TCP_LEN ? DP_PACKET_BAD_LENGTH : DP_PACKET_TCP;
}

static enum dp_packet_kind
classify_ipv4(const struct dp_service *s, struct dp_packet *f)
{
	const uint8_t *ip = f->octets + f->l3_off;
	size_t left = (size_t)(f->len - f->l3_off);

	if (left < DP_IPV4_LEN)
		return DP_PACKET_BAD_LENGTH;
	if (ip[0] < 0x45 || ip[0] > 0x4f)
		return DP_PACKET_BAD; /* another version, or no whole header */
	if (!dp_service_has_v4(s, ip + 16))
		return DP_PACKET_NOT_OURS;
	if (ip[0] != 0x45)
		return DP_PACKET_IPV4_OPTIONS;

	uint16_t total = dp_get_u16(ip + 2);
	if (total < DP_IPV4_LEN || total > left) /* shorter than the frame: Ethernet padding */
		return DP_PACKET_BAD_LENGTH;
	if ((dp_get_u16(ip + 6) & IPV4_MORE_OR_OFFSET) != 0)
		return DP_PACKET_IPV4_FRAGMENT;
	if (!ipv4_sum_right(ip))
		return DP_PACKET_BAD_CHECKSUM;
	if (!hf_ipv4_is_host(ip + 12))
		return DP_PACKET_BAD_SOURCE;
	if (dp_service_has_v4(s, ip + 12))
		return DP_PACKET_OWN_SOURCE;

	f->l4_off = (uint16_t)(f->l3_off + DP_IPV4_LEN);
	f->l4_len = (uint16_t)(total - DP_IPV4_LEN);
	if (ip[9] == DP_PROTO_UDP)
		return classify_udp(f);
	return ip[9] == DP_PROTO_ICMP ? DP_PACKET_NEIGHBOUR : classify_other(f, ip[9]);
}

/* RFC 8200 4: headers between the fixed one and what it carries. What is behind them is for
 * no core to look at, encrypted or not. */
static enum dp_packet_kind
classify_ipv6_other(const struct dp_packet *f, uint8_t next)
{
	switch (next) {
	case IPV6_FRAGMENT:
		return DP_PACKET_IPV6_FRAGMENT;
	case IPV6_HOP_BY_HOP:
	case IPV6_ROUTING:
	case IPV6_ESP:
	case IPV6_AH:
	case IPV6_NONE:
	case IPV6_DESTINATION:
	case IPV6_MOBILITY:
	case IPV6_HIP:
	case IPV6_SHIM6:
		return DP_PACKET_IPV6_EXTENSION;
	default:
		return classify_other(f, next);
	}
}

static enum dp_packet_kind
classify_ipv6(const struct dp_service *s, struct dp_packet *f)
{
	const uint8_t *ip = f->octets + f->l3_off;
	size_t left = (size_t)(f->len - f->l3_off);

	if (left < DP_IPV6_LEN)
		return DP_PACKET_BAD_LENGTH;
	if (ip[0] >> 4 != 6)
		return DP_PACKET_BAD;

	uint16_t len = dp_get_u16(ip + 4);
	if (len > left - DP_IPV6_LEN)
		return DP_PACKET_BAD_LENGTH;
	f->l4_off = (uint16_t)(f->l3_off + DP_IPV6_LEN);
	f->l4_len = len;
	if (ip[6] == DP_PROTO_ICMPV6)
		return DP_PACKET_NEIGHBOUR; /* may be to a multicast address, from none */
	if (!dp_service_has_v6(s, ip + 24))
		return DP_PACKET_NOT_OURS;
	if (!hf_ipv6_is_host(ip + 8))
		return DP_PACKET_BAD_SOURCE;
	if (dp_service_has_v6(s, ip + 8))
		return DP_PACKET_OWN_SOURCE;
	return ip[6] == DP_PROTO_UDP ? classify_udp(f) : classify_ipv6_other(f, ip[6]);
}

enum dp_packet_kind
dp_packet_classify(const struct dp_host *host, struct dp_packet *f)
{
	const uint8_t *p = f->octets;

	if (f->len < DP_ETHER_LEN)
		return DP_PACKET_BAD_LENGTH;

	bool group = (p[0] & 1) != 0; /* ARP and neighbour solicitations come so */
	if (!group && memcmp(p, host->mac, DP_MAC_LEN) != 0)
		return DP_PACKET_NOT_OURS;
	if ((p[6] & 1) != 0)
		return DP_PACKET_BAD_SOURCE; /* nobody sends from a group address (IEEE 802.3 3.2.3)
		                              */

	f->l3_off = DP_ETHER_LEN;
	f->ether_type = dp_get_u16(p + 12);
	if (f->ether_type == DP_ETHER_VLAN) {
		if (f->len < DP_ETHER_LEN + DP_VLAN_LEN)
			return DP_PACKET_BAD_LENGTH;
		f->l3_off = DP_ETHER_LEN + DP_VLAN_LEN;
		f->ether_type = dp_get_u16(p + 16);
	}

	enum dp_packet_kind kind = DP_PACKET_NOT_OURS;
	if (f->ether_type == DP_ETHER_IPV4)
		kind = classify_ipv4(host->service, f);
	else if (f->ether_type == DP_ETHER_IPV6)
		kind = classify_ipv6(host->service, f);
	else if (f->ether_type == DP_ETHER_ARP)
		kind = DP_PACKET_NEIGHBOUR;
	return group && (kind == DP_PACKET_DNS || kind == DP_PACKET_TCP) ? DP_PACKET_NOT_OURS
									 : kind;
}

void
dp_packet_resume(struct dp_packet *f)
{
	f->ether_type = dp_get_u16(f->octets + 12);
	f->l3_off = DP_ETHER_LEN;
	if (f->ether_type == DP_ETHER_VLAN) {
		f->ether_type = dp_get_u16(f->octets + 16);
		f->l3_off += DP_VLAN_LEN;
	}
	f->l4_off = (uint16_t)(f->dns_off - DP_UDP_LEN);
}

uint64_t
dp_packet_client(const struct dp_packet *f)
{
	return dp_packet_net(f, DP_CLIENT_V4_LEN, DP_CLIENT_V6_LEN);
}

uint64_t
dp_packet_net(const struct dp_packet *f, unsigned v4_len, unsigned v6_len)
{
	const uint8_t *ip = f->octets + f->l3_off;

	return f->ether_type == DP_ETHER_IPV4 ? dp_net_v4(ip, v4_len) : dp_net_v6(ip, v6_len);
}

/* len is a constant where it is called, so that this is a few moves. */
static inline __attribute__((always_inline)) void
swap(uint8_t *a, uint8_t *b, size_t len)
{
	uint8_t t[16], u[16];

	memcpy(t, a, len);
	memcpy(u, b, len);
	memcpy(a, u, len);
	memcpy(b, t, len);
}

/* The sum is made of the values, not of the octets: reading back what was just stored in
 * pieces would wait for the stores. */
static void
turn_ipv4(uint8_t *ip, size_t l4_len)
{
	uint16_t total = (uint16_t)(DP_IPV4_LEN + l4_len);
	uint64_t sum = sum_four(ip + 12) + sum_four(ip + 16) + sum_of(0x4500) + sum_of(total) +
	    sum_of(IPV4_DF) + sum_of((uint16_t)(IP_TTL << 8 | ip[9]));
	uint16_t folded = dp_checksum_fold(sum);

	ip[1] = 0;
	dp_put_u16(ip + 2, total);
	dp_put_u16(ip + 4, 0);       /* an atomic datagram needs no identification (RFC 6864 4.1) */
	dp_put_u16(ip + 6, IPV4_DF); /* no fragments of DNS over UDP (RFC 9715 3.1) */
	ip[8] = IP_TTL;
	memcpy(ip + 10, &folded, sizeof(folded));
	swap(ip + 12, ip + 16, 4);
}

static void
turn_ipv6(uint8_t *ip, size_t l4_len)
{
	static const uint8_t plain[4] = {0x60}; /* no traffic class, no flow label */

	memcpy(ip, plain, sizeof(plain));
	dp_put_u16(ip + 4, l4_len);
	ip[7] = IP_TTL;
	swap(ip + 8, ip + 24, 16);
}

void
dp_packet_turn(struct dp_packet *f, size_t l4_len)
{
	swap(f->octets, f->octets + DP_MAC_LEN, DP_MAC_LEN);
	if (f->ether_type == DP_ETHER_IPV4)
		turn_ipv4(f->octets + f->l3_off, l4_len);
	else
		turn_ipv6(f->octets + f->l3_off, l4_len);
}

size_t
dp_packet_reply(struct dp_packet *f, size_t dns_len)
{
	uint8_t *udp = f->octets + f->l4_off;
	size_t len = DP_UDP_LEN + dns_len;
	uint64_t sum = pseudo(f, DP_PROTO_UDP, len); /* the same either way round */

	sum += sum_four(udp) + sum_of((uint16_t)len);
	sum = checksum_add_of(sum, f, f->dns_off, dns_len);

	uint16_t folded = dp_checksum_fold(sum);

	if (folded == 0)
		folded = UINT16_MAX; /* zero means "not computed" (RFC 768) */
	dp_packet_turn(f, len);
	swap(udp, udp + 2, 2);
	dp_put_u16(udp + 4, len);
	memcpy(udp + 6, &folded, sizeof(folded));
	return (size_t)(f->dns_off - DP_UDP_LEN) + len;
}
