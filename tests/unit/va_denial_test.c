/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of va_deny_*: the examples of RFC 5155, the traps of RFC 6840 4, and random zones
 * against a model that looks names up in a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/support/va_chain.h"
#include "validator/crypto.h"

static struct va_chain ch;
static struct va_budget budget;
static struct va_result res;

static void
fresh_budget(void)
{
	budget = (struct va_budget){.sig_checks = VA_SIG_CHECKS, .sha1_blocks = VA_SHA1_BLOCKS};
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

		assert_true(va_crypto_nsec3(&n, &salt, hash));
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

/* --- random zones against a model ---------------------------------------------------- */

enum { NODES_MAX = 24, ITER = 2 };

struct node {
	struct hf_name name;
	const char *types;
};

static struct node nodes[NODES_MAX];
static unsigned node_cnt;

static unsigned
below(unsigned n)
{
	return (unsigned)random() % n;
}

/* Up to three labels of a small alphabet, so that names meet. */
static struct hf_name
random_name(void)
{
	static const char *const labels[] = {"a", "b", "c", "*", "d"};
	char text[64] = "";

	for (unsigned i = 1 + below(4); i > 0; i--) {
		strcat(text, labels[below(5)]);
		strcat(text, ".");
	}
	strcat(text, "example.");
	return va_name(text);
}

static bool
has(const char *types, const char *type)
{
	char list[64], word[16];

	snprintf(list, sizeof(list), " %s ", types);
	snprintf(word, sizeof(word), " %s ", type);
	return strstr(list, word) != NULL;
}

static bool
is_cut(const struct node *n)
{
	return has(n->types, "DNAME") || (has(n->types, "NS") && !has(n->types, "SOA"));
}

static const struct node *
node_at(const struct hf_name *name)
{
	for (unsigned i = 0; i < node_cnt; i++)
		if (hf_name_equal(&nodes[i].name, name))
			return &nodes[i];
	return NULL;
}

/* When set, the zone is looked at as its NSEC3 with opt-out show it: names that lead to
 * unsigned delegations only are not there (RFC 5155 7.1). */
static bool as_shown;

static bool
exists(const struct hf_name *name)
{
	for (unsigned i = 0; i < node_cnt; i++)
		if (hf_name_in(&nodes[i].name, name) &&
		    !(as_shown && strcmp(nodes[i].types, "NS") == 0))
			return true;
	return false;
}

static bool
below_cut(const struct hf_name *name)
{
	for (unsigned i = 0; i < node_cnt; i++)
		if (is_cut(&nodes[i]) && hf_name_in(name, &nodes[i].name) &&
		    !hf_name_equal(name, &nodes[i].name))
			return true;
	return false;
}

static struct hf_name
wildcard_of(const struct hf_name *name)
{
	struct hf_name up = *name, out;

	while (!exists(&up))
		hf_name_strip(&up, 1, &up);
	VA_REQUIRE(hf_name_wildcard(&up, &out) == 0);
	return out;
}

static bool
lacks(const struct node *n, const char *type)
{
	if (n == NULL) /* an empty non-terminal */
		return true;
	if (has(n->types, type) || has(n->types, "CNAME"))
		return false;
	if (strcmp(type, "DS") == 0)
		return !has(n->types, "SOA");
	return !(has(n->types, "NS") && !has(n->types, "SOA"));
}

static bool
truly_no_type(const struct hf_name *name, const char *type)
{
	if (below_cut(name))
		return false;
	if (exists(name))
		return lacks(node_at(name), type);
	struct hf_name wildcard = wildcard_of(name);
	return exists(&wildcard) && lacks(node_at(&wildcard), type);
}

static bool
truly_no_name(const struct hf_name *name)
{
	if (below_cut(name) || exists(name))
		return false;
	struct hf_name wildcard = wildcard_of(name);
	return !exists(&wildcard);
}

static bool
truly_no_closer(const struct hf_name *name, unsigned labels)
{
	struct hf_name closer;

	hf_name_strip(name, name->label_cnt - labels - 1, &closer);
	return !exists(&closer) && !below_cut(&closer);
}

static int
by_name(const void *a, const void *b)
{
	return hf_name_cmp(&((const struct node *)a)->name, &((const struct node *)b)->name);
}

static void
random_zone(void)
{
	static const char *const kinds[] = {"A RRSIG", "A MX RRSIG", "TXT RRSIG", "NS",
	    "NS DS RRSIG", "CNAME RRSIG", "DNAME RRSIG", "A RRSIG"};
	unsigned wanted = 1 + below(10);

	nodes[0] = (struct node){va_name("example."), "SOA NS DNSKEY RRSIG"};
	node_cnt = 1;
	for (unsigned i = 0; i < 40 && node_cnt < wanted; i++) {
		struct node n = {random_name(), kinds[below(8)]};
		bool covers_some = false;

		for (unsigned k = 0; k < node_cnt; k++)
			covers_some |= is_cut(&n) && hf_name_in(&nodes[k].name, &n.name);
		if (!covers_some && !below_cut(&n.name) && node_at(&n.name) == NULL)
			nodes[node_cnt++] = n;
	}
	qsort(nodes, node_cnt, sizeof(nodes[0]), by_name);
}

static void
chain_by_nsec(void)
{
	va_chain_init(&ch, "example.");
	for (unsigned i = 0; i < node_cnt; i++) {
		char types[64];

		snprintf(types, sizeof(types), "%s NSEC", nodes[i].types);
		va_chain_nsec(&ch, &nodes[i].name, &nodes[(i + 1) % node_cnt].name, types);
	}
}

struct hashed {
	uint8_t hash[20];
	const char *types;
};

static int
by_hash(const void *a, const void *b)
{
	return memcmp(a, b, 20);
}

static bool
left_out(const struct hf_name *name, bool optout)
{
	as_shown = optout;
	bool out = !exists(name);
	as_shown = false;
	return out;
}

static void
chain_by_nsec3(bool optout)
{
	static const struct hf_name none;
	struct va_nsec3_params p = {1, optout, ITER, 2, {7, 9}};
	struct hashed all[VA_CHAIN_MAX];
	struct hf_name seen[VA_CHAIN_MAX];
	unsigned cnt = 0;

	for (unsigned i = 0; i < node_cnt; i++)
		for (unsigned s = 0; s < nodes[i].name.label_cnt; s++) { /* up to the apex */
			struct hf_name n = none;
			bool old = false;

			hf_name_strip(&nodes[i].name, s, &n);
			for (unsigned k = 0; k < cnt; k++)
				old |= hf_name_equal(&seen[k], &n);
			if (old || left_out(&n, optout))
				continue;
			VA_REQUIRE(cnt < VA_CHAIN_MAX);
			seen[cnt] = n;
			va_chain_hash(&n, &p, all[cnt].hash);
			all[cnt++].types = node_at(&n) != NULL ? node_at(&n)->types : "";
		}
	qsort(all, cnt, sizeof(all[0]), by_hash);
	va_chain_init(&ch, "example.");
	for (unsigned i = 0; i < cnt; i++)
		va_chain_nsec3(&ch, &p, all[i].hash, all[(i + 1) % cnt].hash, all[i].types);
}

/* Leave out some records at random: what remains may prove less, never more. */
static void
thin_out(void)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < ch.cnt; i++)
		if (below(3) != 0)
			ch.sets[kept++] = &ch.set[i];
	ch.proofs.cnt = kept;
}

static void
agree(bool truth, bool provable, bool optout, const char *what, const struct hf_name *name)
{
	char text[HF_NAME_TEXT_LEN];
	bool secure = res.verdict == HF_VERDICT_SECURE;
	bool ok = truth || !secure;

	if (truth && provable)
		ok = optout ? res.verdict != HF_VERDICT_BOGUS : secure;
	if (!optout && res.verdict == HF_VERDICT_INSECURE)
		ok = false;
	if (!ok)
		fail_msg("%s %s: %s %s, truth %d", what, hf_name_to_text(name, text),
		    hf_verdict_to_text(res.verdict), va_reason_name(res.reason), truth);
}

static void
ask_all(const struct hf_name *name, bool whole, bool optout)
{
	static const char *const types[] = {"A", "DS", "MX", "CNAME", "NS"};

	for (unsigned i = 0; i < 5; i++) {
		uint16_t type;

		VA_REQUIRE(hf_type_from_text(types[i], &type) == 0);
		va_deny_type(&ch.proofs, name, type, &budget, &res);
		bool truth = truly_no_type(name, types[i]);
		as_shown = optout;
		bool shown = truly_no_type(name, types[i]);
		as_shown = false;
		agree(truth, whole && shown, optout, types[i], name);
	}
	va_deny_name(&ch.proofs, name, &budget, &res);
	bool truth = truly_no_name(name);
	as_shown = optout;
	bool shown = truly_no_name(name);
	as_shown = false;
	agree(truth, whole && shown, optout, "name", name);
	for (unsigned labels = 1; labels < name->label_cnt; labels++) {
		va_deny_closer(&ch.proofs, name, (uint8_t)labels, &budget, &res);
		/* The caller holds a signature by the wildcard's zone at this depth: that is
		 * what rules out a cut, not the proof. */
		struct hf_name closer;
		hf_name_strip(name, name->label_cnt - labels - 1, &closer);
		if (!below_cut(&closer))
			agree(truly_no_closer(name, labels), whole, optout, "closer", name);
	}
}

static void
ask_cut(const struct hf_name *name, bool whole, bool optout)
{
	const struct node *n = node_at(name);
	char text[HF_NAME_TEXT_LEN];

	if (hf_name_equal(name, &ch.zone))
		return;
	enum va_cut cut = va_deny_ds(&ch.proofs, name, &budget, &res);
	enum va_cut truth = VA_CUT_NONE;
	if (below_cut(name) || (n != NULL && has(n->types, "DS")))
		truth = VA_CUT_UNPROVEN;
	else if (n != NULL && has(n->types, "NS"))
		truth = VA_CUT_UNSIGNED;
	bool ok = cut == truth || (!whole && cut == VA_CUT_UNPROVEN) ||
	    (optout && truth == VA_CUT_NONE && cut == VA_CUT_UNSIGNED) ||
	    (optout && cut == VA_CUT_UNSIGNED && left_out(name, true) && n == NULL);
	/* Below an unsigned delegation that opt-out left out, all is insecure anyway. */
	if (optout && below_cut(name))
		ok |= cut == VA_CUT_UNSIGNED;
	if (!ok)
		fail_msg("cut %s: %d, truth %d", hf_name_to_text(name, text), (int)cut, (int)truth);
}

static void
try_zones(unsigned zones, void (*chain)(void), bool optout)
{
	srandom(20260505);
	for (unsigned z = 0; z < zones; z++) {
		random_zone();
		for (unsigned round = 0; round < 3; round++) {
			chain();
			if (round > 0)
				thin_out();
			for (unsigned q = 0; q < 40; q++) {
				struct hf_name name = q < node_cnt ? nodes[q].name : random_name();
				fresh_budget();
				ask_all(&name, round == 0, optout);
				fresh_budget();
				ask_cut(&name, round == 0, optout);
			}
		}
	}
}

static void
chain_nsec3_plain(void)
{
	chain_by_nsec3(false);
}

static void
chain_nsec3_optout(void)
{
	chain_by_nsec3(true);
}

static void
nsec_proves_what_is_true_of_random_zones_and_nothing_else(void **state)
{
	(void)state;
	try_zones(150, chain_by_nsec, false);
}

static void
nsec3_proves_what_is_true_of_random_zones_and_nothing_else(void **state)
{
	(void)state;
	try_zones(25, chain_nsec3_plain, false);
}

static void
nsec3_with_opt_out_is_never_more_than_insecure_about_a_gap(void **state)
{
	(void)state;
	try_zones(25, chain_nsec3_optout, true);
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
	    cmocka_unit_test(hashes_are_charged_by_the_block_and_stop_with_the_budget),
	    cmocka_unit_test(nsec_proves_what_is_true_of_random_zones_and_nothing_else),
	    cmocka_unit_test(nsec3_proves_what_is_true_of_random_zones_and_nothing_else),
	    cmocka_unit_test(nsec3_with_opt_out_is_never_more_than_insecure_about_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
