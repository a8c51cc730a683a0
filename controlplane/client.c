/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/client.h"

#include <string.h>

#include "controlplane/answer.h"

static void
count_judge(struct cp_counters *counters, enum hf_judge j)
{
	switch (j) {
	case HF_JUDGE_DROP_SHORT:
		cp_count(counters, listen_drop_short);
		break;
	case HF_JUDGE_DROP_RESPONSE:
		cp_count(counters, listen_drop_response);
		break;
	case HF_JUDGE_FORMERR:
		cp_count(counters, listen_formerr);
		break;
	case HF_JUDGE_NOTIMP:
		cp_count(counters, listen_notimp);
		break;
	case HF_JUDGE_BADVERS:
		cp_count(counters, listen_badvers);
		break;
	case HF_JUDGE_REFUSED:
		cp_count(counters, listen_refused);
		break;
	default:
		break;
	}
}

enum cp_client_next
cp_client_read(struct cp_client *c, const uint8_t *msg, size_t len, struct cp_counters *counters,
    struct hf_reply *r)
{
	enum hf_parse p = hf_query_parse(msg, len, &c->query);
	enum hf_judge j = hf_reply_judge(p, &c->query);

	if (j == HF_JUDGE_DROP_SHORT || j == HF_JUDGE_DROP_RESPONSE || len < HF_HEADER_LEN) {
		count_judge(counters, j);
		return CP_CLIENT_DROP;
	}
	size_t head_len = c->query.question_end != 0 ? c->query.question_end : HF_HEADER_LEN;
	if (head_len > sizeof(c->head) || head_len > len)
		return CP_CLIENT_DROP;
	memcpy(c->head, msg, head_len);
	c->head_len = (uint16_t)head_len;
	*r = (struct hf_reply){.rcode = (uint16_t)hf_judge_rcode(j), .turned_down = true};
	if (j == HF_JUDGE_REFUSED &&
	    hf_identity_answer(c->identity, &c->query.question, c->body, r))
		cp_count(counters, listen_identity);
	else
		count_judge(counters, j);
	if (j != HF_JUDGE_LOOKUP)
		return CP_CLIENT_REPLY;
	if (cp_client_cached(c))
		cp_count(counters, listen_rd_clear);
	return CP_CLIENT_ASK;
}

bool
cp_client_cached(const struct cp_client *c)
{
	return (c->query.h.flags & HF_FLAG_RD) == 0;
}

uint8_t
cp_client_variant(const struct cp_client *c)
{
	uint8_t v = c->query.edns.present && c->query.edns.dnssec_ok ? HF_VARIANT_DO : 0;

	return (c->query.h.flags & HF_FLAG_CD) != 0 ? v | HF_VARIANT_CD : v;
}

size_t
cp_client_reply(
    const struct cp_client *c, const struct hf_reply *r, size_t limit, uint8_t *buf, size_t cap)
{
	if (cap < c->head_len)
		return 0;
	struct hf_reply full = *r;

	memcpy(buf, c->head, c->head_len);
	hf_identity_nsid(c->identity, &c->query, &full);
	return hf_reply_write(buf, cap, limit, &c->query, &full);
}

size_t
cp_client_answer(
    const struct cp_client *c, const struct cp_answer *a, size_t limit, uint8_t *buf, size_t cap)
{
	struct hf_reply r = {.rcode = HF_RCODE_SERVFAIL, .ede_cnt = 1, .ede = {HF_EDE_OTHER}};

	if (a != NULL)
		cp_answer_to_reply(a, &r);
	return cp_client_reply(c, &r, limit, buf, cap);
}

size_t
cp_client_busy(const struct cp_client *c, size_t limit, uint8_t *buf, size_t cap)
{
	struct hf_reply r = {
	    .rcode = HF_RCODE_SERVFAIL, .ede_cnt = 1, .ede = {HF_EDE_RATE_LIMITED}};

	return cp_client_reply(c, &r, limit, buf, cap);
}
