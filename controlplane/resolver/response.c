/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/response.h"

#include "controlplane/resolver/reader.h"
#include "lib/wire/rdata.h"

enum { RRSIG_SIGNER_OFF = 18 }; /* RFC 4034 3.1 */

bool
cp_response_matches(const uint8_t *msg, size_t len, uint16_t id, const struct hf_question *q)
{
	struct hf_cursor c;
	struct hf_header h;
	struct hf_question got;

	hf_cursor_init(&c, msg, len);
	hf_header_read(&c, &h);
	if (!hf_cursor_ok(&c) || h.id != id || (h.flags & HF_FLAG_QR) == 0 ||
	    (h.flags & HF_FLAG_OPCODE) != 0)
		return false;
	if (h.qd_cnt == 0) /* a server that could not read it (RFC 6891 7) */
		return (h.flags & HF_FLAG_RCODE) == HF_RCODE_FORMERR;
	if (h.qd_cnt != 1)
		return false;
	hf_question_read(&c, &got);
	return hf_cursor_ok(&c) && got.type == q->type && got.klass == q->klass &&
	    hf_name_equal(&got.name, &q->name);
}

bool
cp_rrset_signer(const struct hf_rrset *set, struct hf_name *signer)
{
	struct hf_name n;

	for (unsigned i = 0; i < set->sig_cnt; i++) {
		const struct hf_rdata *sig = &set->sig[i];
		struct hf_cursor c;

		hf_cursor_init(&c, sig->data, sig->len);
		if (hf_cursor_bytes(&c, RRSIG_SIGNER_OFF) == NULL)
			continue;
		hf_name_read_plain(&c, &n);
		if (!hf_cursor_ok(&c) || !hf_name_in(&set->owner, &n))
			continue;
		/* A DS is the parent's (RFC 4035 2.4): its signer is above the owner. */
		if (set->type == HF_TYPE_DS && hf_name_equal(&n, &set->owner))
			continue;
		*signer = n;
		return true;
	}
	return false;
}

/* A record of qname that answers ANY; its signatures go with what they cover. */
static bool
is_any(const struct hf_rr *rr, const struct hf_name *qname)
{
	return rr->section == HF_SECTION_ANSWER && rr->type != HF_TYPE_RRSIG &&
	    !hf_type_is_meta(rr->type) && hf_name_equal(&rr->owner, qname);
}

static bool
has_any(const struct cp_reader *rd)
{
	const struct cp_scratch *s = rd->asked->scratch;
	bool found = false;

	for (unsigned i = 0; i < s->cnt && !found; i++)
		found = is_any(&s->rr[i], &rd->asked->question.name);
	return found;
}

static struct cp_outcome *
outcome_make(struct cp_reader *rd, enum cp_kind kind)
{
	struct cp_outcome *o = hf_arena_alloc(rd->asked->arena, sizeof(*o));

	if (o == NULL) {
		rd->no_memory = true;
		return NULL;
	}
	o->kind = kind;
	/* Nothing is secure before it is judged. */
	o->verdict = o->why.verdict = HF_VERDICT_INSECURE;
	o->credit = rd->credit;
	/* A forwarder speaks for every zone there is; the signatures say for which. */
	o->cut = rd->asked->forward ? hf_name_root : rd->asked->cut;
	o->server = rd->asked->server;
	o->target = hf_name_root;
	o->why.signer = hf_name_root;
	o->why.owner = hf_name_root;
	return o;
}

static bool
has_proof(const struct cp_outcome *o, const struct hf_rr *rr)
{
	for (unsigned i = 0; i < o->proof_cnt; i++)
		if (o->proof[i]->type == rr->type && hf_name_equal(&o->proof[i]->owner, &rr->owner))
			return true;
	return false;
}

/* The SOA above the question, and every NSEC and NSEC3, of the authority section. */
static void
proofs_take(struct cp_reader *rd, struct cp_outcome *o)
{
	const struct cp_scratch *s = rd->asked->scratch;
	const struct hf_name *qname = &rd->asked->question.name;

	for (unsigned i = 0; i < s->cnt && o->proof_cnt < CP_OUTCOME_PROOF_MAX; i++) {
		const struct hf_rr *rr = &s->rr[i];
		bool soa = rr->type == HF_TYPE_SOA && hf_name_in(qname, &rr->owner) &&
		    cp_outcome_soa(o) == NULL;

		if (rr->section != HF_SECTION_AUTHORITY || has_proof(o, rr) ||
		    (!soa && rr->type != HF_TYPE_NSEC && rr->type != HF_TYPE_NSEC3))
			continue;
		const struct hf_rrset *set =
		    cp_reader_gather(rd, &rr->owner, rr->type, rr->section);

		if (set == NULL)
			return;
		o->proof[o->proof_cnt++] = set;
	}
}

/* The name that is the RDATA of set. There may be one only (RFC 2181 10.1); of several the first
 * counts, and the others are left out unless someone signed them all. */
static bool
target_of(struct hf_rrset *set, struct hf_name *target)
{
	if (set == NULL)
		return false;
	if (set->sig_cnt == 0)
		set->rr_cnt = 1;
	return hf_name_from_octets(set->rr[0].data, set->rr[0].len, target) == 0;
}

/* Addresses of the servers of d from the additional section. Only names within the zone of
 * the server that says so were kept: servers in the child's zone, and in its siblings. None
 * is believed longer than it says, so the delegation as a whole is not. */
static void
glue_take(struct cp_reader *rd, struct cp_delegation *d)
{
	for (unsigned i = 0; i < d->ns_cnt; i++) {
		static const uint16_t types[2] = {HF_TYPE_A, HF_TYPE_AAAA};

		for (unsigned t = 0; t < 2; t++) {
			const struct hf_rrset *set =
			    cp_reader_gather(rd, &d->ns[i].name, types[t], HF_SECTION_ADDITIONAL);
			/* Leave room for both families. */
			unsigned max = d->ns[i].addr_cnt + (rd->asked->addr_max + 1) / 2;

			if (set == NULL)
				continue;
			rd->r->unusable += cp_ns_add_addrs(
			    &d->ns[i], set, rd->asked->port, max, rd->asked->loopback);
			d->ttl_s = set->ttl < d->ttl_s ? set->ttl : d->ttl_s;
		}
	}
}

static struct cp_delegation *
delegation_make(struct cp_reader *rd, const struct hf_rrset *ns)
{
	unsigned cnt = ns->rr_cnt < rd->asked->ns_max ? ns->rr_cnt : rd->asked->ns_max;
	struct cp_delegation *d;
	struct hf_name name;

	d = hf_arena_alloc(rd->asked->arena, cp_delegation_size(cnt));
	if (d == NULL) {
		rd->no_memory = true;
		return NULL;
	}
	d->zone = ns->owner;
	d->parent = rd->asked->cut;
	d->ttl_s = ns->ttl;
	for (unsigned i = 0; i < ns->rr_cnt && d->ns_cnt < cnt; i++)
		if (hf_name_from_octets(ns->rr[i].data, ns->rr[i].len, &name) == 0)
			cp_delegation_add_ns(d, &name);
	glue_take(rd, d);
	return d;
}

/* The RRset at name in the answer section that a question of this type is answered with, if
 * someone signed it: the records of that type, or an alias. */
static struct cp_outcome *
signed_link(struct cp_reader *rd, const struct hf_name *name, uint16_t type)
{
	struct hf_rrset *set = cp_reader_gather(rd, name, type, HF_SECTION_ANSWER);
	enum cp_kind kind = set != NULL ? CP_KIND_ANSWER : CP_KIND_CNAME;
	struct cp_outcome *o;

	if (set == NULL)
		set = cp_reader_gather(rd, name, HF_TYPE_CNAME, HF_SECTION_ANSWER);
	if (set == NULL || set->sig_cnt == 0)
		return NULL;
	o = outcome_make(rd, kind);
	if (o == NULL || (kind == CP_KIND_CNAME && !target_of(set, &o->target)))
		return NULL;
	o->answer[o->answer_cnt++] = set;
	proofs_take(rd, o);
	return o;
}

/* Where the alias from leads, as far as this packet says so with signatures. */
static void
more_take(struct cp_reader *rd, const struct cp_outcome *from)
{
	struct cp_response *r = rd->r;

	while (r->more_cnt < CP_RESPONSE_MORE_MAX && from->kind == CP_KIND_CNAME) {
		struct cp_outcome *o = signed_link(rd, &from->target, rd->asked->question.type);

		if (o == NULL)
			return;
		r->more[r->more_cnt++] = o;
		from = o;
	}
}

/* --- what comes along with an answer, if answers are not minimal --------------------------- */

static void
extra_add(struct cp_outcome *o, const struct hf_rrset *set)
{
	for (unsigned i = 0; set != NULL && i < o->extra_cnt; i++)
		if (o->extra[i]->type == set->type &&
		    hf_name_equal(&o->extra[i]->owner, &set->owner))
			return;
	if (set != NULL && o->extra_cnt < CP_OUTCOME_EXTRA_MAX)
		o->extra[o->extra_cnt++] = set;
}

/* Octets before the name in RDATA that says where a service is; -1: this type has none. */
static int
host_off(uint16_t type)
{
	switch (type) {
	case HF_TYPE_NS:
		return 0;
	case HF_TYPE_MX:
		return 2;
	case HF_TYPE_SRV:
		return 6;
	default:
		return -1;
	}
}

/* Addresses of the hosts that set names (RFC 1035 3.3.9, 3.3.11, RFC 2782). */
static void
hosts_take(struct cp_reader *rd, struct cp_outcome *o, const struct hf_rrset *set)
{
	static const uint16_t types[2] = {HF_TYPE_A, HF_TYPE_AAAA};
	int off = host_off(set->type);
	struct hf_name host;

	for (unsigned i = 0; off >= 0 && i < set->rr_cnt; i++) {
		const struct hf_rdata *one = &set->rr[i];

		if (one->len <= off ||
		    hf_name_from_octets(one->data + off, one->len - (unsigned)off, &host) != 0 ||
		    !hf_name_in(&host, &rd->asked->cut))
			continue;
		for (unsigned t = 0; t < 2; t++)
			extra_add(o, cp_reader_gather(rd, &host, types[t], HF_SECTION_ADDITIONAL));
	}
}

/* Who asks for everything is not served by less. */
static void
extras_take(struct cp_reader *rd, struct cp_outcome *o)
{
	const struct hf_rr *ns =
	    cp_reader_find(rd, HF_SECTION_AUTHORITY, HF_TYPE_NS, &rd->asked->question.name);

	if (!rd->asked->extras && rd->asked->question.type != HF_TYPE_ANY)
		return;
	if (ns != NULL)
		extra_add(o, cp_reader_gather(rd, &ns->owner, HF_TYPE_NS, HF_SECTION_AUTHORITY));
	for (unsigned i = 0; i < o->answer_cnt; i++)
		hosts_take(rd, o, o->answer[i]);
	if (ns != NULL && o->extra_cnt > 0)
		hosts_take(rd, o, o->extra[0]);
}

static bool
has_answer(const struct cp_outcome *o, uint16_t type)
{
	for (unsigned i = 0; i < o->answer_cnt; i++)
		if (o->answer[i]->type == type)
			return true;
	return false;
}

/* All that the name has, as far as the server says (RFC 1035 3.2.3); it may leave some out (RFC
 * 8482 4.1), and so do we. */
static enum cp_says
take_any(struct cp_reader *rd)
{
	const struct cp_scratch *s = rd->asked->scratch;
	const struct hf_name *qname = &rd->asked->question.name;
	struct cp_outcome *o = outcome_make(rd, CP_KIND_ANSWER);

	for (unsigned i = 0; o != NULL && i < s->cnt; i++) {
		const struct hf_rr *rr = &s->rr[i];

		if (!is_any(rr, qname) || has_answer(o, rr->type) ||
		    o->answer_cnt == CP_OUTCOME_ANSWER_MAX)
			continue;
		const struct hf_rrset *set =
		    cp_reader_gather(rd, qname, rr->type, HF_SECTION_ANSWER);

		if (set == NULL)
			return CP_SAYS_MALFORMED;
		o->answer[o->answer_cnt++] = set;
	}
	if (o == NULL)
		return CP_SAYS_NO_MEMORY;
	proofs_take(rd, o);
	extras_take(rd, o);
	rd->r->outcome = o;
	return CP_SAYS_OUTCOME;
}

static enum cp_says
take_answer(struct cp_reader *rd, enum cp_kind kind, uint16_t type)
{
	struct cp_outcome *o = outcome_make(rd, kind);
	struct hf_rrset *set;

	set = cp_reader_gather(rd, &rd->asked->question.name, type, HF_SECTION_ANSWER);
	if (o == NULL || set == NULL)
		return CP_SAYS_MALFORMED;
	o->answer[o->answer_cnt++] = set;
	if (kind == CP_KIND_CNAME && !target_of(set, &o->target))
		return CP_SAYS_MALFORMED;
	proofs_take(rd, o);
	extras_take(rd, o);
	if (type == HF_TYPE_NS && set->owner.len == 1) /* priming (RFC 9609 3) */
		rd->r->cut = delegation_make(rd, set);
	rd->r->outcome = o;
	more_take(rd, o);
	return CP_SAYS_OUTCOME;
}

/* The CNAME that a DNAME stands for (RFC 6672 2.2), made here: the server's own, which
 * nobody signed, is not looked at. */
static const struct hf_rrset *
cname_make(struct cp_reader *rd, const struct hf_rrset *dname, const struct hf_name *target)
{
	struct hf_arena *a = rd->asked->arena;
	struct hf_rdata one = {.len = target->len};
	struct hf_rrset set = {.owner = rd->asked->question.name,
	    .type = HF_TYPE_CNAME,
	    .klass = HF_CLASS_IN,
	    .ttl = dname->ttl,
	    .rr_cnt = 1};

	one.data = hf_arena_copy(a, target->octets, target->len);
	set.rr = hf_arena_copy(a, &one, sizeof(one));
	set.sig = hf_arena_alloc(a, 0);
	const struct hf_rrset *out = hf_arena_copy(a, &set, sizeof(set));

	rd->no_memory |= one.data == NULL || set.rr == NULL || out == NULL;
	return out;
}

static enum cp_says
take_dname(struct cp_reader *rd, const struct hf_rr *rr)
{
	const struct hf_name *qname = &rd->asked->question.name;
	struct cp_outcome *o = outcome_make(rd, CP_KIND_DNAME);
	struct hf_rrset *set = cp_reader_gather(rd, &rr->owner, HF_TYPE_DNAME, HF_SECTION_ANSWER);
	struct hf_name target;

	if (o == NULL || !target_of(set, &target))
		return CP_SAYS_MALFORMED;
	rd->r->outcome = o;
	o->answer[o->answer_cnt++] = set;
	proofs_take(rd, o);
	extras_take(rd, o);
	if (hf_name_replace_suffix(qname, &rr->owner, &target, &o->target) != 0) {
		o->kind = CP_KIND_YXDOMAIN;
		return CP_SAYS_OUTCOME;
	}
	o->answer[o->answer_cnt++] = cname_make(rd, set, &o->target);
	return CP_SAYS_OUTCOME;
}

static enum cp_says
take_denial(struct cp_reader *rd, enum cp_kind kind)
{
	struct cp_outcome *o = outcome_make(rd, kind);

	if (o == NULL)
		return CP_SAYS_NO_MEMORY;
	proofs_take(rd, o);
	if (cp_outcome_soa(o) == NULL) /* who says so, when there is nothing else that tells */
		extras_take(rd, o);
	rd->r->outcome = o;
	rd->r->blank = o->proof_cnt == 0 && rd->h.an_cnt + rd->h.ns_cnt == 0;
	return CP_SAYS_OUTCOME;
}

/* What a referral says of the child's DS: the set, or the proof that there is none. */
static void
ds_take(struct cp_reader *rd, const struct hf_name *child)
{
	const struct hf_rrset *set = cp_reader_gather(rd, child, HF_TYPE_DS, HF_SECTION_AUTHORITY);
	struct cp_outcome *o = outcome_make(rd, set != NULL ? CP_KIND_ANSWER : CP_KIND_NODATA);

	if (o == NULL)
		return;
	if (set != NULL)
		o->answer[o->answer_cnt++] = set;
	else
		proofs_take(rd, o);
	if (o->answer_cnt + o->proof_cnt > 0)
		rd->r->ds = o;
}

static enum cp_says
take_referral(struct cp_reader *rd, const struct hf_rr *rr)
{
	const struct hf_rrset *ns =
	    cp_reader_gather(rd, &rr->owner, HF_TYPE_NS, HF_SECTION_AUTHORITY);

	if (ns == NULL)
		return CP_SAYS_MALFORMED;
	rd->r->cut = delegation_make(rd, ns);
	if (rd->r->cut == NULL || rd->r->cut->ns_cnt == 0)
		return CP_SAYS_MALFORMED;
	ds_take(rd, &ns->owner);
	return CP_SAYS_REFERRAL;
}

/* Someone signed a denial. */
static bool
has_signed_proof(const struct cp_reader *rd)
{
	const struct cp_scratch *s = rd->asked->scratch;

	for (unsigned i = 0; i < s->cnt; i++)
		if (s->rr[i].section == HF_SECTION_AUTHORITY &&
		    (cp_reader_is_sig(rd, &s->rr[i], HF_TYPE_NSEC) ||
			cp_reader_is_sig(rd, &s->rr[i], HF_TYPE_NSEC3)))
			return true;
	return false;
}

/* Neither an SOA nor a referral. An authoritative server may leave its SOA out (RFC 2308 2.2,
 * type 3), but records that answer something else are no denial; a signed proof is one whoever
 * says it. If a server that claims nothing says nothing, it may be an old one that has nothing. */
static enum cp_says
classify_bare(struct cp_reader *rd, const struct hf_rr *ns)
{
	bool aa = (rd->h.flags & HF_FLAG_AA) != 0, ra = (rd->h.flags & HF_FLAG_RA) != 0;
	bool nothing = rd->h.an_cnt + rd->h.ns_cnt == 0 && !rd->trailing;

	if (rd->upward)
		return CP_SAYS_LAME;
	if ((aa && (ns != NULL || nothing)) || has_signed_proof(rd))
		return take_denial(rd, CP_KIND_NODATA);
	if (aa)
		return CP_SAYS_MALFORMED;
	if (ra || !nothing)
		return CP_SAYS_LAME;
	rd->credit = CP_CREDIT_COPY;
	return take_denial(rd, CP_KIND_NODATA);
}

/* No answer, NOERROR: a referral downward, NODATA, or nothing of use (RFC 2308 2.2). */
static enum cp_says
classify_empty(struct cp_reader *rd)
{
	const struct hf_question *q = &rd->asked->question;
	const struct hf_rr *soa = cp_reader_find(rd, HF_SECTION_AUTHORITY, HF_TYPE_SOA, &q->name);
	const struct hf_rr *ns = cp_reader_find(rd, HF_SECTION_AUTHORITY, HF_TYPE_NS, &q->name);
	bool child_side = soa != NULL && q->type == HF_TYPE_DS && q->name.len > 1 &&
	    hf_name_equal(&soa->owner, &q->name);

	if (child_side) /* RFC 4035 3.1.4.1: only the parent's servers can tell */
		return CP_SAYS_LAME;
	if (soa != NULL || (rd->asked->forward && ns == NULL))
		return take_denial(rd, CP_KIND_NODATA);
	if (rd->asked->forward) /* it would have us iterate: it does not recurse for us */
		return CP_SAYS_LAME;
	if (ns == NULL || ns->owner.label_cnt <= rd->asked->cut.label_cnt)
		return classify_bare(rd, ns);
	if (q->type == HF_TYPE_DS && hf_name_equal(&ns->owner, &q->name))
		return CP_SAYS_LAME;
	return take_referral(rd, ns);
}

/* There is no such name: unless it is said on behalf of a zone above the one that was asked,
 * by a server that does not have this one. */
static enum cp_says
classify_nxdomain(struct cp_reader *rd)
{
	const struct hf_name *qname = &rd->asked->question.name;
	const struct hf_rr *soa = cp_reader_find(rd, HF_SECTION_AUTHORITY, HF_TYPE_SOA, qname);

	if (soa == NULL && (rd->upward || rd->credit < CP_CREDIT_ANSWER))
		return CP_SAYS_LAME;
	return take_denial(rd, CP_KIND_NXDOMAIN);
}

/* The name has what was asked for. If it has an alias too, which it must not (RFC 1034 3.6.2), the
 * one that the server put first counts. */
static bool
has_answer_first(const struct cp_reader *rd)
{
	const struct hf_question *q = &rd->asked->question;
	const struct hf_rr *rr = cp_reader_find_exact(rd, HF_SECTION_ANSWER, q->type, &q->name);
	const struct hf_rr *alias =
	    cp_reader_find_exact(rd, HF_SECTION_ANSWER, HF_TYPE_CNAME, &q->name);

	return rr != NULL && (alias == NULL || rr <= alias);
}

static enum cp_says
classify_data(struct cp_reader *rd)
{
	const struct hf_question *q = &rd->asked->question;
	const struct hf_rr *rr;

	/* A recursive server's copy is not the zone's word, unless it is for copies that we ask.
	 * Without RA it may be that of an old server that forgets AA. */
	rd->credit = CP_CREDIT_ANSWER;
	if (!rd->asked->forward && (rd->h.flags & HF_FLAG_AA) == 0 &&
	    (rd->h.flags & HF_FLAG_RA) != 0)
		rd->credit = CP_CREDIT_COPY;
	if (q->type == HF_TYPE_ANY && has_any(rd))
		return take_any(rd);
	if (has_answer_first(rd))
		return take_answer(rd, CP_KIND_ANSWER, q->type);
	rr = cp_reader_find(rd, HF_SECTION_ANSWER, HF_TYPE_DNAME, &q->name);
	if (rr != NULL && rr->owner.label_cnt < q->name.label_cnt)
		return take_dname(rd, rr);
	if (cp_reader_find_exact(rd, HF_SECTION_ANSWER, HF_TYPE_CNAME, &q->name) != NULL)
		return take_answer(rd, CP_KIND_CNAME, HF_TYPE_CNAME);
	if (rd->r->rcode == HF_RCODE_NXDOMAIN)
		return classify_nxdomain(rd);
	if (rd->r->rcode == HF_RCODE_YXDOMAIN) /* and no DNAME to show for it */
		return CP_SAYS_LAME;
	return classify_empty(rd);
}

static enum cp_says
classify(struct cp_reader *rd)
{
	unsigned rcode = (rd->h.flags & HF_FLAG_RCODE) | (unsigned)rd->edns.ext_rcode << 4;

	rd->r->rcode = (uint16_t)rcode;
	if ((rd->h.flags & HF_FLAG_TC) != 0) /* over TCP: there is no whole answer to be had */
		return rd->asked->tcp ? CP_SAYS_LAME : CP_SAYS_TRUNCATED;
	switch (rcode) {
	case HF_RCODE_NOERROR:
	case HF_RCODE_NXDOMAIN:
	case HF_RCODE_YXDOMAIN:
		return rd->h.qd_cnt == 1 ? classify_data(rd) : CP_SAYS_LAME;
	case HF_RCODE_FORMERR:
	case HF_RCODE_NOTIMP:
		if (rd->asked->edns && (!rd->edns.present || rd->asked->cookie))
			return CP_SAYS_FORMERR;
		return CP_SAYS_LAME;
	case HF_RCODE_BADVERS: /* of version 0: it knows no EDNS, whatever it says */
		return rd->asked->edns ? CP_SAYS_FORMERR : CP_SAYS_LAME;
	case HF_RCODE_BADCOOKIE:
		return rd->asked->cookie ? CP_SAYS_BADCOOKIE : CP_SAYS_LAME;
	default:
		return CP_SAYS_LAME;
	}
}

/* rr names a server that is not among those we have. */
static bool
is_new_server(const struct cp_reader *rd, const struct hf_rr *rr)
{
	struct hf_cursor c;
	struct hf_name name;

	hf_cursor_init(&c, rd->msg, rd->len);
	if (rr->type != HF_TYPE_NS || rr->section != HF_SECTION_AUTHORITY ||
	    !hf_name_equal(&rr->owner, &rd->asked->cut) ||
	    hf_cursor_bytes(&c, rr->rdata_off) == NULL)
		return false;
	hf_name_read(&c, &name);
	return hf_cursor_ok(&c) && !cp_delegation_has(rd->asked->servers, &name);
}

/* What the zone says of its own servers, beside an answer: names to try when all those of the
 * parent fail, while the parent's delegation lasts. */
static void
own_take(struct cp_reader *rd)
{
	const struct cp_scratch *s = rd->asked->scratch;
	bool is_new = false;

	if (rd->asked->servers == NULL || (rd->h.flags & HF_FLAG_AA) == 0 || rd->asked->forward)
		return;
	for (unsigned i = 0; i < s->cnt && !is_new; i++)
		is_new = is_new_server(rd, &s->rr[i]);
	const struct hf_rrset *set =
	    is_new ? cp_reader_gather(rd, &rd->asked->cut, HF_TYPE_NS, HF_SECTION_AUTHORITY) : NULL;

	if (set == NULL)
		return;
	rd->r->own = outcome_make(rd, CP_KIND_ANSWER);
	if (rd->r->own != NULL)
		rd->r->own->answer[rd->r->own->answer_cnt++] = set;
}

void
cp_response_read(
    const struct cp_asked *asked, const uint8_t *msg, size_t len, struct cp_response *r)
{
	struct cp_reader rd = {.asked = asked, .msg = msg, .len = len, .r = r};

	*r = (struct cp_response){.says = CP_SAYS_MALFORMED};
	bool read = cp_reader_read(&rd);

	r->edns = rd.edns;
	if (!read) {
		/* Cut in the middle of a record, as some servers do with TC. */
		if ((rd.h.flags & HF_FLAG_TC) != 0 && !asked->tcp)
			r->says = CP_SAYS_TRUNCATED;
		return;
	}
	r->says = classify(&rd);
	if (r->says == CP_SAYS_OUTCOME)
		own_take(&rd);
	if (rd.bad)
		r->says = CP_SAYS_MALFORMED;
	if (rd.no_memory)
		r->says = CP_SAYS_NO_MEMORY;
}
