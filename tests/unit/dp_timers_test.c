/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/timers: against an array that is searched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane/timers.h"
#include "tests/unit/dp_fixture.h"

enum { MAX = 97, STEPS = 200000 };

static uint64_t due[MAX]; /* 0: none */

static uint64_t
first_due(void)
{
	uint64_t first = UINT64_MAX;

	for (unsigned i = 0; i < MAX; i++)
		if (due[i] != 0 && due[i] < first)
			first = due[i];
	return first;
}

static void
timers_fire_in_order_whatever_is_set_and_cancelled(void **state)
{
	struct dp_timers t;
	uint64_t seed = 7, now = 1;

	(void)state;
	assert_int_equal(dp_timers_init(&t, MAX), 0);
	for (unsigned step = 0; step < STEPS; step++) {
		uint32_t q = (uint32_t)(fx_random(&seed) % MAX);

		switch (fx_random(&seed) % 4) {
		case 0:
		case 1:
			if (due[q] == 0) {
				due[q] = now + fx_random(&seed) % 50 * (q % 3);
				dp_timers_set(&t, q, due[q]);
			}
			break;
		case 2:
			dp_timers_cancel(&t, q);
			due[q] = 0;
			break;
		default:
			now += fx_random(&seed) % 3;
			q = dp_timers_fire(&t, now);
			assert_true((q == DP_TIMER_NONE) == (first_due() > now));
			if (q != DP_TIMER_NONE) {
				assert_true(due[q] == first_due());
				due[q] = 0;
			}
			break;
		}
		assert_true(dp_timers_due_ms(&t) == first_due());
	}
	dp_timers_fini(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(timers_fire_in_order_whatever_is_set_and_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
