/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of va_rrset_verify. Every rejected set is signed as it stands: only the one
 * predicate under test keeps it from validating. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/support/va_signer.h"
#include "validator/key.h"

enum { NOW = 1500000, TTL = 3600 };

static struct va_signer signer, other;

/* What a case may change before all is signed and judged. */
struct scene {
	struct va_box set, keys;
	struct va_spec spec;
	struct hf_name zone;
	int64_t now;
	struct va_budget budget;
	struct va_result result;
};

static struct scene sc;

static void
scene_init(const char *owner)
{
	va_box_init(&sc.set, owner, HF_TYPE_A, TTL);
	va_box_add(&sc.set, "\x0a\x00\x00\x01", 4);
	va_box_add(&sc.set, "\x0a\x00\x00\x02", 4);
	va_box_init(&sc.keys, "example.", HF_TYPE_DNSKEY, TTL);
	va_box_add(&sc.keys, other.dnskey, other.dnskey_len);
	va_box_add(&sc.keys, signer.dnskey, signer.dnskey_len);
	sc.zone = va_name("example.");
	sc.now = NOW;
	sc.spec = va_spec_of(&sc.set, owner, "example.", &signer);
	sc.budget = va_budget_whole();
}

static void
judge(void)
{
	va_rrset_verify(&sc.set.set, &sc.zone, &sc.keys.set, sc.now, &sc.budget, &sc.result);
}

static void
sign_and_judge(void)
{
	va_box_sign(&sc.set, &signer, &sc.spec);
	judge();
}

/* The signing key's DNSKEY with another octet; the tag in the RRSIG follows. */
static void
change_key(unsigned off, uint8_t octet)
{
	uint8_t *dnskey = (uint8_t *)(uintptr_t)sc.keys.rr[1].data;

	dnskey[off] = octet;
	sc.spec.tag = va_key_tag(dnskey, sc.keys.rr[1].len);
}

/* clang-format off */
static void nothing(void) { }
static void other_type_covered(void) { sc.spec.type = HF_TYPE_TXT; }
static void parent_signs(void) { sc.spec.signer = "."; }
static void child_signs(void) { sc.spec.signer = "www.example."; sc.spec.labels = 2; }
static void too_many_labels(void) { sc.spec.labels = 3; }
static void fewer_labels_than_signer(void) { sc.spec.labels = 0; sc.spec.owner = "*."; }
static void long_expired(void) { sc.now = sc.spec.expiration + VA_SKEW_MAX_S + 1; }
static void far_from_valid(void) { sc.now = sc.spec.inception - VA_SKEW_MAX_S - 1; }
static void just_expired(void) { sc.now = sc.spec.expiration + VA_SKEW_MAX_S; }
static void nearly_valid(void) { sc.now = sc.spec.inception - VA_SKEW_MAX_S; }
static void expires_before_inception(void) { sc.spec.expiration = NOW - 1; sc.spec.inception = NOW; }
static void unknown_tag(void) { sc.spec.tag ^= 1; }
static void no_zone_bit(void) { change_key(0, 0); }
static void revoked(void) { change_key(1, HF_DNSKEY_REVOKE); }
static void wrong_protocol(void) { change_key(2, 2); }
static void unknown_algorithm(void) { sc.spec.algorithm = HF_ALG_RSASHA1; change_key(3, HF_ALG_RSASHA1); }
static void other_zone_keys(void) { sc.keys.set.owner = va_name("example.net."); }
static void other_class_keys(void) { sc.keys.set.klass = HF_CLASS_CH; }
static void keys_of_no_type(void) { sc.keys.set.type = HF_TYPE_TXT; }
static void no_keys(void) { sc.keys.set.rr_cnt = 0; }
static void owner_outside(void) { sc.set.set.owner = va_name("www.other."); sc.spec.owner = "www.other."; }
static void budget_spent(void) { sc.budget.sig_checks = 0; }
static void a_signature(void) { sc.set.set.type = sc.spec.type = HF_TYPE_RRSIG; }
static void a_meta_type(void) { sc.set.set.type = sc.spec.type = HF_TYPE_ANY; }
/* clang-format on */

static void
too_many_records(void)
{
	for (uint8_t i = 3; sc.set.set.rr_cnt <= VA_RRS_MAX; i++)
		va_box_add(&sc.set, (uint8_t[]){10, 0, 0, i}, 4);
}

static void
as_many_records_as_allowed(void)
{
	for (uint8_t i = 3; sc.set.set.rr_cnt < VA_RRS_MAX; i++)
		va_box_add(&sc.set, (uint8_t[]){10, 0, 0, i}, 4);
}

static void
each_predicate_violated_alone_gives_its_reason(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		void (*change)(void);
		enum va_reason reason;
	} cases[] = {
#define CASE(f, r) {#f, f, VA_##r}
	    CASE(nothing, OK),
	    CASE(just_expired, OK),
	    CASE(nearly_valid, OK),
	    CASE(as_many_records_as_allowed, OK),
	    CASE(other_type_covered, SIG_MALFORMED),
	    CASE(expires_before_inception, SIG_MALFORMED),
	    CASE(a_signature, SIG_MALFORMED),
	    CASE(a_meta_type, SIG_MALFORMED),
	    CASE(parent_signs, SIG_SIGNER),
	    CASE(child_signs, SIG_SIGNER),
	    CASE(owner_outside, SIG_SIGNER),
	    CASE(too_many_labels, SIG_LABELS),
	    CASE(fewer_labels_than_signer, SIG_LABELS),
	    CASE(long_expired, SIG_EXPIRED),
	    CASE(far_from_valid, SIG_NOT_YET),
	    CASE(unknown_tag, SIG_NO_KEY),
	    CASE(revoked, SIG_NO_KEY),
	    CASE(wrong_protocol, SIG_NO_KEY),
	    CASE(no_zone_bit, SIG_NOT_ZONE_KEY),
	    CASE(unknown_algorithm, SIG_ALGORITHM),
	    CASE(other_zone_keys, KEYS_MISSING),
	    CASE(other_class_keys, KEYS_MISSING),
	    CASE(keys_of_no_type, KEYS_MISSING),
	    CASE(no_keys, KEYS_MISSING),
	    CASE(too_many_records, RRSET_TOO_LARGE),
	    CASE(budget_spent, BUDGET_SIGS),
#undef CASE
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool good = cases[i].reason == VA_OK;

		scene_init("www.example.");
		cases[i].change();
		sign_and_judge();
		if (sc.result.reason != cases[i].reason)
			fail_msg("%s: %s", cases[i].name, va_reason_name(sc.result.reason));
		assert_int_equal(sc.result.verdict, good ? HF_VERDICT_SECURE : HF_VERDICT_BOGUS);
	}
}

static void
the_algorithms_supported_all_verify_and_only_their_own_data(void **state)
{
	(void)state;
	static const uint8_t algs[] = {8, 10, 13, 14, 15, 16};

	for (size_t i = 0; i < sizeof(algs); i++) {
		struct va_signer s;

		va_signer_init(&s, algs[i], HF_DNSKEY_ZONE);
		scene_init("www.example.");
		va_box_add(&sc.keys, s.dnskey, s.dnskey_len);
		sc.spec = va_spec_of(&sc.set, "www.example.", "example.", &s);
		va_box_sign(&sc.set, &s, &sc.spec);
		judge();
		assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
		assert_int_equal(sc.result.algorithm, algs[i]);
		assert_int_equal(sc.result.key_tag, va_signer_tag(&s));
		sc.set.mem[3] ^= 1;
		judge();
		assert_int_equal(sc.result.reason, VA_SIG_BAD);
		va_signer_fini(&s);
	}
}

static void
a_set_without_signatures_or_records_is_missing_them(void **state)
{
	(void)state;
	scene_init("www.example.");
	judge();
	assert_int_equal(sc.result.reason, VA_SIG_MISSING);
	va_box_sign(&sc.set, &signer, &sc.spec);
	sc.set.set.rr_cnt = 0;
	judge();
	assert_int_equal(sc.result.reason, VA_SIG_MISSING);
}

static void
an_rrsig_cut_anywhere_is_not_secure(void **state)
{
	(void)state;
	scene_init("www.example.");
	sign_and_judge();
	assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
	uint16_t whole = sc.set.sig[0].len;
	for (uint16_t len = 0; len < whole; len++) {
		sc.set.sig[0].len = len;
		judge();
		assert_int_equal(sc.result.verdict, HF_VERDICT_BOGUS);
		if (len < 18 + 9 + 1)
			assert_int_equal(sc.result.reason, VA_SIG_MALFORMED);
	}
}

/* Case in the signer's name is not signed (RFC 4034 3.1.8.1 lower-cases it). */
static bool
is_case_of_signer(const struct hf_rdata *r, unsigned bit)
{
	return r == &sc.set.sig[0] && bit / 8 > 18 && bit / 8 < 18 + 8 && bit % 8 == 5;
}

static void
flip_bits(struct hf_rdata *r, unsigned step)
{
	uint8_t *octets = (uint8_t *)(uintptr_t)r->data;

	for (unsigned bit = 0; bit < r->len * 8u; bit += step) {
		if (is_case_of_signer(r, bit))
			continue;
		octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
		sc.budget = va_budget_whole();
		judge();
		if (sc.result.verdict == HF_VERDICT_SECURE)
			fail_msg("bit %u of %u", bit, r->len * 8u);
		octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void
no_single_flipped_bit_leaves_a_set_secure(void **state)
{
	(void)state;
	scene_init("www.example.");
	sign_and_judge();
	assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
	flip_bits(&sc.set.rr[0], 1);
	flip_bits(&sc.set.rr[1], 1);
	flip_bits(&sc.set.sig[0], 1);
	flip_bits(&sc.keys.rr[1], 1);
	sc.budget = va_budget_whole();
	judge();
	assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
}

/* One step more than a byte: every position of a bit is met. The slow ones are not tried whole. */
static void
no_single_flipped_bit_leaves_a_set_secure_whatever_its_type_and_algorithm(void **state)
{
	(void)state;
	static const struct {
		uint8_t algorithm;
		uint16_t type;
		unsigned step;
	} cases[] = {{HF_ALG_RSASHA256, HF_TYPE_NSEC3, 1}, {HF_ALG_RSASHA512, HF_TYPE_DS, 1},
	    {HF_ALG_ECDSAP256, HF_TYPE_NSEC3, 1}, {HF_ALG_ECDSAP256, HF_TYPE_DS, 1},
	    {HF_ALG_ECDSAP384, HF_TYPE_NSEC3, 17}, {HF_ALG_ED25519, HF_TYPE_DS, 1},
	    {HF_ALG_ED448, HF_TYPE_NSEC3, 9}};
	static const uint8_t nsec3[] = "\1\1\0\5\2\xab\xcd\x14twenty octets of it.\0\1\x40";
	static const uint8_t ds[] = "\x12\x34\x0d\2thirty-two octets, or so it says";
	const struct va_signer usual = signer;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_ds = cases[i].type == HF_TYPE_DS;
		const char *owner =
		    is_ds ? "child.example." : "0123456789abcdefghijklmnopqrstuv.example.";

		va_signer_init(&signer, cases[i].algorithm, HF_DNSKEY_ZONE);
		scene_init(owner);
		va_box_init(&sc.set, owner, cases[i].type, TTL);
		va_box_add(&sc.set, is_ds ? ds : nsec3, is_ds ? sizeof(ds) - 1 : sizeof(nsec3) - 1);
		sc.spec = va_spec_of(&sc.set, owner, "example.", &signer);
		sign_and_judge();
		assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
		flip_bits(&sc.set.rr[0], cases[i].step);
		flip_bits(&sc.set.sig[0], cases[i].step);
		flip_bits(&sc.keys.rr[1], cases[i].step);
		va_signer_fini(&signer);
	}
	signer = usual;
}

static void
order_case_and_duplicates_do_not_matter(void **state)
{
	(void)state;
	static const uint8_t mx[][10] = {
	    {0, 1, 1, 'a', 0}, {0, 1, 1, 'b', 0}, {0, 1, 2, 'a', 'a', 0}, {0, 2, 1, 'A', 0}};
	static const uint8_t upper[] = {0, 1, 1, 'B', 0};

	scene_init("www.example.");
	va_box_init(&sc.set, "www.example.", HF_TYPE_MX, TTL);
	va_box_add(&sc.set, mx[0], 5);
	va_box_add(&sc.set, mx[1], 5);
	va_box_add(&sc.set, mx[2], 6);
	sc.spec.type = HF_TYPE_MX;
	va_box_sign(&sc.set, &signer, &sc.spec);

	struct hf_rdata first = sc.set.rr[0];
	sc.set.rr[0] = sc.set.rr[2];
	sc.set.rr[2] = first;
	va_box_add(&sc.set, upper, sizeof(upper));
	sc.set.set.owner = va_name("wWw.EXAMPLE.");
	sc.zone = va_name("Example.");
	judge();
	assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
	va_box_add(&sc.set, mx[3], 5);
	judge();
	assert_int_equal(sc.result.reason, VA_SIG_BAD);
}

static void
the_case_of_the_signers_name_does_not_matter(void **state)
{
	(void)state;
	scene_init("www.example.");
	sign_and_judge();
	assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
	((uint8_t *)(uintptr_t)sc.set.sig[0].data)[20] ^= 0x20;
	judge();
	assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
}

static void
a_signature_with_octets_behind_it_is_bad(void **state)
{
	(void)state;
	uint8_t rdata[600] = {0};

	scene_init("www.example.");
	va_box_sign(&sc.set, &signer, &sc.spec);
	uint16_t len = sc.set.sig[0].len;
	memcpy(rdata, sc.set.sig[0].data, len);
	for (size_t more = 1; len + more <= sizeof(rdata); more++) {
		scene_init("www.example.");
		va_box_add_sig(&sc.set, rdata, len + more);
		judge();
		assert_int_equal(sc.result.reason, VA_SIG_BAD);
	}
}

static void
a_wildcard_expansion_validates_and_says_so(void **state)
{
	(void)state;
	scene_init("a.b.example.");
	sc.spec.owner = "*.example.";
	sc.spec.labels = 1;
	sign_and_judge();
	assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
	assert_true(sc.result.wildcard);
	assert_int_equal(sc.result.labels, 1);

	scene_init("*.example."); /* the wildcard itself, asked for by name */
	sc.spec.labels = 1;
	sign_and_judge();
	assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
	assert_false(sc.result.wildcard);

	scene_init("*.example.");
	sc.spec.labels = 2; /* the asterisk does not count (RFC 4034 3.1.3) */
	sign_and_judge();
	assert_int_equal(sc.result.reason, VA_SIG_LABELS);
}

static void
records_that_speak_of_their_place_cannot_come_from_a_wildcard(void **state)
{
	(void)state;
	static const uint16_t types[] = {HF_TYPE_NSEC, HF_TYPE_NSEC3, HF_TYPE_DS};
	static const uint8_t rdata[][32] = {
	    {1, 'z', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0x40},
	    {1, 0, 0, 0, 0, 1, 1},
	    {0, 1, 13, 2, 1},
	};
	static const size_t len[] = {14, 7, 5};

	for (size_t i = 0; i < 3; i++) {
		scene_init("a.example.");
		va_box_init(&sc.set, "a.example.", types[i], TTL);
		va_box_add(&sc.set, rdata[i], len[i]);
		sc.spec = va_spec_of(&sc.set, "*.example.", "example.", &signer);
		sc.spec.labels = 1;
		sign_and_judge();
		assert_int_equal(sc.result.reason, VA_SIG_LABELS);
		sc.spec.owner = "a.example.";
		sc.spec.labels = 2;
		sign_and_judge();
		assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
	}
}

static void
a_ds_at_the_apex_is_not_the_zones_to_sign(void **state)
{
	(void)state;
	scene_init("example.");
	va_box_init(&sc.set, "example.", HF_TYPE_DS, TTL);
	va_box_add(&sc.set, "\x00\x01\x0d\x02\x01", 5);
	sc.spec = va_spec_of(&sc.set, "example.", "example.", &signer);
	sign_and_judge();
	assert_int_equal(sc.result.reason, VA_SIG_SIGNER);
}

static void
the_ttl_is_the_least_of_received_original_and_time_left(void **state)
{
	(void)state;
	static const struct {
		uint32_t received, original, left, ttl;
	} cases[] = {{100, 200, 300, 100}, {200, 100, 300, 100}, {300, 200, 100, 100},
	    {100, 1000000, 300, 100}, {300, 300, 0, 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scene_init("www.example.");
		sc.set.set.ttl = cases[i].received;
		sc.spec.ttl = cases[i].original;
		sc.now = sc.spec.expiration - cases[i].left;
		sign_and_judge();
		assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
		assert_int_equal(sc.result.ttl, cases[i].ttl);
	}
	sc.now = sc.spec.expiration + 10;
	judge();
	assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
	assert_int_equal(sc.result.ttl, 0);
}

static void
times_wrap_in_2106_like_serial_numbers(void **state)
{
	(void)state;
	const int64_t wrap = INT64_C(1) << 32;

	scene_init("www.example.");
	sc.spec.inception = UINT32_MAX - 1000;
	sc.spec.expiration = 1000;
	sc.now = wrap - 10;
	sign_and_judge();
	assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
	assert_int_equal(sc.result.ttl, 1010);
	sc.now = wrap + 10;
	judge();
	assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
	sc.now = wrap + 1000 + VA_SKEW_MIN_S + 1;
	judge();
	assert_int_equal(sc.result.reason, VA_SIG_EXPIRED);
	sc.now = wrap - 1000 - VA_SKEW_MIN_S - 2;
	judge();
	assert_int_equal(sc.result.reason, VA_SIG_NOT_YET);
}

static void
expect_forgiven(const struct va_rules *rules, uint32_t life, uint32_t forgiven)
{
	const struct {
		int64_t now;
		enum va_reason reason;
	} at[] = {
	    {NOW - (int64_t)forgiven - 1, VA_SIG_NOT_YET},
	    {NOW - (int64_t)forgiven, VA_OK},
	    {NOW + (int64_t)life + forgiven, VA_OK},
	    {NOW + (int64_t)life + forgiven + 1, VA_SIG_EXPIRED},
	};

	scene_init("www.example.");
	sc.budget.rules = rules;
	sc.spec.inception = NOW;
	sc.spec.expiration = NOW + life;
	va_box_sign(&sc.set, &signer, &sc.spec);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		sc.now = at[i].now;
		judge();
		if (sc.result.reason != at[i].reason)
			fail_msg("life %u, at %d: %s", life, (int)(sc.now - NOW),
			    va_reason_name(sc.result.reason));
	}
}

static void
a_tenth_of_its_life_is_forgiven_a_signature_within_bounds_and_never_more_than_its_life(void **state)
{
	static const struct {
		uint32_t life, forgiven;
	} cases[] = {{0, 0}, {1, 1}, {60, 60}, {299, 299}, {300, 300}, {3000, 300}, {3010, 301},
	    {35999, 3599}, {36000, 3600}, {14 * 86400, 3600}, {1 << 30, 3600}};
	struct va_rules rules = va_rules_default;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_forgiven(&va_rules_default, cases[i].life, cases[i].forgiven);
	rules.skew_max_s = 86400;
	expect_forgiven(&rules, 500000, 50000);
	expect_forgiven(&rules, 14 * 86400, 86400);
	rules.skew_min_s = rules.skew_max_s = 0;
	expect_forgiven(&rules, 14 * 86400, 0);
}

static void
one_good_signature_among_bad_ones_is_enough(void **state)
{
	(void)state;
	scene_init("www.example.");
	sc.spec.tag ^= 1;
	va_box_sign(&sc.set, &signer, &sc.spec);
	va_box_add_sig(&sc.set, "\x00", 1);
	va_box_sign(&sc.set, &other, &sc.spec);
	sc.spec.tag ^= 1;
	va_box_sign(&sc.set, &other, &sc.spec); /* right tag, wrong key: as in .de */
	sign_and_judge();
	assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
}

static void
of_several_failures_the_nearest_miss_is_reported(void **state)
{
	(void)state;
	/* From the dullest to the most telling; each joins those before it. */
	static void (*const change[])(void) = {
	    unknown_algorithm, too_many_labels, unknown_tag, far_from_valid, long_expired};
	static const enum va_reason reason[] = {
	    VA_SIG_ALGORITHM, VA_SIG_LABELS, VA_SIG_NO_KEY, VA_SIG_NOT_YET, VA_SIG_EXPIRED};

	scene_init("www.example.");
	for (size_t i = 0; i < 5; i++) {
		struct va_spec good = sc.spec;

		if (reason[i] == VA_SIG_NOT_YET)
			sc.spec.inception = NOW + 4000;
		else if (reason[i] == VA_SIG_EXPIRED)
			sc.spec.expiration = NOW - 4000;
		else if (reason[i] == VA_SIG_ALGORITHM)
			sc.spec.algorithm = HF_ALG_RSASHA1;
		else
			change[i]();
		sign_and_judge();
		assert_int_equal(sc.result.reason, reason[i]);
		sc.spec = good;
	}
	va_box_sign(&sc.set, &other, &sc.spec);
	judge();
	assert_int_equal(sc.result.reason, VA_SIG_BAD);
	assert_int_equal(sc.result.key_tag, va_signer_tag(&signer));
}

/* Another key of the same tag: the last two octets make up for the rest. */
static void
add_colliding_key(uint8_t seed, uint8_t algorithm)
{
	uint8_t key[VA_SIGNER_DNSKEY];
	size_t len = signer.dnskey_len;

	memcpy(key, signer.dnskey, len);
	key[3] = algorithm;
	key[10] ^= seed;
	for (unsigned v = 0; v < 0x10000 && va_key_tag(key, len) != va_signer_tag(&signer); v++) {
		key[len - 2] = (uint8_t)(v >> 8);
		key[len - 1] = (uint8_t)v;
	}
	VA_REQUIRE(va_key_tag(key, len) == va_signer_tag(&signer));
	va_box_add(&sc.keys, key, len);
}

static void
a_key_of_the_tag_but_another_algorithm_is_not_tried(void **state)
{
	(void)state;
	scene_init("www.example.");
	sc.keys.set.rr_cnt = 0;
	add_colliding_key(1, HF_ALG_ED25519);
	sign_and_judge();
	assert_int_equal(sc.result.reason, VA_SIG_NO_KEY);
	assert_int_equal(sc.budget.sig_checks, VA_SIG_CHECKS);
}

static void
keys_and_signatures_that_all_collide_cost_a_bounded_number_of_checks(void **state)
{
	(void)state;
	scene_init("www.example.");
	sc.keys.set.rr_cnt = 0;
	for (uint8_t i = 1; i <= 50; i++)
		add_colliding_key(i, signer.algorithm);
	for (unsigned i = 0; i < VA_RRS_MAX; i++)
		va_box_sign(&sc.set, &other, &sc.spec);
	judge();
	assert_int_equal(sc.result.reason, VA_SIG_TOO_MANY);
	assert_int_equal(sc.budget.sig_checks, VA_SIG_CHECKS - VA_SIG_CHECKS_RRSET);

	/* One signature is tried with two of the fifty keys and no more. */
	sc.set.set.sig_cnt = 1;
	sc.budget = va_budget_whole();
	judge();
	assert_int_equal(sc.result.reason, VA_SIG_BAD);
	assert_int_equal(sc.budget.sig_checks, VA_SIG_CHECKS - VA_KEYS_SAME_TAG);

	va_box_add_sig(&sc.set, "x", 1);
	sc.set.set.sig_cnt = VA_RRS_MAX + 1;
	judge();
	assert_int_equal(sc.result.reason, VA_RRSET_TOO_LARGE);
}

/* P-384 takes 1245 us: sixteen fit into 20 ms, and the seventeenth is not begun. */
static void
slow_algorithms_spend_the_time_of_a_question_before_its_checks(void **state)
{
	static const struct {
		uint8_t algorithm;
		uint16_t pub_len;
		unsigned checks;
	} cost[] = {{HF_ALG_ECDSAP384, 96, 16}, {HF_ALG_ECDSAP256, 64, 142},
	    {HF_ALG_ED25519, 32, 104}, {HF_ALG_ED448, 57, 50}};

	(void)state;
	for (size_t i = 0; i < sizeof(cost) / sizeof(cost[0]); i++) {
		const struct va_key key = {
		    .algorithm = cost[i].algorithm, .pub_len = cost[i].pub_len};

		assert_int_equal(VA_SIG_US / va_key_check_us(&key), cost[i].checks);
	}
	scene_init("www.example.");
	sign_and_judge();
	assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
	assert_in_range(sc.budget.sig_us, 1, VA_SIG_US - 1);
	sc.budget.sig_us = VA_SIG_US - sc.budget.sig_us - 1;
	judge();
	assert_int_equal(sc.result.reason, VA_BUDGET_SIGS);
	assert_int_equal(sc.budget.sig_checks, VA_SIG_CHECKS - 1);
}

static void
each_check_is_charged_once(void **state)
{
	(void)state;
	scene_init("www.example.");
	sc.budget.sig_checks = 1;
	sign_and_judge();
	assert_int_equal(sc.result.verdict, HF_VERDICT_SECURE);
	assert_int_equal(sc.budget.sig_checks, 0);
	judge();
	assert_int_equal(sc.result.reason, VA_BUDGET_SIGS);
}

static int
make_keys(void **state)
{
	(void)state;
	va_signer_init(&signer, HF_ALG_ECDSAP256, HF_DNSKEY_ZONE);
	va_signer_init(&other, HF_ALG_ECDSAP256, HF_DNSKEY_ZONE | HF_DNSKEY_SEP);
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	va_signer_fini(&signer);
	va_signer_fini(&other);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_predicate_violated_alone_gives_its_reason),
	    cmocka_unit_test(the_algorithms_supported_all_verify_and_only_their_own_data),
	    cmocka_unit_test(a_set_without_signatures_or_records_is_missing_them),
	    cmocka_unit_test(an_rrsig_cut_anywhere_is_not_secure),
	    cmocka_unit_test(no_single_flipped_bit_leaves_a_set_secure),
	    cmocka_unit_test(
		no_single_flipped_bit_leaves_a_set_secure_whatever_its_type_and_algorithm),
	    cmocka_unit_test(order_case_and_duplicates_do_not_matter),
	    cmocka_unit_test(the_case_of_the_signers_name_does_not_matter),
	    cmocka_unit_test(a_signature_with_octets_behind_it_is_bad),
	    cmocka_unit_test(a_key_of_the_tag_but_another_algorithm_is_not_tried),
	    cmocka_unit_test(a_wildcard_expansion_validates_and_says_so),
	    cmocka_unit_test(records_that_speak_of_their_place_cannot_come_from_a_wildcard),
	    cmocka_unit_test(a_ds_at_the_apex_is_not_the_zones_to_sign),
	    cmocka_unit_test(the_ttl_is_the_least_of_received_original_and_time_left),
	    cmocka_unit_test(times_wrap_in_2106_like_serial_numbers),
	    cmocka_unit_test(
		a_tenth_of_its_life_is_forgiven_a_signature_within_bounds_and_never_more_than_its_life),
	    cmocka_unit_test(one_good_signature_among_bad_ones_is_enough),
	    cmocka_unit_test(of_several_failures_the_nearest_miss_is_reported),
	    cmocka_unit_test(keys_and_signatures_that_all_collide_cost_a_bounded_number_of_checks),
	    cmocka_unit_test(slow_algorithms_spend_the_time_of_a_question_before_its_checks),
	    cmocka_unit_test(each_check_is_charged_once),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
