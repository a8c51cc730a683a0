/* SPDX-License-Identifier: BSD-3-Clause */
/* The resolver's answer as a message for the dataplane and as a reply to a client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controlplane/answer.h"
#include "lib/wire/writer.h"

static _Alignas(8) uint8_t slot[HF_UPDATE_SLOT_LEN];
static struct cp_answer a;
static uint8_t message[HF_MSG_MAX];

static const struct cp_answer_to to = {.handle = 5, .core = 1, .epoch = 9};

static struct hf_name
name_of(const char *text)
{
	struct hf_name n;

	assert_int_equal(hf_name_from_text(text, &n), 0);
	return n;
}

/* An answer with cnt A records, under name. */
static void
fill(const char *name, int cnt)
{
	struct hf_writer w;
	struct hf_rr rr = {.type = HF_TYPE_A, .klass = HF_CLASS_IN, .ttl = 300, .rdata_len = 4};

	memset(&a, 0, sizeof(a));
	a.question = (struct hf_question){name_of(name), HF_TYPE_A, HF_CLASS_IN};
	a.ede = a.hidden_ede = HF_EDE_NONE;
	a.ttl_s = 300;
	a.policy_gen = 4;
	a.verdict = HF_VERDICT_SECURE;
	hf_writer_init(&w, message, sizeof(message));
	hf_writer_question(&w, &a.question);
	uint32_t begin = w.len;
	for (int i = 0; i < cnt; i++) {
		uint8_t rdata[4] = {192, 0, (uint8_t)(i >> 8), (uint8_t)i};

		hf_writer_rr(&w, HF_SECTION_ANSWER, &a.question.name, &rr, rdata);
	}
	a.an_cnt = (uint16_t)cnt;
	a.body = message + begin;
	a.body_len = (uint16_t)(w.len - begin);
}

static const struct hf_msg_answer *
convert(bool *fits)
{
	struct hf_answer_view view;
	struct hf_msg_answer *m = (void *)slot;

	memset(slot, 0xee, sizeof(slot));
	size_t len = cp_answer_to_msg(&a, &to, m, fits);
	assert_true(len <= sizeof(slot));
	assert_int_equal(hf_msg_check_head(slot, len, 9), HF_MSG_OK);
	assert_int_equal(hf_msg_check_answer(m, &view), HF_MSG_OK);
	return m;
}

static void
an_answer_becomes_a_message_that_the_dataplane_accepts(void **state)
{
	bool fits;

	(void)state;
	fill("WWW.Example.", 2);
	a.chain_cnt = 2;
	a.chain[0] = name_of("b.example.");
	a.chain[1] = name_of("c.example.");
	const struct hf_msg_answer *m = convert(&fits);
	assert_true(fits);
	assert_int_equal(m->handle, 5);
	assert_int_equal(m->core, 1);
	assert_int_equal(m->an_cnt, 2);
	assert_int_equal(m->chain_cnt, 2);
	assert_int_equal(m->policy_gen, 4);
	assert_int_equal(m->flags, HF_ANSWER_STALE);
	assert_memory_equal(m->key.name, "\3www\7example", 13);
}

static void
failures_and_what_was_let_through_are_never_stale(void **state)
{
	static const struct {
		enum hf_verdict verdict;
		uint8_t variant;
		bool under_nta;
		bool stale;
	} row[] = {
	    {HF_VERDICT_SECURE, 0, false, true},
	    {HF_VERDICT_SECURE, 0, true, true},
	    {HF_VERDICT_INSECURE, HF_VARIANT_DO, false, true},
	    {HF_VERDICT_UNVALIDATED, HF_VARIANT_CD, false, true},
	    {HF_VERDICT_UNVALIDATED, HF_VARIANT_CD, true, false},
	    {HF_VERDICT_UNVALIDATED, 0, true, false},
	    {HF_VERDICT_BOGUS, 0, false, false},
	    {HF_VERDICT_FAILURE, 0, false, false},
	};
	bool fits;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bool bad =
		    row[i].verdict == HF_VERDICT_BOGUS || row[i].verdict == HF_VERDICT_FAILURE;

		fill("a.", bad ? 0 : 1);
		a.rcode = bad ? HF_RCODE_SERVFAIL : HF_RCODE_NOERROR;
		a.verdict = row[i].verdict;
		a.variant = row[i].variant;
		a.under_nta = row[i].under_nta;
		assert_int_equal((convert(&fits)->flags & HF_ANSWER_STALE) != 0, row[i].stale);
	}
}

static void
a_failure_says_whether_servers_answered_at_all(void **state)
{
	bool fits;

	(void)state;
	fill("a.", 0);
	a.rcode = HF_RCODE_SERVFAIL;
	a.verdict = HF_VERDICT_FAILURE;
	a.ede = HF_EDE_NO_REACHABLE_AUTHORITY;
	a.refused = true;
	assert_int_equal(hf_stale_trigger(convert(&fits)), HF_STALE_SERVFAIL);
	a.refused = false;
	assert_int_equal(hf_stale_trigger(convert(&fits)), HF_STALE_TIMEOUT);
	a.ede = HF_EDE_OTHER;
	assert_int_equal(hf_stale_trigger(convert(&fits)), HF_STALE_SERVFAIL);
	a.verdict = HF_VERDICT_BOGUS;
	assert_int_equal(hf_stale_trigger(convert(&fits)), HF_STALE_BOGUS);
}

static void
a_secure_answer_says_how_long_its_signatures_last(void **state)
{
	static const struct {
		enum hf_verdict verdict;
		uint32_t valid_s, want_s;
	} row[] = {
	    {HF_VERDICT_SECURE, 86400, 86400},
	    {HF_VERDICT_SECURE, 0, 0},
	    {HF_VERDICT_SECURE, UINT32_MAX, HF_VALID_MAX_S},
	    {HF_VERDICT_INSECURE, UINT32_MAX, 0},
	    {HF_VERDICT_UNVALIDATED, UINT32_MAX, 0},
	};
	bool fits;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		fill("a.", 1);
		a.ttl_s = 300;
		a.verdict = row[i].verdict;
		a.valid_s = row[i].valid_s;
		assert_int_equal(convert(&fits)->valid_s, row[i].want_s);
	}
}

static void
a_body_that_is_too_large_is_marked_truncated_and_left_out(void **state)
{
	bool fits;

	(void)state;
	fill("www.example.", 250); /* 16 octets each */
	assert_true(a.body_len > HF_BODY_MAX);
	const struct hf_msg_answer *m = convert(&fits);
	assert_false(fits);
	assert_true((m->flags & HF_ANSWER_TRUNCATED) != 0);
	assert_int_equal(m->body_len, 0);
	assert_int_equal(m->an_cnt, 0);
	fill("www.example.", 0);
	a.truncated = true; /* the resolver knew */
	(void)convert(&fits);
	assert_true(fits);
}

static void
a_chain_that_does_not_fit_is_a_failure_not_an_answer_without_it(void **state)
{
	char text[256] = "";
	bool fits;

	(void)state;
	fill("www.example.", 1);
	for (int i = 0; i < 4; i++)
		strcat(text, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.");
	a.chain_cnt = 3;
	for (int i = 0; i < 3; i++)
		a.chain[i] = name_of(text);
	const struct hf_msg_answer *m = convert(&fits);
	assert_false(fits);
	assert_int_equal(m->verdict, HF_VERDICT_FAILURE);
	assert_int_equal(m->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(m->an_cnt, 0);
	assert_int_equal(m->ttl_s, 0);
}

static void
the_longest_text_and_chain_and_body_fit_together(void **state)
{
	bool fits;

	(void)state;
	fill("e.", 190);
	assert_true(a.body_len > HF_BODY_MAX - 100 && a.body_len <= HF_BODY_MAX);
	memset(a.ede_text, 'x', HF_EDE_TEXT_MAX);
	a.ede = HF_EDE_OTHER;
	a.chain_cnt = HF_CHAIN_MAX;
	for (int i = 0; i < HF_CHAIN_MAX; i++)
		a.chain[i] = name_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.e.");
	(void)convert(&fits);
	assert_true(fits);
}

static void
a_client_gets_ad_only_for_what_is_secure_and_under_no_strict_nta(void **state)
{
	struct hf_reply r;

	(void)state;
	for (int v = 0; v < HF_VERDICT_CNT; v++) {
		for (int nta = 0; nta < 3; nta++) { /* none, a soft one, a strict one */
			fill("a.", 1);
			a.verdict = (enum hf_verdict)v;
			a.under_nta = nta != 0;
			a.strict = nta == 2;
			cp_answer_to_reply(&a, &r);
			assert_int_equal(r.authentic, v == HF_VERDICT_SECURE && nta != 2);
		}
	}
}

static void
under_an_nta_the_client_hears_of_it_and_of_what_it_hides(void **state)
{
	struct hf_reply r;

	(void)state;
	fill("a.", 1);
	a.verdict = HF_VERDICT_UNVALIDATED;
	a.under_nta = true;
	a.ede = HF_EDE_NTA;
	a.hidden_ede = HF_EDE_BOGUS;
	strcpy(a.ede_text, "why");
	cp_answer_to_reply(&a, &r);
	assert_int_equal(r.ede_cnt, 2);
	assert_int_equal(r.ede[0], HF_EDE_NTA);
	assert_int_equal(r.ede[1], HF_EDE_BOGUS);
	assert_int_equal(r.ede_text_len, 3);
	a.under_nta = false; /* CD: the client did not want to know */
	a.ede = HF_EDE_NONE;
	cp_answer_to_reply(&a, &r);
	assert_int_equal(r.ede_cnt, 0);
	assert_null(r.ede_text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_answer_becomes_a_message_that_the_dataplane_accepts),
	    cmocka_unit_test(failures_and_what_was_let_through_are_never_stale),
	    cmocka_unit_test(a_failure_says_whether_servers_answered_at_all),
	    cmocka_unit_test(a_secure_answer_says_how_long_its_signatures_last),
	    cmocka_unit_test(a_body_that_is_too_large_is_marked_truncated_and_left_out),
	    cmocka_unit_test(a_chain_that_does_not_fit_is_a_failure_not_an_answer_without_it),
	    cmocka_unit_test(the_longest_text_and_chain_and_body_fit_together),
	    cmocka_unit_test(a_client_gets_ad_only_for_what_is_secure_and_under_no_strict_nta),
	    cmocka_unit_test(under_an_nta_the_client_hears_of_it_and_of_what_it_hides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
