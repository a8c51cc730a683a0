/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of controlplane/channel.c: against a counter that must be right, and from two threads.
 */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "controlplane/channel.h"

enum { SLOTS = 64, STEPS = 100000, WAIT_MS = 20000 };

static unsigned *
block_of(unsigned v)
{
	unsigned *p = malloc(sizeof(*p));

	assert_non_null(p);
	*p = v;
	return p;
}

static bool
is_rung(const struct cp_channel *c)
{
	struct pollfd fd = {.fd = cp_channel_fd(c), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

static void
blocks_come_out_in_the_order_they_went_in_and_a_full_channel_refuses(void **state)
{
	struct cp_channel *c = cp_channel_create(SLOTS);
	unsigned in = 0, out = 0;

	(void)state;
	assert_non_null(c);
	srandom(1);
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned *p = random() % 2 ? block_of(in) : NULL;

		if (p != NULL) {
			bool room = in - out < SLOTS;

			assert_int_equal(cp_channel_put(c, p), room);
			if (room)
				in++;
			else
				free(p);
			continue;
		}
		p = cp_channel_take(c);
		assert_int_equal(p != NULL, in != out);
		if (p != NULL)
			assert_int_equal(*p, out++);
		free(p);
	}
	cp_channel_destroy(c); /* frees what is left: LeakSanitizer would say */
}

static void
the_bell_rings_once_until_it_is_heard(void **state)
{
	struct cp_channel *c = cp_channel_create(SLOTS);

	(void)state;
	assert_false(is_rung(c));
	assert_true(cp_channel_put(c, block_of(1)));
	assert_true(cp_channel_put(c, block_of(2)));
	assert_true(is_rung(c));
	cp_channel_woke(c);
	assert_false(is_rung(c)); /* both are to be taken now */
	cp_channel_ring(c);
	assert_true(is_rung(c));
	cp_channel_destroy(c);
}

static void *
writer(void *arg)
{
	struct cp_channel *c = arg;

	for (unsigned i = 0; i < STEPS; i++) {
		unsigned *p = block_of(i);

		while (!cp_channel_put(c, p)) /* full: the reader is at it */
			sched_yield();
	}
	return NULL;
}

static void
a_reader_that_sleeps_on_the_bell_misses_nothing(void **state)
{
	struct cp_channel *c = cp_channel_create(SLOTS);
	unsigned next = 0;
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, writer, c), 0);
	while (next < STEPS) {
		struct pollfd fd = {.fd = cp_channel_fd(c), .events = POLLIN};
		unsigned *p;

		assert_int_equal(poll(&fd, 1, WAIT_MS), 1);
		cp_channel_woke(c);
		while ((p = cp_channel_take(c)) != NULL) {
			assert_int_equal(*p, next++);
			free(p);
		}
	}
	assert_int_equal(pthread_join(t, NULL), 0);
	cp_channel_destroy(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blocks_come_out_in_the_order_they_went_in_and_a_full_channel_refuses),
	    cmocka_unit_test(the_bell_rings_once_until_it_is_heard),
	    cmocka_unit_test(a_reader_that_sleeps_on_the_bell_misses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
