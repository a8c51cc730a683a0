/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * crypto: what DNSSEC asks of a cryptographic library, and nothing more.
 *
 * Purpose   Signatures, DS digests and NSEC3 hashes. crypto.c is the only file of the
 *           validator that includes <openssl>; another library would replace that file.
 * Roles     Any thread; a struct va_crypto is one thread's at a time.
 * Memory    Borrows its inputs. A struct va_crypto keeps at most VA_CRYPTO_KEPT_MAX key objects
 *           and VA_CRYPTO_GOOD_MAX good checks (600 KiB) until it is destroyed.
 * Blocking  Never.
 * Errors    enum va_crypto; false or 0 when the library fails.
 * Trust     Keys and signatures are hostile: shapes are checked before the library sees them.
 */
#ifndef HF_VALIDATOR_CRYPTO_H
#define HF_VALIDATOR_CRYPTO_H

#include "lib/wire/rrset.h"
#include "validator/key.h"

enum {
	VA_ZONE_DIGEST_MAX = 64,
	VA_SHA1_LEN = 20,
	VA_DIGEST_MAX = 48,
	VA_CRYPTO_KEPT_MAX = 512,
	VA_CRYPTO_GOOD_MAX = 2048
};

/* Key objects and good checks between calls: they change how long an answer takes, never what it
 * is. NULL: out of memory, or the library failed. */
struct va_crypto;
struct va_crypto *va_crypto_create(void);
void va_crypto_destroy(struct va_crypto *crypto); /* NULL: nothing */
/* Checks so far that were not made, because the same was good before. */
uint64_t va_crypto_remembered(const struct va_crypto *crypto);

enum va_crypto_says {
	VA_CRYPTO_GOOD, /* the signature verifies */
	VA_CRYPTO_BAD,  /* it does not, or it or the key has a shape that never could */
	VA_CRYPTO_FAIL, /* out of memory */
};

/* Does sig, by the private half of key, verify over data? */
struct va_octets {
	const uint8_t *at;
	size_t len;
};
enum va_crypto_says va_crypto_verify(struct va_crypto *crypto, const struct va_key *key,
    const struct va_octets *data, const struct va_octets *sig);

/* Digest (HF_DIGEST_*) over owner, lower-cased by the caller, and DNSKEY RDATA (RFC 4034
 * 5.1.4). Returns its length, at most VA_DIGEST_MAX; 0 for other digests or a failure. */
size_t va_crypto_ds(uint8_t digest, const struct hf_name *owner, const struct hf_rdata *dnskey,
    uint8_t out[VA_DIGEST_MAX]);

/* Digest of a zone (HF_ZONEMD_*, RFC 8976 5.3). Returns its length; 0 for others or a failure. */
size_t
va_crypto_zone(uint8_t hash, const uint8_t *data, size_t len, uint8_t out[VA_ZONE_DIGEST_MAX]);

/* The iterated SHA-1 of RFC 5155 5 over name, lower-cased by the caller. */
struct va_salt {
	uint16_t iterations;
	uint8_t len;
	const uint8_t *octets;
};
bool va_crypto_nsec3(struct va_crypto *crypto, const struct hf_name *name,
    const struct va_salt *salt, uint8_t out[VA_SHA1_LEN]);

#endif
