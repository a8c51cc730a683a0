/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/link/inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

void
hf_link_close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* --- sizes: both sides compute them from worker_cnt, neither is told */

size_t
hf_link_update_len(void)
{
	return hf_ring_footprint(HF_UPDATE_SLOT_CNT, HF_UPDATE_SLOT_LEN);
}

size_t
hf_link_miss_len(void)
{
	return hf_ring_footprint(HF_MISS_SLOT_CNT, HF_MISS_SLOT_LEN);
}

_Static_assert(
    ((size_t)HF_UPDATE_SLOT_CNT * HF_UPDATE_SLOT_LEN) % HF_LINK_LINE == 0, "rings stay aligned");
_Static_assert(
    ((size_t)HF_MISS_SLOT_CNT * HF_MISS_SLOT_LEN) % HF_LINK_LINE == 0, "rings stay aligned");

size_t
hf_link_shm_len(uint32_t worker_cnt)
{
	return offsetof(struct hf_link_shm, rings) + hf_link_update_len() +
	    worker_cnt * hf_link_miss_len();
}

void *
hf_link_miss_at(struct hf_link_shm *shm, uint32_t worker)
{
	return shm->rings + hf_link_update_len() + worker * hf_link_miss_len();
}

/* --- the mapping */

/* An empty link with no descriptors. NULL: no memory. */
struct hf_link *
hf_link_create(uint32_t worker_cnt, uint32_t epoch)
{
	struct hf_link *link = aligned_alloc(alignof(struct hf_link), sizeof(*link));

	if (link == NULL)
		return NULL;
	memset(link, 0, sizeof(*link));
	link->sock = link->bell = link->bell_event = link->peer_event = -1;
	link->worker_cnt = worker_cnt;
	link->epoch = epoch;
	link->shm_len = hf_link_shm_len(worker_cnt);
	return link;
}

void
hf_link_close(struct hf_link *link)
{
	if (link == NULL)
		return;
	if (link->shm != NULL)
		munmap(link->shm, link->shm_len);
	hf_link_close_fd(link->sock);
	hf_link_close_fd(link->bell);
	hf_link_close_fd(link->bell_event);
	hf_link_close_fd(link->peer_event);
	free(link);
}

int
hf_link_map(struct hf_link *link, int memfd)
{
	/* populated: neither a core nor the writer meets a first page fault later */
	void *p =
	    mmap(NULL, link->shm_len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, memfd, 0);

	if (p == MAP_FAILED)
		return -errno;
	link->shm = p;
	return 0;
}

/* Which of the shared fields are mine. */
void
hf_link_take_side(struct hf_link *link, bool dataplane)
{
	struct hf_link_shm *shm = link->shm;

	link->my_beat = dataplane ? &shm->dataplane_beat_ns : &shm->control_beat_ns;
	link->peer_beat = dataplane ? &shm->control_beat_ns : &shm->dataplane_beat_ns;
	link->my_asleep = dataplane ? &shm->dataplane_asleep : &shm->control_asleep;
	link->peer_asleep = dataplane ? &shm->control_asleep : &shm->dataplane_asleep;
}

int
hf_link_rings_join(struct hf_link *link, bool dataplane)
{
	int rc;

	rc = dataplane ? hf_ring_join_reader(&link->update.ring, link->shm->rings,
			     hf_link_update_len(), HF_UPDATE_SLOT_CNT, HF_UPDATE_SLOT_LEN)
		       : hf_ring_join_writer(&link->update.ring, link->shm->rings,
			     hf_link_update_len(), HF_UPDATE_SLOT_CNT, HF_UPDATE_SLOT_LEN);
	for (uint32_t i = 0; i < link->worker_cnt && rc == 0; i++) {
		struct hf_ring *r = &link->miss[i].ring;
		void *mem = hf_link_miss_at(link->shm, i);

		rc = dataplane ? hf_ring_join_writer(
				     r, mem, hf_link_miss_len(), HF_MISS_SLOT_CNT, HF_MISS_SLOT_LEN)
			       : hf_ring_join_reader(r, mem, hf_link_miss_len(), HF_MISS_SLOT_CNT,
				     HF_MISS_SLOT_LEN);
	}
	return rc;
}

/* --- in use */

int
hf_link_send(struct hf_link *link, const void *msg, size_t len)
{
	if (len == 0 || len > HF_SOCKET_MSG_MAX)
		return -EMSGSIZE;
	return hf_link_send_raw(link->sock, msg, len);
}

ssize_t
hf_link_recv(struct hf_link *link, void *buf, size_t cap)
{
	return hf_link_recv_raw(link->sock, buf, cap);
}

int
hf_link_socket(const struct hf_link *link)
{
	return link->sock;
}

int
hf_link_doorbell(const struct hf_link *link)
{
	return link->bell;
}

uint32_t
hf_link_epoch(const struct hf_link *link)
{
	return link->epoch;
}

uint32_t
hf_link_worker_cnt(const struct hf_link *link)
{
	return link->worker_cnt;
}

struct hf_ring *
hf_link_miss(struct hf_link *link, uint32_t worker)
{
	return worker < link->worker_cnt ? &link->miss[worker].ring : NULL;
}

struct hf_ring *
hf_link_update(struct hf_link *link)
{
	return &link->update.ring;
}

/*
 * Dekker's pattern. The sleeper stores asleep, then loads the rings' heads; the sender stores
 * a head, then loads asleep. Release and acquire would let each load pass the store before it,
 * and both see the old value: a message in the ring and nobody awake. With a full fence
 * between store and load on both sides one of the two sees the other's store.
 * TSan does not model fences and GCC says so; the data itself is ordered by the ring's
 * release and acquire, so TSan still sees every race on it.
 */
static inline void
full_fence(void)
{
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif
	/* seq_cst: store before it, load after it, see above */
	atomic_thread_fence(memory_order_seq_cst);
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
}

void
hf_link_sleep(struct hf_link *link)
{
	/* relaxed: the fence behind it orders it */
	atomic_store_explicit(link->my_asleep, 1, memory_order_relaxed);
	full_fence();
}

void
hf_link_woke(struct hf_link *link)
{
	struct epoll_event ev;

	/* relaxed: a ring that comes in between costs the peer a system call, no more; the
	 * heads are looked at again after this */
	atomic_store_explicit(link->my_asleep, 0, memory_order_relaxed);
	(void)epoll_wait(link->bell, &ev, 1, 0); /* takes the edge; an eventfd stays unread */
	if (link->bell_event >= 0)
		hf_link_bell_drain(link->bell_event);
}

bool
hf_link_wake_peer(struct hf_link *link)
{
	const uint64_t one = 1;

	full_fence();
	/* relaxed: ordered by the fence; the plain load keeps the line shared while it is 0 */
	if (atomic_load_explicit(link->peer_asleep, memory_order_relaxed) == 0)
		return false;
	/* relaxed: of several workers one wins the exchange and rings; write(2) orders it */
	if (atomic_exchange_explicit(link->peer_asleep, 0, memory_order_relaxed) == 0)
		return false;
	if (link->bell_event < 0) /* CONTROL: the writer's bell is a socket */
		return hf_link_bell_ring(link->peer_event);
	return write(link->peer_event, &one, sizeof(one)) == (ssize_t)sizeof(one);
}

void
hf_link_beat(struct hf_link *link, uint64_t now_ns)
{
	/* relaxed: a time, nothing else is read because of it */
	atomic_store_explicit(link->my_beat, now_ns, memory_order_relaxed);
}

uint64_t
hf_link_peer_beat_ns(const struct hf_link *link, uint64_t now_ns)
{
	/* relaxed: as in beat */
	uint64_t beat_ns = atomic_load_explicit(link->peer_beat, memory_order_relaxed);

	if (beat_ns <= now_ns)
		return beat_ns;
	/* The peer beat after our clock was read: it is alive. Farther ahead it lies. */
	return beat_ns - now_ns <= HF_LINK_BEAT_NS ? now_ns : 0;
}
