/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * resolver: the resolver core. Questions and packets and time in; packets and answers out.
 *
 * Purpose   Iterative resolution from the root hints (RFC 1034 5.3.3), with validation, within
 *           one budget per client query (DESIGN 5). No socket, no clock, no thread: all I/O
 *           is asked for through cp_resolver_ops, time is an argument.
 * Roles     One thread owns a resolver and makes every call.
 * Memory    One arena per question, with a limit; caches are bounded in octets, and may be
 *           shared by several resolvers (caches.h).
 * Blocking  Never.
 * Errors    A question always ends in exactly one ops->answer call.
 * Trust     Packets are hostile. Only a reply that matches server, ID and question of an
 *           exchange that is open is looked at (RFC 5452 4).
 */
#ifndef CP_RESOLVER_H
#define CP_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controlplane/policy.h"
#include "lib/base/addr.h"
#include "lib/base/nat64.h"
#include "lib/link/msg.h"
#include "lib/wire/message.h"
#include "lib/wire/rrset.h"
#include "validator/validator.h"

struct cp_caches;     /* caches.h */
struct cp_delegation; /* delegation.h */
struct cp_trace;      /* trace.h */
struct hf_arena;

struct cp_time {
	uint64_t mono_ns; /* for time-outs and TTLs */
	int64_t wall_s;   /* for signatures */
};

enum cp_transport { CP_UDP, CP_TCP };

struct cp_send {
	uint64_t exchange;     /* names it in reply, failed and cancel; never reused */
	struct hf_addr server; /* with port */
	enum cp_transport transport;
	const uint8_t *msg; /* valid during the call */
	size_t len;
	uint64_t timeout_ns; /* after that, call cp_resolver_failed(CP_FAIL_TIMEOUT) */
};

enum cp_fail {
	CP_FAIL_TIMEOUT,
	CP_FAIL_UNREACHABLE, /* ICMP said so, connect failed, no route */
	CP_FAIL_RESET,       /* TCP closed before a whole reply */
	CP_FAIL_FRAGMENTED,  /* a UDP reply came in pieces: not used, TCP can tell */
	CP_FAIL_LOCAL,       /* no socket, no port: our own shortage */
	CP_FAIL_CNT,
};

/* The end of a question, ready to be sent: what hf_msg_answer needs and hf_reply_write takes. */
struct cp_answer {
	struct hf_question question;
	uint8_t variant;
	uint16_t rcode;
	enum hf_verdict verdict;
	bool under_nta; /* an NTA covered a name in the chain */
	bool strict;    /* ... a strict one: no AD, whatever validates (RFC 7646 2.1) */
	uint16_t ede;   /* HF_EDE_NONE: none. Under an NTA: HF_EDE_NTA when validation would fail */
	uint16_t hidden_ede; /* UNVALIDATED: what would have been said */
	char ede_text[HF_EDE_TEXT_MAX + 1];
	uint32_t ttl_s;
	bool refused;     /* a FAILURE: servers do answer, and none is of use */
	uint32_t valid_s; /* until the first of the signatures expires; 0: there are none */
	uint64_t policy_gen;
	uint16_t chain_cnt; /* owner names after the question's, lower case */
	struct hf_name chain[HF_CHAIN_MAX];
	uint16_t an_cnt, ns_cnt, ar_cnt;
	bool truncated;      /* does not fit body_cap octets */
	const uint8_t *body; /* records behind a question at offset 12; valid during the call */
	uint16_t body_len;
	uint32_t sends; /* upstream packets this question cost */
};

/* a's records as a message in msg, HF_MSG_MAX octets, that w walks by means of c; both point into
 * it. Returns its length. (render.c) */
size_t
cp_answer_walk(const struct cp_answer *a, uint8_t *msg, struct hf_cursor *c, struct hf_walk *w);

struct cp_resolver_ops {
	void *arg;
	void (*send)(void *arg, const struct cp_send *s);
	void (*cancel)(void *arg, uint64_t exchange);
	void (*answer)(void *arg, uint64_t token, const struct cp_answer *a);
	void (*random)(void *arg, void *out, size_t len); /* CSPRNG */
	/* Just before the answer to cp_resolver_trace; both valid during the call. */
	void (*traced)(
	    void *arg, uint64_t token, const struct cp_trace *trace, const struct cp_answer *a);
};

struct cp_resolver_limits { /* DESIGN 5; docs/limits.md. 0 in a field: the default */
	uint32_t sends, bytes, ns_names, ns_addrs, ns_lookup_fails, ns_lookups;
	uint32_t referrals, depth, chain, sends_per_server;
	uint32_t sig_checks, sha1_blocks;
	uint64_t wall_ns;
	uint32_t zone_fetches, zone_waste;    /* under way; without data in a second */
	uint32_t server_fetches, server_rate; /* under way; begun in a second */
	uint32_t zone_check_ms; /* of signature checks for a registrable domain in a second */
	uint32_t tasks;         /* questions under way; 4096 */
	size_t arena_octets;    /* per question; 1 MiB */
	size_t cache_octets;    /* RRset cache; 64 MiB */
	uint32_t body_cap;      /* octets of a rendered body over UDP/link: HF_BODY_MAX */
	uint32_t ttl_min_s;     /* shorter TTLs are raised to it; 0: none are */
	uint32_t ttl_max_s, ttl_neg_max_s, ttl_fail_min_s, ttl_fail_max_s; /* 86400, 3600, 1, 60 */
};

/* A part of the name space that is not resolved from the root. The longest match of a name
 * counts. */
enum cp_zone_kind {
	CP_ZONE_FORWARD,       /* recursive servers are asked, and nobody else */
	CP_ZONE_FORWARD_FIRST, /* they are asked first; the public tree when all of them fail */
	CP_ZONE_STUB,          /* iteration begins at these authoritative servers */
	CP_ZONE_LOCAL,         /* nobody is asked: what is not local data does not exist */
};

struct cp_zone {
	struct hf_name name;
	enum cp_zone_kind kind;
	bool insecure; /* only anchors at or below it count: it is no part of the signed tree */
	bool no_cache; /* forward: what the servers say is for one question only */
	const struct hf_addr *addrs; /* port 0: 53 */
	size_t addr_cnt;
	const struct hf_name *servers; /* stub: servers whose addresses are looked up */
	size_t server_cnt;             /* both together: 1 to 13; 0 for a local zone */
};

struct cp_resolver_config {
	struct cp_resolver_limits limits;
	const struct hf_rrset *root_hints; /* NS of "." first, then A and AAAA sets */
	size_t root_hints_cnt;
	const struct hf_rrset *anchors; /* DS and DNSKEY RRsets; copied. A policy with anchors of
	                                 * its own goes before */
	size_t anchors_cnt;
	const struct cp_zone *zones; /* each name once; copied */
	size_t zones_cnt;
	const struct hf_rrset *local; /* local data, of local zones or of single names; copied */
	size_t local_cnt;
	bool do_ip4, do_ip6;
	struct hf_nat64 nat64; /* with a prefix, IPv4 servers are asked through it */
	bool ask_loopback;     /* a delegation may lead to the loopback: for labs only */
	bool validate;         /* false: everything is insecure (never the default) */
	bool aggressive_nsec;  /* answer from validated NSEC and NSEC3 of others (RFC 8198) */
	const struct va_rules
	    *rules;    /* what validation relies on; copied. NULL: va_rules_default */
	bool extras;   /* NS and addresses that servers add: not minimal (RFC 1034 4.3.2) */
	bool any_glue; /* glue from outside the zone that gives it (never the default) */
	bool any_full; /* ANY is asked of servers; else HINFO (RFC 8482 4.2) */
	bool qname_minimisation; /* RFC 9156 */
	bool mix_case;           /* random case in questions (draft-vixie-dnsext-dns0x20) */
	bool cookies;            /* towards servers (RFC 7873) */
	uint16_t server_port;    /* 53 */
	/* Shared with other resolvers, each with a reader index of its own (grace.h); NULL: this
	 * one makes its own, limits.cache_octets large. */
	struct cp_caches *caches;
	unsigned reader;
	bool shared; /* another thread has them too, at this time */
};

struct cp_resolver;

/* NULL when out of memory or the hints or zones are unusable. policy is referenced. */
struct cp_resolver *cp_resolver_create(const struct cp_resolver_config *cfg,
    const struct cp_resolver_ops *ops, struct cp_policy *policy);
/* Ends every question without an answer call; cancels every exchange. */
void cp_resolver_destroy(struct cp_resolver *r);

/* Ask. variant: HF_VARIANT_*. Equal questions under way are joined. The answer may come
 * before the call returns. Returns 0; -EAGAIN when limits.tasks are under way (no answer
 * call is made then). body_cap larger than the default (TCP) is asked for by tcp. */
int cp_resolver_ask(struct cp_resolver *r, const struct cp_time *now, const struct hf_question *q,
    uint8_t variant, uint64_t token);
int cp_resolver_ask_large(struct cp_resolver *r, const struct cp_time *now,
    const struct hf_question *q, uint8_t variant, uint64_t token); /* body up to 64 KiB */
/* The same for an answer that is known and about to expire, in a cache of the caller's or of
 * ours: what is in the last eighth of its life is fetched anew. On a budget of its own, a
 * quarter of a question's; no question joins it, and a failure is not remembered. -EAGAIN when
 * CP_REFRESH_MAX are under way. */
enum { CP_REFRESH_MAX = 64 };
int cp_resolver_refresh(struct cp_resolver *r, const struct cp_time *now,
    const struct hf_question *q, uint8_t variant, uint64_t token);

/* A refresh of what may be good for long yet: the zone's servers are asked, not the copy of the
 * root. Records that do not validate do no harm to those in the caches. Body up to 64 KiB. */
int cp_resolver_ask_fresh(struct cp_resolver *r, const struct cp_time *now,
    const struct hf_question *q, uint8_t variant, uint64_t token);

/* The same without recursion (RD=0): from the caches and local data, else REFUSED with EDE 20.
 * Nothing is sent; the answer comes before the call returns. */
int cp_resolver_ask_cached(struct cp_resolver *r, const struct cp_time *now,
    const struct hf_question *q, uint8_t variant, uint64_t token, bool large);

/* The same, large, and ops.traced is told how it went; cached: nothing is sent. */
int cp_resolver_trace(struct cp_resolver *r, const struct cp_time *now, const struct hf_question *q,
    uint64_t token, bool cached);

/* A packet for an open exchange, from that server. Unknown exchanges are ignored. False: it was
 * not the reply, the exchange stays open (receive.h). True: the exchange is over. */
bool cp_resolver_reply(struct cp_resolver *r, const struct cp_time *now, uint64_t exchange,
    const uint8_t *msg, size_t len);
void cp_resolver_failed(
    struct cp_resolver *r, const struct cp_time *now, uint64_t exchange, enum cp_fail why);

/* The I/O layer has to send the query once more, because the server closed a connection that had
 * worked (RFC 7766 6.2.4). Charged like any other send; false: that cannot be afforded, it failed.
 */
bool cp_resolver_again(struct cp_resolver *r, uint64_t exchange);

/* Run what is due (wall-clock budgets, deferred work); at *next_ns call it again (UINT64_MAX:
 * nothing is due). */
void cp_resolver_tick(struct cp_resolver *r, const struct cp_time *now, uint64_t *next_ns);

/* From now on judge by this snapshot. Questions under way end under it too; answers carry
 * the generation they were judged under. Failures and bogus states of an older generation
 * are not used again, nor is what was found out of the keys of anchored zones if the anchors
 * have changed since. */
void cp_resolver_set_policy(struct cp_resolver *r, struct cp_policy *policy);

/* Counters of the resolver core, one list (name, unit, sentence). */
#define CP_RESOLVER_COUNTERS(X)                                                                 \
	X(asked, questions, "asked by the cores or a listener")                                 \
	X(joined, questions, "joined an equal question under way")                              \
	X(sentinel, questions, "failed to tell which root key is believed (RFC 8509)")          \
	X(root_copy, lookups, "answered from the copy of the root zone (RFC 8806)")             \
	X(local, lookups, "answered from local zones and local data")                           \
	X(cache_hit, questions, "answered wholly from the RRset cache")                         \
	X(aggressive_nxdomain, lookups, "denied by validated NSEC or NSEC3 ranges, not asked")  \
	X(aggressive_nodata, lookups, "NODATA by validated NSEC or NSEC3, not asked")           \
	X(aggressive_wildcard, lookups, "answered from a wildcard and a range, not asked")      \
	X(nxdomain_cut, lookups, "denied by an NXDOMAIN above, not asked")                      \
	X(trouble_began, zones, "found to be such that nothing of them validates")              \
	X(trouble_over, zones, "found to validate again")                                       \
	X(past_cut, lookups, "by a delegation that has run out: the zone above fails")          \
	X(past_state, lookups, "of zones by a proof that has run out: the zone above fails")    \
	X(trouble_failed, lookups, "failed at once: the zone is in trouble")                    \
	X(trouble_probe, lookups, "sent to a zone in trouble, to see whether it is over")       \
	X(lost, lookups, "failed a moment ago for another question, not tried again")           \
	X(refreshed, questions, "fetched anew before they expire")                              \
	X(refreshed_full, questions, "not fetched anew before they expire: too many under way") \
	X(noerror, questions, "ended NOERROR")                                                  \
	X(nxdomain, questions, "ended NXDOMAIN")                                                \
	X(servfail, questions, "ended SERVFAIL")                                                \
	X(secure, questions, "ended secure")                                                    \
	X(insecure, questions, "ended insecure")                                                \
	X(bogus, questions, "ended bogus")                                                      \
	X(unvalidated, questions, "passed by an NTA or CD although validation failed")          \
	X(nta_would_validate, names, "answered under an NTA that needed none")                  \
	X(nta_would_fail, names, "answered under an NTA that would be bogus without it")        \
	X(sent_udp, packets, "sent to servers over UDP")                                        \
	X(sent_tcp, packets, "sent to servers over TCP")                                        \
	X(received, packets, "received from servers")                                           \
	X(mismatched, packets, "with another ID or question, ignored")                          \
	X(malformed, packets, "from servers, not parsable")                                     \
	X(lame, replies, "from a server that is not authoritative or refuses")                  \
	X(timeouts, exchanges, "timed out")                                                     \
	X(unreachable, exchanges, "failed otherwise")                                           \
	X(fell_back, lookups, "went on in the public tree because forwarders failed")           \
	X(out_of_bailiwick, records, "dropped: not the server's to say")                        \
	X(address_misshapen, records, "dropped: an address that is not as long as one")         \
	X(signature_misplaced, records, "dropped: a signature over signatures or a meta type")  \
	X(address_unusable, addresses, "of servers not used: loopback, multicast, unspecified") \
	X(sig_checks, checks, "signatures checked")                                             \
	X(budget_sends, questions, "failed: upstream sends")                                    \
	X(budget_bytes, questions, "failed: octets received")                                   \
	X(budget_referrals, questions, "failed: referrals or depth")                            \
	X(budget_chain, questions, "failed: CNAME and DNAME chain")                             \
	X(budget_ns, questions, "failed: name server look-ups")                                 \
	X(budget_sigs, questions, "failed: signature checks")                                   \
	X(budget_sha1, questions, "failed: NSEC3 hashes")                                       \
	X(budget_wall, questions, "failed: time")                                               \
	X(budget_memory, questions, "failed: arena")                                            \
	X(mismatched_case, packets, "with the question in another case, asked again over TCP")  \
	X(cookie_forged, packets, "with a client cookie that is not ours, ignored")             \
	X(cookie_missing, packets, "without the cookie the server always sent")                 \
	X(cookie_bad, replies, "BADCOOKIE: the server wants its new cookie")                    \
	X(tcp_for_doubt, exchanges, "gone over to TCP after packets that were not the reply")   \
	X(edns_off, servers, "shown over TCP not to bear EDNS")                                 \
	X(fetch_joined, lookups, "waited for an equal query that was out already")              \
	X(fetch_awaited, naps, "of look-ups while another thread asks the same")                \
	X(explored, exchanges, "with another server than the best, to know it")                 \
	X(probed, exchanges, "with a server that is avoided, to see whether it recovered")      \
	X(zone_busy, lookups, "refused: too many fetches of the zone under way")                \
	X(zone_flooded, lookups, "refused: too many fetches of the zone brought nothing")       \
	X(zone_costly, lookups, "refused: too much time spent on signatures of their domain")   \
	X(server_busy, fetches, "refused: too many under way at the server")                    \
	X(jostled, questions, "slow, gave way to new ones")                                     \
	X(tasks_full, questions, "refused: too many under way")                                 \
	X(cache_share, entries, "not cached: their domain holds its share")                     \
	X(cache_busy, entries, "not cached: too much waits to be freed")

enum cp_resolver_counter {
#define X(name, unit, sentence) CP_RESOLVER_##name,
	CP_RESOLVER_COUNTERS(X)
#undef X
	    CP_RESOLVER_COUNTER_CNT,
};
uint64_t cp_resolver_counter(const struct cp_resolver *r, enum cp_resolver_counter c);
/* Adds all to sum. Any thread. */
void cp_resolver_counters(const struct cp_resolver *r, uint64_t sum[CP_RESOLVER_COUNTER_CNT]);
/* What its parent says of the delegation to zone, as far as it is known and fresh, in arena; else
 * NULL. (cache.c) */
struct cp_delegation *
cp_resolver_delegation(struct cp_resolver *r, const struct hf_name *zone, struct hf_arena *arena);
struct cp_caches *cp_resolver_caches(struct cp_resolver *r);

#endif
