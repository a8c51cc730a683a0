/* SPDX-License-Identifier: BSD-3-Clause */
/* What holdfastctl nta show tells of validation below an NTA and of the recovery of its zone. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"

static const char *const checks[] = {"soa", "dnskey", "denial", "unsigned", "signed", "absent"};
enum { CHECKS = sizeof(checks) / sizeof(checks[0]) };

static void
print_shadow(const json_t *shadow)
{
	const char *reason;
	json_t *cnt;

	if (!json_is_object(shadow))
		return;
	printf("  shadow   %" PRId64 " answers would validate, %" PRId64
	       " would be insecure, %" PRId64 " would fail\n",
	    cl_number(shadow, "secure"), cl_number(shadow, "insecure"),
	    cl_number(shadow, "failed"));
	json_object_foreach (json_object_get(shadow, "reasons"), reason, cnt)
		printf(
		    "           %-20s %" JSON_INTEGER_FORMAT "\n", reason, json_integer_value(cnt));
}

static void
print_cell(const json_t *tally)
{
	int64_t good = cl_number(tally, "good");
	int64_t all = good + cl_number(tally, "bad") + cl_number(tally, "silent");
	char text[48] = "-";

	if (all > 0)
		snprintf(text, sizeof(text), "%" PRId64 "/%" PRId64, good, all);
	printf(" %-8s", text);
}

static void
print_address(const json_t *a)
{
	const json_t *serial = json_object_get(a, "serial");

	printf("%-40s", cl_text(a, "address"));
	if (json_is_integer(serial))
		printf(" %-11" JSON_INTEGER_FORMAT, json_integer_value(serial));
	else
		printf(" %-11s", cl_true(a, "answers") ? "-" : "silent");
	for (unsigned i = 0; i < CHECKS; i++)
		print_cell(json_object_get(json_object_get(a, "checks"), checks[i]));
	printf("\n");
}

/* The first failure of each check that had one. */
static void
print_failures(const json_t *a)
{
	for (unsigned i = 0; i < CHECKS; i++) {
		const json_t *t = json_object_get(json_object_get(a, "checks"), checks[i]);

		if (cl_number(t, "bad") + cl_number(t, "silent") == 0)
			continue;
		printf("  %s %s:", checks[i], cl_text(t, "name"));
		if (json_is_integer(json_object_get(t, "ede")))
			printf(" EDE %" PRId64 ",", cl_number(t, "ede"));
		printf(" %s\n", cl_text(t, "text"));
	}
}

static void
print_addresses(const json_t *recovery)
{
	const json_t *list = json_object_get(recovery, "addresses");
	json_t *a;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	printf("%-40s %-11s %-8s %-8s %-8s %-8s %-8s %s\n", "ADDRESS", "SERIAL", "SOA", "DNSKEY",
	    "DENIAL", "UNSIGNED", "SIGNED", "ABSENT");
	json_array_foreach (list, i, a) {
		print_address(a);
		print_failures(a);
	}
	if (cl_number(recovery, "left_off") > 0)
		printf(
		    "%" PRId64 " more addresses are not probed\n", cl_number(recovery, "left_off"));
}

static void
print_rounds(const json_t *r)
{
	char left[32];

	printf("  rounds   %" PRId64 " clean in a row, %" PRId64 " wanted",
	    cl_number(r, "clean_rounds"), cl_number(r, "clean_rounds_wanted"));
	printf(" over at least %s", cl_ago(cl_number(r, "clean_s_wanted"), left));
	if (cl_number(r, "clean_rounds") > 0)
		printf("; since %s", cl_text(r, "clean_since"));
	printf("\n");
	if (cl_number(r, "rounds") > 0)
		printf("  last     %s: %" PRId64 " of %" PRId64 " addresses answer, %" PRId64
		       " are clean\n",
		    cl_text(r, "last_round"), cl_number(r, "answering"),
		    cl_number(r, "address_count"), cl_number(r, "clean"));
	if (cl_true(r, "under_way"))
		printf("  next     under way\n");
	else
		printf("  next     in %s\n", cl_ago(cl_number(r, "next_s"), left));
}

static void
print_recovery(const json_t *r)
{
	if (!json_is_object(r)) {
		printf("  recovery not probed\n");
		return;
	}
	printf("  recovery %s; %s\n",
	    cl_true(r, "proposed") ? "good again: removal is proposed" : "not yet",
	    cl_true(r, "auto_remove") ? "then it is removed" : "removal is left to you");
	if (!cl_true(r, "proposed"))
		printf("  missing  %s\n", cl_text(r, "missing"));
	print_rounds(r);
	if (json_is_integer(json_object_get(r, "serial")))
		printf("  serial   %" PRId64 "%s\n", cl_number(r, "serial"),
		    cl_true(r, "serial_moves") ? ", which moves" : "");
	print_addresses(r);
}

void
cl_print_recovery(const json_t *nta)
{
	print_shadow(json_object_get(nta, "shadow"));
	print_recovery(json_object_get(nta, "recovery"));
}

char *
cl_recovery_word(const json_t *nta, char buf[32])
{
	const json_t *r = json_object_get(nta, "recovery");

	if (!json_is_object(r))
		snprintf(buf, 32, "-");
	else if (cl_true(r, "proposed"))
		snprintf(buf, 32, "proposed");
	else
		snprintf(buf, 32, "%" PRId64 "/%" PRId64, cl_number(r, "clean_rounds"),
		    cl_number(r, "clean_rounds_wanted"));
	return buf;
}
