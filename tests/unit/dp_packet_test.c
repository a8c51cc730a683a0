/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/packet.c: what a frame is, and headers turned round. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/dp_frames.h"

static struct dp_service service;
static struct dp_host host;
static uint8_t frame[FRAME_CAP];

/* Classified in memory of exactly len octets, so that ASan sees a read past it. */
static enum dp_packet_kind
classify(const uint8_t *f, size_t len, struct dp_packet *p)
{
	uint8_t *copy = malloc(len + (len == 0));

	assert_non_null(copy);
	memcpy(copy, f, len);
	*p = (struct dp_packet){.octets = copy, .len = (uint16_t)len, .cap = (uint16_t)len};

	enum dp_packet_kind kind = dp_packet_classify(&host, p);
	free(copy);
	p->octets = frame;
	p->cap = FRAME_CAP;
	return kind;
}

static const struct frame_plan plans[] = {
    {.v6 = false, .vlan = false},
    {.v6 = false, .vlan = true},
    {.v6 = true, .vlan = false},
    {.v6 = true, .vlan = true},
};

static int
setup(void **state)
{
	(void)state;
	test_service(&service, &host);
	return 0;
}

static void
a_query_is_found_behind_every_kind_of_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++)
		for (size_t dns_len = 0; dns_len < 70; dns_len++) {
			struct frame_plan plan = plans[i];
			struct dp_packet p;
			size_t len = frame_udp(frame, &plan, dns_len);

			assert_int_equal(classify(frame, len, &p), DP_PACKET_DNS);
			assert_int_equal(p.dns_len, dns_len);
			assert_int_equal(p.dns_off, len - dns_len);
		}
}

static void
padding_behind_the_datagram_is_not_part_of_it(void **state)
{
	(void)state;
	struct frame_plan plan = {0};
	struct dp_packet p;
	size_t len = frame_udp(frame, &plan, 5);

	memset(frame + len, 0xee, 13);
	assert_int_equal(classify(frame, len + 13, &p), DP_PACKET_DNS);
	assert_int_equal(p.dns_len, 5);
}

/* Every bit but the Ethernet source address, the tag's priority and number, IPv6's traffic
 * class, flow label and hop limit is checked by something. */
static bool
bit_is_free(const struct frame_plan *plan, size_t off)
{
	size_t l3 = plan->vlan ? 18 : 14;

	if (off >= 6 && off < 12)
		return true;
	if (plan->vlan && (off == 14 || off == 15))
		return true;
	return plan->v6 && (off == l3 || (off > l3 && off < l3 + 4) || off == l3 + 7);
}

static void
a_flipped_bit_makes_it_no_query(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		struct frame_plan plan = plans[i];
		struct dp_packet p;
		size_t len = frame_udp(frame, &plan, 40);

		for (size_t bit = 0; bit < len * 8; bit++) {
			frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (!bit_is_free(&plan, bit / 8))
				assert_int_not_equal(classify(frame, len, &p), DP_PACKET_DNS);
			frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

static void
an_unsummed_datagram_is_a_query_over_ipv4_only(void **state)
{
	(void)state;
	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct frame_plan plan = {.v6 = v6 != 0};
		struct dp_packet p;
		size_t len = frame_udp(frame, &plan, 20);

		memset(frame + len - 20 - 2, 0, 2);
		assert_int_equal(
		    classify(frame, len, &p), v6 ? DP_PACKET_BAD_CHECKSUM : DP_PACKET_DNS);
	}
}

static void
senders_a_reply_must_not_reach_are_refused(void **state)
{
	(void)state;
	static const uint8_t v4[][4] = {
	    {0, 0, 0, 0}, {127, 0, 0, 1}, {224, 0, 0, 1}, {255, 255, 255, 255}, {192, 0, 2, 53}};
	static const uint8_t v6[][16] = {{0}, {[15] = 1}, {0xff, 2, [15] = 1},
	    {[10] = 0xff, 0xff, 192, 0, 2, 1}, {0x20, 1, 0xd, 0xb8, [13] = 0x12, 0x34, 0x53}};
	struct dp_packet p;

	for (size_t i = 0; i < sizeof(v4) / sizeof(v4[0]); i++) {
		struct frame_plan plan = {.from = v4[i]};
		bool own = memcmp(v4[i], our_v4, sizeof(our_v4)) == 0;

		assert_int_equal(classify(frame, frame_udp(frame, &plan, 20), &p),
		    own ? DP_PACKET_OWN_SOURCE : DP_PACKET_BAD_SOURCE);
	}
	for (size_t i = 0; i < sizeof(v6) / sizeof(v6[0]); i++) {
		struct frame_plan plan = {.v6 = true, .from = v6[i]};
		bool own = memcmp(v6[i], our_v6, sizeof(our_v6)) == 0;

		assert_int_equal(classify(frame, frame_udp(frame, &plan, 20), &p),
		    own ? DP_PACKET_OWN_SOURCE : DP_PACKET_BAD_SOURCE);
	}
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		struct frame_plan plan = plans[i];
		size_t len = frame_udp(frame, &plan, 20);

		memset(frame + len - 28, 0, 2); /* from port 0: no checksum is looked at */
		assert_int_equal(classify(frame, len, &p), DP_PACKET_BAD_SOURCE);
		(void)frame_udp(frame, &plan, 20);
		frame[6] |= 1; /* from a group of cards */
		assert_int_equal(classify(frame, len, &p), DP_PACKET_BAD_SOURCE);
	}
}

/* What octet off (behind the Ethernet header) makes of a datagram to us when it is set to v. */
static enum dp_packet_kind
with_octet(const uint8_t *to, bool v6, size_t off, uint8_t v)
{
	struct frame_plan plan = {.v6 = v6, .to = to};
	struct dp_packet p;
	size_t len = frame_udp(frame, &plan, 20);

	frame[DP_ETHER_LEN + off] = v;
	return classify(frame, len, &p);
}

static void
every_way_to_drop_an_ipv4_header_has_its_name(void **state)
{
	(void)state;
	enum { FLAGS = 6, OFFSET = 7, SUM = 10, TOTAL = 3 };

	assert_int_equal(with_octet(NULL, false, 0, 0x46), DP_PACKET_IPV4_OPTIONS);
	assert_int_equal(with_octet(NULL, false, 0, 0x4f), DP_PACKET_IPV4_OPTIONS);
	assert_int_equal(with_octet(their_v4, false, 0, 0x46), DP_PACKET_NOT_OURS);
	assert_int_equal(with_octet(NULL, false, 0, 0x44), DP_PACKET_BAD);
	assert_int_equal(with_octet(NULL, false, 0, 0x65), DP_PACKET_BAD);
	assert_int_equal(with_octet(NULL, false, FLAGS, 0x20), DP_PACKET_IPV4_FRAGMENT);
	assert_int_equal(with_octet(NULL, false, OFFSET, 1), DP_PACKET_IPV4_FRAGMENT);
	assert_int_equal(with_octet(their_v4, false, OFFSET, 1), DP_PACKET_NOT_OURS);
	assert_int_equal(with_octet(NULL, false, SUM, 0), DP_PACKET_BAD_CHECKSUM);
	assert_int_equal(with_octet(NULL, false, TOTAL, 49), DP_PACKET_BAD_LENGTH);
	assert_int_equal(with_octet(NULL, false, TOTAL, 19), DP_PACKET_BAD_LENGTH);
}

static void
every_way_to_drop_an_ipv6_header_has_its_name(void **state)
{
	(void)state;
	enum { LEN = 5, NEXT = 6 };
	static const uint8_t extensions[] = {0, 43, 50, 51, 59, 60, 135, 139, 140};

	for (size_t i = 0; i < sizeof(extensions); i++) {
		assert_int_equal(
		    with_octet(NULL, true, NEXT, extensions[i]), DP_PACKET_IPV6_EXTENSION);
		assert_int_equal(
		    with_octet(their_v6, true, NEXT, extensions[i]), DP_PACKET_NOT_OURS);
	}
	assert_int_equal(with_octet(NULL, true, NEXT, 44), DP_PACKET_IPV6_FRAGMENT);
	assert_int_equal(with_octet(their_v6, true, NEXT, 44), DP_PACKET_NOT_OURS);
	assert_int_equal(with_octet(NULL, true, NEXT, 132), DP_PACKET_NOT_OURS);
	assert_int_equal(with_octet(NULL, true, LEN, 29), DP_PACKET_BAD_LENGTH);
	assert_int_equal(with_octet(NULL, true, 0, 0x45), DP_PACKET_BAD);
}

static void
lengths_that_do_not_add_up_have_their_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		struct frame_plan plan = plans[i];
		struct dp_packet p;
		size_t len = frame_udp(frame, &plan, 40);

		for (size_t cut = 0; cut < len; cut++)
			assert_int_equal(classify(frame, cut, &p), DP_PACKET_BAD_LENGTH);
		dp_put_u16(frame + len - 44, 7); /* of UDP */
		assert_int_equal(classify(frame, len, &p), DP_PACKET_BAD_LENGTH);
		dp_put_u16(frame + len - 44, 49);
		assert_int_equal(classify(frame, len, &p), DP_PACKET_BAD_LENGTH);
	}
}

static void
what_is_for_others_is_not_ours(void **state)
{
	(void)state;
	struct frame_plan plan = {.to = their_v4};
	struct dp_packet p;

	assert_int_equal(classify(frame, frame_udp(frame, &plan, 20), &p), DP_PACKET_NOT_OURS);
	plan = (struct frame_plan){.v6 = true, .to = their_v6};
	assert_int_equal(classify(frame, frame_udp(frame, &plan, 20), &p), DP_PACKET_NOT_OURS);

	plan = (struct frame_plan){0};
	size_t len = frame_udp(frame, &plan, 20);
	frame[5] ^= 1; /* another MAC */
	assert_int_equal(classify(frame, len, &p), DP_PACKET_NOT_OURS);
	memset(frame, 0xff, 6); /* broadcast: a query comes to one */
	assert_int_equal(classify(frame, len, &p), DP_PACKET_NOT_OURS);
}

static void
the_reply_goes_back_with_right_checksums(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++)
		for (size_t reply_len = 12; reply_len < 80; reply_len++) {
			struct frame_plan plan = plans[i];
			struct dp_packet p;

			assert_int_equal(
			    classify(frame, frame_udp(frame, &plan, 30), &p), DP_PACKET_DNS);
			size_t len = dp_packet_reply(&p, reply_len);
			size_t at = len - reply_len - 8;

			plan.payload_len = reply_len + 8;
			assert_int_equal(transport_checksum(frame, &plan, at), 0);
			assert_int_equal(dp_get_u16(frame + at), 53);
			assert_int_equal(dp_get_u16(frame + at + 2), 1234);
			assert_int_equal(dp_get_u16(frame + at + 4), reply_len + 8);
			assert_memory_equal(frame, their_mac, 6);
			assert_memory_equal(frame + 6, our_mac, 6);
			if (plan.v6) {
				assert_memory_equal(frame + at - 16, their_v6, 16);
				assert_memory_equal(frame + at - 32, our_v6, 16);
				assert_int_equal(dp_get_u16(frame + at - 36), reply_len + 8);
				continue;
			}
			const uint8_t *parts[] = {frame + at - 20};
			const size_t lens[] = {20};
			assert_int_equal(plain_checksum(parts, lens, 1), 0);
			assert_memory_equal(frame + at - 4, their_v4, 4);
			assert_memory_equal(frame + at - 8, our_v4, 4);
			assert_int_equal(dp_get_u16(frame + at - 18), reply_len + 28);
		}
}

static void
a_kept_query_is_answered_like_the_whole_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		struct frame_plan plan = plans[i];
		uint8_t kept[FRAME_CAP];
		struct dp_packet p;

		assert_int_equal(classify(frame, frame_udp(frame, &plan, 30), &p), DP_PACKET_DNS);
		memcpy(kept, frame, sizeof(kept));
		size_t len = dp_packet_reply(&p, 50);

		struct dp_packet again = {.octets = kept, .cap = FRAME_CAP, .dns_off = p.dns_off};
		dp_packet_resume(&again);
		assert_int_equal(dp_packet_reply(&again, 50), len);
		assert_memory_equal(kept, frame, len);
	}
}

/* Checksums are made one way where there is room behind the message, another where there is not. */
static void
what_lies_behind_a_frame_does_not_matter(void **state)
{
	(void)state;
	for (size_t i = 0; i < 70 * sizeof(plans) / sizeof(plans[0]); i++) {
		struct frame_plan plan = plans[i / 70];
		uint8_t tight[FRAME_CAP];

		memset(frame, 0xa5, sizeof(frame));
		size_t len = frame_udp(frame, &plan, i % 70);
		struct dp_packet p = {.octets = frame, .len = (uint16_t)len, .cap = FRAME_CAP};

		assert_int_equal(dp_packet_classify(&host, &p), DP_PACKET_DNS);
		memcpy(tight, frame, len);
		frame[len - 1] ^= 1;
		assert_int_equal(dp_packet_classify(&host, &p), DP_PACKET_BAD_CHECKSUM);
		frame[len - 1] ^= 1;

		struct dp_packet q = p;
		q.octets = tight;
		q.cap = (uint16_t)len;
		assert_int_equal(dp_packet_reply(&p, i % 70), len);
		assert_int_equal(dp_packet_reply(&q, i % 70), len);
		assert_memory_equal(frame, tight, len);
	}
}

/* The sum that would be stored as zero is stored as all ones (RFC 768). */
static void
a_checksum_of_zero_is_sent_as_ones(void **state)
{
	(void)state;
	struct frame_plan plan = {0};
	struct dp_packet p;

	assert_int_equal(classify(frame, frame_udp(frame, &plan, 4), &p), DP_PACKET_DNS);
	uint8_t first[2]; /* the complement of all the rest: with it the sum is zero */
	memset(frame + p.dns_off, 0, 4);
	(void)dp_packet_reply(&p, 4);
	memcpy(first, frame + p.l4_off + 6, 2);
	assert_int_equal(classify(frame, frame_udp(frame, &plan, 4), &p), DP_PACKET_DNS);
	memset(frame + p.dns_off, 0, 4);
	memcpy(frame + p.dns_off, first, 2);
	(void)dp_packet_reply(&p, 4);
	assert_int_equal(dp_get_u16(frame + p.l4_off + 6), 0xffff);
}

static void
the_quick_checksum_is_the_plain_one(void **state)
{
	(void)state;
	uint8_t octets[300];

	srandom(1);
	for (int round = 0; round < 5000; round++) {
		size_t len = (size_t)random() % sizeof(octets);
		const uint8_t *parts[] = {octets};
		uint16_t quick;

		for (size_t i = 0; i < len; i++)
			octets[i] = (uint8_t)(round % 7 == 0 ? 0xff : random());
		quick = dp_checksum_fold(dp_checksum_add(0, octets, len));
		uint8_t stored[2];
		memcpy(stored, &quick, 2);
		assert_int_equal(dp_get_u16(stored), plain_checksum(parts, &len, 1));
	}
}

static void
a_service_address_is_unicast_and_listed_once(void **state)
{
	(void)state;
	struct dp_service s = {0};
	struct hf_addr a;
	static const char *const bad[] = {
	    "0.0.0.0", "127.0.0.1", "224.0.0.1", "::", "::1", "ff02::1"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(hf_addr_from_text(bad[i], &a), 0);
		assert_int_equal(dp_service_add(&s, &a), -EINVAL);
	}
	assert_int_equal(hf_addr_from_text("2001:db8::53", &a), 0);
	assert_int_equal(dp_service_add(&s, &a), 0);
	assert_int_equal(dp_service_add(&s, &a), -EINVAL);
	assert_true(dp_service_has_v6(&s, a.octets));
	for (unsigned i = 0; i < DP_SERVICE_MAX; i++) {
		a = (struct hf_addr){.family = AF_INET, .octets = {10, 0, 0, (uint8_t)(i + 1)}};
		assert_int_equal(dp_service_add(&s, &a), 0);
	}
	a.octets[2] = 1;
	assert_int_equal(dp_service_add(&s, &a), -ENOSPC);
}

static void
clients_are_told_apart_by_address_and_by_slash_56(void **state)
{
	(void)state;
	uint8_t octets[64] = {0};
	struct dp_packet f = {
	    .octets = octets, .l3_off = DP_ETHER_LEN, .ether_type = DP_ETHER_IPV4};
	uint8_t *src4 = octets + DP_ETHER_LEN + 12, *src6 = octets + DP_ETHER_LEN + 8;
	uint64_t one = dp_packet_client(&f);

	src4[3] = 1;
	assert_true(dp_packet_client(&f) != one);
	src4[3] = 0;
	octets[DP_ETHER_LEN + 16] = 9; /* the destination says nothing of the client */
	assert_true(dp_packet_client(&f) == one);
	f.ether_type = DP_ETHER_IPV6;
	one = dp_packet_client(&f);
	src6[7] = 1;
	assert_true(dp_packet_client(&f) == one);
	src6[6] = 1;
	assert_true(dp_packet_client(&f) != one);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_query_is_found_behind_every_kind_of_header),
	    cmocka_unit_test(clients_are_told_apart_by_address_and_by_slash_56),
	    cmocka_unit_test(padding_behind_the_datagram_is_not_part_of_it),
	    cmocka_unit_test(a_flipped_bit_makes_it_no_query),
	    cmocka_unit_test(an_unsummed_datagram_is_a_query_over_ipv4_only),
	    cmocka_unit_test(senders_a_reply_must_not_reach_are_refused),
	    cmocka_unit_test(every_way_to_drop_an_ipv4_header_has_its_name),
	    cmocka_unit_test(every_way_to_drop_an_ipv6_header_has_its_name),
	    cmocka_unit_test(lengths_that_do_not_add_up_have_their_name),
	    cmocka_unit_test(what_is_for_others_is_not_ours),
	    cmocka_unit_test(the_reply_goes_back_with_right_checksums),
	    cmocka_unit_test(a_kept_query_is_answered_like_the_whole_one),
	    cmocka_unit_test(what_lies_behind_a_frame_does_not_matter),
	    cmocka_unit_test(a_checksum_of_zero_is_sent_as_ones),
	    cmocka_unit_test(the_quick_checksum_is_the_plain_one),
	    cmocka_unit_test(a_service_address_is_unicast_and_listed_once),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
