/* SPDX-License-Identifier: BSD-3-Clause */
/* The operator's negative trust anchors: one path for every change. */
#include "tests/unit/support/cp_nta_world.h"

static void
adding_publishes_a_snapshot_with_every_anchor_and_the_new_rule(void **state)
{
	struct cp_ntas *n = create();
	struct hf_name child = name_of("www.DE."), island = name_of("x.island.de.");

	(void)state;
	assert_int_equal(add(n, "DE", 60), CP_NTA_OK);
	assert_int_equal(published, 1);
	assert_int_equal(published_gen, 2);
	assert_int_equal(published_rules, 3); /* the root once, the island, de */
	assert_true(cp_policy_covers(cp_ntas_policy(n), &child, NULL));
	assert_false(cp_policy_covers(cp_ntas_policy(n), &island, NULL)); /* RFC 7646 2 */
	cp_ntas_destroy(n);
}

static void
what_may_not_be_added_is_refused_and_nothing_is_published(void **state)
{
	struct cp_ntas *n = create();
	struct cp_nta_request rq = {.name = name_of("se."), .for_s = 60, .reason = ""};
	char long_reason[CP_REASON_MAX + 2];

	(void)state;
	assert_int_equal(add(n, ".", 60), CP_NTA_IS_ANCHOR);
	assert_int_equal(add(n, "island.DE.", 60), CP_NTA_IS_ANCHOR);
	assert_int_equal(add(n, "de.", 0), CP_NTA_TOO_LONG);
	assert_int_equal(add(n, "de.", 604801), CP_NTA_TOO_LONG);
	assert_int_equal(cp_ntas_add(n, &rq), CP_NTA_BAD_REASON);
	rq.reason = "bell \a";
	assert_int_equal(cp_ntas_add(n, &rq), CP_NTA_BAD_REASON);
	memset(long_reason, 'x', sizeof(long_reason));
	long_reason[CP_REASON_MAX + 1] = '\0';
	rq.reason = long_reason;
	assert_int_equal(cp_ntas_add(n, &rq), CP_NTA_BAD_REASON);
	assert_int_equal(published, 0);
	assert_int_equal(cp_store_generation(store), 1);
	assert_int_equal(add(n, "de.", 604800), CP_NTA_OK);
	assert_int_equal(add(n, "De", 60), CP_NTA_EXISTS);
	assert_int_equal(published, 1);
	cp_ntas_destroy(n);
}

static void
the_snapshot_says_of_each_anchor_whether_it_is_soft(void **state)
{
	struct cp_ntas *n = create();
	struct cp_nta_request rq = {.name = name_of("se."),
	    .for_s = 60,
	    .mode = HF_NTA_SOFT,
	    .forced = true,
	    .reason = "x"};

	(void)state;
	assert_int_equal(cp_ntas_add(n, &rq), CP_NTA_OK);
	assert_int_equal(add(n, "de.", 60), CP_NTA_OK);
	cp_ntas_destroy(n);
	n = create(); /* from the store */
	for (size_t i = 0; i < published_rules; i++) {
		const struct cp_rule *r = &cp_policy_rules(cp_ntas_policy(n), &published_rules)[i];

		if (r->kind == HF_RULE_NTA)
			assert_int_equal(hf_name_equal(&r->name, &rq.name), r->mode == HF_NTA_SOFT);
	}
	assert_true(cp_ntas_find(n, &rq.name)->forced);
	cp_ntas_destroy(n);
}

static void
removing_publishes_and_a_second_time_there_is_nothing(void **state)
{
	struct cp_ntas *n = create();
	struct cp_author me = {.uid = 1, .name = "me"};
	struct hf_name de = name_of("DE.");

	(void)state;
	assert_int_equal(add(n, "de.", 60), CP_NTA_OK);
	assert_int_equal(cp_ntas_remove(n, &de, &me), CP_NTA_OK);
	assert_int_equal(published, 2);
	assert_int_equal(published_gen, 3);
	assert_int_equal(published_rules, 2);
	assert_int_equal(cp_ntas_remove(n, &de, &me), CP_NTA_ABSENT);
	assert_int_equal(published, 2);
	cp_ntas_destroy(n);
}

static void
anchors_survive_a_restart_and_those_that_ran_out_do_not(void **state)
{
	struct cp_ntas *n = create();

	(void)state;
	assert_int_equal(add(n, "de.", 3600), CP_NTA_OK);
	assert_int_equal(add(n, "se.", 100), CP_NTA_OK);
	cp_ntas_destroy(n);
	assert_int_equal(cp_store_generation(store), 3);
	published = 0;
	wall_s += 101;
	run_ns += 101 * HF_NS_PER_S;
	n = create();
	assert_int_equal(published, 0); /* nobody is there to hear it yet */
	assert_int_equal(cp_ntas_cnt(n), 1);
	assert_int_equal(counters.v[CP_COUNTER_nta_expired], 1);
	assert_int_equal(cp_policy_generation(cp_ntas_policy(n)), 4);
	cp_ntas_destroy(n);
}

static void
an_anchor_ends_in_its_second_and_not_before(void **state)
{
	struct cp_ntas *n = create();

	(void)state;
	assert_int_equal(add(n, "de.", 100), CP_NTA_OK);
	pass(n, 99);
	assert_int_equal(cp_ntas_cnt(n), 1);
	pass(n, 1);
	assert_int_equal(cp_ntas_cnt(n), 0);
	assert_int_equal(published, 2);
	cp_ntas_destroy(n);
}

static void
several_that_end_together_are_published_once(void **state)
{
	struct cp_ntas *n = create();

	(void)state;
	assert_int_equal(add(n, "a.", 10), CP_NTA_OK);
	assert_int_equal(add(n, "b.", 1000), CP_NTA_OK);
	assert_int_equal(add(n, "c.", 10), CP_NTA_OK);
	published = 0;
	pass(n, 20);
	assert_int_equal(published, 1);
	assert_int_equal(cp_ntas_cnt(n), 1);
	assert_int_equal(published_gen, cp_store_generation(store));
	cp_ntas_destroy(n);
}

static void
an_end_may_be_a_moment_and_lies_within_the_longest_life(void **state)
{
	struct cp_ntas *n = create();
	struct cp_nta_request rq = {.name = name_of("de."), .reason = "r", .until_s = wall_s};

	(void)state;
	assert_int_equal(cp_ntas_add(n, &rq), CP_NTA_TOO_LONG);
	rq.until_s = wall_s + 604801;
	assert_int_equal(cp_ntas_add(n, &rq), CP_NTA_TOO_LONG);
	rq.until_s = INT64_MAX;
	assert_int_equal(cp_ntas_add(n, &rq), CP_NTA_TOO_LONG);
	rq.until_s = wall_s + 5;
	assert_int_equal(cp_ntas_add(n, &rq), CP_NTA_OK);
	pass(n, 4);
	assert_int_equal(cp_ntas_cnt(n), 1);
	pass(n, 1);
	assert_int_equal(cp_ntas_cnt(n), 0);
	cp_ntas_destroy(n);
}

static void
one_that_is_extended_ends_later_and_nothing_is_pushed(void **state)
{
	struct cp_ntas *n = create();
	struct cp_nta_request rq = {
	    .name = name_of("DE."), .reason = "", .for_s = 200, .mode = HF_NTA_SOFT};

	(void)state;
	assert_int_equal(cp_ntas_extend(n, &rq), CP_NTA_ABSENT);
	assert_int_equal(add(n, "de.", 100), CP_NTA_OK);
	pass(n, 50);
	assert_int_equal(cp_ntas_extend(n, &rq), CP_NTA_OK);
	assert_int_equal(published, 1);
	assert_int_equal(cp_store_generation(store), 2);
	rq.for_s = 199;
	assert_int_equal(cp_ntas_extend(n, &rq), CP_NTA_SHORTER);
	rq.for_s = 604801;
	assert_int_equal(cp_ntas_extend(n, &rq), CP_NTA_TOO_LONG);
	rq.for_s = 0;
	rq.until_s = wall_s + 300;
	rq.reason = "ticket 2";
	cp_ntas_destroy(n);
	n = create();
	assert_int_equal(cp_ntas_extend(n, &rq), CP_NTA_OK);
	assert_string_equal(cp_ntas_find(n, &rq.name)->reason, "ticket 2");
	assert_int_equal(cp_ntas_find(n, &rq.name)->mode, HF_NTA_STRICT);
	pass(n, 299);
	assert_int_equal(cp_ntas_cnt(n), 1);
	pass(n, 1);
	assert_int_equal(cp_ntas_cnt(n), 0);
	cp_ntas_destroy(n);
}

static void
one_that_is_replaced_is_pushed_in_one_step_if_its_mode_is_another(void **state)
{
	struct cp_ntas *n = create();
	struct cp_nta_request rq = {.name = name_of("de."),
	    .reason = "r",
	    .for_s = 50,
	    .mode = HF_NTA_SOFT,
	    .replace = true};

	(void)state;
	assert_int_equal(add(n, "de.", 100), CP_NTA_OK);
	struct cp_shadow *shadow = cp_ntas_shadow(n, &cp_ntas_at(n, 0)->name);
	assert_int_equal(cp_ntas_add(n, &rq), CP_NTA_OK);
	assert_int_equal(published, 2);
	assert_int_equal(published_rules, 3);
	assert_int_equal(cp_ntas_cnt(n), 1);
	assert_int_equal(cp_ntas_find(n, &rq.name)->mode, HF_NTA_SOFT);
	assert_ptr_equal(
	    cp_ntas_shadow(n, &cp_ntas_at(n, 0)->name), shadow); /* what was counted is not lost */
	rq.for_s = 20;
	assert_int_equal(cp_ntas_add(n, &rq), CP_NTA_OK); /* an earlier end */
	assert_int_equal(published, 2);
	pass(n, 20);
	assert_int_equal(cp_ntas_cnt(n), 0);
	cp_ntas_destroy(n);
}

static void
trying_changes_nothing(void **state)
{
	struct cp_ntas *n = create();
	struct cp_nta_request rq = {.name = name_of("DE."), .reason = "r", .for_s = 60};
	struct cp_nta nta;

	(void)state;
	assert_int_equal(cp_ntas_try(n, &rq, &nta), CP_NTA_OK);
	assert_int_equal(nta.expires, wall_s + 60);
	rq.for_s = 0;
	assert_int_equal(cp_ntas_try(n, &rq, &nta), CP_NTA_TOO_LONG);
	assert_int_equal(cp_ntas_cnt(n), 0);
	assert_int_equal(published, 0);
	assert_int_equal(cp_store_generation(store), 1);
	cp_ntas_destroy(n);
}

static void
a_dataplane_that_is_ahead_is_overtaken(void **state)
{
	struct cp_ntas *n = create();

	(void)state;
	assert_int_equal(cp_ntas_overtake(n, 41), CP_NTA_OK);
	assert_int_equal(published_gen, 42);
	assert_int_equal(cp_store_generation(store), 42);
	assert_int_equal(cp_ntas_overtake(n, 3), CP_NTA_OK); /* ours grows all the same */
	assert_int_equal(published_gen, 43);
	cp_ntas_destroy(n);
}

static void
a_generation_too_far_ahead_is_a_lie_that_uses_up_nothing(void **state)
{
	static const uint64_t lies[] = {UINT64_C(1) << 40, INT64_MAX - 1, INT64_MAX, UINT64_MAX};
	struct cp_ntas *n = create();
	uint64_t ours = cp_store_generation(store);

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		assert_int_equal(cp_ntas_overtake(n, lies[i]), CP_NTA_TOO_FAR);
	assert_int_equal(cp_store_generation(store), ours);
	assert_int_equal(add(n, "c.", 10), CP_NTA_OK);
	assert_int_equal(published_gen, ours + 1);
	cp_ntas_destroy(n);
}

static void
whatever_the_order_of_adding_the_list_is_in_order_of_names(void **state)
{
	struct cp_ntas *n = create();
	char name[32];

	(void)state;
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "z%d.example.", i * 7 % 40);
		assert_int_equal(add(n, name, 60), CP_NTA_OK);
	}
	for (size_t i = 1; i < 40; i++)
		assert_true(hf_name_cmp(&cp_ntas_at(n, i - 1)->name, &cp_ntas_at(n, i)->name) < 0);
	assert_null(cp_ntas_at(n, 40));
	cp_ntas_destroy(n);
}

/* The store may hold more than fit (another configuration had fewer positive anchors). */
static void
as_many_rules_as_a_snapshot_carries_and_not_one_more(void **state)
{
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db,
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 4094)"
		" INSERT INTO nta SELECT 'n' || i || '.', 'r', 0, 'x', 1, 1795867300, 0, 0 FROM c",
		NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	struct cp_ntas *n = create();
	assert_int_equal(cp_ntas_cnt(n), CP_NTA_RULES_MAX - 2);
	assert_int_equal(add(n, "one.more.", 60), CP_NTA_FULL);
	cp_ntas_destroy(n);
}

static void
other_anchors_come_with_a_snapshot_and_stay_with_the_next_ones(void **state)
{
	const struct hf_rdata rd = {(const uint8_t *)"\1\2\3\4\5", 5};
	const struct hf_rrset set = {.owner = hf_name_root,
	    .type = HF_TYPE_DS,
	    .klass = HF_CLASS_IN,
	    .rr_cnt = 1,
	    .rr = &rd};
	struct cp_trust *next = cp_trust_create(&set, 1, 7);
	struct cp_ntas *n = create();

	(void)state;
	assert_ptr_equal(cp_policy_trust(cp_ntas_policy(n)), trust);
	assert_int_equal(cp_ntas_set_trust(n, next), CP_NTA_OK);
	cp_trust_put(next); /* the snapshot has its own reference */
	assert_int_equal(published, 1);
	assert_int_equal(published_rules, 2); /* the names of the start: the root and the island */
	assert_int_equal(cp_trust_since(cp_policy_trust(cp_ntas_policy(n))), 7);
	assert_int_equal(cp_ntas_overtake(n, 5), CP_NTA_OK);
	assert_ptr_equal(cp_policy_trust(cp_ntas_policy(n)), next);
	cp_ntas_destroy(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(adding_publishes_a_snapshot_with_every_anchor_and_the_new_rule),
	    T(what_may_not_be_added_is_refused_and_nothing_is_published),
	    T(the_snapshot_says_of_each_anchor_whether_it_is_soft),
	    T(removing_publishes_and_a_second_time_there_is_nothing),
	    T(anchors_survive_a_restart_and_those_that_ran_out_do_not),
	    T(an_anchor_ends_in_its_second_and_not_before),
	    T(several_that_end_together_are_published_once),
	    T(an_end_may_be_a_moment_and_lies_within_the_longest_life),
	    T(one_that_is_extended_ends_later_and_nothing_is_pushed),
	    T(one_that_is_replaced_is_pushed_in_one_step_if_its_mode_is_another),
	    T(trying_changes_nothing),
	    T(a_dataplane_that_is_ahead_is_overtaken),
	    T(a_generation_too_far_ahead_is_a_lie_that_uses_up_nothing),
	    T(whatever_the_order_of_adding_the_list_is_in_order_of_names),
	    T(as_many_rules_as_a_snapshot_carries_and_not_one_more),
	    T(other_anchors_come_with_a_snapshot_and_stay_with_the_next_ones),
	};

	hf_log_set_level(HF_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
