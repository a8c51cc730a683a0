/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream: the evil authority over TCP.
 *
 * Purpose   Accepts on any address, takes framed queries (RFC 1035 4.2.2) and sends replies as
 *           the words say: whole, in pieces, in part, or never.
 * Roles     The authority's thread.
 * Memory    One struct for each connection, at most EVIL_STREAM_MAX.
 * Blocking  Never.
 * Loss      Connections beyond the most are closed at once.
 * Trust     Octets are hostile.
 */
#ifndef EVIL_STREAM_H
#define EVIL_STREAM_H

#include "tests/evil/serve.h"

enum { EVIL_STREAM_MAX = 4096, EVIL_STREAM_IDLE_S = 20 };

struct evil_streams;

/* NULL: errno says why. s outlives it. */
struct evil_streams *evil_streams_open(struct event_base *base, struct evil_serve *s);
void evil_streams_close(struct evil_streams *all);

#endif
