/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * minimise: what becomes of the questions that hide part of a name.
 *
 * Purpose   A server is asked about no more of a name than it takes to be referred further
 *           (RFC 9156, relaxed): what is known needs no question, a referral is one as ever,
 *           any other answer shows that there is no cut, and a server that cannot bear the
 *           question gets the full name. A denial of the shorter name is believed for the
 *           longer one if it validates (RFC 8020), else the full name is asked.
 * Roles     The resolver's thread.
 * Memory    In the job's arena.
 * Blocking  Never.
 * Errors    None: in doubt the full name is asked.
 * Trust     Replies passed cp_response_read.
 */
#ifndef CP_RESOLVER_MINIMISE_H
#define CP_RESOLVER_MINIMISE_H

#include "controlplane/resolver/exchange.h"
#include "controlplane/resolver/task.h"

/* The next question of t would be about a name that the cache knows: pass it by. */
void cp_minimise_skip(struct cp_task *t);
/* The question of x is about a name above that of its task. */
bool cp_minimise_is_hidden(const struct cp_exchange *x);
/* x, a hidden question, is answered by o: t goes on asking or, when that may be all there is
 * to know, judging. */
void cp_minimise_outcome(struct cp_task *t, const struct cp_exchange *x, struct cp_outcome *o);
/* x, a hidden question, got nothing of use for an answer: that may be the question's fault. */
void cp_minimise_refused(struct cp_task *t, const struct cp_exchange *x);
/* Show the full name from now on. */
void cp_minimise_stop(struct cp_task *t);

#endif
