/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * db: a SQLite connection that says in a sentence what went wrong.
 *
 * Purpose   Statements with values, rows one by one, SQLite's codes as -errno.
 * Roles     The main thread.
 * Memory    The caller's struct cp_db; path is borrowed.
 * Blocking  Disk, and CP_DB_BUSY_MS for a person who reads the file with sqlite3.
 * Errors    -errno, and the sentence in error.
 * Trust     As SQLite's: a damaged file is -EBADMSG, not a crash.
 */
#ifndef CP_DB_H
#define CP_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite3;
struct sqlite3_stmt;

enum { CP_DB_ERROR_LEN = 512, CP_DB_BUSY_MS = 2000 };

struct cp_db {
	struct sqlite3 *sqlite;
	const char *path;
	char error[CP_DB_ERROR_LEN];
};

/* Closing one that did not open is no error. */
int cp_db_open(struct cp_db *db, const char *path);
void cp_db_close(struct cp_db *db);

/* Returns rc, with a sentence. */
__attribute__((format(printf, 3, 4))) int
cp_db_fail(struct cp_db *db, int rc, const char *fmt, ...);
int cp_db_fail_sqlite(struct cp_db *db, int sqlite_rc, const char *what);

/* Statements without values. */
int cp_db_run(struct cp_db *db, const char *sql, const char *what);
/* One statement with values: letters say what comes, 't' text (NULL binds NULL), 'i' int64_t, 'b'
 * octets and their number (int). NULL after the last. */
__attribute__((sentinel)) int
cp_db_write(struct cp_db *db, const char *sql, const char *kinds, ...);
int cp_db_changed(const struct cp_db *db); /* rows, by the last write */

/* The one integer that sql yields. */
int cp_db_number(struct cp_db *db, const char *sql, int64_t *v);

/* row for each row of sql with values as above, until one is not 0, which is returned. */
typedef int (*cp_db_row)(void *arg, struct sqlite3_stmt *st);
__attribute__((sentinel)) int
cp_db_each(struct cp_db *db, cp_db_row row, void *arg, const char *sql, const char *kinds, ...);

/* A column as text of less than cap octets; false: it is longer, or none. */
bool cp_db_text(struct sqlite3_stmt *st, int col, char *out, size_t cap);

#endif
