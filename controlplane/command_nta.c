/* SPDX-License-Identifier: BSD-3-Clause */
/* nta.add, nta.list, nta.remove: a change is replied to when it is in force on every core. */
#include "controlplane/call.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/units.h"

enum { ACK_WAIT_MS = 2000 };

static json_t *
nta_to_json(const struct cp_nta *n)
{
	json_t *reason = json_string(n->reason), *author = json_string(n->author.name);

	return json_pack("{s:o, s:o, s:o, s:I, s:I, s:o, s:I, s:o, s:s, s:b}", "name",
	    cp_json_name(&n->name), "reason", reason != NULL ? reason : json_null(), "author",
	    author != NULL ? author : json_null(), "author_uid", (json_int_t)n->author.uid, "added",
	    (json_int_t)n->added, "added_text", cp_json_time(n->added), "expires",
	    (json_int_t)n->expires, "expires_text", cp_json_time(n->expires), "mode",
	    n->mode == HF_NTA_SOFT ? "soft" : "strict", "forced", n->forced);
}

static bool
set_ack(json_t *result, const struct hf_msg_policy_ack *ack, bool ok)
{
	int rc = json_object_set_new(result, "acknowledged", json_boolean(ok));

	if (rc == 0 && ack != NULL) {
		rc = json_object_set_new(result, "cores", json_integer(ack->core_cnt));
		rc |= json_object_set_new(result, "cores_all", json_integer(ack->core_all));
		rc |= json_object_set_new(
		    result, "took_us", cp_json_u64(ack->took_ns / HF_NS_PER_US));
		if (ack->fault != 0)
			rc |= json_object_set_new(result, "fault",
			    json_string(hf_msg_fault_to_text((enum hf_msg_fault)ack->fault)));
	}
	return rc == 0;
}

/* The change is stored; the cores have, or have not, taken it up. */
static void
finish(struct cp_call *c, const struct hf_msg_policy_ack *ack)
{
	if (!set_ack(c->result, ack, ack != NULL && ack->fault == 0))
		cp_call_fail(c, CP_EXIT_FAILED, "memory", "done, but out of memory to say more");
	else
		cp_call_done_result(c);
}

/* The change of `before` has been made: wait for the cores. */
static void
wait_for_cores(struct cp_call *c, const struct cp_nta *before)
{
	struct cp_link_state link;

	c->generation = cp_policy_generation(cp_ntas_policy(c->env->ntas));
	c->result = nta_to_json(before);
	if (c->result == NULL ||
	    json_object_set_new(c->result, "generation", cp_json_u64(c->generation)) != 0) {
		cp_call_fail(c, CP_EXIT_FAILED, "memory", "done, but out of memory to say more");
		return;
	}
	cp_link_client_state(c->env->link, &link);
	if (link.attached)
		cp_call_wait(c, ACK_WAIT_MS);
	else
		finish(c, NULL);
}

static void
nta_event(struct cp_call *c, const struct cp_event *e)
{
	if (e->kind == CP_EVENT_ACK && e->ack->generation >= c->generation)
		finish(c, e->ack);
	else if (e->kind == CP_EVENT_LOST || e->kind == CP_EVENT_DEADLINE)
		finish(c, NULL);
}

static void
fail_exists(struct cp_call *c, const struct hf_name *name)
{
	const struct cp_nta *n = cp_ntas_find(c->env->ntas, name);
	char text[HF_NAME_TEXT_LEN];
	json_t *until = n != NULL ? cp_json_time(n->expires) : NULL;
	const char *t = json_string_value(until);

	cp_call_fail(c, CP_EXIT_CONFLICT, "conflict", "%s has one already, by %s until %s: %s",
	    hf_name_to_text(name, text), n != NULL ? n->author.name : "?", t != NULL ? t : "?",
	    n != NULL ? n->reason : "?");
	json_decref(until);
}

static void
fail_add(struct cp_call *c, enum cp_nta_result res, const struct hf_name *name)
{
	char text[HF_NAME_TEXT_LEN], max[HF_UNITS_TEXT_LEN];

	switch (res) {
	case CP_NTA_EXISTS:
		fail_exists(c, name);
		break;
	case CP_NTA_IS_ANCHOR:
		cp_call_fail(c, CP_EXIT_REFUSED, "refused",
		    "%s is the root or a configured trust anchor: nothing would be validated below "
		    "it",
		    hf_name_to_text(name, text));
		break;
	case CP_NTA_TOO_LONG:
		cp_call_fail(c, CP_EXIT_REFUSED, "refused",
		    "must last at least a second and at most %s (policy: nta-max)",
		    hf_duration_to_text(c->env->config->nta_max_ns, max));
		break;
	case CP_NTA_BAD_REASON:
		cp_call_fail(c, CP_EXIT_USAGE, "usage",
		    "a reason of 1 to %d octets without control characters is wanted",
		    CP_REASON_MAX);
		break;
	case CP_NTA_FULL:
		cp_call_fail(c, CP_EXIT_REFUSED, "refused", "there are %zu already, as many as fit",
		    cp_ntas_cnt(c->env->ntas));
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

/* for_s: seconds, or null (or nothing) for the default. */
static bool
read_for(struct cp_call *c, const json_t *args, uint64_t *for_s)
{
	const json_t *j = json_object_get(args, "for_s");

	if (j == NULL || json_is_null(j)) {
		*for_s = c->env->config->nta_default_ns / HF_NS_PER_S;
		return true;
	}
	if (json_is_integer(j) && json_integer_value(j) >= 0) {
		*for_s = (uint64_t)json_integer_value(j);
		return true;
	}
	cp_call_fail(c, CP_EXIT_USAGE, "usage", "for_s is not a number of seconds");
	return false;
}

/* mode: "strict" (the default) or "soft"; forced: a boolean. */
static bool
read_mode(struct cp_call *c, const json_t *args, struct cp_nta_request *rq)
{
	const json_t *mode = json_object_get(args, "mode"), *f = json_object_get(args, "forced");
	const char *text = json_string_value(mode);

	if (mode != NULL &&
	    (text == NULL || (strcmp(text, "soft") != 0 && strcmp(text, "strict") != 0))) {
		cp_call_fail(c, CP_EXIT_USAGE, "usage", "mode is strict or soft");
		return false;
	}
	if (f != NULL && !json_is_boolean(f)) {
		cp_call_fail(c, CP_EXIT_USAGE, "usage", "forced is true or false");
		return false;
	}
	rq->mode = text != NULL && strcmp(text, "soft") == 0 ? HF_NTA_SOFT : HF_NTA_STRICT;
	rq->forced = json_is_true(f);
	return true;
}

static void
add_start(struct cp_call *c, const json_t *args)
{
	struct cp_nta_request rq = {.author = c->author};

	if (!cp_call_name(c, args, "name", &rq.name) || !read_for(c, args, &rq.for_s) ||
	    !read_mode(c, args, &rq))
		return;
	rq.reason = json_string_value(json_object_get(args, "reason"));
	if (rq.reason == NULL)
		rq.reason = "";
	enum cp_nta_result res = cp_ntas_add(c->env->ntas, &rq);
	if (res == CP_NTA_OK)
		wait_for_cores(c, cp_ntas_find(c->env->ntas, &rq.name));
	else
		fail_add(c, res, &rq.name);
}

static void
remove_start(struct cp_call *c, const json_t *args)
{
	struct hf_name name;
	char text[HF_NAME_TEXT_LEN];

	if (!cp_call_name(c, args, "name", &name))
		return;
	const struct cp_nta *n = cp_ntas_find(c->env->ntas, &name);
	if (n == NULL) {
		cp_call_fail(c, CP_EXIT_FAILED, "absent", "%s has no negative trust anchor",
		    hf_name_to_text(&name, text));
		return;
	}
	struct cp_nta before = *n;
	enum cp_nta_result res = cp_ntas_remove(c->env->ntas, &name, &c->author);
	if (res == CP_NTA_OK)
		wait_for_cores(c, &before);
	else
		fail_add(c, res, &name);
}

static void
list_start(struct cp_call *c, const json_t *args)
{
	json_t *list = json_array();
	int64_t now_s = hf_clock_wall_s();
	const struct cp_nta *n;

	(void)args;
	for (size_t i = 0; (n = cp_ntas_at(c->env->ntas, i)) != NULL; i++) {
		json_t *one = nta_to_json(n);
		int64_t left_s = n->expires > now_s ? n->expires - now_s : 0;

		json_object_set_new(one, "left_s", json_integer(left_s));
		json_array_append_new(list, one); /* one that is NULL is refused, not fatal */
	}
	cp_call_done(c,
	    json_pack("{s:o, s:o}", "generation", cp_json_u64(cp_store_generation(c->env->store)),
		"ntas", list));
}

const struct cp_command cp_command_nta_add = {"nta.add", add_start, nta_event};
const struct cp_command cp_command_nta_remove = {"nta.remove", remove_start, nta_event};
const struct cp_command cp_command_nta_list = {"nta.list", list_start, NULL};
