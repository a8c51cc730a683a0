/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables, and a policy to fill them under, for the tests of dataplane/table.c and evict.c. */
#ifndef DP_TABLE_FIXTURE_H
#define DP_TABLE_FIXTURE_H

#include "dataplane/table.h"
#include "tests/unit/dp_fixture.h"

static uint64_t counters[HF_COUNTER_CNT];
static struct fx_msg msg;
static struct dp_policy *policy;

/* The caller destroys it. */
static struct dp_table *
make_table(uint64_t octets_max)
{
	memset(counters, 0, sizeof(counters));
	struct dp_table *t = dp_table_create(octets_max, fx_seed, counters);
	assert_non_null(t);
	return t;
}

static enum dp_insert
insert(struct dp_table *t, const struct fx_answer *a, uint64_t now_ms)
{
	fx_make(a, &msg);
	return dp_table_answer(t, policy, &msg.m, &msg.view, now_ms);
}

/* The entry of a name's A, as it is found and as it is looked at beforehand. */
static struct dp_entry *
find(const struct dp_table *t, const char *name)
{
	struct dp_key key = fx_key(&t->hash, name, HF_TYPE_A, 0);
	struct dp_entry *e = dp_table_find(t, &key);

	if (e != NULL)
		assert_non_null(dp_table_peek(t, key.hash));
	return e;
}

/* Of a group of tests. */
static int
setup(void **state)
{
	static struct dp_hash hash;

	(void)state;
	dp_hash_init(&hash, fx_seed);
	policy = dp_policy_create_default(&hash);
	return policy == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	dp_policy_free(policy);
	return 0;
}

#endif
