/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * writer: building a DNS message, with name compression and a sticky error.
 *
 * Purpose   Answers to clients and queries to servers. Names in owner position,
 *           and in the RDATA of the RFC 1035 types, are compressed; others never
 *           (RFC 3597 4).
 * Roles     Any thread; a writer belongs to one.
 * Memory    Writes into the caller's buffer. Nothing is allocated.
 * Blocking  Never.
 * Errors    Sticky "full". hf_writer_mark/hf_writer_rollback take back a record
 *           that did not fit, so that an answer is cut at record boundaries.
 * Trust     Names and RDATA must be valid; they are ours by now.
 */
#ifndef HF_WIRE_WRITER_H
#define HF_WIRE_WRITER_H

#include "lib/wire/message.h"

enum { HF_WRITER_TARGET_MAX = 64 }; /* name suffixes remembered for compression */

struct hf_writer {
	uint8_t *base;
	uint32_t cap;
	uint32_t len;
	bool full;
	uint16_t cnt[4]; /* QD, AN, NS, AR records so far */
	uint16_t target_cnt;
	uint16_t target[HF_WRITER_TARGET_MAX]; /* offsets of label sequences, < 0x4000 */
};

struct hf_writer_mark {
	uint32_t len;
	uint16_t cnt[4];
	uint16_t target_cnt;
	bool full; /* a writer that was full at the mark is full again after the rollback */
};

/* Begin a message: 12 zero octets for the header. cap may be at most HF_MSG_MAX. */
void hf_writer_init(struct hf_writer *w, uint8_t *buf, size_t cap);

void hf_writer_u8(struct hf_writer *w, uint8_t v);
void hf_writer_u16(struct hf_writer *w, uint16_t v);
void hf_writer_u32(struct hf_writer *w, uint32_t v);
void hf_writer_bytes(struct hf_writer *w, const void *p, size_t len);

/* A name, compressed against what was written before (exact case is kept: a suffix
 * is only reused when its octets are identical). */
void hf_writer_name(struct hf_writer *w, const struct hf_name *n);
void hf_writer_name_plain(struct hf_writer *w, const struct hf_name *n);

void hf_writer_question(struct hf_writer *w, const struct hf_question *q);

/* One record; rdata is uncompressed and valid for type. section counts it. */
void hf_writer_rr(struct hf_writer *w, enum hf_section section, const struct hf_name *owner,
    const struct hf_rr *rr, const uint8_t *rdata); /* type, klass, ttl, rdata_len from rr */

/* OPT with these fields and options_len octets of ready-made options (may be 0). */
void hf_writer_opt(struct hf_writer *w, const struct hf_edns *edns, const uint8_t *options);

/* One EDNS option into a buffer of options: appends code, length, data. Returns the
 * new length, or 0 when it does not fit. */
size_t hf_option_append(uint8_t *buf, size_t cap, size_t len, const struct hf_option *opt);

struct hf_writer_mark hf_writer_mark(const struct hf_writer *w);
void hf_writer_rollback(struct hf_writer *w, const struct hf_writer_mark *m);

/* Store ID, flags and counts into the header. Returns the message length, 0 when full. */
size_t hf_writer_finish(struct hf_writer *w, uint16_t id, uint16_t flags);

#endif
