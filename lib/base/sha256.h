/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sha256: SHA-256 (FIPS 180-4), for what programs without OpenSSL must verify too.
 *
 * Purpose   The chain over the audit log: the control plane writes it, holdfastctl checks it
 *           on a file without the control plane. DNSSEC's digests are validator/crypto.c's.
 * Roles     Any thread.
 * Memory    The caller's struct hf_sha256.
 * Blocking  Never.
 * Errors    None.
 * Trust     Data may be hostile.
 */
#ifndef HF_BASE_SHA256_H
#define HF_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { HF_SHA256_LEN = 32, HF_SHA256_BLOCK = 64 };

struct hf_sha256 {
	uint32_t h[8];
	uint64_t len; /* octets so far */
	uint8_t block[HF_SHA256_BLOCK];
};

void hf_sha256_init(struct hf_sha256 *s);
void hf_sha256_add(struct hf_sha256 *s, const void *data, size_t len);
void hf_sha256_end(struct hf_sha256 *s, uint8_t out[HF_SHA256_LEN]); /* s is used up */

#endif
