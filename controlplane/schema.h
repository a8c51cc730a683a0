/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * schema: the tables of the policy store, and how older ones become today's.
 *
 * Purpose   Tell a file of ours from all others before anything is written to it; make the
 *           tables of a new file; bring a file of an earlier schema up to date, all in one
 *           transaction.
 * Roles     The main thread, at start.
 * Memory    None kept.
 * Blocking  Disk.
 * Errors    As db.h: -EPROTO for another program's file or a later schema, -EBADMSG for a
 *           damaged one. The file is as it was then.
 * Trust     The file may be anything.
 *
 *   schema  what came with it
 *   1       meta, nta, audit
 *   2       trust_point, trust_key
 *   3       nta: mode, forced; nta_pending; clock; audit: detail and the chain of hashes,
 *           which older lines get in their order, as they were found
 *   4       stale_zone
 */
#ifndef CP_SCHEMA_H
#define CP_SCHEMA_H

#include "controlplane/db.h"

enum { CP_STORE_SCHEMA = 4 };

/* now_s is the time of the audit line that an update leaves. */
int cp_schema_prepare(struct cp_db *db, int64_t now_s);

#endif
