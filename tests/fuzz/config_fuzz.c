/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzz target of lib/config: any octets as a configuration file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing is half-loaded: a file with an error leaves the struct alone; a good one shows whole. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_config_errors errors;
	char shown[HF_SCHEMA_SHOW_LEN];
	struct hf_config c, before;

	if (size > 4096)
		return 0;
	memset(&c, 0x5a, sizeof(c));
	before = c;
	int e = hf_config_parse("f", (const char *)data, size, &c, &errors);
	if ((e == 0) != (errors.cnt == 0))
		abort();
	if (e != 0 && memcmp(&c, &before, sizeof(c)) != 0)
		abort();
	for (size_t i = 0; e == 0 && i < hf_schema_cnt; i++)
		if (strlen(hf_schema_show(&hf_schema[i], &c, shown)) >= sizeof(shown))
			abort();
	if (e == 0)
		hf_config_fini(&c);
	hf_config_errors_fini(&errors);
	return 0;
}
