/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table: blocks of memory by view, class, name and type, bounded in octets.
 *
 * Purpose   The store under every cache of the resolver. Least recently used goes first.
 * Roles     The resolver's thread.
 * Memory    Owns its blocks. What cp_table_find returns lives until the next cp_table_put
 *           or cp_table_remove: copy it out at once.
 * Blocking  Never.
 * Errors    cp_table_put returns NULL when there is no memory or the block is too large.
 * Trust     Names come from the network; the hash is keyed with a secret.
 */
#ifndef CP_RESOLVER_TABLE_H
#define CP_RESOLVER_TABLE_H

#include "lib/base/siphash.h"
#include "lib/wire/name.h"

struct cp_table;

enum cp_class {
	CP_CLASS_ANSWER,  /* judged outcomes */
	CP_CLASS_RAW,     /* outcomes on a server's word: addresses of servers, DS in referrals */
	CP_CLASS_CUT,     /* delegations */
	CP_CLASS_STATE,   /* zone states */
	CP_CLASS_FAIL,    /* failed questions */
	CP_CLASS_FAIL_CD, /* ... that were asked with CD */
	CP_CLASS_CNT,
};

struct cp_key {
	const struct hf_name *name; /* compared without case */
	uint16_t type;
	enum cp_class class;
	uint16_t view; /* whose word it is: route.h */
};

struct cp_block {
	uint64_t put_ns;
	uint64_t expires_ns;
	uint64_t policy_gen; /* under which it was made */
	uint32_t len;
	void *data; /* aligned for any type */
};

struct cp_table *cp_table_create(const struct hf_siphash_key *key, size_t octets_max);
void cp_table_destroy(struct cp_table *t);

/* NULL when there is none. Expired ones are found too: the caller looks at the time. */
struct cp_block *cp_table_find(struct cp_table *t, const struct cp_key *key);
/* A block of len zero octets that replaces what was there. */
struct cp_block *cp_table_put(struct cp_table *t, const struct cp_key *key, size_t len);
void cp_table_remove(struct cp_table *t, const struct cp_key *key);

typedef void (*cp_table_fn)(void *arg, const struct cp_key *key, const struct cp_block *b);
void cp_table_each(struct cp_table *t, cp_table_fn fn, void *arg);

uint64_t cp_table_octets(const struct cp_table *t);
uint64_t cp_table_entries(const struct cp_table *t);

#endif
