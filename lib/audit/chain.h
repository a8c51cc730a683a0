/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * chain: what makes a changed line of the audit log show.
 *
 * Purpose   Each line carries a hash over the hash before it and all its own fields:
 *
 *             H(n) = SHA-256(H(n-1) | id | time | uid | before | after
 *                            | author | action | name | reason | detail)
 *
 *           numbers as 8 octets, texts as their length in 4 octets and their octets, both
 *           big-endian; a name that is not there has the length 0xffffffff. H(0) is 32 zero
 *           octets. Who notes the last hash elsewhere (the head) can tell later that no line
 *           up to there was changed, taken out or cut off.
 * Roles     Any thread: the control plane writes, holdfastctl verifies.
 * Memory    The caller's.
 * Blocking  Never.
 * Errors    A line that does not continue the chain is told by hf_audit_follow.
 * Trust     Lines may be hostile: nothing is believed of them but what the hash covers.
 *
 * Without a head kept elsewhere whoever can write the file can write a whole new chain.
 */
#ifndef HF_AUDIT_CHAIN_H
#define HF_AUDIT_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/sha256.h"

enum { HF_AUDIT_HASH_TEXT_LEN = 2 * HF_SHA256_LEN + 1 };

struct hf_audit_line {
	int64_t id, time, uid; /* time: seconds since 1970 */
	int64_t before, after; /* generations */
	const char *author, *action, *reason, *detail;
	const char *name; /* NULL: none */
	uint8_t hash[HF_SHA256_LEN];
};

/* The hash that belongs to line after one with the hash prev; line->hash is not read. */
void hf_audit_hash(const uint8_t prev[HF_SHA256_LEN], const struct hf_audit_line *line,
    uint8_t out[HF_SHA256_LEN]);

/* A walk along the chain, from its beginning: all zero. */
struct hf_audit_walk {
	uint8_t head[HF_SHA256_LEN]; /* of the last line */
	uint64_t line_cnt;
	int64_t generation;    /* after the last line; 0: there was none */
	const uint8_t *wanted; /* a hash to be met, or NULL */
	bool met;
};

/* The wanted hash was that of a line, or of the log while it was empty. */
bool hf_audit_was_met(const struct hf_audit_walk *w);

/* False: the line does not follow the ones before it, and the walk ends before it. */
bool hf_audit_follow(struct hf_audit_walk *w, const struct hf_audit_line *line);

/* In hexadecimal digits; false: text is no hash. */
char *hf_audit_hash_to_text(const uint8_t hash[HF_SHA256_LEN], char text[HF_AUDIT_HASH_TEXT_LEN]);
bool hf_audit_hash_from_text(const char *text, uint8_t hash[HF_SHA256_LEN]);

#endif
