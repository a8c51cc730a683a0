/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of controlplane/resolver/pack.c: what is unpacked is what was packed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controlplane/resolver/pack.h"

enum { RDATA = 8, OCTETS = 300, ARENA = 1 << 20 };

static uint8_t octets[RDATA][OCTETS];
static struct hf_rdata rdata[RDATA];

static struct hf_name
name_of(const char *text)
{
	struct hf_name n;

	assert_int_equal(hf_name_from_text(text, &n), 0);
	return n;
}

static int
make_rdata(void **state)
{
	(void)state;
	srandom(1);
	for (unsigned i = 0; i < RDATA; i++) {
		for (unsigned k = 0; k < OCTETS; k++)
			octets[i][k] = (uint8_t)random();
		rdata[i] = (struct hf_rdata){octets[i], (uint16_t)(i * 37)};
	}
	return 0;
}

static struct hf_rrset
rrset_of(const char *owner, uint16_t type, unsigned rr_cnt, unsigned sig_cnt)
{
	return (struct hf_rrset){
	    .owner = name_of(owner),
	    .type = type,
	    .klass = HF_CLASS_IN,
	    .ttl = 300,
	    .rr_cnt = (uint16_t)rr_cnt,
	    .sig_cnt = (uint16_t)sig_cnt,
	    .rr = rdata,
	    .sig = rdata + rr_cnt,
	};
}

static void
assert_rdata_equal(const struct hf_rdata *a, const struct hf_rdata *b, unsigned cnt)
{
	for (unsigned i = 0; i < cnt; i++) {
		assert_int_equal(a[i].len, b[i].len);
		assert_memory_equal(a[i].data, b[i].data, a[i].len);
	}
}

static void
assert_rrset_equal(const struct hf_rrset *a, const struct hf_rrset *b)
{
	assert_true(hf_name_equal(&a->owner, &b->owner));
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->klass, b->klass);
	assert_int_equal(a->ttl, b->ttl);
	assert_int_equal(a->rr_cnt, b->rr_cnt);
	assert_int_equal(a->sig_cnt, b->sig_cnt);
	assert_rdata_equal(a->rr, b->rr, a->rr_cnt);
	assert_rdata_equal(a->sig, b->sig, a->sig_cnt);
}

static void
assert_outcome_equal(const struct cp_outcome *a, const struct cp_outcome *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->cause, b->cause);
	assert_int_equal(a->ds, b->ds);
	assert_int_equal(a->credit, b->credit);
	assert_int_equal(a->verdict, b->verdict);
	assert_int_equal(a->own_fault, b->own_fault);
	assert_true(hf_name_equal(&a->cut, &b->cut));
	assert_true(hf_name_equal(&a->target, &b->target));
	assert_true(hf_addr_equal(&a->server, &b->server));
	assert_true(hf_addr_equal(&a->blame, &b->blame));
	assert_int_equal(a->answer_cnt, b->answer_cnt);
	assert_int_equal(a->proof_cnt, b->proof_cnt);
	for (unsigned i = 0; i < a->answer_cnt; i++)
		assert_rrset_equal(a->answer[i], b->answer[i]);
	for (unsigned i = 0; i < a->proof_cnt; i++)
		assert_rrset_equal(a->proof[i], b->proof[i]);
}

static void
assert_why_equal(const struct va_result *a, const struct va_result *b)
{
	assert_int_equal(a->verdict, b->verdict);
	assert_int_equal(a->reason, b->reason);
	assert_true(hf_name_equal(&a->owner, &b->owner));
	assert_true(hf_name_equal(&a->signer, &b->signer));
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->key_tag, b->key_tag);
	assert_int_equal(a->algorithm, b->algorithm);
	assert_int_equal(a->digest, b->digest);
	assert_int_equal(a->inception, b->inception);
	assert_int_equal(a->expiration, b->expiration);
	assert_int_equal(a->ttl, b->ttl);
	assert_int_equal(a->labels, b->labels);
	assert_int_equal(a->wildcard, b->wildcard);
}

static struct cp_outcome
outcome_of(const struct hf_rrset *answer, const struct hf_rrset *proof, enum hf_verdict verdict)
{
	struct cp_outcome o = {
	    .kind = answer != NULL ? CP_KIND_ANSWER : CP_KIND_NODATA,
	    .ds = CP_DS_UNSIGNED,
	    .cut = name_of("example."),
	    .target = hf_name_root,
	    .verdict = verdict,
	    .why = {.verdict = verdict, .owner = hf_name_root, .signer = hf_name_root},
	};

	if (answer != NULL)
		o.answer[o.answer_cnt++] = answer;
	while (proof != NULL && o.proof_cnt < 3)
		o.proof[o.proof_cnt++] = proof;
	return o;
}

static size_t
round_trip(const struct cp_outcome *o, const struct hf_name *name, struct hf_arena *a)
{
	const struct cp_pack_as as = {name, HF_TYPE_A, 300};
	size_t len = cp_pack_outcome(o, &as, false, NULL);
	uint8_t *buf = malloc(len); /* exactly: ASan sees the first octet too many */

	assert_non_null(buf);
	assert_int_equal(cp_pack_outcome(o, &as, false, buf), len);
	struct cp_outcome *back = cp_unpack_outcome(a, &as, buf, len);

	assert_non_null(back);
	memset(buf, 0xee, len); /* nothing points into it */
	free(buf);
	assert_outcome_equal(o, back);
	assert_why_equal(&o->why, &back->why);
	for (size_t cut = 0; cut < len; cut++) { /* what was cut off is never read */
		uint8_t *part = malloc(cut == 0 ? 1 : cut);
		uint8_t *whole = malloc(len);

		(void)cp_pack_outcome(o, &as, false, whole);
		memcpy(part, whole, cut);
		assert_null(cp_unpack_outcome(a, &as, part, cut));
		free(part);
		free(whole);
		hf_arena_fini(a);
		hf_arena_init(a, ARENA);
	}
	return len;
}

static void
every_kind_of_outcome_comes_back_as_it_was(void **state)
{
	(void)state;
	struct hf_name name = name_of("www.example.");
	struct hf_rrset set = rrset_of("WWW.example.", HF_TYPE_A, 2, 1);
	struct hf_rrset proof = rrset_of("other.test.", HF_TYPE_NSEC, 1, 2);
	struct hf_arena a;

	hf_arena_init(&a, ARENA);
	struct cp_outcome o = outcome_of(&set, NULL, HF_VERDICT_SECURE);
	round_trip(&o, &name, &a);
	o = outcome_of(NULL, &proof, HF_VERDICT_INSECURE);
	assert_int_equal(hf_addr_from_text("192.0.2.1@53", &o.server), 0);
	round_trip(&o, &name, &a);
	o = outcome_of(&set, &proof, HF_VERDICT_BOGUS);
	o.own_fault = true;
	assert_int_equal(hf_addr_from_text("2001:db8::1@5353", &o.blame), 0);
	o.why = (struct va_result){.verdict = HF_VERDICT_BOGUS,
	    .reason = VA_SIG_BAD,
	    .owner = name,
	    .signer = name_of("elsewhere.test."),
	    .type = HF_TYPE_A,
	    .key_tag = 33834,
	    .algorithm = 13,
	    .digest = 2,
	    .inception = 1,
	    .expiration = UINT32_MAX,
	    .ttl = 7,
	    .labels = 2,
	    .wildcard = true};
	round_trip(&o, &name, &a);
	o = outcome_of(&set, NULL, HF_VERDICT_INSECURE);
	o.kind = CP_KIND_CNAME;
	o.target = name_of("a.long.way.from.here.");
	round_trip(&o, &name, &a);
	o = outcome_of(&set, NULL, HF_VERDICT_SECURE);
	while (o.answer_cnt < 7) /* of ANY */
		o.answer[o.answer_cnt++] = &proof;
	round_trip(&o, &name, &a);
	hf_arena_fini(&a);
}

static void
a_signed_address_takes_few_octets(void **state)
{
	(void)state;
	struct hf_name name = name_of("www.example.com.");
	const struct cp_pack_as as = {&name, HF_TYPE_A, 300};
	uint8_t sig[18 + 13 + 64] = {0}; /* RRSIG of example.com., ECDSA P-256 */
	struct hf_rdata rr[2] = {{octets[0], 4}, {sig, sizeof(sig)}};
	struct hf_rrset set = rrset_of("www.example.com.", HF_TYPE_A, 1, 1);
	struct cp_outcome o = outcome_of(&set, NULL, HF_VERDICT_SECURE);

	set.rr = rr;
	set.sig = rr + 1;
	o.cut = name_of("example.com.");
	assert_int_equal(hf_addr_from_text("192.0.2.1@53", &o.server), 0);
	sig[1] = HF_TYPE_A;
	memcpy(sig + 18, name.octets + 4, 13);
	assert_true(cp_pack_outcome(&o, &as, true, NULL) <= 98);
	assert_int_equal(
	    cp_pack_outcome(&o, &as, false, NULL) - cp_pack_outcome(&o, &as, true, NULL), 5);
}

/* Records whose RDATA has names in it, as octets. */
static void
assert_set_comes_back(uint16_t type, const void *rr, size_t rr_len, const void *sig, size_t sig_len)
{
	struct hf_name name = name_of("www.Example.com.");
	struct hf_rdata rdatas[2] = {{rr, (uint16_t)rr_len}, {sig, (uint16_t)sig_len}};
	struct hf_rrset set = rrset_of("www.example.com.", type, 1, 1), *back;
	struct hf_arena a;
	uint8_t buf[512];

	hf_arena_init(&a, ARENA);
	set.rr = rdatas;
	set.sig = rdatas + 1;
	size_t len = cp_pack_rrset(&set, &name, buf);

	assert_true(len < rr_len + sig_len);
	back = cp_unpack_rrset(&a, &name, buf, len);
	assert_non_null(back);
	assert_rrset_equal(&set, back);
	for (size_t cut = 0; cut < len; cut++)
		assert_null(cp_unpack_rrset(&a, &name, buf, cut));
	hf_arena_fini(&a);
}

static void
names_within_records_and_signatures_come_back_to_the_letter(void **state)
{
	(void)state;
	static const char *const signers[] = {
	    "\7example\3com", "\7EXAMPLE\3com", "\7example\3cOm", "\3org", ""};
	static const char soa[] = "\3ns1\7example\3com\0\4Host\7eXample\3com\0"
				  "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5";
	static const char ns[] = "\3www\7example\3com";
	static const char nsec[] = "\1\0\3www\7example\3com\0\0\6\100\0\0\0\0\3";
	uint8_t sig[18 + 20 + 64] = {0};

	for (unsigned i = 0; i < sizeof(signers) / sizeof(signers[0]); i++) {
		size_t len = strlen(signers[i]) + 1;

		for (unsigned k = 0; k < sizeof(sig); k++)
			sig[k] = (uint8_t)(k + i);
		memcpy(sig + 18, signers[i], len);
		sig[0] = 0;
		sig[1] = HF_TYPE_SOA;
		assert_set_comes_back(HF_TYPE_SOA, soa, sizeof(soa) - 1, sig, 18 + len + 64);
		sig[1] = HF_TYPE_NS;
		assert_set_comes_back(HF_TYPE_NS, ns, sizeof(ns), sig, 18 + len + 64);
		sig[1] = HF_TYPE_NSEC;
		assert_set_comes_back(HF_TYPE_NSEC, nsec, sizeof(nsec) - 1, sig, 18 + len + 64);
	}
}

static void
the_owner_of_a_packed_rrset_is_read_without_the_rest(void **state)
{
	(void)state;
	struct hf_name zone = name_of("example.com."), owner;
	struct hf_rrset set = rrset_of("0123456789ABCDEF.example.com.", HF_TYPE_NSEC3, 1, 2);
	uint8_t buf[512];

	assert_true(cp_pack_rrset(&set, &zone, buf) < sizeof(buf));
	assert_true(cp_packed_owner(&zone, buf, 21, &owner));
	assert_true(hf_name_equal(&owner, &set.owner));
	assert_false(cp_packed_owner(&zone, buf, 10, &owner));
}

static void
a_delegation_comes_back_without_what_a_question_noted_in_it(void **state)
{
	(void)state;
	struct hf_arena a;
	struct cp_delegation *d = calloc(1, cp_delegation_size(2)), *back;
	uint8_t buf[512];

	hf_arena_init(&a, ARENA);
	d->zone = name_of("example.com.");
	d->parent = name_of("com.");
	d->ttl_s = 172800;
	d->ns_cnt = 2;
	d->ns[0] = (struct cp_ns){.name = name_of("ns1.elsewhere.net."), .asked = true};
	d->ns[1] = (struct cp_ns){.name = name_of("example.com."), .addr_cnt = 2};
	assert_int_equal(hf_addr_from_text("192.0.2.1@53", &d->ns[1].addr[0]), 0);
	assert_int_equal(hf_addr_from_text("2001:db8::1@53", &d->ns[1].addr[1]), 0);
	size_t len = cp_pack_delegation(d, NULL);

	assert_true(len < sizeof(buf));
	assert_int_equal(cp_pack_delegation(d, buf), len);
	back = cp_unpack_delegation(&a, &d->zone, buf, len);
	assert_non_null(back);
	assert_true(
	    hf_name_equal(&back->zone, &d->zone) && hf_name_equal(&back->parent, &d->parent));
	assert_int_equal(back->ttl_s, d->ttl_s);
	assert_int_equal(back->ns_cnt, 2);
	assert_true(hf_name_equal(&back->ns[0].name, &d->ns[0].name));
	assert_false(back->ns[0].asked);
	assert_int_equal(back->ns[1].addr_cnt, 2);
	assert_true(hf_addr_equal(&back->ns[1].addr[1], &d->ns[1].addr[1]));
	for (size_t cut = 0; cut < len; cut++)
		assert_null(cp_unpack_delegation(&a, &d->zone, buf, cut));
	hf_arena_fini(&a);
	free(d);
}

static void
a_failure_comes_back_with_its_text_and_chain(void **state)
{
	(void)state;
	struct hf_arena a;
	struct hf_name name = name_of("www.example.com.");
	struct cp_failure *f = calloc(1, sizeof(*f) + sizeof(f->chain[0])), *back;
	uint8_t buf[512];

	hf_arena_init(&a, ARENA);
	f->verdict = HF_VERDICT_BOGUS;
	f->ede = 6;
	f->backoff_s = 60;
	strcpy(f->text, "RRSIG A www.example.com. keytag 1: signature does not verify");
	f->chain_cnt = 1;
	f->chain[0] = name_of("alias.test.");
	size_t len = cp_pack_failure(f, &name, NULL);

	assert_true(len < sizeof(buf));
	assert_int_equal(cp_pack_failure(f, &name, buf), len);
	back = cp_unpack_failure(&a, &name, buf, len);
	assert_non_null(back);
	assert_int_equal(back->verdict, f->verdict);
	assert_int_equal(back->ede, f->ede);
	assert_int_equal(back->backoff_s, f->backoff_s);
	assert_string_equal(back->text, f->text);
	assert_int_equal(back->chain_cnt, 1);
	assert_true(hf_name_equal(&back->chain[0], &f->chain[0]));
	for (size_t cut = 0; cut < len; cut++)
		assert_null(cp_unpack_failure(&a, &name, buf, cut));
	hf_arena_fini(&a);
	free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_of_outcome_comes_back_as_it_was),
	    cmocka_unit_test(a_signed_address_takes_few_octets),
	    cmocka_unit_test(names_within_records_and_signatures_come_back_to_the_letter),
	    cmocka_unit_test(the_owner_of_a_packed_rrset_is_read_without_the_rest),
	    cmocka_unit_test(a_delegation_comes_back_without_what_a_question_noted_in_it),
	    cmocka_unit_test(a_failure_comes_back_with_its_text_and_chain),
	};

	return cmocka_run_group_tests(tests, make_rdata, NULL);
}
