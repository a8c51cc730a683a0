/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of va_result_to_text: what an operator reads at night. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/support/va_signer.h"

enum { TAG = 33834 };

static const char long_ip6[] = "2001:0db8:1234:5678:9abc:def0:1234:5678";

static struct va_result
result_of(enum va_reason reason, const char *owner, uint16_t type, uint8_t algorithm)
{
	return (struct va_result){
	    .verdict = HF_VERDICT_BOGUS,
	    .reason = reason,
	    .owner = va_name(owner),
	    .type = type,
	    .signer = va_name("other.example."),
	    .key_tag = TAG,
	    .algorithm = algorithm,
	    .inception = 951782399,
	    .expiration = 4294967295,
	};
}

static void
each_reason_names_what_is_at_fault_and_who_gave_it(void **state)
{
	static const struct {
		enum va_reason reason;
		const char *owner;
		uint16_t type;
		uint8_t algorithm, digest;
		const char *text;
	} cases[] = {
	    {VA_SIG_BAD, "a0d5d1p51kijsevll74k523htmq406bk.de.", HF_TYPE_NSEC3, 8, 0,
		"RRSIG NSEC3 a0d5d1p5....de keytag 33834 from 194.0.0.53: signature does not "
		"verify"},
	    {VA_SIG_BAD, "www.example.", HF_TYPE_A, 13, 0,
		"RRSIG A www.example keytag 33834 from 194.0.0.53: signature does not verify"},
	    {VA_SIG_BAD, ".", HF_TYPE_SOA, 13, 0,
		"RRSIG SOA . keytag 33834 from 194.0.0.53: signature does not verify"},
	    {VA_SIG_EXPIRED, "www.example.", HF_TYPE_A, 13, 0,
		"RRSIG A www.example keytag 33834 from 194.0.0.53: signature expired "
		"2106-02-07 06:28:15 UTC"},
	    {VA_SIG_NOT_YET, "www.example.", HF_TYPE_A, 13, 0,
		"RRSIG A www.example keytag 33834 from 194.0.0.53: signature not yet valid, but "
		"from "
		"2000-02-28 23:59:59 UTC"},
	    {VA_SIG_SIGNER, "www.example.", HF_TYPE_A, 13, 0,
		"RRSIG A www.example keytag 33834 from 194.0.0.53: signer is not the zone: "
		"other.example"},
	    {VA_SIG_SIGNER, "www.example.", HF_TYPE_A, 0, 0,
		"A www.example from 194.0.0.53: signer is not the zone"},
	    {VA_SIG_NO_KEY, "www.example.", HF_TYPE_A, 13, 0,
		"RRSIG A www.example keytag 33834 from 194.0.0.53: no DNSKEY with this tag and "
		"algorithm 13"},
	    {VA_SIG_NOT_VOUCHED, "example.", HF_TYPE_DNSKEY, 13, 0,
		"RRSIG DNSKEY example keytag 33834 from 194.0.0.53: not by a key that a DS or "
		"trust "
		"anchor names"},
	    {VA_SIG_NOT_ZONE_KEY, "example.", HF_TYPE_DNSKEY, 13, 2,
		"DS example keytag 33834 from 194.0.0.53: the key lacks the zone key bit"},
	    {VA_SIG_ALGORITHM, "www.example.", HF_TYPE_A, 12, 0,
		"RRSIG A www.example keytag 33834 from 194.0.0.53: algorithm 12 is not relied on"},
	    {VA_SIG_MISSING, "www.example.", HF_TYPE_A, 0, 0,
		"A www.example from 194.0.0.53: no RRSIG over the RRset"},
	    {VA_DS_NO_MATCH, "example.", HF_TYPE_DNSKEY, 13, 2,
		"DS example keytag 33834 from 194.0.0.53: no DNSKEY matches a DS or trust anchor"},
	    {VA_DS_NO_MATCH, ".", HF_TYPE_DNSKEY, 8, 0,
		"DNSKEY . keytag 33834 from 194.0.0.53: no DNSKEY matches a DS or trust anchor"},
	    {VA_DS_ALGORITHM, "example.", HF_TYPE_DNSKEY, 7, 2,
		"DS example keytag 33834 from 194.0.0.53: algorithm 7 is not relied on"},
	    {VA_DS_DIGEST, "example.", HF_TYPE_DNSKEY, 8, 1,
		"DS example keytag 33834 from 194.0.0.53: digest 1 is not relied on"},
	    {VA_KEYS_MISSING, "example.", HF_TYPE_DNSKEY, 0, 0,
		"DNSKEY example from 194.0.0.53: the zone's DNSKEY RRset could not be had"},
	    {VA_DENIAL_MISSING, "nx.example.", HF_TYPE_ANY, 0, 0,
		"nx.example from 194.0.0.53: no NSEC or NSEC3 proves that it is not there"},
	    {VA_DENIAL_WRONG, "www.example.", HF_TYPE_AAAA, 0, 0,
		"AAAA www.example from 194.0.0.53: NSEC or NSEC3 says otherwise"},
	    {VA_NSEC3_ITERATIONS, "nx.example.", HF_TYPE_ANY, 0, 0,
		"nx.example from 194.0.0.53: too many NSEC3 iterations in zone other.example"},
	};
	char buf[VA_TEXT_MIN];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct va_result r =
		    result_of(cases[i].reason, cases[i].owner, cases[i].type, cases[i].algorithm);

		r.digest = cases[i].digest;
		size_t len = va_result_to_text(&r, "194.0.0.53", buf, sizeof(buf));

		assert_int_equal(len, strlen(buf));
		assert_string_equal(buf, cases[i].text);
	}
}

static void
a_server_that_is_not_known_is_left_out(void **state)
{
	struct va_result r = result_of(VA_SIG_BAD, "www.example.", HF_TYPE_A, 13);
	char buf[VA_TEXT_MIN];

	(void)state;
	va_result_to_text(&r, NULL, buf, sizeof(buf));
	assert_string_equal(buf, "RRSIG A www.example keytag 33834: signature does not verify");
}

static void
long_names_give_way_in_the_middle_and_at_whole_labels(void **state)
{
	char label[64], name[300], buf[VA_TEXT_MIN];

	(void)state;
	memset(label, 'x', 63);
	label[63] = '\0';
	snprintf(name, sizeof(name), "host.%s.%s.%s.example.com.", label, label, label);
	struct va_result r = result_of(VA_SIG_BAD, name, HF_TYPE_A, 13);
	va_result_to_text(&r, long_ip6, buf, sizeof(buf));
	assert_non_null(strstr(buf, "RRSIG A host....example.com keytag 33834 from 2001:"));

	snprintf(name, sizeof(name), "%s.%s.%s.", label, label, label);
	r.owner = va_name(name);
	va_result_to_text(&r, NULL, buf, sizeof(buf));
	assert_non_null(strstr(buf, "RRSIG A xxxxxxxx....xxxxxx"));
	va_result_to_text(&r, long_ip6, buf, sizeof(buf));
	assert_non_null(strstr(buf, "RRSIG A xxxxxxxx... keytag 33834 from 2001:"));

	r.owner = va_name("\\001\\002\\003\\.z.example.");
	r.type = HF_TYPE_NSEC3; /* no escape is cut in two */
	va_result_to_text(&r, NULL, buf, sizeof(buf));
	assert_non_null(strstr(buf, "RRSIG NSEC3 \\001\\002....example keytag 33834:"));
}

static bool
is_printable(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

/* The longest owner and signer, of octets that need an escape each, the longest address. */
static void
no_reason_is_ever_cut(void **state)
{
	struct hf_name worst = {.len = HF_NAME_MAX, .label_cnt = 4};
	char whole[1200], buf[VA_TEXT_MIN];

	(void)state;
	for (unsigned i = 0, at = 0; i < 4; i++) {
		unsigned len = i < 3 ? 63 : 61;

		worst.octets[at] = (uint8_t)len;
		memset(worst.octets + at + 1, 0xff, len);
		at += len + 1;
	}
	for (int reason = 0; reason < VA_REASON_CNT; reason++) {
		struct va_result r = result_of((enum va_reason)reason, ".", UINT16_MAX, UINT8_MAX);

		r.digest = UINT8_MAX;
		r.signer = r.owner = worst;
		size_t len = va_result_to_text(&r, long_ip6, buf, sizeof(buf));
		va_result_to_text(&r, long_ip6, whole, sizeof(whole));
		assert_true(len < sizeof(buf) && strlen(buf) == len && is_printable(buf));
		assert_string_equal(strstr(buf, long_ip6), strstr(whole, long_ip6));
	}
}

static void
a_buffer_that_is_too_small_is_never_left(void **state)
{
	struct va_result r = result_of(VA_SIG_EXPIRED, "www.example.", HF_TYPE_NSEC3, 13);
	char buf[VA_TEXT_MIN];

	(void)state;
	for (size_t cap = 0; cap < sizeof(buf); cap++) {
		memset(buf, 'y', sizeof(buf));
		size_t len = va_result_to_text(&r, long_ip6, buf, cap);
		assert_true(cap == 0 ? len == 0 : len < cap && strlen(buf) == len);
		assert_int_equal(buf[cap], 'y');
	}
}

/* Against libc, a moment of each day until 2106. */
static void
dates_are_those_of_the_calendar(void **state)
{
	struct va_result r = result_of(VA_SIG_EXPIRED, ".", HF_TYPE_A, 13);
	char buf[VA_TEXT_MIN], date[64];

	(void)state;
	for (uint64_t s = 0; s <= UINT32_MAX; s += 86400 - 61) {
		time_t t = (time_t)s;
		struct tm tm;

		r.expiration = (uint32_t)s;
		va_result_to_text(&r, NULL, buf, sizeof(buf));
		assert_non_null(gmtime_r(&t, &tm));
		strftime(date, sizeof(date), " %Y-%m-%d %H:%M:%S UTC", &tm);
		assert_non_null(strstr(buf, date));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_reason_names_what_is_at_fault_and_who_gave_it),
	    cmocka_unit_test(a_server_that_is_not_known_is_left_out),
	    cmocka_unit_test(long_names_give_way_in_the_middle_and_at_whole_labels),
	    cmocka_unit_test(no_reason_is_ever_cut),
	    cmocka_unit_test(a_buffer_that_is_too_small_is_never_left),
	    cmocka_unit_test(dates_are_those_of_the_calendar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
