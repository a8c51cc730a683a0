/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/base/units.c: the grammar of quantities, in tables. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/units.h"

static void
durations_follow_the_grammar(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int rc;
		uint64_t ns;
	} cases[] = {
	    {"30s", 0, 30 * HF_NS_PER_S},
	    {"1800ms", 0, 1800 * HF_NS_PER_MS},
	    {"3h", 0, 10800 * HF_NS_PER_S},
	    {"7d", 0, 604800 * HF_NS_PER_S},
	    {"1w", 0, 604800 * HF_NS_PER_S},
	    {"1h30m", 0, 5400 * HF_NS_PER_S},
	    {"0s", 0, 0},
	    {"1us", 0, 1000},
	    {"1ns", 0, 1},
	    {"1s1ns", 0, HF_NS_PER_S + 1},
	    {"1w1d1h1m1s1ms1us1ns", 0, UINT64_C(694861001001001)},
	    {"18446744073709551615ns", 0, UINT64_MAX},
	    {"18446744073709551616ns", -ERANGE, 0},
	    {"99999999999999999999999s", -ERANGE, 0},
	    {"30501w", -ERANGE, 0},
	    {"18446744073s999ms", -ERANGE, 0},
	    {"99999999999999999999999", -EINVAL, 0},
	    {"99999999999999999999999s1x", -EINVAL, 0},
	    {"", -EINVAL, 0},
	    {"30", -EINVAL, 0},
	    {"s", -EINVAL, 0},
	    {"30 s", -EINVAL, 0},
	    {" 30s", -EINVAL, 0},
	    {"30s ", -EINVAL, 0},
	    {"-30s", -EINVAL, 0},
	    {"+30s", -EINVAL, 0},
	    {"1.5h", -EINVAL, 0},
	    {"30S", -EINVAL, 0},
	    {"30M", -EINVAL, 0},
	    {"30m1h", -EINVAL, 0},
	    {"1h1h", -EINVAL, 0},
	    {"1h30", -EINVAL, 0},
	    {"0x1s", -EINVAL, 0},
	    {"1sec", -EINVAL, 0},
	    {"1y", -EINVAL, 0},
	    {"1m30m", -EINVAL, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t ns = 77;

		if (hf_duration_from_text(cases[i].text, &ns) != cases[i].rc)
			fail_msg("\"%s\"", cases[i].text);
		assert_int_equal(ns, cases[i].rc == 0 ? cases[i].ns : 77);
	}
}

static void
sizes_follow_the_grammar(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int rc;
		uint64_t octets;
	} cases[] = {
	    {"100B", 0, 100},
	    {"64KiB", 0, 65536},
	    {"512MiB", 0, UINT64_C(536870912)},
	    {"3GiB", 0, UINT64_C(3221225472)},
	    {"1TiB", 0, UINT64_C(1) << 40},
	    {"0B", 0, 0},
	    {"16777215TiB", 0, UINT64_C(16777215) << 40},
	    {"16777216TiB", -ERANGE, 0},
	    {"100", -EINVAL, 0},
	    {"1KB", -EINVAL, 0},
	    {"1kib", -EINVAL, 0},
	    {"1K", -EINVAL, 0},
	    {"1M", -EINVAL, 0},
	    {"1MiB1KiB", -EINVAL, 0},
	    {"1.5MiB", -EINVAL, 0},
	    {"-1B", -EINVAL, 0},
	    {"", -EINVAL, 0},
	    {"MiB", -EINVAL, 0},
	    {"1 MiB", -EINVAL, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t octets = 77;

		if (hf_size_from_text(cases[i].text, &octets) != cases[i].rc)
			fail_msg("\"%s\"", cases[i].text);
		assert_int_equal(octets, cases[i].rc == 0 ? cases[i].octets : 77);
	}
}

static void
counts_are_digits_up_to_a_maximum(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t max;
		int rc;
		uint64_t v;
	} cases[] = {
	    {"0", 0, 0, 0},
	    {"65535", 65535, 0, 65535},
	    {"65536", 65535, -ERANGE, 0},
	    {"18446744073709551615", UINT64_MAX, 0, UINT64_MAX},
	    {"18446744073709551616", UINT64_MAX, -ERANGE, 0},
	    {"184467440737095516150", UINT64_MAX, -ERANGE, 0},
	    {"", 9, -EINVAL, 0},
	    {"-1", 9, -EINVAL, 0},
	    {"+1", 9, -EINVAL, 0},
	    {"0x1", 9, -EINVAL, 0},
	    {"1 ", 9, -EINVAL, 0},
	    {" 1", 9, -EINVAL, 0},
	    {"1e3", 9999, -EINVAL, 0},
	    {"99x", 9, -EINVAL, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t v = 77;

		if (hf_uint_from_text(cases[i].text, cases[i].max, &v) != cases[i].rc)
			fail_msg("\"%s\"", cases[i].text);
		assert_int_equal(v, cases[i].rc == 0 ? cases[i].v : 77);
	}
}

static void
booleans_are_six_words(void **state)
{
	(void)state;
	static const char *const yes[] = {"true", "yes", "on"};
	static const char *const no[] = {"false", "no", "off"};
	static const char *const bad[] = {"", "True", "YES", "1", "0", "y", "n", "no.", "on ", "t"};
	bool v;

	for (unsigned i = 0; i < 3; i++) {
		v = false;
		assert_int_equal(hf_bool_from_text(yes[i], &v), 0);
		assert_true(v);
		assert_int_equal(hf_bool_from_text(no[i], &v), 0);
		assert_false(v);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		v = true;
		assert_int_equal(hf_bool_from_text(bad[i], &v), -EINVAL);
		assert_true(v);
	}
}

static void
quantities_are_printed_short(void **state)
{
	(void)state;
	static const struct {
		uint64_t v;
		const char *duration, *size;
	} cases[] = {
	    {0, "0s", "0B"},
	    {10800 * HF_NS_PER_S, "3h", NULL},
	    {5400 * HF_NS_PER_S, "90m", NULL},
	    {604800 * HF_NS_PER_S, "1w", NULL},
	    {86401 * HF_NS_PER_S, "1d1s", NULL},
	    {1800 * HF_NS_PER_MS, "1800ms", NULL},
	    {60 * HF_NS_PER_S, "1m", NULL},
	    {UINT64_MAX, "18446744073709551615ns", "18446744073709551615B"},
	    {512 << 20, NULL, "512MiB"},
	    {1536, NULL, "1536B"},
	    {3 << 10, NULL, "3KiB"},
	    {UINT64_C(5) << 40, NULL, "5TiB"},
	    {UINT64_C(1025) << 30, NULL, "1025GiB"},
	};
	char buf[HF_UNITS_TEXT_LEN];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].duration != NULL)
			assert_string_equal(
			    hf_duration_to_text(cases[i].v, buf), cases[i].duration);
		if (cases[i].size != NULL)
			assert_string_equal(hf_size_to_text(cases[i].v, buf), cases[i].size);
	}
}

static void
printed_quantities_read_back_as_the_same(void **state)
{
	(void)state;
	char buf[HF_UNITS_TEXT_LEN];

	srandom(30);
	for (int round = 0; round < 2000; round++) {
		uint64_t v = (uint64_t)random() << 33 ^ (uint64_t)random();
		uint64_t again = ~v;

		v >>= random() % 64;
		if (random() % 2 == 0 && v < UINT64_MAX / HF_NS_PER_S)
			v *= HF_NS_PER_S;
		assert_int_equal(hf_duration_from_text(hf_duration_to_text(v, buf), &again), 0);
		assert_int_equal(again, v);
		again = ~v;
		assert_int_equal(hf_size_from_text(hf_size_to_text(v, buf), &again), 0);
		assert_int_equal(again, v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(durations_follow_the_grammar),
	    cmocka_unit_test(sizes_follow_the_grammar),
	    cmocka_unit_test(counts_are_digits_up_to_a_maximum),
	    cmocka_unit_test(booleans_are_six_words),
	    cmocka_unit_test(quantities_are_printed_short),
	    cmocka_unit_test(printed_quantities_read_back_as_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
