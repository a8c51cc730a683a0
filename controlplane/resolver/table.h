/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table: the cache that all recursion threads share: octets by view, class, name and type.
 *
 * Purpose   The store under every cache of the resolver. Readers take no lock: an entry is
 *           immutable once published, by one store of one pointer. Writers take the lock of
 *           one of up to 64 shards.
 *
 *           Who stays (S3-FIFO: Yang et al., SOSP 2023): a new entry is on probation in a
 *           tenth of the octets; it enters the main part when it was read again there, or
 *           when it comes back soon after it was dropped from it (ghost.h). So a flood of
 *           names asked once pushes out its own kind only. Main is a clock: what was read
 *           since the hand came by stays. No registrable domain holds more than 5 %
 *           (share.h): above it a domain displaces its own entries on probation or is
 *           not admitted.
 *
 * Roles     Any thread; each reader has an index of its own (grace.h).
 * Memory    Owns its entries. Bounded by octets_max, buckets and fixed parts included; what was
 * dropped and may still be read is at most an eighth more. Blocking  Only for another writer of the
 * same shard, which never waits itself. Errors    cp_table_prepare: NULL without memory or for what
 * is too large. enum cp_put. Trust     Names come from the network; every hash is keyed with a
 * secret.
 */
#ifndef CP_RESOLVER_TABLE_H
#define CP_RESOLVER_TABLE_H

#include "controlplane/resolver/suffix.h"
#include "lib/base/siphash.h"
#include "lib/wire/name.h"

enum { CP_TABLE_TTL_MAX = (1 << 20) - 1 }; /* seconds; nothing is kept longer */

struct cp_table;
struct cp_entry; /* prepared, seen by nobody yet */

enum cp_class {
	CP_CLASS_ANSWER,   /* judged outcomes */
	CP_CLASS_RAW,      /* outcomes on a server's word: addresses of servers, DS in referrals */
	CP_CLASS_CUT,      /* delegations */
	CP_CLASS_STATE,    /* zone states */
	CP_CLASS_FAIL,     /* failed questions */
	CP_CLASS_FAIL_CD,  /* ... that were asked with CD */
	CP_CLASS_LOST,     /* failed look-ups within questions */
	CP_CLASS_LOST_RAW, /* ... on a server's word */
	CP_CLASS_CNT,
};

struct cp_key {
	const struct hf_name *name; /* compared without case */
	uint16_t type;
	enum cp_class class;
	uint16_t view; /* whose word it is: route.h */
};

/* What is found, in place: until cp_table_leave. */
struct cp_block {
	uint64_t put_ns; /* in steps of 4 ms */
	uint64_t expires_ns;
	uint32_t ttl_s;
	uint64_t policy_gen; /* as it was put */
	uint32_t len;
	const uint8_t *data; /* not aligned */
};

struct cp_table_config {
	struct hf_siphash_key key;
	size_t octets_max;
	const struct cp_suffixes *suffixes; /* NULL: a domain is the last two labels */
};

struct cp_table *cp_table_create(const struct cp_table_config *cfg);
void cp_table_destroy(struct cp_table *t);
/* The zone is a public suffix or above one: nobody's, so it has no share. */
bool cp_table_is_public(const struct cp_table *t, const struct hf_name *zone);

/* What is found between these two stays readable until the second. They do not nest. */
void cp_table_enter(struct cp_table *t, unsigned reader);
void cp_table_leave(struct cp_table *t, unsigned reader);

/* Between enter and leave. False when there is none. Expired ones are found too: the caller
 * looks at the time; only a fresh one is marked as read. */
bool
cp_table_find(struct cp_table *t, const struct cp_key *key, uint64_t now_ns, struct cp_block *b);

struct cp_item {
	struct cp_key key;
	uint64_t now_ns;
	uint64_t policy_gen; /* that it dies with; 0: none */
	uint32_t ttl_s;
	uint32_t len;
};

/* An entry with item->len octets at *data to be filled in; then publish or discard it. */
struct cp_entry *
cp_table_prepare(const struct cp_table *t, const struct cp_item *item, uint8_t **data);
void cp_entry_discard(struct cp_entry *e);

enum cp_put {
	CP_PUT_KEPT,
	CP_PUT_SHARE, /* refused: its registrable domain holds all that it may */
	CP_PUT_BUSY,  /* refused: too much waits to be freed */
};

/* Takes e in every case. It replaces what was under its key, kept or not. */
enum cp_put cp_table_publish(struct cp_table *t, struct cp_entry *e);
void cp_table_remove(struct cp_table *t, const struct cp_key *key);

/* Every entry, under its shard's lock: for operators, not for questions. */
typedef void (*cp_table_fn)(void *arg, const struct cp_key *key, const struct cp_block *b);
void cp_table_each(struct cp_table *t, cp_table_fn fn, void *arg);

struct cp_table_use {
	uint64_t entries;
	uint64_t octets;  /* of entries, allocator overhead included */
	uint64_t waiting; /* octets dropped that a reader may still see */
	uint64_t evicted; /* entries, since the start */
};
void cp_table_use(const struct cp_table *t, struct cp_table_use *use);
/* At least the octets that entries of name's registrable domain hold. */
size_t cp_table_share(const struct cp_table *t, const struct hf_name *name);
/* A keyed hash of name's registrable domain. */
uint32_t cp_table_domain(const struct cp_table *t, const struct hf_name *name);
/* The most a registrable domain may hold. */
size_t cp_table_share_max(const struct cp_table *t);

#endif
