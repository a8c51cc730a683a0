/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/replay/packet.h"

#include <string.h>

#include "lib/wire/rdata.h"
#include "lib/wire/writer.h"

enum { VIEW_MAX = 64 * 1024 * 1024 };

/* --- making -------------------------------------------------------------------------------- */

static void
put_sections(struct hf_writer *w, const struct rpl_entry *e)
{
	for (int s = 0; s < HF_SECTION_CNT; s++) {
		for (unsigned i = 0; i < e->section[s].cnt; i++) {
			const struct rpl_rr *from = &e->section[s].rr[i];
			struct hf_rr rr = {.type = from->type,
			    .klass = from->klass,
			    .ttl = from->ttl,
			    .rdata_len = from->len};

			hf_writer_rr(w, (enum hf_section)s, &from->owner, &rr, from->rdata);
		}
	}
}

static void
put_opt(struct hf_writer *w, const struct rpl_entry *e, bool dnssec_ok)
{
	struct hf_edns opt = {
	    .present = true,
	    .dnssec_ok = dnssec_ok,
	    .udp_len = PACKET_EDNS_LEN,
	    .ext_rcode = (uint8_t)(e->rcode >> 4),
	    .options_len = (uint16_t)e->edns_data.len,
	};

	hf_writer_opt(w, &opt, e->edns_data.data);
}

static uint16_t
flags_of(const struct rpl_entry *e)
{
	return (uint16_t)(e->flags | (e->rcode & HF_FLAG_RCODE) |
	    (unsigned)e->opcode << HF_FLAG_OPCODE_SHIFT);
}

static void
put_raw(const struct rpl_entry *e, struct packet *p)
{
	p->len = e->raw.len < sizeof(p->octets) ? e->raw.len : sizeof(p->octets);
	if (p->len > 0)
		memcpy(p->octets, e->raw.data, p->len);
}

static void
put_id(struct packet *p, uint16_t id)
{
	if (p->len < 2)
		return;
	p->octets[0] = (uint8_t)(id >> 8);
	p->octets[1] = (uint8_t)id;
}

bool
packet_query(const struct rpl_entry *e, uint16_t id, struct packet *p)
{
	struct hf_writer w;

	if (e->raw.given) {
		put_raw(e, p);
		return true;
	}
	hf_writer_init(&w, p->octets, sizeof(p->octets));
	if (e->question_cnt > 0)
		hf_writer_question(&w, &e->question);
	put_sections(&w, e);
	/* EDNS always, as Deckard does, unless the entry wants a client without. */
	if ((e->match & RPL_MATCH_NOEDNS) == 0)
		put_opt(&w, e, e->dnssec_ok);
	p->len = hf_writer_finish(&w, id, flags_of(e));
	return p->len > 0;
}

/* The question as the entry says; its name, and with copy_query all of it, as asked. */
static bool
question_for(const struct rpl_entry *e, const struct view *q, struct hf_question *out)
{
	bool copy = (e->adjust & RPL_ADJUST_COPY_QUERY) != 0;

	if (e->question_cnt == 0 || copy) {
		*out = q->question;
		return copy && q->question_cnt > 0;
	}
	*out = e->question;
	if (q->question_cnt > 0)
		out->name = q->question.name;
	return true;
}

bool
packet_reply(const struct rpl_entry *e, const struct view *q, struct packet *p)
{
	struct hf_question question;
	struct hf_writer w;
	/* A server that does not know EDNS says FORMERR or NOTIMP without OPT (RFC 6891 7). */
	bool old = !e->dnssec_ok && (e->rcode == HF_RCODE_FORMERR || e->rcode == HF_RCODE_NOTIMP);

	if (e->raw.given) {
		put_raw(e, p);
		if ((e->adjust & (RPL_ADJUST_RAW_ID | RPL_ADJUST_COPY_ID)) != 0)
			put_id(p, q->h.id);
		return true;
	}
	hf_writer_init(&w, p->octets, sizeof(p->octets));
	if (question_for(e, q, &question))
		hf_writer_question(&w, &question);
	put_sections(&w, e);
	if (q->edns.present && !old)
		put_opt(&w, e, q->edns.dnssec_ok);
	p->len = hf_writer_finish(&w, q->h.id, flags_of(e));
	return p->len > 0;
}

/* --- reading ------------------------------------------------------------------------------- */

static bool
rdata_take(
    struct view *v, const uint8_t *msg, size_t len, const struct hf_rr *from, struct rpl_rr *to)
{
	uint8_t buf[HF_RDATA_MAX];
	ssize_t got = hf_rdata_expand(msg, len, from, buf, sizeof(buf));

	/* What its type does not allow is compared as it is. */
	const uint8_t *data = got >= 0 ? buf : msg + from->rdata_off;

	to->len = got >= 0 ? (uint16_t)got : from->rdata_len;
	to->rdata = hf_arena_copy(&v->arena, data, to->len);
	return to->rdata != NULL;
}

static bool
record_take(struct view *v, const uint8_t *msg, size_t len, const struct hf_rr *from)
{
	struct rpl_rr *to;

	if (from->type == HF_TYPE_OPT)
		return hf_edns_from_rr(msg, from, &v->edns);
	to = &v->rr[from->section][v->cnt[from->section]++];
	*to = (struct rpl_rr){.owner = from->owner,
	    .type = from->type,
	    .klass = from->klass,
	    .ttl = from->ttl,
	    .has_ttl = true};
	return rdata_take(v, msg, len, from, to);
}

static bool
sections_make(struct view *v)
{
	const uint16_t cnt[HF_SECTION_CNT] = {v->h.an_cnt, v->h.ns_cnt, v->h.ar_cnt};

	for (int s = 0; s < HF_SECTION_CNT; s++) {
		v->rr[s] = hf_arena_alloc(&v->arena, cnt[s] * sizeof(*v->rr[s]));
		if (v->rr[s] == NULL)
			return false;
	}
	return true;
}

bool
view_read(struct view *v, const uint8_t *msg, size_t len, bool tcp)
{
	struct hf_cursor c;
	struct hf_walk walk;
	struct hf_rr rr;

	memset(v, 0, sizeof(*v));
	hf_arena_init(&v->arena, VIEW_MAX);
	v->tcp = tcp;
	v->msg = msg;
	hf_cursor_init(&c, msg, len);
	hf_header_read(&c, &v->h);
	if (!hf_cursor_ok(&c) || v->h.qd_cnt > 1 || !sections_make(v))
		return false;
	v->question_cnt = v->h.qd_cnt;
	if (v->question_cnt > 0)
		hf_question_read(&c, &v->question);
	hf_walk_init(&walk, &c, &v->h);
	while (hf_walk_next(&walk, &rr))
		if (!record_take(v, msg, len, &rr))
			return false;
	v->rcode = (uint16_t)((v->h.flags & HF_FLAG_RCODE) | (unsigned)v->edns.ext_rcode << 4);
	return hf_cursor_ok(&c);
}

void
view_fini(struct view *v)
{
	hf_arena_fini(&v->arena);
}
