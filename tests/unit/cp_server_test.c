/* SPDX-License-Identifier: BSD-3-Clause */
/* The infrastructure cache: what is learnt of servers, and what is made of it. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controlplane/resolver/cookie.h"
#include "controlplane/resolver/facts.h"
#include "controlplane/resolver/server.h"
#include "lib/wire/writer.h"

#define MS(n) ((n)*HF_NS_PER_MS)
#define S(n)  ((n)*HF_NS_PER_S)

static const struct hf_siphash_key key = {{1, 2}};
static const struct cp_fetch_limits no_limits;
static struct cp_servers *servers;
static struct hf_addr a;
static struct cp_server known;
static struct cp_note note;
static uint64_t zone, other_zone;

static int
set_up(void **state)
{
	struct hf_name n;

	(void)state;
	servers = cp_servers_create(&key, 1 << 20);
	hf_addr_from_text("192.0.2.1@53", &a);
	hf_name_from_text("zone.test.", &n);
	zone = cp_servers_zone(servers, &n);
	hf_name_from_text("other.test.", &n);
	other_zone = cp_servers_zone(servers, &n);
	return servers != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	cp_servers_destroy(servers);
	return 0;
}

static struct cp_fetch
fetch(uint64_t sent_ns)
{
	return (struct cp_fetch){.server = a, .zone = zone, .counted = true, .sent_ns = sent_ns};
}

/* One exchange from sent_ns on that took took_ns. */
static void
exchange(uint64_t sent_ns, uint64_t took_ns, enum cp_end how)
{
	struct cp_fetch f = fetch(sent_ns);

	assert_int_equal(cp_servers_begin(servers, &f, &no_limits), CP_ADMIT_OK);
	cp_servers_end(servers, &f, how, &no_limits, sent_ns + took_ns);
	cp_servers_read(servers, &a, &known);
}

static void
an_unknown_server_gets_the_first_timeout_and_each_try_doubles_it(void **state)
{
	(void)state;
	cp_servers_read(servers, &a, &known);
	assert_int_equal(cp_server_timeout_ns(&known, 0, S(1)), CP_TIMEOUT_NEW_NS);
	assert_int_equal(cp_server_timeout_ns(&known, 1, S(1)), 2 * CP_TIMEOUT_NEW_NS);
	assert_int_equal(cp_server_timeout_ns(&known, 9, S(1)), CP_TIMEOUT_MAX_NS);
}

static void
the_timeout_follows_round_trip_and_variation_as_rfc_6298_says(void **state)
{
	(void)state;
	exchange(S(1), MS(80), CP_END_USEFUL);
	assert_int_equal(known.srtt_ns, MS(80));
	assert_int_equal(known.rttvar_ns, MS(40));
	assert_int_equal(cp_server_timeout_ns(&known, 0, S(2)), MS(240));
	exchange(S(2), MS(160), CP_END_USEFUL);
	assert_int_equal(known.srtt_ns, MS(90));
	assert_int_equal(known.rttvar_ns, MS(50));
	for (unsigned i = 0; i < 60; i++)
		exchange(S(3 + i), MS(1), CP_END_USEFUL);
	assert_int_equal(cp_server_timeout_ns(&known, 0, S(63)), CP_TIMEOUT_MIN_NS);
}

static void
what_was_known_fades_to_what_is_thought_of_a_new_server(void **state)
{
	(void)state;
	struct cp_server nothing = {.srtt_ns = 0};
	uint64_t fresh_cost, new_cost = cp_servers_cost_ns(servers, &a, &nothing, S(1));

	exchange(S(1), MS(900), CP_END_USEFUL);
	fresh_cost = cp_servers_cost_ns(servers, &a, &known, S(2));
	assert_in_range(fresh_cost, MS(890), MS(900));
	uint64_t half = cp_servers_cost_ns(servers, &a, &known, S(2) + CP_SERVER_FADE_NS / 2);

	assert_in_range(half, MS(400), MS(500));
	assert_int_equal(
	    cp_servers_cost_ns(servers, &a, &known, S(2) + CP_SERVER_FADE_NS), new_cost);
	assert_int_equal(
	    cp_server_timeout_ns(&known, 0, S(2) + CP_SERVER_FADE_NS), CP_TIMEOUT_NEW_NS);
}

static void
failures_of_one_round_count_once_and_one_reply_clears_them(void **state)
{
	struct cp_fetch f[20];

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		f[i] = fetch(S(1));
		assert_int_equal(cp_servers_begin(servers, &f[i], &no_limits), CP_ADMIT_OK);
	}
	for (unsigned i = 0; i < 20; i++)
		cp_servers_end(servers, &f[i], CP_END_FAILED, &no_limits, S(2) + i);
	cp_servers_read(servers, &a, &known);
	assert_int_equal(known.fails, 1);
	assert_int_equal(known.out, 0);
	exchange(S(3), MS(400), CP_END_FAILED);
	assert_false(cp_server_is_down(&known));
	exchange(S(4), MS(400), CP_END_FAILED);
	assert_true(cp_server_is_down(&known));
	exchange(S(5), MS(20), CP_END_USEFUL);
	assert_false(cp_server_is_down(&known));
}

static void
a_server_that_is_down_is_probed_by_one_question_per_interval(void **state)
{
	uint64_t now = S(10), interval = S(1);

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		exchange(S(1 + i), MS(400), CP_END_FAILED);
	for (unsigned i = 0; i < 10; i++) {
		assert_true(cp_servers_probe(servers, &a, now));
		assert_false(cp_servers_probe(servers, &a, now)); /* another question */
		exchange(now, MS(400), CP_END_FAILED);
		interval = 2 * interval < S(60) ? 2 * interval : S(60);
		assert_false(cp_servers_probe(servers, &a, now + interval - 1));
		now += interval + MS(400);
	}
	assert_int_equal(interval, S(60)); /* and never longer */
	exchange(now, MS(20), CP_END_USEFUL);
	assert_false(cp_server_is_down(&known));
}

static void
a_family_without_a_single_reply_is_the_second_choice(void **state)
{
	struct hf_addr six;
	struct cp_server nothing = {.srtt_ns = 0};

	(void)state;
	hf_addr_from_text("2001:db8::1@53", &six);
	for (unsigned i = 0; i < 8; i++) {
		struct cp_fetch f = fetch(S(1 + i));

		f.server = six;
		f.server.octets[15] = (uint8_t)i;
		cp_servers_begin(servers, &f, &no_limits);
		cp_servers_end(servers, &f, CP_END_FAILED, &no_limits, S(1 + i) + 1);
	}
	six.octets[15] = 99;
	assert_true(cp_servers_cost_ns(servers, &six, &nothing, S(20)) >
	    cp_servers_cost_ns(servers, &a, &nothing, S(20)) + MS(500));
	struct cp_fetch f = fetch(S(21));

	f.server = six;
	cp_servers_begin(servers, &f, &no_limits);
	cp_servers_end(servers, &f, CP_END_USEFUL, &no_limits, S(21) + 1);
	assert_int_equal(cp_servers_cost_ns(servers, &six, &nothing, S(22)),
	    cp_servers_cost_ns(servers, &a, &nothing, S(22)));
}

static void
lameness_is_of_one_zone_and_ends(void **state)
{
	(void)state;
	cp_servers_lame(servers, zone, &a, S(300), S(1));
	cp_servers_read(servers, &a, &known);
	cp_servers_note(servers, zone, &known, &a, S(2), &note);
	assert_true(S(2) < note.lame_ns);
	cp_servers_note(servers, other_zone, &known, &a, S(2), &note);
	assert_int_equal(note.lame_ns, 0);
	cp_servers_note(servers, zone, &known, &a, S(302), &note);
	assert_true(S(302) >= note.lame_ns);
}

static void
bad_signatures_are_of_one_zone_last_longer_each_time_and_a_good_one_clears_them(void **state)
{
	(void)state;
	cp_servers_bogus(servers, zone, &a, S(1));
	cp_servers_bogus(servers, zone, &a, S(2)); /* the same finding */
	cp_servers_read(servers, &a, &known);
	cp_servers_note(servers, other_zone, &known, &a, S(2), &note);
	assert_int_equal(note.bogus_cnt, 0);
	cp_servers_note(servers, zone, &known, &a, S(2), &note);
	assert_int_equal(note.bogus_cnt, 1);
	assert_int_equal(note.bogus_ns, S(31));
	assert_false(cp_servers_probe_note(servers, zone, &a, S(30)));
	assert_true(cp_servers_probe_note(servers, zone, &a, S(31)));
	assert_false(cp_servers_probe_note(servers, zone, &a, S(31))); /* one question only */
	cp_servers_bogus(servers, zone, &a, S(100));
	cp_servers_note(servers, zone, &known, &a, S(101), &note);
	assert_int_equal(note.bogus_cnt, 2);
	assert_int_equal(note.bogus_ns, S(160));
	cp_servers_valid(servers, zone, &a, S(102));
	cp_servers_note(servers, zone, &known, &a, S(102), &note);
	assert_int_equal(note.bogus_cnt, 0);
}

static void
a_zone_has_so_many_fetches_under_way_and_others_are_not_touched(void **state)
{
	const struct cp_fetch_limits l = {.zone_out = 3};
	struct cp_fetch f = fetch(S(1)), other = fetch(S(1));

	(void)state;
	other.zone = other_zone;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(cp_servers_begin(servers, &f, &l), CP_ADMIT_OK);
	assert_int_equal(cp_servers_begin(servers, &f, &l), CP_ADMIT_ZONE);
	assert_int_equal(cp_servers_begin(servers, &other, &l), CP_ADMIT_OK);
	cp_servers_end(servers, &f, CP_END_USEFUL, &l, S(2));
	assert_int_equal(cp_servers_begin(servers, &f, &l), CP_ADMIT_OK);
}

static void
a_zone_may_waste_a_seconds_worth_at_once_and_then_its_rate(void **state)
{
	const struct cp_fetch_limits l = {.zone_waste = 10};
	unsigned taken = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) { /* 100 a second for 10 s */
		struct cp_fetch f = fetch(S(1) + i * MS(10));

		if (cp_servers_begin(servers, &f, &l) != CP_ADMIT_OK)
			continue;
		taken++;
		cp_servers_end(servers, &f, CP_END_WASTED, &l, f.sent_ns + 1);
	}
	assert_in_range(taken, 108, 112);
	for (unsigned i = 0; i < 1000; i++) { /* what brings data is not counted */
		struct cp_fetch f = fetch(S(100) + i);

		assert_int_equal(cp_servers_begin(servers, &f, &l), CP_ADMIT_OK);
		cp_servers_end(servers, &f, CP_END_USEFUL, &l, f.sent_ns + 1);
	}
}

static void
a_server_in_a_row_of_failures_has_less_room(void **state)
{
	const struct cp_fetch_limits l = {.server_out = 1024};
	static const unsigned room[] = {1024, 256, 64, 8, 8};

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		struct cp_fetch f = fetch(S(10 * (i + 1)));
		unsigned taken = 0;

		f.counted = false;
		while (cp_servers_begin(servers, &f, &l) == CP_ADMIT_OK)
			taken++;
		assert_int_equal(taken, room[i]);
		cp_servers_end(servers, &f, CP_END_FAILED, &l, f.sent_ns + MS(400));
		while (--taken > 0)
			cp_servers_end(servers, &f, CP_END_NOTHING, &l, f.sent_ns + MS(400));
	}
}

static void
a_server_has_its_rate(void **state)
{
	const struct cp_fetch_limits l = {.server_rate = 10};
	unsigned taken = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct cp_fetch f = fetch(S(1) + i * MS(10));

		if (cp_servers_begin(servers, &f, &l) != CP_ADMIT_OK)
			continue;
		taken++;
		cp_servers_end(servers, &f, CP_END_USEFUL, &l, f.sent_ns + 1);
	}
	assert_in_range(taken, 108, 112);
}

static void
a_cookie_is_kept_for_its_epoch_and_differs_by_server(void **state)
{
	const struct hf_siphash_key *secret = cp_servers_secret(servers);
	struct cp_cookie c, d;
	struct hf_addr b;
	uint8_t option[CP_COOKIE_OPTION_MAX];

	(void)state;
	cp_servers_read(servers, &a, &known);
	cp_cookie_make(secret, &a, &known, S(1), &c);
	assert_int_equal(cp_cookie_option(&c, option), 12);
	hf_addr_from_text("192.0.2.2@53", &b);
	cp_cookie_make(secret, &b, &known, S(1), &d);
	assert_memory_not_equal(c.client, d.client, CP_COOKIE_CLIENT);
	cp_servers_cookie(servers, &a, c.epoch, (const uint8_t *)"sixteen octets..", 16, S(1));
	cp_servers_read(servers, &a, &known);
	cp_cookie_make(secret, &a, &known, S(2), &d);
	assert_memory_equal(c.client, d.client, CP_COOKIE_CLIENT);
	assert_int_equal(cp_cookie_option(&d, option), 28);
	assert_memory_equal(option + 12, "sixteen octets..", 16);
	cp_cookie_make(secret, &a, &known, CP_COOKIE_EPOCH_NS, &d); /* the next day */
	assert_memory_not_equal(c.client, d.client, CP_COOKIE_CLIENT);
	assert_int_equal(d.server_len, 0);
}

static void
a_cookie_of_another_client_or_of_a_wrong_length_is_forged(void **state)
{
	struct cp_cookie c;
	struct hf_option server;
	uint8_t msg[64];

	(void)state;
	cp_servers_read(servers, &a, &known);
	cp_cookie_make(cp_servers_secret(servers), &a, &known, S(1), &c);
	for (unsigned len = 0; len <= 48; len++) {
		struct hf_edns edns = {.present = true, .options_len = (uint16_t)(4 + len)};

		memset(msg, 7, sizeof(msg));
		memcpy(msg, (uint8_t[4]){0, HF_OPTION_COOKIE, 0, (uint8_t)len}, 4);
		memcpy(msg + 4, c.client, sizeof(c.client));
		bool fits = len >= 16 && len <= 40;

		assert_int_equal(cp_cookie_read(&c, msg, &edns, &server),
		    fits ? CP_COOKIE_OURS : CP_COOKIE_FORGED);
		if (fits)
			assert_int_equal(server.len, len - 8);
		msg[11] ^= 1;
		assert_int_equal(cp_cookie_read(&c, msg, &edns, &server), CP_COOKIE_FORGED);
		msg[1] = HF_OPTION_NSID;
		assert_int_equal(cp_cookie_read(&c, msg, &edns, &server), CP_COOKIE_NONE);
	}
}

/* --- the table below ------------------------------------------------------------------------ */

struct pair {
	uint64_t v[8]; /* all the same, or it is torn */
};

static struct cp_facts *facts;
static _Atomic bool stop;
static _Atomic unsigned torn;

static struct cp_facts_key
key_nr(uint64_t i)
{
	return (struct cp_facts_key){{i, i * 3, ~i}};
}

static void
put(uint64_t i, uint64_t v, uint64_t now_ns)
{
	struct cp_facts_key k = key_nr(i);
	struct cp_facts_edit e;
	struct pair p;

	cp_facts_open(facts, &k, now_ns, &p, &e);
	for (unsigned j = 0; j < 8; j++)
		p.v[j] = v;
	cp_facts_close(&e, &p);
}

static void
a_full_set_gives_up_what_was_written_longest_ago(void **state)
{
	struct pair p;
	struct cp_facts_key k;
	unsigned left = 0;

	(void)state;
	facts = cp_facts_create(&key, CP_FACTS_WAYS, sizeof(p)); /* a single set */
	for (uint64_t i = 1; i <= CP_FACTS_WAYS; i++)
		put(i, i, i);
	put(1, 11, 10);
	put(99, 99, 11);
	for (uint64_t i = 1; i <= CP_FACTS_WAYS; i++) {
		k = key_nr(i);
		left += cp_facts_read(facts, &k, &p);
	}
	assert_int_equal(left, CP_FACTS_WAYS - 1);
	k = key_nr(2);
	assert_false(cp_facts_read(facts, &k, &p));
	assert_int_equal(p.v[0], 0);
	k = key_nr(1);
	assert_true(cp_facts_read(facts, &k, &p));
	assert_int_equal(p.v[7], 11);
	cp_facts_destroy(facts);
}

static void *
writes(void *arg)
{
	uint64_t nr = (uint64_t)(uintptr_t)arg;

	for (uint64_t v = 1; v <= 20000; v++)
		put(v % 7, v * 2 + nr, v);
	return NULL;
}

static void *
reads(void *arg)
{
	struct pair p;

	(void)arg;
	for (uint64_t i = 0; !atomic_load(&stop); i++) {
		struct cp_facts_key k = key_nr(i % 7);

		if (!cp_facts_read(facts, &k, &p))
			continue;
		for (unsigned j = 1; j < 8; j++)
			if (p.v[j] != p.v[0])
				atomic_fetch_add(&torn, 1);
	}
	return NULL;
}

static void
readers_never_see_half_of_a_record_that_two_threads_write(void **state)
{
	pthread_t w[2], r[2];

	(void)state;
	facts = cp_facts_create(&key, CP_FACTS_WAYS, sizeof(struct pair)); /* evicts all the time */
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(pthread_create(&r[i], NULL, reads, NULL), 0);
		assert_int_equal(pthread_create(&w[i], NULL, writes, (void *)(uintptr_t)i), 0);
	}
	for (unsigned i = 0; i < 2; i++)
		pthread_join(w[i], NULL);
	atomic_store(&stop, true);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(r[i], NULL);
	assert_int_equal(atomic_load(&torn), 0);
	cp_facts_destroy(facts);
}

static void *
counts(void *arg)
{
	const struct cp_fetch_limits l = {.zone_out = 100000, .server_out = 100000};

	(void)arg;
	for (unsigned i = 0; i < 5000; i++) {
		struct cp_fetch f = fetch(S(1));

		cp_servers_begin(servers, &f, &l);
		if (i % 2 == 0)
			cp_servers_end(servers, &f, CP_END_USEFUL, &l, S(1) + 1);
	}
	return NULL;
}

static void
fetches_are_counted_right_by_several_threads(void **state)
{
	pthread_t t[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&t[i], NULL, counts, NULL), 0);
	for (unsigned i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	cp_servers_read(servers, &a, &known);
	assert_int_equal(known.out, 7500);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(an_unknown_server_gets_the_first_timeout_and_each_try_doubles_it),
	    T(the_timeout_follows_round_trip_and_variation_as_rfc_6298_says),
	    T(what_was_known_fades_to_what_is_thought_of_a_new_server),
	    T(failures_of_one_round_count_once_and_one_reply_clears_them),
	    T(a_server_that_is_down_is_probed_by_one_question_per_interval),
	    T(a_family_without_a_single_reply_is_the_second_choice),
	    T(lameness_is_of_one_zone_and_ends),
	    T(bad_signatures_are_of_one_zone_last_longer_each_time_and_a_good_one_clears_them),
	    T(a_zone_has_so_many_fetches_under_way_and_others_are_not_touched),
	    T(a_zone_may_waste_a_seconds_worth_at_once_and_then_its_rate),
	    T(a_server_in_a_row_of_failures_has_less_room),
	    T(a_server_has_its_rate),
	    T(a_cookie_is_kept_for_its_epoch_and_differs_by_server),
	    T(a_cookie_of_another_client_or_of_a_wrong_length_is_forged),
	    T(fetches_are_counted_right_by_several_threads),
	    cmocka_unit_test(a_full_set_gives_up_what_was_written_longest_ago),
	    cmocka_unit_test(readers_never_see_half_of_a_record_that_two_threads_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
