/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hit_way: the stages of hit.h, for the CPU that the including file is compiled for.
 *
 * Purpose   Included once by each file that says DP_HIT_WAY (the name of its table of stages) and
 *           DP_HIT_WAY_NAME.
 * Roles     As hit.h. Memory, blocking, loss and trust too.
 *
 * Numbers from a packet stay as they are stored, most significant octet first in memory, wherever
 * they only go into a one's complement sum: order does not matter to it (RFC 1071 2).
 */
#ifndef DP_HIT_WAY
#error "included by the files that say which way"
#endif

#include "dataplane/hit.h"
#include "dataplane/wide.h"
#include "lib/wire/usual.h"

enum {
	WAY_IPV4_TTL = 64,
	WAY_OPT_LEN = 11,      /* without options: RFC 6891 6.1.2 */
	WAY_QUESTION_TAIL = 4, /* type and class */
	WAY_PSEUDO_V4 = 8,     /* addresses right before the UDP header, as in the pseudo-header */
	WAY_PSEUDO_V6 = 32,
	WAY_TYPE_AT = 12, /* within a frame without a tag */
	WAY_IP_AT = DP_ETHER_LEN,
	WAY_SOURCE_AT = WAY_IP_AT + 12,
	WAY_UDP_AT = WAY_IP_AT + DP_IPV4_LEN,
	WAY_SOURCE6_AT = WAY_IP_AT + 8, /* the same over IPv6 */
	WAY_UDP6_AT = WAY_IP_AT + DP_IPV6_LEN,
	WAY_FRAME_MIN = DP_ETHER_LEN + DP_IPV4_LEN + DP_UDP_LEN + HF_HEADER_LEN + 1 + 4,
	WAY_PREFETCH_MAX = 10, /* lines: a signed answer of some 500 octets */
	WAY_NAME_FIRST = DP_LINE_LEN - DP_KEY_NAME_OFF, /* octets of a name on a key's first line */
};

/* A number as it is stored, and back. */
static inline uint16_t
way_be(uint16_t v)
{
	return __builtin_bswap16(v);
}

/* Packet i of a burst. The compiler shall keep its address, not make it again for each field. */
static inline struct dp_hit *
way_hit(struct dp_hits *b, uint32_t i)
{
	struct dp_hit *h = &b->hit[i];

	__asm__("" : "+r"(h));
	return h;
}

/* For each packet of a set, lowest first. */
#define WAY_FOR(i, left, set)                                                                  \
	for (uint32_t left = (set), i; left != 0 && (i = (uint32_t)__builtin_ctz(left), true); \
	     left &= left - 1)

/* A sum that is not zero, to sixteen bits: [1, 0xffff]. Halves are added with the carry back in. */
static inline uint16_t
way_fold(uint64_t sum)
{
	uint32_t half = (uint32_t)((sum + (sum << 32 | sum >> 32)) >> 32);

	return (uint16_t)((half + (half << 16 | half >> 16)) >> 16);
}

/* Whether a sum that is not zero folds to 0xffff, as right ones do: whether it is a multiple of
 * that. Times the inverse of 0xffff, mod 2^64, multiples and nothing else become small. */
static inline bool
way_right(uint64_t sum)
{
	const uint64_t most = UINT64_MAX / UINT16_MAX;

	return sum * -most <= most;
}

static inline uint64_t
way_halves(uint64_t v)
{
	return (v >> 32) + (uint32_t)v;
}

#include "dataplane/hit_headers.h"

/* --- questions ---------------------------------------------------------------------- */

/* Octets of the name at p: up to the first zero. It may not be one, if a label holds that zero or
 * lengths lead elsewhere: then it is equal to no entry's. 0: none within DP_HIT_NAME_MAX. */
static inline unsigned
way_name_len(struct dp_wide first, const uint8_t *p)
{
	uint64_t zeros = dp_wide_zeros(first) >> DP_KEY_NAME_OFF;

	if (__builtin_expect(zeros != 0, 1))
		return (unsigned)__builtin_ctzll(zeros) + 1;
	zeros = dp_wide_zeros(dp_wide_load(p + WAY_NAME_FIRST));
	return zeros == 0 ? 0 : WAY_NAME_FIRST + (unsigned)__builtin_ctzll(zeros) + 1;
}

/* The len octets behind the question, when there are any, are an OPT record of version 0 without
 * options. */
static inline bool
way_opt(struct dp_hit *h, const uint8_t *p, unsigned len, unsigned udp_max)
{
	uint64_t head = dp_load_u64(p); /* root, OPT, size, extended RCODE, version, DO */
	bool root_opt = (uint32_t)head << 8 == (uint32_t)way_be(HF_TYPE_OPT) << 16;
	bool plain = root_opt && (uint8_t)(head >> 48) == 0 && dp_load_u16(p + 9) == 0;
	unsigned size = way_be((uint16_t)(head >> 24));

	size = size < HF_UDP_PLAIN_MAX || !h->opt ? HF_UDP_PLAIN_MAX : size;
	h->limit = (uint16_t)(size < udp_max ? size : udp_max);
	h->dnssec_ok = h->opt && head >> 63 != 0;
	return h->opt ? plain && len == WAY_OPT_LEN : len == 0;
}

static inline void
way_key(const struct dp_hash *hash, struct dp_hit *h, struct dp_wide first, unsigned name_len)
{
	const uint8_t *name = h->dns + HF_HEADER_LEN;
	unsigned end = DP_KEY_NAME_OFF + name_len;

	h->bits = dp_wide_bits(DP_KEY_NAME_OFF, end < DP_LINE_LEN ? end : DP_LINE_LEN) |
	    dp_wide_bits(0, DP_KEY_META_LEN);
	first = dp_wide_keep(
	    dp_wide_fold(first), DP_KEY_NAME_OFF, end < DP_LINE_LEN ? end : DP_LINE_LEN);
	first = dp_wide_put(first, h->meta);
	dp_wide_store(h->line[0], first);
#if defined(DP_WIDE_AVX512) || defined(DP_WIDE_AVX2)
	if (__builtin_expect(end <= DP_LINE_LEN && hash->aes, 1)) {
		h->hash = dp_wide_hash(hash, first);
		return;
	}
#endif
	if (end > DP_LINE_LEN) {
		struct dp_wide second = dp_wide_load(name + WAY_NAME_FIRST);

		second = dp_wide_keep(dp_wide_fold(second), 0, end - DP_LINE_LEN);
		dp_wide_store(h->line[1], second);
	}
	h->hash = dp_hash_key(hash, (const struct dp_key_octets *)(const void *)h->line);
}

/* Types that are looked up (hf_reply_judge) and that anybody asks for: 1 to 127 but for OPT, and
 * those from 256 on. */
static inline bool
way_type_usual(unsigned type)
{
	return type != 0 && (type < 128 || type > 255) && type != HF_TYPE_OPT;
}

/* The sum of what a reply's header stands over: UDP's lengths and checksum, the flags. Of the
 * counts those of the records alone, since the rest stays. */
static inline uint32_t
way_went(const uint8_t *dns, unsigned asked)
{
	uint32_t head = dp_load_u32(dns - 4); /* length, checksum */

	return (head >> 16) + 2 * (head & UINT16_MAX) + asked;
}

static bool way_options(const struct dp_core *core, struct dp_hit *h, unsigned off, unsigned len);
static uint32_t way_answers_options(struct dp_core *core, const struct dp_policy *p,
    struct dp_guard *guard, struct dp_hits *b, uint32_t set);

static inline bool
way_questions_one(const struct dp_core *core, struct dp_hit *h)
{
	const uint64_t one_question = 0x0100; /* four counts as stored: one, none, none, OPT */
	uint8_t *name = h->dns + HF_HEADER_LEN;
	uint64_t counts = dp_load_u64(h->dns + 4);
	unsigned asked = dp_load_u16(h->dns + 2); /* as stored */
	struct dp_wide first = dp_wide_load(name - DP_KEY_NAME_OFF);
	unsigned name_len = way_name_len(first, name);
	unsigned end = HF_HEADER_LEN + name_len + WAY_QUESTION_TAIL;

	if ((counts & ~(UINT64_C(1) << 56)) != one_question || name_len == 0 || end > h->dns_len ||
	    (asked & way_be(HF_FLAG_QR | HF_FLAG_OPCODE)) != 0)
		return false;

	uint32_t tail = dp_load_u32(name + name_len);
	unsigned type = way_be((uint16_t)tail);

	h->opt = counts >> 56 != 0;
	if (tail >> 16 != way_be(HF_CLASS_IN) || !way_type_usual(type) ||
	    (!way_opt(h, h->dns + end, h->dns_len - end, core->udp_max) &&
		!way_options(core, h, end, h->dns_len - end)))
		return false;

	bool cd = (asked & way_be(HF_FLAG_CD)) != 0;

	h->body_off = (uint16_t)end;
	h->went = way_went(h->dns, asked);
	h->meta = dp_key_meta((uint16_t)type,
	    (uint8_t)(h->dnssec_ok * HF_VARIANT_DO + cd * HF_VARIANT_CD), (uint8_t)name_len);
	way_key(&core->table->hash, h, first, name_len);
	return true;
}

static uint32_t
way_questions(const struct dp_core *core, struct dp_hits *b, uint32_t set)
{
	uint32_t done = 0;

	WAY_FOR(i, left, set)
	done |= (uint32_t)way_questions_one(core, way_hit(b, i)) << i;
	/* Close together: each may wait for a page walk, and a core looks only some hundred
	 * instructions ahead. */
	WAY_FOR(i, left, done)
	dp_table_prefetch(core->table, b->hit[i].hash);
	return done;
}

/* --- find --------------------------------------------------------------------------- */

/* The lines of an entry behind its first that can be on their way before it is looked at, none
 * beyond it. */
static inline void
way_prefetch(const uint8_t *line, unsigned cnt)
{
	unsigned most = cnt < WAY_PREFETCH_MAX ? cnt : WAY_PREFETCH_MAX;

	for (unsigned i = 1; i < most; i++)
		__builtin_prefetch(line + i * (size_t)DP_LINE_LEN);
}

/* A pass for each wait, of as few instructions as can be: the more of them a core sees at a time,
 * the more waits overlap. */
static uint32_t
way_find(const struct dp_core *core, struct dp_hits *b, uint32_t set)
{
	const struct dp_table *t = core->table;
	uint32_t done = 0;

	WAY_FOR(i, left, set)
	{
		b->word[i] = dp_table_peek_word(t, b->hit[i].hash);
		done |= (uint32_t)(b->word[i] != 0) << i;
	}
	WAY_FOR(i, left, done)
	{
		b->hit[i].entry = dp_word_entry(t, b->word[i]);
		__builtin_prefetch(b->hit[i].entry);
	}
	WAY_FOR(i, left, done)
	if (dp_word_lines(b->word[i]) > 1)
		way_prefetch((const uint8_t *)b->hit[i].entry, dp_word_lines(b->word[i]));
	return done;
}

/* --- answers ------------------------------------------------------------------------ */

/* What is made of an entry. */
struct way_answer {
	uint64_t age_ms, fresh_ms;
	uint64_t counts; /* the header's four, as stored */
	unsigned body_len;
	unsigned reply_len; /* of the DNS message */
	unsigned rr_cnt;
	uint16_t flags; /* as stored */
};

/* The entry's question is that of h. Whole lines, each read in one piece. */
static inline __attribute__((always_inline)) bool
way_same(const struct dp_hit *h, const struct dp_entry *e)
{
	const uint8_t *line = (const uint8_t *)e;
	unsigned end = DP_KEY_NAME_OFF + dp_key_meta_name_len(h->meta);

	if ((dp_wide_differ(dp_wide_load(line), dp_wide_load(h->line[0])) & h->bits) != 0)
		return false;
	if (__builtin_expect(end <= DP_LINE_LEN, 1))
		return true;
	return (dp_wide_differ(dp_wide_load(line + DP_LINE_LEN), dp_wide_load(h->line[1])) &
		   dp_wide_bits(0, end - DP_LINE_LEN)) == 0;
}

/* AD for a client that would understand it (RFC 6840 5.7), unless nothing was to be checked for
 * him (CD, 5.8). As stored; without OPT dnssec_ok is clear. */
static inline unsigned
way_ad(const struct dp_hit *h, unsigned asked)
{
	unsigned ad = h->dnssec_ok ? way_be(HF_FLAG_AD) : asked & way_be(HF_FLAG_AD);

	return (asked & way_be(HF_FLAG_CD)) != 0 ? 0 : ad;
}

/* The reply's header over e's records. False: there are too many. */
static inline bool
way_header(const struct dp_hit *h, const struct dp_entry *e, bool secure, struct way_answer *a)
{
	const struct dp_entry_counts cnt = dp_entry_counts(e);
	unsigned asked = dp_load_u16(h->dns + 2); /* as stored */

	a->flags =
	    (uint16_t)((asked & way_be(HF_FLAG_RD | HF_FLAG_CD)) | way_be(HF_FLAG_QR | HF_FLAG_RA) |
		(unsigned)e->rcode << 8 | (secure ? way_ad(h, asked) : 0));
	a->rr_cnt = (unsigned)cnt.an + cnt.ns + cnt.ar;
	a->counts = way_be(1) | (uint64_t)cnt.an << 24 | (uint64_t)cnt.ns << 40 |
	    (uint64_t)(cnt.ar + h->opt) << 56;
	return a->rr_cnt < UINT8_MAX; /* each count is in the lower octet of two */
}

/* What may be answered with e without looking further: fresh, without EDE, and nothing that a
 * policy has to say but AD. False: the long way knows. */
static inline __attribute__((always_inline)) bool
way_judge(const struct dp_core *core, const struct dp_policy *p, const struct dp_hit *h,
    const struct dp_entry *e, struct way_answer *a)
{
	unsigned verdict = e->verdict;
	bool secure = verdict == HF_VERDICT_SECURE;
	bool unasked = verdict == HF_VERDICT_UNVALIDATED && (e->variant & HF_VARIANT_CD) != 0;

	a->age_ms = core->now_ms - dp_entry_inserted_ms(e);
	a->fresh_ms = (uint64_t)e->fresh_s * 1000;
	if (a->age_ms >= a->fresh_ms || (e->flags & HF_ANSWER_TRUNCATED) != 0 ||
	    !(secure || unasked || verdict == HF_VERDICT_INSECURE) ||
	    dp_entry_ede(e) != HF_EDE_NONE)
		return false;
	if (secure && p->nta_cnt != 0) {
		uint32_t covered = atomic_load_explicit(&e->covered, memory_order_relaxed);

		if (covered >> 1 != p->serial)
			return false;
		secure = (covered & 1) == 0;
	}
	a->body_len = e->body_len;
	a->reply_len = h->body_off + a->body_len + h->opt * (unsigned)WAY_OPT_LEN;
	return way_header(h, e, secure, a);
}

/* Marked as used; false when it is time to ask for it again: the long way does. */
static inline __attribute__((always_inline)) bool
way_mark(const struct dp_core *core, struct dp_entry *e, const struct way_answer *a)
{
	uint8_t marks = atomic_load_explicit(&e->marks, memory_order_relaxed);
	bool ageing = (a->fresh_ms - a->age_ms) * 10 < a->fresh_ms; /* dp_entry_ageing */

	if (__builtin_expect(ageing, 0) && core->control_alive && (marks & DP_USED_REFRESHED) == 0)
		return false;
	/* Stored only when it changes: the line is shared by all cores. */
	if ((marks & (DP_USED | DP_USED_AGAIN)) != (DP_USED | DP_USED_AGAIN))
		atomic_store_explicit(&e->marks,
		    (uint8_t)(marks | DP_USED | ((marks & DP_USED) != 0 ? DP_USED_AGAIN : 0)),
		    memory_order_relaxed);
	return true;
}

/* Copies in whole lines or blocks; the last ends where the body ends, and lies over the one before.
 */
static inline void
way_copy(uint8_t *to, const uint8_t *from, unsigned len)
{
	unsigned off = 0;

	if (len >= DP_LINE_LEN) {
		for (; off < len - DP_LINE_LEN; off += DP_LINE_LEN)
			dp_wide_store(to + off, dp_wide_load(from + off));
		off = len - DP_LINE_LEN;
		dp_wide_store(to + off, dp_wide_load(from + off));
		return;
	}
	if (__builtin_expect(len < DP_BLOCK_LEN, 0)) {
		memcpy(to, from, len);
		return;
	}
	if (len > 2 * DP_BLOCK_LEN) {
		memcpy(to + DP_BLOCK_LEN, from + DP_BLOCK_LEN, DP_BLOCK_LEN);
		memcpy(to + len - 2 * DP_BLOCK_LEN, from + len - 2 * DP_BLOCK_LEN, DP_BLOCK_LEN);
	}
	memcpy(to, from, DP_BLOCK_LEN);
	memcpy(to + len - DP_BLOCK_LEN, from + len - DP_BLOCK_LEN, DP_BLOCK_LEN);
}

/* A sum over octets that begin at an odd place: their words have the octets the other way round,
 * which is the sum times 2^8 (RFC 1071 2). */
static inline uint64_t
way_at(uint64_t sum, unsigned off)
{
	return sum << 8 * (off & 1);
}

/* The TTL of a record, counted down (RFC 1035 3.2.1). Returns its sum. */
static inline uint64_t
way_ttl(uint8_t *to, const uint8_t *from, uint32_t age_s, unsigned off)
{
	uint32_t ttl = __builtin_bswap32(dp_load_u32(from + off));

	ttl = __builtin_bswap32(ttl > age_s ? ttl - age_s : 0);
	memcpy(to + off, &ttl, sizeof(ttl));
	return way_at(ttl, off);
}

/* Of several, or at odd places: out of line, so that one record has the registers for itself. */
static __attribute__((noinline)) uint64_t
way_ttls(const struct dp_entry *e, uint8_t *to, uint32_t age_s, unsigned cnt)
{
	const struct dp_entry_ttls ttls = dp_entry_ttls(e);
	const uint8_t *from = dp_entry_body(e);
	uint64_t sum = 0;

	if (ttls.off == NULL)
		for (unsigned i = 0; i < cnt; i++)
			sum += way_ttl(to, from, age_s, DP_TTL_FIRST + i * ttls.stride);
	else
		for (unsigned i = 0; i < cnt; i++)
			sum += way_ttl(to, from, age_s, ttls.off[i]);
	return sum;
}

/* The records behind the question. Returns their sum: the entry keeps that of all but the
 * TTLs. */
static inline uint64_t
way_body(const struct dp_entry *e, const struct way_answer *a, uint8_t *to)
{
	const uint8_t *from = dp_entry_body(e);
	uint32_t age_s = (uint32_t)(a->age_ms / 1000);

	way_copy(to, from, a->body_len);
	if (a->rr_cnt == 1 && !e->ttls_odd)
		return e->sum + way_ttl(to, from, age_s, DP_TTL_FIRST);
	return e->sum + way_ttls(e, to, age_s, a->rr_cnt);
}

/* OPT without options. Returns its sum. */
static inline uint64_t
way_opt_write(uint8_t *p, bool dnssec_ok)
{
	const uint64_t head = __builtin_bswap64((uint64_t)HF_TYPE_OPT << 40 |
	    (uint64_t)HF_UDP_EDNS_SEND << 24 | (dnssec_ok ? HF_EDNS_DO >> 8 : 0));
	const uint32_t zero = 0;

	memcpy(p + 7, &zero, sizeof(zero)); /* the second half of the flags, no options */
	memcpy(p, &head, sizeof(head));
	return way_halves(head);
}

/* MAC addresses change places; what is behind them stays. */
static inline void
way_turn_mac(uint8_t *p)
{
	const uint64_t mac = UINT64_MAX >> 16;
	uint64_t to = dp_load_u64(p), from = dp_load_u64(p + DP_MAC_LEN);

	to = (to & mac) | (from & ~mac);
	memcpy(p, &from, sizeof(from));
	memcpy(p + DP_MAC_LEN, &to, sizeof(to));
}

/* The rest of an IPv4 header for l4_len octets (dp_packet_turn): no identification, DF. */
static inline void
way_ipv4_head(uint8_t *ip, uint64_t addresses, unsigned l4_len)
{
	const uint64_t first = 0x45 | (uint64_t)way_be((uint16_t)(DP_IPV4_LEN + l4_len)) << 16 |
	    (uint64_t)way_be(0x4000) << 48;
	const uint32_t hops = WAY_IPV4_TTL | DP_PROTO_UDP << 8;
	uint16_t sum = (uint16_t)~way_fold(way_halves(first) + way_halves(addresses) + hops);
	uint32_t second = hops | (uint32_t)sum << 16;

	memcpy(ip, &first, sizeof(first));
	memcpy(ip + 8, &second, sizeof(second));
}

static inline void
way_ipv6_head(uint8_t *ip, unsigned l4_len)
{
	const uint64_t head = 0x60 | (uint64_t)way_be((uint16_t)l4_len) << 32 |
	    (uint64_t)DP_PROTO_UDP << 48 | (uint64_t)WAY_IPV4_TTL << 56;

	memcpy(ip, &head, sizeof(head));
}

/* MAC and IP addresses and ports change places. */
static inline void
way_turn_any(struct dp_hit *h)
{
	uint8_t *udp = h->dns - DP_UDP_LEN, *ip = h->ip;
	uint32_t ports = dp_load_u32(udp);
	uint64_t addresses;

	ports = ports << 16 | ports >> 16;
	memcpy(udp, &ports, sizeof(ports));
	way_turn_mac(h->octets);
	if (h->v6) {
		uint8_t a[16], b[16];

		memcpy(a, ip + 8, sizeof(a));
		memcpy(b, ip + 24, sizeof(b));
		memcpy(ip + 8, b, sizeof(b));
		memcpy(ip + 24, a, sizeof(a));
		return;
	}
	addresses = dp_load_u64(ip + 12);
	addresses = addresses << 32 | addresses >> 32;
	memcpy(ip + 12, &addresses, sizeof(addresses));
}

/* The same of a usual frame, where there is something better. */
static inline void
way_turn(struct dp_hit *h)
{
#if defined(DP_WIDE_AVX512)
	if (__builtin_expect(h->usual, 1)) {
		dp_wide_store(h->octets, dp_wide_turn(dp_wide_load(h->octets), h->v6));
		return;
	}
#endif
	way_turn_any(h);
}

/* Its length and checksum in the UDP header. A sum of zero means that there is none (RFC 768). */
static inline void
way_udp_head(uint8_t *udp, uint16_t len, uint64_t sum)
{
	uint16_t folded = (uint16_t)~way_fold(sum);
	uint32_t head = len | (uint32_t)(folded == 0 ? UINT16_MAX : folded) << 16;

	memcpy(udp + 4, &head, sizeof(head));
}

/* The reply over the query. Its checksum comes from that of the query, which was right: less what
 * goes, plus what comes (RFC 1624 3). What is subtracted is below the multiple of 0xffff. The
 * question is counted in both. */
static inline __attribute__((always_inline)) void
way_reply(struct dp_hit *h, const struct way_answer *a)
{
	const uint64_t zero = (uint64_t)UINT16_MAX << 32;
	uint8_t *dns = h->dns, *body = dns + h->body_off;
	uint64_t behind = zero, sum = zero - h->went + a->flags + (a->rr_cnt << 8);
	unsigned l4_len = a->reply_len + DP_UDP_LEN;
	uint16_t len = way_be((uint16_t)l4_len);

	/* Before they change places, which their sum does not feel: read behind it they would wait.
	 */
	uint64_t addresses = dp_load_u64(h->ip + 12);

	way_turn(h);
	if (h->v6)
		way_ipv6_head(h->ip, l4_len);
	else
		way_ipv4_head(h->ip, addresses, l4_len);
	if (h->opt)
		behind -= way_halves(dp_load_u64(body)) + body[8];
	behind += way_body(h->entry, a, body);
	if (h->opt)
		behind += way_at(way_opt_write(body + a->body_len, h->dnssec_ok), a->body_len);
	sum += 2 * (uint64_t)len + way_at(behind, h->body_off);
	dp_store_u16(dns + 2, a->flags);
	memcpy(dns + 4, &a->counts, sizeof(a->counts));
	way_udp_head(dns - DP_UDP_LEN, len, sum);
	h->len = (uint16_t)(dns - h->octets + a->reply_len);
}

static inline __attribute__((always_inline)) bool
way_fits(const struct dp_hit *h, const struct way_answer *a)
{
	return a->reply_len <= h->limit && DP_HEADERS_MAX + a->reply_len + DP_HIT_TAIL <= h->cap;
}

/* Out of line, so that what the caller keeps takes no register from it. */
static __attribute__((noinline)) uint32_t
way_answers_usual(struct dp_core *core, const struct dp_policy *p, struct dp_hits *b, uint32_t set)
{
	uint32_t done = 0;

	WAY_FOR(i, left, set)
	{
		struct dp_hit *h = way_hit(b, i);
		struct way_answer a;

		if (!way_same(h, h->entry) || !way_judge(core, p, h, h->entry, &a) ||
		    !way_fits(h, &a) || !way_mark(core, h->entry, &a))
			continue;
		way_reply(h, &a);
		done |= (uint32_t)1 << i;
	}
	return done;
}

static uint32_t
way_answers(struct dp_core *core, const struct dp_policy *p, struct dp_hits *b, uint32_t set)
{
	uint32_t done = way_answers_usual(core, p, b, set);

	if (__builtin_expect(done != set, 0))
		done |= way_answers_options(core, p, NULL, b, set & ~done);
	dp_count_add(core->counters, HF_COUNTER_queries, (uint64_t)__builtin_popcount(done));
	dp_count_add(core->counters, HF_COUNTER_hit, (uint64_t)__builtin_popcount(done));
	return done;
}

#include "dataplane/hit_limit.h"
#include "dataplane/hit_options.h"

const struct dp_hit_way DP_HIT_WAY = {
    .name = DP_HIT_WAY_NAME,
    .headers = way_headers,
    .questions = way_questions,
    .find = way_find,
    .answers = way_answers,
    .senders = way_senders,
    .answers_limited = way_answers_limited,
};
