/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/outcome.h"

#include <string.h>

#include "lib/wire/cursor.h"

static const struct {
	uint16_t ede;
	const char *text;
} cause_table[CP_CAUSE_CNT] = {
#define X(name, ede, text) {ede, text},
    CP_CAUSES(X)
#undef X
};

uint16_t
cp_cause_ede(enum cp_cause c)
{
	return (unsigned)c < CP_CAUSE_CNT ? cause_table[c].ede : HF_EDE_OTHER;
}

bool
cp_cause_is_ours(enum cp_cause c)
{
	return c == CP_CAUSE_ZONE_BUSY || c == CP_CAUSE_ZONE_FLOODED || c == CP_CAUSE_ZONE_COSTLY ||
	    c == CP_CAUSE_SERVER_BUSY || c == CP_CAUSE_JOSTLED;
}

const char *
cp_cause_text(enum cp_cause c)
{
	return (unsigned)c < CP_CAUSE_CNT ? cause_table[c].text : "";
}

static size_t
round_up(size_t len)
{
	const size_t align = _Alignof(max_align_t);

	return (len + align - 1) / align * align;
}

size_t
cp_rrset_size(const struct hf_rrset *set)
{
	size_t len = round_up(sizeof(*set));

	len += round_up((size_t)(set->rr_cnt + set->sig_cnt) * sizeof(struct hf_rdata));
	for (unsigned i = 0; i < set->rr_cnt; i++)
		len += set->rr[i].len;
	for (unsigned i = 0; i < set->sig_cnt; i++)
		len += set->sig[i].len;
	return round_up(len);
}

size_t
cp_outcome_size(const struct cp_outcome *o)
{
	size_t len = round_up(sizeof(*o));

	for (unsigned i = 0; i < o->answer_cnt; i++)
		len += cp_rrset_size(o->answer[i]);
	for (unsigned i = 0; i < o->proof_cnt; i++)
		len += cp_rrset_size(o->proof[i]);
	for (unsigned i = 0; i < o->extra_cnt; i++)
		len += cp_rrset_size(o->extra[i]);
	return len;
}

static uint8_t *
rdata_copy(struct hf_rdata *to, const struct hf_rdata *from, unsigned cnt, uint8_t *data)
{
	for (unsigned i = 0; i < cnt; i++) {
		if (from[i].len > 0)
			memcpy(data, from[i].data, from[i].len);
		to[i] = (struct hf_rdata){.data = data, .len = from[i].len};
		data += from[i].len;
	}
	return data;
}

struct hf_rrset *
cp_rrset_copy(void *mem, const struct hf_rrset *set)
{
	struct hf_rrset *to = mem;
	struct hf_rdata *rd = (struct hf_rdata *)((uint8_t *)mem + round_up(sizeof(*to)));
	unsigned all = (unsigned)set->rr_cnt + set->sig_cnt;
	uint8_t *data = (uint8_t *)rd + round_up(all * sizeof(*rd));

	*to = *set;
	data = rdata_copy(rd, set->rr, set->rr_cnt, data);
	rdata_copy(rd + set->rr_cnt, set->sig, set->sig_cnt, data);
	to->rr = rd;
	to->sig = rd + set->rr_cnt;
	return to;
}

static struct hf_rrset *
rrset_copy_next(uint8_t **mem, const struct hf_rrset *set)
{
	void *at = *mem;

	*mem += cp_rrset_size(set);
	return cp_rrset_copy(at, set);
}

struct cp_outcome *
cp_outcome_copy(void *mem, const struct cp_outcome *o)
{
	struct cp_outcome *to = mem;
	uint8_t *at = (uint8_t *)mem + round_up(sizeof(*o));

	*to = *o;
	for (unsigned i = 0; i < o->answer_cnt; i++)
		to->answer[i] = rrset_copy_next(&at, o->answer[i]);
	for (unsigned i = 0; i < o->proof_cnt; i++)
		to->proof[i] = rrset_copy_next(&at, o->proof[i]);
	for (unsigned i = 0; i < o->extra_cnt; i++)
		to->extra[i] = rrset_copy_next(&at, o->extra[i]);
	return to;
}

const struct hf_rrset *
cp_outcome_soa(const struct cp_outcome *o)
{
	for (unsigned i = 0; i < o->proof_cnt; i++)
		if (o->proof[i]->type == HF_TYPE_SOA)
			return o->proof[i];
	return NULL;
}

/* MINIMUM is the last 32 bits of an SOA. */
static uint32_t
soa_minimum(const struct hf_rrset *soa)
{
	const struct hf_rdata *rd = &soa->rr[0];
	struct hf_cursor c;

	if (soa->rr_cnt == 0 || rd->len < 4)
		return 0;
	hf_cursor_init(&c, rd->data + rd->len - 4, 4);
	return hf_cursor_u32(&c);
}

static uint32_t
records_ttl(const struct cp_outcome *o)
{
	uint32_t ttl = UINT32_MAX;

	for (unsigned i = 0; i < o->answer_cnt; i++)
		ttl = o->answer[i]->ttl < ttl ? o->answer[i]->ttl : ttl;
	for (unsigned i = 0; i < o->proof_cnt; i++)
		ttl = o->proof[i]->ttl < ttl ? o->proof[i]->ttl : ttl;
	return ttl;
}

uint32_t
cp_outcome_ttl(const struct cp_outcome *o)
{
	bool negative = o->kind == CP_KIND_NODATA || o->kind == CP_KIND_NXDOMAIN;
	const struct hf_rrset *soa = cp_outcome_soa(o);
	uint32_t ttl = records_ttl(o);

	if (negative && soa == NULL)
		return 0; /* RFC 2308 5: without SOA it should not be cached */
	if (negative && soa_minimum(soa) < ttl)
		ttl = soa_minimum(soa);
	return ttl;
}

uint32_t
cp_outcome_proof_ttl(const struct cp_outcome *o)
{
	if (o->answer_cnt + o->proof_cnt == 0)
		return 0;
	return cp_outcome_soa(o) != NULL ? cp_outcome_ttl(o) : records_ttl(o);
}

static void
rrset_age(struct hf_rrset *set, uint32_t age_s, uint32_t cap_s)
{
	set->ttl = set->ttl > age_s ? set->ttl - age_s : 0;
	if (set->ttl > cap_s)
		set->ttl = cap_s;
}

/* A denial's SOA lives for the lower of its TTL and MINIMUM (RFC 2308 5). Said once, before any
 * time is taken away: MINIMUM itself does not grow old. */
static void
soa_lower(struct cp_outcome *o)
{
	struct hf_rrset *soa = (struct hf_rrset *)(uintptr_t)cp_outcome_soa(o);

	if ((o->kind == CP_KIND_NODATA || o->kind == CP_KIND_NXDOMAIN) && soa != NULL &&
	    soa_minimum(soa) < soa->ttl)
		soa->ttl = soa_minimum(soa);
}

/* What only came along goes when its time is over. */
static void
extras_age(struct cp_outcome *o, uint32_t age_s, uint32_t cap_s)
{
	unsigned cnt = 0;

	for (unsigned i = 0; i < o->extra_cnt; i++) {
		bool over = age_s > 0 && o->extra[i]->ttl <= age_s;

		rrset_age((struct hf_rrset *)(uintptr_t)o->extra[i], age_s, cap_s);
		if (!over)
			o->extra[cnt++] = o->extra[i];
	}
	o->extra_cnt = (uint8_t)cnt;
}

void
cp_outcome_age(struct cp_outcome *o, uint32_t age_s, uint32_t cap_s)
{
	soa_lower(o);
	for (unsigned i = 0; i < o->answer_cnt; i++)
		rrset_age((struct hf_rrset *)(uintptr_t)o->answer[i], age_s, cap_s);
	for (unsigned i = 0; i < o->proof_cnt; i++)
		rrset_age((struct hf_rrset *)(uintptr_t)o->proof[i], age_s, cap_s);
	extras_age(o, age_s, cap_s);
}

static void
rrset_raise(const struct hf_rrset *set, uint32_t floor_s)
{
	if (set->ttl < floor_s)
		((struct hf_rrset *)(uintptr_t)set)->ttl = floor_s;
}

void
cp_outcome_raise(struct cp_outcome *o, uint32_t floor_s)
{
	for (unsigned i = 0; i < o->answer_cnt; i++)
		rrset_raise(o->answer[i], floor_s);
	for (unsigned i = 0; i < o->proof_cnt; i++)
		rrset_raise(o->proof[i], floor_s);
	for (unsigned i = 0; i < o->extra_cnt; i++)
		rrset_raise(o->extra[i], floor_s);
}

bool
cp_outcome_is_signed(const struct cp_outcome *o)
{
	for (unsigned i = 0; i < o->answer_cnt; i++)
		if (o->answer[i]->sig_cnt > 0)
			return true;
	for (unsigned i = 0; i < o->proof_cnt; i++)
		if (o->proof[i]->sig_cnt > 0)
			return true;
	return false;
}
