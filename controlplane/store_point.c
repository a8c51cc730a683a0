/* SPDX-License-Identifier: BSD-3-Clause */
/* Trust points and their keys in the store. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "controlplane/store_db.h"

static int
write_key(struct cp_store *s, const char *name, const struct cp_point_key *k)
{
	return cp_db_write(&s->db, "INSERT INTO trust_key VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    "tibiiiiiiii", name, (int64_t)k->type, (const void *)k->rdata, (int)k->len,
	    (int64_t)k->state, (int64_t)k->configured, (int64_t)k->learned, k->since_s, k->seen_s,
	    (int64_t)k->seen_cnt, (int64_t)k->held_ms, (int64_t)k->need_ms, NULL);
}

static int
write_point(struct cp_store *s, const struct cp_point *p)
{
	char name[HF_NAME_TEXT_LEN];
	int rc = cp_db_write(&s->db, "INSERT OR REPLACE INTO trust_point VALUES(?, ?, ?, ?, ?, ?)",
	    "tiitii", hf_name_to_text(&p->name, name), p->good_s, (int64_t)p->good_ns, p->boot,
	    (int64_t)p->interval_s, (int64_t)p->retry_s, NULL);

	if (rc == 0)
		rc = cp_db_write(&s->db, "DELETE FROM trust_key WHERE name = ?", "t", name, NULL);
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
	return cp_audit_write(&s->db, a);
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
	int rc = cp_store_begin(s);

	if (rc != 0)
		return rc;
	rc = write_point(s, p);
	for (unsigned i = 0; rc == 0 && i < changes->cnt; i++)
		rc = audit_change(s, p, &changes->item[i], &a);
	return cp_store_commit(s, rc, a.after);
}

/* --- reading ------------------------------------------------------------------------------- */

struct reader {
	struct cp_store *s;
	cp_point_fn fn;
	void *arg;
};

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

struct key_reader {
	struct cp_store *s;
	struct cp_point *p;
};

static int
read_key(void *arg, sqlite3_stmt *st)
{
	const struct key_reader *to = arg;
	struct cp_point_key k;

	return row_to_key(st, &k)
	    ? cp_point_add(to->p, &k)
	    : cp_db_fail(&to->s->db, -EBADMSG, "damaged: key of a trust point");
}

static bool
row_to_point(sqlite3_stmt *st, char *text, struct cp_point *p)
{
	struct hf_name name;

	if (!cp_db_text(st, 0, text, HF_NAME_TEXT_LEN) || hf_name_from_text(text, &name) != 0)
		return false;
	cp_point_init(p, &name, true);
	p->good_s = sqlite3_column_int64(st, 1);
	p->good_ns = (uint64_t)sqlite3_column_int64(st, 2);
	p->interval_s = (uint32_t)sqlite3_column_int64(st, 4);
	p->retry_s = (uint32_t)sqlite3_column_int64(st, 5);
	return cp_db_text(st, 3, p->boot, sizeof(p->boot));
}

static int
read_point(void *arg, sqlite3_stmt *st)
{
	const struct reader *to = arg;
	char text[HF_NAME_TEXT_LEN];
	struct cp_point p;
	struct key_reader keys = {.s = to->s, .p = &p};

	if (!row_to_point(st, text, &p))
		return cp_db_fail(&to->s->db, -EBADMSG, "damaged: trust point");
	int rc = cp_db_each(&to->s->db, read_key, &keys,
	    "SELECT type, rdata, state, configured, learned, since, seen, seen_cnt, held_ms,"
	    " need_ms FROM trust_key WHERE name = ?",
	    "t", text, NULL);

	if (rc == 0)
		rc = to->fn(to->arg, &p);
	cp_point_fini(&p);
	return rc;
}

int
cp_store_points(struct cp_store *s, cp_point_fn fn, void *arg)
{
	struct reader to = {.s = s, .fn = fn, .arg = arg};

	return cp_db_each(&s->db, read_point, &to,
	    "SELECT name, good, good_ns, boot, interval, retry FROM trust_point ORDER BY name", "",
	    NULL);
}
