/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/options.h"

#include <getopt.h>
#include <stdio.h>

static const char help[] =
    "Usage: holdfast-controlplane [--config FILE] [--log-level LEVEL]\n"
    "\n"
    "Resolves and validates for holdfast-dataplane, keeps the policy and listens for\n"
    "holdfastctl. Stays in the foreground; SIGTERM or SIGINT ends it.\n"
    "\n"
    "  -c, --config FILE      the configuration (default " CP_CONFIG_DEFAULT ")\n"
    "  -l, --log-level LEVEL  error, warn, info or debug; overrides the file\n"
    "      --foreground       accepted; there is no other mode\n"
    "  -V, --version          print the version\n"
    "  -h, --help             print this\n"
    "\n"
    "Exit: 0 ended by a signal, 1 could not start or go on, 2 usage.\n";

static const struct option longs[] = {
    {"config", required_argument, NULL, 'c'},
    {"log-level", required_argument, NULL, 'l'},
    {"foreground", no_argument, NULL, 'f'},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static enum cp_options_result
log_level(const char *text, struct cp_options *o)
{
	o->has_log_level = true;
	if (hf_log_level_from_text(text, &o->log_level) == 0)
		return CP_OPTIONS_RUN;
	fprintf(stderr, "holdfast-controlplane: --log-level %s: want error, warn, info or debug\n",
	    text);
	return CP_OPTIONS_USAGE;
}

enum cp_options_result
cp_options_parse(int argc, char **argv, struct cp_options *o)
{
	int c;

	*o = (struct cp_options){.config = CP_CONFIG_DEFAULT};
	optind = 1;
	while ((c = getopt_long(argc, argv, "c:l:Vh", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 'l':
			if (log_level(optarg, o) != CP_OPTIONS_RUN)
				return CP_OPTIONS_USAGE;
			break;
		case 'f':
			break;
		case 'V':
			puts("holdfast-controlplane " CP_VERSION);
			return CP_OPTIONS_DONE;
		case 'h':
			fputs(help, stdout);
			return CP_OPTIONS_DONE;
		default: /* getopt_long has said what is wrong */
			fputs("Try --help.\n", stderr);
			return CP_OPTIONS_USAGE;
		}
	}
	if (optind == argc)
		return CP_OPTIONS_RUN;
	fprintf(stderr, "holdfast-controlplane: unexpected argument \"%s\". Try --help.\n",
	    argv[optind]);
	return CP_OPTIONS_USAGE;
}
