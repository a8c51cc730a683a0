/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * store_db: what the files behind store.h share.
 *
 * Purpose   The store's inside, and the one way a change is made: begin, write, commit.
 * Roles     The main thread.
 * Memory    As store.h.
 * Blocking  Disk.
 * Errors    As store.h.
 * Trust     As store.h.
 */
#ifndef CP_STORE_DB_H
#define CP_STORE_DB_H

#include "controlplane/db.h"
#include "controlplane/store.h"

struct cp_store {
	struct cp_db db;
	int lock_fd;
	uint64_t generation;
	char *path;
};

int cp_store_begin(struct cp_store *s);
/* End what was begun, its audit lines written, at this generation; rc other than 0: undo it. */
int cp_store_commit(struct cp_store *s, int rc, uint64_t generation);
/* The same with its one audit line. */
int cp_store_finish(struct cp_store *s, int rc, const struct cp_audit *why, uint64_t generation);

#endif
