/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfastctl nta add | list | remove */
#include <stdio.h>
#include <time.h>

#include "cli/cli.h"
#include "lib/wire/name.h"

/* "generation 7 active on 2/2 cores in 184 us", or why not yet. */
static int
tell_push(const json_t *r)
{
	if (!cl_true(r, "acknowledged")) {
		printf("generation %lld is stored, but no dataplane has acknowledged it; "
		       "it takes effect when one attaches\n",
		    (long long)cl_number(r, "generation"));
		return CL_PARTLY;
	}
	printf("generation %lld active on %lld/%lld cores in %lld us\n",
	    (long long)cl_number(r, "generation"), (long long)cl_number(r, "cores"),
	    (long long)cl_number(r, "cores_all"), (long long)cl_number(r, "took_us"));
	return cl_number(r, "cores") == cl_number(r, "cores_all") ? CL_DONE : CL_PARTLY;
}

/* A change that was stored but not acknowledged is exit 4, printed or as JSON. */
static int
change(const struct cl_line *line, const char *command, json_t *arguments)
{
	json_t *r;
	int rc = cl_request(line, command, arguments, &r);

	if (rc != CL_DONE)
		return rc;
	if (line->json)
		rc = cl_true(r, "acknowledged") ? CL_DONE : CL_PARTLY;
	else
		rc = tell_push(r);
	json_decref(r);
	return rc;
}

int
cl_nta_add(const struct cl_line *line)
{
	char name[HF_NAME_TEXT_LEN];

	if (line->reason == NULL || line->reason[0] == '\0')
		return cl_fail(
		    line, CL_USAGE, "nta add needs --reason: it goes into the audit log");
	if ((line->given & CL_OPT_SOFT) != 0 && (line->given & CL_OPT_STRICT) != 0)
		return cl_fail(line, CL_USAGE, "--soft or --strict, not both");
	if (cl_read_name(line, name) != CL_DONE)
		return CL_USAGE;
	json_t *a = json_pack("{s:s, s:s, s:s, s:b}", "name", name, "reason", line->reason, "mode",
	    (line->given & CL_OPT_SOFT) != 0 ? "soft" : "strict", "forced",
	    (line->given & CL_OPT_FORCE) != 0);
	if (a == NULL)
		return cl_fail(line, CL_USAGE, "the reason is not UTF-8");
	if (line->given & CL_OPT_FOR)
		json_object_set_new(a, "for_s", json_integer((json_int_t)line->for_s));
	return change(line, "nta.add", a);
}

int
cl_nta_remove(const struct cl_line *line)
{
	char name[HF_NAME_TEXT_LEN];

	if (cl_read_name(line, name) != CL_DONE)
		return CL_USAGE;
	return change(line, "nta.remove", json_pack("{s:s}", "name", name));
}

int
cl_nta_list(const struct cl_line *line)
{
	json_t *r, *nta;
	size_t i;
	int rc = cl_request(line, "nta.list", NULL, &r);

	if (rc != CL_DONE || line->json) {
		json_decref(r);
		return rc;
	}
	const json_t *ntas = json_object_get(r, "ntas");
	if (json_array_size(ntas) == 0)
		printf("no Negative Trust Anchors (generation %lld)\n",
		    (long long)cl_number(r, "generation"));
	else
		printf("%-24s %-10s %-21s %-7s %-12s %s\n", "NAME", "LEFT", "EXPIRES", "MODE",
		    "AUTHOR", "REASON");
	json_array_foreach (ntas, i, nta) {
		char left[32], when[32] = "?";
		time_t t = (time_t)cl_number(nta, "expires");
		struct tm tm;
		if (gmtime_r(&t, &tm) != NULL)
			strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
		printf("%-24s %-10s %-21s %-7s %-12s %s\n", cl_text(nta, "name"),
		    cl_ago(cl_number(nta, "left_s"), left), when, cl_text(nta, "mode"),
		    cl_text(nta, "author"), cl_text(nta, "reason"));
	}
	json_decref(r);
	return CL_DONE;
}
