/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * usual: the query nearly every client sends and the reply nearly every query gets, short.
 *
 * Purpose   One pass and no copies where message.h and reply.h are ready for everything. What
 *           these two accept they treat exactly as the long forms do; the rest they hand back.
 * Roles     Any thread; made for the packet path, hence inline.
 * Memory    Works in the caller's buffers; nothing is allocated.
 * Blocking  Never.
 * Errors    0: not usual, nothing of what was written counts, take the long form.
 * Trust     The query is hostile; the body was checked when it was built.
 */
#ifndef HF_WIRE_USUAL_H
#define HF_WIRE_USUAL_H

#include <string.h>

#include "lib/wire/reply.h"

enum {
	HF_USUAL_COPY_LEN = 16, /* bodies are copied in whole pieces of this many octets */
	HF_USUAL_OPT_LEN = 11,  /* without options: RFC 6891 6.1.2 */
	HF_USUAL_RCODE_MAX = 15,
};

static inline uint16_t
hf_usual_u16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap16(v);
}

/* Octets of the uncompressed name behind the header, 0 when there is none within len. */
static inline unsigned
hf_usual_name_len(const uint8_t *msg, size_t len)
{
	size_t end = HF_HEADER_LEN + HF_NAME_MAX;
	size_t off = HF_HEADER_LEN;

	if (len < end)
		end = len;
	while (off < end && msg[off] - 1u < HF_LABEL_MAX)
		off += msg[off] + 1u;
	return off < end && msg[off] == 0 ? (unsigned)(off + 1 - HF_HEADER_LEN) : 0;
}

/* The len octets at msg[off] are one OPT record. The rest of *edns must be zero. */
static inline bool
hf_usual_opt(const uint8_t *msg, size_t off, size_t len, struct hf_edns *edns)
{
	const uint8_t *p = msg + off;

	if (len < HF_USUAL_OPT_LEN || p[0] != 0 || hf_usual_u16(p + 1) != HF_TYPE_OPT ||
	    hf_usual_u16(p + 9) != len - HF_USUAL_OPT_LEN)
		return false;

	uint16_t udp_len = hf_usual_u16(p + 3);

	edns->present = true;
	edns->ext_rcode = p[5];
	edns->version = p[6];
	edns->dnssec_ok = (p[7] & HF_EDNS_DO >> 8) != 0;
	edns->udp_len = udp_len < HF_UDP_PLAIN_MAX ? HF_UDP_PLAIN_MAX : udp_len;
	edns->options_off = (uint32_t)(off + HF_USUAL_OPT_LEN);
	edns->options_len = (uint16_t)(len - HF_USUAL_OPT_LEN);
	return hf_options_ok(msg, edns);
}

/* A message of a header, one question without compression and at most one OPT. Returns the
 * octets of the question's name, which stands at msg[HF_HEADER_LEN]; *q is then what
 * hf_query_parse makes of it, but for q->question.name, which is left alone. */
static inline unsigned
hf_usual_query(const uint8_t *msg, size_t len, struct hf_query *q)
{
	const uint64_t one_question = UINT64_C(1) << 48; /* four counts, one additional or none */
	uint64_t counts;

	if (len < HF_HEADER_LEN)
		return 0;
	memcpy(&counts, msg + 4, sizeof(counts));
	counts = __builtin_bswap64(counts);
	if ((counts & ~UINT64_C(1)) != one_question)
		return 0;

	unsigned name_len = hf_usual_name_len(msg, len);
	size_t end = HF_HEADER_LEN + name_len + 4;

	if (name_len == 0 || end > len)
		return 0;
	q->h = (struct hf_header){.id = hf_usual_u16(msg),
	    .flags = hf_usual_u16(msg + 2),
	    .qd_cnt = 1,
	    .ar_cnt = (uint16_t)(counts & 1)};
	q->question.type = hf_usual_u16(msg + end - 4);
	q->question.klass = hf_usual_u16(msg + end - 2);
	q->question_end = (uint32_t)end;
	q->edns = (struct hf_edns){0};
	if (q->question.klass == HF_CLASS_ANY)
		return 0;
	if (q->h.ar_cnt == 0)
		return end == len ? name_len : 0;
	return hf_usual_opt(msg, end, len - end, &q->edns) ? name_len : 0;
}

static inline void
hf_usual_opt_write(uint8_t *p, bool dnssec_ok)
{
	const uint64_t first = (uint64_t)HF_TYPE_OPT << 40 | (uint64_t)HF_UDP_EDNS_SEND << 24;
	const uint64_t be = __builtin_bswap64(first | (dnssec_ok ? HF_EDNS_DO >> 8 : 0));
	const uint32_t zero = 0;

	memcpy(p + 7, &zero, sizeof(zero)); /* the second half of the flags, no options */
	memcpy(p, &be, sizeof(be));
}

/* Flags and counts; the ID stays in place. */
static inline void
hf_usual_header_write(uint8_t *msg, const struct hf_query *q, const struct hf_reply *r)
{
	uint16_t asked = q->h.flags;
	/* RFC 6840 5.7, 5.8; without OPT dnssec_ok is clear. */
	bool ad = r->authentic & (((asked & HF_FLAG_AD) != 0) | q->edns.dnssec_ok) &
	    ((asked & HF_FLAG_CD) == 0);
	uint16_t flags = (uint16_t)(HF_FLAG_QR | HF_FLAG_RA | ad * HF_FLAG_AD | r->rcode |
	    (asked & (HF_FLAG_OPCODE | HF_FLAG_RD | HF_FLAG_CD)));
	uint64_t counts = __builtin_bswap64(UINT64_C(1) << 48 | (uint64_t)r->an_cnt << 32 |
	    (uint64_t)r->ns_cnt << 16 | (r->ar_cnt + (uint64_t)q->edns.present));

	flags = __builtin_bswap16(flags);
	memcpy(msg + 2, &flags, sizeof(flags));
	memcpy(msg + 4, &counts, sizeof(counts));
}

/* hf_reply_write for a reply without EDE and identifier that fits whole; a cookie goes with an OPT
 * only. Octets behind r->body up to a whole
 * multiple of HF_USUAL_COPY_LEN must be readable; msg gets scratch behind the reply, within cap.
 * Few branches: with or without OPT, AD, DO is what nobody can guess of the next client. */
static inline size_t
hf_usual_reply(
    uint8_t *msg, size_t cap, size_t limit, const struct hf_query *q, const struct hf_reply *r)
{
	const size_t body_off = q->question_end, body_len = r->body_len;
	const size_t body_end = body_off + body_len;
	const size_t cookie_len = r->cookie != NULL ? HF_REPLY_COOKIE_LEN : 0;
	const size_t len = body_end + q->edns.present * (size_t)HF_USUAL_OPT_LEN + cookie_len;

	if (len > limit || len + HF_USUAL_COPY_LEN > cap || r->ede_cnt != 0 || r->truncated ||
	    r->rcode > HF_USUAL_RCODE_MAX || body_off == 0)
		return 0;
	hf_usual_header_write(msg, q, r);
	for (size_t i = 0; i < body_len; i += HF_USUAL_COPY_LEN)
		memcpy(msg + body_off + i, r->body + i, HF_USUAL_COPY_LEN);
	hf_usual_opt_write(
	    msg + body_end, q->edns.dnssec_ok); /* scratch if len does not count it */
	if (__builtin_expect(cookie_len != 0, 0)) {
		msg[body_end + HF_USUAL_OPT_LEN - 1] = HF_REPLY_COOKIE_LEN; /* RDLENGTH */
		hf_reply_cookie_write(msg + body_end + HF_USUAL_OPT_LEN, r->cookie);
	}
	return len;
}

#endif
