/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/pending.c. */
#include <errno.h>
#include <stdio.h>

#include "dataplane/pending.h"
#include "tests/unit/dp_fixture.h"

enum { QUESTIONS = 8, WAITERS = 32, DNS_OFF = 42, TIMER_MS = 1800, TIMEOUT_MS = 6000 };

static struct dp_hash hash;
static struct dp_pending p;
static uint8_t frame[DP_FRAME_KEEP_MAX + 1];
static uint64_t client, net; /* who asks */
static bool cookie;

static int
setup(void **state)
{
	(void)state;
	dp_hash_init(&hash, fx_seed);
	return dp_pending_init(&p, QUESTIONS, WAITERS, fx_seed);
}

static int
teardown(void **state)
{
	(void)state;
	dp_pending_fini(&p);
	return 0;
}

static enum dp_pending_add
add(const char *name, uint64_t now_ms, uint16_t port, struct dp_question **q)
{
	const struct fx_query fq = {.name = name};
	const struct dp_frame f = {.octets = frame,
	    .dns_off = DNS_OFF,
	    .port = port,
	    .client = client,
	    .net = net,
	    .cookie = cookie};
	struct hf_query query;
	uint16_t len = fx_query(&fq, frame + DNS_OFF);
	struct dp_key key = fx_key(&hash, name, HF_TYPE_A, 0);
	const struct dp_client c = {&f, &query, &key, now_ms, TIMER_MS};

	assert_int_equal(hf_query_parse(frame + DNS_OFF, len, &query), HF_PARSE_OK);
	return dp_pending_add(&p, &c, q);
}

static void
sizes_outside_the_contract_are_refused(void **state)
{
	(void)state;
	struct dp_pending x;

	assert_int_equal(dp_pending_init(&x, 0, 1, fx_seed), -EINVAL);
	assert_int_equal(dp_pending_init(&x, 1, 0, fx_seed), -EINVAL);
	assert_int_equal(dp_pending_init(&x, DP_PENDING_LIMIT + 1, 1, fx_seed), -EINVAL);
	assert_int_equal(dp_pending_init(&x, 1, DP_PENDING_LIMIT + 1, fx_seed), -EINVAL);
	assert_int_equal(dp_pending_init(&x, 1, 1, fx_seed), 0);
	dp_pending_fini(&x);
}

static void
a_waiter_keeps_the_clients_frame_to_the_end_of_the_question(void **state)
{
	(void)state;
	struct dp_question *q;

	memset(frame, 0x77, sizeof(frame));
	assert_int_equal(add("www.example.", 5, 9, &q), DP_PENDING_NEW);
	const struct dp_waiter *w = dp_pending_first(&p, q);
	assert_int_equal(w->frame_len, DNS_OFF + HF_HEADER_LEN + 13 + 4);
	assert_memory_equal(w->frame, frame, w->frame_len);
	assert_true(w->port == 9 && w->asked_ms == 5 && w->h.id == 0xabcd);
}

static void
a_frame_too_long_to_keep_is_refused(void **state)
{
	(void)state;
	struct hf_query query = {.question_end = DP_FRAME_KEEP_MAX - DNS_OFF};
	struct dp_key key = fx_key(&hash, "a.", HF_TYPE_A, 0);
	struct dp_frame f = {
	    .octets = frame, .dns_off = DNS_OFF, .client = client, .net = net, .cookie = cookie};
	const struct dp_client c = {&f, &query, &key, 0, 1000};
	struct dp_question *q;

	assert_int_equal(dp_pending_add(&p, &c, &q), DP_PENDING_NEW);
	query.question_end++;
	assert_int_equal(dp_pending_add(&p, &c, &q), DP_PENDING_FULL);
}

static void
waiters_run_out_before_questions_do_no_harm(void **state)
{
	(void)state;
	struct dp_question *q, *other;

	for (unsigned i = 0; i < WAITERS; i++)
		assert_int_equal(add("a.", i, 0, &q), i == 0 ? DP_PENDING_NEW : DP_PENDING_JOINED);
	assert_int_equal(add("a.", 99, 0, &other), DP_PENDING_FULL);
	assert_int_equal(add("b.", 99, 0, &other), DP_PENDING_FULL);
	assert_int_equal(p.question_cnt, 1);
	dp_pending_settle(&p, q, DP_SETTLE_TIMED_OUT);
	dp_pending_free(&p, q);
	assert_true(p.question_cnt == 0 && p.waiter_cnt == 0);
	assert_int_equal(add("b.", 99, 0, &other), DP_PENDING_NEW);
}

static void
a_client_at_its_limit_is_refused_and_others_are_not(void **state)
{
	(void)state;
	struct dp_question *q, *other;

	p.client_limit = 3;
	for (unsigned i = 0; i < 3; i++)
		(void)add(i == 0 ? "a." : "b.", 0, 0, i == 0 ? &q : &other);
	assert_int_equal(add("a.", 0, 0, &other), DP_PENDING_CLIENT_FULL);
	assert_int_equal(add("c.", 0, 0, &other), DP_PENDING_CLIENT_FULL);
	assert_true(p.question_cnt == 2 && p.waiter_cnt == 3);
	client = 7;
	assert_int_equal(add("c.", 0, 0, &other), DP_PENDING_NEW);
	client = 0;
	dp_pending_settle(&p, q, DP_SETTLE_DONE);
	dp_pending_free(&p, q);
	assert_int_equal(add("a.", 0, 0, &other), DP_PENDING_NEW);
	assert_int_equal(add("a.", 0, 0, &other), DP_PENDING_CLIENT_FULL);
}

/* Against a model too simple to be wrong: a count for each client. */
static void
any_mix_of_clients_matches_the_model(void **state)
{
	(void)state;
	enum { CLIENTS = 12, PLACES = 16, LIMIT = 3 };
	struct dp_holders h;
	uint32_t place[CLIENTS], cnt[CLIENTS] = {0}, all = 0;

	assert_int_equal(dp_holders_init(&h, PLACES, fx_seed), 0);
	srandom(1);
	for (int step = 0; step < 100000; step++) {
		unsigned c = (unsigned)random() % CLIENTS;

		if (random() % 2 == 0 && all < PLACES) { /* as many places as there are waiters */
			uint32_t got = dp_holder_get(&h, c << 20, LIMIT);

			assert_int_equal(got != DP_NIL, cnt[c] < LIMIT);
			if (got == DP_NIL)
				continue;
			assert_true(cnt[c] == 0 || got == place[c]);
			place[c] = got;
			cnt[c]++;
			all++;
		} else if (cnt[c] > 0) {
			dp_holder_put(&h, place[c]);
			cnt[c]--;
			all--;
		}
	}
	dp_holders_fini(&h);
}

static void
a_domain_has_its_share_and_others_the_rest(void **state)
{
	(void)state;
	struct dp_question *q, *other;

	assert_int_equal(p.domains.max, DP_DOMAIN_SHARE_MIN);
	p.domains.max = 2;
	assert_int_equal(add("a.flood.test.", 0, 0, &q), DP_PENDING_NEW);
	assert_int_equal(add("b.c.flood.test.", 0, 0, &other), DP_PENDING_NEW);
	assert_int_equal(add("d.flood.test.", 0, 0, &other), DP_PENDING_DOMAIN_FULL);
	assert_int_equal(add("flood.test.", 0, 0, &other), DP_PENDING_DOMAIN_FULL);
	assert_int_equal(add("a.flood.test.", 0, 0, &other), DP_PENDING_JOINED);
	assert_int_equal(p.waiter_cnt, 3);
	assert_int_equal(add("a.calm.test.", 0, 0, &other), DP_PENDING_NEW);
	assert_int_equal(add("test.", 0, 0, &other), DP_PENDING_NEW);
	assert_int_equal(add(".", 0, 0, &other), DP_PENDING_NEW);
	dp_pending_settle(&p, q, DP_SETTLE_DONE);
	dp_pending_free(&p, q);
	assert_int_equal(add("d.flood.test.", 0, 0, &other), DP_PENDING_NEW);
}

static void
handles_do_not_come_back(void **state)
{
	(void)state;
	struct dp_question *q;
	uint64_t last[64];

	for (unsigned i = 0; i < 64; i++) {
		assert_int_equal(add("a.", i, 0, &q), DP_PENDING_NEW);
		last[i] = q->handle;
		assert_ptr_equal(dp_pending_by_handle(&p, q->handle), q);
		for (unsigned k = 0; k < i; k++) {
			assert_true(last[k] != last[i]);
			assert_null(dp_pending_by_handle(&p, last[k]));
		}
		dp_pending_settle(&p, q, DP_SETTLE_DONE);
		dp_pending_free(&p, q);
		assert_null(dp_pending_by_handle(&p, last[i]));
	}
}

static void
a_settled_question_is_joined_by_nobody_but_after_the_stale_timer(void **state)
{
	(void)state;
	struct dp_question *q, *again;

	add("a.", 0, 0, &q);
	dp_pending_settle(&p, q, DP_SETTLE_TIMER);
	assert_int_equal(add("a.", 1, 0, &again), DP_PENDING_JOINED);
	assert_ptr_equal(again, q);
	dp_pending_settle(&p, q, DP_SETTLE_DONE);
	assert_int_equal(q->settle, DP_SETTLE_DONE);
	assert_int_equal(add("a.", 2, 0, &again), DP_PENDING_NEW);
	assert_ptr_not_equal(again, q);
	dp_pending_settle(&p, q, DP_SETTLE_TIMED_OUT); /* the first reason stands */
	assert_int_equal(q->settle, DP_SETTLE_DONE);
}

/* A model too simple to be wrong: an array of names, when each was asked, how many wait. */
struct model {
	bool used, timer;
	uint64_t asked_ms, handle;
	unsigned waiting;
};
static struct model model[16];
static unsigned ports;

static unsigned
model_cnt(bool waiters)
{
	unsigned cnt = 0;

	for (unsigned i = 0; i < 16; i++)
		cnt += !model[i].used ? 0 : waiters ? model[i].waiting : 1;
	return cnt;
}

static void
step_add(unsigned i, uint64_t now_ms)
{
	struct dp_question *q;
	char text[16];

	snprintf(text, sizeof(text), "n%u.", i);
	bool fits = model_cnt(true) < WAITERS && (model[i].used || model_cnt(false) < QUESTIONS);
	enum dp_pending_add want = !fits ? DP_PENDING_FULL
	    : model[i].used              ? DP_PENDING_JOINED
					 : DP_PENDING_NEW;
	assert_int_equal(add(text, now_ms, (uint16_t)++ports, &q), want);
	if (!fits)
		return;
	if (!model[i].used)
		model[i] = (struct model){.used = true, .asked_ms = now_ms, .handle = q->handle};
	model[i].waiting++;
}

/* Settle and hand out at once, as a poll does. */
static void
step_drain(struct model *m, enum dp_settle why)
{
	struct dp_question *q = dp_pending_by_handle(&p, m->handle);

	assert_non_null(q);
	dp_pending_settle(&p, q, why);
	assert_ptr_equal(dp_pending_settled(&p), q);
	for (unsigned k = 0; k < m->waiting; k++) {
		assert_non_null(dp_pending_first(&p, q));
		dp_pending_drop_first(&p, q);
	}
	assert_null(dp_pending_first(&p, q));
	m->waiting = 0;
	if (why == DP_SETTLE_TIMER) {
		dp_pending_reask(&p, q);
	} else {
		dp_pending_free(&p, q);
		m->used = false;
	}
	assert_null(dp_pending_settled(&p));
}

static struct model *
model_of(const struct dp_question *q)
{
	for (unsigned i = 0; i < 16; i++) {
		if (model[i].used && model[i].handle == q->handle)
			return &model[i];
	}
	fail_msg("a question nobody asked");
	return NULL;
}

static bool
model_due(uint64_t now_ms, uint64_t after_ms, bool timer)
{
	for (unsigned i = 0; i < 16; i++) {
		if (model[i].used && now_ms >= model[i].asked_ms + after_ms &&
		    !(timer && model[i].timer))
			return true;
	}
	return false;
}

static void
step_time(uint64_t now_ms)
{
	struct dp_question *q;

	while ((q = dp_pending_overdue(&p, now_ms, TIMEOUT_MS)) != NULL) {
		assert_true(now_ms >= q->asked_ms + TIMEOUT_MS);
		step_drain(model_of(q), DP_SETTLE_TIMED_OUT);
	}
	assert_false(model_due(now_ms, TIMEOUT_MS, false));
	while ((q = dp_pending_timer(&p, now_ms)) != NULL) {
		struct model *m = model_of(q);
		assert_true(now_ms >= q->asked_ms + TIMER_MS && !m->timer);
		m->timer = true;
		step_drain(m, DP_SETTLE_TIMER);
	}
	assert_false(model_due(now_ms, TIMER_MS, true));
}

static void
any_mix_of_questions_answers_and_time_matches_the_model(void **state)
{
	(void)state;
	uint64_t seed = 5, now_ms = 0;

	memset(model, 0, sizeof(model));
	for (unsigned step = 0; step < 60000; step++) {
		unsigned i = (unsigned)(fx_random(&seed) % 16);
		now_ms += fx_random(&seed) % 200;
		switch (fx_random(&seed) % 4) {
		case 0:
			if (model[i].used)
				step_drain(&model[i], DP_SETTLE_DONE);
			break;
		case 1:
			step_time(now_ms);
			break;
		default:
			step_add(i, now_ms);
			break;
		}
		assert_int_equal(p.question_cnt, model_cnt(false));
		assert_int_equal(p.waiter_cnt, model_cnt(true));
	}
	step_time(now_ms + TIMEOUT_MS);
	assert_true(p.question_cnt == 0 && p.waiter_cnt == 0);
	assert_true(p.oldest == DP_NIL && p.newest == DP_NIL && p.timers.cnt == 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(sizes_outside_the_contract_are_refused),
	    T(a_waiter_keeps_the_clients_frame_to_the_end_of_the_question),
	    T(a_frame_too_long_to_keep_is_refused),
	    T(waiters_run_out_before_questions_do_no_harm),
	    T(a_client_at_its_limit_is_refused_and_others_are_not),
	    T(any_mix_of_clients_matches_the_model),
	    T(a_domain_has_its_share_and_others_the_rest),
	    T(handles_do_not_come_back),
	    T(a_settled_question_is_joined_by_nobody_but_after_the_stale_timer),
	    T(any_mix_of_questions_answers_and_time_matches_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
