/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cut: how much of an answer's records a datagram keeps when not all of them fit.
 *
 * Purpose   Whole records, from the first on. What the answer needs and does not get is said by
 *           TC; what it can do without goes quietly (RFC 2181 9).
 * Roles     Any thread.
 * Memory    Reads the caller's octets; nothing is allocated.
 * Blocking  Never.
 * Errors    Records that cannot be read count as needed and not fitting.
 * Trust     The question is a stranger's, but valid; the body was checked when it was built.
 *
 * Needed: the answer section, and of the authority section all but NS: SOA and the proofs of a
 * denial or a wildcard. Without TC a cut falls between two RRsets, signatures counted with what
 * they sign (RFC 4035 3.1.1). With TC it falls between two records: the client ignores what came
 * and asks again over TCP. What is kept is a beginning of the body, so no compression pointer in it
 * leads to what is not kept.
 */
#ifndef HF_WIRE_CUT_H
#define HF_WIRE_CUT_H

#include "lib/wire/message.h"

/* Records as they stand in a reply: behind a question that ends at question_end of msg. */
struct hf_cut_body {
	const uint8_t *msg; /* header and question; what follows is not read */
	const uint8_t *octets;
	uint32_t question_end;
	uint16_t len;
	uint16_t cnt[HF_SECTION_CNT];
};

struct hf_cut {
	uint16_t len; /* octets of the body that stay */
	uint16_t cnt[HF_SECTION_CNT];
	bool tc;
};

/* What stays of b within room octets. At most one pass over it. */
struct hf_cut hf_cut_find(const struct hf_cut_body *b, size_t room);

#endif
