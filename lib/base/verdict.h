/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * verdict: what is known about an answer's authenticity. One word per idea,
 * used by the validator, the resolver, the link and the cache alike.
 *
 * Purpose   DESIGN 4's rows. What may be done with an entry follows from its verdict
 *           and from the policy at the moment of use.
 * Roles     Any.
 * Memory    None.
 * Blocking  Never.
 * Errors    None.
 * Trust     A verdict from another process is checked against HF_VERDICT_CNT.
 */
#ifndef HF_BASE_VERDICT_H
#define HF_BASE_VERDICT_H

enum hf_verdict {
	HF_VERDICT_SECURE,      /* a chain of signatures from a trust anchor (RFC 4035 4.3) */
	HF_VERDICT_INSECURE,    /* proven to lie below an unsigned delegation */
	HF_VERDICT_BOGUS,       /* should have validated and did not */
	HF_VERDICT_FAILURE,     /* could not be resolved at all; nothing said about keys */
	HF_VERDICT_UNVALIDATED, /* would be bogus, but a Negative Trust Anchor or CD let it pass */
	HF_VERDICT_CNT,
};

static inline const char *
hf_verdict_to_text(enum hf_verdict v)
{
	static const char *const text[HF_VERDICT_CNT] = {
	    "secure",
	    "insecure",
	    "bogus",
	    "failure",
	    "unvalidated",
	};
	return (unsigned)v < HF_VERDICT_CNT ? text[v] : "?";
}

#endif
