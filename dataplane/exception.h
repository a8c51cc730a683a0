/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * exception: which frames go to the kernel by the exception port (docs/adr/0008).
 *
 * Purpose   TCP to the service addresses needs a TCP, and that is the kernel's. It gets, as
 *           they came: TCP to a service address; the answers to the questions it asks for its
 *           clients' MAC addresses; the ICMP errors without which a connection cannot learn
 *           that a path is narrow (RFC 1191, RFC 8201).
 * Roles     Any worker.
 * Memory    Reads the caller's frame. Nothing is allocated.
 * Blocking  Never.
 * Errors    None: false means not for the kernel.
 * Trust     Every octet is hostile. At most DP_EXCEPTION_PER_S frames a second and core.
 */
#ifndef DP_EXCEPTION_H
#define DP_EXCEPTION_H

#include "dataplane/packet.h"

enum { DP_EXCEPTION_PER_S = 20000, DP_EXCEPTION_BURST = 2000 };

/* True when p, classified kind, is for the kernel. */
bool dp_exception_wanted(
    const struct dp_host *host, enum dp_packet_kind kind, const struct dp_packet *p);

#endif
