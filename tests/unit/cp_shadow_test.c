/* SPDX-License-Identifier: BSD-3-Clause */
/* What validation finds below an NTA, counted and sampled (controlplane/shadow.c), alone and with
 * the resolver core. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/support/fakenet.h"

static struct cp_shadow *shadow;
static struct fn_server *tld_server, *server;

static int
setup(void **state)
{
	(void)state;
	shadow = cp_shadow_create(1);
	return shadow != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	cp_shadow_put(shadow);
	return fn_teardown(state);
}

/* . and test. and zone.test. signed; plain.test. not; an NTA at name. */
static void
world(const char *name)
{
	struct fn_zone *root = fn_root(true), *tld = fn_zone("test.", true);
	struct fn_zone *zone = fn_zone("zone.test.", true), *plain = fn_zone("plain.test.", false);
	struct cp_rule rule = {.kind = HF_RULE_NTA, .name = va_name(name), .shadow = shadow};

	fn_apex(tld);
	fn_apex(zone);
	fn_apex(plain);
	tld_server = fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	fn_add_ds(root, tld);
	server = fn_delegate(tld, zone, "ns.zone.test.", "192.0.2.3");
	fn_add_ds(tld, zone);
	fn_delegate(tld, plain, "ns.plain.test.", "192.0.2.4");
	struct fn_zone *deep = fn_zone("deep.zone.test.", false);

	fn_apex(deep);
	fn_delegate(zone, deep, "ns.deep.zone.test.", "192.0.2.5");
	fn_add(deep, "www.deep.zone.test. 300 IN A 198.51.100.6");
	fn_add(zone, "www.zone.test. 300 IN A 198.51.100.1");
	fn_add(zone, "alias.zone.test. 300 IN CNAME www.plain.test.");
	fn_add(plain, "www.plain.test. 300 IN A 198.51.100.5");
	fn_start(root, NULL);
	struct cp_policy *p = cp_policy_create(2, NULL, &rule, 1);

	cp_resolver_set_policy(fn.r, p);
	cp_policy_put(p);
}

static struct cp_shadow_counts
counts(void)
{
	struct cp_shadow_counts c;

	cp_shadow_counts(shadow, &c);
	return c;
}

static struct hf_name
numbered(unsigned i)
{
	char text[32];

	snprintf(text, sizeof(text), "N%u.test.", i);
	return va_name(text);
}

static bool
is(const struct hf_name *got, const char *name)
{
	const struct hf_name want = va_name(name);

	return hf_name_equal(got, &want);
}

static void
what_would_fail_is_counted_by_reason_and_what_would_not_as_it_would_be(void **state)
{
	(void)state;
	world("test.");
	server->manner = FN_BAD_SIGS;
	assert_int_equal(fn_ask("www.zone.test.", HF_TYPE_A, 0)->verdict, HF_VERDICT_UNVALIDATED);
	assert_int_equal(counts().failed[VA_SIG_BAD], 1);
	assert_int_equal(fn_ask("test.", HF_TYPE_SOA, 0)->verdict, HF_VERDICT_SECURE);
	assert_int_equal(fn_ask("www.plain.test.", HF_TYPE_A, 0)->verdict, HF_VERDICT_INSECURE);
	struct cp_shadow_counts c = counts();

	assert_int_equal(cp_shadow_failed(&c), 1);
	assert_int_equal(c.secure, 1);
	assert_int_equal(c.insecure, 1);
}

static void
names_beside_the_nta_do_not_count_and_each_link_of_a_chain_is_its_own(void **state)
{
	(void)state;
	world("zone.test.");
	fn_ask("www.plain.test.", HF_TYPE_A, 0);
	fn_ask("test.", HF_TYPE_SOA, 0);
	fn_ask("alias.zone.test.", HF_TYPE_A, 0);
	struct cp_shadow_counts c = counts();

	assert_int_equal(c.secure, 1);
	assert_int_equal(c.insecure + cp_shadow_failed(&c), 0);
}

static void
what_could_not_be_had_says_nothing_of_signatures(void **state)
{
	(void)state;
	world("zone.test.");
	server->manner = FN_SILENT;
	assert_int_equal(fn_ask("www.zone.test.", HF_TYPE_A, 0)->verdict, HF_VERDICT_FAILURE);
	struct cp_shadow_counts c = counts();

	assert_int_equal(c.secure + c.insecure + cp_shadow_failed(&c), 0);
}

static void
delegations_below_the_zone_are_met_good_or_bogus(void **state)
{
	struct hf_name got[CP_SHADOW_SAMPLE];

	(void)state;
	world("test.");
	tld_server->manner = FN_BAD_SIGS;
	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	fn_ask("www.plain.test.", HF_TYPE_A, 0);
	fn_ask("no.test.", HF_TYPE_A, 0);
	assert_int_equal(cp_shadow_sample(shadow, true, got), 1);
	assert_true(is(&got[0], "zone.test."));
	assert_int_equal(cp_shadow_sample(shadow, false, got), 1);
	assert_true(is(&got[0], "plain.test."));
}

static void
delegations_of_other_zones_are_not_met(void **state)
{
	struct hf_name got[CP_SHADOW_SAMPLE];

	(void)state;
	world("zone.test.");
	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	fn_ask("www.plain.test.", HF_TYPE_A, 0);
	assert_int_equal(cp_shadow_sample(shadow, true, got), 0);
	assert_int_equal(cp_shadow_sample(shadow, false, got), 0);
}

/* Its servers are others, which the probes do not ask. */
static void
delegations_of_a_zone_further_below_are_not_met(void **state)
{
	struct hf_name got[CP_SHADOW_SAMPLE];

	(void)state;
	world("test.");
	assert_int_equal(fn_ask("www.deep.zone.test.", HF_TYPE_A, 0)->verdict, HF_VERDICT_INSECURE);
	assert_int_equal(cp_shadow_sample(shadow, true, got), 1);
	assert_int_equal(cp_shadow_sample(shadow, false, got), 0);
}

static void
the_sample_keeps_each_name_once_and_never_more_than_its_size(void **state)
{
	struct hf_name got[CP_SHADOW_SAMPLE], name;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		name = numbered(i % 7);
		cp_shadow_met(shadow, &name, false);
	}
	assert_int_equal(cp_shadow_sample(shadow, false, got), 7);
	for (unsigned i = 0; i < 1000; i++) {
		name = numbered(i);
		cp_shadow_met(shadow, &name, true);
	}
	assert_int_equal(cp_shadow_sample(shadow, true, got), CP_SHADOW_SAMPLE);
}

/* 2000 samples of 100 names each: a name is expected in 400 of them, give or take 18. */
static void
the_sample_favours_neither_those_who_came_first_nor_last(void **state)
{
	struct hf_name got[CP_SHADOW_SAMPLE], name;
	unsigned first = 0, last = 0;

	(void)state;
	for (unsigned run = 0; run < 2000; run++) {
		struct cp_shadow *s = cp_shadow_create(run);

		for (unsigned i = 0; i < 100; i++) {
			name = numbered(i);
			cp_shadow_met(s, &name, false);
		}
		unsigned cnt = cp_shadow_sample(s, false, got);

		for (unsigned i = 0; i < cnt; i++) {
			first += is(&got[i], "n0.test.");
			last += is(&got[i], "n99.test.");
		}
		cp_shadow_put(s);
	}
	assert_in_range(first, 310, 490);
	assert_in_range(last, 310, 490);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    T(what_would_fail_is_counted_by_reason_and_what_would_not_as_it_would_be),
	    T(names_beside_the_nta_do_not_count_and_each_link_of_a_chain_is_its_own),
	    T(what_could_not_be_had_says_nothing_of_signatures),
	    T(delegations_below_the_zone_are_met_good_or_bogus),
	    T(delegations_of_other_zones_are_not_met),
	    T(delegations_of_a_zone_further_below_are_not_met),
	    T(the_sample_keeps_each_name_once_and_never_more_than_its_size),
	    T(the_sample_favours_neither_those_who_came_first_nor_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
