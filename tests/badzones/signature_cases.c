/* SPDX-License-Identifier: BSD-3-Clause */
/* What an RRSIG says of itself: labels, signer, type covered, times (RFC 4035 5.3.1). */
#include "tests/badzones/bz.h"

static const struct bz_target targets[] = {
    {"www", HF_TYPE_A, "www", HF_TYPE_A},
    {"mx", HF_TYPE_MX, "mx", HF_TYPE_MX},
    {"alias", HF_TYPE_A, "alias", HF_TYPE_CNAME},
    {"www.moved", HF_TYPE_A, "moved", HF_TYPE_DNAME},
    {"@", HF_TYPE_SOA, "@", HF_TYPE_SOA},
    {"www", HF_TYPE_MX, "www", HF_TYPE_NSEC},
    {"www", HF_TYPE_TXT, "@", HF_TYPE_DNSKEY},
    {"www", HF_TYPE_AAAA, "@", HF_TYPE_DS},
};
enum { TARGETS = sizeof(targets) / sizeof(targets[0]) };

/* --- labels */

enum { ONE_MORE, MANY_MORE, MOST, BELOW_SIGNER, NONE, STRETCHED, LABEL_KINDS };

/* "*." and as many labels of owner as the RRSIG counts: what the signature is over. */
static void
claim_labels(struct fn_signing *s, unsigned labels)
{
	static char text[HF_NAME_TEXT_LEN];
	const struct hf_name *owner = &s->b->set.owner;
	struct hf_name up, star;

	s->spec.labels = (uint8_t)labels;
	if (labels >= owner->label_cnt)
		return;
	hf_name_strip(owner, owner->label_cnt - labels, &up);
	VA_REQUIRE(hf_name_wildcard(&up, &star) == 0);
	s->spec.owner = hf_name_to_text(&star, text);
}

static bool
sign_other_labels(struct fn_signing *s)
{
	unsigned owner = s->b->set.owner.label_cnt, signer = s->z->name.label_cnt;

	if (!bz_is_target(s, &targets[bz.c->a]))
		return false;
	switch (bz.c->b) {
	case ONE_MORE:
		claim_labels(s, owner + 1);
		break;
	case MANY_MORE:
		claim_labels(s, owner + 100);
		break;
	case MOST:
		claim_labels(s, 255);
		break;
	case BELOW_SIGNER:
		claim_labels(s, signer - 1);
		break;
	case NONE:
		claim_labels(s, 0);
		break;
	default:
		claim_labels(s, owner - 1);
	}
	bz_sign(s, s->key);
	return true;
}

void
labels_of_an_rrsig_are_within_owner_and_signer(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TARGETS * LABEL_KINDS; i++) {
		struct bz_case c = {.spec = bz_spec(i),
		    .name = targets[i % TARGETS].name,
		    .type = targets[i % TARGETS].type,
		    .sign = sign_other_labels,
		    .verdict = HF_VERDICT_BOGUS,
		    .reason = VA_SIG_LABELS,
		    .a = (int)(i % TARGETS),
		    .b = (int)(i / TARGETS)};
		uint16_t set = targets[c.a].set;

		/* Nothing is less than the root's none; only what speaks of its place may not be
		 * stretched. */
		if ((set == HF_TYPE_DS && c.spec.depth == 3 && c.b >= BELOW_SIGNER &&
			c.b <= NONE) ||
		    (c.b == STRETCHED && set != HF_TYPE_NSEC && set != HF_TYPE_DS))
			continue;
		bz_run(&c);
	}
	bz_done(__func__);
}

/* --- signer */

enum { OWNER, BELOW_OWNER, SIBLING, PARENT, ROOT, CHILD, PARENTS_NAME, UNRELATED, SIGNER_KINDS };

static bool
sign_for_another(struct fn_signing *s)
{
	static char below[HF_NAME_TEXT_LEN + 4];
	const struct va_signer *key = s->key;

	if (!bz_is_target(s, &targets[bz.c->a]))
		return false;
	switch (bz.c->b) {
	case OWNER:
		s->spec.signer = s->spec.owner;
		break;
	case BELOW_OWNER:
		snprintf(below, sizeof(below), "x.%s", s->spec.owner);
		s->spec.signer = below;
		break;
	case SIBLING:
		s->spec.signer = bz.sib->text;
		key = &bz.sib->key;
		break;
	case PARENT:
		s->spec.signer = bz.parent->text;
		key = &bz.parent->key;
		break;
	case ROOT:
		s->spec.signer = ".";
		key = &bz.root->key;
		break;
	case CHILD:
		s->spec.signer = bz.child->text;
		key = &bz.child->key;
		break;
	case PARENTS_NAME: /* and the zone's own key */
		s->spec.signer = bz.parent->text;
		break;
	default:
		s->spec.signer = "unrelated.";
	}
	s->spec.tag = va_signer_tag(key);
	s->spec.algorithm = key->algorithm;
	bz_sign(s, key);
	return true;
}

/* A name in the middle of the zone that is no zone. */
static bool
sign_for_no_apex(struct fn_signing *s)
{
	if (!bz_is(s->b, "a.b.ent", HF_TYPE_A))
		return false;
	s->spec.signer = bz_at(bz.c->b == 0 ? "ent" : "b.ent");
	bz_sign(s, s->key);
	return true;
}

/* Island: the only anchor is test.'s, and what is above says nothing. */
static bool
sign_above_the_anchor(struct fn_signing *s)
{
	if (!bz_is_target(s, &targets[bz.c->a]))
		return false;
	s->spec.signer = ".";
	s->spec.tag = va_signer_tag(&bz.root->key);
	s->spec.algorithm = bz.root->key.algorithm;
	bz_sign(s, &bz.root->key);
	return true;
}

enum { ANSWERS, DENIES, DENIES_UNSIGNED, ABOVE_KINDS };

/* The root's server, which is above the anchor, speaks of what is below. */
static uint16_t
say_from_above_the_anchor(struct fn_reply *p, const struct hf_question *q)
{
	struct hf_name name = va_name(bz_at(bz.c->name)),
		       owner = va_name(bz_at(targets[bz.c->a].owner));

	if (p->z != bz.root || !hf_name_equal(&q->name, &name) || q->type != bz.c->type)
		return 0;
	if (bz.c->b == ANSWERS) {
		p->z = bz.zone;
		fn_put_set(p, HF_SECTION_ANSWER, &owner, targets[bz.c->a].set, &owner);
		return HF_FLAG_AA;
	}
	p->dnssec = bz.c->b == DENIES;
	fn_put_set(p, HF_SECTION_AUTHORITY, &p->z->name, HF_TYPE_SOA, &p->z->name);
	return HF_FLAG_AA | HF_RCODE_NXDOMAIN;
}

/* It is asked first, and only once: then the way to the servers below is known. */
static void
run_above_the_anchor(unsigned i)
{
	struct bz_case c = {.spec = bz_spec(i),
	    .name = targets[i % 4].name,
	    .type = targets[i % 4].type,
	    .sign = sign_above_the_anchor,
	    .says = say_from_above_the_anchor,
	    .island = true,
	    .a = (int)(i % 4),
	    .b = (int)(i / 4)};

	c.spec.depth = i % 3;
	bz_build(&c, true);
	const struct cp_answer *a = bz_ask_bad(c.name, c.type, HF_VARIANT_DO);

	if (a->verdict != HF_VERDICT_BOGUS || bz.hits == 0)
		bz_fail("what is below an anchor was taken from above it");
	bz_look_inside();
	bz_end();
	bz.cnt++;
}

static struct bz_case
signer_case(unsigned i, unsigned target, bool (*sign)(struct fn_signing *))
{
	return (struct bz_case){.spec = bz_spec(i),
	    .name = targets[target].name,
	    .type = targets[target].type,
	    .sign = sign,
	    .verdict = HF_VERDICT_BOGUS,
	    .reason = VA_SIG_SIGNER,
	    .a = (int)target};
}

void
the_signer_is_the_apex_of_the_zone_of_the_owner(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5 * SIGNER_KINDS; i++) {
		struct bz_case c = signer_case(i, i % 5, sign_for_another);

		c.b = (int)(i / 5);
		if (c.a == 4 && c.b == OWNER) /* the apex */
			continue;
		bz_run(&c);
	}
	for (unsigned i = 0; i < 8; i++) {
		struct bz_case c = signer_case(i, 0, sign_for_no_apex);

		c.name = "a.b.ent";
		c.b = (int)(i % 2);
		bz_run(&c);
	}
	for (unsigned i = 0; i < 8; i++) {
		struct bz_case c = signer_case(i, i % 5, sign_above_the_anchor);

		c.island = true;
		c.spec.depth = i % 3;
		bz_run(&c);
	}
	for (unsigned i = 0; i < 4 * ABOVE_KINDS; i++)
		run_above_the_anchor(i);
	bz_done(__func__);
}

/* --- type covered */

static const uint16_t meta[] = {
    0, HF_TYPE_OPT, HF_TYPE_RRSIG, 128, 249, 250, 251, 252, 253, 254, 255};
enum { METAS = sizeof(meta) / sizeof(meta[0]) };

static void
sign_over_meta(struct fn_signing *s)
{
	struct va_spec spec = s->spec;
	unsigned at = s->b->set.sig_cnt;

	spec.type = meta[bz.c->a];
	va_box_sign(s->b, s->key, &spec);
	bz_taint(s->b->sig[at].data, s->b->sig[at].len, &s->b->set.owner, spec.type);
	bz.hits++;
}

/* b = 0: beside the good signature; 1: in its place. */
static bool
sign_meta(struct fn_signing *s)
{
	char owner[HF_NAME_TEXT_LEN], signer[HF_NAME_TEXT_LEN];

	if (!bz_is(s->b, "www", HF_TYPE_A))
		return false;
	snprintf(owner, sizeof(owner), "%s", s->spec.owner);
	snprintf(signer, sizeof(signer), "%s", s->spec.signer);
	s->spec.owner = owner;
	s->spec.signer = signer;
	if (bz.c->b == 0)
		va_box_sign(s->b, s->key, &s->spec);
	sign_over_meta(s);
	s->key = NULL;
	return false; /* the good one is not tainted */
}

/* All signatures at www, when they are asked for. */
static uint16_t
say_signatures(struct fn_reply *p, const struct hf_question *q)
{
	if (p->z != bz.zone || q->type != HF_TYPE_RRSIG)
		return 0;
	fn_put_set(p, HF_SECTION_ANSWER, &q->name, HF_TYPE_A, &q->name);
	return HF_FLAG_AA;
}

void
signatures_over_signatures_and_meta_types_are_dropped(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2 * METAS; i++) {
		struct bz_case c = {.spec = bz_spec(i),
		    .name = "www",
		    .type = HF_TYPE_A,
		    .sign = sign_meta,
		    .verdict = i < METAS ? HF_VERDICT_SECURE : HF_VERDICT_BOGUS,
		    .reason = VA_SIG_MISSING,
		    .a = (int)(i % METAS),
		    .b = (int)(i / METAS)};

		bz_run(&c);
	}
	for (unsigned i = 0; i < METAS; i++) {
		struct bz_case c = {.spec = bz_spec(i),
		    .name = "www",
		    .type = HF_TYPE_RRSIG,
		    .sign = sign_meta,
		    .says = say_signatures,
		    .a = (int)i};

		bz_build(&c, true);
		const struct cp_answer *a = bz_ask_bad("www", HF_TYPE_RRSIG, HF_VARIANT_DO);

		if (bz.hits < 2 || fn_count(a, HF_SECTION_ANSWER, HF_TYPE_RRSIG, NULL) != 1)
			bz_fail("not the one signature over data");
		bz_look_inside();
		bz_end();
		bz.cnt++;
	}
	bz_done(__func__);
}

/* --- times */

enum { EXPIRED, NOT_YET, BACKWARDS, HALF_AN_ERA, MORE_THAN_HALF, LONG_AGO, TIME_KINDS };

static const int64_t years[] = {1500000, (INT64_C(1) << 31) - 5, (INT64_C(1) << 31) + 5,
    (INT64_C(1) << 32) - 5, (INT64_C(1) << 32) + 5, (INT64_C(1) << 32) + (INT64_C(1) << 31)};
enum { YEARS = sizeof(years) / sizeof(years[0]), TIME_TARGETS = 4 };
static const unsigned time_targets[TIME_TARGETS] = {0, 5, 6, 7};

static void
lay_year(void)
{
	fn.wall_s = years[bz.c->a];
}

static bool
sign_at_another_time(struct fn_signing *s)
{
	const uint32_t half = UINT32_C(1) << 31;
	static const struct {
		int64_t from, to; /* of now */
	} spans[TIME_KINDS] = {
	    [EXPIRED] = {-900000, -4000},
	    [NOT_YET] = {4000, 900000},
	    [BACKWARDS] = {10, -10},
	    [HALF_AN_ERA] = {-(INT64_C(1) << 30), INT64_C(1) << 30},
	    [MORE_THAN_HALF] = {-10, (INT64_C(1) << 31) + 10},
	};
	int64_t now = fn_time().wall_s;

	if (!bz_is_target(s, &targets[time_targets[(bz.c->a + bz.c->b) % TIME_TARGETS]]))
		return false;
	s->spec.inception = (uint32_t)(now + spans[bz.c->b].from);
	s->spec.expiration = (uint32_t)(now + spans[bz.c->b].to);
	if (bz.c->b == LONG_AGO) {
		s->spec.expiration = (uint32_t)now - half + 1000;
		s->spec.inception = s->spec.expiration - 100000;
	}
	bz_sign(s, s->key);
	return true;
}

void
inception_and_expiration_are_serial_numbers(void **state)
{
	static const enum va_reason reasons[TIME_KINDS] = {VA_SIG_EXPIRED, VA_SIG_NOT_YET,
	    VA_SIG_MALFORMED, VA_SIG_MALFORMED, VA_SIG_MALFORMED, VA_SIG_EXPIRED};

	(void)state;
	for (unsigned i = 0; i < YEARS * TIME_KINDS; i++) {
		struct bz_case c = {.spec = bz_spec(i),
		    .lay = lay_year,
		    .sign = sign_at_another_time,
		    .verdict = HF_VERDICT_BOGUS,
		    .reason = reasons[i / YEARS],
		    .a = (int)(i % YEARS),
		    .b = (int)(i / YEARS)};
		const struct bz_target *t = &targets[time_targets[(c.a + c.b) % TIME_TARGETS]];

		c.name = t->name;
		c.type = t->type;
		bz_run(&c);
	}
	bz_done(__func__);
}
