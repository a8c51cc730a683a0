/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of askers, and the list of counters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controlplane/counters.h"
#include "controlplane/resolver/resolver.h"
#include "controlplane/waiting.h"
#include "lib/link/counters.h"

enum { SLOTS = 8, MODEL_MAX = 64 };

static struct cp_waiter
waiter(uintptr_t n)
{
	return (struct cp_waiter){.arg = (void *)n};
}

static void
a_full_table_gives_no_token_until_one_is_taken(void **state)
{
	struct cp_waiting *w = cp_waiting_create(SLOTS);
	struct cp_waiter who = waiter(1);
	uint64_t token[SLOTS];

	(void)state;
	for (int i = 0; i < SLOTS; i++) {
		token[i] = cp_waiting_add(w, &who, 0);
		assert_true(token[i] != 0);
	}
	assert_true(cp_waiting_add(w, &who, 0) == 0);
	assert_true(cp_waiting_take(w, token[3], &who));
	assert_true(cp_waiting_add(w, &who, 0) != 0);
	cp_waiting_destroy(w);
}

static void
a_token_works_once_and_never_for_the_next_one_in_its_place(void **state)
{
	struct cp_waiting *w = cp_waiting_create(1);
	struct cp_waiter who = waiter(1), got;

	(void)state;
	uint64_t old = cp_waiting_add(w, &who, 0);
	assert_true(cp_waiting_take(w, old, &got));
	assert_false(cp_waiting_take(w, old, &got));
	uint64_t next = cp_waiting_add(w, &who, 0);
	assert_true(next != old);
	assert_false(cp_waiting_take(w, old, &got));
	assert_false(cp_waiting_take(w, 0, &got));
	assert_false(cp_waiting_take(w, UINT64_MAX, &got));
	assert_true(cp_waiting_take(w, next, &got));
	cp_waiting_destroy(w);
}

static void
sizes_out_of_range_make_no_table(void **state)
{
	(void)state;
	assert_null(cp_waiting_create(0));
	assert_null(cp_waiting_create(CP_WAITING_MAX + 1));
}

/* The model: a list in order of age. */
struct model {
	struct {
		uint64_t token, deadline;
		uintptr_t who;
	} at[MODEL_MAX];
	size_t cnt;
};

static void
model_remove(struct model *m, size_t i)
{
	memmove(&m->at[i], &m->at[i + 1], (--m->cnt - i) * sizeof(m->at[0]));
}

static void
model_step(struct cp_waiting *w, struct model *m, uint64_t now)
{
	struct cp_waiter who = waiter((uintptr_t)now);
	long dice = random() % 4;

	if (dice < 2) {
		uint64_t token = cp_waiting_add(w, &who, now + 50);

		assert_int_equal(token != 0, m->cnt < SLOTS);
		if (token != 0) {
			m->at[m->cnt].token = token;
			m->at[m->cnt].deadline = now + 50;
			m->at[m->cnt++].who = (uintptr_t)now;
		}
	} else if (dice == 2 && m->cnt > 0) {
		size_t i = (size_t)random() % m->cnt;

		assert_true(cp_waiting_take(w, m->at[i].token, &who));
		assert_true((uintptr_t)who.arg == m->at[i].who);
		model_remove(m, i);
	} else {
		bool due = m->cnt > 0 && m->at[0].deadline <= now;

		assert_int_equal(cp_waiting_take_due(w, now, &who), due);
		if (due) {
			assert_true((uintptr_t)who.arg == m->at[0].who);
			model_remove(m, 0);
		}
	}
}

static void
any_mix_of_adding_taking_and_time_matches_the_model(void **state)
{
	struct cp_waiting *w = cp_waiting_create(SLOTS);
	struct model m = {.cnt = 0};

	(void)state;
	srandom(1);
	for (uint64_t now = 1; now < 200000; now++) {
		model_step(w, &m, now);
		assert_int_equal(cp_waiting_cnt(w), m.cnt);
	}
	cp_waiting_destroy(w);
}

static void
no_two_counters_of_the_programs_have_one_name(void **state)
{
#define X(name, unit, sentence) #name,
	static const char *const all[] = {HF_COUNTERS(X) CP_RESOLVER_COUNTERS(X) CP_COUNTERS(X)};
#undef X

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(all[i], all[j]) == 0)
				fail_msg("two counters are called %s", all[i]);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_full_table_gives_no_token_until_one_is_taken),
	    cmocka_unit_test(a_token_works_once_and_never_for_the_next_one_in_its_place),
	    cmocka_unit_test(sizes_out_of_range_make_no_table),
	    cmocka_unit_test(any_mix_of_adding_taking_and_time_matches_the_model),
	    cmocka_unit_test(no_two_counters_of_the_programs_have_one_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
