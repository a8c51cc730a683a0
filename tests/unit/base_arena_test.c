/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/base/arena.c: limit, zeroes, alignment, no overlap. */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/arena.h"

static void
memory_is_zeroed_and_aligned(void **state)
{
	(void)state;
	static const size_t lens[] = {0, 1, 7, 16, 17, 100, 4000, 4096, 70000};
	static const uint8_t zero[70000];
	struct hf_arena a;

	hf_arena_init(&a, 1 << 20);
	for (unsigned i = 0; i < 27; i++) {
		size_t len = lens[i % 9];
		void *p = hf_arena_alloc(&a, len);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		assert_memory_equal(p, zero, len);
		memset(p, 0xff, len);
	}
	hf_arena_fini(&a);
	assert_int_equal(a.used, 0);
}

static void
the_limit_is_never_exceeded(void **state)
{
	(void)state;
	static const size_t limits[] = {0, 1, 40, 63, 64, 100, 4096, 5000, 100000};

	for (unsigned i = 0; i < 9; i++) {
		struct hf_arena a;
		size_t got = 0;

		hf_arena_init(&a, limits[i]);
		while (hf_arena_alloc(&a, 64) != NULL) {
			got += 64;
			assert_true(a.used <= limits[i]);
			assert_true(got <= limits[i]);
		}
		assert_null(hf_arena_alloc(&a, limits[i] + 1));
		assert_null(hf_arena_alloc(&a, SIZE_MAX));
		assert_null(hf_arena_alloc(&a, SIZE_MAX - 64));
		assert_true(a.used <= limits[i]);
		assert_true(limits[i] < 4096 || got > limits[i] * 8 / 10); /* and is worth having */
		hf_arena_fini(&a);
	}
}

static void
objects_do_not_overlap(void **state)
{
	(void)state;
	enum { CNT = 2000 };
	static uint8_t *p[CNT];
	static size_t len[CNT];
	struct hf_arena a;

	srandom(4);
	hf_arena_init(&a, 64 << 20);
	for (unsigned i = 0; i < CNT; i++) {
		len[i] = (size_t)random() % (random() % 50 == 0 ? 20000 : 200);
		p[i] = hf_arena_alloc(&a, len[i]);
		assert_non_null(p[i]);
		memset(p[i], (int)(i % 251), len[i]);
	}
	for (unsigned i = 0; i < CNT; i++)
		for (size_t k = 0; k < len[i]; k++)
			assert_int_equal(p[i][k], i % 251);
	hf_arena_fini(&a);
}

static void
small_objects_share_chunks_even_behind_a_large_one(void **state)
{
	(void)state;
	struct hf_arena a;

	hf_arena_init(&a, 1 << 20);
	assert_non_null(hf_arena_alloc(&a, 16));
	size_t before = a.used;

	assert_non_null(hf_arena_alloc(&a, 50000));
	size_t with_large = a.used;

	assert_true(with_large >= before + 50000);
	assert_non_null(hf_arena_alloc(&a, 16));
	assert_int_equal(a.used, with_large);
	hf_arena_fini(&a);
}

static void
a_copy_is_a_copy(void **state)
{
	(void)state;
	struct hf_arena a;

	hf_arena_init(&a, 1 << 16);
	char *copy = hf_arena_copy(&a, "example", 8);

	assert_string_equal(copy, "example");
	assert_non_null(hf_arena_copy(&a, NULL, 0));
	assert_null(hf_arena_copy(&a, "example", 1 << 17));
	hf_arena_fini(&a);
	hf_arena_fini(&a); /* nothing left: nothing to do */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(memory_is_zeroed_and_aligned),
	    cmocka_unit_test(the_limit_is_never_exceeded),
	    cmocka_unit_test(objects_do_not_overlap),
	    cmocka_unit_test(small_objects_share_chunks_even_behind_a_large_one),
	    cmocka_unit_test(a_copy_is_a_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
