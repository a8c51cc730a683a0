/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/probe_search.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "controlplane/resolver/delegation.h"
#include "lib/base/arena.h"
#include "lib/wire/const.h"
#include "lib/wire/rdata.h"

/* What is asked for, one after the other. */
enum phase {
	FIND_ZONE, /* NS of the name, then of the names above it, until there are some */
	FIND_ADDRS /* A and AAAA of one server after the other */
};

struct cp_probe_search {
	struct cp_probe_search_config cfg;
	struct cp_recursor *recursor;
	enum phase phase;
	bool asking, over;
	struct hf_name at; /* FIND_ZONE: asked about now */
	unsigned climbed;
	unsigned name_cnt, asked; /* FIND_ADDRS: questions that were asked, two to a name */
	struct hf_name name[CP_PROBE_NAMES_MAX];
	struct cp_probe_found found;
	uint8_t msg[HF_MSG_MAX]; /* an answer, whole again */
};

static void
add_name(struct cp_probe_search *s, const struct hf_name *name)
{
	for (unsigned i = 0; i < s->name_cnt; i++)
		if (hf_name_equal(&s->name[i], name))
			return;
	if (s->name_cnt < CP_PROBE_NAMES_MAX)
		s->name[s->name_cnt++] = *name;
}

static void
add_addr(struct cp_probe_search *s, const struct hf_addr *addr)
{
	struct cp_probe_found *f = &s->found;

	if (addr->family == AF_INET ? !s->cfg.ip4 : !s->cfg.ip6)
		return;
	for (unsigned i = 0; i < f->cnt; i++)
		if (hf_addr_same_host(&f->addr[i], addr))
			return;
	if (f->cnt < CP_PROBE_ADDRS_MAX)
		f->addr[f->cnt++] = *addr;
	else
		f->left_off++;
}

/* --- what was answered --------------------------------------------------------------------- */

static void
read_ns(struct cp_probe_search *s, size_t len, const struct hf_rr *rr)
{
	uint8_t octets[HF_NAME_MAX];
	struct hf_name name;
	ssize_t got = hf_rdata_expand(s->msg, len, rr, octets, sizeof(octets));

	if (got > 0 && hf_name_from_octets(octets, (size_t)got, &name) == 0)
		add_name(s, &name);
}

static void
read_addr(struct cp_probe_search *s, size_t len, const struct hf_rr *rr)
{
	struct hf_addr addr = {
	    .family = rr->type == HF_TYPE_A ? AF_INET : AF_INET6,
	};
	ssize_t want = rr->type == HF_TYPE_A ? 4 : 16;

	if (hf_rdata_expand(s->msg, len, rr, addr.octets, sizeof(addr.octets)) != want)
		return;
	if (addr.family == AF_INET ? hf_ipv4_is_host(addr.octets) : hf_ipv6_is_host(addr.octets))
		add_addr(s, &addr);
}

/* The records that were asked for; an alias leads nowhere. */
static void
read_answer(struct cp_probe_search *s, const struct cp_answer *a)
{
	struct hf_cursor c;
	struct hf_walk walk;
	struct hf_rr rr;
	size_t len = cp_answer_walk(a, s->msg, &c, &walk);

	while (hf_walk_next(&walk, &rr)) {
		if (rr.section != HF_SECTION_ANSWER || rr.type != a->question.type ||
		    !hf_name_equal(&rr.owner, &a->question.name))
			continue;
		if (rr.type == HF_TYPE_NS)
			read_ns(s, len, &rr);
		else
			read_addr(s, len, &rr);
	}
}

/* The parent's word, as it was met on the way. */
static void
read_delegation(struct cp_probe_search *s)
{
	struct hf_arena arena;
	const struct cp_delegation *d;

	hf_arena_init(&arena, cp_delegation_size(CP_NS_MAX) * 2);
	d = cp_resolver_delegation(cp_recursor_resolver(s->recursor), &s->found.zone, &arena);
	for (unsigned i = 0; d != NULL && i < d->ns_cnt; i++) {
		add_name(s, &d->ns[i].name);
		for (unsigned k = 0; k < d->ns[i].addr_cnt; k++)
			add_addr(s, &d->ns[i].addr[k]);
	}
	hf_arena_fini(&arena);
}

static void
zone_answered(struct cp_probe_search *s)
{
	if (s->name_cnt > 0) {
		s->found.zone = s->at;
		s->phase = FIND_ADDRS;
		read_delegation(s);
		return;
	}
	if (s->at.label_cnt <= 1 || ++s->climbed > CP_PROBE_CLIMB_MAX)
		s->over = true;
	else
		hf_name_strip(&s->at, 1, &s->at);
}

static void
on_answered(void *arg, uint64_t token, const struct cp_answer *a)
{
	struct cp_probe_search *s = arg;

	(void)token;
	s->asking = false;
	read_answer(s, a);
	if (s->phase == FIND_ZONE)
		zone_answered(s);
	s->cfg.stepped(s->cfg.arg, a->sends);
}

/* --- questions ----------------------------------------------------------------------------- */

/* False: none is left. */
static bool
next_question(struct cp_probe_search *s, struct hf_question *q)
{
	*q = (struct hf_question){.name = s->at, .type = HF_TYPE_NS, .klass = HF_CLASS_IN};
	if (s->phase == FIND_ZONE)
		return !s->over;
	while (s->asked < 2 * s->name_cnt) {
		unsigned n = s->asked++;

		q->name = s->name[n / 2];
		q->type = n % 2 == 0 ? HF_TYPE_A : HF_TYPE_AAAA;
		if (n % 2 == 0 ? s->cfg.ip4 : s->cfg.ip6)
			return true;
	}
	return false;
}

bool
cp_probe_search_step(struct cp_probe_search *s, struct cp_probe_found *found)
{
	struct cp_recursor_question q = {.variant = HF_VARIANT_CD};

	if (s->asking)
		return false;
	if (next_question(s, &q.question)) {
		s->asking = true;
		if (cp_recursor_ask(s->recursor, &q) == 0)
			return false;
		s->asking = false;
	}
	*found = s->found;
	return true;
}

/* --- all ----------------------------------------------------------------------------------- */

struct cp_probe_search *
cp_probe_search_create(const struct cp_probe_search_config *cfg, const struct hf_name *name)
{
	struct cp_recursor_config recursor = *cfg->recursor;
	struct cp_probe_search *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->cfg = *cfg;
	s->cfg.recursor = NULL;
	s->at = *name;
	recursor.arg = s;
	recursor.answered = on_answered;
	s->recursor = cp_recursor_create(&recursor);
	if (s->recursor == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

void
cp_probe_search_destroy(struct cp_probe_search *s)
{
	if (s == NULL)
		return;
	cp_recursor_destroy(s->recursor);
	free(s);
}
