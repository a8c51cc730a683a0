/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link: one attachment of the control plane to the dataplane.
 *
 * Purpose   A Unix SOCK_SEQPACKET socket that the dataplane listens on, and a memfd passed
 *           over it that holds one miss ring per worker, one update ring, heartbeats and
 *           sleep marks. Every attachment gets a fresh memfd and a new epoch, so nothing a
 *           dead peer left behind is ever read.
 * Roles     DATAPLANE: the writer thread, except that worker i alone writes miss ring i and
 *           may call hf_link_wake_peer. CONTROL: the control plane's main thread.
 * Memory    A struct hf_link owns its mapping and descriptors until hf_link_close. In the
 *           dataplane it is published to the cores by one pointer and closed after a grace period.
 * Blocking  Never: every descriptor is non-blocking.
 * Errors    -errno. -EPROTO: the peer speaks another version or lies about sizes. -EACCES:
 *           SO_PEERCRED is neither our own uid, root, nor the one allowed. -EAGAIN: not yet.
 * Trust     None in the peer: sizes are ours, the memfd is sealed against shrinking, cursors
 *           and messages are checked (ring.h, msg.h). No descriptor that a core writes is
 *           shared with the control plane, so that it cannot be made to block.
 *
 * Shared layout of the memfd:
 *
 *   offset  field                       who stores it
 *   0       magic, epoch, worker_cnt    DATAPLANE once, magic last
 *   64      dataplane_beat_ns           DATAPLANE
 *   128     control_beat_ns             CONTROL
 *   192     dataplane_asleep            DATAPLANE (CONTROL clears it when it wakes the writer)
 *   256     control_asleep              CONTROL (a worker clears it when it wakes it)
 *   320     update ring, then miss rings 0..worker_cnt-1, each 64-byte aligned
 */
#ifndef HF_LINK_LINK_H
#define HF_LINK_LINK_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/link/msg.h"
#include "lib/link/ring.h"

#define HF_LINK_BEAT_NS (UINT64_C(100) * 1000 * 1000)  /* a beat at least so often */
#define HF_LINK_DEAD_NS (UINT64_C(1000) * 1000 * 1000) /* no beat for so long: the peer is gone */

struct hf_link;

/* DATAPLANE. Listen at path (an old socket file is replaced if nobody answers on it; a
 * path that is not a socket is -EEXIST). Mode 0660. *fd on success. */
int hf_link_listen(const char *path, int *fd);

/* DATAPLANE. A connection whose peer's uid is root, ours or allowed; others are closed,
 * -EACCES. *fd is non-blocking; wait until it is readable, then hf_link_welcome. */
int hf_link_accept(int listen_fd, uid_t allowed, int *fd);

struct hf_link_offer {
	uint32_t worker_cnt; /* 1..HF_WORKER_MAX */
	uint32_t epoch;      /* never 0, never used before */
	uint64_t boot_ns;
	uint64_t policy_gen;
};

/* DATAPLANE. Read HELLO from conn_fd, make the memfd, send WELCOME. On success *link owns
 * conn_fd; on failure the caller closes it, -EAGAIN excepted: no HELLO yet. Both sides count
 * as having beaten at this moment. A peer of another version is told ours (-EPROTO here). */
int hf_link_welcome(int conn_fd, const struct hf_link_offer *offer, struct hf_link **link);

/* CONTROL. Connect and send HELLO; -ECONNREFUSED, -ENOENT when no dataplane runs. */
int hf_link_connect(const char *path, uid_t allowed, int *fd);

/* CONTROL. Read WELCOME, map and check the memfd. Ownership as in welcome. -ECONNRESET: the
 * dataplane hung up. Extra, missing or wrong descriptors are -EPROTO, and all of them closed. */
int hf_link_join(int conn_fd, struct hf_link **link, struct hf_msg_welcome *welcome);

void hf_link_close(struct hf_link *link);

/* Socket messages. Send: 0, -EAGAIN when the peer does not read (the message is lost; the
 * caller decides). Receive: octets, 0 when the peer is gone, -EAGAIN when there is none,
 * -EMSGSIZE for a message over cap (it is gone). What was received still needs hf_msg_check_*. */
int hf_link_send(struct hf_link *link, const void *msg, size_t len);
ssize_t hf_link_recv(struct hf_link *link, void *buf, size_t cap);

int hf_link_socket(const struct hf_link *link);   /* for poll() */
int hf_link_doorbell(const struct hf_link *link); /* an epoll, for poll() */
uint32_t hf_link_epoch(const struct hf_link *link);
uint32_t hf_link_worker_cnt(const struct hf_link *link);

/* Miss ring i as its writer (DATAPLANE) or reader (CONTROL); the update ring the other way. */
struct hf_ring *hf_link_miss(struct hf_link *link, uint32_t worker);
struct hf_ring *hf_link_update(struct hf_link *link);

/* Before sleeping: say so, then look at the rings once more, then poll the doorbell.
 * After waking: hf_link_woke (takes the ring). */
void hf_link_sleep(struct hf_link *link);
void hf_link_woke(struct hf_link *link);

/* After a commit: wake the peer if it said that it sleeps. A system call only then. Any
 * worker may call wake_peer in the dataplane. True when the peer was rung. */
bool hf_link_wake_peer(struct hf_link *link);

void hf_link_beat(struct hf_link *link, uint64_t now_ns);
/* When the peer last beat, on CLOCK_MONOTONIC, at most now_ns; a time farther in the future
 * than one beat reads as 0. */
uint64_t hf_link_peer_beat_ns(const struct hf_link *link, uint64_t now_ns);

#endif
