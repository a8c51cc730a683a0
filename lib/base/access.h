/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * access: who may ask, by the longest prefix that has his address.
 *
 * Purpose   The access lists of the configuration as both programs read them: the control plane
 *           judges by it who connects; the dataplane makes a quicker table of it.
 * Roles     Add at start, one thread; then any may judge.
 * Memory    The rules are malloc'ed, HF_ACCESS_MAX at most.
 * Blocking  Never.
 * Errors    -errno of hf_access_add.
 * Trust     Addresses may be hostile.
 */
#ifndef HF_BASE_ACCESS_H
#define HF_BASE_ACCESS_H

#include "lib/base/prefix.h"

enum { HF_ACCESS_MAX = 4096 };

enum hf_access_verdict {
	HF_ACCESS_ALLOW,
	HF_ACCESS_REFUSE, /* REFUSED with EDE 18 */
	HF_ACCESS_DROP,   /* no reply */
	HF_ACCESS_VERDICT_CNT,
};

struct hf_access_rule {
	struct hf_prefix prefix;
	enum hf_access_verdict verdict;
};

struct hf_access {                   /* all zero: everybody may ask */
	struct hf_access_rule *rule; /* longest prefix first */
	size_t cnt;
	enum hf_access_verdict others; /* in no prefix */
};

/* "allow", "refuse", "drop". 0 or -EINVAL. */
int hf_access_verdict_from_text(const char *text, enum hf_access_verdict *v);
const char *hf_access_verdict_text(enum hf_access_verdict v);

/* One rule more. 0; -EEXIST: this prefix has a rule; -ENOSPC; -ENOMEM. */
int
hf_access_add(struct hf_access *a, const struct hf_prefix *prefix, enum hf_access_verdict verdict);
/* Take the rules with this verdict out again. */
void hf_access_remove(struct hf_access *a, enum hf_access_verdict verdict);
void hf_access_fini(struct hf_access *a);

/* True when everybody may ask: nothing need be looked up. */
bool hf_access_is_open(const struct hf_access *a);

/* What becomes of who has this address. An IPv4-mapped one is the IPv4 address in it. */
enum hf_access_verdict hf_access_judge(const struct hf_access *a, const struct hf_addr *who);

#endif
