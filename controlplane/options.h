/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * options: the command line of holdfast-controlplane.
 *
 * Purpose   --config, --log-level, --help, --version. All else is in the file.
 * Roles     The main thread, at start.
 * Memory    Points into argv.
 * Blocking  Writes help or an error to the terminal.
 * Errors    CP_OPTIONS_USAGE after one clear line on standard error: exit 2.
 * Trust     The command line is the operator's.
 */
#ifndef CP_OPTIONS_H
#define CP_OPTIONS_H

#include <stdbool.h>

#include "lib/base/log.h"

#define CP_VERSION        "0.1.0"
#define CP_CONFIG_DEFAULT "/etc/holdfast/holdfast.yaml"

struct cp_options {
	const char *config;
	bool has_log_level; /* then log_level overrides the file's */
	enum hf_log_level log_level;
};

enum cp_options_result { CP_OPTIONS_RUN, CP_OPTIONS_DONE, CP_OPTIONS_USAGE };

enum cp_options_result cp_options_parse(int argc, char **argv, struct cp_options *o);

#endif
