/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/access.h"

#include <errno.h>

#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_memory.h>

#include "dataplane/load.h"

enum {
	BURST = 32,
	FIRST_BITS = 24, /* of an address that index the first table, in both */
	FIRST_CNT = 1 << FIRST_BITS,
	TABLE_CNT = 256,        /* entries of a further one */
	SMALL_MAX = 127,        /* further tables that an entry of one octet can name */
	TRIE_SMALL_MAX = 32767, /* of two octets */
	V6_LEN = 16,
	RULE_OCTETS = 256, /* of DPDK's own list of a rule */
	MIB = 1 << 20,
};

/* Bounds of further tables: for IPv4 each longer prefix needs one at most, for IPv6 one for every
 * octet behind the third. */
static uint32_t
tables_of(const struct hf_access *rules, int family)
{
	uint32_t cnt = 1;

	for (size_t i = 0; i < rules->cnt; i++) {
		const struct hf_prefix *p = &rules->rule[i].prefix;

		if (p->family == family && p->len > FIRST_BITS)
			cnt += family == AF_INET ? 1 : (p->len - FIRST_BITS + 7u) / 8;
	}
	return cnt;
}

/* A prefix of no bits is what DPDK calls the default. */
static uint8_t
default_of(const struct hf_access *rules, int family)
{
	for (size_t i = 0; i < rules->cnt; i++)
		if (rules->rule[i].prefix.family == family && rules->rule[i].prefix.len == 0)
			return (uint8_t)rules->rule[i].verdict;
	return (uint8_t)rules->others;
}

/* Whether addresses of this family can fare other than others. */
static bool
needs_table(const struct hf_access *rules, int family)
{
	for (size_t i = 0; i < rules->cnt; i++)
		if (rules->rule[i].prefix.family == family &&
		    rules->rule[i].verdict != rules->others)
			return true;
	return false;
}

static unsigned
v4_entry_len(const struct hf_access *rules)
{
	return tables_of(rules, AF_INET) <= SMALL_MAX ? 1 : 2;
}

static unsigned
v6_entry_len(const struct hf_access *rules)
{
	return tables_of(rules, AF_INET6) <= TRIE_SMALL_MAX ? 2 : 4;
}

static uint64_t
table_octets(const struct hf_access *rules, int family, unsigned entry_len)
{
	if (!needs_table(rules, family))
		return 0;
	return ((uint64_t)FIRST_CNT + (uint64_t)tables_of(rules, family) * TABLE_CNT) * entry_len +
	    rules->cnt * RULE_OCTETS + MIB;
}

unsigned
dp_access_mib(const struct hf_access *rules)
{
	uint64_t octets = table_octets(rules, AF_INET, v4_entry_len(rules)) +
	    table_octets(rules, AF_INET6, v6_entry_len(rules));

	return (unsigned)((octets + MIB - 1) / MIB);
}

static uint32_t
v4_of(const uint8_t *octets)
{
	return __builtin_bswap32(dp_load_u32(octets));
}

static int
open_v4(struct dp_access *a, const struct hf_access *rules)
{
	struct rte_fib_conf conf = {
	    .type = RTE_FIB_DIR24_8,
	    .default_nh = default_of(rules, AF_INET),
	    .max_routes = (int)rules->cnt + 1,
	    .dir24_8 = {.nh_sz = v4_entry_len(rules) == 1 ? RTE_FIB_DIR24_8_1B : RTE_FIB_DIR24_8_2B,
		.num_tbl8 = tables_of(rules, AF_INET)},
	};
	int rc = 0;

	a->v4 = rte_fib_create("access4", SOCKET_ID_ANY, &conf);
	if (a->v4 == NULL)
		return -rte_errno;
	for (size_t i = rules->cnt; rc == 0 && i-- > 0;) { /* shortest first */
		const struct hf_prefix *p = &rules->rule[i].prefix;

		if (p->family == AF_INET && p->len != 0)
			rc = rte_fib_add(a->v4, v4_of(p->octets), p->len, rules->rule[i].verdict);
	}
	return rc;
}

static int
open_v6(struct dp_access *a, const struct hf_access *rules)
{
	struct rte_fib6_conf conf = {
	    .type = RTE_FIB6_TRIE,
	    .default_nh = default_of(rules, AF_INET6),
	    .max_routes = (int)rules->cnt + 1,
	    .trie = {.nh_sz = v6_entry_len(rules) == 2 ? RTE_FIB6_TRIE_2B : RTE_FIB6_TRIE_4B,
		.num_tbl8 = tables_of(rules, AF_INET6)},
	};
	int rc = 0;

	a->v6 = rte_fib6_create("access6", SOCKET_ID_ANY, &conf);
	if (a->v6 == NULL)
		return -rte_errno;
	for (size_t i = rules->cnt; rc == 0 && i-- > 0;) {
		const struct hf_prefix *p = &rules->rule[i].prefix;

		if (p->family == AF_INET6 && p->len != 0)
			rc = rte_fib6_add(a->v6, p->octets, p->len, rules->rule[i].verdict);
	}
	return rc;
}

int
dp_access_open(struct dp_access *a, const struct hf_access *rules)
{
	int rc = 0;

	*a = (struct dp_access){.on = !hf_access_is_open(rules), .others = (uint8_t)rules->others};
	if (a->on && needs_table(rules, AF_INET))
		rc = open_v4(a, rules);
	if (rc == 0 && a->on && needs_table(rules, AF_INET6))
		rc = open_v6(a, rules);
	if (rc != 0)
		dp_access_close(a);
	return rc;
}

void
dp_access_close(struct dp_access *a)
{
	rte_fib_free(a->v4);
	rte_fib6_free(a->v6);
	*a = (struct dp_access){0};
}

/* Addresses of one family, and whose they are. */
struct gathered {
	unsigned cnt;
	uint8_t at[BURST];
	uint64_t next_hop[BURST];
};

static void
give_back(const struct gathered *g, uint8_t *verdict)
{
	for (unsigned i = 0; i < g->cnt; i++)
		verdict[g->at[i]] = (uint8_t)g->next_hop[i];
}

void
dp_access_judge(
    const struct dp_access *a, const uint8_t *const ip[], unsigned cnt, uint8_t *verdict)
{
	struct gathered v4 = {.cnt = 0}, v6 = {.cnt = 0};
	uint8_t v6_addr[BURST][V6_LEN];
	uint32_t v4_addr[BURST];

	for (unsigned i = 0; i < cnt; i++) {
		verdict[i] = a->others;
		if (ip[i][0] >> 4 == 4) {
			v4_addr[v4.cnt] = v4_of(ip[i] + 12); /* RFC 791 3.1 */
			v4.at[v4.cnt++] = (uint8_t)i;
		} else {
			memcpy(v6_addr[v6.cnt], ip[i] + 8, V6_LEN); /* RFC 8200 3 */
			v6.at[v6.cnt++] = (uint8_t)i;
		}
	}
	if (a->v4 != NULL && v4.cnt != 0) {
		(void)rte_fib_lookup_bulk(a->v4, v4_addr, v4.next_hop, (int)v4.cnt);
		give_back(&v4, verdict);
	}
	if (a->v6 != NULL && v6.cnt != 0) {
		(void)rte_fib6_lookup_bulk(a->v6, v6_addr, v6.next_hop, (int)v6.cnt);
		give_back(&v6, verdict);
	}
}
