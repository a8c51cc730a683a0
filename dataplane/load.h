/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * load: numbers at any address, as the machine has them in memory.
 *
 * Purpose   One instruction each, whatever the alignment. What comes from a packet has its most
 *           significant octet first: packet.h and callers turn it round where that matters.
 * Roles     Any thread.
 * Memory    Reads or writes the octets of the number and no more; the caller knows that they are
 *           there.
 * Blocking  Never.
 * Errors    None.
 * Trust     Any octets are a number.
 */
#ifndef DP_LOAD_H
#define DP_LOAD_H

#include <stdint.h>
#include <string.h>

static inline uint16_t
dp_load_u16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t
dp_load_u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t
dp_load_u64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void
dp_store_u16(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, sizeof(v));
}

static inline void
dp_store_u32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

#endif
