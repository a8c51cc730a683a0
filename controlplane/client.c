/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/client.h"

#include <string.h>

#include "controlplane/answer.h"
#include "lib/base/clock.h"

static void
count_judge(struct cp_counters *counters, enum hf_judge j)
{
	switch (j) {
	case HF_JUDGE_DROP_SHORT:
		cp_count(counters, listen_drop_short);
		break;
	case HF_JUDGE_DROP_RESPONSE:
		cp_count(counters, listen_drop_response);
		break;
	case HF_JUDGE_FORMERR:
		cp_count(counters, listen_formerr);
		break;
	case HF_JUDGE_NOTIMP:
		cp_count(counters, listen_notimp);
		break;
	case HF_JUDGE_BADVERS:
		cp_count(counters, listen_badvers);
		break;
	case HF_JUDGE_REFUSED:
		cp_count(counters, listen_refused);
		break;
	default:
		break;
	}
}

/* Version 0 alone says what its options mean (RFC 6891 6.1.3). */
static bool
has_cookie(const struct cp_client *c)
{
	return c->query.edns.cookie_len != 0 && c->query.edns.version == 0 && c->cookies != NULL &&
	    c->cookies->cnt != 0;
}

static struct hf_cookie_asker
cookie_asker(const struct cp_client *c)
{
	return (struct hf_cookie_asker){
	    .cookie = c->cookie,
	    .cookie_len = c->query.edns.cookie_len,
	    .addr = c->peer.octets,
	    .addr_len = c->peer.family == AF_INET ? 4 : 16,
	    .now_s = (uint32_t)hf_clock_wall_s(),
	};
}

/* To be answered BADCOOKIE (RFC 7873 5.2.3). */
static bool
lacks_cookie(const struct cp_client *c)
{
	if (c->over_tcp || !has_cookie(c) || !c->cookies->required)
		return false;
	const struct hf_cookie_asker a = cookie_asker(c);

	return hf_cookie_check(c->cookies, &a) != HF_COOKIE_GOOD;
}

static void
count_cookie(const struct cp_client *c, struct cp_counters *counters)
{
	if (!has_cookie(c))
		return;
	const struct hf_cookie_asker a = cookie_asker(c);

	switch (hf_cookie_check(c->cookies, &a)) {
	case HF_COOKIE_LEARNING:
		cp_count(counters, listen_cookie_learning);
		break;
	case HF_COOKIE_BAD:
		cp_count(counters, listen_cookie_bad);
		break;
	case HF_COOKIE_GOOD:
		cp_count(counters, listen_cookie_good);
		break;
	}
}

static enum hf_access_verdict
access_of(const struct cp_client *c)
{
	return c->access == NULL ? HF_ACCESS_ALLOW : hf_access_judge(c->access, &c->peer);
}

enum cp_client_next
cp_client_read(struct cp_client *c, const uint8_t *msg, size_t len, struct cp_counters *counters,
    struct hf_reply *r)
{
	enum hf_parse p = hf_query_parse(msg, len, &c->query);
	enum hf_judge j = hf_reply_judge(p, &c->query);
	enum hf_access_verdict access = access_of(c);

	if (access == HF_ACCESS_DROP) {
		cp_count(counters, listen_access_drop);
		return CP_CLIENT_DROP;
	}
	if (j == HF_JUDGE_DROP_SHORT || j == HF_JUDGE_DROP_RESPONSE || len < HF_HEADER_LEN) {
		count_judge(counters, j);
		return CP_CLIENT_DROP;
	}
	size_t head_len = c->query.question_end != 0 ? c->query.question_end : HF_HEADER_LEN;
	if (head_len > sizeof(c->head) || head_len > len)
		return CP_CLIENT_DROP;
	memcpy(c->head, msg, head_len);
	c->head_len = (uint16_t)head_len;
	memcpy(c->cookie, msg + c->query.edns.cookie_off, c->query.edns.cookie_len);
	count_cookie(c, counters);
	if (access == HF_ACCESS_REFUSE && (j == HF_JUDGE_LOOKUP || j == HF_JUDGE_REFUSED)) {
		cp_count(counters, listen_access_refused);
		*r = (struct hf_reply){
		    .rcode = HF_RCODE_REFUSED, .ede = {HF_EDE_PROHIBITED}, .ede_cnt = 1};
		return CP_CLIENT_REPLY;
	}
	*r = (struct hf_reply){.rcode = (uint16_t)hf_judge_rcode(j), .turned_down = true};
	if (j == HF_JUDGE_REFUSED &&
	    hf_identity_answer(c->identity, &c->query.question, c->body, r))
		cp_count(counters, listen_identity);
	else
		count_judge(counters, j);
	if (j != HF_JUDGE_LOOKUP)
		return CP_CLIENT_REPLY;
	if (lacks_cookie(c)) {
		cp_count(counters, listen_badcookie);
		*r = (struct hf_reply){.rcode = HF_RCODE_BADCOOKIE};
		return CP_CLIENT_REPLY;
	}
	if (cp_client_cached(c))
		cp_count(counters, listen_rd_clear);
	return CP_CLIENT_ASK;
}

bool
cp_client_cached(const struct cp_client *c)
{
	return (c->query.h.flags & HF_FLAG_RD) == 0;
}

uint8_t
cp_client_variant(const struct cp_client *c)
{
	uint8_t v = c->query.edns.present && c->query.edns.dnssec_ok ? HF_VARIANT_DO : 0;

	return (c->query.h.flags & HF_FLAG_CD) != 0 ? v | HF_VARIANT_CD : v;
}

size_t
cp_client_reply(
    const struct cp_client *c, const struct hf_reply *r, size_t limit, uint8_t *buf, size_t cap)
{
	if (cap < c->head_len)
		return 0;
	struct hf_reply full = *r;
	uint8_t cookie[HF_COOKIE_LEN];

	memcpy(buf, c->head, c->head_len);
	if (has_cookie(c)) {
		const struct hf_cookie_asker a = cookie_asker(c);

		(void)hf_cookie_answer(c->cookies, &a, cookie);
		full.cookie = cookie;
	}
	hf_identity_nsid(c->identity, &c->query, &full);
	return hf_reply_write(buf, cap, limit, &c->query, &full);
}

size_t
cp_client_answer(
    const struct cp_client *c, const struct cp_answer *a, size_t limit, uint8_t *buf, size_t cap)
{
	struct hf_reply r = {.rcode = HF_RCODE_SERVFAIL, .ede_cnt = 1, .ede = {HF_EDE_OTHER}};

	if (a != NULL)
		cp_answer_to_reply(a, &r);
	return cp_client_reply(c, &r, limit, buf, cap);
}

size_t
cp_client_busy(const struct cp_client *c, size_t limit, uint8_t *buf, size_t cap)
{
	struct hf_reply r = {
	    .rcode = HF_RCODE_SERVFAIL, .ede_cnt = 1, .ede = {HF_EDE_RATE_LIMITED}};

	return cp_client_reply(c, &r, limit, buf, cap);
}
