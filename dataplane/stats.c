/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/stats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/clock.h"

_Static_assert(
    sizeof(struct hf_msg_stats_say) + (1 + HF_WORKER_MAX) * HF_COUNTER_CNT * sizeof(uint64_t) <=
	HF_SOCKET_MSG_MAX,
    "all rows fit one message");

static const char *const names[HF_COUNTER_CNT] = {
#define X(name, unit, sentence) #name,
    HF_COUNTERS(X)
#undef X
};

static uint64_t
value(const struct dp_stats *s, unsigned row, unsigned column)
{
	const uint64_t *counters = row == 0 ? s->writer : s->workers[row - 1]->core.counters;

	return __atomic_load_n(&counters[column], __ATOMIC_RELAXED);
}

static uint64_t
uptime_ns(const struct dp_stats *s)
{
	return hf_clock_mono_ns() - s->shared->boot_ns;
}

size_t
dp_stats_len(const struct dp_stats *s)
{
	return sizeof(struct hf_msg_stats_say) +
	    (size_t)(1 + s->worker_cnt) * HF_COUNTER_CNT * sizeof(uint64_t);
}

void
dp_stats_say(const struct dp_stats *s, uint64_t token, uint32_t epoch, struct hf_msg_stats_say *say)
{
	const struct dp_policy *p = atomic_load_explicit(&s->shared->policy, memory_order_relaxed);

	*say = (struct hf_msg_stats_say){
	    .head = {.type = HF_MSG_STATS_SAY, .len = (uint16_t)dp_stats_len(s), .epoch = epoch},
	    .token = token,
	    .row_cnt = 1 + s->worker_cnt,
	    .col_cnt = HF_COUNTER_CNT,
	    .cache_entries = atomic_load_explicit(&s->table->entries, memory_order_relaxed),
	    .cache_octets = atomic_load_explicit(&s->table->octets, memory_order_relaxed),
	    .cache_octets_max = s->table->octets_max,
	    .uptime_ns = uptime_ns(s),
	    .policy_gen = p->generation,
	};
	for (unsigned row = 0; row <= s->worker_cnt; row++)
		for (unsigned col = 0; col < HF_COUNTER_CNT; col++)
			say->values[row * HF_COUNTER_CNT + col] = value(s, row, col);
}

/* CPU time of a row's thread, which for row 0 is the caller's; 0 while it does not run. */
static uint64_t
cpu_ns(const struct dp_stats *s, unsigned row)
{
	struct timespec t = {0};
	clockid_t clock = CLOCK_THREAD_CPUTIME_ID;

	if (row != 0)
		clock = atomic_load_explicit(&s->workers[row - 1]->cpu_clock, memory_order_relaxed);
	if (clock == 0 || clock_gettime(clock, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * HF_NS_PER_S + (uint64_t)t.tv_nsec;
}

bool
dp_stats_say_latency(const struct dp_stats *s, const struct hf_msg_latency_ask *ask, uint32_t epoch,
    struct hf_msg_latency_say *say)
{
	if (ask->core >= s->worker_cnt)
		return false;
	say->head =
	    (struct hf_msg_head){.type = HF_MSG_LATENCY_SAY, .len = sizeof(*say), .epoch = epoch};
	say->token = ask->token;
	say->core = ask->core;
	say->core_cnt = s->worker_cnt;
	dp_latency_read(&s->workers[ask->core]->latency, say->kind);
	return true;
}

static void
write_row(const struct dp_stats *s, unsigned row, FILE *f)
{
	if (row == 0)
		fputs("    {\"name\": \"writer\"", f);
	else
		fprintf(f, ",\n    {\"name\": \"worker%u\"", row - 1);
	fprintf(f, ", \"cpu_ns\": %" PRIu64, cpu_ns(s, row));
	for (unsigned col = 0; col < HF_COUNTER_CNT; col++)
		fprintf(f, ", \"%s\": %" PRIu64, names[col], value(s, row, col));
	fputc('}', f);
}

int
dp_stats_write_file(const struct dp_stats *s, const char *path)
{
	FILE *f = fopen(path, "we");

	if (f == NULL)
		return -errno;
	fprintf(f,
	    "{\n  \"uptime_ns\": %" PRIu64 ",\n  \"cache_entries\": %" PRIu64
	    ",\n  \"cache_octets\": %" PRIu64 ",\n  \"tsc_hz\": %" PRIu64 ",\n  \"threads\": [\n",
	    uptime_ns(s), atomic_load_explicit(&s->table->entries, memory_order_relaxed),
	    atomic_load_explicit(&s->table->octets, memory_order_relaxed), s->shared->tsc_hz);
	for (unsigned row = 0; row <= s->worker_cnt; row++)
		write_row(s, row, f);
	fputs("\n  ]\n}\n", f);

	bool failed = ferror(f) != 0;
	return fclose(f) != 0 || failed ? -EIO : 0;
}
