/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * service: TCP on the service addresses, in the namespace of the exception port.
 *
 * Purpose   The cores speak no TCP. What comes to a service address over TCP reaches the
 *           kernel by the dataplane's exception port, whose interface lives in a network
 *           namespace of its own (docs/adr/0008); the listening sockets are made there.
 * Roles     The main thread, which is in that namespace only while it makes a socket.
 * Memory    One cp_tcp (tcp.h) for each address.
 * Blocking  Never.
 * Errors    A namespace or address that is not there yet is tried again each second, counted
 *           (service_tcp_failed) and logged when the reason changes. Never fatal.
 * Trust     The path is the operator's; clients are tcp.h's business.
 */
#ifndef CP_SERVICE_H
#define CP_SERVICE_H

#include "controlplane/listen.h"

struct cp_service;

/* cfg->addrs are the service addresses, port 0: 53; they and netns outlive it.
 * 0, or -ENOMEM. */
int cp_service_open(const struct cp_listen_config *cfg, const char *netns, struct cp_service **out);

/* After the engine is gone. */
void cp_service_close(struct cp_service *s);

#endif
