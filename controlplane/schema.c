/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/schema.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "controlplane/audit.h"

enum {
	APPLICATION_ID = 0x48464350, /* "HFCP": tells our files from other SQLite files */
	CHAINED_SINCE = 3,           /* schema */
};

static const char schema_1[] =
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
static const char schema_2[] =
    "CREATE TABLE trust_point(name TEXT PRIMARY KEY NOT NULL, good INTEGER NOT NULL,"
    " good_ns INTEGER NOT NULL, boot TEXT NOT NULL, interval INTEGER NOT NULL,"
    " retry INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE trust_key(name TEXT NOT NULL, type INTEGER NOT NULL, rdata BLOB NOT NULL,"
    " state INTEGER NOT NULL, configured INTEGER NOT NULL, learned INTEGER NOT NULL,"
    " since INTEGER NOT NULL, seen INTEGER NOT NULL, seen_cnt INTEGER NOT NULL,"
    " held_ms INTEGER NOT NULL, need_ms INTEGER NOT NULL, PRIMARY KEY(name, type, rdata))"
    " WITHOUT ROWID;"
    "UPDATE meta SET value = 2 WHERE key = 'schema';"
    "PRAGMA user_version = 2;";
static const char schema_3[] =
    "ALTER TABLE nta ADD COLUMN mode INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE nta ADD COLUMN forced INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE nta_pending(name TEXT PRIMARY KEY NOT NULL, reason TEXT NOT NULL,"
    " author_uid INTEGER NOT NULL, author_name TEXT NOT NULL, added INTEGER NOT NULL,"
    " expires INTEGER NOT NULL, mode INTEGER NOT NULL, forced INTEGER NOT NULL,"
    " lapses INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE clock(id INTEGER PRIMARY KEY CHECK (id = 1), boot TEXT NOT NULL,"
    " wall INTEGER NOT NULL, ns INTEGER NOT NULL, seen INTEGER NOT NULL);"
    "ALTER TABLE audit ADD COLUMN detail TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE audit ADD COLUMN hash BLOB NOT NULL DEFAULT x'';"
    "UPDATE meta SET value = 3 WHERE key = 'schema';"
    "PRAGMA user_version = 3;";
static const char schema_4[] =
    "CREATE TABLE stale_zone(name TEXT PRIMARY KEY NOT NULL, client_ms INTEGER NOT NULL,"
    " ttl INTEGER NOT NULL, max INTEGER NOT NULL, triggers INTEGER NOT NULL,"
    " author_uid INTEGER NOT NULL, author_name TEXT NOT NULL, changed INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "UPDATE meta SET value = 4 WHERE key = 'schema';"
    "PRAGMA user_version = 4;";
static const char *const schemas[] = {schema_1, schema_2, schema_3, schema_4};
_Static_assert(CP_STORE_SCHEMA == sizeof(schemas) / sizeof(schemas[0]), "one each");

/* SQLite's own header says whose file it is; a file of ours that was never finished (the
 * machine stopped in the first second) has no table and no number yet. */
static int
identify(struct cp_db *db, int64_t *version)
{
	int64_t id = 0, tables = 0;
	int rc = cp_db_number(db, "PRAGMA application_id", &id);

	if (rc == 0)
		rc = cp_db_number(db, "PRAGMA user_version", version);
	if (rc == 0)
		rc = cp_db_number(db, "SELECT count(*) FROM sqlite_master", &tables);
	if (rc != 0 || (id == 0 && *version == 0 && tables == 0))
		return rc;
	if (id != APPLICATION_ID)
		return cp_db_fail(db, -EPROTO, "a database of another program, not touched");
	if (*version < 1 || *version > CP_STORE_SCHEMA)
		return cp_db_fail(db, -EPROTO, "schema %lld, this program knows %d",
		    (long long)*version, CP_STORE_SCHEMA);
	return 0;
}

static int
see_check(void *arg, sqlite3_stmt *st)
{
	struct cp_db *db = arg;
	const char *said = (const char *)sqlite3_column_text(st, 0);

	if (said != NULL && strcmp(said, "ok") == 0)
		return 0;
	return cp_db_fail(db, -EBADMSG, "damaged: %s", said != NULL ? said : "?");
}

/* --- from schema to schema ----------------------------------------------------------------- */

struct rehash {
	struct cp_db *db;
	uint8_t head[HF_SHA256_LEN];
	int64_t cnt;
};

static int
rehash_line(void *arg, sqlite3_stmt *st)
{
	struct rehash *r = arg;
	struct hf_audit_line l = {
	    .id = sqlite3_column_int64(st, 0),
	    .time = sqlite3_column_int64(st, 1),
	    .uid = sqlite3_column_int64(st, 2),
	    .before = sqlite3_column_int64(st, 3),
	    .after = sqlite3_column_int64(st, 4),
	    .author = (const char *)sqlite3_column_text(st, 5),
	    .action = (const char *)sqlite3_column_text(st, 6),
	    .name = (const char *)sqlite3_column_text(st, 7),
	    .reason = (const char *)sqlite3_column_text(st, 8),
	    .detail = "",
	};

	hf_audit_hash(r->head, &l, r->head);
	r->cnt++;
	return cp_db_write(r->db, "UPDATE audit SET hash = ? WHERE id = ?", "bi",
	    (const void *)r->head, HF_SHA256_LEN, l.id, NULL);
}

/* The lines there are get their hashes, and one more line says that nothing vouches for them. */
static int
begin_chain(struct cp_db *db, int64_t from, int64_t now_s)
{
	struct rehash r = {.db = db};
	int64_t generation = 0;
	char reason[128];
	int rc = cp_db_each(db, rehash_line, &r,
	    "SELECT id, time, uid, generation_before, generation_after, author, action, name,"
	    " reason FROM audit ORDER BY id",
	    "", NULL);

	if (rc != 0 || r.cnt == 0)
		return rc;
	rc = cp_db_number(db, "SELECT value FROM meta WHERE key = 'generation'", &generation);
	snprintf(reason, sizeof(reason),
	    "schema %lld had no chain: it begins here, over the %lld lines that were found",
	    (long long)from, (long long)r.cnt);
	const struct cp_audit a = {
	    .time = now_s,
	    .author = {.uid = 0, .name = "holdfast"},
	    .action = "chain",
	    .reason = reason,
	    .before = (uint64_t)generation,
	    .after = (uint64_t)generation,
	};
	return rc == 0 ? cp_audit_write(db, &a) : rc;
}

static int
update(struct cp_db *db, int64_t from, int64_t now_s)
{
	int rc = cp_db_run(db, "BEGIN IMMEDIATE;", "begin");

	for (int64_t v = from; rc == 0 && v < CP_STORE_SCHEMA; v++)
		rc = cp_db_run(db, schemas[v], "schema");
	if (rc == 0 && from < CHAINED_SINCE) /* a chain that is there is not written anew */
		rc = begin_chain(db, from, now_s);
	return rc == 0 ? cp_db_run(db, "COMMIT;", "commit") : rc;
}

/* Journal mode is part of the file, so it is only set once the file is known to be ours. */
int
cp_schema_prepare(struct cp_db *db, int64_t now_s)
{
	int64_t version = 0;
	int rc = identify(db, &version);

	if (rc == 0 && version != 0)
		rc = cp_db_each(db, see_check, db, "PRAGMA quick_check(1)", "", NULL);
	if (rc == 0)
		rc = cp_db_run(
		    db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", "journal");
	return rc == 0 && version != CP_STORE_SCHEMA ? update(db, version, now_s) : rc;
}
