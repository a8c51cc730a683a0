/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/access.c: DPDK's tables beside the list they are made of. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <rte_eal.h>

#include "dataplane/access.h"

enum { BURST = 32, HEADER_LEN = 40 };

static struct hf_access rules;
static struct dp_access access_tables;

static int
environment(void **state)
{
	static char *argv[] = {"dp_access_test", "--no-huge", "--no-shconf", "--no-pci",
	    "--no-telemetry", "-m", "512", "--lcores=0@0", "--log-level=lib.eal:1"};

	(void)state;
	return rte_eal_init(sizeof(argv) / sizeof(argv[0]), argv) < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	dp_access_close(&access_tables);
	hf_access_fini(&rules);
	return 0;
}

/* A prefix of a few octets that many share, so that prefixes lie in each other. */
static struct hf_prefix
random_prefix(int family)
{
	struct hf_prefix p = {.family = (uint8_t)family};
	unsigned octets = family == AF_INET ? 4 : 16;

	p.len = (uint8_t)((unsigned)random() % (octets * 8 + 1));
	for (unsigned i = 0; i < (p.len + 7u) / 8; i++)
		p.octets[i] = (uint8_t)(random() % 3);
	if (p.len % 8 != 0)
		p.octets[p.len / 8] &= (uint8_t)(0xff00 >> p.len % 8);
	return p;
}

static void
header_put(uint8_t ip[HEADER_LEN], const struct hf_addr *a)
{
	memset(ip, 0, HEADER_LEN);
	ip[0] = a->family == AF_INET ? 0x45 : 0x60;
	memcpy(ip + (a->family == AF_INET ? 12 : 8), a->octets, a->family == AF_INET ? 4 : 16);
}

/* A burst of senders in and about the prefixes: as the list judges them, one by one. */
static void
compare_burst(void)
{
	uint8_t header[BURST][HEADER_LEN], verdict[BURST];
	const uint8_t *ip[BURST];
	struct hf_addr who[BURST];
	unsigned cnt = 1 + (unsigned)random() % BURST;

	for (unsigned i = 0; i < cnt; i++) {
		struct hf_prefix p = random_prefix(random() % 2 == 0 ? AF_INET : AF_INET6);

		who[i] = (struct hf_addr){.family = p.family};
		memcpy(who[i].octets, p.octets, sizeof(p.octets));
		who[i].octets[p.family == AF_INET ? 3 : 15] = (uint8_t)(random() % 3);
		header_put(header[i], &who[i]);
		ip[i] = header[i];
	}
	dp_access_judge(&access_tables, ip, cnt, verdict);
	for (unsigned i = 0; i < cnt; i++)
		assert_int_equal(verdict[i], hf_access_judge(&rules, &who[i]));
}

static void
rules_add(unsigned cnt)
{
	for (unsigned i = 0; i < cnt; i++) {
		struct hf_prefix p = random_prefix(random() % 2 == 0 ? AF_INET : AF_INET6);
		int rc = hf_access_add(
		    &rules, &p, (enum hf_access_verdict)(random() % HF_ACCESS_VERDICT_CNT));

		assert_true(rc == 0 || rc == -EEXIST);
	}
}

static void
a_burst_fares_as_the_list_says(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 12; round++) {
		rules.others = (enum hf_access_verdict)(round % HF_ACCESS_VERDICT_CNT);
		rules_add(1 + (unsigned)random() % 60);
		assert_int_equal(dp_access_open(&access_tables, &rules), 0);
		for (unsigned i = 0; i < 2000; i++)
			compare_burst();
		(void)teardown(NULL);
	}
}

static void
as_many_rules_as_there_can_be_have_room(void **state)
{
	(void)state;
	while (rules.cnt < HF_ACCESS_MAX)
		rules_add(1);
	assert_in_range(dp_access_mib(&rules), 48, 256);
	assert_int_equal(dp_access_open(&access_tables, &rules), 0);
	for (unsigned i = 0; i < 5000; i++)
		compare_burst();
}

static void
lists_that_allow_everybody_cost_no_table(void **state)
{
	(void)state;
	struct hf_prefix p = random_prefix(AF_INET);

	assert_int_equal(hf_access_add(&rules, &p, HF_ACCESS_ALLOW), 0);
	assert_int_equal(dp_access_mib(&rules), 0);
	assert_int_equal(dp_access_open(&access_tables, &rules), 0);
	assert_false(access_tables.on);
	assert_null(access_tables.v4);
	assert_null(access_tables.v6);
}

static void
a_family_without_rules_fares_like_all_others(void **state)
{
	(void)state;
	struct hf_prefix p = {.family = AF_INET6, .len = 32, .octets = {0x20, 1, 0xd, 0xb8}};

	rules.others = HF_ACCESS_REFUSE;
	assert_int_equal(hf_access_add(&rules, &p, HF_ACCESS_ALLOW), 0);
	assert_int_equal(dp_access_open(&access_tables, &rules), 0);
	assert_true(access_tables.on && access_tables.v4 == NULL);
	for (unsigned i = 0; i < 1000; i++)
		compare_burst();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(a_burst_fares_as_the_list_says, teardown),
	    cmocka_unit_test_teardown(as_many_rules_as_there_can_be_have_room, teardown),
	    cmocka_unit_test_teardown(lists_that_allow_everybody_cost_no_table, teardown),
	    cmocka_unit_test_teardown(a_family_without_rules_fares_like_all_others, teardown),
	};

	srandom(1);
	return cmocka_run_group_tests(tests, environment, NULL);
}
