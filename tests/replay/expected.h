/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * expected: scenarios that may fail or be skipped, each with its reason.
 *
 * Purpose   EXPECTED names scenarios that ask for another resolver's private choice. One that
 *           is listed and passes is reported too: the list must stay true.
 * Roles     main.
 * Memory    One array, freed by expected_fini.
 * Blocking  Reads one file.
 * Errors    -errno, told on standard error.
 * Trust     The file is ours.
 */
#ifndef HF_REPLAY_EXPECTED_H
#define HF_REPLAY_EXPECTED_H

#include <stdbool.h>
#include <stddef.h>

enum { EXPECTED_MAX = 512, EXPECTED_PATH_LEN = 128, EXPECTED_REASON_LEN = 256 };

struct expected_line {
	char path[EXPECTED_PATH_LEN]; /* the end of the file's path: "ub/iter_nat64.rpl" */
	char reason[EXPECTED_REASON_LEN];
};

struct expected {
	bool given;
	size_t cnt;
	struct expected_line *lines;
};

int expected_load(struct expected *e, const char *path);
/* NULL when path is not listed. */
const struct expected_line *expected_find(const struct expected *e, const char *path);
void expected_fini(struct expected *e);

#endif
