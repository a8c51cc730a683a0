/* SPDX-License-Identifier: BSD-3-Clause */
/* table-bench [MIB]: the dataplane's cache alone, without packets. Octets for each entry of four
 * kinds, inserts a second into a full cache, look-ups a second meanwhile by a core beside it, and
 * how many of the questions of a Zipf trace with a scan in it are hits. Prints JSON. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/table.h"

enum {
	MIB_DEFAULT = 64,
	BURST = 32,
	PAGE = 4096,
	NAME_LEN = 22, /* the longest that leaves room for an A record on its line */
	ZIPF_NAMES = 1 << 20,
	ZIPF_QUESTIONS = 8 << 20,
};

static const uint8_t seed[64] = "a bench needs no secret, and each run the same numbers as before";
static uint64_t counters[HF_COUNTER_CNT];

struct answer {
	struct hf_answer_view view;
	union {
		struct hf_msg_answer m;
		uint8_t octets[HF_UPDATE_SLOT_LEN];
	};
};

static void
fail(const char *what)
{
	fprintf(stderr, "table-bench: %s\n", what);
	exit(1);
}

static uint64_t
random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

/* --- answers ----------------------------------------------------------------------- */

static uint8_t *
put_u16(uint8_t *p, unsigned v)
{
	*p++ = (uint8_t)(v >> 8);
	*p++ = (uint8_t)v;
	return p;
}

static uint8_t *
put_record(uint8_t *p, unsigned type, unsigned rdata_len)
{
	p = put_u16(p, 0xc00c);
	p = put_u16(p, type);
	p = put_u16(p, HF_CLASS_IN);
	p = put_u16(put_u16(p, 0), 3600);
	p = put_u16(p, rdata_len);
	memset(p, 0, rdata_len); /* names in it: the root */
	return p + rdata_len;
}

/* Name i: n, eleven digits, "example.". */
static void
name_set(struct hf_msg_key *k, uint64_t i)
{
	memcpy(k->name,
	    "\x0cn00000000000\x07"
	    "example",
	    NAME_LEN);
	k->name_len = NAME_LEN;
	for (unsigned at = 12; at > 1; at--, i /= 10)
		k->name[at] = (uint8_t)('0' + i % 10);
}

struct kind {
	const char *name;
	unsigned a_cnt, sig_len, soa;
};

static const struct kind kinds[] = {
    {"1_a", 1, 0, 0},
    {"4_a", 4, 0, 0},
    {"signed_500", 1, 445, 0},
    {"nxdomain_soa", 0, 0, 1},
};

static void
answer_make(const struct kind *k, struct answer *a)
{
	struct hf_msg_answer *m = &a->m;
	uint8_t *p = m->payload;

	memset(a->octets, 0, sizeof(a->octets));
	m->key.type = HF_TYPE_A;
	m->key.klass = HF_CLASS_IN;
	name_set(&m->key, 0);
	m->verdict = k->sig_len != 0 ? HF_VERDICT_SECURE : HF_VERDICT_INSECURE;
	m->rcode = k->soa ? HF_RCODE_NXDOMAIN : HF_RCODE_NOERROR;
	m->ede = m->hidden_ede = HF_EDE_NONE;
	m->ttl_s = 3600;
	m->flags |= HF_ANSWER_STALE;
	for (unsigned i = 0; i < k->a_cnt; i++)
		p = put_record(p, HF_TYPE_A, 4);
	if (k->sig_len != 0)
		p = put_record(p, HF_TYPE_RRSIG, k->sig_len);
	if (k->soa)
		p = put_record(p, HF_TYPE_SOA, 22);
	m->an_cnt = (uint16_t)(k->a_cnt + (k->sig_len != 0));
	m->ns_cnt = (uint16_t)k->soa;
	m->body_len = (uint16_t)(p - m->payload);
	m->head.type = HF_MSG_ANSWER;
	m->head.len = (uint16_t)(p - a->octets);
	if (hf_msg_check_answer(m, &a->view) != HF_MSG_OK)
		fail("an answer is not right");
}

static void
key_of(const struct dp_table *t, const struct answer *a, uint64_t i, struct dp_key *key)
{
	struct hf_msg_key k = a->m.key;

	name_set(&k, i);
	dp_key_from_msg(key, &t->hash, &k);
}

static enum dp_insert
insert(struct dp_table *t, const struct dp_policy *p, struct answer *a, uint64_t i)
{
	name_set(&a->m.key, i);
	return dp_table_answer(t, p, &a->m, &a->view, 1);
}

/* --- memory and inserts ------------------------------------------------------------ */

static double
thread_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double
resident_share(const struct dp_table *t)
{
	uint64_t pages = (t->octets_max + PAGE - 1) / PAGE, in_cnt = 0;
	unsigned char *in = malloc(pages);

	if (in == NULL || mincore(t->buckets, t->octets_max, in) != 0)
		fail("mincore");
	for (uint64_t i = 0; i < pages; i++)
		in_cnt += in[i] & 1;
	free(in);
	return (double)in_cnt / (double)pages;
}

struct beside {
	struct dp_table *t;
	const struct answer *a;
	uint64_t name_cnt;
	_Atomic uint64_t newest; /* of the names inserted so far */
	_Atomic bool over;
	uint64_t found, asked;
	double cpu_s;
};

/* A core that looks up names inserted lately, a burst at a time. */
static void *
look_up(void *arg)
{
	struct beside *b = arg;
	uint64_t state = 1, found = 0, asked = 0;
	struct dp_key key[BURST];
	double start = thread_s();

	dp_reader_enter(b->t->readers, 0);
	while (!atomic_load_explicit(&b->over, memory_order_relaxed)) {
		uint64_t newest = atomic_load_explicit(&b->newest, memory_order_relaxed);

		for (unsigned i = 0; i < BURST; i++) {
			key_of(b->t, b->a, newest - random_next(&state) % b->name_cnt, &key[i]);
			dp_table_prefetch(b->t, key[i].hash);
		}
		for (unsigned i = 0; i < BURST; i++)
			__builtin_prefetch(dp_table_peek(b->t, key[i].hash));
		for (unsigned i = 0; i < BURST; i++)
			found += dp_table_find(b->t, &key[i]) != NULL;
		asked += BURST;
		dp_reader_quiet(b->t->readers, 0);
	}
	dp_reader_leave(b->t->readers, 0);
	b->cpu_s = thread_s() - start;
	b->found = found;
	b->asked = asked;
	return NULL;
}

static void
bench_kind(const struct kind *k, uint64_t octets, bool last)
{
	static struct answer a, mine;
	struct dp_table *t = dp_table_create(octets, seed, counters);
	struct dp_policy *p = t != NULL ? dp_policy_create_default(&t->hash) : NULL;
	uint64_t i = 0, refused = 0;
	pthread_t thread;

	if (p == NULL)
		fail("no memory");
	memset(counters, 0, sizeof(counters));
	answer_make(k, &a);
	answer_make(k, &mine);
	double start = thread_s();
	while (counters[HF_COUNTER_evicted] < 1000)
		insert(t, p, &a, i++);
	double fill_s = thread_s() - start;
	uint64_t fill_cnt = i;
	while (i < 3 * fill_cnt) /* a full cache, and its oldest names gone */
		insert(t, p, &a, i++);
	uint64_t full_cnt = t->entries;
	struct beside b = {.t = t, .a = &mine, .name_cnt = full_cnt / 32, .newest = i};
	if (pthread_create(&thread, NULL, look_up, &b) != 0)
		fail("no thread");
	start = thread_s();
	for (uint64_t end = 5 * fill_cnt; i < end; i++) {
		refused += insert(t, p, &a, i) == DP_INSERT_NO_MEMORY;
		atomic_store_explicit(&b.newest, i, memory_order_relaxed);
	}
	double churn_s = thread_s() - start;
	atomic_store(&b.over, true);
	pthread_join(thread, NULL);
	printf("    \"%s\": {\"entry_octets\": %.1f, \"line_octets\": %.1f, \"resident\": %.3f, "
	       "\"fill_per_s\": %.0f, \"churn_per_s\": %.0f, \"refused\": %.4f, "
	       "\"lookups_per_s\": %.0f, \"found\": %.4f}%s\n",
	    k->name, (double)octets / (double)full_cnt, (double)t->octets / (double)t->entries,
	    resident_share(t), (double)fill_cnt / fill_s, (double)(2 * fill_cnt) / churn_s,
	    (double)refused / (double)(2 * fill_cnt), (double)b.asked / b.cpu_s,
	    (double)b.found / (double)b.asked, last ? "" : ",");
	dp_policy_free(p);
	dp_table_destroy(t);
}

/* --- hit rates --------------------------------------------------------------------- */

/* Name of a Zipf law with exponent s/100: the inverse of its sums, by bisection. */
static unsigned
zipf(const double *sums, uint64_t *state)
{
	double at =
	    (double)(random_next(state) >> 11) / (double)(UINT64_C(1) << 53) * sums[ZIPF_NAMES - 1];
	unsigned low = 0, high = ZIPF_NAMES - 1;

	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (sums[mid] < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* x^-s for s = 1 or 3/4, without libm. */
static double
weight(unsigned rank, bool flat)
{
	double x = rank, r = x;

	if (!flat)
		return 1 / x;
	for (unsigned i = 0; i < 60; i++) /* Newton: the fourth root */
		r -= (r - x / (r * r * r)) / 4;
	return 1 / (r * r * r);
}

struct trace {
	const char *name;
	bool flat;
	unsigned scan; /* of ten questions so many are for a name that is asked for once */
};

/* Questions for names, those of the scan left out, that are hits once the cache is full. */
static double
hit_rate(uint64_t octets, const struct trace *tr, const double *sums)
{
	static struct answer a;
	struct dp_table *t = dp_table_create(octets, seed, counters);
	struct dp_policy *p = t != NULL ? dp_policy_create_default(&t->hash) : NULL;
	uint64_t state = 88172645463325252, once = ZIPF_NAMES, asked = 0, hits = 0;

	if (p == NULL)
		fail("no memory");
	answer_make(&kinds[0], &a);
	for (unsigned q = 0; q < ZIPF_QUESTIONS; q++) {
		bool scan = random_next(&state) % 10 < tr->scan;
		uint64_t i = scan ? once++ : zipf(sums, &state);
		struct dp_key key;

		key_of(t, &a, i, &key);
		struct dp_entry *e = dp_table_find(t, &key);
		if (e != NULL)
			atomic_store_explicit(&e->marks, DP_USED, memory_order_relaxed);
		else
			insert(t, p, &a, i);
		asked += !scan && q >= ZIPF_QUESTIONS / 2;
		hits += !scan && q >= ZIPF_QUESTIONS / 2 && e != NULL;
	}
	dp_policy_free(p);
	dp_table_destroy(t);
	return (double)hits / (double)asked;
}

static void
bench_hit_rates(void)
{
	static const struct trace traces[] = {
	    {"zipf_1", false, 0},
	    {"zipf_1_scan", false, 4},
	    {"zipf_075", true, 0},
	    {"zipf_075_scan", true, 4},
	};
	double *sums = malloc(ZIPF_NAMES * sizeof(*sums));

	if (sums == NULL)
		fail("no memory");
	for (unsigned i = 0; i < sizeof(traces) / sizeof(traces[0]); i++) {
		for (unsigned n = 0; n < ZIPF_NAMES; n++)
			sums[n] = (n > 0 ? sums[n - 1] : 0) + weight(n + 1, traces[i].flat);
		printf("    \"%s\": {\"mib_2\": %.4f, \"mib_8\": %.4f}%s\n", traces[i].name,
		    hit_rate(2 << 20, &traces[i], sums), hit_rate(8 << 20, &traces[i], sums),
		    i + 1 < sizeof(traces) / sizeof(traces[0]) ? "," : "");
	}
	free(sums);
}

int
main(int argc, char **argv)
{
	uint64_t mib = argc > 1 ? strtoull(argv[1], NULL, 10) : MIB_DEFAULT;

	printf("{\n  \"mib\": %llu,\n  \"kinds\": {\n", (unsigned long long)mib);
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		bench_kind(&kinds[i], mib << 20, i + 1 == sizeof(kinds) / sizeof(kinds[0]));
	printf("  },\n  \"hit_rates\": {\n");
	bench_hit_rates();
	printf("  }\n}\n");
	return 0;
}
