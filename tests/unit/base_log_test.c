/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/base/log.c: standard error is a pipe or a file of the test. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/log.h"

static char seen[65536];
static int pipe_fd[2], saved_err;

/* Between these two, standard error goes into a pipe; afterwards it is in seen. */
static void
capture(void)
{
	assert_int_equal(pipe(pipe_fd), 0);
	saved_err = dup(STDERR_FILENO);
	assert_true(saved_err >= 0);
	assert_true(dup2(pipe_fd[1], STDERR_FILENO) >= 0);
	close(pipe_fd[1]);
}

static void
release(void)
{
	size_t len = 0;
	ssize_t n;

	assert_true(dup2(saved_err, STDERR_FILENO) >= 0); /* closes the pipe's last writer */
	close(saved_err);
	while ((n = read(pipe_fd[0], seen + len, sizeof(seen) - 1 - len)) > 0)
		len += (size_t)n;
	close(pipe_fd[0]);
	seen[len] = '\0';
}

static unsigned
lines(void)
{
	unsigned cnt = 0;

	for (const char *p = seen; (p = strchr(p, '\n')) != NULL; p++)
		cnt++;
	return cnt;
}

static void
a_line_says_area_level_and_what_happened(void **state)
{
	(void)state;
	capture();
	hf_log(HF_LOG_INFO, "policy", "generation %d active", 7);
	hf_log(HF_LOG_ERROR, "link", "lost");
	release();
	assert_string_equal(seen, "policy: generation 7 active\nlink: error: lost\n");
}

static void
octets_outside_printable_ascii_are_escaped(void **state)
{
	(void)state;
	capture();
	hf_log(HF_LOG_INFO, "resolver", "%s", "a\nb\r\x1b[2J\x7f\xc3\xbc\t~ \\");
	release();
	assert_string_equal(seen, "resolver: a\\x0ab\\x0d\\x1b[2J\\x7f\\xc3\\xbc\\x09~ \\\n");
}

static void
a_long_line_is_cut_and_still_one_line(void **state)
{
	(void)state;
	char text[5000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	capture();
	hf_log(HF_LOG_INFO, "a", "%s", text);
	memset(text, '\n', sizeof(text) - 1);
	hf_log(HF_LOG_INFO, "a", "%s", text);
	release();
	assert_int_equal(lines(), 2);
	assert_true(strlen(seen) <= 2 * HF_LOG_LINE_LEN);
	assert_true(strlen(seen) > HF_LOG_LINE_LEN);
}

static void
lines_above_the_level_are_dropped(void **state)
{
	(void)state;
	enum hf_log_level level = HF_LOG_INFO;

	capture();
	hf_log(HF_LOG_DEBUG, "a", "not seen");
	hf_log_set_level(HF_LOG_ERROR);
	hf_log(HF_LOG_WARN, "a", "not seen");
	hf_log_set_level(HF_LOG_DEBUG);
	hf_log(HF_LOG_DEBUG, "a", "seen");
	hf_log_set_level(HF_LOG_INFO);
	release();
	assert_string_equal(seen, "a: debug: seen\n");

	assert_int_equal(hf_log_level_from_text("warn", &level), 0);
	assert_int_equal(level, HF_LOG_WARN);
	assert_int_equal(hf_log_level_from_text("Warn", &level), -EINVAL);
	assert_int_equal(hf_log_level_from_text("", &level), -EINVAL);
	assert_int_equal(level, HF_LOG_WARN);
}

static void
a_site_passes_ten_lines_a_second_and_says_how_many_it_held_back(void **state)
{
	(void)state;
	struct hf_log_site site = {0};

	capture();
	for (int i = 0; i < 100; i++)
		hf_log_at(&site, HF_LOG_INFO, "a", "line %d", i);
	release();
	/* Twenty when the second changed on the way. */
	assert_in_range(lines(), HF_LOG_PER_S, 2 * HF_LOG_PER_S);
	unsigned held = atomic_load(&site.held);

	assert_true(held > 0);
	atomic_store(&site.window_s, 1); /* as if a second had passed */
	char want[64];

	snprintf(want, sizeof(want), "a: again (%u like it held back)\n", held);
	capture();
	hf_log_at(&site, HF_LOG_INFO, "a", "again");
	hf_log_at(&site, HF_LOG_INFO, "a", "again");
	release();
	assert_memory_equal(seen, want, strlen(want));
	assert_string_equal(seen + strlen(want), "a: again\n");
}

static void
sites_do_not_share_their_allowance(void **state)
{
	(void)state;
	struct hf_log_site one = {0}, other = {0};

	capture();
	for (int i = 0; i < 50; i++)
		hf_log_at(&one, HF_LOG_INFO, "a", "one");
	hf_log_at(&other, HF_LOG_INFO, "a", "other");
	release();
	assert_non_null(strstr(seen, "a: other\n"));
}

static void
a_full_pipe_loses_lines_and_counts_them_and_never_blocks(void **state)
{
	(void)state;
	uint64_t before = hf_log_lost();

	capture();
	int fl = fcntl(STDERR_FILENO, F_GETFL);

	assert_int_equal(fcntl(STDERR_FILENO, F_SETFL, fl | O_NONBLOCK), 0);
	while (write(STDERR_FILENO, seen, 4096) > 0)
		;
	assert_int_equal(fcntl(STDERR_FILENO, F_SETFL, fl), 0);
	errno = 42;
	alarm(5); /* ends the test if a write blocks */
	for (int i = 0; i < 3; i++) {
		struct hf_log_site site = {0};

		hf_log_at(&site, HF_LOG_INFO, "a", "lost");
	}
	alarm(0);
	assert_int_equal(errno, 42);
	release();
	assert_int_equal(hf_log_lost() - before, 3);
}

static void
without_a_reader_lines_are_lost_and_the_program_lives(void **state)
{
	(void)state;
	uint64_t before = hf_log_lost();

	capture();
	close(pipe_fd[0]);
	pipe_fd[0] = open("/dev/null", O_RDONLY);
	hf_log(HF_LOG_INFO, "a", "lost");
	release();
	assert_int_equal(hf_log_lost() - before, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_says_area_level_and_what_happened),
	    cmocka_unit_test(octets_outside_printable_ascii_are_escaped),
	    cmocka_unit_test(a_long_line_is_cut_and_still_one_line),
	    cmocka_unit_test(lines_above_the_level_are_dropped),
	    cmocka_unit_test(a_site_passes_ten_lines_a_second_and_says_how_many_it_held_back),
	    cmocka_unit_test(sites_do_not_share_their_allowance),
	    cmocka_unit_test(a_full_pipe_loses_lines_and_counts_them_and_never_blocks),
	    cmocka_unit_test(without_a_reader_lines_are_lost_and_the_program_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
