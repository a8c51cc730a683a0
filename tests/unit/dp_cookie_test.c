/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/serve.c: DNS cookies of clients, on every way a reply is made. */
#include <stdio.h>

#include "tests/unit/dp_serve_fixture.h"

enum { NOW_S = 1559731985, IP_OFF = DNS_OFF - 28 };

/* RFC 9018 A.1: this client, this secret, this time. */
static const uint8_t client[8] = {0x24, 0x64, 0xc4, 0xab, 0xcf, 0x10, 0xc9, 0x57};
static const uint8_t full[HF_COOKIE_LEN] = {0x24, 0x64, 0xc4, 0xab, 0xcf, 0x10, 0xc9, 0x57, 1, 0, 0,
    0, 0x5c, 0xf7, 0x9f, 0x11, 0x1f, 0x81, 0x30, 0xc3, 0xee, 0xe2, 0x94, 0x80};
static struct hf_cookie_secrets secrets = {
    .cnt = 1, .key = {{{UINT64_C(0x3fa4b2a6e573e9e5), UINT64_C(0xcfbf379e84dce748)}}}};
static uint8_t reply_frame[FRAME_LEN];

static enum dp_outcome
ask(const struct fx_query *q, const void *cookie, uint8_t len)
{
	memset(frame, 0, sizeof(frame));
	frame[12] = 0x08; /* IPv4 */
	frame[IP_OFF] = 0x45;
	memcpy(frame + IP_OFF + 12, (const uint8_t[]){198, 51, 100, 100}, 4);
	dq = (struct dp_query){
	    .msg = frame + DNS_OFF, .cap = FRAME_LEN - DNS_OFF, .ip = frame + IP_OFF};
	dq.len = fx_query(q, dq.msg);
	dq.msg[dq.len - 1] = (uint8_t)(4 + len);
	memcpy(dq.msg + dq.len, (const uint8_t[]){0, HF_OPTION_COOKIE, 0, len}, 4);
	memcpy(dq.msg + dq.len + 4, cookie, len);
	dq.len += 4 + len;
	core.cookies = &secrets;
	core.wall_s = NOW_S;
	dp_query_parse(&core, &dq);
	dp_query_find(&core, &dq);
	return dp_query_answer(&core, policy, &dq);
}

/* The COOKIE option of a reply must be this one, NULL: none. Returns its RCODE. */
static unsigned
check(const uint8_t *m, size_t len, const uint8_t *want)
{
	struct hf_walk w;
	struct hf_cursor c;
	struct hf_header h;
	struct hf_question q;
	struct hf_edns edns = {0};
	struct hf_rr rr;
	unsigned rcode;

	hf_cursor_init(&c, m, len);
	hf_header_read(&c, &h);
	hf_question_read(&c, &q);
	hf_walk_init(&w, &c, &h);
	while (hf_walk_next(&w, &rr))
		if (rr.type == HF_TYPE_OPT)
			assert_true(hf_edns_from_rr(m, &rr, &edns));
	assert_true(hf_cursor_ok(&c) && hf_cursor_left(&c) == 0);
	rcode = (h.flags & HF_FLAG_RCODE) | (unsigned)edns.ext_rcode << 4;
	assert_int_equal(edns.cookie_len, want != NULL ? HF_COOKIE_LEN : 0);
	if (want != NULL)
		assert_memory_equal(m + edns.cookie_off, want, HF_COOKIE_LEN);
	return rcode;
}

static void
a_hit_learns_its_client_a_cookie_and_keeps_it(void **state)
{
	(void)state;
	publish(&secure);
	assert_int_equal(ask(&with_edns, client, sizeof(client)), DP_REPLY);
	assert_int_equal(check(dq.msg, dq.len, full), HF_RCODE_NOERROR);
	assert_int_equal(counted(HF_COUNTER_client_cookie_learning), 1);
	core.wall_s += 600;
	assert_int_equal(ask(&with_edns, full, sizeof(full)), DP_REPLY);
	assert_int_equal(check(dq.msg, dq.len, full), HF_RCODE_NOERROR);
	assert_int_equal(counted(HF_COUNTER_client_cookie_good), 1);
}

static void
a_bad_cookie_is_answered_as_a_client_cookie_alone(void **state)
{
	(void)state;
	uint8_t bad[HF_COOKIE_LEN];

	publish(&secure);
	memcpy(bad, full, sizeof(bad));
	bad[23] ^= 1;
	assert_int_equal(ask(&with_edns, bad, sizeof(bad)), DP_REPLY);
	assert_int_equal(check(dq.msg, dq.len, full), HF_RCODE_NOERROR);
	assert_int_equal(counted(HF_COUNTER_client_cookie_bad), 1);
}

static void
a_reason_and_an_old_policy_do_not_matter_to_it(void **state)
{
	(void)state;
	struct fx_answer a = secure;

	a.verdict = HF_VERDICT_BOGUS;
	a.rr_cnt = 0;
	a.ede = HF_EDE_BOGUS;
	publish(&a);
	push_policy(2, NULL);
	assert_int_equal(ask(&with_edns, client, sizeof(client)), DP_REPLY);
	assert_int_equal(check(dq.msg, dq.len, full), HF_RCODE_SERVFAIL);
}

static void
a_reply_that_is_cut_keeps_its_cookie(void **state)
{
	(void)state;
	struct fx_answer a = secure;

	a.rr_cnt = 80;
	publish(&a);
	assert_int_equal(ask(&with_edns, client, sizeof(client)), DP_REPLY);
	assert_true((dq.msg[2] & 2) != 0 && dq.len <= 1232 && dq.len > 1216 - 16);
	assert_int_equal(check(dq.msg, dq.len, full), HF_RCODE_NOERROR);
}

static void
a_length_that_cannot_be_is_formerr(void **state)
{
	(void)state;
	uint8_t octets[64] = {1};

	publish(&secure);
	for (uint8_t len = 0; len < 64; len++) {
		unsigned want = hf_cookie_len_ok(len) ? HF_RCODE_NOERROR : HF_RCODE_FORMERR;

		assert_int_equal(ask(&with_edns, octets, len), DP_REPLY);
		assert_int_equal(dq.msg[3] & 15, want);
		assert_int_equal(dq.msg[11], 1); /* OPT */
	}
}

static void
who_waited_gets_a_cookie_too(void **state)
{
	(void)state;
	const struct dp_frame f = {.octets = frame, .dns_off = DNS_OFF};
	struct dp_job job = {.frame = reply_frame, .cap = FRAME_LEN};

	assert_int_equal(ask(&with_edns, client, sizeof(client)), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &f, &ask_out), DP_ASK);
	uint64_t handle = ask_out.handle;
	assert_int_equal(ask(&with_edns, full, sizeof(full)), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &f, &ask_out), DP_WAIT);
	memset(frame, 0xee, sizeof(frame));
	publish(&secure);
	dp_core_done(&core, handle);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(dp_core_next(&core, policy, &dq, &job, &ask_out), DP_REPLY);
		assert_int_equal(
		    check(job.frame + job.dns_off, job.dns_len, full), HF_RCODE_NOERROR);
	}
	assert_int_equal(counted(HF_COUNTER_client_cookie_learning), 1);
	assert_int_equal(counted(HF_COUNTER_client_cookie_good), 1);
}

static void
required_a_good_one_gets_an_answer_and_others_badcookie(void **state)
{
	(void)state;
	publish(&secure);
	secrets.required = true;
	assert_int_equal(ask(&with_edns, client, sizeof(client)), DP_REPLY);
	assert_int_equal(check(dq.msg, dq.len, full), HF_RCODE_BADCOOKIE);
	assert_int_equal(dq.msg[7], 0);
	assert_int_equal(ask(&with_edns, full, sizeof(full)), DP_REPLY);
	assert_int_equal(check(dq.msg, dq.len, full), HF_RCODE_NOERROR);
	assert_int_equal(serve(&with_edns), DP_REPLY); /* none at all */
	assert_int_equal(reply().rcode, HF_RCODE_NOERROR);
	secrets.required = false;
	assert_int_equal(counted(HF_COUNTER_badcookie), 1);
}

static void
switched_off_the_option_is_ignored(void **state)
{
	(void)state;
	publish(&secure);
	secrets.cnt = 0;
	assert_int_equal(ask(&with_edns, client, sizeof(client)), DP_REPLY);
	assert_int_equal(check(dq.msg, dq.len, NULL), HF_RCODE_NOERROR);
	secrets.cnt = 1;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(a_hit_learns_its_client_a_cookie_and_keeps_it),
	    T(a_bad_cookie_is_answered_as_a_client_cookie_alone),
	    T(a_reason_and_an_old_policy_do_not_matter_to_it),
	    T(a_reply_that_is_cut_keeps_its_cookie),
	    T(a_length_that_cannot_be_is_formerr),
	    T(who_waited_gets_a_cookie_too),
	    T(required_a_good_one_gets_an_answer_and_others_badcookie),
	    T(switched_off_the_option_is_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
