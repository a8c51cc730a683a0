/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * entry: what the cache (table.h) keeps under one key, in one piece of memory.
 *
 * Purpose   The layout, as small as it can be: there is one for each thing that is known.
 * Roles     Immutable once published, but for the fields that say who stores them.
 * Memory    From malloc, by the table.
 * Blocking  Never.
 * Errors    None.
 * Trust     Names come from the network.
 *
 *   offset  field     stored by
 *    0      chain     writers of the shard; the next of the same bucket (buckets.h)
 *    8      newer     writers of the shard; in its queue, or of those that wait
 *   16      older     writers of the shard; once unlinked: mark, the age in which it was
 *   24      put_ms    its maker, as all without a word
 *           ttl_s
 *           tagged    a policy generation stands before the data
 *   32      order     keyed hash: its place (buckets.h)
 *   36      domain    keyed hash of its registrable domain
 *   40      len       of the data
 *           class
 *   44      type
 *   46      view
 *   48      name_len
 *   49      hits      readers, relaxed: a mark lost between two is no loss
 *   50      where     writers of the shard; shard stands beside it, which readers do not read
 *   51      octets    the name in lower case, the policy generation, the data
 */
#ifndef CP_RESOLVER_ENTRY_H
#define CP_RESOLVER_ENTRY_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { CP_ENTRY_TTL_BITS = 20, CP_ENTRY_LEN_BITS = 24 };

struct cp_entry {
	_Atomic(struct cp_entry *) chain;
	struct cp_entry *newer;
	union {
		struct cp_entry *older;
		uint64_t mark;
	};
	uint64_t put_ms : 43, ttl_s : CP_ENTRY_TTL_BITS, tagged : 1;
	uint32_t order;
	uint32_t domain;
	uint32_t len : CP_ENTRY_LEN_BITS, class : 8;
	uint16_t type, view;
	uint8_t name_len;
	_Atomic uint8_t hits;
	uint8_t where : 2, shard : 6;
	uint8_t octets[];
};

static_assert(offsetof(struct cp_entry, octets) == 51, "the table above");

/* What tells an entry from every other. */
struct cp_place {
	uint32_t order;
	uint16_t type, view;
	uint8_t class;
	uint8_t name_len;
	const uint8_t *name; /* lower case */
};

static inline struct cp_place
cp_entry_place(const struct cp_entry *e)
{
	return (struct cp_place){e->order, e->type, e->view, e->class, e->name_len, e->octets};
}

static inline bool
cp_entry_is(const struct cp_entry *e, const struct cp_place *p)
{
	return e->order == p->order && e->type == p->type && e->view == p->view &&
	    e->class == p->class && e->name_len == p->name_len &&
	    memcmp(e->octets, p->name, e->name_len) == 0;
}

#endif
