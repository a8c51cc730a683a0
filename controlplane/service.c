/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/service.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "controlplane/tcp.h"
#include "lib/base/log.h"

enum { PORT_DEFAULT = 53, RETRY_S = 1 };

struct service_address {
	struct hf_addr addr;
	struct cp_tcp *tcp; /* NULL: not yet */
};

struct cp_service {
	struct cp_listen_config cfg;
	const char *netns;
	struct event *timer;
	int home;  /* our own namespace */
	dev_t dev; /* what the sockets were made in; a namespace of the same name that was */
	ino_t ino; /* made anew is another one */
	int told;  /* the last reason that was logged */
	size_t cnt;
	struct service_address address[];
};

/* Log a failure once, until something else is the matter. */
static void
tell(struct cp_service *s, const char *what, int rc)
{
	if (rc == s->told)
		return;
	s->told = rc;
	if (rc != 0)
		hf_log(HF_LOG_WARN, "service", "no TCP on the service addresses yet: %s: %s", what,
		    strerror(-rc));
}

static void
forget_sockets(struct cp_service *s)
{
	for (size_t i = 0; i < s->cnt; i++) {
		cp_tcp_retire(s->address[i].tcp);
		s->address[i].tcp = NULL;
	}
}

/* The namespace as it is now. Its descriptor, or -errno. */
static int
look_at_namespace(struct cp_service *s)
{
	struct stat st;
	int fd = open(s->netns, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	if ((s->dev != 0 || s->ino != 0) && (st.st_dev != s->dev || st.st_ino != s->ino)) {
		cp_count(s->cfg.counters, service_tcp_moved);
		hf_log(HF_LOG_INFO, "service", "%s was made anew", s->netns);
		forget_sockets(s);
	}
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return fd;
}

static bool
is_complete(const struct cp_service *s)
{
	for (size_t i = 0; i < s->cnt; i++)
		if (s->address[i].tcp == NULL)
			return false;
	return true;
}

/* Inside the namespace: sockets for the addresses that have none. */
static void
open_missing(struct cp_service *s)
{
	char text[HF_ADDR_TEXT_LEN];
	int worst = 0;

	for (size_t i = 0; i < s->cnt; i++) {
		struct service_address *a = &s->address[i];

		if (a->tcp != NULL)
			continue;

		int rc = cp_tcp_open(&s->cfg, &a->addr, &a->tcp);

		if (rc == 0) {
			hf_log(HF_LOG_INFO, "service", "listening on %s, TCP",
			    hf_addr_to_text(&a->addr, text));
			continue;
		}
		cp_count(s->cfg.counters, service_tcp_failed);
		tell(s, hf_addr_to_text(&a->addr, text), rc);
		worst = rc;
	}
	if (worst == 0)
		s->told = 0;
}

static void
try_again(struct cp_service *s)
{
	int fd = look_at_namespace(s);

	if (fd < 0) {
		cp_count(s->cfg.counters, service_tcp_failed);
		tell(s, s->netns, fd);
		return;
	}
	if (is_complete(s)) {
		close(fd);
		return;
	}
	if (setns(fd, CLONE_NEWNET) == 0) {
		open_missing(s);
		/* Anywhere else nothing would be reachable again: systemd starts us anew. */
		if (setns(s->home, CLONE_NEWNET) != 0)
			abort();
	} else {
		cp_count(s->cfg.counters, service_tcp_failed);
		tell(s, s->netns, -errno);
	}
	close(fd);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	try_again(arg);
}

int
cp_service_open(const struct cp_listen_config *cfg, const char *netns, struct cp_service **out)
{
	static const struct timeval each = {RETRY_S, 0};
	struct cp_service *s = calloc(1, sizeof(*s) + cfg->addr_cnt * sizeof(s->address[0]));

	if (s == NULL)
		return -ENOMEM;
	s->cfg = *cfg;
	s->netns = netns;
	s->cnt = cfg->addr_cnt;
	for (size_t i = 0; i < s->cnt; i++) {
		s->address[i].addr = cfg->addrs[i];
		if (s->address[i].addr.port == 0)
			s->address[i].addr.port = PORT_DEFAULT;
	}
	s->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	s->timer = event_new(cfg->base, -1, EV_PERSIST, on_timer, s);
	if (s->home < 0 || s->timer == NULL || event_add(s->timer, &each) != 0) {
		cp_service_close(s);
		return -ENOMEM;
	}
	try_again(s);
	*out = s;
	return 0;
}

void
cp_service_close(struct cp_service *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->cnt; i++)
		cp_tcp_close(s->address[i].tcp);
	if (s->timer != NULL)
		event_free(s->timer);
	if (s->home >= 0)
		close(s->home);
	free(s);
}
