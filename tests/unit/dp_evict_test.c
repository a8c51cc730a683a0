/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/evict.c, segments.c and readers.h: the cache when it is full, and with
 * cores that read while the writer replaces, evicts and uses memory again. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dataplane/table.h"
#include "tests/unit/dp_fixture.h"

static uint64_t counters[HF_COUNTER_CNT];
static struct fx_msg msg;
static struct dp_policy *policy;

static struct dp_table *
make_table(uint64_t octets_max)
{
	memset(counters, 0, sizeof(counters));
	struct dp_table *t = dp_table_create(octets_max, fx_seed, counters);
	assert_non_null(t);
	return t;
}

static enum dp_insert
insert(struct dp_table *t, const struct fx_answer *a, uint64_t now_ms)
{
	fx_make(a, &msg);
	return dp_table_answer(t, policy, &msg.m, &msg.view, now_ms);
}

static struct dp_entry *
find(const struct dp_table *t, const char *name)
{
	struct dp_key key = fx_key(&t->hash, name, HF_TYPE_A, 0);

	return dp_table_find(t, &key);
}

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

enum { SIZE = 4 << 20, SIZE_LINES = SIZE / DP_LINE_LEN };

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
	enum { POPULAR = SIZE_LINES / 2, ONCE = 10 * SIZE_LINES };
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

	for (unsigned i = 0; i < EACH; i++) {
		for (unsigned k = 0; k < 5; k++) { /* four of five die within a minute */
			snprintf(text, sizeof(text), "%s%u.example.", k == 2 ? "long" : "short",
			    5 * i + k);
			const struct fx_answer a = {
			    .name = text, .rr_cnt = 1, .ttl_s = k == 2 ? 86400 : 50, .stale_s = 10};
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
	assert_int_equal(there, EACH);
	assert_int_equal(count_there(t, "new", 3 * EACH), 3 * EACH);
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
	for (unsigned i = 0; i < 10 * SIZE_LINES; i++)
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
		if (i % 1000 == 0)
			dp_reader_quiet(t->readers, 0);
	}
	assert_true(counters[HF_COUNTER_reader_stalled] == 0);
	dp_table_destroy(t);
}

/* Each entry's body is a pattern of its own time; a reader that sees memory used again, a half-made
 * or a swapped entry sees the pattern broken. */
enum { READERS = 2, RACE_NAMES = 1024, RACE_INSERTS = 60000 };
static struct dp_table *race_table;
static struct dp_key race_key[RACE_NAMES];
static _Atomic bool race_over;
static _Atomic uint64_t race_found, race_broken;

/* cmocka's assertions belong to its own thread: the readers count. */
static bool
pattern_holds(const struct dp_entry *e)
{
	unsigned cnt = e->an_cnt_short;

	if (cnt != dp_entry_inserted_ms(e) % 50 || e->body_len != 16 * cnt)
		return false;
	for (unsigned i = 0; i < cnt; i++) {
		if (dp_entry_body(e)[16 * i + 15] != i)
			return false;
	}
	return true;
}

static void
race_burst(uint64_t *seed, uint64_t *found)
{
	for (unsigned i = 0; i < 32; i++) {
		const struct dp_key *key = &race_key[fx_random(seed) % RACE_NAMES];
		struct dp_entry *e = dp_table_find(race_table, key);

		if (e == NULL)
			continue;
		if (!pattern_holds(e) || !dp_entry_has_key(e, &key->o))
			atomic_fetch_add(&race_broken, 1);
		*found += 1;
		if (key - race_key < RACE_NAMES / 8)
			atomic_store_explicit(&e->marks, DP_USED, memory_order_relaxed);
		dp_policy_restricts(policy, e);
	}
}

static void *
race_reader(void *arg)
{
	unsigned id = (unsigned)(uintptr_t)arg;
	uint64_t seed = 1 + id, found = 0;

	dp_reader_enter(race_table->readers, id);
	while (!atomic_load(&race_over)) {
		race_burst(&seed, &found);
		dp_reader_quiet(race_table->readers, id);
		if (fx_random(&seed) % 64 == 0) { /* a nap */
			dp_reader_leave(race_table->readers, id);
			sched_yield();
			dp_reader_enter(race_table->readers, id);
		}
	}
	dp_reader_leave(race_table->readers, id);
	atomic_fetch_add(&race_found, found);
	return NULL;
}

static void
readers_see_whole_entries_while_the_writer_replaces_evicts_and_moves(void **state)
{
	(void)state;
	pthread_t thread[READERS];
	uint64_t seed = 7, refused = 0;
	char text[32];

	race_table = make_table(DP_TABLE_OCTETS_MIN); /* less than the names need */
	for (unsigned i = 0; i < RACE_NAMES; i++) {
		snprintf(text, sizeof(text), "n%u.example.", i);
		race_key[i] = fx_key(&race_table->hash, text, HF_TYPE_A, 0);
	}
	atomic_store(&race_over, false);
	for (uintptr_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, race_reader, (void *)i), 0);
	for (unsigned i = 0; i < RACE_INSERTS; i++) {
		snprintf(
		    text, sizeof(text), "n%u.example.", (unsigned)(fx_random(&seed) % RACE_NAMES));
		const struct fx_answer a = {.name = text, .rr_cnt = i % 50, .ttl_s = 60};
		refused += insert(race_table, &a, i) == DP_INSERT_NO_MEMORY;
	}
	atomic_store(&race_over, true);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(thread[i], NULL);
	/* on a loaded machine a reader may stand still for a while */
	assert_true(refused == counters[HF_COUNTER_reader_stalled] && refused < RACE_INSERTS);
	assert_true(atomic_load(&race_broken) == 0);
	assert_true(counters[HF_COUNTER_evicted] > 0 && counters[HF_COUNTER_replaced] > 0);
	dp_table_destroy(race_table);
}

static int
setup(void **state)
{
	static struct dp_hash hash;

	(void)state;
	dp_hash_init(&hash, fx_seed);
	policy = dp_policy_create_default(&hash);
	return policy == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	dp_policy_free(policy);
	return 0;
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
	    cmocka_unit_test(readers_see_whole_entries_while_the_writer_replaces_evicts_and_moves),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
