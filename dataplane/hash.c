/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/hash.h"

#include "lib/base/siphash.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef uint8_t octets16 __attribute__((vector_size(DP_BLOCK_LEN)));
typedef uint64_t words2 __attribute__((vector_size(DP_BLOCK_LEN)));

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "dp_key_meta is a struct's beginning");

/* ASCII letters to lower case. A label's length is at most 63, below 'A': length octets are
 * never touched, so that the name needs no walk. */
static inline octets16
fold16(octets16 v)
{
	octets16 upper = (octets16)(v >= 'A') & (octets16)(v <= 'Z');

	return v | (upper & 0x20);
}

/* Sixteen octets folded, zeros from number left on. No branch: nobody can guess how long the
 * next name is. */
static inline octets16
load_folded(const uint8_t *name, unsigned left)
{
	static const octets16 number = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	octets16 v;

	memcpy(&v, name, sizeof(v));
	return fold16(v) & (octets16)(number < (uint8_t)left);
}

static inline octets16
first_block(const uint8_t *name, uint64_t meta)
{
	words2 v = (words2)load_folded(name, dp_key_meta_name_len(meta));

	return (octets16)(words2){meta, v[0]};
}

#if defined(__x86_64__)
/* Two rounds per block: one round would let a difference in one block be undone by the next
 * with odds of 1 in 64, whatever the key. Two more at the end spread the last block. Hashed on
 * the way from the name to *o: to load what was just stored costs more than to hash it. */
__attribute__((target("aes,sse4.1"))) static uint64_t
make_aes(const struct dp_hash *h, struct dp_key_octets *o, const uint8_t *name, uint64_t meta)
{
	const __m128i *k = (const __m128i *)(const void *)h->k;
	const __m128i k1 = _mm_load_si128(&k[1]), k2 = _mm_load_si128(&k[2]);
	unsigned len = dp_key_meta_name_len(meta);
	__m128i s = _mm_load_si128(&k[0]);
	__m128i v = (__m128i)first_block(name, meta);
	unsigned off = DP_BLOCK_LEN - DP_KEY_META_LEN;

	for (uint8_t *out = (uint8_t *)o;; off += DP_BLOCK_LEN) {
		memcpy(out, &v, sizeof(v));
		s = _mm_xor_si128(s, v);
		s = _mm_aesenc_si128(s, k1);
		s = _mm_aesenc_si128(s, k2);
		if (off >= len)
			break;
		out += DP_BLOCK_LEN;
		v = (__m128i)load_folded(name + off, len - off);
	}
	s = _mm_aesenc_si128(s, _mm_load_si128(&k[3]));
	s = _mm_aesenc_si128(s, k1);
	s = _mm_xor_si128(s, _mm_unpackhi_epi64(s, s)); /* both halves count */
	return (uint64_t)_mm_cvtsi128_si64(s);
}
#endif

static uint64_t
make_portable(const struct dp_hash *h, struct dp_key_octets *o, const uint8_t *name, uint64_t meta)
{
	unsigned len = dp_key_meta_name_len(meta);
	octets16 v = first_block(name, meta);
	uint8_t *out = (uint8_t *)o;
	struct hf_siphash_key key;

	memcpy(out, &v, sizeof(v));
	for (unsigned off = DP_BLOCK_LEN - DP_KEY_META_LEN; off < len; off += DP_BLOCK_LEN) {
		v = load_folded(name + off, len - off);
		memcpy(out + DP_KEY_META_LEN + off, &v, sizeof(v));
	}
	memcpy(&key, h->k, sizeof(key));
	return hf_siphash(&key, o, dp_key_octets_len(o));
}

void
dp_hash_init_portable(struct dp_hash *h, const uint8_t seed[64])
{
	memcpy(h->k, seed, sizeof(h->k));
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

void
dp_key_set_at(struct dp_key *key, const struct dp_hash *h, const uint8_t *name, uint64_t meta)
{
#if defined(__x86_64__)
	if (h->aes) {
		key->hash = make_aes(h, &key->o, name, meta);
		return;
	}
#endif
	key->hash = make_portable(h, &key->o, name, meta);
}

/* The name alone is readable. */
static void
set_short(struct dp_key *key, const struct dp_hash *h, const uint8_t *name, uint64_t meta)
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

	set_short(&key, h, name, dp_key_meta(0, 0, 0, (uint8_t)len));
	return key.hash;
}

void
dp_key_set(
    struct dp_key *key, const struct dp_hash *h, const struct hf_question *q, uint8_t variant)
{
	set_short(key, h, q->name.octets, dp_key_meta(q->type, q->klass, variant, q->name.len));
}

void
dp_key_from_msg(struct dp_key *key, const struct dp_hash *h, const struct hf_msg_key *k)
{
	set_short(key, h, k->name, dp_key_meta(k->type, k->klass, k->variant, k->name_len));
}

void
dp_key_to_msg(const struct dp_key *key, struct hf_msg_key *k)
{
	memset(k, 0, sizeof(*k));
	k->type = key->o.type;
	k->klass = key->o.klass;
	k->variant = key->o.variant;
	k->name_len = key->o.name_len;
	memcpy(k->name, key->o.name, key->o.name_len);
}

bool
dp_key_equal(const struct dp_key_octets *a, const struct dp_key_octets *b)
{
	const uint8_t *x = (const uint8_t *)a, *y = (const uint8_t *)b;
	uint64_t u[2], v[2], diff = 0;

	for (unsigned off = 0; off < dp_key_octets_len(a); off += DP_BLOCK_LEN) {
		memcpy(u, x + off, sizeof(u));
		memcpy(v, y + off, sizeof(v));
		diff |= (u[0] ^ v[0]) | (u[1] ^ v[1]);
		if (diff != 0) /* the first block has the length: b is as long as a beyond it */
			return false;
	}
	return true;
}
