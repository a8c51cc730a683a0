/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/replay/spoil.h"

#include <stdlib.h>
#include <string.h>

/* Each returns false when the entry does not compare what it would spoil. */

static bool
flags(struct rpl *s, struct rpl_entry *e)
{
	(void)s;
	e->flags ^= HF_FLAG_RA;
	return (e->match & RPL_MATCH_FLAGS) != 0;
}

static bool
rcode(struct rpl *s, struct rpl_entry *e)
{
	(void)s;
	e->rcode = e->rcode == HF_RCODE_NXDOMAIN ? HF_RCODE_NOERROR : HF_RCODE_NXDOMAIN;
	return (e->match & RPL_MATCH_RCODE) != 0;
}

static bool
authentic(struct rpl *s, struct rpl_entry *e)
{
	(void)s;
	e->flags ^= HF_FLAG_AD;
	return (e->match & RPL_MATCH_FLAGS) != 0;
}

static bool
name(struct rpl *s, struct rpl_entry *e)
{
	(void)s;
	(void)hf_name_from_text("not.what.was.asked.", &e->question.name);
	return (e->match & (RPL_MATCH_QNAME | RPL_MATCH_SUBDOMAIN)) != 0 && e->question_cnt > 0;
}

static bool
type(struct rpl *s, struct rpl_entry *e)
{
	(void)s;
	e->question.type ^= 0x40;
	return (e->match & RPL_MATCH_QTYPE) != 0 && e->question_cnt > 0;
}

static uint32_t
section_bit(int s)
{
	static const uint32_t bits[HF_SECTION_CNT] = {
	    RPL_MATCH_ANSWER, RPL_MATCH_AUTHORITY, RPL_MATCH_ADDITIONAL};

	return bits[s];
}

/* One octet of RDATA is another. */
static bool
rdata(struct rpl *s, struct rpl_entry *e)
{
	(void)s;
	for (int i = 0; i < HF_SECTION_CNT; i++) {
		struct rpl_section *sec = &e->section[i];

		if ((e->match & section_bit(i)) != 0 && sec->cnt > 0 && sec->rr[0].len > 0) {
			sec->rr[0].rdata[sec->rr[0].len - 1] ^= 0x01;
			return true;
		}
	}
	return false;
}

/* A record is expected that does not come. */
static bool
more(struct rpl *s, struct rpl_entry *e)
{
	for (int i = 0; i < HF_SECTION_CNT; i++) {
		struct rpl_section *sec = &e->section[i];
		struct rpl_rr *rr;

		if ((e->match & section_bit(i)) == 0)
			continue;
		rr = hf_arena_alloc(&s->arena, (sec->cnt + 1u) * sizeof(*rr));
		if (rr == NULL)
			return false;
		if (sec->cnt > 0)
			memcpy(rr, sec->rr, sec->cnt * sizeof(*rr));
		rr[sec->cnt] = (struct rpl_rr){.owner = hf_name_root,
		    .type = HF_TYPE_A,
		    .klass = HF_CLASS_IN,
		    .len = 4,
		    .rdata = hf_arena_alloc(&s->arena, 4)};
		sec->rr = rr;
		sec->cnt++;
		return true;
	}
	return false;
}

/* A record comes that is not expected. */
static bool
fewer(struct rpl *s, struct rpl_entry *e)
{
	(void)s;
	for (int i = HF_SECTION_CNT - 1; i >= 0; i--) {
		if ((e->match & section_bit(i)) != 0 && e->section[i].cnt > 0) {
			e->section[i].cnt--;
			return true;
		}
	}
	return false;
}

static bool
ttl(struct rpl *s, struct rpl_entry *e)
{
	(void)s;
	for (int i = 0; i < HF_SECTION_CNT; i++) {
		struct rpl_section *sec = &e->section[i];

		if ((e->match & section_bit(i)) != 0 && sec->cnt > 0 && sec->rr[0].has_ttl) {
			sec->rr[0].ttl += 100000;
			return (e->match & RPL_MATCH_TTL) != 0;
		}
	}
	return false;
}

static bool
ede(struct rpl *s, struct rpl_entry *e)
{
	(void)s;
	e->ede ^= 0x100;
	return (e->match & RPL_MATCH_EDE) != 0;
}

static const struct {
	const char *name;
	bool (*spoil)(struct rpl *s, struct rpl_entry *e);
} kinds[] = {
    {"flags", flags},
    {"rcode", rcode},
    {"AD", authentic},
    {"qname", name},
    {"qtype", type},
    {"RDATA", rdata},
    {"a record more", more},
    {"a record less", fewer},
    {"TTL", ttl},
    {"EDE", ede},
};

/* A copy whose records can be changed. */
static bool
entry_copy(struct rpl *s, const struct rpl_entry *from, struct rpl_entry *to)
{
	*to = *from;
	for (int i = 0; i < HF_SECTION_CNT; i++) {
		struct rpl_section *sec = &to->section[i];

		sec->rr = hf_arena_copy(&s->arena, sec->rr, sec->cnt * sizeof(*sec->rr));
		for (unsigned k = 0; sec->rr != NULL && k < sec->cnt; k++)
			sec->rr[k].rdata =
			    hf_arena_copy(&s->arena, sec->rr[k].rdata, sec->rr[k].len);
		if (sec->rr == NULL)
			return false;
	}
	return true;
}

bool
spoil_plant(struct rpl *s, unsigned n, char *what, size_t cap)
{
	for (struct rpl_step *step = s->steps; step != NULL; step = step->next) {
		if (step->entry == NULL ||
		    (step->action != RPL_CHECK_ANSWER && step->action != RPL_CHECK_OUT_QUERY))
			continue;
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			struct rpl_entry spoilt;

			if (!entry_copy(s, step->entry, &spoilt))
				return false;
			if (!kinds[i].spoil(s, &spoilt) || --n > 0)
				continue;
			*step->entry = spoilt;
			snprintf(what, cap, "step %ld: %s", step->id, kinds[i].name);
			return true;
		}
	}
	return false;
}

long
spoil_step(const char *what)
{
	return strtol(what + strlen("step "), NULL, 10);
}
