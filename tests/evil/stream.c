/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/evil/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

enum { HEAD_LEN = 2, PIECES = 8, BACKLOG = 1024, DNS_PORT = 53 };

struct stream {
	LIST_ENTRY(stream) link;
	struct evil_streams *all;
	struct bufferevent *bev;
	struct event *timer;
	struct evbuffer *slow; /* what goes out in pieces */
	size_t piece;
	struct timeval step;
	bool last; /* close when slow is empty */
	struct hf_addr from, to;
};

struct evil_streams {
	struct event_base *base;
	struct evil_serve *serve;
	struct evconnlistener *listener[2];
	LIST_HEAD(, stream) list;
	unsigned cnt;
	uint8_t frame[HF_MSG_MAX];
};

static void
drop(struct stream *c)
{
	LIST_REMOVE(c, link);
	c->all->cnt--;
	if (c->timer != NULL)
		event_free(c->timer);
	if (c->slow != NULL)
		evbuffer_free(c->slow);
	bufferevent_free(c->bev);
	free(c);
}

static void
on_step(evutil_socket_t fd, short what, void *arg)
{
	struct stream *c = arg;

	(void)fd;
	(void)what;
	evbuffer_remove_buffer(c->slow, bufferevent_get_output(c->bev), c->piece);
	if (evbuffer_get_length(c->slow) > 0)
		evtimer_add(c->timer, &c->step);
}

/* All of it is with the kernel. */
static void
on_written(struct bufferevent *bev, void *arg)
{
	struct stream *c = arg;

	if (c->last && evbuffer_get_length(c->slow) == 0)
		shutdown(bufferevent_getfd(bev), SHUT_RDWR);
}

/* How a reply of len octets (with its head) goes out. */
static void
plan(struct stream *c, const struct evil_ask *ask, size_t len)
{
	const struct evil_words *w = &ask->words;
	uint32_t ms = w->have[EVIL_tcpslow] ? w->arg[EVIL_tcpslow] : w->arg[EVIL_delay];

	c->piece = w->have[EVIL_tcpslow] ? len / PIECES + 1 : len;
	c->step = (struct timeval){ms / 1000, ms % 1000 * 1000};
	c->last = w->have[EVIL_tcphalf];
}

/* False: the connection is gone. */
static bool
answer(struct stream *c, size_t query_len)
{
	struct evil_serve *s = c->all->serve;
	struct evil_ask ask;
	size_t len = evil_serve_stream(s, c->all->frame, query_len, &c->from, &c->to, &ask);
	uint8_t head[HEAD_LEN] = {(uint8_t)(len >> 8), (uint8_t)len};

	if (ask.words.have[EVIL_tcpclose]) {
		drop(c);
		return false;
	}
	if (len == 0 || ask.words.have[EVIL_tcpsilent])
		return true;
	plan(c, &ask, len + HEAD_LEN);
	evbuffer_add(c->slow, head, sizeof(head));
	evbuffer_add(c->slow, s->reply, c->last ? len / 2 : len);
	if (c->step.tv_sec == 0 && c->step.tv_usec == 0 && !c->last)
		bufferevent_write_buffer(c->bev, c->slow);
	else if (!evtimer_pending(c->timer, NULL))
		evtimer_add(c->timer, &c->step);
	return true;
}

static void
on_octets(struct bufferevent *bev, void *arg)
{
	struct stream *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	uint8_t head[HEAD_LEN];

	while (evbuffer_copyout(in, head, HEAD_LEN) == HEAD_LEN) {
		size_t len = (size_t)head[0] << 8 | head[1];

		if (evbuffer_get_length(in) < HEAD_LEN + len)
			return;
		evbuffer_drain(in, HEAD_LEN);
		evbuffer_remove(in, c->all->frame, len);
		if (!answer(c, len))
			return;
	}
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	drop(arg);
}

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int sa_len, void *arg)
{
	static const struct timeval idle = {EVIL_STREAM_IDLE_S, 0};
	struct evil_streams *all = arg;
	struct sockaddr_storage ss;
	socklen_t ss_len = sizeof(ss);
	struct stream *c = all->cnt < EVIL_STREAM_MAX ? calloc(1, sizeof(*c)) : NULL;

	(void)l;
	all->serve->counters.tcp_connections++;
	if (c == NULL || getsockname(fd, (struct sockaddr *)&ss, &ss_len) != 0 ||
	    hf_addr_from_sockaddr((struct sockaddr *)&ss, ss_len, &c->to) != 0 ||
	    hf_addr_from_sockaddr(sa, (socklen_t)sa_len, &c->from) != 0 ||
	    (c->bev = bufferevent_socket_new(all->base, fd, BEV_OPT_CLOSE_ON_FREE)) == NULL) {
		free(c);
		close(fd);
		return;
	}
	LIST_INSERT_HEAD(&all->list, c, link);
	all->cnt++;
	c->all = all;
	c->slow = evbuffer_new();
	c->timer = evtimer_new(all->base, on_step, c);
	if (c->slow == NULL || c->timer == NULL) {
		drop(c);
		return;
	}
	bufferevent_setcb(c->bev, on_octets, on_written, on_event, c);
	bufferevent_set_timeouts(c->bev, &idle, &idle);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

struct evil_streams *
evil_streams_open(struct event_base *base, struct evil_serve *s)
{
	static const uint8_t families[2] = {AF_INET, AF_INET6};
	struct evil_streams *all = calloc(1, sizeof(*all));

	if (all == NULL)
		return NULL;
	all->base = base;
	all->serve = s;
	for (unsigned i = 0; i < 2; i++) {
		struct hf_addr any = {.family = families[i], .port = DNS_PORT};
		struct sockaddr_storage ss;
		socklen_t len = hf_addr_to_sockaddr(&any, &ss);

		all->listener[i] = evconnlistener_new_bind(base, on_accept, all,
		    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE |
			(i == 1 ? LEV_OPT_BIND_IPV6ONLY : 0),
		    BACKLOG, (struct sockaddr *)&ss, (int)len);
		if (all->listener[i] == NULL) {
			evil_streams_close(all);
			return NULL;
		}
	}
	return all;
}

void
evil_streams_close(struct evil_streams *all)
{
	int err = errno;

	while (!LIST_EMPTY(&all->list))
		drop(LIST_FIRST(&all->list));
	for (unsigned i = 0; i < 2; i++)
		if (all->listener[i] != NULL)
			evconnlistener_free(all->listener[i]);
	free(all);
	errno = err;
}
