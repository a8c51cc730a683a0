/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/link_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <event2/event.h>

#include "controlplane/link_out.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

enum state { APART, JOINING, ATTACHED };

enum { BEAT_MS = 100, FLUSH_MS = 1, SAY_BURST = 16 };

/* A miss under way. */
struct miss {
	LIST_ENTRY(miss) link;
	struct cp_link_client *c;
	struct hf_question question;
	uint64_t handle;
	uint32_t epoch;
	uint16_t core;
	uint8_t variant;
	bool refresh; /* nobody waits: a failure is not told */
};

struct cp_link_client {
	struct cp_link_config cfg;
	enum state state;
	uint64_t since_ns;      /* in this state, or the last try to connect */
	int fd;                 /* JOINING: the socket */
	struct hf_link *link;   /* ATTACHED */
	struct event *beat;     /* every BEAT_MS, in every state */
	struct event *flush;    /* soon, when the update ring was full */
	struct event *readable; /* the socket: JOINING and ATTACHED */
	struct event *doorbell; /* ATTACHED */
	struct event *again;    /* at once, when a batch left misses behind */
	struct cp_link_out out;
	struct cp_policy *policy;
	struct hf_msg_cookies cookies;
	bool cookies_due; /* not sent yet */
	LIST_HEAD(, miss) misses;
	int last_error; /* of connecting, so that it is logged once */
	_Alignas(8) uint8_t buf[HF_SOCKET_MSG_MAX];
};

static void apart(struct cp_link_client *c);
static void send_cookies(struct cp_link_client *c);
static int send_ask(struct cp_link_client *c, void *msg, size_t len);

static void
enter(struct cp_link_client *c, enum state s)
{
	c->state = s;
	c->since_ns = hf_clock_mono_ns();
}

static void
flush_soon(struct cp_link_client *c)
{
	static const struct timeval soon = {0, FLUSH_MS * 1000};

	evtimer_add(c->flush, &soon);
}

static void
on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct cp_link_client *c = arg;

	(void)fd;
	(void)what;
	if (!cp_link_out_flush(&c->out))
		flush_soon(c);
}

/* --- misses -------------------------------------------------------------------------------- */

static void
answer(struct miss *m, const struct cp_answer *a)
{
	struct cp_link_client *c = m->c;
	struct cp_answer_to to = {
	    .handle = m->handle,
	    .core = m->core,
	    .epoch = m->epoch,
	};

	if (c->state != ATTACHED || hf_link_epoch(c->link) != m->epoch)
		cp_count(c->cfg.counters, unwanted);
	else if (!cp_link_out_answer(&c->out, a, &to))
		flush_soon(c);
}

void
cp_link_client_publish(struct cp_link_client *c, const struct cp_answer *a)
{
	if (c->state != ATTACHED)
		return;
	const struct cp_answer_to to = {.epoch = hf_link_epoch(c->link)};

	if (!cp_link_out_answer(&c->out, a, &to))
		flush_soon(c);
}

static void
answer_failure(struct miss *m, enum hf_ede ede)
{
	struct cp_answer a;

	cp_answer_failure(&m->question, m->variant, ede, &a);
	if (m->c->policy != NULL)
		a.policy_gen = cp_policy_generation(m->c->policy);
	answer(m, &a);
}

static void
on_done(void *arg, const struct cp_answer *a)
{
	struct miss *m = arg;

	if (m->refresh && (a == NULL || a->rcode == HF_RCODE_SERVFAIL))
		cp_count(m->c->cfg.counters, refresh_failed);
	else if (a != NULL)
		answer(m, a);
	else
		answer_failure(m, HF_EDE_OTHER);
	LIST_REMOVE(m, link);
	free(m);
}

static void
ask(struct cp_link_client *c, const struct hf_msg_miss *msg)
{
	struct miss *m = calloc(1, sizeof(*m));

	if (m == NULL ||
	    hf_name_from_octets(msg->key.name, msg->key.name_len, &m->question.name) != 0) {
		cp_count(c->cfg.counters, out_of_memory); /* the name was checked */
		free(m);
		return;
	}
	m->c = c;
	m->question.type = msg->key.type;
	m->question.klass = msg->key.klass;
	m->variant = msg->key.variant;
	m->handle = msg->handle;
	m->core = msg->core;
	m->epoch = msg->head.epoch;
	m->refresh = (msg->flags & HF_MISS_REFRESH) != 0;
	LIST_INSERT_HEAD(&c->misses, m, link);
	struct cp_ask what = {
	    .question = &m->question,
	    .variant = m->variant,
	    .refresh = m->refresh,
	    .who = {.done = on_done, .arg = m},
	};
	if (cp_engine_ask(c->cfg.engine, &what, NULL) == 0)
		return; /* m may be gone */
	if (m->refresh)
		cp_count(c->cfg.counters, refresh_failed);
	else
		answer_failure(m, HF_EDE_RATE_LIMITED);
	LIST_REMOVE(m, link);
	free(m);
}

/* One miss of a worker. False when its ring is empty. */
static bool
take_miss(struct cp_link_client *c, uint32_t worker)
{
	struct hf_msg_miss msg; /* private: the ring's octets are not looked at again */
	size_t len = hf_ring_take(hf_link_miss(c->link, worker), &msg, sizeof(msg));

	if (len == 0)
		return false;
	if (hf_msg_check_head(&msg, len, hf_link_epoch(c->link)) != HF_MSG_OK ||
	    hf_msg_check_miss(&msg, hf_link_worker_cnt(c->link)) != HF_MSG_OK ||
	    msg.core != worker) {
		cp_count(c->cfg.counters, link_miss_bad);
		return true;
	}
	bool refresh = (msg.flags & HF_MISS_REFRESH) != 0;

	cp_count(c->cfg.counters, link_miss);
	if (refresh && !c->cfg.prefetch && (msg.flags & HF_MISS_RECHECK) == 0)
		cp_count(c->cfg.counters, refresh_off);
	else
		ask(c, &msg);
	return true;
}

static bool
any_miss(const struct cp_link_client *c)
{
	for (uint32_t w = 0; w < hf_link_worker_cnt(c->link); w++) {
		if (hf_ring_ready(hf_link_miss(c->link, w)))
			return true;
	}
	return false;
}

/* By a timer: activated from its own callback it would run before anybody else had a turn. */
static void
look_again(struct cp_link_client *c)
{
	static const struct timeval at_once = {0, 0};

	evtimer_add(c->again, &at_once);
}

static void
on_doorbell(evutil_socket_t fd, short what, void *arg)
{
	struct cp_link_client *c = arg;

	(void)fd;
	(void)what;
	if (c->state != ATTACHED)
		return;
	hf_link_woke(c->link);
	for (uint32_t w = 0; w < hf_link_worker_cnt(c->link); w++) {
		for (int i = 0; i < CP_LINK_MISS_BATCH; i++) {
			if (!take_miss(c, w))
				break;
		}
	}
	hf_link_sleep(c->link);
	if (any_miss(c)) /* what came before the sleep mark rang no bell */
		look_again(c);
}

/* --- messages over the socket --------------------------------------------------------------- */

_Static_assert(sizeof(struct hf_msg_cache_say) % 8 == 0, "the answer in it is aligned");

/* False: not a message that belongs here. */
static bool
dispatch(struct cp_link_client *c, size_t len)
{
	const struct hf_msg_head *head = (const void *)c->buf;
	const struct cp_link_ops *ops = &c->cfg.ops;
	struct hf_answer_view view;

	if (hf_msg_check_head(c->buf, len, hf_link_epoch(c->link)) != HF_MSG_OK)
		return false;
	switch (head->type) {
	case HF_MSG_ACK:
		if (hf_msg_check_ack((const void *)c->buf) != HF_MSG_OK)
			return false;
		ops->acked(ops->arg, (const void *)c->buf);
		return true;
	case HF_MSG_STATS_SAY:
		if (hf_msg_check_stats_say((const void *)c->buf) != HF_MSG_OK)
			return false;
		ops->stats(ops->arg, (const void *)c->buf);
		return true;
	case HF_MSG_LATENCY_SAY:
		if (hf_msg_check_latency_say((const void *)c->buf) != HF_MSG_OK)
			return false;
		ops->latency(ops->arg, (const void *)c->buf);
		return true;
	case HF_MSG_CACHE_SAY:
		if (hf_msg_check_cache_say((const void *)c->buf, &view) != HF_MSG_OK)
			return false;
		ops->cache(ops->arg, (const void *)c->buf);
		return true;
	case HF_MSG_SURVEY_SAY:
		if (hf_msg_check_survey_say((const void *)c->buf) != HF_MSG_OK)
			return false;
		ops->survey(ops->arg, (const void *)c->buf);
		return true;
	default:
		return false;
	}
}

static void
read_says(struct cp_link_client *c)
{
	for (int i = 0; i < SAY_BURST && c->state == ATTACHED; i++) {
		ssize_t n = hf_link_recv(c->link, c->buf, sizeof(c->buf));

		if (n == -EAGAIN)
			return;
		if (n <= 0) {
			hf_log(HF_LOG_WARN, "link", "the dataplane closed the link");
			apart(c);
			return;
		}
		if (!dispatch(c, (size_t)n))
			cp_count(c->cfg.counters, say_bad);
	}
}

/* --- attaching ----------------------------------------------------------------------------- */

static void
drop_event(struct event **e)
{
	if (*e != NULL)
		event_free(*e);
	*e = NULL;
}

static void
apart(struct cp_link_client *c)
{
	enum state was = c->state;

	drop_event(&c->readable);
	drop_event(&c->doorbell);
	cp_link_out_detach(&c->out);
	if (c->link != NULL)
		hf_link_close(c->link);
	else if (c->fd >= 0)
		close(c->fd);
	c->link = NULL;
	c->fd = -1;
	enter(c, APART);
	if (was == ATTACHED) {
		cp_count(c->cfg.counters, link_lost);
		c->cfg.ops.lost(c->cfg.ops.arg);
	}
}

static void
refused(struct cp_link_client *c, int error)
{
	cp_count(c->cfg.counters, link_refused);
	hf_log(HF_LOG_WARN, "link", "attaching at %s failed: %s", c->cfg.path, strerror(-error));
	apart(c);
}

static int
watch_doorbell(struct cp_link_client *c)
{
	c->doorbell =
	    event_new(c->cfg.base, hf_link_doorbell(c->link), EV_READ | EV_PERSIST, on_doorbell, c);
	return c->doorbell != NULL && event_add(c->doorbell, NULL) == 0 ? 0 : -ENOMEM;
}

static void
join(struct cp_link_client *c)
{
	struct hf_msg_welcome welcome;
	int rc = hf_link_join(c->fd, &c->link, &welcome);

	if (rc == -EAGAIN)
		return;
	if (rc == 0)
		rc = watch_doorbell(c);
	if (rc != 0) {
		refused(c, rc);
		return;
	}
	cp_count(c->cfg.counters, link_attached);
	hf_log(HF_LOG_INFO, "link", "attached to the dataplane: epoch %u, %u workers, policy %llu",
	    welcome.head.epoch, welcome.worker_cnt, (unsigned long long)welcome.policy_gen);
	enter(c, ATTACHED);
	c->cfg.ops.attached(c->cfg.ops.arg, welcome.policy_gen);
	cp_link_out_attach(&c->out, c->link);
	if (c->policy != NULL && !cp_link_out_policy(&c->out, c->policy))
		flush_soon(c);
	c->cookies_due = c->cookies.head.type == HF_MSG_COOKIES;
	send_cookies(c);
	look_again(c); /* misses may stand there already */
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct cp_link_client *c = arg;

	(void)fd;
	(void)what;
	if (c->state == JOINING)
		join(c);
	else if (c->state == ATTACHED)
		read_says(c);
}

static void
connect_again(struct cp_link_client *c)
{
	int rc = hf_link_connect(c->cfg.path, geteuid(), &c->fd);

	c->since_ns = hf_clock_mono_ns();
	if (rc != 0) {
		if (rc != c->last_error)
			hf_log(HF_LOG_INFO, "link", "no dataplane at %s (%s), trying again",
			    c->cfg.path, strerror(-rc));
		c->last_error = rc;
		return;
	}
	c->last_error = 0;
	c->readable = event_new(c->cfg.base, c->fd, EV_READ | EV_PERSIST, on_readable, c);
	if (c->readable == NULL || event_add(c->readable, NULL) != 0) {
		refused(c, -ENOMEM);
		return;
	}
	enter(c, JOINING);
}

/* Tried again at each beat until the socket takes them. */
static void
send_cookies(struct cp_link_client *c)
{
	struct hf_msg_cookies m = c->cookies;

	if (c->cookies_due && c->state == ATTACHED)
		c->cookies_due = send_ask(c, &m, sizeof(m)) != 0;
	explicit_bzero(&m, sizeof(m));
}

static void
on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct cp_link_client *c = arg;
	uint64_t now_ns = hf_clock_mono_ns();

	(void)fd;
	(void)what;
	switch (c->state) {
	case APART:
		if (now_ns - c->since_ns >= CP_LINK_RETRY_MS * HF_NS_PER_MS)
			connect_again(c);
		break;
	case JOINING:
		if (now_ns - c->since_ns >= CP_LINK_JOIN_MS * HF_NS_PER_MS)
			refused(c, -ETIMEDOUT);
		break;
	case ATTACHED:
		hf_link_beat(c->link, now_ns);
		send_cookies(c);
		if (now_ns - hf_link_peer_beat_ns(c->link, now_ns) > HF_LINK_DEAD_NS) {
			hf_log(HF_LOG_WARN, "link", "the dataplane fell silent");
			apart(c);
		}
		break;
	}
}

/* --- all ----------------------------------------------------------------------------------- */

struct cp_link_client *
cp_link_client_create(const struct cp_link_config *cfg)
{
	struct cp_link_client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->cfg = *cfg;
	c->fd = -1;
	LIST_INIT(&c->misses);
	cp_link_out_init(&c->out, cfg->counters);
	c->beat = event_new(cfg->base, -1, EV_PERSIST, on_beat, c);
	c->flush = evtimer_new(cfg->base, on_flush, c);
	c->again = evtimer_new(cfg->base, on_doorbell, c);
	if (c->beat == NULL || c->flush == NULL || c->again == NULL) {
		cp_link_client_destroy(c);
		return NULL;
	}
	return c;
}

int
cp_link_client_start(struct cp_link_client *c)
{
	static const struct timeval every = {0, BEAT_MS * 1000};

	connect_again(c);
	return event_add(c->beat, &every) == 0 ? 0 : -ENOMEM;
}

void
cp_link_client_destroy(struct cp_link_client *c)
{
	struct miss *m;

	if (c == NULL)
		return;
	c->state = APART; /* nobody is told */
	apart(c);
	while ((m = LIST_FIRST(&c->misses)) != NULL) {
		LIST_REMOVE(m, link);
		free(m);
	}
	drop_event(&c->beat);
	drop_event(&c->flush);
	drop_event(&c->again);
	if (c->policy != NULL)
		cp_policy_put(c->policy);
	free(c);
}

void
cp_link_client_set_policy(struct cp_link_client *c, struct cp_policy *p)
{
	cp_policy_get(p);
	if (c->policy != NULL)
		cp_policy_put(c->policy);
	c->policy = p;
	if (!cp_link_out_policy(&c->out, p))
		flush_soon(c);
}

void
cp_link_client_set_cookies(struct cp_link_client *c, const struct hf_msg_cookies *m)
{
	c->cookies = *m;
	c->cookies.head.type = HF_MSG_COOKIES;
	c->cookies_due = true;
	send_cookies(c);
}

static int
send_ask(struct cp_link_client *c, void *msg, size_t len)
{
	struct hf_msg_head *head = msg;

	if (c->state != ATTACHED)
		return -ENOTCONN;
	head->len = (uint16_t)len;
	head->epoch = hf_link_epoch(c->link);
	return hf_link_send(c->link, msg, len);
}

int
cp_link_client_ask_stats(struct cp_link_client *c, uint64_t token)
{
	struct hf_msg_stats_ask m = {.head = {.type = HF_MSG_STATS_ASK}, .token = token};

	return send_ask(c, &m, sizeof(m));
}

int
cp_link_client_ask_latency(struct cp_link_client *c, uint64_t token, uint32_t core)
{
	struct hf_msg_latency_ask m = {
	    .head = {.type = HF_MSG_LATENCY_ASK}, .token = token, .core = core};

	return send_ask(c, &m, sizeof(m));
}

int
cp_link_client_ask_cache(struct cp_link_client *c, uint64_t token, const struct hf_msg_key *key)
{
	struct hf_msg_cache_ask m = {
	    .head = {.type = HF_MSG_CACHE_ASK}, .token = token, .key = *key};

	return send_ask(c, &m, sizeof(m));
}

int
cp_link_client_ask_survey(
    struct cp_link_client *c, uint64_t token, const struct hf_name *zone, const uint32_t after_s[])
{
	struct hf_msg_survey_ask m = {.head = {.type = HF_MSG_SURVEY_ASK}, .token = token};
	struct hf_name lower = *zone;

	hf_name_lower(&lower);
	memcpy(m.after_s, after_s, sizeof(m.after_s));
	m.name_len = lower.len;
	memcpy(m.name, lower.octets, lower.len);
	return send_ask(c, &m, sizeof(m));
}

void
cp_link_client_state(const struct cp_link_client *c, struct cp_link_state *s)
{
	uint64_t now_ns = hf_clock_mono_ns();

	*s = (struct cp_link_state){.attached = c->state == ATTACHED};
	if (!s->attached)
		return;
	s->epoch = hf_link_epoch(c->link);
	s->worker_cnt = hf_link_worker_cnt(c->link);
	s->beat_age_ns = now_ns - hf_link_peer_beat_ns(c->link, now_ns);
}
