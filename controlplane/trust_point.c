/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/trust_point.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/ns.h"
#include "lib/wire/cursor.h"
#include "validator/key.h"
#include "validator/signature.h"

enum {
	/* Parts of the hold-down. With its 30 days they are the 15 days, the day and the hour of
	 * RFC 5011 2.3. */
	INTERVAL_PART = 2,
	RETRY_PART = 30,
	LEAST_PART = 720,
	MS_PER_S = 1000,
};

static const char *const state_text[] = {
#define X(name, text, word) text,
    CP_KEY_STATES(X)
#undef X
};

static const char *const state_word[] = {
#define X(name, text, word) word,
    CP_KEY_STATES(X)
#undef X
};

const char *
cp_key_state_text(enum cp_key_state s)
{
	return (unsigned)s < CP_KEY_STATE_CNT ? state_text[s] : "?";
}

const char *
cp_key_state_word(enum cp_key_state s)
{
	return (unsigned)s < CP_KEY_STATE_CNT ? state_word[s] : "?";
}

/* --- keys ------------------------------------------------------------------------------- */

static struct hf_rdata
rdata_of(const struct cp_point_key *k)
{
	return (struct hf_rdata){k->rdata, k->len};
}

uint16_t
cp_point_key_tag(const struct cp_point_key *k)
{
	if (k->type == HF_TYPE_DNSKEY)
		return va_key_tag(k->rdata, k->len);
	return k->len >= 2 ? (uint16_t)(k->rdata[0] << 8 | k->rdata[1]) : 0; /* RFC 4034 5.1 */
}

uint8_t
cp_point_key_algorithm(const struct cp_point_key *k)
{
	unsigned at = k->type == HF_TYPE_DNSKEY ? 3 : 2;

	return k->len > at ? k->rdata[at] : 0;
}

static bool
is_trusted(const struct cp_point_key *k)
{
	return k->state == CP_KEY_VALID || k->state == CP_KEY_MISSING;
}

/* A DNSKEY as a key of ours, the REVOKE bit taken off. False: longer than any that is of use. */
static bool
key_from(const struct hf_rdata *rd, struct cp_point_key *k)
{
	struct va_key parsed;

	if (rd->len > CP_POINT_RDATA_MAX || !va_key_parse(rd, &parsed))
		return false;
	memset(k, 0, sizeof(*k));
	k->type = HF_TYPE_DNSKEY;
	k->len = rd->len;
	memcpy(k->rdata, rd->data, rd->len);
	k->rdata[1] &= (uint8_t)~HF_DNSKEY_REVOKE;
	return true;
}

/* One and the same key, whichever is known by its digest only. */
static bool
is_same(const struct hf_name *owner, const struct cp_point_key *a, const struct cp_point_key *b)
{
	const struct cp_point_key *by_digest = a->type == HF_TYPE_DS ? a : b;
	const struct cp_point_key *whole = a->type == HF_TYPE_DS ? b : a;
	struct hf_rdata rd = rdata_of(by_digest), key = rdata_of(whole);
	struct va_ds ds;

	if (a->type == b->type)
		return a->len == b->len && memcmp(a->rdata, b->rdata, a->len) == 0;
	return va_ds_parse(&rd, &ds) && ds.tag == cp_point_key_tag(whole) &&
	    ds.algorithm == cp_point_key_algorithm(whole) && va_ds_matches(&ds, owner, &key);
}

static struct cp_point_key *
find(const struct cp_point *p, const struct cp_point_key *like)
{
	for (unsigned i = 0; i < p->key_cnt; i++)
		if (is_same(&p->name, &p->keys[i], like))
			return &p->keys[i];
	return NULL;
}

int
cp_point_add(struct cp_point *p, const struct cp_point_key *k)
{
	unsigned room = p->key_room == 0 ? 4 : 2 * p->key_room;

	if (p->key_cnt == CP_POINT_KEYS_MAX)
		return -E2BIG;
	if (p->key_cnt == p->key_room) {
		struct cp_point_key *keys = realloc(p->keys, room * sizeof(*keys));

		if (keys == NULL)
			return -ENOMEM;
		p->keys = keys;
		p->key_room = room;
	}
	p->keys[p->key_cnt++] = *k;
	return 0;
}

static void
drop(struct cp_point *p, unsigned i)
{
	p->key_cnt--;
	memmove(&p->keys[i], &p->keys[i + 1], (p->key_cnt - i) * sizeof(p->keys[0]));
}

static void
note(struct cp_point_changes *out, const struct cp_point_key *k, enum cp_key_state to,
    const char *why)
{
	bool was = is_trusted(k), is = to == CP_KEY_VALID || to == CP_KEY_MISSING;

	out->trust |= was != is;
	if (out->cnt < sizeof(out->item) / sizeof(out->item[0]))
		out->item[out->cnt++] = (struct cp_key_change){
		    k->state, to, cp_point_key_tag(k), cp_point_key_algorithm(k), why};
}

static void
enter(struct cp_point_key *k, enum cp_key_state to, int64_t now_s, struct cp_point_changes *out,
    const char *why)
{
	note(out, k, to, why);
	k->state = to;
	k->since_s = now_s;
	k->held_ms = 0;
}

/* --- a point ---------------------------------------------------------------------------- */

void
cp_point_init(struct cp_point *p, const struct hf_name *name, bool rolls)
{
	memset(p, 0, sizeof(*p));
	p->name = *name;
	hf_name_lower(&p->name);
	p->rolls = rolls;
}

void
cp_point_fini(struct cp_point *p)
{
	free(p->keys);
	p->keys = NULL;
	p->key_cnt = p->key_room = 0;
}

int
cp_point_copy(struct cp_point *to, const struct cp_point *from)
{
	*to = *from;
	to->keys = NULL;
	to->key_cnt = to->key_room = 0;
	for (unsigned i = 0; i < from->key_cnt; i++) {
		int rc = cp_point_add(to, &from->keys[i]);

		if (rc != 0) {
			cp_point_fini(to);
			return rc;
		}
	}
	return 0;
}

/* like, of which nothing is known: as from Start, so that the audit log tells of it. */
static int
configure_new(struct cp_point *p, const struct cp_point_key *like, int64_t now_s,
    struct cp_point_changes *out)
{
	struct cp_point_key k = *like;

	k.state = CP_KEY_START;
	k.configured = true;
	k.learned = false;
	enter(&k, CP_KEY_VALID, now_s, out, "configured");
	return cp_point_add(p, &k);
}

int
cp_point_configure(struct cp_point *p, const struct cp_point_key *like, int64_t now_s,
    struct cp_point_changes *out)
{
	struct cp_point_key *k = find(p, like);

	if (k == NULL)
		return configure_new(p, like, now_s, out);
	k->configured = true;
	k->file = like->file;
	if (k->state == CP_KEY_REVOKED || k->state == CP_KEY_REMOVED)
		return -EKEYREVOKED;
	if (k->state == CP_KEY_PENDING)
		enter(k, CP_KEY_VALID, now_s, out, "configured");
	/* A whole key takes the place of its digest. */
	if (k->type == HF_TYPE_DS && like->type == HF_TYPE_DNSKEY) {
		k->type = like->type;
		k->len = like->len;
		memcpy(k->rdata, like->rdata, like->len);
	}
	return 0;
}

void
cp_point_settle(struct cp_point *p, struct cp_point_changes *out)
{
	for (unsigned i = p->key_cnt; i-- > 0;) {
		struct cp_point_key *k = &p->keys[i];

		if (k->file != NULL || !k->configured)
			continue;
		k->configured = false;
		if (k->learned || !is_trusted(k))
			continue;
		note(out, k, CP_KEY_START, "no longer configured");
		drop(p, i);
	}
}

static void
trust_one(struct cp_point_trust *t, unsigned kind, const struct cp_point_key *k)
{
	t->rr[kind][t->set[kind].rr_cnt++] = rdata_of(k);
}

unsigned
cp_point_trust(const struct cp_point *p, struct cp_point_trust *out)
{
	for (unsigned i = 0; i < 2; i++)
		out->set[i] = (struct hf_rrset){.owner = p->name,
		    .type = i == 0 ? HF_TYPE_DNSKEY : HF_TYPE_DS,
		    .klass = HF_CLASS_IN,
		    .rr = out->rr[i]};
	for (unsigned i = 0; i < p->key_cnt; i++)
		if (is_trusted(&p->keys[i]))
			trust_one(out, p->keys[i].type == HF_TYPE_DS, &p->keys[i]);
	if (out->set[1].rr_cnt == 0)
		return 1;
	if (out->set[0].rr_cnt > 0)
		return 2;
	out->set[0] = out->set[1];
	return 1;
}

unsigned
cp_point_trusted_cnt(const struct cp_point *p)
{
	unsigned cnt = 0;

	for (unsigned i = 0; i < p->key_cnt; i++)
		cnt += is_trusted(&p->keys[i]);
	return cnt;
}

/* --- an observation --------------------------------------------------------------------- */

struct observation {
	struct cp_point *p;
	const struct hf_rrset *keys;
	const struct cp_moment *at;
	uint32_t hold_down_s;
	struct va_budget *budget;
	struct cp_point_changes *out;
	uint64_t passed_ms; /* since the last good one, as far as it counts */
	uint32_t ttl_s;     /* original, of the signature that was good */
};

/* What passed between two good observations. Longer gaps count as two intervals, or one where
 * only the wall clock is there to tell: nobody was there to see the key. */
static uint64_t
passed_ms(const struct cp_point *p, const struct cp_moment *at)
{
	uint64_t most_ms = (uint64_t)p->interval_s * MS_PER_S, ms = 0;

	if (p->good_s == 0)
		return 0;
	if (at->boot[0] != '\0' && strcmp(p->boot, at->boot) == 0) {
		most_ms *= 2;
		if (at->mono_ns > p->good_ns)
			ms = (at->mono_ns - p->good_ns) / HF_NS_PER_MS;
	} else if (at->wall_s > p->good_s) {
		ms = (uint64_t)(at->wall_s - p->good_s) * MS_PER_S;
	}
	return ms < most_ms ? ms : most_ms;
}

/* The key in the set that is k, if revoked is as asked for; -1: none. */
static int
seen_at(const struct observation *o, const struct cp_point_key *k, bool revoked)
{
	for (uint16_t i = 0; i < o->keys->rr_cnt; i++) {
		const struct hf_rdata *rd = &o->keys->rr[i];
		struct cp_point_key seen;

		if (key_from(rd, &seen) && ((rd->data[1] & HF_DNSKEY_REVOKE) != 0) == revoked &&
		    is_same(&o->p->name, k, &seen))
			return i;
	}
	return -1;
}

/* The key behind a digest has shown itself. */
static void
become(struct cp_point_key *k, const struct hf_rdata *rd)
{
	k->type = HF_TYPE_DNSKEY;
	k->len = rd->len;
	memcpy(k->rdata, rd->data, rd->len);
	k->rdata[1] &= (uint8_t)~HF_DNSKEY_REVOKE;
}

/* RevBit: immediate and for good, whoever else signed the set (RFC 5011 2.1). */
static void
take_revocations(struct observation *o)
{
	for (unsigned i = 0; i < o->p->key_cnt; i++) {
		struct cp_point_key *k = &o->p->keys[i];
		int at = is_trusted(k) ? seen_at(o, k, true) : -1;

		if (at < 0)
			continue;
		if (!va_key_revokes_itself(o->keys, &o->keys->rr[at], o->at->wall_s, o->budget)) {
			o->out->forged++;
			continue;
		}
		enter(k, CP_KEY_REVOKED, o->at->wall_s, o->out,
		    "revoked, by its own signature (RFC 5011 2.1)");
		k->seen_s = o->at->wall_s;
		become(k, &o->keys->rr[at]);
	}
}

static void
judge(const struct observation *o, struct va_result *why)
{
	struct cp_point_trust trust;
	unsigned cnt = cp_point_trust(o->p, &trust);

	for (unsigned i = 0; i < cnt; i++) {
		va_keys_verify(o->keys, &trust.set[i], o->at->wall_s, o->budget, why);
		if (why->verdict == HF_VERDICT_SECURE)
			return;
	}
}

static void
pending(const struct observation *o, struct cp_point_key *k, bool present)
{
	if (!present) {
		enter(k, CP_KEY_START, o->at->wall_s, o->out, "gone before its hold-down was over");
		return;
	}
	k->seen_cnt++;
	k->held_ms += o->passed_ms;
	if (k->held_ms < k->need_ms || k->seen_cnt < CP_POINT_SEEN_MIN)
		return;
	k->learned = true;
	enter(k, CP_KEY_VALID, o->at->wall_s, o->out, "its hold-down is over (RFC 5011 2.4.1)");
}

static void
revoked(const struct observation *o, struct cp_point_key *k)
{
	if (seen_at(o, k, true) >= 0 || seen_at(o, k, false) >= 0) {
		k->held_ms = 0;
		return;
	}
	k->held_ms += o->passed_ms;
	if (k->held_ms >= (uint64_t)o->hold_down_s * MS_PER_S)
		enter(k, CP_KEY_REMOVED, o->at->wall_s, o->out,
		    "gone for its hold-down (RFC 5011 2.4.2)");
}

/* One key, in a set that is good: RFC 5011 4.1's events but RevBit and NewKey. */
static void
step(const struct observation *o, struct cp_point_key *k)
{
	int at = seen_at(o, k, false);

	if (at >= 0)
		k->seen_s = o->at->wall_s;
	switch (k->state) {
	case CP_KEY_PENDING:
		pending(o, k, at >= 0);
		break;
	case CP_KEY_VALID:
		if (at < 0)
			enter(k, CP_KEY_MISSING, o->at->wall_s, o->out,
			    "not in a set that a trusted key signed; still trusted");
		break;
	case CP_KEY_MISSING:
		if (at >= 0)
			enter(k, CP_KEY_VALID, o->at->wall_s, o->out, "seen");
		break;
	case CP_KEY_REVOKED:
		revoked(o, k);
		break;
	case CP_KEY_REMOVED:
	default:
		break;
	}
	if (k->type == HF_TYPE_DS && at >= 0)
		become(k, &o->keys->rr[at]);
}

/* Two digests of one key are two keys of ours until it shows itself. */
static bool
is_twin(const struct cp_point *p, unsigned i)
{
	for (unsigned j = 0; j < i; j++)
		if (is_same(&p->name, &p->keys[j], &p->keys[i]))
			return true;
	return false;
}

static void
tidy(struct cp_point *p)
{
	for (unsigned i = p->key_cnt; i-- > 0;)
		if (p->keys[i].state == CP_KEY_START || is_twin(p, i))
			drop(p, i);
}

static void
step_all(struct observation *o)
{
	for (unsigned i = 0; i < o->p->key_cnt; i++)
		step(o, &o->p->keys[i]);
	tidy(o->p);
}

/* A key nothing can be validated with must not become an anchor: were it the only one left, the
 * zone would read as insecure. */
static bool
is_candidate(const struct observation *o, const struct hf_rdata *rd)
{
	struct va_key key;

	return va_key_parse(rd, &key) && va_key_usable(&key) && va_key_is_zone(&key) &&
	    (key.flags & HF_DNSKEY_SEP) != 0 && va_key_shape_ok(&key) &&
	    va_rules_algorithm(o->budget->rules, key.algorithm);
}

/* NewKey. The hold-down is the longer of 30 days and the original TTL (RFC 5011 2.4.1). */
static void
take_new(struct observation *o)
{
	uint64_t need_s = o->hold_down_s > o->ttl_s ? o->hold_down_s : o->ttl_s;

	for (uint16_t i = 0; i < o->keys->rr_cnt; i++) {
		struct cp_point_key k;

		if (!is_candidate(o, &o->keys->rr[i]) || !key_from(&o->keys->rr[i], &k) ||
		    find(o->p, &k) != NULL)
			continue;
		k.state = CP_KEY_START;
		k.need_ms = need_s * MS_PER_S;
		k.seen_s = o->at->wall_s;
		k.seen_cnt = 1;
		if (o->p->key_cnt == CP_POINT_KEYS_MAX) {
			o->out->full = true;
			return;
		}
		enter(&k, CP_KEY_PENDING, o->at->wall_s, o->out,
		    "new, in a set that a trusted key signed (RFC 5011 2.2)");
		if (cp_point_add(o->p, &k) != 0) {
			o->out->cnt--; /* no memory: the next time */
			return;
		}
	}
}

/* --- when next (RFC 5011 2.3) ----------------------------------------------------------- */

static uint32_t
at_least(uint32_t v, uint32_t hold_down_s)
{
	uint32_t least = hold_down_s / LEAST_PART > 0 ? hold_down_s / LEAST_PART : 1;

	return v > least ? v : least;
}

static uint32_t
least_of(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t least = a < b ? a : b;

	return least < c ? least : c;
}

static void
plan(const struct observation *o, const struct va_result *good)
{
	int32_t left = (int32_t)(good->expiration - (uint32_t)o->at->wall_s);
	uint32_t left_s = left > 0 ? (uint32_t)left : 0;
	uint32_t hold_s = o->hold_down_s;

	o->p->interval_s =
	    at_least(least_of(hold_s / INTERVAL_PART, o->ttl_s / 2, left_s / 2), hold_s);
	o->p->retry_s = at_least(least_of(hold_s / RETRY_PART, o->ttl_s / 10, left_s / 10), hold_s);
}

uint32_t
cp_point_retry_s(const struct cp_point *p, uint32_t hold_down_s)
{
	return p->retry_s > 0 ? p->retry_s : at_least(0, hold_down_s);
}

/* Original TTL of the signature that was good. Of several that look like it, one of which somebody
 * may have added, the shortest: the long ones would put off for years what is to be seen. */
static uint32_t
original_ttl(const struct hf_rrset *keys, const struct va_result *good)
{
	uint32_t ttl = UINT32_MAX;
	struct va_sig sig;

	for (uint16_t i = 0; i < keys->sig_cnt; i++)
		if (va_sig_parse(&keys->sig[i], &sig) && sig.key_tag == good->key_tag &&
		    sig.algorithm == good->algorithm && sig.expiration == good->expiration &&
		    sig.original_ttl < ttl)
			ttl = sig.original_ttl;
	return ttl;
}

enum cp_seen
cp_point_observe(struct cp_point *p, const struct hf_rrset *keys, const struct cp_moment *at,
    uint32_t hold_down_s, struct va_budget *budget, struct va_result *why,
    struct cp_point_changes *out)
{
	struct observation o = {p, keys, at, hold_down_s, budget, out, passed_ms(p, at), 0};

	take_revocations(&o);
	judge(&o, why);
	if (why->verdict != HF_VERDICT_SECURE) {
		tidy(p);
		return out->cnt > 0 ? CP_SEEN_REVOKED : CP_SEEN_BAD;
	}
	o.ttl_s = original_ttl(keys, why);
	step_all(&o);
	take_new(&o);
	plan(&o, why);
	p->good_s = at->wall_s;
	p->good_ns = at->mono_ns;
	strncpy(p->boot, at->boot, sizeof(p->boot) - 1);
	p->boot[sizeof(p->boot) - 1] = '\0';
	return CP_SEEN_GOOD;
}
