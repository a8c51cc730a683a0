/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fakenet: a small internet inside a test, with a clock.
 *
 * Purpose   Carries packets between the resolver core and the servers of fakeserver.h, late, lost
 *           or forged as their manners say.
 * Roles     A test's only thread; one net at a time.
 * Memory    fn_reset frees what the last test made.
 * Blocking  Never: time passes only inside fn_run.
 * Errors    Abort.
 * Trust     Nothing here reads hostile input.
 */
#ifndef HF_TEST_FAKENET_H
#define HF_TEST_FAKENET_H

#include "tests/unit/support/fakeserver.h"

/* --- the resolver's side */

static inline struct fn_event *
fn_event_new(uint64_t exchange, uint64_t after_ns)
{
	for (unsigned i = 0; i < FN_EVENTS; i++) {
		struct fn_event *e = &fn.event[i];

		if (e->used)
			continue;
		*e = (struct fn_event){
		    .used = true, .exchange = exchange, .due_ns = fn.now_ns + after_ns};
		return e;
	}
	abort();
}

static inline void
fn_event_reply(uint64_t exchange, uint64_t after_ns, const uint8_t *msg, size_t len)
{
	struct fn_event *e = fn_event_new(exchange, after_ns);

	e->msg = malloc(len);
	VA_REQUIRE(e->msg != NULL);
	memcpy(e->msg, msg, len);
	e->len = len;
}

/* What a stranger, or a bad path, gets in before the truth. */
static inline void
fn_forge(const struct fn_server *s, const struct cp_send *send, const uint8_t *truth, size_t len)
{
	static uint8_t msg[HF_MSG_MAX];
	bool udp = send->transport == CP_UDP;

	memcpy(msg, truth, len);
	if (s->manner == FN_GARBAGE_FIRST) {
		msg[7] = 200;
	} else if (s->manner == FN_FORMERR_FIRST && udp) {
		msg[3] = HF_RCODE_FORMERR;
		memset(msg + 4, 0, 8);
		len = 12;
	} else if (s->manner == FN_CASE_FIRST && udp) {
		msg[13] ^= 0x20;
	} else if (s->manner == FN_FORGED_COOKIE_FIRST && udp) {
		msg[len - 19 - 8] ^= 1;
		msg[3] |= HF_RCODE_REFUSED;
	} else if (s->manner == FN_NO_COOKIE_FIRST && udp) {
		msg[len - 19 - 8 - 4 - 1] = 0; /* OPT without options */
		len -= 19 + 8 + 4;
	} else if (s->manner == FN_FLOOD_FIRST && udp) {
		msg[0] ^= 1;
		for (unsigned i = 0; i < 20; i++)
			fn_event_reply(send->exchange, (i + 1) * HF_NS_PER_MS / 4, msg, len);
		return;
	} else {
		return;
	}
	fn_event_reply(send->exchange, 5 * HF_NS_PER_MS, msg, len);
}

static inline void
fn_on_send(void *arg, const struct cp_send *send)
{
	static uint8_t msg[HF_MSG_MAX];
	struct fn_server *s = NULL;
	struct hf_query q;
	struct fn_event *e;
	struct cp_send own = *send;

	own.exchange |= arg != NULL ? FN_OTHER : 0;
	send = &own;
	VA_REQUIRE(fn.sent_cnt < FN_LOG);
	VA_REQUIRE(hf_query_parse(send->msg, send->len, &q) == HF_PARSE_OK);
	struct hf_option cookie;

	fn_cookie_of(&q, send->msg, &cookie);
	fn.sent[fn.sent_cnt++] = (struct fn_sent){
	    send->server, q.question, send->transport, q.edns.present, cookie.len, q.h.flags};
	for (unsigned i = 0; i < fn.server_cnt; i++)
		if (hf_addr_equal(&fn.server[i].addr, &send->server))
			s = &fn.server[i];
	bool hides = s != NULL && s->manner == FN_HIDES_KEYS && q.question.type == HF_TYPE_DNSKEY;

	hides |= s != NULL && s->manner == FN_ENT_SILENT && fn_ent_rcode(s, &q.question) >= 0;
	e = fn_event_new(send->exchange, send->timeout_ns);
	e->fails = true;
	e->why = CP_FAIL_TIMEOUT;
	hides |= s != NULL && s->manner == FN_DROPS_EDNS && q.edns.present;
	hides |= s != NULL && q.edns.present && send->transport == CP_UDP &&
	    (s->manner == FN_UDP_DROPS_EDNS || s->manner == FN_IGNORES_EDNS);
	if (s == NULL || s->manner == FN_SILENT || hides)
		return;
	if (s->manner == FN_UNREACHABLE) {
		e->due_ns = fn.now_ns + HF_NS_PER_MS;
		e->why = CP_FAIL_UNREACHABLE;
		return;
	}
	size_t len = fn_reply_make(s, send, msg, sizeof(msg));

	VA_REQUIRE(len > 0);
	if (s->manner == FN_NO_CASE)
		for (unsigned i = 0; i < q.question.name.len; i++)
			msg[12 + i] = (uint8_t)tolower(msg[12 + i]);
	fn_forge(s, send, msg, len);
	if (s->manner == FN_FLOOD_FIRST && send->transport == CP_UDP)
		return;
	if (s->manner == FN_GARBAGE) {
		msg[7] = 200; /* two hundred answers */
		fn_event_reply(send->exchange, 10 * HF_NS_PER_MS, msg, len);
		return;
	}
	if (s->manner == FN_WRONG_ID || s->manner == FN_WRONG_NAME) {
		size_t at = s->manner == FN_WRONG_ID ? 0 : 13;

		msg[at] ^= 1;
		fn_event_reply(send->exchange, 5 * HF_NS_PER_MS, msg, len);
		msg[at] ^= 1;
	}
	fn_event_reply(send->exchange, s->delay_ns + 10 * HF_NS_PER_MS, msg, len);
}

static inline void
fn_on_cancel(void *arg, uint64_t exchange)
{
	exchange |= arg != NULL ? FN_OTHER : 0;
	for (unsigned i = 0; i < FN_EVENTS; i++) {
		if (fn.event[i].used && fn.event[i].exchange == exchange) {
			fn.event[i].used = false;
			free(fn.event[i].msg);
		}
	}
}

static inline void
fn_on_answer(void *arg, uint64_t token, const struct cp_answer *a)
{
	struct fn_answer *to = &fn.answer[fn.answer_cnt++ % 8];

	(void)arg;
	to->token = token;
	to->a = *a;
	memcpy(to->body, a->body, a->body_len);
	to->a.body = to->body;
}

static inline void
fn_on_random(void *arg, void *out, size_t len)
{
	uint8_t *p = out;

	(void)arg;
	for (size_t i = 0; i < len; i++) { /* a small LCG: the same seed, the same run */
		fn.seed = fn.seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		p[i] = (uint8_t)(fn.seed >> 56);
	}
}

static inline struct cp_time
fn_time(void)
{
	int64_t began_s = fn.wall_s != 0 ? fn.wall_s : FN_WALL_S;

	return (struct cp_time){fn.now_ns, began_s + (int64_t)(fn.now_ns / HF_NS_PER_S)};
}

/* Let time pass until then, or until nothing is under way. */
static inline void
fn_run_until(uint64_t until_ns)
{
	for (unsigned turns = 0; turns < 2000; turns++) {
		struct cp_time t = fn_time();
		struct fn_event *next = NULL;
		uint64_t tick, tick_other = UINT64_MAX;

		cp_resolver_tick(fn.r, &t, &tick);
		if (fn.other != NULL)
			cp_resolver_tick(fn.other, &t, &tick_other);
		tick = tick_other < tick ? tick_other : tick;
		for (unsigned i = 0; i < FN_EVENTS; i++)
			if (fn.event[i].used && (next == NULL || fn.event[i].due_ns < next->due_ns))
				next = &fn.event[i];
		if (next == NULL && tick == UINT64_MAX)
			return;
		if (tick > until_ns && (next == NULL || next->due_ns > until_ns)) {
			fn.now_ns = until_ns;
			return;
		}
		if (next == NULL || tick < next->due_ns) {
			fn.now_ns = tick > fn.now_ns ? tick : fn.now_ns;
			continue;
		}
		if (next->due_ns > fn.now_ns)
			fn.now_ns = next->due_ns;
		struct fn_event e = *next;

		next->used = false;
		t = fn_time();
		struct cp_resolver *r = (e.exchange & FN_OTHER) != 0 ? fn.other : fn.r;

		if (e.fails)
			cp_resolver_failed(r, &t, e.exchange & ~FN_OTHER, e.why);
		else if (cp_resolver_reply(r, &t, e.exchange & ~FN_OTHER, e.msg, e.len))
			fn_on_cancel(NULL, e.exchange); /* its time-out */
		free(e.msg);
	}
	abort();
}

static inline void
fn_run(void)
{
	fn_run_until(UINT64_MAX - 1);
}

static inline void
fn_pass(unsigned seconds)
{
	struct cp_time t;
	uint64_t tick;

	fn.now_ns += seconds * HF_NS_PER_S;
	t = fn_time();
	cp_resolver_tick(fn.r, &t, &tick);
}

static inline void
fn_ask_only(const char *name, uint16_t type, uint8_t variant, uint64_t token)
{
	struct cp_time t = fn_time();
	struct hf_question q = {.name = va_name(name), .type = type, .klass = 1};

	VA_REQUIRE(cp_resolver_ask(fn.r, &t, &q, variant, token) == 0);
}

/* Ask and wait. */
static inline const struct cp_answer *
fn_ask(const char *name, uint16_t type, uint8_t variant)
{
	unsigned before = fn.answer_cnt;

	fn.sent_cnt = 0;
	fn_ask_only(name, type, variant, 1);
	fn_run();
	VA_REQUIRE(fn.answer_cnt == before + 1);
	return &fn.answer[before % 8].a;
}

static inline void
fn_ntas(uint64_t gen, const char *name)
{
	struct cp_rule rule = {.kind = HF_RULE_NTA};

	if (name != NULL)
		rule.name = va_name(name);
	struct cp_policy *p = cp_policy_create(gen, NULL, &rule, name != NULL);

	cp_resolver_set_policy(fn.r, p);
	cp_policy_put(p);
}

/* The resolver, with 192.0.2.1 for its only root hint and root's key as the anchor. */
static inline void
fn_start(const struct fn_zone *root, const struct cp_resolver_limits *limits)
{
	static struct hf_rdata ns, a, key;
	static struct hf_rrset hints[2], anchor;
	static struct hf_name ns_name;

	fn.ops = (struct cp_resolver_ops){
	    NULL, fn_on_send, fn_on_cancel, fn_on_answer, fn_on_random, fn.traced};
	ns_name = va_name("a.root.");
	ns = (struct hf_rdata){ns_name.octets, ns_name.len};
	a = (struct hf_rdata){(const uint8_t *)"\300\0\2\1", 4};
	key = (struct hf_rdata){root->key.dnskey, root->key.dnskey_len};
	hints[0] = (struct hf_rrset){
	    .owner = hf_name_root, .type = HF_TYPE_NS, .klass = 1, .rr_cnt = 1, .rr = &ns};
	hints[1] = (struct hf_rrset){
	    .owner = ns_name, .type = HF_TYPE_A, .klass = 1, .rr_cnt = 1, .rr = &a};
	anchor = (struct hf_rrset){
	    .owner = hf_name_root, .type = HF_TYPE_DNSKEY, .klass = 1, .rr_cnt = 1, .rr = &key};
	fn.cfg = (struct cp_resolver_config){.zones = fn.zones,
	    .zones_cnt = fn.zones_cnt,
	    .local = fn.local,
	    .local_cnt = fn.local_cnt,
	    .root_hints = hints,
	    .root_hints_cnt = 2,
	    .anchors = &anchor,
	    .anchors_cnt = root->is_signed,
	    .do_ip4 = true,
	    .do_ip6 = true,
	    .validate = true,
	    .aggressive_nsec = true,
	    .mix_case = fn.mix_case,
	    .cookies = fn.cookies,
	    .qname_minimisation = fn.minimise};
	if (limits != NULL)
		fn.cfg.limits = *limits;
	if (fn.cfg.limits.cache_octets == 0)
		fn.cfg.limits.cache_octets = 1024 * 1024;
	fn.seed = 1;
	fn.now_ns = HF_NS_PER_S;
	fn.policy = cp_policy_create(1, NULL, NULL, 0);
	fn.r = cp_resolver_create(&fn.cfg, &fn.ops, fn.policy);
	VA_REQUIRE(fn.r != NULL);
}

/* Two resolvers that share caches, in place of the one that fn_start made. */
static inline void
fn_start_other(struct cp_caches *caches)
{
	struct cp_resolver_ops ops = fn.ops;

	cp_resolver_destroy(fn.r);
	fn.cfg.caches = caches;
	fn.cfg.shared = true;
	fn.r = cp_resolver_create(&fn.cfg, &fn.ops, fn.policy);
	ops.arg = &fn.other;
	fn.cfg.reader = 1;
	fn.other = cp_resolver_create(&fn.cfg, &ops, fn.policy);
	VA_REQUIRE(fn.r != NULL && fn.other != NULL);
}

/* A root with its servers; records are added by the test. */
static inline struct fn_zone *
fn_root(bool is_signed)
{
	struct fn_zone *root = fn_zone(".", is_signed);

	fn_apex(root);
	fn_add(root, ". 3600 IN NS a.root.");
	fn_add(root, "a.root. 3600 IN A 192.0.2.1");
	fn_server("192.0.2.1", root);
	return root;
}

static inline void
fn_reset(void)
{
	cp_resolver_destroy(fn.r);
	cp_resolver_destroy(fn.other);
	cp_policy_put(fn.policy);
	for (unsigned i = 0; i < FN_EVENTS; i++)
		if (fn.event[i].used)
			free(fn.event[i].msg);
	for (unsigned i = 0; i < fn.zone_cnt; i++) {
		if (fn.zone[i]->is_signed)
			va_signer_fini(&fn.zone[i]->key);
		free(fn.zone[i]);
	}
	memset(&fn, 0, sizeof(fn));
}

/* cmocka's teardown, for tests that make nothing else. */
static inline int
fn_teardown(void **state)
{
	(void)state;
	fn_reset();
	return 0;
}

/* --- looking at an answer */

/* Records of type in section (HF_SECTION_*); *ttl of the last, if not NULL. */
static inline unsigned
fn_count(const struct cp_answer *a, enum hf_section section, uint16_t type, uint32_t *ttl)
{
	static uint8_t msg[HF_MSG_MAX];
	struct hf_cursor c;
	struct hf_walk walk;
	struct hf_rr rr;
	unsigned cnt = 0;

	(void)cp_answer_walk(a, msg, &c, &walk);
	while (hf_walk_next(&walk, &rr)) {
		if (rr.section != section || rr.type != type)
			continue;
		cnt++;
		if (ttl != NULL)
			*ttl = rr.ttl;
	}
	VA_REQUIRE(hf_cursor_ok(&c) && c.off == c.end);
	return cnt;
}

static inline unsigned
fn_sent_to(const char *addr, enum cp_transport transport)
{
	struct hf_addr a;
	unsigned cnt = 0;

	VA_REQUIRE(hf_addr_from_text(addr, &a) == 0);
	for (unsigned i = 0; i < fn.sent_cnt; i++)
		cnt +=
		    hf_addr_same_host(&fn.sent[i].server, &a) && fn.sent[i].transport == transport;
	return cnt;
}

static inline uint64_t
fn_counter(enum cp_resolver_counter c)
{
	return cp_resolver_counter(fn.r, c);
}

#endif
