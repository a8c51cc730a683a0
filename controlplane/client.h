/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client: one DNS query of a client of our own listeners, from octets to the reply.
 *
 * Purpose   What UDP and TCP have in common: parse, judge, ask, write the reply. Who asked
 *           and how the reply travels is the transport's business.
 * Roles     The main thread.
 * Memory    The transport owns a struct cp_client until it is done with it.
 * Blocking  Never.
 * Errors    Every way out but a reply is counted.
 * Trust     The query is hostile.
 */
#ifndef CP_CLIENT_H
#define CP_CLIENT_H

#include "controlplane/counters.h"
#include "controlplane/engine.h"
#include "lib/base/access.h"
#include "lib/base/addr.h"
#include "lib/wire/identity.h"
#include "lib/wire/message.h"
#include "lib/wire/reply.h"

enum { CP_CLIENT_HEAD_MAX = HF_HEADER_LEN + HF_NAME_MAX + 4 };

struct cp_client {
	const struct hf_identity *identity;      /* set by the transport; NULL: hidden */
	const struct hf_cookie_secrets *cookies; /* set by the transport; NULL: none */
	const struct hf_access *access;          /* set by the transport; NULL: all may ask */
	struct hf_addr peer;                     /* set by the transport: who asks */
	bool over_tcp; /* set by the transport; a cookie is never required */
	struct hf_query query;
	uint8_t head[CP_CLIENT_HEAD_MAX]; /* header and question as they came */
	uint16_t head_len;
	uint8_t cookie[HF_COOKIE_OPTION_MAX]; /* query.edns.cookie_len octets, as they came */
	uint8_t body[HF_IDENTITY_BODY_MAX];   /* of a reply that is made here */
};

enum cp_client_next {
	CP_CLIENT_DROP,  /* no reply */
	CP_CLIENT_REPLY, /* *r says what to reply now */
	CP_CLIENT_ASK,   /* ask the engine */
};

/* Read a query. On CP_CLIENT_REPLY *r is filled in. */
enum cp_client_next cp_client_read(struct cp_client *c, const uint8_t *msg, size_t len,
    struct cp_counters *counters, struct hf_reply *r);

/* HF_VARIANT_* that the query asks for. */
uint8_t cp_client_variant(const struct cp_client *c);

/* No recursion is wanted (RD=0): only what is cached. */
bool cp_client_cached(const struct cp_client *c);

/* The reply to a, or SERVFAIL when a is NULL, in buf. Returns its length, 0: none. */
size_t cp_client_answer(
    const struct cp_client *c, const struct cp_answer *a, size_t limit, uint8_t *buf, size_t cap);
size_t cp_client_reply(
    const struct cp_client *c, const struct hf_reply *r, size_t limit, uint8_t *buf, size_t cap);
/* SERVFAIL: too many questions under way. */
size_t cp_client_busy(const struct cp_client *c, size_t limit, uint8_t *buf, size_t cap);

#endif
