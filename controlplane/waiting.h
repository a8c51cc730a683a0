/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * waiting: who gets the resolver's answer.
 *
 * Purpose   A token given to the resolver leads back to the asker: a core's miss, a client
 *           of a listener. Tokens are never used twice, so a late answer finds nobody
 *           rather than somebody else.
 * Roles     The main thread.
 * Memory    A fixed table, made once.
 * Blocking  Never.
 * Errors    Token 0: the table is full.
 * Trust     Tokens come back from our own code; an unknown one is simply not found.
 */
#ifndef CP_WAITING_H
#define CP_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cp_answer;

/* a is NULL when the resolver was given up on. */
typedef void (*cp_done_fn)(void *arg, const struct cp_answer *a);

struct cp_waiter {
	cp_done_fn done;
	void *arg;
};

struct cp_waiting;

enum { CP_WAITING_MAX = 1 << 20 };

/* NULL for slot_cnt outside [1, CP_WAITING_MAX] and without memory. */
struct cp_waiting *cp_waiting_create(size_t slot_cnt);
void cp_waiting_destroy(struct cp_waiting *w);

/* A token for a waiter, 0 when full. Deadlines must be given in rising order. */
uint64_t cp_waiting_add(struct cp_waiting *w, const struct cp_waiter *who, uint64_t deadline_ns);
/* Take the waiter out. False when there is none under this token. */
bool cp_waiting_take(struct cp_waiting *w, uint64_t token, struct cp_waiter *who);
/* Take out the oldest one whose deadline has come; false when there is none. */
bool cp_waiting_take_due(struct cp_waiting *w, uint64_t now_ns, struct cp_waiter *who);
size_t cp_waiting_cnt(const struct cp_waiting *w);

#endif
