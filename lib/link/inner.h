/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inner: what the files of lib/link share and nobody else sees.
 *
 * Purpose   The shared layout of link.h in C, the handle, and the steps of attaching that both
 *           sides take.
 * Roles     As in link.h.
 * Memory    As in link.h.
 * Blocking  Never.
 * Errors    -errno.
 * Trust     As in link.h.
 */
#ifndef HF_LINK_INNER_H
#define HF_LINK_INNER_H

#include <fcntl.h>
#include <stdalign.h>
#include <stdatomic.h>

#include "lib/link/link.h"

#define HF_LINK_MAGIC UINT64_C(0x314b4e494c464c48) /* "HLFLINK1" */

enum {
	HF_LINK_LINE = 64, /* fields of different writers are on different cache lines */
	HF_LINK_SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
};

/* Descriptors that come with WELCOME, in this order. */
enum hf_link_fd {
	HF_LINK_FD_MEM,
	HF_LINK_FD_BELL, /* what the control plane sleeps on */
	HF_LINK_FD_RING, /* what the control plane rings to wake the writer */
	HF_LINK_FD_CNT,
};

struct hf_link_shm {
	alignas(HF_LINK_LINE) _Atomic uint64_t magic;
	uint32_t epoch;
	uint32_t worker_cnt;
	alignas(HF_LINK_LINE) _Atomic uint64_t dataplane_beat_ns;
	alignas(HF_LINK_LINE) _Atomic uint64_t control_beat_ns;
	alignas(HF_LINK_LINE) _Atomic uint32_t dataplane_asleep;
	alignas(HF_LINK_LINE) _Atomic uint32_t control_asleep;
	alignas(HF_LINK_LINE) uint8_t rings[];
};
_Static_assert(offsetof(struct hf_link_shm, dataplane_beat_ns) == 64, "layout in link.h");
_Static_assert(offsetof(struct hf_link_shm, control_asleep) == 256, "layout in link.h");
_Static_assert(offsetof(struct hf_link_shm, rings) == 320, "layout in link.h");

/* One worker's handle, on cache lines that no other worker writes. */
struct hf_link_ring {
	alignas(HF_LINK_LINE) struct hf_ring ring;
};

struct hf_link {
	struct hf_link_shm *shm;
	size_t shm_len;
	int sock;
	int bell;       /* an epoll: what I sleep on */
	int bell_event; /* DATAPLANE: the socket under it; else -1 */
	int peer_event; /* wakes the peer: DATAPLANE an eventfd, CONTROL a socket */
	uint32_t epoch;
	uint32_t worker_cnt;
	_Atomic uint64_t *my_beat, *peer_beat;
	_Atomic uint32_t *my_asleep, *peer_asleep;
	struct hf_link_ring update;
	struct hf_link_ring miss[HF_WORKER_MAX];
};

/* Close fd unless it is negative. */
void hf_link_close_fd(int fd);

/* Octets of the parts, from what both sides know; where miss ring i begins. */
size_t hf_link_update_len(void);
size_t hf_link_miss_len(void);
size_t hf_link_shm_len(uint32_t worker_cnt);
void *hf_link_miss_at(struct hf_link_shm *shm, uint32_t worker);

/* An empty link with no descriptors. NULL: no memory. */
struct hf_link *hf_link_create(uint32_t worker_cnt, uint32_t epoch);
int hf_link_map(struct hf_link *link, int memfd);
/* Which of the shared fields are mine. */
void hf_link_take_side(struct hf_link *link, bool dataplane);
int hf_link_rings_join(struct hf_link *link, bool dataplane);

/* hf_link_send and hf_link_recv on a bare socket. */
int hf_link_send_raw(int sock, const void *msg, size_t len);
ssize_t hf_link_recv_raw(int sock, void *buf, size_t cap);

/* Ring by a socket, and drain one. Neither ever blocks, whatever the peer did to its file. */
bool hf_link_bell_ring(int sock);
void hf_link_bell_drain(int sock);

#endif
