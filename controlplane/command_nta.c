/* SPDX-License-Identifier: BSD-3-Clause */
/* nta.*: a change is replied to when it is in force on every core. */
#include "controlplane/call.h"
#include "controlplane/probe_json.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/date.h"
#include "lib/base/units.h"

static json_t *
nta_to_json(const struct cp_nta *n)
{
	json_t *reason = json_string(n->reason), *author = json_string(n->author.name);
	json_t *j = json_pack("{s:o, s:o, s:o, s:I, s:I, s:o, s:I, s:o, s:s, s:b, s:b}", "name",
	    cp_json_name(&n->name), "reason", reason != NULL ? reason : json_null(), "author",
	    author != NULL ? author : json_null(), "author_uid", (json_int_t)n->author.uid, "added",
	    (json_int_t)n->added, "added_text", cp_json_time(n->added), "expires",
	    (json_int_t)n->expires, "expires_text", cp_json_time(n->expires), "mode",
	    n->mode == HF_NTA_SOFT ? "soft" : "strict", "forced", n->forced, "waits",
	    n->lapses != 0);

	if (n->lapses != 0) {
		json_object_set_new(j, "lapses", json_integer(n->lapses));
		json_object_set_new(j, "lapses_text", cp_json_time(n->lapses));
	}
	return j;
}

/* The result of a change that is nothing to the cores: the anchor and the generation. False: the
 * call has failed. */
static bool
begin_result(struct cp_call *c, const struct cp_nta *nta)
{
	c->result = nta_to_json(nta);
	if (c->result != NULL &&
	    json_object_set_new(
		c->result, "generation", cp_json_u64(cp_store_generation(c->env->store))) == 0)
		return true;
	cp_call_fail(c, CP_EXIT_FAILED, "memory", "done, but out of memory to say more");
	return false;
}

/* The change of nta has been made: wait for the cores, if there is anything for them. */
static void
wait_for_cores(struct cp_call *c, const struct cp_nta *nta, uint64_t generation_before)
{
	uint64_t generation = cp_store_generation(c->env->store);

	if (generation == generation_before) {
		if (begin_result(c, nta))
			cp_call_done_result(c);
		return;
	}
	c->result = nta_to_json(nta);
	cp_call_await(c, HF_SET_POLICY, generation);
}

/* There is one, or a request for one: who, until when, why. */
static void
fail_conflict(
    struct cp_call *c, const struct hf_name *name, const struct cp_nta *n, const char *what)
{
	char text[HF_NAME_TEXT_LEN], until[HF_DATE_TEXT_LEN];

	cp_call_fail(c, CP_EXIT_CONFLICT, "conflict", "%s has %s, by %s until %s: %s",
	    hf_name_to_text(name, text), what, n->author.name,
	    hf_date_to_text(n->lapses != 0 ? n->lapses : n->expires, until), n->reason);
}

static void
fail_refused(struct cp_call *c, enum cp_nta_result res, const struct hf_name *name)
{
	char text[HF_NAME_TEXT_LEN], max[HF_UNITS_TEXT_LEN], until[HF_DATE_TEXT_LEN];
	const struct cp_nta *there = cp_ntas_find(c->env->ntas, name);

	hf_name_to_text(name, text);
	if (res == CP_NTA_IS_ANCHOR)
		cp_call_fail(c, CP_EXIT_REFUSED, "refused",
		    "%s is the root or a configured trust anchor: nothing would be validated below "
		    "it",
		    text);
	else if (res == CP_NTA_TOO_LONG)
		cp_call_fail(c, CP_EXIT_REFUSED, "refused",
		    "must last at least a second and at most %s from now (policy: nta-max)",
		    hf_duration_to_text(c->env->config->nta_max_ns, max));
	else if (res == CP_NTA_SHORTER)
		cp_call_fail(c, CP_EXIT_REFUSED, "refused",
		    "%s has one until %s, which is not earlier: nothing to extend", text,
		    there != NULL ? hf_date_to_text(there->expires, until) : "?");
	else if (res == CP_NTA_SAME_PERSON)
		cp_call_fail(c, CP_EXIT_REFUSED, "refused",
		    "who asked cannot approve: another account has to (policy: nta-approval)");
	else
		cp_call_fail(c, CP_EXIT_REFUSED, "refused",
		    "there are as many as fit: %zu in force", cp_ntas_cnt(c->env->ntas));
}

static void
fail_change(struct cp_call *c, enum cp_nta_result res, const struct hf_name *name)
{
	char text[HF_NAME_TEXT_LEN];

	switch (res) {
	case CP_NTA_EXISTS:
		fail_conflict(c, name, cp_ntas_find(c->env->ntas, name), "one already");
		break;
	case CP_NTA_WAITS_ALREADY:
		fail_conflict(c, name, cp_ntas_pending(c->env->ntas, name),
		    "a request that waits for approval");
		break;
	case CP_NTA_ABSENT:
		cp_call_fail(c, CP_EXIT_FAILED, "absent", "%s has no negative trust anchor",
		    hf_name_to_text(name, text));
		break;
	case CP_NTA_IS_ANCHOR:
	case CP_NTA_TOO_LONG:
	case CP_NTA_SHORTER:
	case CP_NTA_SAME_PERSON:
	case CP_NTA_FULL:
		fail_refused(c, res, name);
		break;
	case CP_NTA_BAD_REASON:
		cp_call_fail(c, CP_EXIT_USAGE, "usage",
		    "a reason of 1 to %d octets without control characters is wanted",
		    CP_REASON_MAX);
		break;
	case CP_NTA_STORE:
		cp_call_fail(c, CP_EXIT_FAILED, "store", "nothing changed: %s",
		    cp_store_error(c->env->store));
		break;
	default:
		cp_call_fail(c, CP_EXIT_FAILED, "memory", "out of memory");
		break;
	}
}

/* --- arguments ----------------------------------------------------------------------------- */

static bool
usage(struct cp_call *c, const char *text)
{
	cp_call_fail(c, CP_EXIT_USAGE, "usage", "%s", text);
	return false;
}

/* for_s: seconds; until: a moment; neither, or null: the default. */
static bool
read_end(struct cp_call *c, const json_t *args, struct cp_nta_request *rq)
{
	const json_t *for_s = json_object_get(args, "for_s"),
		     *until = json_object_get(args, "until");

	rq->for_s = c->env->config->nta_default_ns / HF_NS_PER_S;
	if (for_s != NULL && !json_is_null(for_s)) {
		if (!json_is_integer(for_s) || json_integer_value(for_s) < 0)
			return usage(c, "for_s is not a number of seconds");
		rq->for_s = (uint64_t)json_integer_value(for_s);
	}
	if (until == NULL || json_is_null(until))
		return true;
	if (!json_is_integer(until) || json_integer_value(until) <= 0)
		return usage(c, "until is not a number of seconds since 1970");
	if (for_s != NULL && !json_is_null(for_s))
		return usage(c, "for_s or until, not both");
	rq->until_s = json_integer_value(until);
	return true;
}

static bool
read_flag(struct cp_call *c, const json_t *args, const char *key, bool *out)
{
	const json_t *j = json_object_get(args, key);

	if (j != NULL && !json_is_boolean(j)) {
		cp_call_fail(c, CP_EXIT_USAGE, "usage", "%s is true or false", key);
		return false;
	}
	*out = json_is_true(j);
	return true;
}

/* mode: "strict" (the default) or "soft". */
static bool
read_mode(struct cp_call *c, const json_t *args, enum hf_nta_mode *out)
{
	const json_t *mode = json_object_get(args, "mode");
	const char *text = json_string_value(mode);

	if (mode != NULL &&
	    (text == NULL || (strcmp(text, "soft") != 0 && strcmp(text, "strict") != 0)))
		return usage(c, "mode is strict or soft");
	*out = text != NULL && strcmp(text, "soft") == 0 ? HF_NTA_SOFT : HF_NTA_STRICT;
	return true;
}

static bool
read_request(struct cp_call *c, const json_t *args, struct cp_nta_request *rq)
{
	*rq = (struct cp_nta_request){.author = c->author};
	rq->reason = json_string_value(json_object_get(args, "reason"));
	if (rq->reason == NULL)
		rq->reason = "";
	return cp_call_name(c, args, "name", &rq->name) && read_end(c, args, rq) &&
	    read_mode(c, args, &rq->mode) && read_flag(c, args, "forced", &rq->forced) &&
	    read_flag(c, args, "replace", &rq->replace);
}

/* --- changes ------------------------------------------------------------------------------- */

/* It is stored, and waits for another person. */
static void
tell_waits(struct cp_call *c, const struct cp_nta *asked)
{
	if (begin_result(c, asked))
		cp_call_done_result(c);
}

static void
tell_changed(struct cp_call *c, enum cp_nta_result res, const struct hf_name *name, uint64_t before)
{
	if (res == CP_NTA_OK)
		wait_for_cores(c, cp_ntas_find(c->env->ntas, name), before);
	else if (res == CP_NTA_WAITS)
		tell_waits(c, cp_ntas_pending(c->env->ntas, name));
	else
		fail_change(c, res, name);
}

/* Positive trust anchors at and below name, which win over an NTA at name (RFC 7646 2). */
static json_t *
anchors_below(struct cp_call *c, const struct hf_name *name)
{
	size_t cnt;
	const struct cp_rule *rules = cp_policy_rules(cp_ntas_policy(c->env->ntas), &cnt);
	json_t *list = json_array();

	for (size_t i = 0; i < cnt; i++)
		if (rules[i].kind == HF_RULE_ANCHOR && hf_name_in(&rules[i].name, name))
			json_array_append_new(list, cp_json_name(&rules[i].name));
	return list;
}

/* dry_run: what would be stored, or why it would not; nothing changes. */
static void
tell_plan(struct cp_call *c, const struct cp_nta_request *rq)
{
	struct cp_nta nta;
	enum cp_nta_result res = cp_ntas_try(c->env->ntas, rq, &nta);

	if (res != CP_NTA_OK && res != CP_NTA_WAITS) {
		fail_change(c, res, &rq->name);
		return;
	}
	const char *would = cp_ntas_find(c->env->ntas, &nta.name) != NULL ? "replace" : "add";
	if (!begin_result(c, &nta))
		return;
	json_object_set_new(c->result, "dry_run", json_true());
	json_object_set_new(c->result, "would", json_string(res == CP_NTA_WAITS ? "ask" : would));
	json_object_set_new(c->result, "anchors_below", anchors_below(c, &nta.name));
	cp_call_done_result(c);
}

static void
add_start(struct cp_call *c, const json_t *args)
{
	struct cp_nta_request rq;
	uint64_t before = cp_store_generation(c->env->store);
	bool dry_run;

	if (!read_request(c, args, &rq) || !read_flag(c, args, "dry_run", &dry_run))
		return;
	if (dry_run)
		tell_plan(c, &rq);
	else
		tell_changed(c, cp_ntas_add(c->env->ntas, &rq), &rq.name, before);
}

static void
extend_start(struct cp_call *c, const json_t *args)
{
	struct cp_nta_request rq;
	uint64_t before = cp_store_generation(c->env->store);

	if (read_request(c, args, &rq))
		tell_changed(c, cp_ntas_extend(c->env->ntas, &rq), &rq.name, before);
}

static void
approve_start(struct cp_call *c, const json_t *args)
{
	struct hf_name name;
	uint64_t before = cp_store_generation(c->env->store);
	char text[HF_NAME_TEXT_LEN];

	if (!cp_call_name(c, args, "name", &name))
		return;
	enum cp_nta_result res = cp_ntas_approve(c->env->ntas, &name, &c->author);
	if (res == CP_NTA_ABSENT)
		cp_call_fail(c, CP_EXIT_FAILED, "absent", "nothing waits for approval at %s",
		    hf_name_to_text(&name, text));
	else
		tell_changed(c, res, &name, before);
}

static void
remove_start(struct cp_call *c, const json_t *args)
{
	struct hf_name name;
	uint64_t before = cp_store_generation(c->env->store);

	if (!cp_call_name(c, args, "name", &name))
		return;
	const struct cp_nta *n = cp_ntas_find(c->env->ntas, &name);
	if (n == NULL)
		n = cp_ntas_pending(c->env->ntas, &name);
	if (n == NULL) {
		fail_change(c, CP_NTA_ABSENT, &name);
		return;
	}
	struct cp_nta gone = *n;
	enum cp_nta_result res = cp_ntas_remove(c->env->ntas, &name, &c->author);
	if (res == CP_NTA_OK)
		wait_for_cores(c, &gone, before);
	else
		fail_change(c, res, &name);
}

/* --- what there is ------------------------------------------------------------------------- */

/* With what is left; null for none. */
static json_t *
shown(const struct cp_call *c, const struct cp_nta *n)
{
	json_t *j = n != NULL ? nta_to_json(n) : json_null();
	int64_t now_s = cp_ntas_now_s(c->env->ntas);

	if (n != NULL)
		json_object_set_new(
		    j, "left_s", json_integer(n->expires > now_s ? n->expires - now_s : 0));
	return j;
}

/* One in force, and what is found of its zone. */
static json_t *
in_force(const struct cp_call *c, const struct cp_nta *n, bool whole)
{
	json_t *j = shown(c, n);

	if (n == NULL)
		return j;
	json_object_set_new(j, "shadow", cp_json_shadow(cp_ntas_shadow(c->env->ntas, &n->name)));
	json_object_set_new(j, "recovery", cp_json_recovery(c->env->prober, n, whole));
	return j;
}

static void
show_start(struct cp_call *c, const json_t *args)
{
	struct hf_name name;

	if (!cp_call_name(c, args, "name", &name))
		return;
	const struct cp_nta *n = cp_ntas_find(c->env->ntas, &name);
	const struct cp_nta *waits = cp_ntas_pending(c->env->ntas, &name);

	if (n == NULL && waits == NULL)
		fail_change(c, CP_NTA_ABSENT, &name);
	else
		cp_call_done(c,
		    json_pack("{s:o, s:o, s:o, s:o}", "nta", in_force(c, n, true), "pending",
			shown(c, waits), "anchors_below", anchors_below(c, &name), "generation",
			cp_json_u64(cp_store_generation(c->env->store))));
}

static void
list_start(struct cp_call *c, const json_t *args)
{
	json_t *list = json_array(), *pending = json_array();
	const struct cp_ntas *all = c->env->ntas;

	(void)args; /* one that is NULL is refused by append, not fatal */
	for (size_t i = 0; cp_ntas_at(all, i) != NULL; i++)
		json_array_append_new(list, in_force(c, cp_ntas_at(all, i), false));
	for (size_t i = 0; cp_ntas_pending_at(all, i) != NULL; i++)
		json_array_append_new(pending, shown(c, cp_ntas_pending_at(all, i)));
	cp_call_done(c,
	    json_pack("{s:o, s:o, s:o}", "generation",
		cp_json_u64(cp_store_generation(c->env->store)), "ntas", list, "pending", pending));
}

const struct cp_command cp_command_nta_add = {"nta.add", add_start, cp_call_acked};
const struct cp_command cp_command_nta_extend = {"nta.extend", extend_start, cp_call_acked};
const struct cp_command cp_command_nta_approve = {"nta.approve", approve_start, cp_call_acked};
const struct cp_command cp_command_nta_remove = {"nta.remove", remove_start, cp_call_acked};
const struct cp_command cp_command_nta_show = {"nta.show", show_start, NULL};
const struct cp_command cp_command_nta_list = {"nta.list", list_start, NULL};
