/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/stale.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/units.h"

struct cp_stales {
	struct cp_stales_config cfg;
	size_t cnt;
	struct cp_stale_zone zones[CP_STALE_ZONES_MAX]; /* in order of name */
};

/* Index of name, or of where it belongs. */
static size_t
place_of(const struct cp_stales *s, const struct hf_name *name, bool *found)
{
	size_t lo = 0, hi = s->cnt;

	*found = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int cmp = hf_name_cmp(&s->zones[mid].name, name);

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

/* There is room, or it is there. */
static void
insert(struct cp_stales *s, const struct cp_stale_zone *z)
{
	bool found;
	size_t i = place_of(s, &z->name, &found);

	if (!found) {
		memmove(&s->zones[i + 1], &s->zones[i], (s->cnt - i) * sizeof(s->zones[0]));
		s->cnt++;
	}
	s->zones[i] = *z;
	s->zones[i].stale.retry_s = s->cfg.all.retry_s;
}

static bool
numbers_ok(const struct cp_stale *st)
{
	return st->client_ms >= CP_STALE_CLIENT_MIN_MS && st->client_ms <= CP_STALE_CLIENT_MAX_MS &&
	    st->ttl_s >= 1 && st->ttl_s <= CP_STALE_TTL_MAX_S && st->max_s <= CP_STALE_MAX_S &&
	    (st->triggers & ~(uint32_t)HF_STALE_ALL) == 0;
}

static enum cp_stale_result
store_failed(struct cp_stales *s)
{
	cp_count(s->cfg.counters, store_failed);
	hf_log(HF_LOG_ERROR, "stale", "not stored, so not done: %s", cp_store_error(s->cfg.store));
	return CP_STALE_STORE;
}

static void
say(const char *what, const struct hf_name *name, const struct cp_author *author, const char *how)
{
	char text[HF_NAME_TEXT_LEN];

	hf_log(HF_LOG_INFO, "stale", "%s %s by %s: %s", what, hf_name_to_text(name, text),
	    author->name, how);
}

enum cp_stale_result
cp_stales_set(struct cp_stales *s, const struct hf_name *name, const struct cp_stale *stale,
    const struct cp_author *author)
{
	struct cp_stale_zone z = {
	    .name = *name, .stale = *stale, .author = *author, .changed = hf_clock_wall_s()};
	char how[CP_STALE_TEXT_LEN];
	struct cp_audit why = {.time = z.changed,
	    .author = *author,
	    .action = "stale-set",
	    .name = &z.name,
	    .reason = cp_stale_to_text(stale, how)};

	hf_name_lower(&z.name);
	if (!numbers_ok(stale))
		return CP_STALE_BAD_NUMBER;
	if (s->cnt == CP_STALE_ZONES_MAX && cp_stales_find(s, &z.name) == NULL)
		return CP_STALE_FULL;
	if (cp_store_put_stale(s->cfg.store, &z, &why) != 0)
		return store_failed(s);
	insert(s, &z);
	say("set", &z.name, author, how);
	s->cfg.changed(s->cfg.arg);
	return CP_STALE_OK;
}

enum cp_stale_result
cp_stales_unset(struct cp_stales *s, const struct hf_name *name, const struct cp_author *author)
{
	bool found;
	size_t i = place_of(s, name, &found);
	char how[CP_STALE_TEXT_LEN];

	if (!found)
		return CP_STALE_ABSENT;
	const struct cp_audit why = {.time = hf_clock_wall_s(),
	    .author = *author,
	    .action = "stale-unset",
	    .name = &s->zones[i].name,
	    .reason = cp_stale_to_text(&s->zones[i].stale, how)};
	if (cp_store_drop_stale(s->cfg.store, name, &why) != 0)
		return store_failed(s);
	say("unset", name, author, how);
	s->cnt--;
	memmove(&s->zones[i], &s->zones[i + 1], (s->cnt - i) * sizeof(s->zones[0]));
	s->cfg.changed(s->cfg.arg);
	return CP_STALE_OK;
}

const struct cp_stale_zone *
cp_stales_find(const struct cp_stales *s, const struct hf_name *name)
{
	bool found;
	size_t i = place_of(s, name, &found);

	return found ? &s->zones[i] : NULL;
}

const struct cp_stale_zone *
cp_stales_at(const struct cp_stales *s, size_t i)
{
	return s != NULL && i < s->cnt ? &s->zones[i] : NULL;
}

const struct cp_stale *
cp_stales_of(const struct cp_stales *s, const struct hf_name *name, const struct cp_stale_zone **z)
{
	struct hf_name at = *name;

	/* From the name up to the root: the first zone met is the closest. */
	for (unsigned i = 0; i <= name->label_cnt; i++) {
		*z = cp_stales_find(s, &at);
		if (*z != NULL)
			return &(*z)->stale;
		hf_name_strip(&at, 1, &at);
	}
	return &s->cfg.all;
}

char *
cp_stale_to_text(const struct cp_stale *st, char buf[CP_STALE_TEXT_LEN])
{
	static const char *const names[] = {"timeout", "servfail", "bogus"};
	char max[HF_UNITS_TEXT_LEN], client[HF_UNITS_TEXT_LEN], ttl[HF_UNITS_TEXT_LEN];
	char triggers[32] = "";

	for (unsigned i = 0; i < 3; i++) {
		if ((st->triggers & 1u << i) == 0)
			continue;
		strcat(triggers, triggers[0] != '\0' ? "," : ""); /* three short words fit */
		strcat(triggers, names[i]);
	}
	snprintf(buf, CP_STALE_TEXT_LEN, "triggers %s, max %s, client-timer %s, ttl %s",
	    triggers[0] != '\0' ? triggers : "none",
	    hf_duration_to_text(st->max_s * HF_NS_PER_S, max),
	    hf_duration_to_text(st->client_ms * HF_NS_PER_MS, client),
	    hf_duration_to_text(st->ttl_s * HF_NS_PER_S, ttl));
	return buf;
}

static int
load_one(void *arg, const struct cp_stale_zone *z)
{
	struct cp_stales *s = arg;

	if (s->cnt == CP_STALE_ZONES_MAX)
		return -E2BIG;
	insert(s, z);
	return 0;
}

int
cp_stales_create(const struct cp_stales_config *cfg, struct cp_stales **out)
{
	struct cp_stales *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->cfg = *cfg;
	int rc = cp_store_stales(cfg->store, load_one, s);
	if (rc != 0)
		free(s);
	else
		*out = s;
	return rc;
}

void
cp_stales_destroy(struct cp_stales *s)
{
	free(s);
}
