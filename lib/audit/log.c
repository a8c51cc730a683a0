/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/audit/log.h"

#include <errno.h>
#include <string.h>

#include <sqlite3.h>

/* In the order of sql below. */
enum { ID, TIME, UID, BEFORE, AFTER, AUTHOR, ACTION, NAME, REASON, DETAIL, HASH };

static const char sql[] =
    "SELECT id, time, uid, generation_before, generation_after, author, action, name, reason,"
    " detail, hash FROM audit WHERE id > ? AND time >= ? ORDER BY id LIMIT ?";

/* NULL for what is no text, or has more behind a NUL, which no hash would cover. */
static const char *
text_of(sqlite3_stmt *st, int col)
{
	const char *t = NULL;

	if (sqlite3_column_type(st, col) == SQLITE_TEXT)
		t = (const char *)sqlite3_column_text(st, col);
	return t != NULL && strlen(t) == (size_t)sqlite3_column_bytes(st, col) ? t : NULL;
}

static bool
row_to_line(sqlite3_stmt *st, struct hf_audit_line *l)
{
	for (int col = ID; col <= AFTER; col++)
		if (sqlite3_column_type(st, col) != SQLITE_INTEGER)
			return false;
	l->id = sqlite3_column_int64(st, ID);
	l->time = sqlite3_column_int64(st, TIME);
	l->uid = sqlite3_column_int64(st, UID);
	l->before = sqlite3_column_int64(st, BEFORE);
	l->after = sqlite3_column_int64(st, AFTER);
	l->author = text_of(st, AUTHOR);
	l->action = text_of(st, ACTION);
	l->reason = text_of(st, REASON);
	l->detail = text_of(st, DETAIL);
	l->name = text_of(st, NAME);
	if (sqlite3_column_bytes(st, HASH) != HF_SHA256_LEN)
		return false;
	memcpy(l->hash, sqlite3_column_blob(st, HASH), HF_SHA256_LEN);
	return l->author != NULL && l->action != NULL && l->reason != NULL && l->detail != NULL &&
	    (l->name != NULL || sqlite3_column_type(st, NAME) == SQLITE_NULL);
}

int
hf_audit_read(
    struct sqlite3 *db, int64_t after, int64_t since_s, int64_t max, hf_audit_fn fn, void *arg)
{
	sqlite3_stmt *st = NULL;
	struct hf_audit_line line;
	int out = 0, rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(st, 1, after);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(st, 2, since_s);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(st, 3, max);
	while (rc == SQLITE_OK && out == 0) {
		rc = sqlite3_step(st);
		if (rc != SQLITE_ROW)
			break;
		rc = SQLITE_OK;
		out = row_to_line(st, &line) ? fn(arg, &line) : -EBADMSG;
	}
	if (out == 0 && rc != SQLITE_DONE && rc != SQLITE_OK)
		out = -EIO;
	sqlite3_finalize(st);
	return out;
}
