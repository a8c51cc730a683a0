/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/trouble.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/ns.h"

enum { WAYS = 4, SETS = CP_TROUBLE_MAX / WAYS };

struct zone {
	bool used;
	bool on;      /* in trouble: enough failed in a row, and nothing was good since */
	bool by_keys; /* its DNSKEY RRset is what failed */
	struct hf_name name;
	uint64_t policy_gen;
	uint64_t touched_ns;
	uint64_t since_ns;  /* the first failure of the row */
	uint64_t last_ns;   /* the last one */
	uint64_t last_name; /* hash of the name it was found at */
	uint64_t mixed_until_ns;
	uint64_t until_ns; /* on: nobody asks before */
	uint32_t backoff_s;
	uint32_t fails; /* in a row */
	uint32_t fails_of[CP_ELEMENT_CNT];
	struct cp_trouble_cause cause;
};

struct cp_troubles {
	struct hf_siphash_key key;
	_Atomic uint32_t used; /* zones; relaxed: a reader that sees an old value asks a server */
	pthread_mutex_t lock;  /* over zones */
	struct zone zones[SETS][WAYS];
};

struct cp_troubles *
cp_troubles_create(const struct hf_siphash_key *key)
{
	struct cp_troubles *all = calloc(1, sizeof(*all));

	if (all == NULL)
		return NULL;
	all->key = *key;
	pthread_mutex_init(&all->lock, NULL);
	return all;
}

void
cp_troubles_destroy(struct cp_troubles *all)
{
	if (all == NULL)
		return;
	pthread_mutex_destroy(&all->lock);
	free(all);
}

static uint64_t
hash_of(const struct cp_troubles *all, const struct hf_name *name)
{
	struct hf_name lower = *name;

	hf_name_lower(&lower);
	return hf_siphash(&all->key, lower.octets, lower.len);
}

static bool
nothing_known(const struct cp_troubles *all)
{
	return atomic_load_explicit(&all->used, memory_order_relaxed) == 0;
}

static void
forget(struct cp_troubles *all, struct zone *z)
{
	z->used = false;
	atomic_fetch_sub_explicit(&all->used, 1, memory_order_relaxed);
}

/* Locked. What was found under another policy is forgotten on the way. */
static struct zone *
find(struct cp_troubles *all, const struct cp_trouble_at *at)
{
	struct zone *set = all->zones[hash_of(all, at->zone) % SETS];

	for (unsigned i = 0; i < WAYS; i++) {
		struct zone *z = &set[i];

		if (!z->used || !hf_name_equal(&z->name, at->zone))
			continue;
		if (z->policy_gen != at->policy_gen) {
			forget(all, z);
			return NULL;
		}
		z->touched_ns = at->now_ns;
		return z;
	}
	return NULL;
}

static struct zone *
make(struct cp_troubles *all, const struct cp_trouble_at *at)
{
	struct zone *set = all->zones[hash_of(all, at->zone) % SETS];
	struct zone *z = find(all, at);
	struct zone *free_one = &set[0];

	if (z != NULL)
		return z;
	for (unsigned i = 1; i < WAYS && free_one->used; i++)
		if (!set[i].used || set[i].touched_ns < free_one->touched_ns)
			free_one = &set[i];
	if (!free_one->used)
		atomic_fetch_add_explicit(&all->used, 1, memory_order_relaxed);
	*free_one = (struct zone){.used = true,
	    .name = *at->zone,
	    .policy_gen = at->policy_gen,
	    .touched_ns = at->now_ns};
	return free_one;
}

enum cp_trouble
cp_trouble_ask(struct cp_troubles *all, const struct cp_trouble_at *at,
    struct cp_trouble_cause *cause, uint32_t *backoff_s)
{
	enum cp_trouble say = CP_TROUBLE_NONE;

	if (nothing_known(all))
		return say;
	pthread_mutex_lock(&all->lock);
	struct zone *z = find(all, at);

	if (z != NULL && z->on) {
		say = at->now_ns < z->until_ns || at->spent ? CP_TROUBLE_FAIL : CP_TROUBLE_PROBE;
		if (say == CP_TROUBLE_FAIL)
			*cause = z->cause;
		else
			z->until_ns = at->now_ns + z->backoff_s * HF_NS_PER_S;
		*backoff_s = z->backoff_s;
	}
	pthread_mutex_unlock(&all->lock);
	return say;
}

bool
cp_trouble_is_on(struct cp_troubles *all, const struct cp_trouble_at *at)
{
	bool on;

	if (nothing_known(all))
		return false;
	pthread_mutex_lock(&all->lock);
	const struct zone *z = find(all, at);

	on = z != NULL && z->on;
	pthread_mutex_unlock(&all->lock);
	return on;
}

bool
cp_trouble_is_suspect(struct cp_troubles *all, const struct cp_trouble_at *at, enum cp_element e)
{
	bool suspect;

	if (nothing_known(all))
		return false;
	pthread_mutex_lock(&all->lock);
	const struct zone *z = find(all, at);

	suspect = z != NULL && z->fails_of[e] > 0 &&
	    at->now_ns < z->last_ns + CP_TROUBLE_MEMORY_S * HF_NS_PER_S;
	pthread_mutex_unlock(&all->lock);
	return suspect;
}

static bool
has_failed(const struct zone *z)
{
	uint32_t cnt = 0;

	for (unsigned e = 0; e < CP_ELEMENT_CNT; e++)
		cnt += z->fails_of[e];
	return cnt > 0;
}

/* One failure more of a zone that is not in trouble. Failures long ago are not in a row with it. */
static void
add(struct zone *z, const struct cp_trouble_at *at, const struct cp_trouble_report *report,
    uint64_t name)
{
	if (at->now_ns >= z->last_ns + CP_TROUBLE_MEMORY_S * HF_NS_PER_S) {
		z->fails = 0;
		memset(z->fails_of, 0, sizeof(z->fails_of));
	}
	z->last_ns = at->now_ns;
	z->fails_of[report->e]++;
	if (report->e == CP_ELEMENT_DENIAL)
		return;
	if (z->fails == 0)
		z->since_ns = at->now_ns;
	if (z->fails == 0 || z->last_name != name)
		z->fails++;
	z->last_name = name;
	z->by_keys = report->e == CP_ELEMENT_KEYS;
	bool mixed = at->now_ns < z->mixed_until_ns;

	z->on = z->by_keys || z->fails >= (mixed ? CP_TROUBLE_NAMES_MIXED : CP_TROUBLE_NAMES);
}

bool
cp_trouble_failed(
    struct cp_troubles *all, const struct cp_trouble_at *at, const struct cp_trouble_report *report)
{
	uint64_t name = hash_of(all, report->name);

	pthread_mutex_lock(&all->lock);
	struct zone *z = make(all, at);
	bool was_on = z->on;

	if (!was_on)
		add(z, at, report, name);
	bool came = !was_on && z->on;

	if (came || (was_on && report->probe)) {
		z->backoff_s = came ? report->backoff_min_s : z->backoff_s * 2;
		if (z->backoff_s > report->backoff_max_s)
			z->backoff_s = report->backoff_max_s;
		z->until_ns = at->now_ns + z->backoff_s * HF_NS_PER_S;
		z->cause = report->cause;
	}
	pthread_mutex_unlock(&all->lock);
	return came;
}

bool
cp_trouble_good(
    struct cp_troubles *all, const struct cp_trouble_at *at, enum cp_element e, uint64_t got_ns)
{
	bool was_on = false;

	if (nothing_known(all))
		return false;
	pthread_mutex_lock(&all->lock);
	struct zone *z = find(all, at);

	if (z != NULL && got_ns >= z->since_ns && (e != CP_ELEMENT_KEYS || z->by_keys)) {
		was_on = z->on;
		if (has_failed(z) && !z->by_keys)
			z->mixed_until_ns = at->now_ns + CP_TROUBLE_MIXED_S * HF_NS_PER_S;
		z->on = z->by_keys = false;
		z->fails = 0;
		z->fails_of[e] = 0;
	}
	pthread_mutex_unlock(&all->lock);
	return was_on;
}

bool
cp_trouble_end(struct cp_troubles *all, const struct cp_trouble_at *at)
{
	bool was_on = false;

	if (nothing_known(all))
		return false;
	pthread_mutex_lock(&all->lock);
	struct zone *z = find(all, at);

	if (z != NULL) {
		was_on = z->on;
		forget(all, z);
	}
	pthread_mutex_unlock(&all->lock);
	return was_on;
}

uint64_t
cp_troubles_cnt(struct cp_troubles *all, uint64_t policy_gen)
{
	uint64_t cnt = 0;

	pthread_mutex_lock(&all->lock);
	for (unsigned s = 0; s < SETS; s++)
		for (unsigned i = 0; i < WAYS; i++) {
			const struct zone *z = &all->zones[s][i];

			cnt += z->used && z->policy_gen == policy_gen && z->on;
		}
	pthread_mutex_unlock(&all->lock);
	return cnt;
}
