/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pending: the questions of one core that are under way, and who waits for them.
 *
 * Purpose   Clients stay in the dataplane: the control plane sees a question and a random
 *           64-bit handle. Equal questions on one core wait on one miss.
 * Roles     One per worker; only that worker touches it.
 * Memory    All of it at start: questions and waiters in fixed arrays.
 * Blocking  Never.
 * Loss      DP_PENDING_FULL and its kin: the caller answers at once instead. Room is given so
 *           that a flood leaves some: a network (IPv4 /24, IPv6 /48) may hold half as much as
 *           is left. One that floods ends with a third of all, two with a quarter each, n leave
 *           2/(n+2); whoever holds little gets in as long as there is any. The last of it
 *           is for those whose cookie shows that they are who they say.
 * Trust     Handles come back from another process: an unknown one finds nothing. A handle
 *           only says who to look after; what they get is found by their own question.
 *
 * A question's states:
 *   FREE      in the free list.
 *   ASKED     add() put it here; the control plane works on it. Left by settle(): answered,
 *             stale timer, time-out, control plane lost, not sent.
 *   SETTLED   in the queue of those whose waiters get replies now. Its last waiter gone, it
 *             becomes FREE, or ASKED again (only the stale timer fired and the task goes on;
 *             or policy forbids the answer that came, and it is sent again).
 * From ASKED to FREE it is in the queue of deadlines, oldest first: all wait equally long.
 */
#ifndef DP_PENDING_H
#define DP_PENDING_H

#include "dataplane/domain.h"
#include "dataplane/hash.h"
#include "dataplane/holder.h"
#include "dataplane/timers.h"
#include "lib/base/siphash.h"
#include "lib/wire/message.h"

enum {
	DP_FRAME_KEEP_MAX = 400, /* Ethernet to the end of the question, and a cookie:
	                          * 14+4+40+8+12+259+40 fit */
	DP_QUESTION_MAX_DEFAULT = 8192,
	DP_WAITER_MAX_DEFAULT = 16384,
	DP_PENDING_LIMIT = 1 << 20,      /* most of either */
	DP_SEND_MAX = 3,                 /* times a question is sent, the first included */
	DP_DOMAIN_SHARE = 4,             /* a domain has a quarter of the questions, */
	DP_DOMAIN_SHARE_MIN = 64,        /* or so many if these are more */
	DP_CLIENT_WAITING_DEFAULT = 256, /* replies one client waits for */
	DP_COOKIE_WAITING_DEFAULT = 2048,
	DP_NET_SHARE = 2,       /* a network may have half as much room as is left, */
	DP_NET_SHARE_MIN = 64,  /* or so many if these are more */
	DP_COOKIE_RESERVE = 16, /* the last sixteenth is for those with a cookie */
	DP_NET_SCARCE = 512,    /* with fewer places left, who is over his share gets no reply */
};

enum dp_question_state { DP_QUESTION_FREE, DP_QUESTION_ASKED, DP_QUESTION_SETTLED };

/* Why the waiters of a question get replies now. */
enum dp_settle {
	DP_SETTLE_DONE,      /* the control plane answered */
	DP_SETTLE_TIMER,     /* the stale timer fired: those who can be served stale are */
	DP_SETTLE_TIMED_OUT, /* waited for too long */
	DP_SETTLE_LOST,      /* the control plane is gone */
	DP_SETTLE_RING_FULL, /* it could not be sent */
	DP_SETTLE_CNT,
};

struct dp_waiter {
	uint32_t next; /* of the same question, or of the free list */
	uint16_t frame_len;
	uint16_t dns_off;      /* where the DNS header is in frame */
	uint16_t question_end; /* counted from the DNS header */
	uint16_t port;         /* the I/O side's own notes: the port it came in by */
	uint64_t arrived;      /* ... and its clock then */
	uint32_t holder;       /* its client's place among the holders */
	uint32_t net;          /* its network's */
	bool cookie;           /* it came with a good one */
	struct hf_header h;
	struct hf_edns edns; /* its cookie stands behind the question here */
	uint64_t asked_ms;
	uint8_t frame[DP_FRAME_KEEP_MAX]; /* as received, to the end of the question */
};

struct dp_question {
	struct dp_key key;
	uint64_t handle;
	uint64_t asked_ms;
	uint32_t next_hash;    /* chain of the same hash slot; of the free list */
	uint32_t older, newer; /* deadlines */
	uint32_t next_settled;
	uint32_t first, last; /* waiters, oldest first */
	uint8_t state;        /* enum dp_question_state */
	uint8_t settle;       /* enum dp_settle, when SETTLED */
	uint8_t sent_cnt;
	uint16_t domain; /* its slot among the domains */
	bool hashed;     /* equal questions may join */
	bool timer_fired;
};

struct dp_pending {
	struct dp_question *questions;
	struct dp_waiter *waiters;
	uint32_t *slots; /* by key hash */
	uint32_t slot_mask;
	uint32_t question_max, waiter_max;
	uint32_t question_cnt, waiter_cnt; /* in use */
	uint32_t free_question, free_waiter;
	uint32_t oldest, newest; /* deadlines */
	struct dp_timers timers; /* of those whose stale timer has not fired */
	uint32_t settled_first, settled_last;
	struct hf_siphash_key handle_key; /* handle: SipHash of a counter, no system call */
	uint64_t handle_next;
	uint32_t client_limit, cookie_limit; /* replies one client waits for */
	uint32_t ring_room, ring_max; /* misses that the ring takes, as the worker saw it last */
	struct dp_holders clients, nets;
	struct dp_domains domains;
};

/* The start of a client's frame, borrowed for the call. */
struct dp_frame {
	const uint8_t *octets; /* Ethernet header first, as received */
	uint16_t dns_off;
	uint16_t port;    /* comes back with the reply */
	uint64_t client;  /* dp_packet_client: who shares a limit */
	uint64_t arrived; /* a clock of the I/O side's own, comes back with the reply */
	uint64_t net;     /* dp_packet_net: who shares a share */
	bool cookie;      /* it came with a server cookie that is good (RFC 7873 5.2.4) */
};

enum dp_pending_add {
	DP_PENDING_NEW,
	DP_PENDING_JOINED,
	DP_PENDING_FULL,
	DP_PENDING_RING_FULL,
	DP_PENDING_CLIENT_FULL,
	DP_PENDING_DOMAIN_FULL,
	DP_PENDING_SHARE_FULL,
	DP_PENDING_SHARE_SCARCE,
};

/* At start. seed: 16 random octets. 0, -EINVAL, -ENOMEM. */
int dp_pending_init(
    struct dp_pending *p, uint32_t question_max, uint32_t waiter_max, const uint8_t seed[16]);
void dp_pending_fini(struct dp_pending *p);

/* The question equal to key that is under way and can be joined, or NULL. */
struct dp_question *dp_pending_find(struct dp_pending *p, const struct dp_key *key);

/* A client, its query as parsed, the key made of it, when it came, and how long it is to wait
 * before a stale answer will do. */
struct dp_client {
	const struct dp_frame *frame;
	const struct hf_query *q;
	const struct dp_key *key;
	uint64_t now_ms;
	uint32_t timer_ms;
};

/* Let a client wait. NEW: *out must be sent to the control plane; JOINED: *out was; FULL: no
 * room, or none but for cookies, or the frame is too long; RING_FULL: none on the ring;
 * CLIENT_FULL: this client waits for enough replies; SHARE_FULL: his network does, for the room
 * there is; SHARE_SCARCE: and there is next to none; DOMAIN_FULL: enough questions of this domain
 * are under way. */
enum dp_pending_add
dp_pending_add(struct dp_pending *p, const struct dp_client *client, struct dp_question **out);

/* The question of a handle, or NULL. */
struct dp_question *dp_pending_by_handle(struct dp_pending *p, uint64_t handle);

/* ASKED -> SETTLED. Nothing happens to a question that is SETTLED already. */
void dp_pending_settle(struct dp_pending *p, struct dp_question *q, enum dp_settle why);

/* The oldest settled question, or NULL; and its oldest waiter, or NULL. */
struct dp_question *dp_pending_settled(struct dp_pending *p);
struct dp_waiter *dp_pending_first(struct dp_pending *p, const struct dp_question *q);

/* Of the oldest settled question: drop its oldest waiter; back to ASKED, waiters kept; to FREE
 * with all its waiters. */
void dp_pending_drop_first(struct dp_pending *p, struct dp_question *q);
void dp_pending_reask(struct dp_pending *p, struct dp_question *q);
void dp_pending_free(struct dp_pending *p, struct dp_question *q);

/* The question whose stale timer ran out first, marked as fired; or NULL. */
struct dp_question *dp_pending_timer(struct dp_pending *p, uint64_t now_ms);

/* The oldest ASKED question older than timeout_ms (0: any), or NULL. */
struct dp_question *dp_pending_overdue(struct dp_pending *p, uint64_t now_ms, uint64_t timeout_ms);

#endif
