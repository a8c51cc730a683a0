/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of the resolver core: the reason of a failure is the same for whoever asks second, from
 * whichever cache of failures it comes, and in another thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "controlplane/resolver/caches.h"
#include "tests/unit/support/fakenet.h"

static struct fn_zone *root, *tld, *zone;
static struct fn_server *tld_server, *server;
static struct cp_caches *caches;

/* . and test. and zone.test. signed; another resolver with the same caches. */
static void
world_with(bool right_ds, const struct cp_resolver_limits *limits)
{
	static const struct cp_table_config cfg = {.octets_max = 8 * 1024 * 1024};

	root = fn_root(true);
	tld = fn_zone("test.", true);
	zone = fn_zone("zone.test.", true);
	fn_apex(tld);
	fn_apex(zone);
	tld_server = fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	fn_add_ds(root, tld);
	server = fn_delegate(tld, zone, "ns.zone.test.", "192.0.2.3");
	if (right_ds)
		fn_add_ds(tld, zone);
	else
		fn_add(tld,
		    "zone.test. 3600 IN DS 33834 13 2 "
		    "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f");
	fn_add(zone, "www.zone.test. 300 IN A 198.51.100.1");
	fn_add(zone, "ftp.zone.test. 300 IN A 198.51.100.2");
	fn_start(root, limits);
	caches = cp_caches_create(&cfg);
	assert_non_null(caches);
	fn_start_other(caches);
}

static int
teardown(void **state)
{
	(void)state;
	fn_reset();
	cp_caches_destroy(caches);
	return 0;
}

static struct cp_answer
ask_of(struct cp_resolver *r, const char *name, uint16_t type)
{
	struct cp_resolver *own = fn.r;

	fn.r = r;
	struct cp_answer a = *fn_ask(name, type, 0);
	fn.r = own;
	return a;
}

static void
expect(const struct cp_answer *a, uint16_t ede, const char *text)
{
	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(a->verdict, HF_VERDICT_BOGUS);
	assert_int_equal(a->ede, ede);
	if (strncmp(a->ede_text, text, strlen(text)) != 0)
		fail_msg("\"%s\", not \"%s\"", a->ede_text, text);
}

/* The same once more here and in the other thread, without a packet. */
static void
expect_again(const char *name, uint16_t type, const struct cp_answer *first)
{
	struct cp_resolver *const who[] = {fn.r, fn.other};

	for (unsigned i = 0; i < 2; i++) {
		struct cp_answer a = ask_of(who[i], name, type);

		assert_int_equal(fn.sent_cnt, 0);
		expect(&a, first->ede, first->ede_text);
		assert_string_equal(a.ede_text, first->ede_text);
	}
}

/* Text with the tag of z's key where %u stands. */
static const char *
with_tag(const char *format, const struct fn_zone *z)
{
	static char text[HF_EDE_TEXT_MAX + 1];
	char tag[8];
	const char *at = strstr(format, "%u");

	snprintf(tag, sizeof(tag), "%u", (unsigned)va_key_tag(z->key.dnskey, z->key.dnskey_len));
	if (at == NULL)
		snprintf(text, sizeof(text), "%s", format);
	else
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - format), format, tag, at + 2);
	return text;
}

static void
bad_records_are_told_with_owner_key_and_server_to_each_who_asks(void **state)
{
	(void)state;
	world_with(true, NULL);
	server->manner = FN_BAD_SIGS;
	struct cp_answer a = ask_of(fn.r, "www.zone.test.", HF_TYPE_A);

	expect(&a, HF_EDE_BOGUS,
	    with_tag(
		"RRSIG A www.zone.test keytag %u from 192.0.2.3: signature does not verify", zone));
	expect_again("www.zone.test.", HF_TYPE_A, &a);
	a = ask_of(fn.other, "ftp.zone.test.", HF_TYPE_A);
	expect(&a, HF_EDE_BOGUS, with_tag("RRSIG A ftp.zone.test keytag %u from 192.0.2.3", zone));
	expect_again("ftp.zone.test.", HF_TYPE_A, &a);
}

static void
unsigned_records_of_a_signed_zone_are_told_of_each(void **state)
{
	(void)state;
	world_with(true, NULL);
	(void)ask_of(fn.r, "www.zone.test.", HF_TYPE_A);
	server->manner = FN_NO_SIGS;
	struct cp_answer a = ask_of(fn.r, "ftp.zone.test.", HF_TYPE_A);

	/* Whether there is an unsigned delegation was asked first, and was not signed either. */
	expect(
	    &a, HF_EDE_RRSIGS_MISSING, "DS ftp.zone.test from 192.0.2.3: no RRSIG over the RRset");
	expect_again("ftp.zone.test.", HF_TYPE_A, &a);
	a = ask_of(fn.r, "no.zone.test.", HF_TYPE_A);
	assert_non_null(strstr(a.ede_text, "no.zone.test from 192.0.2.3: no "));
	expect_again("no.zone.test.", HF_TYPE_A, &a);
}

/* What keys and DS do to one name they do to all: the others are told the same. */
static void
expect_for_all_names(uint16_t ede, const char *text)
{
	struct cp_answer a = ask_of(fn.r, "www.zone.test.", HF_TYPE_A);

	expect(&a, ede, text);
	expect_again("www.zone.test.", HF_TYPE_A, &a);
	struct cp_answer other = ask_of(fn.other, "ftp.zone.test.", HF_TYPE_A);

	expect(&other, ede, text);
	expect_again("ftp.zone.test.", HF_TYPE_A, &other);
}

static void
bad_keys_are_told_to_all_names_of_their_zone(void **state)
{
	(void)state;
	world_with(true, NULL);
	server->manner = FN_BAD_KEYS;
	expect_for_all_names(HF_EDE_BOGUS,
	    with_tag("RRSIG DNSKEY zone.test keytag %u from 192.0.2.3: signature does not verify",
		zone));
}

static void
a_ds_that_no_key_fits_is_told_by_its_tag(void **state)
{
	(void)state;
	world_with(false, NULL);
	expect_for_all_names(HF_EDE_DNSKEY_MISSING,
	    "DS zone.test keytag 33834 from 192.0.2.3: no DNSKEY matches a DS or trust anchor");
}

static void
a_bad_signature_of_the_parents_is_told_as_the_parents(void **state)
{
	(void)state;
	world_with(true, NULL);
	tld_server->manner = FN_BAD_SIGS;
	expect_for_all_names(HF_EDE_BOGUS,
	    with_tag(
		"RRSIG DS zone.test keytag %u from 192.0.2.2: signature does not verify", tld));
}

static void
keys_that_nobody_gives_are_told_as_missing(void **state)
{
	(void)state;
	world_with(true, NULL);
	server->manner = FN_HIDES_KEYS;
	struct cp_answer a = ask_of(fn.r, "www.zone.test.", HF_TYPE_A);

	assert_int_equal(a.ede, HF_EDE_DNSKEY_MISSING);
	assert_non_null(strstr(a.ede_text, "the zone's DNSKEY RRset could not be had"));
	expect_again("www.zone.test.", HF_TYPE_A, &a);
}

/* Nobody knows how it would have ended: a failure, not a bogus answer. */
static void
a_spent_budget_is_a_failure_with_a_reason_of_its_own(void **state)
{
	const struct cp_resolver_limits limits = {.sig_checks = 3};

	(void)state;
	world_with(true, &limits);
	struct cp_answer a = ask_of(fn.r, "www.zone.test.", HF_TYPE_A);

	assert_int_equal(a.rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(a.verdict, HF_VERDICT_FAILURE);
	assert_int_equal(a.ede, HF_EDE_OTHER);
	assert_non_null(strstr(a.ede_text, "signature check budget exhausted"));
	assert_int_equal(fn_counter(CP_RESOLVER_budget_sigs), 1);
	assert_int_equal(fn_counter(CP_RESOLVER_bogus), 0);
	struct cp_answer again = ask_of(fn.r, "www.zone.test.", HF_TYPE_A);

	assert_int_equal(again.verdict, HF_VERDICT_FAILURE);
	assert_string_equal(again.ede_text, a.ede_text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(
		bad_records_are_told_with_owner_key_and_server_to_each_who_asks, teardown),
	    cmocka_unit_test_teardown(unsigned_records_of_a_signed_zone_are_told_of_each, teardown),
	    cmocka_unit_test_teardown(bad_keys_are_told_to_all_names_of_their_zone, teardown),
	    cmocka_unit_test_teardown(a_ds_that_no_key_fits_is_told_by_its_tag, teardown),
	    cmocka_unit_test_teardown(
		a_bad_signature_of_the_parents_is_told_as_the_parents, teardown),
	    cmocka_unit_test_teardown(keys_that_nobody_gives_are_told_as_missing, teardown),
	    cmocka_unit_test_teardown(
		a_spent_budget_is_a_failure_with_a_reason_of_its_own, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
