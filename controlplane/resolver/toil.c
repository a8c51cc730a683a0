/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/toil.h"

#include "lib/base/ns.h"

/* The domain's bucket in a row: the 32 keyed bits, spread by an odd number for each. */
static unsigned
place(uint32_t domain, unsigned row)
{
	static const uint64_t odd[CP_TOIL_ROWS] = {UINT64_C(0x9e3779b97f4a7c15),
	    UINT64_C(0xc2b2ae3d27d4eb4f), UINT64_C(0x165667b19e3779f9),
	    UINT64_C(0xd6e8feb86659fd93)};

	return (unsigned)((domain + UINT64_C(1)) * odd[row] >> 32) & (CP_TOIL_COLUMNS - 1);
}

bool
cp_toil_has_room(const struct cp_toil *t, uint32_t domain, uint64_t now_ns)
{
	uint64_t least = UINT64_MAX;

	for (unsigned row = 0; row < CP_TOIL_ROWS; row++) {
		uint64_t empty_ns = t->empty_ns[row][place(domain, row)];

		least = empty_ns < least ? empty_ns : least;
	}
	/* A full bucket is empty after as long as time takes to give the burst back. */
	return least <= now_ns + CP_TOIL_BURST_MS * HF_NS_PER_S / t->ms_per_s;
}

void
cp_toil_add(struct cp_toil *t, uint32_t domain, uint32_t us, uint64_t now_ns)
{
	uint64_t ns = us * HF_NS_PER_MS / t->ms_per_s;

	for (unsigned row = 0; row < CP_TOIL_ROWS; row++) {
		uint64_t *empty_ns = &t->empty_ns[row][place(domain, row)];

		*empty_ns = (*empty_ns > now_ns ? *empty_ns : now_ns) + ns;
	}
}
