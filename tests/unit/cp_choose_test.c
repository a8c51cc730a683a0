/* SPDX-License-Identifier: BSD-3-Clause */
/* How the resolver core deals with servers: which it asks, how, and what it believes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/support/fakenet.h"

static struct fn_zone *root, *tld, *zone;
static struct fn_server *one, *two;

/* . -> test. -> zone.test. at 192.0.2.3 and, if there are two, at 192.0.2.4 */
static void
world_of(unsigned servers, bool is_signed, const struct cp_resolver_limits *limits)
{
	root = fn_root(is_signed);
	tld = fn_zone("test.", is_signed);
	zone = fn_zone("zone.test.", is_signed);
	fn_apex(tld);
	fn_apex(zone);
	fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	one = fn_delegate(tld, zone, "ns.zone.test.", "192.0.2.3");
	if (servers > 1) {
		fn_add(tld, "zone.test. 3600 IN NS ns2.zone.test.");
		fn_add(tld, "ns2.zone.test. 3600 IN A 192.0.2.4");
		two = fn_server("192.0.2.4", zone);
	}
	if (is_signed) {
		fn_add_ds(root, tld);
		fn_add_ds(tld, zone);
	}
	fn_add(zone, "*.zone.test. 300 IN A 198.51.100.1");
	fn_start(root, limits);
}

static const struct cp_answer *
ask(const char *name)
{
	const struct cp_answer *a = fn_ask(name, HF_TYPE_A, 0);

	assert_int_equal(a->rcode, HF_RCODE_NOERROR);
	assert_int_equal(a->an_cnt > 0, true);
	return a;
}

/* A name nobody asked for yet; what was sent is counted into *sent, to server addr. */
static const struct cp_answer *
ask_fresh(const char *addr, unsigned *sent)
{
	static unsigned nr;
	char name[64];

	snprintf(name, sizeof(name), "n%u.zone.test.", nr++);
	const struct cp_answer *a = ask(name);

	*sent += fn_sent_to(addr, CP_UDP) + fn_sent_to(addr, CP_TCP);
	return a;
}

static const struct fn_sent *
last_sent(void)
{
	assert_true(fn.sent_cnt > 0);
	return &fn.sent[fn.sent_cnt - 1];
}

static bool
is_lower(const struct hf_name *n)
{
	struct hf_name lower = *n;

	hf_name_lower(&lower);
	return memcmp(lower.octets, n->octets, n->len) == 0;
}

/* --- what is believed */

static void
the_true_reply_wins_over_a_malformed_one_before_it(void **state)
{
	(void)state;
	world_of(1, false, NULL);
	one->manner = FN_GARBAGE_FIRST;
	ask("a.zone.test.");
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 1);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_TCP), 0);
	assert_int_equal(fn_counter(CP_RESOLVER_malformed), 1);
}

static void
after_many_packets_that_are_not_the_reply_tcp_decides(void **state)
{
	(void)state;
	world_of(1, false, NULL);
	one->manner = FN_FLOOD_FIRST;
	uint64_t began = fn.now_ns;

	ask("a.zone.test.");
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 1);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_TCP), 1);
	assert_int_equal(fn_counter(CP_RESOLVER_mismatched), 8);
	assert_int_equal(fn_counter(CP_RESOLVER_tcp_for_doubt), 1);
	assert_true(fn.now_ns - began < 100 * HF_NS_PER_MS);
}

static void
a_forged_formerr_does_not_turn_edns_off(void **state)
{
	(void)state;
	world_of(1, false, NULL);
	one->manner = FN_FORMERR_FIRST;
	ask("a.zone.test.");
	assert_true(last_sent()->edns);
	assert_int_equal(last_sent()->transport, CP_TCP);
	one->manner = FN_GOOD;
	ask("b.zone.test.");
	assert_int_equal(fn.sent_cnt, 1);
	assert_true(fn.sent[0].edns);
	assert_int_equal(fn_counter(CP_RESOLVER_edns_off), 0);
}

static void
a_server_that_drops_edns_is_asked_without_in_the_end(void **state)
{
	(void)state;
	world_of(2, false, NULL);
	one->manner = two->manner = FN_DROPS_EDNS;
	ask("a.zone.test.");
	assert_false(last_sent()->edns);
	assert_true(fn_sent_to("192.0.2.3", CP_UDP) + fn_sent_to("192.0.2.4", CP_UDP) <= 3);
}

static void
what_drops_edns_over_udp_is_asked_over_tcp_from_then_on_and_no_time_is_lost(void **state)
{
	(void)state;
	world_of(1, false, NULL);
	one->manner = FN_UDP_DROPS_EDNS;
	ask("a.zone.test.");
	assert_false(last_sent()->edns);
	uint64_t began_ns = fn.now_ns;

	ask("b.zone.test.");
	assert_int_equal(fn.sent_cnt, 1);
	assert_true(last_sent()->edns);
	assert_int_equal(last_sent()->transport, CP_TCP);
	assert_true(fn.now_ns - began_ns < 100 * HF_NS_PER_MS);
	fn_pass(20 * 60); /* that is long ago: once more as everybody */
	ask("c.zone.test.");
	assert_int_equal(fn.sent[0].transport, CP_UDP);
	assert_true(fn.sent[0].edns);
	assert_false(last_sent()->edns);
}

static void
what_does_not_know_edns_over_tcp_is_asked_without_from_then_on(void **state)
{
	(void)state;
	world_of(1, false, NULL);
	one->manner = FN_IGNORES_EDNS;
	ask("a.zone.test.");
	ask("b.zone.test.");
	assert_int_equal(last_sent()->transport, CP_TCP);
	assert_int_equal(fn_counter(CP_RESOLVER_edns_off), 1);
	ask("c.zone.test.");
	assert_int_equal(fn.sent_cnt, 1);
	assert_int_equal(last_sent()->transport, CP_UDP);
	assert_false(last_sent()->edns);
}

static void
what_drops_edns_and_has_no_tcp_is_asked_without_while_that_is_so(void **state)
{
	(void)state;
	world_of(1, false, NULL);
	one->manner = FN_DROPS_EDNS; /* over TCP too */
	ask("a.zone.test.");
	ask("b.zone.test."); /* TCP is tried, and then UDP at once without */
	assert_int_equal(fn.sent_cnt, 2);
	assert_false(last_sent()->edns);
	ask("c.zone.test.");
	assert_int_equal(fn.sent_cnt, 1);
	assert_false(last_sent()->edns);
	assert_int_equal(fn_counter(CP_RESOLVER_edns_off), 0); /* nothing was proven */
}

static void
servers_of_a_signed_zone_that_are_slow_at_first_are_asked_with_edns_all_the_same(void **state)
{
	(void)state;
	world_of(2, true, NULL);
	one->delay_ns = two->delay_ns = 1000 * HF_NS_PER_MS;
	assert_int_equal(ask("a.zone.test.")->verdict, HF_VERDICT_SECURE);
	for (unsigned i = 0; i < fn.sent_cnt; i++)
		assert_true(fn.sent[i].edns);
}

/* --- mixed case */

static void
questions_are_in_random_case_and_the_answer_is_not(void **state)
{
	struct hf_name target;
	bool mixed = false;

	(void)state;
	fn.mix_case = true;
	world_of(1, false, NULL);
	fn_add(zone, "alias.zone.test. 300 IN CNAME target.zone.test.");
	const struct cp_answer *a = ask("alias.zone.test.");

	for (unsigned i = 0; i < fn.sent_cnt; i++)
		mixed |= !is_lower(&fn.sent[i].q.name);
	assert_true(mixed);
	target = va_name("target.zone.test.");
	assert_memory_equal(a->chain[0].octets, target.octets, target.len);
	assert_int_equal(fn_counter(CP_RESOLVER_mismatched_case), 0);
}

static void
a_reply_in_another_case_is_not_believed_and_tcp_is_asked(void **state)
{
	(void)state;
	fn.mix_case = true;
	world_of(1, false, NULL);
	one->manner = FN_CASE_FIRST;
	ask("a.zone.test.");
	assert_int_equal(fn_sent_to("192.0.2.3", CP_TCP), 1);
	assert_int_equal(fn_counter(CP_RESOLVER_mismatched_case), 1);
	one->manner = FN_GOOD;
	ask("abcdefghijklmnop.zone.test."); /* it kept the case over TCP: nothing is given up */
	assert_int_equal(fn.sent_cnt, 1);
	assert_false(is_lower(&fn.sent[0].q.name));
}

static void
a_server_that_does_not_keep_case_is_found_out_once(void **state)
{
	(void)state;
	fn.mix_case = true;
	world_of(1, false, NULL);
	one->manner = FN_NO_CASE;
	ask("abcdefghijklmnop.zone.test.");
	assert_int_equal(fn_sent_to("192.0.2.3", CP_TCP), 1);
	ask("ponmlkjihgfedcba.zone.test.");
	assert_int_equal(fn.sent_cnt, 1);
	assert_int_equal(fn.sent[0].transport, CP_UDP);
	assert_true(is_lower(&fn.sent[0].q.name));
}

/* --- cookies */

static void
a_cookie_is_learnt_and_sent_from_then_on(void **state)
{
	(void)state;
	fn.cookies = true;
	world_of(1, false, NULL);
	one->manner = FN_COOKIES;
	ask("a.zone.test.");
	assert_int_equal(last_sent()->cookie_len, 8);
	ask("b.zone.test.");
	assert_int_equal(last_sent()->cookie_len, 8 + 19);
	assert_int_equal(fn.sent_cnt, 1);
}

static void
a_reply_with_anothers_cookie_is_forged_and_the_true_one_wins(void **state)
{
	(void)state;
	fn.cookies = true;
	world_of(1, false, NULL);
	one->manner = FN_FORGED_COOKIE_FIRST;
	ask("a.zone.test.");
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 1);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_TCP), 0);
	assert_int_equal(fn_counter(CP_RESOLVER_cookie_forged), 1);
}

static void
a_reply_without_the_cookie_that_always_came_is_not_believed(void **state)
{
	(void)state;
	fn.cookies = true;
	world_of(1, false, NULL);
	one->manner = FN_COOKIES;
	ask("a.zone.test.");
	one->manner = FN_NO_COOKIE_FIRST;
	ask("b.zone.test.");
	assert_int_equal(fn_counter(CP_RESOLVER_cookie_missing), 1);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_TCP), 1);
	one->manner = FN_COOKIES;
	ask("c.zone.test."); /* TCP showed that it does cookies */
	assert_int_equal(last_sent()->cookie_len, 8 + 19);
}

static void
a_server_that_stops_giving_cookies_is_asked_without_once_tcp_shows_it(void **state)
{
	(void)state;
	fn.cookies = true;
	world_of(1, false, NULL);
	one->manner = FN_COOKIES;
	ask("a.zone.test.");
	one->manner = FN_GOOD;
	ask("b.zone.test.");
	assert_int_equal(fn_sent_to("192.0.2.3", CP_TCP), 1);
	ask("c.zone.test.");
	assert_int_equal(fn.sent_cnt, 1);
	assert_int_equal(last_sent()->cookie_len, 0);
	assert_true(last_sent()->edns);
}

static void
badcookie_costs_one_retry_and_then_tcp(void **state)
{
	(void)state;
	fn.cookies = true;
	world_of(1, false, NULL);
	one->manner = FN_WANTS_COOKIE;
	ask("a.zone.test.");
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 2);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_TCP), 0);
	ask("b.zone.test.");
	assert_int_equal(fn.sent_cnt, 1);
	one->manner = FN_BADCOOKIE;
	ask("c.zone.test.");
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 2);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_TCP), 1);
}

static void
a_server_that_refuses_cookies_keeps_edns(void **state)
{
	(void)state;
	fn.cookies = true;
	world_of(1, false, NULL);
	one->manner = FN_HATES_COOKIES;
	ask("a.zone.test.");
	assert_true(last_sent()->edns);
	ask("b.zone.test.");
	assert_int_equal(fn.sent_cnt, 1);
	assert_int_equal(last_sent()->transport, CP_UDP);
	assert_true(last_sent()->edns);
	assert_int_equal(last_sent()->cookie_len, 0);
}

/* --- which server */

static void
a_dead_server_costs_little_and_is_found_when_it_is_back(void **state)
{
	unsigned to_dead = 0, to_back = 0, first = 0;

	(void)state;
	world_of(2, false, NULL);
	one->manner = FN_SILENT;
	for (unsigned i = 0; i < 200; i++) {
		ask_fresh("192.0.2.3", &to_dead);
		fn_pass(1);
	}
	assert_in_range(to_dead, 3, 20); /* three to know it, then probes that grow rarer */
	one->manner = FN_GOOD;
	for (unsigned i = 0; i < 600 && to_back == 0; i++) {
		ask_fresh("192.0.2.3", &to_back);
		fn_pass(1);
	}
	for (unsigned i = 0; i < 50; i++)
		ask_fresh("192.0.2.3", &first);
	assert_true(first > 5); /* one among equals again */
}

static void
a_zone_whose_servers_are_all_dead_is_found_when_one_is_back(void **state)
{
	unsigned sent = 0;

	(void)state;
	world_of(2, false, NULL);
	one->manner = two->manner = FN_SILENT;
	for (unsigned i = 0; i < 10; i++) {
		char name[64];

		snprintf(name, sizeof(name), "dead%u.zone.test.", i);
		assert_int_equal(fn_ask(name, HF_TYPE_A, 0)->rcode, HF_RCODE_SERVFAIL);
		assert_true(fn.sent_cnt <= 12);
	}
	two->manner = FN_GOOD;
	ask_fresh("192.0.2.4", &sent);
	assert_int_equal(sent, 1);
}

static void
a_server_that_is_lame_for_one_zone_serves_another(void **state)
{
	unsigned lame = 0, good = 0;

	(void)state;
	world_of(2, false, NULL);
	struct fn_zone *other = fn_zone("other.test.", false);

	fn_apex(other);
	fn_add(other, "www.other.test. 1 IN A 198.51.100.1");
	fn_delegate(tld, other, "ns.other.test.", "192.0.2.3");
	one->zones[0] = other; /* it has lost zone.test. */
	one->zones[1] = NULL;
	for (unsigned i = 0; i < 60; i++) {
		ask_fresh("192.0.2.3", &lame);
		fn_pass(2);
		ask("www.other.test.");
		good += fn_sent_to("192.0.2.3", CP_UDP);
	}
	assert_int_equal(lame, 1);
	assert_int_equal(good, 60);
}

static void
servers_that_sign_badly_are_avoided_while_others_sign_well(void **state)
{
	unsigned bad[4] = {0}, sum = 0, asked = 0;

	(void)state;
	world_of(2, true, NULL); /* .3 is bad, .4 is good; three more bad ones, one more good */
	two->delay_ns = 60 * HF_NS_PER_MS; /* the bad ones are fast */
	static const char *const addr[] = {"192.0.2.5", "192.0.2.6", "192.0.2.7", "192.0.2.8"};

	for (unsigned i = 0; i < 4; i++) {
		char text[96];

		snprintf(text, sizeof(text), "zone.test. 3600 IN NS x%u.zone.test.", i);
		fn_add(tld, text);
		snprintf(text, sizeof(text), "x%u.zone.test. 3600 IN A %s", i, addr[i]);
		fn_add(tld, text);
		struct fn_server *s = fn_server(addr[i], zone);

		s->manner = i < 3 ? FN_BAD_SIGS : FN_GOOD;
		s->delay_ns = i < 3 ? 0 : 60 * HF_NS_PER_MS;
	}
	one->manner = FN_BAD_SIGS;
	for (unsigned i = 0; i < 100; i++) {
		char text[64];

		/* A name of its own: what a wildcard stands for is not asked for twice. */
		snprintf(text, sizeof(text), "own%u.zone.test. 300 IN A 198.51.100.1", i);
		fn_add(zone, text);
		snprintf(text, sizeof(text), "own%u.zone.test.", i);
		assert_int_equal(ask(text)->verdict, HF_VERDICT_SECURE);
		asked += fn.sent_cnt > 0;
		bad[0] += fn_sent_to("192.0.2.3", CP_UDP);
		for (unsigned k = 0; k < 3; k++)
			bad[k + 1] += fn_sent_to(addr[k], CP_UDP);
	}
	for (unsigned k = 0; k < 4; k++)
		sum += bad[k];
	assert_int_equal(asked, 100);
	assert_in_range(sum, 4, 20);
}

static void
the_best_server_is_asked_most_and_the_others_now_and_then(void **state)
{
	unsigned to[2] = {0}, all = 1000;

	(void)state;
	world_of(2, false, NULL);
	one->delay_ns = 60 * HF_NS_PER_MS;
	for (unsigned i = 0; i < all; i++) {
		ask_fresh("192.0.2.4", &to[1]);
		to[0] += fn_sent_to("192.0.2.3", CP_UDP);
	}
	assert_in_range(to[0], all / 50, all / 8);
	one->delay_ns = 0;
	two->delay_ns = 60 * HF_NS_PER_MS;
	memset(to, 0, sizeof(to));
	for (unsigned i = 0; i < all; i++) {
		ask_fresh("192.0.2.4", &to[1]);
		to[0] += fn_sent_to("192.0.2.3", CP_UDP);
	}
	assert_true(to[0] > to[1] * 3); /* the change was seen */
}

/* --- fairness */

static void
start_asking(const char *format, unsigned cnt)
{
	char name[64];

	for (unsigned i = 0; i < cnt; i++) {
		snprintf(name, sizeof(name), format, i);
		fn_ask_only(name, HF_TYPE_A, 0, 100 + i);
	}
}

static void
a_silent_zone_holds_its_share_and_other_zones_resolve(void **state)
{
	const struct cp_resolver_limits l = {.zone_fetches = 3};

	(void)state;
	world_of(1, false, &l);
	struct fn_zone *other = fn_zone("other.test.", false);

	fn_apex(other);
	fn_add(other, "www.other.test. 300 IN A 198.51.100.1");
	fn_delegate(tld, other, "ns.other.test.", "192.0.2.9");
	ask("www.zone.test.");
	one->manner = FN_SILENT;
	fn.sent_cnt = 0;
	start_asking("flood%u.zone.test.", 8);
	assert_int_equal(fn.sent_cnt, 3);
	assert_int_equal(fn.answer_cnt, 1);             /* the others wait a moment */
	fn_ask_only("www.zone.test.", HF_TYPE_A, 0, 1); /* from the cache */
	assert_int_equal(fn.answer_cnt, 1 + 1);
	fn_run_until(fn.now_ns + 310 * HF_NS_PER_MS);
	assert_true(fn_counter(CP_RESOLVER_zone_busy) > 0);
	assert_int_equal(fn.answer[2].a.rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(fn.answer[2].a.ede, HF_EDE_OTHER);
	fn_ask_only("www.other.test.", HF_TYPE_A, 0, 2);
	fn_run();
	bool found = false;

	for (unsigned i = 0; i < 8; i++)
		found |= fn.answer[i].token == 2 && fn.answer[i].a.rcode == HF_RCODE_NOERROR;
	assert_true(found);
}

static void
a_zone_of_names_that_do_not_exist_gets_its_rate(void **state)
{
	const struct cp_resolver_limits l = {.zone_waste = 5};
	unsigned nx = 0, busy = 0;

	(void)state;
	world_of(1, false, &l);
	zone->cnt--; /* no wildcard */
	for (unsigned i = 0; i < 30; i++) {
		char name[64];

		snprintf(name, sizeof(name), "r%u.zone.test.", i);
		unsigned rcode = fn_ask(name, HF_TYPE_A, 0)->rcode;

		nx += rcode == HF_RCODE_NXDOMAIN;
		busy += rcode == HF_RCODE_SERVFAIL;
	}
	assert_in_range(nx, 5, 9);
	assert_int_equal(nx + busy, 30);
	assert_int_equal(fn_counter(CP_RESOLVER_zone_flooded), busy);
}

static void
slow_questions_give_way_to_new_ones_but_half_of_them_stay(void **state)
{
	const struct cp_resolver_limits l = {.tasks = 8};
	struct hf_question q = {.name = va_name("www.other.test."), .type = HF_TYPE_A, .klass = 1};
	struct cp_time t;

	(void)state;
	world_of(1, false, &l);
	struct fn_zone *other = fn_zone("other.test.", false);

	fn_apex(other);
	fn_add(other, "www.other.test. 300 IN A 198.51.100.1");
	fn_delegate(tld, other, "ns.other.test.", "192.0.2.9");
	ask("www.zone.test.");
	one->manner = FN_SILENT;
	unsigned before = fn.answer_cnt;

	start_asking("slow%u.zone.test.", 8);
	t = fn_time();
	assert_int_not_equal(cp_resolver_ask(fn.r, &t, &q, 0, 1), 0); /* too young */
	fn.now_ns += 250 * HF_NS_PER_MS;
	t = fn_time();
	assert_int_equal(cp_resolver_ask(fn.r, &t, &q, 0, 1), 0);
	assert_int_equal(fn_counter(CP_RESOLVER_jostled), 1);
	assert_int_equal(fn.answer_cnt, before + 1);
	assert_int_equal(fn.answer[before % 8].a.rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(fn.answer[before % 8].token, 104); /* the oldest of the second half */
	fn_run();
	assert_int_equal(fn.answer_cnt, before + 9);
}

#define T(name) cmocka_unit_test_teardown(name, fn_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_true_reply_wins_over_a_malformed_one_before_it),
	    T(after_many_packets_that_are_not_the_reply_tcp_decides),
	    T(a_forged_formerr_does_not_turn_edns_off),
	    T(a_server_that_drops_edns_is_asked_without_in_the_end),
	    T(what_drops_edns_over_udp_is_asked_over_tcp_from_then_on_and_no_time_is_lost),
	    T(what_does_not_know_edns_over_tcp_is_asked_without_from_then_on),
	    T(what_drops_edns_and_has_no_tcp_is_asked_without_while_that_is_so),
	    T(servers_of_a_signed_zone_that_are_slow_at_first_are_asked_with_edns_all_the_same),
	    T(questions_are_in_random_case_and_the_answer_is_not),
	    T(a_reply_in_another_case_is_not_believed_and_tcp_is_asked),
	    T(a_server_that_does_not_keep_case_is_found_out_once),
	    T(a_cookie_is_learnt_and_sent_from_then_on),
	    T(a_reply_with_anothers_cookie_is_forged_and_the_true_one_wins),
	    T(a_reply_without_the_cookie_that_always_came_is_not_believed),
	    T(a_server_that_stops_giving_cookies_is_asked_without_once_tcp_shows_it),
	    T(badcookie_costs_one_retry_and_then_tcp),
	    T(a_server_that_refuses_cookies_keeps_edns),
	    T(a_dead_server_costs_little_and_is_found_when_it_is_back),
	    T(a_zone_whose_servers_are_all_dead_is_found_when_one_is_back),
	    T(a_server_that_is_lame_for_one_zone_serves_another),
	    T(servers_that_sign_badly_are_avoided_while_others_sign_well),
	    T(the_best_server_is_asked_most_and_the_others_now_and_then),
	    T(a_silent_zone_holds_its_share_and_other_zones_resolve),
	    T(a_zone_of_names_that_do_not_exist_gets_its_rate),
	    T(slow_questions_give_way_to_new_ones_but_half_of_them_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
