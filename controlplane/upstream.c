/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/upstream.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "controlplane/stream.h"
#include "lib/base/clock.h"
#include "lib/base/rand.h"

/* Not in every libc header; the values are the kernel's (include/uapi/linux/in.h, in6.h). */
#ifndef IP_PMTUDISC_OMIT
#define IP_PMTUDISC_OMIT 5
#endif
#ifndef IPV6_PMTUDISC_OMIT
#define IPV6_PMTUDISC_OMIT 5
#endif
#ifndef IP_RECVFRAGSIZE
#define IP_RECVFRAGSIZE 25
#endif
#ifndef IPV6_RECVFRAGSIZE
#define IPV6_RECVFRAGSIZE 77
#endif

enum { BUCKET_CNT = 4096, READY_BURST = 64, UDP_BURST = 8, UDP_RECV_LEN = 8192 };

struct exchange {
	LIST_ENTRY(exchange) link; /* in its bucket, or among the spare ones */
	struct cp_upstream *u;
	uint64_t id;
	int fd;               /* UDP; -1: none */
	struct cp_ride *ride; /* TCP; NULL: none */
	struct event *timer;  /* the time-out, or at once for a failure while sending */
	enum cp_fail why;     /* what it means when the timer fires */
	bool late;            /* it fired: nobody answered in time */
};

LIST_HEAD(bucket, exchange);

struct cp_upstream {
	struct event_base *base;
	struct cp_upstream_ops ops;
	struct cp_counters *counters;
	struct hf_rand rand;
	size_t cnt, max;
	struct bucket bucket[BUCKET_CNT];
	struct bucket spare; /* exchanges with their timers, for the next */
	size_t spare_cnt;
	/* All UDP sockets, as one descriptor in the event loop: an event for each would cost one
	 * more system call when it goes; here a socket leaves as it is closed. */
	int epoll;
	struct event *ready;
	struct cp_streams *streams;
	uint8_t buf[UDP_RECV_LEN];
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
exchange_free(struct exchange *x)
{
	event_free(x->timer);
	free(x);
}

static void
drop(struct exchange *x)
{
	struct cp_upstream *u = x->u;

	LIST_REMOVE(x, link);
	u->cnt--;
	evtimer_del(x->timer);
	if (x->ride != NULL)
		cp_stream_leave(x->ride, x->late);
	if (x->fd >= 0)
		close(x->fd);
	if (u->spare_cnt == CP_UPSTREAM_SPARES) {
		exchange_free(x);
		return;
	}
	LIST_INSERT_HEAD(&u->spare, x, link);
	u->spare_cnt++;
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
	case CP_FAIL_FRAGMENTED:
		cp_count(u->counters, up_fragmented);
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
	x->late = x->why == CP_FAIL_TIMEOUT;
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
	int v4 = IP_PMTUDISC_OMIT, v6 = IPV6_PMTUDISC_OMIT, on = 1;

	/* OMIT: no DF tricks, no path MTU learnt from ICMP that anyone may forge; old kernels
	 * without it go on with their default, which is no error. RECVFRAGSIZE: be told of a
	 * packet that came in pieces, of which all but the first carry nothing to check
	 * (Herzberg and Shulman, "Fragmentation Considered Poisonous"). */
	if (family == AF_INET) {
		(void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &v4, sizeof(v4));
		(void)setsockopt(fd, IPPROTO_IP, IP_RECVFRAGSIZE, &on, sizeof(on));
	} else {
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &v6, sizeof(v6));
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVFRAGSIZE, &on, sizeof(on));
	}
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

/* The kernel put it together from fragments: only then is there such a control message. */
static bool
was_fragmented(struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVFRAGSIZE) ||
		    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVFRAGSIZE))
			return true;
	}
	return false;
}

/* One packet. False when there is no more, or the exchange is gone. */
static bool
read_packet(struct cp_upstream *u, uint64_t id, int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {u->buf, sizeof(u->buf)};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &msg, MSG_TRUNC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0) {
		fail(find(u, id), fail_of_errno(errno));
		return false;
	}
	if (was_fragmented(&msg)) {
		fail(find(u, id), CP_FAIL_FRAGMENTED);
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
read_packets(struct cp_upstream *u, uint64_t id, int fd)
{
	for (int i = 0; i < UDP_BURST; i++) {
		if (!read_packet(u, id, fd))
			return;
	}
}

static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct cp_upstream *u = arg;
	struct epoll_event ready[READY_BURST];
	int cnt = epoll_wait(fd, ready, READY_BURST, 0);

	(void)what;
	for (int i = 0; i < cnt; i++) {
		/* By its number: what came before may have ended it. */
		struct exchange *x = find(u, ready[i].data.u64);

		if (x != NULL && x->fd >= 0)
			read_packets(u, x->id, x->fd);
	}
}

static void
start_udp(struct exchange *x, const struct cp_send *s)
{
	struct epoll_event readable = {.events = EPOLLIN, .data.u64 = x->id};
	int rc = open_udp(x->u, s, &x->fd);

	if (rc == 0 && epoll_ctl(x->u->epoll, EPOLL_CTL_ADD, x->fd, &readable) != 0)
		rc = -errno;
	if (rc != 0)
		fail_later(x, fail_of_errno(-rc));
}

/* --- TCP ---------------------------------------------------------------------------------- */

static void
on_stream_reply(void *owner, const uint8_t *msg, size_t len)
{
	struct exchange *x = owner;

	x->u->ops.reply(x->u->ops.arg, x->id, msg, len);
}

static void
on_stream_failed(void *owner, enum cp_fail why)
{
	struct exchange *x = owner;

	x->ride = NULL;
	fail(x, why);
}

static bool
on_stream_again(void *owner)
{
	struct exchange *x = owner;

	return x->u->ops.again(x->u->ops.arg, x->id);
}

static void
start_tcp(struct exchange *x, const struct cp_send *s)
{
	int rc = cp_stream_ask(x->u->streams, &s->server, s->msg, s->len, x, &x->ride);

	if (rc != 0)
		fail_later(x, fail_of_errno(-rc));
}

/* --- all ---------------------------------------------------------------------------------- */

static bool
parts_make(struct cp_upstream *u)
{
	static const struct cp_streams_ops stream_ops = {
	    on_stream_reply, on_stream_failed, on_stream_again};

	u->streams = cp_streams_create(u->base, &stream_ops, u->counters);
	u->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (u->streams == NULL || u->epoll < 0)
		return false;
	u->ready = event_new(u->base, u->epoll, EV_READ | EV_PERSIST, on_ready, u);
	return u->ready != NULL && event_add(u->ready, NULL) == 0;
}

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
	u->epoll = -1;
	LIST_INIT(&u->spare);
	for (size_t i = 0; i < BUCKET_CNT; i++)
		LIST_INIT(&u->bucket[i]);
	hf_rand_init(&u->rand);
	if (!parts_make(u)) {
		cp_upstream_destroy(u);
		return NULL;
	}
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
	while (!LIST_EMPTY(&u->spare)) {
		struct exchange *x = LIST_FIRST(&u->spare);

		LIST_REMOVE(x, link);
		exchange_free(x);
	}
	cp_streams_destroy(u->streams);
	if (u->ready != NULL)
		event_free(u->ready);
	if (u->epoll >= 0)
		close(u->epoll);
	free(u);
}

/* One with a timer that is not set. */
static struct exchange *
exchange_make(struct cp_upstream *u)
{
	struct exchange *x = LIST_FIRST(&u->spare);

	if (x != NULL) {
		LIST_REMOVE(x, link);
		u->spare_cnt--;
		return x;
	}
	x = calloc(1, sizeof(*x));
	if (x == NULL)
		return NULL;
	x->timer = evtimer_new(u->base, on_timer, x);
	if (x->timer == NULL) {
		free(x);
		return NULL;
	}
	return x;
}

static struct exchange *
add_exchange(struct cp_upstream *u, uint64_t id)
{
	struct exchange *x = exchange_make(u);

	if (x == NULL)
		return NULL;
	*x = (struct exchange){.u = u, .id = id, .fd = -1, .timer = x->timer};
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
