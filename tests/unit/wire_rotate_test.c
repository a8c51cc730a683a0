/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/wire/rotate.c: addresses change places, and nothing else changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/wire/rotate.h"
#include "lib/wire/writer.h"

enum { CAP = 4096 };

static uint8_t msg[CAP];
static struct hf_writer w;
static struct hf_question q;

static void
begin(const char *name)
{
	q = (struct hf_question){.type = HF_TYPE_A, .klass = HF_CLASS_IN};
	assert_int_equal(hf_name_from_text(name, &q.name), 0);
	memset(msg, 0, sizeof(msg));
	hf_writer_init(&w, msg, sizeof(msg));
	hf_writer_question(&w, &q);
}

static void
add(const char *owner, uint16_t type, uint16_t len, uint8_t mark)
{
	struct hf_rr rr = {.type = type, .klass = HF_CLASS_IN, .ttl = 300, .rdata_len = len};
	uint8_t rdata[64] = {0};
	struct hf_name n;

	rdata[len - 1] = mark;
	assert_int_equal(hf_name_from_text(owner, &n), 0);
	hf_writer_rr(&w, HF_SECTION_ANSWER, &n, &rr, rdata);
}

static void
finish(void)
{
	msg[5] = 1;
	msg[7] = (uint8_t)w.cnt[1];
}

/* The marks of the answer section's records, in order. */
static const char *
marks(void)
{
	static char text[128];
	struct hf_cursor c;
	struct hf_header h;
	struct hf_question read;
	struct hf_walk walk;
	struct hf_rr rr;
	unsigned n = 0;

	hf_cursor_init(&c, msg, w.len);
	hf_header_read(&c, &h);
	hf_question_read(&c, &read);
	hf_walk_init(&walk, &c, &h);
	while (hf_walk_next(&walk, &rr))
		text[n++] = (char)msg[rr.rdata_off + rr.rdata_len - 1];
	assert_true(hf_cursor_ok(&c));
	text[n] = '\0';
	return text;
}

static void
four_addresses_take_turns(void **state)
{
	static const char *const want[] = {"abcd", "bcda", "cdab", "dabc", "abcd"};

	(void)state;
	for (unsigned kind = 0; kind < 2; kind++) {
		for (uint32_t turn = 0; turn < 5; turn++) {
			begin("www.example.");
			for (uint8_t i = 0; i < 4; i++)
				add("www.example.", kind == 0 ? HF_TYPE_A : HF_TYPE_AAAA,
				    kind == 0 ? 4 : 16, 'a' + i);
			finish();
			hf_rotate(msg, w.len, turn);
			assert_string_equal(marks(), want[turn]);
		}
	}
}

/* They would move by an odd number of octets, and change the sum. */
static void
addresses_of_the_root_stay(void **state)
{
	(void)state;
	begin(".");
	add(".", HF_TYPE_A, 4, 'a');
	add(".", HF_TYPE_A, 4, 'b');
	finish();
	hf_rotate(msg, w.len, 1);
	assert_string_equal(marks(), "ab");
}

static void
only_addresses_of_one_owner_in_a_row_turn(void **state)
{
	(void)state;
	begin("www.example.");
	add("www.example.", HF_TYPE_TXT, 4, '1'); /* as long, and not addresses */
	add("www.example.", HF_TYPE_TXT, 4, '2');
	add("www.example.", HF_TYPE_A, 4, 'x'); /* one alone */
	add("b.example.", HF_TYPE_A, 4, 'y');   /* spelled out; a pointer from here on */
	add("b.example.", HF_TYPE_A, 4, 'a');
	add("b.example.", HF_TYPE_A, 4, 'b');
	add("b.example.", HF_TYPE_AAAA, 16, 'c');
	add("b.example.", HF_TYPE_AAAA, 16, 'd');
	finish();
	hf_rotate(msg, w.len, 1);
	assert_string_equal(marks(), "12xybacd");
}

static void
a_reply_without_addresses_or_cut_short_stays(void **state)
{
	(void)state;
	uint8_t was[CAP];

	begin("www.example.");
	for (uint8_t i = 0; i < 4; i++)
		add("www.example.", HF_TYPE_A, 4, 'a' + i);
	finish();
	memcpy(was, msg, sizeof(was));
	for (size_t len = 0; len < w.len; len++) {
		hf_rotate(msg, len, 1);
		assert_memory_equal(msg, was, sizeof(was));
	}
	msg[5] = 0; /* no question */
	memcpy(was, msg, sizeof(was));
	hf_rotate(msg, w.len, 1);
	assert_memory_equal(msg, was, sizeof(was));
}

static void
the_sum_over_the_message_stays(void **state)
{
	(void)state;
	for (uint32_t turn = 0; turn < 7; turn++) {
		uint32_t sum[2] = {0, 0};

		begin("ww.example."); /* RDATA at odd places */
		for (uint8_t i = 0; i < 70; i++)
			add("ww.example.", HF_TYPE_A, 4, i);
		finish();
		for (unsigned when = 0; when < 2; when++) {
			for (uint32_t i = 0; i < w.len; i++)
				sum[when] += (uint32_t)msg[i] << (i % 2 == 0 ? 8 : 0);
			if (when == 0)
				hf_rotate(msg, w.len, turn);
		}
		assert_int_equal(sum[0], sum[1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(four_addresses_take_turns),
	    cmocka_unit_test(addresses_of_the_root_stay),
	    cmocka_unit_test(only_addresses_of_one_owner_in_a_row_turn),
	    cmocka_unit_test(a_reply_without_addresses_or_cut_short_stays),
	    cmocka_unit_test(the_sum_over_the_message_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
