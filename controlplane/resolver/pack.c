/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/pack.h"

#include <string.h>

#include "lib/wire/cursor.h"

/* An outcome begins with kind, cause, ds and credit in one octet, verdict and these. */
enum {
	HAS_SERVER = 1,
	HAS_BLAME = 2,
	HAS_WHY = 4, /* else: verdict as the outcome's, VA_OK, nothing more to tell */
	OWN_FAULT = 8,
	HAS_TARGET = 16,
	IS_WILDCARD = 32,
	HAS_EXTRAS = 64,
};

enum { CREDIT_OFF = 2, CREDIT_SHIFT = 4 };

enum { NAME_LITERAL = 0xff }; /* not "so many labels off the entry's name" */

/* A new field needs its lines here, in pack and unpack. */
_Static_assert(sizeof(struct cp_outcome) == 1512, "every field of an outcome but got_ns is packed");
_Static_assert(sizeof(struct cp_ns) == 380, "every field of a name server is packed");

/* --- writing: the first time over nothing, for the length */

struct sink {
	uint8_t *at; /* NULL: only counted */
	size_t len;
	const struct hf_name *name; /* the entry's */
};

static void
put_bytes(struct sink *s, const void *p, size_t len)
{
	if (s->at != NULL && len > 0)
		memcpy(s->at + s->len, p, len);
	s->len += len;
}

static void
put_u8(struct sink *s, unsigned v)
{
	uint8_t b = (uint8_t)v;

	put_bytes(s, &b, 1);
}

static void
put_u16(struct sink *s, unsigned v)
{
	put_u8(s, v >> 8);
	put_u8(s, v);
}

static void
put_u32(struct sink *s, uint32_t v)
{
	put_u16(s, v >> 16);
	put_u16(s, v & 0xffff);
}

static void
put_name(struct sink *s, const struct hf_name *n)
{
	if (hf_name_in(s->name, n)) {
		put_u8(s, s->name->label_cnt - n->label_cnt);
		return;
	}
	put_u8(s, NAME_LITERAL);
	put_u8(s, n->len);
	put_bytes(s, n->octets, n->len);
}

static void
put_addr(struct sink *s, const struct hf_addr *a)
{
	put_u8(s, a->family);
	put_u16(s, a->port);
	put_bytes(s, a->octets, a->family == AF_INET ? 4 : 16);
}

static void
put_rdata(struct sink *s, const struct hf_rdata *rr, unsigned cnt)
{
	for (unsigned i = 0; i < cnt; i++) {
		put_u16(s, rr[i].len);
		put_bytes(s, rr[i].data, rr[i].len);
	}
}

static void
put_rrset(struct sink *s, const struct hf_rrset *set)
{
	put_name(s, &set->owner);
	put_u16(s, set->type);
	put_u16(s, set->klass);
	put_u32(s, set->ttl);
	put_u16(s, set->rr_cnt);
	put_u16(s, set->sig_cnt);
	put_rdata(s, set->rr, set->rr_cnt);
	put_rdata(s, set->sig, set->sig_cnt);
}

static void
put_why(struct sink *s, const struct va_result *why)
{
	put_u8(s, why->verdict);
	put_u8(s, why->reason);
	put_name(s, &why->owner);
	put_u16(s, why->type);
	put_name(s, &why->signer);
	put_u16(s, why->key_tag);
	put_u8(s, why->algorithm);
	put_u32(s, why->inception);
	put_u32(s, why->expiration);
	put_u32(s, why->ttl);
	put_u8(s, why->labels);
}

static unsigned
flags_of(const struct cp_outcome *o)
{
	bool has_target = o->kind == CP_KIND_CNAME || o->kind == CP_KIND_DNAME;
	bool has_why = o->why.reason != VA_OK || o->why.verdict != o->verdict;

	return (o->server.family != 0 ? HAS_SERVER : 0u) | (o->blame.family != 0 ? HAS_BLAME : 0u) |
	    (has_why ? HAS_WHY : 0u) | (o->own_fault ? OWN_FAULT : 0u) |
	    (has_target ? HAS_TARGET : 0u) | (o->why.wildcard ? IS_WILDCARD : 0u) |
	    (o->extra_cnt > 0 ? HAS_EXTRAS : 0u);
}

size_t
cp_pack_outcome(const struct cp_outcome *o, const struct hf_name *name, uint8_t *out)
{
	struct sink s = {.at = out, .name = name};
	unsigned flags = flags_of(o);

	put_u8(&s, o->kind);
	put_u8(&s, o->cause);
	put_u8(&s, (unsigned)o->credit << CREDIT_SHIFT | o->ds);
	put_u8(&s, o->verdict);
	put_u8(&s, flags);
	put_name(&s, &o->cut);
	if (flags & HAS_SERVER)
		put_addr(&s, &o->server);
	if (flags & HAS_BLAME)
		put_addr(&s, &o->blame);
	if (flags & HAS_TARGET)
		put_name(&s, &o->target);
	if (flags & HAS_WHY)
		put_why(&s, &o->why);
	put_u8(&s, o->answer_cnt);
	put_u8(&s, o->proof_cnt);
	for (unsigned i = 0; i < o->answer_cnt; i++)
		put_rrset(&s, o->answer[i]);
	for (unsigned i = 0; i < o->proof_cnt; i++)
		put_rrset(&s, o->proof[i]);
	if (flags & HAS_EXTRAS)
		put_u8(&s, o->extra_cnt);
	for (unsigned i = 0; i < o->extra_cnt; i++)
		put_rrset(&s, o->extra[i]);
	return s.len;
}

size_t
cp_pack_delegation(const struct cp_delegation *d, uint8_t *out)
{
	struct sink s = {.at = out, .name = &d->zone};

	put_name(&s, &d->parent);
	put_u32(&s, d->ttl_s);
	put_u8(&s, d->ns_cnt);
	for (unsigned i = 0; i < d->ns_cnt; i++) {
		put_name(&s, &d->ns[i].name);
		put_u8(&s, d->ns[i].addr_cnt);
		for (unsigned k = 0; k < d->ns[i].addr_cnt; k++)
			put_addr(&s, &d->ns[i].addr[k]);
	}
	return s.len;
}

size_t
cp_pack_failure(const struct cp_failure *f, const struct hf_name *name, uint8_t *out)
{
	struct sink s = {.at = out, .name = name};
	size_t text_len = strnlen(f->text, sizeof(f->text) - 1);

	put_u8(&s, f->verdict);
	put_u16(&s, f->ede);
	put_u32(&s, f->backoff_s);
	put_u8(&s, (unsigned)text_len);
	put_bytes(&s, f->text, text_len);
	put_u16(&s, f->chain_cnt);
	for (unsigned i = 0; i < f->chain_cnt; i++)
		put_name(&s, &f->chain[i]);
	return s.len;
}

/* --- reading */

struct source {
	struct hf_cursor c; /* bad: also when the arena is full */
	struct hf_arena *arena;
	const struct hf_name *name;
};

static void *
allocate(struct source *s, size_t len)
{
	void *p = hf_arena_alloc(s->arena, len);

	s->c.bad |= p == NULL;
	return p;
}

static void
get_name(struct source *s, struct hf_name *n)
{
	unsigned strip = hf_cursor_u8(&s->c);

	*n = hf_name_root;
	if (strip != NAME_LITERAL) {
		hf_name_strip(s->name, strip, n);
		return;
	}
	unsigned len = hf_cursor_u8(&s->c);
	const uint8_t *octets = hf_cursor_bytes(&s->c, len);

	if (octets == NULL || hf_name_from_octets(octets, len, n) != 0)
		s->c.bad = true;
}

static void
get_addr(struct source *s, struct hf_addr *a)
{
	*a = (struct hf_addr){.family = hf_cursor_u8(&s->c)};
	a->port = hf_cursor_u16(&s->c);
	uint32_t len = a->family == AF_INET ? 4 : 16;
	const uint8_t *octets = hf_cursor_bytes(&s->c, len);

	if (octets != NULL)
		memcpy(a->octets, octets, len);
}

/* The records' octets stay together, in one copy. */
static const struct hf_rdata *
get_rdata(struct source *s, unsigned cnt)
{
	struct hf_rdata *rr = allocate(s, cnt * sizeof(*rr));

	for (unsigned i = 0; i < cnt && !s->c.bad; i++) {
		rr[i].len = hf_cursor_u16(&s->c);
		rr[i].data = hf_cursor_bytes(&s->c, rr[i].len);
	}
	return rr;
}

static const struct hf_rrset *
get_rrset(struct source *s)
{
	struct hf_rrset *set = allocate(s, sizeof(*set));

	if (set == NULL)
		return NULL;
	get_name(s, &set->owner);
	set->type = hf_cursor_u16(&s->c);
	set->klass = hf_cursor_u16(&s->c);
	set->ttl = hf_cursor_u32(&s->c);
	set->rr_cnt = hf_cursor_u16(&s->c);
	set->sig_cnt = hf_cursor_u16(&s->c);
	set->rr = get_rdata(s, set->rr_cnt);
	set->sig = get_rdata(s, set->sig_cnt);
	return set;
}

static void
get_why(struct source *s, struct va_result *why)
{
	why->verdict = (enum hf_verdict)hf_cursor_u8(&s->c);
	why->reason = (enum va_reason)hf_cursor_u8(&s->c);
	get_name(s, &why->owner);
	why->type = hf_cursor_u16(&s->c);
	get_name(s, &why->signer);
	why->key_tag = hf_cursor_u16(&s->c);
	why->algorithm = hf_cursor_u8(&s->c);
	why->inception = hf_cursor_u32(&s->c);
	why->expiration = hf_cursor_u32(&s->c);
	why->ttl = hf_cursor_u32(&s->c);
	why->labels = hf_cursor_u8(&s->c);
}

/* Over a private copy of the octets, which the records point into. */
static bool
source_init(struct source *s, struct hf_arena *a, const struct hf_name *name, const uint8_t *data,
    size_t len)
{
	const uint8_t *copy = hf_arena_copy(a, data, len);

	*s = (struct source){.arena = a, .name = name};
	hf_cursor_init(&s->c, copy, len);
	return copy != NULL;
}

static void
get_sets(struct source *s, struct cp_outcome *o)
{
	unsigned answer_cnt = hf_cursor_u8(&s->c), proof_cnt = hf_cursor_u8(&s->c);

	if (answer_cnt > CP_OUTCOME_ANSWER_MAX || proof_cnt > CP_OUTCOME_PROOF_MAX) {
		s->c.bad = true;
		return;
	}
	while (o->answer_cnt < answer_cnt)
		o->answer[o->answer_cnt++] = get_rrset(s);
	while (o->proof_cnt < proof_cnt)
		o->proof[o->proof_cnt++] = get_rrset(s);
}

static void
get_extras(struct source *s, struct cp_outcome *o)
{
	unsigned cnt = hf_cursor_u8(&s->c);

	s->c.bad |= cnt > CP_OUTCOME_EXTRA_MAX;
	while (o->extra_cnt < cnt && !s->c.bad)
		o->extra[o->extra_cnt++] = get_rrset(s);
}

struct cp_outcome *
cp_unpack_outcome(struct hf_arena *a, const struct hf_name *name, const uint8_t *data, size_t len)
{
	struct source s;
	struct cp_outcome *o = hf_arena_alloc(a, sizeof(*o));

	if (o == NULL || !source_init(&s, a, name, data, len))
		return NULL;
	o->kind = (enum cp_kind)hf_cursor_u8(&s.c);
	o->cause = (enum cp_cause)hf_cursor_u8(&s.c);
	unsigned ds = hf_cursor_u8(&s.c);

	o->ds = (enum cp_ds)(ds & ((1u << CREDIT_SHIFT) - 1));
	o->credit = (enum cp_credit)(ds >> CREDIT_SHIFT);
	o->verdict = (enum hf_verdict)hf_cursor_u8(&s.c);
	unsigned flags = hf_cursor_u8(&s.c);

	o->own_fault = (flags & OWN_FAULT) != 0;
	o->target = o->why.owner = o->why.signer = hf_name_root;
	o->why.verdict = o->verdict;
	o->why.wildcard = (flags & IS_WILDCARD) != 0;
	get_name(&s, &o->cut);
	if (flags & HAS_SERVER)
		get_addr(&s, &o->server);
	if (flags & HAS_BLAME)
		get_addr(&s, &o->blame);
	if (flags & HAS_TARGET)
		get_name(&s, &o->target);
	if (flags & HAS_WHY)
		get_why(&s, &o->why);
	get_sets(&s, o);
	if (flags & HAS_EXTRAS)
		get_extras(&s, o);
	return hf_cursor_ok(&s.c) ? o : NULL;
}

enum cp_credit
cp_packed_credit(const uint8_t *data, size_t len)
{
	return len > CREDIT_OFF ? (enum cp_credit)(data[CREDIT_OFF] >> CREDIT_SHIFT)
				: CP_CREDIT_GLUE;
}

bool
cp_packed_parent(
    const struct hf_name *zone, const uint8_t *data, size_t len, struct hf_name *parent)
{
	struct source s = {.name = zone};

	hf_cursor_init(&s.c, data, len);
	get_name(&s, parent);
	return hf_cursor_ok(&s.c);
}

static void
get_ns(struct source *s, struct cp_ns *ns)
{
	get_name(s, &ns->name);
	unsigned cnt = hf_cursor_u8(&s->c);

	s->c.bad |= cnt > CP_NS_ADDR_MAX;
	for (unsigned i = 0; i < cnt && !s->c.bad; i++)
		get_addr(s, &ns->addr[ns->addr_cnt++]);
}

struct cp_delegation *
cp_unpack_delegation(
    struct hf_arena *a, const struct hf_name *zone, const uint8_t *data, size_t len)
{
	struct source s = {.arena = a, .name = zone};
	struct hf_name parent;

	hf_cursor_init(&s.c, data, len);
	get_name(&s, &parent);
	uint32_t ttl_s = hf_cursor_u32(&s.c);
	unsigned cnt = hf_cursor_u8(&s.c);
	struct cp_delegation *d = cnt <= CP_NS_MAX ? allocate(&s, cp_delegation_size(cnt)) : NULL;

	if (d == NULL)
		return NULL;
	d->zone = *zone;
	d->parent = parent;
	d->ttl_s = ttl_s;
	while (d->ns_cnt < cnt && !s.c.bad)
		get_ns(&s, &d->ns[d->ns_cnt++]);
	return hf_cursor_ok(&s.c) ? d : NULL;
}

struct cp_failure *
cp_unpack_failure(struct hf_arena *a, const struct hf_name *name, const uint8_t *data, size_t len)
{
	struct source s = {.arena = a, .name = name};
	struct cp_failure head = {0}, *f;

	hf_cursor_init(&s.c, data, len);
	head.verdict = (enum hf_verdict)hf_cursor_u8(&s.c);
	head.ede = hf_cursor_u16(&s.c);
	head.backoff_s = hf_cursor_u32(&s.c);
	unsigned text_len = hf_cursor_u8(&s.c);
	const uint8_t *text = hf_cursor_bytes(&s.c, text_len);

	if (text == NULL || text_len >= sizeof(head.text))
		return NULL;
	memcpy(head.text, text, text_len);
	head.chain_cnt = hf_cursor_u16(&s.c);
	if (head.chain_cnt > HF_CHAIN_MAX)
		return NULL;
	f = allocate(&s, sizeof(*f) + head.chain_cnt * sizeof(f->chain[0]));
	if (f == NULL)
		return NULL;
	*f = head;
	for (unsigned i = 0; i < f->chain_cnt; i++)
		get_name(&s, &f->chain[i]);
	return hf_cursor_ok(&s.c) ? f : NULL;
}
