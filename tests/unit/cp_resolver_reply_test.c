/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of what servers say: which replies answer a question, which are a last resort, and
 * what of them is passed on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/support/fakenet.h"

typedef uint16_t (*says_fn)(struct fn_reply *p, const struct hf_question *q);

static struct fn_zone *root, *tld, *zone;
static struct fn_server *one, *two;

/* zone.test. at 192.0.2.3 and 192.0.2.4, the first of which says what the test wants */
static void
world_signed(bool is_signed)
{
	root = fn_root(is_signed);
	tld = fn_zone("test.", is_signed);
	zone = fn_zone("zone.test.", is_signed);
	fn_apex(tld);
	fn_apex(zone);
	fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	one = fn_delegate(tld, zone, "ns.zone.test.", "192.0.2.3");
	two = fn_delegate(tld, zone, "ns2.zone.test.", "192.0.2.4");
	if (is_signed) {
		fn_add_ds(root, tld);
		fn_add_ds(tld, zone);
	}
	fn_add(zone, "www.zone.test. 300 IN A 198.51.100.1");
	fn_start(root, NULL);
}

static void
world_says(says_fn first, says_fn second)
{
	world_signed(false);
	one = fn_server("192.0.2.3", NULL); /* the slots do not move any more */
	one->says = first;
	two->says = second;
}

static const struct cp_answer *
ask(void)
{
	return fn_ask("www.zone.test.", HF_TYPE_A, 0);
}

static void
expect_ok(const struct cp_answer *a, unsigned answers)
{
	assert_int_equal(a->rcode, HF_RCODE_NOERROR);
	assert_int_equal(a->an_cnt, answers);
}

/* --- as good as it gets, and less */

static uint16_t
a_copy(struct fn_reply *p, const struct hf_question *q)
{
	(void)q;
	fn_put_text(p, HF_SECTION_ANSWER, "www.zone.test. 300 IN A 203.0.113.9");
	return HF_FLAG_QR | HF_FLAG_RA;
}

static uint16_t
without_aa(struct fn_reply *p, const struct hf_question *q)
{
	(void)q;
	fn_put_text(p, HF_SECTION_ANSWER, "www.zone.test. 300 IN A 203.0.113.9");
	return HF_FLAG_QR;
}

static uint16_t
blank(struct fn_reply *p, const struct hf_question *q)
{
	(void)p, (void)q;
	return HF_FLAG_QR | HF_FLAG_AA;
}

static uint16_t
blank_without_aa(struct fn_reply *p, const struct hf_question *q)
{
	(void)p, (void)q;
	return HF_FLAG_QR;
}

static uint16_t
nodata_with_ns(struct fn_reply *p, const struct hf_question *q)
{
	(void)q;
	fn_put_text(p, HF_SECTION_AUTHORITY, "zone.test. 300 IN NS ns.zone.test.");
	return HF_FLAG_QR | HF_FLAG_AA;
}

static uint16_t
lame_nodata(struct fn_reply *p, const struct hf_question *q)
{
	(void)q;
	fn_put_text(p, HF_SECTION_AUTHORITY, "zone.test. 300 IN NS ns.zone.test.");
	return HF_FLAG_QR | HF_FLAG_RA;
}

static void
a_recursive_servers_copy_counts_only_when_no_better_is_to_be_had(void **state)
{
	world_says(a_copy, NULL);
	const struct cp_answer *a = ask();

	expect_ok(a, 1);
	assert_memory_equal(a->body + a->body_len - 4, "\306\63\144\1", 4);
	fn_teardown(state);
	world_says(a_copy, a_copy);
	a = ask();
	expect_ok(a, 1);
	assert_memory_equal(a->body + a->body_len - 4, "\313\0\161\11", 4);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 1);
	assert_int_equal(fn_sent_to("192.0.2.4", CP_UDP), 1);
}

static void
an_old_server_that_forgets_aa_is_believed(void **state)
{
	(void)state;
	world_says(without_aa, without_aa);
	expect_ok(ask(), 1);
	assert_int_equal(fn.sent_cnt, 4);
}

static void
a_reply_without_a_record_is_passed_over_for_one_with(void **state)
{
	world_says(blank, NULL);
	expect_ok(ask(), 1);
	fn_teardown(state);
	world_says(blank, blank);
	expect_ok(ask(), 0);
	fn_teardown(state);
	world_says(blank_without_aa, blank_without_aa);
	expect_ok(ask(), 0);
	assert_int_equal(fn_counter(CP_RESOLVER_servfail), 0);
}

static void
a_denial_may_lack_its_soa_but_not_its_authority(void **state)
{
	world_says(nodata_with_ns, nodata_with_ns);
	expect_ok(ask(), 0);
	assert_int_equal(fn.sent_cnt, 4);
	ask();
	assert_int_equal(fn.sent_cnt, 1); /* not kept (RFC 2308 5) */
	fn_teardown(state);
	world_says(lame_nodata, lame_nodata);
	assert_int_equal(ask()->rcode, HF_RCODE_SERVFAIL);
}

/* --- what is in a reply and not part of the answer */

static uint16_t
junk_around(struct fn_reply *p, const struct hf_question *q)
{
	(void)q;
	fn_put_text(p, HF_SECTION_ANSWER, "mail.zone.test. 300 IN A 203.0.113.1");
	fn_put_text(p, HF_SECTION_ANSWER, "www.zone.test. 300 IN A 203.0.113.9");
	fn_put_text(p, HF_SECTION_ANSWER, "www.zone.test. 300 IN TXT \"x\"");
	fn_put_text(p, HF_SECTION_AUTHORITY, "mail.zone.test. 300 IN NS ns.evil.");
	fn_put_text(p, HF_SECTION_ADDITIONAL, "pop.zone.test. 300 IN A 203.0.113.2");
	return HF_FLAG_QR | HF_FLAG_AA;
}

static uint16_t
junk_only(struct fn_reply *p, const struct hf_question *q)
{
	(void)q;
	fn_put_text(p, HF_SECTION_ANSWER, "mail.zone.test. 300 IN A 203.0.113.1");
	return HF_FLAG_QR | HF_FLAG_AA;
}

static uint16_t
misshapen(struct fn_reply *p, const struct hf_question *q)
{
	struct hf_rr rr = {.type = HF_TYPE_A, .klass = 1, .ttl = 300, .rdata_len = 3};

	hf_writer_rr(&p->w, HF_SECTION_ANSWER, &q->name, &rr, (const uint8_t *)"\1\2\3");
	fn_put_text(p, HF_SECTION_ANSWER, "www.zone.test. 300 IN A 203.0.113.9");
	return HF_FLAG_QR | HF_FLAG_AA;
}

static uint16_t
mixed_ttls(struct fn_reply *p, const struct hf_question *q)
{
	(void)q;
	fn_put_text(p, HF_SECTION_ANSWER, "www.zone.test. 300 IN A 203.0.113.9");
	fn_put_text(p, HF_SECTION_ANSWER, "www.zone.test. 20 IN A 203.0.113.8");
	return HF_FLAG_QR | HF_FLAG_AA;
}

static void
nothing_but_the_answer_is_passed_on_or_kept(void **state)
{
	(void)state;
	world_says(junk_around, junk_around);
	const struct cp_answer *a = ask();

	expect_ok(a, 1);
	assert_int_equal(a->ns_cnt + a->ar_cnt, 0);
	one->says = two->says = NULL;
	assert_int_equal(fn_ask("mail.zone.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_NXDOMAIN);
	assert_int_equal(fn_ask("pop.zone.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_NXDOMAIN);
}

static void
a_reply_to_something_else_is_none(void **state)
{
	world_says(junk_only, NULL);
	expect_ok(ask(), 1);
	fn_teardown(state);
	world_says(junk_only, junk_only);
	assert_int_equal(ask()->rcode, HF_RCODE_SERVFAIL);
}

static void
an_address_of_three_octets_is_left_out(void **state)
{
	(void)state;
	world_says(misshapen, misshapen);
	expect_ok(ask(), 1);
}

static void
the_lowest_ttl_of_an_rrset_counts(void **state)
{
	(void)state;
	world_says(mixed_ttls, mixed_ttls);
	uint32_t ttl;
	const struct cp_answer *a = ask();

	expect_ok(a, 2);
	fn_count(a, HF_SECTION_ANSWER, HF_TYPE_A, &ttl);
	assert_int_equal(ttl, 20); /* RFC 2181 5.2 */
}

/* --- aliases */

static uint16_t
alias_and_target(struct fn_reply *p, const struct hf_question *q)
{
	struct hf_name alias = va_name("alias.zone.test."), www = va_name("www.zone.test.");

	if (!hf_name_equal(&q->name, &alias))
		return 0;
	fn_put_set(p, HF_SECTION_ANSWER, &alias, HF_TYPE_CNAME, &alias);
	fn_put_set(p, HF_SECTION_ANSWER, &www, HF_TYPE_A, &www);
	return HF_FLAG_QR | HF_FLAG_AA;
}

static uint16_t
alias_and_nxdomain(struct fn_reply *p, const struct hf_question *q)
{
	struct hf_name alias = va_name("alias.zone.test.");

	if (!hf_name_equal(&q->name, &alias))
		return 0;
	fn_put_set(p, HF_SECTION_ANSWER, &alias, HF_TYPE_CNAME, &alias);
	return HF_FLAG_QR | HF_FLAG_AA | HF_RCODE_NXDOMAIN;
}

static void
where_an_alias_leads_is_asked_unless_it_came_along_signed(void **state)
{
	for (int is_signed = 0; is_signed <= 1; is_signed++) {
		unsigned questions = 0;

		world_signed(is_signed != 0);
		one = fn_server("192.0.2.3", NULL);
		one->says = two->says = alias_and_target;
		fn_add(zone, "alias.zone.test. 300 IN CNAME www.zone.test.");
		const struct cp_answer *a = fn_ask("alias.zone.test.", HF_TYPE_A, 0);

		expect_ok(a, 2);
		assert_int_equal(a->verdict, is_signed ? HF_VERDICT_SECURE : HF_VERDICT_INSECURE);
		for (unsigned i = 0; i < fn.sent_cnt; i++)
			questions += fn.sent[i].q.type == HF_TYPE_A &&
			    fn.sent[i].q.name.octets[0] == 3; /* www */
		assert_int_equal(questions, is_signed ? 0 : 1);
		fn_teardown(state);
	}
	world_signed(false);
}

static void
the_rcode_beside_an_alias_is_of_where_it_leads(void **state)
{
	(void)state;
	world_says(alias_and_nxdomain, alias_and_nxdomain);
	fn_add(zone, "alias.zone.test. 300 IN CNAME www.zone.test.");
	expect_ok(fn_ask("alias.zone.test.", HF_TYPE_A, 0), 2);
}

static void
of_two_aliases_at_one_name_the_first_counts(void **state)
{
	(void)state;
	world_says(NULL, NULL);
	fn_add(zone, "alias.zone.test. 300 IN CNAME www.zone.test.");
	fn_add(zone, "alias.zone.test. 300 IN CNAME none.zone.test.");
	expect_ok(fn_ask("alias.zone.test.", HF_TYPE_A, 0), 2);
}

static uint16_t
names_another_server(struct fn_reply *p, const struct hf_question *q)
{
	if (q->name.label_cnt < 2 || q->type != HF_TYPE_A)
		return 0;
	fn_put_text(p, HF_SECTION_ANSWER, "www.zone.test. 10 IN A 203.0.113.9");
	fn_put_text(p, HF_SECTION_AUTHORITY, "zone.test. 3600 IN NS ns.zone.test.");
	fn_put_text(p, HF_SECTION_AUTHORITY, "zone.test. 3600 IN NS extra.zone.test.");
	return HF_FLAG_QR | HF_FLAG_AA;
}

static uint16_t
fails_but_for_extra(struct fn_reply *p, const struct hf_question *q)
{
	(void)p;
	return q->name.octets[1] == 'e' ? 0 : HF_FLAG_QR | HF_RCODE_SERVFAIL;
}

static void
servers_that_the_zone_names_itself_are_tried_last(void **state)
{
	(void)state;
	world_says(names_another_server, names_another_server);
	fn_add(zone, "extra.zone.test. 300 IN A 192.0.2.5");
	fn_server("192.0.2.5", zone);
	expect_ok(ask(), 1);
	one->says = two->says = fails_but_for_extra;
	fn_pass(11);
	expect_ok(ask(), 1);
	assert_int_equal(fn_sent_to("192.0.2.5", CP_UDP), 1);
}

/* --- odd types and flags */

static uint16_t
truncated_always(struct fn_reply *p, const struct hf_question *q)
{
	(void)q;
	fn_put_text(p, HF_SECTION_ANSWER, "www.zone.test. 300 IN A 203.0.113.9");
	return HF_FLAG_QR | HF_FLAG_AA | HF_FLAG_TC;
}

static void
truncation_over_tcp_is_no_answer(void **state)
{
	(void)state;
	world_says(truncated_always, NULL);
	expect_ok(ask(), 1);
	assert_true(fn_sent_to("192.0.2.3", CP_TCP) <= 1);
	one->says = two->says = truncated_always;
	fn_pass(301);
	assert_int_equal(ask()->rcode, HF_RCODE_SERVFAIL);
}

static void
signatures_can_be_asked_for_and_are_not_judged(void **state)
{
	(void)state;
	world_signed(true);
	fn_add(zone,
	    "sigs.zone.test. 300 IN RRSIG A 15 3 300 20300101000000 20200101000000 1 "
	    "zone.test. AAAA");
	const struct cp_answer *a = fn_ask("sigs.zone.test.", HF_TYPE_RRSIG, HF_VARIANT_DO);

	assert_int_equal(a->rcode, HF_RCODE_NOERROR);
	assert_true(a->an_cnt >= 1); /* the fake server signs this one too */
	assert_int_equal(a->verdict, HF_VERDICT_INSECURE);
	/* That there are none is no proof that there is nothing. */
	fn_ask("nosuch.zone.test.", HF_TYPE_RRSIG, 0);
	a = fn_ask("nosuch.zone.test.", HF_TYPE_A, 0);
	assert_int_equal(a->rcode, HF_RCODE_NXDOMAIN);
	assert_int_equal(a->verdict, HF_VERDICT_SECURE);
}

static void
a_ds_seen_in_a_referral_answers_for_it_if_it_validates(void **state)
{
	(void)state;
	world_signed(true);
	expect_ok(ask(), 1);
	const struct cp_answer *a = fn_ask("zone.test.", HF_TYPE_DS, 0);

	expect_ok(a, 1);
	assert_int_equal(a->verdict, HF_VERDICT_SECURE);
	assert_int_equal(fn.sent_cnt, 0);
	a = fn_ask(".", HF_TYPE_DS, 0); /* the root has no parent to ask */
	expect_ok(a, 0);
}

#define T(f) cmocka_unit_test_teardown(f, fn_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_recursive_servers_copy_counts_only_when_no_better_is_to_be_had),
	    T(an_old_server_that_forgets_aa_is_believed),
	    T(a_reply_without_a_record_is_passed_over_for_one_with),
	    T(a_denial_may_lack_its_soa_but_not_its_authority),
	    T(nothing_but_the_answer_is_passed_on_or_kept),
	    T(a_reply_to_something_else_is_none),
	    T(an_address_of_three_octets_is_left_out),
	    T(the_lowest_ttl_of_an_rrset_counts),
	    T(where_an_alias_leads_is_asked_unless_it_came_along_signed),
	    T(the_rcode_beside_an_alias_is_of_where_it_leads),
	    T(of_two_aliases_at_one_name_the_first_counts),
	    T(servers_that_the_zone_names_itself_are_tried_last),
	    T(truncation_over_tcp_is_no_answer),
	    T(signatures_can_be_asked_for_and_are_not_judged),
	    T(a_ds_seen_in_a_referral_answers_for_it_if_it_validates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
