/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * zonemd: does the digest of a zone fit the zone (RFC 8976)?
 *
 * Purpose   The SIMPLE scheme with SHA-384 and SHA-512 over all records of a zone. Who signed
 *           the ZONEMD RRset is for the caller to look at (RFC 8976 4 step 1).
 * Roles     Any thread.
 * Memory    One block as large as the zone, for the time of the call.
 * Blocking  Never; the work grows with the zone.
 * Errors    enum va_zonemd.
 * Trust     Records are hostile.
 */
#ifndef HF_VALIDATOR_ZONEMD_H
#define HF_VALIDATOR_ZONEMD_H

#include "lib/wire/rrset.h"

/* One record of a zone: owner in lower case, RDATA in canonical form (RFC 4034 6.2). */
struct va_record {
	const struct hf_name *owner;
	uint16_t type;
	uint32_t ttl;
	struct hf_rdata data;
};

/* Order of records for the digest: owner, type, RDATA (RFC 8976 3.3.1). */
int va_record_cmp(const struct va_record *a, const struct va_record *b);

enum va_zonemd {
	VA_ZONEMD_GOOD,
	VA_ZONEMD_ABSENT, /* none whose scheme and algorithm we know, or none for this serial */
	VA_ZONEMD_BAD,    /* the digest is another */
	VA_ZONEMD_FAIL,   /* out of memory or a library failure */
};

/* Digest (HF_ZONEMD_*) of cnt records in order, each once, of the zone apex. Returns its length,
 * at most VA_ZONE_DIGEST_MAX (crypto.h); 0: no memory, or not known. */
size_t va_zonemd_digest(const struct va_record *records, size_t cnt, const struct hf_name *apex,
    uint8_t hash, uint8_t *out);

enum va_zonemd va_zonemd_check(
    const struct va_record *records, size_t cnt, const struct hf_name *apex, uint32_t serial);

#endif
