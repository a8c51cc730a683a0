/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/hit.h"

#define DP_HIT_WAY      dp_hit_plain
#define DP_HIT_WAY_NAME "plain"
#include "dataplane/hit_way.h"

#if defined(__x86_64__)
#include <cpuid.h>

extern const struct dp_hit_way dp_hit_avx2, dp_hit_avx512;

static bool
runs_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
	    __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("aes");
}

/* Intel SDM 2A, CPUID leaf 7, bits of ECX. The kernel's part is in avx512f. */
static bool
runs_avx512(void)
{
	const unsigned vbmi = 1u << 1, vaes = 1u << 9, vnni = 1u << 11, all = vbmi | vaes | vnni;
	unsigned a, b, c, d;

	return runs_avx2() && __builtin_cpu_supports("avx512f") &&
	    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vl") &&
	    __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & all) == all;
}
#endif

static const struct dp_hit_way *const ways[] = {
#if defined(__x86_64__)
    &dp_hit_avx512,
    &dp_hit_avx2,
#endif
    &dp_hit_plain,
};

const struct dp_hit_way *
dp_hit_way(unsigned i)
{
	return i < sizeof(ways) / sizeof(ways[0]) ? ways[i] : NULL;
}

bool
dp_hit_way_runs(const struct dp_hit_way *w)
{
#if defined(__x86_64__)
	if (w == &dp_hit_avx512)
		return runs_avx512();
	if (w == &dp_hit_avx2)
		return runs_avx2();
#endif
	return w == &dp_hit_plain;
}

const struct dp_hit_way *
dp_hit_way_best(void)
{
	unsigned i = 0;

	while (!dp_hit_way_runs(ways[i]))
		i++;
	return ways[i];
}
