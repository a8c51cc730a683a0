/* SPDX-License-Identifier: BSD-3-Clause */
/* Any octets as a client's query, any reply to it: never over cap or limit, and always a
 * message that can be read. First octets: what to reply. */
#include <stdlib.h>
#include <string.h>

#include "lib/wire/reply.h"

enum { CONTROL_LEN = 8, BUF_LEN = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool true_thing)
{
	if (!true_thing)
		abort();
}

/* A reply that can be read, to this query, with the records that it says it has. */
static void
read_back(const uint8_t *msg, size_t len, const struct hf_query *q, const struct hf_reply *r)
{
	struct hf_question question;
	struct hf_edns edns = {0};
	struct hf_header h;
	struct hf_cursor c;
	struct hf_walk w;
	struct hf_rr rr;

	hf_cursor_init(&c, msg, len);
	hf_header_read(&c, &h);
	require(hf_cursor_ok(&c) && h.id == q->h.id);
	require((h.flags & (HF_FLAG_QR | HF_FLAG_RA | HF_FLAG_AA | HF_FLAG_Z)) ==
	    (HF_FLAG_QR | HF_FLAG_RA));
	require(h.qd_cnt <= 1 && (h.qd_cnt == 0 || q->question_end != 0));
	if (h.qd_cnt == 1) {
		hf_question_read(&c, &question);
		require(c.off == q->question_end);
		require(hf_name_equal(&question.name, &q->question.name));
	}
	for (hf_walk_init(&w, &c, &h); hf_walk_next(&w, &rr);) {
		if (rr.type == HF_TYPE_OPT)
			require(hf_edns_from_rr(msg, &rr, &edns));
	}
	require(hf_cursor_ok(&c) && hf_cursor_left(&c) == 0);
	require(edns.present <= q->edns.present);
	require(!edns.present || (edns.version == 0 && edns.dnssec_ok == q->edns.dnssec_ok));
	bool cut = (h.flags & HF_FLAG_TC) != 0; /* then records that fit are there (cut.h) */
	require(h.an_cnt == r->an_cnt || (cut && h.an_cnt < r->an_cnt) ||
	    (h.an_cnt == 0 && q->question_end == 0));
	require(!r->truncated || (h.flags & HF_FLAG_TC));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t record[16] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 1};
	static uint8_t body[HF_BODY_MAX];
	static const char text[HF_EDE_TEXT_MAX] = "why";
	uint8_t msg[BUF_LEN];
	struct hf_query q;

	if (size < CONTROL_LEN || size - CONTROL_LEN > sizeof(msg))
		return 0;
	uint16_t cnt = data[0] % (HF_BODY_MAX / sizeof(record));
	for (unsigned i = 0; i < cnt; i++)
		memcpy(body + i * sizeof(record), record, sizeof(record));
	struct hf_reply r = {
	    .rcode = (uint16_t)((data[1] << 8 | data[2]) & 0xfff),
	    .authentic = data[3] & 1,
	    .truncated = (data[3] & 2) != 0,
	    .ede_cnt = data[3] >> 2 & 3,
	    .ede = {data[4], HF_EDE_BOGUS},
	    .ede_text = data[3] & 16 ? text : NULL,
	    .ede_text_len = data[5] % (HF_EDE_TEXT_MAX + 1),
	    .an_cnt = cnt,
	    .body = body,
	    .body_len = (uint16_t)(cnt * sizeof(record)),
	};
	size_t cap = data[3] & 32 ? (size_t)(data[6] << 4 | (data[7] & 15)) : sizeof(msg);
	size_t len = size - CONTROL_LEN;

	memcpy(msg, data + CONTROL_LEN, len);
	enum hf_parse p = hf_query_parse(msg, len, &q);
	enum hf_judge j = hf_reply_judge(p, &q);
	require((unsigned)j < HF_JUDGE_CNT);
	if (j == HF_JUDGE_DROP_SHORT)
		return 0;
	if (j != HF_JUDGE_LOOKUP)
		r.rcode = (uint16_t)hf_judge_rcode(j);
	size_t limit = hf_reply_limit(&q, HF_UDP_EDNS_SEND);
	uint8_t *out = malloc(cap > len ? cap : len + 1); /* the query is there already */
	if (out == NULL)
		return 0;
	memcpy(out, msg, len);
	size_t n = hf_reply_write(out, cap, limit, &q, &r);
	require(n <= cap && n <= limit && (n >= HF_HEADER_LEN || cap < HF_HEADER_LEN));
	if (n > 0)
		read_back(out, n, &q, &r);
	free(out);
	return 0;
}
