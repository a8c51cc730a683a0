/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * suffix: which part of a name somebody registered: the label below a public suffix.
 *
 * Purpose   Who shares the cache is counted by registrable domain: "example.co.uk", not
 *           "co.uk". The rules are those of publicsuffix.org; without them, or where none
 *           matches, the public suffix is the last label.
 * Roles     Built by one thread, then read by any.
 * Memory    A table of keyed hashes: 8 octets a rule, doubled for room. At most
 *           CP_SUFFIX_RULES_MAX rules.
 * Blocking  Never.
 * Errors    cp_suffixes_add: -ENOSPC when the table is full.
 * Trust     Rules are a file's; names come from the network.
 */
#ifndef CP_RESOLVER_SUFFIX_H
#define CP_RESOLVER_SUFFIX_H

#include "lib/base/siphash.h"
#include "lib/wire/name.h"

enum { CP_SUFFIX_RULES_MAX = 1 << 16 };

enum cp_suffix_kind {
	CP_SUFFIX_PLAIN,     /* "co.uk": is a public suffix */
	CP_SUFFIX_WILDCARD,  /* "*.ck": so is every name one label below */
	CP_SUFFIX_EXCEPTION, /* "!www.ck": but not this one */
	CP_SUFFIX_KIND_CNT,
};

struct cp_suffixes;

struct cp_suffixes *cp_suffixes_create(const struct hf_siphash_key *key);
void cp_suffixes_destroy(struct cp_suffixes *s);
/* name: without the "*" of a wildcard. */
int cp_suffixes_add(struct cp_suffixes *s, enum cp_suffix_kind kind, const struct hf_name *name);
size_t cp_suffixes_cnt(const struct cp_suffixes *s);

/* How many labels of name, from the root, make its registrable domain; all of them when name
 * is a public suffix itself or above one. s may be NULL. name: lower case. */
unsigned cp_suffixes_registrable(const struct cp_suffixes *s, const struct hf_name *name);
/* A keyed hash of the registrable domain of name: lower case. */
uint32_t cp_suffixes_domain(
    const struct cp_suffixes *s, const struct hf_siphash_key *key, const struct hf_name *name);
/* name, in any case, is a public suffix or above one. */
bool cp_suffixes_is_public(const struct cp_suffixes *s, const struct hf_name *name);

#endif
