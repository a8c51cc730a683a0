/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfastctl stale set | unset | show | list */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/base/ns.h"
#include "lib/base/units.h"
#include "lib/wire/name.h"

/* "timeout,bogus" to a list; "none" to an empty one. What a word means is the control plane's, and
 * that one is missing. NULL: not UTF-8. */
static json_t *
triggers(const char *text)
{
	json_t *list = json_array();

	if (strcmp(text, "none") == 0)
		return list;
	for (bool more = true; more;) {
		size_t len = strcspn(text, ",");

		if (json_array_append_new(list, json_stringn(text, len)) != 0) {
			json_decref(list);
			return NULL;
		}
		more = text[len] == ',';
		text += len + more;
	}
	return list;
}

/* A duration in steps of step_ns, under key. */
static int
add_duration(
    const struct cl_line *line, json_t *a, const char *key, const char *text, uint64_t step_ns)
{
	uint64_t ns;

	if (text == NULL)
		return CL_DONE;
	if (hf_duration_from_text(text, &ns) != 0 || ns % step_ns != 0)
		return cl_fail(line, CL_USAGE,
		    "\"%s\" is not a duration in whole %s, such as 1d or 30s", text,
		    step_ns == HF_NS_PER_MS ? "milliseconds" : "seconds");
	json_object_set_new(a, key, json_integer((json_int_t)(ns / step_ns)));
	return CL_DONE;
}

int
cl_stale_set(const struct cl_line *line)
{
	const struct cl_stale_options *o = &line->stale;
	char name[HF_NAME_TEXT_LEN];

	if ((line->given & CL_OPT_STALE) == 0)
		return cl_fail(line, CL_USAGE,
		    "stale set needs one of --triggers, --max, --client-timer, --ttl");
	if (cl_read_name(line, name) != CL_DONE)
		return CL_USAGE;
	json_t *a = json_pack("{s:s}", "name", name);
	if (o->triggers != NULL && json_object_set_new(a, "triggers", triggers(o->triggers)) != 0) {
		json_decref(a);
		return cl_fail(line, CL_USAGE, "the triggers are not UTF-8");
	}
	if (add_duration(line, a, "max_s", o->max, HF_NS_PER_S) != CL_DONE ||
	    add_duration(line, a, "client_timer_ms", o->client_timer, HF_NS_PER_MS) != CL_DONE ||
	    add_duration(line, a, "ttl_s", o->ttl, HF_NS_PER_S) != CL_DONE) {
		json_decref(a);
		return CL_USAGE;
	}
	return cl_change(line, "stale.set", a);
}

int
cl_stale_unset(const struct cl_line *line)
{
	char name[HF_NAME_TEXT_LEN];

	if (cl_read_name(line, name) != CL_DONE)
		return CL_USAGE;
	return cl_change(line, "stale.unset", json_pack("{s:s}", "name", name));
}

int
cl_stale_show(const struct cl_line *line)
{
	char name[HF_NAME_TEXT_LEN];
	json_t *r, *a = NULL;

	if (line->argc > 0) {
		if (cl_read_name(line, name) != CL_DONE)
			return CL_USAGE;
		a = json_pack("{s:s}", "name", name);
	}
	int rc = cl_request(line, "stale.show", a, &r);
	if (rc == CL_DONE && !line->json) {
		const char *zone = cl_text(r, "zone");

		printf("%s\nretry %" PRId64 "s, set %s%s%s%s\n", cl_text(r, "text"),
		    cl_number(r, "retry_s"), zone[0] != '\0' ? "for " : "in the configuration",
		    zone, zone[0] != '\0' ? " by " : "", cl_text(r, "author"));
	}
	json_decref(r);
	return rc;
}

int
cl_stale_list(const struct cl_line *line)
{
	json_t *r, *zone;
	size_t i;
	int rc = cl_request(line, "stale.list", NULL, &r);

	if (rc != CL_DONE || line->json) {
		json_decref(r);
		return rc;
	}
	const json_t *zones = json_object_get(r, "zones");
	if (json_array_size(zones) == 0)
		printf("no zone has serve-stale of its own (generation %lld)\n",
		    (long long)cl_number(r, "generation"));
	json_array_foreach (zones, i, zone)
		printf("%-24s %s  (%s, %s)\n", cl_text(zone, "name"), cl_text(zone, "text"),
		    cl_text(zone, "author"), cl_text(zone, "changed_text"));
	json_decref(r);
	return CL_DONE;
}
