/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/hash.c. */
#include <stdio.h>

#include "tests/unit/dp_fixture.h"

static struct dp_hash fast, slow;

static int
setup(void **state)
{
	(void)state;
	dp_hash_init(&fast, fx_seed);
	dp_hash_init_portable(&slow, fx_seed);
	return 0;
}

static void
case_of_a_name_changes_neither_key_nor_hash(void **state)
{
	(void)state;
	const struct dp_hash *both[] = {&fast, &slow};

	for (unsigned i = 0; i < 2; i++) {
		struct dp_key a = fx_key(both[i], "www.example.de.", HF_TYPE_A, 0);
		struct dp_key b = fx_key(both[i], "WwW.ExAmPlE.dE.", HF_TYPE_A, 0);
		assert_true(dp_key_equal(&a.o, &b.o));
		assert_true(a.hash == b.hash);
	}
}

static void
only_ascii_letters_are_folded(void **state)
{
	(void)state;
	struct hf_question q = {.type = 1, .klass = 1};
	struct dp_key key;
	uint8_t octets[HF_NAME_MAX];
	unsigned len = 0;

	for (unsigned v = 0; v < 192; v++) { /* three labels hold every octet from 0 to 191 */
		if (v % 63 == 0)
			octets[len++] = v < 189 ? 63 : 3;
		octets[len++] = (uint8_t)v;
	}
	octets[len++] = 0;
	assert_int_equal(hf_name_from_octets(octets, len, &q.name), 0);
	dp_key_set(&key, &fast, &q, 0);
	assert_int_equal(key.o.name_len, len);
	for (unsigned i = 0; i < len; i++) {
		uint8_t want = octets[i];
		if (want >= 'A' && want <= 'Z')
			want += 32;
		assert_int_equal(key.o.name[i], want);
	}
}

/* Any length from the root to 255 octets: the last block is the one that goes wrong. */
static void
names_of_every_length_survive_the_way_through_a_message(void **state)
{
	(void)state;
	struct hf_question q = {.type = HF_TYPE_TXT, .klass = HF_CLASS_IN};
	struct hf_msg_key msg;
	struct dp_key a, b;

	for (unsigned len = 1; len <= HF_NAME_MAX; len++) {
		uint8_t octets[HF_NAME_MAX];
		unsigned left = len - 1, off = 0;

		if (len == 2) /* no name has two octets */
			continue;
		while (left > 0) {
			unsigned label = left == 65 ? 32 : left < 64 ? left - 1 : 63;
			octets[off++] = (uint8_t)label;
			for (unsigned i = 0; i < label; i++)
				octets[off++] = (uint8_t)('A' + (len + i) % 26);
			left -= label + 1;
		}
		octets[off++] = 0;
		assert_int_equal(off, len);
		assert_int_equal(hf_name_from_octets(octets, len, &q.name), 0);
		memset(&a, 0xee, sizeof(a)); /* what was there before must not matter */
		memset(&b, 0x11, sizeof(b));
		dp_key_set(&a, &fast, &q, HF_VARIANT_CD);
		dp_key_to_msg(&a, &msg);
		assert_int_equal(hf_msg_check_key(&msg), HF_MSG_OK);
		dp_key_from_msg(&b, &fast, &msg);
		assert_true(dp_key_equal(&a.o, &b.o));
		assert_true(a.hash == b.hash);
		assert_int_equal(a.o.name[0], octets[0]);

		uint8_t where[DP_KEY_READ_MAX]; /* a packet, with who knows what behind the name */
		memset(where, 0xc3, sizeof(where));
		memcpy(where, octets, len);
		memset(&b, 0x11, sizeof(b));
		dp_key_set_at(
		    &b, &fast, where, dp_key_meta(HF_TYPE_TXT, HF_VARIANT_CD, (uint8_t)len));
		assert_memory_equal(&a.o, &b.o, dp_key_octets_len(&a.o));
		assert_true(a.hash == b.hash);
	}
}

static void
a_difference_in_any_part_makes_another_key(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint16_t type;
		uint8_t variant;
	} other[] = {
	    {"a.example.", 1, 0},
	    {"www.example.", 2, 0},
	    {"www.example.", 257, 0},
	    {"www.example.", 1, 1},
	    {"www.example.", 1, 2},
	    {"www.example.", 1, 3},
	    {"www.examplf.", 1, 0},
	    {"www.example.a.", 1, 0},
	    {".", 1, 0},
	    {"wwww.xample.", 1, 0},
	    {"www.a.long.name.beyond.the.first.blocks.example.", 1, 0},
	};
	const struct dp_hash *both[] = {&fast, &slow};

	for (unsigned h = 0; h < 2; h++) {
		struct dp_key key = fx_key(both[h], "www.example.", 1, 0);
		for (unsigned i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
			struct dp_key o =
			    fx_key(both[h], other[i].name, other[i].type, other[i].variant);
			assert_false(dp_key_equal(&key.o, &o.o));
			assert_false(dp_key_equal(&o.o, &key.o));
			assert_true(key.hash != o.hash);
		}
	}
}

static void
a_long_name_differs_from_another_in_its_last_octet(void **state)
{
	(void)state;
	struct dp_key a = fx_key(&fast, "a.rather.long.name.that.needs.several.blocks.dex.", 1, 0);
	struct dp_key b = fx_key(&fast, "a.rather.long.name.that.needs.several.blocks.dey.", 1, 0);

	assert_false(dp_key_equal(&a.o, &b.o));
	assert_true(a.hash != b.hash);
}

static void
another_seed_gives_other_hashes(void **state)
{
	(void)state;
	uint8_t seed[64];
	struct dp_hash h;

	for (unsigned i = 0; i < 64; i++) {
		memcpy(seed, fx_seed, sizeof(seed));
		seed[i] ^= 1;
		dp_hash_init(&h, seed);
		if (!h.aes && i >= 16) /* SipHash uses the first sixteen only */
			break;
		assert_true(fx_key(&h, "www.example.", 1, 0).hash !=
		    fx_key(&fast, "www.example.", 1, 0).hash);
	}
}

/* Every bit of the hash, over names that differ in one digit: near one half. */
static void
each_bit_is_set_in_half_of_the_hashes(void **state)
{
	(void)state;
	enum { CNT = 4096 };
	const struct dp_hash *both[] = {&fast, &slow};
	char text[32];

	for (unsigned h = 0; h < 2; h++) {
		unsigned set[64] = {0};
		for (unsigned i = 0; i < CNT; i++) {
			snprintf(text, sizeof(text), "n%u.example.", i);
			uint64_t v = fx_key(both[h], text, 1, 0).hash;
			for (unsigned bit = 0; bit < 64; bit++)
				set[bit] += (v >> bit) & 1;
		}
		for (unsigned bit = 0; bit < 64; bit++)
			assert_in_range(set[bit], CNT / 2 - 200, CNT / 2 + 200);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(case_of_a_name_changes_neither_key_nor_hash),
	    cmocka_unit_test(only_ascii_letters_are_folded),
	    cmocka_unit_test(names_of_every_length_survive_the_way_through_a_message),
	    cmocka_unit_test(a_difference_in_any_part_makes_another_key),
	    cmocka_unit_test(a_long_name_differs_from_another_in_its_last_octet),
	    cmocka_unit_test(another_seed_gives_other_hashes),
	    cmocka_unit_test(each_bit_is_set_in_half_of_the_hashes),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
