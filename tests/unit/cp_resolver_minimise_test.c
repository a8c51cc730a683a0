/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of QNAME minimisation (RFC 9156): what each server gets to see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "controlplane/resolver/query.h"
#include "tests/unit/support/fakenet.h"

static struct fn_zone *root, *tld, *zone;
static struct fn_server *server;

/* . -> test. -> zone.test. at 192.0.2.3 */
static void
world_signed(bool is_signed)
{
	fn.minimise = true;
	root = fn_root(is_signed);
	tld = fn_zone("test.", is_signed);
	zone = fn_zone("zone.test.", is_signed);
	fn_apex(tld);
	fn_apex(zone);
	fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	server = fn_delegate(tld, zone, "ns.zone.test.", "192.0.2.3");
	if (is_signed) {
		fn_add_ds(root, tld);
		fn_add_ds(tld, zone);
	}
	fn_add(zone, "www.zone.test. 300 IN A 198.51.100.1");
	fn_add(zone, "a.b.c.zone.test. 300 IN AAAA 2001:db8::1");
	fn_add(zone, "_25._tcp.mail.zone.test. 300 IN TXT \"x\"");
	fn_start(root, NULL);
}

static void
world(void)
{
	world_signed(false);
}

static void
expect_sent(unsigned idx, const char *name, uint16_t type)
{
	struct hf_name n = va_name(name);

	assert_true(idx < fn.sent_cnt);
	assert_true(hf_name_equal(&fn.sent[idx].q.name, &n));
	assert_int_equal(fn.sent[idx].q.type, type);
}

static void
expect_ok(const struct cp_answer *a, unsigned answers)
{
	assert_int_equal(a->rcode, HF_RCODE_NOERROR);
	assert_int_equal(a->an_cnt, answers);
}

static void
each_server_sees_one_label_more_than_its_zone(void **state)
{
	(void)state;
	world();
	expect_ok(fn_ask("www.zone.test.", HF_TYPE_AAAA, 0), 0);
	assert_int_equal(fn.sent_cnt, 4);
	expect_sent(1, "test.", HF_TYPE_A);
	expect_sent(2, "zone.test.", HF_TYPE_A);
	expect_sent(3, "www.zone.test.", HF_TYPE_AAAA); /* the last label costs no packet more */
}

static void
an_empty_non_terminal_is_stepped_over_and_remembered(void **state)
{
	(void)state;
	world();
	expect_ok(fn_ask("a.b.c.zone.test.", HF_TYPE_AAAA, 0), 1);
	assert_int_equal(fn.sent_cnt, 6);
	expect_sent(3, "c.zone.test.", HF_TYPE_A);
	expect_sent(4, "b.c.zone.test.", HF_TYPE_A);
	expect_sent(5, "a.b.c.zone.test.", HF_TYPE_AAAA);
	fn_ask("x.b.c.zone.test.", HF_TYPE_AAAA, 0);
	assert_int_equal(fn.sent_cnt, 1);
	expect_sent(0, "x.b.c.zone.test.", HF_TYPE_AAAA);
}

static void
a_question_for_ns_is_hidden_behind_ns(void **state)
{
	(void)state;
	world();
	fn_ask("www.zone.test.", HF_TYPE_NS, 0);
	expect_sent(1, "test.", HF_TYPE_NS);
}

static void
labels_with_an_underscore_are_shown_together_with_what_is_below(void **state)
{
	(void)state;
	world();
	expect_ok(fn_ask("_25._tcp.mail.zone.test.", HF_TYPE_TXT, 0), 1);
	assert_int_equal(fn.sent_cnt, 5);
	expect_sent(3, "mail.zone.test.", HF_TYPE_A);
	expect_sent(4, "_25._tcp.mail.zone.test.", HF_TYPE_TXT);
}

static void
a_long_name_is_shown_in_ten_steps_at_most(void **state)
{
	(void)state;
	struct hf_question q = {.type = HF_TYPE_TXT, .klass = 1}, ask;
	struct cp_shown shown = {0};
	static const uint8_t want[] = {1, 2, 3, 4, 6, 8, 10, 12, 15, 18}; /* RFC 9156 2.3 */

	q.name = va_name("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.");
	for (unsigned i = 0; i < 10; i++) {
		cp_query_choose(&q, &shown, &ask);
		assert_int_equal(ask.name.label_cnt, want[i]);
		assert_int_equal(ask.type, i < 9 ? HF_TYPE_A : HF_TYPE_TXT);
		shown.labels = ask.name.label_cnt;
		shown.steps++;
	}
	q.name = va_name("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.");
	shown = (struct cp_shown){.steps = 10};
	cp_query_choose(&q, &shown, &ask);
	assert_int_equal(ask.name.label_cnt, 20);
}

/* Servers that do badly by a name that is not quite a name. */
static void
a_server_that_cannot_bear_the_shorter_name_is_shown_the_full_one(void **state)
{
	static const enum fn_manner manners[] = {
	    FN_ENT_NXDOMAIN, FN_ENT_REFUSES, FN_ENT_SERVFAILS, FN_ENT_NOTIMP, FN_ENT_SILENT};

	for (unsigned i = 0; i < 5; i++) {
		world();
		server->manner = manners[i];
		expect_ok(fn_ask("a.b.c.zone.test.", HF_TYPE_AAAA, 0), 1);
		assert_int_equal(fn.sent_cnt, 5);
		expect_sent(3, "c.zone.test.", HF_TYPE_A);
		expect_sent(4, "a.b.c.zone.test.", HF_TYPE_AAAA);
		fn_teardown(state);
	}
	world();
}

static void
a_denial_of_the_shorter_name_that_validates_is_enough(void **state)
{
	(void)state;
	world_signed(true);
	const struct cp_answer *a = fn_ask("x.y.no.zone.test.", HF_TYPE_A, 0);
	struct hf_name no = va_name("no.zone.test.");

	assert_int_equal(a->rcode, HF_RCODE_NXDOMAIN);
	assert_int_equal(a->verdict, HF_VERDICT_SECURE);
	for (unsigned i = 0; i < fn.sent_cnt; i++)
		assert_true(
		    !hf_name_in(&fn.sent[i].q.name, &no) || hf_name_equal(&fn.sent[i].q.name, &no));
}

static void
an_alias_above_the_name_is_stepped_over_and_a_dname_is_followed(void **state)
{
	(void)state;
	world();
	fn_add(zone, "cn.zone.test. 300 IN CNAME www.zone.test.");
	fn_add(zone, "x.y.cn.zone.test. 300 IN A 198.51.100.9");
	fn_add(zone, "old.zone.test. 300 IN DNAME new.zone.test.");
	fn_add(zone, "x.y.new.zone.test. 300 IN A 198.51.100.8");
	expect_ok(fn_ask("x.y.cn.zone.test.", HF_TYPE_A, 0), 1);
	expect_ok(fn_ask("x.y.old.zone.test.", HF_TYPE_A, 0), 3);
}

static void
known_cuts_are_not_asked_for_and_a_ds_goes_to_the_parent(void **state)
{
	(void)state;
	world();
	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	fn_ask("zone.test.", HF_TYPE_DS, 0);
	assert_int_equal(fn.sent_cnt, 1);
	expect_sent(0, "zone.test.", HF_TYPE_DS);
	assert_int_equal(fn_sent_to("192.0.2.2", CP_UDP), 1);
}

/* CAMP (Duan et al. 2024): each alias leads to a name of many labels. */
static void
aliases_times_labels_stay_within_the_one_budget(void **state)
{
	char text[300];

	(void)state;
	world();
	for (unsigned i = 0; i < 12; i++) {
		snprintf(text, sizeof(text),
		    "a.b.c.d.e.f.g.h.i.j.c%u.zone.test. 300 IN CNAME "
		    "a.b.c.d.e.f.g.h.i.j.c%u.zone.test.",
		    i, i + 1);
		fn_add(zone, text);
	}
	const struct cp_answer *a = fn_ask("a.b.c.d.e.f.g.h.i.j.c0.zone.test.", HF_TYPE_A, 0);

	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(fn.sent_cnt, 64);
	assert_int_equal(fn_counter(CP_RESOLVER_budget_sends), 1);
}

#define T(f) cmocka_unit_test_teardown(f, fn_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(each_server_sees_one_label_more_than_its_zone),
	    T(an_empty_non_terminal_is_stepped_over_and_remembered),
	    T(a_question_for_ns_is_hidden_behind_ns),
	    T(labels_with_an_underscore_are_shown_together_with_what_is_below),
	    T(a_long_name_is_shown_in_ten_steps_at_most),
	    T(a_server_that_cannot_bear_the_shorter_name_is_shown_the_full_one),
	    T(a_denial_of_the_shorter_name_that_validates_is_enough),
	    T(an_alias_above_the_name_is_stepped_over_and_a_dname_is_followed),
	    T(known_cuts_are_not_asked_for_and_a_ds_goes_to_the_parent),
	    T(aliases_times_labels_stay_within_the_one_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
