/* SPDX-License-Identifier: BSD-3-Clause */
/* DATAPLANE's side of an attachment: make the memory, send WELCOME. */
#include "lib/link/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"

/* The version speaks before the length: another version may be of another length. */
static int
hello_read(int conn_fd)
{
	struct hf_msg_hello hello;
	ssize_t n = hf_link_recv_raw(conn_fd, &hello, sizeof(hello));

	if (n == 0)
		return -ECONNRESET;
	if (n < 0)
		return n == -EMSGSIZE ? -EPROTO : (int)n;
	if (hf_msg_check_head(&hello, (size_t)n, 0) != HF_MSG_OK ||
	    hello.head.type != HF_MSG_HELLO || hello.head.len != n)
		return -EPROTO;
	return hello.version == HF_MSG_VERSION ? 0 : -EPROTO;
}

/* Sealed memory of fixed size, all of it there: neither a peer that shrinks it nor a full
 * machine makes a core that touches it die of SIGBUS. */
static int
memory_make(size_t len)
{
	int fd = memfd_create("holdfast-link", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int rc;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)len) < 0 || fallocate(fd, 0, 0, (off_t)len) < 0 ||
	    fcntl(fd, F_ADD_SEALS, HF_LINK_SEALS) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

/* Both sides count as having beaten now: each has HF_LINK_DEAD_NS to do so itself. */
static int
memory_format(struct hf_link *link)
{
	struct hf_link_shm *shm = link->shm;
	uint64_t now_ns = hf_clock_mono_ns();
	int rc;

	rc = hf_ring_format(
	    shm->rings, hf_link_update_len(), HF_UPDATE_SLOT_CNT, HF_UPDATE_SLOT_LEN);
	for (uint32_t i = 0; i < link->worker_cnt && rc == 0; i++)
		rc = hf_ring_format(hf_link_miss_at(shm, i), hf_link_miss_len(), HF_MISS_SLOT_CNT,
		    HF_MISS_SLOT_LEN);
	if (rc != 0)
		return rc;
	shm->epoch = link->epoch;
	shm->worker_cnt = link->worker_cnt;
	/* relaxed: ordered by the magic */
	atomic_store_explicit(&shm->dataplane_beat_ns, now_ns, memory_order_relaxed);
	atomic_store_explicit(&shm->control_beat_ns, now_ns, memory_order_relaxed);
	/* release: who sees the magic sees all of the above */
	atomic_store_explicit(&shm->magic, HF_LINK_MAGIC, memory_order_release);
	return 0;
}

/*
 * A doorbell is something to ring under an edge-triggered epoll, and the epoll is what one
 * sleeps on. O_NONBLOCK belongs to the open file, which a descriptor sent to a peer shares: a
 * hijacked peer could clear it, and whoever rings a full eventfd, or drains an empty one, would
 * hang in the kernel. So the control plane gets only the epoll of the eventfd that cores
 * write; and it rings the writer by a socket of its own, where each call says MSG_DONTWAIT.
 */
static int
bell_over(int event, int *bell)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET};
	int b = epoll_create1(EPOLL_CLOEXEC);

	if (b < 0 || epoll_ctl(b, EPOLL_CTL_ADD, event, &ev) < 0) {
		int rc = -errno;

		hf_link_close_fd(b);
		return rc;
	}
	*bell = b;
	return 0;
}

/* What cores write, and what the control plane sleeps on. */
static int
control_bell_make(int *event, int *bell)
{
	*event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return *event < 0 ? -errno : bell_over(*event, bell);
}

/* What the writer sleeps on and drains, and what the control plane rings. */
static int
writer_bell_make(int *event, int *bell, int *ring)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	*event = ends[0];
	*ring = ends[1];
	return bell_over(ends[0], bell);
}

static int
welcome_send(int sock, const struct hf_msg_welcome *w, const int *fds, unsigned fd_cnt)
{
	union {
		struct cmsghdr align;
		uint8_t octets[CMSG_SPACE(HF_LINK_FD_CNT * sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)w, .iov_len = sizeof(*w)};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	if (fd_cnt > 0) {
		mh.msg_control = control.octets;
		mh.msg_controllen = CMSG_SPACE(fd_cnt * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fd_cnt * sizeof(int));
		memcpy(CMSG_DATA(c), fds, fd_cnt * sizeof(int));
	}
	n = sendmsg(sock, &mh, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	return n == (ssize_t)sizeof(*w) ? 0 : -EIO;
}

static struct hf_msg_welcome
welcome_of(const struct hf_link_offer *offer)
{
	return (struct hf_msg_welcome){
	    .head =
		{
		    .type = HF_MSG_WELCOME,
		    .len = sizeof(struct hf_msg_welcome),
		    .epoch = offer->epoch,
		},
	    .version = HF_MSG_VERSION,
	    .worker_cnt = offer->worker_cnt,
	    .shm_len = hf_link_shm_len(offer->worker_cnt),
	    .policy_gen = offer->policy_gen,
	    .boot_ns = offer->boot_ns,
	};
}

/* Fill in link, but for the socket: memory formatted and joined, bells made, WELCOME sent. */
static int
offer_make(struct hf_link *link, int conn_fd, const struct hf_link_offer *offer)
{
	struct hf_msg_welcome w = welcome_of(offer);
	int fds[HF_LINK_FD_CNT] = {-1, -1, -1};
	int memfd, rc;

	memfd = memory_make(link->shm_len);
	if (memfd < 0)
		return memfd;
	fds[HF_LINK_FD_MEM] = memfd;
	rc = hf_link_map(link, memfd);
	if (rc != 0)
		goto out;
	rc = memory_format(link);
	if (rc != 0)
		goto out;
	hf_link_take_side(link, true);
	rc = hf_link_rings_join(link, true);
	if (rc != 0)
		goto out;
	rc = writer_bell_make(&link->bell_event, &link->bell, &fds[HF_LINK_FD_RING]);
	if (rc != 0)
		goto out;
	rc = control_bell_make(&link->peer_event, &fds[HF_LINK_FD_BELL]);
	if (rc != 0)
		goto out;
	rc = welcome_send(conn_fd, &w, fds, HF_LINK_FD_CNT);
out:
	hf_link_close_fd(fds[HF_LINK_FD_BELL]);
	hf_link_close_fd(fds[HF_LINK_FD_RING]);
	hf_link_close_fd(memfd);
	return rc;
}

int
hf_link_welcome(int conn_fd, const struct hf_link_offer *offer, struct hf_link **out)
{
	struct hf_link *link;
	int rc;

	if (offer->worker_cnt == 0 || offer->worker_cnt > HF_WORKER_MAX || offer->epoch == 0)
		return -EINVAL;
	rc = hello_read(conn_fd);
	if (rc == -EPROTO) {
		/* Says our version to a peer of another one; a failure changes nothing. */
		struct hf_msg_welcome w = welcome_of(offer);
		w.worker_cnt = 0;
		w.shm_len = 0;
		(void)welcome_send(conn_fd, &w, NULL, 0);
	}
	if (rc != 0)
		return rc;
	link = hf_link_create(offer->worker_cnt, offer->epoch);
	if (link == NULL)
		return -ENOMEM;
	rc = offer_make(link, conn_fd, offer);
	if (rc != 0) {
		hf_link_close(link);
		return rc;
	}
	link->sock = conn_fd;
	*out = link;
	return 0;
}
