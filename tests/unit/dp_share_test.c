/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of how dataplane/pending.c divides its room among networks, and what it keeps for
 * those with a cookie. */
#include <stdio.h>

#include "dataplane/pending.h"
#include "tests/unit/dp_fixture.h"

enum { QUESTIONS = 4096, WAITERS = 8192, DNS_OFF = 42 };

static struct dp_hash hash;
static struct dp_pending p;
static uint8_t frame[DP_FRAME_KEEP_MAX];
static uint32_t name_cnt;

static int
setup(void **state)
{
	(void)state;
	dp_hash_init(&hash, fx_seed);
	name_cnt = 0;
	return dp_pending_init(&p, QUESTIONS, WAITERS, fx_seed);
}

static int
teardown(void **state)
{
	(void)state;
	dp_pending_fini(&p);
	return 0;
}

/* A name that nobody asked for, in a domain of its own. */
static void
fresh_name(struct hf_question *q)
{
	char text[32];

	snprintf(text, sizeof(text), "www.d%u.example%u.", name_cnt, name_cnt);
	name_cnt++;
	*q = (struct hf_question){.name = fx_name(text), .type = HF_TYPE_A, .klass = HF_CLASS_IN};
}

struct asker {
	uint64_t client, net;
	bool cookie;
};

static enum dp_pending_add
ask_for(struct asker a, const struct hf_question *question)
{
	const struct dp_frame f = {.octets = frame,
	    .dns_off = DNS_OFF,
	    .client = a.client,
	    .net = a.net,
	    .cookie = a.cookie};
	struct hf_query query = {
	    .question = *question, .question_end = HF_HEADER_LEN + question->name.len + 4u};
	struct dp_question *q;
	struct dp_key key;
	const struct dp_client c = {&f, &query, &key, 0, 1000};

	dp_key_set(&key, &hash, question, 0);
	return dp_pending_add(&p, &c, &q);
}

static enum dp_pending_add
ask(struct asker a)
{
	struct hf_question q;

	fresh_name(&q);
	return ask_for(a, &q);
}

/* Many hosts of some networks ask in turn until each network was turned away; what they hold. */
static uint32_t
flood(unsigned nets)
{
	uint32_t before = p.waiter_cnt;

	for (uint64_t i = 0; i < (uint64_t)2 * WAITERS; i++)
		(void)ask((struct asker){i, 1000000 + i % nets, false});
	return p.waiter_cnt - before;
}

static unsigned
ask_from_many(unsigned cnt, bool cookie)
{
	unsigned in = 0;

	for (uint64_t i = 0; i < cnt; i++)
		in += ask((struct asker){1 << 20 | i, 1 << 20 | i, cookie}) == DP_PENDING_NEW;
	return in;
}

static void
drop_all(void)
{
	struct dp_question *q;

	while ((q = dp_pending_overdue(&p, 0, 0)) != NULL) {
		dp_pending_settle(&p, q, DP_SETTLE_LOST);
		dp_pending_free(&p, q);
	}
	assert_true(p.question_cnt == 0 && p.waiter_cnt == 0);
}

static void
a_network_that_floods_ends_with_a_third_and_leaves_the_rest(void **state)
{
	(void)state;
	uint32_t usable = QUESTIONS - QUESTIONS / DP_COOKIE_RESERVE;

	assert_in_range(flood(1), usable / 3 - 1, usable / 3 + 1);
	assert_int_equal(ask((struct asker){1, 1000000, false}), DP_PENDING_SHARE_FULL);
	assert_int_equal(ask_from_many(usable * 2 / 3 - 1, false), usable * 2 / 3 - 1);
}

static void
networks_that_flood_share_and_leave_two_parts_of_theirs_for_all_others(void **state)
{
	(void)state;
	uint32_t usable = QUESTIONS - QUESTIONS / DP_COOKIE_RESERVE;

	for (unsigned nets = 2; nets <= 16; nets *= 2) {
		uint32_t want = usable * nets / (nets + 2);

		assert_in_range(flood(nets), want - 2 * nets, want + 2 * nets);
		assert_in_range(ask_from_many(100, false), 100, 100);
		drop_all();
	}
}

static void
all_that_a_network_held_is_given_back(void **state)
{
	(void)state;
	uint32_t first = flood(1);

	drop_all();
	assert_int_equal(flood(1), first);
}

/* Forged senders from everywhere hold one place each: no share tells them from honest ones. */
static void
what_forged_senders_leave_is_for_those_with_a_cookie(void **state)
{
	(void)state;
	uint32_t reserve = QUESTIONS / DP_COOKIE_RESERVE;

	assert_int_equal(ask_from_many(2 * QUESTIONS, false), QUESTIONS - reserve);
	assert_int_equal(ask((struct asker){7, 7, false}), DP_PENDING_FULL);
	for (uint64_t i = 0; i < reserve; i++)
		assert_int_equal(ask((struct asker){i, i, true}), DP_PENDING_NEW);
	assert_int_equal(ask((struct asker){7, 7, true}), DP_PENDING_FULL);
}

static void
one_with_a_cookie_waits_for_more_replies(void **state)
{
	(void)state;
	struct asker plain = {1, 1, false}, proven = {2, 2, true};

	p.client_limit = 10;
	p.cookie_limit = 80;
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(ask(plain), DP_PENDING_NEW);
	assert_int_equal(ask(plain), DP_PENDING_CLIENT_FULL);
	for (unsigned i = 0; i < 80; i++)
		assert_int_equal(ask(proven), DP_PENDING_NEW);
	assert_int_equal(ask(proven), DP_PENDING_CLIENT_FULL);
}

static void
those_who_join_a_question_are_counted_too(void **state)
{
	(void)state;
	uint32_t usable = WAITERS - WAITERS / DP_COOKIE_RESERVE;
	struct hf_question q;
	uint64_t i = 0;

	fresh_name(&q);
	assert_int_equal(ask_for((struct asker){i, 5, false}, &q), DP_PENDING_NEW);
	while (ask_for((struct asker){++i, 5, false}, &q) == DP_PENDING_JOINED)
		;
	assert_in_range(p.waiter_cnt, usable / 3 - 1, usable / 3 + 1);
	assert_int_equal(ask_for((struct asker){i, 6, false}, &q), DP_PENDING_JOINED);
}

static void
a_ring_that_is_nearly_full_is_shared_like_a_full_table(void **state)
{
	(void)state;
	struct asker flooder = {0, 9, false}, other = {1 << 20, 10, false};
	unsigned in = 0;

	p.ring_max = 4096;
	p.ring_room = 4096 / DP_COOKIE_RESERVE + 200; /* the reserve, and a little */
	while (ask(flooder) == DP_PENDING_NEW) {
		flooder.client++;
		in++;
	}
	assert_int_equal(in, 100);
	assert_int_equal(ask(flooder), DP_PENDING_SHARE_SCARCE);
	assert_int_equal(ask(other), DP_PENDING_NEW);
	p.ring_room = 4096 / DP_COOKIE_RESERVE;
	assert_int_equal(ask(other), DP_PENDING_RING_FULL);
	other.cookie = true;
	assert_int_equal(ask(other), DP_PENDING_NEW);
	p.ring_room = 0;
	assert_int_equal(ask(other), DP_PENDING_RING_FULL);
}

static void
a_domain_at_its_limit_costs_nobody_a_place(void **state)
{
	(void)state;
	struct asker a = {1, 1, false};

	p.domains.max = 0;
	for (unsigned i = 0; i < 2 * WAITERS; i++)
		assert_int_equal(ask(a), DP_PENDING_DOMAIN_FULL);
	p.domains.max = QUESTIONS;
	for (unsigned i = 0; i < DP_CLIENT_WAITING_DEFAULT; i++)
		assert_int_equal(ask(a), DP_PENDING_NEW);
	assert_int_equal(ask(a), DP_PENDING_CLIENT_FULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_network_that_floods_ends_with_a_third_and_leaves_the_rest),
	    TEST(networks_that_flood_share_and_leave_two_parts_of_theirs_for_all_others),
	    TEST(all_that_a_network_held_is_given_back),
	    TEST(what_forged_senders_leave_is_for_those_with_a_cookie),
	    TEST(one_with_a_cookie_waits_for_more_replies),
	    TEST(those_who_join_a_question_are_counted_too),
	    TEST(a_ring_that_is_nearly_full_is_shared_like_a_full_table),
	    TEST(a_domain_at_its_limit_costs_nobody_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
