/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * anchors: the keys that are believed without proof.
 *
 * Purpose   DS and DNSKEY records from files such as Debian's root.ds and root.key become
 *           the RRsets that the resolver's chain of trust begins with.
 * Roles     The main thread, at start.
 * Memory    *out owns the sets until hf_rrsets_fini.
 * Blocking  Reads one file.
 * Errors    -EINVAL or -errno; err says file:line:col and what.
 * Trust     The file may be wrong in any way. A file without any anchor is an error: who
 *           wants no validation must not get it by an empty file.
 */
#ifndef CP_ANCHORS_H
#define CP_ANCHORS_H

#include "lib/config/zonetext.h"

/* Adds to out, which may hold the anchors of other files; the caller frees it in any case. */
int cp_anchors_load(const char *path, struct hf_rrsets *out, char err[HF_ZONETEXT_ERROR_LEN]);
int cp_anchors_parse(const char *name, const char *text, size_t len, struct hf_rrsets *out,
    char err[HF_ZONETEXT_ERROR_LEN]);

#endif
