/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * truth: what is right, known to the evil authority and to whoever checks answers.
 *
 * Purpose   Data is a keyed checksum of the owner's name and the type, so that a wrong or
 *           mixed-up answer is recognised without a table. Zones and addresses of servers
 *           follow from names in the same way: nothing is configured and nothing is kept.
 * Roles     Any thread.
 * Memory    Values.
 * Blocking  Never.
 * Errors    None.
 * Trust     Names may be hostile. The key is shared by the programs of this folder.
 */
#ifndef EVIL_TRUTH_H
#define EVIL_TRUTH_H

#include "lib/base/addr.h"
#include "lib/base/siphash.h"
#include "lib/wire/name.h"
#include "tests/evil/words.h"

enum {
	EVIL_SERVER_MAX = 13, /* of a zone */
	EVIL_SERVER_CNT = 2,  /* when no word says how many */
	EVIL_TTL_S = 300,
	EVIL_RR_MAX = 100,
	EVIL_RDATA_MAX = 512,
	EVIL_SUM_TEXT_LEN = 16, /* hex digits in a TXT string */
	EVIL_BIG_STRINGS = 30,
};

/* What there is at a name. */
enum evil_what { EVIL_WHAT_DATA, EVIL_WHAT_NODATA, EVIL_WHAT_NX, EVIL_WHAT_ALIAS, EVIL_WHAT_DNAME };

/* All names are lower case. w: the words of the name's labels, evil_words_read. */

/* Is n the apex of a zone? The root, a top-level label, a second-level label below any but
 * "hosts.", a label with the word zone, anything below one with endless; never a label nsN. */
bool evil_is_zone(const struct hf_name *n);
/* The zone that n is in: n itself or an ancestor. */
void evil_zone_of(const struct hf_name *n, struct hf_name *zone);

enum evil_what evil_what_is(const struct hf_name *n, uint16_t type, const struct evil_words *w);

/* Records of this type at a name with EVIL_WHAT_DATA. */
unsigned evil_rr_cnt(uint16_t type, const struct evil_words *w);
/* The idx-th of them; its length. */
size_t evil_rdata(const struct hf_siphash_key *key, const struct hf_name *n, uint16_t type,
    const struct evil_words *w, unsigned idx, uint8_t out[EVIL_RDATA_MAX]);
/* Where the CNAME at n leads. */
void evil_alias(const struct hf_siphash_key *key, const struct hf_name *n,
    const struct evil_words *w, struct hf_name *target);
/* The closest ancestor of n, not n itself, with a DNAME, and where that leads. */
bool evil_dname(const struct hf_name *n, struct hf_name *owner, struct hf_name *target);

/* The address of the idx-th server of a zone: 10.64.0.0/10 or fd66::/16, idx in the last octet's
 * low four bits. */
void evil_server(const struct hf_siphash_key *key, const struct hf_name *zone, unsigned idx,
    uint8_t family, struct hf_addr *a);
/* "nsN": true, and the number. */
bool evil_is_ns_label(const uint8_t *label, unsigned len, unsigned *idx);

/* "0123456789abcdef..." (32 hex digits). 0 or -EINVAL. */
int evil_key_from_text(const char *text, struct hf_siphash_key *key);
#define EVIL_KEY_DEFAULT "686f6c64666173742d6576696c2d3031"

#endif
