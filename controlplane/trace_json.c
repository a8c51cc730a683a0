/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/trace_json.h"

#include <string.h>

#include "controlplane/call.h"
#include "lib/base/clock.h"
#include "lib/wire/rdata.h"
#include "validator/key.h"
#include "validator/signature.h"

struct say {
	const struct cp_trace *tr;
	size_t octets_left;
};

/* --- small things --------------------------------------------------------------------------- */

static json_t *
server_json(const struct hf_addr *server)
{
	char text[HF_ADDR_TEXT_LEN];
	struct hf_addr bare = *server;

	if (server->family == 0)
		return json_null();
	if (bare.port == 53)
		bare.port = 0;
	return json_string(hf_addr_to_text(&bare, text));
}

static json_t *
why_json(const struct va_result *why, const struct hf_addr *server)
{
	char addr[HF_ADDR_TEXT_LEN], text[HF_EDE_TEXT_MAX + 1];
	struct hf_addr from = {0};

	if (server != NULL)
		from = *server;
	from.port = 0;
	va_result_to_text(
	    why, from.family != 0 ? hf_addr_to_text(&from, addr) : NULL, text, sizeof(text));
	return json_pack("{s:s, s:s, s:o, s:s}", "reason", va_reason_name(why->reason), "rfc",
	    va_reason_rfc(why->reason), "ede", cp_json_ede(va_reason_ede(why->reason)), "text",
	    text);
}

/* The RRSIG's times are 32 bits of seconds, in serial arithmetic around now (RFC 4034 3.1.5). */
static int64_t
wall_of(uint32_t serial)
{
	int64_t now_s = hf_clock_wall_s();

	return now_s + (int32_t)(serial - (uint32_t)now_s);
}

/* --- queries -------------------------------------------------------------------------------- */

static json_t *
query_json(const struct cp_trace_query *q)
{
	json_t *o = json_pack("{s:o, s:o, s:b, s:s, s:o, s:o, s:o, s:s, s:I, s:s}", "server",
	    server_json(&q->server), "server_name",
	    q->server_name.len > 1 ? cp_json_name(&q->server_name) : json_null(), "along", q->along,
	    "transport", q->transport == CP_TCP ? "tcp" : "udp", "zone", cp_json_name(&q->zone),
	    "name", cp_json_name(&q->question.name), "type", cp_json_type(q->question.type), "gave",
	    cp_trace_gave_text(q->gave), "took_us", (json_int_t)(q->took_ns / HF_NS_PER_US),
	    "rcode", hf_rcode_to_text(q->rcode));

	if (q->gave == CP_GAVE_REFERRAL)
		json_object_set_new(o, "to", cp_json_name(&q->to));
	if (!q->judged)
		return o;
	json_object_set_new(o, "verdict", json_string(hf_verdict_to_text(q->verdict)));
	if (q->why.reason != VA_OK)
		json_object_set_new(o, "why", why_json(&q->why, &q->server));
	return o;
}

static bool
is_of_a_step(const struct cp_trace *tr, const struct cp_trace_query *q)
{
	for (unsigned i = 0; i < tr->step_cnt; i++)
		if (tr->step[i]->lookup == q->lookup)
			return true;
	return false;
}

/* The queries of one look-up; NULL: of those that are no step's. */
static json_t *
queries_json(const struct cp_trace *tr, const struct cp_task *lookup)
{
	json_t *list = json_array();

	for (const struct cp_trace_query *q = tr->queries; q != NULL; q = q->next)
		if (lookup != NULL ? q->lookup == lookup : !is_of_a_step(tr, q))
			json_array_append_new(list, query_json(q));
	return list;
}

/* --- RRsets and the signatures over them ---------------------------------------------------- */

/* What was said of the set when it was judged last; NULL: it was not in this trace. */
static const struct va_result *
check_of(const struct cp_trace *tr, const struct hf_rrset *set)
{
	const struct va_result *res = NULL;

	for (const struct cp_trace_check *c = tr->checks; c != NULL; c = c->next)
		if (c->set == set)
			res = &c->result;
	return res;
}

/* A reason may also be of the DS or the denial. */
static bool
is_of_signature(enum va_reason reason)
{
	return reason == VA_OK || strncmp(va_reason_name(reason), "SIG_", 4) == 0;
}

static json_t *
signature_json(const struct hf_rdata *rdata, const struct va_result *res)
{
	struct va_sig sig;

	if (!va_sig_parse(rdata, &sig))
		return json_pack("{s:b}", "malformed", 1);
	int64_t from = wall_of(sig.inception), until = wall_of(sig.expiration);
	json_t *o = json_pack("{s:o, s:i, s:i, s:i, s:I, s:I, s:o, s:I, s:o}", "signer",
	    cp_json_name(&sig.signer), "key_tag", sig.key_tag, "algorithm", sig.algorithm, "labels",
	    sig.labels, "original_ttl_s", (json_int_t)sig.original_ttl, "inception",
	    (json_int_t)from, "inception_text", cp_json_time(from), "expiration", (json_int_t)until,
	    "expiration_text", cp_json_time(until));

	/* The validator tells of one signature: that which is good, or the nearest miss. */
	if (res != NULL && is_of_signature(res->reason) && res->key_tag == sig.key_tag &&
	    res->algorithm == sig.algorithm)
		json_object_set_new(o, "verdict",
		    json_string(res->reason == VA_OK ? "verified" : va_reason_text(res->reason)));
	return o;
}

static bool
affords(struct say *say, const struct hf_rrset *set)
{
	size_t octets = 0;

	for (uint16_t i = 0; i < set->rr_cnt; i++)
		octets += set->rr[i].len;
	if (octets > say->octets_left)
		return false;
	say->octets_left -= octets;
	return true;
}

/* res: what is known of its signatures, or NULL. */
static json_t *
rrset_json(struct say *say, const struct hf_rrset *set, const struct va_result *res)
{
	json_t *sigs = json_array();
	bool whole = affords(say, set);

	for (uint16_t i = 0; i < set->sig_cnt && i < VA_RRS_MAX; i++)
		json_array_append_new(sigs, signature_json(&set->sig[i], res));
	return json_pack("{s:o, s:o, s:I, s:o, s:o, s:b}", "owner", cp_json_name(&set->owner),
	    "type", cp_json_type(set->type), "ttl_s", (json_int_t)set->ttl, "signatures", sigs,
	    "records", whole ? cp_json_records(set, false, set->ttl) : json_array(), "left_off",
	    !whole);
}

static json_t *
rrsets_json(struct say *say, const struct cp_step *s)
{
	const struct cp_outcome *o = s->outcome;
	json_t *list = json_array();

	for (unsigned i = 0; i < o->answer_cnt; i++) {
		bool keys = s->kind == CP_STEP_KEYS;
		const struct va_result *res = keys ? s->why : check_of(say->tr, o->answer[i]);

		json_array_append_new(list, rrset_json(say, o->answer[i], res));
	}
	for (unsigned i = 0; s->kind != CP_STEP_KEYS && i < o->proof_cnt; i++)
		json_array_append_new(
		    list, rrset_json(say, o->proof[i], check_of(say->tr, o->proof[i])));
	return list;
}

static json_t *
facts_json(const struct cp_step *s)
{
	static const char *const says[] = {"stands", "empty", "covers"};
	json_t *list = json_array();

	for (unsigned i = 0; i < s->fact_cnt; i++) {
		const struct cp_proof_fact *f = &s->fact[i];

		json_array_append_new(list,
		    json_pack("{s:o, s:o, s:s, s:o, s:s, s:b}", "owner",
			cp_json_name(&f->set->owner), "type", cp_json_type(f->set->type), "says",
			says[f->says], "name", cp_json_name(&f->name), "role",
			cp_proof_role_text(f->role), "optout", f->optout));
	}
	return list;
}

/* --- keys and what vouches for them --------------------------------------------------------- */

static bool
is_of_key(const struct hf_rrset *vouching, const struct hf_rdata *rr, const struct hf_rrset *keys,
    const struct hf_rdata *key)
{
	struct hf_name owner = keys->owner;
	struct va_key k;
	struct va_ds ds;

	if (vouching->type == HF_TYPE_DNSKEY)
		return rr->len == key->len && memcmp(rr->data, key->data, rr->len) == 0;
	hf_name_lower(&owner);
	return va_ds_parse(rr, &ds) && va_key_parse(key, &k) && k.tag == ds.tag &&
	    k.algorithm == ds.algorithm && va_ds_matches(&ds, &owner, key);
}

/* Some key of the set is the one that rr vouches for. */
static bool
is_matched(const struct hf_rrset *vouching, const struct hf_rdata *rr, const struct hf_rrset *keys)
{
	for (uint16_t i = 0; keys != NULL && i < keys->rr_cnt; i++)
		if (is_of_key(vouching, rr, keys, &keys->rr[i]))
			return true;
	return false;
}

static json_t *
vouching_json(const struct cp_step *s, const struct hf_rrset *keys)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < s->vouching_cnt; i++) {
		const struct hf_rrset *set = s->vouching[i];

		for (uint16_t k = 0; k < set->rr_cnt && k < VA_RRS_MAX; k++) {
			bool is_ds = set->type == HF_TYPE_DS;
			struct va_key key = {0};
			struct va_ds ds = {0};

			if (is_ds ? !va_ds_parse(&set->rr[k], &ds)
				  : !va_key_parse(&set->rr[k], &key))
				continue;
			json_array_append_new(list,
			    json_pack("{s:o, s:i, s:i, s:o, s:b}", "type", cp_json_type(set->type),
				"key_tag", is_ds ? ds.tag : key.tag, "algorithm",
				is_ds ? ds.algorithm : key.algorithm, "digest_type",
				is_ds ? json_integer(ds.digest_type) : json_null(), "matched",
				is_matched(set, &set->rr[k], keys)));
		}
	}
	return list;
}

static json_t *
keys_json(const struct cp_step *s, const struct hf_rrset *keys)
{
	json_t *list = json_array();
	struct va_key key;

	for (uint16_t i = 0; keys != NULL && i < keys->rr_cnt && i < VA_RRS_MAX; i++) {
		bool vouched = false;

		if (!va_key_parse(&keys->rr[i], &key))
			continue;
		for (unsigned v = 0; v < s->vouching_cnt; v++)
			for (uint16_t k = 0; k < s->vouching[v]->rr_cnt && !vouched; k++)
				vouched = is_of_key(
				    s->vouching[v], &s->vouching[v]->rr[k], keys, &keys->rr[i]);
		json_array_append_new(list,
		    json_pack("{s:i, s:i, s:i, s:b, s:b, s:b, s:b}", "key_tag", key.tag,
			"algorithm", key.algorithm, "flags", key.flags, "zone_key",
			(key.flags & HF_DNSKEY_ZONE) != 0, "sep", (key.flags & HF_DNSKEY_SEP) != 0,
			"revoked", (key.flags & HF_DNSKEY_REVOKE) != 0, "vouched_for", vouched));
	}
	return list;
}

static void
keys_add(json_t *o, const struct cp_step *s)
{
	const struct cp_outcome *out = s->outcome;
	const struct hf_rrset *keys = NULL;

	if (out != NULL && out->answer_cnt > 0 && out->answer[0]->type == HF_TYPE_DNSKEY)
		keys = out->answer[0];
	json_object_set_new(o, "vouched_by", json_string(s->anchored ? "trust anchor" : "DS"));
	json_object_set_new(o, "vouching", vouching_json(s, keys));
	json_object_set_new(o, "keys", keys_json(s, keys));
}

/* --- steps ---------------------------------------------------------------------------------- */

static const char *
found_text(const struct cp_step *s)
{
	static const char *const text[] = {
	    [CP_KIND_FAIL] = "failure",
	    [CP_KIND_ANSWER] = "answer",
	    [CP_KIND_CNAME] = "alias",
	    [CP_KIND_DNAME] = "alias",
	    [CP_KIND_NODATA] = "no such records",
	    [CP_KIND_NXDOMAIN] = "no such name",
	    [CP_KIND_YXDOMAIN] = "alias too long",
	};

	return s->outcome != NULL ? text[s->outcome->kind] : "nothing";
}

/* Of a DS that is not there: what the parent proved. */
static const char *
cut_text(const struct cp_step *s)
{
	static const char *const text[] = {
	    [CP_DS_UNKNOWN] = "unknown",
	    [CP_DS_UNSIGNED] = "unsigned delegation",
	    [CP_DS_NO_CUT] = "no zone cut",
	};

	return text[s->outcome->ds];
}

/* The name that the answer was made from. */
static json_t *
wildcard_json(const struct cp_step *s)
{
	const struct hf_name *owner = &s->outcome->answer[0]->owner;
	unsigned labels = s->outcome->why.labels;
	struct hf_name encloser, wildcard;

	if (labels > owner->label_cnt)
		return json_null();
	hf_name_strip(owner, owner->label_cnt - labels, &encloser);
	return hf_name_wildcard(&encloser, &wildcard) == 0 ? cp_json_name(&wildcard) : json_null();
}

static void
outcome_add(struct say *say, json_t *o, const struct cp_step *s)
{
	const struct cp_outcome *out = s->outcome;
	uint32_t ttl = cp_outcome_ttl(out);

	json_object_set_new(o, "server", server_json(&out->server));
	json_object_set_new(o, "age_s", json_integer((json_int_t)(s->age_ns / HF_NS_PER_S)));
	json_object_set_new(o, "ttl_s", ttl == UINT32_MAX ? json_null() : json_integer(ttl));
	json_object_set_new(o, "rrsets", rrsets_json(say, s));
	json_object_set_new(o, "proofs", facts_json(s));
	if (out->kind == CP_KIND_FAIL)
		json_object_set_new(o, "cause", json_string(cp_cause_text(out->cause)));
	if (out->kind == CP_KIND_CNAME || out->kind == CP_KIND_DNAME)
		json_object_set_new(o, "target", cp_json_name(&out->target));
	if (out->why.wildcard)
		json_object_set_new(o, "wildcard", wildcard_json(s));
	if (s->kind == CP_STEP_DS && out->kind != CP_KIND_ANSWER && out->kind != CP_KIND_FAIL)
		json_object_set_new(o, "cut", json_string(cut_text(s)));
}

static json_t *
step_json(struct say *say, const struct cp_step *s)
{
	static const char *const kinds[] = {"ds", "keys", "link"};
	const struct cp_outcome *out = s->outcome;
	json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:s, s:o, s:o}", "kind", kinds[s->kind], "name",
	    cp_json_name(&s->name), "type", cp_json_type(s->type), "zone", cp_json_name(&s->zone),
	    "found", found_text(s), "verdict",
	    s->why != NULL ? json_string(hf_verdict_to_text(s->verdict)) : json_null(), "queries",
	    s->lookup != NULL ? queries_json(say->tr, s->lookup) : json_array());

	if (s->why != NULL && s->why->reason != VA_OK)
		json_object_set_new(o, "why", why_json(s->why, out != NULL ? &out->blame : NULL));
	if (out != NULL)
		outcome_add(say, o, s);
	if (s->kind == CP_STEP_KEYS)
		keys_add(o, s);
	return o;
}

void
cp_trace_json(json_t *o, const struct cp_trace *tr)
{
	struct say say = {tr, CP_TRACE_JSON_OCTETS};
	json_t *steps = json_array();

	for (unsigned i = 0; i < tr->step_cnt; i++)
		json_array_append_new(steps, step_json(&say, tr->step[i]));
	json_object_set_new(o, "now", json_integer(hf_clock_wall_s()));
	json_object_set_new(o, "mode", json_string(tr->cached ? "cached" : "live"));
	json_object_set_new(o, "steps", steps);
	json_object_set_new(o, "other_queries", queries_json(tr, NULL));
	json_object_set_new(o, "left_off", json_integer(tr->left_off));
	json_object_set_new(o, "took_us", json_integer((json_int_t)(tr->took_ns / HF_NS_PER_US)));
}

json_t *
cp_trace_json_answer(const struct cp_trace *tr, const struct cp_answer *a)
{
	return json_pack("{s:s, s:s, s:b, s:o, s:s, s:o, s:b, s:b, s:I, s:I, s:o}", "rcode",
	    hf_rcode_to_text(a->rcode), "verdict", hf_verdict_to_text(a->verdict), "ad",
	    a->verdict == HF_VERDICT_SECURE && !a->strict, "ede", cp_json_ede(a->ede), "ede_text",
	    a->ede_text, "hidden_ede", cp_json_ede(a->hidden_ede), "under_nta", a->under_nta,
	    "remembered", tr->remembered, "ttl_s", (json_int_t)a->ttl_s, "sends",
	    (json_int_t)a->sends, "policy_generation", cp_json_u64(a->policy_gen));
}
