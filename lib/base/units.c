/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/clock.h"

enum { UNIT_CNT_MAX = 8 };

struct unit {
	const char *text;
	uint64_t factor;
};

/* Descending: "1h30m" is read, "30m1h" and "1h1h" are not. */
static const struct unit time_units[UNIT_CNT_MAX] = {
    {"w", 7 * 86400 * HF_NS_PER_S},
    {"d", 86400 * HF_NS_PER_S},
    {"h", 3600 * HF_NS_PER_S},
    {"m", 60 * HF_NS_PER_S},
    {"s", HF_NS_PER_S},
    {"ms", HF_NS_PER_MS},
    {"us", HF_NS_PER_US},
    {"ns", 1},
};

static const struct unit size_units[] = {
    {"TiB", UINT64_C(1) << 40},
    {"GiB", UINT64_C(1) << 30},
    {"MiB", UINT64_C(1) << 20},
    {"KiB", UINT64_C(1) << 10},
    {"B", 1},
};
enum { SIZE_UNIT_CNT = sizeof(size_units) / sizeof(size_units[0]) };

/* Digits at *text into *v; *text moves behind them. */
static int
read_digits(const char **text, uint64_t *v)
{
	const char *p = *text;
	uint64_t n = 0;
	bool over = false;

	for (; *p >= '0' && *p <= '9'; p++)
		over |= __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n);
	if (p == *text)
		return -EINVAL;
	*text = p;
	*v = over ? UINT64_MAX : n;
	return over ? -ERANGE : 0;
}

/* The unit at *text, a run of letters that is exactly one of units[first..cnt). Returns
 * its index, or cnt; *text moves behind it. */
static unsigned
read_unit(const char **text, const struct unit *units, unsigned first, unsigned cnt)
{
	size_t len = strcspn(*text, "0123456789");
	unsigned i = first;

	while (i < cnt && (strlen(units[i].text) != len || strncmp(units[i].text, *text, len) != 0))
		i++;
	if (i < cnt)
		*text += len;
	return i;
}

/* A range error is only reported when the whole text is of the grammar. */
static int
read_sum(const char *text, const struct unit *units, unsigned cnt, unsigned terms, uint64_t *out)
{
	uint64_t sum = 0, n;
	unsigned next = 0;
	bool over = false;

	do {
		int rc = read_digits(&text, &n);

		if (rc == -EINVAL)
			return -EINVAL;
		unsigned i = read_unit(&text, units, next, cnt);

		if (i == cnt)
			return -EINVAL;
		over |= rc != 0 || __builtin_mul_overflow(n, units[i].factor, &n) ||
		    __builtin_add_overflow(sum, n, &sum);
		next = i + 1;
	} while (*text != '\0' && --terms > 0);
	if (*text != '\0')
		return -EINVAL;
	if (over)
		return -ERANGE;
	*out = sum;
	return 0;
}

int
hf_duration_from_text(const char *text, uint64_t *ns)
{
	return read_sum(text, time_units, UNIT_CNT_MAX, UNIT_CNT_MAX, ns);
}

int
hf_size_from_text(const char *text, uint64_t *octets)
{
	return read_sum(text, size_units, SIZE_UNIT_CNT, 1, octets);
}

int
hf_uint_from_text(const char *text, uint64_t max, uint64_t *v)
{
	uint64_t n;
	int rc = read_digits(&text, &n);

	if (rc == -EINVAL || *text != '\0')
		return -EINVAL;
	if (rc != 0 || n > max)
		return -ERANGE;
	*v = n;
	return 0;
}

int
hf_bool_from_text(const char *text, bool *v)
{
	static const char *const words[2][3] = {{"false", "no", "off"}, {"true", "yes", "on"}};

	for (unsigned i = 0; i < 6; i++)
		if (strcmp(text, words[i / 3][i % 3]) == 0) {
			*v = i / 3 == 1;
			return 0;
		}
	return -EINVAL;
}

/* ns written with the units in the set use (bit i: time_units[i]), the largest first.
 * Returns the length, 0 when something is left over. */
static size_t
duration_with(uint64_t ns, unsigned use, char *buf, size_t cap)
{
	size_t len = 0;

	for (unsigned i = 0; i < UNIT_CNT_MAX && ns > 0; i++) {
		uint64_t n = ns / time_units[i].factor;

		if (!(use >> i & 1) || n == 0)
			continue;
		len +=
		    (size_t)snprintf(buf + len, cap - len, "%" PRIu64 "%s", n, time_units[i].text);
		ns %= time_units[i].factor;
	}
	return ns == 0 ? len : 0;
}

/* Every choice of units is tried: 256 of them, and this is for people to read. Of equally
 * short ones the first is kept: the one of all units, so 7 days are "1w". */
char *
hf_duration_to_text(uint64_t ns, char buf[HF_UNITS_TEXT_LEN])
{
	char text[64]; /* all eight units together need 33 */
	size_t best = SIZE_MAX;

	strcpy(buf, "0s");
	for (unsigned use = (1u << UNIT_CNT_MAX) - 1; ns > 0 && use > 0; use--) {
		size_t len = duration_with(ns, use, text, sizeof(text));

		if (len == 0 || len >= best)
			continue;
		best = len;
		if (len < HF_UNITS_TEXT_LEN)
			memcpy(buf, text, len + 1);
	}
	return buf;
}

char *
hf_size_to_text(uint64_t octets, char buf[HF_UNITS_TEXT_LEN])
{
	unsigned i = octets == 0 ? SIZE_UNIT_CNT - 1 : 0;

	while (octets % size_units[i].factor != 0)
		i++;
	snprintf(buf, HF_UNITS_TEXT_LEN, "%" PRIu64 "%s", octets / size_units[i].factor,
	    size_units[i].text);
	return buf;
}
