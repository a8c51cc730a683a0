/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/evil/refer.h"

#include <stdio.h>
#include <string.h>

enum { OVERLAP_ADDRS = 4, RING = 8 };

static unsigned
clamp(uint32_t n, unsigned max)
{
	return n < 1 ? 1 : n > max ? max : n;
}

unsigned
evil_refer_cnt(const struct evil_words *w)
{
	if (w->have[EVIL_nxns])
		return clamp(w->arg[EVIL_nxns], EVIL_REFER_NS_MAX);
	if (w->have[EVIL_nrd])
		return clamp(w->arg[EVIL_nrd], EVIL_REFER_NS_MAX);
	if (w->have[EVIL_tsu] || w->have[EVIL_ring] || w->have[EVIL_chase])
		return 1;
	if (w->have[EVIL_overlap])
		return clamp(w->arg[EVIL_overlap], EVIL_SERVER_MAX);
	if (w->have[EVIL_servers])
		return clamp(w->arg[EVIL_servers], EVIL_SERVER_MAX);
	return EVIL_SERVER_CNT;
}

/* "<prefix><n>[-q<tag>].<zone without its first label>" */
static bool
sibling(const struct hf_name *zone, const struct evil_words *w, const char *prefix, uint32_t n,
    struct hf_name *out)
{
	char text[2 * HF_NAME_TEXT_LEN], above[HF_NAME_TEXT_LEN], tag[16] = "";
	struct hf_name up;

	hf_name_strip(zone, 1, &up);
	if (w->have[EVIL_q])
		snprintf(tag, sizeof(tag), "-q%u", w->arg[EVIL_q]);
	snprintf(text, sizeof(text), "ns0.%s%u%s.%s", prefix, n, tag, hf_name_to_text(&up, above));
	return hf_name_from_text(text, out) == 0;
}

static bool
victim(const struct evil_words *w, const char *form, unsigned i, struct hf_name *out)
{
	char text[HF_NAME_TEXT_LEN], tag[16] = "";

	if (w->have[EVIL_q])
		snprintf(tag, sizeof(tag), "-q%u", w->arg[EVIL_q]);
	if (form[0] == 'x')
		snprintf(text, sizeof(text), "nx%u%s.v%u%s.victim.", i, tag, i, tag);
	else
		snprintf(text, sizeof(text), "ns0.n%u-silent%s.far.", i, tag);
	return hf_name_from_text(text, out) == 0;
}

bool
evil_refer_name(
    const struct hf_name *zone, const struct evil_words *w, unsigned i, struct hf_name *out)
{
	char text[2 * HF_NAME_TEXT_LEN], self[HF_NAME_TEXT_LEN];

	if (w->have[EVIL_nxns])
		return victim(w, "x", i, out);
	if (w->have[EVIL_nrd])
		return victim(w, "n", i, out);
	if (w->have[EVIL_tsu])
		return sibling(zone, w, "tsu", w->arg[EVIL_tsu] ^ 1, out);
	if (w->have[EVIL_ring])
		return sibling(zone, w, "ring", (w->arg[EVIL_ring] + 1) % RING, out);
	if (w->have[EVIL_chase])
		return sibling(zone, w, "chase", w->arg[EVIL_chase] + 1, out);
	hf_name_to_text(zone, self);
	if (zone->label_cnt == 0)
		snprintf(text, sizeof(text), "ns%u.", i);
	else
		snprintf(
		    text, sizeof(text), "ns%u.%s%s", i, self, w->have[EVIL_oob] ? "hosts." : "");
	return hf_name_from_text(text, out) == 0;
}

bool
evil_refer_glue(const struct hf_siphash_key *key, const struct hf_name *zone,
    const struct evil_words *w, unsigned i, unsigned k, struct hf_addr *out)
{
	bool four = !w->have[EVIL_only6], six = !w->have[EVIL_only4];

	if (w->have[EVIL_nxns] || w->have[EVIL_nrd] || w->have[EVIL_tsu] || w->have[EVIL_ring] ||
	    w->have[EVIL_chase] || w->have[EVIL_oob] || w->have[EVIL_noglue])
		return false;
	if (w->have[EVIL_overlap]) {
		evil_server(key, zone, k / 2, k % 2 == 0 ? AF_INET : AF_INET6, out);
		return k < OVERLAP_ADDRS;
	}
	if (k >= (unsigned)four + six)
		return false;
	evil_server(key, zone, i, four && k == 0 ? AF_INET : AF_INET6, out);
	return true;
}

bool
evil_refer_host(const struct hf_siphash_key *key, const struct hf_name *host, uint8_t family,
    struct hf_addr *out)
{
	static const uint8_t hosts[7] = {5, 'h', 'o', 's', 't', 's', 0};
	struct hf_name zone;
	struct evil_words w;
	unsigned idx;

	if (host->label_cnt == 0 || !evil_is_ns_label(host->octets + 1, host->octets[0], &idx) ||
	    idx > 15)
		return false;
	hf_name_strip(host, 1, &zone);
	if (zone.label_cnt > 1 && memcmp(zone.octets + zone.len - 7, hosts, 7) == 0) {
		zone.len -= 6; /* "ns0.z.hosts." serves "z." */
		zone.label_cnt--;
		zone.octets[zone.len - 1] = 0;
	}
	if (!evil_is_zone(&zone))
		return false;
	evil_words_first(&zone, &w);
	if (w.have[family == AF_INET ? EVIL_only6 : EVIL_only4] || w.have[EVIL_noglue])
		return false;
	evil_server(key, &zone, idx, family, out);
	return true;
}
