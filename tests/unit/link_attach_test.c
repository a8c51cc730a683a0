/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/link/link.c: attaching over real sockets. What needs another uid is skipped, and says so,
 * without root. Hostile peers: link_forged_test.c; real processes: link_process_test.c. */
#include "tests/unit/link_pair.h"

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
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
