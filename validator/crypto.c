/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "validator/algorithm.h"
#include "validator/crypto.h"

enum { DER_MAX = 2 + 2 * (2 + 1 + 48), INFO_MAX = 19 + EVP_MAX_MD_SIZE };

static EVP_PKEY *
pkey_from_params(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *
pkey_rsa(const struct va_key *key)
{
	struct va_rsa rsa;
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM *params = NULL;

	if (!va_rsa_parse(key, &rsa))
		return NULL;
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn(rsa.n, (int)rsa.n_len, NULL);
	BIGNUM *e = BN_bin2bn(rsa.e, (int)rsa.e_len, NULL);
	if (bld == NULL || n == NULL || e == NULL ||
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) != 1)
		goto out;
	params = OSSL_PARAM_BLD_to_param(bld);
	if (params != NULL)
		pkey = pkey_from_params("RSA", params);
out:
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(n);
	BN_free(e);
	return pkey;
}

static EVP_PKEY *
group_make(const char *group)
{
	char name[16];

	strncpy(name, group, sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
	    OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEY_PARAMETERS, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* group: parameters without a key; to build them anew takes three times as long as the rest. The
 * DNS leaves out the octet that says "uncompressed point" (RFC 6605 4). That the point lies on the
 * curve is checked by the library's import. */
static EVP_PKEY *
pkey_ec(const struct va_key *key, const EVP_PKEY *group)
{
	uint8_t point[1 + 96];
	EVP_PKEY *pkey = EVP_PKEY_new();

	if (pkey == NULL || group == NULL || key->pub_len > sizeof(point) - 1)
		goto fail;
	point[0] = 0x04;
	memcpy(point + 1, key->pub, key->pub_len);
	if (EVP_PKEY_copy_parameters(pkey, group) == 1 &&
	    EVP_PKEY_set1_encoded_public_key(pkey, point, key->pub_len + 1u) == 1)
		return pkey;
fail:
	EVP_PKEY_free(pkey);
	return NULL;
}

static EVP_PKEY *
pkey_ed(const struct va_key *key, const char *type)
{
	uint8_t pub[57];

	if (key->pub_len > sizeof(pub))
		return NULL;
	memcpy(pub, key->pub, key->pub_len);
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, pub, key->pub_len),
	    OSSL_PARAM_construct_end(),
	};
	return pkey_from_params(type, params);
}

/* --- what is kept between calls ----------------------------------------------------------- */

enum {
	KEPT_SETS = 128,
	KEPT_WAYS = VA_CRYPTO_KEPT_MAX / KEPT_SETS,
	GOOD_DIGEST_LEN = 32,
	GOOD_SIG_LEN = 256, /* RSA of 2048 bits; those by longer keys are checked each time */
};

enum hash { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512, HASH_CNT, HASH_OWN = HASH_CNT };

/* To make a key object takes a tenth of a check by it, or more (a point must be shown to lie on its
 * curve). A context serves one check at a time. */
struct kept {
	EVP_PKEY_CTX *digests; /* ready for checks of digests by the key it holds, or */
	EVP_MD_CTX *messages;  /* of whole messages; both NULL: nothing kept here */
	uint64_t id;           /* never used again for another key; 0: nothing kept here */
	uint8_t *pub;
	uint16_t pub_len;
	uint8_t algorithm;
};

/* The same SOA and the same few NSEC and NSEC3 come with one denial after the other: a check that
 * was good, of the same octets by the same key, is good. Only good ones are kept, under the digest
 * that has to be made anyway; of the longer digests 32 octets tell as much as SHA-256. */
struct good {
	uint64_t key_id;
	uint16_t sig_len;
	uint8_t digest[GOOD_DIGEST_LEN];
	uint8_t sig[GOOD_SIG_LEN];
};

struct va_crypto {
	struct kept way[KEPT_SETS][KEPT_WAYS]; /* the one used last first */
	uint64_t ids;                          /* given to keys so far */
	EVP_MD *md[HASH_CNT];                  /* looked up by name once */
	EVP_MD_CTX *sum;
	bool wants_init;       /* a context of messages, after each */
	EVP_PKEY *p256, *p384; /* parameters without a key */
	uint64_t remembered;   /* checks that good made unnecessary */
	struct good good[VA_CRYPTO_GOOD_MAX];
};

static void
kept_drop(struct kept *k)
{
	EVP_PKEY_CTX_free(k->digests);
	EVP_MD_CTX_free(k->messages);
	free(k->pub);
	*k = (struct kept){0};
}

static bool
fill(struct va_crypto *crypto)
{
	static const char *const names[HASH_CNT] = {"SHA1", "SHA256", "SHA384", "SHA512"};

	for (unsigned i = 0; i < HASH_CNT; i++) {
		crypto->md[i] = EVP_MD_fetch(NULL, names[i], NULL);
		if (crypto->md[i] == NULL)
			return false;
	}
	crypto->p256 = group_make("prime256v1");
	crypto->p384 = group_make("secp384r1");
	crypto->sum = EVP_MD_CTX_new();
	/* Until 3.2 a context for EdDSA kept nothing of a message (OpenSSL's issue 23075). */
	crypto->wants_init = OPENSSL_version_major() > 3 || OPENSSL_version_minor() >= 2;
	return crypto->p256 != NULL && crypto->p384 != NULL && crypto->sum != NULL;
}

struct va_crypto *
va_crypto_create(void)
{
	struct va_crypto *crypto = calloc(1, sizeof(*crypto));

	if (crypto != NULL && fill(crypto))
		return crypto;
	va_crypto_destroy(crypto);
	return NULL;
}

void
va_crypto_destroy(struct va_crypto *crypto)
{
	if (crypto == NULL)
		return;
	for (unsigned i = 0; i < KEPT_SETS; i++)
		for (unsigned j = 0; j < KEPT_WAYS; j++)
			kept_drop(&crypto->way[i][j]);
	for (unsigned i = 0; i < HASH_CNT; i++)
		EVP_MD_free(crypto->md[i]);
	EVP_MD_CTX_free(crypto->sum);
	EVP_PKEY_free(crypto->p256);
	EVP_PKEY_free(crypto->p384);
	free(crypto);
}

static EVP_PKEY *
pkey_from_key(const struct va_crypto *crypto, const struct va_key *key)
{
	switch (key->algorithm) {
	case HF_ALG_RSASHA1:
	case HF_ALG_RSASHA1_NSEC3:
	case HF_ALG_RSASHA256:
	case HF_ALG_RSASHA512:
		return pkey_rsa(key);
	case HF_ALG_ECDSAP256:
		return pkey_ec(key, crypto->p256);
	case HF_ALG_ECDSAP384:
		return pkey_ec(key, crypto->p384);
	case HF_ALG_ED25519:
		return pkey_ed(key, "ED25519");
	case HF_ALG_ED448:
		return pkey_ed(key, "ED448");
	default:
		return NULL;
	}
}

/* The hash signed over; HASH_OWN where the algorithm brings its own (RFC 8080). */
static enum hash
hash_of(uint8_t algorithm)
{
	switch (algorithm) {
	case HF_ALG_RSASHA1:
	case HF_ALG_RSASHA1_NSEC3:
		return HASH_SHA1;
	case HF_ALG_RSASHA256:
	case HF_ALG_ECDSAP256:
		return HASH_SHA256;
	case HF_ALG_RSASHA512:
		return HASH_SHA512;
	case HF_ALG_ECDSAP384:
		return HASH_SHA384;
	default:
		return HASH_OWN;
	}
}

static bool
is_ecdsa(uint8_t algorithm)
{
	return algorithm == HF_ALG_ECDSAP256 || algorithm == HF_ALG_ECDSAP384;
}

static void
kept_to_front(struct kept *set, unsigned at)
{
	struct kept k = set[at];

	memmove(set + 1, set, at * sizeof(*set));
	set[0] = k;
}

static bool
kept_is(const struct kept *k, const struct va_key *key)
{
	return k->pub != NULL && k->algorithm == key->algorithm && k->pub_len == key->pub_len &&
	    memcmp(k->pub, key->pub, key->pub_len) == 0;
}

static bool
digests_begin(struct kept *k, EVP_PKEY *pkey)
{
	k->digests = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (k->digests == NULL || EVP_PKEY_verify_init(k->digests) != 1)
		return false;
	return is_ecdsa(k->algorithm) ||
	    EVP_PKEY_CTX_set_rsa_padding(k->digests, RSA_PKCS1_PADDING) == 1;
}

static bool
messages_begin(struct kept *k, EVP_PKEY *pkey)
{
	k->messages = EVP_MD_CTX_new();
	return k->messages != NULL &&
	    EVP_DigestVerifyInit_ex(k->messages, NULL, NULL, NULL, NULL, pkey, NULL) == 1;
}

static bool
kept_fill(struct va_crypto *crypto, struct kept *k, const struct va_key *key)
{
	EVP_PKEY *pkey = pkey_from_key(crypto, key);

	k->pub = malloc(key->pub_len);
	k->pub_len = key->pub_len;
	k->algorithm = key->algorithm;
	k->id = ++crypto->ids;
	bool ok = pkey != NULL && k->pub != NULL &&
	    (hash_of(key->algorithm) == HASH_OWN ? messages_begin(k, pkey)
						 : digests_begin(k, pkey));

	EVP_PKEY_free(pkey); /* the context has its own reference */
	if (ok)
		memcpy(k->pub, key->pub, key->pub_len);
	else
		kept_drop(k);
	return ok;
}

/* Contexts for one check by key; they are kept for the next. NULL: the library does not take the
 * key, or there is no memory. */
static struct kept *
kept_get(struct va_crypto *crypto, const struct va_key *key)
{
	/* Whoever makes keys of one tag on purpose puts out four others at most. */
	struct kept *set = crypto->way[key->tag % KEPT_SETS];

	for (unsigned i = 0; i < KEPT_WAYS; i++) {
		if (!kept_is(&set[i], key))
			continue;
		kept_to_front(set, i);
		return set;
	}
	if (set[0].pub != NULL)
		kept_to_front(set, KEPT_WAYS - 1);
	kept_drop(set);
	return kept_fill(crypto, set, key) ? set : NULL;
}

/* --- what the validator asks for ---------------------------------------------------------- */

/* One DER INTEGER out of len big-endian octets, len at most 48. */
static size_t
der_integer(const uint8_t *v, size_t len, uint8_t *out)
{
	size_t pad;

	while (len > 1 && v[0] == 0) {
		v++;
		len--;
	}
	pad = (v[0] & 0x80) != 0; /* it would read as negative */
	out[0] = 0x02;
	out[1] = (uint8_t)(len + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, v, len);
	return 2 + pad + len;
}

/* r | s, as in the RRSIG (RFC 6605 4), to the DER that the library reads. */
static size_t
der_from_raw(const uint8_t *sig, size_t len, uint8_t out[DER_MAX])
{
	size_t n = 2;

	n += der_integer(sig, len / 2, out + n);
	n += der_integer(sig + len / 2, len / 2, out + n);
	out[0] = 0x30;
	out[1] = (uint8_t)(n - 2);
	return n;
}

/* Octets a signature by this key has; 0 when the key has no usable shape. */
static size_t
sig_len_of(const struct va_key *key)
{
	struct va_rsa rsa;

	if (!va_algorithm_is_rsa(key->algorithm))
		return va_algorithm(key->algorithm)->sig_len;
	return va_rsa_parse(key, &rsa) ? rsa.n_len : 0; /* RFC 3110 3, 5702 3 */
}

struct check {
	struct kept *kept;
	const struct va_octets *data, *sig;
	uint8_t digest[EVP_MAX_MD_SIZE]; /* of the data; what is behind it is 0 */
	size_t digest_len;
};

static bool
digest(struct va_crypto *crypto, enum hash hash, const struct va_octets *data, struct check *c)
{
	c->digest_len = (size_t)EVP_MD_get_size(crypto->md[hash]);
	return EVP_DigestInit_ex2(crypto->sum, crypto->md[hash], NULL) == 1 &&
	    EVP_DigestUpdate(crypto->sum, data->at, data->len) == 1 &&
	    EVP_DigestFinal_ex(crypto->sum, c->digest, NULL) == 1;
}

/* Where it would be remembered that c was good. */
static struct good *
good_slot(struct va_crypto *crypto, const struct check *c)
{
	return &crypto->good[(c->digest[0] | c->digest[1] << 8) % VA_CRYPTO_GOOD_MAX];
}

static bool
good_is(const struct good *g, const struct check *c)
{
	return g->key_id == c->kept->id && g->sig_len == c->sig->len &&
	    memcmp(g->digest, c->digest, GOOD_DIGEST_LEN) == 0 &&
	    memcmp(g->sig, c->sig->at, c->sig->len) == 0;
}

static void
good_keep(struct good *g, const struct check *c)
{
	if (c->sig->len > sizeof(g->sig))
		return;
	g->key_id = c->kept->id;
	g->sig_len = (uint16_t)c->sig->len;
	memcpy(g->digest, c->digest, GOOD_DIGEST_LEN);
	memcpy(g->sig, c->sig->at, c->sig->len);
}

/* What RSA signs: the digest behind the name of its hash, all of it and nothing else (RFC 5702 3,
 * RFC 3110 3). The library would make the same, and throw it away each time. */
static size_t
info_from_digest(const struct check *c, uint8_t out[INFO_MAX])
{
	static const uint8_t sha1[] = {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02,
	    0x1a, 0x05, 0x00, 0x04, 0x14};
	static const uint8_t sha2[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
	    0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
	bool is_sha1 = hash_of(c->kept->algorithm) == HASH_SHA1;
	size_t len = is_sha1 ? sizeof(sha1) : sizeof(sha2);

	memcpy(out, is_sha1 ? sha1 : sha2, len);
	if (hash_of(c->kept->algorithm) == HASH_SHA512) {
		out[1] = 0x51;
		out[14] = 0x03;
		out[18] = 0x40;
	}
	memcpy(out + len, c->digest, c->digest_len);
	return len + c->digest_len;
}

static bool
check_is_good(const struct va_crypto *crypto, const struct check *c)
{
	const struct va_octets *sig = c->sig;
	uint8_t der[DER_MAX], info[INFO_MAX];
	struct kept *k = c->kept;

	if (is_ecdsa(k->algorithm))
		return EVP_PKEY_verify(k->digests, der, der_from_raw(sig->at, sig->len, der),
			   c->digest, c->digest_len) == 1;
	if (k->digests != NULL)
		return EVP_PKEY_verify(
			   k->digests, sig->at, sig->len, info, info_from_digest(c, info)) == 1;
	bool good =
	    EVP_DigestVerify(k->messages, sig->at, sig->len, c->data->at, c->data->len) == 1;

	if (crypto->wants_init &&
	    EVP_DigestVerifyInit_ex(k->messages, NULL, NULL, NULL, NULL, NULL, NULL) != 1)
		kept_drop(k);
	return good;
}

uint64_t
va_crypto_remembered(const struct va_crypto *crypto)
{
	return crypto->remembered;
}

enum va_crypto_says
va_crypto_verify(struct va_crypto *crypto, const struct va_key *key, const struct va_octets *data,
    const struct va_octets *sig)
{
	enum hash hash = hash_of(key->algorithm);
	struct check c = {.data = data, .sig = sig};

	if (!va_key_shape_ok(key) || sig->len != sig_len_of(key))
		return VA_CRYPTO_BAD;
	/* Algorithms that hash by themselves: here it is for remembering only. */
	if (!digest(crypto, hash != HASH_OWN ? hash : HASH_SHA256, data, &c))
		return VA_CRYPTO_FAIL;
	c.kept = kept_get(crypto, key);
	struct good *slot = good_slot(crypto, &c);

	if (c.kept != NULL && good_is(slot, &c)) {
		crypto->remembered++;
		return VA_CRYPTO_GOOD;
	}
	uint64_t id = c.kept != NULL ? c.kept->id : 0;
	bool good = c.kept != NULL && check_is_good(crypto, &c);

	if (good && c.kept->id == id)
		good_keep(slot, &c);
	if (!good)
		ERR_clear_error(); /* the queue is the thread's: TLS must not find our failures */
	return good ? VA_CRYPTO_GOOD : VA_CRYPTO_BAD;
}

size_t
va_crypto_ds(uint8_t type, const struct hf_name *owner, const struct hf_rdata *dnskey,
    uint8_t out[VA_DIGEST_MAX])
{
	const EVP_MD *md = type == HF_DIGEST_SHA1 ? EVP_sha1()
	    : type == HF_DIGEST_SHA256            ? EVP_sha256()
	    : type == HF_DIGEST_SHA384            ? EVP_sha384()
						  : NULL;
	EVP_MD_CTX *sum = md != NULL ? EVP_MD_CTX_new() : NULL;
	unsigned len = 0;

	if (sum == NULL || EVP_DigestInit_ex2(sum, md, NULL) != 1 ||
	    EVP_DigestUpdate(sum, owner->octets, owner->len) != 1 ||
	    EVP_DigestUpdate(sum, dnskey->data, dnskey->len) != 1 ||
	    EVP_DigestFinal_ex(sum, out, &len) != 1)
		len = 0;
	EVP_MD_CTX_free(sum);
	return len;
}

size_t
va_crypto_zone(uint8_t hash, const uint8_t *data, size_t len, uint8_t out[VA_ZONE_DIGEST_MAX])
{
	const EVP_MD *md = hash == HF_ZONEMD_SHA384 ? EVP_sha384()
	    : hash == HF_ZONEMD_SHA512              ? EVP_sha512()
						    : NULL;
	unsigned out_len = 0;

	if (md == NULL || EVP_Digest(data, len, out, &out_len, md, NULL) != 1)
		return 0;
	return out_len;
}

bool
va_crypto_nsec3(struct va_crypto *crypto, const struct hf_name *name, const struct va_salt *salt,
    uint8_t out[VA_SHA1_LEN])
{
	const uint8_t *in = name->octets;
	size_t in_len = name->len;
	bool ok = true;

	for (unsigned i = 0; ok && i <= salt->iterations; i++) {
		ok = EVP_DigestInit_ex2(crypto->sum, crypto->md[HASH_SHA1], NULL) == 1 &&
		    EVP_DigestUpdate(crypto->sum, in, in_len) == 1 &&
		    EVP_DigestUpdate(crypto->sum, salt->octets, salt->len) == 1 &&
		    EVP_DigestFinal_ex(crypto->sum, out, NULL) == 1;
		in = out;
		in_len = VA_SHA1_LEN;
	}
	return ok;
}
