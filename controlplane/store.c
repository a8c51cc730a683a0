/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

enum {
	APPLICATION_ID = 0x48464350, /* "HFCP": tells our files from other SQLite files */
	ERROR_LEN = 512,
	BUSY_MS = 2000, /* a person reading the file with sqlite3 */
};

static const char schema[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE nta(name TEXT PRIMARY KEY NOT NULL, reason TEXT NOT NULL,"
    " author_uid INTEGER NOT NULL, author_name TEXT NOT NULL, added INTEGER NOT NULL,"
    " expires INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE audit(id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL,"
    " uid INTEGER NOT NULL, author TEXT NOT NULL, action TEXT NOT NULL, name TEXT,"
    " reason TEXT NOT NULL, generation_before INTEGER NOT NULL,"
    " generation_after INTEGER NOT NULL);"
    "INSERT INTO meta VALUES('schema', 1), ('generation', 1);"
    "PRAGMA application_id = 1212564304;"
    "PRAGMA user_version = 1;";
_Static_assert(APPLICATION_ID == 1212564304, "the number in the schema");
_Static_assert(CP_STORE_SCHEMA == 1, "the number in the schema");

struct cp_store {
	sqlite3 *db;
	int lock_fd;
	uint64_t generation;
	char *path;
	char error[ERROR_LEN];
};

__attribute__((format(printf, 3, 4))) static int
fail(struct cp_store *s, int rc, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(s->error, sizeof(s->error), "%s: ", s->path);

	va_start(ap, fmt);
	if (n >= 0 && (size_t)n < sizeof(s->error))
		vsnprintf(s->error + n, sizeof(s->error) - (size_t)n, fmt, ap);
	va_end(ap);
	return rc;
}

static int
errno_of(int sqlite_rc)
{
	switch (sqlite_rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return -EBADMSG;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return -EACCES;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	default:
		return -EIO;
	}
}

static int
fail_db(struct cp_store *s, int sqlite_rc, const char *what)
{
	return fail(s, errno_of(sqlite_rc), "%s: %s", what,
	    s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(sqlite_rc));
}

static int
run(struct cp_store *s, const char *sql, const char *what)
{
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fail_db(s, rc, what);
}

/* The one integer that sql yields. */
static int
number(struct cp_store *s, const char *sql, int64_t *v)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	if (rc == SQLITE_DONE)
		return fail(s, -EPROTO, "%s: no value", sql);
	return rc == SQLITE_ROW ? 0 : fail_db(s, rc, sql);
}

/* --- opening ------------------------------------------------------------------------------- */

static int
take_lock(struct cp_store *s)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s.lock", s->path) >= sizeof(path))
		return fail(s, -ENAMETOOLONG, "path too long");
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		return fail(s, -errno, "cannot open %s: %s", path, strerror(errno));
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return fail(s, -EBUSY, "in use by another control plane");
	return 0;
}

/* SQLite's own header says whose file it is; a file of ours that was never finished (the
 * machine stopped in the first second) has no table and no number yet. */
static int
identify(struct cp_store *s, bool *fresh)
{
	int64_t id = 0, version = 0, tables = 0;
	int rc = number(s, "PRAGMA application_id", &id);

	if (rc == 0)
		rc = number(s, "PRAGMA user_version", &version);
	if (rc == 0)
		rc = number(s, "SELECT count(*) FROM sqlite_master", &tables);
	if (rc != 0)
		return rc;
	*fresh = id == 0 && version == 0 && tables == 0;
	if (!*fresh && id != APPLICATION_ID)
		return fail(s, -EPROTO, "a database of another program, not touched");
	if (!*fresh && version != CP_STORE_SCHEMA)
		return fail(s, -EPROTO, "schema %lld, this program knows %d", (long long)version,
		    CP_STORE_SCHEMA);
	return 0;
}

static int
check_whole(struct cp_store *s)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &st, NULL);
	int out = 0;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc != SQLITE_ROW)
		out = fail_db(s, rc, "check");
	else if (strcmp((const char *)sqlite3_column_text(st, 0), "ok") != 0)
		out = fail(s, -EBADMSG, "damaged: %s", sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return out;
}

/* Journal mode is part of the file, so it is only set once the file is known to be ours. */
static int
prepare(struct cp_store *s, bool fresh)
{
	int rc = fresh ? 0 : check_whole(s);

	if (rc == 0)
		rc = run(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", "journal");
	if (rc == 0 && fresh) {
		rc = run(s, "BEGIN IMMEDIATE;", "begin");
		if (rc == 0)
			rc = run(s, schema, "schema");
		if (rc == 0)
			rc = run(s, "COMMIT;", "commit");
	}
	return rc;
}

static int
read_generation(struct cp_store *s)
{
	int64_t v = 0;
	int rc = number(s, "SELECT value FROM meta WHERE key = 'generation'", &v);

	if (rc == 0 && v < 1)
		rc = fail(s, -EBADMSG, "damaged: generation %lld", (long long)v);
	if (rc == 0)
		s->generation = (uint64_t)v;
	return rc;
}

int
cp_store_open(const char *path, struct cp_store **out)
{
	struct cp_store *s = calloc(1, sizeof(*s));
	bool fresh = false;

	*out = s;
	if (s == NULL)
		return -ENOMEM;
	s->lock_fd = -1;
	s->path = strdup(path);
	if (s->path == NULL)
		return -ENOMEM;
	int rc = take_lock(s);
	if (rc != 0)
		return rc;
	mode_t old = umask(0077);
	int db_rc = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	if (db_rc != SQLITE_OK)
		rc = fail_db(s, db_rc, "open");
	else
		sqlite3_busy_timeout(s->db, BUSY_MS);
	if (rc == 0)
		rc = identify(s, &fresh);
	if (rc == 0)
		rc = prepare(s, fresh);
	if (rc == 0)
		rc = read_generation(s);
	umask(old);
	return rc;
}

void
cp_store_close(struct cp_store *s)
{
	if (s == NULL)
		return;
	sqlite3_close(s->db);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s->path);
	free(s);
}

const char *
cp_store_error(const struct cp_store *s)
{
	return s != NULL ? s->error : "out of memory";
}

uint64_t
cp_store_generation(const struct cp_store *s)
{
	return s->generation;
}

/* --- changes ------------------------------------------------------------------------------- */

/* A statement with its values: letters say what comes, 't' text, 'i' int64_t. */
__attribute__((sentinel)) static int
run_with(struct cp_store *s, const char *sql, const char *kinds, ...)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
	va_list ap;

	va_start(ap, kinds);
	for (int i = 0; rc == SQLITE_OK && kinds[i] != '\0'; i++) {
		if (kinds[i] == 't')
			rc = sqlite3_bind_text(st, i + 1, va_arg(ap, const char *), -1,
			    SQLITE_TRANSIENT); /* NULL binds NULL */
		else
			rc = sqlite3_bind_int64(st, i + 1, va_arg(ap, int64_t));
	}
	va_end(ap);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	int out = rc == SQLITE_DONE ? 0 : fail_db(s, rc, "write");
	sqlite3_finalize(st);
	return out;
}

static int
write_audit(struct cp_store *s, const struct cp_audit *a)
{
	char name[HF_NAME_TEXT_LEN];

	return run_with(s,
	    "INSERT INTO audit(time, uid, author, action, name, reason, generation_before,"
	    " generation_after) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
	    "iittttii", a->time, (int64_t)a->author.uid, a->author.name, a->action,
	    a->name != NULL ? hf_name_to_text(a->name, name) : NULL, a->reason, (int64_t)a->before,
	    (int64_t)a->after, NULL);
}

/* End the transaction that was begun, with its audit line, at this generation. */
static int
finish(struct cp_store *s, int rc, struct cp_audit a, uint64_t generation)
{
	a.before = s->generation;
	a.after = generation;
	if (rc == 0)
		rc = run_with(s, "UPDATE meta SET value = ? WHERE key = 'generation'", "i",
		    (int64_t)generation, NULL);
	if (rc == 0)
		rc = write_audit(s, &a);
	if (rc == 0)
		rc = run(s, "COMMIT;", "commit");
	if (rc == 0)
		s->generation = generation;
	else
		(void)sqlite3_exec(s->db, "ROLLBACK;", NULL, NULL, NULL); /* the error stays */
	return rc;
}

int
cp_store_add(struct cp_store *s, const struct cp_nta *n)
{
	char name[HF_NAME_TEXT_LEN];
	int rc = run(s, "BEGIN IMMEDIATE;", "begin");

	if (rc != 0)
		return rc;
	rc = run_with(s, "INSERT INTO nta VALUES(?, ?, ?, ?, ?, ?)", "ttitii",
	    hf_name_to_text(&n->name, name), n->reason, (int64_t)n->author.uid, n->author.name,
	    n->added, n->expires, NULL);
	struct cp_audit a = {
	    .time = n->added,
	    .author = n->author,
	    .action = "add",
	    .name = &n->name,
	    .reason = n->reason,
	};
	return finish(s, rc, a, s->generation + 1);
}

int
cp_store_remove(struct cp_store *s, const struct cp_nta *n, const struct cp_audit *why)
{
	char name[HF_NAME_TEXT_LEN];
	int rc = run(s, "BEGIN IMMEDIATE;", "begin");

	if (rc != 0)
		return rc;
	rc = run_with(
	    s, "DELETE FROM nta WHERE name = ?", "t", hf_name_to_text(&n->name, name), NULL);
	if (rc == 0 && sqlite3_changes(s->db) != 1)
		rc = fail(s, -ENOENT, "no such anchor");
	return finish(s, rc, *why, s->generation + 1);
}

int
cp_store_set_generation(struct cp_store *s, uint64_t generation, const struct cp_audit *why)
{
	int rc;

	if (generation <= s->generation || generation > INT64_MAX)
		return fail(s, -EINVAL, "generation %llu does not follow %llu",
		    (unsigned long long)generation, (unsigned long long)s->generation);
	rc = run(s, "BEGIN IMMEDIATE;", "begin");
	return rc == 0 ? finish(s, rc, *why, generation) : rc;
}

/* --- reading ------------------------------------------------------------------------------- */

static bool
column_text(sqlite3_stmt *st, int col, char *out, size_t cap)
{
	const char *t = (const char *)sqlite3_column_text(st, col);

	if (t == NULL || strlen(t) >= cap)
		return false;
	memcpy(out, t, strlen(t) + 1);
	return true;
}

static bool
row_to_nta(sqlite3_stmt *st, struct cp_nta *n)
{
	char name[HF_NAME_TEXT_LEN];

	memset(n, 0, sizeof(*n));
	if (!column_text(st, 0, name, sizeof(name)) || hf_name_from_text(name, &n->name) != 0 ||
	    !column_text(st, 1, n->reason, sizeof(n->reason)) ||
	    !column_text(st, 3, n->author.name, sizeof(n->author.name)))
		return false;
	hf_name_lower(&n->name);
	n->author.uid = (uint32_t)sqlite3_column_int64(st, 2);
	n->added = sqlite3_column_int64(st, 4);
	n->expires = sqlite3_column_int64(st, 5);
	return true;
}

int
cp_store_load(struct cp_store *s, cp_store_fn fn, void *arg)
{
	sqlite3_stmt *st = NULL;
	struct cp_nta n;
	int out = 0,
	    rc = sqlite3_prepare_v2(s->db,
		"SELECT name, reason, author_uid, author_name, added, expires FROM nta ORDER BY "
		"name",
		-1, &st, NULL);

	while (rc == SQLITE_OK && out == 0) {
		rc = sqlite3_step(st);
		if (rc != SQLITE_ROW)
			break;
		rc = SQLITE_OK;
		out = row_to_nta(st, &n) ? fn(arg, &n) : fail(s, -EBADMSG, "damaged: anchor");
	}
	if (out == 0 && rc != SQLITE_DONE)
		out = fail_db(s, rc, "read");
	sqlite3_finalize(st);
	return out;
}

static bool
row_to_audit(sqlite3_stmt *st, struct cp_audit *a, struct hf_name *name)
{
	char text[HF_NAME_TEXT_LEN];

	a->time = sqlite3_column_int64(st, 0);
	a->author.uid = (uint32_t)sqlite3_column_int64(st, 1);
	a->action = (const char *)sqlite3_column_text(st, 3);
	a->reason = (const char *)sqlite3_column_text(st, 5);
	a->before = (uint64_t)sqlite3_column_int64(st, 6);
	a->after = (uint64_t)sqlite3_column_int64(st, 7);
	a->name = NULL;
	if (a->action == NULL || a->reason == NULL ||
	    !column_text(st, 2, a->author.name, sizeof(a->author.name)))
		return false;
	if (sqlite3_column_type(st, 4) == SQLITE_NULL)
		return true;
	a->name = name;
	return column_text(st, 4, text, sizeof(text)) && hf_name_from_text(text, name) == 0;
}

int
cp_store_audit(struct cp_store *s, cp_audit_fn fn, void *arg)
{
	sqlite3_stmt *st = NULL;
	struct cp_audit a;
	struct hf_name name;
	int out = 0,
	    rc = sqlite3_prepare_v2(s->db,
		"SELECT time, uid, author, action, name, reason, generation_before, "
		"generation_after"
		" FROM audit ORDER BY id",
		-1, &st, NULL);

	while (rc == SQLITE_OK && out == 0) {
		rc = sqlite3_step(st);
		if (rc != SQLITE_ROW)
			break;
		rc = SQLITE_OK;
		out =
		    row_to_audit(st, &a, &name) ? fn(arg, &a) : fail(s, -EBADMSG, "damaged: audit");
	}
	if (out == 0 && rc != SQLITE_DONE)
		out = fail_db(s, rc, "read");
	sqlite3_finalize(st);
	return out;
}
