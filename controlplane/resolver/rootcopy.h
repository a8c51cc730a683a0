/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rootcopy: the root zone on this machine (RFC 8806).
 *
 * Purpose   Records in, checked as a whole: the root's keys by the anchors, SOA and ZONEMD by
 *           the keys, the zone by its digest (RFC 8976). Then it answers questions as the
 *           root's servers would, in packets that are read and judged like theirs.
 * Roles     One thread makes and seals it; sealed it does not change and any thread may use it.
 * Memory    Counted references; at most CP_ROOTCOPY_OCTETS.
 * Blocking  cp_rootcopy_seal takes as long as sorting and hashing the zone does.
 * Errors    A sentence of what is wrong with the zone.
 * Trust     Records are hostile until the zone is sealed.
 */
#ifndef CP_RESOLVER_ROOTCOPY_H
#define CP_RESOLVER_ROOTCOPY_H

#include "lib/wire/message.h"
#include "lib/wire/rrset.h"

enum {
	CP_ROOTCOPY_OCTETS = 64 * 1024 * 1024,
	CP_ROOTCOPY_RECORDS = 200000, /* the root has 25 000 */
	CP_ROOTCOPY_WHY_LEN = 256,
};

struct cp_rootcopy;

struct cp_root_record {
	const struct hf_name *owner;
	uint16_t type;
	uint32_t ttl;
	const uint8_t *rdata; /* uncompressed */
	size_t len;
};

struct cp_root_soa {
	uint32_t serial, refresh_s, retry_s, expire_s;
};

struct cp_rootcopy *cp_rootcopy_create(void); /* one reference; NULL: no memory */
/* 0, -ENOMEM or -EINVAL: too many, or RDATA that its type does not allow. */
int cp_rootcopy_add(struct cp_rootcopy *c, const struct cp_root_record *r);
/* The zone is whole. 0, or -errno with why: it must not be used. */
int cp_rootcopy_seal(struct cp_rootcopy *c, const struct hf_rrset *anchors, size_t anchor_cnt,
    int64_t now_s, char why[CP_ROOTCOPY_WHY_LEN]);

void cp_rootcopy_get(struct cp_rootcopy *c);
void cp_rootcopy_put(struct cp_rootcopy *c); /* NULL is fine */

void cp_rootcopy_soa(const struct cp_rootcopy *c, struct cp_root_soa *soa);
size_t cp_rootcopy_cnt(const struct cp_rootcopy *c); /* records */

/* The reply a root server would send to q with DO, at most cap octets; 0: it does not fit. */
size_t cp_rootcopy_answer(
    const struct cp_rootcopy *c, const struct hf_question *q, uint8_t *msg, size_t cap);

#endif
