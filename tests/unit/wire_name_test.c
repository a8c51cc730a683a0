/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/wire/name.c: hostile octets, text, order, cutting. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/wire/name.h"

static struct hf_name
name(const char *text)
{
	struct hf_name n;

	assert_int_equal(hf_name_from_text(text, &n), 0);
	return n;
}

/* Reads a name at off of msg, copied to memory of exactly len octets so that ASan sees
 * every octet read too many. True when it was read; *end is where the cursor stood. */
static bool
read_at(const void *msg, size_t len, uint32_t off, struct hf_name *n, uint32_t *end)
{
	uint8_t *copy = malloc(len + (len == 0));
	struct hf_cursor c, skip;

	assert_non_null(copy);
	memcpy(copy, msg, len);
	hf_cursor_init(&c, copy, len);
	c.off = off;
	skip = c;
	hf_name_read(&c, n);
	hf_name_skip(&skip);
	assert_int_equal(hf_cursor_ok(&c), hf_cursor_ok(&skip));
	assert_int_equal(c.off, skip.off);
	if (end != NULL)
		*end = c.off;
	free(copy);
	return hf_cursor_ok(&c);
}

/* The name at off is refused, and what was in *n before is still there. */
static void
refused(const void *msg, size_t len, uint32_t off)
{
	struct hf_name n, before;

	memset(&n, 0xa5, sizeof(n));
	before = n;
	assert_false(read_at(msg, len, off, &n, NULL));
	assert_memory_equal(&n, &before, sizeof(n));
}

#define REFUSED(octets, off) refused(octets, sizeof(octets) - 1, off)

static void
a_pointer_to_itself_is_refused(void **state)
{
	(void)state;
	REFUSED("\xc0\x00", 0);
	REFUSED("\0\0\0\0\xc0\x04", 4);
	REFUSED("\0\0\0\0\1a\xc0\x04", 4);
	REFUSED("\0\0\0\0\1a\xc0\x06", 4);
}

static void
a_loop_of_two_pointers_is_refused(void **state)
{
	(void)state;
	REFUSED("\xc0\x02\xc0\x00", 0);
	REFUSED("\xc0\x02\xc0\x00", 2);
	REFUSED("\1a\xc0\x06\1b\xc0\x00", 4);
}

static void
a_forward_pointer_is_refused(void **state)
{
	(void)state;
	REFUSED("\xc0\x02\1a\0", 0);
	REFUSED("\1a\xc0\x04\1b\0", 0);
	REFUSED("\xc0\x04..\1a\0\xc0\x00", 7); /* backwards, and then forward again */
}

static void
a_pointer_past_the_end_is_refused(void **state)
{
	(void)state;
	REFUSED("\1a\0\xc0\x05", 3);
	REFUSED("\1a\0\xff\xff", 3);
	REFUSED("\1a\0\xc0", 3); /* its second octet is missing */
}

static void
a_pointer_into_its_own_name_is_refused(void **state)
{
	(void)state;
	/* "a.b." and then a pointer to b: b.b.b... for ever. */
	REFUSED("\1a\1b\xc0\x02", 0);
	/* The same through an earlier part. */
	REFUSED("\1x\1a\1b\xc0\x02\xc0\x02", 8);
}

static void
a_label_past_the_end_is_refused(void **state)
{
	(void)state;
	REFUSED("", 0);
	REFUSED("\3ab", 0);
	REFUSED("\x3f", 0);
	REFUSED("\3abc", 0); /* whole label, but nothing behind it */
}

static void
a_name_that_never_ends_is_refused(void **state)
{
	(void)state;
	char octets[400];

	for (size_t i = 0; i < sizeof(octets); i += 2)
		memcpy(octets + i, "\1a", 2);
	refused(octets, 8, 0);
	refused(octets, sizeof(octets), 0);
}

static void
label_types_01_and_10_are_refused(void **state)
{
	(void)state;
	char octets[300] = {0};

	for (unsigned type = 64; type < 192; type++) {
		octets[0] = (char)type;
		refused(octets, sizeof(octets), 0);
	}
}

static void
a_name_of_255_octets_is_read_and_of_256_refused(void **state)
{
	(void)state;
	uint8_t octets[300] = {0};
	struct hf_name n;
	uint32_t end;

	for (unsigned i = 0; i < 3; i++)
		octets[i * 64] = 63;
	octets[192] = 61;
	assert_true(read_at(octets, 255, 0, &n, &end));
	assert_int_equal(n.len, 255);
	assert_int_equal(n.label_cnt, 4);
	assert_int_equal(end, 255);
	octets[192] = 62;
	refused(octets, 256, 0);
}

static void
a_name_of_127_labels_is_read(void **state)
{
	(void)state;
	uint8_t octets[255] = {0};
	struct hf_name n;

	for (unsigned i = 0; i < 254; i += 2)
		memcpy(octets + i, "\1x", 2);
	assert_true(read_at(octets, 255, 0, &n, NULL));
	assert_int_equal(n.label_cnt, 127);
	assert_memory_equal(n.octets, octets, 255);
}

static void
a_name_that_compression_makes_longer_than_255_is_refused(void **state)
{
	(void)state;
	uint8_t octets[300] = {0};
	struct hf_name n;
	uint32_t end;

	for (unsigned i = 0; i < 3; i++)
		octets[i * 64] = 63;
	octets[192] = 59; /* 253 octets with the root at 252 */
	memcpy(octets + 253, "\1y\xc0\x00", 4);
	assert_true(read_at(octets, 257, 253, &n, &end));
	assert_int_equal(n.len, 255);
	assert_int_equal(end, 257);
	memcpy(octets + 253, "\2yy\xc0\x00", 5);
	refused(octets, 258, 253);
}

static void
a_chain_of_more_pointers_than_labels_is_refused(void **state)
{
	(void)state;
	uint8_t octets[2 + 2 * 300] = {0};
	struct hf_name n;

	for (unsigned i = 0; i < 300; i++) {
		unsigned target = i == 0 ? 0 : 2 * i;

		octets[2 + 2 * i] = (uint8_t)(0xc0 | target >> 8);
		octets[3 + 2 * i] = (uint8_t)target;
	}
	assert_true(read_at(octets, sizeof(octets), 2 * HF_LABEL_CNT_MAX, &n, NULL));
	assert_int_equal(n.len, 1);
	refused(octets, sizeof(octets), 2 * HF_LABEL_CNT_MAX + 2);
}

static void
a_compressed_name_is_read_and_the_cursor_stands_behind_it(void **state)
{
	(void)state;
	static const char msg[] = "\7example\3com\0\3www\xc0\x00\1m\xc0\x0d!";
	struct hf_name n, want = name("m.www.example.com.");
	uint32_t end;

	assert_true(read_at(msg, sizeof(msg) - 1, 19, &n, &end));
	assert_int_equal(end, 23);
	assert_int_equal(n.len, want.len);
	assert_int_equal(n.label_cnt, 4);
	assert_memory_equal(n.octets, want.octets, want.len);
}

static void
the_plain_reader_takes_no_pointer(void **state)
{
	(void)state;
	static const char msg[] = "\1a\0\1b\xc0\x00\1b\0";
	struct hf_cursor c;
	struct hf_name n = hf_name_root;

	hf_cursor_init(&c, msg, sizeof(msg) - 1);
	c.off = 3;
	hf_name_read_plain(&c, &n);
	assert_false(hf_cursor_ok(&c));
	assert_int_equal(n.len, 1);
	hf_cursor_init(&c, msg, sizeof(msg) - 1);
	c.off = 7;
	hf_name_read_plain(&c, &n);
	assert_true(hf_cursor_ok(&c));
	assert_int_equal(c.off, 10);
	assert_true(hf_name_equal(&n, &(struct hf_name){3, 1, "\1b"}));
}

static void
a_bad_cursor_stays_bad_and_reads_nothing(void **state)
{
	(void)state;
	struct hf_cursor c;
	struct hf_name n = hf_name_root;

	hf_cursor_init(&c, "\1a\0", 3);
	c.bad = true;
	hf_name_read(&c, &n);
	hf_name_skip(&c);
	assert_false(hf_cursor_ok(&c));
	assert_int_equal(c.off, 0);
	assert_int_equal(n.len, 1);
}

static void
octets_must_be_exactly_one_uncompressed_name(void **state)
{
	(void)state;
	struct hf_name n;

	assert_int_equal(hf_name_from_octets((const uint8_t *)"\1a\0", 3, &n), 0);
	assert_int_equal(n.label_cnt, 1);
	n = hf_name_root;
	assert_int_equal(hf_name_from_octets((const uint8_t *)"\1a\0\0", 4, &n), -EINVAL);
	assert_int_equal(hf_name_from_octets((const uint8_t *)"\1a", 2, &n), -EINVAL);
	assert_int_equal(hf_name_from_octets((const uint8_t *)"", 0, &n), -EINVAL);
	assert_int_equal(hf_name_from_octets((const uint8_t *)"\0\1a\xc0\0", 5, &n), -EINVAL);
	assert_int_equal(n.len, 1);
}

static void
text_that_is_not_a_name_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "",
	    "..",
	    ".a",
	    "a..",
	    "a..b",
	    "a b",
	    "a\tb",
	    "\\",
	    "a\\",
	    "\\25",
	    "\\2",
	    "\\256",
	    "\\999",
	    "\\2x5",
	    "\\\n",
	    "m\xc3\xbcnchen.de",
	    "0123456789012345678901234567890123456789012345678901234567890123.",
	};
	struct hf_name n = hf_name_root;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (hf_name_from_text(bad[i], &n) != -EINVAL)
			fail_msg("\"%s\" was taken for a name", bad[i]);
		assert_int_equal(n.len, 1);
	}
}

static void
text_of_254_octets_fits_and_one_more_does_not(void **state)
{
	(void)state;
	char text[300];
	struct hf_name n;

	for (unsigned i = 0; i < 254; i++)
		text[i] = i % 64 == 63 ? '.' : 'a'; /* 63.63.63.62 */
	strcpy(text + 254, ".");
	assert_int_equal(hf_name_from_text(text, &n), -EINVAL);
	strcpy(text + 253, ".");
	assert_int_equal(hf_name_from_text(text, &n), 0);
	assert_int_equal(n.len, 255);
	text[253] = '\0';
	assert_int_equal(hf_name_from_text(text, &n), 0);
	assert_int_equal(n.len, 255);
}

static void
names_are_escaped_in_text(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {".", "."},
	    {"de", "de."},
	    {"De.", "De."},
	    {"a\\.b.c", "a\\.b.c."},
	    {"\\000.", "\\000."},
	    {"\\065", "A."},
	    {"\\255\\127\\032", "\\255\\127\\032."},
	    {"a\\\\b", "a\\\\b."},
	    {"\\\"x;y(z)@$", "\\\"x\\;y\\(z\\)\\@\\$."},
	    {"\\ ", "\\032."},
	    {"*.x", "*.x."},
	    {"_25._tcp", "_25._tcp."},
	};
	char buf[HF_NAME_TEXT_LEN];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_name n = name(cases[i].in);

		assert_string_equal(hf_name_to_text(&n, buf), cases[i].out);
	}
}

static void
the_longest_text_of_a_name_fits_its_buffer(void **state)
{
	(void)state;
	struct hf_name n = {.len = 255, .label_cnt = 4};
	char *buf = malloc(HF_NAME_TEXT_LEN);
	struct hf_name again;

	assert_non_null(buf);
	memset(n.octets, 0xff, sizeof(n.octets));
	n.octets[0] = n.octets[64] = n.octets[128] = 63;
	n.octets[192] = 61;
	n.octets[254] = 0;
	hf_name_to_text(&n, buf);
	assert_int_equal(strlen(buf), 4 * 250 + 4);
	assert_int_equal(hf_name_from_text(buf, &again), 0);
	assert_memory_equal(&again, &n, sizeof(n));
	free(buf);
}

static void
the_order_is_that_of_rfc_4034_6_1(void **state)
{
	(void)state;
	static const char *const order[] = {
	    "example",
	    "a.example",
	    "yljkjljk.a.example",
	    "Z.a.example",
	    "zABC.a.EXAMPLE",
	    "z.example",
	    "\\001.z.example",
	    "*.z.example",
	    "\\200.z.example",
	};
	const int cnt = sizeof(order) / sizeof(order[0]);

	for (int i = 0; i < cnt; i++)
		for (int j = 0; j < cnt; j++) {
			struct hf_name a = name(order[i]), b = name(order[j]);
			int d = hf_name_cmp(&a, &b);

			assert_int_equal((d > 0) - (d < 0), (i > j) - (i < j));
		}
}

static void
only_the_26_letters_fold(void **state)
{
	(void)state;
	/* At every place of a long name, so that the eight-octet path meets all octets. */
	for (unsigned v = 0; v < 256; v++)
		for (unsigned at = 1; at <= 20; at++) {
			struct hf_name a = {.len = 22, .label_cnt = 1, .octets = {20}}, b;
			uint8_t want = v >= 'A' && v <= 'Z' ? (uint8_t)(v + 32) : (uint8_t)v;

			memset(a.octets + 1, 'x', 20);
			a.octets[at] = (uint8_t)v;
			b = a;
			hf_name_lower(&b);
			assert_int_equal(b.octets[at], want);
			assert_true(hf_name_equal(&a, &b));
			assert_int_equal(hf_name_cmp(&a, &b), 0);
			b.octets[at] = (uint8_t)(want ^ 0x20);
			bool letter = want >= 'a' && want <= 'z';

			assert_int_equal(hf_name_equal(&a, &b), letter);
		}
}

static void
below_means_at_a_label_boundary(void **state)
{
	(void)state;
	static const struct {
		const char *n, *zone;
		bool in;
	} cases[] = {
	    {"de", ".", true},
	    {".", ".", true},
	    {".", "de", false},
	    {"de", "de", true},
	    {"www.example.DE", "Example.de", true},
	    {"example.de", "www.example.de", false},
	    {"badexample.de", "example.de", false},
	    {"x\\.de", "de", false},
	    {"x\\007example\\002de", "example.de", false},
	    {"a.b.de", "b.com", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_name n = name(cases[i].n), zone = name(cases[i].zone);

		assert_int_equal(hf_name_in(&n, &zone), cases[i].in);
	}
}

static void
dname_moves_the_prefix_and_refuses_what_has_no_room(void **state)
{
	(void)state;
	/* RFC 6672 2.2, table 1. */
	static const struct {
		const char *n, *owner, *target, *out;
	} cases[] = {
	    {"a.example.com", "example.com", "example.net", "a.example.net"},
	    {"a.b.example.com", "example.com", "example.net", "a.b.example.net"},
	    {"ab.example.com", "b.example.com", "example.net", NULL},
	    {"foo.example.com", "example.com", ".", "foo"},
	    {"a.x.example.com", "x.example.com", "example.net", "a.example.net"},
	    {"cyc.example.com", "example.com", "example.com", "cyc.example.com"},
	    {"shortloop.x.x", "x", "x.x", "shortloop.x.x.x"},
	};
	struct hf_name out;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_name n = name(cases[i].n), owner = name(cases[i].owner);
		struct hf_name target = name(cases[i].target);
		int rc = hf_name_replace_suffix(&n, &owner, &target, &out);

		assert_int_equal(rc, cases[i].out == NULL ? -EINVAL : 0);
		if (cases[i].out != NULL) {
			struct hf_name want = name(cases[i].out);

			assert_true(hf_name_equal(&out, &want));
			assert_int_equal(out.label_cnt, want.label_cnt);
		}
	}
}

static void
joining_stops_at_255_octets(void **state)
{
	(void)state;
	char text[300];
	struct hf_name n, zone = name("z"), long_target, out = hf_name_root;

	memset(text, 'a', sizeof(text));
	text[63] = text[127] = text[191] = '.';
	text[251] = '\0'; /* 253 octets on the wire */
	long_target = name(text);
	assert_int_equal(long_target.len, 253);
	n = name("x.z");
	assert_int_equal(hf_name_replace_suffix(&n, &zone, &long_target, &out), 0);
	assert_int_equal(out.len, 255);
	n = name("xx.z");
	out = hf_name_root;
	assert_int_equal(hf_name_replace_suffix(&n, &zone, &long_target, &out), -ENAMETOOLONG);
	assert_int_equal(out.len, 1);
	assert_int_equal(hf_name_wildcard(&long_target, &out), 0);
	assert_true(hf_name_is_wildcard(&out));
	assert_int_equal(hf_name_wildcard(&out, &out), -ENAMETOOLONG);
	n = name("**.z");
	assert_false(hf_name_is_wildcard(&n));
	assert_false(hf_name_is_wildcard(&hf_name_root));
}

/* --- against a model too simple to be wrong: an array of labels, last label first --- */

struct model {
	unsigned cnt;
	uint8_t len[8];
	uint8_t label[8][64];
};

static void
model_random(struct model *m)
{
	static const char alphabet[] = "aAbBzZ[@\1\x41\xe1.";

	m->cnt = (unsigned)(random() % 6);
	for (unsigned i = 0; i < m->cnt; i++) {
		m->len[i] = (uint8_t)(random() % 8 == 0 ? 1 + random() % 40 : 1 + random() % 2);
		for (unsigned k = 0; k < m->len[i]; k++)
			m->label[i][k] = (uint8_t)alphabet[random() % (long)(sizeof(alphabet) - 1)];
	}
}

static struct hf_name
model_name(const struct model *m)
{
	struct hf_name n = {.label_cnt = (uint8_t)m->cnt};
	unsigned at = 0;

	for (unsigned i = m->cnt; i-- > 0;) {
		n.octets[at++] = m->len[i];
		memcpy(n.octets + at, m->label[i], m->len[i]);
		at += m->len[i];
	}
	n.octets[at] = 0;
	n.len = (uint8_t)(at + 1);
	return n;
}

static int
model_fold(uint8_t v)
{
	return v >= 'A' && v <= 'Z' ? v + 32 : v;
}

static int
model_label_cmp(const struct model *a, const struct model *b, unsigned i)
{
	for (unsigned k = 0; k < a->len[i] && k < b->len[i]; k++)
		if (model_fold(a->label[i][k]) != model_fold(b->label[i][k]))
			return model_fold(a->label[i][k]) < model_fold(b->label[i][k]) ? -1 : 1;
	return (a->len[i] > b->len[i]) - (a->len[i] < b->len[i]);
}

static int
model_cmp(const struct model *a, const struct model *b, unsigned *common)
{
	unsigned i = 0;

	for (; i < a->cnt && i < b->cnt; i++) {
		int d = model_label_cmp(a, b, i);

		if (d != 0) {
			*common = i;
			return d;
		}
	}
	*common = i;
	return (a->cnt > b->cnt) - (a->cnt < b->cnt);
}

static void
random_names_compare_as_the_model_says(void **state)
{
	(void)state;
	srandom(20260505);
	for (int round = 0; round < 50000; round++) {
		struct model ma, mb;
		unsigned common;

		model_random(&ma);
		model_random(&mb);
		if (random() % 2 == 0) { /* share a suffix */
			mb = ma;
			mb.cnt = (unsigned)(random() % 6);
		}
		for (unsigned i = ma.cnt; i < mb.cnt; i++) {
			mb.len[i] = 1;
			mb.label[i][0] = 'q';
		}
		struct hf_name a = model_name(&ma), b = model_name(&mb);
		int want = model_cmp(&ma, &mb, &common), d = hf_name_cmp(&a, &b);

		assert_int_equal((d > 0) - (d < 0), want);
		assert_int_equal(hf_name_equal(&a, &b), want == 0);
		assert_int_equal(hf_name_common(&a, &b), common);
		assert_int_equal(hf_name_in(&a, &b), common == mb.cnt);
	}
}

static void
random_names_are_cut_as_the_model_says(void **state)
{
	(void)state;
	srandom(7646);
	for (int round = 0; round < 20000; round++) {
		struct model m;

		model_random(&m);
		unsigned cut = (unsigned)(random() % 8);
		struct hf_name n = model_name(&m), out, want;

		hf_name_strip(&n, cut, &out);
		unsigned off = hf_name_label_off(&n, cut);

		m.cnt = cut < m.cnt ? m.cnt - cut : 0;
		want = model_name(&m);
		assert_int_equal(out.len, want.len);
		assert_int_equal(out.label_cnt, want.label_cnt);
		assert_memory_equal(out.octets, want.octets, want.len);
		assert_int_equal(off, n.len - want.len);
		hf_name_strip(&n, cut, &n);
		assert_memory_equal(n.octets, want.octets, want.len);
	}
}

static void
random_names_survive_text_and_octets(void **state)
{
	(void)state;
	char buf[HF_NAME_TEXT_LEN];

	srandom(8767);
	for (int round = 0; round < 20000; round++) {
		struct model m;
		struct hf_name again;

		model_random(&m);
		struct hf_name n = model_name(&m);

		assert_int_equal(hf_name_from_text(hf_name_to_text(&n, buf), &again), 0);
		assert_int_equal(again.len, n.len);
		assert_int_equal(again.label_cnt, n.label_cnt);
		assert_memory_equal(again.octets, n.octets, n.len);
		assert_int_equal(hf_name_from_octets(n.octets, n.len, &again), 0);
		assert_int_equal(again.label_cnt, n.label_cnt);
		assert_memory_equal(again.octets, n.octets, n.len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_pointer_to_itself_is_refused),
	    cmocka_unit_test(a_loop_of_two_pointers_is_refused),
	    cmocka_unit_test(a_forward_pointer_is_refused),
	    cmocka_unit_test(a_pointer_past_the_end_is_refused),
	    cmocka_unit_test(a_pointer_into_its_own_name_is_refused),
	    cmocka_unit_test(a_label_past_the_end_is_refused),
	    cmocka_unit_test(a_name_that_never_ends_is_refused),
	    cmocka_unit_test(label_types_01_and_10_are_refused),
	    cmocka_unit_test(a_name_of_255_octets_is_read_and_of_256_refused),
	    cmocka_unit_test(a_name_of_127_labels_is_read),
	    cmocka_unit_test(a_name_that_compression_makes_longer_than_255_is_refused),
	    cmocka_unit_test(a_chain_of_more_pointers_than_labels_is_refused),
	    cmocka_unit_test(a_compressed_name_is_read_and_the_cursor_stands_behind_it),
	    cmocka_unit_test(the_plain_reader_takes_no_pointer),
	    cmocka_unit_test(a_bad_cursor_stays_bad_and_reads_nothing),
	    cmocka_unit_test(octets_must_be_exactly_one_uncompressed_name),
	    cmocka_unit_test(text_that_is_not_a_name_is_refused),
	    cmocka_unit_test(text_of_254_octets_fits_and_one_more_does_not),
	    cmocka_unit_test(names_are_escaped_in_text),
	    cmocka_unit_test(the_longest_text_of_a_name_fits_its_buffer),
	    cmocka_unit_test(the_order_is_that_of_rfc_4034_6_1),
	    cmocka_unit_test(only_the_26_letters_fold),
	    cmocka_unit_test(below_means_at_a_label_boundary),
	    cmocka_unit_test(dname_moves_the_prefix_and_refuses_what_has_no_room),
	    cmocka_unit_test(joining_stops_at_255_octets),
	    cmocka_unit_test(random_names_compare_as_the_model_says),
	    cmocka_unit_test(random_names_are_cut_as_the_model_says),
	    cmocka_unit_test(random_names_survive_text_and_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
