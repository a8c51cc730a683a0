/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "lib/base/clock.h"

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
