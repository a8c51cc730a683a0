/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/survey.c and sample.c: what is counted of a cache, under the policy in
 * force and under one with another NTA. */
#include <stdio.h>

#include "dataplane/survey.h"
#include "tests/unit/dp_fixture.h"

enum { NOW_MS = 1000, GENERATION = 7, TTL_S = 300, STALE_S = 86400 };

static struct dp_table *table;
static uint64_t counters[HF_COUNTER_CNT];
static struct dp_recent recent;
static struct dp_samples samples;
static struct dp_survey survey;

static int
setup(void **state)
{
	(void)state;
	table = dp_table_create(1 << 20, fx_seed, counters);
	memset(&samples, 0, sizeof(samples));
	assert_int_equal(dp_recent_init(&recent), 0);
	survey = (struct dp_survey){.table = table, .recent = &recent};
	return table == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	dp_survey_end(&survey);
	dp_recent_fini(&recent);
	dp_table_destroy(table);
	return 0;
}

/* NTAs at these names; NULL ends them. */
static struct dp_policy *
policy_of(uint64_t generation, const char *const nta[])
{
	struct hf_msg_policy_begin b = {.generation = generation,
	    .stale_client_ms = 1800,
	    .stale_ttl_s = 30,
	    .stale_max_s = STALE_S,
	    .stale_retry_s = 30,
	    .stale_triggers = HF_STALE_ALL};

	while (nta[b.rule_cnt] != NULL)
		b.rule_cnt++;
	struct dp_policy *p = dp_policy_create(&table->hash, &b);

	assert_non_null(p);
	for (unsigned i = 0; i < b.rule_cnt; i++) {
		struct hf_msg_policy_rule m = {.generation = generation, .kind = HF_RULE_NTA};
		struct hf_name n = fx_name(nta[i]);

		m.name_len = n.len;
		memcpy(m.name, n.octets, n.len);
		assert_int_equal(dp_policy_add(p, &m), HF_MSG_OK);
	}
	return p;
}

static void
insert(const struct dp_policy *p, const struct fx_answer *a)
{
	static struct fx_msg msg;

	fx_make(a, &msg);
	assert_int_equal(dp_table_answer(table, p, &msg.m, &msg.view, NOW_MS), DP_INSERT_NEW);
}

static const struct hf_msg_survey_say *
look(const struct dp_policy *p, const char *zone, uint64_t now_ms)
{
	struct hf_msg_survey_ask ask = {.token = 5, .after_s = {0, 3600, 3 * STALE_S}};
	struct hf_name n = fx_name(zone);
	unsigned steps = 0;

	ask.name_len = n.len;
	memcpy(ask.name, n.octets, n.len);
	assert_true(dp_survey_begin(&survey, &ask, p));
	while (!dp_survey_step(&survey, p, now_ms))
		assert_true(steps++ < 1000);
	dp_survey_end(&survey);
	assert_int_equal(survey.say.token, 5);
	return &survey.say;
}

#define SECURE(n)                                                                     \
	{                                                                             \
		.name = n, .verdict = HF_VERDICT_SECURE, .rr_cnt = 1, .ttl_s = TTL_S, \
		.flags = HF_ANSWER_STALE                                              \
	}
#define INSECURE(n)                                                                     \
	{                                                                               \
		.name = n, .verdict = HF_VERDICT_INSECURE, .rr_cnt = 1, .ttl_s = TTL_S, \
		.flags = HF_ANSWER_STALE                                                \
	}
#define BOGUS(n)                                                                              \
	{                                                                                     \
		.name = n, .verdict = HF_VERDICT_BOGUS, .rcode = HF_RCODE_SERVFAIL, .ede = 6, \
		.ttl_s = 60, .policy_gen = GENERATION                                         \
	}

static void
a_plan_counts_what_an_nta_would_change(void **state)
{
	(void)state;
	struct dp_policy *p = policy_of(GENERATION, (const char *const[]){NULL});
	const struct fx_answer all[] = {SECURE("a.de."), SECURE("b.de."), SECURE("de."),
	    INSECURE("c.de."), BOGUS("d.de."), BOGUS("e.f.de."), BOGUS("g.org."), SECURE("xde."),
	    SECURE("h.org.")};

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		insert(p, &all[i]);

	const struct hf_msg_survey_say *s = look(p, "de.", NOW_MS);

	assert_int_equal(s->now[HF_FATE_authentic], 3);
	assert_int_equal(s->now[HF_FATE_insecure], 1);
	assert_int_equal(s->now[HF_FATE_failed], 2);
	assert_int_equal(s->now[HF_FATE_restricted] + s->now[HF_FATE_retried], 0);
	assert_int_equal(s->nta[HF_FATE_restricted], 3);
	assert_int_equal(s->nta[HF_FATE_retried], 2);
	assert_int_equal(s->nta[HF_FATE_insecure], 1);
	assert_int_equal(s->nta[HF_FATE_authentic] + s->nta[HF_FATE_failed], 0);
	assert_int_equal(s->policy_gen, GENERATION);
	dp_policy_free(p);
}

static void
an_alias_into_the_zone_counts_and_a_question_with_cd_does_not(void **state)
{
	(void)state;
	struct dp_policy *p = policy_of(GENERATION, (const char *const[]){NULL});
	const struct fx_answer alias = {.name = "www.org.",
	    .chain = {"x.net.", "y.de."},
	    .verdict = HF_VERDICT_SECURE,
	    .rr_cnt = 1,
	    .ttl_s = TTL_S};
	const struct fx_answer cd = {.name = "z.de.",
	    .variant = HF_VARIANT_CD,
	    .verdict = HF_VERDICT_UNVALIDATED,
	    .rr_cnt = 1,
	    .ttl_s = TTL_S};

	insert(p, &alias);
	insert(p, &cd);
	const struct hf_msg_survey_say *s = look(p, "de.", NOW_MS);
	assert_int_equal(s->now[HF_FATE_authentic], 1);
	assert_int_equal(s->nta[HF_FATE_restricted], 1);
	for (unsigned i = 0; i < HF_FATE_CNT; i++)
		if (i != HF_FATE_authentic)
			assert_int_equal(s->now[i], 0);
	dp_policy_free(p);
}

static void
a_plan_over_a_soft_nta_is_for_a_strict_one(void **state)
{
	(void)state;
	struct dp_policy *p = policy_of(GENERATION, (const char *const[]){NULL});
	struct dp_policy *soft = dp_policy_with_nta(p, (const uint8_t *)"\2de", 4);
	const struct fx_answer a = SECURE("a.de.");

	assert_non_null(soft);
	for (unsigned i = 0; i <= soft->mask; i++)
		soft->slots[i].mode = HF_NTA_SOFT;
	insert(p, &a);
	const struct hf_msg_survey_say *s = look(soft, "de.", NOW_MS);
	assert_int_equal(s->now[HF_FATE_authentic], 1);
	assert_int_equal(s->nta[HF_FATE_restricted], 1);
	dp_policy_free(p);
	dp_policy_free(soft);
}

static void
what_was_let_through_is_open_under_its_nta_and_lifted_without(void **state)
{
	(void)state;
	struct dp_policy *p = policy_of(GENERATION, (const char *const[]){"de.", NULL});
	struct dp_policy *q = policy_of(GENERATION + 1, (const char *const[]){NULL});
	const struct fx_answer open = {.name = "d.de.",
	    .verdict = HF_VERDICT_UNVALIDATED,
	    .flags = HF_ANSWER_UNDER_NTA,
	    .ede = HF_EDE_NTA,
	    .hidden_ede = 6,
	    .rr_cnt = 1,
	    .ttl_s = TTL_S,
	    .policy_gen = GENERATION};
	const struct fx_answer secure = SECURE("a.de.");

	insert(p, &open);
	insert(p, &secure);
	const struct hf_msg_survey_say *s = look(p, "de.", NOW_MS);
	assert_int_equal(s->now[HF_FATE_open], 1);
	assert_int_equal(s->now[HF_FATE_restricted], 1);
	s = look(q, "de.", NOW_MS);
	assert_int_equal(s->now[HF_FATE_open], 0);
	assert_int_equal(s->now[HF_FATE_lifted], 1);
	assert_int_equal(s->now[HF_FATE_authentic], 1);
	assert_int_equal(s->nta[HF_FATE_open], 1);
	/* Expired, the one is stale and the other of no use. */
	s = look(q, "de.", NOW_MS + (TTL_S + 1) * 1000);
	assert_int_equal(s->now[HF_FATE_stale], 1);
	assert_int_equal(s->now[HF_FATE_lifted], 0);
	dp_policy_free(p);
	dp_policy_free(q);
}

static void
ask(const char *name, uint64_t at_ms, uint64_t queries)
{
	struct hf_name n = fx_name(name);

	dp_samples_put(&samples, at_ms, queries, dp_key_meta(HF_TYPE_A, 0, n.len), n.octets);
}

static void
samples_stand_for_the_queries_since_the_last(void **state)
{
	(void)state;
	struct dp_policy *p = policy_of(GENERATION, (const char *const[]){NULL});
	const struct fx_answer a = SECURE("a.de."), d = BOGUS("d.de.");

	insert(p, &a);
	insert(p, &d);
	ask("a.de.", NOW_MS, 100);
	ask("d.de.", NOW_MS + 20, 110);
	ask("a.org.", NOW_MS + 40, 1110);
	ask("a.de.", NOW_MS + 60, 1117);
	ask("nowhere.de.", NOW_MS + 80, 1120);
	dp_recent_take(&recent, &samples);

	const struct hf_msg_survey_say *s = look(p, "de.", NOW_MS + 100);

	assert_int_equal(s->window_ms, 100);
	assert_int_equal(s->queries_all, 1120);
	assert_int_equal(s->queries, 120);
	assert_int_equal(s->samples, 4);
	assert_int_equal(s->names, 3);
	assert_int_equal(s->answerable[0], 107); /* a failure is no answer */
	assert_int_equal(s->answerable[1], 107); /* stale by then */
	assert_int_equal(s->answerable[2], 0);
	dp_policy_free(p);
}

static void
a_full_ring_drops_questions_and_keeps_their_weight(void **state)
{
	(void)state;
	struct dp_policy *p = policy_of(GENERATION, (const char *const[]){NULL});

	for (unsigned i = 1; i <= DP_SAMPLES_CNT + 10; i++)
		ask("a.de.", NOW_MS, i);
	dp_recent_take(&recent, &samples);
	assert_int_equal(dp_recent_cnt(&recent), DP_SAMPLES_CNT);
	ask("a.de.", NOW_MS, DP_SAMPLES_CNT + 11);
	dp_recent_take(&recent, &samples);
	assert_int_equal(look(p, ".", NOW_MS)->queries, DP_SAMPLES_CNT + 11);
	assert_int_equal(samples.due_ms, NOW_MS + DP_SAMPLE_EVERY_MS);
	dp_policy_free(p);
}

static void
only_the_latest_are_kept(void **state)
{
	(void)state;
	struct dp_policy *p = policy_of(GENERATION, (const char *const[]){NULL});

	for (unsigned i = 1; i <= DP_RECENT_CNT + 100; i++) {
		ask("a.de.", NOW_MS + i, i);
		dp_recent_take(&recent, &samples);
	}
	assert_int_equal(look(p, ".", NOW_MS + DP_RECENT_CNT + 100)->queries, DP_RECENT_CNT);
	assert_int_equal(survey.say.window_ms, DP_RECENT_CNT - 1);
	dp_policy_free(p);
}

static void
a_push_in_between_begins_it_anew(void **state)
{
	(void)state;
	struct dp_policy *p = policy_of(GENERATION, (const char *const[]){NULL});
	struct dp_policy *q = policy_of(GENERATION + 1, (const char *const[]){"de.", NULL});
	const struct fx_answer a = SECURE("a.de.");
	struct hf_msg_survey_ask ask = {.name_len = 4, .name = "\2de"};

	insert(p, &a);
	assert_true(dp_survey_begin(&survey, &ask, p));
	while (survey.bucket < table->bucket_cnt)
		assert_false(dp_survey_step(&survey, p, NOW_MS));
	assert_int_equal(survey.say.now[HF_FATE_authentic], 1);
	while (!dp_survey_step(&survey, q, NOW_MS))
		;
	assert_int_equal(survey.say.now[HF_FATE_authentic], 0);
	assert_int_equal(survey.say.now[HF_FATE_restricted], 1);
	assert_int_equal(survey.say.policy_gen, GENERATION + 1);
	dp_policy_free(p);
	dp_policy_free(q);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_plan_counts_what_an_nta_would_change),
	    T(an_alias_into_the_zone_counts_and_a_question_with_cd_does_not),
	    T(a_plan_over_a_soft_nta_is_for_a_strict_one),
	    T(what_was_let_through_is_open_under_its_nta_and_lifted_without),
	    T(samples_stand_for_the_queries_since_the_last),
	    T(a_full_ring_drops_questions_and_keeps_their_weight),
	    T(only_the_latest_are_kept),
	    T(a_push_in_between_begins_it_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
