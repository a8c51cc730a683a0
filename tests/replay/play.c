/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/replay/play.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/resolver/resolver.h"
#include "lib/base/ns.h"
#include "lib/wire/rdata.h"
#include "tests/replay/client.h"
#include "tests/replay/core.h"
#include "tests/replay/match.h"
#include "tests/replay/net.h"
#include "tests/replay/setup.h"

enum {
	ROUNDS_MAX = 20000,
	SENT_MAX = 4000,
	START_S = 1000, /* of the monotonic clock */
};

#define RANDOM_SEED 0x9e3779b97f4a7c15u

struct play {
	const struct rpl *s;
	struct play_result *result;
	bool over, trace;
	struct setup setup;
	struct net net;
	struct clients clients;
	struct cp_resolver *r;
	struct core *core; /* between clients and resolver; NULL: nothing is served stale */
	struct cp_time now;
	uint64_t started_ns, tick_ns, random;
	uint64_t waited_ns; /* for servers: TTLs went down by that much unasked */
	const struct rpl_step *cur;
	long done_id; /* the last step that was done */
	unsigned rounds;
};

static void __attribute__((format(printf, 3, 4)))
end(struct play *p, enum play_verdict verdict, const char *fmt, ...)
{
	va_list ap;

	if (p->over)
		return;
	p->over = true;
	p->result->verdict = verdict;
	p->result->at_step = p->cur != NULL;
	p->result->step = p->cur != NULL ? p->cur->id : 0;
	va_start(ap, fmt);
	vsnprintf(p->result->why, sizeof(p->result->why), fmt, ap);
	va_end(ap);
}

static void __attribute__((format(printf, 2, 3))) trace(const struct play *p, const char *fmt, ...)
{
	va_list ap;

	if (!p->trace)
		return;
	fprintf(stderr, "%9.3f  ", (double)(p->now.mono_ns - p->started_ns) / HF_NS_PER_S);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static void
trace_message(const struct play *p, const char *what, const struct hf_addr *server,
    const uint8_t *msg, size_t len)
{
	static const char *const names[HF_SECTION_CNT] = {"an", "ns", "ar"};
	char addr[HF_ADDR_TEXT_LEN], name[HF_NAME_TEXT_LEN], type[HF_TYPE_TEXT_LEN], text[300];
	struct view v;

	if (!p->trace)
		return;
	if (!view_read(&v, msg, len, false)) {
		trace(p, "%s %zu octets that cannot be read", what, len);
	} else {
		trace(p, "%s %s %s %s flags %04x rcode %u", what,
		    server != NULL ? hf_addr_to_text(server, addr) : "client",
		    v.question_cnt > 0 ? hf_name_to_text(&v.question.name, name) : "-",
		    hf_type_to_text(v.question.type, type), v.h.flags, v.rcode);
		for (int s = 0; s < HF_SECTION_CNT; s++) {
			match_section_text(v.rr[s], v.cnt[s], text, sizeof(text));
			if (v.cnt[s] > 0)
				trace(p, "    %s %s", names[s], text);
		}
	}
	view_fini(&v);
}

/* --- what the resolver asks for ------------------------------------------------------------ */

static void
do_send(void *arg, const struct cp_send *s)
{
	struct play *p = arg;

	trace_message(p, s->transport == CP_TCP ? "-> TCP" : "->", &s->server, s->msg, s->len);
	net_send(&p->net, s, p->now.mono_ns);
}

static void
do_cancel(void *arg, uint64_t exchange)
{
	struct play *p = arg;

	net_free(net_take(&p->net, exchange));
}

static void ask(struct play *p, const struct client *c);

static void
do_answer(void *arg, uint64_t token, const struct cp_answer *a)
{
	struct play *p = arg;
	struct client *again = NULL;

	/* A refresh that fails is not told: the entry serves to its end. */
	if (p->core != NULL && token == 0 && a->rcode == HF_RCODE_SERVFAIL)
		return;
	if (p->core != NULL)
		core_answer(p->core, p->now.mono_ns, token, a);
	else
		again = client_take(&p->clients, token, a);
	trace(p, "== answer %s verdict %d ede %d %s", hf_rcode_to_text(a->rcode), (int)a->verdict,
	    a->ede, a->ede_text);
	if (again != NULL)
		ask(p, again);
}

static void
do_random(void *arg, void *out, size_t len)
{
	struct play *p = arg;
	uint8_t *to = out;

	for (size_t i = 0; i < len; i++) { /* splitmix64: the same in every run */
		uint64_t z = p->random += 0x9e3779b97f4a7c15u;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
		z = (z ^ z >> 27) * 0x94d049bb133111ebu;
		to[i] = (uint8_t)(z >> 32);
	}
}

/* --- time and packets ---------------------------------------------------------------------- */

static void
set_time(struct play *p, uint64_t mono_ns)
{
	p->now.mono_ns = mono_ns;
	p->now.wall_s = p->setup.wall_s + (int64_t)((mono_ns - p->started_ns) / HF_NS_PER_S);
}

/* What a core of the dataplane wants done. */
static void
take_event(struct play *p, const struct core_event *ev)
{
	struct client *c;

	if (ev->says == CORE_REPLY) {
		c = client_of(&p->clients, ev->client);
		if (c != NULL)
			c->answered = true;
		trace_message(p, "==", NULL, ev->reply->octets, ev->reply->len);
	} else if (ev->says == CORE_ASK &&
	    cp_resolver_ask(p->r, &p->now, &ev->question, ev->variant, ev->handle) != 0) {
		end(p, PLAY_FAIL, "the resolver took no question");
	}
}

/* Replies go straight to where a client keeps them; who it is comes with the reply. */
static void
core_tick(struct play *p)
{
	struct packet *reply = calloc(1, sizeof(*reply));
	struct core_event ev = {.reply = reply};

	if (reply == NULL)
		abort();
	do {
		core_next(p->core, p->now.mono_ns, &ev);
		take_event(p, &ev);
		if (ev.says == CORE_REPLY)
			client_of(&p->clients, ev.client)->reply = *reply;
	} while (ev.says != CORE_NOTHING && ++p->rounds < ROUNDS_MAX);
	free(reply);
}

static void
tick(struct play *p)
{
	p->tick_ns = UINT64_MAX;
	cp_resolver_tick(p->r, &p->now, &p->tick_ns);
	if (p->core == NULL)
		return;
	core_tick(p);
	uint64_t due_ns = core_due_ns(p->core, p->now.mono_ns);

	p->tick_ns = due_ns < p->tick_ns ? due_ns : p->tick_ns;
}

static void
ask(struct play *p, const struct client *c)
{
	const struct hf_question *q = &c->c.query.question;
	uint8_t variant = cp_client_variant(&c->c);
	int rc;

	if (cp_client_cached(&c->c))
		rc = cp_resolver_ask_cached(p->r, &p->now, q, variant, c->token, c->tcp);
	else if (c->tcp)
		rc = cp_resolver_ask_large(p->r, &p->now, q, variant, c->token);
	else
		rc = cp_resolver_ask(p->r, &p->now, q, variant, c->token);
	if (rc != 0)
		end(p, PLAY_FAIL, "the resolver took no question: %s", strerror(-rc));
}

/* q leaves the net and ends with this reply. */
static void
deliver(struct play *p, struct net_query *q, const struct rpl_entry *e)
{
	struct packet *reply = calloc(1, sizeof(*reply));

	if (reply == NULL)
		abort();
	if (!packet_reply(e, &q->v, reply)) {
		end(p, PLAY_FAIL, "the entry of line %u makes no message", e->line);
	} else {
		uint64_t exchange = q->exchange;

		trace_message(p, "<-", &q->server, reply->octets, reply->len);
		/* A reply that does not match ends nothing: nobody else will answer. */
		if (cp_resolver_reply(p->r, &p->now, exchange, reply->octets, reply->len))
			net_free(net_take(&p->net, exchange));
		else
			q->silent = true;
	}
	free(reply);
	tick(p);
}

static void
fail_query(struct play *p, struct net_query *q, enum cp_fail why)
{
	uint64_t exchange = q->exchange;

	trace_message(p, "xx", &q->server, q->msg, HF_HEADER_LEN);
	net_free(net_take(&p->net, exchange));
	cp_resolver_failed(p->r, &p->now, exchange, why);
	tick(p);
}

/* The clock goes to `to`; what is due on the way happens. */
static void
pass_time(struct play *p, uint64_t to)
{
	while (!p->over) {
		struct net_query *q = net_earliest(&p->net);
		uint64_t due = q != NULL ? q->deadline_ns : UINT64_MAX;

		if (p->tick_ns < due)
			due = p->tick_ns;
		if (due > to)
			break;
		if (due > p->now.mono_ns)
			set_time(p, due);
		if (q != NULL && q->deadline_ns <= due)
			fail_query(p, q, CP_FAIL_TIMEOUT);
		else
			tick(p);
		if (++p->rounds > ROUNDS_MAX)
			end(p, PLAY_FAIL, "time does not pass: too many rounds");
	}
	set_time(p, to);
	tick(p);
}

/* To the next moment at which something is due. False when nothing ever is. */
static bool
wait_for_something(struct play *p)
{
	struct net_query *q = net_earliest(&p->net);
	uint64_t due = q != NULL && q->deadline_ns < p->tick_ns ? q->deadline_ns : p->tick_ns;
	uint64_t from = p->now.mono_ns;

	if (due == UINT64_MAX)
		return false;
	pass_time(p, due > from ? due : from);
	p->waited_ns += p->now.mono_ns - from;
	return true;
}

/* --- steps --------------------------------------------------------------------------------- */

static void
advance(struct play *p)
{
	p->done_id = p->cur->id;
	p->cur = p->cur->next;
}

/* CHECK_ANSWERs up to the next QUERY, this one included. */
static unsigned
checks_ahead(const struct rpl_step *s)
{
	unsigned cnt = 0;

	for (; s != NULL && s->action != RPL_QUERY; s = s->next)
		cnt += s->action == RPL_CHECK_ANSWER;
	return cnt;
}

/* The answer that will be compared with a reply to step has TC. */
static bool
wants_tc(const struct rpl_step *step)
{
	for (step = step->next; step != NULL && step->action != RPL_QUERY; step = step->next)
		if (step->action == RPL_CHECK_ANSWER && step->entry != NULL)
			return (step->entry->flags & HF_FLAG_TC) != 0 ||
			    (step->entry->match & RPL_MATCH_UDP) != 0;
	return false;
}

static void
query_core(struct play *p, const struct rpl_step *s, uint16_t id)
{
	struct packet *query = calloc(1, sizeof(*query));
	struct client *c;

	if (query == NULL)
		abort();
	c = client_at_core(&p->clients, s, id, query);
	struct core_event ev = {.reply = &c->reply};

	core_query(p->core, p->now.mono_ns, (uint16_t)c->token, query, &ev);
	take_event(p, &ev);
	if ((ev.refresh & HF_MISS_RECHECK) != 0 || (ev.refresh != 0 && p->setup.prefetch))
		(void)cp_resolver_refresh(p->r, &p->now, &ev.question, ev.variant, 0);
	free(query);
	tick(p);
}

static void
do_query(struct play *p)
{
	const struct rpl_step *s = p->cur;
	struct client *c;
	uint16_t id;

	do_random(p, &id, sizeof(id));
	advance(p);
	if (p->core != NULL) {
		query_core(p, s, id);
		return;
	}
	if (client_asks(&p->clients, s, wants_tc(s), id, &c)) {
		ask(p, c);
		tick(p);
	}
}

static uint32_t
ttl_slack_s(const struct play *p)
{
	return (uint32_t)((p->waited_ns + HF_NS_PER_S - 1) / HF_NS_PER_S);
}

static void
do_check_answer(struct play *p)
{
	char why[RPL_WHY_LEN];
	struct client *c =
	    client_fitting(&p->clients, checks_ahead(p->cur), p->cur, ttl_slack_s(p), why);

	p->result->checks++;
	if (c != NULL) {
		c->taken = true;
		advance(p);
	} else if (why[0] != '\0') {
		end(p, PLAY_FAIL, "%s", why);
	} else {
		end(p, PLAY_FAIL, "no answer");
	}
}

/* A query that is out must fit; with copy_id the entry is its reply. */
static bool
try_check_out_query(struct play *p)
{
	char why[RPL_WHY_LEN];
	const struct rpl_entry *e = p->cur->entry;
	struct net_query *q = net_fitting(&p->net, e, &p->cur->addr, why);

	if (q == NULL)
		return false;
	p->result->checks++;
	advance(p);
	if ((e->adjust & RPL_ADJUST_COPY_ID) != 0)
		deliver(p, q, e);
	return true;
}

/* The reply goes to the query it fits, else to the newest. */
static void
do_reply(struct play *p)
{
	char why[RPL_WHY_LEN];
	const struct rpl_step *s = p->cur;
	struct net_query *q = net_fitting(&p->net, s->entry, &s->addr, why);

	if (q == NULL)
		q = net_newest(&p->net);
	if (q == NULL) {
		end(p, PLAY_FAIL, "no query waits for this reply");
		return;
	}
	advance(p);
	deliver(p, q, s->entry);
}

static void
do_failure(struct play *p, enum cp_fail why)
{
	struct net_query *q = net_newest(&p->net);

	advance(p);
	if (q == NULL) /* how often one asks is one's own affair */
		return;
	if (why == CP_FAIL_TIMEOUT && q->deadline_ns > p->now.mono_ns) {
		p->waited_ns += q->deadline_ns - p->now.mono_ns;
		set_time(p, q->deadline_ns);
	}
	fail_query(p, q, why);
}

static void
do_time_passes(struct play *p)
{
	uint64_t to = p->now.mono_ns + p->cur->elapse_ns;

	advance(p);
	pass_time(p, to);
}

static void
do_step(struct play *p)
{
	switch (p->cur->action) {
	case RPL_QUERY:
		do_query(p);
		break;
	case RPL_CHECK_ANSWER:
		do_check_answer(p);
		break;
	case RPL_CHECK_OUT_QUERY:
		p->result->checks++;
		end(p, PLAY_FAIL, "no such query was sent to a server");
		break;
	case RPL_REPLY:
		do_reply(p);
		break;
	case RPL_TIMEOUT:
		do_failure(p, CP_FAIL_TIMEOUT);
		break;
	case RPL_ERROR:
		do_failure(p, CP_FAIL_UNREACHABLE);
		break;
	case RPL_TIME_PASSES:
		do_time_passes(p);
		break;
	case RPL_TRAFFIC:
	case RPL_NOTHING:
		advance(p);
		break;
	}
}

/* A range that is valid during the last step that was done answers first; one that begins
 * with the next step comes after. */
static bool
try_ranges(struct play *p)
{
	struct rpl_entry *e = NULL;
	struct net_query *q = net_answerable(&p->net, p->s, p->done_id, &e);

	if (q == NULL)
		q = net_answerable(&p->net, p->s, p->cur->id, &e);
	if (q == NULL)
		return false;
	deliver(p, q, e);
	return true;
}

/* Something is checked that time alone may still bring. */
static bool
may_wait(const struct play *p)
{
	if (p->cur->action == RPL_CHECK_ANSWER)
		return clients_untaken(&p->clients) == 0;
	return p->cur->action == RPL_CHECK_OUT_QUERY;
}

static void
round_of(struct play *p)
{
	if (p->cur->action == RPL_CHECK_OUT_QUERY && try_check_out_query(p))
		return;
	if (try_ranges(p))
		return;
	if (may_wait(p) && wait_for_something(p))
		return;
	do_step(p);
}

/* --- begin and end ------------------------------------------------------------------------- */

static void
check_mandatory(struct play *p)
{
	for (const struct rpl_range *g = p->s->ranges; g != NULL; g = g->next)
		for (const struct rpl_entry *e = g->entries; e != NULL; e = e->next)
			if (e->mandatory && e->fired == 0)
				end(p, PLAY_FAIL, "the entry of line %u was never used", e->line);
}

static void
entries_there(struct play *p)
{
	for (p->cur = p->s->steps; p->cur != NULL; p->cur = p->cur->next) {
		bool needs = p->cur->action <= RPL_REPLY;

		if (needs && p->cur->entry == NULL)
			end(p, PLAY_SKIP, "a step without its entry");
	}
	p->cur = p->s->steps;
}

static void
start(struct play *p)
{
	struct cp_resolver_ops ops = {p, do_send, do_cancel, do_answer, do_random, NULL};

	p->started_ns = START_S * HF_NS_PER_S;
	p->random = RANDOM_SEED;
	if (!setup_read(&p->setup, p->s)) {
		end(p, PLAY_SKIP, "%s", p->setup.why);
		return;
	}
	set_time(p, p->started_ns);
	entries_there(p);
	p->r = cp_resolver_create(&p->setup.cfg, &ops, p->setup.policy);
	bool wants_core = p->setup.serve_stale || p->setup.prefetch;

	if (wants_core)
		p->core = core_create(p->setup.policy);
	if (p->r == NULL || (wants_core && p->core == NULL))
		end(p, PLAY_FAIL, "no resolver could be made");
	else
		tick(p);
}

void
play_scenario(const struct rpl *s, bool trace_it, struct play_result *result)
{
	struct play *p = calloc(1, sizeof(*p));

	if (p == NULL)
		abort();
	*result = (struct play_result){.verdict = PLAY_PASS};
	p->s = s;
	p->result = result;
	p->trace = trace_it;
	start(p);
	while (!p->over && p->cur != NULL) {
		round_of(p);
		if (++p->rounds > ROUNDS_MAX || p->net.sent > SENT_MAX)
			end(p, PLAY_FAIL, "too many rounds: %u queries to servers", p->net.sent);
	}
	check_mandatory(p);
	if (result->checks == 0)
		end(p, PLAY_SKIP, "the scenario checks nothing");
	if (p->r != NULL)
		cp_resolver_destroy(p->r);
	core_destroy(p->core);
	net_fini(&p->net);
	clients_fini(&p->clients);
	setup_fini(&p->setup);
	free(p);
}
