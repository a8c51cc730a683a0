/* SPDX-License-Identifier: BSD-3-Clause */
/* What a probe reads off the answers of one address (controlplane/probe.c): a resolver core that
 * knows this address alone, as prober.c makes them, against servers that are good or bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "controlplane/probe.h"
#include "controlplane/resolver/delegation.h"
#include "lib/base/arena.h"
#include "tests/unit/support/fakenet.h"

static struct fn_server *one, *two;
static struct hf_addr address;

/* . and test. and zone.test. signed, plain.test. not; zone.test. at two addresses, of which the
 * resolver knows this one. */
static void
world(const char *known)
{
	struct fn_zone *root = fn_root(true), *tld = fn_zone("test.", true);
	struct fn_zone *signed_ = fn_zone("signed.test.", true);
	struct fn_zone *plain = fn_zone("plain.test.", false);

	fn_apex(tld);
	fn_apex(signed_);
	fn_apex(plain);
	one = fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	fn_add(root, "test. 3600 IN NS ns2.test.");
	fn_add(root, "ns2.test. 3600 IN A 192.0.2.12");
	two = fn_server("192.0.2.12", tld);
	fn_add_ds(root, tld);
	fn_delegate(tld, signed_, "ns.signed.test.", "192.0.2.3");
	fn_add_ds(tld, signed_);
	fn_delegate(tld, plain, "ns.plain.test.", "192.0.2.4");
	assert_int_equal(hf_addr_from_text(known, &address), 0);
	fn.zones[0] = (struct cp_zone){
	    .name = va_name("test."), .kind = CP_ZONE_STUB, .addrs = &address, .addr_cnt = 1};
	fn.zones_cnt = 1;
	fn_start(root, NULL);
}

static struct cp_probe_result
probe(const char *name, uint16_t type)
{
	struct cp_probe_result res;

	cp_probe_read(fn_ask(name, type, HF_VARIANT_DO | HF_VARIANT_CD), &res);
	return res;
}

static void
expect_all(enum cp_probe_said said)
{
	assert_int_equal(probe("test.", HF_TYPE_SOA).said, said);
	assert_int_equal(probe("test.", CP_PROBE_DENIED_TYPE).said, said);
	assert_int_equal(probe("plain.test.", HF_TYPE_DS).said, said);
	assert_int_equal(probe("signed.test.", HF_TYPE_DS).said, said);
	assert_int_equal(probe("no.test.", HF_TYPE_A).said, said);
}

static void
a_good_address_is_good_in_everything_whatever_the_other_says(void **state)
{
	(void)state;
	world("192.0.2.12");
	one->manner = FN_BAD_SIGS;
	expect_all(CP_PROBE_GOOD);
	assert_int_equal(probe("test.", HF_TYPE_DNSKEY).said, CP_PROBE_GOOD);
	assert_int_equal(fn_sent_to("192.0.2.2", CP_UDP), 0);
}

static void
a_bad_address_is_bad_in_everything_whatever_the_other_says(void **state)
{
	(void)state;
	world("192.0.2.12");
	two->manner = FN_BAD_SIGS;
	expect_all(CP_PROBE_BAD);
	assert_int_equal(probe("test.", HF_TYPE_DNSKEY).said, CP_PROBE_GOOD);
	const struct cp_probe_result res = probe("test.", HF_TYPE_SOA);

	assert_int_equal(res.ede, HF_EDE_BOGUS);
	assert_non_null(strstr(res.text, "signature does not verify"));
}

/* A second question might have luck. */
static void
each_ask_is_one_packet_however_bad_the_answer(void **state)
{
	(void)state;
	world("192.0.2.12");
	two->manner = FN_BAD_SIGS;
	probe("test.", HF_TYPE_SOA); /* and the keys above */
	probe("no.test.", HF_TYPE_A);
	assert_int_equal(fn.sent_cnt, 1);
	probe("plain.test.", HF_TYPE_DS);
	assert_int_equal(fn.sent_cnt, 1);
}

static void
bad_denials_and_a_bad_soa_are_seen_beside_good_records(void **state)
{
	(void)state;
	world("192.0.2.12");
	two->manner = FN_BAD_DENIALS;
	assert_int_equal(probe("test.", HF_TYPE_SOA).said, CP_PROBE_GOOD);
	assert_int_equal(probe("signed.test.", HF_TYPE_DS).said, CP_PROBE_GOOD);
	assert_int_equal(probe("plain.test.", HF_TYPE_DS).said, CP_PROBE_BAD);
	assert_int_equal(probe("no.test.", HF_TYPE_A).said, CP_PROBE_BAD);
	two->manner = FN_BAD_SOA;
	fn_pass(4000);
	assert_int_equal(probe("test.", HF_TYPE_SOA).said, CP_PROBE_BAD);
}

static void
keys_that_do_not_validate_make_everything_bad(void **state)
{
	(void)state;
	world("192.0.2.12");
	two->manner = FN_BAD_KEYS;
	expect_all(CP_PROBE_BAD);
	assert_int_equal(probe("test.", HF_TYPE_DNSKEY).said, CP_PROBE_BAD);
}

static void
the_serial_is_read_from_good_and_bad_answers(void **state)
{
	(void)state;
	world("192.0.2.12");
	two->manner = FN_BAD_SIGS;
	const struct cp_probe_result res = probe("test.", HF_TYPE_SOA);

	assert_true(res.has_serial);
	assert_int_equal(res.serial, 1);
	assert_false(probe("no.test.", HF_TYPE_A).has_serial);
}

static void
a_silent_or_unwilling_address_is_silent_and_nobody_else_is_asked(void **state)
{
	(void)state;
	world("192.0.2.12");
	two->manner = FN_SILENT;
	assert_int_equal(probe("test.", HF_TYPE_SOA).said, CP_PROBE_SILENT);
	assert_int_equal(probe("test.", HF_TYPE_DNSKEY).said, CP_PROBE_SILENT);
	two->manner = FN_REFUSES;
	fn_pass(4000);
	assert_int_equal(probe("test.", HF_TYPE_SOA).said, CP_PROBE_SILENT);
	assert_int_equal(fn_sent_to("192.0.2.2", CP_UDP), 0);
}

/* Whom to probe is the parent's word. */
static void
the_delegation_is_known_once_it_was_met(void **state)
{
	const struct hf_name zone = va_name("plain.test."), other = va_name("other.test.");
	struct hf_arena arena;

	(void)state;
	world("192.0.2.2");
	hf_arena_init(&arena, 1 << 20);
	assert_null(cp_resolver_delegation(fn.r, &zone, &arena));
	fn_ask("www.plain.test.", HF_TYPE_A, HF_VARIANT_CD);
	const struct cp_delegation *d = cp_resolver_delegation(fn.r, &zone, &arena);

	assert_non_null(d);
	assert_int_equal(d->ns_cnt, 1);
	assert_int_equal(d->ns[0].addr_cnt, 1);
	assert_null(cp_resolver_delegation(fn.r, &other, &arena));
	hf_arena_fini(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_teardown(name, fn_teardown)
	    T(a_good_address_is_good_in_everything_whatever_the_other_says),
	    T(a_bad_address_is_bad_in_everything_whatever_the_other_says),
	    T(each_ask_is_one_packet_however_bad_the_answer),
	    T(bad_denials_and_a_bad_soa_are_seen_beside_good_records),
	    T(keys_that_do_not_validate_make_everything_bad),
	    T(the_serial_is_read_from_good_and_bad_answers),
	    T(a_silent_or_unwilling_address_is_silent_and_nobody_else_is_asked),
	    T(the_delegation_is_known_once_it_was_met),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
