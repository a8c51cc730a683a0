/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * audit: the line that every change leaves, within the change's own transaction.
 *
 * Purpose   Who changed what, when, why, and from which generation to which; each line is
 *           chained to the one before (lib/audit/chain.h).
 * Roles     The main thread.
 * Memory    None kept.
 * Blocking  Disk.
 * Errors    As db.h. -EBADMSG: the last line has no hash to go on from, so no change is made.
 * Trust     The file may have been changed by others; cp_audit_write only looks at its end.
 */
#ifndef CP_AUDIT_H
#define CP_AUDIT_H

#include "controlplane/db.h"
#include "lib/audit/chain.h"
#include "lib/wire/name.h"

enum { CP_REASON_MAX = 256, CP_AUTHOR_MAX = 64, CP_DETAIL_MAX = 256 };

struct cp_author {
	uint32_t uid;
	char name[CP_AUTHOR_MAX + 1];
};

/* A line to be written. */
struct cp_audit {
	int64_t time;
	struct cp_author author;
	const char *action;         /* docs/operator-guide.md has the list */
	const struct hf_name *name; /* may be NULL */
	const char *reason;
	const char *detail;     /* what it became: "until ..., strict"; NULL: nothing to say */
	uint64_t before, after; /* generations */
};

/* Within a transaction. */
int cp_audit_write(struct cp_db *db, const struct cp_audit *a);

#endif
