/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/replay/expected.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
line_read(struct expected *e, const char *text)
{
	struct expected_line *to = &e->lines[e->cnt];
	size_t path_len = strcspn(text, " \t\n");
	const char *reason = text + path_len + strspn(text + path_len, " \t");
	size_t reason_len = strcspn(reason, "\n");

	if (*text == '#' || path_len == 0)
		return 0;
	if (e->cnt == EXPECTED_MAX || path_len >= EXPECTED_PATH_LEN || reason_len == 0 ||
	    reason_len >= EXPECTED_REASON_LEN)
		return -EINVAL;
	memcpy(to->path, text, path_len);
	memcpy(to->reason, reason, reason_len);
	e->cnt++;
	return 0;
}

int
expected_load(struct expected *e, const char *path)
{
	FILE *in = fopen(path, "r");
	char line[EXPECTED_PATH_LEN + EXPECTED_REASON_LEN + 16];
	int rc = in != NULL ? 0 : -errno;
	unsigned n = 0;

	e->given = true;
	e->lines = calloc(EXPECTED_MAX + 1, sizeof(*e->lines));
	if (rc == 0 && e->lines == NULL)
		rc = -ENOMEM;
	while (rc == 0 && fgets(line, sizeof(line), in) != NULL) {
		n++;
		rc = line_read(e, line);
	}
	if (in != NULL)
		fclose(in);
	if (rc != 0)
		fprintf(stderr, "%s:%u: %s\n", path, n, strerror(-rc));
	return rc;
}

const struct expected_line *
expected_find(const struct expected *e, const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < e->cnt; i++) {
		size_t tail = strlen(e->lines[i].path);

		if (tail <= len && strcmp(path + len - tail, e->lines[i].path) == 0 &&
		    (tail == len || path[len - tail - 1] == '/'))
			return &e->lines[i];
	}
	return NULL;
}

void
expected_fini(struct expected *e)
{
	free(e->lines);
}
