/* SPDX-License-Identifier: BSD-3-Clause */
/* controlplane/cookies.c: the file of secrets, read whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "controlplane/cookies.h"
#include "lib/base/log.h"

static char path[64];
static char error[CP_COOKIES_ERROR_LEN];
static struct hf_config config;

static void
file_says(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int
set_up(void **state)
{
	(void)state;
	hf_log_set_level(HF_LOG_ERROR);
	strcpy(path, "/tmp/hf-cookies-XXXXXX");

	int fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	config = (struct hf_config){.cookie_answer = true, .cookie_secrets = path};
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static void
secrets_are_read_in_order_with_comments_left_out(void **state)
{
	(void)state;
	struct cp_cookies k = {0};

	file_says("# in use since November\nE5e973e5a6b2a43f48e7dc849e37bfcf # first\n\n"
		  "445536bcd2513298075a5d379663c962\r\n");
	assert_int_equal(cp_cookies_load(&k, &config, error), 0);
	assert_int_equal(k.msg.cnt, 2);
	assert_int_equal(k.secrets.cnt, 2);
	assert_int_equal(k.msg.secret[0][0], 0xe5);
	assert_int_equal(k.msg.secret[1][15], 0x62);
	assert_true(k.secrets.key[0].k[0] == UINT64_C(0x3fa4b2a6e573e9e5));
	assert_true(k.from_file);
	assert_int_equal(hf_msg_check_cookies(&(struct hf_msg_cookies){
			     .head.type = HF_MSG_COOKIES, .cnt = k.msg.cnt}),
	    HF_MSG_OK);
}

static void
a_file_with_a_mistake_changes_nothing(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} t[] = {
	    {"", "no secret"},
	    {"# none\n", "no secret"},
	    {"e5e973e5a6b2a43f48e7dc849e37bfc\n", ":1: not 32 hex digits"},
	    {"445536bcd2513298075a5d379663c962\nxx\n", ":2: not 32 hex digits"},
	    {"445536bcd2513298075a5d379663c962\n445536BCD2513298075a5d379663c962\n",
		":2: the same secret twice"},
	    {"00000000000000000000000000000001\n00000000000000000000000000000002\n"
	     "00000000000000000000000000000003\n00000000000000000000000000000004\n",
		":4: more than 3 secrets"},
	};
	struct cp_cookies k = {0}, before;

	file_says("445536bcd2513298075a5d379663c962\n");
	assert_int_equal(cp_cookies_load(&k, &config, error), 0);
	before = k;
	for (unsigned i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		file_says(t[i].text);
		assert_true(cp_cookies_load(&k, &config, error) < 0);
		assert_non_null(strstr(error, t[i].says));
		assert_memory_equal(&k, &before, sizeof(k));
	}
	config.cookie_secrets = (char[]){"/nowhere/at/all"};
	assert_true(cp_cookies_load(&k, &config, error) < 0);
	assert_memory_equal(&k, &before, sizeof(k));
}

static void
without_a_file_a_secret_is_drawn_once(void **state)
{
	(void)state;
	struct cp_cookies k = {0}, other = {0};
	char a[9], b[9];

	config.cookie_secrets = (char[]){"none"};
	config.cookie_require = true;
	assert_int_equal(cp_cookies_load(&k, &config, error), 0);
	assert_int_equal(k.secrets.cnt, 1);
	assert_true(k.secrets.required);
	cp_cookies_fingerprint(&k, 0, a);
	assert_int_equal(cp_cookies_load(&k, &config, error), 0);
	assert_string_equal(cp_cookies_fingerprint(&k, 0, b), a);
	assert_int_equal(cp_cookies_load(&other, &config, error), 0);
	assert_string_not_equal(cp_cookies_fingerprint(&other, 0, b), a);
}

static void
switched_off_there_are_none_and_none_is_required(void **state)
{
	(void)state;
	struct cp_cookies k = {0};

	config.cookie_answer = false;
	config.cookie_require = true;
	assert_int_equal(cp_cookies_load(&k, &config, error), 0);
	assert_int_equal(k.msg.cnt, 0);
	assert_int_equal(k.secrets.cnt, 0);
	assert_false(k.secrets.required);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(secrets_are_read_in_order_with_comments_left_out),
	    T(a_file_with_a_mistake_changes_nothing),
	    T(without_a_file_a_secret_is_drawn_once),
	    T(switched_off_there_are_none_and_none_is_required),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
