/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of what hostile signed zones cost the resolver core, its thread and others' zones:
 * counts of signature checks over all retries of a question, and who is blamed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "controlplane/resolver/caches.h"
#include "controlplane/resolver/toil.h"
#include "tests/unit/support/fakenet.h"

enum { CHAIN = 5 }; /* checks that lead to zone.test.: keys, DS, keys, DS, keys */

static struct fn_zone *root, *tld, *zone, *evil;
static struct fn_server *server, *evil_server;
static unsigned signatures; /* that many_bad gives */
static bool spoiled;        /* they do not verify */

/* . and test. and zone.test. and evil.test., all signed */
static void
world_with(const struct cp_resolver_limits *limits)
{
	root = fn_root(true);
	tld = fn_zone("test.", true);
	zone = fn_zone("zone.test.", true);
	evil = fn_zone("evil.test.", true);
	fn_apex(tld);
	fn_apex(zone);
	fn_apex(evil);
	fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	fn_add_ds(root, tld);
	server = fn_delegate(tld, zone, "ns.zone.test.", "192.0.2.3");
	fn_add_ds(tld, zone);
	evil_server = fn_delegate(tld, evil, "ns.evil.test.", "192.0.2.4");
	fn_add_ds(tld, evil);
	fn_add(zone, "www.zone.test. 300 IN A 198.51.100.1");
	fn_add(zone, "ftp.zone.test. 300 IN A 198.51.100.2");
	fn_add(evil, "alias.evil.test. 300 IN CNAME www.zone.test.");
	fn_add(evil, "www.evil.test. 300 IN A 198.51.100.3");
	fn_start(root, limits);
}

static void
world(void)
{
	world_with(NULL);
}

static void
more_evil_servers(unsigned cnt)
{
	char text[80];

	for (unsigned i = 0; i < cnt; i++) {
		snprintf(text, sizeof(text), "evil.test. 3600 IN NS ns%u.evil.test.", i);
		fn_add(tld, text);
		snprintf(text, sizeof(text), "ns%u.evil.test. 3600 IN A 192.0.2.%u", i, 100 + i);
		fn_add(tld, text);
		snprintf(text, sizeof(text), "192.0.2.%u", 100 + i);
		fn_server(text, evil);
	}
}

/* An address of any name, with signatures of which each costs a check. */
static uint16_t
many_bad(struct fn_reply *p, const struct hf_question *q)
{
	static struct va_box b;
	char text[HF_NAME_TEXT_LEN];

	if (q->type != HF_TYPE_A)
		return 0;
	va_box_init(&b, hf_name_to_text(&q->name, text), HF_TYPE_A, 300);
	va_box_add(&b, "\306\63\144\11", 4);
	struct va_spec spec = va_spec_of(&b, text, p->z->text, &p->z->key);

	for (unsigned i = 0; i < signatures; i++) {
		va_box_sign(&b, &p->z->key, &spec);
		b.mem[b.used - 1] ^= spoiled ? (uint8_t)(1 + i) : 0;
	}
	fn_put_box(p, HF_SECTION_ANSWER, &b, &q->name);
	return HF_FLAG_AA;
}

/* cnt bad signatures; none: one that is good. */
static void
all_evil_say(unsigned cnt)
{
	signatures = cnt > 0 ? cnt : 1;
	spoiled = cnt > 0;
	for (unsigned i = 0; i < fn.server_cnt; i++)
		if (fn.server[i].zones[0] == evil)
			fn.server[i].says = many_bad;
}

static uint64_t
checks_of(const char *name, uint8_t variant, const struct cp_answer **a)
{
	uint64_t before = fn_counter(CP_RESOLVER_sig_checks);

	*a = fn_ask(name, HF_TYPE_A, variant);
	return fn_counter(CP_RESOLVER_sig_checks) - before;
}

/* What the caches hold against the only server of z. */
static struct cp_note
held_against(const char *addr, const struct fn_zone *z)
{
	struct cp_servers *s = cp_resolver_caches(fn.r)->servers;
	struct cp_server known;
	struct cp_note note;
	struct hf_addr a;

	VA_REQUIRE(hf_addr_from_text(addr, &a) == 0);
	a.port = 53;
	cp_servers_read(s, &a, &known);
	cp_servers_note(s, cp_servers_zone(s, &z->name), &known, &a, fn.now_ns, &note);
	return note;
}

static void
each_server_that_is_asked_again_costs_eight_checks_more(void **state)
{
	const struct cp_answer *a;

	(void)state;
	world();
	more_evil_servers(2);
	all_evil_say(20);
	assert_int_equal(checks_of("x.evil.test.", 0, &a), CHAIN + 3 * VA_SIG_CHECKS_RRSET);
	assert_int_equal(a->verdict, HF_VERDICT_BOGUS);
	assert_int_equal(a->ede, HF_EDE_BOGUS);
	assert_non_null(strstr(a->ede_text, "too many signatures that do not verify"));
	assert_int_equal(fn_counter(CP_RESOLVER_budget_sigs), 0);
}

/* Half of a question is enough to find out that a zone is such, and its fault is known then. */
static void
no_further_server_is_asked_when_half_of_the_checks_are_gone(void **state)
{
	const struct cp_resolver_limits limits = {.sig_checks = 30};
	const struct cp_answer *a;

	(void)state;
	world_with(&limits);
	more_evil_servers(9);
	all_evil_say(20);
	assert_int_equal(checks_of("x.evil.test.", 0, &a), CHAIN + 2 * VA_SIG_CHECKS_RRSET);
	assert_int_equal(a->verdict, HF_VERDICT_BOGUS);
	assert_non_null(strstr(a->ede_text, "too many signatures that do not verify"));
	assert_int_equal(fn_counter(CP_RESOLVER_budget_sigs), 0);
}

static void
all_servers_together_cost_no_more_than_the_question_has(void **state)
{
	const struct cp_resolver_limits limits = {.sig_checks = CHAIN + 3 * 4};
	const struct cp_answer *a;

	(void)state;
	world_with(&limits);
	more_evil_servers(9);
	all_evil_say(5); /* so few that others may do better */
	assert_int_equal(checks_of("x.evil.test.", 0, &a), CHAIN + 3 * 4);
	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(a->ede, HF_EDE_OTHER);
	assert_non_null(strstr(a->ede_text, "signature check budget exhausted"));
	assert_int_equal(fn_counter(CP_RESOLVER_budget_sigs), 1);
}

static void
a_zone_whose_names_cost_much_is_in_trouble_and_costs_nothing_then(void **state)
{
	const struct cp_answer *a;
	char name[40];

	(void)state;
	world();
	all_evil_say(20);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "x%u.evil.test.", i);
		checks_of(name, 0, &a);
	}
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_began), 1);
	assert_int_equal(checks_of("y.evil.test.", 0, &a), 0);
	assert_int_equal(fn.sent_cnt, 0);
	assert_int_equal(a->verdict, HF_VERDICT_BOGUS);
}

/* An alias of somebody's own leads to a name of others, and just what it takes to validate that
 * is not there any more: at the DS of their zone, at its keys, at the records. */
static void
a_budget_that_others_spent_is_nobodys_fault(void **state)
{
	for (uint32_t left = 0; left < 3; left++) {
		const struct cp_resolver_limits limits = {.sig_checks = CHAIN + 1 + left};
		const struct cp_answer *a;

		world_with(&limits);
		assert_int_equal(checks_of("alias.evil.test.", 0, &a), CHAIN + 1 + left);
		assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
		assert_int_equal(fn_counter(CP_RESOLVER_budget_sigs), 1);
		assert_int_equal(held_against("192.0.2.3", zone).bogus_cnt, 0);
		assert_int_equal(held_against("192.0.2.2", tld).bogus_cnt, 0);
		assert_int_equal(fn_counter(CP_RESOLVER_trouble_began), 0);
		checks_of("www.zone.test.", 0, &a);
		assert_int_equal(a->verdict, HF_VERDICT_SECURE);
		assert_int_equal(fn_counter(CP_RESOLVER_lost), 0);
		fn_teardown(state);
	}
	world();
}

static void
a_budget_that_is_out_is_told_to_one_question_and_for_a_second(void **state)
{
	const struct cp_resolver_limits limits = {.sig_checks = CHAIN + 1};
	const struct cp_answer *a;

	(void)state;
	world_with(&limits);
	checks_of("alias.evil.test.", 0, &a);
	assert_int_equal(a->ttl_s, 1);
	fn_pass(2);
	checks_of("alias.evil.test.", 0, &a); /* its keys are known by now */
	assert_int_equal(a->verdict, HF_VERDICT_SECURE);
}

/* Of a zone in trouble one question finds out whether it is over. One that has spent its checks
 * elsewhere could not, and does not take the place of those who can. */
static void
who_has_spent_half_of_its_checks_is_no_probe(void **state)
{
	const struct cp_resolver_limits limits = {.sig_checks = CHAIN + 1};
	const struct cp_answer *a;

	(void)state;
	world_with(&limits);
	server->manner = FN_BAD_KEYS;
	checks_of("www.zone.test.", 0, &a);
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_began), 1);
	fn_pass(2);
	server->manner = FN_GOOD;
	assert_int_equal(checks_of("alias.evil.test.", 0, &a), 3);
	assert_int_equal(a->verdict, HF_VERDICT_BOGUS);
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_probe), 0);
	checks_of("ftp.zone.test.", 0, &a);
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_probe), 1);
	assert_int_equal(a->verdict, HF_VERDICT_SECURE);
}

/* --- the domain's share of the thread (toil.h) */

static unsigned
ask_evil(unsigned from, unsigned cnt)
{
	const struct cp_answer *a;
	unsigned refused = 0;
	char name[40];

	for (unsigned i = from; i < from + cnt; i++) {
		snprintf(name, sizeof(name), "x%u.evil.test.", i);
		checks_of(name, 0, &a);
		refused += a->verdict == HF_VERDICT_FAILURE;
	}
	return refused;
}

/* Each name costs one check, 191 us, and is good. The domain has 1 ms a second. */
static void
a_domain_whose_names_cost_much_gets_its_share_and_no_more(void **state)
{
	const struct cp_resolver_limits limits = {.zone_check_ms = 1};
	const struct cp_answer *a;

	(void)state;
	world_with(&limits);
	all_evil_say(0);
	unsigned refused = ask_evil(0, 700);

	assert_in_range(refused, 1, 600);
	assert_int_equal(fn_counter(CP_RESOLVER_zone_costly), refused);
	checks_of("last.evil.test.", 0, &a);
	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(a->ede, HF_EDE_OTHER);
	assert_string_equal(a->ede_text, "too many signature checks for this domain");
	assert_int_equal(a->ttl_s, 1);

	/* Others do not notice. */
	checks_of("www.zone.test.", 0, &a);
	assert_int_equal(a->verdict, HF_VERDICT_SECURE);
	assert_int_equal(held_against("192.0.2.4", evil).bogus_cnt, 0);
	assert_int_equal(fn_counter(CP_RESOLVER_trouble_began), 0);

	/* Time gives it back: nothing of it was remembered. */
	fn_pass(200);
	assert_int_equal(ask_evil(2000, 1), 0);
	checks_of("last.evil.test.", 0, &a);
	assert_int_equal(a->verdict, HF_VERDICT_SECURE);
}

static void
under_cd_and_an_nta_a_costly_domain_is_answered_unvalidated(void **state)
{
	const struct cp_resolver_limits limits = {.zone_check_ms = 1};
	const struct cp_answer *a;

	(void)state;
	world_with(&limits);
	all_evil_say(0);
	assert_in_range(ask_evil(0, 700), 1, 700);
	checks_of("cd.evil.test.", HF_VARIANT_CD, &a);
	assert_int_equal(a->rcode, HF_RCODE_NOERROR);
	assert_int_equal(a->verdict, HF_VERDICT_UNVALIDATED);
	fn_ntas(2, "evil.test.");
	checks_of("nta.evil.test.", 0, &a);
	assert_int_equal(a->rcode, HF_RCODE_NOERROR);
	assert_int_equal(a->verdict, HF_VERDICT_UNVALIDATED);
}

/* Public suffixes are nobody's: what names directly below a TLD cost is not held against it. */
static void
a_public_suffix_has_no_share(void **state)
{
	const struct cp_resolver_limits limits = {.zone_check_ms = 1};
	const struct cp_answer *a;
	char name[40];

	(void)state;
	world_with(&limits);
	all_evil_say(0);
	fn_server("192.0.2.2", NULL)->says = many_bad;
	for (unsigned i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), "direct%u.test.", i);
		assert_int_equal(checks_of(name, 0, &a), i == 0 ? 4 : 1);
		assert_int_equal(a->verdict, HF_VERDICT_SECURE);
	}
	assert_int_equal(fn_counter(CP_RESOLVER_zone_costly), 0);
}

/* Those who waited for the same packet take what the first of them found. */
static void
keys_that_many_wait_for_are_checked_once(void **state)
{
	char name[40];

	(void)state;
	world();
	fn_add(zone, "*.zone.test. 300 IN A 198.51.100.9");
	for (unsigned i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "w%u.zone.test.", i);
		fn_ask_only(name, HF_TYPE_A, 0, i);
	}
	fn_run();
	assert_int_equal(fn.answer_cnt, 6);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(fn.answer[i].a.verdict, HF_VERDICT_SECURE);
	/* Three sets of keys, once; two DS, and the address that each asked for. */
	assert_in_range(fn_counter(CP_RESOLVER_sig_checks), 3 + 2 + 6, 3 + 2 * 6 + 6);
}

static void
buckets_fill_by_what_is_spent_and_empty_with_time(void **state)
{
	static struct cp_toil t = {.ms_per_s = 500};
	uint64_t now = 1000 * HF_NS_PER_S;

	(void)state;
	assert_true(cp_toil_has_room(&t, 7, now));
	cp_toil_add(&t, 7, CP_TOIL_BURST_MS * 1000, now);
	assert_true(cp_toil_has_room(&t, 7, now)); /* full to the brim, and not beyond */
	cp_toil_add(&t, 7, 1000, now);
	assert_false(cp_toil_has_room(&t, 7, now));
	assert_true(cp_toil_has_room(&t, 8, now));
	assert_false(cp_toil_has_room(&t, 7, now + 1 * HF_NS_PER_MS));
	assert_true(cp_toil_has_room(&t, 7, now + 2 * HF_NS_PER_MS)); /* half of the time is its */
	/* A thousand others fill columns here and there, hardly ever all four of one. */
	for (uint32_t d = 100; d < 300; d++)
		cp_toil_add(&t, d * 2654435761u, 10 * CP_TOIL_BURST_MS * 1000, now);
	unsigned met = 0;

	for (uint32_t d = 10000; d < 11000; d++)
		met += !cp_toil_has_room(&t, d * 2654435761u, now);
	assert_true(met < 20);
}

#define T(f) cmocka_unit_test_teardown(f, fn_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(each_server_that_is_asked_again_costs_eight_checks_more),
	    T(no_further_server_is_asked_when_half_of_the_checks_are_gone),
	    T(all_servers_together_cost_no_more_than_the_question_has),
	    T(a_zone_whose_names_cost_much_is_in_trouble_and_costs_nothing_then),
	    T(a_budget_that_others_spent_is_nobodys_fault),
	    T(a_budget_that_is_out_is_told_to_one_question_and_for_a_second),
	    T(who_has_spent_half_of_its_checks_is_no_probe),
	    T(a_domain_whose_names_cost_much_gets_its_share_and_no_more),
	    T(under_cd_and_an_nta_a_costly_domain_is_answered_unvalidated),
	    T(a_public_suffix_has_no_share),
	    T(keys_that_many_wait_for_are_checked_once),
	    cmocka_unit_test(buckets_fill_by_what_is_spent_and_empty_with_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
