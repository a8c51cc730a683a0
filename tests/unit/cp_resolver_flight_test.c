/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of the resolver core: questions that are under way together and need the same
 * packets from servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "controlplane/resolver/caches.h"
#include "tests/unit/support/fakenet.h"

static struct fn_zone *root, *tld, *zone, *plain;
static struct fn_server *server, *plain_server;

/* . and test. and zone.test. signed; plain.test. is served by a name in zone.test. */
static void
world_with(const struct cp_resolver_limits *limits)
{
	fn.minimise = true;
	root = fn_root(true);
	tld = fn_zone("test.", true);
	zone = fn_zone("zone.test.", true);
	plain = fn_zone("plain.test.", false);
	fn_apex(tld);
	fn_apex(zone);
	fn_apex(plain);
	fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	fn_add_ds(root, tld);
	server = fn_delegate(tld, zone, "ns.zone.test.", "192.0.2.3");
	fn_add_ds(tld, zone);
	fn_add(zone, "a.zone.test. 300 IN A 198.51.100.1");
	fn_add(zone, "b.zone.test. 300 IN A 198.51.100.2");
	fn_add(zone, "c.zone.test. 300 IN A 198.51.100.3");
	fn_add(zone, "server.zone.test. 300 IN A 192.0.2.4");
	fn_add(tld, "plain.test. 3600 IN NS server.zone.test.");
	fn_add(plain, "a.plain.test. 300 IN A 198.51.100.4");
	fn_add(plain, "b.plain.test. 300 IN A 198.51.100.5");
	plain_server = fn_server("192.0.2.4", plain);
	fn_start(root, limits);
}

static void
world(void)
{
	world_with(NULL);
}

static unsigned
asked(const char *name, uint16_t type)
{
	struct hf_name n = va_name(name);
	unsigned cnt = 0;

	for (unsigned i = 0; i < fn.sent_cnt; i++)
		cnt += fn.sent[i].q.type == type && hf_name_equal(&fn.sent[i].q.name, &n);
	return cnt;
}

static void
expect_all(unsigned cnt, uint16_t rcode, enum hf_verdict verdict)
{
	assert_int_equal(fn.answer_cnt, cnt);
	for (unsigned i = 0; i < cnt; i++) {
		assert_int_equal(fn.answer[i].a.rcode, rcode);
		assert_int_equal(fn.answer[i].a.verdict, verdict);
	}
}

static void
questions_that_need_the_same_delegations_and_keys_ask_for_them_once(void **state)
{
	(void)state;
	world();
	fn_ask_only("a.zone.test.", HF_TYPE_A, 0, 1);
	fn_ask_only("b.zone.test.", HF_TYPE_A, 0, 2);
	fn_ask_only("c.zone.test.", HF_TYPE_A, 0, 3);
	fn_run();
	expect_all(3, HF_RCODE_NOERROR, HF_VERDICT_SECURE);
	assert_int_equal(asked(".", HF_TYPE_NS), 1);
	assert_int_equal(asked(".", HF_TYPE_DNSKEY), 1);
	assert_int_equal(asked("test.", HF_TYPE_DNSKEY), 1);
	assert_int_equal(asked("zone.test.", HF_TYPE_DNSKEY), 1);
	assert_int_equal(fn_sent_to("192.0.2.2", CP_UDP), 2); /* the referral and the keys */
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 4); /* the keys and the three */
	assert_true(fn_counter(CP_RESOLVER_fetch_joined) >= 8);
}

static void
the_address_of_a_server_is_asked_for_once(void **state)
{
	(void)state;
	world();
	fn_ask_only("a.plain.test.", HF_TYPE_A, 0, 1);
	fn_ask_only("b.plain.test.", HF_TYPE_A, 0, 2);
	fn_run();
	expect_all(2, HF_RCODE_NOERROR, HF_VERDICT_INSECURE);
	assert_int_equal(asked("server.zone.test.", HF_TYPE_A), 1);
}

static void
who_joins_pays_from_the_budget_of_its_own(void **state)
{
	struct cp_resolver_limits limits = {.sends = 3};

	(void)state;
	world_with(&limits);
	fn_ask_only("a.zone.test.", HF_TYPE_A, 0, 1);
	fn_ask_only("b.zone.test.", HF_TYPE_A, 0, 2);
	fn_run();
	expect_all(2, HF_RCODE_SERVFAIL, HF_VERDICT_FAILURE);
	assert_int_equal(fn_counter(CP_RESOLVER_budget_sends), 2);
	assert_true(fn.sent_cnt <= 4);
	assert_int_equal(fn.answer[0].a.sends, 3);
	assert_int_equal(fn.answer[1].a.sends, 3);
}

static void
pass_ms(unsigned ms)
{
	uint64_t until_ns = fn.now_ns + ms * HF_NS_PER_MS;

	fn_run_until(until_ns);
}

static void
when_the_first_gives_up_the_others_still_get_the_reply(void **state)
{
	struct cp_resolver_limits limits = {.wall_ns = 300 * HF_NS_PER_MS};

	(void)state;
	world_with(&limits);
	fn_ask("a.zone.test.", HF_TYPE_A, 0);
	fn.answer_cnt = 0;
	plain_server->delay_ns = 330 * HF_NS_PER_MS;
	fn.sent_cnt = 0;
	fn_ask_only("a.plain.test.", HF_TYPE_A, 0, 1);
	pass_ms(200);
	fn_ask_only("a.plain.test.", HF_TYPE_A, HF_VARIANT_CD, 2); /* a question of its own */
	fn_run();
	assert_int_equal(fn.answer_cnt, 2);
	assert_int_equal(fn.answer[0].a.rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(fn.answer[1].a.rcode, HF_RCODE_NOERROR);
	assert_int_equal(asked("a.plain.test.", HF_TYPE_A), 1);
}

static void
a_server_that_is_silent_is_left_by_all_of_them_for_the_next(void **state)
{
	(void)state;
	world();
	fn_add(tld, "zone.test. 3600 IN NS ns2.zone.test.");
	fn_add(tld, "ns2.zone.test. 3600 IN A 192.0.2.13");
	fn_server("192.0.2.13", zone);
	server->manner = FN_SILENT;
	fn_ask_only("a.zone.test.", HF_TYPE_A, 0, 1);
	fn_ask_only("a.zone.test.", HF_TYPE_A, HF_VARIANT_CD, 2);
	fn_run();
	expect_all(2, HF_RCODE_NOERROR, HF_VERDICT_SECURE);
	assert_int_equal(
	    asked("a.zone.test.", HF_TYPE_A), fn_sent_to("192.0.2.3", CP_UDP) > 0 ? 2 : 1);
}

static void
a_reply_that_is_cut_short_is_fetched_over_tcp_once(void **state)
{
	(void)state;
	world();
	server->manner = FN_TRUNCATES;
	fn_ask_only("a.zone.test.", HF_TYPE_A, 0, 1);
	fn_ask_only("a.zone.test.", HF_TYPE_A, HF_VARIANT_CD, 2);
	fn_run();
	expect_all(2, HF_RCODE_NOERROR, HF_VERDICT_SECURE);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_TCP), 2); /* the address and the keys */
}

static void
a_query_that_lacked_a_cookie_is_sent_again_once(void **state)
{
	(void)state;
	fn.cookies = true;
	world();
	server->manner = FN_WANTS_COOKIE;
	fn_ask_only("a.zone.test.", HF_TYPE_A, 0, 1);
	fn_ask_only("a.zone.test.", HF_TYPE_A, HF_VARIANT_CD, 2);
	fn_run();
	expect_all(2, HF_RCODE_NOERROR, HF_VERDICT_SECURE);
	assert_int_equal(fn_counter(CP_RESOLVER_cookie_bad), 2); /* each reads it */
	assert_int_equal(asked("a.zone.test.", HF_TYPE_A), 2);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_TCP), 0);
}

static void
zones_that_wait_for_one_another_fail_whoever_asks(void **state)
{
	(void)state;
	world();
	fn_add(tld, "one.test. 300 IN NS ns.two.test.");
	fn_add(tld, "two.test. 300 IN NS ns.one.test.");
	fn_ask_only("www.one.test.", HF_TYPE_A, 0, 1);
	fn_ask_only("www.two.test.", HF_TYPE_A, 0, 2);
	uint64_t began_ns = fn.now_ns;

	fn_run();
	expect_all(2, HF_RCODE_SERVFAIL, HF_VERDICT_FAILURE);
	assert_true(fn.now_ns - began_ns < HF_NS_PER_S); /* seen, not waited for */
}

static void
a_resolver_with_shared_exchanges_may_be_destroyed(void **state)
{
	(void)state;
	world();
	fn_ask_only("a.zone.test.", HF_TYPE_A, 0, 1);
	fn_ask_only("b.zone.test.", HF_TYPE_A, 0, 2);
	cp_resolver_destroy(fn.r);
	fn.r = NULL;
	for (unsigned i = 0; i < FN_EVENTS; i++)
		assert_false(fn.event[i].used);
}

static void
a_zone_whose_share_is_taken_makes_questions_wait_a_moment(void **state)
{
	struct cp_resolver_limits limits = {.zone_fetches = 1};

	(void)state;
	world_with(&limits);
	fn_ask_only("a.plain.test.", HF_TYPE_A, 0, 1);
	fn_ask_only("b.plain.test.", HF_TYPE_A, 0, 2);
	fn_run();
	expect_all(2, HF_RCODE_NOERROR, HF_VERDICT_INSECURE);
	assert_int_equal(fn_counter(CP_RESOLVER_zone_busy), 0);
}

static void
a_server_whose_share_is_taken_makes_questions_wait_a_moment(void **state)
{
	struct cp_resolver_limits limits = {.server_fetches = 1};

	(void)state;
	world_with(&limits);
	fn_ask_only("a.plain.test.", HF_TYPE_A, 0, 1);
	fn_ask_only("b.plain.test.", HF_TYPE_A, 0, 2);
	fn_run();
	expect_all(2, HF_RCODE_NOERROR, HF_VERDICT_INSECURE);
}

static void
only_so_many_questions_of_a_zone_wait_and_only_so_long(void **state)
{
	struct cp_resolver_limits limits = {
	    .zone_fetches = 1, .tasks = 64}; /* 8 may, 2 of a zone */
	char name[64];

	(void)state;
	world_with(&limits);
	fn_ask("a.plain.test.", HF_TYPE_A, 0);
	fn.answer_cnt = 0;
	plain_server->manner = FN_SILENT;
	for (unsigned i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "n%u.plain.test.", i);
		fn_ask_only(name, HF_TYPE_A, 0, i);
	}
	expect_all(2, HF_RCODE_SERVFAIL, HF_VERDICT_FAILURE); /* at once */
	assert_string_equal(fn.answer[0].a.ede_text, "too many questions for this zone");
	assert_int_equal(fn_counter(CP_RESOLVER_zone_busy), 2);
	fn_run();
	expect_all(5, HF_RCODE_SERVFAIL, HF_VERDICT_FAILURE);
}

/* Of two servers one is silent: whoever tries it waits for it alone. */
static void
nobody_else_waits_for_a_server_that_is_tried_out(void **state)
{
	char name[64];
	unsigned found = 0;

	(void)state;
	world();
	struct fn_zone *pair = fn_zone("pair.test.", false);

	fn_apex(pair);
	struct fn_server *good = fn_delegate(tld, pair, "ns1.pair.test.", "192.0.2.13");

	good->manner = FN_SILENT;
	fn_delegate(tld, pair, "ns2.pair.test.", "192.0.2.14")->manner = FN_SILENT;
	for (unsigned i = 0; i < 3; i++)
		fn_ask("www.pair.test.", HF_TYPE_A, HF_VARIANT_CD);
	good->manner = FN_GOOD;
	for (unsigned i = 0; i < 300 && found < 3; i++) {
		uint64_t tried = fn_counter(CP_RESOLVER_explored) + fn_counter(CP_RESOLVER_probed);

		fn.sent_cnt = fn.answer_cnt = 0;
		snprintf(name, sizeof(name), "n%u.pair.test.", i);
		fn_ask_only(name, HF_TYPE_A, 0, 1);
		if (fn_sent_to("192.0.2.14", CP_UDP) == 1 &&
		    fn_counter(CP_RESOLVER_explored) + fn_counter(CP_RESOLVER_probed) > tried) {
			fn_ask_only(name, HF_TYPE_A, HF_VARIANT_CD, 2);
			assert_int_equal(fn.sent_cnt, 2);
			found++;
		}
		fn_run();
		fn_pass(20);
	}
	assert_int_equal(found, 3);
	assert_true(fn_counter(CP_RESOLVER_probed) > 0);
}

static struct cp_caches *caches;

/* Two threads, as far as a resolver core knows. */
static void
world_of_two(void)
{
	static const struct cp_table_config cfg = {.octets_max = 1024 * 1024};

	world();
	caches = cp_caches_create(&cfg);
	assert_non_null(caches);
	fn_start_other(caches);
}

static int
teardown_of_two(void **state)
{
	fn_teardown(state);
	cp_caches_destroy(caches);
	return 0;
}

static void
ask_other(const char *name, uint16_t type, uint64_t token)
{
	struct cp_time t = fn_time();
	struct hf_question q = {.name = va_name(name), .type = type, .klass = 1};

	assert_int_equal(cp_resolver_ask(fn.other, &t, &q, 0, token), 0);
}

static void
a_thread_waits_for_what_another_asks_and_finds_it_in_the_caches(void **state)
{
	(void)state;
	world_of_two();
	fn_ask_only("a.zone.test.", HF_TYPE_A, 0, 1);
	ask_other("b.zone.test.", HF_TYPE_A, 2);
	fn_run();
	expect_all(2, HF_RCODE_NOERROR, HF_VERDICT_SECURE);
	assert_int_equal(asked(".", HF_TYPE_NS), 1);
	assert_int_equal(asked(".", HF_TYPE_DNSKEY), 1);
	assert_int_equal(asked("test.", HF_TYPE_DNSKEY), 1);
	assert_int_equal(asked("zone.test.", HF_TYPE_DNSKEY), 1);
	assert_int_equal(fn_sent_to("192.0.2.2", CP_UDP), 2);
	assert_true(cp_resolver_counter(fn.other, CP_RESOLVER_fetch_awaited) > 0);
}

static void
a_thread_that_waits_for_another_in_vain_asks_by_itself(void **state)
{
	(void)state;
	world_of_two();
	fn_server("192.0.2.1", root)->manner = FN_SILENT;
	fn_ask_only("a.zone.test.", HF_TYPE_A, 0, 1);
	ask_other("b.zone.test.", HF_TYPE_A, 2);
	pass_ms(290);
	assert_int_equal(fn.sent_cnt, 1);
	pass_ms(20);
	assert_int_equal(fn.sent_cnt, 2);
	fn_server("192.0.2.1", root)->manner = FN_GOOD;
	fn_run();
	expect_all(2, HF_RCODE_NOERROR, HF_VERDICT_SECURE);
}

#define T(f) cmocka_unit_test_teardown(f, fn_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(questions_that_need_the_same_delegations_and_keys_ask_for_them_once),
	    T(the_address_of_a_server_is_asked_for_once),
	    T(who_joins_pays_from_the_budget_of_its_own),
	    T(when_the_first_gives_up_the_others_still_get_the_reply),
	    T(a_server_that_is_silent_is_left_by_all_of_them_for_the_next),
	    T(a_reply_that_is_cut_short_is_fetched_over_tcp_once),
	    T(a_query_that_lacked_a_cookie_is_sent_again_once),
	    T(zones_that_wait_for_one_another_fail_whoever_asks),
	    T(a_resolver_with_shared_exchanges_may_be_destroyed),
	    T(nobody_else_waits_for_a_server_that_is_tried_out),
	    T(a_zone_whose_share_is_taken_makes_questions_wait_a_moment),
	    T(a_server_whose_share_is_taken_makes_questions_wait_a_moment),
	    T(only_so_many_questions_of_a_zone_wait_and_only_so_long),
	    cmocka_unit_test_teardown(
		a_thread_waits_for_what_another_asks_and_finds_it_in_the_caches, teardown_of_two),
	    cmocka_unit_test_teardown(
		a_thread_that_waits_for_another_in_vain_asks_by_itself, teardown_of_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
