/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "validator/algorithm.h"
#include "validator/crypto.h"
#include "validator/validator.h"

enum { DNSKEY_FIXED = 4, DS_FIXED = 4, ALG_RSAMD5 = 1 };

enum {
	RSA_USUAL_EXPONENT_LEN = 3, /* of 65537 */
	RSA_KEY_US = 20,            /* to make a key ready */
};

uint16_t
va_key_tag(const uint8_t *rdata, size_t len)
{
	uint32_t sum = 0;

	if (len < DNSKEY_FIXED || len > HF_RDATA_MAX)
		return 0;
	if (rdata[3] == ALG_RSAMD5) /* RFC 4034 B.1 */
		return len < DNSKEY_FIXED + 3 ? 0
					      : (uint16_t)(rdata[len - 3] << 8 | rdata[len - 2]);
	for (size_t i = 0; i < len; i++)
		sum += (i & 1) != 0 ? rdata[i] : (uint32_t)rdata[i] << 8;
	sum += sum >> 16;
	return (uint16_t)sum;
}

bool
va_key_parse(const struct hf_rdata *rdata, struct va_key *key)
{
	struct hf_cursor c;
	struct va_key k;

	hf_cursor_init(&c, rdata->data, rdata->len);
	k.flags = hf_cursor_u16(&c);
	k.protocol = hf_cursor_u8(&c);
	k.algorithm = hf_cursor_u8(&c);
	k.pub_len = (uint16_t)hf_cursor_left(&c);
	k.pub = hf_cursor_bytes(&c, k.pub_len);
	if (!hf_cursor_ok(&c) || k.pub_len == 0)
		return false;
	k.tag = va_key_tag(rdata->data, rdata->len);
	*key = k;
	return true;
}

static bool
exponent_ok(const uint8_t *e, size_t len)
{
	static const uint8_t max[VA_RSA_EXPONENT_LEN_MAX] = {1, 0, 0, 0, 1};

	if (len == 0 || len > VA_RSA_EXPONENT_LEN_MAX || e[0] == 0 || (e[len - 1] & 1) == 0)
		return false;
	if (len == 1 && e[0] < 3)
		return false;
	return len < VA_RSA_EXPONENT_LEN_MAX || memcmp(e, max, sizeof(max)) <= 0;
}

static bool
modulus_ok(const uint8_t *n, size_t len, unsigned bits_min)
{
	size_t bits = len * 8;

	if (len == 0 || n[0] == 0 || (n[len - 1] & 1) == 0)
		return false;
	for (unsigned top = n[0]; (top & 0x80) == 0; top <<= 1)
		bits--;
	return bits >= bits_min && bits <= VA_RSA_BITS_MAX;
}

bool
va_rsa_parse(const struct va_key *key, struct va_rsa *rsa)
{
	unsigned bits_min =
	    key->algorithm == HF_ALG_RSASHA512 ? VA_RSA512_BITS_MIN : VA_RSA_BITS_MIN;
	struct hf_cursor c;
	struct va_rsa r;

	hf_cursor_init(&c, key->pub, key->pub_len);
	r.e_len = hf_cursor_u8(&c);
	if (r.e_len == 0) /* the long form (RFC 3110 2) */
		r.e_len = hf_cursor_u16(&c);
	r.e = hf_cursor_bytes(&c, r.e_len);
	r.n_len = (uint16_t)hf_cursor_left(&c);
	r.n = hf_cursor_bytes(&c, r.n_len);
	if (!hf_cursor_ok(&c) || !exponent_ok(r.e, r.e_len) || !modulus_ok(r.n, r.n_len, bits_min))
		return false;
	*rsa = r;
	return true;
}

bool
va_key_shape_ok(const struct va_key *key)
{
	const struct va_algorithm *a = va_algorithm(key->algorithm);
	struct va_rsa rsa;

	if (va_algorithm_is_rsa(key->algorithm))
		return va_rsa_parse(key, &rsa);
	return a->verifies && key->pub_len == a->pub_len;
}

uint32_t
va_key_check_us(const struct va_key *key)
{
	uint32_t us = va_algorithm(key->algorithm)->check_us;
	struct va_rsa rsa;

	if (!va_algorithm_is_rsa(key->algorithm) || !va_rsa_parse(key, &rsa))
		return us;
	/* With the square of the modulus; 65537 takes 17 multiplications, the largest exponents 40.
	 */
	us = us * rsa.n_len * rsa.n_len / (256 * 256);
	if (rsa.e_len > RSA_USUAL_EXPONENT_LEN)
		us = us * 5 / 2;
	return us + RSA_KEY_US;
}

bool
va_key_usable(const struct va_key *key)
{
	return key->protocol == VA_DNSKEY_PROTOCOL && (key->flags & HF_DNSKEY_REVOKE) == 0;
}

bool
va_key_is_zone(const struct va_key *key)
{
	return (key->flags & HF_DNSKEY_ZONE) != 0;
}

bool
va_ds_parse(const struct hf_rdata *rdata, struct va_ds *ds)
{
	struct hf_cursor c;
	struct va_ds d;

	hf_cursor_init(&c, rdata->data, rdata->len);
	d.tag = hf_cursor_u16(&c);
	d.algorithm = hf_cursor_u8(&c);
	d.digest_type = hf_cursor_u8(&c);
	d.digest_len = (uint16_t)hf_cursor_left(&c);
	d.digest = hf_cursor_bytes(&c, d.digest_len);
	if (!hf_cursor_ok(&c))
		return false;
	*ds = d;
	return true;
}

bool
va_ds_matches(const struct va_ds *ds, const struct hf_name *owner, const struct hf_rdata *dnskey)
{
	uint8_t digest[VA_DIGEST_MAX];
	size_t len = va_crypto_ds(ds->digest_type, owner, dnskey, digest);

	return len != 0 && len == ds->digest_len && memcmp(digest, ds->digest, len) == 0;
}

size_t
va_ds_make(const struct hf_name *owner, const struct hf_rdata *dnskey, uint8_t digest, uint8_t *out,
    size_t cap)
{
	uint8_t octets[VA_DIGEST_MAX];
	struct hf_name lower = *owner;
	struct va_key key;

	hf_name_lower(&lower);
	size_t len = va_crypto_ds(digest, &lower, dnskey, octets);
	if (len == 0 || cap < DS_FIXED + len || !va_key_parse(dnskey, &key))
		return 0;
	out[0] = (uint8_t)(key.tag >> 8);
	out[1] = (uint8_t)key.tag;
	out[2] = key.algorithm;
	out[3] = digest;
	memcpy(out + DS_FIXED, octets, len);
	return DS_FIXED + len;
}
