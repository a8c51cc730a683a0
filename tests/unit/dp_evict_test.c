/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/evict.c, segments.c and readers.h: the cache when it is full, and when a
 * core stands still. dp_race_test has it with threads. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/dp_table_fixture.h"

/* What a hit does. False: a miss. */
static bool
hit(const struct dp_table *t, const char *name)
{
	struct dp_entry *e = find(t, name);

	if (e != NULL)
		atomic_store_explicit(&e->marks, DP_USED, memory_order_relaxed);
	return e != NULL;
}

/* One line, fresh for a day: number i of a kind. */
static enum dp_insert
insert_nth(struct dp_table *t, const char *kind, unsigned i, uint64_t now_ms)
{
	char text[32];

	snprintf(text, sizeof(text), "%s%u.example.", kind, i);
	const struct fx_answer a = {.name = text, .rr_cnt = 1, .ttl_s = 86400};
	return insert(t, &a, now_ms);
}

static bool
hit_nth(const struct dp_table *t, const char *kind, unsigned i)
{
	char text[32];

	snprintf(text, sizeof(text), "%s%u.example.", kind, i);
	return hit(t, text);
}

static unsigned
count_there(const struct dp_table *t, const char *kind, unsigned cnt)
{
	unsigned there = 0;
	char text[32];

	for (unsigned i = 0; i < cnt; i++) {
		snprintf(text, sizeof(text), "%s%u.example.", kind, i);
		there += find(t, text) != NULL;
	}
	return there;
}

enum { SIZE = 2 << 20, SIZE_LINES = SIZE / DP_LINE_LEN };

static uint64_t
resident(const struct dp_table *t)
{
	static unsigned char in[SIZE / 4096];
	uint64_t pages = 0;

	assert_int_equal(sysconf(_SC_PAGESIZE), 4096);
	assert_int_equal(mincore(t->buckets, SIZE, in), 0);
	for (unsigned i = 0; i < sizeof(in); i++)
		pages += in[i] & 1;
	return pages * 4096;
}

static void
a_full_cache_takes_what_it_may_and_an_empty_one_little(void **state)
{
	(void)state;
	struct dp_table *t = make_table(SIZE);

	(void)madvise(t->buckets, SIZE, MADV_NOHUGEPAGE); /* pages, that can be counted */
	insert_nth(t, "n", 0, 0);
	assert_true(resident(t) <= 64 * 1024);
	for (unsigned i = 0; i < 4 * SIZE_LINES; i++)
		assert_int_equal(insert_nth(t, "n", i, 0) == DP_INSERT_NO_MEMORY, 0);
	assert_true(resident(t) <= SIZE);
	assert_true(resident(t) >= SIZE - SIZE / 20);
	/* of the five sixths that are not buckets nearly all is entries that can be found */
	assert_true(t->octets <= SIZE - SIZE / 6);
	assert_true(t->octets >= (SIZE - SIZE / 6) / 100 * 93);
	assert_true(t->octets == t->entries * DP_LINE_LEN);
	assert_true(count_there(t, "n", 4 * SIZE_LINES) == t->entries);
	assert_true(counters[HF_COUNTER_inserted] - counters[HF_COUNTER_replaced] -
		counters[HF_COUNTER_evicted] ==
	    t->entries);
	assert_true(SIZE / t->entries <= 96); /* octets for each, all included */
	dp_table_destroy(t);
}

static void
names_asked_for_once_do_not_push_out_popular_ones(void **state)
{
	(void)state;
	enum { POPULAR = SIZE_LINES / 2, ONCE = 6 * SIZE_LINES };
	struct dp_table *t = make_table(SIZE);
	unsigned misses = 0;

	for (unsigned i = 0; i < POPULAR; i++)
		insert_nth(t, "p", i, 0);
	for (unsigned i = 0; i < POPULAR; i++)
		assert_true(hit_nth(t, "p", i));
	/* a scan: each popular name is asked for once while half the cache's names come by */
	for (unsigned i = 0; i < ONCE; i++) {
		insert_nth(t, "once", i, 0);
		misses += !hit_nth(t, "p", i % POPULAR);
	}
	assert_true(misses < ONCE / 100);
	assert_true(count_there(t, "p", POPULAR) > POPULAR / 100 * 98);
	dp_table_destroy(t);
}

static void
what_is_no_longer_asked_for_makes_room_in_the_end(void **state)
{
	(void)state;
	enum { CNT = SIZE_LINES / 2 };
	struct dp_table *t = make_table(SIZE);
	char kind[2] = "a";

	for (; kind[0] <= 'f'; kind[0]++) { /* each popular for a while */
		for (unsigned i = 0; i < CNT; i++)
			insert_nth(t, kind, i, 0);
		for (unsigned round = 0; round < 6; round++) {
			for (unsigned i = 0; i < CNT; i++) {
				if (!hit_nth(t, kind, i))
					insert_nth(t, kind, i, 0);
			}
		}
		assert_true(count_there(t, kind, CNT) > CNT / 100 * 95);
	}
	assert_true(count_there(t, "a", CNT) < CNT / 20);
	dp_table_destroy(t);
}

static void
what_is_dead_goes_before_anything_alive(void **state)
{
	(void)state;
	enum { EACH = SIZE_LINES / 8 };
	struct dp_table *t = make_table(SIZE);
	char text[32];

	dp_table_set_window(t, 10000);
	for (unsigned i = 0; i < EACH; i++) {
		for (unsigned k = 0; k < 5; k++) { /* four of five die within a minute */
			snprintf(text, sizeof(text), "%s%u.example.", k == 2 ? "long" : "short",
			    5 * i + k);
			const struct fx_answer a = {.name = text,
			    .rr_cnt = 1,
			    .ttl_s = k == 2 ? 86400 : 50,
			    .flags = HF_ANSWER_STALE};
			insert(t, &a, 0);
		}
	}
	uint64_t evicted = counters[HF_COUNTER_evicted];
	for (unsigned i = 0; i < 3 * EACH; i++)
		insert_nth(t, "new", i, 61000 + i);
	assert_true(counters[HF_COUNTER_evicted] > evicted + EACH);
	unsigned there = 0;
	for (unsigned i = 0; i < EACH; i++) {
		snprintf(text, sizeof(text), "long%u.example.", 5 * i + 2);
		there += find(t, text) != NULL;
	}
	assert_true(there > EACH - EACH / 100); /* a bucket may have been full */
	assert_true(count_there(t, "new", 3 * EACH) > 3 * EACH - EACH / 100);
	dp_table_destroy(t);
}

static void
the_room_of_what_was_replaced_is_won_back(void **state)
{
	(void)state;
	enum { CNT = SIZE_LINES / 2 };
	struct dp_table *t = make_table(SIZE);
	uint64_t seed = 5;

	for (unsigned i = 0; i < CNT; i++)
		insert_nth(t, "n", i, 0);
	for (unsigned i = 0; i < 6 * SIZE_LINES; i++)
		assert_int_equal(
		    insert_nth(t, "n", (unsigned)(fx_random(&seed) % CNT), i), DP_INSERT_REPLACED);
	assert_true(counters[HF_COUNTER_evicted] == 0);
	assert_int_equal(count_there(t, "n", CNT), CNT);
	dp_table_destroy(t);
}

static void
large_answers_and_small_ones_share_the_memory(void **state)
{
	(void)state;
	struct dp_table *t = make_table(SIZE);
	uint64_t seed = 11;
	char text[32];

	for (unsigned i = 0; i < 30000; i++) {
		snprintf(text, sizeof(text), "n%u.example.", i);
		const struct fx_answer a = {.name = text,
		    .rr_cnt = fx_random(&seed) % 8 == 0 ? 190 : (unsigned)(fx_random(&seed) % 5),
		    .ttl_s = 86400};
		assert_int_equal(insert(t, &a, 0), DP_INSERT_NEW);
		assert_non_null(find(t, text));
	}
	assert_true(t->octets >= (SIZE - SIZE / 6) / 100 * 85);
	dp_table_destroy(t);
}

/* --- readers ----------------------------------------------------------------------- */

static void
a_core_that_stands_still_holds_up_nobody_and_sees_nothing_change(void **state)
{
	(void)state;
	enum { CNT = 1000 };
	struct dp_table *t = make_table(SIZE);
	struct dp_entry *seen[CNT];
	static uint8_t was[CNT][DP_LINE_LEN];
	char text[32];

	dp_reader_enter(t->readers, 3);
	for (unsigned i = 0; i < CNT; i++) {
		insert_nth(t, "n", i, 0);
		snprintf(text, sizeof(text), "n%u.example.", i);
		seen[i] = find(t, text);
		memcpy(was[i], seen[i], DP_LINE_LEN);
	}
	unsigned refused = 0;
	for (unsigned i = 0; i < 4 * SIZE_LINES; i++)
		refused += insert_nth(t, "other", i, 0) == DP_INSERT_NO_MEMORY;
	assert_true(refused > 0 && counters[HF_COUNTER_reader_stalled] == refused);
	assert_true(t->segments.retired.cnt > 0);
	assert_true(t->segments.retired.cnt <= t->segments.cnt / 4 + 2);
	for (unsigned i = 0; i < CNT; i++)
		assert_memory_equal(was[i], seen[i], DP_LINE_LEN);
	assert_true(t->octets > SIZE / 2); /* and most of the cache is there */
	dp_reader_quiet(t->readers, 3);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(insert_nth(t, "later", i, 0), DP_INSERT_NEW);
	dp_table_destroy(t);
}

static void
a_core_that_is_away_or_moves_on_keeps_no_memory(void **state)
{
	(void)state;
	struct dp_table *t = make_table(SIZE);

	dp_reader_enter(t->readers, 0);
	dp_reader_enter(t->readers, 1);
	dp_reader_leave(t->readers, 1);
	for (unsigned i = 0; i < 4 * SIZE_LINES; i++) {
		assert_int_equal(insert_nth(t, "n", i, 0), DP_INSERT_NEW);
		if (i % 200 == 0)
			dp_reader_quiet(t->readers, 0);
	}
	assert_true(counters[HF_COUNTER_reader_stalled] == 0);
	dp_table_destroy(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_full_cache_takes_what_it_may_and_an_empty_one_little),
	    cmocka_unit_test(names_asked_for_once_do_not_push_out_popular_ones),
	    cmocka_unit_test(what_is_no_longer_asked_for_makes_room_in_the_end),
	    cmocka_unit_test(what_is_dead_goes_before_anything_alive),
	    cmocka_unit_test(the_room_of_what_was_replaced_is_won_back),
	    cmocka_unit_test(large_answers_and_small_ones_share_the_memory),
	    cmocka_unit_test(a_core_that_stands_still_holds_up_nobody_and_sees_nothing_change),
	    cmocka_unit_test(a_core_that_is_away_or_moves_on_keeps_no_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
