/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/local_zones.h"

#include <stdio.h>
#include <string.h>

#define ZEROS_15 "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
#define LOOPBACK "1.0." ZEROS_15 ZEROS_15 "ip6.arpa."

static const char *const zones[] = {
    /* clang-format off */
	/* RFC 6303 4: IPv4 (those of RFC 1918's 172.16/12 are made below) */
	"10.in-addr.arpa.", "168.192.in-addr.arpa.", "0.in-addr.arpa.", "127.in-addr.arpa.",
	"254.169.in-addr.arpa.", "2.0.192.in-addr.arpa.", "100.51.198.in-addr.arpa.",
	"113.0.203.in-addr.arpa.", "255.255.255.255.in-addr.arpa.",
	/* RFC 6303 4: IPv6 */
	"0.0." ZEROS_15 ZEROS_15 "ip6.arpa.", LOOPBACK, "d.f.ip6.arpa.", "8.e.f.ip6.arpa.",
	"9.e.f.ip6.arpa.", "a.e.f.ip6.arpa.", "b.e.f.ip6.arpa.", "8.b.d.0.1.0.0.2.ip6.arpa.",
	/* special-use names: RFC 6761 6.2-6.4, 7686, 8375, 8880, 9462, 9476 */
	"test.", "localhost.", "invalid.", "onion.", "home.arpa.", "ipv4only.arpa.",
	"170.0.0.192.in-addr.arpa.", "171.0.0.192.in-addr.arpa.", "resolver.arpa.", "alt.",
    /* clang-format on */
};
enum { ZONE_CNT = sizeof(zones) / sizeof(zones[0]) };

/* Runs of zones that differ in one number: 172.16/12 (RFC 1918), 100.64/10 (RFC 7793). */
static const struct {
	unsigned first, last, net;
} runs[] = {{16, 31, 172}, {64, 127, 100}};

static const struct {
	const char *zone, *text;
} data[] = {
    /* RFC 6761 6.3: names below it too */
    {"localhost.",
	"localhost. 10800 A 127.0.0.1\nlocalhost. 10800 AAAA ::1\n"
	"*.localhost. 10800 A 127.0.0.1\n*.localhost. 10800 AAAA ::1\n"},
    {"127.in-addr.arpa.", "1.0.0.127.in-addr.arpa. 10800 PTR localhost.\n"},
    {LOOPBACK, LOOPBACK " 10800 PTR localhost.\n"},
    /* RFC 8880 7.1, 7.2 */
    {"ipv4only.arpa.", "ipv4only.arpa. 86400 A 192.0.0.170\nipv4only.arpa. 86400 A 192.0.0.171\n"},
    {"170.0.0.192.in-addr.arpa.", "170.0.0.192.in-addr.arpa. 86400 PTR ipv4only.arpa.\n"},
    {"171.0.0.192.in-addr.arpa.", "171.0.0.192.in-addr.arpa. 86400 PTR ipv4only.arpa.\n"},
};

bool
cp_local_zone(size_t idx, struct hf_name *name)
{
	char text[64];

	if (idx < ZONE_CNT)
		return hf_name_from_text(zones[idx], name) == 0;
	idx -= ZONE_CNT;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		size_t cnt = runs[i].last - runs[i].first + 1;

		if (idx < cnt) {
			snprintf(text, sizeof(text), "%zu.%u.in-addr.arpa.", runs[i].first + idx,
			    runs[i].net);
			return hf_name_from_text(text, name) == 0;
		}
		idx -= cnt;
	}
	return false;
}

int
cp_local_zone_data(const struct hf_name *zone, struct hf_rrsets *out)
{
	struct hf_zonetext z = {.name = "built-in"};
	struct hf_name of;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(data) / sizeof(data[0]); i++)
		if (hf_name_from_text(data[i].zone, &of) == 0 && hf_name_equal(&of, zone))
			rc = hf_zonetext_parse(&z, data[i].text, strlen(data[i].text), out);
	return rc;
}
