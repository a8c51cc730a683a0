/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fakeserver: the servers of a small internet inside a test, with manners.
 *
 * Purpose   Says what an authoritative server would: referrals, glue, denials, signatures, and
 *           every way to misbehave that a test names. fakenet.h plays it to a resolver.
 * Roles     A test's only thread; one net at a time.
 * Memory    fn_reset (fakenet.h) frees what the last test made.
 * Blocking  Never.
 * Errors    Abort.
 * Trust     Nothing here reads hostile input.
 */
#ifndef HF_TEST_FAKESERVER_H
#define HF_TEST_FAKESERVER_H

#include <ctype.h>

#include "tests/unit/support/fakezone.h"

/* --- an authoritative server */

struct fn_reply {
	struct hf_writer w;
	const struct fn_zone *z;
	enum fn_manner manner;
	bool dnssec;
};

static inline bool
fn_has(const struct fn_zone *z, const struct hf_name *owner, uint16_t type)
{
	for (unsigned i = 0; i < z->cnt; i++)
		if (z->rr[i].type == type && hf_name_equal(&z->rr[i].owner, owner))
			return true;
	return false;
}

static inline void
fn_put_box(struct fn_reply *p, enum hf_section s, struct va_box *b, const struct hf_name *owner)
{
	struct hf_rr rr = {.type = b->set.type, .klass = 1, .ttl = b->set.ttl};

	for (unsigned i = 0; i < b->set.rr_cnt; i++) {
		rr.rdata_len = b->rr[i].len;
		hf_writer_rr(&p->w, s, owner, &rr, b->rr[i].data);
	}
	rr.type = HF_TYPE_RRSIG;
	for (unsigned i = 0; i < b->set.sig_cnt; i++) {
		rr.rdata_len = b->sig[i].len;
		hf_writer_rr(&p->w, s, owner, &rr, b->sig[i].data);
	}
}

static inline unsigned
fn_name_sum(const struct hf_name *n)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < n->len; i++)
		sum += n->octets[i];
	return sum;
}

/* Sign box b (owner from) in the reply's zone; spoil it if that is the server's manner. */
static inline void
fn_sign(struct fn_reply *p, struct va_box *b, const char *from)
{
	struct va_spec spec = va_spec_of(b, from, p->z->text, &p->z->key);
	bool spoil = p->manner == FN_BAD_SIGS && b->set.type != HF_TYPE_DNSKEY;

	spoil |= p->manner == FN_BAD_DENIALS &&
	    (b->set.type == HF_TYPE_NSEC || b->set.type == HF_TYPE_NSEC3);
	spoil |= p->manner == FN_MIXED_SIGS && b->set.type != HF_TYPE_DNSKEY &&
	    fn_name_sum(&b->set.owner) % 3 != 0;
	spoil |= p->manner == FN_BAD_SOA && b->set.type == HF_TYPE_SOA;
	spoil |= p->manner == FN_BAD_KEYS && b->set.type == HF_TYPE_DNSKEY;
	if (!p->z->is_signed || !p->dnssec || p->manner == FN_NO_SIGS)
		return;
	if (hf_name_is_wildcard(&b->set.owner))
		spec.labels--;
	if (fn.sign != NULL) {
		struct fn_signing s = {p->z, b, spec, &p->z->key};

		fn.sign(&s);
		return;
	}
	va_box_sign(b, &p->z->key, &spec);
	if (spoil)
		b->mem[b->used - 1] ^= 1;
}

static inline bool
fn_put_set(struct fn_reply *p, enum hf_section s, const struct hf_name *from, uint16_t type,
    const struct hf_name *shown)
{
	static struct va_box b;
	char text[HF_NAME_TEXT_LEN];

	va_box_init(&b, hf_name_to_text(from, text), type, 0);
	for (unsigned i = 0; i < p->z->cnt; i++) {
		const struct fn_rr *rr = &p->z->rr[i];

		if (rr->type != type || !hf_name_equal(&rr->owner, from))
			continue;
		b.set.ttl = rr->ttl;
		va_box_add(&b, rr->rdata, rr->len);
	}
	if (b.set.rr_cnt == 0)
		return false;
	bool cut = type == HF_TYPE_NS && !hf_name_equal(from, &p->z->name);
	bool glue = s == HF_SECTION_ADDITIONAL;

	if (!cut && !glue)
		fn_sign(p, &b, text);
	fn_put_box(p, s, &b, shown);
	return true;
}

static inline bool
fn_below_cut(const struct fn_zone *z, const struct hf_name *n)
{
	for (unsigned i = 0; i < z->cnt; i++)
		if (z->rr[i].type == HF_TYPE_NS && hf_name_in(n, &z->rr[i].owner) &&
		    !hf_name_equal(&z->rr[i].owner, &z->name) && !hf_name_equal(&z->rr[i].owner, n))
			return true;
	return false;
}

static inline bool
fn_exists(const struct fn_zone *z, const struct hf_name *n)
{
	for (unsigned i = 0; i < z->cnt; i++)
		if (hf_name_in(&z->rr[i].owner, n))
			return true;
	return false;
}

static inline struct va_nsec3_params
fn_nsec3_params(const struct fn_zone *z)
{
	return (struct va_nsec3_params){.algorithm = 1,
	    .flags = z->optout,
	    .iterations = z->iterations,
	    .salt_len = 2,
	    .salt = {0xab, 0xcd}};
}

/* Has n an NSEC3 (RFC 5155 7.1)? Empty non-terminals have; with opt-out, unsigned delegations
 * have not. */
static inline bool
fn_has_nsec3(const struct fn_zone *z, const struct hf_name *n)
{
	bool cut = fn_has(z, n, HF_TYPE_NS) && !hf_name_equal(n, &z->name);

	return fn_exists(z, n) && !fn_below_cut(z, n) &&
	    !(z->optout && cut && !fn_has(z, n, HF_TYPE_DS));
}

/* The names with an NSEC3 whose hashes are: the last at or before hash, the first after it. */
static inline void
fn_nsec3_around(const struct fn_zone *z, const uint8_t hash[20], struct hf_name *at,
    uint8_t before[20], uint8_t after[20])
{
	struct va_nsec3_params params = fn_nsec3_params(z);
	uint8_t h[20], low[20], high[20];
	bool any = false, has_before = false, has_after = false;
	struct hf_name last = z->name, n;

	for (unsigned i = 0; i < z->cnt; i++) {
		for (n = z->rr[i].owner; hf_name_in(&n, &z->name); hf_name_strip(&n, 1, &n)) {
			if (fn_has_nsec3(z, &n)) {
				va_chain_hash(&n, &params, h);
				if (!any || memcmp(h, low, 20) < 0)
					memcpy(low, h, 20);
				if (!any || memcmp(h, high, 20) > 0) {
					memcpy(high, h, 20);
					last = n;
				}
				any = true;
				if (memcmp(h, hash, 20) <= 0 &&
				    (!has_before || memcmp(h, before, 20) > 0)) {
					memcpy(before, h, 20);
					*at = n;
					has_before = true;
				}
				if (memcmp(h, hash, 20) > 0 &&
				    (!has_after || memcmp(h, after, 20) < 0)) {
					memcpy(after, h, 20);
					has_after = true;
				}
			}
			if (n.len == 1)
				break;
		}
	}
	if (!has_before) {
		memcpy(before, high, 20);
		*at = last;
	}
	if (!has_after)
		memcpy(after, low, 20);
}

static inline uint32_t
fn_proof_ttl(const struct fn_zone *z)
{
	return z->proof_ttl != 0 ? z->proof_ttl : 300;
}

/* The NSEC3 at or before the hash of n. True when it is at it. */
static inline bool
fn_put_nsec3_at(struct fn_reply *p, const struct hf_name *n)
{
	static struct va_box b;
	static struct va_chain c;
	const struct fn_zone *z = p->z;
	struct va_nsec3_params params = fn_nsec3_params(z);
	uint8_t hash[20], before[20], after[20];
	char types[128] = "", text[HF_NAME_TEXT_LEN];
	struct hf_name at;

	va_chain_hash(n, &params, hash);
	fn_nsec3_around(z, hash, &at, before, after);
	for (unsigned i = 0; i < z->cnt; i++) {
		char one[HF_TYPE_TEXT_LEN];

		if (!hf_name_equal(&z->rr[i].owner, &at))
			continue;
		snprintf(types + strlen(types), sizeof(types) - strlen(types), "%s%s",
		    types[0] != 0 ? " " : "", hf_type_to_text(z->rr[i].type, one));
	}
	va_chain_init(&c, z->text);
	va_chain_nsec3(&c, &params, before, after, types);
	va_box_init(&b, hf_name_to_text(&c.set[0].owner, text), HF_TYPE_NSEC3, fn_proof_ttl(z));
	va_box_add(&b, c.rdata[0].data, c.rdata[0].len);
	fn_sign(p, &b, text);
	fn_put_box(p, HF_SECTION_AUTHORITY, &b, &b.set.owner);
	return memcmp(before, hash, 20) == 0;
}

/* What RFC 5155 7.2 asks for: a match, or closest encloser, next closer name, wildcard. */
static inline void
fn_put_nsec3(struct fn_reply *p, const struct hf_name *n)
{
	struct hf_name up = *n, star;

	if (fn_has_nsec3(p->z, n)) {
		fn_put_nsec3_at(p, n);
		return;
	}
	while (!fn_has_nsec3(p->z, &up)) {
		star = up; /* the next closer name */
		hf_name_strip(&up, 1, &up);
	}
	fn_put_nsec3_at(p, &up);
	fn_put_nsec3_at(p, &star);
	VA_REQUIRE(hf_name_wildcard(&up, &star) == 0);
	fn_put_nsec3_at(p, &star);
}

/* The NSEC at or before n (RFC 4034 4); in a zone with NSEC3 all that n takes. */
static inline void
fn_put_nsec(struct fn_reply *p, const struct hf_name *n)
{
	const struct fn_zone *z = p->z;
	const struct hf_name *at = &z->name, *next = NULL;
	static struct va_box b;
	char text[HF_NAME_TEXT_LEN];
	uint8_t rdata[HF_NAME_MAX + 34] = {0}, map[32] = {0};

	if (!z->is_signed || !p->dnssec || p->manner == FN_NO_SIGS)
		return;
	if (z->nsec3) {
		fn_put_nsec3(p, n);
		return;
	}
	for (unsigned i = 0; i < z->cnt; i++) {
		const struct hf_name *o = &z->rr[i].owner;

		if (!fn_below_cut(z, o) && hf_name_cmp(o, n) <= 0 && hf_name_cmp(o, at) > 0)
			at = o;
	}
	for (unsigned i = 0; i < z->cnt; i++) {
		const struct hf_name *o = &z->rr[i].owner;

		if (!fn_below_cut(z, o) && hf_name_cmp(o, at) > 0 &&
		    (next == NULL || hf_name_cmp(o, next) < 0))
			next = o;
		if (hf_name_equal(o, at))
			map[z->rr[i].type / 8] |= (uint8_t)(0x80 >> z->rr[i].type % 8);
	}
	map[HF_TYPE_RRSIG / 8] |= (uint8_t)(0x80 >> HF_TYPE_RRSIG % 8);
	map[HF_TYPE_NSEC / 8] |= (uint8_t)(0x80 >> HF_TYPE_NSEC % 8);
	if (next == NULL)
		next = &z->name;
	size_t len = va_put(rdata, 0, next->octets, next->len);

	unsigned map_len = map[HF_TYPE_DNSKEY / 8] != 0 ? 7 : 6; /* no zero octet at its end */

	rdata[len + 1] = (uint8_t)map_len;
	memcpy(rdata + len + 2, map, map_len);
	va_box_init(&b, hf_name_to_text(at, text), HF_TYPE_NSEC, fn_proof_ttl(z));
	va_box_add(&b, rdata, len + 2 + map_len);
	fn_sign(p, &b, text);
	fn_put_box(p, HF_SECTION_AUTHORITY, &b, at);
}

static inline void
fn_put_referral(struct fn_reply *p, const struct hf_name *cut)
{
	fn_put_set(p, HF_SECTION_AUTHORITY, cut, HF_TYPE_NS, cut);
	if (!fn_put_set(p, HF_SECTION_AUTHORITY, cut, HF_TYPE_DS, cut))
		fn_put_nsec(p, cut);
	for (unsigned i = 0; i < p->z->cnt; i++) {
		struct hf_name ns;
		const struct fn_rr *rr = &p->z->rr[i];

		if (rr->type != HF_TYPE_NS || !hf_name_equal(&rr->owner, cut) ||
		    hf_name_from_octets(rr->rdata, rr->len, &ns) != 0)
			continue;
		fn_put_set(p, HF_SECTION_ADDITIONAL, &ns, HF_TYPE_A, &ns);
		fn_put_set(p, HF_SECTION_ADDITIONAL, &ns, HF_TYPE_AAAA, &ns);
	}
}

static inline const struct hf_name *
fn_cut_of(const struct fn_zone *z, const struct hf_question *q)
{
	for (unsigned i = 0; i < z->cnt; i++) {
		const struct fn_rr *rr = &z->rr[i];

		if (rr->type != HF_TYPE_NS || hf_name_equal(&rr->owner, &z->name) ||
		    !hf_name_in(&q->name, &rr->owner))
			continue;
		if (q->type == HF_TYPE_DS && hf_name_equal(&rr->owner, &q->name))
			continue;
		return &rr->owner;
	}
	return NULL;
}

/* Fill in the sections; returns the flags. */
static inline uint16_t
fn_answer_from(struct fn_reply *p, const struct hf_question *q)
{
	const struct fn_zone *z = p->z;
	const struct hf_name *cut = fn_cut_of(z, q);
	struct hf_name up, star;

	if (cut != NULL) {
		fn_put_referral(p, cut);
		return 0;
	}
	for (unsigned i = 0; i < z->cnt; i++) {
		const struct fn_rr *rr = &z->rr[i];

		if (rr->type == HF_TYPE_DNAME && hf_name_in(&q->name, &rr->owner) &&
		    !hf_name_equal(&q->name, &rr->owner)) {
			fn_put_set(p, HF_SECTION_ANSWER, &rr->owner, HF_TYPE_DNAME, &rr->owner);
			return HF_FLAG_AA;
		}
	}
	if (fn_put_set(p, HF_SECTION_ANSWER, &q->name, q->type, &q->name) ||
	    fn_put_set(p, HF_SECTION_ANSWER, &q->name, HF_TYPE_CNAME, &q->name)) {
		if (q->name.len == 1 && q->type == HF_TYPE_NS) /* priming: addresses too */
			for (unsigned i = 0; i < z->cnt; i++)
				if (z->rr[i].type == HF_TYPE_A)
					fn_put_set(p, HF_SECTION_ADDITIONAL, &z->rr[i].owner,
					    HF_TYPE_A, &z->rr[i].owner);
		return HF_FLAG_AA;
	}
	bool exists = fn_exists(z, &q->name);

	up = q->name; /* the closest encloser (RFC 4592 3.3.1) */
	do
		hf_name_strip(&up, 1, &up);
	while (!fn_exists(z, &up));
	VA_REQUIRE(hf_name_wildcard(&up, &star) == 0);
	uint16_t made = fn_has(z, &star, HF_TYPE_CNAME) ? HF_TYPE_CNAME : q->type;

	if (!exists && fn_has(z, &star, made)) {
		fn_put_set(p, HF_SECTION_ANSWER, &star, made, &q->name);
		fn_put_nsec(p, &q->name);
		return HF_FLAG_AA;
	}
	fn_put_set(p, HF_SECTION_AUTHORITY, &z->name, HF_TYPE_SOA, &z->name);
	fn_put_nsec(p, &q->name);
	if (!exists)
		fn_put_nsec(p, &star);
	return HF_FLAG_AA | (exists || fn_exists(z, &star) ? 0 : HF_RCODE_NXDOMAIN);
}

/* A record of the reply's zone, as text. */
static inline void
fn_put_text(struct fn_reply *p, enum hf_section s, const char *text)
{
	static struct fn_zone scratch;
	struct fn_rr *one = &scratch.rr[0];
	struct hf_rr rr = {.klass = 1};

	scratch.cnt = 0;
	fn_add(&scratch, text);
	rr.type = one->type;
	rr.ttl = one->ttl;
	rr.rdata_len = one->len;
	hf_writer_rr(&p->w, s, &one->owner, &rr, one->rdata);
}

static inline struct fn_zone *
fn_zone_for(const struct fn_server *s, const struct hf_question *q)
{
	struct fn_zone *best = NULL;

	for (unsigned i = 0; i < FN_SERVER_ZONES && s->zones[i] != NULL; i++) {
		struct fn_zone *z = s->zones[i];
		bool own_ds =
		    q->type == HF_TYPE_DS && q->name.len > 1 && hf_name_equal(&z->name, &q->name);

		if (hf_name_in(&q->name, &z->name) && !own_ds &&
		    (best == NULL || z->name.label_cnt > best->name.label_cnt))
			best = z;
	}
	return best;
}

/* Records that are none of this server's business. */
static inline void
fn_put_spoof(struct fn_reply *p)
{
	struct hf_name victim = va_name("www.victim.");
	struct hf_rr rr = {.type = HF_TYPE_A, .klass = 1, .ttl = 3600, .rdata_len = 4};

	hf_writer_rr(&p->w, HF_SECTION_ANSWER, &victim, &rr, (const uint8_t *)"\6\6\6\6");
	hf_writer_rr(&p->w, HF_SECTION_ADDITIONAL, &victim, &rr, (const uint8_t *)"\6\6\6\6");
}

/* What such a server says to a name that owns nothing; -1: nothing out of the ordinary. */
static inline int
fn_ent_rcode(const struct fn_server *s, const struct hf_question *q)
{
	static const uint8_t rcodes[] = {HF_RCODE_NXDOMAIN, HF_RCODE_REFUSED, HF_RCODE_SERVFAIL,
	    HF_RCODE_NOTIMP, HF_RCODE_SERVFAIL};
	const struct fn_zone *z = fn_zone_for(s, q);

	if (s->manner < FN_ENT_NXDOMAIN || s->manner > FN_ENT_SILENT || z == NULL)
		return -1;
	for (unsigned i = 0; i < z->cnt; i++)
		if (hf_name_equal(&z->rr[i].owner, &q->name))
			return -1;
	return fn_exists(z, &q->name) ? rcodes[s->manner - FN_ENT_NXDOMAIN] : -1;
}

/* The COOKIE option of a query. */
static inline bool
fn_cookie_of(const struct hf_query *q, const uint8_t *msg, struct hf_option *opt)
{
	uint32_t off = q->edns.options_off;

	while (hf_option_next(msg, &q->edns, &off, opt))
		if (opt->code == HF_OPTION_COOKIE)
			return true;
	*opt = (struct hf_option){0};
	return false;
}

static inline bool
fn_gives_cookies(enum fn_manner m)
{
	return m == FN_COOKIES || m == FN_FORGED_COOKIE_FIRST || m == FN_NO_COOKIE_FIRST ||
	    m == FN_WANTS_COOKIE || m == FN_BADCOOKIE;
}

/* OPT with the cookie of a server that gives some. The server cookie is "server's own cookie".
 * Returns the low bits of the RCODE that the cookie asks for. */
static inline uint8_t
fn_put_opt(struct fn_reply *p, const struct cp_send *send, const struct hf_query *q)
{
	struct hf_edns edns = {.present = true, .dnssec_ok = true, .udp_len = 1232};
	struct hf_option got;
	uint8_t buf[64], data[8 + 19];
	bool udp = send->transport == CP_UDP;

	if (!q->edns.present || p->manner == FN_IGNORES_EDNS)
		return 0;
	if (!fn_cookie_of(q, send->msg, &got) || !fn_gives_cookies(p->manner)) {
		hf_writer_opt(&p->w, &edns, NULL);
		return 0;
	}
	memcpy(data, got.data, 8);
	memcpy(data + 8, "server's own cookie", 19);
	struct hf_option opt = {HF_OPTION_COOKIE, sizeof(data), data};
	bool fits = got.len == sizeof(data) && memcmp(got.data + 8, data + 8, 19) == 0;
	bool bad = udp && (p->manner == FN_BADCOOKIE || (p->manner == FN_WANTS_COOKIE && !fits));

	edns.ext_rcode = bad ? HF_RCODE_BADCOOKIE >> 4 : 0;
	edns.options_len = (uint16_t)hf_option_append(buf, sizeof(buf), 0, &opt);
	hf_writer_opt(&p->w, &edns, buf);
	return bad ? HF_RCODE_BADCOOKIE & HF_FLAG_RCODE : 0;
}

static inline size_t
fn_reply_make(const struct fn_server *s, const struct cp_send *send, uint8_t *out, size_t cap)
{
	struct hf_query q;
	struct fn_reply p = {.manner = s->manner};
	uint16_t flags = 0;

	VA_REQUIRE(hf_query_parse(send->msg, send->len, &q) == HF_PARSE_OK);
	p.z = fn_zone_for(s, &q.question);
	p.dnssec = q.edns.dnssec_ok;
	hf_writer_init(&p.w, out, cap);
	hf_writer_question(&p.w, &q.question);
	struct hf_option cookie;

	if (s->manner == FN_HATES_COOKIES && fn_cookie_of(&q, send->msg, &cookie)) {
		struct hf_edns opt = {.present = true, .udp_len = 1232};

		hf_writer_opt(&p.w, &opt, NULL);
		return hf_writer_finish(&p.w, q.h.id, HF_FLAG_QR | HF_RCODE_FORMERR);
	}
	if (s->manner == FN_NO_EDNS && q.edns.present)
		return hf_writer_finish(&p.w, q.h.id, HF_FLAG_QR | HF_RCODE_FORMERR);
	if (s->manner == FN_REFUSES || p.z == NULL ||
	    (s->manner == FN_RECURSES && (q.h.flags & HF_FLAG_RD) == 0))
		return hf_writer_finish(&p.w, q.h.id, HF_FLAG_QR | HF_RCODE_REFUSED);
	if (s->manner == FN_SERVFAILS)
		return hf_writer_finish(&p.w, q.h.id, HF_FLAG_QR | HF_RCODE_SERVFAIL);
	if (s->manner == FN_TRUNCATES && send->transport == CP_UDP)
		return hf_writer_finish(&p.w, q.h.id, HF_FLAG_QR | HF_FLAG_TC | HF_FLAG_AA);
	int ent = fn_ent_rcode(s, &q.question);

	if (s->says != NULL)
		flags = s->says(&p, &q.question);
	if (flags == 0)
		flags = ent >= 0 ? (uint16_t)(HF_FLAG_AA | ent) : fn_answer_from(&p, &q.question);
	if (s->manner == FN_RECURSES)
		flags = (flags & ~HF_FLAG_AA) | HF_FLAG_RA | HF_FLAG_RD;
	if (s->manner == FN_SPOOFS)
		fn_put_spoof(&p);
	uint8_t bad = fn_put_opt(&p, send, &q);

	return hf_writer_finish(&p.w, q.h.id, HF_FLAG_QR | flags | (bad & HF_FLAG_RCODE));
}

#endif
