/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hit_options: what hit_way.h does with queries whose OPT has options.
 *
 * Purpose   Included by hit_way.h alone. A cookie is answered, what asks for nothing is ignored
 *           (padding, client subnet, keepalive, codes that nobody knows); an identifier that is
 *           asked for and whatever is malformed is left to the long way. Out of line: the registers
 *           are for those without options.
 * Roles     As hit.h. Memory, blocking, loss and trust too.
 *
 * Such a packet has limit 0, so that it never fits where nothing of options is known.
 */
#ifndef DP_HIT_WAY
#error "included by hit_way.h"
#endif

enum { WAY_OPT_TAIL = 9 }; /* where RDLENGTH stands in an OPT: RFC 6891 6.1.2 */

/* The len octets at dns + off are an OPT record of version 0 with options that ask for nothing but
 * a cookie. way_opt was here before. */
static __attribute__((noinline)) bool
way_options(const struct dp_core *core, struct dp_hit *h, unsigned off, unsigned len)
{
	struct hf_edns e = {0};

	if (!h->opt || !hf_usual_opt(h->dns, off, len, &e) || e.version != 0 || e.cookie_bad ||
	    (e.nsid && core->identity != NULL && core->identity->nsid[0] != 0))
		return false;
	h->options_limit = h->limit;
	h->limit = 0;
	h->cookie_off = (uint16_t)e.cookie_off;
	h->cookie_len =
	    core->cookies != NULL && core->cookies->cnt != 0 ? e.cookie_len : (uint8_t)0;
	return true;
}

/* The COOKIE option of the reply: what it says, and what becomes of a client with such a one. */
static enum hf_cookie_state
way_cookie(const struct dp_core *core, const struct dp_hit *h, uint8_t out[HF_COOKIE_LEN])
{
	const struct hf_cookie_asker a = {
	    .cookie = h->dns + h->cookie_off,
	    .cookie_len = h->cookie_len,
	    .addr = h->ip + (h->v6 ? 8 : 12), /* RFC 8200 3, RFC 791 3.1 */
	    .addr_len = h->v6 ? 16 : 4,
	    .now_s = core->wall_s,
	};

	return hf_cookie_answer(core->cookies, &a, out);
}

/* RDLENGTH and options at dns + off, in place of what way_reply counted as none. Returns their
 * sum. */
static inline uint64_t
way_options_write(uint8_t *dns, unsigned off, const uint8_t *cookie)
{
	uint8_t *p = dns + off;

	if (cookie == NULL) {
		dp_put_u16(p, 0);
		return 0;
	}
	dp_put_u16(p, HF_REPLY_COOKIE_LEN);
	(void)hf_reply_cookie_write(p + 2, cookie);
	/* From where it came, in pieces as they were stored. */
	return way_at(way_be(HF_REPLY_COOKIE_LEN) + way_be(HF_OPTION_COOKIE) +
		way_be(HF_COOKIE_LEN) + way_halves(dp_load_u64(cookie)) +
		way_halves(dp_load_u64(cookie + 8)) + way_halves(dp_load_u64(cookie + 16)),
	    off);
}

/* The reply: way_reply's, then its options, and the checksum less what goes and plus what comes.
 * What is subtracted is made small first, below the multiple of 0xffff. */
static void
way_reply_options(struct dp_hit *h, const struct way_answer *a, const uint8_t *cookie)
{
	const uint64_t zero = (uint64_t)UINT16_MAX << 32;
	unsigned from = h->body_off + WAY_OPT_TAIL, to = h->body_off + a->body_len + WAY_OPT_TAIL;
	uint64_t went = way_at(way_halves(way_sum(h->dns + from, h->dns_len - from)), from);
	uint8_t *sum_at = h->dns - 2;

	way_reply(h, a);

	uint64_t sum = (uint16_t)~dp_load_u16(sum_at) + zero - went;
	uint16_t folded = (uint16_t)~way_fold(sum + way_options_write(h->dns, to, cookie));

	dp_store_u16(sum_at, folded == 0 ? UINT16_MAX : folded);
}

/* One packet with options. guard: NULL where nothing has a rate. */
static bool
way_answer_options(struct dp_core *core, const struct dp_policy *p, struct dp_guard *guard,
    struct dp_hit *h, unsigned i)
{
	enum hf_cookie_state state = HF_COOKIE_LEARNING;
	bool has_cookie = h->cookie_len != 0;
	uint8_t cookie[HF_COOKIE_LEN];
	struct way_answer a;

	if (!way_same(h, h->entry) || !way_judge(core, p, h, h->entry, &a))
		return false;
	h->limit = h->options_limit;
	a.reply_len += has_cookie ? HF_REPLY_COOKIE_LEN : 0;
	if (!way_fits(h, &a))
		return false;
	if (has_cookie)
		state = way_cookie(core, h, cookie);
	if (has_cookie && core->cookies->required && state != HF_COOKIE_GOOD)
		return false;
	if (!way_mark(core, h->entry, &a))
		return false;
	if (guard != NULL && !way_within(guard, i, h->entry, state == HF_COOKIE_GOOD))
		return false;
	way_reply_options(h, &a, has_cookie ? cookie : NULL);
	if (has_cookie)
		dp_count(core->counters, dp_cookie_counter(state));
	return true;
}

/* Those of a set that have options, as way_answers and way_answers_limited do the others. */
static __attribute__((noinline)) uint32_t
way_answers_options(struct dp_core *core, const struct dp_policy *p, struct dp_guard *guard,
    struct dp_hits *b, uint32_t set)
{
	uint32_t done = 0;

	WAY_FOR(i, left, set)
	if (b->hit[i].limit == 0)
		done |= (uint32_t)way_answer_options(core, p, guard, &b->hit[i], i) << i;
	return done;
}
