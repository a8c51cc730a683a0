/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reply: from a client's query to the reply it gets, the same on every path.
 *
 * Purpose   The rules of header bits, OPT, EDE and truncation in one place, used by
 *           the dataplane's cores and by the control plane's own listeners.
 * Roles     Any thread.
 * Memory    Works in the caller's buffer; nothing is allocated.
 * Blocking  Never.
 * Errors    hf_judge names every way a query is turned down.
 * Trust     The query is hostile; the body was checked when it was built.
 */
#ifndef HF_WIRE_REPLY_H
#define HF_WIRE_REPLY_H

#include "lib/wire/cookie.h"
#include "lib/wire/message.h"

enum {
	HF_REPLY_EDE_MAX = 2,
	HF_EDE_TEXT_MAX = 160,
	HF_BODY_MAX = 3072,
	HF_REPLY_NSID_MAX = 128,
	HF_REPLY_COOKIE_LEN = 4 + HF_COOKIE_LEN, /* as an option */
	HF_REPLY_OPT_MAX = 11 + HF_REPLY_EDE_MAX * 6 + HF_EDE_TEXT_MAX + 4 + HF_REPLY_NSID_MAX +
	    HF_REPLY_COOKIE_LEN
};

/* What becomes of a query before any look-up. Every value has a counter. */
enum hf_judge {
	HF_JUDGE_LOOKUP,        /* class IN, ordinary type: look it up */
	HF_JUDGE_DROP_SHORT,    /* under 12 octets */
	HF_JUDGE_DROP_RESPONSE, /* QR set: answering could loop (RFC 1035 4.1.1) */
	HF_JUDGE_FORMERR, /* question or records malformed, or answers in it (RFC 1035 4.1.1) */
	HF_JUDGE_NOTIMP,  /* opcode not QUERY (RFC 1035 4.1.1), or a meta type that we do not do */
	HF_JUDGE_BADVERS, /* EDNS version above 0 (RFC 6891 6.1.3) */
	HF_JUDGE_REFUSED, /* class not IN, zone transfer (RFC 5936 2.2.1) */
	HF_JUDGE_CNT,
};

/* RFC 6895 3.1: 128..255 are Q and meta types, 0 is never data; OPT is meta out of range. */
static inline bool
hf_type_not_done(uint16_t type)
{
	return (type >= 128 && type <= 255 && type != HF_TYPE_ANY) || type == HF_TYPE_OPT ||
	    type == 0;
}

/* Judge what hf_query_parse made of a query. */
static inline enum hf_judge
hf_reply_judge(enum hf_parse p, const struct hf_query *q)
{
	if (p == HF_PARSE_SHORT)
		return HF_JUDGE_DROP_SHORT;
	if (q->h.flags & HF_FLAG_QR)
		return HF_JUDGE_DROP_RESPONSE;
	if (q->h.flags & HF_FLAG_OPCODE) /* before FORMERR: another opcode has another format */
		return HF_JUDGE_NOTIMP;
	/* What a query says stands in the question and the additional section. */
	if (p != HF_PARSE_OK || q->h.an_cnt + q->h.ns_cnt > 0)
		return HF_JUDGE_FORMERR;
	if (q->edns.present && q->edns.version > 0)
		return HF_JUDGE_BADVERS;
	if (q->edns.cookie_bad) /* RFC 7873 5.2.2 */
		return HF_JUDGE_FORMERR;
	if (q->question.klass != HF_CLASS_IN)
		return HF_JUDGE_REFUSED;
	if (q->question.type == HF_TYPE_AXFR || q->question.type == HF_TYPE_IXFR)
		return HF_JUDGE_REFUSED;
	return hf_type_not_done(q->question.type) ? HF_JUDGE_NOTIMP : HF_JUDGE_LOOKUP;
}

/* The RCODE (12 bits) for a judgement that is answered at once. */
unsigned hf_judge_rcode(enum hf_judge j);

struct hf_reply {
	uint16_t rcode;   /* 12 bits; the upper eight go into OPT */
	bool authentic;   /* data may be called authentic: AD, if the client understands it */
	bool turned_down; /* before any look-up: no recursion is offered, RA is clear */
	bool truncated;   /* body is known not to fit any datagram: TC and no records */
	uint8_t ede_cnt;
	uint16_t ede[HF_REPLY_EDE_MAX];
	const char *ede_text; /* EXTRA-TEXT of the last EDE, may be NULL; not NUL-terminated */
	uint16_t ede_text_len;
	const uint8_t *nsid; /* RFC 5001; only for a query that asked for it */
	uint16_t nsid_len;   /* 0: none */
	const uint8_t
	    *cookie; /* HF_COOKIE_LEN octets, NULL: none. Never given up while there is OPT */
	uint16_t an_cnt, ns_cnt, ar_cnt; /* records in body, OPT not counted */
	const uint8_t *body; /* records, rendered to stand right behind a question at offset 12 */
	uint16_t body_len;
};

/* Turn the query in msg (as parsed into *q; header and question are kept in place, so
 * the client's name case is) into a reply of at most cap octets. limit is the largest
 * datagram allowed on this path: HF_MSG_MAX for TCP, else the lower of ours and the
 * client's (use hf_reply_limit). Without a readable question only a header (and OPT) is
 * made. Bits: QR set, opcode, RD, CD copied, RA set unless turned down, AA clear, AD if authentic
 * and the client set AD or DO (RFC 6840 5.7, 5.8) and not CD, TC when something needed is left out.
 * OPT only if the query had one (RFC 6891 7); EDE only with OPT. What does not fit is left out:
 * EXTRA-TEXT before the identifier, that before any record; of records the last (cut.h), and
 * the counts say how many there are. Returns the length, 0 when not even a header fits. */
size_t hf_reply_write(
    uint8_t *msg, size_t cap, size_t limit, const struct hf_query *q, const struct hf_reply *r);

/* The COOKIE option at p, HF_REPLY_COOKIE_LEN octets. Returns where it ends. */
uint8_t *hf_reply_cookie_write(uint8_t *p, const uint8_t cookie[HF_COOKIE_LEN]);

/* Largest datagram for this client: min(udp_max, its EDNS buffer or 512). */
static inline size_t
hf_reply_limit(const struct hf_query *q, size_t udp_max)
{
	size_t client = q->edns.udp_len; /* 0 without OPT */

	if (client < HF_UDP_PLAIN_MAX)
		client = HF_UDP_PLAIN_MAX;
	return client < udp_max ? client : udp_max;
}

#endif
