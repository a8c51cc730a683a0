/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reader: the records of one reply, as far as the server may speak of them.
 *
 * Purpose   Walks the packet once and keeps what is in bailiwick; then RRsets are put together
 *           from that, each with its signatures. What they mean is response.c's.
 * Roles     The resolver's thread.
 * Memory    Records in the asked's scratch, RRsets in its arena.
 * Blocking  Never.
 * Errors    bad: a record that matters is malformed; no_memory: the arena is full.
 * Trust     The packet is hostile.
 */
#ifndef CP_RESOLVER_READER_H
#define CP_RESOLVER_READER_H

#include "controlplane/resolver/response.h"

struct cp_reader {
	const struct cp_asked *asked;
	const uint8_t *msg;
	size_t len;
	struct hf_header h;
	struct hf_edns edns;
	enum cp_credit credit;
	bool trailing; /* octets after the last record */
	bool upward;   /* it speaks for a zone above the one it was asked as */
	bool bad;      /* a record that matters is malformed */
	bool no_memory;
	struct cp_response *r;
};

/* All records of the packet into scratch, those out of bailiwick left out. False: malformed. */
bool cp_reader_read(struct cp_reader *rd);

/* rr is a signature over records of type. */
bool cp_reader_is_sig(const struct cp_reader *rd, const struct hf_rr *rr, uint16_t type);

/* The RRset of owner and type in section with its signatures, which some servers put elsewhere;
 * NULL when there is none. More records than are allowed are an error, except in an NS RRset:
 * whoever delegates to a thousand servers is told no, not obeyed (NRDelegation). */
struct hf_rrset *cp_reader_gather(
    struct cp_reader *rd, const struct hf_name *owner, uint16_t type, enum hf_section section);

/* The first record of type in section whose owner is name or above it; NULL: none. */
const struct hf_rr *cp_reader_find(
    const struct cp_reader *rd, enum hf_section section, uint16_t type, const struct hf_name *name);
/* The same for this owner alone. */
const struct hf_rr *cp_reader_find_exact(const struct cp_reader *rd, enum hf_section section,
    uint16_t type, const struct hf_name *owner);

#endif
