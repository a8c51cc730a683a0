/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keyroll: the keys of a zone that rolls them, in few letters, for tests.
 *
 * Purpose   "ABz/A": a DNSKEY RRset of keys A and B and the zone's signing key, signed by A; a
 *           small letter a to d is that key revoked.
 * Roles     A test's only thread.
 * Memory    kr_fini frees the keys.
 * Blocking  Never.
 * Errors    Abort.
 * Trust     Nothing here reads input.
 */
#ifndef HF_TEST_KEYROLL_H
#define HF_TEST_KEYROLL_H

#include "tests/unit/support/va_signer.h"

enum { KR_KEYS = 4, KR_DAY_S = 86400 };

static struct va_signer kr_key[KR_KEYS], kr_zone_key; /* A to D; z */

static inline void
kr_init(void)
{
	for (unsigned i = 0; i < KR_KEYS; i++)
		va_signer_init(&kr_key[i], HF_ALG_ED25519, HF_DNSKEY_ZONE | HF_DNSKEY_SEP);
	va_signer_init(&kr_zone_key, HF_ALG_ED25519, HF_DNSKEY_ZONE);
}

static inline void
kr_fini(void)
{
	for (unsigned i = 0; i < KR_KEYS; i++)
		va_signer_fini(&kr_key[i]);
	va_signer_fini(&kr_zone_key);
}

static inline struct va_signer
kr_signer(char c)
{
	struct va_signer s = c == 'z' ? kr_zone_key : kr_key[(c | 0x20) - 'a'];

	if (c >= 'a' && c <= 'd')
		s.dnskey[1] |= HF_DNSKEY_REVOKE;
	return s;
}

static inline int
kr_cmp(const void *a, const void *b)
{
	const struct va_signer *x = a, *y = b;

	return memcmp(x->dnskey, y->dnskey, x->dnskey_len);
}

/* The keys before the slash, in canonical order. Returns how many. */
static inline unsigned
kr_keys(const char *text, struct va_signer out[2 * KR_KEYS + 1])
{
	unsigned cnt = 0;

	for (; *text != '/'; text++)
		out[cnt++] = kr_signer(*text);
	qsort(out, cnt, sizeof(out[0]), kr_cmp);
	return cnt;
}

/* Sign the set as a key with that letter would, for a day before now and life_s after it. */
static inline void
kr_sign(struct va_box *box, char c, int64_t now_s, uint32_t life_s)
{
	struct va_signer s = kr_signer(c);
	struct va_spec spec = va_spec_of(box, ".", ".", &s);

	spec.labels = 0;
	spec.inception = (uint32_t)now_s - KR_DAY_S;
	spec.expiration = (uint32_t)now_s + life_s;
	va_box_sign(box, &s, &spec);
}

/* The whole set of ".". */
static inline void
kr_set(struct va_box *box, const char *text, uint32_t ttl_s, int64_t now_s, uint32_t life_s)
{
	struct va_signer s[2 * KR_KEYS + 1];
	unsigned cnt = kr_keys(text, s);

	va_box_init(box, ".", HF_TYPE_DNSKEY, ttl_s);
	for (unsigned i = 0; i < cnt; i++)
		va_box_add(box, s[i].dnskey, s[i].dnskey_len);
	for (text = strchr(text, '/') + 1; *text != '\0'; text++)
		kr_sign(box, *text, now_s, life_s);
}

#endif
