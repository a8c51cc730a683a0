/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/clock.h"

#include <time.h>

uint64_t
hf_clock_mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail: the clock exists, ts is ours */
	return (uint64_t)ts.tv_sec * HF_NS_PER_S + (uint64_t)ts.tv_nsec;
}

int64_t
hf_clock_wall_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}
