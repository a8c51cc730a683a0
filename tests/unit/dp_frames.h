/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames for the tests of dataplane/packet.c and neighbour.c, made the plain way: checksums
 * here go 16 bits at a time, as RFC 1071 tells it, so that they check the quick ones. */
#ifndef DP_FRAMES_H
#define DP_FRAMES_H

#include <string.h>

#include "dataplane/packet.h"

enum { FRAME_CAP = 2048 };

static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t their_mac[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t our_v4[4] = {192, 0, 2, 53};
static const uint8_t their_v4[4] = {192, 0, 2, 1};
static const uint8_t our_v6[16] = {0x20, 1, 0xd, 0xb8, [13] = 0x12, 0x34, 0x53};
static const uint8_t their_v6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};

static inline uint16_t
plain_checksum(const uint8_t *const parts[], const size_t lens[], unsigned cnt)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < cnt; i++)
		for (size_t j = 0; j < lens[i]; j++) {
			sum += (uint32_t)parts[i][j] << (j % 2 == 0 ? 8 : 0);
			sum = (sum >> 16) + (sum & 0xffff);
		}
	return (uint16_t)~sum;
}

static inline void
test_service(struct dp_service *s, struct dp_host *host)
{
	memset(s, 0, sizeof(*s));
	s->v4_cnt = s->v6_cnt = 1;
	memcpy(s->v4[0], our_v4, 4);
	memcpy(s->v6[0], our_v6, 16);
	host->service = s;
	memcpy(host->mac, our_mac, 6);
}

struct frame_plan {
	bool v6, vlan;
	uint8_t proto;
	uint8_t hops;             /* 0: 64 */
	const uint8_t *from, *to; /* NULL: their and our address */
	size_t payload_len;       /* behind the IP header */
};

/* Ethernet (with tag) and IP headers; returns where the payload goes. */
static inline size_t
frame_begin(uint8_t *f, const struct frame_plan *p)
{
	size_t at = 12;

	memset(f, 0, FRAME_CAP);
	memcpy(f, our_mac, 6);
	memcpy(f + 6, their_mac, 6);
	if (p->vlan) {
		dp_put_u16(f + at, 0x8100);
		dp_put_u16(f + at + 2, 0x2007);
		at += 4;
	}
	dp_put_u16(f + at, p->v6 ? 0x86dd : 0x0800);
	at += 2;
	if (p->v6) {
		f[at] = 0x60;
		dp_put_u16(f + at + 4, p->payload_len);
		f[at + 6] = p->proto;
		f[at + 7] = p->hops == 0 ? 64 : p->hops;
		memcpy(f + at + 8, p->from == NULL ? their_v6 : p->from, 16);
		memcpy(f + at + 24, p->to == NULL ? our_v6 : p->to, 16);
		return at + 40;
	}
	f[at] = 0x45;
	dp_put_u16(f + at + 2, 20 + p->payload_len);
	f[at + 8] = p->hops == 0 ? 64 : p->hops;
	f[at + 9] = p->proto;
	memcpy(f + at + 12, p->from == NULL ? their_v4 : p->from, 4);
	memcpy(f + at + 16, p->to == NULL ? our_v4 : p->to, 4);

	const uint8_t *parts[] = {f + at};
	const size_t lens[] = {20};
	dp_put_u16(f + at + 10, plain_checksum(parts, lens, 1));
	return at + 20;
}

/* Checksum of the payload at off with the pseudo-header; 0 when the stored one is right. */
static inline uint16_t
transport_checksum(const uint8_t *f, const struct frame_plan *p, size_t off)
{
	uint8_t tail[4] = {0, p->proto, (uint8_t)(p->payload_len >> 8), (uint8_t)p->payload_len};
	size_t addresses = p->v6 ? 32 : 8;
	const uint8_t *parts[] = {f + off - addresses, tail, f + off};
	const size_t lens[] = {addresses, 4, p->payload_len};

	if (p->proto == DP_PROTO_ICMP)
		return plain_checksum(parts + 2, lens + 2, 1);
	return plain_checksum(parts, lens, 3);
}

/* A UDP datagram of dns_len octets 0, 1, 2... from port 1234 to 53. Returns the frame's length. */
static inline size_t
frame_udp(uint8_t *f, struct frame_plan *p, size_t dns_len)
{
	p->proto = DP_PROTO_UDP;
	p->payload_len = 8 + dns_len;

	size_t at = frame_begin(f, p);
	dp_put_u16(f + at, 1234);
	dp_put_u16(f + at + 2, 53);
	dp_put_u16(f + at + 4, p->payload_len);
	for (size_t i = 0; i < dns_len; i++)
		f[at + 8 + i] = (uint8_t)i;
	dp_put_u16(f + at + 6, transport_checksum(f, p, at));
	return at + p->payload_len;
}

#endif
