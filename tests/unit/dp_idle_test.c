/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/idle.h: from polling to sleeping and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane/idle.h"

static void
a_worker_spins_first_and_then_sleeps_until_there_is_work(void **state)
{
	(void)state;
	struct dp_idle i = {.spin_ticks = 100, .can_sleep = true};

	for (unsigned round = 0; round < 3; round++) {
		uint64_t now = 1000 + 10000 * round;

		assert_int_equal(dp_idle_rest(&i, now), DP_REST_SPIN);
		assert_int_equal(dp_idle_rest(&i, now + 99), DP_REST_SPIN);
		assert_int_equal(dp_idle_rest(&i, now + 100), DP_REST_SLEEP);
		assert_int_equal(dp_idle_rest(&i, now + 5000), DP_REST_SLEEP);
		dp_idle_busy(&i);
	}
}

static void
with_a_port_that_cannot_wake_it_only_naps(void **state)
{
	(void)state;
	struct dp_idle i = {.spin_ticks = 100, .can_sleep = false};

	assert_int_equal(dp_idle_rest(&i, 5), DP_REST_SPIN);
	assert_int_equal(dp_idle_rest(&i, 105), DP_REST_NAP);
	assert_int_equal(dp_idle_rest(&i, 1u << 30), DP_REST_NAP);
}

static void
woken_for_nothing_it_naps_before_it_sleeps_again(void **state)
{
	(void)state;
	struct dp_idle i = {.spin_ticks = 100, .can_sleep = true};

	(void)dp_idle_rest(&i, 5);
	assert_int_equal(dp_idle_rest(&i, 200), DP_REST_SLEEP);
	dp_idle_woken(&i);
	assert_int_equal(dp_idle_rest(&i, 201), DP_REST_NAP);
	assert_int_equal(dp_idle_rest(&i, 300), DP_REST_SLEEP);
	dp_idle_woken(&i);
	dp_idle_busy(&i); /* not for nothing */
	assert_int_equal(dp_idle_rest(&i, 301), DP_REST_SPIN);
	assert_int_equal(dp_idle_rest(&i, 500), DP_REST_SLEEP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_worker_spins_first_and_then_sleeps_until_there_is_work),
	    cmocka_unit_test(with_a_port_that_cannot_wake_it_only_naps),
	    cmocka_unit_test(woken_for_nothing_it_naps_before_it_sleeps_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
