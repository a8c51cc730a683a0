/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/datagrams.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

struct slot {
	struct iovec iov;
	struct cp_ends ends;
	uint8_t msg[CP_DATAGRAM_MAX];
};

struct burst {
	unsigned cnt;
	struct mmsghdr head[CP_DATAGRAM_BURST];
	struct slot slot[CP_DATAGRAM_BURST];
};

struct cp_datagrams {
	int fd;
	struct cp_counters *counters;
	struct event *turn_end;
	struct burst in, out;
};

static void
send_all(struct cp_datagrams *d)
{
	struct burst *b = &d->out;
	unsigned done = 0;

	while (done < b->cnt) { /* each turn sends one, or gives one up */
		int n = sendmmsg(d->fd, b->head + done, b->cnt - done, 0);

		if (n <= 0)
			cp_count(d->counters, udp_send_failed);
		for (int i = 0; i < n; i++)
			cp_count(d->counters, udp_replies);
		done += n > 0 ? (unsigned)n : 1;
	}
	b->cnt = 0;
}

static void
on_turn_end(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	send_all(arg);
}

struct cp_datagrams *
cp_datagrams_create(struct event_base *base, int fd, struct cp_counters *counters)
{
	struct cp_datagrams *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->fd = fd;
	d->counters = counters;
	d->turn_end = event_new(base, -1, 0, on_turn_end, d);
	if (d->turn_end == NULL) {
		free(d);
		return NULL;
	}
	return d;
}

void
cp_datagrams_destroy(struct cp_datagrams *d)
{
	if (d == NULL)
		return;
	send_all(d);
	event_free(d->turn_end);
	free(d);
}

/* The ancillary room is given anew each time: the kernel writes lengths back. */
static void
set_head(struct burst *b, unsigned idx, size_t len, size_t info_len)
{
	struct slot *s = &b->slot[idx];

	s->iov = (struct iovec){.iov_base = s->msg, .iov_len = len};
	b->head[idx].msg_hdr = (struct msghdr){
	    .msg_name = &s->ends.peer,
	    .msg_namelen = s->ends.peer_len,
	    .msg_iov = &s->iov,
	    .msg_iovlen = 1,
	    .msg_control = info_len > 0 ? s->ends.info.buf : NULL,
	    .msg_controllen = info_len,
	};
}

unsigned
cp_datagrams_read(struct cp_datagrams *d)
{
	struct burst *b = &d->in;

	for (unsigned i = 0; i < CP_DATAGRAM_BURST; i++) {
		b->slot[i].ends.peer_len = sizeof(b->slot[i].ends.peer);
		set_head(b, i, CP_DATAGRAM_MAX, sizeof(b->slot[i].ends.info.buf));
	}
	int n = recvmmsg(d->fd, b->head, CP_DATAGRAM_BURST, MSG_DONTWAIT, NULL);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		cp_count(d->counters, udp_recv_failed);
	b->cnt = n > 0 ? (unsigned)n : 0;
	return b->cnt;
}

/* Keep only the address of what the kernel says of the packet's way in: the interface is its
 * own choice on the way out. */
static void
keep_info(struct cp_ends *ends, struct msghdr *h)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(h);

	ends->info_len = 0;
	if (c == NULL || (h->msg_flags & MSG_CTRUNC) != 0)
		return;
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo in;
		memcpy(&in, CMSG_DATA(c), sizeof(in));
		in.ipi_ifindex = 0;
		memcpy(CMSG_DATA(c), &in, sizeof(in));
		ends->info_len = CMSG_SPACE(sizeof(in));
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		ends->info_len =
		    CMSG_SPACE(sizeof(struct in6_pktinfo)); /* link-local needs the index */
	}
	memcpy(ends->info.buf, h->msg_control, ends->info_len);
}

const uint8_t *
cp_datagrams_get(struct cp_datagrams *d, unsigned idx, struct cp_ends *ends, size_t *len)
{
	struct slot *s = &d->in.slot[idx];
	struct msghdr h = d->in.head[idx].msg_hdr;

	ends->peer = s->ends.peer;
	ends->peer_len = h.msg_namelen;
	keep_info(ends, &h);
	*len = d->in.head[idx].msg_len;
	return s->msg;
}

void
cp_datagrams_send(
    struct cp_datagrams *d, const struct cp_ends *ends, const uint8_t *msg, size_t len)
{
	struct burst *b = &d->out;
	struct slot *s = &b->slot[b->cnt];

	if (len > sizeof(s->msg))
		return;
	memcpy(s->msg, msg, len);
	s->ends = *ends;
	set_head(b, b->cnt, len, ends->info_len);
	if (b->cnt++ == 0) /* runs behind all that is to run in this turn */
		event_active(d->turn_end, 0, 0);
	if (b->cnt == CP_DATAGRAM_BURST)
		send_all(d);
}
