/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfastctl cookie show | reload */
#include <stdio.h>

#include "cli/cli.h"

static void
print_state(const json_t *r)
{
	json_t *s;
	size_t i;

	if (!cl_true(r, "answered")) {
		printf("cookies of clients are ignored (cookies.answer: no)\n");
		return;
	}
	printf("secrets    %s\nrequired   %s\ndataplane  %s\n", cl_text(r, "source"),
	    cl_true(r, "required") ? "yes" : "no",
	    cl_true(r, "dataplane") ? "attached" : "not attached: it gets them when it is");
	json_array_foreach (json_object_get(r, "secrets"), i, s)
		printf("%zu  %s  %s\n", i + 1, cl_text(s, "fingerprint"), cl_text(s, "use"));
}

int
cl_cookie_show(const struct cl_line *line)
{
	json_t *r;
	int rc = cl_request(line, "cookie.show", NULL, &r);

	if (rc != CL_DONE)
		return rc;
	if (!line->json)
		print_state(r);
	json_decref(r);
	return CL_DONE;
}

int
cl_cookie_reload(const struct cl_line *line)
{
	json_t *r;
	int rc = cl_request(line, "cookie.reload", NULL, &r);

	if (rc != CL_DONE)
		return rc;
	if (!line->json)
		print_state(r);
	rc = cl_tell_ack(line, r, "in force");
	json_decref(r);
	return rc;
}
