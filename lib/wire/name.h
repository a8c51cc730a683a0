/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * name: a domain name in uncompressed wire form.
 *
 * Purpose   Reading (with compression), comparing, ordering, cutting and
 *           printing names, within 255 octets, 63 an octet label, 127 labels.
 * Roles     Any thread.
 * Memory    A struct hf_name is a value: copy it freely. Nothing is allocated.
 * Blocking  Never.
 * Errors    Reading marks the cursor bad; text functions return -EINVAL.
 * Trust     hf_name_read takes hostile octets. A struct hf_name made by this
 *           file is always valid (ends in the root label, len and label_cnt true).
 */
#ifndef HF_WIRE_NAME_H
#define HF_WIRE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/wire/const.h"
#include "lib/wire/cursor.h"

struct hf_name {
	uint8_t len;       /* octets in use, 1..255, the root label included */
	uint8_t label_cnt; /* labels without the root: "." has 0, "de." has 1 */
	uint8_t octets[HF_NAME_MAX];
};

enum { HF_NAME_TEXT_LEN = 1020 }; /* buffer that holds any name as text with its NUL */

extern const struct hf_name hf_name_root;

/* Read a name at the cursor, following compression pointers, each of which must
 * point strictly before the place where the name part it ends began (RFC 1035
 * 4.1.4, RFC 9267 2). Case is kept. On failure c is bad and *n is untouched. */
void hf_name_read(struct hf_cursor *c, struct hf_name *n);

/* The same, but any compression pointer is an error (RDATA of types after RFC
 * 3597; questions of hostile clients). */
void hf_name_read_plain(struct hf_cursor *c, struct hf_name *n);

/* Step over a name without reading it out, where hf_name_read, or hf_name_read_plain, would. */
void hf_name_skip(struct hf_cursor *c);
void hf_name_skip_plain(struct hf_cursor *c);

/* True when len uncompressed octets are exactly one whole name. */
bool hf_name_octets_ok(const uint8_t *octets, size_t len);

/* A name from len uncompressed octets (internal messages, RDATA). Returns 0 or
 * -EINVAL when they are not exactly one whole name; *n untouched then. */
int hf_name_from_octets(const uint8_t *octets, size_t len, struct hf_name *n);

/* A name from text ("www.example.", escapes \. \\ \DDD; the final dot is
 * optional). Returns 0 or -EINVAL. */
int hf_name_from_text(const char *text, struct hf_name *n);

/* Text with a final dot and escapes, always NUL-terminated. Returns buf. */
char *hf_name_to_text(const struct hf_name *n, char buf[HF_NAME_TEXT_LEN]);

/* Lower-case the ASCII letters in place: the canonical form (RFC 4034 6.2). */
void hf_name_lower(struct hf_name *n);

/* Equal, ASCII case ignored (RFC 4343). */
bool hf_name_equal(const struct hf_name *a, const struct hf_name *b);

/* Canonical order of names (RFC 4034 6.1): <0, 0, >0. */
int hf_name_cmp(const struct hf_name *a, const struct hf_name *b);

/* True when n is at or below zone. */
bool hf_name_in(const struct hf_name *n, const struct hf_name *zone);

/* Labels a and b share counted from the root. */
unsigned hf_name_common(const struct hf_name *a, const struct hf_name *b);

/* *out = n without its first cnt labels; cnt > label_cnt gives the root. out may be n. */
void hf_name_strip(const struct hf_name *n, unsigned cnt, struct hf_name *out);

/* *out = "prefix labels of n above zone" moved under target (DNAME, RFC 6672 2.2).
 * Returns 0, or -ENAMETOOLONG when the result has no room (YXDOMAIN). */
int hf_name_replace_suffix(const struct hf_name *n, const struct hf_name *zone,
    const struct hf_name *target, struct hf_name *out);

/* *out = "*." + n. Returns 0 or -ENAMETOOLONG. */
int hf_name_wildcard(const struct hf_name *n, struct hf_name *out);

bool hf_name_is_wildcard(const struct hf_name *n);

/* Offset in octets of label idx (0 is the first) within n->octets. */
unsigned hf_name_label_off(const struct hf_name *n, unsigned idx);

#endif
