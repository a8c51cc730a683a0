/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of what hostile keys, signatures, DS and proofs cost the validator (KeyTrap,
 * CVE-2023-50387, and NSEC3, CVE-2023-50868): counts of checks, nominal time, SHA-1 blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/support/va_chain.h"
#include "validator/key.h"

enum { NOW = 1500000, TTL = 3600, MANY = VA_RRS_MAX };

static const uint8_t algorithms[] = {HF_ALG_ECDSAP256, HF_ALG_ECDSAP384};

static struct va_signer good, bad;
static struct va_box set, keys, ds;
static struct va_budget budget;
static struct va_result result;
static struct hf_name zone;

static void
scene(uint8_t algorithm)
{
	va_signer_fini(&good);
	va_signer_fini(&bad);
	va_signer_init(&good, algorithm, HF_DNSKEY_ZONE);
	va_signer_init(&bad, algorithm, HF_DNSKEY_ZONE);
	va_box_init(&set, "www.trap.", HF_TYPE_A, TTL);
	va_box_add(&set, "\x0a\x00\x00\x01", 4);
	va_box_init(&keys, "trap.", HF_TYPE_DNSKEY, TTL);
	va_box_init(&ds, "trap.", HF_TYPE_DS, TTL);
	zone = va_name("trap.");
	budget = va_budget_whole();
}

/* A key of good's tag that is a point on the curve like any other. The flags that nobody has
 * assigned make up for the difference of the tags (RFC 4034 2.1.1, B). */
static void
add_colliding(void)
{
	static struct va_signer s;

	for (;;) {
		va_signer_init(&s, good.algorithm, HF_DNSKEY_ZONE);
		va_signer_fini(&s);
		for (unsigned flags = 0; flags < 0x10000; flags++) {
			if ((flags & HF_DNSKEY_ZONE) == 0 || (flags & HF_DNSKEY_REVOKE) != 0)
				continue;
			s.dnskey[0] = (uint8_t)(flags >> 8);
			s.dnskey[1] = (uint8_t)flags;
			if (va_signer_tag(&s) == va_signer_tag(&good)) {
				va_box_add(&keys, s.dnskey, s.dnskey_len);
				return;
			}
		}
	}
}

/* Signatures of the right form by bad that name good's key; no two are the same. */
static void
add_bad_signatures(struct va_box *b, const char *owner, unsigned cnt)
{
	struct va_spec spec = va_spec_of(b, owner, "trap.", &good);

	va_box_sign(b, &bad, &spec);
	const struct hf_rdata first = b->sig[b->set.sig_cnt - 1];

	for (unsigned i = 1; i < cnt; i++) {
		va_box_add_sig(b, first.data, first.len);
		b->mem[b->used - 1] ^= (uint8_t)i;
	}
}

static void
add_good_signature(struct va_box *b, const char *owner)
{
	struct va_spec spec = va_spec_of(b, owner, "trap.", &good);

	va_box_sign(b, &good, &spec);
}

static unsigned
checks_of_rrset(void)
{
	budget = va_budget_whole();
	va_rrset_verify(&set.set, &zone, &keys.set, NOW, &budget, &result);
	return VA_SIG_CHECKS - budget.sig_checks;
}

static unsigned
checks_of_keys(void)
{
	budget = va_budget_whole();
	va_keys_verify(&keys.set, &ds.set, NOW, &budget, &result);
	return VA_SIG_CHECKS - budget.sig_checks;
}

static void
many_keys_and_many_signatures_of_one_tag_cost_eight_checks(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 2; a++) {
		scene(algorithms[a]);
		for (unsigned i = 0; i < MANY; i++)
			add_colliding();
		add_bad_signatures(&set, "www.trap.", MANY);
		assert_int_equal(checks_of_rrset(), VA_SIG_CHECKS_RRSET);
		assert_int_equal(result.reason, VA_SIG_TOO_MANY);
		assert_int_equal(result.verdict, HF_VERDICT_BOGUS);
	}
}

static void
one_key_and_many_signatures_cost_eight_checks(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 2; a++) {
		scene(algorithms[a]);
		va_box_add(&keys, good.dnskey, good.dnskey_len);
		add_bad_signatures(&set, "www.trap.", MANY);
		assert_int_equal(checks_of_rrset(), VA_SIG_CHECKS_RRSET);
		assert_int_equal(result.reason, VA_SIG_TOO_MANY);
		set.set.sig_cnt = MANY + 1; /* as 500 are */
		assert_int_equal(checks_of_rrset(), 0);
		assert_int_equal(result.reason, VA_RRSET_TOO_LARGE);
	}
}

static void
many_keys_and_one_signature_cost_two_checks(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 2; a++) {
		scene(algorithms[a]);
		for (unsigned i = 0; i < MANY; i++)
			add_colliding();
		add_bad_signatures(&set, "www.trap.", 1);
		assert_int_equal(checks_of_rrset(), VA_KEYS_SAME_TAG);
		assert_int_equal(result.reason, VA_SIG_BAD);
		keys.set.rr_cnt = MANY + 1;
		assert_int_equal(checks_of_rrset(), 0);
	}
}

static void
the_good_signature_is_found_behind_seven_bad_ones_and_not_behind_eight(void **state)
{
	(void)state;
	scene(HF_ALG_ECDSAP256);
	va_box_add(&keys, good.dnskey, good.dnskey_len);
	add_bad_signatures(&set, "www.trap.", VA_SIG_CHECKS_RRSET - 1);
	add_good_signature(&set, "www.trap.");
	assert_int_equal(checks_of_rrset(), VA_SIG_CHECKS_RRSET);
	assert_int_equal(result.verdict, HF_VERDICT_SECURE);

	scene(HF_ALG_ECDSAP256);
	va_box_add(&keys, good.dnskey, good.dnskey_len);
	add_bad_signatures(&set, "www.trap.", VA_SIG_CHECKS_RRSET);
	add_good_signature(&set, "www.trap.");
	assert_int_equal(checks_of_rrset(), VA_SIG_CHECKS_RRSET);
	assert_int_equal(result.reason, VA_SIG_TOO_MANY);
}

/* Each DS may stand for two of the keys, all of one tag; each key signs, badly. */
static void
sixty_ds_and_sixty_keys_cost_eight_checks_and_two_digests_for_each_ds(void **state)
{
	uint8_t rdata[64];
	uint32_t before, checked;

	(void)state;
	for (unsigned a = 0; a < 2; a++) {
		scene(algorithms[a]);
		for (unsigned i = 0; i < 60; i++) {
			add_colliding();
			va_box_add(&ds, rdata, va_ds_make(&zone, &keys.rr[i], 2, rdata, 64));
		}
		add_bad_signatures(&keys, "trap.", 60);
		assert_int_equal(checks_of_keys(), VA_SIG_CHECKS_RRSET);
		assert_int_equal(result.reason, VA_SIG_TOO_MANY);
		/* What is left of the time says that the digests were counted. */
		const struct va_key key = {
		    .algorithm = good.algorithm, .pub_len = (uint16_t)(good.dnskey_len - 4)};

		checked = VA_SIG_CHECKS_RRSET * va_key_check_us(&key);
		before = VA_SIG_US - budget.sig_us;
		assert_in_range(before, checked + 60 * 2, checked + 60 * 2 * 16);
	}
}

static void
digests_end_with_the_time_of_a_question_and_prove_nothing_then(void **state)
{
	uint8_t rdata[64];

	(void)state;
	scene(HF_ALG_ECDSAP256);
	va_box_add(&keys, good.dnskey, good.dnskey_len);
	add_good_signature(&keys, "trap.");
	va_box_add(&ds, rdata, va_ds_make(&zone, &keys.rr[0], 2, rdata, 64));
	assert_int_equal(checks_of_keys(), 1);
	assert_int_equal(result.verdict, HF_VERDICT_SECURE);
	budget = va_budget_whole();
	budget.sig_us = 1;
	va_keys_verify(&keys.set, &ds.set, NOW, &budget, &result);
	assert_int_equal(result.verdict, HF_VERDICT_BOGUS);
	assert_int_equal(result.reason, VA_BUDGET_SIGS);
}

/* Too short, too long, even, with a leading zero, not on the curve. */
static void
keys_that_cannot_be_read_cost_nothing_and_hide_no_good_one(void **state)
{
	uint8_t rdata[1200] = {1, 0, 3};
	static const uint16_t lens[] = {4 + 63, 4 + 65, 4 + 1, 1200};

	(void)state;
	scene(HF_ALG_ECDSAP256);
	rdata[3] = good.algorithm;
	for (unsigned i = 0; i < 90; i++) { /* all of good's tag */
		size_t len = lens[i % 4];

		rdata[4] = (uint8_t)i;
		rdata[5] = (uint8_t)(i * 37);
		for (unsigned flags = 0x100; flags < 0x10000; flags += 0x200) {
			for (unsigned low = 0; low < 0x80; low++) {
				rdata[0] = (uint8_t)(flags >> 8);
				rdata[1] = (uint8_t)low;
				if (va_key_tag(rdata, len) == va_signer_tag(&good))
					goto found;
			}
		}
		continue; /* one in four has flags that lead to the tag */
	found:
		va_box_add(&keys, rdata, len);
	}
	assert_true(keys.set.rr_cnt >= 10);
	va_box_add(&keys, good.dnskey, good.dnskey_len);
	add_good_signature(&set, "www.trap.");
	assert_int_equal(checks_of_rrset(), 1);
	assert_int_equal(result.verdict, HF_VERDICT_SECURE);
	keys.set.rr_cnt--;
	assert_int_equal(checks_of_rrset(), 0);
	assert_int_equal(budget.sig_us, VA_SIG_US);
	assert_int_equal(result.reason, VA_SIG_BAD);
}

/* A modulus of 64 KiB is no key: it must not look like one that costs more than a question has. */
static void
a_huge_key_of_the_tag_does_not_spend_the_budget(void **state)
{
	static uint8_t huge[40000] = {1, 0, 3, HF_ALG_RSASHA256, 3, 1, 0, 1, 0xc0};
	struct va_spec spec;

	(void)state;
	scene(HF_ALG_RSASHA256);
	va_box_add(&keys, huge, sizeof(huge));
	spec = va_spec_of(&set, "www.trap.", "trap.", &good);
	spec.tag = va_key_tag(huge, sizeof(huge));
	va_box_sign(&set, &good, &spec);
	va_box_add(&keys, good.dnskey, good.dnskey_len);
	add_good_signature(&set, "www.trap.");
	assert_int_equal(checks_of_rrset(), 1);
	assert_int_equal(result.verdict, HF_VERDICT_SECURE);
}

/* The points are off their curve: that is found out by the library, so it is paid for. */
static void
keys_that_the_library_refuses_are_paid_for_like_checks(void **state)
{
	(void)state;
	scene(HF_ALG_ECDSAP384);
	add_colliding();
	memset((uint8_t *)(uintptr_t)keys.rr[0].data + 4, 0xaa, 96);
	struct va_spec spec = va_spec_of(&set, "www.trap.", "trap.", &good);

	spec.tag = va_key_tag(keys.rr[0].data, keys.rr[0].len);
	for (unsigned i = 0; i < 20; i++)
		va_box_sign(&set, &good, &spec);
	assert_int_equal(checks_of_rrset(), VA_SIG_CHECKS_RRSET);
	assert_int_equal(result.reason, VA_SIG_TOO_MANY);
}

/* The data is hashed for every check, so it counts too. */
static void
large_rrsets_cost_more_than_small_ones(void **state)
{
	static uint8_t text[600] = {255};
	uint32_t small, large;

	(void)state;
	scene(HF_ALG_ECDSAP256);
	va_box_add(&keys, good.dnskey, good.dnskey_len);
	add_good_signature(&set, "www.trap.");
	checks_of_rrset();
	small = VA_SIG_US - budget.sig_us;
	va_box_init(&set, "www.trap.", HF_TYPE_NULL, TTL);
	for (unsigned i = 0; i < 100; i++) {
		text[1] = (uint8_t)i;
		va_box_add(&set, text, sizeof(text));
	}
	add_good_signature(&set, "www.trap.");
	checks_of_rrset();
	large = VA_SIG_US - budget.sig_us;
	assert_int_equal(result.verdict, HF_VERDICT_SECURE);
	assert_true(large >= small + 60000 / 1024);
}

/* Names are hashed once each, however many NSEC3 there are to compare them with; what a hash
 * costs follows from salt and iterations. */
static void
forty_nsec3_cost_a_hash_for_each_name_and_the_rest_is_never_begun(void **state)
{
	const struct va_nsec3_params p = {
	    .algorithm = 1, .iterations = 50, .salt_len = 8, .salt = {1, 2, 3, 4, 5, 6, 7, 8}};
	static struct va_chain c;
	char text[300] = "";
	uint8_t owner[20], next[20];

	(void)state;
	va_chain_init(&c, "trap.");
	for (unsigned i = 0; i < 40; i++) {
		memset(owner, (int)(6 * i), 20);
		memset(next, (int)(6 * i + 1), 20);
		va_chain_nsec3(&c, &p, owner, next, "A");
	}
	/* Nothing matches: each ancestor is hashed, 51 blocks for each of 8 labels, the zone too.
	 */
	budget = va_budget_whole();
	const struct hf_name eight = va_name("a.b.c.d.e.f.g.h.trap.");

	va_deny_name(&c.proofs, &eight, &budget, &result);
	assert_int_equal(result.reason, VA_DENIAL_MISSING);
	assert_int_equal(VA_SHA1_BLOCKS - budget.sha1_blocks, 9 * 51);
	for (unsigned i = 0; i < 100; i++)
		strcat(text, "a.");
	strcat(text, "trap.");
	const struct hf_name hundred = va_name(text);

	budget = va_budget_whole();
	va_deny_name(&c.proofs, &hundred, &budget, &result);
	assert_int_equal(result.reason, VA_BUDGET_SHA1);
	assert_int_equal(result.verdict, HF_VERDICT_BOGUS);
}

/* A check by an RSA key costs with the square of the modulus, and more with a large exponent: in
 * microseconds, within a quarter of what was measured. */
static void
rsa_keys_cost_by_their_modulus_and_exponent(void **state)
{
	static const struct {
		unsigned bits, e_len;
		uint8_t e[5];
		uint32_t measured_us;
	} cases[] = {{1024, 3, {1, 0, 1}, 28}, {2048, 3, {1, 0, 1}, 59}, {3072, 3, {1, 0, 1}, 95},
	    {4096, 3, {1, 0, 1}, 188}, {2048, 1, {3}, 59}, {1024, 4, {255, 255, 255, 255}, 42},
	    {2048, 5, {1, 0, 0, 0, 1}, 104}, {4096, 4, {255, 255, 255, 255}, 427}};
	uint8_t pub[520];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct va_key key = {.algorithm = HF_ALG_RSASHA256, .pub = pub};
		unsigned n_len = cases[i].bits / 8;

		memset(pub, 0xff, sizeof(pub));
		pub[0] = (uint8_t)cases[i].e_len;
		memcpy(pub + 1, cases[i].e, cases[i].e_len);
		key.pub_len = (uint16_t)(1 + cases[i].e_len + n_len);
		assert_true(va_key_shape_ok(&key));
		assert_in_range(va_key_check_us(&key), cases[i].measured_us * 3 / 4,
		    cases[i].measured_us * 5 / 4);
	}
}

/* Sixteen of the slowest are as long as a question may take, whatever they are of. */
static void
rrsets_one_after_another_share_one_budget(void **state)
{
	unsigned verified[2];

	(void)state;
	for (unsigned a = 0; a < 2; a++) {
		scene(algorithms[a]);
		va_box_add(&keys, good.dnskey, good.dnskey_len);
		add_good_signature(&set, "www.trap.");
		for (verified[a] = 0; verified[a] < 100; verified[a]++) {
			va_rrset_verify(&set.set, &zone, &keys.set, NOW, &budget, &result);
			if (result.verdict != HF_VERDICT_SECURE)
				break;
		}
		assert_int_equal(result.reason, VA_BUDGET_SIGS);
	}
	assert_int_equal(verified[0], VA_SIG_CHECKS);
	assert_int_equal(verified[1], 16);
}

static int
begin(void **state)
{
	(void)state;
	va_signer_init(&good, HF_ALG_ECDSAP256, HF_DNSKEY_ZONE);
	va_signer_init(&bad, HF_ALG_ECDSAP256, HF_DNSKEY_ZONE);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	va_signer_fini(&good);
	va_signer_fini(&bad);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(many_keys_and_many_signatures_of_one_tag_cost_eight_checks),
	    cmocka_unit_test(one_key_and_many_signatures_cost_eight_checks),
	    cmocka_unit_test(many_keys_and_one_signature_cost_two_checks),
	    cmocka_unit_test(
		the_good_signature_is_found_behind_seven_bad_ones_and_not_behind_eight),
	    cmocka_unit_test(sixty_ds_and_sixty_keys_cost_eight_checks_and_two_digests_for_each_ds),
	    cmocka_unit_test(digests_end_with_the_time_of_a_question_and_prove_nothing_then),
	    cmocka_unit_test(keys_that_cannot_be_read_cost_nothing_and_hide_no_good_one),
	    cmocka_unit_test(a_huge_key_of_the_tag_does_not_spend_the_budget),
	    cmocka_unit_test(keys_that_the_library_refuses_are_paid_for_like_checks),
	    cmocka_unit_test(large_rrsets_cost_more_than_small_ones),
	    cmocka_unit_test(forty_nsec3_cost_a_hash_for_each_name_and_the_rest_is_never_begun),
	    cmocka_unit_test(rsa_keys_cost_by_their_modulus_and_exponent),
	    cmocka_unit_test(rrsets_one_after_another_share_one_budget),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
