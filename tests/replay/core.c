/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/replay/core.h"

#include <stdlib.h>
#include <string.h>

#include "controlplane/answer.h"
#include "dataplane/serve.h"
#include "lib/base/ns.h"

enum { TABLE_OCTETS = 1 << 22, QUESTIONS = 64, WAITERS = 256, DNS_OFF = 42 };

struct core {
	struct dp_table *table;
	struct dp_policy *policy;
	struct dp_core core;
	uint64_t counters[HF_COUNTER_CNT];
	struct dp_query dq;
	uint8_t frame[DNS_OFF + HF_MSG_MAX];
	alignas(64) uint8_t slot[HF_UPDATE_SLOT_LEN];
};

static bool
rules_make(struct core *c, const struct cp_policy *from)
{
	size_t cnt;
	const struct cp_rule *rules = cp_policy_rules(from, &cnt);
	const struct cp_stale *stale = cp_policy_stale(from);
	const struct hf_msg_policy_begin begin = {.generation = cp_policy_generation(from),
	    .rule_cnt = (uint32_t)cnt,
	    .stale_client_ms = stale->client_ms,
	    .stale_ttl_s = stale->ttl_s,
	    .stale_max_s = stale->max_s,
	    .stale_retry_s = stale->retry_s,
	    .stale_triggers = stale->triggers};

	c->policy = dp_policy_create(&c->table->hash, &begin);
	for (size_t i = 0; c->policy != NULL && i < cnt; i++) {
		struct hf_msg_policy_rule m = {.generation = begin.generation,
		    .kind = (uint8_t)rules[i].kind,
		    .name_len = rules[i].name.len,
		    .stale = {.client_ms = rules[i].stale.client_ms,
			.ttl_s = rules[i].stale.ttl_s,
			.max_s = rules[i].stale.max_s,
			.triggers = (uint8_t)rules[i].stale.triggers}};

		memcpy(m.name, rules[i].name.octets, m.name_len);
		if (dp_policy_add(c->policy, &m) != HF_MSG_OK)
			return false;
	}
	return c->policy != NULL;
}

struct core *
core_create(const struct cp_policy *policy)
{
	static const uint8_t seed[64] = "the same in every run";
	struct core *c = aligned_alloc(64, (sizeof(*c) + 63) / 64 * 64);

	if (c == NULL)
		return NULL;
	memset(c, 0, sizeof(*c));
	c->table = dp_table_create(TABLE_OCTETS, seed, c->counters);
	if (c->table == NULL || dp_core_init(&c->core, 0, QUESTIONS, WAITERS, seed) != 0 ||
	    !rules_make(c, policy)) {
		core_destroy(c);
		return NULL;
	}
	c->core.table = c->table;
	c->core.control_alive = true;
	c->core.udp_max = HF_UDP_EDNS_SEND;
	c->core.timeout_ms = DP_TIMEOUT_MS_DEFAULT;
	return c;
}

void
core_destroy(struct core *c)
{
	if (c == NULL)
		return;
	dp_core_fini(&c->core);
	dp_policy_free(c->policy);
	if (c->table != NULL)
		dp_table_destroy(c->table);
	free(c);
}

static void
set_now(struct core *c, uint64_t now_ns)
{
	c->core.now_ms = now_ns / HF_NS_PER_MS;
}

static void
say_reply(const uint8_t *msg, size_t len, uint16_t client, struct core_event *ev)
{
	ev->says = CORE_REPLY;
	ev->client = client;
	ev->reply->len = len;
	memcpy(ev->reply->octets, msg, len);
}

static void
say_question(const struct dp_key *from, struct core_event *ev)
{
	struct hf_msg_key key;

	dp_key_to_msg(from, &key);
	ev->variant = key.variant;
	ev->question = (struct hf_question){.type = key.type, .klass = key.klass};
	if (hf_name_from_octets(key.name, key.name_len, &ev->question.name) != 0)
		abort();
}

static void
say_ask(const struct dp_ask_out *out, struct core_event *ev)
{
	say_question(out->key, ev);
	ev->says = CORE_ASK;
	ev->handle = out->handle;
}

void
core_query(struct core *c, uint64_t now_ns, uint16_t client, const struct packet *query,
    struct core_event *ev)
{
	const struct dp_frame frame = {.octets = c->frame,
	    .dns_off = DNS_OFF,
	    .port = client,
	    .client = client,
	    .net = client};
	struct dp_ask_out out;
	enum dp_outcome o;

	set_now(c, now_ns);
	ev->says = CORE_NOTHING;
	ev->refresh = 0;
	memset(c->frame, 0, DNS_OFF);
	memcpy(c->frame + DNS_OFF, query->octets, query->len);
	c->dq.msg = c->frame + DNS_OFF;
	c->dq.cap = HF_MSG_MAX - DNS_OFF;
	c->dq.len = (uint16_t)query->len;
	dp_query_parse(&c->core, &c->dq);
	dp_query_find(&c->core, &c->dq);
	o = dp_query_answer(&c->core, c->policy, &c->dq);
	if (o == DP_MISS)
		o = dp_query_miss(&c->core, c->policy, &c->dq, &frame, &out);
	if (o == DP_ASK)
		say_ask(&out, ev);
	if (o != DP_REPLY)
		return;
	say_reply(c->dq.msg, c->dq.len, client, ev);
	ev->refresh = c->dq.refresh;
	if (ev->refresh)
		say_question(&c->dq.key, ev);
}

void
core_answer(struct core *c, uint64_t now_ns, uint64_t handle, const struct cp_answer *a)
{
	const struct cp_answer_to to = {.handle = handle};
	struct hf_msg_answer *m = (struct hf_msg_answer *)(void *)c->slot;
	struct hf_answer_view view;
	bool fits;

	set_now(c, now_ns);
	(void)cp_answer_to_msg(a, &to, m, &fits);
	if (hf_msg_check_answer(m, &view) != HF_MSG_OK)
		abort(); /* the control plane sends what the dataplane refuses */
	(void)dp_table_answer(c->table, c->policy, m, &view, c->core.now_ms);
	if (handle != 0)
		dp_core_done(&c->core, handle);
}

void
core_next(struct core *c, uint64_t now_ns, struct core_event *ev)
{
	struct dp_job job = {.frame = c->frame, .cap = UINT16_MAX};
	struct dp_ask_out out;

	set_now(c, now_ns);
	dp_core_tick(&c->core);
	ev->says = CORE_NOTHING;
	switch (dp_core_next(&c->core, c->policy, &c->dq, &job, &out)) {
	case DP_REPLY:
		say_reply(c->frame + job.dns_off, job.dns_len, job.port, ev);
		break;
	case DP_ASK:
		say_ask(&out, ev);
		break;
	default:
		break;
	}
}

uint64_t
core_due_ns(const struct core *c, uint64_t now_ns)
{
	uint64_t idle_ms = dp_core_idle_ms(&c->core);

	return idle_ms == UINT64_MAX ? UINT64_MAX : now_ns + (idle_ms + 1) * HF_NS_PER_MS;
}
