/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/date.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* pattern: '0' stands for a digit, 'T' and 'Z' for either case, '+' for a sign, others for
 * themselves. Numbers of two or four digits go to v in their order. */
static bool
read_as(const char *text, const char *pattern, int *v)
{
	int n = -1;

	for (size_t i = 0; pattern[i] != '\0'; i++) {
		char c = text[i], p = pattern[i];

		if (p == '0') {
			if (!isdigit((unsigned char)c))
				return false;
			if (i == 0 || pattern[i - 1] != '0')
				v[++n] = 0;
			v[n] = v[n] * 10 + (c - '0');
		} else if (isalpha((unsigned char)p) ? toupper((unsigned char)c) != p
			: p == '+'                   ? c != '+' && c != '-'
						     : c != p) {
			return false;
		}
	}
	return true;
}

/* "Z", "+01:00": seconds east of Greenwich. */
static int
read_zone(const char *text, int64_t *east_s)
{
	int v[2];

	if (strlen(text) == 1 && read_as(text, "Z", v)) {
		*east_s = 0;
		return 0;
	}
	if (strlen(text) != 6 || !read_as(text, "+00:00", v) || v[0] > 23 || v[1] > 59)
		return -EINVAL;
	*east_s = (text[0] == '-' ? -1 : 1) * (v[0] * 3600 + v[1] * 60);
	return 0;
}

int
hf_date_from_text(const char *text, int64_t *s)
{
	int v[6];
	int64_t east_s;

	if (!read_as(text, "0000-00-00T00:00:00", v))
		return -EINVAL;
	struct tm tm = {.tm_year = v[0] - 1900,
	    .tm_mon = v[1] - 1,
	    .tm_mday = v[2],
	    .tm_hour = v[3],
	    .tm_min = v[4],
	    .tm_sec = v[5]};
	time_t t = timegm(&tm); /* which makes 1 March of 29 February */
	if (v[3] > 23 || v[4] > 59 || v[5] > 59 || tm.tm_mon != v[1] - 1 || tm.tm_mday != v[2])
		return -EINVAL;
	text += strlen("0000-00-00T00:00:00");
	if (text[0] == '.') {
		size_t digits = strspn(text + 1, "0123456789");

		if (digits == 0)
			return -EINVAL;
		text += 1 + digits;
	}
	if (read_zone(text, &east_s) != 0)
		return -EINVAL;
	*s = (int64_t)t - east_s;
	return 0;
}

char *
hf_date_to_text(int64_t s, char text[HF_DATE_TEXT_LEN])
{
	time_t t = (time_t)s;
	struct tm tm;

	snprintf(text, HF_DATE_TEXT_LEN, "?");
	if (gmtime_r(&t, &tm) != NULL && tm.tm_year >= -1900 && tm.tm_year <= 8099)
		snprintf(text, HF_DATE_TEXT_LEN, "%04d-%02d-%02dT%02d:%02d:%02dZ",
		    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return text;
}
