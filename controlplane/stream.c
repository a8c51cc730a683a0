/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "lib/base/rand.h"
#include "lib/base/siphash.h"
#include "lib/wire/const.h"

enum { BUCKET_CNT = 256, FRAME_HEAD = 2 };

struct stream;

struct cp_ride {
	LIST_ENTRY(cp_ride) link; /* on its stream */
	struct stream *on;
	void *owner;
	uint16_t id;
	bool again; /* it rides for the second time */
	size_t len;
	uint8_t frame[]; /* with the length in front */
};

LIST_HEAD(rides, cp_ride);

/* CONNECTING and OPEN take queries. From OPEN a query that was late, or too many frames for nobody,
 * lead to CLOSING, which takes none and ends with its last ride. */
enum phase { CONNECTING, OPEN, CLOSING };

struct stream {
	LIST_ENTRY(stream) link;  /* in its bucket */
	TAILQ_ENTRY(stream) idle; /* while it has no rides: oldest first */
	struct cp_streams *all;
	struct hf_addr server;
	enum phase phase;
	bool has_worked; /* a reply came */
	bool reading;    /* its callback is on the stack and will close it */
	unsigned ride_cnt, strays;
	struct rides rides;
	struct bufferevent *bev;
	struct event *idle_timer;
};

LIST_HEAD(bucket, stream);
TAILQ_HEAD(idle, stream);

struct cp_streams {
	struct event_base *base;
	struct cp_streams_ops ops;
	struct cp_counters *counters;
	struct hf_siphash_key key;
	size_t cnt;
	struct idle idle;
	struct bucket bucket[BUCKET_CNT];
	uint8_t msg[HF_MSG_MAX];
};

static struct bucket *
bucket_of(struct cp_streams *s, const struct hf_addr *a)
{
	uint8_t text[19] = {a->family, (uint8_t)(a->port >> 8), (uint8_t)a->port};

	memcpy(text + 3, a->octets, 16);
	return &s->bucket[hf_siphash(&s->key, text, sizeof(text)) % BUCKET_CNT];
}

/* --- the life of a stream ------------------------------------------------------------------- */

static void
stream_close(struct stream *st)
{
	struct cp_streams *s = st->all;

	if (st->ride_cnt == 0)
		TAILQ_REMOVE(&s->idle, st, idle);
	LIST_REMOVE(st, link);
	s->cnt--;
	if (st->idle_timer != NULL)
		event_free(st->idle_timer);
	if (st->bev != NULL)
		bufferevent_free(st->bev);
	free(st);
}

static void
stream_end_if_done(struct stream *st)
{
	if (st->phase == CLOSING && st->ride_cnt == 0 && !st->reading)
		stream_close(st);
}

static void
on_idle(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	stream_close(arg);
}

static void
ride_add(struct stream *st, struct cp_ride *ride)
{
	if (st->ride_cnt++ == 0) {
		TAILQ_REMOVE(&st->all->idle, st, idle);
		evtimer_del(st->idle_timer);
	}
	LIST_INSERT_HEAD(&st->rides, ride, link);
	ride->on = st;
}

static void
ride_remove(struct cp_ride *ride)
{
	static const struct timeval idle = {CP_STREAM_IDLE_S, 0};
	struct stream *st = ride->on;

	LIST_REMOVE(ride, link);
	ride->on = NULL;
	if (--st->ride_cnt == 0) {
		TAILQ_INSERT_TAIL(&st->all->idle, st, idle);
		evtimer_add(st->idle_timer, &idle);
	}
}

static void
ride_fail(struct cp_streams *s, struct cp_ride *ride, enum cp_fail why)
{
	void *owner = ride->owner;

	free(ride);
	s->ops.failed(owner, why);
}

/* --- choosing and opening ------------------------------------------------------------------- */

static bool
has_id(const struct stream *st, uint16_t id)
{
	const struct cp_ride *r;

	LIST_FOREACH(r, &st->rides, link)
	{
		if (r->id == id)
			return true;
	}
	return false;
}

/* The least busy stream that can take a query with this ID; *cnt: all of the server's. */
static struct stream *
stream_find(struct cp_streams *s, const struct hf_addr *server, uint16_t id, unsigned *cnt)
{
	struct stream *st, *best = NULL;

	*cnt = 0;
	LIST_FOREACH(st, bucket_of(s, server), link)
	{
		if (!hf_addr_equal(&st->server, server))
			continue;
		(*cnt)++;
		if (st->phase != CLOSING && st->ride_cnt < CP_STREAM_RIDES_MAX && !has_id(st, id) &&
		    (best == NULL || st->ride_cnt < best->ride_cnt))
			best = st;
	}
	return best;
}

static void on_read(struct bufferevent *bev, void *arg);
static void on_event(struct bufferevent *bev, short what, void *arg);

static int
stream_connect(struct stream *st)
{
	struct sockaddr_storage ss;
	socklen_t len = hf_addr_to_sockaddr(&st->server, &ss);
	int on = 1;

	bufferevent_setcb(st->bev, on_read, NULL, on_event, st);
	bufferevent_setwatermark(st->bev, EV_READ, 0, FRAME_HEAD + HF_MSG_MAX);
	if (bufferevent_enable(st->bev, EV_READ | EV_WRITE) != 0)
		return -ENOMEM;
	if (bufferevent_socket_connect(st->bev, (struct sockaddr *)&ss, (int)len) != 0)
		return errno != 0 ? -errno : -EHOSTUNREACH;
	/* Queries behind the first must not wait for its acknowledgement. */
	(void)setsockopt(bufferevent_getfd(st->bev), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return 0;
}

static int
stream_open(struct cp_streams *s, const struct hf_addr *server, struct stream **out)
{
	struct stream *st;
	int rc = -ENOMEM;

	if (s->cnt >= CP_STREAMS_MAX && !TAILQ_EMPTY(&s->idle))
		stream_close(TAILQ_FIRST(&s->idle));
	if (s->cnt >= CP_STREAMS_MAX)
		return -ENOBUFS;
	st = calloc(1, sizeof(*st));
	if (st == NULL)
		return -ENOMEM;
	st->all = s;
	st->server = *server;
	LIST_INIT(&st->rides);
	LIST_INSERT_HEAD(bucket_of(s, server), st, link);
	TAILQ_INSERT_TAIL(&s->idle, st, idle);
	s->cnt++;
	/* Deferred: a connect that fails at once must not call back from in here. */
	st->bev =
	    bufferevent_socket_new(s->base, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	st->idle_timer = evtimer_new(s->base, on_idle, st);
	if (st->bev != NULL && st->idle_timer != NULL)
		rc = stream_connect(st);
	if (rc != 0) {
		stream_close(st);
		return rc;
	}
	cp_count(s->counters, up_tcp_opened);
	*out = st;
	return 0;
}

/* Put the ride on a stream: one that is there, or a fresh one when that is busy, or when the ride
 * has lost one before. */
static int
ride_start(struct cp_streams *s, const struct hf_addr *server, struct cp_ride *ride)
{
	unsigned cnt;
	struct stream *st = stream_find(s, server, ride->id, &cnt);
	bool fresh = ride->again || st == NULL || st->ride_cnt >= CP_STREAM_RIDES_NICE;
	struct stream *opened = NULL;
	int rc = -ENOBUFS;

	if (fresh && cnt < CP_STREAM_SERVER_MAX)
		rc = stream_open(s, server, &opened);
	if (opened != NULL)
		st = opened;
	else if (st == NULL)
		return rc;
	else
		cp_count(s->counters, up_tcp_reused);
	if (bufferevent_write(st->bev, ride->frame, ride->len) != 0) {
		if (opened != NULL)
			stream_close(opened);
		return -ENOMEM;
	}
	ride_add(st, ride);
	return 0;
}

/* --- what arrives --------------------------------------------------------------------------- */

/* One whole frame into s->msg; its length, 0 when there is none yet. */
static size_t
take_frame(struct cp_streams *s, struct evbuffer *in)
{
	uint8_t head[FRAME_HEAD];

	if (evbuffer_copyout(in, head, sizeof(head)) != (ssize_t)sizeof(head))
		return 0;
	size_t len = (size_t)head[0] << 8 | head[1];

	if (evbuffer_get_length(in) < sizeof(head) + len)
		return 0;
	evbuffer_drain(in, sizeof(head));
	if (len < HF_HEADER_LEN) { /* one octet that is no message, for the caller to see */
		evbuffer_drain(in, len);
		return 1;
	}
	return evbuffer_remove(in, s->msg, len) == (int)len ? len : 0;
}

static void
frame_take(struct stream *st, size_t len)
{
	struct cp_streams *s = st->all;
	uint16_t id = (uint16_t)(s->msg[0] << 8 | s->msg[1]);
	struct cp_ride *r;

	LIST_FOREACH(r, &st->rides, link)
	{
		if (len >= HF_HEADER_LEN && r->id == id) {
			st->has_worked = true;
			s->ops.reply(r->owner, s->msg, len);
			return;
		}
	}
	cp_count(s->counters, up_tcp_stray);
	if (++st->strays >= CP_STREAM_STRAYS_MAX)
		st->phase = CLOSING;
}

/* All whole frames: at most 64 KiB are buffered (the watermark). */
static void
on_read(struct bufferevent *bev, void *arg)
{
	struct stream *st = arg;
	size_t len;

	st->reading = true;
	while (st->phase != CLOSING || st->ride_cnt > 0) {
		len = take_frame(st->all, bufferevent_get_input(bev));
		if (len == 0)
			break;
		frame_take(st, len);
	}
	st->reading = false;
	stream_end_if_done(st);
}

static enum cp_fail
fail_of(const struct stream *st, short what, int err)
{
	if (st->phase == CONNECTING)
		return CP_FAIL_UNREACHABLE;
	if ((what & BEV_EVENT_EOF) != 0 || err == ECONNRESET || err == EPIPE)
		return CP_FAIL_RESET;
	return CP_FAIL_UNREACHABLE;
}

/* The stream is gone: rides get another one if it had worked, and fail otherwise. */
static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct stream *st = arg;
	struct cp_streams *s = st->all;
	struct hf_addr server = st->server;
	bool has_worked = st->has_worked;
	struct rides lost = LIST_HEAD_INITIALIZER(lost);
	struct cp_ride *r;

	(void)bev;
	if ((what & BEV_EVENT_CONNECTED) != 0) {
		if (st->phase == CONNECTING)
			st->phase = OPEN;
		return;
	}
	enum cp_fail why = fail_of(st, what, EVUTIL_SOCKET_ERROR());

	while ((r = LIST_FIRST(&st->rides)) != NULL) {
		ride_remove(r);
		LIST_INSERT_HEAD(&lost, r, link);
	}
	stream_close(st);
	while ((r = LIST_FIRST(&lost)) != NULL) {
		LIST_REMOVE(r, link);
		bool retry = has_worked && !r->again && s->ops.again(r->owner);

		r->again = true;
		if (retry && ride_start(s, &server, r) == 0)
			cp_count(s->counters, up_tcp_retry);
		else
			ride_fail(s, r, why);
	}
}

/* --- the public calls ----------------------------------------------------------------------- */

struct cp_streams *
cp_streams_create(
    struct event_base *base, const struct cp_streams_ops *ops, struct cp_counters *counters)
{
	struct cp_streams *s = calloc(1, sizeof(*s));
	struct hf_rand rand;

	if (s == NULL)
		return NULL;
	s->base = base;
	s->ops = *ops;
	s->counters = counters;
	hf_rand_init(&rand);
	hf_rand_bytes(&rand, &s->key, sizeof(s->key));
	TAILQ_INIT(&s->idle);
	for (size_t i = 0; i < BUCKET_CNT; i++)
		LIST_INIT(&s->bucket[i]);
	return s;
}

void
cp_streams_destroy(struct cp_streams *s)
{
	if (s == NULL)
		return;
	while (!TAILQ_EMPTY(&s->idle))
		stream_close(TAILQ_FIRST(&s->idle));
	free(s);
}

int
cp_stream_ask(struct cp_streams *s, const struct hf_addr *server, const uint8_t *msg, size_t len,
    void *owner, struct cp_ride **ride)
{
	struct cp_ride *r;
	int rc;

	if (len < FRAME_HEAD || len > HF_MSG_MAX)
		return -EMSGSIZE;
	r = calloc(1, sizeof(*r) + FRAME_HEAD + len);
	if (r == NULL)
		return -ENOMEM;
	r->owner = owner;
	r->id = (uint16_t)(msg[0] << 8 | msg[1]);
	r->len = FRAME_HEAD + len;
	r->frame[0] = (uint8_t)(len >> 8);
	r->frame[1] = (uint8_t)len;
	memcpy(r->frame + FRAME_HEAD, msg, len);
	rc = ride_start(s, server, r);
	if (rc != 0)
		free(r);
	else
		*ride = r;
	return rc;
}

void
cp_stream_leave(struct cp_ride *ride, bool late)
{
	struct stream *st = ride->on;

	if (st == NULL) { /* its stream was lost a moment ago, and it is next to get another */
		LIST_REMOVE(ride, link);
		free(ride);
		return;
	}
	ride_remove(ride);
	free(ride);
	if (late)
		st->phase = CLOSING;
	stream_end_if_done(st);
}

size_t
cp_streams_cnt(const struct cp_streams *s)
{
	return s->cnt;
}
