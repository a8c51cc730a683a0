/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/reader.h"

#include "lib/wire/rdata.h"

enum {
	SIG_MAX = 16, /* signatures kept per RRset; the validator tries half of that */
	RDATA_GROWTH = 2 * HF_NAME_MAX, /* at most two compressed names in RDATA (RFC 1035 3.3) */
};

/* The proofs of a forwarder may be of any zone above its own: they are judged by who signed
 * them, and an SOA is only taken from above the question. */
static bool
in_bailiwick(const struct cp_reader *rd, const struct hf_rr *rr)
{
	return rr->klass == HF_CLASS_IN &&
	    (hf_name_in(&rr->owner, &rd->asked->cut) ||
		(rd->asked->forward && rr->section == HF_SECTION_AUTHORITY) ||
		(rd->asked->any_glue && rr->section == HF_SECTION_ADDITIONAL));
}

/* An address that is none: left out of its RRset, as if it had not been sent. */
static bool
is_misshapen(const struct hf_rr *rr)
{
	return (rr->type == HF_TYPE_A && rr->rdata_len != 4) ||
	    (rr->type == HF_TYPE_AAAA && rr->rdata_len != 16);
}

/* A signature over signatures, or over what is never data: there is nothing that it could be of
 * (RFC 4035 2.2). */
static bool
is_misplaced(const struct cp_reader *rd, const struct hf_rr *rr)
{
	const uint8_t *p = rd->msg + rr->rdata_off;
	uint16_t covered;

	if (rr->type != HF_TYPE_RRSIG || rr->rdata_len < 2)
		return false;
	covered = (uint16_t)(p[0] << 8 | p[1]);
	return covered == HF_TYPE_RRSIG || hf_type_is_meta(covered);
}

/* Keep rr, if it is the server's to say. */
static bool
record_keep(struct cp_reader *rd, const struct hf_rr *rr)
{
	struct cp_scratch *s = rd->asked->scratch;

	if (!in_bailiwick(rd, rr)) {
		rd->r->out_of_bailiwick++;
		rd->upward |= rr->section == HF_SECTION_AUTHORITY && rr->klass == HF_CLASS_IN &&
		    (rr->type == HF_TYPE_NS || rr->type == HF_TYPE_SOA) &&
		    hf_name_in(&rd->asked->cut, &rr->owner);
		return true;
	}
	if (is_misshapen(rr)) {
		rd->r->misshapen++;
		return true;
	}
	if (is_misplaced(rd, rr)) {
		rd->r->misplaced++;
		return true;
	}
	if (s->cnt == CP_RESPONSE_RR_MAX)
		return false;
	s->rr[s->cnt++] = *rr;
	return true;
}

bool
cp_reader_read(struct cp_reader *rd)
{
	struct hf_question q;
	struct hf_cursor c;
	struct hf_walk w;
	struct hf_rr rr;

	rd->asked->scratch->cnt = 0;
	hf_cursor_init(&c, rd->msg, rd->len);
	hf_header_read(&c, &rd->h);
	for (unsigned i = 0; i < rd->h.qd_cnt && i < 1; i++)
		hf_question_read(&c, &q);
	hf_walk_init(&w, &c, &rd->h);
	while (hf_walk_next(&w, &rr)) {
		if (rr.type == HF_TYPE_OPT) {
			if (rd->edns.present || rr.section != HF_SECTION_ADDITIONAL ||
			    !hf_edns_from_rr(rd->msg, &rr, &rd->edns))
				return false;
			continue;
		}
		if (!record_keep(rd, &rr))
			return false;
	}
	rd->trailing = c.off != rd->len;
	return hf_cursor_ok(&c);
}

/* RDATA of rr, expanded into the arena. */
static bool
rdata_take(struct cp_reader *rd, const struct hf_rr *rr, struct hf_rdata *out)
{
	uint8_t buf[HF_RDATA_MAX + RDATA_GROWTH];
	ssize_t len = hf_rdata_expand(rd->msg, rd->len, rr, buf, sizeof(buf));

	if (len < 0 || len > HF_RDATA_MAX) {
		rd->bad = true;
		return false;
	}
	out->data = hf_arena_copy(rd->asked->arena, buf, (size_t)len);
	out->len = (uint16_t)len;
	rd->no_memory |= out->data == NULL;
	return out->data != NULL;
}

static bool
has_rdata(const struct hf_rdata *list, unsigned cnt, const struct hf_rdata *one)
{
	for (unsigned i = 0; i < cnt; i++)
		if (hf_rdata_cmp(list[i].data, list[i].len, one->data, one->len) == 0)
			return true;
	return false;
}

bool
cp_reader_is_sig(const struct cp_reader *rd, const struct hf_rr *rr, uint16_t type)
{
	const uint8_t *p = rd->msg + rr->rdata_off;

	return rr->type == HF_TYPE_RRSIG && rr->rdata_len >= 2 && (p[0] << 8 | p[1]) == type;
}

static unsigned
list_take(struct cp_reader *rd, const struct hf_rr *rr, struct hf_rdata *list, unsigned cnt)
{
	if (!rdata_take(rd, rr, &list[cnt]) || has_rdata(list, cnt, &list[cnt]))
		return cnt;
	return cnt + 1;
}

struct hf_rrset *
cp_reader_gather(
    struct cp_reader *rd, const struct hf_name *owner, uint16_t type, enum hf_section section)
{
	const struct cp_scratch *s = rd->asked->scratch;
	struct hf_rdata rr[CP_RRSET_RR_MAX], sig[SIG_MAX];
	struct hf_rrset set = {
	    .owner = *owner, .type = type, .klass = HF_CLASS_IN, .ttl = UINT32_MAX};
	unsigned rr_cnt = 0, sig_cnt = 0;

	for (unsigned i = 0; i < s->cnt && !rd->no_memory; i++) {
		const struct hf_rr *one = &s->rr[i];

		if (!hf_name_equal(&one->owner, owner))
			continue;
		if (one->section == section && one->type == type) {
			if (rr_cnt == CP_RRSET_RR_MAX && section == HF_SECTION_AUTHORITY)
				continue;
			if (rr_cnt == CP_RRSET_RR_MAX) {
				rd->bad = true;
				return NULL;
			}
			rr_cnt = list_take(rd, one, rr, rr_cnt);
			set.ttl = one->ttl < set.ttl ? one->ttl : set.ttl;
		} else if (cp_reader_is_sig(rd, one, type) && sig_cnt < SIG_MAX) {
			sig_cnt = list_take(rd, one, sig, sig_cnt);
		}
	}
	if (rr_cnt == 0 || rd->bad)
		return NULL;
	set.rr_cnt = (uint16_t)rr_cnt;
	set.sig_cnt = (uint16_t)sig_cnt;
	set.rr = hf_arena_copy(rd->asked->arena, rr, rr_cnt * sizeof(rr[0]));
	set.sig = hf_arena_copy(rd->asked->arena, sig, sig_cnt * sizeof(sig[0]));
	struct hf_rrset *out = hf_arena_copy(rd->asked->arena, &set, sizeof(set));

	rd->no_memory |= set.rr == NULL || set.sig == NULL || out == NULL;
	return rd->no_memory ? NULL : out;
}

const struct hf_rr *
cp_reader_find(
    const struct cp_reader *rd, enum hf_section section, uint16_t type, const struct hf_name *name)
{
	const struct cp_scratch *s = rd->asked->scratch;

	for (unsigned i = 0; i < s->cnt; i++)
		if (s->rr[i].section == section && s->rr[i].type == type &&
		    hf_name_in(name, &s->rr[i].owner))
			return &s->rr[i];
	return NULL;
}

const struct hf_rr *
cp_reader_find_exact(
    const struct cp_reader *rd, enum hf_section section, uint16_t type, const struct hf_name *owner)
{
	const struct cp_scratch *s = rd->asked->scratch;

	for (unsigned i = 0; i < s->cnt; i++)
		if (s->rr[i].section == section && s->rr[i].type == type &&
		    hf_name_equal(&s->rr[i].owner, owner))
			return &s->rr[i];
	return NULL;
}
