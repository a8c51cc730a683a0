/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/waker.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_ethdev.h>

enum { FD_LOOK_MAX = 4096 };

void
dp_waker_look(struct dp_waker_sockets *s)
{
	struct rlimit limit = {.rlim_cur = FD_LOOK_MAX};
	int domain;

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	s->cnt = 0;
	for (int fd = 0; fd < FD_LOOK_MAX && (rlim_t)fd < limit.rlim_cur; fd++) {
		socklen_t len = sizeof(domain);

		if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0 ||
		    (domain != AF_PACKET && domain != AF_XDP) || s->cnt == DP_WAKER_SOCKET_MAX)
			continue;
		s->fd[s->cnt++] = fd;
	}
}

static bool
has(const struct dp_waker_sockets *s, int fd)
{
	unsigned i = 0;

	while (i < s->cnt && s->fd[i] != fd)
		i++;
	return i < s->cnt;
}

/* Drivers open their queues' sockets in the order of the queues, and the kernel gives the lowest
 * number that is free: they are ascending. Another number of them than of queues: none is used. */
void
dp_waker_find_sockets(
    const struct dp_waker_sockets *before, uint16_t queue_cnt, struct dp_waker out[])
{
	struct dp_waker_sockets now;
	unsigned cnt = 0;

	dp_waker_look(&now);
	for (unsigned i = 0; i < now.cnt; i++)
		if (!has(before, now.fd[i]))
			now.fd[cnt++] = now.fd[i];
	for (uint16_t q = 0; q < queue_cnt; q++)
		out[q] = (struct dp_waker){.fd = cnt == queue_cnt ? now.fd[q] : -1};
}

/* A card counts interrupts in an eventfd; the descriptor of net_tap is the TAP itself, which has
 * nothing to arm and must not be read here. */
void
dp_waker_find_interrupts(uint16_t device, uint16_t queue_cnt, struct dp_waker out[])
{
	for (uint16_t q = 0; q < queue_cnt; q++) {
		out[q].fd = rte_eth_dev_rx_intr_ctl_q_get_fd(device, q);
		out[q].interrupt = out[q].fd >= 0 && rte_eth_dev_rx_intr_disable(device, q) == 0;
	}
}

void
dp_waker_arm(const struct dp_waker *w, uint16_t device, uint16_t queue)
{
	if (w->interrupt)
		(void)rte_eth_dev_rx_intr_enable(device, queue);
}

void
dp_waker_disarm(const struct dp_waker *w, uint16_t device, uint16_t queue)
{
	uint64_t interrupts;

	if (!w->interrupt)
		return;
	(void)rte_eth_dev_rx_intr_disable(device, queue);
	(void)!read(w->fd, &interrupts, sizeof(interrupts)); /* EFD_NONBLOCK, by EAL */
}
