/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/server.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/ns.h"

#define TIMEOUT_NEW_NS (700 * HF_NS_PER_MS) /* for a server never heard of */
#define TIMEOUT_MIN_NS (250 * HF_NS_PER_MS)
#define TIMEOUT_MAX_NS (1500 * HF_NS_PER_MS) /* three servers fit into the wall clock */
#define COST_NEW_NS    (30 * HF_NS_PER_MS)   /* new ones are tried before slow ones */
#define COST_FAIL_NS   (400 * HF_NS_PER_MS)
#define COST_BOGUS_NS  (5 * HF_NS_PER_S)
#define FORGIVE_NS     (30 * HF_NS_PER_S) /* a failure is forgotten after */

struct cp_servers {
	struct hf_siphash_key key;
	struct cp_server slot[CP_SERVER_SLOTS];
};

struct cp_servers *
cp_servers_create(const struct hf_siphash_key *key)
{
	struct cp_servers *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->key = *key;
	return s;
}

void
cp_servers_destroy(struct cp_servers *s)
{
	free(s);
}

struct cp_server *
cp_servers_get(struct cp_servers *s, const struct hf_addr *a)
{
	uint8_t text[17];

	text[0] = a->family;
	memcpy(text + 1, a->octets, 16);
	uint64_t hash = hf_siphash(&s->key, text, sizeof(text));
	struct cp_server *slot = &s->slot[hash & (CP_SERVER_SLOTS - 1)];

	if (slot->addr.family == 0 || !hf_addr_same_host(&slot->addr, a))
		*slot = (struct cp_server){.addr = *a};
	return slot;
}

void
cp_server_answered(struct cp_server *s, uint64_t rtt_ns)
{
	if (rtt_ns == 0)
		rtt_ns = 1;
	s->srtt_ns = s->srtt_ns == 0 ? rtt_ns : (s->srtt_ns * 7 + rtt_ns) / 8;
	s->fails = 0;
}

void
cp_server_failed(struct cp_server *s, uint64_t now_ns)
{
	s->failed_ns = now_ns;
	if (s->fails < 8)
		s->fails++;
}

uint64_t
cp_server_timeout_ns(const struct cp_server *s, unsigned tries)
{
	uint64_t ns = s->srtt_ns == 0 ? TIMEOUT_NEW_NS : s->srtt_ns * 4;

	if (ns < TIMEOUT_MIN_NS)
		ns = TIMEOUT_MIN_NS;
	ns <<= tries < 3 ? tries : 3;
	return ns < TIMEOUT_MAX_NS ? ns : TIMEOUT_MAX_NS;
}

uint64_t
cp_server_cost_ns(const struct cp_server *s, uint64_t now_ns)
{
	uint64_t cost = s->srtt_ns == 0 ? COST_NEW_NS : s->srtt_ns;

	if (s->fails > 0 && now_ns < s->failed_ns + FORGIVE_NS)
		cost += s->fails * COST_FAIL_NS;
	if (now_ns < s->bogus_until_ns)
		cost += COST_BOGUS_NS;
	return cost;
}
