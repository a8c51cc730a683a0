/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * asker: a stream of questions to a resolver, every answer checked.
 *
 * Purpose   Names made from a template, sent at a rate or as fast as a window of open questions
 *           allows, from several addresses; what came back, counted by what check.h says.
 * Roles     The checker's thread.
 * Memory    window questions and a table of IDs for each socket.
 * Blocking  Never.
 * Errors    -errno from open.
 * Trust     Replies are hostile.
 */
#ifndef EVIL_ASKER_H
#define EVIL_ASKER_H

#include "lib/base/addr.h"
#include "tests/evil/check.h"

enum {
	EVIL_ASKER_SOCKETS_MAX = 64,
	EVIL_ASKER_WINDOW_MAX = 65536,
	EVIL_ASKER_MS_MAX = 10000, /* of the histogram */
};

struct evil_plan {
	char template[HF_NAME_TEXT_LEN]; /* %n running number, %r random number, %z below zones */
	uint16_t type;
	uint64_t cnt;    /* questions in all */
	uint32_t rate;   /* a second; 0: as the window allows */
	uint32_t window; /* questions open at once */
	uint32_t zones;  /* what %z is below */
	uint32_t timeout_ms;
	uint32_t sources;      /* addresses it asks from: source and those after it */
	uint64_t first;        /* what %n begins with */
	struct hf_addr source; /* family 0: the kernel's choice */
	struct hf_addr server;
	uint64_t seed;
};

struct evil_tally {
	uint64_t asked, lost, unsent;
	uint64_t got[EVIL_CHECK_CNT];
	uint32_t ms[EVIL_ASKER_MS_MAX + 1]; /* answers by how long they took */
};

struct evil_asker;

int evil_asker_open(
    const struct evil_plan *plan, const struct hf_siphash_key *key, struct evil_asker **out);
void evil_asker_close(struct evil_asker *a);
/* Read what came, give up what is too late, send what is due. False: all is done. */
bool evil_asker_step(struct evil_asker *a, uint64_t now_ns);
/* Sockets to wait for; how many. */
unsigned evil_asker_sockets(const struct evil_asker *a, const int **fds);
const struct evil_tally *evil_asker_tally(const struct evil_asker *a);

#endif
