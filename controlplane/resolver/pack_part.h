/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pack_part: what packed things are made of: numbers, names, addresses, RRsets.
 *
 * Purpose   The parts of pack.h, into octets and back. A name takes the labels that it does not
 *           share with the entry's, and an octet or two. Of an RRset nothing is written twice:
 *           not the type that its signatures cover, nor the name of their signer.
 *
 *           Names get the case of the entry's where they share labels with it, but within RDATA
 *           they come back to the letter.
 *
 * Roles     Any thread.
 * Memory    A sink writes into the caller's memory, or only counts. What a source gives lies in
 *           its arena, and in the octets it reads.
 * Blocking  Never.
 * Errors    A source goes bad (s->c.bad): octets not packed here, or a full arena.
 * Trust     Only our own octets are unpacked, with bounds all the same.
 *
 *   RRset     flags, owner, type and TTL unless the entry's own, rare flags and class unless IN,
 *             number of records unless one, of signatures if more than one, records, signatures
 *   record    length, octets; of an address no length; of types with names in front (RFC 1035,
 *             RFC 4034 4.1) the names, then length and octets of the rest where there may be one
 *   signature algorithm, labels, original TTL unless the set's, expiration, inception, key tag,
 *             signer, length and octets of the signature (RFC 4034 3.1)
 *   number    seven bits an octet, the lowest first, the top bit on all but the last
 *   name      n < 128: the entry's without n labels. Else n - 128 octets of labels, 127: as many
 *             as the next octet says; then how many labels of the entry's are left out behind
 *             them; then these octets
 *   address   family, and whether a port follows that is not 53; the octets
 */
#ifndef CP_RESOLVER_PACK_PART_H
#define CP_RESOLVER_PACK_PART_H

#include "lib/base/addr.h"
#include "lib/base/arena.h"
#include "lib/wire/cursor.h"
#include "lib/wire/rrset.h"

/* Of which entry it is a part: the same when it is packed and unpacked. */
struct cp_pack_as {
	const struct hf_name *name;
	uint16_t type;  /* 0: of none, */
	uint32_t ttl_s; /* 0: of none that could spare a set its own */
};

struct cp_sink {
	uint8_t *at; /* NULL: only counted */
	size_t len;
	const struct hf_name *name; /* the entry's */
	uint16_t type;
	uint32_t ttl_s;
	struct hf_name lower; /* the same in lower case */
};

void cp_sink_init(struct cp_sink *s, const struct cp_pack_as *as, uint8_t *out);
void cp_sink_bytes(struct cp_sink *s, const void *p, size_t len);
void cp_sink_u8(struct cp_sink *s, unsigned v);
void cp_sink_u16(struct cp_sink *s, unsigned v);
void cp_sink_u32(struct cp_sink *s, uint32_t v);
void cp_sink_number(struct cp_sink *s, uint32_t v);
void cp_sink_name(struct cp_sink *s, const struct hf_name *n);
void cp_sink_addr(struct cp_sink *s, const struct hf_addr *a);
void cp_sink_rrset(struct cp_sink *s, const struct hf_rrset *set);

struct cp_source {
	struct hf_cursor c;
	struct hf_arena *arena;
	const struct hf_name *name;
	uint16_t type;
	uint32_t ttl_s;
	struct hf_name lower;
};

void cp_source_init(struct cp_source *s, struct hf_arena *a, const struct cp_pack_as *as,
    const uint8_t *data, size_t len);
void *cp_source_alloc(struct cp_source *s, size_t len);
uint32_t cp_source_number(struct cp_source *s);
/* The root when there is none. */
void cp_source_name(struct cp_source *s, struct hf_name *n);
void cp_source_addr(struct cp_source *s, struct hf_addr *a);
/* Its records point into what is read where they can: that must stay as long as they. */
struct hf_rrset *cp_source_rrset(struct cp_source *s);
/* Only the owner, from the beginning of an RRset. */
void cp_source_owner(struct cp_source *s, struct hf_name *n);

#endif
