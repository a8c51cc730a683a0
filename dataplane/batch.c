/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/batch.h"

enum {
	AHEAD = 4,       /* slots that are brought closer beforehand */
	AHEAD_LEN = 384, /* an answer of one A record, in whole lines */
};

_Static_assert((int)HF_UPDATE_SLOT_LEN >= (int)HF_RING_SLOT_LEN_MAX, "a slot has room in octets");

/* One behind another in whole lines: slots all begin at the same place of a page, and would crowd
 * each other out of a core's first cache. */
static void
copy_all(struct dp_batch *b, struct hf_ring *r)
{
	uint32_t pending = hf_ring_pending(r);
	uint8_t *to = b->octets;

	b->cnt = pending < DP_BATCH_MAX ? pending : DP_BATCH_MAX;
	for (uint32_t i = 0; i < AHEAD && i < b->cnt; i++)
		hf_ring_prefetch(r, i, AHEAD_LEN);
	for (uint32_t i = 0; i < b->cnt; i++) {
		struct dp_message *m = &b->message[i];

		if (i + AHEAD < b->cnt)
			hf_ring_prefetch(r, i + AHEAD, AHEAD_LEN);
		size_t len = hf_msg_copy(r, i, to);
		m->head = (const struct hf_msg_head *)(const void *)to;
		m->len = (uint32_t)len;
		to += (len + DP_LINE_LEN - 1) / DP_LINE_LEN * DP_LINE_LEN;
	}
	if (b->cnt != 0)
		hf_ring_release(r, b->cnt);
}

void
dp_message_check(struct dp_message *m, const struct dp_table *t, uint32_t epoch)
{
	m->fault = hf_msg_check_head(m->head, m->len, epoch);
	if (m->fault != HF_MSG_OK || m->head->type != HF_MSG_ANSWER)
		return;
	m->answer.m = (const struct hf_msg_answer *)(const void *)m->head;
	m->fault = hf_msg_check_answer(m->answer.m, &m->answer.view);
	if (m->fault == HF_MSG_OK)
		dp_answer_key(&m->answer, t);
}

static bool
is_answer(const struct dp_message *m)
{
	return m->fault == HF_MSG_OK && m->head->type == HF_MSG_ANSWER;
}

unsigned
dp_batch_take(struct dp_batch *b, struct hf_ring *r, uint32_t epoch, const struct dp_table *t)
{
	copy_all(b, r);
	for (unsigned i = 0; i < b->cnt; i++)
		dp_message_check(&b->message[i], t, epoch);
	for (unsigned i = 0; i < b->cnt; i++) {
		if (is_answer(&b->message[i]))
			__builtin_prefetch(dp_table_peek(t, b->message[i].answer.key.hash));
	}
	return b->cnt;
}
