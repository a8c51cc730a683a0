/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/link/link.c: attaching, over real sockets and between real processes, and hostile peers.
 * What needs another uid is skipped, and says so, without root. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/link/link.h"

enum {
	WORKER_CNT = 2,
	NOBODY = 65534,
	STREAM_CNT = 20000,
	CROSS_CNT = 50000,
	WAIT_MS = 5000,
	FD_MAX = 32
};

static char dir[] = "/tmp/holdfast-link-test-XXXXXX";
static char path[64];

static int
open_fd_cnt(void)
{
	DIR *d = opendir("/proc/self/fd");
	int cnt = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		cnt++;
	closedir(d);
	return cnt;
}

static const struct hf_link_offer offer = {
    .worker_cnt = WORKER_CNT, .epoch = 7, .boot_ns = 1234, .policy_gen = 5};

/* --- both sides in one process */

struct pair {
	int listen_fd;
	struct hf_link *dp, *cp;
	struct hf_msg_welcome welcome;
};

static void
attach(struct pair *p, const struct hf_link_offer *o)
{
	int c, d;

	assert_int_equal(hf_link_connect(path, getuid(), &c), 0);
	assert_int_equal(hf_link_accept(p->listen_fd, getuid(), &d), 0);
	assert_int_equal(hf_link_join(c, &p->cp, &p->welcome), -EAGAIN);
	assert_int_equal(hf_link_welcome(d, o, &p->dp), 0);
	assert_int_equal(hf_link_join(c, &p->cp, &p->welcome), 0);
}

static void
pair_open(struct pair *p)
{
	assert_int_equal(hf_link_listen(path, &p->listen_fd), 0);
	attach(p, &offer);
}

static void
pair_close(struct pair *p)
{
	hf_link_close(p->dp);
	hf_link_close(p->cp);
	close(p->listen_fd);
	unlink(path);
}

static void
put(struct hf_ring *r, uint64_t v)
{
	uint64_t *slot = hf_ring_reserve(r);

	assert_non_null(slot);
	*slot = v;
	hf_ring_commit(r);
}

static uint64_t
get(struct hf_ring *r)
{
	uint64_t v = 0;

	return hf_ring_take(r, &v, sizeof(v)) == sizeof(v) ? v : 0;
}

static bool
readable(int fd, int wait_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, wait_ms) == 1 && (p.revents & POLLIN) != 0;
}

static void
both_sides_of_an_attachment_agree(void **state)
{
	(void)state;
	int before = open_fd_cnt();
	struct pair p;

	pair_open(&p);
	assert_int_equal(hf_link_epoch(p.cp), 7);
	assert_int_equal(hf_link_epoch(p.dp), 7);
	assert_int_equal(hf_link_worker_cnt(p.cp), WORKER_CNT);
	assert_int_equal(p.welcome.policy_gen, 5);
	assert_int_equal(p.welcome.boot_ns, 1234);
	assert_null(hf_link_miss(p.dp, WORKER_CNT));

	put(hf_link_miss(p.dp, 0), 100);
	put(hf_link_miss(p.dp, 1), 101);
	put(hf_link_update(p.cp), 102);
	assert_int_equal(get(hf_link_miss(p.cp, 1)), 101);
	assert_int_equal(get(hf_link_miss(p.cp, 0)), 100);
	assert_int_equal(get(hf_link_update(p.dp)), 102);
	assert_int_equal(get(hf_link_update(p.dp)), 0);
	pair_close(&p);
	assert_int_equal(open_fd_cnt(), before);
}

static void
socket_messages_pass_whole_and_a_gone_peer_reads_as_zero(void **state)
{
	(void)state;
	static uint8_t big[HF_SOCKET_MSG_MAX + 1];
	struct hf_msg_stats_ask ask = {.token = 9}, got;
	struct pair p;
	int sent = 0;

	pair_open(&p);
	assert_int_equal(hf_link_recv(p.dp, &got, sizeof(got)), -EAGAIN);
	assert_int_equal(hf_link_send(p.cp, &ask, sizeof(ask)), 0);
	assert_int_equal(hf_link_recv(p.dp, &got, sizeof(got)), sizeof(got));
	assert_int_equal(got.token, 9);
	assert_int_equal(hf_link_send(p.dp, big, HF_SOCKET_MSG_MAX), 0);
	assert_int_equal(hf_link_recv(p.cp, big, 100), -EMSGSIZE);
	assert_int_equal(hf_link_recv(p.cp, big, sizeof(big)), -EAGAIN);
	assert_int_equal(hf_link_send(p.cp, big, HF_SOCKET_MSG_MAX + 1), -EMSGSIZE);
	assert_int_equal(hf_link_send(p.cp, big, 0), -EMSGSIZE);
	while (hf_link_send(p.cp, big, 1000) == 0 && sent < 100000)
		sent++;
	assert_int_equal(hf_link_send(p.cp, big, 1000), -EAGAIN);
	hf_link_close(p.cp);
	p.cp = NULL;
	while (sent-- > 0)
		assert_int_equal(hf_link_recv(p.dp, big, sizeof(big)), 1000);
	assert_int_equal(hf_link_recv(p.dp, big, sizeof(big)), 0);
	assert_int_equal(hf_link_send(p.dp, &ask, sizeof(ask)), -EPIPE);
	pair_close(&p);
}

static void
only_a_sleeper_is_rung_and_only_once(void **state)
{
	(void)state;
	struct pair p;

	pair_open(&p);
	struct hf_link *side[2][2] = {{p.dp, p.cp}, {p.cp, p.dp}};
	for (int i = 0; i < 2; i++) {
		struct hf_link *sender = side[i][0], *sleeper = side[i][1];
		for (int round = 0; round < 3; round++) {
			assert_false(hf_link_wake_peer(sender));
			assert_false(readable(hf_link_doorbell(sleeper), 0));
			hf_link_sleep(sleeper);
			assert_true(hf_link_wake_peer(sender));
			assert_false(hf_link_wake_peer(sender));
			assert_true(readable(hf_link_doorbell(sleeper), 0));
			assert_true(readable(hf_link_doorbell(sleeper), 0));
			hf_link_woke(sleeper);
			assert_false(readable(hf_link_doorbell(sleeper), 0));
		}
		hf_link_sleep(sleeper); /* woken by something else */
		hf_link_woke(sleeper);
		assert_false(hf_link_wake_peer(sender));
	}
	pair_close(&p);
}

static void
beats_are_seen_and_a_beat_from_the_future_is_none(void **state)
{
	(void)state;
	uint64_t now_ns = hf_clock_mono_ns();
	struct pair p;

	pair_open(&p);
	uint64_t first_ns = hf_link_peer_beat_ns(p.cp, UINT64_MAX);
	assert_true(first_ns >= now_ns); /* attached counts as having beaten */
	assert_true(hf_link_peer_beat_ns(p.dp, UINT64_MAX) >= now_ns);
	hf_link_beat(p.dp, 1000);
	hf_link_beat(p.cp, 2000);
	assert_int_equal(hf_link_peer_beat_ns(p.cp, 1000), 1000);
	assert_int_equal(
	    hf_link_peer_beat_ns(p.cp, 999), 999); /* beat while we looked at the clock */
	hf_link_beat(p.dp, 1000 + HF_LINK_BEAT_NS);
	assert_int_equal(hf_link_peer_beat_ns(p.cp, 999), 0); /* a lie */
	hf_link_beat(p.dp, 1000);
	assert_int_equal(hf_link_peer_beat_ns(p.dp, 5000), 2000);
	pair_close(&p);
}

static void
a_second_join_finds_no_second_welcome(void **state)
{
	(void)state;
	struct hf_msg_welcome w;
	struct hf_link *again;
	struct pair p;

	pair_open(&p);
	assert_int_equal(hf_link_join(hf_link_socket(p.cp), &again, &w), -EAGAIN);
	pair_close(&p);
}

static void
every_attachment_has_memory_of_its_own(void **state)
{
	(void)state;
	struct hf_link_offer next = offer;
	struct pair p, q;

	pair_open(&p);
	q.listen_fd = p.listen_fd;
	next.epoch = 8;
	attach(&q, &next);
	assert_int_equal(hf_link_epoch(q.cp), 8);
	put(hf_link_miss(p.dp, 0), 1);
	assert_int_equal(get(hf_link_miss(q.cp, 0)), 0);
	put(hf_link_miss(q.dp, 0), 2);
	assert_int_equal(get(hf_link_miss(q.cp, 0)), 2);
	assert_int_equal(get(hf_link_miss(p.cp, 0)), 1);
	hf_link_close(q.dp);
	hf_link_close(q.cp);
	pair_close(&p);
}

/* --- the path */

static void
an_offer_outside_the_contract_is_refused(void **state)
{
	(void)state;
	static const struct hf_link_offer bad[] = {{.worker_cnt = 0, .epoch = 1},
	    {.worker_cnt = HF_WORKER_MAX + 1, .epoch = 1}, {.worker_cnt = 1, .epoch = 0}};
	struct hf_link *link;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(hf_link_welcome(-1, &bad[i], &link), -EINVAL);
}

static void
a_socket_file_is_replaced_only_when_nobody_answers_on_it(void **state)
{
	(void)state;
	char longer[200];
	struct stat st;
	int fd, other;
	mode_t old = umask(0);

	assert_int_equal(hf_link_listen(path, &fd), 0);
	umask(old);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(hf_link_listen(path, &other), -EADDRINUSE);
	close(fd);
	assert_int_equal(hf_link_connect(path, getuid(), &other), -ECONNREFUSED);
	assert_int_equal(hf_link_listen(path, &fd), 0);
	close(fd);
	unlink(path);
	assert_int_equal(hf_link_connect(path, getuid(), &other), -ENOENT);

	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(hf_link_listen(path, &fd), -EEXIST);
	assert_int_equal(stat(path, &st), 0);
	unlink(path);
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = 0;
	assert_int_equal(hf_link_listen(longer, &fd), -ENAMETOOLONG);
	assert_int_equal(hf_link_connect(longer, 0, &fd), -ENAMETOOLONG);
}

/* --- another uid */

/* Runs f in a child as nobody; returns what f returned. */
static int
as_nobody(int (*f)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
			_exit(99);
		_exit(f());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
connect_and_ask(void)
{
	int fd;

	return hf_link_connect(path, (uid_t)-1, &fd) == 0 ? 0 : 1;
}

static void
only_root_ourselves_and_the_one_allowed_get_in(void **state)
{
	(void)state;
	int listen_fd, fd, before;

	if (getuid() != 0) {
		print_message("another uid: SKIPPED, needs root\n");
		skip();
	}
	assert_int_equal(chmod(dir, 0711), 0);
	assert_int_equal(hf_link_listen(path, &listen_fd), 0);
	assert_int_equal(as_nobody(connect_and_ask), 1); /* 0660 */
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(as_nobody(connect_and_ask), 0);
	before = open_fd_cnt();
	assert_int_equal(hf_link_accept(listen_fd, getuid(), &fd), -EACCES);
	assert_int_equal(open_fd_cnt(), before);
	assert_int_equal(as_nobody(connect_and_ask), 0);
	assert_int_equal(hf_link_accept(listen_fd, NOBODY, &fd), 0);
	close(fd);
	assert_int_equal(hf_link_accept(listen_fd, NOBODY, &fd), -EAGAIN);
	close(listen_fd);
	unlink(path);
	assert_int_equal(chmod(dir, 0700), 0);
}

static void
a_dataplane_of_another_uid_is_not_believed(void **state)
{
	(void)state;
	int fd, ready[2], before, status;
	char octet;
	pid_t pid;

	if (getuid() != 0) {
		print_message("another uid: SKIPPED, needs root\n");
		skip();
	}
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (setuid(NOBODY) != 0 || hf_link_listen(path, &fd) != 0 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &octet, 1), 1);
	before = open_fd_cnt();
	assert_int_equal(hf_link_connect(path, getuid(), &fd), -EACCES);
	assert_int_equal(open_fd_cnt(), before);
	assert_int_equal(hf_link_connect(path, NOBODY, &fd), 0);
	close(fd);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(ready[0]);
	close(ready[1]);
	unlink(path);
	assert_int_equal(chmod(dir, 0700), 0);
}

/* --- hostile HELLO */

static void
socket_pair(int sv[2])
{
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sv), 0);
}

static ssize_t
send_with_fds(int sock, const void *msg, size_t len, const int *fds, unsigned fd_cnt)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(FD_MAX * sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)msg, .iov_len = len};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fd_cnt > 0) {
		mh.msg_control = control.octets;
		mh.msg_controllen = CMSG_SPACE(fd_cnt * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fd_cnt * sizeof(int));
		memcpy(CMSG_DATA(c), fds, fd_cnt * sizeof(int));
	}
	return sendmsg(sock, &mh, MSG_NOSIGNAL);
}

static unsigned
recv_with_fds(int sock, void *msg, size_t len, int *fds)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(FD_MAX * sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = msg, .iov_len = len};
	struct msghdr mh = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.octets,
	    .msg_controllen = sizeof(control.octets)};
	struct cmsghdr *c;

	assert_int_equal(recvmsg(sock, &mh, 0), len);
	c = CMSG_FIRSTHDR(&mh);
	if (c == NULL)
		return 0;
	memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	return (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
}

static const struct hf_msg_hello good_hello = {
    .head = {.type = HF_MSG_HELLO, .len = sizeof(struct hf_msg_hello)},
    .version = HF_MSG_VERSION,
    .pid = 1};

static void
a_hello_that_is_none_is_refused_without_a_leak(void **state)
{
	(void)state;
	static const int fds[4] = {0, 1, 2, 0};
	struct hf_msg_hello bad[5] = {good_hello, good_hello, good_hello, good_hello, good_hello};
	uint8_t longer[64] = {0};
	int before = open_fd_cnt(), sv[2];
	struct hf_link *link;

	bad[0].head.type = HF_MSG_WELCOME;
	bad[1].head.len = 8;
	bad[2].head.epoch = 7;
	bad[3].version = HF_MSG_VERSION + 1;
	bad[4].head.len = 4000;
	memcpy(longer, &good_hello, sizeof(good_hello));
	for (unsigned i = 0; i < 7; i++) {
		const void *msg = i < 5 ? &bad[i] : (const void *)longer;
		size_t len = i < 5 ? sizeof(bad[i]) : i == 5 ? sizeof(longer) : 5;

		socket_pair(sv);
		assert_int_equal(send_with_fds(sv[1], msg, len, fds, 4), len);
		assert_int_equal(hf_link_welcome(sv[0], &offer, &link), -EPROTO);
		close(sv[0]);
		close(sv[1]);
	}
	socket_pair(sv);
	assert_int_equal(hf_link_welcome(sv[0], &offer, &link), -EAGAIN);
	close(sv[1]);
	assert_int_equal(hf_link_welcome(sv[0], &offer, &link), -ECONNRESET);
	close(sv[0]);
	assert_int_equal(open_fd_cnt(), before);
}

static void
a_peer_of_another_version_is_told_ours(void **state)
{
	(void)state;
	struct hf_msg_hello hello = good_hello;
	struct hf_msg_welcome w;
	struct hf_link *link;
	int sv[2], fds[FD_MAX];

	hello.version = HF_MSG_VERSION + 1;
	socket_pair(sv);
	assert_int_equal(send(sv[1], &hello, sizeof(hello), 0), sizeof(hello));
	assert_int_equal(hf_link_welcome(sv[0], &offer, &link), -EPROTO);
	assert_int_equal(recv_with_fds(sv[1], &w, sizeof(w), fds), 0);
	assert_int_equal(w.version, HF_MSG_VERSION);
	assert_int_equal(w.worker_cnt, 0);
	close(sv[0]);
	close(sv[1]);
}

/* --- hostile WELCOME */

struct forged {
	struct hf_msg_welcome w;
	int fds[FD_MAX]; /* the true three, and copies of one of them behind */
	struct hf_link *dp;
	int peer;
};

/* A true WELCOME, caught on its way. */
static void
forged_open(struct forged *f)
{
	int sv[2];

	socket_pair(sv);
	assert_int_equal(send(sv[1], &good_hello, sizeof(good_hello), 0), sizeof(good_hello));
	assert_int_equal(hf_link_welcome(sv[0], &offer, &f->dp), 0);
	assert_int_equal(recv_with_fds(sv[1], &f->w, sizeof(f->w), f->fds), 3);
	for (int i = 3; i < FD_MAX; i++)
		f->fds[i] = f->fds[1];
	f->peer = sv[1];
}

static void
forged_close(struct forged *f)
{
	for (int i = 0; i < 3; i++)
		close(f->fds[i]);
	close(f->peer);
	hf_link_close(f->dp);
}

/* What a control plane makes of it; nothing of it may stay open on failure. */
static int
join_forged(const struct hf_msg_welcome *w, size_t len, const int *fds, unsigned fd_cnt)
{
	struct hf_msg_welcome got = {.version = 77};
	struct hf_link *link = NULL;
	int before = open_fd_cnt(), sv[2], rc;

	socket_pair(sv);
	assert_int_equal(send_with_fds(sv[1], w, len, fds, fd_cnt), len);
	rc = hf_link_join(sv[0], &link, &got);
	if (rc == 0)
		hf_link_close(link);
	else
		close(sv[0]);
	close(sv[1]);
	assert_int_equal(open_fd_cnt(), before);
	assert_true(rc == 0 || (link == NULL && got.version == 77));
	return rc;
}

static void
missing_and_extra_descriptors_are_refused_and_closed(void **state)
{
	(void)state;
	struct forged f;

	forged_open(&f);
	for (unsigned cnt = 0; cnt <= FD_MAX; cnt++)
		assert_int_equal(
		    join_forged(&f.w, sizeof(f.w), f.fds, cnt), cnt == 3 ? 0 : -EPROTO);
	assert_int_equal(join_forged(&f.w, sizeof(f.w) - 1, f.fds, 3), -EPROTO);
	forged_close(&f);
}

static void
a_welcome_whose_numbers_lie_is_refused(void **state)
{
	(void)state;
	struct hf_msg_welcome w[10];
	struct forged f;

	forged_open(&f);
	for (int i = 0; i < 10; i++)
		w[i] = f.w;
	w[0].version++;
	w[1].worker_cnt = 0;
	w[2].worker_cnt = HF_WORKER_MAX + 1;
	w[3].worker_cnt = UINT32_MAX;
	w[4].worker_cnt--; /* true in itself, but not of this memory */
	w[5].shm_len--;
	w[6].shm_len = UINT64_MAX;
	w[7].head.epoch = 0;
	w[8].head.epoch++;
	w[9].head.type = HF_MSG_HELLO;
	for (int i = 0; i < 10; i++)
		assert_int_equal(join_forged(&w[i], sizeof(w[i]), f.fds, 3), -EPROTO);
	assert_int_equal(join_forged(&f.w, sizeof(f.w), f.fds, 3), 0);
	forged_close(&f);
}

/* Memory with these seals; with what is in model (a memfd, -1: none) as far as it fits. */
static int
memory(size_t len, int seals, int model)
{
	int fd = memfd_create("forged", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)len), 0);
	if (model >= 0) {
		uint8_t *from = mmap(NULL, len, PROT_READ, MAP_SHARED, model, 0);
		uint8_t *to = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		assert_true(from != MAP_FAILED && to != MAP_FAILED);
		memcpy(to, from, len);
		munmap(from, len);
		munmap(to, len);
	}
	if (seals != 0)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void
memory_of_another_size_or_that_could_change_size_is_refused(void **state)
{
	(void)state;
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	struct forged f;

	forged_open(&f);
	const size_t len = f.w.shm_len;
	const int true_mem = f.fds[0];
	const int bad[] = {
	    memory(len - 1, seals, true_mem),
	    memory(len + 4096, seals, -1),
	    memory(0, seals, -1),
	    memory(len, 0, true_mem),
	    memory(len, F_SEAL_GROW | F_SEAL_SEAL, true_mem),
	    memory(len, F_SEAL_SHRINK | F_SEAL_SEAL, true_mem),
	    memory(len, F_SEAL_SHRINK | F_SEAL_GROW, true_mem),
	    memory(len, seals, -1), /* in order but for what is in it: no magic */
	    memory(len, seals | F_SEAL_WRITE, true_mem),
	    open("/dev/zero", O_RDWR | O_CLOEXEC),
	    open(dir, O_RDONLY | O_CLOEXEC),
	    eventfd(0, EFD_CLOEXEC),
	};
	const int copy = memory(len, seals, true_mem);
	const int good[3] = {copy, f.fds[1], f.fds[2]};

	assert_int_equal(join_forged(&f.w, sizeof(f.w), good, 3), 0);
	close(copy);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const int fds[3] = {bad[i], f.fds[1], f.fds[2]};

		assert_true(bad[i] >= 0);
		assert_true(join_forged(&f.w, sizeof(f.w), fds, 3) < 0);
		close(bad[i]);
	}
	forged_close(&f);
}

/* O_NONBLOCK is the open file's, not the descriptor's: whoever shares the file can clear it. */
static void
a_hijacked_control_plane_cannot_make_the_dataplane_block(void **state)
{
	(void)state;
	uint64_t most = UINT64_MAX - 1;
	struct forged f;

	forged_open(&f);
	alarm(5); /* a hang is a failure too */
	for (int i = 1; i < 3; i++)
		assert_int_equal(fcntl(f.fds[i], F_SETFL, 0), 0);
	hf_link_woke(f.dp);                                    /* nothing to drain */
	assert_true(write(f.fds[1], &most, sizeof(most)) < 0); /* not an eventfd */
	assert_int_equal(write(f.fds[2], &most, sizeof(most)), sizeof(most));
	hf_link_sleep(f.dp);
	assert_true(readable(hf_link_doorbell(f.dp), 0));
	hf_link_woke(f.dp);
	assert_false(readable(hf_link_doorbell(f.dp), 0));
	/* The control plane's own sleep mark is its own to set, always: every wake rings. */
	uint8_t *shm = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, f.fds[0], 0);
	assert_true(shm != MAP_FAILED);
	for (int i = 0; i < 1000; i++) {
		shm[256] = 1;
		assert_true(hf_link_wake_peer(f.dp));
	}
	munmap(shm, 4096);
	alarm(0);
	forged_close(&f);
}

/* A bell that nobody answers, whose file the peer made block: the ring is lost, no more. */
static void
a_hijacked_dataplane_cannot_make_the_control_plane_block(void **state)
{
	(void)state;
	struct forged f;
	struct hf_link *cp = NULL;
	struct hf_msg_welcome w;
	int pair[2];
	const uint64_t most = UINT64_MAX - 1;
	int full = eventfd(0, EFD_CLOEXEC);

	forged_open(&f);
	alarm(5); /* a hang is a failure too */
	assert_int_equal(write(full, &most, sizeof(most)), sizeof(most));
	const int rings[] = {f.fds[2], full};
	for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
		const int fds[3] = {f.fds[0], f.fds[1], rings[i]};

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
		assert_int_equal(send_with_fds(pair[0], &f.w, sizeof(f.w), fds, 3), sizeof(f.w));
		assert_int_equal(hf_link_join(pair[1], &cp, &w), 0);
		assert_int_equal(fcntl(rings[i], F_SETFL, 0), 0);
		for (int n = 0; n < 100000; n++) {
			hf_link_sleep(f.dp); /* and never wakes */
			(void)hf_link_wake_peer(cp);
		}
		hf_link_close(cp);
		close(pair[0]);
	}
	alarm(0);
	close(full);
	forged_close(&f);
}

/* --- two processes */

/* Sleep as the programs do: say so, look again, poll. False: nobody rang. */
static bool
wait_for(struct hf_link *link, struct hf_ring *r)
{
	bool rung = true;

	hf_link_sleep(link);
	if (!hf_ring_ready(r))
		rung = readable(hf_link_doorbell(link), WAIT_MS);
	hf_link_woke(link);
	return rung;
}

/* Send back what comes, plus one, over the other ring, until 0 comes. */
static int
echo(struct hf_link *link, struct hf_ring *in, struct hf_ring *out)
{
	uint64_t v;

	for (;;) {
		if (hf_ring_take(in, &v, sizeof(v)) == 0) {
			if (!wait_for(link, in))
				return 1;
			continue;
		}
		if (v == 0)
			return 0;
		uint64_t *slot = hf_ring_reserve(out);
		if (slot == NULL)
			return 2;
		*slot = v + 1;
		hf_ring_commit(out);
		hf_link_wake_peer(link);
	}
}

static struct hf_link *
control_attach(void)
{
	struct hf_msg_welcome w;
	struct hf_link *link = NULL;
	int fd;

	if (hf_link_connect(path, getuid(), &fd) != 0 || !readable(fd, WAIT_MS) ||
	    hf_link_join(fd, &link, &w) != 0)
		return NULL;
	return link;
}

static struct hf_link *
dataplane_attach(int listen_fd, uint32_t epoch)
{
	struct hf_link_offer o = offer;
	struct hf_link *link = NULL;
	int fd;

	o.epoch = epoch;
	if (!readable(listen_fd, WAIT_MS) || hf_link_accept(listen_fd, getuid(), &fd) != 0 ||
	    !readable(fd, WAIT_MS) || hf_link_welcome(fd, &o, &link) != 0)
		return NULL;
	return link;
}

static pid_t
control_fork(int listen_fd)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid != 0)
		return pid;
	close(listen_fd);
	struct hf_link *link = control_attach();
	_exit(link == NULL ? 3 : echo(link, hf_link_miss(link, 1), hf_link_update(link)));
}

static void
no_wake_up_is_lost_between_two_processes(void **state)
{
	(void)state;
	int listen_fd, status;
	uint64_t got;

	assert_int_equal(hf_link_listen(path, &listen_fd), 0);
	pid_t pid = control_fork(listen_fd);
	struct hf_link *dp = dataplane_attach(listen_fd, 1);
	assert_non_null(dp);
	for (uint64_t v = 1; v <= STREAM_CNT; v++) {
		put(hf_link_miss(dp, 1), v);
		hf_link_wake_peer(dp);
		while (hf_ring_take(hf_link_update(dp), &got, sizeof(got)) == 0)
			assert_true(wait_for(dp, hf_link_update(dp)));
		assert_int_equal(got, v + 1);
	}
	put(hf_link_miss(dp, 1), 0);
	hf_link_wake_peer(dp);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(hf_link_recv(dp, &got, sizeof(got)), 0);
	hf_link_close(dp);
	close(listen_fd);
	unlink(path);
}

/* Each message leaves just as the reader, having read the one before, goes to sleep. */
static void
no_wake_up_is_lost_when_sleep_and_message_cross(void **state)
{
	(void)state;
	_Atomic uint64_t *seen =
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int listen_fd, status;

	assert_true(seen != MAP_FAILED);
	assert_int_equal(hf_link_listen(path, &listen_fd), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(listen_fd);
		struct hf_link *cp = control_attach();
		if (cp == NULL)
			_exit(3);
		for (uint64_t n = 0; n < CROSS_CNT;) {
			if (get(hf_link_miss(cp, 0)) != 0)
				*seen = ++n;
			else if (!wait_for(cp, hf_link_miss(cp, 0)))
				_exit(1);
		}
		_exit(0);
	}
	struct hf_link *dp = dataplane_attach(listen_fd, 1);
	assert_non_null(dp);
	srandom(5);
	for (uint64_t n = 0; n < CROSS_CNT; n++) {
		for (uint64_t start_ns = hf_clock_mono_ns(); *seen < n;) {
			if (hf_clock_mono_ns() - start_ns > 2 * WAIT_MS * HF_NS_PER_MS)
				fail_msg("message %lu was not read", (unsigned long)n);
		}
		for (volatile long spin = random() % 256; spin > 0; spin--)
			;
		put(hf_link_miss(dp, 0), 1);
		hf_link_wake_peer(dp);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	hf_link_close(dp);
	close(listen_fd);
	munmap((void *)(uintptr_t)seen, 4096);
	unlink(path);
}

static void
a_killed_control_plane_is_noticed_and_attaches_again_to_fresh_memory(void **state)
{
	(void)state;
	int listen_fd, status;
	uint64_t got;

	assert_int_equal(hf_link_listen(path, &listen_fd), 0);
	for (uint32_t epoch = 1; epoch <= 3; epoch++) {
		pid_t pid = control_fork(listen_fd);
		struct hf_link *dp = dataplane_attach(listen_fd, epoch);
		assert_non_null(dp);
		assert_int_equal(hf_link_epoch(dp), epoch);
		assert_false(hf_ring_ready(hf_link_update(dp)));
		put(hf_link_miss(dp, 1), 50);
		hf_link_wake_peer(dp);
		assert_true(wait_for(dp, hf_link_update(dp)));
		for (uint64_t i = 1; i < 1000; i++)
			put(hf_link_miss(dp, 1), i); /* in the middle of these */
		hf_link_wake_peer(dp);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(readable(hf_link_socket(dp), WAIT_MS));
		assert_int_equal(hf_link_recv(dp, &got, sizeof(got)), 0);
		put(hf_link_miss(dp, 1), 1); /* the rings outlive the peer */
		hf_link_wake_peer(dp);
		hf_link_close(dp);
	}
	close(listen_fd);
	unlink(path);
}

static void
a_killed_dataplane_is_noticed_and_its_memory_stays_readable(void **state)
{
	(void)state;
	int status, listen_fd, ready[2];
	uint64_t got;
	char octet;

	assert_int_equal(pipe(ready), 0);
	for (uint32_t epoch = 1; epoch <= 2; epoch++) {
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			if (hf_link_listen(path, &listen_fd) != 0 || write(ready[1], "x", 1) != 1)
				_exit(1);
			struct hf_link *dp = dataplane_attach(listen_fd, epoch);
			if (dp == NULL)
				_exit(2);
			for (uint64_t v = 1;;) {
				uint64_t *slot = hf_ring_reserve(hf_link_miss(dp, 0));
				if (slot == NULL)
					continue;
				*slot = v++;
				hf_ring_commit(hf_link_miss(dp, 0));
				hf_link_wake_peer(dp);
			}
		}
		assert_int_equal(read(ready[0], &octet, 1), 1);
		struct hf_link *cp = control_attach();
		assert_non_null(cp);
		assert_int_equal(hf_link_epoch(cp), epoch);
		for (uint64_t want = 1; want < 1000;) {
			got = get(hf_link_miss(cp, 0));
			if (got != 0)
				assert_int_equal(got, want++);
			else
				assert_true(wait_for(cp, hf_link_miss(cp, 0)));
		}
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		for (uint64_t last = 999; (got = get(hf_link_miss(cp, 0))) != 0; last++)
			assert_int_equal(got, last + 1);
		assert_int_equal(hf_link_recv(cp, &got, sizeof(got)), 0);
		put(hf_link_update(cp), 1);
		hf_link_sleep(cp);
		hf_link_wake_peer(cp);
		hf_link_close(cp);
	}
	close(ready[0]);
	close(ready[1]);
	unlink(path);
}

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/link", dir);
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_sides_of_an_attachment_agree),
	    cmocka_unit_test(socket_messages_pass_whole_and_a_gone_peer_reads_as_zero),
	    cmocka_unit_test(only_a_sleeper_is_rung_and_only_once),
	    cmocka_unit_test(beats_are_seen_and_a_beat_from_the_future_is_none),
	    cmocka_unit_test(a_second_join_finds_no_second_welcome),
	    cmocka_unit_test(every_attachment_has_memory_of_its_own),
	    cmocka_unit_test(an_offer_outside_the_contract_is_refused),
	    cmocka_unit_test(a_socket_file_is_replaced_only_when_nobody_answers_on_it),
	    cmocka_unit_test(only_root_ourselves_and_the_one_allowed_get_in),
	    cmocka_unit_test(a_dataplane_of_another_uid_is_not_believed),
	    cmocka_unit_test(a_hello_that_is_none_is_refused_without_a_leak),
	    cmocka_unit_test(a_peer_of_another_version_is_told_ours),
	    cmocka_unit_test(missing_and_extra_descriptors_are_refused_and_closed),
	    cmocka_unit_test(a_welcome_whose_numbers_lie_is_refused),
	    cmocka_unit_test(memory_of_another_size_or_that_could_change_size_is_refused),
	    cmocka_unit_test(a_hijacked_control_plane_cannot_make_the_dataplane_block),
	    cmocka_unit_test(a_hijacked_dataplane_cannot_make_the_control_plane_block),
	    cmocka_unit_test(no_wake_up_is_lost_between_two_processes),
	    cmocka_unit_test(no_wake_up_is_lost_when_sleep_and_message_cross),
	    cmocka_unit_test(a_killed_control_plane_is_noticed_and_attaches_again_to_fresh_memory),
	    cmocka_unit_test(a_killed_dataplane_is_noticed_and_its_memory_stays_readable),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
