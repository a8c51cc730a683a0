/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * batch: messages of the update ring on their way to the writer, some at a time.
 *
 * Purpose   What one message would wait for is begun for all: the ring's octets come closer while
 *           those before are copied; every answer is checked and its key hashed, and then what the
 *           table will look at for it is on its way before the first is inserted.
 * Roles     WRITER.
 * Memory    The caller's. Private copies; valid until the next take.
 * Blocking  Never.
 * Errors    Each message's fault stands beside it; nothing is counted here.
 * Trust     The sender is treated as hijacked: copied once, then checked, then hashed.
 */
#ifndef DP_BATCH_H
#define DP_BATCH_H

#include "dataplane/table.h"

enum { DP_BATCH_MAX = 16 };

struct dp_message {
	const struct hf_msg_head *head;
	uint32_t len;            /* octets copied */
	enum hf_msg_fault fault; /* of the head; of an ANSWER, all checks but those of its core */
	struct dp_answer answer; /* ANSWER without a fault */
};

struct dp_batch {
	unsigned cnt;
	struct dp_message message[DP_BATCH_MAX];
	alignas(DP_LINE_LEN) uint8_t octets[DP_BATCH_MAX * HF_UPDATE_SLOT_LEN];
};

/* Check m->head, m->len octets of an attachment: sets what stands below them, the key of an ANSWER
 * too, for which the table's lines are on their way. */
void dp_message_check(struct dp_message *m, const struct dp_table *t, uint32_t epoch);

/* Take up to DP_BATCH_MAX messages of an attachment out of its ring, check them, and bring closer
 * what answers touch in t. Returns how many. */
unsigned
dp_batch_take(struct dp_batch *b, struct hf_ring *r, uint32_t epoch, const struct dp_table *t);

#endif
