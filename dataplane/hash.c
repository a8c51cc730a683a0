/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/hash.h"

#include "lib/base/siphash.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef uint8_t octets16 __attribute__((vector_size(DP_BLOCK_LEN)));

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "dp_key_meta is a struct's beginning");

/* ASCII letters to lower case. A label's length is at most 63, below 'A': length octets are
 * never touched, so that the name needs no walk. */
static inline octets16
fold16(octets16 v)
{
	octets16 upper = (octets16)(v >= 'A') & (octets16)(v <= 'Z');

	return v | (upper & 0x20);
}

static inline unsigned
line_cnt(const struct dp_key_octets *o)
{
	return (dp_key_octets_len(o) + DP_LINE_LEN - 1u) / DP_LINE_LEN;
}

#if defined(__x86_64__)
/* Two rounds per block: after one, a difference in one block would be undone by the next line's
 * with odds of 1 in 64, whatever the keys. Two blocks that differ in one line meet in the sum
 * behind two rounds each, under different keys. Two more at the end spread what is left. */
__attribute__((target("aes,sse4.1"))) static uint64_t
hash_aes(const struct dp_hash *h, const struct dp_key_octets *o)
{
	const __m128i *k = (const __m128i *)(const void *)h->k;
	const __m128i *v = (const __m128i *)(const void *)o;
	__m128i s[DP_HASH_KEYS];

	for (unsigned i = 0; i < DP_HASH_KEYS; i++)
		s[i] = _mm_load_si128(&k[i]);
	for (unsigned line = 0; line < line_cnt(o); line++, v += DP_HASH_KEYS) {
		for (unsigned i = 0; i < DP_HASH_KEYS; i++) {
			s[i] = _mm_xor_si128(s[i], _mm_loadu_si128(&v[i]));
			s[i] = _mm_aesenc_si128(s[i], _mm_load_si128(&k[i + 1]));
			s[i] = _mm_aesenc_si128(s[i], _mm_load_si128(&k[i + 2]));
		}
	}
	__m128i all = _mm_xor_si128(_mm_xor_si128(s[0], s[1]), _mm_xor_si128(s[2], s[3]));
	all = _mm_aesenc_si128(all, _mm_load_si128(&k[3]));
	all = _mm_aesenc_si128(all, _mm_load_si128(&k[1]));
	all = _mm_xor_si128(all, _mm_unpackhi_epi64(all, all)); /* both halves count */
	return (uint64_t)_mm_cvtsi128_si64(all);
}
#endif

uint64_t
dp_hash_key(const struct dp_hash *h, const struct dp_key_octets *o)
{
	struct hf_siphash_key key;

#if defined(__x86_64__)
	if (h->aes)
		return hash_aes(h, o);
#endif
	memcpy(&key, h->k, sizeof(key));
	return hf_siphash(&key, o, dp_key_octets_len(o));
}

void
dp_hash_init_portable(struct dp_hash *h, const uint8_t seed[64])
{
	memcpy(h->k, seed, DP_HASH_KEYS * (size_t)DP_BLOCK_LEN);
	memcpy(h->k[DP_HASH_KEYS], seed, 2 * (size_t)DP_BLOCK_LEN);
	h->aes = false;
}

void
dp_hash_init(struct dp_hash *h, const uint8_t seed[64])
{
	dp_hash_init_portable(h, seed);
#if defined(__x86_64__)
	h->aes = __builtin_cpu_supports("aes") && __builtin_cpu_supports("sse4.1");
#endif
}

/* Folded sixteen octets at a time and cut behind its last. No branch: nobody can guess how long
 * the next name is within a block. */
static void
name_set(uint8_t *out, const uint8_t *name, unsigned len)
{
	static const octets16 number = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	octets16 v;

	for (unsigned off = 0; off < len; off += DP_BLOCK_LEN) {
		unsigned left = len - off;

		memcpy(&v, name + off, sizeof(v));
		v = fold16(v) & (octets16)(number < (uint8_t)(left < 16 ? left : 16));
		memcpy(out + off, &v, sizeof(v));
	}
}

void
dp_key_set_at(struct dp_key *key, const struct dp_hash *h, const uint8_t *name, uint32_t meta)
{
	memcpy(&key->o, &meta, sizeof(meta));
	memset(key->o.zero, 0, sizeof(key->o.zero));
	memset(key->o.name, 0, line_cnt(&key->o) * (size_t)DP_LINE_LEN - DP_KEY_NAME_OFF);
	name_set(key->o.name, name, key->o.name_len);
	key->hash = dp_hash_key(h, &key->o);
}

/* The name alone is readable. */
static void
set_short(struct dp_key *key, const struct dp_hash *h, const uint8_t *name, uint32_t meta)
{
	uint8_t whole[DP_KEY_READ_MAX];

	memset(whole, 0, sizeof(whole));
	memcpy(whole, name, dp_key_meta_name_len(meta));
	dp_key_set_at(key, h, whole, meta);
}

uint64_t
dp_hash_name(const struct dp_hash *h, const uint8_t *name, unsigned len)
{
	struct dp_key key;

	set_short(&key, h, name, dp_key_meta(0, 0, (uint8_t)len));
	return key.hash;
}

void
dp_key_set(
    struct dp_key *key, const struct dp_hash *h, const struct hf_question *q, uint8_t variant)
{
	set_short(key, h, q->name.octets, dp_key_meta(q->type, variant, q->name.len));
}

void
dp_key_from_msg(struct dp_key *key, const struct dp_hash *h, const struct hf_msg_key *k)
{
	_Static_assert(offsetof(struct hf_msg_key, name) + HF_NAME_MAX + 1 <= sizeof(*k),
	    "all blocks of its name are readable");
	dp_key_set_at(key, h, k->name, dp_key_meta(k->type, k->variant, k->name_len));
}

void
dp_key_to_msg(const struct dp_key *key, struct hf_msg_key *k)
{
	memset(k, 0, sizeof(*k));
	k->type = key->o.type;
	k->klass = HF_CLASS_IN;
	k->variant = key->o.variant;
	k->name_len = key->o.name_len;
	memcpy(k->name, key->o.name, key->o.name_len);
}

bool
dp_key_equal(const struct dp_key_octets *a, const struct dp_key_octets *b)
{
	return memcmp(a, b, DP_KEY_META_LEN) == 0 && memcmp(a->name, b->name, a->name_len) == 0;
}
