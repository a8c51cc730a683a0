/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * check: is this the right answer?
 *
 * Purpose   A resolver's reply to a question about a name of the evil authority, held against
 *           the truth: every link of the alias chain, every record, the denial, the TTL.
 * Roles     Any thread.
 * Memory    None kept.
 * Blocking  Never.
 * Errors    Every way to be wrong has words, in *why.
 * Trust     The reply is hostile.
 */
#ifndef EVIL_CHECK_H
#define EVIL_CHECK_H

#include "tests/evil/truth.h"

enum evil_check {
	EVIL_RIGHT,
	EVIL_WRONG,
	EVIL_FAILED, /* SERVFAIL: no answer, but no wrong one */
	EVIL_REFUSED,
	EVIL_CUT,   /* TC */
	EVIL_STRAY, /* a right reply to another question */
	EVIL_CHECK_CNT,
};

/* name in lower case. *why says what is wrong with EVIL_WRONG. */
enum evil_check evil_check_reply(const struct hf_siphash_key *key, const struct hf_name *name,
    uint16_t type, const uint8_t *msg, size_t len, const char **why);

#endif
