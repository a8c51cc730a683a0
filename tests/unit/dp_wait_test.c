/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/serve.c: questions that wait for the control plane, and how they end. */
#include <stdio.h>

#include "tests/unit/dp_serve_fixture.h"

enum { ARRIVED = 1000 }; /* and the port: comes back with each reply */

static uint8_t reply_frame[FRAME_LEN];

static enum dp_outcome
serve_miss(const struct fx_query *q, uint16_t port)
{
	const struct dp_frame f = {
	    .octets = frame, .dns_off = DNS_OFF, .port = port, .arrived = ARRIVED + port};

	assert_int_equal(serve(q), DP_MISS);
	return dp_query_miss(&core, policy, &dq, &f, &ask_out);
}

/* The next thing for a waiter, which must be a reply. */
static struct reply
next_reply(uint16_t port)
{
	struct dp_job job = {.frame = reply_frame, .cap = FRAME_LEN};

	assert_int_equal(dp_core_next(&core, policy, &dq, &job, &ask_out), DP_REPLY);
	assert_int_equal(job.port, port);
	assert_int_equal(job.arrived, ARRIVED + port);
	assert_int_equal(job.dns_off, DNS_OFF);
	for (unsigned i = 0; i < DNS_OFF; i++)
		assert_int_equal(reply_frame[i], 0x5a);
	return read_reply(reply_frame + job.dns_off, job.dns_len);
}

static enum dp_outcome
next(void)
{
	struct dp_job job = {.frame = reply_frame, .cap = FRAME_LEN};

	return dp_core_next(&core, policy, &dq, &job, &ask_out);
}

static void
equal_questions_wait_on_one_miss_and_all_are_answered(void **state)
{
	(void)state;
	struct fx_query other = plain;

	other.name = "WWW.example.";
	assert_int_equal(serve_miss(&plain, 1), DP_ASK);
	uint64_t handle = ask_out.handle;
	assert_true(handle != 0);
	assert_int_equal(serve_miss(&other, 2), DP_WAIT);
	assert_int_equal(serve_miss(&with_edns, 3), DP_WAIT);
	assert_int_equal(counted(HF_COUNTER_miss), 1);
	assert_int_equal(counted(HF_COUNTER_coalesced), 2);
	assert_int_equal(next(), DP_NOTHING);
	core.now_ms += 20;
	publish(&secure);
	dp_core_done(&core, handle);
	assert_int_equal(next_reply(1).rr_cnt, 2);
	assert_memory_equal(next_reply(2).qname, "\3WWW", 4);
	assert_true(next_reply(3).opt);
	assert_int_equal(next(), DP_NOTHING);
	assert_int_equal(counted(HF_COUNTER_late), 3);
	assert_int_equal(core.pending.question_cnt, 0);
	assert_int_equal(core.pending.waiter_cnt, 0);
}

static void
an_answer_with_ttl_zero_serves_those_who_waited_and_nobody_else(void **state)
{
	(void)state;
	struct fx_answer a = secure;

	a.ttl_s = 0;
	a.flags = 0;
	assert_int_equal(serve_miss(&plain, 1), DP_ASK);
	core.now_ms += 20;
	publish(&a);
	core.now_ms += 5;
	dp_core_done(&core, ask_out.handle);
	struct reply r = next_reply(1);
	assert_int_equal(r.rr_cnt, 2);
	assert_int_equal(r.ttl, 0);
	assert_int_equal(serve_miss(&plain, 1), DP_ASK);
}

static void
a_handle_made_up_by_the_other_side_is_counted_and_does_nothing(void **state)
{
	(void)state;
	assert_int_equal(serve_miss(&plain, 1), DP_ASK);
	uint64_t handle = ask_out.handle;
	const uint64_t wrong[] = {0, 1, UINT64_MAX, handle ^ 1, handle ^ (UINT64_C(1) << 63),
	    handle & 0xfffff, handle + (1 << 20)};

	for (unsigned i = 0; i < 7; i++)
		dp_core_done(&core, wrong[i]);
	assert_int_equal(counted(HF_COUNTER_done_unknown), 7);
	assert_int_equal(next(), DP_NOTHING);
	publish(&secure);
	dp_core_done(&core, handle);
	assert_int_equal(next_reply(1).rr_cnt, 2);
	dp_core_done(&core, handle); /* said twice */
	assert_int_equal(next(), DP_NOTHING);
	dp_core_done(&core, handle);
	assert_int_equal(counted(HF_COUNTER_done_unknown), 1);
}

static void
the_stale_timer_answers_stale_and_the_task_goes_on(void **state)
{
	(void)state;
	publish(&secure);
	core.now_ms += 70000;
	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK);
	uint64_t handle = ask_out.handle;
	assert_true(dp_core_idle_ms(&core) == 1800);
	core.now_ms += 1799;
	dp_core_tick(&core);
	assert_int_equal(next(), DP_NOTHING);
	core.now_ms += 1;
	dp_core_tick(&core);
	struct reply r = next_reply(1);
	assert_int_equal(r.ttl, 30);
	assert_int_equal(r.rr_cnt, 2);
	assert_int_equal(r.ede[0], HF_EDE_STALE);
	assert_true((r.h.flags & HF_FLAG_AD) == 0);
	assert_int_equal(next(), DP_NOTHING);
	/* who asks now need not wait again, and nothing is sent twice */
	const struct dp_frame f = {
	    .octets = frame, .dns_off = DNS_OFF, .port = 2, .arrived = ARRIVED + 2};
	assert_int_equal(serve(&with_edns), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &f, &ask_out), DP_REPLY);
	assert_int_equal(reply().ttl, 30);
	assert_int_equal(counted(HF_COUNTER_stale), 2);
	assert_int_equal(counted(HF_COUNTER_miss), 1);
	publish(&secure);
	dp_core_done(&core, handle);
	assert_int_equal(next(), DP_NOTHING);
	assert_int_equal(core.pending.question_cnt, 0);
	assert_int_equal(serve(&with_edns), DP_REPLY);
	assert_int_equal(reply().ttl, 60);
}

/* Who sets DO when most do not: an unsigned name has the same records for both. */
static void
what_was_insecure_without_do_stands_in_for_who_sets_it(void **state)
{
	(void)state;
	struct fx_answer a = secure;
	struct fx_query with_do = with_edns;

	with_do.dnssec_ok = true;
	publish(&a); /* secure: there are signatures to miss */
	core.now_ms += 70000;
	assert_int_equal(serve_miss(&with_do, 1), DP_ASK);
	core.now_ms += 6000;
	dp_core_tick(&core);
	assert_int_equal(next_reply(1).rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(next(), DP_NOTHING);
	a.verdict = HF_VERDICT_INSECURE;
	publish(&a);
	core.now_ms += 70000;
	assert_int_equal(serve_miss(&with_do, 1), DP_ASK);
	core.now_ms += 1800;
	dp_core_tick(&core);
	struct reply r = next_reply(1);
	assert_int_equal(r.rr_cnt, 2);
	assert_int_equal(r.ttl, 30);
	assert_int_equal(r.ede[0], HF_EDE_STALE);
	assert_true(r.dnssec_ok && (r.h.flags & HF_FLAG_AD) == 0);
	core.control_alive = false;
	const struct dp_frame f = {
	    .octets = frame, .dns_off = DNS_OFF, .port = 2, .arrived = ARRIVED + 2};
	assert_int_equal(serve(&with_do), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &f, &ask_out), DP_REPLY);
	assert_int_equal(reply().ttl, 30);
}

static void
a_failure_for_who_sets_do_leaves_what_was_insecure_without(void **state)
{
	(void)state;
	struct fx_answer a = secure;
	const struct fx_answer bad = {.name = "www.example.",
	    .variant = HF_VARIANT_DO,
	    .ttl_s = 1,
	    .ede = HF_EDE_BOGUS,
	    .verdict = HF_VERDICT_BOGUS,
	    .rcode = HF_RCODE_SERVFAIL};
	struct fx_query with_do = with_edns;

	with_do.dnssec_ok = true;
	a.verdict = HF_VERDICT_INSECURE;
	publish(&a);
	core.now_ms += 70000;
	publish(&bad);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(serve(&with_do), DP_REPLY); /* at once, nobody is asked */
		struct reply r = reply();
		assert_int_equal(r.rr_cnt, 2);
		assert_int_equal(r.ede[0], HF_EDE_STALE);
		assert_int_equal(r.ede[1], HF_EDE_BOGUS);
		assert_false(dq.refresh);
		core.now_ms += 29999;
	}
	core.now_ms = dp_entry_note(dq.entry).retry_at_ms;
	assert_int_equal(serve(&with_do), DP_REPLY);
	assert_int_equal(dq.refresh, HF_MISS_REFRESH | HF_MISS_RECHECK); /* tried again */
	a.verdict = HF_VERDICT_SECURE;
	publish(&a);
	core.now_ms += 600;
	publish(&bad);
	assert_int_equal(serve(&with_do), DP_REPLY);
	assert_int_equal(reply().ede[0], HF_EDE_STALE); /* its own by now */
}

static void
an_answer_that_comes_while_stale_ones_are_sent_serves_the_rest(void **state)
{
	(void)state;
	publish(&secure);
	core.now_ms += 70000;
	assert_int_equal(serve_miss(&plain, 1), DP_ASK);
	uint64_t handle = ask_out.handle;
	assert_int_equal(serve_miss(&plain, 2), DP_WAIT);
	core.now_ms += 1800;
	dp_core_tick(&core);
	assert_int_equal(next_reply(1).ttl, 30);
	publish(&secure);
	dp_core_done(&core, handle);
	assert_int_equal(next_reply(2).ttl, 60);
	assert_int_equal(next(), DP_NOTHING);
	assert_int_equal(core.pending.question_cnt, 0);
}

static void
without_a_stale_answer_the_waiter_waits_until_the_time_out(void **state)
{
	(void)state;
	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK);
	core.now_ms += 1800;
	dp_core_tick(&core);
	assert_int_equal(next(), DP_NOTHING);
	assert_true(dp_core_idle_ms(&core) == 4200);
	core.now_ms += 4199;
	dp_core_tick(&core);
	assert_int_equal(next(), DP_NOTHING);
	core.now_ms += 1;
	dp_core_tick(&core);
	struct reply r = next_reply(1);
	assert_int_equal(r.rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(r.ede[0], HF_EDE_NO_REACHABLE_AUTHORITY);
	assert_int_equal(counted(HF_COUNTER_timed_out), 1);
	assert_int_equal(next(), DP_NOTHING);
	assert_true(dp_core_idle_ms(&core) == UINT64_MAX);
	assert_int_equal(core.pending.question_cnt, 0);
}

static void
a_time_out_names_the_known_cause_rather_than_22(void **state)
{
	(void)state;
	const struct fx_answer a = {.name = "www.example.",
	    .ttl_s = 5,
	    .ede = HF_EDE_BOGUS,
	    .verdict = HF_VERDICT_BOGUS,
	    .rcode = HF_RCODE_SERVFAIL};

	publish(&a);
	core.now_ms += 6000;
	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK);
	core.now_ms += 6000;
	dp_core_tick(&core);
	assert_int_equal(next_reply(1).ede[0], HF_EDE_BOGUS);
}

static void
without_a_control_plane_misses_and_waiters_hear_so_at_once(void **state)
{
	(void)state;
	const struct dp_frame f = {
	    .octets = frame, .dns_off = DNS_OFF, .port = 2, .arrived = ARRIVED + 2};

	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK);
	uint64_t handle = ask_out.handle;
	core.control_alive = false;
	assert_true(dp_core_idle_ms(&core) == 0);
	dp_core_tick(&core);
	struct reply r = next_reply(1);
	assert_int_equal(r.rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(r.ede[0], HF_EDE_NO_REACHABLE_AUTHORITY);
	assert_int_equal(serve(&with_edns), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &f, &ask_out), DP_REPLY);
	assert_int_equal(reply().ede[0], HF_EDE_NO_REACHABLE_AUTHORITY);
	assert_int_equal(counted(HF_COUNTER_no_control), 2);
	assert_int_equal(next(), DP_NOTHING);
	dp_core_done(&core, handle);
	assert_int_equal(counted(HF_COUNTER_done_unknown), 1);
	publish(&secure);
	assert_int_equal(serve(&with_edns), DP_REPLY); /* hits go on */
	core.now_ms += 70000;
	assert_int_equal(serve(&with_edns), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &f, &ask_out), DP_REPLY);
	assert_int_equal(reply().ede[0], HF_EDE_STALE);
}

static void
a_failed_refresh_serves_stale_with_its_cause_and_rests(void **state)
{
	(void)state;
	const struct fx_answer bad = {.name = "www.example.",
	    .ttl_s = 1,
	    .ede = HF_EDE_BOGUS,
	    .verdict = HF_VERDICT_BOGUS,
	    .rcode = HF_RCODE_SERVFAIL};

	publish(&secure);
	core.now_ms += 70000;
	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK);
	core.now_ms += 50;
	publish(&bad);
	dp_core_done(&core, ask_out.handle);
	struct reply r = next_reply(1);
	assert_int_equal(r.rr_cnt, 2);
	assert_int_equal(r.ede[0], HF_EDE_STALE);
	assert_int_equal(r.ede[1], HF_EDE_BOGUS);
	core.now_ms += 29999;
	assert_int_equal(serve(&with_edns), DP_REPLY); /* at once, nobody is asked */
	assert_int_equal(reply().ttl, 30);
	assert_false(dq.refresh);
	uint64_t due_ms = dp_entry_note(dq.entry).retry_at_ms;
	core.now_ms = due_ms;
	assert_int_equal(serve(&with_edns), DP_REPLY); /* it is tried again, and nobody waits */
	assert_true(dq.refresh);
	assert_int_equal(serve(&with_edns), DP_REPLY);
	assert_false(dq.refresh); /* once */
	core.now_ms = due_ms + 29999;
	assert_int_equal(serve(&with_edns), DP_REPLY);
	core.now_ms += 1; /* and nothing came of it */
	assert_int_equal(serve(&with_edns), DP_MISS);
	publish(&bad);
	assert_int_equal(serve(&with_edns), DP_REPLY);
	core.now_ms = dp_entry_note(dq.entry).retry_at_ms;
	assert_int_equal(serve(&with_edns), DP_REPLY);
	assert_true(dq.refresh); /* once for each that failed */
}

/* Serve-stale of example., under the next generation. */
static void
push_stale(uint64_t generation, const struct hf_msg_stale *stale)
{
	struct hf_msg_policy_rule r = {.generation = generation,
	    .kind = HF_RULE_STALE,
	    .name_len = 9,
	    .name = "\7example",
	    .stale = *stale};

	push_policy(generation, NULL);
	assert_int_equal(dp_policy_add(policy, &r), HF_MSG_OK);
}

static void
a_zone_has_its_own_ttl_window_and_triggers(void **state)
{
	(void)state;
	const struct hf_msg_stale but_bogus = {1800, 7, 3600, HF_STALE_ALL & ~HF_STALE_BOGUS, {0}};
	const struct hf_msg_stale all = {1800, 7, 3600, HF_STALE_ALL, {0}};
	struct fx_answer bad = {.name = "www.example.",
	    .ttl_s = 1,
	    .ede = HF_EDE_BOGUS,
	    .verdict = HF_VERDICT_BOGUS,
	    .rcode = HF_RCODE_SERVFAIL,
	    .policy_gen = 3};

	push_stale(3, &but_bogus);
	publish(&secure);
	core.now_ms += 70000;
	publish(&bad);
	assert_int_equal(serve(&with_edns), DP_REPLY); /* it is to be seen that it is bogus */
	assert_int_equal(reply().rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(reply().ede[0], HF_EDE_BOGUS);
	assert_int_equal(counted(HF_COUNTER_stale_denied), 1);
	bad.ede = HF_EDE_NO_REACHABLE_AUTHORITY;
	bad.verdict = HF_VERDICT_FAILURE;
	publish(&bad);
	assert_int_equal(serve(&with_edns), DP_REPLY); /* the good answer is there still */
	assert_int_equal(reply().ttl, 7);
	assert_int_equal(reply().ede[1], HF_EDE_NO_REACHABLE_AUTHORITY);

	const struct hf_msg_stale but_servfail = {
	    1800, 7, 3600, HF_STALE_ALL & ~HF_STALE_SERVFAIL, {0}};

	push_stale(4, &but_servfail);
	bad.policy_gen = 4;
	bad.flags = HF_ANSWER_REFUSED; /* the same EDE, but they do answer: SERVFAIL, REFUSED */
	publish(&bad);
	assert_int_equal(serve(&with_edns), DP_REPLY);
	assert_int_equal(reply().rcode, HF_RCODE_SERVFAIL);
	bad.flags = 0;

	push_stale(5, &all);
	bad.policy_gen = 5;
	bad.verdict = HF_VERDICT_BOGUS;
	assert_int_equal(serve(&with_edns), DP_MISS); /* what failed before is tried again */
	publish(&bad);
	assert_int_equal(serve(&with_edns), DP_REPLY);
	assert_int_equal(reply().ede[0], HF_EDE_STALE);
	core.now_ms += 3600 * 1000;
	assert_int_equal(serve(&with_edns), DP_MISS); /* not as long as elsewhere */
}

static void
zones_have_their_own_timers(void **state)
{
	(void)state;
	struct hf_msg_stale soon = {300, 30, 3600, HF_STALE_ALL, {0}};
	struct fx_answer elsewhere = secure;
	struct fx_query there = plain;

	elsewhere.name = "www.example.net.";
	there.name = "www.example.net.";
	push_stale(3, &soon);
	publish(&secure);
	publish(&elsewhere);
	core.now_ms += 70000;
	assert_int_equal(serve_miss(&there, 1), DP_ASK);
	core.now_ms += 10;
	assert_int_equal(serve_miss(&plain, 2), DP_ASK);
	assert_true(dp_core_idle_ms(&core) == 300);
	core.now_ms += 300;
	dp_core_tick(&core);
	assert_int_equal(next_reply(2).ttl, 30);
	assert_int_equal(next(), DP_NOTHING);
	core.now_ms += 1490;
	dp_core_tick(&core);
	assert_int_equal(next_reply(1).ttl, 30);
	soon.triggers = HF_STALE_ALL & ~HF_STALE_TIMEOUT; /* then nobody is served for waiting */
	push_stale(4, &soon);
	core.now_ms += 70000;
	dp_core_tick(&core); /* the two from before are given up */
	while (next() == DP_REPLY)
		continue;
	assert_int_equal(serve_miss(&plain, 3), DP_ASK);
	core.now_ms += 300;
	dp_core_tick(&core);
	assert_int_equal(next(), DP_NOTHING);
}

static void
ad_goes_when_the_signatures_of_a_stale_answer_end(void **state)
{
	(void)state;
	struct fx_answer a = secure;
	struct fx_query ad = with_edns;
	const struct fx_answer bad = {.name = "www.example.",
	    .ttl_s = 1,
	    .ede = HF_EDE_BOGUS,
	    .verdict = HF_VERDICT_BOGUS,
	    .rcode = HF_RCODE_SERVFAIL};

	a.valid_s = 75;
	ad.flags |= HF_FLAG_AD;
	publish(&a);
	core.now_ms += 70000;
	publish(&bad);
	assert_int_equal(serve(&ad), DP_REPLY);
	assert_true((reply().h.flags & HF_FLAG_AD) != 0);
	core.now_ms += 4999;
	assert_int_equal(serve(&ad), DP_REPLY);
	assert_true((reply().h.flags & HF_FLAG_AD) != 0);
	core.now_ms += 1;
	assert_int_equal(serve(&ad), DP_REPLY);
	assert_true((reply().h.flags & HF_FLAG_AD) == 0);
	assert_int_equal(reply().ede[0], HF_EDE_STALE);
}

static void
an_answer_forbidden_by_newer_policy_is_asked_for_again_but_not_for_ever(void **state)
{
	(void)state;
	const struct fx_answer bad = {.name = "www.example.",
	    .ttl_s = 5,
	    .ede = HF_EDE_BOGUS,
	    .verdict = HF_VERDICT_BOGUS,
	    .rcode = HF_RCODE_SERVFAIL,
	    .policy_gen = 6};

	push_policy(7, "example.");
	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK);
	uint64_t handle = ask_out.handle;
	for (unsigned i = 0; i < DP_SEND_MAX - 1; i++) {
		publish(&bad);
		dp_core_done(&core, handle);
		assert_int_equal(next(), DP_ASK);
		assert_true(ask_out.handle == handle);
		assert_int_equal(ask_out.key->o.name_len, 13);
		assert_int_equal(next(), DP_NOTHING);
	}
	publish(&bad);
	dp_core_done(&core, handle);
	assert_int_equal(next_reply(1).rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(counted(HF_COUNTER_gave_up), 1);
	assert_int_equal(next(), DP_NOTHING);
	assert_int_equal(core.pending.question_cnt, 0);
}

static void
a_full_table_of_questions_refuses_at_once(void **state)
{
	(void)state;
	const struct dp_frame f = {
	    .octets = frame, .dns_off = DNS_OFF, .port = 2, .arrived = ARRIVED + 2};
	char text[16];

	for (unsigned i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "n%u.", i);
		const struct fx_query q = {.name = text, .flags = RD};
		assert_int_equal(serve_miss(&q, 1), DP_ASK);
	}
	assert_int_equal(serve(&with_edns), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &f, &ask_out), DP_REPLY);
	struct reply r = reply();
	assert_int_equal(r.rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(r.ede[0], HF_EDE_RATE_LIMITED);
	assert_int_equal(counted(HF_COUNTER_pending_full), 1);
}

static void
a_client_that_waits_for_enough_replies_is_refused_at_once(void **state)
{
	(void)state;
	const struct dp_frame same = {.octets = frame,
				  .dns_off = DNS_OFF,
				  .port = 2,
				  .arrived = ARRIVED + 2},
			      other = {.octets = frame,
				  .dns_off = DNS_OFF,
				  .port = 2,
				  .client = 1,
				  .arrived = ARRIVED + 2};

	core.pending.client_limit = 1;
	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK);
	assert_int_equal(serve(&with_edns), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &same, &ask_out), DP_REPLY);
	struct reply r = reply();
	assert_int_equal(r.rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(r.ede[0], HF_EDE_RATE_LIMITED);
	assert_int_equal(counted(HF_COUNTER_client_full), 1);
	assert_int_equal(serve(&with_edns), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &other, &ask_out), DP_WAIT);
}

static void
a_question_that_could_not_be_sent_is_refused_in_the_same_poll(void **state)
{
	(void)state;
	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK);
	dp_core_ring_full(&core, ask_out.handle);
	assert_int_equal(next_reply(1).rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(counted(HF_COUNTER_ring_full), 1);
	assert_int_equal(next(), DP_NOTHING);
	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK); /* and may be asked again */
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(equal_questions_wait_on_one_miss_and_all_are_answered),
	    T(an_answer_with_ttl_zero_serves_those_who_waited_and_nobody_else),
	    T(a_handle_made_up_by_the_other_side_is_counted_and_does_nothing),
	    T(the_stale_timer_answers_stale_and_the_task_goes_on),
	    T(what_was_insecure_without_do_stands_in_for_who_sets_it),
	    T(a_failure_for_who_sets_do_leaves_what_was_insecure_without),
	    T(an_answer_that_comes_while_stale_ones_are_sent_serves_the_rest),
	    T(without_a_stale_answer_the_waiter_waits_until_the_time_out),
	    T(a_time_out_names_the_known_cause_rather_than_22),
	    T(without_a_control_plane_misses_and_waiters_hear_so_at_once),
	    T(a_failed_refresh_serves_stale_with_its_cause_and_rests),
	    T(a_zone_has_its_own_ttl_window_and_triggers),
	    T(zones_have_their_own_timers),
	    T(ad_goes_when_the_signatures_of_a_stale_answer_end),
	    T(an_answer_forbidden_by_newer_policy_is_asked_for_again_but_not_for_ever),
	    T(a_full_table_of_questions_refuses_at_once),
	    T(a_client_that_waits_for_enough_replies_is_refused_at_once),
	    T(a_question_that_could_not_be_sent_is_refused_in_the_same_poll),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
