/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/content.h"

#include <string.h>

#include "lib/wire/writer.h"

enum {
	TTL_S = 86400,
	SIG_MAX = 384,
	RDATA_CAP = 18 + HF_NAME_MAX + SIG_MAX,
	SIG_FROM = 1767225600, /* 2026-01-01, until a month later */
	SIG_UNTIL = 1769817600,
	KEY_TAG = 33834,
};

/* One answer. */
struct shape {
	uint8_t a_cnt, aaaa_cnt;
	bool alias; /* CNAME to host.example first */
	bool soa;
	uint8_t rcode;
	uint8_t alg; /* of the RRSIG, 0: none */
	uint16_t sig_len;
	uint8_t variant;
	uint16_t type; /* asked for */
};

static const struct shape a1 = {.a_cnt = 1, .type = HF_TYPE_A};
static const struct shape a4 = {.a_cnt = 4, .type = HF_TYPE_A};
static const struct shape aaaa = {.aaaa_cnt = 1, .type = HF_TYPE_AAAA};
static const struct shape alias = {.alias = true, .a_cnt = 1, .type = HF_TYPE_A};
static const struct shape nodata = {.soa = true, .type = HF_TYPE_AAAA};
static const struct shape no_name = {.soa = true, .rcode = HF_RCODE_NXDOMAIN, .type = HF_TYPE_A};
static const struct shape p256 = {.a_cnt = 1,
    .alg = HF_ALG_ECDSAP256,
    .sig_len = 64,
    .variant = HF_VARIANT_DO,
    .type = HF_TYPE_A};
static const struct shape rsa3072 = {.a_cnt = 1,
    .alg = HF_ALG_RSASHA256,
    .sig_len = SIG_MAX,
    .variant = HF_VARIANT_DO,
    .type = HF_TYPE_A};
static const struct shape a1_do = {.a_cnt = 1, .variant = HF_VARIANT_DO, .type = HF_TYPE_A};

/* Answers one after another: each_cnt for each host. */
struct bench_kind {
	const char *name;
	unsigned each_cnt;
	unsigned shape_cnt;
	const struct shape *shape[20];
};

static const struct bench_kind kinds[] = {
    {"a1", 1, 1, {&a1}},
    {"a4", 1, 1, {&a4}},
    {"signed", 1, 1, {&rsa3072}},
    {"nxdomain", 1, 1, {&no_name}},
    {"typical", 1, 20,
	{&a1, &a1, &aaaa, &a4, &no_name, &a1, &alias, &a1, &aaaa, &a1, &a1, &nodata, &a1, &a4,
	    &p256, &a1, &aaaa, &alias, &a1, &no_name}},
    {"mixed", 2, 4, {&a1, &p256, &a1, &a1_do}},
};
enum { KIND_CNT = sizeof(kinds) / sizeof(kinds[0]) };

static bool
is_mixed(const struct bench_kind *k)
{
	return k->each_cnt == 2;
}

/* "www.z17.example." and the like; zone is the name without the first label. */
int
bench_host_name(
    const struct bench_kind *k, uint32_t host, struct hf_name *name, struct hf_name *zone)
{
	static const char *const first[] = {"www", "a", "cdn", "ns"};
	static const char *const first_mixed[] = {"www", "a", "static-content", "mail"};
	char text[64];
	int rc;

	snprintf(text, sizeof(text), "z%u.example.", host);
	rc = hf_name_from_text(text, zone);
	if (rc != 0)
		return rc;
	snprintf(text, sizeof(text), "%s.z%u.example.",
	    (is_mixed(k) ? first_mixed : first)[host % 4], host);
	return hf_name_from_text(text, name);
}

static uint16_t
put_u32(uint8_t *out, uint16_t len, uint32_t v)
{
	out[len] = (uint8_t)(v >> 24);
	out[len + 1] = (uint8_t)(v >> 16);
	out[len + 2] = (uint8_t)(v >> 8);
	out[len + 3] = (uint8_t)v;
	return (uint16_t)(len + 4);
}

static uint16_t
put_name(uint8_t *out, uint16_t len, const struct hf_name *name)
{
	memcpy(out + len, name->octets, name->len);
	return (uint16_t)(len + name->len);
}

/* RFC 4034 3.1. The signature is noise: nobody validates it, it only has to be carried. */
static uint16_t
rrsig_rdata(
    const struct shape *s, uint32_t host, const struct hf_name *zone, uint8_t out[RDATA_CAP])
{
	uint16_t len = 4;

	memcpy(out, (const uint8_t[]){0, HF_TYPE_A, s->alg, 3}, len);
	len = put_u32(out, len, TTL_S);
	len = put_u32(out, len, SIG_UNTIL);
	len = put_u32(out, len, SIG_FROM);
	out[len++] = KEY_TAG >> 8;
	out[len++] = KEY_TAG & 255;
	len = put_name(out, len, zone);
	for (unsigned i = 0; i < s->sig_len; i++)
		out[len++] = (uint8_t)(host + i * 37);
	return len;
}

static uint16_t
soa_rdata(uint32_t host, const struct hf_name *zone, uint8_t out[RDATA_CAP])
{
	static const uint8_t ns[] = "\003ns1", hostmaster[] = "\012hostmaster";
	uint16_t len = sizeof(ns) - 1;

	memcpy(out, ns, len);
	len = put_name(out, len, zone);
	memcpy(out + len, hostmaster, sizeof(hostmaster) - 1);
	len = put_name(out, (uint16_t)(len + sizeof(hostmaster) - 1), zone);
	len = put_u32(out, len, host);
	len = put_u32(out, len, 7200);
	len = put_u32(out, len, 3600);
	len = put_u32(out, len, 1209600);
	return put_u32(out, len, TTL_S);
}

static void
put_rr(struct hf_writer *w, const struct hf_name *owner, uint16_t type, const uint8_t *rdata,
    uint16_t len)
{
	const struct hf_rr rr = {
	    .type = type, .klass = HF_CLASS_IN, .ttl = TTL_S, .rdata_len = len};

	hf_writer_rr(
	    w, type == HF_TYPE_SOA ? HF_SECTION_AUTHORITY : HF_SECTION_ANSWER, owner, &rr, rdata);
}

/* The records, behind the question. chain: what the alias leads to. */
static int
records_write(const struct shape *s, uint32_t host, const struct hf_name *name,
    const struct hf_name *zone, struct hf_writer *w, struct hf_msg_chain *chain)
{
	struct hf_name owner = *name;
	uint8_t rdata[RDATA_CAP];
	uint16_t len;

	if (s->alias) {
		int rc = hf_name_from_text("host.example.", &owner);

		if (rc == 0)
			rc = hf_msg_chain_add(chain, &owner);
		if (rc != 0)
			return rc;
		put_rr(w, name, HF_TYPE_CNAME, owner.octets, owner.len);
	}
	for (unsigned i = 0; i < s->a_cnt; i++) {
		put_u32(rdata, 0, (10 + i) << 24 | (host & 0xFFFFFF));
		put_rr(w, &owner, HF_TYPE_A, rdata, 4);
	}
	for (unsigned i = 0; i < s->aaaa_cnt; i++) {
		memcpy(rdata, (const uint8_t[16]){0x20, 1, 0x0d, 0xb8}, 16);
		put_u32(rdata, 12, host);
		put_rr(w, &owner, HF_TYPE_AAAA, rdata, 16);
	}
	if (s->alg != 0) {
		len = rrsig_rdata(s, host, zone, rdata);
		put_rr(w, name, HF_TYPE_RRSIG, rdata, len);
	}
	if (s->soa) {
		len = soa_rdata(host, zone, rdata);
		put_rr(w, zone, HF_TYPE_SOA, rdata, len);
	}
	return 0;
}

int
bench_answer(const struct bench_kind *k, uint32_t i, struct hf_msg_answer *m)
{
	uint32_t host = i / k->each_cnt;
	const struct shape *s = k->shape[i % k->shape_cnt];
	struct hf_question q = {.type = s->type, .klass = HF_CLASS_IN};
	struct hf_msg_chain chain = {0};
	uint8_t msg[1024];
	struct hf_writer w;
	struct hf_name zone;
	int rc = bench_host_name(k, host, &q.name, &zone);

	if (rc != 0)
		return rc;
	hf_writer_init(&w, msg, sizeof(msg));
	hf_writer_question(&w, &q);
	uint32_t body_off = w.len;
	rc = records_write(s, host, &q.name, &zone, &w, &chain);
	if (rc != 0)
		return rc;
	memset(m, 0, sizeof(*m));
	m->verdict = is_mixed(k) && host % 2 != 0 ? HF_VERDICT_INSECURE : HF_VERDICT_SECURE;
	m->rcode = s->rcode;
	m->ede = HF_EDE_NONE;
	m->hidden_ede = HF_EDE_NONE;
	m->an_cnt = w.cnt[1];
	m->ns_cnt = w.cnt[2];
	m->ttl_s = TTL_S;
	m->flags |= HF_ANSWER_STALE;
	hf_msg_key_set(&m->key, &q.name, s->type, HF_CLASS_IN, s->variant);

	const struct hf_answer_parts parts = {
	    .chain = &chain, .body = msg + body_off, .body_len = (uint16_t)(w.len - body_off)};
	return hf_msg_answer_finish(m, 0, &parts);
}

const struct bench_kind *
bench_kind_named(const char *name)
{
	for (unsigned i = 0; i < KIND_CNT; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

void
bench_kinds_print(FILE *to)
{
	for (unsigned i = 0; i < KIND_CNT; i++)
		fprintf(to, " %s", kinds[i].name);
}
