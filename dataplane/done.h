/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * done: the queue of completions from the writer thread to one worker.
 *
 * Purpose   "The answer to the question of this handle is in the cache."
 * Roles     The writer thread puts, the worker takes.
 * Memory    Inside the worker's piece.
 * Blocking  Never.
 * Loss      Full: put says so, the writer counts done_full; the question times out.
 * Trust     Handles come from the control plane; they are looked up, never followed.
 *
 *   field    who stores it
 *   head     the writer thread
 *   tail     the worker
 *   handle   the writer thread, before head passes it
 */
#ifndef DP_DONE_H
#define DP_DONE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { DP_DONE_CNT = 16384 }; /* above all the questions a core can have under way */

struct dp_done {
	alignas(64) _Atomic uint32_t head;
	alignas(64) _Atomic uint32_t tail;
	alignas(64) uint64_t handle[DP_DONE_CNT];
};

static inline bool
dp_done_put(struct dp_done *d, uint64_t handle)
{
	uint32_t head = atomic_load_explicit(&d->head, memory_order_relaxed);
	/* acquire: the worker has read the place before we write it again */
	uint32_t tail = atomic_load_explicit(&d->tail, memory_order_acquire);

	if (head - tail == DP_DONE_CNT)
		return false;
	d->handle[head % DP_DONE_CNT] = handle;
	/* release: the handle, and the entry it speaks of, are seen before head is */
	atomic_store_explicit(&d->head, head + 1, memory_order_release);
	return true;
}

/* Whether there is one to take: what is put meanwhile is seen next time. */
static inline bool
dp_done_ready(const struct dp_done *d)
{
	return atomic_load_explicit(&d->head, memory_order_relaxed) !=
	    atomic_load_explicit(&d->tail, memory_order_relaxed);
}

static inline bool
dp_done_take(struct dp_done *d, uint64_t *handle)
{
	uint32_t tail = atomic_load_explicit(&d->tail, memory_order_relaxed);
	/* acquire: pairs with put */
	uint32_t head = atomic_load_explicit(&d->head, memory_order_acquire);

	if (head == tail)
		return false;
	*handle = d->handle[tail % DP_DONE_CNT];
	/* release: the place was read before it is given back */
	atomic_store_explicit(&d->tail, tail + 1, memory_order_release);
	return true;
}

#endif
