/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/probe.h"

#include <stdio.h>
#include <string.h>

#include "lib/wire/const.h"

const char *
cp_check_name(enum cp_check c)
{
	static const char *const names[CP_CHECK_CNT] = {
#define X(name, sentence) #name,
	    CP_CHECKS(X)
#undef X
	};
	return (unsigned)c < CP_CHECK_CNT ? names[c] : "?";
}

/* --- the plan ------------------------------------------------------------------------------ */

static void
add(struct cp_probe_plan *p, enum cp_check check, const struct hf_name *name, uint16_t type)
{
	p->ask[p->cnt++] = (struct cp_probe_ask){
	    .check = check, .question = {.name = *name, .type = type, .klass = HF_CLASS_IN}};
}

static void
add_sample(struct cp_probe_plan *p, enum cp_check check, struct cp_shadow *shadow)
{
	struct hf_name name[CP_SHADOW_SAMPLE];
	unsigned cnt = cp_shadow_sample(shadow, check == CP_CHECK_signed, name);

	for (unsigned i = 0; i < cnt; i++)
		add(p, check, &name[i], HF_TYPE_DS);
}

/* A label of letters and digits in front of nta. False: it would be too long. */
static bool
absent_name(const struct hf_name *nta, const uint8_t lot[CP_PROBE_LOT], struct hf_name *out)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t octets[HF_NAME_MAX];

	if ((size_t)nta->len + 1 + CP_PROBE_LOT > sizeof(octets))
		return false;
	octets[0] = CP_PROBE_LOT;
	for (unsigned i = 0; i < CP_PROBE_LOT; i++)
		octets[1 + i] = (uint8_t)set[lot[i] % 32];
	memcpy(octets + 1 + CP_PROBE_LOT, nta->octets, nta->len);
	return hf_name_from_octets(octets, nta->len + 1u + CP_PROBE_LOT, out) == 0;
}

void
cp_probe_plan(struct cp_probe_plan *p, const struct hf_name *zone, const struct hf_name *nta,
    struct cp_shadow *shadow, const uint8_t lots[CP_PROBE_ABSENT][CP_PROBE_LOT])
{
	struct hf_name absent;

	p->cnt = 0;
	add(p, CP_CHECK_soa, zone, HF_TYPE_SOA);
	add(p, CP_CHECK_dnskey, zone, HF_TYPE_DNSKEY);
	add(p, CP_CHECK_denial, zone, CP_PROBE_DENIED_TYPE);
	if (shadow != NULL) {
		add_sample(p, CP_CHECK_unsigned, shadow);
		add_sample(p, CP_CHECK_signed, shadow);
	}
	for (unsigned i = 0; i < CP_PROBE_ABSENT; i++)
		if (absent_name(nta, lots[i], &absent))
			add(p, CP_CHECK_absent, &absent, HF_TYPE_A);
}

/* --- the round ----------------------------------------------------------------------------- */

void
cp_probe_begin(struct cp_probe_round *r, const struct hf_addr *addrs, unsigned cnt)
{
	r->addr_cnt = cnt < CP_PROBE_ADDRS_MAX ? cnt : CP_PROBE_ADDRS_MAX;
	for (unsigned i = 0; i < r->addr_cnt; i++) {
		memset(&r->addr[i], 0, sizeof(r->addr[i]));
		r->addr[i].addr = addrs[i];
	}
}

const struct cp_probe_ask *
cp_probe_next(const struct cp_probe_round *r, unsigned idx)
{
	return r->addr[idx].next < r->plan.cnt ? &r->plan.ask[r->addr[idx].next] : NULL;
}

static void
note(struct cp_probe_tally *t, const struct hf_name *name, const struct cp_probe_result *res)
{
	if (t->bad + t->silent > 0)
		return;
	t->name = *name;
	t->ede = res->ede;
	snprintf(t->text, sizeof(t->text), "%s", res->text != NULL ? res->text : "");
}

static void
count(struct cp_probe_addr *a, const struct cp_probe_ask *ask, const struct cp_probe_result *res)
{
	struct cp_probe_tally *t = &a->tally[ask->check];

	if (res->said == CP_PROBE_GOOD) {
		t->good++;
		return;
	}
	note(t, &ask->question.name, res);
	if (res->said == CP_PROBE_BAD)
		t->bad++;
	else
		t->silent++;
}

void
cp_probe_take(struct cp_probe_round *r, unsigned idx, const struct cp_probe_result *res)
{
	static const struct cp_probe_result no_soa = {
	    .said = CP_PROBE_BAD, .ede = HF_EDE_NONE, .text = "no SOA record in the answer"};
	struct cp_probe_addr *a = &r->addr[idx];
	const struct cp_probe_ask *ask = &r->plan.ask[a->next++];

	if (ask->check == CP_CHECK_soa && res->said == CP_PROBE_GOOD && !res->has_serial)
		res = &no_soa;
	count(a, ask, res);
	a->answered = a->answered || res->said != CP_PROBE_SILENT;
	if (ask->check == CP_CHECK_soa && res->has_serial) {
		a->has_serial = true;
		a->serial = res->serial;
	}
	if (!a->answered && a->next > CP_CHECK_dnskey)
		a->next = r->plan.cnt;
}

bool
cp_probe_is_over(const struct cp_probe_round *r)
{
	for (unsigned i = 0; i < r->addr_cnt; i++)
		if (cp_probe_next(r, i) != NULL)
			return false;
	return true;
}

bool
cp_probe_is_clean(const struct cp_probe_addr *a)
{
	for (unsigned i = 0; i < CP_CHECK_CNT; i++)
		if (a->tally[i].bad + a->tally[i].silent > 0)
			return false;
	return a->answered;
}
