/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * packet: a DNS message made from an entry, and a message taken apart to be compared with one.
 *
 * Purpose   Queries of clients, replies of servers; and the reading of what the resolver sends
 *           to either.
 * Roles     The player.
 * Memory    A packet is the caller's; a view's records live in its own arena.
 * Blocking  Never.
 * Errors    False when it does not fit or cannot be read.
 * Trust     Views read what the resolver wrote, with the library's own bounds checks.
 */
#ifndef HF_REPLAY_PACKET_H
#define HF_REPLAY_PACKET_H

#include "tests/replay/rpl.h"

enum { PACKET_EDNS_LEN = 4096 }; /* what clients and servers of a scenario say */

struct packet {
	size_t len;
	uint8_t octets[HF_MSG_MAX];
};

struct view {
	struct hf_arena arena;
	struct hf_header h;
	uint16_t rcode; /* with the upper bits from OPT */
	bool tcp;
	unsigned question_cnt;
	struct hf_question question;
	struct hf_edns edns;
	const uint8_t *msg;
	unsigned cnt[HF_SECTION_CNT]; /* OPT is not counted */
	struct rpl_rr *rr[HF_SECTION_CNT];
};

/* The query of a client. */
bool packet_query(const struct rpl_entry *e, uint16_t id, struct packet *p);

/* The reply of a server to q, which was sent as msg. */
bool packet_reply(const struct rpl_entry *e, const struct view *q, struct packet *p);

/* view_fini is due in every case; msg must live until then. */
bool view_read(struct view *v, const uint8_t *msg, size_t len, bool tcp);
void view_fini(struct view *v);

#endif
