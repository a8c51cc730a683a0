/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfastctl latency */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"

enum { TIME_TEXT_LEN = 24 };

/* Three digits and a unit: "640 ns", "1.25 us", "37.4 ms". */
static const char *
time_text(int64_t ns, char buf[TIME_TEXT_LEN])
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	double v = (double)ns;
	unsigned i = 0;

	while (v >= 999.5 && i < 3) {
		v /= 1000;
		i++;
	}
	snprintf(buf, TIME_TEXT_LEN, "%.*f %s",
	    i == 0 || v >= 99.95 ? 0
		: v >= 9.995     ? 1
				 : 2,
	    v, units[i]);
	return buf;
}

static void
print_kind(const char *thread, const char *kind, const json_t *o)
{
	static const char *const keys[] = {"p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns"};
	char buf[TIME_TEXT_LEN];

	printf("%-12s %-6s %14" PRId64, thread, kind, cl_number(o, "replies"));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		printf(" %9s",
		    cl_number(o, "replies") == 0 ? "-" : time_text(cl_number(o, keys[i]), buf));
	putchar('\n');
}

static void
print_kinds(const char *thread, const json_t *kinds)
{
	static const char *const names[] = {"hit", "stale", "miss"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		print_kind(i == 0 ? thread : "", names[i], json_object_get(kinds, names[i]));
}

int
cl_latency(const struct cl_line *line)
{
	json_t *r, *row;
	size_t i;
	int rc = cl_request(line, "latency", NULL, &r);

	if (rc != CL_DONE)
		return rc;
	rc = cl_true(r, "attached") ? CL_DONE : CL_PARTLY;
	if (!line->json && rc != CL_DONE)
		puts("dataplane: not attached");
	if (!line->json && rc == CL_DONE) {
		printf("%-12s %-6s %14s %9s %9s %9s %9s %9s\n", "core", "kind", "replies", "p50",
		    "p90", "p99", "p99.9", "max");
		if (line->given & CL_OPT_CORES)
			json_array_foreach (json_object_get(r, "rows"), i, row)
				print_kinds(cl_text(row, "thread"), json_object_get(row, "kinds"));
		else
			print_kinds("all", json_object_get(r, "total"));
	}
	json_decref(r);
	return rc;
}
