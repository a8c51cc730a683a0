/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dp_policy_judge: DESIGN 4 as a table, row by row, and then every combination of
 * its inputs against the same rules written down a second time, as sentences. */
#include "dataplane/policy.h"
#include "tests/unit/dp_fixture.h"

enum { INSERTED = 100000, TTL_S = 60, POLICY_STALE_S = 300, RETRY_S = 30, GEN = 8 };

enum verdict {
	SEC = HF_VERDICT_SECURE,
	INS = HF_VERDICT_INSECURE,
	BOG = HF_VERDICT_BOGUS,
	FAI = HF_VERDICT_FAILURE,
	UNV = HF_VERDICT_UNVALIDATED
};
enum then { THEN_NONE, THEN_NAME, THEN_CHAIN, THEN_OLD_POLICY }; /* what an NTA covered at birth */
enum now { NOW_NONE, NOW_NAME, NOW_BOTH };                       /* ... and covers at use */
enum phase { FRESH, EXPIRED, LAST, OLD }; /* within TTL; stale; the last moment of it; past it */
enum retry { RETRY_NONE, RETRY_REST, RETRY_DUE, RETRY_OVERDUE, RETRY_OTHER_GEN };
enum who { NEW, WAITED, WAITED_LATER, HURRY }; /* the question came before or after birth */

struct in {
	enum verdict verdict;
	bool cd;
	enum then then;
	enum now now;
	enum phase phase;
	enum retry retry;
	enum who who;
	bool nxdomain, lasts;
	enum { ALL, OFF, BUT_BOGUS, BUT_TIMEOUT } stale; /* what may lead to stale answers */
};

struct want {
	enum dp_use use;
	bool ad;
	uint16_t rcode;
	int ede[2]; /* -1: none */
	bool recheck;
};

static struct dp_hash hash;

static struct dp_policy *
make_policy(uint64_t generation, enum now now, unsigned stale)
{
	static const uint32_t triggers[] = {HF_STALE_ALL, HF_STALE_ALL,
	    HF_STALE_ALL & ~HF_STALE_BOGUS, HF_STALE_ALL & ~HF_STALE_TIMEOUT};
	const struct hf_msg_policy_begin m = {.generation = generation,
	    .rule_cnt = 2,
	    .stale_ttl_s = 30,
	    .stale_max_s = stale == OFF ? 0 : POLICY_STALE_S,
	    .stale_retry_s = RETRY_S,
	    .stale_triggers = triggers[stale]};
	static const char *const names[] = {"de.", "org."};
	struct dp_policy *p = dp_policy_create(&hash, &m);

	assert_non_null(p);
	for (unsigned i = 0; i < (unsigned)now; i++) {
		struct hf_name n = fx_name(names[i]);
		struct hf_msg_policy_rule r = {
		    .generation = generation, .kind = HF_RULE_NTA, .name_len = n.len};
		memcpy(r.name, n.octets, n.len);
		assert_int_equal(dp_policy_add(p, &r), HF_MSG_OK);
	}
	return p;
}

/* a.de with b.org in its chain, born under the policy that in->then says. */
static struct dp_entry *
make_entry(const struct in *in)
{
	static const enum now birth_now[] = {NOW_NONE, NOW_NAME, NOW_BOTH, NOW_NAME};
	struct dp_policy *birth = make_policy(GEN - 1, birth_now[in->then], ALL);
	const struct fx_answer a = {.name = "a.de.",
	    .chain = {"b.org."},
	    .rr_cnt = 1,
	    .ttl_s = TTL_S,
	    .valid_s = in->lasts ? TTL_S + POLICY_STALE_S : TTL_S,
	    .verdict = (uint8_t)in->verdict,
	    .variant = in->cd ? HF_VARIANT_CD : 0,
	    .flags = (uint8_t)((in->then != THEN_NONE ? HF_ANSWER_UNDER_NTA : 0) | HF_ANSWER_STALE),
	    .rcode = in->nxdomain ? HF_RCODE_NXDOMAIN : HF_RCODE_NOERROR,
	    .policy_gen = in->then == THEN_OLD_POLICY ? GEN - 2 : GEN - 1,
	    .ede = in->verdict == BOG ? 7 : 0,
	    .hidden_ede = in->verdict == UNV ? 9 : 0};
	static alignas(DP_LINE_LEN) uint8_t room[DP_ENTRY_OCTETS_MAX];
	static struct fx_msg msg;
	struct dp_entry *e = (struct dp_entry *)(void *)room;

	fx_make(&a, &msg);
	dp_entry_make(e, &msg.m, &msg.view, INSERTED);
	dp_entry_set_nta_mask(e, dp_policy_mask_at_birth(birth, e));
	dp_policy_free(birth);
	return e;
}

static uint64_t
now_of(enum phase phase)
{
	static const uint64_t after_ms[] = {(TTL_S - 1) * 1000, TTL_S * 1000,
	    (TTL_S + POLICY_STALE_S) * 1000 - 1, (TTL_S + POLICY_STALE_S) * 1000};

	return INSERTED + after_ms[phase];
}

static struct dp_entry *
refreshed_in_vain(const struct dp_entry *old, enum retry how, uint64_t now_ms)
{
	static alignas(DP_LINE_LEN) uint8_t room[DP_ENTRY_OCTETS_MAX];
	struct dp_entry *e = (struct dp_entry *)(void *)room;
	const struct dp_retry retry = {.at_ms = how == RETRY_DUE ? now_ms
		: how == RETRY_OVERDUE                           ? now_ms - RETRY_S * 1000
								 : now_ms + 1,
	    .gen = how == RETRY_OTHER_GEN ? GEN - 1 : GEN,
	    .ede = HF_EDE_BOGUS,
	    .trigger = HF_STALE_BOGUS};

	dp_entry_make_retry(e, old, dp_entry_key(old), &retry);
	return e;
}

static struct dp_judgement
judge(const struct in *in)
{
	struct dp_policy *p = make_policy(GEN, in->now, in->stale);
	struct dp_entry *e = make_entry(in);
	struct dp_ask ask = {.now_ms = now_of(in->phase),
	    .hurry = in->who == HURRY,
	    .waited = in->who == WAITED || in->who == WAITED_LATER};
	struct dp_judgement j;

	ask.asked_ms = in->who == WAITED ? INSERTED : INSERTED + 1;
	if (in->retry != RETRY_NONE)
		e = refreshed_in_vain(e, in->retry, ask.now_ms);
	memset(&j, 0xee, sizeof(j));
	dp_policy_judge(p, e, &ask, &j);
	dp_policy_free(p);
	return j;
}

static void
check(const struct in *in, const struct want *w)
{
	struct dp_judgement j = judge(in);
	bool same = j.use == w->use;

	if (same && w->use >= DP_USE_FRESH) {
		same = j.authentic == w->ad && j.rcode == w->rcode &&
		    j.recheck == (w->use == DP_USE_STALE && w->recheck) &&
		    (w->use != DP_USE_STALE || j.ttl_s == 30) &&
		    j.ede_cnt == (w->ede[0] >= 0) + (w->ede[1] >= 0);
		for (unsigned i = 0; same && i < j.ede_cnt; i++)
			same = j.ede[i] == w->ede[i];
	}
	if (!same)
		fail_msg("verdict %u cd %d then %d now %d phase %d retry %d who %d nx %d off %d: "
			 "use %d want %d, ad %d want %d, rcode %u want %u, %u EDE",
		    in->verdict, in->cd, in->then, in->now, in->phase, in->retry, in->who,
		    in->nxdomain, in->stale, j.use, w->use, j.authentic, w->ad, j.rcode, w->rcode,
		    j.ede_cnt);
}

#define MISS                                       \
	{                                          \
		DP_USE_NONE, 0, 0, {-1, -1}, false \
	}
#define FORBIDDEN                                       \
	{                                               \
		DP_USE_FORBIDDEN, 0, 0, {-1, -1}, false \
	}
#define ANSWER(ad)                                   \
	{                                            \
		DP_USE_FRESH, ad, 0, {-1, -1}, false \
	}
#define DENIED                                                                 \
	{                                                                      \
		DP_USE_FAILED, 0, HF_RCODE_SERVFAIL, {HF_EDE_BOGUS, -1}, false \
	}
#define FAILED(ede)                                                  \
	{                                                            \
		DP_USE_FRESH, 0, HF_RCODE_SERVFAIL, {ede, -1}, false \
	}
#define UNDER_NTA                                          \
	{                                                  \
		DP_USE_FRESH, 0, 0, {HF_EDE_NTA, 9}, false \
	}
#define STALE(more)                                             \
	{                                                       \
		DP_USE_STALE, 0, 0, {HF_EDE_STALE, more}, false \
	}
#define STALE_DUE                                           \
	{                                                   \
		DP_USE_STALE, 0, 0, {HF_EDE_STALE, 6}, true \
	}

static const struct {
	struct in in;
	struct want want;
} design[] = {
    /* fresh, nobody's NTA */
    {{.verdict = SEC}, ANSWER(true)},
    {{.verdict = INS}, ANSWER(false)},
    {{.verdict = BOG}, FAILED(7)},
    {{.verdict = FAI}, FAILED(-1)},
    {{.verdict = UNV, .then = THEN_NAME}, FORBIDDEN},
    {{.verdict = UNV, .cd = true}, ANSWER(false)},
    /* an NTA was added */
    {{.verdict = SEC, .now = NOW_NAME}, ANSWER(false)},
    {{.verdict = INS, .now = NOW_NAME}, ANSWER(false)},
    {{.verdict = BOG, .now = NOW_NAME}, FORBIDDEN},
    {{.verdict = FAI, .now = NOW_NAME}, FORBIDDEN},
    {{.verdict = SEC, .cd = true, .now = NOW_NAME}, ANSWER(false)},
    {{.verdict = FAI, .cd = true, .now = NOW_NAME}, FAILED(-1)},
    /* resolved under the NTA that is still there */
    {{.verdict = BOG, .then = THEN_NAME, .now = NOW_NAME}, FAILED(7)},
    {{.verdict = FAI, .then = THEN_NAME, .now = NOW_NAME}, FAILED(-1)},
    {{.verdict = UNV, .then = THEN_NAME, .now = NOW_NAME}, UNDER_NTA},
    /* a second NTA was added, or one of two was lifted */
    {{.verdict = BOG, .then = THEN_NAME, .now = NOW_BOTH}, FORBIDDEN},
    {{.verdict = UNV, .then = THEN_NAME, .now = NOW_BOTH}, UNDER_NTA},
    {{.verdict = UNV, .then = THEN_CHAIN, .now = NOW_NAME}, FORBIDDEN},
    /* resolved under a policy already gone when it came */
    {{.verdict = BOG, .then = THEN_OLD_POLICY, .now = NOW_NAME}, FORBIDDEN},
    {{.verdict = UNV, .then = THEN_OLD_POLICY, .now = NOW_NAME}, FORBIDDEN},
    {{.verdict = UNV, .then = THEN_OLD_POLICY, .now = NOW_BOTH}, UNDER_NTA},
    /* expired */
    {{.verdict = SEC, .phase = EXPIRED}, MISS},
    {{.verdict = SEC, .phase = EXPIRED, .who = HURRY}, STALE(-1)},
    {{.verdict = INS, .phase = EXPIRED, .who = HURRY}, STALE(-1)},
    {{.verdict = SEC, .phase = EXPIRED, .who = HURRY, .now = NOW_NAME}, STALE(-1)},
    {{.verdict = BOG, .phase = EXPIRED, .who = HURRY}, MISS},
    {{.verdict = FAI, .phase = EXPIRED, .who = HURRY}, MISS},
    {{.verdict = UNV, .then = THEN_NAME, .now = NOW_NAME, .phase = EXPIRED, .who = HURRY}, MISS},
    {{.verdict = UNV, .cd = true, .phase = EXPIRED, .who = HURRY}, STALE(-1)},
    {{.verdict = SEC, .phase = EXPIRED, .who = HURRY, .stale = OFF}, MISS},
    {{.verdict = SEC, .phase = EXPIRED, .who = HURRY, .stale = BUT_TIMEOUT}, MISS},
    {{.verdict = SEC, .phase = LAST, .who = HURRY}, STALE(-1)},
    {{.verdict = SEC, .phase = OLD, .who = HURRY}, MISS},
    {{.verdict = SEC, .phase = EXPIRED, .who = HURRY, .nxdomain = true},
	{DP_USE_STALE, 0, HF_RCODE_NXDOMAIN, {HF_EDE_STALE_NXDOMAIN, -1}, false}},
    /* a refresh failed */
    {{.verdict = SEC, .phase = EXPIRED, .retry = RETRY_REST}, STALE(6)},
    {{.verdict = SEC, .phase = EXPIRED, .retry = RETRY_DUE}, STALE_DUE},
    {{.verdict = SEC, .phase = EXPIRED, .retry = RETRY_OVERDUE}, MISS},
    {{.verdict = SEC, .phase = EXPIRED, .retry = RETRY_OVERDUE, .who = HURRY}, STALE_DUE},
    {{.verdict = SEC, .phase = EXPIRED, .retry = RETRY_REST, .stale = BUT_TIMEOUT}, STALE(6)},
    {{.verdict = SEC, .phase = EXPIRED, .retry = RETRY_REST, .stale = BUT_BOGUS}, DENIED},
    {{.verdict = SEC, .phase = EXPIRED, .retry = RETRY_DUE, .stale = BUT_BOGUS}, MISS},
    {{.verdict = SEC, .phase = EXPIRED, .retry = RETRY_REST, .stale = OFF}, DENIED},
    {{.verdict = SEC, .phase = EXPIRED, .retry = RETRY_OTHER_GEN}, MISS},
    {{.verdict = SEC, .phase = EXPIRED, .retry = RETRY_OTHER_GEN, .who = HURRY}, STALE(-1)},
    {{.verdict = SEC, .phase = OLD, .retry = RETRY_REST}, MISS},
    {{.verdict = SEC, .phase = FRESH, .retry = RETRY_REST}, ANSWER(true)},
    /* those who waited */
    {{.verdict = SEC, .phase = OLD, .who = WAITED}, ANSWER(true)},
    {{.verdict = BOG, .phase = OLD, .who = WAITED}, FAILED(7)},
    {{.verdict = BOG, .phase = OLD, .who = WAITED, .now = NOW_NAME}, FORBIDDEN},
    {{.verdict = SEC, .phase = EXPIRED, .who = WAITED_LATER}, MISS},
};

static void
the_table_of_the_design_holds(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(design) / sizeof(design[0]); i++)
		check(&design[i].in, &design[i].want);
}

/* The rules once more, as sentences. */
static bool
is_fresh_for_the_asker(const struct in *in)
{
	return in->phase == FRESH || in->who == WAITED;
}

static bool
policy_forbids(const struct in *in)
{
	static const unsigned now_covers[] = {0, 1, 3};
	static const unsigned then_covered_if_failed[] = {0, 1, 3, 0};
	static const unsigned then_covered_if_passed[] = {0, 1, 3, 3};
	unsigned now = now_covers[in->now];

	if (in->cd)
		return false;
	if (in->verdict == BOG || in->verdict == FAI)
		return (now | then_covered_if_failed[in->then]) != then_covered_if_failed[in->then];
	if (in->verdict == UNV)
		return now == 0 || (then_covered_if_passed[in->then] | now) != now;
	return false;
}

static bool
was_good(const struct in *in)
{
	return in->verdict == SEC || in->verdict == INS || (in->verdict == UNV && in->cd);
}

/* A refresh failed under this policy, less than twice the pause ago. */
static bool
failed_lately(const struct in *in)
{
	return in->retry == RETRY_REST || in->retry == RETRY_DUE;
}

/* What makes it stale: the refresh that failed, or else that nobody can be waited for. */
static bool
is_triggered(const struct in *in)
{
	if (in->stale == OFF)
		return false;
	if (failed_lately(in))
		return in->stale != BUT_BOGUS;
	return in->who == HURRY && in->stale != BUT_TIMEOUT;
}

static struct want
expect(const struct in *in)
{
	struct want w = MISS;
	uint16_t rcode = in->nxdomain ? HF_RCODE_NXDOMAIN : HF_RCODE_NOERROR;

	if (is_fresh_for_the_asker(in)) {
		w.use = policy_forbids(in) ? DP_USE_FORBIDDEN : DP_USE_FRESH;
		w.ad = in->verdict == SEC && in->now == NOW_NONE;
		w.rcode = in->verdict == BOG || in->verdict == FAI ? HF_RCODE_SERVFAIL : rcode;
		if (in->verdict == BOG)
			w.ede[0] = 7;
		if (in->verdict == UNV && !in->cd) {
			w.ede[0] = HF_EDE_NTA;
			w.ede[1] = 9;
		}
	} else if (was_good(in) && in->phase != OLD && is_triggered(in)) {
		w.use = DP_USE_STALE;
		w.ad = in->verdict == SEC && in->lasts && in->now == NOW_NONE;
		w.rcode = rcode;
		w.ede[0] = in->nxdomain ? HF_EDE_STALE_NXDOMAIN : HF_EDE_STALE;
		w.recheck = in->retry == RETRY_DUE || in->retry == RETRY_OVERDUE;
		if (in->retry == RETRY_REST || w.recheck)
			w.ede[1] = HF_EDE_BOGUS;
	} else if (was_good(in) && in->retry == RETRY_REST && !is_triggered(in)) {
		w.use = DP_USE_FAILED;
		w.rcode = HF_RCODE_SERVFAIL;
		w.ede[0] = HF_EDE_BOGUS;
	}
	return w;
}

static void
every_combination_is_judged_as_the_sentences_say(void **state)
{
	(void)state;
	static const unsigned radix[] = {5, 2, 4, 3, 4, 5, 4, 2, 2, 4};
	unsigned total = 1, seen[DP_USE_CNT] = {0};

	for (unsigned i = 0; i < 10; i++)
		total *= radix[i];
	for (unsigned n = 0; n < total; n++) {
		unsigned d[10], rest = n;

		for (unsigned i = 0; i < 10; i++) {
			d[i] = rest % radix[i];
			rest /= radix[i];
		}
		const struct in in = {d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9]};
		if (in.verdict == UNV && !in.cd && in.then == THEN_NONE)
			continue; /* nobody lets an answer through without a reason */
		const struct want w = expect(&in);
		check(&in, &w);
		seen[w.use]++;
	}
	for (unsigned u = 0; u < DP_USE_CNT; u++)
		assert_true(seen[u] > 100);
}

static void
without_an_entry_it_is_a_miss(void **state)
{
	(void)state;
	struct dp_policy *p = make_policy(GEN, NOW_NONE, ALL);
	const struct dp_ask ask = {.now_ms = 1, .hurry = true, .waited = true};
	struct dp_judgement j;

	dp_policy_judge(p, NULL, &ask, &j);
	assert_int_equal(j.use, DP_USE_NONE);
	dp_policy_free(p);
}

static void
an_answer_let_through_without_any_nta_is_never_used(void **state)
{
	(void)state;
	const struct in in = {.verdict = UNV, .then = THEN_NONE};
	const struct in waited = {.verdict = UNV, .then = THEN_NONE, .who = WAITED};

	assert_int_equal(judge(&in).use, DP_USE_FORBIDDEN);
	assert_int_equal(judge(&waited).use, DP_USE_FORBIDDEN);
}

static int
setup(void **state)
{
	(void)state;
	dp_hash_init(&hash, fx_seed);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_table_of_the_design_holds),
	    cmocka_unit_test(every_combination_is_judged_as_the_sentences_say),
	    cmocka_unit_test(without_an_entry_it_is_a_miss),
	    cmocka_unit_test(an_answer_let_through_without_any_nta_is_never_used),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
