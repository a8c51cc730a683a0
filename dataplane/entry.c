/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/entry.h"

enum { SHORT_AN_MAX = UINT8_MAX, SHORT_OTHER_MAX = 15 };

/* What an entry is made of, wherever it comes from. */
struct parts {
	const uint8_t *name, *body, *chain;
	const char *ede_text;
	const uint16_t *ttl_off; /* NULL: by rule */
	unsigned rr_cnt;
	bool with_note;
	struct dp_entry_note note;
	struct dp_entry_extra extra; /* counts and lengths in any case */
};

static const struct dp_entry_note no_note = {.retry_ede = HF_EDE_NONE};

/* --- reading ----------------------------------------------------------------------- */

/* What is behind the offsets of the TTLs. */
static const uint8_t *
tail_of(const struct dp_entry *e, const struct dp_entry_extra *x)
{
	const uint8_t *tail = (const uint8_t *)(x + 1);

	return e->ttls_odd ? tail + sizeof(uint16_t) * (x->an_cnt + x->ns_cnt + x->ar_cnt) : tail;
}

static const uint8_t *
chain_of(const struct dp_entry *e, const struct dp_entry_extra *x)
{
	bool note = (x->has & DP_EXTRA_NOTE) != 0;

	return tail_of(e, x) + note * sizeof(struct dp_entry_note);
}

struct dp_entry_note
dp_entry_note(const struct dp_entry *e)
{
	const struct dp_entry_extra *x = dp_entry_extra(e);
	struct dp_entry_note note = no_note;

	if (x != NULL && (x->has & DP_EXTRA_NOTE) != 0)
		memcpy(&note, tail_of(e, x), sizeof(note));
	return note;
}

const uint8_t *
dp_entry_chain(const struct dp_entry *e, unsigned *cnt)
{
	const struct dp_entry_extra *x = dp_entry_extra(e);

	*cnt = x != NULL ? x->chain_cnt : 0;
	return *cnt != 0 ? chain_of(e, x) : NULL;
}

const char *
dp_entry_ede_text(const struct dp_entry *e, unsigned *len)
{
	const struct dp_entry_extra *x = dp_entry_extra(e);

	*len = x != NULL ? x->ede_text_len : 0;
	return *len != 0 ? (const char *)chain_of(e, x) + x->chain_len : NULL;
}

uint64_t
dp_entry_hash(const struct dp_entry *e, const struct dp_hash *h)
{
	alignas(DP_LINE_LEN) struct dp_key_octets o;
	unsigned lines = (DP_KEY_NAME_OFF + e->name_len + DP_LINE_LEN - 1u) / DP_LINE_LEN;

	memset(&o, 0, (size_t)lines * DP_LINE_LEN);
	o.type = e->type;
	o.name_len = e->name_len;
	o.variant = e->variant;
	memcpy(o.name, e->name, e->name_len);
	return dp_hash_key(h, &o);
}

unsigned
dp_entry_lines(const struct dp_entry *e)
{
	const struct dp_entry_extra *x = dp_entry_extra(e);
	const uint8_t *end = dp_entry_body(e) + e->body_len;

	if (x != NULL)
		end = chain_of(e, x) + x->chain_len + x->ede_text_len;
	return (unsigned)((size_t)(end - (const uint8_t *)e) + DP_LINE_LEN - 1) / DP_LINE_LEN;
}

/* --- making ------------------------------------------------------------------------ */

/* Most bodies are records with a pointer for an owner and RDATA of one length. What dp_entry_ttls
 * goes by is the first one's length: equal distances alone are not enough, an owner in full may
 * make up for shorter RDATA. */
static bool
ttls_have_a_rule(const struct hf_answer_view *view, unsigned body_len)
{
	unsigned cnt = view->ttl_cnt, stride;

	if (cnt == 0)
		return true;
	if (view->ttl_off[0] != DP_TTL_FIRST)
		return false;
	stride = DP_RR_SHORT_LEN + ((unsigned)view->body[10] << 8 | view->body[11]); /* RDLENGTH */
	if (body_len != cnt * stride)
		return false;
	for (unsigned i = 1; i < cnt; i++) {
		if (view->ttl_off[i] != DP_TTL_FIRST + i * stride)
			return false;
	}
	return true;
}

/* A TTL with the top bit set reads as 0 (RFC 2181 8): store what was read. */
static void
settle_ttls(const struct dp_entry *e, uint8_t *body, unsigned cnt)
{
	const struct dp_entry_ttls t = dp_entry_ttls(e);

	for (unsigned i = 0; i < cnt; i++) {
		unsigned off = dp_entry_ttl_off(&t, i);

		if ((body[off] & 0x80) != 0)
			memset(body + off, 0, 4);
	}
}

/* Octets in words of 32 bits, which say the same in ones' complement of 16: the first octet is a
 * word's lowest (hash.c). */
static uint64_t
sum_words(const uint8_t *octets, unsigned len)
{
	uint64_t sum = 0, v;

	for (; len >= sizeof(v); octets += sizeof(v), len -= sizeof(v)) {
		memcpy(&v, octets, sizeof(v));
		sum += (v & UINT32_MAX) + (v >> 32);
	}
	v = 0;
	memcpy(&v, octets, len);
	return sum + (v & UINT32_MAX) + (v >> 32);
}

/* The whole is at least what is taken away: an octet weighs no less in a word of 32 bits. */
static uint16_t
sum_of(const struct dp_entry *e)
{
	const struct dp_entry_ttls t = dp_entry_ttls(e);
	const uint8_t *body = dp_entry_body(e);
	unsigned cnt = dp_entry_rr_cnt(e);
	uint64_t sum = sum_words(body, e->body_len);

	for (unsigned i = 0; i < cnt; i++) {
		unsigned off = dp_entry_ttl_off(&t, i);

		for (unsigned o = off; o < off + 4; o++)
			sum -= (uint64_t)body[o] << 8 * (o & 1);
	}
	while (sum > UINT16_MAX)
		sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)sum;
}

static bool
needs_extra(const struct parts *p)
{
	const struct dp_entry_extra *x = &p->extra;

	return p->with_note || p->ttl_off != NULL || x->chain_cnt != 0 || x->ede_text_len != 0 ||
	    x->ede != HF_EDE_NONE || x->hidden_ede != HF_EDE_NONE || x->an_cnt > SHORT_AN_MAX ||
	    x->ns_cnt > SHORT_OTHER_MAX || x->ar_cnt > SHORT_OTHER_MAX;
}

static uint8_t *
put(uint8_t *at, const void *octets, size_t len)
{
	if (len > 0)
		memcpy(at, octets, len);
	return at + len;
}

static void
put_extra(struct dp_entry *e, const struct parts *p)
{
	struct dp_entry_extra *x = (struct dp_entry_extra *)(uintptr_t)dp_entry_extra(e);

	*x = p->extra;
	x->has = p->with_note ? DP_EXTRA_NOTE : 0;
	uint8_t *at = (uint8_t *)(x + 1);
	at = put(at, p->ttl_off, p->ttl_off != NULL ? sizeof(uint16_t) * p->rr_cnt : 0);
	at = put(at, &p->note, p->with_note ? sizeof(p->note) : 0);
	at = put(at, p->chain, x->chain_len);
	put(at, p->ede_text, x->ede_text_len);
}

/* The head's facts are in place. */
static unsigned
assemble(struct dp_entry *e, const struct parts *p)
{
	const struct dp_entry_extra *x = &p->extra;

	atomic_init(&e->covered, DP_COVERED_UNKNOWN);
	e->an_cnt_short = (uint8_t)x->an_cnt;
	e->ns_cnt_short = x->ns_cnt & SHORT_OTHER_MAX;
	e->ar_cnt_short = x->ar_cnt & SHORT_OTHER_MAX;
	e->extra = needs_extra(p);
	e->ttls_odd = p->ttl_off != NULL;
	uint8_t *body = put(e->name, p->name, e->name_len);
	uint8_t *end = put(body, p->body, e->body_len);
	memset(end, 0, DP_LINE_LEN); /* what fills the last line goes nowhere, but is our own */
	if (e->extra)
		put_extra(e, p);
	settle_ttls(e, body, p->rr_cnt);
	e->sum = sum_of(e);
	return dp_entry_lines(e);
}

static void
set_inserted(struct dp_entry *e, uint64_t now_ms)
{
	e->inserted_low = (uint32_t)now_ms;
	e->inserted_high = (uint8_t)(now_ms >> 32);
}

static void
set_facts(struct dp_entry *e, const struct hf_msg_answer *m, uint32_t ttl_min)
{
	uint32_t fresh_s = m->ttl_s;

	if (fresh_s > ttl_min)
		fresh_s = ttl_min;
	if (fresh_s > HF_TTL_MAX_S)
		fresh_s = HF_TTL_MAX_S;
	e->type = m->key.type;
	e->name_len = m->key.name_len;
	e->variant = m->key.variant;
	e->fresh_s = fresh_s;
	e->valid_s = m->valid_s & HF_VALID_MAX_S;
	e->body_len = m->body_len;
	e->rcode = m->rcode & 15; /* checked: hf_msg_check_answer */
	e->verdict = m->verdict & 7;
	e->flags = m->flags & 7;
}

unsigned
dp_entry_make(struct dp_entry *e, const struct hf_msg_answer *m, const struct hf_answer_view *view,
    uint64_t now_ms)
{
	/* Only these are judged by what their policy was (dp_policy_restricts). */
	bool by_policy = m->verdict == HF_VERDICT_BOGUS || m->verdict == HF_VERDICT_FAILURE ||
	    m->verdict == HF_VERDICT_UNVALIDATED || (m->flags & HF_ANSWER_UNDER_NTA) != 0;
	const struct parts p = {
	    .name = m->key.name,
	    .body = view->body,
	    .chain = view->chain,
	    .ede_text = (const char *)view->ede_text,
	    .ttl_off = ttls_have_a_rule(view, m->body_len) ? NULL : view->ttl_off,
	    .rr_cnt = view->ttl_cnt,
	    .with_note = by_policy,
	    .note = {.policy_gen = m->policy_gen, .retry_ede = HF_EDE_NONE},
	    .extra = {.chain_cnt = (uint8_t)m->chain_cnt,
		.chain_len = m->chain_len,
		.ede = m->ede,
		.hidden_ede = m->hidden_ede,
		.an_cnt = m->an_cnt,
		.ns_cnt = m->ns_cnt,
		.ar_cnt = m->ar_cnt,
		.ede_text_len = m->ede_text_len},
	};

	set_facts(e, m, view->ttl_min);
	set_inserted(e, now_ms);
	atomic_init(&e->marks, 0);
	return assemble(e, &p);
}

static struct parts
parts_of(const struct dp_entry *e)
{
	const struct dp_entry_extra *x = dp_entry_extra(e);
	const struct dp_entry_counts c = dp_entry_counts(e);
	unsigned cnt, len;
	struct parts p = {
	    .name = e->name,
	    .body = dp_entry_body(e),
	    .chain = dp_entry_chain(e, &cnt),
	    .ede_text = dp_entry_ede_text(e, &len),
	    .ttl_off = dp_entry_ttls(e).off,
	    .rr_cnt = dp_entry_rr_cnt(e),
	    .note = dp_entry_note(e),
	    .extra = {.ede = HF_EDE_NONE,
		.hidden_ede = HF_EDE_NONE,
		.an_cnt = c.an,
		.ns_cnt = c.ns,
		.ar_cnt = c.ar},
	};

	if (x != NULL) {
		p.extra = *x;
		p.with_note = (x->has & DP_EXTRA_NOTE) != 0;
	}
	return p;
}

unsigned
dp_entry_make_retry(struct dp_entry *e, const struct dp_entry *old, const struct dp_key_octets *key,
    const struct dp_retry *retry)
{
	struct parts p = parts_of(old);

	e->type = key->type;
	e->name_len = key->name_len;
	e->variant = key->variant;
	e->fresh_s = old->fresh_s;
	e->valid_s = old->valid_s;
	e->body_len = old->body_len;
	e->rcode = old->rcode;
	e->verdict = old->verdict;
	e->flags = old->flags;
	set_inserted(e, dp_entry_inserted_ms(old));
	atomic_init(&e->marks, DP_USED);
	p.name = key->name;
	p.with_note = true;
	p.note.retry_at_ms = retry->at_ms;
	p.note.retry_gen = retry->gen;
	p.note.retry_ede = retry->ede;
	p.note.retry_for = retry->trigger;
	return assemble(e, &p);
}

void
dp_entry_copy(struct dp_entry *copy, const struct dp_entry *e, unsigned lines)
{
	enum {
		FACTS = offsetof(struct dp_entry, covered) + sizeof(e->covered),
		MARKS = offsetof(struct dp_entry, marks),
		REST = MARKS + sizeof(e->marks),
	};
	const uint8_t *from = (const uint8_t *)e;
	uint8_t *to = (uint8_t *)copy;

	memcpy(to, from, offsetof(struct dp_entry, covered));
	memcpy(to + FACTS, from + FACTS, MARKS - FACTS);
	memcpy(to + REST, from + REST, (size_t)lines * DP_LINE_LEN - REST);
	/* relaxed: hints, of no more weight in the copy */
	atomic_init(&copy->covered, atomic_load_explicit(&e->covered, memory_order_relaxed));
	atomic_init(&copy->marks, atomic_load_explicit(&e->marks, memory_order_relaxed));
}

void
dp_entry_set_nta_mask(struct dp_entry *e, uint16_t mask)
{
	struct dp_entry_extra *x = (struct dp_entry_extra *)(uintptr_t)dp_entry_extra(e);

	if (x != NULL)
		x->nta_mask = mask;
}

/* --- as a message ------------------------------------------------------------------ */

static void
fill_answer(const struct dp_entry *e, struct hf_msg_answer *m)
{
	const struct dp_entry_counts c = dp_entry_counts(e);

	m->policy_gen = dp_entry_note(e).policy_gen;
	m->verdict = e->verdict;
	m->flags = e->flags;
	m->rcode = e->rcode;
	m->ede = dp_entry_ede(e);
	m->hidden_ede = dp_entry_hidden_ede(e);
	m->an_cnt = c.an;
	m->ns_cnt = c.ns;
	m->ar_cnt = c.ar;
	m->body_len = e->body_len;
	m->ttl_s = (uint32_t)e->fresh_s;
	m->valid_s = (uint32_t)e->valid_s;
	m->key.type = e->type;
	m->key.klass = HF_CLASS_IN;
	m->key.variant = e->variant;
	m->key.name_len = e->name_len;
	memcpy(m->key.name, e->name, e->name_len);
}

size_t
dp_entry_to_msg(const struct dp_entry *e, struct hf_msg_answer *m, size_t cap)
{
	const struct dp_entry_extra *x = dp_entry_extra(e);
	unsigned chain_cnt, text_len;
	const uint8_t *chain = dp_entry_chain(e, &chain_cnt);
	const char *text = dp_entry_ede_text(e, &text_len);
	unsigned chain_len = x != NULL ? x->chain_len : 0;
	size_t len = sizeof(*m) + chain_len + text_len + e->body_len;

	if (len > cap || len > UINT16_MAX)
		return 0;
	memset(m, 0, sizeof(*m));
	m->head.type = HF_MSG_ANSWER;
	m->head.len = (uint16_t)len;
	m->chain_cnt = (uint16_t)chain_cnt;
	m->chain_len = (uint16_t)chain_len;
	m->ede_text_len = (uint16_t)text_len;
	fill_answer(e, m);
	uint8_t *at = put(m->payload, chain, chain_len);
	at = put(at, text, text_len);
	put(at, dp_entry_body(e), e->body_len);
	return len;
}
