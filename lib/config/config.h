/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config: the one YAML file, read strictly into one struct.
 *
 * Purpose   Text -> struct -> checked. One schema table (keys.c) feeds the parser, the
 *           defaults and `holdfastctl config check`. The shipped default,
 *           packaging/holdfast.yaml, is the manual.
 * Roles     Any thread, at start or in a tool.
 * Memory    hf_config_load fills a struct hf_config of the caller; hf_config_fini frees it.
 * Blocking  Reads one file.
 * Errors    A list of messages, each with file:line:col; nothing is half-loaded.
 * Trust     The file may be wrong in any way: unknown and duplicate keys, aliases, tabs,
 *           numbers without a unit, more than HF_CONFIG_FILE_MAX octets.
 */
#ifndef HF_CONFIG_CONFIG_H
#define HF_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/access.h"
#include "lib/base/addr.h"
#include "lib/base/nat64.h"
#include "lib/base/log.h"
#include "lib/wire/name.h"

enum {
	HF_CONFIG_FILE_MAX = 1 << 20,
	HF_CONFIG_PORT_MAX = 8,
	HF_CONFIG_ADDR_MAX = 32,
	HF_CONFIG_ANCHOR_MAX = 16,
	HF_CONFIG_SERVER_MAX = 13, /* of one zone */
	HF_CONFIG_ZONE_MAX = 1024, /* forward and stub zones, each */
	HF_CONFIG_LOCAL_MAX = 4096,
	HF_CONFIG_KEEPWARM_MAX = 256,
	HF_CONFIG_ERROR_MAX = 32,
};

enum hf_idle { HF_IDLE_ADAPTIVE, HF_IDLE_POLL };
enum hf_config_rollover { HF_ROLLOVER_ROOT, HF_ROLLOVER_ALL, HF_ROLLOVER_NO };
enum hf_config_approval { HF_CONFIG_APPROVAL_NONE, HF_CONFIG_APPROVAL_TLD };
enum hf_any { HF_ANY_MINIMAL, HF_ANY_FULL };
enum hf_local_zone { HF_LOCAL_DEFAULT, HF_LOCAL_OFF, HF_LOCAL_EMPTY };
enum hf_hugepages { HF_HUGEPAGES_AUTO, HF_HUGEPAGES_YES, HF_HUGEPAGES_NO };

struct hf_config_text_list {
	char **item;
	size_t cnt;
};

struct hf_config_addr_list {
	struct hf_addr item[HF_CONFIG_ADDR_MAX];
	size_t cnt;
};

struct hf_config_server_list { /* addresses, port 0: none given; names of servers */
	struct hf_addr addr[HF_CONFIG_SERVER_MAX];
	struct hf_name name[HF_CONFIG_SERVER_MAX];
	size_t addr_cnt, name_cnt;
};

/* One zone of `forward:` or `stub:`. */
struct hf_config_zone {
	struct hf_name name; /* lower case */
	struct hf_config_server_list servers;
	bool first;    /* forward: the public tree when all forwarders fail */
	bool validate; /* false: no part of the signed tree */
	bool cache;    /* forward: keep what the servers say */
};

struct hf_config_zone_list {
	struct hf_config_zone *item;
	size_t cnt;
};

struct hf_config_choice {    /* what is chosen for a name */
	struct hf_name name; /* lower case */
	uint64_t word;
};

struct hf_config_choice_list {
	struct hf_config_choice *item;
	size_t cnt;
};

struct hf_config {
	uint64_t log_level; /* enum hf_log_level */

	char *link_socket;
	char *control_socket;

	struct hf_config_text_list ports; /* DPDK devargs or PCI addresses */
	struct hf_config_addr_list service_addresses;
	uint64_t workers;
	uint64_t idle; /* enum hf_idle */
	bool realtime;
	uint64_t hugepages; /* enum hf_hugepages */
	uint64_t dataplane_cache_octets;
	uint64_t udp_size; /* largest datagram we send */
	bool rotate;
	char *exception; /* interface of the exception port, or "none" */

	char *service_tcp_netns; /* path of a network namespace, or "none" */

	char *cookie_secrets; /* a file, or "none" */
	bool cookie_answer, cookie_require;
	char *id_server, *id_version, *nsid; /* a text, "hostname" or "hidden" */
	bool key_tag_signal;

	struct hf_config_addr_list listen; /* kernel sockets of the control plane, UDP and TCP */

	char *root_hints;   /* zone file text */
	bool ipv4, ipv6;    /* families used towards servers */
	char *nat64_prefix; /* hf_nat64_from_text reads it, or "none" */
	bool qname_minimisation;
	bool case_randomisation; /* of questions to servers */
	bool server_cookies;     /* RFC 7873 */
	uint64_t resolver_threads;
	char *public_suffixes; /* path, or "none" */
	uint64_t resolver_cache_octets;
	struct hf_config_text_list keepwarm; /* hf_config_keepwarm reads each */
	bool aggressive_nsec, prefetch, minimal_responses;
	uint64_t any; /* enum hf_any */
	uint64_t min_ttl_ns;
	bool harden_glue;

	struct hf_config_zone_list forwards, stubs;
	char *root_file; /* of the copy of the root zone, or "none" */
	struct hf_config_server_list root_masters;
	struct hf_config_choice_list local_zones; /* enum hf_local_zone */
	struct hf_config_text_list local_data;    /* records, or files of them */

	/* limits: DESIGN 5 */
	uint64_t limit_sends, limit_bytes, limit_ns_names, limit_ns_addresses;
	uint64_t limit_ns_lookups, limit_ns_lookup_failures, limit_referrals, limit_depth;
	uint64_t limit_chain, limit_sends_per_server, limit_signature_checks, limit_sha1_blocks;
	uint64_t limit_nsec3_iterations;
	uint64_t limit_time_ns, limit_questions;
	uint64_t limit_zone_fetches, limit_zone_waste; /* 0: none */
	uint64_t limit_zone_check_ns;                  /* in a second */
	uint64_t limit_server_fetches, limit_server_rate;
	uint64_t limit_client_waiting;                  /* replies, per core */
	uint64_t limit_cookie_waiting;                  /* the same, with a cookie */
	uint64_t limit_client_rate, limit_client_burst; /* queries, per core; 0: none, a second's */
	uint64_t limit_slip;                            /* one in so many; 0: none */

	struct hf_access access; /* but for others: hf_config_access has all of it */
	uint64_t access_others;  /* enum hf_access_verdict */

	/* response-rate: replies a second to one network, per core; 0: no limit */
	uint64_t rrl_answers, rrl_nxdomain, rrl_errors;
	uint64_t rrl_window_ns, rrl_ipv4_prefix, rrl_ipv6_prefix;

	struct hf_config_text_list trust_anchors; /* files of DS and DNSKEY records */
	bool rsasha1;                             /* rely on RSASHA1 signatures */
	bool ds_sha1;                             /* rely on SHA-1 digests in DS records */
	uint64_t skew_min_ns, skew_max_ns;        /* bounds of what is forgiven a signature */

	uint64_t rollover; /* enum hf_config_rollover: anchors that follow RFC 5011 */
	uint64_t rollover_hold_down_ns;

	char *policy_store; /* SQLite file */
	uint64_t nta_default_ns, nta_max_ns;
	uint64_t nta_approval; /* enum hf_config_approval */
	uint64_t probe_interval_ns, probe_rate, recovery_rounds, recovery_time_ns;
	bool probe, auto_remove;

	bool stale;
	uint64_t stale_client_timer_ns, stale_ttl_ns, stale_max_ns, stale_retry_ns;
};

struct hf_config_errors {
	size_t cnt; /* may exceed HF_CONFIG_ERROR_MAX: the rest is only counted */
	char *text[HF_CONFIG_ERROR_MAX]; /* "holdfast.yaml:12:3: unknown key \"wrokers\" (...)" */
};

/* Defaults for every key. */
void hf_config_defaults(struct hf_config *c);

/* Read path over the defaults. 0, or -EINVAL with at least one error, or -errno of the file
 * (also told in errors). *c is only written on success; errors must be freed in any case. */
int hf_config_load(const char *path, struct hf_config *c, struct hf_config_errors *errors);
/* The same from memory; name stands for the file in messages. */
int hf_config_parse(const char *name, const char *text, size_t len, struct hf_config *c,
    struct hf_config_errors *errors);

void hf_config_fini(struct hf_config *c);
void hf_config_errors_fini(struct hf_config_errors *errors);

/* resolver.nat64-prefix; len 0: none. False: it is no prefix. */
bool hf_config_nat64(const struct hf_config *c, struct hf_nat64 *n);

/* Who may ask; borrows the rules of c. */
static inline struct hf_access
hf_config_access(const struct hf_config *c)
{
	return (struct hf_access){.rule = c->access.rule,
	    .cnt = c->access.cnt,
	    .others = (enum hf_access_verdict)c->access_others};
}

/* "www.example.com. AAAA" as a name (with its final dot) and a type that can be asked for. */
bool hf_config_keepwarm(const char *item, struct hf_name *name, uint16_t *type);

#endif
