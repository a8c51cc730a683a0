/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/policy.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct cp_policy {
	uint64_t generation;
	_Atomic uint32_t refs; /* any thread */
	struct cp_stale stale;
	struct cp_trust *trust;
	size_t rule_cnt;
	size_t trust_cnt;       /* so many are NTA or ANCHOR; the rest is STALE */
	struct cp_rule rules[]; /* STALE last; in canonical order of names */
};

static int
rule_cmp(const void *a, const void *b)
{
	const struct cp_rule *x = a, *y = b;
	int stale_x = x->kind == HF_RULE_STALE, stale_y = y->kind == HF_RULE_STALE;

	return stale_x != stale_y ? stale_x - stale_y : hf_name_cmp(&x->name, &y->name);
}

static bool
has_twins(const struct cp_policy *p)
{
	for (size_t i = 1; i < p->rule_cnt; i++)
		if (rule_cmp(&p->rules[i - 1], &p->rules[i]) == 0)
			return true;
	return false;
}

struct cp_policy *
cp_policy_create(
    uint64_t generation, const struct cp_stale *stale, const struct cp_rule *rules, size_t rule_cnt)
{
	return cp_policy_create_with(generation, stale, rules, rule_cnt, NULL);
}

struct cp_policy *
cp_policy_create_with(uint64_t generation, const struct cp_stale *stale,
    const struct cp_rule *rules, size_t rule_cnt, struct cp_trust *trust)
{
	struct cp_policy *p;

	if (rule_cnt > HF_POLICY_RULE_MAX) {
		errno = E2BIG;
		return NULL;
	}
	p = calloc(1, sizeof(*p) + rule_cnt * sizeof(p->rules[0]));
	if (p == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	p->generation = generation;
	atomic_init(&p->refs, 1);
	if (stale != NULL)
		p->stale = *stale;
	p->rule_cnt = rule_cnt;
	for (size_t i = 0; i < rule_cnt; i++) {
		p->rules[i] = rules[i];
		hf_name_lower(&p->rules[i].name);
		p->trust_cnt += rules[i].kind != HF_RULE_STALE;
	}
	qsort(p->rules, rule_cnt, sizeof(p->rules[0]), rule_cmp);
	if (has_twins(p)) {
		free(p);
		errno = EEXIST;
		return NULL;
	}
	for (size_t i = 0; i < rule_cnt; i++)
		if (p->rules[i].shadow != NULL)
			cp_shadow_get(p->rules[i].shadow);
	if (trust != NULL)
		cp_trust_get(trust);
	p->trust = trust;
	return p;
}

void
cp_policy_get(struct cp_policy *p)
{
	atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
}

void
cp_policy_put(struct cp_policy *p)
{
	/* Acquire and release: all that others did with it comes before it is freed. */
	if (p == NULL || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
		return;
	cp_trust_put(p->trust);
	for (size_t i = 0; i < p->rule_cnt; i++)
		cp_shadow_put(p->rules[i].shadow);
	free(p);
}

uint64_t
cp_policy_generation(const struct cp_policy *p)
{
	return p->generation;
}

const struct cp_stale *
cp_policy_stale(const struct cp_policy *p)
{
	return &p->stale;
}

struct cp_trust *
cp_policy_trust(const struct cp_policy *p)
{
	return p->trust;
}

const struct cp_rule *
cp_policy_rules(const struct cp_policy *p, size_t *cnt)
{
	*cnt = p->rule_cnt;
	return p->rules;
}

/* The rule of rules[0, cnt) closest above or at name, all of them of want's kind; or NULL. */
static const struct cp_rule *
closest(const struct cp_rule *rules, size_t cnt, enum hf_rule_kind kind, const struct hf_name *name)
{
	struct cp_rule want = {.kind = kind, .name = *name};

	if (cnt == 0)
		return NULL;
	/* From the name up to the root: the first rule met is the closest. */
	for (unsigned i = 0; i <= name->label_cnt; i++) {
		const struct cp_rule *r = bsearch(&want, rules, cnt, sizeof(rules[0]), rule_cmp);

		if (r != NULL)
			return r;
		hf_name_strip(&want.name, 1, &want.name);
	}
	return NULL;
}

const struct cp_rule *
cp_policy_nta(const struct cp_policy *p, const struct hf_name *name)
{
	const struct cp_rule *r = closest(p->rules, p->trust_cnt, HF_RULE_NTA, name);

	return r != NULL && r->kind == HF_RULE_NTA ? r : NULL;
}

bool
cp_policy_covers(const struct cp_policy *p, const struct hf_name *name, const struct hf_name **by)
{
	const struct cp_rule *r = cp_policy_nta(p, name);

	if (r != NULL && by != NULL)
		*by = &r->name;
	return r != NULL;
}

const struct cp_stale *
cp_policy_stale_of(const struct cp_policy *p, const struct hf_name *name)
{
	const struct cp_rule *r =
	    closest(p->rules + p->trust_cnt, p->rule_cnt - p->trust_cnt, HF_RULE_STALE, name);

	return r != NULL ? &r->stale : &p->stale;
}
