/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzz target of controlplane/public_suffixes.c and resolver/suffix.c: any octets as a list, its
 * first line as a name to look up. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/public_suffixes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hf_siphash_key key = {{1, 2}};
	static struct cp_suffixes *s; /* a megabyte: rules of earlier inputs stay in it */
	char line[256] = "";
	struct hf_name name;

	if (s == NULL)
		s = cp_suffixes_create(&key);
	if (s == NULL || size > 4096)
		return 0;
	(void)cp_public_suffixes_read((const char *)data, size, s);
	memcpy(line, data, size < sizeof(line) ? size : sizeof(line) - 1);
	line[strcspn(line, "\n")] = '\0';
	if (hf_name_from_text(line, &name) != 0)
		return 0;
	hf_name_lower(&name);
	unsigned labels = cp_suffixes_registrable(s, &name);

	if (labels > name.label_cnt || (labels == 0 && name.label_cnt > 0))
		abort();
	if (cp_suffixes_cnt(s) > CP_SUFFIX_RULES_MAX / 2) {
		cp_suffixes_destroy(s);
		s = NULL;
	}
	return 0;
}
