/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * entry: one answer in the cache, ready to be copied behind a question.
 *
 * Purpose   Question, verdict, times and rendered records in one piece of memory: 26 octets of
 *           head, the name, the body. One A record under a name of up to 22 octets is one line of
 *           64. What few answers have (EDE, further owner names, a failed refresh, TTLs at odd
 *           places) stands behind the body, and only when it is there.
 * Roles     WRITER makes. Any core reads between two of its quiescent lines.
 * Memory    The caller's, 64-byte aligned, whole lines; the table's keep DP_ENTRY_READ_MAX octets
 *           behind them readable. Immutable once published, but for covered and marks.
 * Blocking  Never.
 * Errors    None: what passed hf_msg_check_answer fits.
 * Trust     Made only from messages that passed hf_msg_check_answer. The class is IN: that check
 *           and hf_reply_judge let no other through.
 *
 * Times are milliseconds since the dataplane's boot, 40 bits of them: they wrap after 34 years.
 *
 *   offset  field               who stores it
 *   0       type .. variant     WRITER, before publication, as all that has no other line here
 *   4       covered             any core, relaxed: a hint that is recomputed when lost
 *   8       facts               lifetimes, body length, RCODE, verdict, flags: one word
 *   16      inserted, counts
 *   23      marks               any core, relaxed: hints as well
 *   24      sum
 *   26      name, body, then struct dp_entry_extra at the next even offset
 */
#ifndef DP_ENTRY_H
#define DP_ENTRY_H

#include <stdatomic.h>

#include "dataplane/hash.h"
#include "lib/wire/const.h"

#define DP_COVERED_UNKNOWN 0u

enum {
	DP_ENTRY_LINE_MAX = 127, /* lines of the largest: what a bucket's word has room for */
	DP_ENTRY_OCTETS_MAX = DP_ENTRY_LINE_MAX * DP_LINE_LEN,
	DP_ENTRY_READ_MAX = 16, /* names are compared and bodies copied in pieces of up to this */
	DP_TTL_FIRST = 6,       /* a TTL behind a two-octet owner, type and class */
	DP_RR_SHORT_LEN = 12,   /* a record with such an owner, without its RDATA */
};

/* What hits leave behind. A lost store is made again, or costs one refresh too many. */
enum {
	DP_USED = 1,          /* since eviction last looked */
	DP_USED_AGAIN = 2,    /* more than once in its life */
	DP_USED_REFRESHED = 4 /* a refresh was asked for: once in its life */
};

struct dp_entry {
	alignas(DP_LINE_LEN) uint16_t type;
	uint8_t name_len;
	uint8_t variant; /* HF_VARIANT_* */
	/* serial of a policy << 1 | that policy restricts the entry (dp_policy_restricts) */
	_Atomic uint32_t covered;
	uint64_t fresh_s : 20;
	uint64_t valid_s : 20; /* secure: its signatures last so long, from insertion on */
	uint64_t body_len : 12;
	uint64_t rcode : 4;
	uint64_t verdict : 3;  /* enum hf_verdict */
	uint64_t flags : 3;    /* HF_ANSWER_* */
	uint64_t extra : 1;    /* struct dp_entry_extra is there */
	uint64_t ttls_odd : 1; /* ... and in it the offsets of the TTLs: there is no rule to them */
	uint32_t inserted_low;
	uint8_t inserted_high;
	uint8_t an_cnt_short; /* dp_entry_counts knows the larger ones */
	uint8_t ns_cnt_short : 4;
	uint8_t ar_cnt_short : 4;
	_Atomic uint8_t marks; /* DP_USED_* */
	/* Ones' complement sum of the body's 16-bit words in memory order, folded, TTLs taken as
	 * 0, as if the body began at an even offset. */
	uint16_t sum;
	uint8_t name[]; /* name_len octets, lower case; then the body */
};

/* Behind the body; behind it ttl_off[] (ttls_odd), struct dp_entry_note (DP_EXTRA_NOTE), the
 * chain and the EDE text. */
struct dp_entry_extra {
	uint8_t has; /* DP_EXTRA_* */
	uint8_t chain_cnt;
	uint16_t chain_len;
	uint16_t ede; /* HF_EDE_NONE: none */
	uint16_t hidden_ede;
	uint16_t nta_mask; /* names an NTA covered when it was resolved */
	uint16_t an_cnt, ns_cnt, ar_cnt;
	uint16_t ede_text_len;
};
enum { DP_EXTRA_NOTE = 1 };

/* What depends on the policy it was resolved under, or was refreshed in vain. At an even offset:
 * read it by dp_entry_note. */
struct dp_entry_note {
	uint64_t policy_gen;  /* the policy it was resolved under */
	uint64_t retry_at_ms; /* a refresh failed: the next try is not before; 0: none failed */
	uint64_t retry_gen;   /* ... under this policy */
	uint32_t retry_ede;   /* ... and what it failed of, HF_EDE_NONE */
	uint32_t retry_for;   /* ... which of HF_STALE_* that is */
};

_Static_assert(offsetof(struct dp_entry, covered) == 4, "covered");
_Static_assert(offsetof(struct dp_entry, inserted_low) == 16, "facts are one word");
_Static_assert(offsetof(struct dp_entry, marks) == 23, "marks have an octet of their own");
_Static_assert(
    offsetof(struct dp_entry, name) == DP_KEY_NAME_OFF, "as in a key; 26 + 22 + 16 is a line");
_Static_assert(HF_TTL_MAX_S < 1 << 20 && HF_VALID_MAX_S < 1 << 20 && HF_BODY_MAX < 1 << 12 &&
	HF_VERDICT_CNT <= 1 << 3,
    "bits");
_Static_assert(offsetof(struct dp_entry, name) + HF_NAME_MAX + HF_BODY_MAX + 1 +
	    sizeof(struct dp_entry_extra) + 2 * HF_ANSWER_RR_MAX + sizeof(struct dp_entry_note) +
	    HF_CHAIN_OCTETS_MAX + HF_EDE_TEXT_MAX <=
	DP_ENTRY_OCTETS_MAX,
    "the largest answer fits");

static inline const uint8_t *
dp_entry_body(const struct dp_entry *e)
{
	return e->name + e->name_len;
}

static inline uint64_t
dp_entry_inserted_ms(const struct dp_entry *e)
{
	return e->inserted_low | (uint64_t)e->inserted_high << 32;
}

static inline uint64_t
dp_entry_fresh_until_ms(const struct dp_entry *e)
{
	return dp_entry_inserted_ms(e) + (uint64_t)e->fresh_s * 1000;
}

/* AD may be said until then, fresh or stale. */
static inline uint64_t
dp_entry_valid_until_ms(const struct dp_entry *e)
{
	return dp_entry_inserted_ms(e) + (uint64_t)e->valid_s * 1000;
}

/* Neither fresh nor usable as stale from then on, if nothing is longer than stale_max_ms. */
static inline uint64_t
dp_entry_dead_ms(const struct dp_entry *e, uint64_t stale_max_ms)
{
	return dp_entry_fresh_until_ms(e) + ((e->flags & HF_ANSWER_STALE) != 0 ? stale_max_ms : 0);
}

/* NULL: it has nothing of the kind. */
static inline const struct dp_entry_extra *
dp_entry_extra(const struct dp_entry *e)
{
	size_t off = (offsetof(struct dp_entry, name) + e->name_len + e->body_len + 1u) & ~1u;

	if (!e->extra)
		return NULL;
	return (const struct dp_entry_extra *)(const void *)((const uint8_t *)e + off);
}

struct dp_entry_counts {
	uint16_t an, ns, ar;
};

static inline struct dp_entry_counts
dp_entry_counts(const struct dp_entry *e)
{
	const struct dp_entry_extra *x = dp_entry_extra(e);

	if (__builtin_expect(x != NULL, 0))
		return (struct dp_entry_counts){x->an_cnt, x->ns_cnt, x->ar_cnt};
	return (struct dp_entry_counts){e->an_cnt_short, e->ns_cnt_short, e->ar_cnt_short};
}

static inline unsigned
dp_entry_rr_cnt(const struct dp_entry *e)
{
	struct dp_entry_counts c = dp_entry_counts(e);

	return (unsigned)c.an + c.ns + c.ar;
}

/* Where the TTLs are within the body: off[i], or DP_TTL_FIRST + i * stride when off is NULL. */
struct dp_entry_ttls {
	const uint16_t *off;
	unsigned stride;
};

static inline struct dp_entry_ttls
dp_entry_ttls(const struct dp_entry *e)
{
	const uint8_t *body = dp_entry_body(e);

	if (e->ttls_odd)
		return (struct dp_entry_ttls){
		    (const uint16_t *)(const void *)(dp_entry_extra(e) + 1), 0};
	if (e->body_len == 0)
		return (struct dp_entry_ttls){NULL, 0};
	return (struct dp_entry_ttls){
	    NULL, DP_RR_SHORT_LEN + ((unsigned)body[10] << 8 | body[11])}; /* RDLENGTH */
}

static inline unsigned
dp_entry_ttl_off(const struct dp_entry_ttls *t, unsigned i)
{
	return t->off != NULL ? t->off[i] : DP_TTL_FIRST + i * t->stride;
}

static inline uint16_t
dp_entry_ede(const struct dp_entry *e)
{
	const struct dp_entry_extra *x = dp_entry_extra(e);

	return x != NULL ? x->ede : HF_EDE_NONE;
}

static inline uint16_t
dp_entry_hidden_ede(const struct dp_entry *e)
{
	const struct dp_entry_extra *x = dp_entry_extra(e);

	return x != NULL ? x->hidden_ede : HF_EDE_NONE;
}

static inline uint16_t
dp_entry_nta_mask(const struct dp_entry *e)
{
	const struct dp_entry_extra *x = dp_entry_extra(e);

	return x != NULL ? x->nta_mask : 0;
}

/* Its note, or one that says nothing. */
struct dp_entry_note dp_entry_note(const struct dp_entry *e);

/* Uncompressed lower-case names, one after another: *cnt of them, 0 and NULL when there are
 * none. */
const uint8_t *dp_entry_chain(const struct dp_entry *e, unsigned *cnt);

/* *len octets, 0 and NULL when there are none. */
const char *dp_entry_ede_text(const struct dp_entry *e, unsigned *len);

/* Lines of an entry. */
unsigned dp_entry_lines(const struct dp_entry *e);

/* Octets charged against the cache's budget. */
static inline uint64_t
dp_entry_octets(const struct dp_entry *e)
{
	return (uint64_t)dp_entry_lines(e) * DP_LINE_LEN;
}

/* The entry's question is this one. Reads up to 7 octets behind both names. */
static inline bool
dp_entry_has_key(const struct dp_entry *e, const struct dp_key_octets *o)
{
	unsigned len = o->name_len;
	uint64_t a, b;

	if (e->type != o->type || e->name_len != len || e->variant != o->variant)
		return false;
	for (unsigned off = 0; off < len; off += sizeof(a)) {
		unsigned left = len - off;

		memcpy(&a, e->name + off, sizeof(a));
		memcpy(&b, o->name + off, sizeof(b));
		a ^= b;
		if (left < sizeof(a))
			a &= (UINT64_C(1) << 8 * left) - 1;
		if (a != 0)
			return false;
	}
	return true;
}

/* The question: type, variant and name stand where they do in a key; between them and behind them
 * is something else, so that it can be compared and not hashed. */
static inline const struct dp_key_octets *
dp_entry_key(const struct dp_entry *e)
{
	return (const struct dp_key_octets *)(const void *)e;
}

/* The hash of its question. */
uint64_t dp_entry_hash(const struct dp_entry *e, const struct dp_hash *h);

/* WRITER. Make an entry in e's DP_ENTRY_OCTETS_MAX octets from a checked answer. Fresh for the
 * lower of ttl_s, the lowest TTL among the records (RFC 2181 5.2) and HF_TTL_MAX_S. Returns its
 * lines. */
unsigned dp_entry_make(struct dp_entry *e, const struct hf_msg_answer *m,
    const struct hf_answer_view *view, uint64_t now_ms);

/* A refresh that failed: when to try again, under which policy it failed and of what. */
struct dp_retry {
	uint64_t at_ms;
	uint64_t gen;
	uint16_t ede;    /* HF_EDE_NONE: not known */
	uint8_t trigger; /* HF_STALE_* */
};

/* WRITER. The same for a copy of old under key, its own or that of its twin
 * (dp_table_find_plain), that remembers a failed refresh. */
unsigned dp_entry_make_retry(struct dp_entry *e, const struct dp_entry *old,
    const struct dp_key_octets *key, const struct dp_retry *retry);

/* WRITER. A copy of e of that many lines, while cores may set marks in e. */
void dp_entry_copy(struct dp_entry *copy, const struct dp_entry *e, unsigned lines);

/* WRITER, before publication. Which names an NTA covered; kept where it can matter, in entries
 * that are bogus, failed or unvalidated. */
void dp_entry_set_nta_mask(struct dp_entry *e, uint16_t mask);

/* The answer message that would make this entry, TTLs as at insertion (cache show). head
 * carries type and length, epoch 0; policy_gen is 0 where it was not kept because nothing depends
 * on it. Returns its octets, 0 when cap is too small. */
size_t dp_entry_to_msg(const struct dp_entry *e, struct hf_msg_answer *m, size_t cap);

/* In the last tenth of its life. A fresh entry is: the caller has looked. */
static inline bool
dp_entry_ageing(const struct dp_entry *e, uint64_t now_ms)
{
	return (dp_entry_fresh_until_ms(e) - now_ms) * 10 < (uint64_t)e->fresh_s * 1000;
}
#endif
