/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/pack.h"

#include <string.h>

#include "controlplane/resolver/pack_part.h"

/* An outcome begins with an octet of kind, ds, credit and own_fault, and one of verdict, number
 * of answers and these. */
enum {
	ANSWERS_SHIFT = 3,
	ANSWERS_MANY = 3, /* or more: an octet says how many */
	HAS_PROOFS = 32,
	HAS_SERVER = 64,
	HAS_MORE = 128, /* an octet of those below */
};
enum {
	HAS_CAUSE = 1,
	HAS_BLAME = 2,
	HAS_WHY = 4,    /* else: verdict as the outcome's, VA_OK, nothing more to tell */
	HAS_TARGET = 8, /* else it is what the last answer says, if it is an alias at all */
	IS_WILDCARD = 16,
	HAS_EXTRAS = 32,
};

enum { DS_SHIFT = 3, CREDIT_SHIFT = 5, OWN_FAULT = 128 };

/* A new field needs its lines here, in pack and unpack. */
_Static_assert(sizeof(struct cp_outcome) == 1520,
    "every field of an outcome but got_ns and until_ns is packed");
_Static_assert(sizeof(struct cp_ns) == 380, "every field of a name server is packed");
_Static_assert(CP_KIND_YXDOMAIN < 8 && CP_DS_NO_CUT < 4 && CP_CREDIT_ANSWER < 4, "one octet");
_Static_assert(HF_VERDICT_CNT <= 8, "three bits");

/* --- writing: the first time over nothing, for the length */

static void
put_why(struct cp_sink *s, const struct va_result *why)
{
	cp_sink_u8(s, why->verdict);
	cp_sink_u8(s, why->reason);
	cp_sink_name(s, &why->owner);
	cp_sink_u16(s, why->type);
	cp_sink_name(s, &why->signer);
	cp_sink_u16(s, why->key_tag);
	cp_sink_u8(s, why->algorithm);
	cp_sink_u8(s, why->digest);
	cp_sink_u32(s, why->inception);
	cp_sink_u32(s, why->expiration);
	cp_sink_u32(s, why->ttl);
	cp_sink_u8(s, why->labels);
}

static bool
is_alias(const struct cp_outcome *o)
{
	return o->kind == CP_KIND_CNAME || o->kind == CP_KIND_DNAME;
}

/* Where the last answer leads: the alias, or the one made from a DNAME. */
static bool
target_of(const struct cp_outcome *o, struct hf_name *target)
{
	const struct hf_rrset *last = o->answer_cnt > 0 ? o->answer[o->answer_cnt - 1] : NULL;

	return last != NULL && last->rr_cnt > 0 &&
	    hf_name_from_octets(last->rr[0].data, last->rr[0].len, target) == 0;
}

static bool
has_target(const struct cp_outcome *o)
{
	struct hf_name target;

	return is_alias(o) &&
	    (!target_of(o, &target) || target.len != o->target.len ||
		memcmp(target.octets, o->target.octets, target.len) != 0);
}

static unsigned
more_of(const struct cp_outcome *o)
{
	bool has_why = o->why.reason != VA_OK || o->why.verdict != o->verdict;

	return (o->cause != CP_CAUSE_NONE ? HAS_CAUSE : 0u) |
	    (o->blame.family != 0 ? HAS_BLAME : 0u) | (has_why ? HAS_WHY : 0u) |
	    (has_target(o) ? HAS_TARGET : 0u) | (o->why.wildcard ? IS_WILDCARD : 0u) |
	    (o->extra_cnt > 0 ? HAS_EXTRAS : 0u);
}

static void
put_more(struct cp_sink *s, const struct cp_outcome *o, unsigned more)
{
	cp_sink_u8(s, more);
	if (more & HAS_CAUSE)
		cp_sink_u8(s, o->cause);
	if (more & HAS_BLAME)
		cp_sink_addr(s, &o->blame);
	if (more & HAS_WHY)
		put_why(s, &o->why);
	if (more & HAS_TARGET)
		cp_sink_name(s, &o->target);
	if (more & HAS_EXTRAS)
		cp_sink_u8(s, o->extra_cnt);
	for (unsigned i = 0; i < o->extra_cnt; i++)
		cp_sink_rrset(s, o->extra[i]);
}

size_t
cp_pack_outcome(const struct cp_outcome *o, const struct cp_pack_as *as, bool judged, uint8_t *out)
{
	struct cp_sink s;
	bool has_server = o->server.family != 0 && !judged;
	unsigned more = more_of(o);
	unsigned answers = o->answer_cnt < ANSWERS_MANY ? o->answer_cnt : ANSWERS_MANY;

	cp_sink_init(&s, as, out);
	cp_sink_u8(&s,
	    (unsigned)o->kind | (unsigned)o->ds << DS_SHIFT | (unsigned)o->credit << CREDIT_SHIFT |
		(o->own_fault ? OWN_FAULT : 0u));
	cp_sink_u8(&s,
	    (unsigned)o->verdict | answers << ANSWERS_SHIFT | (o->proof_cnt > 0 ? HAS_PROOFS : 0u) |
		(has_server ? HAS_SERVER : 0u) | (more != 0 ? HAS_MORE : 0u));
	cp_sink_name(&s, &o->cut);
	if (has_server)
		cp_sink_addr(&s, &o->server);
	if (answers == ANSWERS_MANY)
		cp_sink_u8(&s, o->answer_cnt);
	for (unsigned i = 0; i < o->answer_cnt; i++)
		cp_sink_rrset(&s, o->answer[i]);
	if (o->proof_cnt > 0)
		cp_sink_u8(&s, o->proof_cnt);
	for (unsigned i = 0; i < o->proof_cnt; i++)
		cp_sink_rrset(&s, o->proof[i]);
	if (more != 0)
		put_more(&s, o, more);
	return s.len;
}

size_t
cp_pack_delegation(const struct cp_delegation *d, uint8_t *out)
{
	struct cp_sink s;

	cp_sink_init(&s, &(struct cp_pack_as){&d->zone, 0, 0}, out);
	cp_sink_name(&s, &d->parent);
	cp_sink_number(&s, d->ttl_s);
	cp_sink_u8(&s, d->ns_cnt);
	for (unsigned i = 0; i < d->ns_cnt; i++) {
		cp_sink_name(&s, &d->ns[i].name);
		cp_sink_u8(&s, d->ns[i].addr_cnt);
		for (unsigned k = 0; k < d->ns[i].addr_cnt; k++)
			cp_sink_addr(&s, &d->ns[i].addr[k]);
	}
	return s.len;
}

size_t
cp_pack_failure(const struct cp_failure *f, const struct hf_name *name, uint8_t *out)
{
	struct cp_sink s;
	size_t text_len = strnlen(f->text, sizeof(f->text) - 1);

	cp_sink_init(&s, &(struct cp_pack_as){name, 0, 0}, out);
	cp_sink_u8(&s, f->verdict);
	cp_sink_u8(&s, f->refused);
	cp_sink_u16(&s, f->ede);
	cp_sink_u32(&s, f->backoff_s);
	cp_sink_u8(&s, (unsigned)text_len);
	cp_sink_bytes(&s, f->text, text_len);
	cp_sink_u16(&s, f->chain_cnt);
	for (unsigned i = 0; i < f->chain_cnt; i++)
		cp_sink_name(&s, &f->chain[i]);
	return s.len;
}

size_t
cp_pack_rrset(const struct hf_rrset *set, const struct hf_name *name, uint8_t *out)
{
	struct cp_sink s;

	cp_sink_init(&s, &(struct cp_pack_as){name, 0, 0}, out);
	cp_sink_rrset(&s, set);
	return s.len;
}

/* --- reading */

/* Over a private copy of the octets, which the records point into. */
static bool
source_init(struct cp_source *s, struct hf_arena *a, const struct cp_pack_as *as,
    const uint8_t *data, size_t len)
{
	const uint8_t *copy = hf_arena_copy(a, data, len);

	cp_source_init(s, a, as, copy, len);
	return copy != NULL;
}

static void
get_why(struct cp_source *s, struct va_result *why)
{
	why->verdict = (enum hf_verdict)hf_cursor_u8(&s->c);
	why->reason = (enum va_reason)hf_cursor_u8(&s->c);
	cp_source_name(s, &why->owner);
	why->type = hf_cursor_u16(&s->c);
	cp_source_name(s, &why->signer);
	why->key_tag = hf_cursor_u16(&s->c);
	why->algorithm = hf_cursor_u8(&s->c);
	why->digest = hf_cursor_u8(&s->c);
	why->inception = hf_cursor_u32(&s->c);
	why->expiration = hf_cursor_u32(&s->c);
	why->ttl = hf_cursor_u32(&s->c);
	why->labels = hf_cursor_u8(&s->c);
}

static void
get_sets(struct cp_source *s, struct cp_outcome *o, unsigned answer_cnt, bool has_proofs)
{
	if (answer_cnt == ANSWERS_MANY)
		answer_cnt = hf_cursor_u8(&s->c);
	s->c.bad |= answer_cnt > CP_OUTCOME_ANSWER_MAX;
	while (o->answer_cnt < answer_cnt && !s->c.bad)
		o->answer[o->answer_cnt++] = cp_source_rrset(s);
	unsigned proof_cnt = has_proofs ? hf_cursor_u8(&s->c) : 0;

	s->c.bad |= proof_cnt > CP_OUTCOME_PROOF_MAX;
	while (o->proof_cnt < proof_cnt && !s->c.bad)
		o->proof[o->proof_cnt++] = cp_source_rrset(s);
}

static void
get_extras(struct cp_source *s, struct cp_outcome *o)
{
	unsigned cnt = hf_cursor_u8(&s->c);

	s->c.bad |= cnt > CP_OUTCOME_EXTRA_MAX;
	while (o->extra_cnt < cnt && !s->c.bad)
		o->extra[o->extra_cnt++] = cp_source_rrset(s);
}

static void
get_more(struct cp_source *s, struct cp_outcome *o, unsigned more)
{
	if (s->c.bad) /* then not even the answers are whole */
		return;
	o->why.wildcard = (more & IS_WILDCARD) != 0;
	if (more & HAS_CAUSE)
		o->cause = (enum cp_cause)hf_cursor_u8(&s->c);
	if (more & HAS_BLAME)
		cp_source_addr(s, &o->blame);
	if (more & HAS_WHY)
		get_why(s, &o->why);
	if (more & HAS_TARGET)
		cp_source_name(s, &o->target);
	else if (is_alias(o) && !target_of(o, &o->target))
		s->c.bad = true;
	if (more & HAS_EXTRAS)
		get_extras(s, o);
}

struct cp_outcome *
cp_unpack_outcome(struct hf_arena *a, const struct cp_pack_as *as, const uint8_t *data, size_t len)
{
	struct cp_source s;
	struct cp_outcome *o = hf_arena_alloc(a, sizeof(*o));

	if (o == NULL || !source_init(&s, a, as, data, len))
		return NULL;
	unsigned first = hf_cursor_u8(&s.c), flags = hf_cursor_u8(&s.c);

	o->kind = (enum cp_kind)(first & ((1u << DS_SHIFT) - 1));
	o->ds = (enum cp_ds)(first >> DS_SHIFT & ((1u << (CREDIT_SHIFT - DS_SHIFT)) - 1));
	o->credit = (enum cp_credit)((first & ~(unsigned)OWN_FAULT) >> CREDIT_SHIFT);
	o->own_fault = (first & OWN_FAULT) != 0;
	o->verdict = (enum hf_verdict)(flags & ((1u << ANSWERS_SHIFT) - 1));
	o->target = o->why.owner = o->why.signer = hf_name_root;
	o->why.verdict = o->verdict;
	cp_source_name(&s, &o->cut);
	if (flags & HAS_SERVER)
		cp_source_addr(&s, &o->server);
	get_sets(&s, o, (flags & (HAS_PROOFS - 1)) >> ANSWERS_SHIFT, (flags & HAS_PROOFS) != 0);
	get_more(&s, o, flags & HAS_MORE ? hf_cursor_u8(&s.c) : 0);
	return hf_cursor_ok(&s.c) ? o : NULL;
}

enum cp_credit
cp_packed_credit(const uint8_t *data, size_t len)
{
	return len > 0 ? (enum cp_credit)((data[0] & ~(unsigned)OWN_FAULT) >> CREDIT_SHIFT)
		       : CP_CREDIT_GLUE;
}

bool
cp_packed_parent(
    const struct hf_name *zone, const uint8_t *data, size_t len, struct hf_name *parent)
{
	struct cp_source s;

	cp_source_init(&s, NULL, &(struct cp_pack_as){zone, 0, 0}, data, len);
	cp_source_name(&s, parent);
	return hf_cursor_ok(&s.c);
}

static void
get_ns(struct cp_source *s, struct cp_ns *ns)
{
	cp_source_name(s, &ns->name);
	unsigned cnt = hf_cursor_u8(&s->c);

	s->c.bad |= cnt > CP_NS_ADDR_MAX;
	for (unsigned i = 0; i < cnt && !s->c.bad; i++)
		cp_source_addr(s, &ns->addr[ns->addr_cnt++]);
}

struct cp_delegation *
cp_unpack_delegation(
    struct hf_arena *a, const struct hf_name *zone, const uint8_t *data, size_t len)
{
	struct cp_source s;
	struct hf_name parent;

	cp_source_init(&s, a, &(struct cp_pack_as){zone, 0, 0}, data, len);
	cp_source_name(&s, &parent);
	uint32_t ttl_s = cp_source_number(&s);
	unsigned cnt = hf_cursor_u8(&s.c);
	struct cp_delegation *d =
	    cnt <= CP_NS_MAX ? cp_source_alloc(&s, cp_delegation_size(cnt)) : NULL;

	if (d == NULL)
		return NULL;
	d->zone = *zone;
	d->parent = parent;
	d->ttl_s = ttl_s;
	while (d->ns_cnt < cnt && !s.c.bad)
		get_ns(&s, &d->ns[d->ns_cnt++]);
	return hf_cursor_ok(&s.c) ? d : NULL;
}

struct cp_failure *
cp_unpack_failure(struct hf_arena *a, const struct hf_name *name, const uint8_t *data, size_t len)
{
	struct cp_source s;
	struct cp_failure head = {0}, *f;

	cp_source_init(&s, a, &(struct cp_pack_as){name, 0, 0}, data, len);
	head.verdict = (enum hf_verdict)hf_cursor_u8(&s.c);
	head.refused = hf_cursor_u8(&s.c) != 0;
	head.ede = hf_cursor_u16(&s.c);
	head.backoff_s = hf_cursor_u32(&s.c);
	unsigned text_len = hf_cursor_u8(&s.c);
	const uint8_t *text = hf_cursor_bytes(&s.c, text_len);

	if (text == NULL || text_len >= sizeof(head.text))
		return NULL;
	memcpy(head.text, text, text_len);
	head.chain_cnt = hf_cursor_u16(&s.c);
	if (head.chain_cnt > HF_CHAIN_MAX)
		return NULL;
	f = cp_source_alloc(&s, sizeof(*f) + head.chain_cnt * sizeof(f->chain[0]));
	if (f == NULL)
		return NULL;
	*f = head;
	for (unsigned i = 0; i < f->chain_cnt; i++)
		cp_source_name(&s, &f->chain[i]);
	return hf_cursor_ok(&s.c) ? f : NULL;
}

struct hf_rrset *
cp_unpack_rrset(struct hf_arena *a, const struct hf_name *name, const uint8_t *data, size_t len)
{
	struct cp_source s;

	if (!source_init(&s, a, &(struct cp_pack_as){name, 0, 0}, data, len))
		return NULL;
	struct hf_rrset *set = cp_source_rrset(&s);

	return hf_cursor_ok(&s.c) ? set : NULL;
}

bool
cp_packed_owner(const struct hf_name *name, const uint8_t *data, size_t len, struct hf_name *owner)
{
	struct cp_source s;

	cp_source_init(&s, NULL, &(struct cp_pack_as){name, 0, 0}, data, len);
	cp_source_owner(&s, owner);
	return hf_cursor_ok(&s.c);
}
