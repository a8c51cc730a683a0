/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rand: random octets for IDs, ports, handles and hash keys.
 *
 * Purpose   A CSPRNG: the kernel's getrandom(2), read in blocks by each generator.
 * Roles     A struct hf_rand belongs to one thread.
 * Memory    The caller's; handed-out octets are wiped from the block.
 * Blocking  Only before the kernel's pool is first seeded.
 * Errors    A kernel without randomness aborts the program: going on would make
 *           answers forgeable.
 * Trust     Nothing here reads input.
 */
#ifndef HF_BASE_RAND_H
#define HF_BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

struct hf_rand {
	uint8_t block[256];
	unsigned used; /* octets of block handed out; set to sizeof(block) by init */
};

void hf_rand_init(struct hf_rand *r);
void hf_rand_bytes(struct hf_rand *r, void *out, size_t len);
uint64_t hf_rand_u64(struct hf_rand *r);
uint16_t hf_rand_u16(struct hf_rand *r);
/* Uniform in [0, n); n > 0. */
uint32_t hf_rand_below(struct hf_rand *r, uint32_t n);

#endif
