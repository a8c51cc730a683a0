/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/program.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <event2/event.h>

#include "controlplane/admin.h"
#include "controlplane/cookies.h"
#include "controlplane/keepwarm.h"
#include "controlplane/listen.h"
#include "controlplane/options.h"
#include "controlplane/prober.h"
#include "controlplane/public_suffixes.h"
#include "controlplane/root_hints.h"
#include "controlplane/rollover.h"
#include "controlplane/rootload.h"
#include "controlplane/service.h"
#include "controlplane/telemetry.h"
#include "controlplane/upstream.h"
#include "controlplane/zones.h"
#include "lib/base/clock.h"
#include "lib/base/rand.h"
#include "lib/wire/const.h"
#include "lib/wire/identity.h"

enum { FILES_OTHER = 4096, SERVER_PORT = 53, HOLD_DOWN_S = 30 * 86400 };

struct program {
	const struct hf_config *config;
	struct event_base *base;
	struct event *on_term, *on_int;
	struct cp_counters counters;
	struct hf_rrsets hints;
	struct cp_zones zones;
	struct hf_identity identity;
	struct hf_access access; /* the rules are the configuration's */
	struct cp_cookies cookies;
	struct cp_telemetry *telemetry;
	struct cp_rootload *rootload;
	struct cp_store *store;
	struct cp_rollover *rollover;
	struct cp_ntas *ntas;
	struct cp_stales *stales;
	struct cp_suffixes *suffixes;
	struct va_rules rules; /* of resolvers, which borrow it while they are made */
	struct cp_engine *engine;
	struct cp_tracer *tracer;
	struct cp_prober *prober;
	struct cp_link_client *link;
	struct cp_keepwarm *keepwarm;
	struct cp_listen *listen;
	struct cp_service *service;
	struct cp_admin_env env;
	struct cp_admin *admin;
	/* The cores took a snapshot that a recursion thread has yet to take; generation 0: none. */
	struct hf_msg_ack early;
};

/* --- what the parts tell one another -------------------------------------------------------- */

/* Commands that wait. */
static void
tell(struct program *g, struct cp_event e)
{
	if (g->admin != NULL)
		cp_admin_event(g->admin, &e);
}

static void
on_publish(void *arg, struct cp_policy *p)
{
	struct program *g = arg;

	cp_engine_set_policy(g->engine, p);
	cp_link_client_set_policy(g->link, p);
	cp_keepwarm_again(g->keepwarm);
	cp_prober_look(g->prober);
}

/* The generation must grow from the dataplane's point of view. One that it has and that we
 * did not see acknowledged may come from another store, or from this store before the
 * configuration changed. */
static void
on_attached(void *arg, uint64_t dataplane_gen)
{
	struct program *g = arg;
	uint64_t ours = cp_store_generation(g->store);
	bool known = dataplane_gen == ours && g->env.ack[HF_SET_POLICY].generation == ours;

	if (dataplane_gen >= ours && !known)
		(void)cp_ntas_overtake(g->ntas, dataplane_gen);
	cp_keepwarm_again(g->keepwarm);
}

static void
on_lost(void *arg)
{
	struct program *g = arg;

	g->early.generation = 0;
	memset(&g->env.ack[HF_SET_COOKIES], 0, sizeof(g->env.ack[HF_SET_COOKIES]));
	tell(g, (struct cp_event){.kind = CP_EVENT_LOST});
}

static void
count_ack(struct program *g, const struct hf_msg_ack *ack)
{
	if (ack->set != HF_SET_POLICY && ack->fault != 0)
		cp_count(&g->counters, set_refused);
	else if (ack->set != HF_SET_POLICY)
		cp_count(&g->counters, set_acks);
	else if (ack->fault != 0)
		cp_count(&g->counters, policy_refused);
	else
		cp_count(&g->counters, policy_acks);
}

/* A set is in force on every core, a snapshot of policy in every recursion thread too. */
static void
tell_ack(struct program *g, const struct hf_msg_ack *ack)
{
	const char *what = hf_msg_set_to_text((enum hf_msg_set)ack->set);

	count_ack(g, ack);
	if (ack->fault != 0) {
		hf_log(HF_LOG_ERROR, what, "the dataplane refused generation %llu: %s",
		    (unsigned long long)ack->generation,
		    hf_msg_fault_to_text((enum hf_msg_fault)ack->fault));
	} else {
		g->env.ack[ack->set] = *ack;
		hf_log(HF_LOG_INFO, what, "generation %llu active on %u/%u cores in %llu us",
		    (unsigned long long)ack->generation, ack->core_cnt, ack->core_all,
		    (unsigned long long)(ack->took_ns / HF_NS_PER_US));
	}
	tell(g, (struct cp_event){.kind = CP_EVENT_ACK, .ack = ack});
}

static void
on_acked(void *arg, const struct hf_msg_ack *ack)
{
	struct program *g = arg;

	if (ack->set != HF_SET_POLICY || ack->fault != 0 ||
	    ack->generation <= cp_engine_generation(g->engine))
		tell_ack(g, ack);
	else
		g->early = *ack;
}

static void
on_in_force(void *arg, uint64_t generation)
{
	struct program *g = arg;
	struct hf_msg_ack ack = g->early;

	if (ack.generation == 0 || generation < ack.generation)
		return;
	g->early.generation = 0;
	tell_ack(g, &ack);
}

static void
on_stats(void *arg, const struct hf_msg_stats_say *m)
{
	tell(arg, (struct cp_event){.kind = CP_EVENT_STATS, .stats = m});
}

static void
on_latency(void *arg, const struct hf_msg_latency_say *m)
{
	tell(arg, (struct cp_event){.kind = CP_EVENT_LATENCY, .latency = m});
}

static void
on_cache(void *arg, const struct hf_msg_cache_say *m)
{
	tell(arg, (struct cp_event){.kind = CP_EVENT_CACHE, .cache = m});
}

static void
on_survey(void *arg, const struct hf_msg_survey_say *m)
{
	tell(arg, (struct cp_event){.kind = CP_EVENT_SURVEY, .survey = m});
}

static void
on_traced(void *arg, const struct cp_traced *t)
{
	tell(arg, (struct cp_event){.kind = CP_EVENT_TRACE, .traced = t});
}

static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct program *g = arg;

	(void)what;
	hf_log(HF_LOG_INFO, "main", "ending: %s", sig == SIGTERM ? "SIGTERM" : "SIGINT");
	event_base_loopbreak(g->base);
}

/* --- parts, in the order in which they are made --------------------------------------------- */

/* A socket per exchange needs more descriptors than the usual 1024. */
static void
raise_files(const struct hf_config *config)
{
	rlim_t wanted = config->resolver_threads * CP_UPSTREAM_MAX + FILES_OTHER;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= wanted)
		return;
	r.rlim_cur = r.rlim_max == RLIM_INFINITY || r.rlim_max > wanted ? wanted : r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur < wanted)
		hf_log(HF_LOG_WARN, "main", "only %llu descriptors: fewer questions at once",
		    (unsigned long long)r.rlim_cur);
}

static int
make_base(struct program *g)
{
	(void)signal(SIGPIPE, SIG_IGN);
	raise_files(g->config);
	g->base = event_base_new();
	if (g->base == NULL)
		return -ENOMEM;
	g->on_term = evsignal_new(g->base, SIGTERM, on_signal, g);
	g->on_int = evsignal_new(g->base, SIGINT, on_signal, g);
	if (g->on_term == NULL || g->on_int == NULL || event_add(g->on_term, NULL) != 0 ||
	    event_add(g->on_int, NULL) != 0)
		return -ENOMEM;
	return 0;
}

static int
read_files(struct program *g)
{
	char err[HF_ZONETEXT_ERROR_LEN];
	int rc = cp_root_hints_load(g->config->root_hints, &g->hints, err);

	if (rc == 0)
		rc = cp_zones_init(&g->zones, g->config, err);
	if (rc != 0)
		hf_log(HF_LOG_ERROR, "main", "%s", err);
	return rc;
}

static struct cp_stale
stale_of(const struct hf_config *c)
{
	return (struct cp_stale){
	    .client_ms = (uint32_t)(c->stale_client_timer_ns / HF_NS_PER_MS),
	    .ttl_s = (uint32_t)(c->stale_ttl_ns / HF_NS_PER_S),
	    .max_s = c->stale ? (uint32_t)(c->stale_max_ns / HF_NS_PER_S) : 0,
	    .retry_s = (uint32_t)(c->stale_retry_ns / HF_NS_PER_S),
	    .triggers = HF_STALE_ALL,
	};
}

static struct va_rules
rules_of(const struct hf_config *c)
{
	struct va_rules rules = va_rules_default;

	if (c->rsasha1)
		rules.algorithms |= 1u << HF_ALG_RSASHA1 | 1u << HF_ALG_RSASHA1_NSEC3;
	if (c->ds_sha1)
		rules.digests |= 1u << HF_DIGEST_SHA1;
	rules.nsec3_iterations = (uint16_t)c->limit_nsec3_iterations;
	rules.skew_min_s = (uint32_t)(c->skew_min_ns / HF_NS_PER_S);
	rules.skew_max_s = (uint32_t)(c->skew_max_ns / HF_NS_PER_S);
	return rules;
}

static int
store_said(const struct program *g, int rc)
{
	if (rc != 0)
		hf_log(HF_LOG_ERROR, "store", "%s",
		    cp_store_error(g->store)[0] != '\0' ? cp_store_error(g->store) : strerror(-rc));
	return rc;
}

static int
make_store(struct program *g)
{
	return store_said(g, cp_store_open(g->config->policy_store, &g->store));
}

/* The anchors: what files say and what was learned since. */
static int
make_rollover(struct program *g)
{
	const struct hf_config *c = g->config;
	struct cp_rollover_config cfg = {
	    .store = g->store,
	    .counters = &g->counters,
	    .mode = (enum hf_config_rollover)c->rollover,
	    .hold_down_s = (uint32_t)(c->rollover_hold_down_ns / HF_NS_PER_S),
	    .rules = rules_of(c),
	};
	char err[HF_ZONETEXT_ERROR_LEN];
	int rc = cp_rollover_create(&cfg, &g->rollover);

	if (rc != 0)
		return store_said(g, rc);
	if (cfg.hold_down_s < HOLD_DOWN_S)
		hf_log(HF_LOG_WARN, "anchor",
		    "a new root key is believed after %u s: RFC 5011 2.4.1 asks for 30 days",
		    cfg.hold_down_s);
	for (size_t i = 0; rc == 0 && i < c->trust_anchors.cnt; i++)
		rc = cp_rollover_file(g->rollover, c->trust_anchors.item[i], err);
	if (rc != 0) {
		hf_log(HF_LOG_ERROR, "main", "%s", err);
		return rc;
	}
	return store_said(g, cp_rollover_settle(g->rollover, hf_clock_wall_s()));
}

static void
on_anchors(void *arg, struct cp_trust *trust)
{
	struct program *g = arg;

	cp_rootload_set_trust(g->rootload, trust);
	cp_telemetry_set_trust(g->telemetry, trust);
	(void)cp_ntas_set_trust(g->ntas, trust); /* logged; the next change brings it */
}

static int
start_rollover(struct program *g)
{
	struct cp_rollover_ops ops = {
	    .base = g->base, .engine = g->engine, .arg = g, .changed = on_anchors};

	return cp_rollover_start(g->rollover, &ops);
}

static void
on_stale(void *arg)
{
	struct program *g = arg;

	(void)cp_ntas_publish(g->ntas); /* logged; the next change brings it */
}

static int
make_policy(struct program *g)
{
	const struct cp_stales_config stales = {.store = g->store,
	    .counters = &g->counters,
	    .all = stale_of(g->config),
	    .arg = g,
	    .changed = on_stale};
	int rc = cp_stales_create(&stales, &g->stales);

	if (rc != 0)
		return store_said(g, rc);
	struct cp_ntas_config cfg = {
	    .base = g->base,
	    .store = g->store,
	    .counters = &g->counters,
	    .stale = stale_of(g->config),
	    .stales = g->stales,
	    .trust = cp_rollover_trust(g->rollover),
	    .max_s = g->config->nta_max_ns / HF_NS_PER_S,
	    .second_for_tlds = g->config->nta_approval == HF_CONFIG_APPROVAL_TLD,
	    .arg = g,
	    .publish = on_publish,
	};

	return store_said(g, cp_ntas_create(&cfg, &g->ntas));
}

/* 0 is "no limit" to the operator and "the default" to the core. */
static uint32_t
or_none(uint64_t limit)
{
	return limit != 0 ? (uint32_t)limit : UINT32_MAX;
}

static struct cp_resolver_limits
limits_of(const struct hf_config *c)
{
	return (struct cp_resolver_limits){
	    .sends = (uint32_t)c->limit_sends,
	    .bytes = (uint32_t)c->limit_bytes,
	    .ns_names = (uint32_t)c->limit_ns_names,
	    .ns_addrs = (uint32_t)c->limit_ns_addresses,
	    .ns_lookup_fails = (uint32_t)c->limit_ns_lookup_failures,
	    .ns_lookups = (uint32_t)c->limit_ns_lookups,
	    .referrals = (uint32_t)c->limit_referrals,
	    .depth = (uint32_t)c->limit_depth,
	    .chain = (uint32_t)c->limit_chain,
	    .sends_per_server = (uint32_t)c->limit_sends_per_server,
	    .sig_checks = (uint32_t)c->limit_signature_checks,
	    .sha1_blocks = (uint32_t)c->limit_sha1_blocks,
	    .wall_ns = c->limit_time_ns,
	    .zone_fetches = or_none(c->limit_zone_fetches),
	    .zone_waste = or_none(c->limit_zone_waste),
	    .zone_check_ms = (uint32_t)(c->limit_zone_check_ns / HF_NS_PER_MS),
	    .server_fetches = or_none(c->limit_server_fetches),
	    .server_rate = or_none(c->limit_server_rate),
	    .tasks = (uint32_t)c->limit_questions,
	    .cache_octets = c->resolver_cache_octets,
	    .ttl_min_s = (uint32_t)(c->min_ttl_ns / HF_NS_PER_S),
	};
}

/* Without the list a registrable domain is the last two labels. */
static int
read_suffixes(struct program *g)
{
	const char *path = g->config->public_suffixes;
	struct hf_siphash_key key;
	struct hf_rand rand;
	unsigned skipped = 0;

	if (strcmp(path, "none") == 0)
		return 0;
	hf_rand_init(&rand);
	hf_rand_bytes(&rand, &key, sizeof(key));
	g->suffixes = cp_suffixes_create(&key);
	if (g->suffixes == NULL)
		return -ENOMEM;
	int rc = cp_public_suffixes_load(path, g->suffixes, &skipped);

	if (rc != 0) {
		hf_log(HF_LOG_WARN, "main",
		    "no public suffix list (%s: %s): the cache's share of a domain is that of its "
		    "last two labels",
		    path, strerror(-rc));
		cp_suffixes_destroy(g->suffixes);
		g->suffixes = NULL;
	} else if (skipped > 0) {
		hf_log(HF_LOG_WARN, "main", "%s: %u lines are no rules", path, skipped);
	}
	return 0;
}

/* What a resolver is made of; g and what it holds are borrowed, *rules too. */
static void
resolver_config(
    const struct program *g, const struct va_rules *rules, struct cp_resolver_config *out)
{
	*out = (struct cp_resolver_config){
	    .limits = limits_of(g->config),
	    .root_hints = g->hints.sets,
	    .root_hints_cnt = g->hints.cnt,
	    .zones = g->zones.item,
	    .zones_cnt = g->zones.cnt,
	    .local = g->zones.data.sets,
	    .local_cnt = g->zones.data.cnt,
	    .do_ip4 = g->config->ipv4,
	    .do_ip6 = g->config->ipv6,
	    .validate = true,
	    .aggressive_nsec = g->config->aggressive_nsec,
	    .extras = !g->config->minimal_responses,
	    .any_glue = !g->config->harden_glue,
	    .any_full = g->config->any == HF_ANY_FULL,
	    .rules = rules,
	    .qname_minimisation = g->config->qname_minimisation,
	    .mix_case = g->config->case_randomisation,
	    .cookies = g->config->server_cookies,
	    .server_port = SERVER_PORT,
	};
	(void)hf_config_nat64(g->config, &out->nat64); /* checked when it was read */
}

static int
make_engine(struct program *g)
{
	struct cp_resolver_config resolver;
	struct cp_engine_config cfg = {
	    .base = g->base,
	    .resolver = &resolver,
	    .policy = cp_ntas_policy(g->ntas),
	    .counters = &g->counters,
	    .threads = (unsigned)g->config->resolver_threads,
	    .suffixes = g->suffixes,
	    .arg = g,
	    .in_force = on_in_force,
	};

	g->rules = rules_of(g->config);
	resolver_config(g, &g->rules, &resolver);
	g->engine = cp_engine_create(&cfg);
	if (g->engine == NULL)
		hf_log(HF_LOG_ERROR, "main",
		    "no resolver: out of memory, or %s has no address of a "
		    "family that is enabled",
		    g->config->root_hints);
	return g->engine != NULL ? 0 : -ENOMEM;
}

static void
on_resolver_config(void *arg, struct cp_resolver_config *out)
{
	const struct program *g = arg;

	resolver_config(g, &g->rules, out);
}

static struct cp_policy *
on_trace_policy(void *arg)
{
	const struct program *g = arg;

	return cp_ntas_policy(g->ntas);
}

static int
make_tracer(struct program *g)
{
	const struct cp_tracer_config cfg = {
	    .base = g->base,
	    .counters = &g->counters,
	    .caches = cp_engine_caches(g->engine),
	    .arg = g,
	    .resolver = on_resolver_config,
	    .policy = on_trace_policy,
	    .traced = on_traced,
	};

	g->tracer = cp_tracer_create(&cfg);
	return g->tracer != NULL ? 0 : -ENOMEM;
}

static int
make_prober(struct program *g)
{
	const struct hf_config *c = g->config;
	const struct cp_prober_config cfg = {
	    .base = g->base,
	    .counters = &g->counters,
	    .ntas = g->ntas,
	    .interval_ns = c->probe_interval_ns,
	    .rate = (unsigned)c->probe_rate,
	    .recovery = {(unsigned)c->recovery_rounds, c->recovery_time_ns},
	    .auto_remove = c->auto_remove,
	    .arg = g,
	    .resolver = on_resolver_config,
	};

	if (!c->probe)
		return 0;
	g->prober = cp_prober_create(&cfg);
	return g->prober != NULL ? 0 : -ENOMEM;
}

static int
make_link(struct program *g)
{
	struct cp_link_config cfg = {
	    .base = g->base,
	    .path = g->config->link_socket,
	    .engine = g->engine,
	    .counters = &g->counters,
	    .prefetch = g->config->prefetch,
	    .ops = {.arg = g,
		.attached = on_attached,
		.lost = on_lost,
		.acked = on_acked,
		.stats = on_stats,
		.latency = on_latency,
		.cache = on_cache,
		.survey = on_survey},
	};

	g->link = cp_link_client_create(&cfg);
	if (g->link == NULL)
		return -ENOMEM;
	cp_link_client_set_policy(g->link, cp_ntas_policy(g->ntas));
	return 0;
}

static int
make_keepwarm(struct program *g)
{
	const struct cp_keepwarm_config cfg = {
	    .base = g->base,
	    .engine = g->engine,
	    .link = g->link,
	    .counters = &g->counters,
	    .items = g->config->keepwarm.item,
	    .cnt = g->config->keepwarm.cnt,
	};

	g->keepwarm = cp_keepwarm_create(&cfg);
	return g->keepwarm != NULL ? 0 : -ENOMEM;
}

static int
make_identity(struct program *g)
{
	int rc = hf_identity_set(g->identity.server, g->config->id_server);

	g->access = hf_config_access(g->config);

	if (rc == 0)
		rc = hf_identity_set(g->identity.version, g->config->id_version);
	if (rc == 0)
		rc = hf_identity_set(g->identity.nsid, g->config->nsid);
	return rc;
}

static int
make_cookies(struct program *g)
{
	char error[CP_COOKIES_ERROR_LEN];
	int rc = cp_cookies_load(&g->cookies, g->config, error);

	if (rc != 0)
		hf_log(HF_LOG_ERROR, "main", "cookies.secrets: %s", error);
	else
		cp_link_client_set_cookies(g->link, &g->cookies.msg);
	return rc;
}

static int
make_rootload(struct program *g)
{
	const struct hf_config *c = g->config;
	bool has_file = strcmp(c->root_file, "none") != 0;
	struct cp_rootload_config cfg = {
	    .base = g->base,
	    .caches = cp_engine_caches(g->engine),
	    .counters = &g->counters,
	    .trust = cp_rollover_trust(g->rollover),
	    .file = has_file ? c->root_file : NULL,
	    .masters = c->root_masters.addr,
	    .masters_cnt = c->root_masters.addr_cnt,
	};

	if (!has_file && cfg.masters_cnt == 0)
		return 0;
	g->rootload = cp_rootload_create(&cfg);
	return g->rootload != NULL ? 0 : -ENOMEM;
}

static int
make_telemetry(struct program *g)
{
	if (!g->config->key_tag_signal)
		return 0;
	g->telemetry = cp_telemetry_create(g->base, g->engine, cp_rollover_trust(g->rollover));
	return g->telemetry != NULL ? 0 : -ENOMEM;
}

static int
make_listen(struct program *g)
{
	struct cp_listen_config cfg = {
	    .base = g->base,
	    .engine = g->engine,
	    .counters = &g->counters,
	    .addrs = g->config->listen.item,
	    .addr_cnt = g->config->listen.cnt,
	    .udp_max = g->config->udp_size,
	    .identity = &g->identity,
	    .cookies = &g->cookies.secrets,
	    .access = &g->access,
	};

	return cp_listen_open(&cfg, &g->listen);
}

static int
make_service(struct program *g)
{
	struct cp_listen_config cfg = {
	    .base = g->base,
	    .engine = g->engine,
	    .counters = &g->counters,
	    .addrs = g->config->service_addresses.item,
	    .addr_cnt = g->config->service_addresses.cnt,
	    .identity = &g->identity,
	    .cookies = &g->cookies.secrets,
	    .access = &g->access,
	};

	if (strcmp(g->config->service_tcp_netns, "none") == 0)
		return 0;
	return cp_service_open(&cfg, g->config->service_tcp_netns, &g->service);
}

static int
make_admin(struct program *g)
{
	g->env = (struct cp_admin_env){
	    .engine = g->engine,
	    .link = g->link,
	    .ntas = g->ntas,
	    .stales = g->stales,
	    .tracer = g->tracer,
	    .prober = g->prober,
	    .store = g->store,
	    .counters = &g->counters,
	    .config = g->config,
	    .rollover = g->rollover,
	    .cookies = &g->cookies,
	    .start_ns = hf_clock_mono_ns(),
	};
	return cp_admin_open(g->base, g->config->control_socket, &g->env, &g->admin);
}

static int
make_all(struct program *g)
{
	static int (*const steps[])(struct program *) = {
	    make_base,
	    read_files,
	    make_store,
	    make_rollover,
	    make_policy,
	    read_suffixes,
	    make_engine,
	    make_tracer,
	    make_link,
	    make_keepwarm,
	    make_prober,
	    make_identity,
	    make_cookies,
	    make_rootload,
	    make_telemetry,
	    start_rollover,
	    make_listen,
	    make_service,
	    make_admin,
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
		rc = steps[i](g);
	return rc == 0 ? cp_link_client_start(g->link) : rc;
}

/* The engine goes first, so that nobody's answer comes any more; then those who waited. */
static void
take_down(struct program *g)
{
	cp_admin_close(g->admin);
	cp_telemetry_destroy(g->telemetry);
	cp_rootload_destroy(g->rootload);
	cp_tracer_destroy(g->tracer);
	cp_prober_destroy(g->prober);
	cp_engine_destroy(g->engine);
	cp_listen_close(g->listen);
	cp_service_close(g->service);
	cp_keepwarm_destroy(g->keepwarm);
	cp_link_client_destroy(g->link);
	cp_ntas_destroy(g->ntas);
	cp_stales_destroy(g->stales);
	cp_rollover_destroy(g->rollover);
	cp_store_close(g->store);
	if (g->on_term != NULL)
		event_free(g->on_term);
	if (g->on_int != NULL)
		event_free(g->on_int);
	if (g->base != NULL)
		event_base_free(g->base);
	cp_zones_fini(&g->zones);
	cp_suffixes_destroy(g->suffixes);
	hf_rrsets_fini(&g->hints);
}

int
cp_program_run(const struct hf_config *config)
{
	struct program *g = calloc(1, sizeof(*g));
	int rc;

	if (g == NULL)
		return 1;
	g->config = config;
	hf_rrsets_init(&g->hints);
	rc = make_all(g);
	if (rc == 0) {
		hf_log(HF_LOG_INFO, "main",
		    "holdfast-controlplane " CP_VERSION
		    " running, policy generation %llu, %zu negative trust anchors",
		    (unsigned long long)cp_store_generation(g->store), cp_ntas_cnt(g->ntas));
		rc = event_base_dispatch(g->base) < 0 ? -EIO : 0;
	}
	take_down(g);
	free(g);
	return rc == 0 ? 0 : 1;
}
