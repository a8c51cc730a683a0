/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * worker: the loop of one core.
 *
 * Purpose   Burst in, one outcome per packet, burst out; then those who waited.
 * Roles     dp_worker_run is one worker's thread. The writer thread publishes *shared.
 * Memory    One struct dp_worker per core, made at start, touched by nobody else but for
 *           the done queue (done.h) and counters, which anyone may load.
 * Blocking  The loop never locks, waits, allocates or logs; its one system call is the
 *           sleep of an idle worker (--idle adaptive), when it has left readers.h.
 * Loss      Every packet leaves by transmission or by a counter.
 * Trust     Packets are hostile.
 */
#ifndef DP_WORKER_H
#define DP_WORKER_H

#include <time.h>

#include "dataplane/access.h"
#include "dataplane/bell.h"
#include "dataplane/done.h"
#include "dataplane/exception.h"
#include "dataplane/guard.h"
#include "dataplane/hit.h"
#include "dataplane/idle.h"
#include "dataplane/latency.h"
#include "dataplane/neighbour.h"
#include "dataplane/port.h"
#include "dataplane/serve.h"
#include "dataplane/sample.h"
#include "lib/link/link.h"

/* What the writer thread tells the workers. */
struct dp_shared {
	alignas(64) struct dp_policy *_Atomic policy; /* readers.h; never NULL */
	struct hf_link *_Atomic link;                 /* readers.h; NULL: no control plane */
	struct hf_cookie_secrets *_Atomic cookies;    /* readers.h; never NULL */
	_Atomic bool control_alive;
	_Atomic bool stop;
	_Atomic bool say_stats;       /* write --stats-file now */
	alignas(64) uint64_t boot_ns; /* constant */
	uint64_t tsc_hz;              /* constant */
	bool adaptive;                /* constant */
	bool realtime;                /* constant: workers run SCHED_FIFO */
	struct dp_access access;      /* constant */
};

/* Frames on their way out by one port. */
struct dp_out {
	uint16_t port; /* index into dp_ports */
	uint16_t cnt;
	struct rte_mbuf *m[DP_BURST];
};

struct dp_worker {
	struct dp_core core;
	bool rotate;                 /* addresses take turns (lib/wire/rotate.h) */
	uint32_t turn;               /* of the next reply */
	_Atomic clockid_t cpu_clock; /* its thread's; 0: not running yet */
	struct dp_limit limit;       /* of ARP, ND and echo */
	struct dp_guard guard;
	struct dp_limit exception_limit;
	struct dp_out exception; /* from port 0 to the kernel */
	const struct dp_ports *ports;
	struct dp_shared *shared;
	struct hf_link *link;           /* of this burst */
	const struct dp_policy *policy; /* of this burst */
	bool rang;                      /* a miss was put on the ring in this burst */
	struct dp_idle idle;
	uint64_t arrived; /* rte_rdtsc when this burst came */
	const struct dp_hit_way *way;
	struct dp_hits hits;
	struct dp_query query[DP_BURST]; /* the long way, as packet */
	struct dp_packet packet[DP_BURST];
	struct dp_latency latency;
	struct dp_samples samples;
	struct dp_bell bell; /* rung by other threads */
	struct dp_done done;
};

/* Room for worker id, 64-byte aligned. NULL: no memory. What o says of workers is kept. */
struct dp_worker *dp_worker_create(uint16_t id, struct dp_shared *shared,
    const struct dp_ports *ports, const struct dp_table *table, const struct dp_options *o);
void dp_worker_destroy(struct dp_worker *w);

/* Serve until shared->stop. arg is the struct dp_worker; returns 0 (an lcore function). */
int dp_worker_run(void *arg);

#endif
