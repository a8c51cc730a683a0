/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/readers.h: the writer waits for each core that may still read, for no
 * other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "dataplane/readers.h"

enum { READERS = 2, SNAPSHOTS = 2000, LIVE = 0x600DF00D };

struct snapshot {
	_Atomic uint32_t live; /* cleared when the writer gives it back */
};

static struct dp_readers readers;
static struct snapshot *_Atomic published;
static struct snapshot snapshots[SNAPSHOTS + 1];
static _Atomic bool over;
static _Atomic uint64_t read_cnt, dead_cnt;

/* A worker: one load of the pointer a poll, many uses, the quiescent line; now and then asleep. */
static void *
poll_for_ever(void *arg)
{
	unsigned id = (unsigned)(uintptr_t)arg;

	dp_reader_enter(&readers, id);
	for (unsigned poll = 0; !atomic_load(&over); poll++) {
		struct snapshot *s = atomic_load_explicit(&published, memory_order_acquire);

		for (unsigned i = 0; i < 4; i++) {
			if (atomic_load_explicit(&s->live, memory_order_relaxed) != LIVE)
				atomic_fetch_add(&dead_cnt, 1);
			if (poll % 8 == 0)
				sched_yield(); /* preempted with the pointer in its hand */
		}
		atomic_fetch_add(&read_cnt, 1);
		dp_reader_quiet(&readers, id);
		if (poll % 64 == 0) {
			dp_reader_leave(&readers, id);
			sched_yield();
			dp_reader_enter(&readers, id);
		}
	}
	dp_reader_leave(&readers, id);
	return NULL;
}

static void
no_reader_meets_what_was_given_back_after_a_wait(void **state)
{
	(void)state;
	pthread_t thread[READERS];

	dp_readers_init(&readers);
	snapshots[0].live = LIVE;
	published = &snapshots[0];
	for (uintptr_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, poll_for_ever, (void *)i), 0);
	while (atomic_load(&read_cnt) == 0)
		sched_yield();
	for (unsigned i = 1; i <= SNAPSHOTS; i++) {
		atomic_store(&snapshots[i].live, LIVE);
		atomic_store_explicit(&published, &snapshots[i], memory_order_release);
		dp_readers_wait(&readers);
		atomic_store(&snapshots[i - 1].live, 0);
	}
	atomic_store(&over, true);
	for (unsigned i = 0; i < READERS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	assert_true(atomic_load(&dead_cnt) == 0);
}

static void
nobody_waits_for_readers_that_are_away(void **state)
{
	(void)state;
	dp_readers_init(&readers);
	dp_readers_wait(&readers); /* returns */
	dp_reader_enter(&readers, 3);
	uint64_t ticket = dp_readers_ticket(&readers);
	assert_false(dp_readers_over(&readers, ticket));
	dp_reader_quiet(&readers, 3);
	assert_true(dp_readers_over(&readers, ticket));
	ticket = dp_readers_ticket(&readers);
	dp_reader_leave(&readers, 3);
	assert_true(dp_readers_over(&readers, ticket));
	dp_readers_wait(&readers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_reader_meets_what_was_given_back_after_a_wait),
	    cmocka_unit_test(nobody_waits_for_readers_that_are_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
