/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * forge: replies of somebody who is not the server, right in all but one field.
 *
 * Purpose   The lie of reply.h with one thing wrong: what a resolver must look at before it
 *           believes a reply (RFC 5452 9.1).
 * Roles     Any thread.
 * Memory    Writes into the caller's buffer.
 * Blocking  Never.
 * Errors    None.
 * Trust     The query is the resolver's.
 */
#ifndef EVIL_FORGE_H
#define EVIL_FORGE_H

#include "tests/evil/reply.h"

/* In the order of the words fakeid ... fakecase. */
enum evil_forge {
	EVIL_FORGE_ID,
	EVIL_FORGE_PORT,
	EVIL_FORGE_NAME,
	EVIL_FORGE_TYPE,
	EVIL_FORGE_CLASS,
	EVIL_FORGE_QR,
	EVIL_FORGE_OPCODE,
	EVIL_FORGE_SRC,
	EVIL_FORGE_SPORT,
	EVIL_FORGE_CASE,
	EVIL_FORGE_CNT,
};

struct evil_way {
	struct hf_addr from, to;
	bool other_port; /* not from port 53 */
};

/* How many of this kind the words want. */
unsigned evil_forge_cnt(const struct evil_words *w, enum evil_forge kind);
/* One of them: its octets in buf, its way in *way. random: makes it differ. */
size_t evil_forge_make(enum evil_forge kind, const struct evil_ask *ask, uint64_t random,
    uint8_t *buf, struct evil_way *way);

#endif
