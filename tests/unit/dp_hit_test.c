/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/hit.h: each way that this CPU can go gives the octets
 * that the long way gives (packet.h, serve.h), or leaves the frame as it came.
 */
#include "dataplane/wide.h"
#include "tests/unit/dp_frames.h"
#include "tests/unit/dp_serve_fixture.h"
#include "tests/unit/dp_ways.h"

enum { NAMES = 24, ROUNDS = 20000, CAP = 1600, ENTRIES = 400, NOW_S = 1559731985 };

static struct dp_service service;
static struct dp_host host;
static struct dp_hits hits;
static uint64_t state_of = 1;
static char names[NAMES][HF_NAME_MAX];
static struct hf_cookie_secrets secrets = {.cnt = 2, .key = {{{1, 2}}, {{3, 4}}}};
static const struct hf_identity identity = {.nsid = "ns1"};
static const uint8_t *asker; /* the address of who asks next */
static uint8_t asker_len;

static unsigned
below(unsigned n)
{
	return (unsigned)(fx_random(&state_of) >> 33) % n;
}

static bool
chance(unsigned one_in)
{
	return below(one_in) == 0;
}

/* Names of many lengths: within a key's first line, on its edge, beyond the
 * second. */
static void
make_names(void)
{
	static const unsigned lens[NAMES] = {3, 4, 5, 10, 15, 16, 17, 22, 23, 24, 31, 36, 37, 38,
	    39, 40, 60, 63, 64, 65, 100, 102, 103, 200};

	for (unsigned i = 0; i < NAMES; i++) {
		char *p = names[i];
		unsigned left = lens[i] - 1; /* length octets and labels, without the root's */

		while (left > 1) {
			unsigned label = left - 1 < 20 ? left - 1 : 9 + below(11);
			label = left - 1 - label == 1 ? label - 1 : label;
			for (unsigned k = 0; k < label; k++)
				*p++ = "abcxyz-_019"[below(11)];
			*p++ = '.';
			left -= label + 1;
		}
		*p = 0;
	}
}

/* One more record, of odd length perhaps, at no regular distance. */
static void
add_text_record(struct fx_msg *m)
{
	uint8_t *p = m->octets + m->m.head.len;
	unsigned len = 1 + below(60);

	p = fx_u16(p, 0xc00c);
	p = fx_u16(fx_u16(p, HF_TYPE_TXT), HF_CLASS_IN);
	p = fx_u16(fx_u32(p, 50 + below(500)), len + 1);
	*p++ = (uint8_t)len;
	for (unsigned i = 0; i < len; i++)
		*p++ = (uint8_t)below(256);
	m->m.an_cnt++;
	m->m.body_len = (uint16_t)(m->m.body_len + 13 + len);
	m->m.head.len = (uint16_t)(m->m.head.len + 13 + len);
	assert_int_equal(hf_msg_check_answer(&m->m, &m->view), HF_MSG_OK);
}

static void
publish_any(void)
{
	static const uint16_t types[] = {HF_TYPE_A, HF_TYPE_AAAA, HF_TYPE_TXT, 65, 257};
	bool too_large = chance(30);
	const struct fx_answer a = {
	    .name = names[below(NAMES)],
	    .type = types[below(5)],
	    .variant = (uint8_t)below(HF_VARIANT_CNT),
	    .verdict = chance(4) ? (uint8_t)below(HF_VERDICT_CNT)
		: chance(2)      ? HF_VERDICT_SECURE
				 : HF_VERDICT_INSECURE,
	    .rcode = chance(4) ? HF_RCODE_NXDOMAIN : 0,
	    .flags = (uint8_t)((too_large ? HF_ANSWER_TRUNCATED : 0) |
		(chance(2) ? HF_ANSWER_STALE : 0)),
	    .ede = chance(10) ? 1 + below(20) : 0,
	    .rr_cnt = too_large ? 0
		: chance(3)     ? below(40)
				: 1,
	    .rr_ttl = chance(3) ? below(100) : 0,
	    .ttl_s = 1 + below(300),
	    .valid_s = below(1000),
	    .policy_gen = policy->generation,
	};

	fx_make(&a, &msg);
	while (!too_large && chance(3) && msg.m.body_len < 2000)
		add_text_record(&msg);
	dp_table_answer(table, policy, &msg.m, &msg.view, core.now_ms);
}

/* A cookie of a length that can be, or nearly; of our own make, of one secret or the other, old, of
 * the future, or for somebody else. Returns its length. */
static unsigned
put_cookie(uint8_t *p)
{
	unsigned len = chance(3) ? HF_COOKIE_CLIENT_LEN : chance(3) ? below(44) : HF_COOKIE_LEN;

	memset(p, 0x5a, len);
	if (len != HF_COOKIE_LEN)
		return len;
	const struct hf_cookie_secrets one = {.cnt = 1, .key = {secrets.key[below(2)]}};
	const struct hf_cookie_asker a = {.cookie = p,
	    .cookie_len = HF_COOKIE_CLIENT_LEN,
	    .addr = asker,
	    .addr_len = asker_len,
	    .now_s = NOW_S + 400 - below(4400)};
	uint8_t made[HF_COOKIE_LEN];

	(void)hf_cookie_answer(&one, &a, made);
	memcpy(p, made, sizeof(made));
	if (chance(5))
		p[below(HF_COOKIE_LEN)] ^= 1;
	return len;
}

/* One option, or several: cookies, padding, client subnet, NSID, what nobody knows. */
static size_t
put_options(uint8_t *p)
{
	static const uint16_t codes[] = {HF_OPTION_COOKIE, 12, 8, 11, HF_OPTION_NSID, 65001};
	unsigned cnt = chance(3) ? below(4) : 1;
	uint8_t *at = p;

	for (unsigned i = 0; i < cnt; i++) {
		unsigned code = chance(2) ? HF_OPTION_COOKIE : codes[below(6)];
		unsigned len = code == HF_OPTION_COOKIE ? put_cookie(at + 4) : below(40);

		if (code != HF_OPTION_COOKIE)
			memset(at + 4, (int)below(256), len);
		fx_u16(fx_u16(at, code), chance(60) ? below(100) : len);
		at += 4 + len;
	}
	return (size_t)(at - p);
}

/* A query for a name that may be in the cache. */
static size_t
make_query(uint8_t *m)
{
	struct fx_query q = {
	    .name = names[below(NAMES)],
	    .type = chance(3) ? below(300) : HF_TYPE_A,
	    .flags =
		(uint16_t)(0x0100 | (chance(4) ? HF_FLAG_AD : 0) | (chance(6) ? HF_FLAG_CD : 0)),
	    .edns = chance(2),
	    .dnssec_ok = chance(2),
	    .udp_len = (uint16_t)(chance(2) ? 1232 : below(4096)),
	    .version = chance(30),
	};
	size_t len;

	if (chance(20))
		q.flags = (uint16_t)below(0x10000);
	if (chance(30))
		q.klass = (uint16_t)below(300);
	len = fx_query(&q, m);
	for (size_t i = HF_HEADER_LEN; i < len - 4 && m[i] != 0 && !q.edns; i += m[i] + 1u)
		for (unsigned k = 1; k <= m[i]; k++)
			if (m[i + k] >= 'a' && m[i + k] <= 'z' && chance(3))
				m[i + k] ^= 0x20;
	if (q.edns && chance(4)) {
		size_t added = put_options(m + len);

		fx_u16(m + len - 2, (unsigned)added + chance(20));
		len += added;
	}
	for (unsigned n = chance(8) ? 1 + below(3) : 0; n > 0; n--)
		m[below((unsigned)len)] = (uint8_t)below(256);
	if (chance(20))
		len = below((unsigned)len + 1);
	return len;
}

/* Both checksums, of a DNS message at at. */
static void
sum_right(uint8_t *f, const struct frame_plan *p, size_t at)
{
	const uint8_t *ip[] = {f + at - 28};
	const size_t len[] = {20};

	if (!p->v6) {
		dp_put_u16(f + at - 18, 0);
		dp_put_u16(f + at - 18, plain_checksum(ip, len, 1));
	}
	dp_put_u16(f + at - 2, 0);
	dp_put_u16(f + at - 2, transport_checksum(f, p, at - 8));
}

static size_t
make_frame(uint8_t *f)
{
	static const uint8_t odd_v4[][4] = {
	    {127, 0, 0, 1}, {0, 1, 2, 3}, {224, 0, 0, 1}, {223, 9, 9, 9}};
	static const uint8_t odd_v6[][16] = {{0}, {[15] = 1}, {[15] = 2}, {0xff, 2, [15] = 1},
	    {[10] = 0xff, 0xff, 192, 0, 2, 1}, {[10] = 0xff, 0xfe, 192, 0, 2, 1}};
	struct frame_plan p = {.v6 = chance(2), .vlan = chance(4)};
	uint8_t query[800];

	if (chance(10)) /* no host's address, nearly one, and our own */
		p.from = p.v6 ? odd_v6[below(6)] : odd_v4[below(4)];
	else if (chance(20))
		p.from = p.v6 ? our_v6 : our_v4;
	asker_len = p.v6 ? 16 : 4;
	asker = p.from != NULL ? p.from : p.v6 ? their_v6 : their_v4;
	size_t len = make_query(query);
	size_t whole = frame_udp(f, &p, len);
	size_t at = whole - len;

	memcpy(f + at, query, len);
	memset(f + at - 2, 0, 2);
	if (!chance(20))
		dp_put_u16(f + at - 2, transport_checksum(f, &p, at - 8));
	if (chance(20))
		f[below((unsigned)at)] ^= (uint8_t)(1 << below(8)); /* of the headers */
	if (chance(20))
		return below((unsigned)whole + 1);
	return chance(10) ? whole + below(20) : whole; /* Ethernet's padding */
}

static struct ways
ways_now(void)
{
	return (struct ways){&host, &core, policy, CAP};
}

static void
hit_set(unsigned i, uint8_t *octets, size_t len)
{
	memset(&hits.hit[i], 0xee, sizeof(hits.hit[i])); /* what was there must not matter */
	hits.hit[i].octets = octets;
	hits.hit[i].len = (uint16_t)len;
	hits.hit[i].cap = CAP;
	hits.hit[i].ip_summed = hits.hit[i].udp_summed = false;
}

/* A burst of one frame by way w and by the long way. Returns whether w
 * answered. */
static bool
check_frame(const struct dp_hit_way *w, const uint8_t *f, size_t len)
{
	uint8_t *mine = malloc(CAP), theirs[CAP]; /* a sanitizer sees what is read behind it */
	uint64_t queries = core.counters[HF_COUNTER_queries], hit = core.counters[HF_COUNTER_hit];
	uint64_t first[HF_COUNTER_CNT], second[HF_COUNTER_CNT];

	memcpy(first, core.counters, sizeof(first));
	assert_non_null(mine);
	memcpy(mine, f, CAP);
	memcpy(theirs, f, CAP);
	hit_set(5, mine, len);
	const struct ways ways = ways_now();
	bool answered = short_way(&ways, w, &hits, 1u << 5) != 0;
	assert_int_equal(core.counters[HF_COUNTER_queries], queries + answered);
	assert_int_equal(core.counters[HF_COUNTER_hit], hit + answered);
	if (answered) {
		memcpy(second, core.counters, sizeof(second));
		size_t want = long_way(&ways, theirs, len);
		for (unsigned i = 0; i < HF_COUNTER_CNT; i++)
			assert_int_equal(core.counters[i] - second[i], second[i] - first[i]);
		assert_int_equal(hits.hit[5].len, want);
		assert_memory_equal(mine, theirs, want);
		assert_int_equal(core.counters[HF_COUNTER_hit], hit + 2);
	} else {
		assert_memory_equal(mine, f, CAP);
	}
	free(mine);
	return answered;
}

/* None, ours, or one more of each family. */
static void
set_services(unsigned cnt)
{
	service.v4_cnt = service.v6_cnt = cnt;
	memcpy(service.v4[1], (const uint8_t[]){223, 9, 9, 9}, 4);
	memcpy(service.v6[1], (const uint8_t[16]){[15] = 2}, 16);
}

static void
fill(unsigned generation)
{
	push_policy(generation, chance(3) ? NULL : names[below(NAMES)]);
	for (unsigned i = 0; i < ENTRIES; i++) {
		core.now_ms += 500 * below(2);
		publish_any();
	}
}

static void
each_way_answers_as_the_long_way_does(void **state)
{
	(void)state;
	uint8_t f[FRAME_CAP];

	for (unsigned i = 0; dp_hit_way(i) != NULL; i++) {
		const struct dp_hit_way *w = dp_hit_way(i);
		unsigned answered = 0;

		if (!dp_hit_way_runs(w)) {
			print_message("no CPU for %s here\n", w->name);
			continue;
		}
		for (unsigned n = 0; n < ROUNDS; n++) {
			if (n % 1000 == 0)
				fill(1 + i * ROUNDS + n);
			if (n % 100 == 0)
				set_services(chance(10) ? 0 : 1 + below(2));
			core.now_ms += 500 * chance(40); /* some ends are met to the millisecond */
			core.control_alive = chance(2);
			secrets.required = chance(10);
			size_t len = make_frame(f);
			answered += check_frame(w, f, len);
		}
		assert_in_range(answered, ROUNDS / 20, ROUNDS);
		assert_in_range(core.counters[HF_COUNTER_client_cookie_good], 1 + i, UINT64_MAX);
	}
}

/* Each bit of the headers wrong in turn, and checksums made right again, so that nothing else is.
 */
static void
no_way_answers_headers_that_the_long_way_does_not(void **state)
{
	(void)state;
	const struct fx_answer a = {.name = "www.example.", .rr_cnt = 1, .ttl_s = 300};
	const struct fx_query q = {.name = "www.example."};
	uint8_t f[FRAME_CAP], query[600];
	size_t len = fx_query(&q, query);

	publish(&a);
	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct frame_plan p = {.v6 = v6};
		size_t whole = frame_udp(f, &p, len), at = whole - len;

		memcpy(f + at, query, len);
		for (unsigned bit = 0; bit < 8 * at; bit++) {
			f[bit / 8] ^= (uint8_t)(1u << bit % 8);
			sum_right(f, &p, at);
			for (unsigned i = 0; dp_hit_way(i) != NULL; i++)
				if (dp_hit_way_runs(dp_hit_way(i)))
					check_frame(dp_hit_way(i), f, whole);
			f[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

/* All the queries that are called plain in hit.h are taken. */
static void
a_plain_query_goes_no_long_way(void **state)
{
	(void)state;
	uint8_t f[FRAME_CAP], query[600];

	for (unsigned n = 0; n < NAMES; n++) {
		const struct fx_answer a = {.name = names[n], .rr_cnt = 1 + n % 3, .ttl_s = 300};
		size_t name_len = fx_name(names[n]).len;

		publish(&a);
		for (unsigned bits = 0; bits < 16; bits++) {
			struct frame_plan p = {.v6 = bits & 1, .vlan = (bits & 2) != 0};
			const struct fx_query q = {.name = names[n],
			    .edns = (bits & 4) != 0,
			    .flags = (bits & 8) ? HF_FLAG_AD : 0};
			size_t len = fx_query(&q, query);
			size_t whole = frame_udp(f, &p, len);

			for (size_t i = HF_HEADER_LEN;
			     (bits & 8) != 0 && i < HF_HEADER_LEN + name_len; i++)
				if (query[i] >= 'a' && query[i] <= 'z')
					query[i] -= 'a' - 'A';
			memcpy(f + whole - len, query, len);
			memset(f + whole - len - 2, 0, 2);
			dp_put_u16(f + whole - len - 2, transport_checksum(f, &p, whole - len - 8));
			for (unsigned i = 0; dp_hit_way(i) != NULL; i++)
				if (dp_hit_way_runs(dp_hit_way(i)))
					assert_int_equal(check_frame(dp_hit_way(i), f, whole),
					    name_len <= DP_HIT_NAME_MAX);
		}
	}
}

/* Options that ask for nothing, and cookies, too. */
static void
a_query_with_usual_options_goes_no_long_way(void **state)
{
	(void)state;
	static const uint8_t subnet[] = {0, 8, 0, 7, 0, 1, 24, 0, 198, 51, 100};
	const struct fx_answer a = {.name = "www.example.", .rr_cnt = 1, .ttl_s = 300};
	const struct fx_query q = {.name = "www.example.", .edns = true};

	publish(&a);
	secrets.required = false;
	for (unsigned n = 0; n < 64; n++) {
		struct frame_plan p = {.v6 = n & 1};
		uint8_t f[FRAME_CAP], query[600], *end;
		size_t len = fx_query(&q, query), added = 0;

		end = query + len;
		if ((n & 2) != 0) { /* a client's cookie alone */
			memcpy(end, (const uint8_t[12]){0, HF_OPTION_COOKIE, 0, 8, 1, 2, 3}, 12);
			added += 12;
		}
		if ((n & 4) != 0) {
			memcpy(end + added, subnet, sizeof(subnet));
			added += sizeof(subnet);
		}
		if ((n & 8) != 0) { /* padding */
			memcpy(end + added, (const uint8_t[4 + 17]){0, 12, 0, 17}, 4 + 17);
			added += 4 + 17;
		}
		fx_u16(end - 2, (unsigned)added);
		size_t whole = frame_udp(f, &p, len + added), at = whole - len - added;
		memcpy(f + at, query, len + added);
		memset(f + at - 2, 0, 2);
		dp_put_u16(f + at - 2, transport_checksum(f, &p, at - 8));
		for (unsigned i = 0; dp_hit_way(i) != NULL; i++)
			if (dp_hit_way_runs(dp_hit_way(i)))
				assert_true(check_frame(dp_hit_way(i), f, whole));
	}
}

/* A burst in one go: each packet by its own frame, whoever stands beside it. */
static void
packets_of_a_burst_do_not_mix(void **state)
{
	(void)state;
	static uint8_t f[DP_BURST][FRAME_CAP], g[DP_BURST][FRAME_CAP];
	size_t len[DP_BURST];

	fill(1);
	for (unsigned round = 0; round < 50; round++) {
		uint32_t set = (uint32_t)fx_random(&state_of);

		for (unsigned i = 0; i < DP_BURST; i++) {
			len[i] = make_frame(f[i]);
			memcpy(g[i], f[i], FRAME_CAP);
			hit_set(i, f[i], len[i]);
		}
		const struct ways ways = ways_now();
		uint32_t done = short_way(&ways, dp_hit_way_best(), &hits, set);
		assert_int_equal(done & ~set, 0);
		for (unsigned i = 0; i < DP_BURST; i++) {
			size_t want =
			    (done >> i & 1) != 0 ? long_way(&ways, g[i], len[i]) : FRAME_CAP;
			assert_memory_equal(f[i], g[i], want);
		}
	}
}

/* A port that looked at checksums itself: they are not looked at again. */
static void
what_the_port_has_summed_is_not_summed_again(void **state)
{
	(void)state;
	const struct fx_answer a = {.name = "www.example.", .rr_cnt = 1, .ttl_s = 300};
	const struct fx_query q = {.name = "www.example."};
	struct frame_plan p = {0};
	uint8_t f[FRAME_CAP], query[600];

	publish(&a);
	const struct ways ways = ways_now();
	size_t len = fx_query(&q, query);
	size_t whole = frame_udp(f, &p, len);
	memcpy(f + whole - len, query, len);
	dp_put_u16(f + whole - len - 2, 0x1234);
	hit_set(0, f, whole);
	assert_int_equal(short_way(&ways, dp_hit_way_best(), &hits, 1), 0);
	hits.hit[0].ip_summed = true;
	assert_int_equal(short_way(&ways, dp_hit_way_best(), &hits, 1), 0);
	hits.hit[0].udp_summed = true;
	assert_int_equal(short_way(&ways, dp_hit_way_best(), &hits, 1), 1);
}

static int
setup_all(void **state)
{
	test_service(&service, &host);
	make_names();
	int rc = setup(state);
	core.cookies = &secrets;
	core.wall_s = NOW_S;
	core.identity = &identity;
	return rc;
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup_all, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(each_way_answers_as_the_long_way_does),
	    TEST(no_way_answers_headers_that_the_long_way_does_not),
	    TEST(a_plain_query_goes_no_long_way),
	    TEST(a_query_with_usual_options_goes_no_long_way),
	    TEST(packets_of_a_burst_do_not_mix),
	    TEST(what_the_port_has_summed_is_not_summed_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
