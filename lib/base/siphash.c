/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-2-4: Aumasson, Bernstein, "SipHash: a fast short-input PRF" (2012), 2. */
#include "lib/base/siphash.h"

#include <endian.h>
#include <string.h>

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static inline uint64_t
load_le(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return le64toh(w);
}

static inline void
sip_round(struct state *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 = rotl(s->v2, 32);
}

static inline void
compress(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

uint64_t
hf_siphash(const struct hf_siphash_key *key, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t last = (uint64_t)len << 56;
	struct state s = {
	    .v0 = key->k[0] ^ UINT64_C(0x736f6d6570736575),
	    .v1 = key->k[1] ^ UINT64_C(0x646f72616e646f6d),
	    .v2 = key->k[0] ^ UINT64_C(0x6c7967656e657261),
	    .v3 = key->k[1] ^ UINT64_C(0x7465646279746573),
	};

	for (; len >= 8; len -= 8, p += 8)
		compress(&s, load_le(p));
	if ((len & 4) != 0) { /* an IPv4 address in one go */
		uint32_t half;

		memcpy(&half, p, sizeof(half));
		last |= le32toh(half);
	}
	for (size_t i = len & 4; i < len; i++)
		last |= (uint64_t)p[i] << (8 * i);
	compress(&s, last);

	s.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
