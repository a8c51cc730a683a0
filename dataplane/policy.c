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
	p->stale_client_ms = m->stale_client_ms;
	p->stale_ttl_s = m->stale_ttl_s;
	p->stale_max_ms = (uint64_t)m->stale_max_s * 1000;
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
		if (r->kind == 0)
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

enum hf_msg_fault
dp_policy_add(struct dp_policy *p, const struct hf_msg_policy_rule *m)
{
	if (m->generation != p->generation || p->rules_seen >= p->rule_cnt_said)
		return HF_MSG_FAULT_ORDER;
	p->rules_seen++;
	struct dp_rule *r = rule_slot(p, m->name, m->name_len);
	if (r->kind == HF_RULE_NTA || r->kind == m->kind)
		return HF_MSG_OK;
	if (m->kind == HF_RULE_NTA)
		p->nta_cnt++;
	if (r->kind == 0)
		p->rule_cnt++;
	r->hash = dp_hash_name(p->hash, m->name, m->name_len);
	r->kind = m->kind;
	r->name_len = m->name_len;
	memcpy(r->name, m->name, m->name_len);
	unsigned labels = label_cnt(m->name, m->name_len);
	if (labels > p->labels_max)
		p->labels_max = labels;
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

unsigned
dp_policy_closest(const struct dp_policy *p, const uint8_t *name, unsigned len)
{
	unsigned labels = label_cnt(name, len);
	unsigned off = 0;

	if (p->rule_cnt == 0)
		return 0;
	for (;;) { /* one label less each time, down to the root: at most 128 times */
		if (labels <= p->labels_max) {
			const struct dp_rule *r = rule_slot(p, name + off, len - off);
			if (r->kind != 0)
				return r->kind;
		}
		if (labels == 0)
			return 0;
		off += name[off] + 1u;
		labels--;
	}
}

uint16_t
dp_policy_mask(const struct dp_policy *p, const struct dp_entry *e)
{
	unsigned mask = 0, chain_cnt;
	const uint8_t *name = dp_entry_chain(e, &chain_cnt);

	if (p->nta_cnt == 0)
		return 0;
	if (dp_policy_closest(p, e->name, e->name_len) == HF_RULE_NTA)
		mask = 1;
	for (unsigned i = 0; i < chain_cnt; i++) {
		unsigned len = 1;

		while (name[len - 1] != 0) /* whole names: checked when the message came */
			len += name[len - 1] + 1u;
		if (dp_policy_closest(p, name, len) == HF_RULE_NTA)
			mask |= 2u << i;
		name += len;
	}
	return (uint16_t)mask;
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

bool
dp_policy_stale_ok(const struct dp_policy *p, const struct dp_entry *e, uint64_t now_ms)
{
	bool good = e->verdict == HF_VERDICT_SECURE || e->verdict == HF_VERDICT_INSECURE ||
	    (e->verdict == HF_VERDICT_UNVALIDATED && checking_disabled(e));

	return good && p->stale_max_ms != 0 && now_ms < dp_entry_stale_until_ms(e) &&
	    now_ms < dp_entry_fresh_until_ms(e) + p->stale_max_ms;
}

static bool
restricts_compute(const struct dp_policy *p, const struct dp_entry *e)
{
	uint16_t now = dp_policy_mask(p, e), then = dp_entry_nta_mask(e);

	switch (e->verdict) {
	case HF_VERDICT_SECURE:
		return now != 0;
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

	bool restricts = restricts_compute(p, e);
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

static inline void
judge_stale(const struct dp_policy *p, struct dp_entry *e, struct dp_judgement *j)
{
	const struct dp_entry_note note = dp_entry_note(e);

	j->use = DP_USE_STALE;
	j->rcode = e->rcode;
	/* Its TTL is over, its signatures are not: still authentic (RFC 4035 5.3.3 bounds both). */
	j->authentic = e->verdict == HF_VERDICT_SECURE && (e->flags & HF_ANSWER_LASTS) != 0 &&
	    !dp_policy_restricts(p, e);
	add_ede(j, e->rcode == HF_RCODE_NXDOMAIN ? HF_EDE_STALE_NXDOMAIN : HF_EDE_STALE);
	if (note.retry_at_ms != 0 && note.retry_gen == p->generation)
		add_ede(j, (uint16_t)note.retry_ede);
}

/* A refresh failed lately. */
static inline bool
resting(const struct dp_policy *p, const struct dp_entry *e, uint64_t now_ms)
{
	const struct dp_entry_note note = dp_entry_note(e);

	return now_ms < note.retry_at_ms && note.retry_gen == p->generation;
}

void
dp_policy_judge(
    const struct dp_policy *p, struct dp_entry *e, const struct dp_ask *ask, struct dp_judgement *j)
{
	j->use = DP_USE_NONE;
	j->rcode = HF_RCODE_SERVFAIL;
	j->authentic = false;
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
	if ((ask->hurry || resting(p, e, ask->now_ms)) && dp_policy_stale_ok(p, e, ask->now_ms))
		judge_stale(p, e, j);
}
