/* SPDX-License-Identifier: BSD-3-Clause */
/* CONTROL's side of an attachment: read WELCOME, believe none of it. */
#include "lib/link/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"

enum { FD_SEEN_MAX = 16 }; /* so many are looked at, to be closed, from a peer that sends more */

/* Every descriptor in a received message; no more than FD_SEEN_MAX can be in it. */
static unsigned
fds_of(struct msghdr *mh, int fds[FD_SEEN_MAX])
{
	unsigned cnt = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c != NULL; c = CMSG_NXTHDR(mh, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t here = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < here && cnt < FD_SEEN_MAX; i++, cnt++)
			memcpy(&fds[cnt], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
	}
	return cnt;
}

/* One message with descriptors: exactly HF_LINK_FD_CNT into fds, or none at all and an error. */
static int
welcome_recv(int sock, struct hf_msg_welcome *w, int fds[HF_LINK_FD_CNT])
{
	union {
		struct cmsghdr align;
		uint8_t octets[CMSG_SPACE(FD_SEEN_MAX * sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = w, .iov_len = sizeof(*w)};
	struct msghdr mh = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.octets,
	    .msg_controllen = sizeof(control.octets),
	};
	int seen[FD_SEEN_MAX];
	ssize_t n = recvmsg(sock, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0)
		return errno == EWOULDBLOCK || errno == EINTR ? -EAGAIN : -errno;
	unsigned cnt = fds_of(&mh, seen);
	if (n == (ssize_t)sizeof(*w) && cnt == HF_LINK_FD_CNT &&
	    (mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) {
		memcpy(fds, seen, HF_LINK_FD_CNT * sizeof(int));
		return 0;
	}
	for (unsigned i = 0; i < cnt; i++)
		close(seen[i]);
	return n == 0 && cnt == 0 ? -ECONNRESET : -EPROTO;
}

static bool
welcome_ok(const struct hf_msg_welcome *w)
{
	if (hf_msg_check_head(w, sizeof(*w), w->head.epoch) != HF_MSG_OK ||
	    w->head.type != HF_MSG_WELCOME || w->head.epoch == 0 || w->version != HF_MSG_VERSION)
		return false;
	return w->worker_cnt > 0 && w->worker_cnt <= HF_WORKER_MAX &&
	    w->shm_len == hf_link_shm_len(w->worker_cnt);
}

/* Memory of the size that we compute, and that nobody can change: a file that could shrink
 * would be a SIGBUS at any later read. */
static bool
memory_ok(int memfd, size_t len)
{
	struct stat st;
	int seals = fcntl(memfd, F_GET_SEALS);

	return seals >= 0 && (seals & HF_LINK_SEALS) == HF_LINK_SEALS && fstat(memfd, &st) == 0 &&
	    S_ISREG(st.st_mode) && st.st_size == (off_t)len;
}

/* Map and check; the descriptors stay the caller's. */
static int
offer_take(struct hf_link *link, int memfd)
{
	int rc;

	if (!memory_ok(memfd, link->shm_len))
		return -EPROTO;
	rc = hf_link_map(link, memfd);
	if (rc != 0)
		return rc;
	/* acquire: pairs with memory_format, what was stored before the magic is there */
	if (atomic_load_explicit(&link->shm->magic, memory_order_acquire) != HF_LINK_MAGIC ||
	    link->shm->epoch != link->epoch || link->shm->worker_cnt != link->worker_cnt)
		return -EPROTO;
	hf_link_take_side(link, false);
	rc = hf_link_rings_join(link, false);
	return rc == 0 ? 0 : -EPROTO;
}

int
hf_link_join(int conn_fd, struct hf_link **out, struct hf_msg_welcome *welcome)
{
	struct hf_msg_welcome w;
	struct hf_link *link = NULL;
	int fds[HF_LINK_FD_CNT] = {-1, -1, -1};
	int rc = welcome_recv(conn_fd, &w, fds);

	if (rc != 0)
		return rc;
	rc = -EPROTO;
	if (welcome_ok(&w)) {
		link = hf_link_create(w.worker_cnt, w.head.epoch);
		rc = link != NULL ? offer_take(link, fds[HF_LINK_FD_MEM]) : -ENOMEM;
	}
	hf_link_close_fd(fds[HF_LINK_FD_MEM]);
	if (rc != 0) {
		hf_link_close_fd(fds[HF_LINK_FD_BELL]);
		hf_link_close_fd(fds[HF_LINK_FD_RING]);
		hf_link_close(link);
		return rc;
	}
	link->bell = fds[HF_LINK_FD_BELL];
	link->peer_event = fds[HF_LINK_FD_RING];
	link->sock = conn_fd;
	hf_link_beat(link, hf_clock_mono_ns());
	*out = link;
	*welcome = w;
	return 0;
}
