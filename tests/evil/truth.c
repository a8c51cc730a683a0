/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/evil/truth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t
sum(const struct hf_siphash_key *key, const struct hf_name *n, uint16_t type, unsigned idx)
{
	uint8_t text[HF_NAME_MAX + 4];

	memcpy(text, n->octets, n->len);
	text[n->len] = (uint8_t)(type >> 8);
	text[n->len + 1] = (uint8_t)type;
	text[n->len + 2] = (uint8_t)(idx >> 8);
	text[n->len + 3] = (uint8_t)idx;
	return hf_siphash(key, text, n->len + 4u);
}

bool
evil_is_ns_label(const uint8_t *label, unsigned len, unsigned *idx)
{
	unsigned n = 0;

	if (len < 3 || len > 6 || label[0] != 'n' || label[1] != 's')
		return false;
	for (unsigned i = 2; i < len; i++) {
		if (label[i] < '0' || label[i] > '9')
			return false;
		n = n * 10 + (label[i] - '0');
	}
	*idx = n;
	return true;
}

static bool
label_is(const struct hf_name *n, unsigned idx, const char *text)
{
	const uint8_t *at = n->octets + hf_name_label_off(n, idx);

	return at[0] == strlen(text) && memcmp(at + 1, text, at[0]) == 0;
}

bool
evil_is_zone(const struct hf_name *n)
{
	struct evil_words all, first;
	unsigned idx;

	if (n->label_cnt == 0)
		return true;
	if (evil_is_ns_label(n->octets + 1, n->octets[0], &idx))
		return false;
	if (n->label_cnt > 1 && label_is(n, n->label_cnt - 1u, "hosts"))
		return false;
	evil_words_read(n, &all);
	if (all.have[EVIL_nx])
		return false;
	if (n->label_cnt <= 2)
		return true;
	evil_words_first(n, &first);
	return first.have[EVIL_zone] || (all.have[EVIL_endless] && !first.have[EVIL_endless]);
}

void
evil_zone_of(const struct hf_name *n, struct hf_name *zone)
{
	*zone = *n;
	while (!evil_is_zone(zone))
		hf_name_strip(zone, 1, zone);
}

bool
evil_dname(const struct hf_name *n, struct hf_name *owner, struct hf_name *target)
{
	struct hf_name at = *n;

	while (at.label_cnt > 3) { /* below a zone of two labels */
		struct evil_words w;
		char text[HF_NAME_TEXT_LEN], to[HF_NAME_TEXT_LEN + 16];

		hf_name_strip(&at, 1, &at);
		evil_words_first(&at, &w);
		if (!w.have[EVIL_dname] && !w.have[EVIL_dnameloop])
			continue;
		*owner = at;
		hf_name_to_text(&at, text);
		/* Longer by a label each time: ends by length (RFC 6672 2.2). */
		if (w.have[EVIL_dnameloop])
			snprintf(to, sizeof(to), "again.%s", text);
		else
			snprintf(to, sizeof(to), "moved%s", strchr(text, '.'));
		return hf_name_from_text(to, target) == 0;
	}
	return false;
}

enum evil_what
evil_what_is(const struct hf_name *n, uint16_t type, const struct evil_words *w)
{
	struct hf_name owner, target;

	if (w->have[EVIL_nx])
		return EVIL_WHAT_NX;
	if ((w->have[EVIL_dname] || w->have[EVIL_dnameloop]) && evil_dname(n, &owner, &target))
		return EVIL_WHAT_DNAME;
	if (w->have[EVIL_nodata])
		return EVIL_WHAT_NODATA;
	if (w->have[EVIL_loop] || (w->have[EVIL_cname] && w->arg[EVIL_cname] > 0) ||
	    (w->have[EVIL_camp] && w->arg[EVIL_camp] > 0))
		return EVIL_WHAT_ALIAS;
	if (type == HF_TYPE_A || type == HF_TYPE_AAAA || type == HF_TYPE_TXT)
		return EVIL_WHAT_DATA;
	return EVIL_WHAT_NODATA;
}

unsigned
evil_rr_cnt(uint16_t type, const struct evil_words *w)
{
	unsigned cnt = 1;

	if (w->have[EVIL_many])
		cnt = w->arg[EVIL_many];
	if (w->have[EVIL_big] && type == HF_TYPE_TXT)
		cnt = w->arg[EVIL_big];
	return cnt > EVIL_RR_MAX ? EVIL_RR_MAX : cnt > 0 ? cnt : 1;
}

static size_t
rdata_txt(const struct hf_siphash_key *key, const struct hf_name *n, const struct evil_words *w,
    unsigned idx, uint8_t out[EVIL_RDATA_MAX])
{
	unsigned strings = w->have[EVIL_big] ? EVIL_BIG_STRINGS : 1;
	size_t len = 0;

	for (unsigned i = 0; i < strings; i++) {
		uint64_t v = sum(key, n, HF_TYPE_TXT, idx << 8 | i);
		char hex[EVIL_SUM_TEXT_LEN + 1];

		snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)v);
		out[len] = EVIL_SUM_TEXT_LEN;
		memcpy(out + len + 1, hex, EVIL_SUM_TEXT_LEN);
		len += 1 + EVIL_SUM_TEXT_LEN;
	}
	return len;
}

size_t
evil_rdata(const struct hf_siphash_key *key, const struct hf_name *n, uint16_t type,
    const struct evil_words *w, unsigned idx, uint8_t out[EVIL_RDATA_MAX])
{
	static const uint8_t net6[8] = {0x20, 0x01, 0x0d, 0xb8, 0xee};

	if (type == HF_TYPE_TXT)
		return rdata_txt(key, n, w, idx, out);

	uint64_t v = sum(key, n, type, 0) + idx; /* no two the same: that would be one record */

	if (type == HF_TYPE_A) {
		v <<= 8; /* where the 11 goes */
		memcpy(out, &v, 4);
		out[0] = 11; /* 11.0.0.0/8: never a server of ours */
		return 4;
	}
	memcpy(out, net6, 8);
	memcpy(out + 8, &v, 8);
	return 16;
}

/* A tag goes with whatever one question leads to. */
static void
tag_text(const struct evil_words *w, char out[16])
{
	out[0] = '\0';
	if (w->have[EVIL_q])
		snprintf(out, 16, "-q%u", w->arg[EVIL_q]);
}

void
evil_alias(const struct hf_siphash_key *key, const struct hf_name *n, const struct evil_words *w,
    struct hf_name *target)
{
	unsigned long long v = sum(key, n, HF_TYPE_CNAME, 0);
	unsigned links = w->arg[EVIL_cname];
	char tag[16], text[256], tld[HF_NAME_TEXT_LEN];
	struct hf_name top;

	tag_text(w, tag);
	hf_name_strip(n, n->label_cnt - (n->label_cnt > 0), &top);
	hf_name_to_text(&top, tld);
	if (w->have[EVIL_loop])
		snprintf(
		    text, sizeof(text), "loop%u%s.back%s.%.64s", !w->arg[EVIL_loop], tag, tag, tld);
	else if (w->have[EVIL_camp])
		snprintf(text, sizeof(text), "camp%u%s.a.b.c.d.e.f.g.x%08llx%s.%.64s",
		    w->arg[EVIL_camp] - 1, tag, v & 0xffffffff, tag, tld);
	else if (links > 1)
		snprintf(text, sizeof(text), "cname%u-x%04llx%s.away%llu%s.%.64s", links - 1,
		    v & 0xffff, tag, v >> 32 & 7, tag, tld);
	else
		snprintf(text, sizeof(text), "end-x%04llx%s.away%llu%s.%.64s", v & 0xffff, tag,
		    v >> 32 & 7, tag, tld);
	if (hf_name_from_text(text, target) != 0)
		*target = hf_name_root;
}

void
evil_server(const struct hf_siphash_key *key, const struct hf_name *zone, unsigned idx,
    uint8_t family, struct hf_addr *a)
{
	uint64_t v = sum(key, zone, HF_TYPE_NS, 0);

	*a = (struct hf_addr){.family = family, .port = 53};
	if (family == AF_INET) {
		a->octets[0] = 10;
		a->octets[1] = (uint8_t)(64 | (v & 63));
		a->octets[2] = (uint8_t)(v >> 8);
		a->octets[3] = (uint8_t)((v >> 16 & 0xf0) | (idx & 15));
		return;
	}
	a->octets[0] = 0xfd;
	a->octets[1] = 0x66;
	memcpy(a->octets + 7, &v, sizeof(v));
	a->octets[15] = (uint8_t)idx;
}

int
evil_key_from_text(const char *text, struct hf_siphash_key *key)
{
	char half[17] = {0};
	char *end;

	if (strlen(text) != 32)
		return -EINVAL;
	for (unsigned i = 0; i < 2; i++) {
		memcpy(half, text + 16 * i, 16);
		key->k[i] = strtoull(half, &end, 16);
		if (*end != '\0')
			return -EINVAL;
	}
	return 0;
}
