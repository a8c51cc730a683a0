/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/link/msg.h"

#include <errno.h>
#include <string.h>

#include "lib/link/counters.h"
#include "lib/wire/message.h"
#include "lib/wire/rdata.h"

enum {
	RCODE_MAX = 15,  /* an entry's RCODE fits the header; 16 and up answer EDNS itself */
	EDE_MAX = 49151, /* above: private use, RFC 8914 5.2 */
	CLIENT_WAIT_MAX_MS = 60000, /* no client waits longer than a minute */
	/* A body as it will stand in a client's message: header, question, body. */
	VIRTUAL_MAX = HF_HEADER_LEN + HF_NAME_MAX + 4 + HF_BODY_MAX,
};

const char *
hf_msg_fault_to_text(enum hf_msg_fault f)
{
	static const char *const text[HF_MSG_FAULT_CNT] = {
	    "ok",
	    "length",
	    "type",
	    "epoch",
	    "name",
	    "value",
	    "body",
	    "chain",
	    "text",
	    "order",
	    "memory",
	};

	return (unsigned)f < HF_MSG_FAULT_CNT ? text[f] : "?";
}

const char *
hf_msg_set_to_text(enum hf_msg_set s)
{
	static const char *const text[HF_SET_CNT] = {"policy", "cookies"};

	return (unsigned)s < HF_SET_CNT ? text[s] : "?";
}

/* Lowest and highest length of each type; equal for those without a tail. */
static const struct len_range {
	uint16_t min, max;
} len_of[HF_MSG_TYPE_CNT] = {
#define EXACT(s)                                   \
	{                                          \
		sizeof(struct s), sizeof(struct s) \
	}
    [HF_MSG_HELLO] = EXACT(hf_msg_hello),
    [HF_MSG_WELCOME] = EXACT(hf_msg_welcome),
    [HF_MSG_MISS] = EXACT(hf_msg_miss),
    [HF_MSG_ANSWER] = {sizeof(struct hf_msg_answer),
	sizeof(struct hf_msg_answer) + HF_ANSWER_PAYLOAD_MAX},
    [HF_MSG_POLICY_BEGIN] = EXACT(hf_msg_policy_begin),
    [HF_MSG_POLICY_RULE] = EXACT(hf_msg_policy_rule),
    [HF_MSG_POLICY_END] = EXACT(hf_msg_policy_end),
    [HF_MSG_ACK] = EXACT(hf_msg_ack),
    [HF_MSG_STATS_ASK] = EXACT(hf_msg_stats_ask),
    [HF_MSG_STATS_SAY] = {sizeof(struct hf_msg_stats_say), UINT16_MAX},
    [HF_MSG_CACHE_ASK] = EXACT(hf_msg_cache_ask),
    [HF_MSG_LATENCY_ASK] = EXACT(hf_msg_latency_ask),
    [HF_MSG_LATENCY_SAY] = EXACT(hf_msg_latency_say),
    [HF_MSG_CACHE_SAY] = {sizeof(struct hf_msg_cache_say),
	sizeof(struct hf_msg_cache_say) + sizeof(struct hf_msg_answer) + HF_ANSWER_PAYLOAD_MAX},
    [HF_MSG_COOKIES] = EXACT(hf_msg_cookies),
    [HF_MSG_SURVEY_ASK] = EXACT(hf_msg_survey_ask),
    [HF_MSG_SURVEY_SAY] = EXACT(hf_msg_survey_say),
#undef EXACT
};

size_t
hf_msg_copy(const struct hf_ring *r, uint32_t at, void *out)
{
	struct hf_msg_head head;
	size_t len;

	hf_ring_copy(r, at, 0, &head, sizeof(head));
	memcpy(out, &head, sizeof(head));
	len = head.len < r->slot_len ? head.len : r->slot_len;
	if (len <= sizeof(head))
		return sizeof(head);
	hf_ring_copy(r, at, sizeof(head), (uint8_t *)out + sizeof(head), len - sizeof(head));
	return len;
}

enum hf_msg_fault
hf_msg_check_head(const void *msg, size_t len, uint32_t epoch)
{
	struct hf_msg_head head;

	if (len < sizeof(head))
		return HF_MSG_FAULT_LENGTH;
	memcpy(&head, msg, sizeof(head));
	if (head.type == 0 || head.type >= HF_MSG_TYPE_CNT)
		return HF_MSG_FAULT_TYPE;
	if (head.len > len || head.len < len_of[head.type].min || head.len > len_of[head.type].max)
		return HF_MSG_FAULT_LENGTH;
	if (head.epoch != epoch)
		return HF_MSG_FAULT_EPOCH;
	return HF_MSG_OK;
}

/* No upper-case letter. Label lengths, at most 63, are below 'A'. */
static bool
octets_are_lower(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] >= 'A' && p[i] <= 'Z')
			return false;
	}
	return true;
}

static bool
name_ok(const uint8_t *octets, uint8_t len)
{
	return hf_name_octets_ok(octets, len) && octets_are_lower(octets, len);
}

enum hf_msg_fault
hf_msg_check_key(const struct hf_msg_key *k)
{
	if (!name_ok(k->name, k->name_len))
		return HF_MSG_FAULT_NAME;
	if (k->klass != HF_CLASS_IN || k->variant >= HF_VARIANT_CNT || k->type == 0)
		return HF_MSG_FAULT_VALUE;
	if (hf_type_is_meta(k->type) && k->type != HF_TYPE_ANY)
		return HF_MSG_FAULT_VALUE;
	return HF_MSG_OK;
}

enum hf_msg_fault
hf_msg_check_miss(const struct hf_msg_miss *m, uint32_t worker_cnt)
{
	if (m->head.type != HF_MSG_MISS)
		return HF_MSG_FAULT_TYPE;
	bool refresh = (m->flags & HF_MISS_REFRESH) != 0;

	if ((m->handle == 0) != refresh || m->flags > (HF_MISS_REFRESH | HF_MISS_RECHECK) ||
	    m->flags == HF_MISS_RECHECK || m->core >= worker_cnt)
		return HF_MSG_FAULT_VALUE;
	return hf_msg_check_key(&m->key);
}

enum hf_msg_fault
hf_msg_check_policy_begin(const struct hf_msg_policy_begin *m)
{
	if (m->head.type != HF_MSG_POLICY_BEGIN)
		return HF_MSG_FAULT_TYPE;
	if (m->generation == 0 || m->rule_cnt > HF_POLICY_RULE_MAX)
		return HF_MSG_FAULT_VALUE;
	if (m->stale_client_ms > CLIENT_WAIT_MAX_MS || m->stale_ttl_s > HF_TTL_MAX_S ||
	    m->stale_max_s > HF_TTL_MAX_S || m->stale_retry_s > HF_TTL_MAX_S ||
	    (m->stale_triggers & ~(uint32_t)HF_STALE_ALL) != 0)
		return HF_MSG_FAULT_VALUE;
	return HF_MSG_OK;
}

static bool
stale_ok(const struct hf_msg_stale *s)
{
	return s->client_ms <= CLIENT_WAIT_MAX_MS && s->ttl_s <= HF_TTL_MAX_S &&
	    s->max_s <= HF_TTL_MAX_S && (s->triggers & ~HF_STALE_ALL) == 0;
}

enum hf_msg_fault
hf_msg_check_policy_rule(const struct hf_msg_policy_rule *m)
{
	if (m->head.type != HF_MSG_POLICY_RULE)
		return HF_MSG_FAULT_TYPE;
	if (m->generation == 0 || m->kind < HF_RULE_NTA || m->kind > HF_RULE_STALE)
		return HF_MSG_FAULT_VALUE;
	if (m->kind == HF_RULE_STALE && !stale_ok(&m->stale))
		return HF_MSG_FAULT_VALUE;
	if (m->mode > (m->kind == HF_RULE_NTA ? HF_NTA_SOFT : 0))
		return HF_MSG_FAULT_VALUE;
	return name_ok(m->name, m->name_len) ? HF_MSG_OK : HF_MSG_FAULT_NAME;
}

enum hf_msg_fault
hf_msg_check_ack(const struct hf_msg_ack *m)
{
	if (m->head.type != HF_MSG_ACK)
		return HF_MSG_FAULT_TYPE;
	if (m->core_all > HF_WORKER_MAX || m->core_cnt > m->core_all || m->set >= HF_SET_CNT ||
	    m->fault >= HF_MSG_FAULT_CNT)
		return HF_MSG_FAULT_VALUE;
	return HF_MSG_OK;
}

enum hf_msg_fault
hf_msg_check_cookies(const struct hf_msg_cookies *m)
{
	if (m->head.type != HF_MSG_COOKIES)
		return HF_MSG_FAULT_TYPE;
	if (m->cnt > HF_COOKIE_SECRET_MAX || m->required > 1)
		return HF_MSG_FAULT_VALUE;
	return HF_MSG_OK;
}

enum hf_msg_fault
hf_msg_check_stats_say(const struct hf_msg_stats_say *m)
{
	if (m->head.type != HF_MSG_STATS_SAY)
		return HF_MSG_FAULT_TYPE;
	if (m->row_cnt == 0 || m->row_cnt > 1 + HF_WORKER_MAX || m->col_cnt != HF_COUNTER_CNT)
		return HF_MSG_FAULT_VALUE;
	if (m->head.len != sizeof(*m) + (size_t)m->row_cnt * m->col_cnt * sizeof(uint64_t))
		return HF_MSG_FAULT_LENGTH;
	return HF_MSG_OK;
}

enum hf_msg_fault
hf_msg_check_latency_say(const struct hf_msg_latency_say *m)
{
	if (m->head.type != HF_MSG_LATENCY_SAY)
		return HF_MSG_FAULT_TYPE;
	if (m->core_cnt > HF_WORKER_MAX || m->core >= m->core_cnt)
		return HF_MSG_FAULT_VALUE;
	return HF_MSG_OK;
}

enum hf_msg_fault
hf_msg_check_survey_ask(const struct hf_msg_survey_ask *m)
{
	if (!name_ok(m->name, m->name_len))
		return HF_MSG_FAULT_NAME;
	for (unsigned i = 0; i < HF_SURVEY_TIMES; i++)
		if (m->after_s[i] > HF_SURVEY_AFTER_MAX_S)
			return HF_MSG_FAULT_VALUE;
	return HF_MSG_OK;
}

enum hf_msg_fault
hf_msg_check_survey_say(const struct hf_msg_survey_say *m)
{
	if (m->head.type != HF_MSG_SURVEY_SAY)
		return HF_MSG_FAULT_TYPE;
	if (m->queries > m->queries_all || m->names > m->samples)
		return HF_MSG_FAULT_VALUE;
	for (unsigned i = 0; i < HF_SURVEY_TIMES; i++)
		if (m->answerable[i] > m->queries)
			return HF_MSG_FAULT_VALUE;
	return HF_MSG_OK;
}

enum hf_msg_fault
hf_msg_check_cache_say(const struct hf_msg_cache_say *m, struct hf_answer_view *view)
{
	const struct hf_msg_answer *a = (const void *)m->answer;
	size_t tail = m->head.len - sizeof(*m);
	enum hf_msg_fault f;

	if (m->head.type != HF_MSG_CACHE_SAY)
		return HF_MSG_FAULT_TYPE;
	if (m->found > 1 || m->covered > 1)
		return HF_MSG_FAULT_VALUE;
	if (!m->found)
		return tail == 0 ? HF_MSG_OK : HF_MSG_FAULT_LENGTH;
	f = hf_msg_check_head(a, tail, m->head.epoch);
	if (f != HF_MSG_OK)
		return f;
	if (a->head.len != tail)
		return HF_MSG_FAULT_LENGTH;
	return hf_msg_check_answer(a, view);
}

/* --- ANSWER */

static bool
ede_ok(uint16_t ede)
{
	return ede <= EDE_MAX || ede == HF_EDE_NONE;
}

static bool
answer_values_ok(const struct hf_msg_answer *m)
{
	if (m->verdict >= HF_VERDICT_CNT || m->rcode > RCODE_MAX ||
	    (m->flags &
		~(HF_ANSWER_UNDER_NTA | HF_ANSWER_TRUNCATED | HF_ANSWER_STALE |
		    HF_ANSWER_REFUSED)) != 0)
		return false;
	if (!ede_ok(m->ede) || !ede_ok(m->hidden_ede))
		return false;
	if (m->ttl_s > HF_TTL_MAX_S || m->valid_s > HF_VALID_MAX_S)
		return false;
	return (uint32_t)m->an_cnt + m->ns_cnt + m->ar_cnt <= HF_ANSWER_RR_MAX;
}

/* The parts add up to the message, and each has its limit. */
static bool
answer_lens_ok(const struct hf_msg_answer *m)
{
	size_t payload = (size_t)m->chain_len + m->ede_text_len + m->body_len;

	return m->chain_len <= HF_CHAIN_OCTETS_MAX && m->ede_text_len <= HF_EDE_TEXT_MAX &&
	    m->body_len <= HF_BODY_MAX && m->head.len == sizeof(*m) + payload;
}

/* Whole names one after another, as many as said, nothing behind. */
static bool
chain_ok(const uint8_t *chain, size_t len, unsigned cnt)
{
	struct hf_cursor c;

	if (cnt > HF_CHAIN_MAX || !octets_are_lower(chain, len))
		return false;
	hf_cursor_init(&c, chain, len);
	for (unsigned i = 0; i < cnt; i++)
		hf_name_skip_plain(&c);
	return hf_cursor_ok(&c) && hf_cursor_left(&c) == 0;
}

static bool
text_ok(const uint8_t *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	}
	return true;
}

/* The message a client would see. No name can be read out of the header: 0xff octets are
 * pointers forward, and those are refused. So every name resolves behind it. */
struct virtual_msg {
	struct hf_header h;
	uint32_t body_off;
	uint32_t len;
	uint8_t octets[VIRTUAL_MAX];
};

static void
virtual_make(const struct hf_msg_answer *m, const uint8_t *body, struct virtual_msg *v)
{
	const struct hf_msg_key *k = &m->key;
	uint8_t *p = v->octets;

	v->h = (struct hf_header){
	    .qd_cnt = 1,
	    .an_cnt = m->an_cnt,
	    .ns_cnt = m->ns_cnt,
	    .ar_cnt = m->ar_cnt,
	};
	memset(p, 0xff, HF_HEADER_LEN);
	p += HF_HEADER_LEN;
	memcpy(p, k->name, k->name_len);
	p += k->name_len;
	*p++ = (uint8_t)(k->type >> 8);
	*p++ = (uint8_t)k->type;
	*p++ = (uint8_t)(k->klass >> 8);
	*p++ = (uint8_t)k->klass;
	v->body_off = (uint32_t)(p - v->octets);
	memcpy(p, body, m->body_len);
	v->len = v->body_off + m->body_len;
}

static void
virtual_walk(const struct virtual_msg *v, struct hf_cursor *c, struct hf_walk *w)
{
	hf_cursor_init(c, v->octets, v->len);
	c->off = v->body_off;
	hf_walk_init(w, c, &v->h);
}

/* First walk: framing, class, type, TTLs. */
static bool
records_ok(const struct virtual_msg *v, struct hf_answer_view *view)
{
	struct hf_cursor c;
	struct hf_walk w;
	struct hf_rr rr;

	virtual_walk(v, &c, &w);
	while (hf_walk_step(&w, &rr)) {
		if (view->ttl_cnt >= HF_ANSWER_RR_MAX || rr.klass != HF_CLASS_IN || rr.type == 0 ||
		    rr.type == HF_TYPE_OPT || hf_type_is_meta(rr.type) || rr.ttl > HF_TTL_MAX_S)
			return false;
		view->ttl_off[view->ttl_cnt++] = (uint16_t)(rr.ttl_off - v->body_off);
		if (rr.ttl < view->ttl_min)
			view->ttl_min = rr.ttl;
	}
	return hf_cursor_ok(&c) && hf_cursor_left(&c) == 0 &&
	    view->ttl_cnt == v->h.an_cnt + v->h.ns_cnt + v->h.ar_cnt;
}

/* Second walk, with every TTL blotted out: names, in owners and in RDATA, so that none reads
 * through octets which a core counts down. */
static bool
names_ok(struct virtual_msg *v, const struct hf_answer_view *view)
{
	struct hf_cursor c;
	struct hf_walk w;
	struct hf_rr rr;

	for (unsigned i = 0; i < view->ttl_cnt; i++)
		memset(v->octets + v->body_off + view->ttl_off[i], 0xff, 4);
	virtual_walk(v, &c, &w);
	while (hf_walk_step(&w, &rr)) {
		if (hf_rdata_check(v->octets, v->len, &rr) != 0)
			return false;
	}
	return hf_cursor_ok(&c);
}

static bool
body_ok(const struct hf_msg_answer *m, struct hf_answer_view *view)
{
	struct virtual_msg v;

	view->ttl_cnt = 0;
	view->ttl_min = UINT32_MAX;
	if ((m->flags & HF_ANSWER_TRUNCATED) != 0 &&
	    (m->body_len | m->an_cnt | m->ns_cnt | m->ar_cnt) != 0)
		return false;
	virtual_make(m, view->body, &v);
	return records_ok(&v, view) && names_ok(&v, view);
}

enum hf_msg_fault
hf_msg_check_answer(const struct hf_msg_answer *m, struct hf_answer_view *view)
{
	enum hf_msg_fault f;

	if (m->head.type != HF_MSG_ANSWER)
		return HF_MSG_FAULT_TYPE;
	if (!answer_lens_ok(m))
		return HF_MSG_FAULT_LENGTH;
	if (!answer_values_ok(m))
		return HF_MSG_FAULT_VALUE;
	f = hf_msg_check_key(&m->key);
	if (f != HF_MSG_OK)
		return f;
	view->chain = m->payload;
	view->ede_text = view->chain + m->chain_len;
	view->body = view->ede_text + m->ede_text_len;
	if (!chain_ok(view->chain, m->chain_len, m->chain_cnt))
		return HF_MSG_FAULT_CHAIN;
	if (!text_ok(view->ede_text, m->ede_text_len))
		return HF_MSG_FAULT_TEXT;
	return body_ok(m, view) ? HF_MSG_OK : HF_MSG_FAULT_BODY;
}

/* --- making messages */

void
hf_msg_key_set(struct hf_msg_key *k, const struct hf_name *name, uint16_t type, uint16_t klass,
    uint8_t variant)
{
	struct hf_name lower = *name;

	hf_name_lower(&lower);
	memset(k, 0, sizeof(*k)); /* the octets behind the name and the padding too */
	k->type = type;
	k->klass = klass;
	k->variant = variant;
	k->name_len = lower.len;
	memcpy(k->name, lower.octets, lower.len);
}

int
hf_msg_chain_add(struct hf_msg_chain *chain, const struct hf_name *name)
{
	struct hf_name lower = *name;

	if (chain->cnt >= HF_CHAIN_MAX || name->len > HF_CHAIN_OCTETS_MAX - chain->len)
		return -ENOSPC;
	hf_name_lower(&lower);
	memcpy(chain->octets + chain->len, lower.octets, lower.len);
	chain->len = (uint16_t)(chain->len + lower.len);
	chain->cnt++;
	return 0;
}

int
hf_msg_answer_finish(struct hf_msg_answer *m, uint32_t epoch, const struct hf_answer_parts *parts)
{
	uint16_t chain_len = parts->chain != NULL ? parts->chain->len : 0;
	uint8_t *p = m->payload;

	if (parts->ede_text_len > HF_EDE_TEXT_MAX || parts->body_len > HF_BODY_MAX ||
	    chain_len > HF_CHAIN_OCTETS_MAX)
		return -EMSGSIZE;
	if (chain_len > 0)
		memcpy(p, parts->chain->octets, chain_len);
	p += chain_len;
	for (size_t i = 0; i < parts->ede_text_len; i++) {
		uint8_t ch = (uint8_t)parts->ede_text[i];
		*p++ = ch >= 0x20 && ch <= 0x7e ? ch : '?';
	}
	if (parts->body_len > 0)
		memcpy(p, parts->body, parts->body_len);
	p += parts->body_len;
	m->chain_len = chain_len;
	m->chain_cnt = parts->chain != NULL ? parts->chain->cnt : 0;
	m->ede_text_len = parts->ede_text_len;
	m->body_len = parts->body_len;
	m->head = (struct hf_msg_head){
	    .type = HF_MSG_ANSWER,
	    .len = (uint16_t)(p - (uint8_t *)m),
	    .epoch = epoch,
	};
	return 0;
}
