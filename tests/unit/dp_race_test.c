/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of the cache with cores that read while the writer replaces, evicts, moves and uses
 * memory again: what each finds is held against a naive model, what was inserted last. Made for
 * SAN=tsan, too. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#include "dataplane/table.h"
#include "tests/unit/dp_fixture.h"

enum {
	READERS = 2,
	NAMES = 1024,
	POPULAR = NAMES / 8, /* hit whenever they are seen: they are moved, not dropped */
	INSERTS = 15000,
	BURST = 32,
	RR_MAX = 50,
};

static uint64_t counters[HF_COUNTER_CNT];
static struct dp_policy *policy;
static struct dp_table *table;
static struct dp_key key[NAMES];
static _Atomic bool over;
static _Atomic uint64_t found, broken, outdated;

/* The model: the time of a name's answer, stored before it is inserted, and after. */
static _Atomic uint64_t begun[NAMES], done[NAMES];

/* Each body is a pattern of the answer's time: memory used again or half written breaks it. */
static bool
is_whole(const struct dp_entry *e, unsigned i)
{
	unsigned cnt = e->an_cnt_short;

	if (!dp_entry_has_key(e, &key[i].o) || cnt != dp_entry_inserted_ms(e) % RR_MAX ||
	    e->body_len != 16 * cnt)
		return false;
	for (unsigned r = 0; r < cnt; r++) {
		if (dp_entry_body(e)[16 * r + 15] != r)
			return false;
	}
	return true;
}

/* cmocka's assertions belong to its own thread: the readers count. */
static void
look_up(unsigned i)
{
	uint64_t least = atomic_load(&done[i]);
	struct dp_entry *e = dp_table_find(table, &key[i]);

	if (e == NULL)
		return;
	uint64_t ms = dp_entry_inserted_ms(e);
	atomic_fetch_add_explicit(&found, 1, memory_order_relaxed);
	if (!is_whole(e, i))
		atomic_fetch_add(&broken, 1);
	if (ms < least || ms > atomic_load(&begun[i]))
		atomic_fetch_add(&outdated, 1);
	if (i < POPULAR)
		atomic_store_explicit(&e->marks, DP_USED, memory_order_relaxed);
	dp_policy_restricts(policy, e);
}

static void *
reader(void *arg)
{
	unsigned id = (unsigned)(uintptr_t)arg;
	uint64_t seed = 1 + id;

	dp_reader_enter(table->readers, id);
	while (!atomic_load(&over)) {
		for (unsigned i = 0; i < BURST; i++)
			look_up((unsigned)(fx_random(&seed) % NAMES));
		dp_reader_quiet(table->readers, id);
		if (fx_random(&seed) % 64 == 0) { /* a nap */
			dp_reader_leave(table->readers, id);
			sched_yield();
			dp_reader_enter(table->readers, id);
		}
	}
	dp_reader_leave(table->readers, id);
	return NULL;
}

static uint64_t
write_all(void)
{
	static struct fx_msg msg;
	uint64_t seed = 7, refused = 0;
	char text[32];

	for (uint64_t ms = 1; ms <= INSERTS; ms++) {
		unsigned i = (unsigned)(fx_random(&seed) % NAMES);
		snprintf(text, sizeof(text), "n%u.example.", i);
		const struct fx_answer a = {.name = text, .rr_cnt = ms % RR_MAX, .ttl_s = 20};

		fx_make(&a, &msg);
		atomic_store(&begun[i], ms);
		if (dp_table_answer(table, policy, &msg.m, &msg.view, ms) == DP_INSERT_NO_MEMORY)
			refused++;
		else
			atomic_store(&done[i], ms);
	}
	return refused;
}

static void
readers_find_what_was_inserted_last_or_nothing(void **state)
{
	(void)state;
	pthread_t thread[READERS];
	char text[32];

	table = dp_table_create(DP_TABLE_OCTETS_MIN, fx_seed, counters); /* a quarter of it all */
	assert_non_null(table);
	policy = dp_policy_create_default(&table->hash);
	assert_non_null(policy);
	for (unsigned i = 0; i < NAMES; i++) {
		snprintf(text, sizeof(text), "n%u.example.", i);
		key[i] = fx_key(&table->hash, text, HF_TYPE_A, 0);
	}
	for (uintptr_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, reader, (void *)i), 0);
	uint64_t refused = write_all();
	while (atomic_load(&found) < 1000)
		sched_yield();
	atomic_store(&over, true);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(thread[i], NULL);
	/* on a loaded machine a reader may stand still for a while */
	assert_true(refused == counters[HF_COUNTER_reader_stalled] && refused < INSERTS);
	assert_true(atomic_load(&broken) == 0);
	assert_true(atomic_load(&outdated) == 0);
	assert_true(counters[HF_COUNTER_evicted] > 0 && counters[HF_COUNTER_replaced] > 0);
	dp_policy_free(policy);
	dp_table_destroy(table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(readers_find_what_was_inserted_last_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
