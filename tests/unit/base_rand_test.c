/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/base/rand.c and clock.c. What is random is only tested for gross
 * errors: a right generator fails one of these less than once in 10^12 runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/rand.h"

static struct hf_rand r;

static void
every_octet_asked_for_is_filled(void **state)
{
	(void)state;
	static const size_t lens[] = {1, 7, 255, 256, 257, 1000};

	hf_rand_init(&r);
	for (unsigned i = 0; i < 6; i++) {
		size_t len = lens[i];
		uint8_t *p = malloc(len), *seen = calloc(1, len);

		assert_non_null(p);
		assert_non_null(seen);
		for (unsigned round = 0; round < 16; round++) {
			memset(p, 0, len);
			hf_rand_bytes(&r, p, len);
			for (size_t k = 0; k < len; k++)
				seen[k] |= p[k];
		}
		for (size_t k = 0; k < len; k++) /* all zero 16 times: 2^-128 */
			assert_true(seen[k] != 0);
		free(p);
		free(seen);
	}
}

static void
what_was_handed_out_is_wiped(void **state)
{
	(void)state;
	static const uint8_t zero[256];
	uint8_t out[100];

	hf_rand_init(&r);
	hf_rand_bytes(&r, out, sizeof(out));
	assert_int_equal(r.used, 100);
	assert_memory_equal(r.block, zero, 100);
	assert_true(memcmp(r.block + 100, zero, 156) != 0);
}

static void
nothing_is_handed_out_twice(void **state)
{
	(void)state;
	static uint64_t v[512];
	struct hf_rand other;

	hf_rand_init(&r);
	hf_rand_init(&other);
	for (unsigned i = 0; i < 512; i++)
		v[i] = hf_rand_u64(i % 2 == 0 ? &r : &other);
	for (unsigned i = 0; i < 512; i++)
		for (unsigned k = 0; k < i; k++)
			assert_true(v[i] != v[k]);
}

static void
below_n_all_values_come_and_none_is_favoured(void **state)
{
	(void)state;
	unsigned seen[7] = {0};

	hf_rand_init(&r);
	for (unsigned i = 0; i < 70000; i++) {
		uint32_t v = hf_rand_below(&r, 7);

		assert_true(v < 7);
		seen[v]++;
	}
	for (unsigned i = 0; i < 7; i++) /* 10 000 expected, 8 sigma are 740 */
		assert_in_range(seen[i], 9260, 10740);
	assert_int_equal(hf_rand_below(&r, 1), 0);
	/* Just above a power of two is where a plain remainder is most unfair. */
	unsigned low = 0;

	for (unsigned i = 0; i < 30000; i++)
		low += hf_rand_below(&r, UINT32_C(3) << 30) < UINT32_C(1) << 30;
	assert_in_range(low, 9300, 10700); /* a remainder would give 15 000 */
}

static void
sixteen_bits_use_both_octets(void **state)
{
	(void)state;
	uint16_t ones = 0, zeros = 0xffff;

	hf_rand_init(&r);
	for (unsigned i = 0; i < 100; i++) {
		uint16_t v = hf_rand_u16(&r);

		ones |= v;
		zeros &= v;
	}
	assert_int_equal(ones, 0xffff);
	assert_int_equal(zeros, 0);
}

static void
the_clocks_run(void **state)
{
	(void)state;
	uint64_t before = hf_clock_mono_ns(), now = before;

	for (unsigned i = 0; i < 100000 && now == before; i++)
		now = hf_clock_mono_ns();
	assert_true(now > before);
	assert_true(hf_clock_wall_s() > INT64_C(1700000000)); /* after November 2023 */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_octet_asked_for_is_filled),
	    cmocka_unit_test(what_was_handed_out_is_wiped),
	    cmocka_unit_test(nothing_is_handed_out_twice),
	    cmocka_unit_test(below_n_all_values_come_and_none_is_favoured),
	    cmocka_unit_test(sixteen_bits_use_both_octets),
	    cmocka_unit_test(the_clocks_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
