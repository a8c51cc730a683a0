/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/choose.h"

#include <netinet/in.h>

#include "controlplane/resolver/core.h"
#include "lib/base/ns.h"

enum {
	BOGUS_TRIES_KNOWN = 2, /* further servers asked that others found bad a moment ago */
	EXPLORE_ONE_IN = 16,   /* look-ups that ask another than the best, to know it */
	PROBE_ONE_IN = 8,      /* look-ups that may try a server whose time of avoidance is over */
	LAST_RESORTS = 3,      /* sends of a look-up to servers that are down or lame */
};

#define COST_SEND_NS    (2 * HF_NS_PER_S)  /* those asked least often come first */
#define COST_SUSPECT_NS (5 * HF_NS_PER_S)  /* bad signatures for this zone lately */
#define COST_BAD_NS_NS  (5 * HF_NS_PER_S)  /* this job saw some from another address of the name */
#define COST_BAD_NS     (10 * HF_NS_PER_S) /* ... from this one */
#define COST_RESORT_NS  (40 * HF_NS_PER_S)
#define EXPLORE_BAND_NS (400 * HF_NS_PER_MS) /* those known to be slower still are left alone */
#define JITTER_NS       (8 * HF_NS_PER_MS)   /* servers within are as good as one another */

/* One address, as it stands for this look-up now. */
struct candidate {
	const struct hf_addr *addr;
	uint64_t cost_ns;
	bool resort; /* down, or lame for the zone: only when nobody else is left */
	bool due;    /* one question may try it although it is avoided */
	bool bogus;  /* what is due is its note about bad signatures */
};

struct choice {
	struct candidate best, other, due; /* addr NULL: none */
	unsigned other_cnt;
	bool busy; /* some had no room for another fetch */
};

struct cp_tried *
cp_choose_tried(struct cp_task *t, const struct hf_addr *a)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_tried *tried = l->tried;

	while (tried != NULL && !hf_addr_equal(&tried->addr, a))
		tried = tried->next;
	if (tried != NULL || l->tried_cnt == CP_TRIED_MAX)
		return tried;
	tried = hf_arena_alloc(&t->job->arena, sizeof(*tried));
	if (tried == NULL)
		return NULL;
	tried->addr = *a;
	tried->next = l->tried;
	l->tried = tried;
	l->tried_cnt++;
	return tried;
}

static bool
ns_is_bad(const struct cp_job *job, const struct cp_ns *ns)
{
	for (unsigned i = 0; i < ns->addr_cnt; i++)
		if (cp_job_is_bad(job, &ns->addr[i]))
			return true;
	return false;
}

static bool
family_ok(const struct cp_resolver *r, const struct hf_addr *a)
{
	return a->family == AF_INET ? r->do_ip4 : a->family == AF_INET6 && r->do_ip6;
}

/* Not to be asked for better records: it gave bad ones to this job, or to others lately. */
static bool
is_hopeless(const struct cp_task *t, const struct hf_addr *a, bool suspect)
{
	const struct cp_lookup *l = &t->lookup;

	if (l->bogus == NULL)
		return false;
	return cp_job_is_bad(t->job, a) || (l->bogus_tries > BOGUS_TRIES_KNOWN && suspect);
}

/* False: it is not to be asked now. */
static bool
weigh(struct cp_task *t, const struct cp_ns *ns, const struct hf_addr *a, struct candidate *c,
    bool *busy)
{
	struct cp_resolver *r = t->job->r;
	uint64_t now_ns = r->now.mono_ns;
	struct cp_server known;
	struct cp_note note;

	cp_servers_read(r->servers, a, &known);
	cp_servers_note(r->servers, t->lookup.zone, &known, a, now_ns, &note);
	bool down = cp_server_is_down(&known), suspect = note.bogus_cnt > 0;

	if (is_hopeless(t, a, suspect))
		return false;
	if (!cp_server_has_room(&known, &r->fetch_limits)) {
		*busy = true;
		return false;
	}
	*c = (struct candidate){.addr = a, .resort = down || now_ns < note.lame_ns};
	c->bogus = suspect && !c->resort;
	c->due = (down && now_ns >= known.probe_ns) || (c->bogus && now_ns >= note.bogus_ns);
	c->cost_ns = cp_servers_cost_ns(r->servers, a, &known, now_ns);
	if (cp_job_is_bad(t->job, a))
		c->cost_ns += COST_BAD_NS;
	else if (ns_is_bad(t->job, ns))
		c->cost_ns += COST_BAD_NS_NS;
	c->cost_ns += (suspect ? COST_SUSPECT_NS : 0) + (c->resort ? COST_RESORT_NS : 0) +
	    cp_core_random(r) % JITTER_NS;
	return true;
}

/* Every candidate but the best is as likely to be the other (reservoir sampling). */
static void
consider(struct cp_task *t, const struct candidate *c, struct choice *ch)
{
	struct candidate loser = *c;

	if (ch->best.addr == NULL || c->cost_ns < ch->best.cost_ns) {
		loser = ch->best;
		ch->best = *c;
	}
	if (loser.addr == NULL || loser.resort || loser.bogus)
		return;
	ch->other_cnt++;
	if (cp_core_random(t->job->r) % ch->other_cnt == 0)
		ch->other = loser;
}

static void
consider_all(struct cp_task *t, enum cp_pass pass, struct choice *ch)
{
	struct cp_lookup *l = &t->lookup;
	unsigned limit = t->job->r->limits.sends_per_server;
	bool resorts = pass == CP_PASS_LAST && l->last_resorts < LAST_RESORTS;
	struct candidate c;

	if (pass != CP_PASS_LAST && limit > (unsigned)pass + 1)
		limit = (unsigned)pass + 1;
	for (unsigned i = 0; i < l->cut->ns_cnt; i++) {
		const struct cp_ns *ns = &l->cut->ns[i];

		for (unsigned k = 0; k < ns->addr_cnt; k++) {
			const struct cp_tried *tried = cp_choose_tried(t, &ns->addr[k]);

			if (tried == NULL || tried->over || tried->sends >= limit ||
			    !family_ok(t->job->r, &ns->addr[k]) ||
			    !weigh(t, ns, &ns->addr[k], &c, &ch->busy))
				continue;
			c.cost_ns += tried->sends * COST_SEND_NS;
			if (c.due && tried->sends == 0 && ch->due.addr == NULL)
				ch->due = c;
			if (!c.resort || resorts)
				consider(t, &c, ch);
		}
	}
}

/* One question tries what is avoided, so that its recovery is seen. Never one that has asked
 * before: it has waited enough. */
static bool
probe(struct cp_task *t, const struct choice *ch, struct hf_addr *to)
{
	struct cp_resolver *r = t->job->r;
	bool may;

	if (ch->due.addr == NULL || t->lookup.bogus != NULL)
		return false;
	if (ch->best.addr != NULL && cp_core_random(r) % PROBE_ONE_IN != 0)
		return false;
	if (ch->due.bogus)
		may =
		    cp_servers_probe_note(r->servers, t->lookup.zone, ch->due.addr, r->now.mono_ns);
	else
		may = cp_servers_probe(r->servers, ch->due.addr, r->now.mono_ns);
	if (!may)
		return false;
	CP_COUNT(r, probed);
	*to = *ch->due.addr;
	return true;
}

static bool
explore(struct cp_task *t, const struct choice *ch, struct hf_addr *to)
{
	struct cp_resolver *r = t->job->r;

	if (ch->other_cnt == 0 || t->lookup.bogus != NULL ||
	    ch->other.cost_ns > ch->best.cost_ns + EXPLORE_BAND_NS ||
	    cp_core_random(r) % EXPLORE_ONE_IN != 0)
		return false;
	CP_COUNT(r, explored);
	*to = *ch->other.addr;
	return true;
}

bool
cp_choose_server(struct cp_task *t, enum cp_pass pass, struct hf_addr *to)
{
	struct cp_lookup *l = &t->lookup;
	struct choice ch = {.other_cnt = 0};

	l->trial = false;
	consider_all(t, pass, &ch);
	if (pass == CP_PASS_FIRST && !l->asked_cut && (probe(t, &ch, to) || explore(t, &ch, to))) {
		l->trial = ch.best.addr != NULL;
		return true;
	}
	if (ch.best.addr == NULL) {
		if (ch.busy && l->last_cause == CP_CAUSE_NONE)
			l->last_cause = CP_CAUSE_SERVER_BUSY;
		return false;
	}
	l->last_resorts += ch.best.resort;
	*to = *ch.best.addr;
	return true;
}
