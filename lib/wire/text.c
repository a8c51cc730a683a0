/* SPDX-License-Identifier: BSD-3-Clause */
/* Registry codes as text: the text half of rdata.h. */
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "lib/base/units.h"
#include "lib/wire/rdata.h"

static const struct {
	uint16_t type;
	const char *text;
} types[] = {
    /* clang-format off */
	{HF_TYPE_A, "A"}, {HF_TYPE_NS, "NS"}, {HF_TYPE_MD, "MD"}, {HF_TYPE_MF, "MF"},
	{HF_TYPE_CNAME, "CNAME"}, {HF_TYPE_SOA, "SOA"}, {HF_TYPE_MB, "MB"}, {HF_TYPE_MG, "MG"},
	{HF_TYPE_MR, "MR"}, {HF_TYPE_NULL, "NULL"}, {11, "WKS"}, {HF_TYPE_PTR, "PTR"},
	{HF_TYPE_HINFO, "HINFO"}, {HF_TYPE_MINFO, "MINFO"}, {HF_TYPE_MX, "MX"},
	{HF_TYPE_TXT, "TXT"}, {HF_TYPE_RP, "RP"}, {HF_TYPE_AFSDB, "AFSDB"}, {19, "X25"},
	{20, "ISDN"}, {HF_TYPE_RT, "RT"}, {HF_TYPE_SIG, "SIG"}, {HF_TYPE_KEY, "KEY"},
	{HF_TYPE_PX, "PX"}, {27, "GPOS"}, {HF_TYPE_AAAA, "AAAA"}, {29, "LOC"},
	{HF_TYPE_NXT, "NXT"}, {HF_TYPE_SRV, "SRV"}, {HF_TYPE_NAPTR, "NAPTR"},
	{HF_TYPE_KX, "KX"}, {37, "CERT"}, {HF_TYPE_A6, "A6"}, {HF_TYPE_DNAME, "DNAME"},
	{HF_TYPE_OPT, "OPT"}, {42, "APL"}, {HF_TYPE_DS, "DS"}, {44, "SSHFP"}, {45, "IPSECKEY"},
	{HF_TYPE_RRSIG, "RRSIG"}, {HF_TYPE_NSEC, "NSEC"}, {HF_TYPE_DNSKEY, "DNSKEY"},
	{49, "DHCID"}, {HF_TYPE_NSEC3, "NSEC3"}, {HF_TYPE_NSEC3PARAM, "NSEC3PARAM"},
	{52, "TLSA"}, {53, "SMIMEA"}, {55, "HIP"}, {59, "CDS"}, {60, "CDNSKEY"},
	{61, "OPENPGPKEY"}, {62, "CSYNC"}, {HF_TYPE_ZONEMD, "ZONEMD"}, {HF_TYPE_SVCB, "SVCB"},
	{HF_TYPE_HTTPS, "HTTPS"}, {99, "SPF"}, {104, "NID"}, {105, "L32"}, {106, "L64"},
	{107, "LP"}, {108, "EUI48"}, {109, "EUI64"}, {HF_TYPE_TKEY, "TKEY"},
	{HF_TYPE_TSIG, "TSIG"}, {HF_TYPE_IXFR, "IXFR"}, {HF_TYPE_AXFR, "AXFR"},
	{HF_TYPE_MAILB, "MAILB"}, {HF_TYPE_MAILA, "MAILA"}, {HF_TYPE_ANY, "ANY"}, {256, "URI"},
	{257, "CAA"},
    /* clang-format on */
};
enum { TYPE_CNT = sizeof(types) / sizeof(types[0]) };

const char *
hf_type_to_text(uint16_t type, char buf[HF_TYPE_TEXT_LEN])
{
	for (unsigned i = 0; i < TYPE_CNT; i++)
		if (types[i].type == type) {
			snprintf(buf, HF_TYPE_TEXT_LEN, "%s", types[i].text);
			return buf;
		}
	snprintf(buf, HF_TYPE_TEXT_LEN, "TYPE%u", type); /* RFC 3597 5 */
	return buf;
}

int
hf_type_from_text(const char *text, uint16_t *type)
{
	uint64_t v;

	for (unsigned i = 0; i < TYPE_CNT; i++)
		if (strcasecmp(text, types[i].text) == 0) {
			*type = types[i].type;
			return 0;
		}
	if (strncasecmp(text, "TYPE", 4) != 0 || hf_uint_from_text(text + 4, UINT16_MAX, &v) != 0)
		return -EINVAL;
	*type = (uint16_t)v;
	return 0;
}

const char *
hf_rcode_to_text(unsigned rcode)
{
	static const char *const text[] = {
	    "NOERROR",
	    "FORMERR",
	    "SERVFAIL",
	    "NXDOMAIN",
	    "NOTIMP",
	    "REFUSED",
	    "YXDOMAIN",
	    "YXRRSET",
	    "NXRRSET",
	    "NOTAUTH",
	    "NOTZONE",
	    "DSOTYPENI",
	    [HF_RCODE_BADVERS] = "BADVERS",
	    [23] = "BADCOOKIE",
	};

	if (rcode >= sizeof(text) / sizeof(text[0]) || text[rcode] == NULL)
		return "unknown RCODE";
	return text[rcode];
}

const char *
hf_ede_to_text(unsigned ede)
{
	static const char *const text[] = {
	    [HF_EDE_OTHER] = "Other Error",
	    [HF_EDE_DNSKEY_ALG] = "Unsupported DNSKEY Algorithm",
	    [HF_EDE_DS_DIGEST] = "Unsupported DS Digest Type",
	    [HF_EDE_STALE] = "Stale Answer",
	    [HF_EDE_FORGED] = "Forged Answer",
	    [HF_EDE_INDETERMINATE] = "DNSSEC Indeterminate",
	    [HF_EDE_BOGUS] = "DNSSEC Bogus",
	    [HF_EDE_SIG_EXPIRED] = "Signature Expired",
	    [HF_EDE_SIG_NOT_YET] = "Signature Not Yet Valid",
	    [HF_EDE_DNSKEY_MISSING] = "DNSKEY Missing",
	    [HF_EDE_RRSIGS_MISSING] = "RRSIGs Missing",
	    [HF_EDE_NO_ZONE_KEY] = "No Zone Key Bit Set",
	    [HF_EDE_NSEC_MISSING] = "NSEC Missing",
	    [HF_EDE_CACHED_ERROR] = "Cached Error",
	    [HF_EDE_NOT_READY] = "Not Ready",
	    [HF_EDE_BLOCKED] = "Blocked",
	    [HF_EDE_CENSORED] = "Censored",
	    [HF_EDE_FILTERED] = "Filtered",
	    [HF_EDE_PROHIBITED] = "Prohibited",
	    [HF_EDE_STALE_NXDOMAIN] = "Stale NXDOMAIN Answer",
	    [HF_EDE_NOT_AUTHORITATIVE] = "Not Authoritative",
	    [HF_EDE_NOT_SUPPORTED] = "Not Supported",
	    [HF_EDE_NO_REACHABLE_AUTHORITY] = "No Reachable Authority",
	    [HF_EDE_NETWORK_ERROR] = "Network Error",
	    [HF_EDE_INVALID_DATA] = "Invalid Data",
	    [25] = "Signature Expired before Valid",
	    [HF_EDE_TOO_EARLY] = "Too Early",
	    [HF_EDE_NSEC3_ITERATIONS] = "Unsupported NSEC3 Iterations Value",
	    [28] = "Unable to conform to policy",
	    [29] = "Synthesized",
	    [30] = "Invalid Query Type",
	    [HF_EDE_RATE_LIMITED] = "Rate Limited",
	    [HF_EDE_NTA] = "Negative Trust Anchor",
	};

	if (ede >= sizeof(text) / sizeof(text[0]) || text[ede] == NULL)
		return "";
	return text[ede];
}
