/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/link/ring.c against a model too simple to be wrong, a hostile peer, and two threads. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/link/ring.h"

enum {
	CNT = 4,
	LEN = 16,
	HEAD_OFF = 64,
	TAIL_OFF = 128,
	SLOTS_OFF = 192,
	STREAM_CNT = 1000000,
	STREAM_SLOT_CNT = 64,
	STREAM_SLOT_LEN = 64,
};

static alignas(HF_RING_ALIGN) unsigned char mem[8192];
static struct hf_ring w, r;
static bool in_parts; /* how get takes */

static void
fresh_ring(void)
{
	in_parts = false;
	assert_int_equal(hf_ring_format(mem, sizeof(mem), CNT, LEN), 0);
	assert_int_equal(hf_ring_join_writer(&w, mem, sizeof(mem), CNT, LEN), 0);
	assert_int_equal(hf_ring_join_reader(&r, mem, sizeof(mem), CNT, LEN), 0);
}

static int
put(uint64_t v)
{
	void *slot = hf_ring_reserve(&w);

	if (slot == NULL)
		return 0;
	memcpy(slot, &v, sizeof(v));
	hf_ring_commit(&w);
	return 1;
}

static int
get(uint64_t *v)
{
	if (in_parts) {
		if (hf_ring_pending(&r) == 0)
			return 0;
		hf_ring_copy(&r, 0, 0, v, 4);
		hf_ring_copy(&r, 0, 4, (uint8_t *)v + 4, sizeof(*v) - 4);
		hf_ring_release(&r, 1);
		return 1;
	}
	size_t n = hf_ring_take(&r, v, sizeof(*v));

	assert_true(n == 0 || n == sizeof(*v));
	return n != 0;
}

static void
sizes_outside_the_contract_have_no_footprint(void **state)
{
	(void)state;
	static const struct {
		uint32_t cnt, len;
	} bad[] = {
	    {0, 16},
	    {1, 16},
	    {3, 16},
	    {HF_RING_SLOT_CNT_MAX * 2u, 16},
	    {UINT32_MAX, 16},
	    {4, 0},
	    {4, 12},
	    {4, HF_RING_SLOT_LEN_MAX + 8},
	    {4, UINT32_MAX - 7},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(hf_ring_footprint(bad[i].cnt, bad[i].len), 0);
	assert_int_equal(hf_ring_footprint(CNT, LEN), SLOTS_OFF + CNT * LEN);
	assert_int_equal(hf_ring_footprint(HF_RING_SLOT_CNT_MAX, HF_RING_SLOT_LEN_MAX),
	    SLOTS_OFF + (size_t)HF_RING_SLOT_CNT_MAX * HF_RING_SLOT_LEN_MAX);
}

static void
memory_that_is_unaligned_or_too_small_is_refused(void **state)
{
	(void)state;
	assert_int_equal(hf_ring_format(NULL, sizeof(mem), CNT, LEN), -EINVAL);
	assert_int_equal(hf_ring_format(mem + 8, sizeof(mem) - 8, CNT, LEN), -EINVAL);
	assert_int_equal(hf_ring_format(mem, SLOTS_OFF + CNT * LEN - 1, CNT, LEN), -EINVAL);
	fresh_ring();
	assert_int_equal(
	    hf_ring_join_reader(&r, mem, SLOTS_OFF + CNT * LEN - 1, CNT, LEN), -EINVAL);
	assert_int_equal(hf_ring_join_reader(&r, mem, SLOTS_OFF + CNT * LEN, CNT, LEN), 0);
}

static void
memory_without_the_expected_ring_is_not_joined(void **state)
{
	(void)state;
	struct hf_ring untouched = {.slot_cnt = 77};
	uint64_t head = CNT + 1;

	memset(mem, 0, sizeof(mem));
	assert_int_equal(hf_ring_join_writer(&untouched, mem, sizeof(mem), CNT, LEN), -EPROTO);
	fresh_ring();
	assert_int_equal(hf_ring_join_reader(&untouched, mem, sizeof(mem), CNT * 2, LEN), -EPROTO);
	assert_int_equal(hf_ring_join_reader(&untouched, mem, sizeof(mem), CNT, LEN * 2), -EPROTO);
	memcpy(mem + HEAD_OFF, &head, sizeof(head)); /* more written than there are slots */
	assert_int_equal(hf_ring_join_reader(&untouched, mem, sizeof(mem), CNT, LEN), -EPROTO);
	assert_int_equal(untouched.slot_cnt, 77);
}

static void
a_full_ring_refuses_and_counts_and_recovers(void **state)
{
	(void)state;
	uint64_t v = 0;

	fresh_ring();
	for (uint64_t i = 0; i < CNT; i++)
		assert_true(put(i));
	assert_true(!put(99) && !put(99));
	assert_int_equal(hf_ring_refused(&r), 2);
	assert_true(get(&v) && v == 0);
	assert_true(put(99));
	assert_int_equal(hf_ring_refused(&w), 2);
}

static void
nothing_is_seen_before_the_commit(void **state)
{
	(void)state;
	uint64_t v = 5;

	fresh_ring();
	uint64_t *slot = hf_ring_reserve(&w);
	assert_non_null(slot);
	*slot = 7;
	assert_ptr_equal(hf_ring_reserve(&w), slot); /* the same slot until it is committed */
	assert_false(hf_ring_ready(&r));
	assert_false(get(&v));
	assert_int_equal(v, 5);
	hf_ring_commit(&w);
	assert_true(hf_ring_ready(&r));
	assert_true(get(&v) && v == 7);
	assert_false(hf_ring_ready(&r));
}

static void
a_take_copies_no_more_than_the_slot_and_no_more_than_asked(void **state)
{
	(void)state;
	unsigned char out[LEN * 2];

	fresh_ring();
	for (int i = 0; i < 2; i++) {
		memset(hf_ring_reserve(&w), 0xaa, LEN);
		hf_ring_commit(&w);
	}
	memset(out, 0x55, sizeof(out));
	assert_int_equal(hf_ring_take(&r, out, 3), 3);
	assert_int_equal(out[2], 0xaa);
	assert_int_equal(out[3], 0x55);
	assert_int_equal(hf_ring_take(&r, out, sizeof(out)), LEN);
	assert_int_equal(out[LEN - 1], 0xaa);
	assert_int_equal(out[LEN], 0x55);
}

static void
several_messages_are_copied_and_then_released_together(void **state)
{
	(void)state;
	uint64_t v;

	fresh_ring();
	assert_int_equal(hf_ring_pending(&r), 0);
	for (uint64_t n = 0; n < CNT; n++)
		assert_true(put(n));
	assert_int_equal(hf_ring_pending(&r), CNT);
	for (uint32_t i = 0; i < CNT; i++) {
		hf_ring_prefetch(&r, i, LEN);
		hf_ring_copy(&r, i, 0, &v, sizeof(v));
		assert_true(v == i);
	}
	assert_false(put(9)); /* copied is not released */
	hf_ring_release(&r, CNT - 1);
	assert_int_equal(hf_ring_pending(&r), 1);
	for (uint64_t n = 0; n < CNT - 1; n++)
		assert_true(put(CNT + n));
	assert_true(!put(9) && get(&v) && v == CNT - 1);
	hf_ring_copy(&r, 0, 0, &v, sizeof(v));
	assert_true(hf_ring_pending(&r) == CNT - 1 && v == CNT);
}

static void
a_reader_that_joins_later_finds_what_was_written(void **state)
{
	(void)state;
	uint64_t v;

	fresh_ring();
	assert_true(put(1) && put(2) && put(3));
	assert_true(get(&v) && v == 1);
	assert_int_equal(hf_ring_join_reader(&r, mem, sizeof(mem), CNT, LEN), 0);
	assert_true(get(&v) && v == 2);
	assert_int_equal(hf_ring_join_writer(&w, mem, sizeof(mem), CNT, LEN), 0);
	assert_true(put(4));
	assert_true(get(&v) && v == 3);
	assert_true(get(&v) && v == 4);
}

static const uint64_t wild_cursor[] = {
    CNT + 1,
    UINT64_C(1) << 40,
    UINT64_MAX,
    UINT64_MAX - CNT,
};

static void
a_wild_head_reads_as_empty_and_is_counted(void **state)
{
	(void)state;
	uint64_t v;

	for (size_t i = 0; i < sizeof(wild_cursor) / sizeof(wild_cursor[0]); i++) {
		fresh_ring();
		memcpy(mem + HEAD_OFF, &wild_cursor[i], sizeof(uint64_t));
		assert_false(get(&v));
		assert_false(hf_ring_ready(&r));
		assert_int_equal(r.wild, 2);
		assert_true(put(8)); /* the WRITER's next commit stores a true one */
		assert_true(get(&v) && v == 8);
	}
}

static void
a_wild_tail_reads_as_full_and_is_counted(void **state)
{
	(void)state;

	for (size_t i = 0; i < sizeof(wild_cursor) / sizeof(wild_cursor[0]); i++) {
		fresh_ring();
		for (uint64_t n = 0; n < CNT; n++)
			assert_true(put(n));
		memcpy(mem + TAIL_OFF, &wild_cursor[i], sizeof(uint64_t));
		assert_false(put(99));
		assert_int_equal(w.wild, 1);
		assert_int_equal(hf_ring_refused(&w), 1);
	}
}

static void
a_cursor_that_runs_back_is_wild(void **state)
{
	(void)state;
	uint64_t v, back = 0;

	fresh_ring();
	for (int i = 0; i < 3; i++)
		assert_true(put(1) && get(&v));
	memcpy(mem + HEAD_OFF, &back, sizeof(back));
	assert_false(get(&v));
	assert_int_equal(r.wild, 1);

	fresh_ring();
	for (uint64_t n = 0; n < CNT; n++)
		assert_true(put(n));
	assert_true(get(&v) && put(9)); /* the WRITER has seen tail 1 */
	memcpy(mem + TAIL_OFF, &back, sizeof(back));
	assert_false(put(9));
	assert_int_equal(w.wild, 1);
}

static void
a_geometry_changed_after_the_join_is_not_believed(void **state)
{
	(void)state;
	uint64_t v;

	fresh_ring();
	memset(mem, 0xff, 64); /* magic, slot_cnt, slot_len */
	for (uint64_t i = 0; i < 3 * CNT; i++)
		assert_true(put(i) && get(&v) && v == i);
	for (size_t i = SLOTS_OFF + CNT * LEN; i < sizeof(mem); i++)
		assert_int_equal(mem[i], 0);
}

/* Cursors of any value at any time: nothing outside the slots is ever written. */
static void
random_cursors_never_lead_outside_the_slots(void **state)
{
	(void)state;
	uint64_t v, junk;

	srandom(3);
	memset(mem, 0, sizeof(mem));
	fresh_ring();
	for (int step = 0; step < 100000; step++) {
		unsigned what = (unsigned)random() % 8;

		in_parts = random() % 2 == 0;

		junk = (uint64_t)random() << (random() % 40);
		if (what == 0)
			junk %= 64;
		if (what <= 1)
			memcpy(mem + (random() % 2 ? HEAD_OFF : TAIL_OFF), &junk, sizeof(junk));
		else if (what <= 4)
			(void)put(UINT64_MAX);
		else
			(void)get(&v);
	}
	assert_true(r.wild > 0 && w.wild > 0);
	for (size_t i = SLOTS_OFF + CNT * LEN; i < sizeof(mem); i++)
		assert_int_equal(mem[i], 0);
}

/* The model: two counters and their difference. */
static void
any_mix_of_puts_and_gets_matches_the_model(void **state)
{
	(void)state;
	uint64_t written = 0, taken = 0, v = 0;

	srandom(1);
	fresh_ring();
	for (int step = 0; step < 100000; step++) {
		in_parts = random() % 2 == 0;
		if (random() % 2 == 0) {
			int fits = written - taken < CNT;
			assert_int_equal(put(written), fits);
			written += (uint64_t)fits;
		} else {
			int some = written != taken;
			assert_int_equal(hf_ring_ready(&r), some);
			assert_int_equal(get(&v), some);
			assert_true(!some || v == taken);
			taken += (uint64_t)some;
		}
	}
	assert_true(written > 10000);
	assert_int_equal(w.wild + r.wild, 0);
}

/* Every octet of a message depends on its number. */
static void
stream_fill(uint64_t *slot, uint64_t n)
{
	for (unsigned i = 0; i < STREAM_SLOT_LEN / sizeof(*slot); i++)
		slot[i] = n * 0x9e3779b97f4a7c15u + i;
}

static void *
stream_write(void *arg)
{
	struct hf_ring *ring = arg;

	for (uint64_t n = 0; n < STREAM_CNT;) {
		uint64_t *slot = hf_ring_reserve(ring);
		if (slot == NULL) {
			sched_yield();
			continue;
		}
		stream_fill(slot, n++);
		hf_ring_commit(ring);
	}
	return NULL;
}

static void
a_million_messages_pass_between_two_threads_whole_and_in_order(void **state)
{
	(void)state;
	uint64_t got[STREAM_SLOT_LEN / 8], want[STREAM_SLOT_LEN / 8], broken = 0;
	pthread_t writer;

	assert_int_equal(hf_ring_format(mem, sizeof(mem), STREAM_SLOT_CNT, STREAM_SLOT_LEN), 0);
	assert_int_equal(
	    hf_ring_join_writer(&w, mem, sizeof(mem), STREAM_SLOT_CNT, STREAM_SLOT_LEN), 0);
	assert_int_equal(
	    hf_ring_join_reader(&r, mem, sizeof(mem), STREAM_SLOT_CNT, STREAM_SLOT_LEN), 0);
	assert_int_equal(pthread_create(&writer, NULL, stream_write, &w), 0);
	for (uint64_t n = 0; n < STREAM_CNT;) {
		if (hf_ring_take(&r, got, sizeof(got)) == 0) {
			sched_yield();
			continue;
		}
		stream_fill(want, n++);
		broken += memcmp(got, want, sizeof(got)) != 0;
	}
	pthread_join(writer, NULL);
	assert_int_equal(broken, 0);
	assert_false(hf_ring_ready(&r));
	assert_int_equal(w.wild + r.wild, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sizes_outside_the_contract_have_no_footprint),
	    cmocka_unit_test(memory_that_is_unaligned_or_too_small_is_refused),
	    cmocka_unit_test(memory_without_the_expected_ring_is_not_joined),
	    cmocka_unit_test(a_full_ring_refuses_and_counts_and_recovers),
	    cmocka_unit_test(nothing_is_seen_before_the_commit),
	    cmocka_unit_test(a_take_copies_no_more_than_the_slot_and_no_more_than_asked),
	    cmocka_unit_test(several_messages_are_copied_and_then_released_together),
	    cmocka_unit_test(a_reader_that_joins_later_finds_what_was_written),
	    cmocka_unit_test(a_wild_head_reads_as_empty_and_is_counted),
	    cmocka_unit_test(a_wild_tail_reads_as_full_and_is_counted),
	    cmocka_unit_test(a_cursor_that_runs_back_is_wild),
	    cmocka_unit_test(a_geometry_changed_after_the_join_is_not_believed),
	    cmocka_unit_test(random_cursors_never_lead_outside_the_slots),
	    cmocka_unit_test(any_mix_of_puts_and_gets_matches_the_model),
	    cmocka_unit_test(a_million_messages_pass_between_two_threads_whole_and_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
