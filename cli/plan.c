/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfastctl nta plan | verify-clean */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "lib/wire/name.h"

static int
ask(const struct cl_line *line, json_t **r)
{
	char name[HF_NAME_TEXT_LEN];

	if (cl_read_name(line, name) != CL_DONE)
		return CL_USAGE;
	return cl_request(line, "survey", json_pack("{s:s}", "name", name), r);
}

static void
print_anchors(const json_t *r)
{
	const json_t *list = json_object_get(r, "anchors_below"), *name;
	size_t i;

	json_array_foreach (list, i, name)
		printf(
		    "%-26s %s\n", i == 0 ? "still validated below" : "", json_string_value(name));
}

static void
print_traffic(const json_t *t)
{
	double rate = json_real_value(json_object_get(t, "queries_per_s"));
	double all = json_real_value(json_object_get(t, "queries_per_s_all"));

	if (cl_number(t, "samples") == 0)
		printf("%-26s none seen in the last %.0f s\n", "queries touched",
		    json_real_value(json_object_get(t, "window_s")));
	else
		printf("%-26s %.4g a second of %.4g (%" PRId64 " samples in %.0f s)\n"
		       "%-26s at least %" PRId64 "\n",
		    "queries touched", rate, all, cl_number(t, "samples"),
		    json_real_value(json_object_get(t, "window_s")), "names touched",
		    cl_number(t, "names_sampled"));
}

static void
print_plan(const json_t *r)
{
	const json_t *d = json_object_get(r, "dataplane"), *now = json_object_get(d, "now"),
		     *nta = json_object_get(d, "under_nta");

	if (cl_text(r, "covered_by")[0] != '\0')
		printf("%s is under an NTA at %s already\n", cl_text(r, "name"),
		    cl_text(r, "covered_by"));
	if (!json_is_object(d)) {
		puts(
		    "dataplane                  not attached, or silent: its cache is not counted");
	} else {
		printf("%-26s %" PRId64 " in the cores' cache, %" PRId64 " in the resolver's\n",
		    "failures resolved anew", cl_number(nta, "retried") - cl_number(now, "retried"),
		    cl_number(json_object_get(r, "resolver"), "failures"));
		printf("%-26s %" PRId64 " of %" PRId64 " (AD is cleared, unless --soft)\n",
		    "secure answers without AD",
		    cl_number(now, "authentic") - cl_number(nta, "authentic"),
		    cl_number(now, "authentic") + cl_number(now, "restricted"));
		printf("%-26s %" PRId64 " insecure, %" PRId64 " expired and kept as stale\n",
		    "left as they are", cl_number(now, "insecure"), cl_number(now, "stale"));
		print_traffic(json_object_get(d, "traffic"));
	}
	print_anchors(r);
	puts("nothing was changed");
}

int
cl_nta_plan(const struct cl_line *line)
{
	json_t *r;
	int rc = ask(line, &r);

	if (rc != CL_DONE)
		return rc;
	if (!line->json)
		print_plan(r);
	rc = json_is_object(json_object_get(r, "dataplane")) ? CL_DONE : CL_PARTLY;
	json_decref(r);
	return rc;
}

/* What is in use without validation, or without AD though it validates. Where no NTA stands, there
 * may be none; where others do, an alias from there may lead here, and this cannot tell. */
static int64_t
left_over(const json_t *r)
{
	const json_t *now = json_object_get(json_object_get(r, "dataplane"), "now");

	return cl_number(now, "open") + cl_number(now, "restricted") +
	    cl_number(json_object_get(r, "resolver"), "open");
}

static int
verdict_of(const json_t *r)
{
	if (left_over(r) == 0)
		return CL_DONE;
	return cl_number(r, "ntas") != 0 ? CL_PARTLY : CL_FAILED;
}

static int
tell_verdict(const json_t *r)
{
	const json_t *now = json_object_get(json_object_get(r, "dataplane"), "now");
	int64_t others = cl_number(r, "ntas"), left = left_over(r);

	printf("%s, generation %" PRId64 ": %s\n"
	       "  in use without validation or AD   %" PRId64 "\n"
	       "  waiting to be resolved anew       %" PRId64 "\n"
	       "  secure, AD set                    %" PRId64 "\n",
	    cl_text(r, "name"), cl_number(r, "generation"),
	    left == 0         ? "clean"
		: others != 0 ? "not known"
			      : "NOT CLEAN",
	    left, cl_number(now, "lifted"), cl_number(now, "authentic"));
	if (left != 0 && others != 0)
		printf("  by aliases from, or names below, one of %" PRId64
		       " other Negative Trust Anchors\n",
		    others);
	return verdict_of(r);
}

int
cl_nta_verify(const struct cl_line *line)
{
	json_t *r;
	int rc = ask(line, &r);

	if (rc != CL_DONE)
		return rc;
	if (cl_text(r, "covered_by")[0] != '\0')
		rc = cl_fail(
		    line, CL_REFUSED, "an NTA still stands at %s", cl_text(r, "covered_by"));
	else if (!json_is_object(json_object_get(r, "dataplane")))
		rc = cl_fail(
		    line, CL_PARTLY, "the dataplane is not attached, or silent: nothing is known");
	else if (line->json)
		rc = verdict_of(r);
	else
		rc = tell_verdict(r);
	json_decref(r);
	return rc;
}
