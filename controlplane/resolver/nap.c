/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/nap.h"

#include "lib/base/ns.h"

enum { SHARE = 8, ZONE_SHARE = 4 }; /* one in so many of the questions; of the places */

static uint16_t *
of_zone(const struct cp_task *t)
{
	/* Zones are hashes with low bits that are zero; those that meet here share places. */
	return &t->job->r->nap_zone[(t->lookup.zone >> 24) % CP_NAP_ZONES];
}

bool
cp_nap(struct cp_task *t)
{
	struct cp_resolver *r = t->job->r;
	struct cp_lookup *l = &t->lookup;
	uint32_t places = r->limits.tasks / SHARE;

	if (l->nap_end_ns == 0)
		l->nap_end_ns = r->now.mono_ns + CP_NAP_MAX_NS;
	if (r->now.mono_ns >= l->nap_end_ns || r->nap_cnt >= places ||
	    *of_zone(t) >= (places + ZONE_SHARE - 1) / ZONE_SHARE)
		return false;
	l->phase = CP_LOOKUP_NAP;
	l->nap_due_ns = r->now.mono_ns + CP_NAP_NS;
	l->nap_next = NULL;
	l->nap_before = r->nap_last;
	*(r->nap_last != NULL ? &r->nap_last->lookup.nap_next : &r->nap_first) = t;
	r->nap_last = t;
	r->nap_cnt++;
	(*of_zone(t))++;
	return true;
}

void
cp_nap_leave(struct cp_task *t)
{
	struct cp_resolver *r = t->job->r;
	struct cp_lookup *l = &t->lookup;

	*(l->nap_before != NULL ? &l->nap_before->lookup.nap_next : &r->nap_first) = l->nap_next;
	*(l->nap_next != NULL ? &l->nap_next->lookup.nap_before : &r->nap_last) = l->nap_before;
	r->nap_cnt--;
	(*of_zone(t))--;
	/* Others may have found what it is after: it looks where it began, if it has not asked. */
	l->phase = l->asked_cut ? CP_LOOKUP_ASK : CP_LOOKUP_BEGIN;
}

void
cp_nap_tick(struct cp_resolver *r)
{
	struct cp_task *t;

	/* All nap equally long: who lay down first is due first. */
	while ((t = r->nap_first) != NULL && t->lookup.nap_due_ns <= r->now.mono_ns) {
		cp_nap_leave(t);
		cp_task_wake(t);
	}
}

uint64_t
cp_nap_due_ns(const struct cp_resolver *r)
{
	return r->nap_first != NULL ? r->nap_first->lookup.nap_due_ns : UINT64_MAX;
}
