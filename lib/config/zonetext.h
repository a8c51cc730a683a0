/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * zonetext: the little of the master file format (RFC 1035 5.1) that we need.
 *
 * Purpose   "owner [ttl] [class] type rdata" -> hf_rrset. Comments, parentheses, strings
 *           and a blank owner are understood; names must be absolute; only the types that
 *           the caller allows (rdatatext.h reads them).
 * Roles     Any thread, at start.
 * Memory    A struct hf_rrsets owns its sets until hf_rrsets_fini.
 * Blocking  hf_zonetext_load reads one file.
 * Errors    -EINVAL with "file:line:col: what" in err; -errno of the file, told likewise.
 * Trust     The text may be wrong in any way; at most octets_max octets and rr_max
 *           records are read.
 */
#ifndef HF_ZONETEXT_H
#define HF_ZONETEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/config/rdatatext.h"
#include "lib/base/arena.h"
#include "lib/wire/rrset.h"

enum {
	HF_ZONETEXT_FILE_MAX = 256 * 1024,
	HF_ZONETEXT_RR_MAX = 1024,
	HF_ZONETEXT_RDATA_MAX = HF_RDATATEXT_MAX,
	HF_ZONETEXT_TTL_DEFAULT = 3600,
	HF_ZONETEXT_ERROR_LEN = 320,
};

struct hf_rrsets {
	struct hf_arena arena;
	struct hf_rrset *sets;
	size_t cnt, room;
};

void hf_rrsets_init(struct hf_rrsets *s);
void hf_rrsets_fini(struct hf_rrsets *s);

struct hf_zonetext {
	const char *name;          /* of the file, for messages */
	const uint16_t *types;     /* allowed, 0 ends the list; NULL: all that are data */
	bool believed;             /* keys and digests are anchors: none that must not be one */
	size_t rr_max, octets_max; /* 0: HF_ZONETEXT_RR_MAX, HF_ZONETEXT_FILE_MAX */
	size_t rr_cnt;             /* records read, repeated ones included */
	char err[HF_ZONETEXT_ERROR_LEN];
};

struct hf_zonetext_rr {
	struct hf_name owner;
	uint16_t type;
	uint32_t ttl;
	struct hf_rdatatext data;
};

/* Called for each record; 0, or -errno to stop. */
typedef int (*hf_zonetext_fn)(void *arg, const struct hf_zonetext_rr *rr);

/* 0, or -errno with z->err. */
int
hf_zonetext_each(struct hf_zonetext *z, const char *text, size_t len, hf_zonetext_fn fn, void *arg);
int hf_zonetext_load_each(struct hf_zonetext *z, hf_zonetext_fn fn, void *arg);

/* Add what text holds to out: records of one owner and type become one set, equal ones
 * are kept once. 0, or -EINVAL or -ENOMEM with z->err; *out is to be freed in any case. */
int hf_zonetext_parse(struct hf_zonetext *z, const char *text, size_t len, struct hf_rrsets *out);
/* The same from the file z->name. */
int hf_zonetext_load(struct hf_zonetext *z, struct hf_rrsets *out);

#endif
