/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * refer: the delegation of a zone, as its label spells it.
 *
 * Purpose   Names of the servers of a zone and the addresses that go with them, as its parent
 *           gives them in a referral and as the zone itself gives them.
 * Roles     The authority's thread.
 * Memory    Values.
 * Blocking  Never.
 * Errors    A name that would be too long is left out.
 * Trust     Zone names may be hostile.
 */
#ifndef EVIL_REFER_H
#define EVIL_REFER_H

#include "tests/evil/truth.h"

enum { EVIL_REFER_NS_MAX = 2000 };

/* How many servers zone is delegated to. w: the words of its first label. */
unsigned evil_refer_cnt(const struct evil_words *w);
/* The name of the i-th. False: left out. */
bool evil_refer_name(
    const struct hf_name *zone, const struct evil_words *w, unsigned i, struct hf_name *out);
/* The k-th address of the i-th that goes into the additional section; false: no more. */
bool evil_refer_glue(const struct hf_siphash_key *key, const struct hf_name *zone,
    const struct evil_words *w, unsigned i, unsigned k, struct hf_addr *out);
/* A and AAAA of a server's own name: "nsN.zone" or "nsN.zone.hosts". False: it is none. */
bool evil_refer_host(const struct hf_siphash_key *key, const struct hf_name *host, uint8_t family,
    struct hf_addr *out);

#endif
