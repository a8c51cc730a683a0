/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * counters: every counter of the dataplane, in one list (name, unit, sentence).
 *
 * Purpose   `holdfastctl stats`, the metrics and docs/metrics.md come from it. Every way in
 *           which a packet, a query or a message is dropped or refused has its line.
 * Roles     The thread of a row adds to it (worker i: row 1 + i, writer: row 0); anyone reads.
 * Memory    One array per thread, on cache lines of its own.
 * Blocking  Never.
 * Errors    None.
 * Trust     Nothing here reads input.
 */
#ifndef HF_LINK_COUNTERS_H
#define HF_LINK_COUNTERS_H

/* X(name, unit, sentence) */
#define HF_COUNTERS(X)                                                                             \
	X(rx, packets, "received from the port")                                                   \
	X(tx, packets, "handed to the port")                                                       \
	X(tx_full, packets, "lost because the port's queue was full")                              \
	X(not_ours, packets, "addressed to nobody here: other MAC, address, port or protocol")     \
	X(bad_packet, packets, "malformed below DNS in a way that has no line of its own")         \
	X(bad_length, packets, "shorter than their headers, or than these say")                    \
	X(bad_checksum, packets, "with a wrong IPv4 or UDP checksum, or none over IPv6")           \
	X(bad_source, packets, "from an address or port that no reply may go to")                  \
	X(own_source, packets, "from a service address")                                           \
	X(ipv4_options, packets, "with IPv4 options, dropped")                                     \
	X(ipv4_fragment, packets, "IPv4 fragments, dropped")                                       \
	X(ipv6_extension, packets, "with an IPv6 extension header, dropped")                       \
	X(ipv6_fragment, packets, "IPv6 fragments, dropped")                                       \
	X(arp_answered, packets, "ARP requests for a service address answered")                    \
	X(nd_answered, packets, "neighbour solicitations for a service address answered")          \
	X(echo_answered, packets, "ICMP and ICMPv6 echo requests answered")                        \
	X(neighbour_limited, packets, "ARP, ND and echo over the rate limit, not answered")        \
	X(exception_in, packets, "handed to the kernel by the exception port")                     \
	X(exception_out, packets, "taken from the kernel by the exception port")                   \
	X(exception_limited, packets, "for the kernel over the rate limit, dropped")               \
	X(queries, queries, "DNS queries to a service address")                                    \
	X(hit, queries, "answered at once from the cache")                                         \
	X(stale, queries, "answered from an expired entry (RFC 8767)")                             \
	X(stale_denied, queries, "SERVFAIL: a refresh failed in a way that is no trigger there")   \
	X(miss, queries, "handed to the control plane")                                            \
	X(coalesced, queries, "joined a question that was already under way")                      \
	X(policy_miss, queries, "had an entry that policy forbids to use")                         \
	X(late, replies, "sent when the control plane's answer came")                              \
	X(no_control, queries, "answered SERVFAIL, EDE 22: no control plane")                      \
	X(timed_out, queries, "answered SERVFAIL: the control plane did not answer in time")       \
	X(gave_up, queries, "answered SERVFAIL: answers came, policy or age forbade each of them") \
	X(pending_full, queries, "answered SERVFAIL: too many questions under way")                \
	X(client_full, queries, "answered SERVFAIL: the client waits for too many replies")        \
	X(domain_full, queries,                                                                    \
	    "answered SERVFAIL: enough questions of this domain are under way")                    \
	X(share_full, queries,                                                                     \
	    "answered SERVFAIL: the client's network has its share of the room")                   \
	X(share_drop, queries, "dropped: the same, and there was next to no room left")            \
	X(ring_full, queries, "answered SERVFAIL: the miss ring was full")                         \
	X(refresh, questions,                                                                      \
	    "handed to the control plane although cached: popular, expiring soon")                 \
	X(refresh_full, questions, "not refreshed before they expire: the miss ring was full")     \
	X(access_refused, queries, "answered REFUSED, EDE 18: an access list says so")             \
	X(access_drop, queries, "dropped: an access list says so")                                 \
	X(client_limited, queries, "dropped: over the client's rate")                              \
	X(client_slipped, queries, "answered with TC and no records: over the client's rate")      \
	X(reply_limited, replies, "not sent: over the rate of such replies to the network")        \
	X(reply_slipped, replies, "sent with TC and no records: over that rate")                   \
	X(rd_clear, queries, "answered REFUSED: RD=0 and not in the cache")                        \
	X(truncated, replies, "sent with TC")                                                      \
	X(drop_short, queries, "under 12 octets, dropped")                                         \
	X(drop_response, queries, "QR=1, dropped")                                                 \
	X(formerr, queries, "answered FORMERR")                                                    \
	X(client_cookie_learning, queries, "with a client cookie alone (RFC 7873)")                \
	X(client_cookie_bad, queries, "with a server cookie that is not ours or too old")          \
	X(client_cookie_good, queries, "with a server cookie of ours")                             \
	X(badcookie, queries, "answered BADCOOKIE")                                                \
	X(notimp, queries, "answered NOTIMP")                                                      \
	X(badvers, queries, "answered BADVERS")                                                    \
	X(identity, queries, "answered: id.server, version.server (RFC 4892)")                     \
	X(refused, queries, "answered REFUSED")                                                    \
	X(idle_nap, times, "napped for 50 us: nothing to do, and a port that cannot wake")         \
	X(idle_sleep, times, "slept: nothing to do")                                               \
	X(idle_woken, times, "woken from that by a packet or another thread")                      \
	X(done_full, completions, "lost because a core's completion ring was full")                \
	X(done_unknown, completions, "for a question nobody waits for any more")                   \
	X(msg_answer, messages, "answers taken from the update ring")                              \
	X(msg_bad_length, messages, "refused: length")                                             \
	X(msg_bad_type, messages, "refused: type")                                                 \
	X(msg_bad_epoch, messages, "refused: epoch")                                               \
	X(msg_bad_name, messages, "refused: name")                                                 \
	X(msg_bad_value, messages, "refused: value")                                               \
	X(msg_bad_body, messages, "refused: records")                                              \
	X(msg_bad_chain, messages, "refused: owner names")                                         \
	X(msg_bad_text, messages, "refused: EDE text")                                             \
	X(msg_bad_order, messages, "refused: out of order")                                        \
	X(inserted, entries, "published in the cache")                                             \
	X(replaced, entries, "replaced by a newer answer")                                         \
	X(evicted, entries, "evicted to make room")                                                \
	X(kept_stale, entries, "kept for stale answers because their refresh failed")              \
	X(no_memory, snapshots, "policy snapshots refused: no memory")                             \
	X(reader_stalled, entries,                                                                 \
	    "not published: a core that stands still may still read the memory that is free")      \
	X(policy_pushes, snapshots, "policy snapshots put in force")                               \
	X(attached, times, "the control plane attached")                                           \
	X(detached, times, "the control plane was lost")

enum hf_counter {
#define X(name, unit, sentence) HF_COUNTER_##name,
	HF_COUNTERS(X)
#undef X
	    HF_COUNTER_CNT,
};

#endif
