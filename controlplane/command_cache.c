/* SPDX-License-Identifier: BSD-3-Clause */
/* cache.show: what both caches hold for a name. */
#include "controlplane/call.h"

#include <errno.h>
#include <string.h>

#include "controlplane/resolver/caches.h"
#include "lib/wire/rdata.h"

enum { CACHE_WAIT_MS = 1000, RECORDS_SHOWN_MAX = 512 };

/* Without a type: these, since the dataplane's cache can only be asked by key. */
static const uint16_t common_types[] = {
    HF_TYPE_A,
    HF_TYPE_AAAA,
    HF_TYPE_NS,
    HF_TYPE_CNAME,
    HF_TYPE_SOA,
    HF_TYPE_MX,
    HF_TYPE_TXT,
    HF_TYPE_SRV,
    HF_TYPE_PTR,
    HF_TYPE_DS,
    HF_TYPE_DNSKEY,
    HF_TYPE_HTTPS,
};

static const char *const variant_text[HF_VARIANT_CNT] = {"plain", "do", "cd", "do+cd"};

json_t *
cp_json_type(uint16_t type)
{
	char text[HF_TYPE_TEXT_LEN];

	return json_string(hf_type_to_text(type, text));
}

json_t *
cp_json_ede(uint16_t ede)
{
	return ede == HF_EDE_NONE ? json_null() : json_integer(ede);
}

static json_t *
hex_json(const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	static char hex[2 * HF_RDATA_MAX]; /* one thread; too large for a stack */

	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = digits[data[i] >> 4];
		hex[2 * i + 1] = digits[data[i] & 15];
	}
	return json_stringn(hex, 2 * len);
}

struct record {
	const struct hf_name *owner;
	uint16_t type;
	uint32_t ttl_s;
	const uint8_t *rdata;
	size_t rdata_len;
};

static json_t *
record_json(const struct record *r)
{
	return json_pack("{s:o, s:I, s:o, s:o}", "owner", cp_json_name(r->owner), "ttl_s",
	    (json_int_t)r->ttl_s, "type", cp_json_type(r->type), "rdata",
	    hex_json(r->rdata, r->rdata_len));
}

/* --- the dataplane's entries --------------------------------------------------------------- */

/* The body as part of a message, so that its compression pointers lead somewhere. */
struct virtual
{
	uint8_t msg[HF_HEADER_LEN + HF_NAME_MAX + 4 + HF_BODY_MAX];
	size_t len;
	size_t body_off;
};

static void
virtual_make(struct virtual *v, const struct hf_msg_answer *a)
{
	const uint8_t *body = a->payload + a->chain_len + a->ede_text_len;
	size_t body_len = a->body_len <= HF_BODY_MAX ? a->body_len : 0;

	memset(v->msg, 0, HF_HEADER_LEN);
	memcpy(v->msg + HF_HEADER_LEN, a->key.name, a->key.name_len);
	v->body_off = HF_HEADER_LEN + a->key.name_len + 4u;
	memset(v->msg + v->body_off - 4, 0, 4);
	memcpy(v->msg + v->body_off, body, body_len);
	v->len = v->body_off + body_len;
}

static uint32_t
left_of(uint32_t ttl_s, uint32_t age_s)
{
	return ttl_s > age_s ? ttl_s - age_s : 0;
}

static bool
add_record(json_t *list, const struct virtual *v, const struct hf_rr *rr, uint32_t age_s)
{
	static uint8_t rdata[HF_RDATA_MAX]; /* one thread */
	ssize_t len = hf_rdata_expand(v->msg, v->len, rr, rdata, sizeof(rdata));

	if (len < 0)
		return false;
	struct record r = {
	    .owner = &rr->owner,
	    .type = rr->type,
	    .ttl_s = left_of(rr->ttl, age_s),
	    .rdata = rdata,
	    .rdata_len = (size_t)len,
	};
	return json_array_append_new(list, record_json(&r)) == 0;
}

static void
add_sections(json_t *entry, const struct hf_msg_answer *a, uint32_t age_s)
{
	static const char *const names[HF_SECTION_CNT] = {"answer", "authority", "additional"};
	const uint16_t cnt[HF_SECTION_CNT] = {a->an_cnt, a->ns_cnt, a->ar_cnt};
	struct virtual v;
	struct hf_cursor c;
	struct hf_rr rr;

	virtual_make(&v, a);
	hf_cursor_init(&c, v.msg, v.len);
	c.off = (uint32_t)v.body_off;
	for (int s = 0; s < HF_SECTION_CNT; s++) {
		json_t *list = json_array();

		for (uint16_t i = 0; i < cnt[s]; i++) {
			hf_rr_read(&c, &rr);
			if (!hf_cursor_ok(&c) || !add_record(list, &v, &rr, age_s))
				break;
		}
		json_object_set_new(entry, names[s], list);
	}
}

static json_t *
entry_json(const struct hf_msg_cache_say *m, const struct hf_msg_answer *a)
{
	const char *text = (const char *)a->payload + a->chain_len;

	return json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:b, s:b, s:I, s:I, s:I, s:I}",
	    "variant", variant_text[a->key.variant % HF_VARIANT_CNT], "type",
	    cp_json_type(a->key.type), "rcode", hf_rcode_to_text(a->rcode), "verdict",
	    hf_verdict_to_text((enum hf_verdict)a->verdict), "ede", cp_json_ede(a->ede),
	    "hidden_ede", cp_json_ede(a->hidden_ede), "ede_text",
	    json_stringn(text, a->ede_text_len), "policy_generation", cp_json_u64(a->policy_gen),
	    "under_nta", (a->flags & HF_ANSWER_UNDER_NTA) != 0, "covered", m->covered != 0, "age_s",
	    (json_int_t)m->age_s, "ttl_s", (json_int_t)left_of(a->ttl_s, m->age_s), "stale_s",
	    (json_int_t)m->stale_s, "retry_s", (json_int_t)m->retry_s);
}

void
cp_call_add_entry(struct cp_call *c, const struct hf_msg_cache_say *m)
{
	const struct hf_msg_answer *a = (const void *)m->answer;
	json_t *list = json_object_get(json_object_get(c->result, "dataplane"), "entries");

	if (m->found == 0)
		return;
	json_t *entry = entry_json(m, a);
	add_sections(entry, a, m->age_s);
	json_array_append_new(list, entry);
}

static void
ask_dataplane(struct cp_call *c, const struct hf_name *name, const uint16_t *types, size_t cnt)
{
	struct hf_msg_key key;

	for (size_t t = 0; t < cnt; t++) {
		for (uint8_t v = 0; v < HF_VARIANT_CNT; v++) {
			hf_msg_key_set(&key, name, types[t], HF_CLASS_IN, v);
			if (cp_link_client_ask_cache(
				c->env->link, cp_call_token(c, c->asked), &key) != 0)
				return; /* not attached, or it does not read: show what there is */
			c->asked++;
		}
	}
}

void
cp_call_ask_cores(struct cp_call *c, const struct hf_name *name, uint16_t type)
{
	ask_dataplane(c, name, &type, 1);
}

json_t *
cp_json_dataplane(const struct cp_call *c)
{
	struct cp_link_state link;

	cp_link_client_state(c->env->link, &link);
	return json_pack("{s:b, s:[]}", "attached", link.attached, "entries");
}

_Static_assert(sizeof(common_types) / sizeof(common_types[0]) * HF_VARIANT_CNT < CP_CALL_ASKS_MAX,
    "a token for each question");

/* --- the resolver's RRsets ----------------------------------------------------------------- */

json_t *
cp_json_records(const struct hf_rrset *set, bool with_sigs, uint32_t ttl_s)
{
	json_t *records = json_array();
	unsigned cnt = set->rr_cnt + (with_sigs ? (unsigned)set->sig_cnt : 0u);

	for (unsigned i = 0; i < cnt && i < RECORDS_SHOWN_MAX; i++) {
		bool sig = i >= set->rr_cnt;
		const struct hf_rdata *d = sig ? &set->sig[i - set->rr_cnt] : &set->rr[i];
		struct record r = {
		    .owner = &set->owner,
		    .type = sig ? HF_TYPE_RRSIG : set->type,
		    .ttl_s = ttl_s,
		    .rdata = d->data,
		    .rdata_len = d->len,
		};

		json_array_append_new(records, record_json(&r));
	}
	return records;
}

static void
add_rrset(void *arg, const struct hf_rrset *set, enum hf_verdict verdict, uint32_t ttl_left_s,
    bool negative)
{
	json_t *list = arg;

	json_array_append_new(list,
	    json_pack("{s:o, s:o, s:I, s:s, s:b, s:o}", "owner", cp_json_name(&set->owner), "type",
		cp_json_type(set->type), "ttl_s", (json_int_t)ttl_left_s, "verdict",
		hf_verdict_to_text(verdict), "negative", negative, "records",
		cp_json_records(set, true, ttl_left_s)));
}

/* --- the command --------------------------------------------------------------------------- */

/* HF_TYPE_ANY for null or nothing. */
static bool
read_type(struct cp_call *c, const json_t *args, uint16_t *type)
{
	const json_t *j = json_object_get(args, "type");
	const char *text = json_string_value(j);

	*type = HF_TYPE_ANY;
	if (j == NULL || json_is_null(j))
		return true;
	if (text != NULL && hf_type_from_text(text, type) == 0 &&
	    (*type == HF_TYPE_ANY || !hf_type_is_meta(*type)))
		return true;
	cp_call_fail(c, CP_EXIT_USAGE, "usage", "\"%.40s\" is not a type that is cached",
	    text != NULL ? text : "?");
	return false;
}

static void
show_start(struct cp_call *c, const json_t *args)
{
	struct hf_name name;
	uint16_t type;
	struct cp_time now;
	json_t *rrsets = json_array();

	if (!cp_call_name(c, args, "name", &name) || !read_type(c, args, &type)) {
		json_decref(rrsets);
		return;
	}
	cp_engine_time(&now);
	cp_caches_show(cp_engine_caches(c->env->engine), &now, &name, type, add_rrset, rrsets);
	c->result = json_pack("{s:o, s:o, s:o, s:{s:o}}", "name", cp_json_name(&name), "type",
	    type == HF_TYPE_ANY ? json_null() : cp_json_type(type), "dataplane",
	    cp_json_dataplane(c), "resolver", "rrsets", rrsets);
	c->asked = c->heard = 0;
	if (c->result != NULL && type == HF_TYPE_ANY)
		ask_dataplane(
		    c, &name, common_types, sizeof(common_types) / sizeof(common_types[0]));
	else if (c->result != NULL)
		ask_dataplane(c, &name, &type, 1);
	if (c->asked > 0)
		cp_call_wait(c, CACHE_WAIT_MS);
	else
		cp_call_done_result(c);
}

static void
show_event(struct cp_call *c, const struct cp_event *e)
{
	if (e->kind == CP_EVENT_CACHE) {
		cp_call_add_entry(c, e->cache);
		if (++c->heard < c->asked)
			return;
	} else if (e->kind == CP_EVENT_ACK || e->kind == CP_EVENT_STATS) {
		return;
	}
	cp_call_done_result(c);
}

const struct cp_command cp_command_cache_show = {"cache.show", show_start, show_event};
