/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpl_record: one line of a SECTION: a question or a record as text.
 *
 * Purpose   "owner [ttl] [class] type rdata" to wire form. RDATA is read by ldns, or as RFC
 *           3597 text, which may be malformed for its type on purpose.
 * Roles     The parser.
 * Memory    RDATA goes into the arena.
 * Blocking  Never.
 * Errors    A sentence, or NULL when all is well.
 * Trust     As rpl.h.
 */
#ifndef HF_REPLAY_RPL_RECORD_H
#define HF_REPLAY_RPL_RECORD_H

#include "tests/replay/rpl.h"

struct rpl_origin {
	struct hf_name name;
	uint32_t ttl;
};

/* text is cut up. */
const char *rpl_question_read(const struct rpl_origin *o, char *text, struct hf_question *q);
const char *
rpl_record_read(const struct rpl_origin *o, char *text, struct hf_arena *a, struct rpl_rr *rr);

/* Hex digits, blanks between them allowed, to octets behind what b holds. */
const char *rpl_hex_append(struct hf_arena *a, const char *text, struct rpl_blob *b);

#endif
