/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * core: one of the dataplane's cores and its cache, between the clients and the resolver.
 *
 * Purpose   What outlives its TTL is the dataplane's business, not the resolver's. A scenario
 *           that serves stale answers is played through the real cache, policy and pending
 *           table (dataplane/serve.h): only packets and rings are left out.
 * Roles     The player.
 * Memory    Made by core_create, freed by core_destroy.
 * Blocking  Never.
 * Errors    NULL when out of memory. Out of memory later aborts: this is a test.
 * Trust     As client.h.
 */
#ifndef HF_REPLAY_CORE_H
#define HF_REPLAY_CORE_H

#include "controlplane/policy.h"
#include "controlplane/resolver/resolver.h"
#include "tests/replay/packet.h"

struct core;

enum core_says {
	CORE_REPLY,   /* client and reply are filled in */
	CORE_ASK,     /* the resolver is to be asked: question, variant, handle */
	CORE_NOTHING, /* nobody is to be told anything for now */
};

struct core_event {
	enum core_says says;
	uint16_t client;
	struct packet *reply; /* in: where a reply goes */
	struct hf_question question;
	uint8_t variant;
	uint64_t handle;
	uint16_t
	    refresh; /* with CORE_REPLY: HF_MISS_*: question and variant are to be fetched anew */
};

/* policy: with its rules and what it says of stale answers. */
struct core *core_create(const struct cp_policy *policy);
void core_destroy(struct core *c);

/* A query of client came in. */
void core_query(struct core *c, uint64_t now_ns, uint16_t client, const struct packet *query,
    struct core_event *ev);
/* The resolver's answer to what was asked under handle. */
void core_answer(struct core *c, uint64_t now_ns, uint64_t handle, const struct cp_answer *a);
/* What is due now for those who wait: call until it says CORE_NOTHING. */
void core_next(struct core *c, uint64_t now_ns, struct core_event *ev);
/* When something will be due; UINT64_MAX: never. */
uint64_t core_due_ns(const struct core *c, uint64_t now_ns);

#endif
