/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * counters: every counter of the control plane outside the resolver core, in one list.
 *
 * Purpose   `holdfastctl stats` and the metrics come from it. Every way in which a query, a
 *           message or a request is dropped, refused or given up has its line. The resolver
 *           core's own list is CP_RESOLVER_COUNTERS.
 * Roles     The thread that a struct cp_counters belongs to adds, the main thread reads.
 * Memory    One struct cp_counters of the program, one of each recursion thread.
 * Blocking  Never.
 * Errors    None.
 * Trust     Nothing here reads input.
 */
#ifndef CP_COUNTERS_H
#define CP_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

/* X(name, unit, sentence) */
#define CP_COUNTERS(X)                                                                         \
	X(udp_queries, queries, "received by the listeners over UDP")                          \
	X(tcp_queries, queries, "received by the listeners over TCP")                          \
	X(udp_replies, replies, "sent by the listeners over UDP")                              \
	X(tcp_replies, replies, "sent by the listeners over TCP")                              \
	X(listen_drop_short, queries, "under 12 octets, dropped")                              \
	X(listen_drop_response, queries, "QR=1, dropped")                                      \
	X(listen_formerr, queries, "answered FORMERR")                                         \
	X(listen_notimp, queries, "answered NOTIMP")                                           \
	X(listen_cookie_learning, queries, "with a client cookie alone (RFC 7873)")            \
	X(listen_cookie_bad, queries, "with a server cookie that is not ours or too old")      \
	X(listen_cookie_good, queries, "with a server cookie of ours")                         \
	X(listen_badcookie, queries, "answered BADCOOKIE")                                     \
	X(listen_access_refused, queries, "answered REFUSED, EDE 18: an access list says so")  \
	X(listen_access_drop, queries, "dropped, connections closed: an access list says so")  \
	X(listen_badvers, queries, "answered BADVERS")                                         \
	X(root_loaded, copies, "of the root zone checked and used (RFC 8806)")                 \
	X(root_refused, copies, "of the root zone not to be had, or not good")                 \
	X(root_expired, copies, "of the root zone no longer used: too old")                    \
	X(listen_identity, queries, "answered: id.server, version.server (RFC 4892)")          \
	X(listen_refused, queries, "answered REFUSED: class or type")                          \
	X(listen_rd_clear, queries, "RD=0: from the cache, or REFUSED")                        \
	X(too_busy, questions, "answered SERVFAIL: too many questions under way")              \
	X(unanswered, questions, "answered SERVFAIL: the resolver said nothing in time")       \
	X(thread_full, questions, "answered SERVFAIL: a recursion thread does not keep up")    \
	X(thread_answer_lost, answers, "of a recursion thread lost: no room or memory")        \
	X(unwanted, answers, "that nobody waited for any more")                                \
	X(udp_recv_failed, calls, "of recvmsg that failed")                                    \
	X(udp_send_failed, replies, "lost: the kernel did not take them")                      \
	X(out_of_memory, queries, "dropped: no memory")                                        \
	X(tcp_accepted, connections, "accepted")                                               \
	X(tcp_refused, connections, "closed at once: too many are open")                       \
	X(tcp_idle, connections, "closed: idle")                                               \
	X(tcp_slow, connections, "closed: the client does not read")                           \
	X(tcp_bad_frame, connections, "closed: a frame under 12 octets")                       \
	X(service_tcp_failed, attempts, "to listen for TCP on a service address that failed")  \
	X(service_tcp_moved, times, "the namespace of service-tcp was another one")            \
	X(up_udp, exchanges, "begun with a server over UDP")                                   \
	X(up_tcp, exchanges, "begun with a server over TCP")                                   \
	X(up_timeout, exchanges, "without a usable reply in time")                             \
	X(up_unreachable, exchanges, "failed: ICMP, no route, connection refused")             \
	X(up_reset, exchanges, "failed: TCP closed before a reply")                            \
	X(up_local, exchanges, "failed: no socket, port or memory of our own")                 \
	X(up_full, exchanges, "failed: too many sockets open")                                 \
	X(up_port_retry, ports, "in use, another one tried")                                   \
	X(up_fragmented, exchanges, "failed: the reply came in fragments")                     \
	X(up_tcp_opened, connections, "to servers begun")                                      \
	X(up_tcp_reused, exchanges, "begun on a connection that was there")                    \
	X(up_tcp_retry, exchanges, "begun again: a connection that had worked was closed")     \
	X(up_tcp_stray, frames, "from servers that were nobody's reply")                       \
	X(up_cut, packets, "from servers, longer than the buffer, dropped")                    \
	X(link_attached, times, "attached to the dataplane")                                   \
	X(link_lost, times, "the dataplane went away or fell silent")                          \
	X(link_refused, times, "attaching failed: wrong version, sizes or user")               \
	X(link_miss, messages, "misses taken from the cores")                                  \
	X(refresh_failed, questions, "of the cores for a refresh that gave nothing better")    \
	X(keepwarm, answers, "of names on the list resolver.keepwarm fetched anew")            \
	X(keepwarm_failed, questions, "of that list that could not be resolved")               \
	X(refresh_off, questions, "of the cores for a refresh, which is switched off")         \
	X(link_miss_bad, messages, "misses refused: malformed or of another epoch")            \
	X(say_bad, messages, "from the dataplane's socket refused: malformed")                 \
	X(answers, messages, "answers put on the update ring")                                 \
	X(answer_queued, messages, "answers that had to wait for room on the update ring")     \
	X(answer_lost, messages, "answers dropped: the queue before the update ring was full") \
	X(answer_unfit, messages, "answers too large for a message, sent without records")     \
	X(policy_sent, snapshots, "policy snapshots sent to the dataplane")                    \
	X(policy_acks, snapshots, "acknowledged by the dataplane")                             \
	X(policy_refused, snapshots, "refused by the dataplane")                               \
	X(set_acks, sets, "of cookies, acknowledged by the dataplane")                         \
	X(set_refused, sets, "of cookies, refused by the dataplane")                           \
	X(generation_refused, times, "the dataplane claimed a generation too far ahead")       \
	X(nta_added, anchors, "negative trust anchors added")                                  \
	X(nta_removed, anchors, "negative trust anchors removed by hand or by recovery")       \
	X(nta_expired, anchors, "negative trust anchors that ran out")                         \
	X(nta_extended, anchors, "negative trust anchors given more time")                     \
	X(nta_asked, requests, "for negative trust anchors that wait for a second person")     \
	X(nta_approved, requests, "of those that another uid approved")                        \
	X(nta_refused, times, "who asked for a negative trust anchor tried to approve it")     \
	X(nta_lapsed, requests, "for negative trust anchors that nobody approved in time")     \
	X(clock_jumps, times, "the wall clock jumped while negative trust anchors stood")      \
	X(nta_recovery_proposed, times, "a zone under an NTA was found to be good again")      \
	X(nta_recovered, anchors, "negative trust anchors removed because of that")            \
	X(probe_rounds, rounds, "of probes of a zone under an NTA that are over")              \
	X(probe_rounds_clean, rounds, "of them in which all that answered was good")           \
	X(probe_checks, questions, "asked of single servers for that")                         \
	X(probe_checks_bad, questions, "of them that did not end well")                        \
	X(probe_packets, packets, "sent for probes and for the addresses they go to")          \
	X(anchor_refreshed, observations, "of a trust point's keys that were good (RFC 5011)") \
	X(anchor_refresh_failed, observations, "of a trust point's keys that failed")          \
	X(anchor_pending, keys, "new at a trust point: their hold-down began")                 \
	X(anchor_forgotten, keys, "gone before their hold-down was over, or from the files")   \
	X(anchor_valid, keys, "that are trust anchors now")                                    \
	X(anchor_missing, anchors, "not among the keys of their zone any more")                \
	X(anchor_revoked, anchors, "revoked by their owner: not trusted any more")             \
	X(anchor_removed, anchors, "revoked, and gone for their hold-down")                    \
	X(anchor_forged, observations, "of revoked keys without their own signature")          \
	X(anchor_full, observations, "of new keys for which a trust point has no room")        \
	X(store_failed, changes, "refused because the store did not take them")                \
	X(admin_requests, requests, "on the admin socket")                                     \
	X(traces, questions, "traced for operators")                                           \
	X(trace_refused, questions, "of operators not traced: too many, or no memory")         \
	X(admin_bad, requests, "on the admin socket that were not understood")                 \
	X(admin_refused, connections,                                                          \
	    "to the admin socket closed at once: too many or not allowed")                     \
	X(admin_slow, connections, "to the admin socket closed: idle or not reading")

enum cp_counter {
#define X(name, unit, sentence) CP_COUNTER_##name,
	CP_COUNTERS(X)
#undef X
	    CP_COUNTER_CNT,
};

struct cp_counters {
	_Atomic uint64_t v[CP_COUNTER_CNT]; /* stored by one thread, relaxed */
};

static inline void
cp_counters_count(struct cp_counters *c, enum cp_counter which)
{
	uint64_t v = atomic_load_explicit(&c->v[which], memory_order_relaxed);

	atomic_store_explicit(&c->v[which], v + 1, memory_order_relaxed);
}

static inline void
cp_counters_count_by(struct cp_counters *c, enum cp_counter which, uint64_t by)
{
	uint64_t v = atomic_load_explicit(&c->v[which], memory_order_relaxed);

	atomic_store_explicit(&c->v[which], v + by, memory_order_relaxed);
}

/* Adds all to sum. Any thread. */
static inline void
cp_counters_add(const struct cp_counters *c, uint64_t sum[CP_COUNTER_CNT])
{
	for (unsigned i = 0; i < CP_COUNTER_CNT; i++)
		sum[i] += atomic_load_explicit(&c->v[i], memory_order_relaxed);
}

#define cp_count(counters, name) cp_counters_count(counters, CP_COUNTER_##name)

#endif
