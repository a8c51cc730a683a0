/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of controlplane/resolver/table.c, against an array that must be right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controlplane/resolver/table.h"

enum { NAMES = 300 };

static const struct hf_siphash_key key = {{1, 2}};
static struct hf_name names[NAMES];

static int
make_names(void **state)
{
	char text[64];

	(void)state;
	for (unsigned i = 0; i < NAMES; i++) {
		snprintf(text, sizeof(text), "Name%u.Example.", i);
		assert_int_equal(hf_name_from_text(text, &names[i]), 0);
	}
	return 0;
}

static void
blocks_are_found_by_name_without_case_type_class_and_view(void **state)
{
	(void)state;
	struct cp_table *t = cp_table_create(&key, 1 << 20);
	struct hf_name lower = names[0];
	struct cp_key k = {&names[0], 1, CP_CLASS_ANSWER, 0}, other;

	hf_name_lower(&lower);
	memcpy(cp_table_put(t, &k, 4)->data, "abcd", 4);
	other = (struct cp_key){&lower, 1, CP_CLASS_ANSWER, 0};
	assert_memory_equal(cp_table_find(t, &other)->data, "abcd", 4);
	other.type = 2;
	assert_null(cp_table_find(t, &other));
	other = (struct cp_key){&lower, 1, CP_CLASS_RAW, 0};
	assert_null(cp_table_find(t, &other));
	other = (struct cp_key){&lower, 1, CP_CLASS_ANSWER, 7};
	assert_null(cp_table_find(t, &other)); /* the same name seen from elsewhere */
	cp_table_remove(t, &k);
	assert_null(cp_table_find(t, &k));
	assert_int_equal(cp_table_entries(t), 0);
	assert_int_equal(cp_table_octets(t), 0);
	cp_table_destroy(t);
}

static void
the_octets_never_exceed_the_bound(void **state)
{
	(void)state;
	struct cp_table *t = cp_table_create(&key, 32 * 1024);

	for (unsigned i = 0; i < NAMES; i++) {
		struct cp_key k = {&names[i], 1, CP_CLASS_ANSWER, 0};

		assert_non_null(cp_table_put(t, &k, 100));
		assert_true(cp_table_octets(t) <= 32 * 1024);
	}
	struct cp_key big = {&names[0], 9, CP_CLASS_ANSWER, 0};

	assert_null(cp_table_put(t, &big, 64 * 1024));
	cp_table_destroy(t);
}

static void
the_least_recently_used_goes_first(void **state)
{
	(void)state;
	struct cp_table *t = cp_table_create(&key, 16 * 1024);
	struct cp_key kept = {&names[0], 1, CP_CLASS_ANSWER, 0},
		      lost = {&names[1], 1, CP_CLASS_ANSWER, 0};

	cp_table_put(t, &kept, 10);
	cp_table_put(t, &lost, 10);
	for (unsigned i = 2; i < NAMES; i++) {
		struct cp_key k = {&names[i], 1, CP_CLASS_ANSWER, 0};

		cp_table_put(t, &k, 10);
		assert_non_null(cp_table_find(t, &kept));
	}
	assert_null(cp_table_find(t, &lost));
	cp_table_destroy(t);
}

static void
any_mix_of_puts_finds_and_removes_matches_the_model(void **state)
{
	(void)state;
	struct cp_table *t = cp_table_create(&key, 8 << 20); /* nothing is evicted */
	int model[NAMES][CP_CLASS_CNT] = {0};
	uint64_t entries = 0;

	srandom(1);
	for (int step = 1; step < 50000; step++) {
		unsigned n = (unsigned)random() % NAMES, c = (unsigned)random() % CP_CLASS_CNT;
		struct cp_key k = {&names[n], 1, (enum cp_class)c, 0};
		struct cp_block *b;

		switch (random() % 3) {
		case 0:
			entries += model[n][c] == 0;
			model[n][c] = step;
			memcpy(cp_table_put(t, &k, sizeof(step))->data, &step, sizeof(step));
			break;
		case 1:
			entries -= model[n][c] != 0;
			model[n][c] = 0;
			cp_table_remove(t, &k);
			break;
		default:
			b = cp_table_find(t, &k);
			assert_int_equal(b != NULL, model[n][c] != 0);
			if (b != NULL)
				assert_memory_equal(b->data, &model[n][c], sizeof(step));
		}
		assert_int_equal(cp_table_entries(t), entries);
	}
	cp_table_destroy(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blocks_are_found_by_name_without_case_type_class_and_view),
	    cmocka_unit_test(the_octets_never_exceed_the_bound),
	    cmocka_unit_test(the_least_recently_used_goes_first),
	    cmocka_unit_test(any_mix_of_puts_finds_and_removes_matches_the_model),
	};

	return cmocka_run_group_tests(tests, make_names, NULL);
}
