/* SPDX-License-Identifier: BSD-3-Clause */
/* Trust anchor and root hints files: what is read, and that what is wrong is told where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controlplane/anchors.h"
#include "controlplane/root_hints.h"
#include "validator/validator.h"

#define DS_20326 \
	". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n"
#define KEY_20326                                                                  \
	". IN DNSKEY 257 3 8 "                                                     \
	"AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxR"    \
	"ixHlFlExOLAJr5emLvN7SWXgnLh4+"                                            \
	"B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVL"            \
	"rjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/"                              \
	"b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7Lj"                          \
	"Vc1uTIdsIXxuOLYA4/"                                                       \
	"ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1A" \
	"kUTV74bU= ; keytag 20326\n"

static char err[HF_ZONETEXT_ERROR_LEN];

static int
anchors(const char *text, struct hf_rrsets *s)
{
	hf_rrsets_init(s);
	return cp_anchors_parse("f", text, strlen(text), s, err);
}

static int
hints(const char *text, struct hf_rrsets *s)
{
	hf_rrsets_init(s);
	return cp_root_hints_parse("f", text, strlen(text), s, err);
}

static void
a_ds_is_read_octet_by_octet(void **state)
{
	struct hf_rrsets s;
	static const uint8_t begin[] = {0x4f, 0x66, 8, 2, 0xe0, 0x6d, 0x44};

	(void)state;
	assert_int_equal(anchors(DS_20326, &s), 0);
	assert_int_equal(s.cnt, 1);
	assert_int_equal(s.sets[0].type, HF_TYPE_DS);
	assert_int_equal(s.sets[0].owner.len, 1);
	assert_int_equal(s.sets[0].rr[0].len, 36);
	assert_memory_equal(s.sets[0].rr[0].data, begin, sizeof(begin));
	assert_int_equal(s.sets[0].rr[0].data[35], 0x8d);
	hf_rrsets_fini(&s);
}

static void
the_key_of_the_root_has_the_tag_and_the_digest_that_its_ds_says(void **state)
{
	struct hf_rrsets s;
	uint8_t made[64];

	(void)state;
	assert_int_equal(anchors(KEY_20326 DS_20326, &s), 0);
	assert_int_equal(s.cnt, 2);
	const struct hf_rdata *key = &s.sets[0].rr[0], *ds = &s.sets[1].rr[0];
	assert_int_equal(va_key_tag(key->data, key->len), 20326);
	assert_int_equal(va_ds_make(&hf_name_root, key, 2, made, sizeof(made)), ds->len);
	assert_memory_equal(made, ds->data, ds->len);
	hf_rrsets_fini(&s);
}

static void
records_of_one_owner_and_type_become_one_set_and_equal_ones_are_kept_once(void **state)
{
	struct hf_rrsets s;

	(void)state;
	assert_int_equal(
	    anchors(DS_20326
		"; a comment\n\n"
		".  86400 DS 38696 8 2 ( 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C48\n"
		"\t3AF444A4C0FB2B16 ) ; over two lines\n" DS_20326
		"Example. DS 1 13 1 0000000000000000000000000000000000000000\n"
		"\t60 IN DS 2 13 1 0000000000000000000000000000000000000000\n",
		&s),
	    0);
	assert_int_equal(s.cnt, 2);
	assert_int_equal(s.sets[0].rr_cnt, 2);
	assert_int_equal(s.sets[1].rr_cnt, 2);
	assert_int_equal(s.sets[1].ttl, 60);
	hf_rrsets_fini(&s);
}

static void
every_wrong_anchor_is_told_with_line_and_column(void **state)
{
	static const struct {
		const char *text, *where, *what;
	} bad[] = {
	    {"", "f: ", "no DS or DNSKEY"},
	    {"; nothing\n", "f: ", "no DS or DNSKEY"},
	    {". IN DS 1 8 2\n", "f:1:13: ", "too few"},
	    {"\n. IN DS 1 8 2 E06D\n", "f:2:15: ", "2 octets, want 32"},
	    {". DS 1 8 1 000000000000000000000000000000000000000\n", "f:1:6: ", "cut short"},
	    {". DS 65536 8 1 00\n", "f:1:6: ", "number"},
	    {". DS 1 256 1 00\n", "f:1:8: ", "number"},
	    {". DS -1 8 1 00\n", "f:1:6: ", "number"},
	    {". DS 1 8 3 00\n", "f:1:10: ", "digest type 3"},
	    {". DS 1 8 1 0000000000000000000000000000000000000g\n", "f:1:12: ", "hexadecimal"},
	    {". DNSKEY 257 3 8 AwE*\n", "f:1:18: ", "base64"},
	    {". DNSKEY 257 3 8 AwE\n", "f:1:10: ", "cut short"},
	    {". DNSKEY 257 3 8 Aw=E\n", "f:1:18: ", "base64"},
	    {". DNSKEY 257 3 8 AwEB===\n", "f:1:18: ", "base64"},
	    {". DNSKEY 257 3 8 AB==\n", "f:1:10: ", "cut short"},
	    {". DNSKEY 257 2 8 AwEB\n", "f:1:14: ", "protocol 2"},
	    {". DNSKEY 1 3 8 AwEB\n", "f:1:10: ", "zone key"},
	    {". DNSKEY 385 3 8 AwEB\n", "f:1:10: ", "revoked"},
	    {". IN A 192.0.2.1\n", "f:1:6: ", "type"},
	    {". IN TYPE43 \\# 0\n", "f:1:16: ", "few"},
	    {"example IN DS 1 8 2 00\n", "f:1:1: ", "end in a dot"},
	    {"a..b. IN DS 1 8 2 00\n", "f:1:1: ", "not a name"},
	    {" IN DS 1 8 2 00\n", "f:1:2: ", "no owner"},
	    {"$ORIGIN .\n", "f:1:1: ", "directive"},
	    {". CH DS 1 8 2 00\n", "f:1:3: ", "type"},
	    {". 99999999999 DS 1 8 2 00\n", "f:1:3: ", "TTL"},
	    {". 5 5 DS 1 8 2 00\n", "f:1:5: ", "type"},
	    {".\n", "f:1:1: ", "no type"},
	    {". DS ( 1 8 2 00\n", "f:2:1: ", "within parentheses"},
	    {". DS (( 1 8 2 00\n", "f:1:7: ", "parenthesis"},
	    {". DS ) 1 8 2 00\n", "f:1:6: ", "without"},
	    {". DS \x01 1 8 2 00\n", "f:1:6: ", "0x01"},
	    {". DS \xff 1 8 2 00\n", "f:1:6: ", "0xff"},
	};
	struct hf_rrsets s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int rc = anchors(bad[i].text, &s);

		hf_rrsets_fini(&s);
		if (rc == 0 || strncmp(err, bad[i].where, strlen(bad[i].where)) != 0 ||
		    strstr(err, bad[i].what) == NULL)
			fail_msg("%zu: \"%s\" gives %d \"%s\"", i, bad[i].text, rc, err);
	}
}

static void
an_empty_file_after_a_good_one_is_still_an_error(void **state)
{
	struct hf_rrsets s;

	(void)state;
	assert_int_equal(anchors(DS_20326, &s), 0);
	assert_int_not_equal(cp_anchors_parse("g", "", 0, &s, err), 0);
	assert_int_equal(cp_anchors_parse("g", DS_20326, strlen(DS_20326), &s, err), 0);
	hf_rrsets_fini(&s);
}

static void
a_file_that_is_not_there_is_told_by_its_name(void **state)
{
	struct hf_rrsets s;

	(void)state;
	hf_rrsets_init(&s);
	assert_int_not_equal(cp_anchors_load("/nonexistent/root.ds", &s, err), 0);
	assert_non_null(strstr(err, "/nonexistent/root.ds: No such file"));
	hf_rrsets_fini(&s);
}

static void
hints_put_the_root_ns_set_first_wherever_it_stood(void **state)
{
	struct hf_rrsets s;

	(void)state;
	assert_int_equal(hints("A.ROOT. 3600000 A 198.41.0.4\n"
			       ". 3600000 NS A.ROOT.\nA.ROOT. AAAA 2001:503:ba3e::2:30\n",
			     &s),
	    0);
	assert_int_equal(s.cnt, 3);
	assert_int_equal(s.sets[0].type, HF_TYPE_NS);
	assert_int_equal(s.sets[0].ttl, 3600000);
	for (size_t i = 1; i < 3; i++)
		assert_int_equal(s.sets[i].rr[0].len, s.sets[i].type == HF_TYPE_A ? 4 : 16);
	hf_rrsets_fini(&s);
}

static void
hints_that_do_not_lead_to_a_root_server_are_refused(void **state)
{
	static const struct {
		const char *text, *what;
	} bad[] = {
	    {"", "NS records"},
	    {"a. A 192.0.2.1\n", "NS records"},
	    {". NS a.\n", "no address"},
	    {". NS a.\nb. A 192.0.2.1\n", "b., which is no root server"},
	    {". NS a.\na. A 192.0.2.1\ncom. NS a.\n", "NS records"},
	    {". NS a.\na. A 192.0.2.256\n", "f:2:6: "},
	    {". NS a.\na. A 2001:db8::1\n", "f:2:6: "},
	    {". NS a.\na. AAAA 192.0.2.1\n", "f:2:9: "},
	    {". NS a.\na. A 192.0.2.1@53\n", "f:2:6: "},
	    {". NS a.\na. A 192.0.2.1 192.0.2.2\n", "f:2:16: "},
	    {". NS a\n", "f:1:6: "},
	    {". DS 1 8 2 00\n", "f:1:3: "},
	};
	struct hf_rrsets s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int rc = hints(bad[i].text, &s);

		hf_rrsets_fini(&s);
		if (rc == 0 || strstr(err, bad[i].what) == NULL)
			fail_msg("%zu: \"%s\" gives %d \"%s\"", i, bad[i].text, rc, err);
	}
}

/* Whatever the octets, the parser ends and says yes or no with a text. */
static void
octets_at_random_never_confuse_the_parser(void **state)
{
	static const char set[] = ". \t\n;()$\\\"abcDSNKEYIN0123456789/+=\x80";
	char text[200];
	struct hf_rrsets s;

	(void)state;
	srandom(7);
	for (int round = 0; round < 20000; round++) {
		size_t len = (size_t)random() % sizeof(text);

		for (size_t i = 0; i < len; i++)
			text[i] = set[(size_t)random() % sizeof(set)];
		hf_rrsets_init(&s);
		int rc = cp_anchors_parse("f", text, len, &s, err);
		assert_true(rc == 0 || err[0] != '\0');
		hf_rrsets_fini(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_ds_is_read_octet_by_octet),
	    cmocka_unit_test(the_key_of_the_root_has_the_tag_and_the_digest_that_its_ds_says),
	    cmocka_unit_test(
		records_of_one_owner_and_type_become_one_set_and_equal_ones_are_kept_once),
	    cmocka_unit_test(every_wrong_anchor_is_told_with_line_and_column),
	    cmocka_unit_test(an_empty_file_after_a_good_one_is_still_an_error),
	    cmocka_unit_test(a_file_that_is_not_there_is_told_by_its_name),
	    cmocka_unit_test(hints_put_the_root_ns_set_first_wherever_it_stood),
	    cmocka_unit_test(hints_that_do_not_lead_to_a_root_server_are_refused),
	    cmocka_unit_test(octets_at_random_never_confuse_the_parser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
