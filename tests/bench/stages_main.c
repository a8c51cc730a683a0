/* SPDX-License-Identifier: BSD-3-Clause */
/* stages PCAP ROUNDS MIB [limits] <ANSWERS: what each stage of the hit path (dataplane/hit.h)
 * costs, in cycles of the time stamp counter per packet, for every way that this CPU can go.
 * ANSWERS is preload's output, PCAP the queries. No port, no driver: frames are copied into buffers
 * as a port would, outside of what is timed. A line of JSON per way. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <x86intrin.h>

#include "dataplane/guard.h"
#include "dataplane/hit.h"

enum {
	FRAMES_MAX = 1 << 16,
	BUFFERS = 256, /* as many as a port and its queues keep warm */
	BUFFER_LEN = 2048,
	HEADROOM = 128,
	PCAP_HEAD_LEN = 24,
	RECORD_HEAD_LEN = 16,
	STAGES = 5,
	RATE = DP_BUCKET_PER_S_MAX, /* nobody is over it */
	BOOT_MS = 1000,
	GATE_STEP_NS = 1000000, /* of a burst: what it takes flows back */
};

struct frame {
	uint16_t len;
	uint8_t octets[512];
};

struct bench {
	struct dp_table *table;
	struct dp_policy *policy;
	struct dp_core core;
	struct dp_service service;
	struct dp_host host;
	struct dp_guard guard;
	struct hf_cookie_secrets cookies;
	uint64_t gate_ns;
	struct frame *frames;
	unsigned frame_cnt;
	uint64_t written[HF_COUNTER_CNT];
	uint64_t *took[STAGES + 1]; /* per burst; the last: all stages */
	unsigned burst_cnt, answered, offered;
	struct dp_hits hits;
	alignas(64) uint8_t buffer[BUFFERS][BUFFER_LEN];
};

static const char *const stage_name[STAGES + 1] = {
    "headers", "senders", "questions", "find", "answers", "all"};

static void
require(bool what, const char *why)
{
	if (what)
		return;
	fprintf(stderr, "stages: %s\n", why);
	exit(1);
}

static void
read_answers(struct bench *b)
{
	static union {
		struct hf_msg_answer m;
		struct hf_msg_cookies cookies;
		uint8_t octets[HF_UPDATE_SLOT_LEN];
	} u;
	struct hf_answer_view view;
	uint32_t len;

	while (fread(&len, sizeof(len), 1, stdin) == 1) {
		require(
		    len <= sizeof(u) && fread(u.octets, len, 1, stdin) == 1, "answers end early");
		if (u.m.head.type == HF_MSG_COOKIES) {
			b->cookies.cnt = 1;
			b->cookies.key[0] = hf_cookie_key(u.cookies.secret[0]);
			continue;
		}
		require(
		    u.m.head.type == HF_MSG_ANSWER && hf_msg_check_answer(&u.m, &view) == HF_MSG_OK,
		    "an answer is none");
		require(dp_table_answer(b->table, b->policy, &u.m, &view, BOOT_MS) <=
			DP_INSERT_REPLACED,
		    "an answer has no room");
	}
}

/* The frames of a pcap file as this machine writes them. The first one says whom it is for. */
static void
read_frames(struct bench *b, const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t head[PCAP_HEAD_LEN];
	uint32_t record[RECORD_HEAD_LEN / 4];

	require(f != NULL && fread(head, sizeof(head), 1, f) == 1, "no pcap file");
	while (b->frame_cnt < FRAMES_MAX && fread(record, sizeof(record), 1, f) == 1) {
		struct frame *fr = &b->frames[b->frame_cnt++];

		require(record[2] <= sizeof(fr->octets) && fread(fr->octets, record[2], 1, f) == 1,
		    "a frame is too long");
		fr->len = (uint16_t)record[2];
		if (dp_get_u16(fr->octets + 12) == DP_ETHER_IPV4) {
			memcpy(b->service.v4[0], fr->octets + 30, 4);
			b->service.v4_cnt = 1;
		} else {
			memcpy(b->service.v6[0], fr->octets + 38, 16);
			b->service.v6_cnt = 1;
		}
	}
	fclose(f);
	require(b->frame_cnt >= DP_BURST, "too few frames");
	memcpy(b->host.mac, b->frames[0].octets, DP_MAC_LEN);
	b->host.service = &b->service;
}

static inline uint64_t
now(void)
{
	_mm_lfence();
	uint64_t t = __rdtsc();

	_mm_lfence();
	return t;
}

/* A rate for clients and one for every kind of reply. */
static void
limit(struct bench *b)
{
	static const uint8_t seed[128] = "what the seed is does not matter to a bench";
	const struct dp_gate_options o = {.client_per_s = RATE,
	    .reply_per_s = {RATE, RATE, RATE},
	    .reply_window_s = DP_GATE_WINDOW_DEFAULT_S,
	    .net_v4_len = DP_RRL_V4_LEN_DEFAULT,
	    .net_v6_len = DP_RRL_V6_LEN_DEFAULT};

	require(dp_guard_init(&b->guard, &o, false, seed) == 0, "no memory");
}

static void
burst(struct bench *b, const struct dp_hit_way *w, unsigned n)
{
	uint32_t set = UINT32_MAX;

	dp_gate_time(&b->guard.gate, b->gate_ns += GATE_STEP_NS);
	uint64_t t[STAGES + 1];

	for (unsigned i = 0; i < DP_BURST; i++) {
		const struct frame *f = &b->frames[(n * DP_BURST + i) % b->frame_cnt];
		uint8_t *to = b->buffer[(n * DP_BURST + i) % BUFFERS] + HEADROOM;

		memcpy(to, f->octets, f->len);
		b->hits.hit[i].octets = to;
		b->hits.hit[i].len = f->len;
		b->hits.hit[i].cap = BUFFER_LEN - HEADROOM;
		b->hits.hit[i].ip_summed = b->hits.hit[i].udp_summed = false;
	}
	t[0] = now();
	set = w->headers(&b->host, &b->hits, set);
	t[1] = now();
	if (b->guard.on)
		w->senders(&b->guard.gate, &b->hits, set);
	t[2] = now();
	set = w->questions(&b->core, &b->hits, set);
	t[3] = now();
	set = w->find(&b->core, &b->hits, set);
	t[4] = now();
	if (b->guard.on)
		set = w->answers_limited(&b->core, b->policy, &b->guard, &b->hits, set);
	else
		set = w->answers(&b->core, b->policy, &b->hits, set);
	t[5] = now();
	for (unsigned s = 0; s < STAGES; s++)
		b->took[s][b->burst_cnt] = t[s + 1] - t[s];
	b->took[STAGES][b->burst_cnt++] = t[STAGES] - t[0];
	b->answered += (unsigned)__builtin_popcount(set);
	b->offered += DP_BURST;
}

static int
by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
measure(struct bench *b, const struct dp_hit_way *w, unsigned rounds)
{
	unsigned bursts = rounds * (b->frame_cnt / DP_BURST);

	b->burst_cnt = b->answered = b->offered = 0;
	for (unsigned s = 0; s <= STAGES; s++) {
		free(b->took[s]);
		b->took[s] = calloc(bursts, sizeof(uint64_t));
		require(b->took[s] != NULL, "no memory");
	}
	for (unsigned n = 0; n < bursts; n++)
		burst(b, w, n);
	printf("{\"way\": \"%s\", \"offered\": %u, \"answered\": %u", w->name, b->offered,
	    b->answered);
	for (unsigned s = 0; s <= STAGES; s++) {
		qsort(b->took[s], bursts, sizeof(uint64_t), by_value);
		printf(", \"%s\": [%.1f, %.1f]", stage_name[s],
		    (double)b->took[s][bursts / 10] / DP_BURST,
		    (double)b->took[s][bursts / 2] / DP_BURST);
	}
	puts("}");
}

int
main(int argc, char **argv)
{
	static const uint8_t seed[64] =
	    "what the seed is does not matter to a bench of an empty core..";
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	bool limits = argc == 5 && strcmp(argv[4], "limits") == 0;
	unsigned rounds = argc == 4 || limits ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

	require(rounds != 0 && b != NULL, "usage: stages PCAP ROUNDS MIB [limits] <ANSWERS");
	memset(b, 0, sizeof(*b));
	b->frames = calloc(FRAMES_MAX, sizeof(*b->frames));
	b->table = dp_table_create((uint64_t)strtoul(argv[3], NULL, 10) << 20, seed, b->written);
	require(b->frames != NULL && b->table != NULL, "no memory");
	b->policy = dp_policy_create_default(&b->table->hash);
	require(b->policy != NULL && dp_core_init(&b->core, 0, 64, 64, seed) == 0, "no memory");
	b->core.table = b->table;
	b->core.cookies = &b->cookies;
	b->core.wall_s = (uint32_t)time(NULL);
	b->core.now_ms = BOOT_MS + 5000;
	if (limits)
		limit(b);
	read_frames(b, argv[1]);
	read_answers(b);
	for (unsigned i = 0; dp_hit_way(i) != NULL; i++)
		if (dp_hit_way_runs(dp_hit_way(i)))
			measure(b, dp_hit_way(i), rounds);
	dp_core_fini(&b->core);
	return 0;
}
