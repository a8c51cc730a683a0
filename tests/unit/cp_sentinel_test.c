/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of controlplane/resolver/sentinel.c and telemetry.c: telling which keys we believe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "controlplane/resolver/sentinel.h"
#include "controlplane/telemetry.h"
#include "tests/unit/support/fakenet.h"

static struct fn_zone *root;
static unsigned tag; /* of the root's key */

static void
add(const char *prefix, unsigned key_tag, const char *suffix, const char *rest)
{
	char text[256];

	snprintf(text, sizeof(text), "root-key-sentinel-%s-ta-%05u%s 300 IN %s", prefix, key_tag,
	    suffix, rest);
	fn_add(root, text);
}

static const struct cp_answer *
ask(const char *prefix, unsigned key_tag, const char *suffix, uint16_t type, uint8_t variant)
{
	char text[128];

	snprintf(text, sizeof(text), "Root-Key-Sentinel-%s-ta-%05u%s", prefix, key_tag, suffix);
	return fn_ask(text, type, variant);
}

static void
world(bool is_signed)
{
	root = fn_root(is_signed);
	tag = is_signed ? va_key_tag(root->key.dnskey, root->key.dnskey_len) : 1;
	for (unsigned i = 0; i < 2; i++) {
		add(i == 0 ? "is" : "not", tag, ".", "A 192.0.2.9");
		add(i == 0 ? "is" : "not", tag, ".", "TXT x");
		add(i == 0 ? "is" : "not", tag ^ 1, ".", "AAAA 2001:db8::9");
	}
	fn_start(root, NULL);
}

static void
expect_failure(const struct cp_answer *a)
{
	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(a->verdict, HF_VERDICT_FAILURE);
	assert_int_equal(a->an_cnt, 0);
}

static void
is_ta_fails_for_other_keys_and_not_ta_for_ours(void **state)
{
	(void)state;
	world(true);
	assert_int_equal(ask("is", tag, ".", HF_TYPE_A, 0)->rcode, HF_RCODE_NOERROR);
	assert_int_equal(ask("not", tag ^ 1, ".", HF_TYPE_AAAA, 0)->rcode, HF_RCODE_NOERROR);
	expect_failure(ask("is", tag ^ 1, ".", HF_TYPE_AAAA, 0));
	expect_failure(ask("not", tag, ".", HF_TYPE_A, 0));
	expect_failure(ask("not", tag, ".", HF_TYPE_A, HF_VARIANT_DO));
	assert_int_equal(fn_counter(CP_RESOLVER_sentinel), 3);
	/* What is denied counts as well: RFC 8509 3.1 asks for a secure answer only. */
	expect_failure(ask("is", tag ^ 1, ".other.", HF_TYPE_A, 0));
	assert_int_equal(ask("not", tag ^ 1, ".other.", HF_TYPE_A, 0)->rcode, HF_RCODE_NXDOMAIN);
}

static void
other_types_cd_odd_labels_and_insecure_answers_are_left_alone(void **state)
{
	(void)state;
	world(true);
	assert_int_equal(ask("not", tag, ".", HF_TYPE_TXT, 0)->rcode, HF_RCODE_NOERROR);
	assert_int_equal(ask("not", tag, ".", HF_TYPE_A, HF_VARIANT_CD)->rcode, HF_RCODE_NOERROR);
	assert_int_equal(
	    fn_ask("root-key-sentinel-is-ta-1.", HF_TYPE_A, 0)->rcode, HF_RCODE_NXDOMAIN);
	assert_int_equal(
	    fn_ask("root-key-sentinel-is-ta-99999.", HF_TYPE_A, 0)->rcode, HF_RCODE_NXDOMAIN);
	assert_int_equal(
	    fn_ask("x.root-key-sentinel-is-ta-00001.", HF_TYPE_A, 0)->rcode, HF_RCODE_NXDOMAIN);
	fn_teardown(state);
	world(false);
	assert_int_equal(ask("is", tag, ".", HF_TYPE_A, 0)->rcode, HF_RCODE_NOERROR);
	assert_int_equal(ask("not", tag, ".", HF_TYPE_A, 0)->rcode, HF_RCODE_NOERROR);
	assert_int_equal(fn_counter(CP_RESOLVER_sentinel), 0);
}

static void
under_an_nta_nothing_is_told_of_our_keys(void **state)
{
	(void)state;
	world(true);
	fn_ntas(2, ".");
	assert_int_equal(ask("not", tag, ".", HF_TYPE_A, 0)->rcode, HF_RCODE_NOERROR);
	assert_int_equal(ask("is", tag ^ 1, ".", HF_TYPE_AAAA, 0)->rcode, HF_RCODE_NOERROR);
	assert_int_equal(fn_counter(CP_RESOLVER_sentinel), 0);
	fn_ntas(3, NULL);
	expect_failure(ask("not", tag, ".", HF_TYPE_A, 0));
}

static void
a_signal_names_every_tag_once_in_order_and_is_never_synthesised(void **state)
{
	static const uint8_t ds1[] = {0x4f, 0x66, 8, 2}, ds2[] = {0x0a, 0xbc, 8, 2};
	const struct hf_rdata rr[] = {{ds1, 4}, {ds2, 4}, {ds1, 4}};
	struct hf_rrset anchor = {
	    .owner = hf_name_root, .type = HF_TYPE_DS, .klass = 1, .rr_cnt = 3, .rr = rr};
	struct hf_name name;
	char text[HF_NAME_TEXT_LEN];

	(void)state;
	world(true);
	assert_true(cp_telemetry_name(&anchor, 1, &hf_name_root, &name));
	assert_string_equal(hf_name_to_text(&name, text), "_ta-0abc-4f66.");
	assert_true(cp_sentinel_is_signal(&name, HF_TYPE_NULL));
	assert_false(cp_sentinel_is_signal(&name, HF_TYPE_A));
	anchor.owner = va_name("test.");
	assert_false(cp_telemetry_name(&anchor, 1, &hf_name_root, &name));
	assert_true(cp_telemetry_name(&anchor, 1, &anchor.owner, &name));
	assert_string_equal(hf_name_to_text(&name, text), "_ta-0abc-4f66.test.");
	/* The root's NSEC denies every such name, and yet it is asked for. */
	fn_ask("_ta-0abb.", HF_TYPE_A, 0);
	fn_ask("_ta-0abc-4f66.", HF_TYPE_NULL, 0);
	assert_int_equal(fn.sent_cnt, 1);
}

#define T(f) cmocka_unit_test_teardown(f, fn_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(is_ta_fails_for_other_keys_and_not_ta_for_ours),
	    T(other_types_cd_odd_labels_and_insecure_answers_are_left_alone),
	    T(under_an_nta_nothing_is_told_of_our_keys),
	    T(a_signal_names_every_tag_once_in_order_and_is_never_synthesised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
