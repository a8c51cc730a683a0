/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfastctl status | stats */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/base/units.h"

static void
print_dataplane(const json_t *d)
{
	char used[HF_UNITS_TEXT_LEN], all[HF_UNITS_TEXT_LEN], up[32];

	if (!cl_true(d, "attached")) {
		puts("dataplane      not attached");
		return;
	}
	printf("dataplane      attached, epoch %" PRId64 ", %" PRId64 " workers, up %s\n",
	    cl_number(d, "epoch"), cl_number(d, "workers"), cl_ago(cl_number(d, "uptime_s"), up));
	hf_size_to_text((uint64_t)cl_number(d, "cache_octets"), used);
	hf_size_to_text((uint64_t)cl_number(d, "cache_octets_max"), all);
	printf("  cache        %" PRId64 " answers, %s of %s\n", cl_number(d, "cache_entries"),
	    used, all);
}

static void
print_policy(const json_t *p)
{
	int64_t gen = cl_number(p, "generation"), ack = cl_number(p, "acknowledged_generation");

	if (gen == ack)
		printf("policy         generation %" PRId64 " active on %" PRId64 "/%" PRId64
		       " cores in %" PRId64 " us\n",
		    gen, cl_number(p, "cores"), cl_number(p, "cores_all"), cl_number(p, "took_us"));
	else
		printf("policy         generation %" PRId64 " NOT acknowledged (cores have %" PRId64
		       ")\n",
		    gen, ack);
	printf("  NTAs         %" PRId64 "\n", cl_number(p, "ntas"));
}

static void
print_list(const char *title, const json_t *list)
{
	json_t *item;
	size_t i;

	printf("%-14s", title);
	json_array_foreach (list, i, item)
		printf(" %s", json_is_string(item) ? json_string_value(item) : "?");
	puts(json_array_size(list) == 0 ? " none" : "");
}

static void
print_trouble(const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		printf("  TROUBLE      %s\n", json_is_string(item) ? json_string_value(item) : "?");
}

int
cl_status(const struct cl_line *line)
{
	char up[32], octets[HF_UNITS_TEXT_LEN];
	json_t *r;
	int rc = cl_request(line, "status", NULL, &r);

	if (rc != CL_DONE)
		return rc;
	const json_t *d = json_object_get(r, "dataplane"), *p = json_object_get(r, "policy");
	const json_t *v = json_object_get(r, "resolver");
	rc = cl_true(d, "attached") &&
		cl_number(p, "generation") == cl_number(p, "acknowledged_generation")
	    ? CL_DONE
	    : CL_PARTLY;
	const json_t *trouble = json_object_get(v, "trust_anchor_trouble");
	if (json_array_size(trouble) > 0)
		rc = CL_PARTLY;
	if (!line->json) {
		printf("control plane  holdfast %s, pid %" PRId64 ", up %s\n",
		    cl_text(r, "version"), cl_number(r, "pid"),
		    cl_ago(cl_number(r, "uptime_s"), up));
		print_dataplane(d);
		print_policy(p);
		hf_size_to_text((uint64_t)cl_number(v, "cache_octets"), octets);
		printf("resolver       %" PRId64 " questions under way, %" PRId64
		       " RRsets cached, %s\n",
		    cl_number(v, "questions_under_way"), cl_number(v, "cache_entries"), octets);
		print_list("trust anchors", json_object_get(v, "trust_anchors"));
		print_trouble(trouble);
		print_list("listen", json_object_get(r, "listen"));
	}
	json_decref(r);
	return rc;
}

static void
print_counter(const json_t *describe, const char *name, int64_t value, bool all)
{
	const json_t *d = json_object_get(describe, name);

	if (value != 0 || all)
		printf("  %-20s %14" PRId64 "  %s %s\n", name, value, cl_text(d, "unit"),
		    cl_text(d, "text"));
}

static void
print_group(
    const struct cl_line *line, const char *title, const json_t *counters, const json_t *describe)
{
	json_t *v, *o = json_incref((json_t *)(uintptr_t)counters); /* jansson iterates non-const */
	const char *name;

	if (json_object_size(o) > 0)
		puts(title);
	json_object_foreach (o, name, v)
		print_counter(describe, name, json_integer_value(v), line->given & CL_OPT_ALL);
	json_decref(o);
}

int
cl_stats(const struct cl_line *line)
{
	json_t *r, *row;
	size_t i;
	int rc = cl_request(line, "stats", NULL, &r);

	if (rc != CL_DONE || line->json) {
		json_decref(r);
		return rc;
	}
	const json_t *d = json_object_get(r, "dataplane"),
		     *describe = json_object_get(r, "describe");
	if (!cl_true(d, "attached"))
		puts("dataplane: not attached");
	else if (!(line->given & CL_OPT_CORES))
		print_group(line, "dataplane", json_object_get(d, "total"), describe);
	else
		json_array_foreach (json_object_get(d, "rows"), i, row)
			print_group(line, cl_text(row, "thread"), json_object_get(row, "counters"),
			    describe);
	print_group(line, "resolver", json_object_get(r, "resolver"), describe);
	print_group(line, "control plane", json_object_get(r, "controlplane"), describe);
	json_decref(r);
	return CL_DONE;
}
