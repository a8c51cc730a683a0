/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/rss.c: what a card makes of the key, by the definition of the hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/rss.h"

enum { KEY_LEN = 52, V4_LEN = 12, V6_LEN = 36 };

static uint64_t seed = 7;

static uint8_t
octet(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint8_t)(seed >> 40);
}

/* Toeplitz: for each bit of the input that is set, the 32 bits of the key that begin there. */
static uint32_t
toeplitz(const uint8_t *key, const uint8_t *in, size_t len)
{
	uint32_t hash = 0;

	for (size_t bit = 0; bit < 8 * len; bit++) {
		if ((in[bit / 8] >> (7 - bit % 8) & 1) == 0)
			continue;
		for (size_t i = 0; i < 32; i++)
			hash ^= (uint32_t)(key[(bit + i) / 8] >> (7 - (bit + i) % 8) & 1)
			    << (31 - i);
	}
	return hash;
}

static void
the_definition_used_here_is_that_of_the_published_vectors(void **state)
{
	(void)state;
	/* Microsoft's RSS specification: 66.9.149.187:2794 to 161.142.100.80:1766 */
	static const uint8_t key[] = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
	    0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4,
	    0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac,
	    0x01, 0xfa};
	static const uint8_t in[] = {
	    66, 9, 149, 187, 161, 142, 100, 80, 2794 >> 8, 2794 & 255, 1766 >> 8, 1766 & 255};

	assert_int_equal(toeplitz(key, in, sizeof(in)), 0x51ccc178);
}

/* Source and destination of addresses and of ports change places. */
static void
turn(const uint8_t *in, size_t len, uint8_t *out)
{
	size_t addr = (len - 4) / 2;

	memcpy(out, in + addr, addr);
	memcpy(out + addr, in, addr);
	memcpy(out + 2 * addr, in + 2 * addr + 2, 2);
	memcpy(out + 2 * addr + 2, in + 2 * addr, 2);
}

static void
both_directions_of_a_flow_have_one_hash(void **state)
{
	(void)state;
	uint8_t key[KEY_LEN], in[V6_LEN], back[V6_LEN];

	for (unsigned i = 0; i < 2000; i++) {
		size_t len = i % 2 == 0 ? V4_LEN : V6_LEN;

		dp_rss_key((uint16_t)(octet() << 8 | octet()), key, sizeof(key));
		for (size_t k = 0; k < len; k++)
			in[k] = octet();
		turn(in, len, back);
		assert_int_equal(toeplitz(key, in, len), toeplitz(key, back, len));
	}
}

/* A card takes the queue from the low bits. Whatever is drawn, zero included, all source ports of
 * one client fill all 128 places of the table alike. */
static void
every_key_spreads_the_ports_of_one_client_evenly(void **state)
{
	(void)state;
	static const uint16_t drawn[] = {0, 1, 0xffff, 0x5555, 0x8001, 0x6d5a, 0x0101, 0x1234};
	uint8_t in[V4_LEN] = {192, 0, 2, 1, 192, 0, 2, 53, 0, 0, 0, 53};

	for (unsigned d = 0; d < sizeof(drawn) / sizeof(drawn[0]); d++) {
		uint8_t key[KEY_LEN];
		unsigned in_place[128] = {0};

		dp_rss_key(drawn[d], key, sizeof(key));
		for (unsigned port = 0; port < 65536; port++) {
			in[8] = (uint8_t)(port >> 8);
			in[9] = (uint8_t)port;
			in_place[toeplitz(key, in, sizeof(in)) % 128]++;
		}
		for (unsigned i = 0; i < 128; i++)
			assert_int_equal(in_place[i], 512);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_definition_used_here_is_that_of_the_published_vectors),
	    cmocka_unit_test(both_directions_of_a_flow_have_one_hash),
	    cmocka_unit_test(every_key_spreads_the_ports_of_one_client_evenly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
