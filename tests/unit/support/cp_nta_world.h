/* SPDX-License-Identifier: BSD-3-Clause */
/* Negative trust anchors in a store of their own, under clocks that the test sets. */
#ifndef TESTS_UNIT_CP_NTA_WORLD_H
#define TESTS_UNIT_CP_NTA_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "controlplane/nta.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

static char dir[64], path[80];
static struct cp_store *store;
static struct cp_counters counters;
static unsigned published;
static uint64_t published_gen;
static size_t published_rules;
static struct cp_trust *trust;
static bool second_for_tlds;
static char boot[16]; /* the clocks are the tests' */
static int64_t wall_s;
static uint64_t run_ns;

__attribute__((unused)) static void
now(void *arg, struct cp_moment *out)
{
	(void)arg;
	*out = (struct cp_moment){.wall_s = wall_s, .mono_ns = run_ns, .boot = boot};
}

/* Time passes, second by second. */
__attribute__((unused)) static void
pass(struct cp_ntas *n, unsigned s)
{
	for (unsigned i = 0; i < s; i++) {
		wall_s++;
		run_ns += HF_NS_PER_S;
		cp_ntas_expire(n);
	}
}

__attribute__((unused)) static void
on_publish(void *arg, struct cp_policy *p)
{
	(void)arg;
	published++;
	published_gen = cp_policy_generation(p);
	(void)cp_policy_rules(p, &published_rules);
}

__attribute__((unused)) static struct cp_ntas *
create(void)
{
	struct cp_ntas_config cfg = {
	    .store = store,
	    .counters = &counters,
	    .stale = {1800, 30, 86400, 30, HF_STALE_ALL},
	    .trust = trust,
	    .max_s = 604800,
	    .second_for_tlds = second_for_tlds,
	    .publish = on_publish,
	    .now = now,
	};
	struct cp_ntas *n = NULL;

	assert_int_equal(cp_ntas_create(&cfg, &n), 0);
	return n;
}

__attribute__((unused)) static int
set_up(void **state)
{
	struct hf_rrset anchors[3] = {0};

	(void)state;
	strcpy(dir, "/tmp/holdfast-nta-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/policy.db", dir);
	memset(&counters, 0, sizeof(counters));
	published = 0;
	second_for_tlds = false;
	strcpy(boot, "first run");
	wall_s = 1795867200;
	run_ns = 77 * HF_NS_PER_S + 5;
	anchors[0].owner = anchors[1].owner = hf_name_root; /* a DS and a DNSKEY set */
	if (hf_name_from_text("Island.De.", &anchors[2].owner) != 0)
		return -1;
	trust = cp_trust_create(anchors, 3, 0);
	return cp_store_open(path, &store);
}

__attribute__((unused)) static int
tear_down(void **state)
{
	static const char *const files[] = {"", "-wal", "-shm", ".lock"};
	char name[128];

	(void)state;
	cp_store_close(store);
	cp_trust_put(trust);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, files[i]);
		(void)unlink(name);
	}
	return rmdir(dir);
}

__attribute__((unused)) static struct hf_name
name_of(const char *text)
{
	struct hf_name n;

	assert_int_equal(hf_name_from_text(text, &n), 0);
	return n;
}

__attribute__((unused)) static enum cp_nta_result
add(struct cp_ntas *n, const char *name, uint64_t for_s)
{
	struct cp_nta_request rq = {.name = name_of(name),
	    .for_s = for_s,
	    .reason = "why",
	    .author = {.uid = 1, .name = "me"}};

	return cp_ntas_add(n, &rq);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
