/* SPDX-License-Identifier: BSD-3-Clause */
/* preload KIND ENTRIES [NTAS]: that many answers of a kind for holdfast-dataplane --preload, to
 * standard output, behind a cookie secret and a policy with so many NTAs. data.py says the same
 * about names and data, so that replies are held against something this program did not write. */
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/units.h"
#include "tests/bench/content.h"

enum { GENERATION = 1, BUFFER_LEN = 1 << 18 };

static void
message_write(const struct hf_msg_head *head)
{
	uint32_t len = head->len;

	fwrite(&len, sizeof(len), 1, stdout);
	fwrite(head, 1, len, stdout);
}

static void
cookies_write(void)
{
	struct hf_msg_cookies m = {.head = {.type = HF_MSG_COOKIES, .len = sizeof(m)}, .cnt = 1};

	for (unsigned i = 0; i < HF_COOKIE_SECRET_LEN; i++)
		m.secret[0][i] = (uint8_t)i;
	message_write(&m.head);
}

/* One of the policy's NTAs, at the zone of a host. */
static int
rule_write(const struct bench_kind *k, uint32_t host)
{
	struct hf_msg_policy_rule rule = {.head = {.type = HF_MSG_POLICY_RULE, .len = sizeof(rule)},
	    .generation = GENERATION,
	    .kind = HF_RULE_NTA};
	struct hf_name name, zone;
	int rc = bench_host_name(k, host, &name, &zone);

	if (rc != 0)
		return rc;
	rule.name_len = zone.len;
	memcpy(rule.name, zone.octets, zone.len);
	message_write(&rule.head);
	return 0;
}

/* NTAs at the zones of hosts at equal distances, so that some are asked for. */
static int
policy_write(const struct bench_kind *k, uint32_t ntas, uint32_t entries)
{
	const struct hf_msg_policy_begin begin = {
	    .head = {.type = HF_MSG_POLICY_BEGIN, .len = sizeof(begin)},
	    .generation = GENERATION,
	    .rule_cnt = ntas,
	    .stale_client_ms = 1800,
	    .stale_ttl_s = 30,
	    .stale_max_s = 86400,
	    .stale_triggers = HF_STALE_ALL,
	    .stale_retry_s = 30,
	};
	const struct hf_msg_policy_end end = {
	    .head = {.type = HF_MSG_POLICY_END, .len = sizeof(end)},
	    .generation = GENERATION,
	    .rule_cnt = ntas};
	int rc = 0;

	message_write(&begin.head);
	for (uint32_t i = 0; rc == 0 && i < ntas; i++)
		rc = rule_write(k, i * (entries / ntas));
	message_write(&end.head);
	return rc;
}

int
main(int argc, char **argv)
{
	static char buffer[BUFFER_LEN];
	alignas(8) uint8_t slot[HF_UPDATE_SLOT_LEN];
	struct hf_msg_answer *m = (struct hf_msg_answer *)(void *)slot;
	const struct bench_kind *k = argc < 3 ? NULL : bench_kind_named(argv[1]);
	uint64_t entries = 0, ntas = 0;

	if (k == NULL || argc > 4 || hf_uint_from_text(argv[2], BENCH_ENTRIES_MAX, &entries) != 0 ||
	    (argc == 4 && hf_uint_from_text(argv[3], HF_POLICY_RULE_MAX, &ntas) != 0) ||
	    ntas > entries) {
		fprintf(stderr, "usage: preload KIND ENTRIES [NTAS] >FILE; kinds:");
		bench_kinds_print(stderr);
		fputc('\n', stderr);
		return 2;
	}
	(void)setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	cookies_write();
	int rc = ntas == 0 ? 0 : policy_write(k, (uint32_t)ntas, (uint32_t)entries);
	for (uint32_t i = 0; rc == 0 && i < entries; i++) {
		rc = bench_answer(k, i, m);
		if (rc == 0)
			message_write(&m->head);
	}
	if (rc != 0 || fflush(stdout) != 0 || ferror(stdout) != 0) {
		fprintf(
		    stderr, "preload: %s\n", rc != 0 ? "an answer does not fit" : "not written");
		return 1;
	}
	return 0;
}
