/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * call: one request on the admin socket, from its arguments to its one reply.
 *
 * Purpose   What a command needs: the parts of the program, its arguments, a way to reply
 *           now or after the dataplane has spoken. Commands are tables of functions
 *           (cp_command); how lines travel is admin.c's business.
 * Roles     The main thread.
 * Memory    A call belongs to its client and dies with it; JSON is counted by Jansson.
 * Blocking  Never, but for the store (store.h).
 * Errors    Each call is replied to exactly once; a command that waits gets CP_EVENT_DEADLINE
 *           if nothing else comes.
 * Trust     Arguments come from an operator, but through a program: types are checked.
 */
#ifndef CP_CALL_H
#define CP_CALL_H

#include <jansson.h>

#include "controlplane/cookies.h"
#include "controlplane/engine.h"
#include "controlplane/link_client.h"
#include "controlplane/nta.h"
#include "controlplane/prober.h"
#include "controlplane/rollover.h"
#include "controlplane/tracer.h"
#include "lib/config/config.h"

/* Exit codes of holdfastctl (DESIGN 7). */
enum cp_exit {
	CP_EXIT_DONE,
	CP_EXIT_FAILED,
	CP_EXIT_USAGE,
	CP_EXIT_UNREACHABLE,
	CP_EXIT_PARTLY,
	CP_EXIT_REFUSED,
	CP_EXIT_CONFLICT,
	CP_EXIT_CONFIRM,
};

/* What commands look at and change. */
struct cp_admin_env {
	struct cp_engine *engine;
	struct cp_link_client *link;
	struct cp_ntas *ntas;
	struct cp_stales *stales;
	struct cp_tracer *tracer;
	struct cp_prober *prober;
	struct cp_store *store;
	struct cp_counters *counters;
	const struct hf_config *config;
	struct cp_rollover *rollover;
	struct cp_cookies *cookies;
	uint64_t start_ns;
	struct hf_msg_ack ack[HF_SET_CNT]; /* the last ones; generation 0: none */
};

enum cp_event_kind {
	CP_EVENT_ACK,
	CP_EVENT_STATS,
	CP_EVENT_LATENCY,
	CP_EVENT_CACHE,
	CP_EVENT_SURVEY,
	CP_EVENT_TRACE,
	CP_EVENT_LOST,
	CP_EVENT_DEADLINE
};

struct cp_event {
	enum cp_event_kind kind;
	const struct hf_msg_ack *ack;
	const struct hf_msg_stats_say *stats;
	const struct hf_msg_latency_say *latency;
	const struct hf_msg_cache_say *cache;
	const struct hf_msg_survey_say *survey;
	const struct cp_traced *traced;
};

struct cp_call;

struct cp_command {
	const char *name;
	void (*start)(struct cp_call *c, const json_t *args);
	/* For commands that wait; DEADLINE and LOST must end the call. */
	void (*event)(struct cp_call *c, const struct cp_event *e);
};

enum { CP_CALL_ASKS_MAX = 256 };

struct cp_call {
	struct cp_admin_env *env;
	const struct cp_command *command; /* NULL: no call is under way */
	struct cp_author author;
	uint64_t id;          /* never used twice; tokens are id << 8 | n */
	uint64_t deadline_ns; /* 0: does not wait */
	json_t *result;       /* being made */
	json_t *reply;        /* made: admin.c sends it */
	enum hf_msg_set set;  /* wait for the acknowledgement of this generation of it */
	uint64_t generation;
	struct hf_latency_row latency[HF_LATENCY_CNT]; /* latency: of the cores heard so far */
	unsigned asked, heard; /* cache.show, trace, latency: questions to the dataplane */
};

/* End the call. result is taken over; NULL reads as out of memory. */
void cp_call_done(struct cp_call *c, json_t *result);
__attribute__((format(printf, 4, 5))) void
cp_call_fail(struct cp_call *c, enum cp_exit code, const char *reason, const char *fmt, ...);
/* End the call with what is in c->result. */
void cp_call_done_result(struct cp_call *c);
/* Wait for events, at most so long. */
void cp_call_wait(struct cp_call *c, unsigned ms);
/* What c->result tells was changed and is on its way to the cores: end the call when they have
 * taken up this generation of the set, or in two seconds, with "generation", "acknowledged",
 * "cores", "cores_all", "took_us" or "fault" in the result. Such commands have cp_call_acked as
 * their event. */
void cp_call_await(struct cp_call *c, enum hf_msg_set set, uint64_t generation);
void cp_call_acked(struct cp_call *c, const struct cp_event *e);
static inline uint64_t
cp_call_token(const struct cp_call *c, unsigned n)
{
	return c->id << 8 | (n & 0xff);
}

/* The domain name under key. False: the call has failed with "usage". */
bool cp_call_name(struct cp_call *c, const json_t *args, const char *key, struct hf_name *name);

/* JSON of things that several commands show. */
json_t *cp_json_name(const struct hf_name *n);
json_t *cp_json_time(int64_t wall_s); /* RFC 3339, UTC */
json_t *cp_json_u64(uint64_t v);      /* above INT64_MAX: INT64_MAX */
json_t *cp_json_type(uint16_t type);
json_t *cp_json_ede(uint16_t ede); /* null for none */
/* The records of an RRset, and the signatures over it if with_sigs, as cache.show has them. */
json_t *cp_json_records(const struct hf_rrset *set, bool with_sigs, uint32_t ttl_s);

/* command_cache.c, for who shows the same: ask the cores for their entries of name and type, all
 * variants; add what one says to the result's dataplane.entries. */
void cp_call_ask_cores(struct cp_call *c, const struct hf_name *name, uint16_t type);
void cp_call_add_entry(struct cp_call *c, const struct hf_msg_cache_say *m);
/* {"attached", "entries": []} */
json_t *cp_json_dataplane(const struct cp_call *c);

extern const struct cp_command cp_command_status, cp_command_stats, cp_command_latency,
    cp_command_audit_list, cp_command_nta_add, cp_command_nta_approve, cp_command_nta_extend,
    cp_command_nta_list, cp_command_nta_remove, cp_command_nta_show, cp_command_cache_show,
    cp_command_anchor_list, cp_command_anchor_show, cp_command_cookie_show,
    cp_command_cookie_reload, cp_command_stale_set, cp_command_stale_unset, cp_command_stale_show,
    cp_command_stale_list, cp_command_trace, cp_command_survey;

#endif
