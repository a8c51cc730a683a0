/* SPDX-License-Identifier: BSD-3-Clause */
/* Exchanges with servers, against sockets of this test on 127.0.0.1. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "controlplane/upstream.h"
#include "lib/base/clock.h"

static struct event_base *base;
static struct cp_upstream *up;
static struct cp_counters counters;

static struct {
	unsigned replies, failures;
	uint64_t exchange;
	enum cp_fail why;
	size_t len;
	uint8_t msg[70000];
	bool cancel_at_once;
	bool poor;   /* nothing may be sent again */
	bool inside; /* a call of ours is on the stack: no callback may come */
} got;

static void
on_reply(void *arg, uint64_t exchange, const uint8_t *msg, size_t len)
{
	(void)arg;
	assert_false(got.inside);
	got.replies++;
	got.exchange = exchange;
	got.len = len;
	memcpy(got.msg, msg, len);
	if (got.cancel_at_once)
		cp_upstream_cancel(up, exchange);
}

static void
on_failed(void *arg, uint64_t exchange, enum cp_fail why)
{
	(void)arg;
	assert_false(got.inside);
	got.failures++;
	got.exchange = exchange;
	got.why = why;
}

static bool
on_again(void *arg, uint64_t exchange)
{
	(void)arg;
	(void)exchange;
	return !got.poor;
}

static const struct cp_upstream_ops ops = {
    .reply = on_reply, .failed = on_failed, .again = on_again};

static int
set_up(void **state)
{

	(void)state;
	memset(&got, 0, sizeof(got));
	memset(&counters, 0, sizeof(counters));
	base = event_base_new();
	up = cp_upstream_create(base, 4, &ops, &counters);
	return up != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	cp_upstream_destroy(up);
	event_base_free(base);
	return 0;
}

/* A socket of the "server", and its address. */
static int
server(int type, struct hf_addr *a)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, type, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	assert_int_equal(hf_addr_from_sockaddr((struct sockaddr *)&sin, len, a), 0);
	return fd;
}

static void
send_to(const struct hf_addr *a, enum cp_transport transport, uint64_t exchange, unsigned ms)
{
	struct cp_send s = {
	    .exchange = exchange,
	    .server = *a,
	    .transport = transport,
	    .msg = (const uint8_t *)"a question",
	    .len = 10,
	    .timeout_ns = ms * HF_NS_PER_MS,
	};

	got.inside = true;
	cp_upstream_send(up, &s);
	got.inside = false;
}

/* Run the loop until something was heard, or for so long. */
static void
run(unsigned ms)
{
	uint64_t end = hf_clock_mono_ns() + ms * HF_NS_PER_MS;
	unsigned before = got.replies + got.failures;

	while (hf_clock_mono_ns() < end && got.replies + got.failures == before) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(500);
	}
}

static void
a_packet_comes_back_from_a_random_port_of_the_range(void **state)
{
	struct hf_addr a;
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint8_t msg[64];
	uint16_t first = 0;
	bool differ = false;
	int fd = server(SOCK_DGRAM, &a);

	(void)state;
	got.cancel_at_once = true;
	for (uint64_t i = 1; i <= 16; i++) {
		send_to(&a, CP_UDP, i, 1000);
		assert_int_equal(
		    recvfrom(fd, msg, sizeof(msg), 0, (struct sockaddr *)&from, &len), 10);
		assert_true(ntohs(from.sin_port) >= CP_UPSTREAM_PORT_MIN);
		differ = differ || (first != 0 && ntohs(from.sin_port) != first);
		first = ntohs(from.sin_port);
		assert_int_equal(sendto(fd, "reply", 5, 0, (struct sockaddr *)&from, len), 5);
		run(1000);
		assert_int_equal(got.replies, i);
		assert_int_equal(got.exchange, i);
		assert_memory_equal(got.msg, "reply", 5);
		assert_int_equal(cp_upstream_cnt(up), 0);
	}
	assert_true(differ);
	close(fd);
}

static void
an_exchange_stays_open_for_a_second_packet_until_it_times_out(void **state)
{
	struct hf_addr a;
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint8_t msg[64];
	int fd = server(SOCK_DGRAM, &a);

	(void)state;
	send_to(&a, CP_UDP, 9, 150);
	assert_int_equal(recvfrom(fd, msg, sizeof(msg), 0, (struct sockaddr *)&from, &len), 10);
	assert_int_equal(sendto(fd, "forged", 6, 0, (struct sockaddr *)&from, len), 6);
	run(1000);
	assert_int_equal(sendto(fd, "right", 5, 0, (struct sockaddr *)&from, len), 5);
	run(1000);
	assert_int_equal(got.replies, 2);
	run(1000);
	assert_int_equal(got.failures, 1);
	assert_int_equal(got.why, CP_FAIL_TIMEOUT);
	assert_int_equal(counters.v[CP_COUNTER_up_timeout], 1);
	assert_int_equal(cp_upstream_cnt(up), 0);
	close(fd);
}

static void
a_packet_from_another_address_is_never_seen(void **state)
{
	struct hf_addr a, other;
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint8_t msg[64];
	int fd = server(SOCK_DGRAM, &a), spoofer = server(SOCK_DGRAM, &other);

	(void)state;
	send_to(&a, CP_UDP, 9, 100);
	assert_int_equal(recvfrom(fd, msg, sizeof(msg), 0, (struct sockaddr *)&from, &len), 10);
	assert_int_equal(sendto(spoofer, "forged", 6, 0, (struct sockaddr *)&from, len), 6);
	run(1000);
	assert_int_equal(got.replies, 0);
	assert_int_equal(got.failures, 1);
	close(fd);
	close(spoofer);
}

static void
a_closed_port_is_unreachable_at_once(void **state)
{
	struct hf_addr a;

	(void)state;
	close(server(SOCK_DGRAM, &a));
	send_to(&a, CP_UDP, 1, 5000);
	run(1000);
	assert_int_equal(got.failures, 1);
	assert_int_equal(got.why, CP_FAIL_UNREACHABLE);
	close(server(SOCK_STREAM, &a));
	send_to(&a, CP_TCP, 2, 5000);
	run(1000);
	assert_int_equal(got.failures, 2);
	assert_int_equal(got.exchange, 2);
	assert_int_equal(got.why, CP_FAIL_UNREACHABLE);
}

static void
beyond_the_bound_an_exchange_fails_for_our_own_shortage(void **state)
{
	struct hf_addr a;
	int fd = server(SOCK_DGRAM, &a);

	(void)state;
	for (uint64_t i = 1; i <= 4; i++)
		send_to(&a, CP_UDP, i, 5000);
	send_to(&a, CP_UDP, 5, 5000);
	run(1000);
	assert_int_equal(got.failures, 1);
	assert_int_equal(got.exchange, 5);
	assert_int_equal(got.why, CP_FAIL_LOCAL);
	assert_int_equal(cp_upstream_cnt(up), 4);
	close(fd);
}

static void
a_cancelled_exchange_is_never_heard_of_again(void **state)
{
	struct hf_addr a;
	int fd = server(SOCK_DGRAM, &a);

	(void)state;
	send_to(&a, CP_UDP, 1, 20);
	cp_upstream_cancel(up, 1);
	cp_upstream_cancel(up, 1);
	cp_upstream_cancel(up, 77);
	run(60);
	assert_int_equal(got.replies + got.failures, 0);
	close(fd);
}

/* The server's side of a TCP exchange: accepts and checks the framed question. */
static int
take_stream(int fd)
{
	uint8_t msg[64];
	int conn;

	for (int i = 0; i < 20; i++) /* let the connect finish */
		event_base_loop(base, EVLOOP_NONBLOCK);
	conn = accept(fd, NULL, NULL);
	for (int i = 0; i < 20; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(recv(conn, msg, 12, MSG_WAITALL), 12);
	assert_memory_equal(msg,
	    "\x00\x0a"
	    "a question",
	    12);
	return conn;
}

static void
a_reply_over_tcp_may_come_octet_by_octet(void **state)
{
	static const char reply[] = "\x00\x0d"
				    "a right reply";
	struct hf_addr a;
	int fd = server(SOCK_STREAM, &a);

	(void)state;
	got.cancel_at_once = true;
	send_to(&a, CP_TCP, 3, 2000);
	int conn = take_stream(fd);
	for (size_t i = 0; i < 15; i++) {
		assert_int_equal(got.replies, 0);
		assert_int_equal(send(conn, reply + i, 1, 0), 1);
		for (int turn = 0; turn < 10; turn++)
			event_base_loop(base, EVLOOP_NONBLOCK);
	}
	run(1000);
	assert_int_equal(got.replies, 1);
	assert_int_equal(got.len, 13);
	assert_memory_equal(got.msg, "a right reply", 13);
	assert_int_equal(cp_upstream_cnt(up), 0);
	close(conn);
	close(fd);
}

static void
the_largest_message_comes_whole_over_tcp(void **state)
{
	static uint8_t reply[2 + 65535];
	struct hf_addr a;
	int fd = server(SOCK_STREAM, &a);
	size_t off = 0;

	(void)state;
	memset(reply, 0x5a, sizeof(reply));
	reply[0] = reply[1] = 0xff;
	memcpy(reply + 2, "a ", 2); /* the ID of the question */
	got.cancel_at_once = true;
	send_to(&a, CP_TCP, 3, 2000);
	int conn = take_stream(fd);
	while (off < sizeof(reply)) {
		ssize_t n = send(conn, reply + off, sizeof(reply) - off, MSG_DONTWAIT);

		off += n > 0 ? (size_t)n : 0;
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	if (got.replies == 0)
		run(1000);
	assert_int_equal(got.replies, 1);
	assert_int_equal(got.len, 65535);
	assert_int_equal(got.msg[65534], 0x5a);
	close(conn);
	close(fd);
}

static void
a_connection_closed_before_the_whole_reply_is_a_reset(void **state)
{
	struct hf_addr a;
	int fd = server(SOCK_STREAM, &a);

	(void)state;
	send_to(&a, CP_TCP, 4, 2000);
	int conn = take_stream(fd);
	assert_int_equal(send(conn, "\x00\x05rig", 5, 0), 5);
	close(conn);
	run(1000);
	assert_int_equal(got.replies, 0);
	assert_int_equal(got.failures, 1);
	assert_int_equal(got.why, CP_FAIL_RESET);
	close(fd);
}

static void
a_server_that_accepts_and_says_nothing_times_out(void **state)
{
	struct hf_addr a;
	int fd = server(SOCK_STREAM, &a);

	(void)state;
	send_to(&a, CP_TCP, 5, 60);
	run(1000);
	assert_int_equal(got.failures, 1);
	assert_int_equal(got.why, CP_FAIL_TIMEOUT);
	close(fd);
}

/* --- connections that carry several queries --- */

static void
turn(void)
{
	for (int i = 0; i < 40; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

/* A question of 12 octets that begins with this ID. */
static void
ask_tcp(const struct hf_addr *a, uint16_t id, uint64_t exchange, unsigned ms)
{
	uint8_t msg[12] = {(uint8_t)(id >> 8), (uint8_t)id};
	struct cp_send s = {exchange, *a, CP_TCP, msg, sizeof(msg), ms * HF_NS_PER_MS};

	got.inside = true;
	cp_upstream_send(up, &s);
	got.inside = false;
	turn();
}

static void
reply_tcp(int conn, uint16_t id, uint8_t mark)
{
	uint8_t frame[15] = {0, 13, (uint8_t)(id >> 8), (uint8_t)id};

	frame[14] = mark;
	assert_int_equal(send(conn, frame, sizeof(frame), 0), sizeof(frame));
	turn();
}

static int
take_conn(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	turn();
	return poll(&p, 1, 0) == 1 ? accept4(fd, NULL, NULL, SOCK_NONBLOCK) : -1;
}

/* Octets that wait to be read. */
static size_t
drain(int conn)
{
	uint8_t buf[4096];
	ssize_t n = recv(conn, buf, sizeof(buf), MSG_DONTWAIT);

	return n > 0 ? (size_t)n : 0;
}

static void
queries_share_a_connection_and_replies_find_their_own_in_any_order(void **state)
{
	struct hf_addr a;
	int fd = server(SOCK_STREAM, &a);

	(void)state;
	got.cancel_at_once = true;
	ask_tcp(&a, 0x101, 1, 5000);
	ask_tcp(&a, 0x102, 2, 5000);
	ask_tcp(&a, 0x103, 3, 5000);
	int conn = take_conn(fd);

	assert_true(conn >= 0);
	assert_int_equal(take_conn(fd), -1);
	turn();
	assert_int_equal(drain(conn), 3 * 14);
	reply_tcp(conn, 0x103, 33);
	assert_int_equal(got.exchange, 3);
	assert_int_equal(got.msg[12], 33);
	reply_tcp(conn, 0x101, 11);
	assert_int_equal(got.exchange, 1);
	reply_tcp(conn, 0x777, 77); /* nobody's */
	assert_int_equal(got.replies, 2);
	assert_int_equal(counters.v[CP_COUNTER_up_tcp_stray], 1);
	reply_tcp(conn, 0x102, 22);
	assert_int_equal(got.exchange, 2);
	ask_tcp(&a, 0x104, 4, 5000); /* the next finds it open */
	assert_int_equal(drain(conn), 14);
	reply_tcp(conn, 0x104, 44);
	assert_int_equal(got.exchange, 4);
	assert_int_equal(counters.v[CP_COUNTER_up_tcp_opened], 1);
	assert_int_equal(counters.v[CP_COUNTER_up_tcp_reused], 3);
	close(conn);
	close(fd);
}

static void
two_queries_with_one_id_never_share_a_connection(void **state)
{
	struct hf_addr a;
	int fd = server(SOCK_STREAM, &a);

	(void)state;
	got.cancel_at_once = true;
	ask_tcp(&a, 0x101, 1, 5000);
	ask_tcp(&a, 0x101, 2, 5000);
	int one = take_conn(fd), two = take_conn(fd);

	assert_true(one >= 0 && two >= 0);
	turn();
	assert_int_equal(drain(one), 14);
	assert_int_equal(drain(two), 14);
	reply_tcp(two, 0x101, 22);
	assert_int_equal(got.exchange, 2);
	reply_tcp(one, 0x101, 11);
	assert_int_equal(got.exchange, 1);
	close(one);
	close(two);
	close(fd);
}

static void
a_connection_that_worked_and_is_closed_costs_one_retry_that_nobody_sees(void **state)
{
	struct hf_addr a;
	int fd = server(SOCK_STREAM, &a);

	(void)state;
	got.cancel_at_once = true;
	ask_tcp(&a, 0x101, 1, 5000);
	int conn = take_conn(fd);

	turn();
	reply_tcp(conn, 0x101, 11);
	ask_tcp(&a, 0x102, 2, 5000);
	close(conn); /* with a query unread: a reset */
	turn();
	conn = take_conn(fd);
	assert_true(conn >= 0);
	assert_int_equal(got.failures, 0);
	turn();
	assert_int_equal(drain(conn), 14);
	reply_tcp(conn, 0x102, 22);
	assert_int_equal(got.exchange, 2);
	assert_int_equal(counters.v[CP_COUNTER_up_tcp_retry], 1);
	ask_tcp(&a, 0x103, 3, 5000);
	close(conn);
	turn();
	close(take_conn(fd)); /* the retry is closed too, and has not worked */
	turn();
	run(1000);
	assert_int_equal(got.failures, 1);
	assert_int_equal(got.exchange, 3);
	assert_int_equal(got.why, CP_FAIL_RESET);
	close(fd);
}

static void
who_cannot_afford_a_retry_has_none(void **state)
{
	struct hf_addr a;
	int fd = server(SOCK_STREAM, &a);

	(void)state;
	got.cancel_at_once = got.poor = true;
	ask_tcp(&a, 0x101, 1, 5000);
	int conn = take_conn(fd);

	turn();
	reply_tcp(conn, 0x101, 11);
	ask_tcp(&a, 0x102, 2, 5000);
	close(conn);
	run(1000);
	assert_int_equal(got.failures, 1);
	assert_int_equal(got.exchange, 2);
	assert_int_equal(got.why, CP_FAIL_RESET);
	assert_int_equal(counters.v[CP_COUNTER_up_tcp_retry], 0);
	close(fd);
}

static void
a_connection_on_which_a_query_was_late_gets_no_other(void **state)
{
	struct hf_addr a;
	int fd = server(SOCK_STREAM, &a);

	(void)state;
	ask_tcp(&a, 0x101, 1, 5000);
	ask_tcp(&a, 0x102, 2, 30);
	int conn = take_conn(fd);

	run(1000);
	assert_int_equal(got.failures, 1);
	assert_int_equal(got.exchange, 2);
	ask_tcp(&a, 0x103, 3, 5000);
	int fresh = take_conn(fd);

	assert_true(fresh >= 0);
	assert_int_equal(drain(fresh), 14);
	reply_tcp(conn, 0x101, 11); /* its other query may still be answered */
	assert_int_equal(got.replies, 1);
	assert_int_equal(got.exchange, 1);
	close(conn);
	close(fresh);
	close(fd);
}

static void
a_server_gets_a_few_connections_and_they_are_shared_from_then_on(void **state)
{
	struct hf_addr a;
	int fd = server(SOCK_STREAM, &a), conns = 0, conn[8];

	(void)state;
	cp_upstream_destroy(up);
	up = cp_upstream_create(base, 64, &ops, &counters);
	for (uint16_t i = 0; i < 40; i++)
		ask_tcp(&a, i, i + 1u, 5000);
	while (conns < 8 && (conn[conns] = take_conn(fd)) >= 0)
		conns++;
	assert_int_equal(conns, 4);
	assert_int_equal(cp_upstream_cnt(up), 40);
	for (int i = 0; i < conns; i++)
		close(conn[i]);
	close(fd);
}

static void
a_server_that_sends_frames_for_nobody_loses_its_connection(void **state)
{
	struct hf_addr a;
	int fd = server(SOCK_STREAM, &a);
	uint8_t octet;

	(void)state;
	got.cancel_at_once = true;
	ask_tcp(&a, 0x101, 1, 5000);
	int conn = take_conn(fd);

	turn();
	reply_tcp(conn, 0x101, 11);
	(void)drain(conn);
	for (unsigned i = 0; i < 64; i++)
		reply_tcp(conn, 0x999, 99);
	turn();
	assert_int_equal(got.replies, 1);
	assert_true(recv(conn, &octet, 1, MSG_DONTWAIT) <= 0 && errno != EAGAIN);
	close(conn);
	close(fd);
}

/* --- fragments --- */

/* In a network of its own, whose loopback cuts packets at 1280 octets. False when the machine
 * does not let us. */
static bool
small_world(void)
{
	struct ifreq ifr = {.ifr_name = "lo"};
	int fd;

	if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ifr.ifr_mtu = 1280;
	bool ok = ioctl(fd, SIOCSIFMTU, &ifr) == 0;

	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	ok = ok && ioctl(fd, SIOCSIFFLAGS, &ifr) == 0;
	close(fd);
	return ok;
}

static void
fragments_arrive(void)
{
	struct hf_addr a;
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	static uint8_t msg[3000];
	int fd = server(SOCK_DGRAM, &a);

	send_to(&a, CP_UDP, 9, 2000);
	assert_int_equal(recvfrom(fd, msg, sizeof(msg), 0, (struct sockaddr *)&from, &len), 10);
	assert_int_equal(sendto(fd, msg, 1200, 0, (struct sockaddr *)&from, len), 1200);
	run(1000);
	assert_int_equal(got.replies, 1); /* whole */
	assert_int_equal(sendto(fd, msg, 3000, 0, (struct sockaddr *)&from, len), 3000);
	run(1000);
	assert_int_equal(got.replies, 1);
	assert_int_equal(got.failures, 1);
	assert_int_equal(got.why, CP_FAIL_FRAGMENTED);
	assert_int_equal(counters.v[CP_COUNTER_up_fragmented], 1);
	close(fd);
}

/* In a child: a thread's namespace cannot be taken back. */
static void
a_reply_that_came_in_fragments_is_not_used(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		if (!small_world())
			_exit(77);
		event_reinit(base);
		fragments_arrive();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("skipped: no network namespace to be had\n");
		skip();
	}
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_packet_comes_back_from_a_random_port_of_the_range),
	    T(an_exchange_stays_open_for_a_second_packet_until_it_times_out),
	    T(a_packet_from_another_address_is_never_seen),
	    T(a_closed_port_is_unreachable_at_once),
	    T(beyond_the_bound_an_exchange_fails_for_our_own_shortage),
	    T(a_cancelled_exchange_is_never_heard_of_again),
	    T(a_reply_over_tcp_may_come_octet_by_octet),
	    T(the_largest_message_comes_whole_over_tcp),
	    T(a_connection_closed_before_the_whole_reply_is_a_reset),
	    T(a_server_that_accepts_and_says_nothing_times_out),
	    T(queries_share_a_connection_and_replies_find_their_own_in_any_order),
	    T(two_queries_with_one_id_never_share_a_connection),
	    T(a_connection_that_worked_and_is_closed_costs_one_retry_that_nobody_sees),
	    T(who_cannot_afford_a_retry_has_none),
	    T(a_connection_on_which_a_query_was_late_gets_no_other),
	    T(a_server_gets_a_few_connections_and_they_are_shared_from_then_on),
	    T(a_server_that_sends_frames_for_nobody_loses_its_connection),
	    T(a_reply_that_came_in_fragments_is_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
