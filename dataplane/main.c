/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfast-dataplane: reads options, starts DPDK, runs the workers and the writer thread. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "dataplane/realtime.h"
#include "dataplane/writer.h"
#include "lib/base/clock.h"
#include "lib/base/rand.h"

static struct dp_shared shared;

struct program {
	struct dp_options options;
	struct dp_ports ports;
	struct dp_worker *workers[HF_WORKER_MAX];
	struct dp_writer writer;
};

static void
on_signal(int number)
{
	if (number == SIGUSR1)
		atomic_store_explicit(&shared.say_stats, true, memory_order_relaxed);
	else
		atomic_store_explicit(&shared.stop, true, memory_order_relaxed);
}

static void
catch_signals(void)
{
	struct sigaction ours = {.sa_handler = on_signal};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	(void)sigaction(SIGTERM, &ours, NULL);
	(void)sigaction(SIGINT, &ours, NULL);
	(void)sigaction(SIGUSR1, &ours, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
}

static int
make_cache(struct program *p)
{
	struct hf_rand r;
	uint8_t seed[64];

	hf_rand_init(&r);
	hf_rand_bytes(&r, seed, sizeof(seed));

	struct dp_table *t = dp_table_create(p->options.cache_octets, seed, p->writer.counters);
	if (t == NULL)
		return -ENOMEM;
	p->writer.table = t;

	struct dp_policy *policy = dp_policy_create_default(&t->hash);
	if (policy != NULL)
		dp_table_set_window(t, policy->stale_longest_ms);
	atomic_store_explicit(&shared.policy, policy, memory_order_relaxed); /* no core runs yet */
	return policy == NULL ? -ENOMEM : 0;
}

/* By a secret of our own until the control plane sends others. */
static int
make_cookies(void)
{
	struct hf_cookie_secrets *s = calloc(1, sizeof(*s));
	uint8_t secret[HF_COOKIE_SECRET_LEN];
	struct hf_rand r;

	if (s == NULL)
		return -ENOMEM;
	hf_rand_init(&r);
	hf_rand_bytes(&r, secret, sizeof(secret));
	s->cnt = 1;
	s->key[0] = hf_cookie_key(secret);
	atomic_store_explicit(&shared.cookies, s, memory_order_relaxed); /* no core runs yet */
	return 0;
}

static int
make_workers(struct program *p)
{
	for (uint16_t i = 0; i < p->options.workers; i++) {
		p->workers[i] =
		    dp_worker_create(i, &shared, &p->ports, p->writer.table, &p->options);
		if (p->workers[i] == NULL)
			return -ENOMEM;
	}
	p->writer.shared = &shared;
	p->writer.workers = p->workers;
	p->writer.worker_cnt = p->options.workers;
	return 0;
}

static int
preload(struct program *p)
{
	uint64_t cnt;

	if (p->options.preload == NULL)
		return 0;

	int rc = dp_writer_preload(&p->writer, p->options.preload, &cnt);
	if (rc != 0)
		hf_log(HF_LOG_ERROR, "main", "--preload %s: message %llu: %s", p->options.preload,
		    (unsigned long long)cnt + 1, strerror(-rc));
	else
		hf_log(HF_LOG_INFO, "main", "%llu messages preloaded", (unsigned long long)cnt);
	return rc;
}

/* A worker's thread. */
static int
work(void *arg)
{
	struct dp_worker *w = arg;
	clockid_t cpu_clock;

	if (w->shared->realtime)
		(void)dp_realtime_enter(); /* was tried: dp_realtime_try */
	/* relaxed: a number, and who reads it copes without */
	if (pthread_getcpuclockid(pthread_self(), &cpu_clock) == 0)
		atomic_store_explicit(&w->cpu_clock, cpu_clock, memory_order_relaxed);
	return dp_worker_run(w);
}

static int
run(struct program *p)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < p->options.workers; i++)
		rc = rte_eal_remote_launch(work, p->workers[i], i + 1);
	if (rc == 0) {
		uint64_t now = hf_clock_mono_ns();

		hf_log(HF_LOG_INFO, "main", "serving with %u workers", p->options.workers);
		dp_writer_run(
		    &p->writer, p->options.run_for_ns == 0 ? 0 : now + p->options.run_for_ns);
	}
	atomic_store_explicit(&shared.stop, true, memory_order_relaxed);
	for (unsigned i = 0; i < p->options.workers; i++)
		dp_bell_ring(&p->workers[i]->bell);
	rte_eal_mp_wait_lcore();

	int written = dp_writer_stats(&p->writer);
	return rc != 0 ? rc : written;
}

/* After the workers have ended: nobody reads what is freed here. */
static void
tear_down(struct program *p)
{
	dp_writer_close(&p->writer);
	dp_ports_close(&p->ports);
	for (unsigned i = 0; i < p->options.workers; i++)
		dp_worker_destroy(p->workers[i]);
	dp_policy_free(atomic_load_explicit(&shared.policy, memory_order_relaxed));
	free(atomic_load_explicit(&shared.cookies, memory_order_relaxed));
	if (p->writer.table != NULL)
		dp_table_destroy(p->writer.table);
	dp_access_close(&shared.access);
	(void)rte_eal_cleanup();
}

static int
serve(struct program *p)
{
	int rc;

	p->writer.listen_fd = -1;
	p->writer.greeting_fd = -1;
	shared.boot_ns = hf_clock_mono_ns();
	shared.tsc_hz = rte_get_tsc_hz();
	p->writer.stats_file = p->options.stats_file;
	shared.adaptive = p->options.idle == DP_IDLE_ADAPTIVE;
	shared.realtime = p->options.realtime;
	rc = shared.realtime ? dp_realtime_try() : 0;
	if (rc == 0)
		rc = make_cache(p);
	if (rc == 0)
		rc = make_cookies();
	if (rc == 0)
		rc = make_workers(p);
	if (rc == 0)
		rc = preload(p);
	if (rc == 0)
		rc = dp_access_open(&shared.access, &p->options.access);
	if (rc == 0)
		rc = dp_ports_open(&p->options, &p->ports);
	if (rc == 0) /* last: who can attach finds a dataplane that serves */
		rc = dp_writer_open(&p->writer, p->options.link_path, p->options.link_uid);
	catch_signals();
	if (rc == 0)
		rc = run(p);
	else
		hf_log(HF_LOG_ERROR, "main", "does not start: %s", strerror(-rc));
	tear_down(p);
	return rc;
}

/* Somebody took the huge pages between our look and EAL's. Returns only if that fails. */
static int
start_over(char **argv)
{
	hf_log(HF_LOG_WARN, "main", "huge pages are free and cannot be had: going on without");
	if (setenv(DP_HUGEPAGES_GONE, "1", 1) == 0)
		(void)execv("/proc/self/exe", argv);
	hf_log(HF_LOG_ERROR, "main", "cannot start over: %s", strerror(errno));
	return -errno;
}

int
main(int argc, char **argv)
{
	static struct program p;
	char error[DP_OPTIONS_ERROR_LEN];
	int rc, status = 0;

	switch (dp_options_parse(argc, argv, &p.options, error)) {
	case DP_OPTIONS_HELP:
		dp_options_help(stdout);
		break;
	case DP_OPTIONS_WRONG:
		fprintf(stderr, "holdfast-dataplane: %s\nTry --help.\n", error);
		status = 2;
		break;
	case DP_OPTIONS_RUN:
		hf_log_set_level(p.options.log_level);
		rc = dp_port_environment(&p.options, argv[0]);
		if (rc == -EAGAIN)
			rc = start_over(argv);
		if (rc == 0)
			rc = serve(&p);
		status = rc == 0 ? 0 : 1;
		break;
	}
	dp_options_fini(&p.options);
	return status;
}
