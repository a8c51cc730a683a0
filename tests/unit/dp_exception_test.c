/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/exception.c and limit.h: what goes to the kernel, and how much of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dataplane/exception.h"
#include "dataplane/limit.h"
#include "tests/unit/dp_frames.h"

static struct dp_service service;
static struct dp_host host;
static uint8_t frame[FRAME_CAP];
static enum dp_packet_kind kind;

static int
setup(void **state)
{
	(void)state;
	test_service(&service, &host);
	return 0;
}

/* In memory of exactly len octets, so that ASan sees a read past it. */
static bool
wanted(size_t len)
{
	uint8_t *copy = malloc(len + (len == 0));
	struct dp_packet p = {.octets = copy, .len = (uint16_t)len, .cap = (uint16_t)len};

	assert_non_null(copy);
	memcpy(copy, frame, len);
	kind = dp_packet_classify(&host, &p);

	bool yes = dp_exception_wanted(&host, kind, &p);
	free(copy);
	return yes;
}

static size_t
ip_frame(struct frame_plan p, uint8_t proto, size_t payload_len, uint8_t type)
{
	p.proto = proto;
	p.payload_len = payload_len;

	size_t at = frame_begin(frame, &p);

	frame[at] = type;
	return at + payload_len;
}

static size_t
arp(uint8_t operation, const uint8_t target[4])
{
	static const uint8_t head[] = {8, 6, 0, 1, 8, 0, 6, 4, 0};

	memset(frame, 0, sizeof(frame));
	memcpy(frame, our_mac, 6);
	memcpy(frame + 6, their_mac, 6);
	memcpy(frame + 12, head, sizeof(head));
	frame[21] = operation;
	memcpy(frame + 22, their_mac, 6);
	memcpy(frame + 28, their_v4, 4);
	memcpy(frame + 32, our_mac, 6);
	memcpy(frame + 38, target, 4);
	return 60;
}

static void
tcp_to_a_service_address_is_for_the_kernel(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct frame_plan p = {.v6 = i / 2 != 0, .vlan = i % 2 != 0};

		assert_true(wanted(ip_frame(p, DP_PROTO_TCP, 20, 0)));
		assert_int_equal(kind, DP_PACKET_TCP);
		assert_true(wanted(ip_frame(p, DP_PROTO_TCP, 900, 0)));
	}
}

static void
tcp_to_others_from_us_or_to_all_is_not(void **state)
{
	(void)state;
	assert_false(wanted(ip_frame((struct frame_plan){.to = their_v4}, DP_PROTO_TCP, 20, 0)));
	assert_false(
	    wanted(ip_frame((struct frame_plan){.v6 = true, .to = their_v6}, DP_PROTO_TCP, 20, 0)));
	assert_false(wanted(ip_frame((struct frame_plan){.from = our_v4}, DP_PROTO_TCP, 20, 0)));
	assert_int_equal(kind, DP_PACKET_OWN_SOURCE);
	assert_false(
	    wanted(ip_frame((struct frame_plan){.v6 = true, .from = our_v6}, DP_PROTO_TCP, 20, 0)));

	size_t len = ip_frame((struct frame_plan){0}, DP_PROTO_TCP, 20, 0);
	memset(frame, 0xff, 6);
	assert_false(wanted(len));
	assert_int_equal(kind, DP_PACKET_NOT_OURS);
}

static void
a_tcp_header_cut_anywhere_is_not(void **state)
{
	(void)state;
	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct frame_plan p = {.v6 = v6 != 0};

		assert_false(wanted(ip_frame(p, DP_PROTO_TCP, 19, 0)));

		size_t len = ip_frame(p, DP_PROTO_TCP, 20, 0);
		for (size_t cut = 0; cut < len; cut++)
			assert_false(wanted(cut));
	}
}

static void
a_fragment_of_tcp_is_not(void **state)
{
	(void)state;
	size_t len = ip_frame((struct frame_plan){0}, DP_PROTO_TCP, 20, 0);

	frame[20] |= 0x20; /* more fragments, in the checksum as well */
	frame[24] = (uint8_t)(frame[24] - 0x20);
	assert_false(wanted(len));
	assert_int_equal(kind, DP_PACKET_IPV4_FRAGMENT);
}

static void
an_arp_reply_to_us_is_and_a_request_is_not(void **state)
{
	(void)state;
	assert_true(wanted(arp(2, our_v4)));
	assert_false(wanted(arp(1, our_v4)));
	assert_false(wanted(arp(2, their_v4)));

	size_t len = arp(2, our_v4);
	memset(frame, 0xff, 6); /* to all: nobody asked */
	assert_false(wanted(len));
	(void)arp(2, our_v4);
	for (size_t cut = 0; cut < 42; cut++)
		assert_false(wanted(cut));
}

static void
an_advertisement_to_us_is_and_a_solicitation_is_not(void **state)
{
	(void)state;
	struct frame_plan p = {.v6 = true, .hops = 255};

	assert_true(wanted(ip_frame(p, DP_PROTO_ICMPV6, 32, 136)));
	assert_false(wanted(ip_frame(p, DP_PROTO_ICMPV6, 23, 136)));
	assert_false(wanted(ip_frame(p, DP_PROTO_ICMPV6, 32, 135)));
	p.hops = 254; /* from afar */
	assert_false(wanted(ip_frame(p, DP_PROTO_ICMPV6, 32, 136)));
	p = (struct frame_plan){.v6 = true, .hops = 255, .to = their_v6};
	assert_false(wanted(ip_frame(p, DP_PROTO_ICMPV6, 32, 136)));
}

static void
icmp_errors_are_and_echo_is_not(void **state)
{
	(void)state;
	struct frame_plan v4 = {0}, v6 = {.v6 = true};

	assert_true(wanted(ip_frame(v4, DP_PROTO_ICMP, 36, 3)));
	assert_false(wanted(ip_frame(v4, DP_PROTO_ICMP, 7, 3)));
	assert_false(wanted(ip_frame(v4, DP_PROTO_ICMP, 36, 8)));
	assert_true(wanted(ip_frame(v6, DP_PROTO_ICMPV6, 60, 1)));
	assert_true(wanted(ip_frame(v6, DP_PROTO_ICMPV6, 60, 2)));
	assert_false(wanted(ip_frame(v6, DP_PROTO_ICMPV6, 7, 2)));
	assert_false(wanted(ip_frame(v6, DP_PROTO_ICMPV6, 60, 128)));
}

static void
a_query_and_what_is_bad_never_are(void **state)
{
	(void)state;
	struct frame_plan p = {0};

	assert_false(wanted(frame_udp(frame, &p, 20)));
	assert_int_equal(kind, DP_PACKET_DNS);
	frame[14] = 0x46; /* options */
	assert_false(wanted(74));
	assert_int_equal(kind, DP_PACKET_IPV4_OPTIONS);
}

static void
a_limit_gives_its_burst_then_its_rate(void **state)
{
	(void)state;
	struct dp_limit l;
	unsigned taken = 0;

	dp_limit_init(&l, 3000, 10, 1000);
	for (unsigned i = 0; i < 50; i++)
		taken += dp_limit_take(&l, 1000);
	assert_int_equal(taken, 10);
	for (unsigned i = 0; i < 50; i++)
		taken += dp_limit_take(&l, 1002);
	assert_int_equal(taken, 16);
	for (unsigned i = 0; i < 50; i++)
		taken += dp_limit_take(&l, UINT64_C(1) << 40);
	assert_int_equal(taken, 26);
	dp_limit_return(&l);
	assert_true(dp_limit_take(&l, UINT64_C(1) << 40));
	assert_false(dp_limit_take(&l, UINT64_C(1) << 40));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tcp_to_a_service_address_is_for_the_kernel),
	    cmocka_unit_test(tcp_to_others_from_us_or_to_all_is_not),
	    cmocka_unit_test(a_tcp_header_cut_anywhere_is_not),
	    cmocka_unit_test(a_fragment_of_tcp_is_not),
	    cmocka_unit_test(an_arp_reply_to_us_is_and_a_request_is_not),
	    cmocka_unit_test(an_advertisement_to_us_is_and_a_solicitation_is_not),
	    cmocka_unit_test(icmp_errors_are_and_echo_is_not),
	    cmocka_unit_test(a_query_and_what_is_bad_never_are),
	    cmocka_unit_test(a_limit_gives_its_burst_then_its_rate),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
