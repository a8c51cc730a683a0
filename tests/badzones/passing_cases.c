/* SPDX-License-Identifier: BSD-3-Clause */
/* Bad data that is let pass, with CD, and bad data on the way to an answer: neither gets anywhere
 * (RFC 4035 3.2.2, 4.7). */
#include "tests/badzones/bz.h"

/* --- CD */

static const struct {
	const char *name;
	uint16_t type;
} asked[] = {
    {"www", HF_TYPE_A},
    {"www", HF_TYPE_TXT},
    {"mx", HF_TYPE_MX},
    {"alias", HF_TYPE_A},
    {"away", HF_TYPE_A},
    {"www.moved", HF_TYPE_A},
    {"nx", HF_TYPE_A},
    {"www", HF_TYPE_MX},
    {"x.wild", HF_TYPE_A},
    {"@", HF_TYPE_SOA},
    {"@", HF_TYPE_DNSKEY},
    {"child", HF_TYPE_DS},
};
enum { ASKED = sizeof(asked) / sizeof(asked[0]) };

/* All of the zone but its keys: other addresses, signed by a stranger. */
static bool
forge_all(struct fn_signing *s)
{
	if (s->z != bz.zone || s->b->set.type == HF_TYPE_DNSKEY)
		return false;
	for (unsigned i = 0; s->b->set.type == HF_TYPE_A && i < s->b->set.rr_cnt; i++)
		memset(s->b->mem + (s->b->rr[i].data - s->b->mem), 6, 4);
	bz_sign_forged(s);
	return true;
}

static struct bz_case
cd_case(unsigned i)
{
	struct bz_case c = {.spec = bz_spec(i),
	    .name = asked[i % ASKED].name,
	    .type = asked[i % ASKED].type,
	    .sign = forge_all,
	    .b = (int)(i / ASKED)};

	c.spec.denial = i % 2 == 0 ? BZ_NSEC : BZ_NSEC3;
	return c;
}

static void
ask_all_with_cd(void)
{
	for (unsigned i = 0; i < ASKED; i++)
		bz_ask(asked[i].name, asked[i].type,
		    i % 2 == 0 ? HF_VARIANT_CD : HF_VARIANT_CD | HF_VARIANT_DO);
	bz_ask("y.nx", HF_TYPE_A, HF_VARIANT_CD);
	bz_look_inside();
}

static void
refresh_with_cd(void)
{
	struct hf_question q = {.name = va_name(bz_at(bz.c->name)), .type = bz.c->type, .klass = 1};
	struct cp_time t = fn_time();

	VA_REQUIRE(cp_resolver_refresh(fn.r, &t, &q, HF_VARIANT_CD, 2) == 0);
	fn_run();
}

/* What is cached as secure stays, whatever comes with CD; it is not even asked for. */
static void
good_before_bad(const struct bz_case *c)
{
	bz_build(c, false);
	bz_ask_good(c->name, c->type, HF_VARIANT_DO);
	bz.bad = true;
	ask_all_with_cd();
	bz_ask_good(c->name, c->type, 0);
	assert_int_equal(fn.sent_cnt, 0);
	fn_pass(280); /* nearly over: whoever had it may ask for it anew */
	refresh_with_cd();
	bz_look_inside();
	bz_ask_good(c->name, c->type, HF_VARIANT_DO);
	bz_end();
}

/* What came with CD and was bad is neither a hit nor in the way of what is good. */
static void
bad_before_good(const struct bz_case *c)
{
	bool keys = c->type == HF_TYPE_DNSKEY; /* those were never bad */

	bz_build(c, true);
	ask_all_with_cd();
	if (!keys)
		bz_ask_bad(c->name, c->type, 0);
	bz.bad = false;
	if (!keys)
		fn_pass(70); /* the failure is over */
	bz_ask_good(c->name, c->type, HF_VARIANT_DO);
	if (!keys && bz.hits == 0)
		bz_fail("nothing bad was ever said");
	bz_look_inside();
	bz_end();
}

/* With CD alone: no failure is in the way, and the next question without it is judged. */
static void
bad_then_good(const struct bz_case *c)
{
	bz_build(c, true);
	bz_ask(c->name, c->type, HF_VARIANT_CD | HF_VARIANT_DO);
	bz.bad = false;
	bz_ask_good(c->name, c->type, HF_VARIANT_DO);
	bz_ask(c->name, c->type, HF_VARIANT_CD);
	bz_look_inside();
	bz_end();
}

void
cd_never_evicts_what_was_validated(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ASKED * 3; i++) {
		struct bz_case c = cd_case(i);

		if (c.b == 0)
			good_before_bad(&c);
		else if (c.b == 1)
			bad_before_good(&c);
		else
			bad_then_good(&c);
		bz.cnt++;
	}
	bz_done(__func__);
}

/* --- bogus on the way */

static const struct {
	const char *name;
	uint16_t type;
	const char *bad; /* what has a forged signature; NULL: proofs */
	uint16_t bad_type;
	bool in_sibling;
} ways[] = {
    {"alias", HF_TYPE_A, "www", HF_TYPE_A, false},       /* the target */
    {"alias", HF_TYPE_A, "alias", HF_TYPE_CNAME, false}, /* the alias, its target good */
    {"www.moved", HF_TYPE_A, "moved", HF_TYPE_DNAME, false},
    {"www.moved", HF_TYPE_A, "www.new", HF_TYPE_A, false},
    {"away", HF_TYPE_A, "www.sib.test.", HF_TYPE_A, true},
    {"away", HF_TYPE_A, "away", HF_TYPE_CNAME, false},
    {"dangling", HF_TYPE_A, NULL, 0, false}, /* an alias to nothing */
    {"hollow", HF_TYPE_A, NULL, 0, false},   /* an alias to NODATA */
    {"on.to.moved", HF_TYPE_A, "to.new", HF_TYPE_DNAME, false},
    {"x.starred", HF_TYPE_A, "*.starred", HF_TYPE_CNAME, false},
    {"x.starred", HF_TYPE_A, "www", HF_TYPE_A, false},
    {"chain", HF_TYPE_A, "alias", HF_TYPE_CNAME, false}, /* in the middle */
};
enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

static void
lay_ways(void)
{
	bz_add("dangling", "CNAME nx.%");
	bz_add("hollow", "CNAME hollow2.%");
	bz_add("hollow2", "TXT x");
	bz_add("to.new", "DNAME deep.%");
	bz_add("on.deep", "A 198.51.100.70");
	bz_add("*.starred", "CNAME www.%");
	bz_add("chain", "CNAME alias.%");
}

static bool
forge_on_the_way(struct fn_signing *s)
{
	bool proof = s->b->set.type == HF_TYPE_NSEC || s->b->set.type == HF_TYPE_NSEC3;
	bool bad = ways[bz.c->a].bad != NULL
	    ? bz_is(s->b, ways[bz.c->a].bad, ways[bz.c->a].bad_type)
	    : proof;

	if (s->z != (ways[bz.c->a].in_sibling ? bz.sib : bz.zone) || !bad)
		return false;
	bz_sign_forged(s);
	return true;
}

/* An alias, and what it leads to in the same packet, as servers do. */
static uint16_t
say_whole_chain(struct fn_reply *p, const struct hf_question *q)
{
	struct hf_name alias = va_name(bz_at("alias")), www = va_name(bz_at("www"));

	if (p->z != bz.zone || !hf_name_equal(&q->name, &alias) || q->type != HF_TYPE_A)
		return 0;
	fn_put_set(p, HF_SECTION_ANSWER, &alias, HF_TYPE_CNAME, &alias);
	fn_put_set(p, HF_SECTION_ANSWER, &www, HF_TYPE_A, &www);
	return HF_FLAG_AA;
}

/* What was passed with CD, used for a name beside it. */
static void
run_beside(unsigned i)
{
	static const struct {
		const char *first, *then;
		uint16_t type;
	} pairs[] = {{"x.moved", "www.moved", HF_TYPE_A}, {"x.wild", "y.wild", HF_TYPE_A},
	    {"nx", "y.nx", HF_TYPE_A}, {"nx", "ny", HF_TYPE_A}, {"www", "www", HF_TYPE_MX},
	    {"*.wild", "z.wild", HF_TYPE_A}};
	struct bz_case c = {.spec = bz_spec(i),
	    .name = pairs[i % 6].then,
	    .type = pairs[i % 6].type,
	    .sign = forge_all};

	bz_build(&c, true);
	bz_ask_bad(pairs[i % 6].first, c.type, HF_VARIANT_CD | HF_VARIANT_DO);
	bz_ask_bad(pairs[i % 6].first, c.type, HF_VARIANT_CD);
	const struct cp_answer *a = bz_ask_bad(c.name, c.type, HF_VARIANT_DO);

	if (a->rcode != HF_RCODE_SERVFAIL)
		bz_fail("an answer made of bogus records");
	bz_look_inside();
	bz_end();
	bz.cnt++;
}

void
bogus_is_never_made_into_an_answer(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * WAYS; i++) {
		struct bz_case c = {.spec = bz_spec(i),
		    .name = ways[i % WAYS].name,
		    .type = ways[i % WAYS].type,
		    .lay = lay_ways,
		    .sign = forge_on_the_way,
		    .verdict = HF_VERDICT_BOGUS,
		    .reason = VA_SIG_BAD,
		    .a = (int)(i % WAYS)};

		c.spec.denial = i / WAYS % 2 == 0 ? BZ_NSEC : BZ_NSEC3;
		if (i / WAYS == 2 && c.a < 2)
			c.says = say_whole_chain;
		bz_run(&c);
	}
	for (unsigned i = 0; i < 12; i++)
		run_beside(i);
	bz_done(__func__);
}
