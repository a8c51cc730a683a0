/* SPDX-License-Identifier: BSD-3-Clause */
/* The audit log in the store: whatever is done to a line shows. */
#include <errno.h>

#include "tests/unit/support/cp_store_dir.h"

static int
follow(void *arg, const struct hf_audit_line *l)
{
	return hf_audit_follow(arg, l) ? 0 : (int)l->id;
}

/* The first line that does not follow, 0: none. */
static int
broken_line(struct hf_audit_walk *w)
{
	struct cp_store *s = open_ok();
	int rc = cp_store_audit(s, 0, 0, 1000, follow, w);

	cp_store_close(s);
	return rc;
}

static void
whatever_is_changed_in_a_line_breaks_the_chain_there(void **state)
{
	static const char *const changes[] = {
	    "UPDATE audit SET time = time + 1 WHERE id = 3",
	    "UPDATE audit SET uid = 0 WHERE id = 3",
	    "UPDATE audit SET author = 'somebody' WHERE id = 3",
	    "UPDATE audit SET action = 'expire' WHERE id = 3",
	    "UPDATE audit SET name = 'se.' WHERE id = 3",
	    "UPDATE audit SET name = NULL WHERE id = 3",
	    "UPDATE audit SET reason = 'a test ' WHERE id = 3",
	    "UPDATE audit SET reason = 'a', detail = ' testand more' WHERE id = 3",
	    "UPDATE audit SET generation_before = 0 WHERE id = 3",
	    "UPDATE audit SET generation_after = 9 WHERE id = 3",
	    "UPDATE audit SET hash = randomblob(32) WHERE id = 3",
	    "DELETE FROM audit WHERE id = 3; UPDATE audit SET id = id - 1 WHERE id > 3",
	};
	struct hf_audit_walk whole = {0};

	(void)state;
	write_some_lines(5);
	assert_int_equal(broken_line(&whole), 0);
	assert_int_equal(whole.line_cnt, 5);
	assert_int_equal(whole.generation, 6);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct hf_audit_walk w = {0};

		run_sql("CREATE TABLE keep AS SELECT * FROM audit");
		run_sql(changes[i]);
		if (broken_line(&w) != 3)
			fail_msg("not noticed: %s", changes[i]);
		run_sql("DELETE FROM audit; INSERT INTO audit SELECT * FROM keep; DROP TABLE keep");
	}
}

static void
lines_cut_off_at_the_end_are_noticed_with_the_head_alone(void **state)
{
	struct hf_audit_walk whole = {0}, cut = {0};

	(void)state;
	write_some_lines(5);
	assert_int_equal(broken_line(&whole), 0);
	run_sql("DELETE FROM audit WHERE id = 5");
	cut.wanted = whole.head;
	assert_int_equal(broken_line(&cut), 0);
	assert_false(cut.met);
	assert_int_equal(cut.generation, 5); /* and the store is at 6 */
}

static void
without_its_last_hash_the_log_takes_no_more_lines(void **state)
{
	struct cp_nta n = nta("se.");

	(void)state;
	write_some_lines(1);
	run_sql("UPDATE audit SET hash = x'00'");
	struct cp_store *s = open_ok();
	assert_int_equal(add(s, &n), -EBADMSG);
	assert_int_equal(anchor_cnt(s), 1);
	cp_store_close(s);
}

static void
the_lines_of_an_earlier_schema_are_chained_and_one_says_since_when(void **state)
{
	struct hf_audit_walk w = {0};

	(void)state;
	write_some_lines(4);
	run_sql(to_schema_2);
	assert_int_equal(broken_line(&w), 0);
	assert_int_equal(w.line_cnt, 5);
	write_some_lines(2);
	memset(&w, 0, sizeof(w));
	assert_int_equal(broken_line(&w), 0);
	assert_int_equal(w.line_cnt, 7);
	run_sql("UPDATE audit SET reason = 'never' WHERE id = 2");
	memset(&w, 0, sizeof(w));
	assert_int_equal(broken_line(&w), 2);
}

/* Or whoever writes the schema's number back could have the control plane forge for him. */
static void
a_log_that_is_chained_already_is_not_chained_anew(void **state)
{
	struct hf_audit_walk w = {0};

	(void)state;
	write_some_lines(4);
	run_sql("UPDATE audit SET reason = 'never' WHERE id = 2; DROP TABLE stale_zone;"
		"PRAGMA user_version = 3; UPDATE meta SET value = 3 WHERE key = 'schema'");
	assert_int_equal(broken_line(&w), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(whatever_is_changed_in_a_line_breaks_the_chain_there),
	    T(lines_cut_off_at_the_end_are_noticed_with_the_head_alone),
	    T(without_its_last_hash_the_log_takes_no_more_lines),
	    T(the_lines_of_an_earlier_schema_are_chained_and_one_says_since_when),
	    T(a_log_that_is_chained_already_is_not_chained_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
