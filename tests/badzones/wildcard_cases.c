/* SPDX-License-Identifier: BSD-3-Clause */
/* Wildcards: what proves that nothing is closer, and what is kept of an expansion (RFC 4035 5.3.4,
 * RFC 4592, RFC 8198 5.3). */
#include "tests/badzones/bz.h"

/* --- one zone for both */

enum { PARENTS, ROOTS, BY_PARENT, BY_SIBLING, PARENTS_HASH, HASH_BY_PARENT, MIX_KINDS };

/* Put the one proof in c, as z would sign it. */
static void
put_proof(struct fn_reply *p, const struct va_chain *c, const struct fn_zone *z)
{
	static struct va_box b;
	char text[HF_NAME_TEXT_LEN];
	const struct hf_rrset *set = &c->set[0];
	int64_t now = fn_time().wall_s;

	va_box_init(&b, hf_name_to_text(&set->owner, text), set->type, 300);
	va_box_add(&b, c->rdata[0].data, c->rdata[0].len);
	struct va_spec spec = va_spec_of(&b, text, z->text, &z->key);

	spec.inception = (uint32_t)(now - 1000);
	spec.expiration = (uint32_t)(now + 1000);
	va_box_sign(&b, &z->key, &spec);
	bz_taint(b.sig[0].data, b.sig[0].len, &set->owner, set->type);
	fn_put_box(p, HF_SECTION_AUTHORITY, &b, &b.set.owner);
}

static void
put_nsec_of(struct fn_reply *p, const char *owner, const char *next, const struct fn_zone *z)
{
	static struct va_chain c;
	struct hf_name from = va_name(owner), to = va_name(next);

	va_chain_init(&c, bz.zone->text);
	va_chain_nsec(&c, &from, &to, "A RRSIG NSEC");
	put_proof(p, &c, z);
}

/* An NSEC3 below owner that covers name as narrowly as can be. */
static void
put_nsec3_of(struct fn_reply *p, const char *owner, const struct hf_name *name)
{
	static struct va_chain c;
	struct va_nsec3_params params = fn_nsec3_params(bz.zone);
	uint8_t from[20], to[20];

	params.flags = 0;
	va_chain_hash(name, &params, from);
	memcpy(to, from, 20);
	from[19]--;
	to[19]++;
	va_chain_init(&c, owner);
	va_chain_nsec3(&c, &params, from, to, "A RRSIG");
	put_proof(p, &c, bz.parent);
}

/* The expansion as it should be, its proof by another zone. */
static uint16_t
say_mixed(struct fn_reply *p, const struct hf_question *q)
{
	struct hf_name star = va_name(bz_at("*.wild")), name = va_name(bz_at("x.wild"));
	char above[HF_NAME_TEXT_LEN + 4];

	if (p->z != bz.zone || !hf_name_equal(&q->name, &name) || q->type != HF_TYPE_A)
		return 0;
	fn_put_set(p, HF_SECTION_ANSWER, &star, HF_TYPE_A, &q->name);
	snprintf(
	    above, sizeof(above), "zzz.%s", bz.parent->name.label_cnt == 0 ? "" : bz.parent->text);
	switch (bz.c->b) {
	case PARENTS:
		put_nsec_of(p, bz.parent->text, above, bz.parent);
		break;
	case ROOTS:
		put_nsec_of(p, ".", "zzz.", bz.root);
		break;
	case BY_PARENT:
		put_nsec_of(p, bz_at("w.wild"), bz_at("y.wild"), bz.parent);
		break;
	case BY_SIBLING:
		put_nsec_of(p, bz_at("w.wild"), bz_at("y.wild"), bz.sib);
		break;
	case PARENTS_HASH:
		put_nsec3_of(p, bz.parent->text, &q->name);
		break;
	default:
		put_nsec3_of(p, bz.zone->text, &q->name);
	}
	return HF_FLAG_AA;
}

/* Everything the zone's NSEC3 chain holds. */
static void
learn_chain(void)
{
	char name[16];

	for (unsigned i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "no%u", i);
		bz_ask(name, HF_TYPE_A, 0);
	}
	bz_ask_good("x.wild", HF_TYPE_A, 0);
}

static void
lay_long_wildcard(void)
{
	for (unsigned i = 0; i < bz.child->cnt; i++)
		if (hf_name_is_wildcard(&bz.child->rr[i].owner))
			bz.child->rr[i].ttl = 50000;
}

/* The child's wildcard outlives the delegation; the parent's proofs say nothing about the names
 * beside it. */
static void
run_parents_gap_for_a_childs_wildcard(unsigned i)
{
	struct bz_case c = {.spec = {bz_spec(i).algorithm, i % 2 == 0 ? BZ_NSEC3 : BZ_NSEC, i},
	    .name = "www.child",
	    .type = HF_TYPE_A,
	    .lay = lay_long_wildcard};

	bz_build(&c, true);
	bz_ask_good("*.child", HF_TYPE_A, 0);
	fn_pass(4000);
	learn_chain();
	bz_ask_good("www.child", HF_TYPE_A, HF_VARIANT_DO);
	bz_look_inside();
	bz_end();
	bz.cnt++;
}

void
a_wildcard_and_its_proof_are_of_one_zone(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MIX_KINDS * BZ_DEPTHS; i++) {
		struct bz_case c = {.spec = bz_spec(i),
		    .name = "x.wild",
		    .type = HF_TYPE_A,
		    .says = say_mixed,
		    .verdict = HF_VERDICT_BOGUS,
		    .b = (int)(i % MIX_KINDS)};
		bool above = c.b == PARENTS || c.b == ROOTS || c.b == PARENTS_HASH;

		c.spec.depth = i / MIX_KINDS;
		c.spec.denial = i % 2 == 0 ? BZ_NSEC : BZ_NSEC3;
		c.reason = above ? VA_DENIAL_MISSING : VA_SIG_SIGNER;
		bz_run(&c);
	}
	for (unsigned i = 0; i < BZ_DEPTHS; i++)
		run_parents_gap_for_a_childs_wildcard(i);
	bz_done(__func__);
}

/* --- what is kept */

enum { NO_PROOF, OTHER_GAP, NOT_CLOSEST, AT_APEX, EXPANSION_KINDS };

static uint16_t
say_unproven(struct fn_reply *p, const struct hf_question *q)
{
	struct hf_name star = va_name(bz_at(bz.c->b == AT_APEX ? "*" : "*.wild")),
		       name = va_name(bz_at(bz.c->name)), other = va_name(bz_at("mx"));

	if (p->z != bz.zone || !hf_name_equal(&q->name, &name) || q->type != HF_TYPE_A)
		return 0;
	fn_put_set(p, HF_SECTION_ANSWER, &star, HF_TYPE_A, &q->name);
	if (bz.c->b == OTHER_GAP)
		fn_put_nsec(p, &other);
	else if (bz.c->b == NOT_CLOSEST || bz.c->b == AT_APEX)
		fn_put_nsec(p, &q->name);
	return HF_FLAG_AA;
}

static void
lay_apex_wildcard(void)
{
	if (bz.c->b == AT_APEX)
		bz_add("*", "A 198.51.100.99");
}

/* The names that a kept expansion would be found for, when the servers are gone. */
static void
run_unproven(const struct bz_case *c)
{
	bz_run(c);
	bz_build(c, true);
	bz_ask_bad(c->name, c->type, HF_VARIANT_CD | HF_VARIANT_DO);
	bz_ask_bad(c->name, c->type, HF_VARIANT_DO);
	bz.server->manner = FN_SILENT;
	bz_ask_bad("*.wild", HF_TYPE_A, HF_VARIANT_DO);
	bz_ask_bad("*", HF_TYPE_A, HF_VARIANT_DO);
	bz_ask_bad("y.wild", HF_TYPE_A, HF_VARIANT_DO);
	bz_ask_bad("y.x.wild", HF_TYPE_A, HF_VARIANT_DO);
	bz_look_inside();
	bz_end();
}

/* A name that is spelled like a wildcard and was made from another one stands for nothing. */
static void
run_spelled_like_one(unsigned i)
{
	struct bz_case c = {.spec = {bz_spec(i).algorithm, i % 2, i % BZ_DEPTHS},
	    .name = "q.a.wild",
	    .type = HF_TYPE_A};

	bz_build(&c, true);
	bz_ask_good("*.a.wild", HF_TYPE_A, HF_VARIANT_DO);
	learn_chain();
	bz_ask_good("q.a.wild", HF_TYPE_A, HF_VARIANT_DO);
	bz_ask_good("r.q.a.wild", HF_TYPE_A, HF_VARIANT_DO);
	bz_ask_good("near.wild", HF_TYPE_A, HF_VARIANT_DO);
	bz_ask_good("x.near.wild", HF_TYPE_A, i / 2 % 2 == 0 ? HF_VARIANT_DO : 0);
	bz_ask_good("*.wild", HF_TYPE_A, HF_VARIANT_DO);
	bz_look_inside();
	bz_end();
	bz.cnt++;
}

/* Beside an honest answer the address of mail, which has one, made from "*". */
static uint16_t
say_expanded_extra(struct fn_reply *p, const struct hf_question *q)
{
	struct hf_name star = va_name(bz_at("*")), mail = va_name(bz_at("mail")),
		       name = va_name(bz_at("mx"));
	uint16_t flags;

	if (p->z != bz.zone || !hf_name_equal(&q->name, &name) || q->type != HF_TYPE_MX)
		return 0;
	flags = fn_answer_from(p, q);
	struct va_box *b = bz_box_of(p, &star, HF_TYPE_A);

	fn_put_box(p, HF_SECTION_ADDITIONAL, b, &mail);
	bz_taint(b->sig[0].data, b->sig[0].len, &mail, HF_TYPE_A);
	return flags;
}

/* A DNAME at a wildcard, made into one right above the question: where it leads is nowhere said
 * (RFC 4592 4.4). */
static uint16_t
say_dname_expanded(struct fn_reply *p, const struct hf_question *q)
{
	struct hf_name star = va_name(bz_at("*.dn")), made = va_name(bz_at("x.dn"));

	if (p->z != bz.zone || !hf_name_in(&q->name, &made) || hf_name_equal(&q->name, &made) ||
	    q->type == HF_TYPE_DS)
		return 0;
	fn_put_set(p, HF_SECTION_ANSWER, &star, HF_TYPE_DNAME, &made);
	fn_put_nsec(p, &made);
	return HF_FLAG_AA;
}

static void
lay_dname(void)
{
	bz_add("*.dn", "DNAME new.%");
}

static void
lay_star(void)
{
	bz_add("*", "A 198.51.100.99");
}

void
an_expansion_is_kept_for_its_own_name_only(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5 * EXPANSION_KINDS; i++) {
		struct bz_case c = {.spec = bz_spec(i),
		    .name = "x.wild",
		    .type = HF_TYPE_A,
		    .lay = lay_apex_wildcard,
		    .says = say_unproven,
		    .verdict = HF_VERDICT_BOGUS,
		    .reason = VA_DENIAL_MISSING,
		    .b = (int)(i % EXPANSION_KINDS)};

		c.spec.denial = i / EXPANSION_KINDS % 2; /* opt-out proves no wildcard */
		if (c.b == NOT_CLOSEST || c.b == AT_APEX) {
			c.name = c.b == AT_APEX ? "victim" : "near.wild";
			c.reason = VA_DENIAL_WRONG;
		}
		run_unproven(&c);
	}
	for (unsigned i = 0; i < 8; i++)
		run_spelled_like_one(i);
	for (unsigned i = 0; i < 6; i++) {
		struct bz_case c = {.spec = {bz_spec(i).algorithm, i % 2, i % BZ_DEPTHS},
		    .name = "www.x.dn",
		    .type = HF_TYPE_A,
		    .lay = lay_dname,
		    .says = say_dname_expanded,
		    .verdict = HF_VERDICT_BOGUS,
		    .reason = VA_SIG_LABELS};

		bz_run(&c);
	}
	for (unsigned i = 0; i < 6; i++) {
		struct bz_case c = {.spec = bz_spec(i),
		    .name = "mx",
		    .type = HF_TYPE_MX,
		    .lay = lay_star,
		    .says = say_expanded_extra,
		    .extras = true,
		    .verdict = HF_VERDICT_SECURE};

		bz_run(&c);
	}
	bz_done(__func__);
}
