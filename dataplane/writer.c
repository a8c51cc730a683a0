/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/writer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "dataplane/realtime.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/rand.h"

enum {
	UPDATE_MAX = 256, /* messages between two looks at the sockets */
	ASK_BATCH = 16,
	PRELOAD_BUFFER_LEN = 1 << 18,
	POLL_MS = 50, /* HF_LINK_BEAT_NS / 2 */
};

static uint64_t
now_ms(const struct dp_writer *w)
{
	return (hf_clock_mono_ns() - w->shared->boot_ns) / HF_NS_PER_MS;
}

static struct dp_policy *
policy_now(const struct dp_writer *w)
{
	/* relaxed: only this thread stores it */
	return atomic_load_explicit(&w->shared->policy, memory_order_relaxed);
}

/* --- acknowledgements --- */

/* A set whose last message came at start_ns is in force on every core, or was refused. */
static void
acknowledge(struct dp_writer *w, enum hf_msg_set set, uint64_t generation, uint64_t start_ns,
    enum hf_msg_fault fault)
{
	const struct hf_msg_ack ack = {
	    .head = {.type = HF_MSG_ACK, .len = sizeof(ack), .epoch = w->epoch},
	    .generation = generation,
	    .core_cnt = fault == HF_MSG_OK ? w->worker_cnt : 0,
	    .core_all = w->worker_cnt,
	    .took_ns = hf_clock_mono_ns() - start_ns,
	    .set = (uint16_t)set,
	    .fault = (uint16_t)fault,
	};

	/* without a link it was preloaded: nobody asked */
	if (w->link != NULL && hf_link_send(w->link, &ack, sizeof(ack)) != 0)
		hf_log(HF_LOG_WARN, "writer", "acknowledgement of %s %llu not sent",
		    hf_msg_set_to_text(set), (unsigned long long)generation);
	hf_log(HF_LOG_INFO, "writer", "%s, generation %llu: %s", hf_msg_set_to_text(set),
	    (unsigned long long)generation,
	    fault == HF_MSG_OK ? "in force" : hf_msg_fault_to_text(fault));
}

/* --- messages --- */

static void
count_fault(struct dp_writer *w, enum hf_msg_fault fault)
{
	static const enum hf_counter counter[HF_MSG_FAULT_CNT] = {
	    [HF_MSG_FAULT_LENGTH] = HF_COUNTER_msg_bad_length,
	    [HF_MSG_FAULT_TYPE] = HF_COUNTER_msg_bad_type,
	    [HF_MSG_FAULT_EPOCH] = HF_COUNTER_msg_bad_epoch,
	    [HF_MSG_FAULT_NAME] = HF_COUNTER_msg_bad_name,
	    [HF_MSG_FAULT_VALUE] = HF_COUNTER_msg_bad_value,
	    [HF_MSG_FAULT_BODY] = HF_COUNTER_msg_bad_body,
	    [HF_MSG_FAULT_CHAIN] = HF_COUNTER_msg_bad_chain,
	    [HF_MSG_FAULT_TEXT] = HF_COUNTER_msg_bad_text,
	    [HF_MSG_FAULT_ORDER] = HF_COUNTER_msg_bad_order,
	    [HF_MSG_FAULT_MEMORY] = HF_COUNTER_no_memory,
	};

	if (fault == HF_MSG_OK)
		return;
	dp_count(w->counters, counter[fault]);
	hf_log(HF_LOG_WARN, "writer", "message from the control plane refused: %s",
	    hf_msg_fault_to_text(fault));
}

static enum hf_msg_fault
take_answer(struct dp_writer *w, const struct dp_answer *a, uint64_t now)
{
	const struct hf_msg_answer *m = a->m;

	if (m->handle != 0 && m->core >= w->worker_cnt)
		return HF_MSG_FAULT_VALUE;
	dp_count(w->counters, HF_COUNTER_msg_answer);
	(void)dp_table_take(w->table, policy_now(w), a, now);
	if (m->handle != 0) {
		struct dp_worker *who = w->workers[m->core];

		if (!dp_done_put(&who->done, m->handle))
			dp_count(w->counters, HF_COUNTER_done_full);
		dp_bell_ring(&who->bell);
	}
	return HF_MSG_OK;
}

static void
policy_forget(struct dp_writer *w)
{
	dp_policy_free(w->next);
	w->next = NULL;
	w->next_fault = HF_MSG_FAULT_ORDER; /* until the next BEGIN */
}

static void
policy_publish(struct dp_writer *w)
{
	struct dp_policy *old = policy_now(w);

	/* release: a core that sees the pointer sees the whole snapshot */
	atomic_store_explicit(&w->shared->policy, w->next, memory_order_release);
	dp_table_set_window(w->table, w->next->stale_longest_ms);
	w->next = NULL;
	dp_readers_wait(w->table->readers);
	dp_policy_free(old);
	dp_count(w->counters, HF_COUNTER_policy_pushes);
}

/* Generations only rise: entries remember what the rules of a generation said of them. The
 * one in force may come again, unchanged, from a control plane that was restarted. */
static enum hf_msg_fault
policy_judge(struct dp_writer *w, const struct hf_msg_policy_end *m)
{
	const struct dp_policy *old = policy_now(w);

	if (w->next_fault != HF_MSG_OK)
		return w->next_fault;
	if (w->next == NULL)
		return HF_MSG_FAULT_ORDER;

	enum hf_msg_fault fault = dp_policy_end(w->next, m);
	if (fault != HF_MSG_OK)
		return fault;
	if (m->generation > old->generation)
		return HF_MSG_OK;
	if (m->generation == old->generation && dp_policy_same(old, w->next))
		return HF_MSG_OK;
	return HF_MSG_FAULT_ORDER;
}

static enum hf_msg_fault
take_policy_end(struct dp_writer *w, const struct hf_msg_policy_end *m)
{
	bool realtime = w->shared->realtime && dp_realtime_enter() == 0;
	uint64_t start_ns = hf_clock_mono_ns();
	enum hf_msg_fault fault = policy_judge(w, m);

	if (fault == HF_MSG_OK && m->generation != policy_now(w)->generation)
		policy_publish(w);
	acknowledge(w, HF_SET_POLICY, m->generation, start_ns, fault);
	if (realtime)
		(void)dp_realtime_leave();
	policy_forget(w);
	return fault;
}

static enum hf_msg_fault
take_policy_begin(struct dp_writer *w, const struct hf_msg_policy_begin *m)
{
	enum hf_msg_fault fault = hf_msg_check_policy_begin(m);

	policy_forget(w);
	if (fault == HF_MSG_OK) {
		w->next = dp_policy_create(&w->table->hash, m);
		if (w->next == NULL)
			fault = HF_MSG_FAULT_MEMORY;
	}
	w->next_fault = fault;
	return fault;
}

static enum hf_msg_fault
take_policy_rule(struct dp_writer *w, const struct hf_msg_policy_rule *m)
{
	enum hf_msg_fault fault = hf_msg_check_policy_rule(m);

	if (fault == HF_MSG_OK)
		fault = w->next == NULL ? HF_MSG_FAULT_ORDER : dp_policy_add(w->next, m);
	if (fault != HF_MSG_OK && w->next_fault == HF_MSG_OK)
		w->next_fault = fault; /* a snapshot with a bad rule is no snapshot */
	return fault;
}

/* One message of a batch that was taken at now. */
static enum hf_msg_fault
take_message(struct dp_writer *w, const struct dp_message *message, uint64_t now)
{
	const void *m = message->head;

	if (message->fault != HF_MSG_OK)
		return message->fault;
	switch (message->head->type) {
	case HF_MSG_ANSWER:
		return take_answer(w, &message->answer, now);
	case HF_MSG_POLICY_BEGIN:
		return take_policy_begin(w, m);
	case HF_MSG_POLICY_RULE:
		return take_policy_rule(w, m);
	case HF_MSG_POLICY_END:
		return take_policy_end(w, m);
	default:
		return HF_MSG_FAULT_TYPE;
	}
}

/* Returns how many messages there were, fewer than UPDATE_MAX and a batch. */
static unsigned
take_updates(struct dp_writer *w)
{
	struct dp_batch *b = &w->batch;
	unsigned cnt = 0;

	while (w->link != NULL && cnt < UPDATE_MAX &&
	    dp_batch_take(b, hf_link_update(w->link), w->epoch, w->table) != 0) {
		uint64_t now = now_ms(w);

		for (unsigned i = 0; i < b->cnt; i++)
			count_fault(w, take_message(w, &b->message[i], now));
		cnt += b->cnt;
	}
	if (cnt > 0)
		dp_table_reclaim(w->table);
	return cnt;
}

/* --- questions over the socket --- */

static void
say_stats(struct dp_writer *w, const struct hf_msg_stats_ask *ask)
{
	static alignas(8) uint8_t say[HF_SOCKET_MSG_MAX]; /* one thread, one at a time */

	dp_stats_say(&w->stats, ask->token, w->epoch, (struct hf_msg_stats_say *)(void *)say);
	(void)hf_link_send(w->link, say, dp_stats_len(&w->stats));
}

static enum hf_msg_fault
say_latency(struct dp_writer *w, const struct hf_msg_latency_ask *ask)
{
	struct hf_msg_latency_say say;

	if (!dp_stats_say_latency(&w->stats, ask, w->epoch, &say))
		return HF_MSG_FAULT_VALUE;
	(void)hf_link_send(w->link, &say, sizeof(say));
	return HF_MSG_OK;
}

/* For how long it may be served stale, from now or its expiry on. */
static uint32_t
stale_left_s(const struct dp_policy *p, const struct dp_entry *e, uint64_t now)
{
	uint64_t from = dp_entry_fresh_until_ms(e), to = from + dp_policy_window_ms(p, e);

	from = from > now ? from : now;
	return to > from ? (uint32_t)((to - from) / 1000) : 0;
}

static void
say_entry(struct dp_writer *w, const struct dp_entry *e, struct hf_msg_cache_say *say, size_t cap)
{
	uint64_t now = now_ms(w), retry_at_ms = dp_entry_note(e).retry_at_ms;
	struct hf_msg_answer *m = (struct hf_msg_answer *)(void *)say->answer;
	size_t len = dp_entry_to_msg(e, m, cap - sizeof(*say));

	if (len == 0)
		return;
	m->head.epoch = w->epoch;
	say->found = 1;
	say->covered = dp_policy_covers(policy_now(w), e);
	say->age_s = (uint32_t)((now - dp_entry_inserted_ms(e)) / 1000);
	say->stale_s = stale_left_s(policy_now(w), e, now);
	if (retry_at_ms > now)
		say->retry_s = (uint32_t)((retry_at_ms - now + 999) / 1000);
	say->head.len = (uint16_t)(sizeof(*say) + len);
}

static void
say_cache(struct dp_writer *w, const struct hf_msg_cache_ask *ask)
{
	alignas(8) uint8_t buf[sizeof(struct hf_msg_cache_say) + HF_UPDATE_SLOT_LEN] = {0};
	struct hf_msg_cache_say *say = (struct hf_msg_cache_say *)(void *)buf;
	struct dp_key key;

	dp_key_from_msg(&key, &w->table->hash, &ask->key);
	say->head =
	    (struct hf_msg_head){.type = HF_MSG_CACHE_SAY, .len = sizeof(*say), .epoch = w->epoch};
	say->token = ask->token;

	struct dp_entry *e = dp_table_find(w->table, &key);
	if (e != NULL)
		say_entry(w, e, say, sizeof(buf));
	(void)hf_link_send(w->link, say, say->head.len);
}

/* Whoever has cookies by the secrets before learns new ones: nothing is lost by them. */
static enum hf_msg_fault
cookies_publish(struct dp_writer *w, const struct hf_msg_cookies *m)
{
	struct hf_cookie_secrets *old, *next = calloc(1, sizeof(*next));

	if (next == NULL)
		return HF_MSG_FAULT_MEMORY;
	next->cnt = m->cnt;
	next->required = m->required != 0;
	for (unsigned i = 0; i < m->cnt; i++)
		next->key[i] = hf_cookie_key(m->secret[i]);
	old = atomic_load_explicit(&w->shared->cookies, memory_order_relaxed);
	/* release: a core that sees the pointer sees the secrets */
	atomic_store_explicit(&w->shared->cookies, next, memory_order_release);
	dp_readers_wait(w->table->readers);
	free(old);
	return HF_MSG_OK;
}

static enum hf_msg_fault
take_cookies(struct dp_writer *w, const struct hf_msg_cookies *m)
{
	uint64_t start_ns = hf_clock_mono_ns();
	enum hf_msg_fault fault = hf_msg_check_cookies(m);

	if (fault == HF_MSG_OK)
		fault = cookies_publish(w, m);
	acknowledge(w, HF_SET_COOKIES, m->generation, start_ns, fault);
	return fault;
}

static enum hf_msg_fault
take_survey(struct dp_writer *w, const struct hf_msg_survey_ask *m)
{
	enum hf_msg_fault fault = HF_MSG_FAULT_LENGTH;

	if (m->head.len == sizeof(*m))
		fault = hf_msg_check_survey_ask(m);
	if (fault == HF_MSG_OK && !dp_survey_begin(&w->survey, m, policy_now(w)))
		dp_count(w->counters, HF_COUNTER_no_memory);
	return fault;
}

/* A piece of the survey under way, if one is. Returns whether there is more to do. */
static bool
go_on_survey(struct dp_writer *w)
{
	struct dp_survey *s = &w->survey;

	if (!s->active)
		return false;
	if (!dp_survey_step(s, policy_now(w), now_ms(w)))
		return s->active;
	s->say.head = (struct hf_msg_head){
	    .type = HF_MSG_SURVEY_SAY, .len = sizeof(s->say), .epoch = w->epoch};
	if (hf_link_send(w->link, &s->say, sizeof(s->say)) != 0)
		hf_log(HF_LOG_WARN, "writer", "a survey is done and cannot be told");
	dp_survey_end(s);
	return false;
}

static enum hf_msg_fault
take_ask(struct dp_writer *w, const void *m, size_t len)
{
	const struct hf_msg_head *head = m;
	enum hf_msg_fault fault = HF_MSG_FAULT_LENGTH;

	if (len >= sizeof(*head))
		fault = hf_msg_check_head(m, len, w->epoch);
	if (fault != HF_MSG_OK)
		return fault;
	if (head->type == HF_MSG_STATS_ASK) {
		if (head->len != sizeof(struct hf_msg_stats_ask))
			return HF_MSG_FAULT_LENGTH;
		say_stats(w, m);
		return HF_MSG_OK;
	}
	if (head->type == HF_MSG_LATENCY_ASK) {
		if (head->len != sizeof(struct hf_msg_latency_ask))
			return HF_MSG_FAULT_LENGTH;
		return say_latency(w, m);
	}
	if (head->type == HF_MSG_COOKIES)
		return take_cookies(w, m);
	if (head->type == HF_MSG_SURVEY_ASK)
		return take_survey(w, m);
	if (head->type != HF_MSG_CACHE_ASK)
		return HF_MSG_FAULT_TYPE;
	if (head->len != sizeof(struct hf_msg_cache_ask))
		return HF_MSG_FAULT_LENGTH;
	fault = hf_msg_check_key(&((const struct hf_msg_cache_ask *)m)->key);
	if (fault == HF_MSG_OK)
		say_cache(w, m);
	return fault;
}

/* --- the attachment --- */

static void
enter(struct dp_writer *w, enum dp_attachment a)
{
	w->attachment = a;
	w->since_ns = hf_clock_mono_ns();
}

static void
detach(struct dp_writer *w, const char *why)
{
	struct hf_link *link = w->link;

	/* relaxed: the flag carries no data; the pointer's end is the grace period below */
	atomic_store_explicit(&w->shared->control_alive, false, memory_order_relaxed);
	atomic_store_explicit(&w->shared->link, NULL, memory_order_relaxed);
	w->link = NULL;
	for (unsigned i = 0; i < w->worker_cnt; i++) /* who waits hears of it now */
		dp_bell_ring(&w->workers[i]->bell);
	dp_readers_wait(w->table->readers);
	hf_link_close(link);
	policy_forget(w);
	dp_survey_end(&w->survey);
	enter(w, DP_ATTACHMENT_NONE);
	dp_count(w->counters, HF_COUNTER_detached);
	hf_log(HF_LOG_WARN, "writer", "control plane lost: %s; hits and stale answers go on", why);
}

static void
drop_greeting(struct dp_writer *w, const char *why)
{
	close(w->greeting_fd);
	w->greeting_fd = -1;
	enter(w, DP_ATTACHMENT_NONE);
	hf_log(HF_LOG_WARN, "writer", "attachment refused: %s", why);
}

static void
greet(struct dp_writer *w)
{
	const struct hf_link_offer offer = {
	    .worker_cnt = w->worker_cnt,
	    .epoch = w->epoch + 1 == 0 ? 1 : w->epoch + 1,
	    .boot_ns = w->shared->boot_ns,
	    .policy_gen = policy_now(w)->generation,
	};
	int rc = hf_link_welcome(w->greeting_fd, &offer, &w->link);

	if (rc == -EAGAIN)
		return;
	if (rc != 0) {
		w->link = NULL;
		drop_greeting(w, strerror(-rc));
		return;
	}
	w->greeting_fd = -1; /* the link owns it now */
	w->epoch = offer.epoch;
	policy_forget(w);
	enter(w, DP_ATTACHMENT_ATTACHED);
	hf_link_beat(w->link, w->since_ns);
	w->beat_ns = w->since_ns;
	/* release: a core that sees the link sees it whole */
	atomic_store_explicit(&w->shared->link, w->link, memory_order_release);
	atomic_store_explicit(&w->shared->control_alive, true, memory_order_relaxed);
	dp_count(w->counters, HF_COUNTER_attached);
	hf_log(HF_LOG_INFO, "writer", "control plane attached, epoch %u", w->epoch);
}

static void
accept_one(struct dp_writer *w)
{
	int fd = -1;
	int rc = hf_link_accept(w->listen_fd, w->allowed, &fd);

	if (rc != 0) {
		if (rc != -EAGAIN)
			hf_log(HF_LOG_WARN, "writer", "connection refused: %s", strerror(-rc));
		return;
	}
	if (w->attachment != DP_ATTACHMENT_NONE) {
		close(fd);
		hf_log(HF_LOG_WARN, "writer", "a second control plane was turned away");
		return;
	}
	w->greeting_fd = fd;
	enter(w, DP_ATTACHMENT_GREETING);
}

/* What the control plane asks over the socket; its end shows here first. */
static void
take_asks(struct dp_writer *w)
{
	static alignas(8) uint8_t m[HF_SOCKET_MSG_MAX];

	for (unsigned i = 0; i < ASK_BATCH; i++) {
		ssize_t len = hf_link_recv(w->link, m, sizeof(m));

		if (len == -EAGAIN)
			return;
		if (len <= 0) {
			detach(w, len == 0 ? "connection closed" : strerror((int)-len));
			return;
		}
		count_fault(w, take_ask(w, m, (size_t)len));
	}
}

/* Beats both ways, and greetings that do not come. */
static void
watch(struct dp_writer *w)
{
	uint64_t now = hf_clock_mono_ns();

	if (w->attachment == DP_ATTACHMENT_GREETING && now - w->since_ns > HF_LINK_DEAD_NS)
		drop_greeting(w, "no HELLO in time");
	if (w->attachment != DP_ATTACHMENT_ATTACHED)
		return;
	if (now - w->beat_ns >= HF_LINK_BEAT_NS / 2) {
		hf_link_beat(w->link, now);
		w->beat_ns = now;
	}

	uint64_t last = hf_link_peer_beat_ns(w->link, now);
	if (last < w->since_ns)
		last = w->since_ns;
	if (last < now && now - last > HF_LINK_DEAD_NS) /* since_ns may be later than now */
		detach(w, "silent for a second");
}

/* Wait for something to happen, at most POLL_MS, not at all when there is work. */
static void
wait_for_work(struct dp_writer *w, bool busy)
{
	struct pollfd fds[3] = {{.fd = w->listen_fd, .events = POLLIN},
	    {.fd = -1, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
	int timeout_ms = busy ? 0 : POLL_MS;

	if (w->attachment == DP_ATTACHMENT_GREETING)
		fds[1].fd = w->greeting_fd;
	if (w->attachment == DP_ATTACHMENT_ATTACHED) {
		fds[1].fd = hf_link_socket(w->link);
		fds[2].fd = hf_link_doorbell(w->link);
		if (!busy) {
			hf_link_sleep(w->link);
			if (hf_ring_ready(hf_link_update(w->link)))
				timeout_ms = 0;
		}
	}

	int ready = poll(fds, 3, timeout_ms);
	if (w->attachment == DP_ATTACHMENT_ATTACHED && !busy)
		hf_link_woke(w->link);
	if (ready <= 0)
		return;
	if (fds[0].revents != 0)
		accept_one(w);
	if (fds[1].revents == 0)
		return;
	if (w->link != NULL)
		take_asks(w);
	else if (w->attachment == DP_ATTACHMENT_GREETING)
		greet(w);
}

int
dp_writer_stats(const struct dp_writer *w)
{
	int rc = w->stats_file == NULL ? 0 : dp_stats_write_file(&w->stats, w->stats_file);

	if (rc != 0)
		hf_log(HF_LOG_ERROR, "writer", "--stats-file %s: %s", w->stats_file, strerror(-rc));
	return rc;
}

void
dp_writer_run(struct dp_writer *w, uint64_t until_ns)
{
	while (!atomic_load_explicit(&w->shared->stop, memory_order_relaxed)) {
		bool busy = take_updates(w) >= UPDATE_MAX;

		for (unsigned i = 0; i < w->worker_cnt; i++)
			dp_recent_take(&w->recent, &w->workers[i]->samples);
		busy |= go_on_survey(w);
		wait_for_work(w, busy);
		watch(w);
		if (atomic_exchange_explicit(&w->shared->say_stats, false, memory_order_relaxed))
			(void)dp_writer_stats(w);
		if (until_ns != 0 && hf_clock_mono_ns() >= until_ns)
			break;
	}
}

/* --- set-up --- */

int
dp_writer_open(struct dp_writer *w, const char *path, uid_t allowed)
{
	struct hf_rand r;

	hf_rand_init(&r);
	w->epoch = (uint32_t)hf_rand_u64(&r);
	w->allowed = allowed;
	w->greeting_fd = -1;
	w->listen_fd = -1;
	w->next_fault = HF_MSG_FAULT_ORDER;
	w->stats = (struct dp_stats){.writer = w->counters,
	    .worker_cnt = w->worker_cnt,
	    .workers = w->workers,
	    .table = w->table,
	    .shared = w->shared};

	w->survey.table = w->table;
	w->survey.recent = &w->recent;
	int rc = dp_recent_init(&w->recent);
	if (rc == 0)
		rc = hf_link_listen(path, &w->listen_fd);
	if (rc != 0)
		hf_log(HF_LOG_ERROR, "writer", "cannot listen at %s: %s", path, strerror(-rc));
	return rc;
}

void
dp_writer_close(struct dp_writer *w)
{
	if (w->link != NULL)
		detach(w, "the dataplane stops");
	if (w->greeting_fd >= 0)
		close(w->greeting_fd);
	if (w->listen_fd >= 0)
		close(w->listen_fd);
	policy_forget(w);
	dp_survey_end(&w->survey);
	dp_recent_fini(&w->recent);
}

/* 1: a message was taken; 0: end of file; -errno. */
static int
preload_one(struct dp_writer *w, FILE *f)
{
	alignas(8) uint8_t m[HF_UPDATE_SLOT_LEN];
	uint32_t len;

	if (fread(&len, 1, sizeof(len), f) != sizeof(len))
		return feof(f) ? 0 : -EIO;
	if (len < sizeof(struct hf_msg_head) || len > sizeof(m) || fread(m, 1, len, f) != len)
		return -EBADMSG;

	struct dp_message message = {.head = (const void *)m, .len = len};
	enum hf_msg_fault fault;

	dp_message_check(&message, w->table, 0);
	if (message.fault == HF_MSG_OK && message.head->type == HF_MSG_COOKIES)
		fault = take_cookies(w, (const void *)m);
	else
		fault = take_message(w, &message, now_ms(w));
	if (fault == HF_MSG_OK)
		return 1;
	count_fault(w, fault);
	return -EBADMSG;
}

int
dp_writer_preload(struct dp_writer *w, const char *path, uint64_t *cnt)
{
	static char buffer[PRELOAD_BUFFER_LEN]; /* once, at start */
	FILE *f = fopen(path, "re");
	int rc = 1;

	*cnt = 0;
	if (f == NULL)
		return -errno;
	(void)setvbuf(f, buffer, _IOFBF, sizeof(buffer));
	while (rc == 1) {
		rc = preload_one(w, f);
		if (rc == 1)
			(*cnt)++;
	}
	fclose(f);
	return rc;
}
