/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/bucket.c: rates, and the table beside buckets that are never forgotten. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dataplane/bucket.h"
#include "lib/base/clock.h"

static const uint8_t seed[64] = {1, 2, 3, 5, 8, 13, 21, 34, 55, 89};
static struct dp_buckets table;

static void
make(uint32_t cnt, uint32_t fastest)
{
	assert_int_equal(dp_buckets_init(&table, cnt, fastest, seed), 0);
}

static int
teardown(void **state)
{
	(void)state;
	dp_buckets_fini(&table);
	return 0;
}

static bool
take(uint64_t id, const struct dp_rate *rate, uint64_t now_ns)
{
	struct dp_spot spot;

	dp_buckets_aim(&table, &id, 1, &spot);
	return dp_bucket_take(&table, spot, rate, dp_buckets_now(&table, now_ns));
}

static uint64_t
random64(void)
{
	return (uint64_t)random() << 62 ^ (uint64_t)random() << 31 ^ (uint64_t)random();
}

static void
a_bucket_gives_its_burst_then_its_rate(void **state)
{
	(void)state;
	static const uint32_t rates[] = {1, 7, 100, 3000, 999983, DP_BUCKET_PER_S_MAX};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		uint64_t start = random64() >> 16, taken = 0;
		uint32_t per_s = rates[i];
		struct dp_rate rate;

		make(64, per_s);
		rate = dp_buckets_rate(&table, per_s, per_s < 50 ? per_s : 50);
		while (take(4, &rate, start))
			taken++;
		assert_int_equal(taken, per_s < 50 ? per_s : 50);
		taken = 0;
		uint64_t step =
		    HF_NS_PER_S / per_s / 3 + 1; /* three tries for each that flows in */
		for (uint64_t n = 0; n < 3000; n++)
			taken += take(4, &rate, start + n * step);
		assert_in_range(taken, 985, 1010);
		dp_buckets_fini(&table);
	}
	make(8, 1);
}

static void
a_slower_rate_in_the_same_table_is_as_slow_as_it_says(void **state)
{
	(void)state;
	struct dp_rate slow, fast;
	unsigned taken = 0;

	make(64, 1000);
	fast = dp_buckets_rate(&table, 1000, 1000);
	slow = dp_buckets_rate(&table, 3, 6);
	for (unsigned i = 0; i < 100; i++) {
		assert_true(take(1, &fast, 0));
		taken += take(2, &slow, 0);
	}
	assert_int_equal(taken, 6);
	for (uint64_t ms = 1; ms <= 10000; ms += 10)
		taken += take(2, &slow, ms * HF_NS_PER_MS);
	assert_in_range(taken, 6 + 29, 6 + 31);
}

static void
what_is_asked_over_the_limit_costs_nothing(void **state)
{
	(void)state;
	struct dp_rate rate;

	make(64, 10);
	rate = dp_buckets_rate(&table, 10, 1);
	assert_true(take(9, &rate, 0));
	for (unsigned i = 0; i < 1000; i++)
		assert_false(take(9, &rate, 50 * HF_NS_PER_MS));
	assert_true(take(9, &rate, 101 * HF_NS_PER_MS));
}

static void
a_burst_beyond_a_minute_is_cut_and_none_is_one(void **state)
{
	(void)state;
	struct dp_rate rate;

	make(64, 10);
	rate = dp_buckets_rate(&table, 10, UINT64_MAX);
	assert_int_equal(rate.depth / rate.cost, 600);
	rate = dp_buckets_rate(&table, 10, 0);
	assert_int_equal(rate.depth / rate.cost, 1);
	assert_int_equal(dp_buckets_rate(&table, 0, 5).cost, 0);
}

static void
rates_and_sizes_out_of_range_are_refused(void **state)
{
	(void)state;
	struct dp_buckets b;

	assert_int_equal(dp_buckets_init(&b, 0, 1, seed), -EINVAL);
	assert_int_equal(dp_buckets_init(&b, 8, 0, seed), -EINVAL);
	assert_int_equal(dp_buckets_init(&b, 8, DP_BUCKET_PER_S_MAX + 1, seed), -EINVAL);
	make(8, 1);
}

/* Without AES-NI the same ids go elsewhere, as evenly; never by a key that is known. */
static void
ids_are_spread_by_a_key_with_and_without_aes(void **state)
{
	(void)state;
	enum { IDS = 1 << 16, SETS = 256 };
	uint8_t other[64];

	memcpy(other, seed, sizeof(other));
	other[0] ^= 1;
	for (unsigned portable = 0; portable < 2; portable++) {
		unsigned cnt[SETS] = {0}, same = 0;
		struct dp_buckets rekeyed;

		make(SETS * DP_BUCKET_WAYS, 1);
		assert_int_equal(dp_buckets_init(&rekeyed, SETS * DP_BUCKET_WAYS, 1, other), 0);
		if (portable != 0)
			table.hash.aes = rekeyed.hash.aes = false;
		for (uint64_t id = 0; id < IDS; id++) {
			struct dp_spot a, b;

			dp_buckets_aim(&table, &id, 1, &a);
			dp_buckets_aim(&rekeyed, &id, 1, &b);
			cnt[a.set]++;
			same += a.set == b.set;
		}
		for (unsigned i = 0; i < SETS; i++)
			assert_in_range(cnt[i], IDS / SETS * 3 / 4, IDS / SETS * 5 / 4);
		assert_in_range(same, 0, 2 * IDS / SETS);
		dp_buckets_fini(&rekeyed);
		dp_buckets_fini(&table);
	}
	make(8, 1);
}

/* --- beside a naive model: a bucket for everybody, never forgotten -------------------------- */

enum { CLIENTS = 4096 };
static struct {
	uint64_t tokens, last; /* in units */
} model[CLIENTS];

static bool
model_take(uint64_t id, const struct dp_rate *rate, uint64_t now_ns)
{
	uint64_t now = dp_buckets_now(&table, now_ns);

	model[id].tokens += now - model[id].last;
	model[id].last = now;
	if (model[id].tokens > rate->depth)
		model[id].tokens = rate->depth;
	if (model[id].tokens < rate->cost)
		return false;
	model[id].tokens -= rate->cost;
	return true;
}

static void
model_fill(const struct dp_rate *rate, uint64_t now_ns)
{
	for (size_t i = 0; i < CLIENTS; i++) {
		model[i].tokens = rate->depth;
		model[i].last = dp_buckets_now(&table, now_ns);
	}
}

static void
clients_that_have_room_get_what_exact_buckets_give(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		uint32_t per_s = 1 + (uint32_t)random() % 5000;
		uint64_t now_ns = random64() >> 8; /* any place of the wrap */
		struct dp_rate rate;
		unsigned given = 0;

		make(1 << 16, per_s);
		rate = dp_buckets_rate(&table, per_s, 1 + (uint64_t)random() % (3 * per_s));
		model_fill(&rate, now_ns);
		for (unsigned n = 0; n < 100000; n++) {
			uint64_t id = (uint64_t)random() % 200;
			bool want = model_take(id, &rate, now_ns);

			assert_int_equal(take(id, &rate, now_ns), want);
			given += want;
			if (random() % 8 == 0)
				now_ns += random64() % (HF_NS_PER_S / per_s / 8 + 1);
		}
		assert_true(given > 200);
		dp_buckets_fini(&table);
	}
	make(8, 1);
}

static void
a_table_too_small_forgets_but_is_never_stricter(void **state)
{
	(void)state;
	struct dp_rate rate;
	uint64_t now_ns = 0;
	unsigned wrong = 0, given = 0, exact = 0;

	make(512, 100);
	rate = dp_buckets_rate(&table, 100, 10);
	model_fill(&rate, 0);
	for (unsigned n = 0; n < 400000; n++) {
		/* a few ask all the time, thousands now and then */
		uint64_t id = (uint64_t)random() % (random() % 2 == 0 ? 40 : CLIENTS);
		bool want = model_take(id, &rate, now_ns), got = take(id, &rate, now_ns);

		/* what the table gave and the model did not, leaves the model behind */
		if (got && !want)
			model[id].tokens = 0;
		wrong += want && !got;
		given += got;
		exact += want;
		now_ns += 20000;
	}
	assert_in_range(wrong, 0, 5); /* ids that share a tag in a set: 8 in 2^24 */
	assert_true(given >= exact && given < exact + exact / 10);
}

static void
a_bucket_of_long_ago_is_full_whatever_the_clock_wrapped_to(void **state)
{
	(void)state;
	struct dp_rate rate;
	uint64_t wrap_ns, units;

	make(DP_BUCKET_WAYS, 1000);
	rate = dp_buckets_rate(&table, 1000, 1000);
	units = UINT64_C(1) << DP_BUCKET_TAG_SHIFT;
	for (uint64_t part = 1; part <= 64; part++) {
		uint64_t later = part < 64 ? units / 64 * part : units - 10 * rate.depth;

		wrap_ns = later / table.units_per_s * HF_NS_PER_S;
		for (unsigned i = 0; i < 1000; i++)
			assert_true(take(part, &rate, HF_NS_PER_S));
		for (unsigned i = 0; i < 1000; i++)
			assert_true(take(part, &rate, HF_NS_PER_S + wrap_ns));
		dp_buckets_fini(&table);
		make(DP_BUCKET_WAYS, 1000);
		rate = dp_buckets_rate(&table, 1000, 1000);
	}
}

/* One set, all of it owed: whoever owes least is forgotten, and nobody pays for him. */
static void
a_newcomer_takes_the_fullest_place_and_starts_full(void **state)
{
	(void)state;
	struct dp_rate rate;

	make(DP_BUCKET_WAYS, 10);
	rate = dp_buckets_rate(&table, 10, 10);
	for (uint64_t id = 1; id <= DP_BUCKET_WAYS; id++)
		for (unsigned i = 0; i < (id == 5 ? 9 : 10); i++)
			assert_true(take(id, &rate, 0));
	for (unsigned i = 0; i < 10; i++)
		assert_true(take(100, &rate, 0));
	assert_false(take(100, &rate, 0));
	for (uint64_t id = 1; id <= DP_BUCKET_WAYS; id++)
		if (id != 5)
			assert_false(take(id, &rate, 0));
}

static void
a_flooder_stays_known_among_a_million_forged_senders(void **state)
{
	(void)state;
	enum { SENDERS = 1000000, FLOODERS = 16 };
	struct dp_rate rate;
	uint64_t now_ns = 0;
	unsigned flooder = 0, forged = 0;
	const struct dp_bucket_set *sets;
	uint32_t set_cnt;

	make(1 << 14, 100);
	sets = table.sets;
	set_cnt = table.set_cnt;
	rate = dp_buckets_rate(&table, 100, 100);
	for (uint64_t n = 0; n < SENDERS; n++) { /* a million in a second */
		forged += take(UINT64_C(1) << 40 | n, &rate, now_ns);
		flooder += take(n % FLOODERS, &rate, now_ns);
		now_ns += 1000;
	}
	assert_int_equal(forged, SENDERS);
	assert_in_range(flooder, FLOODERS * 200 - FLOODERS, FLOODERS * 203);
	assert_ptr_equal(table.sets, sets);
	assert_int_equal(table.set_cnt, set_cnt);
}

/* Else those who share a set would push out one another at every query. */
static void
of_full_places_a_newcomer_takes_the_one_that_was_longest_so(void **state)
{
	(void)state;
	struct dp_rate rate;
	uint64_t now_ns = HF_NS_PER_S;

	make(DP_BUCKET_WAYS, 1000); /* one set */
	rate = dp_buckets_rate(&table, 1000, 1000);
	for (uint64_t id = 0; id < 100; id++, now_ns += HF_NS_PER_S)
		assert_true(take(id, &rate, now_ns));
	for (uint64_t id = 100 - DP_BUCKET_WAYS; id < 100; id++) {
		struct dp_spot spot;

		dp_buckets_aim(&table, &id, 1, &spot);
		assert_int_not_equal(dp_buckets_match(table.sets, spot.tag), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(a_bucket_gives_its_burst_then_its_rate, teardown),
	    cmocka_unit_test_teardown(
		a_slower_rate_in_the_same_table_is_as_slow_as_it_says, teardown),
	    cmocka_unit_test_teardown(what_is_asked_over_the_limit_costs_nothing, teardown),
	    cmocka_unit_test_teardown(a_burst_beyond_a_minute_is_cut_and_none_is_one, teardown),
	    cmocka_unit_test_teardown(rates_and_sizes_out_of_range_are_refused, teardown),
	    cmocka_unit_test_teardown(ids_are_spread_by_a_key_with_and_without_aes, teardown),
	    cmocka_unit_test_teardown(clients_that_have_room_get_what_exact_buckets_give, teardown),
	    cmocka_unit_test_teardown(a_table_too_small_forgets_but_is_never_stricter, teardown),
	    cmocka_unit_test_teardown(
		a_bucket_of_long_ago_is_full_whatever_the_clock_wrapped_to, teardown),
	    cmocka_unit_test_teardown(a_newcomer_takes_the_fullest_place_and_starts_full, teardown),
	    cmocka_unit_test_teardown(
		a_flooder_stays_known_among_a_million_forged_senders, teardown),
	    cmocka_unit_test_teardown(
		of_full_places_a_newcomer_takes_the_one_that_was_longest_so, teardown),
	};

	srandom(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
