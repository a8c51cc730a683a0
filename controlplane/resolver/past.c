/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/past.h"

#include "controlplane/resolver/cache.h"
#include "controlplane/resolver/note.h"
#include "lib/wire/cursor.h"

enum { RRSIG_EXPIRATION_OFF = 8 }; /* RFC 4034 3.1 */

/* For how long past its TTL what is known of name may be used; 0: not at all. */
static uint32_t
window_s(const struct cp_task *t, const struct hf_name *name, unsigned trigger)
{
	const struct cp_stale *stale = cp_policy_stale_of(t->job->r->policy, name);

	if (cp_trace_is_on(t) || t->job->fresh || t->view != CP_VIEW_PUBLIC ||
	    (stale->triggers & trigger) == 0)
		return 0;
	return stale->max_s;
}

struct cp_delegation *
cp_past_cut(struct cp_task *t, unsigned trigger)
{
	struct cp_lookup *l = &t->lookup;
	uint32_t max_s = window_s(t, &t->name, trigger);
	struct hf_name from = t->name;

	if (l->past || l->route != NULL || max_s == 0)
		return NULL;
	l->past = true;
	if (t->type == HF_TYPE_DS) /* the parent's data (RFC 4035 3.1.4.1) */
		hf_name_strip(&from, 1, &from);
	struct cp_delegation *d = cp_cache_past_cut(t, &from, l->cut->zone.label_cnt, max_s);
	if (d == NULL)
		return NULL;
	CP_COUNT(t->job->r, past_cut);
	if (!l->raw) /* where servers are is nothing that clients are told */
		t->job->past = true;
	return d;
}

/* Whether a signature over set is in its time. */
static bool
is_signed_now(const struct cp_task *t, const struct hf_rrset *set)
{
	for (unsigned i = 0; i < set->sig_cnt; i++) {
		struct hf_cursor c;

		hf_cursor_init(&c, set->sig[i].data, set->sig[i].len);
		(void)hf_cursor_bytes(&c, RRSIG_EXPIRATION_OFF);
		uint32_t left_s =
		    hf_cursor_u32(&c) - (uint32_t)t->job->r->now.wall_s; /* RFC 1982 */
		if (hf_cursor_ok(&c) && left_s <= INT32_MAX)
			return true;
	}
	return false;
}

bool
cp_past_state(struct cp_task *t, unsigned trigger, const struct hf_rrset **ds)
{
	uint32_t max_s = window_s(t, &t->name, trigger);

	if (t->state.past || max_s == 0)
		return false;
	struct cp_outcome *state = cp_cache_past_state(t, max_s);
	struct cp_outcome *o = cp_cache_past_ds(t, max_s);
	bool insecure = state != NULL && state->verdict == HF_VERDICT_INSECURE;

	if (!insecure && o == NULL)
		return false;
	/* Of both the later one. */
	*ds = o != NULL && (!insecure || o->got_ns > state->got_ns) ? o->answer[0] : NULL;
	CP_COUNT(t->job->r, past_state);
	t->state.past = t->job->past = true;
	if (*ds != NULL && !is_signed_now(t, *ds))
		t->job->past_unsigned = true;
	return true;
}
