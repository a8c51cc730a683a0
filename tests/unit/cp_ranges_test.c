/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of controlplane/resolver/ranges.c, against a list that must be right. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "controlplane/resolver/ranges.h"
#include "lib/base/ns.h"
#include "tests/unit/support/va_chain.h"

enum { NAMES = 60, ZONES = 40 };

static const struct hf_siphash_key key = {{3, 4}};
static struct cp_ranges *r;
static struct hf_arena arena;

static int
begin(void **state)
{
	(void)state;
	hf_arena_init(&arena, 64 << 20);
	r = cp_ranges_create(&key, NULL, 8 << 20);
	return r == NULL;
}

static int
end(void **state)
{
	(void)state;
	cp_ranges_destroy(r);
	hf_arena_fini(&arena);
	return 0;
}

static void
put_soa(const char *zone, uint32_t ttl, uint64_t now_ns)
{
	struct hf_name z = va_name(zone);
	const uint8_t rdata[22] = {0, 0};
	struct hf_rdata rd = {rdata, sizeof(rdata)};
	struct hf_rrset set = {
	    .owner = z, .type = HF_TYPE_SOA, .klass = 1, .ttl = ttl, .rr_cnt = 1, .rr = &rd};

	cp_ranges_put(r, &z, &set, now_ns);
}

static void
put_nsec(const char *zone, const char *owner, const char *next, uint64_t now_ns)
{
	static struct va_chain c;
	struct hf_name z = va_name(zone), o = va_name(owner), n = va_name(next);

	va_chain_init(&c, zone);
	va_chain_nsec(&c, &o, &n, "A NSEC RRSIG");
	cp_ranges_put(r, &z, c.sets[0], now_ns);
}

static void
put_nsec3(const char *zone, const struct va_nsec3_params *p, uint8_t owner, uint8_t next)
{
	static struct va_chain c;
	uint8_t from[20] = {owner}, to[20] = {next};
	struct hf_name z = va_name(zone);

	va_chain_init(&c, zone);
	va_chain_nsec3(&c, p, from, to, "A RRSIG");
	cp_ranges_put(r, &z, c.sets[0], 0);
}

/* The owner's first label of what is found, or "" when nothing is. */
static const char *
found_at(const char *zone, const char *name, uint64_t now_ns)
{
	static char text[HF_NAME_TEXT_LEN];
	struct hf_name z = va_name(zone), n = va_name(name);
	const struct cp_ranges_at at = {.zone = &z, .name = &n, .now_ns = now_ns};
	const struct hf_rrset *set = cp_ranges_find(r, &at, &arena);

	if (set == NULL)
		return "";
	hf_name_to_text(&set->owner, text);
	text[strcspn(text, ".")] = '\0';
	return text;
}

static int
hash_found(const char *zone, uint8_t first)
{
	struct hf_name z = va_name(zone);
	uint8_t hash[20] = {first};
	const struct cp_ranges_at at = {.zone = &z, .hash = hash};
	const struct hf_rrset *set = cp_ranges_find(r, &at, &arena);
	struct va_nsec3_range range;

	if (set == NULL)
		return -1;
	assert_true(va_nsec3_range(set, &z, &range));
	return range.owner[0];
}

static uint64_t
entries(void)
{
	uint64_t cnt, octets;

	cp_ranges_size(r, &cnt, &octets);
	return cnt;
}

static void
the_gap_before_a_name_is_found_in_canonical_order(void **state)
{
	(void)state;
	put_nsec("z.", "b.z.", "d.z.", 0);
	put_nsec("z.", "d.z.", "g.z.", 0);
	put_nsec("z.", "p.z.", "z.", 0);
	assert_string_equal(found_at("z.", "a.z.", 0), "");
	assert_string_equal(found_at("z.", "B.z.", 0), "b");
	assert_string_equal(found_at("z.", "c.z.", 0), "b");
	assert_string_equal(found_at("z.", "a.b.z.", 0), "b");
	assert_string_equal(found_at("z.", "D.z.", 0), "d");
	assert_string_equal(found_at("z.", "zz.z.", 0), "p");
	assert_string_equal(found_at("other.", "c.other.", 0), "");
}

static void
any_order_of_putting_gives_what_a_list_gives(void **state)
{
	char owner[32], next[32], asked[32], want[32];
	unsigned order[NAMES], seed = 7;

	(void)state;
	for (unsigned i = 0; i < NAMES; i++)
		order[i] = i;
	for (unsigned i = NAMES - 1; i > 0; i--) {
		seed = seed * 1103515245u + 12345u;
		unsigned k = (seed >> 16) % (i + 1), t = order[i];

		order[i] = order[k];
		order[k] = t;
	}
	for (unsigned i = 0; i < NAMES; i++) {
		snprintf(owner, sizeof(owner), "n%03u.z.", order[i] * 2 + 1);
		snprintf(next, sizeof(next), "n%03u.z.", order[i] * 2 + 2);
		put_nsec("z.", owner, next, 0);
		for (unsigned ask = 0; ask < 2 * NAMES; ask += 7) {
			int best = -1;

			for (unsigned k = 0; k <= i; k++)
				if (order[k] * 2 + 1 <= ask && (int)(order[k] * 2 + 1) > best)
					best = (int)(order[k] * 2 + 1);
			snprintf(asked, sizeof(asked), "n%03u.z.", ask);
			snprintf(want, sizeof(want), "n%03d", best);
			assert_string_equal(found_at("z.", asked, 0), best < 0 ? "" : want);
		}
	}
	assert_int_equal(entries(), NAMES);
}

static void
a_proof_is_found_while_its_ttl_lasts_and_counts_down(void **state)
{
	struct hf_name z = va_name("z."), c = va_name("c.z.");
	struct cp_ranges_at at = {.zone = &z, .name = &c, .now_ns = 3599 * HF_NS_PER_S};

	(void)state;
	put_nsec("z.", "b.z.", "d.z.", 0);
	assert_int_equal(cp_ranges_find(r, &at, &arena)->ttl, 1);
	at.now_ns += HF_NS_PER_S;
	assert_null(cp_ranges_find(r, &at, &arena));
	assert_int_equal(entries(), 0);
}

static void
a_zone_tells_whether_it_has_a_soa_that_has_not_expired(void **state)
{
	struct hf_name name = va_name("a.b.z.");
	struct cp_ranges_zone zone;

	(void)state;
	put_nsec("z.", "b.z.", "d.z.", 0);
	assert_true(cp_ranges_zone(r, &name, 0, 0, &zone));
	assert_false(zone.has_soa);
	put_soa("z.", 100, 0);
	assert_true(cp_ranges_zone(r, &name, 0, 0, &zone));
	assert_true(zone.has_soa);
	assert_int_equal(zone.chain, CP_CHAIN_NSEC);
	assert_true(cp_ranges_zone(r, &name, 0, 100 * HF_NS_PER_S, &zone));
	assert_false(zone.has_soa);
}

static void
the_closest_zone_is_the_one_that_counts(void **state)
{
	struct hf_name name = va_name("x.sub.z.");
	struct cp_ranges_zone zone;

	(void)state;
	put_soa("z.", 100, 0);
	put_nsec("z.", "b.z.", "d.z.", 0);
	put_nsec("sub.z.", "b.sub.z.", "d.sub.z.", 0);
	assert_true(cp_ranges_zone(r, &name, 0, 0, &zone));
	assert_false(zone.has_soa);
	assert_int_equal(zone.name.label_cnt, 2);
}

static void
a_newer_proof_takes_out_what_it_contradicts(void **state)
{
	(void)state;
	put_nsec("z.", "b.z.", "d.z.", 0);
	put_nsec("z.", "d.z.", "f.z.", 0);
	put_nsec("z.", "f.z.", "h.z.", 0);
	put_nsec("z.", "b.z.", "f.z.", 0); /* d is gone */
	assert_string_equal(found_at("z.", "e.z.", 0), "b");
	assert_int_equal(entries(), 2);
	put_nsec("z.", "c.z.", "f.z.", 0); /* c has come: b's gap is none any more */
	assert_string_equal(found_at("z.", "bb.z.", 0), "");
	assert_string_equal(found_at("z.", "e.z.", 0), "c");
	assert_int_equal(entries(), 2);
}

static void
hashes_wrap_and_another_salt_begins_anew(void **state)
{
	struct va_nsec3_params p = {.algorithm = 1, .salt_len = 1, .salt = {1}};

	(void)state;
	put_nsec3("z.", &p, 0x40, 0x80);
	put_nsec3("z.", &p, 0xc0, 0x40);
	assert_int_equal(hash_found("z.", 0x50), 0x40);
	assert_int_equal(hash_found("z.", 0x10), 0xc0);
	assert_int_equal(hash_found("z.", 0xff), 0xc0);
	p.salt[0] = 2;
	put_nsec3("z.", &p, 0x20, 0x30);
	assert_int_equal(entries(), 1);
	assert_int_equal(hash_found("z.", 0x50), 0x20);
	put_nsec("z.", "b.z.", "d.z.", 0);
	assert_int_equal(hash_found("z.", 0x50), -1);
	assert_int_equal(entries(), 1);
}

static void
opt_out_many_iterations_and_white_lies_are_not_kept(void **state)
{
	struct va_nsec3_params p = {.algorithm = 1, .flags = 1};
	struct hf_name z = va_name("z.");
	static struct va_chain c;
	uint8_t from[20] = {1}, to[20] = {1};

	(void)state;
	put_nsec3("z.", &p, 0x40, 0x80);
	p.flags = 0;
	p.iterations = VA_NSEC3_ITERATIONS_MAX + 1;
	put_nsec3("z.", &p, 0x40, 0x80);
	p.iterations = 0;
	from[19] = 1;
	to[19] = 3;
	va_chain_init(&c, "z.");
	va_chain_nsec3(&c, &p, from, to, "");
	cp_ranges_put(r, &z, c.sets[0], 0);
	put_nsec("z.", "b.z.", "\\000.b.z.", 0);
	assert_int_equal(entries(), 0);
	put_nsec3("z.", &p, 0x40, 0x40); /* the only name of a zone: all the rest is its gap */
	assert_int_equal(entries(), 1);
}

static void
put_many(const char *zone, unsigned cnt)
{
	char owner[64], next[64];

	for (unsigned i = 0; i < cnt; i++) {
		snprintf(owner, sizeof(owner), "n%05u.%s", i, zone);
		snprintf(next, sizeof(next), "n%05u!.%s", i, zone);
		put_nsec(zone, owner, next, 0);
	}
}

static void
a_zone_that_never_answers_stays_small_and_one_that_does_grows(void **state)
{
	struct hf_name z = va_name("z.");

	(void)state;
	put_many("z.", CP_RANGES_ZONE_FIRST + 100);
	assert_int_equal(entries(), CP_RANGES_ZONE_FIRST);
	assert_string_equal(found_at("z.", "n00000!.z.", 0), ""); /* the oldest went */
	for (unsigned i = 0; i < 25; i++)
		cp_ranges_hit(r, &z);
	put_many("z.", CP_RANGES_ZONE_FIRST + 200);
	assert_int_equal(entries(), CP_RANGES_ZONE_FIRST + 25 * CP_RANGES_ZONE_PER_HIT);
}

static void
what_is_used_stays_and_the_octets_are_bounded(void **state)
{
	uint64_t cnt, octets;
	char zone[32];

	(void)state;
	cp_ranges_destroy(r);
	r = cp_ranges_create(&key, NULL, 512 * 1024);
	for (unsigned i = 0; i < ZONES; i++) {
		snprintf(zone, sizeof(zone), "zone%u.", i);
		put_soa("used.", 1000, 0);
		put_nsec("used.", "b.used.", "d.used.", 0);
		put_soa(zone, 1000, 0);
		put_many(zone, CP_RANGES_ZONE_FIRST);
		cp_ranges_size(r, &cnt, &octets);
		assert_true(octets <= 512 * 1024);
		assert_string_equal(found_at("used.", "c.used.", 0), "b");
	}
	assert_true(cnt > 100);
}

static void *
hammer(void *arg)
{
	struct hf_arena own;
	struct hf_name z = va_name("z."), owner, next;
	char text[64];
	struct va_chain *c = calloc(1, sizeof(*c));

	hf_arena_init(&own, 64 << 20);
	for (unsigned i = 0; i < 3000; i++) {
		const struct cp_ranges_at at = {.zone = &z, .name = &owner};

		snprintf(text, sizeof(text), "n%05u.z.", (i * 17 + *(unsigned *)arg) % 700);
		owner = va_name(text);
		snprintf(text, sizeof(text), "n%05u!.z.", (i * 17 + *(unsigned *)arg) % 700);
		next = va_name(text);
		va_chain_init(c, "z.");
		va_chain_nsec(c, &owner, &next, "A");
		cp_ranges_put(r, &z, c->sets[0], 0);
		(void)cp_ranges_find(r, &at, &own);
		cp_ranges_hit(r, &z);
	}
	hf_arena_fini(&own);
	free(c);
	return NULL;
}

static void
zones_of_one_domain_share_what_one_domain_may_hold(void **state)
{
	enum { MAX = 4 << 20, ALL = 3000 };
	uint64_t cnt, octets;
	char zone[48];

	(void)state;
	cp_ranges_destroy(r);
	r = cp_ranges_create(&key, NULL, MAX);
	put_soa("small.test.", 1000, 0);
	put_nsec("small.test.", "b.small.test.", "d.small.test.", 0);
	for (unsigned i = 0; i < ALL; i++) {
		snprintf(zone, sizeof(zone), "zone%u.flood.test.", i);
		put_soa(zone, 1000, 0);
		put_many(zone, 3);
	}
	cp_ranges_size(r, &cnt, &octets);
	assert_true(octets <= MAX / 100 * (CP_RANGES_SHARE_PERCENT + 2)); /* + the zones' order */
	assert_true(octets > MAX / 100 * 2);
	assert_string_equal(found_at("small.test.", "c.small.test.", 0), "b");
	snprintf(zone, sizeof(zone), "n00001!.zone%u.flood.test.", ALL - 1);
	put_many("zone2999.flood.test.", 3);
	assert_string_not_equal(found_at("zone2999.flood.test.", zone, 0), "");
	put_many("other.test.", 3); /* others are not held back */
	assert_string_not_equal(found_at("other.test.", "n00001!.other.test.", 0), "");
}

static void
several_threads_may_put_and_find_at_once(void **state)
{
	unsigned start[4] = {0, 100, 200, 300};
	pthread_t t[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, hammer, &start[i]), 0);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(entries(), 700);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_gap_before_a_name_is_found_in_canonical_order),
	    T(any_order_of_putting_gives_what_a_list_gives),
	    T(a_proof_is_found_while_its_ttl_lasts_and_counts_down),
	    T(a_zone_tells_whether_it_has_a_soa_that_has_not_expired),
	    T(the_closest_zone_is_the_one_that_counts),
	    T(a_newer_proof_takes_out_what_it_contradicts),
	    T(hashes_wrap_and_another_salt_begins_anew),
	    T(opt_out_many_iterations_and_white_lies_are_not_kept),
	    T(a_zone_that_never_answers_stays_small_and_one_that_does_grows),
	    T(what_is_used_stays_and_the_octets_are_bounded),
	    T(zones_of_one_domain_share_what_one_domain_may_hold),
	    T(several_threads_may_put_and_find_at_once),
	};

	return cmocka_run_group_tests_name("cp_ranges", tests, NULL, NULL);
}
