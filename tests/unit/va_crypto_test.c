/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of va_crypto_verify: keys are kept between calls, and nobody may notice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <threads.h>

#include <cmocka.h>

#include "tests/unit/support/va_signer.h"
#include "validator/crypto.h"

enum { KEYS = VA_CRYPTO_KEPT_MAX + 100, CHECKS = 2500, DATA_LEN = 40, SIG_MAX = 512 };

struct signing {
	struct va_signer by;
	struct va_key key;
	uint8_t data[DATA_LEN], sig[SIG_MAX];
	size_t sig_len;
};

static void
signing_init(struct signing *s, uint8_t algorithm, unsigned number)
{
	struct hf_rdata rdata;

	va_signer_init(&s->by, algorithm, HF_DNSKEY_ZONE);
	rdata = (struct hf_rdata){.data = s->by.dnskey, .len = s->by.dnskey_len};
	VA_REQUIRE(va_key_parse(&rdata, &s->key));
	memset(s->data, (int)number, sizeof(s->data));
	s->sig_len = va_signer_sign(&s->by, s->data, sizeof(s->data), s->sig);
}

static struct va_crypto *crypto;

static enum va_crypto_says
verify_by(struct va_crypto *by, const struct signing *key, const struct signing *signed_by)
{
	const struct va_octets data = {signed_by->data, DATA_LEN};
	const struct va_octets sig = {signed_by->sig, signed_by->sig_len};

	return va_crypto_verify(by, &key->key, &data, &sig);
}

static enum va_crypto_says
verify(const struct signing *key, const struct signing *signed_by)
{
	return verify_by(crypto, key, signed_by);
}

/* Against the model: a signature is good by its own key and by no other. */
static void
more_keys_than_are_kept_each_verify_their_own_signatures_only(void **state)
{
	static struct signing all[KEYS];
	uint32_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < KEYS; i++)
		signing_init(&all[i], HF_ALG_ECDSAP256, i);
	for (unsigned i = 0; i < CHECKS; i++) {
		seed = seed * 1664525 + 1013904223;
		/* Mostly a few, so that they are found; sometimes any, so that they are put out. */
		unsigned a = (seed >> 8) % (i % 4 == 0 ? KEYS : 20), b = (seed >> 20) % 20;

		assert_int_equal(verify(&all[a], &all[b]), a == b ? VA_CRYPTO_GOOD : VA_CRYPTO_BAD);
		assert_int_equal(verify(&all[a], &all[a]), VA_CRYPTO_GOOD);
	}
	for (unsigned i = 0; i < KEYS; i++)
		va_signer_fini(&all[i].by);
}

static void
a_bad_signature_spoils_nothing_for_the_next(void **state)
{
	static const uint8_t algorithms[] = {HF_ALG_RSASHA256, HF_ALG_RSASHA512, HF_ALG_ECDSAP256,
	    HF_ALG_ECDSAP384, HF_ALG_ED25519, HF_ALG_ED448};
	static struct signing s;

	(void)state;
	for (size_t i = 0; i < sizeof(algorithms); i++) {
		signing_init(&s, algorithms[i], 7);
		for (unsigned at = 0; at < 6; at++) {
			assert_int_equal(verify(&s, &s), VA_CRYPTO_GOOD);
			s.sig[at * 10] ^= 0x41;
			assert_int_equal(verify(&s, &s), VA_CRYPTO_BAD);
			s.sig[at * 10] ^= 0x41;
			s.data[at] ^= 1;
			assert_int_equal(verify(&s, &s), VA_CRYPTO_BAD);
			s.data[at] ^= 1;
		}
		va_signer_fini(&s.by);
	}
}

static void
a_point_off_its_curve_is_refused_each_time(void **state)
{
	static struct signing s;

	(void)state;
	signing_init(&s, HF_ALG_ECDSAP256, 1);
	s.by.dnskey[20] ^= 1;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(verify(&s, &s), VA_CRYPTO_BAD);
	s.by.dnskey[20] ^= 1;
	assert_int_equal(verify(&s, &s), VA_CRYPTO_GOOD);
	va_signer_fini(&s.by);
}

/* They live and end independently: a bad signature is bad in both, a good one good in both. */
static void
what_one_object_keeps_another_does_not_know(void **state)
{
	struct va_crypto *own = va_crypto_create();
	static struct signing s;

	(void)state;
	assert_non_null(own);
	signing_init(&s, HF_ALG_RSASHA256, 1);
	assert_int_equal(verify_by(own, &s, &s), VA_CRYPTO_GOOD);
	s.sig[9] ^= 1;
	assert_int_equal(verify_by(own, &s, &s), VA_CRYPTO_BAD);
	assert_int_equal(verify(&s, &s), VA_CRYPTO_BAD);
	s.sig[9] ^= 1;
	va_crypto_destroy(own);
	assert_int_equal(verify(&s, &s), VA_CRYPTO_GOOD);
	va_signer_fini(&s.by);
}

/* Made by one thread, used and ended by another. */
struct worker {
	const struct signing *s;
	struct va_crypto *crypto;
};

static int
verify_in_thread(void *arg)
{
	struct worker *w = arg;
	int good = 0;

	for (unsigned i = 0; i < 20; i++)
		good += verify_by(w->crypto, w->s, w->s) == VA_CRYPTO_GOOD;
	va_crypto_destroy(w->crypto);
	return good;
}

static void
threads_share_nothing_and_whoever_has_the_object_may_end_it(void **state)
{
	static struct signing s;
	struct worker workers[4];
	thrd_t threads[4];

	(void)state;
	signing_init(&s, HF_ALG_ECDSAP256, 1);
	for (unsigned i = 0; i < 4; i++) {
		workers[i] = (struct worker){&s, va_crypto_create()};
		assert_non_null(workers[i].crypto);
		assert_int_equal(
		    thrd_create(&threads[i], verify_in_thread, &workers[i]), thrd_success);
	}
	for (unsigned i = 0; i < 4; i++) {
		int good = 0;

		assert_int_equal(thrd_join(threads[i], &good), thrd_success);
		assert_int_equal(good, 20);
	}
	va_signer_fini(&s.by);
}

static int
crypto_begin(void **state)
{
	(void)state;
	crypto = va_crypto_create();
	return crypto == NULL;
}

static int
crypto_end(void **state)
{
	(void)state;
	va_crypto_destroy(crypto);
	va_crypto_destroy(NULL);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(more_keys_than_are_kept_each_verify_their_own_signatures_only),
	    cmocka_unit_test(a_bad_signature_spoils_nothing_for_the_next),
	    cmocka_unit_test(a_point_off_its_curve_is_refused_each_time),
	    cmocka_unit_test(what_one_object_keeps_another_does_not_know),
	    cmocka_unit_test(threads_share_nothing_and_whoever_has_the_object_may_end_it),
	};

	return cmocka_run_group_tests(tests, crypto_begin, crypto_end);
}
