/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * writer: the one thread that changes cache and policy.
 *
 * Purpose   Listens on the link, welcomes one control plane at a time, takes its messages
 *           from the update ring, publishes entries and policy, tells the workers; answers
 *           its questions about counters and entries.
 * Roles     One thread (the program's first) calls everything here.
 * Memory    Policies, links and cookie secrets are retired: freed after a grace period (readers.h).
 * Blocking  Sleeps in poll(2) when there is nothing to do, at most BEAT_NS; waits for grace
 *           periods. No worker ever waits for it.
 * Errors    Set-up returns -errno. A message that is not right is counted by its fault.
 * Trust     The control plane is treated as hijacked: lib/link/msg.h's checks come first.
 *
 * States of the attachment:
 *   NONE      nobody. A connection that accept lets in makes it GREETING.
 *   GREETING  connected, HELLO awaited. HELLO makes it ATTACHED; a bad one, the end of the
 *             connection or HF_LINK_DEAD_NS without one makes it NONE.
 *   ATTACHED  in service. End of the connection, or HF_LINK_DEAD_NS without a beat, makes it
 *             NONE. Others who connect meanwhile are turned away.
 */
#ifndef DP_WRITER_H
#define DP_WRITER_H

#include "dataplane/batch.h"
#include "dataplane/stats.h"
#include "dataplane/survey.h"

enum dp_attachment { DP_ATTACHMENT_NONE, DP_ATTACHMENT_GREETING, DP_ATTACHMENT_ATTACHED };

struct dp_writer {
	struct dp_shared *shared;
	struct dp_table *table;
	struct dp_worker *const *workers;
	unsigned worker_cnt;
	struct dp_stats stats;
	const char *stats_file; /* NULL: none */
	uint64_t counters[HF_COUNTER_CNT];
	/* the link */
	int listen_fd;
	uid_t allowed;
	enum dp_attachment attachment;
	int greeting_fd;      /* GREETING */
	struct hf_link *link; /* ATTACHED; the same as shared->link */
	uint64_t since_ns;    /* when this attachment state was entered */
	uint64_t beat_ns;     /* when we last beat */
	uint32_t epoch;
	struct dp_batch batch;
	/* the policy under way */
	struct dp_policy *next;       /* between BEGIN and END */
	enum hf_msg_fault next_fault; /* first fault of it */
	struct dp_recent recent;
	struct dp_survey survey;
};

/* Listen at path for the control plane; uid allowed may attach besides root and our own.
 * w->shared, table, workers and worker_cnt are set by the caller. 0 or -errno. */
int dp_writer_open(struct dp_writer *w, const char *path, uid_t allowed);
void dp_writer_close(struct dp_writer *w);

/* Take the answers and policies of a --preload file as if they came from the control plane. *cnt
 * says how many messages. 0 or -errno; -EBADMSG for a file that is not made of whole, right ones.
 */
int dp_writer_preload(struct dp_writer *w, const char *path, uint64_t *cnt);

/* Write the counters to stats_file, if there is one. 0 or -errno, which is logged. */
int dp_writer_stats(const struct dp_writer *w);

/* Serve until shared->stop is set or hf_clock_mono_ns() passes until_ns (0: never). */
void dp_writer_run(struct dp_writer *w, uint64_t until_ns);

#endif
