/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/config/schema.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "lib/config/zonetext.h"

#define AT(field) offsetof(struct hf_config, field)
#define IN(field) offsetof(struct hf_config_zone, field)
#define S(n)      ((uint64_t)(n)*HF_NS_PER_S)
#define MS(n)     ((uint64_t)(n)*HF_NS_PER_MS)
#define KIB(n)    ((uint64_t)(n) << 10)
#define MIB(n)    ((uint64_t)(n) << 20)
#define GIB(n)    ((uint64_t)(n) << 30)

/* clang-format off */
const struct hf_schema_key hf_schema[] = {
	{"", "log-level", HF_SCHEMA_WORD, AT(log_level), 0, 0, "info",
	 {"error", "warn", "info", "debug"}, "lines above this level are not written"},
	{"", "listen", HF_SCHEMA_SOCKET_LIST, AT(listen), 0, HF_CONFIG_ADDR_MAX, "",
	 {0}, "kernel sockets of the control plane, UDP and TCP, for management and tests"},

	{"identity", "server", HF_SCHEMA_TEXT, AT(id_server), 0, 128, "hostname", {0},
	 "id.server and hostname.bind in class CH (RFC 4892)"},
	{"identity", "version", HF_SCHEMA_TEXT, AT(id_version), 0, 128, "hidden", {0},
	 "version.server and version.bind in class CH"},
	{"identity", "nsid", HF_SCHEMA_TEXT, AT(nsid), 0, 128, "hostname", {0},
	 "name server identifier for those who ask (RFC 5001)"},

	{"cookies", "answer", HF_SCHEMA_BOOL, AT(cookie_answer), 0, 0, "yes", {0},
	 "answer DNS cookies of clients (RFC 7873, RFC 9018)"},
	{"cookies", "secrets", HF_SCHEMA_TEXT, AT(cookie_secrets), 0, 4000, "none", {0},
	 "file of the secrets that all instances of an address share"},
	{"cookies", "require", HF_SCHEMA_BOOL, AT(cookie_require), 0, 0, "no", {0},
	 "BADCOOKIE over UDP to who has a cookie, but none of ours"},

	{"link", "socket", HF_SCHEMA_TEXT, AT(link_socket), 0, 100, "/run/holdfast/link.sock",
	 {0}, "where the dataplane listens for the control plane"},
	{"control", "socket", HF_SCHEMA_TEXT, AT(control_socket), 0, 100,
	 "/run/holdfast/control.sock", {0}, "where the control plane listens for holdfastctl"},

	{"dataplane", "ports", HF_SCHEMA_TEXT_LIST, AT(ports), 1, HF_CONFIG_PORT_MAX,
	 "net_tap0,iface=hf0", {0}, "DPDK ports: devargs of a virtual device or a PCI address"},
	{"dataplane", "service-addresses", HF_SCHEMA_ADDR_LIST, AT(service_addresses), 1,
	 HF_CONFIG_ADDR_MAX, "192.0.2.53 2001:db8:53::53", {0},
	 "addresses the cores answer on"},
	{"dataplane", "workers", HF_SCHEMA_UINT, AT(workers), 1, 64, "1", {0},
	 "worker cores, one queue pair of each port for each"},
	{"dataplane", "idle", HF_SCHEMA_WORD, AT(idle), 0, 0, "adaptive", {"adaptive", "poll"},
	 "what a core does without packets: sleep until woken, or poll"},
	{"dataplane", "realtime", HF_SCHEMA_BOOL, AT(realtime), 0, 0, "no", {0},
	    "cores run SCHED_FIFO"},
	{"dataplane", "hugepages", HF_SCHEMA_WORD, AT(hugepages), 0, 0, "auto",
	 {"auto", "yes", "no"}, "auto: use them when the kernel has enough free"},
	{"dataplane", "cache-size", HF_SCHEMA_SIZE, AT(dataplane_cache_octets), MIB(1), GIB(1024),
	 "256MiB", {0}, "memory for cached answers"},
	{"dataplane", "udp-size", HF_SCHEMA_UINT, AT(udp_size), 512, 4096, "1232", {0},
	 "largest datagram sent; more gets TC"},
	{"dataplane", "rotate", HF_SCHEMA_BOOL, AT(rotate), 0, 0, "no", {0},
	 "give the addresses of a name in another order in each reply"},
	{"dataplane", "exception", HF_SCHEMA_TEXT, AT(exception), 0, 15, "none", {0},
	 "interface by which the kernel gets TCP to the service addresses"},

	{"service-tcp", "netns", HF_SCHEMA_TEXT, AT(service_tcp_netns), 0, 4000, "none", {0},
	 "network namespace of that interface: TCP is answered there"},

	{"resolver", "root-hints", HF_SCHEMA_TEXT, AT(root_hints), 0, 4000,
	 "/usr/share/dns/root.hints", {0}, "zone file of the root's name servers"},
	{"resolver", "ipv4", HF_SCHEMA_BOOL, AT(ipv4), 0, 0, "yes", {0}, "ask servers over IPv4"},
	{"resolver", "ipv6", HF_SCHEMA_BOOL, AT(ipv6), 0, 0, "yes", {0}, "ask servers over IPv6"},
	{"resolver", "nat64-prefix", HF_SCHEMA_TEXT, AT(nat64_prefix), 0, 64, "none", {0},
	 "ask IPv4 servers through a translator: an IPv6 prefix such as 64:ff9b::/96 (RFC 6052)"},
	{"resolver", "qname-minimisation", HF_SCHEMA_BOOL, AT(qname_minimisation), 0, 0, "yes", {0},
	 "show servers no more of a name than they need"},
	{"resolver", "case-randomisation", HF_SCHEMA_BOOL, AT(case_randomisation), 0, 0, "yes", {0},
	 "random case in questions, which replies must repeat"},
	{"resolver", "cookies", HF_SCHEMA_BOOL, AT(server_cookies), 0, 0, "yes", {0},
	 "DNS cookies towards servers (RFC 7873)"},
	{"resolver", "cache-size", HF_SCHEMA_SIZE, AT(resolver_cache_octets), MIB(1), GIB(256),
	 "64MiB", {0}, "memory for cached RRsets"},
	{"resolver", "minimal-responses", HF_SCHEMA_BOOL, AT(minimal_responses), 0, 0, "yes", {0},
	 "leave out name servers and addresses that nobody asked for"},
	{"resolver", "harden-glue", HF_SCHEMA_BOOL, AT(harden_glue), 0, 0, "yes", {0},
	 "believe a zone's servers only the addresses of names within it"},
	{"resolver", "min-ttl", HF_SCHEMA_DURATION, AT(min_ttl_ns), 0, S(3600), "0s", {0},
	 "shorter TTLs are raised to it"},
	{"resolver", "any", HF_SCHEMA_WORD, AT(any), 0, 0, "minimal", {"minimal", "full"},
	 "what ANY gets: one record that says so (RFC 8482), or all that the servers have"},
	{"resolver", "threads", HF_SCHEMA_UINT, AT(resolver_threads), 1, 64, "1", {0},
	 "recursion threads; 1: the main thread does it"},
	{"resolver", "public-suffixes", HF_SCHEMA_TEXT, AT(public_suffixes), 0, 4000,
	 "/usr/share/publicsuffix/public_suffix_list.dat", {0},
	 "list of publicsuffix.org, for the share of the cache a domain may hold; or none"},
	{"resolver", "aggressive-nsec", HF_SCHEMA_BOOL, AT(aggressive_nsec), 0, 0, "yes", {0},
	 "deny names by validated NSEC and NSEC3 of others (RFC 8198)"},
	{"resolver", "prefetch", HF_SCHEMA_BOOL, AT(prefetch), 0, 0, "yes", {0},
	 "fetch popular answers anew before they expire"},
	{"resolver", "keepwarm", HF_SCHEMA_TEXT_LIST, AT(keepwarm), 0, HF_CONFIG_KEEPWARM_MAX, "", {0},
	 "names and types that are always cached"},

	{"", "forward", HF_SCHEMA_ZONE_LIST, AT(forwards), 0, HF_CONFIG_ZONE_MAX, "", {0},
	 "zones that are asked of recursive servers"},
	{"", "stub", HF_SCHEMA_ZONE_LIST, AT(stubs), 0, HF_CONFIG_ZONE_MAX, "", {0},
	 "zones whose authoritative servers are these"},
	{"", "local-zones", HF_SCHEMA_CHOICES, AT(local_zones), 0, HF_CONFIG_LOCAL_MAX, "",
	 {"default", "off", "empty"}, "names that are answered here and asked of nobody"},
	{"", "local-data", HF_SCHEMA_RECORD_LIST, AT(local_data), 0, HF_CONFIG_LOCAL_MAX, "", {0},
	 "records that are answered here, or files of them"},

	{"root-copy", "file", HF_SCHEMA_TEXT, AT(root_file), 0, 4000, "none", {0},
	 "zone file of the root, used while it is good (RFC 8806)"},
	{"root-copy", "masters", HF_SCHEMA_FORWARDERS, AT(root_masters), 0, HF_CONFIG_SERVER_MAX, "",
	 {0}, "servers that let us transfer the root zone"},

	{"limits", "questions", HF_SCHEMA_UINT, AT(limit_questions), 1, 1 << 20, "4096", {0},
	 "questions under way at once"},
	{"limits", "client-waiting", HF_SCHEMA_UINT, AT(limit_client_waiting), 1, 16384, "256", {0},
	 "replies one client (IPv4 address, IPv6 /56) may wait for at once on one core"},
	{"limits", "cookie-waiting", HF_SCHEMA_UINT, AT(limit_cookie_waiting), 1, 16384, "2048", {0},
	 "the same, for a client with a DNS cookie that is good (RFC 7873)"},
	{"limits", "time", HF_SCHEMA_DURATION, AT(limit_time_ns), MS(100), S(30), "5s", {0},
	 "wall clock for one question"},
	{"limits", "sends", HF_SCHEMA_UINT, AT(limit_sends), 1, 1000, "64", {0},
	 "packets to servers for one question"},
	{"limits", "sends-per-server", HF_SCHEMA_UINT, AT(limit_sends_per_server), 1, 100, "3", {0},
	 "packets to one server for one question"},
	{"limits", "zone-fetches", HF_SCHEMA_UINT, AT(limit_zone_fetches), 0, 1 << 20, "512", {0},
	 "queries under way to the servers of one zone; 0: no limit"},
	{"limits", "zone-waste", HF_SCHEMA_UINT, AT(limit_zone_waste), 0, 1000000, "1000", {0},
	 "queries a second to one zone that bring no data; 0: no limit"},
	{"limits", "zone-checks", HF_SCHEMA_DURATION, AT(limit_zone_check_ns), MS(1), S(1000), "200ms",
	 {0}, "of signature checks in a second for the zones of one domain, in each thread"},
	{"limits", "server-fetches", HF_SCHEMA_UINT, AT(limit_server_fetches), 0, 1 << 20, "1024",
	 {0}, "queries under way at one server; 0: no limit"},
	{"limits", "server-rate", HF_SCHEMA_UINT, AT(limit_server_rate), 0, 1000000, "0", {0},
	 "queries a second to one server; 0: no limit"},
	{"limits", "bytes", HF_SCHEMA_SIZE, AT(limit_bytes), KIB(4), MIB(16), "128KiB", {0},
	 "octets received for one question"},
	{"limits", "ns-names", HF_SCHEMA_UINT, AT(limit_ns_names), 1, 100, "13", {0},
	 "name server names used of one delegation"},
	{"limits", "ns-addresses", HF_SCHEMA_UINT, AT(limit_ns_addresses), 1, 100, "6", {0},
	 "addresses used of one name server name"},
	{"limits", "ns-lookups", HF_SCHEMA_UINT, AT(limit_ns_lookups), 0, 100, "10", {0},
	 "look-ups of name server addresses for one question"},
	{"limits", "ns-lookup-failures", HF_SCHEMA_UINT, AT(limit_ns_lookup_failures), 0, 100, "5",
	 {0}, "of those, failed"},
	{"limits", "referrals", HF_SCHEMA_UINT, AT(limit_referrals), 1, 1000, "30", {0},
	 "referrals followed for one question"},
	{"limits", "depth", HF_SCHEMA_UINT, AT(limit_depth), 1, 32, "7", {0},
	 "questions that depend on each other"},
	{"limits", "chain", HF_SCHEMA_UINT, AT(limit_chain), 1, 11, "11", {0},
	 "CNAME and DNAME records followed"},
	{"limits", "signature-checks", HF_SCHEMA_UINT, AT(limit_signature_checks), 1, 1000, "64",
	 {0}, "signatures checked for one question"},
	{"limits", "nsec3-iterations", HF_SCHEMA_UINT, AT(limit_nsec3_iterations), 1, 2500, "50", {0},
	 "NSEC3 with more are insecure; a salt of 36 octets counts them twice (RFC 9276 3.2)"},
	{"limits", "sha1-blocks", HF_SCHEMA_UINT, AT(limit_sha1_blocks), 100, 1000000, "3000", {0},
	 "SHA-1 blocks hashed for NSEC3 for one question"},

	{"validation", "trust-anchors", HF_SCHEMA_TEXT_LIST, AT(trust_anchors), 1,
	 HF_CONFIG_ANCHOR_MAX, "/usr/share/dns/root.ds", {0},
	 "files of DS and DNSKEY records that are believed"},
	{"validation", "rsasha1", HF_SCHEMA_BOOL, AT(rsasha1), 0, 0, "no", {0},
	 "rely on RSASHA1 signatures; no: zones signed with them are insecure (RFC 9905 2)"},
	{"validation", "ds-sha1", HF_SCHEMA_BOOL, AT(ds_sha1), 0, 0, "no", {0},
	 "rely on SHA-1 digests in DS records; no: zones that have no others are insecure"},
	{"validation", "skew-min", HF_SCHEMA_DURATION, AT(skew_min_ns), 0, S(3600), "5m", {0},
	 "clock difference forgiven at least: a tenth of a signature's life, within these bounds"},
	{"validation", "skew-max", HF_SCHEMA_DURATION, AT(skew_max_ns), 0, S(86400), "1h", {0},
	 "clock difference forgiven at most"},

	{"validation", "rollover", HF_SCHEMA_WORD, AT(rollover), 0, 0, "root", {"root", "all", "no"},
	 "anchors that follow the keys of their zone (RFC 5011): the root's, all, or none"},
	{"validation", "rollover-hold-down", HF_SCHEMA_DURATION, AT(rollover_hold_down_ns), S(4),
	 S(31536000), "30d", {0},
	 "how long a new key must be seen before it is an anchor; less than 30d is for labs"},
	{"validation", "key-tag-signal", HF_SCHEMA_BOOL, AT(key_tag_signal), 0, 0, "yes", {0},
	 "tell the zones of the anchors once a day which keys are believed (RFC 8145)"},

	{"policy", "store", HF_SCHEMA_TEXT, AT(policy_store), 0, 4000,
	 "/var/lib/holdfast/policy.db", {0}, "SQLite file of policy and audit log"},
	{"policy", "nta-default", HF_SCHEMA_DURATION, AT(nta_default_ns), S(60), S(604800), "1h", {0},
	 "life of a Negative Trust Anchor when none is said"},
	{"policy", "nta-max", HF_SCHEMA_DURATION, AT(nta_max_ns), S(60), S(604800), "7d", {0},
	 "longest life of a Negative Trust Anchor (RFC 7646 2)"},

	{"stale", "enabled", HF_SCHEMA_BOOL, AT(stale), 0, 0, "yes", {0},
	 "serve expired answers when servers fail (RFC 8767)"},
	{"stale", "client-timer", HF_SCHEMA_DURATION, AT(stale_client_timer_ns), MS(100), S(5),
	 "1800ms", {0}, "answer stale when resolving takes longer (RFC 8767 5)"},
	{"stale", "ttl", HF_SCHEMA_DURATION, AT(stale_ttl_ns), S(1), S(300), "30s", {0},
	 "TTL of a stale answer"},
	{"stale", "max", HF_SCHEMA_DURATION, AT(stale_max_ns), S(1), S(259200), "1d", {0},
	 "longest time past its TTL that an answer is served"},
	{"stale", "retry", HF_SCHEMA_DURATION, AT(stale_retry_ns), S(1), S(300), "30s", {0},
	 "a failed refresh is tried again after this"},
};

const struct hf_schema_key hf_schema_zone[] = {
	{"forward", "zone", HF_SCHEMA_NAME, IN(name), 0, 0, NULL, {0},
	 "names at and below it; . for everything"},
	{"forward", "servers", HF_SCHEMA_FORWARDERS, IN(servers), 1, HF_CONFIG_SERVER_MAX, NULL,
	 {0}, "recursive servers, address or address@port"},
	{"forward", "first", HF_SCHEMA_BOOL, IN(first), 0, 0, "no", {0},
	 "resolve from the root when all of them fail"},
	{"forward", "cache", HF_SCHEMA_BOOL, IN(cache), 0, 0, "yes", {0},
	 "no: ask them anew for every question"},
	{"forward", "validate", HF_SCHEMA_BOOL, IN(validate), 0, 0, "yes", {0},
	 "no: the zone is no part of the signed tree"},

	{"stub", "zone", HF_SCHEMA_NAME, IN(name), 0, 0, NULL, {0}, "names at and below it"},
	{"stub", "servers", HF_SCHEMA_SERVERS, IN(servers), 1, HF_CONFIG_SERVER_MAX, NULL, {0},
	 "authoritative servers: address, address@port, or a name that ends in a dot"},
	{"stub", "validate", HF_SCHEMA_BOOL, IN(validate), 0, 0, "yes", {0},
	 "no: the zone is no part of the signed tree"},
};
/* clang-format on */
const size_t hf_schema_cnt = sizeof(hf_schema) / sizeof(hf_schema[0]);
const size_t hf_schema_zone_cnt = sizeof(hf_schema_zone) / sizeof(hf_schema_zone[0]);

static bool
is_texts(const struct hf_schema_key *k)
{
	return k->kind == HF_SCHEMA_TEXT_LIST || k->kind == HF_SCHEMA_RECORD_LIST;
}

bool
hf_schema_is_list(const struct hf_schema_key *k)
{
	return is_texts(k) || k->kind == HF_SCHEMA_ADDR_LIST || k->kind == HF_SCHEMA_SOCKET_LIST ||
	    k->kind == HF_SCHEMA_FORWARDERS || k->kind == HF_SCHEMA_SERVERS ||
	    k->kind == HF_SCHEMA_ZONE_LIST;
}

static void *
field(const struct hf_schema_key *k, void *in)
{
	return (char *)in + k->off;
}

/* What a value of this kind looks like, for error messages. */
static const char *
shape(enum hf_schema_kind kind)
{
	switch (kind) {
	case HF_SCHEMA_UINT:
		return "a whole number";
	case HF_SCHEMA_DURATION:
		return "a duration with its unit, such as 30s, 1800ms or 3h";
	case HF_SCHEMA_SIZE:
		return "a size with its unit, such as 64KiB or 512MiB";
	case HF_SCHEMA_BOOL:
		return "true, false, yes, no, on or off";
	case HF_SCHEMA_ADDR_LIST:
		return "an IPv4 or IPv6 address of a host";
	case HF_SCHEMA_SOCKET_LIST:
		return "an address with a port, such as 127.0.0.1@5335";
	case HF_SCHEMA_NAME:
		return "a name that ends in a dot";
	case HF_SCHEMA_FORWARDERS:
		return "an address, such as 192.0.2.1 or 192.0.2.1@5353";
	case HF_SCHEMA_SERVERS:
		return "an address, an address@port or a name that ends in a dot";
	case HF_SCHEMA_WORD:
	case HF_SCHEMA_TEXT:
	case HF_SCHEMA_TEXT_LIST:
	case HF_SCHEMA_RECORD_LIST:
	case HF_SCHEMA_ZONE_LIST:
	case HF_SCHEMA_CHOICES:
		break;
	}
	return "text";
}

static int
set_number(const struct hf_schema_key *k, const char *text, uint64_t *out)
{
	uint64_t v;
	int e = k->kind == HF_SCHEMA_UINT ? hf_uint_from_text(text, UINT64_MAX, &v)
	    : k->kind == HF_SCHEMA_SIZE   ? hf_size_from_text(text, &v)
					  : hf_duration_from_text(text, &v);

	if (e != 0)
		return e;
	if (v < k->min || v > k->max)
		return -ERANGE;
	*out = v;
	return 0;
}

static char *
show_number(const struct hf_schema_key *k, uint64_t v, char buf[HF_UNITS_TEXT_LEN])
{
	if (k->kind == HF_SCHEMA_DURATION)
		return hf_duration_to_text(v, buf);
	if (k->kind == HF_SCHEMA_SIZE)
		return hf_size_to_text(v, buf);
	snprintf(buf, HF_UNITS_TEXT_LEN, "%" PRIu64, v);
	return buf;
}

static int
set_word(const struct hf_schema_key *k, const char *text, uint64_t *out, char *why)
{
	size_t at = (size_t)snprintf(why, HF_SCHEMA_WHY_LEN, "\"%.60s\" is none of", text);

	for (unsigned i = 0; i < HF_SCHEMA_WORD_MAX && k->words[i] != NULL; i++) {
		if (strcmp(text, k->words[i]) == 0) {
			*out = i;
			return 0;
		}
		at += (size_t)snprintf(
		    why + at, HF_SCHEMA_WHY_LEN - at, "%s %s", i ? "," : "", k->words[i]);
	}
	return -EINVAL;
}

static int
set_text(const struct hf_schema_key *k, const char *text, char **out, char *why)
{
	if (text[0] == '\0' || strlen(text) > k->max) {
		snprintf(why, HF_SCHEMA_WHY_LEN, "must have 1 to %" PRIu64 " characters", k->max);
		return -EINVAL;
	}
	for (const char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f) {
			snprintf(why, HF_SCHEMA_WHY_LEN, "a control character");
			return -EINVAL;
		}
	}
	char *copy = strdup(text);
	if (copy == NULL) {
		snprintf(why, HF_SCHEMA_WHY_LEN, "out of memory");
		return -EINVAL;
	}
	free(*out);
	*out = copy;
	return 0;
}

static bool
is_host(const struct hf_addr *a)
{
	return a->family == AF_INET ? hf_ipv4_is_host(a->octets) : hf_ipv6_is_host(a->octets);
}

static int
add_addr(const struct hf_schema_key *k, const char *text, struct hf_config_addr_list *l)
{
	struct hf_addr a;

	if (hf_addr_from_text(text, &a) != 0 || (a.port != 0) != (k->kind == HF_SCHEMA_SOCKET_LIST))
		return -EINVAL;
	if (k->kind == HF_SCHEMA_ADDR_LIST && !is_host(&a))
		return -EINVAL;
	for (size_t i = 0; i < l->cnt; i++)
		if (hf_addr_equal(&l->item[i], &a))
			return -EEXIST;
	l->item[l->cnt++] = a;
	return 0;
}

/* Zone names end in a dot: "no." is Norway. */
static int
name_from_text(const char *text, struct hf_name *out)
{
	size_t len = strlen(text);
	struct hf_name n;

	if (len == 0 || text[len - 1] != '.' || (len > 1 && text[len - 2] == '\\') ||
	    hf_name_from_text(text, &n) != 0)
		return -EINVAL;
	hf_name_lower(&n);
	*out = n;
	return 0;
}

static int
add_server_name(const char *text, struct hf_config_server_list *l)
{
	struct hf_name *n = &l->name[l->name_cnt];

	if (name_from_text(text, n) != 0)
		return -EINVAL;
	for (size_t i = 0; i < l->name_cnt; i++)
		if (hf_name_equal(&l->name[i], n))
			return -EEXIST;
	l->name_cnt++;
	return 0;
}

static int
add_server(const struct hf_schema_key *k, const char *text, struct hf_config_server_list *l)
{
	struct hf_addr a;

	if (hf_addr_from_text(text, &a) != 0)
		return k->kind == HF_SCHEMA_SERVERS ? add_server_name(text, l) : -EINVAL;
	for (size_t i = 0; i < l->addr_cnt; i++)
		if (hf_addr_equal(&l->addr[i], &a))
			return -EEXIST;
	l->addr[l->addr_cnt++] = a;
	return 0;
}

static int
add_text(const char *text, struct hf_config_text_list *l, char *why)
{
	struct hf_schema_key item = {.max = 4000};
	char **grown = realloc(l->item, (l->cnt + 1) * sizeof(*grown));

	if (grown == NULL) {
		snprintf(why, HF_SCHEMA_WHY_LEN, "out of memory");
		return -EINVAL;
	}
	l->item = grown;
	grown[l->cnt] = NULL;
	int e = set_text(&item, text, &grown[l->cnt], why);

	l->cnt += e == 0;
	return e;
}

/* A record, or the path of a file of them. */
static int
records_check(const char *text, char *why)
{
	struct hf_zonetext z = {.name = "record"};
	struct hf_rrsets sets;
	int rc;

	hf_rrsets_init(&sets);
	if (text[0] == '/') {
		z.name = text;
		rc = hf_zonetext_load(&z, &sets);
	} else {
		rc = hf_zonetext_parse(&z, text, strlen(text), &sets);
	}
	hf_rrsets_fini(&sets);
	if (rc != 0)
		snprintf(why, HF_SCHEMA_WHY_LEN, "%.*s", HF_SCHEMA_WHY_LEN - 1, z.err);
	return rc;
}

static size_t
item_cnt(const struct hf_schema_key *k, void *in)
{
	const struct hf_config_server_list *servers = field(k, in);

	switch (k->kind) {
	case HF_SCHEMA_TEXT_LIST:
	case HF_SCHEMA_RECORD_LIST:
		return ((const struct hf_config_text_list *)field(k, in))->cnt;
	case HF_SCHEMA_ZONE_LIST:
		return ((const struct hf_config_zone_list *)field(k, in))->cnt;
	case HF_SCHEMA_FORWARDERS:
	case HF_SCHEMA_SERVERS:
		return servers->addr_cnt + servers->name_cnt;
	default:
		return ((const struct hf_config_addr_list *)field(k, in))->cnt;
	}
}

static int
add_item(const struct hf_schema_key *k, const char *text, void *in, char *why)
{
	int e;

	if (item_cnt(k, in) >= k->max) {
		snprintf(why, HF_SCHEMA_WHY_LEN, "more than %" PRIu64 " items", k->max);
		return -EINVAL;
	}
	if (k->kind == HF_SCHEMA_RECORD_LIST && records_check(text, why) != 0)
		return -EINVAL;
	if (is_texts(k))
		return add_text(text, field(k, in), why);
	if (k->kind == HF_SCHEMA_FORWARDERS || k->kind == HF_SCHEMA_SERVERS)
		e = add_server(k, text, field(k, in));
	else
		e = add_addr(k, text, field(k, in));
	if (e == -EEXIST)
		snprintf(why, HF_SCHEMA_WHY_LEN, "\"%.60s\" is given twice", text);
	else if (e != 0)
		snprintf(why, HF_SCHEMA_WHY_LEN, "\"%.60s\" is not %s", text, shape(k->kind));
	return e == 0 ? 0 : -EINVAL;
}

int
hf_schema_set(
    const struct hf_schema_key *k, const char *text, void *in, char why[HF_SCHEMA_WHY_LEN])
{
	int e;

	if (hf_schema_is_list(k))
		return add_item(k, text, in, why);
	if (k->kind == HF_SCHEMA_TEXT)
		return set_text(k, text, field(k, in), why);
	if (k->kind == HF_SCHEMA_WORD)
		return set_word(k, text, field(k, in), why);
	if (k->kind == HF_SCHEMA_NAME)
		e = name_from_text(text, field(k, in));
	else if (k->kind == HF_SCHEMA_BOOL)
		e = hf_bool_from_text(text, field(k, in));
	else
		e = set_number(k, text, field(k, in));
	if (e == -ERANGE) {
		char lo[HF_UNITS_TEXT_LEN], hi[HF_UNITS_TEXT_LEN];
		snprintf(why, HF_SCHEMA_WHY_LEN, "\"%.60s\" is outside %s to %s", text,
		    show_number(k, k->min, lo), show_number(k, k->max, hi));
	} else if (e != 0) {
		snprintf(why, HF_SCHEMA_WHY_LEN, "\"%.60s\" is not %s", text, shape(k->kind));
	}
	return e == 0 ? 0 : -EINVAL;
}

int
hf_schema_choose(const struct hf_schema_key *k, struct hf_config *c, const char *name,
    const char *word, char why[HF_SCHEMA_WHY_LEN])
{
	struct hf_config_choice_list *l = field(k, c);
	struct hf_config_choice one;

	if (name_from_text(name, &one.name) != 0) {
		snprintf(
		    why, HF_SCHEMA_WHY_LEN, "\"%.60s\" is not a name that ends in a dot", name);
		return -EINVAL;
	}
	if (set_word(k, word, &one.word, why) != 0)
		return -EINVAL;
	for (size_t i = 0; i < l->cnt; i++) {
		if (!hf_name_equal(&l->item[i].name, &one.name))
			continue;
		snprintf(why, HF_SCHEMA_WHY_LEN, "\"%.60s\" is given twice", name);
		return -EINVAL;
	}
	struct hf_config_choice *grown = realloc(l->item, (l->cnt + 1) * sizeof(*grown));

	if (l->cnt >= k->max || grown == NULL) {
		snprintf(why, HF_SCHEMA_WHY_LEN, "more than %" PRIu64 " names", k->max);
		l->item = grown != NULL ? grown : l->item;
		return -EINVAL;
	}
	l->item = grown;
	grown[l->cnt++] = one;
	return 0;
}

struct hf_config_zone *
hf_schema_zone_add(const struct hf_schema_key *k, struct hf_config *c, char why[HF_SCHEMA_WHY_LEN])
{
	struct hf_config_zone_list *l = field(k, c);
	struct hf_config_zone *grown;

	if (l->cnt >= k->max) {
		snprintf(why, HF_SCHEMA_WHY_LEN, "more than %" PRIu64 " zones", k->max);
		return NULL;
	}
	grown = realloc(l->item, (l->cnt + 1) * sizeof(*grown));
	if (grown == NULL) {
		snprintf(why, HF_SCHEMA_WHY_LEN, "out of memory");
		return NULL;
	}
	l->item = grown;
	memset(&grown[l->cnt], 0, sizeof(*grown));
	for (size_t i = 0; i < hf_schema_zone_cnt; i++) {
		const struct hf_schema_key *z = &hf_schema_zone[i];

		if (strcmp(z->section, k->name) == 0 && z->fallback != NULL &&
		    hf_schema_set(z, z->fallback, &grown[l->cnt], why) != 0)
			return NULL;
	}
	return &grown[l->cnt++];
}

void
hf_schema_clear(const struct hf_schema_key *k, struct hf_config *c)
{
	if (k->kind == HF_SCHEMA_TEXT) {
		char **text = field(k, c);
		free(*text);
		*text = NULL;
	} else if (is_texts(k)) {
		struct hf_config_text_list *l = field(k, c);
		for (size_t i = 0; i < l->cnt; i++)
			free(l->item[i]);
		free(l->item);
		memset(l, 0, sizeof(*l));
	} else if (k->kind == HF_SCHEMA_FORWARDERS || k->kind == HF_SCHEMA_SERVERS) {
		memset(field(k, c), 0, sizeof(struct hf_config_server_list));
	} else if (k->kind == HF_SCHEMA_CHOICES) {
		struct hf_config_choice_list *l = field(k, c);
		free(l->item);
		memset(l, 0, sizeof(*l));
	} else if (k->kind == HF_SCHEMA_ZONE_LIST) {
		struct hf_config_zone_list *l = field(k, c);
		free(l->item);
		memset(l, 0, sizeof(*l));
	} else if (hf_schema_is_list(k)) {
		struct hf_config_addr_list *l = field(k, c);
		memset(l, 0, sizeof(*l));
	}
}

/* --- a value as text --- */

/* Text that ends in "..." when it does not fit. */
struct sheet {
	char *buf;
	size_t len; /* below HF_SCHEMA_SHOW_LEN - 3 */
	bool full;
};

__attribute__((format(printf, 2, 3))) static void
put(struct sheet *s, const char *fmt, ...)
{
	size_t room = HF_SCHEMA_SHOW_LEN - 4 - s->len;
	va_list ap;

	if (s->full)
		return;
	va_start(ap, fmt);
	int n = vsnprintf(s->buf + s->len, room, fmt, ap);

	va_end(ap);
	s->full = n < 0 || (size_t)n >= room;
	if (s->full)
		memcpy(s->buf + s->len, "...", 4);
	else
		s->len += (size_t)n;
}

static void
put_servers(struct sheet *s, const struct hf_config_server_list *l)
{
	char addr[HF_ADDR_TEXT_LEN], name[HF_NAME_TEXT_LEN];

	for (size_t i = 0; i < l->addr_cnt; i++)
		put(s, "%s\"%s\"", i > 0 ? ", " : "", hf_addr_to_text(&l->addr[i], addr));
	for (size_t i = 0; i < l->name_cnt; i++)
		put(s, "%s\"%s\"", l->addr_cnt + i > 0 ? ", " : "",
		    hf_name_to_text(&l->name[i], name));
}

static void
put_zone(struct sheet *s, const struct hf_schema_key *k, struct hf_config_zone *z)
{
	char name[HF_NAME_TEXT_LEN];
	bool first = true;

	put(s, "{");
	for (size_t i = 0; i < hf_schema_zone_cnt; i++) {
		const struct hf_schema_key *key = &hf_schema_zone[i];

		if (strcmp(key->section, k->name) != 0)
			continue;
		put(s, "%s%s: ", first ? "" : ", ", key->name);
		first = false;
		if (key->kind == HF_SCHEMA_NAME) {
			put(s, "\"%s\"", hf_name_to_text(field(key, z), name));
		} else if (key->kind == HF_SCHEMA_BOOL) {
			put(s, "%s", *(bool *)field(key, z) ? "yes" : "no");
		} else {
			put(s, "[");
			put_servers(s, field(key, z));
			put(s, "]");
		}
	}
	put(s, "}");
}

static char *
show_choices(const struct hf_schema_key *k, const struct hf_config_choice_list *l, char *buf)
{
	struct sheet s = {.buf = buf};
	char name[HF_NAME_TEXT_LEN];

	put(&s, "{");
	for (size_t i = 0; i < l->cnt && !s.full; i++)
		put(&s, "%s\"%s\": %s", i > 0 ? ", " : "", hf_name_to_text(&l->item[i].name, name),
		    k->words[l->item[i].word]);
	put(&s, "}");
	return buf;
}

static char *
show_list(const struct hf_schema_key *k, void *in, char *buf)
{
	const struct hf_config_addr_list *addrs = field(k, in);
	const struct hf_config_text_list *texts = field(k, in);
	const struct hf_config_zone_list *zones = field(k, in);
	struct sheet s = {.buf = buf};
	char addr[HF_ADDR_TEXT_LEN];
	size_t cnt = item_cnt(k, in);

	put(&s, "[");
	if (k->kind == HF_SCHEMA_FORWARDERS || k->kind == HF_SCHEMA_SERVERS) {
		put_servers(&s, field(k, in));
		cnt = 0;
	}
	for (size_t i = 0; i < cnt && !s.full; i++) {
		put(&s, "%s", i > 0 ? ", " : "");
		if (k->kind == HF_SCHEMA_ZONE_LIST)
			put_zone(&s, k, &zones->item[i]);
		else if (is_texts(k))
			put(&s, "\"%s\"", texts->item[i]);
		else
			put(&s, "\"%s\"", hf_addr_to_text(&addrs->item[i], addr));
	}
	put(&s, "]");
	return buf;
}

char *
hf_schema_show(
    const struct hf_schema_key *k, const struct hf_config *c, char buf[HF_SCHEMA_SHOW_LEN])
{
	struct hf_config *rw = (struct hf_config *)(uintptr_t)c; /* field() serves both uses */

	switch (k->kind) {
	case HF_SCHEMA_UINT:
	case HF_SCHEMA_DURATION:
	case HF_SCHEMA_SIZE:
		return show_number(k, *(uint64_t *)field(k, rw), buf);
	case HF_SCHEMA_BOOL:
		return strcpy(buf, *(bool *)field(k, rw) ? "yes" : "no");
	case HF_SCHEMA_WORD:
		return strcpy(buf, k->words[*(uint64_t *)field(k, rw)]);
	case HF_SCHEMA_TEXT: {
		const char *text = *(char **)field(k, rw);
		snprintf(buf, HF_SCHEMA_SHOW_LEN, "%s", text != NULL ? text : "");
		return buf;
	}
	case HF_SCHEMA_CHOICES:
		return show_choices(k, field(k, rw), buf);
	default:
		break;
	}
	return show_list(k, rw, buf);
}
