/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpl: a replay scenario, as read from its file.
 *
 * Purpose   The grammar of Deckard and Unbound's testbound as data: a head of settings, what
 *           servers answer during which steps, and the steps. Says what is written, not what
 *           it means.
 * Roles     Made once by the parser; only the player's marks (fired) change.
 * Memory    All of it lives in the scenario's arena, until rpl_fini.
 * Blocking  rpl_load reads one file.
 * Errors    A word that is not known is an error with its line: the caller skips the file and
 *           says why. Nothing is passed over in silence.
 * Trust     Files may be wrong in any way; they are not hostile.
 */
#ifndef HF_REPLAY_RPL_H
#define HF_REPLAY_RPL_H

#include <stdio.h>

#include "lib/base/addr.h"
#include "lib/base/arena.h"
#include "lib/wire/message.h"

enum {
	RPL_ADDR_MAX = 64,
	RPL_WHY_LEN = 512,
	RPL_TTL_DEFAULT = 3600,
	RPL_LINE_MAX = 16384,
};

/* What MATCH may ask to be compared. */
enum rpl_match {
	RPL_MATCH_OPCODE = 1 << 0,
	RPL_MATCH_QTYPE = 1 << 1,
	RPL_MATCH_QNAME = 1 << 2,
	RPL_MATCH_QCASE = 1 << 3,
	RPL_MATCH_SUBDOMAIN = 1 << 4,
	RPL_MATCH_FLAGS = 1 << 5,
	RPL_MATCH_RCODE = 1 << 6,
	RPL_MATCH_ANSWER = 1 << 7,
	RPL_MATCH_AUTHORITY = 1 << 8,
	RPL_MATCH_ADDITIONAL = 1 << 9,
	RPL_MATCH_ANSWERTYPES = 1 << 10,
	RPL_MATCH_ANSWERRRSIGS = 1 << 11,
	RPL_MATCH_TTL = 1 << 12,
	RPL_MATCH_EDE = 1 << 13,     /* the code in ede */
	RPL_MATCH_EDE_ANY = 1 << 14, /* any code */
	RPL_MATCH_UDP = 1 << 15,
	RPL_MATCH_TCP = 1 << 16,
	RPL_MATCH_DO = 1 << 17,
	RPL_MATCH_NOEDNS = 1 << 18,
	RPL_MATCH_EDNSDATA = 1 << 19, /* the options are exactly edns_data */
	RPL_MATCH_NSID = 1 << 20,
	RPL_MATCH_EDNS = 1 << 21, /* EDNS version and that there is one */
	RPL_MATCH_ALL = 1 << 22,  /* widened to the above when the entry ends */
};

enum rpl_adjust {
	RPL_ADJUST_COPY_ID = 1 << 0,
	RPL_ADJUST_COPY_QUERY = 1 << 1,
	RPL_ADJUST_NO_ANSWER = 1 << 2,
	RPL_ADJUST_RAW_ID = 1 << 3,
};

struct rpl_rr {
	struct hf_name owner;
	uint16_t type, klass;
	uint32_t ttl;
	bool has_ttl; /* written in the file: "MATCH ttl" compares it */
	uint16_t len;
	uint8_t *rdata; /* uncompressed */
};

struct rpl_section {
	bool given; /* SECTION was there, perhaps without records */
	unsigned cnt;
	struct rpl_rr *rr;
};

struct rpl_blob {
	bool given;
	size_t len;
	uint8_t *data;
};

/* A message and what is to be done with it. */
struct rpl_entry {
	struct rpl_entry *next;
	unsigned line;
	bool has_match;
	uint32_t match;  /* enum rpl_match */
	uint32_t adjust; /* enum rpl_adjust */
	uint16_t ede;
	uint16_t flags; /* HF_FLAG_* without opcode and rcode */
	uint16_t rcode, opcode;
	bool dnssec_ok;
	bool question_given;
	unsigned question_cnt; /* 0 or 1 */
	struct hf_question question;
	struct rpl_section section[HF_SECTION_CNT];
	struct rpl_blob raw;       /* the whole message instead of the above */
	struct rpl_blob edns_data; /* options of OPT */
	bool mandatory;            /* must have been used when the scenario ends */
	unsigned fired;
};

struct rpl_range {
	struct rpl_range *next;
	long first, last; /* steps, both included */
	unsigned addr_cnt;
	struct hf_addr addr[RPL_ADDR_MAX]; /* none: every server */
	struct rpl_entry *entries;
};

enum rpl_action {
	RPL_QUERY,
	RPL_CHECK_ANSWER,
	RPL_CHECK_OUT_QUERY,
	RPL_REPLY,
	RPL_TIMEOUT,
	RPL_ERROR,
	RPL_TRAFFIC,
	RPL_NOTHING,
	RPL_TIME_PASSES,
};

struct rpl_step {
	struct rpl_step *next;
	long id;
	unsigned line;
	enum rpl_action action;
	uint64_t elapse_ns;
	struct hf_addr addr; /* of the client, or of the server that was asked; family 0: any */
	struct rpl_entry *entry;
};

struct rpl_setting {
	struct rpl_setting *next;
	unsigned line;
	char *key, *value; /* comments and outer quotes gone */
};

struct rpl {
	struct hf_arena arena;
	char *title;
	struct rpl_setting *settings;
	struct rpl_range *ranges;
	struct rpl_step *steps;
	char why[RPL_WHY_LEN]; /* after an error: "line N: what" */
};

/* 0; -EINVAL with why, or -errno of the file. rpl_fini is due in every case. */
int rpl_load(struct rpl *s, const char *path);
/* The same from a stream. */
int rpl_read(struct rpl *s, FILE *in);
void rpl_fini(struct rpl *s);

#endif
