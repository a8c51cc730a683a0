/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of the assembly and the rules of dataplane/policy.c. */
#include <stdio.h>

#include "dataplane/policy.h"
#include "tests/unit/dp_fixture.h"

static struct dp_hash hash;
static struct fx_msg msg;

static int
setup(void **state)
{
	(void)state;
	dp_hash_init(&hash, fx_seed);
	return 0;
}

static enum hf_msg_fault
add(struct dp_policy *p, uint64_t generation, uint8_t kind, const char *name)
{
	struct hf_msg_policy_rule m = {.generation = generation, .kind = kind};
	struct hf_name n = fx_name(name);

	m.name_len = n.len;
	memcpy(m.name, n.octets, n.len);
	return dp_policy_add(p, &m);
}

static struct dp_policy *
begin(uint64_t generation, uint32_t rule_cnt)
{
	const struct hf_msg_policy_begin m = {.generation = generation,
	    .rule_cnt = rule_cnt,
	    .stale_client_ms = 1800,
	    .stale_ttl_s = 30,
	    .stale_max_s = 3600,
	    .stale_triggers = HF_STALE_ALL,
	    .stale_retry_s = 30};
	struct dp_policy *p = dp_policy_create(&hash, &m);

	assert_non_null(p);
	return p;
}

static unsigned
closest(const struct dp_policy *p, const char *name)
{
	struct hf_name n = fx_name(name);

	return dp_policy_closest(p, n.octets, n.len);
}

static void
the_closest_enclosing_rule_wins(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned want;
	} cases[] = {
	    {".", HF_RULE_ANCHOR},
	    {"org.", HF_RULE_ANCHOR},
	    {"de.", HF_RULE_NTA},
	    {"example.de.", HF_RULE_NTA},
	    {"a.b.c.d.e.f.example.de.", HF_RULE_NTA},
	    {"good.de.", HF_RULE_ANCHOR},
	    {"www.good.de.", HF_RULE_ANCHOR},
	    {"bad.good.de.", HF_RULE_NTA},
	    {"x.bad.good.de.", HF_RULE_NTA},
	    {"notbad.good.de.", HF_RULE_ANCHOR},
	    {"xde.", HF_RULE_ANCHOR},
	    {"de.org.", HF_RULE_ANCHOR},
	};
	struct dp_policy *p = begin(1, 4);

	assert_int_equal(add(p, 1, HF_RULE_ANCHOR, "."), HF_MSG_OK);
	assert_int_equal(add(p, 1, HF_RULE_NTA, "de."), HF_MSG_OK);
	assert_int_equal(add(p, 1, HF_RULE_ANCHOR, "good.de."), HF_MSG_OK);
	assert_int_equal(add(p, 1, HF_RULE_NTA, "bad.good.de."), HF_MSG_OK);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(closest(p, cases[i].name), cases[i].want);
	dp_policy_free(p);
}

static enum hf_msg_fault
add_stale(struct dp_policy *p, const char *name, uint32_t max_s)
{
	struct hf_msg_policy_rule m = {.generation = p->generation,
	    .kind = HF_RULE_STALE,
	    .stale = {.max_s = max_s, .ttl_s = 30, .client_ms = 1800, .triggers = HF_STALE_ALL}};
	struct hf_name n = fx_name(name);

	m.name_len = n.len;
	memcpy(m.name, n.octets, n.len);
	return dp_policy_add(p, &m);
}

static uint64_t
window(const struct dp_policy *p, const char *name)
{
	struct hf_name n = fx_name(name);

	return dp_policy_stale(p, n.octets, n.len)->max_ms;
}

static void
the_closest_stale_rule_wins_and_leaves_ntas_alone(void **state)
{
	(void)state;
	struct dp_policy *p = begin(1, 5);

	assert_int_equal(add(p, 1, HF_RULE_NTA, "de."), HF_MSG_OK);
	assert_int_equal(add_stale(p, "de.", 10), HF_MSG_OK);
	assert_int_equal(add_stale(p, "deep.example.de.", 7200), HF_MSG_OK);
	assert_int_equal(add_stale(p, "off.", 0), HF_MSG_OK);
	assert_int_equal(add(p, 1, HF_RULE_ANCHOR, "off."), HF_MSG_OK);
	assert_true(window(p, "www.example.org.") == 3600 * 1000);
	assert_true(window(p, "de.") == 10 * 1000);
	assert_true(window(p, "example.de.") == 10 * 1000);
	assert_true(window(p, "a.b.deep.example.de.") == 7200 * 1000);
	assert_true(window(p, "www.off.") == 0);
	assert_true(p->stale_longest_ms == 7200 * 1000);
	assert_int_equal(closest(p, "deep.example.de."), HF_RULE_NTA);
	assert_int_equal(closest(p, "off."), HF_RULE_ANCHOR);
	assert_int_equal(p->rule_cnt, 2);
	assert_int_equal(p->stale_cnt, 3);
	dp_policy_free(p);
}

static void
snapshots_are_the_same_when_their_stale_rules_are_too(void **state)
{
	(void)state;
	struct dp_policy *a = begin(1, 2), *b = begin(2, 2), *c = begin(3, 2);

	add_stale(a, "de.", 10);
	add_stale(b, "de.", 10);
	assert_true(dp_policy_same(a, b));
	assert_false(dp_policy_same(a, c) || dp_policy_same(c, a));
	add_stale(c, "de.", 11);
	assert_false(dp_policy_same(a, c));
	add(b, 2, HF_RULE_NTA, "de.");
	assert_false(dp_policy_same(a, b) || dp_policy_same(b, a));
	dp_policy_free(a);
	dp_policy_free(b);
	dp_policy_free(c);
}

static void
without_rules_no_name_has_one(void **state)
{
	(void)state;
	struct dp_policy *p = dp_policy_create_default(&hash);

	assert_non_null(p);
	assert_true(p->generation == 0);
	assert_int_equal(closest(p, "www.example.de."), 0);
	assert_int_equal(closest(p, "."), 0);
	dp_policy_free(p);
}

static void
at_one_name_an_nta_beats_an_anchor_in_either_order(void **state)
{
	(void)state;
	for (unsigned nta_first = 0; nta_first < 2; nta_first++) {
		struct dp_policy *p = begin(1, 2);

		add(p, 1, nta_first ? HF_RULE_NTA : HF_RULE_ANCHOR, ".");
		add(p, 1, nta_first ? HF_RULE_ANCHOR : HF_RULE_NTA, ".");
		assert_int_equal(closest(p, "de."), HF_RULE_NTA);
		assert_int_equal(p->nta_cnt, 1);
		assert_int_equal(p->rule_cnt, 1);
		dp_policy_free(p);
	}
}

static void
only_a_whole_snapshot_of_one_generation_is_accepted(void **state)
{
	(void)state;
	struct dp_policy *p = begin(5, 2);
	struct hf_msg_policy_end end = {.generation = 5, .rule_cnt = 2};

	assert_int_equal(dp_policy_end(p, &end), HF_MSG_FAULT_ORDER);
	assert_int_equal(add(p, 4, HF_RULE_NTA, "a."), HF_MSG_FAULT_ORDER);
	assert_int_equal(add(p, 5, HF_RULE_NTA, "a."), HF_MSG_OK);
	assert_int_equal(dp_policy_end(p, &end), HF_MSG_FAULT_ORDER);
	assert_int_equal(add(p, 5, HF_RULE_NTA, "b."), HF_MSG_OK);
	assert_int_equal(add(p, 5, HF_RULE_NTA, "c."), HF_MSG_FAULT_ORDER);
	assert_int_equal(dp_policy_end(p, &end), HF_MSG_OK);
	end.generation = 6;
	assert_int_equal(dp_policy_end(p, &end), HF_MSG_FAULT_ORDER);
	end.generation = 5;
	end.rule_cnt = 1;
	assert_int_equal(dp_policy_end(p, &end), HF_MSG_FAULT_ORDER);
	dp_policy_free(p);
}

static void
as_many_rules_as_allowed_are_all_found(void **state)
{
	(void)state;
	struct dp_policy *p = begin(1, HF_POLICY_RULE_MAX);
	const struct hf_msg_policy_begin more = {.rule_cnt = HF_POLICY_RULE_MAX + 1};
	char text[40];

	assert_null(dp_policy_create(&hash, &more));
	for (unsigned i = 0; i < HF_POLICY_RULE_MAX; i++) {
		snprintf(text, sizeof(text), "z%u.example.", i);
		assert_int_equal(add(p, 1, i % 2 ? HF_RULE_NTA : HF_RULE_ANCHOR, text), HF_MSG_OK);
	}
	for (unsigned i = 0; i < HF_POLICY_RULE_MAX; i++) {
		snprintf(text, sizeof(text), "a.z%u.example.", i);
		assert_int_equal(closest(p, text), i % 2 ? HF_RULE_NTA : HF_RULE_ANCHOR);
	}
	assert_int_equal(closest(p, "y0.example."), 0);
	dp_policy_free(p);
}

static void
a_name_of_127_labels_is_walked_to_its_root(void **state)
{
	(void)state;
	struct dp_policy *p = begin(1, 1);
	char text[256] = "";

	for (unsigned i = 0; i < 127; i++)
		strcat(text, "a.");
	add(p, 1, HF_RULE_NTA, ".");
	assert_int_equal(closest(p, text), HF_RULE_NTA);
	dp_policy_free(p);
}

static struct dp_entry *
make_entry(const struct fx_answer *a)
{
	static alignas(DP_LINE_LEN) uint8_t room[DP_ENTRY_OCTETS_MAX];
	struct dp_entry *e = (struct dp_entry *)(void *)room;

	fx_make(a, &msg);
	dp_entry_make(e, &msg.m, &msg.view, 0);
	return e;
}

static void
the_mask_says_which_names_of_the_chain_are_covered(void **state)
{
	(void)state;
	const struct fx_answer a = {
	    .name = "www.example.", .ttl_s = 60, .chain = {"a.de.", "b.org.", "c.de."}};
	struct dp_entry *e = make_entry(&a);
	struct dp_policy *p1 = begin(1, 1), *p2 = begin(2, 2), *p3 = begin(3, 0);

	add(p1, 1, HF_RULE_NTA, "de.");
	add(p2, 2, HF_RULE_NTA, "example.");
	add(p2, 2, HF_RULE_NTA, "b.org.");
	assert_int_equal(dp_policy_mask(p1, e), 0xa);
	assert_int_equal(dp_policy_mask(p2, e), 0x5);
	assert_int_equal(dp_policy_mask(p3, e), 0);
	assert_true(dp_policy_covers(p1, e));
	assert_false(dp_policy_covers(p3, e));
	dp_policy_free(p1);
	dp_policy_free(p2);
	dp_policy_free(p3);
}

static void
what_a_policy_takes_from_an_entry_is_worked_out_once_for_each_snapshot(void **state)
{
	(void)state;
	const struct fx_answer a = {.name = "www.de.", .ttl_s = 60, .verdict = HF_VERDICT_SECURE};
	struct dp_entry *e = make_entry(&a);
	struct dp_policy *p = begin(7, 1), *same = begin(7, 0);

	add(p, 7, HF_RULE_NTA, "de.");
	assert_int_not_equal(p->serial, same->serial); /* as its generation does not tell */
	assert_true(dp_policy_restricts(p, e));
	assert_true(atomic_load(&e->covered) == (p->serial << 1 | 1));
	assert_false(dp_policy_restricts(same, e));
	assert_true(dp_policy_restricts(p, e));
	atomic_store(&e->covered, p->serial << 1); /* a mark made up by this test */
	assert_false(dp_policy_restricts(p, e));
	dp_policy_free(p);
	dp_policy_free(same);
}

/* A soft NTA lets pass what fails, and leaves AD on what does not. */
static void
a_soft_nta_takes_no_ad_and_lets_failures_be_retried(void **state)
{
	(void)state;
	for (unsigned mode = HF_NTA_STRICT; mode <= HF_NTA_SOFT; mode++) {
		struct dp_policy *p = begin(1, 1);
		struct hf_msg_policy_rule m = {.generation = 1, .kind = HF_RULE_NTA};
		struct hf_name n = fx_name("de.");

		m.mode = (uint8_t)mode;
		m.name_len = n.len;
		memcpy(m.name, n.octets, n.len);
		assert_int_equal(dp_policy_add(p, &m), HF_MSG_OK);
		for (unsigned v = 0; v < HF_VERDICT_CNT; v++) {
			const struct fx_answer a = {.name = "www.de.",
			    .verdict = (uint8_t)v,
			    .ttl_s = 60,
			    .rr_cnt = v == HF_VERDICT_SECURE || v == HF_VERDICT_INSECURE};
			alignas(64) uint8_t octets[DP_ENTRY_OCTETS_MAX];
			struct dp_entry *e = (struct dp_entry *)(void *)octets;

			fx_make(&a, &msg);
			(void)dp_entry_make(e, &msg.m, &msg.view, 1000);
			assert_int_equal(dp_policy_restricts_now(p, e),
			    v == HF_VERDICT_BOGUS || v == HF_VERDICT_FAILURE ||
				(v == HF_VERDICT_SECURE && mode == HF_NTA_STRICT));
		}
		assert_int_equal(closest(p, "www.de."), HF_RULE_NTA);
		dp_policy_free(p);
	}
}

static void
a_snapshot_with_another_mode_is_another(void **state)
{
	(void)state;
	struct dp_policy *p = begin(1, 1), *q = begin(1, 1);
	struct hf_msg_policy_rule m = {.generation = 1, .kind = HF_RULE_NTA, .name_len = 1};

	assert_int_equal(dp_policy_add(p, &m), HF_MSG_OK);
	m.mode = HF_NTA_SOFT;
	assert_int_equal(dp_policy_add(q, &m), HF_MSG_OK);
	assert_false(dp_policy_same(p, q));
	assert_true(dp_policy_same(q, q));
	dp_policy_free(p);
	dp_policy_free(q);
}

static void
under_the_last_serial_nothing_is_remembered(void **state)
{
	(void)state;
	const struct fx_answer a = {.name = "www.de.", .ttl_s = 60, .verdict = HF_VERDICT_SECURE};
	struct dp_entry *e = make_entry(&a);
	struct dp_policy *p = begin(7, 1), *next = begin(8, 0);

	p->serial = next->serial = DP_SERIAL_NONE_KEPT; /* as after 2^31 pushes */
	add(p, 7, HF_RULE_NTA, "de.");
	for (unsigned i = 0; i < 2; i++) {
		assert_true(dp_policy_restricts(p, e));
		assert_false(dp_policy_restricts(next, e));
	}
	assert_true(atomic_load(&e->covered) == DP_COVERED_UNKNOWN);
	dp_policy_free(p);
	dp_policy_free(next);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_closest_enclosing_rule_wins),
	    cmocka_unit_test(the_closest_stale_rule_wins_and_leaves_ntas_alone),
	    cmocka_unit_test(snapshots_are_the_same_when_their_stale_rules_are_too),
	    cmocka_unit_test(without_rules_no_name_has_one),
	    cmocka_unit_test(at_one_name_an_nta_beats_an_anchor_in_either_order),
	    cmocka_unit_test(only_a_whole_snapshot_of_one_generation_is_accepted),
	    cmocka_unit_test(as_many_rules_as_allowed_are_all_found),
	    cmocka_unit_test(a_name_of_127_labels_is_walked_to_its_root),
	    cmocka_unit_test(the_mask_says_which_names_of_the_chain_are_covered),
	    cmocka_unit_test(
		what_a_policy_takes_from_an_entry_is_worked_out_once_for_each_snapshot),
	    cmocka_unit_test(a_soft_nta_takes_no_ad_and_lets_failures_be_retried),
	    cmocka_unit_test(a_snapshot_with_another_mode_is_another),
	    cmocka_unit_test(under_the_last_serial_nothing_is_remembered),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
