/* SPDX-License-Identifier: BSD-3-Clause */
/* The control plane's end of the link, against a dataplane played by this test. */
#include <errno.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "controlplane/link_client.h"
#include "controlplane/root_hints.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/link/counters.h"

enum { WORKERS = 2 };

static char dir[64], path[80];
static struct event_base *base;
static struct cp_counters counters;
static struct hf_rrsets hints;
static struct cp_engine *engine;
static struct cp_policy *policy;
static struct cp_link_client *client;

static struct {
	unsigned attached, lost, acked, stats, latency, cache;
	uint64_t dataplane_gen, token;
} heard;

/* The dataplane */
static int listener = -1;
static struct hf_link *dp;
static uint32_t epoch;
static _Alignas(8) uint8_t msg[HF_UPDATE_SLOT_LEN];

static void
on_attached(void *arg, uint64_t gen)
{
	(void)arg;
	heard.attached++;
	heard.dataplane_gen = gen;
}

static void
on_lost(void *arg)
{
	(void)arg;
	heard.lost++;
}

static void
on_acked(void *arg, const struct hf_msg_ack *ack)
{
	(void)arg;
	heard.acked++;
	heard.token = ack->generation;
}

static void
on_stats(void *arg, const struct hf_msg_stats_say *m)
{
	(void)arg;
	heard.stats++;
	heard.token = m->token;
}

static void
on_latency(void *arg, const struct hf_msg_latency_say *m)
{
	(void)arg;
	heard.latency++;
	heard.token = m->token;
}

static void
on_cache(void *arg, const struct hf_msg_cache_say *m)
{
	(void)arg;
	heard.cache++;
	heard.token = m->token;
}

static struct cp_policy *
policy_of(uint64_t generation, size_t rules)
{
	static struct cp_rule rule[HF_POLICY_RULE_MAX];
	static const struct cp_stale stale = {1800, 30, 86400, 30, HF_STALE_ALL};
	char text[32];

	for (size_t i = 0; i < rules; i++) {
		snprintf(text, sizeof(text), "z%zu.", i);
		rule[i].kind = HF_RULE_NTA;
		assert_int_equal(hf_name_from_text(text, &rule[i].name), 0);
	}
	return cp_policy_create(generation, &stale, rule, rules);
}

/* A root server that nobody listens at: every question fails at once. */
static struct cp_engine *
make_engine(void)
{
	static const char text[] = ". NS a.\na. A 127.0.0.1\n";
	char err[HF_ZONETEXT_ERROR_LEN];
	struct cp_resolver_config resolver = {
	    .limits = {.wall_ns = HF_NS_PER_S},
	    .do_ip4 = true,
	    .validate = true,
	    .server_port = 9,
	};
	struct cp_engine_config cfg = {
	    .base = base, .resolver = &resolver, .policy = policy, .counters = &counters};

	hf_rrsets_init(&hints);
	assert_int_equal(cp_root_hints_parse("h", text, strlen(text), &hints, err), 0);
	resolver.root_hints = hints.sets;
	resolver.root_hints_cnt = hints.cnt;
	return cp_engine_create(&cfg);
}

static bool prefetch; /* of the client that is set up */

static int
set_up_client(void)
{
	struct cp_link_config cfg = {
	    .path = path,
	    .counters = &counters,
	    .prefetch = prefetch,
	    .ops = {.attached = on_attached,
		.lost = on_lost,
		.acked = on_acked,
		.stats = on_stats,
		.latency = on_latency,
		.cache = on_cache},
	};

	hf_log_set_level(HF_LOG_ERROR);
	memset(&heard, 0, sizeof(heard));
	memset(&counters, 0, sizeof(counters));
	strcpy(dir, "/tmp/holdfast-link-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/link.sock", dir);
	base = event_base_new();
	policy = policy_of(3, 2);
	engine = make_engine();
	cfg.base = base;
	cfg.engine = engine;
	client = cp_link_client_create(&cfg);
	cp_link_client_set_policy(client, policy);
	return engine != NULL && client != NULL ? 0 : -1;
}

static int
set_up(void **state)
{
	(void)state;
	prefetch = true;
	return set_up_client();
}

static int
set_up_without_prefetch(void **state)
{
	(void)state;
	prefetch = false;
	return set_up_client();
}

static void
dataplane_dies(void)
{
	hf_link_close(dp);
	dp = NULL;
	if (listener >= 0)
		close(listener);
	listener = -1;
	(void)unlink(path);
}

static int
tear_down(void **state)
{
	(void)state;
	dataplane_dies();
	cp_engine_destroy(engine);
	cp_link_client_destroy(client);
	cp_policy_put(policy);
	hf_rrsets_fini(&hints);
	event_base_free(base);
	return rmdir(dir);
}

static void
turn(void)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
	if (dp != NULL)
		hf_link_beat(dp, hf_clock_mono_ns());
	usleep(200);
}

/* Each look at the condition may have effects, so the one that is true is the last. */
#define UNTIL(condition, ms)                                            \
	do {                                                            \
		uint64_t end_ = hf_clock_mono_ns() + (ms)*HF_NS_PER_MS; \
		bool true_ = (condition);                               \
		while (!true_ && hf_clock_mono_ns() < end_) {           \
			turn();                                         \
			true_ = (condition);                            \
		}                                                       \
		if (!true_)                                             \
			fail_msg("never: %s", #condition);              \
	} while (0)

static void
dataplane_starts(uint64_t policy_gen)
{
	struct hf_link_offer offer = {
	    .worker_cnt = WORKERS, .epoch = ++epoch, .boot_ns = 1, .policy_gen = policy_gen};
	unsigned before = heard.attached;
	int fd = -1, rc = -EAGAIN;

	assert_int_equal(hf_link_listen(path, &listener), 0);
	UNTIL((rc = hf_link_accept(listener, geteuid(), &fd)) == 0, 2000);
	UNTIL((rc = hf_link_welcome(fd, &offer, &dp)) == 0, 2000);
	UNTIL(heard.attached == before + 1, 2000);
}

/* The next message of the update ring; its type. */
static unsigned
take(void)
{
	size_t len = 0;

	UNTIL((len = hf_ring_take(hf_link_update(dp), msg, sizeof(msg))) != 0, 2000);
	assert_int_equal(hf_msg_check_head(msg, len, epoch), HF_MSG_OK);
	return ((const struct hf_msg_head *)(const void *)msg)->type;
}

/* A whole snapshot; its generation. */
static uint64_t
take_policy(uint32_t rules)
{
	const struct hf_msg_policy_begin *begin = (const void *)msg;
	const struct hf_msg_policy_rule *rule = (const void *)msg;
	const struct hf_msg_policy_end *end = (const void *)msg;

	assert_int_equal(take(), HF_MSG_POLICY_BEGIN);
	assert_int_equal(hf_msg_check_policy_begin(begin), HF_MSG_OK);
	assert_int_equal(begin->rule_cnt, rules);
	uint64_t generation = begin->generation;
	for (uint32_t i = 0; i < rules; i++) {
		assert_int_equal(take(), HF_MSG_POLICY_RULE);
		assert_int_equal(hf_msg_check_policy_rule(rule), HF_MSG_OK);
		assert_true(rule->generation == generation);
	}
	assert_int_equal(take(), HF_MSG_POLICY_END);
	assert_true(end->generation == generation && end->rule_cnt == rules);
	return generation;
}

static void
put_miss(uint32_t worker, uint64_t handle, const char *name)
{
	struct hf_name n;
	struct hf_msg_miss *m = hf_ring_reserve(hf_link_miss(dp, worker));

	assert_non_null(m);
	assert_int_equal(hf_name_from_text(name, &n), 0);
	memset(m, 0, sizeof(*m));
	m->head = (struct hf_msg_head){HF_MSG_MISS, sizeof(*m), epoch};
	m->handle = handle;
	m->core = (uint16_t)worker;
	hf_msg_key_set(&m->key, &n, HF_TYPE_A, HF_CLASS_IN, HF_VARIANT_DO);
	hf_ring_commit(hf_link_miss(dp, worker));
	(void)hf_link_wake_peer(dp);
}

static void
upon_attaching_the_whole_policy_is_sent(void **state)
{
	(void)state;
	assert_int_equal(cp_link_client_start(client), 0);
	dataplane_starts(1);
	assert_int_equal(heard.dataplane_gen, 1);
	assert_int_equal(take_policy(2), 3);
}

static void
every_miss_is_answered_to_the_core_and_handle_it_came_from(void **state)
{
	const struct hf_msg_answer *m = (const void *)msg;
	struct hf_answer_view view;
	unsigned seen = 0;
	char name[32];

	(void)state;
	assert_int_equal(cp_link_client_start(client), 0);
	dataplane_starts(0);
	(void)take_policy(2);
	for (uint32_t i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "n%u.example.", i / 2);
		put_miss(i % WORKERS, 1000 + i, name);
	}
	for (; seen < 200; seen++) {
		assert_int_equal(take(), HF_MSG_ANSWER);
		assert_int_equal(hf_msg_check_answer(m, &view), HF_MSG_OK);
		assert_true(m->handle >= 1000 && m->handle < 1200);
		assert_int_equal(m->core, (m->handle - 1000) % WORKERS);
		assert_int_equal(m->rcode, HF_RCODE_SERVFAIL); /* no server answers here */
		assert_int_equal(m->key.variant, HF_VARIANT_DO);
		assert_int_equal(m->policy_gen, 3);
	}
	assert_int_equal(counters.v[CP_COUNTER_link_miss], 200);
	assert_int_equal(counters.v[CP_COUNTER_link_miss_bad], 0);
}

static void
put_refresh(uint32_t worker, const char *name, uint16_t type, uint16_t flags)
{
	struct hf_name n;
	struct hf_msg_miss *m = hf_ring_reserve(hf_link_miss(dp, worker));

	assert_non_null(m);
	assert_int_equal(hf_name_from_text(name, &n), 0);
	memset(m, 0, sizeof(*m));
	m->head = (struct hf_msg_head){HF_MSG_MISS, sizeof(*m), epoch};
	m->flags = flags;
	m->core = (uint16_t)worker;
	hf_msg_key_set(&m->key, &n, type, HF_CLASS_IN, 0);
	hf_ring_commit(hf_link_miss(dp, worker));
	(void)hf_link_wake_peer(dp);
}

static void
a_refresh_that_succeeds_is_for_nobody_and_one_that_fails_is_not_told(void **state)
{
	const struct hf_msg_answer *m = (const void *)msg;

	(void)state;
	assert_int_equal(cp_link_client_start(client), 0);
	dataplane_starts(0);
	(void)take_policy(2);
	put_refresh(
	    0, "any.example.", HF_TYPE_ANY, HF_MISS_REFRESH); /* RFC 8482: no server is needed */
	assert_int_equal(take(), HF_MSG_ANSWER);
	assert_true(m->handle == 0 && m->rcode == HF_RCODE_NOERROR);
	put_refresh(1, "x.example.", HF_TYPE_A, HF_MISS_REFRESH); /* no server answers */
	UNTIL(counters.v[CP_COUNTER_refresh_failed] == 1, 5000);
	put_miss(0, 5, "y.example.");
	assert_int_equal(take(), HF_MSG_ANSWER);
	assert_int_equal(m->handle, 5);
}

static void
without_prefetch_what_failed_is_tried_again_all_the_same(void **state)
{
	(void)state;
	assert_int_equal(cp_link_client_start(client), 0);
	dataplane_starts(0);
	(void)take_policy(2);
	put_refresh(0, "any.example.", HF_TYPE_ANY, HF_MISS_REFRESH);
	UNTIL(counters.v[CP_COUNTER_refresh_off] == 1, 5000);
	put_refresh(0, "any.example.", HF_TYPE_ANY, HF_MISS_REFRESH | HF_MISS_RECHECK);
	assert_int_equal(take(), HF_MSG_ANSWER);
	assert_int_equal(counters.v[CP_COUNTER_refresh_off], 1);
}

static void
a_miss_that_lies_is_counted_and_the_next_one_answered(void **state)
{
	struct hf_msg_miss *m;

	(void)state;
	assert_int_equal(cp_link_client_start(client), 0);
	dataplane_starts(0);
	(void)take_policy(2);
	srandom(5);
	for (int i = 0; i < 500; i++) {
		uint8_t *slot = hf_ring_reserve(hf_link_miss(dp, 0));

		for (size_t j = 0; j < sizeof(*m); j++)
			slot[j] = (uint8_t)random();
		m = (void *)slot;
		if (i % 2 == 0)
			m->head = (struct hf_msg_head){HF_MSG_MISS, sizeof(*m), epoch};
		if (i % 4 == 0)
			m->core = 1; /* not the ring's worker */
		hf_ring_commit(hf_link_miss(dp, 0));
	}
	put_miss(0, 7, "good.example.");
	assert_int_equal(take(), HF_MSG_ANSWER);
	assert_int_equal(((const struct hf_msg_answer *)(const void *)msg)->handle, 7);
	assert_int_equal(counters.v[CP_COUNTER_link_miss_bad], 500);
}

static void
a_snapshot_larger_than_the_ring_goes_out_piece_by_piece(void **state)
{
	struct cp_policy *big = policy_of(8, HF_POLICY_RULE_MAX);

	(void)state;
	assert_int_equal(cp_link_client_start(client), 0);
	dataplane_starts(0);
	(void)take_policy(2);
	cp_link_client_set_policy(client, big);
	cp_policy_put(big);
	put_miss(1, 9, "behind.example.");
	for (int i = 0; i < 100; i++) /* the miss is done; its answer stands behind the snapshot */
		turn();
	assert_int_equal(take_policy(HF_POLICY_RULE_MAX), 8);
	assert_int_equal(take(), HF_MSG_ANSWER);
	assert_int_equal(((const struct hf_msg_answer *)(const void *)msg)->handle, 9);
	assert_true(counters.v[CP_COUNTER_answer_queued] >= 1);
}

static void
after_the_dataplane_died_the_next_one_is_found_and_gets_the_policy(void **state)
{
	(void)state;
	assert_int_equal(cp_link_client_start(client), 0);
	dataplane_starts(0);
	(void)take_policy(2);
	put_miss(0, 1, "x.example.");
	dataplane_dies();
	UNTIL(heard.lost == 1, 2000);
	dataplane_starts(3);
	assert_int_equal(take_policy(2), 3);
	put_miss(0, 2, "y.example.");
	assert_int_equal(take(), HF_MSG_ANSWER);
	assert_int_equal(((const struct hf_msg_answer *)(const void *)msg)->handle, 2);
}

static void
a_dataplane_that_falls_silent_is_left(void **state)
{
	struct hf_link *silent;
	struct cp_link_state s;

	(void)state;
	assert_int_equal(cp_link_client_start(client), 0);
	dataplane_starts(0);
	cp_link_client_state(client, &s);
	assert_true(s.attached);
	assert_int_equal(s.worker_cnt, WORKERS);
	silent = dp;
	dp = NULL; /* turn() does not beat for it any more */
	UNTIL(heard.lost == 1, 3000);
	cp_link_client_state(client, &s);
	assert_false(s.attached);
	hf_link_close(silent);
}

static void
questions_over_the_socket_come_back_with_their_token(void **state)
{
	struct hf_msg_key key = {0};
	struct hf_msg_cache_ask ask;
	struct hf_msg_stats_ask stats_ask;
	struct hf_msg_cache_say say = {.head = {HF_MSG_CACHE_SAY, sizeof(say), 0}, .token = 42};
	alignas(8)
	    uint8_t buf[sizeof(struct hf_msg_stats_say) + HF_COUNTER_CNT * sizeof(uint64_t)] = {0};
	struct hf_msg_stats_say *stats = (void *)buf;
	ssize_t n;

	(void)state;
	hf_msg_key_set(&key, &hf_name_root, HF_TYPE_NS, HF_CLASS_IN, 0);
	assert_int_equal(cp_link_client_ask_stats(client, 1), -ENOTCONN);
	assert_int_equal(cp_link_client_start(client), 0);
	dataplane_starts(0);
	assert_int_equal(cp_link_client_ask_cache(client, 42, &key), 0);
	UNTIL((n = hf_link_recv(dp, &ask, sizeof(ask))) == (ssize_t)sizeof(ask), 1000);
	assert_int_equal(ask.token, 42);
	say.head.epoch = epoch;
	assert_int_equal(hf_link_send(dp, &say, sizeof(say)), 0);
	UNTIL(heard.cache == 1, 1000);
	assert_int_equal(heard.token, 42);
	assert_int_equal(cp_link_client_ask_stats(client, 43), 0);
	UNTIL((n = hf_link_recv(dp, &stats_ask, sizeof(stats_ask))) > 0, 1000);
	*stats = (struct hf_msg_stats_say){.head = {HF_MSG_STATS_SAY, sizeof(buf), epoch},
	    .token = 43,
	    .row_cnt = 1,
	    .col_cnt = HF_COUNTER_CNT};
	assert_int_equal(hf_link_send(dp, buf, sizeof(buf)), 0);
	UNTIL(heard.stats == 1, 1000);
	assert_int_equal(heard.token, 43);
}

static void
a_question_about_latency_is_of_one_core_and_a_core_that_is_not_there_is_no_answer(void **state)
{
	struct hf_msg_latency_ask ask;
	struct hf_msg_latency_say say = {.token = 9, .core = 1, .core_cnt = 2};
	ssize_t n;

	(void)state;
	assert_int_equal(cp_link_client_ask_latency(client, 1, 0), -ENOTCONN);
	assert_int_equal(cp_link_client_start(client), 0);
	dataplane_starts(0);
	assert_int_equal(cp_link_client_ask_latency(client, 9, 1), 0);
	UNTIL((n = hf_link_recv(dp, &ask, sizeof(ask))) == (ssize_t)sizeof(ask), 1000);
	assert_int_equal(ask.token, 9);
	assert_int_equal(ask.core, 1);
	say.head = (struct hf_msg_head){HF_MSG_LATENCY_SAY, sizeof(say), epoch};
	assert_int_equal(hf_link_send(dp, &say, sizeof(say)), 0);
	UNTIL(heard.latency == 1, 1000);
	assert_int_equal(heard.token, 9);
	say.core = 2;
	assert_int_equal(hf_link_send(dp, &say, sizeof(say)), 0);
	UNTIL(counters.v[CP_COUNTER_say_bad] == 1, 1000);
	assert_int_equal(heard.latency, 1);
}

static void
messages_of_the_socket_that_lie_are_counted_and_not_handed_on(void **state)
{
	struct hf_msg_stats_say stats = {.head = {HF_MSG_STATS_SAY, sizeof(stats), 0}};
	struct hf_msg_cache_say say = {.head = {HF_MSG_CACHE_SAY, sizeof(say), 0}, .found = 1};
	struct hf_msg_ack ack = {.head = {HF_MSG_ACK, sizeof(ack), 0}, .generation = 3};

	(void)state;
	assert_int_equal(cp_link_client_start(client), 0);
	dataplane_starts(0);
	assert_int_equal(hf_link_send(dp, &ack, sizeof(ack)), 0); /* epoch 0 */
	stats.head.epoch = say.head.epoch = ack.head.epoch = epoch;
	stats.row_cnt = 65;
	stats.col_cnt = UINT32_MAX; /* rows * columns must not wrap */
	assert_int_equal(hf_link_send(dp, &stats, sizeof(stats)), 0);
	stats.row_cnt = UINT32_MAX;
	assert_int_equal(hf_link_send(dp, &stats, sizeof(stats)), 0);
	assert_int_equal(hf_link_send(dp, &say, sizeof(say)), 0); /* found, but nothing there */
	assert_int_equal(hf_link_send(dp, "x", 1), 0);
	stats.row_cnt = 0; /* whole, but says nothing of anybody */
	assert_int_equal(hf_link_send(dp, &stats, sizeof(stats)), 0);
	ack.core_cnt = 2; /* of one */
	ack.core_all = 1;
	assert_int_equal(hf_link_send(dp, &ack, sizeof(ack)), 0);
	ack.core_cnt = 1;
	ack.fault = HF_MSG_FAULT_CNT;
	assert_int_equal(hf_link_send(dp, &ack, sizeof(ack)), 0);
	ack.fault = 0;
	assert_int_equal(hf_link_send(dp, &ack, sizeof(ack)), 0);
	UNTIL(heard.acked == 1, 1000);
	assert_int_equal(counters.v[CP_COUNTER_say_bad], 8);
	assert_int_equal(heard.stats + heard.cache, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(upon_attaching_the_whole_policy_is_sent),
	    T(every_miss_is_answered_to_the_core_and_handle_it_came_from),
	    T(a_refresh_that_succeeds_is_for_nobody_and_one_that_fails_is_not_told),
	    cmocka_unit_test_setup_teardown(
		without_prefetch_what_failed_is_tried_again_all_the_same, set_up_without_prefetch,
		tear_down),
	    T(a_miss_that_lies_is_counted_and_the_next_one_answered),
	    T(a_snapshot_larger_than_the_ring_goes_out_piece_by_piece),
	    T(after_the_dataplane_died_the_next_one_is_found_and_gets_the_policy),
	    T(a_dataplane_that_falls_silent_is_left),
	    T(questions_over_the_socket_come_back_with_their_token),
	    T(a_question_about_latency_is_of_one_core_and_a_core_that_is_not_there_is_no_answer),
	    T(messages_of_the_socket_that_lie_are_counted_and_not_handed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
