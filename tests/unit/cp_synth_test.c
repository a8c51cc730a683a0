/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of answers made from what was proven for other names: RFC 8020, RFC 8198. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/support/fakenet.h"

static struct fn_zone *root, *tld, *zone, *plain;
static struct fn_server *server;

/* . and test. and zone.test. signed, plain.test. not; zone.test. denies as how says. */
static void
world_with(const struct fn_zone *how)
{
	root = fn_root(true);
	tld = fn_zone("test.", true);
	zone = fn_zone("zone.test.", true);
	plain = fn_zone("plain.test.", false);
	zone->nsec3 = how->nsec3;
	zone->optout = how->optout;
	zone->iterations = how->iterations;
	fn_apex(tld);
	fn_apex(zone);
	fn_apex(plain);
	fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	fn_add_ds(root, tld);
	server = fn_delegate(tld, zone, "ns.zone.test.", "192.0.2.3");
	fn_add_ds(tld, zone);
	fn_delegate(tld, plain, "ns.plain.test.", "192.0.2.4");
	fn_add(zone, "b.zone.test. 300 IN A 198.51.100.1");
	fn_add(zone, "m.zone.test. 300 IN A 198.51.100.1");
	fn_add(zone, "t.zone.test. 300 IN A 198.51.100.1");
	fn_add(zone, "*.wild.zone.test. 200 IN A 198.51.100.2");
	fn_add(zone, "*.alias.zone.test. 200 IN CNAME b.zone.test.");
	fn_add(zone, "old.zone.test. 300 IN DNAME new.zone.test.");
	fn_add(zone, "www.new.zone.test. 300 IN A 198.51.100.3");
	fn_add(zone, "a.b.ent.zone.test. 300 IN A 198.51.100.4");
	fn_add(plain, "www.plain.test. 300 IN A 198.51.100.5");
	fn_start(root, NULL);
}

static void
world(void)
{
	static const struct fn_zone nsec;

	world_with(&nsec);
}

static void
world_nsec3(unsigned iterations, bool optout)
{
	const struct fn_zone how = {
	    .nsec3 = true, .iterations = (uint16_t)iterations, .optout = optout};

	world_with(&how);
}

/* Asked, and whether a packet was needed for it. */
static void
expect(const char *name, uint16_t type, uint16_t rcode, bool packets)
{
	const struct cp_answer *a = fn_ask(name, type, HF_VARIANT_DO);

	if (a->rcode != rcode || a->verdict != HF_VERDICT_SECURE || (fn.sent_cnt > 0) != packets)
		fail_msg("%s type %u: rcode %u, %s, %u packets", name, type, a->rcode,
		    hf_verdict_to_text(a->verdict), fn.sent_cnt);
}

static void
expect_nx(const char *name, bool packets)
{
	expect(name, HF_TYPE_A, HF_RCODE_NXDOMAIN, packets);
}

static void
a_name_in_a_validated_gap_is_denied_without_asking(void **state)
{
	(void)state;
	world();
	expect_nx("n.zone.test.", true);
	expect_nx("na.zone.test.", false);
	expect_nx("N3.zone.test.", false);
	expect_nx("x.y.nb.zone.test.", false);
	assert_int_equal(fn_counter(CP_RESOLVER_aggressive_nxdomain), 3);
	expect_nx("u.zone.test.", true); /* another gap */
}

static void
a_denial_that_was_made_here_has_its_proofs_and_soa(void **state)
{
	(void)state;
	world();
	expect_nx("n.zone.test.", true);
	const struct cp_answer *a = fn_ask("na.zone.test.", HF_TYPE_A, HF_VARIANT_DO);

	assert_int_equal(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_SOA, NULL), 1);
	assert_int_equal(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_NSEC, NULL), 2);
	assert_int_equal(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_RRSIG, NULL), 3);
	a = fn_ask("nb.zone.test.", HF_TYPE_A, 0);
	assert_int_equal(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_NSEC, NULL), 0);
	assert_int_equal(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_SOA, NULL), 1);
}

static void
a_denial_that_was_made_here_lives_as_long_as_its_proofs(void **state)
{
	uint32_t ttl;

	(void)state;
	world();
	expect_nx("n.zone.test.", true);
	fn_pass(100);
	const struct cp_answer *a = fn_ask("na.zone.test.", HF_TYPE_A, HF_VARIANT_DO);

	assert_int_equal(fn.sent_cnt, 0);
	fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_SOA, &ttl);
	assert_in_range(ttl, 198, 200); /* MINIMUM 300, and 100 are gone */
	assert_in_range(a->ttl_s, 198, 200);
	fn_pass(201);
	expect_nx("nb.zone.test.", true);
}

static void
proofs_live_no_longer_than_the_soa_says_however_large_their_ttl(void **state)
{
	(void)state;
	world();
	zone->proof_ttl = 3600;
	expect_nx("n.zone.test.", true);
	fn_pass(200);
	expect_nx("u.zone.test.", true); /* with a new SOA */
	fn_pass(150);
	expect_nx("n.zone.test.", true); /* it may be there by now */
}

static void
the_types_a_name_does_not_have_are_denied_by_its_nsec(void **state)
{
	(void)state;
	world();
	expect("m.zone.test.", HF_TYPE_MX, HF_RCODE_NOERROR, true);
	expect("m.zone.test.", HF_TYPE_AAAA, HF_RCODE_NOERROR, false);
	assert_int_equal(fn_counter(CP_RESOLVER_aggressive_nodata), 1);
	expect("m.zone.test.", HF_TYPE_A, HF_RCODE_NOERROR, true); /* it has this one */
}

static void
an_empty_non_terminal_is_not_denied(void **state)
{
	(void)state;
	world();
	expect("ent.zone.test.", HF_TYPE_A, HF_RCODE_NOERROR, true);
	expect("b.ent.zone.test.", HF_TYPE_A, HF_RCODE_NOERROR, false); /* NODATA of the same gap */
	expect("a.b.ent.zone.test.", HF_TYPE_A, HF_RCODE_NOERROR, true);
	expect_nx("en.zone.test.", true);
}

static void
a_wildcard_answers_for_further_names_with_the_gap_as_proof(void **state)
{
	uint32_t ttl;

	(void)state;
	world();
	expect("x.wild.zone.test.", HF_TYPE_A, HF_RCODE_NOERROR, true);
	fn_pass(50);
	const struct cp_answer *a = fn_ask("y.wild.zone.test.", HF_TYPE_A, HF_VARIANT_DO);

	assert_int_equal(fn.sent_cnt, 0);
	assert_int_equal(a->verdict, HF_VERDICT_SECURE);
	assert_int_equal(fn_count(a, HF_SECTION_ANSWER, HF_TYPE_A, &ttl), 1);
	assert_in_range(ttl, 148, 150);
	printf("nsec %u soa %u ns %u v %d\n", fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_NSEC, NULL),
	    fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_SOA, NULL), a->ns_cnt, a->verdict);
	assert_int_equal(fn_counter(CP_RESOLVER_aggressive_wildcard), 1);
	expect("z.wild.zone.test.", HF_TYPE_MX, HF_RCODE_NOERROR, true);
	expect("zz.wild.zone.test.", HF_TYPE_MX, HF_RCODE_NOERROR, false);
	expect("*.wild.zone.test.", HF_TYPE_A, HF_RCODE_NOERROR, false);
}

static void
an_alias_at_a_wildcard_is_followed(void **state)
{
	(void)state;
	world();
	expect("x.alias.zone.test.", HF_TYPE_A, HF_RCODE_NOERROR, true);
	const struct cp_answer *a = fn_ask("y.alias.zone.test.", HF_TYPE_A, 0);

	assert_int_equal(fn.sent_cnt, 0);
	assert_int_equal(a->an_cnt, 2);
	assert_int_equal(a->verdict, HF_VERDICT_SECURE);
}

static void
a_name_below_a_dname_is_not_denied(void **state)
{
	(void)state;
	world();
	expect_nx("oldest.zone.test.", true); /* the gap behind old.zone.test. */
	expect("www.old.zone.test.", HF_TYPE_A, HF_RCODE_NOERROR, true);
}

static void
no_proof_of_a_parent_denies_below_a_delegation(void **state)
{
	(void)state;
	world();
	struct fn_zone *sub = fn_zone("s.zone.test.", false);

	fn_apex(sub);
	fn_add(sub, "www.s.zone.test. 300 IN A 198.51.100.9");
	fn_delegate(zone, sub, "ns.s.zone.test.", "192.0.2.5");
	expect_nx("sa.zone.test.", true); /* its gap begins at s.zone.test. */
	const struct cp_answer *a = fn_ask("www.s.zone.test.", HF_TYPE_A, 0);

	assert_int_equal(a->rcode, HF_RCODE_NOERROR);
	assert_int_equal(a->verdict, HF_VERDICT_INSECURE);
	a = fn_ask("no.s.zone.test.", HF_TYPE_A, 0);
	assert_int_equal(a->rcode, HF_RCODE_NXDOMAIN);
	assert_int_equal(a->verdict, HF_VERDICT_INSECURE);
	assert_int_equal(fn.sent_cnt, 1);
}

static void
a_delegation_learnt_later_is_believed_over_an_older_gap(void **state)
{
	(void)state;
	world();
	expect_nx("n.zone.test.", true);
	fn_pass(10);
	struct fn_zone *sub = fn_zone("n.zone.test.", true);

	fn_apex(sub);
	fn_add(sub, "www.n.zone.test. 300 IN A 198.51.100.9");
	fn_delegate(zone, sub, "ns.n.zone.test.", "192.0.2.5");
	fn_add_ds(zone, sub);
	expect_nx("www.n.zone.test.", false); /* the gap holds until it expires (RFC 8198 6) */
	fn_pass(301);
	expect("www.n.zone.test.", HF_TYPE_A, HF_RCODE_NOERROR, true);
	expect("www.n.zone.test.", HF_TYPE_MX, HF_RCODE_NOERROR, true);
}

static void
refresh(const char *name)
{
	struct cp_time t = fn_time();
	struct hf_question q = {.name = va_name(name), .type = HF_TYPE_A, .klass = 1};

	fn.sent_cnt = 0;
	assert_int_equal(cp_resolver_refresh(fn.r, &t, &q, 0, 7), 0);
	fn_run();
}

static void
a_refresh_asks_although_a_proof_would_still_do(void **state)
{
	(void)state;
	world();
	expect_nx("n.zone.test.", true);
	fn_pass(280); /* of 300 */
	expect_nx("na.zone.test.", false);
	refresh("n.zone.test.");
	assert_int_equal(fn.sent_cnt, 1);
	expect_nx("n.zone.test.", false);
	assert_true(fn.answer[(fn.answer_cnt - 1) % 8].a.ttl_s > 290);
}

static void
a_delegation_that_is_known_is_believed_over_a_gap_that_still_holds(void **state)
{
	(void)state;
	world();
	expect_nx("n.zone.test.", true);
	struct fn_zone *sub = fn_zone("n.zone.test.", true);

	fn_apex(sub);
	fn_add(sub, "www.n.zone.test. 300 IN A 198.51.100.9");
	fn_add(sub, "ftp.n.zone.test. 300 IN A 198.51.100.9");
	fn_delegate(zone, sub, "ns.n.zone.test.", "192.0.2.5");
	fn_add_ds(zone, sub);
	expect_nx("www.n.zone.test.", false);
	fn_pass(280);
	refresh("www.n.zone.test.");
	expect("ftp.n.zone.test.", HF_TYPE_A, HF_RCODE_NOERROR, true);
}

static void
a_missing_ds_is_known_from_the_nsec_of_the_delegation(void **state)
{
	(void)state;
	world();
	struct fn_zone *sub = fn_zone("s.zone.test.", false);

	fn_apex(sub);
	fn_delegate(zone, sub, "ns.s.zone.test.", "192.0.2.5");
	expect_nx("sa.zone.test.", true);
	expect("s.zone.test.", HF_TYPE_DS, HF_RCODE_NOERROR, false);
	expect("zone.test.", HF_TYPE_DS, HF_RCODE_NOERROR, false); /* the parent's, and cached */
	expect("test.", HF_TYPE_A, HF_RCODE_NOERROR, true);
}

static void
nsec3_denies_in_the_same_ways(void **state)
{
	(void)state;
	world_nsec3(5, false);
	expect("m.zone.test.", HF_TYPE_MX, HF_RCODE_NOERROR, true);
	expect("m.zone.test.", HF_TYPE_AAAA, HF_RCODE_NOERROR, false);
	for (unsigned i = 0; i < 30; i++) { /* all gaps of a small zone are soon known */
		char name[64];

		snprintf(name, sizeof(name), "no%u.zone.test.", i);
		fn_ask(name, HF_TYPE_A, 0);
	}
	expect_nx("never.zone.test.", false);
	expect_nx("a.b.never.zone.test.", false);
	expect("b.zone.test.", HF_TYPE_A, HF_RCODE_NOERROR, true);
	expect("ent.zone.test.", HF_TYPE_A, HF_RCODE_NOERROR, false); /* has an NSEC3 */
	expect("x.wild.zone.test.", HF_TYPE_A, HF_RCODE_NOERROR, true);
	expect("y.wild.zone.test.", HF_TYPE_A, HF_RCODE_NOERROR, false);
	expect("www.old.zone.test.", HF_TYPE_A, HF_RCODE_NOERROR, true); /* below a DNAME */
	const struct cp_answer *a = fn_ask("nix.zone.test.", HF_TYPE_A, HF_VARIANT_DO);

	assert_int_equal(fn.sent_cnt, 0);
	assert_in_range(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_NSEC3, NULL), 2, 3);
}

static void
opt_out_denies_nothing_for_others(void **state)
{
	(void)state;
	world_nsec3(0, true);
	for (unsigned i = 0; i < 20; i++) {
		char name[64];

		snprintf(name, sizeof(name), "no%u.zone.test.", i);
		fn_ask(name, HF_TYPE_A, 0);
		assert_true(fn.sent_cnt > 0);
	}
	assert_int_equal(fn_counter(CP_RESOLVER_aggressive_nxdomain), 0);
}

static void
iterations_above_the_limit_deny_nothing_for_others(void **state)
{
	(void)state;
	world_nsec3(VA_NSEC3_ITERATIONS_MAX + 1, false);
	fn_ask("no1.zone.test.", HF_TYPE_A, 0);
	fn_ask("no2.zone.test.", HF_TYPE_A, 0);
	assert_true(fn.sent_cnt > 0);
	assert_int_equal(fn_counter(CP_RESOLVER_aggressive_nxdomain), 0);
}

static void
unsigned_and_bad_denials_deny_only_what_was_asked(void **state)
{
	(void)state;
	world();
	fn_ask("no.plain.test.", HF_TYPE_A, 0);
	const struct cp_answer *a = fn_ask("x.no.plain.test.", HF_TYPE_A, 0);

	assert_int_equal(a->rcode, HF_RCODE_NXDOMAIN);
	assert_int_equal(fn.sent_cnt, 1);
	server->manner = FN_BAD_SIGS;
	assert_int_equal(fn_ask("n.zone.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_SERVFAIL);
	server->manner = FN_GOOD;
	fn_pass(100);
	expect_nx("na.zone.test.", true);
}

/* A zone that signs but has no DS: whoever is on the path can make such proofs. */
static void
proofs_of_a_zone_without_a_ds_deny_only_what_was_asked(void **state)
{
	(void)state;
	world();
	struct fn_zone *loose = fn_zone("loose.test.", true);

	fn_apex(loose);
	fn_delegate(tld, loose, "ns.loose.test.", "192.0.2.5");
	const struct cp_answer *a = fn_ask("gone.loose.test.", HF_TYPE_A, HF_VARIANT_DO);

	assert_int_equal(a->rcode, HF_RCODE_NXDOMAIN);
	assert_int_equal(a->verdict, HF_VERDICT_INSECURE);
	assert_true(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_NSEC, NULL) > 0);
	fn_add(loose, "a.gone.loose.test. 300 IN A 198.51.100.6");
	fn_add(loose, "h.loose.test. 300 IN A 198.51.100.7");
	assert_int_equal(fn_ask("a.gone.loose.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_NOERROR);
	assert_int_equal(fn_ask("h.loose.test.", HF_TYPE_A, 0)->rcode, HF_RCODE_NOERROR);
}

static void
nothing_is_made_or_learnt_under_an_nta(void **state)
{
	(void)state;
	world();
	fn_ntas(2, "zone.test.");
	fn_ask("n.zone.test.", HF_TYPE_A, 0);
	fn_ntas(3, NULL);
	expect_nx("na.zone.test.", true);
	fn_ntas(4, "zone.test.");
	fn_ask("nb.zone.test.", HF_TYPE_A, 0);
	assert_true(fn.sent_cnt > 0);
}

static void
switched_off_a_gap_denies_nothing_but_nxdomain_still_cuts(void **state)
{
	struct cp_resolver_config cfg;

	(void)state;
	world();
	cfg = fn.cfg;
	cfg.aggressive_nsec = false;
	cp_resolver_destroy(fn.r);
	fn.r = cp_resolver_create(&cfg, &fn.ops, fn.policy);
	expect_nx("n.zone.test.", true);
	expect_nx("na.zone.test.", true);
	expect_nx("x.y.na.zone.test.", false);
	assert_int_equal(fn_counter(CP_RESOLVER_nxdomain_cut), 1);
	expect("b.zone.test.", HF_TYPE_MX, HF_RCODE_NOERROR, true);
	expect("b.zone.test.", HF_TYPE_AAAA, HF_RCODE_NOERROR, true);
}

static void
a_zone_of_the_operators_is_not_denied_by_the_public_tree(void **state)
{
	static struct hf_addr addr;
	struct fn_zone *own = fn_zone("n.zone.test.", false);

	(void)state;
	VA_REQUIRE(hf_addr_from_text("192.0.2.40", &addr) == 0);
	fn.zones[fn.zones_cnt++] = (struct cp_zone){.name = va_name("n.zone.test."),
	    .kind = CP_ZONE_STUB,
	    .insecure = true,
	    .addrs = &addr,
	    .addr_cnt = 1};
	world();
	fn_apex(own);
	fn_add(own, "www.n.zone.test. 300 IN A 198.51.100.9");
	fn_server("192.0.2.40", own);
	expect_nx("na.zone.test.", true);
	const struct cp_answer *a = fn_ask("www.n.zone.test.", HF_TYPE_A, 0);

	assert_int_equal(a->rcode, HF_RCODE_NOERROR);
	assert_int_equal(a->verdict, HF_VERDICT_INSECURE);
}

static void
server_names_that_cannot_exist_are_not_asked_for(void **state)
{
	(void)state;
	world();
	struct fn_zone *lost = fn_zone("lost.test.", false);

	fn_apex(lost);
	fn_add(tld, "lost.test. 3600 IN NS n1.zone.test.");
	fn_add(tld, "lost.test. 3600 IN NS n2.zone.test.");
	expect_nx("n.zone.test.", true);
	const struct cp_answer *a = fn_ask("www.lost.test.", HF_TYPE_A, 0);

	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 0);
}

#define T(f) cmocka_unit_test_teardown(f, fn_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_name_in_a_validated_gap_is_denied_without_asking),
	    T(a_denial_that_was_made_here_has_its_proofs_and_soa),
	    T(a_denial_that_was_made_here_lives_as_long_as_its_proofs),
	    T(proofs_live_no_longer_than_the_soa_says_however_large_their_ttl),
	    T(the_types_a_name_does_not_have_are_denied_by_its_nsec),
	    T(an_empty_non_terminal_is_not_denied),
	    T(a_wildcard_answers_for_further_names_with_the_gap_as_proof),
	    T(an_alias_at_a_wildcard_is_followed),
	    T(a_name_below_a_dname_is_not_denied),
	    T(no_proof_of_a_parent_denies_below_a_delegation),
	    T(a_delegation_learnt_later_is_believed_over_an_older_gap),
	    T(a_delegation_that_is_known_is_believed_over_a_gap_that_still_holds),
	    T(a_refresh_asks_although_a_proof_would_still_do),
	    T(a_missing_ds_is_known_from_the_nsec_of_the_delegation),
	    T(nsec3_denies_in_the_same_ways),
	    T(opt_out_denies_nothing_for_others),
	    T(iterations_above_the_limit_deny_nothing_for_others),
	    T(unsigned_and_bad_denials_deny_only_what_was_asked),
	    T(proofs_of_a_zone_without_a_ds_deny_only_what_was_asked),
	    T(nothing_is_made_or_learnt_under_an_nta),
	    T(switched_off_a_gap_denies_nothing_but_nxdomain_still_cuts),
	    T(a_zone_of_the_operators_is_not_denied_by_the_public_tree),
	    T(server_names_that_cannot_exist_are_not_asked_for),
	};

	return cmocka_run_group_tests_name("cp_synth", tests, NULL, NULL);
}
