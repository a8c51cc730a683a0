/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * va_signer: keys, RRsets and signatures for tests of the validator.
 *
 * Purpose   Signs exactly what a test says, right or wrong: the canonical form is the
 *           test's to lay out, so that the validator's is not checked against itself.
 * Roles     A test's only thread.
 * Memory    Boxes hold their records; va_signer_fini frees a key.
 * Blocking  Never.
 * Errors    Abort: a test without its signer has nothing to say.
 * Trust     Nothing here reads input.
 */
#ifndef HF_TEST_VA_SIGNER_H
#define HF_TEST_VA_SIGNER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "validator/crypto.h"
#include "validator/validator.h"

enum { VA_BOX_RRS = 128, VA_BOX_MEM = 64 * 1024, VA_SIGNER_DNSKEY = 600 };

#define VA_REQUIRE(x)                                                           \
	do {                                                                    \
		if (!(x)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); \
			abort();                                                \
		}                                                               \
	} while (0)

/* What a question may cost, by the default rules. Key objects are the program's for good. */
static inline struct va_budget
va_budget_whole(void)
{
	static struct va_crypto *crypto;
	struct va_budget b;

	if (crypto == NULL)
		crypto = va_crypto_create();
	VA_REQUIRE(crypto != NULL);
	va_budget_init(&b, &va_rules_default, crypto);
	return b;
}

struct va_signer {
	EVP_PKEY *pkey;
	uint8_t algorithm;
	uint16_t dnskey_len;
	uint8_t dnskey[VA_SIGNER_DNSKEY];
};

/* An RRset with room for its records. */
struct va_box {
	struct hf_rrset set;
	struct hf_rdata rr[VA_BOX_RRS], sig[VA_BOX_RRS];
	size_t used;
	uint8_t mem[VA_BOX_MEM];
};

/* The fields of an RRSIG, and the owner that is signed. */
struct va_spec {
	const char *owner, *signer;
	uint16_t type;
	uint8_t algorithm; /* as written; the key's own makes the signature */
	uint8_t labels;
	uint32_t ttl, expiration, inception;
	uint16_t tag;
	uint32_t rr_ttl; /* that is signed with the records; 0: ttl */
};

static inline struct hf_name
va_name(const char *text)
{
	struct hf_name n;

	VA_REQUIRE(hf_name_from_text(text, &n) == 0);
	return n;
}

static inline uint16_t
va_signer_tag(const struct va_signer *s)
{
	return va_key_tag(s->dnskey, s->dnskey_len);
}

static inline EVP_PKEY *
va_signer_keygen(uint8_t algorithm)
{
	switch (algorithm) {
	case HF_ALG_RSASHA1:
	case HF_ALG_RSASHA1_NSEC3:
	case HF_ALG_RSASHA256:
	case HF_ALG_RSASHA512:
		return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
	case HF_ALG_ECDSAP256:
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	case HF_ALG_ECDSAP384:
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
	case HF_ALG_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	default:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	}
}

static inline size_t
va_signer_export_rsa(EVP_PKEY *pkey, uint8_t *out)
{
	BIGNUM *n = NULL, *e = NULL;
	size_t len;

	VA_REQUIRE(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1);
	VA_REQUIRE(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1);
	out[0] = (uint8_t)BN_num_bytes(e);
	BN_bn2bin(e, out + 1);
	len = 1u + out[0];
	len += (size_t)BN_bn2bin(n, out + len);
	BN_free(n);
	BN_free(e);
	return len;
}

static inline size_t
va_signer_export(EVP_PKEY *pkey, uint8_t algorithm, uint8_t *out)
{
	uint8_t point[1 + 96];
	size_t len = 57;

	switch (algorithm) {
	case HF_ALG_RSASHA1:
	case HF_ALG_RSASHA1_NSEC3:
	case HF_ALG_RSASHA256:
	case HF_ALG_RSASHA512:
		return va_signer_export_rsa(pkey, out);
	case HF_ALG_ECDSAP256:
	case HF_ALG_ECDSAP384:
		VA_REQUIRE(EVP_PKEY_get_octet_string_param(
			       pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &len) == 1);
		memcpy(out, point + 1, len - 1);
		return len - 1;
	default:
		VA_REQUIRE(EVP_PKEY_get_raw_public_key(pkey, out, &len) == 1);
		return len;
	}
}

/* By a key of the caller's, which becomes s's. */
static inline void
va_signer_take(struct va_signer *s, EVP_PKEY *pkey, uint8_t algorithm, uint16_t flags)
{
	s->pkey = pkey;
	VA_REQUIRE(s->pkey != NULL);
	s->algorithm = algorithm;
	s->dnskey[0] = (uint8_t)(flags >> 8);
	s->dnskey[1] = (uint8_t)flags;
	s->dnskey[2] = 3;
	s->dnskey[3] = algorithm;
	s->dnskey_len = (uint16_t)(4 + va_signer_export(s->pkey, algorithm, s->dnskey + 4));
}

static inline void
va_signer_init(struct va_signer *s, uint8_t algorithm, uint16_t flags)
{
	va_signer_take(s, va_signer_keygen(algorithm), algorithm, flags);
}

static inline void
va_signer_fini(struct va_signer *s)
{
	EVP_PKEY_free(s->pkey);
}

static inline void
va_box_init(struct va_box *b, const char *owner, uint16_t type, uint32_t ttl)
{
	b->used = 0;
	b->set = (struct hf_rrset){.owner = va_name(owner),
	    .type = type,
	    .klass = HF_CLASS_IN,
	    .ttl = ttl,
	    .rr = b->rr,
	    .sig = b->sig};
}

static inline struct hf_rdata
va_box_store(struct va_box *b, const void *octets, size_t len)
{
	struct hf_rdata r = {.data = b->mem + b->used, .len = (uint16_t)len};

	VA_REQUIRE(len <= sizeof(b->mem) - b->used);
	memcpy(b->mem + b->used, octets, len);
	b->used += len;
	return r;
}

static inline void
va_box_add(struct va_box *b, const void *rdata, size_t len)
{
	VA_REQUIRE(b->set.rr_cnt < VA_BOX_RRS);
	b->rr[b->set.rr_cnt++] = va_box_store(b, rdata, len);
}

static inline void
va_box_add_sig(struct va_box *b, const void *rdata, size_t len)
{
	VA_REQUIRE(b->set.sig_cnt < VA_BOX_RRS);
	b->sig[b->set.sig_cnt++] = va_box_store(b, rdata, len);
}

static inline size_t
va_put(uint8_t *out, size_t len, const void *octets, size_t n)
{
	memcpy(out + len, octets, n);
	return len + n;
}

static inline size_t
va_put_int(uint8_t *out, size_t len, uint32_t v, unsigned octets)
{
	while (octets-- > 0)
		out[len++] = (uint8_t)(v >> (8 * octets));
	return len;
}

/* The signature in the form of an RRSIG; sig has room for 512 octets. Returns its length. */
static inline size_t
va_signer_sign(const struct va_signer *s, const uint8_t *data, size_t len, uint8_t *sig)
{
	bool sha1 = s->algorithm == HF_ALG_RSASHA1 || s->algorithm == HF_ALG_RSASHA1_NSEC3;
	const char *hash = s->algorithm == HF_ALG_RSASHA512 ? "SHA512"
	    : s->algorithm == HF_ALG_ECDSAP384              ? "SHA384"
	    : s->algorithm >= HF_ALG_ED25519                ? NULL
	    : sha1                                          ? "SHA1"
							    : "SHA256";
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t sig_len = 512;

	VA_REQUIRE(EVP_DigestSignInit_ex(ctx, NULL, hash, NULL, NULL, s->pkey, NULL) == 1);
	VA_REQUIRE(EVP_DigestSign(ctx, sig, &sig_len, data, len) == 1);
	EVP_MD_CTX_free(ctx);
	if (s->algorithm == HF_ALG_ECDSAP256 || s->algorithm == HF_ALG_ECDSAP384) {
		int half = s->algorithm == HF_ALG_ECDSAP256 ? 32 : 48;
		const uint8_t *der = sig;
		ECDSA_SIG *rs = d2i_ECDSA_SIG(NULL, &der, (long)sig_len);

		VA_REQUIRE(rs != NULL);
		BN_bn2binpad(ECDSA_SIG_get0_r(rs), sig, half);
		BN_bn2binpad(ECDSA_SIG_get0_s(rs), sig + half, half);
		ECDSA_SIG_free(rs);
		sig_len = 2 * (size_t)half;
	}
	return sig_len;
}

/* What a careful signer would say of box b in zone signer. */
static inline struct va_spec
va_spec_of(const struct va_box *b, const char *owner, const char *signer, const struct va_signer *s)
{
	return (struct va_spec){.owner = owner,
	    .signer = signer,
	    .type = b->set.type,
	    .algorithm = s->algorithm,
	    .labels = b->set.owner.label_cnt,
	    .ttl = b->set.ttl,
	    .expiration = 2000000,
	    .inception = 1000000,
	    .tag = va_signer_tag(s)};
}

/* Sign the records of b as they lie there, with the RRSIG fields and the owner of spec. */
static inline void
va_box_sign(struct va_box *b, const struct va_signer *s, const struct va_spec *spec)
{
	static uint8_t data[VA_BOX_MEM * 2];
	struct hf_name owner = va_name(spec->owner), signer = va_name(spec->signer);
	uint8_t rrsig[18 + HF_NAME_MAX + 512];
	uint32_t rr_ttl = spec->rr_ttl != 0 ? spec->rr_ttl : spec->ttl;
	size_t head, len = 0;

	len = va_put_int(rrsig, len, spec->type, 2);
	len = va_put_int(rrsig, len, spec->algorithm, 1);
	len = va_put_int(rrsig, len, spec->labels, 1);
	len = va_put_int(rrsig, len, spec->ttl, 4);
	len = va_put_int(rrsig, len, spec->expiration, 4);
	len = va_put_int(rrsig, len, spec->inception, 4);
	len = va_put_int(rrsig, len, spec->tag, 2);
	head = va_put(rrsig, len, signer.octets, signer.len);

	len = va_put(data, 0, rrsig, head);
	for (unsigned i = 0; i < b->set.rr_cnt; i++) {
		VA_REQUIRE(len + 265 + b->rr[i].len < sizeof(data));
		len = va_put(data, len, owner.octets, owner.len);
		len = va_put_int(data, len, b->set.type, 2);
		len = va_put_int(data, len, b->set.klass, 2);
		len = va_put_int(data, len, rr_ttl, 4);
		len = va_put_int(data, len, b->rr[i].len, 2);
		len = va_put(data, len, b->rr[i].data, b->rr[i].len);
	}
	head += va_signer_sign(s, data, len, rrsig + head);
	va_box_add_sig(b, rrsig, head);
}

#endif
