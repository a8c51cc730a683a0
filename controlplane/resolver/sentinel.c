/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/sentinel.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "controlplane/resolver/core.h"
#include "validator/validator.h"

enum { TAG_DIGITS = 5, FAILURE_TTL_S = 60 };

/* The first label of name is prefix and then five digits (RFC 8509 2). */
static bool
label_is(const struct hf_name *name, const char *prefix, unsigned *tag)
{
	size_t len = strlen(prefix);
	const uint8_t *p = name->octets + 1 + len;

	if (name->octets[0] != len + TAG_DIGITS ||
	    strncasecmp((const char *)name->octets + 1, prefix, len) != 0)
		return false;
	*tag = 0;
	for (unsigned i = 0; i < TAG_DIGITS; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		*tag = *tag * 10 + (p[i] - '0');
	}
	return *tag <= UINT16_MAX;
}

uint16_t
cp_sentinel_tag(const struct hf_rrset *anchor, unsigned idx)
{
	const struct hf_rdata *rd = &anchor->rr[idx];

	if (anchor->type == HF_TYPE_DNSKEY)
		return va_key_tag(rd->data, rd->len);
	return rd->len >= 2 ? (uint16_t)(rd->data[0] << 8 | rd->data[1]) : 0; /* RFC 4034 5.1 */
}

static bool
is_anchor(const struct cp_resolver *r, unsigned tag)
{
	const struct hf_rrset *set;

	for (size_t k = 0; (set = cp_core_anchor(r, &hf_name_root, k)) != NULL; k++)
		for (unsigned i = 0; i < set->rr_cnt; i++)
			if (cp_sentinel_tag(set, i) == tag)
				return true;
	return false;
}

bool
cp_sentinel_fails(const struct cp_job *job, struct cp_answer *a)
{
	bool is = false, not_ = false;
	unsigned tag;

	if (job->cd || a->verdict != HF_VERDICT_SECURE || a->strict ||
	    (job->type != HF_TYPE_A && job->type != HF_TYPE_AAAA))
		return false;
	is = label_is(&job->name, "root-key-sentinel-is-ta-", &tag);
	not_ = !is && label_is(&job->name, "root-key-sentinel-not-ta-", &tag);
	if (!is && !not_)
		return false;
	bool known = is_anchor(job->r, tag);

	if (known == is)
		return false;
	a->rcode = HF_RCODE_SERVFAIL;
	a->verdict = HF_VERDICT_FAILURE;
	a->ttl_s = FAILURE_TTL_S;
	a->ede = HF_EDE_BOGUS;
	snprintf(a->ede_text, sizeof(a->ede_text),
	    "root key sentinel: key tag %u is %s trust anchor (RFC 8509 3)", tag,
	    known ? "a" : "no");
	return true;
}

bool
cp_sentinel_is_signal(const struct hf_name *name, uint16_t type)
{
	return type == HF_TYPE_NULL && name->octets[0] >= 8 && /* "_ta-" and four digits */
	    strncasecmp((const char *)name->octets + 1, "_ta-", 4) == 0;
}
