/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * authority: the evil authority. All addresses of its namespace are servers; which zone one
 * serves, and how badly, is spelled in names (README.md).
 *
 *   authority [--key HEX] [--seed N] [--delay MS] [--drop PCT] [--dup PCT] [--reorder PCT]
 *   authority --hints | --words | --kinds      print the root hints, the words of names, the
 *                                              kinds of malformed replies
 *
 * Says "ready" on standard output, ends by SIGTERM or SIGINT.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "lib/base/units.h"
#include "tests/evil/refer.h"
#include "tests/evil/stream.h"

static int
usage(void)
{
	fprintf(stderr,
	    "usage: authority [--key HEX] [--seed N] [--delay MS] [--drop PCT] [--dup "
	    "PCT] [--reorder PCT]\n       authority [--key HEX] --hints | --words | "
	    "--kinds\n");
	return 2;
}

static int
print_hints(const struct hf_siphash_key *key)
{
	for (unsigned i = 0; i < EVIL_SERVER_CNT; i++) {
		char text[HF_ADDR_TEXT_LEN];
		struct hf_addr a;

		printf(". 3600000 IN NS ns%u.\n", i);
		evil_server(key, &hf_name_root, i, AF_INET, &a);
		a.port = 0;
		printf("ns%u. 3600000 IN A %s\n", i, hf_addr_to_text(&a, text));
		evil_server(key, &hf_name_root, i, AF_INET6, &a);
		a.port = 0;
		printf("ns%u. 3600000 IN AAAA %s\n", i, hf_addr_to_text(&a, text));
	}
	return 0;
}

static int
print_words(void)
{
	for (unsigned i = 0; i < EVIL_WORD_CNT; i++)
		printf("%s\t%s\n", evil_word_name((enum evil_word)i),
		    evil_word_text((enum evil_word)i));
	return 0;
}

static int
print_kinds(void)
{
	for (unsigned i = 0; i < EVIL_MALFORMED_CNT; i++)
		printf("%u\t%s\n", i, evil_malformed_text(i));
	return 0;
}

static void
on_signal(evutil_socket_t sig, short what, void *base)
{
	(void)sig;
	(void)what;
	event_base_loopbreak(base);
}

static int
run(struct evil_serve *s)
{
	struct event_base *base = event_base_new();
	struct event *term = evsignal_new(base, SIGTERM, on_signal, base);
	struct event *interrupt = evsignal_new(base, SIGINT, on_signal, base);
	struct evil_streams *streams = NULL;
	int rc = 1;

	s->tags = evil_tags_create();
	s->net = evil_net_open(base, &s->counters, evil_serve_datagram, s);
	if (s->net != NULL)
		streams = evil_streams_open(base, s);
	if (s->tags == NULL || streams == NULL) {
		fprintf(stderr, "authority: port 53: %s\n", strerror(errno));
		goto out;
	}
	signal(SIGPIPE, SIG_IGN); /* connections end at any time */
	event_add(term, NULL);
	event_add(interrupt, NULL);
	printf("ready\n");
	fflush(stdout);
	rc = event_base_dispatch(base) < 0;
out:
	if (streams != NULL)
		evil_streams_close(streams);
	if (s->net != NULL)
		evil_net_close(s->net);
	evil_tags_destroy(s->tags);
	event_free(term);
	event_free(interrupt);
	event_base_free(base);
	return rc;
}

static int
number(const char *text, uint64_t max, uint32_t *out)
{
	uint64_t v;
	int rc = hf_uint_from_text(text, max, &v);

	if (rc == 0)
		*out = (uint32_t)v;
	return rc;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {{"key", required_argument, NULL, 'k'},
	    {"seed", required_argument, NULL, 's'}, {"delay", required_argument, NULL, 'd'},
	    {"drop", required_argument, NULL, 'x'}, {"dup", required_argument, NULL, 't'},
	    {"reorder", required_argument, NULL, 'r'}, {"hints", no_argument, NULL, 'H'},
	    {"words", no_argument, NULL, 'W'}, {"kinds", no_argument, NULL, 'K'},
	    {NULL, 0, NULL, 0}};
	static struct evil_serve s;
	uint32_t seed = 1;
	int c, rc = evil_key_from_text(EVIL_KEY_DEFAULT, &s.world.key), print = 0;

	while (rc == 0 && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'k')
			rc = evil_key_from_text(optarg, &s.world.key);
		else if (c == 's')
			rc = number(optarg, UINT32_MAX, &seed);
		else if (c == 'd')
			rc = number(optarg, 60000, &s.weather.delay_ms);
		else if (c == 'x')
			rc = number(optarg, 100, &s.weather.drop_pct);
		else if (c == 't')
			rc = number(optarg, 100, &s.weather.dup_pct);
		else if (c == 'r')
			rc = number(optarg, 100, &s.weather.reorder_pct);
		else if (c == 'H' || c == 'W' || c == 'K')
			print = c;
		else
			rc = -EINVAL;
	}
	if (rc != 0 || optind != argc)
		return usage();
	s.random = seed;
	if (print != 0)
		return print == 'H' ? print_hints(&s.world.key)
		    : print == 'W'  ? print_words()
				    : print_kinds();
	return run(&s);
}
