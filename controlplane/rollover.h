/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rollover: keeps the trust anchors as the zones' own keys say (RFC 5011).
 *
 * Purpose   Seeds the trust points from files and from what was stored, asks for their keys when
 *           that is due, and takes each observation one way: a step of the state machine
 *           (trust_point.h) on a copy, store, then in force by a new snapshot of policy. Nothing
 *           takes effect that is not on disk.
 * Roles     The main thread.
 * Memory    The trust points, and the anchors in force (trust.h).
 * Blocking  As store.h, and a few signature checks for each observation, of which there is one
 *           a day for the root.
 * Errors    -errno with a sentence; failed observations are logged, counted and tried again.
 * Trust     Files may be wrong, what the store holds was checked, keys from servers are hostile.
 */
#ifndef CP_ROLLOVER_H
#define CP_ROLLOVER_H

#include "controlplane/counters.h"
#include "controlplane/engine.h"
#include "controlplane/store.h"
#include "controlplane/trust.h"
#include "controlplane/trust_point.h"
#include "lib/config/config.h"
#include "lib/config/zonetext.h"

struct cp_rollover;

enum {
	CP_ROLLOVER_WHY_LEN = 256,
	CP_ROLLOVER_FAILS_TOLD = 3, /* in a row, and status calls it trouble */
};

struct cp_rollover_config {
	struct cp_store *store;
	struct cp_counters *counters;
	enum hf_config_rollover mode;
	uint32_t hold_down_s;
	struct va_rules rules;
	const char *boot; /* names this run of the machine; NULL: the kernel knows */
};

/* Reads the store. *out on success; else -errno, and the store has an error text or it is
 * -ENOMEM. */
int cp_rollover_create(const struct cp_rollover_config *cfg, struct cp_rollover **out);
void cp_rollover_destroy(struct cp_rollover *r);

/* Before the start: the anchors of a file (anchors.h), whose path is borrowed; then, after the
 * last one, settle: what has changed is stored. -EINVAL or -errno, err says why; of settle
 * -ENOMEM. */
int cp_rollover_file(struct cp_rollover *r, const char *path, char err[HF_ZONETEXT_ERROR_LEN]);
int cp_rollover_add(struct cp_rollover *r, const struct hf_rrset *anchors, const char *path,
    char err[HF_ZONETEXT_ERROR_LEN]);
int cp_rollover_settle(struct cp_rollover *r, int64_t now_s);

/* The anchors in force, the rollover's reference. */
struct cp_trust *cp_rollover_trust(const struct cp_rollover *r);

struct cp_rollover_ops {
	struct event_base *base;
	struct cp_engine *engine;
	void *arg;
	/* Other anchors are in force, under the store's new generation. */
	void (*changed)(void *arg, struct cp_trust *trust);
};
/* From now on ask for keys. -ENOMEM. */
int cp_rollover_start(struct cp_rollover *r, const struct cp_rollover_ops *ops);

/* The DNSKEY RRset of the idx-th point, as servers gave it, seen at this time. Called by the
 * engine's answers; tests call it too. */
enum cp_seen cp_rollover_observe(
    struct cp_rollover *r, size_t idx, const struct hf_rrset *keys, const struct cp_time *at);

/* What operators are shown of a point. */
struct cp_rollover_view {
	const struct cp_point *point;
	int64_t due_in_s;        /* until the next observation; -1: there are none */
	unsigned fails;          /* observations that failed since the last good one */
	int64_t failing_since_s; /* 0: the last one was good, or there was none */
	const char *why;         /* the last failed */
};
/* False behind the last point; they are in order of name. */
bool cp_rollover_view(
    const struct cp_rollover *r, size_t idx, uint64_t mono_ns, struct cp_rollover_view *out);
/* Is the point in trouble? what, at most cap octets, says so in a sentence. */
bool cp_rollover_trouble(const struct cp_rollover_view *v, char *what, size_t cap);

#endif
