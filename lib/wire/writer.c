/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/writer.h"

#include <string.h>

#include "lib/wire/rdata.h"

enum {
	POINTER = 0xc000,        /* two octets: these bits and an offset, RFC 1035 4.1.4 */
	TARGET_OFF_MAX = 0x3fff, /* what fits into the fourteen bits */
};

static void
store_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void
hf_writer_init(struct hf_writer *w, uint8_t *buf, size_t cap)
{
	*w = (struct hf_writer){.base = buf, .cap = cap > HF_MSG_MAX ? HF_MSG_MAX : (uint32_t)cap};
	if (w->cap < HF_HEADER_LEN) {
		w->full = true;
		return;
	}
	memset(buf, 0, HF_HEADER_LEN);
	w->len = HF_HEADER_LEN;
}

/* The next n octets to write into, or NULL and full. */
static uint8_t *
take(struct hf_writer *w, size_t n)
{
	if (w->full || n > w->cap - w->len) {
		w->full = true;
		return NULL;
	}
	uint8_t *p = w->base + w->len;

	w->len += (uint32_t)n;
	return p;
}

void
hf_writer_u8(struct hf_writer *w, uint8_t v)
{
	uint8_t *p = take(w, 1);

	if (p != NULL)
		*p = v;
}

void
hf_writer_u16(struct hf_writer *w, uint16_t v)
{
	uint8_t *p = take(w, 2);

	if (p != NULL)
		store_u16(p, v);
}

void
hf_writer_u32(struct hf_writer *w, uint32_t v)
{
	uint8_t *p = take(w, 4);

	if (p != NULL) {
		store_u16(p, (uint16_t)(v >> 16));
		store_u16(p + 2, (uint16_t)v);
	}
}

void
hf_writer_bytes(struct hf_writer *w, const void *from, size_t len)
{
	uint8_t *p = take(w, len);

	if (p != NULL && len > 0)
		memcpy(p, from, len);
}

void
hf_writer_name_plain(struct hf_writer *w, const struct hf_name *n)
{
	hf_writer_bytes(w, n->octets, n->len);
}

/* True when the name we wrote at off is the labels at octets, case and all. Bounded:
 * every pointer of ours goes backwards, every label moves octets on. */
static bool
same_at(const struct hf_writer *w, uint32_t off, const uint8_t *octets)
{
	for (;;) {
		unsigned len = w->base[off];

		if (len > HF_LABEL_MAX) {
			off = (uint32_t)(len << 8 | w->base[off + 1]) & TARGET_OFF_MAX;
			continue;
		}
		if (octets[0] != len || memcmp(w->base + off, octets, len + 1) != 0)
			return false;
		if (len == 0)
			return true;
		off += len + 1;
		octets += len + 1;
	}
}

/* The offset of what we wrote that equals the labels at octets, or 0. */
static uint16_t
target_find(const struct hf_writer *w, const uint8_t *octets)
{
	for (unsigned i = 0; i < w->target_cnt; i++)
		if (same_at(w, w->target[i], octets))
			return w->target[i];
	return 0;
}

/* Remember the suffixes of n that now stand at off in full: those whose labels begin
 * before octet end of n. */
static void
targets_add(struct hf_writer *w, uint32_t off, const struct hf_name *n, unsigned end)
{
	for (unsigned at = 0; at < end; at += n->octets[at] + 1u) {
		if (off + at > TARGET_OFF_MAX || w->target_cnt == HF_WRITER_TARGET_MAX)
			return;
		w->target[w->target_cnt++] = (uint16_t)(off + at);
	}
}

void
hf_writer_name(struct hf_writer *w, const struct hf_name *n)
{
	uint32_t off = w->len;
	uint16_t target = 0;
	unsigned at = 0;

	/* Labels go out as they are until what is left was written before. */
	while (n->octets[at] != 0) {
		target = target_find(w, n->octets + at);
		if (target != 0)
			break;
		at += n->octets[at] + 1u;
	}
	hf_writer_bytes(w, n->octets, at);
	if (target != 0)
		hf_writer_u16(w, (uint16_t)(POINTER | target));
	else
		hf_writer_u8(w, 0);
	if (!w->full) /* half a name must never be pointed at */
		targets_add(w, off, n, at);
}

static void
count(struct hf_writer *w, unsigned section)
{
	if (!w->full)
		w->cnt[section]++;
}

void
hf_writer_question(struct hf_writer *w, const struct hf_question *q)
{
	hf_writer_name(w, &q->name);
	hf_writer_u16(w, q->type);
	hf_writer_u16(w, q->klass);
	count(w, 0);
}

void
hf_writer_rr(struct hf_writer *w, enum hf_section section, const struct hf_name *owner,
    const struct hf_rr *rr, const uint8_t *rdata)
{
	hf_writer_name(w, owner);
	hf_writer_u16(w, rr->type);
	hf_writer_u16(w, rr->klass);
	hf_writer_u32(w, rr->ttl);
	uint8_t *len_at = take(w, 2);
	uint32_t begin = w->len;

	hf_rdata_write(w, rr->type, rdata, rr->rdata_len);
	if (!w->full)
		store_u16(len_at, (uint16_t)(w->len - begin));
	count(w, 1 + (unsigned)section);
}

void
hf_writer_opt(struct hf_writer *w, const struct hf_edns *edns, const uint8_t *options)
{
	hf_writer_u8(w, 0); /* owner: the root */
	hf_writer_u16(w, HF_TYPE_OPT);
	hf_writer_u16(w, edns->udp_len);
	hf_writer_u8(w, edns->ext_rcode);
	hf_writer_u8(w, edns->version);
	hf_writer_u16(w, edns->dnssec_ok ? HF_EDNS_DO : 0);
	hf_writer_u16(w, edns->options_len);
	hf_writer_bytes(w, options, edns->options_len);
	count(w, 1 + HF_SECTION_ADDITIONAL);
}

size_t
hf_option_append(uint8_t *buf, size_t cap, size_t len, const struct hf_option *opt)
{
	if (len > cap || cap - len < 4u + opt->len)
		return 0;
	store_u16(buf + len, opt->code);
	store_u16(buf + len + 2, opt->len);
	if (opt->len > 0)
		memcpy(buf + len + 4, opt->data, opt->len);
	return len + 4u + opt->len;
}

struct hf_writer_mark
hf_writer_mark(const struct hf_writer *w)
{
	struct hf_writer_mark m = {.len = w->len, .target_cnt = w->target_cnt, .full = w->full};

	memcpy(m.cnt, w->cnt, sizeof(m.cnt));
	return m;
}

void
hf_writer_rollback(struct hf_writer *w, const struct hf_writer_mark *m)
{
	w->len = m->len;
	w->target_cnt = m->target_cnt;
	w->full = m->full;
	memcpy(w->cnt, m->cnt, sizeof(w->cnt));
}

size_t
hf_writer_finish(struct hf_writer *w, uint16_t id, uint16_t flags)
{
	if (w->full)
		return 0;
	store_u16(w->base, id);
	store_u16(w->base + 2, flags);
	for (unsigned i = 0; i < 4; i++)
		store_u16(w->base + 4 + 2 * i, w->cnt[i]);
	return w->len;
}
