/* SPDX-License-Identifier: BSD-3-Clause */
/* The validator against zones signed by ldns, BIND and Knot DNS at test time: every RRset
 * validates from the DS down, every denial is proven, nothing false is. Skips, loudly, what the
 * machine lacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/support/va_zonefile.h"

static const char zone_text[] = "$ORIGIN example.\n$TTL 3600\n"
				"@ IN SOA ns.example. Hostmaster.Example. 1 7200 3600 1209600 300\n"
				"@ IN NS ns.example.\n"
				"@ IN MX 10 Mail.Example.\n"
				"ns IN A 192.0.2.1\n"
				"Mail IN AAAA 2001:db8::1\n"
				"www IN A 192.0.2.2\n"
				"www IN A 192.0.2.1\n"
				"www IN TXT \"a\" \"b\"\n"
				"alias IN CNAME WWW\n"
				"deep.ent IN A 192.0.2.3\n"
				"*.wild IN A 192.0.2.4\n"
				"unsigned IN NS ns.unsigned\n"
				"ns.unsigned IN A 192.0.2.5\n"
				"signed IN NS ns.example.\n"
				"signed IN DS 12345 13 2 "
				"0000000000000000000000000000000000000000000000000000000000000000\n"
				"moved IN DNAME target.example.\n"
				"srv IN SRV 1 2 3 Target.Example.\n"
				"odd IN TYPE65280 \\# 3 AbCdEf\n";

#define KNOT_CONF(nsec3)                                                             \
	"server:\n  rundir: \".\"\ndatabase:\n  storage: \".\"\n"                    \
	"policy:\n  - id: p\n    algorithm: rsasha256\n    nsec3: " nsec3 "\n"       \
	"    nsec3-iterations: 5\n    nsec3-opt-out: on\n    nsec3-salt-length: 8\n" \
	"zone:\n  - domain: example.\n    storage: \".\"\n    file: \"zone\"\n"      \
	"    dnssec-signing: on\n    dnssec-policy: p\n"

/* A signer, and how it is run in a directory with "zone" in it; it leaves "signed". */
struct tool {
	const char *program, *script;
	const char *knot_conf;
	bool optout;
};

static const struct tool tools[] = {
    {"ldns-signzone",
	"k=$(ldns-keygen -a RSASHA512 -b 2048 -k example.) && "
	"z=$(ldns-keygen -a RSASHA512 -b 1024 example.) && "
	"ldns-signzone -o example. -f signed zone $k $z",
	NULL, false},
    {"ldns-signzone",
	"k=$(ldns-keygen -a ECDSAP256SHA256 -k example.) && "
	"ldns-signzone -n -p -t 3 -s aabbcc -o example. -f signed zone $k",
	NULL, true},
    {"dnssec-signzone",
	"dnssec-keygen -q -a ED25519 -f KSK example. && dnssec-keygen -q -a ED25519 example. && "
	"dnssec-signzone -q -S -o example. -f signed zone",
	NULL, false},
    {"dnssec-signzone",
	"dnssec-keygen -q -a ECDSAP384SHA384 -f KSK example. && "
	"dnssec-keygen -q -a ECDSAP384SHA384 example. && "
	"dnssec-signzone -q -S -3 aabb -H 5 -o example. -f signed zone",
	NULL, false},
    {"dnssec-signzone",
	"dnssec-keygen -q -a RSASHA256 -b 2048 -f KSK example. && "
	"dnssec-keygen -q -a RSASHA256 -b 1024 example. && "
	"dnssec-signzone -q -S -3 - -H 0 -A -o example. -f signed zone",
	NULL, true},
    {"kzonesign", "mkdir out && kzonesign -c knot.conf -o out example. && mv out/zone signed",
	KNOT_CONF("off"), false},
    {"kzonesign", "mkdir out && kzonesign -c knot.conf -o out example. && mv out/zone signed",
	KNOT_CONF("on"), true},
};

static struct va_zonefile file;
static const struct hf_rrset *proof_sets[VA_ZONEFILE_SETS];
static struct va_proofs proofs;
static struct hf_name zone;
static struct va_budget budget;
static struct va_result res;

static void
put_file(const char *dir, const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	VA_REQUIRE(f != NULL);
	VA_REQUIRE(fputs(text, f) >= 0);
	VA_REQUIRE(fclose(f) == 0);
}

static bool
tool_runs(const struct tool *t)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null 2>&1", t->program);
	return system(cmd) == 0;
}

/* Sign the zone in a directory of its own, load it, take the directory away. */
static void
sign_zone(const struct tool *t)
{
	char dir[] = "/tmp/va-zones-XXXXXX", path[64], cmd[1024];

	VA_REQUIRE(mkdtemp(dir) != NULL);
	put_file(dir, "zone", zone_text);
	put_file(dir, "knot.conf", t->knot_conf != NULL ? t->knot_conf : "");
	snprintf(cmd, sizeof(cmd), "cd %s && { %s; } >log 2>&1 || { cat log >&2; false; }", dir,
	    t->script);
	int rc = system(cmd);
	snprintf(path, sizeof(path), "%s/signed", dir);
	if (rc == 0)
		va_zonefile_load(&file, path);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	VA_REQUIRE(system(cmd) == 0);
	if (rc != 0)
		fail_msg("%s failed", t->program);
}

static void
fresh_budget(void)
{
	budget = va_budget_whole();
}

/* A DS of each key with the SEP bit, and the keys against it. */
static void
check_keys(const struct va_box *keys)
{
	static struct va_box ds;

	va_box_init(&ds, "example.", HF_TYPE_DS, 3600);
	for (unsigned i = 0; i < keys->set.rr_cnt; i++) {
		uint8_t rdata[64];

		if ((keys->rr[i].data[1] & HF_DNSKEY_SEP) != 0)
			va_box_add(&ds, rdata, va_ds_make(&zone, &keys->rr[i], 2, rdata, 64));
	}
	fresh_budget();
	va_keys_verify(&keys->set, &ds.set, time(NULL), &budget, &res);
	assert_int_equal(res.reason, VA_OK);
	assert_int_equal(res.verdict, HF_VERDICT_SECURE);
}

/* What the parent does not sign: NS at a cut, and what lies below. */
static bool
is_signed(const struct hf_rrset *set)
{
	const struct hf_name cut = va_name("unsigned.example.");

	if (set->type == HF_TYPE_NS && !hf_name_equal(&set->owner, &zone))
		return false;
	return set->type != HF_TYPE_A || !hf_name_in(&set->owner, &cut);
}

static void
check_sets(const struct va_box *keys)
{
	char name[HF_NAME_TEXT_LEN], type[HF_TYPE_TEXT_LEN];

	proofs = (struct va_proofs){.sets = proof_sets, .cnt = 0, .zone = &zone};
	for (unsigned i = 0; i < file.set_cnt; i++) {
		const struct hf_rrset *set = &file.sets[i].set;
		enum va_reason wanted = is_signed(set) ? VA_OK : VA_SIG_MISSING;

		fresh_budget();
		va_rrset_verify(set, &zone, &keys->set, time(NULL), &budget, &res);
		if (res.reason != wanted)
			fail_msg("%s %s: %s", hf_name_to_text(&set->owner, name),
			    hf_type_to_text(set->type, type), va_reason_name(res.reason));
		if (set->type == HF_TYPE_NSEC || set->type == HF_TYPE_NSEC3)
			proof_sets[proofs.cnt++] = set;
	}
	assert_true(proofs.cnt > 8);
}

/* A denial is secure, or no more than insecure where an opt-out gap is part of it. */
static void
assert_denied(bool denied, bool by_gap)
{
	assert_int_equal(res.verdict != HF_VERDICT_BOGUS, denied);
	if (denied)
		assert_int_equal(res.verdict, by_gap ? HF_VERDICT_INSECURE : HF_VERDICT_SECURE);
}

static void
check_types(bool optout)
{
	static const struct {
		const char *name;
		uint16_t type;
		bool denied, by_gap;
	} cases[] = {
	    {"www.example.", HF_TYPE_MX, true, false},
	    {"www.example.", HF_TYPE_A, false, false},
	    {"WWW.example.", HF_TYPE_DS, true, false},
	    {"alias.example.", HF_TYPE_A, false, false},
	    {"ent.example.", HF_TYPE_A, true, false},
	    {"x.wild.example.", HF_TYPE_TXT, true, true},
	    {"x.wild.example.", HF_TYPE_A, false, false},
	    {"unsigned.example.", HF_TYPE_A, false, false},
	    {"signed.example.", HF_TYPE_DS, false, false},
	    {"example.", HF_TYPE_DS, false, false},
	    {"x.moved.example.", HF_TYPE_A, false, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_name n = va_name(cases[i].name);

		/* An opt-out gap may stand in for the unsigned delegation itself. */
		if (optout && strcmp(cases[i].name, "unsigned.example.") == 0)
			continue;
		fresh_budget();
		va_deny_type(&proofs, &n, cases[i].type, &budget, &res);
		assert_denied(cases[i].denied, cases[i].by_gap && optout);
	}
}

static void
check_names(bool optout)
{
	static const struct {
		const char *name;
		bool denied;
	} cases[] = {
	    {"nx.example.", true},
	    {"a.b.c.nx.example.", true},
	    {"x.www.example.", true},
	    {"zz.ent.example.", true},
	    {"www.example.", false},
	    {"ent.example.", false},
	    {"x.wild.example.", false},
	    {"x.signed.example.", false},
	    {"x.moved.example.", false},
	    {"example.", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_name n = va_name(cases[i].name);

		fresh_budget();
		va_deny_name(&proofs, &n, &budget, &res);
		assert_denied(cases[i].denied, optout);
	}
}

static enum va_cut
cut_at(const char *name)
{
	struct hf_name n = va_name(name);

	fresh_budget();
	return va_deny_ds(&proofs, &n, &budget, &res);
}

static void
check_cuts(bool optout)
{
	struct hf_name wild = va_name("a.b.wild.example.");

	assert_int_equal(cut_at("unsigned.example."), VA_CUT_UNSIGNED);
	assert_int_equal(cut_at("signed.example."), VA_CUT_UNPROVEN);
	assert_int_equal(cut_at("www.example."), VA_CUT_NONE);
	assert_int_equal(cut_at("ent.example."), VA_CUT_NONE);
	assert_int_equal(cut_at("example."), VA_CUT_UNPROVEN);
	assert_int_equal(cut_at("nx.example."), optout ? VA_CUT_UNSIGNED : VA_CUT_NONE);

	fresh_budget();
	va_deny_closer(&proofs, &wild, 2, &budget, &res);
	assert_denied(true, optout);
	struct hf_name www = va_name("www.example.");
	va_deny_closer(&proofs, &www, 1, &budget, &res);
	assert_denied(false, false);
}

static void
zones_of_real_signers_validate_whole(void **state)
{
	(void)state;
	unsigned ran = 0;

	zone = va_name("example.");
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		if (!tool_runs(&tools[i])) {
			print_message("SKIPPED: no %s on this machine\n", tools[i].program);
			assert_null(getenv("HF_TEST_ALL"));
			continue;
		}
		sign_zone(&tools[i]);
		const struct va_box *keys = va_zonefile_box(&file, &zone, HF_TYPE_DNSKEY);
		print_message("%s: %u RRsets\n", tools[i].program, file.set_cnt);
		check_keys(keys);
		check_sets(keys);
		check_types(tools[i].optout);
		check_names(tools[i].optout);
		check_cuts(tools[i].optout);
		ran++;
	}
	if (ran == 0)
		skip();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(zones_of_real_signers_validate_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
