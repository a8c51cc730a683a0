/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/wire/rdata.c and text.c: the shapes of RDATA, bitmaps, codes as text. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/wire/rdata.h"

/* RDATA in every test stands behind these 24 octets: a header and a name at 12. */
static const char front[] = "\0\0\0\0\0\0\0\0\0\0\0\0\3Www\2dE\0...";
enum { FRONT_LEN = sizeof(front) - 1 };

static uint8_t out[HF_RDATA_MAX];

/* Expand RDATA of type, in memory of exactly its length; who only checks it says the same. */
static ssize_t
expand(uint16_t type, const void *rdata, size_t len, size_t cap)
{
	uint8_t *msg = malloc(FRONT_LEN + len);
	struct hf_rr rr = {
	    .type = type, .klass = HF_CLASS_IN, .rdata_off = FRONT_LEN, .rdata_len = (uint16_t)len};

	assert_non_null(msg);
	memcpy(msg, front, FRONT_LEN);
	if (len > 0)
		memcpy(msg + FRONT_LEN, rdata, len);
	ssize_t n = hf_rdata_expand(msg, FRONT_LEN + len, &rr, out, cap);

	if (n != -ENOSPC)
		assert_int_equal(hf_rdata_check(msg, FRONT_LEN + len, &rr), n < 0 ? -EBADMSG : 0);
	free(msg);
	return n;
}

/* Canonical form of a copy of exact length: 0 or -EBADMSG; the result is in out. */
static int
canonical(uint16_t type, const void *rdata, size_t len)
{
	uint8_t *copy = malloc(len + (len == 0));

	assert_non_null(copy);
	if (len > 0)
		memcpy(copy, rdata, len);
	int rc = hf_rdata_canonical(type, copy, len);

	memcpy(out, copy, len);
	free(copy);
	return rc;
}

struct octets {
	uint16_t type;
	const char *data;
	uint16_t len;
};
#define O(type, s)                     \
	{                              \
		type, s, sizeof(s) - 1 \
	}

#define SIG_FIXED "\0\1\x08\2\0\0\0\x3c\x70\0\0\0\x60\0\0\0\0\5"
#define SOA_FIXED "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"
#define LEN16     "0123456789abcdef"

/* One whole RDATA of every type that has a shape, uncompressed. */
static const struct octets good[] = {
    O(HF_TYPE_A, "\1\2\3\4"),
    O(HF_TYPE_NS, "\1N\0"),
    O(HF_TYPE_MD, "\1N\0"),
    O(HF_TYPE_MF, "\1N\0"),
    O(HF_TYPE_CNAME, "\0"),
    O(HF_TYPE_SOA, "\1N\0\1H\0" SOA_FIXED),
    O(HF_TYPE_MB, "\1N\0"),
    O(HF_TYPE_MG, "\1N\0"),
    O(HF_TYPE_MR, "\1N\0"),
    O(HF_TYPE_NULL, ""),
    O(11, "\1\2\3\4\6"),
    O(HF_TYPE_PTR, "\1N\0"),
    O(HF_TYPE_HINFO, "\1A\0"),
    O(HF_TYPE_MINFO, "\1N\0\1M\0"),
    O(HF_TYPE_MX, "\0\1\1N\0"),
    O(HF_TYPE_TXT, "\3Abc\0\1D"),
    O(HF_TYPE_RP, "\1N\0\1M\0"),
    O(HF_TYPE_AFSDB, "\0\1\1N\0"),
    O(19, "\1A"),
    O(20, "\1A\1B"),
    O(HF_TYPE_RT, "\0\1\1N\0"),
    O(HF_TYPE_SIG, SIG_FIXED "\1N\0SIG"),
    O(HF_TYPE_KEY, "\1\0\3\5KEY"),
    O(HF_TYPE_PX, "\0\1\1N\0\1M\0"),
    O(27, "\1A\1B\1C"),
    O(HF_TYPE_AAAA, LEN16),
    O(HF_TYPE_NXT, "\1N\0\x40"),
    O(HF_TYPE_SRV, "\0\1\0\2\0\3\1N\0"),
    O(HF_TYPE_NAPTR, "\0\1\0\2\1U\1S\0\1N\0"),
    O(HF_TYPE_KX, "\0\1\1N\0"),
    O(37, "\0\1\0\2\3"),
    O(HF_TYPE_A6, "\0" LEN16),
    O(HF_TYPE_A6,
	"\x40"
	"01234567\1N\0"),
    O(HF_TYPE_A6, "\x80\1N\0"),
    O(HF_TYPE_DNAME, "\1N\0"),
    O(HF_TYPE_OPT, "\0\3\0\0\0\x0a\0\2Co"),
    O(HF_TYPE_DS, "\0\1\x08\2D"),
    O(44, "\1\1"),
    O(HF_TYPE_RRSIG, SIG_FIXED "\1N\0S"),
    O(HF_TYPE_NSEC, "\1N\0\0\1\x40"),
    O(HF_TYPE_NSEC, "\1N\0"),
    O(HF_TYPE_DNSKEY, "\1\1\3\x0dK"),
    O(HF_TYPE_NSEC3, "\1\1\0\5\2Sa\3Has\0\1\x40"),
    O(HF_TYPE_NSEC3, "\1\0\0\0\0\1H"),
    O(HF_TYPE_NSEC3PARAM, "\1\0\0\5\0"),
    O(52, "\3\1\1D"),
    O(53, "\3\1\1D"),
    O(59, "\0\0\0\0\0"),
    O(60, "\0\0\3\0\0"),
    O(62, "\0\0\0\1\0\3\0\1\x40"),
    O(63, "\0\0\0\1\1\1D"),
    O(HF_TYPE_SVCB, "\0\1\1N\0\0\1\0\3\2h2\0\3\0\2\0\x35"),
    O(HF_TYPE_HTTPS, "\0\0\1N\0"),
    O(99, "\1A"),
    O(104,
	"\0\1"
	"01234567"),
    O(105,
	"\0\1"
	"0123"),
    O(106,
	"\0\1"
	"01234567"),
    O(107, "\0\1\1N\0"),
    O(108, "012345"),
    O(109, "01234567"),
    O(256, "\0\1\0\1U"),
    O(257, "\0\5issueCA"),
    O(65280, "Any\xc0"),
    O(65280, ""),
};
enum { GOOD_CNT = sizeof(good) / sizeof(good[0]) };

static void
whole_rdata_of_every_type_expands_to_itself(void **state)
{
	(void)state;
	for (unsigned i = 0; i < GOOD_CNT; i++) {
		if (expand(good[i].type, good[i].data, good[i].len, sizeof(out)) != good[i].len)
			fail_msg("type %u, line %u", good[i].type, i);
		assert_memory_equal(out, good[i].data, good[i].len);
		assert_int_equal(canonical(good[i].type, good[i].data, good[i].len), 0);
	}
}

/* True when RDATA of this type may be anything from a certain length on. */
static bool
may_be_longer(const struct octets *o)
{
	static const uint16_t open_ended[] = {HF_TYPE_NULL, 11, HF_TYPE_TXT, 20, HF_TYPE_SIG,
	    HF_TYPE_KEY, HF_TYPE_NXT, 37, HF_TYPE_DS, 44, HF_TYPE_RRSIG, HF_TYPE_DNSKEY, 52, 53, 59,
	    60, 63, 99, 256, 257, 65280};

	for (size_t i = 0; i < sizeof(open_ended) / sizeof(open_ended[0]); i++)
		if (open_ended[i] == o->type)
			return true;
	return false;
}

static void
one_octet_too_many_is_refused_where_the_shape_is_closed(void **state)
{
	(void)state;
	uint8_t longer[64] = {0};

	for (unsigned i = 0; i < GOOD_CNT; i++) {
		memcpy(longer, good[i].data, good[i].len);
		longer[good[i].len] = 0;
		ssize_t n = expand(good[i].type, longer, good[i].len + 1u, sizeof(out));
		ssize_t want = may_be_longer(&good[i]) ? good[i].len + 1 : -EBADMSG;

		if (n != want)
			fail_msg("type %u, line %u", good[i].type, i);
		assert_int_equal(
		    canonical(good[i].type, longer, good[i].len + 1u), want < 0 ? -EBADMSG : 0);
	}
}

static void
rdata_that_ends_too_early_is_refused(void **state)
{
	(void)state;
	static const struct octets bad[] = {
	    O(HF_TYPE_A, ""), O(HF_TYPE_A, "\1\2\3"), O(HF_TYPE_AAAA, "0123456789abcde"),
	    O(HF_TYPE_NS, ""), O(HF_TYPE_NS, "\1N"), O(HF_TYPE_MX, "\0"), O(HF_TYPE_MX, "\0\1"),
	    O(HF_TYPE_SOA,
		"\1N\0\1H\0"
		"\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0"),
	    O(HF_TYPE_HINFO, "\1A"), O(HF_TYPE_TXT, ""), O(HF_TYPE_TXT, "\4abc"),
	    O(HF_TYPE_TXT, "\1a\1"), O(HF_TYPE_SRV, "\0\1\0\2\0\3"), O(HF_TYPE_DS, "\0\1\x08\2"),
	    O(HF_TYPE_DNSKEY, "\1\1\3\x0d"), O(HF_TYPE_RRSIG, SIG_FIXED),
	    O(HF_TYPE_RRSIG, SIG_FIXED "\1N\0"), O(HF_TYPE_NSEC, "\1N\0\0\1"),
	    O(HF_TYPE_NSEC3, "\1\1\0\5\2Sa\0"), O(HF_TYPE_NSEC3, "\1\1\0\5\2Sa\3Ha"),
	    O(HF_TYPE_NSEC3, "\1\1\0\5\xffSa"), O(HF_TYPE_NSEC3PARAM, "\1\0\0\5"),
	    O(HF_TYPE_NSEC3PARAM, "\1\0\0\5\1"), O(HF_TYPE_NAPTR, "\0\1\0\2\1U\1S"),
	    O(257, "\0\0value"), O(257, "\0"), O(256, "\0\1\0\1"), O(HF_TYPE_A6, ""),
	    O(HF_TYPE_A6,
		"\x40"
		"01234567"),
	    O(HF_TYPE_A6, "\x81\1N\0"), O(HF_TYPE_A6, "\0" LEN16 "\1N\0"), O(HF_TYPE_OPT, "\0\3\0"),
	    O(HF_TYPE_OPT, "\0\3\0\1"), O(HF_TYPE_SVCB, "\0\1\1N\0\0\1\0\4\2h2"),
	    O(HF_TYPE_SVCB, "\0\1\1N\0\0\1\0"),
	    O(HF_TYPE_SVCB, "\0\1\1N\0\0\3\0\0\0\1\0\0"), /* keys fall, RFC 9460 2.2 */
	    O(HF_TYPE_SVCB, "\0\1\1N\0\0\3\0\0\0\3\0\0"), /* a key twice */
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (expand(bad[i].type, bad[i].data, bad[i].len, sizeof(out)) != -EBADMSG)
			fail_msg("type %u, line %zu", bad[i].type, i);
		assert_int_equal(canonical(bad[i].type, bad[i].data, bad[i].len), -EBADMSG);
		assert_memory_equal(out, bad[i].data, bad[i].len);
	}
}

#define PTR "\xc0\x0c" /* Www.dE. */
#define WWW "\3Www\2dE\0"

/* RDATA with a pointer in it, and what it expands to; NULL: refused. */
static void
names_are_decompressed_only_where_rfc_3597_4_lets_them_be_compressed(void **state)
{
	(void)state;
	static const struct {
		struct octets in, want;
	} cases[] = {
	    {O(HF_TYPE_NS, PTR), O(0, WWW)},
	    {O(HF_TYPE_MD, PTR), O(0, WWW)},
	    {O(HF_TYPE_MF, PTR), O(0, WWW)},
	    {O(HF_TYPE_CNAME, "\1a" PTR), O(0, "\1a" WWW)},
	    {O(HF_TYPE_SOA, PTR "\1h\xc0\x10" SOA_FIXED), O(0, WWW "\1h\2dE\0" SOA_FIXED)},
	    {O(HF_TYPE_MB, PTR), O(0, WWW)},
	    {O(HF_TYPE_MG, PTR), O(0, WWW)},
	    {O(HF_TYPE_MR, PTR), O(0, WWW)},
	    {O(HF_TYPE_PTR, PTR), O(0, WWW)},
	    {O(HF_TYPE_MINFO, PTR PTR), O(0, WWW WWW)},
	    {O(HF_TYPE_MX, "\0\1" PTR), O(0, "\0\1" WWW)},
	    {O(HF_TYPE_RP, PTR PTR), O(0, WWW WWW)},
	    {O(HF_TYPE_AFSDB, "\0\1" PTR), O(0, "\0\1" WWW)},
	    {O(HF_TYPE_RT, "\0\1" PTR), O(0, "\0\1" WWW)},
	    {O(HF_TYPE_SIG, SIG_FIXED PTR "S"), O(0, SIG_FIXED WWW "S")},
	    {O(HF_TYPE_PX, "\0\1" PTR PTR), O(0, "\0\1" WWW WWW)},
	    {O(HF_TYPE_NXT, PTR "\x40"), O(0, WWW "\x40")},
	    {O(HF_TYPE_SRV, "\0\1\0\2\0\3" PTR), O(0, "\0\1\0\2\0\3" WWW)},
	    {O(HF_TYPE_NAPTR, "\0\1\0\2\0\0\0" PTR), O(0, "\0\1\0\2\0\0\0" WWW)},
	    {O(HF_TYPE_KX, "\0\1" PTR), {0}},
	    {O(HF_TYPE_DNAME, PTR), {0}},
	    {O(HF_TYPE_A6, "\x80" PTR), {0}},
	    {O(HF_TYPE_RRSIG, SIG_FIXED PTR "S"), {0}},
	    {O(HF_TYPE_NSEC, PTR "\0\1\x40"), {0}},
	    {O(HF_TYPE_SVCB, "\0\1" PTR), {0}},
	    {O(HF_TYPE_HTTPS, "\0\1" PTR), {0}},
	    {O(107, "\0\1" PTR), {0}},
	    {O(65280, PTR), O(0, PTR)},
	    {O(HF_TYPE_NULL, PTR), O(0, PTR)},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct octets *in = &cases[i].in, *want = &cases[i].want;
		ssize_t n = expand(in->type, in->data, in->len, sizeof(out));

		if (n != (want->data == NULL ? -EBADMSG : want->len))
			fail_msg("type %u: %zd", in->type, n);
		if (n > 0)
			assert_memory_equal(out, want->data, want->len);
	}
}

static void
a_name_may_not_reach_past_its_rdata(void **state)
{
	(void)state;
	/* The message goes on behind RDLENGTH with what would complete the name. */
	static const uint8_t msg[] = "\1N\0";
	struct hf_rr rr = {.type = HF_TYPE_NS, .rdata_off = 0, .rdata_len = 2};

	assert_int_equal(hf_rdata_expand(msg, 3, &rr, out, sizeof(out)), -EBADMSG);
	rr.rdata_len = 3;
	assert_int_equal(hf_rdata_expand(msg, 3, &rr, out, sizeof(out)), 3);
	rr.rdata_len = 4; /* records that hf_rr_read did not make */
	assert_int_equal(hf_rdata_expand(msg, 3, &rr, out, sizeof(out)), -EBADMSG);
	rr.rdata_off = 70000;
	rr.rdata_len = 0;
	assert_int_equal(hf_rdata_expand(msg, 3, &rr, out, sizeof(out)), -EBADMSG);
}

static void
expansion_stops_at_the_end_of_the_buffer(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < 10; cap++) {
		memset(out, 0xa5, sizeof(out));
		ssize_t n = expand(HF_TYPE_MX, "\0\1" PTR, 4, cap);

		assert_int_equal(n, -ENOSPC);
		assert_int_equal(out[cap], 0xa5);
	}
	assert_int_equal(expand(HF_TYPE_MX, "\0\1" PTR, 4, 10), 10);
}

/* RFC 4034 6.2 as corrected by RFC 6840 5.1: everything in good[] has capitals, and these
 * are the types whose names lose them. */
static void
names_are_lowered_where_the_canonical_form_says_so(void **state)
{
	(void)state;
	static const uint16_t lowered[] = {HF_TYPE_NS, HF_TYPE_MD, HF_TYPE_MF, HF_TYPE_SOA,
	    HF_TYPE_MB, HF_TYPE_MG, HF_TYPE_MR, HF_TYPE_PTR, HF_TYPE_MINFO, HF_TYPE_MX, HF_TYPE_RP,
	    HF_TYPE_AFSDB, HF_TYPE_RT, HF_TYPE_SIG, HF_TYPE_PX, HF_TYPE_NXT, HF_TYPE_SRV,
	    HF_TYPE_NAPTR, HF_TYPE_KX, HF_TYPE_A6, HF_TYPE_DNAME, HF_TYPE_RRSIG};

	for (unsigned i = 0; i < GOOD_CNT; i++) {
		uint8_t want[64];
		bool is_lowered = false;

		memcpy(want, good[i].data, good[i].len);
		for (size_t k = 0; k < sizeof(lowered) / sizeof(lowered[0]); k++)
			is_lowered |= lowered[k] == good[i].type;
		for (unsigned k = 0; is_lowered && k + 1 < good[i].len; k++)
			if (want[k] == 1 && memchr("NMH", want[k + 1], 3) != NULL)
				want[k + 1] |= 0x20; /* the labels N, M and H are in names only */
		assert_int_equal(canonical(good[i].type, good[i].data, good[i].len), 0);
		if (memcmp(out, want, good[i].len) != 0)
			fail_msg("type %u, line %u", good[i].type, i);
	}
}

static void
canonical_rdata_is_uncompressed(void **state)
{
	(void)state;
	assert_int_equal(canonical(HF_TYPE_NS, "\1a\xc0\0", 4), -EBADMSG);
	assert_int_equal(canonical(HF_TYPE_SRV, "\0\1\0\2\0\3\xc0\0", 8), -EBADMSG);
}

static void
refused_rdata_is_left_as_it_was(void **state)
{
	(void)state;
	assert_int_equal(canonical(HF_TYPE_SOA, "\1N\0\1H\0" SOA_FIXED "!", 27), -EBADMSG);
	assert_memory_equal(out, "\1N\0\1H\0" SOA_FIXED "!", 27);
}

static void
rdata_is_ordered_as_octet_strings(void **state)
{
	(void)state;
	static const struct octets order[] = {
	    O(0, ""),
	    O(0, "\0"),
	    O(0, "\0\0"),
	    O(0, "\0\1"),
	    O(0, "\1"),
	    O(0, "\x7f\xff"),
	    O(0, "\x80"),
	    O(0, "\xff"),
	};
	const int cnt = sizeof(order) / sizeof(order[0]);

	for (int i = 0; i < cnt; i++)
		for (int j = 0; j < cnt; j++) {
			int d = hf_rdata_cmp((const uint8_t *)order[i].data, order[i].len,
			    (const uint8_t *)order[j].data, order[j].len);

			assert_int_equal((d > 0) - (d < 0), (i > j) - (i < j));
		}
}

static void
the_bitmap_of_rfc_4034_4_3_holds_what_it_says(void **state)
{
	(void)state;
	/* A MX RRSIG NSEC TYPE1234 */
	static const uint8_t map[] =
	    "\x00\x06\x40\x01\x00\x00\x00\x03"
	    "\x04\x1b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x20";
	const size_t len = sizeof(map) - 1;

	assert_int_equal(len, 8 + 2 + 27);
	assert_true(hf_bitmap_ok(map, len));
	for (unsigned type = 0; type < 65536; type++) {
		bool want = type == 1 || type == 15 || type == 46 || type == 47 || type == 1234;

		assert_int_equal(hf_bitmap_has(map, len, (uint16_t)type), want);
	}
}

static void
malformed_bitmaps_hold_nothing(void **state)
{
	(void)state;
	static const struct octets bad[] = {
	    O(0, "\0"), O(0, "\0\1"), O(0, "\0\0"), O(0, "\0\2\x40"),
	    O(0, "\0\1\x40\0\1\x40"), /* the same window twice */
	    O(0, "\1\1\x40\0\1\x40"), /* windows fall */
	    O(0, "\0\2\x40\0"),       /* ends in a zero octet, RFC 4034 4.1.2 */
	    O(0, "\0\1\x40\1"), O(0, "\0\1\x40\1\0"), O(0, "\0\1\x40\1\1"),
	    O(0, "\0\x21\x40" LEN16 LEN16), /* 33 octets in a window */
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t *copy = malloc(bad[i].len);

		assert_non_null(copy);
		memcpy(copy, bad[i].data, bad[i].len);
		assert_false(hf_bitmap_ok(copy, bad[i].len));
		assert_false(hf_bitmap_has(copy, bad[i].len, HF_TYPE_A));
		free(copy);
	}
	assert_true(hf_bitmap_ok(NULL, 0)); /* an NSEC3 of an empty non-terminal */
	assert_false(hf_bitmap_has(NULL, 0, HF_TYPE_A));
	assert_true(hf_bitmap_ok((const uint8_t *)"\0\x20" LEN16 LEN16, 34));
}

static void
every_type_reads_back_from_its_text(void **state)
{
	(void)state;
	char buf[HF_TYPE_TEXT_LEN];
	unsigned named = 0;

	for (unsigned type = 0; type < 65536; type++) {
		uint16_t again = (uint16_t)~type;

		hf_type_to_text((uint16_t)type, buf);
		named += strncmp(buf, "TYPE", 4) != 0;
		assert_int_equal(hf_type_from_text(buf, &again), 0);
		assert_int_equal(again, type);
		snprintf(buf, sizeof(buf), "tYpE%u", type);
		assert_int_equal(hf_type_from_text(buf, &again), 0);
		assert_int_equal(again, type);
	}
	assert_true(named > 60);
}

static void
types_are_known_by_their_registry_names(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint16_t type;
	} cases[] = {
	    {"a", 1},
	    {"NS", 2},
	    {"Cname", 5},
	    {"SOA", 6},
	    {"AAAA", 28},
	    {"DS", 43},
	    {"RRSIG", 46},
	    {"NSEC3PARAM", 51},
	    {"TLSA", 52},
	    {"HTTPS", 65},
	    {"ANY", 255},
	    {"CAA", 257},
	    {"TYPE65280", 65280},
	};
	static const char *const bad[] = {"", "AA", "TYPE", "TYPE65536", "TYPE-1", "TYPE1x",
	    "TYPE 1", "A ", "99", "TYPE99999999999999999999"};
	uint16_t type = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(hf_type_from_text(bad[i], &type), -EINVAL);
	assert_int_equal(type, 7);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(hf_type_from_text(cases[i].text, &type), 0);
		assert_int_equal(type, cases[i].type);
	}
}

static void
codes_have_texts_and_unknown_codes_do_not_crash(void **state)
{
	(void)state;
	assert_string_equal(hf_rcode_to_text(HF_RCODE_SERVFAIL), "SERVFAIL");
	assert_string_equal(hf_rcode_to_text(HF_RCODE_BADVERS), "BADVERS");
	assert_string_equal(hf_rcode_to_text(12), "unknown RCODE");
	assert_string_equal(hf_rcode_to_text(4000000000u), "unknown RCODE");
	assert_string_equal(hf_ede_to_text(HF_EDE_BOGUS), "DNSSEC Bogus");
	assert_string_equal(
	    hf_ede_to_text(HF_EDE_NO_REACHABLE_AUTHORITY), "No Reachable Authority");
	assert_string_equal(hf_ede_to_text(HF_EDE_NONE), "");
	assert_string_equal(hf_ede_to_text(31), "");
}

static void
meta_types_are_those_of_rfc_6895_3_1(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 65536; type++)
		assert_int_equal(hf_type_is_meta((uint16_t)type),
		    type == 0 || type == 41 || (type > 127 && type < 256));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole_rdata_of_every_type_expands_to_itself),
	    cmocka_unit_test(one_octet_too_many_is_refused_where_the_shape_is_closed),
	    cmocka_unit_test(rdata_that_ends_too_early_is_refused),
	    cmocka_unit_test(names_are_decompressed_only_where_rfc_3597_4_lets_them_be_compressed),
	    cmocka_unit_test(a_name_may_not_reach_past_its_rdata),
	    cmocka_unit_test(expansion_stops_at_the_end_of_the_buffer),
	    cmocka_unit_test(names_are_lowered_where_the_canonical_form_says_so),
	    cmocka_unit_test(canonical_rdata_is_uncompressed),
	    cmocka_unit_test(refused_rdata_is_left_as_it_was),
	    cmocka_unit_test(rdata_is_ordered_as_octet_strings),
	    cmocka_unit_test(the_bitmap_of_rfc_4034_4_3_holds_what_it_says),
	    cmocka_unit_test(malformed_bitmaps_hold_nothing),
	    cmocka_unit_test(every_type_reads_back_from_its_text),
	    cmocka_unit_test(types_are_known_by_their_registry_names),
	    cmocka_unit_test(codes_have_texts_and_unknown_codes_do_not_crash),
	    cmocka_unit_test(meta_types_are_those_of_rfc_6895_3_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
