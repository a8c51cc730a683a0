/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/rand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static void
refill(struct hf_rand *r)
{
	size_t have = 0;

	while (have < sizeof(r->block)) {
		ssize_t n = getrandom(r->block + have, sizeof(r->block) - have, 0);

		if (n < 0 && errno != EINTR)
			abort(); /* required: see Errors in rand.h */
		if (n > 0)
			have += (size_t)n;
	}
	r->used = 0;
}

void
hf_rand_init(struct hf_rand *r)
{
	explicit_bzero(r->block, sizeof(r->block));
	r->used = sizeof(r->block);
}

void
hf_rand_bytes(struct hf_rand *r, void *out, size_t len)
{
	uint8_t *to = out;

	while (len > 0) {
		if (r->used >= sizeof(r->block))
			refill(r);
		size_t n = sizeof(r->block) - r->used;

		if (n > len)
			n = len;
		memcpy(to, r->block + r->used, n);
		/* What was handed out must not be found in a later memory dump. */
		explicit_bzero(r->block + r->used, n);
		r->used += (unsigned)n;
		to += n;
		len -= n;
	}
}

uint64_t
hf_rand_u64(struct hf_rand *r)
{
	uint64_t v;

	hf_rand_bytes(r, &v, sizeof(v));
	return v;
}

uint16_t
hf_rand_u16(struct hf_rand *r)
{
	uint16_t v;

	hf_rand_bytes(r, &v, sizeof(v));
	return v;
}

uint32_t
hf_rand_below(struct hf_rand *r, uint32_t n)
{
	uint32_t v;

	if (n < 2)
		return 0;
	/* Values under 2^32 mod n would make the low results likelier: draw again.
	 * Fewer than half are refused, so the loop ends whatever n is. */
	uint32_t unfair = -n % n;

	do
		hf_rand_bytes(r, &v, sizeof(v));
	while (v < unfair);
	return v % n;
}
