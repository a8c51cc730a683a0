/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of controlplane/resolver/route.c and of the look-ups that go by it: forwarders
 * and stub zones, and what they must not be believed about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "controlplane/resolver/route.h"
#include "tests/unit/support/fakenet.h"

static struct fn_zone *root, *tld, *zone, *plain;
static struct fn_server *forwarder;
static struct hf_addr addrs[8];

/* . and test. and zone.test. signed; plain.test. not. A forwarder at 192.0.2.40 knows all of
 * it; fn_start is the test's. */
static void
world_of(bool is_signed)
{
	root = fn_root(is_signed);
	tld = fn_zone("test.", is_signed);
	zone = fn_zone("zone.test.", is_signed);
	plain = fn_zone("plain.test.", false);
	fn_apex(tld);
	fn_apex(zone);
	fn_apex(plain);
	fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	fn_delegate(tld, zone, "ns.zone.test.", "192.0.2.3");
	fn_delegate(tld, plain, "ns.plain.test.", "192.0.2.4");
	if (is_signed) {
		fn_add_ds(root, tld);
		fn_add_ds(tld, zone);
	}
	fn_add(zone, "www.zone.test. 300 IN A 198.51.100.1");
	fn_add(zone, "alias.zone.test. 300 IN CNAME www.plain.test.");
	fn_add(plain, "www.plain.test. 300 IN A 198.51.100.5");
	forwarder = fn_server("192.0.2.40", root);
	fn_server("192.0.2.40", tld);
	fn_server("192.0.2.40", zone);
	fn_server("192.0.2.40", plain);
	forwarder->manner = FN_RECURSES;
}

static struct cp_zone *
configure(const char *name, enum cp_zone_kind kind, const char *addr)
{
	struct cp_zone *z = &fn.zones[fn.zones_cnt];
	struct hf_addr *a = &addrs[fn.zones_cnt++];

	VA_REQUIRE(hf_addr_from_text(addr, a) == 0);
	*z = (struct cp_zone){.name = va_name(name), .kind = kind, .addrs = a, .addr_cnt = 1};
	return z;
}

static void
expect(const struct cp_answer *a, enum hf_verdict verdict, unsigned answers)
{
	assert_int_equal(a->rcode, HF_RCODE_NOERROR);
	assert_int_equal(a->verdict, verdict);
	assert_int_equal(a->an_cnt, answers);
}

static void
expect_address(const struct cp_answer *a, const char *octets)
{
	assert_int_equal(a->rcode, HF_RCODE_NOERROR);
	assert_memory_equal(a->body + a->body_len - 4, octets, 4);
}

static void
a_forwarder_for_everything_is_asked_whole_names_with_rd_and_cd_and_is_validated(void **state)
{
	(void)state;
	world_of(true);
	configure(".", CP_ZONE_FORWARD, "192.0.2.40");
	fn_start(root, NULL);
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), HF_VERDICT_SECURE, 1);
	assert_true(hf_name_equal(&fn.sent[0].q.name, &fn.answer[0].a.question.name));
	for (unsigned i = 0; i < fn.sent_cnt; i++) {
		assert_int_equal(fn.sent[i].flags & (HF_FLAG_RD | HF_FLAG_CD | HF_FLAG_AD),
		    HF_FLAG_RD | HF_FLAG_CD);
		assert_true(fn.sent[i].edns);
	}
	assert_int_equal(fn_sent_to("192.0.2.40", CP_UDP), fn.sent_cnt);
	expect(fn_ask("www.plain.test.", HF_TYPE_A, 0), HF_VERDICT_INSECURE, 1);
	expect(fn_ask("alias.zone.test.", HF_TYPE_A, 0), HF_VERDICT_INSECURE, 2);
	assert_int_equal(fn_ask("no.zone.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_NXDOMAIN);
	assert_int_equal(fn.answer[3].a.verdict, HF_VERDICT_SECURE);
	assert_int_equal(fn_sent_to("192.0.2.40", CP_UDP), fn.sent_cnt);
}

static void
a_forwarder_whose_answers_nobody_of_us_validates_is_asked_without_cd(void **state)
{
	(void)state;
	world_of(false);
	configure(".", CP_ZONE_FORWARD, "192.0.2.40");
	fn_start(root, NULL);
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), HF_VERDICT_INSECURE, 1);
	assert_int_equal(fn.sent_cnt, 1);
	assert_int_equal(fn.sent[0].flags & (HF_FLAG_RD | HF_FLAG_CD), HF_FLAG_RD);
	fn_ask("www.plain.test.", HF_TYPE_A, HF_VARIANT_CD);
	assert_int_equal(fn.sent[0].flags & (HF_FLAG_RD | HF_FLAG_CD), HF_FLAG_RD | HF_FLAG_CD);
}

static void
a_forwarder_is_asked_about_its_zone_only_and_the_ds_of_it_is_the_parents(void **state)
{
	(void)state;
	world_of(true);
	configure("zone.test.", CP_ZONE_FORWARD, "192.0.2.40");
	fn_start(root, NULL);
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), HF_VERDICT_SECURE, 1);
	for (unsigned i = 0; i < fn.sent_cnt; i++) {
		bool own =
		    hf_name_in(&fn.sent[i].q.name, &zone->name) && fn.sent[i].q.type != HF_TYPE_DS;

		assert_int_equal(hf_addr_same_host(&fn.sent[i].server, &forwarder->addr), own);
		assert_int_equal((fn.sent[i].flags & HF_FLAG_RD) != 0, own);
	}
	fn_ask("www.plain.test.", HF_TYPE_A, 0);
	assert_int_equal(fn_sent_to("192.0.2.40", CP_UDP), 0);
}

/* The forwarder of zone.test. also says what www.plain.test. is, and lies. */
static void
a_forwarder_is_not_believed_about_names_of_others(void **state)
{
	(void)state;
	world_of(false);
	struct fn_zone *lie = fn_zone("plain.test.", false);

	fn_apex(lie);
	fn_add(lie, "www.plain.test. 300 IN A 6.6.6.6");
	fn_server("192.0.2.41", zone)->manner = FN_RECURSES;
	fn_server("192.0.2.41", lie);
	configure("zone.test.", CP_ZONE_FORWARD, "192.0.2.41");
	fn_start(root, NULL);
	expect_address(fn_ask("alias.zone.test.", HF_TYPE_A, 0), "\306\063\144\005");
	expect_address(fn_ask("www.plain.test.", HF_TYPE_A, 0), "\306\063\144\005");
	assert_int_equal(fn_sent_to("192.0.2.41", CP_UDP), 0);
}

static void
a_forwarder_that_lies_about_a_signed_name_is_found_out_and_an_nta_lets_it_pass(void **state)
{
	(void)state;
	world_of(true);
	struct fn_zone *lie = fn_zone("zone.test.", true); /* signed with a key of its own */

	fn_apex(lie);
	fn_add(lie, "www.zone.test. 300 IN A 6.6.6.6");
	fn_server("192.0.2.41", lie)->manner = FN_RECURSES;
	configure("zone.test.", CP_ZONE_FORWARD, "192.0.2.41");
	fn_start(root, NULL);
	const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_A, 0);

	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(a->verdict, HF_VERDICT_BOGUS);
	a = fn_ask("www.zone.test.", HF_TYPE_A, 0);
	assert_int_equal(fn.sent_cnt, 0); /* the failure is remembered */
	fn_ntas(2, "zone.test.");
	a = fn_ask("www.zone.test.", HF_TYPE_A, 0);
	assert_int_equal(a->verdict, HF_VERDICT_UNVALIDATED);
	expect_address(a, "\6\6\6\6");
}

static void
a_zone_out_of_the_signed_tree_is_answered_as_insecure_but_for_anchors_in_it(void **state)
{
	(void)state;
	world_of(true);
	struct fn_zone *corp = fn_zone("corp.", false); /* the root says that it does not exist */

	fn_apex(corp);
	fn_add(corp, "www.corp. 300 IN A 10.0.0.1");
	fn_server("192.0.2.41", corp)->manner = FN_RECURSES;
	configure("corp.", CP_ZONE_FORWARD, "192.0.2.41");
	fn_start(root, NULL);
	assert_int_equal(fn_ask("www.corp.", HF_TYPE_A, 0)->verdict, HF_VERDICT_BOGUS);
	cp_resolver_destroy(fn.r);
	cp_policy_put(fn.policy);
	fn.zones[0].insecure = true;
	fn_start(root, NULL);
	expect(fn_ask("www.corp.", HF_TYPE_A, 0), HF_VERDICT_INSECURE, 1);
	assert_int_equal(fn.sent_cnt, 1); /* no leak: nobody else hears of it */
}

static void
forwarders_are_tried_in_turn_and_only_forward_first_goes_on_in_the_public_tree(void **state)
{
	static const enum fn_manner manners[] = {
	    FN_SILENT, FN_REFUSES, FN_SERVFAILS, FN_UNREACHABLE, FN_GARBAGE};

	for (unsigned i = 0; i < 5; i++) {
		world_of(true);
		forwarder->manner = manners[i];
		configure("zone.test.", CP_ZONE_FORWARD, "192.0.2.40");
		fn_start(root, NULL);
		const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_A, 0);

		assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
		assert_true(fn_sent_to("192.0.2.40", CP_UDP) <= 3);
		assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 0);
		fn_teardown(state);
		world_of(true);
		forwarder->manner = manners[i];
		configure("zone.test.", CP_ZONE_FORWARD_FIRST, "192.0.2.40");
		fn_start(root, NULL);
		expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), HF_VERDICT_SECURE, 1);
		assert_in_range(fn_counter(CP_RESOLVER_fell_back), 1, 2); /* A, DNSKEY */
		fn_teardown(state);
	}
}

/* The forwarder says that zone.test. is served by somebody else, and what is in it. */
static void
what_a_fallback_finds_and_what_the_forwarder_said_are_kept_apart(void **state)
{
	(void)state;
	world_of(false);
	struct fn_zone *lie = fn_zone("zone.test.", false);

	fn_apex(lie);
	fn_add(lie, "zone.test. 3600 IN NS ns.zone.test.");
	fn_add(lie, "ns.zone.test. 3600 IN A 192.0.2.66");
	fn_server("192.0.2.66", lie);
	struct fn_server *liar = fn_server("192.0.2.41", lie);

	fn_add(zone, "ftp.zone.test. 300 IN A 198.51.100.1");
	configure("zone.test.", CP_ZONE_FORWARD_FIRST, "192.0.2.41");
	fn_start(root, NULL);
	liar->manner = FN_RECURSES;
	expect(fn_ask("zone.test.", HF_TYPE_NS, 0), HF_VERDICT_INSECURE, 1);
	expect(fn_ask("ns.zone.test.", HF_TYPE_A, 0), HF_VERDICT_INSECURE, 1);
	expect(fn_ask("www.plain.test.", HF_TYPE_A, 0), HF_VERDICT_INSECURE, 1);
	liar->manner = FN_REFUSES;
	expect_address(fn_ask("www.zone.test.", HF_TYPE_A, 0), "\306\063\144\001");
	assert_int_equal(fn_sent_to("192.0.2.1", CP_UDP), 0); /* test. is known */
	assert_int_equal(fn_sent_to("192.0.2.66", CP_UDP), 0);
	/* The public tree's delegation is known by now, and known as such. */
	expect_address(fn_ask("ftp.zone.test.", HF_TYPE_A, 0), "\306\063\144\001");
	assert_int_equal(fn_sent_to("192.0.2.66", CP_UDP), 0);
	assert_int_equal(fn_sent_to("192.0.2.2", CP_UDP), 0);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 1);
	liar->manner = FN_RECURSES;
	fn_pass(1000); /* it may be asked again */
	fn_ask("new.zone.test.", HF_TYPE_A, 0);
	assert_int_equal(fn_sent_to("192.0.2.41", CP_UDP), 1);
	assert_int_equal(fn.sent_cnt, 1);
}

static void
a_forwarder_is_asked_over_tcp_for_what_did_not_fit_and_at_its_port(void **state)
{
	(void)state;
	world_of(false);
	fn_server("192.0.2.41@5353", zone)->manner = FN_TRUNCATES;
	configure("zone.test.", CP_ZONE_FORWARD, "192.0.2.41@5353");
	fn_start(root, NULL);
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), HF_VERDICT_INSECURE, 1);
	assert_int_equal(fn_sent_to("192.0.2.41", CP_UDP), 1);
	assert_int_equal(fn_sent_to("192.0.2.41", CP_TCP), 1);
	assert_int_equal(fn.sent[0].server.port, 5353);
}

static void
two_forwarders_on_one_host_are_two(void **state)
{
	(void)state;
	world_of(false);
	fn_server("192.0.2.41@5301", zone)->manner = FN_SERVFAILS;
	fn_server("192.0.2.41@5302", zone)->manner = FN_RECURSES;
	struct cp_zone *z = configure("zone.test.", CP_ZONE_FORWARD, "192.0.2.41@5301");

	VA_REQUIRE(hf_addr_from_text("192.0.2.41@5302", &addrs[1]) == 0);
	z->addr_cnt = 2;
	fn_start(root, NULL);
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), HF_VERDICT_INSECURE, 1);
	assert_in_range(fn.sent_cnt, 1, 2);
}

static void
a_stub_is_where_iteration_begins_and_the_tree_above_is_not_asked(void **state)
{
	(void)state;
	world_of(false);
	struct fn_zone *sub = fn_zone("sub.zone.test.", false);

	fn_apex(sub);
	fn_add(sub, "www.sub.zone.test. 300 IN A 198.51.100.6");
	fn_delegate(zone, sub, "ns.sub.zone.test.", "192.0.2.9");
	fn_server("192.0.2.50", zone);
	configure("zone.test.", CP_ZONE_STUB, "192.0.2.50");
	fn_start(root, NULL);
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), HF_VERDICT_INSECURE, 1);
	assert_int_equal(fn.sent_cnt, 1);
	assert_int_equal(fn.sent[0].flags & HF_FLAG_RD, 0);
	expect(fn_ask("www.sub.zone.test.", HF_TYPE_A, 0), HF_VERDICT_INSECURE, 1);
	assert_int_equal(fn_sent_to("192.0.2.50", CP_UDP), 1); /* refers */
	assert_int_equal(fn_sent_to("192.0.2.9", CP_UDP), 1);
	assert_int_equal(fn.sent_cnt, 2);
	fn_ask("ftp.sub.zone.test.", HF_TYPE_A, 0);
	assert_int_equal(fn_sent_to("192.0.2.9", CP_UDP), 1); /* the referral is remembered */
	assert_int_equal(fn.sent_cnt, 1);
	expect(fn_ask("www.plain.test.", HF_TYPE_A, 0), HF_VERDICT_INSECURE, 1);
	assert_int_equal(fn_sent_to("192.0.2.50", CP_UDP), 0);
}

static void
a_stub_of_a_signed_zone_is_validated_from_the_anchor_above(void **state)
{
	(void)state;
	world_of(true);
	fn_server("192.0.2.50", zone);
	configure("zone.test.", CP_ZONE_STUB, "192.0.2.50");
	fn_start(root, NULL);
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), HF_VERDICT_SECURE, 1);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 0);
	assert_int_equal(fn_ask("no.zone.test.", HF_TYPE_A, 0)->verdict, HF_VERDICT_SECURE);
}

static void
a_stub_may_name_its_servers(void **state)
{
	(void)state;
	world_of(false);
	static struct hf_name server;
	struct fn_zone *corp = fn_zone("corp.", false);

	server = va_name("www.plain.test.");
	fn_apex(corp);
	fn_add(corp, "www.corp. 300 IN A 10.0.0.1");
	fn_server("198.51.100.5", corp);
	struct cp_zone *z = configure("corp.", CP_ZONE_STUB, "192.0.2.50");

	z->addr_cnt = 0;
	z->servers = &server;
	z->server_cnt = 1;
	fn_start(root, NULL);
	expect(fn_ask("www.corp.", HF_TYPE_A, 0), HF_VERDICT_INSECURE, 1);
}

static void
the_longest_match_counts_whatever_is_known_above_it(void **state)
{
	(void)state;
	world_of(false);
	struct fn_zone *deep = fn_zone("deep.zone.test.", false);

	fn_apex(deep);
	fn_add(deep, "www.deep.zone.test. 300 IN A 198.51.100.7");
	fn_add(zone, "deep.zone.test. 300 IN NS ns.elsewhere.");
	fn_server("192.0.2.50", deep);
	fn_server("192.0.2.51", zone);
	configure(".", CP_ZONE_FORWARD, "192.0.2.40");
	configure("deep.zone.test.", CP_ZONE_STUB, "192.0.2.50");
	configure("zone.test.", CP_ZONE_STUB, "192.0.2.51");
	fn_start(root, NULL);
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), HF_VERDICT_INSECURE, 1);
	assert_int_equal(fn_sent_to("192.0.2.51", CP_UDP), 1);
	expect_address(fn_ask("www.deep.zone.test.", HF_TYPE_A, 0), "\306\063\144\007");
	assert_int_equal(fn_sent_to("192.0.2.50", CP_UDP), 1);
	assert_int_equal(fn.sent_cnt, 1);
	expect(fn_ask("www.plain.test.", HF_TYPE_A, 0), HF_VERDICT_INSECURE, 1);
	assert_int_equal(fn_sent_to("192.0.2.40", CP_UDP), 1);
	assert_int_equal(fn.sent_cnt, 1);
}

static void
a_forwarder_that_refers_or_wants_no_recursion_is_of_no_use(void **state)
{
	(void)state;
	world_of(false);
	fn_server("192.0.2.41", tld); /* authoritative for test.: it refers to zone.test. */
	configure("zone.test.", CP_ZONE_FORWARD, "192.0.2.41");
	fn_start(root, NULL);
	assert_int_equal(fn_ask("www.zone.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 0);
	assert_int_equal(fn_counter(CP_RESOLVER_lame), 1);
}

static void
a_zone_given_twice_or_with_nobody_to_ask_is_no_configuration(void **state)
{
	(void)state;
	world_of(false);
	struct cp_zone *z = configure("zone.test.", CP_ZONE_FORWARD, "192.0.2.40");

	z->addr_cnt = 0;
	struct cp_resolver_config cfg = {.zones = fn.zones, .zones_cnt = 1};

	assert_null(cp_routes_create(&cfg));
	z->addr_cnt = 1;
	configure("ZONE.test.", CP_ZONE_STUB, "192.0.2.40");
	cfg.zones_cnt = 2;
	assert_null(cp_routes_create(&cfg));
	cfg.zones_cnt = 1;
	struct cp_routes *all = cp_routes_create(&cfg);

	assert_non_null(all);
	cp_routes_destroy(all);
}

#define T(f) cmocka_unit_test_teardown(f, fn_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_forwarder_for_everything_is_asked_whole_names_with_rd_and_cd_and_is_validated),
	    T(a_forwarder_whose_answers_nobody_of_us_validates_is_asked_without_cd),
	    T(a_forwarder_is_asked_about_its_zone_only_and_the_ds_of_it_is_the_parents),
	    T(a_forwarder_is_not_believed_about_names_of_others),
	    T(a_forwarder_that_lies_about_a_signed_name_is_found_out_and_an_nta_lets_it_pass),
	    T(a_zone_out_of_the_signed_tree_is_answered_as_insecure_but_for_anchors_in_it),
	    T(forwarders_are_tried_in_turn_and_only_forward_first_goes_on_in_the_public_tree),
	    T(what_a_fallback_finds_and_what_the_forwarder_said_are_kept_apart),
	    T(a_forwarder_is_asked_over_tcp_for_what_did_not_fit_and_at_its_port),
	    T(two_forwarders_on_one_host_are_two),
	    T(a_stub_is_where_iteration_begins_and_the_tree_above_is_not_asked),
	    T(a_stub_of_a_signed_zone_is_validated_from_the_anchor_above),
	    T(a_stub_may_name_its_servers),
	    T(the_longest_match_counts_whatever_is_known_above_it),
	    T(a_forwarder_that_refers_or_wants_no_recursion_is_of_no_use),
	    T(a_zone_given_twice_or_with_nobody_to_ask_is_no_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
