/* SPDX-License-Identifier: BSD-3-Clause */
/* The wall clock without its jumps, against a model that knows the true time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "controlplane/steady.h"
#include "lib/base/ns.h"

static struct cp_moment
at(int64_t wall_s, uint64_t s, const char *boot)
{
	return (struct cp_moment){.wall_s = wall_s, .mono_ns = s * HF_NS_PER_S, .boot = boot};
}

static void
what_was_never_stored_begins_now(void **state)
{
	struct cp_steady c = {0};
	struct cp_moment m = at(5000, 10, "a");

	(void)state;
	assert_int_equal(cp_steady_follow(&c, &m), 0);
	assert_string_equal(c.boot, "a");
	assert_int_equal(cp_steady_at(&c, 13 * HF_NS_PER_S), 5003);
}

static void
less_than_the_slack_is_no_jump_and_does_not_add_up_unseen(void **state)
{
	struct cp_steady c = {0};
	struct cp_moment m = at(5000, 10, "a");
	int64_t moved = 0;

	(void)state;
	(void)cp_steady_follow(&c, &m);
	for (int i = 1; i <= 100; i++) {
		m = at(5000 + 2 * i, 10 + (uint64_t)i, "a"); /* twice too fast */
		moved += cp_steady_follow(&c, &m);
		assert_true(cp_steady_at(&c, m.mono_ns) > m.wall_s - CP_STEADY_SLACK_S);
	}
	assert_int_equal(moved, 100);
}

/* An end that moves with every jump comes when so much true time has passed, to the slack. */
static void
whatever_the_wall_clock_does_an_end_comes_after_its_time(void **state)
{
	(void)state;
	srandom(7);
	for (int round = 0; round < 2000; round++) {
		struct cp_steady c = {0};
		int64_t wall = random(), life = 20 + random() % 1000, end, passed = 0;
		uint64_t run = (uint64_t)(random() % 1000000);
		struct cp_moment m = at(wall, run, "a");

		(void)cp_steady_follow(&c, &m);
		end = cp_steady_at(&c, m.mono_ns) + life;
		while (cp_steady_at(&c, m.mono_ns) < end) {
			int64_t step = 1 + random() % 3;

			passed += step;
			run += (uint64_t)step;
			wall += step;
			if (random() % 10 == 0)
				wall += random() % 2 == 0 ? random() : -random();
			else if (random() % 10 == 0)
				wall += random() % 9 - 4;
			m = at(wall, run, "a");
			end += cp_steady_follow(&c, &m);
			assert_true(passed <= life + 3);
		}
		assert_true(passed >= life);
	}
}

static void
over_a_boot_a_later_clock_is_believed_and_an_earlier_one_takes_ends_along(void **state)
{
	struct cp_steady c = {0};
	struct cp_moment m = at(5000, 10, "a");

	(void)state;
	(void)cp_steady_follow(&c, &m);
	m = at(9000, 1, "b");
	assert_int_equal(cp_steady_follow(&c, &m), 0);
	assert_int_equal(cp_steady_at(&c, m.mono_ns), 9000);
	m = at(100, 1, "c");
	assert_int_equal(cp_steady_follow(&c, &m), -8900);
	assert_int_equal(cp_steady_at(&c, m.mono_ns), 100);
	m = at(101, 2, "c");
	assert_int_equal(cp_steady_follow(&c, &m), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_never_stored_begins_now),
	    cmocka_unit_test(less_than_the_slack_is_no_jump_and_does_not_add_up_unseen),
	    cmocka_unit_test(whatever_the_wall_clock_does_an_end_comes_after_its_time),
	    cmocka_unit_test(
		over_a_boot_a_later_clock_is_believed_and_an_earlier_one_takes_ends_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
