/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * waker: the descriptor that is readable when a receive queue has packets.
 *
 * Purpose   A worker that sleeps waits on one for each of its queues. Cards, virtio and net_tap
 *           give theirs by DPDK's receive interrupts. net_af_packet and net_af_xdp have none, but
 *           have a socket for each queue that poll(2) knows: it is found among the descriptors
 *           that are there after the device was opened and were not before.
 * Roles     The main thread at start; arm and disarm the worker of the queue.
 * Memory    The caller's. Descriptors belong to the drivers.
 * Blocking  Never.
 * Errors    A queue without one has fd -1: its worker naps instead (idle.h).
 * Trust     None needed: all descriptors are this process's own.
 */
#ifndef DP_WAKER_H
#define DP_WAKER_H

#include <stdbool.h>
#include <stdint.h>

enum { DP_WAKER_SOCKET_MAX = 256 };

struct dp_waker {
	int fd;         /* -1: none */
	bool interrupt; /* to be armed before each sleep; fd counts interrupts and wants reading */
};

/* Packet sockets of this process, in ascending order. */
struct dp_waker_sockets {
	unsigned cnt;
	int fd[DP_WAKER_SOCKET_MAX];
};

void dp_waker_look(struct dp_waker_sockets *s);

/* The wakers of a started device's queues: interrupts, if it was configured with them; or sockets
 * that are not among before (dp_waker_look, before it was opened). */
void dp_waker_find_interrupts(uint16_t device, uint16_t queue_cnt, struct dp_waker out[]);
void dp_waker_find_sockets(
    const struct dp_waker_sockets *before, uint16_t queue_cnt, struct dp_waker out[]);

/* Before and after a sleep; look at the queue once more after arming. */
void dp_waker_arm(const struct dp_waker *w, uint16_t device, uint16_t queue);
void dp_waker_disarm(const struct dp_waker *w, uint16_t device, uint16_t queue);

#endif
