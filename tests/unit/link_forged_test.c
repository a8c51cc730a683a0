/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/link/link.c: a HELLO or a WELCOME that lies is refused without a leak, and a peer that was
 * honest and is not any more cannot make the other side block. */
#include "tests/unit/link_pair.h"

enum { FD_MAX = 32 };

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_hello_that_is_none_is_refused_without_a_leak),
	    cmocka_unit_test(a_peer_of_another_version_is_told_ours),
	    cmocka_unit_test(missing_and_extra_descriptors_are_refused_and_closed),
	    cmocka_unit_test(a_welcome_whose_numbers_lie_is_refused),
	    cmocka_unit_test(memory_of_another_size_or_that_could_change_size_is_refused),
	    cmocka_unit_test(a_hijacked_control_plane_cannot_make_the_dataplane_block),
	    cmocka_unit_test(a_hijacked_dataplane_cannot_make_the_control_plane_block),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
