/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datagrams: those of a listening socket, many in one system call.
 *
 * Purpose   What has arrived is read a burst at a time. What is to be sent waits until the turn
 *           of the event loop that made it ends, or a burst is full: a system call and
 *           the waking of whoever reads cost more than the datagram.
 * Roles     The main thread.
 * Memory    A burst each way, made at create.
 * Blocking  Never.
 * Loss      A datagram that the kernel does not take is lost and counted (udp_send_failed).
 * Trust     What is read is hostile.
 */
#ifndef CP_DATAGRAMS_H
#define CP_DATAGRAMS_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "controlplane/counters.h"

enum { CP_DATAGRAM_BURST = 16, CP_DATAGRAM_MAX = 4096 };

/* Room for the one ancillary item that says, or sets, our own address. */
struct cp_pktinfo {
	_Alignas(struct cmsghdr) char buf[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* The two ends of a datagram. */
struct cp_ends {
	struct sockaddr_storage peer;
	socklen_t peer_len;
	struct cp_pktinfo info; /* our address */
	size_t info_len;        /* 0: not known */
};

struct event_base;
struct cp_datagrams;

/* For fd, which stays the caller's. NULL: no memory. */
struct cp_datagrams *
cp_datagrams_create(struct event_base *base, int fd, struct cp_counters *counters);
/* Sends what waits. */
void cp_datagrams_destroy(struct cp_datagrams *d);

/* Read a burst; returns how many there are (0: none), to be taken by their index until the next
 * read. One that was cut off is as long as there was room. */
unsigned cp_datagrams_read(struct cp_datagrams *d);
const uint8_t *
cp_datagrams_get(struct cp_datagrams *d, unsigned idx, struct cp_ends *ends, size_t *len);

/* msg is copied; len at most CP_DATAGRAM_MAX. It leaves from the address in ends. */
void cp_datagrams_send(
    struct cp_datagrams *d, const struct cp_ends *ends, const uint8_t *msg, size_t len);

#endif
