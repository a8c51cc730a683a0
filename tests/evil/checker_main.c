/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * checker: asks a resolver about names of the evil authority and checks every answer.
 *
 *   checker --server ADDR@PORT [--key HEX] [--source ADDR] [--seed N] STREAM...
 *
 * A STREAM is TEMPLATE[,KEY=N]...: a name with %n (a running number), %r (a random one) and %z
 * (one below zones), and cnt, rate (a second), window, zones, timeout (ms), sources, first, type
 * (as a number). All streams run at once. One line of JSON for each when all are done; exit 0
 * unless an answer was wrong.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "tests/evil/asker.h"

enum { STREAM_MAX = 64, POLL_MS = 1 };

static int
usage(void)
{
	fprintf(stderr,
	    "usage: checker --server ADDR@PORT [--key HEX] [--source ADDR] [--seed N] "
	    "TEMPLATE[,KEY=N]...\n");
	return 2;
}

static int
plan_set(struct evil_plan *p, const char *key, uint64_t v)
{
	if (strcmp(key, "cnt") == 0)
		p->cnt = v;
	else if (strcmp(key, "rate") == 0)
		p->rate = (uint32_t)v;
	else if (strcmp(key, "window") == 0 && v > 0 && v <= EVIL_ASKER_WINDOW_MAX)
		p->window = (uint32_t)v;
	else if (strcmp(key, "zones") == 0 && v > 0)
		p->zones = (uint32_t)v;
	else if (strcmp(key, "timeout") == 0)
		p->timeout_ms = (uint32_t)v;
	else if (strcmp(key, "sources") == 0 && v > 0 && v <= EVIL_ASKER_SOCKETS_MAX)
		p->sources = (uint32_t)v;
	else if (strcmp(key, "first") == 0)
		p->first = v;
	else if (strcmp(key, "type") == 0)
		p->type = (uint16_t)v;
	else
		return -EINVAL;
	return 0;
}

/* Cuts text up. */
static int
plan_read(char *text, struct evil_plan *p)
{
	char *save = NULL, *piece = strtok_r(text, ",", &save);
	uint64_t v;

	if (piece == NULL || strlen(piece) >= sizeof(p->template))
		return -EINVAL;
	strcpy(p->template, piece);
	while ((piece = strtok_r(NULL, ",", &save)) != NULL) {
		char *value = strchr(piece, '=');

		if (value == NULL)
			return -EINVAL;
		*value++ = '\0';
		if (hf_uint_from_text(value, UINT32_MAX, &v) != 0 || plan_set(p, piece, v) != 0)
			return -EINVAL;
	}
	return 0;
}

/* The time within which share percent of the answers came. */
static unsigned
within_ms(const struct evil_tally *t, unsigned share)
{
	uint64_t all = 0, sum = 0;
	unsigned ms = 0;

	for (unsigned i = 0; i <= EVIL_ASKER_MS_MAX; i++)
		all += t->ms[i];
	for (; ms < EVIL_ASKER_MS_MAX; ms++)
		if ((sum += t->ms[ms]) * 100 >= all * share)
			break;
	return ms;
}

static void
print_tally(const char *template, const struct evil_tally *t)
{
	printf("{\"template\": \"%s\", \"asked\": %" PRIu64 ", \"right\": %" PRIu64
	       ", \"wrong\": %" PRIu64 ", \"failed\": %" PRIu64 ", \"refused\": %" PRIu64
	       ", \"cut\": %" PRIu64 ", \"stray\": %" PRIu64 ", \"lost\": %" PRIu64
	       ", \"p50_ms\": %u, \"p99_ms\": %u}\n",
	    template, t->asked, t->got[EVIL_RIGHT], t->got[EVIL_WRONG], t->got[EVIL_FAILED],
	    t->got[EVIL_REFUSED], t->got[EVIL_CUT], t->got[EVIL_STRAY], t->lost + t->unsent,
	    within_ms(t, 50), within_ms(t, 99));
}

static void
wait_a_moment(struct evil_asker **askers, unsigned cnt)
{
	struct pollfd fds[STREAM_MAX * EVIL_ASKER_SOCKETS_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < cnt; i++) {
		const int *fd;
		unsigned sockets = evil_asker_sockets(askers[i], &fd);

		for (unsigned k = 0; k < sockets; k++)
			fds[n++] = (struct pollfd){.fd = fd[k], .events = POLLIN};
	}
	poll(fds, n, POLL_MS);
}

static int
run(const struct hf_siphash_key *key, const struct evil_plan *plans, unsigned cnt)
{
	struct evil_asker *askers[STREAM_MAX] = {NULL};
	bool busy = true;
	int rc = 0;

	for (unsigned i = 0; i < cnt && rc == 0; i++)
		rc = evil_asker_open(&plans[i], key, &askers[i]);
	if (rc != 0)
		fprintf(stderr, "checker: sockets: %s\n", strerror(-rc));
	while (rc == 0 && busy) {
		uint64_t now_ns = hf_clock_mono_ns();

		busy = false;
		for (unsigned i = 0; i < cnt; i++)
			busy |= evil_asker_step(askers[i], now_ns);
		wait_a_moment(askers, cnt);
	}
	for (unsigned i = 0; i < cnt && askers[i] != NULL; i++) {
		const struct evil_tally *t = evil_asker_tally(askers[i]);

		if (rc >= 0) {
			print_tally(plans[i].template, t);
			rc |= t->got[EVIL_WRONG] > 0;
		}
		evil_asker_close(askers[i]);
	}
	return rc == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {{"server", required_argument, NULL, 's'},
	    {"key", required_argument, NULL, 'k'}, {"source", required_argument, NULL, 'f'},
	    {"seed", required_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
	static struct evil_plan plans[STREAM_MAX];
	struct evil_plan common = {.type = HF_TYPE_A,
	    .cnt = 1,
	    .window = 256,
	    .zones = 1000,
	    .timeout_ms = 8000,
	    .sources = 1,
	    .seed = 1};
	struct hf_siphash_key key;
	unsigned cnt = 0;
	int c, rc = evil_key_from_text(EVIL_KEY_DEFAULT, &key);

	while (rc == 0 && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			rc = hf_addr_from_text(optarg, &common.server);
		else if (c == 'f')
			rc = hf_addr_from_text(optarg, &common.source);
		else if (c == 'k')
			rc = evil_key_from_text(optarg, &key);
		else if (c == 'r')
			rc = hf_uint_from_text(optarg, UINT64_MAX, &common.seed);
		else
			rc = -EINVAL;
	}
	for (; rc == 0 && optind < argc && cnt < STREAM_MAX; optind++, cnt++) {
		plans[cnt] = common;
		plans[cnt].seed += cnt * UINT64_C(1000003);
		if (common.source.family != 0) /* no two streams are one client */
			plans[cnt].source.octets[common.source.family == AF_INET ? 2 : 14] +=
			    (uint8_t)cnt;
		rc = plan_read(argv[optind], &plans[cnt]);
	}
	if (rc != 0 || cnt == 0 || optind != argc || common.server.family == 0)
		return usage();
	return run(&key, plans, cnt);
}
