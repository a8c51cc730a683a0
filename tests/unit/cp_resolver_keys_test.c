/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of the key cache: what the resolver core keeps of zones' keys and of their absence,
 * for how long, and what a change of policy does to it (DESIGN 4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "controlplane/resolver/caches.h"
#include "tests/unit/support/fakenet.h"

static struct fn_zone *root, *tld, *zone, *island, *sub;
static struct fn_server *server;

/* . and test. and zone.test. signed; so are island.test. and sub.island.test., where no DS leads.
 */
static void
world_with(const struct cp_resolver_limits *limits)
{
	root = fn_root(true);
	tld = fn_zone("test.", true);
	zone = fn_zone("zone.test.", true);
	island = fn_zone("island.test.", true);
	sub = fn_zone("sub.island.test.", true);
	fn_apex(tld);
	fn_apex(zone);
	fn_apex(island);
	fn_apex(sub);
	fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	fn_add_ds(root, tld);
	server = fn_delegate(tld, zone, "ns.zone.test.", "192.0.2.3");
	fn_add_ds(tld, zone);
	fn_delegate(tld, island, "ns.island.test.", "192.0.2.4");
	fn_delegate(island, sub, "ns.sub.island.test.", "192.0.2.5");
	fn_add_ds(island, sub);
	for (unsigned i = 0; i < 8; i++) {
		char text[80];

		snprintf(text, sizeof(text), "n%u.zone.test. 300 IN A 198.51.100.1", i);
		fn_add(zone, text);
		snprintf(text, sizeof(text), "n%u.sub.island.test. 300 IN A 198.51.100.1", i);
		fn_add(sub, text);
	}
	fn_start(root, limits);
}

static void
world(void)
{
	world_with(NULL);
}

static enum hf_verdict
ask(const char *name)
{
	return fn_ask(name, HF_TYPE_A, 0)->verdict;
}

/* Queries for type since the question was asked. */
static unsigned
sent_for(uint16_t type)
{
	unsigned cnt = 0;

	for (unsigned i = 0; i < fn.sent_cnt; i++)
		cnt += fn.sent[i].q.type == type;
	return cnt;
}

static struct fn_rr *
ds_of(struct fn_zone *parent, const struct fn_zone *z)
{
	for (unsigned i = 0; i < parent->cnt; i++)
		if (parent->rr[i].type == HF_TYPE_DS &&
		    hf_name_equal(&parent->rr[i].owner, &z->name))
			return &parent->rr[i];
	return NULL;
}

/* Another key for z, which signs from now on; the parent's DS is as it was. */
static void
new_key(struct fn_zone *z)
{
	va_signer_fini(&z->key);
	va_signer_init(&z->key, HF_ALG_ED25519, HF_DNSKEY_ZONE | HF_DNSKEY_SEP);
	for (unsigned i = 0; i < z->cnt; i++)
		if (z->rr[i].type == HF_TYPE_DNSKEY)
			memcpy(z->rr[i].rdata, z->key.dnskey, z->rr[i].len);
}

static void
new_ds(struct fn_zone *parent, const struct fn_zone *z)
{
	struct fn_rr *ds = ds_of(parent, z);
	uint32_t ttl = ds->ttl;

	*ds = parent->rr[--parent->cnt];
	fn_add_ds(parent, z);
	parent->rr[parent->cnt - 1].ttl = ttl;
}

/* --- policy */

static void
validated_keys_survive_a_change_of_policy(void **state)
{
	(void)state;
	world();
	assert_int_equal(ask("n0.zone.test."), HF_VERDICT_SECURE);
	uint64_t checks = fn_counter(CP_RESOLVER_sig_checks);

	for (uint64_t gen = 2; gen < 6; gen++) {
		char name[40];

		snprintf(name, sizeof(name), "n%u.zone.test.", (unsigned)gen);
		fn_ntas(gen, gen % 2 == 0 ? "zone.test." : NULL);
		assert_int_equal(ask(name), HF_VERDICT_SECURE);
		assert_int_equal(fn.sent_cnt, 1);
	}
	assert_int_equal(fn_counter(CP_RESOLVER_sig_checks), checks + 4);
}

static void
keys_that_did_not_validate_are_asked_for_anew_under_another_policy(void **state)
{
	(void)state;
	world();
	server->manner = FN_BAD_KEYS;
	assert_int_equal(ask("n0.zone.test."), HF_VERDICT_BOGUS);
	assert_int_equal(ask("n1.zone.test."), HF_VERDICT_BOGUS);
	assert_int_equal(fn.sent_cnt, 0);
	server->manner = FN_GOOD;
	fn_ntas(2, NULL);
	assert_int_equal(ask("n2.zone.test."), HF_VERDICT_SECURE);
	assert_int_equal(sent_for(HF_TYPE_DNSKEY), 1);
}

/* A client that asks for the keys under an NTA gets them, and so does the next; afterwards they
 * are a miss. */
static void
keys_fetched_unvalidated_under_an_nta_are_gone_with_it(void **state)
{
	(void)state;
	world();
	server->manner = FN_BAD_KEYS;
	fn_ntas(2, "zone.test.");
	assert_int_equal(fn_ask("zone.test.", HF_TYPE_DNSKEY, 0)->verdict, HF_VERDICT_UNVALIDATED);
	assert_int_equal(fn_ask("zone.test.", HF_TYPE_DNSKEY, 0)->verdict, HF_VERDICT_UNVALIDATED);
	fn_ntas(3, NULL);
	assert_int_equal(fn_ask("zone.test.", HF_TYPE_DNSKEY, 0)->verdict, HF_VERDICT_BOGUS);
	assert_true(sent_for(HF_TYPE_DNSKEY) >= 1);
	server->manner = FN_GOOD;
	fn_ntas(4, NULL);
	assert_int_equal(fn_ask("zone.test.", HF_TYPE_DNSKEY, 0)->verdict, HF_VERDICT_SECURE);
	assert_int_equal(ask("n1.zone.test."), HF_VERDICT_SECURE);
}

/* Algorithm 12 is nobody's any more (RFC 9906): its zone is insecure, whatever the policy. */
static void
a_zone_proven_insecure_stays_so_under_another_policy(void **state)
{
	char text[160] = "zone.test. 3600 IN DS 4711 12 2 ";

	(void)state;
	world();
	for (unsigned i = 0; i < 64; i++)
		strcat(text, "a");
	*ds_of(tld, zone) = tld->rr[--tld->cnt];
	fn_add(tld, text);
	assert_int_equal(ask("n0.zone.test."), HF_VERDICT_INSECURE);
	uint64_t checks = fn_counter(CP_RESOLVER_sig_checks);

	fn_ntas(2, "other.test.");
	const struct cp_answer *a = fn_ask("n1.zone.test.", HF_TYPE_A, 0);

	assert_int_equal(a->verdict, HF_VERDICT_INSECURE);
	assert_int_equal(a->ede, HF_EDE_DNSKEY_ALG);
	assert_int_equal(fn.sent_cnt, 1);
	assert_int_equal(fn_counter(CP_RESOLVER_sig_checks), checks);
}

/* --- time */

static void
keys_end_with_their_signature(void **state)
{
	(void)state;
	world();
	fn.now_ns = (2000000 - FN_WALL_S - 60) * HF_NS_PER_S; /* a minute before it expires */
	assert_int_equal(ask("n0.zone.test."), HF_VERDICT_SECURE);
	fn_pass(50);
	assert_int_equal(ask("n1.zone.test."), HF_VERDICT_SECURE);
	assert_int_equal(sent_for(HF_TYPE_DNSKEY), 0);
	fn_pass(11);
	ask("n2.zone.test."); /* what the skew forgives is not kept; the root's have no DS to end
	                         with */
	assert_true(sent_for(HF_TYPE_DNSKEY) >= 3);
}

static void
keys_end_with_their_ds(void **state)
{
	(void)state;
	world();
	ds_of(tld, zone)->ttl = 30;
	assert_int_equal(ask("n0.zone.test."), HF_VERDICT_SECURE);
	fn_pass(28);
	assert_int_equal(ask("n1.zone.test."), HF_VERDICT_SECURE);
	assert_int_equal(fn.sent_cnt, 1);
	fn_pass(3);
	assert_int_equal(ask("n2.zone.test."), HF_VERDICT_SECURE);
	assert_int_equal(sent_for(HF_TYPE_DS), 1);
	assert_int_equal(sent_for(HF_TYPE_DNSKEY), 1);
}

static void
keys_are_kept_an_hour_at_most(void **state)
{
	(void)state;
	world();
	ds_of(root, tld)->ttl = 100000;
	ds_of(tld, zone)->ttl = 100000;
	for (unsigned i = 0; i < zone->cnt; i++)
		if (zone->rr[i].type == HF_TYPE_DNSKEY)
			zone->rr[i].ttl = 100000;
	assert_int_equal(ask("n0.zone.test."), HF_VERDICT_SECURE);
	fn_pass(3601);
	assert_int_equal(ask("n1.zone.test."), HF_VERDICT_SECURE);
	assert_true(sent_for(HF_TYPE_DNSKEY) >= 1);
}

/* The parent vouches for another key: the old one, stolen perhaps, is good for nothing as soon as
 * the DS that named it has run out. */
static void
a_key_that_the_parent_no_longer_names_ends_with_the_old_ds(void **state)
{
	struct fn_zone heir = {.name = va_name("zone.test.")};

	(void)state;
	world();
	ds_of(tld, zone)->ttl = 30;
	snprintf(heir.text, sizeof(heir.text), "zone.test.");
	va_signer_init(&heir.key, HF_ALG_ED25519, HF_DNSKEY_ZONE);
	assert_int_equal(ask("n0.zone.test."), HF_VERDICT_SECURE);
	new_ds(tld, &heir);
	assert_int_equal(ask("n1.zone.test."), HF_VERDICT_SECURE);
	fn_pass(31);
	assert_int_equal(ask("n2.zone.test."), HF_VERDICT_BOGUS);
	va_signer_fini(&heir.key);
}

static void
a_zone_with_new_keys_and_ds_is_secure_when_the_old_ones_have_run_out(void **state)
{
	(void)state;
	world();
	ds_of(tld, zone)->ttl = 30;
	assert_int_equal(ask("n0.zone.test."), HF_VERDICT_SECURE);
	new_key(zone);
	new_ds(tld, zone);
	fn_pass(31);
	assert_int_equal(ask("n1.zone.test."), HF_VERDICT_SECURE);
}

/* What follows from a zone's insecurity for those below it lasts as long as that was proven. */
static void
insecurity_is_not_prolonged_by_zones_below(void **state)
{
	(void)state;
	world();
	assert_int_equal(ask("n0.sub.island.test."), HF_VERDICT_INSECURE);
	fn_pass(290); /* of 300 that the denial of the DS lasts */
	assert_int_equal(ask("n1.sub.island.test."), HF_VERDICT_INSECURE);
	fn_add_ds(tld, island);
	fn_pass(12);
	assert_int_equal(ask("n2.sub.island.test."), HF_VERDICT_SECURE);
}

/* The same when the zone in between is first seen through the other's state in the cache. */
static void
insecurity_that_is_about_to_end_makes_no_new_hour_of_it(void **state)
{
	(void)state;
	world();
	fn_add(island, "www.island.test. 300 IN A 198.51.100.1");
	assert_int_equal(ask("www.island.test."), HF_VERDICT_INSECURE);
	fn_pass(290);
	assert_int_equal(ask("n1.sub.island.test."), HF_VERDICT_INSECURE);
	fn_add_ds(tld, island);
	fn_pass(12);
	assert_int_equal(ask("n2.sub.island.test."), HF_VERDICT_SECURE);
}

/* --- a DS that is not relied on */

static void
only_unknown_digest(void)
{
	struct fn_rr *ds = ds_of(tld, zone);

	ds->rdata[3] = 3; /* GOST (RFC 9906) */
}

static void
without_a_ds_that_is_relied_on_keys_are_not_needed(void **state)
{
	(void)state;
	world();
	only_unknown_digest();
	server->manner = FN_HIDES_KEYS;
	assert_int_equal(ask("n0.zone.test."), HF_VERDICT_INSECURE);
	assert_int_equal(fn_ask("n1.zone.test.", HF_TYPE_A, 0)->ede, HF_EDE_DS_DIGEST);
}

/* The zone has stopped signing; the old DS is still there. */
static void
a_zone_that_no_longer_signs_is_insecure_below_a_ds_that_is_not_relied_on(void **state)
{
	(void)state;
	world();
	only_unknown_digest();
	zone->is_signed = false;
	va_signer_fini(&zone->key);
	for (unsigned i = 0; i < zone->cnt; i++)
		if (zone->rr[i].type == HF_TYPE_DNSKEY)
			zone->rr[i] = zone->rr[--zone->cnt];
	assert_int_equal(ask("n0.zone.test."), HF_VERDICT_INSECURE);
	assert_int_equal(sent_for(HF_TYPE_DNSKEY), 2); /* of . and test. */
}

/* --- room */

static void
keys_of_one_domain_have_its_share_of_the_cache(void **state)
{
	const struct cp_resolver_limits limits = {.cache_octets = 160 * 1024};
	char name[60], ns[60], addr[60];

	(void)state;
	world_with(&limits);
	for (unsigned i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "a-zone-of-its-own-%u.zone.test.", i);
		struct fn_zone *z = fn_zone(name, true);

		snprintf(ns, sizeof(ns), "ns.a-zone-of-its-own-%u.zone.test.", i);
		snprintf(addr, sizeof(addr), "192.0.2.%u", 20 + i);
		fn_apex(z);
		fn_delegate(zone, z, ns, addr);
		fn_add_ds(zone, z);
		assert_int_equal(fn_ask(name, HF_TYPE_SOA, 0)->verdict, HF_VERDICT_SECURE);
	}
	struct cp_table *t = cp_resolver_caches(fn.r)->table;
	struct cp_table_use use;

	cp_table_use(t, &use);
	assert_true(use.octets <= limits.cache_octets);
	assert_true(cp_table_share(t, &zone->name) <= cp_table_share_max(t));
	assert_true(fn_counter(CP_RESOLVER_cache_share) + use.evicted > 0);
}

#define T(f) cmocka_unit_test_teardown(f, fn_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(validated_keys_survive_a_change_of_policy),
	    T(keys_that_did_not_validate_are_asked_for_anew_under_another_policy),
	    T(keys_fetched_unvalidated_under_an_nta_are_gone_with_it),
	    T(a_zone_proven_insecure_stays_so_under_another_policy),
	    T(keys_end_with_their_signature),
	    T(keys_end_with_their_ds),
	    T(keys_are_kept_an_hour_at_most),
	    T(a_key_that_the_parent_no_longer_names_ends_with_the_old_ds),
	    T(a_zone_with_new_keys_and_ds_is_secure_when_the_old_ones_have_run_out),
	    T(insecurity_is_not_prolonged_by_zones_below),
	    T(insecurity_that_is_about_to_end_makes_no_new_hour_of_it),
	    T(without_a_ds_that_is_relied_on_keys_are_not_needed),
	    T(a_zone_that_no_longer_signs_is_insecure_below_a_ds_that_is_not_relied_on),
	    T(keys_of_one_domain_have_its_share_of_the_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
