/* SPDX-License-Identifier: BSD-3-Clause */
/* A signed tree whose zone is shown to the resolver core bent out of shape: RRsets with other
 * fields in their RRSIG, signed anew with the zone's own key or another's; other data under keys
 * that may not sign it; replies put together from what any zone truly signed, in any section, for
 * any name, with any rcode. The input says what, and which questions are asked meanwhile. The
 * tree itself stays honest and says what may be secure (tests/badzones/look.c): nothing else. */
#include "tests/badzones/bz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TWISTS = 4, LIES = 4, ITEMS = 6, QUESTIONS = 6 };

enum field {
	LABELS,
	INCEPTION,
	EXPIRATION,
	TAG,
	ALGORITHM,
	TYPE,
	ORIGINAL_TTL,
	SIGNER,
	OCTET, /* of the data */
	SIGNATURE,
	UNSIGNED,
	SENT_TTL,
	DROPPED,
	TWICE,
	OWNER,
	FIELDS,
};

/* Whose key, and whether it says whose it is. */
enum who { OWN, CLAIMS_TO_BE_OWN, SIBLINGS, SIBLINGS_FOR_OWN, CHILDS, PARENTS, ROOTS, WHOS };

struct twist {
	uint8_t name, type, field, who;
	uint16_t value;
};

struct item {
	uint8_t zone, section, from, type, shown;
};

struct lie { /* to a question, by whichever server gets it */
	uint8_t name, type, flags, cnt;
	struct item item[ITEMS];
};

static struct twist twists[TWISTS];
static struct lie lies[LIES];
static unsigned twist_cnt, lie_cnt;

static const char *const names[] = {"www", "mx", "alias", "away", "moved", "www.moved", "x.wild",
    "*.wild", "near.wild", "y.wild", "q.near.wild", "ent", "b.ent", "a.b.ent", "victim", "zz", "nx",
    "@", "child", "www.child", "x.child", "*.child", "a.x.child", "plain", "www.plain", "mail",
    "www.new", "test.", "sib.test.", "www.sib.test.", "mid.test.", "."};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

static const uint16_t types[] = {HF_TYPE_A, HF_TYPE_AAAA, HF_TYPE_TXT, HF_TYPE_MX, HF_TYPE_CNAME,
    HF_TYPE_DNAME, HF_TYPE_SOA, HF_TYPE_NS, HF_TYPE_DS, HF_TYPE_DNSKEY, HF_TYPE_NSEC,
    HF_TYPE_NSEC3};
enum { TYPES = sizeof(types) / sizeof(types[0]), DATA_TYPES = TYPES - 2 };

void
bz_fail(const char *what)
{
	char name[HF_NAME_TEXT_LEN], type[HF_TYPE_TEXT_LEN];
	const struct fn_answer *last = &fn.answer[(fn.answer_cnt - 1) % 8];

	fprintf(stderr, "%s %s: %s\n", hf_name_to_text(&last->a.question.name, name),
	    hf_type_to_text(last->a.question.type, type), what);
	abort();
}

static const struct fn_zone *
zone_of(unsigned i)
{
	const struct fn_zone *zones[] = {bz.zone, bz.zone, bz.child, bz.parent, bz.sib, bz.root};

	return zones[i % 6];
}

/* --- signing */

/* The key and the signer's name. False data may only be signed by those who may not sign here. */
static const struct va_signer *
key_of(const struct twist *w, struct fn_signing *s)
{
	const struct fn_zone *z = NULL;
	const struct va_signer *key = s->key;

	switch (w->who % WHOS) {
	case CLAIMS_TO_BE_OWN:
		return bz_stranger(s->key->algorithm);
	case SIBLINGS:
	case SIBLINGS_FOR_OWN:
		z = bz.sib;
		break;
	case CHILDS:
		z = bz.child;
		break;
	case PARENTS:
		z = bz.parent;
		break;
	case ROOTS:
		z = bz.root;
		break;
	default:
		return key;
	}
	if (w->who % WHOS != SIBLINGS_FOR_OWN)
		s->spec.signer = z->text;
	s->spec.tag = va_signer_tag(&z->key);
	s->spec.algorithm = z->key.algorithm;
	return &z->key;
}

static bool
may_sign_lies(const struct twist *w)
{
	return w->who % WHOS == CLAIMS_TO_BE_OWN || w->who % WHOS == SIBLINGS ||
	    w->who % WHOS == SIBLINGS_FOR_OWN || w->who % WHOS == CHILDS;
}

static void
bend_rrsig(const struct twist *w, struct va_spec *spec)
{
	switch (w->field % FIELDS) {
	case LABELS:
		spec->labels = (uint8_t)w->value;
		break;
	case INCEPTION:
		spec->inception += (uint32_t)w->value << 16;
		break;
	case EXPIRATION:
		spec->expiration -= (uint32_t)w->value << 16;
		break;
	case TAG:
		spec->tag = w->value;
		break;
	case ALGORITHM:
		spec->algorithm = (uint8_t)w->value;
		break;
	case TYPE:
		spec->type = w->value;
		break;
	case ORIGINAL_TTL: /* never more: what the zone signs is true */
		spec->ttl %= w->value + 1u;
		break;
	case SIGNER:
		spec->signer = bz_at(names[w->value % NAMES]);
		break;
	default:
		break;
	}
}

static void
bend_data(const struct twist *w, struct va_box *b)
{
	unsigned i = w->value % b->set.rr_cnt;
	uint8_t *octets = b->mem + (b->rr[i].data - b->mem);

	switch (w->field % FIELDS) {
	case OCTET:
		octets[(w->value >> 4) % b->rr[i].len] ^= (uint8_t)(1u << (w->value & 7));
		break;
	case SENT_TTL:
		b->set.ttl = (uint32_t)w->value << (w->value & 15);
		break;
	case DROPPED:
		b->set.rr_cnt -= b->set.rr_cnt > 1;
		break;
	case TWICE:
		b->rr[b->set.rr_cnt++] = b->rr[i];
		break;
	case OWNER:
		b->set.owner = va_name(bz_at(names[w->value % NAMES]));
		break;
	case SIGNATURE:
		if (b->set.sig_cnt > 0)
			b->mem[b->used - 1 - w->value % 64] ^= (uint8_t)(1u << (w->value & 7));
		break;
	case UNSIGNED:
		b->set.sig_cnt = 0;
		break;
	default:
		break;
	}
}

static bool
is_twisted(const struct twist *w, const struct fn_signing *s)
{
	struct hf_name n = va_name(bz_at(names[w->name % NAMES]));
	uint16_t type = types[w->type % TYPES];
	bool ours = s->z == bz.zone || (type == HF_TYPE_DS && s->z == bz.parent);

	return ours && s->b->set.type == type &&
	    (type == HF_TYPE_NSEC3 || hf_name_equal(&n, &s->b->set.owner));
}

static bool
sign_bent(struct fn_signing *s)
{
	static struct va_spec kept;

	for (unsigned i = 0; i < twist_cnt; i++) {
		const struct twist *w = &twists[i];

		if (!is_twisted(w, s))
			continue;
		const struct va_signer *key = key_of(w, s);

		bend_rrsig(w, &s->spec);
		qsort(s->b->rr, s->b->set.rr_cnt, sizeof(s->b->rr[0]), bz_rdata_order);
		if (may_sign_lies(w) && w->field % FIELDS != SIGNATURE)
			bend_data(w, s->b);
		kept = s->spec;
		bz_sign(s, key);
		s->spec = kept;
		if (!may_sign_lies(w) || w->field % FIELDS == SIGNATURE)
			bend_data(w, s->b);
		return false;
	}
	return false;
}

/* --- replies */

static const struct lie *
lie_to(const struct hf_question *q)
{
	for (unsigned i = 0; i < lie_cnt; i++) {
		struct hf_name n = va_name(bz_at(names[lies[i].name % NAMES]));

		if (hf_name_equal(&n, &q->name) && types[lies[i].type % DATA_TYPES] == q->type)
			return &lies[i];
	}
	return NULL;
}

/* What z truly signs of from, shown at another name; its NSEC or NSEC3 there, or its SOA. */
static void
put_item(struct fn_reply *p, const struct item *it)
{
	struct hf_name from = va_name(bz_at(names[it->from % NAMES])),
		       shown = va_name(bz_at(names[it->shown % NAMES]));
	uint16_t type = types[it->type % TYPES];
	const struct fn_zone *own = p->z, *z = zone_of(it->zone);

	if (!hf_name_in(&from, &z->name) || fn_below_cut(z, &from))
		return;
	p->z = z;
	if (type == HF_TYPE_NSEC3 && z->nsec3)
		fn_put_nsec3_at(p, &from);
	else if (type == HF_TYPE_NSEC || type == HF_TYPE_NSEC3)
		fn_put_nsec(p, &from);
	else
		fn_put_set(p, it->section % 3 == 0 ? HF_SECTION_ANSWER : HF_SECTION_AUTHORITY,
		    &from, type, it->section < 128 ? &from : &shown);
	p->z = own;
}

static uint16_t
say_bent(struct fn_reply *p, const struct hf_question *q)
{
	static const uint16_t rcodes[] = {
	    0, 0, HF_RCODE_NXDOMAIN, HF_RCODE_NXDOMAIN, 0, 0, HF_RCODE_YXDOMAIN, 0};
	const struct lie *l = lie_to(q);

	if (l == NULL || !p->dnssec || p->z == bz.plain)
		return 0;
	for (unsigned i = 0; i < l->cnt; i++)
		put_item(p, &l->item[i]);
	return rcodes[l->flags & 7] | ((l->flags & 8) != 0 ? HF_FLAG_RA : HF_FLAG_AA);
}

/* --- the input */

static void
read_twists(struct hf_cursor *c)
{
	twist_cnt = hf_cursor_u8(c) % (TWISTS + 1u);
	for (unsigned i = 0; i < twist_cnt; i++)
		twists[i] = (struct twist){hf_cursor_u8(c), hf_cursor_u8(c), hf_cursor_u8(c),
		    hf_cursor_u8(c), hf_cursor_u16(c)};
}

static void
read_lies(struct hf_cursor *c)
{
	lie_cnt = hf_cursor_u8(c) % (LIES + 1u);
	for (unsigned i = 0; i < lie_cnt; i++) {
		struct lie *l = &lies[i];

		l->name = hf_cursor_u8(c);
		l->type = hf_cursor_u8(c);
		l->flags = hf_cursor_u8(c);
		l->cnt = hf_cursor_u8(c) % (ITEMS + 1u);
		for (unsigned k = 0; k < l->cnt; k++)
			l->item[k] = (struct item){hf_cursor_u8(c), hf_cursor_u8(c),
			    hf_cursor_u8(c), hf_cursor_u8(c), hf_cursor_u8(c)};
	}
}

static void
ask(struct hf_cursor *c)
{
	const char *name = names[hf_cursor_u8(c) % NAMES];
	uint16_t type = types[hf_cursor_u8(c) % DATA_TYPES];
	uint8_t how = hf_cursor_u8(c);

	bz.bad = (how & 4) == 0;
	if ((how & 0xc0) == 0xc0)
		fn_pass((how & 8) != 0 ? 4000 : 70);
	bz_see(fn_ask(bz_at(name), type, how & 3));
}

/* The tree of the last input if it will do: to make one takes longer than to ask about it. */
static void
begin(const struct bz_case *c)
{
	static struct bz_case last;
	bool same = last.sign != NULL && last.spec.denial == c->spec.denial &&
	    last.spec.depth == c->spec.depth;

	if (last.sign != NULL && !same)
		bz_end();
	last = *c;
	if (same)
		bz_again(&last, true);
	else
		bz_build(&last, true);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bz_case c = {.spec.algorithm = HF_ALG_ED25519, .sign = sign_bent, .says = say_bent};
	struct hf_cursor in;

	if (size < 8 || size > 512)
		return 0;
	hf_cursor_init(&in, data, size);
	c.spec.denial = hf_cursor_u8(&in) % BZ_DENIALS;
	c.spec.depth = hf_cursor_u8(&in) % BZ_DEPTHS;
	c.extras = (hf_cursor_u8(&in) & 1) != 0;
	read_twists(&in);
	read_lies(&in);
	begin(&c);
	for (unsigned i = 0; i < QUESTIONS && hf_cursor_left(&in) > 0; i++)
		ask(&in);
	bz_look_inside();
	return 0;
}
