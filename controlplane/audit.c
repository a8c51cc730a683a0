/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/audit.h"

#include <errno.h>
#include <string.h>

#include <sqlite3.h>

struct end { /* of the log as it is */
	int64_t id;
	uint8_t hash[HF_SHA256_LEN];
	struct cp_db *db;
};

static int
take_end(void *arg, sqlite3_stmt *st)
{
	struct end *e = arg;

	if (sqlite3_column_bytes(st, 1) != HF_SHA256_LEN)
		return cp_db_fail(
		    e->db, -EBADMSG, "damaged: the audit log's last line has no hash");
	e->id = sqlite3_column_int64(st, 0);
	memcpy(e->hash, sqlite3_column_blob(st, 1), HF_SHA256_LEN);
	return 0;
}

int
cp_audit_write(struct cp_db *db, const struct cp_audit *a)
{
	char name[HF_NAME_TEXT_LEN];
	struct end e = {.db = db};
	int rc = cp_db_each(
	    db, take_end, &e, "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1", "", NULL);
	const struct hf_audit_line l = {
	    .id = e.id + 1,
	    .time = a->time,
	    .uid = a->author.uid,
	    .before = (int64_t)a->before,
	    .after = (int64_t)a->after,
	    .author = a->author.name,
	    .action = a->action,
	    .reason = a->reason,
	    .detail = a->detail != NULL ? a->detail : "",
	    .name = a->name != NULL ? hf_name_to_text(a->name, name) : NULL,
	};

	if (rc != 0)
		return rc;
	hf_audit_hash(e.hash, &l, e.hash);
	return cp_db_write(db,
	    "INSERT INTO audit(id, time, uid, author, action, name, reason, generation_before,"
	    " generation_after, detail, hash) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    "iiittttiitb", l.id, l.time, l.uid, l.author, l.action, l.name, l.reason, l.before,
	    l.after, l.detail, (const void *)e.hash, HF_SHA256_LEN, NULL);
}
