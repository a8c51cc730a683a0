/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/render.h"

#include "lib/wire/cursor.h"
#include "lib/wire/writer.h"

enum { SEEN_MAX = 64, RRSIG_EXPIRATION_OFF = 8 /* RFC 4034 3.1 */ };

struct press {
	struct hf_writer w;
	const struct cp_page *page;
	const struct cp_answer *a;
	uint32_t ttl_min;
	uint32_t valid_min; /* seconds until the first signature expires */
	uint32_t start;     /* of the body */
	unsigned seen_cnt;
	const struct hf_rrset *seen[SEEN_MAX]; /* what was put */
};

static void
put_rr(struct press *p, enum hf_section section, const struct hf_rrset *set,
    const struct hf_rdata *rd, uint16_t type)
{
	const struct hf_name *owner = &set->owner;
	struct hf_rr rr = {.type = type,
	    .klass = set->klass,
	    .ttl = set->ttl < p->page->ttl_max ? set->ttl : p->page->ttl_max,
	    .rdata_len = rd->len};

	/* The question's own case compresses to a pointer at it. */
	if (hf_name_equal(owner, &p->a->question.name))
		owner = &p->a->question.name;
	hf_writer_rr(&p->w, section, owner, &rr, rd->data);
}

/* Links of a chain may share an RRset: a DNAME that applies twice, an NSEC that proves two
 * things. It is shown once (RFC 2181 5). */
static bool
is_repeated(struct press *p, const struct hf_rrset *set)
{
	for (unsigned i = 0; i < p->seen_cnt; i++)
		if (p->seen[i]->type == set->type && hf_name_equal(&p->seen[i]->owner, &set->owner))
			return true;
	if (p->seen_cnt < SEEN_MAX)
		p->seen[p->seen_cnt++] = set;
	return false;
}

/* Signatures that are over are not what set was found secure by, unless all are: then the skew of
 * clocks was, and it is not secure for longer. */
static void
note_validity(struct press *p, const struct hf_rrset *set)
{
	bool any = set->sig_cnt == 0;

	for (unsigned i = 0; i < set->sig_cnt; i++) {
		struct hf_cursor c;

		hf_cursor_init(&c, set->sig[i].data, set->sig[i].len);
		(void)hf_cursor_bytes(&c, RRSIG_EXPIRATION_OFF);
		uint32_t left_s = hf_cursor_u32(&c) - p->page->now_s; /* RFC 1982 */

		if (!hf_cursor_ok(&c) || left_s > INT32_MAX)
			continue;
		any = true;
		if (left_s < p->valid_min)
			p->valid_min = left_s;
	}
	if (!any)
		p->valid_min = 0;
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
	note_validity(p, set);
}

static void
put_answer(struct press *p, const struct hf_rrset *set)
{
	if (!is_repeated(p, set))
		put_set(p, HF_SECTION_ANSWER, set);
}

static void
put_proofs(struct press *p, const struct cp_outcome *o)
{
	uint32_t ttl = cp_outcome_ttl(o);

	for (unsigned i = 0; i < o->proof_cnt; i++) {
		struct hf_rrset set = *o->proof[i];

		if (is_repeated(p, o->proof[i]))
			continue;
		if (set.type == HF_TYPE_SOA && o->answer_cnt > 0)
			continue;
		if (set.type != HF_TYPE_SOA && !p->page->dnssec_ok) {
			note_validity(p, &set); /* not told, and what the answer rests on */
			continue;
		}
		if (set.ttl > ttl) /* a denial lives no longer than its SOA says (RFC 2308 5) */
			set.ttl = ttl;
		put_set(p, HF_SECTION_AUTHORITY, &set);
	}
}

static bool
has_name_server(const struct cp_outcome *o)
{
	return o->answer_cnt > 0 && o->answer[0]->type == HF_TYPE_NS;
}

/* What came along with the end of the chain. */
static void
put_extras(struct press *p, const struct cp_outcome *o)
{
	for (int pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < o->extra_cnt; i++) {
			bool ns = o->extra[i]->type == HF_TYPE_NS;

			if (ns != (pass == 0) || (ns && has_name_server(o)))
				continue;
			put_set(p, ns ? HF_SECTION_AUTHORITY : HF_SECTION_ADDITIONAL, o->extra[i]);
		}
	}
}

/* All of it into the page, with or without extras. False when it does not fit. */
static bool
press_all(struct press *p, const struct cp_links *links, bool extras)
{
	const struct cp_page *page = p->page;
	size_t cap = HF_HEADER_LEN + p->a->question.name.len + 4u + page->body_cap;

	hf_writer_init(&p->w, page->buf, cap < HF_MSG_MAX ? cap : HF_MSG_MAX);
	hf_writer_question(&p->w, &p->a->question);
	p->start = p->w.len;
	p->ttl_min = p->valid_min = UINT32_MAX;
	p->seen_cnt = 0;
	for (unsigned i = 0; i < links->cnt; i++)
		for (unsigned k = 0; k < links->link[i]->answer_cnt; k++)
			put_answer(p, links->link[i]->answer[k]);
	for (unsigned i = 0; i < links->cnt; i++)
		put_proofs(p, links->link[i]);
	if (extras && links->cnt > 0)
		put_extras(p, links->link[links->cnt - 1]);
	return !p->w.full && (unsigned)p->w.cnt[1] + p->w.cnt[2] + p->w.cnt[3] <= page->rr_max;
}

void
cp_render(const struct cp_links *links, const struct cp_page *page, struct cp_answer *a)
{
	struct press p = {.page = page, .a = a};

	a->truncated = !press_all(&p, links, true) && !press_all(&p, links, false);
	a->ttl_s = p.ttl_min == UINT32_MAX ? 0 : p.ttl_min;
	if (a->ttl_s > page->ttl_max)
		a->ttl_s = page->ttl_max;
	a->valid_s = p.valid_min == UINT32_MAX ? 0 : p.valid_min;
	a->an_cnt = a->truncated ? 0 : p.w.cnt[1];
	a->ns_cnt = a->truncated ? 0 : p.w.cnt[2];
	a->ar_cnt = a->truncated ? 0 : p.w.cnt[3];
	a->body = page->buf + p.start;
	a->body_len = a->truncated ? 0 : (uint16_t)(p.w.len - p.start);
}

size_t
cp_answer_walk(const struct cp_answer *a, uint8_t *msg, struct hf_cursor *c, struct hf_walk *w)
{
	const struct hf_header h = {.an_cnt = a->an_cnt, .ns_cnt = a->ns_cnt, .ar_cnt = a->ar_cnt};
	struct hf_writer to;

	hf_writer_init(&to, msg, HF_MSG_MAX);
	hf_writer_question(&to, &a->question);
	uint32_t question_end = to.len;

	hf_writer_bytes(&to, a->body, a->body_len);
	size_t len = hf_writer_finish(&to, 0, 0);

	hf_cursor_init(c, msg, len);
	c->off = question_end;
	hf_walk_init(w, c, &h);
	return len;
}
