/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/probe.h"

#include <stdio.h>
#include <string.h>

#include "lib/wire/const.h"
#include "lib/wire/rdata.h"

enum { SOA_NUMBERS = 20 /* octets: serial, refresh, retry, expire, minimum (RFC 1035 3.3.13) */ };

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

/* --- answers ------------------------------------------------------------------------------- */

static void
read_serial(const struct cp_answer *a, struct cp_probe_result *res)
{
	static uint8_t msg[HF_MSG_MAX]; /* one thread; too large for a stack */
	uint8_t rdata[2 * HF_NAME_MAX + SOA_NUMBERS];
	struct hf_cursor c;
	struct hf_walk walk;
	struct hf_rr rr;
	size_t len = cp_answer_walk(a, msg, &c, &walk);

	while (hf_walk_next(&walk, &rr)) {
		if (rr.section != HF_SECTION_ANSWER || rr.type != HF_TYPE_SOA ||
		    !hf_name_equal(&rr.owner, &a->question.name))
			continue;
		ssize_t got = hf_rdata_expand(msg, len, &rr, rdata, sizeof(rdata));

		if (got < SOA_NUMBERS)
			continue;
		const uint8_t *at = rdata + got - SOA_NUMBERS;

		res->serial =
		    (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
		res->has_serial = true;
	}
}

void
cp_probe_read(const struct cp_answer *a, struct cp_probe_result *res)
{
	*res = (struct cp_probe_result){.said = CP_PROBE_BAD, .ede = a->ede, .text = a->ede_text};
	switch (a->verdict) {
	case HF_VERDICT_SECURE:
	case HF_VERDICT_INSECURE:
		res->said = CP_PROBE_GOOD;
		break;
	case HF_VERDICT_FAILURE:
		res->said = CP_PROBE_SILENT;
		break;
	case HF_VERDICT_UNVALIDATED:
		res->ede = a->hidden_ede;
		break;
	default:
		break;
	}
	if (a->question.type == HF_TYPE_SOA && a->rcode == HF_RCODE_NOERROR)
		read_serial(a, res);
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
