/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * arena: memory that is given back all at once, with a limit.
 *
 * Purpose   One per client query in the control plane: what a query makes, dies
 *           with it.
 * Roles     An arena belongs to one thread.
 * Memory    Chunks from malloc. Pointers live until fini, which keeps up to
 *           HF_ARENA_SPARE_OCTETS of chunks for the thread's next arenas.
 * Blocking  Never.
 * Errors    NULL when the limit is reached or malloc fails; the query fails, not the program.
 * Trust     Lengths may come from hostile messages.
 */
#ifndef HF_BASE_ARENA_H
#define HF_BASE_ARENA_H

#include <stddef.h>

enum { HF_ARENA_SPARE_OCTETS = 1 << 20 };

struct hf_arena_chunk;

struct hf_arena {
	struct hf_arena_chunk *chunks;
	size_t used;  /* octets taken from malloc */
	size_t limit; /* never exceeded */
};

void hf_arena_init(struct hf_arena *a, size_t limit);
void hf_arena_fini(struct hf_arena *a);
/* Zeroed, aligned for any type; NULL when over the limit. len 0 gives a valid pointer. */
void *hf_arena_alloc(struct hf_arena *a, size_t len);
void *hf_arena_copy(struct hf_arena *a, const void *p, size_t len);

#endif
