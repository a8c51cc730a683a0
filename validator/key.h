/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * key: DNSKEY and DS records taken apart.
 *
 * Purpose   What a key is, whether it may be used at all, and which DS it matches.
 * Roles     Any thread.
 * Memory    Parts point into the RDATA, which the caller keeps alive.
 * Blocking  Never.
 * Errors    false for RDATA that is malformed or of an unsupported shape.
 * Trust     RDATA is hostile.
 */
#ifndef HF_VALIDATOR_KEY_H
#define HF_VALIDATOR_KEY_H

#include "lib/wire/rrset.h"

enum {
	VA_RSA_BITS_MIN = 512,       /* RFC 5702 2.1 */
	VA_RSA512_BITS_MIN = 1024,   /* RFC 5702 2.2 */
	VA_RSA_BITS_MAX = 4096,      /* RFC 5702 2.1, 2.2 */
	VA_RSA_EXPONENT_LEN_MAX = 5, /* 2^32 + 1, the largest seen in the wild */
	VA_DNSKEY_PROTOCOL = 3,      /* RFC 4034 2.1.2 */
};

struct va_key {
	uint16_t flags;
	uint16_t tag;
	uint8_t protocol;
	uint8_t algorithm;
	uint16_t pub_len;
	const uint8_t *pub;
};

struct va_rsa {
	const uint8_t *e, *n;
	uint16_t e_len, n_len;
};

struct va_ds {
	uint16_t tag;
	uint8_t algorithm;
	uint8_t digest_type;
	uint16_t digest_len;
	const uint8_t *digest;
};

/* False when RDATA is too short to be a DNSKEY. */
bool va_key_parse(const struct hf_rdata *rdata, struct va_key *key);

/* The public key has the shape its algorithm asks for. */
bool va_key_shape_ok(const struct va_key *key);

/* What one check with the key costs, in microseconds of a 2 GHz core: a number for budgets, the
 * same on every machine. */
uint32_t va_key_check_us(const struct va_key *key);

/* Exponent and modulus (RFC 3110 2). False outside the sizes above, for even numbers and
 * for leading zeros. */
bool va_rsa_parse(const struct va_key *key, struct va_rsa *rsa);

/* The key may sign zone data: protocol 3, not revoked (RFC 4034 2.1.2, RFC 5011 2.1). The
 * zone bit has its own reason and is asked for apart. */
bool va_key_usable(const struct va_key *key);
bool va_key_is_zone(const struct va_key *key);

bool va_ds_parse(const struct hf_rdata *rdata, struct va_ds *ds);

/* The digest in ds is that of dnskey at owner (lower-cased). Tag and algorithm are the caller's. */
bool
va_ds_matches(const struct va_ds *ds, const struct hf_name *owner, const struct hf_rdata *dnskey);

#endif
