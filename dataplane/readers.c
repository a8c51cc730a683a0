/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/readers.h"

#include <time.h>

#include "lib/base/clock.h"

enum {
	SPIN_NS = 200000, /* many polls of a core at full rate: then it was taken off its CPU */
	NAP_NS = 50000,
};

void
dp_readers_wait(struct dp_readers *r)
{
	const struct timespec nap = {.tv_nsec = NAP_NS};
	uint64_t ticket = dp_readers_ticket(r), begin_ns = hf_clock_mono_ns();

	while (!dp_readers_over(r, ticket)) {
		if (hf_clock_mono_ns() - begin_ns < SPIN_NS)
			caa_cpu_relax();
		else
			(void)nanosleep(&nap, NULL);
	}
}
