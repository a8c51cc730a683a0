/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of cp_datagrams, over the loopback interface. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <event2/event.h>

#include "controlplane/datagrams.h"

enum { MANY = 3 * CP_DATAGRAM_BURST + 5 };

static struct event_base *base;
static struct cp_counters counters;
static struct cp_datagrams *d;
static int server, client;
static struct sockaddr_in server_addr;

static int
bound_socket(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int on = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*addr = (struct sockaddr_in){.sin_family = AF_INET};
	addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)addr, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)addr, &len), 0);
	assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)), 0);
	return fd;
}

static int
set_up(void **state)
{
	struct sockaddr_in addr;

	(void)state;
	memset(&counters, 0, sizeof(counters));
	base = event_base_new();
	server = bound_socket(&server_addr);
	client = bound_socket(&addr);
	assert_int_equal(connect(client, (struct sockaddr *)&server_addr, sizeof(server_addr)), 0);
	d = cp_datagrams_create(base, server, &counters);
	return d == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	cp_datagrams_destroy(d);
	close(server);
	close(client);
	event_base_free(base);
	return 0;
}

static uint64_t
count_of(enum cp_counter which)
{
	return atomic_load(&counters.v[which]);
}

static void
ask(unsigned cnt)
{
	for (uint8_t i = 0; i < cnt; i++)
		assert_int_equal(send(client, &i, 1, 0), 1);
}

/* Datagrams that have arrived at the client; each must be the next number from first. */
static unsigned
arrived(uint8_t first)
{
	unsigned cnt = 0;
	uint8_t msg[8];

	while (recv(client, msg, sizeof(msg), MSG_DONTWAIT) == 1)
		assert_int_equal(msg[0], first + cnt++);
	return cnt;
}

/* Read all there is and send each back. */
static void
echo(void)
{
	unsigned cnt;

	while ((cnt = cp_datagrams_read(d)) > 0) {
		for (unsigned i = 0; i < cnt; i++) {
			struct cp_ends ends;
			size_t len;
			const uint8_t *msg = cp_datagrams_get(d, i, &ends, &len);

			assert_int_equal(len, 1);
			assert_true(ends.info_len > 0);
			cp_datagrams_send(d, &ends, msg, len);
		}
	}
}

static void
each_goes_back_to_its_sender_in_order(void **state)
{
	(void)state;
	ask(MANY);
	echo();
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(arrived(0), MANY);
	assert_int_equal(count_of(CP_COUNTER_udp_replies), MANY);
}

static void
less_than_a_burst_waits_for_the_end_of_the_turn(void **state)
{
	(void)state;
	ask(CP_DATAGRAM_BURST - 1);
	echo();
	assert_int_equal(arrived(0), 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(arrived(0), CP_DATAGRAM_BURST - 1);
	ask(CP_DATAGRAM_BURST);
	echo();
	assert_int_equal(arrived(0), CP_DATAGRAM_BURST);
}

static void
what_waits_is_sent_when_all_ends(void **state)
{
	(void)state;
	ask(3);
	echo();
	cp_datagrams_destroy(d);
	d = NULL;
	assert_int_equal(arrived(0), 3);
}

static void
one_that_the_kernel_refuses_keeps_no_other_back(void **state)
{
	struct cp_ends good = {.peer_len = sizeof(struct sockaddr_in)}, bad;
	uint8_t msg = 0;

	(void)state;
	socklen_t len = sizeof(good.peer);
	assert_int_equal(getsockname(client, (struct sockaddr *)&good.peer, &len), 0);
	bad = good;
	bad.peer_len = 3;
	for (unsigned i = 0; i < 3; i++) {
		cp_datagrams_send(d, &bad, &msg, 1);
		cp_datagrams_send(d, &good, &msg, 1);
		msg++;
	}
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(arrived(0), 3);
	assert_int_equal(count_of(CP_COUNTER_udp_send_failed), 3);
	assert_int_equal(count_of(CP_COUNTER_udp_replies), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		each_goes_back_to_its_sender_in_order, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		less_than_a_burst_waits_for_the_end_of_the_turn, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_waits_is_sent_when_all_ends, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		one_that_the_kernel_refuses_keeps_no_other_back, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
