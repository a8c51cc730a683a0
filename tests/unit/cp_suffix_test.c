/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of controlplane/public_suffixes.c and controlplane/resolver/suffix.c; the examples
 * are of publicsuffix.org's own test list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controlplane/public_suffixes.h"

static const struct hf_siphash_key key = {{3, 4}};

static const char list[] = "// a comment\n"
			   "com\n"
			   "uk.com\n"
			   "\n"
			   "jp\n"
			   "kobe.jp  and a remark\n"
			   "*.kobe.jp\n"
			   "!city.kobe.jp\n"
			   "*.ck\r\n"
			   "!www.ck\n"
			   "cn\n"
			   "\345\205\254\345\217\270.cn\n" /* xn--55qx5d.cn */
			   "b\303\274cher.example\n"       /* xn--bcher-kva.example */
			   "in-addr.arpa";

static struct cp_suffixes *
read_list(const char *text, unsigned skipped)
{
	struct cp_suffixes *s = cp_suffixes_create(&key);

	assert_non_null(s);
	assert_int_equal(cp_public_suffixes_read(text, strlen(text), s), skipped);
	return s;
}

static void
assert_registrable(const struct cp_suffixes *s, const char *name, const char *want)
{
	struct hf_name n, w;

	assert_int_equal(hf_name_from_text(name, &n), 0);
	assert_int_equal(hf_name_from_text(want, &w), 0);
	hf_name_strip(&n, n.label_cnt - cp_suffixes_registrable(s, &n), &n);
	assert_true(hf_name_equal(&n, &w));
}

static void
the_registrable_domain_is_one_label_below_the_longest_rule(void **state)
{
	(void)state;
	struct cp_suffixes *s = read_list(list, 0);

	assert_registrable(s, ".", ".");
	assert_registrable(s, "com.", "com.");
	assert_registrable(s, "example.com.", "example.com.");
	assert_registrable(s, "a.b.example.com.", "example.com.");
	assert_registrable(s, "uk.com.", "uk.com.");
	assert_registrable(s, "a.b.example.uk.com.", "example.uk.com.");
	assert_registrable(s, "1.2.0.192.in-addr.arpa.", "192.in-addr.arpa.");
	cp_suffixes_destroy(s);
}

static void
suffixes_and_what_is_above_them_are_public_and_domains_are_not(void **state)
{
	static const struct {
		const char *name;
		bool with_list, without;
	} table[] = {{".", true, true}, {"com.", true, true}, {"UK.com.", true, false},
	    {"example.com.", false, false}, {"www.example.com.", false, false},
	    {"in-addr.arpa.", true, false}};
	struct cp_suffixes *s = read_list(list, 0);
	struct hf_name n;

	(void)state;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(hf_name_from_text(table[i].name, &n), 0);
		assert_int_equal(cp_suffixes_is_public(s, &n), table[i].with_list);
		assert_int_equal(cp_suffixes_is_public(NULL, &n), table[i].without);
	}
	cp_suffixes_destroy(s);
}

static void
wildcards_and_exceptions_are_as_the_list_says(void **state)
{
	(void)state;
	struct cp_suffixes *s = read_list(list, 0);

	assert_registrable(s, "test.ck.", "test.ck.");
	assert_registrable(s, "a.b.test.ck.", "b.test.ck.");
	assert_registrable(s, "www.www.ck.", "www.ck.");
	assert_registrable(s, "c.kobe.jp.", "c.kobe.jp.");
	assert_registrable(s, "a.b.c.kobe.jp.", "b.c.kobe.jp.");
	assert_registrable(s, "www.city.kobe.jp.", "city.kobe.jp.");
	cp_suffixes_destroy(s);
}

static void
a_rule_in_utf8_is_one_of_a_labels(void **state)
{
	(void)state;
	struct cp_suffixes *s = read_list(list, 0);

	assert_registrable(s, "a.b.xn--55qx5d.cn.", "b.xn--55qx5d.cn.");
	assert_registrable(s, "a.b.cn.", "b.cn.");
	assert_registrable(s, "a.b.xn--bcher-kva.example.", "b.xn--bcher-kva.example.");
	cp_suffixes_destroy(s);
}

static void
without_a_rule_it_is_the_last_two_labels(void **state)
{
	(void)state;
	struct cp_suffixes *s = read_list(list, 0);

	assert_registrable(s, "a.b.unlisted.", "b.unlisted.");
	assert_registrable(NULL, "a.b.co.uk.", "co.uk.");
	assert_registrable(NULL, "uk.", "uk.");
	cp_suffixes_destroy(s);
}

static void
what_is_no_rule_is_skipped_and_counted(void **state)
{
	(void)state;
	struct cp_suffixes *s = read_list("com\n"
					  "a..b\n"
					  "*.*.x\n"
					  "!\n"
					  "\377\376\n"
					  "\300\200\n"
					  "back\\046slash\n",
	    6);

	assert_int_equal(cp_suffixes_cnt(s), 1);
	cp_suffixes_destroy(s);
}

static void
the_distributions_list_is_read_where_it_is_installed(void **state)
{
	static const char path[] = "/usr/share/publicsuffix/public_suffix_list.dat";
	struct cp_suffixes *s = cp_suffixes_create(&key);
	unsigned skipped = 0;

	(void)state;
	if (cp_public_suffixes_load(path, s, &skipped) == 0) {
		assert_int_equal(skipped, 0);
		assert_true(cp_suffixes_cnt(s) > 5000);
		assert_registrable(s, "www.example.co.uk.", "example.co.uk.");
		assert_registrable(s, "a.b.xn--55qx5d.cn.", "b.xn--55qx5d.cn.");
	}
	cp_suffixes_destroy(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_registrable_domain_is_one_label_below_the_longest_rule),
	    cmocka_unit_test(suffixes_and_what_is_above_them_are_public_and_domains_are_not),
	    cmocka_unit_test(wildcards_and_exceptions_are_as_the_list_says),
	    cmocka_unit_test(a_rule_in_utf8_is_one_of_a_labels),
	    cmocka_unit_test(without_a_rule_it_is_the_last_two_labels),
	    cmocka_unit_test(what_is_no_rule_is_skipped_and_counted),
	    cmocka_unit_test(the_distributions_list_is_read_where_it_is_installed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
