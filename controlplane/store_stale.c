/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/store_stale.h"

#include <errno.h>
#include <string.h>

#include <sqlite3.h>

#include "controlplane/store_db.h"

int
cp_store_put_stale(struct cp_store *s, const struct cp_stale_zone *z, const struct cp_audit *why)
{
	char name[HF_NAME_TEXT_LEN];
	int rc = cp_store_begin(s);

	if (rc != 0)
		return rc;
	rc = cp_db_write(&s->db, "INSERT OR REPLACE INTO stale_zone VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
	    "tiiiiiti", hf_name_to_text(&z->name, name), (int64_t)z->stale.client_ms,
	    (int64_t)z->stale.ttl_s, (int64_t)z->stale.max_s, (int64_t)z->stale.triggers,
	    (int64_t)z->author.uid, z->author.name, z->changed, NULL);
	return cp_store_finish(s, rc, why, s->generation + 1);
}

int
cp_store_drop_stale(struct cp_store *s, const struct hf_name *name, const struct cp_audit *why)
{
	char text[HF_NAME_TEXT_LEN];
	int rc = cp_store_begin(s);

	if (rc != 0)
		return rc;
	rc = cp_db_write(&s->db, "DELETE FROM stale_zone WHERE name = ?", "t",
	    hf_name_to_text(name, text), NULL);
	if (rc == 0 && cp_db_changed(&s->db) != 1)
		rc = cp_db_fail(&s->db, -ENOENT, "no such zone");
	return cp_store_finish(s, rc, why, s->generation + 1);
}

struct reader {
	struct cp_store *store;
	cp_stale_zone_fn fn;
	void *arg;
};

/* Whether v is a number that can be set. */
static bool
number_ok(int64_t v, int64_t max)
{
	return v >= 0 && v <= max;
}

/* What no code of ours wrote is no zone. */
static bool
row_to_zone(sqlite3_stmt *st, struct cp_stale_zone *z)
{
	char name[HF_NAME_TEXT_LEN];
	int64_t v[4];

	memset(z, 0, sizeof(*z));
	for (int i = 0; i < 4; i++)
		v[i] = sqlite3_column_int64(st, 1 + i);
	if (!number_ok(v[0], 60000) || !number_ok(v[1], HF_TTL_MAX_S) ||
	    !number_ok(v[2], HF_TTL_MAX_S) || !number_ok(v[3], HF_STALE_ALL) ||
	    !cp_db_text(st, 0, name, sizeof(name)) || hf_name_from_text(name, &z->name) != 0 ||
	    !cp_db_text(st, 6, z->author.name, sizeof(z->author.name)))
		return false;
	hf_name_lower(&z->name);
	z->stale = (struct cp_stale){.client_ms = (uint32_t)v[0],
	    .ttl_s = (uint32_t)v[1],
	    .max_s = (uint32_t)v[2],
	    .triggers = (uint32_t)v[3]};
	z->author.uid = (uint32_t)sqlite3_column_int64(st, 5);
	z->changed = sqlite3_column_int64(st, 7);
	return true;
}

static int
read_zone(void *arg, sqlite3_stmt *st)
{
	const struct reader *to = arg;
	struct cp_stale_zone z;

	return row_to_zone(st, &z) ? to->fn(to->arg, &z)
				   : cp_db_fail(&to->store->db, -EBADMSG, "damaged: stale zone");
}

int
cp_store_stales(struct cp_store *s, cp_stale_zone_fn fn, void *arg)
{
	struct reader to = {s, fn, arg};

	return cp_db_each(&s->db, read_zone, &to,
	    "SELECT name, client_ms, ttl, max, triggers, author_uid, author_name, changed"
	    " FROM stale_zone ORDER BY name",
	    "", NULL);
}
