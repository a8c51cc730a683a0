/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of what a question may cost: sends, octets, memory, look-ups within look-ups. */
#include "tests/unit/resolver_world.h"

/* NXNSAttack: a referral to many servers, each of them in a zone that refers to many more. */
static void
a_fan_out_of_name_servers_stays_within_the_budget(void **state)
{
	(void)state;
	char text[160];

	world();
	for (unsigned i = 0; i < 13; i++) {
		snprintf(text, sizeof(text), "attack.test. 300 IN NS ns.evil%u.test.", i);
		fn_add(tld, text);
	}
	for (unsigned i = 0; i < 10; i++) {
		for (unsigned k = 0; k < 12; k++) {
			snprintf(text, sizeof(text),
			    "evil%u.test. 300 IN NS ns%u.x%u-%u.zone.test.", i, k, i, k);
			fn_add(tld, text);
		}
	}
	const struct cp_answer *a = fn_ask("www.attack.test.", HF_TYPE_A, 0);

	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_true(fn.sent_cnt <= 64);
	assert_true(fn.sent_cnt <= 20); /* ten address look-ups in all, of which five may fail */
	assert_int_equal(fn_counter(CP_RESOLVER_budget_ns), 1);
}

static void
look_ups_of_server_addresses_that_fail_are_few(void **state)
{
	const struct cp_resolver_limits limits = {.ns_lookup_fails = 2};
	char text[64];

	(void)state;
	world_with(&limits);
	for (unsigned i = 0; i < 9; i++) {
		snprintf(text, sizeof(text), "attack.test. 300 IN NS no%u.zone.test.", i);
		fn_add(tld, text);
	}
	assert_int_equal(fn_ask("www.zone.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_NOERROR);
	assert_int_equal(fn_ask("www.attack.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(fn.sent_cnt, 1 + 2); /* the referral, and two that do not exist */
	assert_int_equal(fn_counter(CP_RESOLVER_budget_ns), 1);
}

/* deep.test. is served by a name in mid.test., which is served by a name in zone.test. */
static void
look_ups_within_look_ups_are_bounded(void **state)
{
	static const uint16_t rcode[] = {HF_RCODE_SERVFAIL, HF_RCODE_NOERROR};

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		const struct cp_resolver_limits limits = {.depth = i + 1};

		world_with(&limits);
		struct fn_zone *mid = fn_zone("mid.test.", false);
		struct fn_zone *deep = fn_zone("deep.test.", false);

		fn_apex(mid);
		fn_apex(deep);
		fn_add(tld, "mid.test. 3600 IN NS server.zone.test.");
		fn_add(tld, "deep.test. 3600 IN NS server.mid.test.");
		fn_add(zone, "server.zone.test. 3600 IN A 192.0.2.61");
		fn_add(mid, "server.mid.test. 3600 IN A 192.0.2.62");
		fn_add(deep, "www.deep.test. 300 IN A 198.51.100.9");
		fn_server("192.0.2.61", mid);
		fn_server("192.0.2.62", deep);
		assert_int_equal(fn_ask("www.deep.test.", HF_TYPE_A, 0)->rcode, rcode[i]);
		teardown(state);
	}
}

static void
referrals_are_followed_as_far_as_the_budget_goes(void **state)
{
	struct cp_resolver_limits limits = {.referrals = 1};

	world_with(&limits);
	expect_failure(fn_ask("www.zone.test.", HF_TYPE_A, 0), HF_EDE_OTHER);
	assert_int_equal(fn_counter(CP_RESOLVER_budget_referrals), 1);
	teardown(state);
	limits.referrals = 2;
	world_with(&limits);
	assert_int_equal(fn_ask("www.zone.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_NOERROR);
}

static void
the_budget_of_sends_is_shared_by_all_sub_queries(void **state)
{
	(void)state;
	struct cp_resolver_limits limits = {.sends = 3};

	world_with(&limits);
	expect_failure(fn_ask("www.zone.test.", HF_TYPE_A, 0), HF_EDE_OTHER);
	assert_int_equal(fn.sent_cnt, 3);
	assert_int_equal(fn_counter(CP_RESOLVER_budget_sends), 1);
}

static void
what_has_to_be_sent_again_over_tcp_is_charged_too(void **state)
{
	(void)state;
	struct cp_resolver_limits limits = {.sends = 3};

	world_with(&limits);
	fn_ask_only("www.zone.test.", HF_TYPE_A, 0, 1);
	assert_int_equal(fn.sent_cnt, 1);
	assert_true(cp_resolver_again(fn.r, fn.event[0].exchange));
	assert_true(cp_resolver_again(fn.r, fn.event[0].exchange));
	assert_false(cp_resolver_again(fn.r, fn.event[0].exchange));
	assert_false(cp_resolver_again(fn.r, fn.event[0].exchange + 1)); /* there is none */
	fn_run();
	assert_int_equal(fn.answer[0].a.sends, 3);
	assert_int_equal(fn.sent_cnt, 1);
}

static void
the_budget_of_octets_and_of_memory_end_a_question(void **state)
{
	struct cp_resolver_limits few_bytes = {.bytes = 150};
	struct cp_resolver_limits little_memory = {.arena_octets = 12000};

	world_with(&few_bytes);
	assert_int_equal(fn_ask("www.zone.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(fn_counter(CP_RESOLVER_budget_bytes), 1);
	teardown(state);
	world_with(&little_memory);
	assert_int_equal(fn_ask("www.zone.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(fn_counter(CP_RESOLVER_budget_memory), 1);
}

#define T(f) cmocka_unit_test_teardown(f, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_fan_out_of_name_servers_stays_within_the_budget),
	    T(look_ups_of_server_addresses_that_fail_are_few),
	    T(look_ups_within_look_ups_are_bounded),
	    T(referrals_are_followed_as_far_as_the_budget_goes),
	    T(the_budget_of_sends_is_shared_by_all_sub_queries),
	    T(what_has_to_be_sent_again_over_tcp_is_charged_too),
	    T(the_budget_of_octets_and_of_memory_end_a_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
