/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/db.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

int
cp_db_open(struct cp_db *db, const char *path)
{
	db->path = path;
	int rc =
	    sqlite3_open_v2(path, &db->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

	if (rc != SQLITE_OK)
		return cp_db_fail_sqlite(db, rc, "open");
	sqlite3_busy_timeout(db->sqlite, CP_DB_BUSY_MS);
	return 0;
}

void
cp_db_close(struct cp_db *db)
{
	sqlite3_close(db->sqlite);
	db->sqlite = NULL;
}

int
cp_db_fail(struct cp_db *db, int rc, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(db->error, sizeof(db->error), "%s: ", db->path);

	va_start(ap, fmt);
	if (n >= 0 && (size_t)n < sizeof(db->error))
		vsnprintf(db->error + n, sizeof(db->error) - (size_t)n, fmt, ap);
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

int
cp_db_fail_sqlite(struct cp_db *db, int sqlite_rc, const char *what)
{
	return cp_db_fail(db, errno_of(sqlite_rc), "%s: %s", what,
	    db->sqlite != NULL ? sqlite3_errmsg(db->sqlite) : sqlite3_errstr(sqlite_rc));
}

int
cp_db_run(struct cp_db *db, const char *sql, const char *what)
{
	int rc = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : cp_db_fail_sqlite(db, rc, what);
}

/* A statement with its values. */
static int
prepare(struct cp_db *db, const char *sql, const char *kinds, va_list ap, sqlite3_stmt **st)
{
	int rc = sqlite3_prepare_v2(db->sqlite, sql, -1, st, NULL);

	for (int i = 0; rc == SQLITE_OK && kinds[i] != '\0'; i++) {
		if (kinds[i] == 't') {
			const char *text = va_arg(ap, const char *);

			rc = sqlite3_bind_text(*st, i + 1, text, -1, SQLITE_TRANSIENT);
		} else if (kinds[i] == 'b') {
			const void *octets = va_arg(ap, const void *);
			int len = va_arg(ap, int);

			rc = sqlite3_bind_blob(*st, i + 1, octets, len, SQLITE_TRANSIENT);
		} else {
			rc = sqlite3_bind_int64(*st, i + 1, va_arg(ap, int64_t));
		}
	}
	return rc;
}

int
cp_db_write(struct cp_db *db, const char *sql, const char *kinds, ...)
{
	sqlite3_stmt *st = NULL;
	va_list ap;

	va_start(ap, kinds);
	int rc = prepare(db, sql, kinds, ap, &st);
	va_end(ap);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	int out = rc == SQLITE_DONE ? 0 : cp_db_fail_sqlite(db, rc, "write");
	sqlite3_finalize(st);
	return out;
}

int
cp_db_changed(const struct cp_db *db)
{
	return sqlite3_changes(db->sqlite);
}

int
cp_db_each(struct cp_db *db, cp_db_row row, void *arg, const char *sql, const char *kinds, ...)
{
	sqlite3_stmt *st = NULL;
	int out = 0;
	va_list ap;

	va_start(ap, kinds);
	int rc = prepare(db, sql, kinds, ap, &st);
	va_end(ap);
	while (rc == SQLITE_OK && out == 0) {
		rc = sqlite3_step(st);
		if (rc != SQLITE_ROW)
			break;
		rc = SQLITE_OK;
		out = row(arg, st);
	}
	if (out == 0 && rc != SQLITE_DONE)
		out = cp_db_fail_sqlite(db, rc, "read");
	sqlite3_finalize(st);
	return out;
}

struct one_number {
	int64_t v;
	bool found;
};

static int
take_number(void *arg, sqlite3_stmt *st)
{
	*(struct one_number *)arg = (struct one_number){sqlite3_column_int64(st, 0), true};
	return 0;
}

int
cp_db_number(struct cp_db *db, const char *sql, int64_t *v)
{
	struct one_number n = {0};
	int rc = cp_db_each(db, take_number, &n, sql, "", NULL);

	if (rc == 0 && !n.found)
		return cp_db_fail(db, -EPROTO, "%s: no value", sql);
	if (rc == 0)
		*v = n.v;
	return rc;
}

bool
cp_db_text(sqlite3_stmt *st, int col, char *out, size_t cap)
{
	const char *t = (const char *)sqlite3_column_text(st, col);

	if (t == NULL || strlen(t) >= cap)
		return false;
	memcpy(out, t, strlen(t) + 1);
	return true;
}
