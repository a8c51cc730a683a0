/* SPDX-License-Identifier: BSD-3-Clause */
/* preload ENTRIES: that many answers for holdfast-dataplane --preload, to standard output. Two to
 * a name, one for clients that set DO; names.py says the same about names and data, so that
 * replies are held against something this program did not write. */
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/units.h"
#include "lib/link/msg.h"
#include "lib/wire/writer.h"

enum {
	ENTRIES_MAX = 1 << 24,
	TTL_S = 86400,
	SIG_LEN = 64, /* ECDSA P-256 (RFC 6605 4) */
	RDATA_CAP = 18 + HF_NAME_MAX + SIG_LEN,
	SIG_FROM = 1767225600, /* 2026-01-01, until a month later */
	SIG_UNTIL = 1769817600,
	KEY_TAG = 33834,
};

/* "www.z17.example." and the like. */
static int
host_name(uint32_t host, struct hf_name *name, struct hf_name *zone)
{
	static const char *const first[] = {"www", "a", "static-content", "mail"};
	char text[64];
	int rc;

	snprintf(text, sizeof(text), "z%u.example.", host);
	rc = hf_name_from_text(text, zone);
	if (rc != 0)
		return rc;
	snprintf(text, sizeof(text), "%s.z%u.example.", first[host % 4], host);
	return hf_name_from_text(text, name);
}

/* RFC 4034 3.1. The signature is noise: nobody validates it, it only has to be carried. */
static uint16_t
rrsig_rdata(uint32_t host, const struct hf_name *zone, uint8_t out[RDATA_CAP])
{
	const uint8_t head[18] = {
	    0,
	    HF_TYPE_A,
	    HF_ALG_ECDSAP256,
	    3,
	    0,
	    TTL_S >> 16,
	    TTL_S >> 8 & 255,
	    TTL_S & 255,
	    SIG_UNTIL >> 24,
	    SIG_UNTIL >> 16 & 255,
	    SIG_UNTIL >> 8 & 255,
	    SIG_UNTIL & 255,
	    SIG_FROM >> 24,
	    SIG_FROM >> 16 & 255,
	    SIG_FROM >> 8 & 255,
	    SIG_FROM & 255,
	    KEY_TAG >> 8,
	    KEY_TAG & 255,
	};
	uint16_t len = sizeof(head);

	memcpy(out, head, sizeof(head));
	memcpy(out + len, zone->octets, zone->len);
	len = (uint16_t)(len + zone->len);
	for (unsigned i = 0; i < SIG_LEN; i++)
		out[len++] = (uint8_t)(host + i * 37);
	return len;
}

/* Every second name is signed; its DO variant carries the signature. */
static int
answer_make(uint32_t host, uint8_t variant, struct hf_msg_answer *m)
{
	const uint8_t addr[4] = {10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host};
	struct hf_rr rr = {.type = HF_TYPE_A, .klass = HF_CLASS_IN, .ttl = TTL_S, .rdata_len = 4};
	struct hf_question q = {.type = HF_TYPE_A, .klass = HF_CLASS_IN};
	uint8_t msg[1024], rdata[RDATA_CAP];
	bool is_signed = host % 2 == 0;
	struct hf_writer w;
	struct hf_name zone;
	int rc = host_name(host, &q.name, &zone);

	if (rc != 0)
		return rc;
	hf_writer_init(&w, msg, sizeof(msg));
	hf_writer_question(&w, &q);
	uint32_t body_off = w.len;
	hf_writer_rr(&w, HF_SECTION_ANSWER, &q.name, &rr, addr);
	if (is_signed && variant == HF_VARIANT_DO) {
		rr.type = HF_TYPE_RRSIG;
		rr.rdata_len = rrsig_rdata(host, &zone, rdata);
		hf_writer_rr(&w, HF_SECTION_ANSWER, &q.name, &rr, rdata);
	}
	memset(m, 0, sizeof(*m));
	m->verdict = is_signed ? HF_VERDICT_SECURE : HF_VERDICT_INSECURE;
	m->ede = HF_EDE_NONE;
	m->hidden_ede = HF_EDE_NONE;
	m->an_cnt = w.cnt[1];
	m->ttl_s = TTL_S;
	m->stale_s = TTL_S;
	hf_msg_key_set(&m->key, &q.name, HF_TYPE_A, HF_CLASS_IN, variant);

	const struct hf_answer_parts parts = {
	    .body = msg + body_off, .body_len = (uint16_t)(w.len - body_off)};
	return hf_msg_answer_finish(m, 0, &parts);
}

int
main(int argc, char **argv)
{
	alignas(8) uint8_t slot[HF_UPDATE_SLOT_LEN];
	struct hf_msg_answer *m = (struct hf_msg_answer *)(void *)slot;
	uint64_t entries;

	if (argc != 2 || hf_uint_from_text(argv[1], ENTRIES_MAX, &entries) != 0) {
		fprintf(stderr, "usage: preload ENTRIES >FILE   (at most %d)\n", ENTRIES_MAX);
		return 2;
	}
	for (uint32_t i = 0; i < entries; i++) {
		uint8_t variant = i % 2 == 0 ? 0 : HF_VARIANT_DO;

		if (answer_make(i / 2, variant, m) != 0) {
			fprintf(stderr, "preload: answer %u does not fit\n", i);
			return 1;
		}
		uint32_t len = m->head.len;
		fwrite(&len, sizeof(len), 1, stdout);
		fwrite(m, 1, len, stdout);
	}
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		perror("preload");
		return 1;
	}
	return 0;
}
