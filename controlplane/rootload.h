/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rootload: gets the copy of the root zone and keeps it fresh.
 *
 * Purpose   From a file at start, from masters by AXFR over TCP (RFC 5936), checked as a
 *           whole (rootcopy.h) before it is used; again as the SOA says: refresh, retry and
 *           expire. Without a good copy the root's servers are asked as ever (RFC 8806 3).
 * Roles     The main thread.
 * Memory    One copy in the making; the one in use belongs to the caches.
 * Blocking  Reading, sorting and hashing a root zone: about a tenth of a second, twice a day.
 * Errors    Told in the log and counted; the old copy stays until it expires.
 * Trust     File and masters are hostile: only the root's own signature is believed.
 */
#ifndef CP_ROOTLOAD_H
#define CP_ROOTLOAD_H

#include "controlplane/counters.h"
#include "controlplane/resolver/caches.h"
#include "controlplane/trust.h"

struct event_base;
struct cp_rootload;

enum {
	CP_ROOTLOAD_FIRST_RETRY_S = 30, /* doubles to the SOA's retry, or an hour */
	CP_ROOTLOAD_LEAST_S = 60,       /* between two tries, whatever an SOA says */
	CP_ROOTLOAD_TIMEOUT_S = 20,     /* without an octet from a master */
	CP_ROOTLOAD_TRANSFER_S = 300,   /* for a whole transfer */
};

struct cp_rootload_config {
	struct event_base *base;
	struct cp_caches *caches;
	struct cp_counters *counters;
	struct cp_trust *trust;
	const char *file;              /* NULL: none */
	const struct hf_addr *masters; /* port 0: 53 */
	size_t masters_cnt;
};

/* Loads the file, begins a transfer. NULL when out of memory. */
struct cp_rootload *cp_rootload_create(const struct cp_rootload_config *cfg);
/* Copies that come from now on are judged by these anchors. */
void cp_rootload_set_trust(struct cp_rootload *l, struct cp_trust *trust); /* l may be NULL */
void cp_rootload_destroy(struct cp_rootload *l);

#endif
