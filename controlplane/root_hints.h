/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * root_hints: where the root servers are, from a file like Debian's root.hints.
 *
 * Purpose   NS of the root and the addresses of those servers, as the resolver core wants
 *           them: the NS set first, then A and AAAA sets.
 * Roles     The main thread, at start.
 * Memory    *out owns the sets until hf_rrsets_fini.
 * Blocking  Reads one file.
 * Errors    -EINVAL or -errno; err says file:line:col and what.
 * Trust     The file may be wrong in any way.
 */
#ifndef CP_ROOT_HINTS_H
#define CP_ROOT_HINTS_H

#include "lib/config/zonetext.h"

/* out was initialised by the caller, who frees it in any case. */
int cp_root_hints_load(const char *path, struct hf_rrsets *out, char err[HF_ZONETEXT_ERROR_LEN]);
int cp_root_hints_parse(const char *name, const char *text, size_t len, struct hf_rrsets *out,
    char err[HF_ZONETEXT_ERROR_LEN]);

#endif
