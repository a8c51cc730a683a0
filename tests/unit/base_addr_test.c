/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/base/addr.c. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/addr.h"

static void
addresses_are_read_and_printed(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
		int family, port;
	} cases[] = {
	    {"192.0.2.1", "192.0.2.1", AF_INET, 0},
	    {"192.0.2.1@53", "192.0.2.1@53", AF_INET, 53},
	    {"2001:DB8::1", "2001:db8::1", AF_INET6, 0},
	    {"2001:db8:0:0:0:0:0:1@65535", "2001:db8::1@65535", AF_INET6, 65535},
	    {"::", "::", AF_INET6, 0},
	    {"::ffff:192.0.2.1", "::ffff:192.0.2.1", AF_INET6, 0},
	    {"0.0.0.0", "0.0.0.0", AF_INET, 0},
	};
	char buf[HF_ADDR_TEXT_LEN];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_addr a;

		memset(&a, 0xa5, sizeof(a));
		assert_int_equal(hf_addr_from_text(cases[i].in, &a), 0);
		assert_int_equal(a.family, cases[i].family);
		assert_int_equal(a.port, cases[i].port);
		assert_string_equal(hf_addr_to_text(&a, buf), cases[i].out);
		if (a.family == AF_INET) /* the rest is zero, as addr.h says */
			assert_memory_equal(a.octets + 4, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
	}
}

static void
text_that_is_no_address_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "",
	    "@",
	    "@53",
	    "localhost",
	    "192.0.2",
	    "192.0.2.256",
	    "192.0.2.1@",
	    "192.0.2.1@0",
	    "192.0.2.1@65536",
	    "192.0.2.1@53x",
	    "192.0.2.1@-1",
	    "192.0.2.1 ",
	    " 192.0.2.1",
	    "192.0.2.1:53",
	    "[::1]",
	    "[::1]:53",
	    "::1%lo",
	    "fe80::1%eth0@53",
	    "2001:db8::1::2",
	    "1",
	    "0x7f000001",
	    "127.1",
	    "192.0.2.1@53@53",
	    "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
	};
	struct hf_addr a = {.family = 99};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (hf_addr_from_text(bad[i], &a) != -EINVAL)
			fail_msg("\"%s\" was taken for an address", bad[i]);
		assert_int_equal(a.family, 99);
	}
}

static void
socket_addresses_go_there_and_back(void **state)
{
	(void)state;
	static const char *const texts[] = {"192.0.2.1@53", "2001:db8::1@853", "127.0.0.1"};

	for (unsigned i = 0; i < 3; i++) {
		struct sockaddr_storage ss;
		struct hf_addr a, b;

		assert_int_equal(hf_addr_from_text(texts[i], &a), 0);
		socklen_t len = hf_addr_to_sockaddr(&a, &ss);

		assert_int_equal(len,
		    a.family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
		memset(&b, 0xa5, sizeof(b));
		assert_int_equal(hf_addr_from_sockaddr((struct sockaddr *)&ss, len, &b), 0);
		assert_true(hf_addr_equal(&a, &b));
		assert_int_equal(
		    hf_addr_from_sockaddr((struct sockaddr *)&ss, len - 1, &b), -EINVAL);
		assert_int_equal(hf_addr_from_sockaddr((struct sockaddr *)&ss, 0, &b), -EINVAL);
	}
}

static void
an_address_that_is_none_stays_none(void **state)
{
	(void)state;
	struct hf_addr none = {0}, a = {.family = 99};
	struct sockaddr_storage ss;
	struct sockaddr unix_like = {.sa_family = AF_UNIX};
	char buf[HF_ADDR_TEXT_LEN];

	assert_string_equal(hf_addr_to_text(&none, buf), "none");
	assert_int_equal(hf_addr_to_sockaddr(&none, &ss), 0);
	assert_int_equal(hf_addr_from_sockaddr(&unix_like, sizeof(unix_like), &a), -EINVAL);
	assert_int_equal(a.family, 99);
}

static void
equality_looks_at_what_counts(void **state)
{
	(void)state;
	struct hf_addr a, b;

	assert_int_equal(hf_addr_from_text("192.0.2.1@53", &a), 0);
	b = a;
	b.pad = 1;
	b.octets[10] = 1; /* no part of an IPv4 address */
	assert_true(hf_addr_equal(&a, &b));
	b.port = 54;
	assert_false(hf_addr_equal(&a, &b));
	assert_true(hf_addr_same_host(&a, &b));
	b.octets[3] = 2;
	assert_false(hf_addr_same_host(&a, &b));
	assert_int_equal(hf_addr_from_text("::", &a), 0);
	assert_int_equal(hf_addr_from_text("0.0.0.0", &b), 0);
	assert_false(hf_addr_same_host(&a, &b));
	b = a;
	b.octets[15] = 1;
	assert_false(hf_addr_same_host(&a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_are_read_and_printed),
	    cmocka_unit_test(text_that_is_no_address_is_refused),
	    cmocka_unit_test(socket_addresses_go_there_and_back),
	    cmocka_unit_test(an_address_that_is_none_stays_none),
	    cmocka_unit_test(equality_looks_at_what_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
