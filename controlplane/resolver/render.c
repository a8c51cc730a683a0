/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/render.h"

#include "lib/wire/writer.h"

struct press {
	struct hf_writer w;
	const struct cp_page *page;
	const struct cp_answer *a;
	uint32_t ttl_min;
};

static void
put_rr(struct press *p, enum hf_section section, const struct hf_rrset *set,
    const struct hf_rdata *rd, uint16_t type)
{
	const struct hf_name *owner = &set->owner;
	struct hf_rr rr = {
	    .type = type, .klass = set->klass, .ttl = set->ttl, .rdata_len = rd->len};

	/* The question's own case compresses to a pointer at it. */
	if (hf_name_equal(owner, &p->a->question.name))
		owner = &p->a->question.name;
	hf_writer_rr(&p->w, section, owner, &rr, rd->data);
}

static void
put_set(struct press *p, enum hf_section section, const struct hf_rrset *set)
{
	for (unsigned i = 0; i < set->rr_cnt; i++)
		put_rr(p, section, set, &set->rr[i], set->type);
	for (unsigned i = 0; p->page->dnssec_ok && i < set->sig_cnt; i++)
		put_rr(p, section, set, &set->sig[i], HF_TYPE_RRSIG);
	if (set->ttl < p->ttl_min)
		p->ttl_min = set->ttl;
}

static void
put_proofs(struct press *p, const struct cp_outcome *o)
{
	uint32_t ttl = cp_outcome_ttl(o);

	for (unsigned i = 0; i < o->proof_cnt; i++) {
		struct hf_rrset set = *o->proof[i];

		if (set.type != HF_TYPE_SOA && !p->page->dnssec_ok)
			continue;
		if (set.type == HF_TYPE_SOA && o->answer_cnt > 0)
			continue;
		if (set.ttl > ttl) /* a denial lives no longer than its SOA says (RFC 2308 5) */
			set.ttl = ttl;
		put_set(p, HF_SECTION_AUTHORITY, &set);
	}
}

void
cp_render(const struct cp_links *links, const struct cp_page *page, struct cp_answer *a)
{
	struct press p = {.page = page, .a = a, .ttl_min = UINT32_MAX};
	size_t cap = HF_HEADER_LEN + a->question.name.len + 4u + page->body_cap;

	hf_writer_init(&p.w, page->buf, cap < HF_MSG_MAX ? cap : HF_MSG_MAX);
	hf_writer_question(&p.w, &a->question);
	uint32_t start = p.w.len;

	for (unsigned i = 0; i < links->cnt; i++)
		for (unsigned k = 0; k < links->link[i]->answer_cnt; k++)
			put_set(&p, HF_SECTION_ANSWER, links->link[i]->answer[k]);
	for (unsigned i = 0; i < links->cnt; i++)
		put_proofs(&p, links->link[i]);

	unsigned all = (unsigned)p.w.cnt[1] + p.w.cnt[2];

	a->ttl_s = p.ttl_min == UINT32_MAX ? 0 : p.ttl_min;
	a->truncated = p.w.full || all > page->rr_max;
	a->an_cnt = a->truncated ? 0 : p.w.cnt[1];
	a->ns_cnt = a->truncated ? 0 : p.w.cnt[2];
	a->ar_cnt = 0;
	a->body = page->buf + start;
	a->body_len = a->truncated ? 0 : (uint16_t)(p.w.len - start);
}
