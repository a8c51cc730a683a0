/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cookie: DNS cookies towards servers (RFC 7873, RFC 9018).
 *
 * Purpose   The client cookie of a server address: SipHash-2-4 of the address and an epoch under
 *           a secret, so that no server learns another's and nothing must be stored to check a
 *           reply. The epoch changes once a day (RFC 7873 7.1); a server cookie goes with the
 *           client cookie it was given for, and is forgotten with it.
 * Roles     Any thread.
 * Memory    A struct cp_cookie is a value inside an exchange.
 * Blocking  Never.
 * Errors    None.
 * Trust     Options of replies are hostile; the secret never leaves this process. It is a hash of
 *           our server address only: sockets are unbound when the query is written. Whoever
 *           changes addresses is linked for a day at most.
 */
#ifndef CP_RESOLVER_COOKIE_H
#define CP_RESOLVER_COOKIE_H

#include "controlplane/resolver/server.h"
#include "lib/wire/message.h"

enum {
	CP_COOKIE_CLIENT = 8, /* RFC 7873 4 */
	CP_COOKIE_SERVER_MIN = 8,
	CP_COOKIE_OPTION_MAX = 4 + CP_COOKIE_CLIENT + CP_SERVER_COOKIE_MAX,
};

#define CP_COOKIE_EPOCH_NS (86400 * HF_NS_PER_S)

/* What a query carried. */
struct cp_cookie {
	bool sent;
	uint8_t server_len; /* 0: the client cookie alone */
	uint8_t client[CP_COOKIE_CLIENT];
	uint8_t server[CP_SERVER_COOKIE_MAX];
	uint32_t epoch;
};

enum cp_cookie_says {
	CP_COOKIE_NONE,   /* no such option */
	CP_COOKIE_OURS,   /* our client cookie, with the server cookie in *server */
	CP_COOKIE_FORGED, /* another client cookie, or a length that is none: discard (5.3) */
};

/* The cookie for the server at a, of which known is known. */
void cp_cookie_make(const struct hf_siphash_key *secret, const struct hf_addr *a,
    const struct cp_server *known, uint64_t now_ns, struct cp_cookie *out);
/* The option that carries it; its length, 0 when none is sent. */
size_t cp_cookie_option(const struct cp_cookie *c, uint8_t buf[CP_COOKIE_OPTION_MAX]);
/* What the OPT of a reply says; only the first such option counts. server points into msg. */
enum cp_cookie_says cp_cookie_read(const struct cp_cookie *c, const uint8_t *msg,
    const struct hf_edns *edns, struct hf_option *server);

#endif
