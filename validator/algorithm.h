/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * algorithm: the algorithms of signatures and the digests of DS records, one line each.
 *
 * Purpose   What can be verified is one question, what is relied on another: the first is a
 *           matter of code, the second of policy (RFC 9904 2), and struct va_rules has it.
 * Roles     Any thread.
 * Memory    Constant.
 * Blocking  Never.
 * Errors    Numbers that are not listed are neither verified nor relied on.
 * Trust     Numbers come from the network.
 */
#ifndef HF_VALIDATOR_ALGORITHM_H
#define HF_VALIDATOR_ALGORITHM_H

#include "validator/validator.h"

/* X(number, name, can verify, relied on by default, octets of a key, of a signature, microseconds
 * of a check by a key that was not met before). RSA: 0 octets, they differ from key to key; the
 * time is that of the exponent 65537 with 2048 bits (va_key_check_us). How it was measured:
 * docs/performance-recursion.md.
 * DSA, GOST and RSA with MD5: RFC 9904 and 9906, must not; RSA with SHA-1: RFC 9905 2, we must
 * be able to, and operators must not rely on it. */
#define VA_ALGORITHMS(X)                                                           \
	X(1, "RSAMD5", 0, 0, 0, 0, 0)                                              \
	X(3, "DSA", 0, 0, 0, 0, 0)                                                 \
	X(HF_ALG_RSASHA1, "RSASHA1", 1, 0, 0, 0, 40)                               \
	X(6, "DSA-NSEC3-SHA1", 0, 0, 0, 0, 0)                                      \
	X(HF_ALG_RSASHA1_NSEC3, "RSASHA1-NSEC3-SHA1", 1, 0, 0, 0, 40)              \
	X(HF_ALG_RSASHA256, "RSASHA256", 1, 1, 0, 0, 40)                           \
	X(HF_ALG_RSASHA512, "RSASHA512", 1, 1, 0, 0, 40)                           \
	X(12, "ECC-GOST", 0, 0, 0, 0, 0)                                           \
	X(HF_ALG_ECDSAP256, "ECDSAP256SHA256", 1, 1, 64, 64, 140) /* RFC 6605 4 */ \
	X(HF_ALG_ECDSAP384, "ECDSAP384SHA384", 1, 1, 96, 96, 1245)                 \
	X(HF_ALG_ED25519, "ED25519", 1, 1, 32, 64, 191) /* RFC 8080 3, 4 */        \
	X(HF_ALG_ED448, "ED448", 1, 1, 57, 114, 400)                               \
	X(17, "SM2SM3", 0, 0, 0, 0, 0)                                             \
	X(23, "ECC-GOST12", 0, 0, 0, 0, 0)

/* X(number, name, can verify, relied on by default) */
#define VA_DIGESTS(X)                        \
	X(HF_DIGEST_SHA1, "SHA-1", 1, 0)     \
	X(HF_DIGEST_SHA256, "SHA-256", 1, 1) \
	X(3, "GOST R 34.11-94", 0, 0)        \
	X(HF_DIGEST_SHA384, "SHA-384", 1, 1) \
	X(5, "GOST R 34.11-2012", 0, 0)      \
	X(6, "SM3", 0, 0)

struct va_algorithm {
	const char *name;
	bool verifies;
	uint8_t pub_len, sig_len;
	uint16_t check_us;
};
/* Never NULL: what is not listed has no name and verifies nothing. */
const struct va_algorithm *va_algorithm(uint8_t number);

/* By DS digest: can be made here, and its name or NULL. */
bool va_digest_verifies(uint8_t number);
const char *va_digest_name(uint8_t number);

/* RSA of any hash (RFC 3110, 5702). */
bool va_algorithm_is_rsa(uint8_t number);

#endif
