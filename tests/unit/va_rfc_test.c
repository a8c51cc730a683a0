/* SPDX-License-Identifier: BSD-3-Clause */
/* The validator against the signed zones and example responses that RFC 4035 and RFC 5155 print
 * (appendices A and B): their records, their signatures, their time. RFC 5702, 6605 and 8080:
 * va_keys_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/support/va_zonefile.h"

enum { RESPONSE_SETS = 6 };

enum shape {
	ANSWER,
	WILDCARD, /* an answer made from "*", and the proof that nothing is closer */
	NO_DATA,
	NAME_ERROR,
	REFERRAL,          /* with a DS */
	REFERRAL_UNSIGNED, /* with the proof that there is none */
};

/* sets: "OWNER TYPE" of the zone, those that are signed. SPARE: the verdict does not hang on it,
 * since the name is in an opt-out gap anyhow (RFC 5155 erratum 3441). */
#define SPARE "?"

struct response {
	const char *section, *qname;
	uint16_t qtype;
	enum shape shape;
	enum hf_verdict verdict;
	const char *sets[RESPONSE_SETS + 1];
};

#define SOA "example. SOA"

static const struct response rfc4035[] = {
    {"B.1", "x.w.example.", HF_TYPE_MX, ANSWER, HF_VERDICT_SECURE,
	{"x.w.example. MX", "example. NS", "xx.example. A", "xx.example. AAAA", "ns1.example. A",
	    "ns2.example. A"}},
    {"B.2", "ml.example.", HF_TYPE_A, NAME_ERROR, HF_VERDICT_SECURE,
	{SOA, "b.example. NSEC", "example. NSEC"}},
    {"B.3", "ns1.example.", HF_TYPE_MX, NO_DATA, HF_VERDICT_SECURE, {SOA, "ns1.example. NSEC"}},
    {"B.4", "mc.a.example.", HF_TYPE_MX, REFERRAL, HF_VERDICT_SECURE, {"a.example. DS"}},
    {"B.5", "b.example.", HF_TYPE_MX, REFERRAL_UNSIGNED, HF_VERDICT_INSECURE, {"b.example. NSEC"}},
    {"B.6", "a.z.w.example.", HF_TYPE_MX, WILDCARD, HF_VERDICT_SECURE,
	{"*.w.example. MX", "example. NS", "x.y.w.example. NSEC", "ai.example. A",
	    "ai.example. AAAA"}},
    {"B.7", "a.z.w.example.", HF_TYPE_AAAA, NO_DATA, HF_VERDICT_SECURE,
	{SOA, "x.y.w.example. NSEC", "*.w.example. NSEC"}},
    /* From a server of the child: of a DS only the parent may speak (RFC 6840 4.4). */
    {"B.8", "example.", HF_TYPE_DS, NO_DATA, HF_VERDICT_BOGUS, {SOA, "example. NSEC"}},
};

#define APEX   "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. NSEC3"
#define NS1    "2t7b4g4vsa5smi47k61mv5bv1a22bojr.example. NSEC3"
#define A      "35mthgpgcu1qg68fab165klnsnk3dpvl.example. NSEC3"
#define X_W    "b4um86eghhds6nea196smvmlo4ors995.example. NSEC3"
#define Y_W    "ji6neoaepv8b5o6k4ev33abha8ht9fgc.example. NSEC3"
#define W      "k8udemvp1j2f7eg6jebps17vp3n8i58h.example. NSEC3"
#define NS2    "q04jkcevqvmu85r014c7dkba38o0ji5r.example. NSEC3"
#define WILD_W "r53bq7cc2uvmubfu5ocmm6pers9tk9en.example. NSEC3"

/* The zone is opt-out throughout: what its gaps deny is left open (RFC 5155 9.2). */
static const struct response rfc5155[] = {
    {"B.1", "a.c.x.w.example.", HF_TYPE_A, NAME_ERROR, HF_VERDICT_INSECURE, {SOA, APEX, X_W, A}},
    {"B.2", "ns1.example.", HF_TYPE_MX, NO_DATA, HF_VERDICT_SECURE, {SOA, NS1}},
    {"B.2.1", "y.w.example.", HF_TYPE_A, NO_DATA, HF_VERDICT_SECURE, {SOA, Y_W}},
    {"B.3", "c.example.", HF_TYPE_MX, REFERRAL_UNSIGNED, HF_VERDICT_INSECURE, {A, APEX}},
    {"B.4", "a.z.w.example.", HF_TYPE_MX, WILDCARD, HF_VERDICT_INSECURE,
	{"*.w.example. MX", "example. NS", NS2, "ai.example. A", "ai.example. AAAA"}},
    {"B.5", "a.z.w.example.", HF_TYPE_AAAA, NO_DATA, HF_VERDICT_INSECURE,
	{SOA, W, NS2, SPARE WILD_W}},
    {"B.6", "example.", HF_TYPE_DS, NO_DATA, HF_VERDICT_BOGUS, {SOA, APEX}},
};

struct example {
	const char *rfc, *path;
	uint16_t ksk_tag;
	uint32_t inception, now, expiration;
	unsigned signed_cnt, unsigned_cnt; /* RRsets of the zone; unsigned: NS at a cut, glue */
	const struct response *responses;
	size_t response_cnt;
};

static const struct example examples[] = {
    {"RFC 4035", "tests/unit/data/rfc4035.zone", 9465, 1081535779, 1082419200, 1084127779, 26, 6,
	rfc4035, sizeof(rfc4035) / sizeof(rfc4035[0])},
    {"RFC 5155", "tests/unit/data/rfc5155.zone", 12708, 1129852800, 1262304000, 1429574399, 18, 3,
	rfc5155, sizeof(rfc5155) / sizeof(rfc5155[0])},
};

enum { EXAMPLES = sizeof(examples) / sizeof(examples[0]) };

static struct va_zonefile files[EXAMPLES];
static struct hf_name zone;

static struct va_box *
set_of(unsigned rfc, const char *spec)
{
	char owner[HF_NAME_TEXT_LEN], type_text[HF_TYPE_TEXT_LEN];
	uint16_t type;

	spec += spec[0] == SPARE[0];
	VA_REQUIRE(sscanf(spec, "%254s %15s", owner, type_text) == 2);
	VA_REQUIRE(hf_type_from_text(type_text, &type) == 0);
	struct hf_name name = va_name(owner);
	struct va_box *b = va_zonefile_find(&files[rfc], &name, type);
	VA_REQUIRE(b != NULL);
	return b;
}

static const struct va_box *
keys_of(unsigned rfc)
{
	return set_of(rfc, "example. DNSKEY");
}

/* RSASHA1 counts: the examples know nothing else. */
static struct va_budget
fresh_budget(void)
{
	static struct va_rules with_rsasha1;
	struct va_budget b = va_budget_whole();

	with_rsasha1 = va_rules_default;
	with_rsasha1.algorithms |= 1u << HF_ALG_RSASHA1 | 1u << HF_ALG_RSASHA1_NSEC3;
	b.rules = &with_rsasha1;
	return b;
}

static void
verify(unsigned rfc, const struct hf_rrset *set, uint32_t now, struct va_result *res)
{
	struct va_budget budget = fresh_budget();

	va_rrset_verify(set, &zone, &keys_of(rfc)->set, now, &budget, res);
}

static bool
is_proof(const struct hf_rrset *set)
{
	return set->type == HF_TYPE_NSEC || set->type == HF_TYPE_NSEC3;
}

/* What is left to prove once the records are known to be the zone's. labels: of the wildcard. */
static void
judge_shape(
    const struct response *r, const struct va_proofs *proofs, uint8_t labels, struct va_result *res)
{
	struct va_budget budget = fresh_budget();
	struct hf_name qname = va_name(r->qname);

	switch (r->shape) {
	case ANSWER:
	case REFERRAL:
		break;
	case WILDCARD:
		va_deny_closer(proofs, &qname, labels, &budget, res);
		break;
	case NO_DATA:
		va_deny_type(proofs, &qname, r->qtype, &budget, res);
		break;
	case NAME_ERROR:
		va_deny_name(proofs, &qname, &budget, res);
		break;
	case REFERRAL_UNSIGNED:
		if (va_deny_ds(proofs, &qname, &budget, res) != VA_CUT_UNSIGNED)
			res->verdict = HF_VERDICT_BOGUS;
		break;
	}
}

/* The response without set number `missing` (RESPONSE_SETS: whole). Proofs that do not verify
 * count as not there; anything else that does not is the verdict. */
static struct va_result
judge(unsigned rfc, const struct response *r, unsigned missing, uint32_t now)
{
	const struct hf_rrset *sets[RESPONSE_SETS];
	struct va_proofs proofs = {.sets = sets, .zone = &zone};
	struct va_result res = {.verdict = HF_VERDICT_BOGUS};
	uint8_t labels = 0;

	for (unsigned i = 0; r->sets[i] != NULL; i++) {
		struct hf_rrset set = set_of(rfc, r->sets[i])->set;

		if (i == missing)
			continue;
		if (r->shape == WILDCARD && i == 0)
			set.owner = va_name(r->qname);
		verify(rfc, &set, now, &res);
		if (is_proof(&set) && res.verdict == HF_VERDICT_SECURE)
			sets[proofs.cnt++] = &set_of(rfc, r->sets[i])->set;
		else if (!is_proof(&set) && res.verdict != HF_VERDICT_SECURE)
			return res;
		assert_int_equal(res.wildcard, r->shape == WILDCARD && i == 0);
		labels = res.wildcard ? res.labels : labels;
	}
	judge_shape(r, &proofs, labels, &res);
	return res;
}

static void
the_keys_are_vouched_for_by_the_printed_key_signing_key(void **state)
{
	(void)state;
	static struct va_box anchor;

	for (unsigned rfc = 0; rfc < EXAMPLES; rfc++) {
		const struct va_box *keys = keys_of(rfc);
		struct va_budget budget = fresh_budget();
		struct va_result res;

		va_box_init(&anchor, "example.", HF_TYPE_DNSKEY, 3600);
		for (unsigned i = 0; i < keys->set.rr_cnt; i++)
			if ((keys->rr[i].data[1] & HF_DNSKEY_SEP) != 0)
				va_box_add(&anchor, keys->rr[i].data, keys->rr[i].len);
		va_keys_verify(&keys->set, &anchor.set, examples[rfc].now, &budget, &res);
		assert_int_equal(res.reason, VA_OK);
		assert_int_equal(res.verdict, HF_VERDICT_SECURE);
		assert_int_equal(res.key_tag, examples[rfc].ksk_tag);
		budget.rules = &va_rules_default; /* RFC 9905 */
		va_keys_verify(&keys->set, &anchor.set, examples[rfc].now, &budget, &res);
		assert_int_equal(res.reason, VA_DS_ALGORITHM);
		assert_int_equal(res.verdict, HF_VERDICT_INSECURE);
	}
}

static void
every_printed_signature_validates(void **state)
{
	(void)state;
	for (unsigned rfc = 0; rfc < EXAMPLES; rfc++) {
		unsigned good = 0, unsigned_cnt = 0;

		for (unsigned i = 0; i < files[rfc].set_cnt; i++) {
			struct va_result res;

			verify(rfc, &files[rfc].sets[i].set, examples[rfc].now, &res);
			good += res.reason == VA_OK;
			unsigned_cnt += res.reason == VA_SIG_MISSING;
		}
		assert_int_equal(good, examples[rfc].signed_cnt);
		assert_int_equal(unsigned_cnt, examples[rfc].unsigned_cnt);
		assert_int_equal(good + unsigned_cnt, files[rfc].set_cnt);
	}
}

static void
the_responses_have_their_verdicts(void **state)
{
	(void)state;
	for (unsigned rfc = 0; rfc < EXAMPLES; rfc++)
		for (size_t i = 0; i < examples[rfc].response_cnt; i++) {
			const struct response *r = &examples[rfc].responses[i];
			struct va_result res = judge(rfc, r, RESPONSE_SETS, examples[rfc].now);

			if (res.verdict != r->verdict)
				fail_msg("%s %s: %s, %s", examples[rfc].rfc, r->section,
				    hf_verdict_to_text(res.verdict), va_reason_name(res.reason));
		}
}

static void
no_response_outlives_its_signatures(void **state)
{
	(void)state;
	for (unsigned rfc = 0; rfc < EXAMPLES; rfc++)
		for (size_t i = 0; i < examples[rfc].response_cnt; i++) {
			const struct response *r = &examples[rfc].responses[i];
			uint32_t early = examples[rfc].inception - VA_SKEW_MAX_S - 1;
			uint32_t late = examples[rfc].expiration + VA_SKEW_MAX_S + 1;

			assert_int_equal(
			    judge(rfc, r, RESPONSE_SETS, early).verdict, HF_VERDICT_BOGUS);
			assert_int_equal(
			    judge(rfc, r, RESPONSE_SETS, late).verdict, HF_VERDICT_BOGUS);
		}
}

/* The response without set number `missing`, after damage to set number `hurt`. */
static void
expect_bogus(
    unsigned rfc, const struct response *r, unsigned missing, unsigned hurt, const char *damage)
{
	struct va_result res = judge(rfc, r, missing, examples[rfc].now);
	bool spare = r->sets[hurt][0] == SPARE[0];

	if (res.verdict != (spare ? r->verdict : HF_VERDICT_BOGUS))
		fail_msg("%s %s, %s: %s", examples[rfc].rfc, r->section, damage,
		    hf_verdict_to_text(res.verdict));
}

static void
without_any_one_proof_or_signature_a_response_is_bogus(void **state)
{
	(void)state;
	for (unsigned rfc = 0; rfc < EXAMPLES; rfc++)
		for (size_t i = 0; i < examples[rfc].response_cnt; i++) {
			const struct response *r = &examples[rfc].responses[i];

			for (unsigned k = 0; r->sets[k] != NULL; k++) {
				struct va_box *b = set_of(rfc, r->sets[k]);
				uint16_t sig_cnt = b->set.sig_cnt;

				if (is_proof(&b->set))
					expect_bogus(rfc, r, k, k, "a proof less");
				b->set.sig_cnt = 0;
				expect_bogus(rfc, r, RESPONSE_SETS, k, "a signature less");
				b->set.sig_cnt = sig_cnt;
			}
		}
}

/* One bit of each octet: never that which makes a lower-case letter an upper-case one. */
static void
flip_each_octet(unsigned rfc, const struct response *r, unsigned hurt, const struct hf_rdata *rdata)
{
	uint8_t *octets = (uint8_t *)(uintptr_t)rdata->data;

	for (unsigned i = 0; i < rdata->len; i++) {
		octets[i] ^= (uint8_t)(1u << i % 5);
		expect_bogus(rfc, r, RESPONSE_SETS, hurt, "a bit flipped");
		octets[i] ^= (uint8_t)(1u << i % 5);
	}
}

static void
with_any_octet_altered_a_response_is_bogus(void **state)
{
	(void)state;
	for (unsigned rfc = 0; rfc < EXAMPLES; rfc++)
		for (size_t i = 0; i < examples[rfc].response_cnt; i++) {
			const struct response *r = &examples[rfc].responses[i];

			for (unsigned k = 0; r->sets[k] != NULL; k++) {
				struct va_box *b = set_of(rfc, r->sets[k]);

				for (unsigned n = 0; n < b->set.rr_cnt; n++)
					flip_each_octet(rfc, r, k, &b->rr[n]);
				for (unsigned n = 0; n < b->set.sig_cnt; n++)
					flip_each_octet(rfc, r, k, &b->sig[n]);
			}
		}
}

/* A proof of one response, or one of the other RFC's zone, is no proof for another question. */
static void
proofs_serve_no_question_but_their_own(void **state)
{
	(void)state;
	static const struct response strangers[] = {
	    {"B.2 for a name that exists", "ns1.example.", HF_TYPE_A, NAME_ERROR, HF_VERDICT_BOGUS,
		{SOA, "b.example. NSEC", "example. NSEC"}},
	    {"B.3 for a type that exists", "ns1.example.", HF_TYPE_A, NO_DATA, HF_VERDICT_BOGUS,
		{SOA, "ns1.example. NSEC"}},
	    {"B.3 for another name", "ns2.example.", HF_TYPE_MX, NO_DATA, HF_VERDICT_BOGUS,
		{SOA, "ns1.example. NSEC"}},
	    {"B.5 for a signed child", "a.example.", HF_TYPE_MX, REFERRAL_UNSIGNED,
		HF_VERDICT_BOGUS, {"a.example. NSEC"}},
	    {"B.5 for names below the cut", "mc.b.example.", HF_TYPE_A, NAME_ERROR,
		HF_VERDICT_BOGUS, {SOA, "b.example. NSEC", "example. NSEC"}},
	    {"B.7 for the wildcard's own type", "a.z.w.example.", HF_TYPE_MX, NO_DATA,
		HF_VERDICT_BOGUS, {SOA, "x.y.w.example. NSEC", "*.w.example. NSEC"}},
	    {"B.7 as a name error", "a.z.w.example.", HF_TYPE_AAAA, NAME_ERROR, HF_VERDICT_BOGUS,
		{SOA, "x.y.w.example. NSEC", "*.w.example. NSEC"}},
	};

	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		expect_bogus(0, &strangers[i], RESPONSE_SETS, 0, "another question");
}

static int
load(void **state)
{
	(void)state;
	zone = va_name("example.");
	for (unsigned rfc = 0; rfc < EXAMPLES; rfc++)
		va_zonefile_load(&files[rfc], examples[rfc].path);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_keys_are_vouched_for_by_the_printed_key_signing_key),
	    cmocka_unit_test(every_printed_signature_validates),
	    cmocka_unit_test(the_responses_have_their_verdicts),
	    cmocka_unit_test(no_response_outlives_its_signatures),
	    cmocka_unit_test(without_any_one_proof_or_signature_a_response_is_bogus),
	    cmocka_unit_test(with_any_octet_altered_a_response_is_bogus),
	    cmocka_unit_test(proofs_serve_no_question_but_their_own),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
