/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * facts: small records of one size under a key of 24 octets, shared by threads.
 *
 * Purpose   The store under server.h. A fixed number of slots in sets of CP_FACTS_WAYS; a new
 *           key takes the slot of its set that was written longest ago.
 * Roles     Any number of threads, every call. A read takes no lock: each slot has a version
 *           that is odd while it is written, and a reader whose copy may be torn copies
 *           again, after CP_FACTS_READS tries under the lock. A write holds the lock of its
 *           shard for as long as it takes to copy a record twice.
 * Memory    One block for its life. Records are copied in and out; nobody holds a pointer.
 * Blocking  A writer waits for a writer of the same shard; nothing else happens under the lock.
 * Errors    None: what had to make room is what was never known.
 * Trust     Keys may be chosen by strangers; the hash is keyed with a secret.
 *
 * A slot, all words 64 bits wide and atomic:
 *
 *   field        stored by
 *   version      the holder of the shard's lock: odd before the first word, even after the last
 *   key[3]       the holder of the shard's lock
 *   written_ns   the holder of the shard's lock; 0: the slot is free
 *   word[]       the holder of the shard's lock
 */
#ifndef CP_RESOLVER_FACTS_H
#define CP_RESOLVER_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/siphash.h"

enum { CP_FACTS_WAYS = 4, CP_FACTS_SHARDS = 64, CP_FACTS_READS = 8, CP_FACTS_OCTETS_MAX = 256 };

struct cp_facts;

struct cp_facts_key {
	uint64_t k[3];
};

/* A record being changed: between cp_facts_open and cp_facts_close the shard is locked. */
struct cp_facts_edit {
	struct cp_facts *facts;
	size_t slot;
	uint64_t now_ns;
	bool known; /* it was there */
};

/* slots: a power of two, at least CP_FACTS_WAYS. octets of a record: a multiple of 8, at most
 * CP_FACTS_OCTETS_MAX. NULL without memory. */
struct cp_facts *cp_facts_create(const struct hf_siphash_key *key, size_t slots, size_t octets);
void cp_facts_destroy(struct cp_facts *f); /* nobody else may be inside */

/* Copy the record to out; false, and zeroes, when there is none. */
bool cp_facts_read(const struct cp_facts *f, const struct cp_facts_key *key, void *out);

/* Take the record of key, made of zeroes if need be, to change it. now_ns > 0. */
void cp_facts_open(struct cp_facts *f, const struct cp_facts_key *key, uint64_t now_ns, void *rec,
    struct cp_facts_edit *e);
/* The same, but only a record that is there: else false, and nothing to close. */
bool cp_facts_open_known(struct cp_facts *f, const struct cp_facts_key *key, uint64_t now_ns,
    void *rec, struct cp_facts_edit *e);
void cp_facts_close(const struct cp_facts_edit *e, const void *rec);

#endif
