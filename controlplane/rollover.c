/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/rollover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "controlplane/anchors.h"
#include "controlplane/keyset.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "validator/crypto.h"
#include "validator/key.h"

enum {
	FIRST_S = 2,   /* after the start */
	ASKS_MAX = 16, /* under way */
};

/* A point of which the keys are observed, or of which only files speak. */
struct item {
	struct cp_rollover *r;
	struct cp_point point;
	struct cp_point_changes *pending; /* until settle: what files changed */
	bool asking;
	uint64_t due_ns;
	unsigned fails;
	int64_t failing_since_s;
	char why[CP_ROLLOVER_WHY_LEN];
};

struct cp_rollover {
	struct cp_rollover_config cfg;
	struct cp_rollover_ops ops;
	char boot[CP_BOOT_LEN];
	struct va_crypto *crypto;
	struct cp_trust *trust;
	struct event *tick; /* NULL: not started */
	bool owed;          /* what is stored is newer than trust: there was no memory */
	unsigned asks;
	size_t cnt;
	struct item **items; /* in order of name; an item stays where it is */
};

/* --- points ------------------------------------------------------------------------------ */

static bool
follows(const struct cp_rollover *r, const struct hf_name *name)
{
	return r->cfg.mode == HF_ROLLOVER_ALL ||
	    (r->cfg.mode == HF_ROLLOVER_ROOT && name->len == 1);
}

/* Index of name, or of where it belongs. */
static size_t
place_of(const struct cp_rollover *r, const struct hf_name *name, bool *found)
{
	size_t i = 0;

	while (i < r->cnt && hf_name_cmp(&r->items[i]->point.name, name) < 0)
		i++;
	*found = i < r->cnt && hf_name_equal(&r->items[i]->point.name, name);
	return i;
}

static void
item_free(struct item *it)
{
	cp_point_fini(&it->point);
	free(it->pending);
	free(it);
}

/* The item of name, made if need be; NULL: no memory. */
static struct item *
item_of(struct cp_rollover *r, const struct hf_name *name)
{
	bool found;
	size_t at = place_of(r, name, &found);

	if (found)
		return r->items[at];
	struct item **items = realloc(r->items, (r->cnt + 1) * sizeof(*items));
	struct item *it = calloc(1, sizeof(*it));

	if (items != NULL)
		r->items = items;
	if (it != NULL)
		it->pending = calloc(1, sizeof(*it->pending));
	if (items == NULL || it == NULL || it->pending == NULL) {
		free(it);
		return NULL;
	}
	it->r = r;
	cp_point_init(&it->point, name, follows(r, name));
	memmove(&items[at + 1], &items[at], (r->cnt - at) * sizeof(*items));
	items[at] = it;
	r->cnt++;
	return it;
}

/* --- the anchors in force ----------------------------------------------------------------- */

static int
trust_make(struct cp_rollover *r, uint64_t since)
{
	struct cp_point_trust *each = calloc(r->cnt + 1, sizeof(*each));
	struct hf_rrset *sets = calloc(2 * r->cnt + 1, sizeof(*sets));
	struct cp_trust *trust = NULL;
	size_t cnt = 0;

	for (size_t i = 0; each != NULL && sets != NULL && i < r->cnt; i++) {
		unsigned n = cp_point_trust(&r->items[i]->point, &each[i]);

		for (unsigned k = 0; k < n; k++)
			sets[cnt++] = each[i].set[k];
	}
	if (each != NULL && sets != NULL)
		trust = cp_trust_create(sets, cnt, since);
	free(each);
	free(sets);
	if (trust == NULL)
		return -ENOMEM;
	cp_trust_put(r->trust);
	r->trust = trust;
	return 0;
}

struct cp_trust *
cp_rollover_trust(const struct cp_rollover *r)
{
	return r->trust;
}

/* --- what is told ------------------------------------------------------------------------- */

static void
tell_change(const struct cp_rollover *r, const struct cp_point *p, const struct cp_key_change *c)
{
	bool bad = c->to == CP_KEY_MISSING || c->to == CP_KEY_REVOKED;
	char name[HF_NAME_TEXT_LEN];

	switch (c->to) {
	case CP_KEY_PENDING:
		cp_count(r->cfg.counters, anchor_pending);
		break;
	case CP_KEY_VALID:
		cp_count(r->cfg.counters, anchor_valid);
		break;
	case CP_KEY_MISSING:
		cp_count(r->cfg.counters, anchor_missing);
		break;
	case CP_KEY_REVOKED:
		cp_count(r->cfg.counters, anchor_revoked);
		break;
	case CP_KEY_REMOVED:
		cp_count(r->cfg.counters, anchor_removed);
		break;
	default:
		cp_count(r->cfg.counters, anchor_forgotten);
		break;
	}
	hf_log(bad ? HF_LOG_WARN : HF_LOG_INFO, "anchor",
	    "key of %s, tag %u, algorithm %u: %s to %s: %s", hf_name_to_text(&p->name, name),
	    c->tag, c->algorithm, cp_key_state_text(c->from), cp_key_state_text(c->to), c->why);
}

static void
tell(const struct cp_rollover *r, const struct cp_point *p, const struct cp_point_changes *c)
{
	char name[HF_NAME_TEXT_LEN];

	for (unsigned i = 0; i < c->cnt; i++)
		tell_change(r, p, &c->item[i]);
	hf_name_to_text(&p->name, name);
	if (c->forged > 0) {
		cp_count(r->cfg.counters, anchor_forged);
		hf_log(HF_LOG_WARN, "anchor",
		    "%s: %u keys have the REVOKE bit without their own signature: not believed",
		    name, c->forged);
	}
	if (c->full) {
		cp_count(r->cfg.counters, anchor_full);
		hf_log(HF_LOG_ERROR, "anchor", "%s: over %d keys, new ones are not looked at", name,
		    CP_POINT_KEYS_MAX);
	}
	if (cp_point_trusted_cnt(p) == 0)
		hf_log(HF_LOG_ERROR, "anchor",
		    "%s: no trust anchor is left: nothing below it validates until a file under "
		    "trust-anchors has a good one",
		    name);
}

/* --- files, at start ---------------------------------------------------------------------- */

static int
add_one(struct item *it, uint16_t type, const struct hf_rdata *rd, const char *path, char *err)
{
	struct cp_point_key k = {.type = type, .file = path, .len = rd->len};
	char name[HF_NAME_TEXT_LEN];

	hf_name_to_text(&it->point.name, name);
	if (rd->len > sizeof(k.rdata)) {
		snprintf(
		    err, HF_ZONETEXT_ERROR_LEN, "%.120s: a key of %.120s is too long", path, name);
		return -EINVAL;
	}
	memcpy(k.rdata, rd->data, rd->len);
	int rc = cp_point_configure(&it->point, &k, hf_clock_wall_s(), it->pending);

	if (rc == -E2BIG)
		snprintf(err, HF_ZONETEXT_ERROR_LEN, "%.120s: more than %d anchors of %.120s", path,
		    CP_POINT_KEYS_MAX, name);
	if (rc != -EKEYREVOKED)
		return rc;
	hf_log(HF_LOG_WARN, "anchor", "%s: key of %s with tag %u was revoked: not used", path, name,
	    cp_point_key_tag(&k));
	return 0;
}

int
cp_rollover_add(struct cp_rollover *r, const struct hf_rrset *anchors, const char *path,
    char err[HF_ZONETEXT_ERROR_LEN])
{
	struct item *it = item_of(r, &anchors->owner);
	int rc = it == NULL ? -ENOMEM : 0;

	if (rc != 0)
		snprintf(err, HF_ZONETEXT_ERROR_LEN, "%s: out of memory", path);
	for (uint16_t i = 0; rc == 0 && i < anchors->rr_cnt; i++)
		rc = add_one(it, anchors->type, &anchors->rr[i], path, err);
	return rc;
}

int
cp_rollover_file(struct cp_rollover *r, const char *path, char err[HF_ZONETEXT_ERROR_LEN])
{
	struct hf_rrsets sets;

	hf_rrsets_init(&sets);
	int rc = cp_anchors_load(path, &sets, err);

	for (size_t i = 0; rc == 0 && i < sets.cnt; i++)
		rc = cp_rollover_add(r, &sets.sets[i], path, err);
	hf_rrsets_fini(&sets);
	return rc;
}

static bool
has_file(const struct cp_point *p)
{
	for (unsigned i = 0; i < p->key_cnt; i++)
		if (p->keys[i].file != NULL)
			return true;
	return false;
}

/* What is stored of a name that has no anchor now stays there, for when it has one again. */
static void
drop_unconfigured(struct cp_rollover *r)
{
	for (size_t i = r->cnt; i-- > 0;) {
		if (has_file(&r->items[i]->point))
			continue;
		item_free(r->items[i]);
		r->cnt--;
		memmove(&r->items[i], &r->items[i + 1], (r->cnt - i) * sizeof(r->items[0]));
	}
}

/* The files are the operator's word whether or not the disk takes it: the next observation
 * stores what this could not. */
static void
settle_one(struct item *it, int64_t now_s)
{
	struct cp_rollover *r = it->r;

	cp_point_settle(&it->point, it->pending);
	if (cp_store_put_point(r->cfg.store, &it->point, it->pending, now_s, false) != 0) {
		cp_count(r->cfg.counters, store_failed);
		hf_log(HF_LOG_ERROR, "anchor", "what the files say of keys was not stored: %s",
		    cp_store_error(r->cfg.store));
	}
	tell(r, &it->point, it->pending);
	memset(it->pending, 0, sizeof(*it->pending));
}

int
cp_rollover_settle(struct cp_rollover *r, int64_t now_s)
{
	drop_unconfigured(r);
	for (size_t i = 0; i < r->cnt; i++) {
		struct item *it = r->items[i];

		if (!it->point.rolls)
			continue;
		if (it->point.good_s > now_s)
			hf_log(HF_LOG_WARN, "anchor",
			    "keys were last observed in the future: the clock was wrong then, or "
			    "is now");
		settle_one(it, now_s);
	}
	return trust_make(r, 0);
}

/* --- observations ------------------------------------------------------------------------- */

static void
due_in(struct item *it, uint64_t mono_ns, uint32_t s)
{
	it->due_ns = mono_ns + s * HF_NS_PER_S;
}

static void
failed(struct item *it, const struct cp_time *at, const char *why)
{
	char name[HF_NAME_TEXT_LEN];
	uint32_t again_s = cp_point_retry_s(&it->point, it->r->cfg.hold_down_s);

	if (it->fails++ == 0)
		it->failing_since_s = at->wall_s;
	snprintf(it->why, sizeof(it->why), "%s", why);
	due_in(it, at->mono_ns, again_s);
	cp_count(it->r->cfg.counters, anchor_refresh_failed);
	hf_log(cp_point_trusted_cnt(&it->point) > 0 ? HF_LOG_WARN : HF_LOG_ERROR, "anchor",
	    "keys of %s not observed: %s; again in %u s", hf_name_to_text(&it->point.name, name),
	    why, again_s);
}

/* next is what the point becomes, on disk first. */
static int
take(struct item *it, struct cp_point *next, const struct cp_point_changes *c, int64_t now_s)
{
	struct cp_rollover *r = it->r;
	struct cp_point old = it->point;

	if (cp_store_put_point(r->cfg.store, next, c, now_s, true) != 0) {
		cp_count(r->cfg.counters, store_failed);
		return -EIO;
	}
	it->point = *next;
	*next = old; /* freed by the caller */
	tell(r, &it->point, c);
	r->owed |= c->trust;
	if (!r->owed)
		return 0;
	r->owed = trust_make(r, cp_store_generation(r->cfg.store)) != 0;
	if (r->owed)
		hf_log(HF_LOG_ERROR, "anchor", "no memory for new anchors: the old ones stay");
	else if (r->ops.changed != NULL)
		r->ops.changed(r->ops.arg, r->trust);
	return 0;
}

static enum cp_seen
observe(struct item *it, const struct hf_rrset *keys, const struct cp_time *at,
    struct cp_point *next, char why[CP_ROLLOVER_WHY_LEN])
{
	struct cp_rollover *r = it->r;
	const struct cp_moment moment = {at->wall_s, at->mono_ns, r->boot};
	struct cp_point_changes c = {0};
	struct va_budget budget;
	struct va_result res = {0};

	va_budget_init(&budget, &r->cfg.rules, r->crypto);
	enum cp_seen seen =
	    cp_point_observe(next, keys, &moment, r->cfg.hold_down_s, &budget, &res, &c);

	if (seen == CP_SEEN_BAD)
		tell(r, next, &c);
	if (seen != CP_SEEN_GOOD)
		(void)va_result_to_text(&res, NULL, why, CP_ROLLOVER_WHY_LEN);
	if (seen == CP_SEEN_BAD || take(it, next, &c, at->wall_s) == 0)
		return seen;
	snprintf(why, CP_ROLLOVER_WHY_LEN, "not stored, so not done: %.200s",
	    cp_store_error(r->cfg.store));
	return CP_SEEN_BAD;
}

enum cp_seen
cp_rollover_observe(
    struct cp_rollover *r, size_t idx, const struct hf_rrset *keys, const struct cp_time *at)
{
	struct item *it = r->items[idx];
	char why[CP_ROLLOVER_WHY_LEN] = "out of memory";
	enum cp_seen seen = CP_SEEN_BAD;
	struct cp_point next;

	if (cp_point_copy(&next, &it->point) == 0) {
		seen = observe(it, keys, at, &next, why);
		cp_point_fini(&next);
	}
	if (seen != CP_SEEN_GOOD) {
		failed(it, at, why);
		return seen;
	}
	it->fails = 0;
	it->failing_since_s = 0;
	due_in(it, at->mono_ns, it->point.interval_s);
	cp_count(r->cfg.counters, anchor_refreshed);
	return seen;
}

/* --- asking ------------------------------------------------------------------------------- */

static size_t
index_of(const struct item *it)
{
	bool found;

	return place_of(it->r, &it->point.name, &found);
}

static void
on_answer(void *arg, const struct cp_answer *a)
{
	struct item *it = arg;
	struct cp_time now;
	struct cp_keyset *set = a != NULL ? cp_keyset_read(a) : NULL;

	it->asking = false;
	it->r->asks--;
	cp_engine_time(&now);
	if (set != NULL)
		(void)cp_rollover_observe(it->r, index_of(it), cp_keyset_rrset(set), &now);
	else
		failed(it, &now, a != NULL && a->ede_text[0] != '\0' ? a->ede_text : "no answer");
	cp_keyset_free(set);
}

/* Without validation, which is done here, by the anchors alone: a set that only revoked keys
 * signed is to be seen too. */
static void
ask(struct item *it, uint64_t now_ns)
{
	const struct hf_question q = {
	    .name = it->point.name, .type = HF_TYPE_DNSKEY, .klass = HF_CLASS_IN};
	const struct cp_ask what = {
	    .question = &q,
	    .variant = HF_VARIANT_DO | HF_VARIANT_CD,
	    .fresh = true,
	    .who = {.done = on_answer, .arg = it},
	};

	it->asking = true;
	it->r->asks++;
	if (cp_engine_ask(it->r->ops.engine, &what, NULL) == 0)
		return; /* done may have been called already */
	it->asking = false;
	it->r->asks--;
	due_in(it, now_ns, FIRST_S); /* too busy */
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct cp_rollover *r = arg;
	uint64_t now_ns = hf_clock_mono_ns();

	(void)fd;
	(void)what;
	for (size_t i = 0; i < r->cnt && r->asks < ASKS_MAX; i++) {
		struct item *it = r->items[i];

		if (it->point.rolls && !it->asking && it->due_ns <= now_ns)
			ask(it, now_ns);
	}
}

/* The next observation is due as it was planned, if this machine still runs. */
static void
first_due(struct item *it, uint64_t now_ns)
{
	const struct cp_point *p = &it->point;
	uint64_t planned_ns = p->good_ns + p->interval_s * HF_NS_PER_S;

	due_in(it, now_ns, FIRST_S);
	if (p->good_s != 0 && strcmp(p->boot, it->r->boot) == 0 && planned_ns > it->due_ns &&
	    p->good_ns <= now_ns)
		it->due_ns = planned_ns;
}

int
cp_rollover_start(struct cp_rollover *r, const struct cp_rollover_ops *ops)
{
	static const struct timeval every_second = {1, 0};
	uint64_t now_ns = hf_clock_mono_ns();

	r->ops = *ops;
	for (size_t i = 0; i < r->cnt; i++)
		first_due(r->items[i], now_ns);
	r->tick = event_new(ops->base, -1, EV_PERSIST, on_tick, r);
	return r->tick != NULL && event_add(r->tick, &every_second) == 0 ? 0 : -ENOMEM;
}

/* --- all ---------------------------------------------------------------------------------- */

/* Loaded keys belong to no file until one vouches for them. */
static int
load_one(void *arg, const struct cp_point *p)
{
	struct cp_rollover *r = arg;
	struct item *it;

	if (!follows(r, &p->name))
		return 0;
	it = item_of(r, &p->name);
	return it != NULL ? cp_point_copy(&it->point, p) : -ENOMEM;
}

int
cp_rollover_create(const struct cp_rollover_config *cfg, struct cp_rollover **out)
{
	struct cp_rollover *r = calloc(1, sizeof(*r));
	int rc = r == NULL ? -ENOMEM : 0;

	if (rc == 0) {
		r->cfg = *cfg;
		if (cfg->boot != NULL)
			snprintf(r->boot, sizeof(r->boot), "%s", cfg->boot);
		else
			(void)hf_clock_boot_id(r->boot); /* "": no two runs are the same */
		r->crypto = va_crypto_create();
		rc = r->crypto == NULL ? -ENOMEM : cp_store_points(cfg->store, load_one, r);
	}
	if (rc != 0)
		cp_rollover_destroy(r);
	else
		*out = r;
	return rc;
}

void
cp_rollover_destroy(struct cp_rollover *r)
{
	if (r == NULL)
		return;
	if (r->tick != NULL)
		event_free(r->tick);
	for (size_t i = 0; i < r->cnt; i++)
		item_free(r->items[i]);
	free(r->items);
	cp_trust_put(r->trust);
	va_crypto_destroy(r->crypto);
	free(r);
}

/* --- looking inside ----------------------------------------------------------------------- */

bool
cp_rollover_view(
    const struct cp_rollover *r, size_t idx, uint64_t mono_ns, struct cp_rollover_view *out)
{
	const struct item *it = idx < r->cnt ? r->items[idx] : NULL;

	if (it == NULL)
		return false;
	*out = (struct cp_rollover_view){
	    .point = &it->point,
	    .due_in_s = -1,
	    .fails = it->fails,
	    .failing_since_s = it->failing_since_s,
	    .why = it->why,
	};
	if (it->point.rolls)
		out->due_in_s =
		    it->due_ns > mono_ns ? (int64_t)((it->due_ns - mono_ns) / HF_NS_PER_S) : 0;
	return true;
}

bool
cp_rollover_trouble(const struct cp_rollover_view *v, char *what, size_t cap)
{
	char name[HF_NAME_TEXT_LEN];

	hf_name_to_text(&v->point->name, name);
	if (cp_point_trusted_cnt(v->point) == 0)
		snprintf(
		    what, cap, "no trust anchor of %s is left: nothing below it validates", name);
	else if (v->fails >= CP_ROLLOVER_FAILS_TOLD)
		snprintf(what, cap, "the keys of %s could not be observed %u times: %s", name,
		    v->fails, v->why);
	else
		return false;
	return true;
}
