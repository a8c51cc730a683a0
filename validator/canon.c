/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "lib/wire/rdata.h"
#include "validator/canon.h"

enum { RR_FIXED = 10 }; /* type, class, TTL, RDATA length */

static int
rdata_order(const void *a, const void *b)
{
	const struct hf_rdata *x = a, *y = b;

	return hf_rdata_cmp(x->data, x->len, y->data, y->len);
}

/* Two records may differ only in the case of a name and be one here (RFC 4034 6.3). */
static uint16_t
without_duplicates(struct hf_rdata *rr, uint16_t cnt)
{
	uint16_t n = 1;

	for (uint16_t i = 1; i < cnt; i++)
		if (rdata_order(&rr[i], &rr[n - 1]) != 0)
			rr[n++] = rr[i];
	return n;
}

enum va_reason
va_canon_init(struct va_canon *c, const struct hf_rrset *set)
{
	size_t rdata_len = 0, signed_max = VA_RRSIG_FIXED + HF_NAME_MAX;

	if (set->rr_cnt == 0 || set->rr_cnt > VA_RRS_MAX)
		return VA_RRSET_TOO_LARGE;
	for (uint16_t i = 0; i < set->rr_cnt; i++)
		rdata_len += set->rr[i].len;
	signed_max += rdata_len + (size_t)set->rr_cnt * (HF_NAME_MAX + RR_FIXED);
	if (rdata_len + signed_max > VA_CANON_MAX)
		return VA_RRSET_TOO_LARGE;
	c->block = malloc(rdata_len + signed_max);
	if (c->block == NULL)
		return VA_INTERNAL;
	c->set = set;
	c->signed_off = c->block + rdata_len;

	uint8_t *p = c->block;
	for (uint16_t i = 0; i < set->rr_cnt; i++) {
		uint16_t len = set->rr[i].len;

		if (len > 0)
			memcpy(p, set->rr[i].data, len);
		if (hf_rdata_canonical(set->type, p, len) != 0) {
			va_canon_fini(c);
			return VA_SIG_BAD;
		}
		c->rr[i] = (struct hf_rdata){.data = p, .len = len};
		p += len;
	}
	qsort(c->rr, set->rr_cnt, sizeof(c->rr[0]), rdata_order);
	c->rr_cnt = without_duplicates(c->rr, set->rr_cnt);
	return VA_OK;
}

void
va_canon_fini(struct va_canon *c)
{
	free(c->block);
	c->block = NULL;
}

static uint8_t *
put(uint8_t *p, const void *octets, size_t len)
{
	memcpy(p, octets, len);
	return p + len;
}

static uint8_t *
put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

/* The owner that was signed: the wildcard's when the RRSIG counts fewer labels (RFC 4035
 * 5.3.2). "*." and fewer labels are never longer than the owner was. */
static void
signed_owner(const struct hf_name *owner, const struct va_sig *sig, struct hf_name *out)
{
	struct hf_name encloser;

	hf_name_strip(owner, (unsigned)owner->label_cnt - sig->labels, &encloser);
	if (sig->labels >= va_owner_labels(owner) || hf_name_wildcard(&encloser, out) != 0)
		*out = *owner;
	hf_name_lower(out);
}

const uint8_t *
va_canon_signed(struct va_canon *c, const struct va_sig *sig, size_t *len)
{
	struct hf_name owner;
	uint8_t *p = c->signed_off;

	signed_owner(&c->set->owner, sig, &owner);
	p = put(p, sig->fixed, VA_RRSIG_FIXED);
	p = put(p, sig->signer.octets, sig->signer.len);
	for (uint16_t i = 0; i < c->rr_cnt; i++) {
		p = put(p, owner.octets, owner.len);
		p = put_u16(p, c->set->type);
		p = put_u16(p, c->set->klass);
		p = put_u16(p, (uint16_t)(sig->original_ttl >> 16));
		p = put_u16(p, (uint16_t)sig->original_ttl);
		p = put_u16(p, c->rr[i].len);
		p = put(p, c->rr[i].data, c->rr[i].len);
	}
	*len = (size_t)(p - c->signed_off);
	return c->signed_off;
}
