/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/base/date.c: RFC 3339 and nothing else. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/date.h"

static void
dates_of_the_rfc_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t s;
	} row[] = {
	    {"1970-01-01T00:00:00Z", 0},
	    {"1985-04-12T23:20:50.52Z", 482196050}, /* RFC 3339 5.8 */
	    {"1996-12-19T16:39:57-08:00", 851042397},
	    {"1937-01-01T12:00:27.87+00:20", -1041337173},
	    {"2026-11-28t12:00:00z", 1795867200},
	    {"2024-02-29T23:59:59+14:00", 1709200799},
	    {"1969-12-31T23:59:59Z", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int64_t s = 7;

		assert_int_equal(hf_date_from_text(row[i].text, &s), 0);
		assert_int_equal(s, row[i].s);
	}
}

static void
what_no_calendar_has_and_what_is_cut_short_is_refused(void **state)
{
	static const char *const bad[] = {"", "2026", "2026-11-28", "2026-11-28T12:00Z",
	    "2026-11-28T12:00:00", "2026-11-28 12:00:00Z", "2026-11-28T12:00:00ZZ",
	    "2026-11-28T12:00:00.Z", "2026-11-28T12:00:00+1:00", "2026-11-28T12:00:00+24:00",
	    "2026-11-28T12:00:00+01:60", "2026-11-28T12:00:00+01:00 ", "2026-13-01T12:00:00Z",
	    "2026-00-01T12:00:00Z", "2026-02-29T12:00:00Z", "2026-11-31T12:00:00Z",
	    "2026-11-00T12:00:00Z", "2026-11-28T24:00:00Z", "2026-11-28T12:60:00Z",
	    "2026-11-28T12:00:61Z", "26-11-28T12:00:00Z", "+026-11-28T12:00:00Z", "tomorrow"};
	int64_t s = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (hf_date_from_text(bad[i], &s) != -EINVAL)
			fail_msg("read: %s", bad[i]);
	assert_int_equal(s, 7);
}

static void
what_is_written_is_read_again(void **state)
{
	char text[HF_DATE_TEXT_LEN];
	int64_t s;

	(void)state;
	for (int64_t t = -62135596800; t < 253402300800; t += 86400 * 997 + 12345) {
		assert_int_equal(hf_date_from_text(hf_date_to_text(t, text), &s), 0);
		assert_int_equal(s, t);
	}
	assert_string_equal(hf_date_to_text(INT64_MAX, text), "?");
	assert_string_equal(hf_date_to_text(253402300800, text), "?"); /* the year 10000 */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dates_of_the_rfc_are_read),
	    cmocka_unit_test(what_no_calendar_has_and_what_is_cut_short_is_refused),
	    cmocka_unit_test(what_is_written_is_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
