/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stats: the counters of all threads, for the control plane and for --stats-file.
 *
 * Purpose   One reading of every row: the writer's and each worker's.
 * Roles     The writer thread, and the main thread at exit.
 * Memory    The caller's.
 * Blocking  dp_stats_write_file writes a file.
 * Errors    0 or -errno.
 * Trust     Nothing here reads input.
 */
#ifndef DP_STATS_H
#define DP_STATS_H

#include "dataplane/worker.h"

/* Where the counters are. All pointers outlive it. */
struct dp_stats {
	const uint64_t *writer; /* row 0 */
	unsigned worker_cnt;
	struct dp_worker *const *workers; /* row 1 + i */
	const struct dp_table *table;
	const struct dp_shared *shared;
};

/* Octets of the STATS_SAY message. */
size_t dp_stats_len(const struct dp_stats *s);

/* Fill in a STATS_SAY of dp_stats_len octets. */
void dp_stats_say(
    const struct dp_stats *s, uint64_t token, uint32_t epoch, struct hf_msg_stats_say *say);

/* What a LATENCY_ASK is answered with. False: there is no such core. */
bool dp_stats_say_latency(const struct dp_stats *s, const struct hf_msg_latency_ask *ask,
    uint32_t epoch, struct hf_msg_latency_say *say);

/* The counters as JSON: {"uptime_ns":..,"threads":[{"name":"writer","cpu_ns":..,"rx":0,...},...]}.
 * By the writer thread: its own CPU time is the caller's. */
int dp_stats_write_file(const struct dp_stats *s, const char *path);

#endif
