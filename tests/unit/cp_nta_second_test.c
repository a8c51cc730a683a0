/* SPDX-License-Identifier: BSD-3-Clause */
/* A second person's word for top-level domains, and the line that every change leaves. */
#include "tests/unit/support/cp_nta_world.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_tld_waits_for_another_uid_and_has_no_effect_meanwhile),
	    T(what_nobody_approves_lapses_and_can_be_withdrawn),
	    T(more_time_for_a_tld_waits_too_and_goes_with_what_it_was_for),
	    T(only_so_many_requests_wait),
	    T(whatever_ends_or_changes_an_anchor_takes_the_same_way_and_leaves_its_line),
	};

	hf_log_set_level(HF_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
