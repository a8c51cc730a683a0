/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * render: the records of an answer as octets that stand behind a question at offset 12.
 *
 * Purpose   Alias chain first, then the answer, then the proofs; signatures and proofs only
 *           for those who asked with DO (RFC 4035 3.2.1).
 * Roles     The resolver's thread.
 * Memory    Into the caller's buffer.
 * Blocking  Never.
 * Errors    An answer over the cap is cut to nothing: truncated is set (RFC 2181 9).
 * Trust     Records were expanded and checked before.
 */
#ifndef CP_RESOLVER_RENDER_H
#define CP_RESOLVER_RENDER_H

#include "controlplane/resolver/resolver.h"
#include "controlplane/resolver/task.h"

struct cp_page {
	uint8_t *buf;    /* message buffer, HF_MSG_MAX octets */
	size_t body_cap; /* octets allowed behind the question */
	unsigned rr_max; /* records allowed */
	bool dnssec_ok;
	uint32_t now_s;   /* of the wall clock, as signatures have it */
	uint32_t ttl_max; /* no TTL is shown higher */
};

/* Fill in counts, body, truncated, ttl_s (the lowest TTL shown) and valid_s of a. */
void cp_render(const struct cp_links *links, const struct cp_page *page, struct cp_answer *a);

#endif
