/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * counters: what the evil authority has received and done.
 *
 * Purpose   Counted where it happens; asked for by `dig @SERVER CH TXT counters.` One more
 *           count for every tag (word q): what one question of a client has led to.
 * Roles     The authority's thread.
 * Memory    A table of EVIL_TAG_SLOTS tags.
 * Blocking  Never.
 * Loss      Tags beyond the table are counted in tags_full.
 * Trust     Tags are hostile numbers; the table is bounded.
 */
#ifndef EVIL_COUNTERS_H
#define EVIL_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/wire/message.h"

#define EVIL_COUNTERS(X)                                                  \
	X(udp_queries, "received over UDP")                               \
	X(tcp_queries, "received over TCP")                               \
	X(tcp_connections, "accepted")                                    \
	X(not_dns, "datagrams or frames that are no query")               \
	X(not_served, "asked of an address that does not serve the name") \
	X(no_edns, "queries without OPT")                                 \
	X(cookies, "queries with a DNS cookie")                           \
	X(mixed_case, "queries whose name has upper case letters")        \
	X(recursive, "queries with RD")                                   \
	X(replies, "true replies sent, or what the words make of them")   \
	X(silent, "queries not answered because of a word")               \
	X(dropped, "replies lost on the way")                             \
	X(doubled, "replies sent twice")                                  \
	X(late, "replies overtaken by others")                            \
	X(forged, "forged replies sent")                                  \
	X(malformed, "malformed replies sent")                            \
	X(send_failed, "datagrams that the kernel did not take")          \
	X(queue_full, "delayed replies beyond what is held: lost")        \
	X(tags_full, "queries whose tag found no slot")

struct evil_counters {
#define X(name, text) uint64_t name;
	EVIL_COUNTERS(X)
#undef X
};

enum { EVIL_TAG_SLOTS = 1 << 20 };

struct evil_tags;

struct evil_tags *evil_tags_create(void); /* NULL without memory */
void evil_tags_destroy(struct evil_tags *t);
void evil_tags_reset(struct evil_tags *t);
/* Tag 0 is not counted. False: no slot. */
bool evil_tags_count(struct evil_tags *t, uint32_t tag);
uint32_t evil_tags_get(const struct evil_tags *t, uint32_t tag);
/* The tag with the highest count, 0 when there is none; how many tags there are. */
uint32_t evil_tags_top(const struct evil_tags *t, uint32_t *cnt, uint32_t *tags);

/* The reply to a CH TXT query: "counters.", "q7." (of a tag), "top." (the worst tag), "reset."
 * (all to 0). Octets in buf, 0 for none. */
size_t evil_counters_reply(struct evil_counters *c, struct evil_tags *t, const struct hf_query *q,
    uint8_t *buf, size_t cap);

#endif
