/* SPDX-License-Identifier: BSD-3-Clause */
/* Traces with the event loop: when they begin and end, and how many there may be. The only server,
 * a socket of this test on 127.0.0.1, says nothing. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "controlplane/resolver/caches.h"
#include "controlplane/resolver/trace.h"
#include "controlplane/root_hints.h"
#include "controlplane/tracer.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

enum { HANGS_S = 20 };
#define LIVE_NS (200 * HF_NS_PER_MS)

static struct event_base *base;
static struct cp_counters counters;
static struct hf_rrsets hints;
static struct cp_policy *policy;
static struct cp_caches *caches;
static struct cp_tracer *tracer;
static int silent;
static uint16_t port;

static struct {
	unsigned cnt, live;
	uint64_t token;
	enum hf_verdict verdict;
	uint16_t rcode;
	unsigned steps, queries;
} told;

static void
on_traced(void *arg, const struct cp_traced *t)
{
	assert_ptr_equal(arg, &told);
	assert_non_null(t->trace);
	told.cnt++;
	told.live += !t->trace->cached;
	told.token = t->token;
	told.verdict = t->answer->verdict;
	told.rcode = t->answer->rcode;
	told.steps = t->trace->step_cnt;
	told.queries = t->trace->query_cnt;
}

static void
on_config(void *arg, struct cp_resolver_config *out)
{
	(void)arg;
	*out = (struct cp_resolver_config){
	    .limits = {.wall_ns = LIVE_NS},
	    .root_hints = hints.sets,
	    .root_hints_cnt = hints.cnt,
	    .do_ip4 = true,
	    .server_port = port,
	};
}

static struct cp_policy *
on_policy(void *arg)
{
	(void)arg;
	return policy;
}

static int
open_all(void **state)
{
	static const char text[] = ". NS a.\na. A 127.0.0.1\n";
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct cp_table_config table = {.octets_max = 1024 * 1024};
	char err[HF_ZONETEXT_ERROR_LEN];
	socklen_t len = sizeof(sin);

	(void)state;
	hf_log_set_level(HF_LOG_ERROR);
	memset(&told, 0, sizeof(told));
	memset(&counters, 0, sizeof(counters));
	silent = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(silent, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(getsockname(silent, (struct sockaddr *)&sin, &len), 0);
	port = ntohs(sin.sin_port);
	hf_rrsets_init(&hints);
	assert_int_equal(cp_root_hints_parse("h", text, strlen(text), &hints, err), 0);
	base = event_base_new();
	policy = cp_policy_create(1, NULL, NULL, 0);
	caches = cp_caches_create(&table);

	const struct cp_tracer_config cfg = {
	    .base = base,
	    .counters = &counters,
	    .caches = caches,
	    .arg = &told,
	    .resolver = on_config,
	    .policy = on_policy,
	    .traced = on_traced,
	};
	tracer = cp_tracer_create(&cfg);
	assert_non_null(tracer);
	return 0;
}

static int
close_all(void **state)
{
	(void)state;
	cp_tracer_destroy(tracer);
	cp_caches_destroy(caches);
	cp_policy_put(policy);
	event_base_free(base);
	hf_rrsets_fini(&hints);
	close(silent);
	return 0;
}

static int
ask(bool cached, uint64_t token)
{
	struct hf_question q = {.type = HF_TYPE_A, .klass = HF_CLASS_IN};

	assert_int_equal(hf_name_from_text("www.example.", &q.name), 0);
	return cp_tracer_ask(tracer, &q, cached, token);
}

/* Until so many traces were told of; a test that hangs fails. */
static void
run_until(unsigned cnt)
{
	uint64_t end_ns = hf_clock_mono_ns() + HANGS_S * HF_NS_PER_S;
	struct timeval tick = {0, 1000};

	while (told.cnt < cnt && hf_clock_mono_ns() < end_ns) {
		event_base_loopexit(base, &tick);
		event_base_dispatch(base);
	}
	assert_int_equal(told.cnt, cnt);
}

static void
a_trace_of_an_empty_cache_says_so_after_the_call_and_sends_nothing(void **state)
{
	(void)state;
	assert_int_equal(ask(true, 5), 0);
	assert_int_equal(told.cnt, 0);
	run_until(1);
	assert_int_equal(told.token, 5);
	assert_int_equal(told.rcode, HF_RCODE_REFUSED);
	assert_int_equal(told.live + told.queries, 0);
}

static void
a_live_trace_ends_within_the_time_of_a_question(void **state)
{
	(void)state;
	assert_int_equal(ask(false, 6), 0);
	run_until(1);
	assert_int_equal(told.live, 1);
	assert_int_equal(told.rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(told.verdict, HF_VERDICT_FAILURE);
	assert_true(told.queries > 0 && told.steps > 0);
}

static void
more_traces_than_fit_are_refused_and_there_is_room_again_when_one_ends(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CP_TRACES_MAX; i++)
		assert_int_equal(ask(false, i), 0);
	assert_int_equal(ask(false, 99), -EBUSY);
	assert_int_equal(ask(true, 99), -EBUSY);
	run_until(CP_TRACES_MAX);
	event_base_loop(base, EVLOOP_NONBLOCK); /* what is over goes in a turn of its own */
	assert_int_equal(ask(true, 7), 0);
	run_until(CP_TRACES_MAX + 1);
}

static void
who_ends_with_traces_under_way_is_told_nothing_more(void **state)
{
	(void)state;
	assert_int_equal(ask(false, 1), 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(ask(false, 2), 0); /* not begun yet */
	cp_tracer_destroy(tracer);
	tracer = NULL;
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(told.cnt, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_trace_of_an_empty_cache_says_so_after_the_call_and_sends_nothing),
	    T(a_live_trace_ends_within_the_time_of_a_question),
	    T(more_traces_than_fit_are_refused_and_there_is_room_again_when_one_ends),
	    T(who_ends_with_traces_under_way_is_told_nothing_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
