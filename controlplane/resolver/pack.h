/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pack: what the caches keep, as few octets without pointers.
 *
 * Purpose   An outcome, a delegation or a failure into octets and back. Names that end like the
 *           entry's own (its owner, the zones above it) take one octet.
 * Roles     Any thread.
 * Memory    Packing writes into the caller's memory; unpacking allocates in the arena and
 *           points at nothing else.
 * Blocking  Never.
 * Errors    Unpacking gives NULL when the arena is full, or for octets that were not packed
 *           here.
 * Trust     Only our own octets are unpacked, with bounds all the same.
 */
#ifndef CP_RESOLVER_PACK_H
#define CP_RESOLVER_PACK_H

#include "controlplane/resolver/cache.h"
#include "controlplane/resolver/delegation.h"
#include "controlplane/resolver/outcome.h"
#include "lib/base/arena.h"

/* Octets that o takes under the name of its entry; with out not NULL they are written
 * there. Names equal to name or above it get its case. */
size_t cp_pack_outcome(const struct cp_outcome *o, const struct hf_name *name, uint8_t *out);
struct cp_outcome *
cp_unpack_outcome(struct hf_arena *a, const struct hf_name *name, const uint8_t *data, size_t len);

/* Of a packed outcome, without unpacking it. */
enum cp_credit cp_packed_credit(const uint8_t *data, size_t len);

/* d->zone is the entry's name. What a question noted in it is not kept. */
size_t cp_pack_delegation(const struct cp_delegation *d, uint8_t *out);
struct cp_delegation *cp_unpack_delegation(
    struct hf_arena *a, const struct hf_name *zone, const uint8_t *data, size_t len);

/* Of a packed delegation of zone, without unpacking it. False: not packed here. */
bool cp_packed_parent(
    const struct hf_name *zone, const uint8_t *data, size_t len, struct hf_name *parent);

size_t cp_pack_failure(const struct cp_failure *f, const struct hf_name *name, uint8_t *out);
struct cp_failure *
cp_unpack_failure(struct hf_arena *a, const struct hf_name *name, const uint8_t *data, size_t len);

#endif
