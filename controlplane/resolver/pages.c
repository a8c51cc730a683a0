/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_LEN = 2 * 1024 * 1024, LINE_LEN = 64 };

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
