/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/local.h"

#include <stdlib.h>
#include <string.h>

#include "controlplane/resolver/core.h"

enum {
	OCTETS_MAX = 64 * 1024 * 1024,
	TTL_S = 10800, /* RFC 6303 3 */
	SOA_NUMBERS_LEN = 20,
};

struct cp_local {
	struct hf_arena arena;
	size_t cnt;
	const struct hf_rrset **set; /* in canonical order of owners, then by type */
};

/* --- making ---------------------------------------------------------------------------- */

static int
by_owner(const void *a, const void *b)
{
	const struct hf_rrset *x = *(const struct hf_rrset *const *)a;
	const struct hf_rrset *y = *(const struct hf_rrset *const *)b;
	int cmp = hf_name_cmp(&x->owner, &y->owner);

	return cmp != 0 ? cmp : (int)x->type - (int)y->type;
}

static bool
keep(struct cp_local *l, const struct hf_rrset *set)
{
	struct cp_outcome one = {.answer_cnt = 1, .answer = {set}};
	void *mem = hf_arena_alloc(&l->arena, cp_outcome_size(&one));

	if (mem == NULL)
		return false;
	struct hf_rrset *own = (struct hf_rrset *)(uintptr_t)cp_outcome_copy(mem, &one)->answer[0];

	hf_name_lower(&own->owner);
	l->set[l->cnt++] = own;
	return true;
}

/* The records at the top of a zone that has no others: "@ SOA @ nobody.invalid. 1 3600 1200
 * 604800 10800" and "@ NS @" (RFC 6303 3). */
static bool
keep_apex(struct cp_local *l, const struct hf_name *zone, uint16_t type)
{
	static const uint8_t person[] = "\6nobody\7invalid"; /* and its final octet */
	static const uint8_t numbers[SOA_NUMBERS_LEN] = {
	    0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 4, 176, 0, 9, 58, 128, 0, 0, 42, 48};
	uint8_t rdata[HF_NAME_MAX + sizeof(person) + SOA_NUMBERS_LEN];
	struct hf_rdata rr = {.data = rdata, .len = zone->len};
	struct hf_rrset set = {.owner = *zone,
	    .type = type,
	    .klass = HF_CLASS_IN,
	    .ttl = TTL_S,
	    .rr_cnt = 1,
	    .rr = &rr};

	memcpy(rdata, zone->octets, zone->len);
	if (type == HF_TYPE_SOA) {
		memcpy(rdata + zone->len, person, sizeof(person));
		memcpy(rdata + zone->len + sizeof(person), numbers, sizeof(numbers));
		rr.len += sizeof(person) + sizeof(numbers);
	}
	return keep(l, &set);
}

static bool
has(const struct cp_resolver_config *cfg, const struct hf_name *owner, uint16_t type)
{
	for (size_t i = 0; i < cfg->local_cnt; i++)
		if (cfg->local[i].type == type && hf_name_equal(&cfg->local[i].owner, owner))
			return true;
	return false;
}

static bool
fill(struct cp_local *l, const struct cp_resolver_config *cfg)
{
	bool ok = true;

	l->set = hf_arena_alloc(&l->arena, (cfg->local_cnt + 2 * cfg->zones_cnt) * sizeof(*l->set));
	if (l->set == NULL)
		return false;
	for (size_t i = 0; ok && i < cfg->local_cnt; i++)
		ok = keep(l, &cfg->local[i]);
	for (size_t i = 0; ok && i < cfg->zones_cnt; i++) {
		const struct cp_zone *z = &cfg->zones[i];

		if (z->kind != CP_ZONE_LOCAL)
			continue;
		if (!has(cfg, &z->name, HF_TYPE_SOA))
			ok = keep_apex(l, &z->name, HF_TYPE_SOA);
		if (ok && !has(cfg, &z->name, HF_TYPE_NS))
			ok = keep_apex(l, &z->name, HF_TYPE_NS);
	}
	qsort(l->set, l->cnt, sizeof(l->set[0]), by_owner);
	return ok;
}

struct cp_local *
cp_local_create(const struct cp_resolver_config *cfg)
{
	struct cp_local *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	hf_arena_init(&l->arena, OCTETS_MAX);
	if (!fill(l, cfg)) {
		cp_local_destroy(l);
		return NULL;
	}
	return l;
}

void
cp_local_destroy(struct cp_local *l)
{
	if (l == NULL)
		return;
	hf_arena_fini(&l->arena);
	free(l);
}

/* --- finding --------------------------------------------------------------------------- */

/* The first set whose owner is not before name; cnt when there is none. */
static size_t
first_at(const struct cp_local *l, const struct hf_name *name)
{
	size_t low = 0, high = l->cnt;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (hf_name_cmp(&l->set[mid]->owner, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The set of name and type; NULL when there is none. */
static const struct hf_rrset *
find(const struct cp_local *l, const struct hf_name *name, uint16_t type)
{
	for (size_t i = first_at(l, name); i < l->cnt; i++) {
		if (!hf_name_equal(&l->set[i]->owner, name))
			return NULL;
		if (l->set[i]->type == type)
			return l->set[i];
	}
	return NULL;
}

static bool
has_data(const struct cp_local *l, const struct hf_name *name)
{
	size_t i = first_at(l, name);

	return i < l->cnt && hf_name_equal(&l->set[i]->owner, name);
}

/* It, or a name below it: an empty non-terminal exists too (RFC 8020 2). */
static bool
exists(const struct cp_local *l, const struct hf_name *name)
{
	size_t i = first_at(l, name);

	return i < l->cnt && hf_name_in(&l->set[i]->owner, name);
}

/* The name whose data answers for name, which is in zone: itself, or the wildcard at its
 * closest encloser (RFC 4592 3.3.1). False: no such name. */
static bool
source_of(const struct cp_local *l, const struct hf_name *name, const struct hf_name *zone,
    struct hf_name *source)
{
	struct hf_name up = *name;

	*source = *name;
	if (exists(l, name))
		return true;
	while (!hf_name_equal(&up, zone) && !exists(l, &up))
		hf_name_strip(&up, 1, &up);
	return hf_name_wildcard(&up, source) == 0 && has_data(l, source);
}

/* --- answering ------------------------------------------------------------------------- */

/* A copy of set for one answer, with the name that was asked for. */
static const struct hf_rrset *
take(struct cp_task *t, const struct hf_rrset *set, const struct hf_name *owner)
{
	struct hf_rrset *own = hf_arena_copy(&t->job->arena, set, sizeof(*set));

	if (own != NULL)
		own->owner = *owner;
	return own;
}

/* The zone's SOA; one made up for a name outside all local zones. */
static const struct hf_rrset *
soa_of(struct cp_task *t, const struct cp_local *l, const struct hf_name *zone)
{
	const struct hf_rrset *soa = find(l, zone, HF_TYPE_SOA);
	struct cp_local one = {.cnt = 0};

	if (soa != NULL)
		return take(t, soa, zone);
	hf_arena_init(&one.arena, 4096);
	one.set = &soa;
	if (keep_apex(&one, zone, HF_TYPE_SOA)) {
		struct cp_outcome o = {.answer_cnt = 1, .answer = {soa}};
		void *mem = hf_arena_alloc(&t->job->arena, cp_outcome_size(&o));

		soa = mem != NULL ? cp_outcome_copy(mem, &o)->answer[0] : NULL;
	}
	hf_arena_fini(&one.arena);
	return soa;
}

static struct cp_outcome *
outcome(struct cp_task *t, enum cp_kind kind, const struct hf_name *zone)
{
	struct cp_outcome *o = cp_task_fail(t, CP_CAUSE_NONE);

	o->kind = kind;
	o->verdict = HF_VERDICT_INSECURE;
	o->cut = *zone;
	return o;
}

static struct cp_outcome *
positive(struct cp_task *t, const struct hf_rrset *set, const struct hf_name *zone)
{
	bool alias = set->type == HF_TYPE_CNAME && t->type != HF_TYPE_CNAME;
	struct cp_outcome *o = outcome(t, alias ? CP_KIND_CNAME : CP_KIND_ANSWER, zone);

	o->answer[0] = take(t, set, &t->name);
	if (o->answer[0] == NULL)
		return NULL;
	o->answer_cnt = 1;
	if (alias && hf_name_from_octets(set->rr[0].data, set->rr[0].len, &o->target) != 0)
		return NULL;
	return o;
}

/* All that source has, for ANY; NULL: no memory. */
static struct cp_outcome *
everything(struct cp_task *t, const struct hf_name *source, const struct hf_name *zone)
{
	const struct cp_local *l = t->job->r->local;
	struct cp_outcome *o = outcome(t, CP_KIND_ANSWER, zone);

	for (size_t i = first_at(l, source); i < l->cnt; i++) {
		if (!hf_name_equal(&l->set[i]->owner, source) ||
		    o->answer_cnt == CP_OUTCOME_ANSWER_MAX)
			break;
		o->answer[o->answer_cnt] = take(t, l->set[i], &t->name);
		if (o->answer[o->answer_cnt] == NULL)
			return NULL;
		o->answer_cnt++;
	}
	return o;
}

static struct cp_outcome *
negative(struct cp_task *t, enum cp_kind kind, const struct hf_name *zone)
{
	struct cp_outcome *o = outcome(t, kind, zone);

	o->proof[0] = soa_of(t, t->job->r->local, zone);
	if (o->proof[0] == NULL)
		return NULL;
	o->proof_cnt = 1;
	return o;
}

bool
cp_local_answers(struct cp_task *t, struct cp_outcome **o)
{
	const struct cp_local *l = t->job->r->local;
	const struct cp_route *route = t->lookup.route;
	bool whole = route != NULL && route->kind == CP_ZONE_LOCAL;
	const struct hf_name *zone = whole ? &route->zone : &t->name;
	struct hf_name source = t->name;

	if (!whole && (l->cnt == 0 || t->type == HF_TYPE_DS || !has_data(l, &t->name)))
		return false;
	CP_COUNT(t->job->r, local);
	if (whole && !source_of(l, &t->name, zone, &source)) {
		*o = negative(t, CP_KIND_NXDOMAIN, zone);
		return true;
	}
	if (t->type == HF_TYPE_ANY && has_data(l, &source)) {
		*o = everything(t, &source, zone);
		return true;
	}
	const struct hf_rrset *set = find(l, &source, t->type);

	if (set == NULL)
		set = find(l, &source, HF_TYPE_CNAME);
	*o = set != NULL ? positive(t, set, zone) : negative(t, CP_KIND_NODATA, zone);
	return true;
}
