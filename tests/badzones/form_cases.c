/* SPDX-License-Identifier: BSD-3-Clause */
/* The form in which an RRset is signed (RFC 4034 6 and 3.1.8.1, RFC 6840 5.1). */
#include "tests/badzones/bz.h"

/* --- records twice */

static const struct bz_target sets[] = {
    {"www", HF_TYPE_A, "www", HF_TYPE_A},
    {"www", HF_TYPE_TXT, "www", HF_TYPE_TXT},
    {"mx", HF_TYPE_MX, "mx", HF_TYPE_MX},
    {"alias", HF_TYPE_A, "alias", HF_TYPE_CNAME},
    {"www.moved", HF_TYPE_A, "moved", HF_TYPE_DNAME},
    {"@", HF_TYPE_SOA, "@", HF_TYPE_SOA},
    {"@", HF_TYPE_NS, "@", HF_TYPE_NS},
    {"www", HF_TYPE_MX, "www", HF_TYPE_NSEC},
    {"www", HF_TYPE_TXT, "@", HF_TYPE_DNSKEY},
    {"www", HF_TYPE_AAAA, "@", HF_TYPE_DS},
};
enum { SETS = sizeof(sets) / sizeof(sets[0]) };

/* b = 1: the second one is not sent. */
static bool
sign_twice(struct fn_signing *s)
{
	struct va_box *b = s->b;

	if (!bz_is_target(s, &sets[bz.c->a]))
		return false;
	qsort(b->rr, b->set.rr_cnt, sizeof(b->rr[0]), bz_rdata_order);
	memmove(&b->rr[1], &b->rr[0], b->set.rr_cnt * sizeof(b->rr[0]));
	b->set.rr_cnt++;
	bz_sign(s, s->key);
	if (bz.c->b == 1)
		b->set.rr_cnt--;
	return true;
}

static void
run_sets(bool (*sign)(struct fn_signing *), unsigned kinds)
{
	for (unsigned i = 0; i < SETS * kinds; i++) {
		struct bz_case c = {.spec = bz_spec(i),
		    .name = sets[i % SETS].name,
		    .type = sets[i % SETS].type,
		    .sign = sign,
		    .verdict = HF_VERDICT_BOGUS,
		    .reason = VA_SIG_BAD,
		    .a = (int)(i % SETS),
		    .b = (int)(i / SETS)};

		bz_run(&c);
	}
}

/* Two that differ in the case of a name alone are one in canonical form. */
static const struct {
	uint16_t type;
	const char *text[2];
} alike[] = {
    {HF_TYPE_MX, {"MX 10 Mail.%", "MX 10 mail.%"}},
    {HF_TYPE_PTR, {"PTR host.%", "PTR hOST.%"}},
    {HF_TYPE_SRV, {"SRV 0 1 443 HOST.%", "SRV 0 1 443 host.%"}},
    {HF_TYPE_KX, {"KX 1 Kx.%", "KX 1 kX.%"}},
    {HF_TYPE_NAPTR, {"NAPTR 1 2 \"u\" \"e\" \"\" A.%", "NAPTR 1 2 \"u\" \"e\" \"\" a.%"}},
};
enum { ALIKE = sizeof(alike) / sizeof(alike[0]) };

static void
lay_alike(void)
{
	bz_add("alike", alike[bz.c->a].text[0]);
	bz_add("alike", alike[bz.c->a].text[1]);
}

static bool
sign_alike(struct fn_signing *s)
{
	static uint8_t sent[VA_BOX_MEM];
	size_t len = s->b->used;

	if (!bz_is(s->b, "alike", alike[bz.c->a].type))
		return false;
	memcpy(sent, s->b->mem, len);
	bz_lower(s->b);
	bz_sign(s, s->key);
	memcpy(s->b->mem, sent, len);
	return true;
}

void
records_that_are_there_twice_are_signed_once(void **state)
{
	(void)state;
	run_sets(sign_twice, 2);
	for (unsigned i = 0; i < 2 * ALIKE; i++) {
		struct bz_case c = {.spec = bz_spec(i),
		    .name = "alike",
		    .type = alike[i % ALIKE].type,
		    .lay = lay_alike,
		    .sign = sign_alike,
		    .verdict = HF_VERDICT_BOGUS,
		    .reason = VA_SIG_BAD,
		    .a = (int)(i % ALIKE)};

		bz_run(&c);
	}
	bz_done(__func__);
}

/* --- order */

static const struct bz_target lists[] = {
    {"www", HF_TYPE_A, "www", HF_TYPE_A},
    {"mx", HF_TYPE_MX, "mx", HF_TYPE_MX},
    {"many", HF_TYPE_A, "many", HF_TYPE_A},
    {"many", HF_TYPE_TXT, "many", HF_TYPE_TXT},
    {"many", HF_TYPE_SRV, "many", HF_TYPE_SRV},
    {"www", HF_TYPE_TXT, "@", HF_TYPE_DNSKEY},
    {"www", HF_TYPE_AAAA, "@", HF_TYPE_DS},
};
enum {
	LISTS = sizeof(lists) / sizeof(lists[0]),
	REVERSED = 0,
	TURNED,
	SWAPPED,
	ONLY_SIGNED,
	ORDERS
};

static void
lay_lists(void)
{
	static const char *const records[] = {"A 198.51.100.60", "A 198.51.100.7", "A 198.51.9.9",
	    "A 10.0.0.1", "TXT zz", "TXT a bb", "TXT ccc", "SRV 1 2 443 www.%", "SRV 1 1 443 www.%",
	    "SRV 1 2 443 mail.%", "SRV 0 9 443 mail.%"};
	const struct va_signer *other = bz_stranger(bz.zone->key.algorithm);
	struct hf_rdata key = {other->dnskey, other->dnskey_len};
	struct fn_rr *rr = fn_rr_new(bz.zone, bz.zone->text, HF_TYPE_DNSKEY, 3600);

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		bz_add("many", records[i]);
	rr->len = other->dnskey_len;
	memcpy(rr->rdata, other->dnskey, rr->len);
	rr = fn_rr_new(bz.parent, bz.zone->text, HF_TYPE_DS, 3600);
	rr->len = (uint16_t)va_ds_make(
	    &bz.zone->name, &key, HF_DIGEST_SHA256, rr->rdata, sizeof(rr->rdata));
}

static void
swap(struct hf_rdata *a, struct hf_rdata *b)
{
	struct hf_rdata kept = *a;

	*a = *b;
	*b = kept;
}

static bool
sign_out_of_order(struct fn_signing *s)
{
	struct hf_rdata *rr = s->b->rr;
	unsigned n = s->b->set.rr_cnt;

	if (!bz_is_target(s, &lists[bz.c->a]))
		return false;
	qsort(rr, n, sizeof(rr[0]), bz_rdata_order);
	switch (bz.c->b) {
	case REVERSED:
		for (unsigned i = 0; i < n / 2; i++)
			swap(&rr[i], &rr[n - 1 - i]);
		break;
	case TURNED:
		for (unsigned i = 0; i + 1 < n; i++)
			swap(&rr[i], &rr[i + 1]);
		break;
	case SWAPPED:
		swap(&rr[n - 2], &rr[n - 1]);
		break;
	default: /* and sent as it should have been signed */
		swap(&rr[0], &rr[n - 1]);
	}
	bz_sign(s, s->key);
	if (bz.c->b == ONLY_SIGNED)
		qsort(rr, n, sizeof(rr[0]), bz_rdata_order);
	return true;
}

void
records_are_signed_in_order(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LISTS * ORDERS; i++) {
		struct bz_case c = {.spec = bz_spec(i),
		    .name = lists[i % LISTS].name,
		    .type = lists[i % LISTS].type,
		    .lay = lay_lists,
		    .sign = sign_out_of_order,
		    .verdict = HF_VERDICT_BOGUS,
		    .reason = VA_SIG_BAD,
		    .a = (int)(i % LISTS),
		    .b = (int)(i / LISTS)};

		bz_run(&c);
	}
	bz_done(__func__);
}

/* --- case */

/* Names in these are signed in lower case, the letters in those below as they are. */
static const struct {
	uint16_t type;
	const char *text;
	bool lowered;
} cased[] = {
    {HF_TYPE_NS, "NS Ns.Sib.%", true},
    {HF_TYPE_CNAME, "CNAME WWW.%", true},
    {HF_TYPE_MB, "MB Mail.%", true},
    {HF_TYPE_MG, "MG Mail.%", true},
    {HF_TYPE_MR, "MR Mail.%", true},
    {HF_TYPE_PTR, "PTR Host.%", true},
    {HF_TYPE_MINFO, "MINFO R.% e.sib.test.", true},
    {HF_TYPE_MX, "MX 10 Mail.%", true},
    {HF_TYPE_RP, "RP me.% Txt.sib.test.", true},
    {HF_TYPE_AFSDB, "AFSDB 1 Db.%", true},
    {HF_TYPE_RT, "RT 1 Relay.%", true},
    {HF_TYPE_PX, "PX 10 Map822.% x.sib.test.", true},
    {HF_TYPE_SRV, "SRV 0 1 443 Host.%", true},
    {HF_TYPE_NAPTR, "NAPTR 1 2 \"u\" \"e\" \"\" Repl.%", true},
    {HF_TYPE_KX, "KX 1 Kx.%", true},
    {HF_TYPE_DNAME, "DNAME New.%", true},
    {HF_TYPE_SOA, NULL, true}, /* the zone's own */
    {HF_TYPE_HINFO, "HINFO \"Cpu\" \"Os\"", false},
    {HF_TYPE_TXT, "TXT \"Text\"", false},
    {99, "TYPE99 \\# 4 03535046", false},
    {107, "TYPE107 \\# 7 0001 034C5031 00", false}, /* LP (RFC 6742 2.4) */
    {HF_TYPE_SVCB, "TYPE64 \\# 7 0001 03535643 00", false},
    {HF_TYPE_HTTPS, "TYPE65 \\# 7 0001 03485454 00", false},
    {100, "TYPE100 \\# 5 03 414243 00", false},
};
enum { CASED = sizeof(cased) / sizeof(cased[0]) };

/* An NS RRset at another name would be a delegation. */
static const char *
cased_owner(void)
{
	return cased[bz.c->a].type == HF_TYPE_NS || cased[bz.c->a].type == HF_TYPE_SOA ? "@"
										       : "cased";
}

static void
lay_cased(void)
{
	struct fn_rr *rr;
	bool upper = false;

	if (cased[bz.c->a].text != NULL)
		bz_add(cased_owner(), cased[bz.c->a].text);
	rr = cased[bz.c->a].text != NULL ? &bz.zone->rr[bz.zone->cnt - 1] : &bz.zone->rr[0];
	if (rr->type == HF_TYPE_SOA)
		rr->rdata[1] = (uint8_t)toupper(rr->rdata[1]);
	VA_REQUIRE(rr->type == cased[bz.c->a].type);
	for (unsigned i = 0; i < rr->len; i++)
		upper |= isupper(rr->rdata[i]) != 0;
	VA_REQUIRE(upper);
}

static bool
sign_other_case(struct fn_signing *s)
{
	static uint8_t sent[VA_BOX_MEM];

	if (!bz_is(s->b, cased_owner(), cased[bz.c->a].type))
		return false;
	qsort(s->b->rr, s->b->set.rr_cnt, sizeof(s->b->rr[0]), bz_rdata_order);
	memcpy(sent, s->b->mem, s->b->used);
	size_t len = s->b->used;

	if (!cased[bz.c->a].lowered)
		bz_lower(s->b);
	bz_sign(s, s->key);
	memcpy(s->b->mem, sent, len);
	return true;
}

/* The next name of an NSEC is not lowered (RFC 6840 5.1). */
static bool
sign_other_next(struct fn_signing *s)
{
	if (!bz_is(s->b, "www", HF_TYPE_NSEC))
		return false;
	bz_sign(s, s->key);
	s->b->mem[1] = (uint8_t)toupper(s->b->mem[1]);
	return true;
}

void
case_in_rdata_counts_where_it_should(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CASED; i++) {
		struct bz_case c = {.spec = bz_spec(i),
		    .name =
			cased[i].type == HF_TYPE_NS || cased[i].type == HF_TYPE_SOA ? "@" : "cased",
		    .type = cased[i].type,
		    .lay = lay_cased,
		    .sign = sign_other_case,
		    .verdict = HF_VERDICT_BOGUS,
		    .reason = VA_SIG_BAD,
		    .a = (int)i};

		bz_run(&c);
	}
	for (unsigned i = 0; i < BZ_DEPTHS; i++) {
		struct bz_case c = {.spec = {HF_ALG_ECDSAP256, BZ_NSEC, i},
		    .name = "www",
		    .type = HF_TYPE_MX,
		    .sign = sign_other_next,
		    .verdict = HF_VERDICT_BOGUS,
		    .reason = VA_SIG_BAD};

		bz_run(&c);
	}
	bz_done(__func__);
}

/* --- TTL */

enum { OTHER_SIGNED, LONGER_SENT, SHORTER_SENT, TTL_KINDS };

static bool
sign_other_ttl(struct fn_signing *s)
{
	if (!bz_is_target(s, &sets[bz.c->a]))
		return false;
	qsort(s->b->rr, s->b->set.rr_cnt, sizeof(s->b->rr[0]), bz_rdata_order);
	switch (bz.c->b) {
	case OTHER_SIGNED: /* what is sent is signed, not what it was */
		s->b->set.ttl = s->spec.rr_ttl = s->spec.ttl + 1 + (uint32_t)bz.cnt;
		break;
	case LONGER_SENT:
		s->b->set.ttl = 80000;
		break;
	default:
		s->b->set.ttl = 10;
		s->spec.rr_ttl = 10;
	}
	bz_sign(s, s->key);
	return bz.c->b != LONGER_SENT || (bz.hits++, false);
}

void
the_original_ttl_is_signed_and_never_exceeded(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SETS * TTL_KINDS; i++) {
		struct bz_case c = {.spec = bz_spec(i),
		    .name = sets[i % SETS].name,
		    .type = sets[i % SETS].type,
		    .sign = sign_other_ttl,
		    .reason = VA_SIG_BAD,
		    .a = (int)(i % SETS),
		    .b = (int)(i / SETS)};

		c.verdict = c.b == LONGER_SENT ? HF_VERDICT_SECURE : HF_VERDICT_BOGUS;
		bz_run(&c);
	}
	bz_done(__func__);
}
