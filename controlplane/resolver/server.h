/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * server: what is known about the servers of the world: the infrastructure cache.
 *
 * Purpose   By address: round-trip time and its variation (RFC 6298), failures in a row, what
 *           the server bears (EDNS, cookies, mixed case), fetches under way. By zone and
 *           address: lameness and bad signatures, because a server that is useless for one
 *           zone may be the best for another. By zone: fetches under way and wasted ones.
 *           So that the next choice is a good one, and no zone or server holds more than
 *           its share of us.
 * Roles     Any thread, every call: one cache serves all resolvers of a process (facts.h).
 *           Copies are read without a lock; a change holds a lock for nanoseconds.
 * Memory    A number of slots that is fixed at its creation; a new address takes the slot of an old
 * one. Blocking  Never longer than another thread's change of one record. Errors    None: what was
 * forgotten was never seen. Trust     A server can only make itself look bad. What weakens our
 * defence (no EDNS, no cookie, no mixed case) is told to this file only when TCP proved it: a
 * forged datagram must not turn protection off for the true server (RFC 7873 5.3, 9).
 */
#ifndef CP_RESOLVER_SERVER_H
#define CP_RESOLVER_SERVER_H

#include <stdbool.h>

#include "lib/base/addr.h"
#include "lib/base/ns.h"
#include "lib/base/siphash.h"
#include "lib/wire/name.h"

enum {
	CP_SERVER_SLOTS_MIN = 256, /* addresses; half as many notes, half as many zones */
	CP_SERVER_SLOTS_MAX = 32768,
	CP_SERVER_SLOT_OCTETS = 256, /* of an address, with its share of notes and zones */
	CP_SERVER_COOKIE_MAX = 32,
	CP_SERVER_DOWN = 3, /* failures in a row, from which on it is only probed */
};

#define CP_TIMEOUT_NEW_NS (400 * HF_NS_PER_MS) /* for a server never heard of */
#define CP_TIMEOUT_MIN_NS (100 * HF_NS_PER_MS)
#define CP_TIMEOUT_MAX_NS (1500 * HF_NS_PER_MS) /* three servers fit into the wall clock */
#define CP_TIMEOUT_TCP_NS (1500 * HF_NS_PER_MS) /* at least: a handshake and a large answer */
#define CP_SERVER_FADE_NS (900 * HF_NS_PER_S)   /* knowledge that old is none */

/* A copy of what is known of an address; all zero: nothing. Times are monotonic. */
struct cp_server {
	uint64_t srtt_ns, rttvar_ns; /* 0: not known */
	uint64_t heard_ns;           /* the last reply */
	uint64_t failed_ns;          /* the last failure */
	uint64_t probe_ns;           /* down: when the next question may try it */
	uint64_t began_ns;           /* the last fetch */
	uint64_t rate_ns;            /* token bucket: when it will be full */
	uint64_t noted_ns;           /* until then a zone may have a note about it */
	uint64_t no_edns_ns, no_cookie_ns, no_case_ns, no_tcp_ns; /* until then */
	uint64_t doubt_ns;     /* until then EDNS over UDP is thought to be dropped: TCP is asked */
	uint32_t fails;        /* rounds in a row */
	uint32_t out;          /* fetches under way */
	uint32_t cookie_epoch; /* of the client cookie that the server cookie belongs to */
	uint8_t cookie_len;    /* of the server cookie; 0: none */
	bool edns_works;       /* it once sent an OPT */
	bool has_cookies;      /* it once sent our cookie back: it always must */
	uint8_t pad;
	uint8_t cookie[CP_SERVER_COOKIE_MAX];
};

/* A copy of what a zone knows of an address. */
struct cp_note {
	uint64_t lame_ns;   /* until then */
	uint64_t bogus_ns;  /* until then others are better; after it one question may try */
	uint64_t bogus_cnt; /* bad signatures since the last good one; 0: none */
};

struct cp_fetch_limits {
	uint32_t zone_out, zone_waste; /* under way; wasted ones in a second. 0: no limit */
	uint32_t server_out, server_rate;
};

enum cp_admit { CP_ADMIT_OK, CP_ADMIT_ZONE, CP_ADMIT_ZONE_WASTE, CP_ADMIT_SERVER };

/* How a fetch ended. */
enum cp_end {
	CP_END_USEFUL,
	CP_END_WASTED,  /* a reply without data: NXDOMAIN, lame, malformed */
	CP_END_FAILED,  /* no reply: wasted too, and a failure of the server */
	CP_END_NOTHING, /* given up by us */
};

struct cp_fetch {
	struct hf_addr server;
	uint64_t zone; /* cp_servers_zone */
	bool counted;  /* the zone has limits */
	bool tcp;      /* its time is no round trip, its failure no failure of UDP */
	uint64_t sent_ns;
};

struct cp_servers;

/* octets: about how large, within the bounds above. */
struct cp_servers *cp_servers_create(const struct hf_siphash_key *key, size_t octets);
void cp_servers_destroy(struct cp_servers *s); /* nobody else may be inside */

/* Under which client cookies are made (cookie.h): the same for all who share the cache. */
const struct hf_siphash_key *cp_servers_secret(const struct cp_servers *s);
/* A name for a zone within this cache. */
uint64_t cp_servers_zone(const struct cp_servers *s, const struct hf_name *zone);
void cp_servers_read(const struct cp_servers *s, const struct hf_addr *a, struct cp_server *out);
/* Only worth asking while known->noted_ns is not over: else zeroes at once. */
void cp_servers_note(const struct cp_servers *s, uint64_t zone, const struct cp_server *known,
    const struct hf_addr *a, uint64_t now_ns, struct cp_note *out);

/* A fetch begins, if zone and server have room; then cp_servers_end must follow. A server in a
 * row of failures has less room the longer it lasts. */
enum cp_admit
cp_servers_begin(struct cp_servers *s, const struct cp_fetch *f, const struct cp_fetch_limits *l);
void cp_servers_end(struct cp_servers *s, const struct cp_fetch *f, enum cp_end how,
    const struct cp_fetch_limits *l, uint64_t now_ns);
/* Would begin find room for it at the server? */
bool cp_server_has_room(const struct cp_server *known, const struct cp_fetch_limits *l);

/* The server sent an OPT. */
void cp_servers_edns_works(struct cp_servers *s, const struct hf_addr *a, uint64_t now_ns);
/* Proven over TCP: it does not bear this. Believed for an hour. */
void cp_servers_no_edns(struct cp_servers *s, const struct hf_addr *a, uint64_t now_ns);
void cp_servers_no_cookie(struct cp_servers *s, const struct hf_addr *a, uint64_t now_ns);
void cp_servers_no_case(struct cp_servers *s, const struct hf_addr *a, uint64_t now_ns);
/* It answered over UDP without EDNS, after silence to queries with it. Anybody may have said so,
 * so that it only makes us ask over TCP, for a quarter of an hour. */
void cp_servers_doubt(struct cp_servers *s, const struct hf_addr *a, uint64_t now_ns);
/* It sent our client cookie of this epoch back with a server cookie of len octets. */
void cp_servers_cookie(struct cp_servers *s, const struct hf_addr *a, uint32_t epoch,
    const uint8_t *cookie, size_t len, uint64_t now_ns);

/* It is not authoritative for the zone or cannot answer for it, for so long. */
void cp_servers_lame(
    struct cp_servers *s, uint64_t zone, const struct hf_addr *a, uint64_t for_ns, uint64_t now_ns);
/* Its records of the zone did not validate: avoided for 30 s, longer each time, 10 min at most. */
void
cp_servers_bogus(struct cp_servers *s, uint64_t zone, const struct hf_addr *a, uint64_t now_ns);
/* They did: whatever was said against it is forgotten. */
void
cp_servers_valid(struct cp_servers *s, uint64_t zone, const struct hf_addr *a, uint64_t now_ns);

/* May this question try a server that is down, or one with a bad note whose time is over? True
 * for one question, then not again until the next interval, which is twice as long. */
bool cp_servers_probe(struct cp_servers *s, const struct hf_addr *a, uint64_t now_ns);
bool cp_servers_probe_note(
    struct cp_servers *s, uint64_t zone, const struct hf_addr *a, uint64_t now_ns);

/* True while it is in a row of failures. */
static inline bool
cp_server_is_down(const struct cp_server *known)
{
	return known->fails >= CP_SERVER_DOWN;
}

/* How long to wait for it (RFC 6298 2). tries: how often it was asked before for this look-up:
 * each doubles the time (5.5). */
uint64_t cp_server_timeout_ns(const struct cp_server *known, unsigned tries, uint64_t now_ns);
/* Lower is better, in nanoseconds. */
uint64_t cp_servers_cost_ns(const struct cp_servers *s, const struct hf_addr *a,
    const struct cp_server *known, uint64_t now_ns);

#endif
