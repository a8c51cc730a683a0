/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/wire/writer.c: compression, limits, roll-back, and reading back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/wire/rdata.h"
#include "lib/wire/writer.h"

static uint8_t buf[HF_MSG_MAX];
static struct hf_writer w;

static struct hf_name
name(const char *text)
{
	struct hf_name n;

	assert_int_equal(hf_name_from_text(text, &n), 0);
	return n;
}

static void
question(const char *text)
{
	struct hf_question q = {.name = name(text), .type = HF_TYPE_A, .klass = HF_CLASS_IN};

	hf_writer_question(&w, &q);
}

static void
rr(enum hf_section section, const char *owner, uint16_t type, const void *rdata, size_t len)
{
	struct hf_rr r = {
	    .type = type, .klass = HF_CLASS_IN, .ttl = 60, .rdata_len = (uint16_t)len};
	struct hf_name n = name(owner);

	hf_writer_rr(&w, section, &n, &r, rdata);
}

#define RR(section, owner, type, rdata) rr(section, owner, type, rdata, sizeof(rdata) - 1)
#define TAIL_IS(octets)                 tail_is(octets, sizeof(octets) - 1)

/* What was written last is these octets. */
static void
tail_is(const char *octets, size_t len)
{
	assert_false(w.full);
	assert_true(w.len >= len);
	assert_memory_equal(buf + w.len - len, octets, len);
}

static void
owners_and_old_rdata_names_are_compressed(void **state)
{
	(void)state;
	hf_writer_init(&w, buf, 512);
	question("www.example.com");
	assert_int_equal(w.len, 12 + 17 + 4);
	RR(HF_SECTION_ANSWER, "www.example.com", HF_TYPE_CNAME, "\3web\7example\3com\0");
	TAIL_IS("\xc0\x0c\0\5\0\1\0\0\0\x3c\0\6\3web\xc0\x10");
	RR(HF_SECTION_ANSWER, "web.example.com", HF_TYPE_MX, "\0\5\2mx\7example\3net\0");
	TAIL_IS("\xc0\x2d\0\x0f\0\1\0\0\0\x3c\0\x12\0\5\2mx\7example\3net\0");
	RR(HF_SECTION_AUTHORITY, "example.com", HF_TYPE_SOA,
	    "\2mx\7example\3net\0\1h\3com\0"
	    "0123456789abcdef0123");
	TAIL_IS("\xc0\x10\0\6\0\1\0\0\0\x3c\0\x1a\xc0\x41\1h\xc0\x18"
		"0123456789abcdef0123");
	RR(HF_SECTION_ADDITIONAL, ".", HF_TYPE_NS, "\0");
	TAIL_IS("\0\0\2\0\1\0\0\0\x3c\0\1\0");
}

static void
names_in_newer_rdata_are_never_compressed_nor_pointed_at(void **state)
{
	(void)state;
	static const struct {
		uint16_t type;
		const char *rdata;
		uint16_t len;
	} cases[] = {
	    {HF_TYPE_DNAME, "\1a\1b\0", 5},
	    {HF_TYPE_SRV, "\0\1\0\2\0\3\1a\1b\0", 11},
	    {HF_TYPE_RP, "\1a\1b\0\1a\1b\0", 10},
	    {HF_TYPE_AFSDB, "\0\1\1a\1b\0", 7},
	    {HF_TYPE_NAPTR, "\0\1\0\2\0\0\0\1a\1b\0", 12},
	    {HF_TYPE_NSEC, "\1a\1b\0\0\1\x40", 8},
	    {HF_TYPE_RRSIG, "0123456789abcdefgh\1a\1b\0S", 24},
	    {HF_TYPE_KX, "\0\1\1a\1b\0", 7},
	    {HF_TYPE_SVCB, "\0\1\1a\1b\0", 7},
	    {65280, "\1a\1b\0", 5},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		hf_writer_init(&w, buf, 512);
		question("a.b");
		rr(HF_SECTION_ANSWER, "x", cases[i].type, cases[i].rdata, cases[i].len);
		tail_is(cases[i].rdata, cases[i].len);
		hf_writer_init(&w, buf, 512);
		rr(HF_SECTION_ANSWER, "x", cases[i].type, cases[i].rdata, cases[i].len);
		struct hf_name n = name("a.b");

		hf_writer_name(&w, &n);
		TAIL_IS("\1a\1b\0");
	}
}

static void
a_suffix_in_another_case_is_not_reused(void **state)
{
	(void)state;
	struct hf_name n = name("x.EXAMPLE.com");

	hf_writer_init(&w, buf, 512);
	question("example.com");
	hf_writer_name(&w, &n);
	TAIL_IS("\1x\7EXAMPLE\xc0\x14");
}

static void
a_name_is_not_read_past_its_end_when_targets_are_longer(void **state)
{
	(void)state;
	struct hf_name *n = malloc(sizeof(*n));
	char text[300];

	assert_non_null(n);
	memset(text, 'a', sizeof(text));
	text[63] = text[127] = text[191] = text[251] = '.';
	strcpy(text + 252, "x"); /* the last label ends where the struct does */
	assert_int_equal(hf_name_from_text(text, n), 0);
	assert_int_equal(n->len, 255);
	hf_writer_init(&w, buf, 1024);
	text[63] = '\0';
	question(text);
	hf_writer_name(&w, n);
	TAIL_IS("aaa\1x\0");
	free(n);
}

static void
nothing_at_or_past_16384_is_pointed_at(void **state)
{
	(void)state;
	static const uint8_t filler[0x4000];
	struct hf_name n = name("ab.cd.");

	for (uint32_t at = 0x3ff8; at <= 0x4001; at++) {
		hf_writer_init(&w, buf, sizeof(buf));
		hf_writer_bytes(&w, filler, at - w.len);
		hf_writer_name(&w, &n);
		hf_writer_name(&w, &n);
		if (at <= 0x3fff) {
			const uint8_t want[] = {0, (uint8_t)(0xc0 | at >> 8), (uint8_t)at};

			assert_memory_equal(buf + w.len - 3, want, 3);
		} else {
			TAIL_IS("\2ab\2cd\0\2ab\2cd\0");
		}
	}
	/* "ab" stands below the line, "cd" behind it. */
	hf_writer_init(&w, buf, sizeof(buf));
	hf_writer_bytes(&w, filler, 0x3ffe - w.len);
	hf_writer_name(&w, &n);
	n = name("cd");
	hf_writer_name(&w, &n);
	TAIL_IS("\2cd\0");
}

static void
more_names_than_are_remembered_are_still_written_right(void **state)
{
	(void)state;
	struct hf_cursor c;
	char text[] = "a000.x";

	hf_writer_init(&w, buf, sizeof(buf));
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < 200; i++) {
			text[1] = (char)('0' + i / 100);
			text[2] = (char)('0' + i / 10 % 10);
			text[3] = (char)('0' + i % 10);
			struct hf_name n = name(text);

			hf_writer_name(&w, &n);
		}
	assert_int_equal(w.target_cnt, HF_WRITER_TARGET_MAX);
	hf_cursor_init(&c, buf, hf_writer_finish(&w, 0, 0));
	c.off = HF_HEADER_LEN;
	for (unsigned i = 0; i < 400; i++) {
		struct hf_name n, want;

		text[1] = (char)('0' + i % 200 / 100);
		text[2] = (char)('0' + i / 10 % 10);
		text[3] = (char)('0' + i % 10);
		want = name(text);
		hf_name_read(&c, &n);
		assert_true(hf_cursor_ok(&c));
		assert_true(hf_name_equal(&n, &want));
	}
	assert_int_equal(hf_cursor_left(&c), 0);
}

static void
a_rolled_back_record_leaves_no_trace(void **state)
{
	(void)state;
	uint8_t before[512];
	struct hf_name n = name("gone.example");

	hf_writer_init(&w, buf, 60);
	question("example");
	struct hf_writer_mark m = hf_writer_mark(&w);

	memcpy(before, buf, m.len);
	RR(HF_SECTION_ANSWER, "gone.example", HF_TYPE_NS, "\1n\4gone\7example\0");
	assert_false(w.full);
	RR(HF_SECTION_ANSWER, "gone.example", HF_TYPE_AAAA, "0123456789abcdef");
	assert_true(w.full);
	assert_int_equal(hf_writer_finish(&w, 1, 0), 0);
	hf_writer_rollback(&w, &m);
	assert_false(w.full);
	assert_int_equal(w.cnt[1], 0);
	assert_memory_equal(buf, before, m.len);
	hf_writer_name(&w, &n); /* must not point at what is gone */
	TAIL_IS("\4gone\xc0\x0c");
	assert_int_equal(w.len, m.len + 7);
}

static void
a_mark_of_a_full_writer_does_not_make_it_good_again(void **state)
{
	(void)state;
	hf_writer_init(&w, buf, 11); /* no room for a header */
	assert_true(w.full);
	struct hf_writer_mark m = hf_writer_mark(&w);

	hf_writer_u8(&w, 1);
	hf_writer_rollback(&w, &m);
	assert_int_equal(hf_writer_finish(&w, 1, 0), 0);
}

static void
fill(void)
{
	struct hf_edns edns = {.present = true,
	    .dnssec_ok = true,
	    .udp_len = 1232,
	    .version = 0,
	    .ext_rcode = 1,
	    .options_len = 6};

	question("www.example.com");
	RR(HF_SECTION_ANSWER, "www.example.com", HF_TYPE_A, "\1\2\3\4");
	RR(HF_SECTION_ANSWER, "www.example.com", HF_TYPE_A, "\1\2\3\5");
	RR(HF_SECTION_AUTHORITY, "example.com", HF_TYPE_NS, "\2ns\7example\3com\0");
	hf_writer_opt(&w, &edns, (const uint8_t *)"\0\x0f\0\2\0\6");
}

static void
every_capacity_is_kept_and_the_header_says_what_is_there(void **state)
{
	(void)state;
	struct hf_header h;
	struct hf_cursor c;

	hf_writer_init(&w, buf, sizeof(buf));
	fill();
	size_t whole = hf_writer_finish(&w, 0xbeef, HF_FLAG_QR | HF_FLAG_RA);

	assert_true(whole > 12);
	hf_cursor_init(&c, buf, whole);
	hf_header_read(&c, &h);
	assert_int_equal(h.id, 0xbeef);
	assert_int_equal(h.flags, HF_FLAG_QR | HF_FLAG_RA);
	assert_int_equal(h.qd_cnt, 1);
	assert_int_equal(h.an_cnt, 2);
	assert_int_equal(h.ns_cnt, 1);
	assert_int_equal(h.ar_cnt, 1);
	TAIL_IS("\0\0\x29\x04\xd0\x01\0\x80\0\0\6\0\x0f\0\2\0\6");

	for (size_t cap = 0; cap <= whole; cap++) {
		uint8_t *small = malloc(cap + (cap == 0));

		assert_non_null(small);
		hf_writer_init(&w, small, cap);
		fill();
		assert_int_equal(
		    hf_writer_finish(&w, 0xbeef, HF_FLAG_QR | HF_FLAG_RA), cap < whole ? 0 : whole);
		if (cap == whole)
			assert_memory_equal(small, buf, whole);
		free(small);
	}
}

static void
a_message_never_grows_past_65535(void **state)
{
	(void)state;
	uint8_t *large = malloc(100000);
	static const uint8_t filler[60000];

	assert_non_null(large);
	hf_writer_init(&w, large, 100000);
	hf_writer_bytes(&w, filler, sizeof(filler));
	hf_writer_bytes(&w, filler, 65535 - 12 - sizeof(filler));
	assert_false(w.full);
	assert_int_equal(hf_writer_finish(&w, 0, 0), 65535);
	hf_writer_u8(&w, 0);
	assert_true(w.full);
	free(large);
}

static void
options_are_appended_until_the_buffer_is_full(void **state)
{
	(void)state;
	uint8_t options[16];
	struct hf_option ede = {HF_OPTION_EDE, 4, (const uint8_t *)"\0\6no"};
	struct hf_option nsid = {HF_OPTION_NSID, 0, NULL};
	size_t len = hf_option_append(options, sizeof(options), 0, &ede);

	assert_int_equal(len, 8);
	len = hf_option_append(options, sizeof(options), len, &nsid);
	assert_int_equal(len, 12);
	assert_memory_equal(options, "\0\x0f\0\4\0\6no\0\3\0\0", 12);
	assert_int_equal(hf_option_append(options, sizeof(options), len, &ede), 0);
	assert_int_equal(hf_option_append(options, sizeof(options), len, &nsid), 16);
	assert_int_equal(hf_option_append(options, sizeof(options), 16, &nsid), 0);
	assert_int_equal(hf_option_append(options, sizeof(options), 17, &nsid), 0);
}

/* --- random messages, read back and compared with a list of what went in --- */

enum { RECORD_MAX = 60 };

struct record {
	struct hf_name owner;
	struct hf_rr rr;
	uint8_t rdata[600];
};

static void
random_name(struct hf_name *n)
{
	static const char *const labels[] = {"\1a", "\1A", "\2bb", "\3www", "\7example", "\1\0"};
	unsigned cnt = (unsigned)random() % 5, at = 0;

	for (unsigned i = 0; i < cnt; i++) {
		const char *label = labels[random() % 6];

		memcpy(n->octets + at, label, (unsigned)label[0] + 1);
		at += (unsigned)label[0] + 1;
	}
	n->octets[at] = 0;
	n->len = (uint8_t)(at + 1);
	n->label_cnt = (uint8_t)cnt;
}

static size_t
put_name(uint8_t *to)
{
	struct hf_name n;

	random_name(&n);
	memcpy(to, n.octets, n.len);
	return n.len;
}

static void
random_record(struct record *r)
{
	static const uint16_t types[] = {HF_TYPE_NS, HF_TYPE_MX, HF_TYPE_SOA, HF_TYPE_SRV,
	    HF_TYPE_MINFO, HF_TYPE_DNAME, HF_TYPE_A, 65280};
	uint16_t type = types[random() % 8];
	size_t len = type == HF_TYPE_MX ? 2 : type == HF_TYPE_SRV ? 6 : type == HF_TYPE_A ? 4 : 0;

	random_name(&r->owner);
	memset(r->rdata, 0xc0, sizeof(r->rdata));
	if (type != HF_TYPE_A && type != 65280)
		len += put_name(r->rdata + len);
	if (type == HF_TYPE_SOA || type == HF_TYPE_MINFO)
		len += put_name(r->rdata + len);
	if (type == HF_TYPE_SOA)
		len += 20;
	if (type == 65280)
		len = (size_t)random() % sizeof(r->rdata);
	r->rr = (struct hf_rr){.type = type,
	    .klass = HF_CLASS_IN,
	    .rdata_len = (uint16_t)len,
	    .ttl = (uint32_t)random() & INT32_MAX,
	    .section = HF_SECTION_CNT};
}

static void
check_reads_back(const struct record *want, unsigned cnt, size_t len)
{
	uint8_t rdata[HF_RDATA_MAX];
	struct hf_cursor c;
	struct hf_header h;
	struct hf_walk walk;
	struct hf_rr r;

	hf_cursor_init(&c, buf, len);
	hf_header_read(&c, &h);
	hf_walk_init(&walk, &c, &h);
	for (unsigned i = 0; i < cnt; i++) {
		assert_true(hf_walk_next(&walk, &r));
		assert_int_equal(r.section, want[i].rr.section);
		assert_int_equal(r.type, want[i].rr.type);
		assert_int_equal(r.ttl, want[i].rr.ttl);
		assert_int_equal(r.owner.len, want[i].owner.len);
		assert_memory_equal(r.owner.octets, want[i].owner.octets, r.owner.len);
		ssize_t n = hf_rdata_expand(buf, len, &r, rdata, sizeof(rdata));

		assert_int_equal(n, want[i].rr.rdata_len);
		if (n > 0)
			assert_memory_equal(rdata, want[i].rdata, (size_t)n);
	}
	assert_false(hf_walk_next(&walk, &r));
	assert_int_equal(hf_cursor_left(&c), 0);
	assert_true(hf_cursor_ok(&c));
}

static void
random_messages_read_back_as_they_were_written(void **state)
{
	(void)state;
	static struct record kept[RECORD_MAX];
	unsigned cut = 0;

	srandom(3597);
	for (int round = 0; round < 2000; round++) {
		size_t cap = random() % 4 == 0 ? sizeof(buf) : 12 + (size_t)random() % 4000;
		size_t plain = HF_HEADER_LEN;
		unsigned cnt = 0;

		hf_writer_init(&w, buf, cap);
		for (unsigned i = 0; i < RECORD_MAX; i++) {
			struct hf_writer_mark m = hf_writer_mark(&w);

			random_record(&kept[cnt]);
			kept[cnt].rr.section = (enum hf_section)(i / 20);
			hf_writer_rr(&w, kept[cnt].rr.section, &kept[cnt].owner, &kept[cnt].rr,
			    kept[cnt].rdata);
			if (w.full) {
				hf_writer_rollback(&w, &m);
				cut++;
				continue;
			}
			plain += kept[cnt].owner.len + 10u + kept[cnt].rr.rdata_len;
			cnt++;
		}
		size_t len = hf_writer_finish(&w, (uint16_t)round, HF_FLAG_QR);

		assert_true(len <= cap && len <= plain);
		assert_int_equal(w.cnt[1] + w.cnt[2] + w.cnt[3], cnt);
		check_reads_back(kept, cnt, len);
	}
	assert_true(cut > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(owners_and_old_rdata_names_are_compressed),
	    cmocka_unit_test(names_in_newer_rdata_are_never_compressed_nor_pointed_at),
	    cmocka_unit_test(a_suffix_in_another_case_is_not_reused),
	    cmocka_unit_test(a_name_is_not_read_past_its_end_when_targets_are_longer),
	    cmocka_unit_test(nothing_at_or_past_16384_is_pointed_at),
	    cmocka_unit_test(more_names_than_are_remembered_are_still_written_right),
	    cmocka_unit_test(a_rolled_back_record_leaves_no_trace),
	    cmocka_unit_test(a_mark_of_a_full_writer_does_not_make_it_good_again),
	    cmocka_unit_test(every_capacity_is_kept_and_the_header_says_what_is_there),
	    cmocka_unit_test(a_message_never_grows_past_65535),
	    cmocka_unit_test(options_are_appended_until_the_buffer_is_full),
	    cmocka_unit_test(random_messages_read_back_as_they_were_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
