/* SPDX-License-Identifier: BSD-3-Clause */
/* Any octets as the replies of every server: each question ends in exactly one answer,
 * within its budget, and the answer can be read. The input is cut into replies; the ID
 * and question of a reply are made to match, so that the octets behind them are read. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/resolver/resolver.h"
#include "lib/base/clock.h"
#include "lib/wire/message.h"

enum { SENDS_MAX = 64, CHUNK_HEAD = 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	uint64_t exchange;
	uint8_t query[512];
	size_t query_len;
} open_[SENDS_MAX + 1];
static unsigned open_cnt, answers, sends;
static uint64_t seed;

static void
require(bool true_thing)
{
	if (!true_thing)
		abort();
}

static void
on_send(void *arg, const struct cp_send *s)
{
	(void)arg;
	require(++sends <= SENDS_MAX && open_cnt <= SENDS_MAX && s->len <= 512);
	open_[open_cnt].exchange = s->exchange;
	memcpy(open_[open_cnt].query, s->msg, s->len);
	open_[open_cnt++].query_len = s->len;
}

static void
on_end(uint64_t exchange)
{
	for (unsigned i = 0; i < open_cnt; i++) {
		if (open_[i].exchange == exchange) {
			open_[i] = open_[--open_cnt];
			return;
		}
	}
	abort();
}

static void
on_cancel(void *arg, uint64_t exchange)
{
	(void)arg;
	on_end(exchange);
}

static void
on_answer(void *arg, uint64_t token, const struct cp_answer *a)
{
	static uint8_t msg[HF_MSG_MAX];
	struct hf_cursor c;
	struct hf_walk walk;
	struct hf_rr rr;
	unsigned cnt = 0;

	(void)arg;
	require(token == 1 && ++answers == 1);
	(void)cp_answer_walk(a, msg, &c, &walk);
	while (hf_walk_next(&walk, &rr))
		cnt++;
	require(hf_cursor_ok(&c) && c.off == c.end && a->body_len <= HF_BODY_MAX);
	require(cnt == (unsigned)a->an_cnt + a->ns_cnt + a->ar_cnt);
	require(a->verdict != HF_VERDICT_SECURE); /* nothing here is signed by the anchor */
}

static void
on_random(void *arg, void *out, size_t len)
{
	uint8_t *p = out;

	(void)arg;
	for (size_t i = 0; i < len; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1;
		p[i] = (uint8_t)(seed >> 56);
	}
}

static struct cp_resolver *
make(struct cp_policy *policy, bool minimise, bool guarded)
{
	static const uint8_t ns_name[] = {1, 'a', 4, 'r', 'o', 'o', 't', 0};
	static const uint8_t v4[] = {192, 0, 2, 1}, ds_octets[36] = {1, 2, 13, 2};
	static const struct hf_rdata ns = {ns_name, sizeof(ns_name)}, a = {v4, 4},
				     ds = {ds_octets, sizeof(ds_octets)};
	struct hf_rrset hints[2] = {
	    {.type = HF_TYPE_NS, .klass = 1, .rr_cnt = 1, .rr = &ns, .owner = hf_name_root},
	    {.type = HF_TYPE_A, .klass = 1, .rr_cnt = 1, .rr = &a},
	};
	struct hf_rrset anchor = {
	    .type = HF_TYPE_DS, .klass = 1, .rr_cnt = 1, .rr = &ds, .owner = hf_name_root};
	struct cp_resolver_config cfg = {.root_hints = hints,
	    .root_hints_cnt = 2,
	    .anchors = &anchor,
	    .anchors_cnt = 1,
	    .do_ip4 = true,
	    .do_ip6 = true,
	    .validate = true,
	    .qname_minimisation = minimise,
	    .mix_case = guarded,
	    .cookies = guarded,
	    .limits = {.cache_octets = 256 * 1024}};
	const struct cp_resolver_ops ops = {NULL, on_send, on_cancel, on_answer, on_random, NULL};

	require(hf_name_from_octets(ns_name, sizeof(ns_name), &hints[1].owner) == 0);
	return cp_resolver_create(&cfg, &ops, policy);
}

/* The next reply out of the input: flags and counts, then records. Returns its length. */
static size_t
reply_next(const uint8_t **data, size_t *size, const uint8_t *query, uint8_t *out)
{
	struct hf_query q;
	size_t len = (size_t)((*data)[0] << 8 | (*data)[1]) % 1500;

	require(hf_query_parse(query, open_[0].query_len, &q) == HF_PARSE_OK);
	memcpy(out, query, q.question_end);
	out[2] = ((*data)[2] & 0x87) | 0x80; /* opcode QUERY, or it would not match */
	out[3] = (*data)[3];
	memcpy(out + 6, *data + 4, 6);
	out[6] = out[8] = out[10] = 0; /* counts under 256 */
	*data += CHUNK_HEAD;
	*size -= CHUNK_HEAD;
	if (len > *size)
		len = *size;
	memcpy(out + q.question_end, *data, len);
	*data += len;
	*size -= len;
	return q.question_end + len;
}

static void
ask(struct cp_resolver *r, const struct cp_time *t, const uint8_t *data)
{
	static const uint16_t types[] = {HF_TYPE_A, HF_TYPE_DS, HF_TYPE_DNSKEY, HF_TYPE_NS,
	    HF_TYPE_CNAME, HF_TYPE_TXT, HF_TYPE_SOA, HF_TYPE_ANY};
	struct hf_question q = {.type = types[data[0] & 7], .klass = 1};

	require(hf_name_from_text("www.zone.test.", &q.name) == 0);
	require(cp_resolver_ask(r, t, &q, data[0] >> 3 & 3, 1) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t msg[4096];
	struct cp_time t = {HF_NS_PER_S, 1500000};
	struct cp_rule rule = {.kind = HF_RULE_NTA, .name = hf_name_root};
	uint64_t next;

	if (size < 2)
		return 0;
	open_cnt = answers = sends = 0;
	seed = 1;
	struct cp_policy *policy = cp_policy_create(1, NULL, &rule, data[0] >> 5 & 1);
	struct cp_resolver *r = make(policy, data[0] >> 6 & 1, data[0] >> 7);

	require(policy != NULL && r != NULL);
	ask(r, &t, data);
	data++;
	size--;
	while (open_cnt > 0 && answers == 0) {
		uint64_t exchange = open_[0].exchange;

		t.mono_ns += 10 * HF_NS_PER_MS;
		if (size < CHUNK_HEAD) {
			on_end(exchange);
			cp_resolver_failed(r, &t, exchange, CP_FAIL_TIMEOUT);
			continue;
		}
		size_t len = reply_next(&data, &size, open_[0].query, msg);

		if (cp_resolver_reply(r, &t, exchange, msg, len))
			on_end(exchange);
	}
	t.mono_ns += 60 * HF_NS_PER_S;
	cp_resolver_tick(r, &t, &next);
	require(answers == 1 && open_cnt == 0 && next == UINT64_MAX);
	cp_resolver_destroy(r);
	cp_policy_put(policy);
	return 0;
}
