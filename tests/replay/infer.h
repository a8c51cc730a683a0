/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * infer: what the head of a scenario leaves out and its servers show.
 *
 * Purpose   Converted heads name an option of another resolver (needs=X) without its value. Where
 *           only one value makes sense of the scenario, it is found here.
 * Roles     setup.c, once per scenario.
 * Memory    Nothing is kept.
 * Blocking  Never.
 * Errors    False or NULL: nothing fits.
 * Trust     As rpl.h.
 */
#ifndef HF_REPLAY_INFER_H
#define HF_REPLAY_INFER_H

#include "lib/base/nat64.h"
#include "tests/replay/rpl.h"

/* A time at which every signature of the servers is valid. */
bool infer_date(const struct rpl *s, int64_t *wall_s);
/* The prefix that makes a server's IPv6 address of an IPv4 address that some server gives. */
bool infer_nat64(const struct rpl *s, struct hf_nat64 *n);
/* The first server with an address of its own. */
const struct hf_addr *infer_server(const struct rpl *s);

#endif
