/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pack: what the caches keep, as few octets without pointers.
 *
 * Purpose   An outcome, a delegation, a failure or an RRset into octets and back, each part of it
 *           as pack_part.h says.
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
#include "controlplane/resolver/pack_part.h"
#include "lib/base/arena.h"

/* Octets that o takes in an entry; with out not NULL they are written there. Names get the
 * case of the entry's where they share labels with it. judged: no more is to be checked of
 * it, so who said it is left out. */
size_t
cp_pack_outcome(const struct cp_outcome *o, const struct cp_pack_as *as, bool judged, uint8_t *out);
struct cp_outcome *
cp_unpack_outcome(struct hf_arena *a, const struct cp_pack_as *as, const uint8_t *data, size_t len);

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

size_t cp_pack_rrset(const struct hf_rrset *set, const struct hf_name *name, uint8_t *out);
struct hf_rrset *
cp_unpack_rrset(struct hf_arena *a, const struct hf_name *name, const uint8_t *data, size_t len);
/* The owner of a packed RRset, without unpacking the rest. False: not packed here. */
bool
cp_packed_owner(const struct hf_name *name, const uint8_t *data, size_t len, struct hf_name *owner);

#endif
