/* SPDX-License-Identifier: BSD-3-Clause */
#include "validator/nsec.h"

struct nsec {
	const struct hf_name *owner;
	struct hf_name next;
	struct va_bitmap types;
};

/* A name has one NSEC, and the next name is in the same zone (RFC 4034 4.1.1): anything
 * else is stepped over. */
static bool
nsec_read(const struct hf_rrset *set, const struct hf_name *zone, struct nsec *n)
{
	struct hf_cursor c;

	if (set->type != HF_TYPE_NSEC || set->rr_cnt != 1 || !hf_name_in(&set->owner, zone))
		return false;
	hf_cursor_init(&c, set->rr[0].data, set->rr[0].len);
	n->owner = &set->owner;
	n->next = hf_name_root;
	hf_name_read_plain(&c, &n->next);
	n->types.len = hf_cursor_left(&c);
	n->types.octets = hf_cursor_bytes(&c, (uint32_t)n->types.len);
	return hf_cursor_ok(&c) && hf_name_in(&n->next, zone) &&
	    hf_bitmap_ok(n->types.octets, n->types.len);
}

bool
va_nsec_range(const struct hf_rrset *set, const struct hf_name *zone, struct hf_name *next)
{
	struct nsec n;

	if (!nsec_read(set, zone, &n))
		return false;
	*next = n.next;
	return true;
}

/* name sorts into the gap behind the owner, and the owner may speak of it. The last NSEC
 * points at the apex (RFC 4034 4.1.1). */
static bool
covers(const struct nsec *n, const struct hf_name *name, const struct hf_name *zone)
{
	if (hf_name_cmp(n->owner, name) >= 0)
		return false;
	if (!hf_name_equal(&n->next, zone) && hf_name_cmp(name, &n->next) >= 0)
		return false;
	return !hf_name_in(name, n->owner) || !va_bitmap_ends_zone(&n->types);
}

static bool
find_match(const struct va_proofs *p, const struct hf_name *name, struct nsec *n)
{
	for (uint16_t i = 0; i < p->cnt && i < VA_PROOFS_MAX; i++)
		if (nsec_read(p->sets[i], p->zone, n) && hf_name_equal(n->owner, name))
			return true;
	return false;
}

static bool
find_cover(const struct va_proofs *p, const struct hf_name *name, struct nsec *n)
{
	for (uint16_t i = 0; i < p->cnt && i < VA_PROOFS_MAX; i++)
		if (nsec_read(p->sets[i], p->zone, n) && covers(n, name, p->zone))
			return true;
	return false;
}

/* The wildcard at the closest encloser of qname: the longest ancestor it shares with
 * either end of the gap it falls into (RFC 4592 3.3.1). */
static void
wildcard_for(const struct nsec *cover, const struct hf_name *qname, struct hf_name *out)
{
	unsigned by_owner = hf_name_common(qname, cover->owner);
	unsigned by_next = hf_name_common(qname, &cover->next);
	unsigned labels = by_owner > by_next ? by_owner : by_next;
	struct hf_name encloser;

	hf_name_strip(qname, qname->label_cnt - labels, &encloser);
	if (hf_name_wildcard(&encloser, out) != 0)
		*out = *qname; /* no room for "*.": the gap that holds qname is the proof */
}

enum va_denied
va_nsec_deny_type(const struct va_proofs *p, const struct hf_name *qname, uint16_t qtype)
{
	struct hf_name wildcard;
	struct nsec n;

	if (find_match(p, qname, &n))
		return va_bitmap_denies(&n.types, qtype, qname->label_cnt == 0);
	if (!find_cover(p, qname, &n))
		return VA_DENIED_MISSING;
	if (hf_name_in(&n.next, qname)) /* an empty non-terminal */
		return VA_DENIED;
	wildcard_for(&n, qname, &wildcard);
	if (find_match(p, &wildcard, &n))
		return va_bitmap_denies(&n.types, qtype, false);
	/* The wildcard may be an empty non-terminal itself (RFC 4592 4.9). */
	return find_cover(p, &wildcard, &n) && hf_name_in(&n.next, &wildcard) ? VA_DENIED
									      : VA_DENIED_MISSING;
}

enum va_denied
va_nsec_deny_name(const struct va_proofs *p, const struct hf_name *qname)
{
	struct hf_name wildcard;
	struct nsec n;

	if (find_match(p, qname, &n)) /* compact denial: "this name is not" (RFC 9824 3.4) */
		return va_bitmap_has(&n.types, VA_TYPE_NXNAME) ? VA_DENIED : VA_DENIED_WRONG;
	if (!find_cover(p, qname, &n))
		return VA_DENIED_MISSING;
	if (hf_name_in(&n.next, qname))
		return VA_DENIED_WRONG;
	wildcard_for(&n, qname, &wildcard);
	if (find_match(p, &wildcard, &n))
		return VA_DENIED_WRONG;
	if (!find_cover(p, &wildcard, &n))
		return VA_DENIED_MISSING;
	return hf_name_in(&n.next, &wildcard) ? VA_DENIED_WRONG : VA_DENIED;
}

enum va_denied
va_nsec_deny_closer(const struct va_proofs *p, const struct hf_name *qname, uint8_t labels)
{
	struct nsec n;

	if (find_match(p, qname, &n))
		return VA_DENIED_WRONG;
	if (!find_cover(p, qname, &n))
		return VA_DENIED_MISSING;
	/* An end of the gap that shares more with qname than the wildcard's parent does is, or
	 * lies below, a closer match (RFC 4035 5.3.4). */
	if (hf_name_common(qname, n.owner) > labels || hf_name_common(qname, &n.next) > labels)
		return VA_DENIED_WRONG;
	return VA_DENIED;
}

enum va_denied
va_nsec_deny_ds(const struct va_proofs *p, const struct hf_name *child)
{
	struct nsec n;

	if (find_match(p, child, &n))
		return va_bitmap_denies_ds(&n.types);
	return find_cover(p, child, &n) ? VA_DENIED : VA_DENIED_MISSING;
}
