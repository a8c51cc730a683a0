/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/wire/message.c: header, question, records, OPT; RFC 9267's traps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/wire/message.h"

/* A message grows here; parse() hands over a copy of exactly its length. */
static uint8_t msg[70000];
static size_t len;

static void
put(const void *octets, size_t n)
{
	memcpy(msg + len, octets, n);
	len += n;
}

#define PUT(octets) put(octets, sizeof(octets) - 1)

static void
header(unsigned qd, unsigned an, unsigned ns, unsigned ar)
{
	const uint8_t h[] = {0x12, 0x34, 0x01, 0x20, (uint8_t)(qd >> 8), (uint8_t)qd,
	    (uint8_t)(an >> 8), (uint8_t)an, (uint8_t)(ns >> 8), (uint8_t)ns, (uint8_t)(ar >> 8),
	    (uint8_t)ar};

	len = 0;
	put(h, sizeof(h));
}

static void
query(unsigned ar)
{
	header(1, 0, 0, ar);
	PUT("\3wWw\2de\0\0\x1c\0\1");
}

static enum hf_parse
parse(struct hf_query *q)
{
	uint8_t *copy = malloc(len + (len == 0));

	assert_non_null(copy);
	memcpy(copy, msg, len);
	enum hf_parse r = hf_query_parse(copy, len, q);

	free(copy);
	return r;
}

/* Reads all records of msg as a resolver would, and steps over them beside. True when they were
 * all good. */
static bool
walk(unsigned *cnt)
{
	struct hf_cursor c, stepping;
	struct hf_header h;
	struct hf_question q;
	struct hf_walk w, steps;
	struct hf_rr rr, step;
	uint8_t *copy = malloc(len + (len == 0));

	assert_non_null(copy);
	memcpy(copy, msg, len);
	hf_cursor_init(&c, copy, len);
	hf_header_read(&c, &h);
	for (unsigned i = 0; i < h.qd_cnt && hf_cursor_ok(&c); i++)
		hf_question_read(&c, &q);
	hf_walk_init(&w, &c, &h);
	stepping = c;
	hf_walk_init(&steps, &stepping, &h);
	*cnt = 0;
	while (hf_walk_next(&w, &rr)) {
		*cnt += 1;
		assert_true(hf_walk_step(&steps, &step));
		assert_true(step.off == rr.off && step.rdata_off == rr.rdata_off);
		assert_true(step.type == rr.type && step.section == rr.section);
	}
	assert_false(hf_walk_step(&steps, &step));
	assert_int_equal(hf_cursor_ok(&stepping), hf_cursor_ok(&c));
	free(copy);
	return hf_cursor_ok(&c);
}

static void
a_plain_query_is_read(void **state)
{
	(void)state;
	struct hf_query q;

	query(0);
	assert_int_equal(parse(&q), HF_PARSE_OK);
	assert_int_equal(q.h.id, 0x1234);
	assert_int_equal(q.h.flags, HF_FLAG_RD | HF_FLAG_AD);
	assert_int_equal(q.question.type, HF_TYPE_AAAA);
	assert_int_equal(q.question.klass, HF_CLASS_IN);
	assert_int_equal(q.question.name.len, 8);
	assert_memory_equal(q.question.name.octets, "\3wWw\2de", 8);
	assert_int_equal(q.question_end, len);
	assert_false(q.edns.present);
}

static void
class_any_is_read_as_in_and_no_other_class_is(void **state)
{
	(void)state;
	struct hf_query q;

	for (unsigned klass = 0; klass < 256; klass++) {
		query(0);
		msg[len - 1] = (uint8_t)klass;
		assert_int_equal(parse(&q), HF_PARSE_OK);
		assert_int_equal(q.question.klass, klass == HF_CLASS_ANY ? HF_CLASS_IN : klass);
	}
}

static void
an_opt_is_read_with_all_its_fields(void **state)
{
	(void)state;
	struct hf_query q;
	struct hf_option opt;
	uint32_t off;

	query(1);
	PUT("\0\0\x29\x04\xd0\xff\x01\x80\0\0\x0c\0\x0a\0\4cook\0\3\0\0");
	assert_int_equal(parse(&q), HF_PARSE_OK);
	assert_true(q.edns.present);
	assert_true(q.edns.dnssec_ok);
	assert_int_equal(q.edns.udp_len, 1232);
	assert_int_equal(q.edns.ext_rcode, 0xff); /* the TTL rule of RFC 2181 8 is not for OPT */
	assert_int_equal(q.edns.version, 1);
	off = q.edns.options_off;
	assert_true(hf_option_next(msg, &q.edns, &off, &opt));
	assert_int_equal(opt.code, HF_OPTION_COOKIE);
	assert_int_equal(opt.len, 4);
	assert_memory_equal(opt.data, "cook", 4);
	assert_true(hf_option_next(msg, &q.edns, &off, &opt));
	assert_int_equal(opt.code, HF_OPTION_NSID);
	assert_int_equal(opt.len, 0);
	assert_false(hf_option_next(msg, &q.edns, &off, &opt));
	assert_int_equal(off, len);
}

static void
a_small_edns_buffer_reads_as_512(void **state)
{
	(void)state;
	struct hf_query q;

	query(1);
	PUT("\0\0\x29\x00\x10\0\0\0\0\0\0");
	assert_int_equal(parse(&q), HF_PARSE_OK);
	assert_int_equal(q.edns.udp_len, 512);
	assert_false(q.edns.dnssec_ok);
}

static void
every_truncation_of_a_query_is_refused_and_says_where(void **state)
{
	(void)state;
	struct hf_query q;

	query(1);
	size_t question_end = len;

	PUT("\0\0\x29\x04\xd0\0\0\x80\0\0\x08\0\x0a\0\4cook");
	for (size_t whole = len, cut = 0; cut <= whole; cut++) {
		enum hf_parse want = cut < 12 ? HF_PARSE_SHORT
		    : cut < question_end      ? HF_PARSE_QUESTION
		    : cut < whole             ? HF_PARSE_RR
					      : HF_PARSE_OK;

		len = cut;
		memset(&q, 0xa5, sizeof(q));
		assert_int_equal(parse(&q), want);
		assert_int_equal(q.question.name.len, cut < question_end ? 0 : 8);
		assert_int_equal(q.question_end, cut < question_end ? 0 : question_end);
		assert_int_equal(q.edns.present, cut == whole);
		if (cut >= 12)
			assert_int_equal(q.h.id, 0x1234);
	}
}

static void
a_query_has_exactly_one_question(void **state)
{
	(void)state;
	struct hf_query q;

	header(0, 0, 0, 0);
	assert_int_equal(parse(&q), HF_PARSE_QUESTION);
	header(2, 0, 0, 0);
	PUT("\1a\0\0\1\0\1\1b\0\0\1\0\1");
	assert_int_equal(parse(&q), HF_PARSE_QUESTION);
	header(65535, 0, 0, 0);
	PUT("\1a\0\0\1\0\1");
	assert_int_equal(parse(&q), HF_PARSE_QUESTION);
}

static void
compression_in_the_question_of_a_query_is_malformed(void **state)
{
	(void)state;
	struct hf_query q;

	header(1, 0, 0, 0);
	PUT("\1a\xc0\x0b\0\1\0\1"); /* to the zero octet that ends the header */
	assert_int_equal(parse(&q), HF_PARSE_QUESTION);
	assert_int_equal(q.question.name.len, 0);
	assert_int_equal(q.question_end, 0);
}

static void
record_counts_larger_than_the_data_are_refused(void **state)
{
	(void)state;
	struct hf_query q;
	unsigned cnt;

	for (unsigned i = 0; i < 3; i++) {
		header(1, i == 0 ? 65535 : 0, i == 1 ? 65535 : 0, i == 2 ? 65535 : 0);
		PUT("\1a\0\0\1\0\1");
		assert_int_equal(parse(&q), HF_PARSE_RR);
		PUT("\0\0\1\0\1\0\0\0\0\0\0");
		assert_int_equal(parse(&q), HF_PARSE_RR);
		assert_false(walk(&cnt));
		assert_int_equal(cnt, 1);
	}
	header(65535, 0, 0, 0);
	PUT("\1a\0\0\1\0\1");
	assert_false(walk(&cnt));
}

static void
rdlength_past_the_end_is_refused(void **state)
{
	(void)state;
	struct hf_query q;
	unsigned cnt;

	query(1);
	PUT("\0\0\1\0\1\0\0\0\0\0\4\1\2\3");
	assert_int_equal(parse(&q), HF_PARSE_RR);
	assert_false(walk(&cnt));
	assert_int_equal(cnt, 0);
	query(1);
	PUT("\0\0\1\0\1\0\0\0\0\xff\xff\1\2\3");
	assert_int_equal(parse(&q), HF_PARSE_RR);
	assert_false(walk(&cnt));
}

static void
an_rdlength_of_zero_is_stepped_over(void **state)
{
	(void)state;
	struct hf_query q;
	unsigned cnt;

	query(2);
	PUT("\0\0\1\0\1\0\0\0\0\0\0");
	PUT("\1b\xc0\x0c\0\1\0\1\0\0\0\0\0\1x");
	assert_int_equal(parse(&q), HF_PARSE_OK);
	assert_true(walk(&cnt));
	assert_int_equal(cnt, 2);
}

static void
octets_after_the_last_record_are_refused(void **state)
{
	(void)state;
	struct hf_query q;

	query(0);
	PUT("\0");
	assert_int_equal(parse(&q), HF_PARSE_TRAILING);
	assert_int_equal(q.question.type, HF_TYPE_AAAA);
	query(1);
	PUT("\0\0\x29\x04\xd0\0\0\0\0\0\0!");
	assert_int_equal(parse(&q), HF_PARSE_TRAILING);
	assert_true(q.edns.present);
}

static void
an_option_that_overflows_its_opt_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *rdata;
		uint8_t len;
	} bad[] = {
	    {"\0\x0a\0\5cook", 8},
	    {"\0\x0a\xff\xff", 4},
	    {"\0\x0a\0", 3},
	    {"\0\x0a", 2},
	    {"\0", 1},
	    {"\0\x0a\0\4cook\0\x0a\0\1", 12},
	};
	struct hf_query q;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		query(1);
		PUT("\0\0\x29\x04\xd0\0\0\0\0\0");
		put(&bad[i].len, 1);
		put(bad[i].rdata, bad[i].len);
		assert_int_equal(parse(&q), HF_PARSE_RR);
		assert_false(q.edns.present);
	}
}

static void
an_option_length_is_not_believed_when_options_are_walked(void **state)
{
	(void)state;
	struct hf_edns edns = {.present = true, .options_off = 2, .options_len = 6};
	struct hf_option opt = {0};
	uint32_t off = 2;

	len = 0;
	PUT("..\0\x0a\0\3xx");
	assert_false(hf_option_next(msg, &edns, &off, &opt));
	assert_int_equal(off, 2);
	off = 1; /* outside the options on either side */
	assert_false(hf_option_next(msg, &edns, &off, &opt));
	off = 9;
	assert_false(hf_option_next(msg, &edns, &off, &opt));
	off = 2;
	edns.present = false;
	assert_false(hf_option_next(msg, &edns, &off, &opt));
}

static void
two_opts_or_one_in_a_wrong_place_are_refused(void **state)
{
	(void)state;
	struct hf_query q;

	query(2);
	PUT("\0\0\x29\x04\xd0\0\0\0\0\0\0\0\0\x29\x04\xd0\0\0\0\0\0\0");
	assert_int_equal(parse(&q), HF_PARSE_OPT);
	query(1);
	PUT("\1x\0\0\x29\x04\xd0\0\0\0\0\0\0");
	assert_int_equal(parse(&q), HF_PARSE_OPT);
	header(1, 1, 0, 0);
	PUT("\1a\0\0\1\0\1\0\0\x29\x04\xd0\0\0\0\0\0\0");
	assert_int_equal(parse(&q), HF_PARSE_OPT);
	header(1, 0, 1, 0);
	PUT("\1a\0\0\1\0\1\0\0\x29\x04\xd0\0\0\0\0\0\0");
	assert_int_equal(parse(&q), HF_PARSE_OPT);
}

static void
other_records_of_a_query_are_stepped_over(void **state)
{
	(void)state;
	struct hf_query q;

	header(1, 1, 1, 3);
	PUT("\1a\0\0\1\0\1");
	PUT("\1b\xc0\x0c\0\6\0\1\0\0\0\0\0\2xx");
	PUT("\1c\0\0\6\0\1\0\0\0\0\0\0");
	PUT("\1d\0\xff\0\0\1\0\0\0\0\0\1x");
	PUT("\0\0\x29\x10\0\0\0\x80\0\0\0");
	PUT("\1k\0\0\xfa\0\xff\0\0\0\0\0\3xyz"); /* TSIG comes last, RFC 8945 5.1 */
	assert_int_equal(parse(&q), HF_PARSE_OK);
	assert_true(q.edns.present && q.edns.dnssec_ok);
	assert_int_equal(q.edns.udp_len, 4096);
}

static void
records_are_walked_section_by_section(void **state)
{
	(void)state;
	struct hf_cursor c;
	struct hf_header h;
	struct hf_question q;
	struct hf_walk w;
	struct hf_rr rr;

	header(1, 1, 0, 2);
	PUT("\1a\0\0\1\0\1");
	size_t first = len;

	PUT("\xc0\x0c\0\1\0\1\0\1\x51\x80\0\4\1\2\3\4");
	PUT("\1B\xc0\x0c\0\x1c\0\1\x80\0\0\1\0\0");
	PUT("\0\0\x29\x04\xd0\0\0\0\0\0\0");
	hf_cursor_init(&c, msg, len);
	hf_header_read(&c, &h);
	hf_question_read(&c, &q);
	hf_walk_init(&w, &c, &h);

	assert_true(hf_walk_next(&w, &rr));
	assert_int_equal(rr.section, HF_SECTION_ANSWER);
	assert_int_equal(rr.off, first);
	assert_int_equal(rr.ttl, 86400);
	assert_int_equal(rr.ttl_off, first + 6);
	assert_int_equal(rr.rdata_off, first + 12);
	assert_int_equal(rr.rdata_len, 4);
	assert_true(hf_name_equal(&rr.owner, &q.name));

	assert_true(hf_walk_next(&w, &rr));
	assert_int_equal(rr.section, HF_SECTION_ADDITIONAL);
	assert_int_equal(rr.type, HF_TYPE_AAAA);
	assert_int_equal(rr.ttl, 0); /* RFC 2181 8 */
	assert_int_equal(rr.rdata_len, 0);
	assert_memory_equal(rr.owner.octets, "\1B\1a", 5);

	struct hf_edns edns = {0};

	assert_false(hf_edns_from_rr(msg, &rr, &edns));
	assert_true(hf_walk_next(&w, &rr));
	assert_true(hf_edns_from_rr(msg, &rr, &edns));
	assert_int_equal(edns.udp_len, 1232);
	assert_false(hf_walk_next(&w, &rr));
	assert_true(hf_cursor_ok(&c));
	assert_int_equal(c.off, len);
}

static void
the_largest_message_is_walked_to_its_end(void **state)
{
	(void)state;
	unsigned cnt;

	header(1, 5956, 0, 0);
	PUT("\0\0\1\0\1");
	while (len + 11 <= HF_MSG_MAX)
		PUT("\0\0\1\0\1\0\0\0\0\0\0");
	assert_true(walk(&cnt));
	assert_int_equal(cnt, 5956);
}

/* Random mutation: whatever comes in, the parts that come out are inside the message. */
static void
mutated_queries_never_yield_parts_outside_the_message(void **state)
{
	(void)state;
	struct hf_query q;
	unsigned good = 0;

	srandom(9267);
	for (int round = 0; round < 100000; round++) {
		query(1);
		PUT("\0\0\x29\x04\xd0\0\0\x80\0\0\x0c\0\x0a\0\4cook\0\3\0\0");
		for (long n = random() % 4; n > 0; n--)
			msg[(size_t)random() % len] = (uint8_t)random();
		if (random() % 4 == 0)
			len = (size_t)random() % (len + 1);
		if (parse(&q) != HF_PARSE_OK)
			continue;
		good++;
		assert_in_range(q.question.name.len, 1, HF_NAME_MAX);
		assert_int_equal(q.question_end, 12 + q.question.name.len + 4);
		assert_true(q.question_end <= len);
		if (q.edns.present)
			assert_true(q.edns.options_off + q.edns.options_len <= len);
	}
	assert_in_range(good, 1000, 99000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_plain_query_is_read),
	    cmocka_unit_test(class_any_is_read_as_in_and_no_other_class_is),
	    cmocka_unit_test(an_opt_is_read_with_all_its_fields),
	    cmocka_unit_test(a_small_edns_buffer_reads_as_512),
	    cmocka_unit_test(every_truncation_of_a_query_is_refused_and_says_where),
	    cmocka_unit_test(a_query_has_exactly_one_question),
	    cmocka_unit_test(compression_in_the_question_of_a_query_is_malformed),
	    cmocka_unit_test(record_counts_larger_than_the_data_are_refused),
	    cmocka_unit_test(rdlength_past_the_end_is_refused),
	    cmocka_unit_test(an_rdlength_of_zero_is_stepped_over),
	    cmocka_unit_test(octets_after_the_last_record_are_refused),
	    cmocka_unit_test(an_option_that_overflows_its_opt_is_refused),
	    cmocka_unit_test(an_option_length_is_not_believed_when_options_are_walked),
	    cmocka_unit_test(two_opts_or_one_in_a_wrong_place_are_refused),
	    cmocka_unit_test(other_records_of_a_query_are_stepped_over),
	    cmocka_unit_test(records_are_walked_section_by_section),
	    cmocka_unit_test(the_largest_message_is_walked_to_its_end),
	    cmocka_unit_test(mutated_queries_never_yield_parts_outside_the_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
