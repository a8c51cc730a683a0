/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/public_suffixes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_LEN = 255, LABEL_MAX = 63 };

/* --- punycode (RFC 3492) ------------------------------------------------------------------- */

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS_FIRST = 72, N_FIRST = 128 };

struct label {
	uint32_t code[LABEL_MAX]; /* code points */
	unsigned cnt;
	bool ascii;
	char out[LABEL_MAX + 1];
	unsigned len;
};

static bool
put(struct label *l, char c)
{
	if (l->len >= LABEL_MAX)
		return false;
	l->out[l->len++] = c;
	return true;
}

/* RFC 3492 6.1 */
static uint32_t
adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static bool
put_varint(struct label *l, uint32_t delta, uint32_t bias)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	for (uint32_t k = BASE;; k += BASE) { /* ends: delta shrinks each time */
		uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;

		if (delta < t)
			return put(l, digits[delta]);
		if (!put(l, digits[t + (delta - t) % (BASE - t)]))
			return false;
		delta = (delta - t) / (BASE - t);
	}
}

/* The lowest code point at or above n; there is one. */
static uint32_t
next_point(const struct label *l, uint32_t n)
{
	uint32_t least = UINT32_MAX;

	for (unsigned i = 0; i < l->cnt; i++)
		if (l->code[i] >= n && l->code[i] < least)
			least = l->code[i];
	return least;
}

/* RFC 3492 6.3. Nothing overflows: 63 code points below 2^21. */
static bool
encode(struct label *l)
{
	uint32_t n = N_FIRST, delta = 0, bias = BIAS_FIRST, done = 0;
	bool ok = put(l, 'x') && put(l, 'n') && put(l, '-') && put(l, '-');

	for (unsigned i = 0; i < l->cnt; i++)
		if (l->code[i] < N_FIRST) {
			ok = ok && put(l, (char)l->code[i]);
			done++;
		}
	uint32_t basic = done;

	if (basic > 0)
		ok = ok && put(l, '-');
	while (ok && done < l->cnt) {
		uint32_t m = next_point(l, n);

		delta += (m - n) * (done + 1);
		n = m;
		for (unsigned i = 0; i < l->cnt; i++) {
			delta += l->code[i] < n;
			if (l->code[i] != n)
				continue;
			ok = ok && put_varint(l, delta, bias);
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
		delta++;
		n++;
	}
	return ok;
}

/* --- lines --------------------------------------------------------------------------------- */

/* One code point of UTF-8 (RFC 3629 3); 0: none, the text is not UTF-8. */
static uint32_t
utf8_next(const uint8_t **at, const uint8_t *end)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	uint8_t first = *(*at)++;
	unsigned more = first < 0x80 ? 0 : first >> 5 == 6 ? 1 : first >> 4 == 14 ? 2 : 3;
	uint32_t code = more == 0 ? first : first & (0x3fu >> more);

	if (more == 3 && first >> 3 != 30)
		return 0;
	for (unsigned i = 0; i < more; i++) {
		if (*at >= end || **at >> 6 != 2)
			return 0;
		code = code << 6 | (*(*at)++ & 0x3f);
	}
	return code >= least[more] && code <= 0x10ffff ? code : 0;
}

/* From *at to the next dot or the end. */
static bool
label_read(struct label *l, const uint8_t **at, const uint8_t *end)
{
	*l = (struct label){.ascii = true};
	while (*at < end && **at != '.') {
		uint32_t code = utf8_next(at, end);

		if (code <= ' ' || code == '\\' || code == '*' || code == 0x7f ||
		    l->cnt >= LABEL_MAX)
			return false;
		l->ascii &= code < N_FIRST;
		l->code[l->cnt++] = code;
	}
	if (l->cnt == 0)
		return false;
	if (!l->ascii)
		return encode(l);
	for (unsigned i = 0; i < l->cnt; i++)
		l->out[l->len++] = (char)l->code[i];
	return true;
}

static bool
name_read(const uint8_t *at, const uint8_t *end, struct hf_name *name)
{
	char text[HF_NAME_MAX + 1];
	size_t len = 0;
	struct label l;

	if (at >= end)
		return false;
	while (at < end) {
		if (!label_read(&l, &at, end) || len + l.len + 1 > HF_NAME_MAX)
			return false;
		memcpy(text + len, l.out, l.len);
		len += l.len;
		text[len++] = '.';
		at += at < end; /* over the dot; a name may end in one */
	}
	text[len] = '\0';
	return hf_name_from_text(text, name) == 0;
}

static bool
line_read(const uint8_t *line, size_t len, struct cp_suffixes *s)
{
	enum cp_suffix_kind kind = CP_SUFFIX_PLAIN;
	struct hf_name name;

	if (len > LINE_MAX_LEN)
		return false;
	if (line[0] == '!') {
		kind = CP_SUFFIX_EXCEPTION;
		line++, len--;
	} else if (len == 1 && line[0] == '*') {
		return true; /* the rule of those that match none */
	} else if (len > 2 && line[0] == '*' && line[1] == '.') {
		kind = CP_SUFFIX_WILDCARD;
		line += 2, len -= 2;
	}
	return name_read(line, line + len, &name) && cp_suffixes_add(s, kind, &name) == 0;
}

unsigned
cp_public_suffixes_read(const char *text, size_t len, struct cp_suffixes *s)
{
	const uint8_t *at = (const uint8_t *)text, *end = at + len;
	unsigned skipped = 0;

	while (at < end) {
		const uint8_t *eol = memchr(at, '\n', (size_t)(end - at));
		const uint8_t *next = eol != NULL ? eol + 1 : end;
		const uint8_t *stop = at; /* a rule ends at the first white space */

		while (stop<next && * stop> ' ')
			stop++;
		bool comment = stop - at >= 2 && at[0] == '/' && at[1] == '/';

		if (stop > at && !comment)
			skipped += !line_read(at, (size_t)(stop - at), s);
		at = next;
	}
	return skipped;
}

int
cp_public_suffixes_load(const char *path, struct cp_suffixes *s, unsigned *skipped)
{
	FILE *f = fopen(path, "re");
	char *text = malloc(CP_PUBLIC_SUFFIXES_FILE_MAX);
	int rc = 0;

	if (f == NULL)
		rc = -errno;
	else if (text == NULL)
		rc = -ENOMEM;
	if (rc == 0) {
		size_t len = fread(text, 1, CP_PUBLIC_SUFFIXES_FILE_MAX, f);

		if (ferror(f))
			rc = -EIO;
		else if (len == CP_PUBLIC_SUFFIXES_FILE_MAX)
			rc = -EFBIG;
		else
			*skipped = cp_public_suffixes_read(text, len, s);
	}
	if (f != NULL)
		fclose(f);
	free(text);
	return rc;
}
