/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * port: DPDK's environment, memory pools and ports.
 *
 * Purpose   From options to started ports: one queue pair for each worker on each port, one
 *           memory pool for each worker. The packet path then calls DPDK itself.
 * Roles     The main thread, before the workers start and after they have ended.
 * Memory    DPDK's. No pool or port is made later.
 * Blocking  Yes: devices take their time.
 * Errors    0 or -errno; what went wrong is logged with the port's name.
 * Trust     The operator's devargs.
 */
#ifndef DP_PORT_H
#define DP_PORT_H

#include <rte_mbuf.h>

#include "dataplane/options.h"
#include "dataplane/waker.h"

/* The exception port stands behind the served ones and has lanes as they have. */
enum { DP_PORT_EXCEPTION = DP_PORT_MAX };

/* Where one worker receives and sends on one port. */
struct dp_lane {
	uint16_t device; /* DPDK's number of it */
	uint16_t queue;
};

struct dp_port {
	struct dp_lane lane[HF_WORKER_MAX];
	struct dp_waker waker[HF_WORKER_MAX]; /* of the same queues */
	struct dp_host host;
	unsigned device_cnt; /* opened so far; 1 or one for each worker */
	uint16_t device[HF_WORKER_MAX];
	char name[64]; /* devargs up to the first comma */
};

struct dp_ports {
	unsigned cnt;
	unsigned worker_cnt;
	bool interrupts; /* ask devices for them: idle workers sleep */
	bool exception;  /* port[DP_PORT_EXCEPTION] is there: goes with port 0, not served */
	struct dp_port port[DP_PORT_MAX + 1];
	struct rte_mempool *pool[HF_WORKER_MAX];
	uint8_t rss_key[UINT8_MAX]; /* one for all cards: a flow has one core, whatever its way */
};

/* In the environment of a process that is to leave huge pages alone when they are optional. */
#define DP_HUGEPAGES_GONE "HOLDFAST_HUGEPAGES_GONE"

/* Start DPDK's EAL: workers pinned round-robin to the CPUs this process may use, the main
 * thread floating over all of them; huge pages if asked for and there. Once per process.
 * -EAGAIN: optional huge pages were there and then could not be had; EAL cannot be started a
 * second time, a new process with DP_HUGEPAGES_GONE set can. */
int dp_port_environment(const struct dp_options *o, const char *program);

static inline struct dp_lane
dp_port_lane(const struct dp_ports *p, unsigned port, unsigned worker)
{
	return p->port[port].lane[worker];
}

/* Whether port i, of [0, DP_PORT_EXCEPTION], is there. */
static inline bool
dp_port_there(const struct dp_ports *p, unsigned i)
{
	return i < p->cnt || (i == DP_PORT_EXCEPTION && p->exception);
}

/* Pools and ports, started. *p is valid for dp_ports_close in every case. */
int dp_ports_open(const struct dp_options *o, struct dp_ports *p);
void dp_ports_close(struct dp_ports *p);

#endif
