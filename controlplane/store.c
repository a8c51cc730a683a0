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
    "PRAGMA application_id = 1212564304;";
/* From the schema before; a new file goes through all of them. */
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
static const char schema_3[] = "ALTER TABLE nta ADD COLUMN mode INTEGER NOT NULL DEFAULT 0;"
			       "ALTER TABLE nta ADD COLUMN forced INTEGER NOT NULL DEFAULT 0;"
			       "UPDATE meta SET value = 3 WHERE key = 'schema';"
			       "PRAGMA user_version = 3;";
static const char *const schemas[] = {schema_1, schema_2, schema_3};
_Static_assert(APPLICATION_ID == 1212564304, "the number in the schema");
_Static_assert(CP_STORE_SCHEMA == sizeof(schemas) / sizeof(schemas[0]), "one each");

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
identify(struct cp_store *s, bool *fresh, int64_t *schema_of)
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
	*schema_of = version;
	if (!*fresh && (version < 1 || version > CP_STORE_SCHEMA))
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
prepare(struct cp_store *s, bool fresh, int64_t schema_of)
{
	int rc = fresh ? 0 : check_whole(s);

	if (rc == 0)
		rc = run(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", "journal");
	if (rc != 0 || schema_of == CP_STORE_SCHEMA)
		return rc;
	rc = run(s, "BEGIN IMMEDIATE;", "begin");
	for (int64_t v = schema_of; rc == 0 && v < CP_STORE_SCHEMA; v++)
		rc = run(s, schemas[v], "schema");
	return rc == 0 ? run(s, "COMMIT;", "commit") : rc;
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
	int64_t schema_of = 0;
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
		rc = identify(s, &fresh, &schema_of);
	if (rc == 0)
		rc = prepare(s, fresh, schema_of);
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

/* A statement with its values: letters say what comes, 't' text, 'i' int64_t, 'b' octets and
 * their number (int). */
__attribute__((sentinel)) static int
run_with(struct cp_store *s, const char *sql, const char *kinds, ...)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
	va_list ap;

	va_start(ap, kinds);
	for (int i = 0; rc == SQLITE_OK && kinds[i] != '\0'; i++) {
		if (kinds[i] == 't') {
			rc = sqlite3_bind_text(st, i + 1, va_arg(ap, const char *), -1,
			    SQLITE_TRANSIENT); /* NULL binds NULL */
		} else if (kinds[i] == 'b') {
			const void *octets = va_arg(ap, const void *);

			rc =
			    sqlite3_bind_blob(st, i + 1, octets, va_arg(ap, int), SQLITE_TRANSIENT);
		} else {
			rc = sqlite3_bind_int64(st, i + 1, va_arg(ap, int64_t));
		}
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

/* End the transaction that was begun, its audit lines written, at this generation. */
static int
commit(struct cp_store *s, int rc, uint64_t generation)
{
	if (rc == 0)
		rc = run_with(s, "UPDATE meta SET value = ? WHERE key = 'generation'", "i",
		    (int64_t)generation, NULL);
	if (rc == 0)
		rc = run(s, "COMMIT;", "commit");
	if (rc == 0)
		s->generation = generation;
	else
		(void)sqlite3_exec(s->db, "ROLLBACK;", NULL, NULL, NULL); /* the error stays */
	return rc;
}

/* The same with its one audit line. */
static int
finish(struct cp_store *s, int rc, struct cp_audit a, uint64_t generation)
{
	a.before = s->generation;
	a.after = generation;
	if (rc == 0)
		rc = write_audit(s, &a);
	return commit(s, rc, generation);
}

int
cp_store_add(struct cp_store *s, const struct cp_nta *n)
{
	char name[HF_NAME_TEXT_LEN];
	int rc = run(s, "BEGIN IMMEDIATE;", "begin");

	if (rc != 0)
		return rc;
	rc = run_with(s, "INSERT INTO nta VALUES(?, ?, ?, ?, ?, ?, ?, ?)", "ttitiiii",
	    hf_name_to_text(&n->name, name), n->reason, (int64_t)n->author.uid, n->author.name,
	    n->added, n->expires, (int64_t)n->mode, (int64_t)n->forced, NULL);
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

/* --- trust points -------------------------------------------------------------------------- */

static int
write_key(struct cp_store *s, const char *name, const struct cp_point_key *k)
{
	return run_with(s, "INSERT INTO trust_key VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    "tibiiiiiiii", name, (int64_t)k->type, (const void *)k->rdata, (int)k->len,
	    (int64_t)k->state, (int64_t)k->configured, (int64_t)k->learned, k->since_s, k->seen_s,
	    (int64_t)k->seen_cnt, (int64_t)k->held_ms, (int64_t)k->need_ms, NULL);
}

static int
write_point(struct cp_store *s, const struct cp_point *p)
{
	char name[HF_NAME_TEXT_LEN];
	int rc = run_with(s, "INSERT OR REPLACE INTO trust_point VALUES(?, ?, ?, ?, ?, ?)",
	    "tiitii", hf_name_to_text(&p->name, name), p->good_s, (int64_t)p->good_ns, p->boot,
	    (int64_t)p->interval_s, (int64_t)p->retry_s, NULL);

	if (rc == 0)
		rc = run_with(s, "DELETE FROM trust_key WHERE name = ?", "t", name, NULL);
	for (unsigned i = 0; rc == 0 && i < p->key_cnt; i++)
		rc = write_key(s, name, &p->keys[i]);
	return rc;
}

/* "key tag 38696, algorithm 8: AddPend to Valid: its hold-down is over" */
static int
audit_change(
    struct cp_store *s, const struct cp_point *p, const struct cp_key_change *c, struct cp_audit *a)
{
	char text[CP_REASON_MAX + 1];

	snprintf(text, sizeof(text), "key tag %u, algorithm %u: %s to %s: %s", c->tag, c->algorithm,
	    cp_key_state_text(c->from), cp_key_state_text(c->to), c->why);
	a->action = cp_key_state_word(c->to);
	a->name = &p->name;
	a->reason = text;
	return write_audit(s, a);
}

int
cp_store_put_point(struct cp_store *s, const struct cp_point *p,
    const struct cp_point_changes *changes, int64_t now_s, bool pushed)
{
	struct cp_audit a = {
	    .time = now_s,
	    .author = {.uid = 0, .name = "holdfast"},
	    .before = s->generation,
	    .after = s->generation + (pushed && changes->trust),
	};
	int rc = run(s, "BEGIN IMMEDIATE;", "begin");

	if (rc != 0)
		return rc;
	rc = write_point(s, p);
	for (unsigned i = 0; rc == 0 && i < changes->cnt; i++)
		rc = audit_change(s, p, &changes->item[i], &a);
	return commit(s, rc, a.after);
}

/* --- reading ------------------------------------------------------------------------------- */

struct reader { /* who is given the rows */
	cp_store_fn nta;
	cp_point_fn point;
	cp_audit_fn audit;
	void *arg;
};

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
	int64_t mode = sqlite3_column_int64(st, 6);
	if (mode != HF_NTA_STRICT && mode != HF_NTA_SOFT)
		return false;
	hf_name_lower(&n->name);
	n->author.uid = (uint32_t)sqlite3_column_int64(st, 2);
	n->added = sqlite3_column_int64(st, 4);
	n->expires = sqlite3_column_int64(st, 5);
	n->mode = (enum hf_nta_mode)mode;
	n->forced = sqlite3_column_int64(st, 7) != 0;
	return true;
}

/* row for each row of sql, until one is not 0, which is returned. */
static int
each_row(struct cp_store *s, const char *sql,
    int (*row)(struct cp_store *s, sqlite3_stmt *st, const struct reader *to),
    const struct reader *to)
{
	sqlite3_stmt *st = NULL;
	int out = 0, rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);

	while (rc == SQLITE_OK && out == 0) {
		rc = sqlite3_step(st);
		if (rc != SQLITE_ROW)
			break;
		rc = SQLITE_OK;
		out = row(s, st, to);
	}
	if (out == 0 && rc != SQLITE_DONE)
		out = fail_db(s, rc, "read");
	sqlite3_finalize(st);
	return out;
}

static int
read_nta(struct cp_store *s, sqlite3_stmt *st, const struct reader *to)
{
	struct cp_nta n;

	return row_to_nta(st, &n) ? to->nta(to->arg, &n) : fail(s, -EBADMSG, "damaged: anchor");
}

int
cp_store_load(struct cp_store *s, cp_store_fn fn, void *arg)
{
	const struct reader to = {.nta = fn, .arg = arg};

	return each_row(s,
	    "SELECT name, reason, author_uid, author_name, added, expires, mode, forced FROM nta"
	    " ORDER BY name",
	    read_nta, &to);
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

static int
read_audit(struct cp_store *s, sqlite3_stmt *st, const struct reader *to)
{
	struct cp_audit a;
	struct hf_name name;

	return row_to_audit(st, &a, &name) ? to->audit(to->arg, &a)
					   : fail(s, -EBADMSG, "damaged: audit");
}

int
cp_store_audit(struct cp_store *s, cp_audit_fn fn, void *arg)
{
	const struct reader to = {.audit = fn, .arg = arg};

	return each_row(s,
	    "SELECT time, uid, author, action, name, reason, generation_before, generation_after"
	    " FROM audit ORDER BY id",
	    read_audit, &to);
}

/* --- reading trust points ------------------------------------------------------------------ */

/* One that no code of ours wrote is no key. */
static bool
row_to_key(sqlite3_stmt *st, struct cp_point_key *k)
{
	const void *rdata = sqlite3_column_blob(st, 1);
	int64_t type = sqlite3_column_int64(st, 0), state = sqlite3_column_int64(st, 2);
	int len = sqlite3_column_bytes(st, 1);

	memset(k, 0, sizeof(*k));
	if ((type != HF_TYPE_DS && type != HF_TYPE_DNSKEY) || rdata == NULL || len <= 4 ||
	    len > CP_POINT_RDATA_MAX || state < 0 || state >= CP_KEY_START ||
	    sqlite3_column_int64(st, 8) < 0 || sqlite3_column_int64(st, 9) < 0)
		return false;
	memcpy(k->rdata, rdata, (size_t)len);
	k->len = (uint16_t)len;
	k->type = (uint16_t)type;
	k->state = (enum cp_key_state)state;
	k->configured = sqlite3_column_int64(st, 3) != 0;
	k->learned = sqlite3_column_int64(st, 4) != 0;
	k->since_s = sqlite3_column_int64(st, 5);
	k->seen_s = sqlite3_column_int64(st, 6);
	k->seen_cnt = (uint32_t)sqlite3_column_int64(st, 7);
	k->held_ms = (uint64_t)sqlite3_column_int64(st, 8);
	k->need_ms = (uint64_t)sqlite3_column_int64(st, 9);
	return true;
}

static int
read_keys(struct cp_store *s, const char *name, struct cp_point *p)
{
	static const char sql[] =
	    "SELECT type, rdata, state, configured, learned, since, seen, seen_cnt, held_ms,"
	    " need_ms FROM trust_key WHERE name = ?";
	sqlite3_stmt *st = NULL;
	struct cp_point_key k;
	int out = 0, rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(st, 1, name, -1, SQLITE_TRANSIENT);
	while (rc == SQLITE_OK && out == 0) {
		rc = sqlite3_step(st);
		if (rc != SQLITE_ROW)
			break;
		rc = SQLITE_OK;
		out = row_to_key(st, &k) ? cp_point_add(p, &k)
					 : fail(s, -EBADMSG, "damaged: key of a trust point");
	}
	if (out == 0 && rc != SQLITE_DONE)
		out = fail_db(s, rc, "read");
	sqlite3_finalize(st);
	return out;
}

static bool
row_to_point(sqlite3_stmt *st, char *text, struct cp_point *p)
{
	struct hf_name name;

	if (!column_text(st, 0, text, HF_NAME_TEXT_LEN) || hf_name_from_text(text, &name) != 0)
		return false;
	cp_point_init(p, &name, true);
	p->good_s = sqlite3_column_int64(st, 1);
	p->good_ns = (uint64_t)sqlite3_column_int64(st, 2);
	p->interval_s = (uint32_t)sqlite3_column_int64(st, 4);
	p->retry_s = (uint32_t)sqlite3_column_int64(st, 5);
	return column_text(st, 3, p->boot, sizeof(p->boot));
}

static int
read_point(struct cp_store *s, sqlite3_stmt *st, const struct reader *to)
{
	char text[HF_NAME_TEXT_LEN];
	struct cp_point p;

	if (!row_to_point(st, text, &p))
		return fail(s, -EBADMSG, "damaged: trust point");
	int rc = read_keys(s, text, &p);

	if (rc == 0)
		rc = to->point(to->arg, &p);
	cp_point_fini(&p);
	return rc;
}

int
cp_store_points(struct cp_store *s, cp_point_fn fn, void *arg)
{
	const struct reader to = {.point = fn, .arg = arg};

	return each_row(s,
	    "SELECT name, good, good_ns, boot, interval, retry FROM trust_point ORDER BY name",
	    read_point, &to);
}
