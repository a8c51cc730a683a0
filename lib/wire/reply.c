/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/reply.h"

#include <string.h>

#include "lib/wire/cut.h"

enum {
	OPT_FIXED_LEN = 11,    /* root owner, type, class, TTL, RDLENGTH: RFC 6891 6.1.2 */
	NSID_FIXED_LEN = 4,    /* option code, length: RFC 5001 2.3 */
	EDE_FIXED_LEN = 6,     /* option code, length, INFO-CODE: RFC 8914 2 */
	RCODE_HEADER_MAX = 15, /* what four bits hold; the rest needs OPT, RFC 6891 6.1.3 */
};

unsigned
hf_judge_rcode(enum hf_judge j)
{
	switch (j) {
	case HF_JUDGE_FORMERR:
		return HF_RCODE_FORMERR;
	case HF_JUDGE_NOTIMP:
		return HF_RCODE_NOTIMP;
	case HF_JUDGE_BADVERS:
		return HF_RCODE_BADVERS;
	case HF_JUDGE_REFUSED:
		return HF_RCODE_REFUSED;
	default: /* not answered at once; whoever asks all the same gets an error, not data */
		return HF_RCODE_SERVFAIL;
	}
}

uint8_t *
hf_reply_cookie_write(uint8_t *p, const uint8_t cookie[HF_COOKIE_LEN])
{
	static const uint8_t head[] = {0, HF_OPTION_COOKIE, 0, HF_COOKIE_LEN};

	memcpy(p, head, sizeof(head));
	memcpy(p + sizeof(head), cookie, HF_COOKIE_LEN);
	return p + sizeof(head) + HF_COOKIE_LEN;
}

static inline uint8_t *
put_u16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

/* What goes into a reply, after the question of how much fits. */
struct fit {
	uint16_t flags; /* TC, or 0 */
	bool opt;
	uint8_t ede_cnt;
	uint16_t text_len; /* EXTRA-TEXT of the last EDE */
	uint16_t nsid_len;
	uint16_t cookie_len;
	uint16_t body_len;            /* whole records, from the first on */
	uint16_t cnt[HF_SECTION_CNT]; /* how many */
	size_t head_len;              /* header and, if it is kept, the question */
};

static inline size_t
opt_len(const struct fit *f)
{
	size_t nsid_len = f->nsid_len > 0 ? NSID_FIXED_LEN + (size_t)f->nsid_len : 0;

	if (!f->opt)
		return 0;
	return OPT_FIXED_LEN + (size_t)f->ede_cnt * EDE_FIXED_LEN + f->text_len + nsid_len +
	    f->cookie_len;
}

static inline size_t
fit_len(const struct fit *f)
{
	return f->head_len + f->body_len + opt_len(f);
}

static inline void
fit_body(struct fit *f, uint16_t len, const uint16_t cnt[HF_SECTION_CNT])
{
	f->body_len = len;
	memcpy(f->cnt, cnt, sizeof(f->cnt));
}

/* As much of the body as there is room for. False: something needed is missing. */
static bool
fit_cut(struct fit *f, const struct hf_cut_body *b, size_t max)
{
	size_t others_len = f->head_len + opt_len(f);
	struct hf_cut cut = hf_cut_find(b, max > others_len ? max - others_len : 0);

	fit_body(f, cut.len, cut.cnt);
	return !cut.tc;
}

/* Records that are not needed go without TC, and before EDE does, which would cost TC (RFC 8914 3).
 * What is needed stays whole if it can do so for EDE; when it is cut, the reason stays. */
static void
fit_records(struct fit *f, const struct hf_cut_body *b, size_t max)
{
	struct fit bare = *f;

	if (f->body_len == 0 || fit_cut(f, b, max))
		return;
	f->flags = HF_FLAG_TC;
	bare.flags = HF_FLAG_TC;
	bare.ede_cnt = 0;
	if (f->ede_cnt > 0 && fit_cut(&bare, b, max))
		*f = bare;
}

/* Too large: give up EXTRA-TEXT, the identifier, records, EDE (RFC 8914 3: with TC), OPT, the
 * question. */
static void
fit_shrink(struct fit *f, const struct hf_cut_body *b, size_t max, unsigned rcode)
{
	f->text_len = 0;
	if (fit_len(f) <= max)
		return;
	f->nsid_len = 0;
	if (fit_len(f) <= max)
		return;
	fit_records(f, b, max);
	if (fit_len(f) <= max)
		return;
	f->flags = HF_FLAG_TC;
	f->ede_cnt = 0;
	if (fit_len(f) <= max)
		return;
	f->opt = rcode > RCODE_HEADER_MAX;
	if (fit_len(f) <= max)
		return;
	f->opt = false;
	if (fit_len(f) > max)
		f->head_len = HF_HEADER_LEN;
}

static inline uint16_t
reply_flags(const struct hf_query *q, const struct hf_reply *r, const struct fit *f)
{
	uint16_t asked = q->h.flags;
	unsigned rcode = r->rcode;
	/* RFC 6840 5.7, 5.8: AD only to those who say that they understand it; nothing was checked
	 * for those who did not want it (CD). */
	bool ad = r->authentic && (asked & HF_FLAG_CD) == 0 &&
	    ((asked & HF_FLAG_AD) || (q->edns.present && q->edns.dnssec_ok));

	if (rcode > RCODE_HEADER_MAX && !f->opt)
		rcode = HF_RCODE_SERVFAIL; /* its low four bits alone would say something else */
	return (uint16_t)(HF_FLAG_QR | (r->turned_down ? 0 : HF_FLAG_RA) | f->flags |
	    (asked & (HF_FLAG_OPCODE | HF_FLAG_RD | HF_FLAG_CD)) | (ad ? HF_FLAG_AD : 0) |
	    (rcode & HF_FLAG_RCODE));
}

static uint8_t *
opt_write(uint8_t *p, const struct hf_query *q, const struct hf_reply *r, const struct fit *f)
{
	*p++ = 0; /* the root */
	p = put_u16(p, HF_TYPE_OPT);
	p = put_u16(p, HF_UDP_EDNS_SEND);
	*p++ = (uint8_t)(r->rcode >> 4);
	*p++ = 0; /* version: the highest we speak, RFC 6891 6.1.3 */
	p = put_u16(p, q->edns.dnssec_ok ? HF_EDNS_DO : 0); /* RFC 3225 3: DO is copied */
	p = put_u16(p, (unsigned)(opt_len(f) - OPT_FIXED_LEN));
	for (unsigned i = 0; i < f->ede_cnt; i++) {
		unsigned text_len = i + 1u == f->ede_cnt ? f->text_len : 0;

		p = put_u16(p, HF_OPTION_EDE);
		p = put_u16(p, 2 + text_len);
		p = put_u16(p, r->ede[i]);
		if (text_len > 0)
			memcpy(p, r->ede_text, text_len);
		p += text_len;
	}
	if (f->nsid_len > 0) {
		p = put_u16(p, HF_OPTION_NSID);
		p = put_u16(p, f->nsid_len);
		memcpy(p, r->nsid, f->nsid_len);
		p += f->nsid_len;
	}
	if (f->cookie_len > 0)
		p = hf_reply_cookie_write(p, r->cookie);
	return p;
}

/* All that there is to say, whether it fits or not. */
static struct fit
fit_whole(const struct hf_query *q, const struct hf_reply *r, const struct hf_cut_body *b)
{
	uint8_t ede_cnt = r->ede_cnt < HF_REPLY_EDE_MAX ? r->ede_cnt : HF_REPLY_EDE_MAX;
	bool text = ede_cnt > 0 && r->ede_text != NULL && r->ede_text_len <= HF_EDE_TEXT_MAX;
	struct fit f = {
	    .flags = r->truncated ? HF_FLAG_TC : 0,
	    .opt = q->edns.present, /* RFC 6891 7: only to those who sent one */
	    .ede_cnt = ede_cnt,
	    .text_len = text ? r->ede_text_len : 0,
	    .nsid_len = r->nsid_len <= HF_REPLY_NSID_MAX ? r->nsid_len : 0,
	    .cookie_len = r->cookie != NULL ? HF_REPLY_COOKIE_LEN : 0,
	    .head_len = q->question_end != 0 ? q->question_end : HF_HEADER_LEN,
	};

	if (q->question_end != 0 && !r->truncated)
		fit_body(&f, b->len, b->cnt);
	return f;
}

size_t
hf_reply_write(
    uint8_t *msg, size_t cap, size_t limit, const struct hf_query *q, const struct hf_reply *r)
{
	const struct hf_cut_body b = {
	    .msg = msg,
	    .octets = r->body,
	    .question_end = q->question_end,
	    .len = r->body_len,
	    .cnt = {r->an_cnt, r->ns_cnt, r->ar_cnt},
	};
	size_t max = cap < limit ? cap : limit;
	struct fit f = fit_whole(q, r, &b);

	if (max < HF_HEADER_LEN)
		return 0;
	if (fit_len(&f) > max)
		fit_shrink(&f, &b, max, r->rcode);

	uint8_t *p = put_u16(msg + 2, reply_flags(q, r, &f)); /* the ID stays in place */
	p = put_u16(p, f.head_len > HF_HEADER_LEN);
	p = put_u16(p, f.cnt[HF_SECTION_ANSWER]);
	p = put_u16(p, f.cnt[HF_SECTION_AUTHORITY]);
	put_u16(p, f.cnt[HF_SECTION_ADDITIONAL] + (unsigned)f.opt);

	p = msg + f.head_len;
	if (f.body_len > 0)
		memcpy(p, r->body, f.body_len);
	p += f.body_len;
	if (f.opt)
		p = opt_write(p, q, r, &f);
	return (size_t)(p - msg);
}
