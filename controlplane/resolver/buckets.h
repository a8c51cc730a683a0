/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * buckets: the entries of one shard of the cache by their hash.
 *
 * Purpose   A hash table as large as what it holds: for every CP_LINE_BUCKETS entries more it
 *           gets one line of buckets more (linear hashing: Litwin 1980), so that no insertion
 *           ever moves more than one line's entries and memory follows use.
 *
 *           Readers take no lock. A chain is in the order of the reversed bits of its line, so
 *           that the entries of a new line are the tails of the old one's chains (split-ordered
 *           lists: Shalev and Shavit 2006): first the new line gets the tails, then it
 *           counts, then they are cut off. A reader that missed what it looked for looks again if
 *           there were fewer lines when it began.
 *
 *           A look-up asks for several types and classes of one name, mostly in vain: their
 *           buckets are in one line, which is a cache line.
 *
 * Roles     cp_buckets_find: any thread inside a grace period (grace.h). All else: the holder
 *           of the shard's lock.
 * Memory    The lines of all shards are one piece, those of each shard as many apart as there
 *           are shards, so that together they use the front of it.
 * Blocking  Never. A reader looks again at most once for each line that was added meanwhile.
 * Errors    None.
 * Trust     Hashes are keyed: nobody chooses them.
 */
#ifndef CP_RESOLVER_BUCKETS_H
#define CP_RESOLVER_BUCKETS_H

#include "controlplane/resolver/entry.h"

enum { CP_LINE_BUCKETS = 8, CP_LINE_LEN = 64 };

struct cp_line {
	_Alignas(CP_LINE_LEN) _Atomic(struct cp_entry *) bucket[CP_LINE_BUCKETS];
};

struct cp_buckets {
	struct cp_line *lines;     /* its first */
	uint32_t stride;           /* from one to the next */
	uint32_t line_max;         /* from 1 */
	_Atomic uint32_t line_cnt; /* in use, from 1 */
};

/* lines: zeroed. */
void
cp_buckets_init(struct cp_buckets *b, struct cp_line *lines, uint32_t stride, uint32_t line_max);

/* NULL: there is none. */
struct cp_entry *cp_buckets_find(const struct cp_buckets *b, const struct cp_place *p);

/* From now on readers find e, and not what had its place before. */
void cp_buckets_insert(struct cp_buckets *b, struct cp_entry *e);
/* No reader that begins from now on finds it. e must be there. */
void cp_buckets_remove(struct cp_buckets *b, struct cp_entry *e);
/* Make one line more if entries, which are inside, are more than there are buckets. */
void cp_buckets_grow(struct cp_buckets *b, uint64_t entries);

#endif
