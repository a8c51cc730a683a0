/* SPDX-License-Identifier: BSD-3-Clause */
/* The chain of the audit log: the form is what chain.h says, computed by another program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/audit/chain.h"

static struct hf_audit_line
first(void)
{
	return (struct hf_audit_line){.id = 1,
	    .time = 1795860000,
	    .uid = 1000,
	    .before = 1,
	    .after = 2,
	    .author = "anna",
	    .action = "add",
	    .name = "de.",
	    .reason = "bad signatures",
	    .detail = "until 2026-11-28T12:00:00Z, strict"};
}

static struct hf_audit_line
second(void)
{
	return (struct hf_audit_line){.id = 2,
	    .time = 1795863600,
	    .before = 2,
	    .after = 2,
	    .author = "holdfast",
	    .action = "clock",
	    .reason = "jumped",
	    .detail = ""};
}

static const char first_hash[] = "0176fcc0e5cc510c2c9dce005595b8d13bad271366b9164bf1998117867b0ae5";
static const char second_hash[] =
    "ddae319fb5c1d127d41c92451c9522c32681a18d444fe7b5f7bc07905a79b100";

static void
the_hashes_are_those_of_the_form_in_the_header(void **state)
{
	struct hf_audit_line a = first(), b = second();
	uint8_t hash[HF_SHA256_LEN] = {0};
	char text[HF_AUDIT_HASH_TEXT_LEN];

	(void)state;
	hf_audit_hash(hash, &a, hash);
	assert_string_equal(hf_audit_hash_to_text(hash, text), first_hash);
	hf_audit_hash(hash, &b, hash);
	assert_string_equal(hf_audit_hash_to_text(hash, text), second_hash);
}

static void
a_walk_meets_the_head_that_was_noted_and_stops_at_what_does_not_follow(void **state)
{
	struct hf_audit_line a = first(), b = second();
	uint8_t noted[HF_SHA256_LEN];
	struct hf_audit_walk w = {.wanted = noted};

	(void)state;
	assert_true(hf_audit_hash_from_text(first_hash, noted));
	memcpy(a.hash, noted, sizeof(noted));
	assert_true(hf_audit_hash_from_text(second_hash, b.hash));
	assert_false(hf_audit_follow(&w, &b));
	assert_int_equal(w.line_cnt, 0);
	assert_true(hf_audit_follow(&w, &a));
	assert_true(w.met);
	assert_true(hf_audit_follow(&w, &b));
	assert_true(w.met); /* the log may have grown since */
	assert_int_equal(w.line_cnt, 2);
	assert_false(hf_audit_follow(&w, &b));
	memset(noted, 0, sizeof(noted)); /* the head of a log without lines */
	w.met = false;
	assert_true(hf_audit_was_met(&w));
	noted[3] = 1;
	assert_false(hf_audit_was_met(&w));
}

static void
a_hash_is_sixty_four_digits_of_either_case(void **state)
{
	uint8_t hash[HF_SHA256_LEN], other[HF_SHA256_LEN];
	char text[HF_AUDIT_HASH_TEXT_LEN];

	(void)state;
	assert_true(hf_audit_hash_from_text(first_hash, hash));
	for (size_t i = 0; i < sizeof(first_hash); i++)
		text[i] = (char)(first_hash[i] >= 'a' ? first_hash[i] - 0x20 : first_hash[i]);
	assert_true(hf_audit_hash_from_text(text, other));
	assert_memory_equal(hash, other, sizeof(hash));
	assert_false(hf_audit_hash_from_text(first_hash + 1, hash));
	text[10] = 'g';
	assert_false(hf_audit_hash_from_text(text, hash));
	assert_false(hf_audit_hash_from_text("", hash));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_hashes_are_those_of_the_form_in_the_header),
	    cmocka_unit_test(
		a_walk_meets_the_head_that_was_noted_and_stops_at_what_does_not_follow),
	    cmocka_unit_test(a_hash_is_sixty_four_digits_of_either_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
