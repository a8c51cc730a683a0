/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/base/sha256.c against the vectors of FIPS 180-4 and of OpenSSL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/sha256.h"

static void
expect(struct hf_sha256 *s, const char *want)
{
	uint8_t out[HF_SHA256_LEN];
	char text[2 * HF_SHA256_LEN + 1];

	hf_sha256_end(s, out);
	for (int i = 0; i < HF_SHA256_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", out[i]);
	assert_string_equal(text, want);
}

static void
the_vectors_of_the_standard_come_out(void **state)
{
	static const struct {
		const char *data, *want;
	} row[] = {
	    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	struct hf_sha256 s;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		hf_sha256_init(&s);
		hf_sha256_add(&s, row[i].data, strlen(row[i].data));
		expect(&s, row[i].want);
	}
	hf_sha256_init(&s);
	for (int i = 0; i < 1000000; i++)
		hf_sha256_add(&s, "a", 1);
	expect(&s, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* The octet i is i; padding takes one block more from 56 octets on. */
static void
lengths_about_the_edges_of_a_block_come_out_in_whatever_pieces(void **state)
{
	static const struct {
		size_t len;
		const char *want;
	} row[] = {
	    {55, "463eb28e72f82e0a96c0a4cc53690c571281131f672aa229e0d45ae59b598b59"},
	    {56, "da2ae4d6b36748f2a318f23e7ab1dfdf45acdc9d049bd80e59de82a60895f562"},
	    {63, "29af2686fd53374a36b0846694cc342177e428d1647515f078784d69cdb9e488"},
	    {64, "fdeab9acf3710362bd2658cdc9a29e8f9c757fcf9811603a8c447cd1d9151108"},
	    {65, "4bfd2c8b6f1eec7a2afeb48b934ee4b2694182027e6d0fc075074f2fabb31781"},
	    {119, "da18797ed7c3a777f0847f429724a2d8cd5138e6ed2895c3fa1a6d39d18f7ec6"},
	    {120, "f52b23db1fbb6ded89ef42a23ce0c8922c45f25c50b568a93bf1c075420bbb7c"},
	    {128, "471fb943aa23c511f6f72f8d1652d9c880cfa392ad80503120547703e56a2be5"},
	};
	uint8_t data[128];
	struct hf_sha256 s;

	(void)state;
	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		for (size_t first = 0; first <= row[i].len; first += 5) {
			hf_sha256_init(&s);
			hf_sha256_add(&s, data, first);
			hf_sha256_add(&s, data + first, row[i].len - first);
			expect(&s, row[i].want);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_vectors_of_the_standard_come_out),
	    cmocka_unit_test(lengths_about_the_edges_of_a_block_come_out_in_whatever_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
