/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/wire/reply.c against a reference that builds the same reply the slow and obvious way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/wire/reply.h"

enum { BUF_LEN = 4096, QUESTION_LEN = 11, BODY_MAX = 2048, RR_MAX = 40 };

static const uint8_t question[QUESTION_LEN] = {3, 'W', 'w', 'W', 2, 'd', 'E', 0, 0, 1, 0};

struct ask {
	uint16_t flags;
	bool edns;
	bool dnssec_ok;
	uint8_t version;
	uint16_t udp_len;
};

static size_t
ask_write(const struct ask *a, uint8_t *buf)
{
	uint8_t *p = buf;
	const uint8_t head[12] = {
	    0xbe, 0xef, (uint8_t)(a->flags >> 8), (uint8_t)a->flags, 0, 1, 0, 0, 0, 0, 0, a->edns};
	const uint8_t opt[11] = {0, 0, 41, (uint8_t)(a->udp_len >> 8), (uint8_t)a->udp_len, 0,
	    a->version, a->dnssec_ok ? 0x80 : 0, 0, 0, 0};

	memcpy(p, head, sizeof(head));
	p += sizeof(head);
	memcpy(p, question, QUESTION_LEN);
	p += QUESTION_LEN;
	*p++ = 1;
	if (a->edns) {
		memcpy(p, opt, sizeof(opt));
		p += sizeof(opt);
	}
	return (size_t)(p - buf);
}

static struct hf_query
ask_parse(const struct ask *a, uint8_t *buf)
{
	struct hf_query q;
	size_t len = ask_write(a, buf);

	assert_int_equal(hf_query_parse(buf, len, &q), HF_PARSE_OK);
	return q;
}

/* --- the reference: octet strings glued together */

struct bytes {
	size_t len;
	uint8_t at[BUF_LEN];
};

static void
add(struct bytes *b, const void *p, size_t len)
{
	assert_true(b->len + len <= sizeof(b->at));
	memcpy(b->at + b->len, p, len);
	b->len += len;
}

static void
add16(struct bytes *b, unsigned v)
{
	const uint8_t two[2] = {(uint8_t)(v >> 8), (uint8_t)v};

	add(b, two, 2);
}

/* --- bodies: records, and what is known of each */

struct records {
	unsigned cnt;
	unsigned needed_cnt;     /* up to the last that is needed */
	uint16_t end[RR_MAX];    /* octets of the body up to the end of record i */
	bool begins[RR_MAX + 1]; /* record i begins an RRset; so does the end */
	uint16_t in[3];          /* records of a section */
	uint16_t len;
	uint8_t octets[BODY_MAX];
};

static void
record_add(struct records *b, enum hf_section section, const char *owner, unsigned type)
{
	const uint8_t rest[14] = {(uint8_t)(type >> 8), (uint8_t)type, 0, 1, 0, 0, 1, 0x2c, 0, 4,
	    192, 0, 2, (uint8_t)b->cnt};
	size_t owner_len = strlen(owner);

	memcpy(b->octets + b->len, owner, owner_len);
	memcpy(b->octets + b->len + owner_len, rest, sizeof(rest));
	b->len = (uint16_t)(b->len + owner_len + sizeof(rest));
	b->end[b->cnt] = b->len;
	b->in[section]++;
	b->cnt++;
	b->begins[b->cnt] = true; /* until one more of the same comes */
}

/* RRsets of cnt[i] records: two names' addresses that answer, the SOA and the name servers of the
 * authority section, and the addresses of two of them: one name spelled out twice, in two cases,
 * the other by a pointer the second time. */
static void
records_make(struct records *b, const unsigned cnt[6])
{
	static const struct {
		enum hf_section section;
		unsigned type;
		bool needed;
		const char *owner[2]; /* of the first, and of the others */
	} sets[6] = {
	    {HF_SECTION_ANSWER, HF_TYPE_A, true, {"\xc0\x0c", "\xc0\x0c"}},
	    {HF_SECTION_ANSWER, HF_TYPE_A, true, {"\xc0\x10", "\xc0\x10"}},
	    {HF_SECTION_AUTHORITY, HF_TYPE_SOA, true, {"\xc0\x10", "\xc0\x10"}},
	    {HF_SECTION_AUTHORITY, HF_TYPE_NS, false, {"\xc0\x10", "\xc0\x10"}},
	    {HF_SECTION_ADDITIONAL, HF_TYPE_A, false, {"\1a\xc0\x10", "\1A\xc0\x10"}},
	    {HF_SECTION_ADDITIONAL, HF_TYPE_A, false, {"\1b\xc0\x10", "\1b\2dE\xc0\x13"}},
	};

	memset(b, 0, sizeof(*b));
	for (unsigned s = 0; s < 6; s++) {
		b->begins[b->cnt] = true;
		for (unsigned i = 0; i < cnt[s]; i++) {
			if (i > 0)
				b->begins[b->cnt] = false;
			record_add(b, sets[s].section, sets[s].owner[i > 0], sets[s].type);
			if (sets[s].needed)
				b->needed_cnt = b->cnt;
		}
	}
}

static void
records_into(const struct records *b, struct hf_reply *r)
{
	r->body = b->octets;
	r->body_len = b->len;
	r->an_cnt = b->in[0];
	r->ns_cnt = b->in[1];
	r->ar_cnt = b->in[2];
}

/* --- the reference, continued: everything that a reply may be, best first */

struct shape {
	unsigned rr_cnt;
	bool ede, text, tc;
};

static unsigned
at_most(unsigned v, unsigned max)
{
	return v < max ? v : max;
}

static void
options_of(const struct hf_reply *r, const struct shape *s, struct bytes *options)
{
	for (unsigned i = 0; s->ede && i < r->ede_cnt; i++) {
		bool text = s->text && i == r->ede_cnt - 1u && r->ede_text != NULL;

		add16(options, 15);
		add16(options, text ? 2u + r->ede_text_len : 2u);
		add16(options, r->ede[i]);
		if (text)
			add(options, r->ede_text, r->ede_text_len);
	}
}

static void
reference(const struct ask *a, const struct hf_reply *r, const struct records *b,
    const struct shape *s, struct bytes *out)
{
	struct bytes options = {0};
	unsigned flags = 0x8080, left = s->rr_cnt;

	options_of(r, s, &options);
	flags |= a->flags & 0x7800;
	flags |= a->flags & 0x0100;
	flags |= a->flags & 0x0010;
	if (r->authentic && (a->flags & 0x0010) == 0 &&
	    ((a->flags & 0x0020) || (a->edns && a->dnssec_ok)))
		flags |= 0x0020;
	if (s->tc)
		flags |= 0x0200;
	flags |= r->rcode > 15 && !a->edns ? 2u : r->rcode & 15u;
	out->len = 0;
	add16(out, 0xbeef);
	add16(out, flags);
	add16(out, 1);
	for (unsigned i = 0; i < 3; i++) {
		unsigned in = at_most(left, b->in[i]);

		add16(out, in + (i == 2 && a->edns));
		left -= in;
	}
	add(out, question, QUESTION_LEN);
	add(out, "\1", 1);
	if (s->rr_cnt > 0)
		add(out, b->octets, b->end[s->rr_cnt - 1]);
	if (!a->edns)
		return;
	add(out, "", 1);
	add16(out, 41);
	add16(out, 1232);
	add16(out, (r->rcode >> 4) << 8);
	add16(out, a->dnssec_ok ? 0x8000 : 0);
	add16(out, (unsigned)options.len);
	add(out, options.at, options.len);
}

static unsigned
shapes_of(const struct hf_reply *r, const struct records *b, struct shape out[4 * RR_MAX])
{
	unsigned n = 0, all = r->truncated ? 0 : b->cnt;
	unsigned needed = r->truncated ? 0 : b->needed_cnt;
	bool tc = r->truncated;

	out[n++] = (struct shape){all, true, true, tc};
	out[n++] = (struct shape){all, true, false, tc};
	for (unsigned k = all + 1; k-- > needed;)
		if (b->begins[k])
			out[n++] = (struct shape){k, true, false, tc};
	for (unsigned k = all + 1; k-- > needed;)
		if (b->begins[k] && all > 0)
			out[n++] = (struct shape){k, false, false, true};
	for (unsigned k = all + 1; k-- > 0;)
		out[n++] = (struct shape){k, true, false, true};
	out[n++] = (struct shape){0, false, false, true};
	return n;
}

/* The first of the shapes, in the order in which things are given up, that fits. */
static void
reference_that_fits(const struct ask *a, const struct hf_reply *r, const struct records *b,
    size_t max, struct bytes *out)
{
	struct shape order[4 * RR_MAX];
	unsigned cnt = shapes_of(r, b, order);

	for (unsigned i = 0; i < cnt; i++) {
		reference(a, r, b, &order[i], out);
		if (out->len <= max)
			return;
	}
	fail_msg("no shape fits %zu octets", max);
}

static void
check_one(const struct ask *a, const struct hf_reply *r, const struct records *b, size_t limit)
{
	uint8_t buf[BUF_LEN + 1];
	struct hf_query q = ask_parse(a, buf);
	struct bytes want;
	size_t len;

	buf[limit] = 0xd5;
	reference_that_fits(a, r, b, limit, &want);
	len = hf_reply_write(buf, BUF_LEN, limit, &q, r);
	assert_int_equal(len, want.len);
	assert_memory_equal(buf, want.at, len);
	assert_int_equal(buf[limit], 0xd5); /* and nothing behind the limit */
}

static void
mix(unsigned x, struct ask *a, struct hf_reply *r)
{
	static const uint16_t flags[] = {0, 0x0100, 0x0110, 0x0120, 0x0130, 0x0040, 0x2900};
	static const uint16_t rcodes[] = {0, 2, 3, 16, 23};
	static const char text[] = "signature of de. DNSKEY 33834 does not verify, RFC 4035 5.3.3";

	*a = (struct ask){.udp_len = 4096};
	*r = (struct hf_reply){
	    .ede = {HF_EDE_STALE, HF_EDE_BOGUS}, .ede_text_len = sizeof(text) - 1};
	a->flags = flags[x % 7];
	x /= 7;
	r->rcode = rcodes[x % 5];
	x /= 5;
	a->edns = x % 3 > 0;
	a->dnssec_ok = x % 3 > 1;
	x /= 3;
	r->ede_cnt = (uint8_t)(x % 3);
	x /= 3;
	r->authentic = x % 2;
	r->truncated = x / 2 % 2;
	r->ede_text = x / 4 % 2 ? text : NULL;
}

static void
every_mix_of_flags_edns_ede_and_sizes_is_what_the_reference_says(void **state)
{
	(void)state;
	static struct records b;
	unsigned cases = 0;

	for (unsigned n = 0; n < 7 * 5 * 3 * 3 * 2 * 2 * 2; n++) {
		struct hf_reply r;
		struct ask a;

		mix(n, &a, &r);
		for (unsigned k = 0; k < 60; k++) {
			unsigned x = n * 60 + k;
			const unsigned cnt[6] = {
			    x % 5, x / 5 % 4, x / 20 % 2, x / 40 % 4, x / 160 % 5, x / 800 % 5};

			records_make(&b, cnt);
			records_into(&b, &r);
			check_one(&a, &r, &b, 512);
			check_one(&a, &r, &b, 35 + (x * 37u) % 500);
			cases += 2;
		}
	}
	assert_true(cases > 100000);
}

/* Around the exact sizes at which each thing is given up. */
static void
each_thing_is_given_up_at_its_octet_and_no_sooner(void **state)
{
	(void)state;
	static const unsigned cnt[][6] = {{0, 0, 0, 0, 0, 0}, {3, 0, 0, 0, 0, 0},
	    {2, 2, 0, 0, 0, 0}, {0, 0, 1, 0, 0, 0}, {1, 0, 0, 2, 2, 2}, {0, 2, 1, 1, 3, 1},
	    {2, 0, 1, 0, 0, 3}, {0, 0, 0, 3, 2, 0}};
	static struct records b;
	const struct ask a = {.flags = 0x0100, .edns = true, .udp_len = 1232};

	for (unsigned i = 0; i < sizeof(cnt) / sizeof(cnt[0]); i++) {
		struct hf_reply r = {
		    .ede_cnt = 1, .ede = {HF_EDE_BOGUS}, .ede_text = "why", .ede_text_len = 3};

		records_make(&b, cnt[i]);
		records_into(&b, &r);
		for (size_t limit = 35; limit < 60u + b.len; limit++)
			check_one(&a, &r, &b, limit);
	}
}

/* A body that was not built by us: no octet beyond it is read, and none of it is used. */
static void
records_that_cannot_be_read_are_left_out_with_tc(void **state)
{
	(void)state;
	const struct ask a = {.flags = 0x0100};
	uint8_t body[600], buf[BUF_LEN];

	for (unsigned fill = 0; fill < 256; fill++) {
		const struct hf_reply r = {
		    .an_cnt = 9, .ns_cnt = 1, .body = body, .body_len = sizeof(body)};
		struct hf_query q = ask_parse(&a, buf);

		memset(body, (int)fill, sizeof(body));
		size_t len = hf_reply_write(buf, BUF_LEN, 512, &q, &r);
		assert_in_range(len, 24, 512);
		assert_int_equal(buf[2] & 0x02, 0x02);
	}
}

static void
the_extra_text_goes_before_the_body_does_and_without_tc(void **state)
{
	(void)state;
	static const uint8_t body[100]; /* fits, so nobody looks into it */
	uint8_t buf[BUF_LEN];
	const struct ask a = {.edns = true, .udp_len = 512};
	const struct hf_reply r = {.an_cnt = 1,
	    .body = body,
	    .body_len = sizeof(body),
	    .ede_cnt = 1,
	    .ede = {HF_EDE_BOGUS},
	    .ede_text = "why",
	    .ede_text_len = 3};
	struct hf_query q = ask_parse(&a, buf);

	/* header 12, question 12, body 100, OPT 11, EDE 6: without the text */
	assert_int_equal(hf_reply_write(buf, BUF_LEN, 143, &q, &r), 141);
	assert_int_equal(buf[2] & 0x02, 0);
	assert_int_equal(buf[7], 1);
}

static void
without_a_readable_question_only_a_header_is_made(void **state)
{
	(void)state;
	uint8_t buf[64] = {0xbe, 0xef, 0x01, 0x10, 0, 2, 0, 3, 0, 4, 0, 5, 63, 1};
	static const uint8_t want[12] = {0xbe, 0xef, 0x81, 0x91, 0, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t body[20];
	const struct hf_reply r = {
	    .rcode = HF_RCODE_FORMERR, .an_cnt = 1, .body = body, .body_len = sizeof(body)};
	struct hf_query q;

	assert_int_equal(hf_query_parse(buf, 14, &q), HF_PARSE_QUESTION);
	assert_int_equal(hf_reply_judge(HF_PARSE_QUESTION, &q), HF_JUDGE_FORMERR);
	assert_int_equal(hf_reply_write(buf, sizeof(buf), 512, &q, &r), 12);
	assert_memory_equal(buf, want, 12);
}

static void
a_buffer_too_small_for_a_question_still_gets_a_header_and_less_gets_nothing(void **state)
{
	(void)state;
	uint8_t buf[64];
	const struct ask a = {.edns = true, .udp_len = 1232};
	const struct hf_reply r = {.rcode = HF_RCODE_BADVERS};

	for (size_t cap = 0; cap < 48; cap++) {
		struct hf_query q = ask_parse(&a, buf);
		size_t len = hf_reply_write(buf, cap, HF_MSG_MAX, &q, &r);

		assert_true(len <= cap);
		assert_int_equal(len, cap < 12 ? 0 : cap < 24 ? 12 : cap < 35 ? 24 : 35);
		if (len == 0)
			continue;
		assert_int_equal(buf[5], len > 12);
		assert_int_equal(buf[11], len == 35);
		assert_int_equal(buf[3] & 15, len == 35 ? 0 : 2); /* 16 needs OPT to be said */
	}
}

static void
badvers_is_said_by_the_opt_in_version_zero(void **state)
{
	(void)state;
	uint8_t buf[64];
	const struct ask a = {.edns = true, .udp_len = 1232, .version = 1, .dnssec_ok = true};
	struct hf_query q = ask_parse(&a, buf);
	const struct hf_reply r = {.rcode = (uint16_t)hf_judge_rcode(HF_JUDGE_BADVERS)};
	static const uint8_t opt[11] = {0, 0, 41, 0x04, 0xd0, 1, 0, 0x80, 0, 0, 0};

	assert_int_equal(hf_reply_judge(HF_PARSE_OK, &q), HF_JUDGE_BADVERS);
	assert_int_equal(hf_reply_write(buf, sizeof(buf), 512, &q, &r), 35);
	assert_int_equal(buf[3] & 15, 0);
	assert_memory_equal(buf + 24, opt, sizeof(opt));
}

static void
more_ede_or_text_than_there_may_be_is_not_written(void **state)
{
	(void)state;
	static const char text[HF_EDE_TEXT_MAX + 1];
	uint8_t buf[BUF_LEN];
	const struct ask a = {.edns = true, .udp_len = 1232};
	struct hf_query q = ask_parse(&a, buf);
	struct hf_reply r = {.ede_cnt = 200, .ede_text = text, .ede_text_len = sizeof(text)};

	assert_int_equal(hf_reply_write(buf, BUF_LEN, 1232, &q, &r), 24 + 11 + 12);
	r.ede_text_len = HF_EDE_TEXT_MAX;
	q = ask_parse(&a, buf);
	assert_int_equal(
	    hf_reply_write(buf, BUF_LEN, 1232, &q, &r), 24 + 11 + 12 + HF_EDE_TEXT_MAX);
	static const uint8_t nsid[HF_REPLY_NSID_MAX + 1], cookie[HF_COOKIE_LEN];

	r.nsid = nsid;
	r.nsid_len = HF_REPLY_NSID_MAX;
	r.cookie = cookie;
	q = ask_parse(&a, buf);
	assert_int_equal(hf_reply_write(buf, BUF_LEN, 1232, &q, &r), 24 + HF_REPLY_OPT_MAX);
	r.nsid_len++; /* too long: none */
	q = ask_parse(&a, buf);
	assert_int_equal(hf_reply_write(buf, BUF_LEN, 1232, &q, &r),
	    24 + 11 + 12 + HF_EDE_TEXT_MAX + HF_REPLY_COOKIE_LEN);
}

static void
the_limit_is_the_lower_of_ours_and_the_clients(void **state)
{
	(void)state;
	static const struct {
		bool edns;
		uint16_t udp_len;
		size_t ours, want;
	} t[] = {
	    {false, 0, 1232, 512},
	    {true, 4096, 1232, 1232},
	    {true, 1000, 1232, 1000},
	    {true, 0, 1232, 512},
	    {true, 511, 1232, 512},
	    {true, 65535, 65535, 65535},
	    {false, 0, 400, 400},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint8_t buf[64];
		const struct ask a = {.edns = t[i].edns, .udp_len = t[i].udp_len};
		struct hf_query q = ask_parse(&a, buf);

		assert_int_equal(hf_reply_limit(&q, t[i].ours), t[i].want);
	}
}

struct judged {
	enum hf_parse parse;
	uint16_t flags;
	int version; /* -1: no EDNS */
	uint16_t klass, type;
	enum hf_judge want;
	unsigned rcode;
};

static const struct judged judged[] = {
    {HF_PARSE_OK, 0x0100, -1, 1, HF_TYPE_A, HF_JUDGE_LOOKUP, 2},
    {HF_PARSE_OK, 0x0000, 0, 1, HF_TYPE_RRSIG, HF_JUDGE_LOOKUP, 2},
    {HF_PARSE_OK, 0x0100, 0, 1, HF_TYPE_ANY, HF_JUDGE_LOOKUP, 2},
    {HF_PARSE_OK, 0x0100, 0, 1, 65280, HF_JUDGE_LOOKUP, 2},
    {HF_PARSE_OK, 0x0100, 0, 1, 127, HF_JUDGE_LOOKUP, 2},
    {HF_PARSE_OK, 0x0100, 0, 1, 256, HF_JUDGE_LOOKUP, 2},
    {HF_PARSE_SHORT, 0x8000, -1, 0, 0, HF_JUDGE_DROP_SHORT, 2},
    {HF_PARSE_OK, 0x8000, -1, 1, HF_TYPE_A, HF_JUDGE_DROP_RESPONSE, 2},
    {HF_PARSE_QUESTION, 0xa800, -1, 1, HF_TYPE_A, HF_JUDGE_DROP_RESPONSE, 2},
    {HF_PARSE_OK, 0x2800, -1, 1, HF_TYPE_SOA, HF_JUDGE_NOTIMP, 4},
    {HF_PARSE_QUESTION, 0x0800, -1, 0, 0, HF_JUDGE_NOTIMP, 4},
    {HF_PARSE_RR, 0x7800, 3, 7, 252, HF_JUDGE_NOTIMP, 4},
    {HF_PARSE_QUESTION, 0x0100, -1, 0, 0, HF_JUDGE_FORMERR, 1},
    {HF_PARSE_RR, 0x0100, 1, 1, 1, HF_JUDGE_FORMERR, 1},
    {HF_PARSE_OPT, 0x0100, 1, 3, 1, HF_JUDGE_FORMERR, 1},
    {HF_PARSE_TRAILING, 0x0100, -1, 1, 1, HF_JUDGE_FORMERR, 1},
    {HF_PARSE_OK, 0x0100, 1, 3, HF_TYPE_AXFR, HF_JUDGE_BADVERS, 16},
    {HF_PARSE_OK, 0x0100, 255, 1, HF_TYPE_A, HF_JUDGE_BADVERS, 16},
    {HF_PARSE_OK, 0x0100, -1, 3, HF_TYPE_TXT, HF_JUDGE_REFUSED, 5},
    {HF_PARSE_OK, 0x0100, -1, 255, HF_TYPE_A, HF_JUDGE_REFUSED, 5},
    {HF_PARSE_OK, 0x0100, -1, 0, HF_TYPE_TSIG, HF_JUDGE_REFUSED, 5},
    {HF_PARSE_OK, 0x0100, -1, 1, HF_TYPE_AXFR, HF_JUDGE_REFUSED, 5},
    {HF_PARSE_OK, 0x0100, -1, 1, HF_TYPE_IXFR, HF_JUDGE_REFUSED, 5},
    {HF_PARSE_OK, 0x0100, -1, 1, HF_TYPE_OPT, HF_JUDGE_NOTIMP, 4},
    {HF_PARSE_OK, 0x0100, -1, 1, HF_TYPE_TSIG, HF_JUDGE_NOTIMP, 4},
    {HF_PARSE_OK, 0x0100, -1, 1, HF_TYPE_TKEY, HF_JUDGE_NOTIMP, 4},
    {HF_PARSE_OK, 0x0100, -1, 1, HF_TYPE_MAILA, HF_JUDGE_NOTIMP, 4},
    {HF_PARSE_OK, 0x0100, -1, 1, HF_TYPE_MAILB, HF_JUDGE_NOTIMP, 4},
    {HF_PARSE_OK, 0x0100, -1, 1, 128, HF_JUDGE_NOTIMP, 4},
    {HF_PARSE_OK, 0x0100, -1, 1, 0, HF_JUDGE_NOTIMP, 4},
};

static void
a_query_with_records_to_answer_it_is_malformed(void **state)
{
	(void)state;
	struct hf_query q = {.question = {.type = HF_TYPE_IXFR, .klass = HF_CLASS_IN}};

	assert_int_equal(hf_reply_judge(HF_PARSE_OK, &q), HF_JUDGE_REFUSED);
	q.h.ns_cnt = 1;
	assert_int_equal(hf_reply_judge(HF_PARSE_OK, &q), HF_JUDGE_FORMERR);
	q.h.ns_cnt = 0;
	q.h.an_cnt = 1;
	assert_int_equal(hf_reply_judge(HF_PARSE_OK, &q), HF_JUDGE_FORMERR);
	q.h.flags = 0x2800; /* an UPDATE has them, and is not done */
	assert_int_equal(hf_reply_judge(HF_PARSE_OK, &q), HF_JUDGE_NOTIMP);
}

static void
who_is_turned_down_is_offered_no_recursion(void **state)
{
	(void)state;
	uint8_t buf[64];
	const struct ask a = {.flags = 0x0100};

	for (unsigned turned_down = 0; turned_down < 2; turned_down++) {
		const struct hf_reply r = {
		    .rcode = HF_RCODE_REFUSED, .turned_down = turned_down != 0};
		struct hf_query q = ask_parse(&a, buf);

		assert_int_equal(hf_reply_write(buf, sizeof(buf), 512, &q, &r), 24);
		assert_int_equal((buf[3] & 0x80) != 0, turned_down == 0);
	}
}

static void
every_query_is_judged_as_the_table_says(void **state)
{
	(void)state;

	for (size_t i = 0; i < sizeof(judged) / sizeof(judged[0]); i++) {
		const struct judged *j = &judged[i];
		struct hf_query q = {0};

		q.h.flags = j->flags;
		q.edns.present = j->version >= 0;
		q.edns.version = (uint8_t)(j->version >= 0 ? j->version : 0);
		q.question.type = j->type;
		q.question.klass = j->klass;
		if (hf_reply_judge(j->parse, &q) != j->want)
			fail_msg("row %zu: %d, not %d", i, hf_reply_judge(j->parse, &q), j->want);
		assert_int_equal(hf_judge_rcode(j->want), j->rcode);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_mix_of_flags_edns_ede_and_sizes_is_what_the_reference_says),
	    cmocka_unit_test(each_thing_is_given_up_at_its_octet_and_no_sooner),
	    cmocka_unit_test(records_that_cannot_be_read_are_left_out_with_tc),
	    cmocka_unit_test(the_extra_text_goes_before_the_body_does_and_without_tc),
	    cmocka_unit_test(without_a_readable_question_only_a_header_is_made),
	    cmocka_unit_test(
		a_buffer_too_small_for_a_question_still_gets_a_header_and_less_gets_nothing),
	    cmocka_unit_test(badvers_is_said_by_the_opt_in_version_zero),
	    cmocka_unit_test(more_ede_or_text_than_there_may_be_is_not_written),
	    cmocka_unit_test(the_limit_is_the_lower_of_ours_and_the_clients),
	    cmocka_unit_test(a_query_with_records_to_answer_it_is_malformed),
	    cmocka_unit_test(who_is_turned_down_is_offered_no_recursion),
	    cmocka_unit_test(every_query_is_judged_as_the_table_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
