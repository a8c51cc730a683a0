/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ask: a query as the evil authority understands it.
 *
 * Purpose   Who is asked (the address says: truth.h), as a server of which zone, what lies
 *           below, and which words hold.
 * Roles     The authority's thread.
 * Memory    Values; msg points to the caller's octets.
 * Blocking  Never.
 * Errors    -EINVAL for what is no query of one question.
 * Trust     The query may be anything.
 */
#ifndef EVIL_ASK_H
#define EVIL_ASK_H

#include "lib/wire/message.h"
#include "tests/evil/truth.h"

struct evil_ask {
	struct hf_addr from, to; /* these and tcp are the caller's to say */
	bool tcp;
	const uint8_t *msg;    /* as long as the caller keeps it */
	struct hf_query query; /* the question's name as it came, for the reply */
	struct hf_name name;   /* lower case */
	bool served;           /* the address is one of a server of zone */
	unsigned idx;          /* which of its servers */
	struct hf_name zone;   /* the closest zone at or above name that the address serves */
	bool below;            /* there is a zone between: child, directly below zone */
	struct hf_name child;
	struct evil_words words; /* what holds for this reply: of the labels in and above zone */
	uint32_t tag;            /* of the name, wherever the label is */
};

int evil_ask_read(
    const struct hf_siphash_key *key, const uint8_t *msg, size_t len, struct evil_ask *ask);

#endif
