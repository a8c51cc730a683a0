/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stale: the zones with serve-stale of their own (RFC 8767), in force and in the store.
 *
 * Purpose   What the operator set for a zone at run time, instead of `stale:` in the
 *           configuration. One path for every change: store and audit line, then a snapshot under
 *           the next generation. Nothing takes effect that is not on disk.
 * Roles     The main thread.
 * Memory    At most CP_STALE_ZONES_MAX zones.
 * Blocking  As store.h.
 * Errors    enum cp_stale_result, each of which the operator is told.
 * Trust     Names come from an operator, numbers are checked here.
 */
#ifndef CP_STALE_H
#define CP_STALE_H

#include "controlplane/counters.h"
#include "controlplane/store_stale.h"

enum {
	CP_STALE_ZONES_MAX = HF_POLICY_STALE_MAX,
	CP_STALE_CLIENT_MIN_MS = 100, /* as in lib/config/keys.c */
	CP_STALE_CLIENT_MAX_MS = 5000,
	CP_STALE_TTL_MAX_S = 300,
	CP_STALE_MAX_S = 259200,
	CP_STALE_TEXT_LEN = 160,
};

struct cp_stales;

struct cp_stales_config {
	struct cp_store *store;
	struct cp_counters *counters;
	struct cp_stale all; /* of all other zones */
	void *arg;
	void (*changed)(void *arg); /* stored under the store's generation: publish it */
};

enum cp_stale_result {
	CP_STALE_OK,
	CP_STALE_ABSENT,
	CP_STALE_BAD_NUMBER, /* out of the ranges above */
	CP_STALE_FULL,
	CP_STALE_STORE, /* cp_store_error says why */
};

/* Read the store. *out on success; -errno otherwise. */
int cp_stales_create(const struct cp_stales_config *cfg, struct cp_stales **out);
void cp_stales_destroy(struct cp_stales *s);

enum cp_stale_result cp_stales_set(struct cp_stales *s, const struct hf_name *name,
    const struct cp_stale *stale, const struct cp_author *author);
enum cp_stale_result
cp_stales_unset(struct cp_stales *s, const struct hf_name *name, const struct cp_author *author);

/* What holds for name: *z is the zone that says so, NULL: the configuration. */
const struct cp_stale *
cp_stales_of(const struct cp_stales *s, const struct hf_name *name, const struct cp_stale_zone **z);
const struct cp_stale_zone *cp_stales_find(const struct cp_stales *s, const struct hf_name *name);
const struct cp_stale_zone *cp_stales_at(const struct cp_stales *s, size_t i); /* NULL: the end */

/* "triggers timeout,bogus, max 1d, client-timer 1800ms, ttl 30s". Returns buf. */
char *cp_stale_to_text(const struct cp_stale *stale, char buf[CP_STALE_TEXT_LEN]);

#endif
