/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/serve.h"

#include "dataplane/packet.h"
#include "lib/wire/usual.h"

static const enum hf_counter judge_counter[HF_JUDGE_CNT] = {
    [HF_JUDGE_LOOKUP] = HF_COUNTER_queries,
    [HF_JUDGE_DROP_SHORT] = HF_COUNTER_drop_short,
    [HF_JUDGE_DROP_RESPONSE] = HF_COUNTER_drop_response,
    [HF_JUDGE_FORMERR] = HF_COUNTER_formerr,
    [HF_JUDGE_NOTIMP] = HF_COUNTER_notimp,
    [HF_JUDGE_BADVERS] = HF_COUNTER_badvers,
    [HF_JUDGE_REFUSED] = HF_COUNTER_refused,
};

/* Why a waiter gets SERVFAIL when even a stale answer is not allowed. */
static const enum hf_counter settle_counter[DP_SETTLE_CNT] = {
    [DP_SETTLE_DONE] = HF_COUNTER_gave_up,
    [DP_SETTLE_TIMER] = HF_COUNTER_gave_up,
    [DP_SETTLE_TIMED_OUT] = HF_COUNTER_timed_out,
    [DP_SETTLE_LOST] = HF_COUNTER_no_control,
    [DP_SETTLE_RING_FULL] = HF_COUNTER_ring_full,
};

static inline void
count(struct dp_core *core, enum hf_counter c)
{
	dp_count(core->counters, c);
}

int
dp_core_init(struct dp_core *core, uint16_t id, uint32_t question_max, uint32_t waiter_max,
    const uint8_t seed[16])
{
	memset(core, 0, sizeof(*core));
	core->id = id;
	core->udp_max = HF_UDP_EDNS_SEND;
	core->timeout_ms = DP_TIMEOUT_MS_DEFAULT;
	return dp_pending_init(&core->pending, question_max, waiter_max, seed);
}

void
dp_core_fini(struct dp_core *core)
{
	dp_pending_fini(&core->pending);
}

/* --- replies ----------------------------------------------------------------------- */

static inline uint32_t
get_u32(const uint8_t *p)
{
	return __builtin_bswap32(dp_load_u32(p));
}

static inline void
put_u32(uint8_t *p, uint32_t v)
{
	dp_store_u32(p, __builtin_bswap32(v));
}

/* How many records of the entry are in the reply, from the first on: its counts say so (RFC 1035
 * 4.1.1). OPT is given up only after all of them. */
static inline unsigned
records_in(const struct dp_query *dq)
{
	const uint8_t *m = dq->msg;
	unsigned cnt = ((unsigned)m[6] << 8 | m[7]) + ((unsigned)m[8] << 8 | m[9]) +
	    ((unsigned)m[10] << 8 | m[11]);

	return cnt > 0 ? cnt - dq->q.edns.present : 0;
}

/* TTLs count down from insertion, to 0 at the lowest (RFC 1035 3.2.1); stale ones are all the
 * same (RFC 8767 4). Offsets were checked against the body when the message came. */
static inline void
patch_ttls(const struct dp_core *core, struct dp_query *dq, const struct dp_entry *e,
    const struct dp_judgement *j, unsigned cnt)
{
	const struct dp_entry_ttls ttls = dp_entry_ttls(e);
	const uint8_t *from =
	    dp_entry_body(e); /* what was just stored would have to be waited for */
	uint8_t *body = dq->msg + dq->q.question_end;
	uint64_t inserted_ms = dp_entry_inserted_ms(e);
	uint32_t age_s = 0;

	if (core->now_ms > inserted_ms)
		age_s = (uint32_t)((core->now_ms - inserted_ms) / 1000);
	for (unsigned i = 0; i < cnt; i++) {
		unsigned off = dp_entry_ttl_off(&ttls, i);
		uint32_t ttl = get_u32(from + off);

		ttl = ttl > age_s ? ttl - age_s : 0;
		put_u32(body + off, j->use == DP_USE_STALE ? j->ttl_s : ttl);
	}
}

/* --- cookies ------------------------------------------------------------------------ */

static inline bool
has_cookie(const struct dp_core *core, const struct dp_query *dq)
{
	/* Version 0 alone says what its options mean (RFC 6891 6.1.3). */
	return dq->q.edns.cookie_len != 0 && dq->q.edns.version == 0 && dq->ip != NULL &&
	    core->cookies != NULL && core->cookies->cnt != 0;
}

static struct hf_cookie_asker
cookie_asker(const struct dp_core *core, const struct dp_query *dq)
{
	bool v4 = dq->ip[0] >> 4 == 4;

	return (struct hf_cookie_asker){
	    .cookie = dq->msg + dq->q.edns.cookie_off,
	    .cookie_len = dq->q.edns.cookie_len,
	    .addr = dq->ip + (v4 ? 12 : 8), /* RFC 791 3.1, RFC 8200 3 */
	    .addr_len = v4 ? 4 : 16,
	    .now_s = core->wall_s,
	};
}

bool
dp_query_cookie(const struct dp_core *core, const struct dp_query *dq, enum hf_cookie_state *state)
{
	if (!has_cookie(core, dq))
		return false;

	const struct hf_cookie_asker a = cookie_asker(core, dq);
	*state = hf_cookie_check(core->cookies, &a);
	return true;
}

bool
dp_query_cookie_good(const struct dp_core *core, const struct dp_query *dq)
{
	enum hf_cookie_state state;

	return dp_query_cookie(core, dq, &state) && state == HF_COOKIE_GOOD;
}

/* What the reply's COOKIE option says, in buf; NULL: none. The query's is read before the reply is
 * written over it. */
static __attribute__((noinline)) const uint8_t *
cookie_make(struct dp_core *core, const struct dp_query *dq, uint8_t buf[HF_COOKIE_LEN])
{
	const struct hf_cookie_asker a = cookie_asker(core, dq);

	count(core, dp_cookie_counter(hf_cookie_answer(core->cookies, &a, buf)));
	return buf;
}

static inline const uint8_t *
cookie_of(struct dp_core *core, const struct dp_query *dq, uint8_t buf[HF_COOKIE_LEN])
{
	return __builtin_expect(has_cookie(core, dq), 0) ? cookie_make(core, dq, buf) : NULL;
}

/* To be answered BADCOOKIE (RFC 7873 5.2.3): asked for by the operator, never of who sends none. */
static inline bool
lacks_cookie(const struct dp_core *core, const struct dp_query *dq)
{
	enum hf_cookie_state state;

	return core->cookies != NULL && __builtin_expect(core->cookies->required, 0) &&
	    dp_query_cookie(core, dq, &state) && state != HF_COOKIE_GOOD;
}

static inline enum dp_outcome
reply_write(struct dp_core *core, struct dp_query *dq, const struct hf_reply *r)
{
	size_t limit = hf_reply_limit(&dq->q, core->udp_max);
	size_t len = hf_reply_write(dq->msg, dq->cap, limit, &dq->q, r);

	if (len == 0)
		return DP_DROP;
	dq->len = (uint16_t)len;
	if ((dq->msg[2] & (HF_FLAG_TC >> 8)) != 0)
		count(core, HF_COUNTER_truncated);
	return DP_REPLY;
}

static enum dp_outcome
reply_error(struct dp_core *core, struct dp_query *dq, unsigned rcode, uint16_t ede)
{
	uint8_t cookie[HF_COOKIE_LEN];
	struct hf_reply r = {.rcode = (uint16_t)rcode,
	    .ede = {ede},
	    .ede_cnt = ede != HF_EDE_NONE,
	    .cookie = cookie_of(core, dq, cookie)};

	hf_identity_nsid(core->identity, &dq->q, &r);
	return reply_write(core, dq, &r);
}

/* A refresh failed in a way that the zone's policy wants to be seen. */
static enum dp_outcome
reply_failed(struct dp_core *core, struct dp_query *dq, const struct dp_judgement *j)
{
	count(core, HF_COUNTER_stale_denied);
	return reply_error(
	    core, dq, HF_RCODE_SERVFAIL, j->ede_cnt > 0 ? j->ede[0] : (uint16_t)HF_EDE_NONE);
}

static enum dp_outcome
reply_turned_down(struct dp_core *core, struct dp_query *dq)
{
	uint8_t cookie[HF_COOKIE_LEN];
	struct hf_reply r = {.rcode = (uint16_t)hf_judge_rcode(dq->judge),
	    .turned_down = true,
	    .cookie = cookie_of(core, dq, cookie)};

	hf_identity_nsid(core->identity, &dq->q, &r);
	return reply_write(core, dq, &r);
}

/* Class CH and whatever else is refused. The name is read again: the short way of parsing
 * leaves it out. */
static enum dp_outcome
reply_refused(struct dp_core *core, struct dp_query *dq)
{
	uint8_t body[HF_IDENTITY_BODY_MAX], cookie[HF_COOKIE_LEN];
	struct hf_reply r;

	if (hf_query_parse(dq->msg, dq->len, &dq->q) == HF_PARSE_OK &&
	    hf_identity_answer(core->identity, &dq->q.question, body, &r)) {
		count(core, HF_COUNTER_identity);
		r.cookie = cookie_of(core, dq, cookie);
		hf_identity_nsid(core->identity, &dq->q, &r);
		return reply_write(core, dq, &r);
	}
	count(core, HF_COUNTER_refused);
	return reply_turned_down(core, dq);
}

/* What an entry says; the caller adds what a judgement says. */
static inline struct hf_reply
reply_of(const struct dp_entry *e, const struct dp_judgement *j, const uint8_t *cookie)
{
	const struct dp_entry_counts cnt = dp_entry_counts(e);

	return (struct hf_reply){
	    .rcode = j->rcode,
	    .authentic = j->authentic,
	    .truncated = (e->flags & HF_ANSWER_TRUNCATED) != 0,
	    .ede_cnt = j->ede_cnt,
	    .an_cnt = cnt.an,
	    .ns_cnt = cnt.ns,
	    .ar_cnt = cnt.ar,
	    .cookie = cookie,
	    .body = dp_entry_body(e),
	    .body_len = e->body_len,
	};
}

/* With EDE, cut, or otherwise rare. */
static enum dp_outcome
reply_entry_long(struct dp_core *core, struct dp_query *dq, const struct dp_entry *e,
    const struct dp_judgement *j, const uint8_t *cookie)
{
	struct hf_reply r = reply_of(e, j, cookie);

	r.ede[0] = j->ede[0];
	r.ede[1] = j->ede[1];
	if (j->with_text) {
		unsigned len;

		r.ede_text = dp_entry_ede_text(e, &len);
		r.ede_text_len = (uint16_t)len;
	}
	hf_identity_nsid(core->identity, &dq->q, &r);
	if (reply_write(core, dq, &r) != DP_REPLY)
		return DP_DROP;
	patch_ttls(core, dq, e, j, records_in(dq));
	return DP_REPLY;
}

static enum dp_outcome
reply_entry(
    struct dp_core *core, struct dp_query *dq, struct dp_entry *e, const struct dp_judgement *j)
{
	uint8_t buf[HF_COOKIE_LEN];
	const uint8_t *cookie = cookie_of(core, dq, buf);
	/* Its address is not given away: it stays in registers. */
	const struct hf_reply r = reply_of(e, j, cookie);
	size_t len = 0;

	if (!dq->q.edns.nsid)
		len = hf_usual_reply(
		    dq->msg, dq->cap, hf_reply_limit(&dq->q, core->udp_max), &dq->q, &r);

	/* Store only when it changes: the line is shared by all cores. */
	uint8_t used = atomic_load_explicit(&e->marks, memory_order_relaxed);
	if ((used & (DP_USED | DP_USED_AGAIN)) != (DP_USED | DP_USED_AGAIN))
		atomic_store_explicit(&e->marks,
		    (uint8_t)(used | DP_USED | ((used & DP_USED) != 0 ? DP_USED_AGAIN : 0)),
		    memory_order_relaxed);
	if (len == 0)
		return reply_entry_long(core, dq, e, j, cookie);
	dq->len = (uint16_t)len;
	patch_ttls(core, dq, e, j, dp_entry_rr_cnt(e));
	return DP_REPLY;
}

/* --- a burst ----------------------------------------------------------------------- */

static inline uint8_t
variant_of(const struct hf_query *q)
{
	bool cd = (q->h.flags & HF_FLAG_CD) != 0;

	return (uint8_t)((q->edns.dnssec_ok ? HF_VARIANT_DO : 0) | (cd ? HF_VARIANT_CD : 0));
}

void
dp_query_parse(struct dp_core *core, struct dp_query *dq)
{
	const struct dp_hash *hash = &core->table->hash;
	const struct hf_question *question = &dq->q.question;
	unsigned name_len = 0;

	count(core, HF_COUNTER_queries);
	dq->entry = NULL;
	dq->refresh = 0;
	if (dq->cap >= HF_HEADER_LEN + DP_KEY_READ_MAX)
		name_len = hf_usual_query(dq->msg, dq->len, &dq->q);
	enum hf_parse parse =
	    name_len != 0 ? HF_PARSE_OK : hf_query_parse(dq->msg, dq->len, &dq->q);
	dq->judge = (uint8_t)hf_reply_judge(parse, &dq->q);
	if (dq->judge != HF_JUDGE_LOOKUP)
		return;
	if (name_len != 0)
		dp_key_set_at(&dq->key, hash, dq->msg + HF_HEADER_LEN,
		    dp_key_meta(question->type, variant_of(&dq->q), (uint8_t)name_len));
	else
		dp_key_set(&dq->key, hash, question, variant_of(&dq->q));
	dp_table_prefetch(core->table, dq->key.hash);
}

void
dp_query_find(struct dp_core *core, struct dp_query *dq)
{
	if (dq->judge != HF_JUDGE_LOOKUP)
		return;
	dq->entry = dp_table_peek(core->table, dq->key.hash);
	if (dq->entry == NULL)
		return;
	const uint8_t *line = (const uint8_t *)dq->entry;
	__builtin_prefetch(line);
	__builtin_prefetch(line + 64);
	__builtin_prefetch(line + 128);
	__builtin_prefetch(line + 192);
}

/* The tag may belong to another name: then look again, properly. */
static inline struct dp_entry *
entry_confirm(const struct dp_core *core, const struct dp_query *dq)
{
	struct dp_entry *e = dq->entry;

	if (e == NULL)
		return NULL;
	if (dp_entry_has_key(e, &dq->key.o))
		return e;
	return dp_table_find(core->table, &dq->key);
}

/* A fresh entry near its end, this hit not yet marked: those hit before are asked for before
 * they expire, each once. */
static __attribute__((noinline, cold)) bool
wants_refresh(struct dp_core *core, struct dp_entry *e)
{
	uint8_t used = atomic_load_explicit(&e->marks, memory_order_relaxed);
	bool good = e->verdict == HF_VERDICT_SECURE || e->verdict == HF_VERDICT_INSECURE;

	if (!good || !core->control_alive || (used & (DP_USED | DP_USED_AGAIN)) == 0 ||
	    (used & DP_USED_REFRESHED) != 0 || e->fresh_s * 1000 < DP_REFRESH_LIFE_MS)
		return false;
	used = atomic_fetch_or_explicit(&e->marks, DP_USED_REFRESHED, memory_order_relaxed);
	return (used & DP_USED_REFRESHED) == 0; /* no other core was faster */
}

/* A stale entry whose refresh failed, and is to be tried again: once, and nobody waits for it. */
static bool
wants_recheck(struct dp_core *core, struct dp_entry *e)
{
	return core->control_alive &&
	    (atomic_fetch_or_explicit(&e->marks, DP_USED_REFRESHED, memory_order_relaxed) &
		DP_USED_REFRESHED) == 0;
}

static enum dp_outcome
answer_lookup(struct dp_core *core, const struct dp_policy *p, struct dp_query *dq)
{
	const struct dp_ask ask = {.now_ms = core->now_ms};
	struct dp_judgement j;

	if (lacks_cookie(core, dq)) {
		count(core, HF_COUNTER_badcookie);
		return reply_error(core, dq, HF_RCODE_BADCOOKIE, HF_EDE_NONE);
	}
	dq->entry = entry_confirm(core, dq);
	dp_policy_judge(p, dq->entry, &ask, &j);
	switch (j.use) {
	case DP_USE_FRESH:
		count(core, HF_COUNTER_hit);
		if (__builtin_expect(dp_entry_ageing(dq->entry, core->now_ms), 0))
			dq->refresh = wants_refresh(core, dq->entry) ? HF_MISS_REFRESH : 0;
		return reply_entry(core, dq, dq->entry, &j);
	case DP_USE_STALE:
		count(core, HF_COUNTER_stale);
		if (j.recheck)
			dq->refresh =
			    wants_recheck(core, dq->entry) ? HF_MISS_REFRESH | HF_MISS_RECHECK : 0;
		return reply_entry(core, dq, dq->entry, &j);
	case DP_USE_FAILED:
		return reply_failed(core, dq, &j);
	case DP_USE_FORBIDDEN:
		count(core, HF_COUNTER_policy_miss);
		break;
	default:
		break;
	}
	if ((dq->q.h.flags & HF_FLAG_RD) != 0)
		return DP_MISS;
	count(core, HF_COUNTER_rd_clear); /* no recursion was asked for: RFC 1035 4.1.1 */
	return reply_error(core, dq, HF_RCODE_REFUSED, HF_EDE_NOT_AUTHORITATIVE);
}

/* Without any look-up. */
static enum dp_outcome
answer_judged(struct dp_core *core, struct dp_query *dq)
{
	switch (dq->judge) {
	case HF_JUDGE_DROP_SHORT:
	case HF_JUDGE_DROP_RESPONSE:
		count(core, judge_counter[dq->judge]);
		return DP_DROP;
	case HF_JUDGE_REFUSED:
		return reply_refused(core, dq);
	default:
		count(core, judge_counter[dq->judge]);
		return reply_turned_down(core, dq);
	}
}

enum dp_outcome
dp_query_answer(struct dp_core *core, const struct dp_policy *p, struct dp_query *dq)
{
	return dq->judge == HF_JUDGE_LOOKUP ? answer_lookup(core, p, dq) : answer_judged(core, dq);
}

enum dp_outcome
dp_query_prohibited(struct dp_core *core, struct dp_query *dq)
{
	if (dq->judge != HF_JUDGE_LOOKUP && dq->judge != HF_JUDGE_REFUSED)
		return answer_judged(core, dq);
	count(core, HF_COUNTER_access_refused);
	return reply_error(core, dq, HF_RCODE_REFUSED, HF_EDE_PROHIBITED);
}

enum dp_outcome
dp_query_slip(struct dp_core *core, struct dp_query *dq, const uint8_t *cookie)
{
	struct hf_reply r = {.rcode = HF_RCODE_NOERROR, .truncated = true};
	uint8_t made[HF_COOKIE_LEN];

	if (dq->judge != HF_JUDGE_LOOKUP)
		return DP_DROP;
	if (has_cookie(core, dq)) {
		struct hf_cookie_asker a = cookie_asker(core, dq);

		if (cookie != NULL)
			a.cookie = cookie;
		(void)hf_cookie_answer(core->cookies, &a, made);
		r.cookie = made;
	}
	hf_identity_nsid(core->identity, &dq->q, &r);
	return reply_write(core, dq, &r);
}

/* --- misses ------------------------------------------------------------------------ */

/* A stale answer now, if one is allowed, or what was fetched without DO; else DP_MISS. */
static enum dp_outcome
answer_in_hurry(struct dp_core *core, const struct dp_policy *p, struct dp_query *dq)
{
	const struct dp_ask ask = {.now_ms = core->now_ms, .hurry = true};
	struct dp_judgement j;

	if (dq->entry == NULL)
		dq->entry = dp_table_find_plain(core->table, &dq->key);
	dp_policy_judge(p, dq->entry, &ask, &j);
	if (j.use == DP_USE_FAILED)
		return reply_failed(core, dq, &j);
	if (j.use != DP_USE_STALE && j.use != DP_USE_FRESH)
		return DP_MISS;
	count(core, j.use == DP_USE_STALE ? HF_COUNTER_stale : HF_COUNTER_hit);
	return reply_entry(core, dq, dq->entry, &j);
}

static enum dp_outcome
answer_refuse(struct dp_core *core, const struct dp_policy *p, struct dp_query *dq,
    enum hf_counter why, uint16_t ede)
{
	enum dp_outcome r = answer_in_hurry(core, p, dq);

	if (r != DP_MISS)
		return r;
	count(core, why);
	return reply_error(core, dq, HF_RCODE_SERVFAIL, ede);
}

static enum dp_outcome
answer_or_drop(
    struct dp_core *core, const struct dp_policy *p, struct dp_query *dq, enum hf_counter why)
{
	enum dp_outcome r = answer_in_hurry(core, p, dq);

	if (r != DP_MISS)
		return r;
	count(core, why);
	return DP_DROP;
}

static void
ask_out_set(const struct dp_question *q, struct dp_ask_out *out)
{
	out->key = &q->key;
	out->handle = q->handle;
	out->asked_ms = q->asked_ms;
}

enum dp_outcome
dp_query_miss(struct dp_core *core, const struct dp_policy *p, struct dp_query *dq,
    const struct dp_frame *f, struct dp_ask_out *out)
{
	const struct dp_client client = {f, &dq->q, &dq->key, core->now_ms,
	    dp_policy_stale(p, dq->key.o.name, dq->key.o.name_len)->client_ms};
	struct dp_question *q;

	if (!core->control_alive)
		return answer_refuse(
		    core, p, dq, HF_COUNTER_no_control, HF_EDE_NO_REACHABLE_AUTHORITY);
	/* The first who asked has waited long enough already; who comes later need not. */
	q = dp_pending_find(&core->pending, &dq->key);
	if (q != NULL && q->timer_fired) {
		enum dp_outcome r = answer_in_hurry(core, p, dq);
		if (r != DP_MISS)
			return r;
	}
	switch (dp_pending_add(&core->pending, &client, &q)) {
	case DP_PENDING_NEW:
		count(core, HF_COUNTER_miss);
		ask_out_set(q, out);
		return DP_ASK;
	case DP_PENDING_JOINED:
		count(core, HF_COUNTER_coalesced);
		return DP_WAIT;
	case DP_PENDING_RING_FULL:
		return answer_refuse(core, p, dq, HF_COUNTER_ring_full, HF_EDE_RATE_LIMITED);
	case DP_PENDING_CLIENT_FULL:
		return answer_refuse(core, p, dq, HF_COUNTER_client_full, HF_EDE_RATE_LIMITED);
	case DP_PENDING_DOMAIN_FULL:
		return answer_refuse(core, p, dq, HF_COUNTER_domain_full, HF_EDE_RATE_LIMITED);
	case DP_PENDING_SHARE_FULL:
		return answer_refuse(core, p, dq, HF_COUNTER_share_full, HF_EDE_RATE_LIMITED);
	case DP_PENDING_SHARE_SCARCE:
		return answer_or_drop(core, p, dq, HF_COUNTER_share_drop);
	case DP_PENDING_FULL:
		break;
	}
	return answer_refuse(core, p, dq, HF_COUNTER_pending_full, HF_EDE_RATE_LIMITED);
}

void
dp_core_ring_full(struct dp_core *core, uint64_t handle)
{
	struct dp_question *q = dp_pending_by_handle(&core->pending, handle);

	if (q != NULL)
		dp_pending_settle(&core->pending, q, DP_SETTLE_RING_FULL);
}

void
dp_core_done(struct dp_core *core, uint64_t handle)
{
	struct dp_question *q = dp_pending_by_handle(&core->pending, handle);

	if (q == NULL)
		count(core, HF_COUNTER_done_unknown);
	else
		dp_pending_settle(&core->pending, q, DP_SETTLE_DONE);
}

void
dp_core_tick(struct dp_core *core)
{
	struct dp_pending *pending = &core->pending;
	enum dp_settle why = core->control_alive ? DP_SETTLE_TIMED_OUT : DP_SETTLE_LOST;
	uint64_t timeout_ms = core->control_alive ? core->timeout_ms : 0;
	struct dp_question *q;

	for (unsigned i = 0; i < DP_TICK_MAX; i++) {
		q = dp_pending_overdue(pending, core->now_ms, timeout_ms);
		if (q == NULL)
			break;
		dp_pending_settle(pending, q, why);
	}
	for (unsigned i = 0; i < DP_TICK_MAX; i++) {
		q = dp_pending_timer(pending, core->now_ms);
		if (q == NULL)
			break;
		if (q->state == DP_QUESTION_ASKED)
			dp_pending_settle(pending, q, DP_SETTLE_TIMER);
	}
}

/* --- who waited -------------------------------------------------------------------- */

/* 22 is for when nothing else is known; never for a validation failure (RFC 8914 4.23). */
static uint16_t
cause_known(const struct dp_policy *p, struct dp_entry *e)
{
	if (e == NULL)
		return HF_EDE_NO_REACHABLE_AUTHORITY;
	const struct dp_entry_note note = dp_entry_note(e);
	if (note.retry_at_ms != 0 && note.retry_gen == p->generation &&
	    note.retry_ede != HF_EDE_NONE)
		return (uint16_t)note.retry_ede;
	bool failed = e->verdict == HF_VERDICT_BOGUS || e->verdict == HF_VERDICT_FAILURE;
	if (failed && dp_entry_ede(e) != HF_EDE_NONE && !dp_policy_covers(p, e))
		return dp_entry_ede(e);
	return HF_EDE_NO_REACHABLE_AUTHORITY;
}

static uint16_t
settle_ede(const struct dp_policy *p, struct dp_entry *e, enum dp_settle why)
{
	switch (why) {
	case DP_SETTLE_LOST:
		return HF_EDE_NO_REACHABLE_AUTHORITY;
	case DP_SETTLE_RING_FULL:
		return HF_EDE_RATE_LIMITED;
	default:
		return cause_known(p, e);
	}
}

/* The waiter's query as it was, in the job's buffer. */
static void
query_restore(const struct dp_waiter *w, const struct dp_job *job, struct dp_query *dq)
{
	memcpy(job->frame, w->frame, w->frame_len);
	dq->msg = job->frame + w->dns_off;
	dq->len = w->question_end;
	dq->cap = (uint16_t)(job->cap - w->dns_off);
	dq->judge = HF_JUDGE_LOOKUP;
	dq->q.h = w->h;
	dq->q.edns = w->edns;
	dq->q.question_end = w->question_end;

	struct dp_packet p = {.octets = job->frame, .dns_off = w->dns_off};
	dp_packet_resume(&p);
	dq->ip = job->frame + p.l3_off;
}

/* DP_REPLY in dq; DP_ASK or DP_WAIT when the waiter has to wait on. */
static enum dp_outcome
answer_waiter(struct dp_core *core, const struct dp_policy *p, const struct dp_question *q,
    const struct dp_waiter *w, struct dp_query *dq)
{
	struct dp_ask ask = {
	    .now_ms = core->now_ms,
	    .asked_ms = w->asked_ms,
	    .waited = true,
	    .hurry = q->settle != DP_SETTLE_DONE,
	};
	enum dp_settle why = q->settle;
	struct dp_judgement j;

	dp_policy_judge(p, dq->entry, &ask, &j);
	if (j.use == DP_USE_NONE || j.use == DP_USE_FORBIDDEN) {
		if (why == DP_SETTLE_TIMER)
			return DP_WAIT;
		if (why == DP_SETTLE_DONE && core->control_alive && q->sent_cnt < DP_SEND_MAX)
			return DP_ASK;
		if (why == DP_SETTLE_DONE && !core->control_alive)
			why = DP_SETTLE_LOST;
		ask.hurry = true;
		dp_policy_judge(p, dq->entry, &ask, &j);
	}
	if (j.use == DP_USE_FAILED)
		return reply_failed(core, dq, &j);
	if (j.use == DP_USE_FRESH || j.use == DP_USE_STALE) {
		count(core, j.use == DP_USE_STALE ? HF_COUNTER_stale : HF_COUNTER_late);
		return reply_entry(core, dq, dq->entry, &j);
	}
	count(core, settle_counter[why]);
	return reply_error(core, dq, HF_RCODE_SERVFAIL, settle_ede(p, dq->entry, why));
}

static enum dp_outcome
next_of(struct dp_core *core, const struct dp_policy *p, struct dp_question *q, struct dp_query *dq,
    const struct dp_job *job)
{
	struct dp_waiter *w = dp_pending_first(&core->pending, q);

	if (w == NULL) { /* after stale answers the task goes on, for the cache's sake */
		if (q->settle == DP_SETTLE_TIMER)
			dp_pending_reask(&core->pending, q);
		else
			dp_pending_free(&core->pending, q);
		return DP_NOTHING;
	}
	query_restore(w, job, dq);
	dq->entry = dp_table_find(core->table, &q->key);
	if (dq->entry == NULL && q->settle != DP_SETTLE_DONE)
		dq->entry = dp_table_find_plain(core->table, &q->key);
	enum dp_outcome r = answer_waiter(core, p, q, w, dq);
	if (r == DP_ASK || r == DP_WAIT) {
		q->sent_cnt += r == DP_ASK;
		dp_pending_reask(&core->pending, q);
	}
	return r;
}

enum dp_outcome
dp_core_next(struct dp_core *core, const struct dp_policy *p, struct dp_query *dq,
    struct dp_job *job, struct dp_ask_out *out)
{
	if (job->cap < DP_FRAME_KEEP_MAX + DP_REPLY_CAP_MIN)
		return DP_NOTHING;
	for (unsigned i = 0; i < DP_TICK_MAX; i++) {
		struct dp_question *q = dp_pending_settled(&core->pending);

		if (q == NULL)
			return DP_NOTHING;
		const struct dp_waiter *w = dp_pending_first(&core->pending, q);
		enum dp_outcome r = next_of(core, p, q, dq, job);
		if (r == DP_ASK) {
			ask_out_set(q, out);
			return DP_ASK;
		}
		if (r == DP_NOTHING || r == DP_WAIT)
			continue;
		job->dns_off = w->dns_off;
		job->dns_len = dq->len;
		job->port = w->port;
		job->cookie = w->cookie;
		job->arrived = w->arrived;
		dp_pending_drop_first(&core->pending, q);
		if (r == DP_REPLY)
			return DP_REPLY;
	}
	return DP_NOTHING;
}

uint64_t
dp_core_idle_ms(const struct dp_core *core)
{
	const struct dp_pending *pending = &core->pending;
	uint64_t due = UINT64_MAX;

	if (pending->settled_first != DP_NIL || (!core->control_alive && pending->oldest != DP_NIL))
		return 0;
	if (pending->oldest != DP_NIL)
		due = pending->questions[pending->oldest].asked_ms + core->timeout_ms;
	if (dp_timers_due_ms(&pending->timers) < due)
		due = dp_timers_due_ms(&pending->timers);
	if (due == UINT64_MAX)
		return UINT64_MAX;
	return due > core->now_ms ? due - core->now_ms : 0;
}
