/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * query: the packet we send to a server.
 *
 * Purpose   One question, minimised (RFC 9156), RD=0 (RD=1 for a forwarder, which gets it
 *           whole), EDNS with DO and a buffer of 1232 (RFC 4035 3.2.1), or no EDNS for a
 *           server that cannot bear it (RFC 6891 7).
 * Roles     The resolver's thread.
 * Memory    The caller's buffer.
 * Blocking  Never.
 * Errors    0 when it does not fit, which a valid name never makes happen.
 * Trust     Reads nothing hostile.
 */
#ifndef CP_RESOLVER_QUERY_H
#define CP_RESOLVER_QUERY_H

#include "controlplane/resolver/cookie.h"
#include "lib/wire/message.h"

enum { CP_QUERY_MAX = HF_HEADER_LEN + HF_NAME_MAX + 4 + 11 + CP_COOKIE_OPTION_MAX };

/* RFC 9156 2.3: at most so many hidden questions, the first of them longer by one label. */
enum { CP_MINIMISE_MAX = 10, CP_MINIMISE_ONE_LABEL = 4 };

/* How much of a name a look-up has shown to servers. */
struct cp_shown {
	bool off;       /* the full name from now on */
	uint8_t steps;  /* hidden questions asked */
	uint8_t labels; /* of the longest name shown, or known to have nothing to hide */
};

/* The question to put to a server when q is what is wanted: q itself, or a name above it of a
 * type that every server knows (RFC 9156 2.1), which shows no more than is needed to be
 * referred further down. */
void
cp_query_choose(const struct hf_question *q, const struct cp_shown *shown, struct hf_question *ask);

struct cp_query_head {
	uint16_t id;
	uint16_t flags; /* HF_FLAG_RD and HF_FLAG_CD for a forwarder, else 0 */
	bool edns;
	struct cp_cookie cookie; /* with EDNS only */
};

/* The letters of n in upper or lower case as the bits say, bit i for octet i
 * (draft-vixie-dnsext-dns0x20). */
void cp_query_mix_case(struct hf_name *n, const uint8_t bits[(HF_NAME_MAX + 7) / 8]);

size_t cp_query_write(
    uint8_t buf[CP_QUERY_MAX], const struct cp_query_head *head, const struct hf_question *q);

#endif
