/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/worker.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "lib/base/clock.h"
#include "lib/base/rand.h"
#include "lib/wire/rotate.h"

enum {
	REPLY_CAP_MIN = DP_FRAME_KEEP_MAX + DP_REPLY_CAP_MIN,
	DONE_PER_POLL = 256,
};

_Static_assert((int)DP_BURST == (int)DP_GATE_BURST, "a burst is what the guard looks at");

/* What another thread stores to while a worker runs has cache lines of its own, and so has what
 * others read of a worker: two workers share nothing but the cache and constants. */
_Static_assert(
    sizeof(struct dp_worker) % 64 == 0 && alignof(struct dp_worker) == 64, "whole lines");
_Static_assert(offsetof(struct dp_worker, bell) % 64 == 0 && offsetof(struct dp_bell, event) == 64,
    "the writer takes a bell's first line and no more");
_Static_assert(offsetof(struct dp_done, head) == 0 && offsetof(struct dp_done, tail) == 64 &&
	offsetof(struct dp_done, handle) == 128 && offsetof(struct dp_worker, done) % 64 == 0,
    "the two ends of the done queue");
_Static_assert(offsetof(struct dp_core, counters) % 64 == 0 &&
	offsetof(struct dp_worker, latency.kind) % 64 == 0,
    "counters and histograms");
_Static_assert(offsetof(struct dp_shared, boot_ns) % 64 == 0, "constants beside what is published");

static void
count_add(struct dp_worker *w, enum hf_counter c, uint64_t n)
{
	uint64_t *counter = &w->core.counters[c];

	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static void
out_flush(struct dp_worker *w, struct dp_out *out)
{
	if (out->cnt == 0)
		return;

	struct dp_lane lane = dp_port_lane(w->ports, out->port, w->core.id);
	uint16_t sent = rte_eth_tx_burst(lane.device, lane.queue, out->m, out->cnt);

	count_add(w, HF_COUNTER_tx, sent);
	if (sent < out->cnt) {
		count_add(w, HF_COUNTER_tx_full, out->cnt - sent);
		rte_pktmbuf_free_bulk(out->m + sent, out->cnt - sent);
	}
	out->cnt = 0;
}

static void
out_add(struct dp_worker *w, struct dp_out *out, struct rte_mbuf *m, size_t len)
{
	m->data_len = (uint16_t)len;
	m->pkt_len = (uint32_t)len;
	out->m[out->cnt++] = m;
	if (out->cnt == DP_BURST)
		out_flush(w, out);
}

static bool
miss_put(struct dp_worker *w, const struct dp_ask_out *ask, uint16_t flags)
{
	struct hf_msg_miss *slot = NULL;

	if (w->link != NULL)
		slot = hf_ring_reserve(hf_link_miss(w->link, w->core.id));
	if (slot == NULL)
		return false;
	slot->head = (struct hf_msg_head){
	    .type = HF_MSG_MISS, .len = sizeof(*slot), .epoch = hf_link_epoch(w->link)};
	slot->handle = ask->handle;
	slot->asked_ns = w->shared->boot_ns + ask->asked_ms * HF_NS_PER_MS;
	slot->core = w->core.id;
	slot->flags = flags;
	memset(slot->pad, 0, sizeof(slot->pad));
	dp_key_to_msg(ask->key, &slot->key);
	hf_ring_commit(hf_link_miss(w->link, w->core.id));
	w->rang = true;
	w->core.pending.ring_room -= w->core.pending.ring_room > 0;
	return true;
}

/* Hand a question to the control plane, or settle it when that cannot be. */
static void
miss_send(struct dp_worker *w, const struct dp_ask_out *ask)
{
	if (!miss_put(w, ask, 0))
		dp_core_ring_full(&w->core, ask->handle);
}

/* The answer is in the cache already, and nobody waits. */
static void
refresh_send(struct dp_worker *w, const struct dp_key *key, uint16_t flags)
{
	const struct dp_ask_out ask = {.key = key, .asked_ms = w->core.now_ms};
	bool sent = miss_put(w, &ask, flags);

	dp_count(w->core.counters, sent ? HF_COUNTER_refresh : HF_COUNTER_refresh_full);
}

/* ARP, neighbour solicitation, echo: true when *p is now the reply. */
static bool
neighbour_answered(struct dp_worker *w, const struct dp_host *host, struct dp_packet *p)
{
	static const enum hf_counter counter[] = {
	    [DP_NEIGHBOUR_ARP] = HF_COUNTER_arp_answered,
	    [DP_NEIGHBOUR_ND] = HF_COUNTER_nd_answered,
	    [DP_NEIGHBOUR_ECHO] = HF_COUNTER_echo_answered,
	    [DP_NEIGHBOUR_NOT_OURS] = HF_COUNTER_not_ours,
	    [DP_NEIGHBOUR_BAD] = HF_COUNTER_bad_packet,
	    [DP_NEIGHBOUR_LIMITED] = HF_COUNTER_neighbour_limited,
	};
	enum dp_neighbour n = dp_neighbour_answer(host, w->core.now_ms, &w->limit, p);

	dp_count(w->core.counters, counter[n]);
	return n <= DP_NEIGHBOUR_ECHO;
}

/* To the exception port as it came, no copy. The kernel's end is at home on port 0 alone. */
static void
pass_up(struct dp_worker *w, struct rte_mbuf *m)
{
	if (!dp_limit_take(&w->exception_limit, w->core.now_ms)) {
		dp_count(w->core.counters, HF_COUNTER_exception_limited);
		rte_pktmbuf_free(m);
		return;
	}
	dp_count(w->core.counters, HF_COUNTER_exception_in);
	out_add(w, &w->exception, m, m->data_len);
}

static const enum hf_counter drop_counter[DP_PACKET_KIND_CNT] = {
    [DP_PACKET_TCP] = HF_COUNTER_not_ours,
    [DP_PACKET_NOT_OURS] = HF_COUNTER_not_ours,
    [DP_PACKET_BAD] = HF_COUNTER_bad_packet,
    [DP_PACKET_BAD_LENGTH] = HF_COUNTER_bad_length,
    [DP_PACKET_BAD_CHECKSUM] = HF_COUNTER_bad_checksum,
    [DP_PACKET_BAD_SOURCE] = HF_COUNTER_bad_source,
    [DP_PACKET_OWN_SOURCE] = HF_COUNTER_own_source,
    [DP_PACKET_IPV4_OPTIONS] = HF_COUNTER_ipv4_options,
    [DP_PACKET_IPV4_FRAGMENT] = HF_COUNTER_ipv4_fragment,
    [DP_PACKET_IPV6_EXTENSION] = HF_COUNTER_ipv6_extension,
    [DP_PACKET_IPV6_FRAGMENT] = HF_COUNTER_ipv6_fragment,
};

/* Classify m into *p. True for a DNS query; all else is gone afterwards. */
static bool
take_in(struct dp_worker *w, struct dp_out *out, struct rte_mbuf *m, struct dp_packet *p)
{
	const struct dp_host *host = &w->ports->port[out->port].host;
	enum dp_packet_kind kind = DP_PACKET_BAD;

	if (m->nb_segs == 1) { /* no frame that is ours needs two */
		p->octets = rte_pktmbuf_mtod(m, uint8_t *);
		p->len = m->data_len;
		p->cap = (uint16_t)(m->data_len + rte_pktmbuf_tailroom(m));
		kind = dp_packet_classify(host, p);
	}
	if (kind != DP_PACKET_DNS && w->ports->exception && out->port == 0 &&
	    dp_exception_wanted(host, kind, p)) {
		pass_up(w, m);
		return false;
	}
	if (kind == DP_PACKET_DNS)
		return true;
	if (kind != DP_PACKET_NEIGHBOUR) {
		dp_count(w->core.counters, drop_counter[kind]);
	} else if (neighbour_answered(w, host, p)) {
		out_add(w, out, m, p->len);
		return false;
	}
	rte_pktmbuf_free(m);
	return false;
}

static enum dp_outcome
missed(struct dp_worker *w, struct dp_query *dq, const struct dp_packet *p, uint16_t port)
{
	const struct dp_frame frame = {.octets = p->octets,
	    .dns_off = p->dns_off,
	    .port = port,
	    .client = dp_packet_client(p),
	    .arrived = w->arrived,
	    .net = dp_packet_net(p, DP_NET_V4_LEN, DP_NET_V6_LEN),
	    .cookie = dp_query_cookie_good(&w->core, dq)};
	struct dp_ask_out ask;
	enum dp_outcome o = dp_query_miss(&w->core, w->policy, dq, &frame, &ask);

	if (o == DP_ASK)
		miss_send(w, &ask);
	return o;
}

/* All of a burst came at one time and leave at one: two additions for any number of replies. */
static void
time_burst(struct dp_worker *w, uint64_t hit_cnt, uint64_t stale_cnt)
{
	uint64_t ticks = rte_rdtsc() - w->arrived;

	hit_cnt = w->core.counters[HF_COUNTER_hit] - hit_cnt;
	stale_cnt = w->core.counters[HF_COUNTER_stale] - stale_cnt;
	if (hit_cnt != 0)
		dp_latency_add(&w->latency, HF_LATENCY_hit, ticks, hit_cnt);
	if (stale_cnt != 0)
		dp_latency_add(&w->latency, HF_LATENCY_stale, ticks, stale_cnt);
}

/* Access lists are looked up, and the buckets prefetched, of a burst of cnt senders. */
static void
guard_aim(struct dp_worker *w, const uint8_t *const ip[], unsigned cnt)
{
	dp_gate_aim(&w->guard.gate, ip, cnt);
	if (w->guard.listed_on)
		dp_access_judge(&w->shared->access, ip, cnt, w->guard.listed);
}

/* Of a set the queries that may go the short way. */
static uint32_t
guard_hits(struct dp_worker *w, uint32_t set)
{
	const uint8_t *ip[DP_BURST];

	w->guard.paid = 0;
	if (set == 0)
		return 0;
	w->way->senders(&w->guard.gate, &w->hits, set);
	if (!w->guard.listed_on)
		return set;
	const uint8_t *any = w->hits.hit[__builtin_ctz(set)].ip;

	for (unsigned i = 0; i < DP_BURST; i++)
		ip[i] = (set >> i & 1) != 0 ? w->hits.hit[i].ip : any;
	dp_access_judge(
	    &w->shared->access, ip, 32u - (unsigned)__builtin_clz(set), w->guard.listed);
	return dp_guard_listed(&w->guard, set);
}

static enum dp_outcome
answer(struct dp_worker *w, uint16_t port, unsigned i)
{
	struct dp_query *dq = &w->query[i];
	enum dp_outcome o = DP_NOTHING;

	if (w->guard.on)
		o = dp_guard_query(&w->guard, &w->core, dq, i);
	if (o == DP_NOTHING) {
		o = dp_query_answer(&w->core, w->policy, dq);
		if (o == DP_MISS)
			o = missed(w, dq, &w->packet[i], port);
		else if (__builtin_expect(dq->refresh, 0))
			refresh_send(w, &dq->key, dq->refresh);
	}
	return o == DP_REPLY && w->guard.on ? dp_guard_reply(&w->guard, &w->core, dq, i) : o;
}

/* The last of the three stages (serve.h): every packet leaves here. Headers and checksums come
 * in a pass of their own: a sum over octets that were just stored waits for the stores. */
static void
give_out(struct dp_worker *w, struct dp_out *out, struct rte_mbuf **in, unsigned cnt)
{
	enum dp_outcome outcome[DP_BURST];

	for (unsigned i = 0; i < cnt; i++)
		outcome[i] = answer(w, out->port, i);
	for (unsigned i = 0; i < cnt; i++) {
		if (outcome[i] == DP_REPLY && w->rotate)
			hf_rotate(w->query[i].msg, w->query[i].len, w->turn++);
		if (outcome[i] == DP_REPLY)
			out_add(w, out, in[i], dp_packet_reply(&w->packet[i], w->query[i].len));
		else
			rte_pktmbuf_free(in[i]);
	}
}

/* What the stages of hit.h want to know of a frame. */
static inline void
hit_set(struct dp_hit *h, const struct rte_mbuf *m)
{
	uint64_t ip = m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	uint64_t l4 = m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	h->octets = rte_pktmbuf_mtod(m, uint8_t *);
	h->len = m->data_len;
	h->cap = (uint16_t)(m->buf_len - m->data_off);
	h->ip_summed = ip == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	h->udp_summed = l4 == RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	__builtin_prefetch(h->octets);
	__builtin_prefetch(h->octets + DP_LINE_LEN);
}

/* Of a set of queries those that may be asked and have an entry. */
static inline uint32_t
hits_find(struct dp_worker *w, uint32_t set)
{
	if (w->guard.on)
		set = guard_hits(w, set);
	set = w->way->questions(&w->core, &w->hits, set);
	return w->way->find(&w->core, &w->hits, set);
}

/* Sums stay what they are (rotate.h). */
static void
rotate_hits(struct dp_worker *w, uint32_t set)
{
	for (; set != 0; set &= set - 1) {
		struct dp_hit *h = &w->hits.hit[__builtin_ctz(set)];

		hf_rotate(h->dns, h->len - (size_t)(h->dns - h->octets), w->turn++);
	}
}

static void
sample(struct dp_worker *w, uint32_t meta, const uint8_t *name)
{
	uint64_t queries = w->core.counters[HF_COUNTER_queries];

	dp_samples_put(&w->samples, w->core.now_ms, queries, meta, name);
}

/* Any one of a burst, if it went the short way; else one of those that go the long way will do. */
static __attribute__((noinline, cold)) void
sample_hit(struct dp_worker *w, uint32_t set, unsigned in_cnt)
{
	unsigned i = (unsigned)(rte_rdtsc() % in_cnt);
	const struct dp_hit *h = &w->hits.hit[i];

	if ((set >> i & 1) != 0)
		sample(w, h->meta, h->line[0] + DP_KEY_NAME_OFF);
}

static __attribute__((noinline, cold)) void
sample_other(struct dp_worker *w, unsigned cnt)
{
	for (unsigned i = 0; i < cnt; i++)
		if (w->query[i].judge == HF_JUDGE_LOOKUP) {
			const struct dp_key_octets *o = &w->query[i].key.o;

			sample(w, dp_key_meta(o->type, o->variant, o->name_len), o->name);
			return;
		}
}

/* The short way for what it takes of a burst: those frames go to *out. Returns how many are left,
 * and moves them to the front of in. */
static unsigned
answer_hits(struct dp_worker *w, struct dp_out *out, struct rte_mbuf **in, unsigned in_cnt)
{
	struct dp_hits *b = &w->hits;
	uint32_t set = 0, paid = 0;
	unsigned cnt = 0, left = 0; /* not counted in memory: each store would wait for the last */

	for (unsigned i = 0; i < in_cnt; i++) {
		hit_set(&b->hit[i], in[i]);
		set |= (uint32_t)(in[i]->nb_segs == 1) << i;
	}
	set = hits_find(w, w->way->headers(&w->ports->port[out->port].host, b, set));
	if (w->guard.gate.clients_on || w->guard.gate.replies_on)
		set = w->way->answers_limited(&w->core, w->policy, &w->guard, b, set);
	else
		set = w->way->answers(&w->core, w->policy, b, set);
	if (__builtin_expect(w->core.now_ms >= w->samples.due_ms, 0))
		sample_hit(w, set, in_cnt);
	if (__builtin_expect(w->rotate, 0))
		rotate_hits(w, set);
	for (unsigned i = 0; i < in_cnt; i++) {
		struct rte_mbuf *m = in[i];

		if ((set >> i & 1) == 0) {
			paid |= (w->guard.paid >> i & 1) << left;
			in[left++] = m;
			continue;
		}
		m->data_len = b->hit[i].len;
		m->pkt_len = b->hit[i].len;
		out->m[cnt++] = m;
	}
	out->cnt = (uint16_t)cnt;
	w->guard.paid = paid;
	return left;
}

/* All that a core does with cnt frames that the short way left. */
static void
answer_others(struct dp_worker *w, struct dp_out *out, struct rte_mbuf **in, unsigned in_cnt)
{
	uint32_t in_paid = w->guard.paid, paid = 0;
	const uint8_t *ip[DP_BURST];
	unsigned cnt = 0;

	for (unsigned i = 0; i < in_cnt; i++) {
		struct dp_packet *p = &w->packet[cnt];
		struct dp_query *dq = &w->query[cnt];

		if (!take_in(w, out, in[i], p))
			continue;
		dq->msg = p->octets + p->dns_off;
		dq->len = p->dns_len;
		dq->cap = (uint16_t)(p->cap - p->dns_off);
		dq->ip = ip[cnt] = p->octets + p->l3_off;
		paid |= (in_paid >> i & 1) << cnt;
		dp_query_parse(&w->core, dq);
		in[cnt++] = in[i];
	}
	if (__builtin_expect(w->core.now_ms >= w->samples.due_ms, 0))
		sample_other(w, cnt);
	if (w->guard.on) {
		guard_aim(w, ip, cnt);
		w->guard.paid = paid;
	}
	for (unsigned i = 0; i < cnt; i++)
		dp_query_find(&w->core, &w->query[i]);
	give_out(w, out, in, cnt);
}

/* One snapshot of everything, for a burst or for those who wait: until look_away. A push waits no
 * longer than for what lies between the two, not for the system calls of a port that bring packets
 * in. */
static void
look_around(struct dp_worker *w)
{
	struct dp_shared *s = w->shared;

	dp_reader_quiet(w->core.table->readers, w->core.id);

	uint64_t now_ns = hf_clock_mono_ns() - s->boot_ns;
	uint64_t now_ms = now_ns / HF_NS_PER_MS;

	dp_gate_time(&w->guard.gate, now_ns);
	if (now_ms != w->core.now_ms || w->core.wall_s == 0)
		w->core.wall_s = (uint32_t)hf_clock_wall_s();
	w->core.now_ms = now_ms;
	/* acquire: pairs with the writer's publication of a whole object */
	w->policy = atomic_load_explicit(&s->policy, memory_order_acquire);
	w->link = atomic_load_explicit(&s->link, memory_order_acquire);
	w->core.cookies = atomic_load_explicit(&s->cookies, memory_order_acquire);
	w->core.control_alive =
	    w->link != NULL && atomic_load_explicit(&s->control_alive, memory_order_relaxed);
	if (w->link != NULL) {
		struct hf_ring *ring = hf_link_miss(w->link, w->core.id);

		w->core.pending.ring_room = hf_ring_room(ring);
		w->core.pending.ring_max = ring->slot_cnt;
	}
}

/* Nothing of the snapshot, nor of the cache, is used any more. */
static void
look_away(struct dp_worker *w)
{
	if (w->rang)
		(void)hf_link_wake_peer(w->link);
	w->rang = false;
	dp_reader_quiet(w->core.table->readers, w->core.id);
}

static unsigned
poll_port(struct dp_worker *w, uint16_t port)
{
	struct rte_mbuf *in[DP_BURST];
	struct dp_out out; /* its frames are not worth clearing */
	struct dp_lane lane = dp_port_lane(w->ports, port, w->core.id);
	uint16_t in_cnt = rte_eth_rx_burst(lane.device, lane.queue, in, DP_BURST);
	uint64_t hit_cnt = w->core.counters[HF_COUNTER_hit];
	uint64_t stale_cnt = w->core.counters[HF_COUNTER_stale];

	if (in_cnt == 0)
		return 0;
	look_around(w);
	w->arrived = rte_rdtsc();
	count_add(w, HF_COUNTER_rx, in_cnt);
	out.port = port;
	unsigned left = answer_hits(w, &out, in, in_cnt);
	if (left != 0)
		answer_others(w, &out, in, left);
	out_flush(w, &out);
	out_flush(w, &w->exception);
	time_burst(w, hit_cnt, stale_cnt);
	look_away(w);
	return in_cnt;
}

/* What the kernel sends leaves by port 0 as it is. */
static unsigned
poll_exception(struct dp_worker *w)
{
	struct dp_lane lane = dp_port_lane(w->ports, DP_PORT_EXCEPTION, w->core.id);
	struct dp_out out;
	unsigned cnt = rte_eth_rx_burst(lane.device, lane.queue, out.m, DP_BURST);

	if (cnt == 0)
		return 0;
	count_add(w, HF_COUNTER_exception_out, cnt);
	out.port = 0;
	out.cnt = (uint16_t)cnt;
	out_flush(w, &out);
	return cnt;
}

/* One reply to one who waited, in m. */
static size_t
job_finish(const struct dp_job *job)
{
	struct dp_packet p = {.octets = job->frame, .cap = job->cap, .dns_off = job->dns_off};

	dp_packet_resume(&p);
	return dp_packet_reply(&p, job->dns_len);
}

/* query[0] is the waiter's, with the reply in it. */
static enum dp_outcome
guard_late(struct dp_worker *w, struct dp_job *job)
{
	struct dp_query *dq = &w->query[0];
	enum dp_outcome o = dp_guard_late(&w->guard, &w->core, dq, job->cookie);

	job->dns_len = dq->len;
	return o;
}

static void
time_waiter(struct dp_worker *w, const struct dp_job *job, uint64_t stale_cnt)
{
	bool stale = w->core.counters[HF_COUNTER_stale] != stale_cnt;

	dp_latency_add(
	    &w->latency, stale ? HF_LATENCY_stale : HF_LATENCY_miss, rte_rdtsc() - job->arrived, 1);
}

/* Those who waited and whose time has come, at most a burst of them. Returns how many. */
static unsigned
serve_waiters(struct dp_worker *w)
{
	struct dp_out out;
	struct rte_mbuf *m = NULL;
	unsigned cnt = 0;

	out.port = 0;
	out.cnt = 0;
	for (; cnt < DP_BURST && dp_core_has_next(&w->core); cnt++) {
		uint64_t stale_cnt = w->core.counters[HF_COUNTER_stale];
		struct dp_ask_out ask;
		struct dp_job job;

		if (m == NULL)
			m = rte_pktmbuf_alloc(w->ports->pool[w->core.id]);
		if (m == NULL || rte_pktmbuf_tailroom(m) < REPLY_CAP_MIN)
			break; /* they wait on until there are buffers again */
		job.frame = rte_pktmbuf_mtod(m, uint8_t *);
		job.cap = rte_pktmbuf_tailroom(m);

		enum dp_outcome o = dp_core_next(&w->core, w->policy, &w->query[0], &job, &ask);
		if (o == DP_NOTHING)
			break;
		if (o == DP_ASK)
			miss_send(w, &ask);
		if (o == DP_REPLY)
			o = guard_late(w, &job);
		if (o != DP_REPLY)
			continue;
		if (job.port != out.port)
			out_flush(w, &out);
		out.port = job.port;
		if (w->rotate)
			hf_rotate(job.frame + job.dns_off, job.dns_len, w->turn++);
		out_add(w, &out, m, job_finish(&job));
		time_waiter(w, &job, stale_cnt);
		m = NULL;
	}
	out_flush(w, &out);
	rte_pktmbuf_free(m);
	return cnt;
}

static unsigned
take_completions(struct dp_worker *w)
{
	uint64_t handle;
	unsigned cnt = 0;

	while (cnt < DONE_PER_POLL && dp_done_take(&w->done, &handle)) {
		dp_core_done(&w->core, handle);
		cnt++;
	}
	return cnt;
}

/* Completions, timers, and the replies they lead to. */
static unsigned
poll_waiters(struct dp_worker *w)
{
	if (!dp_done_ready(&w->done) && !dp_core_waits(&w->core)) {
		dp_reader_quiet(w->core.table->readers, w->core.id);
		return 0;
	}
	look_around(w);

	unsigned work = take_completions(w);

	dp_core_tick(&w->core);
	work += serve_waiters(w);
	look_away(w);
	return work;
}

/* Returns how much there was to do. */
static unsigned
poll_once(struct dp_worker *w)
{
	unsigned work = 0;

	for (uint16_t i = 0; i < w->ports->cnt; i++)
		work += poll_port(w, i);
	if (w->ports->exception)
		work += poll_exception(w);
	return work + poll_waiters(w);
}

static bool
stopped(const struct dp_worker *w)
{
	return atomic_load_explicit(&w->shared->stop, memory_order_relaxed);
}

static void
arm_ports(struct dp_worker *w, bool arm)
{
	for (unsigned i = 0; i <= DP_PORT_EXCEPTION; i++) {
		struct dp_lane lane = dp_port_lane(w->ports, i, w->core.id);
		const struct dp_waker *waker = &w->ports->port[i].waker[w->core.id];

		if (!dp_port_there(w->ports, i))
			continue;
		if (arm)
			dp_waker_arm(waker, lane.device, lane.queue);
		else
			dp_waker_disarm(waker, lane.device, lane.queue);
	}
}

/* The writer's tickets do not wait for a sleeper. */
static void
go_away(struct dp_worker *w)
{
	dp_reader_leave(w->core.table->readers, w->core.id);
}

static void
come_back(struct dp_worker *w)
{
	dp_reader_enter(w->core.table->readers, w->core.id);
}

static void
nap(struct dp_worker *w)
{
	const struct timespec t = {.tv_nsec = DP_IDLE_NAP_NS};

	dp_count(w->core.counters, HF_COUNTER_idle_nap);
	go_away(w);
	(void)nanosleep(&t, NULL);
	come_back(w);
}

/* Nothing is lost: what comes after the last poll finds us armed, what came before is found by it.
 */
static void
sleep_until_woken(struct dp_worker *w)
{
	uint64_t ms = dp_core_idle_ms(&w->core);

	dp_bell_prepare(&w->bell);
	arm_ports(w, true);
	if (ms > 0 && poll_once(w) == 0 && !stopped(w)) {
		dp_count(w->core.counters, HF_COUNTER_idle_sleep);
		if (ms > DP_IDLE_SLEEP_MAX_MS)
			ms = DP_IDLE_SLEEP_MAX_MS;
		go_away(w);
		bool woken = dp_bell_wait(&w->bell, ms * HF_NS_PER_MS);
		come_back(w);
		if (woken) {
			dp_count(w->core.counters, HF_COUNTER_idle_woken);
			dp_idle_woken(&w->idle);
		}
	}
	arm_ports(w, false);
	dp_bell_woke(&w->bell);
}

static void
rest(struct dp_worker *w)
{
	switch (dp_idle_rest(&w->idle, rte_rdtsc())) {
	case DP_REST_SPIN:
		dp_idle_pause(&w->idle);
		break;
	case DP_REST_NAP:
		nap(w);
		break;
	case DP_REST_SLEEP:
		sleep_until_woken(w);
		break;
	}
}

/* A port without a descriptor to wait on: no sleep, only naps. */
static void
watch_ports(struct dp_worker *w)
{
	w->idle.can_sleep = true;
	for (unsigned i = 0; i <= DP_PORT_EXCEPTION; i++)
		if (dp_port_there(w->ports, i) &&
		    (w->ports->port[i].waker[w->core.id].fd < 0 ||
			dp_bell_watch(&w->bell, w->ports->port[i].waker[w->core.id].fd) != 0))
			w->idle.can_sleep = false;
}

int
dp_worker_run(void *arg)
{
	struct dp_worker *w = arg;

	(void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); /* short sleeps stay short */
	dp_reader_enter(w->core.table->readers, w->core.id);
	watch_ports(w);
	while (!stopped(w)) {
		if (poll_once(w) != 0)
			dp_idle_busy(&w->idle);
		else if (w->shared->adaptive)
			rest(w);
	}
	dp_reader_leave(w->core.table->readers, w->core.id);
	return 0;
}

struct dp_worker *
dp_worker_create(uint16_t id, struct dp_shared *shared, const struct dp_ports *ports,
    const struct dp_table *table, const struct dp_options *o)
{
	struct dp_worker *w = aligned_alloc(64, (sizeof(*w) + 63) & ~(size_t)63);
	struct hf_rand r;
	uint8_t seed[16], gate_seed[128];

	if (w == NULL)
		return NULL;
	memset(w, 0, sizeof(*w));
	hf_rand_init(&r);
	hf_rand_bytes(&r, seed, sizeof(seed));
	hf_rand_bytes(&r, gate_seed, sizeof(gate_seed));
	if (dp_bell_init(&w->bell) != 0) {
		free(w);
		return NULL;
	}
	if (dp_core_init(&w->core, id, DP_QUESTION_MAX_DEFAULT, DP_WAITER_MAX_DEFAULT, seed) != 0 ||
	    dp_guard_init(&w->guard, &o->gate, !hf_access_is_open(&o->access), gate_seed) != 0) {
		dp_worker_destroy(w);
		return NULL;
	}
	w->way = dp_hit_way_best();
	w->core.table = table;
	w->core.udp_max = o->udp_max;
	w->rotate = o->rotate;
	w->core.identity = &o->identity;
	w->core.pending.client_limit = o->client_waiting;
	w->core.pending.cookie_limit = o->cookie_waiting;
	w->core.timeout_ms = DP_TIMEOUT_MS_DEFAULT;
	w->shared = shared;
	w->ports = ports;
	w->exception.port = DP_PORT_EXCEPTION;
	dp_latency_init(&w->latency, shared->tsc_hz);
	dp_idle_init(&w->idle, shared->tsc_hz);
	dp_limit_init(&w->limit, DP_NEIGHBOUR_PER_S, DP_NEIGHBOUR_BURST, 0);
	dp_limit_init(&w->exception_limit, DP_EXCEPTION_PER_S, DP_EXCEPTION_BURST, 0);
	return w;
}

void
dp_worker_destroy(struct dp_worker *w)
{
	if (w == NULL)
		return;
	dp_guard_fini(&w->guard);
	dp_core_fini(&w->core);
	dp_bell_fini(&w->bell);
	free(w);
}
