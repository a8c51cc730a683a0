/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/answer.h"

#include <string.h>

/* Only what was validated, or needed no validation, may outlive its TTL (DESIGN 4); and what
 * is for the transaction in progress only does not outlive it at all (RFC 1035 3.2.1). */
static bool
may_be_stale(const struct cp_answer *a)
{
	if (a->ttl_s == 0)
		return false;
	if (a->verdict == HF_VERDICT_UNVALIDATED)
		return (a->variant & HF_VARIANT_CD) != 0 && !a->under_nta;
	return a->verdict == HF_VERDICT_SECURE || a->verdict == HF_VERDICT_INSECURE;
}

static uint32_t
at_most(uint32_t v, uint32_t max)
{
	return v < max ? v : max;
}

static void
set_head(const struct cp_answer *a, const struct cp_answer_to *to, struct hf_msg_answer *m)
{
	memset(m, 0, sizeof(*m));
	m->head.type = HF_MSG_ANSWER;
	m->head.epoch = to->epoch;
	m->handle = to->handle;
	m->core = to->core;
	m->policy_gen = a->policy_gen;
	m->verdict = (uint8_t)a->verdict;
	m->flags = (uint8_t)((a->under_nta ? HF_ANSWER_UNDER_NTA : 0) |
	    (may_be_stale(a) ? HF_ANSWER_STALE : 0) | (a->refused ? HF_ANSWER_REFUSED : 0));
	m->rcode = a->rcode;
	m->ede = a->ede;
	m->hidden_ede = a->hidden_ede;
	m->ttl_s = at_most(a->ttl_s, HF_TTL_MAX_S);
	if (a->verdict == HF_VERDICT_SECURE)
		m->valid_s = at_most(a->valid_s, HF_VALID_MAX_S);
	hf_msg_key_set(&m->key, &a->question.name, a->question.type, a->question.klass, a->variant);
}

/* The owner names, octets one after another. False when they do not fit: then none is put,
 * and the answer must not be used at all, since an NTA on one of them would go unseen. */
static bool
put_chain(const struct cp_answer *a, struct hf_msg_answer *m)
{
	size_t len = 0;

	if (a->chain_cnt > HF_CHAIN_MAX)
		return false;
	for (uint16_t i = 0; i < a->chain_cnt; i++) {
		if (len + a->chain[i].len > HF_CHAIN_OCTETS_MAX)
			return false;
		memcpy(m->payload + len, a->chain[i].octets, a->chain[i].len);
		len += a->chain[i].len;
	}
	m->chain_cnt = a->chain_cnt;
	m->chain_len = (uint16_t)len;
	return true;
}

static bool
put_body(const struct cp_answer *a, struct hf_msg_answer *m, size_t off)
{
	if (a->truncated || a->body_len > HF_BODY_MAX ||
	    a->an_cnt + a->ns_cnt + a->ar_cnt > HF_ANSWER_RR_MAX) {
		m->flags |= HF_ANSWER_TRUNCATED;
		return a->truncated; /* known to the resolver: no surprise */
	}
	m->an_cnt = a->an_cnt;
	m->ns_cnt = a->ns_cnt;
	m->ar_cnt = a->ar_cnt;
	m->body_len = a->body_len;
	if (a->body_len > 0)
		memcpy(m->payload + off, a->body, a->body_len);
	return true;
}

/* Too many names to carry: the client hears why, nobody else hears anything. */
static void
give_up(struct hf_msg_answer *m)
{
	m->verdict = HF_VERDICT_FAILURE;
	m->flags = 0;
	m->rcode = HF_RCODE_SERVFAIL;
	m->ede = HF_EDE_OTHER;
	m->hidden_ede = HF_EDE_NONE;
	m->ttl_s = m->valid_s = 0;
}

size_t
cp_answer_to_msg(const struct cp_answer *a, const struct cp_answer_to *to,
    struct hf_msg_answer *slot, bool *fits)
{
	set_head(a, to, slot);
	*fits = put_chain(a, slot);
	if (!*fits) {
		give_up(slot);
	} else {
		size_t text_len = strnlen(a->ede_text, HF_EDE_TEXT_MAX);

		memcpy(slot->payload + slot->chain_len, a->ede_text, text_len);
		slot->ede_text_len = (uint16_t)text_len;
		*fits = put_body(a, slot, (size_t)slot->chain_len + text_len);
	}
	size_t len = sizeof(*slot) + slot->chain_len + slot->ede_text_len + slot->body_len;
	slot->head.len = (uint16_t)len;
	return len;
}

static void
add_ede(struct hf_reply *r, uint16_t ede)
{
	if (ede != HF_EDE_NONE && r->ede_cnt < HF_REPLY_EDE_MAX)
		r->ede[r->ede_cnt++] = ede;
}

void
cp_answer_to_reply(const struct cp_answer *a, struct hf_reply *r)
{
	*r = (struct hf_reply){
	    .rcode = a->rcode,
	    .authentic = a->verdict == HF_VERDICT_SECURE && !a->strict,
	    .truncated = a->truncated,
	    .an_cnt = a->an_cnt,
	    .ns_cnt = a->ns_cnt,
	    .ar_cnt = a->ar_cnt,
	    .body = a->body,
	    .body_len = a->body_len,
	};
	add_ede(r, a->ede);
	if (a->verdict == HF_VERDICT_UNVALIDATED && a->under_nta && a->hidden_ede != a->ede)
		add_ede(r, a->hidden_ede); /* DESIGN 4: EDE 33 and the hidden cause */
	if (r->ede_cnt > 0 && a->ede_text[0] != '\0') {
		r->ede_text = a->ede_text;
		r->ede_text_len = (uint16_t)strnlen(a->ede_text, HF_EDE_TEXT_MAX);
	}
}

void
cp_answer_failure(
    const struct hf_question *q, uint8_t variant, enum hf_ede ede, struct cp_answer *a)
{
	memset(a, 0, sizeof(*a));
	a->question = *q;
	a->variant = variant;
	a->rcode = HF_RCODE_SERVFAIL;
	a->verdict = HF_VERDICT_FAILURE;
	a->ede = (uint16_t)ede;
	a->hidden_ede = HF_EDE_NONE;
}
