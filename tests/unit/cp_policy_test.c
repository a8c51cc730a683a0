/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of controlplane/policy.c. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "controlplane/policy.h"

static struct cp_rule
rule(enum hf_rule_kind kind, const char *name)
{
	struct cp_rule r = {.kind = kind};

	assert_int_equal(hf_name_from_text(name, &r.name), 0);
	return r;
}

static bool
covers(const struct cp_policy *p, const char *name)
{
	struct hf_name n;

	assert_int_equal(hf_name_from_text(name, &n), 0);
	return cp_policy_covers(p, &n, NULL);
}

static void
an_nta_covers_its_name_and_all_below_and_nothing_else(void **state)
{
	(void)state;
	struct cp_rule rules[] = {rule(HF_RULE_NTA, "de.")};
	struct cp_policy *p = cp_policy_create(7, NULL, rules, 1);

	assert_true(covers(p, "de."));
	assert_true(covers(p, "WWW.Example.DE."));
	assert_false(covers(p, "xde."));
	assert_false(covers(p, "."));
	assert_false(covers(p, "se."));
	assert_int_equal(cp_policy_generation(p), 7);
	cp_policy_put(p);
}

static void
the_closest_rule_wins(void **state)
{
	(void)state;
	struct cp_rule rules[] = {rule(HF_RULE_NTA, "deep.anchored.de."),
	    rule(HF_RULE_ANCHOR, "anchored.de."), rule(HF_RULE_NTA, "de.")};
	struct cp_policy *p = cp_policy_create(1, NULL, rules, 3);
	struct hf_name n;
	const struct hf_name *by = NULL;

	assert_true(covers(p, "other.de."));
	assert_false(covers(p, "www.anchored.de."));
	assert_true(covers(p, "www.deep.anchored.de."));
	assert_int_equal(hf_name_from_text("a.deep.anchored.de.", &n), 0);
	assert_true(cp_policy_covers(p, &n, &by));
	assert_true(hf_name_equal(by, &rules[0].name));
	cp_policy_put(p);
}

static uint32_t
window(const struct cp_policy *p, const char *name)
{
	struct hf_name n;

	assert_int_equal(hf_name_from_text(name, &n), 0);
	return cp_policy_stale_of(p, &n)->max_s;
}

static void
serve_stale_of_a_zone_is_that_of_its_closest_rule(void **state)
{
	(void)state;
	const struct cp_stale all = {.max_s = 86400};
	struct cp_rule rules[] = {rule(HF_RULE_STALE, "De."), rule(HF_RULE_NTA, "de."),
	    rule(HF_RULE_STALE, "off.example.de."), rule(HF_RULE_ANCHOR, "example.de.")};

	rules[0].stale.max_s = 259200;
	struct cp_policy *p = cp_policy_create(1, &all, rules, 4);
	assert_non_null(p);
	assert_int_equal(window(p, "www.example.org."), 86400);
	assert_int_equal(window(p, "WWW.Example.DE."), 259200);
	assert_int_equal(window(p, "a.off.example.de."), 0);
	assert_true(covers(p, "other.de."));
	assert_false(
	    covers(p, "off.example.de.")); /* an anchor is closer, a STALE rule is no matter */
	cp_policy_put(p);
	rules[1] = rule(HF_RULE_STALE, "de.");
	assert_null(cp_policy_create(1, &all, rules, 4));
	assert_int_equal(errno, EEXIST);
}

static void
an_nta_for_the_root_covers_everything(void **state)
{
	(void)state;
	struct cp_rule rules[] = {rule(HF_RULE_NTA, ".")};
	struct cp_policy *p = cp_policy_create(1, NULL, rules, 1);

	assert_true(covers(p, "."));
	assert_true(covers(p, "www.example.de."));
	cp_policy_put(p);
}

static void
a_name_given_twice_in_any_case_is_refused(void **state)
{
	(void)state;
	struct cp_rule rules[] = {rule(HF_RULE_NTA, "de."), rule(HF_RULE_ANCHOR, "DE.")};

	assert_null(cp_policy_create(1, NULL, rules, 2));
	assert_int_equal(errno, EEXIST);
}

static void
more_rules_than_the_limit_are_refused(void **state)
{
	(void)state;
	struct cp_rule *rules = calloc(HF_POLICY_RULE_MAX + 1, sizeof(*rules));
	char text[32];

	for (unsigned i = 0; i <= HF_POLICY_RULE_MAX; i++) {
		snprintf(text, sizeof(text), "z%u.example.", i);
		rules[i] = rule(HF_RULE_NTA, text);
	}
	assert_null(cp_policy_create(1, NULL, rules, HF_POLICY_RULE_MAX + 1));
	assert_int_equal(errno, E2BIG);
	struct cp_policy *p = cp_policy_create(1, NULL, rules, HF_POLICY_RULE_MAX);

	for (unsigned i = 0; i < HF_POLICY_RULE_MAX; i += 97) {
		snprintf(text, sizeof(text), "www.z%u.example.", i);
		assert_true(covers(p, text));
	}
	assert_false(covers(p, "example."));
	cp_policy_put(p);
	free(rules);
}

static void
a_snapshot_lives_until_its_last_reference_is_put(void **state)
{
	(void)state;
	struct cp_policy *p = cp_policy_create(3, NULL, NULL, 0);

	cp_policy_get(p);
	cp_policy_put(p);
	assert_int_equal(cp_policy_generation(p), 3); /* ASan speaks up if it is gone */
	cp_policy_put(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_nta_covers_its_name_and_all_below_and_nothing_else),
	    cmocka_unit_test(the_closest_rule_wins),
	    cmocka_unit_test(serve_stale_of_a_zone_is_that_of_its_closest_rule),
	    cmocka_unit_test(an_nta_for_the_root_covers_everything),
	    cmocka_unit_test(a_name_given_twice_in_any_case_is_refused),
	    cmocka_unit_test(more_rules_than_the_limit_are_refused),
	    cmocka_unit_test(a_snapshot_lives_until_its_last_reference_is_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
