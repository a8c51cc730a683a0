/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * match: does a message fit an entry?
 *
 * Purpose   Compares exactly what the entry's MATCH asks for: names without regard to case,
 *           sections as sets of records, RDATA in canonical form, TTLs on demand.
 * Roles     The player: for queries (which entry answers?) and for answers (is it right?).
 * Memory    The difference is written into the caller's buffer.
 * Blocking  Never.
 * Errors    False, and why says what was expected and what came.
 * Trust     Both sides are in memory and were bounded before.
 */
#ifndef HF_REPLAY_MATCH_H
#define HF_REPLAY_MATCH_H

#include "tests/replay/packet.h"

/* ttl_slack_s: so much lower may a TTL be than written, because that long was waited for
 * servers in fake time. why (RPL_WHY_LEN octets) may be NULL. */
bool match_entry(const struct rpl_entry *e, const struct view *v, uint32_t ttl_slack_s, char *why);

/* For messages: what is in a section, at most cap octets. */
void match_section_text(const struct rpl_rr *rr, unsigned cnt, char *out, size_t cap);

#endif
