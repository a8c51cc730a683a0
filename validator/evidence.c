/* SPDX-License-Identifier: BSD-3-Clause */
/* A result as one line for whoever is woken by it. */
#include <stdio.h>
#include <string.h>

#include "lib/wire/rdata.h"
#include "validator/validator.h"

enum {
	HEAD_MAX = 8, /* of a name that is too long, or of a hash: enough to tell it from others */
	SIGNER_MAX = 30, /* beside an owner */
	WHY_LEN = 96,
	SUBJECT_LEN = 48,
	FROM_LEN = 64,
	DATE_LEN = 64,
};

/* --- names */

/* Characters of text that make one octet of a name: "a", "\\.", "\\032". */
static size_t
unit_len(const char *text)
{
	if (text[0] != '\\')
		return 1;
	return text[1] >= '0' && text[1] <= '9' ? 4 : 2;
}

/* As people write it: no dot at the end but the root's. */
static void
plain_text(const struct hf_name *name, char out[HF_NAME_TEXT_LEN])
{
	size_t len = strlen(hf_name_to_text(name, out));

	if (len > 1)
		out[len - 1] = '\0';
}

/* The beginning of name's text, in as many whole octets as HEAD_MAX characters hold. */
static size_t
head_len(const char *text)
{
	size_t len = 0;

	while (text[len] != '\0' && text[len] != '.' && len + unit_len(text + len) <= HEAD_MAX)
		len += unit_len(text + len);
	return len;
}

/* Name in at most max characters: "a0d5d1p5....de". A hash is always cut. */
static void
name_text(const struct hf_name *name, bool is_hash, size_t max, char out[HF_NAME_TEXT_LEN])
{
	char tail[HF_NAME_TEXT_LEN];

	plain_text(name, out);
	size_t len = head_len(out);
	bool whole = out[len] == '.' || out[len] == '\0'; /* the head is the first label */

	if (name->label_cnt == 0 || (strlen(out) <= max && (whole || !is_hash)))
		return;
	if (max >= HF_NAME_TEXT_LEN)
		max = HF_NAME_TEXT_LEN - 1;

	memcpy(out + len, "...", sizeof("..."));
	for (unsigned strip = 1; strip < name->label_cnt; strip++) {
		struct hf_name up;

		hf_name_strip(name, strip, &up);
		plain_text(&up, tail);
		if (len + strlen("....") + strlen(tail) > max)
			continue;
		memcpy(out + len + strlen("..."), ".", 1);
		strcpy(out + len + strlen("...."), tail);
		return;
	}
}

/* --- dates */

/* Seconds since 1970 as a date of the Gregorian calendar; years begin in March here, so that the
 * day that is there or not comes last. gmtime_r would read the time zone's file. */
static void
date_text(uint32_t s, char out[DATE_LEN])
{
	uint32_t day = s / 86400 + 719468, era = day / 146097, of_era = day % 146097;
	uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint32_t month = (5 * of_year + 2) / 153;

	snprintf(out, DATE_LEN, "%04u-%02u-%02u %02u:%02u:%02u UTC",
	    (unsigned)(era * 400 + year + (month >= 10)),
	    (unsigned)(month < 10 ? month + 3 : month - 9),
	    (unsigned)(of_year - (153 * month + 2) / 5 + 1), (unsigned)(s / 3600 % 24),
	    (unsigned)(s / 60 % 60), (unsigned)(s % 60));
}

/* --- the line */

/* The sentence, with what only this result can say. */
static void
why_text(const struct va_result *r, char out[WHY_LEN])
{
	char date[DATE_LEN], signer[HF_NAME_TEXT_LEN];
	const char *text = va_reason_text(r->reason);

	switch (r->reason) {
	case VA_SIG_EXPIRED:
		date_text(r->expiration, date);
		snprintf(out, WHY_LEN, "%s %s", text, date);
		return;
	case VA_SIG_NOT_YET:
		date_text(r->inception, date);
		snprintf(out, WHY_LEN, "%s, but from %s", text, date);
		return;
	case VA_SIG_SIGNER:
		name_text(&r->signer, false, SIGNER_MAX, signer);
		if (r->algorithm != 0)
			snprintf(out, WHY_LEN, "%s: %.*s", text, SIGNER_MAX, signer);
		else
			snprintf(out, WHY_LEN, "%s", text);
		return;
	case VA_SIG_NO_KEY:
		snprintf(out, WHY_LEN, "%s %u", text, (unsigned)r->algorithm);
		return;
	case VA_SIG_ALGORITHM:
	case VA_DS_ALGORITHM:
		snprintf(out, WHY_LEN, "algorithm %u is not relied on", (unsigned)r->algorithm);
		return;
	case VA_NSEC3_ITERATIONS:
		name_text(&r->signer, false, SIGNER_MAX, signer);
		snprintf(out, WHY_LEN, "%s in zone %.*s", text, SIGNER_MAX, signer);
		return;
	case VA_DS_DIGEST:
		snprintf(out, WHY_LEN, "digest %u is not relied on", (unsigned)r->digest);
		return;
	default:
		snprintf(out, WHY_LEN, "%s", text);
	}
}

static bool
is_of_ds(enum va_reason reason)
{
	return reason == VA_DS_NO_MATCH || reason == VA_DS_ALGORITHM || reason == VA_DS_DIGEST;
}

/* What is at fault, before its owner: "RRSIG NSEC3 ", "DS ", "A ". */
static void
kind_text(const struct va_result *r, char out[SUBJECT_LEN])
{
	char type[HF_TYPE_TEXT_LEN];

	hf_type_to_text(r->type, type);
	if (is_of_ds(r->reason) || r->digest != 0)
		snprintf(out, SUBJECT_LEN, "%s ", r->digest != 0 ? "DS" : type);
	else if (r->algorithm != 0)
		snprintf(out, SUBJECT_LEN, "RRSIG %s ", type);
	else if (r->type == HF_TYPE_ANY) /* all types of a name that is denied */
		out[0] = '\0';
	else
		snprintf(out, SUBJECT_LEN, "%s ", type);
}

/* Append what fits of text to buf, keeping the NUL. */
static size_t
append(char *buf, size_t cap, size_t len, const char *text)
{
	while (*text != '\0' && len + 1 < cap)
		buf[len++] = *text++;
	buf[len] = '\0';
	return len;
}

size_t
va_result_to_text(const struct va_result *r, const char *from, char *buf, size_t cap)
{
	char kind[SUBJECT_LEN], owner[HF_NAME_TEXT_LEN], tag[16] = "", why[WHY_LEN];
	char tail[sizeof(tag) + FROM_LEN + WHY_LEN];

	if (cap == 0)
		return 0;
	kind_text(r, kind);
	why_text(r, why);
	if (r->algorithm != 0)
		snprintf(tag, sizeof(tag), " keytag %u", (unsigned)r->key_tag);
	snprintf(tail, sizeof(tail), "%s%s%.45s: %s", tag, from != NULL ? " from " : "",
	    from != NULL ? from : "", why);
	/* A long owner gives way, never the reason behind it. */
	size_t fixed = strlen(kind) + strlen(tail) + 1;
	name_text(&r->owner, r->type == HF_TYPE_NSEC3, cap > fixed ? cap - fixed : 0, owner);
	size_t len = append(buf, cap, 0, kind);
	len = append(buf, cap, len, owner);
	return append(buf, cap, len, tail);
}
