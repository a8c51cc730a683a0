/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/config/rdatatext.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/addr.h"
#include "lib/base/units.h"
#include "lib/wire/name.h"
#include "lib/wire/rdata.h"

/* A letter for each field; those in capitals take all the words that are left.
 *   n name   1 2 4 number of so many octets   a IPv4   q IPv6   t type   d time (RFC 4034 3.2)
 *   X hexadecimal   B base64   S character-strings   M types as a bitmap (RFC 4034 4.1.2) */
static const struct form {
	uint16_t type;
	const char *fields;
} forms[] = {
    /* clang-format off */
	{HF_TYPE_A, "a"}, {HF_TYPE_NS, "n"}, {HF_TYPE_CNAME, "n"}, {HF_TYPE_SOA, "nn44444"},
	{HF_TYPE_PTR, "n"}, {HF_TYPE_MX, "2n"}, {HF_TYPE_TXT, "S"}, {HF_TYPE_AAAA, "q"},
	{HF_TYPE_SRV, "222n"}, {HF_TYPE_DNAME, "n"}, {HF_TYPE_DS, "211X"},
	{HF_TYPE_RRSIG, "t114dd2nB"}, {HF_TYPE_NSEC, "nM"}, {HF_TYPE_DNSKEY, "211B"},
	{HF_TYPE_ZONEMD, "411X"},
    /* clang-format on */
};
enum { FORM_CNT = sizeof(forms) / sizeof(forms[0]), WINDOW_LEN = 32 };

__attribute__((format(printf, 3, 4))) static int
fail(struct hf_rdatatext *t, size_t word, const char *fmt, ...)
{
	va_list ap;

	t->bad = word;
	va_start(ap, fmt);
	vsnprintf(t->err, sizeof(t->err), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int
put(struct hf_rdatatext *t, size_t word, const void *octets, size_t len)
{
	if (len > sizeof(t->rdata) - t->len)
		return fail(t, word, "RDATA of more than %d octets", HF_RDATATEXT_MAX);
	memcpy(t->rdata + t->len, octets, len);
	t->len += len;
	return 0;
}

/* --- fields ----------------------------------------------------------------------------- */

static int
put_name(struct hf_rdatatext *t, size_t i)
{
	const char *text = t->word[i];
	size_t len = strlen(text);
	struct hf_name n;

	if (len == 0 || text[len - 1] != '.' || (len > 1 && text[len - 2] == '\\'))
		return fail(t, i, "name \"%.80s\" does not end in a dot", text);
	if (hf_name_from_text(text, &n) != 0)
		return fail(t, i, "\"%.80s\" is not a name", text);
	return put(t, i, n.octets, n.len);
}

static int
put_addr(struct hf_rdatatext *t, size_t i, int family)
{
	const char *text = t->word[i];
	struct hf_addr a;

	if (strchr(text, '@') != NULL || hf_addr_from_text(text, &a) != 0 || a.family != family)
		return fail(
		    t, i, "\"%.80s\" is not an IPv%d address", text, family == AF_INET ? 4 : 6);
	return put(t, i, a.octets, family == AF_INET ? 4 : 16);
}

static int
put_u(struct hf_rdatatext *t, size_t i, uint64_t v, unsigned len)
{
	uint8_t octets[4];

	for (unsigned k = 0; k < len; k++)
		octets[k] = (uint8_t)(v >> 8 * (len - 1 - k));
	return put(t, i, octets, len);
}

static int
put_number(struct hf_rdatatext *t, size_t i, unsigned len)
{
	uint64_t v;

	if (hf_uint_from_text(t->word[i], UINT32_MAX >> (32 - 8 * len), &v) != 0)
		return fail(t, i, "\"%.80s\" is not a number that fits", t->word[i]);
	return put_u(t, i, v, len);
}

static int
put_type(struct hf_rdatatext *t, size_t i)
{
	uint16_t type;

	if (hf_type_from_text(t->word[i], &type) != 0)
		return fail(t, i, "\"%.80s\" is not a type", t->word[i]);
	return put_u(t, i, type, 2);
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t
days_of(int64_t y, unsigned m, unsigned d)
{
	y -= m <= 2;
	int64_t era = y / 400;
	unsigned of_era = (unsigned)(y - era * 400);
	unsigned of_year = (153 * (m + (m > 2 ? -3u : 9u)) + 2) / 5 + d - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* YYYYMMDDHHmmSS, or seconds since 1970 (RFC 4034 3.2). */
static int
put_time(struct hf_rdatatext *t, size_t i)
{
	const char *text = t->word[i];
	unsigned y, mo, d, h, mi, s;

	if (strlen(text) != 14)
		return put_number(t, i, 4);
	if (strspn(text, "0123456789") != 14 ||
	    sscanf(text, "%4u%2u%2u%2u%2u%2u", &y, &mo, &d, &h, &mi, &s) != 6 || y < 1970 ||
	    mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || s > 60)
		return fail(t, i, "\"%.80s\" is not a time", text);
	return put_u(t, i, (uint32_t)(days_of(y, mo, d) * 86400 + h * 3600 + mi * 60 + s), 4);
}

static int
hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
base64_digit(int c)
{
	static const char set[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c != 0 ? strchr(set, c) : NULL;

	return p != NULL ? (int)(p - set) : -1;
}

/* A run of digits of `bits` bits each, spread over words, becomes octets. */
struct digits {
	unsigned bits;
	uint32_t acc;
	unsigned have; /* bits in acc not yet put out */
	unsigned digit_cnt, pad_cnt;
};

static int
put_digit(struct hf_rdatatext *t, struct digits *d, int c)
{
	int v = d->bits == 4 ? hex_digit(c) : base64_digit(c);

	if (d->bits == 6 && c == '=' && d->pad_cnt < 2) {
		d->pad_cnt++;
		return 0;
	}
	if (v < 0 || d->pad_cnt > 0)
		return -EINVAL;
	d->digit_cnt++;
	d->acc = d->acc << d->bits | (uint32_t)v;
	d->have += d->bits;
	if (d->have < 8)
		return 0;
	d->have -= 8;
	uint8_t octet = (uint8_t)(d->acc >> d->have);

	return put(t, 0, &octet, 1);
}

static int
put_digits(struct hf_rdatatext *t, size_t i, unsigned bits)
{
	struct digits d = {.bits = bits};

	for (; i < t->cnt; i++)
		for (const char *p = t->word[i]; *p != '\0'; p++)
			if (put_digit(t, &d, (unsigned char)*p) != 0)
				return fail(t, i, "not %s", bits == 4 ? "hexadecimal" : "base64");
	bool whole = bits == 4 ? d.have == 0
			       : (d.digit_cnt + d.pad_cnt) % 4 == 0 &&
		(d.acc & ((1u << d.have) - 1)) == 0 && d.have < 6;
	if (d.digit_cnt == 0 || !whole)
		return fail(t, 0, "%s is cut short", bits == 4 ? "hexadecimal" : "base64");
	return 0;
}

/* Each word is one character-string, escapes \X and \DDD (RFC 1035 5.1). */
static int
put_strings(struct hf_rdatatext *t, size_t i)
{
	for (; i < t->cnt; i++) {
		uint8_t octets[256];
		size_t len = 0;

		for (const char *p = t->word[i]; *p != '\0'; p++) {
			unsigned c = (unsigned char)*p;

			if (c == '\\' && p[1] != '\0' && strspn(p + 1, "0123456789") >= 3) {
				c = (unsigned)(p[1] - '0') * 100 + (unsigned)(p[2] - '0') * 10 +
				    (unsigned)(p[3] - '0');
				p += 3;
			} else if (c == '\\' && p[1] != '\0') {
				c = (unsigned char)*++p;
			}
			if (c > 255 || len == 255)
				return fail(t, i, "not a string of at most 255 octets");
			octets[1 + len++] = (uint8_t)c;
		}
		octets[0] = (uint8_t)len;
		if (put(t, i, octets, len + 1) != 0)
			return -EINVAL;
	}
	return 0;
}

static int
put_window(struct hf_rdatatext *t, unsigned window, const uint8_t map[WINDOW_LEN])
{
	uint8_t head[2] = {(uint8_t)window, WINDOW_LEN};

	while (head[1] > 0 && map[head[1] - 1] == 0)
		head[1]--;
	if (head[1] == 0)
		return 0;
	return put(t, 0, head, 2) != 0 ? -EINVAL : put(t, 0, map, head[1]);
}

static int
put_bitmap(struct hf_rdatatext *t, size_t i)
{
	static const uint8_t none[WINDOW_LEN];
	uint8_t map[256][WINDOW_LEN] = {{0}};
	int rc = 0;

	for (; i < t->cnt; i++) {
		uint16_t type;

		if (hf_type_from_text(t->word[i], &type) != 0)
			return fail(t, i, "\"%.80s\" is not a type", t->word[i]);
		map[type >> 8][(type & 255) / 8] |= (uint8_t)(0x80 >> type % 8);
	}
	for (unsigned w = 0; rc == 0 && w < 256; w++)
		if (memcmp(map[w], none, WINDOW_LEN) != 0)
			rc = put_window(t, w, map[w]);
	return rc;
}

static int
put_field(struct hf_rdatatext *t, size_t i, char field)
{
	switch (field) {
	case 'n':
		return put_name(t, i);
	case 'a':
	case 'q':
		return put_addr(t, i, field == 'a' ? AF_INET : AF_INET6);
	case 't':
		return put_type(t, i);
	case 'd':
		return put_time(t, i);
	case 'X':
	case 'B':
		return put_digits(t, i, field == 'X' ? 4 : 6);
	case 'S':
		return put_strings(t, i);
	case 'M':
		return put_bitmap(t, i);
	default:
		return put_number(t, i, (unsigned)(field - '0'));
	}
}

/* --- what fields cannot say --------------------------------------------------------------- */

static size_t
digest_len(uint8_t digest)
{
	switch (digest) {
	case HF_DIGEST_SHA1:
		return 20;
	case HF_DIGEST_SHA256:
		return 32;
	case HF_DIGEST_SHA384:
		return 48;
	default:
		return 0;
	}
}

/* RFC 4034 5.3 */
static int
check_ds(struct hf_rdatatext *t)
{
	if (digest_len(t->rdata[3]) == 0)
		return fail(t, 2, "digest type %u is not known", t->rdata[3]);
	if (t->len - 4 != digest_len(t->rdata[3]))
		return fail(
		    t, 3, "a digest of %zu octets, want %zu", t->len - 4, digest_len(t->rdata[3]));
	return 0;
}

/* RFC 4034 2.2 */
static int
check_dnskey(struct hf_rdatatext *t)
{
	unsigned flags = (unsigned)t->rdata[0] << 8 | t->rdata[1];

	if ((flags & HF_DNSKEY_ZONE) == 0)
		return fail(t, 0, "not a zone key (RFC 4034 2.1.1)");
	if ((flags & HF_DNSKEY_REVOKE) != 0)
		return fail(t, 0, "a revoked key (RFC 5011 2.1)");
	if (t->rdata[2] != 3)
		return fail(t, 1, "protocol %u, want 3 (RFC 4034 2.1.2)", t->rdata[2]);
	return 0;
}

/* RFC 3597 5 */
static int
from_generic(struct hf_rdatatext *t)
{
	uint64_t len;
	int rc = 0;

	if (t->cnt < 2 || strcmp(t->word[0], "\\#") != 0)
		return fail(t, 0, "this type is written \\# length hexadecimal (RFC 3597 5)");
	if (hf_uint_from_text(t->word[1], HF_RDATATEXT_MAX, &len) != 0)
		return fail(t, 1, "\"%.80s\" is not a number that fits", t->word[1]);
	if (len > 0 || t->cnt > 2)
		rc = put_digits(t, 2, 4);
	if (rc == 0 && t->len != len)
		return fail(t, 1, "%zu octets follow", t->len);
	return rc;
}

static const char *
fields_of(uint16_t type)
{
	for (unsigned i = 0; i < FORM_CNT; i++)
		if (forms[i].type == type)
			return forms[i].fields;
	return NULL;
}

int
cp_rdata_from_words(uint16_t type, struct hf_rdatatext *t)
{
	const char *fields = fields_of(type);
	size_t cnt = fields != NULL ? strlen(fields) : 0;
	bool open = cnt > 0 && isupper((unsigned char)fields[cnt - 1]);
	int rc = 0;

	t->len = 0;
	t->err[0] = '\0';
	if (fields == NULL)
		return from_generic(t);
	if (t->cnt < cnt)
		return fail(t, t->cnt, "RDATA has %zu fields, too few", t->cnt);
	if (t->cnt > cnt && !open)
		return fail(t, cnt, "RDATA has %zu fields, too many", t->cnt);
	for (size_t i = 0; rc == 0 && i < cnt; i++)
		rc = put_field(t, i, fields[i]);
	if (rc == 0 && type == HF_TYPE_DS && t->believed)
		rc = check_ds(t);
	if (rc == 0 && type == HF_TYPE_DNSKEY && t->believed)
		rc = check_dnskey(t);
	return rc;
}
