/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzz target of controlplane/resolver/pack.c: any octets as a cache entry. What can be unpacked
 * packs again, and comes back the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/resolver/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA = 1 << 20 };

static void
outcome_again(const struct cp_outcome *o, const struct cp_pack_as *as, struct hf_arena *a)
{
	size_t len = cp_pack_outcome(o, as, false, NULL);
	uint8_t *one = malloc(len), *two = malloc(len);

	if (one == NULL || two == NULL || cp_pack_outcome(o, as, false, one) != len)
		abort();
	const struct cp_outcome *back = cp_unpack_outcome(a, as, one, len);

	/* NULL: the arena is full */
	if (back != NULL) {
		if (cp_pack_outcome(back, as, false, NULL) != len)
			abort();
		(void)cp_pack_outcome(back, as, false, two);
		if (memcmp(one, two, len) != 0)
			abort();
	}
	free(one);
	free(two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_name name;
	struct hf_arena a;

	if (size > 16384 || hf_name_from_text("www.example.com.", &name) != 0)
		return 0;
	const struct cp_pack_as as = {&name, HF_TYPE_A, 300};

	hf_arena_init(&a, ARENA);
	struct cp_outcome *o = cp_unpack_outcome(&a, &as, data, size);

	if (o != NULL)
		outcome_again(o, &as, &a);
	(void)cp_unpack_delegation(&a, &name, data, size);
	(void)cp_unpack_failure(&a, &name, data, size);
	hf_arena_fini(&a);
	return 0;
}
