/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * message: reading a DNS message: header, question, resource records, OPT.
 *
 * Purpose   Cut a message into parts without copying it. What the parts mean is
 *           the caller's business.
 * Roles     Any thread.
 * Memory    Parts point into the message; the caller keeps it alive.
 * Blocking  Never.
 * Errors    hf_cursor's sticky flag; parse functions return an enum hf_parse.
 * Trust     The octets are hostile (RFC 9267).
 */
#ifndef HF_WIRE_MESSAGE_H
#define HF_WIRE_MESSAGE_H

#include "lib/wire/name.h"

struct hf_header {
	uint16_t id;
	uint16_t flags; /* host order, HF_FLAG_* */
	uint16_t qd_cnt, an_cnt, ns_cnt, ar_cnt;
};

struct hf_question {
	struct hf_name name; /* case as received */
	uint16_t type;
	uint16_t klass; /* of a query: ANY reads as IN */
};

enum hf_section { HF_SECTION_ANSWER, HF_SECTION_AUTHORITY, HF_SECTION_ADDITIONAL, HF_SECTION_CNT };

struct hf_rr {
	struct hf_name owner; /* case as received */
	uint16_t type;
	uint16_t klass;
	uint32_t ttl;     /* seconds; a value with the top bit set reads as 0 (RFC 2181 8) */
	uint32_t off;     /* where the owner begins in the message */
	uint32_t ttl_off; /* where the TTL field is in the message */
	uint32_t rdata_off;
	uint16_t rdata_len;
	enum hf_section section;
};

/* OPT, RFC 6891 6.1. Options stay in place: walk them with hf_option_next. */
struct hf_edns {
	bool present;
	uint8_t ext_rcode; /* upper eight bits of the extended RCODE */
	uint8_t version;
	bool dnssec_ok;
	uint16_t udp_len; /* the sender's buffer; values under 512 read as 512 (6.2.3) */
	uint32_t options_off;
	uint16_t options_len;
	bool nsid;           /* among the options: RFC 5001 */
	bool cookie_bad;     /* a COOKIE option of a length that cannot be (RFC 7873 5.2.2) */
	uint8_t cookie_len;  /* of the first COOKIE option, the others are ignored; 0: none */
	uint32_t cookie_off; /* where its cookies are in the message */
};

struct hf_option {
	uint16_t code;
	uint16_t len;
	const uint8_t *data;
};

enum hf_parse {
	HF_PARSE_OK,
	HF_PARSE_SHORT,    /* under 12 octets: not even a header to answer */
	HF_PARSE_QUESTION, /* question missing, more than one, or malformed */
	HF_PARSE_RR,       /* a record does not fit or has a malformed name or OPT */
	HF_PARSE_OPT,      /* two OPTs, an OPT with a non-root owner or outside ADDITIONAL */
	HF_PARSE_TRAILING, /* octets after the last record */
	HF_PARSE_CNT,
};

void hf_header_read(struct hf_cursor *c, struct hf_header *h);

/* Uncompressed or compressed name, type, class. */
void hf_question_read(struct hf_cursor *c, struct hf_question *q);

/* One record; section is filled in by the caller. RDATA is stepped over, only its
 * length is checked. On failure c is bad. */
void hf_rr_read(struct hf_cursor *c, struct hf_rr *rr);

/* Walk all records after the question in order. Start with hf_walk_init after the
 * question was read; returns true and fills *rr until no record is left or the
 * cursor is bad (then hf_cursor_ok tells which). */
struct hf_walk {
	struct hf_cursor *c;
	uint16_t left[HF_SECTION_CNT];
	enum hf_section section;
};
void hf_walk_init(struct hf_walk *w, struct hf_cursor *c, const struct hf_header *h);
bool hf_walk_next(struct hf_walk *w, struct hf_rr *rr);

/* The same, but the owner is stepped over, and rr->owner untouched. */
bool hf_walk_step(struct hf_walk *w, struct hf_rr *rr);

/* OPT of a record whose type is HF_TYPE_OPT: checks owner and option framing.
 * Returns false when malformed. */
bool hf_edns_from_rr(const uint8_t *msg, const struct hf_rr *rr, struct hf_edns *edns);

/* The options of *edns, whose place is filled in, are whole, one behind the other (RFC 6891
 * 6.1.2). Notes in *edns what is asked for by an option. */
bool hf_options_ok(const uint8_t *msg, struct hf_edns *edns);

/* Iterate options: *off starts at edns->options_off. False when none is left. */
bool hf_option_next(
    const uint8_t *msg, const struct hf_edns *edns, uint32_t *off, struct hf_option *opt);

/* A client's query, whole: header, exactly one question, at most one OPT, nothing
 * that does not fit. Records other than OPT in a query are stepped over. On
 * anything but HF_PARSE_OK the parts read so far are valid in *q (the header
 * whenever the result is not HF_PARSE_SHORT; qname_len is 0 when no question). */
struct hf_query {
	struct hf_header h;
	uint32_t question_end; /* offset one past the question, 0 when it was not read */
	struct hf_edns edns;
	struct hf_question question; /* last: the rest fits a cache line */
};
enum hf_parse hf_query_parse(const uint8_t *msg, size_t len, struct hf_query *q);

#endif
