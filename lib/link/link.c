/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/link/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define LINK_MAGIC UINT64_C(0x314b4e494c464c48) /* "HLFLINK1" */

enum {
	LINE = 64, /* fields of different writers are on different cache lines */
	LISTEN_BACKLOG = 4,
	SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
	FD_MEM = 0,  /* descriptors that come with WELCOME, in this order */
	FD_BELL = 1, /* what the control plane sleeps on */
	FD_RING = 2, /* what the control plane rings to wake the writer */
	FD_CNT = 3,
	FD_SEEN_MAX = 16, /* so many are looked at, to be closed, from a peer that sends more */
};

struct link_shm {
	alignas(LINE) _Atomic uint64_t magic;
	uint32_t epoch;
	uint32_t worker_cnt;
	alignas(LINE) _Atomic uint64_t dataplane_beat_ns;
	alignas(LINE) _Atomic uint64_t control_beat_ns;
	alignas(LINE) _Atomic uint32_t dataplane_asleep;
	alignas(LINE) _Atomic uint32_t control_asleep;
	alignas(LINE) uint8_t rings[];
};
_Static_assert(offsetof(struct link_shm, dataplane_beat_ns) == 64, "layout in link.h");
_Static_assert(offsetof(struct link_shm, control_asleep) == 256, "layout in link.h");
_Static_assert(offsetof(struct link_shm, rings) == 320, "layout in link.h");

/* One worker's handle, on cache lines that no other worker writes. */
struct link_ring {
	alignas(LINE) struct hf_ring ring;
};

struct hf_link {
	struct link_shm *shm;
	size_t shm_len;
	int sock;
	int bell;	/* epoll over my eventfd: what I sleep on */
	int bell_event; /* my eventfd when I made it, else -1 */
	int peer_event; /* the eventfd that wakes the peer */
	uint32_t epoch;
	uint32_t worker_cnt;
	_Atomic uint64_t *my_beat, *peer_beat;
	_Atomic uint32_t *my_asleep, *peer_asleep;
	struct link_ring update;
	struct link_ring miss[HF_WORKER_MAX];
};

static int
close_fd(int fd)
{
	return fd >= 0 ? close(fd) : 0;
}

/* --- sizes: both sides compute them from worker_cnt, neither is told */

static size_t
update_len(void)
{
	return hf_ring_footprint(HF_UPDATE_SLOT_CNT, HF_UPDATE_SLOT_LEN);
}

static size_t
miss_len(void)
{
	return hf_ring_footprint(HF_MISS_SLOT_CNT, HF_MISS_SLOT_LEN);
}

_Static_assert(((size_t)HF_UPDATE_SLOT_CNT * HF_UPDATE_SLOT_LEN) % LINE == 0, "rings stay aligned");
_Static_assert(((size_t)HF_MISS_SLOT_CNT * HF_MISS_SLOT_LEN) % LINE == 0, "rings stay aligned");

static size_t
shm_len_of(uint32_t worker_cnt)
{
	return offsetof(struct link_shm, rings) + update_len() + worker_cnt * miss_len();
}

static void *
miss_at(struct link_shm *shm, uint32_t worker)
{
	return shm->rings + update_len() + worker * miss_len();
}

/* --- the socket */

static int
unix_address(const char *path, struct sockaddr_un *sa)
{
	size_t len = strlen(path);

	if (len == 0)
		return -EINVAL;
	if (len >= sizeof(sa->sun_path))
		return -ENAMETOOLONG;
	*sa = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(sa->sun_path, path, len);
	return 0;
}

static int
socket_open(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

static int
socket_connect(int fd, const struct sockaddr_un *sa)
{
	return connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) < 0 ? -errno : 0;
}

/* Who is at the other end: root, ourselves or the one allowed; anyone else is -EACCES. */
static int
peer_check(int fd, uid_t allowed)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -errno;
	if (len != sizeof(cred))
		return -EACCES;
	return cred.uid == 0 || cred.uid == geteuid() || cred.uid == allowed ? 0 : -EACCES;
}

/* Take an old socket file out of the way, if that is what is there and nobody answers. */
static int
path_clear(const char *path, const struct sockaddr_un *sa)
{
	struct stat st;
	int fd, rc;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket_open();
	if (fd < 0)
		return fd;
	rc = socket_connect(fd, sa);
	close(fd);
	if (rc != -ECONNREFUSED) /* connected, or a full backlog: somebody lives there */
		return rc == 0 || rc == -EAGAIN ? -EADDRINUSE : rc;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

int
hf_link_listen(const char *path, int *fd)
{
	struct sockaddr_un sa;
	int rc = unix_address(path, &sa);
	int sock;

	if (rc == 0)
		rc = path_clear(path, &sa);
	if (rc != 0)
		return rc;
	sock = socket_open();
	if (sock < 0)
		return sock;
	/* The file is never wider than 0660, whatever the umask; between bind and listen
	 * nobody can connect. */
	if (fchmod(sock, 0660) < 0 || bind(sock, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    chmod(path, 0660) < 0 || listen(sock, LISTEN_BACKLOG) < 0) {
		rc = -errno;
		close(sock);
		return rc;
	}
	*fd = sock;
	return 0;
}

int
hf_link_accept(int listen_fd, uid_t allowed, int *fd)
{
	int sock = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int rc;

	if (sock < 0)
		return errno == ECONNABORTED || errno == EINTR ? -EAGAIN : -errno;
	rc = peer_check(sock, allowed);
	if (rc != 0) {
		close(sock);
		return rc;
	}
	*fd = sock;
	return 0;
}

static int
send_plain(int sock, const void *msg, size_t len)
{
	ssize_t n = send(sock, msg, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n == (ssize_t)len)
		return 0;
	if (n >= 0)
		return -EIO; /* a seqpacket goes whole or not at all */
	return errno == EWOULDBLOCK || errno == ENOBUFS || errno == EINTR ? -EAGAIN : -errno;
}

/* recv has no place for descriptors: the kernel drops those that a peer sends. */
static ssize_t
recv_plain(int sock, void *buf, size_t cap)
{
	ssize_t n = recv(sock, buf, cap, MSG_TRUNC | MSG_DONTWAIT);

	if (n < 0) {
		if (errno == ECONNRESET)
			return 0;
		return errno == EWOULDBLOCK || errno == EINTR ? -EAGAIN : -errno;
	}
	return (size_t)n > cap ? -EMSGSIZE : n;
}

int
hf_link_send(struct hf_link *link, const void *msg, size_t len)
{
	if (len == 0 || len > HF_SOCKET_MSG_MAX)
		return -EMSGSIZE;
	return send_plain(link->sock, msg, len);
}

ssize_t
hf_link_recv(struct hf_link *link, void *buf, size_t cap)
{
	return recv_plain(link->sock, buf, cap);
}

/* --- the mapping */

/* An empty link with no descriptors. NULL: no memory. */
static struct hf_link *
link_create(uint32_t worker_cnt, uint32_t epoch)
{
	struct hf_link *link = aligned_alloc(alignof(struct hf_link), sizeof(*link));

	if (link == NULL)
		return NULL;
	memset(link, 0, sizeof(*link));
	link->sock = link->bell = link->bell_event = link->peer_event = -1;
	link->worker_cnt = worker_cnt;
	link->epoch = epoch;
	link->shm_len = shm_len_of(worker_cnt);
	return link;
}

void
hf_link_close(struct hf_link *link)
{
	if (link == NULL)
		return;
	if (link->shm != NULL)
		munmap(link->shm, link->shm_len);
	close_fd(link->sock);
	close_fd(link->bell);
	close_fd(link->bell_event);
	close_fd(link->peer_event);
	free(link);
}

static int
link_map(struct hf_link *link, int memfd)
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
static void
take_side(struct hf_link *link, bool dataplane)
{
	struct link_shm *shm = link->shm;

	link->my_beat = dataplane ? &shm->dataplane_beat_ns : &shm->control_beat_ns;
	link->peer_beat = dataplane ? &shm->control_beat_ns : &shm->dataplane_beat_ns;
	link->my_asleep = dataplane ? &shm->dataplane_asleep : &shm->control_asleep;
	link->peer_asleep = dataplane ? &shm->control_asleep : &shm->dataplane_asleep;
}

static int
rings_join(struct hf_link *link, bool dataplane)
{
	int rc;

	rc = dataplane ? hf_ring_join_reader(&link->update.ring, link->shm->rings, update_len(),
			     HF_UPDATE_SLOT_CNT, HF_UPDATE_SLOT_LEN)
		       : hf_ring_join_writer(&link->update.ring, link->shm->rings, update_len(),
			     HF_UPDATE_SLOT_CNT, HF_UPDATE_SLOT_LEN);
	for (uint32_t i = 0; i < link->worker_cnt && rc == 0; i++) {
		struct hf_ring *r = &link->miss[i].ring;
		void *mem = miss_at(link->shm, i);

		rc = dataplane ? hf_ring_join_writer(
				     r, mem, miss_len(), HF_MISS_SLOT_CNT, HF_MISS_SLOT_LEN)
			       : hf_ring_join_reader(
				     r, mem, miss_len(), HF_MISS_SLOT_CNT, HF_MISS_SLOT_LEN);
	}
	return rc;
}

/* --- DATAPLANE: welcome */

/* The version speaks before the length: another version may be of another length. */
static int
hello_read(int conn_fd)
{
	struct hf_msg_hello hello;
	ssize_t n = recv_plain(conn_fd, &hello, sizeof(hello));

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
	    fcntl(fd, F_ADD_SEALS, SEALS) < 0) {
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
	struct link_shm *shm = link->shm;
	uint64_t now_ns = hf_clock_mono_ns();
	int rc;

	rc = hf_ring_format(shm->rings, update_len(), HF_UPDATE_SLOT_CNT, HF_UPDATE_SLOT_LEN);
	for (uint32_t i = 0; i < link->worker_cnt && rc == 0; i++)
		rc =
		    hf_ring_format(miss_at(shm, i), miss_len(), HF_MISS_SLOT_CNT, HF_MISS_SLOT_LEN);
	if (rc != 0)
		return rc;
	shm->epoch = link->epoch;
	shm->worker_cnt = link->worker_cnt;
	/* relaxed: ordered by the magic */
	atomic_store_explicit(&shm->dataplane_beat_ns, now_ns, memory_order_relaxed);
	atomic_store_explicit(&shm->control_beat_ns, now_ns, memory_order_relaxed);
	/* release: who sees the magic sees all of the above */
	atomic_store_explicit(&shm->magic, LINK_MAGIC, memory_order_release);
	return 0;
}

/*
 * A doorbell is an eventfd under an edge-triggered epoll, and the epoll is what one sleeps on.
 * O_NONBLOCK belongs to the open file, which a descriptor sent to a peer shares: a hijacked
 * peer could clear it, and a core ringing a full counter, or the writer draining an empty
 * one, would hang in the kernel. So the control plane gets only the epoll of the eventfd that
 * cores write, and the dataplane never reads the eventfd that the control plane writes.
 */
static int
bell_make(int *event, int *bell)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET};
	int e = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int b = epoll_create1(EPOLL_CLOEXEC);
	int rc = 0;

	if (e < 0 || b < 0 || epoll_ctl(b, EPOLL_CTL_ADD, e, &ev) < 0) {
		rc = -errno;
		close_fd(e);
		close_fd(b);
		return rc;
	}
	*event = e;
	*bell = b;
	return 0;
}

static int
welcome_send(int sock, const struct hf_msg_welcome *w, const int *fds, unsigned fd_cnt)
{
	union {
		struct cmsghdr align;
		uint8_t octets[CMSG_SPACE(FD_CNT * sizeof(int))];
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
	    .shm_len = shm_len_of(offer->worker_cnt),
	    .policy_gen = offer->policy_gen,
	    .boot_ns = offer->boot_ns,
	};
}

/* Fill in link, but for the socket: memory formatted and joined, bells made, WELCOME sent. */
static int
offer_make(struct hf_link *link, int conn_fd, const struct hf_link_offer *offer)
{
	struct hf_msg_welcome w = welcome_of(offer);
	int fds[FD_CNT] = {-1, -1, -1};
	int memfd, rc;

	memfd = memory_make(link->shm_len);
	if (memfd < 0)
		return memfd;
	fds[FD_MEM] = memfd;
	rc = link_map(link, memfd);
	if (rc != 0)
		goto out;
	rc = memory_format(link);
	if (rc != 0)
		goto out;
	take_side(link, true);
	rc = rings_join(link, true);
	if (rc != 0)
		goto out;
	rc = bell_make(&link->bell_event, &link->bell);
	if (rc != 0)
		goto out;
	rc = bell_make(&link->peer_event, &fds[FD_BELL]);
	if (rc != 0)
		goto out;
	fds[FD_RING] = link->bell_event;
	rc = welcome_send(conn_fd, &w, fds, FD_CNT);
	close_fd(fds[FD_BELL]);
out:
	close_fd(memfd);
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
	link = link_create(offer->worker_cnt, offer->epoch);
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

/* --- CONTROL: connect, join */

int
hf_link_connect(const char *path, uid_t allowed, int *fd)
{
	struct hf_msg_hello hello = {
	    .head = {.type = HF_MSG_HELLO, .len = sizeof(hello)},
	    .version = HF_MSG_VERSION,
	    .pid = (uint32_t)getpid(),
	};
	struct sockaddr_un sa;
	int rc = unix_address(path, &sa);
	int sock;

	if (rc != 0)
		return rc;
	sock = socket_open();
	if (sock < 0)
		return sock;
	rc = socket_connect(sock, &sa);
	if (rc == 0)
		rc = peer_check(sock, allowed);
	if (rc == 0)
		rc = send_plain(sock, &hello, sizeof(hello));
	if (rc != 0) {
		close(sock);
		return rc;
	}
	*fd = sock;
	return 0;
}

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

/* One message with descriptors: exactly FD_CNT into fds, or none at all and an error. */
static int
welcome_recv(int sock, struct hf_msg_welcome *w, int fds[FD_CNT])
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
	if (n == (ssize_t)sizeof(*w) && cnt == FD_CNT &&
	    (mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) {
		memcpy(fds, seen, FD_CNT * sizeof(int));
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
	       w->shm_len == shm_len_of(w->worker_cnt);
}

/* Memory of the size that we compute, and that nobody can change: a file that could shrink
 * would be a SIGBUS at any later read. */
static bool
memory_ok(int memfd, size_t len)
{
	struct stat st;
	int seals = fcntl(memfd, F_GET_SEALS);

	return seals >= 0 && (seals & SEALS) == SEALS && fstat(memfd, &st) == 0 &&
	       S_ISREG(st.st_mode) && st.st_size == (off_t)len;
}

/* Map and check; the descriptors stay the caller's. */
static int
offer_take(struct hf_link *link, int memfd)
{
	int rc;

	if (!memory_ok(memfd, link->shm_len))
		return -EPROTO;
	rc = link_map(link, memfd);
	if (rc != 0)
		return rc;
	/* acquire: pairs with memory_format, what was stored before the magic is there */
	if (atomic_load_explicit(&link->shm->magic, memory_order_acquire) != LINK_MAGIC ||
	    link->shm->epoch != link->epoch || link->shm->worker_cnt != link->worker_cnt)
		return -EPROTO;
	take_side(link, false);
	rc = rings_join(link, false);
	return rc == 0 ? 0 : -EPROTO;
}

int
hf_link_join(int conn_fd, struct hf_link **out, struct hf_msg_welcome *welcome)
{
	struct hf_msg_welcome w;
	struct hf_link *link = NULL;
	int fds[FD_CNT] = {-1, -1, -1};
	int rc = welcome_recv(conn_fd, &w, fds);

	if (rc != 0)
		return rc;
	rc = -EPROTO;
	if (welcome_ok(&w)) {
		link = link_create(w.worker_cnt, w.head.epoch);
		rc = link != NULL ? offer_take(link, fds[FD_MEM]) : -ENOMEM;
	}
	close_fd(fds[FD_MEM]);
	if (rc != 0) {
		close_fd(fds[FD_BELL]);
		close_fd(fds[FD_RING]);
		hf_link_close(link);
		return rc;
	}
	link->bell = fds[FD_BELL];
	link->peer_event = fds[FD_RING];
	link->sock = conn_fd;
	hf_link_beat(link, hf_clock_mono_ns());
	*out = link;
	*welcome = w;
	return 0;
}

/* --- in use */

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
	(void)epoll_wait(link->bell, &ev, 1, 0); /* takes the edge; the counter stays unread */
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

	return beat_ns <= now_ns ? beat_ns : 0;
}
