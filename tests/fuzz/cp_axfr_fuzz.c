/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzz target of controlplane/resolver/axfr.c and rootcopy.c: any octets as the stream of a zone
 * transfer. Without an anchor none of it may be taken for the root. */
#include <stdlib.h>

#include "controlplane/resolver/axfr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cp_axfr x;
	char why[CP_ROOTCOPY_WHY_LEN];
	const char *wrong = NULL;

	cp_axfr_init(&x, cp_rootcopy_create());
	if (x.copy == NULL)
		return 0;
	while (wrong == NULL && size >= 2 && !cp_axfr_is_whole(&x)) {
		size_t len = (size_t)data[0] << 8 | data[1];

		if (len > size - 2)
			len = size - 2;
		wrong = cp_axfr_take(&x, data + 2, len);
		data += 2 + len;
		size -= 2 + len;
	}
	if (wrong == NULL && cp_rootcopy_seal(x.copy, NULL, 0, 1800000000, why) == 0)
		abort();
	cp_rootcopy_put(x.copy);
	return 0;
}
