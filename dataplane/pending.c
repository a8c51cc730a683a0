/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/pending.h"

#include <errno.h>
#include <stdlib.h>

/* A handle: 44 random bits, and the place of the question in the low ones, so that the look-up
 * is one load. The place alone is worth nothing: all 64 bits must match. */
enum { HANDLE_INDEX_BITS = 20 };
_Static_assert(DP_PENDING_LIMIT <= 1 << HANDLE_INDEX_BITS, "every place has its number");

static inline uint32_t
index_of(const struct dp_pending *p, const struct dp_question *q)
{
	return (uint32_t)(q - p->questions);
}

static void
chain_free_lists(struct dp_pending *p)
{
	for (uint32_t i = 0; i < p->question_max; i++)
		p->questions[i].next_hash = i + 1 < p->question_max ? i + 1 : DP_NIL;
	for (uint32_t i = 0; i < p->waiter_max; i++)
		p->waiters[i].next = i + 1 < p->waiter_max ? i + 1 : DP_NIL;
	for (uint32_t i = 0; i <= p->slot_mask; i++)
		p->slots[i] = DP_NIL;
	p->free_question = p->free_waiter = 0;
	p->oldest = p->newest = DP_NIL;
	p->settled_first = p->settled_last = DP_NIL;
}

static uint32_t
domain_max(uint32_t question_max)
{
	uint32_t share = question_max / DP_DOMAIN_SHARE;

	return share > DP_DOMAIN_SHARE_MIN ? share : DP_DOMAIN_SHARE_MIN;
}

/* The part of a room of max places that is for those with a cookie. Less than what any network
 * may hold is none. */
static uint32_t
reserve_of(uint32_t max)
{
	uint32_t reserve = max / DP_COOKIE_RESERVE;

	return reserve >= DP_NET_SHARE_MIN ? reserve : 0;
}

int
dp_pending_init(
    struct dp_pending *p, uint32_t question_max, uint32_t waiter_max, const uint8_t seed[16])
{
	uint32_t slot_cnt = 1;

	memset(p, 0, sizeof(*p));
	if (question_max == 0 || waiter_max == 0 || question_max > DP_PENDING_LIMIT ||
	    waiter_max > DP_PENDING_LIMIT)
		return -EINVAL;
	while (slot_cnt < question_max)
		slot_cnt *= 2;
	p->questions =
	    aligned_alloc(alignof(struct dp_question), question_max * sizeof(p->questions[0]));
	p->waiters = malloc(waiter_max * sizeof(p->waiters[0]));
	p->slots = malloc(slot_cnt * sizeof(p->slots[0]));
	if (p->questions == NULL || p->waiters == NULL || p->slots == NULL ||
	    dp_holders_init(&p->clients, waiter_max, seed) != 0 ||
	    dp_holders_init(&p->nets, waiter_max, seed) != 0 ||
	    dp_timers_init(&p->timers, question_max) != 0) {
		dp_pending_fini(p);
		return -ENOMEM;
	}
	memset(p->questions, 0, question_max * sizeof(p->questions[0]));
	memset(p->waiters, 0, waiter_max * sizeof(p->waiters[0]));
	memcpy(&p->handle_key, seed, sizeof(p->handle_key));
	dp_domains_init(&p->domains, domain_max(question_max), seed);
	p->slot_mask = slot_cnt - 1;
	p->question_max = question_max;
	p->waiter_max = waiter_max;
	p->client_limit = DP_CLIENT_WAITING_DEFAULT;
	p->cookie_limit = DP_COOKIE_WAITING_DEFAULT;
	p->ring_room = p->ring_max = UINT32_MAX;
	chain_free_lists(p);
	return 0;
}

void
dp_pending_fini(struct dp_pending *p)
{
	free(p->questions);
	free(p->waiters);
	free(p->slots);
	dp_timers_fini(&p->timers);
	dp_holders_fini(&p->clients);
	dp_holders_fini(&p->nets);
	memset(p, 0, sizeof(*p));
}

static uint64_t
new_handle(struct dp_pending *p, uint32_t index)
{
	uint64_t counter = p->handle_next++;
	uint64_t handle = hf_siphash(&p->handle_key, &counter, sizeof(counter));

	handle = handle << HANDLE_INDEX_BITS | index;
	return handle != 0 ? handle : UINT64_C(1) << 63; /* 0 names nobody */
}

struct dp_question *
dp_pending_find(struct dp_pending *p, const struct dp_key *key)
{
	uint32_t i = p->slots[key->hash & p->slot_mask];

	while (i != DP_NIL) { /* ends: each question is in one chain once */
		struct dp_question *q = &p->questions[i];
		if (q->key.hash == key->hash && dp_key_equal(&q->key.o, &key->o))
			return q;
		i = q->next_hash;
	}
	return NULL;
}

struct dp_question *
dp_pending_by_handle(struct dp_pending *p, uint64_t handle)
{
	uint64_t index = handle & ((UINT64_C(1) << HANDLE_INDEX_BITS) - 1);

	if (index >= p->question_max)
		return NULL;
	struct dp_question *q = &p->questions[index];
	return q->state != DP_QUESTION_FREE && q->handle == handle ? q : NULL;
}

static void
deadline_append(struct dp_pending *p, struct dp_question *q)
{
	uint32_t i = index_of(p, q);

	q->older = p->newest;
	q->newer = DP_NIL;
	if (p->newest != DP_NIL)
		p->questions[p->newest].newer = i;
	else
		p->oldest = i;
	p->newest = i;
}

static void
deadline_remove(struct dp_pending *p, struct dp_question *q)
{
	if (q->older != DP_NIL)
		p->questions[q->older].newer = q->newer;
	else
		p->oldest = q->newer;
	if (q->newer != DP_NIL)
		p->questions[q->newer].older = q->older;
	else
		p->newest = q->older;
}

static void
unhash(struct dp_pending *p, struct dp_question *q)
{
	uint32_t *link = &p->slots[q->key.hash & p->slot_mask];

	if (!q->hashed)
		return;
	while (*link != index_of(p, q))
		link = &p->questions[*link].next_hash;
	*link = q->next_hash;
	q->hashed = false;
}

static struct dp_question *
question_take(struct dp_pending *p, const struct dp_client *c, uint16_t domain)
{
	uint32_t i = p->free_question;
	struct dp_question *q = &p->questions[i];
	uint32_t *slot = &p->slots[c->key->hash & p->slot_mask];

	p->free_question = q->next_hash;
	p->question_cnt++;
	q->key = *c->key;
	q->handle = new_handle(p, i);
	q->asked_ms = c->now_ms;
	q->next_hash = *slot;
	*slot = i;
	q->first = q->last = DP_NIL;
	q->state = DP_QUESTION_ASKED;
	q->sent_cnt = 1;
	q->domain = domain;
	q->hashed = true;
	q->timer_fired = false;
	deadline_append(p, q);
	dp_timers_set(&p->timers, i, c->now_ms + c->timer_ms);
	return q;
}

/* The rest of the query is not kept. */
static void
cookie_keep(struct dp_waiter *w, const uint8_t *msg)
{
	memcpy(w->frame + w->frame_len, msg + w->edns.cookie_off, w->edns.cookie_len);
	w->frame_len = (uint16_t)(w->frame_len + w->edns.cookie_len);
	w->edns.cookie_off = w->question_end;
}

/* Places of a client and of its network. */
struct places {
	uint32_t client, net;
};

static void
waiter_take(
    struct dp_pending *p, struct dp_question *q, const struct dp_client *c, struct places places)
{
	uint32_t i = p->free_waiter;
	struct dp_waiter *w = &p->waiters[i];

	p->free_waiter = w->next;
	p->waiter_cnt++;
	w->next = DP_NIL;
	w->dns_off = c->frame->dns_off;
	w->question_end = (uint16_t)c->q->question_end;
	w->frame_len = (uint16_t)(w->dns_off + w->question_end);
	w->port = c->frame->port;
	w->arrived = c->frame->arrived;
	w->holder = places.client;
	w->net = places.net;
	w->cookie = c->frame->cookie;
	w->h = c->q->h;
	w->edns = c->q->edns;
	w->asked_ms = c->now_ms;
	memcpy(w->frame, c->frame->octets, w->frame_len);
	if (w->edns.cookie_len != 0)
		cookie_keep(w, c->frame->octets + w->dns_off);
	if (q->last != DP_NIL)
		p->waiters[q->last].next = i;
	else
		q->first = i;
	q->last = i;
}

static uint32_t
room_of(uint32_t max, uint32_t left, bool cookie)
{
	uint32_t reserve = cookie ? 0 : reserve_of(max);

	return left > reserve ? left - reserve : 0;
}

/* Places left for one more: among waiters, questions and on the ring, whichever is least. */
static uint32_t
room_left(const struct dp_pending *p, bool new, bool cookie)
{
	uint32_t room = room_of(p->waiter_max, p->waiter_max - p->waiter_cnt, cookie);

	if (!new)
		return room;
	uint32_t questions = room_of(p->question_max, p->question_max - p->question_cnt, cookie);
	uint32_t ring = room_of(p->ring_max, p->ring_room, cookie);

	room = questions < room ? questions : room;
	return ring < room ? ring : room;
}

static uint32_t
net_share(uint32_t room)
{
	uint32_t share = room / DP_NET_SHARE;

	return share > DP_NET_SHARE_MIN ? share : DP_NET_SHARE_MIN;
}

/* A place for this client and one for his network: JOINED; or why not. */
static enum dp_pending_add
places_get(struct dp_pending *p, const struct dp_frame *f, bool new, struct places *out)
{
	uint32_t room = room_left(p, new, f->cookie);

	if (room == 0)
		return new &&room_of(p->ring_max, p->ring_room, f->cookie) == 0
		    ? DP_PENDING_RING_FULL
		    : DP_PENDING_FULL;
	out->client =
	    dp_holder_get(&p->clients, f->client, f->cookie ? p->cookie_limit : p->client_limit);
	if (out->client == DP_NIL)
		return DP_PENDING_CLIENT_FULL;
	out->net = dp_holder_get(&p->nets, f->net, net_share(room));
	if (out->net != DP_NIL)
		return DP_PENDING_JOINED;
	dp_holder_put(&p->clients, out->client);
	return room < DP_NET_SCARCE ? DP_PENDING_SHARE_SCARCE : DP_PENDING_SHARE_FULL;
}

static void
places_put(struct dp_pending *p, struct places places)
{
	dp_holder_put(&p->clients, places.client);
	dp_holder_put(&p->nets, places.net);
}

enum dp_pending_add
dp_pending_add(struct dp_pending *p, const struct dp_client *c, struct dp_question **out)
{
	struct places places;

	if (p->free_waiter == DP_NIL ||
	    c->frame->dns_off + c->q->question_end + c->q->edns.cookie_len >
		(uint32_t)DP_FRAME_KEEP_MAX)
		return DP_PENDING_FULL;
	struct dp_question *q = dp_pending_find(p, c->key);
	if (q == NULL && p->free_question == DP_NIL)
		return DP_PENDING_FULL;
	enum dp_pending_add r = places_get(p, c->frame, q == NULL, &places);
	if (r != DP_PENDING_JOINED)
		return r;
	if (q == NULL) {
		uint16_t domain = dp_domain_get(&p->domains, c->key->o.name, c->key->o.name_len);
		if (domain == DP_DOMAIN_FULL) {
			places_put(p, places);
			return DP_PENDING_DOMAIN_FULL;
		}
		q = question_take(p, c, domain);
		r = DP_PENDING_NEW;
	}
	waiter_take(p, q, c, places);
	*out = q;
	return r;
}

void
dp_pending_settle(struct dp_pending *p, struct dp_question *q, enum dp_settle why)
{
	if (q->state == DP_QUESTION_SETTLED) {
		if (q->settle != DP_SETTLE_TIMER)
			return;
		/* The answer came while stale ones were being sent: it serves who is left. */
	} else {
		q->state = DP_QUESTION_SETTLED;
		q->next_settled = DP_NIL;
		if (p->settled_last != DP_NIL)
			p->questions[p->settled_last].next_settled = index_of(p, q);
		else
			p->settled_first = index_of(p, q);
		p->settled_last = index_of(p, q);
	}
	q->settle = (uint8_t)why;
	if (why != DP_SETTLE_TIMER)
		unhash(p, q); /* who asks from now on asks anew */
}

struct dp_question *
dp_pending_settled(struct dp_pending *p)
{
	return p->settled_first == DP_NIL ? NULL : &p->questions[p->settled_first];
}

struct dp_waiter *
dp_pending_first(struct dp_pending *p, const struct dp_question *q)
{
	return q->first == DP_NIL ? NULL : &p->waiters[q->first];
}

void
dp_pending_drop_first(struct dp_pending *p, struct dp_question *q)
{
	uint32_t i = q->first;

	if (i == DP_NIL)
		return;
	places_put(p, (struct places){p->waiters[i].holder, p->waiters[i].net});
	q->first = p->waiters[i].next;
	if (q->first == DP_NIL)
		q->last = DP_NIL;
	p->waiters[i].next = p->free_waiter;
	p->free_waiter = i;
	p->waiter_cnt--;
}

static void
settled_pop(struct dp_pending *p, const struct dp_question *q)
{
	p->settled_first = q->next_settled;
	if (p->settled_first == DP_NIL)
		p->settled_last = DP_NIL;
}

void
dp_pending_reask(struct dp_pending *p, struct dp_question *q)
{
	settled_pop(p, q);
	q->state = DP_QUESTION_ASKED;
}

void
dp_pending_free(struct dp_pending *p, struct dp_question *q)
{
	settled_pop(p, q);
	while (q->first != DP_NIL)
		dp_pending_drop_first(p, q);
	unhash(p, q);
	deadline_remove(p, q);
	dp_timers_cancel(&p->timers, index_of(p, q));
	dp_domain_put(&p->domains, q->domain);
	q->state = DP_QUESTION_FREE;
	q->handle = 0;
	q->next_hash = p->free_question;
	p->free_question = index_of(p, q);
	p->question_cnt--;
}

struct dp_question *
dp_pending_timer(struct dp_pending *p, uint64_t now_ms)
{
	uint32_t i = dp_timers_fire(&p->timers, now_ms);

	if (i == DP_TIMER_NONE)
		return NULL;
	p->questions[i].timer_fired = true;
	return &p->questions[i];
}

struct dp_question *
dp_pending_overdue(struct dp_pending *p, uint64_t now_ms, uint64_t timeout_ms)
{
	uint32_t i = p->oldest;

	/* Those being settled stand in the way for one poll; look past a few of them only. */
	for (unsigned step = 0; i != DP_NIL && step < 64; step++) {
		struct dp_question *q = &p->questions[i];

		if (timeout_ms != 0 && now_ms < q->asked_ms + timeout_ms)
			return NULL;
		if (q->state == DP_QUESTION_ASKED)
			return q;
		i = q->newer;
	}
	return NULL;
}
