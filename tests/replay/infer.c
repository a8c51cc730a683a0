/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/replay/infer.h"

#include "lib/wire/const.h"

enum { RRSIG_DATES_END = 16 };

/* --- a date -------------------------------------------------------------------------------- */

static uint32_t
u32_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The latest inception and the earliest expiration of the signatures in e. */
static void
dates_of(const struct rpl_entry *e, uint32_t *from, uint32_t *to)
{
	for (int s = 0; s < HF_SECTION_CNT; s++) {
		for (unsigned i = 0; i < e->section[s].cnt; i++) {
			const struct rpl_rr *rr = &e->section[s].rr[i];

			if (rr->type != HF_TYPE_RRSIG || rr->len < RRSIG_DATES_END)
				continue;
			uint32_t begins = u32_at(rr->rdata + RRSIG_DATES_END - 4);
			uint32_t ends = u32_at(rr->rdata + RRSIG_DATES_END - 8);

			*from = begins > *from ? begins : *from;
			*to = ends < *to ? ends : *to;
		}
	}
}

bool
infer_date(const struct rpl *s, int64_t *wall_s)
{
	uint32_t from = 0, to = UINT32_MAX;

	for (const struct rpl_range *g = s->ranges; g != NULL; g = g->next)
		for (const struct rpl_entry *e = g->entries; e != NULL; e = e->next)
			dates_of(e, &from, &to);
	if (from <= to)
		*wall_s = from;
	return from <= to;
}

/* --- a prefix ------------------------------------------------------------------------------ */

/* The prefix with which server is made of the address in rr. */
static bool
prefix_of(const struct hf_addr *server, const struct rpl_rr *rr, struct hf_nat64 *n)
{
	static const uint8_t lengths[] = {96, 64, 56, 48, 40, 32};
	struct hf_addr v4 = {.family = AF_INET, .port = server->port};

	if (rr->type != HF_TYPE_A || rr->len != 4)
		return false;
	memcpy(v4.octets, rr->rdata, 4);
	for (size_t i = 0; i < sizeof(lengths); i++) {
		struct hf_nat64 one = {.len = lengths[i]};

		memcpy(one.prefix, server->octets, lengths[i] / 8u);
		struct hf_addr made = hf_nat64_map(&one, &v4);

		if (hf_addr_equal(&made, server)) {
			*n = one;
			return true;
		}
	}
	return false;
}

static bool
prefix_in(const struct rpl *s, const struct hf_addr *server, struct hf_nat64 *n)
{
	const struct rpl_section *add;

	for (const struct rpl_range *g = s->ranges; g != NULL; g = g->next) {
		for (const struct rpl_entry *e = g->entries; e != NULL; e = e->next) {
			add = &e->section[HF_SECTION_ADDITIONAL];
			for (unsigned i = 0; i < add->cnt; i++)
				if (prefix_of(server, &add->rr[i], n))
					return true;
		}
	}
	return false;
}

bool
infer_nat64(const struct rpl *s, struct hf_nat64 *n)
{
	for (const struct rpl_range *g = s->ranges; g != NULL; g = g->next)
		for (unsigned i = 0; i < g->addr_cnt; i++)
			if (g->addr[i].family == AF_INET6 && prefix_in(s, &g->addr[i], n))
				return true;
	return false;
}

/* --- a server ------------------------------------------------------------------------------ */

const struct hf_addr *
infer_server(const struct rpl *s)
{
	for (const struct rpl_range *g = s->ranges; g != NULL; g = g->next)
		if (g->addr_cnt > 0)
			return &g->addr[0];
	return NULL;
}
