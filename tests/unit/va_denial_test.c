/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of va_deny_*: the examples of RFC 5155 and the traps of RFC 6840 4. Random zones:
 * va_denial_model_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/support/va_chain.h"
#include "validator/nsec3.h"

static struct va_chain ch;
static struct va_budget budget;
static struct va_result res;

static void
fresh_budget(void)
{
	budget = va_budget_whole();
}

static void
nsec(const char *owner, const char *next, const char *types)
{
	struct hf_name o = va_name(owner), n = va_name(next);

	va_chain_nsec(&ch, &o, &n, types);
}

static enum va_reason
deny_type(const char *qname, uint16_t qtype)
{
	struct hf_name n = va_name(qname);

	fresh_budget();
	va_deny_type(&ch.proofs, &n, qtype, &budget, &res);
	return res.reason;
}

static enum va_reason
deny_name(const char *qname)
{
	struct hf_name n = va_name(qname);

	fresh_budget();
	va_deny_name(&ch.proofs, &n, &budget, &res);
	return res.reason;
}

static enum va_reason
deny_closer(const char *qname, uint8_t labels)
{
	struct hf_name n = va_name(qname);

	fresh_budget();
	va_deny_closer(&ch.proofs, &n, labels, &budget, &res);
	return res.reason;
}

static enum va_cut
deny_ds(const char *child)
{
	struct hf_name n = va_name(child);

	fresh_budget();
	return va_deny_ds(&ch.proofs, &n, &budget, &res);
}

/* --- NSEC ------------------------------------------------------------------------ */

static void
no_proofs_prove_nothing(void **state)
{
	(void)state;
	va_chain_init(&ch, "example.");
	assert_int_equal(deny_type("a.example.", HF_TYPE_A), VA_DENIAL_MISSING);
	assert_int_equal(deny_name("a.example."), VA_DENIAL_MISSING);
	assert_int_equal(deny_closer("a.example.", 1), VA_DENIAL_MISSING);
	assert_int_equal(deny_ds("a.example."), VA_CUT_UNPROVEN);
	assert_int_equal(res.verdict, HF_VERDICT_BOGUS);
	assert_int_equal(res.ttl, 0);
}

static void
the_zone_speaks_only_of_its_own_names(void **state)
{
	(void)state;
	va_chain_init(&ch, "example.");
	nsec("example.", "example.", "SOA NS NSEC RRSIG");
	assert_int_equal(deny_name("a.example."), VA_OK);
	assert_int_equal(deny_name("a.example.net."), VA_DENIAL_MISSING);
	assert_int_equal(deny_name("z."), VA_DENIAL_MISSING);
	va_chain_init(&ch, "example.");
	nsec("example.", "zzz.", "SOA NS NSEC RRSIG"); /* next name outside */
	assert_int_equal(deny_name("a.example."), VA_DENIAL_MISSING);
	va_chain_init(&ch, "b.example.");
	nsec("a.example.", "c.b.example.", "A"); /* owner outside */
	assert_int_equal(deny_name("b.b.example."), VA_DENIAL_MISSING);
}

static void
a_delegation_cannot_speak_of_names_below_it(void **state)
{
	(void)state;
	static const char *const types[] = {
	    "NS NSEC RRSIG", "NS DS NSEC RRSIG", "DNAME NSEC RRSIG"};

	for (size_t i = 0; i < 3; i++) {
		va_chain_init(&ch, "example.");
		nsec("sub.example.", "z.example.", types[i]);
		nsec("example.", "a.example.", "SOA NS NSEC RRSIG");
		assert_int_equal(deny_name("a.sub.example."), VA_DENIAL_MISSING);
		assert_int_equal(deny_type("a.sub.example.", HF_TYPE_A), VA_DENIAL_MISSING);
		assert_int_equal(deny_closer("a.sub.example.", 2), VA_DENIAL_MISSING);
		assert_int_equal(deny_ds("a.sub.example."), VA_CUT_UNPROVEN);
		assert_int_equal(deny_name("t.example."), VA_OK); /* beside it, it can */
	}
}

static void
at_a_cut_the_parent_denies_ds_and_nothing_else(void **state)
{
	(void)state;
	va_chain_init(&ch, "example.");
	nsec("sub.example.", "z.example.", "NS NSEC RRSIG");
	assert_int_equal(deny_type("sub.example.", HF_TYPE_DS), VA_OK);
	assert_int_equal(deny_type("sub.example.", HF_TYPE_A), VA_DENIAL_WRONG);
	assert_int_equal(deny_ds("sub.example."), VA_CUT_UNSIGNED);
	assert_int_equal(res.verdict, HF_VERDICT_INSECURE);
	va_chain_init(&ch, "example.");
	nsec("sub.example.", "z.example.", "NS DS NSEC RRSIG");
	assert_int_equal(deny_ds("sub.example."), VA_CUT_UNPROVEN);
	assert_int_equal(res.reason, VA_DENIAL_WRONG);
}

static void
the_childs_apex_does_not_deny_the_parents_ds(void **state)
{
	(void)state;
	va_chain_init(&ch, "sub.example.");
	nsec("sub.example.", "a.sub.example.", "SOA NS NSEC RRSIG");
	assert_int_equal(deny_type("sub.example.", HF_TYPE_DS), VA_DENIAL_WRONG);
	assert_int_equal(deny_ds("sub.example."), VA_CUT_UNPROVEN);
	assert_int_equal(deny_type("sub.example.", HF_TYPE_A), VA_OK);
	/* Nor when it is passed off as the parent's. */
	va_chain_init(&ch, "example.");
	nsec("sub.example.", "a.sub.example.", "SOA NS NSEC RRSIG");
	assert_int_equal(deny_type("sub.example.", HF_TYPE_DS), VA_DENIAL_WRONG);
	assert_int_equal(deny_ds("sub.example."), VA_CUT_UNPROVEN);
	/* Nor when it hides that it is an apex. */
	va_chain_init(&ch, "sub.example.");
	nsec("sub.example.", "a.sub.example.", "NS NSEC RRSIG");
	assert_int_equal(deny_type("sub.example.", HF_TYPE_DS), VA_DENIAL_WRONG);
	assert_int_equal(deny_ds("sub.example."), VA_CUT_UNPROVEN);
	/* The root has no parent to ask. */
	va_chain_init(&ch, ".");
	nsec(".", "aaa.", "SOA NS NSEC RRSIG");
	assert_int_equal(deny_type(".", HF_TYPE_DS), VA_OK);
}

static void
a_name_that_is_not_a_delegation_is_no_cut(void **state)
{
	(void)state;
	va_chain_init(&ch, "example.");
	nsec("a.example.", "x.c.example.", "A NSEC RRSIG");
	assert_int_equal(deny_ds("a.example."), VA_CUT_NONE);
	assert_int_equal(deny_ds("b.example."), VA_CUT_NONE);
	assert_int_equal(deny_ds("c.example."), VA_CUT_NONE);
	assert_int_equal(deny_ds("d.example."), VA_CUT_UNPROVEN);
	assert_int_equal(res.reason, VA_DENIAL_MISSING);
}

static void
a_cname_is_not_nodata(void **state)
{
	(void)state;
	va_chain_init(&ch, "example.");
	nsec("a.example.", "b.example.", "CNAME NSEC RRSIG");
	assert_int_equal(deny_type("a.example.", HF_TYPE_A), VA_DENIAL_WRONG);
	assert_int_equal(deny_type("a.example.", HF_TYPE_CNAME), VA_DENIAL_WRONG);
	assert_int_equal(deny_ds("a.example."), VA_CUT_NONE);
}

static void
any_is_denied_only_where_nothing_is(void **state)
{
	(void)state;
	va_chain_init(&ch, "example.");
	nsec("a.example.", "b.c.example.", "TXT NSEC RRSIG");
	assert_int_equal(deny_type("a.example.", HF_TYPE_ANY), VA_DENIAL_WRONG);
	assert_int_equal(deny_type("c.example.", HF_TYPE_ANY), VA_OK);
}

static void
compact_denial_reads_as_nodata_and_as_no_such_name(void **state)
{
	(void)state;
	va_chain_init(&ch, "example.");
	nsec("a.example.", "\\000.a.example.", "NSEC RRSIG TYPE128");
	assert_int_equal(deny_type("a.example.", HF_TYPE_A), VA_OK);
	assert_int_equal(deny_name("a.example."), VA_OK);
	assert_int_equal(deny_ds("a.example."), VA_CUT_NONE);
	va_chain_init(&ch, "example.");
	nsec("a.example.", "\\000.a.example.", "NSEC RRSIG");
	assert_int_equal(deny_type("a.example.", HF_TYPE_A), VA_OK);
	assert_int_equal(deny_name("a.example."), VA_DENIAL_WRONG);
}

static void
a_wildcard_deeper_than_the_name_or_above_the_zone_is_no_match(void **state)
{
	(void)state;
	va_chain_init(&ch, "example.");
	nsec("example.", "z.example.", "SOA NS NSEC RRSIG");
	assert_int_equal(deny_closer("a.example.", 1), VA_OK);
	assert_int_equal(deny_closer("a.example.", 0), VA_DENIAL_MISSING);
	for (unsigned labels = 2; labels < 256; labels++)
		assert_int_equal(deny_closer("a.example.", (uint8_t)labels), VA_DENIAL_MISSING);
}

static void
a_malformed_or_double_nsec_is_not_used(void **state)
{
	(void)state;
	struct hf_rdata twice[2];

	va_chain_init(&ch, "example.");
	nsec("example.", "z.example.", "SOA NS NSEC RRSIG");
	assert_int_equal(deny_name("a.example."), VA_OK);
	uint16_t whole = ch.rdata[0].len;
	for (uint16_t len = 0; len < whole; len++) {
		ch.rdata[0].len = len;
		/* Without its bitmap it still has the shape of one (RFC 4034 4.1.2 forbids
		 * an empty map, but it denies no less). */
		if (len != 11)
			assert_int_equal(deny_name("a.example."), VA_DENIAL_MISSING);
	}
	ch.rdata[0].len = whole;
	twice[0] = twice[1] = ch.rdata[0];
	ch.set[0].rr = twice;
	ch.set[0].rr_cnt = 2;
	assert_int_equal(deny_name("a.example."), VA_DENIAL_MISSING);
}

static void
the_ttl_is_the_least_of_the_proofs(void **state)
{
	(void)state;
	va_chain_init(&ch, "example.");
	nsec("example.", "z.example.", "SOA NS NSEC RRSIG");
	nsec("z.example.", "example.", "A NSEC RRSIG");
	ch.set[1].ttl = 60;
	assert_int_equal(deny_name("a.example."), VA_OK);
	assert_int_equal(res.ttl, 60);
}

/* --- NSEC3: the zone of RFC 5155 appendix A ----------------------------------------- */

static const struct {
	const char *hash, *next, *types;
} rfc5155[] = {
    {"0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "2t7b4g4vsa5smi47k61mv5bv1a22bojr",
	"MX DNSKEY NS SOA NSEC3PARAM RRSIG"},
    {"2t7b4g4vsa5smi47k61mv5bv1a22bojr", "2vptu5timamqttgl4luu9kg21e0aor3s", "A RRSIG"},
    {"2vptu5timamqttgl4luu9kg21e0aor3s", "35mthgpgcu1qg68fab165klnsnk3dpvl", "MX RRSIG"},
    {"35mthgpgcu1qg68fab165klnsnk3dpvl", "b4um86eghhds6nea196smvmlo4ors995", "NS DS RRSIG"},
    {"b4um86eghhds6nea196smvmlo4ors995", "gjeqe526plbf1g8mklp59enfd789njgi", "MX RRSIG"},
    {"gjeqe526plbf1g8mklp59enfd789njgi", "ji6neoaepv8b5o6k4ev33abha8ht9fgc", "HINFO A AAAA RRSIG"},
    {"ji6neoaepv8b5o6k4ev33abha8ht9fgc", "k8udemvp1j2f7eg6jebps17vp3n8i58h", ""},
    {"k8udemvp1j2f7eg6jebps17vp3n8i58h", "kohar7mbb8dc2ce8a9qvl8hon4k53uhi", ""},
    {"kohar7mbb8dc2ce8a9qvl8hon4k53uhi", "q04jkcevqvmu85r014c7dkba38o0ji5r", "A RRSIG"},
    {"q04jkcevqvmu85r014c7dkba38o0ji5r", "r53bq7cc2uvmubfu5ocmm6pers9tk9en", "A RRSIG"},
    {"r53bq7cc2uvmubfu5ocmm6pers9tk9en", "t644ebqk9bibcna874givr6joj62mlhv", "MX RRSIG"},
    {"t644ebqk9bibcna874givr6joj62mlhv", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "HINFO A AAAA RRSIG"},
};

static const struct va_nsec3_params rfc_params = {1, 1, 12, 4, {0xaa, 0xbb, 0xcc, 0xdd}};

/* The records whose hashes begin with these words, "*" for all. */
static void
rfc_chain(const struct va_nsec3_params *params, const char *wanted)
{
	va_chain_init(&ch, "example.");
	for (size_t i = 0; i < sizeof(rfc5155) / sizeof(rfc5155[0]); i++) {
		uint8_t owner[20], next[20];
		char head[5];

		snprintf(head, sizeof(head), "%s", rfc5155[i].hash);
		if (wanted[0] != '*' && strstr(wanted, head) == NULL)
			continue;
		va_unbase32hex(rfc5155[i].hash, owner);
		va_unbase32hex(rfc5155[i].next, next);
		va_chain_nsec3(&ch, params, owner, next, rfc5155[i].types);
	}
}

static void
names_hash_as_in_rfc_5155_appendix_a(void **state)
{
	(void)state;
	static const struct {
		const char *name, *hash;
	} vectors[] = {
	    {"example.", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"},
	    {"a.example.", "35mthgpgcu1qg68fab165klnsnk3dpvl"},
	    {"ai.example.", "gjeqe526plbf1g8mklp59enfd789njgi"},
	    {"ns1.example.", "2t7b4g4vsa5smi47k61mv5bv1a22bojr"},
	    {"ns2.example.", "q04jkcevqvmu85r014c7dkba38o0ji5r"},
	    {"w.example.", "k8udemvp1j2f7eg6jebps17vp3n8i58h"},
	    {"*.w.example.", "r53bq7cc2uvmubfu5ocmm6pers9tk9en"},
	    {"x.w.example.", "b4um86eghhds6nea196smvmlo4ors995"},
	    {"y.w.example.", "ji6neoaepv8b5o6k4ev33abha8ht9fgc"},
	    {"x.y.w.example.", "2vptu5timamqttgl4luu9kg21e0aor3s"},
	    {"xx.example.", "t644ebqk9bibcna874givr6joj62mlhv"},
	    {"2t7b4g4vsa5smi47k61mv5bv1a22bojr.example.", "kohar7mbb8dc2ce8a9qvl8hon4k53uhi"},
	};
	const struct va_salt salt = {.iterations = 12, .len = 4, .octets = rfc_params.salt};

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct hf_name n = va_name(vectors[i].name);
		uint8_t hash[20];
		char text[33];

		fresh_budget();
		assert_true(va_crypto_nsec3(budget.crypto, &n, &salt, hash));
		va_base32hex(hash, text);
		assert_string_equal(text, vectors[i].hash);
	}
}

static void
the_responses_of_rfc_5155_appendix_b_are_judged_as_written(void **state)
{
	(void)state;
	rfc_chain(&rfc_params, "0p9m b4um 35mt"); /* B.1: opt-out, so no more than insecure (9.2) */
	assert_int_equal(deny_name("a.c.x.w.example."), VA_OK);
	assert_int_equal(res.verdict, HF_VERDICT_INSECURE);
	rfc_chain(&rfc_params, "2t7b"); /* B.2 */
	assert_int_equal(deny_type("ns1.example.", HF_TYPE_MX), VA_OK);
	assert_int_equal(res.verdict, HF_VERDICT_SECURE);
	assert_int_equal(deny_type("ns1.example.", HF_TYPE_A), VA_DENIAL_WRONG);
	rfc_chain(&rfc_params, "ji6n"); /* B.2.1 */
	assert_int_equal(deny_type("y.w.example.", HF_TYPE_A), VA_OK);
	assert_int_equal(res.verdict, HF_VERDICT_SECURE);
	rfc_chain(&rfc_params, "35mt 0p9m"); /* B.3 */
	assert_int_equal(deny_ds("c.example."), VA_CUT_UNSIGNED);
	assert_int_equal(deny_type("c.example.", HF_TYPE_DS), VA_OK);
	assert_int_equal(res.verdict, HF_VERDICT_INSECURE);
	rfc_chain(&rfc_params, "q04j"); /* B.4 */
	assert_int_equal(deny_closer("a.z.w.example.", 2), VA_OK);
	assert_int_equal(res.verdict, HF_VERDICT_INSECURE);
	rfc_chain(&rfc_params, "k8ud q04j r53b"); /* B.5 */
	assert_int_equal(deny_type("a.z.w.example.", HF_TYPE_AAAA), VA_OK);
	assert_int_equal(res.verdict, HF_VERDICT_INSECURE);
	assert_int_equal(deny_type("a.z.w.example.", HF_TYPE_MX), VA_DENIAL_WRONG);
	rfc_chain(&rfc_params, "0p9m"); /* B.6 */
	assert_int_equal(deny_type("example.", HF_TYPE_DS), VA_DENIAL_WRONG);
}

static void
without_opt_out_the_same_proofs_are_secure_and_each_is_needed(void **state)
{
	(void)state;
	struct va_nsec3_params plain = rfc_params;

	plain.flags = 0;
	rfc_chain(&plain, "0p9m b4um 35mt");
	assert_int_equal(deny_name("a.c.x.w.example."), VA_OK);
	assert_int_equal(res.verdict, HF_VERDICT_SECURE);
	rfc_chain(&plain, "0p9m b4um");
	assert_int_equal(deny_name("a.c.x.w.example."), VA_DENIAL_MISSING);
	rfc_chain(&plain, "0p9m 35mt");
	assert_int_equal(deny_name("a.c.x.w.example."), VA_DENIAL_MISSING);
	rfc_chain(&plain, "b4um 35mt");
	assert_int_equal(deny_name("a.c.x.w.example."), VA_DENIAL_MISSING);
	rfc_chain(&plain, "k8ud q04j");
	assert_int_equal(deny_type("a.z.w.example.", HF_TYPE_AAAA), VA_DENIAL_MISSING);
	rfc_chain(&plain, "35mt 0p9m");
	assert_int_equal(deny_ds("c.example."), VA_CUT_NONE);
	/* a.example is a delegation: it ends the zone (8.3). */
	rfc_chain(&plain, "*");
	assert_int_equal(deny_name("b.a.example."), VA_DENIAL_WRONG);
	assert_int_equal(deny_ds("b.a.example."), VA_CUT_UNPROVEN);
	assert_int_equal(deny_ds("a.example."), VA_CUT_UNPROVEN);
}

static void
nsec3_of_unknown_kinds_are_stepped_over(void **state)
{
	(void)state;
	struct va_nsec3_params p = rfc_params;

	p.algorithm = 2;
	rfc_chain(&p, "*");
	assert_int_equal(deny_type("ns1.example.", HF_TYPE_MX), VA_DENIAL_MISSING);
	p.algorithm = 1;
	p.flags = 3;
	rfc_chain(&p, "*");
	assert_int_equal(deny_type("ns1.example.", HF_TYPE_MX), VA_DENIAL_MISSING);
	rfc_chain(&rfc_params, "2t7b");
	ch.set[0].owner = va_name("2t7b4g4vsa5smi47k61mv5bv1a22bojr.x.example.");
	assert_int_equal(deny_type("ns1.example.", HF_TYPE_MX), VA_DENIAL_MISSING);
	ch.set[0].owner = va_name("2t7b4g4vsa5smi47k61mv5bv1a22bojw.example.");
	assert_int_equal(deny_type("ns1.example.", HF_TYPE_MX), VA_DENIAL_MISSING);
	ch.set[0].owner = va_name("2T7B4g4vsa5smi47k61mv5bv1a22bojr.EXAMPLE.");
	assert_int_equal(deny_type("NS1.example.", HF_TYPE_MX), VA_OK);
	for (uint16_t len = 0; len < 30; len++) {
		ch.rdata[0].len = len;
		assert_int_equal(deny_type("ns1.example.", HF_TYPE_MX), VA_DENIAL_MISSING);
	}
}

static void
nsec3_that_disagree_on_salt_or_iterations_are_bogus(void **state)
{
	(void)state;
	rfc_chain(&rfc_params, "2t7b q04j");
	assert_int_equal(deny_type("ns1.example.", HF_TYPE_MX), VA_OK);
	ch.octets[1][5] ^= 1;
	assert_int_equal(deny_type("ns1.example.", HF_TYPE_MX), VA_DENIAL_WRONG);
	ch.octets[1][5] ^= 1;
	ch.octets[1][3] ^= 1;
	assert_int_equal(deny_type("ns1.example.", HF_TYPE_MX), VA_DENIAL_WRONG);
}

static void
too_many_iterations_are_insecure_without_a_hash(void **state)
{
	(void)state;
	struct va_nsec3_params p = rfc_params;

	p.iterations = VA_NSEC3_ITERATIONS_MAX + 1;
	rfc_chain(&p, "*");
	assert_int_equal(deny_name("b.example."), VA_NSEC3_ITERATIONS);
	assert_int_equal(deny_closer("b.example.", 1), VA_NSEC3_ITERATIONS);
	assert_int_equal(deny_type("b.example.", HF_TYPE_A), VA_NSEC3_ITERATIONS);
	assert_int_equal(res.verdict, HF_VERDICT_INSECURE);
	assert_int_equal(deny_ds("b.example."), VA_CUT_UNSIGNED);
	assert_int_equal(budget.sha1_blocks, VA_SHA1_BLOCKS);
	p.iterations = VA_NSEC3_ITERATIONS_MAX;
	rfc_chain(&p, "*");
	assert_int_equal(deny_name("b.example."), VA_DENIAL_MISSING); /* other hashes: no match */
	assert_true(budget.sha1_blocks < VA_SHA1_BLOCKS);
}

/* 35 octets of salt fit into the one block of an iteration, 99 into two, 255 take five. */
static void
a_long_salt_makes_iterations_count_as_often_as_they_hash_blocks(void **state)
{
	static const struct {
		uint8_t salt_len;
		uint16_t iterations; /* the most that are hashed */
	} limits[] = {{0, 50}, {35, 50}, {36, 25}, {99, 25}, {100, 16}, {163, 16}, {227, 12},
	    {228, 10}, {255, 10}};
	struct va_nsec3_params p = rfc_params;
	struct va_nsec3_range range;

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		p.salt_len = limits[i].salt_len;
		p.iterations = limits[i].iterations;
		rfc_chain(&p, "*");
		assert_int_equal(deny_name("b.example."), VA_DENIAL_MISSING);
		assert_true(va_nsec3_range(ch.sets[0], &ch.zone, &range));
		p.iterations++;
		rfc_chain(&p, "*");
		assert_int_equal(deny_name("b.example."), VA_NSEC3_ITERATIONS);
		assert_int_equal(res.verdict, HF_VERDICT_INSECURE);
		assert_int_equal(budget.sha1_blocks, VA_SHA1_BLOCKS);
		assert_false(va_nsec3_range(ch.sets[0], &ch.zone, &range));
	}
}

static void
hashes_are_charged_by_the_block_and_stop_with_the_budget(void **state)
{
	(void)state;
	struct va_nsec3_params p = rfc_params;
	char deep[256] = "";
	struct hf_name n = va_name("ns1.example.");

	rfc_chain(&rfc_params, "2t7b");
	fresh_budget();
	va_deny_type(&ch.proofs, &n, HF_TYPE_MX, &budget, &res);
	assert_int_equal(budget.sha1_blocks, VA_SHA1_BLOCKS - 13);
	budget.sha1_blocks = 12;
	va_deny_type(&ch.proofs, &n, HF_TYPE_MX, &budget, &res);
	assert_int_equal(res.reason, VA_BUDGET_SHA1);
	assert_int_equal(res.verdict, HF_VERDICT_BOGUS);

	p.iterations = VA_NSEC3_ITERATIONS_MAX;
	rfc_chain(&p, "35mt"); /* no ancestor matches: every one is hashed */
	for (unsigned i = 0; i < 120; i++)
		strcat(deep, "a.");
	strcat(deep, "example.");
	assert_int_equal(deny_name(deep), VA_BUDGET_SHA1);
	assert_int_equal(budget.sha1_blocks, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_proofs_prove_nothing),
	    cmocka_unit_test(the_zone_speaks_only_of_its_own_names),
	    cmocka_unit_test(a_delegation_cannot_speak_of_names_below_it),
	    cmocka_unit_test(at_a_cut_the_parent_denies_ds_and_nothing_else),
	    cmocka_unit_test(the_childs_apex_does_not_deny_the_parents_ds),
	    cmocka_unit_test(a_name_that_is_not_a_delegation_is_no_cut),
	    cmocka_unit_test(a_cname_is_not_nodata),
	    cmocka_unit_test(any_is_denied_only_where_nothing_is),
	    cmocka_unit_test(compact_denial_reads_as_nodata_and_as_no_such_name),
	    cmocka_unit_test(a_wildcard_deeper_than_the_name_or_above_the_zone_is_no_match),
	    cmocka_unit_test(a_malformed_or_double_nsec_is_not_used),
	    cmocka_unit_test(the_ttl_is_the_least_of_the_proofs),
	    cmocka_unit_test(names_hash_as_in_rfc_5155_appendix_a),
	    cmocka_unit_test(the_responses_of_rfc_5155_appendix_b_are_judged_as_written),
	    cmocka_unit_test(without_opt_out_the_same_proofs_are_secure_and_each_is_needed),
	    cmocka_unit_test(nsec3_of_unknown_kinds_are_stepped_over),
	    cmocka_unit_test(nsec3_that_disagree_on_salt_or_iterations_are_bogus),
	    cmocka_unit_test(too_many_iterations_are_insecure_without_a_hash),
	    cmocka_unit_test(a_long_salt_makes_iterations_count_as_often_as_they_hash_blocks),
	    cmocka_unit_test(hashes_are_charged_by_the_block_and_stop_with_the_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
