/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pages: memory for tables that are looked into at random.
 *
 * Purpose   Such a table costs a TLB miss a look on small pages, and a page fault the first
 *           time. So it lies on huge pages where the kernel gives them (madvise(2)). Either
 *           all of it is there from the start, or, for one that grows from the front, room is
 *           set aside and takes memory as it is used.
 * Roles     Any thread.
 * Memory    The caller's: cp_pages_alloc's goes back by free(3).
 * Blocking  cp_pages_alloc touches every page: a second for about 4 GiB.
 * Errors    NULL without memory; small pages when there are no huge ones.
 * Trust     Nothing here reads input.
 */
#ifndef CP_RESOLVER_PAGES_H
#define CP_RESOLVER_PAGES_H

#include <stddef.h>

/* Zeroed, aligned to a cache line at least. */
void *cp_pages_alloc(size_t len);

/* Zeroed, aligned to a page at least. NULL (and any length) may be released. */
void *cp_pages_reserve(size_t len);
void cp_pages_release(void *p, size_t len);

#endif
