/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/realtime.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"

static int
schedule_set(int policy, int priority)
{
	const struct sched_param param = {.sched_priority = priority};

	return -pthread_setschedparam(pthread_self(), policy, &param);
}

int
dp_realtime_enter(void)
{
	return schedule_set(SCHED_FIFO, sched_get_priority_min(SCHED_FIFO));
}

int
dp_realtime_leave(void)
{
	return schedule_set(SCHED_OTHER, 0);
}

/* sched(7): of each sched_rt_period_us realtime threads get sched_rt_runtime_us; -1: all. */
static void
say_throttling(void)
{
	FILE *f = fopen("/proc/sys/kernel/sched_rt_runtime_us", "re");
	long us = -1;

	if (f == NULL)
		return;
	if (fscanf(f, "%ld", &us) == 1 && us >= 0)
		hf_log(HF_LOG_WARN, "main",
		    "kernel.sched_rt_runtime_us is %ld: workers may be stopped for the rest of "
		    "each second (-1: never)",
		    us);
	fclose(f);
}

int
dp_realtime_try(void)
{
	int rc = dp_realtime_enter();

	if (rc == 0)
		rc = dp_realtime_leave();
	if (rc == 0)
		say_throttling();
	else
		hf_log(HF_LOG_ERROR, "main",
		    "--realtime yes: no SCHED_FIFO (%s): it takes CAP_SYS_NICE or a limit RTPRIO "
		    "of 1",
		    strerror(-rc));
	return rc;
}
