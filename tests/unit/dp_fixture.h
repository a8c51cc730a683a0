/* SPDX-License-Identifier: BSD-3-Clause */
/* What the dataplane's unit tests share: answers as they come over the link, queries as they
 * come from clients. */
#ifndef DP_FIXTURE_H
#define DP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dataplane/entry.h"
#include "lib/wire/message.h"

struct fx_answer { /* zero is: an INSECURE NOERROR with one A record could be made of it */
	const char *name;
	const char *chain[HF_CHAIN_MAX];
	const char *text;
	uint16_t type; /* 0: A */
	uint8_t variant, verdict, flags;
	uint16_t rcode, ede, hidden_ede; /* ede 0: HF_EDE_NONE */
	unsigned rr_cnt;
	uint32_t rr_ttl; /* of each record; 0: ttl_s */
	uint32_t ttl_s, valid_s;
	uint64_t policy_gen;
};

struct fx_msg {
	struct hf_answer_view view;
	union {
		struct hf_msg_answer m;
		uint8_t octets[HF_UPDATE_SLOT_LEN];
	};
};

static const uint8_t fx_seed[64] = "sixty-four octets that no attacker knows, but for these tests.";

static inline struct hf_name
fx_name(const char *text)
{
	struct hf_name n;

	assert_int_equal(hf_name_from_text(text, &n), 0);
	return n;
}

static inline uint8_t *
fx_u16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static inline uint8_t *
fx_u32(uint8_t *p, uint32_t v)
{
	return fx_u16(fx_u16(p, v >> 16), v & 0xffff);
}

static inline uint8_t *
fx_payload(const struct fx_answer *a, struct hf_msg_answer *m)
{
	uint8_t *p = m->payload;

	for (; m->chain_cnt < HF_CHAIN_MAX && a->chain[m->chain_cnt] != NULL; m->chain_cnt++) {
		struct hf_name n = fx_name(a->chain[m->chain_cnt]);
		memcpy(p, n.octets, n.len);
		p += n.len;
	}
	m->chain_len = (uint16_t)(p - m->payload);
	m->ede_text_len = a->text != NULL ? (uint16_t)strlen(a->text) : 0;
	memcpy(p, a->text != NULL ? a->text : "", m->ede_text_len);
	p += m->ede_text_len;
	for (unsigned i = 0; i < a->rr_cnt; i++) {
		p = fx_u16(p, 0xc00c);
		p = fx_u16(p, HF_TYPE_A);
		p = fx_u16(p, HF_CLASS_IN);
		p = fx_u32(p, a->rr_ttl != 0 ? a->rr_ttl : a->ttl_s);
		p = fx_u16(p, 4);
		p = fx_u32(p, 0xc0000200 + i);
	}
	m->body_len = (uint16_t)(p - m->payload - m->chain_len - m->ede_text_len);
	return p;
}

/* The message, and through the real check what a receiver sees in it. */
static inline void
fx_make(const struct fx_answer *a, struct fx_msg *out)
{
	struct hf_msg_answer *m = &out->m;
	struct hf_name n = fx_name(a->name);

	memset(out->octets, 0, sizeof(out->octets));
	hf_msg_key_set(&m->key, &n, a->type != 0 ? a->type : HF_TYPE_A, HF_CLASS_IN, a->variant);
	m->policy_gen = a->policy_gen;
	m->verdict = a->verdict;
	m->flags = a->flags;
	m->rcode = a->rcode;
	m->ede = a->ede != 0 ? a->ede : HF_EDE_NONE;
	m->hidden_ede = a->hidden_ede != 0 ? a->hidden_ede : HF_EDE_NONE;
	m->an_cnt = (uint16_t)a->rr_cnt;
	m->ttl_s = a->ttl_s;
	m->valid_s = a->valid_s;
	uint8_t *end = fx_payload(a, m);
	m->head.type = HF_MSG_ANSWER;
	m->head.len = (uint16_t)(end - out->octets);
	assert_int_equal(hf_msg_check_answer(m, &out->view), HF_MSG_OK);
}

struct fx_query {
	const char *name;
	uint16_t type;  /* 0: A */
	uint16_t klass; /* 0: IN */
	uint16_t flags;
	bool edns, dnssec_ok;
	uint8_t version;
	uint16_t udp_len;
};

static inline uint16_t
fx_query(const struct fx_query *q, uint8_t *msg)
{
	struct hf_name n = fx_name(q->name);
	uint8_t *p = fx_u16(msg, 0xabcd);

	p = fx_u16(p, q->flags);
	p = fx_u16(p, 1);
	p = fx_u32(p, 0);
	p = fx_u16(p, q->edns);
	memcpy(p, n.octets, n.len);
	p += n.len;
	p = fx_u16(p, q->type != 0 ? q->type : HF_TYPE_A);
	p = fx_u16(p, q->klass != 0 ? q->klass : HF_CLASS_IN);
	if (q->edns) {
		*p++ = 0;
		p = fx_u16(p, HF_TYPE_OPT);
		p = fx_u16(p, q->udp_len);
		*p++ = 0;
		*p++ = q->version;
		p = fx_u16(p, q->dnssec_ok ? HF_EDNS_DO : 0);
		p = fx_u16(p, 0);
	}
	return (uint16_t)(p - msg);
}

static inline struct dp_key
fx_key(const struct dp_hash *h, const char *name, uint16_t type, uint8_t variant)
{
	struct hf_question q = {fx_name(name), type, HF_CLASS_IN};
	struct dp_key key;

	dp_key_set(&key, h, &q, variant);
	return key;
}

/* xorshift64*: the same numbers on every machine. */
static inline uint64_t
fx_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

#endif
