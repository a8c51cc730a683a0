/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hit_headers: the first stage of hit_way.h: whether a frame is a query to us, and where it is.
 *
 * Purpose   Included by hit_way.h alone. What a usual frame begins with is compared in one piece;
 *           all others are looked at field by field.
 * Roles     As hit.h. Memory, blocking, loss and trust too.
 */
#ifndef DP_HIT_WAY
#error "included by hit_way.h"
#endif

/* Of len octets; whole lines are readable. Two at once, for nobody can guess the length. Less than
 * 2^33, so that it may be subtracted. */
static inline uint64_t
way_sum(const uint8_t *p, unsigned len)
{
	unsigned first = len < DP_LINE_LEN ? len : DP_LINE_LEN;
	unsigned second = len - first < DP_LINE_LEN ? len - first : DP_LINE_LEN;
	uint64_t sum = dp_wide_sum(dp_wide_keep(dp_wide_load(p), 0, first),
	    dp_wide_keep(dp_wide_load(p + DP_LINE_LEN), 0, second));

	for (unsigned off = 2 * DP_LINE_LEN; off < len; off += DP_LINE_LEN) {
		unsigned left = len - off < DP_LINE_LEN ? len - off : DP_LINE_LEN;
		struct dp_wide w = dp_wide_keep(dp_wide_load(p + off), 0, left);

		sum += dp_wide_sum(w, dp_wide_keep(w, 0, 0));
	}
	return way_halves(sum);
}

static inline bool
way_v4_listed(const struct dp_service *s, uint32_t addr)
{
	for (unsigned i = 0; i < s->v4_cnt; i++)
		if (dp_load_u32(s->v4[i]) == addr)
			return true;
	return false;
}

static inline bool
way_v6_listed(const struct dp_service *s, uint64_t high, uint64_t low)
{
	for (unsigned i = 0; i < s->v6_cnt; i++)
		if (dp_load_u64(s->v6[i]) == high && dp_load_u64(s->v6[i] + 8) == low)
			return true;
	return false;
}

/* A header without options to a service address, of a datagram in one piece, from a host's
 * address. Returns what it says follows it, 0: not plain. */
static inline unsigned
way_ipv4(const struct dp_service *s, const struct dp_hit *h, const uint8_t *ip, unsigned left)
{
	const uint64_t fragment = (uint64_t)0xff3f << 48; /* more fragments, or an offset */
	uint64_t a = dp_load_u64(ip), b = dp_load_u64(ip + 8);
	uint32_t from = (uint32_t)(b >> 32), to = dp_load_u32(ip + 16);
	unsigned total = way_be((uint16_t)(a >> 16));
	uint8_t net = (uint8_t)from; /* hf_ipv4_is_host */

	if ((uint8_t)a != 0x45 || (a & fragment) != 0 || (uint8_t)(b >> 8) != DP_PROTO_UDP ||
	    total > left || total < DP_IPV4_LEN || net == 0 || net == 127 || net >= 224)
		return 0;
	if (!h->ip_summed && !way_right(way_halves(a) + way_halves(b) + to))
		return 0;
	if (!way_v4_listed(s, to) || way_v4_listed(s, from))
		return 0;
	return total - DP_IPV4_LEN;
}

/* hf_ipv6_is_host */
static inline bool
way_v6_is_host(uint64_t high, uint64_t low)
{
	const uint64_t loopback = (uint64_t)1 << 56;
	const uint32_t mapped = UINT32_C(0xffff) << 16;

	return (uint8_t)high != 0xff &&
	    (high != 0 || (low != 0 && low != loopback && (uint32_t)low != mapped));
}

static inline unsigned
way_ipv6(const struct dp_service *s, const uint8_t *ip, unsigned left)
{
	uint64_t high = dp_load_u64(ip + 8), low = dp_load_u64(ip + 16);
	unsigned len = way_be(dp_load_u16(ip + 4));

	if (ip[0] >> 4 != 6 || ip[6] != DP_PROTO_UDP || len > left - DP_IPV6_LEN)
		return 0;
	if (!way_v6_is_host(high, low))
		return 0;
	if (!way_v6_listed(s, dp_load_u64(ip + 24), dp_load_u64(ip + 32)) ||
	    way_v6_listed(s, high, low))
		return 0;
	return len;
}

/* l4_len: what IP says is there. pseudo: octets of addresses before the header. */
static inline bool
way_udp(struct dp_hit *h, const uint8_t *udp, unsigned l4_len, unsigned pseudo)
{
	uint64_t head = dp_load_u64(udp);
	unsigned len = way_be((uint16_t)(head >> 32));

	if ((uint16_t)(head >> 16) != way_be(DP_DNS_PORT) || (uint16_t)head == 0 ||
	    head >> 48 == 0 || len > l4_len || len < DP_UDP_LEN + HF_HEADER_LEN)
		return false;
	if (!h->udp_summed) {
		uint64_t sum = way_be(DP_PROTO_UDP) + (uint64_t)(uint16_t)(head >> 32);

		if (!way_right(sum + way_sum(udp - pseudo, len + pseudo)))
			return false;
	}
	h->dns_len = (uint16_t)(len - DP_UDP_LEN);
	return true;
}

/* Long enough to be a query; whole lines of it may be read. */
static inline bool
way_readable(const struct dp_hit *h)
{
	return h->len >= WAY_FRAME_MIN && h->cap >= DP_HIT_CAP_MIN &&
	    h->len + DP_HIT_TAIL <= h->cap;
}

/* Any frame that the short way takes. */
static inline bool
way_headers_any(const struct dp_host *host, struct dp_hit *h)
{
	const uint8_t *p = h->octets;
	unsigned off = DP_ETHER_LEN;
	uint64_t mac = dp_load_u64(host->mac) ^ dp_load_u64(p);
	uint16_t type = dp_load_u16(p + 12);

	if (mac << 16 != 0 || (p[6] & 1) != 0)
		return false;
	if (type == way_be(DP_ETHER_VLAN)) {
		type = dp_load_u16(p + 16);
		off += DP_VLAN_LEN;
	}
	h->ip = h->octets + off;

	unsigned left = h->len - off;
	unsigned v6 = type == way_be(DP_ETHER_IPV6);
	unsigned len;

	if (v6)
		len = left < DP_IPV6_LEN ? 0 : way_ipv6(host->service, h->ip, left);
	else if (type == way_be(DP_ETHER_IPV4))
		len = way_ipv4(host->service, h, h->ip, left);
	else
		return false;

	uint8_t *udp = h->ip + (v6 ? DP_IPV6_LEN : DP_IPV4_LEN);

	h->v6 = v6;
	h->usual = false;
	h->dns = udp + DP_UDP_LEN;
	return len != 0 && way_udp(h, udp, len, v6 ? WAY_PSEUDO_V6 : WAY_PSEUDO_V4);
}

/* Comparing a whole line pays where it is one register. */
#if defined(DP_WIDE_AVX512)

/* What nearly all frames begin with: untagged, to us, from no group, IPv4 without options and in
 * one piece, or IPv6 without extension headers, UDP, to port 53. The address they are for, too,
 * while there is but one of its family. */
struct way_usual {
	struct dp_wide like, care;
	bool one;
};

static inline struct way_usual
way_usual_v4(const struct dp_host *host)
{
	alignas(DP_LINE_LEN) static const uint8_t like[DP_LINE_LEN] = {[WAY_TYPE_AT] = 0x08,
	    0,
	    [WAY_IP_AT] = 0x45,
	    [WAY_IP_AT + 9] = DP_PROTO_UDP,
	    [WAY_UDP_AT + 3] = DP_DNS_PORT};
	alignas(DP_LINE_LEN) static const uint8_t care[DP_LINE_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 1, [WAY_TYPE_AT] = 0xff, 0xff, 0xff, [WAY_IP_AT + 6] = 0x3f, 0xff, 0, 0xff,
	    [WAY_UDP_AT + 2] = 0xff, 0xff};
	const unsigned to = WAY_SOURCE_AT + 4, one = host->service->v4_cnt == 1;
	struct dp_wide l = dp_wide_place(dp_wide_load(like), dp_load_u64(host->mac), 0, DP_MAC_LEN);

	return (struct way_usual){
	    .like = dp_wide_place(l, dp_load_u32(host->service->v4[0]), to, 4 * one),
	    .care = dp_wide_place(dp_wide_load(care), UINT64_MAX, to, 4 * one),
	    .one = one};
}

static inline struct way_usual
way_usual_v6(const struct dp_host *host)
{
	alignas(DP_LINE_LEN) static const uint8_t like[DP_LINE_LEN] = {[WAY_TYPE_AT] = 0x86,
	    0xdd,
	    0x60,
	    [WAY_IP_AT + 6] = DP_PROTO_UDP,
	    [WAY_UDP6_AT + 3] = DP_DNS_PORT};
	alignas(DP_LINE_LEN) static const uint8_t care[DP_LINE_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 1, [WAY_TYPE_AT] = 0xff, 0xff, 0xf0, [WAY_IP_AT + 6] = 0xff,
	    [WAY_UDP6_AT + 2] = 0xff, 0xff};
	const unsigned to = WAY_SOURCE6_AT + 16, one = host->service->v6_cnt == 1;
	const uint8_t *addr = host->service->v6[0];
	struct dp_wide l = dp_wide_load(like), c = dp_wide_load(care);

	l = dp_wide_place(l, dp_load_u64(host->mac), 0, DP_MAC_LEN);
	l = dp_wide_place(l, dp_load_u64(addr), to, 8 * one);
	l = dp_wide_place(l, dp_load_u64(addr + 8), to + 8, 8 * one);
	c = dp_wide_place(c, UINT64_MAX, to, 8 * one);
	c = dp_wide_place(c, UINT64_MAX, to + 8, 8 * one);
	return (struct way_usual){l, c, one};
}

/* The UDP checksum, with the addresses before it, which begin at source. len: of the datagram,
 * which ends at end, within the frame. */
static inline bool
way_usual_sum(
    const struct dp_hit *h, struct dp_wide first, unsigned source, unsigned len, unsigned end)
{
	const uint8_t *p = h->octets;
	uint64_t sum = way_be(DP_PROTO_UDP) + (uint64_t)way_be((uint16_t)len);

	if (__builtin_expect(end - DP_LINE_LEN > DP_LINE_LEN, 0))
		return way_right(sum + way_sum(p + source, end - source));
	first = dp_wide_keep(first, source, DP_LINE_LEN);
	sum +=
	    dp_wide_sum(first, dp_wide_keep(dp_wide_load(p + DP_LINE_LEN), 0, end - DP_LINE_LEN));
	return way_right(sum);
}

/* What way_udp asks for, of a usual frame whose IP header says that left octets follow it. */
static inline bool
way_usual_udp(struct dp_hit *h, struct dp_wide first, bool v6, unsigned left)
{
	const unsigned at = v6 ? WAY_UDP6_AT : WAY_UDP_AT;
	const unsigned source = v6 ? WAY_SOURCE6_AT : WAY_SOURCE_AT;
	uint8_t *udp = h->octets + at;
	unsigned len = way_be(dp_load_u16(udp + 4));

	if (len > left || len < DP_UDP_LEN + HF_HEADER_LEN || dp_load_u16(udp) == 0 ||
	    dp_load_u16(udp + 6) == 0)
		return false;
	h->ip = h->octets + WAY_IP_AT;
	h->v6 = v6;
	h->usual = true;
	h->dns = udp + DP_UDP_LEN;
	h->dns_len = (uint16_t)(len - DP_UDP_LEN);
	return h->udp_summed || way_usual_sum(h, first, source, len, at + len);
}

/* The rest, of a frame that is like a usual one: what way_ipv4 and way_udp ask for. */
static inline bool
way_headers_v4(const struct dp_service *s, bool one, struct dp_hit *h, struct dp_wide first)
{
	const uint8_t *ip = h->octets + WAY_IP_AT;
	uint64_t a = dp_load_u64(ip), b = dp_load_u64(ip + 8), sum, carry;
	uint32_t from = dp_load_u32(ip + 12), to = dp_load_u32(ip + 16);
	unsigned total = way_be(dp_load_u16(ip + 2));
	uint8_t net = (uint8_t)from; /* hf_ipv4_is_host */

	if (total + DP_ETHER_LEN > h->len || total < DP_IPV4_LEN || net - 1u > 222 || net == 127)
		return false;
	if (one ? from == to : !way_v4_listed(s, to) || way_v4_listed(s, from))
		return false;
	/* The carry goes back in; a ends in a zero octet, so that to has room. */
	carry = __builtin_add_overflow(a + to, b, &sum);
	if (!h->ip_summed && !way_right(sum + carry))
		return false;
	return way_usual_udp(h, first, false, total - DP_IPV4_LEN);
}

/* The same of way_ipv6. */
static inline bool
way_headers_v6(const struct dp_service *s, bool one, struct dp_hit *h, struct dp_wide first)
{
	const uint8_t *ip = h->octets + WAY_IP_AT;
	uint64_t high = dp_load_u64(ip + 8), low = dp_load_u64(ip + 16);
	uint64_t to_high = dp_load_u64(ip + 24), to_low = dp_load_u64(ip + 32);
	unsigned left = way_be(dp_load_u16(ip + 4));

	if (left + WAY_UDP6_AT > h->len || !way_v6_is_host(high, low))
		return false;
	if (one ? high == to_high && low == to_low
		: !way_v6_listed(s, to_high, to_low) || way_v6_listed(s, high, low))
		return false;
	return way_usual_udp(h, first, true, left);
}

static uint32_t
way_headers(const struct dp_host *host, struct dp_hits *b, uint32_t set)
{
	const struct way_usual v4 = way_usual_v4(host), v6 = way_usual_v6(host);
	uint32_t done = 0;

	WAY_FOR(i, left, set)
	{
		struct dp_hit *h = way_hit(b, i);
		bool ours = false;

		if (way_readable(h)) {
			struct dp_wide first = dp_wide_load(h->octets);

			if (dp_wide_like(first, v4.like, v4.care))
				ours = way_headers_v4(host->service, v4.one, h, first);
			else if (dp_wide_like(first, v6.like, v6.care))
				ours = way_headers_v6(host->service, v6.one, h, first);
			else
				ours = way_headers_any(host, h);
		}
		done |= (uint32_t)ours << i;
	}
	return done;
}

#else

static uint32_t
way_headers(const struct dp_host *host, struct dp_hits *b, uint32_t set)
{
	uint32_t done = 0;

	WAY_FOR(i, left, set)
	{
		struct dp_hit *h = way_hit(b, i);

		done |= (uint32_t)(way_readable(h) && way_headers_any(host, h)) << i;
	}
	return done;
}

#endif
