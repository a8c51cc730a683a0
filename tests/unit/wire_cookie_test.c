/* SPDX-License-Identifier: BSD-3-Clause */
/* Server cookies against RFC 9018's vectors; their life by the clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "lib/wire/cookie.h"

struct vector {
	const char *secret, *addr, *came;
	uint32_t now_s;
	const char *reply;
};

/* RFC 9018 appendix A.1 to A.4. That of A.3 is older than an hour when it comes: new either way. */
static const struct vector vectors[] = {
    {"e5e973e5a6b2a43f48e7dc849e37bfcf", "198.51.100.100", "2464c4abcf10c957", 1559731985,
	"2464c4abcf10c957010000005cf79f111f8130c3eee29480"},
    {"e5e973e5a6b2a43f48e7dc849e37bfcf", "198.51.100.100",
	"2464c4abcf10c957010000005cf79f111f8130c3eee29480", 1559734385,
	"2464c4abcf10c957010000005cf7a871d4a564a1442aca77"},
    {"e5e973e5a6b2a43f48e7dc849e37bfcf", "203.0.113.203",
	"fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", 1559734700,
	"fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e"},
    {"445536bcd2513298075a5d379663c962", "2001:db8:220:1:59de:d0f4:8769:82b8",
	"22681ab97d52c298010000005cf7c57926556bd0934c72f8", 1559741961,
	"22681ab97d52c298010000005cf7c609a6bb79d16625507a"},
};

static size_t
unhex(const char *text, uint8_t *out)
{
	size_t len = strlen(text) / 2;

	for (size_t i = 0; i < len; i++) {
		char two[3] = {text[2 * i], text[2 * i + 1], '\0'};

		out[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return len;
}

static struct hf_siphash_key
key(const char *text)
{
	uint8_t secret[HF_COOKIE_SECRET_LEN];

	assert_int_equal(unhex(text, secret), sizeof(secret));
	return hf_cookie_key(secret);
}

struct asked {
	struct hf_cookie_asker a;
	uint8_t cookie[HF_COOKIE_OPTION_MAX], addr[16];
};

static void
ask(struct asked *q, const char *addr, const char *cookie, uint32_t now_s)
{
	int family = strchr(addr, ':') != NULL ? AF_INET6 : AF_INET;

	assert_int_equal(inet_pton(family, addr, q->addr), 1);
	q->a.addr = q->addr;
	q->a.addr_len = family == AF_INET6 ? 16 : 4;
	q->a.cookie_len = (uint8_t)unhex(cookie, q->cookie);
	q->a.cookie = q->cookie;
	q->a.now_s = now_s;
}

static void
cookies_are_those_of_the_rfc(void **state)
{
	(void)state;

	for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const struct vector *v = &vectors[i];
		struct hf_cookie_secrets s = {.cnt = 1, .key = {key(v->secret)}};
		uint8_t got[HF_COOKIE_LEN], want[HF_COOKIE_LEN];
		struct asked q;

		ask(&q, v->addr, v->came, v->now_s);
		(void)hf_cookie_answer(&s, &q.a, got);
		unhex(v->reply, want);
		assert_memory_equal(got, want, sizeof(want));
	}
}

static void
reserved_octets_are_hashed_as_they_came(void **state)
{
	(void)state;
	struct hf_cookie_secrets s = {.cnt = 1, .key = {key(vectors[2].secret)}};
	struct asked q;

	ask(&q, vectors[2].addr, vectors[2].came, 1559727985 + 60);
	assert_int_equal(hf_cookie_check(&s, &q.a), HF_COOKIE_GOOD);
	q.cookie[10] ^= 1;
	assert_int_equal(hf_cookie_check(&s, &q.a), HF_COOKIE_BAD);
}

static void
a_cookie_of_another_secret_in_force_is_good_and_replaced(void **state)
{
	(void)state;
	const struct vector *v = &vectors[3];
	struct hf_cookie_secrets s = {
	    .cnt = 2, .key = {key(v->secret), key("dd3bdf9344b678b185a6f5cb60fca715")}};
	uint8_t got[HF_COOKIE_LEN], want[HF_COOKIE_LEN];
	struct asked q;

	ask(&q, v->addr, v->came, v->now_s);
	assert_int_equal(hf_cookie_answer(&s, &q.a, got), HF_COOKIE_GOOD);
	unhex(v->reply, want);
	assert_memory_equal(got, want, sizeof(want));
	s.cnt = 1; /* the secret it was made with has gone */
	assert_int_equal(hf_cookie_check(&s, &q.a), HF_COOKIE_BAD);
}

static void
every_octet_and_the_address_count(void **state)
{
	(void)state;
	const struct vector *v = &vectors[0];
	struct hf_cookie_secrets s = {.cnt = 1, .key = {key(v->secret)}};
	struct asked q;

	for (unsigned i = 0; i < HF_COOKIE_LEN; i++) {
		ask(&q, v->addr, v->reply, v->now_s);
		assert_int_equal(hf_cookie_check(&s, &q.a), HF_COOKIE_GOOD);
		q.cookie[i] ^= 0x40;
		assert_int_equal(hf_cookie_check(&s, &q.a), HF_COOKIE_BAD);
	}
	ask(&q, "198.51.100.101", v->reply, v->now_s);
	assert_int_equal(hf_cookie_check(&s, &q.a), HF_COOKIE_BAD);
	ask(&q, v->addr, v->reply, v->now_s);
	q.a.cookie_len = HF_COOKIE_CLIENT_LEN;
	assert_int_equal(hf_cookie_check(&s, &q.a), HF_COOKIE_LEARNING);
	q.a.cookie_len = HF_COOKIE_LEN + 1; /* somebody else's longer one that begins like ours */
	assert_int_equal(hf_cookie_check(&s, &q.a), HF_COOKIE_BAD);
}

/* From five minutes ahead to an hour old, and new after half an hour; also where 32 bits end. */
static void
a_cookie_lives_an_hour_by_serial_arithmetic(void **state)
{
	(void)state;
	static const uint32_t made[] = {1559731985, 0, 100, UINT32_MAX - 100, UINT32_MAX, 1u << 31};
	static const struct {
		int32_t age;
		bool good, renewed;
	} t[] = {{0, true, false}, {1800, true, false}, {1801, true, true}, {3600, true, true},
	    {3601, false, true}, {-300, true, false}, {-301, false, true}, {INT32_MAX, false, true},
	    {INT32_MIN, false, true}};
	struct hf_cookie_secrets s = {.cnt = 1, .key = {key(vectors[0].secret)}};

	for (unsigned i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		uint8_t cookie[HF_COOKIE_LEN], got[HF_COOKIE_LEN];
		struct asked q;

		ask(&q, "192.0.2.1", "0102030405060708", made[i]);
		assert_int_equal(hf_cookie_answer(&s, &q.a, cookie), HF_COOKIE_LEARNING);
		memcpy(q.cookie, cookie, sizeof(cookie));
		q.a.cookie_len = sizeof(cookie);
		for (unsigned k = 0; k < sizeof(t) / sizeof(t[0]); k++) {
			q.a.now_s = made[i] + (uint32_t)t[k].age;
			enum hf_cookie_state st = hf_cookie_answer(&s, &q.a, got);

			assert_int_equal(st == HF_COOKIE_GOOD, t[k].good);
			assert_int_equal(memcmp(got, cookie, sizeof(got)) != 0, t[k].renewed);
		}
	}
}

static void
lengths_are_those_of_the_rfc(void **state)
{
	(void)state;

	for (size_t len = 0; len < 300; len++)
		assert_int_equal(hf_cookie_len_ok(len), len == 8 || (len >= 16 && len <= 40));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cookies_are_those_of_the_rfc),
	    cmocka_unit_test(reserved_octets_are_hashed_as_they_came),
	    cmocka_unit_test(a_cookie_of_another_secret_in_force_is_good_and_replaced),
	    cmocka_unit_test(every_octet_and_the_address_count),
	    cmocka_unit_test(a_cookie_lives_an_hour_by_serial_arithmetic),
	    cmocka_unit_test(lengths_are_those_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
