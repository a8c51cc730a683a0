/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * response: what a server's packet says, read strictly.
 *
 * Purpose   From hostile octets to an outcome or a delegation: classify (RFC 1034 5.3.3,
 *           2308 2), drop what is not the server's to say, gather RRsets and signatures.
 * Roles     The resolver's thread.
 * Memory    Everything kept is copied into the question's arena.
 * Blocking  Never; at most CP_RESPONSE_RR_MAX records are looked at.
 * Errors    Every way to be of no use is an enum cp_says.
 * Trust     None. Only records at or below the zone the server was asked as are kept; of a
 *           forwarder's, only the answer to the question and the proofs that go with it.
 */
#ifndef CP_RESOLVER_RESPONSE_H
#define CP_RESOLVER_RESPONSE_H

#include "controlplane/resolver/delegation.h"
#include "controlplane/resolver/outcome.h"
#include "lib/base/arena.h"
#include "lib/wire/message.h"

enum {
	CP_RESPONSE_RR_MAX = 1024,
	CP_RRSET_RR_MAX = 100, /* DESIGN 5 */
	CP_RESPONSE_MORE_MAX = 4,
};

enum cp_says {
	CP_SAYS_OUTCOME,   /* answer, alias or denial, in r->outcome */
	CP_SAYS_REFERRAL,  /* to r->cut; what it said of the DS, if anything, in r->ds */
	CP_SAYS_TRUNCATED, /* ask again over TCP */
	CP_SAYS_FORMERR,   /* the server cannot bear EDNS; ask again without */
	CP_SAYS_BADCOOKIE, /* ask again with the cookie that came (RFC 7873 5.3) */
	CP_SAYS_LAME,      /* not responsible, refuses, SERVFAIL, refers upward or to itself */
	CP_SAYS_MALFORMED,
	CP_SAYS_NO_MEMORY,
};

struct cp_scratch { /* one per resolver: too large for a stack */
	unsigned cnt;
	struct hf_rr rr[CP_RESPONSE_RR_MAX];
};

struct cp_asked {
	struct hf_question question;
	struct hf_name cut;                  /* the zone the server was asked as */
	const struct cp_delegation *servers; /* of cut, as its parent names them */
	struct hf_addr server;
	bool edns, tcp;
	bool cookie;   /* EDNS with a cookie */
	bool extras;   /* keep the NS RRset and addresses that come with an answer */
	bool any_glue; /* addresses of servers are taken wherever they are */
	bool forward;  /* of a recursive server: no authority, and any depth below cut */
	uint16_t port; /* of the servers of a referral */
	bool loopback; /* such an address may be a server's */
	unsigned ns_max, addr_max;
	struct cp_scratch *scratch;
	struct hf_arena *arena;
};

struct cp_response {
	enum cp_says says;
	uint16_t rcode;
	struct hf_edns edns;       /* of the reply */
	unsigned out_of_bailiwick; /* records dropped */
	unsigned misshapen;        /* addresses dropped that are none */
	unsigned misplaced;        /* signatures dropped over what cannot be signed */
	unsigned unusable;         /* ... that no server can have */
	bool blank;                /* a denial without a single record to it */
	struct cp_outcome *outcome;
	/* The answer is an alias and its chain went on: signed records only, for only the alias
	 * itself is the server's to say (RFC 2181 5.4.1). Each is of the name the one before
	 * it leads to. */
	unsigned more_cnt;
	struct cp_outcome *more[CP_RESPONSE_MORE_MAX];
	struct cp_delegation *cut;
	struct cp_outcome
	    *own; /* the zone's own NS RRset, if it names servers the parent does not */
	struct cp_outcome *ds; /* the DS RRset or its denial that came with a referral */
};

/* True when msg is a reply with this ID to this question (RFC 5452 9.1). FORMERR may come
 * without a question. */
bool cp_response_matches(const uint8_t *msg, size_t len, uint16_t id, const struct hf_question *q);

void cp_response_read(
    const struct cp_asked *asked, const uint8_t *msg, size_t len, struct cp_response *r);

/* First signer named by the signatures over set that could be one: an ancestor or the owner
 * itself. False when there is none. */
bool cp_rrset_signer(const struct hf_rrset *set, struct hf_name *signer);

#endif
