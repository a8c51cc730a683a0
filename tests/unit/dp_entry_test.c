/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/entry.c. */
#include "tests/unit/dp_fixture.h"

static struct dp_hash hash;
static struct fx_msg msg, back;
static alignas(DP_LINE_LEN) uint8_t room[2][DP_ENTRY_OCTETS_MAX];

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
	struct dp_entry *e = (struct dp_entry *)(void *)room[0];

	fx_make(a, &msg);
	memset(room[0], 0xaa, sizeof(room[0]));
	unsigned lines = dp_entry_make(e, &msg.m, &msg.view, now_ms);
	assert_int_equal(lines, dp_entry_lines(e));
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
		.chain = {"b.example.", "c.example."},
		.text = "odd",
		.ede = 6,
		.hidden_ede = 7,
		.verdict = HF_VERDICT_UNVALIDATED,
		.policy_gen = 9,
		.flags = HF_ANSWER_UNDER_NTA | HF_ANSWER_STALE,
		.variant = HF_VARIANT_DO},
	    {.name = ".", .verdict = HF_VERDICT_SECURE, .rcode = HF_RCODE_NXDOMAIN},
	    {.name = "x.", .verdict = HF_VERDICT_SECURE, .flags = HF_ANSWER_TRUNCATED},
	    {.name = "y.", .rr_cnt = 180, .ttl_s = 5, .verdict = HF_VERDICT_INSECURE},
	    {.name = "z.", .rr_cnt = 1, .ede = 4, .policy_gen = 8, .verdict = HF_VERDICT_BOGUS},
	    {.name = "z.",
		.ttl_s = 604800,
		.valid_s = HF_VALID_MAX_S,
		.text = "t",
		.hidden_ede = 49151},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dp_entry *e = make(&cases[i], 1000);
		size_t len = dp_entry_to_msg(e, &back.m, sizeof(back.octets));

		assert_int_equal(len, msg.m.head.len);
		assert_memory_equal(&back.m, &msg.m, len);
		assert_int_equal(hf_msg_check_answer(&back.m, &back.view), HF_MSG_OK);
		assert_true(dp_entry_to_msg(e, &back.m, len - 1) == 0);
		assert_in_range(dp_entry_octets(e), 64, msg.m.body_len + 512u);
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
		    .valid_s = 10,
		    .flags = i % 2 != 0 ? HF_ANSWER_STALE : 0};
		struct dp_entry *e = make(&a, 7);

		assert_true(dp_entry_inserted_ms(e) == 7);
		assert_true(dp_entry_fresh_until_ms(e) == 7 + cases[i].want_s * 1000);
		assert_true(dp_entry_valid_until_ms(e) == 7 + 10000);
		assert_true(
		    dp_entry_dead_ms(e, 5) == dp_entry_fresh_until_ms(e) + (i % 2 != 0 ? 5 : 0));
	}
}

static void
a_ttl_with_the_top_bit_set_is_stored_as_zero(void **state)
{
	(void)state;
	const struct fx_answer a = {.name = "a.", .rr_cnt = 2, .rr_ttl = 0x80000001, .ttl_s = 60};
	struct dp_entry *e = make(&a, 0);

	const struct dp_entry_ttls ttls = dp_entry_ttls(e);
	for (unsigned i = 0; i < 2; i++) {
		const uint8_t *ttl = dp_entry_body(e) + dp_entry_ttl_off(&ttls, i);
		assert_int_equal(ttl[0] | ttl[1] | ttl[2] | ttl[3], 0);
	}
}

static void
one_a_record_under_a_name_of_22_octets_is_one_line(void **state)
{
	(void)state;
	const struct fx_answer a = {.name = "www.a-name-of-22.org.", .rr_cnt = 1, .ttl_s = 60};
	const struct fx_answer b = {.name = "www.a-name-of-23s.org.", .rr_cnt = 1, .ttl_s = 60};
	const struct fx_answer c = {.name = "www.a-name-of-22.org.", .rr_cnt = 5, .ttl_s = 60};

	assert_int_equal(dp_entry_lines(make(&a, 0)), 1);
	assert_int_equal(make(&a, 0)->name_len, 22);
	assert_int_equal(dp_entry_lines(make(&b, 0)), 2);
	assert_int_equal(dp_entry_lines(make(&c, 0)), 2);
}

static void
times_are_kept_to_the_millisecond_for_34_years(void **state)
{
	(void)state;
	const uint64_t late_ms = (UINT64_C(1) << 40) - 1;
	const struct fx_answer a = {.name = "a.", .ttl_s = HF_TTL_MAX_S, .valid_s = HF_VALID_MAX_S};
	const struct dp_entry *e = make(&a, late_ms);

	assert_true(dp_entry_inserted_ms(e) == late_ms);
	assert_true(dp_entry_fresh_until_ms(e) == late_ms + HF_TTL_MAX_S * UINT64_C(1000));
	assert_true(dp_entry_valid_until_ms(e) == late_ms + HF_VALID_MAX_S * UINT64_C(1000));
}

/* Append a record with an owner as it stands to the message that is being made. */
static void
add_record(struct hf_msg_answer *m, const char *owner, size_t owner_len, unsigned rdata_len)
{
	uint8_t *p = m->payload + m->body_len;

	memcpy(p, owner, owner_len);
	p = fx_u16(p + owner_len, 65280); /* of private use: RDATA of any length */
	p = fx_u16(p, HF_CLASS_IN);
	p = fx_u32(p, 0x00010203);
	p = fx_u16(p, rdata_len);
	for (unsigned i = 0; i < rdata_len; i++)
		*p++ = (uint8_t)(0xf1 + i);
	m->body_len = (uint16_t)(p - m->payload);
	m->head.len = (uint16_t)(p - (uint8_t *)m);
}

/* RFC 1071 over the body as it is sent, behind an even number of octets. */
static uint16_t
sum_by_hand(const uint8_t *body, unsigned len)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < len; i++)
		sum += (uint32_t)body[i] << (i % 2 == 0 ? 8 : 0);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void
ttls_are_found_and_summed_as_zero_whatever_the_records_look_like(void **state)
{
	(void)state;
	static const struct {
		const char *owner[3];
		size_t owner_len[3];
		unsigned rdata_len[3];
		bool odd;
	} cases[] = {
	    {{"\xc0\x0c", "\xc0\x0c", "\xc0\x0c"}, {2, 2, 2}, {16, 16, 16}, false},
	    {{"\xc0\x0c", "\xc0\x0c", "\xc0\x0c"}, {2, 2, 2}, {7, 7, 7}, false},
	    {{"\xc0\x0c", "\xc0\x0c", "\xc0\x0c"}, {2, 2, 2}, {4, 4, 5}, true},
	    {{"\xc0\x0c", "\xc0\x0c", "\xc0\x0c"}, {2, 2, 2}, {3, 4, 5}, true},
	    {{"", "\xc0\x0c", "\1z"}, {1, 2, 3}, {5, 4, 3}, true},
	    /* as far apart as in cases of one length, but not as the first RDLENGTH says */
	    {{"\xc0\x0c", "\6foobar\xc0\x0c", "\6foobar\xc0\x0c"}, {2, 9, 9}, {9, 9, 16}, true},
	    {{"\xc0\x0c", "", ""}, {2, 1, 1}, {5, 5, 4}, true},
	};
	const struct fx_answer a = {.name = "a.", .ttl_s = 60, .verdict = HF_VERDICT_SECURE};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fx_make(&a, &msg);
		for (unsigned k = 0; k < 3; k++)
			add_record(&msg.m, cases[i].owner[k], cases[i].owner_len[k],
			    cases[i].rdata_len[k]);
		msg.m.an_cnt = 1;
		msg.m.ns_cnt = 2;
		assert_int_equal(hf_msg_check_answer(&msg.m, &msg.view), HF_MSG_OK);
		struct dp_entry *e = (struct dp_entry *)(void *)room[0];
		dp_entry_make(e, &msg.m, &msg.view, 0);
		assert_int_equal(e->ttls_odd, cases[i].odd);
		assert_int_equal(dp_entry_rr_cnt(e), 3);

		const struct dp_entry_ttls ttls = dp_entry_ttls(e);
		uint8_t body[HF_BODY_MAX];
		memcpy(body, msg.view.body, e->body_len);
		for (unsigned k = 0; k < 3; k++) {
			assert_int_equal(dp_entry_ttl_off(&ttls, k), msg.view.ttl_off[k]);
			memset(body + msg.view.ttl_off[k], 0, 4);
		}
		assert_int_equal(__builtin_bswap16(e->sum), sum_by_hand(body, e->body_len));
		assert_int_equal(dp_entry_to_msg(e, &back.m, sizeof(back.octets)), msg.m.head.len);
		assert_memory_equal(&back.m, &msg.m, msg.m.head.len);
	}
}

static void
an_entry_has_its_own_question_and_no_other(void **state)
{
	(void)state;
	static const char *const names[] = {".", "a.", "b.", "abcdef.", "abcdefg.", "abcdefgh.",
	    "www.example.", "wwv.example.", "www.examplf.", "a.long.name.of.some.labels.example.",
	    "b.long.name.of.some.labels.example."};
	enum { NAMES = sizeof(names) / sizeof(names[0]) };

	for (unsigned i = 0; i < NAMES; i++) {
		const struct fx_answer a = {.name = names[i], .variant = HF_VARIANT_DO};
		const struct dp_entry *e = make(&a, 0);

		for (unsigned k = 0; k < NAMES; k++) {
			struct dp_key key = fx_key(&hash, names[k], HF_TYPE_A, HF_VARIANT_DO);
			assert_int_equal(dp_entry_has_key(e, &key.o), k == i);
		}
		struct dp_key other = fx_key(&hash, names[i], HF_TYPE_NS, HF_VARIANT_DO);
		assert_false(dp_entry_has_key(e, &other.o));
		other = fx_key(&hash, names[i], HF_TYPE_A, HF_VARIANT_CD);
		assert_false(dp_entry_has_key(e, &other.o));
		assert_true(dp_entry_has_key(e, dp_entry_key(e)));
	}
}

static void
a_copy_that_remembers_a_failed_refresh_is_otherwise_the_same(void **state)
{
	(void)state;
	const struct fx_answer a = {.name = "www.example.",
	    .chain = {"b.example."},
	    .rr_cnt = 4,
	    .ttl_s = 60,
	    .valid_s = 600,
	    .flags = HF_ANSWER_STALE,
	    .text = "text",
	    .ede = 27};
	struct dp_entry *old = make(&a, 500);

	const struct dp_key key = fx_key(&hash, "www.example.", HF_TYPE_A, HF_VARIANT_DO);
	const struct dp_retry retry = {
	    .at_ms = 90000, .gen = 4, .ede = HF_EDE_BOGUS, .trigger = HF_STALE_BOGUS};
	struct dp_entry *e = (struct dp_entry *)(void *)room[1];

	atomic_store(&old->covered, 77);
	unsigned lines = dp_entry_make_retry(e, old, &key.o, &retry);
	assert_int_equal(lines, dp_entry_lines(e));
	assert_true(dp_entry_has_key(e, &key.o) && !dp_entry_has_key(old, &key.o));
	assert_true(dp_entry_inserted_ms(e) == 500);
	assert_true(dp_entry_fresh_until_ms(e) == dp_entry_fresh_until_ms(old));
	assert_true(dp_entry_valid_until_ms(e) == dp_entry_valid_until_ms(old));
	assert_true(dp_entry_dead_ms(e, 9) == dp_entry_dead_ms(old, 9));
	const struct dp_entry_note note = dp_entry_note(e), none = dp_entry_note(old);
	assert_true(note.retry_at_ms == 90000 && note.retry_gen == 4);
	assert_int_equal(note.retry_ede, HF_EDE_BOGUS);
	assert_int_equal(note.retry_for, HF_STALE_BOGUS);
	assert_true(none.retry_at_ms == 0 && none.retry_ede == HF_EDE_NONE);
	assert_true(atomic_load(&e->covered) == DP_COVERED_UNKNOWN);
	assert_int_equal(e->sum, old->sum);
	msg.m.key.variant = HF_VARIANT_DO;
	size_t len = dp_entry_to_msg(e, &back.m, sizeof(back.octets));
	assert_int_equal(len, msg.m.head.len);
	assert_memory_equal(&back.m, &msg.m, len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_entry_gives_back_the_message_it_was_made_of),
	    cmocka_unit_test(an_answer_is_fresh_no_longer_than_its_records_nor_a_week),
	    cmocka_unit_test(a_ttl_with_the_top_bit_set_is_stored_as_zero),
	    cmocka_unit_test(one_a_record_under_a_name_of_22_octets_is_one_line),
	    cmocka_unit_test(times_are_kept_to_the_millisecond_for_34_years),
	    cmocka_unit_test(ttls_are_found_and_summed_as_zero_whatever_the_records_look_like),
	    cmocka_unit_test(an_entry_has_its_own_question_and_no_other),
	    cmocka_unit_test(a_copy_that_remembers_a_failed_refresh_is_otherwise_the_same),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
