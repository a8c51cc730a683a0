/* SPDX-License-Identifier: BSD-3-Clause */
/* anchor.list, anchor.show: which keys are believed without proof, and since when. */
#include "controlplane/call.h"

#include "lib/base/clock.h"

static void
set_times(json_t *o, const char *key, const char *key_text, int64_t wall_s)
{
	json_object_set_new(o, key, wall_s != 0 ? json_integer(wall_s) : json_null());
	json_object_set_new(o, key_text, wall_s != 0 ? cp_json_time(wall_s) : json_null());
}

static bool
is_held(const struct cp_point_key *k)
{
	return k->state == CP_KEY_PENDING || k->state == CP_KEY_REVOKED;
}

/* Of its hold-down so long is left, if the key is seen, or stays away, as often as planned. */
static json_t *
left_json(const struct cp_admin_env *env, const struct cp_point_key *k)
{
	uint64_t need_ms = k->state == CP_KEY_PENDING
	    ? k->need_ms
	    : env->config->rollover_hold_down_ns / HF_NS_PER_MS;

	if (!is_held(k))
		return json_null();
	return cp_json_u64(need_ms > k->held_ms ? (need_ms - k->held_ms) / 1000 : 0);
}

static json_t *
key_json(const struct cp_admin_env *env, const struct cp_rollover_view *v, unsigned i)
{
	const struct cp_point_key *k = &v->point->keys[i];
	json_t *o = json_pack("{s:o, s:s, s:i, s:i, s:s, s:b, s:o, s:b, s:o}", "name",
	    cp_json_name(&v->point->name), "type", k->type == HF_TYPE_DS ? "DS" : "DNSKEY",
	    "key_tag", (int)cp_point_key_tag(k), "algorithm", (int)cp_point_key_algorithm(k),
	    "state", cp_key_state_text(k->state), "trusted",
	    k->state == CP_KEY_VALID || k->state == CP_KEY_MISSING, "file",
	    k->file != NULL ? json_string(k->file) : json_null(), "learned", (int)k->learned,
	    "hold_down_left_s", left_json(env, k));

	set_times(o, "since", "since_text", k->since_s);
	set_times(o, "last_seen", "last_seen_text", k->seen_s);
	return o;
}

static json_t *
keys_json(const struct cp_admin_env *env, const struct cp_rollover_view *v)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < v->point->key_cnt; i++)
		json_array_append_new(list, key_json(env, v, i));
	return list;
}

static json_t *
point_json(const struct cp_admin_env *env, const struct cp_rollover_view *v)
{
	char what[CP_ROLLOVER_WHY_LEN + HF_NAME_TEXT_LEN];
	bool trouble = cp_rollover_trouble(v, what, sizeof(what));
	json_t *o =
	    json_pack("{s:o, s:b, s:o, s:o, s:i, s:o, s:o}", "name", cp_json_name(&v->point->name),
		"follows_rfc5011", (int)v->point->rolls, "next_refresh_s",
		v->due_in_s >= 0 ? json_integer(v->due_in_s) : json_null(), "refresh_interval_s",
		v->point->interval_s > 0 ? json_integer(v->point->interval_s) : json_null(),
		"failures", (int)v->fails, "trouble", trouble ? json_string(what) : json_null(),
		"keys", keys_json(env, v));

	set_times(o, "last_refresh", "last_refresh_text", v->point->good_s);
	set_times(o, "failing_since", "failing_since_text", v->failing_since_s);
	json_object_set_new(o, "last_failure", v->fails > 0 ? json_string(v->why) : json_null());
	return o;
}

static void
list_start(struct cp_call *c, const json_t *args)
{
	struct cp_rollover_view v;
	json_t *list = json_array();

	(void)args;
	for (size_t i = 0; cp_rollover_view(c->env->rollover, i, hf_clock_mono_ns(), &v); i++)
		json_array_append_new(list, point_json(c->env, &v));
	cp_call_done(c, json_pack("{s:o}", "trust_points", list));
}

static void
show_start(struct cp_call *c, const json_t *args)
{
	struct cp_rollover_view v;
	struct hf_name name;
	char text[HF_NAME_TEXT_LEN];

	if (!cp_call_name(c, args, "name", &name))
		return;
	for (size_t i = 0; cp_rollover_view(c->env->rollover, i, hf_clock_mono_ns(), &v); i++)
		if (hf_name_equal(&v.point->name, &name)) {
			cp_call_done(c, point_json(c->env, &v));
			return;
		}
	cp_call_fail(
	    c, CP_EXIT_FAILED, "absent", "%s has no trust anchor", hf_name_to_text(&name, text));
}

const struct cp_command cp_command_anchor_list = {"anchor.list", list_start, NULL};
const struct cp_command cp_command_anchor_show = {"anchor.show", show_start, NULL};
