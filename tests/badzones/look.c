/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/badzones/bz.h"

#include "controlplane/resolver/core.h"
#include "controlplane/resolver/pack.h"

enum {
	TAINTS_MAX = 64,
	TAINT_LEN = 32,
	ARENA_OCTETS = 1024 * 1024,
	CHAIN_MAX = 12,
	PROOF_TTL = 300,
	PROOFS_MAX = 8
};

static struct taint {
	struct hf_name owner;
	uint16_t type;
	size_t len;
	uint8_t octets[TAINT_LEN];
} taints[TAINTS_MAX];
static unsigned taint_cnt;

void
bz_taints_clear(void)
{
	taint_cnt = 0;
}

static bool
is_tainted(const uint8_t *octets, size_t len)
{
	for (unsigned i = 0; i < taint_cnt; i++)
		if (memmem(octets, len, taints[i].octets, taints[i].len) != NULL)
			return true;
	return false;
}

void
bz_taint(const void *octets, size_t len, const struct hf_name *owner, uint16_t type)
{
	struct taint *t = &taints[taint_cnt % TAINTS_MAX];
	size_t n = len < TAINT_LEN ? len : TAINT_LEN;

	/* ECDSA signs anew each time: what is old goes. */
	taint_cnt += taint_cnt < TAINTS_MAX;
	t->owner = *owner;
	t->type = type;
	t->len = n;
	memcpy(t->octets, (const uint8_t *)octets + len - n, n);
}

/* --- what is true of the honest tree: a second resolver, as plain as can be */

static const struct fn_zone *
zone_of(const struct hf_name *n, uint16_t type)
{
	const struct fn_zone *best = NULL;

	for (unsigned i = 0; i < fn.zone_cnt; i++) {
		const struct fn_zone *z = fn.zone[i];
		bool own_ds = type == HF_TYPE_DS && n->len > 1 && hf_name_equal(&z->name, n);

		if (hf_name_in(n, &z->name) && !own_ds &&
		    (best == NULL || z->name.label_cnt > best->name.label_cnt))
			best = z;
	}
	return best;
}

struct truth {
	uint16_t rcode;
	struct hf_name name; /* at the end of the chain */
	struct hf_name from; /* the owner in the zone: name, or a wildcard */
	const struct fn_zone *z;
	bool is_data;
};

/* The owner in z that stands for n (RFC 4592): n, or a wildcard. False: there is none. */
static bool
source_of(const struct fn_zone *z, const struct hf_name *n, struct hf_name *from)
{
	struct hf_name up = *n;

	*from = *n;
	if (fn_exists(z, n))
		return true;
	while (!fn_exists(z, &up))
		hf_name_strip(&up, 1, &up);
	return hf_name_wildcard(&up, from) == 0 && fn_exists(z, from);
}

static const struct fn_rr *
find_rr(const struct fn_zone *z, const struct hf_name *owner, uint16_t type)
{
	for (unsigned i = 0; i < z->cnt; i++)
		if (z->rr[i].type == type && hf_name_equal(&z->rr[i].owner, owner))
			return &z->rr[i];
	return NULL;
}

/* The DNAME above n, with the name it makes of it. */
static const struct fn_rr *
dname_above(const struct fn_zone *z, const struct hf_name *n, struct hf_name *to)
{
	for (unsigned i = 0; i < z->cnt; i++) {
		const struct fn_rr *rr = &z->rr[i];
		struct hf_name target;

		if (rr->type == HF_TYPE_DNAME && hf_name_in(n, &rr->owner) &&
		    !hf_name_equal(n, &rr->owner) &&
		    hf_name_from_octets(rr->rdata, rr->len, &target) == 0 &&
		    hf_name_replace_suffix(n, &rr->owner, &target, to) == 0)
			return rr;
	}
	return NULL;
}

static struct truth
truth_of(const struct hf_question *q)
{
	struct truth t = {.rcode = HF_RCODE_NOERROR, .name = q->name};

	for (unsigned i = 0; i < CHAIN_MAX; i++) {
		struct hf_name to;
		const struct fn_rr *alias;

		t.z = zone_of(&t.name, q->type);
		if (!t.z->is_signed)
			return t;
		if (dname_above(t.z, &t.name, &to) != NULL) {
			t.name = to;
			continue;
		}
		if (!source_of(t.z, &t.name, &t.from)) {
			t.rcode = HF_RCODE_NXDOMAIN;
			return t;
		}
		t.is_data = find_rr(t.z, &t.from, q->type) != NULL;
		alias = find_rr(t.z, &t.from, HF_TYPE_CNAME);
		if (t.is_data || alias == NULL)
			return t;
		VA_REQUIRE(hf_name_from_octets(alias->rdata, alias->len, &t.name) == 0);
	}
	return t;
}

static bool
same_octets(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (tolower(a[i]) != tolower(b[i]))
			return false;
	return true;
}

/* The zone has this record, or makes it. */
static bool
is_true_record(const struct hf_name *owner, uint16_t type, const struct hf_rdata *rd, uint32_t ttl)
{
	const struct fn_zone *z = zone_of(owner, type);
	struct hf_name from, to;

	if (!z->is_signed)
		return false;
	if (type == HF_TYPE_CNAME && dname_above(z, owner, &to) != NULL)
		return rd->len == to.len && same_octets(rd->data, to.octets, to.len);
	if (!source_of(z, owner, &from))
		return false;
	for (unsigned i = 0; i < z->cnt; i++) {
		const struct fn_rr *rr = &z->rr[i];

		if (rr->type == type && hf_name_equal(&rr->owner, &from) && rr->len == rd->len &&
		    same_octets(rr->rdata, rd->data, rd->len))
			return ttl <= rr->ttl;
	}
	return false;
}

static unsigned
true_cnt(const struct truth *t, uint16_t type)
{
	unsigned cnt = 0;

	for (unsigned i = 0; t->is_data && i < t->z->cnt; i++)
		cnt += t->z->rr[i].type == type && hf_name_equal(&t->z->rr[i].owner, &t->from);
	return cnt;
}

/* --- answers */

/* NSEC and the like are told by the chain, not by the zone. */
static bool
is_of_the_zone(uint16_t type)
{
	return type != HF_TYPE_RRSIG && type != HF_TYPE_NSEC && type != HF_TYPE_NSEC3;
}

/* An answer as a message that can be walked through. */
struct seen {
	struct hf_cursor c;
	struct hf_walk walk;
	size_t len;
	uint8_t msg[HF_MSG_MAX];
};

static void
seen_init(struct seen *s, const struct cp_answer *a)
{
	s->len = cp_answer_walk(a, s->msg, &s->c, &s->walk);
}

/* The next record, and its RDATA in rd. */
static bool
seen_next(struct seen *s, struct hf_rr *rr, uint8_t rdata[HF_RDATA_MAX], struct hf_rdata *rd)
{
	if (!hf_walk_next(&s->walk, rr))
		return false;
	ssize_t len = hf_rdata_expand(s->msg, s->len, rr, rdata, HF_RDATA_MAX);

	if (len < 0)
		bz_fail("an answer with a malformed record");
	*rd = (struct hf_rdata){rdata, (uint16_t)len};
	return true;
}

/* Whoever validates what we pass on must be able to: what was made from a wildcard has its proof
 * with it (RFC 4035 5.3.4). */
static void
see_expansion(const struct cp_answer *a, const struct hf_name *owner, const struct hf_rdata *sig)
{
	static struct seen s;
	static uint8_t rdata[PROOFS_MAX][HF_RDATA_MAX];
	struct hf_rrset set[PROOFS_MAX];
	struct hf_rdata rd[PROOFS_MAX];
	const struct hf_rrset *sets[PROOFS_MAX];
	struct va_result res;
	struct va_budget budget;
	struct hf_name zone;
	struct va_proofs p = {sets, 0, &zone};
	struct hf_cursor c;
	struct hf_rr rr;

	hf_cursor_init(&c, sig->data + 18, sig->len - 18u);
	hf_name_read_plain(&c, &zone);
	seen_init(&s, a);
	while (p.cnt < PROOFS_MAX && seen_next(&s, &rr, rdata[p.cnt], &rd[p.cnt])) {
		if (rr.section != HF_SECTION_AUTHORITY ||
		    (rr.type != HF_TYPE_NSEC && rr.type != HF_TYPE_NSEC3))
			continue;
		set[p.cnt] = (struct hf_rrset){.owner = rr.owner,
		    .type = rr.type,
		    .klass = 1,
		    .ttl = rr.ttl,
		    .rr_cnt = 1,
		    .rr = &rd[p.cnt]};
		sets[p.cnt] = &set[p.cnt];
		p.cnt++;
	}
	va_budget_init(&budget, &va_rules_default, fn.r->crypto);
	va_deny_closer(&p, owner, sig->data[3], &budget, &res);
	if (res.verdict == HF_VERDICT_BOGUS)
		bz_fail("an expansion without the proof that nothing is closer");
}

static void
see_records(const struct cp_answer *a, const struct truth *t)
{
	static struct seen s;
	static uint8_t rdata[HF_RDATA_MAX];
	struct hf_rdata rd;
	struct hf_rr rr;
	unsigned cnt = 0;

	seen_init(&s, a);
	while (seen_next(&s, &rr, rdata, &rd)) {
		if (rr.type == HF_TYPE_RRSIG && rr.section == HF_SECTION_ANSWER &&
		    rd.data[3] < rr.owner.label_cnt - (hf_name_is_wildcard(&rr.owner) ? 1u : 0u))
			see_expansion(a, &rr.owner, &rd);
		if (!is_of_the_zone(rr.type) && rr.type != HF_TYPE_RRSIG && rr.ttl > PROOF_TTL)
			bz_fail("a secure proof that lives too long");
		if (is_of_the_zone(rr.type) && !is_true_record(&rr.owner, rr.type, &rd, rr.ttl))
			bz_fail("a secure answer with a record that is not in the zone");
		cnt += rr.section == HF_SECTION_ANSWER && rr.type == a->question.type &&
		    hf_name_equal(&rr.owner, &t->name);
	}
	if (is_of_the_zone(a->question.type) && cnt != true_cnt(t, a->question.type))
		bz_fail("a secure answer with too few or too many records");
}

void
bz_see(const struct cp_answer *a)
{
	struct truth t;

	if (a->verdict == HF_VERDICT_BOGUS && (a->rcode != HF_RCODE_SERVFAIL || a->body_len > 0))
		bz_fail("bogus records were passed on");
	if (a->verdict != HF_VERDICT_SECURE)
		return;
	if (is_tainted(a->body, a->body_len))
		bz_fail("a secure answer with what was signed wrong in it");
	t = truth_of(&a->question);
	if (!t.z->is_signed)
		bz_fail("a secure answer out of an unsigned zone");
	if (a->rcode != t.rcode)
		bz_fail("a secure answer with the wrong rcode");
	see_records(a, &t);
}

/* --- caches */

static void
see_set(const struct hf_rrset *set)
{
	for (unsigned i = 0; i < set->sig_cnt; i++)
		if (is_tainted(set->sig[i].data, set->sig[i].len))
			bz_fail("what was signed wrong is cached as secure");
	for (unsigned i = 0; i < set->rr_cnt; i++) {
		if (is_tainted(set->rr[i].data, set->rr[i].len))
			bz_fail("a forged record is cached as secure");
		if (is_of_the_zone(set->type) &&
		    !is_true_record(&set->owner, set->type, &set->rr[i], set->ttl))
			bz_fail("what is not in the zone is cached as secure");
	}
}

static void
see_entry(void *arg, const struct cp_key *key, const struct cp_block *b)
{
	const struct cp_pack_as as = {key->name, key->type, b->ttl_s};
	struct hf_arena arena;

	(void)arg;
	if (key->class != CP_CLASS_ANSWER && key->class != CP_CLASS_STATE)
		return;
	hf_arena_init(&arena, ARENA_OCTETS);
	const struct cp_outcome *o = cp_unpack_outcome(&arena, &as, b->data, b->len);

	VA_REQUIRE(o != NULL);
	if (o->verdict == HF_VERDICT_SECURE) {
		for (unsigned i = 0; i < o->answer_cnt; i++)
			see_set(o->answer[i]);
		for (unsigned i = 0; i < o->proof_cnt; i++)
			see_set(o->proof[i]);
		for (unsigned i = 0; i < o->extra_cnt; i++)
			see_set(o->extra[i]);
	}
	hf_arena_fini(&arena);
}

/* The proof that ranges has at, or next before, the owner of what was signed wrong. */
static void
see_ranges(const struct taint *t, const struct hf_name *zone)
{
	uint8_t hash[VA_SHA1_LEN] = {0};
	char text[HF_NAME_TEXT_LEN];
	struct cp_ranges_at at = {.zone = zone, .now_ns = fn.now_ns};
	struct hf_arena arena;

	if (t->type == HF_TYPE_NSEC)
		at.name = &t->owner;
	else if (t->type == HF_TYPE_NSEC3 && t->owner.octets[0] == 32)
		va_unbase32hex(hf_name_to_text(&t->owner, text), hash);
	else
		return;
	if (at.name == NULL)
		at.hash = hash;
	hf_arena_init(&arena, ARENA_OCTETS);
	const struct hf_rrset *set = cp_ranges_find(fn.r->ranges, &at, &arena);

	if (set != NULL)
		see_set(set);
	hf_arena_fini(&arena);
}

void
bz_look_inside(void)
{
	cp_table_each(fn.r->table, see_entry, NULL);
	for (unsigned i = 0; i < taint_cnt; i++)
		for (unsigned k = 0; k < fn.zone_cnt; k++)
			see_ranges(&taints[i], &fn.zone[k]->name);
}
