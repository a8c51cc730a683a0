/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "validator/nsec.h"
#include "validator/nsec3.h"

bool
va_bitmap_ends_zone(const struct va_bitmap *m)
{
	return va_bitmap_has(m, HF_TYPE_DNAME) ||
	    (va_bitmap_has(m, HF_TYPE_NS) && !va_bitmap_has(m, HF_TYPE_SOA));
}

/* No type but those that come with the denial itself. m is well formed. */
static bool
bitmap_is_bare(const struct va_bitmap *m)
{
	struct hf_cursor c;

	hf_cursor_init(&c, m->octets, m->len);
	while (hf_cursor_left(&c) > 0) {
		unsigned window = hf_cursor_u8(&c), len = hf_cursor_u8(&c);

		for (unsigned i = 0; i < len; i++) {
			unsigned octet = hf_cursor_u8(&c);

			for (unsigned bit = 0; bit < 8; bit++) {
				unsigned type = window << 8 | i << 3 | bit;

				if ((octet & 0x80u >> bit) != 0 && type != HF_TYPE_NSEC &&
				    type != HF_TYPE_RRSIG && type != VA_TYPE_NXNAME)
					return false;
			}
		}
	}
	return true;
}

enum va_denied
va_bitmap_denies(const struct va_bitmap *m, uint16_t qtype, bool at_root)
{
	bool soa = va_bitmap_has(m, HF_TYPE_SOA);

	if (va_bitmap_has(m, qtype) || va_bitmap_has(m, HF_TYPE_CNAME)) /* RFC 6840 4.3 */
		return VA_DENIED_WRONG;
	if (qtype == HF_TYPE_ANY && !bitmap_is_bare(m))
		return VA_DENIED_WRONG;
	/* At a cut the parent speaks of DS and the child of all else (RFC 6840 4.1, 4.4). */
	if (qtype == HF_TYPE_DS)
		return soa && !at_root ? VA_DENIED_WRONG : VA_DENIED;
	return va_bitmap_has(m, HF_TYPE_NS) && !soa ? VA_DENIED_WRONG : VA_DENIED;
}

enum va_denied
va_bitmap_denies_ds(const struct va_bitmap *m)
{
	if (va_bitmap_has(m, HF_TYPE_DS) || va_bitmap_has(m, HF_TYPE_SOA))
		return VA_DENIED_WRONG;
	return va_bitmap_has(m, HF_TYPE_NS) ? VA_DENIED_CUT : VA_DENIED;
}

static const struct {
	enum hf_verdict verdict;
	enum va_reason reason;
} results[] = {
    [VA_DENIED] = {HF_VERDICT_SECURE, VA_OK},
    [VA_DENIED_OPTOUT] = {HF_VERDICT_INSECURE, VA_OK},
    [VA_DENIED_CUT] = {HF_VERDICT_INSECURE, VA_OK},
    [VA_DENIED_MISSING] = {HF_VERDICT_BOGUS, VA_DENIAL_MISSING},
    [VA_DENIED_WRONG] = {HF_VERDICT_BOGUS, VA_DENIAL_WRONG},
    [VA_DENIED_ITERATIONS] = {HF_VERDICT_INSECURE, VA_NSEC3_ITERATIONS},
    [VA_DENIED_BUDGET] = {HF_VERDICT_BOGUS, VA_BUDGET_SHA1},
    [VA_DENIED_INTERNAL] = {HF_VERDICT_BOGUS, VA_INTERNAL},
};

static void
result_fill(const struct va_proofs *p, const struct hf_name *qname, uint16_t qtype,
    enum va_denied denied, struct va_result *out)
{
	memset(out, 0, sizeof(*out));
	out->verdict = results[denied].verdict;
	out->reason = results[denied].reason;
	out->owner = *qname;
	out->type = qtype;
	out->signer = *p->zone;
	out->ttl = p->cnt > 0 ? UINT32_MAX : 0;
	for (uint16_t i = 0; i < p->cnt && i < VA_PROOFS_MAX; i++)
		if (p->sets[i]->ttl < out->ttl)
			out->ttl = p->sets[i]->ttl;
}

/* A zone has NSEC or NSEC3; while it changes over, a response has one or the other. */
static bool
ask_nsec3(enum va_denied by_nsec)
{
	return by_nsec == VA_DENIED_MISSING;
}

void
va_deny_type(const struct va_proofs *p, const struct hf_name *qname, uint16_t qtype,
    struct va_budget *budget, struct va_result *out)
{
	enum va_denied d = VA_DENIED_MISSING;

	/* The child is never asked about its own DS; only the root has no parent. */
	if (qtype == HF_TYPE_DS && qname->label_cnt > 0 && hf_name_equal(qname, p->zone)) {
		d = VA_DENIED_WRONG;
	} else if (hf_name_in(qname, p->zone)) {
		d = va_nsec_deny_type(p, qname, qtype);
		if (ask_nsec3(d))
			d = va_nsec3_deny_type(p, qname, qtype, budget);
	}
	result_fill(p, qname, qtype, d, out);
}

void
va_deny_name(const struct va_proofs *p, const struct hf_name *qname, struct va_budget *budget,
    struct va_result *out)
{
	enum va_denied d = VA_DENIED_MISSING;

	if (hf_name_in(qname, p->zone)) {
		d = va_nsec_deny_name(p, qname);
		if (ask_nsec3(d))
			d = va_nsec3_deny_name(p, qname, budget);
	}
	result_fill(p, qname, HF_TYPE_ANY, d, out);
}

void
va_deny_closer(const struct va_proofs *p, const struct hf_name *qname, uint8_t labels,
    struct va_budget *budget, struct va_result *out)
{
	enum va_denied d = VA_DENIED_MISSING;

	if (hf_name_in(qname, p->zone) && labels >= p->zone->label_cnt &&
	    labels < qname->label_cnt) {
		d = va_nsec_deny_closer(p, qname, labels);
		if (ask_nsec3(d))
			d = va_nsec3_deny_closer(p, qname, labels, budget);
	}
	result_fill(p, qname, HF_TYPE_ANY, d, out);
}

enum va_cut
va_deny_ds(const struct va_proofs *p, const struct hf_name *child, struct va_budget *budget,
    struct va_result *out)
{
	enum va_denied d = VA_DENIED_MISSING;

	if (hf_name_equal(child, p->zone)) {
		d = VA_DENIED_WRONG;
	} else if (hf_name_in(child, p->zone)) {
		d = va_nsec_deny_ds(p, child);
		if (ask_nsec3(d))
			d = va_nsec3_deny_ds(p, child, budget);
	}
	result_fill(p, child, HF_TYPE_DS, d, out);
	switch (out->verdict) {
	case HF_VERDICT_SECURE:
		return VA_CUT_NONE;
	case HF_VERDICT_INSECURE:
		return VA_CUT_UNSIGNED;
	default:
		return VA_CUT_UNPROVEN;
	}
}
