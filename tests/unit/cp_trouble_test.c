/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of trouble.c, and of look-ups under zones of which nothing validates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "controlplane/resolver/trouble.h"
#include "tests/unit/support/fakenet.h"

enum { SERVERS = 6, CHILDREN = 6, PLAIN = 20, DIRECT = 20 };

static struct fn_zone *root, *tld, *other, *host, *child[CHILDREN];
static struct fn_server *tld_server[SERVERS];

/* . and test. (six servers) signed; signed0..5.test., plain0..19.test. (unsigned),
 * direct0..19.test. in test. itself; other. unsigned, served by a name below plain0.test. */
static void
world_with(const struct cp_resolver_limits *limits)
{
	char a[96], b[96];

	root = fn_root(true);
	tld = fn_zone("test.", true);
	other = fn_zone("other.", false);
	fn_apex(tld);
	host = fn_zone("plain0.test.", false);
	fn_apex(other);
	fn_apex(host);
	fn_add(host, "ns.plain0.test. 3600 IN A 192.0.2.60");
	for (unsigned i = 0; i < SERVERS; i++) {
		snprintf(a, sizeof(a), "ns%u.test.", i);
		snprintf(b, sizeof(b), "192.0.2.%u", 20 + i);
		tld_server[i] = fn_delegate(root, tld, a, b);
	}
	fn_add_ds(root, tld);
	for (unsigned i = 0; i < CHILDREN; i++) {
		snprintf(a, sizeof(a), "signed%u.test.", i);
		child[i] = fn_zone(a, true);
		fn_apex(child[i]);
		snprintf(a, sizeof(a), "ns.signed%u.test.", i);
		snprintf(b, sizeof(b), "192.0.2.%u", 40 + i);
		fn_delegate(tld, child[i], a, b);
		fn_add_ds(tld, child[i]);
		snprintf(a, sizeof(a), "www.signed%u.test. 300 IN A 198.51.100.1", i);
		fn_add(child[i], a);
		snprintf(a, sizeof(a), "ftp.signed%u.test. 300 IN A 198.51.100.1", i);
		fn_add(child[i], a);
	}
	for (unsigned i = 0; i < PLAIN; i++) {
		snprintf(a, sizeof(a), "plain%u.test. 3600 IN NS ns.plain0.test.", i);
		fn_add(tld, a);
	}
	fn_add(tld, "ns.plain0.test. 3600 IN A 192.0.2.60");
	for (unsigned i = 0; i < DIRECT; i++) {
		snprintf(a, sizeof(a), "direct%u.test. 300 IN A 198.51.100.2", i);
		fn_add(tld, a);
	}
	fn_add(root, "other. 3600 IN NS ns.plain0.test.");
	fn_add(other, "www.other. 300 IN A 198.51.100.3");
	fn_server("192.0.2.60", other);
	fn_server("192.0.2.60", host);
	fn_start(root, limits);
}

static void
world(void)
{
	world_with(NULL);
}

static void
break_servers(unsigned cnt, enum fn_manner manner)
{
	for (unsigned i = 0; i < SERVERS; i++)
		tld_server[i]->manner = i < cnt ? manner : FN_GOOD;
}

/* Queries that the servers of test. got for the last question. */
static unsigned
parent_queries(void)
{
	unsigned cnt = 0;

	for (unsigned i = 0; i < fn.sent_cnt; i++)
		for (unsigned k = 0; k < SERVERS; k++)
			cnt += hf_addr_same_host(&fn.sent[i].server, &tld_server[k]->addr);
	return cnt;
}

static const struct cp_answer *
ask(const char *how, unsigned i)
{
	char name[64];

	snprintf(name, sizeof(name), how, i);
	return fn_ask(name, HF_TYPE_A, 0);
}

static unsigned
ask_all(const char *how, unsigned from, unsigned to, uint16_t rcode)
{
	unsigned queries = 0;

	for (unsigned i = from; i < to; i++) {
		const struct cp_answer *a = ask(how, i);

		if (a->rcode != rcode)
			fail_msg("%s %u: rcode %u: %s", how, i, a->rcode, a->ede_text);
		queries += parent_queries();
	}
	return queries;
}

static void
a_parent_that_does_not_validate_is_asked_for_few_of_the_names_below(void **state)
{
	unsigned queries = 0;

	(void)state;
	world();
	break_servers(SERVERS, FN_BAD_SIGS);
	queries += ask_all("www.signed%u.test.", 0, CHILDREN, HF_RCODE_SERVFAIL);
	queries += ask_all("www.plain%u.test.", 0, PLAIN, HF_RCODE_SERVFAIL);
	queries += ask_all("direct%u.test.", 0, DIRECT, HF_RCODE_SERVFAIL);
	assert_true(queries * 5 <= CHILDREN + PLAIN + DIRECT);
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_began), 1);
}

static void
what_fails_at_once_has_the_code_and_text_of_what_was_found(void **state)
{
	(void)state;
	world();
	break_servers(SERVERS, FN_BAD_SIGS);
	ask_all("www.signed%u.test.", 0, 3, HF_RCODE_SERVFAIL);
	const struct cp_answer *a = ask("direct%u.test.", 0);

	assert_int_equal(fn.sent_cnt, 0);
	assert_int_equal(a->verdict, HF_VERDICT_BOGUS);
	assert_int_equal(a->ede, HF_EDE_BOGUS);
	assert_non_null(strstr(a->ede_text, "RRSIG DS signed2.test keytag"));
	assert_non_null(strstr(a->ede_text, "from 192.0.2.2"));
	assert_int_equal(a->ttl_s, 1);
}

static void
a_zone_with_some_bad_servers_is_not_in_trouble(void **state)
{
	(void)state;
	world();
	break_servers(4, FN_BAD_SIGS);
	ask_all("www.signed%u.test.", 0, CHILDREN, HF_RCODE_NOERROR);
	ask_all("direct%u.test.", 0, DIRECT, HF_RCODE_NOERROR);
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_began), 0);
}

static void
one_probe_at_a_time_asks_and_the_pauses_grow_to_a_minute(void **state)
{
	unsigned queries = 0;
	char name[64];

	(void)state;
	world();
	break_servers(SERVERS, FN_BAD_SIGS);
	ask_all("direct%u.test.", 0, CP_TROUBLE_NAMES, HF_RCODE_SERVFAIL);
	for (unsigned i = 0; i < 600; i++) { /* five minutes */
		snprintf(name, sizeof(name), "no%u.test.", i);
		fn_ask(name, HF_TYPE_A, 0);
		queries += parent_queries();
		fn.now_ns += HF_NS_PER_S / 2;
	}
	assert_in_range(fn_counter(CP_RESOLVER_trouble_probe), 8, 11); /* 1 2 4 .. 32, each 60 */
	assert_true(queries <= 11 * (SERVERS + 1));
}

static void
the_first_good_probe_ends_it_for_all(void **state)
{
	(void)state;
	world();
	break_servers(SERVERS, FN_BAD_SIGS);
	ask_all("direct%u.test.", 0, 6, HF_RCODE_SERVFAIL);
	break_servers(0, FN_GOOD);
	ask_all("direct%u.test.", 6, 8, HF_RCODE_SERVFAIL); /* nobody has looked yet */
	fn_pass(2);
	ask_all("direct%u.test.", 8, DIRECT, HF_RCODE_NOERROR);
	ask_all("www.signed%u.test.", 0, CHILDREN, HF_RCODE_NOERROR);
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_over), 1);
}

static void
what_is_known_below_the_zone_is_answered_all_the_same(void **state)
{
	(void)state;
	world();
	ask_all("www.signed%u.test.", 0, 2, HF_RCODE_NOERROR);
	break_servers(SERVERS, FN_BAD_SIGS);
	ask_all("direct%u.test.", 0, DIRECT, HF_RCODE_SERVFAIL);
	assert_int_equal(ask_all("ftp.signed%u.test.", 0, 2, HF_RCODE_NOERROR), 0);
	assert_int_equal(fn_ask("www.signed0.test.", HF_TYPE_A, 0)->verdict, HF_VERDICT_SECURE);
}

static void
signed_delegations_are_found_while_only_denials_are_bad(void **state)
{
	unsigned queries;

	(void)state;
	world();
	break_servers(SERVERS, FN_BAD_DENIALS);
	ask_all("www.signed%u.test.", 0, 1, HF_RCODE_NOERROR);
	ask_all("www.plain%u.test.", 0, 2, HF_RCODE_SERVFAIL);
	ask_all("www.signed%u.test.", 1, 2, HF_RCODE_NOERROR);
	queries = ask_all("www.plain%u.test.", 2, 10, HF_RCODE_SERVFAIL);
	assert_true(queries <= 8); /* the question itself, and nobody else is asked */
	ask_all("www.signed%u.test.", 2, CHILDREN, HF_RCODE_NOERROR);
	ask_all("direct%u.test.", 0, DIRECT, HF_RCODE_NOERROR);
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_began), 0);
}

static void
random_names_of_a_zone_with_bad_denials_do_not_make_good_names_fail(void **state)
{
	(void)state;
	world();
	break_servers(SERVERS, FN_BAD_DENIALS);
	ask_all("no%u.test.", 0, 2 * CP_TROUBLE_NAMES_MIXED, HF_RCODE_SERVFAIL);
	ask_all("direct%u.test.", 0, 1, HF_RCODE_NOERROR);
	ask_all("no%u.test.", 100, 100 + 2 * CP_TROUBLE_NAMES_MIXED, HF_RCODE_SERVFAIL);
	ask_all("direct%u.test.", 1, DIRECT, HF_RCODE_NOERROR);
	ask_all("www.signed%u.test.", 0, CHILDREN, HF_RCODE_NOERROR);
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_began), 0);
}

static void
types_and_ds_that_clients_ask_for_in_vain_do_not_make_good_names_fail(void **state)
{
	char name[64];

	(void)state;
	world();
	break_servers(SERVERS, FN_BAD_DENIALS);
	for (unsigned i = 0; i < DIRECT / 2; i++) {
		snprintf(name, sizeof(name), "direct%u.test.", i);
		assert_int_equal(fn_ask(name, HF_TYPE_DS, 0)->rcode, HF_RCODE_SERVFAIL);
		assert_int_equal(fn_ask(name, HF_TYPE_TXT, 0)->rcode, HF_RCODE_SERVFAIL);
	}
	ask_all("direct%u.test.", 0, DIRECT, HF_RCODE_NOERROR);
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_began), 0);
}

static void
one_bad_wildcard_is_no_trouble_of_its_zone_however_many_names_it_makes(void **state)
{
	const enum fn_manner manner[] = {FN_BAD_SIGS, FN_BAD_DENIALS};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		world();
		fn_add(tld, "*.star.test. 300 IN A 198.51.100.4");
		break_servers(SERVERS, manner[i]);
		ask_all("any%u.star.test.", 0, CP_TROUBLE_NAMES_MIXED, HF_RCODE_SERVFAIL);
		break_servers(0, FN_GOOD);
		ask_all("direct%u.test.", 0, DIRECT, HF_RCODE_NOERROR);
		assert_int_equal(fn_counter(CP_RESOLVER_trouble_began), 0);
		fn_reset();
	}
}

static void
bad_proofs_that_children_are_unsigned_are_trouble_of_the_parent(void **state)
{
	unsigned queries = 0;
	char name[64];

	(void)state;
	world();
	for (unsigned i = 1; i < 2 * CP_TROUBLE_NAMES; i++) {
		snprintf(name, sizeof(name), "plain%u.test.", i);
		struct fn_zone *z = fn_zone(name, false);

		fn_apex(z);
		fn_server("192.0.2.60", z);
	}
	break_servers(SERVERS, FN_BAD_DENIALS);
	for (unsigned i = 0; i < 2 * CP_TROUBLE_NAMES; i++) {
		ask("www.plain%u.test.", i);
		queries = i < CP_TROUBLE_NAMES ? 0 : queries + parent_queries();
	}
	assert_int_equal(queries, 0);
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_began), 1);
}

static void
names_with_good_signatures_are_found_among_bad_ones(void **state)
{
	unsigned good = 0, found = 0;
	char name[64];

	(void)state;
	world();
	break_servers(SERVERS, FN_MIXED_SIGS);
	for (unsigned i = 0; i < DIRECT; i++) {
		snprintf(name, sizeof(name), "direct%u.test.", i);
		struct hf_name n = va_name(name);
		bool is_good = fn_name_sum(&n) % 3 == 0;

		bool ok = fn_ask(name, HF_TYPE_A, 0)->rcode == HF_RCODE_NOERROR;

		assert_true(is_good || !ok);
		good += is_good;
		found += ok;
	}
	assert_true(good >= 5);
	assert_int_equal(found, good);
}

static void
nta_and_cd_ask_as_ever_and_a_new_policy_begins_anew(void **state)
{
	(void)state;
	world();
	break_servers(SERVERS, FN_BAD_SIGS);
	ask_all("direct%u.test.", 0, 6, HF_RCODE_SERVFAIL);
	const struct cp_answer *a = fn_ask("direct6.test.", HF_TYPE_A, HF_VARIANT_CD);

	assert_int_equal(a->rcode, HF_RCODE_NOERROR);
	fn_ntas(2, "test.");
	ask_all("direct%u.test.", 7, 12, HF_RCODE_NOERROR);
	fn_ntas(3, NULL);
	break_servers(0, FN_GOOD);
	ask_all("direct%u.test.", 12, DIRECT, HF_RCODE_NOERROR);
}

static void
servers_named_below_it_are_still_found_for_others(void **state)
{
	(void)state;
	world();
	break_servers(SERVERS, FN_BAD_SIGS);
	ask_all("direct%u.test.", 0, 6, HF_RCODE_SERVFAIL);
	assert_int_equal(fn_ask("www.other.", HF_TYPE_A, 0)->rcode, HF_RCODE_NOERROR);
}

static void
bad_keys_bring_a_zone_into_trouble_at_once_and_good_ones_out_of_it(void **state)
{
	(void)state;
	world();
	struct fn_server *s = fn_server("192.0.2.40", NULL);

	s->manner = FN_BAD_KEYS;
	assert_int_equal(ask("www.signed%u.test.", 0)->verdict, HF_VERDICT_BOGUS);
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_began), 1);
	const struct cp_answer *a = fn_ask("ftp.signed0.test.", HF_TYPE_A, 0);

	assert_int_equal(fn.sent_cnt, 0);
	assert_int_equal(a->ede, HF_EDE_BOGUS);
	assert_non_null(strstr(a->ede_text, "DNSKEY signed0.test keytag"));
	ask_all("www.signed%u.test.", 1, CHILDREN, HF_RCODE_NOERROR);
	s->manner = FN_GOOD;
	fn_pass(3);
	assert_int_equal(fn_ask("ftp.signed0.test.", HF_TYPE_A, 0)->verdict, HF_VERDICT_SECURE);
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_over), 1);
}

/* What operators do first: take the DS away until the keys are right again. */
static void
ds_remove(struct fn_zone *parent, const struct fn_zone *z)
{
	for (unsigned i = 0; i < parent->cnt; i++)
		if (parent->rr[i].type == HF_TYPE_DS &&
		    hf_name_equal(&parent->rr[i].owner, &z->name))
			parent->rr[i] = parent->rr[--parent->cnt];
}

static void
a_zone_that_is_no_longer_signed_is_no_longer_in_trouble(void **state)
{
	(void)state;
	world();
	struct fn_server *s = fn_server("192.0.2.40", NULL);

	s->manner = FN_BAD_KEYS;
	assert_int_equal(ask("www.signed%u.test.", 0)->verdict, HF_VERDICT_BOGUS);
	ds_remove(tld, child[0]);
	fn_pass(4000); /* the DS runs out */
	assert_int_equal(ask("www.signed%u.test.", 0)->verdict, HF_VERDICT_INSECURE);
	assert_int_equal(ask("ftp.signed%u.test.", 0)->verdict, HF_VERDICT_INSECURE);
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_over), 1);
}

static void
a_spent_budget_brings_no_zone_into_trouble(void **state)
{
	const struct cp_resolver_limits limits = {.sig_checks = 2};

	(void)state;
	world_with(&limits);
	for (unsigned i = 0; i < CHILDREN; i++)
		assert_int_equal(ask("www.signed%u.test.", i)->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_began), 0);
}

static void
a_search_for_good_servers_that_is_cut_short_brings_no_zone_into_trouble(void **state)
{
	const struct cp_resolver_limits limits = {.sends = 2};

	(void)state;
	world_with(&limits);
	break_servers(SERVERS, FN_BAD_SIGS);
	ask_all("direct%u.test.", 0, DIRECT, HF_RCODE_SERVFAIL);
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_began), 0);
	assert_true(fn_counter(CP_RESOLVER_budget_sends) > CP_TROUBLE_NAMES);
}

static void
one_bad_name_asked_again_and_again_is_no_trouble_of_its_zone(void **state)
{
	(void)state;
	world();
	break_servers(SERVERS, FN_BAD_SIGS);
	for (unsigned i = 0; i < 10; i++) {
		ask("direct%u.test.", 0);
		fn_pass(61);
	}
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_began), 0);
}

/* --- trouble.c alone */

static struct cp_troubles *
make(void)
{
	const struct hf_siphash_key key = {{5, 6}};
	struct cp_troubles *all = cp_troubles_create(&key);

	VA_REQUIRE(all != NULL);
	return all;
}

static bool
fails(struct cp_troubles *all, const struct cp_trouble_at *at, const char *name, bool probe)
{
	struct hf_name n = va_name(name);
	const struct cp_trouble_report report = {.e = CP_ELEMENT_DATA,
	    .name = &n,
	    .probe = probe,
	    .backoff_min_s = 1,
	    .backoff_max_s = 60};

	return cp_trouble_failed(all, at, &report);
}

static void
only_news_from_after_its_beginning_end_a_trouble(void **state)
{
	struct cp_troubles *all = make();
	struct hf_name zone = va_name("z.");
	struct cp_trouble_at at = {&zone, 1, 100 * HF_NS_PER_S, false};
	struct cp_trouble_cause cause;
	uint32_t pause_s;

	(void)state;
	assert_false(fails(all, &at, "a.z.", false));
	assert_false(fails(all, &at, "b.z.", false));
	assert_true(fails(all, &at, "c.z.", false));
	assert_int_equal(cp_trouble_ask(all, &at, &cause, &pause_s), CP_TROUBLE_FAIL);
	assert_false(cp_trouble_good(all, &at, CP_ELEMENT_DS, 99 * HF_NS_PER_S));
	assert_false(cp_trouble_good(all, &at, CP_ELEMENT_KEYS, 100 * HF_NS_PER_S));
	assert_int_equal(cp_trouble_ask(all, &at, &cause, &pause_s), CP_TROUBLE_FAIL);
	assert_true(cp_trouble_good(all, &at, CP_ELEMENT_DS, 100 * HF_NS_PER_S));
	assert_int_equal(cp_trouble_ask(all, &at, &cause, &pause_s), CP_TROUBLE_NONE);
	cp_troubles_destroy(all);
}

static void
a_zone_where_something_validated_needs_many_failures_in_a_row(void **state)
{
	struct cp_troubles *all = make();
	struct hf_name zone = va_name("z.");
	struct cp_trouble_at at = {&zone, 1, 100 * HF_NS_PER_S, false};
	unsigned cnt = 0;
	char name[32];

	(void)state;
	fails(all, &at, "a.z.", false);
	cp_trouble_good(all, &at, CP_ELEMENT_DATA, at.now_ns);
	do
		snprintf(name, sizeof(name), "n%u.z.", cnt++);
	while (!fails(all, &at, name, false));
	assert_int_equal(cnt, CP_TROUBLE_NAMES_MIXED);
	cp_troubles_destroy(all);
}

static void
failures_that_were_too_few_become_no_trouble_by_waiting(void **state)
{
	struct cp_troubles *all = make();
	struct hf_name zone = va_name("z.");
	struct cp_trouble_at at = {&zone, 1, 100 * HF_NS_PER_S, false};
	struct cp_trouble_cause cause;
	uint32_t pause_s;

	(void)state;
	fails(all, &at, "a.z.", false);
	cp_trouble_good(all, &at, CP_ELEMENT_DATA, at.now_ns);
	at.now_ns += (CP_TROUBLE_MIXED_S - 1) * HF_NS_PER_S;
	for (unsigned i = 0; i < CP_TROUBLE_NAMES; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%u.z.", i);
		assert_false(fails(all, &at, name, false));
	}
	at.now_ns += 2 * HF_NS_PER_S; /* that something was good is forgotten */
	assert_int_equal(cp_trouble_ask(all, &at, &cause, &pause_s), CP_TROUBLE_NONE);
	assert_true(fails(all, &at, "b.z.", false));
	assert_int_equal(cp_trouble_ask(all, &at, &cause, &pause_s), CP_TROUBLE_FAIL);
	assert_int_equal(pause_s, 1);
	cp_troubles_destroy(all);
}

static void
the_probe_is_given_once_per_pause(void **state)
{
	struct cp_troubles *all = make();
	struct hf_name zone = va_name("z.");
	struct cp_trouble_at at = {&zone, 1, 100 * HF_NS_PER_S, false};
	struct cp_trouble_cause cause;
	uint32_t pause_s;

	(void)state;
	fails(all, &at, "a.z.", false);
	fails(all, &at, "b.z.", false);
	fails(all, &at, "c.z.", false);
	for (unsigned pause = 1; pause <= 64; pause *= 2) {
		at.now_ns += (pause < 60 ? pause : 60) * HF_NS_PER_S - 1;
		assert_int_equal(cp_trouble_ask(all, &at, &cause, &pause_s), CP_TROUBLE_FAIL);
		at.now_ns++;
		assert_int_equal(cp_trouble_ask(all, &at, &cause, &pause_s), CP_TROUBLE_PROBE);
		assert_int_equal(cp_trouble_ask(all, &at, &cause, &pause_s), CP_TROUBLE_FAIL);
		fails(all, &at, "d.z.", true);
	}
	at.policy_gen = 2;
	assert_int_equal(cp_trouble_ask(all, &at, &cause, &pause_s), CP_TROUBLE_NONE);
	cp_troubles_destroy(all);
}

static void
many_zones_are_forgotten_before_the_one_that_is_used(void **state)
{
	struct cp_troubles *all = make();
	struct hf_name used = va_name("used."), zone;
	struct cp_trouble_at at = {&used, 1, 100 * HF_NS_PER_S, false};
	struct cp_trouble_cause cause;
	uint32_t pause_s;
	char name[32];

	(void)state;
	fails(all, &at, "a.used.", false);
	fails(all, &at, "b.used.", false);
	fails(all, &at, "c.used.", false);
	for (unsigned i = 0; i < 4 * CP_TROUBLE_MAX; i++) {
		snprintf(name, sizeof(name), "z%u.", i);
		zone = va_name(name);
		at.now_ns++;
		at.zone = &zone;
		fails(all, &at, "a.", false);
		at.zone = &used;
		assert_int_equal(cp_trouble_ask(all, &at, &cause, &pause_s), CP_TROUBLE_FAIL);
	}
	assert_int_equal(cp_troubles_cnt(all, 1), 1);
	cp_troubles_destroy(all);
}

#define T(f) cmocka_unit_test_teardown(f, fn_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_parent_that_does_not_validate_is_asked_for_few_of_the_names_below),
	    T(what_fails_at_once_has_the_code_and_text_of_what_was_found),
	    T(a_zone_with_some_bad_servers_is_not_in_trouble),
	    T(one_probe_at_a_time_asks_and_the_pauses_grow_to_a_minute),
	    T(the_first_good_probe_ends_it_for_all),
	    T(what_is_known_below_the_zone_is_answered_all_the_same),
	    T(signed_delegations_are_found_while_only_denials_are_bad),
	    T(random_names_of_a_zone_with_bad_denials_do_not_make_good_names_fail),
	    T(types_and_ds_that_clients_ask_for_in_vain_do_not_make_good_names_fail),
	    T(one_bad_wildcard_is_no_trouble_of_its_zone_however_many_names_it_makes),
	    T(bad_proofs_that_children_are_unsigned_are_trouble_of_the_parent),
	    T(names_with_good_signatures_are_found_among_bad_ones),
	    T(nta_and_cd_ask_as_ever_and_a_new_policy_begins_anew),
	    T(servers_named_below_it_are_still_found_for_others),
	    T(bad_keys_bring_a_zone_into_trouble_at_once_and_good_ones_out_of_it),
	    T(a_zone_that_is_no_longer_signed_is_no_longer_in_trouble),
	    T(a_spent_budget_brings_no_zone_into_trouble),
	    T(a_search_for_good_servers_that_is_cut_short_brings_no_zone_into_trouble),
	    T(one_bad_name_asked_again_and_again_is_no_trouble_of_its_zone),
	    cmocka_unit_test(only_news_from_after_its_beginning_end_a_trouble),
	    cmocka_unit_test(a_zone_where_something_validated_needs_many_failures_in_a_row),
	    cmocka_unit_test(failures_that_were_too_few_become_no_trouble_by_waiting),
	    cmocka_unit_test(the_probe_is_given_once_per_pause),
	    cmocka_unit_test(many_zones_are_forgotten_before_the_one_that_is_used),
	};

	return cmocka_run_group_tests_name("cp_trouble", tests, NULL, NULL);
}
