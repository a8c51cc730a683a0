/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rss: the key by which a card spreads flows over its queues.
 *
 * Purpose   A Toeplitz key that is drawn at each start, so that nobody outside knows which
 *           flows meet on a core, and symmetric, so that both directions of a flow meet on one:
 *           16 bits repeated (Woo and Park, "Scalable TCP session monitoring with symmetric
 *           receive-side scaling", KAIST 2012).
 * Roles     The main thread at start.
 * Memory    The caller's.
 * Blocking  Never.
 * Errors    None.
 * Trust     Nothing here reads input.
 *
 * A key of period 16 hashes the exclusive-or of all 16-bit words of addresses and ports: a
 * product with a circulant matrix over GF(2). It has full rank, so that no queue is left out and
 * every port counts, exactly when the 16 bits have an odd number of ones: x^16 + 1 is (x + 1)^16.
 */
#ifndef DP_RSS_H
#define DP_RSS_H

#include <stddef.h>
#include <stdint.h>

/* len octets of key from 16 random bits. */
void dp_rss_key(uint16_t random, uint8_t *key, size_t len);

#endif
