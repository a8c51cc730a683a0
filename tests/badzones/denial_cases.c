/* SPDX-License-Identifier: BSD-3-Clause */
/* What NSEC and NSEC3 may be used for (RFC 4035 5.4, RFC 5155 8, RFC 6840 4.1). */
#include "tests/badzones/bz.h"

static const struct {
	const char *name;
	uint16_t type;
} questions[] = {
    {"www", HF_TYPE_MX},    /* NODATA by a match */
    {"nx", HF_TYPE_A},      /* NXDOMAIN */
    {"x.wild", HF_TYPE_A},  /* no closer match than a wildcard */
    {"x.wild", HF_TYPE_MX}, /* NODATA at a wildcard */
    {"b.ent", HF_TYPE_A},   /* an empty non-terminal */
};
enum { QUESTIONS = sizeof(questions) / sizeof(questions[0]) };

static struct bz_case
question_case(unsigned i, unsigned kinds)
{
	unsigned question = i / kinds % QUESTIONS;

	return (struct bz_case){.spec = bz_spec(i),
	    .name = questions[question].name,
	    .type = questions[question].type,
	    .verdict = HF_VERDICT_BOGUS,
	    .reason = VA_DENIAL_MISSING,
	    .a = (int)question,
	    .b = (int)(i % kinds)};
}

static bool
is_proof(const struct va_box *b)
{
	return b->set.type == HF_TYPE_NSEC || b->set.type == HF_TYPE_NSEC3;
}

/* --- NSEC: the next name */

enum { NEXT_KINDS = 7 };

static const char *
next_outside(void)
{
	static char text[HF_NAME_TEXT_LEN];
	const char *parent = bz.parent->text;

	switch (bz.c->b) {
	case 0:
		return parent;
	case 1:
		return ".";
	case 2:
		return bz.sib->text;
	case 3: /* ends in the same octets, but not in the same labels */
		snprintf(text, sizeof(text), "x%s", bz.zone->text);
		return text;
	case 4:
		snprintf(text, sizeof(text), "zz.%s", bz.parent->name.label_cnt == 0 ? "" : parent);
		return text;
	case 5:
		return "www.sib.test.";
	default:
		return "unrelated.";
	}
}

static bool
sign_other_next(struct fn_signing *s)
{
	uint8_t rdata[HF_NAME_MAX + 64];
	struct va_box *b = s->b;
	struct hf_name next, old;

	if (s->z != bz.zone || b->set.type != HF_TYPE_NSEC)
		return false;
	next = va_name(next_outside());
	struct hf_cursor c;

	hf_cursor_init(&c, b->rr[0].data, b->rr[0].len);
	hf_name_read_plain(&c, &old);
	size_t len = va_put(rdata, 0, next.octets, next.len);

	len = va_put(rdata, len, b->rr[0].data + old.len, b->rr[0].len - old.len);
	b->rr[0] = va_box_store(b, rdata, len);
	bz_sign(s, s->key);
	return true;
}

void
the_next_name_of_an_nsec_is_in_the_zone(void **state)
{
	(void)state;
	for (unsigned i = 0; i < QUESTIONS * NEXT_KINDS; i++) {
		struct bz_case c = question_case(i, NEXT_KINDS);

		c.sign = sign_other_next;
		c.spec.denial = BZ_NSEC;
		bz_run(&c);
	}
	bz_done(__func__);
}

/* --- NSEC3: the owner */

enum { DEEPER, UNDER_CHILD, TWICE, ABOVE, SHORT, LONG, NO_DIGIT, OWNER_KINDS };

/* text: of an NSEC3, its hash first. What it becomes. */
static const char *
owner_elsewhere(const char *text)
{
	static char out[2 * HF_NAME_TEXT_LEN];
	const char *rest = strchr(text, '.') + 1;

	switch (bz.c->b) {
	case DEEPER:
		snprintf(out, sizeof(out), "%.32s.x.%s", text, rest);
		break;
	case UNDER_CHILD:
		snprintf(out, sizeof(out), "%.32s.child.%s", text, rest);
		break;
	case TWICE:
		snprintf(out, sizeof(out), "%.32s.%.32s.%s", text, text, rest);
		break;
	case ABOVE:
		snprintf(out, sizeof(out), "%.32s.%s", text,
		    bz.parent->name.label_cnt == 0 ? "" : bz.parent->text);
		break;
	case SHORT:
		snprintf(out, sizeof(out), "%.31s.%s", text, rest);
		break;
	case LONG:
		snprintf(out, sizeof(out), "%.32s0.%s", text, rest);
		break;
	default:
		snprintf(out, sizeof(out), "%.31sw.%s", text, rest);
	}
	return out;
}

static bool
sign_other_owner(struct fn_signing *s)
{
	const char *owner;

	if (s->z != bz.zone || s->b->set.type != HF_TYPE_NSEC3)
		return false;
	owner = owner_elsewhere(s->spec.owner);
	s->b->set.owner = va_name(owner);
	s->spec.owner = owner;
	s->spec.labels = s->b->set.owner.label_cnt;
	bz_sign(s, s->key);
	return true;
}

/* The parent's server says that child has no DS, or victim no address, and shows for it the NSEC3
 * of the child that would be the one. */
static uint16_t
say_by_child(struct fn_reply *p, const struct hf_question *q)
{
	const struct fn_zone *z = p->z;
	struct hf_name n = va_name(bz_at(bz.c->name));

	if (z != bz.zone || !hf_name_equal(&n, &q->name) || q->type != bz.c->type)
		return 0;
	fn_put_set(p, HF_SECTION_AUTHORITY, &z->name, HF_TYPE_SOA, &z->name);
	p->z = bz.child;
	fn_put_nsec3_at(p, &q->name);
	fn_put_nsec3_at(p, &bz.child->name);
	p->z = z;
	return HF_FLAG_AA;
}

void
the_owner_of_an_nsec3_is_a_hash_right_below_the_signer(void **state)
{
	(void)state;
	for (unsigned i = 0; i < QUESTIONS * OWNER_KINDS; i++) {
		struct bz_case c = question_case(i, OWNER_KINDS);

		c.sign = sign_other_owner;
		c.spec.denial = c.a == 0 && i % 2 == 1 ? BZ_OPTOUT : BZ_NSEC3;
		bz_run(&c);
	}
	for (unsigned i = 0; i < 2 * BZ_DEPTHS; i++) {
		struct bz_case c = {.spec = {bz_spec(i).algorithm, BZ_NSEC3, i % BZ_DEPTHS},
		    .name = i < BZ_DEPTHS ? "child" : "victim",
		    .type = i < BZ_DEPTHS ? HF_TYPE_DS : HF_TYPE_A,
		    .says = say_by_child,
		    .verdict = HF_VERDICT_BOGUS,
		    .reason = VA_SIG_SIGNER};

		bz_run(&c);
	}
	bz_done(__func__);
}

/* --- below a cut or a DNAME */

enum { GONE, EMPTY, MADE };

static const struct {
	const char *name;
	uint16_t type;
	const char *cut; /* in the zone that denies; "@": that is the parent */
	int how;
	enum va_reason reason[2]; /* by NSEC, by NSEC3 */
} ancestors[] = {
    {"www.child", HF_TYPE_A, "child", GONE, {VA_DENIAL_MISSING, VA_DENIAL_WRONG}},
    {"www.child", HF_TYPE_A, "child", EMPTY, {VA_DENIAL_MISSING, VA_DENIAL_WRONG}},
    {"a.b.child", HF_TYPE_A, "child", GONE, {VA_DENIAL_MISSING, VA_DENIAL_WRONG}},
    {"child", HF_TYPE_SOA, "child", EMPTY, {VA_DENIAL_WRONG, VA_DENIAL_WRONG}},
    {"child", HF_TYPE_NS, "child", EMPTY, {VA_DENIAL_WRONG, VA_DENIAL_WRONG}},
    {"www.child", HF_TYPE_A, "child", MADE, {VA_DENIAL_MISSING, VA_DENIAL_WRONG}},
    {"www.moved", HF_TYPE_A, "moved", GONE, {VA_DENIAL_MISSING, VA_DENIAL_WRONG}},
    {"www.moved", HF_TYPE_A, "moved", EMPTY, {VA_DENIAL_MISSING, VA_DENIAL_WRONG}},
    {"www", HF_TYPE_A, "@", GONE, {VA_DENIAL_MISSING, VA_DENIAL_WRONG}},
    {"@", HF_TYPE_SOA, "@", EMPTY, {VA_DENIAL_WRONG, VA_DENIAL_WRONG}},
};
enum { ANCESTORS = sizeof(ancestors) / sizeof(ancestors[0]) };

static void
lay_wildcard(void)
{
	if (ancestors[bz.c->a].how == MADE)
		bz_add("*", "A 198.51.100.99");
	bz.parent->nsec3 = bz.zone->nsec3;
}

static uint16_t
say_from_above(struct fn_reply *p, const struct hf_question *q)
{
	const struct fn_zone *z = bz.zone;
	struct hf_name cut = va_name(bz_at(ancestors[bz.c->a].cut)),
		       name = va_name(bz_at(bz.c->name)), star;

	if (hf_name_equal(&cut, &z->name))
		z = bz.parent;
	if (p->z != z || !hf_name_in(&q->name, &cut) ||
	    (hf_name_equal(&q->name, &cut) && q->type == HF_TYPE_DS) ||
	    (hf_name_equal(&name, &cut) &&
		(!hf_name_equal(&q->name, &name) || q->type != bz.c->type)))
		return 0;
	VA_REQUIRE(hf_name_wildcard(&z->name, &star) == 0);
	if (ancestors[bz.c->a].how == MADE)
		fn_put_set(p, HF_SECTION_ANSWER, &star, q->type, &q->name);
	else
		fn_put_set(p, HF_SECTION_AUTHORITY, &z->name, HF_TYPE_SOA, &z->name);
	fn_put_nsec(p, &cut);
	if (z->nsec3 && !hf_name_equal(&q->name, &cut)) /* whatever might be of use */
		fn_put_nsec3_at(p, &q->name);
	if (z->nsec3)
		fn_put_nsec3_at(p, &z->name);
	fn_put_nsec(p, &star);
	return HF_FLAG_AA | (ancestors[bz.c->a].how == GONE ? HF_RCODE_NXDOMAIN : 0);
}

void
no_ancestor_denies_what_is_below_a_cut_or_dname(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4 * ANCESTORS; i++) {
		unsigned a = i % ANCESTORS;
		struct bz_case c = {.spec = bz_spec(i),
		    .name = ancestors[a].name,
		    .type = ancestors[a].type,
		    .lay = lay_wildcard,
		    .says = say_from_above,
		    .verdict = HF_VERDICT_BOGUS,
		    .a = (int)a};

		c.spec.depth = i / ANCESTORS;
		c.spec.denial = i / ANCESTORS % 2 == 0 ? BZ_NSEC : BZ_NSEC3;
		c.reason = ancestors[a].reason[c.spec.denial];
		bz_run(&c);
	}
	bz_done(__func__);
}

/* --- each proof */

enum { FLIPPED, UNSIGNED, LATE, OTHER_KEY, OTHER_SIGNER, PROOF_KINDS, OF_SOA = 9 };

/* Which proof of the reply it is, each counted once; a reply begins with something else. */
static unsigned
place_of(const struct va_box *b)
{
	static struct hf_name seen[8];
	static unsigned cnt;
	unsigned i = 0;

	if (!is_proof(b))
		return cnt = 0;
	while (i < cnt && !hf_name_equal(&seen[i], &b->set.owner))
		i++;
	VA_REQUIRE(i < 8);
	seen[i] = b->set.owner;
	cnt = i == cnt ? cnt + 1 : cnt;
	return i;
}

static bool
sign_one_proof_badly(struct fn_signing *s)
{
	const struct va_signer *key = s->key;

	unsigned place = place_of(s->b);
	bool chosen = bz.c->a == OF_SOA ? bz_is(s->b, "@", HF_TYPE_SOA)
					: is_proof(s->b) && place == (unsigned)bz.c->a;

	if (s->z != bz.zone || !chosen)
		return false;
	switch (bz.c->b) {
	case UNSIGNED:
		s->key = NULL;
		return true;
	case LATE:
		s->spec.expiration = (uint32_t)fn_time().wall_s - 4000;
		break;
	case OTHER_KEY: /* that says it is the zone's */
		key = bz_stranger(s->key->algorithm);
		break;
	case OTHER_SIGNER:
		key = &bz.sib->key;
		s->spec.signer = bz.sib->text;
		s->spec.tag = va_signer_tag(key);
		s->spec.algorithm = key->algorithm;
		break;
	default:
		break;
	}
	bz_sign(s, key);
	if (bz.c->b == FLIPPED)
		s->b->mem[s->b->used - 1] ^= 1;
	return true;
}

/* An honest answer, and one more NSEC or NSEC3 that nobody or a stranger signed. */
static uint16_t
say_one_more(struct fn_reply *p, const struct hf_question *q)
{
	static struct va_box b;
	const struct va_signer *key = bz_stranger(HF_ALG_ED25519);
	uint8_t rdata[] = "\3www\4evil\0\0\1\x40",
		nsec3[] = "\1\0\0\0\0\x14"
			  "evil evil evil evil!";
	char owner[HF_NAME_TEXT_LEN];
	uint16_t flags;

	if (p->z != bz.zone || !p->dnssec || q->type == HF_TYPE_DNSKEY)
		return 0;
	flags = fn_answer_from(p, q);
	snprintf(owner, sizeof(owner), "%s",
	    bz.zone->nsec3 ? bz_at("0123456789abcdefghijklmnopqrstuv") : bz_at("v"));
	va_box_init(&b, owner, bz.zone->nsec3 ? HF_TYPE_NSEC3 : HF_TYPE_NSEC, 300);
	if (bz.zone->nsec3)
		va_box_add(&b, nsec3, sizeof(nsec3) - 1);
	else
		va_box_add(&b, rdata, sizeof(rdata) - 1);
	struct va_spec spec = va_spec_of(&b, owner, bz.zone->text, key);

	spec.tag = va_signer_tag(&bz.zone->key);
	spec.algorithm = bz.zone->key.algorithm;
	if (bz.c->b == 1)
		va_box_sign(&b, key, &spec);
	fn_put_box(p, HF_SECTION_AUTHORITY, &b, &b.set.owner);
	bz_taint(b.rr[0].data, b.rr[0].len, &b.set.owner, b.set.type);
	return flags;
}

/* A name that takes three different NSEC3 to deny. */
static const char *
name_of_three(const struct bz_case *c)
{
	static char name[8];
	uint8_t hash[20], before[2][20], after[20];
	struct va_nsec3_params params;
	struct hf_name at[2], n, star;

	bz_build(c, false);
	params = fn_nsec3_params(bz.zone);
	VA_REQUIRE(hf_name_wildcard(&bz.zone->name, &star) == 0);
	va_chain_hash(&star, &params, hash);
	fn_nsec3_around(bz.zone, hash, &at[0], before[0], after);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "nx%u", i);
		n = va_name(bz_at(name));
		va_chain_hash(&n, &params, hash);
		fn_nsec3_around(bz.zone, hash, &at[1], before[1], after);
		if (!hf_name_equal(&at[0], &at[1]) && !hf_name_equal(&at[0], &bz.zone->name) &&
		    !hf_name_equal(&at[1], &bz.zone->name))
			break;
	}
	bz_end();
	return name;
}

void
every_proof_that_is_used_validates(void **state)
{
	static const enum va_reason reasons[PROOF_KINDS] = {
	    VA_SIG_BAD, VA_SIG_MISSING, VA_SIG_EXPIRED, VA_SIG_BAD, VA_SIG_SIGNER};

	(void)state;
	for (unsigned i = 0; i < 5 * PROOF_KINDS; i++) {
		struct bz_case c = {.spec = bz_spec(i),
		    .name = "nx",
		    .type = HF_TYPE_A,
		    .sign = sign_one_proof_badly,
		    .verdict = HF_VERDICT_BOGUS,
		    .reason = reasons[i % PROOF_KINDS],
		    .a = (int)(i / PROOF_KINDS % 3),
		    .b = (int)(i % PROOF_KINDS)};

		c.spec.denial = i / PROOF_KINDS < 3 ? BZ_NSEC3 : BZ_NSEC;
		if (c.spec.denial == BZ_NSEC)
			c.a = (int)(i / PROOF_KINDS - 3);
		else
			c.name = name_of_three(&c);
		bz_run(&c);
	}
	for (unsigned i = 0; i < PROOF_KINDS; i++) { /* the SOA of a denial is one of its proofs */
		struct bz_case c = {.spec = bz_spec(i),
		    .name = "www",
		    .type = HF_TYPE_MX,
		    .sign = sign_one_proof_badly,
		    .verdict = HF_VERDICT_BOGUS,
		    .reason = reasons[i],
		    .a = OF_SOA,
		    .b = (int)i};

		bz_run(&c);
	}
	for (unsigned i = 0; i < QUESTIONS * 4; i++) {
		struct bz_case c = question_case(i, 4);

		c.says = say_one_more;
		c.spec.denial = i % 4 < 2 ? BZ_NSEC : BZ_NSEC3;
		c.verdict = HF_VERDICT_SECURE;
		c.b = (int)(i % 2);
		bz_run(&c);
	}
	bz_done(__func__);
}
