/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cli: what the commands of holdfastctl share.
 *
 * Purpose   One parsed command line, one request to the control plane, the exit codes.
 * Roles     The program's only thread.
 * Memory    Strings point into argv. JSON replies belong to the caller (json_decref).
 * Blocking  cl_request waits for the control plane, at most CL_TIMEOUT_S.
 * Errors    Commands return an exit code (enum cl_exit); what went wrong is on standard error.
 * Trust     The control plane's reply may be malformed; it is checked as it is used.
 */
#ifndef CL_CLI_H
#define CL_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/date.h"

enum cl_exit {
	CL_DONE = 0,
	CL_FAILED = 1,
	CL_USAGE = 2,
	CL_UNREACHABLE = 3,
	CL_PARTLY = 4,
	CL_REFUSED = 5,
	CL_CONFLICT = 6,
	CL_CONFIRM = 7,
};

enum { CL_TIMEOUT_S = 10, CL_REPLY_MAX = 16 << 20 };

/* Options a command may allow. */
enum {
	CL_OPT_FOR = 1,
	CL_OPT_REASON = 2,
	CL_OPT_CORES = 4,
	CL_OPT_ALL = 8,
	CL_OPT_CACHED = 16,
	CL_OPT_SOFT = 32,
	CL_OPT_STRICT = 64,
	CL_OPT_FORCE = 128,
	CL_OPT_UNTIL = 256,
	CL_OPT_YES = 512,
	CL_OPT_DRY_RUN = 1024,
	CL_OPT_REPLACE = 2048,
	CL_OPT_SINCE = 4096,
	CL_OPT_HEAD = 8192,
	CL_OPT_STALE = 16384,
};

struct cl_stale_options { /* as they were typed; NULL: not given */
	const char *triggers, *max, *client_timer, *ttl;
};

struct cl_line {
	const char *config; /* --config, or the default path */
	const char *socket; /* --socket, or NULL: as the configuration says */
	bool json;
	unsigned given;     /* CL_OPT_* seen */
	uint64_t for_s;     /* --for */
	int64_t until_s;    /* --until, seconds since 1970 */
	int64_t since_s;    /* --since, the same */
	const char *reason; /* --reason */
	const char *head;   /* --head */
	struct cl_stale_options stale;
	int argc; /* operands after noun and verb */
	char **argv;
};

typedef int (*cl_command)(const struct cl_line *line);

int cl_status(const struct cl_line *line);
int cl_stats(const struct cl_line *line);
int cl_latency(const struct cl_line *line);
int cl_anchor_list(const struct cl_line *line);
int cl_anchor_show(const struct cl_line *line);
int cl_cookie_show(const struct cl_line *line);
int cl_cookie_reload(const struct cl_line *line);
int cl_audit_list(const struct cl_line *line);
int cl_audit_verify(const struct cl_line *line);
int cl_nta_add(const struct cl_line *line);
int cl_nta_approve(const struct cl_line *line);
int cl_nta_extend(const struct cl_line *line);
int cl_nta_list(const struct cl_line *line);
int cl_nta_remove(const struct cl_line *line);
int cl_nta_show(const struct cl_line *line);
int cl_nta_plan(const struct cl_line *line);
int cl_nta_verify(const struct cl_line *line);
int cl_stale_set(const struct cl_line *line);
int cl_stale_unset(const struct cl_line *line);
int cl_stale_show(const struct cl_line *line);
int cl_stale_list(const struct cl_line *line);
int cl_cache_show(const struct cl_line *line);
int cl_trace(const struct cl_line *line);
int cl_config_check(const struct cl_line *line);
int cl_config_show(const struct cl_line *line);
int cl_config_dataplane(const struct cl_line *line);

/* Send one command (arguments are stolen, may be NULL) and take the result, a new reference,
 * on CL_DONE; otherwise the reason has been told. With --json the whole reply has been printed
 * and the caller prints nothing more. */
int cl_request(const struct cl_line *line, const char *command, json_t *arguments, json_t **result);

/* A change of policy: send it and tell which cores have it. Stored but not acknowledged is
 * CL_PARTLY, printed or as JSON. */
int cl_change(const struct cl_line *line, const char *command, json_t *arguments);

/* True when the words are how another resolver spells a command: ours has been told. */
bool cl_peers(const struct cl_line *line, int argc, char **argv);
/* A change that the cores had to take up: prints "WHAT on 2/2 cores in 184 us", or why not yet,
 * with
 * --json nothing. CL_DONE, or CL_PARTLY: it was not acknowledged by all. */
int cl_tell_ack(const struct cl_line *line, const json_t *r, const char *what);

/* The first operand as a name that the control plane will read the same way; CL_USAGE: it is none,
 * and that was told. text has room for HF_NAME_TEXT_LEN. */
int cl_read_name(const struct cl_line *line, char *text);

/* "holdfastctl: ..." on standard error; with --json an {"ok":false,...} object as well. */
__attribute__((format(printf, 3, 4))) int
cl_fail(const struct cl_line *line, int exit_code, const char *fmt, ...);

/* Fields of a result, with a value when they are missing or of another type. */
const char *cl_text(const json_t *o, const char *key); /* "" */
int64_t cl_number(const json_t *o, const char *key);   /* 0 */
bool cl_true(const json_t *o, const char *key);        /* false */

/* A record of a reply, rendered by ldns, on a line of its own: "    www.example. 300 IN A
 * 192.0.2.1". */
void cl_print_record(const json_t *rr, const char *indent);

/* What the cores hold, as cache.show and trace have it. */
void cl_print_dataplane(const json_t *d);

/* The shadow of an NTA and the recovery of its zone, as nta.show has them. */
void cl_print_recovery(const json_t *nta);
/* The latter in a word: "proposed", clean rounds of those wanted, or "-". Returns buf. */
char *cl_recovery_word(const json_t *nta, char buf[32]);

/* "2h59m" from seconds, for people. Returns buf. */
char *cl_ago(int64_t s, char buf[32]);

#endif
