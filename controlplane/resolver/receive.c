/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/receive.h"

#include <string.h>

#include "controlplane/resolver/caches.h"
#include "controlplane/resolver/choose.h"
#include "controlplane/resolver/flight.h"
#include "controlplane/resolver/lookup.h"
#include "controlplane/resolver/note.h"
#include "controlplane/resolver/question.h"
#include "controlplane/resolver/send.h"

/* The same server is asked again over TCP. */
static bool
to_tcp(struct cp_resolver *r, struct cp_exchange *x)
{
	CP_COUNT(r, tcp_for_doubt);
	do {
		struct cp_task *t = x->task;

		t->lookup.exchange = NULL;
		t->lookup.phase = CP_LOOKUP_ASK;
		if (cp_trace_is_on(t))
			cp_note_failed(t, x, CP_GAVE_DOUBTFUL);
		cp_send_again(t, x, true);
		cp_task_wake(t);
	} while (cp_flight_pass(x));
	cp_send_end(r, x, CP_END_NOTHING);
	return true;
}

/* Not the reply: the exchange goes on, for a while. */
static bool
odd(struct cp_resolver *r, struct cp_exchange *x)
{
	if (x->odd < CP_ODD_MAX)
		x->odd++;
	if (x->odd < CP_ODD_MAX)
		return false;
	if (x->transport == CP_UDP)
		return to_tcp(r, x);
	do {
		struct cp_task *t = x->task;

		t->lookup.exchange = NULL;
		t->lookup.phase = CP_LOOKUP_ASK;
		if (cp_trace_is_on(t))
			cp_note_failed(t, x, CP_GAVE_MALFORMED);
		cp_send_over(t, x, CP_CAUSE_LAME);
		cp_task_wake(t);
	} while (cp_flight_pass(x));
	cp_send_end(r, x, CP_END_WASTED);
	return true;
}

/* --- the letters of the name ---------------------------------------------------------------- */

static bool
has_question(const uint8_t *msg)
{
	return msg[4] != 0 || msg[5] != 0;
}

static bool
same_case(const struct cp_exchange *x, const uint8_t *msg, size_t len)
{
	return len >= (size_t)HF_HEADER_LEN + x->sent.len &&
	    memcmp(msg + HF_HEADER_LEN, x->sent.octets, x->sent.len) == 0;
}

/* The packet with the name of its question in lower case again, so that no record whose name
 * points at it gets our random letters. */
static const uint8_t *
with_own_case(struct cp_resolver *r, const struct cp_exchange *x, const uint8_t *msg, size_t len)
{
	if (!x->mixed || !has_question(msg) || !same_case(x, msg, len))
		return msg;
	memcpy(r->packet, msg, len);
	memcpy(r->packet + HF_HEADER_LEN, x->question.name.octets, x->question.name.len);
	return r->packet;
}

/* --- the cookie ----------------------------------------------------------------------------- */

enum trust { TRUST_YES, TRUST_NOT, TRUST_TCP };

static void
cookie_learn(struct cp_resolver *r, struct cp_exchange *x, const struct hf_option *server)
{
	const struct cp_cookie *c = &x->cookie;

	x->verified = true;
	if (server->len == c->server_len && memcmp(server->data, c->server, server->len) == 0)
		return;
	cp_servers_cookie(
	    r->servers, &x->server, c->epoch, server->data, server->len, r->now.mono_ns);
}

/* No cookie came although one was sent. */
static enum trust
cookie_missing(struct cp_resolver *r, const struct cp_exchange *x)
{
	struct cp_server known;

	cp_servers_read(r->servers, &x->server, &known);
	if (!known.has_cookies)
		return TRUST_YES;
	CP_COUNT(r, cookie_missing);
	if (x->transport == CP_UDP)
		return TRUST_TCP;
	cp_servers_no_cookie(r->servers, &x->server, r->now.mono_ns);
	return TRUST_YES;
}

static enum trust
cookie_check(struct cp_resolver *r, struct cp_exchange *x, const uint8_t *msg,
    const struct cp_response *resp)
{
	struct hf_option server;

	switch (cp_cookie_read(&x->cookie, msg, &resp->edns, &server)) {
	case CP_COOKIE_OURS:
		cookie_learn(r, x, &server);
		return TRUST_YES;
	case CP_COOKIE_FORGED:
		CP_COUNT(r, cookie_forged);
		/* Over TCP it is the server's own mistake, and TCP needs no cookie. */
		if (x->transport == CP_UDP)
			return TRUST_NOT;
		cp_servers_no_cookie(r->servers, &x->server, r->now.mono_ns);
		return TRUST_YES;
	case CP_COOKIE_NONE:
		break;
	}
	return x->cookie.sent ? cookie_missing(r, x) : TRUST_YES;
}

/* --- the reply ------------------------------------------------------------------------------ */

static void
asked_of(struct cp_resolver *r, const struct cp_exchange *x, struct cp_asked *asked)
{
	struct cp_task *t = x->task;

	*asked = (struct cp_asked){
	    .question = x->question,
	    .cut = t->lookup.cut->zone,
	    .servers = t->lookup.cut,
	    .server = x->server,
	    .edns = x->edns,
	    .cookie = x->cookie.sent,
	    .tcp = x->transport == CP_TCP,
	    .extras = r->extras,
	    .any_glue = r->any_glue,
	    .forward = cp_route_is_forward(t->lookup.route),
	    .port = r->server_port,
	    .loopback = r->ask_loopback,
	    .ns_max = r->limits.ns_names,
	    .addr_max = r->limits.ns_addrs,
	    .scratch = r->scratch,
	    .arena = &t->job->arena,
	};
}

/* A packet with the right ID, question and case. */
static enum trust
judge(struct cp_resolver *r, struct cp_exchange *x, const uint8_t *msg,
    const struct cp_response *resp)
{
	enum trust trust;

	if (resp->says == CP_SAYS_MALFORMED) {
		CP_COUNT(r, malformed);
		return x->transport == CP_UDP ? TRUST_NOT : TRUST_YES;
	}
	trust = cookie_check(r, x, msg, resp);
	/* BADCOOKIE is for those who know our cookie to say. */
	if (trust == TRUST_YES && resp->says == CP_SAYS_BADCOOKIE && !x->verified &&
	    x->transport == CP_UDP)
		return TRUST_NOT;
	return trust;
}

static enum cp_end
end_of(const struct cp_response *resp)
{
	switch (resp->says) {
	case CP_SAYS_LAME:
	case CP_SAYS_MALFORMED:
		return CP_END_WASTED;
	case CP_SAYS_OUTCOME:
		return resp->outcome->kind == CP_KIND_NXDOMAIN ? CP_END_WASTED : CP_END_USEFUL;
	default:
		return CP_END_USEFUL;
	}
}

/* What the server showed it can do. That EDNS works is believed of any reply: it only keeps us from
 * asking without. That something does not work is believed of TCP alone; that it may not work makes
 * us ask over TCP. */
static void
manners_learn(struct cp_resolver *r, const struct cp_exchange *x, const struct cp_response *resp)
{
	const struct cp_tried *tried = cp_choose_tried(x->task, &x->server);
	struct cp_server known;

	cp_servers_read(r->servers, &x->server, &known);
	bool doubt = r->now.mono_ns < known.doubt_ns;

	if (!x->edns && x->transport == CP_UDP && r->now.mono_ns >= known.no_edns_ns && !doubt)
		cp_servers_doubt(r->servers, &x->server, r->now.mono_ns);
	if (doubt && x->edns && x->transport == CP_TCP && !resp->edns.present &&
	    end_of(resp) == CP_END_USEFUL) {
		CP_COUNT(r, edns_off);
		cp_servers_no_edns(r->servers, &x->server, r->now.mono_ns);
	}
	if (!resp->edns.present)
		return;
	/* It took EDNS without a cookie, after it had refused it with one. */
	if (x->transport == CP_TCP && tried != NULL && tried->plainly_refused && x->edns &&
	    !x->cookie.sent && resp->says != CP_SAYS_FORMERR)
		cp_servers_no_cookie(r->servers, &x->server, r->now.mono_ns);
	/* What TCP bears says nothing of UDP when that is in doubt. */
	if (!known.edns_works && (x->transport == CP_UDP || !doubt))
		cp_servers_edns_works(r->servers, &x->server, r->now.mono_ns);
}

/* The reply as x->task understands it. False: it is beyond the octets that its question may
 * receive, which is over then. */
static bool
read_for_task(struct cp_resolver *r, struct cp_exchange *x, const uint8_t *msg, size_t len,
    struct cp_response *resp)
{
	struct cp_task *t = x->task;
	struct cp_asked asked;

	if (!cp_budget_take(&t->job->budget.bytes, (uint32_t)len)) {
		t->lookup.exchange = NULL;
		cp_question_abort(t->job, CP_CAUSE_BYTES);
		return false;
	}
	asked_of(r, x, &asked);
	cp_response_read(&asked, msg, len, resp);
	return true;
}

/* Those who joined x get the reply too. */
static void
share(struct cp_resolver *r, struct cp_exchange *x, const uint8_t *msg, size_t len)
{
	struct cp_response resp;

	while (cp_flight_pass(x))
		if (read_for_task(r, x, msg, len, &resp))
			cp_lookup_reply(x->task, x, &resp);
}

static bool
take(struct cp_resolver *r, struct cp_exchange *x, const uint8_t *msg, size_t len)
{
	struct cp_response resp;
	enum cp_end how;

	while (!read_for_task(r, x, msg, len, &resp)) {
		if (cp_flight_pass(x))
			continue;
		cp_send_end(r, x, CP_END_NOTHING);
		return true;
	}
	switch (judge(r, x, msg, &resp)) {
	case TRUST_NOT:
		return odd(r, x);
	case TRUST_TCP:
		return to_tcp(r, x);
	case TRUST_YES:
		break;
	}
	CP_COUNT_BY(r, out_of_bailiwick, resp.out_of_bailiwick);
	CP_COUNT_BY(r, address_misshapen, resp.misshapen);
	CP_COUNT_BY(r, signature_misplaced, resp.misplaced);
	CP_COUNT_BY(r, address_unusable, resp.unusable);
	manners_learn(r, x, &resp);
	how = end_of(&resp);
	cp_lookup_reply(x->task, x, &resp);
	share(r, x, msg, len);
	cp_send_end(r, x, how);
	return true;
}

bool
cp_receive(struct cp_resolver *r, struct cp_exchange *x, const uint8_t *msg, size_t len)
{
	if (!cp_response_matches(msg, len, x->msg_id, &x->question)) {
		CP_COUNT(r, mismatched);
		return odd(r, x);
	}
	if (x->mixed && has_question(msg) && !same_case(x, msg, len)) {
		CP_COUNT(r, mismatched_case);
		if (x->transport == CP_UDP)
			return to_tcp(r, x);
		cp_servers_no_case(r->servers, &x->server, r->now.mono_ns);
	}
	return take(r, x, with_own_case(r, x, msg, len), len);
}

/* --- the copy of the root ------------------------------------------------------------------- */

bool
cp_receive_copy(struct cp_task *t)
{
	struct cp_resolver *r = t->job->r;
	struct cp_lookup *l = &t->lookup;
	struct cp_exchange x = {.task = t, .transport = CP_TCP, .edns = true};
	struct cp_response resp;
	struct cp_asked asked;

	if (t->job->fresh || l->copy_asked || l->view != CP_VIEW_PUBLIC || l->cut->zone.len > 1)
		return false;
	/* All types at once, or signatures alone, are nothing it could look up. */
	if (t->name.len == 1 && (t->type == HF_TYPE_RRSIG || t->type == HF_TYPE_ANY))
		return false;
	struct cp_rootcopy *root = cp_caches_root(r->caches, r->now.mono_ns);

	if (root == NULL)
		return false;
	l->copy_asked = true; /* if that does not do, the servers are asked */
	x.question = (struct hf_question){.name = t->name, .type = t->type, .klass = HF_CLASS_IN};
	size_t len = cp_rootcopy_answer(root, &x.question, r->packet, HF_MSG_MAX);

	cp_rootcopy_put(root);
	if (len == 0)
		return false;
	asked_of(r, &x, &asked);
	cp_response_read(&asked, r->packet, len, &resp);
	if (resp.says != CP_SAYS_OUTCOME && resp.says != CP_SAYS_REFERRAL)
		return false;
	CP_COUNT(r, root_copy);
	cp_lookup_reply(t, &x, &resp);
	return true;
}
