/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rdata: where names are inside RDATA, and the canonical form of RDATA.
 *
 * Purpose   Decompress, canonicalise, compare and check the RDATA of records.
 *           One table says, for each type, its fields (RFC 1035, 3597 4, 4034 6.2,
 *           6840 5.1).
 * Roles     Any thread.
 * Memory    Writes into the caller's buffers. Nothing is allocated.
 * Blocking  Never.
 * Errors    -EBADMSG for RDATA its type does not allow; -ENOSPC for too small a buffer.
 * Trust     The octets are hostile.
 */
#ifndef HF_WIRE_RDATA_H
#define HF_WIRE_RDATA_H

#include <sys/types.h>

#include "lib/wire/message.h"

/* RDATA of rr (in message msg of msg_len octets) without compression, case kept;
 * checks that it is well formed for its type as far as the table knows the type.
 * Returns its length, or -EBADMSG, -ENOSPC. */
ssize_t hf_rdata_expand(
    const uint8_t *msg, size_t msg_len, const struct hf_rr *rr, uint8_t *out, size_t cap);

/* Whether hf_rdata_expand would do it, given room: 0 or -EBADMSG. */
int hf_rdata_check(const uint8_t *msg, size_t msg_len, const struct hf_rr *rr);

/* Lower-case the names inside uncompressed RDATA where RFC 4034 6.2 (as corrected by
 * RFC 6840 5.1) asks for it, in place. Returns 0 or -EBADMSG. */
int hf_rdata_canonical(uint16_t type, uint8_t *rdata, size_t len);

/* Uncompressed RDATA of type into w, the names of RFC 1035 types compressed (RFC 3597 4).
 * hf_writer_rr is what calls it. RDATA that its type does not allow goes out as it is. */
struct hf_writer;
void hf_rdata_write(struct hf_writer *w, uint16_t type, const uint8_t *rdata, size_t len);

/* Order of canonical RDATA: as left-justified octet strings (RFC 4034 6.3). */
int hf_rdata_cmp(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len);

/* Bit for type in an NSEC/NSEC3 type bitmap (RFC 4034 4.1.2). False for malformed maps. */
bool hf_bitmap_has(const uint8_t *map, size_t len, uint16_t type);

/* True when map is a well formed type bitmap. */
bool hf_bitmap_ok(const uint8_t *map, size_t len);

/* Types as text: "A", "TYPE65280" (RFC 3597 5). Returns buf. */
enum { HF_TYPE_TEXT_LEN = 16 };
const char *hf_type_to_text(uint16_t type, char buf[HF_TYPE_TEXT_LEN]);
/* 0 or -EINVAL. Case ignored. */
int hf_type_from_text(const char *text, uint16_t *type);
const char *hf_rcode_to_text(unsigned rcode);
/* The registry's purpose text of an EDE code, "" when unknown. */
const char *hf_ede_to_text(unsigned ede);

/* True for OPT, TSIG, TKEY, ANY, AXFR and other types that are never data (RFC 6895 3.1). */
bool hf_type_is_meta(uint16_t type);

#endif
