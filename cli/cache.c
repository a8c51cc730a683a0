/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfastctl cache show */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "lib/wire/name.h"
#include "lib/wire/rdata.h"

static void
print_records(const char *title, const json_t *list)
{
	json_t *rr;
	size_t i;

	if (json_array_size(list) > 0 && title[0] != '\0')
		printf("    ; %s\n", title);
	json_array_foreach (list, i, rr)
		cl_print_record(rr, "    ");
}

static void
print_entry(const json_t *e)
{
	int64_t ede = cl_number(e, "ede"), ttl = cl_number(e, "ttl_s"),
		retry = cl_number(e, "retry_s");

	printf("  %-6s %s, %s, generation %" PRId64 ", age %" PRId64 " s, ", cl_text(e, "variant"),
	    cl_text(e, "rcode"), cl_text(e, "verdict"), cl_number(e, "policy_generation"),
	    cl_number(e, "age_s"));
	if (ttl > 0)
		printf("fresh for %" PRId64 " s", ttl);
	else
		printf("expired, stale for %" PRId64 " s more", cl_number(e, "stale_s"));
	if (cl_true(e, "covered"))
		printf(", under an NTA");
	if (retry > 0)
		printf(", refresh failed, next try in %" PRId64 " s", retry);
	putchar('\n');
	if (json_is_integer(json_object_get(e, "ede")) && ede != HF_EDE_NONE)
		printf("    ; EDE %" PRId64 " (%s): %s\n", ede, hf_ede_to_text((unsigned)ede),
		    cl_text(e, "ede_text"));
	print_records("answer", json_object_get(e, "answer"));
	print_records("authority", json_object_get(e, "authority"));
	print_records("additional", json_object_get(e, "additional"));
}

void
cl_print_dataplane(const json_t *d)
{
	const json_t *entries = json_object_get(d, "entries");
	json_t *e;
	size_t i;

	if (!cl_true(d, "attached")) {
		puts("dataplane: not attached");
		return;
	}
	puts(json_array_size(entries) > 0 ? "dataplane" : "dataplane: nothing");
	json_array_foreach (entries, i, e)
		print_entry(e);
}

static void
print_resolver(const json_t *v)
{
	const json_t *sets = json_object_get(v, "rrsets");
	json_t *s;
	size_t i;

	puts(json_array_size(sets) > 0 ? "resolver" : "resolver: nothing");
	json_array_foreach (sets, i, s) {
		printf("  %s %s, %s%s, %" PRId64 " s left\n", cl_text(s, "owner"),
		    cl_text(s, "type"), cl_text(s, "verdict"),
		    cl_true(s, "negative") ? ", negative" : "", cl_number(s, "ttl_s"));
		print_records("", json_object_get(s, "records"));
	}
}

int
cl_cache_show(const struct cl_line *line)
{
	char name[HF_NAME_TEXT_LEN];
	struct hf_name n;
	uint16_t type;
	json_t *r, *a;

	if (hf_name_from_text(line->argv[0], &n) != 0)
		return cl_fail(line, CL_USAGE, "\"%s\" is not a domain name", line->argv[0]);
	if (line->argc > 1 && hf_type_from_text(line->argv[1], &type) != 0)
		return cl_fail(line, CL_USAGE, "\"%s\" is not a type", line->argv[1]);
	a = json_pack("{s:s}", "name", hf_name_to_text(&n, name));
	if (line->argc > 1)
		json_object_set_new(a, "type", json_string(line->argv[1]));
	int rc = cl_request(line, "cache.show", a, &r);
	if (rc == CL_DONE && !line->json) {
		cl_print_dataplane(json_object_get(r, "dataplane"));
		print_resolver(json_object_get(r, "resolver"));
	}
	json_decref(r);
	return rc;
}
