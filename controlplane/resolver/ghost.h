/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ghost: which keys were dropped not long ago.
 *
 * Purpose   A key that comes back soon after it was dropped unread is popular after all.
 *           32 bits of its keyed hash are remembered, in sets of eight, the oldest of a set
 *           forgotten first.
 * Roles     Whoever holds the lock of the shard that owns it.
 * Memory    Fixed: 4 octets a key.
 * Blocking  Never.
 * Errors    A key not remembered is a key never seen; two of one hash are one.
 * Trust     Hashes are keyed: nobody chooses them.
 */
#ifndef CP_RESOLVER_GHOST_H
#define CP_RESOLVER_GHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cp_ghost;

/* Remembers about cnt keys. */
struct cp_ghost *cp_ghost_create(size_t cnt);
void cp_ghost_destroy(struct cp_ghost *g);
size_t cp_ghost_footprint(size_t cnt);

void cp_ghost_add(struct cp_ghost *g, uint64_t hash);
/* True when hash was remembered; it is forgotten. */
bool cp_ghost_take(struct cp_ghost *g, uint64_t hash);

#endif
