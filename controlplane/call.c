/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "lib/base/clock.h"

enum { ACK_WAIT_MS = 2000 };

static void
end(struct cp_call *c, json_t *reply)
{
	if (c->result != NULL)
		json_decref(c->result);
	c->result = NULL;
	c->deadline_ns = 0;
	c->reply = reply;
	c->command = NULL;
}

void
cp_call_done(struct cp_call *c, json_t *result)
{
	if (result == NULL) {
		cp_call_fail(c, CP_EXIT_FAILED, "memory", "out of memory");
		return;
	}
	end(c, json_pack("{s:b, s:o}", "ok", 1, "result", result));
}

void
cp_call_done_result(struct cp_call *c)
{
	json_t *result = c->result;

	c->result = NULL;
	cp_call_done(c, result);
}

void
cp_call_fail(struct cp_call *c, enum cp_exit code, const char *reason, const char *fmt, ...)
{
	char text[1536];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* A text that is not UTF-8 (an author's name from a foreign directory) is left out. */
	json_t *t = json_string(text);
	end(c,
	    json_pack("{s:b, s:{s:i, s:s, s:o}}", "ok", 0, "error", "exit", (int)code, "reason",
		reason, "text", t != NULL ? t : json_string(reason)));
}

void
cp_call_wait(struct cp_call *c, unsigned ms)
{
	c->deadline_ns = hf_clock_mono_ns() + ms * HF_NS_PER_MS;
}

static bool
set_ack(json_t *result, const struct hf_msg_ack *ack)
{
	bool ok = ack != NULL && ack->fault == 0;
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

/* The change is made; the cores have, or have not, taken it up. */
static void
finish(struct cp_call *c, const struct hf_msg_ack *ack)
{
	if (!set_ack(c->result, ack))
		cp_call_fail(c, CP_EXIT_FAILED, "memory", "done, but out of memory to say more");
	else
		cp_call_done_result(c);
}

void
cp_call_await(struct cp_call *c, enum hf_msg_set set, uint64_t generation)
{
	struct cp_link_state link;

	if (c->result == NULL ||
	    json_object_set_new(c->result, "generation", cp_json_u64(generation)) != 0) {
		cp_call_fail(c, CP_EXIT_FAILED, "memory", "done, but out of memory to say more");
		return;
	}
	c->set = set;
	c->generation = generation;
	cp_link_client_state(c->env->link, &link);
	if (link.attached)
		cp_call_wait(c, ACK_WAIT_MS);
	else
		finish(c, NULL);
}

void
cp_call_acked(struct cp_call *c, const struct cp_event *e)
{
	if (e->kind == CP_EVENT_ACK && e->ack->set == c->set && e->ack->generation >= c->generation)
		finish(c, e->ack);
	else if (e->kind == CP_EVENT_LOST || e->kind == CP_EVENT_DEADLINE)
		finish(c, NULL);
}

bool
cp_call_name(struct cp_call *c, const json_t *args, const char *key, struct hf_name *name)
{
	const char *text = json_string_value(json_object_get(args, key));

	if (text == NULL) {
		cp_call_fail(c, CP_EXIT_USAGE, "usage", "%s is missing", key);
		return false;
	}
	if (text[0] == '\0' || hf_name_from_text(text, name) != 0) {
		cp_call_fail(c, CP_EXIT_USAGE, "usage", "\"%.255s\" is not a domain name", text);
		return false;
	}
	hf_name_lower(name);
	return true;
}

json_t *
cp_json_name(const struct hf_name *n)
{
	char text[HF_NAME_TEXT_LEN];

	return json_string(hf_name_to_text(n, text));
}

json_t *
cp_json_time(int64_t wall_s)
{
	char text[32];
	time_t t = (time_t)wall_s;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(text);
}

json_t *
cp_json_u64(uint64_t v)
{
	return json_integer(v > INT64_MAX ? INT64_MAX : (json_int_t)v);
}
