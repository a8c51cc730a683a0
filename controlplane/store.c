/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "controlplane/schema.h"
#include "controlplane/store_db.h"
#include "lib/base/clock.h"

/* --- opening ------------------------------------------------------------------------------- */

static int
take_lock(struct cp_store *s)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s.lock", s->path) >= sizeof(path))
		return cp_db_fail(&s->db, -ENAMETOOLONG, "path too long");
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		return cp_db_fail(&s->db, -errno, "cannot open %s: %s", path, strerror(errno));
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return cp_db_fail(&s->db, -EBUSY, "in use by another control plane");
	return 0;
}

static int
read_generation(struct cp_store *s)
{
	int64_t v = 0;
	int rc = cp_db_number(&s->db, "SELECT value FROM meta WHERE key = 'generation'", &v);

	if (rc == 0 && v < 1)
		rc = cp_db_fail(&s->db, -EBADMSG, "damaged: generation %lld", (long long)v);
	if (rc == 0)
		s->generation = (uint64_t)v;
	return rc;
}

int
cp_store_open(const char *path, struct cp_store **out)
{
	struct cp_store *s = calloc(1, sizeof(*s));

	*out = s;
	if (s == NULL)
		return -ENOMEM;
	s->lock_fd = -1;
	s->path = strdup(path);
	if (s->path == NULL)
		return -ENOMEM;
	s->db.path = s->path;
	int rc = take_lock(s);
	if (rc != 0)
		return rc;
	mode_t old = umask(0077);
	rc = cp_db_open(&s->db, s->path);
	if (rc == 0)
		rc = cp_schema_prepare(&s->db, hf_clock_wall_s());
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
	cp_db_close(&s->db);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s->path);
	free(s);
}

const char *
cp_store_error(const struct cp_store *s)
{
	return s != NULL ? s->db.error : "out of memory";
}

uint64_t
cp_store_generation(const struct cp_store *s)
{
	return s->generation;
}

/* --- changes ------------------------------------------------------------------------------- */

int
cp_store_begin(struct cp_store *s)
{
	return cp_db_run(&s->db, "BEGIN IMMEDIATE;", "begin");
}

int
cp_store_commit(struct cp_store *s, int rc, uint64_t generation)
{
	if (rc == 0 && generation != s->generation)
		rc = cp_db_write(&s->db, "UPDATE meta SET value = ? WHERE key = 'generation'", "i",
		    (int64_t)generation, NULL);
	if (rc == 0)
		rc = cp_db_run(&s->db, "COMMIT;", "commit");
	if (rc == 0)
		s->generation = generation;
	else /* the error stays */
		(void)sqlite3_exec(s->db.sqlite, "ROLLBACK;", NULL, NULL, NULL);
	return rc;
}

int
cp_store_finish(struct cp_store *s, int rc, const struct cp_audit *why, uint64_t generation)
{
	struct cp_audit a = *why;

	a.before = s->generation;
	a.after = generation;
	if (rc == 0 && (generation < s->generation || generation > INT64_MAX))
		rc = cp_db_fail(&s->db, -EINVAL, "generation %llu does not follow %llu",
		    (unsigned long long)generation, (unsigned long long)s->generation);
	if (rc == 0)
		rc = cp_audit_write(&s->db, &a);
	return cp_store_commit(s, rc, generation);
}

int
cp_store_note(struct cp_store *s, const struct cp_audit *why)
{
	int rc = cp_store_begin(s);

	return rc == 0 ? cp_store_finish(s, 0, why, why->after) : rc;
}

int
cp_store_audit(
    struct cp_store *s, int64_t after, int64_t since_s, int64_t max, hf_audit_fn fn, void *arg)
{
	int rc = hf_audit_read(s->db.sqlite, after, since_s, max, fn, arg);

	if (rc == -EBADMSG)
		return cp_db_fail(&s->db, rc, "damaged: a line of the audit log");
	return rc == -EIO ? cp_db_fail(&s->db, rc, "read: %s", sqlite3_errmsg(s->db.sqlite)) : rc;
}
