/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/proof.h"

#include <string.h>

#include "validator/nsec.h"
#include "validator/nsec3.h"

struct finder {
	const struct va_proofs *p;
	const struct hf_name *qname;
	struct va_budget *budget;
	struct cp_proof_fact *out;
	unsigned cnt;
};

const char *
cp_proof_role_text(enum cp_proof_role r)
{
	static const char *const text[CP_PROOF_ROLE_CNT] = {
#define X(name, text) [CP_PROOF_##name] = text,
	    CP_PROOF_ROLES(X)
#undef X
	};

	return (unsigned)r < CP_PROOF_ROLE_CNT ? text[r] : "?";
}

static void
add(struct finder *f, const struct cp_proof_fact *fact)
{
	if (f->cnt < CP_PROOF_FACTS_MAX)
		f->out[f->cnt++] = *fact;
}

/* --- NSEC (RFC 4034 4) */

/* What the NSEC set, whose gap ends at next, says of name in this role. */
static void
nsec_say(struct finder *f, const struct hf_rrset *set, const struct hf_name *next,
    const struct hf_name *name, enum cp_proof_role role)
{
	struct cp_proof_fact fact = {.set = set, .role = role, .name = *name};
	bool last = hf_name_equal(next, f->p->zone);

	if (hf_name_equal(&set->owner, name))
		fact.says = CP_PROOF_STANDS;
	else if (hf_name_cmp(&set->owner, name) > 0 || (!last && hf_name_cmp(name, next) >= 0))
		return;
	else
		fact.says = hf_name_in(next, name) ? CP_PROOF_EMPTY : CP_PROOF_COVERS;
	add(f, &fact);
}

/* The wildcard at the closest encloser that the gap of an NSEC which covers the name shows. */
static bool
nsec_wildcard(const struct finder *f, struct hf_name *out)
{
	for (unsigned i = 0; i < f->cnt; i++) {
		const struct cp_proof_fact *fact = &f->out[i];
		struct hf_name next, encloser;

		if (fact->says != CP_PROOF_COVERS || fact->set->type != HF_TYPE_NSEC ||
		    !va_nsec_range(fact->set, f->p->zone, &next))
			continue;
		unsigned by_owner = hf_name_common(f->qname, &fact->set->owner);
		unsigned by_next = hf_name_common(f->qname, &next);
		unsigned labels = by_owner > by_next ? by_owner : by_next;

		hf_name_strip(f->qname, f->qname->label_cnt - labels, &encloser);
		return hf_name_wildcard(&encloser, out) == 0;
	}
	return false;
}

static void
nsec_facts(struct finder *f, const struct hf_name *name, enum cp_proof_role role)
{
	struct hf_name next;

	for (uint16_t i = 0; i < f->p->cnt; i++)
		if (va_nsec_range(f->p->sets[i], f->p->zone, &next))
			nsec_say(f, f->p->sets[i], &next, name, role);
}

/* --- NSEC3 (RFC 5155 8) */

/* Into the gap from its owner to the next hash; the last one leads round to the first. */
static bool
is_between(const struct va_nsec3_range *r, const uint8_t hash[VA_SHA1_LEN])
{
	int after = memcmp(hash, r->owner, VA_SHA1_LEN),
	    before = memcmp(hash, r->next, VA_SHA1_LEN);

	if (memcmp(r->owner, r->next, VA_SHA1_LEN) < 0)
		return after > 0 && before < 0;
	return after > 0 || before < 0;
}

/* The hash of name as the first NSEC3 that can be read has it made: a zone's all do (RFC 5155
 * 7.1). */
static bool
hash_of(const struct finder *f, const struct hf_name *name, uint8_t hash[VA_SHA1_LEN])
{
	struct va_nsec3_range range;

	for (uint16_t i = 0; i < f->p->cnt; i++)
		if (va_nsec3_range(f->p->sets[i], f->p->zone, &range))
			return va_nsec3_hash(name, &range.salt, f->budget, hash);
	return false;
}

/* What NSEC3 say of name in this role. True: one stands at it. */
static bool
nsec3_facts(struct finder *f, const struct hf_name *name, enum cp_proof_role role, bool covers_too)
{
	uint8_t hash[VA_SHA1_LEN];
	bool stands = false;

	if (!hash_of(f, name, hash))
		return false;
	for (uint16_t i = 0; i < f->p->cnt && !stands; i++) {
		struct cp_proof_fact fact = {.set = f->p->sets[i], .role = role, .name = *name};
		struct va_nsec3_range range;

		if (!va_nsec3_range(fact.set, f->p->zone, &range))
			continue;
		stands = memcmp(range.owner, hash, VA_SHA1_LEN) == 0;
		fact.says = stands ? CP_PROOF_STANDS : CP_PROOF_COVERS;
		fact.optout = !stands && range.optout;
		if (stands || (covers_too && is_between(&range, hash)))
			add(f, &fact);
	}
	return stands;
}

/* The closest encloser, by the one that stands at it; then what is said of the next closer name
 * and of the wildcard. */
static void
nsec3_enclosed(struct finder *f)
{
	unsigned depth = f->qname->label_cnt - f->p->zone->label_cnt;
	struct hf_name at = *f->qname, closer, wildcard;

	for (unsigned i = 0; i < depth && i < CP_PROOF_LABELS_MAX; i++) {
		closer = at;
		hf_name_strip(&at, 1, &at);
		if (!nsec3_facts(f, &at, CP_PROOF_ENCLOSER, false))
			continue;
		nsec3_facts(f, &closer, CP_PROOF_CLOSER, true);
		if (hf_name_wildcard(&at, &wildcard) == 0)
			nsec3_facts(f, &wildcard, CP_PROOF_WILDCARD, true);
		return;
	}
	nsec3_facts(f, f->qname, CP_PROOF_NAME, true);
}

unsigned
cp_proof_facts(const struct va_proofs *p, const struct hf_name *qname, struct va_budget *budget,
    struct cp_proof_fact out[CP_PROOF_FACTS_MAX])
{
	struct finder f = {.p = p, .qname = qname, .budget = budget, .out = out};
	struct hf_name wildcard;

	if (!hf_name_in(qname, p->zone))
		return 0;
	nsec_facts(&f, qname, CP_PROOF_NAME);
	if (nsec_wildcard(&f, &wildcard))
		nsec_facts(&f, &wildcard, CP_PROOF_WILDCARD);
	if (!nsec3_facts(&f, qname, CP_PROOF_NAME, false))
		nsec3_enclosed(&f);
	return f.cnt;
}
