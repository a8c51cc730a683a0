/* SPDX-License-Identifier: BSD-3-Clause */
/* The engine with one recursor in its own thread and with several threads, against an authority
 * of this test on 127.0.0.1. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "controlplane/engine.h"
#include "controlplane/resolver/caches.h"
#include "controlplane/root_hints.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/wire/message.h"

enum { NAMES = 200, ASKERS_EACH = 5, PATIENCE_S = 20, HELD_MAX = 4096, QUERY_MAX = 512 };

static struct event_base *base;
static struct cp_counters counters;
static struct hf_rrsets hints;
static struct cp_policy *policy;
static struct cp_engine *engine;

/* --- the authority: 192.0.2.1 for every name below the root */

static struct {
	int fd;
	uint16_t port;
	struct event *readable;
	bool holds; /* keeps queries, to answer them later */
	unsigned held_cnt;
	struct {
		struct sockaddr_in from;
		size_t len;
		uint8_t msg[QUERY_MAX];
	} held[HELD_MAX];
	unsigned seen[NAMES]; /* queries for n<i>. A */
} auth;

/* The question ends after its name, type and class. */
static size_t
question_end(const uint8_t *msg, size_t len)
{
	size_t at = HF_HEADER_LEN;

	while (at < len && msg[at] != 0)
		at += msg[at] + 1u;
	return at + 5 <= len ? at + 5 : 0;
}

static void
auth_reply(const struct sockaddr_in *to, const uint8_t *query, size_t len)
{
	static const uint8_t a[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 1};
	static const uint8_t ns[] = {0, 0, 2, 0, 1, 0, 0, 1, 44, 0, 3, 1, 'a', 0};
	uint8_t msg[QUERY_MAX + sizeof(a)];
	size_t end = question_end(query, len);
	bool root = query[HF_HEADER_LEN] == 0;
	bool is_a = end >= 4 && query[end - 3] == HF_TYPE_A;

	if (end == 0)
		return;
	memcpy(msg, query, end);
	msg[2] = 0x84; /* QR, AA */
	msg[3] = 0;
	memset(msg + 6, 0, 6);
	if (root || is_a)
		msg[7] = 1;
	memcpy(msg + end, root ? ns : a, root ? sizeof(ns) : sizeof(a));
	if (root)
		end += sizeof(ns);
	else if (is_a)
		end += sizeof(a);
	(void)sendto(auth.fd, msg, end, 0, (const struct sockaddr *)to, sizeof(*to));
}

static void
auth_read(evutil_socket_t fd, short what, void *arg)
{
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	uint8_t msg[QUERY_MAX];
	ssize_t n;

	(void)what;
	(void)arg;
	while ((n = recvfrom(fd, msg, sizeof(msg), 0, (struct sockaddr *)&from, &from_len)) > 0) {
		char label[16] = "";
		unsigned i;

		if (n <= HF_HEADER_LEN)
			continue;
		if (msg[HF_HEADER_LEN] < sizeof(label))
			memcpy(label, msg + HF_HEADER_LEN + 1, msg[HF_HEADER_LEN]);
		if (sscanf(label, "%*[nN]%u", &i) == 1 && i < NAMES)
			auth.seen[i]++;
		if (!auth.holds) {
			auth_reply(&from, msg, (size_t)n);
		} else if (auth.held_cnt < HELD_MAX) {
			auth.held[auth.held_cnt].from = from;
			auth.held[auth.held_cnt].len = (size_t)n;
			memcpy(auth.held[auth.held_cnt++].msg, msg, (size_t)n);
		}
	}
}

static void
auth_release(void)
{
	auth.holds = false;
	for (unsigned i = 0; i < auth.held_cnt; i++)
		auth_reply(&auth.held[i].from, auth.held[i].msg, auth.held[i].len);
	auth.held_cnt = 0;
}

static void
auth_open(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);
	int octets = 4 << 20;

	memset(&auth, 0, sizeof(auth));
	auth.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(auth.fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(getsockname(auth.fd, (struct sockaddr *)&sin, &len), 0);
	(void)setsockopt(auth.fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof(octets));
	auth.port = ntohs(sin.sin_port);
	auth.readable = event_new(base, auth.fd, EV_READ | EV_PERSIST, auth_read, NULL);
	event_add(auth.readable, NULL);
}

/* --- the askers */

static struct {
	unsigned answers, good, failures;
	unsigned older; /* than what was in force by then */
	uint64_t in_force;
	unsigned in_force_calls;
} heard;

static void
on_done(void *arg, const struct cp_answer *a)
{
	(void)arg;
	heard.answers++;
	if (a == NULL) {
		heard.failures++;
		return;
	}
	heard.good += a->rcode == 0 && a->an_cnt == 1;
	heard.older += a->policy_gen < heard.in_force;
}

static void
on_in_force(void *arg, uint64_t generation)
{
	(void)arg;
	heard.in_force = generation;
	heard.in_force_calls++;
}

static void
engine_open(unsigned threads)
{
	static const char text[] = ". NS a.\na. A 127.0.0.1\n";
	char err[HF_ZONETEXT_ERROR_LEN];
	struct cp_resolver_config resolver = {
	    .limits = {.wall_ns = PATIENCE_S * HF_NS_PER_S},
	    .do_ip4 = true,
	    .server_port = auth.port,
	};
	struct cp_engine_config cfg = {
	    .base = base,
	    .resolver = &resolver,
	    .policy = policy,
	    .counters = &counters,
	    .threads = threads,
	    .in_force = on_in_force,
	};

	hf_rrsets_init(&hints);
	assert_int_equal(cp_root_hints_parse("h", text, strlen(text), &hints, err), 0);
	resolver.root_hints = hints.sets;
	resolver.root_hints_cnt = hints.cnt;
	engine = cp_engine_create(&cfg);
	assert_non_null(engine);
}

static void
open_all(unsigned threads)
{
	hf_log_set_level(HF_LOG_ERROR);
	memset(&heard, 0, sizeof(heard));
	memset(&counters, 0, sizeof(counters));
	base = event_base_new();
	policy = cp_policy_create(1, NULL, NULL, 0);
	auth_open();
	engine_open(threads);
}

static void
close_all(void)
{
	cp_engine_destroy(engine);
	hf_rrsets_fini(&hints);
	event_free(auth.readable);
	close(auth.fd);
	cp_policy_put(policy);
	event_base_free(base);
}

static void
ask(unsigned i)
{
	char text[16];
	struct hf_question q = {.type = HF_TYPE_A, .klass = HF_CLASS_IN};
	struct cp_ask what = {.question = &q, .who = {.done = on_done}};

	snprintf(text, sizeof(text), "n%u.", i);
	assert_int_equal(hf_name_from_text(text, &q.name), 0);
	assert_int_equal(cp_engine_ask(engine, &what, NULL), 0);
}

/* Until *value reaches target; a test that hangs fails after PATIENCE_S. */
static void
run_until(const unsigned *value, unsigned target)
{
	uint64_t end_ns = hf_clock_mono_ns() + PATIENCE_S * HF_NS_PER_S;
	struct timeval tick = {0, 1000};

	while (*value < target && hf_clock_mono_ns() < end_ns) {
		event_base_loopexit(base, &tick);
		event_base_dispatch(base);
	}
	assert_true(*value >= target);
}

static void
all_askers_are_answered(unsigned threads)
{
	open_all(threads);
	for (unsigned k = 0; k < ASKERS_EACH; k++)
		for (unsigned i = 0; i < NAMES; i++)
			ask(i);
	run_until(&heard.answers, NAMES * ASKERS_EACH);
	assert_int_equal(heard.good, NAMES * ASKERS_EACH);
	assert_int_equal(cp_engine_under_way(engine), 0);
	close_all();
}

static void
every_asker_is_answered_without_threads(void **state)
{
	(void)state;
	all_askers_are_answered(1);
}

static void
every_asker_is_answered_with_threads(void **state)
{
	(void)state;
	all_askers_are_answered(4);
}

static void
equal_questions_meet_in_one_thread_and_are_sent_once(void **state)
{
	uint64_t resolver[CP_RESOLVER_COUNTER_CNT], controlplane[CP_COUNTER_CNT];

	(void)state;
	open_all(4);
	ask(0); /* the root's servers are known after this */
	run_until(&heard.answers, 1);
	auth.holds = true;
	for (unsigned k = 0; k < ASKERS_EACH; k++)
		for (unsigned i = 1; i < 100; i++)
			ask(i);
	run_until(&auth.held_cnt, 99);
	auth_release();
	run_until(&heard.answers, 1 + 99 * ASKERS_EACH);
	assert_int_equal(heard.good, 1 + 99 * ASKERS_EACH);
	cp_engine_counters(engine, resolver, controlplane);
	assert_int_equal(resolver[CP_RESOLVER_asked], 1 + 99 * ASKERS_EACH);
	assert_int_equal(
	    resolver[CP_RESOLVER_joined] + resolver[CP_RESOLVER_cache_hit], 99 * (ASKERS_EACH - 1));
	assert_int_equal(resolver[CP_RESOLVER_sent_udp], controlplane[CP_COUNTER_up_udp]);
	close_all();
}

static void
what_one_thread_learned_the_others_know(void **state)
{
	struct cp_table_use use;
	unsigned once = 0;

	(void)state;
	open_all(4);
	for (unsigned i = 0; i < 100; i++)
		ask(i);
	run_until(&heard.answers, 100);
	cp_table_use(cp_engine_caches(engine)->table, &use);
	assert_true(use.entries >= 100); /* one table */
	for (unsigned i = 0; i < 100; i++)
		ask(i);
	run_until(&heard.answers, 200);
	for (unsigned i = 0; i < 100; i++)
		once += auth.seen[i] == 1;
	assert_int_equal(once, 100);
	close_all();
}

static void
a_policy_is_in_force_once_every_thread_has_it_and_no_older_answer_follows(void **state)
{
	struct cp_policy *next = cp_policy_create(2, NULL, NULL, 0);

	(void)state;
	open_all(4);
	for (unsigned i = 0; i < NAMES; i++)
		ask(i);
	cp_engine_set_policy(engine, next);
	assert_int_equal(cp_engine_generation(engine), 1);
	run_until(&heard.in_force_calls, 1);
	assert_int_equal(heard.in_force, 2);
	assert_int_equal(cp_engine_generation(engine), 2);
	for (unsigned i = 0; i < NAMES; i++)
		ask(i);
	run_until(&heard.answers, 2 * NAMES);
	assert_int_equal(heard.older, 0);
	assert_int_equal(heard.in_force_calls, 1);
	close_all();
	cp_policy_put(next);
}

static void
of_two_policies_in_a_row_the_later_is_in_force(void **state)
{
	struct cp_policy *second = cp_policy_create(2, NULL, NULL, 0);
	struct cp_policy *third = cp_policy_create(3, NULL, NULL, 0);
	unsigned turns = 0;

	(void)state;
	open_all(4);
	cp_engine_set_policy(engine, second);
	cp_engine_set_policy(engine, third);
	while (heard.in_force != 3 && turns++ < 10000) {
		struct timeval tick = {0, 1000};

		event_base_loopexit(base, &tick);
		event_base_dispatch(base);
	}
	assert_int_equal(heard.in_force, 3);
	close_all();
	cp_policy_put(second);
	cp_policy_put(third);
}

static void
it_ends_with_questions_under_way_and_nobody_is_answered(void **state)
{
	(void)state;
	open_all(4);
	auth.holds = true;
	for (unsigned i = 0; i < NAMES; i++)
		ask(i);
	run_until(&auth.held_cnt, 1);
	unsigned before = heard.answers;

	close_all();
	assert_int_equal(heard.answers, before);
}

static void
an_asker_that_is_gone_is_forgotten(void **state)
{
	uint64_t token;
	struct hf_question q = {.type = HF_TYPE_A, .klass = HF_CLASS_IN};
	struct cp_ask what = {.question = &q, .who = {.done = on_done}};

	(void)state;
	open_all(4);
	assert_int_equal(hf_name_from_text("n1.", &q.name), 0);
	assert_int_equal(cp_engine_ask(engine, &what, &token), 0);
	cp_engine_forget(engine, token);
	ask(2);
	run_until(&heard.answers, 1);
	assert_int_equal(heard.answers, 1);
	assert_int_equal(cp_engine_under_way(engine), 0);
	close_all();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_asker_is_answered_without_threads),
	    cmocka_unit_test(every_asker_is_answered_with_threads),
	    cmocka_unit_test(equal_questions_meet_in_one_thread_and_are_sent_once),
	    cmocka_unit_test(what_one_thread_learned_the_others_know),
	    cmocka_unit_test(
		a_policy_is_in_force_once_every_thread_has_it_and_no_older_answer_follows),
	    cmocka_unit_test(of_two_policies_in_a_row_the_later_is_in_force),
	    cmocka_unit_test(it_ends_with_questions_under_way_and_nobody_is_answered),
	    cmocka_unit_test(an_asker_that_is_gone_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
