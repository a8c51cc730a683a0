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
 *   24      put       its maker, as all without a word; in CP_ENTRY_TICK_NS
 *           ttl_s
 *           domain    a few bits of the hash of its registrable domain; readers do not look
 *   32      order     keyed hash: its place (buckets.h)
 *   36      len       of the data
 *           class
 *           shard
 *           viewed    a view stands behind the name, else it is CP_VIEW_PUBLIC, which is 0
 *           tagged    and a policy generation behind that
 *   40      type
 *   42      name_len
 *   43      state     readers: hits, by compare and swap; writers of the shard: all of it
 *   44      octets    the name in lower case, the view, the policy generation, the data
 */
#ifndef CP_RESOLVER_ENTRY_H
#define CP_RESOLVER_ENTRY_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "controlplane/resolver/table.h"

enum {
	CP_ENTRY_TICK_NS = 3906250, /* 1/256 s */
	CP_ENTRY_LEN_BITS = 20,
	CP_ENTRY_SHARD_BITS = 6,
	CP_ENTRY_DOMAIN_BITS = 4,
	CP_ENTRY_HITS = 3, /* of state: times the hand passes before what nobody reads goes */
	CP_ENTRY_MAIN = 4, /* of state: no longer on probation */
};

struct cp_entry {
	_Atomic(struct cp_entry *) chain;
	struct cp_entry *newer;
	union {
		struct cp_entry *older;
		uint64_t mark;
	};
	uint64_t put : 40, ttl_s : 20, domain : CP_ENTRY_DOMAIN_BITS;
	uint32_t order;
	uint32_t len : CP_ENTRY_LEN_BITS,
		       class : 4,
		       shard : CP_ENTRY_SHARD_BITS,
			       viewed : 1,
			       tagged : 1;
	uint16_t type;
	uint8_t name_len;
	_Atomic uint8_t state;
	uint8_t octets[];
};

static_assert(offsetof(struct cp_entry, octets) == 44, "the table above");
static_assert(CP_CLASS_CNT <= 16 && CP_TABLE_TTL_MAX < 1 << 20, "they fit");

/* What tells an entry from every other. */
struct cp_place {
	uint32_t order;
	uint16_t type, view;
	uint8_t class;
	uint8_t name_len;
	const uint8_t *name; /* lower case */
};

static inline uint16_t
cp_entry_view(const struct cp_entry *e)
{
	uint16_t view = 0;

	if (e->viewed)
		memcpy(&view, e->octets + e->name_len, sizeof(view));
	return view;
}

static inline struct cp_place
cp_entry_place(const struct cp_entry *e)
{
	return (struct cp_place){
	    e->order, e->type, cp_entry_view(e), e->class, e->name_len, e->octets};
}

static inline bool
cp_entry_is(const struct cp_entry *e, const struct cp_place *p)
{
	return e->order == p->order && e->type == p->type && e->class == p->class &&
	    e->name_len == p->name_len && memcmp(e->octets, p->name, e->name_len) == 0 &&
	    cp_entry_view(e) == p->view;
}

/* Readers and the holder of the lock at once: hits is a hint, MAIN the writers' word. */
static inline uint8_t
cp_entry_state(const struct cp_entry *e)
{
	return atomic_load_explicit(&e->state, memory_order_relaxed);
}

#endif
