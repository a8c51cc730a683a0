/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/evil/ask.h"

#include <errno.h>
#include <string.h>

static bool
serves(const struct hf_siphash_key *key, const struct hf_name *zone, const struct hf_addr *to,
    unsigned *idx)
{
	struct hf_addr own;

	*idx = to->octets[to->family == AF_INET ? 3 : 15] & 15;
	evil_server(key, zone, *idx, to->family, &own);
	return hf_addr_same_host(&own, to);
}

/* From name up to the root: the first zone whose server has this address. */
static void
find_zone(const struct hf_siphash_key *key, struct evil_ask *ask)
{
	struct hf_name at;

	evil_zone_of(&ask->name, &at);
	/* DS is the parent's, if the parent is who was asked. */
	for (;;) {
		if (serves(key, &at, &ask->to, &ask->idx)) {
			ask->served = true;
			ask->zone = at;
			return;
		}
		if (at.label_cnt == 0)
			return;
		ask->child = at;
		ask->below = true;
		hf_name_strip(&at, 1, &at);
		evil_zone_of(&at, &at);
	}
}

static bool
is_hosts(const struct hf_name *zone)
{
	static const uint8_t hosts[7] = {5, 'h', 'o', 's', 't', 's', 0};

	return zone->len == sizeof(hosts) && memcmp(zone->octets, hosts, sizeof(hosts)) == 0;
}

int
evil_ask_read(
    const struct hf_siphash_key *key, const uint8_t *msg, size_t len, struct evil_ask *ask)
{
	struct evil_words all;
	struct hf_name in_zone;

	*ask = (struct evil_ask){.from = ask->from, .to = ask->to, .tcp = ask->tcp, .msg = msg};
	if (hf_query_parse(msg, len, &ask->query) != HF_PARSE_OK ||
	    (ask->query.h.flags & (HF_FLAG_QR | HF_FLAG_OPCODE)) != 0)
		return -EINVAL;
	ask->name = ask->query.question.name;
	hf_name_lower(&ask->name);
	find_zone(key, ask);
	in_zone = ask->name;
	if (ask->below)
		hf_name_strip(&ask->child, 1, &in_zone);
	if (!is_hosts(&ask->zone)) /* its names hold the words of other zones */
		evil_words_read(&in_zone, &ask->words);
	evil_words_read(&ask->name, &all);
	ask->tag = all.have[EVIL_q] ? all.arg[EVIL_q] : 0;
	return 0;
}
