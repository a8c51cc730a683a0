/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp: DNS over TCP for clients (RFC 7766), one listening address.
 *
 * Purpose   Two-octet lengths, several queries on one connection, replies in the order in
 *           which they are ready (RFC 7766 6.2.1.1), answers up to 64 KiB.
 * Roles     The main thread.
 * Memory    At most CP_TCP_CLIENTS connections per address, CP_TCP_QUERIES under way and
 *           CP_TCP_UNSENT_MAX octets unsent on each; beyond, no more is read from it.
 * Blocking  Never.
 * Errors    Every closed connection is counted by its reason.
 * Trust     Clients are hostile: slow, silent, greedy.
 */
#ifndef CP_TCP_H
#define CP_TCP_H

#include "controlplane/listen.h"

enum {
	CP_TCP_CLIENTS = 256,
	CP_TCP_QUERIES = 32,
	CP_TCP_UNSENT_MAX = 256 * 1024,
	CP_TCP_IDLE_S = 10, /* RFC 7766 6.2.3: a few seconds */
};

struct cp_tcp;

int cp_tcp_open(const struct cp_listen_config *cfg, const struct hf_addr *a, struct cp_tcp **out);
/* When the engine is gone already. */
void cp_tcp_close(struct cp_tcp *t);
/* While the engine goes on: it forgets who asked by t. */
void cp_tcp_retire(struct cp_tcp *t);

#endif
