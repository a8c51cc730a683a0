/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/telemetry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "controlplane/resolver/sentinel.h"

enum { FIRST_S = 2, EVERY_S = 86400 };

struct cp_telemetry {
	struct cp_engine *engine;
	struct event *timer;
	struct cp_trust *trust;
};

static int
by_tag(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* Tags of the anchors of zone, each once, in order (RFC 8145 5.1). Returns how many. */
static unsigned
tags_of(const struct hf_rrset *anchors, size_t cnt, const struct hf_name *zone,
    uint16_t tags[CP_TELEMETRY_TAGS])
{
	unsigned have = 0, kept = 0;

	for (size_t i = 0; i < cnt; i++)
		for (unsigned k = 0; hf_name_equal(&anchors[i].owner, zone) &&
		     k < anchors[i].rr_cnt && have < CP_TELEMETRY_TAGS;
		     k++)
			tags[have++] = cp_sentinel_tag(&anchors[i], k);
	qsort(tags, have, sizeof(tags[0]), by_tag);
	for (unsigned i = 0; i < have; i++)
		if (i == 0 || tags[i] != tags[i - 1])
			tags[kept++] = tags[i];
	return kept;
}

bool
cp_telemetry_name(
    const struct hf_rrset *anchors, size_t cnt, const struct hf_name *zone, struct hf_name *out)
{
	uint16_t tags[CP_TELEMETRY_TAGS];
	unsigned tag_cnt = tags_of(anchors, cnt, zone, tags);
	char text[HF_LABEL_MAX + 2 + HF_NAME_TEXT_LEN], rest[HF_NAME_TEXT_LEN];
	size_t len = (size_t)snprintf(text, sizeof(text), "_ta");

	if (tag_cnt == 0)
		return false;
	for (unsigned i = 0; i < tag_cnt; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "-%04x", tags[i]);
	hf_name_to_text(zone, rest);
	snprintf(text + len, sizeof(text) - len, ".%s", zone->len > 1 ? rest : "");
	return hf_name_from_text(text, out) == 0;
}

static void
on_answer(void *arg, const struct cp_answer *a)
{
	(void)arg;
	(void)a; /* that it was asked is all */
}

static void
tell(struct cp_telemetry *t, const struct hf_name *zone)
{
	struct hf_question q = {.type = HF_TYPE_NULL, .klass = HF_CLASS_IN};
	size_t cnt;
	const struct hf_rrset *anchors = cp_trust_sets(t->trust, &cnt);
	struct cp_ask ask = {.question = &q, .who = {.done = on_answer, .arg = t}};

	if (cp_telemetry_name(anchors, cnt, zone, &q.name))
		(void)cp_engine_ask(t->engine, &ask, NULL); /* too busy: tomorrow */
}

static bool
is_first(const struct hf_rrset *anchors, size_t idx)
{
	for (size_t i = 0; i < idx; i++)
		if (hf_name_equal(&anchors[i].owner, &anchors[idx].owner))
			return false;
	return true;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval every = {EVERY_S, 0};
	struct cp_telemetry *t = arg;
	struct cp_trust *trust = t->trust;
	size_t cnt;
	const struct hf_rrset *anchors = cp_trust_sets(trust, &cnt);

	(void)fd;
	(void)what;
	cp_trust_get(trust); /* what is asked may end at once, and bring others */
	for (size_t i = 0; i < cnt; i++)
		if (is_first(anchors, i))
			tell(t, &anchors[i].owner);
	cp_trust_put(trust);
	evtimer_add(t->timer, &every);
}

struct cp_telemetry *
cp_telemetry_create(struct event_base *base, struct cp_engine *engine, struct cp_trust *trust)
{
	static const struct timeval first = {FIRST_S, 0};
	struct cp_telemetry *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->engine = engine;
	cp_trust_get(trust);
	t->trust = trust;
	t->timer = evtimer_new(base, on_timer, t);
	if (t->timer == NULL || evtimer_add(t->timer, &first) != 0) {
		cp_telemetry_destroy(t);
		return NULL;
	}
	return t;
}

void
cp_telemetry_set_trust(struct cp_telemetry *t, struct cp_trust *trust)
{
	if (t == NULL)
		return;
	cp_trust_get(trust);
	cp_trust_put(t->trust);
	t->trust = trust;
}

void
cp_telemetry_destroy(struct cp_telemetry *t)
{
	if (t == NULL)
		return;
	if (t->timer != NULL)
		event_free(t->timer);
	cp_trust_put(t->trust);
	free(t);
}
