/* SPDX-License-Identifier: BSD-3-Clause */
/* control: what stands for the control plane on the link while the dataplane is measured. It sends
 * what a control plane sends, as fast as the bench wants it, and says as JSON what came of it.
 *
 * replace KIND FIRST ENTRIES RATE SECONDS: answers FIRST to FIRST + ENTRIES - 1 of a kind, in a
 * mixed order, again and again, RATE a second (0: as fast as they are taken).
 *
 * stand RATE SECONDS: takes questions off the miss rings and answers them with what the bench has
 * for such names, for those who wait only, at most RATE a second (0: it reads none).
 *
 * push COUNT RULES [ADDRESS]: snapshots of a policy, each when the one before is acknowledged: by
 * turns none and RULES NTAs. At ADDRESS queries are under way at each push and follow its
 * acknowledgement: AD is clear under NTAs and set without. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "lib/link/link.h"
#include "tests/bench/content.h"

enum {
	MADE_MAX = 1 << 16, /* answers made beforehand, so that making them takes no time later */
	SLOT_LEN = 1024,    /* what they may take there */
	SPREAD = 7368787,   /* a prime: neighbours are not replaced one after another */
	BURST = 32,
	PAUSE_NS = 50000,
	ACK_MS = 2000,
	REPLY_MS = 1000,
	FLIGHT = 8, /* queries before a push, and as many after it */
	PUSH_MAX = 1 << 20,
};

struct control {
	struct hf_link *link;
	struct hf_msg_welcome welcome;
	uint64_t beat_ns;
};

static void
pause_ns(long ns)
{
	(void)nanosleep(&(const struct timespec){.tv_nsec = ns}, NULL);
}

static int
attach(struct control *c, const char *path)
{
	int fd = -1;
	int rc = hf_link_connect(path, 0, &fd);

	if (rc != 0)
		return rc;
	do {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		(void)poll(&p, 1, ACK_MS);
		rc = hf_link_join(fd, &c->link, &c->welcome);
	} while (rc == -EAGAIN);
	if (rc != 0)
		close(fd);
	return rc;
}

static void
beat(struct control *c, uint64_t now)
{
	if (now - c->beat_ns < HF_LINK_BEAT_NS / 2)
		return;
	hf_link_beat(c->link, now);
	c->beat_ns = now;
}

/* The next slot of the update ring; waits for one. NULL: none became free. */
static void *
reserve(struct control *c)
{
	uint64_t until = hf_clock_mono_ns() + HF_LINK_DEAD_NS;
	void *slot;

	while ((slot = hf_ring_reserve(hf_link_update(c->link))) == NULL) {
		if (hf_clock_mono_ns() > until)
			return NULL;
		(void)hf_link_wake_peer(c->link);
		pause_ns(PAUSE_NS);
	}
	return slot;
}

/* --- replace --- */

struct replacing {
	const struct bench_kind *kind;
	uint64_t first, entries, rate, seconds;
	uint8_t (*made)[SLOT_LEN];
	uint32_t made_cnt;
};

/* Before there is a link: who says nothing for a second has gone. */
static int
answers_make(struct replacing *r)
{
	alignas(8) uint8_t slot[HF_UPDATE_SLOT_LEN];
	struct hf_msg_answer *m = (struct hf_msg_answer *)(void *)slot;

	r->made_cnt = (uint32_t)(r->entries < MADE_MAX ? r->entries : MADE_MAX);
	r->made = aligned_alloc(8, (size_t)r->made_cnt * SLOT_LEN);
	if (r->made == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->made_cnt; i++) {
		uint64_t at = r->first + i * (uint64_t)SPREAD % r->entries;
		int rc = bench_answer(r->kind, (uint32_t)at, m);

		if (rc != 0)
			return rc;
		if (m->head.len > SLOT_LEN)
			return -EMSGSIZE;
		memcpy(r->made[i], m, m->head.len);
	}
	return 0;
}

static double
cpu_s(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int
replace(struct control *c, struct replacing *r)
{
	uint64_t begin, now, sent = 0;
	double cpu_begin_s = cpu_s();
	uint32_t epoch = hf_link_epoch(c->link);
	int rc = 0;

	for (begin = now = hf_clock_mono_ns(); rc == 0 && now - begin < r->seconds * HF_NS_PER_S;
	     now = hf_clock_mono_ns()) {
		uint64_t due = r->rate == 0 ? sent + BURST : (now - begin) * r->rate / HF_NS_PER_S;

		beat(c, now);
		if (due == sent)
			pause_ns(PAUSE_NS);
		for (; rc == 0 && sent < due; sent++) {
			const uint8_t *made = r->made[sent % r->made_cnt];
			uint8_t *slot = reserve(c);

			rc = slot == NULL ? -ETIMEDOUT : 0;
			if (slot == NULL)
				break;
			memcpy(slot, made, ((const struct hf_msg_head *)(const void *)made)->len);
			((struct hf_msg_head *)(void *)slot)->epoch = epoch;
			hf_ring_commit(hf_link_update(c->link));
		}
		(void)hf_link_wake_peer(c->link);
	}
	printf("{\"sent\": %llu, \"seconds\": %.3f, \"cpu_s\": %.3f}\n", (unsigned long long)sent,
	    (double)(now - begin) / 1e9, cpu_s() - cpu_begin_s);
	return rc;
}

/* --- stand --- */

struct standing {
	const struct bench_kind *kind;
	uint64_t rate, seconds;
};

/* A name of ours says which host it is: "www.z17.example.". */
static int
host_of(const struct hf_msg_key *k, uint32_t *host)
{
	const uint8_t *label = k->name + k->name[0] + 1;
	char digits[16] = {0};
	uint64_t v;

	if (label[0] < 2 || label[0] > sizeof(digits) || label[1] != 'z')
		return -EBADMSG;
	memcpy(digits, label + 2, label[0] - 1u);
	int rc = hf_uint_from_text(digits, UINT32_MAX, &v);
	if (rc == 0)
		*host = (uint32_t)v;
	return rc;
}

static int
miss_answer(struct control *c, const struct standing *s, const struct hf_msg_miss *miss)
{
	uint32_t host;
	int rc = hf_msg_check_miss(miss, hf_link_worker_cnt(c->link)) == HF_MSG_OK ? 0 : -EBADMSG;

	if (rc == 0)
		rc = host_of(&miss->key, &host);
	struct hf_msg_answer *m = rc == 0 ? reserve(c) : NULL;
	if (m == NULL)
		return rc == 0 ? -ETIMEDOUT : rc;
	rc = bench_answer(s->kind, host, m);
	if (rc != 0)
		return rc;
	m->head.epoch = hf_link_epoch(c->link);
	m->handle = miss->handle;
	m->core = miss->core;
	m->ttl_s = 0;
	hf_ring_commit(hf_link_update(c->link));
	return 0;
}

/* At most so many questions. */
static int
misses_answer(struct control *c, const struct standing *s, uint64_t cnt)
{
	struct hf_msg_miss miss;
	int rc = 0;

	for (uint32_t w = 0; w < hf_link_worker_cnt(c->link); w++)
		for (; rc == 0 && cnt > 0; cnt--) {
			if (hf_ring_take(hf_link_miss(c->link, w), &miss, sizeof(miss)) == 0)
				break;
			rc = miss_answer(c, s, &miss);
		}
	(void)hf_link_wake_peer(c->link);
	return rc;
}

static int
stand(struct control *c, const struct standing *s)
{
	uint64_t begin = hf_clock_mono_ns(), now = begin, done = 0;
	int rc = 0;

	for (; rc == 0 && now - begin < s->seconds * HF_NS_PER_S; now = hf_clock_mono_ns()) {
		uint64_t due = (now - begin) * s->rate / HF_NS_PER_S;

		beat(c, now);
		rc = misses_answer(c, s, due - done);
		done = due; /* what nobody asked is not made up for */
		pause_ns(PAUSE_NS);
	}
	return rc;
}

/* --- push --- */

struct pushing {
	uint64_t count, rules;
	const struct bench_kind *kind;
	int fd; /* to the service address; -1: nothing is looked at */
	uint64_t *took_ns, *round_ns;
	uint64_t refused, fewer_cores, answers, wrong, mixed, lost;
};

static void *
policy_slot(struct control *c, uint16_t type, size_t len)
{
	struct hf_msg_head *head = reserve(c);

	if (head == NULL)
		return NULL;
	memset(head, 0, len);
	head->type = type;
	head->len = (uint16_t)len;
	head->epoch = hf_link_epoch(c->link);
	return head;
}

static int
rule_send(struct control *c, const struct pushing *p, uint64_t generation, uint32_t host)
{
	struct hf_msg_policy_rule *m = policy_slot(c, HF_MSG_POLICY_RULE, sizeof(*m));
	struct hf_name name, zone;

	if (m == NULL)
		return -ETIMEDOUT;
	int rc = bench_host_name(p->kind, host, &name, &zone);
	if (rc != 0)
		return rc;
	m->generation = generation;
	m->kind = HF_RULE_NTA;
	m->name_len = zone.len;
	memcpy(m->name, zone.octets, zone.len);
	hf_ring_commit(hf_link_update(c->link));
	return 0;
}

static int
snapshot_send(struct control *c, const struct pushing *p, uint64_t generation, uint32_t rules)
{
	struct hf_msg_policy_begin *b = policy_slot(c, HF_MSG_POLICY_BEGIN, sizeof(*b));
	int rc = b == NULL ? -ETIMEDOUT : 0;

	if (rc != 0)
		return rc;
	b->generation = generation;
	b->rule_cnt = rules;
	b->stale_client_ms = 1800;
	b->stale_ttl_s = 30;
	b->stale_max_s = 86400;
	b->stale_triggers = HF_STALE_ALL;
	b->stale_retry_s = 30;
	hf_ring_commit(hf_link_update(c->link));
	for (uint32_t i = 0; rc == 0 && i < rules; i++)
		rc = rule_send(c, p, generation, i);
	struct hf_msg_policy_end *e =
	    rc != 0 ? NULL : policy_slot(c, HF_MSG_POLICY_END, sizeof(*e));
	if (e == NULL)
		return rc != 0 ? rc : -ETIMEDOUT;
	e->generation = generation;
	e->rule_cnt = rules;
	hf_ring_commit(hf_link_update(c->link));
	(void)hf_link_wake_peer(c->link);
	return 0;
}

static int
ack_await(struct control *c, uint64_t generation, struct hf_msg_ack *ack)
{
	static alignas(8) uint8_t buf[HF_SOCKET_MSG_MAX];
	struct pollfd p = {.fd = hf_link_socket(c->link), .events = POLLIN};

	if (poll(&p, 1, ACK_MS) <= 0)
		return -ETIMEDOUT;
	ssize_t n = hf_link_recv(c->link, buf, sizeof(buf));
	if (n <= 0)
		return n == 0 ? -ECONNRESET : (int)n;
	if (hf_msg_check_head(buf, (size_t)n, hf_link_epoch(c->link)) != HF_MSG_OK ||
	    hf_msg_check_ack((const void *)buf) != HF_MSG_OK)
		return -EBADMSG;
	memcpy(ack, buf, sizeof(*ack));
	return ack->generation == generation ? 0 : -EBADMSG;
}

/* Ask for host 0 with AD set. */
static int
ask(const struct pushing *p, uint16_t id)
{
	uint8_t query[HF_HEADER_LEN + HF_NAME_MAX + 4] = {
	    (uint8_t)(id >> 8), (uint8_t)id, 1, 0x20, 0, 1};
	struct hf_name name, zone;
	int rc = bench_host_name(p->kind, 0, &name, &zone);

	if (rc != 0)
		return rc;
	memcpy(query + HF_HEADER_LEN, name.octets, name.len);
	uint8_t *end = query + HF_HEADER_LEN + name.len;
	memcpy(end, (const uint8_t[4]){0, HF_TYPE_A, 0, HF_CLASS_IN}, 4);
	return send(p->fd, query, (size_t)(end + 4 - query), 0) < 0 ? -errno : 0;
}

/* Some queries, the first with this ID. */
static int
ask_some(const struct pushing *p, uint16_t id)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && p->fd >= 0 && i < FLIGHT; i++)
		rc = ask(p, (uint16_t)(id + i));
	return rc;
}

/* The next answer must be to id: 1 with AD, 0 without it; -ETIMEDOUT: none; -EBADMSG: another. */
static int
hear(const struct pushing *p, uint16_t id)
{
	struct pollfd pfd = {.fd = p->fd, .events = POLLIN};
	uint8_t reply[512];

	if (poll(&pfd, 1, REPLY_MS) <= 0)
		return -ETIMEDOUT;
	ssize_t n = recv(p->fd, reply, sizeof(reply), 0);
	if (n <= HF_HEADER_LEN || (reply[0] << 8 | reply[1]) != id || (reply[3] & 15) != 0 ||
	    reply[7] != 1)
		return -EBADMSG;
	return (reply[3] & HF_FLAG_AD) != 0;
}

/* Those asked before the push were answered by either policy, but never by the old one behind the
 * new one; those asked after its acknowledgement by the new one. They come in order: one core, one
 * wire. */
static void
judge(struct pushing *p, uint16_t id, bool nta)
{
	bool switched = false;

	for (unsigned i = 0; p->fd >= 0 && i < 2 * FLIGHT; i++) {
		int ad = hear(p, (uint16_t)(id + i));

		if (ad == -ETIMEDOUT) {
			p->lost += 2 * FLIGHT - i;
			return;
		}
		bool old = ad == (int)nta;
		p->answers++;
		p->wrong += ad < 0 || (i >= FLIGHT && old);
		p->mixed += switched && old;
		switched |= !old;
	}
}

static int
push_one(struct control *c, struct pushing *p, uint64_t i)
{
	uint64_t generation = c->welcome.policy_gen + 1 + i, start = hf_clock_mono_ns();
	uint16_t id = (uint16_t)(2 * FLIGHT * i);
	bool nta = i % 2 != 0;
	struct hf_msg_ack ack = {0};

	beat(c, start);
	int rc = ask_some(p, id);
	if (rc == 0)
		rc = snapshot_send(c, p, generation, nta ? (uint32_t)p->rules : 0);
	if (rc == 0)
		rc = ack_await(c, generation, &ack);
	if (rc != 0)
		return rc;
	p->round_ns[i] = hf_clock_mono_ns() - start;
	p->took_ns[i] = ack.took_ns;
	p->refused += ack.fault != 0;
	p->fewer_cores += ack.core_cnt != ack.core_all;
	rc = ask_some(p, (uint16_t)(id + FLIGHT));
	if (rc == 0)
		judge(p, id, nta);
	return rc;
}

static int
by_size(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static void
quantiles_print(const char *name, uint64_t *v, uint64_t cnt)
{
	static const struct {
		const char *name;
		double q;
	} q[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1}};

	qsort(v, cnt, sizeof(*v), by_size);
	printf("\"%s\": {", name);
	for (unsigned i = 0; i < sizeof(q) / sizeof(q[0]); i++) {
		uint64_t at = (uint64_t)(q[i].q * (double)cnt);

		printf("%s\"%s\": %llu", i == 0 ? "" : ", ", q[i].name,
		    (unsigned long long)v[at < cnt ? at : cnt - 1]);
	}
	printf("}");
}

static int
push(struct control *c, struct pushing *p)
{
	uint64_t done = 0;
	int rc = 0;

	p->took_ns = calloc(p->count, sizeof(*p->took_ns));
	p->round_ns = calloc(p->count, sizeof(*p->round_ns));
	if (p->took_ns == NULL || p->round_ns == NULL)
		rc = -ENOMEM;
	for (; rc == 0 && done < p->count; done++)
		rc = push_one(c, p, done);
	if (rc == 0) {
		printf("{\"pushes\": %llu, \"refused\": %llu, \"fewer_cores\": %llu, \"answers\": "
		       "%llu, "
		       "\"wrong\": %llu, \"mixed\": %llu, \"lost\": %llu, ",
		    (unsigned long long)done, (unsigned long long)p->refused,
		    (unsigned long long)p->fewer_cores, (unsigned long long)p->answers,
		    (unsigned long long)p->wrong, (unsigned long long)p->mixed,
		    (unsigned long long)p->lost);
		quantiles_print("took_ns", p->took_ns, done);
		printf(", ");
		quantiles_print("round_ns", p->round_ns, done);
		printf("}\n");
	}
	free(p->took_ns);
	free(p->round_ns);
	return rc;
}

/* --- */

static int
client_open(const char *address, int *fd)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return -EINVAL;
	*fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || connect(*fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		return -errno;
	return 0;
}

static bool
numbers(char *const text[], unsigned cnt, uint64_t max, uint64_t *const out[])
{
	for (unsigned i = 0; i < cnt; i++)
		if (hf_uint_from_text(text[i], max, out[i]) != 0)
			return false;
	return true;
}

static int
run(struct control *c, int argc, char **argv)
{
	struct replacing r = {0};
	struct standing s = {.kind = bench_kind_named("a1")};
	struct pushing p = {.fd = -1, .kind = bench_kind_named("a1")};
	uint64_t *const of_replace[] = {&r.first, &r.entries, &r.rate, &r.seconds};
	uint64_t *const of_stand[] = {&s.rate, &s.seconds};
	uint64_t *const of_push[] = {&p.count, &p.rules};
	int rc = 0;

	if (argc == 8 && strcmp(argv[2], "replace") == 0 &&
	    (r.kind = bench_kind_named(argv[3])) != NULL &&
	    numbers(argv + 4, 4, BENCH_ENTRIES_MAX, of_replace) && r.entries > 0) {
		rc = answers_make(&r);
		if (rc == 0)
			rc = attach(c, argv[1]);
		if (rc == 0)
			rc = replace(c, &r);
		free(r.made);
		return rc;
	}
	if (argc == 5 && strcmp(argv[2], "stand") == 0 &&
	    numbers(argv + 3, 2, BENCH_ENTRIES_MAX, of_stand)) {
		rc = attach(c, argv[1]);
		return rc == 0 ? stand(c, &s) : rc;
	}
	if ((argc == 5 || argc == 6) && strcmp(argv[2], "push") == 0 &&
	    numbers(argv + 3, 2, PUSH_MAX, of_push) && p.count > 0 &&
	    p.rules <= HF_POLICY_RULE_MAX) {
		if (argc == 6)
			rc = client_open(argv[5], &p.fd);
		if (rc == 0)
			rc = attach(c, argv[1]);
		return rc == 0 ? push(c, &p) : rc;
	}
	fprintf(stderr,
	    "usage: control LINK replace KIND FIRST ENTRIES RATE SECONDS\n"
	    "       control LINK stand RATE SECONDS\n"
	    "       control LINK push COUNT RULES [ADDRESS]\n");
	return -EINVAL;
}

int
main(int argc, char **argv)
{
	struct control c = {0};
	int rc = run(&c, argc, argv);

	if (rc != 0)
		fprintf(stderr, "control: %s\n", strerror(-rc));
	if (c.link != NULL)
		hf_link_close(c.link);
	return rc == 0 ? 0 : 1;
}
