/* SPDX-License-Identifier: BSD-3-Clause */
/* Negative trust anchors end after their time, however the wall clock jumps. */
#include "tests/unit/support/cp_nta_world.h"

/* The wall clock jumps by so much in the middle of 100 s; none is left after 100 s, not before. */
static void
jump_in_the_middle(int64_t by_s, bool restart)
{
	struct cp_ntas *n = create();
	struct hf_name de = name_of("de.");

	published = 0;
	assert_int_equal(add(n, "de.", 100), CP_NTA_OK);
	assert_int_equal(add(n, "se.", 101), CP_NTA_OK);
	pass(n, 50);
	if (restart)
		cp_ntas_destroy(n);
	wall_s += by_s;
	if (restart)
		n = create();
	pass(n, 49);
	assert_int_equal(cp_ntas_cnt(n), 2);
	assert_int_equal(cp_ntas_find(n, &de)->expires, wall_s + 1); /* as people read it */
	pass(n, 1);
	assert_int_equal(cp_ntas_cnt(n), 1);
	pass(n, 1);
	assert_int_equal(cp_ntas_cnt(n), 0);
	assert_int_equal(published, 4); /* a jump is no change of rules */
	cp_ntas_destroy(n);
}

static void
a_jump_of_the_wall_clock_neither_ends_an_anchor_nor_prolongs_it(void **state)
{
	static const int64_t jumps[] = {
	    CP_STEADY_SLACK_S, -CP_STEADY_SLACK_S, 100, 86400 * 3650, -100, -86400 * 3650};
	size_t cnt = sizeof(jumps) / sizeof(jumps[0]);

	(void)state;
	for (size_t i = 0; i < cnt; i++) {
		jump_in_the_middle(jumps[i], false);
		jump_in_the_middle(jumps[i], true);
	}
	assert_int_equal(counters.v[CP_COUNTER_clock_jumps], 2 * cnt);
}

/* Slewing, rounding: what is not told from the passing of time is none. */
static void
a_clock_that_drifts_moves_ends_by_no_more_than_its_slack(void **state)
{
	struct cp_ntas *n = create();

	(void)state;
	assert_int_equal(add(n, "de.", 1000), CP_NTA_OK);
	for (int i = 0; i < 99; i++) { /* a tenth too fast */
		pass(n, 10);
		wall_s++;
	}
	assert_int_equal(cp_ntas_cnt(n), 1);
	pass(n, 11);
	assert_int_equal(cp_ntas_cnt(n), 0);
	cp_ntas_destroy(n);
}

/* Nothing but the wall clock says how long the machine was down. */
static void
over_a_restart_of_the_machine_time_passes_as_the_wall_clock_says_but_not_backwards(void **state)
{
	struct cp_ntas *n = create();

	(void)state;
	assert_int_equal(add(n, "a.", 100), CP_NTA_OK);
	assert_int_equal(add(n, "b.", 1000), CP_NTA_OK);
	pass(n, 1);
	cp_ntas_destroy(n);
	strcpy(boot, "second run");
	wall_s += 500;
	run_ns = 9 * HF_NS_PER_S;
	n = create();
	assert_int_equal(cp_ntas_cnt(n), 1); /* b has 499 s left */
	assert_int_equal(counters.v[CP_COUNTER_clock_jumps], 0);
	pass(n, CP_STEADY_SEEN_S); /* 439 s */
	cp_ntas_destroy(n);
	strcpy(boot, "third run");
	wall_s = 1000; /* its battery is empty */
	run_ns = 3 * HF_NS_PER_S;
	n = create();
	assert_int_equal(cp_ntas_cnt(n), 1);
	assert_int_equal(counters.v[CP_COUNTER_clock_jumps], 1);
	pass(n, 9);
	wall_s += 1795867200; /* somebody tells it the time */
	pass(n, 429);
	assert_int_equal(cp_ntas_cnt(n), 1);
	pass(n, CP_STEADY_SEEN_S); /* what had passed and was not noted passes again, at most */
	assert_int_equal(cp_ntas_cnt(n), 0);
	cp_ntas_destroy(n);
}

static void
a_jump_while_none_stands_is_none_of_those_that_come_after(void **state)
{
	struct cp_ntas *n = create();
	struct cp_author me = {.uid = 1, .name = "me"};
	struct hf_name de = name_of("de.");

	(void)state;
	assert_int_equal(add(n, "de.", 100), CP_NTA_OK);
	assert_int_equal(cp_ntas_remove(n, &de, &me), CP_NTA_OK);
	pass(n, 1);
	wall_s += 20;
	pass(n, 1);
	assert_int_equal(add(n, "de.", 100), CP_NTA_OK);
	cp_ntas_destroy(n);
	n = create();
	assert_int_equal(cp_ntas_find(n, &de)->expires, wall_s + 100);
	assert_int_equal(counters.v[CP_COUNTER_clock_jumps], 0);
	cp_ntas_destroy(n);
}

static void
a_jump_that_the_store_does_not_take_is_looked_at_again(void **state)
{
	struct cp_ntas *n = create();
	sqlite3 *db;

	(void)state;
	assert_int_equal(add(n, "de.", 100), CP_NTA_OK);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
			     "CREATE TRIGGER no BEFORE UPDATE OF expires ON nta BEGIN"
			     " SELECT RAISE(ABORT, 'no'); END",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	wall_s += 86400;
	pass(n, 2);
	assert_int_equal(cp_ntas_cnt(n), 1);
	assert_int_equal(counters.v[CP_COUNTER_clock_jumps], 0);
	assert_int_equal(sqlite3_exec(db, "DROP TRIGGER no", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	pass(n, 97);
	assert_int_equal(counters.v[CP_COUNTER_clock_jumps], 1);
	assert_int_equal(cp_ntas_cnt(n), 1);
	pass(n, 1);
	assert_int_equal(cp_ntas_cnt(n), 0);
	cp_ntas_destroy(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_jump_of_the_wall_clock_neither_ends_an_anchor_nor_prolongs_it),
	    T(a_clock_that_drifts_moves_ends_by_no_more_than_its_slack),
	    T(over_a_restart_of_the_machine_time_passes_as_the_wall_clock_says_but_not_backwards),
	    T(a_jump_while_none_stands_is_none_of_those_that_come_after),
	    T(a_jump_that_the_store_does_not_take_is_looked_at_again),
	};

	hf_log_set_level(HF_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
