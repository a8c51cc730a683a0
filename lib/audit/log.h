/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log: reading the audit log out of a policy store.
 *
 * Purpose   The lines in order, from the control plane's own connection or from a file that
 *           holdfastctl opened; nothing is written.
 * Roles     The thread that has the connection.
 * Memory    A line is valid during the call it is given to.
 * Blocking  Disk.
 * Errors    -errno; what SQLite found is told by sqlite3_errmsg of the connection.
 * Trust     The file may be damaged or another program's: a line whose columns are not of
 *           the types they were written with is -EBADMSG.
 */
#ifndef HF_AUDIT_LOG_H
#define HF_AUDIT_LOG_H

#include "lib/audit/chain.h"

struct sqlite3;

/* A value other than 0 ends the walk and is returned. */
typedef int (*hf_audit_fn)(void *arg, const struct hf_audit_line *line);

/* Lines with ids above after and times from since_s on, oldest first, at most max of them. */
int hf_audit_read(
    struct sqlite3 *db, int64_t after, int64_t since_s, int64_t max, hf_audit_fn fn, void *arg);

#endif
