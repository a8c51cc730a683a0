/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/evil/asker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/ns.h"
#include "lib/wire/rdata.h"
#include "lib/wire/writer.h"

enum { ID_CNT = 65536, SOCKET_BUF = 8 << 20, SEND_BURST = 256, COMPLAINTS_MAX = 10 };

struct asked {
	struct hf_name name; /* lower case */
	uint64_t sent_ns;
	uint16_t id;
	uint8_t socket;
	bool open;
};

struct evil_asker {
	struct evil_plan plan;
	struct hf_siphash_key key;
	struct evil_tally tally;
	int fd[EVIL_ASKER_SOCKETS_MAX];
	uint16_t next_id[EVIL_ASKER_SOCKETS_MAX];
	uint32_t *by_id[EVIL_ASKER_SOCKETS_MAX]; /* place in asked + 1; 0: none */
	struct asked *asked;                     /* a ring of plan.window, oldest at tail */
	uint64_t head, tail;
	uint64_t begin_ns, random;
	unsigned complaints;
	uint8_t buf[HF_MSG_MAX];
};

static uint64_t
dice(struct evil_asker *a)
{
	uint64_t z = a->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static int
open_socket(const struct evil_plan *p, unsigned i)
{
	struct hf_addr from = p->source;
	struct sockaddr_storage ss;
	int size = SOCKET_BUF, rc = 0;
	int fd = socket(p->server.family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (from.family != 0) {
		from.octets[from.family == AF_INET ? 3 : 15] += (uint8_t)i;
		socklen_t len = hf_addr_to_sockaddr(&from, &ss);
		if (bind(fd, (struct sockaddr *)&ss, len) != 0)
			rc = -errno;
	}
	socklen_t len = hf_addr_to_sockaddr(&p->server, &ss);
	if (rc == 0 && connect(fd, (struct sockaddr *)&ss, len) != 0)
		rc = -errno;
	if (rc != 0) {
		close(fd);
		return rc;
	}
	return fd;
}

int
evil_asker_open(
    const struct evil_plan *plan, const struct hf_siphash_key *key, struct evil_asker **out)
{
	struct evil_asker *a = calloc(1, sizeof(*a));
	int rc = 0;

	if (a == NULL)
		return -ENOMEM;
	a->plan = *plan;
	a->key = *key;
	a->random = plan->seed;
	memset(a->fd, 0xff, sizeof(a->fd));
	a->asked = calloc(plan->window, sizeof(*a->asked));
	for (unsigned i = 0; i < plan->sources && rc == 0; i++) {
		a->fd[i] = open_socket(plan, i);
		a->next_id[i] = (uint16_t)dice(a);
		a->by_id[i] = calloc(ID_CNT, sizeof(uint32_t));
		rc = a->fd[i] < 0 ? a->fd[i] : a->by_id[i] == NULL ? -ENOMEM : 0;
	}
	if (rc == 0 && a->asked == NULL)
		rc = -ENOMEM;
	if (rc != 0) {
		evil_asker_close(a);
		return rc;
	}
	*out = a;
	return 0;
}

void
evil_asker_close(struct evil_asker *a)
{
	for (unsigned i = 0; i < EVIL_ASKER_SOCKETS_MAX; i++) {
		if (a->fd[i] >= 0)
			close(a->fd[i]);
		free(a->by_id[i]);
	}
	free(a->asked);
	free(a);
}

/* The template with its numbers filled in. */
static int
make_name(struct evil_asker *a, struct hf_name *name)
{
	char text[2 * HF_NAME_TEXT_LEN];
	size_t len = 0;

	for (const char *p = a->plan.template; *p != '\0' && len < HF_NAME_TEXT_LEN; p++) {
		unsigned long long v;

		if (p[0] != '%' || p[1] == '\0') {
			text[len++] = *p;
			continue;
		}
		p++;
		v = *p == 'n'   ? a->plan.first + a->tally.asked
		    : *p == 'z' ? dice(a) % a->plan.zones
				: dice(a) & 0xffffffff;
		len += (size_t)snprintf(text + len, 24, "%llu", v);
	}
	text[len] = '\0';
	return hf_name_from_text(text, name);
}

static void
forget(struct evil_asker *a, struct asked *q)
{
	q->open = false;
	a->by_id[q->socket][q->id] = 0;
	while (a->tail < a->head && !a->asked[a->tail % a->plan.window].open)
		a->tail++;
}

static size_t
write_query(struct evil_asker *a, const struct asked *q)
{
	struct hf_question question = {.name = q->name, .type = a->plan.type, .klass = HF_CLASS_IN};
	struct hf_edns edns = {.udp_len = HF_UDP_EDNS_SEND};
	struct hf_writer w;

	hf_writer_init(&w, a->buf, sizeof(a->buf));
	hf_writer_question(&w, &question);
	hf_writer_opt(&w, &edns, NULL);
	return hf_writer_finish(&w, q->id, HF_FLAG_RD);
}

/* False: no more can be sent now. */
static bool
send_one(struct evil_asker *a, uint64_t now_ns)
{
	struct asked *q = &a->asked[a->head % a->plan.window];
	unsigned s = (unsigned)(a->head % a->plan.sources);

	if (a->head - a->tail == a->plan.window || a->by_id[s][a->next_id[s]] != 0)
		return false;
	if (make_name(a, &q->name) != 0) {
		a->tally.unsent++;
		a->tally.asked++;
		return true;
	}
	q->socket = (uint8_t)s;
	q->id = a->next_id[s];
	q->sent_ns = now_ns;
	size_t len = write_query(a, q);

	if (send(a->fd[s], a->buf, len, 0) < 0 && (errno == EAGAIN || errno == ENOBUFS))
		return false;
	q->open = true;
	a->by_id[s][a->next_id[s]++] = (uint32_t)(a->head % a->plan.window) + 1;
	a->head++;
	a->tally.asked++;
	return true;
}

static void
complain(struct evil_asker *a, const struct asked *q, const char *why, size_t len)
{
	char text[HF_NAME_TEXT_LEN];

	if (a->complaints++ >= COMPLAINTS_MAX)
		return;
	fprintf(stderr, "checker: wrong: %s: %s:", hf_name_to_text(&q->name, text), why);
	for (size_t i = 0; i < len; i++)
		fprintf(stderr, " %02x", a->buf[i]);
	fputc('\n', stderr);
}

static void
take(struct evil_asker *a, unsigned s, size_t len, uint64_t now_ns)
{
	uint16_t id = (uint16_t)(a->buf[0] << 8 | a->buf[1]);
	uint32_t place = len >= HF_HEADER_LEN ? a->by_id[s][id] : 0;
	const char *why = "";

	if (place == 0) { /* later than we waited */
		a->tally.got[EVIL_STRAY]++;
		return;
	}
	struct asked *q = &a->asked[place - 1];
	enum evil_check got = evil_check_reply(&a->key, &q->name, a->plan.type, a->buf, len, &why);

	a->tally.got[got]++;
	if (got == EVIL_WRONG)
		complain(a, q, why, len);
	if (got == EVIL_STRAY)
		return;
	uint64_t ms = (now_ns - q->sent_ns) / HF_NS_PER_MS;

	a->tally.ms[ms < EVIL_ASKER_MS_MAX ? ms : EVIL_ASKER_MS_MAX]++;
	forget(a, q);
}

static void
receive(struct evil_asker *a, uint64_t now_ns)
{
	for (unsigned s = 0; s < a->plan.sources; s++)
		for (;;) {
			ssize_t len = recv(a->fd[s], a->buf, sizeof(a->buf), 0);

			if (len < 0 && errno == ECONNREFUSED)
				continue; /* told once for each, then it is over */
			if (len < 0)
				break;
			take(a, s, (size_t)len, now_ns);
		}
}

bool
evil_asker_step(struct evil_asker *a, uint64_t now_ns)
{
	const struct evil_plan *p = &a->plan;
	uint64_t due = p->cnt;

	if (a->begin_ns == 0)
		a->begin_ns = now_ns;
	receive(a, now_ns);
	while (a->tail < a->head) {
		struct asked *oldest = &a->asked[a->tail % p->window];

		if (oldest->sent_ns + p->timeout_ms * HF_NS_PER_MS > now_ns)
			break;
		a->tally.lost++;
		forget(a, oldest);
	}
	if (p->rate > 0)
		due = (now_ns - a->begin_ns) / HF_NS_PER_US * p->rate / 1000000 + 1;
	if (due > p->cnt)
		due = p->cnt;
	for (unsigned i = 0; i < SEND_BURST && a->tally.asked < due; i++)
		if (!send_one(a, now_ns))
			break;
	return a->tally.asked < p->cnt || a->tail < a->head;
}

unsigned
evil_asker_sockets(const struct evil_asker *a, const int **fds)
{
	*fds = a->fd;
	return a->plan.sources;
}

const struct evil_tally *
evil_asker_tally(const struct evil_asker *a)
{
	return &a->tally;
}
