/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of the resolver core without DNSSEC: servers, delegations, aliases, caching. The zones
 * are unsigned. Budgets: cp_resolver_budget_test.c. */
#include <errno.h>

#include "controlplane/resolver/caches.h"
#include "tests/unit/resolver_world.h"

static void
a_name_resolves_from_the_root_through_referrals_and_glue(void **state)
{
	(void)state;
	world();
	const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_A, 0);
	uint32_t ttl;

	expect_ok(a, 1);
	assert_int_equal(fn_count(a, HF_SECTION_ANSWER, HF_TYPE_A, &ttl), 1);
	assert_int_equal(ttl, 300);
	assert_int_equal(a->ttl_s, 300);
	assert_int_equal(fn.sent_cnt, 4); /* priming, root, test., zone.test. */
	assert_int_equal(a->sends, 4);
	for (unsigned i = 0; i < fn.sent_cnt; i++)
		assert_true(fn.sent[i].edns);
}

static void
the_second_ask_is_answered_from_the_cache_with_the_ttl_counted_down(void **state)
{
	(void)state;
	world();
	uint32_t ttl;

	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	fn_pass(100);
	const struct cp_answer *a = fn_ask("WWW.zone.TEST.", HF_TYPE_A, 0);

	expect_ok(a, 1);
	assert_int_equal(fn.sent_cnt, 0);
	assert_int_equal(fn_count(a, HF_SECTION_ANSWER, HF_TYPE_A, &ttl), 1);
	assert_in_range(ttl, 199, 200);
	fn_pass(201);
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0), 1);
	assert_int_equal(fn.sent_cnt, 1); /* the delegation is still known */
}

static void
a_missing_name_and_a_missing_type_are_cached_as_the_soa_says(void **state)
{
	(void)state;
	world();
	uint32_t ttl;
	const struct cp_answer *a = fn_ask("no.zone.test.", HF_TYPE_A, 0);

	assert_int_equal(a->rcode, HF_RCODE_NXDOMAIN);
	assert_int_equal(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_SOA, &ttl), 1);
	assert_int_equal(ttl, 300);                 /* MINIMUM, not the SOA's own TTL of 3600 */
	a = fn_ask("no.zone.test.", HF_TYPE_MX, 0); /* another type of the same name */
	assert_int_equal(a->rcode, HF_RCODE_NXDOMAIN);
	assert_int_equal(fn.sent_cnt, 0);
	a = fn_ask("www.zone.test.", HF_TYPE_MX, 0);
	assert_int_equal(a->rcode, HF_RCODE_NOERROR);
	assert_int_equal(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_SOA, NULL), 1);
	fn_ask("www.zone.test.", HF_TYPE_MX, 0);
	assert_int_equal(fn.sent_cnt, 0);
	fn_ask("www.zone.test.", HF_TYPE_TXT, 0); /* NODATA is for one type only */
	assert_int_equal(fn.sent_cnt, 1);
}

static void
an_alias_is_followed_and_its_names_are_told(void **state)
{
	(void)state;
	world();
	const struct cp_answer *a = fn_ask("alias.zone.test.", HF_TYPE_A, 0);
	struct hf_name target = va_name("www.zone.test.");

	expect_ok(a, 2);
	assert_int_equal(fn_count(a, HF_SECTION_ANSWER, HF_TYPE_CNAME, NULL), 1);
	assert_int_equal(fn_count(a, HF_SECTION_ANSWER, HF_TYPE_A, NULL), 1);
	assert_int_equal(a->ttl_s, 60);
	assert_int_equal(a->chain_cnt, 1);
	assert_true(hf_name_equal(&a->chain[0], &target));
	a = fn_ask("alias.zone.test.", HF_TYPE_CNAME, 0);
	expect_ok(a, 1);
	assert_int_equal(fn.sent_cnt, 0);
}

static void
aliases_that_lead_back_to_themselves_fail(void **state)
{
	(void)state;
	world();
	fn_add(zone, "loop1.zone.test. 300 IN CNAME loop2.zone.test.");
	fn_add(zone, "loop2.zone.test. 300 IN CNAME loop1.zone.test.");
	const struct cp_answer *a = fn_ask("loop1.zone.test.", HF_TYPE_A, 0);

	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(a->ede, HF_EDE_OTHER);
	assert_int_equal(a->an_cnt, 2); /* the circle is shown */
	expect_failure(fn_ask("loop1.zone.test.", HF_TYPE_A, 0), HF_EDE_OTHER);
	assert_int_equal(fn.sent_cnt, 0);
}

static void
an_alias_chain_is_followed_to_its_limit_and_no_further(void **state)
{
	(void)state;
	char text[128];

	world();
	for (unsigned i = 0; i < 20; i++) {
		snprintf(
		    text, sizeof(text), "c%u.zone.test. 300 IN CNAME c%u.zone.test.", i, i + 1);
		fn_add(zone, text);
	}
	fn_add(zone, "c20.zone.test. 300 IN A 198.51.100.9");
	expect_ok(fn_ask("c9.zone.test.", HF_TYPE_A, 0), 12); /* eleven aliases and the address */
	expect_failure(fn_ask("c8.zone.test.", HF_TYPE_A, 0), HF_EDE_OTHER);
	assert_int_equal(fn_counter(CP_RESOLVER_budget_chain), 1);
}

static void
a_dname_makes_the_alias_and_a_name_too_long_is_yxdomain(void **state)
{
	(void)state;
	char name[300] = "",
	     label[] = "012345678901234567890123456789012345678901234567890123456789";

	world();
	fn_add(zone, "old.zone.test. 300 IN DNAME new-and-a-good-deal-longer.zone.test.");
	fn_add(zone, "www.new-and-a-good-deal-longer.zone.test. 300 IN A 198.51.100.7");
	const struct cp_answer *a = fn_ask("www.old.zone.test.", HF_TYPE_A, 0);

	expect_ok(a, 3);
	assert_int_equal(fn_count(a, HF_SECTION_ANSWER, HF_TYPE_DNAME, NULL), 1);
	assert_int_equal(fn_count(a, HF_SECTION_ANSWER, HF_TYPE_CNAME, NULL), 1);
	for (unsigned i = 0; i < 3; i++) {
		strcat(name, label);
		strcat(name, ".");
	}
	strcat(name, "0123456789012345678901234567890123456789.old.zone.test.");
	a = fn_ask(name, HF_TYPE_A, 0);
	assert_int_equal(a->rcode, HF_RCODE_YXDOMAIN); /* RFC 6672 2.2 */
	assert_int_equal(a->verdict, HF_VERDICT_INSECURE);
	assert_int_equal(fn_count(a, HF_SECTION_ANSWER, HF_TYPE_DNAME, NULL), 1);
	assert_int_equal(a->an_cnt, 1);
}

static void
a_server_named_elsewhere_is_looked_up(void **state)
{
	(void)state;
	world();
	struct fn_zone *far = fn_zone("far.test.", false);

	fn_apex(far);
	fn_add(tld, "far.test. 300 IN NS www.zone.test.");
	fn_add(far, "www.far.test. 300 IN A 198.51.100.2");
	fn_server("198.51.100.1", far);
	expect_ok(fn_ask("www.far.test.", HF_TYPE_A, 0), 1);
	assert_int_equal(fn_sent_to("198.51.100.1", CP_UDP), 1);
}

static void
servers_that_depend_on_one_another_fail_and_end(void **state)
{
	(void)state;
	world();
	fn_add(tld, "one.test. 300 IN NS ns.two.test.");
	fn_add(tld, "two.test. 300 IN NS ns.one.test.");
	uint64_t began = fn.now_ns;
	const struct cp_answer *a = fn_ask("www.one.test.", HF_TYPE_A, 0);

	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(a->ede, HF_EDE_NO_REACHABLE_AUTHORITY);
	assert_true(fn.sent_cnt < 20);
	assert_true(fn.now_ns - began < HF_NS_PER_S); /* seen, not waited for */
}

static void
a_lame_or_failing_server_is_left_for_the_next(void **state)
{
	static const enum fn_manner manners[] = {
	    FN_REFUSES, FN_SERVFAILS, FN_SILENT, FN_UNREACHABLE, FN_GARBAGE};

	for (unsigned i = 0; i < 5; i++) {
		world();
		fn_add(tld, "zone.test. 3600 IN NS ns2.zone.test.");
		fn_add(tld, "ns2.zone.test. 3600 IN A 192.0.2.4");
		fn_server("192.0.2.4", zone);
		server->manner = manners[i];
		expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0), 1);
		assert_in_range(fn_sent_to("192.0.2.4", CP_UDP), 1, 1);
		assert_true(fn_sent_to("192.0.2.3", CP_UDP) <= 1);
		teardown(state);
	}
	world();
}

static void
servers_that_all_fail_give_ede_22_and_unreachable_ones_23(void **state)
{
	static const struct {
		enum fn_manner manner;
		uint16_t ede;
	} table[] = {{FN_SILENT, 22}, {FN_REFUSES, 22}, {FN_SERVFAILS, 22}, {FN_UNREACHABLE, 23}};

	for (unsigned i = 0; i < 4; i++) {
		world();
		server->manner = table[i].manner;
		const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_A, 0);

		expect_failure(a, table[i].ede);
		assert_true(strlen(a->ede_text) > 0);
		assert_true(fn_sent_to("192.0.2.3", CP_UDP) <= 3); /* sends to one server */
		teardown(state);
	}
	world();
}

static void
a_silent_world_ends_at_the_wall_clock(void **state)
{
	(void)state;
	world();
	fn_server("192.0.2.1", NULL)->manner = FN_SILENT;
	uint64_t began = fn.now_ns;

	expect_failure(fn_ask("www.zone.test.", HF_TYPE_A, 0), HF_EDE_NO_REACHABLE_AUTHORITY);
	assert_true(fn.now_ns - began <= 5 * HF_NS_PER_S);
}

static void
truncation_goes_to_tcp_at_the_same_server(void **state)
{
	(void)state;
	world();
	server->manner = FN_TRUNCATES;
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0), 1);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 1);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_TCP), 1);
	assert_int_equal(fn_counter(CP_RESOLVER_sent_tcp), 1);
}

static void
formerr_is_believed_when_tcp_says_it_too_and_then_remembered(void **state)
{
	(void)state;
	world();
	server->manner = FN_NO_EDNS;
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0), 1);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 1);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_TCP), 2);
	assert_false(fn.sent[fn.sent_cnt - 1].edns);
	assert_int_equal(fn_counter(CP_RESOLVER_edns_off), 1);
	fn_ask("www.zone.test.", HF_TYPE_TXT, 0);
	assert_int_equal(fn.sent_cnt, 1);
	assert_false(fn.sent[0].edns);
}

static void
packets_with_another_id_or_question_are_ignored_and_the_true_one_counts(void **state)
{
	(void)state;
	world();
	server->manner = FN_WRONG_ID;
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0), 1);
	assert_int_equal(fn_counter(CP_RESOLVER_mismatched), 1);
	server->manner = FN_WRONG_NAME;
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, HF_VARIANT_CD), 1);
	const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_TXT, 0);

	assert_int_equal(a->rcode, HF_RCODE_NOERROR);
	assert_int_equal(fn_counter(CP_RESOLVER_mismatched), 2);
}

static void
records_of_other_zones_are_dropped_and_never_cached(void **state)
{
	(void)state;
	world();
	struct fn_zone *victim = fn_zone("victim.", false);

	fn_apex(victim);
	fn_delegate(root, victim, "ns.victim.", "192.0.2.9");
	fn_add(victim, "www.victim. 300 IN A 198.51.100.80");
	server->manner = FN_SPOOFS;
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0), 1);
	assert_int_equal(fn_counter(CP_RESOLVER_out_of_bailiwick), 2);
	const struct cp_answer *a = fn_ask("www.victim.", HF_TYPE_A, 0);

	expect_ok(a, 1);
	assert_true(fn_sent_to("192.0.2.9", CP_UDP) == 1);
	assert_memory_equal(a->body + a->body_len - 4, "\306\63\144\120", 4);
}

static void
glue_from_outside_the_parents_zone_is_not_used(void **state)
{
	(void)state;
	world();
	struct fn_zone *trick = fn_zone("trick.test.", false);

	fn_apex(trick);
	fn_add(tld, "trick.test. 300 IN NS www.zone.test.");
	fn_add(tld, "sub.test. 300 IN NS ns.other.");
	fn_add(tld, "ns.other. 300 IN A 192.0.2.66"); /* not test.'s to say */
	fn_server("192.0.2.66", tld);
	fn_ask("www.sub.test.", HF_TYPE_A, 0);
	assert_int_equal(fn_sent_to("192.0.2.66", CP_UDP), 0);
}

static void
equal_questions_are_joined_and_each_gets_its_own_rendering(void **state)
{
	(void)state;
	world();
	fn_ask_only("www.zone.test.", HF_TYPE_A, 0, 11);
	fn_ask_only("WWW.ZONE.test.", HF_TYPE_A, HF_VARIANT_DO, 12);
	fn_ask_only("www.zone.test.", HF_TYPE_A, 0, 13);
	fn_run();
	assert_int_equal(fn.answer_cnt, 3);
	assert_int_equal(fn_counter(CP_RESOLVER_joined), 2);
	assert_int_equal(fn.sent_cnt, 4);
	uint64_t tokens = 0;

	for (unsigned i = 0; i < 3; i++) {
		expect_ok(&fn.answer[i].a, 1);
		tokens += fn.answer[i].token;
	}
	assert_int_equal(tokens, 36);
}

static unsigned asked_again;

static void
ask_from_within(void *arg, uint64_t token, const struct cp_answer *a)
{
	uint8_t before[512], len = (uint8_t)a->body_len;

	memcpy(before, a->body, len);
	fn_on_answer(arg, token, a);
	if (asked_again++ < 3)
		fn_ask_only("www.zone.test.", HF_TYPE_A, HF_VARIANT_DO, token + 1);
	assert_memory_equal(before, a->body, len); /* still ours during the call */
}

static void
a_question_may_be_asked_from_within_an_answer(void **state)
{
	(void)state;
	world();
	cp_resolver_destroy(fn.r);
	struct cp_resolver_ops ops = {
	    NULL, fn_on_send, fn_on_cancel, ask_from_within, fn_on_random, NULL};

	fn.r = cp_resolver_create(&fn.cfg, &ops, fn.policy);
	asked_again = 0;
	fn_ask_only("www.zone.test.", HF_TYPE_A, 0, 1);
	fn_ask_only("www.zone.test.", HF_TYPE_A, 0, 101);
	fn_run();
	assert_int_equal(fn.answer_cnt, 5);
	expect_ok(&fn.answer[4].a, 1);
}

static void
ttls_are_capped(void **state)
{
	(void)state;
	struct cp_resolver_limits limits = {.ttl_max_s = 100, .ttl_neg_max_s = 10};

	world_with(&limits);
	assert_int_equal(fn_ask("www.zone.test.", HF_TYPE_A, 0)->ttl_s, 100);
	assert_int_equal(fn_ask("no.zone.test.", HF_TYPE_A, 0)->ttl_s, 10);
	fn_pass(11);
	fn_ask("no.zone.test.", HF_TYPE_A, 0);
	assert_int_equal(fn.sent_cnt, 1);
}

static void
an_answer_of_ttl_0_is_given_and_not_kept(void **state)
{
	(void)state;
	world();
	fn_add(zone, "zero.zone.test. 0 IN A 198.51.100.1");
	assert_int_equal(fn_ask("zero.zone.test.", HF_TYPE_A, 0)->ttl_s, 0);
	expect_ok(fn_ask("zero.zone.test.", HF_TYPE_A, 0), 1);
	assert_int_equal(fn.sent_cnt, 1);
}

static void
questions_beyond_the_limit_are_refused_without_an_answer_call(void **state)
{
	(void)state;
	struct cp_resolver_limits limits = {.tasks = 2};
	struct hf_question q = {.name = va_name("c.zone.test."), .type = HF_TYPE_A, .klass = 1};

	world_with(&limits);
	struct cp_time t = fn_time();

	fn_ask_only("a.zone.test.", HF_TYPE_A, 0, 1);
	fn_ask_only("b.zone.test.", HF_TYPE_A, 0, 2);
	assert_int_equal(cp_resolver_ask(fn.r, &t, &q, 0, 3), -EAGAIN);
	assert_int_equal(fn_counter(CP_RESOLVER_tasks_full), 1);
	fn_run();
	assert_int_equal(fn.answer_cnt, 2);
	assert_int_equal(cp_resolver_ask(fn.r, &t, &q, 0, 3), 0);
	fn_run();
	assert_int_equal(fn.answer_cnt, 3);
}

static void
failures_are_told_again_with_doubling_back_off_until_the_server_is_back(void **state)
{
	(void)state;
	world();
	server->manner = FN_REFUSES;
	assert_int_equal(fn_ask("www.zone.test.", HF_TYPE_A, 0)->ttl_s, 1);
	expect_failure(fn_ask("www.zone.test.", HF_TYPE_A, 0), 22);
	assert_int_equal(fn.sent_cnt, 0);
	fn_pass(2);
	assert_int_equal(fn_ask("www.zone.test.", HF_TYPE_A, 0)->ttl_s, 2);
	for (uint32_t want = 4; want <= 32; want *= 2) {
		fn_pass(want);
		assert_int_equal(fn_ask("www.zone.test.", HF_TYPE_A, 0)->ttl_s, want);
	}
	fn_pass(33);
	assert_int_equal(fn_ask("www.zone.test.", HF_TYPE_A, 0)->ttl_s, 60);
	server->manner = FN_GOOD;
	fn_ntas(2, NULL); /* a new policy forgets failures */
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0), 1);
}

static void
any_gets_hinfo_and_meta_types_are_not_resolved(void **state)
{
	(void)state;
	world();
	const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_ANY, 0);

	expect_ok(a, 1);
	assert_int_equal(fn_count(a, HF_SECTION_ANSWER, HF_TYPE_HINFO, NULL), 1);
	assert_int_equal(fn_ask("zone.test.", HF_TYPE_AXFR, 0)->rcode, HF_RCODE_NOTIMP);
	assert_int_equal(fn.sent_cnt, 0);
}

static void
a_large_answer_is_cut_for_the_link_and_whole_for_tcp(void **state)
{
	(void)state;
	char text[400];

	world();
	for (unsigned i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "big.zone.test. 300 IN TXT \"%02u%0200u\"", i, i);
		fn_add(zone, text);
	}
	const struct cp_answer *a = fn_ask("big.zone.test.", HF_TYPE_TXT, 0);

	assert_true(a->truncated);
	assert_int_equal(a->body_len + a->an_cnt, 0);
	struct hf_question q = {.name = va_name("big.zone.test."), .type = HF_TYPE_TXT, .klass = 1};
	struct cp_time t = fn_time();

	assert_int_equal(cp_resolver_ask_large(fn.r, &t, &q, 0, 9), 0);
	a = &fn.answer[(fn.answer_cnt - 1) % 8].a;
	assert_false(a->truncated);
	assert_int_equal(fn_count(a, HF_SECTION_ANSWER, HF_TYPE_TXT, NULL), 20);
}

static void
a_zone_on_ipv6_only_servers_resolves_if_ipv6_is_on(void **state)
{
	(void)state;
	world();
	struct fn_zone *six = fn_zone("six.test.", false);

	fn_apex(six);
	fn_delegate(tld, six, "ns.six.test.", "2001:db8::53");
	fn_add(six, "www.six.test. 300 IN A 198.51.100.6");
	expect_ok(fn_ask("www.six.test.", HF_TYPE_A, 0), 1);
	assert_int_equal(fn_sent_to("2001:db8::53", CP_UDP), 1);
}

static void
destroying_a_resolver_with_questions_under_way_cancels_them(void **state)
{
	(void)state;
	world();
	fn_ask_only("www.zone.test.", HF_TYPE_A, 0, 1);
	fn_ask_only("alias.zone.test.", HF_TYPE_A, 0, 2);
	cp_resolver_destroy(fn.r);
	fn.r = NULL;
	for (unsigned i = 0; i < FN_EVENTS; i++)
		assert_false(fn.event[i].used);
	assert_int_equal(fn.answer_cnt, 0);
}

struct shown {
	unsigned cnt, negative;
	uint32_t ttl;
};

static void
on_shown(void *arg, const struct hf_rrset *set, enum hf_verdict verdict, uint32_t ttl_left_s,
    bool negative)
{
	struct shown *s = arg;

	assert_true(set->rr_cnt > 0);
	assert_int_equal(verdict, HF_VERDICT_INSECURE);
	s->cnt++;
	s->negative += negative;
	s->ttl = ttl_left_s;
}

static void
the_cache_shows_what_it_holds(void **state)
{
	(void)state;
	struct shown s = {0};
	struct hf_name www, no;
	struct cp_time t;

	world();
	www = va_name("WWW.zone.test.");
	no = va_name("no.zone.test.");
	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	fn_ask("no.zone.test.", HF_TYPE_A, 0);
	fn_pass(10);
	t = fn_time();
	cp_caches_show(cp_resolver_caches(fn.r), &t, &www, HF_TYPE_A, on_shown, &s);
	assert_int_equal(s.cnt, 1);
	assert_int_equal(s.negative, 0);
	assert_in_range(s.ttl, 289, 290);
	cp_caches_show(cp_resolver_caches(fn.r), &t, &no, HF_TYPE_ANY, on_shown, &s);
	assert_int_equal(s.cnt, 2);
	assert_int_equal(s.negative, 1);
}

static const struct cp_answer *
refresh(const char *name, uint16_t type)
{
	struct cp_time t = fn_time();
	struct hf_question q = {.name = va_name(name), .type = type, .klass = 1};
	unsigned before = fn.answer_cnt;

	fn.sent_cnt = 0;
	assert_int_equal(cp_resolver_refresh(fn.r, &t, &q, 0, 7), 0);
	fn_run();
	assert_int_equal(fn.answer_cnt, before + 1);
	return &fn.answer[before % 8].a;
}

static void
a_refresh_fetches_anew_what_is_about_to_expire_and_nothing_else(void **state)
{
	(void)state;
	world();
	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	uint32_t life = fn.answer[(fn.answer_cnt - 1) % 8].a.ttl_s;

	fn_pass(life / 2);
	refresh("www.zone.test.", HF_TYPE_A);
	assert_int_equal(fn.sent_cnt, 0);
	fn_pass(life / 2 - life / 10 + 1);
	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	assert_int_equal(fn.sent_cnt, 0); /* for a client it is good until the end */
	assert_int_equal(refresh("www.zone.test.", HF_TYPE_A)->ttl_s, life);
	assert_int_equal(fn.sent_cnt, 1);
	fn_pass(life / 2);
	const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_A, 0);

	assert_int_equal(fn.sent_cnt, 0);
	assert_true(a->ttl_s >= life / 2 - 1);
}

static void
a_refresh_that_fails_changes_nothing_and_costs_little(void **state)
{
	(void)state;
	world();
	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	uint32_t life = fn.answer[(fn.answer_cnt - 1) % 8].a.ttl_s;

	fn_pass(life - life / 20);
	for (unsigned i = 0; i < fn.server_cnt; i++)
		fn.server[i].manner = FN_SERVFAILS;
	assert_int_equal(refresh("www.zone.test.", HF_TYPE_A)->rcode, HF_RCODE_SERVFAIL);
	assert_true(fn.sent_cnt <= 16);
	assert_int_equal(fn_ask("www.zone.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_NOERROR);
	for (unsigned i = 0; i < fn.server_cnt; i++)
		fn.server[i].manner = FN_GOOD;
	fn_pass(life);
	assert_int_equal(fn_ask("www.zone.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_NOERROR);
}

static void
a_refresh_has_a_quarter_of_a_questions_sends(void **state)
{
	const struct cp_resolver_limits limits = {.sends = 8};

	(void)state;
	world_with(&limits);
	assert_int_equal(refresh("www.zone.test.", HF_TYPE_A)->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(fn.sent_cnt, 2);
	assert_int_equal(fn_ask("www.zone.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_NOERROR);
}

static void
refreshes_under_way_are_few_and_no_question_waits_on_one(void **state)
{
	struct cp_time t;
	char name[64];

	(void)state;
	world();
	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	t = fn_time();
	for (unsigned i = 0; i <= CP_REFRESH_MAX; i++) {
		snprintf(name, sizeof(name), "n%u.zone.test.", i);
		struct hf_question q = {.name = va_name(name), .type = HF_TYPE_A, .klass = 1};

		assert_int_equal(cp_resolver_refresh(fn.r, &t, &q, 0, 100 + i),
		    i < CP_REFRESH_MAX ? 0 : -EAGAIN);
	}
	fn_ask_only("n1.zone.test.", HF_TYPE_A, 0, 1);
	assert_int_equal(fn_counter(CP_RESOLVER_joined), 0);
	assert_int_equal(fn_counter(CP_RESOLVER_refreshed_full), 1);
	fn_run();
	struct hf_question q = {.name = va_name("again.zone.test."), .type = HF_TYPE_A, .klass = 1};

	t = fn_time();
	assert_int_equal(cp_resolver_refresh(fn.r, &t, &q, 0, 3), 0);
	fn_run();
}

#define T(f) cmocka_unit_test_teardown(f, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_name_resolves_from_the_root_through_referrals_and_glue),
	    T(the_second_ask_is_answered_from_the_cache_with_the_ttl_counted_down),
	    T(a_refresh_fetches_anew_what_is_about_to_expire_and_nothing_else),
	    T(a_refresh_that_fails_changes_nothing_and_costs_little),
	    T(a_refresh_has_a_quarter_of_a_questions_sends),
	    T(refreshes_under_way_are_few_and_no_question_waits_on_one),
	    T(a_missing_name_and_a_missing_type_are_cached_as_the_soa_says),
	    T(an_alias_is_followed_and_its_names_are_told),
	    T(aliases_that_lead_back_to_themselves_fail),
	    T(an_alias_chain_is_followed_to_its_limit_and_no_further),
	    T(a_dname_makes_the_alias_and_a_name_too_long_is_yxdomain),
	    T(a_server_named_elsewhere_is_looked_up),
	    T(servers_that_depend_on_one_another_fail_and_end),
	    T(a_lame_or_failing_server_is_left_for_the_next),
	    T(servers_that_all_fail_give_ede_22_and_unreachable_ones_23),
	    T(a_silent_world_ends_at_the_wall_clock),
	    T(truncation_goes_to_tcp_at_the_same_server),
	    T(formerr_is_believed_when_tcp_says_it_too_and_then_remembered),
	    T(packets_with_another_id_or_question_are_ignored_and_the_true_one_counts),
	    T(records_of_other_zones_are_dropped_and_never_cached),
	    T(glue_from_outside_the_parents_zone_is_not_used),
	    T(equal_questions_are_joined_and_each_gets_its_own_rendering),
	    T(a_question_may_be_asked_from_within_an_answer),
	    T(ttls_are_capped),
	    T(an_answer_of_ttl_0_is_given_and_not_kept),
	    T(questions_beyond_the_limit_are_refused_without_an_answer_call),
	    T(failures_are_told_again_with_doubling_back_off_until_the_server_is_back),
	    T(any_gets_hinfo_and_meta_types_are_not_resolved),
	    T(a_large_answer_is_cut_for_the_link_and_whole_for_tcp),
	    T(a_zone_on_ipv6_only_servers_resolves_if_ipv6_is_on),
	    T(destroying_a_resolver_with_questions_under_way_cancels_them),
	    T(the_cache_shows_what_it_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
