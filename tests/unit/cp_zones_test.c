/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/config/rdatatext.c (against ldns), local_zones.c and zones.c. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <ldns/ldns.h>

#include "controlplane/local_zones.h"
#include "controlplane/zones.h"

#define WRONG "local-data: [a. A 10.0.0.1, a. A 10.0.0]\n"

static struct cp_zones zones;
static struct hf_config config;
static struct hf_config_errors errors;
static char err[HF_ZONETEXT_ERROR_LEN];

static int
make(const char *yaml)
{
	assert_int_equal(hf_config_parse("f.yaml", yaml, strlen(yaml), &config, &errors), 0);
	return cp_zones_init(&zones, &config, err);
}

static void
done(void)
{
	cp_zones_fini(&zones);
	hf_config_fini(&config);
	hf_config_errors_fini(&errors);
}

static const struct cp_zone *
zone_of(const char *text)
{
	struct hf_name name;

	assert_int_equal(hf_name_from_text(text, &name), 0);
	for (size_t i = 0; i < zones.cnt; i++)
		if (hf_name_equal(&zones.item[i].name, &name))
			return &zones.item[i];
	return NULL;
}

static const struct hf_rrset *
set_of(const char *text, uint16_t type)
{
	struct hf_name name;

	assert_int_equal(hf_name_from_text(text, &name), 0);
	for (size_t i = 0; i < zones.data.cnt; i++)
		if (zones.data.sets[i].type == type &&
		    hf_name_equal(&zones.data.sets[i].owner, &name))
			return &zones.data.sets[i];
	return NULL;
}

static const char *const records[] = {
    "a. 300 IN A 192.0.2.1",
    "a. 300 IN AAAA 2001:db8::1",
    "a. 300 IN NS ns.a.",
    "a. 300 IN CNAME b\\.c.d\\200.a.",
    "a. 300 IN DNAME b.",
    "a. 300 IN SOA ns.a. host.a. 2026112701 1800 900 604800 86400",
    "a. 300 IN PTR b.a.",
    "a. 300 IN MX 10 mx.a.",
    "a. 300 IN SRV 1 2 443 svc.a.",
    "a. 300 IN TXT \"one two\" three \"\" \"a\\\"b\\\\c;d\" \"\\001\\255\"",
    "a. 300 IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    "a. 300 IN DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0d xCjjnopKl+GqJxpVXckHAeF+KkxLbxIL",
    "a. 300 IN RRSIG A 13 1 300 20261231235959 20240229000000 4711 a. AAAAAAAAAAAAAAAA",
    "a. 300 IN RRSIG TYPE65280 8 0 300 4294967295 0 1 . AAAA",
    "a. 300 IN NSEC b.a. A NS SOA RRSIG NSEC DNSKEY TYPE258 TYPE65535",
    "a. 300 IN ZONEMD 2018031500 1 1 "
    "FEBE3D4CE2EC2FFA4BA99D46CD69D6D29711E55217057BEE7EB1A7B641A47BA7"
    "FED2DD5B97AE499FAFA4F22C6BD647DE",
    "a. 300 IN TYPE65280 \\# 3 0a0b0c",
    "a. 300 IN TYPE65280 \\# 0",
};

static void
records_become_the_octets_that_ldns_makes_of_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		struct hf_zonetext z = {.name = "t"};
		struct hf_rrsets s;
		ldns_rr *rr;
		uint8_t *wire;
		size_t len, head = 3 + 10; /* "a." and the fields before RDATA */

		if (ldns_rr_new_frm_str(&rr, records[i], 0, NULL, NULL) != LDNS_STATUS_OK)
			fail_msg("ldns: %s", records[i]);
		assert_int_equal(ldns_rr2wire(&wire, rr, LDNS_SECTION_ANSWER, &len), 0);
		hf_rrsets_init(&s);
		if (hf_zonetext_parse(&z, records[i], strlen(records[i]), &s) != 0)
			fail_msg("%s: %s", records[i], z.err);
		assert_int_equal(s.cnt, 1);
		if (s.sets[0].rr[0].len != len - head ||
		    memcmp(s.sets[0].rr[0].data, wire + head, len - head) != 0)
			fail_msg("%s: other octets", records[i]);
		hf_rrsets_fini(&s);
		ldns_rr_free(rr);
		free(wire);
	}
}

static void
wrong_records_are_told_with_their_place(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
	    {"a. MX 65536 b.\n", "t:1:7: \"65536\" is not a number that fits"},
	    {"a. MX 1 b\n", "t:1:9: name \"b\" does not end in a dot"},
	    {"a. MX 1\n", "t:1:7: RDATA has 1 fields, too few"},
	    {"a. MX 1 b. c.\n", "t:1:12: RDATA has 3 fields, too many"},
	    {"a. TXT \"x\n", "t:1:8: a string that does not end"},
	    {"a. TXT \\256\n", "t:1:8: not a string"},
	    {"a. NSEC b. NONE\n", "t:1:12: \"NONE\" is not a type"},
	    {"a. RRSIG A 13 1 300 20261331000000 0 1 . AAAA\n",
		"t:1:21: \"20261331000000\" is not a time"},
	    {"a. HINFO x y\n", "t:1:10: this type is written \\# length hexadecimal"},
	    {"a. TYPE65280 \\# 2 0a\n", "t:1:17: 1 octets follow"},
	    {"a. ANY \\# 0\n", "t:1:4: \"ANY\" is not a type that belongs here"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct hf_zonetext z = {.name = "t"};
		struct hf_rrsets s;

		hf_rrsets_init(&s);
		int rc = hf_zonetext_parse(&z, bad[i].text, strlen(bad[i].text), &s);

		if (rc != -EINVAL || strncmp(z.err, bad[i].why, strlen(bad[i].why)) != 0)
			fail_msg("%s: %d \"%s\"", bad[i].text, rc, z.err);
		hf_rrsets_fini(&s);
	}
}

static void
every_name_of_the_registries_has_a_local_zone(void **state)
{
	static const char *const some[] = {"10.in-addr.arpa.", "16.172.in-addr.arpa.",
	    "31.172.in-addr.arpa.", "168.192.in-addr.arpa.", "64.100.in-addr.arpa.",
	    "127.100.in-addr.arpa.", "127.in-addr.arpa.", "d.f.ip6.arpa.", "b.e.f.ip6.arpa.",
	    "localhost.", "invalid.", "test.", "onion.", "alt.", "home.arpa.", "resolver.arpa.",
	    "ipv4only.arpa.", "8.b.d.0.1.0.0.2.ip6.arpa.",
	    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa."};
	struct hf_name name;
	size_t cnt = 0;

	(void)state;
	assert_int_equal(make(""), 0);
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		assert_non_null(zone_of(some[i]));
		assert_int_equal(zone_of(some[i])->kind, CP_ZONE_LOCAL);
	}
	assert_null(zone_of("15.172.in-addr.arpa."));
	assert_null(zone_of("32.172.in-addr.arpa."));
	assert_null(zone_of("63.100.in-addr.arpa."));
	while (cp_local_zone(cnt, &name))
		cnt++;
	assert_int_equal(zones.cnt, cnt); /* each once */
	assert_true(cnt <= CP_LOCAL_ZONES_MAX);
	assert_int_equal(set_of("localhost.", HF_TYPE_AAAA)->rr[0].len, 16);
	assert_non_null(set_of(some[18], HF_TYPE_PTR));
	assert_int_equal(set_of("ipv4only.arpa.", HF_TYPE_A)->rr_cnt, 2);
	done();
}

static void
local_zones_give_way_to_the_operator(void **state)
{
	(void)state;
	assert_int_equal(make("forward:\n  - {zone: Home.Arpa., servers: [192.0.2.1]}\n"
			      "stub:\n  - {zone: 10.in-addr.arpa., servers: [192.0.2.1]}\n"
			      "local-zones: {test.: off, localhost.: empty, lan.: empty}\n"
			      "local-data:\n  - \"a.lan. 60 A 10.0.0.1\"\n  - b.lan. TXT x\n"),
	    0);
	assert_int_equal(zone_of("home.arpa.")->kind, CP_ZONE_FORWARD);
	assert_int_equal(zone_of("10.in-addr.arpa.")->kind, CP_ZONE_STUB);
	assert_null(zone_of("test."));
	assert_int_equal(zone_of("localhost.")->kind, CP_ZONE_LOCAL);
	assert_null(set_of("localhost.", HF_TYPE_A));
	assert_int_equal(zone_of("lan.")->kind, CP_ZONE_LOCAL);
	assert_int_equal(set_of("a.lan.", HF_TYPE_A)->ttl, 60);
	assert_non_null(set_of("b.lan.", HF_TYPE_TXT));
	done();
}

static void
wrong_local_data_does_not_come_as_far_as_here(void **state)
{
	(void)state;
	assert_int_not_equal(hf_config_parse("f.yaml", WRONG, strlen(WRONG), &config, &errors), 0);
	assert_string_equal(errors.text[0],
	    "f.yaml:1:29: local-data: record:1:6: \"10.0.0\" is not an IPv4 address");
	hf_config_errors_fini(&errors);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records_become_the_octets_that_ldns_makes_of_them),
	    cmocka_unit_test(wrong_records_are_told_with_their_place),
	    cmocka_unit_test(every_name_of_the_registries_has_a_local_zone),
	    cmocka_unit_test(local_zones_give_way_to_the_operator),
	    cmocka_unit_test(wrong_local_data_does_not_come_as_far_as_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
