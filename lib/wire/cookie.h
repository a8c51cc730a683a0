/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cookie: DNS cookies for clients: who got one at an address shows that it receives there.
 *
 * Purpose   Server cookies of RFC 9018 (version 1, SipHash-2-4): every instance that knows the
 *           secrets makes and accepts the same ones. The cookies we send to servers:
 *           controlplane/resolver/cookie.h.
 * Roles     Any thread; secrets are constant once published.
 * Memory    The caller's.
 * Blocking  Never. Time is an argument: seconds of the wall clock, which may jump.
 * Errors    enum hf_cookie_state.
 * Trust     The option is hostile, its length was checked (RFC 7873 5.2.2).
 */
#ifndef HF_WIRE_COOKIE_H
#define HF_WIRE_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/siphash.h"

enum {
	HF_COOKIE_CLIENT_LEN = 8,  /* RFC 7873 4 */
	HF_COOKIE_LEN = 24,        /* the client's and ours, RFC 9018 4 */
	HF_COOKIE_OPTION_MIN = 16, /* both cookies, whoever made the second: RFC 7873 4.2 */
	HF_COOKIE_OPTION_MAX = 40,
	HF_COOKIE_SECRET_LEN = 16,
	HF_COOKIE_SECRET_MAX = 3, /* in use, and those before and after it: RFC 9018 5 */
	HF_COOKIE_VALID_S = 3600, /* RFC 9018 4.3, as the two below */
	HF_COOKIE_RENEW_S = 1800,
	HF_COOKIE_FUTURE_S = 300,
};

struct hf_cookie_secrets {
	unsigned cnt;  /* 0: no cookies, the option is ignored */
	bool required; /* a UDP query with a client cookie alone, or a bad one, gets BADCOOKIE */
	struct hf_siphash_key key[HF_COOKIE_SECRET_MAX]; /* the first makes, all are accepted */
};

/* A query's option and where it came from. */
struct hf_cookie_asker {
	const uint8_t *cookie; /* COOKIE option */
	const uint8_t *addr;   /* source address */
	uint8_t cookie_len;    /* 8, or 16 to 40 */
	uint8_t addr_len;      /* 4 or 16 */
	uint32_t now_s;        /* wall clock, low 32 bits */
};

enum hf_cookie_state {
	HF_COOKIE_LEARNING, /* a client cookie alone */
	HF_COOKIE_BAD,      /* with a server cookie that is not ours, or not of the last hour */
	HF_COOKIE_GOOD,
};

/* RFC 7873 4: a client cookie alone or with a server cookie of 8 to 32 octets. */
static inline bool
hf_cookie_len_ok(size_t len)
{
	return len == HF_COOKIE_CLIENT_LEN ||
	    (len >= HF_COOKIE_OPTION_MIN && len <= HF_COOKIE_OPTION_MAX);
}

/* 16 octets, as they are written in the file of secrets. */
struct hf_siphash_key hf_cookie_key(const uint8_t secret[HF_COOKIE_SECRET_LEN]);

enum hf_cookie_state
hf_cookie_check(const struct hf_cookie_secrets *s, const struct hf_cookie_asker *a);

/* What the reply's option says: the cookie that came if it is good, by the secret in use, and not
 * older than half an hour; else a new one. s->cnt > 0. */
enum hf_cookie_state hf_cookie_answer(
    const struct hf_cookie_secrets *s, const struct hf_cookie_asker *a, uint8_t out[HF_COOKIE_LEN]);

#endif
