/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/probe_json.h"

#include "controlplane/call.h"
#include "lib/base/ns.h"

/* --- the shadow ---------------------------------------------------------------------------- */

json_t *
cp_json_shadow(const struct cp_shadow *shadow)
{
	struct cp_shadow_counts c;
	json_t *reasons = json_object();

	if (shadow == NULL) {
		json_decref(reasons);
		return json_null();
	}
	cp_shadow_counts(shadow, &c);
	for (unsigned i = 0; i < VA_REASON_CNT; i++)
		if (c.failed[i] > 0)
			json_object_set_new(
			    reasons, va_reason_name((enum va_reason)i), cp_json_u64(c.failed[i]));
	return json_pack("{s:o, s:o, s:o, s:o}", "secure", cp_json_u64(c.secure), "insecure",
	    cp_json_u64(c.insecure), "failed", cp_json_u64(cp_shadow_failed(&c)), "reasons",
	    reasons);
}

/* --- recovery ------------------------------------------------------------------------------ */

static json_t *
tally_json(const struct cp_probe_tally *t)
{
	json_t *out =
	    json_pack("{s:i, s:i, s:i}", "good", t->good, "bad", t->bad, "silent", t->silent);

	if (t->bad + t->silent > 0) {
		json_object_set_new(out, "name", cp_json_name(&t->name));
		json_object_set_new(out, "ede", cp_json_ede(t->ede));
		json_object_set_new(out, "text", json_string(t->text));
	}
	return out;
}

static json_t *
addr_json(const struct cp_probe_addr *a)
{
	char text[HF_ADDR_TEXT_LEN];
	struct hf_addr host = a->addr;
	json_t *checks = json_object();

	host.port = 0;
	for (unsigned i = 0; i < CP_CHECK_CNT; i++)
		json_object_set_new(
		    checks, cp_check_name((enum cp_check)i), tally_json(&a->tally[i]));
	return json_pack("{s:s, s:b, s:b, s:o, s:o}", "address", hf_addr_to_text(&host, text),
	    "answers", a->answered, "clean", cp_probe_is_clean(a), "serial",
	    a->has_serial ? json_integer(a->serial) : json_null(), "checks", checks);
}

static json_t *
addrs_json(const struct cp_probe_round *round)
{
	json_t *list = json_array();

	for (unsigned i = 0; round != NULL && i < round->addr_cnt; i++)
		json_array_append_new(list, addr_json(&round->addr[i]));
	return list;
}

/* Of the addresses of a round: all, those that answer, those where everything was good. */
static void
add_counts(json_t *out, const struct cp_probe_round *round)
{
	unsigned cnt = round != NULL ? round->addr_cnt : 0, answer = 0, clean = 0;

	for (unsigned i = 0; i < cnt; i++) {
		answer += round->addr[i].answered;
		clean += cp_probe_is_clean(&round->addr[i]);
	}
	json_object_set_new(out, "address_count", json_integer(cnt));
	json_object_set_new(out, "answering", json_integer(answer));
	json_object_set_new(out, "clean", json_integer(clean));
}

static json_t *
progress_json(const struct cp_recovery *r)
{
	uint32_t serial = 0;
	bool moves, seen = cp_recovery_serial(r, &serial, &moves);

	return json_pack("{s:b, s:s, s:I, s:i, s:i, s:I, s:o, s:o, s:o, s:b}", "proposed",
	    r->want == CP_WANT_NOTHING, "missing", cp_recovery_want_text(r->want), "rounds",
	    (json_int_t)r->rounds, "clean_rounds", (int)r->clean, "clean_rounds_wanted",
	    (int)r->cfg.rounds, "clean_s_wanted", (json_int_t)(r->cfg.span_ns / HF_NS_PER_S),
	    "clean_since", r->clean > 0 ? cp_json_time(r->since_s) : json_null(), "last_round",
	    r->rounds > 0 ? cp_json_time(r->last_s) : json_null(), "serial",
	    seen ? json_integer(serial) : json_null(), "serial_moves", moves);
}

json_t *
cp_json_recovery(const struct cp_prober *p, const struct cp_nta *nta, bool whole)
{
	struct cp_prober_view v;
	json_t *out;

	if (!cp_prober_view(p, &nta->name, &v))
		return json_null();
	out = progress_json(v.recovery);
	json_object_set_new(out, "zone", v.zone != NULL ? cp_json_name(v.zone) : json_null());
	json_object_set_new(out, "auto_remove", json_boolean(cp_prober_removes(p, nta)));
	add_counts(out, v.last);
	if (!whole)
		return out;
	json_object_set_new(out, "left_off", json_integer(v.left_off));
	json_object_set_new(out, "under_way", json_boolean(v.under_way));
	json_object_set_new(out, "next_s", json_integer(v.due_in_s));
	json_object_set_new(out, "addresses", addrs_json(v.last));
	return out;
}
