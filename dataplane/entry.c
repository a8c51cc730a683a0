/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/entry.h"

#include <stdlib.h>

enum { LINE = 64 };

static struct dp_entry *
entry_alloc(size_t octets)
{
	size_t lines = (octets + LINE - 1) / LINE;
	struct dp_entry *e = aligned_alloc(LINE, lines * LINE);

	if (e == NULL)
		return NULL;
	memset(e, 0, sizeof(*e));
	e->size_lines = (uint16_t)lines;
	return e;
}

static void
set_facts(struct dp_entry *e, const struct hf_msg_answer *m, const struct hf_answer_view *view)
{
	e->rcode = m->rcode;
	e->ede = m->ede;
	e->hidden_ede = m->hidden_ede;
	e->verdict = m->verdict;
	e->flags = m->flags;
	e->an_cnt = m->an_cnt;
	e->ns_cnt = m->ns_cnt;
	e->ar_cnt = m->ar_cnt;
	e->body_len = m->body_len;
	e->ttl_cnt = view->ttl_cnt;
	e->ede_text_len = m->ede_text_len;
	e->chain_cnt = (uint8_t)m->chain_cnt;
	e->chain_len = m->chain_len;
	e->policy_gen = m->policy_gen;
	e->retry_ede = HF_EDE_NONE;
	atomic_init(&e->covered, DP_COVERED_UNKNOWN);
	atomic_init(&e->used, 0);
}

static void
set_times(struct dp_entry *e, const struct hf_msg_answer *m, uint32_t ttl_min, uint64_t now_ms)
{
	uint64_t fresh_s = m->ttl_s;

	if (fresh_s > ttl_min)
		fresh_s = ttl_min;
	if (fresh_s > HF_TTL_MAX_S)
		fresh_s = HF_TTL_MAX_S;
	e->inserted_ms = now_ms;
	e->fresh_until_ms = now_ms + fresh_s * 1000;
	e->stale_until_ms = e->fresh_until_ms + (uint64_t)m->stale_s * 1000;
}

/* A TTL with the top bit set reads as 0 (RFC 2181 8): store what was read. */
static void
settle_ttls(struct dp_entry *e, uint8_t *body)
{
	const uint16_t *off = dp_entry_ttl_off(e);

	for (unsigned i = 0; i < e->ttl_cnt; i++) {
		if ((body[off[i]] & 0x80) != 0)
			memset(body + off[i], 0, 4);
	}
}

struct dp_entry *
dp_entry_create(const struct hf_msg_answer *m, const struct hf_answer_view *view,
    const struct dp_hash *h, uint64_t now_ms)
{
	struct dp_key key;

	dp_key_from_msg(&key, h, &m->key);
	size_t key_len = dp_entry_key_len(&key.o);
	size_t body_off = offsetof(struct dp_entry, key) + key_len;
	size_t tail_off = (body_off + m->body_len + 1) & ~(size_t)1;
	size_t ttl_len = sizeof(uint16_t) * view->ttl_cnt;
	struct dp_entry *e = entry_alloc(tail_off + ttl_len + m->chain_len + m->ede_text_len);

	if (e == NULL)
		return NULL;
	set_facts(e, m, view);
	set_times(e, m, view->ttl_min, now_ms);
	e->hash = key.hash;
	e->tail_off = (uint16_t)tail_off;
	memcpy(e->key, &key.o, key_len);
	memcpy((uint8_t *)e + body_off, view->body, m->body_len);
	uint8_t *tail = (uint8_t *)e + tail_off;
	memcpy(tail, view->ttl_off, ttl_len);
	memcpy(tail + ttl_len, view->chain, m->chain_len);
	memcpy(tail + ttl_len + m->chain_len, view->ede_text, m->ede_text_len);
	settle_ttls(e, (uint8_t *)e + body_off);
	return e;
}

struct dp_entry *
dp_entry_create_retry(const struct dp_entry *old, const struct dp_key *key, uint64_t retry_at_ms,
    uint64_t retry_gen, uint16_t retry_ede)
{
	struct dp_entry *e = entry_alloc(dp_entry_octets(old));

	if (e == NULL)
		return NULL;
	/* The marks may change while they are copied; both are hints, read one by one. */
	e->hash = key->hash;
	memcpy((uint8_t *)e + offsetof(struct dp_entry, inserted_ms), &old->inserted_ms,
	    offsetof(struct dp_entry, covered) - offsetof(struct dp_entry, inserted_ms));
	memcpy((uint8_t *)e + offsetof(struct dp_entry, rcode), &old->rcode,
	    offsetof(struct dp_entry, used) - offsetof(struct dp_entry, rcode));
	memcpy((uint8_t *)e + offsetof(struct dp_entry, chain_cnt), &old->chain_cnt,
	    dp_entry_octets(old) - offsetof(struct dp_entry, chain_cnt));
	memcpy(e->key, &key->o, dp_entry_key_len(&key->o));
	atomic_init(&e->covered, DP_COVERED_UNKNOWN);
	atomic_init(&e->used, 1);
	e->retry_at_ms = retry_at_ms;
	e->retry_gen = retry_gen;
	e->retry_ede = retry_ede;
	return e;
}

void
dp_entry_free(struct dp_entry *e)
{
	free(e);
}

static void
fill_answer(const struct dp_entry *e, struct hf_msg_answer *m)
{
	const struct dp_key_octets *o = dp_entry_key(e);

	m->policy_gen = e->policy_gen;
	m->verdict = e->verdict;
	m->flags = e->flags;
	m->rcode = e->rcode;
	m->ede = e->ede;
	m->hidden_ede = e->hidden_ede;
	m->an_cnt = e->an_cnt;
	m->ns_cnt = e->ns_cnt;
	m->ar_cnt = e->ar_cnt;
	m->chain_len = e->chain_len;
	m->ede_text_len = e->ede_text_len;
	m->body_len = e->body_len;
	m->chain_cnt = e->chain_cnt;
	m->ttl_s = (uint32_t)((e->fresh_until_ms - e->inserted_ms) / 1000);
	m->stale_s = (uint32_t)((e->stale_until_ms - e->fresh_until_ms) / 1000);
	m->key.type = o->type;
	m->key.klass = HF_CLASS_IN;
	m->key.variant = o->variant;
	m->key.name_len = o->name_len;
	memcpy(m->key.name, o->name, o->name_len);
}

size_t
dp_entry_to_msg(const struct dp_entry *e, struct hf_msg_answer *m, size_t cap)
{
	size_t len = sizeof(*m) + e->chain_len + e->ede_text_len + e->body_len;

	if (len > cap || len > UINT16_MAX)
		return 0;
	memset(m, 0, sizeof(*m));
	m->head.type = HF_MSG_ANSWER;
	m->head.len = (uint16_t)len;
	fill_answer(e, m);
	memcpy(m->payload, dp_entry_chain(e), e->chain_len);
	memcpy(m->payload + e->chain_len, dp_entry_ede_text(e), e->ede_text_len);
	memcpy(m->payload + e->chain_len + e->ede_text_len, dp_entry_body(e), e->body_len);
	return len;
}
