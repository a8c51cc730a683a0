/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/rdata.h"

#include <errno.h>
#include <string.h>

#include "lib/wire/writer.h"

/*
 * What RDATA is made of. FIX + n stands for n octets of any value. Four kinds of names:
 *
 *            compressed when   compressed when   lower case in the
 *            received          written           canonical form
 * NAME_1035  yes               yes               yes      RFC 1035 3.3, RFC 3597 4
 * NAME_OLD   yes               no                yes      RFC 3597 4
 * NAME_LOWER no                no                yes      RFC 4034 6.2, RFC 6840 5.1
 * NAME_KEEP  no                no                no
 */
enum field {
	END,
	NAME_1035,
	NAME_OLD,
	NAME_LOWER,
	NAME_KEEP,
	STRING,      /* a length octet and so many octets, RFC 1035 3.3 */
	STRING_SOME, /* the same, not empty */
	STRINGS,     /* one or more strings up to the end */
	REST,        /* anything up to the end */
	REST_SOME,   /* the same, not empty */
	BITMAP,      /* type bitmap up to the end, RFC 4034 4.1.2 */
	SVC_PARAMS,  /* RFC 9460 2.2 */
	OPTIONS,     /* RFC 6891 6.1.2 */
	A6_ADDRESS,  /* prefix length and the rest of the address, RFC 2874 3.1 */
	A6_NAME,     /* the prefix name, there when the prefix length is not 0 */
	FIX = 0x40,
};

enum { FIELD_CNT_MAX = 7 };

/* The shapes of class IN. A type that is not here is octets (RFC 3597 3). */
static const struct shape {
	uint16_t type;
	uint8_t field[FIELD_CNT_MAX + 1]; /* enum field, ends in END */
} shapes[] = {
    /* clang-format off */
	{HF_TYPE_A, {FIX + 4}},
	{HF_TYPE_NS, {NAME_1035}},
	{HF_TYPE_MD, {NAME_1035}},
	{HF_TYPE_MF, {NAME_1035}},
	{HF_TYPE_CNAME, {NAME_1035}},
	{HF_TYPE_SOA, {NAME_1035, NAME_1035, FIX + 20}},
	{HF_TYPE_MB, {NAME_1035}},
	{HF_TYPE_MG, {NAME_1035}},
	{HF_TYPE_MR, {NAME_1035}},
	{11 /* WKS */, {FIX + 5, REST}},
	{HF_TYPE_PTR, {NAME_1035}},
	{HF_TYPE_HINFO, {STRING, STRING}},
	{HF_TYPE_MINFO, {NAME_1035, NAME_1035}},
	{HF_TYPE_MX, {FIX + 2, NAME_1035}},
	{HF_TYPE_TXT, {STRINGS}},
	{HF_TYPE_RP, {NAME_OLD, NAME_OLD}},
	{HF_TYPE_AFSDB, {FIX + 2, NAME_OLD}},
	{19 /* X25 */, {STRING}},
	{20 /* ISDN */, {STRINGS}},
	{HF_TYPE_RT, {FIX + 2, NAME_OLD}},
	{HF_TYPE_SIG, {FIX + 18, NAME_OLD, REST}},
	{HF_TYPE_KEY, {FIX + 4, REST}},
	{HF_TYPE_PX, {FIX + 2, NAME_OLD, NAME_OLD}},
	{27 /* GPOS */, {STRING, STRING, STRING}},
	{HF_TYPE_AAAA, {FIX + 16}},
	{HF_TYPE_NXT, {NAME_OLD, REST}},
	{HF_TYPE_SRV, {FIX + 6, NAME_OLD}},
	{HF_TYPE_NAPTR, {FIX + 4, STRING, STRING, STRING, NAME_OLD}},
	{HF_TYPE_KX, {FIX + 2, NAME_LOWER}},
	{37 /* CERT */, {FIX + 5, REST}},
	{HF_TYPE_A6, {A6_ADDRESS, A6_NAME}},
	{HF_TYPE_DNAME, {NAME_LOWER}},
	{HF_TYPE_OPT, {OPTIONS}},
	{HF_TYPE_DS, {FIX + 4, REST_SOME}},
	{44 /* SSHFP */, {FIX + 2, REST}},
	{HF_TYPE_RRSIG, {FIX + 18, NAME_LOWER, REST_SOME}},
	{HF_TYPE_NSEC, {NAME_KEEP, BITMAP}},
	{HF_TYPE_DNSKEY, {FIX + 4, REST_SOME}},
	{HF_TYPE_NSEC3, {FIX + 4, STRING, STRING_SOME, BITMAP}},
	{HF_TYPE_NSEC3PARAM, {FIX + 4, STRING}},
	{52 /* TLSA */, {FIX + 3, REST}},
	{53 /* SMIMEA */, {FIX + 3, REST}},
	{59 /* CDS */, {FIX + 4, REST_SOME}},
	{60 /* CDNSKEY */, {FIX + 4, REST_SOME}},
	{62 /* CSYNC */, {FIX + 6, BITMAP}},
	{63 /* ZONEMD */, {FIX + 6, REST_SOME}},
	{HF_TYPE_SVCB, {FIX + 2, NAME_KEEP, SVC_PARAMS}},
	{HF_TYPE_HTTPS, {FIX + 2, NAME_KEEP, SVC_PARAMS}},
	{99 /* SPF */, {STRINGS}},
	{104 /* NID */, {FIX + 10}},
	{105 /* L32 */, {FIX + 6}},
	{106 /* L64 */, {FIX + 10}},
	{107 /* LP */, {FIX + 2, NAME_KEEP}},
	{108 /* EUI48 */, {FIX + 6}},
	{109 /* EUI64 */, {FIX + 8}},
	{256 /* URI */, {FIX + 4, REST_SOME}},
	{257 /* CAA */, {FIX + 1, STRING_SOME, REST}},
    /* clang-format on */
};
enum { SHAPE_CNT = sizeof(shapes) / sizeof(shapes[0]) };

static const uint8_t *
shape_of(uint16_t type)
{
	static const uint8_t opaque[] = {REST, END};
	unsigned low = 0, high = SHAPE_CNT;

	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (shapes[mid].type == type)
			return shapes[mid].field;
		if (shapes[mid].type < type)
			low = mid + 1;
		else
			high = mid;
	}
	return opaque;
}

static void
mark_bad_unless(struct hf_cursor *c, bool good)
{
	if (!good)
		c->bad = true;
}

/* Items of a key of two octets, a length of two and so much data, up to the end.
 * SvcParamKeys only ever rise (RFC 9460 2.2), option codes come in any order. */
static void
pairs_skip(struct hf_cursor *c, bool rising)
{
	int32_t last = -1;

	while (hf_cursor_left(c) > 0) {
		int32_t key = hf_cursor_u16(c);

		hf_cursor_bytes(c, hf_cursor_u16(c));
		mark_bad_unless(c, !rising || key > last);
		last = key;
	}
}

static void
a6_address_skip(struct hf_cursor *c)
{
	unsigned prefix = hf_cursor_u8(c);

	mark_bad_unless(c, prefix <= 128);
	if (hf_cursor_ok(c))
		hf_cursor_bytes(c, (128 - prefix + 7) / 8);
	mark_bad_unless(c, (prefix == 0) == (hf_cursor_left(c) == 0));
}

static bool
is_name(uint8_t field)
{
	return (field >= NAME_1035 && field <= NAME_KEEP) || field == A6_NAME;
}

static bool
is_lowered(uint8_t field)
{
	return is_name(field) && field != NAME_KEEP;
}

/* Step over one field that is not a name, and check it; c ends where the RDATA ends. */
static void
field_skip(struct hf_cursor *c, uint8_t field)
{
	uint32_t left = hf_cursor_left(c);

	switch (field) {
	case STRING:
		hf_cursor_bytes(c, hf_cursor_u8(c));
		break;
	case STRING_SOME:
		mark_bad_unless(c, left > 0 && c->base[c->off] > 0);
		hf_cursor_bytes(c, hf_cursor_u8(c));
		break;
	case STRINGS:
		mark_bad_unless(c, left > 0);
		while (hf_cursor_left(c) > 0)
			hf_cursor_bytes(c, hf_cursor_u8(c));
		break;
	case REST_SOME:
		mark_bad_unless(c, left > 0);
		hf_cursor_bytes(c, left);
		break;
	case BITMAP:
		mark_bad_unless(c, hf_bitmap_ok(c->base + c->off, left));
		hf_cursor_bytes(c, left);
		break;
	case SVC_PARAMS:
		pairs_skip(c, true);
		break;
	case OPTIONS:
		pairs_skip(c, false);
		break;
	case A6_ADDRESS:
		a6_address_skip(c);
		break;
	case REST:
		hf_cursor_bytes(c, left);
		break;
	default:
		hf_cursor_bytes(c, field - FIX);
	}
}

static void
name_field_read(struct hf_cursor *c, uint8_t field, struct hf_name *n)
{
	if (field == A6_NAME && hf_cursor_left(c) == 0)
		n->len = 0; /* a6_address_skip has seen to it that none is due */
	else if (field == NAME_1035 || field == NAME_OLD)
		hf_name_read(c, n);
	else
		hf_name_read_plain(c, n);
}

/* A cursor over the RDATA of rr: no field may reach past the record. False: it does not fit. */
static bool
rdata_cursor(const uint8_t *msg, size_t msg_len, const struct hf_rr *rr, struct hf_cursor *c)
{
	hf_cursor_init(c, msg, msg_len);
	c->off = rr->rdata_off < c->end ? rr->rdata_off : c->end;
	if (!hf_cursor_need(c, rr->rdata_len))
		return false;
	c->end = c->off + rr->rdata_len;
	return true;
}

static void
name_field_skip(struct hf_cursor *c, uint8_t field)
{
	if (field == A6_NAME && hf_cursor_left(c) == 0)
		return; /* as in name_field_read */
	if (field == NAME_1035 || field == NAME_OLD)
		hf_name_skip(c);
	else
		hf_name_skip_plain(c);
}

int
hf_rdata_check(const uint8_t *msg, size_t msg_len, const struct hf_rr *rr)
{
	struct hf_cursor c;

	if (!rdata_cursor(msg, msg_len, rr, &c))
		return -EBADMSG;
	for (const uint8_t *field = shape_of(rr->type); *field != END; field++) {
		if (is_name(*field))
			name_field_skip(&c, *field);
		else
			field_skip(&c, *field);
	}
	return hf_cursor_ok(&c) && hf_cursor_left(&c) == 0 ? 0 : -EBADMSG;
}

ssize_t
hf_rdata_expand(
    const uint8_t *msg, size_t msg_len, const struct hf_rr *rr, uint8_t *out, size_t cap)
{
	struct hf_cursor c;
	size_t len = 0;

	if (!rdata_cursor(msg, msg_len, rr, &c))
		return -EBADMSG;
	for (const uint8_t *field = shape_of(rr->type); *field != END; field++) {
		const uint8_t *from = c.base + c.off;
		struct hf_name name;
		size_t add;

		name.len = 0;
		if (is_name(*field)) {
			name_field_read(&c, *field, &name);
			from = name.octets;
			add = name.len;
		} else {
			field_skip(&c, *field);
			add = (size_t)(c.base + c.off - from);
		}
		if (!hf_cursor_ok(&c))
			return -EBADMSG;
		if (add > cap - len)
			return -ENOSPC;
		if (add > 0)
			memcpy(out + len, from, add);
		len += add;
	}
	return hf_cursor_left(&c) == 0 ? (ssize_t)len : -EBADMSG;
}

int
hf_rdata_canonical(uint16_t type, uint8_t *rdata, size_t len)
{
	const uint8_t *shape = shape_of(type);
	struct hf_cursor c;
	struct hf_name name;

	/* First all of it is looked at: RDATA that is refused stays as it was. */
	for (int change = 0; change <= 1; change++) {
		hf_cursor_init(&c, rdata, len);
		for (const uint8_t *field = shape; *field != END; field++) {
			uint32_t at = c.off;

			if (!is_name(*field)) {
				field_skip(&c, *field);
				continue;
			}
			name_field_read(&c, *field == A6_NAME ? A6_NAME : NAME_KEEP, &name);
			if (change && is_lowered(*field)) {
				hf_name_lower(&name);
				memcpy(rdata + at, name.octets, name.len);
			}
		}
		if (!hf_cursor_ok(&c) || hf_cursor_left(&c) > 0)
			return -EBADMSG;
	}
	return 0;
}

void
hf_rdata_write(struct hf_writer *w, uint16_t type, const uint8_t *rdata, size_t len)
{
	struct hf_cursor c;
	struct hf_name name;

	hf_cursor_init(&c, rdata, len);
	for (const uint8_t *field = shape_of(type); *field == NAME_1035 || *field >= FIX; field++) {
		uint32_t at = c.off;

		if (*field != NAME_1035) {
			field_skip(&c, *field);
			hf_writer_bytes(w, rdata + at, c.off - at);
			continue;
		}
		hf_name_read_plain(&c, &name);
		if (!hf_cursor_ok(&c))
			break;
		hf_writer_name(w, &name);
	}
	if (len > c.off) /* from the first field on that is never compressed */
		hf_writer_bytes(w, rdata + c.off, len - c.off);
}

int
hf_rdata_cmp(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	size_t least = a_len < b_len ? a_len : b_len;
	int d = least > 0 ? memcmp(a, b, least) : 0;

	return d != 0 ? d : (a_len > b_len) - (a_len < b_len);
}

/* Windows rise, are 1 to 32 octets long and end in an octet that is not 0. */
bool
hf_bitmap_ok(const uint8_t *map, size_t len)
{
	int last = -1;

	while (len > 0) {
		if (len < 3 || map[0] <= last || map[1] == 0 || map[1] > 32 || len - 2 < map[1] ||
		    map[1 + map[1]] == 0)
			return false;
		last = map[0];
		len -= 2u + map[1];
		map += 2 + map[1];
	}
	return true;
}

bool
hf_bitmap_has(const uint8_t *map, size_t len, uint16_t type)
{
	unsigned window = type >> 8, octet = (type & 0xff) / 8;

	if (!hf_bitmap_ok(map, len))
		return false;
	for (size_t at = 0; at < len; at += 2u + map[at + 1])
		if (map[at] == window)
			return octet < map[at + 1] && (map[at + 2 + octet] & 0x80 >> type % 8) != 0;
	return false;
}

bool
hf_type_is_meta(uint16_t type)
{
	return type == 0 || type == HF_TYPE_OPT || (type >= 128 && type <= 255);
}
