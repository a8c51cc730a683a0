/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/exception.h"

#include <string.h>

enum {
	ARP_LEN = 28,
	ARP_TARGET_OFF = 24,
	ERROR_LEN = 8,
	ICMP_UNREACHABLE = 3, /* code 4: fragmentation needed (RFC 1191 4) */
	ICMPV6_UNREACHABLE = 1,
	ICMPV6_TOO_BIG = 2,
	ICMPV6_NA = 136,
	NA_LEN = 24,
	NA_HOP_LIMIT = 255, /* RFC 4861 7.1.2: the sender is on this link */
};

static bool
arp_wanted(const struct dp_host *host, const struct dp_packet *p)
{
	static const uint8_t reply[8] = {0, 1, 8, 0, 6, 4, 0, 2}; /* Ethernet, IPv4, REPLY */
	const uint8_t *arp = p->octets + p->l3_off;

	return p->len - p->l3_off >= ARP_LEN && memcmp(arp, reply, sizeof(reply)) == 0 &&
	    dp_service_has_v4(host->service, arp + ARP_TARGET_OFF);
}

static bool
icmpv6_wanted(const struct dp_host *host, const struct dp_packet *p)
{
	const uint8_t *ip = p->octets + p->l3_off;
	const uint8_t *icmp = p->octets + p->l4_off;

	if (p->l4_len < ERROR_LEN || !dp_service_has_v6(host->service, ip + 24))
		return false;
	if (icmp[0] == ICMPV6_NA)
		return p->l4_len >= NA_LEN && ip[7] == NA_HOP_LIMIT;
	return icmp[0] == ICMPV6_UNREACHABLE || icmp[0] == ICMPV6_TOO_BIG;
}

bool
dp_exception_wanted(const struct dp_host *host, enum dp_packet_kind kind, const struct dp_packet *p)
{
	if (kind == DP_PACKET_TCP)
		return true;
	if (kind != DP_PACKET_NEIGHBOUR || memcmp(p->octets, host->mac, DP_MAC_LEN) != 0)
		return false; /* what answers us is sent to us alone */
	if (p->ether_type == DP_ETHER_ARP)
		return arp_wanted(host, p);
	if (p->ether_type == DP_ETHER_IPV6)
		return icmpv6_wanted(host, p);
	return p->l4_len >= ERROR_LEN && p->octets[p->l4_off] == ICMP_UNREACHABLE;
}
