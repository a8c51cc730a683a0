/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hostile_dataplane: a hijacked dataplane for tests/system/hostile_test.py. It welcomes the real
 * control plane as it should be, then lies on every path it has.
 *
 *   hostile_dataplane SOCKET COUNT SEED [GENERATION]
 *
 * COUNT misses on the miss rings and COUNT messages on the socket, most of them changed; what
 * the control plane asks over the socket is answered with changed replies under the right
 * token; at the end the shared memory's own fields are overwritten. What comes back is checked
 * as the real dataplane would. One line when attached, one of JSON at the end. GENERATION is
 * what WELCOME says is in force.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/link/counters.h"
#include "lib/link/link.h"
#include "lib/wire/rdata.h"

enum { WORKER_CNT = 2, EPOCH = 77, WAIT_MS = 15000, ATTACK_S = 120, LINGER_MS = 2000 };
enum { TURN = 64, SCRIBBLE_CNT = 2000, SAY_MAX = 8192 };

static struct hf_link *link_;
static uint64_t misses, says, answers, policies, asks, wrong, token, generation;
static struct hf_msg_key asked;

static void
nap(long ns)
{
	const struct timespec t = {.tv_nsec = ns};

	nanosleep(&t, NULL);
}

static unsigned
dice(unsigned sides)
{
	return (unsigned)random() % sides;
}

static struct hf_msg_head
head(unsigned type, size_t len)
{
	return (struct hf_msg_head){.type = (uint16_t)type, .len = (uint16_t)len, .epoch = EPOCH};
}

/* A few names that exist, so that some misses are resolved, and many that do not. */
static void
some_key(struct hf_msg_key *k)
{
	static const char *const names[] = {"www.signed.de.", "www.signed.se.", "n1.signed.se.",
	    "www.unsigned.de.", "de.", ".", "nothere.signed.de.", "a.b.c.d.e.f.g.signed.se."};
	static const uint16_t types[] = {HF_TYPE_A, HF_TYPE_AAAA, HF_TYPE_NS, HF_TYPE_SOA,
	    HF_TYPE_DS, HF_TYPE_DNSKEY, HF_TYPE_ANY};
	struct hf_name n;

	if (hf_name_from_text(names[dice(sizeof(names) / sizeof(names[0]))], &n) != 0)
		abort();
	hf_msg_key_set(k, &n, types[dice(sizeof(types) / sizeof(types[0]))], HF_CLASS_IN,
	    (uint8_t)dice(HF_VARIANT_CNT));
}

/* Bits, fields and stretches behind the first `keep` octets; now and then the head too. */
static void
change(uint8_t *m, size_t len, size_t keep)
{
	for (unsigned i = dice(8); i > 0; i--) /* 0 too: some stay as they are */
		m[keep + dice((unsigned)(len - keep))] ^= (uint8_t)(1u << dice(8));
	if (dice(8) == 0)
		for (size_t at = keep + dice((unsigned)(len - keep)); at < len; at++)
			m[at] = (uint8_t)random();
	if (dice(8) == 0)
		m[dice(sizeof(struct hf_msg_head))] ^= (uint8_t)(1u << dice(8));
}

/* --- the rings */

static void
send_miss(uint32_t worker)
{
	struct hf_ring *r = hf_link_miss(link_, worker);
	struct hf_msg_miss m = {.head = head(HF_MSG_MISS, sizeof(m)), .core = (uint16_t)worker};
	uint8_t *slot = hf_ring_reserve(r);

	if (slot == NULL)
		return;
	m.handle = (uint64_t)random() << 32 | (uint64_t)random();
	m.asked_ns = hf_clock_mono_ns();
	some_key(&m.key);
	if (dice(8) == 0)
		m.key.name_len = (uint8_t)random();
	if (dice(8) == 0)
		m.key.type = (uint16_t)random(), m.key.klass = (uint16_t)dice(5);
	if (dice(8) == 0)
		m.core = (uint16_t)random();
	if (dice(4) == 0) {
		m.flags = HF_MISS_REFRESH;
		m.handle = 0;
	}
	memset(slot, 0, HF_MISS_SLOT_LEN);
	memcpy(slot, &m, sizeof(m));
	change(slot, HF_MISS_SLOT_LEN, sizeof(m.head));
	hf_ring_commit(r);
	misses++;
}

/* What the control plane sends must be what a dataplane accepts, whatever it was told. */
static void
take_updates(void)
{
	static alignas(8) uint8_t m[HF_UPDATE_SLOT_LEN];
	static struct hf_answer_view view;
	const struct hf_msg_head *h = (const void *)m;
	size_t len;

	while ((len = hf_ring_take(hf_link_update(link_), m, sizeof(m))) != 0) {
		enum hf_msg_fault f = hf_msg_check_head(m, len, EPOCH);

		if (f == HF_MSG_OK && h->type == HF_MSG_ANSWER) {
			answers++;
			f = hf_msg_check_answer((const void *)m, &view);
		} else if (f == HF_MSG_OK && h->type == HF_MSG_POLICY_BEGIN) {
			f = hf_msg_check_policy_begin((const void *)m);
			generation =
			    ((const struct hf_msg_policy_begin *)(const void *)m)->generation;
		} else if (f == HF_MSG_OK && h->type == HF_MSG_POLICY_RULE) {
			f = hf_msg_check_policy_rule((const void *)m);
		} else if (f == HF_MSG_OK && h->type == HF_MSG_POLICY_END) {
			policies++;
		} else if (f == HF_MSG_OK) {
			f = HF_MSG_FAULT_TYPE;
		}
		wrong += f != HF_MSG_OK;
	}
}

/* --- the socket */

static void
say(const void *msg, size_t len)
{
	for (unsigned tries = 0; hf_link_send(link_, msg, len) == -EAGAIN && tries < 5000;
	     tries++) {
		hf_link_beat(link_, hf_clock_mono_ns());
		nap(200000);
	}
	says++;
}

static size_t
ack(void *out)
{
	struct hf_msg_ack *m = out;

	*m = (struct hf_msg_ack){.head = head(HF_MSG_ACK, sizeof(*m)),
	    .generation = generation + dice(3) - 1,
	    .core_cnt = WORKER_CNT,
	    .core_all = WORKER_CNT,
	    .took_ns = 1000,
	    .set = (uint16_t)dice(HF_SET_CNT + 1)};
	if (dice(4) == 0)
		m->fault = (uint16_t)dice(2 * HF_MSG_FAULT_CNT);
	if (dice(4) == 0)
		m->core_cnt = (uint32_t)random();
	if (dice(4) == 0)
		m->generation = (uint64_t)random() << 33;
	return sizeof(*m);
}

static size_t
stats(void *out)
{
	struct hf_msg_stats_say *m = out;
	size_t len = sizeof(*m) + (size_t)(1 + WORKER_CNT) * HF_COUNTER_CNT * sizeof(uint64_t);

	*m = (struct hf_msg_stats_say){.head = head(HF_MSG_STATS_SAY, len),
	    .token = token,
	    .row_cnt = 1 + WORKER_CNT,
	    .col_cnt = HF_COUNTER_CNT};
	memset(m->values, 0xff, len - sizeof(*m));
	if (dice(4) == 0)
		m->row_cnt = dice(2) ? (uint32_t)random() : 0;
	if (dice(4) == 0)
		m->col_cnt = dice(2) ? (uint32_t)random() << 1 : dice(200);
	return len;
}

static size_t
latency(void *out)
{
	struct hf_msg_latency_say *m = out;

	memset(m, 0xff, sizeof(*m));
	m->head = head(HF_MSG_LATENCY_SAY, sizeof(*m));
	m->token = token;
	m->core = dice(4) == 0 ? (uint32_t)random() : dice(WORKER_CNT);
	m->core_cnt = dice(4) == 0 ? (uint32_t)random() : WORKER_CNT;
	return sizeof(*m);
}

static size_t
cache(void *out)
{
	struct hf_msg_cache_say *m = out;
	struct hf_msg_answer *a = (void *)m->answer;
	static const uint8_t body[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 80};
	const struct hf_answer_parts parts = {
	    .ede_text = "as it was", .ede_text_len = 9, .body = body, .body_len = sizeof(body)};

	memset(m, 0, SAY_MAX);
	m->token = token;
	m->found = 1;
	a->key = asked;
	a->an_cnt = 1;
	a->ede = a->hidden_ede = HF_EDE_NONE;
	if (dice(8) == 0)
		a->an_cnt = (uint16_t)random();
	if (dice(8) == 0)
		some_key(&a->key);
	if (hf_msg_answer_finish(a, EPOCH, &parts) != 0)
		abort();
	if (dice(4) == 0)
		a->body_len = (uint16_t)random();
	if (dice(4) == 0)
		a->chain_len = (uint16_t)random();
	m->head = head(HF_MSG_CACHE_SAY, sizeof(*m) + a->head.len);
	if (dice(4) == 0)
		a->head.len = (uint16_t)random();
	return m->head.len;
}

static void
send_say(void)
{
	static alignas(8) uint8_t m[SAY_MAX];
	static size_t (*const make[])(void *) = {ack, stats, cache, latency};
	size_t len = make[dice(4)](m);

	change(m, len, dice(2) ? sizeof(struct hf_msg_head) : 24);
	if (dice(16) == 0)
		len = dice((unsigned)len + 1);
	say(m, len == 0 ? 1 : len);
}

/* What it asks is remembered, so that the next lies come under the right token. False: gone. */
static bool
hear(void)
{
	static alignas(8) uint8_t m[HF_SOCKET_MSG_MAX];
	ssize_t len;

	while ((len = hf_link_recv(link_, m, sizeof(m))) > 0) {
		const struct hf_msg_cache_ask *q = (const void *)m;

		asks++;
		if (hf_msg_check_head(m, (size_t)len, EPOCH) != HF_MSG_OK) {
			wrong++;
			continue;
		}
		if (q->head.type == HF_MSG_CACHE_ASK)
			asked = q->key;
		token = q->token;
		for (unsigned i = 0; i < 4; i++)
			send_say();
	}
	return len == -EAGAIN || len == -EMSGSIZE;
}

/* --- the shared fields, and all */

/* Cursors, beats and sleep marks of our side: offsets as in link.h and ring.h. */
static void
scribble(void)
{
	enum { HEAD_OFF = 64, TAIL_OFF = 128, GEOMETRY_OFF = 8 };
	struct hf_ring *rings[] = {
	    hf_link_miss(link_, 0), hf_link_miss(link_, 1), hf_link_update(link_)};
	static const size_t offs[] = {HEAD_OFF, TAIL_OFF, GEOMETRY_OFF, 0};

	for (unsigned i = 0; i < SCRIBBLE_CNT; i++) {
		uint8_t *shm = (uint8_t *)rings[dice(3)]->shm;
		uint64_t v = dice(2) ? dice(10000) : (uint64_t)random() << 33 | (uint64_t)random();

		memcpy(shm + offs[dice(4)], &v, sizeof(v));
		hf_link_wake_peer(link_);
		hf_link_beat(link_, dice(4) == 0 ? v : hf_clock_mono_ns());
		nap(50000);
	}
}

static int
welcome(const char *path, uint64_t policy_gen)
{
	const struct hf_link_offer offer = {.worker_cnt = WORKER_CNT,
	    .epoch = EPOCH,
	    .boot_ns = hf_clock_mono_ns(),
	    .policy_gen = policy_gen};
	int listener, fd = -1;
	int rc = hf_link_listen(path, &listener);

	for (int i = 0; rc == 0 && fd < 0 && i < WAIT_MS / 10; i++) {
		struct pollfd p = {.fd = listener, .events = POLLIN};

		if (poll(&p, 1, 10) > 0 && hf_link_accept(listener, getuid(), &fd) != 0)
			fd = -1;
	}
	rc = fd < 0 ? -ETIMEDOUT : -EAGAIN;
	for (int i = 0; rc == -EAGAIN && i < WAIT_MS / 10; i++) {
		rc = hf_link_welcome(fd, &offer, &link_);
		nap(10000000);
	}
	return rc;
}

/* A beat, a ring of the bell, and what has come. False: the control plane hung up. */
static bool
turn(void)
{
	hf_link_beat(link_, hf_clock_mono_ns());
	hf_link_wake_peer(link_);
	take_updates();
	return hear();
}

static void
attack(uint64_t cnt)
{
	uint64_t until_ns = hf_clock_mono_ns() + ATTACK_S * HF_NS_PER_S;

	for (uint32_t i = 0; misses < cnt || says < cnt; i++) {
		if (misses < cnt)
			send_miss(i % WORKER_CNT);
		if (says < cnt)
			send_say();
		else if (i % TURN == 0)
			nap(1000000); /* only full rings are left to wait for */
		if (i % TURN == 0 && (!turn() || hf_clock_mono_ns() > until_ns))
			return;
	}
}

/* Answers are still on their way. */
static void
linger(void)
{
	for (unsigned i = 0; i < LINGER_MS / 5 && turn(); i++)
		nap(5000000);
}

int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 4)
		return 2;
	uint64_t cnt = strtoull(argv[2], NULL, 10);
	srandom((unsigned)strtoul(argv[3], NULL, 10));
	int rc = welcome(argv[1], argc > 4 ? strtoull(argv[4], NULL, 10) : 0);
	if (rc != 0) {
		printf("refused %s\n", strerror(-rc));
		return 1;
	}
	printf("attached\n");
	attack(cnt);
	linger();
	printf("{\"misses\": %" PRIu64 ", \"says\": %" PRIu64 ", \"answers\": %" PRIu64
	       ", \"policies\": %" PRIu64 ", \"asks\": %" PRIu64 ", \"wrong\": %" PRIu64
	       ", \"generation\": %" PRIu64 "}\n",
	    misses, says, answers, policies, asks, wrong, generation);
	if (cnt > 0)
		scribble();
	return 0;
}
