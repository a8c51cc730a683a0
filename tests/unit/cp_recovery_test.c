/* SPDX-License-Identifier: BSD-3-Clause */
/* Rounds of probes and what they add up to (controlplane/probe.c, recovery.c), with servers that
 * are a few lines here and time that is a number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "controlplane/purse.h"
#include "controlplane/recovery.h"
#include "lib/base/ns.h"
#include "tests/unit/support/va_signer.h"

enum { SERVERS = 6, ROUNDS = 5, EVERY_S = 120, SPAN_S = 600 };

struct server {
	bool dead;
	unsigned good_of_9; /* of 9 signatures so many validate */
	enum cp_check bad;  /* this one never does; CP_CHECK_CNT: none */
	uint32_t serial;
};

static struct server server[SERVERS];
static struct cp_recovery recovery;
static struct cp_probe_round round_;
static struct cp_shadow *shadow;
static uint64_t now_s, seed;
static unsigned asked;

static unsigned
lot(void)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (unsigned)(seed >> 40);
}

static int
setup(void **state)
{
	const struct cp_recovery_config cfg = {.rounds = ROUNDS, .span_ns = SPAN_S * HF_NS_PER_S};
	char text[32];

	(void)state;
	cp_recovery_init(&recovery, &cfg);
	shadow = cp_shadow_create(1);
	for (unsigned i = 0; i < 2 * CP_SHADOW_SAMPLE; i++) {
		snprintf(text, sizeof(text), "child%u.de.", i);
		const struct hf_name child = va_name(text);

		cp_shadow_met(shadow, &child, i % 2 == 0);
	}
	for (unsigned i = 0; i < SERVERS; i++)
		server[i] = (struct server){.good_of_9 = 9, .bad = CP_CHECK_CNT, .serial = 100};
	now_s = 1000;
	seed = 1;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	cp_shadow_put(shadow);
	return 0;
}

static struct cp_probe_result
reply(const struct server *s, const struct cp_probe_ask *ask)
{
	struct cp_probe_result res = {.said = CP_PROBE_GOOD, .ede = HF_EDE_NONE};

	if (s->dead)
		return (struct cp_probe_result){
		    .said = CP_PROBE_SILENT, .ede = 22, .text = "no server answered"};
	if (lot() % 9 >= s->good_of_9 || s->bad == ask->check)
		res = (struct cp_probe_result){
		    .said = CP_PROBE_BAD, .ede = 6, .text = "signature does not verify"};
	res.has_serial = ask->question.type == HF_TYPE_SOA;
	res.serial = s->serial;
	return res;
}

static void
addrs_of_servers(struct hf_addr addrs[SERVERS])
{
	char text[32];

	for (unsigned i = 0; i < SERVERS; i++) {
		snprintf(text, sizeof(text), "192.0.2.%u", i + 1);
		assert_int_equal(hf_addr_from_text(text, &addrs[i]), 0);
	}
}

/* A round of probes, and what is wanted then; the next one is two minutes later. */
static enum cp_recovery_want
run(void)
{
	static uint8_t lots[CP_PROBE_ABSENT][CP_PROBE_LOT];
	const struct hf_name de = va_name("de.");
	struct hf_addr addrs[SERVERS];
	const struct cp_probe_ask *ask;

	addrs_of_servers(addrs);
	for (unsigned i = 0; i < CP_PROBE_ABSENT; i++)
		lots[i][0] = (uint8_t)lot();
	cp_probe_plan(&round_.plan, &de, &de, shadow, lots);
	cp_probe_begin(&round_, addrs, SERVERS);
	asked = 0;
	for (unsigned i = 0; i < SERVERS; i++) {
		while ((ask = cp_probe_next(&round_, i)) != NULL) {
			const struct cp_probe_result res = reply(&server[i], ask);

			asked++;
			cp_probe_take(&round_, i, &res);
		}
	}
	assert_true(cp_probe_is_over(&round_));
	now_s += EVERY_S;
	return cp_recovery_round(&recovery, &round_, now_s * HF_NS_PER_S, (int64_t)now_s);
}

/* Rounds until a proposal, 0: none in `most`. */
static unsigned
runs_until_proposed(unsigned most)
{
	for (unsigned i = 1; i <= most; i++)
		if (run() == CP_WANT_NOTHING)
			return i;
	return 0;
}

static void
move_serials(void)
{
	for (unsigned i = 0; i < SERVERS; i++)
		server[i].serial++;
}

static void
every_address_is_asked_for_everything(void **state)
{
	(void)state;
	run();
	assert_int_equal(asked, SERVERS * CP_PROBE_ASKS_MAX);
	const struct cp_probe_tally *t = round_.addr[SERVERS - 1].tally;

	assert_int_equal(t[CP_CHECK_soa].good, 1);
	assert_int_equal(t[CP_CHECK_dnskey].good, 1);
	assert_int_equal(t[CP_CHECK_denial].good, 1);
	assert_int_equal(t[CP_CHECK_unsigned].good, 20);
	assert_int_equal(t[CP_CHECK_signed].good, 20);
	assert_int_equal(t[CP_CHECK_absent].good, 5);
}

static void
names_that_do_not_exist_are_other_ones_each_round(void **state)
{
	struct hf_name before;

	(void)state;
	run();
	before = round_.plan.ask[CP_PROBE_ASKS_MAX - 1].question.name;
	assert_int_equal(before.label_cnt, 2);
	run();
	assert_false(hf_name_equal(&before, &round_.plan.ask[CP_PROBE_ASKS_MAX - 1].question.name));
}

/* At 0, 2 ... 10 minutes: five are enough, ten minutes are not over before the sixth. */
static void
five_clean_rounds_over_ten_minutes_propose_the_removal(void **state)
{
	(void)state;
	for (unsigned i = 1; i < ROUNDS; i++)
		assert_int_equal(run(), CP_WANT_ROUNDS);
	assert_int_equal(run(), CP_WANT_TIME);
	assert_int_equal(run(), CP_WANT_NOTHING);
	assert_int_equal(run(), CP_WANT_NOTHING);
}

static void
rounds_that_come_late_are_counted_all_the_same(void **state)
{
	(void)state;
	for (unsigned i = 1; i < ROUNDS; i++) {
		run();
		now_s += 3600;
	}
	assert_int_equal(run(), CP_WANT_NOTHING);
}

/* May 2026: two of six servers were good, and of what the others signed a third validated. */
static void
luck_is_not_recovery(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SERVERS - 2; i++)
		server[i].good_of_9 = 3;
	assert_int_equal(runs_until_proposed(5000), 0);
	assert_int_equal(recovery.clean, 0);
}

static void
one_bad_check_at_one_address_begins_the_count_anew(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++)
		run();
	server[3].bad = CP_CHECK_denial;
	assert_int_equal(run(), CP_WANT_CLEAN);
	assert_int_equal(recovery.clean, 0);
	const struct cp_probe_tally *t = &round_.addr[3].tally[CP_CHECK_denial];

	assert_int_equal(t->bad, 1);
	assert_int_equal(t->ede, 6);
	assert_string_equal(t->text, "signature does not verify");
	server[3].bad = CP_CHECK_CNT;
	assert_int_equal(runs_until_proposed(20), 6);
}

static void
a_soa_that_flaps_is_never_clean_for_long(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 500; i++) {
		server[i % SERVERS].bad = i % 4 == 0 ? CP_CHECK_soa : CP_CHECK_CNT;
		assert_int_not_equal(run(), CP_WANT_NOTHING);
		server[i % SERVERS].bad = CP_CHECK_CNT;
	}
}

static void
a_server_that_was_always_dead_holds_nothing_up_and_is_asked_little(void **state)
{
	(void)state;
	server[2].dead = true;
	assert_int_equal(runs_until_proposed(20), 6);
	assert_int_equal(asked, (SERVERS - 1) * CP_PROBE_ASKS_MAX + 2);
	assert_false(cp_probe_is_clean(&round_.addr[2]));
}

static void
a_server_that_falls_silent_or_comes_back_begins_the_count_anew(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++)
		run();
	server[2].dead = true;
	assert_int_equal(run(), CP_WANT_ROUNDS);
	assert_int_equal(recovery.clean, 1);
	for (unsigned i = 1; i < ROUNDS; i++)
		run();
	server[2].dead = false;
	assert_int_equal(run(), CP_WANT_ROUNDS);
	assert_int_equal(recovery.clean, 1);
	assert_int_equal(runs_until_proposed(20), 5);
}

/* It answers for the SOA and the keys, and no more. */
static void
a_server_that_answers_in_part_is_not_clean(void **state)
{
	struct cp_probe_result good = {.said = CP_PROBE_GOOD, .has_serial = true};
	const struct cp_probe_result silent = {.said = CP_PROBE_SILENT, .ede = 22};

	(void)state;
	run();
	cp_probe_begin(&round_, &(struct hf_addr){.family = 2}, 1);
	for (unsigned i = 0; cp_probe_next(&round_, 0) != NULL; i++)
		cp_probe_take(&round_, 0, i < 7 ? &good : &silent);
	assert_int_equal(
	    cp_recovery_round(&recovery, &round_, now_s * HF_NS_PER_S, 0), CP_WANT_CLEAN);
}

static void
less_than_half_of_the_addresses_are_no_quorum(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		server[i].dead = true;
	assert_int_equal(run(), CP_WANT_QUORUM);
	assert_int_equal(runs_until_proposed(50), 0);
	server[0].dead = false; /* half: a site without IPv6 has no more */
	assert_int_equal(runs_until_proposed(20), 6);
}

static void
nobody_answering_is_not_clean(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SERVERS; i++)
		server[i].dead = true;
	assert_int_equal(runs_until_proposed(50), 0);
	cp_probe_begin(&round_, NULL, 0);
	assert_int_equal(
	    cp_recovery_round(&recovery, &round_, now_s * HF_NS_PER_S, 0), CP_WANT_ADDRESS);
}

static void
an_answer_without_a_soa_record_is_not_a_good_soa(void **state)
{
	const struct cp_probe_result empty = {.said = CP_PROBE_GOOD};

	(void)state;
	cp_probe_begin(&round_, &(struct hf_addr){.family = 2}, 1);
	cp_probe_take(&round_, 0, &empty);
	assert_int_equal(round_.addr[0].tally[CP_CHECK_soa].bad, 1);
}

static void
where_the_serial_moves_a_change_has_to_be_clean(void **state)
{
	(void)state;
	server[0].good_of_9 = 0;
	for (unsigned i = 0; i < 10; i++) {
		run();
		if (i % 5 == 0)
			move_serials(); /* every ten minutes */
	}
	server[0].good_of_9 = 9;
	for (unsigned i = 0; i < 8; i++)
		assert_int_not_equal(run(), CP_WANT_NOTHING);
	assert_int_equal(recovery.want, CP_WANT_SERIAL);
	move_serials();
	assert_int_equal(run(), CP_WANT_NOTHING);
}

/* The new version is what is bad. */
static void
a_change_that_is_not_clean_does_not_count(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		if (i % 4 == 0)
			move_serials();
		server[1].good_of_9 = i % 4 == 0 ? 0 : 9;
		assert_int_not_equal(run(), CP_WANT_NOTHING);
	}
}

static void
a_change_at_some_addresses_is_not_enough(void **state)
{
	(void)state;
	run();
	now_s += 3600;
	move_serials();
	server[0].bad = CP_CHECK_soa;
	run();
	server[0].bad = CP_CHECK_CNT;
	for (unsigned i = 0; i < ROUNDS; i++)
		run();
	for (unsigned i = 0; i < SERVERS - 1; i++)
		server[i].serial++;
	assert_int_equal(run(), CP_WANT_SERIAL);
	server[SERVERS - 1].serial++;
	assert_int_equal(run(), CP_WANT_NOTHING);
}

/* The repair was the last change: it came after 20 minutes, so an hour is waited. */
static void
a_zone_that_has_stopped_moving_is_not_held_up_for_ever(void **state)
{
	(void)state;
	server[0].good_of_9 = 0;
	for (unsigned i = 0; i < 10; i++)
		run();
	server[0].good_of_9 = 9;
	move_serials();
	assert_int_equal(runs_until_proposed(200), 31);
}

static void
nobody_waits_longer_than_six_hours_for_a_change(void **state)
{
	(void)state;
	server[0].good_of_9 = 0;
	for (unsigned i = 0; i < 1000; i++)
		run();
	server[0].good_of_9 = 9;
	move_serials();
	assert_int_equal(runs_until_proposed(500), 1 + 6 * 3600 / EVERY_S);
}

static void
serials_of_servers_that_never_agree_are_compared_with_their_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SERVERS; i++)
		server[i].serial = 1000 * i;
	assert_int_equal(runs_until_proposed(20), 6);
}

static void
the_newest_serial_is_shown_across_the_wrap(void **state)
{
	uint32_t serial;
	bool moves;

	(void)state;
	assert_false(cp_recovery_serial(&recovery, &serial, &moves));
	server[0].serial = UINT32_MAX;
	server[1].serial = 3;
	server[2].dead = server[3].dead = server[4].dead = server[5].dead = true;
	run();
	assert_true(cp_recovery_serial(&recovery, &serial, &moves));
	assert_int_equal(serial, 3);
	assert_false(moves);
	move_serials();
	run();
	assert_true(cp_recovery_serial(&recovery, &serial, &moves));
	assert_true(moves);
}

/* Four that always have something to ask, for two minutes; what a question costs is known when it
 * is over, a hundred milliseconds later. */
static void
probes_spend_what_the_purse_gets_and_no_more_ahead_than_is_under_way(void **state)
{
	enum { RATE = 50, LANES = 4, SENDS = 16, SECONDS = 120 };
	unsigned owed[LANES] = {0}, spent = 0;
	struct cp_purse purse;

	(void)state;
	cp_purse_init(&purse, RATE, 0);
	for (unsigned t_ms = 100; t_ms <= SECONDS * 1000; t_ms += 100) {
		cp_purse_fill(&purse, t_ms * HF_NS_PER_MS);
		for (unsigned i = 0; i < LANES; i++) {
			cp_purse_pay(&purse, owed[i]);
			owed[i] = cp_purse_is_open(&purse) ? 1 + lot() % SENDS : 0;
			spent += owed[i];
			assert_true(spent <= RATE * t_ms / 1000 + LANES * SENDS);
		}
	}
	assert_true(spent >= RATE * (SECONDS - 2));
	cp_purse_fill(&purse, (SECONDS + 86400) * HF_NS_PER_S); /* a pause is no savings bank */
	assert_true(purse.content <= RATE * 1000);
}

static void
a_purse_that_is_looked_at_all_the_time_fills_all_the_same(void **state)
{
	struct cp_purse purse;

	(void)state;
	cp_purse_init(&purse, 1, 0);
	for (unsigned t_us = 1; t_us <= 3000000; t_us += 10)
		cp_purse_fill(&purse, t_us * HF_NS_PER_US);
	assert_int_equal(purse.content / 100, 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    T(every_address_is_asked_for_everything),
	    T(names_that_do_not_exist_are_other_ones_each_round),
	    T(five_clean_rounds_over_ten_minutes_propose_the_removal),
	    T(rounds_that_come_late_are_counted_all_the_same),
	    T(luck_is_not_recovery),
	    T(one_bad_check_at_one_address_begins_the_count_anew),
	    T(a_soa_that_flaps_is_never_clean_for_long),
	    T(a_server_that_was_always_dead_holds_nothing_up_and_is_asked_little),
	    T(a_server_that_falls_silent_or_comes_back_begins_the_count_anew),
	    T(a_server_that_answers_in_part_is_not_clean),
	    T(less_than_half_of_the_addresses_are_no_quorum),
	    T(nobody_answering_is_not_clean),
	    T(an_answer_without_a_soa_record_is_not_a_good_soa),
	    T(where_the_serial_moves_a_change_has_to_be_clean),
	    T(a_change_that_is_not_clean_does_not_count),
	    T(a_change_at_some_addresses_is_not_enough),
	    T(a_zone_that_has_stopped_moving_is_not_held_up_for_ever),
	    T(nobody_waits_longer_than_six_hours_for_a_change),
	    T(serials_of_servers_that_never_agree_are_compared_with_their_own),
	    T(the_newest_serial_is_shown_across_the_wrap),
	    T(probes_spend_what_the_purse_gets_and_no_more_ahead_than_is_under_way),
	    T(a_purse_that_is_looked_at_all_the_time_fills_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
