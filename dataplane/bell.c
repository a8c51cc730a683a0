/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/bell.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/ns.h"

int
dp_bell_init(struct dp_bell *b)
{
	memset(b, 0, sizeof(*b));
	b->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (b->event < 0)
		return -errno;
	b->fds[b->fd_cnt++] = (struct pollfd){.fd = b->event, .events = POLLIN};
	return 0;
}

void
dp_bell_fini(struct dp_bell *b)
{
	if (b->fd_cnt > 0)
		close(b->event);
	b->fd_cnt = 0;
}

int
dp_bell_watch(struct dp_bell *b, int fd)
{
	if (b->fd_cnt == sizeof(b->fds) / sizeof(b->fds[0]))
		return -ENOSPC;
	b->fds[b->fd_cnt++] = (struct pollfd){.fd = fd, .events = POLLIN};
	return 0;
}

/* An interface went down: its socket says so for ever if nobody takes note. */
static void
take_error(int fd)
{
	int error;
	socklen_t len = sizeof(error);

	(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
}

bool
dp_bell_wait(struct dp_bell *b, uint64_t timeout_ns)
{
	const struct timespec t = {.tv_sec = (time_t)(timeout_ns / HF_NS_PER_S),
	    .tv_nsec = (long)(timeout_ns % HF_NS_PER_S)};

	int ready = ppoll(b->fds, b->fd_cnt, &t, NULL);

	for (unsigned i = 1; ready > 0 && i < b->fd_cnt; i++)
		if ((b->fds[i].revents & POLLERR) != 0)
			take_error(b->fds[i].fd);
	return ready != 0;
}

void
dp_bell_woke(struct dp_bell *b)
{
	uint64_t rings;

	/* A ringer that cleared it writes, perhaps later than this: then the next wait is short,
	 * and what ended it is read then. acq_rel: what the ringer published is seen after this */
	if (atomic_exchange_explicit(&b->asleep, 0, memory_order_acq_rel) == 0 ||
	    (b->fds[0].revents & POLLIN) != 0)
		(void)!read(b->event, &rings, sizeof(rings));
	b->fds[0].revents = 0;
}

void
dp_bell_write(const struct dp_bell *b)
{
	const uint64_t one = 1;

	(void)!write(b->event, &one, sizeof(one));
}
