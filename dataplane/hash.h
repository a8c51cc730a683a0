/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hash: the cache key and its keyed hash.
 *
 * Purpose   A question as it is looked up: lower-cased name, type, variant; the class is IN. It
 *           stands in whole lines just as an entry begins, so that a line of the one is compared
 *           with a line of the other. The hash is keyed at boot: where the CPU has AES-NI (chosen
 *           once, in init) two AES rounds for each sixteenth octet's block of a line, the four
 *           blocks beside one another, and two more for all; else SipHash-2-4. A sender who
 *           does not know the keys cannot aim names at one bucket; and a bucket is bounded, so
 *           that the worst he could do is to evict.
 * Roles     Any thread; a struct dp_hash is never changed after init.
 * Memory    Values.
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
	DP_LINE_LEN = 64,     /* of memory; what is compared and hashed at a time */
	DP_BLOCK_LEN = 16,    /* AES's */
	DP_KEY_META_LEN = 4,  /* type, name length, variant */
	DP_KEY_NAME_OFF = 26, /* where a name begins in a key, and in an entry */
	DP_KEY_LINES_MAX = (DP_KEY_NAME_OFF + HF_NAME_MAX + DP_LINE_LEN - 1) / DP_LINE_LEN,
	DP_KEY_OCTETS_MAX = DP_KEY_LINES_MAX * DP_LINE_LEN,
	DP_KEY_READ_MAX = DP_KEY_OCTETS_MAX - DP_KEY_NAME_OFF, /* what dp_key_set_at may read */
	DP_HASH_KEYS = 4,
};

struct dp_key_octets {
	uint16_t type;
	uint8_t name_len;
	uint8_t variant;                                 /* HF_VARIANT_* */
	uint8_t zero[DP_KEY_NAME_OFF - DP_KEY_META_LEN]; /* other things in an entry */
	uint8_t name[DP_KEY_READ_MAX];                   /* lower case, zeros to the line's end */
};

_Static_assert(sizeof(struct dp_key_octets) == DP_KEY_OCTETS_MAX, "whole lines");

struct dp_key {
	uint64_t hash;
	alignas(DP_LINE_LEN) struct dp_key_octets o;
};

/* The keys of blocks 0 to 3, in three ways: as they are, and from the second and the third on. */
struct dp_hash {
	alignas(DP_LINE_LEN) uint8_t k[DP_HASH_KEYS + 2][DP_BLOCK_LEN];
	bool aes;
};

/* Octets of o that say something. */
static inline unsigned
dp_key_octets_len(const struct dp_key_octets *o)
{
	return DP_KEY_NAME_OFF + o->name_len;
}

/* The first DP_KEY_META_LEN octets of a key, in one word: made of pieces in memory, whoever
 * loads them as a word waits for the stores. */
static inline uint32_t
dp_key_meta(uint16_t type, uint8_t variant, uint8_t name_len)
{
	return type | (uint32_t)name_len << 16 | (uint32_t)variant << 24;
}

static inline uint8_t
dp_key_meta_name_len(uint32_t meta)
{
	return (uint8_t)(meta >> 16);
}

/* Seed from 64 random octets. dp_hash_init_portable never uses AES-NI (tests). */
void dp_hash_init(struct dp_hash *h, const uint8_t seed[64]);
void dp_hash_init_portable(struct dp_hash *h, const uint8_t seed[64]);

/* Hash of a key: its lines are whole, zero where they say nothing. */
uint64_t dp_hash_key(const struct dp_hash *h, const struct dp_key_octets *o);

/* Hash of a lower-case name alone (policy rules). */
uint64_t dp_hash_name(const struct dp_hash *h, const uint8_t *name, unsigned len);

/* Fill in *key, folding case and hashing. variant: HF_VARIANT_* bits. The class must be IN. */
void dp_key_set(
    struct dp_key *key, const struct dp_hash *h, const struct hf_question *q, uint8_t variant);

/* The same for a valid name where it stands; its blocks of DP_BLOCK_LEN are readable to the last
 * one's end, what is behind the name does not matter. meta: of dp_key_meta. */
void dp_key_set_at(struct dp_key *key, const struct dp_hash *h, const uint8_t *name, uint32_t meta);

/* From and to the link's form. k must have passed hf_msg_check_key. */
void dp_key_from_msg(struct dp_key *key, const struct dp_hash *h, const struct hf_msg_key *k);
void dp_key_to_msg(const struct dp_key *key, struct hf_msg_key *k);

/* Equal type, variant and name; hashes are not looked at, nor what an entry has between. */
bool dp_key_equal(const struct dp_key_octets *a, const struct dp_key_octets *b);

#endif
