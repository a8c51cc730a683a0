/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/base/nat64.c: the examples of RFC 6052 2.4, and what is no prefix. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/base/nat64.h"

static struct hf_addr
addr(const char *text)
{
	struct hf_addr a;

	assert_int_equal(hf_addr_from_text(text, &a), 0);
	return a;
}

static void
the_examples_of_rfc_6052_come_out(void **state)
{
	static const struct {
		const char *prefix, *want;
	} table[] = {
	    {"2001:db8::/32", "2001:db8:c000:221::"},
	    {"2001:db8:100::/40", "2001:db8:1c0:2:21::"},
	    {"2001:db8:122::/48", "2001:db8:122:c000:2:2100::"},
	    {"2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"},
	    {"2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"},
	    {"2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"},
	    {"64:ff9b::/96", "64:ff9b::192.0.2.33"},
	};
	struct hf_nat64 n;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct hf_addr from = addr("192.0.2.33@53"), want = addr(table[i].want), got;

		want.port = 53;
		assert_int_equal(hf_nat64_from_text(table[i].prefix, &n), 0);
		got = hf_nat64_map(&n, &from);
		assert_true(hf_addr_equal(&got, &want));
	}
}

static void
what_is_no_prefix_is_refused(void **state)
{
	static const char *const bad[] = {"", "/", "64:ff9b::", "64:ff9b::/", "64:ff9b::/95",
	    "64:ff9b::/+96", "64:ff9b::/96x", "64:ff9b::1/96", "192.0.2.0/32", "2001:db8:1::/32",
	    "2001:db8:0:0:100::/96", "64:ff9b::@53/96", "64:ff9b::/18446744073709551712"};
	struct hf_nat64 n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_not_equal(hf_nat64_from_text(bad[i], &n), 0);
}

static void
ipv6_addresses_and_no_prefix_change_nothing(void **state)
{
	struct hf_addr v6 = addr("2001:db8::53@53"), v4 = addr("192.0.2.1@53"), got;
	struct hf_nat64 n = {0};

	(void)state;
	got = hf_nat64_map(&n, &v4);
	assert_true(hf_addr_equal(&got, &v4));
	assert_int_equal(hf_nat64_from_text("64:ff9b::/96", &n), 0);
	got = hf_nat64_map(&n, &v6);
	assert_true(hf_addr_equal(&got, &v6));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_examples_of_rfc_6052_come_out),
	    cmocka_unit_test(what_is_no_prefix_is_refused),
	    cmocka_unit_test(ipv6_addresses_and_no_prefix_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
