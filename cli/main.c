/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfastctl <noun> <verb>: finds the command and reads the options. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/base/clock.h"
#include "lib/base/units.h"

#define DEFAULT_CONFIG "/etc/holdfast/holdfast.yaml"

struct command {
	const char *noun, *verb; /* verb "" : the noun alone */
	int min, max;            /* operands */
	unsigned options;        /* CL_OPT_* allowed */
	cl_command run;
	const char *usage, *help;
};

static const struct command commands[] = {
    {"status", "", 0, 0, 0, cl_status, "status", "is everything attached and in force"},
    {"stats", "", 0, 0, CL_OPT_CORES | CL_OPT_ALL, cl_stats, "stats [--cores] [--all]",
	"counters; --cores: per core; --all: those that are zero, too"},
    {"latency", "", 0, 0, CL_OPT_CORES, cl_latency, "latency [--cores]",
	"how long replies took: median and tail, by kind; --cores: per core"},
    {"nta", "add", 1, 1,
	CL_OPT_FOR | CL_OPT_UNTIL | CL_OPT_REASON | CL_OPT_SOFT | CL_OPT_STRICT | CL_OPT_FORCE |
	    CL_OPT_YES | CL_OPT_DRY_RUN | CL_OPT_REPLACE,
	cl_nta_add, "nta add NAME [--for 3h | --until T] [--soft|--strict] [--force] --reason TEXT",
	"switch validation off at and below NAME, for a time (RFC 7646)"},
    {"nta", "extend", 1, 1, CL_OPT_FOR | CL_OPT_UNTIL | CL_OPT_REASON, cl_nta_extend,
	"nta extend NAME --for 3h | --until T [--reason TEXT]", "for longer, counted from now"},
    {"nta", "approve", 1, 1, 0, cl_nta_approve, "nta approve NAME",
	"put in force what another account asked for (policy: nta-approval)"},
    {"nta", "list", 0, 0, 0, cl_nta_list, "nta list", "Negative Trust Anchors in force"},
    {"nta", "show", 1, 1, 0, cl_nta_show, "nta show NAME", "all about one"},
    {"nta", "remove", 1, 1, 0, cl_nta_remove, "nta remove NAME", "validate again"},
    {"stale", "set", 1, 1, CL_OPT_STALE, cl_stale_set,
	"stale set ZONE [--triggers timeout,servfail,bogus] [--max 1d] [--client-timer 1800ms] "
	"[--ttl 30s]",
	"serve-stale at and below ZONE (RFC 8767); --max 0s: never; what is not said stays"},
    {"stale", "unset", 1, 1, 0, cl_stale_unset, "stale unset ZONE",
	"as the zone above, or the configuration, says"},
    {"stale", "show", 0, 1, 0, cl_stale_show, "stale show [ZONE]",
	"what holds for ZONE and who says so; without one: for all others"},
    {"stale", "list", 0, 0, 0, cl_stale_list, "stale list", "zones with serve-stale of their own"},
    {"audit", "list", 0, 0, CL_OPT_SINCE, cl_audit_list, "audit list [--since T|3h]",
	"who changed what, when and why"},
    {"audit", "verify", 0, 1, CL_OPT_HEAD, cl_audit_verify, "audit verify [FILE] [--head HASH]",
	"is no line changed or missing; FILE: a store, without the control plane"},
    {"nta", "plan", 1, 1, 0, cl_nta_plan, "nta plan NAME",
	"what an NTA at NAME would change, and whom; nothing is changed"},
    {"nta", "verify-clean", 1, 1, 0, cl_nta_verify, "nta verify-clean NAME",
	"whether anything that was fetched under a lifted NTA is still in use"},
    {"anchor", "list", 0, 0, 0, cl_anchor_list, "anchor list",
	"keys that are believed without proof, and those that may become so (RFC 5011)"},
    {"anchor", "show", 1, 1, 0, cl_anchor_show, "anchor show NAME",
	"the keys of one trust point, and when they are looked at again"},
    {"cookie", "show", 0, 0, 0, cl_cookie_show, "cookie show",
	"the secrets of clients' DNS cookies, by fingerprint"},
    {"cookie", "reload", 0, 0, 0, cl_cookie_reload, "cookie reload",
	"read cookies.secrets again, here and in the cores"},
    {"cache", "show", 1, 2, 0, cl_cache_show, "cache show NAME [TYPE]",
	"what the cores and the resolver hold"},
    {"trace", "", 2, 2, CL_OPT_CACHED, cl_trace, "trace NAME TYPE [--cached]",
	"the chain of trust step by step, asked anew; --cached: as the caches have it"},
    {"config", "check", 0, 1, 0, cl_config_check, "config check [FILE]",
	"read a configuration and tell all that is wrong"},
    {"config", "show", 0, 1, 0, cl_config_show, "config show [FILE]",
	"every key with the value in force"},
    {"config", "dataplane", 0, 1, 0, cl_config_dataplane, "config dataplane [FILE]",
	"the arguments file of holdfast-dataplane"},
};
enum { COMMAND_CNT = sizeof(commands) / sizeof(commands[0]) };

static void
usage(FILE *f)
{
	fputs("usage: holdfastctl [--config FILE] [--socket PATH] [--json] COMMAND\n\n", f);
	for (int i = 0; i < COMMAND_CNT; i++)
		fprintf(f, "  %-40s %s\n", commands[i].usage, commands[i].help);
	fputs("\n"
	      "  --config FILE   default " DEFAULT_CONFIG "\n"
	      "  --socket PATH   the control plane's socket; default: as the configuration says\n"
	      "  --json          the whole reply as JSON\n"
	      "  --help, --version\n\n"
	      "exit status: 0 done, 1 failed, 2 usage, 3 control plane not reachable, 4 partly "
	      "done,\n"
	      "5 refused, 6 conflict, 7 needs confirmation\n",
	    f);
}

static const struct command *
find(int argc, char **argv)
{
	for (int i = 0; i < COMMAND_CNT; i++) {
		const struct command *c = &commands[i];
		if (argc > 0 && strcmp(argv[0], c->noun) == 0 &&
		    (c->verb[0] == '\0' || (argc > 1 && strcmp(argv[1], c->verb) == 0)))
			return c;
	}
	return NULL;
}

static int
unknown(const struct cl_line *line, int argc, char **argv)
{
	if (argc == 0) {
		usage(stderr);
		return CL_USAGE;
	}
	if (cl_peers(line, argc, argv))
		return CL_USAGE;
	for (int i = 0; i < COMMAND_CNT; i++)
		if (strcmp(argv[0], commands[i].noun) == 0)
			return cl_fail(line, CL_USAGE,
			    "%s: \"%s\" is not among its verbs; see --help", argv[0],
			    argc > 1 ? argv[1] : "");
	return cl_fail(line, CL_USAGE, "unknown command \"%s\"; see holdfastctl --help", argv[0]);
}

static int
set_for(struct cl_line *line, const char *text)
{
	uint64_t ns;

	if (hf_duration_from_text(text, &ns) != 0 || ns < HF_NS_PER_S)
		return cl_fail(line, CL_USAGE,
		    "--for \"%s\" is not a duration of a second or more, such as 30m or 3h", text);
	line->for_s = ns / HF_NS_PER_S;
	line->given |= CL_OPT_FOR;
	return CL_DONE;
}

/* A moment, or with ago a duration before now. */
static int
set_date(const struct cl_line *line, const char *option, bool ago, int64_t *s)
{
	uint64_t ns;

	if (hf_date_from_text(optarg, s) == 0)
		return CL_DONE;
	if (ago && hf_duration_from_text(optarg, &ns) == 0) {
		*s = hf_clock_wall_s() - (int64_t)(ns / HF_NS_PER_S);
		return CL_DONE;
	}
	return cl_fail(line, CL_USAGE, "%s \"%s\" is not a time such as 2026-11-28T12:00:00Z%s",
	    option, optarg, ago ? " or 3h (ago)" : "");
}

enum {
	OPT_CONFIG = 256,
	OPT_SOCKET,
	OPT_JSON,
	OPT_FOR,
	OPT_REASON,
	OPT_CORES,
	OPT_ALL,
	OPT_CACHED,
	OPT_SOFT,
	OPT_STRICT,
	OPT_FORCE,
	OPT_UNTIL,
	OPT_YES,
	OPT_DRY_RUN,
	OPT_REPLACE,
	OPT_SINCE,
	OPT_HEAD,
	OPT_TRIGGERS,
	OPT_MAX,
	OPT_CLIENT_TIMER,
	OPT_TTL,
	OPT_HELP,
	OPT_VERSION
};

static const struct option options[] = {
    {"config", required_argument, NULL, OPT_CONFIG},
    {"socket", required_argument, NULL, OPT_SOCKET},
    {"json", no_argument, NULL, OPT_JSON},
    {"for", required_argument, NULL, OPT_FOR},
    {"reason", required_argument, NULL, OPT_REASON},
    {"cores", no_argument, NULL, OPT_CORES},
    {"all", no_argument, NULL, OPT_ALL},
    {"cached", no_argument, NULL, OPT_CACHED},
    {"soft", no_argument, NULL, OPT_SOFT},
    {"strict", no_argument, NULL, OPT_STRICT},
    {"force", no_argument, NULL, OPT_FORCE},
    {"until", required_argument, NULL, OPT_UNTIL},
    {"yes", no_argument, NULL, OPT_YES},
    {"dry-run", no_argument, NULL, OPT_DRY_RUN},
    {"replace", no_argument, NULL, OPT_REPLACE},
    {"since", required_argument, NULL, OPT_SINCE},
    {"head", required_argument, NULL, OPT_HEAD},
    {"triggers", required_argument, NULL, OPT_TRIGGERS},
    {"max", required_argument, NULL, OPT_MAX},
    {"client-timer", required_argument, NULL, OPT_CLIENT_TIMER},
    {"ttl", required_argument, NULL, OPT_TTL},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

/* One of stale set. */
static bool
take_stale_option(struct cl_line *line, int opt)
{
	const char **to = opt == OPT_TRIGGERS ? &line->stale.triggers
	    : opt == OPT_MAX                  ? &line->stale.max
	    : opt == OPT_CLIENT_TIMER         ? &line->stale.client_timer
	    : opt == OPT_TTL                  ? &line->stale.ttl
					      : NULL;

	if (to == NULL)
		return false;
	*to = optarg;
	line->given |= CL_OPT_STALE;
	return true;
}

/* Options without a value. -1: go on; otherwise the exit code. */
static int
take_flag(struct cl_line *line, int opt)
{
	static const struct {
		int opt;
		unsigned given;
	} flags[] = {
	    {OPT_CORES, CL_OPT_CORES},
	    {OPT_ALL, CL_OPT_ALL},
	    {OPT_CACHED, CL_OPT_CACHED},
	    {OPT_SOFT, CL_OPT_SOFT},
	    {OPT_STRICT, CL_OPT_STRICT},
	    {OPT_FORCE, CL_OPT_FORCE},
	    {OPT_YES, CL_OPT_YES},
	    {OPT_DRY_RUN, CL_OPT_DRY_RUN},
	    {OPT_REPLACE, CL_OPT_REPLACE},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (flags[i].opt == opt) {
			line->given |= flags[i].given;
			return -1;
		}
	}
	return CL_USAGE; /* getopt_long has told */
}

/* The same for all. */
static int
take_option(struct cl_line *line, int opt)
{
	switch (opt) {
	case OPT_CONFIG:
		line->config = optarg;
		return -1;
	case OPT_SOCKET:
		line->socket = optarg;
		return -1;
	case OPT_JSON:
		line->json = true;
		return -1;
	case OPT_FOR:
		return set_for(line, optarg) == CL_DONE ? -1 : CL_USAGE;
	case OPT_REASON:
		line->reason = optarg;
		line->given |= CL_OPT_REASON;
		return -1;
	case OPT_UNTIL:
		line->given |= CL_OPT_UNTIL;
		return set_date(line, "--until", false, &line->until_s) == CL_DONE ? -1 : CL_USAGE;
	case OPT_SINCE:
		line->given |= CL_OPT_SINCE;
		return set_date(line, "--since", true, &line->since_s) == CL_DONE ? -1 : CL_USAGE;
	case OPT_HEAD:
		line->head = optarg;
		line->given |= CL_OPT_HEAD;
		return -1;
	case OPT_HELP:
		usage(stdout);
		return CL_DONE;
	case OPT_VERSION:
		puts("holdfastctl " HF_VERSION);
		return CL_DONE;
	default:
		return take_stale_option(line, opt) ? -1 : take_flag(line, opt);
	}
}

/* Index of the command in argv: behind our options that may stand before it. */
static int
first_word(int argc, char **argv)
{
	int i = 1;

	while (i < argc && strncmp(argv[i], "--", 2) == 0)
		i += strcmp(argv[i], "--config") == 0 || strcmp(argv[i], "--socket") == 0 ? 2 : 1;
	return i < argc ? i : argc;
}

int
main(int argc, char **argv)
{
	struct cl_line line = {.config = DEFAULT_CONFIG};
	int opt, rc, word = first_word(argc, argv);

	/* Before the options are read: other resolvers' are not ours. */
	if (find(argc - word, argv + word) == NULL && cl_peers(&line, argc - word, argv + word))
		return CL_USAGE;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		if ((rc = take_option(&line, opt)) >= 0)
			return rc;
	const struct command *c = find(argc - optind, argv + optind);
	if (c == NULL)
		return unknown(&line, argc - optind, argv + optind);
	int skip = optind + 1 + (c->verb[0] != '\0');
	line.argc = argc - skip;
	line.argv = argv + skip;
	if (line.argc < c->min || line.argc > c->max || (line.given & ~c->options) != 0)
		return cl_fail(&line, CL_USAGE, "usage: holdfastctl %s", c->usage);
	rc = c->run(&line);
	if (fflush(stdout) != 0 || ferror(stdout))
		return CL_FAILED;
	return rc;
}
