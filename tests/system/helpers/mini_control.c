/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mini_control: a control plane of one page for tests/system/dataplane_test.py, which tests
 * the dataplane alone. It answers by rule of name and does on command what a broken or
 * hijacked control plane might do.
 *
 *   mini_control SOCKET      then commands on standard input, one line of output for each:
 *   policy GEN [nta|anchor NAME]...   push a snapshot      "ack GEN CORES ALL NS FAULT"
 *   cookies GEN CNT          CNT secrets                   "cookies GEN CORES ALL NS FAULT"
 *   mutate COUNT SEED        send broken messages          "mutated COUNT"
 *   silent on|off            no beats, nothing taken       "silent"
 *   stats                    the counters, summed          "stats {...}"
 *   latency CORE             its replies, counted by kind  "latency {...}"
 *   cache NAME TYPE          one entry                     "cache FOUND COVERED AGE VERDICT"
 *
 * First label of a question -> answer: www, ttl1, ttl0: an address (TTL 300, 1, 0), secure;
 * plain: insecure; nx: NXDOMAIN; bogus: SERVFAIL, EDE 6; failed: SERVFAIL, EDE 22; nta:
 * unvalidated, found under an NTA; turn: secure the first time, bogus afterwards; big: more
 * than a datagram holds; hold: no answer.
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
#include "lib/wire/writer.h"

enum { STEP_MS = 20, BIG_RR_CNT = 150 };

static struct hf_link *link_;
static struct hf_msg_welcome welcome;
static int silent;
static uint64_t policy_gen;

static void
nap(long ns)
{
	const struct timespec t = {.tv_nsec = ns};

	nanosleep(&t, NULL);
}

/* A message on the update ring, waiting for room. 0, or -1 when the dataplane is gone. */
static int
put(const void *msg, size_t len)
{
	void *slot;

	for (unsigned tries = 0; (slot = hf_ring_reserve(hf_link_update(link_))) == NULL; tries++) {
		hf_link_wake_peer(link_);
		hf_link_beat(link_, hf_clock_mono_ns());
		if (tries > 50000)
			return -1;
		nap(100000);
	}
	memset(slot, 0, HF_UPDATE_SLOT_LEN);
	memcpy(slot, msg, len);
	hf_ring_commit(hf_link_update(link_));
	hf_link_wake_peer(link_);
	return 0;
}

static struct hf_msg_head
head(unsigned type, size_t len)
{
	return (struct hf_msg_head){
	    .type = (uint16_t)type, .len = (uint16_t)len, .epoch = hf_link_epoch(link_)};
}

struct plan {
	const char *label;
	uint8_t verdict, flags;
	uint16_t rcode, ede;
	uint16_t rr_cnt;
	uint32_t ttl;
};

static const struct plan plans[] = {
    {"www", HF_VERDICT_SECURE, 0, 0, HF_EDE_NONE, 1, 300},
    {"ttl1", HF_VERDICT_SECURE, 0, 0, HF_EDE_NONE, 1, 1},
    {"ttl0", HF_VERDICT_SECURE, 0, 0, HF_EDE_NONE, 1, 0},
    {"plain", HF_VERDICT_INSECURE, 0, 0, HF_EDE_NONE, 1, 300},
    {"nx", HF_VERDICT_SECURE, 0, HF_RCODE_NXDOMAIN, HF_EDE_NONE, 0, 300},
    {"bogus", HF_VERDICT_BOGUS, 0, HF_RCODE_SERVFAIL, HF_EDE_BOGUS, 0, 60},
    {"failed", HF_VERDICT_FAILURE, 0, HF_RCODE_SERVFAIL, HF_EDE_NO_REACHABLE_AUTHORITY, 0, 1},
    {"nta", HF_VERDICT_UNVALIDATED, HF_ANSWER_UNDER_NTA, 0, HF_EDE_NTA, 1, 300},
    {"turn", HF_VERDICT_SECURE, 0, 0, HF_EDE_NONE, 1, 1},
    {"turn", HF_VERDICT_BOGUS, 0, HF_RCODE_SERVFAIL, HF_EDE_BOGUS, 0, 1},
    {"big", HF_VERDICT_SECURE, 0, 0, HF_EDE_NONE, BIG_RR_CNT, 300},
};
enum { PLAN_OTHER = 6, PLAN_CNT = sizeof(plans) / sizeof(plans[0]) };

static const struct plan *
plan_for(const struct hf_msg_key *k)
{
	static unsigned turned;
	const struct plan *found = &plans[PLAN_OTHER];

	for (unsigned i = PLAN_CNT; i-- > 0;)
		if (strlen(plans[i].label) == k->name[0] &&
		    memcmp(plans[i].label, k->name + 1, k->name[0]) == 0)
			found = &plans[i];
	if (strcmp(found->label, "turn") == 0)
		found += turned++ == 0 ? 0 : 1;
	return found;
}

/* Returns the message's length. */
static size_t
answer(struct hf_msg_answer *m, const struct hf_msg_key *k, const struct plan *p)
{
	static uint8_t body[HF_MSG_MAX];
	struct hf_writer w;
	struct hf_question q = {.type = k->type, .klass = k->klass};

	memset(m, 0, sizeof(*m));
	hf_name_from_octets(k->name, k->name_len, &q.name);
	hf_writer_init(&w, body, sizeof(body));
	hf_writer_question(&w, &q);
	uint32_t start = w.len;
	for (uint16_t i = 0; i < p->rr_cnt; i++) {
		const struct hf_rr rr = {
		    .type = HF_TYPE_A, .klass = 1, .ttl = p->ttl, .rdata_len = 4};
		const uint8_t rdata[4] = {192, 0, 2, (uint8_t)(80 + i)};

		hf_writer_rr(&w, HF_SECTION_ANSWER, &q.name, &rr, rdata);
	}
	m->key = *k;
	m->verdict = p->verdict;
	m->flags = p->flags;
	m->rcode = p->rcode;
	m->ede = p->ede;
	m->hidden_ede = p->verdict == HF_VERDICT_UNVALIDATED ? HF_EDE_BOGUS : HF_EDE_NONE;
	m->an_cnt = p->rr_cnt;
	m->ttl_s = p->ttl;
	m->flags |= HF_ANSWER_STALE;
	m->policy_gen = policy_gen;
	m->body_len = (uint16_t)(w.len - start);
	memcpy(m->payload, body + start, m->body_len);
	size_t len = sizeof(*m) + m->body_len;
	m->head = head(HF_MSG_ANSWER, len);
	return len;
}

static void
serve_misses(void)
{
	struct hf_msg_miss miss;
	alignas(8) uint8_t buf[HF_UPDATE_SLOT_LEN];
	struct hf_msg_answer *m = (void *)buf;

	for (uint32_t i = 0; i < hf_link_worker_cnt(link_); i++)
		while (hf_ring_take(hf_link_miss(link_, i), &miss, sizeof(miss)) != 0) {
			if (hf_msg_check_head(&miss, sizeof(miss), hf_link_epoch(link_)) != 0 ||
			    hf_msg_check_miss(&miss, welcome.worker_cnt) != 0)
				abort();
			if (memcmp(miss.key.name, "\4hold", 5) == 0)
				continue;
			size_t len = answer(m, &miss.key, plan_for(&miss.key));
			m->handle = miss.handle;
			m->core = miss.core;
			if (put(m, len) != 0)
				return;
		}
}

static void
push_policy(char *args)
{
	static struct hf_msg_policy_rule rules[64];
	char *save;
	uint32_t cnt = 0;
	uint64_t gen = strtoull(strtok_r(args, " ", &save), NULL, 10);
	char *kind, *text;

	memset(rules, 0, sizeof(rules));
	while (cnt < 64 && (kind = strtok_r(NULL, " ", &save)) != NULL &&
	    (text = strtok_r(NULL, " ", &save)) != NULL) {
		struct hf_name n;

		if (hf_name_from_text(text, &n) != 0)
			abort();
		hf_name_lower(&n);
		rules[cnt].head = head(HF_MSG_POLICY_RULE, sizeof(rules[0]));
		rules[cnt].generation = gen;
		rules[cnt].kind = strcmp(kind, "nta") == 0 ? HF_RULE_NTA : HF_RULE_ANCHOR;
		rules[cnt].name_len = n.len;
		memcpy(rules[cnt++].name, n.octets, n.len);
	}
	const struct hf_msg_policy_begin begin = {.head = head(HF_MSG_POLICY_BEGIN, sizeof(begin)),
	    .generation = gen,
	    .rule_cnt = cnt,
	    .stale_client_ms = 1800,
	    .stale_ttl_s = 30,
	    .stale_max_s = 86400,
	    .stale_triggers = HF_STALE_ALL,
	    .stale_retry_s = 30};
	const struct hf_msg_policy_end end = {
	    .head = head(HF_MSG_POLICY_END, sizeof(end)), .generation = gen, .rule_cnt = cnt};
	(void)put(&begin, sizeof(begin));
	for (uint32_t i = 0; i < cnt; i++)
		(void)put(&rules[i], sizeof(rules[i]));
	(void)put(&end, sizeof(end));
	policy_gen = gen;
}

static void
push_cookies(char *args)
{
	struct hf_msg_cookies m = {.head = head(HF_MSG_COOKIES, sizeof(m))};

	m.generation = strtoull(args, &args, 10);
	m.cnt = (uint8_t)strtoul(args, NULL, 10);
	(void)hf_link_send(link_, &m, sizeof(m));
}

/* A message that was right once, then changed: bits, lengths, whole stretches. */
static size_t
broken(uint8_t *m, unsigned nr)
{
	struct hf_msg_answer *a = (void *)m;
	struct hf_msg_key k;
	struct hf_name n;
	char text[64];
	size_t len;

	snprintf(text, sizeof(text), "mutant-%u.example.", nr);
	hf_name_from_text(text, &n);
	hf_msg_key_set(&k, &n, HF_TYPE_A, HF_CLASS_IN, (uint8_t)(nr % HF_VARIANT_CNT));
	len = answer(a, &k, &plans[(unsigned)random() % PLAN_CNT]);
	if (random() % 8 == 0) {
		static const uint8_t types[] = {
		    HF_MSG_POLICY_BEGIN, HF_MSG_POLICY_RULE, HF_MSG_POLICY_END};

		a->head.type = types[random() % 3];
		a->head.len = (uint16_t)(random() % 400);
	}
	if (random() % 4 == 0)
		a->head.len = (uint16_t)random();
	if (random() % 4 == 0)
		a->body_len = (uint16_t)random();
	if (random() % 8 == 0)
		a->chain_len = (uint16_t)random(), a->chain_cnt = (uint16_t)(random() % 12);
	if (random() % 8 == 0)
		a->core = (uint16_t)random(), a->handle = (uint64_t)random();
	for (long i = random() % 8; i > 0; i--) /* 0 too: handles nobody waits for */
		m[8 + (size_t)random() % (len - 8)] ^= (uint8_t)(1u << random() % 8);
	if (random() % 16 == 0)
		for (size_t at = (size_t)random() % HF_UPDATE_SLOT_LEN; at < HF_UPDATE_SLOT_LEN;
		     at++)
			m[at] = (uint8_t)random();
	if (random() % 16 == 0)
		m[random() % 8] ^= (uint8_t)(1u << random() % 8); /* type, length, epoch */
	return HF_UPDATE_SLOT_LEN;
}

static void
mutate(char *args)
{
	static alignas(8) uint8_t m[HF_UPDATE_SLOT_LEN];
	char *end;
	unsigned cnt = (unsigned)strtoul(args, &end, 10);

	srandom((unsigned)strtoul(end, NULL, 10));
	for (unsigned i = 0; i < cnt; i++) {
		if (put(m, broken(m, i)) != 0)
			break;
		if (i % 64 == 0) {
			hf_link_beat(link_, hf_clock_mono_ns());
			serve_misses();
		}
	}
	printf("mutated %u\n", cnt);
}

static void
print_stats(const struct hf_msg_stats_say *s)
{
	static const char *const names[] = {
#define X(name, unit, sentence) #name,
	    HF_COUNTERS(X)
#undef X
	};

	printf("stats {\"entries\": %" PRIu64 ", \"policy_gen\": %" PRIu64 ", \"rows\": %u",
	    s->cache_entries, s->policy_gen, s->row_cnt);
	for (unsigned c = 0; c < s->col_cnt; c++) {
		uint64_t sum = 0;

		for (unsigned r = 0; r < s->row_cnt; r++)
			sum += s->values[r * s->col_cnt + c];
		printf(", \"%s\": %" PRIu64, names[c], sum);
	}
	puts("}");
}

static void
print_latency(const struct hf_msg_latency_say *s)
{
	static const char *const names[] = {
#define X(name, unit, sentence) #name,
	    HF_LATENCIES(X)
#undef X
	};

	printf("latency {\"core\": %u", s->core);
	for (unsigned k = 0; k < HF_LATENCY_CNT; k++)
		printf(", \"%s\": %" PRIu64 ", \"%s_max_ns\": %" PRIu64, names[k],
		    hf_latency_total(&s->kind[k]), names[k], s->kind[k].max_ns);
	puts("}");
}

/* Returns 0, or -1 when the dataplane is gone. */
static int
hear(void)
{
	static alignas(8) uint8_t buf[HF_SOCKET_MSG_MAX];
	ssize_t len = hf_link_recv(link_, buf, sizeof(buf));
	const struct hf_msg_head *h = (void *)buf;

	if (len == -EAGAIN)
		return 0;
	if (len <= 0)
		return -1;
	if (h->type == HF_MSG_ACK) {
		const struct hf_msg_ack *a = (void *)buf;

		printf("%s %" PRIu64 " %u %u %" PRIu64 " %s\n",
		    a->set == HF_SET_POLICY ? "ack" : hf_msg_set_to_text(a->set), a->generation,
		    a->core_cnt, a->core_all, a->took_ns,
		    a->fault == 0 ? "ok" : hf_msg_fault_to_text(a->fault));
	} else if (h->type == HF_MSG_STATS_SAY) {
		print_stats((void *)buf);
	} else if (h->type == HF_MSG_LATENCY_SAY) {
		print_latency((void *)buf);
	} else if (h->type == HF_MSG_CACHE_SAY) {
		const struct hf_msg_cache_say *c = (void *)buf;
		const struct hf_msg_answer *a = (void *)c->answer;

		printf("cache %u %u %u %s\n", c->found, c->covered, c->age_s,
		    c->found ? hf_verdict_to_text(a->verdict) : "none");
	}
	return 0;
}

static void
ask_cache(char *args)
{
	struct hf_msg_cache_ask ask = {.head = head(HF_MSG_CACHE_ASK, sizeof(ask)), .token = 1};
	char *space = strchr(args, ' ');
	struct hf_name n;
	uint16_t type = 0;

	*space = '\0';
	if (hf_name_from_text(args, &n) != 0 || hf_type_from_text(space + 1, &type) != 0)
		abort();
	hf_msg_key_set(&ask.key, &n, type, HF_CLASS_IN, 0);
	(void)hf_link_send(link_, &ask, sizeof(ask));
}

static void
command(char *line)
{
	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "policy ", 7) == 0)
		push_policy(line + 7);
	else if (strncmp(line, "cookies ", 8) == 0)
		push_cookies(line + 8);
	else if (strncmp(line, "mutate ", 7) == 0)
		mutate(line + 7);
	else if (strncmp(line, "silent ", 7) == 0) {
		silent = strcmp(line + 7, "on") == 0;
		puts("silent");
	} else if (strncmp(line, "cache ", 6) == 0)
		ask_cache(line + 6);
	else if (strncmp(line, "latency ", 8) == 0) {
		const struct hf_msg_latency_ask ask = {
		    .head = head(HF_MSG_LATENCY_ASK, sizeof(ask)),
		    .token = 8,
		    .core = (uint32_t)strtoul(line + 8, NULL, 10)};

		(void)hf_link_send(link_, &ask, sizeof(ask));
	} else if (strcmp(line, "stats") == 0) {
		const struct hf_msg_stats_ask ask = {
		    .head = head(HF_MSG_STATS_ASK, sizeof(ask)), .token = 9};

		(void)hf_link_send(link_, &ask, sizeof(ask));
	}
}

static int
attach(const char *path)
{
	int fd, rc = hf_link_connect(path, getuid(), &fd);

	for (int i = 0; rc == 0 && i < 200; i++) {
		int joined = hf_link_join(fd, &link_, &welcome);

		if (joined == 0) {
			printf("attached %u %u %" PRIu64 "\n", hf_link_epoch(link_),
			    welcome.worker_cnt, welcome.policy_gen);
			policy_gen = welcome.policy_gen;
			return 0;
		}
		if (joined != -EAGAIN) {
			printf("refused %s\n", strerror(-joined));
			return -1;
		}
		nap(10000000);
	}
	printf("refused %s\n", strerror(-rc));
	return -1;
}

int
main(int argc, char **argv)
{
	char line[4096];

	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);
	if (argc != 2 || attach(argv[1]) != 0)
		return 1;
	for (;;) {
		struct pollfd fds[3] = {{.fd = 0, .events = POLLIN},
		    {.fd = hf_link_socket(link_), .events = POLLIN},
		    {.fd = hf_link_doorbell(link_), .events = POLLIN}};

		if (!silent) {
			hf_link_beat(link_, hf_clock_mono_ns());
			serve_misses();
			hf_link_sleep(link_);
			serve_misses();
		}
		(void)poll(fds, silent ? 2 : 3, STEP_MS);
		if (!silent)
			hf_link_woke(link_);
		if (fds[0].revents != 0) {
			if (fgets(line, sizeof(line), stdin) == NULL)
				return 0;
			command(line);
		}
		if (fds[1].revents != 0 && hear() != 0) {
			puts("gone");
			return 0;
		}
	}
}
