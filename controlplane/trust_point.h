/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trust_point: one name whose keys are believed without proof, and how that changes (RFC 5011).
 *
 * Purpose   The state machine of RFC 5011 4, one step for each DNSKEY RRset that is seen:
 *
 *             Start --in a set that a trusted key signed--> AddPend --hold-down over--> Valid
 *             AddPend --not in such a set--> Start           Valid <--in it, not in it--> Missing
 *             Valid, Missing --revoked, by its own signature--> Revoked --gone so long--> Removed
 *
 *           Start is not to be known here. Valid and Missing keys are the trust anchors.
 * Roles     The main thread. No clock, no I/O: time is an argument.
 * Memory    Owns its keys, at most CP_POINT_KEYS_MAX, until cp_point_fini.
 * Blocking  Never; signature checks are charged to the budget.
 * Errors    -ENOMEM and -E2BIG; enum cp_seen.
 * Trust     RRsets that are seen are hostile until a trusted key's signature over them is found.
 *
 * Hold-downs count observed time, not dates: between two observations what the monotonic clock
 * says, if the machine has not been started anew, else the wall clock's word up to one refresh
 * interval. A wall clock set forward makes no key valid early.
 */
#ifndef CP_TRUST_POINT_H
#define CP_TRUST_POINT_H

#include "lib/base/clock.h"
#include "lib/wire/rrset.h"
#include "validator/validator.h"

/* X(name, as RFC 5011 4.2 writes it, word in the audit log) */
#define CP_KEY_STATES(X)                        \
	X(PENDING, "AddPend", "anchor-pending") \
	X(VALID, "Valid", "anchor-valid")       \
	X(MISSING, "Missing", "anchor-missing") \
	X(REVOKED, "Revoked", "anchor-revoked") \
	X(REMOVED, "Removed", "anchor-removed") \
	X(START, "Start", "anchor-forgotten")

enum cp_key_state {
#define X(name, text, word) CP_KEY_##name,
	CP_KEY_STATES(X)
#undef X
	    CP_KEY_STATE_CNT,
};

const char *cp_key_state_text(enum cp_key_state s);
const char *cp_key_state_word(enum cp_key_state s);

enum {
	CP_POINT_KEYS_MAX = 64,
	CP_POINT_RDATA_MAX = 1032, /* RSA of 4096 bits needs half of it */
	CP_POINT_SEEN_MIN = 3,     /* observations, however long the hold-down was */
	CP_BOOT_LEN = HF_BOOT_ID_LEN,
};

struct cp_point_key {
	enum cp_key_state state; /* never START */
	uint16_t type;           /* DNSKEY, or DS: configured so, and its key was never seen */
	const char *file;        /* that vouches for it, of the configuration; NULL: none does */
	bool configured;         /* a file vouches for it, or did when this was stored */
	bool learned;            /* it has passed a hold-down */
	int64_t since_s;         /* in this state; on the wall clock, for people */
	int64_t seen_s;          /* last seen in a good set; 0: never */
	uint32_t seen_cnt;       /* observations it was in since it is PENDING */
	uint64_t held_ms;        /* of the hold-down, while PENDING or REVOKED */
	uint64_t need_ms;        /* PENDING: its hold-down */
	uint16_t len;
	uint8_t rdata[CP_POINT_RDATA_MAX]; /* without the REVOKE bit */
};

/* When something was observed. boot tells one run of the machine from another. */
struct cp_moment {
	int64_t wall_s;
	uint64_t mono_ns;
	const char *boot;
};

struct cp_point {
	struct hf_name name; /* lower case */
	bool rolls;          /* follows RFC 5011; else the files alone say what is believed */
	int64_t good_s;      /* the last good observation; 0: none yet */
	uint64_t good_ns;
	char boot[CP_BOOT_LEN];
	uint32_t interval_s, retry_s; /* that it planned (RFC 5011 2.3) */
	unsigned key_cnt, key_room;
	struct cp_point_key *keys;
};

struct cp_key_change {
	enum cp_key_state from, to;
	uint16_t tag;
	uint8_t algorithm;
	const char *why;
};

/* What a step did. trust: other keys are trusted than before. */
struct cp_point_changes {
	bool trust, full;
	unsigned forged; /* revocations without the key's own signature */
	unsigned cnt;
	struct cp_key_change item[2 * CP_POINT_KEYS_MAX];
};

void cp_point_init(struct cp_point *p, const struct hf_name *name, bool rolls);
void cp_point_fini(struct cp_point *p);
/* to is made new; -ENOMEM leaves it empty. */
int cp_point_copy(struct cp_point *to, const struct cp_point *from);

/* A key as it was stored. -ENOMEM, -E2BIG. */
int cp_point_add(struct cp_point *p, const struct cp_point_key *k);

/* A file vouches for a DS or DNSKEY record: Valid at once, whatever hold-down was under way. A
 * key that was revoked stays so. -E2BIG: too many; -EKEYREVOKED: it is not used. */
int cp_point_configure(struct cp_point *p, const struct cp_point_key *like, int64_t now_s,
    struct cp_point_changes *out);
/* All files have spoken: keys that only a file vouched for, and none does any more, go. */
void cp_point_settle(struct cp_point *p, struct cp_point_changes *out);

enum cp_seen {
	CP_SEEN_GOOD,    /* a trusted key signed it; every transition was looked at */
	CP_SEEN_REVOKED, /* none did, but keys were revoked by it */
	CP_SEEN_BAD,     /* nothing has changed; *why says what is wrong */
};

/* The DNSKEY RRset of the point, as servers gave it. hold_down_s: 30 days (RFC 5011 2.4); the
 * other times of RFC 5011 2.3 are parts of it. */
enum cp_seen cp_point_observe(struct cp_point *p, const struct hf_rrset *keys,
    const struct cp_moment *at, uint32_t hold_down_s, struct va_budget *budget,
    struct va_result *why, struct cp_point_changes *out);

/* Seconds until an observation after one that failed (RFC 5011 2.3), if none was good yet. */
uint32_t cp_point_retry_s(const struct cp_point *p, uint32_t hold_down_s);

/* The trusted keys as RRsets of each type, which point into p; with none left one set without
 * records. Returns how many sets. */
struct cp_point_trust {
	struct hf_rrset set[2];
	struct hf_rdata rr[2][CP_POINT_KEYS_MAX];
};
unsigned cp_point_trust(const struct cp_point *p, struct cp_point_trust *out);
unsigned cp_point_trusted_cnt(const struct cp_point *p);

/* As the record has it; a DNSKEY's when it was not revoked. */
uint16_t cp_point_key_tag(const struct cp_point_key *k);
uint8_t cp_point_key_algorithm(const struct cp_point_key *k);

#endif
