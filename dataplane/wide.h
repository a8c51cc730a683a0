/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wide: a line of sixty-four octets in registers.
 *
 * Purpose   What the hit path does with a name, a frame or an entry, a line at a time and without
 *           a branch on a length: one AVX-512 register, two of AVX2, or four vectors of the
 *           compiler's own, whichever this file is compiled for.
 * Roles     Any thread.
 * Memory    Values. Loads take whole lines: the caller knows that they are readable.
 * Blocking  Never.
 * Errors    None.
 * Trust     Octets may be hostile.
 */
#ifndef DP_WIDE_H
#define DP_WIDE_H

#include "dataplane/hash.h"

#if defined(__AVX512VBMI__) && defined(__AVX512VNNI__) && defined(__VAES__)
#define DP_WIDE_AVX512
#elif defined(__AVX2__) && defined(__AES__)
#define DP_WIDE_AVX2
#elif defined(__SSE2__) && !defined(DP_WIDE_PLAIN)
#define DP_WIDE_SSE2
#endif
#if defined(DP_WIDE_AVX512) || defined(DP_WIDE_AVX2) || defined(DP_WIDE_SSE2)
#include <immintrin.h>
#endif

/* Bits from to to - 1; to in [0, 64], from at most to. */
static inline uint64_t
dp_wide_bits(unsigned from, unsigned to)
{
#if defined(__BMI2__)
	uint64_t below = _bzhi_u64(UINT64_MAX, to);
#else
	uint64_t below = to >= DP_LINE_LEN ? UINT64_MAX : (UINT64_C(1) << to) - 1;
#endif

	return below & (UINT64_MAX << from);
}

#if defined(DP_WIDE_AVX512)

struct dp_wide {
	__m512i v;
};

static inline struct dp_wide
dp_wide_load(const uint8_t *p)
{
	return (struct dp_wide){_mm512_loadu_si512(p)};
}

static inline void
dp_wide_store(uint8_t *p, struct dp_wide w)
{
	_mm512_storeu_si512(p, w.v);
}

/* Bit i: octet i is zero. */
static inline uint64_t
dp_wide_zeros(struct dp_wide w)
{
	return _mm512_testn_epi8_mask(w.v, w.v);
}

/* ASCII letters to lower case. */
static inline struct dp_wide
dp_wide_fold(struct dp_wide w)
{
	__mmask64 upper = _mm512_cmplt_epu8_mask(
	    _mm512_sub_epi8(w.v, _mm512_set1_epi8('A')), _mm512_set1_epi8(26));

	return (struct dp_wide){_mm512_mask_add_epi8(w.v, upper, w.v, _mm512_set1_epi8('a' - 'A'))};
}

/* Octets from to to - 1, zeros around them. */
static inline struct dp_wide
dp_wide_keep(struct dp_wide w, unsigned from, unsigned to)
{
	return (struct dp_wide){_mm512_maskz_mov_epi8(dp_wide_bits(from, to), w.v)};
}

/* Four octets put where there are zeros, at the beginning. */
static inline struct dp_wide
dp_wide_put(struct dp_wide w, uint32_t first)
{
	const __m512i v = _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)first));

	return (struct dp_wide){_mm512_or_si512(w.v, v)};
}

/* Bit i: octet i of a is not that of b. */
static inline uint64_t
dp_wide_differ(struct dp_wide a, struct dp_wide b)
{
	return _mm512_cmpneq_epi8_mask(a.v, b.v);
}

/* Of a frame without a VLAN tag: MAC and IP addresses and ports change places. */
static inline struct dp_wide
dp_wide_turn(struct dp_wide w, bool v6)
{
	alignas(DP_LINE_LEN) static const uint8_t from[2][DP_LINE_LEN] = {
	    {6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
		24, 25, 30, 31, 32, 33, 26, 27, 28, 29, 36, 37, 34, 35, 38, 39, 40, 41, 42, 43, 44,
		45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63},
	    {6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 38, 39,
		40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 22, 23, 24, 25, 26, 27, 28,
		29, 30, 31, 32, 33, 34, 35, 36, 37, 56, 57, 54, 55, 58, 59, 60, 61, 62, 63}};

	return (struct dp_wide){_mm512_permutexvar_epi8(_mm512_load_si512(from[v6]), w.v)};
}

/* cnt octets of v, at most eight, at at. */
static inline struct dp_wide
dp_wide_place(struct dp_wide w, uint64_t v, unsigned at, unsigned cnt)
{
	const unsigned turn = at % 8 * 8;
	const __m512i turned =
	    _mm512_rolv_epi64(_mm512_set1_epi64((long long)v), _mm512_set1_epi64(turn));

	return (struct dp_wide){_mm512_mask_mov_epi8(w.v, dp_wide_bits(at, at + cnt), turned)};
}

/* Where care has bits, a and b have the same. */
static inline bool
dp_wide_like(struct dp_wide a, struct dp_wide b, struct dp_wide care)
{
	const __m512i differ =
	    _mm512_ternarylogic_epi64(a.v, b.v, care.v, 0x28); /* (a ^ b) & care */

	return _mm512_test_epi64_mask(differ, differ) == 0;
}

/* The 16-bit words of both, for an Internet checksum. Multiplied by one they are added in pairs;
 * that takes them as signed, so that each is 2^15 less. */
static inline uint64_t
dp_wide_sum(struct dp_wide a, struct dp_wide b)
{
	const __m512i sign = _mm512_set1_epi16(INT16_MIN), one = _mm512_set1_epi16(1);
	__m512i sum = _mm512_set1_epi32(4 << 15);

	sum = _mm512_dpwssd_epi32(sum, _mm512_xor_si512(a.v, sign), one);
	sum = _mm512_dpwssd_epi32(sum, _mm512_xor_si512(b.v, sign), one);

	__m256i half =
	    _mm256_add_epi32(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
	__m128i all =
	    _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));

	return (uint64_t)_mm_cvtsi128_si64(all) + (uint64_t)_mm_extract_epi64(all, 1);
}

#elif defined(DP_WIDE_AVX2)

struct dp_wide {
	__m256i v[2];
};

static inline struct dp_wide
dp_wide_load(const uint8_t *p)
{
	return (struct dp_wide){{_mm256_loadu_si256((const __m256i_u *)(const void *)p),
	    _mm256_loadu_si256((const __m256i_u *)(const void *)(p + 32))}};
}

static inline void
dp_wide_store(uint8_t *p, struct dp_wide w)
{
	_mm256_storeu_si256((__m256i_u *)(void *)p, w.v[0]);
	_mm256_storeu_si256((__m256i_u *)(void *)(p + 32), w.v[1]);
}

static inline uint64_t
dp_wide_zeros(struct dp_wide w)
{
	const __m256i zero = _mm256_setzero_si256();
	uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(w.v[0], zero));
	uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(w.v[1], zero));

	return low | (uint64_t)high << 32;
}

static inline struct dp_wide
dp_wide_fold(struct dp_wide w)
{
	/* 'A' to 'Z' become -128 to -103, the only ones below -102. */
	const __m256i shift = _mm256_set1_epi8((char)(-128 - 'A'));

	for (unsigned i = 0; i < 2; i++) {
		__m256i upper =
		    _mm256_cmpgt_epi8(_mm256_set1_epi8(-128 + 26), _mm256_add_epi8(w.v[i], shift));
		w.v[i] =
		    _mm256_or_si256(w.v[i], _mm256_and_si256(upper, _mm256_set1_epi8('a' - 'A')));
	}
	return w;
}

static inline struct dp_wide
dp_wide_keep(struct dp_wide w, unsigned from, unsigned to)
{
	const __m256i number = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);

	for (unsigned i = 0; i < 2; i++) {
		__m256i n = _mm256_add_epi8(number, _mm256_set1_epi8((char)(i * 32)));
		__m256i in = _mm256_andnot_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8((char)from), n),
		    _mm256_cmpgt_epi8(_mm256_set1_epi8((char)to), n));
		w.v[i] = _mm256_and_si256(w.v[i], in);
	}
	return w;
}

static inline struct dp_wide
dp_wide_put(struct dp_wide w, uint32_t first)
{
	w.v[0] = _mm256_or_si256(w.v[0], _mm256_zextsi128_si256(_mm_cvtsi32_si128((int)first)));
	return w;
}

static inline uint64_t
dp_wide_differ(struct dp_wide a, struct dp_wide b)
{
	uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a.v[0], b.v[0]));
	uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a.v[1], b.v[1]));

	return ~(low | (uint64_t)high << 32);
}

static inline uint64_t
dp_wide_sum(struct dp_wide a, struct dp_wide b)
{
	const __m256i low = _mm256_set1_epi64x(UINT32_MAX);
	__m256i sum = _mm256_setzero_si256();

	for (unsigned i = 0; i < 2; i++) {
		sum = _mm256_add_epi64(sum, _mm256_and_si256(a.v[i], low));
		sum = _mm256_add_epi64(sum, _mm256_srli_epi64(a.v[i], 32));
		sum = _mm256_add_epi64(sum, _mm256_and_si256(b.v[i], low));
		sum = _mm256_add_epi64(sum, _mm256_srli_epi64(b.v[i], 32));
	}
	__m128i half = _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));

	return (uint64_t)_mm_cvtsi128_si64(half) + (uint64_t)_mm_extract_epi64(half, 1);
}

#else

typedef uint8_t dp_octets16 __attribute__((vector_size(16)));
typedef uint64_t dp_words2 __attribute__((vector_size(16)));

struct dp_wide {
	dp_octets16 v[4];
};

static inline struct dp_wide
dp_wide_load(const uint8_t *p)
{
	struct dp_wide w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static inline void
dp_wide_store(uint8_t *p, struct dp_wide w)
{
	memcpy(p, &w, sizeof(w));
}

static inline unsigned
dp_wide_zeros16(dp_octets16 v)
{
#if defined(DP_WIDE_SSE2)
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8((__m128i)v, _mm_setzero_si128()));
#else
	unsigned bits = 0;

	for (unsigned i = 0; i < 16; i++)
		bits |= (unsigned)(v[i] == 0) << i;
	return bits;
#endif
}

static inline uint64_t
dp_wide_zeros(struct dp_wide w)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < 4; i++)
		bits |= (uint64_t)dp_wide_zeros16(w.v[i]) << 16 * i;
	return bits;
}

static inline struct dp_wide
dp_wide_fold(struct dp_wide w)
{
	for (unsigned i = 0; i < 4; i++) {
		dp_octets16 upper = (dp_octets16)(w.v[i] >= 'A') & (dp_octets16)(w.v[i] <= 'Z');
		w.v[i] |= upper & ('a' - 'A');
	}
	return w;
}

static inline struct dp_wide
dp_wide_keep(struct dp_wide w, unsigned from, unsigned to)
{
	dp_octets16 n = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

	for (unsigned i = 0; i < 4; i++, n += 16)
		w.v[i] &= (dp_octets16)(n >= (uint8_t)from) & (dp_octets16)(n < (uint8_t)to);
	return w;
}

static inline struct dp_wide
dp_wide_put(struct dp_wide w, uint32_t first)
{
	w.v[0] |= (dp_octets16)(dp_words2){first, 0};
	return w;
}

static inline uint64_t
dp_wide_differ(struct dp_wide a, struct dp_wide b)
{
	uint64_t same = 0;

	for (unsigned i = 0; i < 4; i++)
		same |= (uint64_t)dp_wide_zeros16(a.v[i] ^ b.v[i]) << 16 * i;
	return ~same;
}

static inline uint64_t
dp_wide_sum(struct dp_wide a, struct dp_wide b)
{
	const dp_words2 low = {UINT32_MAX, UINT32_MAX};
	dp_words2 sum = {0};

	for (unsigned i = 0; i < 4; i++) {
		dp_words2 v = (dp_words2)a.v[i], w = (dp_words2)b.v[i];

		sum += (v & low) + (v >> 32) + (w & low) + (w >> 32);
	}
	return sum[0] + sum[1];
}

#endif

/* dp_hash_key of one line, or of the first of more (dp_wide_hash_more), in registers. */
#if defined(DP_WIDE_AVX512)
static inline uint64_t
dp_wide_hash(const struct dp_hash *h, struct dp_wide w)
{
	const __m128i *k = (const __m128i *)(const void *)h->k;
	__m512i s = _mm512_xor_si512(w.v, _mm512_load_si512(k));

	s = _mm512_aesenc_epi128(s, _mm512_loadu_si512(k + 1));
	s = _mm512_aesenc_epi128(s, _mm512_loadu_si512(k + 2));

	__m256i half = _mm256_xor_si256(_mm512_castsi512_si256(s), _mm512_extracti64x4_epi64(s, 1));
	__m128i all =
	    _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));

	all = _mm_aesenc_si128(all, k[3]);
	all = _mm_aesenc_si128(all, k[1]);
	all = _mm_xor_si128(all, _mm_unpackhi_epi64(all, all));
	return (uint64_t)_mm_cvtsi128_si64(all);
}
#elif defined(DP_WIDE_AVX2)
static inline uint64_t
dp_wide_hash(const struct dp_hash *h, struct dp_wide w)
{
	const __m128i *k = (const __m128i *)(const void *)h->k;
	__m128i s[4] = {_mm256_castsi256_si128(w.v[0]), _mm256_extracti128_si256(w.v[0], 1),
	    _mm256_castsi256_si128(w.v[1]), _mm256_extracti128_si256(w.v[1], 1)};

	for (unsigned i = 0; i < 4; i++) {
		s[i] = _mm_xor_si128(s[i], k[i]);
		s[i] = _mm_aesenc_si128(s[i], k[i + 1]);
		s[i] = _mm_aesenc_si128(s[i], k[i + 2]);
	}
	__m128i all = _mm_xor_si128(_mm_xor_si128(s[0], s[1]), _mm_xor_si128(s[2], s[3]));

	all = _mm_aesenc_si128(all, k[3]);
	all = _mm_aesenc_si128(all, k[1]);
	all = _mm_xor_si128(all, _mm_unpackhi_epi64(all, all));
	return (uint64_t)_mm_cvtsi128_si64(all);
}
#endif

#endif
