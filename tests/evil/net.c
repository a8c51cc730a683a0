/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/evil/net.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <event2/event.h>

/* Not in every libc header; the value is the kernel's (include/uapi/linux/in6.h). */
#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78
#endif

enum { BURST = 64, CONTROL_LEN = 128, SOCKET_BUF = 4 << 20, DNS_PORT = 53 };

/* [family is IPv6][another source port] */
struct evil_net {
	struct event_base *base;
	struct evil_counters *counters;
	evil_net_fn fn;
	void *arg;
	int fd[2][2];
	struct event *readable[2];
	LIST_HEAD(, late) late;
	unsigned late_cnt;
	uint8_t buf[HF_MSG_MAX];
};

struct late {
	LIST_ENTRY(late) link;
	struct evil_net *net;
	struct event *timer;
	struct evil_way way;
	size_t len;
	uint8_t msg[];
};

static int
open_socket(int family, uint16_t port)
{
	struct hf_addr any = {.family = (uint8_t)family, .port = port};
	struct sockaddr_storage ss;
	socklen_t ss_len = hf_addr_to_sockaddr(&any, &ss);
	int one = 1, size = SOCKET_BUF;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (family == AF_INET6) {
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one));
		/* An address that is local by a route alone may be a source, too. */
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof(one));
	} else {
		(void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&ss, ss_len) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The address a datagram was sent to. */
static bool
destination(struct msghdr *m, struct hf_addr *to)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		*to = (struct hf_addr){.port = DNS_PORT};
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			to->family = AF_INET;
			memcpy(to->octets, &info.ipi_addr, 4);
			return true;
		}
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			to->family = AF_INET6;
			memcpy(to->octets, &info.ipi6_addr, 16);
			return true;
		}
	}
	return false;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct evil_net *n = arg;
	_Alignas(struct cmsghdr) uint8_t control[CONTROL_LEN];
	struct sockaddr_storage ss;
	struct hf_addr from, to;

	(void)what;
	for (unsigned i = 0; i < BURST; i++) {
		struct iovec iov = {n->buf, sizeof(n->buf)};
		struct msghdr m = {.msg_name = &ss,
		    .msg_namelen = sizeof(ss),
		    .msg_iov = &iov,
		    .msg_iovlen = 1,
		    .msg_control = control,
		    .msg_controllen = sizeof(control)};
		ssize_t len = recvmsg(fd, &m, 0);

		if (len < 0)
			return;
		if (destination(&m, &to) &&
		    hf_addr_from_sockaddr((struct sockaddr *)&ss, m.msg_namelen, &from) == 0)
			n->fn(n->arg, n->buf, (size_t)len, &from, &to);
	}
}

/* Source address for the kernel; the length of the control data. */
static size_t
source(const struct hf_addr *from, struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);

	if (from->family == AF_INET) {
		struct in_pktinfo info = {0};

		memcpy(&info.ipi_spec_dst, from->octets, 4);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		return CMSG_SPACE(sizeof(info));
	}
	struct in6_pktinfo info = {0};

	memcpy(&info.ipi6_addr, from->octets, 16);
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	return CMSG_SPACE(sizeof(info));
}

static void
send_now(struct evil_net *n, const struct evil_way *way, const uint8_t *msg, size_t len)
{
	_Alignas(struct cmsghdr) uint8_t control[CONTROL_LEN] = {0};
	struct sockaddr_storage ss;
	struct iovec iov = {(void *)(uintptr_t)msg, len};
	struct msghdr m = {.msg_name = &ss,
	    .msg_namelen = hf_addr_to_sockaddr(&way->to, &ss),
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};

	m.msg_controllen = source(&way->from, &m);
	if (sendmsg(n->fd[way->to.family == AF_INET6][way->other_port], &m, 0) < 0)
		n->counters->send_failed++;
}

static void
forget(struct late *l)
{
	LIST_REMOVE(l, link);
	l->net->late_cnt--;
	event_free(l->timer);
	free(l);
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	struct late *l = arg;

	(void)fd;
	(void)what;
	send_now(l->net, &l->way, l->msg, l->len);
	forget(l);
}

void
evil_net_send(struct evil_net *n, const struct evil_way *way, const uint8_t *msg, size_t len,
    uint64_t delay_us)
{
	const struct timeval tv = {(time_t)(delay_us / 1000000), (suseconds_t)(delay_us % 1000000)};
	struct late *l = NULL;

	if (delay_us == 0) {
		send_now(n, way, msg, len);
		return;
	}
	if (n->late_cnt < EVIL_NET_LATE_MAX)
		l = malloc(sizeof(*l) + len);
	if (l == NULL || (l->timer = evtimer_new(n->base, on_late, l)) == NULL) {
		free(l);
		n->counters->queue_full++;
		return;
	}
	l->net = n;
	l->way = *way;
	l->len = len;
	memcpy(l->msg, msg, len);
	LIST_INSERT_HEAD(&n->late, l, link);
	n->late_cnt++;
	evtimer_add(l->timer, &tv);
}

struct evil_net *
evil_net_open(struct event_base *base, struct evil_counters *counters, evil_net_fn fn, void *arg)
{
	static const int families[2] = {AF_INET, AF_INET6};
	static const uint16_t ports[2] = {DNS_PORT, EVIL_NET_OTHER_PORT};
	struct evil_net *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->base = base;
	n->counters = counters;
	n->fn = fn;
	n->arg = arg;
	memset(n->fd, 0xff, sizeof(n->fd));
	for (unsigned f = 0; f < 2; f++) {
		for (unsigned p = 0; p < 2; p++)
			if ((n->fd[f][p] = open_socket(families[f], ports[p])) < 0)
				goto fail;
		n->readable[f] = event_new(base, n->fd[f][0], EV_READ | EV_PERSIST, on_readable, n);
		if (n->readable[f] == NULL || event_add(n->readable[f], NULL) != 0)
			goto fail;
	}
	return n;
fail:
	evil_net_close(n);
	return NULL;
}

void
evil_net_close(struct evil_net *n)
{
	int err = errno;

	while (!LIST_EMPTY(&n->late))
		forget(LIST_FIRST(&n->late));
	for (unsigned f = 0; f < 2; f++) {
		if (n->readable[f] != NULL)
			event_free(n->readable[f]);
		for (unsigned p = 0; p < 2; p++)
			if (n->fd[f][p] >= 0)
				close(n->fd[f][p]);
	}
	free(n);
	errno = err;
}
