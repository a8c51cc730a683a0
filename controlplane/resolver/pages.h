/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pages: memory for tables that are looked into at random.
 *
 * Purpose   Such a table costs a TLB miss a look on small pages, and a page fault the first
 *           time. So it lies on huge pages where the kernel gives them (madvise(2)), and all
 *           of it is there from the start.
 * Roles     Any thread.
 * Memory    The caller's, given back by free(3).
 * Blocking  Touches every page: a second for about 4 GiB.
 * Errors    NULL without memory; small pages when there are no huge ones.
 * Trust     Nothing here reads input.
 */
#ifndef CP_RESOLVER_PAGES_H
#define CP_RESOLVER_PAGES_H

#include <stddef.h>

/* Zeroed, aligned to a cache line at least. */
void *cp_pages_alloc(size_t len);

#endif
