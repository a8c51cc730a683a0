/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reply: what the evil authority says to a query.
 *
 * Purpose   The reply in octets, or that there is none: answers, denials, aliases, referrals,
 *           and what servers of the broken kinds say instead. How it travels is net.h's.
 * Roles     The authority's thread.
 * Memory    Writes into the caller's buffer.
 * Blocking  Never.
 * Errors    0: no reply.
 * Trust     Queries may be anything.
 */
#ifndef EVIL_REPLY_H
#define EVIL_REPLY_H

#include "tests/evil/ask.h"

struct evil_world {
	struct hf_siphash_key key;
	int64_t now_s; /* since 1970 */
};

/* Octets of the reply in buf (HF_MSG_MAX of them), 0 for none. */
size_t evil_reply_write(const struct evil_world *world, const struct evil_ask *ask, uint8_t *buf);
/* A lie in the place of an answer: an address (or text) that is nobody's. */
size_t evil_reply_lie(const struct evil_ask *ask, uint8_t *buf);

#define EVIL_LIE_A "6.6.6.6"

#endif
