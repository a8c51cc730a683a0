/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * question: a client's question, from the asking to the one answer.
 *
 * Purpose   Follow the alias chain one look-up at a time (RFC 1034 3.6.2), find the verdict
 *           of the whole, apply policy to it, remember failures, answer everyone who waits.
 * Roles     The resolver's thread.
 * Memory    In the job's arena.
 * Blocking  Never.
 * Errors    Every end is one call of ops->answer for each waiter.
 * Trust     Works on judged outcomes.
 */
#ifndef CP_RESOLVER_QUESTION_H
#define CP_RESOLVER_QUESTION_H

#include "controlplane/resolver/task.h"

void cp_question_step(struct cp_task *t);

/* Answer from a failure that is still to be believed. True when done. */
bool cp_question_from_failures(struct cp_job *job);
/* Types nobody resolves: meta types, and ANY unless it is to be answered in full (RFC 8482).
 * True when done. */
bool cp_question_odd(struct cp_job *job);
/* End it now, whatever it waits for: no time or memory left. */
void cp_question_abort(struct cp_job *job, enum cp_cause cause);

#endif
