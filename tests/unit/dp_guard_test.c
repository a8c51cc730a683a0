/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/gate.c and guard.c: who is turned away, how, and who never is. */
#include <errno.h>

#include "dataplane/guard.h"
#include "lib/base/clock.h"
#include "tests/unit/dp_serve_fixture.h"

enum { IP_OFF = DNS_OFF - 28, NOW_S = 1559731985, MANY = 2000 };

/* RFC 9018 A.1: this client, this secret, this time. */
static const uint8_t address[4] = {198, 51, 100, 100};
static const uint8_t good[HF_COOKIE_LEN] = {0x24, 0x64, 0xc4, 0xab, 0xcf, 0x10, 0xc9, 0x57, 1, 0, 0,
    0, 0x5c, 0xf7, 0x9f, 0x11, 0x1f, 0x81, 0x30, 0xc3, 0xee, 0xe2, 0x94, 0x80};
static struct hf_cookie_secrets secrets = {
    .cnt = 1, .key = {{{UINT64_C(0x3fa4b2a6e573e9e5), UINT64_C(0xcfbf379e84dce748)}}}};
static const struct fx_answer missing = {
    .name = "missing.example.", .ttl_s = 60, .rcode = HF_RCODE_NXDOMAIN};
static const struct fx_query denied = {.name = "missing.example.", .flags = HF_FLAG_RD};

static struct dp_guard guard;
static struct dp_gate_options options;
static uint8_t seed[128] = "seeds of the tables of clients and of networks: their ids go "
			   "where nobody can say beforehand.";
static uint8_t from[4];

static int
prepare(void **state)
{
	options = (struct dp_gate_options){
	    .reply_window_s = 1, .slip = 2, .net_v4_len = 24, .net_v6_len = 56};
	memcpy(from, address, sizeof(from));
	int rc = setup(state);
	publish(&secure);
	publish(&missing);
	core.cookies = &secrets;
	core.wall_s = NOW_S;
	return rc;
}

static int
clean_up(void **state)
{
	dp_guard_fini(&guard);
	return teardown(state);
}

static void
start(bool listed)
{
	assert_int_equal(dp_guard_init(&guard, &options, listed, seed), 0);
	dp_gate_time(&guard.gate, 0);
}

/* As the worker does it, a burst of one. */
static enum dp_outcome
serve_one(void)
{
	const uint8_t *ip = dq.ip;

	dp_query_parse(&core, &dq);
	dp_gate_aim(&guard.gate, &ip, 1);
	dp_query_find(&core, &dq);
	enum dp_outcome o = guard.on ? dp_guard_query(&guard, &core, &dq, 0) : DP_NOTHING;
	if (o == DP_NOTHING)
		o = dp_query_answer(&core, policy, &dq);
	return o == DP_REPLY && guard.on ? dp_guard_reply(&guard, &core, &dq, 0) : o;
}

static void
query_put(const struct fx_query *q)
{
	memset(frame, 0, sizeof(frame));
	frame[12] = 0x08; /* IPv4 */
	frame[IP_OFF] = 0x45;
	memcpy(frame + IP_OFF + 12, from, sizeof(from));
	dq = (struct dp_query){
	    .msg = frame + DNS_OFF, .cap = FRAME_LEN - DNS_OFF, .ip = frame + IP_OFF};
	dq.len = fx_query(q, dq.msg);
}

static enum dp_outcome
ask(const struct fx_query *q)
{
	query_put(q);
	return serve_one();
}

static enum dp_outcome
ask_with_cookie(const struct fx_query *q, const uint8_t *cookie, uint8_t len)
{
	query_put(q);
	dq.msg[dq.len - 1] = (uint8_t)(4 + len);
	memcpy(dq.msg + dq.len, (const uint8_t[]){0, HF_OPTION_COOKIE, 0, len}, 4);
	memcpy(dq.msg + dq.len + 4, cookie, len);
	dq.len += 4 + len;
	return serve_one();
}

static bool
is_slip(void)
{
	struct reply r = reply();

	return (r.h.flags & HF_FLAG_TC) != 0 && r.rr_cnt == 0 && r.rcode == HF_RCODE_NOERROR &&
	    r.h.qd_cnt == 1;
}

static struct {
	unsigned whole, slipped, dropped;
} got;

/* cnt times, and what came of it. */
static void
ask_many(const struct fx_query *q, unsigned cnt)
{
	memset(&got, 0, sizeof(got));
	for (unsigned i = 0; i < cnt; i++) {
		if (ask(q) != DP_REPLY)
			got.dropped++;
		else if (is_slip())
			got.slipped++;
		else
			got.whole++;
	}
}

static void
a_client_over_its_rate_is_dropped_and_every_second_time_told_to_use_tcp(void **state)
{
	(void)state;
	options.client_per_s = 100;
	start(false);
	ask_many(&plain, MANY);
	assert_int_equal(got.whole, 100);
	assert_in_range(got.slipped, MANY * 2 / 5, MANY * 3 / 5);
	assert_int_equal(counted(HF_COUNTER_client_slipped), got.slipped);
	assert_int_equal(counted(HF_COUNTER_client_limited), got.dropped);
	from[3]++; /* a neighbour is another client */
	assert_int_equal(ask(&plain), DP_REPLY);
	assert_false(is_slip());
	from[3]--;
	dp_gate_time(&guard.gate, HF_NS_PER_S / 2);
	ask_many(&plain, MANY);
	assert_int_equal(got.whole, 50);
}

static void
a_burst_can_be_larger_or_smaller_than_the_rate(void **state)
{
	(void)state;
	options.client_per_s = 100;
	for (options.client_burst = 7; options.client_burst < 500; options.client_burst *= 7) {
		start(false);
		ask_many(&plain, MANY);
		assert_int_equal(got.whole, options.client_burst);
		dp_guard_fini(&guard);
	}
}

static void
slip_is_never_or_always_if_the_operator_says_so(void **state)
{
	(void)state;
	options.client_per_s = 1;
	options.slip = 0;
	start(false);
	ask_many(&plain, MANY);
	assert_int_equal(got.dropped, MANY - 1);
	dp_guard_fini(&guard);
	options.slip = 1;
	start(false);
	ask_many(&plain, MANY);
	assert_int_equal(got.slipped, MANY - 1);
}

static void
a_good_cookie_is_never_limited_and_another_is(void **state)
{
	(void)state;
	options.client_per_s = 1;
	options.reply_per_s[DP_REPLY_ANSWER] = 1;
	options.slip = 0;
	start(false);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(ask_with_cookie(&with_edns, good, sizeof(good)), DP_REPLY);
	assert_int_equal(ask_with_cookie(&with_edns, good, HF_COOKIE_CLIENT_LEN), DP_DROP);
	from[3]++; /* whose cookie it is not */
	assert_int_equal(ask_with_cookie(&with_edns, good, sizeof(good)), DP_REPLY);
	assert_int_equal(ask_with_cookie(&with_edns, good, sizeof(good)), DP_DROP);
}

static void
replies_of_each_kind_to_each_network_are_limited_alone(void **state)
{
	(void)state;
	options.reply_per_s[DP_REPLY_ANSWER] = 200;
	options.reply_per_s[DP_REPLY_NXDOMAIN] = 20;
	start(false);
	ask_many(&denied, MANY);
	assert_int_equal(got.whole, 20);
	assert_in_range(got.slipped, MANY * 2 / 5, MANY * 3 / 5);
	assert_int_equal(counted(HF_COUNTER_reply_slipped), got.slipped);
	assert_int_equal(counted(HF_COUNTER_reply_limited), got.dropped);
	from[3]++; /* the same network */
	ask_many(&denied, MANY);
	assert_int_equal(got.whole, 0);
	ask_many(&plain, MANY);
	assert_int_equal(got.whole, 200);
	from[2]++;
	ask_many(&denied, MANY);
	assert_int_equal(got.whole, 20);
	const struct fx_query refused = {.name = "www.example.", .klass = HF_CLASS_CH};
	ask_many(&refused, MANY); /* of errors there may be any number */
	assert_int_equal(got.whole, MANY);
}

static void
a_window_is_so_many_seconds_at_once(void **state)
{
	(void)state;
	options.reply_per_s[DP_REPLY_ANSWER] = 10;
	options.reply_window_s = 15;
	start(false);
	ask_many(&plain, MANY);
	assert_int_equal(got.whole, 150);
	dp_gate_time(&guard.gate, 2 * HF_NS_PER_S);
	ask_many(&plain, MANY);
	assert_int_equal(got.whole, 20);
}

/* Over a reply that was written: the cookie is made of the query's, not of what stands there now.
 */
static void
a_slipped_reply_still_teaches_its_client_a_cookie(void **state)
{
	(void)state;
	options.reply_per_s[DP_REPLY_ANSWER] = 1;
	options.slip = 1;
	start(false);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(ask_with_cookie(&with_edns, good, HF_COOKIE_CLIENT_LEN), DP_REPLY);
		assert_memory_equal(dq.msg + dq.len - HF_COOKIE_LEN, good, HF_COOKIE_LEN);
	}
	assert_int_equal(counted(HF_COUNTER_reply_slipped), 1);
	assert_int_equal(ask_with_cookie(&with_edns, good, HF_COOKIE_LEN), DP_REPLY);
	assert_int_equal(counted(HF_COUNTER_reply_slipped), 0);
}

static void
a_late_reply_is_limited_with_the_others(void **state)
{
	(void)state;
	const uint8_t ip[20] = {[0] = 0x45, [12] = 198, 51, 100, 1}; /* the same network */

	options.reply_per_s[DP_REPLY_ANSWER] = 1;
	options.slip = 1;
	start(false);
	assert_int_equal(ask(&plain), DP_REPLY);
	assert_int_equal(serve(&plain), DP_REPLY);
	dq.ip = ip;
	assert_int_equal(dp_guard_late(&guard, &core, &dq, true), DP_REPLY);
	assert_false(is_slip());
	assert_int_equal(dp_guard_late(&guard, &core, &dq, false), DP_REPLY);
	assert_true(is_slip());
}

static void
who_is_listed_is_refused_with_a_reason_or_dropped(void **state)
{
	(void)state;
	start(true);
	guard.listed[0] = HF_ACCESS_ALLOW;
	assert_int_equal(ask(&with_edns), DP_REPLY);
	assert_int_equal(reply().rcode, HF_RCODE_NOERROR);
	guard.listed[0] = HF_ACCESS_REFUSE;
	assert_int_equal(ask(&with_edns), DP_REPLY);
	struct reply r = reply();
	assert_int_equal(r.rcode, HF_RCODE_REFUSED);
	assert_int_equal(r.ede[0], HF_EDE_PROHIBITED);
	assert_int_equal(r.rr_cnt, 0);
	assert_int_equal(counted(HF_COUNTER_access_refused), 1);
	guard.listed[0] = HF_ACCESS_DROP;
	assert_int_equal(ask(&with_edns), DP_DROP);
	assert_int_equal(counted(HF_COUNTER_access_drop), 1);
}

/* Class CH, responses, rubbish: refused ones learn no more than others, and no reply is made where
 * none ever is. */
static void
what_is_no_query_is_turned_away_too(void **state)
{
	(void)state;
	const struct fx_query chaos = {
	    .name = "id.server.", .type = HF_TYPE_TXT, .klass = HF_CLASS_CH};
	const struct fx_query response = {.name = "www.example.", .flags = HF_FLAG_QR};

	options.client_per_s = 1;
	options.slip = 1;
	start(true);
	guard.listed[0] = HF_ACCESS_REFUSE;
	assert_int_equal(ask(&chaos), DP_REPLY);
	assert_int_equal(reply().rcode, HF_RCODE_REFUSED);
	assert_int_equal(ask(&response), DP_DROP);
	guard.listed[0] = HF_ACCESS_ALLOW;
	assert_int_equal(ask(&response), DP_DROP);
	assert_int_equal(counted(HF_COUNTER_drop_response), 2);
	assert_int_equal(ask(&response), DP_DROP);
	assert_int_equal(counted(HF_COUNTER_client_limited), 1);
	assert_int_equal(counted(HF_COUNTER_client_slipped), 0);
}

/* What the short way was charged for and did not answer is not charged for again. */
static void
a_query_that_goes_both_ways_is_charged_once(void **state)
{
	(void)state;
	options.client_per_s = 1;
	options.slip = 0;
	start(true);
	guard.listed[0] = HF_ACCESS_ALLOW;
	query_put(&plain);
	const uint8_t *ip = dq.ip;
	dp_gate_aim(&guard.gate, &ip, 1);
	assert_int_equal(dp_guard_listed(&guard, 1), 1);
	assert_true(dp_gate_query_within(&guard.gate, 0));
	guard.paid = 1;
	assert_int_equal(serve_one(), DP_REPLY);
	guard.paid = 0;
	assert_int_equal(ask(&plain), DP_DROP);
	guard.listed[0] = HF_ACCESS_REFUSE;
	assert_int_equal(dp_guard_listed(&guard, 1), 0);
}

static void
without_limits_and_lists_nothing_is_asked(void **state)
{
	(void)state;
	start(false);
	assert_false(guard.on);
	ask_many(&plain, MANY);
	assert_int_equal(got.whole, MANY);
	dp_guard_fini(&guard);
	options.net_v4_len = 0;
	assert_int_equal(dp_guard_init(&guard, &options, false, seed), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, clean_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_client_over_its_rate_is_dropped_and_every_second_time_told_to_use_tcp),
	    TEST(a_burst_can_be_larger_or_smaller_than_the_rate),
	    TEST(slip_is_never_or_always_if_the_operator_says_so),
	    TEST(a_good_cookie_is_never_limited_and_another_is),
	    TEST(replies_of_each_kind_to_each_network_are_limited_alone),
	    TEST(a_window_is_so_many_seconds_at_once),
	    TEST(a_slipped_reply_still_teaches_its_client_a_cookie),
	    TEST(a_late_reply_is_limited_with_the_others),
	    TEST(who_is_listed_is_refused_with_a_reason_or_dropped),
	    TEST(what_is_no_query_is_turned_away_too),
	    TEST(a_query_that_goes_both_ways_is_charged_once),
	    TEST(without_limits_and_lists_nothing_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
