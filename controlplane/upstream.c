/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/upstream.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "lib/base/clock.h"
#include "lib/base/rand.h"

/* Not in every libc header; the values are the kernel's (include/uapi/linux/in.h, in6.h). */
#ifndef IP_PMTUDISC_OMIT
#define IP_PMTUDISC_OMIT 5
#endif
#ifndef IPV6_PMTUDISC_OMIT
#define IPV6_PMTUDISC_OMIT 5
#endif

enum { BUCKET_CNT = 4096, UDP_BURST = 8, UDP_RECV_LEN = 8192, TCP_FRAME_HEAD = 2 };

struct exchange {
	LIST_ENTRY(exchange) link; /* in its bucket */
	struct cp_upstream *u;
	uint64_t id;
	int fd;                  /* UDP; -1: none */
	struct event *readable;  /* UDP */
	struct bufferevent *tcp; /* TCP */
	struct event *timer;     /* the time-out, or at once for a failure while sending */
	enum cp_fail why;        /* what it means when the timer fires */
};

LIST_HEAD(bucket, exchange);

struct cp_upstream {
	struct event_base *base;
	struct cp_upstream_ops ops;
	struct cp_counters *counters;
	struct hf_rand rand;
	size_t cnt, max;
	struct bucket bucket[BUCKET_CNT];
	uint8_t buf[UDP_RECV_LEN];
	uint8_t frame[HF_MSG_MAX];
};

/* Exchange numbers are our own, so the low bits spread well enough. */
static struct bucket *
bucket_of(struct cp_upstream *u, uint64_t id)
{
	return &u->bucket[id % BUCKET_CNT];
}

static struct exchange *
find(struct cp_upstream *u, uint64_t id)
{
	struct exchange *x;

	LIST_FOREACH(x, bucket_of(u, id), link)
	{
		if (x->id == id)
			return x;
	}
	return NULL;
}

static void
drop(struct exchange *x)
{
	LIST_REMOVE(x, link);
	x->u->cnt--;
	if (x->readable != NULL)
		event_free(x->readable);
	if (x->timer != NULL)
		event_free(x->timer);
	if (x->tcp != NULL)
		bufferevent_free(x->tcp);
	if (x->fd >= 0)
		close(x->fd);
	free(x);
}

static void
count_fail(struct cp_upstream *u, enum cp_fail why)
{
	switch (why) {
	case CP_FAIL_TIMEOUT:
		cp_count(u->counters, up_timeout);
		break;
	case CP_FAIL_UNREACHABLE:
		cp_count(u->counters, up_unreachable);
		break;
	case CP_FAIL_RESET:
		cp_count(u->counters, up_reset);
		break;
	default:
		cp_count(u->counters, up_local);
		break;
	}
}

static void
fail(struct exchange *x, enum cp_fail why)
{
	struct cp_upstream *u = x->u;
	uint64_t id = x->id;

	drop(x);
	count_fail(u, why);
	u->ops.failed(u->ops.arg, id, why);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct exchange *x = arg;

	(void)fd;
	(void)what;
	fail(x, x->why);
}

/* The failure is told from the event loop: the caller is inside the resolver core. */
static void
fail_later(struct exchange *x, enum cp_fail why)
{
	static const struct timeval at_once = {0, 0};

	x->why = why;
	evtimer_add(x->timer, &at_once);
}

static enum cp_fail
fail_of_errno(int err)
{
	switch (err) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case EADDRINUSE:
	case EAGAIN:
	case EMSGSIZE:
		return CP_FAIL_LOCAL;
	case ECONNRESET:
	case EPIPE:
		return CP_FAIL_RESET;
	default: /* ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EACCES, EPERM, ... */
		return CP_FAIL_UNREACHABLE;
	}
}

/* --- UDP ---------------------------------------------------------------------------------- */

static void
set_no_fragments(int fd, int family)
{
	int v4 = IP_PMTUDISC_OMIT, v6 = IPV6_PMTUDISC_OMIT;

	/* OMIT: no DF tricks, no path MTU learnt from ICMP that anyone may forge; old kernels
	 * without it go on with their default, which is no error. */
	if (family == AF_INET)
		(void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &v4, sizeof(v4));
	else
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &v6, sizeof(v6));
}

static int
bind_random(struct cp_upstream *u, int fd, uint8_t family)
{
	struct hf_addr any = {.family = family};
	struct sockaddr_storage ss;

	for (int i = 0; i < CP_UPSTREAM_PORT_TRIES; i++) {
		any.port = (uint16_t)(CP_UPSTREAM_PORT_MIN +
		    hf_rand_below(&u->rand, 65536 - CP_UPSTREAM_PORT_MIN));
		socklen_t len = hf_addr_to_sockaddr(&any, &ss);
		if (bind(fd, (struct sockaddr *)&ss, len) == 0)
			return 0;
		if (errno != EADDRINUSE && errno != EACCES)
			return -errno;
		cp_count(u->counters, up_port_retry);
	}
	return -EADDRINUSE;
}

static int
open_udp(struct cp_upstream *u, const struct cp_send *s, int *out)
{
	struct sockaddr_storage ss;
	socklen_t len = hf_addr_to_sockaddr(&s->server, &ss);
	int rc, fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	set_no_fragments(fd, s->server.family);
	rc = bind_random(u, fd, s->server.family);
	if (rc == 0 && connect(fd, (struct sockaddr *)&ss, len) != 0)
		rc = -errno;
	if (rc == 0 && send(fd, s->msg, s->len, 0) < 0)
		rc = -errno;
	if (rc != 0)
		close(fd);
	else
		*out = fd;
	return rc;
}

/* One packet. False when there is no more, or the exchange is gone. */
static bool
read_packet(struct cp_upstream *u, uint64_t id, int fd)
{
	ssize_t n = recv(fd, u->buf, sizeof(u->buf), MSG_TRUNC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0) {
		fail(find(u, id), fail_of_errno(errno));
		return false;
	}
	if ((size_t)n > sizeof(u->buf)) {
		cp_count(u->counters, up_cut);
		return true;
	}
	u->ops.reply(u->ops.arg, id, u->buf, (size_t)n);
	return find(u, id) != NULL;
}

static void
on_packets(evutil_socket_t fd, short what, void *arg)
{
	struct exchange *x = arg;
	struct cp_upstream *u = x->u;
	uint64_t id = x->id;

	(void)what;
	for (int i = 0; i < UDP_BURST; i++) {
		if (!read_packet(u, id, fd))
			return;
	}
}

static void
start_udp(struct exchange *x, const struct cp_send *s)
{
	int rc = open_udp(x->u, s, &x->fd);

	if (rc == 0) {
		x->readable = event_new(x->u->base, x->fd, EV_READ | EV_PERSIST, on_packets, x);
		if (x->readable == NULL || event_add(x->readable, NULL) != 0)
			rc = -ENOMEM;
	}
	if (rc != 0)
		fail_later(x, fail_of_errno(-rc));
}

/* --- TCP ---------------------------------------------------------------------------------- */

/* One whole frame into u->frame; its length, 0 when there is none yet. */
static size_t
take_frame(struct cp_upstream *u, struct evbuffer *in)
{
	uint8_t head[TCP_FRAME_HEAD];

	if (evbuffer_copyout(in, head, sizeof(head)) != (ssize_t)sizeof(head))
		return 0;
	size_t len = (size_t)head[0] << 8 | head[1];
	if (evbuffer_get_length(in) < sizeof(head) + len)
		return 0;
	evbuffer_drain(in, sizeof(head));
	return evbuffer_remove(in, u->frame, len) == (int)len ? len : 0;
}

static void
on_stream(struct bufferevent *bev, void *arg)
{
	struct exchange *x = arg;
	struct cp_upstream *u = x->u;
	uint64_t id = x->id;
	size_t len;

	for (int i = 0; i < UDP_BURST; i++) {
		if ((len = take_frame(u, bufferevent_get_input(bev))) == 0)
			return;
		u->ops.reply(u->ops.arg, id, u->frame, len);
		if (find(u, id) == NULL)
			return;
	}
	fail(x, CP_FAIL_RESET); /* a server that keeps talking past its one reply */
}

static void
on_stream_event(struct bufferevent *bev, short what, void *arg)
{
	int err = EVUTIL_SOCKET_ERROR();

	(void)bev;
	if ((what & BEV_EVENT_CONNECTED) != 0)
		return;
	if ((what & BEV_EVENT_EOF) != 0)
		fail(arg, CP_FAIL_RESET);
	else
		fail(arg, err == 0 ? CP_FAIL_UNREACHABLE : fail_of_errno(err));
}

static void
start_tcp(struct exchange *x, const struct cp_send *s)
{
	struct sockaddr_storage ss;
	socklen_t ss_len = hf_addr_to_sockaddr(&s->server, &ss);
	uint8_t head[TCP_FRAME_HEAD] = {(uint8_t)(s->len >> 8), (uint8_t)s->len};

	/* Deferred: a connect that fails at once must not call back from in here. */
	x->tcp =
	    bufferevent_socket_new(x->u->base, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (x->tcp == NULL || s->len > HF_MSG_MAX) {
		fail_later(x, CP_FAIL_LOCAL);
		return;
	}
	bufferevent_setcb(x->tcp, on_stream, NULL, on_stream_event, x);
	bufferevent_setwatermark(x->tcp, EV_READ, 0, TCP_FRAME_HEAD + HF_MSG_MAX);
	if (bufferevent_write(x->tcp, head, sizeof(head)) != 0 ||
	    bufferevent_write(x->tcp, s->msg, s->len) != 0 ||
	    bufferevent_enable(x->tcp, EV_READ | EV_WRITE) != 0) {
		fail_later(x, CP_FAIL_LOCAL);
		return;
	}
	if (bufferevent_socket_connect(x->tcp, (struct sockaddr *)&ss, (int)ss_len) != 0)
		fail_later(x, CP_FAIL_UNREACHABLE);
}

/* --- all ---------------------------------------------------------------------------------- */

struct cp_upstream *
cp_upstream_create(struct event_base *base, size_t max, const struct cp_upstream_ops *ops,
    struct cp_counters *counters)
{
	struct cp_upstream *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	u->base = base;
	u->ops = *ops;
	u->counters = counters;
	u->max = max < CP_UPSTREAM_MAX ? max : CP_UPSTREAM_MAX;
	hf_rand_init(&u->rand);
	for (size_t i = 0; i < BUCKET_CNT; i++)
		LIST_INIT(&u->bucket[i]);
	return u;
}

void
cp_upstream_destroy(struct cp_upstream *u)
{
	if (u == NULL)
		return;
	for (size_t i = 0; i < BUCKET_CNT; i++) {
		while (!LIST_EMPTY(&u->bucket[i]))
			drop(LIST_FIRST(&u->bucket[i]));
	}
	free(u);
}

static struct exchange *
add_exchange(struct cp_upstream *u, uint64_t id)
{
	struct exchange *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->timer = evtimer_new(u->base, on_timer, x);
	if (x->timer == NULL) {
		free(x);
		return NULL;
	}
	x->u = u;
	x->id = id;
	x->fd = -1;
	LIST_INSERT_HEAD(bucket_of(u, id), x, link);
	u->cnt++;
	return x;
}

void
cp_upstream_send(struct cp_upstream *u, const struct cp_send *s)
{
	/* Up to max more without a socket, so that a failure for lack of room can be told. */
	struct exchange *x = u->cnt < 2 * u->max ? add_exchange(u, s->exchange) : NULL;
	struct timeval tv = {
	    .tv_sec = (time_t)(s->timeout_ns / HF_NS_PER_S),
	    .tv_usec = (suseconds_t)(s->timeout_ns % HF_NS_PER_S / HF_NS_PER_US),
	};

	if (x == NULL) { /* the resolver's own wall-clock budget ends the question */
		cp_count(u->counters, up_full);
		return;
	}
	x->why = CP_FAIL_TIMEOUT;
	evtimer_add(x->timer, &tv);
	if (u->cnt > u->max) {
		cp_count(u->counters, up_full);
		fail_later(x, CP_FAIL_LOCAL);
	} else if (s->transport == CP_UDP) {
		cp_count(u->counters, up_udp);
		start_udp(x, s);
	} else {
		cp_count(u->counters, up_tcp);
		start_tcp(x, s);
	}
}

void
cp_upstream_cancel(struct cp_upstream *u, uint64_t exchange)
{
	struct exchange *x = find(u, exchange);

	if (x != NULL)
		drop(x);
}

size_t
cp_upstream_cnt(const struct cp_upstream *u)
{
	return u->cnt;
}
