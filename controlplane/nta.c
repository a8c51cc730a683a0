/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/nta.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "controlplane/nta_list.h"
#include "lib/base/clock.h"
#include "lib/base/date.h"
#include "lib/base/log.h"
#include "lib/base/rand.h"

struct cp_ntas {
	struct cp_ntas_config cfg;
	struct event *timer;
	struct cp_nta_list list;    /* in force */
	struct cp_nta_list pending; /* wait for a second person */
	struct cp_steady steady;
	int64_t clock_stored_s; /* the last `seen` that is in the store */
	char boot[CP_BOOT_LEN];
	struct hf_rand rand;
	struct cp_policy *policy;
	struct cp_rule *rules; /* scratch for snapshots: HF_POLICY_RULE_MAX */
	size_t anchor_cnt;     /* the first so many rules are the positive anchors */
};

static const struct cp_author nobody = {.uid = 0, .name = "holdfast"};

/* Further than this no lost store is ahead of us: a hijacked dataplane could use up all
 * generations with one lie, and no policy could be pushed any more. */
enum { LEAP_MAX = 1 << 20 };

static enum cp_nta_result
store_failed(struct cp_ntas *n, const char *what)
{
	cp_count(n->cfg.counters, store_failed);
	hf_log(HF_LOG_ERROR, "nta", "%s not stored, so not done: %s", what,
	    cp_store_error(n->cfg.store));
	return CP_NTA_STORE;
}

/* --- the clock ----------------------------------------------------------------------------- */

static void
read_clocks(const struct cp_ntas *n, struct cp_moment *now)
{
	if (n->cfg.now != NULL) {
		n->cfg.now(n->cfg.arg, now);
		return;
	}
	now->wall_s = hf_clock_wall_s();
	now->mono_ns = hf_clock_boot_ns();
	now->boot = n->boot;
}

int64_t
cp_ntas_now_s(const struct cp_ntas *n)
{
	struct cp_moment now;

	read_clocks(n, &now);
	return cp_steady_at(&n->steady, now.mono_ns);
}

/* All ends moved by by_s, in the store and here. */
static enum cp_nta_result
move_ends(struct cp_ntas *n, const struct cp_steady *to, int64_t by_s)
{
	char reason[128];

	snprintf(reason, sizeof(reason),
	    "the wall clock jumped by %+lld s: ends moved along, what is left of them stays",
	    (long long)by_s);
	const struct cp_audit why = {
	    .time = to->seen_s,
	    .author = nobody,
	    .action = "clock",
	    .reason = reason,
	};
	if (cp_store_set_clock(n->cfg.store, to, by_s, &why) != 0)
		return store_failed(n, "a jump of the clock");
	n->clock_stored_s = to->seen_s;
	cp_nta_list_move_ends(&n->list, by_s);
	cp_nta_list_move_ends(&n->pending, by_s);
	cp_count(n->cfg.counters, clock_jumps);
	hf_log(HF_LOG_WARN, "nta", "%s", reason);
	return CP_NTA_OK;
}

static enum cp_nta_result
store_clock(struct cp_ntas *n, const struct cp_steady *to)
{
	if (cp_store_set_clock(n->cfg.store, to, 0, NULL) != 0)
		return store_failed(n, "the clock");
	n->clock_stored_s = to->seen_s;
	return CP_NTA_OK;
}

/* A jump that the store does not take is not followed: the old base stays, and it is seen again.
 * needed: an end is about to be stored, and a jump after that must be told from none. */
static enum cp_nta_result
follow_clock(struct cp_ntas *n, bool needed)
{
	enum cp_nta_result res = CP_NTA_OK;
	struct cp_steady next = n->steady;
	struct cp_moment now;
	bool ends = n->list.cnt + n->pending.cnt > 0;

	read_clocks(n, &now);
	int64_t by_s = cp_steady_follow(&next, &now);
	if (!ends && !needed)
		n->clock_stored_s = 0; /* it is stored before the next one that ends by it */
	else if (ends && by_s != 0)
		res = move_ends(n, &next, by_s);
	else if (by_s != 0 || n->clock_stored_s == 0 ||
	    next.seen_s - n->clock_stored_s >= CP_STEADY_SEEN_S)
		res = store_clock(n, &next);
	if (res == CP_NTA_OK)
		n->steady = next;
	return res;
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
		if (n->anchor_cnt == CP_NTA_RULES_MAX)
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
	const struct cp_stale_zone *z;
	size_t cnt = n->anchor_cnt;

	for (size_t i = 0; i < n->list.cnt; i++)
		n->rules[cnt++] = (struct cp_rule){.kind = HF_RULE_NTA,
		    .mode = n->list.at[i].nta.mode,
		    .name = n->list.at[i].nta.name,
		    .shadow = n->list.at[i].shadow};
	for (size_t i = 0; (z = cp_stales_at(n->cfg.stales, i)) != NULL; i++)
		n->rules[cnt++] =
		    (struct cp_rule){.kind = HF_RULE_STALE, .name = z->name, .stale = z->stale};
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

/* "until 2026-11-28T12:00:00Z, soft, forced" */
static const char *
detail_of(const struct cp_nta *nta, char text[CP_DETAIL_MAX])
{
	char until[HF_DATE_TEXT_LEN];

	snprintf(text, CP_DETAIL_MAX, "until %s, %s%s", hf_date_to_text(nta->expires, until),
	    nta->mode == HF_NTA_SOFT ? "soft" : "strict", nta->forced ? ", forced" : "");
	return text;
}

static struct cp_audit
line_of(const struct cp_ntas *n, const struct cp_nta *nta, const char *action,
    const struct cp_author *author)
{
	struct cp_moment now;

	read_clocks(n, &now);
	return (struct cp_audit){
	    .time = now.wall_s,
	    .author = *author,
	    .action = action,
	    .name = &nta->name,
	    .reason = nta->reason,
	    .after = cp_store_generation(n->cfg.store),
	};
}

static void
log_change(const struct cp_nta *nta, const struct cp_audit *a)
{
	char text[HF_NAME_TEXT_LEN];

	hf_log(HF_LOG_INFO, "nta", "%s %s by %s%s%s: %s", a->action,
	    hf_name_to_text(&nta->name, text), a->author.name, a->detail != NULL ? " " : "",
	    a->detail != NULL ? a->detail : "", a->reason);
}

static void
put_in_list(struct cp_ntas *n, const struct cp_nta *nta)
{
	struct cp_nta_item *it = cp_nta_list_put(&n->list, nta);

	if (it->shadow == NULL)
		it->shadow = cp_shadow_create(hf_rand_u64(&n->rand));
}

/* nta is in force from now on, in the place of one of its name. */
static enum cp_nta_result
put(struct cp_ntas *n, const struct cp_nta *nta, const char *action, const struct cp_author *author)
{
	char detail[CP_DETAIL_MAX];
	const struct cp_nta *old = cp_ntas_find(n, &nta->name);
	bool pushed = old == NULL || old->mode != nta->mode;
	struct cp_audit why = line_of(n, nta, action, author);

	if (old == NULL && n->anchor_cnt + n->list.cnt >= CP_NTA_RULES_MAX)
		return CP_NTA_FULL;
	if (cp_nta_list_reserve(&n->list) != 0)
		return CP_NTA_NO_MEMORY;
	if (follow_clock(n, true) != CP_NTA_OK)
		return CP_NTA_STORE;
	why.detail = detail_of(nta, detail);
	why.after += pushed;
	if (cp_store_put(n->cfg.store, nta, &why) != 0)
		return store_failed(n, action);
	put_in_list(n, nta);
	cp_nta_list_remove(&n->pending, &nta->name);
	log_change(nta, &why);
	return pushed ? publish(n) : CP_NTA_OK;
}

/* nta waits. */
static enum cp_nta_result
pend(struct cp_ntas *n, const struct cp_nta *nta, const char *action)
{
	char detail[CP_DETAIL_MAX];
	struct cp_nta waits = *nta;
	struct cp_audit why = line_of(n, nta, action, &nta->author);

	if (n->pending.cnt >= CP_NTA_PENDING_MAX)
		return CP_NTA_FULL;
	if (cp_nta_list_reserve(&n->pending) != 0)
		return CP_NTA_NO_MEMORY;
	if (follow_clock(n, true) != CP_NTA_OK)
		return CP_NTA_STORE;
	waits.lapses = cp_ntas_now_s(n) + CP_NTA_PENDING_S;
	why.detail = detail_of(nta, detail);
	if (cp_store_pend(n->cfg.store, &waits, &why) != 0)
		return store_failed(n, action);
	cp_nta_list_put(&n->pending, &waits);
	cp_count(n->cfg.counters, nta_asked);
	log_change(nta, &why);
	return CP_NTA_WAITS;
}

/* Out of the store and the list, and what waits under its name; the caller publishes. */
static enum cp_nta_result
drop(
    struct cp_ntas *n, const struct cp_nta *nta, const char *action, const struct cp_author *author)
{
	char detail[CP_DETAIL_MAX];
	struct cp_nta gone = *nta;
	struct cp_audit why = line_of(n, &gone, action, author);

	why.detail = detail_of(&gone, detail);
	why.after++;
	if (cp_store_remove(n->cfg.store, &gone.name, &why) != 0)
		return store_failed(n, action);
	cp_nta_list_remove(&n->list, &gone.name);
	log_change(&gone, &why);
	return CP_NTA_OK;
}

static enum cp_nta_result
unpend(
    struct cp_ntas *n, const struct cp_nta *nta, const char *action, const struct cp_author *author)
{
	struct cp_nta gone = *nta;
	struct cp_audit why = line_of(n, &gone, action, author);

	if (cp_store_unpend(n->cfg.store, &gone.name, &why) != 0)
		return store_failed(n, action);
	cp_nta_list_remove(&n->pending, &gone.name);
	log_change(&gone, &why);
	return CP_NTA_OK;
}

/* --- what operators ask -------------------------------------------------------------------- */

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

/* RFC 7646 1.1: a TLD's outage is what most people see, and so is its anchor. */
static bool
needs_second(const struct cp_ntas *n, const struct hf_name *name)
{
	return n->cfg.second_for_tlds && name->label_cnt <= 1;
}

/* What is wrong with the time that is asked for, or OK and *expires. */
static enum cp_nta_result
end_of(const struct cp_ntas *n, const struct cp_nta_request *rq, int64_t now_s, int64_t *expires)
{
	int64_t max_s = (int64_t)n->cfg.max_s;

	if (rq->until_s != 0) {
		if (rq->until_s <= now_s || rq->until_s - now_s > max_s)
			return CP_NTA_TOO_LONG;
		*expires = rq->until_s;
		return CP_NTA_OK;
	}
	if (rq->for_s == 0 || rq->for_s > n->cfg.max_s)
		return CP_NTA_TOO_LONG;
	*expires = now_s + (int64_t)rq->for_s;
	return CP_NTA_OK;
}

enum cp_nta_result
cp_ntas_try(struct cp_ntas *n, const struct cp_nta_request *rq, struct cp_nta *out)
{
	struct cp_nta nta = {.name = rq->name,
	    .author = rq->author,
	    .added = cp_ntas_now_s(n),
	    .mode = rq->mode,
	    .forced = rq->forced};

	if (!reason_ok(rq->reason))
		return CP_NTA_BAD_REASON;
	if (is_anchor(n, &rq->name))
		return CP_NTA_IS_ANCHOR;
	enum cp_nta_result res = end_of(n, rq, nta.added, &nta.expires);
	if (res != CP_NTA_OK)
		return res;
	hf_name_lower(&nta.name);
	memcpy(nta.reason, rq->reason, strlen(rq->reason) + 1); /* reason_ok: it fits */
	if (!rq->replace && cp_ntas_find(n, &nta.name) != NULL)
		return CP_NTA_EXISTS;
	if (cp_ntas_pending(n, &nta.name) != NULL)
		return CP_NTA_WAITS_ALREADY;
	*out = nta;
	return needs_second(n, &nta.name) ? CP_NTA_WAITS : CP_NTA_OK;
}

enum cp_nta_result
cp_ntas_add(struct cp_ntas *n, const struct cp_nta_request *rq)
{
	struct cp_nta nta;

	if (follow_clock(n, false) != CP_NTA_OK)
		return CP_NTA_STORE;
	enum cp_nta_result res = cp_ntas_try(n, rq, &nta);
	if (res == CP_NTA_WAITS)
		return pend(n, &nta, "ask");
	if (res != CP_NTA_OK)
		return res;
	const char *action = cp_ntas_find(n, &nta.name) != NULL ? "replace" : "add";
	res = put(n, &nta, action, &rq->author);
	if (res == CP_NTA_OK)
		cp_count(n->cfg.counters, nta_added);
	return res;
}

enum cp_nta_result
cp_ntas_extend(struct cp_ntas *n, const struct cp_nta_request *rq)
{
	const struct cp_nta *old = cp_ntas_find(n, &rq->name);
	struct cp_nta nta;

	if (old == NULL)
		return CP_NTA_ABSENT;
	if (cp_ntas_pending(n, &rq->name) != NULL)
		return CP_NTA_WAITS_ALREADY;
	if (follow_clock(n, false) != CP_NTA_OK)
		return CP_NTA_STORE;
	nta = *old;
	enum cp_nta_result res = end_of(n, rq, cp_ntas_now_s(n), &nta.expires);
	if (res != CP_NTA_OK)
		return res;
	if (nta.expires <= old->expires)
		return CP_NTA_SHORTER;
	if (rq->reason[0] != '\0') {
		if (!reason_ok(rq->reason))
			return CP_NTA_BAD_REASON;
		memcpy(nta.reason, rq->reason, strlen(rq->reason) + 1);
	}
	if (needs_second(n, &nta.name)) {
		nta.author = rq->author; /* who cannot approve it */
		return pend(n, &nta, "ask");
	}
	res = put(n, &nta, "extend", &rq->author);
	if (res == CP_NTA_OK)
		cp_count(n->cfg.counters, nta_extended);
	return res;
}

static enum cp_nta_result
refuse_same_person(struct cp_ntas *n, const struct cp_nta *nta, const struct cp_author *author)
{
	struct cp_audit why = line_of(n, nta, "refuse", author);

	why.detail = "who asks cannot approve";
	if (cp_store_note(n->cfg.store, &why) != 0)
		return store_failed(n, "refusing");
	cp_count(n->cfg.counters, nta_refused);
	log_change(nta, &why);
	return CP_NTA_SAME_PERSON;
}

enum cp_nta_result
cp_ntas_approve(struct cp_ntas *n, const struct hf_name *name, const struct cp_author *author)
{
	cp_ntas_expire(n);
	const struct cp_nta *asked = cp_ntas_pending(n, name);

	if (asked == NULL)
		return CP_NTA_ABSENT;
	if (asked->author.uid == author->uid)
		return refuse_same_person(n, asked, author);
	struct cp_nta nta = *asked;
	nta.lapses = 0;
	enum cp_nta_result res = put(n, &nta, "approve", author);
	if (res == CP_NTA_OK)
		cp_count(n->cfg.counters, nta_approved);
	return res;
}

enum cp_nta_result
cp_ntas_remove(struct cp_ntas *n, const struct hf_name *name, const struct cp_author *author)
{
	const struct cp_nta *waits = cp_ntas_pending(n, name), *nta = cp_ntas_find(n, name);
	enum cp_nta_result res = CP_NTA_OK;

	if (nta == NULL && waits == NULL)
		return CP_NTA_ABSENT;
	if (waits != NULL)
		res = unpend(n, waits, "withdraw", author);
	if (nta == NULL || res != CP_NTA_OK)
		return res;
	res = drop(n, nta, "remove", author);
	if (res != CP_NTA_OK)
		return res;
	cp_count(n->cfg.counters, nta_removed);
	return publish(n);
}

/* --- what ends by itself ------------------------------------------------------------------- */

/* True when something went. What the store does not let go stays and is tried again. */
static bool
drop_due(struct cp_ntas *n, int64_t now_s)
{
	bool changed = false;

	for (size_t i = n->list.cnt; i-- > 0;) {
		if (now_s < n->list.at[i].nta.expires)
			continue;
		if (drop(n, &n->list.at[i].nta, "expire", &nobody) != CP_NTA_OK)
			break;
		cp_count(n->cfg.counters, nta_expired);
		changed = true;
	}
	return changed;
}

/* A request lapses when nobody approved it, or when its time would be over. */
static void
lapse_due(struct cp_ntas *n, int64_t now_s)
{
	for (size_t i = n->pending.cnt; i-- > 0;) {
		const struct cp_nta *p = &n->pending.at[i].nta;

		if (now_s < p->lapses && now_s < p->expires)
			continue;
		if (unpend(n, p, "lapse", &nobody) != CP_NTA_OK)
			break;
		cp_count(n->cfg.counters, nta_lapsed);
	}
}

/* Ends are judged by a clock whose jumps are in the store, or not at all. */
static bool
end_what_is_over(struct cp_ntas *n)
{
	if (follow_clock(n, false) != CP_NTA_OK)
		return false;
	lapse_due(n, cp_ntas_now_s(n));
	return drop_due(n, cp_ntas_now_s(n));
}

void
cp_ntas_expire(struct cp_ntas *n)
{
	if (end_what_is_over(n))
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
	    .after = next,
	    .reason = "the dataplane has a generation that is not this process's",
	};

	if (theirs > ours && theirs - ours > LEAP_MAX) {
		cp_count(n->cfg.counters, generation_refused);
		hf_log(HF_LOG_ERROR, "policy",
		    "the dataplane claims generation %llu, ours is %llu: not believed",
		    (unsigned long long)theirs, (unsigned long long)ours);
		return CP_NTA_TOO_FAR;
	}
	if (cp_store_note(n->cfg.store, &why) != 0)
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
	cp_ntas_expire(arg);
}

static int
load_one(void *arg, const struct cp_nta *nta)
{
	struct cp_ntas *n = arg;
	char text[HF_NAME_TEXT_LEN];
	struct cp_nta_list *l = nta->lapses != 0 ? &n->pending : &n->list;

	if (l == &n->list && n->anchor_cnt + n->list.cnt >= CP_NTA_RULES_MAX)
		return -E2BIG;
	/* A trust anchor configured since then wins over a stored exception from it. */
	if (is_anchor(n, &nta->name)) {
		hf_log(HF_LOG_WARN, "nta", "%s is a trust anchor now: its NTA is not used",
		    hf_name_to_text(&nta->name, text));
		return 0;
	}
	int rc = cp_nta_list_reserve(l);
	if (rc != 0)
		return rc;
	if (l == &n->list)
		put_in_list(n, nta);
	else
		cp_nta_list_put(l, nta);
	return 0;
}

/* No anchor stands for longer than may be asked for today. */
static void
clamp_ends(struct cp_ntas *n)
{
	int64_t last_s = cp_ntas_now_s(n) + (int64_t)n->cfg.max_s;

	for (size_t i = 0; i < n->list.cnt; i++)
		if (n->list.at[i].nta.expires > last_s)
			n->list.at[i].nta.expires = last_s;
}

static int
load(struct cp_ntas *n)
{
	int rc = cp_store_load(n->cfg.store, load_one, n);

	if (rc == 0)
		rc = cp_store_clock(n->cfg.store, &n->steady);
	if (rc != 0)
		return rc;
	/* One that the kernel does not give tells at least this run of the program from others. */
	if (hf_clock_boot_id(n->boot) != 0)
		snprintf(n->boot, sizeof(n->boot), "pid %d %llx", (int)getpid(),
		    (unsigned long long)hf_clock_mono_ns());
	(void)end_what_is_over(n);
	clamp_ends(n);
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
		rc = load(n);
	if (rc == 0) {
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
	cp_nta_list_fini(&n->list);
	cp_nta_list_fini(&n->pending);
	free(n->rules);
	free(n);
}

struct cp_policy *
cp_ntas_policy(const struct cp_ntas *n)
{
	return n->policy;
}

enum cp_nta_result
cp_ntas_publish(struct cp_ntas *n)
{
	return publish(n);
}

const struct cp_nta *
cp_ntas_find(const struct cp_ntas *n, const struct hf_name *name)
{
	const struct cp_nta_item *it = cp_nta_list_find(&n->list, name);

	return it != NULL ? &it->nta : NULL;
}

const struct cp_nta *
cp_ntas_at(const struct cp_ntas *n, size_t i)
{
	return i < n->list.cnt ? &n->list.at[i].nta : NULL;
}

struct cp_shadow *
cp_ntas_shadow(const struct cp_ntas *n, const struct hf_name *name)
{
	const struct cp_nta_item *it = cp_nta_list_find(&n->list, name);

	return it != NULL ? it->shadow : NULL;
}

size_t
cp_ntas_cnt(const struct cp_ntas *n)
{
	return n->list.cnt;
}

const struct cp_nta *
cp_ntas_pending(const struct cp_ntas *n, const struct hf_name *name)
{
	const struct cp_nta_item *it = cp_nta_list_find(&n->pending, name);

	return it != NULL ? &it->nta : NULL;
}

const struct cp_nta *
cp_ntas_pending_at(const struct cp_ntas *n, size_t i)
{
	return i < n->pending.cnt ? &n->pending.at[i].nta : NULL;
}
