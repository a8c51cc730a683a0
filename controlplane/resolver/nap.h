/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nap: look-ups that wait a moment before they send.
 *
 * Purpose   A zone or its servers have no room for another fetch, which a burst that means no
 *           harm soon gives back; or another thread asks the very same at the moment, and the
 *           caches will have it. Such a look-up looks again every CP_NAP_NS, for CP_NAP_MAX_NS
 *           in all, and only then is refused, or asks by itself.
 * Roles     The resolver's thread.
 * Memory    Links in the look-ups. At most an eighth of the questions may nap, and a part of
 *           those for one zone, so that a flood of one fills neither.
 * Blocking  Never.
 * Errors    cp_nap says false when there is no place or the time is over.
 * Trust     Nothing here reads hostile octets.
 */
#ifndef CP_RESOLVER_NAP_H
#define CP_RESOLVER_NAP_H

#include "controlplane/resolver/core.h"

#define CP_NAP_NS     (5 * HF_NS_PER_MS)
#define CP_NAP_MAX_NS (300 * HF_NS_PER_MS) /* of one look-up, all naps together */

/* t, a LOOKUP, naps: phase CP_LOOKUP_NAP. False: it may not. */
bool cp_nap(struct cp_task *t);
/* t gives up. */
void cp_nap_leave(struct cp_task *t);
/* Wake who has napped long enough. */
void cp_nap_tick(struct cp_resolver *r);
/* When to call it next; UINT64_MAX: never. */
uint64_t cp_nap_due_ns(const struct cp_resolver *r);

#endif
