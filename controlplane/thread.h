/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * thread: a recursor in a thread of its own.
 *
 * Purpose   Questions go to it over one channel, answers come back over another as copies. A
 *           policy has a place of its own: the newest wins, it overtakes the questions that wait
 *           and is never refused for lack of room.
 *
 *             main thread                         recursion thread
 *             cp_thread_ask         -> asks ->    cp_recursor_ask
 *             cp_thread_set_policy  -> next ->    cp_recursor_set_policy, then `taken`
 *             ops.answered          <- answers <- the resolver core's answer
 *             ops.taken             <- taken
 *
 * Roles     The main thread makes every call; ops are called in it, by its event loop.
 * Memory    Owns the thread, its event loop, its recursor and its counters.
 * Blocking  cp_thread_destroy waits for the thread's current step (milliseconds).
 * Errors    cp_thread_ask: -EAGAIN when the channel is full or there is no memory.
 * Trust     Both ends are this process.
 */
#ifndef CP_THREAD_H
#define CP_THREAD_H

#include "controlplane/recursor.h"

struct cp_thread;

/* The answers' channel has room for one to each asker. */
enum { CP_THREAD_ASKS = 16384, CP_THREAD_ANSWERS = 65536, CP_THREAD_BURST = 256 };

struct cp_thread_ops {
	void *arg;
	/* a is NULL when the resolver core would not take the question. */
	void (*answered)(void *arg, uint64_t token, const struct cp_answer *a);
	/* Every answer from now on is made under this generation or a later one. */
	void (*taken)(void *arg, uint64_t generation);
};

struct cp_thread_config {
	struct event_base *base; /* the main thread's */
	const struct cp_resolver_config *resolver;
	struct cp_policy *policy;
	struct cp_counters *counters; /* the main thread's */
	unsigned idx;
	struct cp_thread_ops ops;
};

/* NULL when something of it cannot be had. */
struct cp_thread *cp_thread_create(const struct cp_thread_config *cfg);
/* No ops call comes any more. */
void cp_thread_destroy(struct cp_thread *t);

int cp_thread_ask(struct cp_thread *t, const struct cp_recursor_question *q);
void cp_thread_set_policy(struct cp_thread *t, struct cp_policy *policy);
/* The generation it judges by. */
uint64_t cp_thread_generation(const struct cp_thread *t);
void cp_thread_counters(const struct cp_thread *t, uint64_t resolver[CP_RESOLVER_COUNTER_CNT],
    uint64_t controlplane[CP_COUNTER_CNT]);

#endif
