/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * malformed: 64 ways to spoil a reply.
 *
 * Purpose   A true reply with one address in its answer becomes one that no resolver may take
 *           for an answer: cut, counts that lie, names that loop, records that do not fit.
 * Roles     Any thread.
 * Memory    Changes the caller's buffer.
 * Blocking  Never.
 * Errors    None.
 * Trust     The reply is ours.
 */
#ifndef EVIL_MALFORMED_H
#define EVIL_MALFORMED_H

#include <stddef.h>
#include <stdint.h>

enum { EVIL_MALFORMED_CNT = 64, EVIL_MALFORMED_GROW = 128 };

/* What kind spoils, in words. */
const char *evil_malformed_text(unsigned kind);
/* msg: a reply of len octets whose question ends at question_end, with one A record behind a
 * compressed owner, then an OPT; EVIL_MALFORMED_GROW octets more are writable. Returns the new
 * length, which may be 0. */
size_t evil_malformed_make(unsigned kind, uint8_t *msg, size_t len, size_t question_end);

#endif
