/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of controlplane/resolver/local.c: zones and names that are answered here and
 * that nobody else hears of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/support/fakenet.h"

enum { SETS = 16 };

static struct fn_zone *root, *zone;
static struct hf_rrset sets[SETS];
static struct hf_rdata rdata[SETS];
static uint8_t octets[SETS][64];
static struct hf_addr forwarder;

/* A set of one record. */
static void
local(const char *owner, uint16_t type, const void *data, size_t len)
{
	size_t i = fn.local_cnt++;

	VA_REQUIRE(i < SETS && len <= sizeof(octets[0]));
	memcpy(octets[i], data, len);
	rdata[i] = (struct hf_rdata){octets[i], (uint16_t)len};
	sets[i] = (struct hf_rrset){.owner = va_name(owner),
	    .type = type,
	    .klass = 1,
	    .ttl = 600,
	    .rr_cnt = 1,
	    .rr = &rdata[i]};
	fn.local = sets;
}

static void
local_zone(const char *name)
{
	fn.zones[fn.zones_cnt++] = (struct cp_zone){.name = va_name(name), .kind = CP_ZONE_LOCAL};
}

/* A signed root that has pub. with www.pub., and local zones that a test adds to. */
static void
world(void)
{
	root = fn_root(true);
	zone = fn_zone("pub.", false);
	fn_apex(zone);
	fn_delegate(root, zone, "ns.pub.", "192.0.2.2");
	fn_add(zone, "www.pub. 300 IN A 198.51.100.1");
	fn_add(zone, "alias.pub. 300 IN CNAME host.home.");
	fn_add(zone, "below.www.pub. 300 IN A 198.51.100.2");
}

static void
expect(const struct cp_answer *a, uint16_t rcode, unsigned answers, unsigned soa)
{
	assert_int_equal(a->rcode, rcode);
	assert_int_equal(a->verdict, HF_VERDICT_INSECURE);
	assert_int_equal(a->ede, HF_EDE_NONE);
	assert_int_equal(a->an_cnt, answers);
	assert_int_equal(a->ns_cnt, soa);
	assert_int_equal(fn_count(a, HF_SECTION_AUTHORITY, HF_TYPE_SOA, NULL), soa);
}

static void
an_empty_local_zone_denies_with_its_soa_and_leaks_nothing(void **state)
{
	(void)state;
	world();
	local_zone("onion.");
	fn_start(root, NULL);
	expect(fn_ask("a.b.onion.", HF_TYPE_A, 0), HF_RCODE_NXDOMAIN, 0, 1);
	assert_int_equal(fn.sent_cnt, 0);
	expect(fn_ask("a.b.onion.", HF_TYPE_A, HF_VARIANT_DO), HF_RCODE_NXDOMAIN, 0, 1);
	expect(fn_ask("x.onion.", HF_TYPE_DNSKEY, 0), HF_RCODE_NXDOMAIN, 0, 1);
	expect(fn_ask("x.onion.", HF_TYPE_DS, 0), HF_RCODE_NXDOMAIN, 0, 1);
	expect(fn_ask("onion.", HF_TYPE_A, 0), HF_RCODE_NOERROR, 0, 1);
	expect(fn_ask("onion.", HF_TYPE_DNSKEY, 0), HF_RCODE_NOERROR, 0, 1);
	expect(fn_ask("onion.", HF_TYPE_SOA, 0), HF_RCODE_NOERROR, 1, 0);
	expect(fn_ask("onion.", HF_TYPE_NS, 0), HF_RCODE_NOERROR, 1, 0);
	assert_int_equal(fn.sent_cnt, 0);
	assert_int_equal(fn_ask("onion.", HF_TYPE_A, 0)->ttl_s, 10800);
	assert_true(fn_counter(CP_RESOLVER_local) >= 8);
	/* Its DS is the parent's to deny, or a validator behind us could not. */
	assert_int_equal(fn_ask("onion.", HF_TYPE_DS, 0)->verdict, HF_VERDICT_SECURE);
}

static void
data_of_a_local_zone_is_answered_with_nodata_wildcards_and_empty_non_terminals(void **state)
{
	(void)state;
	world();
	local_zone("home.");
	local("a.ent.home.", HF_TYPE_A, "\12\0\0\1", 4);
	local("*.wild.home.", HF_TYPE_A, "\12\0\0\2", 4);
	local("HOST.home.", HF_TYPE_A, "\12\0\0\3", 4);
	fn_start(root, NULL);
	expect(fn_ask("a.ent.home.", HF_TYPE_A, 0), HF_RCODE_NOERROR, 1, 0);
	expect(fn_ask("a.ent.home.", HF_TYPE_AAAA, 0), HF_RCODE_NOERROR, 0, 1);
	expect(fn_ask("ent.home.", HF_TYPE_A, 0), HF_RCODE_NOERROR, 0, 1);
	expect(fn_ask("b.ent.home.", HF_TYPE_A, 0), HF_RCODE_NXDOMAIN, 0, 1);
	expect(fn_ask("x.y.wild.home.", HF_TYPE_A, 0), HF_RCODE_NOERROR, 1, 0);
	expect(fn_ask("x.wild.home.", HF_TYPE_MX, 0), HF_RCODE_NOERROR, 0, 1);
	expect(fn_ask("host.home.", HF_TYPE_A, 0), HF_RCODE_NOERROR, 1, 0);
	assert_int_equal(fn.answer[6].a.ttl_s, 600);
	assert_int_equal(fn.sent_cnt, 0);
}

static void
data_outside_local_zones_replaces_what_that_one_name_has(void **state)
{
	(void)state;
	world();
	local("www.pub.", HF_TYPE_A, "\12\0\0\1", 4);
	fn_start(root, NULL);
	expect(fn_ask("www.pub.", HF_TYPE_A, 0), HF_RCODE_NOERROR, 1, 0);
	expect(fn_ask("www.pub.", HF_TYPE_AAAA, 0), HF_RCODE_NOERROR, 0, 1);
	assert_int_equal(fn.sent_cnt, 0);
	assert_memory_equal(fn.answer[0].a.body + fn.answer[0].a.body_len - 4, "\12\0\0\1", 4);
	expect(fn_ask("below.www.pub.", HF_TYPE_A, 0), HF_RCODE_NOERROR, 1, 0);
	assert_true(fn.sent_cnt > 0);
}

static void
aliases_lead_into_local_zones_and_out_of_them(void **state)
{
	(void)state;
	static const uint8_t target[] = "\3www\3pub";

	world();
	local_zone("home.");
	local("host.home.", HF_TYPE_A, "\12\0\0\3", 4);
	local("out.home.", HF_TYPE_CNAME, target, sizeof(target));
	fn_start(root, NULL);
	expect(fn_ask("alias.pub.", HF_TYPE_A, 0), HF_RCODE_NOERROR, 2, 0);
	expect(fn_ask("out.home.", HF_TYPE_A, 0), HF_RCODE_NOERROR, 2, 0);
	expect(fn_ask("out.home.", HF_TYPE_CNAME, 0), HF_RCODE_NOERROR, 1, 0);
	expect(fn_ask("out.home.", HF_TYPE_TXT, 0), HF_RCODE_NOERROR, 1, 1);
}

static void
a_forwarder_inside_a_local_zone_goes_before_it(void **state)
{
	(void)state;
	world();
	struct fn_zone *deep = fn_zone("deep.home.", false);

	fn_apex(deep);
	fn_add(deep, "www.deep.home. 300 IN A 10.0.0.9");
	fn_server("192.0.2.40", deep)->manner = FN_RECURSES;
	VA_REQUIRE(hf_addr_from_text("192.0.2.40", &forwarder) == 0);
	local_zone("home.");
	fn.zones[fn.zones_cnt++] = (struct cp_zone){.name = va_name("deep.home."),
	    .kind = CP_ZONE_FORWARD,
	    .insecure = true,
	    .addrs = &forwarder,
	    .addr_cnt = 1};
	local("pinned.deep.home.", HF_TYPE_A, "\12\0\0\1", 4);
	fn_start(root, NULL);
	expect(fn_ask("www.deep.home.", HF_TYPE_A, 0), HF_RCODE_NOERROR, 1, 0);
	assert_int_equal(fn.sent_cnt, 1);
	expect(fn_ask("pinned.deep.home.", HF_TYPE_A, 0), HF_RCODE_NOERROR, 1, 0);
	expect(fn_ask("x.home.", HF_TYPE_A, 0), HF_RCODE_NXDOMAIN, 0, 1);
	assert_int_equal(fn.sent_cnt, 0);
}

/* A referral that names servers in a local zone must not make us ask anybody about them. */
static void
servers_named_in_a_local_zone_have_no_address_but_the_local_one(void **state)
{
	(void)state;
	world();
	local_zone("invalid.");
	fn_add(root, "odd. 300 IN NS ns.invalid.");
	fn_start(root, NULL);
	const struct cp_answer *a = fn_ask("www.odd.", HF_TYPE_A, 0);

	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	for (unsigned i = 0; i < fn.sent_cnt; i++)
		assert_false(hf_name_in(&fn.sent[i].q.name, &fn.zones[0].name));
}

#define T(f) cmocka_unit_test_teardown(f, fn_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(an_empty_local_zone_denies_with_its_soa_and_leaks_nothing),
	    T(data_of_a_local_zone_is_answered_with_nodata_wildcards_and_empty_non_terminals),
	    T(data_outside_local_zones_replaces_what_that_one_name_has),
	    T(aliases_lead_into_local_zones_and_out_of_them),
	    T(a_forwarder_inside_a_local_zone_goes_before_it),
	    T(servers_named_in_a_local_zone_have_no_address_but_the_local_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
