/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of controlplane/resolver/buckets.c: against an array that must be right, and with
 * readers while it grows. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "controlplane/resolver/buckets.h"
#include "controlplane/resolver/pages.h"

enum { ENTRIES = 20000, TYPES = 40, STRIDE = 2, LINES = ENTRIES / CP_LINE_BUCKETS + 1 };

struct world {
	struct cp_buckets b;
	struct cp_line *lines;
	struct cp_entry *entry[ENTRIES];
};

/* Few hashes for many entries: chains meet, and orders are equal. */
static struct cp_entry *
entry_make(unsigned i)
{
	struct cp_entry *e = calloc(1, sizeof(*e) + sizeof(i));

	assert_non_null(e);
	e->order = (uint32_t)(i / 3 * UINT64_C(0x9e3779b97f4a7c15) >> 17);
	e->type = (uint16_t)(i % TYPES);
	e->class = (unsigned char)(i % 2) & 1;
	e->name_len = sizeof(i);
	memcpy(e->octets, &i, sizeof(i));
	return e;
}

static int
set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	size_t len = (size_t)LINES * STRIDE * sizeof(struct cp_line);

	assert_non_null(w);
	w->lines = cp_pages_reserve(len);
	assert_non_null(w->lines);
	cp_buckets_init(&w->b, w->lines + 1, STRIDE, LINES);
	for (unsigned i = 0; i < ENTRIES; i++)
		w->entry[i] = entry_make(i);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; i < ENTRIES; i++)
		free(w->entry[i]);
	cp_pages_release(w->lines, (size_t)LINES * STRIDE * sizeof(struct cp_line));
	free(w);
	return 0;
}

static struct cp_entry *
find(const struct world *w, unsigned i)
{
	const struct cp_place p = cp_entry_place(w->entry[i]);

	return cp_buckets_find(&w->b, &p);
}

static void
lines_follow_the_number_of_entries_and_end_at_the_most(void **state)
{
	struct world *w = *state;

	w->b.line_max = 100;
	for (unsigned i = 0; i < ENTRIES; i++) {
		unsigned need = (i + CP_LINE_BUCKETS) / CP_LINE_BUCKETS;

		cp_buckets_insert(&w->b, w->entry[i]);
		cp_buckets_grow(&w->b, i + 1);
		assert_int_equal(w->b.line_cnt, need < 100 ? need : 100);
	}
	for (unsigned i = 0; i < ENTRIES; i++)
		assert_ptr_equal(find(w, i), w->entry[i]);
	for (unsigned i = 0; i < LINES * STRIDE; i++) /* nobody else's line, none past the end */
		for (unsigned k = 0; k < CP_LINE_BUCKETS && (i % STRIDE == 0 || i >= 200); k++)
			assert_null(w->lines[i].bucket[k]);
}

static void
any_mix_of_insertions_and_removals_matches_the_model(void **state)
{
	struct world *w = *state;
	static bool in[ENTRIES];
	uint64_t cnt = 0;

	srandom(1);
	for (unsigned step = 0; step < 200000; step++) {
		unsigned i = (unsigned)random() % ENTRIES;

		assert_ptr_equal(find(w, i), in[i] ? w->entry[i] : NULL);
		if (in[i])
			cp_buckets_remove(&w->b, w->entry[i]);
		else
			cp_buckets_insert(&w->b, w->entry[i]);
		in[i] = !in[i];
		cnt += in[i] ? 1 : -(uint64_t)1;
		cp_buckets_grow(&w->b, cnt);
	}
	for (unsigned i = 0; i < ENTRIES; i++)
		assert_ptr_equal(find(w, i), in[i] ? w->entry[i] : NULL);
}

static void
what_comes_later_under_the_same_key_is_found_first(void **state)
{
	struct world *w = *state;
	struct cp_entry *twin = entry_make(7);

	for (unsigned i = 0; i < 30; i++)
		cp_buckets_insert(&w->b, w->entry[i]);
	cp_buckets_insert(&w->b, twin);
	assert_ptr_equal(find(w, 7), twin);
	cp_buckets_remove(&w->b, w->entry[7]);
	assert_ptr_equal(find(w, 7), twin);
	cp_buckets_remove(&w->b, twin);
	assert_null(find(w, 7));
	free(twin);
}

/* --- readers beside it */

enum { KEPT = 200, READERS = 3 };

struct reader {
	pthread_t thread;
	const struct world *w;
	_Atomic bool *done;
	unsigned missed, found;
};

static void *
read_all(void *arg)
{
	struct reader *r = arg;
	bool last;

	do {
		last = atomic_load(r->done);
		for (unsigned i = 0; i < KEPT; i++) {
			r->missed += find(r->w, i) != r->w->entry[i];
			r->found++;
		}
	} while (!last);
	return NULL;
}

static void
readers_never_miss_what_is_there_while_lines_are_added(void **state)
{
	struct world *w = *state;
	_Atomic bool done = false;
	struct reader r[READERS];

	for (unsigned i = 0; i < KEPT; i++)
		cp_buckets_insert(&w->b, w->entry[i]);
	for (unsigned i = 0; i < READERS; i++) {
		r[i] = (struct reader){.w = w, .done = &done};
		assert_int_equal(pthread_create(&r[i].thread, NULL, read_all, &r[i]), 0);
	}
	for (unsigned i = KEPT; i < ENTRIES; i++) {
		cp_buckets_insert(&w->b, w->entry[i]);
		cp_buckets_grow(&w->b, i + 1);
		if (i % 5 == 0) /* nothing is freed: readers may stand on it */
			cp_buckets_remove(&w->b, w->entry[i]);
	}
	atomic_store(&done, true);
	for (unsigned i = 0; i < READERS; i++) {
		assert_int_equal(pthread_join(r[i].thread, NULL), 0);
		assert_int_equal(r[i].missed, 0);
		assert_true(r[i].found >= KEPT);
	}
}

int
main(void)
{
#define ON(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    ON(lines_follow_the_number_of_entries_and_end_at_the_most),
	    ON(any_mix_of_insertions_and_removals_matches_the_model),
	    ON(what_comes_later_under_the_same_key_is_found_first),
	    ON(readers_never_miss_what_is_there_while_lines_are_added),
	};
#undef ON

	return cmocka_run_group_tests(tests, NULL, NULL);
}
