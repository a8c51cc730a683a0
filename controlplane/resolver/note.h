/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * note: what a question that is traced notes on its way, and how it ends (trace.h).
 *
 * Purpose   For the parts of the resolver core to tell. Of a job that is not traced none of it
 *           is called: cp_trace_is_on first.
 * Roles     The resolver's thread.
 * Memory    As trace.h.
 * Blocking  Never.
 * Errors    What finds no memory, or no place, is left off and counted in the trace.
 * Trust     As trace.h.
 */
#ifndef CP_RESOLVER_NOTE_H
#define CP_RESOLVER_NOTE_H

#include "controlplane/resolver/core.h"
#include "controlplane/resolver/trace.h"

/* Trace this job from now on. */
void cp_trace_begin(struct cp_job *job, bool cached);
/* It is over: the steps, then ops.traced. */
void cp_trace_end(struct cp_job *job, uint64_t token, const struct cp_answer *a);

void cp_note_sent(struct cp_task *t, const struct cp_exchange *x);
void cp_note_reply(struct cp_task *t, const struct cp_exchange *x, const struct cp_response *resp);
/* There is no reply, or none to go by. */
void cp_note_failed(struct cp_task *t, const struct cp_exchange *x, enum cp_trace_gave gave);
/* An RRset was judged. */
void cp_note_check(struct cp_task *t, const struct hf_rrset *set, const struct va_result *res);
/* What o->server gave was judged, as a whole, and by its own signatures. */
void cp_note_judged(struct cp_task *t, const struct cp_outcome *o, const struct va_result *why);

/* Is there enough left of the budget to ask servers only to see what they give? */
bool cp_trace_asks_on(const struct cp_task *t);

static inline bool
cp_trace_is_on(const struct cp_task *t)
{
	return t->job->trace != NULL;
}

#endif
