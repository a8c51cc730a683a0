/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/rss.h"

void
dp_rss_key(uint16_t random, uint8_t *key, size_t len)
{
	if (__builtin_popcount(random) % 2 == 0)
		random ^= 1;
	for (size_t i = 0; i < len; i++)
		key[i] = (uint8_t)(i % 2 == 0 ? random >> 8 : random);
}
