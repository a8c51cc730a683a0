/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "validator/crypto.h"
#include "validator/nsec3.h"

enum {
	HASH_SHA1 = 1,   /* RFC 5155 11 */
	FLAG_OPTOUT = 1, /* RFC 5155 3.1.2.1 */
	HASH_LABEL = 32, /* 20 octets in base32hex, without padding */
	SHA1_BLOCK = 64,
	SHA1_PADDING = 9, /* a one bit and the length */
};

struct nsec3 {
	uint8_t owner[VA_SHA1_LEN];
	uint8_t next[VA_SHA1_LEN];
	bool optout;
	struct va_salt salt;
	struct va_bitmap types;
};

/* The NSEC3 of one response: one zone, one salt, one iteration count. */
struct chain {
	const struct va_proofs *p;
	struct va_budget *budget;
	struct va_salt salt;
};

/* RFC 5155 8.3: the longest ancestor that exists, and the gap that holds the next closer name. */
struct encloser {
	struct hf_name name;
	bool optout; /* of the gap */
};

static int
base32hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

/* The first label of owner as a hash (RFC 4648 7). */
static bool
hash_from_owner(const struct hf_name *owner, uint8_t out[VA_SHA1_LEN])
{
	unsigned bits = 0, acc = 0, n = 0;

	if (owner->octets[0] != HASH_LABEL)
		return false;
	for (unsigned i = 1; i <= HASH_LABEL; i++) {
		int digit = base32hex_digit(owner->octets[i]);

		if (digit < 0)
			return false;
		acc = (acc << 5 | (unsigned)digit) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (uint8_t)(acc >> bits);
		}
	}
	return true;
}

/* Records of other hashes, with unknown flags or at other owners than "hash.zone" are
 * stepped over (RFC 5155 8.1, 8.2). */
static bool
nsec3_read(const struct hf_rrset *set, const struct hf_name *zone, struct nsec3 *n)
{
	struct hf_cursor c;

	if (set->type != HF_TYPE_NSEC3 || set->rr_cnt != 1 ||
	    set->owner.label_cnt != zone->label_cnt + 1 || !hf_name_in(&set->owner, zone) ||
	    !hash_from_owner(&set->owner, n->owner))
		return false;
	hf_cursor_init(&c, set->rr[0].data, set->rr[0].len);
	uint8_t algorithm = hf_cursor_u8(&c);
	uint8_t flags = hf_cursor_u8(&c);
	n->salt.iterations = hf_cursor_u16(&c);
	n->salt.len = hf_cursor_u8(&c);
	n->salt.octets = hf_cursor_bytes(&c, n->salt.len);
	uint8_t next_len = hf_cursor_u8(&c);
	const uint8_t *next = hf_cursor_bytes(&c, next_len);
	n->types.len = hf_cursor_left(&c);
	n->types.octets = hf_cursor_bytes(&c, (uint32_t)n->types.len);
	if (!hf_cursor_ok(&c) || algorithm != HASH_SHA1 || (flags & ~FLAG_OPTOUT) != 0 ||
	    next_len != VA_SHA1_LEN)
		return false;
	memcpy(n->next, next, VA_SHA1_LEN);
	n->optout = (flags & FLAG_OPTOUT) != 0;
	/* An empty non-terminal has no types and no bitmap (RFC 5155 7.1). */
	return n->types.len == 0 || hf_bitmap_ok(n->types.octets, n->types.len);
}

static bool
salt_equal(const struct va_salt *a, const struct va_salt *b)
{
	return a->iterations == b->iterations && a->len == b->len &&
	    memcmp(a->octets, b->octets, a->len) == 0;
}

/* SHA-1 runs over blocks: what a hash costs depends on the lengths of what goes in. */
static uint32_t
blocks_of(uint32_t len)
{
	return (len + SHA1_PADDING + SHA1_BLOCK - 1) / SHA1_BLOCK;
}

/* All iterations but the first hash: with a long salt one costs up to five times as much. */
static uint32_t
weight(const struct va_salt *salt)
{
	return salt->iterations * blocks_of(VA_SHA1_LEN + salt->len);
}

/* VA_DENIED when there are NSEC3 to work with. */
static enum va_denied
chain_open(struct chain *ch, const struct va_proofs *p, struct va_budget *budget)
{
	bool any = false;

	ch->p = p;
	ch->budget = budget;
	for (uint16_t i = 0; i < p->cnt && i < VA_PROOFS_MAX; i++) {
		struct nsec3 n;

		if (!nsec3_read(p->sets[i], p->zone, &n))
			continue;
		if (any && !salt_equal(&n.salt, &ch->salt)) /* RFC 5155 8.2 */
			return VA_DENIED_WRONG;
		ch->salt = n.salt;
		any = true;
	}
	if (!any)
		return VA_DENIED_MISSING;
	return weight(&ch->salt) > budget->rules->nsec3_iterations ? VA_DENIED_ITERATIONS
								   : VA_DENIED;
}

bool
va_nsec3_range(const struct hf_rrset *set, const struct hf_name *zone, struct va_nsec3_range *out)
{
	struct nsec3 n;

	if (!nsec3_read(set, zone, &n) || weight(&n.salt) > VA_NSEC3_ITERATIONS_MAX)
		return false;
	memcpy(out->owner, n.owner, VA_SHA1_LEN);
	memcpy(out->next, n.next, VA_SHA1_LEN);
	out->optout = n.optout;
	out->salt = n.salt;
	return true;
}

/* VA_DENIED when out was made. */
static enum va_denied
hash_name(struct chain *ch, const struct hf_name *name, uint8_t out[VA_SHA1_LEN])
{
	uint32_t blocks = blocks_of(name->len + ch->salt.len) + weight(&ch->salt);
	struct hf_name lower = *name;

	if (blocks > ch->budget->sha1_blocks) {
		ch->budget->sha1_blocks = 0;
		return VA_DENIED_BUDGET;
	}
	ch->budget->sha1_blocks -= blocks;
	hf_name_lower(&lower);
	return va_crypto_nsec3(ch->budget->crypto, &lower, &ch->salt, out) ? VA_DENIED
									   : VA_DENIED_INTERNAL;
}

bool
va_nsec3_hash(const struct hf_name *name, const struct va_salt *salt, struct va_budget *budget,
    uint8_t out[VA_SHA1_LEN])
{
	struct chain ch = {.budget = budget, .salt = *salt};

	return hash_name(&ch, name, out) == VA_DENIED;
}

/* Open the chain and hash the name that is asked about. VA_DENIED when both could be done. */
static enum va_denied
chain_begin(struct chain *ch, const struct va_proofs *p, struct va_budget *budget,
    const struct hf_name *name, uint8_t hash[VA_SHA1_LEN])
{
	enum va_denied d = chain_open(ch, p, budget);

	return d == VA_DENIED ? hash_name(ch, name, hash) : d;
}

/* The last NSEC3 points at the first: there the gap wraps (RFC 5155 8.3). */
static bool
covers(const struct nsec3 *n, const uint8_t hash[VA_SHA1_LEN])
{
	bool behind = memcmp(n->owner, hash, VA_SHA1_LEN) < 0;
	bool before = memcmp(hash, n->next, VA_SHA1_LEN) < 0;

	if (memcmp(n->owner, n->next, VA_SHA1_LEN) < 0)
		return behind && before;
	return memcmp(n->owner, hash, VA_SHA1_LEN) != 0 && (behind || before);
}

static bool
find_match(const struct chain *ch, const uint8_t hash[VA_SHA1_LEN], struct nsec3 *n)
{
	for (uint16_t i = 0; i < ch->p->cnt && i < VA_PROOFS_MAX; i++)
		if (nsec3_read(ch->p->sets[i], ch->p->zone, n) &&
		    memcmp(n->owner, hash, VA_SHA1_LEN) == 0)
			return true;
	return false;
}

static bool
find_cover(const struct chain *ch, const uint8_t hash[VA_SHA1_LEN], struct nsec3 *n)
{
	for (uint16_t i = 0; i < ch->p->cnt && i < VA_PROOFS_MAX; i++)
		if (nsec3_read(ch->p->sets[i], ch->p->zone, n) && covers(n, hash))
			return true;
	return false;
}

/* The proof of RFC 5155 8.3 for qname, which has no match; hash is qname's. */
static enum va_denied
find_encloser(
    struct chain *ch, const struct hf_name *qname, uint8_t hash[VA_SHA1_LEN], struct encloser *e)
{
	uint8_t closer[VA_SHA1_LEN]; /* hash of the next closer name */
	unsigned depth = qname->label_cnt - ch->p->zone->label_cnt;
	struct nsec3 n;

	for (unsigned strip = 1; strip <= depth; strip++) {
		memcpy(closer, hash, VA_SHA1_LEN);
		hf_name_strip(qname, strip, &e->name);
		enum va_denied d = hash_name(ch, &e->name, hash);
		if (d != VA_DENIED)
			return d;
		if (!find_match(ch, hash, &n))
			continue;
		if (va_bitmap_ends_zone(&n.types))
			return VA_DENIED_WRONG;
		if (!find_cover(ch, closer, &n))
			return VA_DENIED_MISSING;
		e->optout = n.optout;
		return VA_DENIED;
	}
	return VA_DENIED_MISSING;
}

/* Hash of the wildcard at e. */
static enum va_denied
hash_wildcard(struct chain *ch, const struct encloser *e, uint8_t out[VA_SHA1_LEN])
{
	struct hf_name wildcard;

	if (hf_name_wildcard(&e->name, &wildcard) != 0)
		return VA_DENIED_MISSING;
	return hash_name(ch, &wildcard, out);
}

/* A gap with opt-out may hold an unsigned delegation: nothing in it is secure (RFC 5155 9.2). */
static enum va_denied
denied_in(bool optout)
{
	return optout ? VA_DENIED_OPTOUT : VA_DENIED;
}

/* NODATA at a name without NSEC3 of its own: a wildcard's (RFC 5155 8.7), or opt-out's
 * (8.6, and its erratum 3441 on empty non-terminals above unsigned delegations). */
static enum va_denied
deny_type_below(struct chain *ch, const struct encloser *e, uint16_t qtype)
{
	uint8_t hash[VA_SHA1_LEN];
	struct nsec3 n;

	if (qtype == HF_TYPE_DS && e->optout)
		return VA_DENIED_OPTOUT;
	enum va_denied d = hash_wildcard(ch, e, hash);
	if (d != VA_DENIED)
		return d;
	if (!find_match(ch, hash, &n))
		return e->optout ? VA_DENIED_OPTOUT : VA_DENIED_MISSING;
	d = va_bitmap_denies(&n.types, qtype, false);
	return d == VA_DENIED ? denied_in(e->optout) : d;
}

enum va_denied
va_nsec3_deny_type(const struct va_proofs *p, const struct hf_name *qname, uint16_t qtype,
    struct va_budget *budget)
{
	uint8_t hash[VA_SHA1_LEN];
	struct encloser e;
	struct chain ch;
	struct nsec3 n;

	enum va_denied d = chain_begin(&ch, p, budget, qname, hash);
	if (d != VA_DENIED)
		return d;
	if (find_match(&ch, hash, &n))
		return va_bitmap_denies(&n.types, qtype, qname->label_cnt == 0);
	d = find_encloser(&ch, qname, hash, &e);
	return d == VA_DENIED ? deny_type_below(&ch, &e, qtype) : d;
}

enum va_denied
va_nsec3_deny_name(const struct va_proofs *p, const struct hf_name *qname, struct va_budget *budget)
{
	uint8_t hash[VA_SHA1_LEN];
	struct encloser e;
	struct chain ch;
	struct nsec3 n;

	enum va_denied d = chain_begin(&ch, p, budget, qname, hash);
	if (d != VA_DENIED)
		return d;
	if (find_match(&ch, hash, &n))
		return VA_DENIED_WRONG;
	d = find_encloser(&ch, qname, hash, &e);
	if (d == VA_DENIED)
		d = hash_wildcard(&ch, &e, hash);
	if (d != VA_DENIED)
		return d;
	if (find_match(&ch, hash, &n))
		return VA_DENIED_WRONG;
	return find_cover(&ch, hash, &n) ? denied_in(e.optout) : VA_DENIED_MISSING;
}

enum va_denied
va_nsec3_deny_closer(const struct va_proofs *p, const struct hf_name *qname, uint8_t labels,
    struct va_budget *budget)
{
	uint8_t hash[VA_SHA1_LEN];
	struct hf_name closer;
	struct chain ch;
	struct nsec3 n;

	hf_name_strip(qname, qname->label_cnt - labels - 1u, &closer);
	enum va_denied d = chain_begin(&ch, p, budget, &closer, hash);
	if (d != VA_DENIED)
		return d;
	if (find_match(&ch, hash, &n))
		return VA_DENIED_WRONG;
	return find_cover(&ch, hash, &n) ? denied_in(n.optout) : VA_DENIED_MISSING;
}

enum va_denied
va_nsec3_deny_ds(const struct va_proofs *p, const struct hf_name *child, struct va_budget *budget)
{
	uint8_t hash[VA_SHA1_LEN];
	struct encloser e;
	struct chain ch;
	struct nsec3 n;

	enum va_denied d = chain_begin(&ch, p, budget, child, hash);
	if (d != VA_DENIED)
		return d;
	if (find_match(&ch, hash, &n))
		return va_bitmap_denies_ds(&n.types);
	d = find_encloser(&ch, child, hash, &e);
	return d == VA_DENIED ? denied_in(e.optout) : d; /* RFC 5155 8.9 */
}
