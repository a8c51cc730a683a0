/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of the resolver core without DNSSEC share: . -> test. -> zone.test., unsigned. */
#ifndef RESOLVER_WORLD_H
#define RESOLVER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/support/fakenet.h"

static struct fn_zone *root, *tld, *zone;
static struct fn_server *server;

/* . -> test. -> zone.test. at 192.0.2.3 */
static inline void
world_with(const struct cp_resolver_limits *limits)
{
	root = fn_root(false);
	tld = fn_zone("test.", false);
	zone = fn_zone("zone.test.", false);
	fn_apex(tld);
	fn_apex(zone);
	fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	server = fn_delegate(tld, zone, "ns.zone.test.", "192.0.2.3");
	fn_add(zone, "www.zone.test. 300 IN A 198.51.100.1");
	fn_add(zone, "alias.zone.test. 60 IN CNAME www.zone.test.");
	fn_start(root, limits);
}

static inline void
world(void)
{
	world_with(NULL);
}

static inline int
teardown(void **state)
{
	(void)state;
	fn_reset();
	return 0;
}

static inline void
expect_ok(const struct cp_answer *a, unsigned answers)
{
	assert_int_equal(a->rcode, HF_RCODE_NOERROR);
	assert_int_equal(a->verdict, HF_VERDICT_INSECURE);
	assert_int_equal(a->ede, HF_EDE_NONE);
	assert_int_equal(a->an_cnt, answers);
}

static inline void
expect_failure(const struct cp_answer *a, uint16_t ede)
{
	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(a->verdict, HF_VERDICT_FAILURE);
	assert_int_equal(a->ede, ede);
	assert_int_equal(a->an_cnt + a->ns_cnt + a->ar_cnt, 0);
}

#endif
