/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "controlplane/client.h"

enum { FRAME_HEAD = 2, BACKLOG = 128 };

struct connection;

/* A query under way on a connection. */
struct tcp_query {
	LIST_ENTRY(tcp_query) link;
	struct connection *c;
	uint64_t token;
	struct cp_client client;
};

struct connection {
	LIST_ENTRY(connection) link;
	struct cp_tcp *t;
	struct bufferevent *bev;
	struct hf_addr peer;
	LIST_HEAD(, tcp_query) queries;
	unsigned under_way;
	bool half_closed; /* the client has sent its last query */
};

struct cp_tcp {
	struct cp_listen_config cfg;
	struct evconnlistener *listener;
	LIST_HEAD(, connection) connections;
	unsigned cnt;
	uint8_t msg[HF_MSG_MAX];              /* a query */
	uint8_t out[FRAME_HEAD + HF_MSG_MAX]; /* a reply */
};

static void
close_connection(struct connection *c)
{
	while (!LIST_EMPTY(&c->queries)) {
		struct tcp_query *q = LIST_FIRST(&c->queries);

		cp_engine_forget(c->t->cfg.engine, q->token);
		LIST_REMOVE(q, link);
		free(q);
	}
	LIST_REMOVE(c, link);
	c->t->cnt--;
	bufferevent_free(c->bev);
	free(c);
}

/* The reply of `len` octets that stands in t->out behind room for its length. */
static void
send_reply(struct connection *c, size_t len)
{
	uint8_t *out = c->t->out;

	if (len == 0)
		return;
	out[0] = (uint8_t)(len >> 8);
	out[1] = (uint8_t)len;
	if (bufferevent_write(c->bev, out, FRAME_HEAD + len) == 0)
		cp_count(c->t->cfg.counters, tcp_replies);
}

static bool
has_room(const struct connection *c)
{
	return c->under_way < CP_TCP_QUERIES &&
	    evbuffer_get_length(bufferevent_get_output(c->bev)) < CP_TCP_UNSENT_MAX;
}

static void
remove_query(struct tcp_query *q)
{
	LIST_REMOVE(q, link);
	q->c->under_way--;
	free(q);
}

static void
on_done(void *arg, const struct cp_answer *a)
{
	struct tcp_query *q = arg;
	struct connection *c = q->c;

	send_reply(
	    c, cp_client_answer(&q->client, a, HF_MSG_MAX, c->t->out + FRAME_HEAD, HF_MSG_MAX));
	remove_query(q);
	/* Queries may stand in the buffer since there was no room; read them, but from the event
	 * loop, for the resolver core is on our stack. */
	bufferevent_trigger(c->bev, EV_READ, BEV_TRIG_DEFER_CALLBACKS | BEV_TRIG_IGNORE_WATERMARKS);
}

static void
ask(struct tcp_query *q)
{
	struct connection *c = q->c;
	struct cp_ask what = {
	    .question = &q->client.query.question,
	    .variant = cp_client_variant(&q->client),
	    .cached = cp_client_cached(&q->client),
	    .large = true,
	    .who = {.done = on_done, .arg = q},
	};

	c->under_way++;
	LIST_INSERT_HEAD(&c->queries, q, link);
	if (cp_engine_ask(c->t->cfg.engine, &what, &q->token) != 0) {
		send_reply(
		    c, cp_client_busy(&q->client, HF_MSG_MAX, c->t->out + FRAME_HEAD, HF_MSG_MAX));
		remove_query(q);
	} /* else: q may be gone already */
}

static void
handle(struct connection *c, size_t len)
{
	struct tcp_query *q = calloc(1, sizeof(*q));
	struct hf_reply r;

	cp_count(c->t->cfg.counters, tcp_queries);
	if (q == NULL) {
		cp_count(c->t->cfg.counters, out_of_memory);
		return;
	}
	q->c = c;
	q->client.identity = c->t->cfg.identity;
	q->client.cookies = c->t->cfg.cookies;
	q->client.peer = c->peer;
	q->client.access = c->t->cfg.access;
	q->client.over_tcp = true;
	switch (cp_client_read(&q->client, c->t->msg, len, c->t->cfg.counters, &r)) {
	case CP_CLIENT_ASK:
		ask(q);
		return;
	case CP_CLIENT_REPLY:
		send_reply(c,
		    cp_client_reply(
			&q->client, &r, HF_MSG_MAX, c->t->out + FRAME_HEAD, HF_MSG_MAX));
		break;
	case CP_CLIENT_DROP:
		break;
	}
	free(q);
}

/* Take one frame into t->msg. Its length; 0: not whole yet; -1: nothing that DNS can be. */
static int
take_frame(struct connection *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	uint8_t head[FRAME_HEAD];

	if (evbuffer_copyout(in, head, sizeof(head)) != (ssize_t)sizeof(head))
		return 0;
	size_t len = (size_t)head[0] << 8 | head[1];
	if (len < HF_HEADER_LEN)
		return -1;
	if (evbuffer_get_length(in) < sizeof(head) + len)
		return 0;
	evbuffer_drain(in, sizeof(head));
	return evbuffer_remove(in, c->t->msg, len);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct connection *c = arg;
	int len = 0;

	(void)bev;
	while (has_room(c) && (len = take_frame(c)) > 0) /* bounded by the buffer's watermark */
		handle(c, (size_t)len);
	if (len < 0) {
		cp_count(c->t->cfg.counters, tcp_bad_frame);
		close_connection(c);
	} else if (c->half_closed && c->under_way == 0 &&
	    evbuffer_get_length(bufferevent_get_output(c->bev)) == 0) {
		close_connection(c);
	}
}

/* Everything is sent: go on reading what had to wait, or close. */
static void
on_written(struct bufferevent *bev, void *arg)
{
	on_read(bev, arg);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct connection *c = arg;

	if ((what & BEV_EVENT_TIMEOUT) != 0 && (what & BEV_EVENT_READING) != 0 &&
	    (c->under_way > 0 || evbuffer_get_length(bufferevent_get_output(bev)) > 0)) {
		bufferevent_enable(bev, EV_READ); /* not idle: it is us who are slow */
		return;
	}
	if ((what & BEV_EVENT_EOF) != 0 &&
	    (c->under_way > 0 || evbuffer_get_length(bufferevent_get_output(bev)) > 0)) {
		c->half_closed = true;
		return;
	}
	if ((what & BEV_EVENT_TIMEOUT) != 0 && (what & BEV_EVENT_READING) != 0)
		cp_count(c->t->cfg.counters, tcp_idle);
	else if ((what & BEV_EVENT_TIMEOUT) != 0)
		cp_count(c->t->cfg.counters, tcp_slow);
	close_connection(c);
}

static struct connection *
add_connection(struct cp_tcp *t, int fd)
{
	static const struct timeval idle = {CP_TCP_IDLE_S, 0};
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->bev = bufferevent_socket_new(t->cfg.base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL) {
		free(c);
		return NULL;
	}
	c->t = t;
	LIST_INIT(&c->queries);
	LIST_INSERT_HEAD(&t->connections, c, link);
	t->cnt++;
	bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, FRAME_HEAD + HF_MSG_MAX);
	bufferevent_set_timeouts(c->bev, &idle, &idle);
	return c;
}

static bool
is_shut_out(const struct cp_tcp *t, const struct sockaddr *sa, int len)
{
	struct hf_addr peer;

	return t->cfg.access != NULL && hf_addr_from_sockaddr(sa, (socklen_t)len, &peer) == 0 &&
	    hf_access_judge(t->cfg.access, &peer) == HF_ACCESS_DROP;
}

static void
on_accept(
    struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	struct cp_tcp *t = arg;
	struct connection *c = NULL;
	int on = 1;

	(void)listener;
	if (is_shut_out(t, sa, len)) {
		cp_count(t->cfg.counters, listen_access_drop);
		close(fd);
		return;
	}
	if (t->cnt < CP_TCP_CLIENTS)
		c = add_connection(t, fd);
	if (c == NULL) {
		cp_count(t->cfg.counters, tcp_refused);
		close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)hf_addr_from_sockaddr(sa, (socklen_t)len, &c->peer);
	cp_count(t->cfg.counters, tcp_accepted);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

static int
open_listener(const struct hf_addr *a, int *out)
{
	struct sockaddr_storage ss;
	socklen_t len = hf_addr_to_sockaddr(a, &ss);
	int on = 1, rc = 0, fd = socket(a->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    (a->family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
	    bind(fd, (struct sockaddr *)&ss, len) != 0)
		rc = -errno;
	if (rc != 0)
		close(fd);
	else
		*out = fd;
	return rc;
}

int
cp_tcp_open(const struct cp_listen_config *cfg, const struct hf_addr *a, struct cp_tcp **out)
{
	struct cp_tcp *t = calloc(1, sizeof(*t));
	int fd = -1, rc;

	if (t == NULL)
		return -ENOMEM;
	t->cfg = *cfg;
	LIST_INIT(&t->connections);
	rc = open_listener(a, &fd);
	if (rc == 0) {
		t->listener = evconnlistener_new(cfg->base, on_accept, t,
		    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
		if (t->listener == NULL) {
			rc = errno != 0 ? -errno : -ENOMEM;
			close(fd);
		}
	}
	if (rc != 0)
		free(t);
	else
		*out = t;
	return rc;
}

void
cp_tcp_retire(struct cp_tcp *t)
{
	if (t == NULL)
		return;
	while (!LIST_EMPTY(&t->connections))
		close_connection(LIST_FIRST(&t->connections));
	evconnlistener_free(t->listener);
	free(t);
}

void
cp_tcp_close(struct cp_tcp *t)
{
	if (t == NULL)
		return;
	while (!LIST_EMPTY(&t->connections)) {
		struct connection *c = LIST_FIRST(&t->connections);

		while (!LIST_EMPTY(&c->queries)) /* the engine is gone by now: nothing to forget */
			remove_query(LIST_FIRST(&c->queries));
		close_connection(c);
	}
	evconnlistener_free(t->listener);
	free(t);
}
