/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of va_keys_verify, DS records, key shapes and the published examples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/wire/rdata.h"
#include "tests/unit/support/va_signer.h"
#include "validator/algorithm.h"
#include "validator/key.h"

enum { NOW = 1500000, TTL = 3600, DIGEST_UNKNOWN = 3 };

static struct va_signer ksk, zsk;
static struct va_box keys, ds;
static struct va_budget budget;
static struct va_result result;

/* Two keys, the set signed by the KSK, a DS of the KSK. */
static void
zone_init(void)
{
	uint8_t rdata[64];

	va_box_init(&keys, "example.", HF_TYPE_DNSKEY, TTL);
	bool zsk_first = hf_rdata_cmp(zsk.dnskey, zsk.dnskey_len, ksk.dnskey, ksk.dnskey_len) < 0;
	const struct va_signer *a = zsk_first ? &zsk : &ksk, *b = zsk_first ? &ksk : &zsk;
	va_box_add(&keys, a->dnskey, a->dnskey_len);
	va_box_add(&keys, b->dnskey, b->dnskey_len);
	struct va_spec spec = va_spec_of(&keys, "example.", "example.", &ksk);
	va_box_sign(&keys, &ksk, &spec);
	va_box_init(&ds, "example.", HF_TYPE_DS, TTL);
	struct hf_rdata key = {.data = ksk.dnskey, .len = ksk.dnskey_len};
	va_box_add(&ds, rdata, va_ds_make(&keys.set.owner, &key, HF_DIGEST_SHA256, rdata, 64));
	budget = va_budget_whole();
}

static enum va_reason
judge(void)
{
	budget.sig_checks = VA_SIG_CHECKS;
	budget.sig_us = VA_SIG_US;
	va_keys_verify(&keys.set, &ds.set, NOW, &budget, &result);
	return result.reason;
}

static uint8_t *
octets(const struct hf_rdata *r)
{
	return (uint8_t *)(uintptr_t)r->data;
}

static void
keys_that_a_ds_vouches_for_are_secure(void **state)
{
	(void)state;
	static const uint8_t digests[] = {HF_DIGEST_SHA256, HF_DIGEST_SHA384};

	for (size_t i = 0; i < sizeof(digests); i++) {
		uint8_t rdata[64];
		struct hf_rdata key = {.data = ksk.dnskey, .len = ksk.dnskey_len};

		zone_init();
		va_box_init(&ds, "EXAMPLE.", HF_TYPE_DS, TTL);
		va_box_add(&ds, rdata, va_ds_make(&ds.set.owner, &key, digests[i], rdata, 64));
		assert_int_equal(judge(), VA_OK);
		assert_int_equal(result.verdict, HF_VERDICT_SECURE);
		assert_int_equal(result.key_tag, va_signer_tag(&ksk));
		keys.set.owner = va_name("eXample.");
		assert_int_equal(judge(), VA_OK);
	}
}

static void
a_key_that_no_ds_names_cannot_vouch_for_the_set(void **state)
{
	(void)state;
	zone_init();
	keys.set.sig_cnt = 0;
	assert_int_equal(judge(), VA_SIG_MISSING);
	struct va_spec spec = va_spec_of(&keys, "example.", "example.", &zsk);
	va_box_sign(&keys, &zsk, &spec);
	assert_int_equal(judge(), VA_SIG_NOT_VOUCHED); /* the key is there: SIG_NO_KEY were a lie */
	assert_int_equal(result.verdict, HF_VERDICT_BOGUS);
	assert_int_equal(result.key_tag, va_signer_tag(&zsk));
}

static void
ds_records_of_unknown_kinds_only_make_the_zone_insecure(void **state)
{
	(void)state;
	zone_init();
	octets(&ds.rr[0])[2] = HF_ALG_RSASHA1;
	assert_int_equal(judge(), VA_DS_ALGORITHM);
	assert_int_equal(result.verdict, HF_VERDICT_INSECURE);
	octets(&ds.rr[0])[2] = HF_ALG_ECDSAP256;
	octets(&ds.rr[0])[3] = DIGEST_UNKNOWN;
	assert_int_equal(judge(), VA_DS_DIGEST);
	assert_int_equal(result.verdict, HF_VERDICT_INSECURE);
}

static void
a_sha1_digest_counts_only_if_the_operator_says_so_and_there_is_no_better_one(void **state)
{
	(void)state;
	uint8_t rdata[64];
	struct hf_rdata key = {.data = ksk.dnskey, .len = ksk.dnskey_len};
	struct va_rules with_sha1 = va_rules_default;

	with_sha1.digests |= 1u << HF_DIGEST_SHA1;
	zone_init();
	va_box_init(&ds, "example.", HF_TYPE_DS, TTL);
	va_box_add(&ds, rdata, va_ds_make(&ds.set.owner, &key, HF_DIGEST_SHA1, rdata, 64));
	assert_int_equal(judge(), VA_DS_DIGEST);
	assert_int_equal(result.verdict, HF_VERDICT_INSECURE);
	budget.rules = &with_sha1;
	assert_int_equal(judge(), VA_OK);
	va_box_add(&ds, rdata, va_ds_make(&ds.set.owner, &key, HF_DIGEST_SHA256, rdata, 64));
	assert_int_equal(judge(), VA_OK);
	octets(&ds.rr[1])[20] ^= 1; /* the better one is wrong: the other does not help */
	assert_int_equal(judge(), VA_DS_NO_MATCH);
	budget.rules = &va_rules_default; /* nor does it open a way to insecure */
	assert_int_equal(judge(), VA_DS_NO_MATCH);
	assert_int_equal(result.verdict, HF_VERDICT_BOGUS);
	budget.rules = &with_sha1;
	octets(&ds.rr[1])[3] = DIGEST_UNKNOWN;
	assert_int_equal(judge(), VA_OK);
}

/* RFC 9904, 9905, 9906, and the two columns: what could be verified, what is relied on. */
static void
each_algorithm_and_digest_is_listed_with_what_can_be_done_and_what_is_relied_on(void **state)
{
	static const uint8_t relied[] = {8, 10, 13, 14, 15, 16}, known[] = {5, 7};

	(void)state;
	for (unsigned n = 0; n < 256; n++) {
		bool is_relied = memchr(relied, (int)n, sizeof(relied)) != NULL;
		bool is_known = is_relied || memchr(known, (int)n, sizeof(known)) != NULL;
		const struct va_rules all = {.algorithms = UINT32_MAX, .digests = UINT32_MAX};

		assert_int_equal(va_algorithm((uint8_t)n)->verifies, is_known);
		assert_int_equal(va_rules_algorithm(&va_rules_default, (uint8_t)n), is_relied);
		assert_int_equal(va_rules_algorithm(&all, (uint8_t)n), is_known);
		assert_int_equal(va_rules_digest(&va_rules_default, (uint8_t)n), n == 2 || n == 4);
		assert_int_equal(va_rules_digest(&all, (uint8_t)n), n == 1 || n == 2 || n == 4);
	}
}

/* A DS of each number, all else right: insecure for what is not relied on, and EDE says why. */
static void
an_algorithm_or_digest_that_is_not_relied_on_makes_insecure_never_bogus(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 256; n++) {
		zone_init();
		octets(&ds.rr[0])[2] = (uint8_t)n;
		judge();
		if (!va_rules_algorithm(&va_rules_default, (uint8_t)n)) {
			assert_int_equal(result.verdict, HF_VERDICT_INSECURE);
			assert_int_equal(va_reason_ede(result.reason), HF_EDE_DNSKEY_ALG);
		} else if (n != HF_ALG_ECDSAP256) {
			assert_int_equal(result.verdict, HF_VERDICT_BOGUS);
		}
		zone_init();
		octets(&ds.rr[0])[3] = (uint8_t)n;
		judge();
		if (!va_rules_digest(&va_rules_default, (uint8_t)n)) {
			assert_int_equal(result.verdict, HF_VERDICT_INSECURE);
			assert_int_equal(va_reason_ede(result.reason), HF_EDE_DS_DIGEST);
		}
	}
}

/* RFC 6840 5.11: DS of two algorithms, and one of them validates. */
static void
any_good_path_from_a_ds_to_the_keys_is_enough(void **state)
{
	uint8_t rdata[64];
	struct hf_rdata key = {.data = zsk.dnskey, .len = zsk.dnskey_len};

	(void)state;
	zone_init();
	va_box_add(&ds, "\x12\x34\x0f\x02no key of Ed25519 is there at all", 36);
	va_box_add(&ds, "\x12\x34\x05\x02", 4);
	va_box_add(&ds, rdata, va_ds_make(&keys.set.owner, &key, HF_DIGEST_SHA384, rdata, 64));
	assert_int_equal(judge(), VA_OK); /* by the KSK; the ZSK signed nothing */
	va_box_add_sig(&keys, keys.sig[0].data, keys.sig[0].len);
	octets(&keys.sig[0])[keys.sig[0].len - 1] ^= 1;
	assert_int_equal(judge(), VA_OK); /* by the second signature */
}

static void
rsasha1_counts_only_if_the_operator_says_so(void **state)
{
	(void)state;
	static const uint8_t algorithms[] = {HF_ALG_RSASHA1, HF_ALG_RSASHA1_NSEC3};
	struct va_rules with_rsasha1 = va_rules_default;
	struct va_signer old;

	with_rsasha1.algorithms |= 1u << HF_ALG_RSASHA1 | 1u << HF_ALG_RSASHA1_NSEC3;
	for (size_t i = 0; i < sizeof(algorithms); i++) {
		uint8_t rdata[64];

		va_signer_init(&old, algorithms[i], 0x0101);
		struct hf_rdata key = {.data = old.dnskey, .len = old.dnskey_len};

		zone_init();
		va_box_init(&keys, "example.", HF_TYPE_DNSKEY, TTL);
		va_box_add(&keys, old.dnskey, old.dnskey_len);
		struct va_spec spec = va_spec_of(&keys, "example.", "example.", &old);
		va_box_sign(&keys, &old, &spec);
		va_box_init(&ds, "example.", HF_TYPE_DS, TTL);
		va_box_add(
		    &ds, rdata, va_ds_make(&ds.set.owner, &key, HF_DIGEST_SHA256, rdata, 64));
		assert_int_equal(judge(), VA_DS_ALGORITHM);
		assert_int_equal(result.verdict, HF_VERDICT_INSECURE);
		budget.rules = &with_rsasha1;
		assert_int_equal(judge(), VA_OK);
		octets(&keys.sig[0])[keys.sig[0].len - 1] ^= 1;
		assert_true(judge() != VA_OK);
		assert_int_equal(result.verdict, HF_VERDICT_BOGUS);
		va_signer_fini(&old);
	}
}

static void
one_known_ds_beside_unknown_ones_must_still_match(void **state)
{
	(void)state;
	zone_init();
	va_box_add(&ds, "\x12\x34\x05\x02xxxx", 8);
	va_box_add(&ds, "\x12\x34\x0d\x03xxxx", 8);
	assert_int_equal(judge(), VA_OK);
	octets(&ds.rr[0])[10] ^= 1;
	assert_int_equal(judge(), VA_DS_NO_MATCH);
	assert_int_equal(result.verdict, HF_VERDICT_BOGUS);
}

static void
malformed_and_empty_ds_sets_never_make_a_zone_insecure(void **state)
{
	(void)state;
	zone_init();
	for (uint16_t len = 0; len < 36; len++) {
		ds.rr[0].len = len;
		assert_int_equal(judge(), VA_DS_NO_MATCH);
		assert_int_equal(result.verdict, HF_VERDICT_BOGUS);
	}
	ds.set.rr_cnt = 0;
	assert_int_equal(judge(), VA_DS_NO_MATCH);
	assert_int_equal(result.verdict, HF_VERDICT_BOGUS);
}

static void
a_ds_of_another_owner_or_class_does_not_match(void **state)
{
	(void)state;
	zone_init();
	ds.set.owner = va_name("example.net.");
	assert_int_equal(judge(), VA_DS_NO_MATCH);
	ds.set.owner = va_name("example.");
	ds.set.klass = HF_CLASS_CH;
	assert_int_equal(judge(), VA_DS_NO_MATCH);
	ds.set.klass = HF_CLASS_IN;
	ds.set.type = HF_TYPE_TXT;
	assert_int_equal(judge(), VA_DS_NO_MATCH);
}

static void
a_missing_key_set_is_bogus(void **state)
{
	(void)state;
	zone_init();
	keys.set.rr_cnt = 0;
	assert_int_equal(judge(), VA_KEYS_MISSING);
	assert_int_equal(result.verdict, HF_VERDICT_BOGUS);
}

/* Sign a set of one key with these flags and protocol; the DS is made to fit. */
static enum va_reason
judge_key(uint16_t flags, uint8_t protocol)
{
	uint8_t key[VA_SIGNER_DNSKEY], rdata[64];

	memcpy(key, ksk.dnskey, ksk.dnskey_len);
	key[0] = (uint8_t)(flags >> 8);
	key[1] = (uint8_t)flags;
	key[2] = protocol;
	va_box_init(&keys, "example.", HF_TYPE_DNSKEY, TTL);
	va_box_add(&keys, key, ksk.dnskey_len);
	struct va_spec spec = va_spec_of(&keys, "example.", "example.", &ksk);
	spec.tag = va_key_tag(key, ksk.dnskey_len);
	va_box_sign(&keys, &ksk, &spec);
	va_box_init(&ds, "example.", HF_TYPE_DS, TTL);
	va_box_add(&ds, rdata, va_ds_make(&keys.set.owner, &keys.rr[0], 2, rdata, 64));
	return judge();
}

static void
only_zone_keys_of_dnssec_that_are_not_revoked_may_enter(void **state)
{
	(void)state;
	assert_int_equal(judge_key(HF_DNSKEY_ZONE | HF_DNSKEY_SEP, 3), VA_OK);
	assert_int_equal(judge_key(HF_DNSKEY_ZONE, 3), VA_OK); /* SEP is a hint (RFC 4034 2.1.1) */
	assert_int_equal(judge_key(HF_DNSKEY_SEP, 3), VA_SIG_NOT_ZONE_KEY);
	assert_int_equal(va_reason_ede(result.reason), HF_EDE_NO_ZONE_KEY);
	assert_int_equal(result.key_tag, va_key_tag(keys.rr[0].data, keys.rr[0].len));
	assert_int_equal(judge_key(HF_DNSKEY_ZONE | HF_DNSKEY_REVOKE, 3), VA_DS_NO_MATCH);
	assert_int_equal(judge_key(HF_DNSKEY_ZONE | HF_DNSKEY_SEP, 2), VA_DS_NO_MATCH);
}

static void
a_dnskey_can_be_the_trust_anchor(void **state)
{
	(void)state;
	zone_init();
	va_box_init(&ds, "example.", HF_TYPE_DNSKEY, TTL);
	va_box_add(&ds, zsk.dnskey, zsk.dnskey_len);
	assert_int_equal(judge(), VA_SIG_NOT_VOUCHED);
	va_box_add(&ds, ksk.dnskey, ksk.dnskey_len);
	assert_int_equal(judge(), VA_OK);
	octets(&ds.rr[1])[20] ^= 1;
	ds.set.rr = &ds.rr[1];
	ds.set.rr_cnt = 1;
	assert_int_equal(judge(), VA_DS_NO_MATCH);
	octets(&ds.rr[1])[3] = HF_ALG_RSASHA1;
	assert_int_equal(judge(), VA_DS_ALGORITHM);
	assert_int_equal(result.verdict, HF_VERDICT_INSECURE);
}

static void
flip_bits(const struct hf_rdata *r, unsigned step, unsigned skip_from, unsigned skip_to)
{
	for (unsigned bit = 0; bit < r->len * 8u; bit += step) {
		if (bit / 8 >= skip_from && bit / 8 < skip_to && bit % 8 == 5)
			continue;
		octets(r)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		judge();
		if (result.verdict == HF_VERDICT_SECURE)
			fail_msg("bit %u of %u", bit, r->len * 8u);
		octets(r)[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void
no_single_flipped_bit_leaves_keys_secure(void **state)
{
	(void)state;
	static const struct {
		uint8_t algorithm, digest;
		unsigned step;
	} cases[] = {{HF_ALG_ECDSAP256, HF_DIGEST_SHA256, 1},
	    {HF_ALG_RSASHA256, HF_DIGEST_SHA384, 1}, {HF_ALG_RSASHA512, HF_DIGEST_SHA256, 1},
	    {HF_ALG_ECDSAP384, HF_DIGEST_SHA384, 17}, {HF_ALG_ED25519, HF_DIGEST_SHA256, 1},
	    {HF_ALG_ED448, HF_DIGEST_SHA384, 9}};
	const struct va_signer usual = ksk;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t rdata[64];
		unsigned step = cases[i].step;

		va_signer_init(&ksk, cases[i].algorithm, HF_DNSKEY_ZONE | HF_DNSKEY_SEP);
		struct hf_rdata key = {.data = ksk.dnskey, .len = ksk.dnskey_len};

		zone_init();
		va_box_init(&ds, "example.", HF_TYPE_DS, TTL);
		va_box_add(&ds, rdata, va_ds_make(&ds.set.owner, &key, cases[i].digest, rdata, 64));
		assert_int_equal(judge(), VA_OK);
		flip_bits(&ds.rr[0], step, 0, 0);
		flip_bits(&keys.rr[0], step, 0, 0);
		flip_bits(&keys.rr[1], step, 0, 0);
		/* The case of the signer's name is not signed. */
		flip_bits(&keys.sig[0], step, 19, 26);
		assert_int_equal(judge(), VA_OK);
		va_signer_fini(&ksk);
	}
	ksk = usual;
}

static void
many_ds_and_many_keys_of_one_tag_cost_a_bounded_number_of_checks(void **state)
{
	(void)state;
	uint8_t rdata[64];

	zone_init();
	keys.set.rr_cnt = keys.set.sig_cnt = 0;
	ds.set.rr_cnt = 0;
	for (unsigned i = 0; i < 20; i++) { /* distinct keys whose DS all match */
		uint8_t key[VA_SIGNER_DNSKEY];

		memcpy(key, ksk.dnskey, ksk.dnskey_len);
		key[10] = (uint8_t)i;
		va_box_add(&keys, key, ksk.dnskey_len);
		va_box_add(&ds, rdata, va_ds_make(&keys.set.owner, &keys.rr[i], 2, rdata, 64));
		struct va_spec spec = va_spec_of(&keys, "example.", "example.", &zsk);
		spec.tag = va_key_tag(key, ksk.dnskey_len);
		va_box_sign(&keys, &zsk, &spec);
	}
	assert_int_equal(judge(), VA_SIG_TOO_MANY);
	assert_int_equal(budget.sig_checks, VA_SIG_CHECKS - VA_SIG_CHECKS_RRSET);
	while (ds.set.rr_cnt <= VA_RRS_MAX)
		va_box_add(&ds, rdata, 36);
	assert_int_equal(judge(), VA_RRSET_TOO_LARGE);
}

static bool
shape(uint8_t algorithm, const uint8_t *pub, size_t len)
{
	struct va_key key = {.algorithm = algorithm, .pub = pub, .pub_len = (uint16_t)len};

	return va_key_shape_ok(&key);
}

/* exponent octets, modulus of n_len octets beginning with top and ending with last */
static bool
rsa_shape(const char *e, size_t e_len, size_t n_len, const uint8_t ends[2])
{
	uint8_t pub[1200];

	pub[0] = (uint8_t)e_len;
	memcpy(pub + 1, e, e_len);
	memset(pub + 1 + e_len, 0x55, n_len);
	pub[1 + e_len] = ends[0];
	pub[e_len + n_len] = ends[1];
	return shape(HF_ALG_RSASHA256, pub, 1 + e_len + n_len);
}

static void
rsa_keys_outside_the_limits_never_reach_the_library(void **state)
{
	(void)state;
	static const uint8_t good[2] = {0x80, 1}, low[2] = {0x7f, 1}, zero[2] = {0, 1},
			     even[2] = {0x80, 2}, one_bit[2] = {1, 1};

	assert_true(rsa_shape("\x03", 1, 64, good));
	assert_true(rsa_shape("\x01\x00\x01", 3, 512, good));
	assert_true(rsa_shape("\x01\x00\x00\x00\x01", 5, 128, good));
	assert_false(rsa_shape("\x01\x00\x00\x00\x03", 5, 128, good));
	assert_false(rsa_shape("\x01\x00\x00\x00\x00\x01", 6, 128, good));
	assert_false(rsa_shape("\x01", 1, 128, good));
	assert_false(rsa_shape("\x04", 1, 128, good));
	assert_false(rsa_shape("\x00\x03", 2, 128, good));
	assert_false(rsa_shape("\x03", 1, 64, low));
	assert_false(rsa_shape("\x03", 1, 128, zero));
	assert_false(rsa_shape("\x03", 1, 128, even));
	assert_false(rsa_shape("\x03", 1, 513, one_bit));
	assert_false(rsa_shape("\x03", 1, 63, good));
	assert_false(rsa_shape("", 0, 0, good));
}

static void
keys_of_the_wrong_length_are_refused(void **state)
{
	(void)state;
	static const struct {
		uint8_t algorithm;
		uint16_t len;
	} right[] = {{HF_ALG_ECDSAP256, 64}, {HF_ALG_ECDSAP384, 96}, {HF_ALG_ED25519, 32},
	    {HF_ALG_ED448, 57}};
	uint8_t pub[128] = {0};

	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		for (uint16_t len = 0; len <= sizeof(pub); len++)
			assert_int_equal(shape(right[i].algorithm, pub, len), len == right[i].len);
	assert_false(shape(HF_ALG_RSASHA1, pub, 64));
}

/* --- the published examples ------------------------------------------------------ */

static size_t
from_base64(const char *text, uint8_t *out)
{
	size_t len = strlen(text), pad = 0;
	int n = EVP_DecodeBlock(out, (const unsigned char *)text, (int)len);

	VA_REQUIRE(n > 0);
	while (text[len - 1 - pad] == '=')
		pad++;
	return (size_t)n - pad;
}

struct example {
	const char *rfc, *zone, *owner, *key, *sig, *ds;
	uint16_t flags, tag, type;
	uint8_t algorithm, digest;
	uint32_t expiration, inception;
	const char *rdata;
	size_t rdata_len;
};

static const struct example examples[] = {
    {"RFC 5702 6.1", "example.net.", "www.example.net.",
	"AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4cAgtvd4Qs8PkxUdp6p/DlUmO"
	"bdk=",
	"kRCOH6u7l0QGy9qpC9l1sLncJcOKFLJ7GhiUOibu4teYp5VE9RncriShZNz85mwlMgNEacFYK/lPtPiVYP4bwg==",
	NULL, 256, 9033, HF_TYPE_A, 8, 0, 1893456000, 946684800, "\xc0\x00\x02\x5b", 4},
    {"RFC 5702 6.2", "example.net.", "www.example.net.",
	"AwEAAdHoNTOW+et86KuJOWRDp1pndvwb6Y83nSVXXyLA3DLroROUkN6X0O6pnWnjJQujX/AyhqFDxj13tOnD9u/1"
	"kTg7cV6rklMrZDtJCQ5PCl/D7QNPsgVsMu1J2Q8gpMpztNFLpPBz1bWXjDtaR7ZQBlZ3PFY12ZTSncorffcGmhOL",
	"tsb4wnjRUDnB1BUi+t6TMTXThjVnG+eCkWqjvvjhzQL1d0YRoOe0CbxrVDYd0xDtsuJRaeUw1ep94PzEWzr0iGYg"
	"ZBWm/zpq+9fOuagYJRfDqfReKBzMweOLDiNa8iP5g9vMhpuv6OPlvpXwm9Sa9ZXIbNl1MBGk0fthPgxdDLw=",
	NULL, 256, 3740, HF_TYPE_A, 10, 0, 1893456000, 946684800, "\xc0\x00\x02\x5b", 4},
    {"RFC 6605 6.1", "example.net.", "www.example.net.",
	"GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==",
	"qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==",
	"b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17", 257, 55648, HF_TYPE_A,
	13, 2, 1284026679, 1281607479, "\xc0\x00\x02\x01", 4},
    {"RFC 6605 6.2", "example.net.", "www.example.net.",
	"xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8"
	"/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40",
	"/L5hDKIvGDyI1fcARX3z65qrmPsVz73QD1Mr5CEqOiLP95hxQouuroGCeZOvzFaxsT8Glr74hbavRKayJNuydCuz"
	"WTSSPdz7wnqXL5bdcJzusdnI0RSMROxxwGipWcJm",
	"72d7b62976ce06438e9c0bf319013cf801f09ecc84b8d7e9495f27e305c6a9b0563a9b5f4d288405c3008a94"
	"6df983d6",
	257, 10771, HF_TYPE_A, 14, 4, 1284027625, 1281608425, "\xc0\x00\x02\x01", 4},
    {"RFC 8080 6.1", "example.com.", "example.com.", "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
	"oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==",
	"3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b", 257, 3613, HF_TYPE_MX,
	15, 2, 1440021600, 1438207200,
	"\x00\x0a\x04mail\x07"
	"example\x03"
	"com",
	20},
    {"RFC 8080 6.1", "example.com.", "example.com.", "zPnZ/QwEe7S8C5SPz2OfS5RR40ATk2/rYnE9xHIEijs=",
	"zXQ0bkYgQTEFyfLyi9QoiY6D8ZdYo4wyUhVioYZXFdT410QPRITQSqJSnzQoSm5poJ7gD7AQR0O7KuI5k2pcBg==",
	"401781b934e392de492ec77ae2e15d70f6575a1c0bc59c5275c04ebe80c6614c", 257, 35217, HF_TYPE_MX,
	15, 2, 1440021600, 1438207200,
	"\x00\x0a\x04mail\x07"
	"example\x03"
	"com",
	20},
    {"RFC 8080 6.2", "example.com.", "example.com.",
	"3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYUcJKm1MDpJtIA",
	"3cPAHkmlnxcDHMyg7vFC34l0blBhuG1qpwLmjInI8w1CMB29FkEAIJUA0amxWndkmnBZ6SKiwZSAxGILn/NBtOXf"
	"t0+Gj7FSvOKxE/07+4RQvE581N3Aj/JtIyaiYVdnYtyMWbSNyGEY2213WKsJlwEA",
	"6ccf18d5bc5d7fc2fceb1d59d17321402f2aa8d368048db93dd811f5cb2b19c7", 257, 9713, HF_TYPE_MX,
	16, 2, 1440021600, 1438207200,
	"\x00\x0a\x04mail\x07"
	"example\x03"
	"com",
	20},
    {"RFC 8080 6.2", "example.com.", "example.com.",
	"kkreGWoccSDmUBGAe7+zsbG6ZAFQp+syPmYUurBRQc3tDjeMCJcVMRDmgcNLp5HlHAMy12VoISsA",
	"E1/oLjSGIbmLny/4fcgM1z4oL6aqo+izT3urCyHyvEp4Sp8Syg1eI+lJ57CSnZqjJP41O/9l4m0AsQ4f7qI1gVnM"
	"L8vWWiyW2KXhT9kuAICUSxv5OWbf81Rq7Yu60npabODB0QFPb/rkW3kUZmQ0YQUA",
	"645ff078b3568f5852b70cb60e8e696cc77b75bfaaffc118cf79cbda1ba28af4", 257, 38353, HF_TYPE_MX,
	16, 2, 1440021600, 1438207200,
	"\x00\x0a\x04mail\x07"
	"example\x03"
	"com",
	20},
};

static void
load_example(const struct example *e, struct va_box *set, struct va_box *dnskeys)
{
	uint8_t rdata[512] = {(uint8_t)(e->flags >> 8), (uint8_t)e->flags, 3, e->algorithm};
	struct hf_name zone = va_name(e->zone);
	size_t len = 0;

	va_box_init(dnskeys, e->zone, HF_TYPE_DNSKEY, 3600);
	va_box_add(dnskeys, rdata, 4 + from_base64(e->key, rdata + 4));
	va_box_init(set, e->owner, e->type, 3600);
	va_box_add(set, e->rdata, e->rdata_len);
	len = va_put_int(rdata, len, e->type, 2);
	len = va_put_int(rdata, len, e->algorithm, 1);
	len = va_put_int(rdata, len, set->set.owner.label_cnt, 1);
	len = va_put_int(rdata, len, 3600, 4);
	len = va_put_int(rdata, len, e->expiration, 4);
	len = va_put_int(rdata, len, e->inception, 4);
	len = va_put_int(rdata, len, e->tag, 2);
	len = va_put(rdata, len, zone.octets, zone.len);
	va_box_add_sig(set, rdata, len + from_base64(e->sig, rdata + len));
}

static void
the_examples_of_the_rfcs_validate(void **state)
{
	(void)state;
	static struct va_box set, dnskeys;

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *e = &examples[i];
		struct hf_name zone = va_name(e->zone);

		load_example(e, &set, &dnskeys);
		assert_int_equal(va_key_tag(dnskeys.rr[0].data, dnskeys.rr[0].len), e->tag);
		budget.sig_checks = VA_SIG_CHECKS;
		budget.sig_us = VA_SIG_US;
		va_rrset_verify(&set.set, &zone, &dnskeys.set, e->inception + 60, &budget, &result);
		if (result.verdict != HF_VERDICT_SECURE)
			fail_msg("%s: %s", e->rfc, va_reason_name(result.reason));
	}
}

/* As printed: made by a script that took the root for a label too (erratum 4935). */
static void
the_signatures_rfc_8080_printed_before_its_erratum_do_not_validate(void **state)
{
	(void)state;
	static const struct {
		uint16_t tag;
		const char *sig;
	} printed[] = {
	    {3613,
		"Edk+IB9KNNWg0HAjm7FazXyrd5m3Rk8zNZbvNpAcM+eysqcUOMIjWoevFkjH5GaMWeG96GUVZu6ECKOQ"
		"memHDg=="},
	    {35217,
		"5LL2obmzdqjWI+Xto5eP5adXt/T5tMhasWvwcyW4L3SzfcRawOle9bodhC+oip9ayUGjY9T/rL4rN3bO"
		"uESGDA=="},
	    {9713,
		"Nmc0rgGKpr3GKYXcB1JmqqS4NYwhmechvJTqVzt3jR+Qy/lSLFoIk1L+9e39GPL+5tVzDPN3f9kAwiu8"
		"KCuPPjtl227ayaCZtRKZuJax7n9NuYlZJIusX0SOIOKBGzG+yWYtz1/jjbzl5GGkWvREUCUA"},
	    {38353,
		"+JjANio/LIzp7osmMYE5XD3H/YES8kXs5Vb9H8MjPS8OAGZMD37+LsCIcjg5ivt0d4Om/UaqETEAsJja"
		"Ye56CEQP5lhRWuD2ivBqE0zfwJTyp4WqvpULbpvaukswvv/WNEFxzEYQEIm9+xDlXj4pMAMA"},
	};
	static struct va_box set, dnskeys;

	for (size_t i = 0; i < sizeof(printed) / sizeof(printed[0]); i++) {
		const struct example *e = examples;

		while (e->tag != printed[i].tag)
			e++;
		struct hf_name zone = va_name(e->zone);
		struct example wrong = *e;
		wrong.sig = printed[i].sig;
		load_example(&wrong, &set, &dnskeys);
		for (uint8_t labels = 2; labels <= 3; labels++) {
			octets(&set.sig[0])[3] = labels;
			budget = va_budget_whole();
			va_rrset_verify(
			    &set.set, &zone, &dnskeys.set, e->inception + 60, &budget, &result);
			assert_int_equal(result.reason, labels == 2 ? VA_SIG_BAD : VA_SIG_LABELS);
			assert_int_equal(result.verdict, HF_VERDICT_BOGUS);
		}
	}
}

static void
the_ds_records_of_the_rfcs_are_made_from_their_keys(void **state)
{
	(void)state;
	static struct va_box set, dnskeys;

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		uint8_t made[64];
		char hex[2 * 48 + 1];

		if (examples[i].ds == NULL)
			continue;
		load_example(&examples[i], &set, &dnskeys);
		size_t len = va_ds_make(
		    &dnskeys.set.owner, &dnskeys.rr[0], examples[i].digest, made, sizeof(made));
		assert_int_equal(len, 4 + strlen(examples[i].ds) / 2);
		assert_int_equal(made[0] << 8 | made[1], examples[i].tag);
		assert_int_equal(made[2], examples[i].algorithm);
		assert_int_equal(made[3], examples[i].digest);
		for (size_t k = 4; k < len; k++)
			snprintf(hex + 2 * (k - 4), 3, "%02x", made[k]);
		assert_string_equal(hex, examples[i].ds);
		assert_int_equal(va_ds_make(&dnskeys.set.owner, &dnskeys.rr[0], examples[i].digest,
				     made, len - 1),
		    0);
		assert_int_equal(va_ds_make(&dnskeys.set.owner, &dnskeys.rr[0], DIGEST_UNKNOWN,
				     made, sizeof(made)),
		    0);
	}
}

static void
every_reason_has_a_name_a_sentence_and_an_ede(void **state)
{
	(void)state;
	for (unsigned r = 0; r < VA_REASON_CNT; r++) {
		assert_true(strlen(va_reason_name(r)) > 0);
		assert_true(strlen(va_reason_text(r)) > 0);
		assert_true(strlen(va_reason_rfc(r)) > 0);
		assert_true((va_reason_ede(r) == HF_EDE_NONE) == (r == VA_OK));
	}
	assert_int_equal(va_reason_ede(VA_SIG_EXPIRED), 7);
	assert_int_equal(va_reason_ede(VA_SIG_NO_KEY), 9);
	assert_int_equal(va_reason_ede(VA_REASON_CNT), HF_EDE_OTHER);
	assert_string_equal(va_reason_name(VA_REASON_CNT), "?");
}

static int
make_keys(void **state)
{
	(void)state;
	va_signer_init(&ksk, HF_ALG_ECDSAP256, HF_DNSKEY_ZONE | HF_DNSKEY_SEP);
	va_signer_init(&zsk, HF_ALG_ECDSAP256, HF_DNSKEY_ZONE);
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	va_signer_fini(&ksk);
	va_signer_fini(&zsk);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_that_a_ds_vouches_for_are_secure),
	    cmocka_unit_test(a_key_that_no_ds_names_cannot_vouch_for_the_set),
	    cmocka_unit_test(ds_records_of_unknown_kinds_only_make_the_zone_insecure),
	    cmocka_unit_test(
		a_sha1_digest_counts_only_if_the_operator_says_so_and_there_is_no_better_one),
	    cmocka_unit_test(
		each_algorithm_and_digest_is_listed_with_what_can_be_done_and_what_is_relied_on),
	    cmocka_unit_test(
		an_algorithm_or_digest_that_is_not_relied_on_makes_insecure_never_bogus),
	    cmocka_unit_test(any_good_path_from_a_ds_to_the_keys_is_enough),
	    cmocka_unit_test(rsasha1_counts_only_if_the_operator_says_so),
	    cmocka_unit_test(one_known_ds_beside_unknown_ones_must_still_match),
	    cmocka_unit_test(malformed_and_empty_ds_sets_never_make_a_zone_insecure),
	    cmocka_unit_test(a_ds_of_another_owner_or_class_does_not_match),
	    cmocka_unit_test(a_missing_key_set_is_bogus),
	    cmocka_unit_test(only_zone_keys_of_dnssec_that_are_not_revoked_may_enter),
	    cmocka_unit_test(a_dnskey_can_be_the_trust_anchor),
	    cmocka_unit_test(no_single_flipped_bit_leaves_keys_secure),
	    cmocka_unit_test(many_ds_and_many_keys_of_one_tag_cost_a_bounded_number_of_checks),
	    cmocka_unit_test(rsa_keys_outside_the_limits_never_reach_the_library),
	    cmocka_unit_test(keys_of_the_wrong_length_are_refused),
	    cmocka_unit_test(the_examples_of_the_rfcs_validate),
	    cmocka_unit_test(the_signatures_rfc_8080_printed_before_its_erratum_do_not_validate),
	    cmocka_unit_test(the_ds_records_of_the_rfcs_are_made_from_their_keys),
	    cmocka_unit_test(every_reason_has_a_name_a_sentence_and_an_ede),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
