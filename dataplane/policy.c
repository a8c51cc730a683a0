/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/policy.h"

#include <stdlib.h>

/* RFC 8767 5's recommendations, in force until the control plane says otherwise. */
enum { STALE_CLIENT_MS = 1800, STALE_TTL_S = 30, STALE_MAX_S = 86400, STALE_RETRY_S = 30 };

static uint32_t
next_serial(void)
{
	static uint32_t last; /* WRITER's; 0 is what an entry has that remembers nothing */

	if (last < DP_SERIAL_NONE_KEPT)
		last++;
	return last;
}

struct dp_policy *
dp_policy_create(const struct dp_hash *hash, const struct hf_msg_policy_begin *m)
{
	uint32_t slot_cnt = 2;

	if (m->rule_cnt > HF_POLICY_RULE_MAX)
		return NULL;
	while (slot_cnt < 2 * m->rule_cnt)
		slot_cnt *= 2;
	struct dp_policy *p = calloc(1, sizeof(*p) + slot_cnt * sizeof(p->slots[0]));
	if (p == NULL)
		return NULL;
	p->generation = m->generation;
	p->serial = next_serial();
	p->stale = (struct dp_stale){.max_ms = (uint64_t)m->stale_max_s * 1000,
	    .client_ms = m->stale_client_ms,
	    .ttl_s = m->stale_ttl_s,
	    .triggers = m->stale_triggers};
	p->stale_longest_ms = p->stale.max_ms;
	/* At least a second: else an answer that failed is asked for again by its own waiters. */
	p->stale_retry_ms = m->stale_retry_s == 0 ? 1000 : (uint64_t)m->stale_retry_s * 1000;
	p->rule_cnt_said = m->rule_cnt;
	p->mask = slot_cnt - 1;
	p->hash = hash;
	return p;
}

struct dp_policy *
dp_policy_create_default(const struct dp_hash *hash)
{
	const struct hf_msg_policy_begin m = {
	    .stale_client_ms = STALE_CLIENT_MS,
	    .stale_ttl_s = STALE_TTL_S,
	    .stale_max_s = STALE_MAX_S,
	    .stale_retry_s = STALE_RETRY_S,
	    .stale_triggers = HF_STALE_ALL,
	};

	return dp_policy_create(hash, &m);
}

void
dp_policy_free(struct dp_policy *p)
{
	free(p);
}

/* The rule of exactly this name, or the free slot where it would be. Ends: slots are at most
 * half full. */
static struct dp_rule *
rule_slot(const struct dp_policy *p, const uint8_t *name, unsigned len)
{
	uint64_t hash = dp_hash_name(p->hash, name, len);
	const struct dp_rule *r;

	for (uint64_t i = hash;; i++) {
		r = &p->slots[i & p->mask];
		if (r->name_len == 0)
			break;
		if (r->hash == hash && r->name_len == len && memcmp(r->name, name, len) == 0)
			break;
	}
	return (struct dp_rule *)(uintptr_t)r;
}

static unsigned
label_cnt(const uint8_t *name, unsigned len)
{
	unsigned cnt = 0;

	for (unsigned off = 0; off < len && name[off] != 0; off += name[off] + 1u)
		cnt++;
	return cnt;
}

static void
set_kind(struct dp_policy *p, struct dp_rule *r, uint8_t kind, uint8_t mode)
{
	if (r->kind == HF_RULE_NTA || r->kind == kind)
		return;
	if (kind == HF_RULE_NTA)
		p->nta_cnt++;
	if (r->kind == 0)
		p->rule_cnt++;
	r->kind = kind;
	r->mode = mode;
}

static void
set_stale(struct dp_policy *p, struct dp_rule *r, const struct hf_msg_stale *m)
{
	p->stale_cnt += !r->has_stale;
	r->has_stale = true;
	r->stale = (struct dp_stale){.max_ms = (uint64_t)m->max_s * 1000,
	    .client_ms = m->client_ms,
	    .ttl_s = m->ttl_s,
	    .triggers = m->triggers};
	if (r->stale.max_ms > p->stale_longest_ms)
		p->stale_longest_ms = r->stale.max_ms;
}

enum hf_msg_fault
dp_policy_add(struct dp_policy *p, const struct hf_msg_policy_rule *m)
{
	if (m->generation != p->generation || p->rules_seen >= p->rule_cnt_said)
		return HF_MSG_FAULT_ORDER;
	p->rules_seen++;
	struct dp_rule *r = rule_slot(p, m->name, m->name_len);
	r->hash = dp_hash_name(p->hash, m->name, m->name_len);
	r->name_len = m->name_len;
	memcpy(r->name, m->name, m->name_len);
	unsigned labels = label_cnt(m->name, m->name_len);
	if (labels > p->labels_max)
		p->labels_max = labels;
	if (m->kind == HF_RULE_STALE)
		set_stale(p, r, &m->stale);
	else
		set_kind(p, r, m->kind, m->mode);
	return HF_MSG_OK;
}

enum hf_msg_fault
dp_policy_end(const struct dp_policy *p, const struct hf_msg_policy_end *m)
{
	if (m->generation != p->generation || m->rule_cnt != p->rule_cnt_said ||
	    p->rules_seen != p->rule_cnt_said)
		return HF_MSG_FAULT_ORDER;
	return HF_MSG_OK;
}

struct dp_policy *
dp_policy_with_nta(const struct dp_policy *p, const uint8_t *name, unsigned len)
{
	const size_t slot_cnt = 2 * ((size_t)p->mask + 1); /* still at most half full */
	struct dp_policy *q = calloc(1, sizeof(*q) + slot_cnt * sizeof(q->slots[0]));
	struct hf_msg_policy_rule m = {.generation = p->generation, .kind = HF_RULE_NTA};

	if (q == NULL)
		return NULL;
	*q = *p;
	q->serial = 0;
	q->mask = (uint32_t)slot_cnt - 1;
	q->rule_cnt_said = p->rules_seen + 1;
	for (uint32_t i = 0; i <= p->mask; i++) {
		const struct dp_rule *r = &p->slots[i];

		if (r->name_len != 0)
			*rule_slot(q, r->name, r->name_len) = *r;
	}
	m.name_len = (uint8_t)len;
	memcpy(m.name, name, len);
	(void)dp_policy_add(q, &m);
	rule_slot(q, name, len)->mode = HF_NTA_STRICT; /* whatever stood there */
	return q;
}

/* The closest above or at name that has a kind, or stale numbers; NULL: none. */
static const struct dp_rule *
closest(const struct dp_policy *p, const uint8_t *name, unsigned len, bool stale)
{
	unsigned labels = label_cnt(name, len);
	unsigned off = 0;

	for (;;) { /* one label less each time, down to the root: at most 128 times */
		if (labels <= p->labels_max) {
			const struct dp_rule *r = rule_slot(p, name + off, len - off);
			if (stale ? r->has_stale : r->kind != 0)
				return r;
		}
		if (labels == 0)
			return NULL;
		off += name[off] + 1u;
		labels--;
	}
}

unsigned
dp_policy_closest(const struct dp_policy *p, const uint8_t *name, unsigned len)
{
	const struct dp_rule *r = p->rule_cnt == 0 ? NULL : closest(p, name, len, false);

	return r != NULL ? r->kind : 0;
}

const struct dp_stale *
dp_policy_stale(const struct dp_policy *p, const uint8_t *name, unsigned len)
{
	const struct dp_rule *r = p->stale_cnt == 0 ? NULL : closest(p, name, len, true);

	return r != NULL ? &r->stale : &p->stale;
}

static bool
stale_same(const struct dp_stale *a, const struct dp_stale *b)
{
	return a->max_ms == b->max_ms && a->client_ms == b->client_ms && a->ttl_s == b->ttl_s &&
	    a->triggers == b->triggers;
}

static bool
kind_same(const struct dp_rule *a, const struct dp_rule *b)
{
	return b != NULL && a->kind == b->kind && a->mode == b->mode;
}

/* Every name ruled in a is ruled the same way by b. Both ways: they mean the same. */
static bool
is_within(const struct dp_policy *a, const struct dp_policy *b)
{
	for (uint32_t i = 0; i <= a->mask; i++) {
		const struct dp_rule *r = &a->slots[i];

		if (r->kind != 0 && !kind_same(r, closest(b, r->name, r->name_len, false)))
			return false;
		if (r->has_stale &&
		    !stale_same(dp_policy_stale(b, r->name, r->name_len), &r->stale))
			return false;
	}
	return stale_same(&a->stale, &b->stale) && a->stale_retry_ms == b->stale_retry_ms;
}

bool
dp_policy_same(const struct dp_policy *a, const struct dp_policy *b)
{
	return is_within(a, b) && is_within(b, a);
}

/* The closest rule of a name is an NTA; strict: a strict one. */
static bool
is_under_nta(const struct dp_policy *p, const uint8_t *name, unsigned len, bool strict)
{
	const struct dp_rule *r = closest(p, name, len, false);

	return r != NULL && r->kind == HF_RULE_NTA && (!strict || r->mode == HF_NTA_STRICT);
}

/* dp_policy_mask, of strict NTAs alone or of all. */
static uint16_t
mask_of(const struct dp_policy *p, const struct dp_entry *e, bool strict)
{
	unsigned mask = 0, chain_cnt;
	const uint8_t *name = dp_entry_chain(e, &chain_cnt);

	if (p->nta_cnt == 0)
		return 0;
	if (is_under_nta(p, e->name, e->name_len, strict))
		mask = 1;
	for (unsigned i = 0; i < chain_cnt; i++) {
		unsigned len = 1;

		while (name[len - 1] != 0) /* whole names: checked when the message came */
			len += name[len - 1] + 1u;
		if (is_under_nta(p, name, len, strict))
			mask |= 2u << i;
		name += len;
	}
	return (uint16_t)mask;
}

uint16_t
dp_policy_mask(const struct dp_policy *p, const struct dp_entry *e)
{
	return mask_of(p, e, false);
}

/* Resolved under another policy than the one in force now, it is not known what was covered
 * then: an answer let through then needs all its names covered now, a failure none. */
uint16_t
dp_policy_mask_at_birth(const struct dp_policy *p, const struct dp_entry *e)
{
	bool let_through = e->verdict == HF_VERDICT_UNVALIDATED;
	unsigned chain_cnt;

	(void)dp_entry_chain(e, &chain_cnt);
	if (dp_entry_note(e).policy_gen != p->generation)
		return let_through ? (uint16_t)((2u << chain_cnt) - 1) : 0;
	if (!let_through && (e->flags & HF_ANSWER_UNDER_NTA) == 0)
		return 0;
	return dp_policy_mask(p, e);
}

/* An answer to a CD question never depends on validation (RFC 4035 3.2.2). */
static inline bool
checking_disabled(const struct dp_entry *e)
{
	return (e->variant & HF_VARIANT_CD) != 0;
}

/* Only what was validated, or needed no validation, when it was fetched. */
static inline bool
is_good(const struct dp_entry *e)
{
	return e->verdict == HF_VERDICT_SECURE || e->verdict == HF_VERDICT_INSECURE ||
	    (e->verdict == HF_VERDICT_UNVALIDATED && checking_disabled(e));
}

static const struct dp_stale *
stale_of(const struct dp_policy *p, const struct dp_entry *e)
{
	return dp_policy_stale(p, e->name, e->name_len);
}

uint64_t
dp_policy_window_ms(const struct dp_policy *p, const struct dp_entry *e)
{
	return is_good(e) && (e->flags & HF_ANSWER_STALE) != 0 ? stale_of(p, e)->max_ms : 0;
}

bool
dp_policy_keeps(const struct dp_policy *p, const struct dp_entry *e, uint64_t now_ms)
{
	return is_good(e) && now_ms < dp_entry_fresh_until_ms(e) + dp_policy_window_ms(p, e);
}

bool
dp_policy_triggers(const struct dp_policy *p, const struct dp_entry *e, unsigned trigger)
{
	return dp_policy_window_ms(p, e) != 0 && (stale_of(p, e)->triggers & trigger) != 0;
}

bool
dp_policy_restricts_now(const struct dp_policy *p, const struct dp_entry *e)
{
	if (e->verdict == HF_VERDICT_SECURE)
		return mask_of(p, e, true) != 0;

	uint16_t now = dp_policy_mask(p, e), then = dp_entry_nta_mask(e);

	switch (e->verdict) {
	case HF_VERDICT_BOGUS:
	case HF_VERDICT_FAILURE: /* a name is covered now that was not when it failed */
		return !checking_disabled(e) && (now & ~then) != 0;
	case HF_VERDICT_UNVALIDATED: /* a name was covered that is not now */
		return !checking_disabled(e) && (now == 0 || (then & ~now) != 0);
	default:
		return false;
	}
}

bool
dp_policy_restricts(const struct dp_policy *p, struct dp_entry *e)
{
	/* Relaxed: one word says both for which policy and what; a lost store is made again. */
	uint32_t kept = atomic_load_explicit(&e->covered, memory_order_relaxed);

	if (kept >> 1 == p->serial)
		return (kept & 1) != 0;

	bool restricts = dp_policy_restricts_now(p, e);
	if (p->serial != DP_SERIAL_NONE_KEPT)
		atomic_store_explicit(
		    &e->covered, p->serial << 1 | restricts, memory_order_relaxed);
	return restricts;
}

static inline bool
forbidden(const struct dp_policy *p, struct dp_entry *e)
{
	return e->verdict != HF_VERDICT_SECURE && dp_policy_restricts(p, e);
}

static inline void
add_ede(struct dp_judgement *j, uint16_t ede)
{
	if (ede != HF_EDE_NONE && j->ede_cnt < HF_REPLY_EDE_MAX)
		j->ede[j->ede_cnt++] = ede;
}

static inline void
judge_fresh(const struct dp_policy *p, struct dp_entry *e, struct dp_judgement *j)
{
	j->use = DP_USE_FRESH;
	j->rcode = e->rcode;
	switch (e->verdict) {
	case HF_VERDICT_SECURE:
		j->authentic = !dp_policy_restricts(p, e); /* RFC 7646 */
		break;
	case HF_VERDICT_BOGUS:
	case HF_VERDICT_FAILURE:
		j->rcode = HF_RCODE_SERVFAIL;
		break;
	case HF_VERDICT_UNVALIDATED:
		if (checking_disabled(e))
			break;
		add_ede(j, HF_EDE_NTA);
		add_ede(j, dp_entry_hidden_ede(e));
		j->with_text = true;
		return;
	default:
		break;
	}
	add_ede(j, dp_entry_ede(e));
	j->with_text = j->ede_cnt != 0;
}

/* A refresh failed under this policy, not long ago. */
static bool
is_resting(const struct dp_policy *p, const struct dp_entry_note *note, uint64_t now_ms)
{
	/* When it is due, that is seen to behind stale answers; nothing came of it: before them. */
	return note->retry_gen == p->generation && note->retry_at_ms != 0 &&
	    now_ms < note->retry_at_ms + p->stale_retry_ms;
}

static void
judge_stale(
    const struct dp_policy *p, struct dp_entry *e, const struct dp_ask *ask, struct dp_judgement *j)
{
	const struct dp_entry_note note = dp_entry_note(e);
	const struct dp_stale *stale = stale_of(p, e);
	bool failed = note.retry_at_ms != 0 && note.retry_gen == p->generation;

	j->use = DP_USE_STALE;
	j->rcode = e->rcode;
	j->ttl_s = stale->ttl_s;
	j->recheck = failed && ask->now_ms >= note.retry_at_ms;
	/* Its TTL is over, its signatures are not: still authentic (RFC 4035 5.3.3 bounds both). */
	j->authentic = e->verdict == HF_VERDICT_SECURE &&
	    ask->now_ms < dp_entry_valid_until_ms(e) && !dp_policy_restricts(p, e);
	add_ede(j, e->rcode == HF_RCODE_NXDOMAIN ? HF_EDE_STALE_NXDOMAIN : HF_EDE_STALE);
	if (failed)
		add_ede(j, (uint16_t)note.retry_ede);
}

/* Past its TTL: a miss, unless a refresh has failed lately or cannot be waited for. */
static void
judge_expired(
    const struct dp_policy *p, struct dp_entry *e, const struct dp_ask *ask, struct dp_judgement *j)
{
	const struct dp_entry_note note = dp_entry_note(e);
	bool resting = is_resting(p, &note, ask->now_ms);
	unsigned cause = resting ? note.retry_for : HF_STALE_TIMEOUT;

	if ((!resting && !ask->hurry) || !is_good(e))
		return;
	if (dp_policy_triggers(p, e, cause)) {
		if (dp_policy_keeps(p, e, ask->now_ms))
			judge_stale(p, e, ask, j);
	} else if (resting && ask->now_ms < note.retry_at_ms) {
		j->use = DP_USE_FAILED;
		add_ede(j, (uint16_t)note.retry_ede);
	}
}

void
dp_policy_judge(
    const struct dp_policy *p, struct dp_entry *e, const struct dp_ask *ask, struct dp_judgement *j)
{
	j->use = DP_USE_NONE;
	j->rcode = HF_RCODE_SERVFAIL;
	j->authentic = false;
	j->recheck = false;
	j->with_text = false;
	j->ede_cnt = 0;
	if (e == NULL)
		return;
	/* Obtained after the question was asked, an answer is fresh for it even with TTL 0. */
	if (ask->now_ms < dp_entry_fresh_until_ms(e) ||
	    (ask->waited && ask->asked_ms <= dp_entry_inserted_ms(e))) {
		if (forbidden(p, e))
			j->use = DP_USE_FORBIDDEN;
		else
			judge_fresh(p, e, j);
		return;
	}
	judge_expired(p, e, ask, j);
}
