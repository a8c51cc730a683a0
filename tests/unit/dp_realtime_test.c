/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/realtime.h: what the kernel does not allow is known before the start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dataplane/realtime.h"

enum { NOBODY = 65534 };

static int
try_without_privilege(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_RTPRIO, &none) != 0 || (geteuid() == 0 && setuid(NOBODY) != 0))
		return 1;
	return dp_realtime_try() == -EPERM && sched_getscheduler(0) == SCHED_OTHER ? 0 : 2;
}

static void
realtime_is_refused_without_privilege(void **state)
{
	(void)state;
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(try_without_privilege());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
a_try_leaves_the_thread_as_it_was(void **state)
{
	(void)state;
	(void)dp_realtime_try(); /* 0 or not, as who runs this may */
	assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(realtime_is_refused_without_privilege),
	    cmocka_unit_test(a_try_leaves_the_thread_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
