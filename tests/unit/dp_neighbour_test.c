/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/neighbour.c: ARP, neighbour solicitation, echo, and their limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dataplane/neighbour.h"
#include "tests/unit/dp_frames.h"

static struct dp_service service;
static struct dp_host host;
static struct dp_limit limit;
static uint8_t frame[FRAME_CAP];
static struct dp_packet packet;

static int
setup(void **state)
{
	(void)state;
	test_service(&service, &host);
	dp_limit_init(&limit, DP_NEIGHBOUR_PER_S, DP_NEIGHBOUR_BURST, 0);
	return 0;
}

/* Through classify, as in the worker. */
static enum dp_neighbour
answer(size_t len, size_t cap)
{
	packet = (struct dp_packet){.octets = frame, .len = (uint16_t)len, .cap = (uint16_t)cap};

	enum dp_packet_kind kind = dp_packet_classify(&host, &packet);
	if (kind == DP_PACKET_NEIGHBOUR)
		return dp_neighbour_answer(&host, 0, &limit, &packet);
	return kind == DP_PACKET_NOT_OURS ? DP_NEIGHBOUR_NOT_OURS : DP_NEIGHBOUR_BAD;
}

static size_t
arp_request(const uint8_t target[4])
{
	static const uint8_t head[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1};

	memset(frame, 0, sizeof(frame));
	memset(frame, 0xff, 6);
	memcpy(frame + 6, their_mac, 6);
	memcpy(frame + 12, head, sizeof(head));
	memcpy(frame + 22, their_mac, 6);
	memcpy(frame + 28, their_v4, 4);
	memcpy(frame + 38, target, 4);
	return 60; /* the shortest Ethernet frame: padded */
}

static void
an_arp_request_for_a_service_address_is_answered(void **state)
{
	(void)state;
	static const uint8_t reply_head[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 2};

	assert_int_equal(answer(arp_request(our_v4), FRAME_CAP), DP_NEIGHBOUR_ARP);
	assert_int_equal(packet.len, 42);
	assert_memory_equal(frame, their_mac, 6);
	assert_memory_equal(frame + 6, our_mac, 6);
	assert_memory_equal(frame + 12, reply_head, sizeof(reply_head));
	assert_memory_equal(frame + 22, our_mac, 6);
	assert_memory_equal(frame + 28, our_v4, 4);
	assert_memory_equal(frame + 32, their_mac, 6);
	assert_memory_equal(frame + 38, their_v4, 4);
}

static void
other_arp_is_let_be(void **state)
{
	(void)state;
	assert_int_equal(answer(arp_request(their_v4), FRAME_CAP), DP_NEIGHBOUR_NOT_OURS);
	for (size_t off = 14; off < 22; off++) { /* hardware, protocol, sizes, operation */
		size_t len = arp_request(our_v4);

		frame[off] ^= 3;
		assert_int_equal(answer(len, FRAME_CAP), DP_NEIGHBOUR_NOT_OURS);
	}
	for (size_t cut = 14; cut < 42; cut++) {
		(void)arp_request(our_v4);
		assert_int_equal(answer(cut, FRAME_CAP), DP_NEIGHBOUR_BAD);
	}
}

static size_t
echo_request(struct frame_plan *p, size_t data_len)
{
	p->proto = p->v6 ? DP_PROTO_ICMPV6 : DP_PROTO_ICMP;
	p->payload_len = 8 + data_len;

	size_t at = frame_begin(frame, p);
	frame[at] = p->v6 ? 128 : 8;
	for (size_t i = 4; i < p->payload_len; i++)
		frame[at + i] = (uint8_t)(i * 3);
	dp_put_u16(frame + at + 2, transport_checksum(frame, p, at));
	return at + p->payload_len;
}

static void
an_echo_comes_back_whole(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		for (size_t data_len = 0; data_len < 70; data_len++) {
			struct frame_plan p = {.v6 = i / 2 != 0, .vlan = i % 2 != 0};
			uint8_t sent[FRAME_CAP];
			size_t len = echo_request(&p, data_len);
			size_t at = len - p.payload_len;

			memcpy(sent, frame, sizeof(sent));
			dp_limit_init(&limit, DP_NEIGHBOUR_PER_S, DP_NEIGHBOUR_BURST, 0);
			assert_int_equal(answer(len, FRAME_CAP), DP_NEIGHBOUR_ECHO);
			assert_int_equal(packet.len, len);
			assert_int_equal(frame[at], p.v6 ? 129 : 0);
			assert_int_equal(transport_checksum(frame, &p, at), 0);
			assert_memory_equal(frame + at + 4, sent + at + 4, data_len + 4);
			assert_memory_equal(frame, their_mac, 6);
			assert_memory_equal(frame + at - (p.v6 ? 16 : 4),
			    p.v6 ? their_v6 : their_v4, p.v6 ? 16 : 4);
		}
}

static void
an_echo_with_a_wrong_checksum_or_to_all_is_let_be(void **state)
{
	(void)state;
	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct frame_plan p = {.v6 = v6 != 0};
		size_t len = echo_request(&p, 16);

		frame[len - 1] ^= 1;
		assert_int_equal(answer(len, FRAME_CAP), DP_NEIGHBOUR_BAD);
		len = echo_request(&p, 16);
		memset(frame, 0xff, 6);
		assert_int_equal(answer(len, FRAME_CAP), DP_NEIGHBOUR_NOT_OURS);
	}
}

static const uint8_t solicited[16] = {0xff, 2, [11] = 1, 0xff, 0x12, 0x34, 0x53};
static const uint8_t nobody[16];

/* options: a source link-layer address option when with_mac. */
static size_t
solicitation(struct frame_plan *p, const uint8_t target[16], bool with_mac)
{
	p->v6 = true;
	p->proto = DP_PROTO_ICMPV6;
	p->payload_len = with_mac ? 32 : 24;
	if (p->hops == 0)
		p->hops = 255;

	size_t at = frame_begin(frame, p);
	frame[at] = 135;
	memcpy(frame + at + 8, target, 16);
	if (with_mac) {
		frame[at + 24] = 1;
		frame[at + 25] = 1;
		memcpy(frame + at + 26, their_mac, 6);
	}
	dp_put_u16(frame + at + 2, transport_checksum(frame, p, at));
	if (p->to == solicited)
		memcpy(frame, (const uint8_t[]){0x33, 0x33, 0xff, 0x12, 0x34, 0x53}, 6);
	return at + p->payload_len;
}

static void
a_neighbour_solicitation_is_answered(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		struct frame_plan p = {
		    .vlan = (i & 1) != 0, .to = (i & 2) != 0 ? solicited : our_v6};
		size_t len = solicitation(&p, our_v6, (i & 4) != 0);
		size_t at = len - p.payload_len;

		assert_int_equal(answer(len, FRAME_CAP), DP_NEIGHBOUR_ND);
		assert_int_equal(packet.len, at + 32);
		p.payload_len = 32;
		assert_int_equal(transport_checksum(frame, &p, at), 0);
		assert_int_equal(frame[at], 136);
		assert_int_equal(frame[at + 4], 0x60); /* solicited, override */
		assert_int_equal(frame[at - 33], 255); /* hop limit */
		assert_int_equal(dp_get_u16(frame + at - 36), 32);
		assert_memory_equal(frame + at - 32, our_v6, 16);
		assert_memory_equal(frame + at - 16, their_v6, 16);
		assert_memory_equal(frame + at + 8, our_v6, 16);
		assert_memory_equal(frame + at + 26, our_mac, 6);
		assert_memory_equal(frame, their_mac, 6);
		assert_memory_equal(frame + 6, our_mac, 6);
	}
}

static void
duplicate_address_detection_is_answered_to_all_nodes(void **state)
{
	(void)state;
	static const uint8_t all_mac[6] = {0x33, 0x33, 0, 0, 0, 1};
	static const uint8_t all[16] = {0xff, 2, [15] = 1};
	struct frame_plan p = {.from = nobody, .to = solicited};
	size_t len = solicitation(&p, our_v6, false);

	assert_int_equal(answer(len, FRAME_CAP), DP_NEIGHBOUR_ND);
	assert_memory_equal(frame, all_mac, 6);
	assert_memory_equal(frame + 14 + 24, all, 16);
	assert_int_equal(frame[54 + 4], 0x20); /* override, not solicited */
}

/* RFC 4861 7.1.1, one condition at a time. */
static void
a_solicitation_against_the_rules_is_refused(void **state)
{
	(void)state;
	struct frame_plan far = {.hops = 254, .to = solicited};
	struct frame_plan dad_with_mac = {.from = nobody, .to = solicited};
	struct frame_plan dad_unicast = {.from = nobody};
	struct frame_plan plain = {.to = solicited};
	size_t len;

	assert_int_equal(answer(solicitation(&far, our_v6, true), FRAME_CAP), DP_NEIGHBOUR_BAD);
	assert_int_equal(
	    answer(solicitation(&dad_with_mac, our_v6, true), FRAME_CAP), DP_NEIGHBOUR_BAD);
	assert_int_equal(
	    answer(solicitation(&dad_unicast, our_v6, false), FRAME_CAP), DP_NEIGHBOUR_BAD);
	len = solicitation(&plain, our_v6, true);
	frame[len - 7] = 0; /* an option without length */
	dp_put_u16(frame + 56, 0);
	dp_put_u16(frame + 56, transport_checksum(frame, &plain, 54));
	assert_int_equal(answer(len, FRAME_CAP), DP_NEIGHBOUR_BAD);
	len = solicitation(&plain, our_v6, true);
	frame[len - 7] = 2; /* ... and one longer than the message */
	dp_put_u16(frame + 56, 0);
	dp_put_u16(frame + 56, transport_checksum(frame, &plain, 54));
	assert_int_equal(answer(len, FRAME_CAP), DP_NEIGHBOUR_BAD);
	len = solicitation(&plain, their_v6, true);
	assert_int_equal(answer(len, FRAME_CAP), DP_NEIGHBOUR_NOT_OURS);
	len = solicitation(&plain, our_v6, false);
	assert_int_equal(answer(len, len), DP_NEIGHBOUR_BAD); /* no room for the answer */
}

static void
answers_are_limited_and_the_limit_recovers(void **state)
{
	(void)state;
	unsigned answered = 0, limited = 0;

	dp_limit_init(&limit, DP_NEIGHBOUR_PER_S, DP_NEIGHBOUR_BURST, 0);
	for (unsigned i = 0; i < 1000; i++) {
		enum dp_neighbour n = answer(arp_request(our_v4), FRAME_CAP);

		answered += n == DP_NEIGHBOUR_ARP;
		limited += n == DP_NEIGHBOUR_LIMITED;
	}
	assert_int_equal(answered, DP_NEIGHBOUR_BURST);
	assert_int_equal(limited, 1000 - DP_NEIGHBOUR_BURST);

	(void)arp_request(our_v4);
	packet = (struct dp_packet){.octets = frame, .len = 60, .cap = FRAME_CAP};
	assert_int_equal(dp_packet_classify(&host, &packet), DP_PACKET_NEIGHBOUR);
	assert_int_equal(dp_neighbour_answer(&host, 2, &limit, &packet), DP_NEIGHBOUR_ARP);
}

static void
what_is_not_answered_does_not_use_up_the_limit(void **state)
{
	(void)state;
	dp_limit_init(&limit, DP_NEIGHBOUR_PER_S, DP_NEIGHBOUR_BURST, 0);
	for (unsigned i = 0; i < 10 * DP_NEIGHBOUR_BURST; i++)
		assert_int_equal(answer(arp_request(their_v4), FRAME_CAP), DP_NEIGHBOUR_NOT_OURS);
	assert_int_equal(answer(arp_request(our_v4), FRAME_CAP), DP_NEIGHBOUR_ARP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_arp_request_for_a_service_address_is_answered),
	    cmocka_unit_test(other_arp_is_let_be),
	    cmocka_unit_test(an_echo_comes_back_whole),
	    cmocka_unit_test(an_echo_with_a_wrong_checksum_or_to_all_is_let_be),
	    cmocka_unit_test(a_neighbour_solicitation_is_answered),
	    cmocka_unit_test(duplicate_address_detection_is_answered_to_all_nodes),
	    cmocka_unit_test(a_solicitation_against_the_rules_is_refused),
	    cmocka_unit_test(answers_are_limited_and_the_limit_recovers),
	    cmocka_unit_test(what_is_not_answered_does_not_use_up_the_limit),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
