/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/replay/setup.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/replay/infer.h"
#include "tests/replay/rpl_record.h"

/* A failed refresh is tried again after 5 s, the longest that the jitter makes of this. */
enum { STALE_MAX_S = 86400, STALE_RETRY_S = 4 };

enum { ARENA_MAX = 1024 * 1024, HINTS_TTL_S = 3600000, RDATA_MAX_CNT = 16 };

#define WALL_DEFAULT_S   1577836800 /* 2020-01-01: for scenarios that do not care */
#define ROOT_SERVER_NAME "k.root-servers.net."
#define SERVER_DEFAULT   "216.0.0.1"

static bool __attribute__((format(printf, 2, 3))) refuse(struct setup *u, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(u->why, sizeof(u->why), fmt, ap);
	va_end(ap);
	return false;
}

static bool
is_yes(const char *v)
{
	return strcmp(v, "yes") == 0 || strcmp(v, "on") == 0 || strcmp(v, "true") == 0 ||
	    strcmp(v, "1") == 0;
}

static bool
is_no(const char *v)
{
	return strcmp(v, "no") == 0 || strcmp(v, "off") == 0 || strcmp(v, "false") == 0 ||
	    strcmp(v, "0") == 0;
}

/* --- RRsets -------------------------------------------------------------------------------- */

/* One more record in set, unless it is there already. */
static bool
rrset_add(struct setup *u, struct hf_rrset *set, const void *data, size_t len)
{
	struct hf_rdata *rr;

	for (unsigned i = 0; i < set->rr_cnt; i++)
		if (set->rr[i].len == len && memcmp(set->rr[i].data, data, len) == 0)
			return true;
	if (set->rr_cnt == RDATA_MAX_CNT)
		return refuse(u, "too many records in one RRset");
	rr = hf_arena_alloc(&u->arena, (set->rr_cnt + 1u) * sizeof(*rr));
	if (rr == NULL)
		return refuse(u, "out of memory");
	if (set->rr_cnt > 0)
		memcpy(rr, set->rr, set->rr_cnt * sizeof(*rr));
	rr[set->rr_cnt].data = hf_arena_copy(&u->arena, data, len);
	rr[set->rr_cnt].len = (uint16_t)len;
	set->rr = rr;
	set->sig = rr;
	set->rr_cnt++;
	return true;
}

static bool
hints_make(struct setup *u)
{
	static const uint16_t types[3] = {HF_TYPE_NS, HF_TYPE_A, HF_TYPE_AAAA};
	struct hf_rrset made[3];
	size_t cnt = 0;

	for (unsigned i = 0; i < 3; i++)
		made[i] = (struct hf_rrset){.owner = i == 0 ? hf_name_root : u->root_name,
		    .type = types[i],
		    .klass = HF_CLASS_IN,
		    .ttl = HINTS_TTL_S};
	if (!rrset_add(u, &made[0], u->root_name.octets, u->root_name.len))
		return false;
	for (unsigned i = 0; i < u->root_cnt; i++) {
		bool v4 = u->root[i].family == AF_INET;

		if (!rrset_add(u, &made[v4 ? 1 : 2], u->root[i].octets, v4 ? 4 : 16))
			return false;
	}
	for (unsigned i = 0; i < 3; i++)
		if (made[i].rr_cnt > 0)
			u->hints[cnt++] = made[i];
	u->cfg.root_hints = u->hints;
	u->cfg.root_hints_cnt = cnt;
	return true;
}

static bool
anchor_add(struct setup *u, const char *text)
{
	struct rpl_origin origin = {.name = hf_name_root, .ttl = RPL_TTL_DEFAULT};
	struct hf_rrset *set = u->anchors;
	struct rpl_rr rr;
	char copy[RPL_LINE_MAX];
	const char *why;

	snprintf(copy, sizeof(copy), "%s", text);
	why = rpl_record_read(&origin, copy, &u->arena, &rr);
	if (why != NULL)
		return refuse(u, "trust-anchor: %s", why);
	if (rr.type != HF_TYPE_DS && rr.type != HF_TYPE_DNSKEY)
		return refuse(u, "trust-anchor that is neither DS nor DNSKEY");
	while (set < u->anchors + u->cfg.anchors_cnt &&
	    (set->type != rr.type || !hf_name_equal(&set->owner, &rr.owner)))
		set++;
	if (set == u->anchors + SETUP_ANCHOR_MAX)
		return refuse(u, "too many trust anchors");
	if (set == u->anchors + u->cfg.anchors_cnt) {
		*set = (struct hf_rrset){.owner = rr.owner,
		    .type = rr.type,
		    .klass = HF_CLASS_IN,
		    .ttl = RPL_TTL_DEFAULT};
		u->cfg.anchors_cnt++;
	}
	return rrset_add(u, set, rr.rdata, rr.len);
}

/* --- settings ------------------------------------------------------------------------------ */

static bool
on_root_addr(struct setup *u, const char *v)
{
	if (u->root_cnt == SETUP_ROOT_MAX || hf_addr_from_text(v, &u->root[u->root_cnt]) != 0)
		return refuse(u, "stub-addr: %s", v);
	u->root_cnt++;
	return true;
}

static bool
on_root_name(struct setup *u, const char *v)
{
	if (u->root_cnt == 0) /* in front of an address it would be a zone */
		return refuse(u, "stub-name: before stub-addr");
	return hf_name_from_text(v, &u->root_name) == 0 || refuse(u, "stub-name: %s", v);
}

static bool
rule_add(struct setup *u, enum hf_rule_kind kind, const struct hf_name *name)
{
	for (size_t i = 0; i < u->rule_cnt; i++)
		if (hf_name_equal(&u->rules[i].name, name))
			return true;
	if (u->rule_cnt == SETUP_RULE_MAX)
		return refuse(u, "too many rules");
	u->rules[u->rule_cnt++] = (struct cp_rule){.kind = kind, .name = *name};
	return true;
}

static bool
on_insecure(struct setup *u, const char *v)
{
	struct hf_name name;

	if (hf_name_from_text(v, &name) != 0)
		return refuse(u, "domain-insecure: %s", v);
	return rule_add(u, HF_RULE_NTA, &name);
}

static bool
on_date(struct setup *u, const char *v)
{
	struct tm tm;
	char *end;

	memset(&tm, 0, sizeof(tm));
	end = strptime(v, "%Y%m%d%H%M%S", &tm);
	if (end == NULL || *end != '\0')
		return refuse(u, "val-override-date: %s", v);
	u->wall_s = timegm(&tm);
	return true;
}

static bool
on_timestamp(struct setup *u, const char *v)
{
	char *end;

	u->wall_s = strtoll(v, &end, 10);
	return (*v != '\0' && *end == '\0') || refuse(u, "val-override-timestamp: %s", v);
}

static bool
on_ip4(struct setup *u, const char *v)
{
	u->cfg.do_ip4 = is_yes(v);
	return is_yes(v) || is_no(v) || refuse(u, "do-ip4: %s", v);
}

static bool
on_ip6(struct setup *u, const char *v)
{
	u->cfg.do_ip6 = is_yes(v);
	return is_yes(v) || is_no(v) || refuse(u, "do-ip6: %s", v);
}

static bool
on_harden_glue(struct setup *u, const char *v)
{
	u->cfg.any_glue = is_no(v);
	return is_yes(v) || is_no(v) || refuse(u, "harden-glue: %s", v);
}

static bool
on_localhost(struct setup *u, const char *v)
{
	u->cfg.ask_loopback = !is_yes(v);
	return true;
}

static bool
on_minimise(struct setup *u, const char *v)
{
	u->cfg.qname_minimisation = is_yes(v);
	return true;
}

/* --- features ------------------------------------------------------------------------------ */

static bool
to_seconds(struct setup *u, const char *key, const char *v, uint32_t *out)
{
	char *end;
	unsigned long n = strtoul(v, &end, 10);

	if (*v == '\0' || *end != '\0' || n > UINT32_MAX)
		return refuse(u, "%s=%s", key, v);
	*out = (uint32_t)n;
	return true;
}

static bool
to_bool(struct setup *u, const char *key, const char *v, bool *out)
{
	*out = is_yes(v);
	return is_yes(v) || is_no(v) || refuse(u, "%s=%s", key, v);
}

static bool
to_iterations(struct setup *u, const char *key, const char *v)
{
	uint32_t n = 0;

	if (!to_seconds(u, key, v, &n))
		return false;
	u->validation.nsec3_iterations = (uint16_t)n;
	return n <= UINT16_MAX || refuse(u, "%s=%s", key, v);
}

static bool
to_set(struct setup *u, const char *key, const char *v, uint32_t *set, uint32_t members)
{
	bool in;

	if (!to_bool(u, key, v, &in))
		return false;
	*set = in ? *set | members : *set & ~members;
	return true;
}

static bool
on_feature(struct setup *u, const char *key, const char *v)
{
	if (strcmp(key, "minimal_responses") == 0) {
		u->cfg.extras = is_no(v);
		return is_yes(v) || is_no(v) || refuse(u, "%s=%s", key, v);
	}
	if (strcmp(key, "aggressive_nsec") == 0)
		return to_bool(u, key, v, &u->cfg.aggressive_nsec);
	if (strcmp(key, "nsec3_iterations") == 0) /* ours */
		return to_iterations(u, key, v);
	if (strcmp(key, "rsasha1") == 0) /* ours */
		return to_set(u, key, v, &u->validation.algorithms,
		    1u << HF_ALG_RSASHA1 | 1u << HF_ALG_RSASHA1_NSEC3);
	if (strcmp(key, "ds_sha1") == 0) /* ours */
		return to_set(u, key, v, &u->validation.digests, 1u << HF_DIGEST_SHA1);
	if (strcmp(key, "nat64_prefix") == 0) /* ours */
		return hf_nat64_from_text(v, &u->cfg.nat64) == 0 || refuse(u, "%s=%s", key, v);
	if (strcmp(key, "any") == 0) { /* ours */
		u->cfg.any_full = strcmp(v, "full") == 0;
		return u->cfg.any_full || strcmp(v, "minimal") == 0 || refuse(u, "%s=%s", key, v);
	}
	if (strcmp(key, "prefetch") == 0)
		return to_bool(u, key, v, &u->prefetch);
	if (strcmp(key, "serve_expired") == 0)
		return to_bool(u, key, v, &u->serve_stale);
	if (strcmp(key, "serve_expired_client_timeout") == 0)
		return to_seconds(u, key, v, &u->stale.client_ms);
	if (strcmp(key, "serve_expired_reply_ttl") == 0)
		return to_seconds(u, key, v, &u->stale.ttl_s);
	if (strcmp(key, "serve_expired_ttl") == 0)
		return to_seconds(u, key, v, &u->stale.max_s);
	if (strcmp(key, "ede_serve_expired") == 0 && is_yes(v)) /* always */
		return true;
	if (strcmp(key, "min_ttl") == 0)
		return to_seconds(u, key, v, &u->cfg.limits.ttl_min_s);
	if (strcmp(key, "max_ttl") == 0)
		return to_seconds(u, key, v, &u->cfg.limits.ttl_max_s);
	if (strcmp(key, "max_neg_ttl") == 0)
		return to_seconds(u, key, v, &u->cfg.limits.ttl_neg_max_s);
	return refuse(u, "%s=%s", key, v);
}

/* Without the blanks around "=". */
static void
close_up(const char *v, char out[RPL_LINE_MAX])
{
	size_t len = 0;

	for (; *v != '\0' && len < RPL_LINE_MAX - 1; v++) {
		if (*v == ' ' && (v[strspn(v, " ")] == '=' || (len > 0 && out[len - 1] == '=')))
			continue;
		out[len++] = *v;
	}
	out[len] = '\0';
}

static bool
on_features(struct setup *u, const char *v)
{
	char copy[RPL_LINE_MAX], *save = NULL;

	close_up(v, copy);
	for (char *p = strtok_r(copy, "; ", &save); p != NULL; p = strtok_r(NULL, "; ", &save)) {
		char *eq = strchr(p, '=');

		if (eq == NULL)
			return refuse(u, "features: %s", v);
		*eq = '\0';
		if (!on_feature(u, p, eq + 1))
			return false;
	}
	return true;
}

/* --- zones of the operator ------------------------------------------------------------------ */

/* One more address for the zone, which is made if need be. */
static bool
zone_add(struct setup *u, enum cp_zone_kind kind, const char *name, const char *addr)
{
	struct hf_name zone;
	struct cp_zone *z = u->zones;
	struct hf_addr a;

	if (hf_name_from_text(name, &zone) != 0 || hf_addr_from_text(addr, &a) != 0)
		return refuse(u, "zone %s at %s", name, addr);
	while (z < u->zones + u->cfg.zones_cnt && !hf_name_equal(&z->name, &zone))
		z++;
	if (z == u->zones + SETUP_ZONE_MAX || z->addr_cnt == SETUP_ZONE_ADDR_MAX)
		return refuse(u, "too many zones");
	if (z == u->zones + u->cfg.zones_cnt) {
		*z = (struct cp_zone){
		    .name = zone, .kind = kind, .addrs = u->zone_addrs[z - u->zones]};
		u->cfg.zones_cnt++;
	}
	u->zone_addrs[z - u->zones][z->addr_cnt++] = a;
	return z->kind == kind || refuse(u, "zone %s of two kinds", name);
}

/* "ZONE ADDR" behind "stub=" or "forward=". */
static bool
on_zone(struct setup *u, enum cp_zone_kind kind, const char *v)
{
	char copy[RPL_LINE_MAX], *addr;

	snprintf(copy, sizeof(copy), "%s", v);
	addr = strchr(copy, ' ');
	if (addr == NULL)
		return refuse(u, "zone %s without address", v);
	*addr++ = '\0';
	return zone_add(u, kind, copy, addr + strspn(addr, " "));
}

/* Options of others that Holdfast has too, or always does as they say. */
static bool
on_need(struct setup *u, const char *v)
{
	static const char *const have[] = {
	    "harden-below-nxdomain",     /* RFC 8020, always */
	    "harden-unknown-additional", /* only addresses of hosts that were named, always */
	    "harden-unverified-glue",    /* asked for behind the zone's back, always */
	    "max-global-quota",          /* limits.sends */
	    "max-query-restarts",        /* limits.chain */
	    "msg-cache-size",            /* resolver.cache-size */
	    "nat64-prefix",              /* found by infer.h, if do-nat64 wants one */
	    "stub-prime", "val-max-restart", "outbound-msg-retry", /* limits.sends-per-server */
	};

	if (strcmp(v, "val-override-date:-1") == 0) {
		u->any_date = true;
		return true;
	}
	if (strcmp(v, "do-nat64") == 0) {
		u->nat64 = true;
		return true;
	}
	if (strcmp(v, "val-nsec3-keysize-iterations") == 0) { /* it is not said: ours */
		u->validation.nsec3_iterations = VA_NSEC3_ITERATIONS_MAX;
		return true;
	}
	if (strcmp(v, "forward-no-cache") == 0) {
		u->no_cache = true;
		return true;
	}
	if (strcmp(v, "forward-first") == 0) {
		u->forward_first = true;
		return true;
	}
	for (size_t i = 0; i < sizeof(have) / sizeof(have[0]); i++)
		if (strcmp(v, have[i]) == 0)
			return true;
	return refuse(u, "needs=%s", v);
}

static bool
on_feature_list(struct setup *u, const char *v)
{
	if (strncmp(v, "needs=", 6) == 0)
		return on_need(u, v + 6);
	if (strncmp(v, "stub=", 5) == 0)
		return on_zone(u, CP_ZONE_STUB, v + 5);
	if (strncmp(v, "forward=", 8) == 0)
		return on_zone(u, CP_ZONE_FORWARD, v + 8);
	return refuse(u, "%s", v);
}

static bool
on_forward(struct setup *u, const char *v)
{
	return zone_add(u, CP_ZONE_FORWARD, ".", v);
}

static const struct {
	const char *key;
	bool (*take)(struct setup *u, const char *value);
} settings[] = {
    {"stub-addr", on_root_addr},
    {"stub-name", on_root_name},
    {"trust-anchor", anchor_add},
    {"domain-insecure", on_insecure},
    {"val-override-date", on_date},
    {"val-override-timestamp", on_timestamp},
    {"do-ip4", on_ip4},
    {"do-ip6", on_ip6},
    {"harden-glue", on_harden_glue},
    {"do-not-query-localhost", on_localhost},
    {"query-minimization", on_minimise},
    {"features", on_features},
    {"feature-list", on_feature_list},
    {"forward-addr", on_forward},
};

static bool
setting_take(struct setup *u, const struct rpl_setting *s)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (strcmp(s->key, settings[i].key) == 0)
			return settings[i].take(u, s->value);
	return refuse(u, "unknown directive %s", s->key);
}

/* A trust anchor below an NTA wins (RFC 7646 2): the policy has to know both. */
static bool
policy_make(struct setup *u)
{
	for (size_t i = 0; i < u->cfg.anchors_cnt; i++)
		if (!rule_add(u, HF_RULE_ANCHOR, &u->anchors[i].owner))
			return false;
	if (!u->serve_stale)
		u->stale.max_s = 0;
	u->policy = cp_policy_create(1, &u->stale, u->rules, u->rule_cnt);
	return u->policy != NULL || refuse(u, "policy");
}

/* A scenario that says of no server at all was written for a forwarder. */
static bool
servers_find(struct setup *u, const struct rpl *s)
{
	const struct hf_addr *first = infer_server(s);
	char text[HF_ADDR_TEXT_LEN] = SERVER_DEFAULT;

	if (first != NULL)
		hf_addr_to_text(first, text);
	if (u->root_cnt == 0 && u->cfg.zones_cnt == 0 && !on_forward(u, text))
		return false;
	return u->root_cnt > 0 || on_root_addr(u, SERVER_DEFAULT);
}

bool
setup_read(struct setup *u, const struct rpl *s)
{
	memset(u, 0, sizeof(*u));
	hf_arena_init(&u->arena, ARENA_MAX);
	u->wall_s = WALL_DEFAULT_S;
	u->stale = (struct cp_stale){.client_ms = 1800,
	    .ttl_s = 30,
	    .max_s = STALE_MAX_S,
	    .retry_s = STALE_RETRY_S,
	    .triggers = HF_STALE_ALL};
	u->cfg.do_ip4 = u->cfg.do_ip6 = true;
	u->cfg.validate = true;
	u->cfg.qname_minimisation = u->cfg.aggressive_nsec = true; /* Holdfast's defaults */
	/* The scenarios are older than RFC 9905 and RFC 9276. */
	u->validation = va_rules_default;
	u->validation.algorithms |= 1u << HF_ALG_RSASHA1 | 1u << HF_ALG_RSASHA1_NSEC3;
	u->validation.digests |= 1u << HF_DIGEST_SHA1;
	u->validation.nsec3_iterations = 150;
	u->cfg.rules = &u->validation;
	u->cfg.any_full = true; /* and than RFC 8482 */
	u->cfg.qname_minimisation = true;
	u->cfg.server_port = 53;
	(void)hf_name_from_text(ROOT_SERVER_NAME, &u->root_name);
	for (const struct rpl_setting *at = s->settings; at != NULL; at = at->next)
		if (!setting_take(u, at))
			return false;
	if (!servers_find(u, s))
		return false;
	if (u->any_date && !infer_date(s, &u->wall_s)) /* Holdfast checks dates always */
		return refuse(u, "val-override-date:-1 (no date suits all signatures)");
	if (u->nat64 && !infer_nat64(s, &u->cfg.nat64))
		return refuse(u, "do-nat64 (no prefix suits the servers)");
	for (size_t i = 0; i < u->cfg.zones_cnt; i++) {
		if (u->zones[i].kind != CP_ZONE_FORWARD)
			continue;
		u->zones[i].no_cache = u->no_cache;
		if (u->forward_first)
			u->zones[i].kind = CP_ZONE_FORWARD_FIRST;
	}
	u->cfg.anchors = u->anchors;
	u->cfg.zones = u->zones;
	return hints_make(u) && policy_make(u);
}

void
setup_fini(struct setup *u)
{
	cp_policy_put(u->policy);
	hf_arena_fini(&u->arena);
}
