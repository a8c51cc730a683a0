/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "lib/wire/rdata.h"
#include "validator/canon.h"
#include "validator/crypto.h"
#include "validator/key.h"
#include "validator/validator.h"

void
va_budget_init(struct va_budget *b, const struct va_rules *rules, struct va_crypto *crypto)
{
	*b = (struct va_budget){
	    .rules = rules,
	    .crypto = crypto,
	    .sig_checks = VA_SIG_CHECKS,
	    .sig_us = VA_SIG_US,
	    .sha1_blocks = VA_SHA1_BLOCKS,
	};
}

enum {
	OCTETS_PER_US = 512, /* of the data, hashed for each check */
	DS_US = 4,           /* a digest of a key */
};

/* An RRset on trial: what is the same for each of its signatures. */
struct trial {
	const struct hf_rrset *set;
	const struct hf_name *zone;
	int64_t now_s;
	struct va_budget *budget;
	uint32_t checks_left; /* of VA_SIG_CHECKS_RRSET */
	unsigned key_cnt;
	struct va_key keys[VA_RRS_MAX]; /* that signatures may be checked with */
	struct va_canon canon;
};

/* Of several failures the one that tells most is reported: the nearer a signature came to
 * validating, the higher. A spent budget is above all: nobody knows how it would have ended. */
static const uint8_t rank[VA_REASON_CNT] = {
    [VA_SIG_ALGORITHM] = 1,
    [VA_SIG_MALFORMED] = 2,
    [VA_SIG_SIGNER] = 3,
    [VA_SIG_LABELS] = 4,
    [VA_SIG_NO_KEY] = 5,
    [VA_SIG_NOT_ZONE_KEY] = 6,
    [VA_SIG_NOT_YET] = 7,
    [VA_SIG_EXPIRED] = 8,
    [VA_SIG_BAD] = 9,
    [VA_SIG_TOO_MANY] = 10,
    [VA_BUDGET_SIGS] = 11,
    [VA_INTERNAL] = 12,
};

static void
result_init(struct va_result *out, const struct hf_rrset *set, enum va_reason reason)
{
	memset(out, 0, sizeof(*out));
	out->verdict = HF_VERDICT_BOGUS;
	out->reason = reason;
	out->owner = set->owner;
	out->type = set->type;
	out->signer = hf_name_root;
}

static void
result_from_sig(struct va_result *out, const struct va_sig *sig, enum va_reason reason)
{
	out->reason = reason;
	out->signer = sig->signer;
	out->key_tag = sig->key_tag;
	out->algorithm = sig->algorithm;
	out->inception = sig->inception;
	out->expiration = sig->expiration;
	out->labels = sig->labels;
}

/* One check of so many octets by key is about to be made. VA_OK: it may be. */
static enum va_reason
charge(struct trial *t, const struct va_key *key, size_t len)
{
	uint32_t us = va_key_check_us(key) + (uint32_t)(len / OCTETS_PER_US);

	if (t->budget->sig_checks == 0 || t->budget->sig_us < us)
		return VA_BUDGET_SIGS;
	if (t->checks_left == 0)
		return VA_SIG_TOO_MANY;
	t->budget->sig_checks--;
	t->budget->sig_us -= us;
	t->checks_left--;
	return VA_OK;
}

/* One check, for which us were charged. */
static enum va_crypto_says
check(struct va_budget *budget, const struct va_key *key, const struct va_octets *data,
    const struct va_octets *made, uint32_t us)
{
	uint64_t remembered = va_crypto_remembered(budget->crypto);
	enum va_crypto_says says = va_crypto_verify(budget->crypto, key, data, made);

	if (va_crypto_remembered(budget->crypto) != remembered)
		budget->spared_us += us;
	return says;
}

/* Check sig with each key of its tag and algorithm, few as those may be (KeyTrap,
 * CVE-2023-50387: colliding tags made n keys times m signatures). */
static enum va_reason
try_keys(struct trial *t, const struct va_sig *sig)
{
	const struct va_octets made = {sig->octets, sig->octets_len};
	enum va_reason reason = VA_SIG_NO_KEY, may;
	struct va_octets data = {NULL, 0};
	unsigned tried = 0;

	for (unsigned i = 0; i < t->key_cnt && tried < VA_KEYS_SAME_TAG; i++) {
		const struct va_key *key = &t->keys[i];

		if (key->tag != sig->key_tag || key->algorithm != sig->algorithm ||
		    !va_key_usable(key))
			continue;
		if (!va_key_is_zone(key)) {
			if (rank[reason] < rank[VA_SIG_NOT_ZONE_KEY])
				reason = VA_SIG_NOT_ZONE_KEY;
			continue;
		}
		if (!va_key_shape_ok(key)) { /* costs nothing, and counts for nothing */
			reason = VA_SIG_BAD;
			continue;
		}
		if (data.at == NULL)
			data.at = va_canon_signed(&t->canon, sig, &data.len);
		uint32_t left_us = t->budget->sig_us;

		may = charge(t, key, data.len);
		if (may != VA_OK)
			return may;
		tried++;
		switch (check(t->budget, key, &data, &made, left_us - t->budget->sig_us)) {
		case VA_CRYPTO_GOOD:
			return VA_OK;
		case VA_CRYPTO_BAD:
			reason = VA_SIG_BAD;
			break;
		case VA_CRYPTO_FAIL:
			return VA_INTERNAL;
		}
	}
	return reason;
}

static void
try_signatures(struct trial *t, struct va_result *out)
{
	for (uint16_t i = 0; i < t->set->sig_cnt; i++) {
		struct va_sig sig;
		enum va_reason reason;

		if (!va_sig_parse(&t->set->sig[i], &sig)) {
			if (rank[out->reason] < rank[VA_SIG_MALFORMED])
				out->reason = VA_SIG_MALFORMED;
			continue;
		}
		reason = va_rules_algorithm(t->budget->rules, sig.algorithm)
		    ? va_sig_check(&sig, t->set, t->zone, t->budget->rules, t->now_s)
		    : VA_SIG_ALGORITHM;
		if (reason == VA_OK)
			reason = try_keys(t, &sig);
		if (reason == VA_OK) {
			result_from_sig(out, &sig, VA_OK);
			out->verdict = HF_VERDICT_SECURE;
			out->ttl = va_sig_ttl(&sig, t->set, t->now_s);
			out->wildcard = sig.labels < va_owner_labels(&t->set->owner);
			return;
		}
		if (rank[reason] > rank[out->reason])
			result_from_sig(out, &sig, reason);
		if (reason == VA_SIG_TOO_MANY || reason == VA_BUDGET_SIGS || reason == VA_INTERNAL)
			return;
	}
}

/* What no signature can mend. VA_OK: go on and try them. */
static enum va_reason
check_set(const struct hf_rrset *set, const struct hf_name *zone)
{
	if (set->rr_cnt > VA_RRS_MAX || set->sig_cnt > VA_RRS_MAX)
		return VA_RRSET_TOO_LARGE;
	if (set->rr_cnt == 0 || set->sig_cnt == 0)
		return VA_SIG_MISSING;
	if (set->type == HF_TYPE_RRSIG || hf_type_is_meta(set->type)) /* RFC 4035 2.2 */
		return VA_SIG_MALFORMED;
	if (!hf_name_in(&set->owner, zone))
		return VA_SIG_SIGNER;
	/* A DS is the parent's word: the zone at whose apex it stands cannot sign it (RFC
	 * 4035 2.4). */
	if (set->type == HF_TYPE_DS && hf_name_equal(&set->owner, zone))
		return VA_SIG_SIGNER;
	return VA_OK;
}

/* t->keys is filled, the rest is filled here. */
static void
judge(
    struct trial *t, const struct hf_rrset *set, const struct hf_name *zone, struct va_result *out)
{
	enum va_reason reason = check_set(set, zone);

	result_init(out, set, reason);
	if (reason != VA_OK)
		return;
	reason = va_canon_init(&t->canon, set);
	if (reason != VA_OK) {
		out->reason = reason;
		return;
	}
	t->set = set;
	t->zone = zone;
	t->checks_left = VA_SIG_CHECKS_RRSET;
	out->reason = VA_SIG_MISSING; /* ranks below every reason a signature can give */
	try_signatures(t, out);
	va_canon_fini(&t->canon);
}

void
va_rrset_verify(const struct hf_rrset *set, const struct hf_name *zone, const struct hf_rrset *keys,
    int64_t now_s, struct va_budget *budget, struct va_result *out)
{
	struct trial t;

	if (keys->type != HF_TYPE_DNSKEY || keys->klass != set->klass || keys->rr_cnt == 0 ||
	    keys->rr_cnt > VA_RRS_MAX || !hf_name_equal(&keys->owner, zone)) {
		result_init(out, set, VA_KEYS_MISSING);
		return;
	}
	t.now_s = now_s;
	t.budget = budget;
	t.key_cnt = 0;
	for (uint16_t i = 0; i < keys->rr_cnt; i++)
		if (va_key_parse(&keys->rr[i], &t.keys[t.key_cnt]))
			t.key_cnt++;
	judge(&t, set, zone, out);
}

/* --- keys against what vouches for them ---------------------------------------- */

static bool
key_may_enter(const struct va_key *key)
{
	return va_key_usable(key) && va_key_is_zone(key) && va_key_shape_ok(key);
}

/* Add key to those trusted, once. */
static void
trust_key(struct trial *t, const struct va_key *key)
{
	for (unsigned i = 0; i < t->key_cnt; i++)
		if (t->keys[i].pub == key->pub)
			return;
	if (t->key_cnt < VA_RRS_MAX)
		t->keys[t->key_cnt++] = *key;
}

/* Keys that a DS may name: their tags are summed up once, not for each DS anew. */
struct candidates {
	struct hf_name owner; /* lower case */
	unsigned cnt;
	struct va_key key[VA_RRS_MAX];
	const struct hf_rdata *rdata[VA_RRS_MAX];
};

static void
candidates_fill(struct candidates *c, const struct hf_rrset *keys)
{
	c->owner = keys->owner;
	hf_name_lower(&c->owner);
	c->cnt = 0;
	for (uint16_t i = 0; i < keys->rr_cnt; i++) {
		if (!va_key_parse(&keys->rr[i], &c->key[c->cnt]) || !key_may_enter(&c->key[c->cnt]))
			continue;
		c->rdata[c->cnt++] = &keys->rr[i];
	}
}

/* Trust the keys that ds names. A digest is made of at most VA_KEYS_SAME_TAG keys. False: the
 * budget is spent. */
static bool
trust_by_ds(struct trial *t, const struct candidates *c, const struct va_ds *ds)
{
	unsigned tried = 0;

	for (unsigned i = 0; i < c->cnt && tried < VA_KEYS_SAME_TAG; i++) {
		if (c->key[i].tag != ds->tag || c->key[i].algorithm != ds->algorithm)
			continue;
		if (t->budget->sig_us < DS_US)
			return false;
		t->budget->sig_us -= DS_US;
		tried++;
		if (va_ds_matches(ds, &c->owner, c->rdata[i]))
			trust_key(t, &c->key[i]);
	}
	return true;
}

static void
trust_by_key(struct trial *t, const struct hf_rrset *keys, const struct hf_rdata *anchor)
{
	for (uint16_t i = 0; i < keys->rr_cnt; i++) {
		struct va_key key;

		if (hf_rdata_cmp(keys->rr[i].data, keys->rr[i].len, anchor->data, anchor->len) ==
			0 &&
		    va_key_parse(&keys->rr[i], &key) && key_may_enter(&key))
			trust_key(t, &key);
	}
}

/* Is what this anchor uses relied on? VA_OK, DS_ALGORITHM or DS_DIGEST. A record too
 * short to tell counts as relied on: it must not open a way to insecure. */
static enum va_reason
anchor_supported(uint16_t type, const struct hf_rdata *anchor, const struct va_rules *rules)
{
	struct va_key key;
	struct va_ds ds;

	if (type == HF_TYPE_DNSKEY)
		return !va_key_parse(anchor, &key) || va_rules_algorithm(rules, key.algorithm)
		    ? VA_OK
		    : VA_DS_ALGORITHM;
	if (!va_ds_parse(anchor, &ds))
		return VA_OK;
	if (!va_rules_algorithm(rules, ds.algorithm))
		return VA_DS_ALGORITHM;
	return va_rules_digest(rules, ds.digest_type) ? VA_OK : VA_DS_DIGEST;
}

/* A SHA-1 digest counts for nothing beside a better one (RFC 4509 3): whoever can make
 * collisions must not choose which is looked at. */
static bool
is_outdone(const struct hf_rrset *anchors, const struct va_ds *ds, const struct va_rules *rules)
{
	struct va_ds other;

	if (ds->digest_type != HF_DIGEST_SHA1)
		return false;
	for (uint16_t i = 0; i < anchors->rr_cnt; i++)
		if (va_ds_parse(&anchors->rr[i], &other) && other.digest_type != HF_DIGEST_SHA1 &&
		    va_rules_digest(rules, other.digest_type) &&
		    va_rules_algorithm(rules, other.algorithm))
			return true;
	return false;
}

/* Fill t->keys. VA_OK when an anchor was of use, BUDGET_SIGS when there was not enough to find out,
 * else why none was (RFC 4035 5.2). */
static enum va_reason
trust_keys(struct trial *t, const struct hf_rrset *keys, const struct hf_rrset *anchors)
{
	enum va_reason reason = VA_DS_ALGORITHM;
	const struct va_rules *rules = t->budget->rules;
	struct candidates c;

	candidates_fill(&c, keys);
	for (uint16_t i = 0; i < anchors->rr_cnt; i++) {
		enum va_reason r = anchor_supported(anchors->type, &anchors->rr[i], rules);
		struct va_ds ds;

		if (r == VA_OK && anchors->type == HF_TYPE_DNSKEY)
			trust_by_key(t, keys, &anchors->rr[i]);
		else if (r == VA_OK && va_ds_parse(&anchors->rr[i], &ds) &&
		    !is_outdone(anchors, &ds, rules) && !trust_by_ds(t, &c, &ds))
			return VA_BUDGET_SIGS;
		if (r == VA_OK || reason == VA_OK)
			reason = VA_OK;
		else if (r == VA_DS_DIGEST) /* it came further than the algorithm */
			reason = VA_DS_DIGEST;
	}
	return reason;
}

/* Name the first anchor of which reason was true, until a signature is looked at. */
static void
result_from_anchor(struct va_result *out, const struct hf_rrset *anchors,
    const struct va_rules *rules, enum va_reason reason)
{
	for (uint16_t i = 0; i < anchors->rr_cnt; i++) {
		const struct hf_rdata *anchor = &anchors->rr[i];
		struct va_key key;
		struct va_ds ds;

		if (anchor_supported(anchors->type, anchor, rules) != reason)
			continue;
		if (anchors->type == HF_TYPE_DS && va_ds_parse(anchor, &ds)) {
			out->key_tag = ds.tag;
			out->algorithm = ds.algorithm;
			out->digest = ds.digest_type;
		} else if (anchors->type == HF_TYPE_DNSKEY && va_key_parse(anchor, &key)) {
			out->key_tag = key.tag;
			out->algorithm = key.algorithm;
		}
		return;
	}
}

/* Is it for want of the zone key bit that no key is the one that a DS names? */
static bool
lacks_zone_bit(const struct hf_rrset *keys, const struct hf_rrset *anchors)
{
	struct va_key key;
	struct va_ds ds;

	for (uint16_t i = 0; anchors->type == HF_TYPE_DS && i < keys->rr_cnt; i++) {
		if (!va_key_parse(&keys->rr[i], &key) || va_key_is_zone(&key))
			continue;
		for (uint16_t j = 0; j < anchors->rr_cnt; j++)
			if (va_ds_parse(&anchors->rr[j], &ds) && ds.tag == key.tag &&
			    ds.algorithm == key.algorithm)
				return true;
	}
	return false;
}

void
va_keys_verify(const struct hf_rrset *keys, const struct hf_rrset *ds, int64_t now_s,
    struct va_budget *budget, struct va_result *out)
{
	struct trial t;
	enum va_reason reason;

	result_init(out, keys, VA_DS_NO_MATCH);
	if ((ds->type != HF_TYPE_DS && ds->type != HF_TYPE_DNSKEY) || ds->rr_cnt == 0 ||
	    ds->klass != keys->klass || !hf_name_equal(&ds->owner, &keys->owner))
		return;
	if (ds->rr_cnt > VA_RRS_MAX || keys->rr_cnt > VA_RRS_MAX) {
		out->reason = VA_RRSET_TOO_LARGE;
		return;
	}
	t.now_s = now_s;
	t.budget = budget;
	t.key_cnt = 0;
	reason = trust_keys(&t, keys, ds);
	if (reason == VA_BUDGET_SIGS) {
		out->reason = reason;
		return;
	}
	result_from_anchor(out, ds, budget->rules, reason);
	if (reason != VA_OK) {
		out->verdict = HF_VERDICT_INSECURE;
		out->reason = reason;
		return;
	}
	if (keys->type != HF_TYPE_DNSKEY || keys->rr_cnt == 0)
		result_init(out, keys, VA_KEYS_MISSING);
	else if (t.key_cnt > 0)
		judge(&t, keys, &keys->owner, out);
	else if (lacks_zone_bit(keys, ds))
		out->reason = VA_SIG_NOT_ZONE_KEY;
	if (out->reason == VA_SIG_NO_KEY) /* it may be there, but nothing vouches for it */
		out->reason = VA_SIG_NOT_VOUCHED;
}
