/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nta_list: negative trust anchors in order of their names.
 *
 * Purpose   What nta.c keeps in memory, once for those in force and once for those that wait.
 * Roles     The main thread.
 * Memory    Grows to the most that were in it; freed by fini.
 * Blocking  Never.
 * Errors    -ENOMEM.
 * Trust     Nothing here reads input.
 */
#ifndef CP_NTA_LIST_H
#define CP_NTA_LIST_H

#include "controlplane/shadow.h"
#include "controlplane/store.h"

struct cp_nta_item {
	struct cp_nta nta;
	struct cp_shadow *shadow; /* the list's reference; NULL: nothing is counted */
};

struct cp_nta_list {
	struct cp_nta_item *at;
	size_t cnt, cap;
};

/* After this one more fits. */
int cp_nta_list_reserve(struct cp_nta_list *l);
/* In the place of one of its name, which leaves it its shadow, or new: then one was reserved. */
struct cp_nta_item *cp_nta_list_put(struct cp_nta_list *l, const struct cp_nta *n);
void cp_nta_list_remove(struct cp_nta_list *l, const struct hf_name *name);
/* NULL: there is none. Valid until the next change. */
struct cp_nta_item *cp_nta_list_find(const struct cp_nta_list *l, const struct hf_name *name);
void cp_nta_list_move_ends(struct cp_nta_list *l, int64_t by_s);
void cp_nta_list_fini(struct cp_nta_list *l);

#endif
