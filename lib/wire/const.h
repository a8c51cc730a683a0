/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * const: the numbers of the DNS protocol, by their registry names.
 *
 * Purpose   One place for types, classes, codes and limits. IANA "Domain Name
 *           System (DNS) Parameters" is the source unless a line names another.
 * Roles     Any. Constants only: no memory, no errors, nothing to trust.
 * Memory    None.
 * Blocking  Never.
 * Errors    None.
 * Trust     Nothing here reads input.
 */
#ifndef HF_WIRE_CONST_H
#define HF_WIRE_CONST_H

enum {
	HF_HEADER_LEN = 12,      /* RFC 1035 4.1.1 */
	HF_NAME_MAX = 255,       /* octets of a name on the wire, RFC 1035 2.3.4 */
	HF_LABEL_MAX = 63,       /* octets of one label, RFC 1035 2.3.4 */
	HF_LABEL_CNT_MAX = 127,  /* labels in a name of 255 octets, without the root */
	HF_MSG_MAX = 65535,      /* octets of a message over TCP, RFC 1035 4.2.2 */
	HF_UDP_PLAIN_MAX = 512,  /* octets over UDP without EDNS, RFC 1035 4.2.1 */
	HF_UDP_EDNS_SEND = 1232, /* what we say and never exceed over UDP (DNS flag day 2020) */
	HF_RDATA_MAX = 65535,
};

/* Columns of a registry. */
/* clang-format off */
enum hf_type {
	HF_TYPE_A = 1, HF_TYPE_NS = 2, HF_TYPE_MD = 3, HF_TYPE_MF = 4, HF_TYPE_CNAME = 5,
	HF_TYPE_SOA = 6, HF_TYPE_MB = 7, HF_TYPE_MG = 8, HF_TYPE_MR = 9, HF_TYPE_NULL = 10,
	HF_TYPE_PTR = 12, HF_TYPE_HINFO = 13, HF_TYPE_MINFO = 14, HF_TYPE_MX = 15,
	HF_TYPE_TXT = 16, HF_TYPE_RP = 17, HF_TYPE_AFSDB = 18, HF_TYPE_RT = 21,
	HF_TYPE_SIG = 24, HF_TYPE_KEY = 25, HF_TYPE_PX = 26, HF_TYPE_AAAA = 28,
	HF_TYPE_NXT = 30, HF_TYPE_SRV = 33, HF_TYPE_NAPTR = 35, HF_TYPE_KX = 36,
	HF_TYPE_A6 = 38, HF_TYPE_DNAME = 39, HF_TYPE_OPT = 41, HF_TYPE_DS = 43,
	HF_TYPE_RRSIG = 46, HF_TYPE_NSEC = 47, HF_TYPE_DNSKEY = 48, HF_TYPE_NSEC3 = 50,
	HF_TYPE_NSEC3PARAM = 51, HF_TYPE_ZONEMD = 63, HF_TYPE_SVCB = 64, HF_TYPE_HTTPS = 65,
	HF_TYPE_TKEY = 249, HF_TYPE_TSIG = 250, HF_TYPE_IXFR = 251, HF_TYPE_AXFR = 252,
	HF_TYPE_MAILB = 253, HF_TYPE_MAILA = 254, HF_TYPE_ANY = 255,
};

enum hf_class { HF_CLASS_IN = 1, HF_CLASS_CH = 3, HF_CLASS_HS = 4, HF_CLASS_NONE = 254,
	HF_CLASS_ANY = 255 };

enum hf_opcode { HF_OPCODE_QUERY = 0, HF_OPCODE_IQUERY = 1, HF_OPCODE_STATUS = 2,
	HF_OPCODE_NOTIFY = 4, HF_OPCODE_UPDATE = 5, HF_OPCODE_DSO = 6 };

enum hf_rcode {
	HF_RCODE_NOERROR = 0, HF_RCODE_FORMERR = 1, HF_RCODE_SERVFAIL = 2, HF_RCODE_NXDOMAIN = 3,
	HF_RCODE_NOTIMP = 4, HF_RCODE_REFUSED = 5, HF_RCODE_YXDOMAIN = 6,
	HF_RCODE_BADVERS = 16, /* RFC 6891 9 */
	HF_RCODE_BADCOOKIE = 23, /* RFC 7873 8 */
};

/* Flags: the 16 bits after the ID, in host order (RFC 1035 4.1.1, RFC 4035 3). */
enum {
	HF_FLAG_QR = 0x8000, HF_FLAG_OPCODE = 0x7800, HF_FLAG_AA = 0x0400, HF_FLAG_TC = 0x0200,
	HF_FLAG_RD = 0x0100, HF_FLAG_RA = 0x0080, HF_FLAG_Z = 0x0040, HF_FLAG_AD = 0x0020,
	HF_FLAG_CD = 0x0010, HF_FLAG_RCODE = 0x000f, HF_FLAG_OPCODE_SHIFT = 11,
};

enum { HF_EDNS_DO = 0x8000 }; /* in the low half of the OPT TTL, RFC 6891 6.1.3 */

/* EDNS option codes. */
enum { HF_OPTION_NSID = 3, HF_OPTION_ECS = 8, HF_OPTION_COOKIE = 10, HF_OPTION_KEEPALIVE = 11,
	HF_OPTION_PADDING = 12, HF_OPTION_EDE = 15 };

/* Extended DNS Errors, RFC 8914 4 and the registry. HF_EDE_NONE is ours: "no EDE". */
enum hf_ede {
	HF_EDE_OTHER = 0, HF_EDE_DNSKEY_ALG = 1, HF_EDE_DS_DIGEST = 2, HF_EDE_STALE = 3,
	HF_EDE_FORGED = 4, HF_EDE_INDETERMINATE = 5, HF_EDE_BOGUS = 6, HF_EDE_SIG_EXPIRED = 7,
	HF_EDE_SIG_NOT_YET = 8, HF_EDE_DNSKEY_MISSING = 9, HF_EDE_RRSIGS_MISSING = 10,
	HF_EDE_NO_ZONE_KEY = 11, HF_EDE_NSEC_MISSING = 12, HF_EDE_CACHED_ERROR = 13,
	HF_EDE_NOT_READY = 14, HF_EDE_BLOCKED = 15, HF_EDE_CENSORED = 16, HF_EDE_FILTERED = 17,
	HF_EDE_PROHIBITED = 18, HF_EDE_STALE_NXDOMAIN = 19, HF_EDE_NOT_AUTHORITATIVE = 20,
	HF_EDE_NOT_SUPPORTED = 21, HF_EDE_NO_REACHABLE_AUTHORITY = 22, HF_EDE_NETWORK_ERROR = 23,
	HF_EDE_INVALID_DATA = 24, HF_EDE_NSEC3_ITERATIONS = 27, HF_EDE_TOO_EARLY = 26,
	HF_EDE_RATE_LIMITED = 32, /* over this resolver's own limits */
	HF_EDE_NTA = 33,          /* answered under a Negative Trust Anchor (RFC 7646) */
	HF_EDE_NONE = 0xffff,
};

enum hf_dnskey_flag { HF_DNSKEY_ZONE = 0x0100, HF_DNSKEY_REVOKE = 0x0080, HF_DNSKEY_SEP = 0x0001 };

enum hf_dnssec_alg {
	HF_ALG_RSASHA1 = 5, HF_ALG_RSASHA1_NSEC3 = 7, HF_ALG_RSASHA256 = 8, HF_ALG_RSASHA512 = 10,
	HF_ALG_ECDSAP256 = 13, HF_ALG_ECDSAP384 = 14, HF_ALG_ED25519 = 15, HF_ALG_ED448 = 16,
};

enum hf_zonemd_hash { HF_ZONEMD_SHA384 = 1, HF_ZONEMD_SHA512 = 2 }; /* RFC 8976 5.3 */

enum hf_ds_digest { HF_DIGEST_SHA1 = 1, HF_DIGEST_SHA256 = 2, HF_DIGEST_SHA384 = 4 };

/* clang-format on */

#endif
