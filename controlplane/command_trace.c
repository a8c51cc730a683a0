/* SPDX-License-Identifier: BSD-3-Clause */
/* trace: the chain of trust to an answer, step by step, live or as the caches have it. */
#include "controlplane/call.h"

#include <errno.h>

#include "controlplane/resolver/caches.h"
#include "controlplane/trace_json.h"
#include "lib/base/clock.h"
#include "lib/wire/rdata.h"

enum {
	GRACE_MS = 3000, /* after the resolver's own limit */
	CORES_MS = 1000, /* for what the cores hold */
};

static bool
read_type(struct cp_call *c, const json_t *args, uint16_t *type)
{
	const char *text = json_string_value(json_object_get(args, "type"));

	if (text != NULL && hf_type_from_text(text, type) == 0 && !hf_type_is_meta(*type))
		return true;
	cp_call_fail(c, CP_EXIT_USAGE, "usage", "\"%.40s\" is not a type that can be traced",
	    text != NULL ? text : "?");
	return false;
}

/* The NTA that covers a name, if one does. */
static json_t *
nta_json(const struct cp_call *c, const struct hf_name *name)
{
	const struct cp_ntas *ntas = c->env->ntas;
	const struct hf_name *by = NULL;
	const struct cp_nta *nta;
	int64_t left_s;

	if (!cp_policy_covers(cp_ntas_policy(ntas), name, &by) ||
	    (nta = cp_ntas_find(ntas, by)) == NULL)
		return json_null();
	left_s = nta->expires - hf_clock_wall_s();
	return json_pack("{s:o, s:I, s:o, s:I, s:s, s:s}", "name", cp_json_name(by), "expires",
	    (json_int_t)nta->expires, "expires_text", cp_json_time(nta->expires), "left_s",
	    (json_int_t)(left_s > 0 ? left_s : 0), "reason", nta->reason, "author",
	    nta->author.name);
}

/* The first of the names on the way to the answer that an NTA covers. */
static json_t *
policy_json(const struct cp_call *c, const struct cp_answer *a)
{
	json_t *nta = nta_json(c, &a->question.name);

	for (uint16_t i = 0; json_is_null(nta) && i < a->chain_cnt; i++)
		nta = nta_json(c, &a->chain[i]);
	return nta;
}

/* The zone at or above a name that is in trouble (resolver/trouble.h); null: none. */
static json_t *
trouble_json(const struct cp_call *c, const struct hf_name *name)
{
	struct cp_troubles *troubles = cp_engine_caches(c->env->engine)->troubles;
	struct hf_name zone = *name;
	struct cp_trouble_at at = {
	    .zone = &zone, .policy_gen = cp_policy_generation(cp_ntas_policy(c->env->ntas))};
	struct cp_time now;

	cp_engine_time(&now);
	at.now_ns = now.mono_ns;
	for (unsigned i = 0; i <= name->label_cnt; i++) {
		hf_name_strip(name, i, &zone);
		if (cp_trouble_is_on(troubles, &at))
			return cp_json_name(&zone);
	}
	return json_null();
}

static void
trace_start(struct cp_call *c, const json_t *args)
{
	const json_t *cached = json_object_get(args, "cached");
	struct hf_question q = {.klass = HF_CLASS_IN};

	if (!cp_call_name(c, args, "name", &q.name) || !read_type(c, args, &q.type))
		return;
	if (cached != NULL && !json_is_boolean(cached) && !json_is_null(cached)) {
		cp_call_fail(c, CP_EXIT_USAGE, "usage", "cached is true or false");
		return;
	}
	int rc = cp_tracer_ask(c->env->tracer, &q, json_is_true(cached), cp_call_token(c, 0xff));

	if (rc != 0) {
		cp_call_fail(c, CP_EXIT_FAILED, rc == -EBUSY ? "busy" : "memory",
		    rc == -EBUSY ? "%d traces are under way: try again in a moment"
				 : "out of memory",
		    CP_TRACES_MAX);
		return;
	}
	c->result =
	    json_pack("{s:o, s:o}", "name", cp_json_name(&q.name), "type", cp_json_type(q.type));
	c->asked = c->heard = 0;
	if (c->result != NULL && json_is_true(cached)) {
		json_object_set_new(c->result, "dataplane", cp_json_dataplane(c));
		cp_call_ask_cores(c, &q.name, q.type);
	}
	c->asked++; /* the resolver */
	cp_call_wait(c,
	    json_is_true(cached)
		? CORES_MS
		: (unsigned)(c->env->config->limit_time_ns / HF_NS_PER_MS) + GRACE_MS);
}

static void
take_trace(struct cp_call *c, const struct cp_traced *t)
{
	if (t->trace == NULL || c->result == NULL) {
		cp_call_fail(c, CP_EXIT_FAILED, "memory", "out of memory");
		return;
	}
	cp_trace_json(c->result, t->trace);
	json_object_set_new(c->result, "trouble", trouble_json(c, &t->answer->question.name));
	json_object_set_new(c->result, "nta", policy_json(c, t->answer));
	json_object_set_new(c->result, "answer", cp_trace_json_answer(t->trace, t->answer));
}

static void
trace_event(struct cp_call *c, const struct cp_event *e)
{
	switch (e->kind) {
	case CP_EVENT_TRACE:
		take_trace(c, e->traced);
		break;
	case CP_EVENT_CACHE:
		cp_call_add_entry(c, e->cache);
		break;
	case CP_EVENT_LOST: /* then the cores say nothing more */
		if (json_object_get(c->result, "answer") != NULL)
			cp_call_done_result(c);
		else
			c->asked = c->heard + 1;
		return;
	case CP_EVENT_DEADLINE:
		if (json_object_get(c->result, "answer") != NULL)
			cp_call_done_result(c);
		else
			cp_call_fail(c, CP_EXIT_FAILED, "internal", "the trace did not end");
		return;
	case CP_EVENT_ACK:
	case CP_EVENT_STATS:
	case CP_EVENT_SURVEY:
	case CP_EVENT_LATENCY:
		return;
	}
	if (c->command != NULL && ++c->heard >= c->asked)
		cp_call_done_result(c);
}

const struct cp_command cp_command_trace = {"trace", trace_start, trace_event};
