/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * axfr: a zone transfer as it comes, message by message (RFC 5936).
 *
 * Purpose   Hands the records between the two SOAs to a root copy.
 * Roles     One thread.
 * Memory    Its own 64 KiB for an expanded RDATA; the copy is bounded by itself.
 * Blocking  Never.
 * Errors    A sentence of what is wrong; the transfer is worth nothing then.
 * Trust     Every octet is hostile. Who speaks, and that the zone is true, is for others to check.
 */
#ifndef CP_RESOLVER_AXFR_H
#define CP_RESOLVER_AXFR_H

#include "controlplane/resolver/rootcopy.h"
#include "lib/wire/rdata.h"

enum { CP_AXFR_QUERY_LEN = HF_HEADER_LEN + 5 }; /* "." AXFR IN */

struct cp_axfr {
	struct cp_rootcopy *copy; /* the caller's; NULL: no transfer is under way */
	unsigned soa_cnt;
	uint8_t rdata[HF_RDATA_MAX];
};

/* Starts, with an empty copy. */
void cp_axfr_init(struct cp_axfr *x, struct cp_rootcopy *copy);
/* The next message. NULL, or what is wrong. */
const char *cp_axfr_take(struct cp_axfr *x, const uint8_t *msg, size_t len);
/* The last SOA has come. */
bool cp_axfr_is_whole(const struct cp_axfr *x);

#endif
