/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/cookie.h"

#include <endian.h>
#include <string.h>

enum {
	VERSION = 1,
	VERSION_OFF = 8, /* then three reserved octets */
	TIMESTAMP_OFF = 12,
	HASH_OFF = 16,
	ADDR_MAX = 16,
	NO_KEY = -1,
};

static uint64_t
load_le(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static void
store_le(uint8_t *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

struct hf_siphash_key
hf_cookie_key(const uint8_t secret[HF_COOKIE_SECRET_LEN])
{
	return (struct hf_siphash_key){{load_le(secret), load_le(secret + 8)}};
}

/* What stands before the hash: the client's cookie, then version, reserved octets and time. Words,
 * as they are stored: a packet's way is not to wait for what was just put together in memory. */
struct front {
	uint64_t client, made;
};

static struct front
front_of(const uint8_t *cookie)
{
	struct front f;

	memcpy(&f.client, cookie, sizeof(f.client));
	memcpy(&f.made, cookie + VERSION_OFF, sizeof(f.made));
	return f;
}

/* RFC 9018 4.4: all of the cookie before the hash, reserved octets as they are, and the address. */
static uint64_t
hash_of(const struct hf_siphash_key *key, struct front f, const struct hf_cookie_asker *a)
{
	uint64_t in[(HASH_OFF + ADDR_MAX) / 8] = {f.client, f.made};
	size_t addr_len = a->addr_len < ADDR_MAX ? a->addr_len : ADDR_MAX;

	memcpy(&in[HASH_OFF / 8], a->addr, addr_len);
	return hf_siphash(key, in, HASH_OFF + addr_len);
}

/* Seconds since it was made, negative for the future: serial arithmetic (RFC 1982), as the clock
 * goes round in 2106. */
static int32_t
age_of(const struct hf_cookie_asker *a)
{
	uint32_t stamp;

	memcpy(&stamp, a->cookie + TIMESTAMP_OFF, sizeof(stamp));
	return (int32_t)(a->now_s - be32toh(stamp));
}

/* The secret it was made with, or NO_KEY. */
static int
key_of(const struct hf_cookie_secrets *s, const struct hf_cookie_asker *a)
{
	if (a->cookie_len != HF_COOKIE_LEN || a->cookie[VERSION_OFF] != VERSION)
		return NO_KEY;

	int32_t age = age_of(a);
	uint64_t given = load_le(a->cookie + HASH_OFF);
	const struct front f = front_of(a->cookie);

	if (age > HF_COOKIE_VALID_S || age < -HF_COOKIE_FUTURE_S)
		return NO_KEY;
	for (unsigned i = 0; i < s->cnt; i++)
		if (hash_of(&s->key[i], f, a) == given)
			return (int)i;
	return NO_KEY;
}

static enum hf_cookie_state
state_of(const struct hf_cookie_asker *a, int key)
{
	if (key != NO_KEY)
		return HF_COOKIE_GOOD;
	return a->cookie_len == HF_COOKIE_CLIENT_LEN ? HF_COOKIE_LEARNING : HF_COOKIE_BAD;
}

enum hf_cookie_state
hf_cookie_check(const struct hf_cookie_secrets *s, const struct hf_cookie_asker *a)
{
	return state_of(a, key_of(s, a));
}

static void
make(const struct hf_cookie_secrets *s, const struct hf_cookie_asker *a, uint8_t out[HF_COOKIE_LEN])
{
	struct front f; /* the query's cookie may end with the client's */

	memcpy(&f.client, a->cookie, sizeof(f.client));
	f.made = htole64(VERSION | (uint64_t)le32toh(htobe32(a->now_s)) << 32);
	memcpy(out, &f.client, sizeof(f.client));
	memcpy(out + VERSION_OFF, &f.made, sizeof(f.made));
	store_le(out + HASH_OFF, hash_of(&s->key[0], f, a));
}

enum hf_cookie_state
hf_cookie_answer(
    const struct hf_cookie_secrets *s, const struct hf_cookie_asker *a, uint8_t out[HF_COOKIE_LEN])
{
	int key = key_of(s, a);

	if (key == 0 && age_of(a) <= HF_COOKIE_RENEW_S)
		memcpy(out, a->cookie, HF_COOKIE_LEN);
	else
		make(s, a, out);
	return state_of(a, key);
}
