/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/keepwarm.h"

#include <stdlib.h>

#include <event2/event.h>

#include "lib/base/clock.h"
#include "lib/config/config.h"

enum {
	TICK_MS = 500,
	PER_TICK = 16,     /* questions begun at once */
	LIFE_SHARE = 8,    /* asked for anew when one in so many parts of the TTL is left */
	PAUSE_MIN_S = 5,   /* however short the TTL is */
	PAUSE_MAX_S = 300, /* between tries that fail */
};

/* One question that is kept warm. */
struct warm {
	struct cp_keepwarm *k;
	struct hf_question question;
	uint8_t variant;
	bool asking;
	uint32_t pause_s; /* after the last failure; 0: it did not fail */
	uint64_t due_ns;
};

struct cp_keepwarm {
	struct cp_keepwarm_config cfg;
	struct event *tick;
	size_t cnt;
	struct warm warm[];
};

static uint64_t
in_seconds(uint64_t s)
{
	return hf_clock_mono_ns() + s * HF_NS_PER_S;
}

static void
on_done(void *arg, const struct cp_answer *a)
{
	struct warm *w = arg;
	struct cp_counters *counters = w->k->cfg.counters;

	w->asking = false;
	if (a == NULL || a->rcode == HF_RCODE_SERVFAIL) {
		w->pause_s = w->pause_s == 0 ? PAUSE_MIN_S : w->pause_s * 2;
		if (w->pause_s > PAUSE_MAX_S)
			w->pause_s = PAUSE_MAX_S;
		w->due_ns = in_seconds(w->pause_s);
		cp_count(counters, keepwarm_failed);
		return;
	}
	uint32_t wait_s = a->ttl_s - a->ttl_s / LIFE_SHARE;

	w->pause_s = 0;
	w->due_ns = in_seconds(wait_s > PAUSE_MIN_S ? wait_s : PAUSE_MIN_S);
	cp_count(counters, keepwarm);
	cp_link_client_publish(w->k->cfg.link, a);
}

static void
ask(struct warm *w)
{
	const struct cp_ask what = {
	    .question = &w->question,
	    .variant = w->variant,
	    .refresh = true,
	    .who = {.done = on_done, .arg = w},
	};

	w->asking = true;
	if (cp_engine_ask(w->k->cfg.engine, &what, NULL) == 0)
		return; /* done may have been called already */
	w->asking = false;
	w->due_ns = in_seconds(PAUSE_MIN_S);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct cp_keepwarm *k = arg;
	uint64_t now_ns = hf_clock_mono_ns();
	unsigned begun = 0;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < k->cnt && begun < PER_TICK; i++) {
		if (k->warm[i].asking || now_ns < k->warm[i].due_ns)
			continue;
		ask(&k->warm[i]);
		begun++;
	}
}

void
cp_keepwarm_again(struct cp_keepwarm *k)
{
	for (size_t i = 0; k != NULL && i < k->cnt; i++)
		k->warm[i].due_ns = 0;
}

static bool
add(struct cp_keepwarm *k, const char *item)
{
	static const uint8_t variants[] = {0, HF_VARIANT_DO};
	struct hf_question q = {.klass = HF_CLASS_IN};

	if (!hf_config_keepwarm(item, &q.name, &q.type))
		return false;
	for (size_t i = 0; i < sizeof(variants); i++)
		k->warm[k->cnt++] = (struct warm){.k = k, .question = q, .variant = variants[i]};
	return true;
}

struct cp_keepwarm *
cp_keepwarm_create(const struct cp_keepwarm_config *cfg)
{
	static const struct timeval every = {0, TICK_MS * 1000};
	struct cp_keepwarm *k = calloc(1, sizeof(*k) + 2 * cfg->cnt * sizeof(k->warm[0]));
	bool good = k != NULL;

	if (!good)
		return NULL;
	k->cfg = *cfg;
	for (size_t i = 0; good && i < cfg->cnt; i++)
		good = add(k, cfg->items[i]);
	k->tick = good ? event_new(cfg->base, -1, EV_PERSIST, on_tick, k) : NULL;
	if (k->tick == NULL || (k->cnt > 0 && event_add(k->tick, &every) != 0)) {
		cp_keepwarm_destroy(k);
		return NULL;
	}
	return k;
}

void
cp_keepwarm_destroy(struct cp_keepwarm *k)
{
	if (k == NULL)
		return;
	if (k->tick != NULL)
		event_free(k->tick);
	free(k);
}
