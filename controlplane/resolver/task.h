/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * task: the work on one client question, cut into pieces that wait for one another.
 *
 * Purpose   A job is one question with its waiters, arena and budget. Its tasks are
 *             QUESTION  follow the alias chain, give the answer       (question.c)
 *             LOOKUP    one owner name and type: find servers, ask, judge (lookup.c)
 *             STATE     the keys of a zone, or why it has none        (chain.c)
 *           A task that needs another says so with cp_task_need and is stepped again when
 *           that one is done. A result is kept for the life of the job, so nothing is done
 *           twice; a circle is seen before it closes. No recursion.
 * Roles     The resolver's thread.
 * Memory    Tasks live in the job's arena, until the job ends.
 * Blocking  Never.
 * Errors    A LOOKUP or STATE always ends with an outcome.
 * Trust     Nothing here reads hostile octets.
 */
#ifndef CP_RESOLVER_TASK_H
#define CP_RESOLVER_TASK_H

#include "controlplane/resolver/budget.h"
#include "controlplane/resolver/delegation.h"
#include "controlplane/resolver/outcome.h"
#include "controlplane/resolver/query.h"
#include "lib/base/arena.h"

enum { CP_TASK_MAX = 256, CP_TRIED_MAX = CP_NS_MAX * CP_NS_ADDR_MAX, CP_BAD_MAX = 32 };

struct cp_resolver;
struct cp_job;
struct cp_exchange;
struct cp_route;
struct cp_trace;

enum cp_task_kind { CP_TASK_QUESTION, CP_TASK_LOOKUP, CP_TASK_STATE };

/* Where a LOOKUP is. */
enum cp_lookup_phase {
	CP_LOOKUP_BEGIN, /* entered on creation; leaves at once: cache, or FIND, or JUDGE */
	CP_LOOKUP_FIND,  /* from BEGIN and after a lost cut; woken by priming; leaves to ASK */
	CP_LOOKUP_ASK, /* a server must be chosen; woken by address look-ups; leaves to WAIT or ends
	                */
	CP_LOOKUP_WAIT, /* an exchange is open; woken by reply or failure; leaves to ASK or JUDGE */
	CP_LOOKUP_NAP, /* no room to send, or another thread asks; woken by time; to ASK or BEGIN */
	CP_LOOKUP_JUDGE, /* records are in; woken by zone states; leaves to ASK (again) or ends */
};

/* Where a STATE is. */
enum cp_state_phase {
	CP_STATE_BEGIN,  /* entered on creation; leaves at once: cache, anchor or PARENT */
	CP_STATE_PARENT, /* the zone that delegated must be judged first; woken by its STATE */
	CP_STATE_DS,     /* the DS look-up is under way; woken by it */
	CP_STATE_UP,     /* no DS to be had: is the zone above insecure? woken by its STATE; ends */
	CP_STATE_KEYS,   /* the DNSKEY look-up is under way; woken by it; ends */
	CP_STATE_ABOVE,  /* no cut here: the state of the zone above is ours; woken by it; ends */
};

struct cp_tried {
	struct cp_tried *next;
	struct hf_addr addr;
	uint8_t sends;
	uint8_t timeouts;
	bool no_edns, no_cookie; /* this look-up asks it without */
	bool plainly_refused;    /* FORMERR over UDP: over TCP it will show what it means */
	bool bad_cookie;         /* BADCOOKIE once: the next time over TCP */
	bool over;               /* said something of no use: not asked again by this look-up */
};

struct cp_lookup {
	enum cp_lookup_phase phase;
	bool raw;        /* take the server's word: addresses of servers, keys before their check */
	bool firm;       /* raw, and a parent's glue is not enough */
	bool shared;     /* got came from a referral seen earlier, not from asking */
	bool tentative;  /* got counts only if it turns out SECURE: asking on is better than less */
	bool refreshed;  /* the parent was asked again about servers that do not answer */
	bool past;       /* a delegation that has run out was looked for (past.h) */
	bool own_seen;   /* the zone's own word on its servers was looked for */
	bool cut_cached; /* the cut was known, not learned by this look-up */
	uint8_t poor_cnt; /* replies that are not good enough, of which poor is the first */
	bool use_tcp;     /* the next send, to `again`, is over TCP */
	bool ask_again;   /* the next send goes to `again` */
	bool spent;       /* no other server is left to ask for better records */
	uint8_t bogus_tries;
	uint8_t silences;     /* time-outs of this cut's servers that are not known to bear EDNS */
	uint8_t last_resorts; /* sends to servers that are down or lame */
	uint8_t tried_cnt;
	enum cp_cause last_cause;
	bool copy_asked;              /* the copy of the root has said what it can */
	uint16_t view;                /* of the delegations it goes by */
	const struct cp_route *route; /* NULL: the public tree, perhaps as a fallback */
	struct cp_delegation *near; /* closest to the name, from BEGIN to FIND; NULL: to be found */
	struct cp_delegation *cut;
	uint64_t zone;  /* its name in server.h */
	bool asked_cut; /* a server of it was asked */
	bool trial;     /* the server that is chosen is tried out, and there is a better one */
	bool counted;   /* it has limits: no public suffix, which everybody needs */
	struct cp_exchange *exchange; /* its own, or one it joined */
	struct cp_task *flight_next;  /* others that joined it (flight.h) */
	struct cp_task *nap_before, *nap_next;
	uint64_t nap_due_ns, nap_end_ns; /* this one; all of them, 0: none yet (nap.h) */
	struct hf_addr again;
	struct cp_shown shown;
	struct cp_outcome *got;   /* what is being judged */
	struct cp_outcome *poor;  /* less credible than an answer should be; NULL: none */
	struct cp_outcome *bogus; /* the first that did not validate */
	struct cp_outcome *good; /* the first that did after it, while others are asked (trace.h) */
	struct cp_tried *tried;  /* CP_TRIED_MAX of them at most; the last one made comes first */
};

struct cp_state {
	enum cp_state_phase phase;
	const struct hf_rrset *ds;
	const struct cp_outcome *ds_lost; /* why there is none */
	uint32_t ttl_s;
	bool past; /* by what was proven before (past.h) */
	struct hf_name above;
};

struct cp_links {
	unsigned cnt;      /* links that are known */
	unsigned name_cnt; /* names: cnt, or one more while the next is looked up */
	const struct hf_name *name[HF_CHAIN_MAX + 2]; /* lower case; name[0] is the question's */
	const struct cp_outcome *link[HF_CHAIN_MAX + 2];
};

struct cp_task {
	struct cp_job *job;
	struct cp_task *next; /* all tasks of the job */
	struct cp_task *run_next;
	struct cp_task *waiting_on; /* at most one */
	struct cp_task *waiters;    /* those whose waiting_on this is */
	struct cp_task *waiter_next;
	enum cp_task_kind kind;
	bool queued, done;
	uint8_t depth; /* of server address look-ups within one another */
	uint16_t type;
	uint16_t view;       /* under which the caches keep what it finds: route.h */
	struct hf_name name; /* lower case */
	struct cp_outcome *result;
	union { /* by kind; there is no room for more than one's own */
		struct cp_lookup lookup;
		struct cp_state state;
		struct cp_links links;
	};
};

struct cp_waiter {
	struct cp_waiter *next;
	uint64_t token;
	uint8_t variant;
	bool large;
	bool cached; /* no packet is to be sent for it */
	bool refresh;
	bool fresh;
	bool trace;
	struct hf_question question; /* case as asked */
};

/* Signed records that came along with an alias, for whoever asks for them next. */
struct cp_offer {
	struct cp_offer *next;
	uint16_t type;
	struct hf_name name;
	struct cp_outcome *outcome;
};

struct cp_job {
	struct cp_resolver *r;
	struct cp_job *older, *newer;             /* all jobs, by deadline */
	struct cp_job *yield_older, *yield_newer; /* those that may have to give way (jostle.h) */
	uint64_t began_ns;
	bool stays; /* does not give way */
	struct cp_job *ready_next;
	struct cp_job *chain; /* same bucket */
	bool ready, over;
	bool cd;
	bool cached;        /* answer from what is cached, or not at all */
	bool refresh;       /* nobody waits: what expires soon counts as expired */
	bool fresh;         /* a refresh: all that is cached of its very name counts as expired */
	bool past;          /* led by what has run out (past.h) */
	bool past_unsigned; /* ... its signatures too */
	bool looped;        /* a circle was seen: what failed may have failed for that */
	bool probing; /* asks servers of a zone that is in trouble, for all others (trouble.h) */
	uint8_t probe_tries; /* further servers it may ask */
	struct hf_name name; /* lower case */
	uint16_t type;
	struct hf_arena arena;
	struct cp_budget budget;
	enum cp_cause cause; /* the budget that ended it, or why it failed */
	uint32_t sends;
	struct cp_waiter *waiters;
	unsigned task_cnt;
	struct cp_task *tasks;
	struct cp_task *run_first, *run_last;
	struct cp_task *root;
	struct cp_offer *offers;
	struct cp_trace *trace; /* NULL: nobody wants to know how it goes */
	unsigned bad_cnt;
	struct hf_addr bad[CP_BAD_MAX]; /* gave records that did not validate */
};

/* Whose word is good enough. */
enum cp_raw {
	CP_RAW_NOT,  /* nobody's: it is judged */
	CP_RAW,      /* any server's, a parent's glue included */
	CP_RAW_FIRM, /* an answer's, not glue */
};

struct cp_want {
	enum cp_task_kind kind;
	const struct hf_name *name;
	uint16_t type;
	enum cp_raw raw;
	bool deeper; /* a server address look-up: counts against the depth */
};

/* The result of the task that does what is wanted: made if need be. NULL: not yet, the
 * caller returns and is stepped again. A circle, a limit or no memory gives a CP_KIND_FAIL. */
const struct cp_outcome *cp_task_need(struct cp_task *from, const struct cp_want *want);
/* The same, but only the task itself and only if it exists. */
struct cp_task *cp_task_find(struct cp_job *job, const struct cp_want *want);

/* End with this outcome (NULL: no memory); whoever waits is stepped again. */
void cp_task_done(struct cp_task *t, struct cp_outcome *result);
/* A CP_KIND_FAIL outcome. Never NULL. */
struct cp_outcome *cp_task_fail(struct cp_task *t, enum cp_cause cause);
/* Step t soon. */
void cp_task_wake(struct cp_task *t);
/* Take the result back: it will be done a second time. */
void cp_task_redo(struct cp_task *t);

struct cp_task *cp_task_create(struct cp_job *job, const struct cp_want *want);
/* Steps of the job until nothing is ready or the job is over. */
void cp_job_run(struct cp_job *job);
/* Was it for want of budget or memory that records were not found good? Then it says nothing of
 * them, and it ends the job. */
bool cp_job_is_spent(struct cp_job *job, enum va_reason reason);
/* May other servers be asked for records that are good, after these were not? For what costs as
 * much as a set of records may, only while half of the budget is left: then what was found out
 * stands, and its zone is known for it. */
bool cp_job_may_search(const struct cp_job *job, enum va_reason reason);
/* This server gave records of the zone (server.h) that did not validate. */
void cp_job_mark_bad(struct cp_job *job, uint64_t zone, const struct hf_addr *server);
bool cp_job_is_bad(const struct cp_job *job, const struct hf_addr *server);

#endif
