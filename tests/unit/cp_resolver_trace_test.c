/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of traces: the steps of a chain of trust and what each server gave, live and from the
 * cache. A trace is written down as lines of text, which are compared as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "controlplane/resolver/trace.h"
#include "tests/unit/support/fakenet.h"

static struct fn_zone *root, *tld, *zone, *plain;
static struct fn_server *tld_server, *server;

/* --- a trace as text */

static struct {
	char text[8192];
	size_t len;
	unsigned cnt; /* traces */
	uint16_t keys_tag;
	unsigned sends, queries, left_off;
	bool remembered;
	enum hf_verdict verdict;
} seen;

__attribute__((format(printf, 1, 2))) static void
note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	seen.len += (size_t)vsnprintf(seen.text + seen.len, sizeof(seen.text) - seen.len, fmt, ap);
	va_end(ap);
	assert_true(seen.len < sizeof(seen.text));
}

static void
note_name(const struct hf_name *n)
{
	char text[HF_NAME_TEXT_LEN];

	note(" %s", hf_name_to_text(n, text));
}

static void
note_facts(const struct cp_step *s)
{
	static const char *const says[] = {"stands at", "is above", "covers"};

	for (unsigned i = 0; i < s->fact_cnt; i++) {
		note("  %s %s", s->fact[i].set->type == HF_TYPE_NSEC3 ? "NSEC3" : "NSEC",
		    says[s->fact[i].says]);
		note_name(&s->fact[i].name);
		note(", %s%s\n", cp_proof_role_text(s->fact[i].role),
		    s->fact[i].optout ? " (opt-out)" : "");
	}
}

/* Of each server the verdict, or why there is none; referrals are left out. */
static void
note_servers(const struct cp_trace *tr, const struct cp_step *s)
{
	char addr[HF_ADDR_TEXT_LEN];

	for (const struct cp_trace_query *q = tr->queries; q != NULL; q = q->next) {
		struct hf_addr bare = q->server;

		if (s->lookup == NULL || q->lookup != s->lookup || q->gave == CP_GAVE_REFERRAL)
			continue;
		bare.port = 0;
		note("  %s%s: %s", hf_addr_to_text(&bare, addr), q->along ? " along" : "",
		    cp_trace_gave_text(q->gave));
		if (q->judged)
			note(", %s", hf_verdict_to_text(q->verdict));
		if (q->judged && q->why.reason != VA_OK)
			note(" %s", va_reason_name(q->why.reason));
		note("\n");
	}
}

static void
note_step(const struct cp_trace *tr, const struct cp_step *s)
{
	static const char *const kinds[] = {"DS", "keys", "link"};

	note("%s", kinds[s->kind]);
	note_name(&s->name);
	if (s->why == NULL)
		note(": not cached");
	else
		note(": %s", hf_verdict_to_text(s->verdict));
	if (s->why != NULL && s->why->reason != VA_OK)
		note(" %s", va_reason_name(s->why->reason));
	if (s->anchored)
		note(", by %u anchors", s->vouching_cnt);
	note("\n");
	note_facts(s);
	note_servers(tr, s);
}

static void
on_traced(void *arg, uint64_t token, const struct cp_trace *tr, const struct cp_answer *a)
{
	(void)arg;
	assert_int_equal(token, 7);
	seen.cnt++;
	seen.len = 0;
	for (unsigned i = 0; i < tr->step_cnt; i++) {
		const struct cp_step *s = tr->step[i];

		note_step(tr, s);
		if (s->kind == CP_STEP_KEYS && s->why != NULL)
			seen.keys_tag = s->why->key_tag;
	}
	seen.sends = a->sends;
	seen.queries = tr->query_cnt;
	seen.left_off = tr->left_off;
	seen.remembered = tr->remembered;
	seen.verdict = a->verdict;
}

/* --- worlds */

static void
world_how(bool nsec3, bool optout, const struct cp_resolver_limits *limits)
{
	memset(&seen, 0, sizeof(seen));
	root = fn_root(true);
	tld = fn_zone("test.", true);
	zone = fn_zone("zone.test.", true);
	plain = fn_zone("plain.test.", false);
	zone->nsec3 = tld->nsec3 = nsec3;
	tld->optout = optout;
	fn_apex(tld);
	fn_apex(zone);
	fn_apex(plain);
	tld_server = fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	fn_add_ds(root, tld);
	server = fn_delegate(tld, zone, "ns.zone.test.", "192.0.2.3");
	fn_add_ds(tld, zone);
	fn_delegate(tld, plain, "ns.plain.test.", "192.0.2.4");
	fn_add(zone, "www.zone.test. 300 IN A 198.51.100.1");
	fn_add(zone, "alias.zone.test. 300 IN CNAME www.plain.test.");
	fn_add(zone, "*.wild.zone.test. 300 IN A 198.51.100.2");
	fn_add(plain, "www.plain.test. 300 IN A 198.51.100.5");
	fn.traced = on_traced;
	fn_start(root, limits);
}

static void
world(void)
{
	world_how(false, false, NULL);
}

/* More servers of zone.test., so many more. */
static void
servers_add(unsigned cnt, enum fn_manner manner)
{
	char text[128];

	for (unsigned i = 0; i < cnt; i++) {
		snprintf(text, sizeof(text), "zone.test. 3600 IN NS ns%u.zone.test.", i);
		fn_add(tld, text);
		snprintf(text, sizeof(text), "ns%u.zone.test. 3600 IN A 192.0.2.%u", i, 20 + i);
		fn_add(tld, text);
		snprintf(text, sizeof(text), "192.0.2.%u", 20 + i);
		fn_server(text, zone)->manner = manner;
	}
}

static const struct cp_answer *
trace_how(const char *name, uint16_t type, bool cached)
{
	struct cp_time t = fn_time();
	struct hf_question q = {.name = va_name(name), .type = type, .klass = 1};
	unsigned before = fn.answer_cnt, traces = seen.cnt;

	fn.sent_cnt = 0;
	assert_int_equal(cp_resolver_trace(fn.r, &t, &q, 7, cached), 0);
	fn_run();
	assert_int_equal(fn.answer_cnt, before + 1);
	assert_int_equal(seen.cnt, traces + 1);
	return &fn.answer[before % 8].a;
}

static const struct cp_answer *
trace(const char *name, uint16_t type)
{
	return trace_how(name, type, false);
}

static const struct cp_answer *
trace_cached(const char *name, uint16_t type)
{
	const struct cp_answer *a = trace_how(name, type, true);

	assert_int_equal(fn.sent_cnt, 0);
	return a;
}

/* A resolver with nothing in its caches, as each live trace has one. */
static void
begin_anew(void)
{
	cp_resolver_destroy(fn.r);
	fn.r = cp_resolver_create(&fn.cfg, &fn.ops, fn.policy);
	assert_non_null(fn.r);
}

/* --- live */

#define CHAIN                                 \
	"keys .: secure, by 1 anchors\n"      \
	"  192.0.2.1: answer, secure\n"       \
	"DS test.: secure\n"                  \
	"  192.0.2.1 along: answer, secure\n" \
	"keys test.: secure\n"                \
	"  192.0.2.2: answer, secure\n"
#define CHAIN_ZONE                            \
	"DS zone.test.: secure\n"             \
	"  192.0.2.2 along: answer, secure\n" \
	"keys zone.test.: secure\n"           \
	"  192.0.2.3: answer, secure\n"

static void
a_secure_chain_is_shown_from_the_anchor_to_the_answer(void **state)
{
	(void)state;
	world();
	const struct cp_answer *a = trace("www.zone.test.", HF_TYPE_A);

	assert_string_equal(seen.text,
	    CHAIN CHAIN_ZONE "link www.zone.test.: secure\n"
			     "  192.0.2.3: answer, secure\n");
	assert_int_equal(a->verdict, HF_VERDICT_SECURE);
	assert_int_equal(seen.keys_tag, va_key_tag(zone->key.dnskey, zone->key.dnskey_len));
	assert_int_equal(seen.queries, a->sends + 2); /* and what came along */
	assert_int_equal(seen.left_off, 0);
}

static void
a_trace_is_joined_with_no_question_and_no_other_trace(void **state)
{
	(void)state;
	world();
	struct cp_time t = fn_time();
	struct hf_question q = {.name = va_name("www.zone.test."), .type = HF_TYPE_A, .klass = 1};

	fn_ask_only("www.zone.test.", HF_TYPE_A, HF_VARIANT_DO, 1);
	for (int i = 0; i < 2; i++)
		assert_int_equal(cp_resolver_trace(fn.r, &t, &q, 7, false), 0);
	fn_ask_only("www.zone.test.", HF_TYPE_A, HF_VARIANT_DO, 2);
	fn_run();
	assert_int_equal(seen.cnt, 2);
	assert_int_equal(fn.answer_cnt, 4);
	assert_int_equal(fn_counter(CP_RESOLVER_joined), 1);
}

static void
every_bad_server_is_shown_even_when_the_good_one_came_early(void **state)
{
	(void)state;
	unsigned found = 0;

	for (unsigned seed = 1; seed <= 8 && found == 0; seed++) {
		world();
		servers_add(4, FN_BAD_SIGS);
		fn.seed = seed;
		trace("www.zone.test.", HF_TYPE_A);
		assert_int_equal(seen.verdict, HF_VERDICT_SECURE);
		const char *bad = strstr(seen.text, "answer, bogus SIG_BAD");

		if (bad != NULL)
			for (; bad != NULL; bad = strstr(bad + 1, "answer, bogus SIG_BAD"))
				found++;
		if (found == 0)
			fn_teardown(state);
	}
	assert_int_equal(found, 4);
}

static void
bad_signatures_everywhere_are_bogus_and_every_server_says_why(void **state)
{
	(void)state;
	world();
	server->manner = FN_BAD_SIGS;
	const struct cp_answer *a = trace("www.zone.test.", HF_TYPE_A);

	assert_string_equal(seen.text,
	    CHAIN CHAIN_ZONE "link www.zone.test.: bogus SIG_BAD\n"
			     "  192.0.2.3: answer, bogus SIG_BAD\n");
	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(a->ede, HF_EDE_BOGUS);
}

static void
what_an_nta_lets_pass_is_shown_as_bad_at_every_server(void **state)
{
	(void)state;
	world();
	server->manner = FN_BAD_SIGS;
	servers_add(2, FN_BAD_SIGS);
	fn_ntas(2, "zone.test.");
	const struct cp_answer *a = trace("www.zone.test.", HF_TYPE_A);

	assert_int_equal(a->verdict, HF_VERDICT_UNVALIDATED);
	assert_int_equal(a->hidden_ede, HF_EDE_BOGUS);
	const char *link = strstr(seen.text, "link www.zone.test.: bogus SIG_BAD\n");

	assert_non_null(link);
	assert_non_null(strstr(link, "  192.0.2.3: answer, bogus SIG_BAD\n"));
	assert_non_null(strstr(link, "  192.0.2.20: answer, bogus SIG_BAD\n"));
	assert_non_null(strstr(link, "  192.0.2.21: answer, bogus SIG_BAD\n"));
}

static void
a_good_server_does_not_make_a_question_under_an_nta_secure(void **state)
{
	(void)state;
	unsigned bogus_first = 0;

	for (unsigned seed = 1; seed <= 16 && bogus_first == 0; seed++) {
		world();
		servers_add(3, FN_BAD_SIGS);
		fn_ntas(2, "zone.test.");
		fn.seed = seed;
		const struct cp_answer *a = trace("www.zone.test.", HF_TYPE_A);

		if (a->verdict == HF_VERDICT_UNVALIDATED) {
			bogus_first++;
			assert_non_null(strstr(seen.text, "  192.0.2.3: answer, secure\n"));
		}
		fn_teardown(state);
	}
	assert_int_equal(bogus_first, 1);
	world();
}

static void
a_denial_shows_what_each_nsec_says(void **state)
{
	(void)state;
	world();
	trace("no.zone.test.", HF_TYPE_A);
	const char *link = strstr(seen.text, "link no.zone.test.: secure\n");

	assert_non_null(link);
	assert_non_null(strstr(link, "  NSEC covers no.zone.test., the name asked for\n"));
	assert_non_null(strstr(link, "  NSEC covers *.zone.test., the wildcard for it\n"));
	begin_anew();
	trace("www.zone.test.", HF_TYPE_MX);
	assert_non_null(strstr(seen.text, "  NSEC stands at www.zone.test., the name asked for\n"));
	begin_anew();
	trace("wild.zone.test.", HF_TYPE_A);
	assert_non_null(strstr(seen.text, "  NSEC is above wild.zone.test., the name asked for\n"));
}

static void
a_denial_shows_what_each_nsec3_says(void **state)
{
	(void)state;
	world_how(true, false, NULL);
	trace("x.no.zone.test.", HF_TYPE_A);
	const char *link = strstr(seen.text, "link x.no.zone.test.: secure\n");

	assert_non_null(link);
	assert_non_null(strstr(link, "  NSEC3 stands at zone.test., the closest encloser\n"));
	assert_non_null(strstr(link, "  NSEC3 covers no.zone.test., the next closer name\n"));
	assert_non_null(strstr(link, "  NSEC3 covers *.zone.test., the wildcard for it\n"));
	begin_anew();
	trace("www.zone.test.", HF_TYPE_MX);
	assert_non_null(
	    strstr(seen.text, "  NSEC3 stands at www.zone.test., the name asked for\n"));
}

static void
an_insecure_delegation_is_shown_by_the_proof_that_it_has_no_ds(void **state)
{
	(void)state;
	world();
	const struct cp_answer *a = trace("www.plain.test.", HF_TYPE_A);

	assert_string_equal(seen.text,
	    CHAIN "DS plain.test.: secure\n"
		  "  NSEC stands at plain.test., the name asked for\n"
		  "  192.0.2.2 along: no such records, secure\n"
		  "link www.plain.test.: insecure\n"
		  "  192.0.2.4: answer, insecure\n");
	assert_int_equal(a->verdict, HF_VERDICT_INSECURE);
}

static void
an_opt_out_gap_is_told_from_a_name_that_is_not_there(void **state)
{
	(void)state;
	world_how(true, true, NULL);
	trace("www.plain.test.", HF_TYPE_A);
	const char *ds = strstr(seen.text, "DS plain.test.: insecure\n");

	assert_non_null(ds);
	assert_non_null(strstr(ds, "  NSEC3 covers plain.test., the next closer name (opt-out)\n"));
}

static void
an_alias_leads_through_every_chain_once(void **state)
{
	(void)state;
	world();
	trace("alias.zone.test.", HF_TYPE_A);
	assert_string_equal(seen.text,
	    CHAIN CHAIN_ZONE "link alias.zone.test.: secure\n"
			     "  192.0.2.3: alias, secure\n"
			     "DS plain.test.: secure\n"
			     "  NSEC stands at plain.test., the name asked for\n"
			     "  192.0.2.2 along: no such records, secure\n"
			     "link www.plain.test.: insecure\n"
			     "  192.0.2.4: answer, insecure\n");
}

static void
expired_signatures_are_named_at_the_first_step_they_break(void **state)
{
	(void)state;
	world();
	fn.now_ns += UINT64_C(600000) * HF_NS_PER_S;
	const struct cp_answer *a = trace("www.zone.test.", HF_TYPE_A);

	assert_non_null(strstr(seen.text, "keys .: bogus SIG_EXPIRED, by 1 anchors\n"));
	assert_int_equal(a->ede, HF_EDE_SIG_EXPIRED);
}

static void
a_server_that_is_silent_is_shown_as_such(void **state)
{
	(void)state;
	world();
	server->manner = FN_SILENT;
	const struct cp_answer *a = trace("www.zone.test.", HF_TYPE_A);

	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_non_null(strstr(seen.text, "link www.zone.test.: failure\n"));
	assert_non_null(strstr(seen.text, "  192.0.2.3: no reply in time\n"));
	assert_null(strstr(seen.text, "keys zone.test."));
}

static void
a_question_for_a_ds_ends_with_the_parents_word(void **state)
{
	(void)state;
	world();
	trace("zone.test.", HF_TYPE_DS);
	assert_string_equal(seen.text,
	    CHAIN "link zone.test.: secure\n"
		  "  192.0.2.2: answer, secure\n");
}

static void
curiosity_leaves_the_budget_to_the_question(void **state)
{
	(void)state;
	struct cp_resolver_limits limits = {.sends = 36};

	world_how(false, false, &limits);
	server->manner = FN_BAD_SIGS;
	servers_add(10, FN_BAD_SIGS);
	const struct cp_answer *a = trace("www.zone.test.", HF_TYPE_A);

	assert_int_equal(a->ede, HF_EDE_BOGUS);
	assert_true(a->sends <= 5 + 1 + 8); /* the way there, and no more tries than without */
}

/* --- from the cache */

static void
a_cached_chain_is_shown_without_a_packet(void **state)
{
	(void)state;
	world();
	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	const struct cp_answer *a = trace_cached("www.zone.test.", HF_TYPE_A);

	assert_string_equal(seen.text,
	    "keys .: secure, by 1 anchors\n"
	    "DS test.: secure\n"
	    "keys test.: secure\n"
	    "DS zone.test.: secure\n"
	    "keys zone.test.: secure\n"
	    "link www.zone.test.: secure\n");
	assert_int_equal(a->verdict, HF_VERDICT_SECURE);
}

static void
what_is_not_cached_of_a_chain_is_said_to_be_missing(void **state)
{
	(void)state;
	world();
	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	trace_cached("ftp.zone.test.", HF_TYPE_A);
	assert_non_null(
	    strstr(seen.text, "keys zone.test.: secure\nlink ftp.zone.test.: not cached\n"));
	assert_int_equal(seen.verdict, HF_VERDICT_FAILURE);
	assert_false(seen.remembered);
	begin_anew();
	trace_cached("www.zone.test.", HF_TYPE_A);
	assert_string_equal(seen.text,
	    "keys .: not cached, by 1 anchors\n"
	    "link www.zone.test.: not cached\n");
}

static void
a_denial_in_the_cache_is_no_zone(void **state)
{
	(void)state;
	world();
	fn_ask("no.zone.test.", HF_TYPE_A, 0);
	trace_cached("no.zone.test.", HF_TYPE_A);
	assert_null(strstr(seen.text, "DS no.zone.test."));
	assert_non_null(strstr(seen.text, "link no.zone.test.: secure\n"));
}

static void
a_failure_that_is_remembered_is_told_as_one(void **state)
{
	(void)state;
	world();
	server->manner = FN_BAD_SIGS;
	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	const struct cp_answer *a = trace_cached("www.zone.test.", HF_TYPE_A);

	assert_true(seen.remembered);
	assert_int_equal(a->ede, HF_EDE_BOGUS);
	assert_non_null(
	    strstr(seen.text, "keys zone.test.: secure\nlink www.zone.test.: not cached\n"));
}

static void
a_trace_of_the_cache_takes_nothing_from_it(void **state)
{
	(void)state;
	world();
	fn_ask("www.zone.test.", HF_TYPE_A, 0);
	trace_cached("www.zone.test.", HF_TYPE_A);
	trace_cached("ftp.zone.test.", HF_TYPE_A);
	assert_int_equal(fn_ask("www.zone.test.", HF_TYPE_A, 0)->verdict, HF_VERDICT_SECURE);
	assert_int_equal(fn.sent_cnt, 0);
}

#define T(f) cmocka_unit_test_teardown(f, fn_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_secure_chain_is_shown_from_the_anchor_to_the_answer),
	    T(a_trace_is_joined_with_no_question_and_no_other_trace),
	    T(every_bad_server_is_shown_even_when_the_good_one_came_early),
	    T(bad_signatures_everywhere_are_bogus_and_every_server_says_why),
	    T(what_an_nta_lets_pass_is_shown_as_bad_at_every_server),
	    T(a_good_server_does_not_make_a_question_under_an_nta_secure),
	    T(a_denial_shows_what_each_nsec_says),
	    T(a_denial_shows_what_each_nsec3_says),
	    T(an_insecure_delegation_is_shown_by_the_proof_that_it_has_no_ds),
	    T(an_opt_out_gap_is_told_from_a_name_that_is_not_there),
	    T(an_alias_leads_through_every_chain_once),
	    T(expired_signatures_are_named_at_the_first_step_they_break),
	    T(a_server_that_is_silent_is_shown_as_such),
	    T(a_question_for_a_ds_ends_with_the_parents_word),
	    T(curiosity_leaves_the_budget_to_the_question),
	    T(a_cached_chain_is_shown_without_a_packet),
	    T(what_is_not_cached_of_a_chain_is_said_to_be_missing),
	    T(a_denial_in_the_cache_is_no_zone),
	    T(a_failure_that_is_remembered_is_told_as_one),
	    T(a_trace_of_the_cache_takes_nothing_from_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
