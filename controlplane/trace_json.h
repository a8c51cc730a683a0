/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace_json: a trace as the admin protocol has it (docs/admin-protocol.md).
 *
 * Purpose   Steps, queries, signatures and proofs of resolver/trace.h in JSON.
 * Roles     The main thread.
 * Memory    New references. At most CP_TRACE_JSON_OCTETS of RDATA; what is beyond is left off and
 *           said so.
 * Blocking  Never.
 * Errors    NULL or JSON with parts missing: out of memory.
 * Trust     Records and names come from servers: they go out as hex and as escaped text.
 */
#ifndef CP_TRACE_JSON_H
#define CP_TRACE_JSON_H

#include <jansson.h>

#include "controlplane/resolver/trace.h"

enum { CP_TRACE_JSON_OCTETS = 512 * 1024 };

/* Add what the trace has: "steps" and all that is beside "answer". */
void cp_trace_json(json_t *o, const struct cp_trace *tr);
/* What a client would get. */
json_t *cp_trace_json_answer(const struct cp_trace *tr, const struct cp_answer *a);

#endif
