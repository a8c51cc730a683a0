/* SPDX-License-Identifier: BSD-3-Clause */
/* neighbour PERMILLE SECONDS: takes so much of a CPU, for so long, and computes in registers: what
 * a worker loses beside it is the machine's (threads of one core, clocks, the host's scheduling),
 * not the cache's. In short turns, as a writer works. Says as JSON what it took. */
#include <stdio.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/units.h"

enum {
	TURN_NS = 20000, /* computes, or sleeps, at a time */
	STEPS = 256,
	PERMILLE_MAX = 1000,
	SECONDS_MAX = 3600,
};

static uint64_t
cpu_ns(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * HF_NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* Two chains of xorshift64*: neither waits for the other. */
static uint64_t
compute(uint64_t a)
{
	uint64_t b = ~a;

	for (uint64_t until = hf_clock_mono_ns() + TURN_NS; hf_clock_mono_ns() < until;) {
		for (unsigned i = 0; i < STEPS; i++) {
			a ^= a >> 12;
			b ^= b >> 12;
			a ^= a << 25;
			b ^= b << 25;
			a = (a ^ a >> 27) * UINT64_C(0x2545f4914f6cdd1d);
			b = (b ^ b >> 27) * UINT64_C(0x2545f4914f6cdd1d);
		}
	}
	return a + b;
}

int
main(int argc, char **argv)
{
	uint64_t permille, seconds, sum = 1, begin = hf_clock_mono_ns(), took_ns;

	if (argc != 3 || hf_uint_from_text(argv[1], PERMILLE_MAX, &permille) != 0 ||
	    hf_uint_from_text(argv[2], SECONDS_MAX, &seconds) != 0) {
		fprintf(stderr, "usage: neighbour PERMILLE SECONDS\n");
		return 2;
	}
	while ((took_ns = hf_clock_mono_ns() - begin) < seconds * HF_NS_PER_S) {
		if (cpu_ns() * PERMILLE_MAX < took_ns * permille)
			sum = compute(sum);
		else
			(void)nanosleep(&(const struct timespec){.tv_nsec = TURN_NS}, NULL);
	}
	printf("{\"cpu_s\": %.3f, \"seconds\": %.3f, \"sum\": %llu}\n", (double)cpu_ns() / 1e9,
	    (double)took_ns / 1e9, (unsigned long long)sum);
	return 0;
}
