/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of the resolver core: what one question found out in vain is not tried again by the
 * next ones (RFC 9520). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/support/fakenet.h"

static struct fn_zone *root, *tld, *far, *plain, *zone;
static struct fn_server *tld_server, *far_server, *zone_server;

/* . and test. and zone.test. signed; plain.test. is served by a name in far.test. */
static void
world(void)
{
	root = fn_root(true);
	tld = fn_zone("test.", true);
	zone = fn_zone("zone.test.", true);
	far = fn_zone("far.test.", false);
	plain = fn_zone("plain.test.", false);
	fn_apex(tld);
	fn_apex(zone);
	fn_apex(far);
	fn_apex(plain);
	tld_server = fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	fn_add_ds(root, tld);
	zone_server = fn_delegate(tld, zone, "ns.zone.test.", "192.0.2.3");
	fn_add_ds(tld, zone);
	fn_add(zone, "www.zone.test. 300 IN A 198.51.100.1");
	fn_add(zone, "www2.zone.test. 300 IN A 198.51.100.1");
	far_server = fn_delegate(tld, far, "ns.far.test.", "192.0.2.4");
	fn_add(far, "server.far.test. 300 IN A 192.0.2.5");
	fn_add(tld, "plain.test. 3600 IN NS server.far.test.");
	fn_add(plain, "a.plain.test. 300 IN A 198.51.100.2");
	fn_add(plain, "b.plain.test. 300 IN A 198.51.100.2");
	fn_add(plain, "c.plain.test. 300 IN A 198.51.100.2");
	fn_server("192.0.2.5", plain);
	fn_start(root, NULL);
}

static void
expect_same_failure(const struct cp_answer *a, const struct cp_answer *first)
{
	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(a->ede, first->ede);
	assert_string_equal(a->ede_text, first->ede_text);
}

static void
an_address_look_up_that_failed_is_not_tried_again_by_the_next_question(void **state)
{
	struct cp_answer first;

	(void)state;
	world();
	far_server->manner = FN_REFUSES;
	first = *fn_ask("a.plain.test.", HF_TYPE_A, 0);
	assert_int_equal(first.rcode, HF_RCODE_SERVFAIL);
	assert_true(fn_sent_to("192.0.2.4", CP_UDP) > 0);
	expect_same_failure(fn_ask("b.plain.test.", HF_TYPE_A, 0), &first);
	assert_int_equal(fn_sent_to("192.0.2.4", CP_UDP), 0);
	assert_true(fn_counter(CP_RESOLVER_lost) > 0);
}

static unsigned
sent_after(unsigned seconds, const char *name)
{
	fn_pass(seconds);
	assert_int_equal(fn_ask(name, HF_TYPE_A, 0)->rcode, HF_RCODE_SERVFAIL);
	return fn_sent_to("192.0.2.4", CP_UDP);
}

static void
it_is_tried_again_after_twice_the_time_whenever_it_failed_again(void **state)
{
	char name[64];

	(void)state;
	world();
	far_server->manner = FN_REFUSES;
	assert_true(sent_after(0, "first.plain.test.") > 0);
	fn_pass(1);
	for (unsigned wait = 2; wait <= 64; wait *= 2) { /* 1 s is over; 2 s, 4 s, ... 60 s */
		snprintf(name, sizeof(name), "again%u.plain.test.", wait);
		assert_true(sent_after(1, name) > 0);
		snprintf(name, sizeof(name), "still%u.plain.test.", wait);
		assert_int_equal(sent_after((wait < 60 ? wait : 60) - 1, name), 0);
	}
	far_server->manner = FN_GOOD;
	fn_pass(1);
	assert_int_equal(fn_ask("a.plain.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_NOERROR);
}

static void
what_is_lost_of_one_server_does_not_keep_another_from_being_found(void **state)
{
	(void)state;
	world();
	far_server->manner = FN_REFUSES;
	fn_ask("a.plain.test.", HF_TYPE_A, 0);
	fn_add(tld, "plain.test. 3600 IN NS www.zone.test.");
	fn_server("198.51.100.1", plain);
	assert_int_equal(fn_ask("b.plain.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_NOERROR);
}

static uint16_t
refuses_ds(struct fn_reply *p, const struct hf_question *q)
{
	struct hf_name child = va_name("zone.test.");

	if (q->type == HF_TYPE_DS && hf_name_equal(&q->name, &child))
		return HF_FLAG_QR | HF_RCODE_SERVFAIL;
	(void)p;
	return 0;
}

/* A referral without a DS and without a proof that there is none. */
static uint16_t
hides_ds(struct fn_reply *p, const struct hf_question *q)
{
	struct hf_name child = va_name("zone.test.");

	if (!hf_name_in(&q->name, &child))
		return 0;
	if (q->type == HF_TYPE_DS)
		return refuses_ds(p, q);
	fn_put_set(p, HF_SECTION_AUTHORITY, &child, HF_TYPE_NS, &child);
	fn_put_text(p, HF_SECTION_ADDITIONAL, "ns.zone.test. 3600 IN A 192.0.2.3");
	return HF_FLAG_QR;
}

static unsigned
ds_asked(void)
{
	unsigned cnt = 0;

	for (unsigned i = 0; i < fn.sent_cnt; i++)
		cnt += fn.sent[i].q.type == HF_TYPE_DS;
	return cnt;
}

static void
a_ds_that_cannot_be_had_is_asked_for_less_and_less_often(void **state)
{
	struct cp_answer first;

	(void)state;
	world();
	tld_server->says = hides_ds;
	first = *fn_ask("www.zone.test.", HF_TYPE_A, 0);
	assert_int_equal(first.verdict, HF_VERDICT_BOGUS);
	assert_true(ds_asked() > 0);
	fn_pass(2);
	expect_same_failure(fn_ask("a.zone.test.", HF_TYPE_A, 0), &first); /* 2 s from here */
	assert_true(ds_asked() > 0);
	fn_pass(1); /* the zone's state, kept for a second, is gone */
	expect_same_failure(fn_ask("b.zone.test.", HF_TYPE_A, 0), &first);
	assert_int_equal(ds_asked(), 0);
	tld_server->says = NULL;
	fn_pass(2);
	assert_int_equal(fn_ask("www2.zone.test.", HF_TYPE_A, 0)->verdict, HF_VERDICT_SECURE);
}

static void
a_bogus_end_of_an_alias_is_told_to_the_next_alias_without_a_packet(void **state)
{
	struct cp_answer first;

	(void)state;
	world();
	fn_add(far, "one.far.test. 300 IN CNAME www.zone.test.");
	fn_add(far, "two.far.test. 300 IN CNAME www.zone.test.");
	zone_server->manner = FN_BAD_SIGS;
	first = *fn_ask("one.far.test.", HF_TYPE_A, 0);
	assert_int_equal(first.verdict, HF_VERDICT_BOGUS);
	expect_same_failure(fn_ask("two.far.test.", HF_TYPE_A, 0), &first);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 0);
	assert_int_equal(
	    fn_ask("two.far.test.", HF_TYPE_A, HF_VARIANT_CD)->rcode, HF_RCODE_NOERROR);
	fn_ntas(2, "zone.test."); /* and a new policy forgets it */
	assert_int_equal(fn_ask("two.far.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_NOERROR);
}

static void
what_failed_because_of_a_circle_or_a_budget_is_not_held_against_it(void **state)
{
	(void)state;
	world();
	fn_add(tld, "one.test. 300 IN NS ns.two.test.");
	fn_add(tld, "two.test. 300 IN NS ns.one.test.");
	assert_int_equal(fn_ask("www.one.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_SERVFAIL);
	fn_ask("www.two.test.", HF_TYPE_A, 0);
	assert_int_equal(fn_counter(CP_RESOLVER_lost), 0);
}

/* The other server of far.test. cannot be found within this question: another may find it. */
static void
a_refusal_beside_a_circle_is_not_kept(void **state)
{
	(void)state;
	world();
	far_server->manner = FN_REFUSES;
	fn_add(tld, "one.test. 300 IN NS server.far.test.");
	fn_add(tld, "far.test. 3600 IN NS ns.one.test.");
	assert_int_equal(fn_ask("www.one.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_SERVFAIL);
	assert_true(fn_sent_to("192.0.2.4", CP_UDP) > 0);
	fn_ask("ftp.one.test.", HF_TYPE_A, 0);
	assert_int_equal(fn_counter(CP_RESOLVER_lost), 0);
	assert_true(fn_sent_to("192.0.2.4", CP_UDP) > 0);
}

#define T(f) cmocka_unit_test_teardown(f, fn_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(an_address_look_up_that_failed_is_not_tried_again_by_the_next_question),
	    T(it_is_tried_again_after_twice_the_time_whenever_it_failed_again),
	    T(what_is_lost_of_one_server_does_not_keep_another_from_being_found),
	    T(a_ds_that_cannot_be_had_is_asked_for_less_and_less_often),
	    T(a_bogus_end_of_an_alias_is_told_to_the_next_alias_without_a_packet),
	    T(what_failed_because_of_a_circle_or_a_budget_is_not_held_against_it),
	    T(a_refusal_beside_a_circle_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
