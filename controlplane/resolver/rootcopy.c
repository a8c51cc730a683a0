/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/rootcopy.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/wire/cursor.h"
#include "lib/wire/rdata.h"
#include "lib/wire/writer.h"
#include "validator/crypto.h"
#include "validator/validator.h"
#include "validator/zonemd.h"

struct cp_rootcopy {
	_Atomic unsigned refs;
	struct hf_arena arena;
	size_t cnt, room;
	struct va_record *record; /* sealed: in canonical order, each once */
	size_t set_cnt;
	struct hf_rrset *set; /* in the order of owner and type; no RRSIG sets */
	struct cp_root_soa soa;
};

struct cp_rootcopy *
cp_rootcopy_create(void)
{
	struct cp_rootcopy *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	atomic_init(&c->refs, 1);
	hf_arena_init(&c->arena, CP_ROOTCOPY_OCTETS);
	return c;
}

void
cp_rootcopy_get(struct cp_rootcopy *c)
{
	atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
}

void
cp_rootcopy_put(struct cp_rootcopy *c)
{
	/* acq_rel: whoever frees it comes after all who used it. */
	if (c == NULL || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
		return;
	hf_arena_fini(&c->arena);
	free(c->record);
	free(c);
}

void
cp_rootcopy_soa(const struct cp_rootcopy *c, struct cp_root_soa *soa)
{
	*soa = c->soa;
}

size_t
cp_rootcopy_cnt(const struct cp_rootcopy *c)
{
	return c->cnt;
}

/* --- making ---------------------------------------------------------------------------- */

static bool
make_room(struct cp_rootcopy *c)
{
	size_t room = c->room < 1024 ? 1024 : 2 * c->room;
	struct va_record *grown;

	if (c->cnt < c->room)
		return true;
	grown = realloc(c->record, room * sizeof(*grown));
	if (grown == NULL)
		return false;
	c->record = grown;
	c->room = room;
	return true;
}

/* Owners come in runs: one copy for each run. */
static const struct hf_name *
owner_keep(struct cp_rootcopy *c, const struct hf_name *owner)
{
	const struct hf_name *last = c->cnt > 0 ? c->record[c->cnt - 1].owner : NULL;
	struct hf_name *own;

	if (last != NULL && hf_name_equal(last, owner))
		return last;
	own = hf_arena_copy(&c->arena, owner, sizeof(*owner));
	if (own != NULL)
		hf_name_lower(own);
	return own;
}

int
cp_rootcopy_add(struct cp_rootcopy *c, const struct cp_root_record *r)
{
	uint8_t *data;

	if (c->cnt >= CP_ROOTCOPY_RECORDS || r->len > HF_RDATA_MAX)
		return -EINVAL;
	const struct hf_name *owner = owner_keep(c, r->owner);

	data = hf_arena_copy(&c->arena, r->rdata, r->len);
	if (owner == NULL || data == NULL || !make_room(c))
		return -ENOMEM;
	if (hf_rdata_canonical(r->type, data, r->len) != 0)
		return -EINVAL;
	c->record[c->cnt++] = (struct va_record){
	    .owner = owner, .type = r->type, .ttl = r->ttl, .data = {data, (uint16_t)r->len}};
	return 0;
}

static int
by_order(const void *a, const void *b)
{
	return va_record_cmp(a, b);
}

static void
sort(struct cp_rootcopy *c)
{
	size_t kept = 0;

	if (c->cnt > 0)
		qsort(c->record, c->cnt, sizeof(c->record[0]), by_order);
	for (size_t i = 0; i < c->cnt; i++)
		if (i == 0 || va_record_cmp(&c->record[i], &c->record[kept - 1]) != 0)
			c->record[kept++] = c->record[i];
	c->cnt = kept;
}

static bool
covers(const struct va_record *sig, const struct va_record *of)
{
	return sig->type == HF_TYPE_RRSIG && sig->data.len >= 2 &&
	    (sig->data.data[0] << 8 | sig->data.data[1]) == of->type;
}

/* The records from first to end have one owner; make a set of those from i to j. */
static bool
set_make(struct cp_rootcopy *c, size_t first, size_t end, size_t i, size_t j)
{
	struct hf_rrset *set = &c->set[c->set_cnt++];
	struct hf_rdata *rr = hf_arena_alloc(&c->arena, (j - i) * sizeof(*rr));
	struct hf_rdata *sig = hf_arena_alloc(&c->arena, (end - first) * sizeof(*sig));

	if (rr == NULL || sig == NULL || j - i > UINT16_MAX)
		return false;
	*set = (struct hf_rrset){.owner = *c->record[i].owner,
	    .type = c->record[i].type,
	    .klass = HF_CLASS_IN,
	    .ttl = c->record[i].ttl,
	    .rr = rr,
	    .sig = sig};
	for (; i < j; i++) {
		rr[set->rr_cnt++] = c->record[i].data;
		set->ttl = c->record[i].ttl < set->ttl ? c->record[i].ttl : set->ttl;
	}
	for (size_t k = first; k < end; k++)
		if (covers(&c->record[k], &c->record[j - 1]))
			sig[set->sig_cnt++] = c->record[k].data;
	return true;
}

static bool
sets_make(struct cp_rootcopy *c)
{
	c->set = hf_arena_alloc(&c->arena, c->cnt * sizeof(*c->set));
	if (c->set == NULL)
		return false;
	for (size_t first = 0, end; first < c->cnt; first = end) {
		for (end = first + 1;
		     end < c->cnt && hf_name_equal(c->record[end].owner, c->record[first].owner);)
			end++;
		for (size_t i = first, j; i < end; i = j) {
			for (j = i + 1; j < end && c->record[j].type == c->record[i].type;)
				j++;
			if (c->record[i].type != HF_TYPE_RRSIG && !set_make(c, first, end, i, j))
				return false;
		}
	}
	return true;
}

/* --- finding --------------------------------------------------------------------------- */

/* The first set at or behind owner and type. */
static size_t
first_at(const struct cp_rootcopy *c, const struct hf_name *owner, uint16_t type)
{
	size_t low = 0, high = c->set_cnt;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int cmp = hf_name_cmp(&c->set[mid].owner, owner);

		if (cmp < 0 || (cmp == 0 && c->set[mid].type < type))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const struct hf_rrset *
find(const struct cp_rootcopy *c, const struct hf_name *owner, uint16_t type)
{
	size_t i = first_at(c, owner, type);

	return i < c->set_cnt && c->set[i].type == type && hf_name_equal(&c->set[i].owner, owner)
	    ? &c->set[i]
	    : NULL;
}

static bool
exists(const struct cp_rootcopy *c, const struct hf_name *name)
{
	size_t i = first_at(c, name, 0);

	return i < c->set_cnt && hf_name_in(&c->set[i].owner, name);
}

/* The NSEC at or before name; NULL only in a zone without. */
static const struct hf_rrset *
nsec_for(const struct cp_rootcopy *c, const struct hf_name *name)
{
	for (size_t i = first_at(c, name, UINT16_MAX); i > 0; i--)
		if (c->set[i - 1].type == HF_TYPE_NSEC)
			return &c->set[i - 1];
	return NULL;
}

/* The cut that name is at or below; a DS is above its own. */
static const struct hf_rrset *
cut_of(const struct cp_rootcopy *c, const struct hf_question *q)
{
	unsigned most = q->name.label_cnt - (q->type == HF_TYPE_DS && q->name.label_cnt > 0);
	struct hf_name at;

	for (unsigned labels = 1; labels <= most; labels++) {
		hf_name_strip(&q->name, q->name.label_cnt - labels, &at);
		const struct hf_rrset *ns = find(c, &at, HF_TYPE_NS);

		if (ns != NULL)
			return ns;
	}
	return NULL;
}

/* --- checking -------------------------------------------------------------------------- */

static int
refuse(char *why, const char *what)
{
	snprintf(why, CP_ROOTCOPY_WHY_LEN, "%s", what);
	return -EINVAL;
}

static int
soa_read(struct cp_rootcopy *c, char *why)
{
	const struct hf_rrset *soa = find(c, &hf_name_root, HF_TYPE_SOA);
	struct hf_cursor cur;

	if (soa == NULL || soa->rr_cnt != 1 || soa->rr[0].len < 20)
		return refuse(why, "no SOA, or more than one");
	hf_cursor_init(&cur, soa->rr[0].data + soa->rr[0].len - 20, 20);
	c->soa.serial = hf_cursor_u32(&cur);
	c->soa.refresh_s = hf_cursor_u32(&cur);
	c->soa.retry_s = hf_cursor_u32(&cur);
	c->soa.expire_s = hf_cursor_u32(&cur);
	return 0;
}

struct check {
	const struct hf_rrset *keys;
	int64_t now_s;
	struct va_budget budget;
	char *why;
};

/* The root's set of this type is there and signed by its keys. */
static int
check_set(const struct cp_rootcopy *c, struct check *k, uint16_t type)
{
	const struct hf_rrset *set = find(c, &hf_name_root, type);
	struct va_result res;
	char name[HF_TYPE_TEXT_LEN];

	if (set == NULL) {
		snprintf(k->why, CP_ROOTCOPY_WHY_LEN, "no %s record", hf_type_to_text(type, name));
		return -EINVAL;
	}
	va_rrset_verify(set, &hf_name_root, k->keys, k->now_s, &k->budget, &res);
	if (res.verdict == HF_VERDICT_SECURE)
		return 0;
	va_result_to_text(&res, NULL, k->why, CP_ROOTCOPY_WHY_LEN);
	return -EINVAL;
}

static int
check_keys(struct cp_rootcopy *c, struct check *k, const struct hf_rrset *anchors, size_t cnt)
{
	struct va_result res = {.verdict = HF_VERDICT_BOGUS, .reason = VA_KEYS_MISSING};

	k->keys = find(c, &hf_name_root, HF_TYPE_DNSKEY);
	if (k->keys == NULL)
		return refuse(k->why, "no DNSKEY record");
	for (size_t i = 0; i < cnt && res.verdict != HF_VERDICT_SECURE; i++)
		if (anchors[i].owner.len == 1)
			va_keys_verify(k->keys, &anchors[i], k->now_s, &k->budget, &res);
	if (res.verdict == HF_VERDICT_SECURE)
		return 0;
	va_result_to_text(&res, NULL, k->why, CP_ROOTCOPY_WHY_LEN);
	return -EINVAL;
}

static int
check_digest(const struct cp_rootcopy *c, char *why)
{
	switch (va_zonemd_check(c->record, c->cnt, &hf_name_root, c->soa.serial)) {
	case VA_ZONEMD_GOOD:
		return 0;
	case VA_ZONEMD_ABSENT:
		return refuse(why, "no ZONEMD of this serial that we can check (RFC 8976 4)");
	case VA_ZONEMD_BAD:
		return refuse(why, "the zone is not what its ZONEMD says (RFC 8976 4)");
	case VA_ZONEMD_FAIL:
		break;
	}
	snprintf(why, CP_ROOTCOPY_WHY_LEN, "out of memory");
	return -ENOMEM;
}

int
cp_rootcopy_seal(struct cp_rootcopy *c, const struct hf_rrset *anchors, size_t anchor_cnt,
    int64_t now_s, char why[CP_ROOTCOPY_WHY_LEN])
{
	struct va_crypto *crypto = va_crypto_create();
	struct check k = {.now_s = now_s, .why = why};
	int rc;

	sort(c);
	if (crypto == NULL || !sets_make(c)) {
		va_crypto_destroy(crypto);
		snprintf(why, CP_ROOTCOPY_WHY_LEN, "out of memory");
		return -ENOMEM;
	}
	va_budget_init(&k.budget, &va_rules_default, crypto);
	rc = soa_read(c, why);
	if (rc == 0)
		rc = check_keys(c, &k, anchors, anchor_cnt);
	if (rc == 0)
		rc = check_set(c, &k, HF_TYPE_SOA);
	if (rc == 0)
		rc = check_set(c, &k, HF_TYPE_ZONEMD);
	if (rc == 0)
		rc = check_digest(c, why);
	if (rc == 0 && find(c, &hf_name_root, HF_TYPE_NS) == NULL)
		rc = refuse(why, "no NS record");
	va_crypto_destroy(crypto);
	return rc;
}

/* --- answering ------------------------------------------------------------------------- */

static void
put_set(struct hf_writer *w, enum hf_section section, const struct hf_rrset *set, bool sigs)
{
	struct hf_rr rr = {.klass = HF_CLASS_IN, .ttl = set->ttl, .type = set->type};

	for (unsigned i = 0; i < set->rr_cnt; i++) {
		rr.rdata_len = set->rr[i].len;
		hf_writer_rr(w, section, &set->owner, &rr, set->rr[i].data);
	}
	rr.type = HF_TYPE_RRSIG;
	for (unsigned i = 0; sigs && i < set->sig_cnt; i++) {
		rr.rdata_len = set->sig[i].len;
		hf_writer_rr(w, section, &set->owner, &rr, set->sig[i].data);
	}
}

/* Addresses of the servers in ns, as far as the zone has them. */
static void
put_addresses(const struct cp_rootcopy *c, struct hf_writer *w, const struct hf_rrset *ns)
{
	static const uint16_t types[2] = {HF_TYPE_A, HF_TYPE_AAAA};

	for (unsigned i = 0; i < ns->rr_cnt; i++) {
		struct hf_name server;

		if (hf_name_from_octets(ns->rr[i].data, ns->rr[i].len, &server) != 0)
			continue;
		for (unsigned k = 0; k < 2; k++) {
			const struct hf_rrset *set = find(c, &server, types[k]);

			if (set != NULL)
				put_set(w, HF_SECTION_ADDITIONAL, set, false);
		}
	}
}

static void
put_referral(const struct cp_rootcopy *c, struct hf_writer *w, const struct hf_rrset *ns)
{
	const struct hf_rrset *ds = find(c, &ns->owner, HF_TYPE_DS);

	if (ds == NULL)
		ds = find(c, &ns->owner, HF_TYPE_NSEC);
	put_set(w, HF_SECTION_AUTHORITY, ns, false);
	if (ds != NULL)
		put_set(w, HF_SECTION_AUTHORITY, ds, true);
	put_addresses(c, w, ns);
}

/* SOA, the NSEC for the name, and for a name that does not exist the one for the wildcard at
 * its closest encloser (RFC 4035 3.1.3.2). */
static void
put_denial(const struct cp_rootcopy *c, struct hf_writer *w, const struct hf_name *name)
{
	const struct hf_rrset *soa = find(c, &hf_name_root, HF_TYPE_SOA);
	const struct hf_rrset *nsec = nsec_for(c, name), *other = NULL;
	struct hf_name up = *name, star;

	while (up.label_cnt > 0 && !exists(c, &up))
		hf_name_strip(&up, 1, &up);
	if (up.label_cnt < name->label_cnt && hf_name_wildcard(&up, &star) == 0)
		other = nsec_for(c, &star);
	put_set(w, HF_SECTION_AUTHORITY, soa, true);
	if (nsec != NULL)
		put_set(w, HF_SECTION_AUTHORITY, nsec, true);
	if (other != NULL && other != nsec)
		put_set(w, HF_SECTION_AUTHORITY, other, true);
}

size_t
cp_rootcopy_answer(
    const struct cp_rootcopy *c, const struct hf_question *q, uint8_t *msg, size_t cap)
{
	const struct hf_edns opt = {.present = true, .dnssec_ok = true, .udp_len = HF_MSG_MAX};
	const struct hf_rrset *cut = cut_of(c, q), *set = find(c, &q->name, q->type);
	uint16_t flags = HF_FLAG_QR;
	struct hf_writer w;

	hf_writer_init(&w, msg, cap);
	hf_writer_question(&w, q);
	if (cut != NULL) {
		put_referral(c, &w, cut);
	} else if (set != NULL) {
		flags |= HF_FLAG_AA;
		put_set(&w, HF_SECTION_ANSWER, set, true);
		if (q->type == HF_TYPE_NS)
			put_addresses(c, &w, set);
	} else {
		flags |= HF_FLAG_AA | (exists(c, &q->name) ? 0 : HF_RCODE_NXDOMAIN);
		put_denial(c, &w, &q->name);
	}
	hf_writer_opt(&w, &opt, NULL);
	return hf_writer_finish(&w, 0, flags);
}
