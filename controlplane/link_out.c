/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/link_out.h"

#include <stdlib.h>
#include <string.h>

struct cp_link_queued {
	STAILQ_ENTRY(cp_link_queued) next;
	size_t len;
	_Alignas(8) uint8_t msg[];
};

_Static_assert(sizeof(struct hf_msg_policy_rule) <= HF_UPDATE_SLOT_LEN, "a rule fits a slot");

void
cp_link_out_init(struct cp_link_out *o, struct cp_counters *counters)
{
	memset(o, 0, sizeof(*o));
	o->counters = counters;
	STAILQ_INIT(&o->queue);
}

void
cp_link_out_attach(struct cp_link_out *o, struct hf_link *link)
{
	o->link = link;
}

static struct cp_link_queued *
pop(struct cp_link_out *o)
{
	struct cp_link_queued *q = STAILQ_FIRST(&o->queue);

	if (q != NULL) {
		STAILQ_REMOVE_HEAD(&o->queue, next);
		o->queued--;
	}
	return q;
}

static void
end_push(struct cp_link_out *o)
{
	if (o->push != NULL)
		cp_policy_put(o->push);
	o->push = NULL;
	o->push_next = 0;
}

void
cp_link_out_detach(struct cp_link_out *o)
{
	struct cp_link_queued *q;

	o->link = NULL;
	end_push(o);
	while ((q = pop(o)) != NULL) {
		cp_count(o->counters, answer_lost);
		free(q);
	}
}

/* --- snapshots ----------------------------------------------------------------------------- */

static void
fill_begin(struct hf_msg_policy_begin *m, const struct cp_policy *p, uint32_t epoch)
{
	const struct cp_stale *stale = cp_policy_stale(p);
	size_t cnt;

	(void)cp_policy_rules(p, &cnt);
	*m = (struct hf_msg_policy_begin){
	    .head = {.type = HF_MSG_POLICY_BEGIN, .len = sizeof(*m), .epoch = epoch},
	    .generation = cp_policy_generation(p),
	    .rule_cnt = (uint32_t)cnt,
	    .stale_client_ms = stale->client_ms,
	    .stale_ttl_s = stale->ttl_s,
	    .stale_max_s = stale->max_s,
	    .stale_retry_s = stale->retry_s,
	    .stale_triggers = stale->triggers,
	};
}

static void
fill_rule(struct hf_msg_policy_rule *m, const struct cp_policy *p, size_t i, uint32_t epoch)
{
	size_t cnt;
	const struct cp_rule *rule = &cp_policy_rules(p, &cnt)[i];

	*m = (struct hf_msg_policy_rule){
	    .head = {.type = HF_MSG_POLICY_RULE, .len = sizeof(*m), .epoch = epoch},
	    .generation = cp_policy_generation(p),
	    .kind = (uint8_t)rule->kind,
	    .name_len = rule->name.len,
	    .mode = rule->kind == HF_RULE_NTA ? (uint8_t)rule->mode : 0,
	};
	memcpy(m->name, rule->name.octets, rule->name.len);
	if (rule->kind == HF_RULE_STALE)
		m->stale = (struct hf_msg_stale){.client_ms = rule->stale.client_ms,
		    .ttl_s = rule->stale.ttl_s,
		    .max_s = rule->stale.max_s,
		    .triggers = (uint8_t)rule->stale.triggers};
}

static void
fill_end(struct hf_msg_policy_end *m, const struct cp_policy *p, uint32_t epoch)
{
	size_t cnt;

	(void)cp_policy_rules(p, &cnt);
	*m = (struct hf_msg_policy_end){
	    .head = {.type = HF_MSG_POLICY_END, .len = sizeof(*m), .epoch = epoch},
	    .generation = cp_policy_generation(p),
	    .rule_cnt = (uint32_t)cnt,
	};
}

/* The rest of the snapshot under way, as far as the ring has room. */
static bool
push_more(struct cp_link_out *o)
{
	size_t cnt;
	struct hf_ring *ring = hf_link_update(o->link);
	uint32_t epoch = hf_link_epoch(o->link);

	(void)cp_policy_rules(o->push, &cnt);
	for (; o->push_next <= cnt + 1; o->push_next++) {
		void *slot = hf_ring_reserve(ring);

		if (slot == NULL)
			return false;
		if (o->push_next == 0)
			fill_begin(slot, o->push, epoch);
		else if (o->push_next <= cnt)
			fill_rule(slot, o->push, o->push_next - 1, epoch);
		else
			fill_end(slot, o->push, epoch);
		hf_ring_commit(ring);
	}
	cp_count(o->counters, policy_sent);
	end_push(o);
	return true;
}

bool
cp_link_out_policy(struct cp_link_out *o, struct cp_policy *p)
{
	if (o->link == NULL)
		return true;
	cp_policy_get(p);
	end_push(o);
	o->push = p;
	return cp_link_out_flush(o);
}

/* --- answers ------------------------------------------------------------------------------- */

static void
keep(struct cp_link_out *o, const struct cp_answer *a, const struct cp_answer_to *to)
{
	struct cp_link_queued *q = NULL;
	bool fits;

	if (o->queued < CP_LINK_OUT_QUEUE)
		q = malloc(sizeof(*q) + HF_UPDATE_SLOT_LEN);
	if (q == NULL) {
		cp_count(o->counters, answer_lost);
		return;
	}
	q->len = cp_answer_to_msg(a, to, (struct hf_msg_answer *)(void *)q->msg, &fits);
	if (!fits)
		cp_count(o->counters, answer_unfit);
	cp_count(o->counters, answer_queued);
	STAILQ_INSERT_TAIL(&o->queue, q, next);
	o->queued++;
}

bool
cp_link_out_answer(struct cp_link_out *o, const struct cp_answer *a, const struct cp_answer_to *to)
{
	bool fits;

	if (o->link == NULL) {
		cp_count(o->counters, answer_lost);
		return true;
	}
	struct hf_ring *ring = hf_link_update(o->link);
	void *slot = o->push == NULL && o->queued == 0 ? hf_ring_reserve(ring) : NULL;
	if (slot == NULL) {
		keep(o, a, to);
		return cp_link_out_flush(o);
	}
	(void)cp_answer_to_msg(a, to, slot, &fits);
	hf_ring_commit(ring);
	if (!fits)
		cp_count(o->counters, answer_unfit);
	cp_count(o->counters, answers);
	(void)hf_link_wake_peer(o->link);
	return true;
}

bool
cp_link_out_flush(struct cp_link_out *o)
{
	if (o->link == NULL)
		return true;
	struct hf_ring *ring = hf_link_update(o->link);
	bool done = o->push == NULL || push_more(o);
	while (done && o->queued > 0) { /* ends when the ring is full or the queue is empty */
		void *slot = hf_ring_reserve(ring);

		if (slot == NULL) {
			done = false;
			break;
		}
		struct cp_link_queued *q = pop(o);
		memcpy(slot, q->msg, q->len);
		hf_ring_commit(ring);
		cp_count(o->counters, answers);
		free(q);
	}
	(void)hf_link_wake_peer(o->link);
	return done;
}
