/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * schema: the table of every configuration key.
 *
 * Purpose   One row per key: where it is stored, what it may hold, its default and a sentence.
 *           The parser, the defaults, `config check` and `config show` read this table.
 * Roles     Any thread; the table is constant.
 * Memory    Values of text kinds are malloc'ed and owned by the struct hf_config.
 * Blocking  Never.
 * Errors    hf_schema_set writes a sentence about what is wrong with the value.
 * Trust     Values may be wrong in any way.
 */
#ifndef HF_CONFIG_SCHEMA_H
#define HF_CONFIG_SCHEMA_H

#include "lib/config/config.h"

enum hf_schema_kind {
	HF_SCHEMA_UINT,
	HF_SCHEMA_DURATION,
	HF_SCHEMA_SIZE,
	HF_SCHEMA_BOOL,
	HF_SCHEMA_WORD, /* one of words[] */
	HF_SCHEMA_TEXT,
	HF_SCHEMA_TEXT_LIST,
	HF_SCHEMA_RECORD_LIST, /* records as zone files have them, or paths of such files */
	HF_SCHEMA_ADDR_LIST,   /* addresses without a port */
	HF_SCHEMA_ACCESS_LIST, /* networks; what becomes of them is the key's name */
	HF_SCHEMA_SOCKET_LIST, /* address@port */
	HF_SCHEMA_NAME,        /* ends in a dot */
	HF_SCHEMA_FORWARDERS,  /* addresses, each with a port or without */
	HF_SCHEMA_SERVERS,     /* the same, and names of servers */
	HF_SCHEMA_CHOICES,     /* a mapping of names to words[] */
	HF_SCHEMA_ZONE_LIST,   /* mappings with the keys that hf_schema_zone has for its name */
};

enum { HF_SCHEMA_WORD_MAX = 5, HF_SCHEMA_WHY_LEN = 256, HF_SCHEMA_SHOW_LEN = 2048 };

struct hf_schema_key {
	const char *section; /* "" at the top level */
	const char *name;
	enum hf_schema_kind kind;
	size_t off;           /* of the field in struct hf_config, or in hf_config_zone */
	uint64_t min, max;    /* UINT, DURATION (ns), SIZE (octets), items of a list */
	const char *fallback; /* as text, items of a list separated by spaces; NULL: required */
	const char *words[HF_SCHEMA_WORD_MAX]; /* index = value */
	const char *help;
};

extern const struct hf_schema_key hf_schema[];
extern const size_t hf_schema_cnt;

/* Keys of one zone in a list of zones; section is the name of the list. */
extern const struct hf_schema_key hf_schema_zone[];
extern const size_t hf_schema_zone_cnt;

bool hf_schema_is_list(const struct hf_schema_key *k);

/* One scalar (or one item of a list of them, appended) into the struct hf_config, or the
 * hf_config_zone for a key of hf_schema_zone. 0, or -EINVAL with why filled. */
int hf_schema_set(
    const struct hf_schema_key *k, const char *text, void *in, char why[HF_SCHEMA_WHY_LEN]);

/* Empty a list before items are appended; frees what it held. */
void hf_schema_clear(const struct hf_schema_key *k, struct hf_config *c);

/* One more name with its word. 0, or -EINVAL with why filled. */
int hf_schema_choose(const struct hf_schema_key *k, struct hf_config *c, const char *name,
    const char *word, char why[HF_SCHEMA_WHY_LEN]);

/* One more zone, with the defaults of its keys; NULL with why filled. Valid until the next. */
struct hf_config_zone *
hf_schema_zone_add(const struct hf_schema_key *k, struct hf_config *c, char why[HF_SCHEMA_WHY_LEN]);

/* The value as it would be written in the file. Returns buf. */
char *hf_schema_show(
    const struct hf_schema_key *k, const struct hf_config *c, char buf[HF_SCHEMA_SHOW_LEN]);

#endif
