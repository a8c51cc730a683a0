/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/link/ring.h"

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

struct hf_ring_shm {
	alignas(HF_RING_ALIGN) _Atomic uint64_t magic;
	uint32_t slot_cnt;
	uint32_t slot_len;
	alignas(HF_RING_ALIGN) _Atomic uint64_t head; /* WRITER: slots written since format */
	_Atomic uint64_t refused;                     /* WRITER */
	alignas(HF_RING_ALIGN) _Atomic uint64_t tail; /* READER: slots read since format */
	alignas(HF_RING_ALIGN) uint8_t slots[];
};

_Static_assert(offsetof(struct hf_ring_shm, head) == 64, "layout in ring.h");
_Static_assert(offsetof(struct hf_ring_shm, tail) == 128, "layout in ring.h");
_Static_assert(offsetof(struct hf_ring_shm, slots) == 192, "layout in ring.h");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock of the C library is not shared memory");

size_t
hf_ring_footprint(uint32_t slot_cnt, uint32_t slot_len)
{
	if (slot_cnt < 2 || slot_cnt > HF_RING_SLOT_CNT_MAX || (slot_cnt & (slot_cnt - 1)) != 0)
		return 0;
	if (slot_len < 8 || slot_len > HF_RING_SLOT_LEN_MAX || slot_len % 8 != 0)
		return 0;
	return offsetof(struct hf_ring_shm, slots) + (size_t)slot_cnt * slot_len;
}

static bool
memory_ok(const void *mem, size_t len, uint32_t slot_cnt, uint32_t slot_len)
{
	size_t need = hf_ring_footprint(slot_cnt, slot_len);

	return mem != NULL && (uintptr_t)mem % HF_RING_ALIGN == 0 && need != 0 && len >= need;
}

int
hf_ring_format(void *mem, size_t len, uint32_t slot_cnt, uint32_t slot_len)
{
	struct hf_ring_shm *shm = mem;

	if (!memory_ok(mem, len, slot_cnt, slot_len))
		return -EINVAL;
	memset(mem, 0, hf_ring_footprint(slot_cnt, slot_len));
	shm->slot_cnt = slot_cnt;
	shm->slot_len = slot_len;
	/* release: who sees the magic sees the geometry and the empty cursors before it */
	atomic_store_explicit(&shm->magic, HF_RING_MAGIC, memory_order_release);
	return 0;
}

/* Both cursors at the time of joining; a ring that cannot be is refused. */
static int
join(struct hf_ring *r, struct hf_ring_shm *shm, uint32_t slot_cnt, uint32_t slot_len)
{
	/* acquire: pairs with format, the geometry below was stored before the magic */
	if (atomic_load_explicit(&shm->magic, memory_order_acquire) != HF_RING_MAGIC)
		return -EPROTO;
	if (shm->slot_cnt != slot_cnt || shm->slot_len != slot_len)
		return -EPROTO;

	/* acquire, tail first: the head read after it is never behind it, and slots that
	 * either cursor hands over may be touched */
	uint64_t tail = atomic_load_explicit(&shm->tail, memory_order_acquire);
	uint64_t head = atomic_load_explicit(&shm->head, memory_order_acquire);
	if (head - tail > slot_cnt)
		return -EPROTO;
	*r = (struct hf_ring){
	    .shm = shm,
	    .slot_cnt = slot_cnt,
	    .slot_len = slot_len,
	    .mine = head,
	    .peer = tail,
	};
	return 0;
}

int
hf_ring_join_writer(struct hf_ring *r, void *mem, size_t len, uint32_t slot_cnt, uint32_t slot_len)
{
	if (!memory_ok(mem, len, slot_cnt, slot_len))
		return -EINVAL;
	return join(r, mem, slot_cnt, slot_len);
}

int
hf_ring_join_reader(struct hf_ring *r, void *mem, size_t len, uint32_t slot_cnt, uint32_t slot_len)
{
	struct hf_ring joined;
	int rc;

	if (!memory_ok(mem, len, slot_cnt, slot_len))
		return -EINVAL;
	rc = join(&joined, mem, slot_cnt, slot_len);
	if (rc != 0)
		return rc;
	*r = joined;
	r->mine = joined.peer;
	r->peer = joined.mine;
	return 0;
}

static inline uint8_t *
slot_at(const struct hf_ring *r, uint64_t cursor)
{
	return r->shm->slots + (size_t)(cursor & (r->slot_cnt - 1)) * r->slot_len;
}

/* The READER's cursor again. False while the ring is full, or the cursor is none that it
 * could have: outside [what it was, what was written]. */
static bool
writer_refresh(struct hf_ring *r)
{
	/* acquire: the READER's copy of the slots before tail ended before we write over them */
	uint64_t tail = atomic_load_explicit(&r->shm->tail, memory_order_acquire);

	if (tail - r->peer > r->mine - r->peer) {
		r->wild++;
		return false;
	}
	r->peer = tail;
	return r->mine - tail < r->slot_cnt;
}

void *
hf_ring_reserve(struct hf_ring *r)
{
	if (r->mine - r->peer >= r->slot_cnt && !writer_refresh(r)) {
		/* relaxed, and no read-modify-write: the WRITER alone stores it, as a statistic */
		uint64_t n = atomic_load_explicit(&r->shm->refused, memory_order_relaxed);
		atomic_store_explicit(&r->shm->refused, n + 1, memory_order_relaxed);
		return NULL;
	}
	return slot_at(r, r->mine);
}

void
hf_ring_commit(struct hf_ring *r)
{
	/* release: the slot's octets are there before the READER sees the cursor past it */
	atomic_store_explicit(&r->shm->head, ++r->mine, memory_order_release);
}

uint32_t
hf_ring_room(struct hf_ring *r)
{
	if (r->mine != r->peer)
		(void)writer_refresh(r);
	return r->slot_cnt - (uint32_t)(r->mine - r->peer);
}

/* The WRITER's cursor again; reads as empty when it is none that it could have: outside
 * [what it was, one whole ring ahead of us]. Only called when all that was seen is read. */
static bool
reader_refresh(struct hf_ring *r)
{
	/* acquire: pairs with commit, the octets of the slots before head can be read */
	uint64_t head = atomic_load_explicit(&r->shm->head, memory_order_acquire);

	if (head - r->mine > r->slot_cnt) {
		r->wild++;
		return false;
	}
	r->peer = head;
	return head != r->mine;
}

int
hf_ring_ready(struct hf_ring *r)
{
	return r->mine != r->peer || reader_refresh(r);
}

uint32_t
hf_ring_pending(struct hf_ring *r)
{
	/* no more than slot_cnt: reader_refresh */
	return hf_ring_ready(r) ? (uint32_t)(r->peer - r->mine) : 0;
}

void
hf_ring_copy(const struct hf_ring *r, uint32_t at, size_t off, void *out, size_t len)
{
	memcpy(out, slot_at(r, r->mine + at) + off, len);
}

void
hf_ring_prefetch(const struct hf_ring *r, uint32_t at, size_t len)
{
	const uint8_t *slot = slot_at(r, r->mine + at);

	for (size_t off = 0; off < len; off += HF_RING_ALIGN)
		__builtin_prefetch(slot + off);
}

void
hf_ring_release(struct hf_ring *r, uint32_t cnt)
{
	r->mine += cnt;
	/* release: the copies are complete before the WRITER may write over the slots */
	atomic_store_explicit(&r->shm->tail, r->mine, memory_order_release);
}

size_t
hf_ring_take(struct hf_ring *r, void *out, size_t cap)
{
	size_t n = cap < r->slot_len ? cap : r->slot_len;

	if (!hf_ring_ready(r))
		return 0;
	hf_ring_copy(r, 0, 0, out, n);
	hf_ring_release(r, 1);
	return n;
}

uint64_t
hf_ring_refused(const struct hf_ring *r)
{
	/* relaxed: a statistic, nothing follows from it */
	return atomic_load_explicit(&r->shm->refused, memory_order_relaxed);
}
