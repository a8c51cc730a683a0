/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/message.h"

#include "lib/wire/cookie.h"

enum {
	RR_FIXED_LEN = 10,    /* type, class, TTL, RDLENGTH: RFC 1035 3.2.1 */
	OPTION_FIXED_LEN = 4, /* code and length: RFC 6891 6.1.2 */
};

static inline uint16_t
load_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
load_u32(const uint8_t *p)
{
	return (uint32_t)load_u16(p) << 16 | load_u16(p + 2);
}

void
hf_header_read(struct hf_cursor *c, struct hf_header *h)
{
	const uint8_t *p = hf_cursor_bytes(c, HF_HEADER_LEN);

	*h = (struct hf_header){0};
	if (p == NULL)
		return;
	h->id = load_u16(p);
	h->flags = load_u16(p + 2);
	h->qd_cnt = load_u16(p + 4);
	h->an_cnt = load_u16(p + 6);
	h->ns_cnt = load_u16(p + 8);
	h->ar_cnt = load_u16(p + 10);
}

void
hf_question_read(struct hf_cursor *c, struct hf_question *q)
{
	hf_name_read(c, &q->name);
	q->type = hf_cursor_u16(c);
	q->klass = hf_cursor_u16(c);
}

/* Everything of a record behind its owner. */
static void
rr_rest_read(struct hf_cursor *c, struct hf_rr *rr)
{
	const uint8_t *p = hf_cursor_bytes(c, RR_FIXED_LEN);

	if (p == NULL)
		return;
	rr->type = load_u16(p);
	rr->klass = load_u16(p + 2);
	rr->ttl = load_u32(p + 4);
	if (rr->ttl > INT32_MAX) /* RFC 2181 8 */
		rr->ttl = 0;
	rr->ttl_off = c->off - 6;
	rr->rdata_len = load_u16(p + 8);
	rr->rdata_off = c->off;
	hf_cursor_bytes(c, rr->rdata_len);
}

void
hf_rr_read(struct hf_cursor *c, struct hf_rr *rr)
{
	rr->off = c->off;
	hf_name_read(c, &rr->owner);
	rr_rest_read(c, rr);
}

void
hf_walk_init(struct hf_walk *w, struct hf_cursor *c, const struct hf_header *h)
{
	w->c = c;
	w->left[HF_SECTION_ANSWER] = h->an_cnt;
	w->left[HF_SECTION_AUTHORITY] = h->ns_cnt;
	w->left[HF_SECTION_ADDITIONAL] = h->ar_cnt;
	w->section = HF_SECTION_ANSWER;
}

/* One more record is said to be there: it is at the cursor. */
static inline bool
walk_on(struct hf_walk *w, struct hf_rr *rr)
{
	while (w->section < HF_SECTION_CNT && w->left[w->section] == 0)
		w->section++;
	if (w->section >= HF_SECTION_CNT)
		return false;
	w->left[w->section]--;
	rr->section = w->section;
	return true;
}

bool
hf_walk_next(struct hf_walk *w, struct hf_rr *rr)
{
	if (!walk_on(w, rr))
		return false;
	hf_rr_read(w->c, rr);
	return hf_cursor_ok(w->c);
}

bool
hf_walk_step(struct hf_walk *w, struct hf_rr *rr)
{
	if (!walk_on(w, rr))
		return false;
	rr->off = w->c->off;
	hf_name_skip(w->c);
	rr_rest_read(w->c, rr);
	return hf_cursor_ok(w->c);
}

/* What we act upon. */
static inline void
option_note(struct hf_edns *edns, uint16_t code, uint32_t off, uint32_t len)
{
	if (code == HF_OPTION_NSID) {
		edns->nsid = true;
	} else if (code == HF_OPTION_COOKIE && edns->cookie_off == 0) {
		edns->cookie_off = off;
		edns->cookie_bad = !hf_cookie_len_ok(len);
		edns->cookie_len = edns->cookie_bad ? 0 : (uint8_t)len;
	}
}

bool
hf_options_ok(const uint8_t *msg, struct hf_edns *edns)
{
	uint32_t off = edns->options_off, len = edns->options_len;

	while (len >= OPTION_FIXED_LEN) {
		uint32_t whole = OPTION_FIXED_LEN + load_u16(msg + off + 2);

		if (whole > len)
			return false;
		option_note(
		    edns, load_u16(msg + off), off + OPTION_FIXED_LEN, whole - OPTION_FIXED_LEN);
		off += whole;
		len -= whole;
	}
	return len == 0;
}

bool
hf_edns_from_rr(const uint8_t *msg, const struct hf_rr *rr, struct hf_edns *edns)
{
	struct hf_edns e = {.options_off = rr->rdata_off, .options_len = rr->rdata_len};

	if (rr->type != HF_TYPE_OPT || rr->owner.len != 1 || !hf_options_ok(msg, &e))
		return false;
	/* Not rr->ttl: that one was cleared when the extended RCODE is 128 or more. */
	uint32_t ttl = load_u32(msg + rr->ttl_off);

	e.present = true;
	e.ext_rcode = (uint8_t)(ttl >> 24);
	e.version = (uint8_t)(ttl >> 16);
	e.dnssec_ok = (ttl & HF_EDNS_DO) != 0;
	e.udp_len = rr->klass < HF_UDP_PLAIN_MAX ? HF_UDP_PLAIN_MAX : rr->klass;
	*edns = e;
	return true;
}

bool
hf_option_next(const uint8_t *msg, const struct hf_edns *edns, uint32_t *off, struct hf_option *opt)
{
	uint32_t end = edns->options_off + edns->options_len;

	if (!edns->present || *off < edns->options_off || *off > end ||
	    end - *off < OPTION_FIXED_LEN)
		return false;
	uint16_t len = load_u16(msg + *off + 2);

	if (len > end - *off - OPTION_FIXED_LEN)
		return false;
	opt->code = load_u16(msg + *off);
	opt->len = len;
	opt->data = msg + *off + OPTION_FIXED_LEN;
	*off += OPTION_FIXED_LEN + len;
	return true;
}

/* One record of a query: an OPT is taken, anything else stepped over. The owner is not
 * read out, only whether it is the root is kept. */
static enum hf_parse
query_rr(struct hf_cursor *c, bool additional, struct hf_edns *edns)
{
	struct hf_rr rr;

	rr.owner.len = 2; /* "not the root" is all that hf_edns_from_rr asks */
	if (hf_cursor_left(c) > 0 && c->base[c->off] == 0)
		rr.owner.len = 1;
	hf_name_skip(c);
	rr_rest_read(c, &rr);
	if (!hf_cursor_ok(c))
		return HF_PARSE_RR;
	if (rr.type != HF_TYPE_OPT)
		return HF_PARSE_OK;
	if (edns->present || !additional || rr.owner.len != 1) /* RFC 6891 6.1.1 */
		return HF_PARSE_OPT;
	return hf_edns_from_rr(c->base, &rr, edns) ? HF_PARSE_OK : HF_PARSE_RR;
}

enum hf_parse
hf_query_parse(const uint8_t *msg, size_t len, struct hf_query *q)
{
	struct hf_cursor c;

	hf_cursor_init(&c, msg, len);
	q->question.name.len = 0;
	q->question.name.label_cnt = 0;
	q->question_end = 0;
	q->edns = (struct hf_edns){0};
	hf_header_read(&c, &q->h);
	if (!hf_cursor_ok(&c))
		return HF_PARSE_SHORT;
	if (q->h.qd_cnt != 1) /* RFC 9619 4 */
		return HF_PARSE_QUESTION;

	/* Nothing before the question could be pointed at: compression is malformed here. */
	hf_name_read_plain(&c, &q->question.name);
	q->question.type = hf_cursor_u16(&c);
	q->question.klass = hf_cursor_u16(&c);
	if (!hf_cursor_ok(&c)) {
		q->question.name.len = 0;
		return HF_PARSE_QUESTION;
	}
	q->question_end = c.off;
	if (q->question.klass == HF_CLASS_ANY) /* there is no other that has data here */
		q->question.klass = HF_CLASS_IN;

	/* Bounded by the message: a record takes eleven octets or more. */
	uint32_t before = (uint32_t)q->h.an_cnt + q->h.ns_cnt;
	uint32_t all = before + q->h.ar_cnt;

	for (uint32_t i = 0; i < all; i++) {
		enum hf_parse r = query_rr(&c, i >= before, &q->edns);

		if (r != HF_PARSE_OK)
			return r;
	}
	return c.off == c.end ? HF_PARSE_OK : HF_PARSE_TRAILING;
}
