/* SPDX-License-Identifier: BSD-3-Clause */
/* Any octets as a message from the other process. First octet: which message the rest is laid
 * over (so that the fuzzer need not invent a whole good one). A good answer must stand up. */
#include "tests/unit/link_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const void *msg)
{
	const struct hf_msg_head *head = msg;
	struct hf_answer_view v = {0};
	enum hf_msg_fault f = HF_MSG_FAULT_TYPE;

	if (head->type == HF_MSG_MISS)
		(void)hf_msg_check_miss(msg, 4);
	else if (head->type == HF_MSG_POLICY_BEGIN)
		(void)hf_msg_check_policy_begin(msg);
	else if (head->type == HF_MSG_POLICY_RULE)
		(void)hf_msg_check_policy_rule(msg);
	else if (head->type == HF_MSG_ACK)
		(void)hf_msg_check_ack(msg);
	else if (head->type == HF_MSG_STATS_SAY)
		(void)hf_msg_check_stats_say(msg);
	else if (head->type == HF_MSG_LATENCY_SAY)
		(void)hf_msg_check_latency_say(msg);
	else if (head->type == HF_MSG_CACHE_SAY)
		(void)hf_msg_check_cache_say(msg, &v);
	else if (head->type == HF_MSG_ANSWER)
		f = hf_msg_check_answer(msg, &v);
	if (f == HF_MSG_OK && answer_does_not_stand(msg, &v) != NULL)
		abort();
}

/* The sample answer with another body. */
static size_t
with_body(struct hf_msg_answer *m, const uint8_t *data, size_t size)
{
	size_t before = sizeof(*m) + m->chain_len + m->ede_text_len;

	if (size < 3)
		return 0;
	m->an_cnt = data[0];
	m->ns_cnt = data[1];
	m->ar_cnt = data[2];
	data += 3;
	size -= 3;
	if (size > HF_BODY_MAX)
		size = HF_BODY_MAX;
	memcpy((uint8_t *)m + before, data, size);
	m->body_len = (uint16_t)size;
	m->head.len = (uint16_t)(before + size);
	return m->head.len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	union {
		struct hf_msg_answer m;
		uint8_t octets[HF_UPDATE_SLOT_LEN];
	} a;
	size_t len;

	if (size < 1)
		return 0;
	sample_answer(&a.m);
	if (data[0] & 1) {
		len = with_body(&a.m, data + 1, size - 1);
	} else {
		len = size - 1 < sizeof(a) ? size - 1 : sizeof(a);
		memcpy(a.octets, data + 1, len);
	}
	uint8_t *exact = malloc(len > 0 ? len : 1); /* ASan sees the first octet beyond */
	if (exact == NULL)
		return 0;
	memcpy(exact, a.octets, len);
	if (hf_msg_check_head(exact, len, SAMPLE_EPOCH) == HF_MSG_OK)
		check(exact);
	free(exact);
	return 0;
}
