/* SPDX-License-Identifier: BSD-3-Clause */
/* What the cores said of a change, for every command that waits for them. */
#include <stdio.h>

#include "cli/cli.h"

static void
tell_missing(const json_t *r)
{
	const char *fault = cl_text(r, "fault");

	if (fault[0] != '\0')
		printf(
		    "generation %lld was refused by the dataplane (%s): what was before stays in "
		    "force there\n",
		    (long long)cl_number(r, "generation"), fault);
	else
		printf("generation %lld is stored, but no dataplane has acknowledged it; "
		       "it takes effect when one attaches\n",
		    (long long)cl_number(r, "generation"));
}

int
cl_tell_ack(const struct cl_line *line, const json_t *r, const char *what)
{
	bool done = cl_true(r, "acknowledged");

	if (!line->json && done)
		printf("%s on %lld/%lld cores in %lld us\n", what, (long long)cl_number(r, "cores"),
		    (long long)cl_number(r, "cores_all"), (long long)cl_number(r, "took_us"));
	else if (!line->json)
		tell_missing(r);
	return done && cl_number(r, "cores") == cl_number(r, "cores_all") ? CL_DONE : CL_PARTLY;
}
