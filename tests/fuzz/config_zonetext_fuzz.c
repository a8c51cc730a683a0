/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzz target of lib/config/zonetext.c: any octets as a file of records. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/zonetext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct hf_rrsets *s)
{
	for (size_t i = 0; i < s->cnt; i++) {
		const struct hf_rrset *set = &s->sets[i];
		struct hf_name again;

		if (set->rr_cnt == 0 ||
		    hf_name_from_octets(set->owner.octets, set->owner.len, &again) != 0)
			abort();
		for (unsigned j = 0; j < set->rr_cnt; j++)
			if (set->rr[j].len > HF_ZONETEXT_RDATA_MAX)
				abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t types[] = {
	    HF_TYPE_NS, HF_TYPE_A, HF_TYPE_AAAA, HF_TYPE_DS, HF_TYPE_DNSKEY, 0};
	struct hf_zonetext z = {
	    .name = "f", .types = size % 2 == 0 ? types : NULL, .believed = size % 4 < 2};
	struct hf_rrsets s;

	if (size > 8192)
		return 0;
	hf_rrsets_init(&s);
	if (hf_zonetext_parse(&z, (const char *)data, size, &s) == 0)
		check(&s);
	else if (z.err[0] == '\0') /* a refusal says why */
		abort();
	hf_rrsets_fini(&s);
	return 0;
}
