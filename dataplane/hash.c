/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/hash.h"

#include "lib/base/siphash.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef uint8_t octets16 __attribute__((vector_size(DP_BLOCK_LEN)));
typedef uint64_t words2 __attribute__((vector_size(DP_BLOCK_LEN)));

#if defined(__x86_64__)
/* Two rounds per block: one round would let a difference in one block be undone by the next
 * with odds of 1 in 64, whatever the key. Two more at the end spread the last block. */
__attribute__((target("aes,sse4.1"))) static uint64_t
hash_aes(const struct dp_hash *h, const void *p, unsigned len)
{
	const __m128i *block = p;
	const __m128i *k = (const __m128i *)(const void *)h->k;
	const __m128i k1 = _mm_load_si128(&k[1]), k2 = _mm_load_si128(&k[2]);
	__m128i s = _mm_load_si128(&k[0]);

	for (unsigned i = 0; i < len / DP_BLOCK_LEN; i++) {
		s = _mm_xor_si128(s, _mm_load_si128(&block[i]));
		s = _mm_aesenc_si128(s, k1);
		s = _mm_aesenc_si128(s, k2);
	}
	s = _mm_aesenc_si128(s, _mm_load_si128(&k[3]));
	s = _mm_aesenc_si128(s, k1);
	s = _mm_xor_si128(s, _mm_unpackhi_epi64(s, s)); /* both halves count */
	return (uint64_t)_mm_cvtsi128_si64(s);
}
#endif

static uint64_t
hash_portable(const struct dp_hash *h, const void *p, unsigned len)
{
	struct hf_siphash_key key;

	memcpy(&key, h->k, sizeof(key));
	return hf_siphash(&key, p, len);
}

static inline uint64_t
hash_blocks(const struct dp_hash *h, const void *p, unsigned len)
{
#if defined(__x86_64__)
	if (h->aes)
		return hash_aes(h, p, len);
#endif
	return hash_portable(h, p, len);
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

uint64_t
dp_hash_key(const struct dp_hash *h, const struct dp_key_octets *o)
{
	return hash_blocks(h, o, dp_key_octets_len(o));
}

/* ASCII letters to lower case. A label's length is at most 63, below 'A': length octets are
 * never touched, so that the name needs no walk. */
static inline octets16
fold16(octets16 v)
{
	octets16 upper = (octets16)(v >= 'A') & (octets16)(v <= 'Z');

	return v | (upper & 0x20);
}

/* Sixteen octets of a name from off on, folded, zeros behind its end. The source is an array of
 * HF_NAME_MAX octets: what lies behind the name in it may be read, and is masked away. */
static inline octets16
load_folded(const uint8_t *name, unsigned off, unsigned len)
{
	static const octets16 number = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	unsigned left = len - off;
	octets16 v = {0};

	if (off + DP_BLOCK_LEN <= HF_NAME_MAX)
		memcpy(&v, name + off, sizeof(v));
	else
		memcpy(&v, name + off, left < DP_BLOCK_LEN ? left : DP_BLOCK_LEN);
	if (left < DP_BLOCK_LEN)
		v &= (octets16)(number < (uint8_t)left);
	return fold16(v);
}

struct meta { /* the first eight octets of a key */
	uint16_t type;
	uint16_t klass;
	uint8_t variant;
	uint8_t name_len;
	uint8_t pad[2];
};
_Static_assert(sizeof(struct meta) == DP_KEY_META_LEN, "as in struct dp_key_octets");

/* Whole blocks, each stored at once: the hash, which loads them next, then need not wait for the
 * stores to reach the cache. */
static inline void
set_octets(struct dp_key_octets *o, const struct meta *meta, const uint8_t *name)
{
	uint8_t *out = (uint8_t *)o;
	unsigned len = meta->name_len;
	octets16 v = load_folded(name, 0, len);
	uint64_t first[2];

	memcpy(&first[1], &v, sizeof(first[1]));
	memcpy(&first[0], meta, sizeof(first[0]));
	v = (octets16)(words2){first[0], first[1]};
	memcpy(out, &v, sizeof(v));
	for (unsigned off = DP_BLOCK_LEN - DP_KEY_META_LEN; off < len; off += DP_BLOCK_LEN) {
		v = load_folded(name, off, len);
		memcpy(out + DP_KEY_META_LEN + off, &v, sizeof(v));
	}
}

uint64_t
dp_hash_name(const struct dp_hash *h, const uint8_t *name, unsigned len)
{
	alignas(DP_BLOCK_LEN) struct dp_key_octets o;
	const struct meta meta = {.name_len = (uint8_t)len};
	uint8_t whole[HF_NAME_MAX] = {0};

	memcpy(whole, name, len);
	set_octets(&o, &meta, whole);
	return dp_hash_key(h, &o);
}

void
dp_key_set(struct dp_key *key, const struct dp_hash *h, const struct hf_question *q,
    uint8_t variant)
{
	const struct meta meta = {q->type, q->klass, variant, q->name.len, {0}};

	set_octets(&key->o, &meta, q->name.octets);
	key->hash = dp_hash_key(h, &key->o);
}

void
dp_key_from_msg(struct dp_key *key, const struct dp_hash *h, const struct hf_msg_key *k)
{
	const struct meta meta = {k->type, k->klass, k->variant, k->name_len, {0}};

	set_octets(&key->o, &meta, k->name);
	key->hash = dp_hash_key(h, &key->o);
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
