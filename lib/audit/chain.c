/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/audit/chain.h"

#include <stdio.h>
#include <string.h>

static void
add_number(struct hf_sha256 *s, uint64_t v, unsigned octets)
{
	uint8_t be[8];

	for (unsigned i = 0; i < octets; i++)
		be[i] = (uint8_t)(v >> (8 * (octets - 1 - i)));
	hf_sha256_add(s, be, octets);
}

static void
add_text(struct hf_sha256 *s, const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;

	add_number(s, text != NULL ? len : UINT32_MAX, 4);
	hf_sha256_add(s, text, len);
}

void
hf_audit_hash(
    const uint8_t prev[HF_SHA256_LEN], const struct hf_audit_line *line, uint8_t out[HF_SHA256_LEN])
{
	const int64_t numbers[] = {line->id, line->time, line->uid, line->before, line->after};
	const char *const texts[] = {
	    line->author, line->action, line->name, line->reason, line->detail};
	struct hf_sha256 s;

	hf_sha256_init(&s);
	hf_sha256_add(&s, prev, HF_SHA256_LEN);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		add_number(&s, (uint64_t)numbers[i], 8);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		add_text(&s, texts[i]);
	hf_sha256_end(&s, out);
}

bool
hf_audit_follow(struct hf_audit_walk *w, const struct hf_audit_line *line)
{
	uint8_t want[HF_SHA256_LEN];

	hf_audit_hash(w->head, line, want);
	if (memcmp(want, line->hash, sizeof(want)) != 0)
		return false;
	memcpy(w->head, want, sizeof(want));
	w->line_cnt++;
	w->generation = line->after;
	w->met = w->met || (w->wanted != NULL && memcmp(w->wanted, want, sizeof(want)) == 0);
	return true;
}

bool
hf_audit_was_met(const struct hf_audit_walk *w)
{
	static const uint8_t empty[HF_SHA256_LEN];

	return w->met || memcmp(w->wanted, empty, sizeof(empty)) == 0;
}

char *
hf_audit_hash_to_text(const uint8_t hash[HF_SHA256_LEN], char text[HF_AUDIT_HASH_TEXT_LEN])
{
	for (int i = 0; i < HF_SHA256_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
	return text;
}

static int
digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, c | ('A' <= c && c <= 'F' ? 0x20 : 0)) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

bool
hf_audit_hash_from_text(const char *text, uint8_t hash[HF_SHA256_LEN])
{
	uint8_t out[HF_SHA256_LEN];

	if (strlen(text) != HF_AUDIT_HASH_TEXT_LEN - 1)
		return false;
	for (int i = 0; i < HF_SHA256_LEN; i++) {
		int hi = digit(text[2 * i]), lo = digit(text[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	memcpy(hash, out, sizeof(out));
	return true;
}
