/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of controlplane/resolver/table.c, against an array that must be right, against
 * floods, and from several threads at once. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controlplane/resolver/table.h"
#include "lib/base/ns.h"

enum { NAMES = 300, MIB = 1024 * 1024, READER = 0 };

static const struct hf_siphash_key key = {{1, 2}};
static struct hf_name names[NAMES];

static struct hf_name
name_of(const char *format, unsigned i)
{
	char text[64];
	struct hf_name n;

	snprintf(text, sizeof(text), format, i);
	assert_int_equal(hf_name_from_text(text, &n), 0);
	return n;
}

static int
make_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NAMES; i++)
		names[i] = name_of("www.Name%u.Example.", i);
	return 0;
}

static struct cp_table *
table_make(size_t octets)
{
	struct cp_table_config cfg = {.key = key, .octets_max = octets};
	struct cp_table *t = cp_table_create(&cfg);

	assert_non_null(t);
	return t;
}

static enum cp_put
put_at(struct cp_table *t, const struct cp_key *k, const void *data, size_t len, uint64_t now_ns)
{
	struct cp_item item = {.key = *k, .now_ns = now_ns, .ttl_s = 1000, .len = (uint32_t)len};
	uint8_t *to;
	struct cp_entry *e = cp_table_prepare(t, &item, &to);

	assert_non_null(e);
	memset(to, 0, len);
	if (data != NULL)
		memcpy(to, data, len);
	return cp_table_publish(t, e);
}

static bool
find_at(struct cp_table *t, const struct cp_key *k, uint64_t now_ns, void *out, size_t len)
{
	struct cp_block b;

	cp_table_enter(t, READER);
	bool found = cp_table_find(t, k, now_ns, &b);

	if (found && out != NULL) {
		assert_int_equal(b.len, len);
		memcpy(out, b.data, len);
	}
	cp_table_leave(t, READER);
	return found;
}

static bool
has(struct cp_table *t, const struct hf_name *n, uint64_t now_ns)
{
	struct cp_key k = {n, 1, CP_CLASS_ANSWER, 0};

	return find_at(t, &k, now_ns, NULL, 0);
}

static void
put_name(struct cp_table *t, const struct hf_name *n, size_t len, uint64_t now_ns)
{
	struct cp_key k = {n, 1, CP_CLASS_ANSWER, 0};

	(void)put_at(t, &k, NULL, len, now_ns);
}

static struct cp_table_use
use_of(const struct cp_table *t)
{
	struct cp_table_use use;

	cp_table_use(t, &use);
	return use;
}

static void
blocks_are_found_by_name_without_case_type_class_and_view(void **state)
{
	(void)state;
	struct cp_table *t = table_make(MIB);
	struct hf_name lower = names[0];
	struct cp_key k = {&names[0], 1, CP_CLASS_ANSWER, 0}, other;
	char out[4];

	hf_name_lower(&lower);
	assert_int_equal(put_at(t, &k, "abcd", 4, 1), CP_PUT_KEPT);
	other = (struct cp_key){&lower, 1, CP_CLASS_ANSWER, 0};
	assert_true(find_at(t, &other, 2, out, 4));
	assert_memory_equal(out, "abcd", 4);
	other.type = 2;
	assert_false(find_at(t, &other, 2, NULL, 0));
	other = (struct cp_key){&lower, 1, CP_CLASS_RAW, 0};
	assert_false(find_at(t, &other, 2, NULL, 0));
	other = (struct cp_key){&lower, 1, CP_CLASS_ANSWER, 7};
	assert_false(find_at(t, &other, 2, NULL, 0)); /* the same name seen from elsewhere */
	cp_table_remove(t, &k);
	assert_false(find_at(t, &k, 2, NULL, 0));
	assert_int_equal(use_of(t).entries, 0);
	assert_int_equal(use_of(t).octets, 0);
	cp_table_destroy(t);
}

static void
the_octets_never_exceed_the_bound(void **state)
{
	(void)state;
	struct cp_table *t = table_make(MIB);

	for (unsigned i = 0; i < 20000; i++) {
		struct hf_name n = name_of("n%u.example.", i);
		struct cp_table_use use;

		put_name(t, &n, 1 + i % 700, i * HF_NS_PER_MS);
		use = use_of(t);
		assert_true(use.octets + use.waiting <= MIB);
	}
	assert_true(use_of(t).octets > MIB / 2);

	struct cp_item big = {.key = {&names[0], 9, CP_CLASS_ANSWER, 0}, .len = MIB};
	uint8_t *to;

	assert_null(cp_table_prepare(t, &big, &to));
	cp_table_destroy(t);
}

static void
what_readers_may_still_see_is_not_freed(void **state)
{
	(void)state;
	struct cp_table *t = table_make(MIB);
	struct cp_key k = {&names[0], 1, CP_CLASS_ANSWER, 0};
	struct cp_block b;

	put_at(t, &k, "abcd", 4, 1);
	cp_table_enter(t, READER);
	assert_true(cp_table_find(t, &k, 1, &b));
	cp_table_remove(t, &k);
	for (unsigned i = 1; i < NAMES; i++) {
		put_name(t, &names[i], 100, 1);
		struct cp_key old = {&names[i], 1, CP_CLASS_ANSWER, 0};
		cp_table_remove(t, &old);
	}
	assert_memory_equal(b.data, "abcd", 4); /* ASan would say */
	assert_true(use_of(t).waiting > 0);
	cp_table_leave(t, READER);
	for (unsigned i = 0; i < NAMES; i++)
		put_name(t, &names[i], 100, 1);
	assert_int_equal(use_of(t).waiting, 0);
	cp_table_destroy(t);
}

static void
nothing_is_admitted_while_a_reader_keeps_too_much_from_being_freed(void **state)
{
	(void)state;
	struct cp_table *t = table_make(MIB);
	struct cp_key k = {&names[0], 1, CP_CLASS_ANSWER, 0};
	enum cp_put put = CP_PUT_KEPT;

	cp_table_enter(t, READER);
	for (unsigned i = 0; i < 1000 && put == CP_PUT_KEPT; i++)
		put = put_at(t, &k, NULL, 1000, i);
	assert_int_equal(put, CP_PUT_BUSY);
	assert_true(use_of(t).waiting < MIB / 4);
	cp_table_leave(t, READER);
	cp_table_destroy(t);
}

/* --- who stays */

static void
a_flood_of_names_asked_once_leaves_the_popular_ones(void **state)
{
	(void)state;
	struct cp_table *t = table_make(2 * MIB);
	uint64_t now = HF_NS_PER_S;
	unsigned left = 0;

	for (unsigned i = 0; i < NAMES; i++)
		put_name(t, &names[i], 200, now);
	now += 2 * HF_NS_PER_S;
	for (unsigned i = 0; i < NAMES; i++)
		assert_true(has(t, &names[i], now));
	for (unsigned i = 0; i < 10 * 2 * MIB / 300; i++) { /* ten times the cache */
		struct hf_name n = name_of("a%u.example.", i);

		now += HF_NS_PER_MS / 20; /* 20 000 a second */
		put_name(t, &n, 200, now);
	}
	for (unsigned i = 0; i < NAMES; i++)
		left += has(t, &names[i], now);
	assert_true(left >= NAMES * 95 / 100);
	cp_table_destroy(t);
}

static void
a_name_that_comes_back_after_it_was_dropped_is_kept(void **state)
{
	(void)state;
	struct cp_table *t = table_make(MIB);
	uint64_t now = HF_NS_PER_S;

	for (unsigned round = 0; round < 2; round++) {
		put_name(t, &names[0], 200, now);
		for (unsigned i = 0; i < MIB / 250; i++) {
			struct hf_name n = name_of("b%u.example.", round * MIB + i);

			put_name(t, &n, 200, now);
		}
		assert_int_equal(has(t, &names[0], now), round == 1);
	}
	cp_table_destroy(t);
}

static void
what_is_read_at_once_after_it_was_put_is_not_popular_yet(void **state)
{
	(void)state;
	struct cp_table *t = table_make(MIB);

	put_name(t, &names[0], 200, HF_NS_PER_S);
	for (int i = 0; i < 5; i++)
		assert_true(has(t, &names[0], HF_NS_PER_S));
	for (unsigned i = 0; i < 2 * MIB / 300; i++) {
		struct hf_name n = name_of("c%u.example.", i);

		put_name(t, &n, 200, HF_NS_PER_S);
	}
	assert_false(has(t, &names[0], HF_NS_PER_S));
	cp_table_destroy(t);
}

static void
a_domain_of_a_million_names_never_holds_more_than_its_share(void **state)
{
	(void)state;
	struct cp_table *t = table_make(4 * MIB);
	struct hf_name apex = name_of("flood.example.", 0);
	uint64_t now = HF_NS_PER_S;

	for (unsigned i = 0; i < NAMES; i++)
		put_name(t, &names[i], 200, now);
	for (unsigned i = 0; i < 1000000; i++) {
		struct hf_name n = name_of("d%u.flood.example.", i);

		now += HF_NS_PER_MS / 20;
		put_name(t, &n, 100, now);
		if (i % 1000 == 0)
			assert_true(cp_table_share(t, &apex) <= cp_table_share_max(t));
	}
	assert_true(cp_table_share_max(t) <= 4 * MIB / 20);
	assert_true(cp_table_share(t, &apex) <= cp_table_share_max(t));
	assert_true(use_of(t).octets <= cp_table_share_max(t) + NAMES * 400);
	for (unsigned i = 0; i < NAMES; i++)
		assert_true(has(t, &names[i], now));
	cp_table_destroy(t);
}

static void
a_popular_name_of_a_flooded_domain_stays_and_a_new_one_gets_in(void **state)
{
	(void)state;
	struct cp_table *t = table_make(4 * MIB);
	struct hf_name www = name_of("www.flood.example.", 0),
		       mail = name_of("mail.flood.example.", 0);
	uint64_t now = HF_NS_PER_S;

	put_name(t, &www, 200, now);
	now += 2 * HF_NS_PER_S;
	for (unsigned i = 0; i < 100000; i++) {
		struct hf_name n = name_of("e%u.flood.example.", i);

		now += HF_NS_PER_MS / 20;
		put_name(t, &n, 100, now);
		if (i % 1000 == 0)
			assert_true(has(t, &www, now));
		if (i >= 50000 && i % 8000 == 0 && !has(t, &mail, now))
			put_name(t, &mail, 200, now);
	}
	assert_true(has(t, &www, now));
	assert_true(has(t, &mail, now));
	cp_table_destroy(t);
}

/* --- the model */

static void
any_mix_of_puts_finds_and_removes_matches_the_model(void **state)
{
	(void)state;
	struct cp_table *t = table_make(32 * MIB); /* nothing is evicted */
	int model[NAMES][CP_CLASS_CNT] = {0}, got;
	uint64_t entries = 0;

	srandom(1);
	for (int step = 1; step < 50000; step++) {
		unsigned n = (unsigned)random() % NAMES, c = (unsigned)random() % CP_CLASS_CNT;
		struct cp_key k = {&names[n], 1, (enum cp_class)c, 0};

		switch (random() % 3) {
		case 0:
			entries += model[n][c] == 0;
			model[n][c] = step;
			assert_int_equal(put_at(t, &k, &step, sizeof(step), 1), CP_PUT_KEPT);
			break;
		case 1:
			entries -= model[n][c] != 0;
			model[n][c] = 0;
			cp_table_remove(t, &k);
			break;
		default:
			got = 0;
			assert_int_equal(find_at(t, &k, 1, &got, sizeof(got)), model[n][c] != 0);
			assert_int_equal(got, model[n][c]);
		}
		assert_int_equal(use_of(t).entries, entries);
	}
	cp_table_destroy(t);
}

/* --- several threads */

enum { THREADS = 4, STEPS = 40000, WORDS = 16 };

struct worker {
	pthread_t thread;
	struct cp_table *t;
	unsigned idx;
	unsigned seed;
	unsigned torn;
};

/* What is put says the same word everywhere: a reader that sees two words saw a torn entry. */
static void
stress_put(struct worker *w, const struct cp_key *k, uint64_t now_ns)
{
	unsigned words[WORDS], v = (unsigned)rand_r(&w->seed);
	struct cp_item item = {.key = *k, .now_ns = now_ns, .ttl_s = 10, .len = sizeof(words)};
	uint8_t *to;
	struct cp_entry *e = cp_table_prepare(w->t, &item, &to);

	for (unsigned i = 0; i < WORDS; i++)
		words[i] = v;
	if (e == NULL)
		return;
	memcpy(to, words, sizeof(words));
	(void)cp_table_publish(w->t, e);
}

static void
stress_find(struct worker *w, const struct cp_key *k, uint64_t now_ns)
{
	unsigned words[WORDS];
	struct cp_block b;

	cp_table_enter(w->t, w->idx);
	if (cp_table_find(w->t, k, now_ns, &b)) {
		memcpy(words, b.data, sizeof(words));
		for (unsigned i = 1; i < WORDS; i++)
			w->torn += words[i] != words[0];
	}
	cp_table_leave(w->t, w->idx);
}

static void *
stress(void *arg)
{
	struct worker *w = arg;

	for (unsigned step = 0; step < STEPS; step++) {
		unsigned r = (unsigned)rand_r(&w->seed);
		struct cp_key k = {
		    &names[r % NAMES], (uint16_t)(r / NAMES % 50), CP_CLASS_ANSWER, 0};
		uint64_t now_ns = HF_NS_PER_S + step * HF_NS_PER_MS;

		if (step % 8 == 0)
			stress_put(w, &k, now_ns);
		else if (step % 101 == 0)
			cp_table_remove(w->t, &k);
		else
			stress_find(w, &k, now_ns);
	}
	return NULL;
}

static void
threads_that_put_find_and_remove_never_see_a_torn_entry(void **state)
{
	(void)state;
	struct cp_table *t = table_make(MIB); /* small: eviction is part of it */
	struct worker w[THREADS];

	for (unsigned i = 0; i < THREADS; i++) {
		w[i] = (struct worker){.t = t, .idx = i, .seed = i + 1};
		assert_int_equal(pthread_create(&w[i].thread, NULL, stress, &w[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(w[i].thread, NULL), 0);
		assert_int_equal(w[i].torn, 0);
	}
	assert_true(use_of(t).octets <= MIB);
	cp_table_destroy(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blocks_are_found_by_name_without_case_type_class_and_view),
	    cmocka_unit_test(the_octets_never_exceed_the_bound),
	    cmocka_unit_test(what_readers_may_still_see_is_not_freed),
	    cmocka_unit_test(nothing_is_admitted_while_a_reader_keeps_too_much_from_being_freed),
	    cmocka_unit_test(a_flood_of_names_asked_once_leaves_the_popular_ones),
	    cmocka_unit_test(a_name_that_comes_back_after_it_was_dropped_is_kept),
	    cmocka_unit_test(what_is_read_at_once_after_it_was_put_is_not_popular_yet),
	    cmocka_unit_test(a_domain_of_a_million_names_never_holds_more_than_its_share),
	    cmocka_unit_test(a_popular_name_of_a_flooded_domain_stays_and_a_new_one_gets_in),
	    cmocka_unit_test(any_mix_of_puts_finds_and_removes_matches_the_model),
	    cmocka_unit_test(threads_that_put_find_and_remove_never_see_a_torn_entry),
	};

	return cmocka_run_group_tests(tests, make_names, NULL);
}
