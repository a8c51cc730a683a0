/* SPDX-License-Identifier: BSD-3-Clause */
#include "validator/zonemd.h"

#include <stdlib.h>
#include <string.h>

#include "lib/wire/cursor.h"
#include "lib/wire/rdata.h"
#include "validator/crypto.h"

enum {
	SCHEME_SIMPLE = 1, /* RFC 8976 5.2 */
	FIXED_LEN = 6,     /* serial, scheme, algorithm: RFC 8976 2.2 */
	RR_FIXED_LEN = 10, /* type, class, TTL, RDLENGTH */
	TYPE_COVERED_LEN = 2,
};

int
va_record_cmp(const struct va_record *a, const struct va_record *b)
{
	int cmp = hf_name_cmp(a->owner, b->owner);

	if (cmp != 0)
		return cmp;
	if (a->type != b->type)
		return (int)a->type - (int)b->type;
	return hf_rdata_cmp(a->data.data, a->data.len, b->data.data, b->data.len);
}

/* The apex ZONEMD RRset and its signatures are not of what is digested (RFC 8976 3.3.1.2). */
static bool
is_left_out(const struct va_record *r, const struct hf_name *apex)
{
	if (!hf_name_equal(r->owner, apex))
		return false;
	if (r->type == HF_TYPE_ZONEMD)
		return true;
	return r->type == HF_TYPE_RRSIG && r->data.len >= TYPE_COVERED_LEN &&
	    (r->data.data[0] << 8 | r->data.data[1]) == HF_TYPE_ZONEMD;
}

static uint8_t *
put_u16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static uint8_t *
put_record(uint8_t *p, const struct va_record *r)
{
	memcpy(p, r->owner->octets, r->owner->len);
	p = put_u16(p + r->owner->len, r->type);
	p = put_u16(p, HF_CLASS_IN);
	p = put_u16(p, r->ttl >> 16);
	p = put_u16(p, r->ttl & 0xffff);
	p = put_u16(p, r->data.len);
	if (r->data.len > 0)
		memcpy(p, r->data.data, r->data.len);
	return p + r->data.len;
}

/* All that is digested, one behind the other; NULL when there is no memory. */
static uint8_t *
zone_octets(const struct va_record *records, size_t cnt, const struct hf_name *apex, size_t *len)
{
	size_t need = 1;

	for (size_t i = 0; i < cnt; i++)
		need += records[i].owner->len + (size_t)RR_FIXED_LEN + records[i].data.len;
	uint8_t *block = malloc(need), *p = block;

	for (size_t i = 0; block != NULL && i < cnt; i++)
		if (!is_left_out(&records[i], apex))
			p = put_record(p, &records[i]);
	*len = block != NULL ? (size_t)(p - block) : 0;
	return block;
}

static bool
is_usable(const struct va_record *r, uint32_t serial, size_t *digest_len)
{
	struct hf_cursor c;

	hf_cursor_init(&c, r->data.data, r->data.len);
	uint32_t of = hf_cursor_u32(&c);
	uint8_t scheme = hf_cursor_u8(&c), algorithm = hf_cursor_u8(&c);

	*digest_len = algorithm == HF_ZONEMD_SHA384 ? 48 : algorithm == HF_ZONEMD_SHA512 ? 64 : 0;
	return hf_cursor_ok(&c) && of == serial && scheme == SCHEME_SIMPLE && *digest_len > 0 &&
	    r->data.len == FIXED_LEN + *digest_len;
}

size_t
va_zonemd_digest(const struct va_record *records, size_t cnt, const struct hf_name *apex,
    uint8_t hash, uint8_t *out)
{
	size_t len, out_len;
	uint8_t *block = zone_octets(records, cnt, apex, &len);

	out_len = block != NULL ? va_crypto_zone(hash, block, len, out) : 0;
	free(block);
	return out_len;
}

enum va_zonemd
va_zonemd_check(
    const struct va_record *records, size_t cnt, const struct hf_name *apex, uint32_t serial)
{
	enum va_zonemd found = VA_ZONEMD_ABSENT;
	size_t digest_len;

	for (size_t i = 0; i < cnt && found != VA_ZONEMD_GOOD && found != VA_ZONEMD_FAIL; i++) {
		const struct va_record *r = &records[i];
		uint8_t digest[VA_ZONE_DIGEST_MAX];

		if (r->type != HF_TYPE_ZONEMD || !hf_name_equal(r->owner, apex) ||
		    !is_usable(r, serial, &digest_len))
			continue;
		if (va_zonemd_digest(records, cnt, apex, r->data.data[5], digest) != digest_len)
			found = VA_ZONEMD_FAIL;
		else if (memcmp(digest, r->data.data + FIXED_LEN, digest_len) == 0)
			found = VA_ZONEMD_GOOD; /* one is enough: RFC 8976 4 step 4 */
		else
			found = VA_ZONEMD_BAD;
	}
	return found;
}
