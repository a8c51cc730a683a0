/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/wire/usual.h against the long forms that it stands for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/wire/usual.h"

enum { BUF_LEN = 2048, BODY_MAX = 700, ROUND_CNT = 100000 };

static unsigned
below(unsigned n)
{
	return (unsigned)random() % n;
}

static bool
chance(unsigned one_in)
{
	return below(one_in) == 0;
}

static uint8_t *
put16(uint8_t *p, unsigned v)
{
	*p++ = (uint8_t)(v >> 8);
	*p++ = (uint8_t)v;
	return p;
}

/* A query as clients send it: a name of up to 255 octets, OPT or not, options or not. */
static size_t
make_query(uint8_t *buf)
{
	bool opt = !chance(3);
	unsigned labels = below(chance(8) ? 6 : 4);
	uint8_t *p = put16(buf, below(0x10000));

	p = put16(p, below(0x10000) & (chance(4) ? 0xffff : 0x0130));
	for (unsigned i = 0; i < 4; i++)
		p = put16(p, i == 0 || (i == 3 && opt));
	for (unsigned i = 0; i < labels; i++) {
		unsigned len = 1 + below(chance(4) ? 63 : 12);
		*p++ = (uint8_t)len;
		while (len-- > 0)
			*p++ = (uint8_t)random();
	}
	*p++ = 0;
	p = put16(put16(p, chance(9) ? below(0x10000) : HF_TYPE_AAAA), HF_CLASS_IN);
	if (opt) {
		unsigned cookie = chance(2) ? 0 : 8;
		*p++ = 0;
		p = put16(put16(p, HF_TYPE_OPT), below(4096));
		p = put16(put16(p, chance(9) ? below(0x10000) : 0), chance(2) ? HF_EDNS_DO : 0);
		p = put16(p, cookie == 0 ? 0 : 4 + cookie);
		if (cookie != 0)
			p = put16(put16(p, 10), cookie);
		memset(p, 0x5a, cookie);
		p += cookie;
	}
	return (size_t)(p - buf);
}

static size_t
mutate(uint8_t *buf, size_t len)
{
	for (unsigned n = below(4); n > 0; n--)
		buf[below((unsigned)len)] = (uint8_t)random();
	if (chance(6))
		len = below((unsigned)len + 1);
	if (chance(6))
		buf[len++] = 0;
	return len;
}

/* Parse a copy that ends where the message ends: a sanitizer sees what is read behind it.
 * Returns whether the query was usual. */
static bool
is_class_any(const uint8_t *msg, const struct hf_query *q)
{
	return msg[q->question_end - 2] == 0 && msg[q->question_end - 1] == HF_CLASS_ANY;
}

static bool
check_query(const uint8_t *buf, size_t len)
{
	uint8_t *msg = malloc(len + (len == 0));
	struct hf_query quick, slow;

	assert_non_null(msg);
	memcpy(msg, buf, len);
	memset(&quick, 0xee, sizeof(quick));
	memset(&slow, 0x11, sizeof(slow));
	unsigned name_len = hf_usual_query(msg, len, &quick);
	enum hf_parse p = hf_query_parse(msg, len, &slow);

	if (name_len != 0) {
		assert_int_equal(p, HF_PARSE_OK);
		assert_int_equal(name_len, slow.question.name.len);
		assert_memory_equal(msg + HF_HEADER_LEN, slow.question.name.octets, name_len);
		assert_memory_equal(&quick.h, &slow.h, sizeof(slow.h));
		assert_int_equal(quick.question.type, slow.question.type);
		assert_int_equal(quick.question.klass, slow.question.klass);
		assert_int_equal(quick.question_end, slow.question_end);
		assert_int_equal(quick.edns.present, slow.edns.present);
		assert_int_equal(quick.edns.ext_rcode, slow.edns.ext_rcode);
		assert_int_equal(quick.edns.version, slow.edns.version);
		assert_int_equal(quick.edns.dnssec_ok, slow.edns.dnssec_ok);
		assert_int_equal(quick.edns.udp_len, slow.edns.udp_len);
		assert_int_equal(quick.edns.options_off, slow.edns.options_off);
		assert_int_equal(quick.edns.options_len, slow.edns.options_len);
	}
	/* Nothing but class ANY and a record that is no OPT makes a good query unusual. */
	if (p == HF_PARSE_OK && slow.h.an_cnt + slow.h.ns_cnt == 0 &&
	    slow.h.ar_cnt == slow.edns.present && !is_class_any(msg, &slow))
		assert_int_not_equal(name_len, 0);
	free(msg);
	return name_len != 0;
}

static void
a_usual_query_is_read_as_the_long_form_reads_it(void **state)
{
	(void)state;
	unsigned usual = 0;
	uint8_t buf[BUF_LEN];

	srandom(1035);
	for (unsigned i = 0; i < ROUND_CNT; i++)
		usual += check_query(buf, make_query(buf));
	assert_in_range(usual, ROUND_CNT * 9 / 10, ROUND_CNT); /* all but names that are too long */
}

static void
a_damaged_query_is_usual_only_if_the_long_form_takes_it(void **state)
{
	(void)state;
	unsigned usual = 0;
	uint8_t buf[BUF_LEN];

	srandom(9267);
	for (unsigned i = 0; i < ROUND_CNT; i++)
		usual += check_query(buf, mutate(buf, make_query(buf)));
	assert_in_range(usual, ROUND_CNT / 10, ROUND_CNT * 9 / 10);
}

static void
a_query_cut_anywhere_is_not_usual(void **state)
{
	(void)state;
	uint8_t buf[BUF_LEN];

	srandom(6891);
	for (unsigned i = 0; i < 100; i++) {
		size_t len = make_query(buf);
		for (size_t cut = 0; cut < len; cut++)
			assert_false(check_query(buf, cut));
	}
}

static void
make_reply(struct hf_reply *r, const uint8_t *body)
{
	*r = (struct hf_reply){
	    .rcode = (uint16_t)below(chance(9) ? 4096 : 16),
	    .authentic = chance(2),
	    .truncated = chance(20),
	    .ede_cnt = chance(20),
	    .an_cnt = (uint16_t)below(300),
	    .ns_cnt = (uint16_t)below(300),
	    .ar_cnt = (uint16_t)below(300),
	    .body = body,
	    .body_len = (uint16_t)below(chance(2) ? BODY_MAX : 40),
	};
}

/* True when it was usual. */
static bool
check_reply(const uint8_t *query, size_t query_len, const struct hf_reply *r)
{
	uint8_t quick[BUF_LEN], slow[BUF_LEN];
	struct hf_query q;

	if (hf_query_parse(query, query_len, &q) != HF_PARSE_OK)
		return true;
	size_t cap = chance(2) ? BUF_LEN : below(BUF_LEN);
	size_t limit = hf_reply_limit(&q, HF_UDP_EDNS_SEND);

	memset(quick, 0xee, sizeof(quick));
	memcpy(quick, query, query_len);
	memcpy(slow, query, query_len);
	size_t len = hf_usual_reply(quick, cap, limit, &q, r);
	size_t want = hf_reply_write(slow, BUF_LEN, limit, &q, r);
	bool whole =
	    q.question_end + r->body_len + (q.edns.present ? HF_USUAL_OPT_LEN : 0) <= limit;

	for (size_t i = cap > query_len ? cap : query_len; i < BUF_LEN; i++)
		assert_int_equal(quick[i], 0xee); /* nothing behind cap was touched */
	if (len == 0)
		return !whole || cap < want + HF_USUAL_COPY_LEN || r->truncated ||
		    r->ede_cnt != 0 || r->rcode > HF_USUAL_RCODE_MAX;
	assert_int_equal(len, want);
	assert_memory_equal(quick, slow, want);
	return true;
}

static void
a_usual_reply_is_written_as_the_long_form_writes_it(void **state)
{
	(void)state;
	uint8_t query[BUF_LEN], body[BODY_MAX + HF_USUAL_COPY_LEN];
	struct hf_reply r;

	srandom(2181);
	for (unsigned i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)random();
	for (unsigned i = 0; i < ROUND_CNT / 2; i++) {
		size_t len = make_query(query);
		make_reply(&r, body);
		assert_true(check_reply(query, len, &r));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_usual_query_is_read_as_the_long_form_reads_it),
	    cmocka_unit_test(a_damaged_query_is_usual_only_if_the_long_form_takes_it),
	    cmocka_unit_test(a_query_cut_anywhere_is_not_usual),
	    cmocka_unit_test(a_usual_reply_is_written_as_the_long_form_writes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
