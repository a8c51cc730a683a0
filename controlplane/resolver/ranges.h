/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ranges: the gaps that validated NSEC and NSEC3 records proved to be empty (RFC 8198).
 *
 * Purpose   For each zone an index of its proofs in the order of its chain, and its SOA, so
 *           that the proof for a name never asked is found without asking.
 * Roles     Any resolver thread makes every call.
 * Memory    Bounded in octets; one zone has at most CP_RANGES_ZONE_MAX proofs, and
 *           CP_RANGES_ZONE_FIRST until they have answered something: a zone that makes a
 *           proof for each name (white lies, RFC 4470) does not fill it. All zones of a
 *           registrable domain together have CP_RANGES_SHARE_PERCENT (share.h); a public
 *           suffix is nobody's. What is found is copied into the caller's arena.
 * Blocking  A zone's shard is locked while one proof is looked up and copied (at most 12
 *           comparisons), or put in its place (and what it contradicts or outgrows taken
 *           out). Nothing is hashed, verified or waited for meanwhile.
 * Errors    A put that finds no memory is forgotten; a find that finds none is a miss.
 * Trust     Only records that validated in their zone may be put. What is found is a
 *           candidate: the caller has the validator judge it for the very name.
 */
#ifndef CP_RESOLVER_RANGES_H
#define CP_RESOLVER_RANGES_H

#include "controlplane/resolver/suffix.h"
#include "lib/base/arena.h"
#include "lib/base/siphash.h"
#include "lib/wire/rrset.h"
#include "validator/nsec3.h"

struct cp_ranges;

enum {
	CP_RANGES_SHARDS = 8,
	CP_RANGES_ZONE_MAX = 4096,
	CP_RANGES_ZONE_FIRST = 256,
	CP_RANGES_SHARE_PERCENT = 5,
	CP_RANGES_ZONE_PER_HIT = 4, /* more it may have for each question it answered */
};

enum cp_chain { CP_CHAIN_NONE, CP_CHAIN_NSEC, CP_CHAIN_NSEC3 };

/* How a zone denies; a copy. */
struct cp_ranges_zone {
	struct hf_name name;
	enum cp_chain chain;
	bool has_soa;        /* without one there is no denial (RFC 2308 5) */
	bool has_wildcard;   /* an answer from one was kept: cp_ranges_wildcard */
	uint16_t iterations; /* NSEC3 */
	uint8_t salt_len;
	uint8_t salt[255];
};

/* suffixes: whose proofs they are; NULL: a domain is the last two labels. */
struct cp_ranges *cp_ranges_create(
    const struct hf_siphash_key *key, const struct cp_suffixes *suffixes, size_t octets_max);
void cp_ranges_destroy(struct cp_ranges *r);

/* A SOA, NSEC or NSEC3 RRset of zone that validated; others, gaps under opt-out (RFC 8198
 * 7), those too narrow to be of use, and NSEC3 over the iteration limit are left out. */
void cp_ranges_put(
    struct cp_ranges *r, const struct hf_name *zone, const struct hf_rrset *set, uint64_t now_ns);

/* The closest zone at or above name, of least labels or more, that has proofs; false when there
 * is none. */
bool cp_ranges_zone(struct cp_ranges *r, const struct hf_name *name, unsigned least,
    uint64_t now_ns, struct cp_ranges_zone *out);

/* An answer from a wildcard of zone is kept from now on: it is worth looking for one. */
void cp_ranges_wildcard(struct cp_ranges *r, const struct hf_name *zone);

/* Copies, with what is left of their TTLs; NULL: none. The last two are the proof whose owner
 * is at, or next before, a name or a hash. */
const struct hf_rrset *cp_ranges_soa(
    struct cp_ranges *r, const struct hf_name *zone, uint64_t now_ns, struct hf_arena *arena);
struct cp_ranges_at {
	const struct hf_name *zone;
	const struct hf_name *name; /* NSEC */
	const uint8_t *hash;        /* NSEC3: VA_SHA1_LEN octets */
	uint64_t now_ns;
};
const struct hf_rrset *
cp_ranges_find(struct cp_ranges *r, const struct cp_ranges_at *at, struct hf_arena *arena);

/* Proofs of zone answered a question. */
void cp_ranges_hit(struct cp_ranges *r, const struct hf_name *zone);

void cp_ranges_size(struct cp_ranges *r, uint64_t *entries, uint64_t *octets);

#endif
