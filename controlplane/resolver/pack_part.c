/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/pack_part.h"

#include <string.h>

enum { /* of an RRset */
	OTHER_OWNER = 1,
	OTHER_TYPE = 2,
	OTHER_TTL = 4,
	ONE_RECORD = 8,
	ONE_SIG = 16,
	MORE_SIGS = 32,
	SIG_TTL = 64, /* the original TTL of every signature is the set's */
	RARE = 128,   /* an octet of those below */
};

enum { /* rarely */
	OTHER_CLASS = 1,
	PLAIN_RECORDS = 2, /* not of the shape that the type has */
	PLAIN_SIGS = 4,
};

enum { /* of a name */
	OWN_LABELS = 128,
	MANY_OCTETS = 127, /* of own labels: their number has an octet of its own */
};

enum { PORT_USUAL = 53, ADDR_HAS_PORT = 128 };

enum { /* RFC 4034 3.1 */
	SIG_ALGORITHM_OFF = 2,
	SIG_LABELS_OFF = 3,
	SIG_TTL_OFF = 4,
	SIG_TIMES_OFF = 8,
	SIG_TIMES_LEN = 10, /* expiration, inception, key tag */
	SIG_SIGNER_OFF = 18,
};

enum { SOA_NUMBERS_LEN = 20 };

/* How RDATA of a type begins, and goes on; has_rest alone says nothing about it. */
struct shape {
	unsigned names;
	bool has_rest;     /* of any length, which is written */
	unsigned rest_len; /* else: of this one */
};

static struct shape
shape_of(uint16_t type)
{
	switch (type) {
	case HF_TYPE_A:
		return (struct shape){.rest_len = 4};
	case HF_TYPE_AAAA:
		return (struct shape){.rest_len = 16};
	case HF_TYPE_NS:
	case HF_TYPE_CNAME:
	case HF_TYPE_PTR:
	case HF_TYPE_DNAME:
		return (struct shape){.names = 1};
	case HF_TYPE_SOA:
		return (struct shape){.names = 2, .rest_len = SOA_NUMBERS_LEN};
	case HF_TYPE_NSEC:
		return (struct shape){.names = 1, .has_rest = true};
	default:
		return (struct shape){.has_rest = true};
	}
}

/* --- writing */

void
cp_sink_init(struct cp_sink *s, const struct cp_pack_as *as, uint8_t *out)
{
	*s = (struct cp_sink){
	    .at = out, .name = as->name, .type = as->type, .ttl_s = as->ttl_s, .lower = *as->name};
	hf_name_lower(&s->lower);
}

void
cp_sink_bytes(struct cp_sink *s, const void *p, size_t len)
{
	if (s->at != NULL && len > 0)
		memcpy(s->at + s->len, p, len);
	s->len += len;
}

void
cp_sink_u8(struct cp_sink *s, unsigned v)
{
	if (s->at != NULL)
		s->at[s->len] = (uint8_t)v;
	s->len++;
}

void
cp_sink_u16(struct cp_sink *s, unsigned v)
{
	cp_sink_u8(s, v >> 8);
	cp_sink_u8(s, v);
}

void
cp_sink_u32(struct cp_sink *s, uint32_t v)
{
	cp_sink_u16(s, v >> 16);
	cp_sink_u16(s, v & 0xffff);
}

void
cp_sink_number(struct cp_sink *s, uint32_t v)
{
	for (; v > 127; v >>= 7)
		cp_sink_u8(s, v | 128);
	cp_sink_u8(s, v);
}

static void
put_labels(struct cp_sink *s, const struct hf_name *n, unsigned shared)
{
	unsigned len = hf_name_label_off(n, n->label_cnt - shared);

	cp_sink_u8(s, OWN_LABELS + (len < MANY_OCTETS ? len : MANY_OCTETS));
	if (len >= MANY_OCTETS)
		cp_sink_u8(s, len);
	cp_sink_u8(s, s->name->label_cnt - shared);
	cp_sink_bytes(s, n->octets, len);
}

void
cp_sink_name(struct cp_sink *s, const struct hf_name *n)
{
	unsigned shared = n->label_cnt;

	if (!hf_name_in(s->name, n))
		shared = hf_name_common(s->name, n);
	if (shared == n->label_cnt)
		cp_sink_u8(s, s->name->label_cnt - shared);
	else
		put_labels(s, n, shared);
}

/* The same to the letter: only what is in lower case is shared. */
static void
put_exact_name(struct cp_sink *s, const struct hf_name *n)
{
	unsigned shared = hf_name_common(&s->lower, n);
	unsigned off = hf_name_label_off(n, n->label_cnt - shared);
	unsigned own_off = hf_name_label_off(&s->lower, s->lower.label_cnt - shared);

	if (memcmp(n->octets + off, s->lower.octets + own_off, n->len - off) != 0)
		shared = 0;
	if (shared == n->label_cnt)
		cp_sink_u8(s, s->name->label_cnt - shared);
	else
		put_labels(s, n, shared);
}

void
cp_sink_addr(struct cp_sink *s, const struct hf_addr *a)
{
	bool has_port = a->port != PORT_USUAL;

	cp_sink_u8(s, a->family | (has_port ? ADDR_HAS_PORT : 0u));
	if (has_port)
		cp_sink_u16(s, a->port);
	cp_sink_bytes(s, a->octets, a->family == AF_INET ? 4 : 16);
}

/* The names in front of rr, unless put is false; false when it does not have that shape. */
static bool
put_names(struct cp_sink *s, const struct hf_rdata *rr, struct shape shape, bool put)
{
	struct hf_cursor c;

	hf_cursor_init(&c, rr->data, rr->len);
	for (unsigned i = 0; i < shape.names; i++) {
		struct hf_name n = hf_name_root;

		hf_name_read_plain(&c, &n);
		if (put)
			put_exact_name(s, &n);
	}
	uint32_t left = hf_cursor_left(&c);

	if (!hf_cursor_ok(&c) || (!shape.has_rest && left != shape.rest_len))
		return false;
	if (!put)
		return true;
	if (shape.has_rest)
		cp_sink_number(s, left);
	cp_sink_bytes(s, rr->data + (rr->len - left), left);
	return true;
}

static void
put_records(struct cp_sink *s, const struct hf_rrset *set, bool plain)
{
	const struct shape shape = shape_of(plain ? HF_TYPE_NULL : set->type);

	for (unsigned i = 0; i < set->rr_cnt; i++)
		(void)put_names(s, &set->rr[i], shape, true);
}

static bool
have_shape(struct cp_sink *s, const struct hf_rrset *set)
{
	const struct shape shape = shape_of(set->type);

	for (unsigned i = 0; i < set->rr_cnt; i++)
		if (!put_names(s, &set->rr[i], shape, false))
			return false;
	return true;
}

static uint32_t
u32_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool
read_signer(const struct hf_rdata *sig, struct hf_name *signer)
{
	struct hf_cursor c;

	hf_cursor_init(&c, sig->data, sig->len);
	(void)hf_cursor_bytes(&c, SIG_SIGNER_OFF);
	hf_name_read_plain(&c, signer);
	return hf_cursor_ok(&c);
}

/* Are all signatures of the usual shape? *ttl: with the TTL of the set. */
static bool
are_usual(const struct hf_rrset *set, bool *ttl)
{
	struct hf_name signer;

	for (unsigned i = 0; i < set->sig_cnt; i++) {
		const uint8_t *sig = set->sig[i].data;

		if (!read_signer(&set->sig[i], &signer) || (sig[0] << 8 | sig[1]) != set->type)
			return false;
		*ttl &= u32_at(sig + SIG_TTL_OFF) == set->ttl;
	}
	return true;
}

static void
put_sig(struct cp_sink *s, const struct hf_rdata *sig, bool has_ttl)
{
	struct hf_name signer = hf_name_root;

	(void)read_signer(sig, &signer);
	unsigned left = sig->len - SIG_SIGNER_OFF - signer.len;

	cp_sink_bytes(s, sig->data + SIG_ALGORITHM_OFF, SIG_TTL_OFF - SIG_ALGORITHM_OFF);
	if (has_ttl)
		cp_sink_bytes(s, sig->data + SIG_TTL_OFF, 4);
	cp_sink_bytes(s, sig->data + SIG_TIMES_OFF, SIG_TIMES_LEN);
	put_exact_name(s, &signer);
	cp_sink_number(s, left);
	cp_sink_bytes(s, sig->data + sig->len - left, left);
}

static void
put_sigs(struct cp_sink *s, const struct hf_rrset *set, bool plain, bool has_ttl)
{
	const struct shape any = {.has_rest = true};

	for (unsigned i = 0; i < set->sig_cnt; i++) {
		if (plain)
			(void)put_names(s, &set->sig[i], any, true);
		else
			put_sig(s, &set->sig[i], has_ttl);
	}
}

static void
put_head(struct cp_sink *s, const struct hf_rrset *set, unsigned flags, unsigned rare)
{
	cp_sink_u8(s, flags);
	if (flags & RARE)
		cp_sink_u8(s, rare);
	if (flags & OTHER_OWNER)
		cp_sink_name(s, &set->owner);
	if (flags & OTHER_TYPE)
		cp_sink_number(s, set->type);
	if (flags & OTHER_TTL)
		cp_sink_number(s, set->ttl);
	if (rare & OTHER_CLASS)
		cp_sink_u16(s, set->klass);
	if (!(flags & ONE_RECORD))
		cp_sink_number(s, set->rr_cnt);
	if (flags & MORE_SIGS)
		cp_sink_number(s, set->sig_cnt);
}

void
cp_sink_rrset(struct cp_sink *s, const struct hf_rrset *set)
{
	bool sig_ttl = set->sig_cnt > 0;
	unsigned rare = (set->klass == HF_CLASS_IN ? 0u : OTHER_CLASS) |
	    (have_shape(s, set) ? 0u : PLAIN_RECORDS) |
	    (are_usual(set, &sig_ttl) ? 0u : PLAIN_SIGS);
	unsigned flags = (hf_name_equal(s->name, &set->owner) ? 0u : OTHER_OWNER) |
	    (set->type == s->type ? 0u : OTHER_TYPE) | (set->ttl == s->ttl_s ? 0u : OTHER_TTL) |
	    (set->rr_cnt == 1 ? ONE_RECORD : 0u) | (set->sig_cnt == 1 ? ONE_SIG : 0u) |
	    (set->sig_cnt > 1 ? MORE_SIGS : 0u) | (sig_ttl ? SIG_TTL : 0u) |
	    (rare != 0 ? RARE : 0u);

	put_head(s, set, flags, rare);
	put_records(s, set, (rare & PLAIN_RECORDS) != 0);
	put_sigs(s, set, (rare & PLAIN_SIGS) != 0, !sig_ttl);
}

/* --- reading */

void
cp_source_init(struct cp_source *s, struct hf_arena *a, const struct cp_pack_as *as,
    const uint8_t *data, size_t len)
{
	*s = (struct cp_source){
	    .arena = a, .name = as->name, .type = as->type, .ttl_s = as->ttl_s, .lower = *as->name};
	hf_name_lower(&s->lower);
	hf_cursor_init(&s->c, data, len);
}

void *
cp_source_alloc(struct cp_source *s, size_t len)
{
	void *p = hf_arena_alloc(s->arena, len);

	s->c.bad |= p == NULL;
	return p;
}

uint32_t
cp_source_number(struct cp_source *s)
{
	uint32_t v = 0;

	for (unsigned shift = 0; shift < 32; shift += 7) {
		uint8_t octet = hf_cursor_u8(&s->c);

		v |= (uint32_t)(octet & 127) << shift;
		if (octet < 128)
			return v;
	}
	s->c.bad = true;
	return 0;
}

/* own: the entry's name, in its case or in lower case. */
static void
get_name(struct cp_source *s, const struct hf_name *own, struct hf_name *n)
{
	uint8_t octets[HF_NAME_MAX];
	unsigned strip = hf_cursor_u8(&s->c), len = 0;

	*n = hf_name_root;
	if (strip >= OWN_LABELS) {
		len = strip - OWN_LABELS;
		len = len == MANY_OCTETS ? hf_cursor_u8(&s->c) : len;
		strip = hf_cursor_u8(&s->c);
	}
	const uint8_t *labels = hf_cursor_bytes(&s->c, len);
	unsigned off = hf_name_label_off(own, strip);

	if (labels == NULL || strip > own->label_cnt || len + own->len - off > sizeof(octets)) {
		s->c.bad = true;
		return;
	}
	memcpy(octets, labels, len);
	memcpy(octets + len, own->octets + off, own->len - off);
	if (hf_name_from_octets(octets, len + own->len - off, n) != 0)
		s->c.bad = true;
}

void
cp_source_name(struct cp_source *s, struct hf_name *n)
{
	get_name(s, s->name, n);
}

void
cp_source_addr(struct cp_source *s, struct hf_addr *a)
{
	unsigned family = hf_cursor_u8(&s->c);
	bool has_port = (family & ADDR_HAS_PORT) != 0;

	*a = (struct hf_addr){.family = (uint8_t)(family & ~(unsigned)ADDR_HAS_PORT)};
	a->port = has_port ? hf_cursor_u16(&s->c) : PORT_USUAL;
	uint32_t len = a->family == AF_INET ? 4 : 16;
	const uint8_t *octets = hf_cursor_bytes(&s->c, len);

	if (octets != NULL)
		memcpy(a->octets, octets, len);
}

static void
get_plain(struct cp_source *s, uint32_t len, struct hf_rdata *rr)
{
	s->c.bad |= len > UINT16_MAX;
	rr->data = hf_cursor_bytes(&s->c, len);
	rr->len = rr->data != NULL ? (uint16_t)len : 0;
}

/* What is put together: head octets in front of the next tail_len of the source. */
static void
get_joined(struct cp_source *s, const uint8_t *head, size_t head_len, uint32_t tail_len,
    struct hf_rdata *rr)
{
	const uint8_t *tail = hf_cursor_bytes(&s->c, tail_len);
	uint8_t *p = tail != NULL && head_len + tail_len <= UINT16_MAX
	    ? cp_source_alloc(s, head_len + tail_len)
	    : NULL;

	if (p == NULL) {
		s->c.bad = true;
		return;
	}
	memcpy(p, head, head_len);
	memcpy(p + head_len, tail, tail_len);
	*rr = (struct hf_rdata){p, (uint16_t)(head_len + tail_len)};
}

static void
get_record(struct cp_source *s, struct shape shape, struct hf_rdata *rr)
{
	uint8_t head[2 * HF_NAME_MAX];
	size_t len = 0;

	if (shape.names == 0) {
		get_plain(s, shape.has_rest ? cp_source_number(s) : shape.rest_len, rr);
		return;
	}
	for (unsigned i = 0; i < shape.names; i++) {
		struct hf_name n;

		get_name(s, &s->lower, &n);
		memcpy(head + len, n.octets, n.len);
		len += n.len;
	}
	get_joined(s, head, len, shape.has_rest ? cp_source_number(s) : shape.rest_len, rr);
}

static void
get_sig(struct cp_source *s, const struct hf_rrset *set, bool has_ttl, struct hf_rdata *sig)
{
	uint8_t head[SIG_SIGNER_OFF + HF_NAME_MAX] = {
	    (uint8_t)(set->type >> 8), (uint8_t)set->type};
	uint32_t ttl;
	struct hf_name signer;

	head[SIG_ALGORITHM_OFF] = hf_cursor_u8(&s->c);
	head[SIG_LABELS_OFF] = hf_cursor_u8(&s->c);
	ttl = has_ttl ? hf_cursor_u32(&s->c) : set->ttl;
	for (unsigned i = 0; i < 4; i++)
		head[SIG_TTL_OFF + i] = (uint8_t)(ttl >> (24 - 8 * i));
	const uint8_t *times = hf_cursor_bytes(&s->c, SIG_TIMES_LEN);

	if (times == NULL)
		return;
	memcpy(head + SIG_TIMES_OFF, times, SIG_TIMES_LEN);
	get_name(s, &s->lower, &signer);
	memcpy(head + SIG_SIGNER_OFF, signer.octets, signer.len);
	get_joined(s, head, SIG_SIGNER_OFF + signer.len, cp_source_number(s), sig);
}

/* A record takes an octet at least: no more are made room for than there can be. */
static struct hf_rdata *
rdata_alloc(struct cp_source *s, unsigned cnt)
{
	if (cnt > UINT16_MAX || cnt > hf_cursor_left(&s->c)) {
		s->c.bad = true;
		return NULL;
	}
	return cp_source_alloc(s, cnt * sizeof(struct hf_rdata));
}

static void
get_records(struct cp_source *s, struct hf_rrset *set, unsigned cnt, bool plain)
{
	const struct shape shape = shape_of(plain ? HF_TYPE_NULL : set->type);
	struct hf_rdata *rr = rdata_alloc(s, cnt);

	for (unsigned i = 0; i < cnt && !s->c.bad; i++)
		get_record(s, shape, &rr[i]);
	set->rr = rr;
	set->rr_cnt = (uint16_t)cnt;
}

static void
get_sigs(struct cp_source *s, struct hf_rrset *set, unsigned cnt, bool plain, bool has_ttl)
{
	struct hf_rdata *sig = rdata_alloc(s, cnt);

	for (unsigned i = 0; i < cnt && !s->c.bad; i++) {
		if (plain)
			get_plain(s, cp_source_number(s), &sig[i]);
		else
			get_sig(s, set, has_ttl, &sig[i]);
	}
	set->sig = sig;
	set->sig_cnt = (uint16_t)cnt;
}

static unsigned
get_owner(struct cp_source *s, struct hf_name *n, unsigned *rare)
{
	unsigned flags = hf_cursor_u8(&s->c);

	*rare = flags & RARE ? hf_cursor_u8(&s->c) : 0;

	if (flags & OTHER_OWNER)
		cp_source_name(s, n);
	else
		*n = *s->name;
	return flags;
}

void
cp_source_owner(struct cp_source *s, struct hf_name *n)
{
	unsigned rare;

	(void)get_owner(s, n, &rare);
}

struct hf_rrset *
cp_source_rrset(struct cp_source *s)
{
	struct hf_rrset *set = cp_source_alloc(s, sizeof(*set));

	if (set == NULL)
		return NULL;
	unsigned rare, flags = get_owner(s, &set->owner, &rare);

	set->type = flags & OTHER_TYPE ? (uint16_t)cp_source_number(s) : s->type;
	set->ttl = flags & OTHER_TTL ? cp_source_number(s) : s->ttl_s;
	set->klass = rare & OTHER_CLASS ? hf_cursor_u16(&s->c) : HF_CLASS_IN;
	unsigned rr_cnt = flags & ONE_RECORD ? 1 : cp_source_number(s);
	unsigned sig_cnt = flags & MORE_SIGS ? cp_source_number(s) : (flags & ONE_SIG) != 0;

	get_records(s, set, rr_cnt, (rare & PLAIN_RECORDS) != 0);
	get_sigs(s, set, sig_cnt, (rare & PLAIN_SIGS) != 0, (flags & SIG_TTL) == 0);
	return set;
}
