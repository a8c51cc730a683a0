/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * store: what must survive a restart: negative trust anchors, the keys of trust points, the
 * policy generation, the audit log. One SQLite file, WAL, synchronous=FULL.
 *
 * Purpose   Every change is one transaction, on disk before it takes effect: after a crash
 *           at any moment the old or the new state is there, with its audit line or without.
 * Roles     The main thread of one process: a second control plane is kept out by a lock on
 *           FILE.lock.
 * Memory    A struct cp_store; what load hands out is valid during the call.
 * Blocking  Disk. Changes are rare: people make them, or the keys of a zone once a day.
 * Errors    -errno, with a sentence in cp_store_error. A file that is damaged or not ours is
 *           -EBADMSG or -EPROTO; nothing in it is changed.
 * Trust     The file may be damaged, or another program's. What it holds is checked.
 *
 *   nta(name PRIMARY KEY, reason, author_uid, author_name, added, expires, mode, forced)
 *   nta_pending(the same, lapses): wait for a second person
 *   clock(id, boot, wall, ns, seen): steady.h
 *   trust_point(name PRIMARY KEY, good, good_ns, boot, interval, retry)
 *   trust_key(name, type, rdata, state, configured, learned, since, seen, seen_cnt, held_ms,
 *       need_ms), PRIMARY KEY(name, type, rdata)
 *   audit(id, time, uid, author, action, name, reason, generation_before, generation_after,
 *       detail, hash): audit.h
 *   stale_zone(name PRIMARY KEY, client_ms, ttl, max, triggers, author_uid, author_name, changed):
 *       store_stale.h
 *   meta(key PRIMARY KEY, value): generation, schema
 *
 * A file of an earlier schema becomes one of today's when it is opened (schema.h).
 */
#ifndef CP_STORE_H
#define CP_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "controlplane/audit.h"
#include "controlplane/steady.h"
#include "controlplane/trust_point.h"
#include "lib/audit/log.h"
#include "lib/link/msg.h"

struct cp_nta {
	struct hf_name name; /* lower case */
	char reason[CP_REASON_MAX + 1];
	struct cp_author author;
	int64_t added, expires; /* seconds since 1970 */
	enum hf_nta_mode mode;
	bool forced;    /* however well the zone recovers, only a person or the clock ends it */
	int64_t lapses; /* while it waits for a second person: until when; 0: it does not */
};

struct cp_store;

/* Open or make the file. *out is set on success and on failure, so that cp_store_error can
 * say why (NULL only without memory): close it in any case. */
int cp_store_open(const char *path, struct cp_store **out);
void cp_store_close(struct cp_store *s);
const char *cp_store_error(const struct cp_store *s);

uint64_t cp_store_generation(const struct cp_store *s);

/* fn for each anchor, in force or pending; a value other than 0 ends the walk and is returned. */
typedef int (*cp_store_fn)(void *arg, const struct cp_nta *n);
int cp_store_load(struct cp_store *s, cp_store_fn fn, void *arg);

/* A change is one transaction with its audit line; the generation becomes why->after, which is
 * the one before or higher. why->before is set here. On failure nothing has changed.
 *
 * put: n as it is from now on, in the place of one of its name; one that was pending is not any
 * more. pend: n waits. remove: -ENOENT if there is none; unpend likewise. note: a line alone. */
int cp_store_put(struct cp_store *s, const struct cp_nta *n, const struct cp_audit *why);
int cp_store_remove(struct cp_store *s, const struct hf_name *name, const struct cp_audit *why);
int cp_store_pend(struct cp_store *s, const struct cp_nta *n, const struct cp_audit *why);
int cp_store_unpend(struct cp_store *s, const struct hf_name *name, const struct cp_audit *why);
int cp_store_note(struct cp_store *s, const struct cp_audit *why);

/* The steady clock as it was last stored; boot is empty if it never was. */
int cp_store_clock(struct cp_store *s, struct cp_steady *out);
/* Store it. by_s other than 0: all ends move by so much in the same transaction, and why is the
 * line that says so. */
int cp_store_set_clock(
    struct cp_store *s, const struct cp_steady *c, int64_t by_s, const struct cp_audit *why);

/* All of a trust point, with an audit line for each change, in one transaction. When other keys
 * are trusted than before and that is pushed, the generation becomes generation + 1. */
int cp_store_put_point(struct cp_store *s, const struct cp_point *p,
    const struct cp_point_changes *changes, int64_t now_s, bool pushed);
/* fn for each trust point with its keys, which are freed after the call. */
typedef int (*cp_point_fn)(void *arg, const struct cp_point *p);
int cp_store_points(struct cp_store *s, cp_point_fn fn, void *arg);

/* fn for at most max lines of the audit log, oldest first, as hf_audit_read. */
int cp_store_audit(
    struct cp_store *s, int64_t after, int64_t since_s, int64_t max, hf_audit_fn fn, void *arg);

#endif
