/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/wire/identity.c and of what a core says of itself: names in class CH and the
 * name server identifier. */
#include <errno.h>
#include <stdio.h>

#include "dataplane/serve.h"
#include "tests/unit/dp_fixture.h"

enum { DNS_OFF = 42, FRAME_LEN = 2048 };

static struct hf_identity identity;
static struct dp_table *table;
static struct dp_policy *policy;
static struct dp_core core;
static struct fx_msg msg;
static uint64_t writer_counters[HF_COUNTER_CNT];
static struct dp_query dq;
static uint8_t frame[FRAME_LEN];
static const uint8_t nsid_asked[] = {0, HF_OPTION_NSID, 0, 0};

static int
setup(void **state)
{
	(void)state;
	assert_int_equal(hf_identity_set(identity.server, "fra3"), 0);
	assert_int_equal(hf_identity_set(identity.version, "hidden"), 0);
	assert_int_equal(hf_identity_set(identity.nsid, "n-fra3"), 0);
	table = dp_table_create(1 << 20, fx_seed, writer_counters);
	assert_non_null(table);
	policy = dp_policy_create_default(&table->hash);
	assert_int_equal(dp_core_init(&core, 0, 4, 8, fx_seed), 0);
	core.table = table;
	core.identity = &identity;
	core.control_alive = true;
	core.now_ms = 1000;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	dp_core_fini(&core);
	dp_policy_free(policy);
	dp_table_destroy(table);
	return 0;
}

/* The three stages for one query, with options behind its OPT if there are any. */
static enum dp_outcome
ask(const struct fx_query *q, const uint8_t *options, uint8_t len)
{
	memset(frame, 0xee, sizeof(frame));
	dq = (struct dp_query){.msg = frame + DNS_OFF, .cap = FRAME_LEN - DNS_OFF};
	dq.len = fx_query(q, dq.msg);
	if (len > 0) {
		memcpy(dq.msg + dq.len, options, len);
		dq.msg[dq.len - 1] = len;
		dq.len += len;
	}
	dp_query_parse(&core, &dq);
	dp_query_find(&core, &dq);
	return dp_query_answer(&core, policy, &dq);
}

static unsigned
rcode(void)
{
	return dq.msg[3] & 15;
}

/* The identifier in the reply, "" when there is none. */
static const char *
nsid_of_reply(void)
{
	static char text[HF_IDENTITY_TEXT_MAX + 1];
	struct hf_query q;
	struct hf_option o;
	uint32_t off;

	assert_int_equal(hf_query_parse(dq.msg, dq.len, &q), HF_PARSE_OK);
	text[0] = '\0';
	off = q.edns.options_off;
	while (q.edns.present && hf_option_next(dq.msg, &q.edns, &off, &o))
		if (o.code == HF_OPTION_NSID)
			snprintf(text, sizeof(text), "%.*s", o.len, (const char *)o.data);
	return text;
}

static void
id_server_and_its_old_name_are_answered_in_class_ch(void **state)
{
	static const char *const names[] = {"id.server.", "ID.Server.", "hostname.bind."};
	static const uint8_t end[] = {
	    0, HF_TYPE_TXT, 0, HF_CLASS_CH, 0, 0, 0, 0, 0, 5, 4, 'f', 'r', 'a', '3'};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct fx_query q = {.name = names[i], .type = HF_TYPE_TXT, .klass = HF_CLASS_CH};

		assert_int_equal(ask(&q, NULL, 0), DP_REPLY);
		assert_int_equal(rcode(), HF_RCODE_NOERROR);
		assert_int_equal(dq.msg[7], 1);
		assert_memory_equal(dq.msg + dq.len - sizeof(end), end, sizeof(end));
		q.type = HF_TYPE_ANY;
		assert_int_equal(ask(&q, NULL, 0), DP_REPLY);
		assert_memory_equal(dq.msg + dq.len - sizeof(end), end, sizeof(end));
	}
	assert_int_equal(core.counters[HF_COUNTER_identity], 6);
	assert_int_equal(core.counters[HF_COUNTER_refused], 0);
}

static void
what_is_hidden_and_everything_else_in_class_ch_is_refused(void **state)
{
	static const struct fx_query refused[] = {
	    {.name = "version.bind.", .type = HF_TYPE_TXT, .klass = HF_CLASS_CH},
	    {.name = "version.server.", .type = HF_TYPE_TXT, .klass = HF_CLASS_CH},
	    {.name = "id.server.", .type = HF_TYPE_A, .klass = HF_CLASS_CH},
	    {.name = "id.server.", .type = HF_TYPE_TXT, .klass = HF_CLASS_HS},
	    {.name = "x.id.server.", .type = HF_TYPE_TXT, .klass = HF_CLASS_CH},
	    {.name = ".", .type = HF_TYPE_TXT, .klass = HF_CLASS_CH},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_equal(ask(&refused[i], NULL, 0), DP_REPLY);
		assert_int_equal(rcode(), HF_RCODE_REFUSED);
		assert_int_equal(dq.msg[7], 0);
	}
	core.identity = NULL;
	struct fx_query q = {.name = "id.server.", .type = HF_TYPE_TXT, .klass = HF_CLASS_CH};

	assert_int_equal(ask(&q, NULL, 0), DP_REPLY);
	assert_int_equal(rcode(), HF_RCODE_REFUSED);
	assert_int_equal(core.counters[HF_COUNTER_refused], 7);
}

static void
the_identifier_goes_to_those_who_ask_for_it_and_to_nobody_else(void **state)
{
	static const struct fx_answer a = {
	    .name = "www.example.", .ttl_s = 300, .rr_cnt = 1, .verdict = HF_VERDICT_INSECURE};
	static const uint8_t cookie[] = {0, HF_OPTION_COOKIE, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
	struct fx_query q = {.name = "www.example.", .flags = HF_FLAG_RD, .edns = true};
	uint8_t both[sizeof(cookie) + sizeof(nsid_asked)];

	(void)state;
	q.udp_len = 1232;
	fx_make(&a, &msg);
	dp_table_answer(table, policy, &msg.m, &msg.view, core.now_ms);
	assert_int_equal(ask(&q, nsid_asked, sizeof(nsid_asked)), DP_REPLY);
	assert_string_equal(nsid_of_reply(), "n-fra3");
	assert_int_equal(dq.msg[7], 1); /* the answer is whole */
	memcpy(both, cookie, sizeof(cookie));
	memcpy(both + sizeof(cookie), nsid_asked, sizeof(nsid_asked));
	assert_int_equal(ask(&q, both, sizeof(both)), DP_REPLY);
	assert_string_equal(nsid_of_reply(), "n-fra3");
	assert_int_equal(ask(&q, cookie, sizeof(cookie)), DP_REPLY);
	assert_string_equal(nsid_of_reply(), "");
	assert_int_equal(ask(&q, NULL, 0), DP_REPLY);
	assert_string_equal(nsid_of_reply(), "");
	q.klass = HF_CLASS_HS; /* errors carry it too */
	assert_int_equal(ask(&q, nsid_asked, sizeof(nsid_asked)), DP_REPLY);
	assert_string_equal(nsid_of_reply(), "n-fra3");
	assert_int_equal(hf_identity_set(identity.nsid, "hidden"), 0);
	assert_int_equal(ask(&q, nsid_asked, sizeof(nsid_asked)), DP_REPLY);
	assert_string_equal(nsid_of_reply(), "");
}

/* Records go before the identifier when there is not room for both. */
static void
an_identifier_that_does_not_fit_is_left_out_and_the_answer_is_not(void **state)
{
	static const struct fx_answer a = {.name = "www.example.",
	    .ttl_s = 300,
	    .rr_cnt = 29, /* 12 + 17 + 29 * 16 + 11 = 504 octets */
	    .verdict = HF_VERDICT_INSECURE};
	struct fx_query q = {
	    .name = "www.example.", .flags = HF_FLAG_RD, .edns = true, .udp_len = 512};

	(void)state;
	fx_make(&a, &msg);
	dp_table_answer(table, policy, &msg.m, &msg.view, core.now_ms);
	assert_int_equal(ask(&q, nsid_asked, sizeof(nsid_asked)), DP_REPLY);
	assert_string_equal(nsid_of_reply(), "");
	assert_int_equal(dq.msg[7], 29);
	assert_int_equal(dq.msg[2] & (HF_FLAG_TC >> 8), 0);
}

static void
a_setting_is_a_text_the_hosts_name_or_nothing(void **state)
{
	char text[HF_IDENTITY_TEXT_MAX + 1], is_long[HF_IDENTITY_TEXT_MAX + 2];

	(void)state;
	assert_int_equal(hf_identity_set(text, "hostname"), 0);
	assert_string_not_equal(text, "");
	assert_int_equal(hf_identity_set(text, "hidden"), 0);
	assert_string_equal(text, "");
	memset(is_long, 'x', sizeof(is_long));
	is_long[HF_IDENTITY_TEXT_MAX + 1] = '\0';
	assert_int_equal(hf_identity_set(text, is_long), -EINVAL);
	is_long[HF_IDENTITY_TEXT_MAX] = '\0';
	assert_int_equal(hf_identity_set(text, is_long), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(id_server_and_its_old_name_are_answered_in_class_ch),
	    T(what_is_hidden_and_everything_else_in_class_ch_is_refused),
	    T(the_identifier_goes_to_those_who_ask_for_it_and_to_nobody_else),
	    T(an_identifier_that_does_not_fit_is_left_out_and_the_answer_is_not),
	    T(a_setting_is_a_text_the_hosts_name_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
