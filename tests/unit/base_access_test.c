/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/base/prefix.c and access.c: networks as text, and the longest that fits. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/access.h"

static struct hf_prefix
prefix(const char *text)
{
	struct hf_prefix p;

	assert_int_equal(hf_prefix_from_text(text, &p), 0);
	return p;
}

static enum hf_access_verdict
judge(const struct hf_access *a, const char *text)
{
	struct hf_addr who;

	assert_int_equal(hf_addr_from_text(text, &who), 0);
	return hf_access_judge(a, &who);
}

static void
add(struct hf_access *a, const char *text, enum hf_access_verdict v)
{
	struct hf_prefix p = prefix(text);

	assert_int_equal(hf_access_add(a, &p, v), 0);
}

static void
a_prefix_is_read_and_written_as_it_was(void **state)
{
	(void)state;
	static const char *const good[] = {"0.0.0.0/0", "10.0.0.0/8", "192.0.2.128/25",
	    "192.0.2.1/32", "::/0", "2001:db8::/32", "fe80::/10", "2001:db8::1/128"};
	char text[HF_PREFIX_TEXT_LEN];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct hf_prefix p = prefix(good[i]);

		assert_string_equal(hf_prefix_to_text(&p, text), good[i]);
	}
	assert_int_equal(prefix("192.0.2.1").len, 32);
	assert_int_equal(prefix("2001:db8::1").len, 128);
}

static void
what_is_no_prefix_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "/8", "10/8", "10.0.0.0/", "10.0.0.0/33",
	    "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/ 8", "10.0.0.1/8", "192.0.2.1/31", "::1/127",
	    "::/129", "2001:db8::/16", "192.0.2.1@53", "192.0.2.1@53/32", "name/8",
	    "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee:ffff/1"};
	struct hf_prefix p;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(hf_prefix_from_text(bad[i], &p), -EINVAL);
}

static void
the_longest_prefix_decides_in_whatever_order_they_come(void **state)
{
	(void)state;
	static const struct {
		const char *prefix;
		enum hf_access_verdict v;
	} rules[] = {{"10.0.0.0/8", HF_ACCESS_ALLOW}, {"10.1.0.0/16", HF_ACCESS_REFUSE},
	    {"10.1.2.0/25", HF_ACCESS_DROP}, {"10.1.2.3/32", HF_ACCESS_ALLOW},
	    {"2001:db8::/32", HF_ACCESS_ALLOW}, {"2001:db8:0:100::/56", HF_ACCESS_DROP}};
	enum { RULES = sizeof(rules) / sizeof(rules[0]) };

	for (unsigned turn = 0; turn < RULES; turn++) {
		struct hf_access a = {.others = HF_ACCESS_REFUSE};

		for (unsigned i = 0; i < RULES; i++)
			add(&a, rules[(i + turn) % RULES].prefix, rules[(i + turn) % RULES].v);
		assert_int_equal(judge(&a, "10.2.0.1"), HF_ACCESS_ALLOW);
		assert_int_equal(judge(&a, "10.1.0.1"), HF_ACCESS_REFUSE);
		assert_int_equal(judge(&a, "10.1.2.127"), HF_ACCESS_DROP);
		assert_int_equal(judge(&a, "10.1.2.128"), HF_ACCESS_REFUSE);
		assert_int_equal(judge(&a, "10.1.2.3"), HF_ACCESS_ALLOW);
		assert_int_equal(judge(&a, "::ffff:10.1.2.127"), HF_ACCESS_DROP);
		assert_int_equal(judge(&a, "11.0.0.0"), HF_ACCESS_REFUSE);
		assert_int_equal(judge(&a, "2001:db8:0:1ff::1"), HF_ACCESS_DROP);
		assert_int_equal(judge(&a, "2001:db8:0:200::1"), HF_ACCESS_ALLOW);
		assert_int_equal(judge(&a, "2001:db9::1"), HF_ACCESS_REFUSE);
		hf_access_fini(&a);
	}
}

static void
a_prefix_has_one_rule(void **state)
{
	(void)state;
	struct hf_prefix p = prefix("10.0.0.0/8");
	struct hf_access a = {0};

	add(&a, "10.0.0.0/8", HF_ACCESS_ALLOW);
	assert_int_equal(hf_access_add(&a, &p, HF_ACCESS_DROP), -EEXIST);
	assert_true(hf_access_is_open(&a));
	add(&a, "10.0.0.0/9", HF_ACCESS_DROP);
	assert_false(hf_access_is_open(&a));
	while (a.cnt < HF_ACCESS_MAX) {
		p.len = 32;
		p.octets[2] = (uint8_t)(a.cnt >> 8);
		p.octets[3] = (uint8_t)a.cnt;
		assert_int_equal(hf_access_add(&a, &p, HF_ACCESS_ALLOW), 0);
	}
	p.octets[1] = 9;
	assert_int_equal(hf_access_add(&a, &p, HF_ACCESS_ALLOW), -ENOSPC);
	hf_access_fini(&a);
	a.others = HF_ACCESS_REFUSE;
	assert_false(hf_access_is_open(&a));
}

static void
verdicts_have_their_words(void **state)
{
	(void)state;
	enum hf_access_verdict v;

	for (unsigned i = 0; i < HF_ACCESS_VERDICT_CNT; i++) {
		assert_int_equal(hf_access_verdict_from_text(hf_access_verdict_text(i), &v), 0);
		assert_int_equal(v, i);
	}
	assert_int_equal(hf_access_verdict_from_text("deny", &v), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_prefix_is_read_and_written_as_it_was),
	    cmocka_unit_test(what_is_no_prefix_is_refused),
	    cmocka_unit_test(the_longest_prefix_decides_in_whatever_order_they_come),
	    cmocka_unit_test(a_prefix_has_one_rule),
	    cmocka_unit_test(verdicts_have_their_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
