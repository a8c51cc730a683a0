/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzz target of dataplane/hit.h: any frame, by each way that this CPU can go, inside memory of
 * exactly its capacity. A frame that is answered has the octets that the long way gives it; one
 * that is not is as it was. */
#include <stdlib.h>

#include "tests/unit/dp_ways.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { CAP = 700, FRAME_MAX = CAP - DP_HIT_TAIL, BOOT_MS = 1000 };

static struct dp_table *table;
static struct dp_policy *policy;
static struct dp_core core;
static struct dp_service service;
static struct dp_host host = {.service = &service, .mac = {2, 0, 0, 0, 0, 1}};
static struct dp_hits hits;
static const struct hf_cookie_secrets secrets = {.cnt = 2, .key = {{{1, 2}}, {{3, 4}}}};
static const struct hf_identity identity = {.nsid = "ns1"};
static uint64_t written[HF_COUNTER_CNT];

static void
require(bool what)
{
	if (!what)
		abort();
}

/* cnt A records for a name, for a variant. */
static void
publish(const char *text, uint8_t variant, unsigned cnt)
{
	static union {
		struct hf_msg_answer m;
		uint8_t octets[HF_UPDATE_SLOT_LEN];
	} u;
	static const uint8_t rr[16] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0x2c, 0, 4, 192, 0, 2, 7};
	struct hf_answer_view view;
	struct hf_name name;

	require(hf_name_from_text(text, &name) == 0);
	memset(&u, 0, sizeof(u));
	hf_msg_key_set(&u.m.key, &name, HF_TYPE_A, HF_CLASS_IN, variant);
	u.m.verdict = HF_VERDICT_SECURE;
	u.m.ede = u.m.hidden_ede = HF_EDE_NONE;
	u.m.ttl_s = 300;
	u.m.an_cnt = (uint16_t)cnt;
	for (unsigned i = 0; i < cnt; i++)
		memcpy(u.m.payload + i * sizeof(rr), rr, sizeof(rr));
	u.m.body_len = (uint16_t)(cnt * sizeof(rr));
	u.m.head.type = HF_MSG_ANSWER;
	u.m.head.len = (uint16_t)(sizeof(u.m) + u.m.body_len);
	require(hf_msg_check_answer(&u.m, &view) == HF_MSG_OK);
	dp_table_answer(table, policy, &u.m, &view, BOOT_MS);
}

static void
start(void)
{
	static const uint8_t seed[64] = {1};
	static const char *const names[] = {
	    "a.", "www.example.", "a-name.that.ends.on.the.second.line.of.its.key.example."};

	table = dp_table_create(DP_TABLE_OCTETS_MIN, seed, written);
	require(table != NULL);
	policy = dp_policy_create_default(&table->hash);
	require(policy != NULL && dp_core_init(&core, 0, 16, 32, seed) == 0);
	core.table = table;
	core.now_ms = BOOT_MS + 2500;
	core.cookies = &secrets;
	core.identity = &identity;
	service.v4_cnt = service.v6_cnt = 1;
	memcpy(service.v4[0], (const uint8_t[]){192, 0, 2, 53}, 4);
	memcpy(service.v6[0], (const uint8_t[16]){0x20, 1, 0xd, 0xb8, [15] = 0x53}, 16);
	for (unsigned i = 0; i < 3; i++)
		for (uint8_t variant = 0; variant < HF_VARIANT_CNT; variant++)
			publish(names[i], variant, 1 + i * 13);
}

/* Make it likely that what mutation broke is looked behind: whom it is for, lengths and sums. */
static void
mend(uint8_t *f, size_t len)
{
	struct dp_packet p = {.octets = f, .len = (uint16_t)len, .cap = CAP};
	bool v6 = f[12] == 0x86;
	size_t l4 = DP_ETHER_LEN + (v6 ? DP_IPV6_LEN : DP_IPV4_LEN);

	if (len < l4 + DP_UDP_LEN)
		return;
	memcpy(f, host.mac, DP_MAC_LEN);
	f[6] &= 0xfe;
	p.ether_type = v6 ? DP_ETHER_IPV6 : DP_ETHER_IPV4;
	dp_put_u16(f + 12, p.ether_type);
	p.l3_off = DP_ETHER_LEN;
	if (v6) {
		f[14] = 0x60;
		dp_put_u16(f + 18, len - l4);
		f[20] = DP_PROTO_UDP;
		memcpy(f + 38, service.v6[0], 16);
	} else {
		f[14] = 0x45;
		dp_put_u16(f + 16, len - DP_ETHER_LEN);
		dp_put_u16(f + 20, 0);
		f[23] = DP_PROTO_UDP;
		memcpy(f + 30, service.v4[0], 4);
		dp_put_u16(f + 24, 0);
		uint16_t sum = dp_checksum_fold(dp_checksum_add(0, f + 14, DP_IPV4_LEN));
		memcpy(f + 24, &sum, 2);
	}
	dp_put_u16(f + l4 + 2, DP_DNS_PORT);
	dp_put_u16(f + l4 + 4, len - l4);
	dp_put_u16(f + l4 + 6, 0);
	uint64_t sum = dp_checksum_pseudo(&p, DP_PROTO_UDP, len - l4);
	uint16_t folded = dp_checksum_fold(dp_checksum_add(sum, f + l4, len - l4));
	memcpy(f + l4 + 6, &folded, 2);
}

static void
check(const struct dp_hit_way *w, const uint8_t *f, size_t len)
{
	const struct ways ways = {&host, &core, policy, CAP};
	uint8_t *mine = malloc(CAP), theirs[CAP];

	require(mine != NULL);
	memcpy(mine, f, CAP);
	memcpy(theirs, f, CAP);
	hits.hit[0] = (struct dp_hit){.octets = mine, .len = (uint16_t)len, .cap = CAP};
	if (short_way(&ways, w, &hits, 1) == 0) {
		require(memcmp(mine, f, CAP) == 0);
	} else {
		size_t want = long_way(&ways, theirs, len);
		require(want != 0 && hits.hit[0].len == want && memcmp(mine, theirs, want) == 0);
	}
	free(mine);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t f[CAP];

	if (len < 1 + DP_ETHER_LEN || len - 1 > FRAME_MAX)
		return 0;
	if (table == NULL)
		start();
	memset(f, 0xa5, sizeof(f));
	memcpy(f, data + 1, len - 1);
	if ((data[0] & 0x80) != 0)
		mend(f, len - 1);
	for (unsigned i = 0; dp_hit_way(i) != NULL; i++)
		if (dp_hit_way_runs(dp_hit_way(i)))
			check(dp_hit_way(i), f, len - 1);
	return 0;
}
