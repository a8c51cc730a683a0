/* SPDX-License-Identifier: BSD-3-Clause */
/* A policy store in a folder of its own, and changes to it, for the tests of the store and its log.
 */
#ifndef TESTS_UNIT_CP_STORE_DIR_H
#define TESTS_UNIT_CP_STORE_DIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "controlplane/store.h"

static char dir[64], path[80];

__attribute__((unused)) static int
make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/holdfast-store-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/policy.db", dir);
	return 0;
}

__attribute__((unused)) static int
remove_dir(void **state)
{
	static const char *const files[] = {"", "-wal", "-shm", ".lock", "-journal"};
	char name[128];

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, files[i]);
		(void)unlink(name);
	}
	return rmdir(dir);
}

__attribute__((unused)) static struct cp_nta
nta(const char *name)
{
	struct cp_nta n = {
	    .reason = "a test",
	    .author = {.uid = 7, .name = "tester"},
	    .added = 1000,
	    .expires = 4600,
	    .mode = HF_NTA_SOFT,
	    .forced = true,
	};

	assert_int_equal(hf_name_from_text(name, &n.name), 0);
	return n;
}

__attribute__((unused)) static struct cp_audit
audit(const struct cp_nta *n, const char *action, uint64_t after)
{
	return (struct cp_audit){.time = 2000,
	    .author = n->author,
	    .action = action,
	    .name = &n->name,
	    .reason = n->reason,
	    .detail = "and more",
	    .after = after};
}

__attribute__((unused)) static int
add(struct cp_store *s, const struct cp_nta *n)
{
	struct cp_audit why = audit(n, "add", cp_store_generation(s) + 1);

	return cp_store_put(s, n, &why);
}

__attribute__((unused)) static int
take_out(struct cp_store *s, const struct cp_nta *n)
{
	struct cp_audit why = audit(n, "remove", cp_store_generation(s) + 1);

	return cp_store_remove(s, &n->name, &why);
}

__attribute__((unused)) static struct cp_store *
open_ok(void)
{
	struct cp_store *s;

	if (cp_store_open(path, &s) != 0)
		fail_msg("%s", cp_store_error(s));
	return s;
}

__attribute__((unused)) static void
run_sql(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

struct seen {
	int cnt;
	struct cp_nta last;
};

__attribute__((unused)) static int
see(void *arg, const struct cp_nta *n)
{
	struct seen *s = arg;

	s->cnt++;
	s->last = *n;
	return 0;
}

__attribute__((unused)) static int
anchor_cnt(struct cp_store *s)
{
	struct seen seen = {0};

	assert_int_equal(cp_store_load(s, see, &seen), 0);
	return seen.cnt;
}

__attribute__((unused)) static void
write_some_lines(int cnt)
{
	struct cp_store *s = open_ok();
	struct cp_nta n = nta("de.");

	for (int i = 0; i < cnt; i++)
		assert_int_equal(i % 2 == 0 ? add(s, &n) : take_out(s, &n), 0);
	cp_store_close(s);
}

/* Back to what schema 2 was. */
static const char to_schema_2[] =
    "ALTER TABLE nta DROP COLUMN mode; ALTER TABLE nta DROP COLUMN forced;"
    "ALTER TABLE audit DROP COLUMN detail; ALTER TABLE audit DROP COLUMN hash;"
    "DROP TABLE nta_pending; DROP TABLE clock; DROP TABLE stale_zone; PRAGMA user_version = 2;"
    "UPDATE meta SET value = 2 WHERE key = 'schema';";

#define T(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)

#endif
