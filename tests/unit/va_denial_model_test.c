/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of va_deny_*: random zones, with NSEC and NSEC3, against a model that looks names up in
 * a list. What is proven is true, and what is true is proven where the whole chain is there. */
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
	budget = va_budget_whole();
}

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
	    cmocka_unit_test(nsec_proves_what_is_true_of_random_zones_and_nothing_else),
	    cmocka_unit_test(nsec3_proves_what_is_true_of_random_zones_and_nothing_else),
	    cmocka_unit_test(nsec3_with_opt_out_is_never_more_than_insecure_about_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
