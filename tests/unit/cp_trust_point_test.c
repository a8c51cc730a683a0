/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of controlplane/trust_point.c: RFC 5011's state machine, with real keys and a clock
 * of the test's own. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "controlplane/trust_point.h"
#include "lib/base/ns.h"
#include "tests/unit/support/keyroll.h"
#include "validator/crypto.h"

enum { DAY_S = KR_DAY_S, TTL_S = 2 * DAY_S, HOLD_S = 30 * DAY_S };

static struct va_crypto *crypto;
static struct cp_point p;
static struct cp_point_changes changes; /* of the last observation */
static struct va_result why;
static struct {
	int64_t wall_s;
	uint64_t mono_ns;
	const char *boot;
	uint32_t ttl_s, life_s;
} now;

static struct va_box *
make_set(const char *text)
{
	static struct va_box box;

	kr_set(&box, text, now.ttl_s, now.wall_s, now.life_s);
	return &box;
}

static enum cp_seen
observe(const struct hf_rrset *set)
{
	const struct cp_moment at = {now.wall_s, now.mono_ns, now.boot};
	struct va_budget budget;

	va_budget_init(&budget, &va_rules_default, crypto);
	memset(&changes, 0, sizeof(changes));
	return cp_point_observe(&p, set, &at, HOLD_S, &budget, &why, &changes);
}

static enum cp_seen
see(const char *text)
{
	return observe(&make_set(text)->set);
}

static void
pass(uint64_t s)
{
	now.wall_s += (int64_t)s;
	now.mono_ns += s * HF_NS_PER_S;
}

/* "AB/A" is one observation, "AB/A*31" one a day for so many days, "+5" five days without. */
static void
run(const char *text)
{
	char word[32];
	int len;

	for (; sscanf(text, "%31s%n", word, &len) == 1; text += len) {
		char *star = strchr(word, '*');
		int times = star != NULL ? atoi(star + 1) : 1;

		if (word[0] == '+') {
			pass((uint64_t)atoi(word + 1) * DAY_S);
			continue;
		}
		if (star != NULL)
			*star = '\0';
		for (int i = 0; i < times; i++) {
			pass(DAY_S);
			(void)see(word);
		}
	}
}

static void
configure(char c, uint8_t digest, const char *file)
{
	struct va_signer s = kr_signer(c);
	struct hf_rdata rd = {s.dnskey, s.dnskey_len};
	struct cp_point_key k = {.type = HF_TYPE_DNSKEY, .file = file, .len = s.dnskey_len};

	memcpy(k.rdata, s.dnskey, s.dnskey_len);
	if (digest != 0) {
		k.type = HF_TYPE_DS;
		k.len = (uint16_t)va_ds_make(&hf_name_root, &rd, digest, k.rdata, sizeof(k.rdata));
		assert_int_not_equal(k.len, 0);
	}
	assert_int_equal(cp_point_configure(&p, &k, now.wall_s, &changes), 0);
}

static const struct cp_point_key *
key_of(char c)
{
	struct va_signer s = kr_signer(c);
	const struct cp_point_key *found = NULL;

	for (unsigned i = 0; i < p.key_cnt; i++)
		if (p.keys[i].len == s.dnskey_len &&
		    memcmp(p.keys[i].rdata, s.dnskey, s.dnskey_len) == 0) {
			assert_null(found); /* once */
			found = &p.keys[i];
		}
	return found;
}

static void
expect(char c, const char *state)
{
	const struct cp_point_key *k = key_of(c);

	assert_string_equal(k == NULL ? "Start" : cp_key_state_text(k->state), state);
}

/* A is configured and has been seen. */
static int
set_up(void **state)
{
	(void)state;
	cp_point_init(&p, &hf_name_root, true);
	now.wall_s = 1800000000;
	now.mono_ns = HF_NS_PER_S;
	now.boot = "first";
	now.ttl_s = TTL_S;
	now.life_s = 10 * DAY_S;
	memset(&changes, 0, sizeof(changes));
	configure('A', 0, "file");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	cp_point_fini(&p);
	return 0;
}

/* --- the table of RFC 5011 4 */

static void
every_transition_of_the_table_is_made_and_no_other(void **state)
{
	static const struct {
		const char *steps, *key, *is;
	} rows[] = {
	    {"A/A", "B", "Start"}, {"A/A AB/A", "B", "AddPend"},  /* NewKey */
	    {"AB/A*29", "B", "AddPend"},                          /* nothing yet */
	    {"AB/A*5 A/A", "B", "Start"},                         /* KeyRem */
	    {"AB/A*31", "B", "Valid"},                            /* AddTime */
	    {"AB/A*31 AB/A", "B", "Valid"},                       /* nothing more */
	    {"AB/A*31 A/A", "B", "Missing"},                      /* KeyRem */
	    {"AB/A*31 A/A*50", "B", "Missing"},                   /* for as long as it takes */
	    {"AB/A*31 A/A AB/A", "B", "Valid"},                   /* KeyPres */
	    {"AB/A*31 Ab/Ab", "B", "Revoked"},                    /* RevBit */
	    {"AB/A*31 A/A Ab/Ab", "B", "Revoked"},                /* RevBit when Missing */
	    {"AB/A*31 Ab/Ab A/A*30", "B", "Removed"},             /* RemTime */
	    {"AB/A*31 Ab/Ab A/A*29", "B", "Revoked"},             /* not yet */
	    {"AB/A*31 Ab/Ab Ab/Ab*40", "B", "Revoked"},           /* it has to be gone */
	    {"AB/A*31 Ab/Ab AB/AB*40", "B", "Revoked"},           /* it does not come back */
	    {"AB/A*31 Ab/Ab A/A*20 AB/A A/A*29", "B", "Revoked"}, /* its time begins again */
	    {"AB/A*31 Ab/Ab A/A*30 AB/A*40", "B", "Removed"},     /* for good */
	    {"AB/A*5 Ab/Ab", "B", "Start"},                       /* revoked before it was one */
	    {"Ab/Ab", "B", "Start"},                              /* never known */
	    {"AB/AB*31 aB/aB", "A", "Revoked"}, {"AB/AB*31 aB/aB B/B*31", "A", "Removed"},
	    {"AB/AB*31 aB/aB B/B BC/B*31", "C", "Valid"}, /* the next roll */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct cp_point_key *k;

		run(rows[i].steps);
		k = key_of(rows[i].key[0]);
		if (strcmp(k == NULL ? "Start" : cp_key_state_text(k->state), rows[i].is) != 0)
			fail_msg("%s: %s is %s, not %s", rows[i].steps, rows[i].key,
			    k == NULL ? "Start" : cp_key_state_text(k->state), rows[i].is);
		tear_down(state);
		set_up(state);
	}
}

static void
each_change_is_told_once_with_what_it_was_and_is(void **state)
{
	(void)state;
	run("AB/A");
	assert_int_equal(changes.cnt, 1);
	assert_int_equal(changes.item[0].from, CP_KEY_START);
	assert_int_equal(changes.item[0].to, CP_KEY_PENDING);
	assert_int_equal(changes.item[0].tag, va_signer_tag(&kr_key[1]));
	assert_false(changes.trust);
	run("AB/A");
	assert_int_equal(changes.cnt, 0);
	run("AB/A*29");
	assert_int_equal(changes.cnt, 1);
	assert_int_equal(changes.item[0].to, CP_KEY_VALID);
	assert_true(changes.trust);
	run("A/A"); /* Missing is trusted still */
	assert_int_equal(changes.cnt, 1);
	assert_false(changes.trust);
	run("Ab/Ab");
	assert_int_equal(changes.item[0].to, CP_KEY_REVOKED);
	assert_true(changes.trust);
	run("A/A*30");
	assert_int_equal(changes.item[0].to, CP_KEY_REMOVED);
	assert_false(changes.trust);
}

/* --- who may say what */

static void
a_set_that_no_trusted_key_signed_changes_nothing(void **state)
{
	(void)state;
	run("AB/A*3");
	assert_int_equal(see("ABC/B"), CP_SEEN_BAD);
	assert_int_equal(changes.cnt, 0);
	assert_int_equal(see("C/C"), CP_SEEN_BAD);
	assert_int_equal(see("AC/"), CP_SEEN_BAD);
	assert_int_equal(see("ACz/z"), CP_SEEN_BAD); /* nor one by the key that signs the zone */
	expect('A', "Valid");
	expect('B', "AddPend");
	expect('C', "Start");
	/* Nor does it end or lengthen a hold-down. */
	run("+1 AB/A*28");
	expect('B', "Valid");
}

static void
a_signature_that_is_wrong_or_expired_is_none(void **state)
{
	struct va_box *box = make_set("AB/A");

	(void)state;
	((uint8_t *)(uintptr_t)box->sig[0].data)[box->sig[0].len - 1] ^= 1;
	assert_int_equal(observe(&box->set), CP_SEEN_BAD);
	assert_int_equal(why.reason, VA_SIG_BAD);
	box = make_set("AB/A");
	pass(11 * DAY_S);
	assert_int_equal(observe(&box->set), CP_SEEN_BAD);
	assert_int_equal(why.reason, VA_SIG_EXPIRED);
	expect('B', "Start");
}

static void
a_revoke_bit_without_the_keys_own_signature_is_not_believed(void **state)
{
	(void)state;
	run("AB/A*31");
	assert_int_equal(see("Ab/A"), CP_SEEN_GOOD);
	assert_int_equal(changes.forged, 1);
	expect('B', "Missing"); /* its unrevoked form is not there */
	assert_int_equal(see("aB/B"), CP_SEEN_GOOD);
	expect('A', "Missing");
	assert_int_equal(see("AB/A"), CP_SEEN_GOOD);
	assert_int_equal(changes.forged, 0);
	expect('A', "Valid");
	expect('B', "Valid");
}

/* Each way of which the key's own signature over the set may be none. */
static void
a_revocation_by_a_signature_that_is_none_is_not_believed(void **state)
{
	struct va_budget none = {.rules = &va_rules_default, .crypto = crypto};
	struct va_signer b = kr_signer('b');
	struct hf_rdata rd = {b.dnskey, b.dnskey_len};
	struct va_box *box;

	(void)state;
	run("AB/A*31");
	box = make_set("Ab/bA");
	((uint8_t *)(uintptr_t)box->sig[0].data)[box->sig[0].len - 1] ^= 1;
	assert_int_equal(observe(&box->set), CP_SEEN_GOOD);
	assert_int_equal(changes.forged, 1);
	box = make_set("Ab/bA");
	((uint8_t *)(uintptr_t)box->rr[0].data)[1] ^= 2; /* of another set */
	assert_int_equal(observe(&box->set), CP_SEEN_BAD);
	box = make_set("Ab/bA");
	assert_false(va_key_revokes_itself(&box->set, &rd, now.wall_s, &none)); /* unpaid */
	pass(11 * DAY_S);                                                       /* expired */
	assert_int_equal(observe(&box->set), CP_SEEN_BAD);
	assert_int_equal(changes.forged, 1);
	assert_int_equal(cp_point_trusted_cnt(&p), 2);
	assert_int_equal(see("Ab/bA"), CP_SEEN_GOOD);
	expect('B', "Revoked");
}

static void
a_key_revokes_itself_even_if_nobody_else_signed(void **state)
{
	struct cp_point_trust trust;

	(void)state;
	run("AB/A*31");
	assert_int_equal(see("aB/a"), CP_SEEN_REVOKED);
	expect('A', "Revoked");
	expect('B', "Valid");
	assert_int_equal(see("bB/b"), CP_SEEN_REVOKED);
	expect('B', "Revoked");
	/* None is left: nothing validates, rather than all being insecure. */
	assert_int_equal(cp_point_trusted_cnt(&p), 0);
	assert_int_equal(cp_point_trust(&p, &trust), 1);
	assert_int_equal(trust.set[0].rr_cnt, 0);
	va_keys_verify(&make_set("AB/AB")->set, &trust.set[0], now.wall_s,
	    &(struct va_budget){
		.rules = &va_rules_default, .crypto = crypto, .sig_checks = 9, .sig_us = VA_SIG_US},
	    &why);
	assert_int_equal(why.verdict, HF_VERDICT_BOGUS);
	assert_int_equal(see("ABC/AB"), CP_SEEN_BAD);
}

/* --- hold-downs and clocks */

static void
a_key_is_accepted_only_by_an_observation_after_its_hold_down(void **state)
{
	(void)state;
	run("AB/A AB/A*28");
	pass(2 * DAY_S - 10);
	(void)see("AB/A");
	expect('B', "AddPend"); /* 30 days less 10 seconds */
	pass(10);
	expect('B', "AddPend"); /* time alone does nothing */
	(void)see("AB/A");
	expect('B', "Valid");
}

static void
a_key_that_was_withdrawn_starts_again(void **state)
{
	(void)state;
	run("AB/A*25 A/A AB/A*30");
	expect('B', "AddPend");
	run("AB/A");
	expect('B', "Valid");
}

static void
a_wall_clock_set_forward_accepts_nothing_early(void **state)
{
	(void)state;
	run("AB/A*2");
	for (unsigned i = 0; i < 5; i++) {
		now.wall_s += 400 * DAY_S;
		run("AB/A");
	}
	expect('B', "AddPend");
	run("AB/A*23");
	expect('B', "AddPend");
	run("AB/A*2");
	expect('B', "Valid");
}

static void
a_wall_clock_set_back_takes_nothing_away(void **state)
{
	(void)state;
	run("AB/A*10");
	now.wall_s -= 100 * DAY_S;
	run("AB/A*21");
	expect('B', "Valid");
}

static void
over_a_restart_of_the_machine_the_wall_clock_counts_for_one_interval(void **state)
{
	(void)state;
	run("AB/A*5");
	for (unsigned i = 0; i < 3; i++) { /* a day each, whatever it says */
		now.boot = i % 2 == 0 ? "second" : "third";
		now.mono_ns = 5;
		now.wall_s += 300 * DAY_S;
		(void)see("AB/A");
	}
	now.boot = "fourth"; /* and nothing if it went back */
	now.wall_s -= 600 * DAY_S;
	(void)see("AB/A");
	expect('B', "AddPend");
	run("AB/A*22");
	expect('B', "AddPend");
	run("AB/A");
	expect('B', "Valid");
}

static void
without_a_boot_to_tell_no_two_observations_are_of_one_run(void **state)
{
	(void)state;
	now.boot = "";
	run("AB/A");
	pass(40 * DAY_S);
	(void)see("AB/A");
	assert_int_equal(key_of('B')->held_ms, UINT64_C(1000) * DAY_S);
}

static void
a_long_gap_counts_as_two_intervals(void **state)
{
	(void)state;
	run("AB/A +20 AB/A"); /* two of 21 days */
	assert_int_equal(key_of('B')->held_ms, UINT64_C(2000) * DAY_S);
	now.ttl_s = 60 * DAY_S; /* intervals of 15 days are the longest there are */
	now.life_s = 90 * DAY_S;
	run("AB/A +100 AB/A +100 AB/A");
	expect('B', "Valid");
}

static void
however_long_it_was_three_observations_are_needed(void **state)
{
	(void)state;
	now.life_s = 90 * DAY_S;
	run("AB/A");
	assert_int_equal(key_of('B')->need_ms, UINT64_C(1000) * HOLD_S);
	p.interval_s = 100 * DAY_S; /* as if it had been planned so */
	run("+39 AB/A");
	expect('B', "AddPend");
	run("AB/A");
	expect('B', "Valid");
}

static void
a_ttl_longer_than_30_days_is_the_hold_down(void **state)
{
	(void)state;
	now.ttl_s = 40 * DAY_S;
	now.life_s = 100 * DAY_S;
	run("AB/A +9 AB/A +9 AB/A +9 AB/A");
	expect('B', "AddPend");
	run("+9 AB/A");
	expect('B', "Valid");
}

/* One packet with a signature more, which nobody checks since another is good, must not put off a
 * new key for a hundred years. */
static void
a_forged_signature_beside_a_good_one_sets_no_times(void **state)
{
	struct va_box *box;
	struct hf_rdata good, bad;
	uint8_t forged[256];

	(void)state;
	pass(DAY_S);
	box = make_set("AB/A");
	good = box->set.sig[0];
	assert_true(good.len <= sizeof(forged));
	memcpy(forged, good.data, good.len);
	memset(forged + 4, 0x7f, 4); /* the original TTL (RFC 4034 3.1) */
	bad = (struct hf_rdata){forged, good.len};
	const struct hf_rdata sigs[] = {bad, good};

	box->set.sig = sigs;
	box->set.sig_cnt = 2;
	assert_int_equal(observe(&box->set), CP_SEEN_GOOD);
	expect('B', "AddPend");
	assert_int_equal(key_of('B')->need_ms, (uint64_t)HOLD_S * 1000);
	assert_int_equal(p.interval_s, TTL_S / 2);
}

static void
refresh_and_retry_are_the_times_of_the_rfc(void **state)
{
	static const struct {
		uint32_t ttl_s, life_s, interval_s, retry_s;
	} rows[] = {
	    {TTL_S, 20 * DAY_S, DAY_S, DAY_S / 5},         /* the root's */
	    {TTL_S, DAY_S, DAY_S / 2, DAY_S / 10},         /* the signature ends soon */
	    {60, 20 * DAY_S, 3600, 3600},                  /* an hour at least */
	    {365 * DAY_S, 400 * DAY_S, 15 * DAY_S, DAY_S}, /* 15 days, a day at most */
	    {20 * DAY_S, 15 * DAY_S, 15 * DAY_S / 2, DAY_S},
	    {0, 20 * DAY_S, 3600, 3600},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		now.ttl_s = rows[i].ttl_s;
		now.life_s = rows[i].life_s;
		assert_int_equal(see("A/A"), CP_SEEN_GOOD);
		assert_int_equal(p.interval_s, rows[i].interval_s);
		assert_int_equal(cp_point_retry_s(&p, HOLD_S), rows[i].retry_s);
	}
	cp_point_fini(&p);
	cp_point_init(&p, &hf_name_root, true);
	assert_int_equal(cp_point_retry_s(&p, HOLD_S), 3600);
	assert_int_equal(cp_point_retry_s(&p, 4), 1); /* a lab's */
}

/* --- which keys */

static void
only_keys_that_can_be_used_and_have_the_sep_bit_are_taken(void **state)
{
	struct va_signer bad[6];
	struct va_box box;

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		bad[i] = kr_key[1];
	bad[0].dnskey[1] = 0;   /* no SEP */
	bad[1].dnskey[0] = 0;   /* no zone key */
	bad[2].dnskey[2] = 4;   /* protocol */
	bad[3].dnskey[3] = 200; /* no algorithm */
	bad[4].dnskey[3] = HF_ALG_RSASHA1;
	bad[5].dnskey_len--; /* no point of the curve */
	for (unsigned i = 0; i < 6; i++) {
		va_box_init(&box, ".", HF_TYPE_DNSKEY, TTL_S);
		if (kr_cmp(&bad[i], &kr_key[0]) < 0)
			va_box_add(&box, bad[i].dnskey, bad[i].dnskey_len);
		va_box_add(&box, kr_key[0].dnskey, kr_key[0].dnskey_len);
		if (kr_cmp(&bad[i], &kr_key[0]) >= 0)
			va_box_add(&box, bad[i].dnskey, bad[i].dnskey_len);
		kr_sign(&box, 'A', now.wall_s, now.life_s);
		assert_int_equal(observe(&box.set), CP_SEEN_GOOD);
		assert_int_equal(p.key_cnt, 1);
	}
}

static void
a_point_without_room_says_so_and_keeps_what_it_has(void **state)
{
	struct cp_point_key k;

	(void)state;
	run("A/A");
	k = *key_of('A');
	k.state = CP_KEY_REMOVED;
	k.rdata[21] ^= 1; /* none of them is A */
	for (unsigned i = 1; i < CP_POINT_KEYS_MAX; i++) {
		k.rdata[20] = (uint8_t)i;
		assert_int_equal(cp_point_add(&p, &k), 0);
	}
	assert_int_equal(cp_point_add(&p, &k), -E2BIG);
	assert_int_equal(see("AB/A"), CP_SEEN_GOOD);
	assert_true(changes.full);
	expect('A', "Valid");
	expect('B', "Start");
}

/* --- files */

static void
a_key_known_by_digests_becomes_one_key_when_it_shows_itself(void **state)
{
	struct cp_point_trust trust;

	(void)state;
	cp_point_fini(&p);
	cp_point_init(&p, &hf_name_root, true);
	configure('A', HF_DIGEST_SHA256, "f");
	configure('A', HF_DIGEST_SHA384, "f");
	configure('B', HF_DIGEST_SHA256, "f");
	assert_int_equal(p.key_cnt, 3);
	run("A/A");
	assert_int_equal(p.key_cnt, 2);
	assert_false(changes.trust);
	expect('A', "Valid");
	assert_int_equal(cp_point_trust(&p, &trust), 2); /* B as a DS, Missing */
	assert_int_equal(trust.set[0].type, HF_TYPE_DNSKEY);
	assert_int_equal(trust.set[1].type, HF_TYPE_DS);
	run("AB/A");
	expect('B', "Valid");
	assert_int_equal(cp_point_trust(&p, &trust), 1);
	assert_int_equal(trust.set[0].rr_cnt, 2);
}

static void
a_key_known_by_its_digest_can_be_revoked(void **state)
{
	(void)state;
	configure('B', HF_DIGEST_SHA256, "f");
	run("A/A Ab/Ab");
	expect('B', "Revoked");
	assert_int_equal(cp_point_trusted_cnt(&p), 1);
}

/* What is stored has each key once (store.h): with the twin its revocation could not be. */
static void
a_key_known_by_two_digests_is_one_key_when_it_is_revoked(void **state)
{
	(void)state;
	cp_point_fini(&p);
	cp_point_init(&p, &hf_name_root, true);
	configure('A', HF_DIGEST_SHA256, "f");
	configure('A', HF_DIGEST_SHA384, "f");
	assert_int_equal(see("aB/a"), CP_SEEN_REVOKED);
	expect('A', "Revoked");
	assert_int_equal(p.key_cnt, 1);
}

static void
a_file_ends_a_hold_down_but_no_revocation(void **state)
{
	struct cp_point_key k;

	(void)state;
	run("AB/A*2");
	configure('B', HF_DIGEST_SHA256, "new package");
	expect('B', "Valid");
	assert_string_equal(key_of('B')->file, "new package");
	run("Ab/Ab");
	k = *key_of('B');
	assert_int_equal(cp_point_configure(&p, &k, now.wall_s, &changes), -EKEYREVOKED);
	expect('B', "Revoked");
	run("A/A*31");
	assert_int_equal(cp_point_configure(&p, &k, now.wall_s, &changes), -EKEYREVOKED);
	expect('B', "Removed");
}

static void
what_only_a_file_vouched_for_goes_with_it_and_what_was_learned_stays(void **state)
{
	(void)state;
	configure('C', 0, "f");
	run("ABC/A*31"); /* A and C configured, B learned */
	for (unsigned i = 0; i < p.key_cnt; i++)
		p.keys[i].file = NULL; /* a new start */
	configure('A', 0, "f");
	configure('D', 0, "f");
	memset(&changes, 0, sizeof(changes));
	cp_point_settle(&p, &changes);
	expect('A', "Valid");
	expect('B', "Valid");
	expect('C', "Start");
	expect('D', "Valid");
	assert_true(changes.trust);
	assert_int_equal(changes.cnt, 1);
	/* Seen still, it is a new key like another. */
	run("ABCD/A");
	expect('C', "AddPend");
}

/* --- the roll of 2026, as an appliance of 2025 sees it */

static void
a_whole_roll_by_the_rules_needs_nobody(void **state)
{
	(void)state;
	run("Az/A*40 ABz/A*60"); /* B is published, and long after that signs */
	expect('A', "Valid");
	expect('B', "Valid");
	run("ABz/B*30");
	expect('A', "Valid");
	run("aBz/aB*60");
	expect('A', "Revoked");
	run("Bz/B*29");
	expect('A', "Revoked");
	run("Bz/B*2");
	expect('A', "Removed");
	expect('B', "Valid");
	assert_int_equal(cp_point_trusted_cnt(&p), 1);
	assert_int_equal(p.key_cnt, 2);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(every_transition_of_the_table_is_made_and_no_other),
	    T(each_change_is_told_once_with_what_it_was_and_is),
	    T(a_set_that_no_trusted_key_signed_changes_nothing),
	    T(a_signature_that_is_wrong_or_expired_is_none),
	    T(a_revoke_bit_without_the_keys_own_signature_is_not_believed),
	    T(a_revocation_by_a_signature_that_is_none_is_not_believed),
	    T(a_key_revokes_itself_even_if_nobody_else_signed),
	    T(a_key_is_accepted_only_by_an_observation_after_its_hold_down),
	    T(a_key_that_was_withdrawn_starts_again),
	    T(a_wall_clock_set_forward_accepts_nothing_early),
	    T(a_wall_clock_set_back_takes_nothing_away),
	    T(over_a_restart_of_the_machine_the_wall_clock_counts_for_one_interval),
	    T(without_a_boot_to_tell_no_two_observations_are_of_one_run),
	    T(a_long_gap_counts_as_two_intervals),
	    T(however_long_it_was_three_observations_are_needed),
	    T(a_ttl_longer_than_30_days_is_the_hold_down),
	    T(a_forged_signature_beside_a_good_one_sets_no_times),
	    T(refresh_and_retry_are_the_times_of_the_rfc),
	    T(only_keys_that_can_be_used_and_have_the_sep_bit_are_taken),
	    T(a_point_without_room_says_so_and_keeps_what_it_has),
	    T(a_key_known_by_digests_becomes_one_key_when_it_shows_itself),
	    T(a_key_known_by_its_digest_can_be_revoked),
	    T(a_key_known_by_two_digests_is_one_key_when_it_is_revoked),
	    T(a_file_ends_a_hold_down_but_no_revocation),
	    T(what_only_a_file_vouched_for_goes_with_it_and_what_was_learned_stays),
	    T(a_whole_roll_by_the_rules_needs_nobody),
	};

	kr_init();
	crypto = va_crypto_create();
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	va_crypto_destroy(crypto);
	kr_fini();
	return rc;
}
