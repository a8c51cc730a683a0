/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfastctl nta add | extend | approve | list | show | remove */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/wire/name.h"

/* What waits for another account has no effect yet: exit 7. */
static int
tell_waits(const json_t *r)
{
	printf("waits for another account to say, before %s: holdfastctl nta approve %s\n",
	    cl_text(r, "lapses_text"), cl_text(r, "name"));
	return CL_CONFIRM;
}

/* A change of no rule: there is nothing for the cores. */
static int
tell_end(const json_t *r)
{
	printf("%s until %s\n", cl_text(r, "name"), cl_text(r, "expires_text"));
	return CL_DONE;
}

static int
exit_of(const json_t *r)
{
	if (cl_true(r, "waits"))
		return CL_CONFIRM;
	return json_is_false(json_object_get(r, "acknowledged")) ? CL_PARTLY : CL_DONE;
}

int
cl_change(const struct cl_line *line, const char *command, json_t *arguments)
{
	char what[64];
	json_t *r;
	int rc = cl_request(line, command, arguments, &r);

	if (rc != CL_DONE)
		return rc;
	snprintf(
	    what, sizeof(what), "generation %lld active", (long long)cl_number(r, "generation"));
	if (line->json)
		rc = exit_of(r);
	else if (cl_true(r, "waits"))
		rc = tell_waits(r);
	else if (json_object_get(r, "acknowledged") == NULL)
		rc = tell_end(r);
	else
		rc = cl_tell_ack(line, r, what);
	json_decref(r);
	return rc;
}

/* A TLD is half of somebody's internet: the name has to be typed twice. name ends in a dot. */
static int
confirm(const struct cl_line *line, const char *name)
{
	char again[HF_NAME_TEXT_LEN + 2];
	struct hf_name n, typed;

	if ((line->given & (CL_OPT_YES | CL_OPT_DRY_RUN)) != 0 ||
	    hf_name_from_text(name, &n) != 0 || n.label_cnt != 1)
		return CL_DONE;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return cl_fail(line, CL_CONFIRM,
		    "%s is a top-level domain: say --yes to switch validation off for all of it",
		    name);
	fprintf(stderr, "%s is a top-level domain. Type its name again: ", name);
	if (fgets(again, sizeof(again), stdin) == NULL)
		return cl_fail(line, CL_CONFIRM, "not confirmed, nothing done");
	again[strcspn(again, "\r\n")] = '\0';
	if (again[0] == '\0' || hf_name_from_text(again, &typed) != 0 || !hf_name_equal(&n, &typed))
		return cl_fail(line, CL_CONFIRM, "not the same name, nothing done");
	return CL_DONE;
}

static void
set_end(const struct cl_line *line, json_t *a)
{
	if (line->given & CL_OPT_FOR)
		json_object_set_new(a, "for_s", json_integer((json_int_t)line->for_s));
	if (line->given & CL_OPT_UNTIL)
		json_object_set_new(a, "until", json_integer(line->until_s));
}

/* What would be stored, or why it would not, and then what it would change. */
static int
dry_run(const struct cl_line *line, json_t *arguments)
{
	json_t *r;
	int rc = cl_request(line, "nta.add", arguments, &r);

	if (rc == CL_DONE && !line->json) {
		printf("would %s %s until %s, %s%s\n",
		    strcmp(cl_text(r, "would"), "ask") == 0 ? "ask another account for"
							    : cl_text(r, "would"),
		    cl_text(r, "name"), cl_text(r, "expires_text"), cl_text(r, "mode"),
		    cl_true(r, "forced") ? ", forced" : "");
		rc = cl_nta_plan(line);
	}
	json_decref(r);
	return rc;
}

int
cl_nta_add(const struct cl_line *line)
{
	char name[HF_NAME_TEXT_LEN];
	bool dry = (line->given & CL_OPT_DRY_RUN) != 0;

	if (line->reason == NULL || line->reason[0] == '\0')
		return cl_fail(
		    line, CL_USAGE, "nta add needs --reason: it goes into the audit log");
	if ((line->given & CL_OPT_SOFT) != 0 && (line->given & CL_OPT_STRICT) != 0)
		return cl_fail(line, CL_USAGE, "--soft or --strict, not both");
	if (cl_read_name(line, name) != CL_DONE)
		return CL_USAGE;
	json_t *a = json_pack("{s:s, s:s, s:s, s:b, s:b, s:b}", "name", name, "reason",
	    line->reason, "mode", (line->given & CL_OPT_SOFT) != 0 ? "soft" : "strict", "forced",
	    (line->given & CL_OPT_FORCE) != 0, "replace", (line->given & CL_OPT_REPLACE) != 0,
	    "dry_run", dry);
	if (a == NULL)
		return cl_fail(line, CL_USAGE, "the reason is not UTF-8");
	set_end(line, a);
	int rc = confirm(line, name);
	if (rc == CL_DONE)
		return dry ? dry_run(line, a) : cl_change(line, "nta.add", a);
	json_decref(a);
	return rc;
}

int
cl_nta_extend(const struct cl_line *line)
{
	char name[HF_NAME_TEXT_LEN];

	if ((line->given & (CL_OPT_FOR | CL_OPT_UNTIL)) == 0)
		return cl_fail(line, CL_USAGE, "nta extend needs --for (from now) or --until");
	if (cl_read_name(line, name) != CL_DONE)
		return CL_USAGE;
	json_t *a = json_pack(
	    "{s:s, s:s}", "name", name, "reason", line->reason != NULL ? line->reason : "");
	if (a == NULL)
		return cl_fail(line, CL_USAGE, "the reason is not UTF-8");
	set_end(line, a);
	return cl_change(line, "nta.extend", a);
}

int
cl_nta_approve(const struct cl_line *line)
{
	char name[HF_NAME_TEXT_LEN];

	if (cl_read_name(line, name) != CL_DONE)
		return CL_USAGE;
	return cl_change(line, "nta.approve", json_pack("{s:s}", "name", name));
}

int
cl_nta_remove(const struct cl_line *line)
{
	char name[HF_NAME_TEXT_LEN];

	if (cl_read_name(line, name) != CL_DONE)
		return CL_USAGE;
	return cl_change(line, "nta.remove", json_pack("{s:s}", "name", name));
}

static void
print_row(const json_t *nta)
{
	char left[32], recovery[32];

	printf("%-24s %-10s %-21s %-7s %-9s %-12s %s\n", cl_text(nta, "name"),
	    cl_true(nta, "waits") ? "waits" : cl_ago(cl_number(nta, "left_s"), left),
	    cl_text(nta, "expires_text"), cl_text(nta, "mode"), cl_recovery_word(nta, recovery),
	    cl_text(nta, "author"), cl_text(nta, "reason"));
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
	const json_t *ntas = json_object_get(r, "ntas"), *pending = json_object_get(r, "pending");
	if (json_array_size(ntas) == 0 && json_array_size(pending) == 0)
		printf("no Negative Trust Anchors (generation %lld)\n",
		    (long long)cl_number(r, "generation"));
	else
		printf("%-24s %-10s %-21s %-7s %-9s %-12s %s\n", "NAME", "LEFT", "EXPIRES", "MODE",
		    "RECOVERY", "AUTHOR", "REASON");
	json_array_foreach (ntas, i, nta)
		print_row(nta);
	json_array_foreach (pending, i, nta)
		print_row(nta);
	json_decref(r);
	return CL_DONE;
}

static void
print_nta(const json_t *n)
{
	char left[32];

	printf("%s\n  until    %s (%s left)\n  since    %s, by %s (uid %lld)\n  mode     %s%s\n"
	       "  reason   %s\n",
	    cl_text(n, "name"), cl_text(n, "expires_text"), cl_ago(cl_number(n, "left_s"), left),
	    cl_text(n, "added_text"), cl_text(n, "author"), (long long)cl_number(n, "author_uid"),
	    cl_text(n, "mode"), cl_true(n, "forced") ? ", forced: recovery does not remove it" : "",
	    cl_text(n, "reason"));
}

int
cl_nta_show(const struct cl_line *line)
{
	char name[HF_NAME_TEXT_LEN];
	json_t *r, *j;
	size_t i;

	if (cl_read_name(line, name) != CL_DONE)
		return CL_USAGE;
	int rc = cl_request(line, "nta.show", json_pack("{s:s}", "name", name), &r);
	if (rc != CL_DONE || line->json) {
		json_decref(r);
		return rc;
	}
	const json_t *nta = json_object_get(r, "nta"), *waits = json_object_get(r, "pending");
	if (json_is_object(nta))
		print_nta(nta);
	if (json_is_object(waits)) {
		print_nta(waits);
		(void)tell_waits(waits);
	}
	json_array_foreach (json_object_get(r, "anchors_below"), i, j)
		printf("  anchor   %s: validated all the same\n", json_string_value(j));
	if (json_is_object(nta))
		cl_print_recovery(nta);
	json_decref(r);
	return CL_DONE;
}
