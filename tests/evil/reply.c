/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/evil/reply.h"

#include <string.h>

#include "lib/wire/writer.h"
#include "tests/evil/refer.h"

enum { GHOST_TTL_S = 86400, GHOST_FIRST = 8, OPT_LEN = 11 };

static const uint8_t lie_a[4] = {6, 6, 6, 6};
static const uint8_t lie_aaaa[16] = {0x66, 0x66, [15] = 0x66};
static const uint8_t lie_txt[4] = {3, 'l', 'i', 'e'};

struct build {
	const struct evil_world *world;
	const struct evil_ask *ask;
	struct hf_writer w;
	uint16_t flags;
	uint8_t ext_rcode;
	bool opt;      /* an OPT at the end */
	bool must_fit; /* what did not fit was no glue: TC */
};

static void
put(struct build *b, enum hf_section section, const struct hf_name *owner, uint16_t type,
    uint32_t ttl, const void *rdata, size_t len)
{
	struct hf_rr rr = {
	    .type = type, .klass = HF_CLASS_IN, .ttl = ttl, .rdata_len = (uint16_t)len};
	struct hf_writer_mark mark = hf_writer_mark(&b->w);

	hf_writer_rr(&b->w, section, owner, &rr, rdata);
	if (!b->w.full)
		return;
	hf_writer_rollback(&b->w, &mark);
	if (section != HF_SECTION_ADDITIONAL)
		b->must_fit = true;
}

static void
put_addr(struct build *b, enum hf_section section, const struct hf_name *owner, uint32_t ttl,
    const struct hf_addr *a)
{
	bool four = a->family == AF_INET;

	put(b, section, owner, four ? HF_TYPE_A : HF_TYPE_AAAA, ttl, a->octets, four ? 4 : 16);
}

static uint32_t
ttl_of(const struct evil_words *w)
{
	return w->have[EVIL_ttl] ? w->arg[EVIL_ttl] : EVIL_TTL_S;
}

static void
put_soa(struct build *b, enum hf_section section)
{
	const struct hf_name *zone = &b->ask->zone;
	uint8_t rdata[2 * HF_NAME_MAX + 20];
	static const uint8_t times[20] = {0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 3, 132, 0, 9, 58, 128, 0,
	    0, 1, 44}; /* serial 1; refresh 3600, retry 900, expire 604800, minimum 300 */
	size_t len = zone->len;

	memcpy(rdata, zone->octets, len);
	memcpy(rdata + len, zone->octets, zone->len);
	len += zone->len;
	memcpy(rdata + len, times, sizeof(times));
	put(b, section, zone, HF_TYPE_SOA, ttl_of(&b->ask->words), rdata, len + sizeof(times));
}

static void
put_servers(struct build *b, enum hf_section section, const struct hf_name *zone)
{
	struct evil_words first;
	struct hf_name name;
	struct hf_addr a;

	evil_words_first(zone, &first);
	bool ghost = first.have[EVIL_ghost] && hf_name_equal(zone, &b->ask->zone);
	uint32_t ttl = ghost ? GHOST_TTL_S : ttl_of(&first);
	unsigned from = ghost ? GHOST_FIRST : 0, cnt = evil_refer_cnt(&first);

	for (unsigned i = 0; i < cnt; i++)
		if (evil_refer_name(zone, &first, from + i, &name))
			put(b, section, zone, HF_TYPE_NS, ttl, name.octets, name.len);
	for (unsigned i = 0; i < cnt; i++)
		for (unsigned k = 0; evil_refer_glue(&b->world->key, zone, &first, from + i, k, &a);
		     k++)
			if (evil_refer_name(zone, &first, from + i, &name))
				put_addr(b, HF_SECTION_ADDITIONAL, &name, ttl, &a);
}

static void
deny(struct build *b, unsigned rcode)
{
	b->flags |= (uint16_t)rcode;
	put_soa(b, HF_SECTION_AUTHORITY);
}

static void
answer_data(struct build *b)
{
	const struct evil_ask *ask = b->ask;
	uint8_t rdata[EVIL_RDATA_MAX];
	uint16_t type = ask->query.question.type;

	for (unsigned i = 0; i < evil_rr_cnt(type, &ask->words); i++) {
		size_t len = evil_rdata(&b->world->key, &ask->name, type, &ask->words, i, rdata);

		put(b, HF_SECTION_ANSWER, &ask->query.question.name, type, ttl_of(&ask->words),
		    rdata, len);
	}
}

static void
answer_alias(struct build *b)
{
	const struct evil_ask *ask = b->ask;
	struct hf_name to;

	evil_alias(&b->world->key, &ask->name, &ask->words, &to);
	put(b, HF_SECTION_ANSWER, &ask->query.question.name, HF_TYPE_CNAME, ttl_of(&ask->words),
	    to.octets, to.len);
}

static void
answer_dname(struct build *b)
{
	const struct evil_ask *ask = b->ask;
	struct hf_name owner, target, to;

	if (!evil_dname(&ask->name, &owner, &target))
		return;
	put(b, HF_SECTION_ANSWER, &owner, HF_TYPE_DNAME, ttl_of(&ask->words), target.octets,
	    target.len);
	if (hf_name_replace_suffix(&ask->name, &owner, &target, &to) != 0)
		b->flags |= HF_RCODE_YXDOMAIN;
	else
		put(b, HF_SECTION_ANSWER, &ask->query.question.name, HF_TYPE_CNAME,
		    ttl_of(&ask->words), to.octets, to.len);
}

static void
answer_apex(struct build *b)
{
	switch (b->ask->query.question.type) {
	case HF_TYPE_SOA:
		put_soa(b, HF_SECTION_ANSWER);
		break;
	default:
		put_servers(b, HF_SECTION_ANSWER, &b->ask->zone);
		break;
	}
}

/* A server's own name: its address or, of a family it does not have, nothing. */
static void
answer_host(struct build *b)
{
	const struct evil_ask *ask = b->ask;
	uint16_t type = ask->query.question.type;
	uint8_t family = type == HF_TYPE_A ? AF_INET : AF_INET6;
	struct hf_addr a;

	if ((type == HF_TYPE_A || type == HF_TYPE_AAAA) &&
	    evil_refer_host(&b->world->key, &ask->name, family, &a))
		put_addr(b, HF_SECTION_ANSWER, &ask->query.question.name, ttl_of(&ask->words), &a);
	else
		deny(b, HF_RCODE_NOERROR);
}

/* Records that a server of this zone has no business to give. */
static void
put_poison(struct build *b)
{
	static const uint8_t victim[] = "\5prize\6victim";
	static const uint8_t liar[] = "\3ns0\4liar";
	static const uint8_t tld[] = "\6victim";
	struct hf_name v, l, t;

	if (hf_name_from_octets(victim, sizeof(victim), &v) != 0 ||
	    hf_name_from_octets(liar, sizeof(liar), &l) != 0 ||
	    hf_name_from_octets(tld, sizeof(tld), &t) != 0)
		return;
	put(b, HF_SECTION_ANSWER, &v, HF_TYPE_A, GHOST_TTL_S, lie_a, sizeof(lie_a));
	put(b, HF_SECTION_AUTHORITY, &t, HF_TYPE_NS, GHOST_TTL_S, l.octets, l.len);
	put(b, HF_SECTION_AUTHORITY, &v, HF_TYPE_NS, GHOST_TTL_S, l.octets, l.len);
	put(b, HF_SECTION_AUTHORITY, &hf_name_root, HF_TYPE_NS, GHOST_TTL_S, l.octets, l.len);
	put(b, HF_SECTION_ADDITIONAL, &l, HF_TYPE_A, GHOST_TTL_S, lie_a, sizeof(lie_a));
	put(b, HF_SECTION_ADDITIONAL, &v, HF_TYPE_A, GHOST_TTL_S, lie_a, sizeof(lie_a));
}

static void
answer(struct build *b)
{
	const struct evil_ask *ask = b->ask;
	uint16_t type = ask->query.question.type;
	bool apex = hf_name_equal(&ask->name, &ask->zone);
	unsigned idx;

	b->flags |= HF_FLAG_AA;
	if (apex && (type == HF_TYPE_SOA || type == HF_TYPE_NS)) {
		answer_apex(b);
		return;
	}
	if (evil_is_ns_label(ask->name.octets + 1, ask->name.octets[0], &idx)) {
		answer_host(b);
		return;
	}
	switch (evil_what_is(&ask->name, type, &ask->words)) {
	case EVIL_WHAT_NX:
		deny(b, HF_RCODE_NXDOMAIN);
		return;
	case EVIL_WHAT_NODATA:
		deny(b, HF_RCODE_NOERROR);
		return;
	case EVIL_WHAT_ALIAS:
		answer_alias(b);
		break;
	case EVIL_WHAT_DNAME:
		answer_dname(b);
		break;
	case EVIL_WHAT_DATA:
		answer_data(b);
		break;
	}
	struct evil_words first;

	evil_words_first(&ask->zone, &first);
	if (first.have[EVIL_ghost])
		put_servers(b, HF_SECTION_AUTHORITY, &ask->zone);
	if (ask->words.have[EVIL_poison])
		put_poison(b);
}

static void
refer(struct build *b)
{
	const struct evil_ask *ask = b->ask;
	struct evil_words first;

	evil_words_first(&ask->child, &first);
	if (first.have[EVIL_until] && b->world->now_s >= first.arg[EVIL_until]) {
		b->flags |= HF_FLAG_AA;
		deny(b, HF_RCODE_NXDOMAIN);
	} else if (ask->query.question.type == HF_TYPE_DS &&
	    hf_name_equal(&ask->name, &ask->child)) {
		b->flags |= HF_FLAG_AA; /* unsigned, all of them */
		deny(b, HF_RCODE_NOERROR);
	} else {
		put_servers(b, HF_SECTION_AUTHORITY, &ask->child);
	}
}

static void
refer_elsewhere(struct build *b, const char *zone, const char *server)
{
	struct hf_name z = b->ask->zone, s;

	if ((zone != NULL && hf_name_from_text(zone, &z) != 0) ||
	    hf_name_from_text(server, &s) != 0)
		return;
	put(b, HF_SECTION_AUTHORITY, &z, HF_TYPE_NS, EVIL_TTL_S, s.octets, s.len);
}

/* Servers that are broken for all to see. False: this one is not. */
static bool
broken(struct build *b)
{
	const struct evil_words *w = &b->ask->words;
	unsigned idx = b->ask->idx;
	bool edns = b->ask->query.edns.present;

	if (evil_word_for(w, EVIL_refused, idx)) {
		b->flags |= HF_RCODE_REFUSED;
	} else if (evil_word_for(w, EVIL_servfail, idx)) {
		b->flags |= HF_RCODE_SERVFAIL;
	} else if (evil_word_for(w, EVIL_notimp, idx)) {
		b->flags |= HF_RCODE_NOTIMP;
	} else if (evil_word_for(w, EVIL_upref, idx)) {
		refer_elsewhere(b, ".", "ns0.");
	} else if (evil_word_for(w, EVIL_selfref, idx)) {
		refer_elsewhere(b, NULL, "ns0.elsewhere.test.");
	} else if (evil_word_for(w, EVIL_sideref, idx)) {
		refer_elsewhere(b, "sideways.test.", "ns0.sideways.test.");
	} else if (edns && evil_word_for(w, EVIL_formerr, idx)) {
		b->flags |= HF_RCODE_FORMERR;
		b->opt = false;
	} else if (edns && evil_word_for(w, EVIL_badvers, idx)) {
		b->ext_rcode = HF_RCODE_BADVERS >> 4;
	} else if (evil_word_for(w, EVIL_lame, idx)) {
		b->flags |= HF_FLAG_RA;
	} else {
		return false;
	}
	return true;
}

static size_t
size_limit(const struct evil_ask *ask)
{
	if (ask->tcp)
		return HF_MSG_MAX;
	return ask->query.edns.present ? ask->query.edns.udp_len : HF_UDP_PLAIN_MAX;
}

static void
begin(struct build *b, const struct evil_world *world, const struct evil_ask *ask, uint8_t *buf)
{
	*b = (struct build){.world = world, .ask = ask};
	b->opt = ask->query.edns.present && !evil_word_for(&ask->words, EVIL_noedns, ask->idx);
	b->flags = HF_FLAG_QR | (ask->query.h.flags & (HF_FLAG_RD | HF_FLAG_CD));
	hf_writer_init(&b->w, buf, size_limit(ask) - (b->opt ? OPT_LEN : 0));
	hf_writer_question(&b->w, &ask->query.question);
}

static size_t
end(struct build *b)
{
	struct hf_edns edns = {.udp_len = HF_UDP_EDNS_SEND,
	    .ext_rcode = b->ext_rcode,
	    .dnssec_ok = b->ask->query.edns.dnssec_ok};

	if (b->opt) {
		b->w.cap += OPT_LEN;
		hf_writer_opt(&b->w, &edns, NULL);
	}
	return hf_writer_finish(&b->w, b->ask->query.h.id, b->flags);
}

static size_t
write_empty(struct build *b, uint8_t *buf, uint16_t more)
{
	begin(b, b->world, b->ask, buf);
	b->flags |= more;
	return end(b);
}

static void
put_lie(struct build *b)
{
	const struct hf_question *q = &b->ask->query.question;

	b->flags |= HF_FLAG_AA;
	if (q->type == HF_TYPE_AAAA)
		put(b, HF_SECTION_ANSWER, &q->name, q->type, EVIL_TTL_S, lie_aaaa,
		    sizeof(lie_aaaa));
	else if (q->type == HF_TYPE_TXT)
		put(b, HF_SECTION_ANSWER, &q->name, q->type, EVIL_TTL_S, lie_txt, sizeof(lie_txt));
	else
		put(b, HF_SECTION_ANSWER, &q->name, HF_TYPE_A, EVIL_TTL_S, lie_a, sizeof(lie_a));
}

size_t
evil_reply_lie(const struct evil_ask *ask, uint8_t *buf)
{
	struct build b;

	begin(&b, NULL, ask, buf);
	put_lie(&b);
	return end(&b);
}

/* Over UDP; 0: as usual. */
static size_t
write_truncated(struct build *b, uint8_t *buf)
{
	const struct evil_words *w = &b->ask->words;

	if (w->have[EVIL_tc])
		return write_empty(b, buf, HF_FLAG_TC | HF_FLAG_AA);
	if (!w->have[EVIL_tcpoison])
		return 0;
	begin(b, b->world, b->ask, buf);
	b->flags |= HF_FLAG_TC;
	put_lie(b);
	return end(b);
}

size_t
evil_reply_write(const struct evil_world *world, const struct evil_ask *ask, uint8_t *buf)
{
	const struct evil_words *w = &ask->words;
	struct build b;
	size_t len;

	begin(&b, world, ask, buf);
	if (!ask->served)
		return write_empty(&b, buf, HF_RCODE_REFUSED);
	if (evil_word_for(w, EVIL_silent, ask->idx) || w->have[EVIL_overlap] ||
	    (ask->query.edns.present && evil_word_for(w, EVIL_dropedns, ask->idx)))
		return 0;
	if (broken(&b))
		return end(&b);
	if (!ask->tcp && (len = write_truncated(&b, buf)) > 0)
		return len;
	begin(&b, world, ask, buf);
	if (ask->below)
		refer(&b);
	else
		answer(&b);
	if (b.must_fit)
		return write_empty(&b, buf, HF_FLAG_TC | (b.flags & HF_FLAG_AA));
	if (w->have[EVIL_tcdata] && !ask->tcp)
		b.flags |= HF_FLAG_TC;
	return end(&b);
}
