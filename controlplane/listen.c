/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "controlplane/client.h"
#include "controlplane/datagrams.h"
#include "controlplane/tcp.h"
#include "lib/base/log.h"

enum { PORT_DEFAULT = 53, BURSTS = 2, RECV_OCTETS = 2 << 20, REPLY_LEN_MAX = CP_DATAGRAM_MAX };

struct udp_socket {
	struct cp_listen *l;
	int fd;
	struct cp_datagrams *datagrams;
	struct event *readable;
	struct cp_tcp *tcp;
};

/* A query under way. */
struct udp_query {
	LIST_ENTRY(udp_query) link;
	struct udp_socket *s;
	struct cp_client client;
	struct cp_ends ends; /* who asked, and at which address of ours */
};

LIST_HEAD(query_list, udp_query);

struct cp_listen {
	struct cp_listen_config cfg;
	size_t socket_cnt;
	struct udp_socket *sockets;
	struct query_list queries;
};

static void
send_reply(const struct udp_query *q, const uint8_t *msg, size_t len)
{
	if (len > 0)
		cp_datagrams_send(q->s->datagrams, &q->ends, msg, len);
}

static size_t
limit_of(const struct udp_query *q)
{
	return hf_reply_limit(&q->client.query, q->s->l->cfg.udp_max);
}

static void
on_done(void *arg, const struct cp_answer *a)
{
	struct udp_query *q = arg;
	uint8_t msg[REPLY_LEN_MAX];

	send_reply(q, msg, cp_client_answer(&q->client, a, limit_of(q), msg, sizeof(msg)));
	LIST_REMOVE(q, link);
	free(q);
}

static void
ask(struct udp_query *q)
{
	struct cp_listen *l = q->s->l;
	struct cp_ask what = {
	    .question = &q->client.query.question,
	    .variant = cp_client_variant(&q->client),
	    .cached = cp_client_cached(&q->client),
	    .who = {.done = on_done, .arg = q},
	};
	uint8_t msg[REPLY_LEN_MAX];

	LIST_INSERT_HEAD(&l->queries, q, link);
	/* q may be gone when this returns 0; without a token of it there is nothing to undo:
	 * the engine is destroyed before the listeners are. */
	if (cp_engine_ask(l->cfg.engine, &what, NULL) == 0)
		return;
	send_reply(q, msg, cp_client_busy(&q->client, limit_of(q), msg, sizeof(msg)));
	LIST_REMOVE(q, link);
	free(q);
}

static void
handle(struct udp_query *q, const uint8_t *msg, size_t len)
{
	struct hf_reply r;
	uint8_t out[REPLY_LEN_MAX];

	cp_count(q->s->l->cfg.counters, udp_queries);
	q->client.identity = q->s->l->cfg.identity;
	q->client.cookies = q->s->l->cfg.cookies;
	q->client.access = q->s->l->cfg.access;
	(void)hf_addr_from_sockaddr(
	    (const struct sockaddr *)&q->ends.peer, q->ends.peer_len, &q->client.peer);
	switch (cp_client_read(&q->client, msg, len, q->s->l->cfg.counters, &r)) {
	case CP_CLIENT_ASK:
		ask(q);
		return;
	case CP_CLIENT_REPLY:
		send_reply(q, out, cp_client_reply(&q->client, &r, limit_of(q), out, sizeof(out)));
		break;
	case CP_CLIENT_DROP:
		break;
	}
	free(q);
}

static void
take(struct udp_socket *s, unsigned idx)
{
	struct udp_query *q = calloc(1, sizeof(*q));
	size_t len;

	if (q == NULL) {
		cp_count(s->l->cfg.counters, out_of_memory);
		return;
	}
	const uint8_t *msg = cp_datagrams_get(s->datagrams, idx, &q->ends, &len);

	q->s = s;
	handle(q, msg, len); /* a query that was cut off reads as malformed */
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct udp_socket *s = arg;

	(void)fd;
	(void)what;
	for (int i = 0; i < BURSTS; i++) {
		unsigned cnt = cp_datagrams_read(s->datagrams);

		for (unsigned idx = 0; idx < cnt; idx++)
			take(s, idx);
		if (cnt < CP_DATAGRAM_BURST)
			return;
	}
}

static int
set_options(int fd, int family)
{
	int on = 1, octets = RECV_OCTETS, rc;

	/* A burst should not be lost while we resolve; how much of this we get is the kernel's
	 * business. FORCE goes past net.core.rmem_max where we may. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof(octets)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof(octets));
	if (family == AF_INET) {
		rc = setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	} else {
		rc = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
		if (rc == 0)
			rc = setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	}
	return rc == 0 ? 0 : -errno;
}

static int
open_udp(const struct hf_addr *a, int *out)
{
	struct sockaddr_storage ss;
	socklen_t len = hf_addr_to_sockaddr(a, &ss);
	int fd = socket(a->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	int rc = set_options(fd, a->family);
	if (rc == 0 && bind(fd, (struct sockaddr *)&ss, len) != 0)
		rc = -errno;
	if (rc != 0)
		close(fd);
	else
		*out = fd;
	return rc;
}

static int
open_socket(struct cp_listen *l, const struct hf_addr *addr, struct udp_socket *s)
{
	struct hf_addr a = *addr;
	char text[HF_ADDR_TEXT_LEN];

	if (a.port == 0)
		a.port = PORT_DEFAULT;
	s->l = l;
	s->fd = -1;
	int rc = open_udp(&a, &s->fd);
	if (rc == 0) {
		s->datagrams = cp_datagrams_create(l->cfg.base, s->fd, l->cfg.counters);
		s->readable = event_new(l->cfg.base, s->fd, EV_READ | EV_PERSIST, on_readable, s);
		if (s->datagrams == NULL || s->readable == NULL ||
		    event_add(s->readable, NULL) != 0)
			rc = -ENOMEM;
	}
	if (rc == 0)
		rc = cp_tcp_open(&l->cfg, &a, &s->tcp);
	if (rc != 0)
		hf_log(HF_LOG_ERROR, "listen", "cannot listen on %s: %s", hf_addr_to_text(&a, text),
		    strerror(-rc));
	else
		hf_log(HF_LOG_INFO, "listen", "listening on %s, UDP and TCP",
		    hf_addr_to_text(&a, text));
	return rc;
}

int
cp_listen_open(const struct cp_listen_config *cfg, struct cp_listen **out)
{
	struct cp_listen *l = calloc(1, sizeof(*l));
	int rc = 0;

	if (l == NULL)
		return -ENOMEM;
	l->cfg = *cfg;
	LIST_INIT(&l->queries);
	l->sockets = calloc(cfg->addr_cnt + 1, sizeof(l->sockets[0]));
	if (l->sockets == NULL)
		rc = -ENOMEM;
	for (size_t i = 0; rc == 0 && i < cfg->addr_cnt; i++) {
		l->socket_cnt++;
		rc = open_socket(l, &cfg->addrs[i], &l->sockets[i]);
	}
	if (rc != 0)
		cp_listen_close(l);
	else
		*out = l;
	return rc;
}

void
cp_listen_close(struct cp_listen *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->socket_cnt; i++) {
		struct udp_socket *s = &l->sockets[i];

		if (s->readable != NULL)
			event_free(s->readable);
		cp_datagrams_destroy(s->datagrams);
		if (s->fd >= 0)
			close(s->fd);
		cp_tcp_close(s->tcp);
	}
	while (!LIST_EMPTY(&l->queries)) {
		struct udp_query *q = LIST_FIRST(&l->queries);

		LIST_REMOVE(q, link);
		free(q);
	}
	free(l->sockets);
	free(l);
}
