/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of validator/zonemd.c and controlplane/resolver/rootcopy.c: the digest of a zone, and
 * a copy of the root that answers as the root's servers would. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "controlplane/resolver/caches.h"
#include "tests/unit/support/fakenet.h"
#include "validator/crypto.h"
#include "validator/zonemd.h"

enum { RECORDS = 200 };

static struct fn_zone *root, *tld, *plain;
static struct cp_rootcopy *copy;
static struct va_record record[RECORDS];
static struct hf_name owner[RECORDS];
static uint8_t data[RECORDS][600];
static size_t record_cnt;
static char why[CP_ROOTCOPY_WHY_LEN];

static void
record_add(const struct hf_name *name, uint16_t type, uint32_t ttl, const void *rdata, size_t len)
{
	size_t i = record_cnt++;

	assert_true(i < RECORDS && len <= sizeof(data[0]));
	owner[i] = *name;
	memcpy(data[i], rdata, len);
	record[i] = (struct va_record){&owner[i], type, ttl, {data[i], (uint16_t)len}};
}

static int
by_order(const void *a, const void *b)
{
	return va_record_cmp(a, b);
}

/* --- the digest ------------------------------------------------------------------------- */

/* RFC 8976 A.1 */
static void
rfc_zone(void)
{
	static const char *const text[] = {
	    "example. 86400 IN SOA ns1.example. admin.example. 2018031900 1800 900 604800 86400",
	    "example. 86400 IN NS ns1.example.",
	    "example. 86400 IN NS ns2.example.",
	    "example. 86400 IN ZONEMD 2018031900 1 1 "
	    "c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9"
	    "a9713b3c9ae5cc27777f98b8e730044c",
	    "ns1.example. 3600 IN A 203.0.113.63",
	    "ns2.example. 3600 IN AAAA 2001:db8::63",
	};
	struct fn_zone *z = fn_zone("example.", false);

	record_cnt = 0;
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		fn_add(z, text[i]);
	for (unsigned i = 0; i < z->cnt; i++)
		record_add(
		    &z->rr[i].owner, z->rr[i].type, z->rr[i].ttl, z->rr[i].rdata, z->rr[i].len);
	qsort(record, record_cnt, sizeof(record[0]), by_order);
}

static enum va_zonemd
check(uint32_t serial)
{
	struct hf_name apex = va_name("example.");

	return va_zonemd_check(record, record_cnt, &apex, serial);
}

static struct va_record *
record_of(uint16_t type)
{
	for (size_t i = 0; i < record_cnt; i++)
		if (record[i].type == type)
			return &record[i];
	abort();
}

static void
the_zone_of_rfc_8976_fits_its_digest_until_anything_changes(void **state)
{
	(void)state;
	rfc_zone();
	assert_int_equal(check(2018031900), VA_ZONEMD_GOOD);
	assert_int_equal(check(2018031901), VA_ZONEMD_ABSENT);
	record_of(HF_TYPE_A)->ttl++;
	assert_int_equal(check(2018031900), VA_ZONEMD_BAD);
	record_of(HF_TYPE_A)->ttl--;
	uint8_t *md = (uint8_t *)(uintptr_t)record_of(HF_TYPE_ZONEMD)->data.data;

	md[4] = 2; /* another scheme */
	assert_int_equal(check(2018031900), VA_ZONEMD_ABSENT);
	md[4] = 1;
	md[5] = 240; /* another algorithm */
	assert_int_equal(check(2018031900), VA_ZONEMD_ABSENT);
	md[5] = 1;
	record_cnt--;
	assert_int_equal(check(2018031900), VA_ZONEMD_BAD);
}

/* --- a copy of the root ------------------------------------------------------------------ */

/* The records of a message that the fake root server wrote. */
static void
gather(struct fn_reply *p, uint8_t *msg)
{
	size_t len = hf_writer_finish(&p->w, 0, HF_FLAG_QR);
	struct hf_header h;
	struct hf_cursor c;
	struct hf_walk w;
	struct hf_rr rr;
	uint8_t rdata[600];

	hf_cursor_init(&c, msg, len);
	hf_header_read(&c, &h);
	hf_walk_init(&w, &c, &h);
	while (hf_walk_next(&w, &rr)) {
		ssize_t n = hf_rdata_expand(msg, len, &rr, rdata, sizeof(rdata));

		assert_true(n >= 0);
		record_add(&rr.owner, rr.type, rr.ttl, rdata, (size_t)n);
	}
}

static void
gather_set(const struct hf_name *name, uint16_t type)
{
	static uint8_t msg[HF_MSG_MAX];
	struct fn_reply p = {.z = root, .dnssec = true};
	bool glue = fn_below_cut(root, name);

	hf_writer_init(&p.w, msg, sizeof(msg));
	if (type == HF_TYPE_NSEC)
		fn_put_nsec(&p, name);
	else
		fn_put_set(&p, glue ? HF_SECTION_ADDITIONAL : HF_SECTION_ANSWER, name, type, name);
	gather(&p, msg);
}

static void
gather_zone(void)
{
	record_cnt = 0;
	for (unsigned i = 0; i < root->cnt; i++) {
		const struct fn_rr *rr = &root->rr[i];

		gather_set(&rr->owner, rr->type);
		if (!fn_below_cut(root, &rr->owner))
			gather_set(&rr->owner, HF_TYPE_NSEC);
	}
}

static void
tidy(void)
{
	size_t kept = 0;

	qsort(record, record_cnt, sizeof(record[0]), by_order);
	for (size_t i = 0; i < record_cnt; i++)
		if (i == 0 || va_record_cmp(&record[i], &record[kept - 1]) != 0)
			record[kept++] = record[i];
	record_cnt = kept;
}

/* . with test. (signed) and plain. (not), and its ZONEMD by hash. */
static void
world(uint8_t hash)
{
	uint8_t digest[VA_ZONE_DIGEST_MAX], md[6 + VA_ZONE_DIGEST_MAX] = {0, 0, 0, 1, 1, hash};

	root = fn_root(true);
	tld = fn_zone("test.", true);
	plain = fn_zone("plain.", false);
	fn_apex(tld);
	fn_apex(plain);
	fn_delegate(root, tld, "ns.test.", "192.0.2.2");
	fn_add_ds(root, tld);
	fn_delegate(root, plain, "ns.plain.", "192.0.2.3");
	fn_add(tld, "www.test. 300 IN A 198.51.100.1");
	fn_add(plain, "www.plain. 300 IN A 198.51.100.2");
	struct fn_rr *rr = fn_rr_new(root, ".", HF_TYPE_ZONEMD, 3600);

	memcpy(rr->rdata, md, sizeof(md));
	rr->len = sizeof(md);
	gather_zone();
	tidy();
	size_t len = va_zonemd_digest(record, record_cnt, &hf_name_root, hash, digest);

	assert_true(len > 0);
	memcpy(rr->rdata + 6, digest, len);
	rr->len = (uint16_t)(6 + len);
	gather_zone(); /* signed with the digest in it */
	tidy();
	fn_start(root, NULL);
}

static int
seal(void)
{
	copy = cp_rootcopy_create();
	assert_non_null(copy);
	for (size_t i = 0; i < record_cnt; i++) {
		struct cp_root_record one = {record[i].owner, record[i].type, record[i].ttl,
		    record[i].data.data, record[i].data.len};

		assert_int_equal(cp_rootcopy_add(copy, &one), 0);
	}
	return cp_rootcopy_seal(copy, fn.cfg.anchors, fn.cfg.anchors_cnt, FN_WALL_S + 1, why);
}

static int
teardown(void **state)
{
	(void)state;
	cp_rootcopy_put(copy);
	copy = NULL;
	fn_reset();
	return 0;
}

static void
a_good_copy_is_used_instead_of_the_roots_servers_and_judged_like_them(void **state)
{
	static const uint8_t hashes[] = {HF_ZONEMD_SHA384, HF_ZONEMD_SHA512};
	struct cp_root_soa soa;

	for (unsigned i = 0; i < 2; i++) {
		world(hashes[i]);
		if (seal() != 0)
			fail_msg("%s", why);
		cp_rootcopy_soa(copy, &soa);
		assert_int_equal(soa.serial, 1);
		assert_int_equal(soa.expire_s, 86400);
		cp_caches_set_root(cp_resolver_caches(fn.r), copy, fn.now_ns);
		const struct cp_answer *a = fn_ask("www.test.", HF_TYPE_A, 0);

		assert_int_equal(a->verdict, HF_VERDICT_SECURE);
		assert_int_equal(a->an_cnt, 1);
		assert_int_equal(fn_ask("www.plain.", HF_TYPE_A, 0)->verdict, HF_VERDICT_INSECURE);
		a = fn_ask("no.such.tld.", HF_TYPE_A, HF_VARIANT_DO);
		assert_int_equal(a->rcode, HF_RCODE_NXDOMAIN);
		assert_int_equal(a->verdict, HF_VERDICT_SECURE);
		a = fn_ask("plain.", HF_TYPE_DS, 0);
		assert_int_equal(a->rcode, HF_RCODE_NOERROR);
		assert_int_equal(a->verdict, HF_VERDICT_SECURE);
		assert_int_equal(fn_ask(".", HF_TYPE_NS, 0)->verdict, HF_VERDICT_SECURE);
		assert_int_equal(fn_ask(".", HF_TYPE_TXT, 0)->verdict, HF_VERDICT_SECURE);
		assert_true(fn_counter(CP_RESOLVER_root_copy) >= 5);
		assert_int_equal(fn_counter(CP_RESOLVER_sent_udp), 3); /* test. twice, plain. */
		teardown(state);
	}
}

/* A copy has signatures with what they cover, and no set of its own for them. */
static void
what_a_copy_cannot_answer_is_asked_of_the_roots_servers(void **state)
{
	(void)state;
	world(HF_ZONEMD_SHA384);
	assert_int_equal(seal(), 0);
	cp_caches_set_root(cp_resolver_caches(fn.r), copy, fn.now_ns);
	fn_ask(".", HF_TYPE_RRSIG, 0);
	assert_true(fn_sent_to("192.0.2.1", CP_UDP) > 0);
}

static void
without_a_copy_the_roots_servers_are_asked_again(void **state)
{
	(void)state;
	world(HF_ZONEMD_SHA384);
	assert_int_equal(seal(), 0);
	cp_caches_set_root(cp_resolver_caches(fn.r), copy, fn.now_ns);
	fn_ask("a.none.", HF_TYPE_A, 0);
	assert_int_equal(fn.sent_cnt, 0);
	cp_caches_set_root(cp_resolver_caches(fn.r), NULL, 0);
	fn_ntas(2, NULL);
	fn_pass(86401);
	assert_int_equal(fn_ask("www.plain.", HF_TYPE_A, 0)->rcode, HF_RCODE_NOERROR);
	assert_true(fn_sent_to("192.0.2.1", CP_UDP) > 0);
}

static void
a_copy_whose_soa_has_it_expire_is_left_for_the_roots_servers(void **state)
{
	(void)state;
	world(HF_ZONEMD_SHA384);
	assert_int_equal(seal(), 0);
	cp_caches_set_root(cp_resolver_caches(fn.r), copy, fn.now_ns);
	fn_pass(86400 - 1);
	fn_ask("a.none.", HF_TYPE_A, 0);
	assert_int_equal(fn.sent_cnt, 0);
	fn_pass(86400); /* what was learned from it is gone too */
	assert_int_equal(fn_ask("a.none.", HF_TYPE_A, 0)->rcode, HF_RCODE_NXDOMAIN);
	assert_true(fn_sent_to("192.0.2.1", CP_UDP) > 0);
}

static void
a_copy_that_does_not_fit_its_digest_or_lacks_one_or_its_keys_is_refused(void **state)
{
	(void)state;
	world(HF_ZONEMD_SHA384);
	record_of(HF_TYPE_A)->ttl++;
	assert_int_equal(seal(), -EINVAL);
	assert_non_null(strstr(why, "not what its ZONEMD says"));
	record_of(HF_TYPE_A)->ttl--;
	cp_rootcopy_put(copy);
	uint8_t *md = (uint8_t *)(uintptr_t)record_of(HF_TYPE_ZONEMD)->data.data;

	md[20] ^= 1;
	assert_int_equal(seal(), -EINVAL);
	assert_non_null(strstr(why, "RRSIG ZONEMD"));
	md[20] ^= 1;
	cp_rootcopy_put(copy);
	record_of(HF_TYPE_ZONEMD)->type = 65280;
	assert_int_equal(seal(), -EINVAL);
	assert_string_equal(why, "no ZONEMD record");
	record_of(65280)->type = HF_TYPE_ZONEMD;
	cp_rootcopy_put(copy);
	fn.cfg.anchors_cnt = 0;
	assert_int_equal(seal(), -EINVAL);
	cp_rootcopy_put(copy);
	record_cnt = 0;
	assert_int_equal(seal(), -EINVAL);
	assert_string_equal(why, "no SOA, or more than one");
}

#define T(f) cmocka_unit_test_teardown(f, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_zone_of_rfc_8976_fits_its_digest_until_anything_changes),
	    T(a_good_copy_is_used_instead_of_the_roots_servers_and_judged_like_them),
	    T(what_a_copy_cannot_answer_is_asked_of_the_roots_servers),
	    T(without_a_copy_the_roots_servers_are_asked_again),
	    T(a_copy_whose_soa_has_it_expire_is_left_for_the_roots_servers),
	    T(a_copy_that_does_not_fit_its_digest_or_lacks_one_or_its_keys_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
