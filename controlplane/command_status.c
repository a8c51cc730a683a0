/* SPDX-License-Identifier: BSD-3-Clause */
/* status, stats: what runs, and every counter of both programs. */
#include "controlplane/call.h"

#include <errno.h>
#include <unistd.h>

#include "controlplane/options.h"
#include "controlplane/resolver/caches.h"
#include "lib/base/clock.h"
#include "lib/link/counters.h"

enum { STATS_WAIT_MS = 1000 };

struct counter_text {
	const char *name, *unit, *text;
};

#define X(name, unit, sentence) {#name, #unit, sentence},
static const struct counter_text dataplane_text[] = {HF_COUNTERS(X)};
static const struct counter_text resolver_text[] = {CP_RESOLVER_COUNTERS(X)};
static const struct counter_text controlplane_text[] = {CP_COUNTERS(X)};
#undef X

/* --- status -------------------------------------------------------------------------------- */

static json_t *
policy_json(const struct cp_admin_env *env)
{
	const struct hf_msg_ack *ack = &env->ack[HF_SET_POLICY];

	return json_pack("{s:o, s:o, s:i, s:i, s:o, s:i}", "generation",
	    cp_json_u64(cp_store_generation(env->store)), "acknowledged_generation",
	    cp_json_u64(ack->generation), "cores", (int)ack->core_cnt, "cores_all",
	    (int)ack->core_all, "took_us", cp_json_u64(ack->took_ns / HF_NS_PER_US), "ntas",
	    (int)cp_ntas_cnt(env->ntas));
}

/* Names of the trust points; trouble: what is wrong with some. */
static json_t *
anchors_json(const struct cp_admin_env *env, json_t *trouble)
{
	json_t *list = json_array();
	struct cp_rollover_view v;
	char what[CP_ROLLOVER_WHY_LEN + HF_NAME_TEXT_LEN];

	for (size_t i = 0; cp_rollover_view(env->rollover, i, hf_clock_mono_ns(), &v); i++) {
		json_array_append_new(list, cp_json_name(&v.point->name));
		if (cp_rollover_trouble(&v, what, sizeof(what)))
			json_array_append_new(trouble, json_string(what));
	}
	return list;
}

static json_t *
resolver_json(const struct cp_admin_env *env)
{
	struct cp_table_use use;
	json_t *trouble = json_array(), *anchors = anchors_json(env, trouble);

	cp_table_use(cp_engine_caches(env->engine)->table, &use);
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "questions_under_way",
	    cp_json_u64(cp_engine_under_way(env->engine)), "cache_entries",
	    cp_json_u64(use.entries), "cache_octets", cp_json_u64(use.octets), "trust_anchors",
	    anchors, "trust_anchor_trouble", trouble);
}

static json_t *
listen_json(const struct hf_config *config)
{
	json_t *list = json_array();
	char text[HF_ADDR_TEXT_LEN];

	for (size_t i = 0; i < config->listen.cnt; i++)
		json_array_append_new(
		    list, json_string(hf_addr_to_text(&config->listen.item[i], text)));
	return list;
}

static json_t *
dataplane_json(const struct cp_admin_env *env)
{
	struct cp_link_state s;

	cp_link_client_state(env->link, &s);
	if (!s.attached)
		return json_pack("{s:b}", "attached", 0);
	return json_pack("{s:b, s:I, s:I, s:o, s:o}", "attached", 1, "epoch", (json_int_t)s.epoch,
	    "workers", (json_int_t)s.worker_cnt, "last_beat_ms",
	    cp_json_u64(s.beat_age_ns / HF_NS_PER_MS), "policy_generation",
	    cp_json_u64(env->ack[HF_SET_POLICY].generation));
}

static json_t *
status_json(const struct cp_admin_env *env)
{
	return json_pack("{s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:s, s:s}", "version", CP_VERSION,
	    "pid", (int)getpid(), "uptime_s",
	    cp_json_u64((hf_clock_mono_ns() - env->start_ns) / HF_NS_PER_S), "dataplane",
	    dataplane_json(env), "policy", policy_json(env), "resolver", resolver_json(env),
	    "listen", listen_json(env->config), "link_socket", env->config->link_socket, "store",
	    env->config->policy_store);
}

static void
status_add(struct cp_call *c, const struct hf_msg_stats_say *m)
{
	json_t *dp = json_object_get(c->result, "dataplane");

	json_object_set_new(dp, "policy_generation", cp_json_u64(m->policy_gen));
	json_object_set_new(dp, "cache_entries", cp_json_u64(m->cache_entries));
	json_object_set_new(dp, "cache_octets", cp_json_u64(m->cache_octets));
	json_object_set_new(dp, "cache_octets_max", cp_json_u64(m->cache_octets_max));
	json_object_set_new(dp, "uptime_s", cp_json_u64(m->uptime_ns / HF_NS_PER_S));
}

/* Ask the dataplane, or end without it. */
static void
ask_or_end(struct cp_call *c)
{
	if (c->result == NULL)
		cp_call_done(c, NULL);
	else if (cp_link_client_ask_stats(c->env->link, cp_call_token(c, 0)) == 0)
		cp_call_wait(c, STATS_WAIT_MS);
	else
		cp_call_done_result(c);
}

static void
status_start(struct cp_call *c, const json_t *args)
{
	(void)args;
	c->result = status_json(c->env);
	ask_or_end(c);
}

static void
status_event(struct cp_call *c, const struct cp_event *e)
{
	if (e->kind == CP_EVENT_ACK || e->kind == CP_EVENT_CACHE)
		return;
	if (e->kind == CP_EVENT_STATS)
		status_add(c, e->stats);
	cp_call_done_result(c); /* silent or lost: what we know ourselves */
}

/* --- stats --------------------------------------------------------------------------------- */

static json_t *
counters_json(const struct counter_text *text, const uint64_t *v, size_t cnt)
{
	json_t *o = json_object();

	for (size_t i = 0; i < cnt; i++)
		json_object_set_new(o, text[i].name, cp_json_u64(v[i]));
	return o;
}

static void
describe(json_t *o, const struct counter_text *text, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++)
		json_object_set_new(o, text[i].name,
		    json_pack("{s:s, s:s}", "unit", text[i].unit, "text", text[i].text));
}

static json_t *
describe_json(void)
{
	json_t *o = json_object();

	describe(o, dataplane_text, HF_COUNTER_CNT);
	describe(o, resolver_text, CP_RESOLVER_COUNTER_CNT);
	describe(o, controlplane_text, CP_COUNTER_CNT);
	return o;
}

static json_t *
rows_json(const struct hf_msg_stats_say *m, size_t cols, uint64_t *total)
{
	json_t *rows = json_array();
	char name[32];

	for (size_t r = 0; r < m->row_cnt; r++) {
		const uint64_t *v = m->values + r * m->col_cnt;

		snprintf(name, sizeof(name), r == 0 ? "writer" : "worker %zu", r - 1);
		json_array_append_new(rows,
		    json_pack("{s:s, s:o}", "thread", name, "counters",
			counters_json(dataplane_text, v, cols)));
		for (size_t i = 0; i < cols; i++)
			total[i] += v[i];
	}
	return rows;
}

static void
stats_add(struct cp_call *c, const struct hf_msg_stats_say *m)
{
	uint64_t total[HF_COUNTER_CNT] = {0};
	size_t cols = m->col_cnt < HF_COUNTER_CNT ? m->col_cnt : HF_COUNTER_CNT;
	json_t *rows = rows_json(m, cols, total);

	json_object_set_new(c->result, "dataplane",
	    json_pack("{s:b, s:o, s:o}", "attached", 1, "rows", rows, "total",
		counters_json(dataplane_text, total, cols)));
}

static void
stats_start(struct cp_call *c, const json_t *args)
{
	uint64_t resolver[CP_RESOLVER_COUNTER_CNT], controlplane[CP_COUNTER_CNT];

	(void)args;
	cp_engine_counters(c->env->engine, resolver, controlplane);
	c->result = json_pack("{s:{s:b, s:[], s:{}}, s:o, s:o, s:o}", "dataplane", "attached", 0,
	    "rows", "total", "resolver",
	    counters_json(resolver_text, resolver, CP_RESOLVER_COUNTER_CNT), "controlplane",
	    counters_json(controlplane_text, controlplane, CP_COUNTER_CNT), "describe",
	    describe_json());
	ask_or_end(c);
}

static void
stats_event(struct cp_call *c, const struct cp_event *e)
{
	if (e->kind == CP_EVENT_ACK || e->kind == CP_EVENT_CACHE)
		return;
	if (e->kind == CP_EVENT_STATS)
		stats_add(c, e->stats);
	cp_call_done_result(c);
}

const struct cp_command cp_command_status = {"status", status_start, status_event};
const struct cp_command cp_command_stats = {"stats", stats_start, stats_event};
