/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of delegations: how long they last, where their servers are, and what is no
 * delegation at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/support/fakenet.h"

static struct fn_zone *root, *tld, *zone;
static struct fn_server *server;

/* . -> test. -> zone.test. at 192.0.2.3 for 100 s, whatever the child says */
static void
world(void)
{
	root = fn_root(false);
	tld = fn_zone("test.", false);
	zone = fn_zone("zone.test.", false);
	fn_apex(tld);
	fn_apex(zone);
	fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	fn_add(tld, "zone.test. 100 IN NS ns.zone.test.");
	fn_add(tld, "ns.zone.test. 3600 IN A 192.0.2.3");
	fn_add(zone, "zone.test. 7200 IN NS ns.zone.test.");
	fn_add(zone, "ns.zone.test. 7200 IN A 192.0.2.3");
	fn_add(zone, "www.zone.test. 10 IN A 198.51.100.1");
	server = fn_server("192.0.2.3", zone);
	fn_start(root, NULL);
}

static void
expect_ok(const struct cp_answer *a)
{
	assert_int_equal(a->rcode, HF_RCODE_NOERROR);
	assert_int_equal(a->an_cnt, 1);
}

/* The records of owner in z are gone. */
static void
take_away(struct fn_zone *z, const char *owner)
{
	struct hf_name n = va_name(owner);
	unsigned kept = 0;

	for (unsigned i = 0; i < z->cnt; i++)
		if (!hf_name_equal(&z->rr[i].owner, &n))
			z->rr[kept++] = z->rr[i];
	z->cnt = kept;
}

static void
addresses_no_server_can_have_are_left_out_and_counted(void **state)
{
	static const char *const texts[] = {"ns.zone.test. 3600 IN A 127.0.0.1",
	    "ns.zone.test. 3600 IN A 0.0.0.0", "ns.zone.test. 3600 IN A 224.0.0.1"};
	struct fn_rr *rr;

	(void)state;
	world();
	for (unsigned i = 0; i < 3; i++)
		fn_add(tld, texts[i]);
	rr = fn_rr_new(tld, "ns.zone.test.", HF_TYPE_AAAA, 3600);
	rr->len = 15; /* octets, one too few */
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
	assert_int_equal(fn_counter(CP_RESOLVER_address_unusable), 3);
	assert_int_equal(fn_counter(CP_RESOLVER_address_misshapen), 1);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 1);
}

static unsigned
primed(void)
{
	unsigned cnt = 0;

	for (unsigned i = 0; i < fn.sent_cnt; i++)
		cnt += fn.sent[i].q.type == HF_TYPE_NS && fn.sent[i].q.name.len == 1;
	return cnt;
}

static void
the_roots_servers_are_fetched_anew_before_they_expire(void **state)
{
	(void)state;
	world();
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
	assert_int_equal(primed(), 1);
	fn_pass(3600 - 3600 / 8 - 1);
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
	assert_int_equal(primed(), 0);
	fn_pass(2);
	unsigned before = fn.answer_cnt;

	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
	assert_int_equal(primed(), 1);
	assert_int_equal(fn.answer_cnt, before + 1); /* nobody asked for the other */
	fn_pass(3600 / 8);
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
	assert_int_equal(primed(), 0); /* it would be due without */
	fn_pass(4000);
	fn_server("192.0.2.1", root)->manner = FN_SERVFAILS;
	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	fn_server("192.0.2.1", root)->manner = FN_GOOD;
	fn_pass(61); /* how long the hints have to do */
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
	assert_int_equal(primed(), 1);
}

static struct fn_server *
move_to(const char *addr)
{
	char text[64];

	take_away(tld, "ns.zone.test.");
	snprintf(text, sizeof(text), "ns.zone.test. 3600 IN A %s", addr);
	fn_add(tld, text);
	return fn_server(addr, zone);
}

static void
a_delegation_lasts_as_long_as_the_parent_said_whatever_the_child_says(void **state)
{
	(void)state;
	world();
	expect_ok(fn_ask("zone.test.", HF_TYPE_NS, 0));
	fn_pass(90);
	fn_ask("zone.test.", HF_TYPE_NS, HF_VARIANT_CD); /* the child's word, once more */
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
	assert_int_equal(fn_sent_to("192.0.2.2", CP_UDP), 0);
	move_to("192.0.2.8");
	fn_pass(11);
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
	assert_int_equal(fn_sent_to("192.0.2.2", CP_UDP), 1);
	assert_int_equal(fn_sent_to("192.0.2.8", CP_UDP), 1);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 0);
}

static void
glue_that_ends_sooner_ends_the_delegation(void **state)
{
	(void)state;
	world();
	take_away(tld, "ns.zone.test.");
	fn_add(tld, "ns.zone.test. 20 IN A 192.0.2.3");
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
	move_to("192.0.2.8");
	fn_pass(21);
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
	assert_int_equal(fn_sent_to("192.0.2.8", CP_UDP), 1);
}

/* deep.zone.test. with a delegation that would outlive that of zone.test. */
static void
deep_world(void)
{
	struct fn_zone *deep;

	world();
	deep = fn_zone("deep.zone.test.", false);
	fn_apex(deep);
	fn_delegate(zone, deep, "ns.deep.zone.test.", "192.0.2.4");
	fn_add(deep, "a.deep.zone.test. 10 IN A 198.51.100.4");
	fn_add(deep, "b.deep.zone.test. 10 IN A 198.51.100.4");
	expect_ok(fn_ask("a.deep.zone.test.", HF_TYPE_A, 0));
}

static void
nothing_below_a_delegation_that_was_taken_away_lives_on(void **state)
{
	(void)state;
	deep_world();
	fn_pass(50);
	expect_ok(fn_ask("b.deep.zone.test.", HF_TYPE_A, 0));
	assert_int_equal(fn.sent_cnt, 1);
	take_away(tld, "zone.test.");
	take_away(tld, "ns.zone.test.");
	fn_pass(51);
	assert_int_equal(fn_ask("b.deep.zone.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_NXDOMAIN);
	assert_int_equal(fn_sent_to("192.0.2.4", CP_UDP), 0);
}

static void
a_delegation_is_good_again_when_the_one_above_was_renewed(void **state)
{
	(void)state;
	deep_world();
	fn_pass(101);
	expect_ok(fn_ask("b.deep.zone.test.", HF_TYPE_A, 0));
	assert_int_equal(fn.sent_cnt, 2); /* test. and at once deep.zone.test. */
	assert_int_equal(fn_sent_to("192.0.2.4", CP_UDP), 1);
}

static void
when_nobody_answers_the_parent_is_asked_again(void **state)
{
	static const enum fn_manner manners[] = {FN_REFUSES, FN_UNREACHABLE, FN_SILENT};

	for (unsigned i = 0; i < 3; i++) {
		world();
		expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
		move_to("192.0.2.8");
		server->manner = manners[i];
		fn_pass(11);
		expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
		assert_int_equal(fn_sent_to("192.0.2.2", CP_UDP), 1);
		fn_teardown(state);
	}
	world();
}

static struct fn_zone *
far_zone(const char *ns)
{
	struct fn_zone *far = fn_zone("far.test.", false);
	char text[64];

	fn_apex(far);
	snprintf(text, sizeof(text), "far.test. 300 IN NS %s", ns);
	fn_add(tld, text);
	fn_add(far, "www.far.test. 300 IN A 198.51.100.2");
	return far;
}

static void
glue_says_where_the_server_of_another_zone_is(void **state)
{
	(void)state;
	world();
	fn_server("192.0.2.3", far_zone("ns.zone.test."));
	/* Not in the same reply: seen when zone.test. was looked for. */
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
	expect_ok(fn_ask("www.far.test.", HF_TYPE_A, 0));
	assert_int_equal(fn.sent_cnt, 2);
}

static void
past_glue_that_does_not_work_the_servers_own_zone_is_asked(void **state)
{
	(void)state;
	world();
	struct fn_zone *far = far_zone("old.zone.test.");

	fn_add(tld, "zone.test. 100 IN NS old.zone.test.");
	fn_add(tld, "old.zone.test. 3600 IN A 192.0.2.77"); /* it moved, the glue did not */
	fn_server("192.0.2.77", NULL)->manner = FN_UNREACHABLE;
	fn_add(zone, "old.zone.test. 3600 IN A 192.0.2.5");
	fn_server("192.0.2.5", far);
	expect_ok(fn_ask("www.far.test.", HF_TYPE_A, 0));
	assert_int_equal(fn_sent_to("192.0.2.5", CP_UDP), 1);
}

static uint16_t
answers_but_gives_no_glue(struct fn_reply *p, const struct hf_question *q)
{
	struct hf_name ns = va_name("ns.zone.test."), cut = va_name("zone.test.");

	if (!hf_name_in(&q->name, &cut))
		return 0;
	if (hf_name_equal(&q->name, &ns) && q->type == HF_TYPE_A)
		fn_put_set(p, HF_SECTION_ANSWER, &ns, HF_TYPE_A, &ns);
	else
		fn_put_set(p, HF_SECTION_AUTHORITY, &cut, HF_TYPE_NS, &cut);
	return HF_FLAG_QR;
}

static void
glue_that_is_missing_is_asked_of_the_parent(void **state)
{
	(void)state;
	world();
	fn_server("192.0.2.2", NULL)->says = answers_but_gives_no_glue;
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
	assert_int_equal(fn_sent_to("192.0.2.2", CP_UDP), 2);
}

static void
servers_that_nobody_knows_the_way_to_are_given_up_at_once(void **state)
{
	(void)state;
	world();
	take_away(tld, "ns.zone.test.");
	uint64_t began = fn.now_ns;
	const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_A, 0);

	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(a->ede, HF_EDE_NO_REACHABLE_AUTHORITY);
	assert_true(fn.sent_cnt < 10);
	assert_true(fn.now_ns - began < HF_NS_PER_S);
}

static void
a_server_whose_name_is_an_alias_is_found(void **state)
{
	(void)state;
	world();
	fn_add(zone, "alias.zone.test. 300 IN CNAME real.zone.test.");
	fn_add(zone, "real.zone.test. 300 IN A 192.0.2.5");
	fn_server("192.0.2.5", far_zone("alias.zone.test."));
	expect_ok(fn_ask("www.far.test.", HF_TYPE_A, 0));
}

static void
an_address_of_a_family_that_is_off_is_none(void **state)
{
	(void)state;
	world();
	struct fn_zone *far = far_zone("ns.zone.test.");

	cp_resolver_destroy(fn.r);
	fn.cfg.do_ip6 = false;
	const struct cp_resolver_ops ops = {
	    NULL, fn_on_send, fn_on_cancel, fn_on_answer, fn_on_random, NULL};

	fn.r = cp_resolver_create(&fn.cfg, &ops, fn.policy);
	take_away(tld, "ns.zone.test.");
	fn_add(tld, "ns.zone.test. 3600 IN AAAA 2001:db8::3");
	fn_add(tld, "zone.test. 100 IN NS ns2.zone.test.");
	fn_add(tld, "ns2.zone.test. 3600 IN A 192.0.2.3");
	fn_server("192.0.2.3", far);
	expect_ok(fn_ask("www.far.test.", HF_TYPE_A, 0));
	assert_int_equal(fn_sent_to("2001:db8::3", CP_UDP), 0);
}

static uint16_t
refers_to_itself(struct fn_reply *p, const struct hf_question *q)
{
	(void)q;
	fn_put_text(p, HF_SECTION_AUTHORITY, "zone.test. 300 IN NS ns.zone.test.");
	fn_put_text(p, HF_SECTION_ADDITIONAL, "ns.zone.test. 300 IN A 192.0.2.3");
	return HF_FLAG_QR;
}

static uint16_t
refers_upward(struct fn_reply *p, const struct hf_question *q)
{
	(void)q;
	fn_put_text(p, HF_SECTION_AUTHORITY, ". 300 IN NS a.root.");
	return HF_FLAG_QR;
}

static uint16_t
refers_sideways(struct fn_reply *p, const struct hf_question *q)
{
	(void)q;
	fn_put_text(p, HF_SECTION_AUTHORITY, "other.zone.test. 300 IN NS ns.zone.test.");
	return HF_FLAG_QR | HF_FLAG_AA;
}

static uint16_t
denies_for_the_parent(struct fn_reply *p, const struct hf_question *q)
{
	(void)q;
	fn_put_text(p, HF_SECTION_AUTHORITY, "test. 300 IN SOA a. b. 1 2 3 4 300");
	return HF_FLAG_QR | HF_FLAG_AA | HF_RCODE_NXDOMAIN;
}

static void
referrals_that_lead_nowhere_are_left_for_the_next_server(void **state)
{
	uint16_t (*const says[])(struct fn_reply *, const struct hf_question *) = {
	    refers_to_itself, refers_upward, denies_for_the_parent};

	for (unsigned i = 0; i < 3; i++) {
		world();
		fn_add(tld, "zone.test. 100 IN NS ns2.zone.test.");
		fn_add(tld, "ns2.zone.test. 3600 IN A 192.0.2.4");
		fn_server("192.0.2.4", zone);
		server->says = says[i];
		expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
		assert_true(fn_sent_to("192.0.2.3", CP_UDP) <= 1);
		server->says = NULL;
		fn_teardown(state);
	}
	world();
}

static void
a_referral_sideways_is_not_followed(void **state)
{
	(void)state;
	world();
	server->says = refers_sideways;
	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	assert_true(fn.sent_cnt <= 8);
	server->says = NULL;
	fn_add(zone, "www.other.zone.test. 300 IN A 198.51.100.3");
	fn_pass(2);
	expect_ok(fn_ask("www.other.zone.test.", HF_TYPE_A, 0));
	assert_int_equal(fn.sent_cnt, 1);
}

static uint16_t
delegates_to_a_crowd(struct fn_reply *p, const struct hf_question *q)
{
	char text[80];

	if (q->name.label_cnt < 2)
		return 0;
	for (unsigned i = 0; i < 700; i++) {
		snprintf(text, sizeof(text), "zone.test. 300 IN NS n%u.zone.test.", i);
		fn_put_text(p, HF_SECTION_AUTHORITY, text);
	}
	fn_put_text(p, HF_SECTION_ADDITIONAL, "n0.zone.test. 300 IN A 192.0.2.3");
	return HF_FLAG_QR;
}

/* NRDelegation (Afek et al. 2023): the work to be done for one referral is bounded. */
static void
of_a_crowd_of_servers_the_first_thirteen_count(void **state)
{
	(void)state;
	world();
	fn_server("192.0.2.2", NULL)->says = delegates_to_a_crowd;
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
	assert_int_equal(fn.sent_cnt, 4);
}

static uint16_t
primes_without_glue(struct fn_reply *p, const struct hf_question *q)
{
	if (q->name.len != 1 || q->type != HF_TYPE_NS)
		return 0;
	fn_put_text(p, HF_SECTION_ANSWER, ". 300 IN NS a.root.");
	fn_put_text(p, HF_SECTION_ANSWER, ". 300 IN NS b.root.");
	return HF_FLAG_QR | HF_FLAG_AA;
}

static uint16_t
refuses_to_prime(struct fn_reply *p, const struct hf_question *q)
{
	(void)p;
	return q->name.len == 1 ? HF_FLAG_QR | HF_RCODE_REFUSED : 0;
}

static void
priming_that_says_little_or_nothing_leaves_the_hints(void **state)
{
	uint16_t (*const says[])(struct fn_reply *, const struct hf_question *) = {
	    primes_without_glue, refuses_to_prime};

	for (unsigned i = 0; i < 2; i++) {
		world();
		fn_server("192.0.2.1", NULL)->says = says[i];
		expect_ok(fn_ask("www.zone.test.", HF_TYPE_A, 0));
		fn_teardown(state);
	}
	world();
}

static void
a_server_name_that_does_not_exist_is_asked_for_one_address_only(void **state)
{
	(void)state;
	world();
	fn_add(tld, "lost.test. 3600 IN NS gone.zone.test.");
	fn_add(tld, "poor.test. 3600 IN NS www.sub.zone.test.");
	fn_add(zone, "www.sub.zone.test. 300 IN TXT x");
	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	assert_int_equal(fn_ask("www.lost.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 1);
	/* One that exists may have the other. */
	assert_int_equal(fn_ask("www.poor.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 2);
}

#define T(f) cmocka_unit_test_teardown(f, fn_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_roots_servers_are_fetched_anew_before_they_expire),
	    T(addresses_no_server_can_have_are_left_out_and_counted),
	    T(a_delegation_lasts_as_long_as_the_parent_said_whatever_the_child_says),
	    T(glue_that_ends_sooner_ends_the_delegation),
	    T(nothing_below_a_delegation_that_was_taken_away_lives_on),
	    T(a_delegation_is_good_again_when_the_one_above_was_renewed),
	    T(when_nobody_answers_the_parent_is_asked_again),
	    T(glue_says_where_the_server_of_another_zone_is),
	    T(past_glue_that_does_not_work_the_servers_own_zone_is_asked),
	    T(glue_that_is_missing_is_asked_of_the_parent),
	    T(servers_that_nobody_knows_the_way_to_are_given_up_at_once),
	    T(a_server_whose_name_is_an_alias_is_found),
	    T(an_address_of_a_family_that_is_off_is_none),
	    T(referrals_that_lead_nowhere_are_left_for_the_next_server),
	    T(a_referral_sideways_is_not_followed),
	    T(a_server_name_that_does_not_exist_is_asked_for_one_address_only),
	    T(of_a_crowd_of_servers_the_first_thirteen_count),
	    T(priming_that_says_little_or_nothing_leaves_the_hints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
