/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/table.c, alone and against a naive model. dp_evict_test has it full, and
 * with readers. */
#include <stdio.h>

#include "tests/unit/dp_table_fixture.h"

static void
what_was_inserted_is_found_and_nothing_else(void **state)
{
	(void)state;
	struct dp_table *t = make_table(1 << 20);
	const struct fx_answer a = {.name = "www.example.", .rr_cnt = 1, .ttl_s = 60};

	assert_null(find(t, "www.example."));
	assert_int_equal(insert(t, &a, 0), DP_INSERT_NEW);
	assert_non_null(find(t, "WWW.example."));
	assert_null(find(t, "www2.example."));
	struct dp_key key = fx_key(&t->hash, "www.example.", HF_TYPE_A, HF_VARIANT_DO);
	assert_null(dp_table_find(t, &key));
	dp_table_destroy(t);
}

static void
an_entry_takes_the_place_of_the_one_before(void **state)
{
	(void)state;
	struct dp_table *t = make_table(1 << 20);
	const struct fx_answer a = {.name = "a.", .rr_cnt = 1, .ttl_s = 60};
	const struct fx_answer b = {.name = "a.", .rr_cnt = 20, .ttl_s = 60};

	insert(t, &a, 0);
	struct dp_entry *old = find(t, "a.");
	assert_int_equal(insert(t, &b, 0), DP_INSERT_REPLACED);
	assert_int_equal(old->an_cnt_short, 1); /* a core may still read it */
	assert_int_equal(find(t, "a.")->an_cnt_short, 20);
	assert_true(t->entries == 1 && t->octets == dp_entry_octets(find(t, "a.")));
	dp_table_destroy(t);
}

static void
tags_are_compared_eight_at_a_time_as_one_by_one(void **state)
{
	(void)state;
	static struct dp_bucket b;
	uint64_t seed = 99;

	for (unsigned i = 0; i < 20000; i++) {
		uint64_t hash = fx_random(&seed);
		unsigned want = 0;

		for (unsigned s = 0; s < DP_BUCKET_SLOTS; s++) {
			uint64_t word = fx_random(&seed) * (fx_random(&seed) % 4 != 0);
			if (fx_random(&seed) % 4 == 0)
				word ^= (word ^ hash) >> 49 << 49;
			if (fx_random(&seed) % 4 == 0)
				word ^= UINT64_C(1) << fx_random(&seed) % 64;
			want |= (unsigned)(word >> 49 == hash >> 49) << s;
			atomic_store(&b.word[s], word);
		}
		assert_int_equal(dp_bucket_match(&b, hash), want);
	}
	for (unsigned s = 0; s < DP_BUCKET_SLOTS; s++) /* tag 0 is a tag, and a free slot none */
		atomic_store(&b.word[s], s == 6 ? 1 << 7 | 1 : 0);
	assert_true(dp_bucket_peek(&b, 5) == (1 << 7 | 1));
	atomic_store(&b.word[6], 0);
	assert_true(dp_bucket_peek(&b, 5) == 0);
}

#define ONE_HASH UINT64_C(0x1234567800000001)

/* Two names whose hashes agree wherever the table looks: only the name tells them apart. */
static void
names_with_one_tag_and_one_bucket_are_told_apart(void **state)
{
	(void)state;
	struct dp_table *t = make_table(1 << 20);
	char text[32];

	for (unsigned i = 0; i < 2 * DP_BUCKET_SLOTS; i++) {
		snprintf(text, sizeof(text), "n%u.", i);
		const struct fx_answer a = {.name = text, .rr_cnt = i, .ttl_s = 60};
		fx_make(&a, &msg);
		dp_entry_make(dp_table_scratch(t), &msg.m, &msg.view, 0);
		assert_int_equal(
		    dp_table_insert(t, dp_table_scratch(t), ONE_HASH, 0), DP_INSERT_NEW);
	}
	assert_true(t->entries == 2 * DP_BUCKET_SLOTS);
	for (unsigned i = 0; i <= 2 * DP_BUCKET_SLOTS; i++) {
		snprintf(text, sizeof(text), "n%u.", i);
		struct dp_key key = fx_key(&t->hash, text, HF_TYPE_A, 0);
		key.hash = ONE_HASH;
		struct dp_entry *e = dp_table_find(t, &key);
		if (i == 2 * DP_BUCKET_SLOTS)
			assert_null(e);
		else
			assert_int_equal(e->an_cnt_short, i);
	}
	dp_table_destroy(t);
}

static struct dp_entry *
find_hashed(struct dp_table *t, unsigned i)
{
	char text[32];

	snprintf(text, sizeof(text), "n%u.", i);
	struct dp_key key = fx_key(&t->hash, text, HF_TYPE_A, 0);
	key.hash = ONE_HASH;
	return dp_table_find(t, &key);
}

static struct dp_entry *
insert_hashed(struct dp_table *t, unsigned i, uint32_t ttl_s, uint64_t now_ms)
{
	char text[32];

	snprintf(text, sizeof(text), "n%u.", i);
	const struct fx_answer a = {.name = text, .ttl_s = ttl_s};
	fx_make(&a, &msg);
	dp_entry_make(dp_table_scratch(t), &msg.m, &msg.view, now_ms);
	dp_table_insert(t, dp_table_scratch(t), ONE_HASH, now_ms);
	return find_hashed(t, i);
}

static bool
is_there(struct dp_table *t, unsigned i)
{
	return find_hashed(t, i) != NULL;
}

static void
full_buckets_lose_the_dead_then_the_unused(void **state)
{
	(void)state;
	struct dp_table *t = make_table(1 << 20);
	enum { ALL = 2 * DP_BUCKET_SLOTS };

	for (unsigned i = 0; i < ALL; i++) {
		struct dp_entry *e = insert_hashed(t, i, i == 5 ? 1 : 1000, 0);
		if (i != 9)
			atomic_store(&e->marks, 1);
	}
	insert_hashed(t, 100, 1000, 2000); /* 5 has expired by then */
	assert_false(is_there(t, 5));
	assert_true(is_there(t, 9) && is_there(t, 100));
	atomic_store(&insert_hashed(t, 101, 1000, 2000)->marks, 1);
	/* 9 and 100 were not used: one of them went */
	assert_true(is_there(t, 9) != is_there(t, 100));
	for (unsigned i = 0; i < ALL; i++)
		assert_true(i == 5 || i == 9 || is_there(t, i));
	assert_true(counters[HF_COUNTER_evicted] == 2 && t->entries == ALL);
	dp_table_destroy(t);
}

static void
a_table_smaller_than_the_least_is_not_made(void **state)
{
	(void)state;
	assert_null(dp_table_create(DP_TABLE_OCTETS_MIN - 1, fx_seed, counters));
	assert_null(dp_table_create(DP_TABLE_OCTETS_MAX + 1, fx_seed, counters));
	dp_table_destroy(make_table(DP_TABLE_OCTETS_MIN));
	dp_table_destroy(make_table(DP_TABLE_OCTETS_MIN + 12345));
}

static const struct fx_answer good = {.name = "a.de.",
    .rr_cnt = 1,
    .ttl_s = 60,
    .flags = HF_ANSWER_STALE,
    .verdict = HF_VERDICT_SECURE};
static const struct fx_answer bad = {.name = "a.de.",
    .ttl_s = 5,
    .ede = HF_EDE_SIG_EXPIRED,
    .rcode = HF_RCODE_SERVFAIL,
    .verdict = HF_VERDICT_BOGUS};

static void
a_failed_refresh_keeps_the_good_answer_and_notes_when_to_retry(void **state)
{
	(void)state;
	struct dp_table *t = make_table(1 << 20);

	insert(t, &good, 0);
	assert_int_equal(insert(t, &bad, 61000), DP_INSERT_KEPT_STALE);
	struct dp_entry *e = find(t, "a.de.");
	assert_int_equal(e->verdict, HF_VERDICT_SECURE);
	assert_true(dp_entry_fresh_until_ms(e) == 60000);
	assert_in_range(dp_entry_note(e).retry_at_ms, 61000 + 30000, 61000 + 37500);
	assert_int_equal(dp_entry_note(e).retry_ede, HF_EDE_SIG_EXPIRED);
	assert_int_equal(insert(t, &bad, 92000), DP_INSERT_KEPT_STALE); /* and again */
	assert_in_range(dp_entry_note(find(t, "a.de.")).retry_at_ms, 92000 + 30000, 92000 + 37500);
	assert_true(counters[HF_COUNTER_kept_stale] == 2 && t->entries == 1);
	assert_int_equal(insert(t, &good, 93000), DP_INSERT_REPLACED); /* and it is well again */
	assert_true(dp_entry_note(find(t, "a.de.")).retry_at_ms == 0);
	dp_table_destroy(t);
}

static void
names_that_failed_together_are_not_tried_again_together(void **state)
{
	(void)state;
	enum { NAMES = 1000, SPREAD_MS = 7500 };
	struct dp_table *t = make_table(1 << 20);
	unsigned early = 0;
	char text[32];

	for (unsigned i = 0; i < NAMES; i++) {
		struct fx_answer a = good, b = bad;

		snprintf(text, sizeof(text), "n%u.de.", i);
		a.name = b.name = text;
		insert(t, &a, 0);
		assert_int_equal(insert(t, &b, 61000), DP_INSERT_KEPT_STALE);
		uint64_t at_ms = dp_entry_note(find(t, text)).retry_at_ms;
		assert_in_range(at_ms, 91000, 91000 + SPREAD_MS);
		early += at_ms < 91000 + SPREAD_MS / 2;
	}
	assert_in_range(early, NAMES / 2 - NAMES / 10, NAMES / 2 + NAMES / 10);
	dp_table_destroy(t);
}

static void
a_failed_refresh_of_what_is_fresh_takes_nothing_away_stale_or_not(void **state)
{
	(void)state;
	struct dp_table *t = make_table(1 << 20);
	struct fx_answer never = good;

	never.flags = 0;
	insert(t, &never, 0);
	assert_int_equal(insert(t, &bad, 59999), DP_INSERT_KEPT_STALE);
	assert_int_equal(find(t, "a.de.")->verdict, HF_VERDICT_SECURE);
	/* it is no stale answer that is waited for: the failure is believed for its own time */
	assert_true(dp_entry_note(find(t, "a.de.")).retry_at_ms == 59999 + 5000);
	assert_int_equal(insert(t, &bad, 60000), DP_INSERT_REPLACED);
	dp_table_destroy(t);
}

static void
a_failure_replaces_what_may_not_be_stale(void **state)
{
	(void)state;
	struct fx_answer old = good;
	struct dp_table *t = make_table(1 << 20);

	insert(t, &old, 0);
	assert_int_equal(insert(t, &bad, 60000 + 86400000), DP_INSERT_REPLACED); /* too old */
	assert_int_equal(find(t, "a.de.")->verdict, HF_VERDICT_BOGUS);
	assert_int_equal(insert(t, &bad, 60000), DP_INSERT_REPLACED); /* bogus before */
	old.flags = 0;
	insert(t, &old, 0);
	assert_int_equal(insert(t, &bad, 60000), DP_INSERT_REPLACED); /* never to be stale */
	old = good;
	old.verdict = HF_VERDICT_UNVALIDATED; /* fetched under an NTA */
	insert(t, &old, 0);
	assert_int_equal(insert(t, &bad, 60000), DP_INSERT_REPLACED);
	assert_true(counters[HF_COUNTER_kept_stale] == 0);
	dp_table_destroy(t);
}

static void
an_answer_remembers_what_was_covered_when_it_was_resolved(void **state)
{
	(void)state;
	struct dp_table *t = make_table(1 << 20);
	const struct hf_msg_policy_begin m = {.generation = 3, .rule_cnt = 1};
	struct hf_msg_policy_rule r = {
	    .generation = 3, .kind = HF_RULE_NTA, .name_len = 4, .name = "\2de"};
	struct dp_policy *p = dp_policy_create(&t->hash, &m);
	struct fx_answer a = bad;

	assert_int_equal(dp_policy_add(p, &r), HF_MSG_OK);
	for (unsigned i = 0; i < 4; i++) {
		a.flags = (i & 1) != 0 ? HF_ANSWER_UNDER_NTA : 0;
		a.policy_gen = (i & 2) != 0 ? 3 : 2;
		fx_make(&a, &msg);
		dp_table_answer(t, p, &msg.m, &msg.view, 0);
		assert_int_equal(dp_entry_nta_mask(find(t, "a.de.")), i == 3);
	}
	dp_policy_free(p);
	dp_table_destroy(t);
}

/* The naive model: for each of some names, what was inserted last. The table may forget, but
 * only as often as it says, and it must never tell anything else. */
enum { MODEL_NAMES = 2000, MODEL_STEPS = 40000 };
struct model {
	bool known;
	unsigned rr_cnt;
	uint64_t inserted_ms;
};

static void
model_check(struct dp_table *t, const struct model *model)
{
	uint64_t found = 0, octets = 0, forgotten = 0;
	char text[32];

	for (unsigned i = 0; i < MODEL_NAMES; i++) {
		snprintf(text, sizeof(text), "n%u.example.", i);
		const struct dp_entry *e = find(t, text);
		forgotten += e == NULL && model[i].known;
		if (e == NULL)
			continue;
		assert_true(model[i].known);
		assert_int_equal(e->an_cnt_short, model[i].rr_cnt);
		assert_true(dp_entry_inserted_ms(e) == model[i].inserted_ms);
		found++;
		octets += dp_entry_octets(e);
	}
	assert_true(found == t->entries && octets == t->octets);
	assert_true(octets <= t->octets_max);
	assert_true(forgotten <= counters[HF_COUNTER_evicted]);
	assert_true(counters[HF_COUNTER_inserted] - counters[HF_COUNTER_replaced] -
		counters[HF_COUNTER_evicted] ==
	    t->entries);
}

static void
any_mix_of_inserts_uses_and_time_matches_the_model(void **state)
{
	(void)state;
	static struct model model[MODEL_NAMES];
	struct dp_table *t = make_table(DP_TABLE_OCTETS_MIN);
	uint64_t seed = 42, now_ms = 0;
	char text[32];

	memset(model, 0, sizeof(model));
	for (unsigned step = 0; step < MODEL_STEPS; step++) {
		unsigned i = (unsigned)(fx_random(&seed) % MODEL_NAMES);
		snprintf(text, sizeof(text), "n%u.example.", i);
		now_ms += fx_random(&seed) % 20;
		if (fx_random(&seed) % 2 == 0) {
			const struct fx_answer a = {.name = text,
			    .rr_cnt = (unsigned)(fx_random(&seed) % 40),
			    .ttl_s = (uint32_t)(fx_random(&seed) % 100),
			    .flags = fx_random(&seed) % 2 != 0 ? HF_ANSWER_STALE : 0};
			bool there = find(t, text) != NULL;
			enum dp_insert r = insert(t, &a, now_ms);
			/* making room may have pushed out the very entry to be replaced */
			assert_true(r == DP_INSERT_NEW || (there && r == DP_INSERT_REPLACED));
			model[i] = (struct model){true, a.rr_cnt, now_ms};
			assert_non_null(find(t, text));
		} else {
			struct dp_entry *e = find(t, text);
			if (e != NULL)
				atomic_store(&e->marks, 1);
		}
		if (step % 500 == 0)
			model_check(t, model);
	}
	model_check(t, model);
	assert_true(counters[HF_COUNTER_evicted] > 1000);
	dp_table_destroy(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_inserted_is_found_and_nothing_else),
	    cmocka_unit_test(an_entry_takes_the_place_of_the_one_before),
	    cmocka_unit_test(tags_are_compared_eight_at_a_time_as_one_by_one),
	    cmocka_unit_test(names_with_one_tag_and_one_bucket_are_told_apart),
	    cmocka_unit_test(full_buckets_lose_the_dead_then_the_unused),
	    cmocka_unit_test(a_table_smaller_than_the_least_is_not_made),
	    cmocka_unit_test(a_failed_refresh_keeps_the_good_answer_and_notes_when_to_retry),
	    cmocka_unit_test(names_that_failed_together_are_not_tried_again_together),
	    cmocka_unit_test(a_failed_refresh_of_what_is_fresh_takes_nothing_away_stale_or_not),
	    cmocka_unit_test(a_failure_replaces_what_may_not_be_stale),
	    cmocka_unit_test(an_answer_remembers_what_was_covered_when_it_was_resolved),
	    cmocka_unit_test(any_mix_of_inserts_uses_and_time_matches_the_model),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
