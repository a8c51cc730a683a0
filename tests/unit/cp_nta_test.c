/* SPDX-License-Identifier: BSD-3-Clause */
/* The operator's negative trust anchors: one path for every change, and a clock that jumps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "controlplane/nta.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

static char dir[64], path[80];
static struct cp_store *store;
static struct cp_counters counters;
static unsigned published;
static uint64_t published_gen;
static size_t published_rules;
static struct cp_trust *trust;
static bool second_for_tlds;
static char boot[16]; /* the clocks are the tests' */
static int64_t wall_s;
static uint64_t run_ns;

static void
now(void *arg, struct cp_moment *out)
{
	(void)arg;
	*out = (struct cp_moment){.wall_s = wall_s, .mono_ns = run_ns, .boot = boot};
}

/* Time passes, second by second. */
static void
pass(struct cp_ntas *n, unsigned s)
{
	for (unsigned i = 0; i < s; i++) {
		wall_s++;
		run_ns += HF_NS_PER_S;
		cp_ntas_expire(n);
	}
}

static void
on_publish(void *arg, struct cp_policy *p)
{
	(void)arg;
	published++;
	published_gen = cp_policy_generation(p);
	(void)cp_policy_rules(p, &published_rules);
}

static struct cp_ntas *
create(void)
{
	struct cp_ntas_config cfg = {
	    .store = store,
	    .counters = &counters,
	    .stale = {1800, 30, 86400, 30},
	    .trust = trust,
	    .max_s = 604800,
	    .second_for_tlds = second_for_tlds,
	    .publish = on_publish,
	    .now = now,
	};
	struct cp_ntas *n = NULL;

	assert_int_equal(cp_ntas_create(&cfg, &n), 0);
	return n;
}

static int
set_up(void **state)
{
	struct hf_rrset anchors[3] = {0};

	(void)state;
	strcpy(dir, "/tmp/holdfast-nta-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/policy.db", dir);
	memset(&counters, 0, sizeof(counters));
	published = 0;
	second_for_tlds = false;
	strcpy(boot, "first run");
	wall_s = 1795867200;
	run_ns = 77 * HF_NS_PER_S + 5;
	anchors[0].owner = anchors[1].owner = hf_name_root; /* a DS and a DNSKEY set */
	if (hf_name_from_text("Island.De.", &anchors[2].owner) != 0)
		return -1;
	trust = cp_trust_create(anchors, 3, 0);
	return cp_store_open(path, &store);
}

static int
tear_down(void **state)
{
	static const char *const files[] = {"", "-wal", "-shm", ".lock"};
	char name[128];

	(void)state;
	cp_store_close(store);
	cp_trust_put(trust);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, files[i]);
		(void)unlink(name);
	}
	return rmdir(dir);
}

static struct hf_name
name_of(const char *text)
{
	struct hf_name n;

	assert_int_equal(hf_name_from_text(text, &n), 0);
	return n;
}

static enum cp_nta_result
add(struct cp_ntas *n, const char *name, uint64_t for_s)
{
	struct cp_nta_request rq = {.name = name_of(name),
	    .for_s = for_s,
	    .reason = "why",
	    .author = {.uid = 1, .name = "me"}};

	return cp_ntas_add(n, &rq);
}

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

/* --- a second person ----------------------------------------------------------------------- */

static const struct cp_author anna = {.uid = 1, .name = "me"}, /* as in add */
    bert = {.uid = 2, .name = "bert"};

static void
a_tld_waits_for_another_uid_and_has_no_effect_meanwhile(void **state)
{
	struct hf_name de = name_of("DE."), below = name_of("www.de.");

	(void)state;
	second_for_tlds = true;
	struct cp_ntas *n = create();
	assert_int_equal(add(n, "x.de.", 60), CP_NTA_OK); /* no TLD */
	assert_int_equal(add(n, "de.", 1000), CP_NTA_WAITS);
	assert_int_equal(published, 1);
	assert_false(cp_policy_covers(cp_ntas_policy(n), &below, NULL));
	assert_int_equal(add(n, "de.", 1000), CP_NTA_WAITS_ALREADY);
	assert_int_equal(cp_ntas_approve(n, &de, &anna), CP_NTA_SAME_PERSON);
	assert_int_equal(published, 1);
	cp_ntas_destroy(n);
	n = create(); /* it waits over a restart too */
	pass(n, 10);
	assert_int_equal(cp_ntas_approve(n, &de, &anna), CP_NTA_SAME_PERSON);
	assert_int_equal(cp_ntas_approve(n, &de, &bert), CP_NTA_OK);
	assert_int_equal(published, 2);
	assert_true(cp_policy_covers(cp_ntas_policy(n), &below, NULL));
	assert_null(cp_ntas_pending_at(n, 0));
	assert_int_equal(cp_ntas_approve(n, &de, &bert), CP_NTA_ABSENT);
	pass(n, 989);
	assert_int_equal(cp_ntas_cnt(n), 1); /* it ends when who asked said */
	pass(n, 1);
	assert_int_equal(cp_ntas_cnt(n), 0);
	cp_ntas_destroy(n);
}

static void
what_nobody_approves_lapses_and_can_be_withdrawn(void **state)
{
	struct hf_name de = name_of("de.");

	(void)state;
	second_for_tlds = true;
	struct cp_ntas *n = create();
	assert_int_equal(add(n, "de.", 3600), CP_NTA_WAITS);
	assert_int_equal(add(n, "se.", 60), CP_NTA_WAITS); /* its own end comes first */
	pass(n, 60);
	assert_null(cp_ntas_pending_at(n, 1));
	pass(n, CP_NTA_PENDING_S - 61);
	assert_non_null(cp_ntas_pending(n, &de));
	pass(n, 1);
	assert_null(cp_ntas_pending(n, &de));
	assert_int_equal(cp_ntas_approve(n, &de, &bert), CP_NTA_ABSENT);
	assert_int_equal(counters.v[CP_COUNTER_nta_lapsed], 2);
	assert_int_equal(add(n, "de.", 3600), CP_NTA_WAITS);
	assert_int_equal(cp_ntas_remove(n, &de, &anna), CP_NTA_OK);
	assert_null(cp_ntas_pending(n, &de));
	assert_int_equal(published, 0);
	assert_int_equal(cp_store_generation(store), 1);
	cp_ntas_destroy(n);
}

static void
more_time_for_a_tld_waits_too_and_goes_with_what_it_was_for(void **state)
{
	struct hf_name de = name_of("de.");
	struct cp_nta_request rq = {.name = de, .reason = "", .for_s = 500, .author = anna};

	(void)state;
	second_for_tlds = true;
	struct cp_ntas *n = create();
	assert_int_equal(add(n, "de.", 100), CP_NTA_WAITS);
	assert_int_equal(cp_ntas_approve(n, &de, &bert), CP_NTA_OK);
	assert_int_equal(cp_ntas_extend(n, &rq), CP_NTA_WAITS);
	assert_int_equal(cp_ntas_extend(n, &rq), CP_NTA_WAITS_ALREADY);
	assert_int_equal(cp_ntas_find(n, &de)->expires, wall_s + 100);
	assert_int_equal(cp_ntas_approve(n, &de, &anna), CP_NTA_SAME_PERSON);
	assert_int_equal(cp_ntas_approve(n, &de, &bert), CP_NTA_OK);
	assert_int_equal(cp_ntas_find(n, &de)->expires, wall_s + 500);
	assert_int_equal(published, 1);
	rq.for_s = 600;
	assert_int_equal(cp_ntas_extend(n, &rq), CP_NTA_WAITS);
	assert_int_equal(cp_ntas_remove(n, &de, &anna), CP_NTA_OK);
	assert_int_equal(cp_ntas_approve(n, &de, &bert), CP_NTA_ABSENT); /* it does not come back */
	assert_int_equal(published, 2);
	cp_ntas_destroy(n);
}

static void
only_so_many_requests_wait(void **state)
{
	char name[16];

	(void)state;
	second_for_tlds = true;
	struct cp_ntas *n = create();
	for (int i = 0; i < CP_NTA_PENDING_MAX; i++) {
		snprintf(name, sizeof(name), "t%d.", i);
		assert_int_equal(add(n, name, 60), CP_NTA_WAITS);
	}
	assert_int_equal(add(n, "one-more.", 60), CP_NTA_FULL);
	cp_ntas_destroy(n);
}

/* --- the audit log ------------------------------------------------------------------------- */

struct lines {
	struct hf_audit_walk walk;
	char text[512]; /* "add 1-2, expire 2-3, " */
};

static int
see_line(void *arg, const struct hf_audit_line *l)
{
	struct lines *s = arg;
	size_t len = strlen(s->text);

	assert_true(hf_audit_follow(&s->walk, l));
	snprintf(s->text + len, sizeof(s->text) - len, "%s %lld-%lld, ", l->action,
	    (long long)l->before, (long long)l->after);
	return 0;
}

static void
whatever_ends_or_changes_an_anchor_takes_the_same_way_and_leaves_its_line(void **state)
{
	struct hf_name de = name_of("de."), org = name_of("x.org.");
	struct cp_nta_request more = {.name = org, .reason = "", .for_s = 30, .author = anna};
	struct lines lines = {0};

	(void)state;
	second_for_tlds = true;
	struct cp_ntas *n = create();
	assert_int_equal(add(n, "de.", 600), CP_NTA_WAITS);
	assert_int_equal(cp_ntas_approve(n, &de, &anna), CP_NTA_SAME_PERSON);
	assert_int_equal(cp_ntas_approve(n, &de, &bert), CP_NTA_OK);
	assert_int_equal(add(n, "x.org.", 10), CP_NTA_OK);
	assert_int_equal(cp_ntas_extend(n, &more), CP_NTA_OK);
	more.mode = HF_NTA_SOFT;
	more.replace = true;
	more.reason = "softer";
	assert_int_equal(cp_ntas_add(n, &more), CP_NTA_OK);
	wall_s += 1000; /* a jump */
	pass(n, 30);    /* expiry */
	assert_int_equal(add(n, "y.org.", 10), CP_NTA_OK);
	assert_int_equal(cp_ntas_remove(n, &de, &anna), CP_NTA_OK);
	cp_ntas_destroy(n);
	wall_s += 20;
	run_ns += 20 * HF_NS_PER_S;
	n = create(); /* over meanwhile */
	assert_int_equal(cp_policy_generation(cp_ntas_policy(n)), cp_store_generation(store));
	cp_ntas_destroy(n);
	assert_int_equal(cp_store_audit(store, 0, 0, 100, see_line, &lines), 0);
	assert_string_equal(lines.text,
	    "ask 1-1, refuse 1-1, approve 1-2, add 2-3, extend 3-3, replace 3-4, clock 4-4, "
	    "expire 4-5, add 5-6, remove 6-7, expire 7-8, ");
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

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(adding_publishes_a_snapshot_with_every_anchor_and_the_new_rule),
	    T(what_may_not_be_added_is_refused_and_nothing_is_published),
	    T(the_snapshot_says_of_each_anchor_whether_it_is_soft),
	    T(removing_publishes_and_a_second_time_there_is_nothing),
	    T(other_anchors_come_with_a_snapshot_and_stay_with_the_next_ones),
	    T(anchors_survive_a_restart_and_those_that_ran_out_do_not),
	    T(an_anchor_ends_in_its_second_and_not_before),
	    T(a_jump_of_the_wall_clock_neither_ends_an_anchor_nor_prolongs_it),
	    T(a_clock_that_drifts_moves_ends_by_no_more_than_its_slack),
	    T(over_a_restart_of_the_machine_time_passes_as_the_wall_clock_says_but_not_backwards),
	    T(a_jump_while_none_stands_is_none_of_those_that_come_after),
	    T(a_jump_that_the_store_does_not_take_is_looked_at_again),
	    T(an_end_may_be_a_moment_and_lies_within_the_longest_life),
	    T(one_that_is_extended_ends_later_and_nothing_is_pushed),
	    T(one_that_is_replaced_is_pushed_in_one_step_if_its_mode_is_another),
	    T(trying_changes_nothing),
	    T(a_tld_waits_for_another_uid_and_has_no_effect_meanwhile),
	    T(what_nobody_approves_lapses_and_can_be_withdrawn),
	    T(more_time_for_a_tld_waits_too_and_goes_with_what_it_was_for),
	    T(only_so_many_requests_wait),
	    T(whatever_ends_or_changes_an_anchor_takes_the_same_way_and_leaves_its_line),
	    T(several_that_end_together_are_published_once),
	    T(a_dataplane_that_is_ahead_is_overtaken),
	    T(a_generation_too_far_ahead_is_a_lie_that_uses_up_nothing),
	    T(whatever_the_order_of_adding_the_list_is_in_order_of_names),
	    T(as_many_rules_as_a_snapshot_carries_and_not_one_more),
	};

	hf_log_set_level(HF_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
