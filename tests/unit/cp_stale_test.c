/* SPDX-License-Identifier: BSD-3-Clause */
/* Zones with serve-stale of their own: stored, audited and published as one change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "controlplane/nta.h"
#include "lib/base/log.h"

static const struct cp_stale all = {1800, 30, 86400, 30, HF_STALE_ALL};
static const struct cp_stale short_one = {300, 10, 3600, 0, HF_STALE_TIMEOUT};
static const struct cp_author me = {.uid = 7, .name = "me"};

static char dir[64], path[80];
static struct cp_store *store;
static struct cp_counters counters;
static struct cp_stales *stales;
static struct cp_ntas *ntas;
static struct cp_policy *published;

static void
on_publish(void *arg, struct cp_policy *p)
{
	(void)arg;
	published = p;
}

static void
on_changed(void *arg)
{
	(void)arg;
	assert_int_equal(cp_ntas_publish(ntas), CP_NTA_OK);
}

static void
start(void)
{
	const struct cp_stales_config cfg = {
	    .store = store, .counters = &counters, .all = all, .changed = on_changed};

	assert_int_equal(cp_stales_create(&cfg, &stales), 0);
	const struct cp_ntas_config n = {.store = store,
	    .counters = &counters,
	    .stale = all,
	    .stales = stales,
	    .max_s = 604800,
	    .publish = on_publish};
	assert_int_equal(cp_ntas_create(&n, &ntas), 0);
	published = NULL;
}

static void
stop(void)
{
	cp_ntas_destroy(ntas);
	cp_stales_destroy(stales);
}

static int
set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/holdfast-stale-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/policy.db", dir);
	if (cp_store_open(path, &store) != 0)
		return -1;
	start();
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const files[] = {"", "-wal", "-shm", ".lock"};
	char name[128];

	(void)state;
	stop();
	cp_store_close(store);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, files[i]);
		(void)unlink(name);
	}
	return rmdir(dir);
}

static struct hf_name
name_of(const char *text)
{
	struct hf_name n;

	assert_int_equal(hf_name_from_text(text, &n), 0);
	return n;
}

static enum cp_stale_result
set(const char *zone, const struct cp_stale *st)
{
	struct hf_name n = name_of(zone);

	return cp_stales_set(stales, &n, st, &me);
}

static enum cp_stale_result
unset(const char *zone)
{
	struct hf_name n = name_of(zone);

	return cp_stales_unset(stales, &n, &me);
}

static uint32_t
window(const char *name)
{
	struct hf_name n = name_of(name);

	return cp_policy_stale_of(cp_ntas_policy(ntas), &n)->max_s;
}

static void
what_is_set_is_in_the_next_snapshot_and_what_is_unset_is_not(void **state)
{
	(void)state;
	uint64_t gen = cp_store_generation(store);

	assert_int_equal(set("De.", &short_one), CP_STALE_OK);
	assert_non_null(published);
	assert_true(cp_policy_generation(published) == gen + 1);
	assert_int_equal(window("www.example.de."), 3600);
	assert_int_equal(window("www.example.org."), 86400);
	assert_int_equal(unset("de."), CP_STALE_OK);
	assert_int_equal(window("www.example.de."), 86400);
	assert_true(cp_policy_generation(published) == gen + 2);
	assert_int_equal(unset("de."), CP_STALE_ABSENT);
	assert_true(cp_store_generation(store) == gen + 2);
}

static void
zones_survive_a_restart(void **state)
{
	(void)state;
	const struct cp_stale_zone *z;
	struct cp_stale off = all;
	struct hf_name n = name_of("a.b.de.");

	off.max_s = 0;
	assert_int_equal(set("b.de.", &short_one), CP_STALE_OK);
	assert_int_equal(set("de.", &off), CP_STALE_OK);
	stop();
	cp_store_close(store);
	assert_int_equal(cp_store_open(path, &store), 0);
	start();
	assert_int_equal(window("x.de."), 0);
	const struct cp_stale *st = cp_stales_of(stales, &n, &z);
	assert_non_null(z);
	assert_int_equal(st->client_ms, 300);
	assert_int_equal(st->ttl_s, 10);
	assert_int_equal(st->triggers, HF_STALE_TIMEOUT);
	assert_int_equal(st->retry_s, 30); /* that of all zones */
	assert_string_equal(z->author.name, "me");
	n = name_of("example.org.");
	assert_int_equal(cp_stales_of(stales, &n, &z)->max_s, 86400);
	assert_null(z);
	assert_non_null(cp_stales_at(stales, 1));
	assert_null(cp_stales_at(stales, 2));
}

static void
numbers_out_of_range_are_refused_and_change_nothing(void **state)
{
	(void)state;
	struct cp_stale bad[] = {all, all, all, all, all};
	uint64_t gen = cp_store_generation(store);

	bad[0].max_s = 259201;
	bad[1].client_ms = 99;
	bad[2].client_ms = 5001;
	bad[3].ttl_s = 0;
	bad[4].triggers = HF_STALE_ALL + 1;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(set("de.", &bad[i]), CP_STALE_BAD_NUMBER);
	assert_true(cp_store_generation(store) == gen);
	assert_null(published);
}

static void
ntas_and_zones_are_in_one_snapshot(void **state)
{
	(void)state;
	struct cp_nta_request rq = {
	    .name = name_of("de."), .for_s = 60, .reason = "why", .author = me};
	size_t rules;

	assert_int_equal(set("de.", &all), CP_STALE_OK);
	assert_int_equal(set("net.", &all), CP_STALE_OK);
	assert_int_equal(cp_ntas_add(ntas, &rq), CP_NTA_OK);
	(void)cp_policy_rules(published, &rules);
	assert_int_equal(rules, 3);
	assert_true(cp_policy_covers(published, &rq.name, NULL));
}

struct seen {
	unsigned cnt;
	char action[32], reason[CP_REASON_MAX + 1];
};

static int
see(void *arg, const struct hf_audit_line *a)
{
	struct seen *seen = arg;

	seen->cnt++;
	snprintf(seen->action, sizeof(seen->action), "%s", a->action);
	snprintf(seen->reason, sizeof(seen->reason), "%s", a->reason);
	assert_true(a->after == a->before + 1);
	assert_int_equal(a->uid, 7);
	return 0;
}

static void
every_change_has_its_line_in_the_audit_log(void **state)
{
	(void)state;
	struct seen seen = {0};

	assert_int_equal(set("de.", &short_one), CP_STALE_OK);
	assert_int_equal(cp_store_audit(store, 0, 0, INT64_MAX, see, &seen), 0);
	assert_int_equal(seen.cnt, 1);
	assert_string_equal(seen.action, "stale-set");
	assert_string_equal(seen.reason, "triggers timeout, max 1h, client-timer 300ms, ttl 10s");
	assert_int_equal(unset("de."), CP_STALE_OK);
	assert_int_equal(cp_store_audit(store, 0, 0, INT64_MAX, see, &seen), 0);
	assert_string_equal(seen.action, "stale-unset");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(what_is_set_is_in_the_next_snapshot_and_what_is_unset_is_not),
	    T(zones_survive_a_restart),
	    T(numbers_out_of_range_are_refused_and_change_nothing),
	    T(ntas_and_zones_are_in_one_snapshot),
	    T(every_change_has_its_line_in_the_audit_log),
	};

	hf_log_set_level(HF_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
