/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sentinel: which root keys we believe, for those who ask by name (RFC 8509).
 *
 * Purpose   "root-key-sentinel-is-ta-NNNNN" and "-not-ta-NNNNN" as the first label make a
 *           secure answer fail when the key tag is, or is not, that of a root anchor.
 * Roles     The resolver's thread.
 * Memory    The caller's.
 * Blocking  Never.
 * Errors    None.
 * Trust     The name is a client's.
 */
#ifndef CP_RESOLVER_SENTINEL_H
#define CP_RESOLVER_SENTINEL_H

#include "controlplane/resolver/resolver.h"

struct cp_job;

/* Turn *a, the whole judged answer of job, into SERVFAIL if RFC 8509 3 says so. True then. */
bool cp_sentinel_fails(const struct cp_job *job, struct cp_answer *a);

/* Key tag of the idx-th record of an anchor, which is a DS or DNSKEY RRset. */
uint16_t cp_sentinel_tag(const struct hf_rrset *anchor, unsigned idx);

/* A key tag signal (RFC 8145 5.1): it is meant for the zone's servers, not for our cache. */
bool cp_sentinel_is_signal(const struct hf_name *name, uint16_t type);

#endif
