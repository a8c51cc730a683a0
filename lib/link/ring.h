/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring: a one-way queue of fixed slots in shared memory: one WRITER, one READER.
 *
 * Purpose   Misses from a core to the control plane; answers and policy back. First in,
 *           first out, each message whole or not at all.
 * Roles     WRITER and READER: one thread each, in different processes as a rule.
 * Memory    The shared octets are the caller's. A struct hf_ring is one role's own
 *           handle; never copied, never shared.
 * Blocking  Never; no system call.
 * Loss      A full ring refuses (NULL) and counts; the WRITER decides what that means.
 * Trust     Neither role believes the other. Geometry is checked in join and kept in
 *           private memory; a cursor of the peer that makes no sense reads as full or
 *           empty and is counted in "wild".
 *
 * Shared layout (HF_RING_MAGIC is its version):
 *
 *   offset  field                          who stores it
 *   0       magic, slot_cnt, slot_len      format(), once; magic last
 *   64      head, refused                  WRITER
 *   128     tail                           READER
 *   192     slot_cnt slots of slot_len     WRITER, before head passes the slot
 */
#ifndef HF_LINK_RING_H
#define HF_LINK_RING_H

#include <stddef.h>
#include <stdint.h>

#define HF_RING_MAGIC UINT64_C(0x31474e5254464c48) /* "HLFTRNG1" */

enum { HF_RING_SLOT_LEN_MAX = 4096, HF_RING_SLOT_CNT_MAX = 1 << 20, HF_RING_ALIGN = 64 };

struct hf_ring_shm; /* the layout above; private to ring.c */

struct hf_ring {
	struct hf_ring_shm *shm;
	uint32_t slot_cnt; /* private, checked copies */
	uint32_t slot_len;
	uint64_t mine; /* own cursor: slots written, or read */
	uint64_t peer; /* the peer's cursor as last seen */
	uint64_t wild; /* times the peer's cursor made no sense */
};

/* Octets for such a ring, 0 for sizes out of range: slot_cnt a power of two in
 * [2, HF_RING_SLOT_CNT_MAX], slot_len a multiple of 8 in [8, HF_RING_SLOT_LEN_MAX]. */
size_t hf_ring_footprint(uint32_t slot_cnt, uint32_t slot_len);

/* Make an empty ring at mem (HF_RING_ALIGN aligned, len octets). 0 or -EINVAL. */
int hf_ring_format(void *mem, size_t len, uint32_t slot_cnt, uint32_t slot_len);

/* Take a role on the ring at mem, whose geometry must be the one expected here.
 * 0; -EINVAL for bad memory; -EPROTO for no ring or another geometry. */
int
hf_ring_join_writer(struct hf_ring *r, void *mem, size_t len, uint32_t slot_cnt, uint32_t slot_len);
int
hf_ring_join_reader(struct hf_ring *r, void *mem, size_t len, uint32_t slot_cnt, uint32_t slot_len);

/* WRITER. The next slot, or NULL when full (counted). Nothing is seen until commit. */
void *hf_ring_reserve(struct hf_ring *r);
void hf_ring_commit(struct hf_ring *r);

/* WRITER. Slots that are free now. */
uint32_t hf_ring_room(struct hf_ring *r);

/* READER. Copy out the oldest message, at most cap octets of its slot, and release the
 * slot. Returns the octets copied (min(cap, slot_len)), 0 when empty. */
size_t hf_ring_take(struct hf_ring *r, void *out, size_t cap);

/* READER. True when there is something to take. */
int hf_ring_ready(struct hf_ring *r);

/* READER. The same in parts, for several messages at a time: how many there are, 0 when empty;
 * octets [off, off + len) of the slot at places behind the oldest (at < pending; within the slot),
 * as they are now, so what must not change is copied once; bring its first len octets closer;
 * release the oldest cnt slots, at most pending. */
uint32_t hf_ring_pending(struct hf_ring *r);
void hf_ring_copy(const struct hf_ring *r, uint32_t at, size_t off, void *out, size_t len);
void hf_ring_prefetch(const struct hf_ring *r, uint32_t at, size_t len);
void hf_ring_release(struct hf_ring *r, uint32_t cnt);

/* Any role: messages refused because the ring was full. */
uint64_t hf_ring_refused(const struct hf_ring *r);

#endif
