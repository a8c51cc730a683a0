/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lookup: the records of one owner name and type, from whoever is responsible.
 *
 * Purpose   Find the closest known zone cut, ask its servers, follow referrals, judge what
 *           comes back, and ask other servers when it does not validate. States: task.h.
 * Roles     The resolver's thread.
 * Memory    In the job's arena.
 * Blocking  Never.
 * Errors    Ends with an outcome; CP_KIND_FAIL carries the cause.
 * Trust     Replies passed cp_response_read.
 */
#ifndef CP_RESOLVER_LOOKUP_H
#define CP_RESOLVER_LOOKUP_H

#include "controlplane/resolver/resolver.h"
#include "controlplane/resolver/response.h"
#include "controlplane/resolver/task.h"

/* A new look-up; raw: the servers are taken at their word. */
void cp_lookup_init(struct cp_task *t, enum cp_raw raw);
void cp_lookup_step(struct cp_task *t);
/* The exchange of t got a reply that matches, or failed; it is closed by now. */
void cp_lookup_reply(struct cp_task *t, const struct cp_exchange *x, struct cp_response *resp);
void cp_lookup_failed(struct cp_task *t, const struct cp_exchange *x, enum cp_fail why);

/* Its result did not validate: ask another server, if tries and policy allow. True: it will
 * be done again. */
bool cp_lookup_again(struct cp_task *t);

#endif
