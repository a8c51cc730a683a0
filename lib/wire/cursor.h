/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cursor: bounded reading of octets, with a sticky error.
 *
 * Purpose   Every read of hostile octets goes through one of these. After the
 *           first read past the end, every read returns 0 and moves nothing;
 *           the caller checks once, at the end, with hf_cursor_ok().
 * Roles     Any thread; a cursor belongs to one.
 * Memory    Borrows the octets; the caller keeps them alive and unchanged.
 * Blocking  Never.
 * Errors    Sticky flag "bad".
 * Trust     The octets are hostile.
 */
#ifndef HF_WIRE_CURSOR_H
#define HF_WIRE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hf_cursor {
	const uint8_t *base; /* start of the whole message: compression pointers count from here */
	uint32_t end;        /* one past the last readable octet */
	uint32_t off;        /* next octet; off <= end always */
	bool bad;
};

static inline void
hf_cursor_init(struct hf_cursor *c, const void *base, size_t len)
{
	c->base = base;
	c->end = len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
	c->off = 0;
	c->bad = false;
}

static inline bool
hf_cursor_ok(const struct hf_cursor *c)
{
	return !c->bad;
}

static inline uint32_t
hf_cursor_left(const struct hf_cursor *c)
{
	return c->bad ? 0 : c->end - c->off;
}

/* True when n more octets can be read; otherwise marks the cursor bad. */
static inline bool
hf_cursor_need(struct hf_cursor *c, uint32_t n)
{
	if (c->bad || n > c->end - c->off) {
		c->bad = true;
		return false;
	}
	return true;
}

static inline uint8_t
hf_cursor_u8(struct hf_cursor *c)
{
	if (!hf_cursor_need(c, 1))
		return 0;
	return c->base[c->off++];
}

static inline uint16_t
hf_cursor_u16(struct hf_cursor *c)
{
	if (!hf_cursor_need(c, 2))
		return 0;
	const uint8_t *p = c->base + c->off;
	c->off += 2;
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
hf_cursor_u32(struct hf_cursor *c)
{
	if (!hf_cursor_need(c, 4))
		return 0;
	const uint8_t *p = c->base + c->off;
	c->off += 4;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The next n octets in place, or NULL (and bad). */
static inline const uint8_t *
hf_cursor_bytes(struct hf_cursor *c, uint32_t n)
{
	if (!hf_cursor_need(c, n))
		return NULL;
	const uint8_t *p = c->base + c->off;
	c->off += n;
	return p;
}

#endif
