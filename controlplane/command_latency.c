/* SPDX-License-Identifier: BSD-3-Clause */
/* latency: how long the cores' replies took, core by core and together. */
#include <string.h>

#include "controlplane/call.h"

enum { LATENCY_WAIT_MS = 1000 };

static const char *const names[HF_LATENCY_CNT] = {
#define X(name, unit, sentence) #name,
    HF_LATENCIES(X)
#undef X
};

/* The buckets that are not empty; null is the end of the last. */
static json_t *
buckets_json(const struct hf_latency_row *row)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < HF_LATENCY_BUCKET_CNT; i++) {
		uint64_t above_ns = hf_latency_above_ns(i);

		if (row->cnt[i] == 0)
			continue;
		json_array_append_new(list,
		    json_pack("{s:o, s:o}", "below_ns",
			above_ns == UINT64_MAX ? json_null() : cp_json_u64(above_ns), "replies",
			cp_json_u64(row->cnt[i])));
	}
	return list;
}

static json_t *
kind_json(const struct hf_latency_row *row)
{
	static const struct {
		const char *key;
		unsigned permille;
	} quantiles[] = {{"p50_ns", 500}, {"p90_ns", 900}, {"p99_ns", 990}, {"p999_ns", 999}};
	json_t *o = json_pack("{s:o, s:o, s:o, s:o}", "replies", cp_json_u64(hf_latency_total(row)),
	    "sum_ns", cp_json_u64(row->sum_ns), "max_ns", cp_json_u64(row->max_ns), "buckets",
	    buckets_json(row));

	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++)
		json_object_set_new(o, quantiles[i].key,
		    cp_json_u64(hf_latency_quantile_ns(row, quantiles[i].permille)));
	return o;
}

static json_t *
kinds_json(const struct hf_latency_row rows[HF_LATENCY_CNT])
{
	json_t *o = json_object();

	for (unsigned k = 0; k < HF_LATENCY_CNT; k++)
		json_object_set_new(o, names[k], kind_json(&rows[k]));
	return o;
}

/* Ask the next core, or end: one question at a time, so that no reply is lost for want of room. */
static void
ask_next(struct cp_call *c)
{
	if (c->heard < c->asked &&
	    cp_link_client_ask_latency(c->env->link, cp_call_token(c, c->heard), c->heard) == 0) {
		cp_call_wait(c, LATENCY_WAIT_MS);
		return;
	}
	json_object_set_new(c->result, "total", kinds_json(c->latency));
	cp_call_done_result(c);
}

static void
latency_start(struct cp_call *c, const json_t *args)
{
	struct cp_link_state s;

	(void)args;
	cp_link_client_state(c->env->link, &s);
	c->result = json_pack("{s:b, s:[]}", "attached", s.attached, "rows");
	memset(c->latency, 0, sizeof(c->latency));
	c->asked = s.attached ? s.worker_cnt : 0;
	c->heard = 0;
	if (c->result == NULL)
		cp_call_done(c, NULL);
	else
		ask_next(c);
}

static void
latency_event(struct cp_call *c, const struct cp_event *e)
{
	if (e->kind == CP_EVENT_LATENCY && e->latency->core == c->heard) {
		char thread[32];

		snprintf(thread, sizeof(thread), "worker %u", c->heard++);
		json_array_append_new(json_object_get(c->result, "rows"),
		    json_pack(
			"{s:s, s:o}", "thread", thread, "kinds", kinds_json(e->latency->kind)));
		for (unsigned k = 0; k < HF_LATENCY_CNT; k++)
			hf_latency_merge(&c->latency[k], &e->latency->kind[k]);
		ask_next(c);
	} else if (e->kind == CP_EVENT_LOST || e->kind == CP_EVENT_DEADLINE) {
		c->asked = c->heard; /* what was heard is what there is */
		ask_next(c);
	}
}

const struct cp_command cp_command_latency = {"latency", latency_start, latency_event};
