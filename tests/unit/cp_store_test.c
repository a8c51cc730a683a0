/* SPDX-License-Identifier: BSD-3-Clause */
/* The policy store: changes survive whole or not at all; a foreign file is not touched. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/support/cp_store_dir.h"

struct points {
	int cnt;
	struct cp_point last; /* the caller's to free */
};

static int
see_point(void *arg, const struct cp_point *p)
{
	struct points *seen = arg;

	seen->cnt++;
	return cp_point_copy(&seen->last, p);
}

/* With two keys. */
static struct cp_point
point(void)
{
	struct cp_point p;
	struct cp_point_key k = {.state = CP_KEY_VALID,
	    .type = HF_TYPE_DNSKEY,
	    .configured = true,
	    .since_s = 10,
	    .seen_s = 20,
	    .len = 40,
	    .rdata = {1, 1, 3, 15, 0, 0xff}};

	cp_point_init(&p, &hf_name_root, true);
	p.good_s = 1800000000;
	p.good_ns = 12345678901;
	p.interval_s = 86400;
	p.retry_s = 3600;
	strcpy(p.boot, "0123-4567");
	assert_int_equal(cp_point_add(&p, &k), 0);
	k.state = CP_KEY_PENDING;
	k.type = HF_TYPE_DS;
	k.configured = false;
	k.learned = true;
	k.seen_cnt = 3;
	k.held_ms = UINT64_C(1) << 40;
	k.need_ms = 6;
	k.rdata[1] = 0; /* before the other one */
	k.rdata[0] = 9;
	assert_int_equal(cp_point_add(&p, &k), 0);
	/* As they are read: by type and octets. */
	struct cp_point_key first = p.keys[0];
	p.keys[0] = p.keys[1];
	p.keys[1] = first;
	return p;
}

static void
a_new_store_is_empty_private_and_of_generation_one(void **state)
{
	struct cp_store *s = open_ok();
	struct stat st;

	(void)state;
	assert_int_equal(cp_store_generation(s), 1);
	assert_int_equal(anchor_cnt(s), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	cp_store_close(s);
}

static void
what_was_added_is_there_after_opening_again(void **state)
{
	struct cp_store *s = open_ok();
	struct cp_nta n = nta("xn--bcher-kva.\\.\\255.example.");
	struct seen seen = {0};

	(void)state;
	assert_int_equal(add(s, &n), 0);
	cp_store_close(s);
	s = open_ok();
	assert_int_equal(cp_store_generation(s), 2);
	assert_int_equal(cp_store_load(s, see, &seen), 0);
	assert_int_equal(seen.cnt, 1);
	assert_true(hf_name_equal(&seen.last.name, &n.name));
	assert_string_equal(seen.last.reason, "a test");
	assert_string_equal(seen.last.author.name, "tester");
	assert_int_equal(seen.last.author.uid, 7);
	assert_int_equal(seen.last.expires, 4600);
	assert_int_equal(seen.last.mode, HF_NTA_SOFT);
	assert_true(seen.last.forced);
	cp_store_close(s);
}

static int
check_line(void *arg, const struct hf_audit_line *l)
{
	static const char *const actions[] = {"add", "remove", "reconcile"};
	static const int64_t after[] = {2, 3, 9};
	int i = (*(int *)arg)++;

	assert_string_equal(l->action, actions[i]);
	assert_int_equal(l->after, after[i]);
	assert_int_equal(l->before, i == 0 ? 1 : after[i - 1]);
	assert_int_equal(l->name != NULL, i < 2);
	return 0;
}

static void
every_change_leaves_its_line_with_both_generations(void **state)
{
	struct cp_store *s = open_ok();
	struct cp_nta n = nta("de.");
	struct cp_audit jump = audit(&n, "reconcile", 9);
	int lines = 0;

	(void)state;
	jump.name = NULL;
	assert_int_equal(add(s, &n), 0);
	assert_int_equal(take_out(s, &n), 0);
	assert_int_equal(cp_store_note(s, &jump), 0);
	assert_int_equal(cp_store_audit(s, 0, 0, 100, check_line, &lines), 0);
	assert_int_equal(lines, 3);
	lines = 1;
	assert_int_equal(cp_store_audit(s, 1, 2000, 1, check_line, &lines), 0); /* a page */
	assert_int_equal(lines, 2);
	assert_int_equal(cp_store_audit(s, 0, 2001, 100, check_line, &lines), 0);
	assert_int_equal(lines, 2);
	cp_store_close(s);
}

static void
a_change_that_fails_changes_nothing(void **state)
{
	struct cp_store *s = open_ok();
	struct cp_nta n = nta("de."), other = nta("se.");
	struct cp_audit past = audit(&n, "add", 1), absent = audit(&other, "withdraw", 2);

	(void)state;
	assert_int_equal(add(s, &n), 0);
	assert_int_equal(take_out(s, &other), -ENOENT);
	assert_int_equal(cp_store_unpend(s, &other.name, &absent), -ENOENT);
	assert_int_equal(cp_store_put(s, &other, &past), -EINVAL);
	assert_int_equal(cp_store_note(s, &past), -EINVAL);
	assert_int_equal(cp_store_generation(s), 2);
	assert_int_equal(anchor_cnt(s), 1);
	assert_int_equal(add(s, &other), 0); /* no transaction was left open */
	cp_store_close(s);
}

static void
one_of_the_same_name_is_replaced(void **state)
{
	struct cp_store *s = open_ok();
	struct cp_nta n = nta("de.");
	struct seen seen = {0};

	(void)state;
	assert_int_equal(add(s, &n), 0);
	n.expires = 9999;
	n.mode = HF_NTA_STRICT;
	assert_int_equal(add(s, &n), 0);
	assert_int_equal(cp_store_load(s, see, &seen), 0);
	assert_int_equal(seen.cnt, 1);
	assert_int_equal(seen.last.expires, 9999);
	assert_int_equal(seen.last.mode, HF_NTA_STRICT);
	cp_store_close(s);
}

static void
what_waits_is_kept_apart_until_it_is_put_in_force(void **state)
{
	struct cp_store *s = open_ok();
	struct cp_nta n = nta("de.");
	struct cp_audit ask = audit(&n, "ask", 1);
	struct seen seen = {0};

	(void)state;
	n.lapses = 1900;
	assert_int_equal(cp_store_pend(s, &n, &ask), 0);
	cp_store_close(s);
	s = open_ok();
	assert_int_equal(cp_store_generation(s), 1);
	assert_int_equal(cp_store_load(s, see, &seen), 0);
	assert_int_equal(seen.cnt, 1);
	assert_int_equal(seen.last.lapses, 1900);
	n.lapses = 0;
	assert_int_equal(add(s, &n), 0);
	assert_int_equal(cp_store_load(s, see, &seen), 0);
	assert_int_equal(seen.cnt, 2); /* one more: it does not wait any longer */
	assert_int_equal(seen.last.lapses, 0);
	cp_store_close(s);
}

static void
the_clock_is_kept_and_a_jump_moves_every_end(void **state)
{
	struct cp_store *s = open_ok();
	struct cp_nta n = nta("de."), waits = nta("se.");
	struct cp_audit ask = audit(&waits, "ask", 2), jump = audit(&n, "clock", 0);
	struct cp_steady c = {.boot = "b", .wall_s = 50, .ns = UINT64_C(1) << 62, .seen_s = 70},
			 got;
	struct seen seen = {0};

	(void)state;
	assert_int_equal(cp_store_clock(s, &got), 0);
	assert_string_equal(got.boot, "");
	assert_int_equal(add(s, &n), 0);
	waits.lapses = 1900;
	assert_int_equal(cp_store_pend(s, &waits, &ask), 0);
	assert_int_equal(cp_store_set_clock(s, &c, 0, NULL), 0);
	c.seen_s = 71;
	assert_int_equal(cp_store_set_clock(s, &c, -100, &jump), 0);
	cp_store_close(s);
	s = open_ok();
	assert_int_equal(cp_store_clock(s, &got), 0);
	assert_string_equal(got.boot, "b");
	assert_int_equal(got.wall_s, 50);
	assert_int_equal(got.ns, c.ns);
	assert_int_equal(got.seen_s, 71);
	assert_int_equal(cp_store_generation(s), 2);
	assert_int_equal(cp_store_load(s, see, &seen), 0);
	assert_int_equal(seen.last.expires, 4500);
	assert_int_equal(seen.last.lapses, 1800);
	cp_store_close(s);
}

static void
a_second_control_plane_is_kept_out(void **state)
{
	struct cp_store *s = open_ok(), *second;

	(void)state;
	assert_int_equal(cp_store_open(path, &second), -EBUSY);
	assert_non_null(strstr(cp_store_error(second), "another control plane"));
	cp_store_close(second);
	cp_store_close(s);
}

static size_t
slurp(uint8_t *buf, size_t cap)
{
	FILE *f = fopen(path, "r");
	size_t n = fread(buf, 1, cap, f);

	fclose(f);
	return n;
}

static void
a_file_that_is_no_database_is_refused_and_left_as_it_was(void **state)
{
	uint8_t before[4096], after[4096];
	struct cp_store *s;
	FILE *f = fopen(path, "w");

	(void)state;
	for (int i = 0; i < 300; i++)
		fprintf(f, "not ours %d\n", i);
	fclose(f);
	size_t n = slurp(before, sizeof(before));
	assert_int_equal(cp_store_open(path, &s), -EBADMSG);
	assert_non_null(strstr(cp_store_error(s), path));
	cp_store_close(s);
	assert_int_equal(slurp(after, sizeof(after)), n);
	assert_memory_equal(before, after, n);
}

static void
another_programs_database_is_refused_and_left_as_it_was(void **state)
{
	static uint8_t before[65536], after[65536];
	struct cp_store *s;

	(void)state;
	run_sql("CREATE TABLE nta(x); INSERT INTO nta VALUES(1);");
	size_t n = slurp(before, sizeof(before));
	assert_int_equal(cp_store_open(path, &s), -EPROTO);
	cp_store_close(s);
	assert_int_equal(slurp(after, sizeof(after)), n);
	assert_memory_equal(before, after, n);
}

static void
a_later_schema_is_refused(void **state)
{
	struct cp_store *s = open_ok();

	(void)state;
	cp_store_close(s);
	run_sql("PRAGMA user_version = 5;");
	assert_int_equal(cp_store_open(path, &s), -EPROTO);
	assert_non_null(strstr(cp_store_error(s), "schema 5"));
	cp_store_close(s);
}

/* And further to 1, which had no trust points. */
static const char to_schema_1[] =
    "DROP TABLE trust_point; DROP TABLE trust_key; PRAGMA user_version = 1;"
    "UPDATE meta SET value = 1 WHERE key = 'schema';";

static void
a_store_of_an_earlier_schema_becomes_one_of_this(void **state)
{
	struct points seen = {0};
	struct seen anchors = {0};

	(void)state;
	for (int version = 2; version >= 1; version--) {
		write_some_lines(1);
		run_sql(to_schema_2);
		if (version == 1)
			run_sql(to_schema_1);
		for (int again = 0; again < 2; again++) {
			struct cp_store *s = open_ok();

			assert_int_equal(cp_store_load(s, see, &anchors), 0);
			assert_int_equal(anchors.last.mode, HF_NTA_STRICT);
			assert_int_equal(cp_store_points(s, see_point, &seen), 0);
			assert_int_equal(seen.cnt, 0);
			cp_store_close(s);
		}
	}
	assert_int_equal(anchors.cnt, 4);
}

static void
a_trust_point_is_read_as_it_was_put(void **state)
{
	struct cp_store *s = open_ok();
	struct cp_point p = point();
	struct cp_point_changes c = {
	    .cnt = 1, .trust = true, .item = {{CP_KEY_PENDING, CP_KEY_VALID, 4711, 15, "a test"}}};
	struct points seen = {0};

	(void)state;
	assert_int_equal(cp_store_put_point(s, &p, &c, 99, true), 0);
	assert_int_equal(cp_store_generation(s), 2);
	c.cnt = 0;
	c.trust = false; /* known again, with other times */
	p.keys[1].held_ms = 77;
	assert_int_equal(cp_store_put_point(s, &p, &c, 99, true), 0);
	assert_int_equal(cp_store_generation(s), 2);
	cp_store_close(s);
	s = open_ok();
	assert_int_equal(cp_store_points(s, see_point, &seen), 0);
	assert_int_equal(seen.cnt, 1);
	assert_true(hf_name_equal(&seen.last.name, &p.name));
	assert_int_equal(seen.last.good_s, p.good_s);
	assert_int_equal(seen.last.good_ns, p.good_ns);
	assert_int_equal(seen.last.interval_s, p.interval_s);
	assert_int_equal(seen.last.retry_s, p.retry_s);
	assert_string_equal(seen.last.boot, p.boot);
	assert_int_equal(seen.last.key_cnt, 2);
	for (unsigned i = 0; i < 2; i++) {
		const struct cp_point_key *a = &seen.last.keys[i], *b = &p.keys[i];

		assert_int_equal(a->len, b->len);
		assert_memory_equal(a->rdata, b->rdata, b->len);
		assert_int_equal(a->type, b->type);
		assert_int_equal(a->state, b->state);
		assert_int_equal(a->configured, b->configured);
		assert_int_equal(a->learned, b->learned);
		assert_int_equal(a->since_s, b->since_s);
		assert_int_equal(a->seen_s, b->seen_s);
		assert_int_equal(a->seen_cnt, b->seen_cnt);
		assert_int_equal(a->held_ms, b->held_ms);
		assert_int_equal(a->need_ms, b->need_ms);
		assert_null(a->file);
	}
	cp_point_fini(&seen.last);
	cp_point_fini(&p);
	cp_store_close(s);
}

static void
a_key_that_cannot_be_read_is_an_error_not_a_gap(void **state)
{
	static const char *const bad[] = {
	    "UPDATE trust_key SET state = 5", /* Start is not kept */
	    "UPDATE trust_key SET state = -1",
	    "UPDATE trust_key SET type = 1",
	    "UPDATE trust_key SET rdata = x'0101'",
	    "UPDATE trust_key SET rdata = zeroblob(2000)",
	    "UPDATE trust_key SET held_ms = -5",
	    "UPDATE trust_point SET name = 'a..b.'",
	    "UPDATE trust_point SET boot = printf('%.*c', 100, 'x')",
	};
	struct cp_point_changes none = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cp_store *s = open_ok();
		struct cp_point p = point();
		struct points seen = {0};

		p.key_cnt = 1;
		assert_int_equal(cp_store_put_point(s, &p, &none, 1, false), 0);
		cp_store_close(s);
		run_sql(bad[i]);
		s = open_ok();
		assert_int_equal(cp_store_points(s, see_point, &seen), -EBADMSG);
		cp_store_close(s);
		run_sql("DELETE FROM trust_key; DELETE FROM trust_point;");
		cp_point_fini(&p);
	}
}

static void
a_damaged_store_is_refused(void **state)
{
	struct cp_store *s = open_ok();
	struct cp_nta n = nta("de.");
	uint8_t junk[512];

	(void)state;
	assert_int_equal(add(s, &n), 0);
	cp_store_close(s);
	memset(junk, 0xa5, sizeof(junk));
	int fd = open(path, O_WRONLY);
	assert_true(pwrite(fd, junk, sizeof(junk), 4096) == (ssize_t)sizeof(junk));
	close(fd);
	assert_int_not_equal(cp_store_open(path, &s), 0);
	assert_true(cp_store_error(s)[0] != '\0');
	cp_store_close(s);
}

static void
an_anchor_that_cannot_be_read_is_an_error_not_a_gap(void **state)
{
	struct cp_store *s = open_ok();
	struct seen seen = {0};

	(void)state;
	cp_store_close(s);
	run_sql("INSERT INTO nta VALUES('a..b.', 'r', 0, 'x', 1, 2, 0, 0);");
	s = open_ok();
	assert_int_equal(cp_store_load(s, see, &seen), -EBADMSG);
	cp_store_close(s);
}

/* Adds and removes until it is killed; says each generation once it is on disk. */
static void
change_for_ever(int out)
{
	struct cp_store *s;
	struct cp_nta n = nta("de.");

	if (cp_store_open(path, &s) != 0)
		_exit(1);
	for (;;) {
		bool there = cp_store_generation(s) % 2 == 0;
		int rc = there ? take_out(s, &n) : add(s, &n);
		uint64_t g = cp_store_generation(s);

		if (rc != 0 || write(out, &g, sizeof(g)) != sizeof(g))
			_exit(1);
	}
}

/* Each line goes on from the generation of the one before, and the chain holds. */
static int
follows(void *arg, const struct hf_audit_line *l)
{
	struct hf_audit_walk *w = arg;

	assert_int_equal(l->before, w->line_cnt == 0 ? 1 : w->generation);
	assert_int_equal(l->after, l->before + 1);
	assert_true(hf_audit_follow(w, l));
	return 0;
}

/* Kill the child after `us` microseconds, counted from its first change if patient; the last
 * generation that it said. */
static uint64_t
one_kill(useconds_t us, bool patient, uint64_t said)
{
	int fds[2];
	uint64_t g;

	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(fds[0]);
		change_for_ever(fds[1]);
	}
	close(fds[1]);
	if (patient) {
		assert_int_equal(read(fds[0], &g, sizeof(g)), sizeof(g));
		said = g;
	}
	usleep(us);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (read(fds[0], &g, sizeof(g)) == sizeof(g))
		said = g;
	close(fds[0]);
	return said;
}

static void
killed_at_any_moment_the_old_or_the_new_state_is_there(void **state)
{
	uint64_t said = 1;

	(void)state;
	srandom(3);
	for (int i = 0; i < 50; i++) {
		said = one_kill((useconds_t)(random() % 12000), i % 4 == 0, said);
		struct cp_store *s = open_ok();
		uint64_t g = cp_store_generation(s);
		struct hf_audit_walk w = {.generation = 1};

		assert_true(
		    g == said || g == said + 1); /* what was said is there; at most one more */
		assert_int_equal(anchor_cnt(s), g % 2 == 0);
		assert_int_equal(cp_store_audit(s, 0, 0, 1 << 20, follows, &w), 0);
		assert_int_equal(w.generation, g);
		cp_store_close(s);
		said = g;
	}
	assert_true(said > 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_new_store_is_empty_private_and_of_generation_one),
	    T(what_was_added_is_there_after_opening_again),
	    T(every_change_leaves_its_line_with_both_generations),
	    T(a_change_that_fails_changes_nothing),
	    T(a_second_control_plane_is_kept_out),
	    T(a_file_that_is_no_database_is_refused_and_left_as_it_was),
	    T(another_programs_database_is_refused_and_left_as_it_was),
	    T(a_later_schema_is_refused),
	    T(a_store_of_an_earlier_schema_becomes_one_of_this),
	    T(one_of_the_same_name_is_replaced),
	    T(what_waits_is_kept_apart_until_it_is_put_in_force),
	    T(the_clock_is_kept_and_a_jump_moves_every_end),
	    T(a_trust_point_is_read_as_it_was_put),
	    T(a_key_that_cannot_be_read_is_an_error_not_a_gap),
	    T(a_damaged_store_is_refused),
	    T(an_anchor_that_cannot_be_read_is_an_error_not_a_gap),
	    T(killed_at_any_moment_the_old_or_the_new_state_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
