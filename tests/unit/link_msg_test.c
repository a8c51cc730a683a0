/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/link/msg.c: good messages pass, and each way to be wrong has its own fault. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/link/counters.h"
#include "tests/unit/link_sample.h"

static union {
	struct hf_msg_answer m;
	uint8_t octets[HF_UPDATE_SLOT_LEN];
} a;
static struct hf_answer_view view;

static uint8_t *
body(void)
{
	return a.m.payload + a.m.chain_len + a.m.ede_text_len;
}

static enum hf_msg_fault
check(void)
{
	enum hf_msg_fault f = hf_msg_check_head(&a, sizeof(a), SAMPLE_EPOCH);

	return f != HF_MSG_OK ? f : hf_msg_check_answer(&a.m, &view);
}

/* Put these octets in place of the sample's body; name.type.class.ttl.rdlen by hand. */
static void
body_set(const void *octets, uint16_t len, uint16_t an_cnt)
{
	sample_answer(&a.m);
	memcpy(body(), octets, len);
	a.m.body_len = len;
	a.m.head.len = (uint16_t)(sizeof(a.m) + a.m.chain_len + a.m.ede_text_len + len);
	a.m.an_cnt = an_cnt;
	a.m.ns_cnt = a.m.ar_cnt = 0;
}

/* Never less than a head, never more than the slot. */
static void
a_message_is_copied_as_far_as_its_head_says(void **state)
{
	(void)state;
	enum { SLOT = 64, CNT = 2 };
	static const struct {
		uint16_t says, copied;
	} cases[] = {
	    {0, 8}, {7, 8}, {8, 8}, {9, 9}, {63, 63}, {64, 64}, {65, 64}, {UINT16_MAX, 64}};
	static _Alignas(HF_RING_ALIGN) uint8_t mem[192 + CNT * SLOT];
	uint8_t out[HF_RING_SLOT_LEN_MAX];
	struct hf_ring w, r;

	assert_int_equal(hf_ring_format(mem, sizeof(mem), CNT, SLOT), 0);
	assert_int_equal(hf_ring_join_writer(&w, mem, sizeof(mem), CNT, SLOT), 0);
	assert_int_equal(hf_ring_join_reader(&r, mem, sizeof(mem), CNT, SLOT), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_msg_head head = {.type = HF_MSG_ANSWER, .len = cases[i].says};
		uint8_t *slot = hf_ring_reserve(&w);

		memset(slot, 0x55, SLOT);
		memcpy(slot, &head, sizeof(head));
		hf_ring_commit(&w);
		memset(out, 0xaa, sizeof(out));
		assert_int_equal(hf_ring_pending(&r), 1);
		assert_int_equal(hf_msg_copy(&r, 0, out), cases[i].copied);
		assert_memory_equal(out, slot, cases[i].copied);
		for (size_t at = cases[i].copied; at < sizeof(out); at++)
			assert_int_equal(out[at], 0xaa);
		hf_ring_release(&r, 1);
	}
}

static void
a_good_answer_passes_and_its_view_points_at_its_parts(void **state)
{
	(void)state;
	sample_answer(&a.m);
	assert_int_equal(check(), HF_MSG_OK);
	assert_memory_equal(view.chain, "\4host\7example\2de", 17);
	assert_memory_equal(view.ede_text, "RFC 4035 5.3.3", 14);
	assert_ptr_equal(view.body, body());
	assert_int_equal(view.ttl_cnt, 5);
	assert_int_equal(view.ttl_min, 300);
	for (unsigned i = 0; i < view.ttl_cnt; i++)
		assert_memory_equal(view.body + view.ttl_off[i], "\0\0\1\54", 4);
	assert_null(answer_does_not_stand(&a.m, &view));
}

static void
an_answer_without_records_passes(void **state)
{
	(void)state;
	body_set("", 0, 0);
	assert_int_equal(check(), HF_MSG_OK);
	assert_int_equal(view.ttl_cnt, 0);
	assert_int_equal(view.ttl_min, UINT32_MAX);
	a.m.flags = HF_ANSWER_TRUNCATED | HF_ANSWER_UNDER_NTA | HF_ANSWER_STALE;
	assert_int_equal(check(), HF_MSG_OK);
}

/* One field at a time. */
#define SPOIL(member, value, fault)                              \
	do {                                                     \
		sample_answer(&a.m);                             \
		a.m.member = (value);                            \
		assert_int_equal(check(), HF_MSG_FAULT_##fault); \
	} while (0)

static void
a_field_out_of_range_has_its_fault(void **state)
{
	(void)state;
	SPOIL(head.type, HF_MSG_MISS, LENGTH);
	SPOIL(head.type, 0, TYPE);
	SPOIL(head.type, HF_MSG_TYPE_CNT, TYPE);
	SPOIL(head.epoch, SAMPLE_EPOCH + 1, EPOCH);
	SPOIL(head.len, 8, LENGTH);
	SPOIL(head.len, sizeof(struct hf_msg_answer) - 1, LENGTH);
	SPOIL(head.len, sizeof(struct hf_msg_answer), LENGTH);
	SPOIL(head.len, HF_UPDATE_SLOT_LEN + 1, LENGTH);
	SPOIL(head.len, a.m.head.len + 1, LENGTH);
	SPOIL(verdict, HF_VERDICT_CNT, VALUE);
	SPOIL(flags, 16, VALUE);
	SPOIL(rcode, 16, VALUE);
	SPOIL(ede, 49152, VALUE);
	SPOIL(hidden_ede, 65534, VALUE);
	SPOIL(ttl_s, HF_TTL_MAX_S + 1, VALUE);
	SPOIL(valid_s, HF_VALID_MAX_S + 1, VALUE);
	SPOIL(an_cnt, HF_ANSWER_RR_MAX, VALUE);
	SPOIL(ar_cnt, 65535, VALUE);
	SPOIL(an_cnt, 4, BODY);
	SPOIL(ns_cnt, 0, BODY);
	SPOIL(flags, HF_ANSWER_TRUNCATED, BODY);
	SPOIL(chain_len, a.m.chain_len - 1, LENGTH);
	SPOIL(body_len, HF_BODY_MAX + 1, LENGTH);
	SPOIL(chain_cnt, 0, CHAIN);
	SPOIL(chain_cnt, 2, CHAIN);
	SPOIL(chain_cnt, HF_CHAIN_MAX + 1, CHAIN);
	SPOIL(payload[0], 64, CHAIN);
	SPOIL(payload[0], 3, CHAIN);
	SPOIL(payload[1], 'H', CHAIN);
	SPOIL(payload[17], '\n', TEXT);
	SPOIL(payload[17], 0x7f, TEXT);
	SPOIL(payload[17], 0x80, TEXT);
	SPOIL(key.name[1], 'W', NAME);
	SPOIL(key.name[0], 4, NAME);
	SPOIL(key.name_len, 0, NAME);
	SPOIL(key.name_len, a.m.key.name_len - 1, NAME);
	SPOIL(key.name_len, 255, NAME);
	SPOIL(key.klass, HF_CLASS_CH, VALUE);
	SPOIL(key.variant, HF_VARIANT_CNT, VALUE);
	SPOIL(key.type, HF_TYPE_OPT, VALUE);
	SPOIL(key.type, HF_TYPE_AXFR, VALUE);
	SPOIL(key.type, 0, VALUE);
}

static void
parts_that_only_add_up_after_an_overflow_are_refused(void **state)
{
	(void)state;
	sample_answer(&a.m);
	a.m.chain_len = 65535;
	a.m.ede_text_len = (uint16_t)(a.m.ede_text_len + a.m.body_len + 1);
	a.m.body_len = 17;
	assert_int_equal(check(), HF_MSG_FAULT_LENGTH);
}

struct body_case {
	const char *what;
	uint16_t len, an_cnt;
	enum hf_msg_fault want;
	const char *octets;
};

/* The question is www.de. A: 12 is "www", 16 "de", 19 the root, 20 type, 22 class, 24 the body. */
static const struct body_case bodies[] = {
    {"owner points at the question", 16, 1, HF_MSG_OK, "\300\14\0\1\0\1\0\0\0\5\0\4\300\0\2\1"},
    {"owner points into the header", 16, 1, HF_MSG_FAULT_BODY,
	"\300\0\0\1\0\1\0\0\0\5\0\4\300\0\2\1"},
    {"owner points at the last octet of the header", 16, 1, HF_MSG_FAULT_BODY,
	"\300\13\0\1\0\1\0\0\0\5\0\4\300\0\2\1"},
    {"owner points at itself", 16, 1, HF_MSG_FAULT_BODY, "\300\30\0\1\0\1\0\0\0\5\0\4\300\0\2\1"},
    {"owner points forward", 16, 1, HF_MSG_FAULT_BODY, "\300\44\0\1\0\1\0\0\0\5\0\4\300\0\2\1"},
    {"owner points into a label", 16, 1, HF_MSG_FAULT_BODY,
	"\300\15\0\1\0\1\0\0\0\5\0\4\300\0\2\1"},
    {"class CH", 16, 1, HF_MSG_FAULT_BODY, "\300\14\0\1\0\3\0\0\0\5\0\4\300\0\2\1"},
    {"an OPT", 11, 1, HF_MSG_FAULT_BODY, "\0\0\51\0\1\0\0\0\0\0\0"},
    {"a TSIG", 11, 1, HF_MSG_FAULT_BODY, "\0\0\372\0\1\0\0\0\0\0\0"},
    {"type 0", 11, 1, HF_MSG_FAULT_BODY, "\0\0\0\0\1\0\0\0\0\0\0"},
    {"a TTL of eight days", 16, 1, HF_MSG_FAULT_BODY, "\300\14\0\1\0\1\0\12\214\0\0\4\300\0\2\1"},
    {"an A of three octets", 15, 1, HF_MSG_FAULT_BODY, "\300\14\0\1\0\1\0\0\0\5\0\3\300\0\2"},
    {"an RDLENGTH beyond the end", 16, 1, HF_MSG_FAULT_BODY,
	"\300\14\0\1\0\1\0\0\0\5\0\5\300\0\2\1"},
    {"an octet behind the last record", 17, 1, HF_MSG_FAULT_BODY,
	"\300\14\0\1\0\1\0\0\0\5\0\4\300\0\2\1\0"},
    {"a CNAME to the question", 14, 1, HF_MSG_OK, "\300\14\0\5\0\1\0\0\0\5\0\2\300\14"},
    {"a CNAME into the header", 14, 1, HF_MSG_FAULT_BODY, "\300\14\0\5\0\1\0\0\0\5\0\2\300\2"},
    {"a CNAME to itself", 14, 1, HF_MSG_FAULT_BODY, "\300\14\0\5\0\1\0\0\0\5\0\2\300\44"},
    {"a CNAME longer than its RDATA", 14, 1, HF_MSG_FAULT_BODY, "\300\14\0\5\0\1\0\0\0\5\0\2\77a"},
    {"a CNAME through a TTL", 14, 1, HF_MSG_FAULT_BODY, "\300\14\0\5\0\1\0\0\0\0\0\2\300\36"},
    {"an owner through the TTL before it", 32, 2, HF_MSG_FAULT_BODY,
	"\300\14\0\1\0\1\0\0\0\0\0\4\300\0\2\1\300\36\0\1\0\1\0\0\0\5\0\4\300\0\2\1"},
};

static void
each_body_is_judged_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		const struct body_case *b = &bodies[i];

		body_set(b->octets, b->len, b->an_cnt);
		enum hf_msg_fault f = check();
		if (f != b->want)
			fail_msg("%s: %s", b->what, hf_msg_fault_to_text(f));
		if (f == HF_MSG_OK)
			assert_null(answer_does_not_stand(&a.m, &view));
	}
}

static void
a_body_cut_at_any_octet_is_refused(void **state)
{
	(void)state;
	sample_answer(&a.m);
	uint16_t whole = a.m.body_len;

	for (uint16_t cut = 1; cut <= whole; cut++) {
		sample_answer(&a.m);
		a.m.body_len = (uint16_t)(a.m.body_len - cut);
		a.m.head.len = (uint16_t)(a.m.head.len - cut);
		assert_int_equal(check(), HF_MSG_FAULT_BODY);
	}
}

static void
as_many_records_as_fit_the_view_pass_and_one_more_does_not(void **state)
{
	(void)state;
	uint8_t octets[HF_BODY_MAX];
	uint16_t len = 0;

	for (; len + 11 <= HF_BODY_MAX && len < HF_ANSWER_RR_MAX * 11; len = (uint16_t)(len + 11))
		memcpy(octets + len, "\0\377\0\0\1\0\0\0\5\0\0", 11);
	body_set(octets, len, HF_ANSWER_RR_MAX);
	assert_int_equal(check(), HF_MSG_OK);
	assert_int_equal(view.ttl_cnt, HF_ANSWER_RR_MAX);
	a.m.an_cnt++;
	assert_int_equal(check(), HF_MSG_FAULT_VALUE);
}

static void
a_miss_is_checked_field_by_field(void **state)
{
	(void)state;
	struct hf_name n = sample_name("WwW.De.");
	struct hf_msg_miss good = {.head = {HF_MSG_MISS, sizeof(good), SAMPLE_EPOCH}, .handle = 1};
	struct hf_msg_miss m;

	hf_msg_key_set(&good.key, &n, HF_TYPE_ANY, HF_CLASS_IN, 3);
	assert_memory_equal(good.key.name, "\3www\2de", 8);
	assert_int_equal(hf_msg_check_head(&good, sizeof(good), SAMPLE_EPOCH), HF_MSG_OK);
	assert_int_equal(hf_msg_check_miss(&good, 1), HF_MSG_OK);
	assert_int_equal(hf_msg_check_miss(&good, 0), HF_MSG_FAULT_VALUE);
	m = good;
	m.handle = 0;
	assert_int_equal(hf_msg_check_miss(&m, 1), HF_MSG_FAULT_VALUE);
	m.flags = HF_MISS_REFRESH; /* nobody waits: no handle, and only then none */
	assert_int_equal(hf_msg_check_miss(&m, 1), HF_MSG_OK);
	m.flags = 2;
	assert_int_equal(hf_msg_check_miss(&m, 1), HF_MSG_FAULT_VALUE);
	m = good;
	m.flags = HF_MISS_REFRESH;
	assert_int_equal(hf_msg_check_miss(&m, 1), HF_MSG_FAULT_VALUE);
	m = good;
	m.core = 1;
	assert_int_equal(hf_msg_check_miss(&m, 1), HF_MSG_FAULT_VALUE);
	m = good;
	m.head.type = HF_MSG_ANSWER;
	assert_int_equal(hf_msg_check_miss(&m, 1), HF_MSG_FAULT_TYPE);
	m = good;
	m.key.name[2] = 'W';
	assert_int_equal(hf_msg_check_miss(&m, 1), HF_MSG_FAULT_NAME);
	m = good;
	m.head.len--;
	assert_int_equal(hf_msg_check_head(&m, sizeof(m), SAMPLE_EPOCH), HF_MSG_FAULT_LENGTH);
	assert_int_equal(hf_msg_check_head(&m, 7, SAMPLE_EPOCH), HF_MSG_FAULT_LENGTH);
	assert_int_equal(
	    hf_msg_check_head(&good, sizeof(good) - 1, SAMPLE_EPOCH), HF_MSG_FAULT_LENGTH);
}

static void
policy_messages_are_checked_field_by_field(void **state)
{
	(void)state;
	struct hf_msg_policy_begin b = {.head.type = HF_MSG_POLICY_BEGIN,
	    .generation = 1,
	    .rule_cnt = HF_POLICY_RULE_MAX,
	    .stale_client_ms = 1800,
	    .stale_ttl_s = 30,
	    .stale_max_s = HF_TTL_MAX_S,
	    .stale_retry_s = 30,
	    .stale_triggers = HF_STALE_ALL};
	struct hf_msg_policy_rule r = {.head.type = HF_MSG_POLICY_RULE,
	    .generation = 1,
	    .kind = HF_RULE_NTA,
	    .name_len = 4,
	    .name = "\2de"};
	struct hf_msg_ack k = {.head.type = HF_MSG_ACK, .core_cnt = 2, .core_all = 2};

	assert_int_equal(hf_msg_check_policy_begin(&b), HF_MSG_OK);
	b.rule_cnt++;
	assert_int_equal(hf_msg_check_policy_begin(&b), HF_MSG_FAULT_VALUE);
	b.rule_cnt = 0;
	b.stale_max_s++;
	assert_int_equal(hf_msg_check_policy_begin(&b), HF_MSG_FAULT_VALUE);
	b.stale_max_s = 0;
	b.stale_triggers = HF_STALE_ALL + 1;
	assert_int_equal(hf_msg_check_policy_begin(&b), HF_MSG_FAULT_VALUE);
	b.stale_triggers = 0;
	assert_int_equal(hf_msg_check_policy_begin(&b), HF_MSG_OK);
	b.generation = 0;
	assert_int_equal(hf_msg_check_policy_begin(&b), HF_MSG_FAULT_VALUE);

	assert_int_equal(hf_msg_check_policy_rule(&r), HF_MSG_OK);
	r.kind = 0;
	assert_int_equal(hf_msg_check_policy_rule(&r), HF_MSG_FAULT_VALUE);
	r.kind = HF_RULE_STALE + 1;
	assert_int_equal(hf_msg_check_policy_rule(&r), HF_MSG_FAULT_VALUE);
	r.kind = HF_RULE_STALE;
	assert_int_equal(hf_msg_check_policy_rule(&r), HF_MSG_OK);
	r.stale = (struct hf_msg_stale){1800, 30, HF_TTL_MAX_S, HF_STALE_ALL, {0}};
	assert_int_equal(hf_msg_check_policy_rule(&r), HF_MSG_OK);
	r.stale.max_s++;
	assert_int_equal(hf_msg_check_policy_rule(&r), HF_MSG_FAULT_VALUE);
	r.stale.max_s = 0;
	r.stale.triggers = HF_STALE_ALL + 1;
	assert_int_equal(hf_msg_check_policy_rule(&r), HF_MSG_FAULT_VALUE);
	r.kind = HF_RULE_ANCHOR;
	r.name[1] = 'D';
	assert_int_equal(hf_msg_check_policy_rule(&r), HF_MSG_FAULT_NAME);
	r.name[1] = 'd';
	r.name_len = 5;
	assert_int_equal(hf_msg_check_policy_rule(&r), HF_MSG_FAULT_NAME);

	assert_int_equal(hf_msg_check_ack(&k), HF_MSG_OK);
	k.core_cnt++;
	assert_int_equal(hf_msg_check_ack(&k), HF_MSG_FAULT_VALUE);
	k.core_cnt = 2;
	k.set = HF_SET_CNT;
	assert_int_equal(hf_msg_check_ack(&k), HF_MSG_FAULT_VALUE);
}

static void
counters_said_must_be_as_many_as_there_are(void **state)
{
	(void)state;
	struct hf_msg_stats_say s = {
	    .head.type = HF_MSG_STATS_SAY, .row_cnt = 3, .col_cnt = HF_COUNTER_CNT};

	s.head.len = (uint16_t)(sizeof(s) + 3 * HF_COUNTER_CNT * 8);
	assert_int_equal(hf_msg_check_stats_say(&s), HF_MSG_OK);
	s.head.len--;
	assert_int_equal(hf_msg_check_stats_say(&s), HF_MSG_FAULT_LENGTH);
	s.col_cnt--;
	assert_int_equal(hf_msg_check_stats_say(&s), HF_MSG_FAULT_VALUE);
	s.col_cnt++;
	s.row_cnt = HF_WORKER_MAX + 2;
	assert_int_equal(hf_msg_check_stats_say(&s), HF_MSG_FAULT_VALUE);
}

static void
histograms_said_must_be_of_a_core_that_is_there(void **state)
{
	(void)state;
	struct hf_msg_latency_say s = {
	    .head = {HF_MSG_LATENCY_SAY, sizeof(s), 0}, .core = 1, .core_cnt = 2};

	assert_int_equal(hf_msg_check_latency_say(&s), HF_MSG_OK);
	s.core = 2;
	assert_int_equal(hf_msg_check_latency_say(&s), HF_MSG_FAULT_VALUE);
	s.core_cnt = HF_WORKER_MAX + 1;
	assert_int_equal(hf_msg_check_latency_say(&s), HF_MSG_FAULT_VALUE);
	s.core = s.core_cnt = 0;
	assert_int_equal(hf_msg_check_latency_say(&s), HF_MSG_FAULT_VALUE);
	s.head.type = HF_MSG_STATS_SAY;
	assert_int_equal(hf_msg_check_latency_say(&s), HF_MSG_FAULT_TYPE);
}

static void
an_entry_said_is_checked_like_an_answer(void **state)
{
	(void)state;
	union {
		struct hf_msg_cache_say m;
		uint8_t octets[HF_UPDATE_SLOT_LEN + sizeof(struct hf_msg_cache_say)];
	} s = {.m = {.head = {HF_MSG_CACHE_SAY, sizeof(s.m), SAMPLE_EPOCH}}};

	assert_int_equal(hf_msg_check_cache_say(&s.m, &view), HF_MSG_OK);
	s.m.found = 1;
	assert_int_equal(hf_msg_check_cache_say(&s.m, &view), HF_MSG_FAULT_LENGTH);
	sample_answer(&a.m);
	memcpy(s.m.answer, &a, a.m.head.len);
	s.m.head.len = (uint16_t)(s.m.head.len + a.m.head.len);
	assert_int_equal(hf_msg_check_cache_say(&s.m, &view), HF_MSG_OK);
	assert_int_equal(view.ttl_cnt, 5);
	s.m.head.len++;
	assert_int_equal(hf_msg_check_cache_say(&s.m, &view), HF_MSG_FAULT_LENGTH);
	s.m.head.len = (uint16_t)(s.m.head.len - 2);
	assert_int_equal(hf_msg_check_cache_say(&s.m, &view), HF_MSG_FAULT_LENGTH);
	s.m.head.len++;
	s.m.found = 2;
	assert_int_equal(hf_msg_check_cache_say(&s.m, &view), HF_MSG_FAULT_VALUE);
	s.m.found = 0;
	assert_int_equal(hf_msg_check_cache_say(&s.m, &view), HF_MSG_FAULT_LENGTH);
}

static void
a_chain_takes_names_up_to_its_limits(void **state)
{
	(void)state;
	struct hf_msg_chain chain = {0};
	struct hf_name n = sample_name("a.");

	for (int i = 0; i < HF_CHAIN_MAX; i++)
		assert_int_equal(hf_msg_chain_add(&chain, &n), 0);
	assert_int_equal(hf_msg_chain_add(&chain, &n), -ENOSPC);
	assert_int_equal(chain.len, 3 * HF_CHAIN_MAX);

	memset(&chain, 0, sizeof(chain));
	while (n.len < 200)
		assert_int_equal(hf_name_wildcard(&n, &n), 0);
	assert_int_equal(hf_msg_chain_add(&chain, &n), 0);
	assert_int_equal(hf_msg_chain_add(&chain, &n), 0);
	assert_int_equal(hf_msg_chain_add(&chain, &n), -ENOSPC);
	assert_int_equal(chain.cnt, 2);
}

static void
finishing_an_answer_makes_its_text_printable_and_refuses_what_is_too_large(void **state)
{
	(void)state;
	const struct hf_answer_parts odd = {.ede_text = "a\nb\x80", .ede_text_len = 4};
	const struct hf_answer_parts large = {.body = a.octets, .body_len = HF_BODY_MAX + 1};

	sample_answer(&a.m);
	a.m.an_cnt = a.m.ns_cnt = a.m.ar_cnt = 0;
	assert_int_equal(hf_msg_answer_finish(&a.m, SAMPLE_EPOCH, &large), -EMSGSIZE);
	assert_int_equal(hf_msg_answer_finish(&a.m, SAMPLE_EPOCH, &odd), 0);
	assert_int_equal(check(), HF_MSG_OK);
	assert_memory_equal(view.ede_text, "a?b?", 4);
	assert_int_equal(a.m.chain_cnt, 0);
}

static void
every_fault_has_a_name(void **state)
{
	(void)state;
	for (unsigned f = 0; f < HF_MSG_FAULT_CNT; f++)
		assert_string_not_equal(hf_msg_fault_to_text(f), "?");
	assert_string_equal(hf_msg_fault_to_text(HF_MSG_FAULT_CNT), "?");
	assert_string_equal(hf_msg_fault_to_text(HF_MSG_FAULT_ORDER), "order");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_message_is_copied_as_far_as_its_head_says),
	    cmocka_unit_test(a_good_answer_passes_and_its_view_points_at_its_parts),
	    cmocka_unit_test(an_answer_without_records_passes),
	    cmocka_unit_test(a_field_out_of_range_has_its_fault),
	    cmocka_unit_test(parts_that_only_add_up_after_an_overflow_are_refused),
	    cmocka_unit_test(each_body_is_judged_as_the_table_says),
	    cmocka_unit_test(a_body_cut_at_any_octet_is_refused),
	    cmocka_unit_test(as_many_records_as_fit_the_view_pass_and_one_more_does_not),
	    cmocka_unit_test(a_miss_is_checked_field_by_field),
	    cmocka_unit_test(policy_messages_are_checked_field_by_field),
	    cmocka_unit_test(counters_said_must_be_as_many_as_there_are),
	    cmocka_unit_test(histograms_said_must_be_of_a_core_that_is_there),
	    cmocka_unit_test(an_entry_said_is_checked_like_an_answer),
	    cmocka_unit_test(a_chain_takes_names_up_to_its_limits),
	    cmocka_unit_test(
		finishing_an_answer_makes_its_text_printable_and_refuses_what_is_too_large),
	    cmocka_unit_test(every_fault_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
