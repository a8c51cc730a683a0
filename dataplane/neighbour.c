/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/neighbour.h"

#include <string.h>

enum {
	ARP_LEN = 28, /* RFC 826 for Ethernet and IPv4 */
	ICMP_ECHO_REPLY = 0,
	ICMP_ECHO = 8,
	ICMPV6_ECHO = 128,
	ICMPV6_ECHO_REPLY = 129,
	ICMPV6_NS = 135,
	ICMPV6_NA = 136,
	ECHO_LEN = 8,
	NS_LEN = 24,
	NA_LEN = NS_LEN + 8, /* with the target link-layer address option */
	OPTION_SOURCE_MAC = 1,
	OPTION_TARGET_MAC = 2,
	NA_SOLICITED = 0x40,
	NA_OVERRIDE = 0x20,
};

static enum dp_neighbour
answer_arp(const struct dp_host *host, struct dp_packet *f)
{
	static const uint8_t request[8] = {0, 1, 8, 0, 6, 4, 0, 1}; /* Ethernet, IPv4, REQUEST */
	uint8_t *arp = f->octets + f->l3_off;

	if (f->len - f->l3_off < ARP_LEN)
		return DP_NEIGHBOUR_BAD;
	if (memcmp(arp, request, sizeof(request)) != 0)
		return DP_NEIGHBOUR_NOT_OURS;
	if (!dp_service_has_v4(host->service, arp + 24))
		return DP_NEIGHBOUR_NOT_OURS;
	if (dp_service_has_v4(host->service, arp + 14))
		return DP_NEIGHBOUR_BAD; /* somebody else claims to be us */

	uint8_t target[4];

	memcpy(target, arp + 24, 4);
	memcpy(arp + 18, arp + 8, 10); /* the sender becomes the target */
	memcpy(arp + 8, host->mac, DP_MAC_LEN);
	memcpy(arp + 14, target, 4);
	arp[7] = 2; /* REPLY */
	memcpy(f->octets, f->octets + DP_MAC_LEN, DP_MAC_LEN);
	memcpy(f->octets + DP_MAC_LEN, host->mac, DP_MAC_LEN);
	f->len = (uint16_t)(f->l3_off + ARP_LEN);
	return DP_NEIGHBOUR_ARP;
}

/* Store the checksum of the len octets at f->l4_off; ICMP has no pseudo-header, ICMPv6 has. */
static void
checksum_store(struct dp_packet *f, size_t len)
{
	uint8_t *icmp = f->octets + f->l4_off;
	uint64_t sum = 0;

	if (f->ether_type == DP_ETHER_IPV6)
		sum = dp_checksum_pseudo(f, DP_PROTO_ICMPV6, len);
	dp_put_u16(icmp + 2, 0);

	uint16_t folded = dp_checksum_fold(dp_checksum_add(sum, icmp, len));
	memcpy(icmp + 2, &folded, sizeof(folded));
}

static bool
checksum_right(const struct dp_packet *f)
{
	uint64_t sum = 0;

	if (f->ether_type == DP_ETHER_IPV6)
		sum = dp_checksum_pseudo(f, DP_PROTO_ICMPV6, f->l4_len);
	return dp_checksum_fold(dp_checksum_add(sum, f->octets + f->l4_off, f->l4_len)) == 0;
}

static enum dp_neighbour
answer_echo(const struct dp_host *host, uint8_t reply_type, struct dp_packet *f)
{
	if (memcmp(f->octets, host->mac, DP_MAC_LEN) != 0)
		return DP_NEIGHBOUR_NOT_OURS; /* never to a broadcast (RFC 1122 3.2.2.6) */
	dp_packet_turn(f, f->l4_len);
	f->octets[f->l4_off] = reply_type;
	checksum_store(f, f->l4_len);
	f->len = (uint16_t)(f->l4_off + f->l4_len);
	return DP_NEIGHBOUR_ECHO;
}

static enum dp_neighbour
answer_icmp(const struct dp_host *host, struct dp_packet *f)
{
	const uint8_t *icmp = f->octets + f->l4_off;

	if (f->l4_len < ECHO_LEN || !checksum_right(f))
		return DP_NEIGHBOUR_BAD;
	if (icmp[0] != ICMP_ECHO || icmp[1] != 0)
		return DP_NEIGHBOUR_NOT_OURS;
	return answer_echo(host, ICMP_ECHO_REPLY, f);
}

/* RFC 4861 7.1.1: every option has a length; from nobody (duplicate address detection) there
 * is no source link-layer address, and the destination is the solicited-node address. */
static bool
ns_options_right(const uint8_t *options, size_t len, bool from_nobody)
{
	size_t off = 0;

	while (len - off >= 8) {
		size_t option_len = (size_t)options[off + 1] * 8;

		if (option_len == 0 || option_len > len - off)
			return false;
		if (from_nobody && options[off] == OPTION_SOURCE_MAC)
			return false;
		off += option_len;
	}
	return off == len;
}

static bool
is_unspecified(const uint8_t a[16])
{
	static const uint8_t zero[16];

	return memcmp(a, zero, sizeof(zero)) == 0;
}

static bool
is_solicited_node(const uint8_t a[16], const uint8_t target[16])
{
	static const uint8_t prefix[13] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};

	return memcmp(a, prefix, sizeof(prefix)) == 0 && memcmp(a + 13, target + 13, 3) == 0;
}

static enum dp_neighbour
check_ns(const struct dp_host *host, const struct dp_packet *f)
{
	const uint8_t *ip = f->octets + f->l3_off;
	const uint8_t *ns = f->octets + f->l4_off;
	bool from_nobody = is_unspecified(ip + 8);

	if (ip[7] != 255 || ns[1] != 0 || f->l4_len < NS_LEN || ip[8] == 0xff)
		return DP_NEIGHBOUR_BAD; /* hop limit: the sender is on this link */
	if (!ns_options_right(ns + NS_LEN, f->l4_len - (size_t)NS_LEN, from_nobody))
		return DP_NEIGHBOUR_BAD;
	if (!dp_service_has_v6(host->service, ns + 8))
		return DP_NEIGHBOUR_NOT_OURS;
	if (!is_solicited_node(ip + 24, ns + 8) &&
	    (from_nobody || memcmp(ip + 24, ns + 8, 16) != 0))
		return DP_NEIGHBOUR_BAD;
	return DP_NEIGHBOUR_ND;
}

/* Neighbour advertisement, RFC 4861 7.2.4. */
static enum dp_neighbour
answer_ns(const struct dp_host *host, struct dp_packet *f)
{
	static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};
	static const uint8_t all_nodes_mac[DP_MAC_LEN] = {0x33, 0x33, 0, 0, 0, 1};
	uint8_t *ip = f->octets + f->l3_off;
	uint8_t *na = f->octets + f->l4_off;
	bool from_nobody = is_unspecified(ip + 8);

	if (f->cap < f->l4_off + NA_LEN)
		return DP_NEIGHBOUR_BAD;
	memcpy(f->octets, from_nobody ? all_nodes_mac : f->octets + DP_MAC_LEN, DP_MAC_LEN);
	memcpy(f->octets + DP_MAC_LEN, host->mac, DP_MAC_LEN);
	memcpy(ip + 24, from_nobody ? all_nodes : ip + 8, 16);
	memcpy(ip + 8, na + 8, 16); /* from the address that was asked for */
	dp_put_u16(ip + 4, NA_LEN);
	na[0] = ICMPV6_NA;
	na[1] = 0;
	memset(na + 4, 0, 4);
	na[4] = (uint8_t)(NA_OVERRIDE | (from_nobody ? 0 : NA_SOLICITED));
	na[NS_LEN] = OPTION_TARGET_MAC;
	na[NS_LEN + 1] = 1;
	memcpy(na + NS_LEN + 2, host->mac, DP_MAC_LEN);
	checksum_store(f, NA_LEN);
	f->len = (uint16_t)(f->l4_off + NA_LEN);
	return DP_NEIGHBOUR_ND;
}

static enum dp_neighbour
answer_icmpv6(const struct dp_host *host, struct dp_packet *f)
{
	const uint8_t *ip = f->octets + f->l3_off;
	const uint8_t *icmp = f->octets + f->l4_off;

	if (f->l4_len < ECHO_LEN || !checksum_right(f))
		return DP_NEIGHBOUR_BAD;
	if (icmp[0] == ICMPV6_NS) {
		enum dp_neighbour n = check_ns(host, f);

		return n == DP_NEIGHBOUR_ND ? answer_ns(host, f) : n;
	}
	if (icmp[0] != ICMPV6_ECHO || icmp[1] != 0 || !dp_service_has_v6(host->service, ip + 24))
		return DP_NEIGHBOUR_NOT_OURS;
	if (ip[8] == 0xff || is_unspecified(ip + 8) || dp_service_has_v6(host->service, ip + 8))
		return DP_NEIGHBOUR_BAD;
	return answer_echo(host, ICMPV6_ECHO_REPLY, f);
}

enum dp_neighbour
dp_neighbour_answer(
    const struct dp_host *host, uint64_t now_ms, struct dp_limit *l, struct dp_packet *f)
{
	enum dp_neighbour n;

	if (!dp_limit_take(l, now_ms))
		return DP_NEIGHBOUR_LIMITED;
	if (f->ether_type == DP_ETHER_ARP)
		n = answer_arp(host, f);
	else if (f->ether_type == DP_ETHER_IPV4)
		n = answer_icmp(host, f);
	else
		n = answer_icmpv6(host, f);
	if (n > DP_NEIGHBOUR_ECHO)
		dp_limit_return(l); /* nothing was sent */
	return n;
}
