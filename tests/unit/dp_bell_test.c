/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/bell.c: sleeping, waking, and no ring that is missed. */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/bell.h"
#include "dataplane/done.h"

#define LONG_NS  (UINT64_C(20) * 1000 * 1000 * 1000)
#define SHORT_NS (UINT64_C(1) * 1000 * 1000)

enum { HANDLE_CNT = 20000 };

static struct dp_bell bell;

static int
set_up(void **state)
{
	(void)state;
	return dp_bell_init(&bell);
}

static int
tear_down(void **state)
{
	(void)state;
	dp_bell_fini(&bell);
	return 0;
}

static bool
sleep_once(uint64_t ns)
{
	dp_bell_prepare(&bell);
	bool woken = dp_bell_wait(&bell, ns);

	dp_bell_woke(&bell);
	return woken;
}

static void
nothing_wakes_it_but_the_time_out(void **state)
{
	(void)state;
	assert_false(sleep_once(SHORT_NS));
	dp_bell_ring(&bell); /* awake: nobody to wake, and nothing left over for later */
	assert_false(sleep_once(SHORT_NS));
}

static void
a_ring_between_preparing_and_waiting_is_not_lost_and_wakes_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		dp_bell_prepare(&bell);
		dp_bell_ring(&bell);
		dp_bell_ring(&bell);
		assert_true(dp_bell_wait(&bell, LONG_NS));
		dp_bell_woke(&bell);
		assert_false(sleep_once(SHORT_NS));
	}
}

static void
a_ringer_that_writes_late_cuts_one_wait_short_and_no_more(void **state)
{
	(void)state;
	dp_bell_prepare(&bell);
	assert_int_equal(atomic_exchange(&bell.asleep, 0), 1); /* the ringer is taken off its CPU */
	dp_bell_woke(&bell);                                   /* a packet woke the worker */
	dp_bell_write(&bell);
	assert_true(sleep_once(LONG_NS));
	assert_false(sleep_once(SHORT_NS));
}

static void
a_descriptor_wakes_it_as_long_as_it_has_something(void **state)
{
	(void)state;
	int pair[2];
	char c = 'x';

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	assert_int_equal(dp_bell_watch(&bell, pair[0]), 0);
	assert_false(sleep_once(SHORT_NS));
	assert_int_equal(write(pair[1], &c, 1), 1);
	assert_true(sleep_once(LONG_NS));
	assert_true(sleep_once(LONG_NS));
	assert_int_equal(read(pair[0], &c, 1), 1);
	assert_false(sleep_once(SHORT_NS));
	close(pair[0]);
	close(pair[1]);
}

/* A port on loopback that nobody listens on. */
static int
refused_socket(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(to);
	int gone = socket(AF_INET, SOCK_DGRAM, 0), fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind(gone, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(getsockname(gone, (struct sockaddr *)&to, &len), 0);
	close(gone);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(send(fd, "x", 1, 0), 1);
	return fd;
}

static void
an_error_of_a_socket_wakes_it_once(void **state)
{
	(void)state;
	int fd = refused_socket();

	assert_int_equal(dp_bell_watch(&bell, fd), 0);
	assert_true(sleep_once(LONG_NS));
	assert_false(sleep_once(SHORT_NS));
	close(fd);
}

static void
there_is_room_for_every_port_and_no_more(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DP_BELL_WATCH_MAX; i++)
		assert_int_equal(dp_bell_watch(&bell, bell.event), 0);
	assert_int_equal(dp_bell_watch(&bell, bell.event), -ENOSPC);
}

/* A writer that completes questions now and then, sometimes while the worker falls asleep. */
static struct dp_done done;

static void *
writer(void *arg)
{
	(void)arg;
	for (uint64_t h = 1; h <= HANDLE_CNT; h++) {
		while (!dp_done_put(&done, h))
			sched_yield();
		dp_bell_ring(&bell);
		if (h % 7 == 0)
			sched_yield();
		if (h % 1000 == 0)
			usleep(200); /* now it surely sleeps */
	}
	return NULL;
}

static void
no_completion_is_slept_through(void **state)
{
	(void)state;
	pthread_t thread;
	uint64_t handle, expected = 1;

	assert_int_equal(pthread_create(&thread, NULL, writer, NULL), 0);
	while (expected <= HANDLE_CNT) {
		if (dp_done_take(&done, &handle)) {
			assert_int_equal(handle, expected++);
			continue;
		}
		dp_bell_prepare(&bell);
		if (dp_done_take(&done, &handle))
			assert_int_equal(handle, expected++);
		else
			assert_true(dp_bell_wait(&bell, LONG_NS)); /* a lost ring ends here */
		dp_bell_woke(&bell);
	}
	pthread_join(thread, NULL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(nothing_wakes_it_but_the_time_out),
	    T(a_ring_between_preparing_and_waiting_is_not_lost_and_wakes_once),
	    T(a_ringer_that_writes_late_cuts_one_wait_short_and_no_more),
	    T(a_descriptor_wakes_it_as_long_as_it_has_something),
	    T(an_error_of_a_socket_wakes_it_once),
	    T(there_is_room_for_every_port_and_no_more),
	    T(no_completion_is_slept_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
