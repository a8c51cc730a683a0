/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/share.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "controlplane/resolver/pages.h"

enum { ROWS = 4, COLUMN_MIN = 256, COLUMN_MAX = 65536, OCTETS_PER_COLUMN = 4096 };

struct cp_share {
	size_t limit;
	uint32_t column_cnt; /* a power of two */
	/* Relaxed throughout: numbers that only their own adders compare. */
	_Atomic int64_t octets[];
};

static uint32_t
columns_for(size_t octets_max)
{
	uint32_t cnt = COLUMN_MIN;

	while (cnt < COLUMN_MAX && cnt < octets_max / OCTETS_PER_COLUMN)
		cnt *= 2;
	return cnt;
}

size_t
cp_share_footprint(size_t octets_max)
{
	return sizeof(struct cp_share) + sizeof(int64_t) * ROWS * columns_for(octets_max);
}

struct cp_share *
cp_share_create(size_t octets_max, size_t limit)
{
	struct cp_share *s = cp_pages_alloc(cp_share_footprint(octets_max));

	if (s == NULL)
		return NULL;
	s->limit = limit;
	s->column_cnt = columns_for(octets_max);
	return s;
}

void
cp_share_destroy(struct cp_share *s)
{
	free(s);
}

/* The domain's place in a row: the 32 keyed bits, spread by an odd number for each row. */
static size_t
place(const struct cp_share *s, uint32_t domain, unsigned row)
{
	static const uint64_t odd[ROWS] = {UINT64_C(0x9e3779b97f4a7c15),
	    UINT64_C(0xc2b2ae3d27d4eb4f), UINT64_C(0x165667b19e3779f9),
	    UINT64_C(0xd6e8feb86659fd93)};

	return (size_t)row * s->column_cnt +
	    (size_t)((domain + UINT64_C(1)) * odd[row] >> 32 & (s->column_cnt - 1));
}

static void
change(struct cp_share *s, uint32_t domain, int64_t octets)
{
	for (unsigned row = 0; row < ROWS; row++)
		atomic_fetch_add_explicit(
		    &s->octets[place(s, domain, row)], octets, memory_order_relaxed);
}

/* Added first, looked at second: of two threads at the limit at least one sees it passed. */
bool
cp_share_add(struct cp_share *s, uint32_t domain, size_t octets)
{
	change(s, domain, (int64_t)octets);
	if (cp_share_of(s, domain) <= s->limit)
		return true;
	cp_share_take(s, domain, octets);
	return false;
}

void
cp_share_take(struct cp_share *s, uint32_t domain, size_t octets)
{
	change(s, domain, -(int64_t)octets);
}

size_t
cp_share_of(const struct cp_share *s, uint32_t domain)
{
	int64_t least = INT64_MAX;

	for (unsigned row = 0; row < ROWS; row++) {
		int64_t v =
		    atomic_load_explicit(&s->octets[place(s, domain, row)], memory_order_relaxed);

		least = v < least ? v : least;
	}
	return least > 0 ? (size_t)least : 0;
}
