/* SPDX-License-Identifier: BSD-3-Clause */
/* The anchors in the store, those that wait, and the clock they end by. */
#include <errno.h>
#include <string.h>

#include <sqlite3.h>

#include "controlplane/store_db.h"

static int
write_nta(struct cp_store *s, const struct cp_nta *n)
{
	char name[HF_NAME_TEXT_LEN];

	return cp_db_write(&s->db, "INSERT OR REPLACE INTO nta VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
	    "ttitiiii", hf_name_to_text(&n->name, name), n->reason, (int64_t)n->author.uid,
	    n->author.name, n->added, n->expires, (int64_t)n->mode, (int64_t)n->forced, NULL);
}

static int
write_pending(struct cp_store *s, const struct cp_nta *n)
{
	char name[HF_NAME_TEXT_LEN];

	return cp_db_write(&s->db,
	    "INSERT OR REPLACE INTO nta_pending VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", "ttitiiiii",
	    hf_name_to_text(&n->name, name), n->reason, (int64_t)n->author.uid, n->author.name,
	    n->added, n->expires, (int64_t)n->mode, (int64_t)n->forced, n->lapses, NULL);
}

/* needed: one that is not there is an error. */
static int
erase(struct cp_store *s, const char *sql, const struct hf_name *name, bool needed)
{
	char text[HF_NAME_TEXT_LEN];
	int rc = cp_db_write(&s->db, sql, "t", hf_name_to_text(name, text), NULL);

	if (rc == 0 && needed && cp_db_changed(&s->db) != 1)
		rc = cp_db_fail(&s->db, -ENOENT, "no such anchor");
	return rc;
}

static const char erase_nta[] = "DELETE FROM nta WHERE name = ?";
static const char erase_pending[] = "DELETE FROM nta_pending WHERE name = ?";

int
cp_store_put(struct cp_store *s, const struct cp_nta *n, const struct cp_audit *why)
{
	int rc = cp_store_begin(s);

	if (rc != 0)
		return rc;
	rc = write_nta(s, n);
	if (rc == 0)
		rc = erase(s, erase_pending, &n->name, false);
	return cp_store_finish(s, rc, why, why->after);
}

int
cp_store_remove(struct cp_store *s, const struct hf_name *name, const struct cp_audit *why)
{
	int rc = cp_store_begin(s);

	return rc == 0 ? cp_store_finish(s, erase(s, erase_nta, name, true), why, why->after) : rc;
}

int
cp_store_pend(struct cp_store *s, const struct cp_nta *n, const struct cp_audit *why)
{
	int rc = cp_store_begin(s);

	return rc == 0 ? cp_store_finish(s, write_pending(s, n), why, why->after) : rc;
}

int
cp_store_unpend(struct cp_store *s, const struct hf_name *name, const struct cp_audit *why)
{
	int rc = cp_store_begin(s);

	return rc == 0 ? cp_store_finish(s, erase(s, erase_pending, name, true), why, why->after)
		       : rc;
}

/* --- reading ------------------------------------------------------------------------------- */

struct reader {
	struct cp_store *s;
	cp_store_fn fn;
	void *arg;
};

static bool
row_to_nta(sqlite3_stmt *st, struct cp_nta *n)
{
	char name[HF_NAME_TEXT_LEN];
	int64_t mode = sqlite3_column_int64(st, 6);

	memset(n, 0, sizeof(*n));
	if (!cp_db_text(st, 0, name, sizeof(name)) || hf_name_from_text(name, &n->name) != 0 ||
	    !cp_db_text(st, 1, n->reason, sizeof(n->reason)) ||
	    !cp_db_text(st, 3, n->author.name, sizeof(n->author.name)) ||
	    (mode != HF_NTA_STRICT && mode != HF_NTA_SOFT))
		return false;
	hf_name_lower(&n->name);
	n->author.uid = (uint32_t)sqlite3_column_int64(st, 2);
	n->added = sqlite3_column_int64(st, 4);
	n->expires = sqlite3_column_int64(st, 5);
	n->mode = (enum hf_nta_mode)mode;
	n->forced = sqlite3_column_int64(st, 7) != 0;
	n->lapses = sqlite3_column_int64(st, 8);
	return true;
}

static int
read_nta(void *arg, sqlite3_stmt *st)
{
	const struct reader *to = arg;
	struct cp_nta n;

	return row_to_nta(st, &n) ? to->fn(to->arg, &n)
				  : cp_db_fail(&to->s->db, -EBADMSG, "damaged: anchor");
}

#define COLUMNS "name, reason, author_uid, author_name, added, expires, mode, forced"

int
cp_store_load(struct cp_store *s, cp_store_fn fn, void *arg)
{
	struct reader to = {.s = s, .fn = fn, .arg = arg};

	return cp_db_each(&s->db, read_nta, &to,
	    "SELECT " COLUMNS ", 0 AS lapses FROM nta UNION ALL"
	    " SELECT " COLUMNS ", lapses FROM nta_pending ORDER BY lapses, name",
	    "", NULL);
}

/* --- the clock ----------------------------------------------------------------------------- */

struct clock_reader {
	struct cp_db *db;
	struct cp_steady *out;
};

static int
read_clock(void *arg, sqlite3_stmt *st)
{
	const struct clock_reader *to = arg;
	struct cp_steady c = {
	    .wall_s = sqlite3_column_int64(st, 1),
	    .ns = (uint64_t)sqlite3_column_int64(st, 2),
	    .seen_s = sqlite3_column_int64(st, 3),
	};

	if (!cp_db_text(st, 0, c.boot, sizeof(c.boot)))
		return cp_db_fail(to->db, -EBADMSG, "damaged: clock");
	*to->out = c;
	return 0;
}

int
cp_store_clock(struct cp_store *s, struct cp_steady *out)
{
	struct clock_reader to = {.db = &s->db, .out = out};

	memset(out, 0, sizeof(*out));
	return cp_db_each(
	    &s->db, read_clock, &to, "SELECT boot, wall, ns, seen FROM clock", "", NULL);
}

static int
move_ends(struct cp_store *s, int64_t by_s)
{
	int rc = cp_db_write(&s->db, "UPDATE nta SET expires = expires + ?", "i", by_s, NULL);

	if (rc == 0)
		rc = cp_db_write(&s->db,
		    "UPDATE nta_pending SET expires = expires + ?, lapses = lapses + ?", "ii", by_s,
		    by_s, NULL);
	return rc;
}

int
cp_store_set_clock(
    struct cp_store *s, const struct cp_steady *c, int64_t by_s, const struct cp_audit *why)
{
	int rc = cp_store_begin(s);

	if (rc != 0)
		return rc;
	rc = cp_db_write(&s->db, "INSERT OR REPLACE INTO clock VALUES(1, ?, ?, ?, ?)", "tiii",
	    c->boot, c->wall_s, (int64_t)c->ns, c->seen_s, NULL);
	if (rc == 0 && by_s != 0)
		rc = move_ends(s, by_s);
	return by_s != 0 ? cp_store_finish(s, rc, why, s->generation)
			 : cp_store_commit(s, rc, s->generation);
}
