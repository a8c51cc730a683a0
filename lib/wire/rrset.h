/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rrset: records of one owner, class and type with the signatures over them.
 *
 * Purpose   What the resolver caches and the validator judges.
 * Roles     Any thread; an rrset is immutable once made.
 * Memory    Points into memory of whoever made it (an arena, a cache entry).
 * Blocking  Never.
 * Errors    None.
 * Trust     RDATA was expanded and checked by hf_rdata_expand; what it says is not believed.
 */
#ifndef HF_WIRE_RRSET_H
#define HF_WIRE_RRSET_H

#include "lib/wire/name.h"

struct hf_rdata {
	const uint8_t *data; /* uncompressed, case as received */
	uint16_t len;
};

struct hf_rrset {
	struct hf_name owner; /* case as received */
	uint16_t type;
	uint16_t klass;
	uint32_t ttl; /* seconds: the lowest among the records */
	uint16_t rr_cnt;
	uint16_t sig_cnt;
	const struct hf_rdata *rr;  /* rr_cnt of them, no two equal */
	const struct hf_rdata *sig; /* RDATA of the RRSIGs that cover type, same owner and class */
};

#endif
