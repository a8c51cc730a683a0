/* SPDX-License-Identifier: BSD-3-Clause */
/* survey: what all caches hold at and below a name, and what policy makes of it, as it is and as if
 * an NTA stood there. Nothing is changed. */
#include <string.h>

#include "controlplane/call.h"
#include "controlplane/resolver/caches.h"

enum { SURVEY_WAIT_MS = 8000 }; /* holdfastctl waits ten seconds */

static const uint32_t after_s[HF_SURVEY_TIMES] = {0, 3600, 3 * 3600};

static json_t *
fates_to_json(const uint64_t cnt[HF_FATE_CNT])
{
	static const char *const name[HF_FATE_CNT] = {
#define X(fate, text) #fate,
	    HF_FATES(X)
#undef X
	};
	json_t *o = json_object();

	for (unsigned i = 0; i < HF_FATE_CNT; i++)
		json_object_set_new(o, name[i], cp_json_u64(cnt[i]));
	return o;
}

static json_t *
traffic_to_json(const struct hf_msg_survey_say *m)
{
	double window_s = m->window_ms < 1000 ? 1 : (double)m->window_ms / 1000;

	return json_pack("{s:f, s:f, s:f, s:o, s:o}", "window_s", window_s, "queries_per_s",
	    (double)m->queries / window_s, "queries_per_s_all", (double)m->queries_all / window_s,
	    "samples", cp_json_u64(m->samples), "names_sampled", cp_json_u64(m->names));
}

/* Positive trust anchors below the name: there validation goes on (RFC 7646 2). */
static json_t *
anchors_below(const struct cp_policy *p, const struct hf_name *name)
{
	size_t cnt;
	const struct cp_rule *rules = cp_policy_rules(p, &cnt);
	json_t *list = json_array();

	for (size_t i = 0; i < cnt; i++)
		if (rules[i].kind == HF_RULE_ANCHOR && hf_name_in(&rules[i].name, name) &&
		    !hf_name_equal(&rules[i].name, name))
			json_array_append_new(list, cp_json_name(&rules[i].name));
	return list;
}

static json_t *
ntas(const struct cp_policy *p)
{
	size_t cnt;
	const struct cp_rule *rules = cp_policy_rules(p, &cnt);
	uint64_t found = 0;

	for (size_t i = 0; i < cnt; i++)
		found += rules[i].kind == HF_RULE_NTA;
	return cp_json_u64(found);
}

static void
start(struct cp_call *c, const json_t *args)
{
	const struct cp_policy *p = cp_ntas_policy(c->env->ntas);
	struct cp_caches_survey caches;
	const struct hf_name *by = NULL;
	struct hf_name name;
	struct cp_time now;

	if (!cp_call_name(c, args, "name", &name))
		return;
	cp_engine_time(&now);
	cp_caches_survey(cp_engine_caches(c->env->engine), &now, p, &name, &caches);
	if (!cp_policy_covers(p, &name, &by))
		by = NULL;
	c->result = json_pack("{s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:n}", "name",
	    cp_json_name(&name), "covered_by", by != NULL ? cp_json_name(by) : json_null(),
	    "generation", cp_json_u64(cp_policy_generation(p)), "ntas", ntas(p), "anchors_below",
	    anchors_below(p, &name), "resolver", "failures", cp_json_u64(caches.failures), "open",
	    cp_json_u64(caches.open), "dataplane");
	if (c->result != NULL &&
	    cp_link_client_ask_survey(c->env->link, cp_call_token(c, 0), &name, after_s) == 0)
		cp_call_wait(c, SURVEY_WAIT_MS);
	else
		cp_call_done_result(c);
}

/* Without the cores' part when they do not speak: dataplane stays null. */
static void
event(struct cp_call *c, const struct cp_event *e)
{
	if (e->kind == CP_EVENT_SURVEY)
		json_object_set_new(c->result, "dataplane",
		    json_pack("{s:o, s:o, s:o, s:o}", "generation",
			cp_json_u64(e->survey->policy_gen), "now", fates_to_json(e->survey->now),
			"under_nta", fates_to_json(e->survey->nta), "traffic",
			traffic_to_json(e->survey)));
	else if (e->kind != CP_EVENT_LOST && e->kind != CP_EVENT_DEADLINE)
		return;
	cp_call_done_result(c);
}

const struct cp_command cp_command_survey = {"survey", start, event};
