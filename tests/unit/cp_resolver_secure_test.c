/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of the resolver core with DNSSEC: chains of trust, denials, bad signatures at
 * some or all servers, Negative Trust Anchors and CD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/support/fakenet.h"

static struct fn_zone *root, *tld, *zone, *plain;
static struct fn_server *tld_server, *server;

/* . and test. and zone.test. signed; plain.test. not. */
static void
world_with(const struct cp_resolver_limits *limits)
{
	root = fn_root(true);
	tld = fn_zone("test.", true);
	zone = fn_zone("zone.test.", true);
	plain = fn_zone("plain.test.", false);
	fn_apex(tld);
	fn_apex(zone);
	fn_apex(plain);
	tld_server = fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	fn_add_ds(root, tld);
	server = fn_delegate(tld, zone, "ns.zone.test.", "192.0.2.3");
	fn_add_ds(tld, zone);
	fn_delegate(tld, plain, "ns.plain.test.", "192.0.2.4");
	fn_add(zone, "www.zone.test. 300 IN A 198.51.100.1");
	fn_add(zone, "alias.zone.test. 300 IN CNAME www.plain.test.");
	fn_add(zone, "*.wild.zone.test. 300 IN A 198.51.100.2");
	fn_add(zone, "old.zone.test. 300 IN DNAME new.zone.test.");
	fn_add(zone, "www.new.zone.test. 300 IN A 198.51.100.3");
	fn_add(zone, "a.b.ent.zone.test. 300 IN A 198.51.100.4");
	fn_add(plain, "www.plain.test. 300 IN A 198.51.100.5");
	fn_add(plain, "alias.plain.test. 300 IN CNAME www.zone.test.");
	fn_start(root, limits);
}

static void
world(void)
{
	world_with(NULL);
}

/* More servers of zone.test.; returns the second. */
static struct fn_server *
second_server(void)
{
	fn_add(tld, "zone.test. 3600 IN NS ns2.zone.test.");
	fn_add(tld, "ns2.zone.test. 3600 IN A 192.0.2.13");
	return fn_server("192.0.2.13", zone);
}

static void
expect(const struct cp_answer *a, uint16_t rcode, enum hf_verdict verdict, uint16_t ede)
{
	assert_int_equal(a->rcode, rcode);
	assert_int_equal(a->verdict, verdict);
	assert_int_equal(a->ede, ede);
}

static void
expect_secure(const struct cp_answer *a, unsigned answers)
{
	expect(a, HF_RCODE_NOERROR, HF_VERDICT_SECURE, HF_EDE_NONE);
	assert_int_equal(a->an_cnt, answers);
}

static void
a_signed_name_is_secure_and_signatures_are_for_those_who_ask(void **state)
{
	(void)state;
	world();
	expect_secure(fn_ask("www.zone.test.", HF_TYPE_A, 0), 1);
	assert_true(fn.sent_cnt <= 8);
	const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_A, HF_VARIANT_DO);

	expect_secure(a, 2);
	assert_int_equal(fn_count(a, HF_SECTION_ANSWER, HF_TYPE_RRSIG, NULL), 1);
	assert_int_equal(fn.sent_cnt, 0);
}

static void
keys_and_ds_are_asked_for_once_and_not_again(void **state)
{
	(void)state;
	world();
	fn_add(zone, "ftp.zone.test. 300 IN A 198.51.100.1");
	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	expect_secure(fn_ask("ftp.zone.test.", HF_TYPE_A, 0), 1);
	assert_int_equal(fn.sent_cnt, 1);
}

static void
denials_of_a_signed_zone_are_secure_with_their_proof(void **state)
{
	(void)state;
	world();
	const struct cp_answer *a = fn_ask("no.zone.test.", HF_TYPE_A, HF_VARIANT_DO);

	expect(a, HF_RCODE_NXDOMAIN, HF_VERDICT_SECURE, HF_EDE_NONE);
	assert_true(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_NSEC, NULL) >= 1);
	a = fn_ask("www.zone.test.", HF_TYPE_MX, HF_VARIANT_DO);
	expect(a, HF_RCODE_NOERROR, HF_VERDICT_SECURE, HF_EDE_NONE);
	assert_int_equal(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_NSEC, NULL), 1);
	a = fn_ask("www.zone.test.", HF_TYPE_MX, 0);
	assert_int_equal(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_NSEC, NULL), 0);
	assert_int_equal(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_SOA, NULL), 1);
	a = fn_ask("b.ent.zone.test.", HF_TYPE_A, 0); /* an empty non-terminal */
	expect(a, HF_RCODE_NOERROR, HF_VERDICT_SECURE, HF_EDE_NONE);
}

static void
a_wildcard_answer_needs_and_shows_that_nothing_is_closer(void **state)
{
	(void)state;
	world();
	const struct cp_answer *a = fn_ask("x.wild.zone.test.", HF_TYPE_A, HF_VARIANT_DO);

	expect_secure(a, 2);
	assert_int_equal(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_NSEC, NULL), 1);
	a = fn_ask("x.wild.zone.test.", HF_TYPE_A, HF_VARIANT_DO); /* the proof is cached too */
	assert_int_equal(fn.sent_cnt, 0);
	assert_int_equal(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_NSEC, NULL), 1);
}

static void
a_dname_is_validated_and_its_alias_made_here(void **state)
{
	(void)state;
	world();
	expect_secure(fn_ask("www.old.zone.test.", HF_TYPE_A, 0), 3);
}

static void
an_unsigned_delegation_is_insecure_and_proven_so(void **state)
{
	(void)state;
	world();
	const struct cp_answer *a = fn_ask("www.plain.test.", HF_TYPE_A, 0);

	expect(a, HF_RCODE_NOERROR, HF_VERDICT_INSECURE, HF_EDE_NONE);
	a = fn_ask("no.plain.test.", HF_TYPE_A, 0);
	expect(a, HF_RCODE_NXDOMAIN, HF_VERDICT_INSECURE, HF_EDE_NONE);
	assert_int_equal(fn.sent_cnt, 1);
}

static void
a_referral_proves_a_zone_insecure_once_for_all_its_names(void **state)
{
	(void)state;
	world();
	fn_add(plain, "ftp.plain.test. 300 IN A 198.51.100.6");
	fn_ask("www.plain.test.", HF_TYPE_A, 0);
	uint64_t checks = fn_counter(CP_RESOLVER_sig_checks);
	const struct cp_answer *a = fn_ask("ftp.plain.test.", HF_TYPE_A, 0);

	expect(a, HF_RCODE_NOERROR, HF_VERDICT_INSECURE, HF_EDE_NONE);
	assert_true(checks > 0);
	assert_int_equal(fn_counter(CP_RESOLVER_sig_checks), checks);
}

static void
the_worst_link_of_an_alias_chain_decides(void **state)
{
	(void)state;
	world();
	expect(fn_ask("alias.zone.test.", HF_TYPE_A, 0), 0, HF_VERDICT_INSECURE, HF_EDE_NONE);
	expect(fn_ask("alias.plain.test.", HF_TYPE_A, 0), 0, HF_VERDICT_INSECURE, HF_EDE_NONE);
	expect(fn_ask("alias.zone.test.", HF_TYPE_CNAME, 0), 0, HF_VERDICT_SECURE, HF_EDE_NONE);
}

static void
ds_and_dnskey_questions_are_answered_from_the_right_side_of_the_cut(void **state)
{
	(void)state;
	world();
	expect_secure(fn_ask("zone.test.", HF_TYPE_DS, 0), 1);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 0);
	expect_secure(fn_ask("zone.test.", HF_TYPE_DNSKEY, 0), 1);
	const struct cp_answer *a = fn_ask("plain.test.", HF_TYPE_DS, 0);

	expect(a, 0, HF_VERDICT_SECURE, HF_EDE_NONE);
	assert_int_equal(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_SOA, NULL), 1);
	expect_secure(fn_ask(".", HF_TYPE_DNSKEY, 0), 1);
}

static void
a_child_on_its_parents_servers_is_found_without_a_referral(void **state)
{
	(void)state;
	world();
	struct fn_zone *sub = fn_zone("sub.zone.test.", true);
	struct fn_zone *bare = fn_zone("bare.zone.test.", false);

	fn_apex(sub);
	fn_apex(bare);
	fn_delegate(zone, sub, "ns.zone.test.", "192.0.2.3");
	fn_add_ds(zone, sub);
	fn_delegate(zone, bare, "ns.zone.test.", "192.0.2.3");
	fn_add(sub, "www.sub.zone.test. 300 IN A 198.51.100.8");
	fn_add(bare, "www.bare.zone.test. 300 IN A 198.51.100.9");
	expect_secure(fn_ask("www.sub.zone.test.", HF_TYPE_A, 0), 1);
	expect(fn_ask("www.bare.zone.test.", HF_TYPE_A, 0), 0, HF_VERDICT_INSECURE, HF_EDE_NONE);
	expect(fn_ask("no.bare.zone.test.", HF_TYPE_A, 0), HF_RCODE_NXDOMAIN, HF_VERDICT_INSECURE,
	    HF_EDE_NONE);
}

static void
bad_signatures_are_bogus_with_the_reason_and_the_server_named(void **state)
{
	(void)state;
	world();
	server->manner = FN_BAD_SIGS;
	const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_A, 0);

	expect(a, HF_RCODE_SERVFAIL, HF_VERDICT_BOGUS, HF_EDE_BOGUS);
	assert_int_equal(a->an_cnt + a->ns_cnt, 0);
	assert_non_null(strstr(a->ede_text, "from 192.0.2.3"));
	assert_non_null(strstr(a->ede_text, "RRSIG A www.zone.test keytag"));
	expect(fn_ask("no.zone.test.", HF_TYPE_A, 0), HF_RCODE_SERVFAIL, HF_VERDICT_BOGUS, 6);
}

static void
missing_signatures_and_missing_proofs_have_their_own_codes(void **state)
{
	(void)state;
	world();
	server->manner = FN_NO_SIGS;
	fn_server("192.0.2.3", NULL);
	fn_ask("zone.test.", HF_TYPE_DS, 0);
	const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_A, 0);

	/* The DNSKEY RRset has no signature either: that is seen first. */
	assert_int_equal(a->verdict, HF_VERDICT_BOGUS);
	assert_int_not_equal(a->ede, HF_EDE_NO_REACHABLE_AUTHORITY);
	fn_teardown(state);
	world();
	fn_ask("www.zone.test.", HF_TYPE_A, 0); /* the keys are known now */
	server->manner = FN_NO_SIGS;
	expect(fn_ask("a.b.ent.zone.test.", HF_TYPE_A, 0), 2, HF_VERDICT_BOGUS, 10);
	a = fn_ask("nope.zone.test.", HF_TYPE_A, 0);
	assert_int_equal(a->verdict, HF_VERDICT_BOGUS);
	assert_in_range(a->ede, HF_EDE_RRSIGS_MISSING, HF_EDE_NSEC_MISSING);
}

static void
sign_all_but_nsec(struct fn_signing *s)
{
	if (s->b->set.type != HF_TYPE_NSEC)
		va_box_sign(s->b, s->key, &s->spec);
}

/* The referral to plain.test. has it, but nobody signed it: that is not as if it were not there. */
static void
a_proof_without_signature_lacks_its_signature(void **state)
{
	(void)state;
	world();
	fn_ask("www.zone.test.", HF_TYPE_A, 0); /* the keys of test. are known now */
	fn.sign = sign_all_but_nsec;
	expect(fn_ask("www.plain.test.", HF_TYPE_A, 0), HF_RCODE_SERVFAIL, HF_VERDICT_BOGUS,
	    HF_EDE_RRSIGS_MISSING);
}

static void
one_good_server_is_found_among_bad_ones(void **state)
{
	world();
	second_server();
	server->manner = FN_BAD_SIGS;
	expect_secure(fn_ask("www.zone.test.", HF_TYPE_A, 0), 1);
	expect_secure(fn_ask("a.b.ent.zone.test.", HF_TYPE_A, 0), 1);
	assert_int_equal(fn_sent_to("192.0.2.3", CP_UDP), 0); /* remembered as bad */
	expect(fn_ask("no.zone.test.", HF_TYPE_A, 0), 3, HF_VERDICT_SECURE, HF_EDE_NONE);
	fn_teardown(state);
	world();
	second_server();
	server->manner = FN_BAD_KEYS;
	expect_secure(fn_ask("www.zone.test.", HF_TYPE_A, 0), 1);
}

static void
a_good_parent_server_is_found_for_the_ds(void **state)
{
	(void)state;
	world();
	fn_add(root, "test. 3600 IN NS ns2.test.");
	fn_add(root, "ns2.test. 3600 IN A 192.0.2.12");
	fn_server("192.0.2.12", tld);
	tld_server->manner = FN_BAD_SIGS;
	for (unsigned i = 0; i < 8; i++) {
		char text[64];
		struct fn_zone *z;

		snprintf(text, sizeof(text), "z%u.test.", i);
		z = fn_zone(text, false);
		fn_apex(z);
		snprintf(text, sizeof(text), "ns.z%u.test.", i);
		fn_delegate(tld, z, text, "192.0.2.4");
		expect(fn_ask(text, HF_TYPE_A, 0), 0, HF_VERDICT_INSECURE, HF_EDE_NONE);
	}
	expect_secure(fn_ask("www.zone.test.", HF_TYPE_A, 0), 1);
}

static void
bogus_data_is_never_answered_from_the_cache_and_heals(void **state)
{
	(void)state;
	world();
	server->manner = FN_BAD_SIGS;
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), 2, HF_VERDICT_BOGUS, 6);
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), 2, HF_VERDICT_BOGUS, 6);
	assert_int_equal(fn.sent_cnt, 0); /* told again for a second */
	server->manner = FN_GOOD;
	fn_pass(3);
	expect_secure(fn_ask("www.zone.test.", HF_TYPE_A, 0), 1);
}

static void
a_bogus_zone_state_is_forgotten_with_the_policy_it_was_found_under(void **state)
{
	(void)state;
	world();
	tld_server->manner = FN_BAD_SIGS;
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), 2, HF_VERDICT_BOGUS, 6);
	tld_server->manner = FN_GOOD;
	expect(fn_ask("a.b.ent.zone.test.", HF_TYPE_A, 0), 2, HF_VERDICT_BOGUS, 6);
	fn_ntas(2, NULL);
	expect_secure(fn_ask("www.zone.test.", HF_TYPE_A, 0), 1);
}

static void
a_denial_with_a_bad_signature_over_its_soa_is_bogus(void **state)
{
	(void)state;
	world();
	server->manner = FN_BAD_SOA;
	expect(fn_ask("no.zone.test.", HF_TYPE_A, 0), 2, HF_VERDICT_BOGUS, 6);
	expect_secure(fn_ask("www.zone.test.", HF_TYPE_A, 0), 1);
}

static void
with_cd_bad_data_is_passed_and_not_kept_for_others(void **state)
{
	(void)state;
	world();
	server->manner = FN_BAD_SIGS;
	const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_A, HF_VARIANT_CD);

	expect(a, 0, HF_VERDICT_UNVALIDATED, HF_EDE_NONE);
	assert_int_equal(a->hidden_ede, HF_EDE_BOGUS);
	assert_int_equal(a->an_cnt, 1);
	assert_false(a->under_nta);
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), 2, HF_VERDICT_BOGUS, 6);
	a = fn_ask("no.zone.test.", HF_TYPE_A, HF_VARIANT_CD);
	expect(a, HF_RCODE_NXDOMAIN, HF_VERDICT_UNVALIDATED, HF_EDE_NONE);
}

static void
an_nta_passes_bad_data_with_ede_33_and_the_hidden_cause(void **state)
{
	(void)state;
	world();
	server->manner = FN_BAD_SIGS;
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), 2, HF_VERDICT_BOGUS, 6);
	fn_ntas(2, "test.");
	const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_A, 0);

	expect(a, 0, HF_VERDICT_UNVALIDATED, HF_EDE_NTA);
	assert_true(a->under_nta);
	assert_int_equal(a->hidden_ede, HF_EDE_BOGUS);
	assert_int_equal(a->policy_gen, 2);
	assert_int_equal(a->an_cnt, 1);
	assert_true(fn.sent_cnt <= 2); /* no retries for better signatures */
	a = fn_ask("www.zone.test.", HF_TYPE_A, 0);
	expect(a, 0, HF_VERDICT_UNVALIDATED, HF_EDE_NTA);
	assert_int_equal(fn.sent_cnt, 0);
}

static void
what_was_fetched_under_an_nta_is_gone_with_it(void **state)
{
	(void)state;
	world();
	server->manner = FN_BAD_SIGS;
	fn_ntas(2, "zone.test.");
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), 0, HF_VERDICT_UNVALIDATED, HF_EDE_NTA);
	fn_ntas(3, NULL);
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), 2, HF_VERDICT_BOGUS, 6);
	server->manner = FN_GOOD;
	fn_ntas(4, NULL);
	expect_secure(fn_ask("www.zone.test.", HF_TYPE_A, 0), 1);
}

static void
secure_data_stays_secure_under_an_nta(void **state)
{
	(void)state;
	world();
	fn_ntas(2, "test.");
	const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_A, 0);

	expect_secure(a, 1);
	assert_true(a->under_nta);
	assert_int_equal(a->hidden_ede, HF_EDE_NONE);
}

static void
a_bad_ds_at_the_parent_does_not_hide_the_child_under_an_nta(void **state)
{
	(void)state;
	world();
	tld_server->manner = FN_BAD_SIGS;
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), 2, HF_VERDICT_BOGUS, 6);
	expect(fn_ask("www.plain.test.", HF_TYPE_A, 0), 2, HF_VERDICT_BOGUS, 6);
	fn_ntas(2, "test.");
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), 0, HF_VERDICT_UNVALIDATED, HF_EDE_NTA);
	expect(fn_ask("www.plain.test.", HF_TYPE_A, 0), 0, HF_VERDICT_UNVALIDATED, HF_EDE_NTA);
	fn_ntas(3, "zone.test.");
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), 0, HF_VERDICT_UNVALIDATED, HF_EDE_NTA);
	expect(fn_ask("www.plain.test.", HF_TYPE_A, 0), 2, HF_VERDICT_BOGUS, 6);
}

static void
an_nta_excuses_its_own_link_and_no_other(void **state)
{
	(void)state;
	world();
	struct fn_zone *other = fn_zone("other.", true);

	fn_apex(other);
	fn_delegate(root, other, "ns.other.", "192.0.2.5");
	fn_add_ds(root, other);
	fn_add(other, "alias.other. 300 IN CNAME www.zone.test.");
	server->manner = FN_BAD_SIGS;
	fn_ntas(2, "other.");
	expect(fn_ask("alias.other.", HF_TYPE_A, 0), 2, HF_VERDICT_BOGUS, 6);
	fn_ntas(3, "zone.test.");
	const struct cp_answer *a = fn_ask("alias.other.", HF_TYPE_A, 0);

	expect(a, 0, HF_VERDICT_UNVALIDATED, HF_EDE_NTA);
	assert_int_equal(a->an_cnt, 2);
}

static void
keys_that_cannot_be_had_are_bogus_and_not_a_network_failure(void **state)
{
	(void)state;
	world();
	fn_ask("www.plain.test.", HF_TYPE_A, 0);
	/* A DS that no key of the child matches. */
	struct fn_zone *bad = fn_zone("bad.test.", true), *stranger = fn_zone("bad.test.", true);

	fn_apex(bad);
	fn_delegate(tld, bad, "ns.bad.test.", "192.0.2.6");
	fn_add_ds(tld, stranger);
	fn_add(bad, "www.bad.test. 300 IN A 198.51.100.6");
	const struct cp_answer *a = fn_ask("www.bad.test.", HF_TYPE_A, 0);

	expect(a, 2, HF_VERDICT_BOGUS, HF_EDE_DNSKEY_MISSING);
	fn_ntas(2, "bad.test.");
	a = fn_ask("www.bad.test.", HF_TYPE_A, 0);
	expect(a, 0, HF_VERDICT_UNVALIDATED, HF_EDE_NTA);
	assert_int_equal(a->hidden_ede, HF_EDE_DNSKEY_MISSING);
}

static void
keys_that_no_server_gives_are_a_validation_failure_that_an_nta_excuses(void **state)
{
	(void)state;
	world();
	server->manner = FN_HIDES_KEYS;
	uint64_t began = fn.now_ns;

	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), 2, HF_VERDICT_BOGUS, HF_EDE_DNSKEY_MISSING);
	assert_true(fn.now_ns - began <= 5 * HF_NS_PER_S);
	fn_ntas(2, "zone.test.");
	const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_A, 0);

	expect(a, 0, HF_VERDICT_UNVALIDATED, HF_EDE_NTA);
	assert_int_equal(a->hidden_ede, HF_EDE_DNSKEY_MISSING);
	assert_int_equal(a->an_cnt, 1);
}

static void
data_is_kept_no_longer_than_its_signature_says(void **state)
{
	(void)state;
	world();
	fn.now_ns += UINT64_C(499900) * HF_NS_PER_S; /* signatures end in 99 s */
	const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_A, 0);

	expect_secure(a, 1);
	assert_in_range(a->ttl_s, 90, 99);
}

static void
signature_checks_are_bounded_per_question(void **state)
{
	struct cp_resolver_limits limits = {.sig_checks = 3};

	world_with(&limits);
	const struct cp_answer *a = fn_ask("www.zone.test.", HF_TYPE_A, 0);

	assert_int_equal(a->verdict, HF_VERDICT_FAILURE);
	assert_int_equal(fn_counter(CP_RESOLVER_sig_checks), 3);
	assert_int_equal(fn_counter(CP_RESOLVER_budget_sigs), 1);
	fn_teardown(state);
	world();
}

static void
time_after_the_signatures_end_is_bogus(void **state)
{
	(void)state;
	world();
	fn.now_ns += UINT64_C(600000) * HF_NS_PER_S;
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), 2, HF_VERDICT_BOGUS, HF_EDE_SIG_EXPIRED);
}

static void
without_an_anchor_everything_is_insecure(void **state)
{
	(void)state;
	world();
	cp_resolver_destroy(fn.r);
	cp_policy_put(fn.policy);
	bool was = root->is_signed;

	root->is_signed = false; /* fn_start gives no anchor then */
	fn_start(root, NULL);
	root->is_signed = was;
	expect(fn_ask("www.zone.test.", HF_TYPE_A, 0), 0, HF_VERDICT_INSECURE, HF_EDE_NONE);
}

#define T(f) cmocka_unit_test_teardown(f, fn_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_signed_name_is_secure_and_signatures_are_for_those_who_ask),
	    T(keys_and_ds_are_asked_for_once_and_not_again),
	    T(denials_of_a_signed_zone_are_secure_with_their_proof),
	    T(a_wildcard_answer_needs_and_shows_that_nothing_is_closer),
	    T(a_dname_is_validated_and_its_alias_made_here),
	    T(an_unsigned_delegation_is_insecure_and_proven_so),
	    T(a_referral_proves_a_zone_insecure_once_for_all_its_names),
	    T(the_worst_link_of_an_alias_chain_decides),
	    T(ds_and_dnskey_questions_are_answered_from_the_right_side_of_the_cut),
	    T(a_child_on_its_parents_servers_is_found_without_a_referral),
	    T(bad_signatures_are_bogus_with_the_reason_and_the_server_named),
	    T(missing_signatures_and_missing_proofs_have_their_own_codes),
	    T(a_proof_without_signature_lacks_its_signature),
	    T(one_good_server_is_found_among_bad_ones),
	    T(a_good_parent_server_is_found_for_the_ds),
	    T(bogus_data_is_never_answered_from_the_cache_and_heals),
	    T(a_bogus_zone_state_is_forgotten_with_the_policy_it_was_found_under),
	    T(a_denial_with_a_bad_signature_over_its_soa_is_bogus),
	    T(with_cd_bad_data_is_passed_and_not_kept_for_others),
	    T(an_nta_passes_bad_data_with_ede_33_and_the_hidden_cause),
	    T(what_was_fetched_under_an_nta_is_gone_with_it),
	    T(secure_data_stays_secure_under_an_nta),
	    T(a_bad_ds_at_the_parent_does_not_hide_the_child_under_an_nta),
	    T(an_nta_excuses_its_own_link_and_no_other),
	    T(keys_that_cannot_be_had_are_bogus_and_not_a_network_failure),
	    T(keys_that_no_server_gives_are_a_validation_failure_that_an_nta_excuses),
	    T(data_is_kept_no_longer_than_its_signature_says),
	    T(signature_checks_are_bounded_per_question),
	    T(time_after_the_signatures_end_is_bogus),
	    T(without_an_anchor_everything_is_insecure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
