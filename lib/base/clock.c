/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t
ns_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts); /* cannot fail: the clock exists, ts is ours */
	return (uint64_t)ts.tv_sec * HF_NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t
hf_clock_mono_ns(void)
{
	return ns_of(CLOCK_MONOTONIC);
}

uint64_t
hf_clock_boot_ns(void)
{
	return ns_of(CLOCK_BOOTTIME);
}

int
hf_clock_boot_id(char id[HF_BOOT_ID_LEN])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, id, HF_BOOT_ID_LEN - 1) : -1;
	int rc = len > 0 ? 0 : len == 0 ? -ENODATA : -errno;

	if (fd >= 0)
		close(fd);
	id[len > 0 ? len : 0] = '\0';
	id[strcspn(id, "\n")] = '\0';
	return rc;
}

int64_t
hf_clock_wall_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}
