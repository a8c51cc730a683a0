/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client: those who asked the resolver, and what they got.
 *
 * Purpose   The client's side of a scenario, through the code of our own listeners
 *           (controlplane/client.h): what a query is judged to be, and how an answer is
 *           written. A reply with TC over UDP is asked for again over TCP, as a stub does.
 * Roles     The player.
 * Memory    Each client is allocated when it asks, freed by clients_fini.
 * Blocking  Never.
 * Errors    Out of memory aborts: this is a test.
 * Trust     Queries may be garbage on purpose.
 */
#ifndef HF_REPLAY_CLIENT_H
#define HF_REPLAY_CLIENT_H

#include "controlplane/client.h"
#include "tests/replay/packet.h"

struct client {
	struct client *next; /* asked later */
	const struct rpl_step *step;
	uint64_t token;
	struct cp_client c;
	bool tcp, wants_tc, answered, taken;
	struct packet reply;
};

struct clients {
	struct client *oldest;
	uint64_t last_token;
	struct cp_counters counters;
};

/* What to do with a client's query: the resolver is asked (true), or the client is answered
 * or dropped at once (false). */
bool client_asks(struct clients *all, const struct rpl_step *step, bool wants_tc, uint16_t id,
    struct client **c);

/* A client whose query, made in p, goes to a core of the dataplane. */
struct client *
client_at_core(struct clients *all, const struct rpl_step *step, uint16_t id, struct packet *p);
/* Where the reply to the client with this token goes. NULL when there is none. */
struct client *client_of(struct clients *all, uint64_t token);

/* The resolver's answer for token. The client if it must ask again over TCP, else NULL. */
struct client *client_take(struct clients *all, uint64_t token, const struct cp_answer *a);

/* Among the newest cnt answered clients that nobody has looked at (from addr, if that has a
 * family), the oldest whose reply fits e. why: of the last misfit, "" when there was none. */
struct client *client_fitting(struct clients *all, unsigned cnt, const struct rpl_step *check,
    uint32_t ttl_slack_s, char *why);
unsigned clients_untaken(const struct clients *all);
void clients_fini(struct clients *all);

#endif
