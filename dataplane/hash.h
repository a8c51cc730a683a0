/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hash: the cache key and its keyed hash.
 *
 * Purpose   A question as it is looked up: lower-cased name, type, class, variant. Two
 *           AES rounds per block under keys drawn at boot where the CPU has AES-NI
 *           (chosen once, in init), else SipHash-2-4. A sender who does not know the keys
 *           cannot aim names at one bucket; and a bucket is bounded, so that the worst
 *           he could do is to evict.
 * Roles     Any thread; a struct dp_hash is never changed after init.
 * Memory    Values. Keys and cache entries share one layout, zero-padded to whole
 *           blocks, so that hashing and comparing go block by block.
 * Blocking  Never.
 * Errors    None.
 * Trust     Names are hostile but valid (from a struct hf_name or a checked message).
 */
#ifndef DP_HASH_H
#define DP_HASH_H

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/link/msg.h"

enum {
	DP_BLOCK_LEN = 16,
	DP_KEY_META_LEN = 8,
	DP_KEY_OCTETS_MAX = 288,
	DP_KEY_READ_MAX = DP_KEY_OCTETS_MAX, /* octets that dp_key_set_at may read of a name */
};

/* The first block is type, class, variant, name length and eight octets of the name. */
struct dp_key_octets {
	uint16_t type;
	uint16_t klass;
	uint8_t variant; /* HF_VARIANT_* */
	uint8_t name_len;
	uint8_t pad[2]; /* zero */
	uint8_t
	    name[DP_KEY_OCTETS_MAX - DP_KEY_META_LEN]; /* lower case, zeros to the block's end */
};

struct dp_key {
	uint64_t hash;
	alignas(DP_BLOCK_LEN) struct dp_key_octets o;
};

struct dp_hash {
	alignas(16) uint8_t k[4][DP_BLOCK_LEN];
	bool aes;
};

/* Octets of o in use: whole blocks. */
static inline unsigned
dp_key_octets_len(const struct dp_key_octets *o)
{
	return (DP_KEY_META_LEN + o->name_len + DP_BLOCK_LEN - 1u) & ~(DP_BLOCK_LEN - 1u);
}

/* The first DP_KEY_META_LEN octets of a key, in one word: made of pieces in memory, whoever
 * loads them as a word waits for the stores. */
static inline uint64_t
dp_key_meta(uint16_t type, uint16_t klass, uint8_t variant, uint8_t name_len)
{
	return type | (uint64_t)klass << 16 | (uint64_t)variant << 32 | (uint64_t)name_len << 40;
}

static inline uint8_t
dp_key_meta_name_len(uint64_t meta)
{
	return (uint8_t)(meta >> 40);
}

/* Seed from 64 random octets. dp_hash_init_portable never uses AES-NI (tests). */
void dp_hash_init(struct dp_hash *h, const uint8_t seed[64]);
void dp_hash_init_portable(struct dp_hash *h, const uint8_t seed[64]);

/* Hash of a lower-case name alone (policy rules). */
uint64_t dp_hash_name(const struct dp_hash *h, const uint8_t *name, unsigned len);

/* Fill in *key, folding case and hashing. variant: HF_VARIANT_* bits. */
void dp_key_set(
    struct dp_key *key, const struct dp_hash *h, const struct hf_question *q, uint8_t variant);

/* The same for a valid name where it stands; DP_KEY_READ_MAX octets from there are readable, what
 * is behind the name does not matter. meta: of dp_key_meta. */
void dp_key_set_at(struct dp_key *key, const struct dp_hash *h, const uint8_t *name, uint64_t meta);

/* From and to the link's form. k must have passed hf_msg_check_key. */
void dp_key_from_msg(struct dp_key *key, const struct dp_hash *h, const struct hf_msg_key *k);
void dp_key_to_msg(const struct dp_key *key, struct hf_msg_key *k);

/* Equal, octet for octet; hashes are not looked at. */
bool dp_key_equal(const struct dp_key_octets *a, const struct dp_key_octets *b);

#endif
