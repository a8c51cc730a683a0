/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/rootload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "controlplane/resolver/axfr.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/config/zonetext.h"

enum {
	FRAME_HEAD = 2, /* length before each message: RFC 1035 4.2.2 */
	FILE_OCTETS_MAX = 16 << 20,
	RETRY_MAX_S = 3600,
};

struct cp_rootload {
	struct cp_rootload_config cfg;
	struct event *timer;
	uint64_t loaded_ns; /* 0: no copy is in use */
	struct cp_root_soa soa;
	uint32_t retry_s;
	size_t next_master;

	/* A transfer under way. */
	struct bufferevent *conn;
	struct cp_axfr axfr;
};

/* --- when ------------------------------------------------------------------------------ */

static void
again_in(struct cp_rootload *l, uint32_t s)
{
	struct timeval tv = {
	    s < CP_ROOTLOAD_LEAST_S && l->loaded_ns != 0 ? CP_ROOTLOAD_LEAST_S : s, 0};

	evtimer_add(l->timer, &tv);
}

/* Past the SOA's expire a copy is no more than a rumour (RFC 8806 3). */
static void
expire(struct cp_rootload *l)
{
	uint64_t age_ns = hf_clock_mono_ns() - l->loaded_ns;

	if (l->loaded_ns == 0 || age_ns < l->soa.expire_s * HF_NS_PER_S)
		return;
	l->loaded_ns = 0;
	cp_caches_set_root(l->cfg.caches, NULL, 0);
	cp_count(l->cfg.counters, root_expired);
	hf_log(HF_LOG_WARN, "root", "the copy of the root, serial %u, has expired", l->soa.serial);
}

static void
failed(struct cp_rootload *l, const char *from, const char *why)
{
	uint32_t most =
	    l->loaded_ns != 0 && l->soa.retry_s < RETRY_MAX_S ? l->soa.retry_s : RETRY_MAX_S;

	cp_count(l->cfg.counters, root_refused);
	hf_log(HF_LOG_WARN, "root", "no copy of the root from %s: %s", from, why);
	expire(l);
	again_in(l, l->retry_s);
	l->retry_s = 2 * l->retry_s < most ? 2 * l->retry_s : most;
}

/* Check what was gathered and use it. The reference is ours. */
static int
use(struct cp_rootload *l, struct cp_rootcopy *copy, const char *from)
{
	char why[CP_ROOTCOPY_WHY_LEN];
	size_t cnt;
	const struct hf_rrset *anchors = cp_trust_sets(l->cfg.trust, &cnt);
	int rc = cp_rootcopy_seal(copy, anchors, cnt, hf_clock_wall_s(), why);

	if (rc == 0) {
		cp_rootcopy_soa(copy, &l->soa);
		l->loaded_ns = hf_clock_mono_ns();
		l->retry_s = CP_ROOTLOAD_FIRST_RETRY_S;
		cp_caches_set_root(l->cfg.caches, copy, l->loaded_ns);
		cp_count(l->cfg.counters, root_loaded);
		hf_log(HF_LOG_INFO, "root", "copy of the root from %s, serial %u, %zu records",
		    from, l->soa.serial, cp_rootcopy_cnt(copy));
		again_in(l, l->soa.refresh_s);
	} else {
		failed(l, from, why);
	}
	cp_rootcopy_put(copy);
	return rc;
}

/* --- from a file ----------------------------------------------------------------------- */

static int
add_text(void *arg, const struct hf_zonetext_rr *rr)
{
	struct cp_root_record one = {&rr->owner, rr->type, rr->ttl, rr->data.rdata, rr->data.len};

	return cp_rootcopy_add(arg, &one);
}

static int
from_file(struct cp_rootload *l)
{
	struct hf_zonetext z = {
	    .name = l->cfg.file, .rr_max = CP_ROOTCOPY_RECORDS, .octets_max = FILE_OCTETS_MAX};
	struct cp_rootcopy *copy = cp_rootcopy_create();
	int rc = copy != NULL ? hf_zonetext_load_each(&z, add_text, copy) : -ENOMEM;

	if (rc == 0)
		return use(l, copy, l->cfg.file);
	failed(l, l->cfg.file, rc == -ENOMEM ? "out of memory" : z.err);
	cp_rootcopy_put(copy);
	return rc;
}

/* --- from a master --------------------------------------------------------------------- */

static void
transfer_end(struct cp_rootload *l)
{
	if (l->conn != NULL)
		bufferevent_free(l->conn);
	cp_rootcopy_put(l->axfr.copy);
	l->conn = NULL;
	l->axfr.copy = NULL;
}

static void
transfer_fails(struct cp_rootload *l, const char *why)
{
	char addr[HF_ADDR_TEXT_LEN];
	const struct hf_addr *from = &l->cfg.masters[l->next_master];

	transfer_end(l);
	l->next_master = (l->next_master + 1) % l->cfg.masters_cnt;
	failed(l, hf_addr_to_text(from, addr), why);
}

static void
on_read(struct bufferevent *b, void *arg)
{
	struct cp_rootload *l = arg;
	struct evbuffer *in = bufferevent_get_input(b);
	char addr[HF_ADDR_TEXT_LEN];
	const char *wrong = NULL;
	uint8_t head[FRAME_HEAD];

	while (wrong == NULL && !cp_axfr_is_whole(&l->axfr) &&
	    evbuffer_copyout(in, head, FRAME_HEAD) == FRAME_HEAD) {
		size_t len = (size_t)head[0] << 8 | head[1];

		if (evbuffer_get_length(in) < FRAME_HEAD + len)
			break;
		const uint8_t *frame = evbuffer_pullup(in, (ev_ssize_t)(FRAME_HEAD + len));

		wrong = frame == NULL ? "out of memory"
				      : cp_axfr_take(&l->axfr, frame + FRAME_HEAD, len);
		evbuffer_drain(in, FRAME_HEAD + len);
	}
	if (wrong != NULL) {
		transfer_fails(l, wrong);
	} else if (cp_axfr_is_whole(&l->axfr)) {
		struct cp_rootcopy *copy = l->axfr.copy;

		l->axfr.copy = NULL;
		transfer_end(l);
		if (use(l, copy, hf_addr_to_text(&l->cfg.masters[l->next_master], addr)) != 0)
			l->next_master = (l->next_master + 1) % l->cfg.masters_cnt;
	}
}

static void
on_event(struct bufferevent *b, short what, void *arg)
{
	static const uint8_t query[FRAME_HEAD + CP_AXFR_QUERY_LEN] = {0, CP_AXFR_QUERY_LEN, 0x52,
	    0x5a, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, HF_TYPE_AXFR, 0, 1};

	if ((what & BEV_EVENT_CONNECTED) != 0)
		bufferevent_write(b, query, sizeof(query));
	else
		transfer_fails(
		    arg, (what & BEV_EVENT_TIMEOUT) != 0 ? "no answer" : "connection lost");
}

static void
from_master(struct cp_rootload *l)
{
	static const struct timeval patience = {CP_ROOTLOAD_TIMEOUT_S, 0};
	struct hf_addr to = l->cfg.masters[l->next_master];
	struct sockaddr_storage ss;

	if (to.port == 0)
		to.port = 53;
	socklen_t len = hf_addr_to_sockaddr(&to, &ss);

	cp_axfr_init(&l->axfr, cp_rootcopy_create());
	l->conn = bufferevent_socket_new(l->cfg.base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (l->axfr.copy == NULL || l->conn == NULL) {
		transfer_fails(l, "out of memory");
		return;
	}
	again_in(l, CP_ROOTLOAD_TRANSFER_S);
	bufferevent_setcb(l->conn, on_read, NULL, on_event, l);
	bufferevent_set_timeouts(l->conn, &patience, &patience);
	bufferevent_enable(l->conn, EV_READ | EV_WRITE);
	if (bufferevent_socket_connect(l->conn, (struct sockaddr *)&ss, (int)len) != 0 &&
	    l->conn != NULL)
		transfer_fails(l, "cannot connect");
}

/* --- */

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct cp_rootload *l = arg;

	(void)fd;
	(void)what;
	if (l->conn != NULL) {
		transfer_fails(l, "too slow");
		return;
	}
	expire(l);
	if (l->cfg.masters_cnt > 0)
		from_master(l);
	else
		(void)from_file(l);
}

struct cp_rootload *
cp_rootload_create(const struct cp_rootload_config *cfg)
{
	struct cp_rootload *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->cfg = *cfg;
	cp_trust_get(l->cfg.trust);
	l->retry_s = CP_ROOTLOAD_FIRST_RETRY_S;
	l->timer = evtimer_new(cfg->base, on_timer, l);
	if (l->timer == NULL) {
		cp_trust_put(l->cfg.trust);
		free(l);
		return NULL;
	}
	if (cfg->file != NULL)
		(void)from_file(l);
	if (cfg->masters_cnt > 0)
		from_master(l);
	return l;
}

void
cp_rootload_set_trust(struct cp_rootload *l, struct cp_trust *trust)
{
	if (l == NULL)
		return;
	cp_trust_get(trust);
	cp_trust_put(l->cfg.trust);
	l->cfg.trust = trust;
}

void
cp_rootload_destroy(struct cp_rootload *l)
{
	if (l == NULL)
		return;
	transfer_end(l);
	event_free(l->timer);
	cp_trust_put(l->cfg.trust);
	free(l);
}
