/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bell: how a worker that has nothing to do sleeps, and what wakes it.
 *
 * Purpose   An idle worker waits in ppoll(2) for a packet on any of its queues, by the
 *           descriptors that their drivers wait on (waker.h), and for other threads, by an eventfd.
 *           Asleep it costs nothing, and it wakes within a thread switch.
 * Roles     The worker: watch, prepare, wait, woke. Anyone: ring, after what it tells of is
 *           published (a completion in the done queue, shared->stop, a link that is lost).
 * Memory    Inside the worker's piece; the watched descriptors are the drivers'.
 * Blocking  dp_bell_wait, until its time-out at most. The rest never.
 * Loss      None: a ring between prepare and wait ends that wait at once. A worker that is awake
 *           costs the ringer one exchange and no system call.
 * Trust     None of these descriptors is open to another process.
 *
 *   field    who stores it
 *   asleep   the worker sets it before it sleeps and clears it after; a ringer clears it
 *   fds      the worker, at start
 */
#ifndef DP_BELL_H
#define DP_BELL_H

#include <poll.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { DP_BELL_WATCH_MAX = 16 };

struct dp_bell {
	alignas(64) _Atomic uint32_t asleep;
	alignas(64) int event;
	unsigned fd_cnt;
	struct pollfd fds[1 + DP_BELL_WATCH_MAX]; /* the eventfd first */
};

/* 0 or -errno. */
int dp_bell_init(struct dp_bell *b);
void dp_bell_fini(struct dp_bell *b);

/* At start: wake for fd, which is readable when a queue has packets. 0 or -ENOSPC. */
int dp_bell_watch(struct dp_bell *b, int fd);

/* Say that the worker sleeps from now on. Whatever was published before a ring that came earlier
 * is seen after this: look once more, then wait, then woke. */
static inline void
dp_bell_prepare(struct dp_bell *b)
{
	/* acq_rel: this and a ringer's exchange have an order. If the ringer's is first, what it
	 * published is seen here; if not, it sees that it must ring */
	(void)atomic_exchange_explicit(&b->asleep, 1, memory_order_acq_rel);
}

/* True: a descriptor or a ring ended the wait; false: the time-out. A signal counts as a ring. */
bool dp_bell_wait(struct dp_bell *b, uint64_t timeout_ns);
void dp_bell_woke(struct dp_bell *b);

void dp_bell_write(const struct dp_bell *b);

static inline void
dp_bell_ring(struct dp_bell *b)
{
	if (atomic_exchange_explicit(&b->asleep, 0, memory_order_acq_rel) != 0)
		dp_bell_write(b);
}

#endif
