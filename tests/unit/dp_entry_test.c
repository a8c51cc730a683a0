/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/entry.c. */
#include "tests/unit/dp_fixture.h"

static struct dp_hash hash;
static struct fx_msg msg, back;

static int
setup(void **state)
{
	(void)state;
	dp_hash_init(&hash, fx_seed);
	return 0;
}

static struct dp_entry *
make(const struct fx_answer *a, uint64_t now_ms)
{
	fx_make(a, &msg);
	struct dp_entry *e = dp_entry_create(&msg.m, &msg.view, &hash, now_ms);
	assert_non_null(e);
	return e;
}

static void
an_entry_gives_back_the_message_it_was_made_of(void **state)
{
	(void)state;
	static const struct fx_answer cases[] = {
	    {.name = "www.example.de.",
		.rr_cnt = 3,
		.ttl_s = 300,
		.stale_s = 86400,
		.chain = {"b.example.", "c.example."},
		.text = "odd",
		.ede = 6,
		.hidden_ede = 7,
		.verdict = HF_VERDICT_UNVALIDATED,
		.policy_gen = 9,
		.flags = HF_ANSWER_UNDER_NTA,
		.variant = HF_VARIANT_DO},
	    {.name = ".", .verdict = HF_VERDICT_SECURE, .rcode = HF_RCODE_NXDOMAIN},
	    {.name = "x.", .verdict = HF_VERDICT_SECURE, .flags = HF_ANSWER_TRUNCATED},
	    {.name = "y.", .rr_cnt = 180, .ttl_s = 5, .verdict = HF_VERDICT_INSECURE},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dp_entry *e = make(&cases[i], 1000);
		size_t len = dp_entry_to_msg(e, &back.m, sizeof(back.octets));

		assert_int_equal(len, msg.m.head.len);
		assert_memory_equal(&back.m, &msg.m, len);
		assert_int_equal(hf_msg_check_answer(&back.m, &back.view), HF_MSG_OK);
		assert_true(dp_entry_to_msg(e, &back.m, len - 1) == 0);
		assert_true((uintptr_t)e % 64 == 0);
		assert_true(dp_entry_octets(e) >= sizeof(*e) + msg.m.body_len);
		dp_entry_free(e);
	}
}

static void
an_answer_is_fresh_no_longer_than_its_records_nor_a_week(void **state)
{
	(void)state;
	static const struct {
		uint32_t ttl_s, rr_ttl;
		unsigned rr_cnt;
		uint64_t want_s;
	} cases[] = {
	    {300, 300, 1, 300},
	    {300, 60, 1, 60},
	    {60, 300, 1, 60},
	    {300, 0, 0, 300},
	    {HF_TTL_MAX_S, HF_TTL_MAX_S, 1, HF_TTL_MAX_S},
	    {0, 300, 1, 0},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fx_answer a = {.name = "a.",
		    .rr_cnt = cases[i].rr_cnt,
		    .rr_ttl = cases[i].rr_ttl,
		    .ttl_s = cases[i].ttl_s,
		    .stale_s = 10};
		struct dp_entry *e = make(&a, 7);

		assert_true(e->inserted_ms == 7);
		assert_true(e->fresh_until_ms == 7 + cases[i].want_s * 1000);
		assert_true(e->stale_until_ms == e->fresh_until_ms + 10000);
		dp_entry_free(e);
	}
}

static void
a_ttl_with_the_top_bit_set_is_stored_as_zero(void **state)
{
	(void)state;
	const struct fx_answer a = {.name = "a.", .rr_cnt = 2, .rr_ttl = 0x80000001, .ttl_s = 60};
	struct dp_entry *e = make(&a, 0);

	assert_int_equal(e->ttl_cnt, 2);
	for (unsigned i = 0; i < 2; i++) {
		const uint8_t *ttl = dp_entry_body(e) + dp_entry_ttl_off(e)[i];
		assert_int_equal(ttl[0] | ttl[1] | ttl[2] | ttl[3], 0);
	}
	dp_entry_free(e);
}

static void
a_copy_that_remembers_a_failed_refresh_is_otherwise_the_same(void **state)
{
	(void)state;
	const struct fx_answer a = {.name = "www.example.",
	    .chain = {"b.example."},
	    .rr_cnt = 4,
	    .ttl_s = 60,
	    .stale_s = 600,
	    .text = "text",
	    .ede = 27,
	    .policy_gen = 3};
	struct dp_entry *old = make(&a, 500);

	const struct dp_key key = fx_key(&hash, "www.example.", HF_TYPE_A, 0);
	atomic_store(&old->covered, 77);
	struct dp_entry *e = dp_entry_create_retry(old, &key, 90000, 4, HF_EDE_BOGUS);
	assert_non_null(e);
	assert_true(e->hash == old->hash && e->inserted_ms == 500);
	assert_true(e->fresh_until_ms == old->fresh_until_ms);
	assert_true(e->stale_until_ms == old->stale_until_ms);
	assert_true(e->retry_at_ms == 90000 && e->retry_gen == 4 && e->retry_ede == HF_EDE_BOGUS);
	assert_true(atomic_load(&e->covered) == DP_COVERED_UNKNOWN);
	size_t len = dp_entry_to_msg(e, &back.m, sizeof(back.octets));
	assert_int_equal(len, msg.m.head.len);
	assert_memory_equal(&back.m, &msg.m, len);
	assert_memory_equal(dp_entry_ttl_off(e), dp_entry_ttl_off(old), 8);
	dp_entry_free(old);
	dp_entry_free(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_entry_gives_back_the_message_it_was_made_of),
	    cmocka_unit_test(an_answer_is_fresh_no_longer_than_its_records_nor_a_week),
	    cmocka_unit_test(a_ttl_with_the_top_bit_set_is_stored_as_zero),
	    cmocka_unit_test(a_copy_that_remembers_a_failed_refresh_is_otherwise_the_same),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
