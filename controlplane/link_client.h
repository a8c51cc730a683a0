/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link_client: the control plane's end of the link (lib/link/link.h).
 *
 * Purpose   Attach, beat, take misses from every core's ring, put answers and policy on the
 *           update ring, ask the dataplane for counters and cache entries, notice its death
 *           and attach again.
 *
 *   state      entered when                      left when
 *   APART      start; lost; refused              connect succeeds (tried every 200 ms)
 *   JOINING    connected and HELLO sent          WELCOME is good, or 1 s has passed
 *   ATTACHED   the memory is mapped and checked  end of file, or no beat for 1 s
 *
 * Roles     The main thread.
 * Memory    One small record per miss under way, bounded by the engine's table.
 * Blocking  Never.
 * Loss      What was under way when the dataplane went is dropped: who asked went with it.
 * Trust     None: each message is copied, checked, then used.
 */
#ifndef CP_LINK_CLIENT_H
#define CP_LINK_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "controlplane/counters.h"
#include "controlplane/engine.h"
#include "controlplane/policy.h"
#include "lib/link/link.h"

struct event_base;
struct cp_link_client;

enum { CP_LINK_RETRY_MS = 200, CP_LINK_JOIN_MS = 1000, CP_LINK_MISS_BATCH = 64 };

struct cp_link_ops {
	void *arg;
	/* A dataplane is there, with policy dataplane_gen in force (0: none). The snapshot set
	 * last, possibly within this call, is sent after it. */
	void (*attached)(void *arg, uint64_t dataplane_gen);
	void (*lost)(void *arg);
	void (*acked)(void *arg, const struct hf_msg_ack *ack);
	/* Checked: lengths and counts within msg agree. */
	void (*stats)(void *arg, const struct hf_msg_stats_say *msg);
	void (*latency)(void *arg, const struct hf_msg_latency_say *msg);
	void (*cache)(void *arg, const struct hf_msg_cache_say *msg);
	void (*survey)(void *arg, const struct hf_msg_survey_say *msg);
};

struct cp_link_config {
	struct event_base *base;
	const char *path;
	struct cp_engine *engine;
	struct cp_counters *counters;
	bool prefetch; /* refresh what the cores say is popular and expires soon */
	struct cp_link_ops ops;
};

struct cp_link_client *cp_link_client_create(const struct cp_link_config *cfg);
void cp_link_client_destroy(struct cp_link_client *c);
/* Begin to look for a dataplane. */
int cp_link_client_start(struct cp_link_client *c);

/* The snapshot that every dataplane gets; referenced. */
void cp_link_client_set_policy(struct cp_link_client *c, struct cp_policy *p);

/* The secrets that every dataplane gets; copied. */
void cp_link_client_set_cookies(struct cp_link_client *c, const struct hf_msg_cookies *m);

/* An answer that nobody waits for, into the dataplane's cache; nothing while there is none. */
void cp_link_client_publish(struct cp_link_client *c, const struct cp_answer *a);

/* Ask. 0; -ENOTCONN; -EAGAIN when the dataplane does not read. The reply carries token. */
int cp_link_client_ask_stats(struct cp_link_client *c, uint64_t token);
int cp_link_client_ask_latency(struct cp_link_client *c, uint64_t token, uint32_t core);
int
cp_link_client_ask_cache(struct cp_link_client *c, uint64_t token, const struct hf_msg_key *key);
/* Only the last one asked for is answered. after_s: HF_SURVEY_TIMES of them. */
int cp_link_client_ask_survey(
    struct cp_link_client *c, uint64_t token, const struct hf_name *zone, const uint32_t after_s[]);

struct cp_link_state {
	bool attached;
	uint32_t epoch;
	uint32_t worker_cnt;
	uint64_t beat_age_ns;
};
void cp_link_client_state(const struct cp_link_client *c, struct cp_link_state *s);

#endif
