/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link_out: what goes onto the update ring: answers and policy snapshots.
 *
 * Purpose   A full ring makes the control plane wait, not lose: answers stand in a bounded
 *           queue, a snapshot of any size goes out piece by piece. A snapshot goes before
 *           every answer that stands behind it in time.
 * Roles     The main thread.
 * Memory    At most CP_LINK_OUT_QUEUE answers are kept.
 * Blocking  Never.
 * Loss      Beyond that an answer is dropped and counted: the core's time-out answers.
 * Trust     The ring's reader may be hijacked; a wild cursor reads as full (ring.h).
 */
#ifndef CP_LINK_OUT_H
#define CP_LINK_OUT_H

#include <stdbool.h>
#include <sys/queue.h>

#include "controlplane/answer.h"
#include "controlplane/counters.h"
#include "controlplane/policy.h"
#include "lib/link/link.h"

enum { CP_LINK_OUT_QUEUE = 2048 };

struct cp_link_queued;
STAILQ_HEAD(cp_link_queue, cp_link_queued);

struct cp_link_out {
	struct hf_link *link; /* NULL: not attached, everything is dropped */
	struct cp_counters *counters;
	struct cp_policy *push; /* the snapshot on its way; NULL: none */
	size_t push_next;       /* 0: BEGIN; 1..n: rules; n + 1: END */
	struct cp_link_queue queue;
	size_t queued;
};

void cp_link_out_init(struct cp_link_out *o, struct cp_counters *counters);
void cp_link_out_attach(struct cp_link_out *o, struct hf_link *link);
/* Forget the link and what was meant for it. */
void cp_link_out_detach(struct cp_link_out *o);

/* Both return true when all is on the ring; false: call flush soon. */
bool
cp_link_out_answer(struct cp_link_out *o, const struct cp_answer *a, const struct cp_answer_to *to);
bool cp_link_out_policy(struct cp_link_out *o, struct cp_policy *p); /* replaces one under way */
bool cp_link_out_flush(struct cp_link_out *o);

#endif
