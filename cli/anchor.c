/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfastctl anchor list | show */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "lib/wire/name.h"

static bool
has(const json_t *o, const char *key)
{
	return !json_is_null(json_object_get(o, key));
}

/* "/usr/share/dns/root.ds", "learned", or both. */
static const char *
source_of(const json_t *key, char *buf, size_t cap)
{
	const char *file = cl_text(key, "file");

	if (file[0] == '\0')
		return cl_true(key, "learned") ? "learned" : "seen";
	if (!cl_true(key, "learned"))
		return file;
	snprintf(buf, cap, "%s, learned", file);
	return buf;
}

/* How long the state lasts by itself. */
static const char *
until_of(const json_t *key, char buf[32])
{
	return has(key, "hold_down_left_s") ? cl_ago(cl_number(key, "hold_down_left_s"), buf) : "-";
}

static void
print_key(const json_t *key)
{
	char left[32], source[512];

	printf("%-20s %5" PRId64 " %4" PRId64 " %-8s %-7s %-21s %-10s %s\n", cl_text(key, "name"),
	    cl_number(key, "key_tag"), cl_number(key, "algorithm"), cl_text(key, "state"),
	    cl_true(key, "trusted") ? "yes" : "no", cl_text(key, "since_text"), until_of(key, left),
	    source_of(key, source, sizeof(source)));
}

static void
print_keys(const json_t *point)
{
	json_t *key;
	size_t i;

	json_array_foreach (json_object_get(point, "keys"), i, key)
		print_key(key);
}

static void
print_head(void)
{
	printf("%-20s %5s %4s %-8s %-7s %-21s %-10s %s\n", "NAME", "TAG", "ALG", "STATE", "TRUSTED",
	    "SINCE", "LEFT", "SOURCE");
}

static void
print_trouble(const json_t *point)
{
	if (has(point, "trouble"))
		printf("TROUBLE: %s\n", cl_text(point, "trouble"));
}

int
cl_anchor_list(const struct cl_line *line)
{
	json_t *r, *point;
	size_t i;
	int rc = cl_request(line, "anchor.list", NULL, &r);

	if (rc != CL_DONE || line->json) {
		json_decref(r);
		return rc;
	}
	print_head();
	json_array_foreach (json_object_get(r, "trust_points"), i, point)
		print_keys(point);
	json_array_foreach (json_object_get(r, "trust_points"), i, point)
		print_trouble(point);
	json_decref(r);
	return CL_DONE;
}

static void
print_point(const json_t *r)
{
	char next[32];

	printf("trust point    %s, %s\n", cl_text(r, "name"),
	    cl_true(r, "follows_rfc5011") ? "follows the zone's keys (RFC 5011)" : "as configured");
	if (cl_true(r, "follows_rfc5011")) {
		printf("last refresh   %s\n",
		    has(r, "last_refresh") ? cl_text(r, "last_refresh_text") : "none yet");
		printf("next refresh   in %s\n", cl_ago(cl_number(r, "next_refresh_s"), next));
	}
	if (cl_number(r, "failures") > 0)
		printf("failing        %" PRId64 " times since %s: %s\n", cl_number(r, "failures"),
		    cl_text(r, "failing_since_text"), cl_text(r, "last_failure"));
	print_trouble(r);
	print_head();
	print_keys(r);
}

int
cl_anchor_show(const struct cl_line *line)
{
	char name[HF_NAME_TEXT_LEN];
	json_t *r;

	if (cl_read_name(line, name) != CL_DONE)
		return CL_USAGE;
	int rc = cl_request(line, "anchor.show", json_pack("{s:s}", "name", name), &r);

	if (rc == CL_DONE && !line->json)
		print_point(r);
	if (rc == CL_DONE)
		json_decref(r);
	return rc;
}
