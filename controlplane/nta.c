/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/nta.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/rand.h"

struct item {
	struct cp_nta nta;
	uint64_t over_ns;         /* on the monotonic clock */
	struct cp_shadow *shadow; /* NULL: there was no memory, and nothing is counted */
};

struct cp_ntas {
	struct cp_ntas_config cfg;
	struct event *timer;
	struct item *items; /* in order of name */
	size_t cnt, cap;
	struct cp_policy *policy;
	struct cp_rule *rules; /* scratch for snapshots: HF_POLICY_RULE_MAX */
	size_t anchor_cnt;     /* the first so many rules are the positive anchors */
	struct hf_rand rand;
};

static const struct cp_author nobody = {.uid = 0, .name = "holdfast"};

/* Further than this no lost store is ahead of us: a hijacked dataplane could use up all
 * generations with one lie, and no policy could be pushed any more. */
enum { LEAP_MAX = 1 << 20 };

/* --- the list ------------------------------------------------------------------------------ */

/* Index of name, or of where it belongs. */
static size_t
place_of(const struct cp_ntas *n, const struct hf_name *name, bool *found)
{
	size_t lo = 0, hi = n->cnt;

	*found = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int cmp = hf_name_cmp(&n->items[mid].nta.name, name);

		if (cmp == 0) {
			*found = true;
			return mid;
		}
		if (cmp < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int
make_room(struct cp_ntas *n)
{
	size_t cap = n->cap == 0 ? 16 : n->cap * 2;

	if (n->anchor_cnt + n->cnt >= HF_POLICY_RULE_MAX)
		return -E2BIG;
	if (n->cnt < n->cap)
		return 0;
	struct item *items = realloc(n->items, cap * sizeof(*items));
	if (items == NULL)
		return -ENOMEM;
	n->items = items;
	n->cap = cap;
	return 0;
}

/* There is room. */
static void
insert(struct cp_ntas *n, const struct cp_nta *nta, int64_t wall_s, uint64_t mono_ns)
{
	bool found;
	size_t i = place_of(n, &nta->name, &found);
	uint64_t left_s = nta->expires > wall_s ? (uint64_t)(nta->expires - wall_s) : 0;

	if (left_s > n->cfg.max_s) /* the clock was wrong when it was added, or is now */
		left_s = n->cfg.max_s;
	memmove(&n->items[i + 1], &n->items[i], (n->cnt - i) * sizeof(n->items[0]));
	n->items[i] = (struct item){.nta = *nta,
	    .over_ns = mono_ns + left_s * HF_NS_PER_S,
	    .shadow = cp_shadow_create(hf_rand_u64(&n->rand))};
	n->cnt++;
}

static void
take_out(struct cp_ntas *n, size_t i)
{
	cp_shadow_put(n->items[i].shadow);
	n->cnt--;
	memmove(&n->items[i], &n->items[i + 1], (n->cnt - i) * sizeof(n->items[0]));
}

/* --- snapshots ----------------------------------------------------------------------------- */

static bool
is_anchor(const struct cp_ntas *n, const struct hf_name *name)
{
	for (size_t i = 0; i < n->anchor_cnt; i++) {
		if (hf_name_equal(&n->rules[i].name, name))
			return true;
	}
	return name->len == 1;
}

static int
collect_anchors(struct cp_ntas *n)
{
	size_t cnt = 0;
	const struct hf_rrset *sets =
	    n->cfg.trust != NULL ? cp_trust_sets(n->cfg.trust, &cnt) : NULL;

	for (size_t i = 0; i < cnt; i++) {
		const struct hf_name *owner = &sets[i].owner;
		bool known = false;

		for (size_t j = 0; j < n->anchor_cnt; j++)
			known = known || hf_name_equal(&n->rules[j].name, owner);
		if (known)
			continue; /* a DS and a DNSKEY set of one name */
		if (n->anchor_cnt == HF_POLICY_RULE_MAX)
			return -E2BIG;
		struct cp_rule *r = &n->rules[n->anchor_cnt++];
		*r = (struct cp_rule){.kind = HF_RULE_ANCHOR, .name = *owner};
		hf_name_lower(&r->name);
	}
	return 0;
}

static struct cp_policy *
snapshot(struct cp_ntas *n)
{
	size_t cnt = n->anchor_cnt;

	for (size_t i = 0; i < n->cnt; i++)
		n->rules[cnt++] = (struct cp_rule){.kind = HF_RULE_NTA,
		    .mode = n->items[i].nta.mode,
		    .name = n->items[i].nta.name,
		    .shadow = n->items[i].shadow};
	return cp_policy_create_with(
	    cp_store_generation(n->cfg.store), &n->cfg.stale, n->rules, cnt, n->cfg.trust);
}

/* The list has changed, on disk too: put it in force. Without memory the old snapshot stays
 * and the next change, at the latest the next restart, brings the new one. */
static enum cp_nta_result
publish(struct cp_ntas *n)
{
	struct cp_policy *p = snapshot(n);

	if (p == NULL) {
		hf_log(HF_LOG_ERROR, "nta", "no memory for a policy snapshot: the old one stays");
		return CP_NTA_NO_MEMORY;
	}
	if (n->policy != NULL)
		cp_policy_put(n->policy);
	n->policy = p;
	n->cfg.publish(n->cfg.arg, p);
	return CP_NTA_OK;
}

/* --- changes ------------------------------------------------------------------------------- */

static enum cp_nta_result
store_failed(struct cp_ntas *n, const char *what)
{
	cp_count(n->cfg.counters, store_failed);
	hf_log(HF_LOG_ERROR, "nta", "%s not stored, so not done: %s", what,
	    cp_store_error(n->cfg.store));
	return CP_NTA_STORE;
}

static bool
reason_ok(const char *reason)
{
	size_t len = strlen(reason);

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)reason[i] < ' ' || reason[i] == 0x7f)
			return false;
	}
	return len > 0 && len <= CP_REASON_MAX;
}

static enum cp_nta_result
judge(const struct cp_ntas *n, const struct cp_nta_request *rq)
{
	if (!reason_ok(rq->reason))
		return CP_NTA_BAD_REASON;
	if (is_anchor(n, &rq->name))
		return CP_NTA_IS_ANCHOR;
	if (rq->for_s == 0 || rq->for_s > n->cfg.max_s)
		return CP_NTA_TOO_LONG;
	return cp_ntas_find(n, &rq->name) != NULL ? CP_NTA_EXISTS : CP_NTA_OK;
}

enum cp_nta_result
cp_ntas_add(struct cp_ntas *n, const struct cp_nta_request *rq)
{
	char text[HF_NAME_TEXT_LEN];
	enum cp_nta_result res = judge(n, rq);
	int64_t now_s = hf_clock_wall_s();

	if (res != CP_NTA_OK)
		return res;
	int rc = make_room(n);
	if (rc != 0)
		return rc == -ENOMEM ? CP_NTA_NO_MEMORY : CP_NTA_FULL;
	struct cp_nta nta = {
	    .name = rq->name,
	    .author = rq->author,
	    .added = now_s,
	    .expires = now_s + (int64_t)rq->for_s,
	    .mode = rq->mode,
	    .forced = rq->forced,
	};
	hf_name_lower(&nta.name);
	memcpy(nta.reason, rq->reason, strlen(rq->reason) + 1); /* reason_ok: it fits */
	if (cp_store_add(n->cfg.store, &nta) != 0)
		return store_failed(n, "adding");
	insert(n, &nta, now_s, hf_clock_mono_ns());
	cp_count(n->cfg.counters, nta_added);
	hf_log(HF_LOG_INFO, "nta", "added %s for %llu s by %s: %s",
	    hf_name_to_text(&nta.name, text), (unsigned long long)rq->for_s, nta.author.name,
	    nta.reason);
	return publish(n);
}

/* Out of the store and the list; the caller publishes. */
static enum cp_nta_result
drop(struct cp_ntas *n, size_t i, const char *action, const struct cp_author *author)
{
	char text[HF_NAME_TEXT_LEN];
	const struct cp_nta *nta = &n->items[i].nta;
	struct cp_audit why = {
	    .time = hf_clock_wall_s(),
	    .author = *author,
	    .action = action,
	    .name = &nta->name,
	    .reason = nta->reason,
	};

	if (cp_store_remove(n->cfg.store, nta, &why) != 0)
		return store_failed(n, action);
	hf_log(HF_LOG_INFO, "nta", "%s %s by %s", action, hf_name_to_text(&nta->name, text),
	    author->name);
	take_out(n, i);
	return CP_NTA_OK;
}

enum cp_nta_result
cp_ntas_remove(struct cp_ntas *n, const struct hf_name *name, const struct cp_author *author)
{
	bool found;
	size_t i = place_of(n, name, &found);

	if (!found)
		return CP_NTA_ABSENT;
	enum cp_nta_result res = drop(n, i, "remove", author);
	if (res != CP_NTA_OK)
		return res;
	cp_count(n->cfg.counters, nta_removed);
	return publish(n);
}

/* True when something went. What the store does not let go stays and is tried again. */
static bool
drop_due(struct cp_ntas *n, int64_t wall_s, uint64_t mono_ns)
{
	bool changed = false;

	for (size_t i = n->cnt; i-- > 0;) {
		if (wall_s < n->items[i].nta.expires && mono_ns < n->items[i].over_ns)
			continue;
		if (drop(n, i, "expire", &nobody) != CP_NTA_OK)
			break;
		cp_count(n->cfg.counters, nta_expired);
		changed = true;
	}
	return changed;
}

void
cp_ntas_expire(struct cp_ntas *n, int64_t wall_s, uint64_t mono_ns)
{
	if (drop_due(n, wall_s, mono_ns))
		(void)publish(n);
}

enum cp_nta_result
cp_ntas_overtake(struct cp_ntas *n, uint64_t theirs)
{
	uint64_t ours = cp_store_generation(n->cfg.store);
	uint64_t next = (theirs > ours ? theirs : ours) + 1;
	struct cp_audit why = {
	    .time = hf_clock_wall_s(),
	    .author = nobody,
	    .action = "reconcile",
	    .reason = "the dataplane has a generation that is not this process's",
	};

	if (theirs > ours && theirs - ours > LEAP_MAX) {
		cp_count(n->cfg.counters, generation_refused);
		hf_log(HF_LOG_ERROR, "policy",
		    "the dataplane claims generation %llu, ours is %llu: not believed",
		    (unsigned long long)theirs, (unsigned long long)ours);
		return CP_NTA_TOO_FAR;
	}
	if (cp_store_set_generation(n->cfg.store, next, &why) != 0)
		return store_failed(n, "reconciling");
	return publish(n);
}

enum cp_nta_result
cp_ntas_set_trust(struct cp_ntas *n, struct cp_trust *trust)
{
	cp_trust_get(trust);
	cp_trust_put(n->cfg.trust);
	n->cfg.trust = trust;
	return publish(n);
}

/* --- all ----------------------------------------------------------------------------------- */

static void
on_second(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	cp_ntas_expire(arg, hf_clock_wall_s(), hf_clock_mono_ns());
}

static int
load_one(void *arg, const struct cp_nta *nta)
{
	struct cp_ntas *n = arg;
	char text[HF_NAME_TEXT_LEN];
	int rc = make_room(n);

	if (rc != 0)
		return rc;
	/* A trust anchor configured since then wins over a stored exception from it. */
	if (is_anchor(n, &nta->name)) {
		hf_log(HF_LOG_WARN, "nta", "%s is a trust anchor now: its NTA is not used",
		    hf_name_to_text(&nta->name, text));
		return 0;
	}
	insert(n, nta, hf_clock_wall_s(), hf_clock_mono_ns());
	return 0;
}

static int
start_timer(struct cp_ntas *n)
{
	static const struct timeval every_second = {1, 0};

	if (n->cfg.base == NULL)
		return 0;
	n->timer = event_new(n->cfg.base, -1, EV_PERSIST, on_second, n);
	return n->timer != NULL && event_add(n->timer, &every_second) == 0 ? 0 : -ENOMEM;
}

int
cp_ntas_create(const struct cp_ntas_config *cfg, struct cp_ntas **out)
{
	struct cp_ntas *n = calloc(1, sizeof(*n));
	int rc = n == NULL ? -ENOMEM : 0;

	if (rc == 0) {
		n->cfg = *cfg;
		hf_rand_init(&n->rand);
		if (cfg->trust != NULL)
			cp_trust_get(cfg->trust);
		n->rules = calloc(HF_POLICY_RULE_MAX, sizeof(n->rules[0]));
		rc = n->rules == NULL ? -ENOMEM : collect_anchors(n);
	}
	if (rc == 0)
		rc = cp_store_load(cfg->store, load_one, n);
	if (rc == 0) {
		(void)drop_due(n, hf_clock_wall_s(), hf_clock_mono_ns());
		n->policy = snapshot(n);
		rc = n->policy == NULL ? -ENOMEM : start_timer(n);
	}
	if (rc != 0)
		cp_ntas_destroy(n);
	else
		*out = n;
	return rc;
}

void
cp_ntas_destroy(struct cp_ntas *n)
{
	if (n == NULL)
		return;
	if (n->timer != NULL)
		event_free(n->timer);
	if (n->policy != NULL)
		cp_policy_put(n->policy);
	cp_trust_put(n->cfg.trust);
	for (size_t i = 0; i < n->cnt; i++)
		cp_shadow_put(n->items[i].shadow);
	free(n->items);
	free(n->rules);
	free(n);
}

struct cp_policy *
cp_ntas_policy(const struct cp_ntas *n)
{
	return n->policy;
}

const struct cp_nta *
cp_ntas_find(const struct cp_ntas *n, const struct hf_name *name)
{
	bool found;
	size_t i = place_of(n, name, &found);

	return found ? &n->items[i].nta : NULL;
}

const struct cp_nta *
cp_ntas_at(const struct cp_ntas *n, size_t i)
{
	return i < n->cnt ? &n->items[i].nta : NULL;
}

struct cp_shadow *
cp_ntas_shadow(const struct cp_ntas *n, size_t i)
{
	return i < n->cnt ? n->items[i].shadow : NULL;
}

size_t
cp_ntas_cnt(const struct cp_ntas *n)
{
	return n->cnt;
}
