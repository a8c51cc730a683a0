/* SPDX-License-Identifier: BSD-3-Clause */
/* 100 000 spoilt messages of each type through the checks. Each is in memory of exactly its
 * size, so that a sanitizer sees the first octet read too far. What passes must stand up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/link/counters.h"
#include "tests/unit/link_sample.h"

enum { MUTANT_CNT = 100000, MSG_MAX = HF_UPDATE_SLOT_LEN + sizeof(struct hf_msg_cache_say) };

union message {
	struct hf_msg_head head;
	struct hf_msg_hello hello;
	struct hf_msg_welcome welcome;
	struct hf_msg_miss miss;
	struct hf_msg_answer answer;
	struct hf_msg_policy_begin begin;
	struct hf_msg_policy_rule rule;
	struct hf_msg_policy_end end;
	struct hf_msg_ack ack;
	struct hf_msg_stats_say stats;
	struct hf_msg_cache_ask ask;
	struct hf_msg_latency_say latency;
	struct hf_msg_cookies cookies;
	struct hf_msg_survey_ask survey_ask;
	struct hf_msg_survey_say survey_say;
	struct hf_msg_cache_say say;
	uint8_t octets[MSG_MAX];
};

static uint64_t seed;

static uint32_t
below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % n);
}

/* Lengths of the types without a tail. */
static const uint16_t fixed_len[HF_MSG_TYPE_CNT] = {
    [HF_MSG_HELLO] = sizeof(struct hf_msg_hello),
    [HF_MSG_WELCOME] = sizeof(struct hf_msg_welcome),
    [HF_MSG_MISS] = sizeof(struct hf_msg_miss),
    [HF_MSG_POLICY_BEGIN] = sizeof(struct hf_msg_policy_begin),
    [HF_MSG_POLICY_RULE] = sizeof(struct hf_msg_policy_rule),
    [HF_MSG_POLICY_END] = sizeof(struct hf_msg_policy_end),
    [HF_MSG_ACK] = sizeof(struct hf_msg_ack),
    [HF_MSG_STATS_ASK] = sizeof(struct hf_msg_stats_ask),
    [HF_MSG_CACHE_ASK] = sizeof(struct hf_msg_cache_ask),
    [HF_MSG_LATENCY_ASK] = sizeof(struct hf_msg_latency_ask),
    [HF_MSG_LATENCY_SAY] = sizeof(struct hf_msg_latency_say),
    [HF_MSG_COOKIES] = sizeof(struct hf_msg_cookies),
    [HF_MSG_SURVEY_ASK] = sizeof(struct hf_msg_survey_ask),
    [HF_MSG_SURVEY_SAY] = sizeof(struct hf_msg_survey_say),
};

/* A good message of each type. */
static void
sample(unsigned type, union message *m)
{
	static const char name[] = "\2de";
	struct hf_name n = sample_name("www.de.");

	memset(m, 0, sizeof(*m));
	m->head = (struct hf_msg_head){(uint16_t)type, fixed_len[type], SAMPLE_EPOCH};
	switch (type) {
	case HF_MSG_MISS:
		m->miss.handle = 1;
		hf_msg_key_set(&m->miss.key, &n, HF_TYPE_A, HF_CLASS_IN, 1);
		break;
	case HF_MSG_CACHE_ASK:
		hf_msg_key_set(&m->ask.key, &n, HF_TYPE_A, HF_CLASS_IN, 1);
		break;
	case HF_MSG_ANSWER:
		sample_answer(&m->answer);
		break;
	case HF_MSG_CACHE_SAY:
		sample_answer((struct hf_msg_answer *)(void *)m->say.answer);
		m->say.found = 1;
		m->head.len = (uint16_t)(sizeof(m->say) +
		    ((struct hf_msg_answer *)(void *)m->say.answer)->head.len);
		break;
	case HF_MSG_COOKIES:
		m->cookies.cnt = 2;
		break;
	case HF_MSG_SURVEY_ASK:
		m->survey_ask.name_len = sizeof(name);
		memcpy(m->survey_ask.name, name, sizeof(name));
		break;
	case HF_MSG_SURVEY_SAY:
		m->survey_say.queries_all = m->survey_say.queries = 1;
		break;
	case HF_MSG_POLICY_BEGIN:
		m->begin.generation = 1;
		break;
	case HF_MSG_POLICY_RULE:
		m->rule.generation = 1;
		m->rule.kind = HF_RULE_NTA;
		m->rule.name_len = sizeof(name);
		memcpy(m->rule.name, name, sizeof(name));
		break;
	case HF_MSG_STATS_SAY:
		m->stats.row_cnt = 2;
		m->stats.col_cnt = HF_COUNTER_CNT;
		m->head.len = (uint16_t)(sizeof(m->stats) + 2 * HF_COUNTER_CNT * 8);
		break;
	case HF_MSG_LATENCY_SAY:
		m->latency.core = 1;
		m->latency.core_cnt = 2;
		break;
	default:
		break;
	}
}

/* As the receivers do it. passed[1] counts answers with records that were found good. */
static enum hf_msg_fault
receive(const void *msg, size_t len, unsigned passed[2])
{
	const union message *m = msg;
	struct hf_answer_view v = {0};
	const struct hf_msg_answer *a = NULL;
	enum hf_msg_fault f = hf_msg_check_head(msg, len, SAMPLE_EPOCH);

	if (f != HF_MSG_OK)
		return f;
	switch (m->head.type) {
	case HF_MSG_MISS:
		f = hf_msg_check_miss(&m->miss, 4);
		break;
	case HF_MSG_CACHE_ASK:
		f = hf_msg_check_key(&m->ask.key);
		break;
	case HF_MSG_ANSWER:
		a = &m->answer;
		f = hf_msg_check_answer(a, &v);
		break;
	case HF_MSG_CACHE_SAY:
		a = m->say.found ? (const void *)m->say.answer : NULL;
		f = hf_msg_check_cache_say(&m->say, &v);
		break;
	case HF_MSG_POLICY_BEGIN:
		f = hf_msg_check_policy_begin(&m->begin);
		break;
	case HF_MSG_POLICY_RULE:
		f = hf_msg_check_policy_rule(&m->rule);
		break;
	case HF_MSG_ACK:
		f = hf_msg_check_ack(&m->ack);
		break;
	case HF_MSG_COOKIES:
		f = hf_msg_check_cookies(&m->cookies);
		if (f == HF_MSG_OK && m->cookies.cnt > HF_COOKIE_SECRET_MAX)
			fail_msg("more secrets than there is room for");
		break;
	case HF_MSG_SURVEY_ASK:
		f = hf_msg_check_survey_ask(&m->survey_ask);
		break;
	case HF_MSG_SURVEY_SAY:
		f = hf_msg_check_survey_say(&m->survey_say);
		if (f == HF_MSG_OK && m->survey_say.queries > m->survey_say.queries_all)
			fail_msg("more queries below a zone than there are");
		break;
	case HF_MSG_STATS_SAY:
		f = hf_msg_check_stats_say(&m->stats);
		break;
	case HF_MSG_LATENCY_SAY:
		f = hf_msg_check_latency_say(&m->latency);
		break;
	default:
		break;
	}
	passed[0] += f == HF_MSG_OK;
	if (f == HF_MSG_OK && a != NULL) {
		const char *why = answer_does_not_stand(a, &v);
		if (why != NULL)
			fail_msg("a checked answer does not stand up: %s", why);
		passed[1] += v.ttl_cnt > 0;
	}
	return f;
}

static void
flip_bits(uint8_t *p, size_t len)
{
	for (unsigned n = 1 + below(4); n > 0; n--)
		p[below((uint32_t)len)] ^= (uint8_t)(1u << below(8));
}

/* Lie in one of the small numbers at the front, where counts and lengths are. */
static void
lie_in_a_number(uint8_t *p, size_t len)
{
	static const uint16_t lies[] = {0, 1, 11, 12, 13, 255, 256, 4095, 4096, 32768, 65535};
	size_t front = len < 64 ? len : 64;
	uint16_t lie = lies[below(sizeof(lies) / sizeof(lies[0]))];

	if (front >= 2)
		memcpy(p + (below((uint32_t)front - 1) & ~1u), &lie, sizeof(lie));
}

/* Spoil a good message. Returns its new length. */
static size_t
mutate(union message *m)
{
	size_t len = m->head.len;
	unsigned type = m->head.type;

	switch (below(6)) {
	case 0:
		flip_bits(m->octets, len);
		break;
	case 1:
		flip_bits(m->octets + sizeof(m->head), len - sizeof(m->head));
		break;
	case 2:
		return below((uint32_t)len + 1); /* cut, and the head does not know */
	case 3:
		len = sizeof(m->head) + below((uint32_t)(len - sizeof(m->head)) + 1);
		m->head.len = (uint16_t)len; /* cut, and the head lies along */
		break;
	case 4:
		lie_in_a_number(m->octets, len);
		break;
	default:
		len = below(MSG_MAX) + 1;
		for (size_t i = 0; i < len; i++)
			m->octets[i] = (uint8_t)below(256);
		if (below(2))
			m->head = (struct hf_msg_head){(uint16_t)type, (uint16_t)len, SAMPLE_EPOCH};
	}
	return len;
}

/* Random octets for a body, weighted towards what bodies are made of. */
static void
body_noise(struct hf_msg_answer *a)
{
	static const uint8_t likely[] = {
	    0, 0, 0, 1, 2, 5, 6, 12, 16, 24, 43, 46, 47, 192, 192, 255};
	uint8_t *body = a->payload + a->chain_len + a->ede_text_len;

	for (unsigned n = 1 + below(6); n > 0 && a->body_len > 0; n--)
		body[below(a->body_len)] =
		    below(4) ? likely[below(sizeof(likely))] : (uint8_t)below(256);
}

static void
spoil_many(unsigned type, bool noise, unsigned passed[2], unsigned faults[HF_MSG_FAULT_CNT])
{
	static union message good, m;

	sample(type, &good);
	assert_int_equal(receive(&good, good.head.len, passed), HF_MSG_OK);
	for (unsigned i = 0; i < MUTANT_CNT; i++) {
		memcpy(&m, &good, sizeof(m));
		size_t len = m.head.len;
		if (noise)
			body_noise(&m.answer);
		else
			len = mutate(&m);
		uint8_t *exact = malloc(len > 0 ? len : 1);
		assert_non_null(exact);
		memcpy(exact, m.octets, len);
		faults[receive(exact, len, passed)]++;
		free(exact);
	}
}

static void
no_spoilt_message_of_any_type_does_harm(void **state)
{
	(void)state;
	unsigned passed[2] = {0, 0}, faults[HF_MSG_FAULT_CNT] = {0};

	seed = 1;
	for (unsigned type = HF_MSG_HELLO; type < HF_MSG_TYPE_CNT; type++)
		spoil_many(type, false, passed, faults);
	/* The mutations reach every check: each fault is seen, and some mutants are harmless. */
	for (unsigned f = HF_MSG_FAULT_LENGTH; f < HF_MSG_FAULT_ORDER; f++) {
		if (faults[f] < 100)
			fail_msg("%s: only %u", hf_msg_fault_to_text(f), faults[f]);
	}
	assert_true(passed[0] > 10000);
}

static void
an_answer_whose_records_are_noise_passes_only_if_it_stands_up(void **state)
{
	(void)state;
	unsigned passed[2] = {0, 0}, faults[HF_MSG_FAULT_CNT] = {0};

	seed = 2;
	spoil_many(HF_MSG_ANSWER, true, passed, faults);
	assert_true(passed[1] > 1000);
	assert_true(faults[HF_MSG_FAULT_BODY] > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_spoilt_message_of_any_type_does_harm),
	    cmocka_unit_test(an_answer_whose_records_are_noise_passes_only_if_it_stands_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
