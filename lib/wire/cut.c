/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/cut.h"

#include <string.h>

enum { RRSIG_FIXED_LEN = 18, LABELS_MAX = HF_LABEL_CNT_MAX + 1, POINTER = 0xc0 };

/* One record, as far as a cut wants to know. */
struct record {
	enum hf_section section;
	uint16_t type; /* of a signature: the type it signs */
	uint32_t off, end;
};

static inline uint8_t
octet_at(const struct hf_cut_body *b, uint32_t off)
{
	if (off < b->question_end)
		return b->msg[off];
	off -= b->question_end;
	return off < b->len ? b->octets[off] : 0;
}

/* Where the label at off of the message really is. Each pointer leads further back. */
static uint32_t
label_at(const struct hf_cut_body *b, uint32_t off)
{
	while (octet_at(b, off) >= POINTER) {
		uint32_t to = (octet_at(b, off) & ~(unsigned)POINTER) << 8 | octet_at(b, off + 1);

		if (to >= off)
			break;
		off = to;
	}
	return off;
}

static inline uint8_t
lower(uint8_t o)
{
	return o >= 'A' && o <= 'Z' ? o | 0x20 : o;
}

/* The names at two places of the message, of whatever case. */
static bool
same_name(const struct hf_cut_body *b, uint32_t x, uint32_t y)
{
	for (unsigned i = 0; i < LABELS_MAX; i++) {
		x = label_at(b, x);
		y = label_at(b, y);
		if (x == y)
			return true;

		uint8_t len = octet_at(b, x);
		if (len != octet_at(b, y) || len > HF_LABEL_MAX)
			return false;
		if (len == 0)
			return true;
		for (unsigned k = 1; k <= len; k++)
			if (lower(octet_at(b, x + k)) != lower(octet_at(b, y + k)))
				return false;
		x += len + 1u;
		y += len + 1u;
	}
	return false;
}

/* Past a name, which stands in a part of a message: where a pointer leads is not looked at. */
static void
owner_skip(struct hf_cursor *c)
{
	uint8_t len;

	do {
		len = hf_cursor_u8(c);
		if (len > HF_LABEL_MAX)
			break;
		hf_cursor_bytes(c, len);
	} while (len > 0 && hf_cursor_ok(c));
	if (len >= POINTER)
		hf_cursor_u8(c);
	else if (len > HF_LABEL_MAX)
		c->bad = true;
}

/* The next record of the body under c; its place is told in the message. */
static bool
record_read(const struct hf_cut_body *b, struct hf_cursor *c, struct record *r)
{
	r->off = b->question_end + c->off;
	owner_skip(c);
	r->type = hf_cursor_u16(c);
	hf_cursor_bytes(c, 2 + 4); /* class, TTL */

	uint16_t rdata_len = hf_cursor_u16(c);
	const uint8_t *rdata = hf_cursor_bytes(c, rdata_len);
	if (rdata != NULL && r->type == HF_TYPE_RRSIG && rdata_len >= RRSIG_FIXED_LEN)
		r->type = (uint16_t)(rdata[0] << 8 | rdata[1]);
	r->end = b->question_end + c->off;
	return hf_cursor_ok(c);
}

static bool
is_needed(const struct record *r)
{
	switch (r->section) {
	case HF_SECTION_ANSWER:
		return true;
	case HF_SECTION_AUTHORITY:
		return r->type != HF_TYPE_NS;
	default:
		return false;
	}
}

static bool
same_rrset(const struct hf_cut_body *b, const struct record *x, const struct record *y)
{
	return x->section == y->section && x->type == y->type && same_name(b, x->off, y->off);
}

/* A cut behind what *at has, if there is room for that. */
static void
advance(struct hf_cut *to, const struct hf_cut *at, size_t room)
{
	if (at->len <= room)
		*to = *at;
}

struct hf_cut
hf_cut_find(const struct hf_cut_body *b, size_t room)
{
	struct hf_cut at = {0}, records = {0}, rrsets = {0};
	struct record r, before = {0};
	uint32_t needed = 0; /* octets up to the end of the last record that is */
	struct hf_cursor c;

	hf_cursor_init(&c, b->octets, b->len);
	for (unsigned s = HF_SECTION_ANSWER; s < HF_SECTION_CNT; s++) {
		r.section = (enum hf_section)s;
		for (unsigned i = 0; i < b->cnt[s]; i++, before = r) {
			if (!record_read(b, &c, &r))
				break;
			if (at.len == 0 || !same_rrset(b, &before, &r))
				advance(&rrsets, &at, room);
			at.len = (uint16_t)c.off;
			at.cnt[s]++;
			advance(&records, &at, room);
			if (is_needed(&r))
				needed = c.off;
		}
	}
	advance(&rrsets, &at, room);
	if (hf_cursor_ok(&c) && hf_cursor_left(&c) == 0 && rrsets.len >= needed)
		return rrsets;
	records.tc = true;
	return records;
}
