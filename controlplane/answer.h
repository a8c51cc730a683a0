/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * answer: the resolver's answer in the two shapes it leaves this process.
 *
 * Purpose   cp_answer -> ANSWER message for the dataplane; cp_answer -> hf_reply for a
 *           client of our own listeners. The rules of AD and EDE under an NTA (DESIGN 4,
 *           RFC 7646) for the second; the first leaves them to the core that uses it.
 * Roles     The main thread.
 * Memory    An hf_reply points into the answer; nothing is allocated.
 * Blocking  Never.
 * Errors    None: what does not fit is marked truncated and counted by the caller.
 * Trust     The answer is our own resolver's, its records are a stranger's, checked there.
 */
#ifndef CP_ANSWER_H
#define CP_ANSWER_H

#include <stddef.h>

#include "controlplane/resolver/resolver.h"

struct cp_answer_to {
	uint64_t handle; /* 0: nobody waits */
	uint16_t core;
	uint32_t epoch;
};

/* Fill in slot, which has room for HF_UPDATE_SLOT_LEN octets. Returns the length. *fits
 * becomes false when records, chain or text were left out for lack of room. */
size_t cp_answer_to_msg(const struct cp_answer *a, const struct cp_answer_to *to,
    struct hf_msg_answer *slot, bool *fits);

/* What a client gets. */
void cp_answer_to_reply(const struct cp_answer *a, struct hf_reply *r);

/* A SERVFAIL of our own making: no records, one EDE. */
void cp_answer_failure(
    const struct hf_question *q, uint8_t variant, enum hf_ede ede, struct cp_answer *a);

#endif
