/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfastctl audit list | verify: over the admin socket, or on a file without a control plane. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "cli/cli.h"
#include "lib/audit/log.h"

/* Give fn each line; 0, or what it returned; *generation is the store's. */
struct source {
	const struct cl_line *line;
	int64_t since_s;
	int64_t generation; /* of the store, when all lines were read */
	hf_audit_fn fn;
	void *arg;
};

/* --- over the socket ----------------------------------------------------------------------- */

static bool
line_of(const json_t *j, struct hf_audit_line *l)
{
	*l = (struct hf_audit_line){
	    .id = cl_number(j, "id"),
	    .time = cl_number(j, "time"),
	    .uid = cl_number(j, "uid"),
	    .before = cl_number(j, "before"),
	    .after = cl_number(j, "after"),
	    .author = cl_text(j, "author"),
	    .action = cl_text(j, "action"),
	    .reason = cl_text(j, "reason"),
	    .detail = cl_text(j, "detail"),
	    .name = json_string_value(json_object_get(j, "name")),
	};
	return hf_audit_hash_from_text(cl_text(j, "hash"), l->hash);
}

/* Pages, until one is empty: then the generation that comes with it belongs to the lines. */
static int
read_socket(struct source *s)
{
	struct cl_line quiet = *s->line;
	int64_t after = 0;
	size_t i, cnt;
	int rc;

	quiet.json = false;
	do {
		json_t *r, *j, *a = json_pack("{s:I}", "after", (json_int_t)after);
		struct hf_audit_line l;

		if (s->since_s > 0)
			json_object_set_new(a, "since", json_integer(s->since_s));
		rc = cl_request(&quiet, "audit.list", a, &r);
		if (rc != CL_DONE)
			return rc;
		const json_t *lines = json_object_get(r, "lines");
		cnt = json_array_size(lines);
		json_array_foreach (lines, i, j) {
			if (rc == 0)
				rc = line_of(j, &l) ? s->fn(s->arg, &l) : -EBADMSG;
			after = l.id;
		}
		s->generation = cl_number(r, "generation");
		json_decref(r);
	} while (rc == 0 && cnt > 0);
	return rc == -EBADMSG ? cl_fail(s->line, CL_FAILED,
				    "the control plane's reply is not as "
				    "it should be")
			      : rc;
}

/* --- a file -------------------------------------------------------------------------------- */

/* For reading; a copy on a disk that cannot be written has no -wal and needs none. */
static int
open_file(const char *path, sqlite3 **db)
{
	char uri[4200], wal[4200];
	int rc = sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(*db, "BEGIN; SELECT count(*) FROM audit;", NULL, NULL, NULL);
	snprintf(wal, sizeof(wal), "%s-wal", path);
	if (rc != SQLITE_CANTOPEN || access(path, R_OK) != 0 || access(wal, F_OK) == 0 ||
	    strpbrk(path, "?#%") != NULL)
		return rc;
	sqlite3_close(*db);
	snprintf(uri, sizeof(uri), "file:%s?immutable=1", path);
	return sqlite3_open_v2(uri, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
}

static int
take_generation(void *arg, int cnt, char **values, char **names)
{
	(void)names;
	*(int64_t *)arg = cnt == 1 && values[0] != NULL ? strtoll(values[0], NULL, 10) : 0;
	return 0;
}

/* All in one transaction: what is read belongs together, whoever writes meanwhile. */
static int
read_file(struct source *s, const char *path)
{
	sqlite3 *db = NULL;
	int out = 0, rc = open_file(path, &db);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "SELECT value FROM meta WHERE key = 'generation'",
		    take_generation, &s->generation, NULL);
	if (rc != SQLITE_OK)
		out = cl_fail(s->line, CL_FAILED,
		    "%s: no policy store with a chained audit log: %s", path, sqlite3_errmsg(db));
	else
		out = hf_audit_read(db, 0, s->since_s, INT64_MAX, s->fn, s->arg);
	if (out == -EIO || out == -EBADMSG)
		out = cl_fail(s->line, CL_FAILED, "%s: the audit log is damaged: %s", path,
		    out == -EIO ? sqlite3_errmsg(db) : "a line is not as one is written");
	sqlite3_close(db);
	return out;
}

/* --- list ---------------------------------------------------------------------------------- */

static json_t *
line_to_json(const struct hf_audit_line *l)
{
	char hash[HF_AUDIT_HASH_TEXT_LEN], when[HF_DATE_TEXT_LEN];

	return json_pack("{s:I, s:I, s:s, s:I, s:s, s:s, s:s?, s:s, s:s, s:I, s:I, s:s}", "id",
	    (json_int_t)l->id, "time", (json_int_t)l->time, "time_text",
	    hf_date_to_text(l->time, when), "uid", (json_int_t)l->uid, "author", l->author,
	    "action", l->action, "name", l->name, "reason", l->reason, "detail", l->detail,
	    "before", (json_int_t)l->before, "after", (json_int_t)l->after, "hash",
	    hf_audit_hash_to_text(l->hash, hash));
}

/* Text of a file that may be anybody's: no control characters reach the terminal. */
static void
print_text(const char *before, const char *text, const char *behind)
{
	fputs(before, stdout);
	for (; *text != '\0'; text++)
		putchar((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
	fputs(behind, stdout);
}

static int
print_line(void *arg, const struct hf_audit_line *l)
{
	char when[HF_DATE_TEXT_LEN];

	(void)arg;
	printf("%5lld  %s  %lld>%lld", (long long)l->id, hf_date_to_text(l->time, when),
	    (long long)l->before, (long long)l->after);
	print_text("  ", l->author, "");
	printf(" (%lld)", (long long)l->uid);
	print_text("  ", l->action, "");
	if (l->name != NULL)
		print_text(" ", l->name, "");
	if (l->detail[0] != '\0')
		print_text(" ", l->detail, "");
	print_text(": ", l->reason, "\n");
	return 0;
}

static int
collect_line(void *arg, const struct hf_audit_line *l)
{
	json_array_append_new(arg, line_to_json(l));
	return 0;
}

static int
print_result(json_t *result, int rc)
{
	json_t *o = json_pack("{s:b, s:o}", "ok", rc == CL_DONE, "result", result);

	json_dumpf(o, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(o);
	return rc;
}

int
cl_audit_list(const struct cl_line *line)
{
	json_t *lines = json_array();
	struct source s = {.line = line,
	    .since_s = (line->given & CL_OPT_SINCE) != 0 ? line->since_s : 0,
	    .fn = line->json ? collect_line : print_line,
	    .arg = lines};
	int rc = read_socket(&s);

	if (rc == CL_DONE && line->json)
		return print_result(
		    json_pack("{s:o, s:I}", "lines", lines, "generation", (json_int_t)s.generation),
		    rc);
	json_decref(lines);
	return rc;
}

/* --- verify -------------------------------------------------------------------------------- */

struct verdict {
	struct hf_audit_walk walk;
	int64_t broken_id; /* 0: none */
	json_t *broken;
	char why[160]; /* empty: the log is whole */
};

enum { BROKEN = -1000 };

static int
follow(void *arg, const struct hf_audit_line *l)
{
	struct verdict *v = arg;

	if (hf_audit_follow(&v->walk, l))
		return 0;
	v->broken_id = l->id;
	v->broken = line_to_json(l); /* NULL if it is not UTF-8 */
	snprintf(v->why, sizeof(v->why),
	    "broken at line %lld: it, or what stood before it, is not what was written",
	    (long long)l->id);
	return BROKEN;
}

/* What a chain alone cannot say: whether its end is there. */
static void
look_at_end(struct verdict *v, int64_t generation)
{
	if (v->walk.line_cnt == 0 ? generation > 1 : v->walk.generation != generation)
		snprintf(v->why, sizeof(v->why),
		    "the store is at generation %lld and the log ends at %lld: lines are missing "
		    "at its end",
		    (long long)generation, (long long)v->walk.generation);
	else if (v->walk.wanted != NULL && !hf_audit_was_met(&v->walk))
		snprintf(v->why, sizeof(v->why),
		    "no line has the head that was given: lines were cut off, or all were written "
		    "anew");
}

static int
tell(const struct cl_line *line, struct verdict *v, int64_t generation)
{
	char head[HF_AUDIT_HASH_TEXT_LEN];
	bool whole = v->why[0] == '\0';

	hf_audit_hash_to_text(v->walk.head, head);
	if (line->json)
		return print_result(
		    json_pack("{s:b, s:I, s:s, s:I, s:o?, s:s}", "whole", whole, "lines",
			(json_int_t)v->walk.line_cnt, "head", head, "generation",
			(json_int_t)generation, "broken_line", v->broken, "text", v->why),
		    whole ? CL_DONE : CL_FAILED);
	json_decref(v->broken);
	if (whole)
		printf("whole: %llu lines, generation %lld\nhead %s\n",
		    (unsigned long long)v->walk.line_cnt, (long long)generation, head);
	else
		fprintf(stderr, "holdfastctl: %s; %llu lines before it are whole\n", v->why,
		    (unsigned long long)v->walk.line_cnt);
	return whole ? CL_DONE : CL_FAILED;
}

int
cl_audit_verify(const struct cl_line *line)
{
	uint8_t wanted[HF_SHA256_LEN];
	struct verdict v = {.walk = {.wanted = line->head != NULL ? wanted : NULL}};
	struct source s = {.line = line, .fn = follow, .arg = &v};

	if (line->head != NULL && !hf_audit_hash_from_text(line->head, wanted))
		return cl_fail(line, CL_USAGE, "--head is the 64 digits that audit verify prints");
	int rc = line->argc > 0 ? read_file(&s, line->argv[0]) : read_socket(&s);
	if (rc != CL_DONE && rc != BROKEN)
		return rc;
	if (rc == CL_DONE)
		look_at_end(&v, s.generation);
	return tell(line, &v, s.generation);
}
