/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/link/link.c: between real processes: no wake-up is lost, and a killed one is noticed. */
#include "tests/unit/link_pair.h"

enum { STREAM_CNT = 20000, CROSS_CNT = 50000, WAIT_MS = 5000 };

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_wake_up_is_lost_between_two_processes),
	    cmocka_unit_test(no_wake_up_is_lost_when_sleep_and_message_cross),
	    cmocka_unit_test(a_killed_control_plane_is_noticed_and_attaches_again_to_fresh_memory),
	    cmocka_unit_test(a_killed_dataplane_is_noticed_and_its_memory_stays_readable),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
