/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * query: the packet we send to a server.
 *
 * Purpose   One question, RD=0 (RD=1 for a forwarder), EDNS with DO and a buffer of 1232 (RFC
 * 4035 3.2.1), or no EDNS for a server that cannot bear it (RFC 6891 7). Roles     The resolver's
 * thread. Memory    The caller's buffer. Blocking  Never. Errors    0 when it does not fit, which a
 * valid name never makes happen. Trust     Reads nothing hostile.
 */
#ifndef CP_RESOLVER_QUERY_H
#define CP_RESOLVER_QUERY_H

#include "lib/wire/message.h"

enum { CP_QUERY_MAX = HF_HEADER_LEN + HF_NAME_MAX + 4 + 11 };

/* The question to put to a server of zone cut when q is what is wanted: the place where
 * QNAME minimisation (RFC 9156) belongs. */
void
cp_query_choose(const struct hf_question *q, const struct hf_name *cut, struct hf_question *ask);

struct cp_query_head {
	uint16_t id;
	uint16_t flags; /* HF_FLAG_RD and HF_FLAG_CD for a forwarder, else 0 */
	bool edns;
};

size_t cp_query_write(
    uint8_t buf[CP_QUERY_MAX], const struct cp_query_head *head, const struct hf_question *q);

#endif
