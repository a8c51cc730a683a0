/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/link/latency.h and dataplane/latency.h: buckets, and what is read from them,
 * against a sorted list of all that was added. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/latency.h"

static uint64_t seed = 1;

static uint64_t
next_random(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return seed >> 11;
}

/* Of any order of magnitude. */
static uint64_t
some_time(void)
{
	return next_random() >> next_random() % 53;
}

static void
buckets_meet_without_gap_or_overlap(void **state)
{
	(void)state;
	uint64_t from = 0;

	for (unsigned b = 0; b < HF_LATENCY_BUCKET_CNT - 1; b++) {
		uint64_t above = hf_latency_above_ns(b);

		assert_true(above > from);
		assert_int_equal(hf_latency_bucket(from), b);
		assert_int_equal(hf_latency_bucket(above - 1), b);
		assert_int_equal(hf_latency_bucket(above), b + 1);
		if (b > 0)
			assert_true(above - from <= from / 4);
		from = above;
	}
	assert_int_equal(from, UINT64_C(1) << HF_LATENCY_HIGHEST_LOG2);
	assert_int_equal(hf_latency_above_ns(0), 64);
	assert_int_equal(hf_latency_bucket(UINT64_MAX), HF_LATENCY_BUCKET_CNT - 1);
	assert_true(hf_latency_above_ns(HF_LATENCY_BUCKET_CNT - 1) == UINT64_MAX);
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
quantiles_are_those_of_a_sorted_list_rounded_up_by_a_quarter_at_most(void **state)
{
	(void)state;
	static const unsigned permille[] = {0, 1, 10, 500, 900, 990, 999, 1000};
	static uint64_t list[3000];

	for (unsigned round = 0; round < 200; round++) {
		struct hf_latency_row row = {0};
		size_t cnt = 1 + next_random() % 3000;

		for (size_t i = 0; i < cnt; i++) {
			list[i] = some_time() % (UINT64_C(1) << 36);
			row.cnt[hf_latency_bucket(list[i])]++;
			row.max_ns = list[i] > row.max_ns ? list[i] : row.max_ns;
		}
		qsort(list, cnt, sizeof(list[0]), by_value);
		assert_int_equal(hf_latency_total(&row), cnt);
		for (unsigned i = 0; i < sizeof(permille) / sizeof(permille[0]); i++) {
			size_t rank = (cnt * permille[i] + 999) / 1000;
			uint64_t real = list[rank == 0 ? 0 : rank - 1];
			uint64_t got = hf_latency_quantile_ns(&row, permille[i]);

			assert_true(got >= real);
			if (real >= UINT64_C(1) << HF_LATENCY_HIGHEST_LOG2)
				assert_true(got == row.max_ns);
			else
				assert_true(got <= (real < 64 ? 64 : real + real / 4));
		}
		assert_true(hf_latency_quantile_ns(&row, 1000) == list[cnt - 1]);
	}
}

static void
an_empty_row_has_no_quantiles_and_huge_counts_do_not_overflow(void **state)
{
	(void)state;
	struct hf_latency_row row = {0};

	assert_int_equal(hf_latency_quantile_ns(&row, 990), 0);
	row.max_ns = UINT64_MAX;
	row.cnt[0] = UINT64_MAX / 2;
	row.cnt[5] = UINT64_MAX / 2;
	assert_int_equal(hf_latency_quantile_ns(&row, 499), hf_latency_above_ns(0));
	assert_int_equal(hf_latency_quantile_ns(&row, 990), hf_latency_above_ns(5));
	memset(&row, 0xff, sizeof(row)); /* as a lying process may say */
	(void)hf_latency_quantile_ns(&row, 999);
}

static void
rows_of_cores_add_up(void **state)
{
	(void)state;
	struct hf_latency_row a = {.sum_ns = 5, .max_ns = 9, .cnt = {1, 2}};
	const struct hf_latency_row b = {.sum_ns = 7, .max_ns = 8, .cnt = {10, 20, 30}};

	hf_latency_merge(&a, &b);
	assert_int_equal(a.sum_ns, 12);
	assert_int_equal(a.max_ns, 9);
	assert_int_equal(a.cnt[0] + a.cnt[1] + a.cnt[2], 63);
	assert_int_equal(a.cnt[1], 22);
}

static void
ticks_become_nanoseconds_at_any_rate_of_the_counter(void **state)
{
	(void)state;
	static const uint64_t rates[] = {
	    24000000, 1000000000, 2096000000, 2445406000, 5100000000, UINT64_C(10000000000)};

	for (unsigned r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
		static struct dp_latency l;

		memset(&l, 0, sizeof(l));
		dp_latency_init(&l, rates[r]);
		for (unsigned i = 0; i < 2000; i++) {
			uint64_t ns = some_time() % (UINT64_C(1) << 40);
			uint64_t ticks = (uint64_t)((unsigned __int128)ns * rates[r] / HF_NS_PER_S);
			uint64_t before = l.kind[HF_LATENCY_miss].sum_ns;

			dp_latency_add(&l, HF_LATENCY_miss, ticks, 1);
			uint64_t got = l.kind[HF_LATENCY_miss].sum_ns - before;
			assert_true(got <= ns);
			/* a tick and what 32 bits of fraction leave off */
			assert_true(ns - got <= 1 + HF_NS_PER_S / rates[r] + 1 + (ticks >> 31));
		}
		assert_int_equal(hf_latency_total(&l.kind[HF_LATENCY_miss]), 2000);
	}
}

static void
a_burst_is_added_at_once_to_its_kind_alone(void **state)
{
	(void)state;
	static struct dp_latency l;
	struct hf_latency_row seen[HF_LATENCY_CNT];

	dp_latency_init(&l, HF_NS_PER_S);
	dp_latency_add(&l, HF_LATENCY_hit, 1000, 32);
	dp_latency_add(&l, HF_LATENCY_hit, 5000, 2);
	dp_latency_add(&l, HF_LATENCY_stale, 70, 1);
	dp_latency_read(&l, seen);
	assert_int_equal(seen[HF_LATENCY_hit].cnt[hf_latency_bucket(999)], 32);
	assert_int_equal(hf_latency_total(&seen[HF_LATENCY_hit]), 34);
	assert_in_range(seen[HF_LATENCY_hit].sum_ns, 41900, 42000);
	assert_in_range(seen[HF_LATENCY_hit].max_ns, 4999, 5000);
	assert_int_equal(hf_latency_total(&seen[HF_LATENCY_stale]), 1);
	assert_int_equal(hf_latency_total(&seen[HF_LATENCY_miss]), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(buckets_meet_without_gap_or_overlap),
	    cmocka_unit_test(quantiles_are_those_of_a_sorted_list_rounded_up_by_a_quarter_at_most),
	    cmocka_unit_test(an_empty_row_has_no_quantiles_and_huge_counts_do_not_overflow),
	    cmocka_unit_test(rows_of_cores_add_up),
	    cmocka_unit_test(ticks_become_nanoseconds_at_any_rate_of_the_counter),
	    cmocka_unit_test(a_burst_is_added_at_once_to_its_kind_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
