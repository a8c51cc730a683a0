/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fastfail: look-ups under a zone of which nothing validates end at once.
 *
 * Purpose   What look-ups and zone states tell trouble.h, and ask it. Names under an NTA, and
 *           CD questions, are asked for as ever (RFC 7646 2); so is what needs no
 *           validation: addresses of servers. What an operator's zone (route.h) says is not
 *           looked at.
 * Roles     The resolver's thread.
 * Memory    What is made is in the question's arena.
 * Blocking  As in trouble.h.
 * Errors    None.
 * Trust     As in trouble.h.
 */
#ifndef CP_RESOLVER_FASTFAIL_H
#define CP_RESOLVER_FASTFAIL_H

#include "controlplane/resolver/core.h"

/* The zone t->lookup.cut is in trouble, though what t asks for may not hang on that. */
bool cp_fastfail_in_trouble(const struct cp_task *t);

/* t is about to ask servers of the zone t->lookup.cut. The BOGUS outcome it ends with instead,
 * or NULL: go on. */
struct cp_outcome *cp_fastfail_outcome(struct cp_task *t);

/* bad did not validate: how many other servers may be asked for better records. None when
 * records of this kind failed at all servers a moment ago, few for a probe, else most. */
unsigned cp_fastfail_tries(const struct cp_task *t, const struct cp_outcome *bad, unsigned most);

/* The look-up t ends with o: judged, and others were asked if need be. */
void cp_fastfail_judged(struct cp_task *t, const struct cp_outcome *o);

/* The keys of zone state t validate; or do not, which a server's records, or that there are
 * none, is to blame for. */
void cp_fastfail_keys_good(struct cp_task *t, const struct cp_outcome *keys);
void cp_fastfail_keys_failed(
    struct cp_task *t, const struct va_result *why, const struct hf_addr *blame);
/* Zone state t is that the zone is insecure: who took its DS away has ended its trouble. */
void cp_fastfail_insecure(struct cp_task *t);

#endif
