/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * purse: what probes may spend: so many packets a second over time.
 *
 * Purpose   Fills with time, at most a second's worth. Who has something to ask may ask while there
 * is anything in it, and pays afterwards what that cost, if need be with a debt that the others
 * wait for. So no more is spent ahead than what is under way at once. Roles     The main thread.
 * Time is an argument. Memory    The caller's. Blocking  Never. Errors    None. Trust     Nothing
 * here reads input.
 */
#ifndef CP_PURSE_H
#define CP_PURSE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/ns.h"

struct cp_purse {
	unsigned rate;     /* packets a second */
	int64_t content;   /* thousandths of packets; below zero: a debt */
	uint64_t since_ns; /* when it was filled last */
};

static inline void
cp_purse_init(struct cp_purse *p, unsigned rate, uint64_t now_ns)
{
	*p = (struct cp_purse){.rate = rate, .since_ns = now_ns};
}

/* now_ns does not go back. */
static inline void
cp_purse_fill(struct cp_purse *p, uint64_t now_ns)
{
	int64_t most = (int64_t)p->rate * 1000;
	uint64_t past_ns = now_ns - p->since_ns;
	uint64_t grains = past_ns / HF_NS_PER_US * p->rate / 1000;

	if (grains == 0) /* it is too early for the smallest part of a packet */
		return;
	p->since_ns = now_ns;
	p->content += past_ns > HF_NS_PER_S ? most : (int64_t)grains;
	if (p->content > most)
		p->content = most;
}

static inline bool
cp_purse_is_open(const struct cp_purse *p)
{
	return p->content > 0;
}

static inline void
cp_purse_pay(struct cp_purse *p, uint32_t packets)
{
	p->content -= (int64_t)packets * 1000;
}

#endif
