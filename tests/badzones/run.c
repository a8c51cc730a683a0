/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/badzones/bz.h"

/* What was asked of the servers last. */
static void
print_sent(void)
{
	char name[HF_NAME_TEXT_LEN], type[HF_TYPE_TEXT_LEN], addr[HF_ADDR_TEXT_LEN];

	for (unsigned i = 0; i < fn.sent_cnt; i++)
		print_message("  %s: %s %s\n", hf_addr_to_text(&fn.sent[i].server, addr),
		    hf_name_to_text(&fn.sent[i].q.name, name),
		    hf_type_to_text(fn.sent[i].q.type, type));
}

void
bz_fail(const char *what)
{
	const struct bz_case *c = bz.c;

	print_sent();
	fail_msg("case %u (%s %s%u, a %d, b %d, algorithm %u, denial %u, depth %u, %s): %s", bz.cnt,
	    c->name, "TYPE", c->type, c->a, c->b, c->spec.algorithm, c->spec.denial, c->spec.depth,
	    bz.bad ? "bad" : "twin", what);
}

const struct cp_answer *
bz_ask(const char *name, uint16_t type, uint8_t variant)
{
	const struct cp_answer *a = fn_ask(bz_at(name), type, variant);

	bz_see(a);
	return a;
}

const struct cp_answer *
bz_ask_bad(const char *name, uint16_t type, uint8_t variant)
{
	const struct cp_answer *a = bz_ask(name, type, variant);

	if (a->verdict == HF_VERDICT_SECURE)
		bz_fail("secure");
	return a;
}

const struct cp_answer *
bz_ask_good(const char *name, uint16_t type, uint8_t variant)
{
	const struct cp_answer *a = bz_ask(name, type, variant);

	if (a->verdict != HF_VERDICT_SECURE) {
		print_message(
		    "%s, EDE %u %s\n", hf_verdict_to_text(a->verdict), a->ede, a->ede_text);
		bz_fail("not secure");
	}
	return a;
}

/* What the bad data might have an influence on. */
static void
ask_around(void)
{
	static const struct {
		const char *name;
		uint16_t type;
	} around[] = {{"victim", HF_TYPE_A}, {"victim", HF_TYPE_TXT}, {"x.wild", HF_TYPE_A},
	    {"*.wild", HF_TYPE_A}, {"vic", HF_TYPE_A}, {"x.www", HF_TYPE_A}, {"ent", HF_TYPE_A},
	    {"www.child", HF_TYPE_A}, {"child", HF_TYPE_DS}};

	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++)
		bz_ask(around[i].name, around[i].type, i % 2 == 0 ? HF_VARIANT_DO : 0);
	bz_ask(bz.c->name, bz.c->type == HF_TYPE_TXT ? HF_TYPE_A : HF_TYPE_TXT, HF_VARIANT_DO);
}

static void
expect(const struct cp_answer *a)
{
	const struct bz_case *c = bz.c;

	if (a->verdict != c->verdict) {
		print_message(
		    "%s, EDE %u %s\n", hf_verdict_to_text(a->verdict), a->ede, a->ede_text);
		bz_fail("the wrong verdict");
	}
	if (c->verdict != HF_VERDICT_BOGUS)
		return;
	if (a->ede != va_reason_ede(c->reason) ||
	    strstr(a->ede_text, va_reason_text(c->reason)) == NULL) {
		print_message("EDE %u %s\n", a->ede, a->ede_text);
		bz_fail("another reason");
	}
}

static void
run_twin(const struct bz_case *c)
{
	bz_build(c, false);
	bz_ask_good(c->name, c->type, bz.cnt % 2 == 0 ? HF_VARIANT_DO : 0);
	bz_look_inside();
	bz_end();
}

static void
run_bad(const struct bz_case *c)
{
	static const uint8_t orders[2][6] = {
	    {0, HF_VARIANT_DO, HF_VARIANT_CD, HF_VARIANT_DO | HF_VARIANT_CD, 0, HF_VARIANT_DO},
	    {HF_VARIANT_CD | HF_VARIANT_DO, 0, HF_VARIANT_DO, HF_VARIANT_CD, HF_VARIANT_DO, 0}};

	bz_build(c, true);
	for (unsigned i = 0; i < 6; i++) {
		uint8_t variant = orders[bz.cnt % 2][i];
		const struct cp_answer *a = c->verdict == HF_VERDICT_SECURE
		    ? bz_ask_good(c->name, c->type, variant)
		    : bz_ask_bad(c->name, c->type, variant);

		if ((variant & HF_VARIANT_CD) == 0)
			expect(a);
		if (i == 3) /* what failed is tried again */
			fn_pass(70);
	}
	if (bz.hits == 0)
		bz_fail("nothing bad was ever said");
	ask_around();
	bz_look_inside();
	bz_end();
}

void
bz_run(const struct bz_case *c)
{
	run_twin(c);
	run_bad(c);
	bz.cnt++;
}

void
bz_done(const char *predicate)
{
	print_message("%s: %u bad zones\n", predicate, bz.cnt);
	assert_true(bz.cnt >= BZ_LEAST);
	bz.cnt = 0;
}
