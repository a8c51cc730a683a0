/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_LEN = 2 * 1024 * 1024, LINE_LEN = 64, PAGE_LEN = 4096 };

void *
cp_pages_alloc(size_t len)
{
	size_t align = len >= HUGE_LEN ? HUGE_LEN : LINE_LEN;

	if (len > SIZE_MAX - align)
		return NULL;
	len = (len + align - 1) / align * align;
	void *p = aligned_alloc(align, len);

	if (p == NULL)
		return NULL;
	if (align == HUGE_LEN)
		(void)madvise(p, len, MADV_HUGEPAGE);
	return memset(p, 0, len);
}

static uint8_t *
map(size_t len)
{
	void *p = mmap(
	    NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p != MAP_FAILED ? p : NULL;
}

void *
cp_pages_reserve(size_t len)
{
	if (len < HUGE_LEN)
		return map(len);
	if (len > SIZE_MAX - 2 * HUGE_LEN)
		return NULL;
	len = (len + PAGE_LEN - 1) / PAGE_LEN * PAGE_LEN;
	uint8_t *p = map(len + HUGE_LEN); /* and what is too much before and behind goes again */

	if (p == NULL)
		return NULL;
	size_t before = HUGE_LEN - (uintptr_t)p % HUGE_LEN;

	(void)munmap(p, before);
	(void)munmap(p + before + len, HUGE_LEN - before);
	(void)madvise(p + before, len, MADV_HUGEPAGE);
	return p + before;
}

void
cp_pages_release(void *p, size_t len)
{
	if (p != NULL)
		(void)munmap(p, len);
}
