/* SPDX-License-Identifier: BSD-3-Clause */
/* Good messages to spoil, and a second opinion on an answer that was found good. Shared by
 * link_msg_test, link_hostile_test and link_msg_fuzz. */
#ifndef HF_TESTS_LINK_SAMPLE_H
#define HF_TESTS_LINK_SAMPLE_H

#include <stdlib.h>
#include <string.h>

#include "lib/link/msg.h"
#include "lib/wire/rdata.h"
#include "lib/wire/writer.h"

enum { SAMPLE_EPOCH = 7 };

static inline struct hf_name
sample_name(const char *text)
{
	struct hf_name n = {0};

	if (hf_name_from_text(text, &n) != 0)
		abort();
	return n;
}

static inline void
sample_rr(struct hf_writer *w, enum hf_section section, const char *owner, uint16_t type,
    const void *rdata, uint16_t rdata_len)
{
	struct hf_name n = sample_name(owner);
	struct hf_rr rr = {.type = type, .klass = HF_CLASS_IN, .ttl = 300, .rdata_len = rdata_len};

	hf_writer_rr(w, section, &n, &rr, rdata);
}

/* www.de. CNAME host.example.de., its A and TXT, the NS of de. and an A for it: compression in
 * owners and RDATA. Returns the octets of the body. */
static inline uint16_t
sample_body(const struct hf_question *q, uint8_t body[HF_BODY_MAX], uint16_t cnt[3])
{
	static const uint8_t a[4] = {192, 0, 2, 1}, txt[6] = {5, 'h', 'e', 'l', 'l', 'o'};
	uint8_t msg[HF_BODY_MAX];
	struct hf_name host = sample_name("host.example.de."), ns = sample_name("ns.nic.de.");
	struct hf_writer w;

	hf_writer_init(&w, msg, sizeof(msg));
	hf_writer_question(&w, q);
	uint32_t begin = w.len;
	sample_rr(&w, HF_SECTION_ANSWER, "www.de.", HF_TYPE_CNAME, host.octets, host.len);
	sample_rr(&w, HF_SECTION_ANSWER, "host.example.de.", HF_TYPE_A, a, sizeof(a));
	sample_rr(&w, HF_SECTION_ANSWER, "host.example.de.", HF_TYPE_TXT, txt, sizeof(txt));
	sample_rr(&w, HF_SECTION_AUTHORITY, "de.", HF_TYPE_NS, ns.octets, ns.len);
	sample_rr(&w, HF_SECTION_ADDITIONAL, "ns.nic.de.", HF_TYPE_A, a, sizeof(a));
	size_t len = hf_writer_finish(&w, 0, 0);
	if (len <= begin)
		abort();
	memcpy(body, msg + begin, len - begin);
	memcpy(cnt, w.cnt + 1, 3 * sizeof(cnt[0]));
	return (uint16_t)(len - begin);
}

/* A good answer, in HF_UPDATE_SLOT_LEN octets. */
static inline void
sample_answer(struct hf_msg_answer *m)
{
	static const char text[] = "RFC 4035 5.3.3";
	struct hf_question q = {sample_name("www.de."), HF_TYPE_A, HF_CLASS_IN};
	struct hf_name host = sample_name("HOST.example.de.");
	struct hf_msg_chain chain = {0};
	uint8_t body[HF_BODY_MAX];
	uint16_t cnt[3];
	struct hf_answer_parts parts = {
	    .chain = &chain, .ede_text = text, .ede_text_len = sizeof(text) - 1, .body = body};

	memset(m, 0, HF_UPDATE_SLOT_LEN);
	if (hf_msg_chain_add(&chain, &host) != 0)
		abort();
	parts.body_len = sample_body(&q, body, cnt);
	hf_msg_key_set(&m->key, &q.name, q.type, q.klass, HF_VARIANT_DO);
	m->handle = 42;
	m->verdict = HF_VERDICT_SECURE;
	m->ede = HF_EDE_NONE;
	m->hidden_ede = HF_EDE_NONE;
	m->an_cnt = cnt[0];
	m->ns_cnt = cnt[1];
	m->ar_cnt = cnt[2];
	m->ttl_s = 300;
	m->flags = HF_ANSWER_STALE;
	m->valid_s = 86400;
	if (hf_msg_answer_finish(m, SAMPLE_EPOCH, &parts) != 0)
		abort();
}

/* As a core would use it: the reply to a client with a random ID, its name in capitals, every
 * TTL counted down to something else. NULL when a stub would read it without a complaint. */
static inline const char *
answer_does_not_stand(const struct hf_msg_answer *m, const struct hf_answer_view *v)
{
	uint8_t msg[HF_HEADER_LEN + HF_NAME_MAX + 4 + HF_BODY_MAX + HF_REPLY_OPT_MAX] = {
	    0x01, 0x61, 0x01, 0x10, 0, 1};
	uint8_t out[2 * HF_BODY_MAX];
	uint8_t *p = msg + HF_HEADER_LEN;
	struct hf_query q;
	struct hf_cursor c;
	struct hf_walk w;
	struct hf_rr rr;
	unsigned cnt = 0;

	for (unsigned i = 0; i < m->key.name_len; i++) {
		uint8_t ch = m->key.name[i];
		*p++ = ch >= 'a' && ch <= 'z' ? (uint8_t)(ch - 32) : ch;
	}
	*p++ = (uint8_t)(m->key.type >> 8);
	*p++ = (uint8_t)m->key.type;
	*p++ = (uint8_t)(m->key.klass >> 8);
	*p++ = (uint8_t)m->key.klass;
	if (hf_query_parse(msg, (size_t)(p - msg), &q) != HF_PARSE_OK)
		return "the question cannot be asked";
	struct hf_reply r = {.rcode = m->rcode,
	    .an_cnt = m->an_cnt,
	    .ns_cnt = m->ns_cnt,
	    .ar_cnt = m->ar_cnt,
	    .body = v->body,
	    .body_len = m->body_len};
	size_t len = hf_reply_write(msg, sizeof(msg), HF_MSG_MAX, &q, &r);
	if (len != q.question_end + (size_t)m->body_len)
		return "the reply has another length";
	for (unsigned i = 0; i < v->ttl_cnt; i++) {
		if (v->ttl_off[i] + 4u > m->body_len)
			return "a TTL lies outside the body";
		memset(msg + q.question_end + v->ttl_off[i], 1, 4);
	}
	hf_cursor_init(&c, msg, len);
	hf_header_read(&c, &q.h);
	hf_question_read(&c, &q.question);
	for (hf_walk_init(&w, &c, &q.h); hf_walk_next(&w, &rr); cnt++) {
		if (rr.type == HF_TYPE_OPT || rr.klass != HF_CLASS_IN || rr.ttl != 0x01010101)
			return "a record is not what was checked";
		if (hf_rdata_expand(msg, len, &rr, out, sizeof(out)) < 0)
			return "RDATA cannot be read";
	}
	if (!hf_cursor_ok(&c) || hf_cursor_left(&c) != 0 || cnt != v->ttl_cnt)
		return "the records do not fill the message";
	return NULL;
}

#endif
