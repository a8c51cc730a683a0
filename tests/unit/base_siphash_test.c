/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/base/siphash.c against the vectors of its authors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/siphash.h"

/* Key 00 01 .. 0f. */
static const struct hf_siphash_key key = {
    {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};

static uint64_t
hash_of_first(size_t len)
{
	uint8_t *data = malloc(len + (len == 0));

	assert_non_null(data);
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)i;
	uint64_t h = hf_siphash(&key, data, len);

	free(data);
	return h;
}

static void
the_vector_of_the_paper_comes_out(void **state)
{
	(void)state;
	assert_int_equal(hash_of_first(15), UINT64_C(0xa129ca6149be45e5)); /* appendix A */
}

static void
the_reference_vectors_of_every_tail_length_come_out(void **state)
{
	(void)state;
	static const uint64_t want[] = {
	    UINT64_C(0x726fdb47dd0e0e31),
	    UINT64_C(0x74f839c593dc67fd),
	    UINT64_C(0x0d6c8009d9a94f5a),
	    UINT64_C(0x85676696d7fb7e2d),
	    UINT64_C(0xcf2794e0277187b7),
	    UINT64_C(0x18765564cd99a68d),
	    UINT64_C(0xcbc9466e58fee3ce),
	    UINT64_C(0xab0200f58b01d137),
	    UINT64_C(0x93f5f5799a932462),
	};

	for (size_t len = 0; len < sizeof(want) / sizeof(want[0]); len++)
		assert_int_equal(hash_of_first(len), want[len]);
}

static void
every_octet_and_the_key_count(void **state)
{
	(void)state;
	uint8_t data[40] = {0};
	struct hf_siphash_key other = key;
	uint64_t h = hf_siphash(&key, data, sizeof(data));

	for (unsigned i = 0; i < sizeof(data); i++) {
		data[i] = 1;
		assert_true(hf_siphash(&key, data, sizeof(data)) != h);
		data[i] = 0;
	}
	assert_true(hf_siphash(&key, data, sizeof(data) - 1) != h);
	other.k[1] ^= 1;
	assert_true(hf_siphash(&other, data, sizeof(data)) != h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_vector_of_the_paper_comes_out),
	    cmocka_unit_test(the_reference_vectors_of_every_tail_length_come_out),
	    cmocka_unit_test(every_octet_and_the_key_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
