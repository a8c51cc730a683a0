/* SPDX-License-Identifier: BSD-3-Clause */
#define ALLOW_EXPERIMENTAL_API /* rte_power_pause, in DPDK since 20.11 */
#include "dataplane/idle.h"

#include <rte_cpuflags.h>
#include <rte_cycles.h>
#include <rte_pause.h>
#include <rte_power_intrinsics.h>

#include "lib/base/ns.h"

void
dp_idle_init(struct dp_idle *i, uint64_t ticks_per_s)
{
	struct rte_cpu_intrinsics cpu = {0};

	rte_cpu_get_intrinsics_support(&cpu);
	*i = (struct dp_idle){
	    .spin_ticks = ticks_per_s * DP_IDLE_SPIN_NS / HF_NS_PER_S,
	    .pause_ticks = ticks_per_s * DP_IDLE_PAUSE_NS / HF_NS_PER_S,
	    .power_pause = cpu.power_pause,
	};
}

void
dp_idle_pause(const struct dp_idle *i)
{
	if (i->power_pause)
		(void)rte_power_pause(rte_rdtsc() + i->pause_ticks);
	else
		rte_pause();
}
